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
 * The inside of fedmedia, for media.c (routes and datagrams) and mediaconns.c
 * (links and their connections).
 */
#ifndef WZP_FEDERD_MEDIASTATE_H
#define WZP_FEDERD_MEDIASTATE_H

#include <sys/queue.h>

#include "common/base/rate.h"
#include "common/base/notice.h"
#include "federd/media.h"

struct duplicates;

#define BIT(i)		(UINT64_C(1) << (i))
#define UNASSIGNED	UINT8_MAX
/* Relay prefix in a source, and a key made of it and a tag. */
#define PREFIX_LEN	4
#define FLOW_LEN	(FEDMEDIA_TAG_LEN + PREFIX_LEN)
/* Senders whose rate is known: so many sets of so many. */
#define SENDER_SETS	4096
#define SENDER_WAYS	4
#define LOCAL		PEERS_MAX	/* where others have a nb_index */
/* Copies without a source can come so long after the last such one. */
#define BARE_NS		(10 * NS_PER_S)

struct route {
	uint8_t			 ro_tag[FEDMEDIA_TAG_LEN];
	enum fedmedia_kind	 ro_kind;
	uint64_t		 ro_mediads;
	uint64_t		 ro_neighbours;
	uint64_t		 ro_counted;	/* by their links, as streams */
	unsigned int		 ro_streams;
	uint64_t		 ro_heard;	/* a bit for some senders */
	uint64_t		 ro_window;	/* ends */
	uint8_t			 ro_conns[PEERS_MAX];
	/* Of a call that goes through us. */
	bool			 ro_transit;
	unsigned int		 ro_from;	/* who first spoke of it */
	uint64_t		 ro_touched;
	uint64_t		 ro_due;	/* to be looked at again */
	TAILQ_ENTRY(route)	 ro_entry;
};
TAILQ_HEAD(route_list, route);

struct conn {
	struct media_conn	*co_conn;	/* NULL: free */
	bool			 co_up;
	bool			 co_closing;
	unsigned int		 co_rooms;	/* that begin with it */
};

struct link {
	struct neighbour	*li_nb;		/* NULL: not up */
	bool			 li_bare;	/* an original's datagrams */
	struct rate		 li_rate;
	unsigned int		 li_streams;	/* that need connections */
	struct conn		 li_conns[FEDMEDIA_CONNS_MAX];
	unsigned int		 li_nconns;	/* not closing */
	uint8_t			 li_up[FEDMEDIA_CONNS_MAX];
	unsigned int		 li_nup;
	uint64_t		 li_retry;	/* dial no sooner */
	uint64_t		 li_pause;
	uint64_t		 li_surplus;	/* too many since; 0: not so */
	struct route_list	 li_transits;	/* due first */
	size_t			 li_ntransits;
};

struct skip {
	uint64_t	sk_neighbours;
	uint8_t		sk_key[FLOW_LEN];
};

struct sender {
	uint64_t	se_key;
	struct rate	se_rate;
};

struct batch {
	size_t		ba_len;
	uint8_t		ba_frames[FED_MEDIA_MAX];
};

struct fedmedia {
	struct fedmedia_config	 fm_config;
	uint64_t		 fm_now;
	struct notice		 fm_floods;
	uint64_t		 fm_due;	/* links want a look; 0: now */
	struct table		*fm_routes;
	struct table		*fm_skips;
	struct duplicates	*fm_seen;
	uint8_t			 fm_key[16];
	unsigned int		 fm_bares;	/* originals that are up */
	uint64_t		 fm_bare_until;
	uint64_t		 fm_sender;	/* hash of the one in hand */
	struct link		 fm_links[PEERS_MAX];
	struct sender		 fm_senders[SENDER_SETS][SENDER_WAYS];
	uint64_t		 fm_filled;	/* mediads with a batch */
	struct batch		 fm_batches[FEDMEDIA_MEDIADS_MAX];
	struct fedmedia_counters fm_counters;
	/* The one datagram in hand: tag, source, MediaPacket. */
	uint8_t			 fm_head[FEDMEDIA_HEAD_LEN];
	uint8_t			 fm_packet[FEDMEDIA_PACKET_MAX];
	size_t			 fm_len;
};

/* media.c */
void	 route_free(struct fedmedia *, struct route *);
void	 route_count(struct fedmedia *, struct route *);

/* mediaconns.c */
struct link
	*link_of(struct fedmedia *, const struct neighbour *);
/* The connection for the datagram in hand; NULL: none is up. */
struct conn
	*link_conn(struct fedmedia *, struct route *, struct link *,
	    unsigned int);

#endif /* WZP_FEDERD_MEDIASTATE_H */
