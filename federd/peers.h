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
 * The relays of the configuration: which of them are to be dialled, when and
 * where.  No socket, no clock and no connection: link.c has those, and says
 * what became of them.
 */
#ifndef WZP_FEDERD_PEERS_H
#define WZP_FEDERD_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/ipc/messages.h"

/* Addresses of one name, in the order of preference (messages.h). */
#define PEER_ADDRS_MAX	4

/* Between two attempts: doubled from the first to the last, then +-25 %. */
#define PEER_BACKOFF_MIN_NS	(UINT64_C(1) * 1000000000)
#define PEER_BACKOFF_MAX_NS	(UINT64_C(60) * 1000000000)
/* A link that held for so long was a good one: begin with the first again. */
#define PEER_GOOD_NS		(UINT64_C(30) * 1000000000)
/* lookupd and relayd answer within this, or are taken for gone. */
#define PEER_ANSWER_NS		(UINT64_C(15) * 1000000000)
/* For a handshake and a hello; less while there are other addresses. */
#define PEER_CONNECT_NS		(UINT64_C(15) * 1000000000)
#define PEER_CONNECT_SHORT_NS	(UINT64_C(4) * 1000000000)

enum peer_state {
	PEER_DOWN,		/* the operator wants it so */
	PEER_PASSIVE,		/* no address: it dials us */
	PEER_WAITING,		/* for the next attempt */
	PEER_RESOLVING,		/* lookupd looks for its addresses */
	PEER_DIALLING,		/* relayd makes a socket */
	PEER_CONNECTING,	/* handshake, hello */
	PEER_UP
};

struct peer {
	struct msg_peer	 pe_config;
	bool		 pe_used;
	bool		 pe_down;	/* operator */
	bool		 pe_named;	/* in the list that is being read */
	enum peer_state	 pe_state;
	uint64_t	 pe_due;	/* UINT64_MAX: never */
	unsigned int	 pe_failures;	/* in a row */
	uint64_t	 pe_seq;	/* of the answer that is waited for */
	struct addr	 pe_addrs[PEER_ADDRS_MAX];
	size_t		 pe_naddrs;
	size_t		 pe_next;	/* the one to try next */
	struct addr	 pe_address;	/* tried last */
	uint64_t	 pe_since;	/* up since */
	uint64_t	 pe_ups;	/* times that a link came up */
	uint64_t	 pe_attempts;
	char		 pe_error[128];	/* of the last attempt that failed */
};

struct peers_ops {
	/* MSG_NAME_QUERY, MSG_DIAL; -1: whoever is to answer is away. */
	int	(*resolve)(void *arg, const struct msg_name_query *);
	int	(*dial)(void *arg, const struct msg_dial *);
	/* It is gone, or another one, or to be down: its links end now. */
	void	(*drop)(void *arg, struct peer *, const char *why);
	/* Any number, for jitter. */
	uint32_t (*random)(void *arg);
};

struct peers;

struct peers	*peers_new(const struct peers_ops *, void *arg);
void		 peers_free(struct peers *);
void		 peers_set_time(struct peers *, uint64_t now);
uint64_t	 peers_expiry(const struct peers *);
void		 peers_expire(struct peers *);

/* The configuration, read anew as a whole. */
void		 peers_begin(struct peers *);
void		 peers_add(struct peers *, const struct msg_peer *);
void		 peers_end(struct peers *);

/* NULL: there is none. */
struct peer	*peers_index(struct peers *, uint64_t index);
struct peer	*peers_fingerprint(struct peers *,
		    const uint8_t hash[TLS_HASH_LEN]);
struct peer	*peers_name(struct peers *, const char *name);
/* Begin with *iter 0. */
struct peer	*peers_next(struct peers *, size_t *iter);
/* Is this one of its addresses, as far as they are known (ports apart)? */
bool		 peers_lives_at(const struct peer *, const struct addr *);
/* wzpctl peer NAME up|down */
void		 peers_order(struct peers *, struct peer *, bool up);

/* The addresses of an answer, with this port; how many. */
size_t		 peer_addresses(const struct msg_name_answer *, uint64_t port,
		    struct addr[PEER_ADDRS_MAX]);
void		 peers_name_answer(struct peers *,
		    const struct msg_name_answer *);
/*
 * The socket that was asked for under this number.  NULL: it is not wanted
 * any more.  The caller dials, and says what comes of it: peers_up(),
 * peers_failed(), or peers_ended().
 */
struct peer	*peers_socket(struct peers *, uint64_t id);
void		 peers_dial_failed(struct peers *,
		    const struct msg_dial_failed *);
/* How long the attempt that is under way may take. */
uint64_t	 peers_connect_limit(const struct peer *);
/* Our attempt came to nothing. */
void		 peers_failed(struct peers *, struct peer *, const char *why);
/* A link with it is there, whoever dialled; and no more. */
void		 peers_up(struct peers *, struct peer *);
void		 peers_ended(struct peers *, struct peer *, const char *why);

const char	*peer_state_name(enum peer_state);

#endif /* WZP_FEDERD_PEERS_H */
