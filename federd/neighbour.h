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
 * Another relay while a link with it is up, as the modules behind the links
 * see it: no connection, no socket.  link.c makes and ends them; everybody
 * else keeps what he knows of a neighbour in an array by nb_index.
 */
#ifndef WZP_FEDERD_NEIGHBOUR_H
#define WZP_FEDERD_NEIGHBOUR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"
#include "common/wire/signal.h"

/* What its FederationHello announced; an original: nothing. */
#define NEIGHBOUR_PATHS		0x1	/* SIGNAL_FEATURE_PATHS */
#define NEIGHBOUR_DIGEST	0x2
#define NEIGHBOUR_MEDIA		0x4
#define NEIGHBOUR_ROOMS		0x8

struct neighbour;
/* A connection for the media of some rooms; opaque, link.c's. */
struct media_conn;

struct neighbour_ops {
	/*
	 * Queued, in order.  -1: the queue is full (ENOBUFS; the link will be
	 * closed as a slow reader) or the link is going down (ENOTCONN).
	 */
	int	(*send)(struct neighbour *, const struct signal *);
	/*
	 * A datagram on the link's own connection: for originals.  -1: not
	 * taken, dropped.
	 */
	int	(*datagram)(struct neighbour *, const void *, size_t);
	/*
	 * One more media connection with it, on the socket of the link; NULL:
	 * not now, or not ours to dial (nb_dialled).  It takes datagrams once
	 * media_conn_up() was called for it; media_conn_down() always follows,
	 * before the neighbour is down.
	 */
	struct media_conn *(*media_dial)(struct neighbour *);
	/* Now, never queued.  -1: not taken, dropped. */
	int	(*media_send)(struct media_conn *, const void *, size_t);
	/* Usable payload of a datagram there; 0: none. */
	size_t	(*media_room)(const struct media_conn *);
	/* media_conn_down() follows, not from within. */
	void	(*media_close)(struct media_conn *);
};

struct neighbour {
	uint8_t		 nb_fp[TLS_HASH_LEN];
	unsigned int	 nb_index;	/* of its struct msg_peer */
	char		 nb_label[PEER_NAME_LEN];
	uint32_t	 nb_features;
	bool		 nb_legacy;
	bool		 nb_transit;	/* may others' calls go through us? */
	bool		 nb_dialled;	/* its link was dialled by us */
	const struct neighbour_ops
			*nb_ops;
	void		*nb_arg;	/* link.c's */
};

/* Who knows no paths is one to us, whatever it is (gap 33). */
static inline bool
neighbour_original(const struct neighbour *nb)
{
	return (nb->nb_legacy || (nb->nb_features & NEIGHBOUR_PATHS) == 0);
}

static inline int
neighbour_send(struct neighbour *nb, const struct signal *s)
{
	return (nb->nb_ops->send(nb, s));
}

#endif /* WZP_FEDERD_NEIGHBOUR_H */
