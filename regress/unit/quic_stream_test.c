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
 * Messages on streams, in virtual time: order, credit, limits, and what a
 * peer can do wrong.
 *
 * COVERS: row 1.1 - every message on its own bidirectional stream
 * COVERS: gap 14 - stream credit does not run out
 * COVERS: gap 15 - a peer that stops reading costs only itself
 * COVERS: limit message - 64 KiB, one more byte ends the connection
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/conn.h"
#include "regress/unit/quic_sim.h"

#define MANY	1000

/* Both sides keep their queue full until MANY messages are on the way. */
static void
exchange(struct sim *sm, struct sim_side *c, struct sim_side *s, size_t max)
{
	struct sim_side	*side[2] = { c, s };
	unsigned int	 sent[2] = { 0, 0 }, i, rounds;
	size_t		 len[2] = { 4, 4 };

	for (rounds = 0; rounds < 20000; rounds++) {
		for (i = 0; i < 2; i++) {
			while (sent[i] < MANY &&
			    sim_message(side[i], sent[i], len[i]) == 0) {
				sent[i]++;
				len[i] = 4 + sim_random(sm) % (max - 3);
			}
		}
		sim_run(sm, sm->sm_now + 10 * NS_PER_MS);
		assert_false(c->ss_closed || s->ss_closed);
		if (c->ss_messages == MANY && s->ss_messages == MANY)
			break;
	}
	assert_int_equal(c->ss_messages, MANY);
	assert_int_equal(s->ss_messages, MANY);
	assert_false(c->ss_disorder || s->ss_disorder);
	/* All is given back: buffers, streams, credit. */
	sim_run(sm, sm->sm_now + 10 * NS_PER_S);
	for (i = 0; i < 2; i++) {
		assert_int_equal(side[i]->ss_conn->qc_tx_bytes, 0);
		assert_int_equal(side[i]->ss_conn->qc_tx_unacked, 0);
		assert_int_equal(quic_send_queued(side[i]->ss_conn), 0);
		assert_int_equal(side[i]->ss_conn->qc_tx_open, 0);
		assert_int_equal(side[i]->ss_conn->qc_rx_count, 0);
		assert_int_equal(side[i]->ss_conn->qc_nfins, 0);
		assert_int_equal(ngtcp2_conn_get_streams_bidi_left2(
		    side[i]->ss_conn->qc_ng), QUIC_STREAMS_BIDI);
	}
}

static void
test_many(void **state)
{
	static const struct {
		bool		original;
		uint64_t	jitter;
		unsigned int	loss;
		size_t		max;
	}		 t[] = {
		{ false, 0, 0, 300 }, { true, 0, 0, 300 },
		{ false, 30, 50, 2000 }, { true, 30, 50, 2000 },
		{ true, 100, 150, 300 }
	};
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		sm = sim_pair(100 + i, "_signal", t[i].original, &c, &s);
		sm->sm_jitter = t[i].jitter * NS_PER_MS;
		sm->sm_loss = t[i].loss;
		exchange(sm, c, s, t[i].max);
		sim_free(sm);
	}
}

static void
test_sizes(void **state)
{
	static const size_t	 sizes[] = { 4, 1000, 1200, 65535, 65536 };
	static uint8_t		 big[1048577];
	struct sim_side		*c, *s;
	struct sim		*sm;
	unsigned int		 i;

	(void)state;
	sm = sim_pair(200, "a", false, &c, &s);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(sim_message(c, i, sizes[i]), 0);
		sim_run(sm, sm->sm_now + 2 * NS_PER_S);
		assert_int_equal(s->ss_messages, i + 1);
		assert_int_equal(s->ss_last_len, sizes[i]);
		assert_int_equal(s->ss_last[sizes[i] - 1], i & 0xff);
	}
	assert_int_equal(quic_send_message(c->ss_conn, "", 0), 0);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(s->ss_messages, i + 1);
	assert_int_equal(s->ss_last_len, 0);
	/* wzp-protocol 2, 3. */
	errno = 0;
	assert_int_equal(quic_send_message(c->ss_conn, big, sizeof(big)), -1);
	assert_int_equal(errno, EMSGSIZE);
	/* One more than the server takes. */
	assert_int_equal(sim_message(c, 9, 65537), 0);
	sim_run(sm, sm->sm_now + 2 * NS_PER_S);
	assert_true(s->ss_closed && c->ss_closed);
	assert_int_equal(s->ss_close.kind, QUIC_CLOSED_ERROR);
	assert_string_equal(s->ss_close.text, "message too long");
	assert_int_equal(c->ss_close.kind, QUIC_CLOSED_BY_PEER_APP);
	assert_int_equal(c->ss_close.code, 0);
	assert_int_equal(s->ss_messages, i + 1);
	sim_free(sm);
}

/* Queued before the handshake is complete: it goes with it. */
static void
test_early(void **state)
{
	struct sim_side	*c;
	struct sim	*sm;

	(void)state;
	sm = sim_new(201);
	sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, true));
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	assert_int_equal(sim_message(c, 0, 50), 0);
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	sim_run(sm, sm->sm_now + 21 * NS_PER_MS);
	assert_int_equal(sim_server_side(&sm->sm_node[0])->ss_messages, 1);
	/* Behind a close there is nothing to send. */
	quic_close(c->ss_conn, 0, "");
	assert_int_equal(sim_message(c, 1, 50), -1);
	assert_int_equal(errno, ENOTCONN);
	sim_free(sm);
}

/* The queue is bounded, and what was queued is delivered in the end. */
static void
test_slow_reader(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 n = 0;

	(void)state;
	sm = sim_pair(202, "a", false, &c, &s);
	sm->sm_node[1].sn_dead = true;
	while (n < 10000 && sim_message(s, n, 1000) == 0) {
		n++;
		sim_run(sm, sm->sm_now + 100000);
	}
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(n, 262144 / 1004);
	assert_true(s->ss_conn->qc_tx_bytes <= 262144);
	assert_int_equal(quic_send_queued(s->ss_conn), n * 1004);
	assert_true(s->ss_conn->qc_tx_unacked <= QUIC_SEND_WINDOW);
	sm->sm_node[1].sn_dead = false;
	sim_run(sm, sm->sm_now + 10 * NS_PER_S);
	assert_int_equal(c->ss_messages, n);
	assert_false(c->ss_disorder);
	assert_int_equal(sim_message(s, n, 1000), 0);
	sim_free(sm);
}

/* Writes on a stream of the client's past stream.c; *id -1: a new one. */
static void
raw(struct sim_side *ss, int64_t *id, const void *data, size_t len, bool fin)
{
	struct quic_conn	*c = ss->ss_conn;
	struct sim		*sm = ss->ss_node->sn_sim;
	ngtcp2_path_storage	 ps;
	ngtcp2_pkt_info		 pi;
	ngtcp2_ssize		 n, taken;
	uint8_t			 out[1500];

	if (*id == -1)
		assert_int_equal(ngtcp2_conn_open_bidi_stream(c->qc_ng, id,
		    NULL), 0);
	do {
		ngtcp2_path_storage_zero(&ps);
		taken = -1;
		n = ngtcp2_conn_write_stream(c->qc_ng, &ps.path, &pi, out,
		    sizeof(out), &taken,
		    fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0, *id, data, len,
		    sm->sm_now);
		assert_true(n > 0);
		conn_sent(c, &ps.path, 0, out, (size_t)n);
	} while (taken < 0);
	assert_int_equal(taken, len);
	sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
}

static struct sim *
raw_pair(uint64_t seed, struct sim_side **c, struct sim_side **s)
{
	return (sim_pair(seed, "_signal", false, c, s));
}

static void
expect_failure(struct sim *sm, struct sim_side *c, struct sim_side *s,
    const char *text)
{
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_true(s->ss_closed && c->ss_closed);
	assert_int_equal(s->ss_close.kind, QUIC_CLOSED_ERROR);
	assert_string_equal(s->ss_close.text, text);
	sim_free(sm);
}

static void
test_pieces(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	int64_t		 a = -1, b = -1, d = -1;

	(void)state;
	sm = raw_pair(210, &c, &s);
	/* Byte by byte, and what is behind the message is ignored. */
	raw(c, &a, "\0", 1, false);
	raw(c, &a, "\0\0\2h", 4, false);
	assert_int_equal(s->ss_messages, 0);
	raw(c, &a, "ijunk", 5, false);
	assert_int_equal(s->ss_messages, 1);
	assert_memory_equal(s->ss_last, "hi", 2);
	raw(c, &a, "more junk", 9, true);
	/* The second stream is complete before the first one is. */
	raw(c, &b, "\0\0\0", 3, false);
	raw(c, &d, "\0\0\0\1D", 5, true);
	assert_int_equal(s->ss_messages, 1);
	raw(c, &b, "\1B", 2, true);
	assert_int_equal(s->ss_messages, 3);
	assert_memory_equal(s->ss_last, "D", 1);
	assert_false(s->ss_closed || c->ss_closed);
	sim_free(sm);
}

static void
test_wrong(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	int64_t		 id = -1;

	(void)state;
	sm = raw_pair(220, &c, &s);
	raw(c, &id, "\0\0\0\5abcd", 8, true);
	expect_failure(sm, c, s, "stream ended within a message");

	sm = raw_pair(221, &c, &s);
	id = -1;
	raw(c, &id, "", 0, true);
	expect_failure(sm, c, s, "stream ended within a message");

	sm = raw_pair(222, &c, &s);
	id = -1;
	raw(c, &id, "\377\377\377\377", 4, false);
	expect_failure(sm, c, s, "message too long");

	sm = raw_pair(223, &c, &s);
	id = -1;
	raw(c, &id, "\0\0\0\5ab", 6, false);
	assert_int_equal(ngtcp2_conn_shutdown_stream_write(
	    c->ss_conn->qc_ng, 0, id, 0), 0);
	c->ss_conn->qc_want_write = true;
	endpoint_dirty(c->ss_conn);
	expect_failure(sm, c, s, "stream reset within a message");
}

/* limits.stream_ms, counted from the first byte. */
static void
test_stalled(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	int64_t		 a = -1, b = -1;
	uint64_t	 begin;

	(void)state;
	sm = raw_pair(230, &c, &s);
	begin = sm->sm_now;
	raw(c, &a, "\0\0\0\5ab", 6, false);
	raw(c, &b, "\0\0\0\2cd", 6, true);
	/* Others do not wait for it with their keep-alive. */
	sim_run(sm, begin + 10 * NS_PER_S);
	assert_false(s->ss_closed);
	sim_run(sm, begin + 11 * NS_PER_S);
	assert_true(s->ss_closed);
	assert_int_equal(s->ss_messages, 0);
	assert_string_equal(s->ss_close.text, "message not complete in time");
	sim_free(sm);

	/* In time: nothing happens, then or later. */
	sm = raw_pair(231, &c, &s);
	begin = sm->sm_now;
	a = b = -1;
	raw(c, &a, "\0\0\0\5ab", 6, false);
	sim_run(sm, begin + 9 * NS_PER_S);
	raw(c, &a, "cde", 3, true);
	sim_run(sm, begin + 30 * NS_PER_S);
	assert_int_equal(s->ss_messages, 1);
	assert_false(s->ss_closed);
	assert_true(s->ss_conn->qc_rx_deadline == UINT64_MAX);
	sim_free(sm);
}

/* STOP_SENDING on either half at any time, and data nobody expects. */
static void
test_stop_sending(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	struct rx_msg	*rx;
	ngtcp2_conn	*ng;
	int64_t		 id = -1;
	unsigned int	 i;

	(void)state;
	sm = raw_pair(240, &c, &s);
	ng = c->ss_conn->qc_ng;
	/* On a half that the server has not even closed yet. */
	raw(c, &id, "\0\0\0\5ab", 6, false);
	assert_int_equal(ngtcp2_conn_shutdown_stream_read(ng, 0, id, 0), 0);
	raw(c, &id, "cde", 3, true);
	assert_int_equal(s->ss_messages, 1);
	/* On messages of the server's, before they are complete here. */
	for (i = 0; i < 10; i++) {
		assert_int_equal(sim_message(s, i, 30000), 0);
		sim_flush(sm);
		sim_run(sm, sm->sm_now + 25 * NS_PER_MS);
		if (c->ss_conn->qc_rx_count == 0)
			continue;
		/* As if it had read all that it wants. */
		rx = c->ss_conn->qc_rx[c->ss_conn->qc_rx_next %
		    c->ss_conn->qc_ep->ep_rx_ring];
		assert_non_null(rx);
		rx->rx_complete = true;
		(void)ngtcp2_conn_shutdown_stream_read(ng, 0,
		    (int64_t)(c->ss_conn->qc_rx_next << 2 | 1), 0);
		break;
	}
	assert_true(i < 10);
	c->ss_conn->qc_want_write = true;
	endpoint_dirty(c->ss_conn);
	sim_run(sm, sm->sm_now + 2 * NS_PER_S);
	/* The server goes on. */
	assert_false(s->ss_closed);
	assert_int_equal(s->ss_conn->qc_tx_unacked, 0);
	assert_int_equal(quic_send_queued(s->ss_conn), 0);
	assert_true(TAILQ_EMPTY(&s->ss_conn->qc_txq));
	sim_free(sm);

	/* Data in the direction that is never used. */
	sm = raw_pair(241, &c, &s);
	assert_int_equal(sim_message(s, 0, 100), 0);
	sim_run(sm, sm->sm_now + 21 * NS_PER_MS);
	assert_int_equal(c->ss_messages, 1);
	c->ss_conn->qc_nfins = 0;	/* it would close its half */
	id = 1;
	raw(c, &id, "unexpected", 10, false);	/* answer: STOP_SENDING */
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_false(s->ss_closed || c->ss_closed);
	assert_int_equal(s->ss_conn->qc_tx_open, 0);
	sim_free(sm);
}

static void
forget_fin(struct sim_side *ss)
{
	ss->ss_conn->qc_nfins = 0;
}

/*
 * A peer that takes messages but never closes its half keeps our streams
 * open: their number is bounded, and the queue behind them.
 */
static void
test_never_closes(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 n = 0;

	(void)state;
	sm = raw_pair(250, &c, &s);
	sm->sm_node[1].sn_on_message = forget_fin;
	while (sim_message(s, n, 1000) == 0) {
		n++;
		sim_run(sm, sm->sm_now + 50 * NS_PER_MS);
		assert_true(n < 1000);
	}
	assert_int_equal(c->ss_messages, QUIC_STREAMS_BIDI);
	assert_int_equal(s->ss_conn->qc_tx_open, QUIC_STREAMS_BIDI);
	assert_true(s->ss_conn->qc_tx_bytes <= 262144);
	assert_false(s->ss_closed);
	sim_free(sm);
}

static void
test_uni(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 i;

	(void)state;
	sm = raw_pair(260, &c, &s);
	sm->sm_jitter = 30 * NS_PER_MS;
	assert_int_equal(quic_send_uni(s->ss_conn, "unknown", 7), 0);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(c->ss_uni_len, 7);
	assert_memory_equal(c->ss_uni, "unknown", 7);
	assert_true(c->ss_uni_fin);
	/* Credit of unidirectional streams comes back, too. */
	for (i = 0; i < 300; i++) {
		assert_int_equal(quic_send_uni(s->ss_conn, "", 0), 0);
		sim_run(sm, sm->sm_now + 50 * NS_PER_MS);
	}
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(s->ss_conn->qc_tx_open, 0);
	assert_false(c->ss_closed || s->ss_closed);
	sim_free(sm);
}

static bool
lose_one(struct sim *sm, struct sim_packet *sp)
{
	bool	*lose = sm->sm_arg;

	(void)sp;
	if (!*lose)
		return (true);
	*lose = false;
	return (false);
}

/*
 * A packet that an ACK shows to be lost is sent again at once: 20 ms there,
 * 30 until the ACK, 20 back, 20 for the second try.
 */
static void
test_lost(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 i;
	bool		 lose = true;

	(void)state;
	sm = sim_pair(270, "a", false, &c, &s);
	sm->sm_filter = lose_one;
	sm->sm_arg = &lose;
	for (i = 0; i < 5; i++) {
		assert_int_equal(sim_message(s, i, 1000), 0);
		sim_flush(sm);
	}
	sim_run(sm, sm->sm_now + 85 * NS_PER_MS);
	assert_int_equal(c->ss_messages, 0);
	sim_run(sm, sm->sm_now + 10 * NS_PER_MS);
	assert_int_equal(c->ss_messages, 5);
	assert_false(lose || c->ss_disorder);
	sim_free(sm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_stalled),
		cmocka_unit_test(test_stop_sending),
		cmocka_unit_test(test_never_closes),
		cmocka_unit_test(test_uni),
		cmocka_unit_test(test_lost),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
