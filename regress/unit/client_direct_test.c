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
 * Calls between two clients of ours that nobody in between can hear, by a
 * small relay in virtual time and directly; and what becomes of them when the
 * other is an original, the relay lies, or a way is lost.
 *
 * COVERS: client library: calls encrypted end to end, marked and refused ones,
 *	forged offers and answers, direct media and its loss, --relay-only
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/params.h"
#include "regress/unit/client_sim.h"

#define SIGNAL_NAME	QUIC_SNI_SIGNAL

static void
set_up(struct csim *cs, struct csim_client **alice, struct csim_client **bob,
    enum accept_mode mode)
{
	*bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	(*bob)->cl_config.cc_accept = mode;
	*alice = csim_client(cs, 0, CLIENT_CALL, (*bob)->cl_fp);
}

static void
begin(struct csim *cs, struct csim_client *alice, struct csim_client *bob)
{
	csim_start(bob);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2000));
	csim_start(alice);
}

static void
connect_two(struct csim *cs, struct csim_client **alice,
    struct csim_client **bob, enum accept_mode mode)
{
	set_up(cs, alice, bob, mode);
	begin(cs, *alice, *bob);
	assert_true(csim_until(cs, *alice, EVENT_MEDIA_START, 1, 5000));
	assert_true(csim_until(cs, *bob, EVENT_MEDIA_START, 1, 5000));
}

/* Hangs up; both have heard each packet of the other exactly once. */
static void
all_heard(struct csim *cs, struct csim_client *alice, struct csim_client *bob,
    unsigned int lost)
{
	const struct csim_event	*a, *b;

	client_hangup(alice->cl_client, cs->cs_now);
	assert_true(csim_until(cs, alice, EVENT_CALL_END, 1, 3000));
	assert_true(csim_until(cs, bob, EVENT_CALL_END, 1, 3000));
	a = csim_last(alice, EVENT_CALL_END);
	b = csim_last(bob, EVENT_CALL_END);
	assert_in_range(b->media.ms_rx.ps_packets, a->media.ms_sent - lost,
	    a->media.ms_sent);
	/* Who hangs up does not wait for what is on its way. */
	assert_in_range(a->media.ms_rx.ps_packets, b->media.ms_sent - lost - 2,
	    b->media.ms_sent);
	assert_int_equal(a->media.ms_rx.ps_duplicate, 0);
	assert_int_equal(b->media.ms_rx.ps_duplicate, 0);
	assert_in_range(a->media.ms_rx.ps_lost, 0, lost);
	assert_in_range(b->media.ms_rx.ps_lost, 0, lost);
	assert_int_equal(a->paths.pc_refused, 0);
	assert_int_equal(b->paths.pc_refused, 0);
}

/* By the relay only: the callee accepts without addresses. */
static void
test_relayed(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	const struct csim_event	*a, *b;

	(void)state;
	connect_two(cs, &alice, &bob, ACCEPT_GENERIC);
	a = csim_last(alice, EVENT_E2E);
	b = csim_last(bob, EVENT_E2E);
	assert_true(a->e2e);
	assert_true(b->e2e);
	/* Four words, the same ones. */
	assert_string_equal(a->words, b->words);
	assert_in_range(strlen(a->words), 4 + 3, sizeof(a->words) - 2);
	assert_true(csim_last(alice, EVENT_MEDIA_START)->e2e);
	csim_run(cs, 5000);
	assert_int_equal(csim_count(alice, EVENT_HEARD), 1);
	all_heard(cs, alice, bob, 0);
	assert_string_equal(csim_last(alice, EVENT_CALL_END)->path, "relay");
	/* Nobody told an address, nobody tried one. */
	assert_null(strstr(csim_message(cs, bob, SIGNAL_NAME, 1),
	    "198.51.100."));
	assert_int_equal(alice->cl_to_others, 0);
	assert_int_equal(bob->cl_to_others, 0);
	csim_free(cs);
}

/* One of them is an original: it goes on as ever, and says so. */
static void
test_original(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs;
	unsigned int		 which;

	(void)state;
	for (which = 0; which < 2; which++) {
		cs = csim_new();
		set_up(cs, &alice, &bob, ACCEPT_TRUSTED);
		(which == 0 ? alice : bob)->cl_config.cc_as_original = true;
		begin(cs, alice, bob);
		assert_true(csim_until(cs, alice, EVENT_MEDIA_START, 1, 5000));
		assert_true(csim_until(cs, bob, EVENT_MEDIA_START, 1, 5000));
		csim_run(cs, 5000);
		assert_false(csim_last(alice, EVENT_E2E)->e2e);
		assert_false(csim_last(bob, EVENT_MEDIA_START)->e2e);
		assert_string_equal(csim_last(bob, EVENT_E2E)->words, "");
		/* The first ones of the original find nobody in the room. */
		all_heard(cs, alice, bob, 12);
		assert_int_equal(alice->cl_to_others, 0);
		assert_int_equal(bob->cl_to_others, 0);
		csim_free(cs);
	}
}

/* Who wants to be heard by nobody else does not take part in such a call. */
static void
test_require(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs;
	const struct csim_event	*ev;
	unsigned int		 which;

	(void)state;
	for (which = 0; which < 3; which++) {
		cs = csim_new();
		set_up(cs, &alice, &bob, ACCEPT_GENERIC);
		if (which == 0) {
			/* The callee wants it. */
			bob->cl_config.cc_require_e2e = true;
			alice->cl_config.cc_as_original = true;
		} else if (which == 1) {
			alice->cl_config.cc_require_e2e = true;
			bob->cl_config.cc_as_original = true;
		} else {
			/* Two of ours, and a relay that takes the keys out. */
			alice->cl_config.cc_require_e2e = true;
			cs->cs_strip = true;
		}
		begin(cs, alice, bob);
		assert_true(csim_until_done(cs, alice, 5000));
		assert_false(alice->cl_ok);
		assert_int_equal(csim_count(alice, EVENT_MEDIA_START), 0);
		assert_int_equal(csim_count(bob, EVENT_MEDIA_START), 0);
		ev = which == 0 ? csim_last(bob, EVENT_WARNING) :
		    csim_last(alice, EVENT_ERROR);
		assert_non_null(ev);
		assert_non_null(strstr(ev->text, "end-to-end"));
		csim_free(cs);

		/* Without that wish it takes place. */
		cs = csim_new();
		set_up(cs, &alice, &bob, ACCEPT_GENERIC);
		(which == 0 ? alice : bob)->cl_config.cc_as_original =
		    which < 2;
		cs->cs_strip = which == 2;
		begin(cs, alice, bob);
		assert_true(csim_until(cs, alice, EVENT_MEDIA_START, 1, 5000));
		assert_false(csim_last(alice, EVENT_E2E)->e2e);
		csim_free(cs);
	}
}

/* A relay that puts a key of its own in. */
static void
test_forged(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs;
	unsigned int		 answer;

	(void)state;
	for (answer = 0; answer < 2; answer++) {
		cs = csim_new();
		set_up(cs, &alice, &bob, ACCEPT_TRUSTED);
		cs->cs_forge_offer = !answer;
		cs->cs_forge_answer = answer;
		begin(cs, alice, bob);
		assert_true(csim_until_done(cs, alice, 5000));
		assert_false(alice->cl_ok);
		csim_run(cs, 500);
		assert_int_equal(csim_count(alice, EVENT_MEDIA_START), 0);
		assert_int_equal(csim_count(bob, EVENT_MEDIA_START), 0);
		if (answer) {
			assert_int_equal(csim_count(alice, EVENT_ERROR), 1);
			assert_non_null(strstr(
			    csim_last(alice, EVENT_ERROR)->text,
			    "the call is ended: "));
			assert_string_equal(
			    csim_last(bob, EVENT_HANGUP)->by, "relay");
		} else {
			/* It is as if nobody had called. */
			assert_int_equal(csim_count(bob, EVENT_INCOMING), 0);
			assert_int_equal(csim_count(bob, EVENT_WARNING), 1);
			assert_non_null(strstr(
			    csim_last(bob, EVENT_WARNING)->text,
			    "a call was refused: "));
		}
		assert_false(bob->cl_done);
		csim_free(cs);
	}
}

/* The relay first, then directly, and nothing is heard of the change. */
static void
test_direct(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim_conn	*co;
	struct csim		*cs = csim_new();
	const struct csim_event	*a, *b;
	char			 room[80];
	uint64_t		 relayed;

	(void)state;
	connect_two(cs, &alice, &bob, ACCEPT_TRUSTED);
	csim_run(cs, 3000);
	assert_string_equal(csim_last(alice, EVENT_PATH)->path, "direct");
	assert_string_equal(csim_last(bob, EVENT_PATH)->path, "direct");
	assert_true(cs->cs_reports >= 2);
	assert_true(cs->cs_direct);
	(void)snprintf(room, sizeof(room), "call-%s",
	    csim_last(alice, EVENT_SETUP)->call_id);
	/* The room is kept, and nothing is said there. */
	assert_non_null(co = csim_conn(cs, alice, room));
	assert_non_null(co->co_conn);
	relayed = co->co_datagrams;
	csim_run(cs, 5000);
	assert_int_equal(co->co_datagrams, relayed);
	all_heard(cs, alice, bob, 0);
	a = csim_last(alice, EVENT_CALL_END);
	b = csim_last(bob, EVENT_CALL_END);
	assert_string_equal(a->path, "direct");
	assert_true(a->e2e);
	assert_true(b->e2e);
	assert_true(a->paths.pc_direct_sent > 250);
	assert_true(b->paths.pc_direct_received > 250);
	/* Both ways for a moment: repetitions that nobody hears. */
	assert_int_equal(a->media.ms_rx.ps_packets, a->paths.pc_relay_received +
	    a->paths.pc_direct_received);
	csim_free(cs);
}

/* Nobody learns an address of somebody who wants to tell none. */
static void
test_relay_only(void **state)
{
	struct csim_client	*alice, *bob, *who;
	struct csim		*cs;
	const char		*m;
	unsigned int		 which, n;

	(void)state;
	for (which = 0; which < 2; which++) {
		cs = csim_new();
		set_up(cs, &alice, &bob, ACCEPT_TRUSTED);
		who = which == 0 ? alice : bob;
		who->cl_config.cc_relay_only = true;
		begin(cs, alice, bob);
		assert_true(csim_until(cs, alice, EVENT_MEDIA_START, 1, 5000));
		csim_run(cs, 8000);
		for (n = 0; (m = csim_message(cs, who, SIGNAL_NAME, n)) !=
		    NULL; n++) {
			assert_null(strstr(m, "198.51.100"));
			assert_null(strstr(m, "_addr"));
			assert_null(strstr(m, "Reflect"));
			assert_null(strstr(m, "CallCandidates"));
		}
		assert_true(n >= 3);
		/* A trusted answer becomes a generic one. */
		if (who == bob)
			assert_string_equal(csim_last(alice,
			    EVENT_ANSWERED)->text, "generic");
		assert_true(csim_last(alice, EVENT_E2E)->e2e);
		assert_int_equal(csim_count(alice, EVENT_PATH), 0);
		assert_int_equal(who->cl_to_others, 0);
		all_heard(cs, alice, bob, 0);
		csim_free(cs);
	}
}

/* Two of ours at an original relay: the race, and proofs all the same. */
static void
test_race(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();

	(void)state;
	cs->cs_original = true;
	connect_two(cs, &alice, &bob, ACCEPT_TRUSTED);
	csim_run(cs, 3000);
	assert_true(csim_last(alice, EVENT_E2E)->e2e);
	/* The relay was dialled meanwhile, and both ways begin together. */
	assert_string_equal(csim_last(alice, EVENT_PATH)->path, "direct");
	assert_string_equal(csim_last(bob, EVENT_PATH)->path, "direct");
	assert_int_equal(cs->cs_reports, 2);
	assert_int_equal(cs->cs_rounds, 0);
	all_heard(cs, alice, bob, 0);
	csim_free(cs);

	/* Without keys it is as between originals: no proof, and marked. */
	cs = csim_new();
	cs->cs_original = cs->cs_strip = true;
	connect_two(cs, &alice, &bob, ACCEPT_TRUSTED);
	csim_run(cs, 5000);
	assert_false(csim_last(alice, EVENT_E2E)->e2e);
	assert_false(csim_last(alice, EVENT_MEDIA_START)->e2e);
	assert_true(cs->cs_direct);
	all_heard(cs, alice, bob, 0);
	assert_string_equal(csim_last(alice, EVENT_CALL_END)->path, "direct");
	assert_true(csim_last(bob, EVENT_CALL_END)->paths.pc_direct_received >
	    100);
	csim_free(cs);

	/* Nobody reaches the other: the relay. */
	cs = csim_new();
	cs->cs_original = true;
	set_up(cs, &alice, &bob, ACCEPT_TRUSTED);
	alice->cl_deaf = true;
	begin(cs, alice, bob);
	assert_true(csim_until(cs, alice, EVENT_MEDIA_START, 1, 12000));
	assert_true(csim_until(cs, bob, EVENT_MEDIA_START, 1, 12000));
	assert_string_equal(csim_last(bob, EVENT_MEDIA_START)->path, "relay");
	csim_run(cs, 3000);
	all_heard(cs, alice, bob, 0);
	csim_free(cs);
}

/* The direct way is cut: half a second, then by the relay. */
static void
test_cut(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();

	(void)state;
	connect_two(cs, &alice, &bob, ACCEPT_TRUSTED);
	csim_run(cs, 3000);
	assert_string_equal(csim_last(alice, EVENT_PATH)->path, "direct");
	alice->cl_deaf = true;
	csim_run(cs, 1500);
	assert_string_equal(csim_last(alice, EVENT_PATH)->path, "relay");
	assert_string_equal(csim_last(bob, EVENT_PATH)->path, "relay");
	csim_run(cs, 2000);
	alice->cl_deaf = false;
	csim_run(cs, 12000);
	assert_string_equal(csim_last(alice, EVENT_PATH)->path, "direct");
	assert_string_equal(csim_last(bob, EVENT_PATH)->path, "direct");
	assert_int_equal(csim_count(alice, EVENT_HANGUP), 0);
	all_heard(cs, alice, bob, 30);
	csim_free(cs);
}

/* The relay dies; people go on talking, and hang up when it is back. */
static void
test_relay_away(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	uint64_t		 before;

	(void)state;
	connect_two(cs, &alice, &bob, ACCEPT_TRUSTED);
	csim_run(cs, 3000);
	assert_string_equal(csim_last(alice, EVENT_PATH)->path, "direct");
	cs->cs_dead = true;
	csim_run(cs, 25000);
	assert_int_equal(csim_count(alice, EVENT_HANGUP), 0);
	assert_int_equal(csim_count(bob, EVENT_HANGUP), 0);
	assert_int_equal(csim_count(alice, EVENT_MEDIA_LOST), 0);
	assert_string_equal(csim_last(alice, EVENT_PATH)->path, "direct");
	assert_int_equal(csim_count(bob, EVENT_HANGUP), 0);
	before = csim_last(alice, EVENT_STATS)->media.ms_rx.ps_packets;
	assert_true(before > 1150);
	assert_int_equal(csim_last(alice, EVENT_STATS)->media.ms_rx.ps_lost,
	    0);
	cs->cs_dead = false;
	csim_restart_relay(cs);
	assert_true(csim_until(cs, alice, EVENT_REGISTERED, 2, 40000));
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 2, 40000));
	all_heard(cs, alice, bob, 0);
	csim_free(cs);
}

/* Hung up while the relay is away: the other hears of it directly. */
static void
test_hangup_away(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();

	(void)state;
	connect_two(cs, &alice, &bob, ACCEPT_TRUSTED);
	csim_run(cs, 3000);
	cs->cs_dead = true;
	csim_run(cs, 500);
	client_hangup(alice->cl_client, cs->cs_now);
	assert_true(csim_until(cs, bob, EVENT_HANGUP, 1, 100));
	assert_string_equal(csim_last(bob, EVENT_HANGUP)->by, "peer");
	assert_string_equal(csim_last(bob, EVENT_HANGUP)->text, "Normal");
	assert_true(csim_until(cs, bob, EVENT_CALL_END, 1, 2000));
	assert_int_equal(csim_count(bob, EVENT_ERROR), 0);
	csim_free(cs);
}

/* A relay that ends says that the call has ended: that is its opinion. */
static void
test_given_up(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	char			 text[128];

	(void)state;
	connect_two(cs, &alice, &bob, ACCEPT_TRUSTED);
	csim_run(cs, 3000);
	assert_string_equal(csim_last(alice, EVENT_PATH)->path, "direct");
	(void)snprintf(text, sizeof(text), "{\"Hangup\":{\"reason\":\"Error\","
	    "\"call_id\":\"%s\"}}", csim_last(alice, EVENT_SETUP)->call_id);
	csim_send(csim_conn(cs, alice, SIGNAL_NAME), text);
	csim_send(csim_conn(cs, bob, SIGNAL_NAME), text);
	csim_run(cs, 100);
	cs->cs_refuse = true;
	csim_restart_relay(cs);
	cs->cs_call_id[0] = '\0';
	csim_run(cs, 12000);
	assert_int_equal(csim_count(alice, EVENT_REGISTERED), 2);
	assert_int_equal(csim_count(alice, EVENT_WARNING), 1);
	assert_int_equal(csim_count(alice, EVENT_HANGUP), 0);
	assert_int_equal(csim_count(bob, EVENT_HANGUP), 0);
	assert_string_equal(csim_last(alice, EVENT_PATH)->path, "direct");
	/* No relay carries the Hangup. */
	all_heard(cs, alice, bob, 0);
	assert_string_equal(csim_last(bob, EVENT_HANGUP)->by, "peer");
	assert_string_equal(csim_last(bob, EVENT_HANGUP)->text, "Normal");
	csim_free(cs);

	/* By the relay it is the end. */
	cs = csim_new();
	connect_two(cs, &alice, &bob, ACCEPT_GENERIC);
	(void)snprintf(text, sizeof(text), "{\"Hangup\":{\"reason\":\"Error\","
	    "\"call_id\":\"%s\"}}", csim_last(alice, EVENT_SETUP)->call_id);
	csim_send(csim_conn(cs, alice, SIGNAL_NAME), text);
	assert_true(csim_until(cs, alice, EVENT_HANGUP, 1, 500));
	csim_free(cs);
}

/* The relay's part of the call ends for good, and then the other way, too. */
static void
test_both_away(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	uint64_t		 began;

	(void)state;
	connect_two(cs, &alice, &bob, ACCEPT_TRUSTED);
	csim_run(cs, 3000);
	cs->cs_dead = true;
	csim_run(cs, 25000);
	alice->cl_deaf = true;
	began = cs->cs_now;
	assert_true(csim_until(cs, alice, EVENT_HANGUP, 1, 60000));
	assert_in_range(cs->cs_now - began, 15 * NS_PER_S, 45 * NS_PER_S);
	csim_free(cs);
}

/* From one network into another: the host says so. */
static void
test_moved(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	struct addr		 host, old, first;
	const char		*m;
	unsigned int		 n, i, generations = 0;

	(void)state;
	set_up(cs, &alice, &bob, ACCEPT_TRUSTED);
	begin(cs, alice, bob);
	first = old = alice->cl_addr;
	addr_set_port(&old, 0);
	client_addresses(alice->cl_client, &old, 1, cs->cs_now);
	assert_true(csim_until(cs, alice, EVENT_MEDIA_START, 1, 5000));
	csim_run(cs, 3000);
	assert_string_equal(csim_last(alice, EVENT_PATH)->path, "direct");
	for (i = 0; i < 2; i++) {
		n = addr_port(&alice->cl_addr);
		host = alice->cl_addr;
		host.addr_u.in.sin_addr.s_addr =
		    htonl(0xc6336432 + i);		/* 198.51.100.50 */
		alice->cl_addr = host;
		addr_set_port(&alice->cl_addr, (uint16_t)n);
		addr_set_port(&host, 0);
		client_addresses(alice->cl_client, &host, 1, cs->cs_now);
		csim_run(cs, 8000);
		assert_string_equal(csim_last(alice, EVENT_PATH)->path,
		    "direct");
		assert_string_equal(csim_last(bob, EVENT_PATH)->path,
		    "direct");
	}
	assert_int_equal(csim_count(alice, EVENT_UNREGISTERED), 0);
	assert_int_equal(csim_count(alice, EVENT_MEDIA_LOST), 0);
	/* The log has them where they began. */
	host = alice->cl_addr;
	alice->cl_addr = first;
	for (n = 0; (m = csim_message(cs, alice, SIGNAL_NAME, n)) != NULL; n++)
		generations += strncmp(m, "{\"CallCandidates\"", 17) == 0;
	assert_true(generations >= 3);
	alice->cl_addr = host;
	all_heard(cs, alice, bob, 100);
	csim_free(cs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relayed),
		cmocka_unit_test(test_original),
		cmocka_unit_test(test_require),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_relay_only),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_relay_away),
		cmocka_unit_test(test_hangup_away),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_both_away),
		cmocka_unit_test(test_moved),
	};

	return (cmocka_run_group_tests(tests, csim_group_setup,
	    csim_group_teardown));
}
