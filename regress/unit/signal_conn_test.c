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
 * What is served on `_signal', `version' and `ping', how the end of a
 * connection reaches its calls, and what is counted.
 *
 * COVERS: protocol 7.1 - the address told, after a move, ours and originals
 * COVERS: row 1.18 - Ping and Pong
 * COVERS: row 1.19 - unexpected variants
 * COVERS: row 1.20 - undecodable message
 * COVERS: gap 14 - a slow reader costs only itself; gap 44 - version
 * COVERS: gap 54 - the ack comes first
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "regress/unit/quiet.h"
#include "regress/unit/signal_world.h"

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

/* Those with candidates are told where they are now, and may move. */
static void
moved(void **state)
{
	struct world		*w = world_new(true);
	struct quic_conn	*ours = dial(w, 0, "_signal"), *old;
	struct hub		*hub = signal_server_hub(w->server);
	struct person		 ada, bob;
	struct addr		 first;
	struct reg		*reg;

	(void)state;
	person(&ada, 1);
	person(&bob, 2);
	enlist(w, ours, &ada, PROVEN | CANDIDATES, NULL);
	assert_string_equal(ours->sent[0], ACK_F);
	old = dial(w, 1, "_signal");
	enlist(w, old, &bob, PROVEN | FEATURES, NULL);
	assert_string_equal(old->sent[0], ACK_F);
	first = ours->remote;
	/* Packets come from elsewhere, nothing is known to arrive there. */
	assert_int_equal(addr_parse(&ours->remote, "192.0.2.99:1"), 0);
	assert_int_equal(addr_parse(&old->remote, "192.0.2.98:1"), 0);
	assert_int_equal(addr_parse(&ours->local, "203.0.113.6:4433"), 0);
	ours->rtt_us = 30000;
	say(w, ours, "\"Reflect\"");
	assert_string_equal(ours->sent[1],
	    "{\"ReflectResponse\":{\"observed_addr\":\"192.0.2.99:1\"}}");
	say(w, old, "\"Reflect\"");
	assert_string_equal(old->sent[1],
	    "{\"ReflectResponse\":{\"observed_addr\":\"192.0.2.10:51820\"}}");
	reg = hub_find(hub, ada.fp);
	assert_non_null(reg);
	assert_true(reg->reg_candidates);
	hub_refresh(hub, reg);
	assert_true(addr_equal(&reg->reg_remote, &first));
	assert_true(addr_equal(&reg->reg_local, &ours->local));
	assert_int_equal(reg->reg_rtt_us, 30000);
	/* Now it is. */
	ours->validated = ours->remote;
	hub_refresh(hub, reg);
	assert_true(addr_equal(&reg->reg_remote, &ours->remote));
	/* An original is where it was, even then. */
	old->validated = old->remote;
	reg = hub_find(hub, bob.fp);
	assert_non_null(reg);
	assert_false(reg->reg_candidates);
	hub_refresh(hub, reg);
	assert_true(addr_equal(&reg->reg_remote, &first));
	/* Its connection is closed, and not asked any more. */
	say(w, old, "{\"Ping\":{\"timestamp_ms\":1}}");
	old->full = true;
	say(w, old, "{\"Ping\":{\"timestamp_ms\":1}}");
	assert_true(old->closed);
	old->rtt_us = 77;
	hub_refresh(hub, reg);
	assert_int_equal(reg->reg_rtt_us, 0);
	hang(w, old, QUIC_CLOSED_LOCAL);
	hang(w, ours, QUIC_CLOSED_IDLE);
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

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(moved),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(pipelined_bytes),
		cmocka_unit_test(slow_reader),
		cmocka_unit_test(other_names),
		cmocka_unit_test(times_and_stop),
		cmocka_unit_test(ends_of_calls),
		cmocka_unit_test(counters),
	};

	log_init("signal_conn_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
