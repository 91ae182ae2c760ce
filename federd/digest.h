/*
 * Copyright (c) 2026 the WZP authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * Who is registered where: the people of this relay, told to every neighbour
 * that understands PresenceDigest as hashes of 32 bits, and what neighbours
 * told us.  A relay keeps the sets of its neighbours and nobody else's.
 *
 * The salt is fresh for each link, so that a set tells little to who does not
 * have it; its receiver can try every fingerprint that it knows (doc/THREATS).
 */
#ifndef WZP_FEDERD_DIGEST_H
#define WZP_FEDERD_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"
#include "common/wire/signal.h"
#include "federd/neighbour.h"
#include "federd/quota.h"

#define DIGEST_CHUNK		2000	/* hashes in a message at most */
#define DIGEST_TICK_MS		100	/* between two messages of a link */
#define DIGEST_START_MS		10	/* while the first ones go out */
/*
 * After this long a set is held for complete, and not having somebody in it
 * for an answer.
 */
#define DIGEST_READY_MS		2000
#define DIGEST_PEOPLE_MAX	1000000	/* of ours */

struct digest;

struct digest_stats {
	uint64_t	sent;		/* messages */
	uint64_t	sent_hashes;
	uint64_t	received;
	uint64_t	received_hashes;
	uint64_t	held;		/* now, of the neighbour */
	uint64_t	bad;		/* messages that cannot be */
	uint64_t	over;		/* hashes that there was no room for */
};

/* secret: random; salts and the places in tables come from it. */
struct digest	*digest_new(const uint8_t secret[16]);
void		 digest_free(struct digest *);
/* The limits that hold; before anything else. */
void		 digest_set_limiter(struct digest *, struct limiter *);
/* Tells it how much of them is used. */
void		 digest_usage(const struct digest *, struct limiter *);
void		 digest_set_time(struct digest *, uint64_t now_ns);
uint64_t	 digest_expiry(const struct digest *);
void		 digest_expire(struct digest *);

/*
 * What signald says.  digest_begin: a new channel, all will be named anew;
 * digest_end: whoever was not named since then is gone.
 */
void		 digest_begin(struct digest *);
void		 digest_person(struct digest *,
		    const struct msg_fed_presence *);
void		 digest_end(struct digest *);
/* Is this one registered here? */
bool		 digest_local(const struct digest *, const char *fp);
size_t		 digest_people(const struct digest *);
/*
 * The next ones of them, at most max; *cursor goes on from 0 and is 0 again
 * after the last.
 */
size_t		 digest_list(const struct digest *, uint32_t *cursor,
		    char (*fps)[FP_STRLEN], size_t max);

void		 digest_up(struct digest *, struct neighbour *);
void		 digest_down(struct digest *, struct neighbour *);
/* A PresenceDigest; other types are ignored. */
void		 digest_signal(struct digest *, struct neighbour *,
		    const struct signal *);
/*
 * Neighbours (1 << nb_index) whose sets have this fingerprint, and those
 * whose sets are complete, so that not being in them means something.
 */
uint64_t	 digest_claims(const struct digest *, const char *fp);
uint64_t	 digest_ready(const struct digest *);

/* NULL: no such neighbour. */
const struct digest_stats
		*digest_stats(struct digest *, unsigned int index);
size_t		 digest_bytes(const struct digest *);	/* of memory */

#endif /* WZP_FEDERD_DIGEST_H */
