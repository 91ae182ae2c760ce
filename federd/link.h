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
 * Links: connections with other relays from their handshake to their end
 * (wzp-protocol 9.1 to 9.3).  One of them a relay is its neighbour; a second
 * one goes away, or, where originals are, is read as well.  On the sockets of
 * links there are media connections too (doc/PROTOCOL).
 *
 * Events come in from the QUIC endpoint, and go out as neighbours
 * (neighbour.h).  No clock, no socket.
 */
#ifndef WZP_FEDERD_LINK_H
#define WZP_FEDERD_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/quic/endpoint.h"
#include "federd/neighbour.h"
#include "federd/peers.h"
#include "federd/quota.h"
#include "federd/trust.h"

/* FederationHello must be there (9.1). */
#define LINK_HELLO_NS		(UINT64_C(5) * 1000000000)
/*
 * Who dials although he has a link for longer than this has lost it: a
 * handshake and a hello that began before the other link was up are over.
 */
#define LINK_YOUNG_NS		(UINT64_C(15) * 1000000000)
/*
 * While an attempt of ours is under way that would win over it, a link that
 * came from the same peer gets no hello: both would be up for a moment.
 */
#define LINK_HOLD_NS		(UINT64_C(1) * 1000000000)
/*
 * Connections that showed no certificate and have not said who they are have
 * a limit, `strangers'.  From the address of a `legacy' peer so many are taken
 * when it is used up: strangers shall not keep it out.
 */
#define LINK_EXPECTED_MAX	4
/* Media connections with one peer; media.h counts them by a byte's bits. */
#define LINK_MEDIA_MAX		64

struct link;
struct links;

struct links_ops {
	/* Neighbours; never from within their ops. */
	void	(*up)(void *arg, struct neighbour *);
	void	(*down)(void *arg, struct neighbour *);
	void	(*signal)(void *arg, struct neighbour *,
		    const struct signal *);
	/* On a link itself: an original's media. */
	void	(*datagram)(void *arg, struct neighbour *, const uint8_t *,
		    size_t);
	void	(*media_up)(void *arg, struct neighbour *,
		    struct media_conn *);
	void	(*media_down)(void *arg, struct neighbour *,
		    struct media_conn *);
	void	(*media_datagram)(void *arg, struct neighbour *,
		    struct media_conn *, const uint8_t *, size_t);
	/* quic_connect() with the name of links; NULL: not now. */
	struct quic_conn
		*(*connect)(void *arg, unsigned int listener,
		    const struct addr *local, const struct addr *remote);
	/* Nothing uses this dialled socket any more. */
	void	(*release)(void *arg, unsigned int listener);
};

/* What `show peers' says about the links with a peer, besides peers.h. */
struct link_info {
	bool		li_up;
	bool		li_dialled;	/* by us */
	struct addr	li_remote;
	uint32_t	li_features;
	unsigned int	li_connections;	/* links and media connections */
	uint64_t	li_rtt_us;
	uint64_t	li_signals_in;
	uint64_t	li_signals_out;
	uint64_t	li_datagrams_in;
	uint64_t	li_datagrams_out;
	uint64_t	li_packets_sent;
	uint64_t	li_packets_lost;
	uint64_t	li_bad;		/* no signals at all, or unknown ones */
	uint64_t	li_unexpected;	/* not from this neighbour, or now */
	uint64_t	li_limited;	/* too many */
	uint64_t	li_broken;	/* connections, by the peer */
	uint64_t	li_slow;	/* closed because it did not read */
};

struct links_stats {
	uint64_t	ls_accepted;	/* inbound connections */
	uint64_t	ls_refused;	/* by trust.h */
	uint64_t	ls_silent;	/* no hello in time */
	uint64_t	ls_duplicates;	/* closed in favour of another */
	uint64_t	ls_forged;	/* dialled: another certificate */
};

struct links	*links_new(const uint8_t own[TLS_HASH_LEN], struct peers *,
		    const struct links_ops *, void *arg);
/* The endpoint is freed before; nobody is told. */
void		 links_free(struct links *);
/* The limits that hold; before anything else. */
void		 links_set_limiter(struct links *, struct limiter *);
/* Tells it how much of them is used. */
void		 links_usage(const struct links *, struct limiter *);
void		 links_set_time(struct links *, uint64_t now);
uint64_t	 links_expiry(const struct links *);
void		 links_expire(struct links *);

/*
 * Dials a peer on this socket, which is released when its connections are
 * over; -1: at once, peers_failed() was called.
 */
int		 links_dial(struct links *, struct peer *,
		    unsigned int listener, const struct addr *local,
		    const struct addr *remote);
/* From the endpoint's callbacks, for the name `_federation'. */
bool		 links_verify(struct links *, struct quic_conn *,
		    const uint8_t hash[TLS_HASH_LEN]);
void		 links_established(struct links *, struct quic_conn *);
void		 links_message(struct links *, struct quic_conn *,
		    const uint8_t *, size_t);
void		 links_datagram(struct links *, struct quic_conn *,
		    const uint8_t *, size_t);
void		 links_closed(struct links *, struct quic_conn *,
		    const struct quic_close *);

/* peers_ops.drop: all links with it end, the neighbour at once. */
void		 links_drop(struct links *, const struct peer *,
		    const char *why);
/* No new ones; those there are end in order. */
void		 links_stop(struct links *);
/* Connections that are not over yet. */
size_t		 links_count(const struct links *);
/* NULL: no link with the peer of this index is up. */
struct neighbour *links_neighbour(struct links *, unsigned int index);
void		 links_info(const struct links *, unsigned int index,
		    struct link_info *);
/* The names of these features (neighbour.h), with commas between them. */
void		 links_features(uint32_t mask, char *buf, size_t cap);
const struct links_stats *links_stats(const struct links *);

#endif /* WZP_FEDERD_LINK_H */
