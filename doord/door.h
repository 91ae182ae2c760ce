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
 * The door: says for each datagram that the kernel does not steer to a worker
 * (steer.h) who gets it.  First Initial packets are collected until the name
 * in them can be read (reassembly.h), under pressure only of those who have
 * shown that their address is theirs (validate.h); without steering, packets
 * with one of our connection IDs go by that.  No sockets and no channels in
 * here.
 */
#ifndef WZP_DOORD_DOOR_H
#define WZP_DOORD_DOOR_H

#include <stdint.h>

#include "common/ipc/placement.h"
#include "common/ipc/slots.h"
#include "common/quic/endpoint.h"
#include "doord/reassembly.h"
#include "doord/sources.h"
#include "doord/validate.h"

#define DOOR_KNOWN_MAX	16384
#define DOOR_KNOWN_MS	10000

struct door;

struct door_ops {
	/*
	 * Hand this datagram to the worker of a slot; -1: it is away or its
	 * channel is full.  first: it belongs to a first flight, and this is
	 * what is known; NULL: it goes by its connection ID alone.
	 */
	int	(*forward)(void *arg, unsigned int slot,
		    const struct door_datagram *, const struct quic_first *);
	/* Answer to the sender of dd. */
	void	(*reply)(void *arg, const struct door_datagram *dd,
		    const uint8_t *, size_t);
	/* Can the worker of this slot be reached? */
	bool	(*present)(void *arg, unsigned int slot);
};

struct door_counters {
	uint64_t	dc_received;
	uint64_t	dc_strays;		/* given back by workers */
	uint64_t	dc_by_cid;		/* forwarded by connection ID */
	uint64_t	dc_by_name;		/* connections begun */
	uint64_t	dc_misnamed;		/* no name, protocol of ours */
	uint64_t	dc_validated;		/* of them, with a good token */
	uint64_t	dc_repeated;		/* Initials of those */
	uint64_t	dc_waiting;		/* kept for reassembly */
	uint64_t	dc_versions;		/* version negotiation sent */
	uint64_t	dc_retries;		/* Retry sent */
	uint64_t	dc_dropped_unknown;	/* nobody's packet */
	uint64_t	dc_dropped_retried;	/* of a flight that got one */
	uint64_t	dc_dropped_token;	/* with a wrong Retry token */
	uint64_t	dc_dropped_bad;		/* not a first flight */
	uint64_t	dc_dropped_full;	/* made room for newer */
	uint64_t	dc_dropped_source;	/* too much from one source */
	uint64_t	dc_dropped_rate;	/* too many from one source */
	uint64_t	dc_dropped_expired;	/* never became complete */
	uint64_t	dc_dropped_stray;	/* too many from one worker */
	uint64_t	dc_dropped_worker;	/* worker away or too slow */
};

/*
 * The slots, the placement of rooms and the keys stay the caller's, who
 * updates them; they are looked at each time.
 */
struct door	*door_new(const struct door_ops *, void *arg,
		    const struct slots *, struct placement *,
		    struct validate *);
void		 door_free(struct door *);
/* What the door's own socket received. */
void		 door_packet(struct door *, const struct door_datagram *,
		    uint64_t now);
/*
 * What the worker of a slot received and does not know: its connection ID
 * has been looked at.
 */
void		 door_stray(struct door *, unsigned int slot,
		    const struct door_datagram *, uint64_t now);
/* Call it now and then (a second is fine): forgets what is too old. */
void		 door_expire(struct door *, uint64_t now);
/* A worker was lost: what it was given before is no longer known. */
void		 door_slot_lost(struct door *, unsigned int slot);
const struct door_counters
		*door_counters(const struct door *);
struct limiter	*door_limiter(struct door *);
size_t		 door_waiting(const struct door *);
size_t		 door_known(const struct door *);

#endif /* WZP_DOORD_DOOR_H */
