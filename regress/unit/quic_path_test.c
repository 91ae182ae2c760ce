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
 * Datagrams, acknowledgements, and what a network does: loss, reordering,
 * new addresses, restarts, damage.  In virtual time.
 *
 * COVERS: row 1.21 - a datagram arrives byte-equal
 * COVERS: measure packets - about one packet out for each datagram forwarded
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/conn.h"
#include "regress/unit/quic_sim.h"

#define FRAME_NS	(20 * NS_PER_MS)	/* 50 datagrams a second */

static void
test_datagrams(void **state)
{
	static uint8_t	 buf[2000];
	struct sim_side	*c, *s;
	struct sim	*sm;
	size_t		 max, i;

	(void)state;
	for (i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 7);
	sm = sim_new(300);
	sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, true));
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "room");
	/* Never queued: too early is too early. */
	assert_int_equal(quic_max_datagram(c->ss_conn), 0);
	assert_int_equal(quic_send_datagram(c->ss_conn, "x", 1, sm->sm_now),
	    -1);
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	s = sim_server_side(&sm->sm_node[0]);
	assert_true(sim_until(sm, sim_is_established, s, 5 * NS_PER_S));
	/* wzp-protocol 1.2: towards an original, before and after PMTUD. */
	assert_int_equal(quic_max_datagram(s->ss_conn), 1162);
	sim_run(sm, sm->sm_now + 2 * NS_PER_S);
	max = quic_max_datagram(s->ss_conn);
	assert_int_equal(max, 1414);
	assert_int_equal(quic_send_datagram(s->ss_conn, buf, max + 1,
	    sm->sm_now), -1);
	for (i = 1; i <= max; i += 97) {
		assert_int_equal(quic_send_datagram(s->ss_conn, buf, i,
		    sm->sm_now), 0);
		sim_run(sm, sm->sm_now + FRAME_NS * 2);
		assert_int_equal(c->ss_datagram_len, i);
		assert_memory_equal(c->ss_datagram, buf, i);
	}
	assert_int_equal(quic_send_datagram(s->ss_conn, buf, max, sm->sm_now),
	    0);
	assert_int_equal(quic_send_datagram(c->ss_conn, buf, 0, sm->sm_now),
	    0);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(c->ss_datagram_len, max);
	assert_int_equal(s->ss_datagrams, 1);
	assert_int_equal(s->ss_datagram_len, 0);
	sim_free(sm);
}

/* The relay of two: what one says, the other hears. */
static void
forward(struct sim_side *from, const uint8_t *data, size_t len)
{
	struct sim_side	*ss;

	for (ss = from->ss_node->sn_sides; ss != NULL; ss = ss->ss_next_side) {
		if (ss != from && ss->ss_conn != NULL)
			(void)quic_send_datagram(ss->ss_conn, data, len,
			    from->ss_node->sn_sim->sm_now);
	}
	/* Not the one that is being read. */
	assert_int_equal(quic_send_datagram(from->ss_conn, data, len,
	    from->ss_node->sn_sim->sm_now), -1);
}

/*
 * Packets that the relay sends for each datagram that it forwards in a call,
 * in percent.  talkers: 2, or 1 when the other is silent.
 */
static unsigned int
packets_per_datagram(unsigned int ack_delay_ms, uint64_t delay,
    unsigned int talkers)
{
	struct sim_side	*c[2];
	struct sim	*sm;
	uint64_t	 before, heard;
	unsigned int	 i, n;

	sm = sim_new(310 + ack_delay_ms);
	sm->sm_delay = delay;
	sim_node(sm, 0, "192.0.2.1:4433", true, false);
	sm->sm_node[0].sn_config.limits.ack_delay_ms = ack_delay_ms;
	sim_start(&sm->sm_node[0]);
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, false));
	sim_start(sim_node(sm, 2, "198.51.100.8:5555", false, true));
	for (i = 0; i < 2; i++) {
		c[i] = sim_connect(&sm->sm_node[1 + i], &sm->sm_node[0],
		    "room");
		assert_true(sim_until(sm, sim_is_established, c[i],
		    5 * NS_PER_S));
	}
	sim_run(sm, sm->sm_now + 3 * NS_PER_S);
	sm->sm_node[0].sn_on_datagram = forward;
	before = sm->sm_node[0].sn_sent;
	heard = c[0]->ss_datagrams + c[1]->ss_datagrams;
	for (n = 0; n < 1000; n++) {
		for (i = 0; i < talkers; i++) {
			assert_int_equal(quic_send_datagram(c[i]->ss_conn,
			    "120 bytes of voice, more or less", 32,
			    sm->sm_now), 0);
			sim_run(sm, sm->sm_now + FRAME_NS / 2);
		}
		if (talkers == 1)
			sim_run(sm, sm->sm_now + FRAME_NS / 2);
	}
	sim_run(sm, sm->sm_now + 2 * delay);
	heard = c[0]->ss_datagrams + c[1]->ss_datagrams - heard;
	assert_int_equal(heard, 1000 * talkers);
	before = sm->sm_node[0].sn_sent - before;
	sim_free(sm);
	return ((unsigned int)(before * 100 / heard));
}

static void
test_ack_rule(void **state)
{
	static const uint64_t	delays[] = { 100000, 10 * NS_PER_MS,
				    80 * NS_PER_MS };
	unsigned int		on, off, one, i;

	(void)state;
	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		on = packets_per_datagram(30, delays[i], 2);
		off = packets_per_datagram(0, delays[i], 2);
		one = packets_per_datagram(30, delays[i], 1);
		print_message("# one way %.1f ms: %u %% with the rule, %u %% "
		    "without, %u %% when one talks\n",
		    (double)delays[i] / 1e6, on, off, one);
		assert_true(on <= 103);
		assert_true(off >= 180);
		/* ACK-only packets to the talker: one for two datagrams. */
		assert_true(one <= 155);
	}
}

/* When the server says something, and to whom. */
static bool
note_sent(struct sim *sm, struct sim_packet *sp)
{
	uint64_t	*at = sm->sm_arg;

	if (addr_equal(&sp->sp_from, &sm->sm_node[0].sn_addr) && *at == 0)
		*at = sm->sm_now;
	return (true);
}

/* With nothing to ride on, the ACK leaves after 30 ms, not before. */
static void
test_ack_time(void **state)
{
	static const uint64_t	delays[] = { 100000, 20 * NS_PER_MS,
				    300 * NS_PER_MS };
	struct sim_side		*c, *s;
	struct sim		*sm;
	uint64_t		 at, heard;
	unsigned int		 i, n;

	(void)state;
	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		sm = sim_pair(320, "a", false, &c, &s);
		sm->sm_delay = delays[i];
		/* Let the smoothed RTT follow. */
		for (n = 0; n < 100; n++) {
			(void)quic_send_datagram(c->ss_conn, "x", 1,
			    sm->sm_now);
			sim_run(sm, sm->sm_now + NS_PER_S);
		}
		sm->sm_filter = note_sent;
		sm->sm_arg = &at;
		at = 0;
		heard = sm->sm_now + delays[i];
		(void)quic_send_datagram(c->ss_conn, "x", 1, sm->sm_now);
		sim_run(sm, sm->sm_now + NS_PER_S);
		assert_true(at >= heard + 30 * NS_PER_MS);
		assert_true(at <= heard + 32 * NS_PER_MS);
		sim_free(sm);
	}
}

/* A NAT gives the client another port in the middle of a call. */
static void
test_rebinding(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 i;

	(void)state;
	sm = sim_pair(330, "room", true, &c, &s);
	for (i = 0; i < 100; i++) {
		if (i == 50)
			assert_int_equal(addr_parse(&sm->sm_node[1].sn_addr,
			    "203.0.113.77:61000"), 0);
		(void)quic_send_datagram(c->ss_conn, "up", 2, sm->sm_now);
		(void)quic_send_datagram(s->ss_conn, "down", 4, sm->sm_now);
		sim_run(sm, sm->sm_now + FRAME_NS);
	}
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_false(c->ss_closed || s->ss_closed);
	assert_true(addr_equal(quic_conn_remote(s->ss_conn),
	    &sm->sm_node[1].sn_addr));
	assert_int_equal(s->ss_datagrams, 100);
	/* What was under way to the old address is lost, no more. */
	assert_true(c->ss_datagrams >= 96);
	assert_int_equal(sim_message(s, 0, 100), 0);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(c->ss_messages, 1);
	sim_free(sm);
}

/* A worker was restarted: the reset key of its slot is the same, or not. */
static void
test_restart(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	uint64_t	 begin;
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		sm = sim_pair(340 + i, "a", i == 2, &c, &s);
		quic_endpoint_free(sm->sm_node[0].sn_ep);
		if (i == 1)
			memset(sm->sm_node[0].sn_config.reset_key, 0x77, 32);
		sim_start(&sm->sm_node[0]);
		sm->sm_node[0].sn_longest = 0;
		begin = sm->sm_now;
		(void)quic_send_datagram(c->ss_conn, "are you there?", 14,
		    sm->sm_now);
		sim_run(sm, begin + 5 * NS_PER_S);
		if (i == 1) {
			assert_false(c->ss_closed);
			sim_run(sm, begin + 70 * NS_PER_S);
			assert_int_equal(c->ss_close.kind, QUIC_CLOSED_IDLE);
		} else {
			assert_true(c->ss_closed);
			assert_int_equal(c->ss_close.kind, QUIC_CLOSED_RESET);
			assert_true(c->ss_closed_at - begin <= 41 * NS_PER_MS);
		}
		assert_true(sm->sm_node[0].sn_longest <= 43);
		sim_free(sm);
	}
}

/* Resets are shorter than what asked for them, and few. */
static void
test_reset_rate(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	uint8_t		 p[64], cid[CID_LEN];
	struct cid_key	 key;
	unsigned int	 i;

	(void)state;
	sm = sim_pair(350, "a", false, &c, &s);
	sm->sm_node[0].sn_sent = sm->sm_node[0].sn_longest = 0;
	memset(&key, 1, sizeof(key));
	memset(p, 0x40, sizeof(p));
	for (i = 0; i < 1000; i++) {
		cid_make(&key, 0, i, cid);
		memcpy(p + 1, cid, sizeof(cid));
		quic_endpoint_receive(sm->sm_node[0].sn_ep, 0,
		    &sm->sm_node[0].sn_addr, &sm->sm_node[2].sn_addr, 0, p,
		    30, sm->sm_now);
	}
	/* No address, no answer. */
	assert_int_equal(sm->sm_node[0].sn_sent, 0);
	for (i = 0; i < 1000; i++) {
		cid_make(&key, 0, i, cid);
		memcpy(p + 1, cid, sizeof(cid));
		quic_endpoint_receive(sm->sm_node[0].sn_ep, 0,
		    &sm->sm_node[0].sn_addr, &sm->sm_node[1].sn_addr, 0, p,
		    30, sm->sm_now);
	}
	assert_int_equal(sm->sm_node[0].sn_sent, 100);
	assert_true(sm->sm_node[0].sn_longest < 30);
	/* Another slot's, or too short: nothing. */
	sim_run(sm, sm->sm_now + 2 * NS_PER_S);
	sm->sm_node[0].sn_sent = 0;
	cid_make(&key, 5, 1, cid);
	memcpy(p + 1, cid, sizeof(cid));
	quic_endpoint_receive(sm->sm_node[0].sn_ep, 0,
	    &sm->sm_node[0].sn_addr, &sm->sm_node[1].sn_addr, 0, p, 30,
	    sm->sm_now);
	cid_make(&key, 0, 1, cid);
	memcpy(p + 1, cid, sizeof(cid));
	for (i = 0; i < 1000; i++)
		quic_endpoint_receive(sm->sm_node[0].sn_ep, 0,
		    &sm->sm_node[0].sn_addr, &sm->sm_node[1].sn_addr, 0, p,
		    21, sm->sm_now);
	assert_int_equal(sm->sm_node[0].sn_sent, 0);
	/* Nor do those use up what others are due. */
	for (i = 0; i < 1000; i++)
		quic_endpoint_receive(sm->sm_node[0].sn_ep, 0,
		    &sm->sm_node[0].sn_addr, &sm->sm_node[1].sn_addr, 0, p,
		    22, sm->sm_now);
	assert_int_equal(sm->sm_node[0].sn_sent, 100);
	sim_free(sm);
}

static void
test_bad_network(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 i, up = 0;

	(void)state;
	for (i = 0; i < 20; i++) {
		sm = sim_new(400 + i);
		sm->sm_jitter = 100 * NS_PER_MS;
		sm->sm_loss = 200;
		sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
		sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, i & 1));
		c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
		if (sim_until(sm, sim_is_established, c, 15 * NS_PER_S)) {
			up++;
			assert_int_equal(sim_message(c, 0, 3000), 0);
			sim_run(sm, sm->sm_now + 15 * NS_PER_S);
			s = sim_server_side(&sm->sm_node[0]);
			assert_true(s->ss_messages == 1 || s->ss_closed);
		}
		sim_free(sm);
	}
	print_message("# %u of 20 came up with 20 %% loss\n", up);
	assert_true(up >= 18);
}

/* Flips, cuts, repeats and invents; what arrives whole may still be so. */
static bool
damage(struct sim *sm, struct sim_packet *sp)
{
	uint64_t	r = sim_random(sm);

	switch (r % 8) {
	case 0:
		sp->sp_data[(r >> 8) % sp->sp_len] ^= (uint8_t)(r >> 32 | 1);
		break;
	case 1:
		sp->sp_len = 1 + (r >> 8) % sp->sp_len;
		break;
	case 2:
		/* Headers are the first 40 bytes. */
		sp->sp_data[(r >> 8) % 40 % sp->sp_len] = (uint8_t)(r >> 32);
		break;
	default:
		break;
	}
	return (true);
}

static void
garbage(struct sim *sm, struct sim_node *to, struct sim_node *from)
{
	uint8_t		p[1500];
	size_t		i, len;
	uint64_t	r;

	len = 1 + sim_random(sm) % sizeof(p);
	for (i = 0; i < len; i++)
		p[i] = (uint8_t)sim_random(sm);
	r = sim_random(sm);
	if (r & 1) {
		/* A long header of version 1, of any type. */
		p[0] |= 0xc0;
		if (len > 30) {
			memset(p + 1, 0, 3);
			p[4] = 1;
			p[5] = (uint8_t)((r >> 8) % 22);
			p[6 + p[5]] = (uint8_t)((r >> 16) % 22);
		}
	} else if (len > 30) {
		p[0] &= 0x7f;
		if (to->sn_sides != NULL && to->sn_sides->ss_conn != NULL)
			memcpy(p + 1, to->sn_sides->ss_conn->qc_cids[0], 12);
	}
	quic_endpoint_receive(to->sn_ep, 0, &to->sn_addr, &from->sn_addr,
	    (uint8_t)r, p, len, sm->sm_now);
	quic_endpoint_flush(to->sn_ep, sm->sm_now);
}

static void
test_damage(void **state)
{
	struct sim_side	*c;
	struct sim	*sm;
	unsigned int	 i, n, up = 0;

	(void)state;
	for (i = 0; i < 40; i++) {
		sm = sim_new(500 + i);
		sm->sm_filter = damage;
		sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
		sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, i & 1));
		c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
		sim_flush(sm);
		for (n = 0; n < 200; n++) {
			garbage(sm, &sm->sm_node[0], &sm->sm_node[1]);
			garbage(sm, &sm->sm_node[1], &sm->sm_node[0]);
			if (c->ss_conn != NULL && c->ss_established) {
				(void)sim_message(c, n, 100);
				(void)quic_send_datagram(c->ss_conn, "x", 1,
				    sm->sm_now);
			}
			sim_run(sm, sm->sm_now + 40 * NS_PER_MS);
		}
		if (c->ss_established)
			up++;
		/* Whatever happened to this one, the next one is served. */
		sm->sm_filter = NULL;
		c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "b");
		assert_non_null(c);
		assert_true(sim_until(sm, sim_is_established, c,
		    10 * NS_PER_S));
		sim_free(sm);
	}
	print_message("# %u of 40 came up with a third damaged\n", up);
	assert_true(up >= 30);
}

/* An Initial with a token and every length of DCID; noise behind it. */
static void
test_short_dcid(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	struct sim_node	*sn;
	uint8_t		 p[1200];
	size_t		 n, k;

	(void)state;
	sm = sim_pair(600, "a", false, &c, &s);
	sn = &sm->sm_node[0];
	for (n = 0; n <= 20; n++) {
		memset(p, 0x33, sizeof(p));
		memcpy(p, "\xc0\0\0\0\1", 5);
		p[5] = (uint8_t)n;
		memcpy(p + 6 + n, "\0\1T\x44\x9e", 5);
		for (k = 0; k < 3; k++) {
			quic_endpoint_receive(sn->sn_ep, 0, &sn->sn_addr,
			    &sm->sm_node[1].sn_addr, 0, p, sizeof(p),
			    sm->sm_now);
			quic_endpoint_flush(sn->sn_ep, sm->sm_now);
			assert_int_equal(sn->sn_ep->ep_used, 1);
		}
		assert_true(table_count(sn->sn_ep->ep_odcids) <= 1);
	}
	assert_false(s->ss_closed);
	sim_free(sm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_ack_rule),
		cmocka_unit_test(test_ack_time),
		cmocka_unit_test(test_rebinding),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_reset_rate),
		cmocka_unit_test(test_bad_network),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_short_dcid),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
