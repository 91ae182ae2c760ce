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

/* The world around media.c: see media_world.h. */
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

struct media_world	world;

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

static int
world_room(void *arg, enum msg_type type, const char *name)
{
	size_t	len = strlen(world.rooms);

	(void)arg;
	if (world.signald_slow && type != MSG_ROOM_EMPTY)
		return (-1);
	(void)snprintf(world.rooms + len, sizeof(world.rooms) - len, "%s%s ",
	    type == MSG_ROOM_OPENED ? "+" : type == MSG_ROOM_EMPTY ? "-" :
	    ".", name != NULL ? name : "");
	return (0);
}

static void
world_seen(void *arg, const struct msg_offer_seen *msg)
{
	(void)arg;
	world.nseen++;
	world.seen = *msg;
}

static uint64_t
world_check(void *arg, const void *token, size_t len, void *handle)
{
	(void)arg;
	if (world.lookupd_away)
		return (0);
	(void)snprintf(world.token, sizeof(world.token), "%.*s", (int)len,
	    (const char *)token);
	world.asker = handle;
	return (++world.nchecks);
}

static void
world_give_up(void *arg, uint64_t id)
{
	(void)arg;
	world.given_up = id;
}

static int
world_drained(void *arg)
{
	(void)arg;
	if (world.handshakes)
		return (-1);
	world.ndrained++;
	return (0);
}

static const struct media_ops	ops = {
	world_sign, world_report, world_now, world_room, world_seen,
	world_check, world_give_up, world_drained
};

struct media *
relay_of(bool legacy, size_t participants)
{
	struct media_config	*config = &world.config;
	struct media		*md;
	uint8_t			 seed[32];

	memset(&world, 0, sizeof(world));
	world.now = 1000 * NS_PER_S;
	memset(seed, 0x42, sizeof(seed));
	assert_int_equal(identity_from_seed(&world.relay, seed), 0);
	config->mc_ops = &ops;
	memcpy(config->mc_identity_pub, world.relay.id_pub, PUB_LEN);
	config->mc_legacy_allow = legacy;
	config->mc_offer_ms = OFFER_MS;
	config->mc_max_calls = 16;
	config->mc_limits.rl_rooms = 8;
	config->mc_limits.rl_participants = participants;
	assert_non_null(md = media_new(config));
	/* Long in service: it has heard of all calls. */
	media_signald(md, true);
	media_admit_end(md);
	return (md);
}

struct media *
relay(bool legacy)
{
	return (relay_of(legacy, 100));
}

void
person(struct identity *id, uint8_t n)
{
	uint8_t	seed[32];

	memset(seed, n, sizeof(seed));
	assert_int_equal(identity_from_seed(id, seed), 0);
}

struct quic_conn *
dial(struct media *md, const char *name)
{
	struct quic_conn	*conn = fake_conn(name);

	assert_int_equal(media_quic_ops.accept(md, conn, name), QUIC_ACCEPT);
	media_quic_ops.established(md, conn);
	memset(conn->qc_exporter, 0x77, sizeof(conn->qc_exporter));
	return (conn);
}

void
hang_up(struct media *md, struct quic_conn *conn)
{
	struct quic_close	why;

	memset(&why, 0, sizeof(why));
	media_quic_ops.closed(md, conn, &why);
	fake_free(conn);
}

void
say(struct media *md, struct quic_conn *conn, const char *text)
{
	media_quic_ops.message(md, conn, (const uint8_t *)text,
	    strlen(text));
}

static void
offer_send(struct media *md, struct quic_conn *conn,
    const struct identity *id, uint8_t ephemeral, unsigned int how,
    const char *alias)
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
	sig.u.call_offer.alias = alias;
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

void
offer(struct media *md, struct quic_conn *conn, const struct identity *id,
    uint8_t ephemeral, unsigned int how)
{
	offer_send(md, conn, id, ephemeral, how, NULL);
}

void
offer_alias(struct media *md, struct quic_conn *conn,
    const struct identity *id, uint8_t ephemeral, const char *alias)
{
	offer_send(md, conn, id, ephemeral, 0, alias);
}

void
turns(struct media *md)
{
	int	i;

	for (i = 0; i < 100 && media_expiry(md) <= world.now; i++)
		(void)media_turn(md, world.now);
	assert_true(i < 100);
}

void
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

void
assert_closed(const struct quic_conn *conn, const char *reason,
    size_t messages)
{
	assert_true(conn->qc_closed);
	assert_int_equal(conn->qc_code, 0);
	assert_string_equal(conn->qc_reason, reason);
	assert_int_equal(conn->qc_nmessages, messages);
}

void
assert_refused(const struct quic_conn *conn, size_t messages)
{
	assert_closed(conn, "normal close", messages);
}

void
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
