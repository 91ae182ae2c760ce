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
 * See probe.h.  What people are where is gossip.c's.
 */
#include "config.h"

#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/rate.h"
#include "common/wire/signal.h"
#include "federd/gossip.h"
#include "federd/peers.h"
#include "federd/probe.h"

enum target_state {
	TARGET_WAITING,
	TARGET_RESOLVING,
	TARGET_DIALLING,
	TARGET_CONNECTING,
	TARGET_UP
};

struct ping {
	uint64_t	pg_stamp;	/* Unix ms; 0: none */
	uint64_t	pg_sent;
	uint64_t	pg_rtt;		/* ns; UINT64_MAX: no Pong */
};

struct target {
	struct msg_probe_target	 ta_config;
	bool			 ta_used;
	bool			 ta_named;
	enum target_state	 ta_state;
	uint64_t		 ta_due;
	uint64_t		 ta_seq;
	struct addr		 ta_addrs[PEER_ADDRS_MAX];
	size_t			 ta_naddrs;
	size_t			 ta_next;
	struct addr		 ta_address;	/* tried last */
	struct probe_conn	*ta_conn;
	struct ping		 ta_pings[PROBE_WINDOW];
	uint64_t		 ta_sent;	/* pings, of all connections */
};

struct probe_conn {
	TAILQ_ENTRY(probe_conn)	 pc_entry;
	struct quic_conn	*pc_quic;
	struct target		*pc_target;	/* NULL: it came to us */
	bool			 pc_outbound;
	bool			 pc_closing;
	unsigned int		 pc_listener;
	struct rate		 pc_rate;
	uint32_t		 pc_cursor;	/* digest_list() */
};

struct probes {
	struct target		 pr_targets[PROBE_TARGETS_MAX];
	TAILQ_HEAD(, probe_conn) pr_conns;
	size_t			 pr_count;
	const struct digest	*pr_digest;
	struct gossip		*pr_gossip;
	struct limiter		*pr_limiter;	/* or NULL */
	bool			 pr_stopping;
	uint64_t		 pr_seq;
	uint64_t		 pr_now;
	uint64_t		 pr_wall;
	uint64_t		 pr_stamp;	/* of the last ping */
	struct probes_stats	 pr_stats;
	const struct probes_ops	*pr_ops;
	void			*pr_arg;
	char			 pr_fps[GOSSIP_CHUNK][FP_STRLEN];
	const char		*pr_list[GOSSIP_CHUNK];
	char			 pr_buf[SIGNAL_MAX];
};

static void	 target_wait(struct probes *, struct target *);
static void	 target_attempt(struct probes *, struct target *);
static void	 target_dial(struct probes *, struct target *);
static void	 target_failed(struct probes *, struct target *);
static void	 target_drop(struct probes *, struct target *);
static void	 target_ping(struct probes *, struct target *);
static void	 target_pong(struct probes *, struct target *, uint64_t);
static void	 target_relay(const struct target *, char[ADDR_STRLEN]);
static struct target *target_waits(struct probes *, enum target_state,
		    uint64_t);
static struct probe_conn *conn_new(struct probes *, struct quic_conn *);
static void	 conn_close(struct probe_conn *);
static int	 conn_send(struct probes *, struct probe_conn *,
		    const struct signal *);
static void	 conn_gossip(struct probes *, struct probe_conn *);
static void	 conn_own(struct probes *, const struct probe_conn *,
		    char[ADDR_STRLEN]);
static bool	 conn_known(struct probes *, const struct probe_conn *);
static void	 conn_heard(struct probes *, struct probe_conn *,
		    const struct sig_presence_update *);
static void	 conn_query(struct probes *, struct probe_conn *,
		    const struct sig_route_query *);
static uint64_t	 root(uint64_t);

struct probes *
probes_new(const struct digest *digest, const struct probes_ops *ops,
    void *arg)
{
	struct probes	*pr;

	if ((pr = calloc(1, sizeof(*pr))) == NULL)
		return (NULL);
	TAILQ_INIT(&pr->pr_conns);
	pr->pr_digest = digest;
	pr->pr_ops = ops;
	pr->pr_arg = arg;
	if ((pr->pr_gossip = gossip_new()) == NULL) {
		free(pr);
		return (NULL);
	}
	return (pr);
}

/* The endpoint is freed before. */
void
probes_free(struct probes *pr)
{
	struct probe_conn	*pc;

	if (pr == NULL)
		return;
	while ((pc = TAILQ_FIRST(&pr->pr_conns)) != NULL) {
		TAILQ_REMOVE(&pr->pr_conns, pc, pc_entry);
		free(pc);
	}
	gossip_free(pr->pr_gossip);
	free(pr);
}

void
probes_set_limiter(struct probes *pr, struct limiter *lm)
{
	pr->pr_limiter = lm;
}

/* Connections of those who probe us. */
static size_t
guests(const struct probes *pr)
{
	const struct probe_conn	*pc;
	size_t			 n = 0;

	TAILQ_FOREACH(pc, &pr->pr_conns, pc_entry)
		if (!pc->pc_outbound)
			n++;
	return (n);
}

void
probes_usage(const struct probes *pr, struct limiter *lm)
{
	limiter_used(lm, LIMIT_PROBES, guests(pr));
}

void
probes_set_time(struct probes *pr, uint64_t now, uint64_t wall_ms)
{
	pr->pr_now = now;
	pr->pr_wall = wall_ms;
	gossip_set_time(pr->pr_gossip, now);
}

uint64_t
probes_expiry(const struct probes *pr)
{
	uint64_t	due = gossip_expiry(pr->pr_gossip);
	size_t		i;

	if (pr->pr_stopping)
		return (UINT64_MAX);
	for (i = 0; i < PROBE_TARGETS_MAX; i++) {
		if (pr->pr_targets[i].ta_used)
			due = clock_earlier(due, pr->pr_targets[i].ta_due);
	}
	return (due);
}

void
probes_expire(struct probes *pr)
{
	struct target	*ta;
	size_t		 i;

	gossip_expire(pr->pr_gossip);
	if (pr->pr_stopping)
		return;
	for (i = 0; i < PROBE_TARGETS_MAX; i++) {
		ta = &pr->pr_targets[i];
		if (!ta->ta_used || ta->ta_due > pr->pr_now)
			continue;
		switch (ta->ta_state) {
		case TARGET_WAITING:
			target_attempt(pr, ta);
			break;
		case TARGET_RESOLVING:
			target_wait(pr, ta);
			break;
		case TARGET_UP:
			target_ping(pr, ta);
			break;
		default:
			target_failed(pr, ta);
			break;
		}
	}
}

/* Targets */

void
probes_begin(struct probes *pr)
{
	size_t	i;

	for (i = 0; i < PROBE_TARGETS_MAX; i++)
		pr->pr_targets[i].ta_named = false;
}

void
probes_add(struct probes *pr, const struct msg_probe_target *config)
{
	struct target	*ta;

	if (config->index >= PROBE_TARGETS_MAX)
		return;
	ta = &pr->pr_targets[config->index];
	if (ta->ta_used) {
		if (strcmp(ta->ta_config.host, config->host) == 0 &&
		    ta->ta_config.port == config->port &&
		    addr_equal(&ta->ta_config.address, &config->address)) {
			ta->ta_named = true;
			return;
		}
		target_drop(pr, ta);
	}
	memset(ta, 0, sizeof(*ta));
	ta->ta_config = *config;
	ta->ta_used = ta->ta_named = true;
	ta->ta_state = TARGET_WAITING;
	ta->ta_due = pr->pr_now;
	if (config->address.addr_len != 0) {
		ta->ta_addrs[0] = config->address;
		ta->ta_naddrs = 1;
	}
}

void
probes_end(struct probes *pr)
{
	struct target	*ta;
	size_t		 i;

	for (i = 0; i < PROBE_TARGETS_MAX; i++) {
		ta = &pr->pr_targets[i];
		if (!ta->ta_used || ta->ta_named)
			continue;
		target_drop(pr, ta);
		memset(ta, 0, sizeof(*ta));
	}
}

static void
target_drop(struct probes *pr, struct target *ta)
{
	(void)pr;
	if (ta->ta_conn == NULL)
		return;
	ta->ta_conn->pc_target = NULL;
	conn_close(ta->ta_conn);
	ta->ta_conn = NULL;
}

static void
target_wait(struct probes *pr, struct target *ta)
{
	ta->ta_state = TARGET_WAITING;
	ta->ta_due = pr->pr_now + PROBE_AGAIN_NS;
}

static void
target_attempt(struct probes *pr, struct target *ta)
{
	struct msg_name_query	query;

	ta->ta_next = 0;
	if (ta->ta_config.address.addr_len != 0) {
		target_dial(pr, ta);
		return;
	}
	memset(&query, 0, sizeof(query));
	query.seq = ta->ta_seq = PROBE_SEQ | ++pr->pr_seq;
	strlcpy(query.host, ta->ta_config.host, sizeof(query.host));
	ta->ta_state = TARGET_RESOLVING;
	ta->ta_due = pr->pr_now + PROBE_ANSWER_NS;
	if (pr->pr_ops->resolve(pr->pr_arg, &query) == -1)
		target_wait(pr, ta);
}

static void
target_dial(struct probes *pr, struct target *ta)
{
	struct msg_dial	dial;

	memset(&dial, 0, sizeof(dial));
	dial.id = ta->ta_seq = PROBE_SEQ | ++pr->pr_seq;
	dial.probe = true;
	dial.index = ta->ta_config.index;
	dial.address = ta->ta_address = ta->ta_addrs[ta->ta_next++];
	ta->ta_state = TARGET_DIALLING;
	ta->ta_due = pr->pr_now + PROBE_ANSWER_NS;
	if (pr->pr_ops->dial(pr->pr_arg, &dial) == -1)
		target_wait(pr, ta);
}

/* The next address of the name, or all again later. */
static void
target_failed(struct probes *pr, struct target *ta)
{
	target_drop(pr, ta);
	if (ta->ta_state != TARGET_UP && ta->ta_next < ta->ta_naddrs)
		target_dial(pr, ta);
	else
		target_wait(pr, ta);
}

static struct target *
target_waits(struct probes *pr, enum target_state state, uint64_t seq)
{
	size_t	i;

	for (i = 0; i < PROBE_TARGETS_MAX; i++) {
		if (pr->pr_targets[i].ta_used &&
		    pr->pr_targets[i].ta_state == state &&
		    pr->pr_targets[i].ta_seq == seq)
			return (&pr->pr_targets[i]);
	}
	return (NULL);
}

void
probes_name_answer(struct probes *pr, const struct msg_name_answer *msg)
{
	struct target	*ta;

	if ((ta = target_waits(pr, TARGET_RESOLVING, msg->seq)) == NULL)
		return;
	ta->ta_naddrs = peer_addresses(msg, ta->ta_config.port,
	    ta->ta_addrs);
	if (ta->ta_naddrs == 0)
		target_wait(pr, ta);
	else
		target_dial(pr, ta);
}

bool
probes_socket(struct probes *pr, uint64_t id)
{
	return (!pr->pr_stopping &&
	    target_waits(pr, TARGET_DIALLING, id) != NULL);
}

void
probes_dial(struct probes *pr, uint64_t id, unsigned int listener,
    const struct addr *local, const struct addr *remote)
{
	struct target		*ta;
	struct quic_conn	*quic;
	struct probe_conn	*pc;

	if ((ta = target_waits(pr, TARGET_DIALLING, id)) == NULL ||
	    (quic = pr->pr_ops->connect(pr->pr_arg, listener, local,
	    remote)) == NULL) {
		pr->pr_ops->release(pr->pr_arg, listener);
		if (ta != NULL)
			target_failed(pr, ta);
		return;
	}
	if ((pc = conn_new(pr, quic)) == NULL) {
		quic_close(quic, 0, "");
		pr->pr_ops->release(pr->pr_arg, listener);
		target_failed(pr, ta);
		return;
	}
	pc->pc_outbound = true;
	pc->pc_listener = listener;
	pc->pc_target = ta;
	ta->ta_conn = pc;
	ta->ta_state = TARGET_CONNECTING;
	ta->ta_due = pr->pr_now + PROBE_ANSWER_NS;
}

void
probes_dial_failed(struct probes *pr, uint64_t id)
{
	struct target	*ta;

	if ((ta = target_waits(pr, TARGET_DIALLING, id)) != NULL)
		target_failed(pr, ta);
}

static void
target_ping(struct probes *pr, struct target *ta)
{
	struct signal	 sig;
	struct ping	*pg = &ta->ta_pings[ta->ta_sent % PROBE_WINDOW];

	/* No two have the same stamp, or Pongs could not be told apart. */
	if (pr->pr_stamp < pr->pr_wall)
		pr->pr_stamp = pr->pr_wall;
	else
		pr->pr_stamp++;
	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_PING;
	sig.u.ping.timestamp_ms = pg->pg_stamp = pr->pr_stamp;
	pg->pg_sent = pr->pr_now;
	pg->pg_rtt = UINT64_MAX;
	ta->ta_due = pr->pr_now + PROBE_PING_NS;
	ta->ta_sent++;
	if (conn_send(pr, ta->ta_conn, &sig) == 0 &&
	    ta->ta_sent % PROBE_GOSSIP_PINGS == 0)
		conn_gossip(pr, ta->ta_conn);
}

/* The first one counts; one that was not asked for is nothing. */
static void
target_pong(struct probes *pr, struct target *ta, uint64_t stamp)
{
	size_t	i;

	for (i = 0; i < PROBE_WINDOW; i++) {
		if (ta->ta_pings[i].pg_stamp == stamp && stamp != 0) {
			if (ta->ta_pings[i].pg_rtt == UINT64_MAX)
				ta->ta_pings[i].pg_rtt = pr->pr_now -
				    ta->ta_pings[i].pg_sent;
			return;
		}
	}
	pr->pr_stats.pr_ignored++;
}

/* What it says of people is kept under the address where it really is. */
static void
target_relay(const struct target *ta, char text[ADDR_STRLEN])
{
	text[0] = '\0';
	if (ta->ta_address.addr_len != 0)
		addr_print(&ta->ta_address, text, ADDR_STRLEN);
}

/* Connections */

static struct probe_conn *
conn_new(struct probes *pr, struct quic_conn *quic)
{
	struct probe_conn	*pc;

	if ((pc = calloc(1, sizeof(*pc))) == NULL)
		return (NULL);
	pc->pc_quic = quic;
	quic_conn_set_data(quic, pc);
	TAILQ_INSERT_TAIL(&pr->pr_conns, pc, pc_entry);
	pr->pr_count++;
	return (pc);
}

static void
conn_close(struct probe_conn *pc)
{
	if (pc->pc_closing)
		return;
	pc->pc_closing = true;
	quic_close(pc->pc_quic, 0, "normal close");
}

static int
conn_send(struct probes *pr, struct probe_conn *pc, const struct signal *sig)
{
	int	len;

	if (pc->pc_closing)
		return (-1);
	len = signal_print(sig, pr->pr_buf, sizeof(pr->pr_buf));
	if (len == -1)
		return (-1);
	if (quic_send_message(pc->pc_quic, pr->pr_buf, (size_t)len) == 0)
		return (0);
	conn_close(pc);		/* it does not read */
	return (-1);
}

/* Where others find us: not where we think that they are (gap 43). */
static void
conn_own(struct probes *pr, const struct probe_conn *pc,
    char text[ADDR_STRLEN])
{
	struct addr	own;

	pr->pr_ops->address(pr->pr_arg, quic_conn_local(pc->pc_quic), &own);
	addr_print(&own, text, ADDR_STRLEN);
}

/* The next of our people. */
static void
conn_gossip(struct probes *pr, struct probe_conn *pc)
{
	struct signal	sig;
	char		own[ADDR_STRLEN];
	size_t		i, n;

	n = digest_list(pr->pr_digest, &pc->pc_cursor, pr->pr_fps,
	    GOSSIP_CHUNK);
	for (i = 0; i < n; i++)
		pr->pr_list[i] = pr->pr_fps[i];
	/* A short rest would look as if it were all: filled up from the top. */
	if (n < GOSSIP_CHUNK && digest_people(pr->pr_digest) >= GOSSIP_CHUNK) {
		pc->pc_cursor = 0;
		n += digest_list(pr->pr_digest, &pc->pc_cursor,
		    pr->pr_fps + n, GOSSIP_CHUNK - n);
		for (i = 0; i < n; i++)
			pr->pr_list[i] = pr->pr_fps[i];
	}
	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_PRESENCE_UPDATE;
	sig.u.presence_update.fingerprints.list = pr->pr_list;
	sig.u.presence_update.fingerprints.n = n;
	conn_own(pr, pc, own);
	sig.u.presence_update.relay_addr = own;
	(void)conn_send(pr, pc, &sig);
}

/* Names of people are for hosts of the configuration. */
static bool
conn_known(struct probes *pr, const struct probe_conn *pc)
{
	const struct addr	*from = quic_conn_remote(pc->pc_quic);
	const struct target	*ta;
	size_t			 i, k;

	if (pc->pc_target != NULL || addr_is_loopback(from) ||
	    pr->pr_ops->known(pr->pr_arg, from))
		return (true);
	for (i = 0; i < PROBE_TARGETS_MAX; i++) {
		ta = &pr->pr_targets[i];
		for (k = 0; ta->ta_used && k < ta->ta_naddrs; k++) {
			if (addr_same_host(&ta->ta_addrs[k], from))
				return (true);
		}
	}
	pr->pr_stats.pr_refused++;
	return (false);
}

static void
conn_heard(struct probes *pr, struct probe_conn *pc,
    const struct sig_presence_update *update)
{
	struct addr	said;
	char		relay[ADDR_STRLEN];

	if (!conn_known(pr, pc))
		return;
	if (pc->pc_target != NULL)
		target_relay(pc->pc_target, relay);
	else if (update->relay_addr != NULL &&
	    addr_parse(&said, update->relay_addr) == 0 &&
	    addr_same_host(&said, quic_conn_remote(pc->pc_quic)))
		/* Its port is where it listens: it came from another. */
		addr_print(&said, relay, sizeof(relay));
	else
		addr_print(quic_conn_remote(pc->pc_quic), relay,
		    sizeof(relay));
	pr->pr_stats.pr_excess += gossip_update(pr->pr_gossip, relay,
	    &update->fingerprints);
	if (pc->pc_target == NULL)
		conn_gossip(pr, pc);
}

static void
conn_query(struct probes *pr, struct probe_conn *pc,
    const struct sig_route_query *query)
{
	struct signal	 sig;
	const char	*chain[2], *relay;
	char		 own[ADDR_STRLEN];

	if (pc->pc_target != NULL || !conn_known(pr, pc))
		return;
	conn_own(pr, pc, own);
	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_ROUTE_RESPONSE;
	sig.u.route_response.fingerprint = query->fingerprint;
	chain[0] = own;
	sig.u.route_response.relay_chain.list = chain;
	if (digest_local(pr->pr_digest, query->fingerprint))
		sig.u.route_response.relay_chain.n = 1;
	else if ((relay = gossip_relay(pr->pr_gossip,
	    query->fingerprint)) != NULL) {
		chain[1] = relay;
		sig.u.route_response.relay_chain.n = 2;
	}
	sig.u.route_response.found = sig.u.route_response.relay_chain.n > 0;
	pr->pr_stats.pr_queries++;
	(void)conn_send(pr, pc, &sig);
}

void
probes_established(struct probes *pr, struct quic_conn *quic)
{
	struct probe_conn	*pc = quic_conn_data(quic);
	struct target		*ta;
	char			 text[ADDR_STRLEN];
	bool			 full;

	if (quic_conn_is_server(quic)) {
		pr->pr_stats.pr_accepted++;
		full = guests(pr) >= quota(pr->pr_limiter, LIMIT_PROBES);
		if (full)
			quota_refused(pr->pr_limiter, LIMIT_PROBES,
			    addr_print_source(quic_conn_remote(quic), text,
			    sizeof(text)), pr->pr_now);
		if (pr->pr_stopping || full || conn_new(pr, quic) == NULL)
			quic_close(quic, 0, "");
		return;
	}
	if (pc == NULL || (ta = pc->pc_target) == NULL)
		return;
	ta->ta_state = TARGET_UP;
	target_ping(pr, ta);
}

void
probes_message(struct probes *pr, struct quic_conn *quic,
    const uint8_t *data, size_t len)
{
	struct probe_conn	*pc = quic_conn_data(quic);
	struct signal		*sig;
	const char		*why;
	char			 text[ADDR_STRLEN];

	if (pc == NULL || pc->pc_closing)
		return;
	if (!quota_take(pr->pr_limiter, LIMIT_PROBE_RATE, &pc->pc_rate,
	    addr_print_source(quic_conn_remote(quic), text, sizeof(text)),
	    pr->pr_now)) {
		pr->pr_stats.pr_limited++;
		return;
	}
	if ((sig = signal_parse(data, len, &why)) == NULL) {
		pr->pr_stats.pr_ignored++;
		return;
	}
	switch (sig->type) {
	case SIGNAL_PING:
		if (pc->pc_outbound)
			break;
		sig->type = SIGNAL_PONG;
		pr->pr_stats.pr_pings++;
		(void)conn_send(pr, pc, sig);
		break;
	case SIGNAL_PONG:
		if (pc->pc_target != NULL)
			target_pong(pr, pc->pc_target,
			    sig->u.ping.timestamp_ms);
		break;
	case SIGNAL_PRESENCE_UPDATE:
		conn_heard(pr, pc, &sig->u.presence_update);
		break;
	case SIGNAL_ROUTE_QUERY:
		conn_query(pr, pc, &sig->u.route_query);
		break;
	default:
		pr->pr_stats.pr_ignored++;
		break;
	}
	signal_free(sig);
}

void
probes_closed(struct probes *pr, struct quic_conn *quic)
{
	struct probe_conn	*pc = quic_conn_data(quic);
	struct target		*ta;

	if (pc == NULL)
		return;
	quic_conn_set_data(quic, NULL);
	TAILQ_REMOVE(&pr->pr_conns, pc, pc_entry);
	pr->pr_count--;
	if ((ta = pc->pc_target) != NULL) {
		ta->ta_conn = NULL;
		target_failed(pr, ta);
	}
	if (pc->pc_outbound)
		pr->pr_ops->release(pr->pr_arg, pc->pc_listener);
	free(pc);
}

void
probes_stop(struct probes *pr)
{
	struct probe_conn	*pc;

	pr->pr_stopping = true;
	TAILQ_FOREACH(pc, &pr->pr_conns, pc_entry)
		conn_close(pc);
}

size_t
probes_count(const struct probes *pr)
{
	return (pr->pr_count);
}

/* For the control tool */

/* The integer square root. */
static uint64_t
root(uint64_t n)
{
	uint64_t	r = 0, bit = UINT64_C(1) << 62;

	while (bit > n)
		bit >>= 2;
	for (; bit != 0; bit >>= 2) {
		if (n >= r + bit) {
			n -= r + bit;
			r = (r >> 1) + bit;
		} else
			r >>= 1;
	}
	return (r);
}

static void
target_measure(const struct probes *pr, const struct target *ta,
    struct probe_info *pi)
{
	const struct ping	*pg;
	uint64_t		 rtt, sum = 0, squares = 0;
	unsigned int		 answered = 0, lost = 0;
	size_t			 i;

	for (i = 0; i < PROBE_WINDOW; i++) {
		pg = &ta->ta_pings[i];
		if (pg->pg_stamp == 0)
			continue;
		if (pg->pg_rtt != UINT64_MAX) {
			rtt = pg->pg_rtt / 1000;
			sum += rtt;
			squares += rtt * rtt;
			answered++;
		} else if (pr->pr_now - pg->pg_sent >= PROBE_LOST_NS)
			lost++;
	}
	pi->pi_window = answered + lost;
	if (pi->pi_window > 0)
		pi->pi_loss_pct = lost * 100 / pi->pi_window;
	if ((pi->pi_measured = answered > 0)) {
		pi->pi_rtt_us = sum / answered;
		pi->pi_jitter_us = root(squares / answered -
		    (sum / answered) * (sum / answered));
	}
}

static void
gossip_info(const struct probes *pr, const struct gossip_source *gs,
    struct probe_info *pi)
{
	strlcpy(pi->pi_relay, gs->gs_relay, sizeof(pi->pi_relay));
	pi->pi_people = gs->gs_people;
	pi->pi_age_ns = pr->pr_now - gs->gs_told;
	if (pi->pi_age_ns == 0)
		pi->pi_age_ns = 1;
}

static bool
probes_is_target(const struct probes *pr, const char *relay)
{
	char	text[ADDR_STRLEN];
	size_t	i;

	for (i = 0; i < PROBE_TARGETS_MAX; i++) {
		if (!pr->pr_targets[i].ta_used)
			continue;
		target_relay(&pr->pr_targets[i], text);
		if (strcmp(text, relay) == 0)
			return (true);
	}
	return (false);
}

bool
probes_info(const struct probes *pr, size_t *iter, struct probe_info *pi)
{
	static const char	*states[] = {
		[TARGET_WAITING] = "waiting",
		[TARGET_RESOLVING] = "resolving",
		[TARGET_DIALLING] = "connecting",
		[TARGET_CONNECTING] = "connecting",
		[TARGET_UP] = "up"
	};
	const struct gossip_source	*gs;
	const struct target		*ta;
	size_t				 at;

	memset(pi, 0, sizeof(*pi));
	while (*iter < PROBE_TARGETS_MAX) {
		ta = &pr->pr_targets[(*iter)++];
		if (!ta->ta_used)
			continue;
		target_relay(ta, pi->pi_relay);
		if ((gs = gossip_source(pr->pr_gossip, pi->pi_relay)) != NULL)
			gossip_info(pr, gs, pi);
		if (ta->ta_config.address.addr_len != 0)
			addr_print(&ta->ta_config.address, pi->pi_target,
			    sizeof(pi->pi_target));
		else
			snprintf(pi->pi_target, sizeof(pi->pi_target),
			    "%s:%u", ta->ta_config.host,
			    (unsigned int)ta->ta_config.port);
		pi->pi_state = states[ta->ta_state];
		target_measure(pr, ta, pi);
		return (true);
	}
	for (;;) {
		at = *iter - PROBE_TARGETS_MAX;
		if ((gs = gossip_next(pr->pr_gossip, &at)) == NULL)
			return (false);
		*iter = at + PROBE_TARGETS_MAX;
		if (probes_is_target(pr, gs->gs_relay))
			continue;
		gossip_info(pr, gs, pi);
		pi->pi_state = "told";
		return (true);
	}
}

const struct probes_stats *
probes_stats(const struct probes *pr)
{
	return (&pr->pr_stats);
}
