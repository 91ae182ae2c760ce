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
 * signald without a network, in virtual time: its `_signal', `version' and
 * `ping' connections over a QUIC layer that records what is sent and closed,
 * and a registry and a mediad that take what they are given.
 */
#ifndef WZP_REGRESS_SIGNAL_WORLD_H
#define WZP_REGRESS_SIGNAL_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build_id.h"
#include "common/wire/identity.h"
#include "signald/signal_conn.h"

#define MS		UINT64_C(1000000)
#define REGISTER_MS	10000
#define WAIT_MS		2000

/* The recording QUIC layer; strings it took are NUL-terminated. */
struct quic_conn {
	const char	*name;
	struct addr	 remote, local, validated;
	uint64_t	 rtt_us;
	uint8_t		 exporter[32];
	void		*data;
	char		 sent[8][2048];
	size_t		 nsent;
	char		 uni[128];
	bool		 full;		/* takes no more messages */
	bool		 mute;		/* exports nothing */
	bool		 closed;
	uint64_t	 code;
	char		 reason[32];
	size_t		 queued;
};

/* A signald with up to four connections. */
struct world {
	struct signal_server	*server;
	struct flow		*flow;
	struct quic_conn	 conn[4];
	uint64_t		 now;
	bool			 registry;
	char			 put[FP_STRLEN];	/* last proof */
	uint64_t		 seq;			/* last query */
	char			 query[FP_STRLEN];
	uint64_t		 record;		/* last record */
	struct signal_config	 config;
	uint64_t		 tokens;	/* checks begun */
	char			 token[64];	/* the last one */
	void			*token_conn;	/* NULL: cancelled */
};

/* A person with keys. */
struct person {
	struct identity	id;
	char		fp[IDENTITY_FP_STRLEN];
};

/* How a person registers. */
#define SIGNED		1u
#define PROVEN		2u
#define FEATURES	4u
#define SPOILED		8u
#define CANDIDATES	16u

#define ACK	"{\"RegisterPresenceAck\":{\"success\":true,"		\
		"\"relay_build\":\"" BUILD_ID "\"}}"
#define ACK_F	"{\"RegisterPresenceAck\":{\"success\":true,"		\
		"\"relay_build\":\"" BUILD_ID "\","			\
		"\"features\":[\"proof\",\"candidates\"]}}"

struct world		*world_new(bool legacy);
struct world		*world_new_auth(bool legacy, bool auth);
void			 world_free(struct world *);
/* Connection n to the server name of that name, from 192.0.2.10. */
struct quic_conn	*dial(struct world *, int, const char *);
/* The end of a connection; w->conn keeps what it had recorded. */
void			 hang(struct world *, struct quic_conn *,
			    enum quic_close_kind);
void			 say(struct world *, struct quic_conn *, const char *);
/* Milliseconds go by. */
void			 after(struct world *, uint64_t);
/* The person whose seed is n, n, n... */
void			 person(struct person *, uint8_t);
/* Sends a RegisterPresence; the last argument is the alias or NULL. */
void			 enlist(struct world *, struct quic_conn *,
			    const struct person *, unsigned int, const char *);
/* registryd's answer to the last query. */
void			 answer(struct world *, bool ok, bool proven);
/* Closed without a word. */
void			 assert_refused(const struct quic_conn *);

#endif /* WZP_REGRESS_SIGNAL_WORLD_H */
