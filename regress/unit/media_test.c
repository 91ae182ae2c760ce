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
 * Media connections from CallOffer to the end, without QUIC, in virtual
 * time.
 *
 * COVERS: row 1.21 - CallOffer, CallAnswer (GOOD) first, RoomUpdate, media
 * COVERS: gap 4 - a CallOffer shown twice is refused, unless it is proven
 * COVERS: gap 16 - limit media-offer
 * COVERS: gap 41 - the older connection of a fingerprint is closed
 * COVERS: extension proof of possession - CallOffer, legacy clients deny
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

#include "regress/unit/media_world.h"

static void
test_join(void **state)
{
	static const uint8_t	 packet[] = { 0, 0x34, 0, 0, 0, 0, 0, 0, 0, 0,
				    0, 0, 0xaa };
	struct media		*md = relay(true);
	struct quic_conn	*a, *b;
	struct identity		 alice, bob;

	(void)state;
	person(&alice, 1);
	person(&bob, 2);
	a = dial(md, "lobby");
	offer(md, a, &alice, 1, 0);
	turns(md);
	assert_int_equal(a->qc_nmessages, 2);
	assert_answer(a->qc_messages[0]);
	assert_non_null(strstr(a->qc_messages[1],
	    "{\"RoomUpdate\":{\"count\":1,"));
	fake_ack(a);

	/* A datagram before the offer was accepted goes nowhere. */
	b = dial(md, "lobby");
	media_quic_ops.datagram(md, b, packet, sizeof(packet));
	assert_int_equal(a->qc_ndatagrams, 0);
	offer(md, b, &bob, 2, 0);
	turns(md);
	assert_int_equal(b->qc_nmessages, 2);
	assert_non_null(strstr(fake_last(a), "{\"count\":2,"));
	/* Two answers have two different keys. */
	assert_string_not_equal(a->qc_messages[0], b->qc_messages[0]);
	media_quic_ops.datagram(md, b, packet, sizeof(packet));
	assert_int_equal(a->qc_ndatagrams, 1);
	assert_int_equal(b->qc_ndatagrams, 0);

	/* What a client says later is of no interest. */
	say(md, b, "{\"Hangup\":{\"reason\":\"Normal\"}}");
	say(md, b, "no JSON");
	offer(md, b, &bob, 3, 0);
	turns(md);
	assert_false(b->qc_closed);
	assert_int_equal(b->qc_nmessages, 2);

	fake_ack(a);
	hang_up(md, b);
	assert_non_null(strstr(fake_last(a), "{\"count\":1,"));
	hang_up(md, a);
	assert_int_equal(rooms_count(media_rooms(md)), 0);
	assert_int_equal(rooms_members(media_rooms(md)), 0);
	assert_int_equal(media_expiry(md), UINT64_MAX);
	/* Not a call: nothing for the registry. */
	assert_int_equal(world.nreports, 0);
	media_free(md);
}

static void
test_first_message(void **state)
{
	static const char *const	 wrong[] = {
		"", "{", "\"Hold\"", "{\"Ping\":{\"timestamp_ms\":1}}",
		"{\"AuthToken\":{\"token\":\"t\"}}", "{\"CallOffer\":{}}",
		"{\"Nonsense\":{}}"
	};
	struct media			*md = relay(true);
	struct quic_conn		*conn;
	struct identity			 alice;
	size_t				 i;

	(void)state;
	person(&alice, 1);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		conn = dial(md, "lobby");
		say(md, conn, wrong[i]);
		turns(md);
		assert_refused(conn, 0);
		hang_up(md, conn);
	}
	conn = dial(md, "lobby");
	offer(md, conn, &alice, 1, OFFER_BAD_SIG);
	turns(md);
	assert_refused(conn, 0);
	/* No second chance on this connection. */
	offer(md, conn, &alice, 2, 0);
	turns(md);
	assert_refused(conn, 0);
	hang_up(md, conn);
	assert_int_equal(world.nsigned, 0);
	assert_int_equal(media_counters(md)->mn_refused, i + 1);
	media_free(md);
}

/* Silence is fine for 15 s; going away before is fine too (7.6). */
static void
test_silence(void **state)
{
	struct media		*md = relay(true);
	struct quic_conn	*a, *b, *c;
	struct identity		 alice;

	(void)state;
	person(&alice, 1);
	a = dial(md, "lobby");
	world.now += 10 * NS_PER_S;
	b = dial(md, "lobby");
	c = dial(md, "lobby");
	assert_int_equal(media_waiting(md), 3);
	hang_up(md, c);		/* not-selected */
	offer(md, a, &alice, 1, 0);
	turns(md);
	assert_int_equal(a->qc_nmessages, 2);
	assert_int_equal(media_expiry(md),
	    world.now + OFFER_MS * NS_PER_MS);
	world.now += OFFER_MS * NS_PER_MS - 1;
	turns(md);
	assert_false(b->qc_closed);
	world.now++;
	turns(md);
	assert_refused(b, 0);
	assert_false(a->qc_closed);
	assert_int_equal(media_counters(md)->mn_silent, 1);
	hang_up(md, a);
	hang_up(md, b);
	assert_int_equal(media_waiting(md), 0);
	media_free(md);
}

static void
test_replay(void **state)
{
	struct media		*md = relay(true);
	struct quic_conn	*a, *b, *c, *d;
	struct identity		 alice;

	(void)state;
	person(&alice, 1);
	a = dial(md, "lobby");
	offer(md, a, &alice, 1, 0);
	b = dial(md, "lobby");
	offer(md, b, &alice, 1, 0);
	turns(md);
	assert_int_equal(a->qc_nmessages, 2);
	assert_refused(b, 0);
	assert_int_equal(media_counters(md)->mn_replays, 1);
	/* The other mediads hear of the first one, and not of its copies. */
	assert_int_equal(world.nseen, 1);
	assert_memory_equal(world.seen.identity, alice.id_pub, PUB_LEN);
	/* A proven offer can use its key again, its copy cannot. */
	c = dial(md, "lobby");
	offer(md, c, &alice, 1, OFFER_PROOF);
	d = dial(md, "lobby");
	offer(md, d, &alice, 1, 0);
	turns(md);
	assert_int_equal(c->qc_nmessages, 2);
	assert_refused(d, 0);
	hang_up(md, a);
	hang_up(md, b);
	hang_up(md, c);
	hang_up(md, d);
	media_free(md);
}

/* What another mediad had: its words are ours of the test before. */
static void
test_replay_elsewhere(void **state)
{
	struct msg_offer_seen	 seen;
	struct media		*md;
	struct quic_conn	*a, *b;
	struct identity		 alice;

	(void)state;
	md = relay(true);
	person(&alice, 1);
	a = dial(md, "lobby");
	offer(md, a, &alice, 1, 0);
	turns(md);
	assert_int_equal(a->qc_nmessages, 2);
	assert_int_equal(world.nseen, 1);
	seen = world.seen;
	hang_up(md, a);
	media_free(md);

	md = relay(true);
	media_offer_seen(md, &seen);
	a = dial(md, "hall");
	offer(md, a, &alice, 1, 0);
	b = dial(md, "hall");
	offer(md, b, &alice, 2, 0);
	turns(md);
	assert_refused(a, 0);
	assert_int_equal(media_counters(md)->mn_replays, 1);
	assert_int_equal(b->qc_nmessages, 2);
	hang_up(md, a);
	hang_up(md, b);
	media_free(md);
}

static void
test_proof(void **state)
{
	struct media		*md = relay(false);
	struct quic_conn	*a, *b, *c;
	struct identity		 alice;

	(void)state;
	person(&alice, 1);
	a = dial(md, "lobby");
	offer(md, a, &alice, 1, 0);
	b = dial(md, "lobby");
	offer(md, b, &alice, 2, OFFER_BAD_PROOF);
	c = dial(md, "lobby");
	offer(md, c, &alice, 3, OFFER_PROOF);
	turns(md);
	assert_refused(a, 0);
	assert_refused(b, 0);
	assert_int_equal(c->qc_nmessages, 2);
	hang_up(md, a);
	hang_up(md, b);
	hang_up(md, c);
	media_free(md);
	/* Where legacy clients are allowed a wrong proof is still wrong. */
	md = relay(true);
	a = dial(md, "lobby");
	offer(md, a, &alice, 1, OFFER_BAD_PROOF);
	turns(md);
	assert_refused(a, 0);
	hang_up(md, a);
	media_free(md);
}

static void
test_call(void **state)
{
	static const uint8_t	 packet[] = { 2, 0x34, 0, 0, 0, 0, 0, 0, 0, 0,
				    0, 0, 0xaa, 51, 30, 5, 200 };
	struct media		*md = relay(true);
	struct quic_conn	*a, *a2, *b, *c;
	struct identity		 alice, bob, carol;
	char			 fp[IDENTITY_FP_STRLEN];

	(void)state;
	person(&alice, 1);
	person(&bob, 2);
	person(&carol, 3);

	/* Unknown call: the answer, then the close. */
	a = dial(md, "call-x");
	offer(md, a, &alice, 1, 0);
	turns(md);
	assert_refused(a, 1);
	assert_answer(a->qc_messages[0]);
	hang_up(md, a);

	admit(md, "x", &alice, &bob, 0);
	a = dial(md, "call-x");
	offer(md, a, &alice, 2, 0);
	b = dial(md, "call-x");
	offer(md, b, &bob, 3, 0);
	c = dial(md, "call-x");
	offer(md, c, &carol, 4, 0);
	turns(md);
	assert_refused(c, 1);
	assert_answer(c->qc_messages[0]);
	hang_up(md, c);
	assert_false(a->qc_closed);
	fake_ack(a);
	fake_ack(b);

	/* Statistics every 10 s and at the end. */
	media_quic_ops.datagram(md, a, packet, sizeof(packet));
	world.now += MEDIA_REPORT_NS;
	turns(md);
	assert_int_equal(world.nreports, 2);
	assert_string_equal(world.reports[0].call_id, "x");
	identity_fingerprint(alice.id_pub, fp);
	assert_string_equal(world.reports[0].fingerprint, fp);
	assert_int_equal(world.reports[0].packets_in, 1);
	assert_int_equal(world.reports[0].bytes_in, sizeof(packet));
	assert_int_equal(world.reports[0].packets_out, 0);
	assert_int_equal(world.reports[0].loss_pct, 20);
	assert_int_equal(world.reports[0].rtt_ms, 120);
	assert_false(world.reports[0].final);
	assert_int_equal(world.reports[1].packets_out, 1);
	assert_int_equal(world.reports[1].loss_pct, 0);

	/* Alice again, on a new path: the old connection is closed. */
	a2 = dial(md, "call-x");
	offer(md, a2, &alice, 5, 0);
	turns(md);
	assert_true(a->qc_closed);
	assert_string_equal(a->qc_reason, "normal close");
	assert_int_equal(world.nreports, 3);
	assert_true(world.reports[2].final);
	assert_int_equal(world.reports[2].packets_in, 1);
	assert_int_equal(media_counters(md)->mn_replaced, 1);
	assert_non_null(strstr(fake_last(b), "{\"count\":2,"));
	media_quic_ops.datagram(md, a, packet, sizeof(packet));
	assert_int_equal(b->qc_ndatagrams, 1);
	media_quic_ops.datagram(md, a2, packet, sizeof(packet));
	assert_int_equal(b->qc_ndatagrams, 2);
	hang_up(md, a);
	assert_int_equal(world.nreports, 3);

	/* The call has ended: who is inside stays, nobody comes in. */
	admission_close(media_admissions(md), "x");
	media_quic_ops.datagram(md, a2, packet, sizeof(packet));
	assert_int_equal(b->qc_ndatagrams, 3);
	c = dial(md, "call-x");
	offer(md, c, &bob, 6, 0);
	turns(md);
	assert_refused(c, 1);
	assert_false(b->qc_closed);
	hang_up(md, c);

	/* Others cannot get this call_id while the two are inside. */
	admit(md, "x", &alice, &carol, -1);
	hang_up(md, b);
	assert_int_equal(world.nreports, 4);
	assert_true(world.reports[3].final);
	assert_int_equal(world.reports[3].packets_out, 3);
	assert_int_equal(world.reports[3].packets_in, 0);
	admit(md, "x", &alice, &carol, 0);

	/* Shutdown: a last report, `shutdown' for all, no matter where. */
	b = dial(md, "lobby");
	media_shutdown(md);
	assert_int_equal(world.nreports, 5);
	assert_true(world.reports[4].final);
	assert_true(a2->qc_closed);
	assert_string_equal(a2->qc_reason, "shutdown");
	assert_true(b->qc_closed);
	hang_up(md, a2);
	hang_up(md, b);
	assert_int_equal(world.nreports, 5);
	assert_int_equal(rooms_members(media_rooms(md)), 0);
	media_free(md);
}

/* keyd: one question a turn; when it is away the handshake fails. */
static void
test_signing(void **state)
{
	struct media		*md = relay(true);
	struct quic_conn	*conn[5];
	struct identity		 id;
	unsigned int		 i;

	(void)state;
	for (i = 0; i < 5; i++) {
		person(&id, (uint8_t)(i + 1));
		conn[i] = dial(md, "lobby");
		offer(md, conn[i], &id, (uint8_t)i, 0);
	}
	assert_int_equal(world.nsigned, 0);
	assert_int_equal(media_expiry(md), 0);
	assert_true(media_turn(md, world.now));
	assert_int_equal(world.nsigned, 1);
	assert_int_equal(conn[0]->qc_nmessages, 2);
	assert_int_equal(conn[1]->qc_nmessages, 0);
	/* One that went away meanwhile is not asked for. */
	hang_up(md, conn[1]);
	assert_true(media_turn(md, world.now));
	assert_int_equal(world.nsigned, 2);
	assert_int_equal(conn[2]->qc_nmessages, 2);
	world.keyd_away = true;
	assert_true(media_turn(md, world.now));
	assert_refused(conn[3], 0);
	world.keyd_away = false;
	assert_true(media_turn(md, world.now));
	assert_int_equal(conn[4]->qc_nmessages, 2);
	assert_int_equal(world.nsigned, 4);
	assert_int_equal(media_expiry(md) > world.now, 1);
	hang_up(md, conn[0]);
	hang_up(md, conn[2]);
	hang_up(md, conn[3]);
	hang_up(md, conn[4]);
	media_free(md);
}

/* Names that are no rooms never become some. */
static void
test_names(void **state)
{
	struct media	*md = relay(true);

	(void)state;
	assert_int_equal(media_quic_ops.accept(md, NULL, "_signal"),
	    QUIC_REFUSE_NAME);
	assert_int_equal(media_quic_ops.accept(md, NULL, "_federation"),
	    QUIC_REFUSE_NAME);
	assert_int_equal(media_quic_ops.accept(md, NULL, "_relay"),
	    QUIC_ACCEPT);
	assert_int_equal(media_quic_ops.accept(md, NULL, "localhost"),
	    QUIC_ACCEPT);
	assert_int_equal(media_quic_ops.accept(md, NULL, "default"),
	    QUIC_ACCEPT);
	media_free(md);
}

static void
test_limits(void **state)
{
	struct media		*md = relay(true);
	struct quic_conn	*conn[9];
	struct identity		 id;
	char			 name[16];
	unsigned int		 i;

	(void)state;
	for (i = 0; i < 9; i++) {
		person(&id, (uint8_t)(i + 1));
		(void)snprintf(name, sizeof(name), "room%u", i);
		conn[i] = dial(md, name);
		offer(md, conn[i], &id, (uint8_t)i, 0);
	}
	turns(md);
	for (i = 0; i < 8; i++)
		assert_false(conn[i]->qc_closed);
	assert_refused(conn[8], 1);	/* after CallAnswer (8.8) */
	for (i = 0; i < 9; i++)
		hang_up(md, conn[i]);
	assert_int_equal(rooms_count(media_rooms(md)), 0);
	media_free(md);
}

/* One more than a room takes is answered, then closed; also while signing. */
static void
test_full(void **state)
{
	struct media		*md = relay_of(true, 2);
	struct quic_conn	*conn[3];
	struct quic_conn	*many[MEDIA_SIGNING_MAX + 1];
	struct msg_settings	 settings;
	struct identity		 id;
	size_t			 i;

	(void)state;
	person(&id, 1);
	for (i = 0; i < 3; i++) {
		conn[i] = dial(md, "lobby");
		offer(md, conn[i], &id, (uint8_t)i, 0);
	}
	turns(md);
	assert_false(conn[0]->qc_closed);
	assert_false(conn[1]->qc_closed);
	assert_refused(conn[2], 1);
	assert_int_equal(media_counters(md)->mn_offers, 3);
	for (i = 0; i < 3; i++)
		hang_up(md, conn[i]);
	/* That one person joins so often is another limit. */
	memset(&settings, 0, sizeof(settings));
	limits_default(&settings);
	settings.join_rate = 100000;
	limiter_settings(media_limiter(md), &settings);
	/* Proven ones, for their ephemeral key may be the same. */
	for (i = 0; i < MEDIA_SIGNING_MAX + 1; i++) {
		many[i] = dial(md, "lobby");
		offer(md, many[i], &id, 9, OFFER_PROOF);
		assert_true(many[i]->qc_closed == (i == MEDIA_SIGNING_MAX));
	}
	assert_refused(many[MEDIA_SIGNING_MAX], 0);
	for (i = 0; i < MEDIA_SIGNING_MAX + 1; i++)
		hang_up(md, many[i]);
	media_free(md);
}

/* What the registry hears of a call, and when. */
static void
test_reports(void **state)
{
	struct media		*md = relay(true);
	struct quic_conn	*conn;
	struct identity		 alice, bob;
	unsigned int		 i;

	(void)state;
	person(&alice, 1);
	person(&bob, 2);
	admit(md, "c1", &alice, &bob, 0);
	conn = dial(md, "call-c1");
	offer(md, conn, &alice, 1, 0);
	turns(md);
	for (i = 1; i <= 3; i++) {
		assert_int_equal(media_expiry(md), world.now +
		    MEDIA_REPORT_NS);
		world.now += MEDIA_REPORT_NS - 1;
		turns(md);
		assert_int_equal(world.nreports, i - 1);
		world.now++;
		turns(md);
		assert_int_equal(world.nreports, i);
		assert_string_equal(world.reports[i - 1].call_id, "c1");
		assert_false(world.reports[i - 1].final);
	}
	/* A new signald takes its time for saying what still is. */
	media_signald(md, true);
	assert_int_equal(admission_count(media_admissions(md)), 1);
	media_admit_end(md);
	assert_int_equal(admission_count(media_admissions(md)), 0);
	hang_up(md, conn);
	assert_int_equal(world.nreports, 4);
	assert_true(world.reports[3].final);
	media_free(md);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_first_message),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_replay_elsewhere),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_signing),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_reports)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
