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
 * What a mediad owes the others, in virtual time: offers before their
 * admission, rooms as signald hears of them, tokens, new settings, retiring.
 *
 * COVERS: row 1.2 - AuthToken first, also on media connections
 * COVERS: gap 3 - the token's fingerprint must be the key's
 * COVERS: death - a mediad started in mid-call holds offers until ADMIT_END
 * COVERS: reload - limits, legacy clients, offer time, auth while serving
 * COVERS: reload - a retiring mediad is drained when the last one has left
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

#define TOKEN	"{\"AuthToken\":{\"token\":\"tok-5d1f\"}}"

/* A mediad that signald has told nothing yet. */
static struct media *
fresh(void)
{
	struct media	*md;

	media_free(relay(true));
	assert_non_null(md = media_new(&world.config));
	media_signald(md, true);
	return (md);
}

/* Settings as they are, but with a relay that wants tokens. */
static struct media *
guarded(void)
{
	struct media	*md = relay(true);

	world.config.mc_auth_required = true;
	media_settings(md, &world.config);
	return (md);
}

static void
assert_member(const struct quic_conn *conn)
{
	assert_false(conn->qc_closed);
	assert_true(conn->qc_nmessages >= 2);
	assert_answer(conn->qc_messages[0]);
	assert_non_null(strstr(conn->qc_messages[1], "{\"RoomUpdate\":"));
}

static void
assert_held(const struct quic_conn *conn)
{
	assert_false(conn->qc_closed);
	assert_int_equal(conn->qc_nmessages, 1);
	assert_answer(conn->qc_messages[0]);
}

/*
 * Two parties and a stranger of call x, its admission, and the end of the
 * list, in each of the 120 orders.  An offer is decided when it comes if the
 * call is known or the list is complete, else when either happens.
 */
enum step {
	ALICE,
	BOB,
	CAROL,
	ADMIT,
	END,
	STEPS
};

static void
one_order(const enum step order[STEPS])
{
	struct media		*md = fresh();
	struct quic_conn	*conn[3] = { NULL, NULL, NULL };
	struct identity		 id[3];
	bool			 admitted = false, ended = false;
	bool			 decided[3], inside[3];
	size_t			 i, k;

	for (k = 0; k < 3; k++) {
		person(&id[k], (uint8_t)(k + 1));
		decided[k] = inside[k] = false;
	}
	for (i = 0; i < STEPS; i++) {
		switch (order[i]) {
		case ADMIT:
			admit(md, "x", &id[ALICE], &id[BOB], 0);
			admitted = true;
			break;
		case END:
			media_admit_end(md);
			ended = true;
			break;
		default:
			conn[order[i]] = dial(md, "call-x");
			offer(md, conn[order[i]], &id[order[i]],
			    (uint8_t)i, 0);
			break;
		}
		turns(md);
		for (k = 0; k < 3; k++) {
			if (conn[k] == NULL)
				continue;
			if (!decided[k] && (admitted || ended)) {
				decided[k] = true;
				inside[k] = admitted && k != CAROL;
			}
			if (!decided[k])
				assert_held(conn[k]);
			else if (inside[k])
				assert_member(conn[k]);
			else
				assert_refused(conn[k], 1);
		}
	}
	assert_int_equal(media_held(md), 0);
	for (k = 0; k < 3; k++)
		hang_up(md, conn[k]);
	assert_int_equal(rooms_count(media_rooms(md)), 0);
	media_free(md);
}

static unsigned int
all_orders(enum step order[STEPS], size_t n)
{
	enum step	 tmp;
	unsigned int	 done = 0;
	size_t		 i;

	if (n == STEPS) {
		one_order(order);
		return (1);
	}
	for (i = n; i < STEPS; i++) {
		tmp = order[n];
		order[n] = order[i];
		order[i] = tmp;
		done += all_orders(order, n + 1);
		order[i] = order[n];
		order[n] = tmp;
	}
	return (done);
}

static void
test_orders(void **state)
{
	enum step	order[STEPS] = { ALICE, BOB, CAROL, ADMIT, END };

	(void)state;
	assert_int_equal(all_orders(order, 0), 120);
}

/* Only what was unknown at our start is waited for, and not for ever. */
static void
test_held(void **state)
{
	struct media		*md = fresh();
	struct quic_conn	*a, *a2, *b, *c, *d;
	struct identity		 alice, bob, carol;

	(void)state;
	person(&alice, 1);
	person(&bob, 2);
	person(&carol, 3);

	/* No call: nothing to wait for.  Somebody else's call: no. */
	a = dial(md, "lobby");
	offer(md, a, &alice, 1, 0);
	admit(md, "y", &alice, &bob, 0);
	c = dial(md, "call-y");
	offer(md, c, &carol, 2, 0);
	turns(md);
	assert_member(a);
	assert_refused(c, 1);
	hang_up(md, a);
	hang_up(md, c);
	assert_int_equal(media_counters(md)->mn_held, 0);

	/* Another call's admission changes nothing; nor does signald's end. */
	a = dial(md, "call-x");
	world.now += 3 * NS_PER_S;
	offer(md, a, &alice, 3, 0);
	turns(md);
	world.now += 5 * NS_PER_S;
	b = dial(md, "call-x");
	offer(md, b, &bob, 4, 0);
	turns(md);
	admit(md, "z", &alice, &bob, 0);
	turns(md);
	media_signald(md, false);
	turns(md);
	media_signald(md, true);
	turns(md);
	assert_held(a);
	assert_held(b);
	assert_int_equal(media_held(md), 2);
	assert_int_equal(media_counters(md)->mn_held, 2);
	assert_int_equal(media_expiry(md), world.now - 5 * NS_PER_S +
	    OFFER_MS * NS_PER_MS);
	/* One goes by itself; the other one's time is over. */
	hang_up(md, b);
	world.now = media_expiry(md) - 1;
	turns(md);
	assert_held(a);
	world.now++;
	turns(md);
	assert_refused(a, 1);
	hang_up(md, a);

	/* Twice the same person: the newer one, as always. */
	a = dial(md, "call-x");
	offer(md, a, &alice, 5, 0);
	a2 = dial(md, "call-x");
	offer(md, a2, &alice, 6, 0);
	turns(md);
	assert_int_equal(media_held(md), 2);
	admit(md, "x", &alice, &bob, 0);
	turns(md);
	assert_true(a->qc_closed);
	assert_member(a2);
	hang_up(md, a);
	hang_up(md, a2);

	/* Shut down with somebody waiting. */
	a = dial(md, "call-w");
	offer(md, a, &alice, 7, 0);
	turns(md);
	assert_held(a);
	/* Once the list was complete it stays so, also for a new signald. */
	media_admit_end(md);
	turns(md);
	assert_refused(a, 1);
	media_signald(md, false);
	media_signald(md, true);
	d = dial(md, "call-v");
	offer(md, d, &alice, 8, 0);
	turns(md);
	assert_refused(d, 1);
	hang_up(md, a);
	hang_up(md, d);
	media_free(md);

	md = fresh();
	a = dial(md, "call-x");
	offer(md, a, &alice, 1, 0);
	turns(md);
	assert_held(a);
	media_shutdown(md);
	assert_closed(a, "shutdown", 1);
	hang_up(md, a);
	media_free(md);
}

/* What a new signald does not repeat goes with the end of its list. */
static void
test_settled(void **state)
{
	struct media		*md = relay(true);
	struct quic_conn	*conn;
	struct identity		 alice, bob;

	(void)state;
	person(&alice, 1);
	person(&bob, 2);
	admit(md, "x", &alice, &bob, 0);
	admit(md, "y", &alice, &bob, 0);
	media_signald(md, false);
	media_signald(md, true);
	admit(md, "y", &alice, &bob, 0);
	/* Not yet: the old word holds until the new one is complete. */
	conn = dial(md, "call-x");
	offer(md, conn, &alice, 1, 0);
	turns(md);
	assert_member(conn);
	media_admit_end(md);
	turns(md);
	assert_false(conn->qc_closed);
	assert_false(admission_knows(media_admissions(md), "x"));
	assert_true(admission_knows(media_admissions(md), "y"));
	hang_up(md, conn);
	media_free(md);
}

static void
test_rooms(void **state)
{
	struct media		*md = relay(true);
	struct quic_conn	*a, *b;
	struct identity		 alice, bob;

	(void)state;
	person(&alice, 1);
	person(&bob, 2);
	turns(md);
	(void)media_turn(md, world.now);
	assert_string_equal(world.rooms, ". ");
	a = dial(md, "lobby");
	offer(md, a, &alice, 1, 0);
	b = dial(md, "lobby");
	offer(md, b, &bob, 2, 0);
	turns(md);
	assert_string_equal(world.rooms, ". +lobby ");
	hang_up(md, a);
	(void)media_turn(md, world.now);
	assert_string_equal(world.rooms, ". +lobby ");
	hang_up(md, b);
	(void)media_turn(md, world.now);
	assert_string_equal(world.rooms, ". +lobby -lobby ");

	/* A slow channel is tried again, and not all the time. */
	world.signald_slow = true;
	a = dial(md, "lobby");
	offer(md, a, &alice, 3, 0);
	turns(md);
	assert_string_equal(world.rooms, ". +lobby -lobby ");
	assert_int_equal(media_expiry(md), world.now + MEDIA_AGAIN_NS);
	world.signald_slow = false;
	world.now += MEDIA_AGAIN_NS;
	turns(md);
	assert_string_equal(world.rooms, ". +lobby -lobby +lobby ");
	assert_int_equal(media_expiry(md), UINT64_MAX);
	/* The next signald hears of what there is. */
	world.rooms[0] = '\0';
	media_signald(md, false);
	(void)media_turn(md, world.now);
	assert_string_equal(world.rooms, "");
	media_signald(md, true);
	(void)media_turn(md, world.now);
	assert_string_equal(world.rooms, "+lobby . ");
	hang_up(md, a);
	media_free(md);
}

static void
test_token(void **state)
{
	static const char *const	 wrong[] = {
		"", "{", "\"Hold\"", "{\"AuthToken\":{}}",
		"{\"AuthToken\":{\"token\":7}}", "{\"CallOffer\":{}}"
	};
	struct media			*md = guarded();
	struct quic_conn		*a, *b;
	struct identity			 alice, bob;
	char				 fp[IDENTITY_FP_STRLEN];
	size_t				 i;

	(void)state;
	person(&alice, 1);
	person(&bob, 2);
	identity_fingerprint(alice.id_pub, fp);

	/* Anything else comes first: dropped, and lookupd not bothered. */
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		a = dial(md, "lobby");
		say(md, a, wrong[i]);
		turns(md);
		assert_closed(a, "normal close", 0);
		hang_up(md, a);
	}
	a = dial(md, "lobby");
	offer(md, a, &alice, 1, OFFER_PROOF);
	turns(md);
	assert_closed(a, "normal close", 0);
	hang_up(md, a);
	assert_int_equal(world.nchecks, 0);
	assert_int_equal(media_counters(md)->mn_tokens, i + 1);

	/* The token, its answer, then the offer. */
	a = dial(md, "lobby");
	say(md, a, TOKEN);
	turns(md);
	assert_int_equal(world.nchecks, 1);
	assert_string_equal(world.token, "tok-5d1f");
	assert_int_equal(media_waiting(md), 1);
	media_checked(world.asker, true, fp, "");
	turns(md);
	assert_false(a->qc_closed);
	assert_int_equal(a->qc_nmessages, 0);
	offer(md, a, &alice, 2, 0);
	turns(md);
	assert_member(a);
	hang_up(md, a);

	/* The offer right behind the token, as clients do; once. */
	a = dial(md, "lobby");
	say(md, a, TOKEN);
	offer(md, a, &alice, 3, 0);
	say(md, a, "no JSON");
	turns(md);
	assert_int_equal(a->qc_nmessages, 0);
	assert_false(a->qc_closed);
	media_checked(world.asker, true, fp, "");
	assert_int_equal(media_expiry(md), 0);
	turns(md);
	assert_member(a);
	hang_up(md, a);
	/* What was kept is looked at as sharply. */
	a = dial(md, "lobby");
	say(md, a, TOKEN);
	say(md, a, TOKEN);
	media_checked(world.asker, true, fp, "");
	assert_true(media_turn(md, world.now));
	assert_refused(a, 0);
	hang_up(md, a);

	/* Another person's key (gap 3). */
	b = dial(md, "lobby");
	say(md, b, TOKEN);
	offer(md, b, &bob, 4, OFFER_PROOF);
	media_checked(world.asker, true, fp, "");
	turns(md);
	assert_refused(b, 0);
	hang_up(md, b);

	/* No, whatever else it says; no fingerprint; lookupd away. */
	a = dial(md, "lobby");
	say(md, a, TOKEN);
	media_checked(world.asker, false, fp, "refused");
	turns(md);
	assert_closed(a, "normal close", 0);
	hang_up(md, a);
	a = dial(md, "lobby");
	say(md, a, TOKEN);
	offer(md, a, &alice, 5, 0);
	media_checked(world.asker, false, "", "refused");
	assert_true(media_turn(md, world.now));
	assert_closed(a, "normal close", 0);
	hang_up(md, a);
	a = dial(md, "lobby");
	say(md, a, TOKEN);
	media_checked(world.asker, true, "somebody", "");
	turns(md);
	assert_closed(a, "normal close", 0);
	hang_up(md, a);
	world.lookupd_away = true;
	a = dial(md, "lobby");
	say(md, a, TOKEN);
	assert_closed(a, "normal close", 0);
	hang_up(md, a);
	world.lookupd_away = false;

	/* Gone during the check: nobody is to be called back. */
	assert_int_equal(world.given_up, 0);
	a = dial(md, "lobby");
	say(md, a, TOKEN);
	offer(md, a, &alice, 6, 0);
	hang_up(md, a);
	assert_int_equal(world.given_up, world.nchecks);
	a = dial(md, "lobby");
	say(md, a, TOKEN);
	media_shutdown(md);
	assert_int_equal(world.given_up, world.nchecks);
	assert_closed(a, "shutdown", 0);
	hang_up(md, a);
	assert_int_equal(rooms_members(media_rooms(md)), 0);
	media_free(md);
}

/* Times and memory of the token's part. */
static void
test_token_limits(void **state)
{
	static char		 big[65536];
	struct media		*md = guarded();
	struct quic_conn	*conn[MEDIA_KEPT_MAX / sizeof(big) + 1];
	struct identity		 alice;
	char			 fp[IDENTITY_FP_STRLEN];
	size_t			 i, n = sizeof(conn) / sizeof(conn[0]);

	(void)state;
	person(&alice, 1);
	identity_fingerprint(alice.id_pub, fp);
	/* Silent before the token: the time for an offer. */
	conn[0] = dial(md, "lobby");
	world.now += OFFER_MS * NS_PER_MS - 1;
	turns(md);
	assert_false(conn[0]->qc_closed);
	/* In time; then it has as much again. */
	say(md, conn[0], TOKEN);
	assert_int_equal(media_expiry(md), UINT64_MAX);
	world.now += 5 * NS_PER_S;
	media_checked(world.asker, true, fp, "");
	turns(md);
	world.now += OFFER_MS * NS_PER_MS - 1;
	turns(md);
	assert_false(conn[0]->qc_closed);
	world.now++;
	turns(md);
	assert_refused(conn[0], 0);
	hang_up(md, conn[0]);
	conn[0] = dial(md, "lobby");
	world.now += OFFER_MS * NS_PER_MS;
	turns(md);
	assert_true(conn[0]->qc_closed);
	hang_up(md, conn[0]);

	/* All that is kept meanwhile has a bound, and is given back. */
	memset(big, ' ', sizeof(big));
	for (i = 0; i < n; i++) {
		conn[i] = dial(md, "lobby");
		say(md, conn[i], TOKEN);
		media_quic_ops.message(md, conn[i], (const uint8_t *)big,
		    sizeof(big));
		assert_true(conn[i]->qc_closed == (i == n - 1));
	}
	assert_refused(conn[n - 1], 0);
	for (i = 0; i < n; i++)
		hang_up(md, conn[i]);
	for (i = 0; i < n; i++) {
		conn[i] = dial(md, "lobby");
		say(md, conn[i], TOKEN);
		media_quic_ops.message(md, conn[i], (const uint8_t *)big,
		    sizeof(big));
		assert_false(conn[i]->qc_closed);
		media_checked(world.asker, true, fp, "");
		turns(md);
		assert_refused(conn[i], 0);
		hang_up(md, conn[i]);
	}
	media_free(md);
}

/* A reload holds for those who wait, and turns nobody out. */
static void
test_settings(void **state)
{
	struct media_config	*config = &world.config;
	struct media		*md = relay(true);
	struct quic_conn	*a, *b, *c;
	struct identity		 alice, bob;

	(void)state;
	person(&alice, 1);
	person(&bob, 2);
	a = dial(md, "lobby");
	offer(md, a, &alice, 1, 0);
	b = dial(md, "lobby");
	turns(md);
	assert_member(a);

	config->mc_legacy_allow = false;
	media_settings(md, config);
	assert_false(a->qc_closed);
	offer(md, b, &bob, 2, 0);
	turns(md);
	assert_refused(b, 0);
	hang_up(md, b);
	config->mc_legacy_allow = true;
	media_settings(md, config);
	b = dial(md, "lobby");
	offer(md, b, &bob, 3, 0);
	turns(md);
	assert_member(b);
	hang_up(md, b);

	/* Shorter and longer times for an offer, in the order of arrival. */
	b = dial(md, "lobby");
	world.now += 2 * NS_PER_S;
	config->mc_offer_ms = 1000;
	media_settings(md, config);
	c = dial(md, "lobby");
	turns(md);
	assert_refused(b, 0);
	assert_false(c->qc_closed);
	config->mc_offer_ms = 20000;
	media_settings(md, config);
	world.now += 19 * NS_PER_S;
	turns(md);
	assert_false(c->qc_closed);
	world.now += NS_PER_S;
	turns(md);
	assert_refused(c, 0);
	hang_up(md, b);
	hang_up(md, c);

	/* Rooms and participants. */
	config->mc_limits.rl_rooms = 1;
	config->mc_limits.rl_participants = 1;
	media_settings(md, config);
	b = dial(md, "lobby");
	offer(md, b, &bob, 4, 0);
	c = dial(md, "other");
	offer(md, c, &bob, 5, 0);
	turns(md);
	assert_refused(b, 1);
	assert_refused(c, 1);
	assert_false(a->qc_closed);
	hang_up(md, b);
	hang_up(md, c);
	config->mc_limits.rl_rooms = 2;
	config->mc_limits.rl_participants = 2;
	media_settings(md, config);
	b = dial(md, "lobby");
	offer(md, b, &bob, 6, 0);
	c = dial(md, "other");
	offer(md, c, &bob, 7, 0);
	turns(md);
	assert_member(b);
	assert_member(c);
	/* Calls. */
	config->mc_max_calls = 1;
	media_settings(md, config);
	admit(md, "x", &alice, &bob, 0);
	admit(md, "y", &alice, &bob, -1);

	/* Tokens from now on. */
	config->mc_auth_required = true;
	media_settings(md, config);
	assert_false(a->qc_closed);
	hang_up(md, b);
	b = dial(md, "lobby");
	offer(md, b, &bob, 8, 0);
	assert_closed(b, "normal close", 0);
	config->mc_auth_required = false;
	media_settings(md, config);
	hang_up(md, b);
	b = dial(md, "lobby");
	say(md, b, TOKEN);
	assert_refused(b, 0);
	hang_up(md, a);
	hang_up(md, b);
	hang_up(md, c);
	media_free(md);
}

static void
test_retiring(void **state)
{
	struct media		*md = relay(true);
	struct quic_conn	*a, *b;
	struct identity		 alice;

	(void)state;
	person(&alice, 1);
	(void)media_turn(md, world.now);
	assert_int_equal(world.ndrained, 0);
	a = dial(md, "lobby");
	offer(md, a, &alice, 1, 0);
	b = dial(md, "lobby");
	turns(md);
	media_retire(md, true);
	assert_true(media_retiring(md));
	(void)media_turn(md, world.now);
	/* Its people stay, and may still be joined. */
	offer(md, b, &alice, 2, 0);
	turns(md);
	assert_member(b);
	hang_up(md, b);
	(void)media_turn(md, world.now);
	assert_int_equal(world.ndrained, 0);
	hang_up(md, a);
	/* Somebody is in a handshake: not yet. */
	world.handshakes = true;
	(void)media_turn(md, world.now);
	assert_int_equal(world.ndrained, 0);
	world.handshakes = false;
	(void)media_turn(md, world.now);
	assert_int_equal(world.ndrained, 1);
	/* Said once, however often it is told. */
	media_retire(md, true);
	(void)media_turn(md, world.now);
	assert_int_equal(world.ndrained, 1);
	/* Wanted again; and once more not. */
	media_retire(md, false);
	(void)media_turn(md, world.now);
	assert_int_equal(world.ndrained, 1);
	media_retire(md, true);
	(void)media_turn(md, world.now);
	assert_int_equal(world.ndrained, 2);
	media_free(md);
}

/* Longer aliases are cut between two characters. */
static void
test_alias(void **state)
{
	static const struct {
		const char	*tail;		/* behind 126 letters */
		size_t		 kept;
	} cases[] = {
		{ "", 126 }, { "yz", 128 }, { "y\xc3\xbc", 127 },
		{ "\xc3\xbc", 128 }, { "\xc3\xbcz", 128 },
		{ "\xe2\x82\xac", 126 }, { "y\xe2\x82\xac", 127 },
		{ "\xf0\x9f\x8e\xa4", 126 }, { "xyz", 128 }
	};
	struct media		*md = relay(true);
	struct quic_conn	*conn;
	struct identity		 alice;
	struct room		*room;
	char			 alias[160];
	size_t			 i;

	(void)state;
	person(&alice, 1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(alias, 'x', 126);
		strlcpy(alias + 126, cases[i].tail, sizeof(alias) - 126);
		conn = dial(md, "lobby");
		offer_alias(md, conn, &alice, (uint8_t)i, alias);
		turns(md);
		assert_member(conn);
		room = room_find(media_rooms(md), "lobby");
		assert_int_equal(strlen(room->rm_seats[0].se_member->me_alias),
		    cases[i].kept);
		assert_memory_equal(room->rm_seats[0].se_member->me_alias,
		    alias, cases[i].kept);
		hang_up(md, conn);
	}
	media_free(md);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_rooms),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_token_limits),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_retiring),
		cmocka_unit_test(test_alias)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
