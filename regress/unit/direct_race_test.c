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
 * The race of wzp-protocol 7.6 on real connections in virtual time: between two
 * of ours, with an original on either side, and with people who are not who
 * they should be.
 *
 * COVERS: protocol 7.5, 7.6, 7.7 - roles, race, direct media; gap 39
 * COVERS: gap 7 - nothing is heard of, or said to, who proves nothing
 * COVERS: gap 40 - IPv6 is dialled between two of ours
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regress/unit/direct_sim.h"

/* As text 192... < 9...: the second dials. */
#define LOW	"192.0.2.10:5001"
#define HIGH	"9.9.9.9:5002"
#define LOW6	"[2001:db8::10]:5001"
#define HIGH6	"[2001:db8::9]:5002"

static bool
decided(struct dsim *dm)
{
	return (dm->dm_side[0].ds_decided && dm->dm_side[1].ds_decided);
}

static bool
decided_first(struct dsim *dm)
{
	return (dm->dm_side[0].ds_decided > 0);
}

/* Caller or callee dials; with a secret or without. */
static void
test_ours(void **state)
{
	struct dsim	*dm;
	unsigned int	 i, sealed;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (sealed = 0; sealed < 2; sealed++) {
			dm = dsim_new(8100 + i * 2 + sealed, false, sealed);
			dsim_side(dm, i, LOW, "", NAT_OPEN, "");
			dsim_side(dm, 1 - i, HIGH, "", NAT_OPEN, "");
			dsim_start(dm);
			/* Media does not begin before both have said so. */
			dsim_run(dm, 100);
			assert_int_equal(direct_send(
			    dm->dm_side[0].ds_direct,
			    (const uint8_t *)"x", 1), -1);
			assert_true(dsim_until(dm, decided, 6000));
			assert_true(dm->dm_side[0].ds_decided_direct);
			assert_true(dm->dm_side[1].ds_decided_direct);
			assert_true(dsim_both_up(dm) && dsim_same(dm));
			/* Who dialled is the one with the greater text. */
			assert_true(quic_conn_is_server(
			    dm->dm_side[i].ds_conn[0]));
			assert_int_equal(dsim_talk(dm, 50), 50);
			assert_int_equal(dm->dm_side[0].ds_dial_relay, 1);
			dsim_free(dm);
		}
	}
}

/*
 * Two candidates that both work, dialled at once: the proof is made on one, and
 * both sides end with that one.
 */
static void
test_two(void **state)
{
	struct dsim	*dm;
	unsigned int	 sealed;

	(void)state;
	for (sealed = 0; sealed < 2; sealed++) {
		dm = dsim_new(8150 + sealed, false, sealed);
		dsim_side(dm, 0, "192.168.7.2:5001", "", NAT_FULL, LOW);
		dsim_side(dm, 1, "192.168.7.3:5002", "", NAT_FULL, HIGH);
		dm->dm_lan = true;
		dsim_start(dm);
		assert_true(dsim_until(dm, decided, 6000));
		assert_true(dm->dm_side[0].ds_decided_direct);
		assert_true(dm->dm_side[1].ds_decided_direct);
		assert_int_equal(dm->dm_side[0].ds_accepted, 2);
		assert_int_equal(dm->dm_side[1].ds_most, sealed ? 2 : 1);
		assert_int_equal(dm->dm_side[0].ds_messages, sealed);
		assert_int_equal(dm->dm_side[1].ds_messages, sealed);
		assert_int_equal(dsim_talk(dm, 50), 50);
		assert_true(dsim_same(dm));
		dsim_free(dm);
	}
}

/* The acceptor does not dial, so its NAT keeps the dialer out (7.6). */
static void
test_shut(void **state)
{
	struct dsim	*dm;
	unsigned int	 nat;

	(void)state;
	for (nat = NAT_FULL; nat <= NAT_SHUT; nat++) {
		dm = dsim_new(8200, false, true);
		dsim_side(dm, 0, "10.0.0.2:5001", "", nat, LOW);
		dsim_side(dm, 1, HIGH, "", NAT_OPEN, "");
		dsim_start(dm);
		assert_true(dsim_until(dm, decided, 8000));
		assert_int_equal(dm->dm_side[0].ds_decided_direct,
		    nat == NAT_FULL);
		assert_int_equal(dm->dm_side[1].ds_decided_direct,
		    nat == NAT_FULL);
		assert_int_equal(dm->dm_side[1].ds_reported, nat == NAT_FULL);
		dsim_run(dm, 4000);
		assert_int_equal(dm->dm_side[0].ds_nconns, nat == NAT_FULL);
		assert_int_equal(dm->dm_side[1].ds_nconns, nat == NAT_FULL);
		assert_int_equal(dsim_talk(dm, 10), nat == NAT_FULL ? 10 : 0);
		dsim_free(dm);
	}
}

/* IPv6 is dialled between two of ours only: the original does not listen. */
static void
test_ipv6(void **state)
{
	struct dsim	*dm;
	unsigned int	 sealed;

	(void)state;
	for (sealed = 0; sealed < 2; sealed++) {
		dm = dsim_new(8300, false, sealed);
		dsim_side(dm, 0, "10.0.0.2:5001", LOW6, NAT_SHUT, LOW);
		dsim_side(dm, 1, HIGH, HIGH6, NAT_OPEN, "");
		dsim_start(dm);
		assert_true(dsim_until(dm, decided, 8000));
		assert_int_equal(dm->dm_side[1].ds_decided_direct, sealed);
		if (sealed)
			assert_int_equal(addr_family(
			    &dm->dm_side[1].ds_remote), AF_INET6);
		dsim_free(dm);
	}
}

/* Addresses that nothing can be made of: the relay, and no report. */
static void
test_none(void **state)
{
	struct dsim	*dm;

	(void)state;
	dm = dsim_new(8400, false, true);
	dsim_side(dm, 0, LOW, "", NAT_OPEN, "");
	dsim_side(dm, 1, HIGH, "", NAT_OPEN, "");
	dm->dm_side[0].ds_own.do_reflexive[0] = '\0';
	dsim_start_side(dm, 0);
	assert_int_equal(dm->dm_side[0].ds_decided, 1);
	assert_false(dm->dm_side[0].ds_decided_direct);
	dsim_run(dm, 6000);
	assert_int_equal(dm->dm_side[0].ds_decided, 1);
	assert_int_equal(dm->dm_side[0].ds_dial_relay, 0);
	assert_null(dm->dm_signals);
	dsim_free(dm);
}

/* Somebody else answers there: refused by name, and the relay it is. */
static void
test_wrong_secret(void **state)
{
	struct dsim	*dm;
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		dm = dsim_new(8500 + i, false, true);
		dsim_other_secret(dm);
		dsim_side(dm, i, LOW, "", NAT_OPEN, "");
		dsim_side(dm, 1 - i, HIGH, "", NAT_OPEN, "");
		dsim_start(dm);
		assert_true(dsim_until(dm, decided, 8000));
		assert_false(dm->dm_side[0].ds_decided_direct);
		assert_false(dm->dm_side[1].ds_decided_direct);
		assert_int_equal(dm->dm_side[0].ds_ups, 0);
		assert_int_equal(dm->dm_side[1].ds_ups, 0);
		/* The dialer proves first, so the acceptor is who sees it. */
		assert_string_equal(dm->dm_side[i].ds_refused,
		    HIGH " is not the person called");
		/* And the dialer is told so. */
		assert_string_equal(dm->dm_side[1 - i].ds_refused,
		    LOW " is not the person called");
		dsim_run(dm, 4000);
		assert_int_equal(dm->dm_side[0].ds_nconns, 0);
		assert_int_equal(dm->dm_side[1].ds_nconns, 0);
		dsim_free(dm);
	}
}

static void
say_report(struct dsim *dm, bool ok)
{
	struct signal	s;

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_MEDIA_PATH_REPORT;
	/* Of another call: not compared (7.6). */
	s.u.media_path_report.call_id = "x";
	s.u.media_path_report.direct_ok = ok;
	s.u.media_path_report.race_winner = ok ? "Direct" : "Relay";
	dm->dm_side[0].ds_shared.ls_now = dm->dm_sim->sm_now;
	direct_signal(dm->dm_side[0].ds_direct, &s);
}

/* An original at the other end: an endpoint that knows nothing of proofs. */
static struct dsim *
with_original(uint64_t seed, const char *own, const char *its, bool sealed)
{
	struct dsim	*dm = dsim_new(seed, false, sealed);

	dsim_side(dm, 0, own, "", NAT_OPEN, "");
	sim_start(sim_node(dm->dm_sim, 1, its, true, true));
	dm->dm_side[1].ds_node = &dm->dm_sim->sm_node[1];
	(void)strlcpy(dm->dm_side[1].ds_own.do_reflexive, its, ADDR_STRLEN);
	dsim_start_side(dm, 0);
	return (dm);
}

/*
 * It dials two candidates that both work, and goes on with the one that it
 * likes, which need not be the first that we see.
 */
static void
test_original_dials(void **state)
{
	struct sim_side	*one, *two, *used;
	struct sim_node	*sn;
	struct dsim	*dm;
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		dm = with_original(8600 + i, LOW, HIGH, false);
		sn = &dm->dm_sim->sm_node[1];
		one = sim_connect(sn, dm->dm_side[0].ds_node, DSIM_NAME);
		two = sim_connect(sn, dm->dm_side[0].ds_node, DSIM_NAME);
		dsim_run(dm, 300);
		assert_true(one->ss_established && two->ss_established);
		say_report(dm, true);
		assert_true(dsim_until(dm, decided_first, 6000));
		assert_true(dm->dm_side[0].ds_decided_direct);
		used = i == 0 ? one : two;
		assert_int_equal(quic_send_datagram(used->ss_conn, "hello", 5,
		    dm->dm_sim->sm_now), 0);
		dsim_run(dm, 200);
		assert_int_equal(dm->dm_side[0].ds_datagrams, 1);
		assert_int_equal(dm->dm_side[0].ds_nconns, 1);
		assert_int_equal(direct_send(dm->dm_side[0].ds_direct,
		    (const uint8_t *)"yes", 3), 0);
		dsim_run(dm, 10);
		dsim_run(dm, 200);
		assert_memory_equal(used->ss_datagram, "", 0);
		assert_true(used->ss_datagrams > 0);
		assert_false(used->ss_closed);
		assert_true((i == 0 ? two : one)->ss_closed);
		assert_string_equal((i == 0 ? two : one)->ss_reason,
		    "not-selected");
		dsim_free(dm);
	}
}

static void
test_original_accepts(void **state)
{
	struct sim_side	*ss;
	struct dsim	*dm;
	unsigned int	 ok;

	(void)state;
	for (ok = 0; ok < 2; ok++) {
		dm = with_original(8700 + ok, HIGH, LOW, false);
		dsim_run(dm, 300);
		ss = sim_server_side(&dm->dm_sim->sm_node[1]);
		assert_non_null(ss);
		assert_true(ss->ss_established);
		assert_string_equal(ss->ss_name, DSIM_NAME);
		say_report(dm, ok);
		assert_true(dsim_until(dm, decided_first, 6000));
		assert_true(dm->dm_side[0].ds_reported);
		assert_int_equal(dm->dm_side[0].ds_decided_direct, ok);
		(void)direct_send(dm->dm_side[0].ds_direct,
		    (const uint8_t *)"yes", 3);
		if (ok)
			(void)quic_send_datagram(ss->ss_conn, "hello", 5,
			    dm->dm_sim->sm_now);
		dsim_run(dm, 300);
		assert_int_equal(ss->ss_datagrams > 0, ok);
		assert_int_equal(dm->dm_side[0].ds_datagrams, ok);
		assert_int_equal(ss->ss_closed, !ok);
		if (!ok)
			assert_string_equal(ss->ss_reason, "not-selected");
		/* It ends: it is said that it did. */
		if (ok) {
			quic_close(ss->ss_conn, 0, "normal close");
			dsim_run(dm, 300);
			assert_int_equal(dm->dm_side[0].ds_downs, 1);
		}
		dsim_free(dm);
	}
}

/* Somebody takes our call and our proof, and has none; or there is nobody. */
static void
test_silent(void **state)
{
	struct sim_side	*ss;
	struct dsim	*dm;
	unsigned int	 there;

	(void)state;
	for (there = 0; there < 2; there++) {
		dm = with_original(8750 + there, HIGH, LOW, true);
		dm->dm_sim->sm_node[1].sn_dead = !there;
		dsim_run(dm, 300);
		ss = sim_server_side(&dm->dm_sim->sm_node[1]);
		assert_int_equal(ss != NULL, there);
		say_report(dm, true);
		assert_true(dsim_until(dm, decided_first, 8000));
		assert_false(dm->dm_side[0].ds_decided_direct);
		assert_false(dm->dm_side[0].ds_reported);
		assert_int_equal(dm->dm_side[0].ds_ups, 0);
		assert_string_equal(dm->dm_side[0].ds_refused, there ?
		    LOW " is not the person called" : "");
		dsim_run(dm, 200);
		if (there) {
			assert_int_equal(ss->ss_messages, 1);
			assert_int_equal(ss->ss_datagrams, 0);
			assert_true(ss->ss_closed);
		}
		dsim_free(dm);
	}
}

/*
 * Whoever dials us without a proof says nothing that we hear, and does not
 * stay; without a secret (an original) the same is a voice.
 */
static void
test_unproven(void **state)
{
	struct sim_side	*ss;
	struct dsim	*dm;
	unsigned int	 sealed;

	(void)state;
	for (sealed = 0; sealed < 2; sealed++) {
		dm = with_original(8800, LOW, HIGH, sealed);
		ss = sim_connect(&dm->dm_sim->sm_node[1],
		    dm->dm_side[0].ds_node, DSIM_NAME);
		dsim_run(dm, 200);
		assert_true(ss->ss_established);
		say_report(dm, true);
		dsim_run(dm, 1800);
		if (!sealed)
			assert_true(dm->dm_side[0].ds_decided_direct);
		(void)quic_send_datagram(ss->ss_conn, "hello", 5,
		    dm->dm_sim->sm_now);
		dsim_run(dm, 200);
		assert_int_equal(dm->dm_side[0].ds_datagrams, !sealed);
		dsim_run(dm, 2000);
		assert_int_equal(ss->ss_closed, sealed);
		assert_int_equal(dm->dm_side[0].ds_ups, !sealed);
		dsim_free(dm);
	}
}

/* A room, another call, nothing: not this call's name (gap 39). */
static void
test_name(void **state)
{
	static const char *const	names[] = { DSIM_NAME, "call-3f1c",
	    "call-call-3f1d", "_signal", "" };
	struct sim_side			*ss;
	struct dsim			*dm;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		dm = with_original(8900, LOW, HIGH, false);
		ss = sim_connect(&dm->dm_sim->sm_node[1],
		    dm->dm_side[0].ds_node, names[i]);
		assert_non_null(ss);
		dsim_run(dm, 500);
		assert_int_equal(ss->ss_established, i == 0);
		assert_int_equal(ss->ss_closed, i != 0);
		assert_int_equal(dm->dm_side[0].ds_refusals, i != 0);
		dsim_free(dm);
	}
}

/* Many that never prove anything: a few at a time, each for a while. */
static void
test_strangers(void **state)
{
	struct dsim	*dm;
	unsigned int	 i;

	(void)state;
	dm = with_original(9000, LOW, HIGH, true);
	for (i = 0; i < 30; i++) {
		(void)sim_connect(&dm->dm_sim->sm_node[1],
		    dm->dm_side[0].ds_node, DSIM_NAME);
		dsim_run(dm, 20);
	}
	assert_int_equal(dm->dm_side[0].ds_accepted, 8);
	assert_int_equal(dm->dm_side[0].ds_most, 8);
	dsim_run(dm, 4000);
	assert_int_equal(dm->dm_side[0].ds_nconns, 0);
	assert_int_equal(dm->dm_side[0].ds_ups, 0);
	dsim_free(dm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_shut),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_wrong_secret),
		cmocka_unit_test(test_original_dials),
		cmocka_unit_test(test_original_accepts),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_unproven),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_strangers),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
