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
 * COVERS: design 3 - a room lives in one of several mediads
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
#include "regress/unit/door_sim.h"

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
	struct door_sim			*ds;
	struct sim			*sm;
	unsigned int			 i, o;

	(void)state;
	for (o = 0; o < 4; o++) {
		ds = door_sim_new(800 + o, o & 1, o & 2);
		sm = ds->ds_sim;
		for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			c = door_sim_connect(ds, t[i].name);
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
		dc = door_counters(ds->ds_door);
		assert_int_equal(dc->dc_by_name, i);
		/* The door sees the rest only where nobody steers. */
		if (o & 2) {
			assert_int_equal(dc->dc_by_cid, 0);
			assert_int_equal(dc->dc_received, (o & 1) ? i : 2 * i);
		} else
			assert_true(dc->dc_by_cid > 3 * i);
		/* An original's hello is one datagram, today's two. */
		assert_int_equal(dc->dc_waiting, (o & 1) ? 0 : i);
		assert_int_equal(ds->ds_first, (o & 1) ? i : 2 * i);
		assert_int_equal(dc->dc_strays, 0);
		assert_int_equal(dc->dc_dropped_unknown, 0);
		assert_int_equal(dc->dc_dropped_bad, 0);
		assert_int_equal(door_waiting(ds->ds_door), 0);
		assert_int_equal(door_known(ds->ds_door), i);
		door_expire(ds->ds_door, sm->sm_now + 11 * NS_PER_S);
		assert_int_equal(door_known(ds->ds_door), 0);
		door_sim_free(ds);
	}
}

/* What TLS must refuse goes to signald, which has the alert. */
static void
test_refused(void **state)
{
	struct sim_side	*c;
	struct door_sim	*ds;
	struct sim	*sm;

	(void)state;
	ds = door_sim_new(810, false, true);
	sm = ds->ds_sim;
	c = door_sim_connect(ds, "room");
	SSL_set_alpn_protos(c->ss_conn->qc_ssl, (const uint8_t *)"\002h3", 3);
	assert_true(sim_until(sm, sim_is_closed, c, 5 * NS_PER_S));
	assert_int_equal(c->ss_close.code, 0x178);
	c = door_sim_connect(ds, "room");
	SSL_set_tlsext_host_name(c->ss_conn->qc_ssl, "no name");
	assert_true(sim_until(sm, sim_is_closed, c, 5 * NS_PER_S));
	assert_int_equal(c->ss_close.code, 0x12f);
	assert_int_equal(door_counters(ds->ds_door)->dc_by_name, 2);
	assert_null(sm->sm_node[MEDIAD].sn_sides);
	door_sim_free(ds);
}

/* First flights out of order, repeated, in part lost. */
static void
test_network(void **state)
{
	struct sim_side	*c, *s;
	struct door_sim	*ds;
	struct sim	*sm;
	unsigned int	 i, n, in_time = 0;
	uint64_t	 begin;

	(void)state;
	for (i = 0; i < 30; i++) {
		ds = door_sim_new(820 + i, false, i & 1);
		sm = ds->ds_sim;
		sm->sm_jitter = 30 * NS_PER_MS;
		sm->sm_loss = i < 20 ? 0 : 150;
		begin = sm->sm_now;
		c = door_sim_connect(ds, "room");
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
		door_sim_free(ds);
	}
	assert_true(in_time >= 20);
}

/* A worker that is away: nothing is remembered, the client's try counts. */
static void
test_away(void **state)
{
	struct sim_side	*c;
	struct door_sim	*ds;
	struct sim	*sm;

	(void)state;
	ds = door_sim_new(860, false, true);
	sm = ds->ds_sim;
	ds->ds_away[MEDIAD] = true;
	c = door_sim_connect(ds, "room");
	sim_run(sm, sm->sm_now + 500 * NS_PER_MS);
	assert_true(door_counters(ds->ds_door)->dc_dropped_worker > 0);
	assert_int_equal(door_known(ds->ds_door), 0);
	ds->ds_away[MEDIAD] = false;
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	assert_int_equal(door_known(ds->ds_door), 1);
	door_slot_lost(ds->ds_door, SIGNALD);
	assert_int_equal(door_known(ds->ds_door), 1);
	door_slot_lost(ds->ds_door, MEDIAD);
	assert_int_equal(door_known(ds->ds_door), 0);
	/* Established connections are found by their ID all the same. */
	assert_int_equal(sim_message(c, 0, 10), 0);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(sm->sm_node[MEDIAD].sn_sides->ss_messages, 1);
	door_sim_free(ds);
}

/* Which worker got the newest connection to this name. */
static unsigned int
lands(struct door_sim *ds, const char *name)
{
	struct sim	*sm = ds->ds_sim;
	struct sim_side	*before[CLIENT], *c, *s;
	unsigned int	 i, at = 0;

	for (i = 1; i < CLIENT; i++)
		before[i] = sm->sm_node[i].sn_sides;
	c = door_sim_connect(ds, name);
	assert_true(sim_until(sm, sim_is_established, c, NS_PER_S));
	for (i = 1; i < CLIENT; i++) {
		s = sm->sm_node[i].sn_sides;
		if (s == before[i])
			continue;
		assert_int_equal(at, 0);
		assert_ptr_equal(s->ss_next_side, before[i]);
		at = i;
	}
	quic_close(c->ss_conn, 0, "");
	sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
	return (at);
}

#define BOTH	(PLACEMENT_BIT(MEDIAD) | PLACEMENT_BIT(MEDIAD1))

/* Two mediads: half of the rooms each, and each room always in one. */
static void
test_rooms(void **state)
{
	struct door_sim	*ds;
	char		 name[16], other[16] = "";
	unsigned int	 i, n[CLIENT] = { 0 }, at;

	(void)state;
	ds = door_sim_new(830, true, true);
	door_sim_worker(ds, MEDIAD1, PROC_MEDIAD, 1);
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "room-%u", i);
		at = lands(ds, name);
		assert_true(at == MEDIAD || at == MEDIAD1);
		n[at]++;
		assert_int_equal(lands(ds, name), at);
		if (at == MEDIAD)
			strlcpy(other, name, sizeof(other));
		/* As signald, which has the same key, would say. */
		assert_int_equal(placement_rule(ds->ds_placement, name, BOTH),
		    at);
	}
	assert_true(n[MEDIAD] >= 10 && n[MEDIAD1] >= 10);
	/* Its mediad cannot be reached: the other one. */
	ds->ds_away[MEDIAD] = true;
	door_slot_lost(ds->ds_door, MEDIAD);
	assert_int_equal(lands(ds, other), MEDIAD1);
	/* It is back, but the recent answer holds; then the rule again. */
	ds->ds_away[MEDIAD] = false;
	assert_int_equal(lands(ds, other), MEDIAD1);
	sim_run(ds->ds_sim, ds->ds_sim->sm_now + PLACEMENT_RECENT_NS);
	assert_int_equal(lands(ds, other), MEDIAD);
	/* signald says: the room is elsewhere; and the same once more. */
	assert_int_equal(placement_room(ds->ds_placement, other, MEDIAD1,
	    true), 0);
	placement_media(ds->ds_placement, BOTH);
	assert_int_equal(lands(ds, other), MEDIAD1);
	assert_int_equal(placement_room(ds->ds_placement, other, 0, false),
	    0);
	sim_run(ds->ds_sim, ds->ds_sim->sm_now + PLACEMENT_RECENT_NS);
	assert_int_equal(lands(ds, other), MEDIAD);
	/* One that is not healthy gets no new room. */
	placement_media(ds->ds_placement, PLACEMENT_BIT(MEDIAD1));
	sim_run(ds->ds_sim, ds->ds_sim->sm_now + PLACEMENT_RECENT_NS);
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "new-%u", i);
		assert_int_equal(lands(ds, name), MEDIAD1);
	}
	/* Unless there is no other. */
	ds->ds_away[MEDIAD1] = true;
	door_slot_lost(ds->ds_door, MEDIAD1);
	assert_int_equal(lands(ds, "new-1"), MEDIAD);
	door_sim_free(ds);
}

/* Before signald has spoken: who retires gets nothing new either. */
static void
test_retiring(void **state)
{
	struct door_sim	*ds;
	struct msg_slot	 row;
	char		 name[16];
	unsigned int	 i;

	(void)state;
	ds = door_sim_new(840, true, true);
	door_sim_worker(ds, MEDIAD1, PROC_MEDIAD, 1);
	memset(&row, 0, sizeof(row));
	row.slot = MEDIAD;
	row.role = PROC_MEDIAD;
	row.retiring = true;
	slots_set(&ds->ds_slots, &row);
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "room-%u", i);
		assert_int_equal(lands(ds, name), MEDIAD1);
	}
	ds->ds_away[MEDIAD1] = true;
	door_slot_lost(ds->ds_door, MEDIAD1);
	assert_int_equal(lands(ds, "room-1"), MEDIAD);
	door_sim_free(ds);
}

static void
test_federd(void **state)
{
	struct door_sim	*ds;

	(void)state;
	ds = door_sim_new(850, true, true);
	assert_int_equal(lands(ds, "_federation"), SIGNALD);
	assert_int_equal(lands(ds, "_probe"), SIGNALD);
	door_sim_worker(ds, FEDERD, PROC_FEDERD, 0);
	assert_int_equal(lands(ds, "_federation"), FEDERD);
	assert_int_equal(lands(ds, "_probe"), FEDERD);
	assert_int_equal(lands(ds, "_signal"), SIGNALD);
	assert_int_equal(lands(ds, "room"), MEDIAD);
	door_sim_free(ds);
}

/* Unchecked flights after those of one source, before all must be. */
#define HALF	(REASSEMBLY_MAX / 2 - REASSEMBLY_PER_SOURCE + 1)
#define SHARE	(20 - REASSEMBLY_PER_SOURCE)

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
from(struct door_sim *ds, struct sim_packet *sp, unsigned int a,
    unsigned int b)
{
	char	text[ADDR_STRLEN];

	snprintf(text, sizeof(text), "10.%u.%u.%u:999", a / 250, a % 250, b);
	assert_int_equal(addr_parse(&sp->sp_from, text), 0);
	door_sim_knock(ds, sp);
}

/* The whole table: the oldest make room, so that no flood shuts out. */
static void
test_full(struct door_sim *ds, struct crowd *cr)
{
	struct reassembly_hello	 rh;
	struct door_datagram	 dd;
	struct reassembly	*re;
	const uint8_t		*dcid = NULL;
	char			 text[ADDR_STRLEN];
	unsigned int		 i, evicted = 0;
	size_t			 len = 0;

	re = reassembly_new();
	assert_non_null(re);
	memset(&dd, 0, sizeof(dd));
	for (i = 0; i < cr->cr_max; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.1:999", i / 250,
		    i % 250);
		assert_int_equal(addr_parse(&dd.dd_remote, text), 0);
		dd.dd_data = cr->cr_packet[i].sp_data;
		dd.dd_len = cr->cr_packet[i].sp_len;
		assert_int_equal(initial_dcid(dd.dd_data, dd.dd_len, &dcid,
		    &len), 0);
		rh.rh_evicted = false;
		assert_int_equal(reassembly_feed(re, &dd, dcid, len,
		    ds->ds_sim->sm_now, &rh), REASSEMBLY_MORE);
		evicted += rh.rh_evicted;
	}
	assert_int_equal(evicted, cr->cr_max - REASSEMBLY_MAX);
	/* The newest again: it is there, nobody has to go. */
	rh.rh_evicted = false;
	assert_int_equal(reassembly_feed(re, &dd, dcid, len,
	    ds->ds_sim->sm_now, &rh), REASSEMBLY_MORE);
	assert_false(rh.rh_evicted);
	assert_int_equal(reassembly_count(re), REASSEMBLY_MAX);
	reassembly_free(re);
}

static void
test_limits(void **state)
{
	const struct door_counters	*dc;
	struct crowd			 cr;
	struct door_sim			*ds;
	struct sim			*sm;
	unsigned int			 i;

	(void)state;
	ds = door_sim_new(870, false, true);
	sm = ds->ds_sim;
	dc = door_counters(ds->ds_door);
	memset(&cr, 0, sizeof(cr));
	cr.cr_max = REASSEMBLY_MAX + 40;
	cr.cr_packet = calloc(cr.cr_max, sizeof(*cr.cr_packet));
	assert_non_null(cr.cr_packet);
	sm->sm_filter = collect;
	sm->sm_arg = &cr;
	while (cr.cr_count < cr.cr_max) {
		cr.cr_second = false;
		(void)door_sim_connect(ds, "room");
		sim_flush(sm);
		quic_endpoint_free(sm->sm_node[CLIENT].sn_ep);
		sim_start(&sm->sm_node[CLIENT]);
	}
	/* 20 of one /24, past its share with a Retry, then one of another. */
	for (i = 0; i < 20; i++)
		from(ds, &cr.cr_packet[i], 0, i);
	assert_int_equal(door_waiting(ds->ds_door), REASSEMBLY_PER_SOURCE);
	assert_int_equal(dc->dc_dropped_source, 0);
	assert_int_equal(dc->dc_retries, SHARE);
	from(ds, &cr.cr_packet[20], 1, 1);
	assert_int_equal(door_waiting(ds->ds_door), REASSEMBLY_PER_SOURCE + 1);
	/* A repetition takes a place of its own flight only: 4 in all. */
	for (i = 0; i < 3; i++)
		from(ds, &cr.cr_packet[20], 1, 1);
	assert_int_equal(door_waiting(ds->ds_door), REASSEMBLY_PER_SOURCE + 1);
	from(ds, &cr.cr_packet[20], 1, 1);
	assert_int_equal(door_waiting(ds->ds_door), REASSEMBLY_PER_SOURCE);
	/* From another address it is somebody else's. */
	from(ds, &cr.cr_packet[0], 7, 7);
	assert_int_equal(dc->dc_dropped_bad, 2);
	/* Half the table is for those whose address nobody has checked. */
	for (i = 21; i < cr.cr_max; i++) {
		assert_int_equal(dc->dc_retries, SHARE + (i <= 20 + HALF ? 0 :
		    i - 21 - HALF));
		from(ds, &cr.cr_packet[i], 10 + i, 1);
	}
	assert_int_equal(door_waiting(ds->ds_door), REASSEMBLY_MAX / 2 + 1);
	assert_int_equal(dc->dc_retries, SHARE + cr.cr_max - 21 - HALF);
	assert_int_equal(ds->ds_replies, dc->dc_retries);
	assert_int_equal(ds->ds_reply & 0xf0, 0xf0);
	/* After three seconds all is forgotten, the sources too. */
	sm->sm_now += 2999 * NS_PER_MS;
	door_expire(ds->ds_door, sm->sm_now);
	assert_int_equal(door_waiting(ds->ds_door), REASSEMBLY_MAX / 2 + 1);
	sm->sm_now += NS_PER_MS;
	door_expire(ds->ds_door, sm->sm_now);
	assert_int_equal(door_waiting(ds->ds_door), 0);
	assert_int_equal(dc->dc_dropped_expired, REASSEMBLY_MAX / 2 + 1);
	for (i = 0; i < 20; i++)
		from(ds, &cr.cr_packet[i], 0, i);
	assert_int_equal(door_waiting(ds->ds_door), REASSEMBLY_PER_SOURCE);
	test_full(ds, &cr);
	free(cr.cr_packet);
	door_sim_free(ds);
}

static void
test_strangers(void **state)
{
	const struct door_counters	*dc;
	struct sim_packet		 sp;
	struct door_sim			*ds;
	struct sim			*sm;
	uint64_t			 r;
	size_t				 i, n;

	(void)state;
	ds = door_sim_new(880, false, true);
	sm = ds->ds_sim;
	dc = door_counters(ds->ds_door);
	memset(&sp, 0, sizeof(sp));
	sp.sp_from = sm->sm_node[CLIENT].sn_addr;
	sp.sp_to = sm->sm_node[0].sn_addr;
	/* Another version: told which one is spoken, not too often. */
	memcpy(sp.sp_data, "\xc0\xff\0\0\x1d\x08" "12345678\x05" "abcde", 20);
	sp.sp_len = 1200;
	for (i = 0; i < 200; i++)
		door_sim_knock(ds, &sp);
	assert_int_equal(ds->ds_replies, 50);
	assert_int_equal(dc->dc_versions, 50);
	assert_int_equal(dc->dc_dropped_unknown, 150);
	sp.sp_len = 1199;
	sm->sm_now += 10 * NS_PER_S;
	door_sim_knock(ds, &sp);
	assert_int_equal(ds->ds_replies, 50);
	/* An ID of our form: nobody's slot, and the door's own. */
	for (i = 0; i < 2; i++) {
		memset(sp.sp_data, 0, sizeof(sp.sp_data));
		sp.sp_data[0] = 0x40;
		sp.sp_data[1] = i == 0 ? 0 : 63;
		sp.sp_data[2] = sp.sp_data[1] ^ 0x5a;
		n = dc->dc_dropped_unknown;
		door_sim_knock(ds, &sp);
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
		door_sim_knock(ds, &sp);
	}
	assert_int_equal(door_waiting(ds->ds_door), 0);
	assert_int_equal(dc->dc_by_name, 0);
	door_sim_free(ds);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_rooms),
		cmocka_unit_test(test_retiring),
		cmocka_unit_test(test_federd),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_strangers),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
