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
 * The client against a small relay, all in virtual time: registration, calls
 * from both sides, refusals, losses, ends; and the original's command line
 * client as its messages show it.
 *
 * COVERS: row 1.24 - command line client: registers, answers AcceptGeneric
 *	with GOOD, one offer with the fields named, joins the room on
 *	CallSetup, interrupt sends Hangup{Normal} and closes media
 * COVERS: limit client - pinned certificates, registration again after 0, 1,
 * COVERS: gap 1 - the relay is pinned; another key is refused, nothing said
 * COVERS: gap 5 - a CallAnswer that its key did not sign ends the join
 * COVERS: gap 47 - a relay_addr that is no address, or wrong, does no harm
 * COVERS: gap 51 - unknown and impossible signals end neither call nor link
 *	1.5 s, media joined again, busy, proof of possession, limits of waiting
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/params.h"
#include "regress/unit/client_sim.h"

#define SIGNAL_NAME	QUIC_SNI_SIGNAL

static const char *
ints(const uint8_t *p, size_t n)
{
	static char	buf[2][1024];
	static int	which;
	size_t		i;
	char		*b = buf[which ^= 1];

	(void)strlcpy(b, "[", sizeof(buf[0]));
	for (i = 0; i < n; i++)
		(void)snprintf(b + strlen(b), sizeof(buf[0]) - strlen(b),
		    "%s%u", i > 0 ? "," : "", p[i]);
	(void)strlcat(b, "]", sizeof(buf[0]));
	return (b);
}

static const uint8_t	zero[32];

/* Alice calls Bob; both are registered and in the call's room. */
static void
connect_two(struct csim *cs, struct csim_client **alice,
    struct csim_client **bob, bool as_original)
{
	*bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	(*bob)->cl_config.cc_once = true;
	(*bob)->cl_config.cc_as_original = as_original;
	csim_start(*bob);
	assert_true(csim_until(cs, *bob, EVENT_REGISTERED, 1, 2000));
	*alice = csim_client(cs, 0, CLIENT_CALL, (*bob)->cl_fp);
	(*alice)->cl_config.cc_as_original = as_original;
	csim_start(*alice);
	assert_true(csim_until(cs, *alice, EVENT_MEDIA_START, 1, 2000));
	assert_true(csim_until(cs, *bob, EVENT_MEDIA_START, 1, 2000));
}

static void
test_call(void **state)
{
	static const enum client_event_type	order[] = { EVENT_PINNED,
	    EVENT_CONNECTED, EVENT_REGISTERED, EVENT_OFFER_SENT, EVENT_RINGING,
	    EVENT_ANSWERED, EVENT_E2E, EVENT_SETUP };
	const struct csim_event	*a, *b;
	struct csim_client	*alice, *bob;
	struct csim_conn	*co;
	struct csim		*cs = csim_new();
	char			 room[80];
	size_t			 i;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		assert_int_equal(alice->cl_events[i].type, order[i]);
	assert_string_equal(csim_last(alice, EVENT_ANSWERED)->text,
	    "generic");
	assert_int_equal(csim_count(bob, EVENT_INCOMING), 1);
	assert_string_equal(csim_last(bob, EVENT_INCOMING)->text,
	    alice->cl_fp);
	/* Possession of the key is proven on both kinds of connection. */
	co = csim_conn(cs, alice, SIGNAL_NAME);
	assert_true(co->co_proven);
	assert_string_equal(co->co_fp, alice->cl_fp);
	(void)snprintf(room, sizeof(room), "call-%s",
	    csim_last(alice, EVENT_SETUP)->call_id);
	assert_non_null(co = csim_conn(cs, bob, room));
	assert_true(co->co_proven);
	/* 128 random bits in lower-case hex. */
	assert_int_equal(strlen(room), 5 + 32);
	assert_int_equal(strspn(room + 5, "0123456789abcdef"), 32);

	csim_run(cs, 10000);
	client_stop(alice->cl_client, cs->cs_now);
	assert_true(csim_until_done(cs, alice, 2000));
	assert_true(csim_until_done(cs, bob, 2000));
	assert_true(alice->cl_ok);
	assert_true(bob->cl_ok);
	assert_string_equal(csim_last(alice, EVENT_HANGUP)->by, "self");
	assert_string_equal(csim_last(bob, EVENT_HANGUP)->by, "peer");
	assert_string_equal(csim_last(bob, EVENT_HANGUP)->text, "Normal");

	/* What one sent the other received, each packet. */
	a = csim_last(alice, EVENT_CALL_END);
	b = csim_last(bob, EVENT_CALL_END);
	assert_in_range(a->media.ms_sent, 500, 504);
	assert_int_equal(a->media.ms_sent, b->media.ms_rx.ps_packets);
	assert_int_equal(b->media.ms_sent, a->media.ms_rx.ps_packets);
	assert_int_equal(b->media.ms_rx.ps_lost, 0);
	assert_int_equal(b->media.ms_rx.ps_concealed, 0);
	assert_int_equal(b->media.ms_dropped, 0);
	assert_true(csim_count(alice, EVENT_STATS) >= 1);
	assert_int_equal(csim_count(alice, EVENT_ERROR), 0);
	assert_int_equal(csim_count(bob, EVENT_ERROR), 0);

	/* Ends as 6.8 and 1.7 say. */
	co = csim_conn(cs, alice, room);
	assert_true(co->co_by_peer);
	assert_int_equal(co->co_code, 0);
	assert_string_equal(co->co_reason, "normal close");
	co = csim_conn(cs, alice, SIGNAL_NAME);
	assert_true(co->co_by_peer);
	assert_string_equal(co->co_reason, "normal close");
	csim_free(cs);
}

/* Every second of a call a Ping, and Hangup names the call. */
static void
test_ping_hangup(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	const char		*m;
	char			 want[128];
	unsigned int		 n, pings = 0;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	csim_run(cs, 10000);
	client_stop(alice->cl_client, cs->cs_now);
	assert_true(csim_until_done(cs, alice, 2000));
	for (n = 0; (m = csim_message(cs, alice, SIGNAL_NAME, n)) != NULL;
	    n++)
		if (strncmp(m, "{\"Ping\":", 8) == 0)
			pings++;
	assert_in_range(pings, 9, 10);
	(void)snprintf(want, sizeof(want), "{\"Hangup\":{\"reason\":\"Normal\","
	    "\"call_id\":\"%s\"}}", csim_last(alice, EVENT_HANGUP)->call_id);
	assert_string_equal(csim_message(cs, alice, SIGNAL_NAME, n - 1),
	    want);
	csim_free(cs);
}

static void
test_as_original(void **state)
{
	static const char	 good[] =
	    "{\"codec\":\"Opus24k\",\"fec_ratio\":0.2,"
	    "\"frame_duration_ms\":20,\"frames_per_block\":5}";
	struct csim_client	*alice, *bob;
	struct csim_conn	*co;
	struct csim		*cs = csim_new();
	char			 want[4096], room[80];
	const char		*id, *m;

	(void)state;
	connect_two(cs, &alice, &bob, true);
	csim_run(cs, 5000);
	id = csim_last(alice, EVENT_SETUP)->call_id;

	/* 5.1: the old form of the registration, nothing more. */
	(void)snprintf(want, sizeof(want), "{\"RegisterPresence\":"
	    "{\"identity_pub\":%s,\"signature\":[],\"alias\":null}}",
	    ints(alice->cl_identity.id_pub, 32));
	assert_string_equal(csim_message(cs, alice, SIGNAL_NAME, 0), want);
	assert_false(csim_conn(cs, alice, SIGNAL_NAME)->co_proven);

	/* 6.2: nanoseconds in hex; row 1.24: the offer. */
	assert_int_equal(strlen(id), 16);
	assert_int_equal(strspn(id, "0123456789abcdef"), 16);
	assert_in_range(strtoull(id, NULL, 16) / NS_PER_S,
	    clock_wall_ms() / 1000 - 100, clock_wall_ms() / 1000);
	(void)snprintf(want, sizeof(want), "{\"DirectCallOffer\":"
	    "{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
	    "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\","
	    "\"identity_pub\":%s,\"ephemeral_pub\":%s,\"signature\":[],"
	    "\"supported_profiles\":[%s]}}", alice->cl_fp, bob->cl_fp, id,
	    ints(alice->cl_identity.id_pub, 32), ints(zero, 32), good);
	assert_string_equal(csim_message(cs, alice, SIGNAL_NAME, 1), want);

	/* The answer. */
	(void)snprintf(want, sizeof(want), "{\"DirectCallAnswer\":"
	    "{\"call_id\":\"%s\",\"accept_mode\":\"AcceptGeneric\","
	    "\"identity_pub\":%s,\"chosen_profile\":%s}}", id,
	    ints(bob->cl_identity.id_pub, 32), good);
	assert_string_equal(csim_message(cs, bob, SIGNAL_NAME, 1), want);

	/* The room: CallOffer without proof, then datagrams. */
	(void)snprintf(room, sizeof(room), "call-%s", id);
	m = csim_message(cs, alice, room, 0);
	assert_non_null(m);
	assert_memory_equal(m, "{\"CallOffer\":", 13);
	assert_null(strstr(m, "proof"));
	assert_null(csim_message(cs, alice, room, 1));
	co = csim_conn(cs, alice, room);
	assert_true(co->co_datagrams > 240);

	/* An interrupt: Hangup{Normal} without call_id, media closed. */
	client_stop(alice->cl_client, cs->cs_now);
	assert_true(csim_until_done(cs, alice, 3000));
	assert_string_equal(csim_message(cs, alice, SIGNAL_NAME, 2),
	    "{\"Hangup\":{\"reason\":\"Normal\"}}");
	assert_null(csim_message(cs, alice, SIGNAL_NAME, 3));
	csim_run(cs, 50);
	assert_true(co->co_by_peer);
	assert_string_equal(co->co_reason, "normal close");
	assert_true(csim_until_done(cs, bob, 3000));
	assert_true(alice->cl_ok);
	assert_true(bob->cl_ok);
	csim_free(cs);
}

static void
test_reject(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	const struct csim_event	*ev;
	char			 want[128];

	(void)state;
	bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	bob->cl_config.cc_accept = ACCEPT_REJECT;
	csim_start(bob);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2000));
	alice = csim_client(cs, 0, CLIENT_CALL, bob->cl_fp);
	csim_start(alice);
	assert_true(csim_until_done(cs, alice, 5000));
	assert_false(alice->cl_ok);
	assert_int_equal(csim_count(alice, EVENT_MEDIA_START), 0);
	assert_non_null(ev = csim_last(bob, EVENT_HANGUP));
	assert_string_equal(ev->text, "Declined");
	assert_string_equal(ev->by, "self");
	(void)snprintf(want, sizeof(want), "{\"DirectCallAnswer\":{\"call_id\":"
	    "\"%s\",\"accept_mode\":\"Reject\"}}", ev->call_id);
	assert_string_equal(csim_message(cs, bob, SIGNAL_NAME, 1), want);
	/* The callee goes on listening, and takes the next call. */
	csim_run(cs, 1000);
	assert_false(bob->cl_done);
	csim_end(alice);
	alice = csim_client(cs, 0, CLIENT_CALL, bob->cl_fp);
	csim_start(alice);
	assert_true(csim_until(cs, bob, EVENT_INCOMING, 2, 5000));
	csim_free(cs);
}

static void
test_offline(void **state)
{
	struct csim_client	*alice;
	struct csim		*cs = csim_new();

	(void)state;
	alice = csim_client(cs, 0, CLIENT_CALL, cs->cs_client[1].cl_fp);
	csim_start(alice);
	assert_true(csim_until_done(cs, alice, 5000));
	assert_false(alice->cl_ok);
	assert_int_equal(csim_count(alice, EVENT_RINGING), 0);
	assert_string_equal(csim_last(alice, EVENT_HANGUP)->by, "relay");
	csim_free(cs);
}

/* The third is told that the callee is busy; the call goes on. */
static void
test_busy(void **state)
{
	struct csim_client	*alice, *bob, *carol;
	struct csim		*cs = csim_new();

	(void)state;
	connect_two(cs, &alice, &bob, false);
	carol = csim_client(cs, 2, CLIENT_CALL, bob->cl_fp);
	csim_start(carol);
	assert_true(csim_until_done(cs, carol, 5000));
	assert_false(carol->cl_ok);
	assert_string_equal(csim_last(carol, EVENT_HANGUP)->text, "Busy");
	assert_string_equal(csim_last(carol, EVENT_HANGUP)->by, "peer");
	assert_int_equal(csim_count(bob, EVENT_BUSY), 1);
	assert_int_equal(csim_count(bob, EVENT_INCOMING), 1);
	csim_run(cs, 3000);
	assert_false(alice->cl_done);
	assert_false(bob->cl_done);
	assert_int_equal(csim_count(alice, EVENT_HANGUP), 0);
	csim_free(cs);
}

/* Interrupted while it rings. */
static void
test_cancel(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();

	(void)state;
	cs->cs_no_setup = true;		/* Bob answers, nothing follows */
	bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	csim_start(bob);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2000));
	alice = csim_client(cs, 0, CLIENT_CALL, bob->cl_fp);
	csim_start(alice);
	assert_true(csim_until(cs, alice, EVENT_RINGING, 1, 2000));
	client_stop(alice->cl_client, cs->cs_now);
	assert_true(csim_until_done(cs, alice, 3000));
	assert_false(alice->cl_ok);
	assert_true(csim_until(cs, bob, EVENT_HANGUP, 1, 2000));
	assert_string_equal(csim_last(bob, EVENT_HANGUP)->by, "peer");
	csim_free(cs);
}

/* Nothing is waited for without end. */
static void
test_limits(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	uint64_t		 began;

	(void)state;
	/* A relay that says nothing to an offer: 15 s. */
	cs->cs_no_ringing = cs->cs_no_setup = true;
	alice = csim_client(cs, 0, CLIENT_CALL, cs->cs_client[0].cl_fp);
	csim_start(alice);	/* itself: nobody answers such an offer */
	assert_true(csim_until(cs, alice, EVENT_OFFER_SENT, 1, 2000));
	began = cs->cs_now;
	assert_true(csim_until_done(cs, alice, 130000));
	assert_false(alice->cl_ok);
	assert_true(cs->cs_now - began <= 18 * NS_PER_S);
	csim_end(alice);

	/* Answered, but no CallSetup: 15 s, both sides. */
	bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	bob->cl_config.cc_once = true;
	csim_start(bob);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2000));
	cs->cs_call_id[0] = '\0';
	alice = csim_client(cs, 0, CLIENT_CALL, bob->cl_fp);
	csim_start(alice);
	assert_true(csim_until(cs, alice, EVENT_ANSWERED, 1, 2000));
	began = cs->cs_now;
	assert_true(csim_until_done(cs, alice, 130000));
	assert_false(alice->cl_ok);
	assert_true(cs->cs_now - began <= 18 * NS_PER_S);
	csim_free(cs);
}

static void
test_signal_lost(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim_conn	*room, *old;
	struct csim		*cs = csim_new();
	char			 name[80];
	uint64_t		 sent, lost;
	unsigned int		 i;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	csim_run(cs, 2000);
	(void)snprintf(name, sizeof(name), "call-%s",
	    csim_last(alice, EVENT_SETUP)->call_id);
	room = csim_conn(cs, alice, name);
	sent = room->co_datagrams;

	/* At once, and media does not stop. */
	old = csim_conn(cs, alice, SIGNAL_NAME);
	csim_close(cs, old, "normal close");
	assert_true(csim_until(cs, alice, EVENT_REGISTERED, 2, 500));
	assert_int_equal(csim_count(alice, EVENT_UNREGISTERED), 1);
	csim_run(cs, 800);
	assert_true(room->co_datagrams > sent + 35);
	assert_int_equal(csim_count(alice, EVENT_HANGUP), 0);

	/* Then after 1, 2, 4 s, or a little more. */
	for (i = 0; i < 3; i++) {
		csim_close(cs, csim_conn(cs, alice, SIGNAL_NAME),
		    "normal close");
		assert_true(csim_until(cs, alice, EVENT_UNREGISTERED, i + 2,
		    500));
		lost = cs->cs_now;
		assert_true(csim_until(cs, alice, EVENT_REGISTERED, i + 3,
		    6000));
		assert_in_range(cs->cs_now - lost, (1U << i) * NS_PER_S,
		    (1U << i) * (NS_PER_S + 250 * NS_PER_MS) +
		    200 * NS_PER_MS);
	}
	client_stop(alice->cl_client, cs->cs_now);
	assert_true(csim_until_done(cs, alice, 3000));
	assert_true(alice->cl_ok);
	csim_end(alice);

	/* Another client took over: no fight. */
	alice = csim_client(cs, 0, CLIENT_LISTEN, NULL);
	csim_start(alice);
	assert_true(csim_until(cs, alice, EVENT_REGISTERED, 1, 2000));
	csim_close(cs, csim_conn(cs, alice, SIGNAL_NAME), "replaced");
	assert_true(csim_until_done(cs, alice, 3000));
	assert_false(alice->cl_ok);
	csim_free(cs);
}

static void
test_media_lost(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	const struct csim_event	*end;
	char			 name[80];
	uint64_t		 lost;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	csim_run(cs, 6000);
	(void)snprintf(name, sizeof(name), "call-%s",
	    csim_last(alice, EVENT_SETUP)->call_id);
	lost = cs->cs_now;
	csim_close(cs, csim_conn(cs, alice, name), "shutdown");
	assert_true(csim_until(cs, alice, EVENT_MEDIA_LOST, 1, 500));
	assert_true(csim_until(cs, alice, EVENT_MEDIA_START, 2, 500));
	assert_true(cs->cs_now - lost < 300 * NS_PER_MS);
	csim_run(cs, 3000);
	client_stop(alice->cl_client, cs->cs_now);
	assert_true(csim_until_done(cs, alice, 3000));
	assert_true(csim_until_done(cs, bob, 3000));
	assert_true(alice->cl_ok);
	/* Bob heard the gap, as one gap, and then more. */
	end = csim_last(bob, EVENT_CALL_END);
	assert_in_range(end->media.ms_rx.ps_lost, 1, 10);
	assert_true(end->media.ms_rx.ps_packets > 430);
	csim_free(cs);
}

/* The relay still answers but forwards nothing: joined anew, in vain. */
static void
test_stall(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	uint64_t		 began;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	csim_run(cs, 2000);
	cs->cs_mute = true;
	began = cs->cs_now;
	assert_true(csim_until(cs, alice, EVENT_MEDIA_LOST, 1, 7000));
	assert_true(cs->cs_now - began >= 4900 * NS_PER_MS);
	assert_true(csim_until(cs, alice, EVENT_MEDIA_START, 2, 500));
	cs->cs_mute = false;
	csim_run(cs, 30000);
	assert_int_equal(csim_count(alice, EVENT_MEDIA_LOST), 1);
	csim_free(cs);
}

/* The relay is dead: the call ends, and says why. */
static void
test_dead(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	uint64_t		 began;

	(void)state;
	connect_two(cs, &alice, &bob, false);
	csim_run(cs, 2000);
	cs->cs_dead = true;
	began = cs->cs_now;
	assert_true(csim_until_done(cs, alice, 60000));
	assert_false(alice->cl_ok);
	assert_true(cs->cs_now - began <= 30 * NS_PER_S);
	assert_true(csim_count(alice, EVENT_ERROR) >= 1);
	csim_end(alice);

	/* And nobody there from the beginning. */
	alice = csim_client(cs, 0, CLIENT_CALL, bob->cl_fp);
	csim_start(alice);
	began = cs->cs_now;
	assert_true(csim_until_done(cs, alice, 60000));
	assert_false(alice->cl_ok);
	assert_true(cs->cs_now - began <= 12 * NS_PER_S);
	assert_int_equal(csim_count(alice, EVENT_ERROR), 1);
	csim_free(cs);
}

static void
test_pin(void **state)
{
	struct csim_client	*alice;
	struct csim		*cs = csim_new();
	char			 fp[TLS_FP_STRLEN];

	(void)state;
	alice = csim_client(cs, 0, CLIENT_PING, NULL);
	csim_start(alice);
	assert_true(csim_until_done(cs, alice, 3000));
	assert_true(alice->cl_ok);
	assert_int_equal(csim_count(alice, EVENT_PINNED), 1);
	csim_end(alice);

	/* Known now. */
	alice = csim_client(cs, 0, CLIENT_PING, NULL);
	csim_start(alice);
	assert_true(csim_until_done(cs, alice, 3000));
	assert_true(alice->cl_ok);
	assert_int_equal(csim_count(alice, EVENT_PINNED), 0);
	csim_end(alice);

	/* Another key: refused before anything is sent, known stays known. */
	csim_new_relay(cs);
	alice = csim_client(cs, 0, CLIENT_LISTEN, NULL);
	csim_start(alice);
	assert_true(csim_until_done(cs, alice, 3000));
	assert_false(alice->cl_ok);
	assert_int_equal(csim_count(alice, EVENT_PIN_MISMATCH), 1);
	assert_int_equal(csim_count(alice, EVENT_CONNECTED), 0);
	assert_int_equal(csim_count(alice, EVENT_ERROR), 1);
	assert_null(csim_message(cs, alice, SIGNAL_NAME, 0));
	(void)strlcpy(fp, csim_last(alice, EVENT_PIN_MISMATCH)->text,
	    sizeof(fp));
	assert_int_equal(strlen(fp), TLS_FP_STRLEN - 1);
	csim_end(alice);
	alice = csim_client(cs, 0, CLIENT_PING, NULL);
	csim_start(alice);
	assert_true(csim_until_done(cs, alice, 3000));
	assert_false(alice->cl_ok);
	assert_string_equal(csim_last(alice, EVENT_PIN_MISMATCH)->text, fp);

	/* A relay replaced while we are registered with it. */
	csim_end(alice);
	alice = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	csim_start(alice);
	assert_true(csim_until(cs, alice, EVENT_REGISTERED, 1, 2000));
	csim_close(cs, csim_conn(cs, alice, SIGNAL_NAME), "normal close");
	cs->cs_conns[cs->cs_nconns - 1].co_conn = NULL;
	csim_new_relay(cs);
	assert_true(csim_until_done(cs, alice, 5000));
	assert_false(alice->cl_ok);
	assert_int_equal(csim_count(alice, EVENT_PIN_MISMATCH), 1);
	assert_int_equal(csim_count(alice, EVENT_REGISTERED), 1);
	csim_free(cs);
}

static void
test_refused(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();

	(void)state;
	cs->cs_deny = true;
	alice = csim_client(cs, 0, CLIENT_LISTEN, NULL);
	csim_start(alice);
	assert_true(csim_until_done(cs, alice, 5000));
	assert_false(alice->cl_ok);
	assert_string_equal(csim_last(alice, EVENT_ERROR)->text,
	    "the relay refused the registration");
	csim_end(alice);
	cs->cs_deny = false;

	/* A room of somebody else's. */
	cs->cs_room = "general";
	bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	csim_start(bob);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2000));
	alice = csim_client(cs, 0, CLIENT_CALL, bob->cl_fp);
	csim_start(alice);
	assert_true(csim_until_done(cs, alice, 30000));
	assert_false(alice->cl_ok);
	assert_null(csim_conn(cs, alice, "general"));
	csim_end(alice);
	cs->cs_room = NULL;
	cs->cs_call_id[0] = '\0';

	/* CallAnswer not signed by the key in it. */
	cs->cs_bad_answer = true;
	alice = csim_client(cs, 0, CLIENT_CALL, bob->cl_fp);
	csim_start(alice);
	assert_true(csim_until_done(cs, alice, 5000));
	assert_false(alice->cl_ok);
	assert_int_equal(csim_count(alice, EVENT_MEDIA_START), 0);
	assert_non_null(strstr(csim_last(alice, EVENT_ERROR)->text,
	    "CallAnswer"));
	csim_free(cs);
}

/* Useless relay_addr: the relay of the registration is used (6.9). */
static void
test_relay_addr(void **state)
{
	static const char *const	bad[] = { "0.0.0.0:4433", "nonsense",
	    "2001:db8::1:4433", "[2001:db8::1]:4433", "203.0.113.9:4433" };
	struct csim_client	*alice, *bob;
	struct csim		*cs;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cs = csim_new();
		cs->cs_relay_addr = bad[i];
		bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
		csim_start(bob);
		assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2000));
		alice = csim_client(cs, 0, CLIENT_CALL, bob->cl_fp);
		csim_start(alice);
		/* The last is an address at which nobody answers. */
		assert_true(csim_until(cs, alice, EVENT_MEDIA_START, 1,
		    i == 4 ? 12000 : 2000));
		csim_free(cs);
	}
}

/* What a relay may send instead of what it should. */
static void
test_hostile(void **state)
{
	static const char *const	texts[] = { "", "{", "null", "\"Hold\"",
	    "{\"Nonsense\":{}}", "{\"CallSetup\":{\"call_id\":\"x\",\"room\":"
	    "\"call-x\",\"relay_addr\":\"192.0.2.1:4433\"}}",
	    "{\"CallRinging\":{\"call_id\":\"x\"}}",
	    "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"other\"}}",
	    "{\"Hangup\":{\"reason\":\"Normal\"}}",
	    "{\"RegisterPresenceAck\":{\"success\":false}}",
	    "{\"RoomUpdate\":{\"count\":4294967295,\"participants\":[]}}",
	    "{\"DirectCallAnswer\":{\"call_id\":\"x\",\"accept_mode\":"
	    "\"AcceptTrusted\"}}" };
	struct csim_client	*bob;
	struct csim_conn	*co;
	struct csim		*cs = csim_new();
	char			 offer[2048], fp[IDENTITY_FP_STRLEN];
	size_t			 i;

	(void)state;
	bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	csim_start(bob);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 2000));
	co = csim_conn(cs, bob, SIGNAL_NAME);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		csim_send(co, texts[i]);
	csim_run(cs, 1000);
	assert_false(bob->cl_done);
	assert_non_null(co->co_conn);
	assert_int_equal(csim_count(bob, EVENT_INCOMING), 0);
	assert_int_equal(csim_count(bob, EVENT_SETUP), 0);
	assert_int_equal(csim_count(bob, EVENT_HANGUP), 0);

	/* Offers under a false name, and with an id that is no room. */
	(void)strlcpy(fp, cs->cs_client[2].cl_fp, sizeof(fp));
	(void)snprintf(offer, sizeof(offer), "{\"DirectCallOffer\":"
	    "{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
	    "\"target_fingerprint\":\"%s\",\"call_id\":\"c1\","
	    "\"identity_pub\":%s,\"ephemeral_pub\":%s,\"signature\":[],"
	    "\"supported_profiles\":[]}}", fp, bob->cl_fp,
	    ints(cs->cs_client[0].cl_identity.id_pub, 32), ints(zero, 32));
	csim_send(co, offer);
	csim_run(cs, 500);
	assert_int_equal(csim_count(bob, EVENT_INCOMING), 0);
	assert_int_equal(csim_count(bob, EVENT_WARNING), 1);
	(void)snprintf(offer, sizeof(offer), "{\"DirectCallOffer\":"
	    "{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
	    "\"target_fingerprint\":\"%s\",\"call_id\":\"../A b\","
	    "\"identity_pub\":%s,\"ephemeral_pub\":%s,\"signature\":[],"
	    "\"supported_profiles\":[]}}", fp, bob->cl_fp, ints(zero, 32),
	    ints(zero, 32));
	csim_send(co, offer);
	csim_run(cs, 500);
	assert_int_equal(csim_count(bob, EVENT_INCOMING), 0);
	assert_int_equal(csim_count(bob, EVENT_WARNING), 2);
	/* Zero keys, as some send them, are no lie. */
	(void)snprintf(offer, sizeof(offer), "{\"DirectCallOffer\":"
	    "{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
	    "\"target_fingerprint\":\"%s\",\"call_id\":\"c3\","
	    "\"identity_pub\":%s,\"ephemeral_pub\":%s,\"signature\":[],"
	    "\"supported_profiles\":[]}}", fp, bob->cl_fp, ints(zero, 32),
	    ints(zero, 32));
	csim_send(co, offer);
	csim_run(cs, 500);
	assert_int_equal(csim_count(bob, EVENT_INCOMING), 1);
	csim_free(cs);
}

/*
 * Those of a room are told apart by their random first numbers (8.6): are
 * any two so near to each other that they cannot be?
 */
static bool
near(struct csim *cs, const char *room)
{
	uint16_t	seq[3], d;
	unsigned int	i;

	for (i = 0; i < 3; i++)
		seq[i] = csim_conn(cs, &cs->cs_client[i], room)->co_seq;
	for (i = 0; i < 3; i++) {
		d = (uint16_t)(seq[i] - seq[(i + 1) % 3]);
		if (d < 1000 || d > UINT16_MAX - 1000)
			return (true);
	}
	return (false);
}

/* Three in a room, each hears two; ends by time. */
static void
test_room(void **state)
{
	struct csim_client	*cl;
	struct csim		*cs = NULL;
	unsigned int		 i;

	(void)state;
	do {
		if (cs != NULL)
			csim_free(cs);
		cs = csim_new();
		for (i = 0; i < 3; i++) {
			cl = csim_client(cs, i, CLIENT_ROOM, "general");
			cl->cl_config.cc_seconds = 5;
			csim_start(cl);
		}
		csim_run(cs, 1000);
	} while (near(cs, "general"));
	for (i = 0; i < 3; i++) {
		cl = &cs->cs_client[i];
		assert_true(csim_until(cs, cl, EVENT_STATS, 1, 10000));
		assert_int_equal(
		    csim_last(cl, EVENT_STATS)->media.ms_rx.ps_streams, 2);
		assert_int_equal(csim_last(cl, EVENT_ROOM_UPDATE)->count, 3);
	}
	for (i = 0; i < 3; i++) {
		cl = &cs->cs_client[i];
		assert_true(csim_until_done(cs, cl, 10000));
		assert_true(cl->cl_ok);
		assert_in_range(csim_last(cl, EVENT_CALL_END)->media.ms_sent,
		    249, 252);
		csim_run(cs, 50);
		assert_string_equal(csim_conn(cs, cl, "general")->co_reason,
		    "normal close");
	}
	csim_free(cs);
}

/* Alone for longer than one waits for sound, which is no loss of it. */
static void
test_room_late(void **state)
{
	struct csim_client	*cl[2];
	struct csim		*cs = csim_new();
	unsigned int		 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		cl[i] = csim_client(cs, i, CLIENT_ROOM, "general");
		csim_start(cl[i]);
		csim_run(cs, 8000);
	}
	assert_int_equal(csim_last(cl[0], EVENT_ROOM_UPDATE)->count, 2);
	assert_int_equal(csim_count(cl[0], EVENT_MEDIA_LOST), 0);
	assert_int_equal(csim_count(cl[1], EVENT_MEDIA_LOST), 0);
	/* The control: who is there and then silent is lost. */
	cs->cs_mute = true;
	assert_true(csim_until(cs, cl[0], EVENT_MEDIA_LOST, 1, 7000));
	csim_free(cs);
}

static void
test_version(void **state)
{
	struct csim_client	*cl;
	struct csim		*cs = csim_new();

	(void)state;
	cl = csim_client(cs, 0, CLIENT_VERSION, NULL);
	csim_start(cl);
	assert_true(csim_until_done(cs, cl, 3000));
	assert_true(cl->cl_ok);
	/* What cannot be printed is not passed on. */
	assert_string_equal(csim_last(cl, EVENT_VERSION)->text, "1.2-test?");
	csim_free(cs);
}

static uint8_t	first[2048];
static size_t	first_len;

static void
keep_first(void *arg, const struct quic_packet *qp)
{
	(void)arg;
	if (first_len > 0 || qp->len > sizeof(first))
		return;
	memcpy(first, qp->data, qp->len);
	first_len = qp->len;
}

/*
 * A relay of other QUIC versions only: its answer ends the connection at the
 * end of a turn, with nothing left that has a timer.
 */
static void
test_versions(void **state)
{
	struct csim_client	*cl;
	struct csim		*cs = csim_new();
	const uint8_t		*dcid, *scid;
	uint8_t			 vn[64];
	size_t			 n = 0;

	(void)state;
	first_len = 0;
	cl = csim_client(cs, 0, CLIENT_PING, NULL);
	cl->cl_config.cc_transmit = keep_first;
	csim_start(cl);
	assert_in_range(first_len, 1200, sizeof(first));
	dcid = first + 5;
	scid = dcid + 1 + dcid[0];
	vn[n++] = 0xc0;
	memset(vn + n, 0, 4);
	n += 4;
	memcpy(vn + n, scid, 1U + scid[0]);
	n += 1U + scid[0];
	memcpy(vn + n, dcid, 1U + dcid[0]);
	n += 1U + dcid[0];
	memcpy(vn + n, "\xff\x00\x00\x1d", 4);
	n += 4;
	client_receive(cl->cl_client, 0, &cl->cl_addr, &cs->cs_addr, 0, vn,
	    n, cs->cs_now);
	client_turn(cl->cl_client, cs->cs_now);
	assert_true(csim_until_done(cs, cl, 100));
	assert_false(cl->cl_ok);
	assert_int_equal(csim_count(cl, EVENT_ERROR), 1);
	csim_free(cs);
}

/* A bad network: one packet of ten is lost in each direction. */
static void
test_lossy(void **state)
{
	struct csim_client	*alice, *bob;
	struct csim		*cs = csim_new();
	const struct csim_event	*a, *b;

	(void)state;
	cs->cs_loss = 100;
	cs->cs_delay = 40 * NS_PER_MS;
	bob = csim_client(cs, 1, CLIENT_LISTEN, NULL);
	bob->cl_config.cc_once = true;
	csim_start(bob);
	assert_true(csim_until(cs, bob, EVENT_REGISTERED, 1, 9000));
	alice = csim_client(cs, 0, CLIENT_CALL, bob->cl_fp);
	alice->cl_config.cc_seconds = 20;
	csim_start(alice);
	assert_true(csim_until_done(cs, alice, 60000));
	assert_true(csim_until_done(cs, bob, 60000));
	assert_true(alice->cl_ok);
	assert_true(bob->cl_ok);
	a = csim_last(alice, EVENT_CALL_END);
	b = csim_last(bob, EVENT_CALL_END);
	/* Two links: about 19 %. */
	assert_in_range(b->media.ms_rx.ps_lost * 100 / a->media.ms_sent, 12,
	    26);
	assert_in_range(b->media.ms_rx.ps_packets + b->media.ms_rx.ps_lost,
	    a->media.ms_sent - 20, a->media.ms_sent);
	csim_free(cs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_ping_hangup),
		cmocka_unit_test(test_as_original),
		cmocka_unit_test(test_reject),
		cmocka_unit_test(test_offline),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_signal_lost),
		cmocka_unit_test(test_media_lost),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_relay_addr),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_room_late),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_lossy),
	};

	return (cmocka_run_group_tests(tests, csim_group_setup,
	    csim_group_teardown));
}
