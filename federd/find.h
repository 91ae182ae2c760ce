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
 * Finding the relay of a person who is not registered here (doc/PROTOCOL,
 * RouteQuery between relays).  In steps, each only if the one before found
 * nobody: the neighbours whose sets have the fingerprint are asked whether it
 * is true; all neighbours are asked for theirs; and then those ask on, one
 * relay further each time, as far as ttl and the policy of each let them.
 * Most people are near, so most searches stay small.
 *
 * Every step ends when all have answered or its time is over, so that who lies
 * or says nothing costs time and nothing else.
 */
#ifndef WZP_FEDERD_FIND_H
#define WZP_FEDERD_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"
#include "common/wire/signal.h"
#include "federd/digest.h"
#include "federd/neighbour.h"
#include "federd/quota.h"

/*
 * An answer takes this long for each relay that it may have to come from:
 * who asks with ttl n waits n + 1 times as long, who is asked works n times
 * as long on it.
 */
#define FIND_HOP_MS		250
#define FIND_TTL_MAX		(FED_PATH_MAX - 1)
/* All steps together: 1, 2, ... relays. */
#define FIND_LIMIT_MS		\
	(FIND_HOP_MS * FED_PATH_MAX * (FED_PATH_MAX + 1) / 2)
/* A query that comes again within this is not passed on again. */
#define FIND_SEEN_MS		5000
/* Who was silent this often in a row is not asked to search for a while. */
#define FIND_SILENT		3
#define FIND_SILENT_MS		10000

struct find;

struct find_ops {
	/* Later, or from within find_person(); never calls back into find. */
	void	(*found)(void *, const struct msg_fed_found *);
};

struct find_stats {
	/* By the neighbour. */
	uint64_t	asked;		/* queries from it */
	uint64_t	repeated;	/* an id that was seen */
	uint64_t	limited;	/* over the rate, dropped */
	uint64_t	bad;		/* queries and answers that cannot be */
	uint64_t	answers;	/* from it, wanted */
	uint64_t	unwanted;	/* to what was not asked */
	uint64_t	denied;		/* is in its set, but it says no */
	uint64_t	silent;		/* did not answer in time */
	/* By ourselves. */
	uint64_t	queries;	/* to it */
	uint64_t	replies;
};

struct find	*find_new(const uint8_t self[TLS_HASH_LEN], struct digest *,
		    const uint8_t secret[16], const struct find_ops *,
		    void *);
void		 find_free(struct find *);
/* The limits that hold; before anything else. */
void		 find_set_limiter(struct find *, struct limiter *);
/* Tells it how much of them is used. */
void		 find_usage(const struct find *, struct limiter *);
void		 find_set_time(struct find *, uint64_t now_ns);
uint64_t	 find_expiry(const struct find *);
void		 find_expire(struct find *);
/* After digest_up(), before digest_down(). */
void		 find_up(struct find *, struct neighbour *);
void		 find_down(struct find *, struct neighbour *);
/* A RouteQuery or RouteResponse; other types are ignored. */
void		 find_signal(struct find *, struct neighbour *,
		    const struct signal *);
/* From signald: exactly one ops.found for each, within FIND_LIMIT_MS. */
void		 find_person(struct find *, const struct msg_fed_find *);
/* signald is gone: nothing that it asked will be answered. */
void		 find_forget(struct find *);

/* NULL: no such neighbour. */
const struct find_stats
		*find_stats(const struct find *, unsigned int index);
size_t		 find_bytes(const struct find *);	/* of memory */

#endif /* WZP_FEDERD_FIND_H */
