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
 * What one turn of an endpoint may do: a bounded number of handshakes, a
 * bounded burst of packets, and the rest in the next one.
 *
 * COVERS: design 2 - a worker starts at most one signature a turn
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/conn.h"
#include "regress/unit/quic_sim.h"

#define KEEP_MAX	256
#define CLIENTS		20

/* Packets towards the server that the test hands over itself. */
struct keep {
	struct sim_packet	ke_packet[KEEP_MAX];
	unsigned int		ke_n;
};

static bool
keep(struct sim *sm, struct sim_packet *sp)
{
	struct keep	*ke = sm->sm_arg;

	if (!addr_equal(&sp->sp_to, &sm->sm_node[0].sn_addr))
		return (true);
	assert_true(ke->ke_n < KEEP_MAX);
	ke->ke_packet[ke->ke_n++] = *sp;
	return (false);
}

/* Hands over all that was kept, as one batch: no flush in between. */
static void
give(struct sim *sm, struct keep *ke)
{
	const struct sim_packet	*sp;
	unsigned int		 i;

	for (i = 0; i < ke->ke_n; i++) {
		sp = &ke->ke_packet[i];
		quic_endpoint_receive(sm->sm_node[0].sn_ep, 0, &sp->sp_to,
		    &sp->sp_from, sp->sp_ecn, sp->sp_data, sp->sp_len,
		    sm->sm_now);
	}
	ke->ke_n = 0;
}

/* Many hellos in one batch, and a datagram of a call behind them. */
static void
hellos(unsigned int limit)
{
	struct sim_side	*c, *s, *others[CLIENTS];
	struct keep	*ke;
	struct sim	*sm;
	unsigned int	 i, turns = 0, before, want;

	ke = calloc(1, sizeof(*ke));
	assert_non_null(ke);
	sm = sim_new(1200 + limit);
	sim_node(sm, 0, "192.0.2.1:4433", true, false);
	sm->sm_node[0].sn_config.limits.handshakes_per_turn = limit;
	sim_start(&sm->sm_node[0]);
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, false));
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	assert_true(sim_until(sm, sim_is_established, c, NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	s = sim_server_side(&sm->sm_node[0]);
	sm->sm_filter = keep;
	sm->sm_arg = ke;
	for (i = 0; i < CLIENTS; i++)
		others[i] = sim_connect(&sm->sm_node[1], &sm->sm_node[0],
		    "b");
	sim_flush(sm);
	(void)quic_send_datagram(c->ss_conn, "voice", 5, sm->sm_now);
	assert_int_equal(ke->ke_n, 2 * CLIENTS + 1);
	before = sm->sm_signatures;
	give(sm, ke);
	/* The datagram did not wait for them. */
	assert_int_equal(s->ss_datagrams, 1);
	want = limit == 0 ? CLIENTS : limit;
	assert_int_equal(sm->sm_signatures - before, want);
	while (sm->sm_signatures - before < CLIENTS) {
		/* There is more: it wants to be called again at once. */
		assert_true(quic_endpoint_expiry(sm->sm_node[0].sn_ep) <=
		    sm->sm_now);
		quic_endpoint_expire(sm->sm_node[0].sn_ep, sm->sm_now);
		quic_endpoint_flush(sm->sm_node[0].sn_ep, sm->sm_now);
		turns++;
		want += limit;
		if (want > CLIENTS)
			want = CLIENTS;
		assert_int_equal(sm->sm_signatures - before, want);
	}
	assert_int_equal(turns, limit == 0 ? 0 :
	    (CLIENTS + limit - 1) / limit - 1);
	assert_true(TAILQ_EMPTY(&sm->sm_node[0].sn_ep->ep_waiting));
	sm->sm_filter = NULL;
	for (i = 0; i < CLIENTS; i++) {
		assert_true(sim_until(sm, sim_is_established, others[i],
		    3 * NS_PER_S));
		assert_int_equal(sim_message(others[i], 0, 10), 0);
	}
	sim_run(sm, sm->sm_now + NS_PER_S);
	for (i = 0, s = sm->sm_node[0].sn_sides; s != NULL;
	    s = s->ss_next_side)
		i += s->ss_messages;
	assert_int_equal(i, CLIENTS);
	sim_free(sm);
	free(ke);
}

static void
test_hellos(void **state)
{
	(void)state;
	hellos(1);
	hellos(3);
	hellos(0);
}

/* More CRYPTO behind a hello that waits: it neither waits twice nor jumps. */
static void
test_waiting_more(void **state)
{
	struct sim_side		*others[CLIENTS];
	struct quic_conn	*w;
	struct keep		*ke;
	struct sim		*sm;
	unsigned int		 i, n;

	(void)state;
	ke = calloc(1, sizeof(*ke));
	assert_non_null(ke);
	sm = sim_new(1205);
	sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, true));
	sm->sm_filter = keep;
	sm->sm_arg = ke;
	for (i = 0; i < CLIENTS; i++)
		others[i] = sim_connect(&sm->sm_node[1], &sm->sm_node[0],
		    "b");
	sim_flush(sm);
	give(sm, ke);
	assert_int_equal(sm->sm_signatures, 1);
	/* All but the first two say more than a hello. */
	for (i = 2; i < CLIENTS; i++) {
		assert_int_equal(ngtcp2_conn_submit_crypto_data(
		    others[i]->ss_conn->qc_ng, NGTCP2_ENCRYPTION_LEVEL_INITIAL,
		    (const uint8_t *)"more", 4), 0);
		others[i]->ss_conn->qc_want_write = true;
		endpoint_dirty(others[i]->ss_conn);
	}
	quic_endpoint_flush(sm->sm_node[1].sn_ep, sm->sm_now);
	assert_true(ke->ke_n >= CLIENTS - 2);
	give(sm, ke);
	assert_int_equal(sm->sm_signatures, 1);
	n = 0;
	TAILQ_FOREACH(w, &sm->sm_node[0].sn_ep->ep_waiting, qc_waiting_entry)
		n++;
	assert_int_equal(n, CLIENTS - 1);
	/* Turn by turn all get their answer, those an alert. */
	for (i = 0; i < CLIENTS; i++)
		quic_endpoint_flush(sm->sm_node[0].sn_ep, sm->sm_now);
	assert_true(TAILQ_EMPTY(&sm->sm_node[0].sn_ep->ep_waiting));
	sm->sm_filter = NULL;
	sim_run(sm, sm->sm_now + 3 * NS_PER_S);
	for (i = 0; i < CLIENTS; i++) {
		assert_int_equal(others[i]->ss_established, i < 2);
		assert_int_equal(others[i]->ss_closed, i >= 2);
	}
	sim_free(sm);
	free(ke);
}

/* Who waits and is given up, or is there when the endpoint goes. */
static void
test_waiting_ends(void **state)
{
	struct keep	*ke;
	struct sim	*sm;
	unsigned int	 i, o;

	(void)state;
	for (o = 0; o < 2; o++) {
		ke = calloc(1, sizeof(*ke));
		assert_non_null(ke);
		sm = sim_new(1210);
		sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
		sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, true));
		sm->sm_filter = keep;
		sm->sm_arg = ke;
		for (i = 0; i < CLIENTS; i++)
			(void)sim_connect(&sm->sm_node[1], &sm->sm_node[0],
			    "b");
		sim_flush(sm);
		give(sm, ke);
		assert_int_equal(sm->sm_signatures, 1);
		quic_endpoint_flush(sm->sm_node[0].sn_ep, sm->sm_now);
		assert_int_equal(sm->sm_signatures, 2);
		assert_int_equal(quic_endpoint_connections(
		    sm->sm_node[0].sn_ep), CLIENTS);
		if (o == 0) {
			/* The limit of a handshake, before its turn. */
			sm->sm_node[1].sn_dead = true;
			sm->sm_now += 11 * NS_PER_S;
			quic_endpoint_expire(sm->sm_node[0].sn_ep,
			    sm->sm_now);
			quic_endpoint_flush(sm->sm_node[0].sn_ep, sm->sm_now);
			assert_int_equal(quic_endpoint_connections(
			    sm->sm_node[0].sn_ep), 0);
			assert_true(TAILQ_EMPTY(
			    &sm->sm_node[0].sn_ep->ep_waiting));
			assert_int_equal(sm->sm_signatures, 2);
		}
		sim_free(sm);
		free(ke);
	}
}

/* Loses what the server sends while it is on; counts the rest by time. */
struct hole {
	bool		ho_open;
	uint64_t	ho_lost;
	uint64_t	ho_end;
	uint64_t	ho_at;		/* of the first one after that */
	uint64_t	ho_sent;	/* within 2 ms of that */
};

static bool
hole(struct sim *sm, struct sim_packet *sp)
{
	struct hole	*ho = sm->sm_arg;

	if (!addr_equal(&sp->sp_from, &sm->sm_node[0].sn_addr))
		return (true);
	if (ho->ho_open) {
		ho->ho_lost++;
		return (false);
	}
	if (ho->ho_end != 0 && sm->sm_now > ho->ho_end && ho->ho_at == 0)
		ho->ho_at = sm->sm_now;
	if (ho->ho_at != 0 && sm->sm_now <= ho->ho_at + 2 * NS_PER_MS)
		ho->ho_sent++;
	return (true);
}

/*
 * A whole window is lost at once: more packets to repeat than one turn
 * writes (32), though the congestion window, now smaller, has room for them.
 * They leave in the turns after it, not when some timer of the connection
 * comes round.
 */
static void
test_burst(void **state)
{
	struct sim_side	*c, *s;
	struct hole	 ho;
	struct sim	*sm;
	unsigned int	 i, n = 0;

	(void)state;
	sm = sim_pair(1220, "a", false, &c, &s);
	memset(&ho, 0, sizeof(ho));
	sm->sm_filter = hole;
	sm->sm_arg = &ho;
	/* Let the congestion window grow. */
	while (n < 600) {
		while (quic_send_queued(s->ss_conn) < 240000)
			assert_int_equal(sim_message(s, n++, 20000), 0);
		sim_run(sm, sm->sm_now + 5 * NS_PER_MS);
	}
	sim_run(sm, sm->sm_now + 3 * NS_PER_S);
	assert_int_equal(c->ss_messages, n);
	ho.ho_open = true;
	for (i = 0; i < 6; i++)
		assert_int_equal(sim_message(s, n++, 20000), 0);
	sim_flush(sm);
	ho.ho_open = false;
	print_message("# %llu lost at once\n", (unsigned long long)ho.ho_lost);
	assert_true(ho.ho_lost > 70);
	assert_int_equal(ho.ho_sent, 0);
	for (i = 0; i < 4; i++)
		(void)quic_send_datagram(s->ss_conn, "x", 1, sm->sm_now);
	/* The acknowledgement of those tells that all before was lost. */
	ho.ho_end = sm->sm_now;
	sim_run(sm, sm->sm_now + 2 * sm->sm_delay + 60 * NS_PER_MS);
	print_message("# %llu sent again within 2 ms\n",
	    (unsigned long long)ho.ho_sent);
	assert_int_equal(c->ss_messages, n);
	assert_true(ho.ho_sent > 40);
	sim_free(sm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_hellos),
		cmocka_unit_test(test_waiting_more),
		cmocka_unit_test(test_waiting_ends),
		cmocka_unit_test(test_burst),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
