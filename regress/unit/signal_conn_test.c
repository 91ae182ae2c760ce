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
 * Registration and what is served on `_signal`, `version` and `ping`, with a
 * QUIC layer of this file's own: it records what is sent and closed.
 *
 * COVERS: row 1.3 - registration and its ack
 * COVERS: row 1.4 - registration deadline
 * COVERS: row 1.5 - fingerprint rule
 * COVERS: row 1.18 - Ping and Pong
 * COVERS: row 1.19 - unexpected variants
 * COVERS: row 1.20 - undecodable message
 * COVERS: gap 2 - proof, signatures, unproven registrations
 * COVERS: gap 12 - a newer registration; gap 13 - the all-zero key
 * COVERS: gap 14 - a slow reader costs only itself; gap 44 - version
 * COVERS: gap 54 - the ack comes first
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "build_id.h"
#include "common/base/log.h"
#include "common/wire/identity.h"
#include "signald/signal_conn.h"

#define MS		UINT64_C(1000000)
#define REGISTER_MS	10000
#define WAIT_MS		2000

/* The QUIC layer */

struct quic_conn {
	const char	*name;
	struct addr	 remote, local;
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

void *
quic_conn_data(const struct quic_conn *qc)
{
	return (qc->data);
}

void
quic_conn_set_data(struct quic_conn *qc, void *data)
{
	qc->data = data;
}

const char *
quic_conn_name(const struct quic_conn *qc)
{
	return (qc->name);
}

const struct addr *
quic_conn_remote(const struct quic_conn *qc)
{
	return (&qc->remote);
}

const struct addr *
quic_conn_local(const struct quic_conn *qc)
{
	return (&qc->local);
}

int
quic_conn_export(const struct quic_conn *qc, const char *label, uint8_t *out,
    size_t len)
{
	assert_string_equal(label, "EXPORTER-wzp-proof");
	assert_int_equal(len, 32);
	if (qc->mute)
		return (-1);
	memcpy(out, qc->exporter, 32);
	return (0);
}

int
quic_send_message(struct quic_conn *qc, const void *data, size_t len)
{
	assert_false(qc->closed);
	if (qc->full)
		return (-1);
	assert_true(qc->nsent < 8);
	assert_true(len < sizeof(qc->sent[0]));
	memcpy(qc->sent[qc->nsent], data, len);
	qc->sent[qc->nsent++][len] = '\0';
	return (0);
}

int
quic_send_uni(struct quic_conn *qc, const void *data, size_t len)
{
	assert_true(len < sizeof(qc->uni));
	memcpy(qc->uni, data, len);
	qc->uni[len] = '\0';
	qc->queued = len;
	return (0);
}

size_t
quic_send_queued(const struct quic_conn *qc)
{
	return (qc->queued);
}

void
quic_close(struct quic_conn *qc, uint64_t code, const char *reason)
{
	assert_false(qc->closed);
	qc->closed = true;
	qc->code = code;
	strlcpy(qc->reason, reason, sizeof(qc->reason));
}

/* A world with up to four connections */

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
};

static int
world_put(void *arg, const struct msg_proven_put *msg)
{
	struct world	*w = arg;

	if (!w->registry)
		return (-1);
	strlcpy(w->put, msg->fingerprint, sizeof(w->put));
	return (0);
}

static int
world_query(void *arg, const struct msg_proven_query *msg)
{
	struct world	*w = arg;

	if (!w->registry)
		return (-1);
	w->seq = msg->seq;
	strlcpy(w->query, msg->fingerprint, sizeof(w->query));
	return (0);
}

static int
world_record(void *arg, const struct msg_call_put *msg)
{
	struct world	*w = arg;

	if (!w->registry)
		return (-1);
	w->record = msg->seq;
	return (0);
}

static int
world_admit(void *arg, const struct msg_room_admit *msg)
{
	(void)arg;
	(void)msg;
	return (0);
}

static int
world_close_room(void *arg, const struct msg_room_close *msg)
{
	(void)arg;
	(void)msg;
	return (0);
}

static const struct signal_ops	signal_ops = { world_put, world_query };
static const struct flow_ops	flow_ops = {
	world_record, world_admit, world_close_room
};

static struct world *
world_new(bool legacy)
{
	struct signal_config	 config;
	struct flow_config	 flow;
	struct world		*w;

	assert_non_null(w = calloc(1, sizeof(*w)));
	w->registry = true;
	w->now = 1000 * MS;
	memset(&config, 0, sizeof(config));
	config.sg_legacy_allow = legacy;
	config.sg_register_ns = REGISTER_MS * MS;
	config.sg_registry_wait_ns = WAIT_MS * MS;
	config.sg_max_people = 8;
	config.sg_max_regs = 4;
	assert_int_equal(addr_parse(&config.sg_advertise6,
	    "[2001:db8::5]:4433"), 0);
	w->server = signal_server_new(&config, &signal_ops, w);
	assert_non_null(w->server);
	memset(&flow, 0, sizeof(flow));
	flow.fc_ring_ns = flow.fc_grace_ns = 60000 * MS;
	flow.fc_registry_wait_ns = WAIT_MS * MS;
	flow.fc_max_calls = flow.fc_max_pending = 8;
	w->flow = flow_new(&flow, signal_server_hub(w->server), &flow_ops, w);
	assert_non_null(w->flow);
	signal_server_set_flow(w->server, w->flow);
	signal_set_time(w->server, w->now);
	flow_set_time(w->flow, w->now, 1);
	return (w);
}

static void
world_free(struct world *w)
{
	signal_server_free(w->server);
	flow_free(w->flow);
	free(w);
}

static struct quic_conn *
dial(struct world *w, int n, const char *name)
{
	struct quic_conn	*qc = &w->conn[n];

	memset(qc, 0, sizeof(*qc));
	qc->name = name;
	memset(qc->exporter, 0x10 + n, sizeof(qc->exporter));
	assert_int_equal(addr_parse(&qc->remote, "192.0.2.10:51820"), 0);
	assert_int_equal(addr_parse(&qc->local, "203.0.113.5:4433"), 0);
	assert_int_equal(signal_established(w->server, qc), 0);
	return (qc);
}

static void
hang(struct world *w, struct quic_conn *qc, enum quic_close_kind kind)
{
	struct quic_close	close;

	memset(&close, 0, sizeof(close));
	close.kind = kind;
	signal_closed(w->server, qc, &close);
	assert_null(qc->data);
}

static void
say(struct world *w, struct quic_conn *qc, const char *json)
{
	signal_message(w->server, qc, (const uint8_t *)json, strlen(json));
}

static void
after(struct world *w, uint64_t ms)
{
	w->now += ms * MS;
	signal_set_time(w->server, w->now);
	flow_set_time(w->flow, w->now, 1);
	signal_expire(w->server);
}

/* A person with keys */

struct person {
	struct identity	id;
	char		fp[IDENTITY_FP_STRLEN];
};

static void
person(struct person *p, uint8_t n)
{
	uint8_t	seed[32];

	memset(seed, n, sizeof(seed));
	assert_int_equal(identity_from_seed(&p->id, seed), 0);
	identity_fingerprint(p->id.id_pub, p->fp);
}

#define SIGNED		1u
#define PROVEN		2u
#define FEATURES	4u
#define SPOILED		8u

static void
enlist(struct world *w, struct quic_conn *qc, const struct person *p,
    unsigned int how, const char *alias)
{
	static const char	*features[] = { "proof", "other" };
	struct signal		 sig;
	uint8_t			 tbs[17 + 32], signature[64], proof[64];
	char			 json[4096];
	int			 len;

	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_REGISTER_PRESENCE;
	memcpy(sig.u.register_presence.identity_pub, p->id.id_pub, 32);
	sig.u.register_presence.alias = alias;
	sig.u.register_presence.signature.data = signature;
	if (how & SIGNED) {
		memcpy(tbs, "register-presence", 17);
		memcpy(tbs + 17, p->id.id_pub, 32);
		assert_int_equal(identity_sign(p->id.id_secret, tbs,
		    sizeof(tbs), signature), 0);
		sig.u.register_presence.signature.len = 64;
	}
	if (how & PROVEN) {
		assert_int_equal(identity_prove(p->id.id_secret, qc->exporter,
		    p->id.id_pub, NULL, proof), 0);
		sig.u.register_presence.proof.data = proof;
		sig.u.register_presence.proof.len = 64;
	}
	if (how & SPOILED) {
		signature[5] ^= 1;
		proof[5] ^= 1;
	}
	if (how & FEATURES) {
		sig.u.register_presence.features.list = features;
		sig.u.register_presence.features.n = 2;
	}
	len = signal_print(&sig, json, sizeof(json));
	assert_true(len > 0);
	signal_message(w->server, qc, (const uint8_t *)json, (size_t)len);
}

static void
answer(struct world *w, bool ok, bool proven)
{
	struct msg_proven_answer	msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = w->seq;
	msg.ok = ok;
	msg.proven = proven;
	signal_proven_answer(w->server, &msg);
}

#define ACK	"{\"RegisterPresenceAck\":{\"success\":true,"		\
		"\"relay_build\":\"" BUILD_ID "\"}}"
#define ACK_F	"{\"RegisterPresenceAck\":{\"success\":true,"		\
		"\"relay_build\":\"" BUILD_ID "\",\"features\":[\"proof\"]}}"

static void
assert_refused(const struct quic_conn *qc)
{
	assert_int_equal(qc->nsent, 0);
	assert_true(qc->closed);
	assert_int_equal(qc->code, 0);
	assert_string_equal(qc->reason, "");
}

static void
legacy_registration(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*qc = dial(w, 0, "_signal");
	struct person		 ada;
	struct reg		*reg;

	(void)state;
	person(&ada, 1);
	enlist(w, qc, &ada, 0, "Ada");
	/* Nothing before the registry said that it is free. */
	assert_int_equal(qc->nsent, 0);
	assert_string_equal(w->query, ada.fp);
	assert_false(hub_is_online(signal_server_hub(w->server), ada.fp));
	answer(w, true, false);
	assert_int_equal(qc->nsent, 1);
	assert_string_equal(qc->sent[0], ACK);
	reg = hub_find(signal_server_hub(w->server), ada.fp);
	assert_non_null(reg);
	assert_false(reg->reg_proven);
	assert_string_equal(reg->reg_alias, "Ada");
	assert_string_equal(reg->reg_relay_addr, "203.0.113.5:4433");
	assert_string_equal(w->put, "");
	hang(w, qc, QUIC_CLOSED_BY_PEER_APP);
	assert_false(hub_is_online(signal_server_hub(w->server), ada.fp));
	assert_int_equal(signal_count(w->server), 0);

	/* The "no" is remembered. */
	w->seq = 0;
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &ada, SIGNED, NULL);
	assert_int_equal(w->seq, 0);
	assert_string_equal(qc->sent[0], ACK);
	hang(w, qc, QUIC_CLOSED_IDLE);
	world_free(w);
}

static void
proven_registration(void **state)
{
	struct world		*w = world_new(false);
	struct quic_conn	*qc = dial(w, 0, "_signal"), *thief;
	struct person		 ada;

	(void)state;
	person(&ada, 1);
	enlist(w, qc, &ada, PROVEN | FEATURES, NULL);
	assert_string_equal(qc->sent[0], ACK_F);
	assert_string_equal(w->put, ada.fp);
	assert_true(hub_find(signal_server_hub(w->server),
	    ada.fp)->reg_proven);
	/* The same proof on another connection is worth nothing. */
	thief = dial(w, 1, "_signal");
	memcpy(thief->exporter, qc->exporter, 32);
	thief->exporter[0] ^= 1;
	enlist(w, thief, &ada, PROVEN | SPOILED, NULL);
	assert_refused(thief);
	hang(w, thief, QUIC_CLOSED_LOCAL);
	assert_true(hub_is_online(signal_server_hub(w->server), ada.fp));
	hang(w, qc, QUIC_CLOSED_BY_PEER_APP);
	world_free(w);
}

static void
proof_is_bound_to_the_connection(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*qc = dial(w, 0, "_signal");
	struct quic_conn	 other;
	struct person		 ada;

	(void)state;
	person(&ada, 1);
	/* Proved for a connection with another exporter value than ours. */
	other = *qc;
	other.exporter[31] ^= 0x80;
	enlist(w, &other, &ada, PROVEN, NULL);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	world_free(w);
}

static void
refusals(void **state)
{
	static const char	*first[] = {
		"\"Reflect\"",
		"{\"Ping\":{\"timestamp_ms\":1}}",
		"{\"AuthToken\":{\"token\":\"t\"}}",
		"{\"Nonsense\":{}}",
		"not JSON",
		"",
	};
	struct world		*w;
	struct quic_conn	*qc;
	struct person		 ada;
	size_t			 i;

	(void)state;
	person(&ada, 1);
	w = world_new(true);
	for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		qc = dial(w, 0, "_signal");
		say(w, qc, first[i]);
		assert_refused(qc);
		hang(w, qc, QUIC_CLOSED_LOCAL);
	}
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &ada, SIGNED | SPOILED, NULL);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &ada, PROVEN | SPOILED, NULL);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	world_free(w);

	w = world_new(false);
	for (i = 0; i < 2; i++) {
		qc = dial(w, 0, "_signal");
		enlist(w, qc, &ada, i == 0 ? 0 : SIGNED, NULL);
		assert_refused(qc);
		hang(w, qc, QUIC_CLOSED_LOCAL);
	}
	assert_int_equal(w->seq, 0);
	world_free(w);
}

static void
once_proven_never_unproven(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*qc, *other;
	struct person		 ada, bob;

	(void)state;
	person(&ada, 1);
	person(&bob, 2);
	/* The registry knows. */
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &ada, 0, NULL);
	answer(w, true, true);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	/* It cannot say. */
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &bob, 0, NULL);
	answer(w, false, false);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	/* We saw it ourselves, online or not. */
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &bob, PROVEN, NULL);
	assert_int_equal(qc->nsent, 1);
	other = dial(w, 1, "_signal");
	enlist(w, other, &bob, SIGNED, NULL);
	assert_refused(other);
	hang(w, other, QUIC_CLOSED_LOCAL);
	assert_false(qc->closed);
	hang(w, qc, QUIC_CLOSED_IDLE);
	other = dial(w, 1, "_signal");
	enlist(w, other, &bob, 0, NULL);
	assert_refused(other);
	hang(w, other, QUIC_CLOSED_LOCAL);
	/* It proved itself while another one was being looked up. */
	person(&ada, 3);
	other = dial(w, 1, "_signal");
	enlist(w, other, &ada, 0, NULL);
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &ada, PROVEN, NULL);
	answer(w, true, false);
	assert_refused(other);
	hang(w, other, QUIC_CLOSED_LOCAL);
	hang(w, qc, QUIC_CLOSED_IDLE);
	world_free(w);
}

static void
registry_away(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*qc, *proven;
	struct person		 ada, bob;

	(void)state;
	person(&ada, 1);
	person(&bob, 2);
	w->registry = false;
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &ada, 0, NULL);
	/* A proof needs nobody's word; it is recorded later. */
	proven = dial(w, 1, "_signal");
	enlist(w, proven, &bob, PROVEN, NULL);
	assert_int_equal(proven->nsent, 1);
	assert_string_equal(w->put, "");
	after(w, WAIT_MS - 1);
	assert_false(qc->closed);
	/* Back in time: asked again. */
	w->registry = true;
	signal_registry_up(w->server);
	assert_string_equal(w->put, bob.fp);
	assert_string_equal(w->query, ada.fp);
	answer(w, true, false);
	assert_string_equal(qc->sent[0], ACK);
	hang(w, qc, QUIC_CLOSED_IDLE);
	/* Not in time. */
	person(&ada, 3);
	w->registry = false;
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &ada, 0, NULL);
	after(w, WAIT_MS);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	hang(w, proven, QUIC_CLOSED_IDLE);
	/* It died with a proof unwritten, whose owner has left: again. */
	w->registry = true;
	w->put[0] = '\0';
	signal_registry_up(w->server);
	assert_string_equal(w->put, bob.fp);
	world_free(w);
}

static void
deadline(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*first = dial(w, 0, "_signal"), *second;

	(void)state;
	assert_true(signal_expiry(w->server) == w->now + REGISTER_MS * MS);
	after(w, 1);
	second = dial(w, 1, "_signal");
	after(w, REGISTER_MS - 2);
	assert_false(first->closed);
	after(w, 1);
	assert_refused(first);
	assert_false(second->closed);
	after(w, 1);
	assert_refused(second);
	/* Closed ones are not spoken to again. */
	say(w, first, "\"Reflect\"");
	assert_int_equal(first->nsent, 0);
	hang(w, first, QUIC_CLOSED_LOCAL);
	hang(w, second, QUIC_CLOSED_LOCAL);
	assert_true(signal_expiry(w->server) == UINT64_MAX);
	world_free(w);
}

static void
requests(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*qc = dial(w, 0, "_signal");
	struct person		 ada;

	(void)state;
	person(&ada, 1);
	enlist(w, qc, &ada, PROVEN, NULL);
	say(w, qc, "{\"Ping\":{\"timestamp_ms\":7}}");
	assert_string_equal(qc->sent[1], "{\"Pong\":{\"timestamp_ms\":7}}");
	say(w, qc, "\"Hold\"");
	say(w, qc, "{\"Nonsense\":{}}");
	say(w, qc, "{\"Ping\":{\"timestamp_ms\":-1}}");
	say(w, qc, "{\"Pong\":{\"timestamp_ms\":1}}");
	/* A second registration is not one. */
	enlist(w, qc, &ada, PROVEN, NULL);
	assert_int_equal(qc->nsent, 2);
	assert_false(qc->closed);
	say(w, qc, "\"Reflect\"");
	assert_string_equal(qc->sent[2],
	    "{\"ReflectResponse\":{\"observed_addr\":\"192.0.2.10:51820\"}}");
	/* A migration does not change what was observed. */
	assert_int_equal(addr_parse(&qc->remote, "192.0.2.99:1"), 0);
	say(w, qc, "\"Reflect\"");
	assert_string_equal(qc->sent[3], qc->sent[2]);
	hang(w, qc, QUIC_CLOSED_IDLE);
	world_free(w);
}

static void
probe_key(void **state)
{
	struct world		*w = world_new(false);
	struct quic_conn	*qc = dial(w, 0, "_signal");
	struct person		 zero;

	(void)state;
	memset(&zero, 0, sizeof(zero));
	enlist(w, qc, &zero, 0, NULL);
	assert_string_equal(qc->sent[0], ACK);
	say(w, qc, "\"Reflect\"");
	assert_string_equal(qc->sent[1],
	    "{\"ReflectResponse\":{\"observed_addr\":\"192.0.2.10:51820\"}}");
	assert_false(hub_is_online(signal_server_hub(w->server),
	    "6668:7aad:f862:bd77:6c8f:c18b:8e9f:8e20"));
	/* It is nobody, so it calls nobody. */
	say(w, qc, "{\"Hangup\":{\"reason\":\"Normal\"}}");
	assert_int_equal(qc->nsent, 2);
	hang(w, qc, QUIC_CLOSED_BY_PEER_APP);
	world_free(w);
}

/* What a client sends before its ack is served after it, in order. */
static void
pipelined(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*qc = dial(w, 0, "_signal");
	struct person		 ada, bob;
	size_t			 i;

	(void)state;
	person(&ada, 1);
	person(&bob, 2);
	enlist(w, qc, &ada, 0, NULL);
	say(w, qc, "\"Reflect\"");
	say(w, qc, "{\"Ping\":{\"timestamp_ms\":9}}");
	assert_int_equal(qc->nsent, 0);
	answer(w, true, false);
	assert_int_equal(qc->nsent, 3);
	assert_string_equal(qc->sent[0], ACK);
	assert_string_equal(qc->sent[2], "{\"Pong\":{\"timestamp_ms\":9}}");
	hang(w, qc, QUIC_CLOSED_IDLE);
	/* But only so much of it. */
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &bob, 0, NULL);
	for (i = 0; i < SIGNAL_BACKLOG_MAX; i++)
		say(w, qc, "\"Hold\"");
	assert_false(qc->closed);
	say(w, qc, "\"Hold\"");
	assert_refused(qc);
	answer(w, true, false);
	assert_int_equal(qc->nsent, 0);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	world_free(w);
}

static void
replaced(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*old = dial(w, 0, "_signal"), *new;
	struct person		 ada;

	(void)state;
	person(&ada, 1);
	enlist(w, old, &ada, PROVEN, NULL);
	new = dial(w, 1, "_signal");
	enlist(w, new, &ada, PROVEN, NULL);
	assert_string_equal(new->sent[0], ACK);
	assert_true(old->closed);
	assert_string_equal(old->reason, "replaced");
	/* The end of the old one takes nothing away. */
	hang(w, old, QUIC_CLOSED_LOCAL);
	assert_true(hub_is_online(signal_server_hub(w->server), ada.fp));
	hang(w, new, QUIC_CLOSED_BY_PEER_APP);
	assert_int_equal(hub_count(signal_server_hub(w->server)), 0);
	world_free(w);
}

static void
slow_reader(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*slow = dial(w, 0, "_signal"), *other;
	struct person		 ada, bob;

	(void)state;
	person(&ada, 1);
	person(&bob, 2);
	enlist(w, slow, &ada, PROVEN, NULL);
	other = dial(w, 1, "_signal");
	enlist(w, other, &bob, PROVEN, NULL);
	slow->full = true;
	assert_int_equal(hub_send(signal_server_hub(w->server), ada.fp, "1",
	    1), -1);
	assert_true(slow->closed);
	assert_false(other->closed);
	/* Sending to it again does no harm. */
	assert_int_equal(hub_send(signal_server_hub(w->server), ada.fp, "1",
	    1), -1);
	hang(w, slow, QUIC_CLOSED_LOCAL);
	assert_int_equal(hub_count(signal_server_hub(w->server)), 1);
	assert_int_equal(signal_stats(w->server)->ss_slow, 1);
	hang(w, other, QUIC_CLOSED_IDLE);
	world_free(w);
}

static void
other_names(void **state)
{
	static const char	*names[] = { "ping", "_probe", "_federation",
		"default" };
	struct world		*w = world_new(true);
	struct quic_conn	*qc;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		qc = dial(w, 0, names[i]);
		assert_refused(qc);
		assert_null(qc->data);
		say(w, qc, "\"Reflect\"");
		assert_int_equal(qc->nsent, 0);
		hang(w, qc, QUIC_CLOSED_LOCAL);
	}
	/* version: closed once the answer arrived. */
	qc = dial(w, 0, "version");
	assert_string_equal(qc->uni, BUILD_ID);
	after(w, 100);
	after(w, 100);
	assert_false(qc->closed);
	qc->queued = 0;
	after(w, 100);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	/* Or after a while. */
	qc = dial(w, 0, "version");
	for (i = 0; i < SIGNAL_LINGER_STEPS; i++)
		after(w, 100);
	assert_true(qc->closed);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	assert_int_equal(signal_count(w->server), 0);
	world_free(w);
}

/* CallSetup.relay_addr: `advertise` of the family, else where it arrived. */
static void
relay_addr(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*qc = dial(w, 0, "_signal");
	struct person		 ada;

	(void)state;
	person(&ada, 1);
	hang(w, qc, QUIC_CLOSED_IDLE);
	qc = &w->conn[1];
	memset(qc, 0, sizeof(*qc));
	qc->name = "_signal";
	assert_int_equal(addr_parse(&qc->remote, "[2001:db8::99]:5"), 0);
	assert_int_equal(addr_parse(&qc->local, "[fd00::1]:4433"), 0);
	assert_int_equal(signal_established(w->server, qc), 0);
	enlist(w, qc, &ada, PROVEN, NULL);
	assert_string_equal(hub_find(signal_server_hub(w->server),
	    ada.fp)->reg_relay_addr, "[2001:db8::5]:4433");
	say(w, qc, "\"Reflect\"");
	assert_string_equal(qc->sent[1],
	    "{\"ReflectResponse\":{\"observed_addr\":\"[2001:db8::99]:5\"}}");
	hang(w, qc, QUIC_CLOSED_IDLE);
	world_free(w);
}

/* Everything that waits has its time, and a stop leaves nobody. */
static void
times_and_stop(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*check, *version, *served, *await;
	struct person		 ada, bob;

	(void)state;
	person(&ada, 1);
	person(&bob, 2);
	check = dial(w, 0, "_signal");
	enlist(w, check, &ada, 0, NULL);
	assert_true(signal_expiry(w->server) == w->now + WAIT_MS * MS);
	version = dial(w, 1, "version");
	assert_true(signal_expiry(w->server) == w->now + SIGNAL_LINGER_NS);
	/* It serves nothing else. */
	say(w, version, "\"Reflect\"");
	say(w, version, "{\"Ping\":{\"timestamp_ms\":1}}");
	assert_int_equal(version->nsent, 0);
	served = dial(w, 2, "_signal");
	enlist(w, served, &bob, PROVEN, NULL);
	await = dial(w, 3, "_signal");
	signal_stop(w->server);
	assert_true(check->closed && version->closed && served->closed &&
	    await->closed);
	assert_string_equal(served->reason, "normal close");
	assert_true(signal_expiry(w->server) == UINT64_MAX);
	hang(w, check, QUIC_CLOSED_LOCAL);
	hang(w, version, QUIC_CLOSED_LOCAL);
	hang(w, served, QUIC_CLOSED_LOCAL);
	hang(w, await, QUIC_CLOSED_LOCAL);
	world_free(w);
}

/* Answers find their question, whatever their order. */
static void
two_questions(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*first, *second;
	struct person		 ada, bob;

	(void)state;
	person(&ada, 1);
	person(&bob, 2);
	first = dial(w, 0, "_signal");
	enlist(w, first, &ada, 0, NULL);
	second = dial(w, 1, "_signal");
	enlist(w, second, &bob, 0, NULL);
	answer(w, true, false);
	assert_int_equal(first->nsent, 0);
	assert_int_equal(second->nsent, 1);
	w->seq += 7;
	answer(w, true, false);
	assert_int_equal(first->nsent, 0);
	hang(w, first, QUIC_CLOSED_IDLE);
	hang(w, second, QUIC_CLOSED_IDLE);
	world_free(w);
}

/* A crash of registryd may have swallowed a proof: all are repeated. */
static void
proofs_are_repeated(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*qc = dial(w, 0, "_signal");
	struct person		 ada;

	(void)state;
	person(&ada, 1);
	enlist(w, qc, &ada, PROVEN, NULL);
	assert_string_equal(w->put, ada.fp);
	w->put[0] = '\0';
	signal_registry_up(w->server);
	assert_string_equal(w->put, ada.fp);
	hang(w, qc, QUIC_CLOSED_IDLE);
	/* Without the connection's secret no proof can be checked. */
	qc = dial(w, 0, "_signal");
	qc->mute = true;
	enlist(w, qc, &ada, PROVEN, NULL);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	world_free(w);
}

static void
commit(struct world *w)
{
	struct msg_call_committed	msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = w->record;
	msg.ok = true;
	flow_committed(w->flow, &msg);
}

static void
offer(struct world *w, struct quic_conn *qc, const char *from, const char *to)
{
	struct signal	sig;
	char		json[4096];
	int		len;

	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_DIRECT_CALL_OFFER;
	sig.u.direct_call_offer.caller_fingerprint = from;
	sig.u.direct_call_offer.target_fingerprint = to;
	sig.u.direct_call_offer.call_id = "c1";
	len = signal_print(&sig, json, sizeof(json));
	assert_true(len > 0);
	signal_message(w->server, qc, (const uint8_t *)json, (size_t)len);
}

#define GONE	"{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c1\"}}"

/* How the end of a connection reaches its calls. */
static void
ends_of_calls(void **state)
{
	struct msg_room_admitted	 admitted;
	struct world			*w = world_new(true);
	struct quic_conn		*a, *b, *newer;
	struct person			 ada, bob, zero;

	(void)state;
	memset(&admitted, 0, sizeof(admitted));
	person(&ada, 1);
	person(&bob, 2);
	flow_registry_up(w->flow);
	a = dial(w, 0, "_signal");
	enlist(w, a, &ada, PROVEN, NULL);
	b = dial(w, 1, "_signal");
	enlist(w, b, &bob, PROVEN, NULL);
	/* The zero key calls nobody. */
	newer = dial(w, 2, "_signal");
	memset(&zero, 0, sizeof(zero));
	enlist(w, newer, &zero, 0, NULL);
	offer(w, newer, "6668:7aad:f862:bd77:6c8f:c18b:8e9f:8e20", ada.fp);
	assert_int_equal(newer->nsent, 1);
	assert_int_equal(calls_count(flow_calls(w->flow)), 0);
	hang(w, newer, QUIC_CLOSED_IDLE);
	/* Ringing: a newer connection of the callee ends it. */
	offer(w, a, ada.fp, bob.fp);
	commit(w);
	assert_int_equal(b->nsent, 2);
	newer = dial(w, 2, "_signal");
	enlist(w, newer, &bob, PROVEN, NULL);
	assert_int_equal(a->nsent, 3);
	assert_string_equal(a->sent[2], GONE);
	hang(w, b, QUIC_CLOSED_LOCAL);
	commit(w);
	/* Set up: one that is lost may come back, one that closes may not. */
	b = newer;
	a->nsent = b->nsent = 0;
	offer(w, a, ada.fp, bob.fp);
	commit(w);
	say(w, b, "{\"DirectCallAnswer\":{\"call_id\":\"c1\","
	    "\"accept_mode\":\"AcceptGeneric\"}}");
	strlcpy(admitted.call_id, "c1", sizeof(admitted.call_id));
	admitted.ok = true;
	flow_admitted(w->flow, &admitted);
	commit(w);
	assert_int_equal(a->nsent, 3);	/* ringing, answer, setup */
	hang(w, b, QUIC_CLOSED_IDLE);
	assert_int_equal(a->nsent, 3);
	b = dial(w, 1, "_signal");
	enlist(w, b, &bob, PROVEN, NULL);
	after(w, 60000);
	flow_expire(w->flow);
	assert_int_equal(a->nsent, 3);
	assert_int_equal(calls_count(flow_calls(w->flow)), 1);
	hang(w, b, QUIC_CLOSED_BY_PEER_APP);
	assert_int_equal(a->nsent, 4);
	assert_string_equal(a->sent[3], GONE);
	assert_int_equal(calls_count(flow_calls(w->flow)), 0);
	hang(w, a, QUIC_CLOSED_IDLE);
	world_free(w);
}

/* The numbers of `wzpctl stats'. */
static void
counters(void **state)
{
	struct world			*w = world_new(true);
	const struct signal_stats	*ss = signal_stats(w->server);
	struct quic_conn		*qc, *newer;
	struct person			 ada;

	(void)state;
	person(&ada, 1);
	qc = dial(w, 0, "_signal");
	say(w, qc, "\"Reflect\"");
	assert_int_equal(ss->ss_refused, 1);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	qc = dial(w, 0, "_signal");
	after(w, REGISTER_MS);
	assert_int_equal(ss->ss_silent, 1);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &ada, PROVEN, NULL);
	say(w, qc, "\"Hold\"");
	assert_int_equal(ss->ss_unserved, 1);
	say(w, qc, "{\"Nonsense\":{}}");
	assert_int_equal(ss->ss_undecodable, 1);
	newer = dial(w, 1, "_signal");
	enlist(w, newer, &ada, PROVEN, NULL);
	assert_int_equal(ss->ss_replaced, 1);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	/* An answer that does not go out costs the reader its connection. */
	newer->full = true;
	say(w, newer, "\"Reflect\"");
	assert_int_equal(ss->ss_slow, 1);
	assert_true(newer->closed);
	assert_string_equal(newer->reason, "normal close");
	hang(w, newer, QUIC_CLOSED_LOCAL);
	assert_int_equal(ss->ss_accepted, 4);
	assert_int_equal(ss->ss_registered, 2);
	assert_int_equal(ss->ss_refused, 1);
	assert_int_equal(ss->ss_silent, 1);
	world_free(w);
}

/* Before the ack so many bytes wait and no more. */
static void
pipelined_bytes(void **state)
{
	static char		 big[SIGNAL_BACKLOG_BYTES];
	struct world		*w = world_new(true);
	struct quic_conn	*qc = dial(w, 0, "_signal");
	struct person		 ada;

	(void)state;
	person(&ada, 1);
	enlist(w, qc, &ada, 0, NULL);
	signal_message(w->server, qc, (uint8_t *)big, sizeof(big) - 1);
	signal_message(w->server, qc, (uint8_t *)big, 1);
	assert_false(qc->closed);
	signal_message(w->server, qc, (uint8_t *)big, 1);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	world_free(w);
}

static void
quiet(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(legacy_registration),
		cmocka_unit_test(proven_registration),
		cmocka_unit_test(proof_is_bound_to_the_connection),
		cmocka_unit_test(refusals),
		cmocka_unit_test(once_proven_never_unproven),
		cmocka_unit_test(registry_away),
		cmocka_unit_test(deadline),
		cmocka_unit_test(requests),
		cmocka_unit_test(probe_key),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(replaced),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(other_names),
		cmocka_unit_test(relay_addr),
		cmocka_unit_test(times_and_stop),
		cmocka_unit_test(two_questions),
		cmocka_unit_test(proofs_are_repeated),
		cmocka_unit_test(ends_of_calls),
		cmocka_unit_test(counters),
		cmocka_unit_test(pipelined_bytes),
	};

	log_init("signal_conn_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
