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
 * The per-connection state of signald.  Every `_signal` connection is in
 * exactly one state, and each state with a time limit has its queue, oldest
 * first.
 */
#include "config.h"

#include <sys/queue.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_id.h"
#include "common/base/log.h"
#include "common/base/notice.h"
#include "common/base/table.h"
#include "common/base/text.h"
#include "common/ipc/visitor.h"
#include "common/quic/params.h"
#include "common/wire/identity.h"
#include "signald/offer.h"
#include "signald/registration.h"
#include "signald/signal_conn.h"

#define PROVEN_CACHE_MAX	65536

enum conn_state {
	CONN_TOKEN,		/* AuthToken within the limit */
	CONN_TOKEN_CHECK,	/* lookupd is asked about it */
	CONN_AWAIT,		/* RegisterPresence within the limit */
	CONN_CHECK,		/* registryd is asked about the fingerprint */
	CONN_SERVE,		/* registered */
	CONN_PROBE,		/* all-zero key: Ping and Reflect only */
	CONN_LINGER,		/* version */
	CONN_CLOSED,		/* quic_close() was called */
	CONN_MAX
};

struct backlog {
	STAILQ_ENTRY(backlog)	bl_entry;
	size_t			bl_len;
	uint8_t			bl_data[];
};

STAILQ_HEAD(backlog_queue, backlog);

struct conn {
	TAILQ_ENTRY(conn)	 sc_entry;	/* of its state */
	enum conn_state		 sc_state;
	struct quic_conn	*sc_quic;
	struct signal_server	*sc_server;
	uint64_t		 sc_due_ns;	/* of states with a limit */
	uint64_t		 sc_token;	/* TOKEN_CHECK: number of it */
	char			 sc_token_fp[FP_STRLEN]; /* whose it is */
	unsigned int		 sc_steps;	/* LINGER */
	uint64_t		 sc_query;	/* CHECK: its seq, or 0 */
	struct reg		 sc_reg;
	bool			 sc_features;	/* the client announced any */
	struct backlog_queue	 sc_backlog;	/* CHECK, TOKEN_CHECK */
	size_t			 sc_backlog_len;
	size_t			 sc_backlog_bytes;
	struct rate		 sc_rate;	/* of signals */
	struct visitor		 sc_visitor;
};

TAILQ_HEAD(conn_queue, conn);

struct signal_server {
	struct signal_config	 sv_config;
	struct conn_queue	 sv_conns[CONN_MAX];
	size_t			 sv_count;
	struct hub		*sv_hub;
	struct flow		*sv_flow;
	struct proven		*sv_proven;
	struct limiter		*sv_limiter;
	uint64_t		 sv_query;
	struct table		*sv_queries;	/* seq -> struct conn */
	uint64_t		 sv_now;
	struct signal_stats	 sv_stats;
	struct notice		 sv_refusals;
	struct notice		 sv_undecodable;
	struct notice		 sv_unserved;
	struct notice		 sv_broken;
	struct notice		 sv_unfinished;
	const struct signal_ops	*sv_ops;
	void			*sv_arg;
	char			 sv_buf[SIGNAL_MAX];
};

static int	 server_hub_send(void *, struct reg *, const char *, size_t);
static void	 server_hub_replaced(void *, struct reg *);
static void	 server_hub_refresh(void *, struct reg *);
static int	 server_proven_put(void *, const struct msg_proven_put *);
static void	 conn_enter(struct conn *, enum conn_state, uint64_t);
static void	 conn_notice(struct conn *, struct notice *, const char *,
		    const char *);
static void	 conn_close(struct conn *, const char *);
static void	 conn_free(struct conn *);
static int	 conn_send(struct conn *, const struct signal *);
static void	 conn_relay_addr(const struct conn *, char[ADDR_STRLEN]);
static void	 conn_take(struct conn *, const uint8_t *, size_t);
static void	 conn_token(struct conn *, const struct sig_auth_token *);
static void	 conn_register(struct conn *,
		    const struct sig_register_presence *);
static void	 conn_refuse(struct conn *, const char *);
static const char
		*conn_limits(struct conn *, enum registration);
static const char
		*conn_key(const struct conn *, char[LIMITER_KEY]);
static void	 conn_query(struct conn *);
static void	 conn_unquery(struct conn *);
static void	 conn_keep(struct conn *, const uint8_t *, size_t);
static void	 conn_resume(struct conn *);
static void	 conn_welcome(struct conn *, enum conn_state);
static void	 conn_serve(struct conn *, const struct signal *);

static const struct hub_ops	server_hub_ops = {
	server_hub_send,
	server_hub_replaced,
	server_hub_refresh
};

/* What we understand beyond the original (doc/PROTOCOL). */
static const char	*server_features[] = {
	"proof", SIGNAL_FEATURE_CANDIDATES
};

struct signal_server *
signal_server_new(const struct signal_config *config,
    const struct signal_ops *ops, void *arg)
{
	struct signal_server	*sv;
	size_t			 i;

	if ((sv = calloc(1, sizeof(*sv))) == NULL)
		return (NULL);
	sv->sv_config = *config;
	sv->sv_ops = ops;
	sv->sv_arg = arg;
	for (i = 0; i < CONN_MAX; i++)
		TAILQ_INIT(&sv->sv_conns[i]);
	sv->sv_hub = hub_new(config->sg_max_people, config->sg_max_regs,
	    &server_hub_ops, sv);
	sv->sv_proven = proven_new(PROVEN_CACHE_MAX, server_proven_put, sv);
	sv->sv_limiter = limiter_new(LIMITER_KEYS);
	sv->sv_queries = table_new(SIZE_MAX);
	if (sv->sv_hub == NULL || sv->sv_proven == NULL ||
	    sv->sv_limiter == NULL || sv->sv_queries == NULL) {
		signal_server_free(sv);
		return (NULL);
	}
	return (sv);
}

void
signal_server_free(struct signal_server *sv)
{
	struct conn	*sc;
	size_t		 i;

	if (sv == NULL)
		return;
	for (i = 0; i < CONN_MAX; i++) {
		while ((sc = TAILQ_FIRST(&sv->sv_conns[i])) != NULL) {
			(void)hub_unregister(sv->sv_hub, &sc->sc_reg);
			conn_free(sc);
		}
	}
	hub_free(sv->sv_hub);
	proven_free(sv->sv_proven);
	limiter_free(sv->sv_limiter);
	table_free(sv->sv_queries);
	free(sv);
}

void
signal_configure(struct signal_server *sv, const struct signal_config *config)
{
	sv->sv_config = *config;
	hub_set_limits(sv->sv_hub, config->sg_max_people,
	    config->sg_max_regs);
}

void
signal_server_set_flow(struct signal_server *sv, struct flow *flow)
{
	sv->sv_flow = flow;
}

struct hub *
signal_server_hub(struct signal_server *sv)
{
	return (sv->sv_hub);
}

struct limiter *
signal_server_limiter(struct signal_server *sv)
{
	return (sv->sv_limiter);
}

void
signal_set_time(struct signal_server *sv, uint64_t now)
{
	sv->sv_now = now;
}

/* Hub and registry */

static int
server_hub_send(void *arg, struct reg *reg, const char *json, size_t len)
{
	struct signal_server	*sv = arg;
	struct conn		*sc = reg->reg_owner;

	if (sc->sc_state == CONN_CLOSED)
		return (-1);
	if (quic_send_message(sc->sc_quic, json, len) == 0)
		return (0);
	/*
	 * A slow reader costs only itself (gap 14).  It stays in the hub
	 * until its end is reported: we are in the middle of a send.
	 */
	sv->sv_stats.ss_slow++;
	limiter_refused(sv->sv_limiter, LIMIT_QUEUE,
	    sc->sc_reg.reg_fp[0] == '\0' ? NULL : sc->sc_reg.reg_fp,
	    sv->sv_now);
	conn_close(sc, "normal close");
	return (-1);
}

static void
server_hub_replaced(void *arg, struct reg *reg)
{
	struct signal_server	*sv = arg;
	struct conn		*sc = reg->reg_owner;

	sv->sv_stats.ss_replaced++;
	log_debug("%s: replaced by a newer registration", reg->reg_fp);
	flow_unregistered(sv->sv_flow, reg, false);
	if (sc->sc_state != CONN_CLOSED)
		conn_close(sc, "replaced");
}

/*
 * Where it may move to, a client of ours is to be called (RFC 9000 9); what
 * an original was told is what it goes on telling (7.1).
 */
static void
server_hub_refresh(void *arg, struct reg *reg)
{
	struct conn		*sc = reg->reg_owner;
	struct quic_stats	 stats;

	(void)arg;
	if (sc->sc_state == CONN_CLOSED)
		return;
	quic_conn_stats(sc->sc_quic, &stats);
	reg->reg_rtt_us = stats.rtt_us;
	reg->reg_local = *quic_conn_local(sc->sc_quic);
	if (reg->reg_candidates)
		reg->reg_remote = *quic_conn_validated(sc->sc_quic);
}

static int
server_proven_put(void *arg, const struct msg_proven_put *put)
{
	struct signal_server	*sv = arg;

	return (sv->sv_ops->proven_put(sv->sv_arg, put));
}

void
signal_registry_up(struct signal_server *sv)
{
	struct reg	*reg = NULL;
	struct conn	*sc;
	size_t		 iter = 0;

	proven_up(sv->sv_proven);
	/* Those that a crash may have swallowed; repeating is harmless. */
	while ((reg = hub_next(sv->sv_hub, &iter, reg)) != NULL) {
		if (reg->reg_proven)
			proven_record(sv->sv_proven, reg->reg_fp);
	}
	TAILQ_FOREACH(sc, &sv->sv_conns[CONN_CHECK], sc_entry)
		conn_query(sc);
}

void
signal_registry_resume(struct signal_server *sv)
{
	proven_resume(sv->sv_proven);
}

void
signal_proven_answer(struct signal_server *sv,
    const struct msg_proven_answer *msg)
{
	struct conn	*sc;

	if ((sc = table_find(sv->sv_queries, &msg->seq,
	    sizeof(msg->seq))) == NULL)
		return;
	/* One answer is all: it may wait again, but for another one. */
	conn_unquery(sc);
	if (!msg->ok) {
		conn_refuse(sc, "the registry cannot say who proved himself");
		return;
	}
	proven_learn(sv->sv_proven, sc->sc_reg.reg_fp, msg->proven);
	/* It may have proved itself elsewhere while we asked. */
	if (msg->proven ||
	    proven_get(sv->sv_proven, sc->sc_reg.reg_fp) == PROVEN_YES) {
		conn_refuse(sc, "this fingerprint has proved itself before");
		return;
	}
	conn_welcome(sc, CONN_SERVE);
	conn_resume(sc);
}

/* Connections */

static void
conn_enter(struct conn *sc, enum conn_state state, uint64_t limit)
{
	struct signal_server	*sv = sc->sc_server;

	conn_unquery(sc);
	TAILQ_REMOVE(&sv->sv_conns[sc->sc_state], sc, sc_entry);
	sc->sc_state = state;
	sc->sc_due_ns = sv->sv_now + limit;
	TAILQ_INSERT_TAIL(&sv->sv_conns[state], sc, sc_entry);
}

static void
conn_close(struct conn *sc, const char *reason)
{
	struct signal_server	*sv = sc->sc_server;

	if (sc->sc_token != 0) {
		sv->sv_ops->token_cancel(sv->sv_arg, sc->sc_token);
		sc->sc_token = 0;
	}
	conn_enter(sc, CONN_CLOSED, 0);
	quic_close(sc->sc_quic, 0, reason);
}

static void
conn_free(struct conn *sc)
{
	struct signal_server	*sv = sc->sc_server;
	struct backlog		*item;

	if (sc->sc_token != 0)
		sv->sv_ops->token_cancel(sv->sv_arg, sc->sc_token);
	visitor_leave(&sc->sc_visitor, sv->sv_limiter);

	while ((item = STAILQ_FIRST(&sc->sc_backlog)) != NULL) {
		STAILQ_REMOVE_HEAD(&sc->sc_backlog, bl_entry);
		free(item);
	}
	conn_unquery(sc);
	TAILQ_REMOVE(&sv->sv_conns[sc->sc_state], sc, sc_entry);
	sv->sv_count--;
	free(sc);
}

static int
conn_send(struct conn *sc, const struct signal *sig)
{
	struct signal_server	*sv = sc->sc_server;
	int			 len;

	if (sc->sc_state == CONN_CLOSED)
		return (-1);
	len = signal_print(sig, sv->sv_buf, sizeof(sv->sv_buf));
	if (len == -1)
		return (-1);
	if (quic_send_message(sc->sc_quic, sv->sv_buf, (size_t)len) == 0)
		return (0);
	sv->sv_stats.ss_slow++;
	limiter_refused(sv->sv_limiter, LIMIT_QUEUE,
	    sc->sc_reg.reg_fp[0] == '\0' ? NULL : sc->sc_reg.reg_fp,
	    sv->sv_now);
	conn_close(sc, "normal close");
	return (-1);
}

/* CallSetup.relay_addr for this client (doc/PROTOCOL, `advertise`). */
static void
conn_relay_addr(const struct conn *sc, char buf[ADDR_STRLEN])
{
	const struct signal_config	*config = &sc->sc_server->sv_config;
	const struct addr		*addr;

	addr = addr_family(&sc->sc_reg.reg_remote) == AF_INET6 ?
	    &config->sg_advertise6 : &config->sg_advertise4;
	if (addr->addr_len == 0)
		addr = quic_conn_local(sc->sc_quic);
	(void)addr_print(addr, buf, ADDR_STRLEN);
}

int
signal_established(struct signal_server *sv, struct quic_conn *quic)
{
	const char	*name = quic_conn_name(quic);
	struct conn	*sc;

	if (strcmp(name, "_signal") != 0 && strcmp(name, "version") != 0) {
		/* `ping` wants just this; others have no server here. */
		quic_close(quic, 0, "");
		return (0);
	}
	if ((sc = calloc(1, sizeof(*sc))) == NULL) {
		quic_close(quic, 0, "");
		return (-1);
	}
	STAILQ_INIT(&sc->sc_backlog);
	sc->sc_server = sv;
	sc->sc_quic = quic;
	/* As it is now: a later migration does not change it (7.1). */
	sc->sc_reg.reg_remote = *quic_conn_remote(quic);
	sc->sc_visitor.vi_source = sc->sc_reg.reg_remote;
	sc->sc_reg.reg_owner = sc;
	quic_conn_set_data(quic, sc);
	sc->sc_state = CONN_AWAIT;
	TAILQ_INSERT_TAIL(&sv->sv_conns[CONN_AWAIT], sc, sc_entry);
	sv->sv_count++;
	sv->sv_stats.ss_accepted++;
	if (quic_conn_resumed(quic))
		sv->sv_stats.ss_resumed++;
	if (strcmp(name, "version") == 0) {
		if (quic_send_uni(quic, BUILD_ID, strlen(BUILD_ID)) == -1)
			conn_close(sc, "");
		else
			conn_enter(sc, CONN_LINGER, SIGNAL_LINGER_NS);
	} else
		conn_enter(sc, sv->sv_config.sg_auth ? CONN_TOKEN :
		    CONN_AWAIT, sv->sv_config.sg_register_ns);
	return (0);
}

void
signal_closed(struct signal_server *sv, struct quic_conn *quic,
    const struct quic_close *close)
{
	struct conn	*sc;
	char		 text[ADDR_STRLEN];

	if ((sc = quic_conn_data(quic)) == NULL) {
		if (close->kind == QUIC_CLOSED_LOCAL)
			return;		/* not served, or no memory */
		sv->sv_stats.ss_unfinished++;
		if (notice_due(&sv->sv_unfinished, sv->sv_now))
			notice(&sv->sv_unfinished, "%s: handshake not "
			    "finished", addr_print(quic_conn_remote(quic),
			    text, sizeof(text)));
		return;
	}
	quic_conn_set_data(quic, NULL);
	if (close->kind == QUIC_CLOSED_ERROR) {
		sv->sv_stats.ss_broken++;
		conn_notice(sc, &sv->sv_broken, "broken connection",
		    close->text);
	}
	if (hub_unregister(sv->sv_hub, &sc->sc_reg) != NULL) {
		log_debug("%s: offline (%s)", sc->sc_reg.reg_fp,
		    close->text != NULL ? close->text : "closed");
		flow_unregistered(sv->sv_flow, &sc->sc_reg,
		    close->kind == QUIC_CLOSED_BY_PEER_APP);
	}
	conn_free(sc);
}

void
signal_message(struct signal_server *sv, struct quic_conn *quic,
    const uint8_t *data, size_t len)
{
	struct conn	*sc;

	(void)sv;
	if ((sc = quic_conn_data(quic)) != NULL)
		conn_take(sc, data, len);
}

static void
conn_take(struct conn *sc, const uint8_t *data, size_t len)
{
	struct signal_server	*sv = sc->sc_server;
	struct signal		*sig;
	const char		*why;
	char			 source[LIMITER_KEY];

	if (sc->sc_state == CONN_LINGER || sc->sc_state == CONN_CLOSED)
		return;
	if (sc->sc_state == CONN_CHECK || sc->sc_state == CONN_TOKEN_CHECK) {
		conn_keep(sc, data, len);
		return;
	}
	if ((sc->sc_state == CONN_SERVE || sc->sc_state == CONN_PROBE) &&
	    !limiter_take_own(sv->sv_limiter, LIMIT_SIGNAL_RATE, &sc->sc_rate,
	    sc->sc_state == CONN_SERVE ? sc->sc_reg.reg_fp :
	    visitor_source(&sc->sc_visitor, source), sv->sv_now)) {
		sv->sv_stats.ss_crowded++;
		return;
	}
	if ((sig = signal_parse(data, len, &why)) == NULL) {
		sv->sv_stats.ss_undecodable++;
		conn_notice(sc, &sv->sv_undecodable, "undecodable signal",
		    why);
		/* Before registration fatal (5.1), afterwards ignored (2). */
		if (sc->sc_state == CONN_AWAIT || sc->sc_state == CONN_TOKEN)
			conn_refuse(sc, "undecodable");
		return;
	}
	if (sc->sc_state == CONN_TOKEN) {
		if (sig->type == SIGNAL_AUTH_TOKEN)
			conn_token(sc, &sig->u.auth_token);
		else
			conn_refuse(sc, "not an AuthToken");
	} else if (sc->sc_state != CONN_AWAIT)
		conn_serve(sc, sig);
	else if (sig->type == SIGNAL_REGISTER_PRESENCE)
		conn_register(sc, &sig->u.register_presence);
	else
		conn_refuse(sc, "not a RegisterPresence");
	signal_free(sig);
}

/* Tokens (wzp-protocol 5.1, 5.2) */

static void
conn_token(struct conn *sc, const struct sig_auth_token *msg)
{
	struct signal_server	*sv = sc->sc_server;
	char			 source[LIMITER_KEY];

	if (!limiter_take(sv->sv_limiter, LIMIT_AUTH_RATE,
	    visitor_source(&sc->sc_visitor, source), sv->sv_now)) {
		conn_refuse(sc, "limit auth-rate");
		return;
	}
	conn_enter(sc, CONN_TOKEN_CHECK, 0);
	sc->sc_token = sv->sv_ops->token_check(sv->sv_arg, msg->token, sc);
	if (sc->sc_token == 0)
		conn_refuse(sc, "its token cannot be checked");
}

void
signal_token_answer(void *arg, bool ok, const char *fingerprint,
    const char *error)
{
	struct conn	*sc = arg;
	char		 text[160];

	sc->sc_token = 0;
	if (!ok) {
		conn_refuse(sc, log_escape(text, sizeof(text), error,
		    strlen(error)));
		return;
	}
	strlcpy(sc->sc_token_fp, fingerprint, sizeof(sc->sc_token_fp));
	conn_enter(sc, CONN_AWAIT, sc->sc_server->sv_config.sg_register_ns);
	conn_resume(sc);
}

/* Registration */

static void
conn_refuse(struct conn *sc, const char *why)
{
	struct signal_server	*sv = sc->sc_server;

	sv->sv_stats.ss_refused++;
	conn_notice(sc, &sv->sv_refusals, "registration refused", why);
	conn_close(sc, "");
}

/* What strangers do wrong: who and from where, as often as is bearable. */
static void
conn_notice(struct conn *sc, struct notice *no, const char *what,
    const char *why)
{
	char	text[ADDR_STRLEN];

	if (notice_due(no, sc->sc_server->sv_now))
		notice(no, "%s%s%s: %s: %s", sc->sc_reg.reg_fp,
		    sc->sc_reg.reg_fp[0] != '\0' ? " " : "",
		    addr_print(&sc->sc_reg.reg_remote, text, sizeof(text)),
		    what, why);
}

/* What it is counted by. */
static const char *
conn_key(const struct conn *sc, char key[LIMITER_KEY])
{
	return (visitor_key(&sc->sc_visitor, sc->sc_reg.reg_fp,
	    sc->sc_reg.reg_proven, key));
}

/* NULL, or the limit that is in the way. */
static const char *
conn_limits(struct conn *sc, enum registration kind)
{
	char	key[LIMITER_KEY];

	sc->sc_reg.reg_proven = kind == REGISTRATION_PROVEN;
	return (visitor_admit(&sc->sc_visitor, sc->sc_server->sv_limiter,
	    LIMIT_REGISTRATION_RATE, LIMIT_REGISTRATION_SOURCE_RATE,
	    kind == REGISTRATION_PROBE ? NULL : conn_key(sc, key),
	    sc->sc_server->sv_now));
}

static void
conn_register(struct conn *sc, const struct sig_register_presence *msg)
{
	struct signal_server	*sv = sc->sc_server;
	struct reg		*reg = &sc->sc_reg;
	const struct reg	*other;
	enum registration	 kind;
	uint8_t			 exporter[32];
	const char		*limit, *why;
	bool			 exported;
	size_t			 i;

	exported = quic_conn_export(sc->sc_quic, QUIC_PROOF_LABEL, exporter,
	    sizeof(exporter)) == 0;
	sc->sc_features = msg->features.n != 0;
	for (i = 0; i < msg->features.n; i++) {
		if (strcmp(msg->features.list[i],
		    SIGNAL_FEATURE_CANDIDATES) == 0)
			reg->reg_candidates = true;
	}
	memcpy(reg->reg_identity_pub, msg->identity_pub,
	    sizeof(reg->reg_identity_pub));
	identity_fingerprint(msg->identity_pub, reg->reg_fp);
	text_copy(reg->reg_alias, sizeof(reg->reg_alias), msg->alias);
	conn_relay_addr(sc, reg->reg_relay_addr);

	/* A token is one person's, not a ticket for any key (gap 3). */
	if (sc->sc_token_fp[0] != '\0' &&
	    strcmp(sc->sc_token_fp, reg->reg_fp) != 0) {
		conn_refuse(sc, "the token is somebody else's");
		return;
	}
	kind = registration_check(msg, exported ? exporter : NULL,
	    sv->sv_config.sg_legacy_allow, &why);
	if (kind != REGISTRATION_REFUSED &&
	    (limit = conn_limits(sc, kind)) != NULL) {
		conn_refuse(sc, limit);
		return;
	}
	switch (kind) {
	case REGISTRATION_REFUSED:
		conn_refuse(sc, why);
		return;
	case REGISTRATION_PROBE:
		conn_welcome(sc, CONN_PROBE);
		return;
	case REGISTRATION_PROVEN:
		conn_welcome(sc, CONN_SERVE);
		return;
	case REGISTRATION_LEGACY:
		break;
	}
	other = hub_find(sv->sv_hub, reg->reg_fp);
	switch (other != NULL && other->reg_proven ? PROVEN_YES :
	    proven_get(sv->sv_proven, reg->reg_fp)) {
	case PROVEN_YES:
		conn_refuse(sc, "this fingerprint has proved itself before");
		break;
	case PROVEN_NO:
		conn_welcome(sc, CONN_SERVE);
		break;
	case PROVEN_UNKNOWN:
		conn_enter(sc, CONN_CHECK, sv->sv_config.sg_registry_wait_ns);
		conn_query(sc);
		break;
	}
}

/* Repeated when registryd comes back within the limit. */
static void
conn_query(struct conn *sc)
{
	struct signal_server	*sv = sc->sc_server;
	struct msg_proven_query	 query;

	conn_unquery(sc);
	memset(&query, 0, sizeof(query));
	query.seq = sc->sc_query = ++sv->sv_query;
	/* Without memory nobody waits for it, until registryd is back. */
	if (table_insert(sv->sv_queries, &sc->sc_query,
	    sizeof(sc->sc_query), sc) == -1)
		sc->sc_query = 0;
	strlcpy(query.fingerprint, sc->sc_reg.reg_fp,
	    sizeof(query.fingerprint));
	(void)sv->sv_ops->proven_query(sv->sv_arg, &query);
}

static void
conn_unquery(struct conn *sc)
{
	if (sc->sc_query == 0)
		return;
	(void)table_remove(sc->sc_server->sv_queries, &sc->sc_query,
	    sizeof(sc->sc_query));
	sc->sc_query = 0;
}

static void
conn_keep(struct conn *sc, const uint8_t *data, size_t len)
{
	struct backlog	*item;

	if (sc->sc_backlog_len >= SIGNAL_BACKLOG_MAX ||
	    sc->sc_backlog_bytes + len > SIGNAL_BACKLOG_BYTES ||
	    (item = malloc(sizeof(*item) + len)) == NULL) {
		conn_refuse(sc, "too much before the ack");
		return;
	}
	memcpy(item->bl_data, data, len);
	item->bl_len = len;
	STAILQ_INSERT_TAIL(&sc->sc_backlog, item, bl_entry);
	sc->sc_backlog_len++;
	sc->sc_backlog_bytes += len;
}

/* What came meanwhile; it may have to wait again. */
static void
conn_resume(struct conn *sc)
{
	struct backlog_queue	 queue;
	struct backlog		*item;

	STAILQ_INIT(&queue);
	STAILQ_CONCAT(&queue, &sc->sc_backlog);
	sc->sc_backlog_len = sc->sc_backlog_bytes = 0;
	while ((item = STAILQ_FIRST(&queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&queue, bl_entry);
		conn_take(sc, item->bl_data, item->bl_len);
		free(item);
	}
}

/*
 * The ack is queued before the hub knows the client: nothing can overtake it
 * (5.1, gap 54).
 */
static void
conn_welcome(struct conn *sc, enum conn_state state)
{
	struct sig_register_presence_ack	*ack;
	struct signal_server			*sv = sc->sc_server;
	struct signal				 sig;
	char					 key[LIMITER_KEY];

	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_REGISTER_PRESENCE_ACK;
	ack = &sig.u.register_presence_ack;
	ack->success = true;
	ack->relay_build = BUILD_ID;
	if (sc->sc_features) {
		ack->features.list = server_features;
		ack->features.n = sizeof(server_features) /
		    sizeof(server_features[0]);
	}
	if (conn_send(sc, &sig) == -1)
		return;
	conn_enter(sc, state, 0);
	sv->sv_stats.ss_registered++;
	if (state == CONN_PROBE)
		return;
	sc->sc_reg.reg_since_ns = sv->sv_now;
	if (hub_register(sv->sv_hub, &sc->sc_reg) == -1) {
		conn_refuse(sc, "no room in the hub");
		return;
	}
	if (sc->sc_reg.reg_proven)
		proven_record(sv->sv_proven, sc->sc_reg.reg_fp);
	limiter_visit(sv->sv_limiter, conn_key(sc, key), sv->sv_now);
	log_debug("%s: online%s", sc->sc_reg.reg_fp,
	    sc->sc_reg.reg_proven ? "" : ", unproven");
	flow_registered(sv->sv_flow, &sc->sc_reg);
}

/* Requests of registered clients */

static void
conn_serve(struct conn *sc, const struct signal *in)
{
	struct signal_server	*sv = sc->sc_server;
	struct signal		 out;
	char			 text[ADDR_STRLEN];

	memset(&out, 0, sizeof(out));
	switch (in->type) {
	case SIGNAL_PING:
		out.type = SIGNAL_PONG;
		out.u.ping.timestamp_ms = in->u.ping.timestamp_ms;
		(void)conn_send(sc, &out);
		return;
	case SIGNAL_REFLECT:
		out.type = SIGNAL_REFLECT_RESPONSE;
		/* Who asks again after a move wants to know the new one. */
		out.u.reflect_response.observed_addr = addr_print(
		    sc->sc_reg.reg_candidates ?
		    quic_conn_remote(sc->sc_quic) : &sc->sc_reg.reg_remote,
		    text, sizeof(text));
		(void)conn_send(sc, &out);
		return;
	case SIGNAL_DIRECT_CALL_OFFER:
	case SIGNAL_DIRECT_CALL_ANSWER:
	case SIGNAL_HANGUP:
	case SIGNAL_MEDIA_PATH_REPORT:
	case SIGNAL_CALL_CANDIDATES:
		/* Whoever is not in the hub cannot be in a call. */
		if (sc->sc_state != CONN_SERVE)
			break;
		if (in->type == SIGNAL_DIRECT_CALL_OFFER &&
		    !limiter_take(sv->sv_limiter, LIMIT_OFFER_RATE,
		    sc->sc_reg.reg_fp, sv->sv_now))
			flow_offer_busy(sv->sv_flow, &sc->sc_reg, in);
		else
			flow_signal(sv->sv_flow, &sc->sc_reg, in);
		return;
	default:
		break;
	}
	sv->sv_stats.ss_unserved++;
	conn_notice(sc, &sv->sv_unserved, "signal not served",
	    signal_name(in->type));
}

/* Time */

uint64_t
signal_expiry(const struct signal_server *sv)
{
	static const enum conn_state	 states[] = {
		CONN_TOKEN, CONN_AWAIT, CONN_CHECK, CONN_LINGER
	};
	const struct conn		*sc;
	uint64_t			 next = UINT64_MAX;
	size_t				 i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		sc = TAILQ_FIRST(&sv->sv_conns[states[i]]);
		if (sc != NULL && sc->sc_due_ns < next)
			next = sc->sc_due_ns;
	}
	return (next);
}

void
signal_expire(struct signal_server *sv)
{
	static const enum conn_state	 silent[] = {
		CONN_TOKEN, CONN_AWAIT
	};
	struct conn			*sc;
	size_t				 i;

	for (i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		while ((sc = TAILQ_FIRST(&sv->sv_conns[silent[i]])) != NULL &&
		    sc->sc_due_ns <= sv->sv_now) {
			sv->sv_stats.ss_silent++;
			conn_notice(sc, &sv->sv_refusals,
			    "registration refused", "not in time");
			conn_close(sc, "");
		}
	}
	/*
	 * Nobody can say whether the fingerprint is somebody's who proved
	 * it: refused whatever `registry` is set to, since that promise has
	 * no best effort.
	 */
	while ((sc = TAILQ_FIRST(&sv->sv_conns[CONN_CHECK])) != NULL &&
	    sc->sc_due_ns <= sv->sv_now)
		conn_refuse(sc, "the registry is away");
	while ((sc = TAILQ_FIRST(&sv->sv_conns[CONN_LINGER])) != NULL &&
	    sc->sc_due_ns <= sv->sv_now) {
		if (quic_send_queued(sc->sc_quic) == 0 ||
		    ++sc->sc_steps >= SIGNAL_LINGER_STEPS)
			conn_close(sc, "");
		else
			conn_enter(sc, CONN_LINGER, SIGNAL_LINGER_NS);
	}
}

void
signal_stop(struct signal_server *sv)
{
	struct conn	*sc;
	size_t		 i;

	for (i = 0; i < CONN_CLOSED; i++) {
		while ((sc = TAILQ_FIRST(&sv->sv_conns[i])) != NULL)
			conn_close(sc, "normal close");
	}
}

const struct signal_stats *
signal_stats(const struct signal_server *sv)
{
	return (&sv->sv_stats);
}

size_t
signal_registered(const struct signal_server *sv, size_t *proven)
{
	struct reg	*reg = NULL;
	size_t		 iter = 0, n = 0;

	*proven = 0;
	while ((reg = hub_next(sv->sv_hub, &iter, reg)) != NULL) {
		n++;
		*proven += reg->reg_proven;
	}
	return (n);
}

size_t
signal_count(const struct signal_server *sv)
{
	return (sv->sv_count);
}
