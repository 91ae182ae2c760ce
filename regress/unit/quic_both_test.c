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
 * Endpoints that accept and dial at once on one address, as clients do for a
 * direct call: who is expected, how many strangers are let in, and when the
 * other was really heard.
 *
 * COVERS: protocol 7.6 - signal socket that is server-capable
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/params.h"
#include "regress/unit/quic_sim.h"

#define ASK	QUIC_PROOF_LABEL

#define A_ADDR		"192.0.2.1:4433"
#define B_ADDR		"198.51.100.7:5555"

struct copy {
	struct addr	cp_from;
	struct addr	cp_to;
	uint8_t		cp_data[2048];
	size_t		cp_len;		/* 0: keep the next one */
	bool		cp_cut;
	uint64_t	cp_seen;
};

static struct sim *
both(uint64_t seed)
{
	struct sim	*sm = sim_new(seed);

	sim_start(sim_node(sm, 0, A_ADDR, true, false));
	sim_start(sim_node(sm, 1, B_ADDR, true, false));
	return (sm);
}

/* Both dial in the same moment; each has then dialled one and accepted one. */
static void
test_both(void **state)
{
	struct sim_side	*a, *b, *as, *bs;
	struct sim	*sm;
	uint8_t		 x[32], y[32];
	unsigned int	 loss;

	(void)state;
	for (loss = 0; loss <= 200; loss += 100) {
		sm = both(7100 + loss);
		sm->sm_loss = loss;
		a = sim_connect(&sm->sm_node[0], &sm->sm_node[1], "call-x");
		b = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "call-x");
		assert_non_null(a);
		assert_non_null(b);
		assert_true(sim_until(sm, sim_is_established, a,
		    8 * NS_PER_S));
		assert_true(sim_until(sm, sim_is_established, b,
		    8 * NS_PER_S));
		sim_run(sm, sm->sm_now + 2 * NS_PER_S);
		as = sim_server_side(&sm->sm_node[0]);
		bs = sim_server_side(&sm->sm_node[1]);
		assert_true(as != a && as->ss_established);
		assert_true(bs != b && bs->ss_established);
		assert_int_equal(quic_endpoint_connections(
		    sm->sm_node[0].sn_ep), 2);
		/* a-bs and b-as are two connections, not one. */
		assert_int_equal(quic_conn_export(a->ss_conn, ASK, x, 32), 0);
		assert_int_equal(quic_conn_export(bs->ss_conn, ASK, y, 32), 0);
		assert_memory_equal(x, y, 32);
		assert_int_equal(quic_conn_export(as->ss_conn, ASK, y, 32), 0);
		assert_memory_not_equal(x, y, 32);
		assert_int_equal(sim_message(a, 1, 3000), 0);
		assert_int_equal(sim_message(b, 1, 3000), 0);
		sim_run(sm, sm->sm_now + 3 * NS_PER_S);
		assert_int_equal(as->ss_messages, 1);
		assert_int_equal(bs->ss_messages, 1);
		sim_free(sm);
	}
}

/* Nobody is expected: no answer, no memory; and again when somebody is. */
static void
test_expect(void **state)
{
	struct sim_side	*b;
	struct sim	*sm;

	(void)state;
	sm = both(7200);
	quic_endpoint_expect(sm->sm_node[0].sn_ep, false);
	b = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "call-x");
	sim_run(sm, sm->sm_now + 200 * NS_PER_MS);
	assert_true(sm->sm_node[0].sn_received > 0);
	assert_int_equal(sm->sm_node[0].sn_sent, 0);
	assert_int_equal(quic_endpoint_connections(sm->sm_node[0].sn_ep), 0);
	assert_int_equal(sm->sm_signatures, 0);
	/* Who came too early is not told off: he comes in later. */
	quic_endpoint_expect(sm->sm_node[0].sn_ep, true);
	assert_true(sim_until(sm, sim_is_established, b, 3 * NS_PER_S));
	/* And what is there goes on when nobody else is expected. */
	quic_endpoint_expect(sm->sm_node[0].sn_ep, false);
	assert_int_equal(sim_message(b, 1, 3000), 0);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(sim_server_side(&sm->sm_node[0])->ss_messages, 1);
	sim_free(sm);
}

static bool
one_way(struct sim *sm, struct sim_packet *sp)
{
	/* Nothing of the answers arrives: the handshakes stay half open. */
	return (!addr_equal(&sp->sp_from, &sm->sm_node[0].sn_addr) ||
	    addr_equal(&sp->sp_to, &sm->sm_node[2].sn_addr));
}

/* Strangers' half-open handshakes leave room for those that we dial. */
static void
incoming(bool limited)
{
	struct sim_side	*mine;
	struct sim	*sm;
	size_t		 n;
	unsigned int	 i;

	sm = sim_new(7300);
	sim_node(sm, 0, A_ADDR, true, false);
	sm->sm_node[0].sn_config.limits.max_connections = 16;
	sm->sm_node[0].sn_config.limits.incoming = limited ? 8 : 0;
	sim_start(&sm->sm_node[0]);
	sim_start(sim_node(sm, 1, B_ADDR, false, false));
	sim_start(sim_node(sm, 2, "203.0.113.9:4433", true, false));
	sm->sm_filter = one_way;
	for (i = 0; i < 40; i++)
		assert_non_null(sim_connect(&sm->sm_node[1],
		    &sm->sm_node[0], "call-x"));
	sim_run(sm, sm->sm_now + 500 * NS_PER_MS);
	n = quic_endpoint_connections(sm->sm_node[0].sn_ep);
	assert_int_equal(n, limited ? 8 : 16);
	mine = sim_connect(&sm->sm_node[0], &sm->sm_node[2], "_signal");
	if (!limited)
		assert_null(mine);
	else
		assert_true(sim_until(sm, sim_is_established, mine,
		    NS_PER_S));
	/* They do not stay. */
	sim_run(sm, sm->sm_now + 40 * NS_PER_S);
	assert_true(quic_endpoint_connections(sm->sm_node[0].sn_ep) <= 1);
	sim_free(sm);
}

static void
test_incoming(void **state)
{
	(void)state;
	incoming(true);
	incoming(false);
}

static bool
keep(struct sim *sm, struct sim_packet *sp)
{
	struct copy	*cp = sm->sm_arg;

	if (addr_equal(&sp->sp_from, &sm->sm_node[1].sn_addr)) {
		if (cp->cp_cut)
			return (false);
		cp->cp_seen = sm->sm_now;
		if (cp->cp_len == 0 && (sp->sp_data[0] & 0x80) == 0) {
			cp->cp_from = sp->sp_from;
			cp->cp_to = sp->sp_to;
			memcpy(cp->cp_data, sp->sp_data, sp->sp_len);
			cp->cp_len = sp->sp_len;
		}
	}
	return (true);
}

/*
 * quic_conn_heard() moves with each packet of the other, and with none that
 * anybody else could have sent: copies, altered ones.
 */
static void
test_heard(void **state)
{
	struct sim_side	*a, *b;
	struct sim	*sm;
	struct copy	 cp;
	uint64_t	 was;

	(void)state;
	sm = both(7400);
	b = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "call-x");
	assert_int_equal(quic_conn_heard(b->ss_conn), 0);
	assert_true(sim_until(sm, sim_is_established, b, NS_PER_S));
	assert_true(quic_conn_heard(b->ss_conn) == sm->sm_now);
	sim_run(sm, sm->sm_now + NS_PER_S);
	a = sim_server_side(&sm->sm_node[0]);
	memset(&cp, 0, sizeof(cp));
	sm->sm_arg = &cp;
	sm->sm_filter = keep;

	/* An empty datagram is enough. */
	was = sm->sm_now;
	assert_int_equal(quic_send_datagram(b->ss_conn, "", 0, sm->sm_now),
	    0);
	sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
	assert_int_equal(a->ss_datagrams, 1);
	assert_true(quic_conn_heard(a->ss_conn) >= was + sm->sm_delay);
	/* Its acknowledgement as well. */
	assert_true(quic_conn_heard(b->ss_conn) >= was + sm->sm_delay);
	assert_true(cp.cp_len > 0);

	sim_run(sm, sm->sm_now + 200 * NS_PER_MS);
	cp.cp_cut = true;
	was = quic_conn_heard(a->ss_conn);
	sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
	/* By hand, past the cut: a copy, then one with a bit changed. */
	quic_endpoint_receive(sm->sm_node[0].sn_ep, 0, &cp.cp_to,
	    &cp.cp_from, 0, cp.cp_data, cp.cp_len, sm->sm_now);
	assert_true(quic_conn_heard(a->ss_conn) == was);
	cp.cp_data[cp.cp_len - 1] ^= 1;
	quic_endpoint_receive(sm->sm_node[0].sn_ep, 0, &cp.cp_to,
	    &cp.cp_from, 0, cp.cp_data, cp.cp_len, sm->sm_now);
	assert_true(quic_conn_heard(a->ss_conn) == was);
	assert_int_equal(a->ss_datagrams, 1);
	cp.cp_cut = false;
	assert_int_equal(quic_send_datagram(b->ss_conn, "", 0, sm->sm_now),
	    0);
	sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
	assert_true(quic_conn_heard(a->ss_conn) > was);
	sim_free(sm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_incoming),
		cmocka_unit_test(test_heard),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
