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
 * Clients whose address changes in the middle of a call, found again by
 * connection ID, with the kernel's steering and without.
 *
 * COVERS: design 3 - NAT rebinding and migration by connection ID
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

#define FRAME_NS	(20 * NS_PER_MS)	/* 50 datagrams a second */
#define FRAMES		200
#define MOVE_AT		60
#define NEW_ADDR	"203.0.113.77:61000"

enum how {
	STAYS,
	REBOUND,	/* a NAT gave it another port: it does not know */
	MOVES,		/* it knows, and goes on from another address */
	HOWS
};

struct watch {
	struct addr	wa_drop;	/* nothing comes from here */
	uint8_t		wa_dcid[CID_LEN];	/* last one used */
	unsigned int	wa_dcids;	/* changes of it */
	unsigned int	wa_new;		/* packets from NEW_ADDR */
};

static bool
watch(struct sim *sm, struct sim_packet *sp)
{
	struct watch	*wa = sm->sm_arg;
	struct addr	 moved;

	assert_int_equal(addr_parse(&moved, NEW_ADDR), 0);
	if (addr_equal(&sp->sp_from, &sm->sm_node[DOOR].sn_addr))
		return (true);
	if (addr_equal(&sp->sp_from, &moved))
		wa->wa_new++;
	if ((sp->sp_data[0] & 0x80) == 0 &&
	    memcmp(wa->wa_dcid, sp->sp_data + 1, CID_LEN) != 0) {
		memcpy(wa->wa_dcid, sp->sp_data + 1, CID_LEN);
		wa->wa_dcids++;
	}
	return (wa->wa_drop.addr_len == 0 ||
	    !addr_equal(&sp->sp_from, &wa->wa_drop));
}

static void
move(struct sim *sm, struct sim_side *c, enum how how)
{
	struct sim_node	*sn = &sm->sm_node[CLIENT];

	switch (how) {
	case REBOUND:
		assert_int_equal(addr_parse(&sn->sn_addr, NEW_ADDR), 0);
		break;
	case MOVES:
		assert_int_equal(addr_parse(&sn->sn_addr2, NEW_ADDR), 0);
		assert_int_equal(quic_migrate(c->ss_conn, 0, &sn->sn_addr,
		    sm->sm_now), -1);
		assert_int_equal(quic_migrate(c->ss_conn, 0, &sn->sn_addr2,
		    sm->sm_now), 0);
		break;
	default:
		break;
	}
}

/*
 * A call of four seconds with signals of several packets going both ways.
 * nowhere: no packet of the new address arrives.
 */
static void
call(enum how how, bool original, bool steered, bool nowhere)
{
	struct sim_side	*c, *s;
	struct door_sim	*ds;
	struct watch	 wa;
	struct sim	*sm;
	struct addr	 moved;
	unsigned int	 i, n = 0, before;

	ds = door_sim_new(1100 + how, original, steered);
	sm = ds->ds_sim;
	memset(&wa, 0, sizeof(wa));
	sm->sm_filter = watch;
	sm->sm_arg = &wa;
	assert_int_equal(addr_parse(&moved, NEW_ADDR), 0);
	if (nowhere)
		wa.wa_drop = moved;
	c = door_sim_connect(ds, "room");
	assert_int_equal(quic_migrate(c->ss_conn, 0, &moved, sm->sm_now),
	    -1);
	assert_true(sim_until(sm, sim_is_established, c, NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	s = sim_server_side(&sm->sm_node[MEDIAD]);
	assert_non_null(s);
	assert_int_equal(quic_migrate(s->ss_conn, 0, &moved, sm->sm_now), -1);
	before = wa.wa_dcids;
	for (i = 0; i < FRAMES; i++) {
		if (i == MOVE_AT)
			move(sm, c, how);
		(void)quic_send_datagram(c->ss_conn, "up", 2, sm->sm_now);
		(void)quic_send_datagram(s->ss_conn, "down", 4, sm->sm_now);
		/* So that some are under way when it happens. */
		if (i % 5 == 4) {
			assert_int_equal(sim_message(c, n, 6000), 0);
			assert_int_equal(sim_message(s, n, 6000), 0);
			n++;
		}
		sim_run(sm, sm->sm_now + FRAME_NS);
	}
	if (nowhere) {
		/* What the checks below are worth. */
		assert_true(s->ss_datagrams <= MOVE_AT);
		assert_true(s->ss_messages < n);
		assert_true(addr_equal(quic_conn_remote(s->ss_conn),
		    &sm->sm_node[CLIENT].sn_addr) == (how == MOVES));
		door_sim_free(ds);
		return;
	}
	sim_run(sm, sm->sm_now + 3 * NS_PER_S);
	assert_false(c->ss_closed || s->ss_closed);
	assert_int_equal(s->ss_messages, n);
	assert_int_equal(c->ss_messages, n);
	assert_false(c->ss_disorder || s->ss_disorder);
	print_message("# %u up, %u down of %u; %u IDs\n", s->ss_datagrams,
	    c->ss_datagrams, FRAMES, wa.wa_dcids);
	if (how == STAYS) {
		assert_int_equal(s->ss_datagrams, FRAMES);
		assert_int_equal(c->ss_datagrams, FRAMES);
		assert_int_equal(wa.wa_new, 0);
		assert_int_equal(wa.wa_dcids, before);
	} else {
		/* Two round trips of voice at most (RFC 9000 9.4). */
		assert_true(s->ss_datagrams >= FRAMES - 4);
		assert_true(c->ss_datagrams >= FRAMES - 4);
		assert_true(wa.wa_new >= FRAMES - MOVE_AT);
		assert_true(addr_equal(quic_conn_remote(s->ss_conn), &moved));
	}
	/* Who moves on purpose cannot be followed by his ID (9.5). */
	if (how == MOVES)
		assert_true(wa.wa_dcids > before);
	assert_int_equal(door_counters(ds->ds_door)->dc_by_name, 1);
	door_sim_free(ds);
}

static void
test_call(void **state)
{
	unsigned int	how, i;

	(void)state;
	for (how = 0; how < HOWS; how++) {
		for (i = 0; i < 4; i++)
			call((enum how)how, i & 1, i & 2, false);
	}
}

static void
test_nowhere(void **state)
{
	(void)state;
	call(REBOUND, false, true, true);
	call(REBOUND, true, false, true);
	call(MOVES, false, true, true);
}

/*
 * Somebody on the way sends the client's packets from an address of his own:
 * he cannot answer a challenge, so the call stays where it is.
 */
static void
test_forged(void **state)
{
	struct sim_side	*c, *s;
	struct door_sim	*ds;
	struct addr	 forged;
	struct sim	*sm;
	unsigned int	 believed = 0, i;

	(void)state;
	ds = door_sim_new(1150, false, true);
	sm = ds->ds_sim;
	c = door_sim_connect(ds, "room");
	assert_true(sim_until(sm, sim_is_established, c, NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	s = sim_server_side(&sm->sm_node[MEDIAD]);
	assert_int_equal(addr_parse(&forged, NEW_ADDR), 0);
	for (i = 0; i < FRAMES; i++) {
		/* One packet takes another way; the client is where it was. */
		if (i == MOVE_AT) {
			struct addr	real = sm->sm_node[CLIENT].sn_addr;

			sm->sm_node[CLIENT].sn_addr = forged;
			(void)quic_send_datagram(c->ss_conn, "up", 2,
			    sm->sm_now);
			sm->sm_node[CLIENT].sn_addr = real;
		} else
			(void)quic_send_datagram(c->ss_conn, "up", 2,
			    sm->sm_now);
		(void)quic_send_datagram(s->ss_conn, "down", 4, sm->sm_now);
		sim_run(sm, sm->sm_now + FRAME_NS);
		/* Taken for a move at first, but not for a proven one. */
		if (addr_equal(quic_conn_remote(s->ss_conn), &forged))
			believed++;
		assert_true(addr_equal(quic_conn_validated(s->ss_conn),
		    &sm->sm_node[CLIENT].sn_addr));
	}
	assert_true(believed > 0);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_false(c->ss_closed || s->ss_closed);
	assert_int_equal(s->ss_datagrams, FRAMES);
	assert_true(c->ss_datagrams >= FRAMES - 6);
	assert_true(addr_equal(quic_conn_remote(s->ss_conn),
	    &sm->sm_node[CLIENT].sn_addr));
	door_sim_free(ds);
}

/*
 * A NAT changes the port and soon after the client moves on purpose, again
 * and again: bit i of moves says which of the two change i is.  enforced: the
 * limit of IDs that the server keeps to, 0: as it is.
 */
static bool
restless(unsigned int moves, unsigned int changes, unsigned int gap,
    unsigned int enforced)
{
	union {
		const ngtcp2_transport_params	*c;
		ngtcp2_transport_params		*v;
	}		 u;
	struct sim_side	*c, *s;
	struct sim_node	*sn;
	struct door_sim	*ds;
	struct sim	*sm;
	char		 text[ADDR_STRLEN];
	unsigned int	 i, before;
	bool		 alive;

	ds = door_sim_new(1160, false, true);
	sm = ds->ds_sim;
	sn = &sm->sm_node[CLIENT];
	c = door_sim_connect(ds, "room");
	assert_true(sim_until(sm, sim_is_established, c, NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	s = sim_server_side(&sm->sm_node[MEDIAD]);
	if (enforced != 0) {
		u.c = ngtcp2_conn_get_local_transport_params2(
		    s->ss_conn->qc_ng);
		u.v->active_connection_id_limit = enforced;
	}
	for (i = 0; i < (changes + 1) * gap && !s->ss_closed; i++) {
		if (i % gap == gap - 1 && i / gap < changes) {
			sn->sn_addr2 = sn->sn_addr;
			if (moves & (1U << (i / gap))) {
				snprintf(text, sizeof(text),
				    "203.0.113.%u:61000", 1 + i / gap);
				assert_int_equal(addr_parse(&sn->sn_addr2,
				    text), 0);
				/* Too fast for the spare IDs: a NAT's then. */
				(void)quic_migrate(c->ss_conn, 0,
				    &sn->sn_addr2, sm->sm_now);
			} else
				addr_set_port(&sn->sn_addr2,
				    (uint16_t)(2000 + i));
			sn->sn_addr = sn->sn_addr2;
		}
		(void)quic_send_datagram(c->ss_conn, "up", 2, sm->sm_now);
		(void)quic_send_datagram(s->ss_conn, "down", 4, sm->sm_now);
		sim_run(sm, sm->sm_now + FRAME_NS);
	}
	alive = !s->ss_closed;
	if (alive) {
		sim_run(sm, sm->sm_now + 3 * NS_PER_S);
		assert_true(addr_equal(quic_conn_remote(s->ss_conn),
		    &sn->sn_addr));
		assert_true(addr_equal(quic_conn_validated(s->ss_conn),
		    &sn->sn_addr));
		before = c->ss_datagrams;
		(void)quic_send_datagram(s->ss_conn, "down", 4, sm->sm_now);
		assert_int_equal(sim_message(c, 0, 6000), 0);
		sim_run(sm, sm->sm_now + NS_PER_S);
		assert_int_equal(c->ss_datagrams, before + 1);
		assert_int_equal(s->ss_messages, 1);
		assert_false(c->ss_closed || s->ss_closed);
	}
	door_sim_free(ds);
	return (alive);
}

static void
test_restless(void **state)
{
	unsigned int	gap, moves;

	(void)state;
	for (gap = 5; gap <= 65; gap += 20) {
		for (moves = 0; moves < 16; moves++)
			assert_true(restless(moves, 4, gap, 0));
		assert_true(restless(0x5555, 14, gap, 0));
		assert_true(restless(0xaaaa, 14, gap, 0));
	}
	/* Why conn.c leaves room (allow_more_ids()). */
	print_message("# with the limit that was announced it %s\n",
	    restless(2, 4, 25, 5) ? "lives: ngtcp2 is mended" : "dies");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_nowhere),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_restless),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
