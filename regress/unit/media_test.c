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

#include "common/base/clock.h"
#include "common/wire/identity.h"
#include "common/wire/signal.h"
#include "mediad/media.h"
#include "regress/unit/fake_quic.h"

#define OFFER_MS	15000

static struct {
	uint64_t		now;
	struct identity		relay;
	bool			keyd_away;
	unsigned int		nsigned;
	struct msg_call_media	reports[16];
	size_t			nreports;
} world;

static int
world_sign(void *arg, const uint8_t *ephemeral, uint8_t *sig)
{
	(void)arg;
	world.nsigned++;
	if (world.keyd_away)
		return (-1);
	return (identity_sign_answer(world.relay.id_secret, ephemeral, sig));
}

static void
world_report(void *arg, const struct msg_call_media *msg)
{
	(void)arg;
	assert_true(world.nreports < 16);
	world.reports[world.nreports++] = *msg;
}

static uint64_t
world_now(void *arg)
{
	(void)arg;
	return (world.now);
}

static const struct media_ops	ops = { world_sign, world_report, world_now };

static struct media *
relay_of(bool legacy, size_t participants)
{
	struct media_config	config;
	struct media		*md;
	uint8_t			 seed[32];

	memset(&world, 0, sizeof(world));
	world.now = 1000 * NS_PER_S;
	memset(seed, 0x42, sizeof(seed));
	assert_int_equal(identity_from_seed(&world.relay, seed), 0);
	memset(&config, 0, sizeof(config));
	config.mc_ops = &ops;
	memcpy(config.mc_identity_pub, world.relay.id_pub, PUB_LEN);
	config.mc_legacy_allow = legacy;
	config.mc_offer_ms = OFFER_MS;
	config.mc_max_calls = 16;
	config.mc_limits.rl_rooms = 8;
	config.mc_limits.rl_participants = participants;
	assert_non_null(md = media_new(&config));
	return (md);
}

static struct media *
relay(bool legacy)
{
	return (relay_of(legacy, 100));
}

static void
person(struct identity *id, uint8_t n)
{
	uint8_t	seed[32];

	memset(seed, n, sizeof(seed));
	assert_int_equal(identity_from_seed(id, seed), 0);
}

static struct quic_conn *
dial(struct media *md, const char *name)
{
	struct quic_conn	*conn = fake_conn(name);

	assert_int_equal(media_quic_ops.accept(md, conn, name), QUIC_ACCEPT);
	media_quic_ops.established(md, conn);
	memset(conn->qc_exporter, 0x77, sizeof(conn->qc_exporter));
	return (conn);
}

static void
hang_up(struct media *md, struct quic_conn *conn)
{
	struct quic_close	why;

	memset(&why, 0, sizeof(why));
	media_quic_ops.closed(md, conn, &why);
	fake_free(conn);
}

static void
say(struct media *md, struct quic_conn *conn, const char *text)
{
	media_quic_ops.message(md, conn, (const uint8_t *)text,
	    strlen(text));
}

/* How an offer may be wrong. */
#define OFFER_PROOF	0x1
#define OFFER_BAD_PROOF	0x2
#define OFFER_BAD_SIG	0x4

static void
offer(struct media *md, struct quic_conn *conn, const struct identity *id,
    uint8_t ephemeral, unsigned int how)
{
	struct signal	sig;
	uint8_t		proof[64], signature[64];
	char		text[8192];
	int		len;

	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_CALL_OFFER;
	memcpy(sig.u.call_offer.identity_pub, id->id_pub, 32);
	memset(sig.u.call_offer.ephemeral_pub, ephemeral, 32);
	assert_int_equal(identity_sign_offer(id->id_secret,
	    sig.u.call_offer.ephemeral_pub, signature), 0);
	if (how & OFFER_BAD_SIG)
		signature[5] ^= 1;
	sig.u.call_offer.signature.data = signature;
	sig.u.call_offer.signature.len = sizeof(signature);
	if (how & (OFFER_PROOF | OFFER_BAD_PROOF)) {
		assert_int_equal(identity_prove(id->id_secret,
		    conn->qc_exporter, id->id_pub,
		    how & OFFER_BAD_PROOF ? "elsewhere" : conn->qc_name,
		    proof), 0);
		sig.u.call_offer.proof.data = proof;
		sig.u.call_offer.proof.len = sizeof(proof);
	}
	len = signal_print(&sig, text, sizeof(text));
	assert_true(len > 0);
	media_quic_ops.message(md, conn, (const uint8_t *)text, (size_t)len);
}

static void
turns(struct media *md)
{
	int	i;

	for (i = 0; i < 100 && media_expiry(md) <= world.now; i++)
		(void)media_turn(md, world.now);
	assert_true(i < 100);
}

static void
admit(struct media *md, const char *id, const struct identity *a,
    const struct identity *b, int expect)
{
	struct msg_room_admit	msg;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.call_id, id, sizeof(msg.call_id));
	identity_fingerprint(a->id_pub, msg.caller);
	identity_fingerprint(b->id_pub, msg.callee);
	assert_int_equal(media_admit(md, &msg), expect);
}

static void
assert_refused(const struct quic_conn *conn, size_t messages)
{
	assert_true(conn->qc_closed);
	assert_int_equal(conn->qc_code, 0);
	assert_string_equal(conn->qc_reason, "normal close");
	assert_int_equal(conn->qc_nmessages, messages);
}

static void
assert_answer(const char *text)
{
	const struct sig_call_answer	*answer;
	struct signal			*sig;
	const char			*why;

	sig = signal_parse((const uint8_t *)text, strlen(text), &why);
	assert_non_null(sig);
	assert_int_equal(sig->type, SIGNAL_CALL_ANSWER);
	answer = &sig->u.call_answer;
	assert_memory_equal(answer->identity_pub, world.relay.id_pub, 32);
	assert_true(identity_verify_answer(answer->identity_pub,
	    answer->ephemeral_pub, answer->signature.data,
	    answer->signature.len));
	assert_int_equal(answer->chosen_profile.codec, CODEC_OPUS24K);
	assert_int_equal(answer->chosen_profile.frames_per_block, 5);
	signal_free(sig);
}

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
	/* A new signald has its time for saying what still is. */
	admission_renew(media_admissions(md), world.now + 5);
	assert_int_equal(media_expiry(md), world.now + 5);
	world.now += 5;
	turns(md);
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
