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
 * Connections of signald and what is said on them: `_signal` (a token if the
 * relay wants one, registration within the time limit, then requests),
 * `ping`, `version`; `_federation` and `_probe` are closed as long as nobody
 * serves them (wzp-protocol 1.3, 5).
 *
 * Registered clients are entries of the hub, which this module owns.
 */
#ifndef WZP_SIGNALD_SIGNAL_CONN_H
#define WZP_SIGNALD_SIGNAL_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/limiter.h"
#include "common/quic/endpoint.h"
#include "signald/call_flow.h"
#include "signald/hub.h"
#include "signald/proven.h"

/* What a client may send while its registration is being looked up. */
#define SIGNAL_BACKLOG_MAX	16		/* messages */
#define SIGNAL_BACKLOG_BYTES	SIGNAL_MAX
/*
 * `version`: the connection is closed once the answer was acknowledged,
 * looked at in these steps; the original waits one such step and loses the
 * answer on slower paths (gap 44).
 */
#define SIGNAL_LINGER_NS	(UINT64_C(100) * 1000000)
#define SIGNAL_LINGER_STEPS	30

struct signal_config {
	bool		 sg_legacy_allow;
	uint64_t	 sg_register_ns;	/* limit register */
	uint64_t	 sg_registry_wait_ns;
	size_t		 sg_max_people;
	size_t		 sg_max_regs;		/* per fingerprint */
	bool		 sg_auth;		/* AuthToken goes first */
	struct addr	 sg_advertise4;		/* addr_len 0: none */
	struct addr	 sg_advertise6;
};

struct signal_ops {
	/* To registryd; -1: it is away. */
	int	(*proven_put)(void *arg, const struct msg_proven_put *);
	int	(*proven_query)(void *arg, const struct msg_proven_query *);
	/*
	 * Is this token good?  0: refused, else the number of a check that
	 * signal_token_answer() is called for, unless it is cancelled.
	 */
	uint64_t (*token_check)(void *arg, const char *token, void *conn);
	void	(*token_cancel)(void *arg, uint64_t);
};

struct signal_stats {
	uint64_t	ss_accepted;		/* connections */
	uint64_t	ss_registered;
	uint64_t	ss_refused;		/* registrations */
	uint64_t	ss_broken;		/* connections, by the peer */
	uint64_t	ss_unfinished;		/* handshakes */
	uint64_t	ss_resumed;		/* handshakes, by ticket */
	uint64_t	ss_silent;		/* register limit */
	uint64_t	ss_replaced;
	uint64_t	ss_slow;		/* closed as slow readers */
	uint64_t	ss_undecodable;
	uint64_t	ss_unserved;		/* variants without effect */
	uint64_t	ss_crowded;		/* signals past signal-rate */
};

struct signal_server;

struct signal_server
		*signal_server_new(const struct signal_config *,
		    const struct signal_ops *, void *arg);
/* Frees all connections' state; the endpoint is freed before. */
void		 signal_server_free(struct signal_server *);
/* From now on; who is registered stays. */
void		 signal_configure(struct signal_server *,
		    const struct signal_config *);
/* The flow is made with our hub, so it comes after us. */
void		 signal_server_set_flow(struct signal_server *,
		    struct flow *);
struct hub	*signal_server_hub(struct signal_server *);
struct limiter	*signal_server_limiter(struct signal_server *);
/* Before any other call of a turn. */
void		 signal_set_time(struct signal_server *, uint64_t now);
uint64_t	 signal_expiry(const struct signal_server *);
void		 signal_expire(struct signal_server *);

/* From the endpoint's callbacks; -1: no memory, close it. */
int		 signal_established(struct signal_server *,
		    struct quic_conn *);
void		 signal_message(struct signal_server *, struct quic_conn *,
		    const uint8_t *, size_t);
void		 signal_closed(struct signal_server *, struct quic_conn *,
		    const struct quic_close *);

void		 signal_registry_up(struct signal_server *);
void		 signal_proven_answer(struct signal_server *,
		    const struct msg_proven_answer *);
/* registryd answers again: proofs that it could not be told. */
void		 signal_registry_resume(struct signal_server *);
/* conn as token_check() got it; error is for the log. */
void		 signal_token_answer(void *conn, bool ok,
		    const char *fingerprint, const char *error);
/* The relay stops: every connection is closed. */
void		 signal_stop(struct signal_server *);
const struct signal_stats
		*signal_stats(const struct signal_server *);
size_t		 signal_count(const struct signal_server *);
/* Registrations; *proven: of those who have shown that the key is theirs. */
size_t		 signal_registered(const struct signal_server *,
		    size_t *proven);

#endif /* WZP_SIGNALD_SIGNAL_CONN_H */
