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
 * COVERS: client library: back by itself after a relay that forgot it, within
 *	2 s in a call, 5 s waiting, 8 s as the original; tokens are given back;
 *	a ticket resumes, is given once, and an original asks for none;
 *	a relay that dies again and again, and one that sends us away;
 *	one that is full is asked again for 8 s before the first registration;
 *	a Hangup that was not heard is repeated; a new port in mid-call;
 *	a room that does not let us in any more, or that the other left
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

static void	(*transmit)(void *, const struct quic_packet *);
static size_t	 token_len[8];	/* of each first Initial */
static size_t	 dials;

static void	 watch(void *, const struct quic_packet *);

static void
connect_two(struct csim *cs, struct csim_client **alice,
    struct csim_client **bob, bool as_original)
{
	*bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	(*bob)->cl_config.cc_as_original = as_original;
	csim_start(*bob);
	assert_true(csim_until(cs, *bob, EVENT_REGISTERED, 1, 2000));
	*alice = csim_client(cs, 0, CLIENT_LISTEN, NULL);
	(*alice)->cl_config.cc_as_original = as_original;
	csim_start(*alice);
	assert_true(csim_until(cs, *alice, EVENT_REGISTERED, 1, 2000));
	assert_int_equal(client_dial((*alice)->cl_client, (*bob)->cl_fp,
	    cs->cs_now), 0);
	assert_true(csim_until(cs, *alice, EVENT_MEDIA_START, 1, 2000));
	assert_true(csim_until(cs, *bob, EVENT_MEDIA_START, 1, 2000));
}

/* A relay that is full for a while, and one that stays so. */
static void
test_full(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();

	(void)state;
	alice = csim_client(cs, 0, CLIENT_LISTEN, NULL);
	csim_start(alice);
	assert_true(csim_until(cs, alice, EVENT_REGISTERED, 1, 2000));
	quic_endpoint_set_max(cs->cs_relay, 1);
	bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	csim_start(bob);
	csim_run(cs, 4000);
	assert_false(bob->cl_done);
	assert_true(quic_endpoint_refused(cs->cs_relay) >= 2);
	assert_true(quic_endpoint_refused(cs->cs_relay) <= 10);
	quic_endpoint_set_max(cs->cs_relay, 16);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2500));
	csim_end(bob);
	csim_run(cs, 1000);
	quic_endpoint_set_max(cs->cs_relay, 1);
	bob = csim_client(cs, 2, CLIENT_LISTEN, NULL);
	csim_start(bob);
	csim_run(cs, 6000);
	assert_false(bob->cl_done);
	csim_run(cs, 5000);
	assert_true(bob->cl_done);
	assert_non_null(strstr(csim_last(bob, EVENT_ERROR)->text,
	    "busy or full"));
	csim_free(cs);
}

/* At whatever moment it happens. */
static void
test_idle(void **state)
{
	struct csim_client	*bob;
	struct csim		*cs;
	unsigned int		 original, at, n;

	(void)state;
	for (original = 0; original < 2; original++) {
		cs = csim_new();
		bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
		bob->cl_config.cc_as_original = original;
		csim_start(bob);
		assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2000));
		for (n = 1, at = 20; at < 12000; at = at * 2 + 77, n++) {
			csim_run(cs, at);
			csim_restart_relay(cs);
			assert_true(csim_until(cs, bob, EVENT_REGISTERED,
			    n + 1, original ? 8000 : 5000));
			assert_int_equal(csim_count(bob, EVENT_UNREGISTERED),
			    n);
		}
		assert_false(bob->cl_done);
		csim_free(cs);
	}
}

static void
test_in_call(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	unsigned int		 at, n;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	for (n = 1, at = 1100; n < 8; at += 303, n++) {
		csim_run(cs, at);
		csim_restart_relay(cs);
		/* Media says at once that nobody knows it. */
		assert_true(csim_until(cs, alice, EVENT_MEDIA_START, n + 1,
		    500));
		assert_true(csim_until(cs, bob, EVENT_MEDIA_START, n + 1,
		    500));
		assert_true(csim_until(cs, alice, EVENT_REGISTERED, n + 1,
		    2000));
		assert_true(csim_until(cs, bob, EVENT_REGISTERED, n + 1,
		    2000));
	}
	assert_int_equal(csim_count(alice, EVENT_HANGUP), 0);
	/* In a call, and then not any more. */
	assert_int_equal(client_dial(alice->cl_client, bob->cl_fp,
	    cs->cs_now), -1);
	client_hangup(alice->cl_client, cs->cs_now);
	assert_true(csim_until(cs, alice, EVENT_CALL_END, 1, 2000));
	assert_false(alice->cl_done);
	csim_free(cs);
}

/* It dies again in the middle of our coming back. */
static void
test_twice(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	uint64_t		 died;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	csim_run(cs, 5000);
	csim_restart_relay(cs);
	assert_true(csim_until(cs, alice, EVENT_UNREGISTERED, 1, 2000));
	csim_run(cs, 15);	/* our first packet has just arrived */
	csim_restart_relay(cs);
	died = cs->cs_now;
	assert_true(csim_until(cs, alice, EVENT_REGISTERED, 2, 5000));
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 2, 5000));
	assert_true(cs->cs_now - died < 5 * NS_PER_S);
	csim_run(cs, 3000);
	assert_int_equal(csim_count(alice, EVENT_HANGUP), 0);
	csim_free(cs);
}

/*
 * It dies again and again as soon as we are back, and we see it at once: that
 * is no reason to stay away.  Whom it sends away as often leaves it alone.
 */
static void
test_often(void **state)
{
	struct csim_client	*alice;
	struct csim		*cs = csim_new();
	uint64_t		 began;
	unsigned int		 n;

	(void)state;
	alice = csim_client(cs, 0, CLIENT_LISTEN, NULL);
	csim_start(alice);
	assert_true(csim_until(cs, alice, EVENT_REGISTERED, 1, 2000));
	for (n = 2; n < 10; n++) {
		csim_run(cs, 300);
		csim_restart_relay(cs);
		assert_int_equal(client_dial(alice->cl_client, alice->cl_fp,
		    cs->cs_now), 0);
		assert_true(csim_until(cs, alice, EVENT_UNREGISTERED, n - 1,
		    300));
		/* 2 s, a quarter more, and the way. */
		assert_true(csim_until(cs, alice, EVENT_REGISTERED, n, 3000));
	}
	csim_run(cs, 3000);
	began = cs->cs_now;
	for (; n < 16; n++) {
		csim_close(cs, csim_conn(cs, alice, SIGNAL_NAME), "busy");
		assert_true(csim_until(cs, alice, EVENT_REGISTERED, n, 20000));
		csim_run(cs, 300);
	}
	/* 0, 1, 2, 4, 8 and 15 s, and at most a quarter more. */
	assert_in_range(cs->cs_now - began, 30 * NS_PER_S, 42 * NS_PER_S);
	csim_free(cs);
}

/* The relay dies; we hang up before anybody has noticed. */
static void
test_owed(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	const char		*m;
	char			 want[128];
	unsigned int		 n, hangups;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	csim_run(cs, 3000);
	(void)snprintf(want, sizeof(want), "{\"Hangup\":{\"reason\":\"Normal\","
	    "\"call_id\":\"%s\"}}", csim_last(alice, EVENT_SETUP)->call_id);
	cs->cs_dead = true;
	client_hangup(alice->cl_client, cs->cs_now);
	csim_run(cs, 1500);
	assert_int_equal(csim_count(alice, EVENT_CALL_END), 1);
	cs->cs_dead = false;
	csim_restart_relay(cs);
	assert_true(csim_until(cs, alice, EVENT_REGISTERED, 2, 5000));
	csim_run(cs, 500);
	for (n = hangups = 0; (m = csim_message(cs, alice, SIGNAL_NAME, n)) !=
	    NULL; n++)
		hangups += strcmp(m, want) == 0;
	assert_int_equal(hangups, 1);

	/* It has been heard now: once is enough. */
	csim_restart_relay(cs);
	assert_true(csim_until(cs, alice, EVENT_REGISTERED, 3, 5000));
	csim_run(cs, 500);
	for (n = hangups = 0; (m = csim_message(cs, alice, SIGNAL_NAME, n)) !=
	    NULL; n++)
		hangups += strcmp(m, want) == 0;
	assert_int_equal(hangups, 1);
	csim_free(cs);
}

/* RFC 9000 8.1.3: of the last connection, and no token twice. */
static void
test_token(void **state)
{
	static const uint8_t	 key[32] = { 1, 2, 3 };
	struct csim_client	*bob;
	struct csim		*cs = csim_new();

	(void)state;
	dials = 0;
	quic_endpoint_token_key(cs->cs_relay, 1, key);
	bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	transmit = bob->cl_config.cc_transmit;
	bob->cl_config.cc_transmit = watch;
	csim_start(bob);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2000));
	csim_run(cs, 1000);
	/* It makes none itself, and is not asked for one. */
	csim_restart_relay(cs);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 2, 5000));
	csim_run(cs, 1000);
	csim_restart_relay(cs);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 3, 5000));
	assert_int_equal(dials, 3);
	assert_int_equal(token_len[0], 0);
	assert_in_range(token_len[1], 16, 255);
	assert_int_equal(token_len[2], 0);
	csim_free(cs);
}

/* RFC 8446 C.4: a ticket is given once, whatever becomes of that. */
static void
test_ticket(void **state)
{
	static const uint8_t	 key[32] = { 1, 2, 3 };
	struct csim_client	*bob;
	struct csim		*cs = csim_new();
	unsigned int		 original;

	(void)state;
	cs->cs_tickets.tk_on = true;
	assert_int_equal(ticket_keys_set(&cs->cs_tickets, 1, key), 0);
	for (original = 0; original < 2; original++) {
		bob = csim_client(cs, 1 + original, CLIENT_LISTEN, NULL);
		bob->cl_config.cc_as_original = original;
		csim_start(bob);
		assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2000));
		csim_run(cs, 1000);
		assert_int_equal(cs->cs_resumed, 0);
		csim_restart_relay(cs);
		assert_true(csim_until(cs, bob, EVENT_REGISTERED, 2, 8000));
		assert_int_equal(cs->cs_resumed, !original);
		csim_run(cs, 1000);
		/* It is given to a relay that does not hear it. */
		csim_restart_relay(cs);
		assert_true(csim_until(cs, bob, EVENT_UNREGISTERED, 2, 8000));
		cs->cs_dead = true;
		csim_run(cs, 20000);
		cs->cs_dead = false;
		assert_true(csim_until(cs, bob, EVENT_REGISTERED, 3, 40000));
		assert_int_equal(cs->cs_resumed, !original);
		csim_end(bob);
		csim_run(cs, 1000);
		cs->cs_resumed = 0;
	}
	csim_free(cs);
}

/* A NAT forgets; what comes to the old port is lost. */
static void
test_rebind(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	const struct csim_event	*end;
	char			 text[64];
	unsigned int		 n;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	for (n = 0; n < 5; n++) {
		csim_run(cs, 1700);
		(void)snprintf(text, sizeof(text), "198.51.100.77:6%03u", n);
		assert_int_equal(addr_parse(&alice->cl_addr, text), 0);
	}
	csim_run(cs, 1700);
	client_hangup(alice->cl_client, cs->cs_now);
	assert_true(csim_until(cs, bob, EVENT_HANGUP, 1, 1000));
	assert_true(csim_until(cs, bob, EVENT_CALL_END, 1, 2000));
	assert_int_equal(csim_count(alice, EVENT_MEDIA_LOST), 0);
	assert_int_equal(csim_count(bob, EVENT_MEDIA_LOST), 0);
	assert_int_equal(csim_count(alice, EVENT_UNREGISTERED), 0);
	end = csim_last(bob, EVENT_CALL_END);
	assert_true(end->media.ms_rx.ps_packets > 480);
	assert_true(end->media.ms_rx.ps_lost < 10);
	csim_free(cs);
}

/* Taken in and then refused again and again: the call is over. */
static void
test_refused(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim_conn	*co;
	struct csim		*cs;
	char			 name[80];
	unsigned int		 ms, original;

	(void)state;
	for (original = 0; original < 2; original++) {
		cs = csim_new();
		connect_two(cs, &alice, &bob, original);
		csim_run(cs, 2000);
		(void)snprintf(name, sizeof(name), "call-%s",
		    csim_last(alice, EVENT_SETUP)->call_id);
		cs->cs_refuse = true;
		csim_close(cs, csim_conn(cs, alice, name), "normal close");
		for (ms = 0; ms < 12000 && csim_count(alice, EVENT_HANGUP) ==
		    0; ms += 100)
			csim_run(cs, 100);
		/* Not at the first word of it, and long before 20 s. */
		assert_in_range(ms, 3000, 9000);
		assert_non_null(strstr(csim_last(alice, EVENT_ERROR)->text,
		    "does not let us"));
		assert_false(alice->cl_done);
		co = csim_conn(cs, alice, SIGNAL_NAME);
		assert_non_null(co->co_conn);
		csim_free(cs);
	}
}

/* The other is gone and nobody says why: not for ever. */
static void
test_alone(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();

	(void)state;
	connect_two(cs, &alice, &bob, false);
	csim_run(cs, 3000);
	csim_end(bob);
	/* His connections are silent until the relay gives them up. */
	csim_run(cs, 30000);
	assert_int_equal(csim_count(alice, EVENT_HANGUP), 0);
	assert_true(csim_until(cs, alice, EVENT_HANGUP, 1, 25000));
	assert_non_null(strstr(csim_last(alice, EVENT_ERROR)->text,
	    "has left"));
	assert_false(alice->cl_done);
	csim_free(cs);
}

/* Each is alone in a room of the same name: both come again. */
static void
test_split(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	char			 name[80];
	unsigned int		 n;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	csim_run(cs, 1000);
	(void)snprintf(name, sizeof(name), "call-%s",
	    csim_last(alice, EVENT_SETUP)->call_id);
	/* A worker that does not see the other one: it counts one. */
	cs->cs_mute = true;
	csim_send(csim_conn(cs, alice, name),
	    "{\"RoomUpdate\":{\"count\":1,\"participants\":[]}}");
	csim_run(cs, 200);
	n = csim_count(alice, EVENT_MEDIA_START);
	csim_run(cs, 2000);
	assert_int_equal(csim_count(alice, EVENT_MEDIA_START), n);
	cs->cs_mute = false;
	/* Somebody is heard after all. */
	csim_run(cs, 2000);
	assert_int_equal(csim_count(alice, EVENT_MEDIA_START), n);

	cs->cs_mute = true;
	csim_send(csim_conn(cs, alice, name),
	    "{\"RoomUpdate\":{\"count\":1,\"participants\":[]}}");
	assert_true(csim_until(cs, alice, EVENT_MEDIA_START, n + 1, 4000));
	cs->cs_mute = false;
	csim_run(cs, 1000);
	assert_int_equal(csim_count(alice, EVENT_HANGUP), 0);
	assert_int_equal(csim_last(alice, EVENT_ROOM_UPDATE)->count, 2);
	csim_free(cs);
}

/* The first packet of each dial, and the length of its token. */
static void
watch(void *arg, const struct quic_packet *qp)
{
	static uint8_t	last[20];
	const uint8_t	*p = qp->data;
	size_t		 at;

	if (qp->len >= 1200 && (p[0] & 0xf0) == 0xc0 && p[5] <= 20 &&
	    dials < sizeof(token_len) / sizeof(token_len[0])) {
		at = 6 + (size_t)p[5];
		if (memcmp(last, p + at + 1, p[at]) != 0) {
			/* Another ID of ours: another connection. */
			memcpy(last, p + at + 1, p[at]);
			at += 1 + (size_t)p[at];
			token_len[dials++] = p[at] < 64 ? p[at] :
			    (size_t)(p[at] & 63) << 8 | p[at + 1];
		}
	}
	transmit(arg, qp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_in_call),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_often),
		cmocka_unit_test(test_owed),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_ticket),
		cmocka_unit_test(test_rebind),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_split),
	};

	return (cmocka_run_group_tests(tests, csim_group_setup,
	    csim_group_teardown));
}
