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

/* The fixtures of signal_conn_test and signal_register_test. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regress/unit/signal_world.h"

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

bool
quic_conn_resumed(const struct quic_conn *c)
{
	(void)c;
	return (false);
}

const struct addr *
quic_conn_remote(const struct quic_conn *qc)
{
	return (&qc->remote);
}

const struct addr *
quic_conn_validated(const struct quic_conn *qc)
{
	return (&qc->validated);
}

void
quic_conn_stats(const struct quic_conn *qc, struct quic_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->rtt_us = qc->rtt_us;
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

static void
world_admit(void *arg, const struct msg_room_admit *msg)
{
	(void)arg;
	(void)msg;
}

static void
world_close_room(void *arg, const char *call_id)
{
	(void)arg;
	(void)call_id;
}

static uint64_t
world_token(void *arg, const char *token, void *conn)
{
	struct world	*w = arg;

	if (strcmp(token, "unasked") == 0)
		return (0);
	strlcpy(w->token, token, sizeof(w->token));
	w->token_conn = conn;
	return (++w->tokens);
}

static void
world_token_cancel(void *arg, uint64_t id)
{
	struct world	*w = arg;

	assert_int_equal(id, w->tokens);
	assert_non_null(w->token_conn);
	w->token_conn = NULL;
}

static const struct signal_ops	signal_ops = {
	world_put, world_query, world_token, world_token_cancel
};
static const struct flow_ops	flow_ops = {
	.record = world_record,
	.admit = world_admit,
	.close_room = world_close_room
};

struct world *
world_new(bool legacy)
{
	return (world_new_auth(legacy, false));
}

struct world *
world_new_auth(bool legacy, bool auth)
{
	struct signal_config	 config;
	struct flow_config	 flow;
	struct world		*w;

	assert_non_null(w = calloc(1, sizeof(*w)));
	w->registry = true;
	w->now = 1000 * MS;
	memset(&config, 0, sizeof(config));
	config.sg_legacy_allow = legacy;
	config.sg_auth = auth;
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
	flow.fc_person_calls = 64;
	w->flow = flow_new(&flow, signal_server_hub(w->server), &flow_ops, w);
	assert_non_null(w->flow);
	signal_server_set_flow(w->server, w->flow);
	signal_set_time(w->server, w->now);
	flow_set_time(w->flow, w->now, 1);
	w->config = config;
	return (w);
}

void
world_free(struct world *w)
{
	signal_server_free(w->server);
	flow_free(w->flow);
	free(w);
}

struct quic_conn *
dial(struct world *w, int n, const char *name)
{
	struct quic_conn	*qc = &w->conn[n];

	memset(qc, 0, sizeof(*qc));
	qc->name = name;
	memset(qc->exporter, 0x10 + n, sizeof(qc->exporter));
	assert_int_equal(addr_parse(&qc->remote, "192.0.2.10:51820"), 0);
	qc->validated = qc->remote;
	assert_int_equal(addr_parse(&qc->local, "203.0.113.5:4433"), 0);
	assert_int_equal(signal_established(w->server, qc), 0);
	return (qc);
}

void
hang(struct world *w, struct quic_conn *qc, enum quic_close_kind kind)
{
	struct quic_close	close;

	memset(&close, 0, sizeof(close));
	close.kind = kind;
	signal_closed(w->server, qc, &close);
	assert_null(qc->data);
}

void
say(struct world *w, struct quic_conn *qc, const char *json)
{
	signal_message(w->server, qc, (const uint8_t *)json, strlen(json));
}

void
after(struct world *w, uint64_t ms)
{
	w->now += ms * MS;
	signal_set_time(w->server, w->now);
	flow_set_time(w->flow, w->now, 1);
	signal_expire(w->server);
}

/* A person with keys */

void
person(struct person *p, uint8_t n)
{
	uint8_t	seed[32];

	memset(seed, n, sizeof(seed));
	assert_int_equal(identity_from_seed(&p->id, seed), 0);
	identity_fingerprint(p->id.id_pub, p->fp);
}

void
enlist(struct world *w, struct quic_conn *qc, const struct person *p,
    unsigned int how, const char *alias)
{
	static const char	*features[] = { "proof", "other" };
	static const char	*candidates[] = { "proof", "candidates" };
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
	if (how & (FEATURES | CANDIDATES)) {
		sig.u.register_presence.features.list = how & CANDIDATES ?
		    candidates : features;
		sig.u.register_presence.features.n = 2;
	}
	len = signal_print(&sig, json, sizeof(json));
	assert_true(len > 0);
	signal_message(w->server, qc, (const uint8_t *)json, (size_t)len);
}

void
answer(struct world *w, bool ok, bool proven)
{
	struct msg_proven_answer	msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = w->seq;
	msg.ok = ok;
	msg.proven = proven;
	signal_proven_answer(w->server, &msg);
}

void
assert_refused(const struct quic_conn *qc)
{
	assert_int_equal(qc->nsent, 0);
	assert_true(qc->closed);
	assert_int_equal(qc->code, 0);
	assert_string_equal(qc->reason, "");
}
