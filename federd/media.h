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
 * Datagrams of rooms between the mediads and other relays (wzp-protocol 9.5,
 * gap 32): where each has to go by its tag, each once, nobody's own back to
 * him.  Relays of ours get them on media connections of a few streams each,
 * originals on the link's connection.  Which rooms there are fedrooms says;
 * connections are somebody else's.  Nothing is allocated for a datagram.
 *
 * A source is 8 bytes: the first 4 of the relay's certificate hash, then the
 * number of a member there; 0 when an original gave it, which says no more
 * than which relay it came from.
 */
#ifndef WZP_FEDERD_MEDIA_H
#define WZP_FEDERD_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/ipc/messages.h"
#include "federd/neighbour.h"
#include "federd/quota.h"

#define FEDMEDIA_TAG_LEN	8
#define FEDMEDIA_SOURCE_LEN	8
/* In front of the MediaPacket: to relays of ours, in MSG_FED_MEDIA. */
#define FEDMEDIA_HEAD_LEN	(FEDMEDIA_TAG_LEN + FEDMEDIA_SOURCE_LEN)
#define FEDMEDIA_FRAME_LEN	(FEDMEDIA_HEAD_LEN + 2)
#define FEDMEDIA_PACKET_MAX	(FED_MEDIA_MAX - FEDMEDIA_FRAME_LEN)

#define FEDMEDIA_MEDIADS_MAX	64	/* instances */
#define FEDMEDIA_CONNS_MAX	64	/* media connections of a link */
/*
 * Streams (a sender in a room) a connection: at 1 to 2 % loss BBR carries
 * that many whole, more of them share what the losses leave.
 */
#define FEDMEDIA_STREAMS	4
/* How long somebody counts who was heard. */
#define FEDMEDIA_STREAM_NS	(2 * NS_PER_S)
/* Routes: rooms that end here, and calls that go through us. */
#define FEDMEDIA_ROUTES_MAX	32768

/* A media connection without a room is closed after this. */
#define FEDMEDIA_IDLE_NS	(10 * NS_PER_S)
/* One that failed is opened again after this, doubling. */
#define FEDMEDIA_RETRY_NS	(1 * NS_PER_S)
#define FEDMEDIA_RETRY_MAX_NS	(30 * NS_PER_S)
/*
 * A call through us without a datagram or a word is forgotten after this:
 * two people who are muted send nothing.  Of each neighbour so many, then the
 * one that was idle longest goes.
 */
#define FEDMEDIA_TRANSIT_NS	(1800 * NS_PER_S)
#define FEDMEDIA_TRANSITS	4096

struct fedmedia;

struct fedmedia_ops {
	/* channel_queue() on the data channel of that mediad... */
	void	(*media)(void *, unsigned int mediad,
		    const struct msg_fed_media *);
	/* ... and channel_flush(). */
	void	(*flush)(void *, unsigned int mediad);
};

struct fedmedia_config {
	const struct fedmedia_ops	*fm_ops;
	void				*fm_arg;
	uint8_t				 fm_fp[TLS_HASH_LEN];	/* our own */
	struct limiter			*fm_limiter;	/* or NULL */
};

struct fedmedia_counters {
	uint64_t	dn_local;	/* from mediads */
	uint64_t	dn_heard;	/* from neighbours */
	uint64_t	dn_given;	/* to mediads */
	uint64_t	dn_sent;	/* to neighbours */
	uint64_t	dn_unsent;	/* not taken, or no connection yet */
	uint64_t	dn_malformed;
	uint64_t	dn_unknown;	/* no such room, or none of theirs */
	uint64_t	dn_duplicate;
	uint64_t	dn_echo;
	uint64_t	dn_limited;
};

struct fedmedia	*fedmedia_new(const struct fedmedia_config *);
void		 fedmedia_free(struct fedmedia *);
/* Before anything else in a turn: limits and duplicates go by this time. */
void		 fedmedia_set_time(struct fedmedia *, uint64_t now);
uint64_t	 fedmedia_expiry(const struct fedmedia *);
/* Opens and closes connections. */
void		 fedmedia_expire(struct fedmedia *);

void		 fedmedia_up(struct fedmedia *, struct neighbour *);
/* Its media connections went down before. */
void		 fedmedia_down(struct fedmedia *, struct neighbour *);
/* One that we dialled, or they, takes datagrams; one that no longer does. */
void		 fedmedia_conn_up(struct fedmedia *, struct neighbour *,
		    struct media_conn *);
void		 fedmedia_conn_down(struct fedmedia *, struct neighbour *,
		    struct media_conn *);

/* Datagrams: tag, source, MediaPacket; on a media connection. */
void		 fedmedia_datagram(struct fedmedia *, struct neighbour *,
		    const uint8_t *, size_t);
/* Tag, MediaPacket: on the link's connection of an original. */
void		 fedmedia_bare(struct fedmedia *, struct neighbour *,
		    const uint8_t *, size_t);
/* MSG_FED_MEDIA. */
void		 fedmedia_local(struct fedmedia *, unsigned int mediad,
		    const struct msg_fed_media *);
/* The end of a turn: what was gathered for mediads. */
void		 fedmedia_flush(struct fedmedia *);

/*
 * Routes, from fedrooms.  Masks have a bit for each nb_index or mediad.
 * Those a room has not named get and give nothing.
 */
enum fedmedia_kind {
	FEDMEDIA_GLOBAL,	/* whatever comes goes on to the others */
	FEDMEDIA_CALL		/* it ends here */
};

/* Makes or changes a route.  -1: no memory, or too many. */
int		 fedmedia_route(struct fedmedia *,
		    const uint8_t tag[FEDMEDIA_TAG_LEN], enum fedmedia_kind,
		    uint64_t mediads, uint64_t neighbours);
void		 fedmedia_unroute(struct fedmedia *,
		    const uint8_t tag[FEDMEDIA_TAG_LEN]);
/*
 * Datagrams of this relay's members in this global room reach those
 * neighbours without us.  0: none do.
 */
void		 fedmedia_skip(struct fedmedia *,
		    const uint8_t tag[FEDMEDIA_TAG_LEN],
		    const uint8_t fp[TLS_HASH_LEN], uint64_t neighbours);
/*
 * Transit, from the envelope: a call between these two goes through us; said
 * again whenever a word of it passes.  live false: it has ended.
 */
void		 fedmedia_transit(struct fedmedia *,
		    const uint8_t tag[FEDMEDIA_TAG_LEN],
		    struct neighbour *, struct neighbour *, bool live);

const struct fedmedia_counters
		*fedmedia_counters(const struct fedmedia *);
size_t		 fedmedia_routes(const struct fedmedia *);
size_t		 fedmedia_conns(const struct fedmedia *,
		    const struct neighbour *);

#endif /* WZP_FEDERD_MEDIA_H */
