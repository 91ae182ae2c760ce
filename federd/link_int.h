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

/* What link.c and linkpeer.c share; nobody else includes this. */
#ifndef WZP_FEDERD_LINK_INT_H
#define WZP_FEDERD_LINK_INT_H

#include <sys/queue.h>

#include "common/base/notice.h"
#include "common/base/rate.h"
#include "common/wire/identity.h"
#include "common/wire/signal.h"
#include "federd/link.h"

enum link_state {
	LINK_HANDSHAKE,		/* dialled */
	LINK_HELLO,		/* the peer's hello is awaited */
	LINK_UP,
	LINK_CLOSING		/* quic_close() was called */
};

struct media_conn {
	struct link	*mc_link;
};

struct link {
	TAILQ_ENTRY(link)	 lk_entry;
	struct links		*lk_links;
	struct quic_conn	*lk_conn;
	struct link_peer	*lk_peer;	/* NULL: not known (any more) */
	enum link_state		 lk_state;
	bool			 lk_outbound;
	bool			 lk_media;	/* a media connection */
	bool			 lk_certified;
	bool			 lk_unknown;	/* counts in ls_unknown */
	bool			 lk_told;	/* media_down() is to come */
	bool			 lk_held;	/* our hello waits (link.h) */
	bool			 lk_heard;	/* the peer's came meanwhile */
	unsigned int		 lk_listener;	/* outbound: its socket */
	uint64_t		 lk_due;	/* UINT64_MAX: none */
	uint64_t		 lk_hold;	/* until then at most */
	uint64_t		 lk_since;	/* LINK_UP */
	uint32_t		 lk_features;
	struct rate		 lk_rate;
	struct media_conn	 lk_as_media;
	const char		*lk_why;	/* we close it; static text */
};

TAILQ_HEAD(link_list, link);

/* All that is there about the peer of an index. */
struct link_peer {
	struct neighbour	 lp_nb;
	struct link		*lp_link;	/* NULL: it is no neighbour */
	uint64_t		 lp_signals_in;
	uint64_t		 lp_signals_out;
	uint64_t		 lp_bad;
	uint64_t		 lp_unexpected;
	uint64_t		 lp_limited;
	uint64_t		 lp_broken;	/* framing, protocol */
	uint64_t		 lp_slow;
	struct rate		 lp_lines;
	struct notice		 lp_floods;
};

struct links {
	uint8_t			 ls_own[TLS_HASH_LEN];
	char			 ls_own_fp[TLS_FP_STRLEN];
	struct peers		*ls_peers;
	struct limiter		*ls_limiter;	/* or NULL */
	struct link_list	 ls_list;
	size_t			 ls_count;
	size_t			 ls_unknown;	/* limit strangers */
	struct link_peer	 ls_peer[PEERS_MAX];
	struct trust_log	 ls_log;
	struct links_stats	 ls_stats;
	bool			 ls_stopping;
	uint64_t		 ls_now;
	const struct links_ops	*ls_ops;
	void			*ls_arg;
	char			 ls_buf[SIGNAL_MAX];
};

/* link.c: connections. */
struct link	*link_new(struct links *, struct quic_conn *,
		    enum link_state);
/* Once: what follows is in links_closed().  why: static text. */
void		 link_close(struct link *, const char *reason,
		    const char *why);
/* -1: errno is ENOTCONN, EMSGSIZE or ENOBUFS. */
int		 link_print(struct link *, const struct signal *);
void		 link_say_hello(struct link *);
/* Both have said hello. */
void		 link_greeted(struct link *);
bool		 link_legacy(const struct link *);
/* Links with a peer are dropped before its stanza changes. */
struct peer	*link_config(const struct link *);
struct link_peer *link_peer(struct links *, const struct peer *);
size_t		 link_count(const struct links *, const struct link_peer *,
		    bool media);

/* linkpeer.c: neighbours. */
/* Is an attempt of ours under way that would win over this one? */
bool		 link_rival(const struct link *);
/* Our hello waits no longer. */
void		 link_release(struct link *);
void		 link_ready(struct link *);
void		 link_media_ready(struct link *);
/* What a connection was to others it is no more. */
void		 link_detach(struct link *, const char *why);

#endif /* WZP_FEDERD_LINK_INT_H */
