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
 * The door: real clients on one side, two workers on the other, the network
 * in memory between them.
 *
 * COVERS: row 1.1 - one port, the name decides which worker serves it
 * COVERS: limit first flights - table, source prefix, time
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/conn.h"
#include "doord/door.h"
#include "regress/unit/quic_sim.h"

#define SIGNALD	1	/* slots, and nodes of the simulation */
#define MEDIAD	2

static struct door	*door;
static bool		 away[4];
static unsigned int	 replies;

static int
to_worker(void *arg, unsigned int slot, const struct door_datagram *dd)
{
	struct sim	*sm = arg;

	assert_true(slot == SIGNALD || slot == MEDIAD);
	if (away[slot])
		return (-1);
	quic_endpoint_receive(sm->sm_node[slot].sn_ep, dd->dd_listener,
	    &dd->dd_local, &dd->dd_remote, dd->dd_ecn, dd->dd_data,
	    dd->dd_len, sm->sm_now);
	return (0);
}

static void
to_sender(void *arg, const struct door_datagram *dd, const uint8_t *p,
    size_t len)
{
	(void)arg;
	(void)dd;
	assert_true(len > 0 && len < dd->dd_len && (p[0] & 0x80));
	replies++;
}

static const struct door_ops ops = {
	.forward = to_worker,
	.reply = to_sender
};

static void
knock(struct sim *sm, const struct sim_packet *sp)
{
	struct door_datagram	dd;

	dd.dd_listener = 0;
	dd.dd_local = sp->sp_to;
	dd.dd_remote = sp->sp_from;
	dd.dd_ecn = sp->sp_ecn;
	dd.dd_data = sp->sp_data;
	dd.dd_len = sp->sp_len;
	door_packet(door, &dd, sm->sm_now);
}

static void
at_door(struct sim_node *sn, const struct sim_packet *sp)
{
	struct sim	*sm = sn->sn_sim;

	knock(sm, sp);
	quic_endpoint_flush(sm->sm_node[SIGNALD].sn_ep, sm->sm_now);
	quic_endpoint_flush(sm->sm_node[MEDIAD].sn_ep, sm->sm_now);
}

static struct sim *
setup(uint64_t seed, bool original)
{
	static struct slots	 slots;
	struct msg_slot		 row;
	struct sim		*sm = sim_new(seed);
	unsigned int		 i;

	memset(away, 0, sizeof(away));
	replies = 0;
	for (i = 0; i < 3; i++) {
		static const enum proc	roles[] = {
			PROC_DOORD, PROC_SIGNALD, PROC_MEDIAD
		};

		memset(&row, 0, sizeof(row));
		row.slot = i;
		row.role = roles[i];
		slots_set(&slots, &row);
	}
	door = door_new(&ops, sm, &slots);
	assert_non_null(door);
	sim_node(sm, 0, "192.0.2.1:4433", false, false)->sn_raw = at_door;
	sim_node(sm, SIGNALD, "192.0.2.1:4433", true, false)->sn_behind = true;
	sim_start(&sm->sm_node[SIGNALD]);
	sim_node(sm, MEDIAD, "192.0.2.1:4433", true, false)->sn_behind = true;
	sim_start(&sm->sm_node[MEDIAD]);
	sim_start(sim_node(sm, 3, "198.51.100.7:5555", false, original));
	return (sm);
}

static void
teardown(struct sim *sm)
{
	door_free(door);
	door = NULL;
	sim_free(sm);
}

static void
test_names(void **state)
{
	static const struct {
		const char	*name;
		unsigned int	 slot;
	}		 t[] = {
		{ "_signal", SIGNALD }, { "ping", SIGNALD },
		{ "version", SIGNALD }, { "_federation", SIGNALD },
		{ "_probe", SIGNALD }, { "_SIGNAL", SIGNALD },
		{ "room", MEDIAD }, { "call-1", MEDIAD }, { "", MEDIAD },
		{ "_relay", MEDIAD }, { "localhost", MEDIAD },
		{ "pings", MEDIAD }, { "_signal.x", MEDIAD }
	};
	const struct door_counters	*dc;
	struct sim_side			*c, *s;
	struct sim			*sm;
	unsigned int			 i, o;

	(void)state;
	for (o = 0; o < 2; o++) {
		sm = setup(800 + o, o == 1);
		for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			c = sim_connect(&sm->sm_node[3], &sm->sm_node[0],
			    t[i].name);
			assert_true(sim_until(sm, sim_is_established, c,
			    5 * NS_PER_S));
			sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
			s = sim_server_side(&sm->sm_node[t[i].slot]);
			assert_non_null(s);
			assert_true(s->ss_established);
			assert_int_equal(sim_message(c, 0, 100), 0);
			sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
			assert_int_equal(s->ss_messages, 1);
			quic_close(c->ss_conn, 0, "");
			sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
			assert_true(s->ss_closed);
		}
		dc = door_counters(door);
		assert_int_equal(dc->dc_by_name, i);
		assert_true(dc->dc_by_cid > 3 * i);
		/* An original's hello is one datagram, today's two. */
		assert_int_equal(dc->dc_waiting, o == 1 ? 0 : i);
		assert_int_equal(dc->dc_dropped_unknown, 0);
		assert_int_equal(dc->dc_dropped_bad, 0);
		assert_int_equal(door_waiting(door), 0);
		assert_int_equal(door_known(door), i);
		door_expire(door, sm->sm_now + 11 * NS_PER_S);
		assert_int_equal(door_known(door), 0);
		teardown(sm);
	}
}

/* What TLS must refuse goes to signald, which has the alert. */
static void
test_refused(void **state)
{
	struct sim_side	*c;
	struct sim	*sm;

	(void)state;
	sm = setup(810, false);
	c = sim_connect(&sm->sm_node[3], &sm->sm_node[0], "room");
	SSL_set_alpn_protos(c->ss_conn->qc_ssl, (const uint8_t *)"\002h3", 3);
	assert_true(sim_until(sm, sim_is_closed, c, 5 * NS_PER_S));
	assert_int_equal(c->ss_close.code, 0x178);
	c = sim_connect(&sm->sm_node[3], &sm->sm_node[0], "room");
	SSL_set_tlsext_host_name(c->ss_conn->qc_ssl, "no name");
	assert_true(sim_until(sm, sim_is_closed, c, 5 * NS_PER_S));
	assert_int_equal(c->ss_close.code, 0x12f);
	assert_int_equal(door_counters(door)->dc_by_name, 2);
	assert_null(sm->sm_node[MEDIAD].sn_sides);
	teardown(sm);
}

/* First flights out of order, repeated, in part lost. */
static void
test_network(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 i, n, in_time = 0;
	uint64_t	 begin;

	(void)state;
	for (i = 0; i < 30; i++) {
		sm = setup(820 + i, false);
		sm->sm_jitter = 30 * NS_PER_MS;
		sm->sm_loss = i < 20 ? 0 : 150;
		begin = sm->sm_now;
		c = sim_connect(&sm->sm_node[3], &sm->sm_node[0], "room");
		assert_true(sim_until(sm, sim_is_established, c,
		    10 * NS_PER_S));
		/* Reordering alone costs no repetition (a second). */
		if (sm->sm_now - begin < 300 * NS_PER_MS)
			in_time++;
		sim_run(sm, sm->sm_now + 5 * NS_PER_S);
		for (n = 0, s = sm->sm_node[MEDIAD].sn_sides; s != NULL;
		    s = s->ss_next_side)
			n++;
		assert_int_equal(n, 1);
		teardown(sm);
	}
	assert_true(in_time >= 20);
}

/* A worker that is away: nothing is remembered, the client's try counts. */
static void
test_away(void **state)
{
	struct sim_side	*c;
	struct sim	*sm;

	(void)state;
	sm = setup(860, false);
	away[MEDIAD] = true;
	c = sim_connect(&sm->sm_node[3], &sm->sm_node[0], "room");
	sim_run(sm, sm->sm_now + 500 * NS_PER_MS);
	assert_true(door_counters(door)->dc_dropped_worker > 0);
	assert_int_equal(door_known(door), 0);
	away[MEDIAD] = false;
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	assert_int_equal(door_known(door), 1);
	door_slot_lost(door, SIGNALD);
	assert_int_equal(door_known(door), 1);
	door_slot_lost(door, MEDIAD);
	assert_int_equal(door_known(door), 0);
	/* Established connections are found by their ID all the same. */
	assert_int_equal(sim_message(c, 0, 10), 0);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(sm->sm_node[MEDIAD].sn_sides->ss_messages, 1);
	teardown(sm);
}

/* Keeps the first datagram of each of many clients. */
struct crowd {
	struct sim_packet	*cr_packet;
	size_t			 cr_count;
	size_t			 cr_max;
	bool			 cr_second;	/* the next one is the 2nd */
};

static bool
collect(struct sim *sm, struct sim_packet *sp)
{
	struct crowd	*cr = sm->sm_arg;

	if (!cr->cr_second && cr->cr_count < cr->cr_max)
		cr->cr_packet[cr->cr_count++] = *sp;
	cr->cr_second = !cr->cr_second;
	return (false);
}

static void
from(struct sim *sm, struct sim_packet *sp, unsigned int a, unsigned int b)
{
	char	text[ADDR_STRLEN];

	snprintf(text, sizeof(text), "10.%u.%u.%u:999", a / 250, a % 250, b);
	assert_int_equal(addr_parse(&sp->sp_from, text), 0);
	knock(sm, sp);
}

static void
test_limits(void **state)
{
	const struct door_counters	*dc;
	struct crowd			 cr;
	struct sim			*sm;
	unsigned int			 i;

	(void)state;
	sm = setup(870, false);
	dc = door_counters(door);
	memset(&cr, 0, sizeof(cr));
	cr.cr_max = REASSEMBLY_MAX + 40;
	cr.cr_packet = calloc(cr.cr_max, sizeof(*cr.cr_packet));
	assert_non_null(cr.cr_packet);
	sm->sm_filter = collect;
	sm->sm_arg = &cr;
	while (cr.cr_count < cr.cr_max) {
		cr.cr_second = false;
		(void)sim_connect(&sm->sm_node[3], &sm->sm_node[0], "room");
		sim_flush(sm);
		quic_endpoint_free(sm->sm_node[3].sn_ep);
		sim_start(&sm->sm_node[3]);
	}
	/* 20 of one /24, then one of another. */
	for (i = 0; i < 20; i++)
		from(sm, &cr.cr_packet[i], 0, i);
	assert_int_equal(door_waiting(door), REASSEMBLY_PER_SOURCE);
	assert_int_equal(dc->dc_dropped_source, 20 - REASSEMBLY_PER_SOURCE);
	from(sm, &cr.cr_packet[20], 1, 1);
	assert_int_equal(door_waiting(door), REASSEMBLY_PER_SOURCE + 1);
	/* A repetition takes a place of its own flight only: 4 in all. */
	for (i = 0; i < 3; i++)
		from(sm, &cr.cr_packet[20], 1, 1);
	assert_int_equal(door_waiting(door), REASSEMBLY_PER_SOURCE + 1);
	from(sm, &cr.cr_packet[20], 1, 1);
	assert_int_equal(door_waiting(door), REASSEMBLY_PER_SOURCE);
	/* From another address it is somebody else's. */
	from(sm, &cr.cr_packet[0], 7, 7);
	assert_int_equal(dc->dc_dropped_bad, 2);
	/* The whole table. */
	for (i = 21; i < cr.cr_max; i++)
		from(sm, &cr.cr_packet[i], 10 + i, 1);
	assert_int_equal(door_waiting(door), REASSEMBLY_MAX);
	assert_int_equal(dc->dc_dropped_full, cr.cr_max - 21 -
	    (REASSEMBLY_MAX - REASSEMBLY_PER_SOURCE));
	/* The newest are there, the oldest made room: no flood shuts out. */
	from(sm, &cr.cr_packet[cr.cr_max - 1],
	    10 + (unsigned int)cr.cr_max - 1, 1);
	assert_int_equal(dc->dc_dropped_full, cr.cr_max - 21 -
	    (REASSEMBLY_MAX - REASSEMBLY_PER_SOURCE));
	from(sm, &cr.cr_packet[0], 0, 0);
	assert_int_equal(dc->dc_dropped_full, cr.cr_max - 20 -
	    (REASSEMBLY_MAX - REASSEMBLY_PER_SOURCE));
	/* After three seconds all is forgotten, the sources too. */
	sm->sm_now += 2999 * NS_PER_MS;
	door_expire(door, sm->sm_now);
	assert_int_equal(door_waiting(door), REASSEMBLY_MAX);
	sm->sm_now += NS_PER_MS;
	door_expire(door, sm->sm_now);
	assert_int_equal(door_waiting(door), 0);
	assert_int_equal(dc->dc_dropped_expired, REASSEMBLY_MAX);
	for (i = 0; i < 20; i++)
		from(sm, &cr.cr_packet[i], 0, i);
	assert_int_equal(door_waiting(door), REASSEMBLY_PER_SOURCE);
	free(cr.cr_packet);
	teardown(sm);
}

static void
test_strangers(void **state)
{
	const struct door_counters	*dc;
	struct sim_packet		 sp;
	struct sim			*sm;
	uint64_t			 r;
	size_t				 i, n;

	(void)state;
	sm = setup(880, false);
	dc = door_counters(door);
	memset(&sp, 0, sizeof(sp));
	sp.sp_from = sm->sm_node[3].sn_addr;
	sp.sp_to = sm->sm_node[0].sn_addr;
	/* Another version: told which one is spoken, not too often. */
	memcpy(sp.sp_data, "\xc0\xff\0\0\x1d\x08" "12345678\x05" "abcde", 20);
	sp.sp_len = 1200;
	for (i = 0; i < 200; i++)
		knock(sm, &sp);
	assert_int_equal(replies, 50);
	assert_int_equal(dc->dc_versions, 50);
	assert_int_equal(dc->dc_dropped_unknown, 150);
	sp.sp_len = 1199;
	sm->sm_now += 10 * NS_PER_S;
	knock(sm, &sp);
	assert_int_equal(replies, 50);
	/* An ID of our form: nobody's slot, and the door's own. */
	for (i = 0; i < 2; i++) {
		memset(sp.sp_data, 0, sizeof(sp.sp_data));
		sp.sp_data[0] = 0x40;
		sp.sp_data[1] = i == 0 ? 0 : 63;
		sp.sp_data[2] = sp.sp_data[1] ^ 0x5a;
		n = dc->dc_dropped_unknown;
		knock(sm, &sp);
		assert_int_equal(dc->dc_dropped_unknown, n + 1);
	}
	for (i = 0; i < 20000; i++) {
		r = sim_random(sm);
		sp.sp_len = (r >> 8) % 4 == 0 ? 1200 + (r >> 16) % 300 :
		    1 + (r >> 16) % 60;
		for (n = 0; n < 40; n++)
			sp.sp_data[n] = (uint8_t)sim_random(sm);
		if (r & 1)
			memcpy(sp.sp_data, "\xc3\0\0\0\1\x08", 6);
		knock(sm, &sp);
	}
	assert_int_equal(door_waiting(door), 0);
	assert_int_equal(dc->dc_by_name, 0);
	teardown(sm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_strangers),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
