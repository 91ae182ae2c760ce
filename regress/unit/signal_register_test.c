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
 * Registration: who is let in on `_signal', when, and what is remembered.
 *
 * COVERS: row 1.3 - registration and its ack
 * COVERS: row 1.4 - registration deadline
 * COVERS: row 1.5 - fingerprint rule
 * COVERS: gap 2 - proof, signatures, unproven registrations
 * COVERS: gap 12 - a newer registration; gap 13 - the all-zero key
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
		cmocka_unit_test(probe_key),
		cmocka_unit_test(replaced),
		cmocka_unit_test(relay_addr),
		cmocka_unit_test(two_questions),
		cmocka_unit_test(proofs_are_repeated),
	};

	log_init("signal_register_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
