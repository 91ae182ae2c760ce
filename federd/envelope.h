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
 * Signals of calls between relays: FederatedSignalForward (wzp-protocol 9.6,
 * doc/PROTOCOL), in, out and through us.  Everything that an envelope needs
 * on its way is in it, so nothing is remembered of those that only pass, but
 * for Hangups whose next link is down: those wait for it a while.
 */
#ifndef WZP_FEDERD_ENVELOPE_H
#define WZP_FEDERD_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"
#include "common/wire/signal.h"
#include "federd/neighbour.h"
#include "federd/quota.h"

/*
 * Hangups that wait for a link, of each peer, and how long.  Those of the
 * last moments before a link ended may be lost with it: they go once more.
 */
#define ENVELOPE_HANGUPS	64
#define ENVELOPE_HANGUP_MS	30000
#define ENVELOPE_LOST_MS	40000	/* idle time-out and a bit */

struct envelope;

/* Called from within envelope_*(); none of these may call back into it. */
struct envelope_ops {
	/*
	 * MSG_FED_SIGNAL, MSG_FED_UNSENT; gone after the call.  -1: signald is
	 * not there (who offered a call is told).
	 */
	int	(*signald)(void *, enum msg_type, const void *);
	/*
	 * An announcement of a room `call-*' for us (GlobalRoomActive or
	 * GlobalRoomInactive) from the end of this path: npath hashes, the
	 * neighbour that it came from first.  Never from an original.
	 */
	void	(*room)(void *, struct neighbour *,
		    const uint8_t (*path)[TLS_HASH_LEN], size_t npath,
		    const struct signal *);
	/*
	 * A call goes through us: media with this tag is to be passed on
	 * between these two, both ways.  live false: it was hung up.
	 */
	void	(*transit)(void *, const uint8_t tag[8],
		    struct neighbour *, struct neighbour *, bool live);
};

struct envelope_stats {
	uint64_t	in;		/* for us, taken */
	uint64_t	out;		/* of ours */
	uint64_t	through;	/* passed on */
	/* Dropped. */
	uint64_t	origin;		/* not whom the link is with */
	uint64_t	path;		/* a path that cannot be */
	uint64_t	loop;		/* has been here, or is to come again */
	uint64_t	policy;		/* may not go through us */
	uint64_t	unreachable;	/* next relay is not there */
	uint64_t	inner;		/* nothing that may come in it */
	uint64_t	limited;	/* over the rate */
	uint64_t	unsent;		/* told to signald */
	uint64_t	kept;		/* Hangups that waited */
	uint64_t	expired;	/* and for too long, or too many */
};

/* self: the hash of our own certificate.  NULL: no memory. */
struct envelope	*envelope_new(const uint8_t self[TLS_HASH_LEN],
		    const struct envelope_ops *, void *);
void		 envelope_free(struct envelope *);
/* The limits that hold; before anything else. */
void		 envelope_set_limiter(struct envelope *, struct limiter *);
void		 envelope_set_time(struct envelope *, uint64_t now_ns);
uint64_t	 envelope_expiry(const struct envelope *);
void		 envelope_expire(struct envelope *);
void		 envelope_up(struct envelope *, struct neighbour *);
void		 envelope_down(struct envelope *, struct neighbour *);
/* A FederatedSignalForward; other types are ignored. */
void		 envelope_signal(struct envelope *, struct neighbour *,
		    const struct signal *);
/*
 * From signald.  -1: no message that it may send, *why says what is wrong
 * (static text).  What cannot be sent comes back as MSG_FED_UNSENT, from
 * within; not so Hangups, and candidates and punches, which an original is
 * never sent.
 */
int		 envelope_from_signald(struct envelope *,
		    const struct msg_fed_signal *, const char **why);
/*
 * Along this path (the neighbour first), in an envelope if that neighbour is
 * no original.  -1: errno is EINVAL (no such path or inner signal), ENOTCONN,
 * ENOBUFS or EOPNOTSUPP (an original, and inner is nothing for it).
 */
int		 envelope_send(struct envelope *,
		    const uint8_t (*path)[TLS_HASH_LEN], size_t npath,
		    const struct signal *inner);
/* Of this neighbour, up or down; NULL: no such. */
const struct envelope_stats
		*envelope_stats(const struct envelope *, unsigned int index);

/* 32 bytes from "aa:bb:...", colons and case as they please (gap 29). */
int		 envelope_fp_parse(const char *, uint8_t out[TLS_HASH_LEN]);

#endif /* WZP_FEDERD_ENVELOPE_H */
