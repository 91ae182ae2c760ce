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
 * A server's connection whose handshake is over has let go of TLS: what it
 * can do all the same, and what it refuses.  In virtual time.
 *
 * COVERS: design 9 - what TLS kept of a handshake is gone, and not missed
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/conn.h"
#include "regress/unit/quic_sim.h"

#define OTHER	"EXPORTER-other"

/* Asked for in the middle of the handshake's last packet, and ever after. */
static uint8_t	early[QUIC_EXPORT_LEN];

static void
export_early(struct sim_side *ss)
{
	assert_false(ss->ss_conn->qc_settled);
	assert_int_equal(quic_conn_export(ss->ss_conn, QUIC_PROOF_LABEL,
	    early, sizeof(early)), 0);
}

static void
test_export(void **state)
{
	struct sim_node	*sn;
	struct sim_side	*c, *s;
	struct sim	*sm;
	uint8_t		 a[QUIC_EXPORT_LEN], b[2 * QUIC_EXPORT_LEN];

	(void)state;
	sm = sim_new(900);
	sn = sim_node(sm, 0, "192.0.2.1:4433", true, false);
	sn->sn_on_established = export_early;
	sim_start(sn);
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, false));
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "_signal");
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	s = sim_server_side(&sm->sm_node[0]);
	assert_true(s->ss_conn->qc_settled);
	assert_null(s->ss_conn->qc_ssl);
	assert_null(s->ss_conn->qc_octx);
	/* Whoever dials may be sent tickets. */
	assert_false(c->ss_conn->qc_settled);
	assert_non_null(c->ss_conn->qc_ssl);
	assert_int_equal(quic_conn_export(c->ss_conn, QUIC_PROOF_LABEL, a,
	    sizeof(a)), 0);
	assert_memory_equal(a, early, sizeof(a));
	assert_int_equal(quic_conn_export(s->ss_conn, QUIC_PROOF_LABEL, b,
	    QUIC_EXPORT_LEN), 0);
	assert_memory_equal(a, b, sizeof(a));
	/* Other questions were never to be asked. */
	assert_int_equal(quic_conn_export(s->ss_conn, OTHER, b,
	    QUIC_EXPORT_LEN), -1);
	assert_int_equal(quic_conn_export(s->ss_conn, QUIC_PROOF_LABEL, b,
	    sizeof(b)), -1);
	sim_free(sm);
}

/* Who promises nothing about exporters may ask for all of them. */
static void
test_any_label(void **state)
{
	struct sim_node	*sn;
	struct sim_side	*c, *s;
	struct sim	*sm;
	uint8_t		 a[48], b[48];

	(void)state;
	sm = sim_new(901);
	sn = sim_node(sm, 0, "192.0.2.1:4433", true, false);
	sn->sn_config.export_label = NULL;
	sim_start(sn);
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, false));
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "_signal");
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	s = sim_server_side(&sm->sm_node[0]);
	assert_false(s->ss_conn->qc_settled);
	assert_int_equal(quic_conn_export(c->ss_conn, OTHER, a, sizeof(a)),
	    0);
	assert_int_equal(quic_conn_export(s->ss_conn, OTHER, b, sizeof(b)),
	    0);
	assert_memory_equal(a, b, sizeof(a));
	sim_free(sm);
}

/* Both sides, one after the other, more than once. */
static void
test_key_update(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 i;

	(void)state;
	sm = sim_pair(902, "_signal", false, &c, &s);
	for (i = 0; i < 6; i++) {
		struct quic_conn	*qc = i & 1 ? s->ss_conn : c->ss_conn;

		assert_int_equal(ngtcp2_conn_initiate_key_update(qc->qc_ng,
		    sm->sm_now), 0);
		assert_int_equal(sim_message(c, i, 500), 0);
		assert_int_equal(sim_message(s, i, 500), 0);
		sim_flush(sm);
		sim_run(sm, sm->sm_now + NS_PER_S);
		assert_int_equal(c->ss_messages, i + 1);
		assert_int_equal(s->ss_messages, i + 1);
	}
	assert_false(c->ss_closed);
	assert_false(s->ss_closed);
	sim_free(sm);
}

/*
 * A client that has something to say in CRYPTO after its handshake, here the
 * KeyUpdate that QUIC has no use for (RFC 9001 6), is told that it was not
 * expected, and only its own connection ends.
 */
static void
test_crypto_late(void **state)
{
	static const uint8_t	 update[] = { 24, 0, 0, 1, 0 };
	struct sim_side		*c, *s, *other;
	struct sim		*sm;

	(void)state;
	sm = sim_pair(903, "_signal", false, &c, &s);
	other = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "_signal");
	assert_true(sim_until(sm, sim_is_established, other, 5 * NS_PER_S));
	assert_int_equal(ngtcp2_conn_submit_crypto_data(c->ss_conn->qc_ng,
	    NGTCP2_ENCRYPTION_LEVEL_1RTT, update, sizeof(update)), 0);
	c->ss_conn->qc_want_write = true;
	endpoint_dirty(c->ss_conn);
	sim_flush(sm);
	assert_true(sim_until(sm, sim_is_closed, c, 2 * NS_PER_S));
	assert_true(s->ss_closed);
	assert_int_equal(s->ss_close.kind, QUIC_CLOSED_ERROR);
	assert_int_equal(c->ss_close.kind, QUIC_CLOSED_BY_PEER);
	assert_int_equal(c->ss_close.code, NGTCP2_CRYPTO_ERROR |
	    SSL_AD_UNEXPECTED_MESSAGE);
	assert_false(other->ss_closed);
	sim_free(sm);
}

/* The last packets of the handshake are lost again and again. */
static void
test_bad_network(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 i, done = 0;

	(void)state;
	for (i = 0; i < 40; i++) {
		sm = sim_new(1000 + i);
		sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
		sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, i & 1));
		sm->sm_loss = 300;
		sm->sm_jitter = 30 * NS_PER_MS;
		c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "_signal");
		(void)sim_until(sm, sim_is_established, c, 9 * NS_PER_S);
		sm->sm_loss = 0;
		sim_run(sm, sm->sm_now + 5 * NS_PER_S);
		if (c->ss_established && !c->ss_closed) {
			s = sim_server_side(&sm->sm_node[0]);
			assert_non_null(s);
			assert_true(s->ss_conn->qc_settled);
			assert_int_equal(sim_message(c, 0, 5000), 0);
			sim_flush(sm);
			sim_run(sm, sm->sm_now + 2 * NS_PER_S);
			assert_int_equal(s->ss_messages, 1);
			done++;
		}
		sim_free(sm);
	}
	assert_true(done > 30);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_any_label),
		cmocka_unit_test(test_key_update),
		cmocka_unit_test(test_crypto_late),
		cmocka_unit_test(test_bad_network),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
