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
 * The table of calls and its state machine.
 *
 * COVERS: row 1.30 - create is Pending, ringing only from Pending, active
 *	only from Pending and Ringing, a refused transition changes nothing
 * COVERS: row 1.31 - end returns the entry in state Ended and removes it
 * COVERS: row 1.32 - expire returns only Pending entries past the time-out
 * COVERS: row 3.20 - reflexive addresses: set, cleared, of unknown calls
 * COVERS: row 5.30 - LAN candidates: empty at first, set, cleared
 * COVERS: gap 11 - addresses nobody is sent to, strict for candidates
 * COVERS: row 1.33 - peer look-up, calls of a fingerprint
 */
#include "common/base/text.h"
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "signald/calls.h"
#include "signald/offer.h"

#define FP_A	"aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa"
#define FP_B	"bbbb:bbbb:bbbb:bbbb:bbbb:bbbb:bbbb:bbbb"
#define FP_C	"cccc:cccc:cccc:cccc:cccc:cccc:cccc:cccc"

#define MS	UINT64_C(1000000)

static struct calls *
new_calls(void)
{
	struct calls	*calls;

	assert_non_null(calls = calls_new(16, 64));
	return (calls);
}

static void
transitions(void **state)
{
	struct calls	*calls = new_calls();
	struct call	*call, before;

	(void)state;
	call = calls_create(calls, "c1", FP_A, FP_B, 5 * MS, 1000);
	assert_non_null(call);
	assert_int_equal(call->call_state, CALL_PENDING);
	assert_int_equal(call->call_created_ms, 1000);
	assert_string_equal(call->call_room, "");
	assert_ptr_equal(calls_find(calls, "c1"), call);
	assert_int_equal(calls_count(calls), 1);

	assert_true(calls_ring(calls, call, 6 * MS));
	assert_int_equal(call->call_state, CALL_RINGING);
	assert_int_equal(call->call_since_ns, 6 * MS);
	before = *call;
	assert_false(calls_ring(calls, call, 7 * MS));
	assert_memory_equal(&before, call, sizeof(before));
	assert_false(calls_activate(calls, call, CALL_MODE_REJECT, 7 * MS, 7));
	assert_false(calls_activate(calls, call, CALL_MODE_NONE, 7 * MS, 7));
	assert_memory_equal(&before, call, sizeof(before));

	assert_true(calls_activate(calls, call, CALL_MODE_TRUSTED, 8 * MS,
	    2000));
	assert_int_equal(call->call_state, CALL_ACTIVE);
	assert_int_equal(call->call_mode, CALL_MODE_TRUSTED);
	assert_string_equal(call->call_room, "call-c1");
	assert_int_equal(call->call_answered_ms, 2000);
	before = *call;
	assert_false(calls_ring(calls, call, 9 * MS));
	assert_false(calls_activate(calls, call, CALL_MODE_GENERIC, 9 * MS,
	    3000));
	assert_memory_equal(&before, call, sizeof(before));

	/* Active from Pending, without ringing. */
	call = calls_create(calls, "c2", FP_A, FP_B, 9 * MS, 1000);
	assert_non_null(call);
	assert_true(calls_activate(calls, call, CALL_MODE_GENERIC, 9 * MS,
	    4000));
	assert_int_equal(call->call_mode, CALL_MODE_GENERIC);
	calls_free(calls);
}

static void
ending(void **state)
{
	struct calls	*calls = new_calls();
	struct call	*call;

	(void)state;
	assert_null(calls_end(calls, "c1", CALL_REASON_NORMAL, 1));
	call = calls_create(calls, "c1", FP_A, FP_B, 0, 1000);
	assert_true(calls_activate(calls, call, CALL_MODE_TRUSTED, 0, 2000));
	assert_ptr_equal(calls_end(calls, "c1", CALL_REASON_NORMAL, 3000),
	    call);
	assert_int_equal(call->call_state, CALL_ENDED);
	assert_int_equal(call->call_reason, CALL_REASON_NORMAL);
	assert_int_equal(call->call_ended_ms, 3000);
	assert_string_equal(call->call_party[CALL_CALLER].cp_fp, FP_A);
	assert_int_equal(calls_count(calls), 0);
	assert_null(calls_find(calls, "c1"));
	assert_null(calls_of(calls, FP_A, NULL));
	assert_int_equal(calls_count_of(calls, FP_B), 0);
	/* An ended call cannot be revived. */
	assert_false(calls_ring(calls, call, 1));
	assert_false(calls_activate(calls, call, CALL_MODE_TRUSTED, 1, 1));
	call_free(call);
	calls_free(calls);
}

static void
expiry(void **state)
{
	struct calls	*calls = new_calls();
	struct call	*call, *ringing, *active;

	(void)state;
	assert_non_null(calls_create(calls, "old", FP_A, FP_B, 0, 0));
	ringing = calls_create(calls, "ringing", FP_A, FP_B, 0, 0);
	assert_true(calls_ring(calls, ringing, 0));
	active = calls_create(calls, "active", FP_A, FP_B, 0, 0);
	assert_true(calls_activate(calls, active, CALL_MODE_GENERIC, 0, 0));
	assert_non_null(calls_create(calls, "new", FP_A, FP_B, 50 * MS, 0));

	assert_null(calls_expire(calls, 59 * MS, 60 * MS, 1));
	call = calls_expire(calls, 60 * MS, 60 * MS, 77);
	assert_non_null(call);
	assert_string_equal(call->call_id, "old");
	assert_int_equal(call->call_state, CALL_ENDED);
	assert_int_equal(call->call_ended_ms, 77);
	call_free(call);
	assert_null(calls_expire(calls, 60 * MS, 60 * MS, 77));
	assert_int_equal(calls_count(calls), 3);

	call = calls_expire(calls, 500 * MS, 60 * MS, 78);
	assert_non_null(call);
	assert_string_equal(call->call_id, "new");
	call_free(call);
	assert_null(calls_expire(calls, 500 * MS, 60 * MS, 78));
	assert_ptr_equal(calls_find(calls, "ringing"), ringing);
	assert_ptr_equal(calls_find(calls, "active"), active);
	calls_free(calls);
}

static void
look_ups(void **state)
{
	struct calls		*calls = new_calls();
	struct call_party	*party = NULL;
	struct call		*c1, *c2;
	unsigned int		 n = 0;

	(void)state;
	c1 = calls_create(calls, "c1", FP_A, FP_B, 0, 0);
	c2 = calls_create(calls, "c2", FP_C, FP_A, 0, 0);
	assert_non_null(c1);
	assert_non_null(c2);
	assert_string_equal(call_peer(c1, FP_A)->cp_fp, FP_B);
	assert_string_equal(call_peer(c1, FP_B)->cp_fp, FP_A);
	assert_null(call_peer(c1, FP_C));
	assert_int_equal(call_side(c2, FP_A), CALL_CALLEE);
	assert_int_equal(call_side(c2, FP_C), CALL_CALLER);
	assert_int_equal(call_side(c2, FP_B), -1);

	while ((party = calls_of(calls, FP_A, party)) != NULL) {
		assert_true(party->cp_call == c1 || party->cp_call == c2);
		assert_string_equal(party->cp_fp, FP_A);
		n++;
	}
	assert_int_equal(n, 2);
	assert_int_equal(calls_count_of(calls, FP_A), 2);
	assert_int_equal(calls_unanswered(calls, FP_A, CALL_CALLEE), 1);
	assert_int_equal(calls_unanswered(calls, FP_A, CALL_CALLER), 1);
	assert_true(calls_activate(calls, c2, CALL_MODE_GENERIC, 0, 0));
	assert_int_equal(calls_unanswered(calls, FP_A, CALL_CALLEE), 0);
	call_free(calls_end(calls, "c1", CALL_REASON_NORMAL, 0));
	party = calls_of(calls, FP_A, NULL);
	assert_ptr_equal(party->cp_call, c2);
	assert_null(calls_of(calls, FP_A, party));
	assert_null(calls_of(calls, FP_B, NULL));
	calls_free(calls);
}

/* As many as a walk over all calls of somebody finds. */
static void
unanswered_is_so(const struct calls *calls, const char *fp)
{
	struct call_party	*party = NULL;
	size_t			 n[2] = { 0, 0 };

	while ((party = calls_of(calls, fp, party)) != NULL)
		if (party->cp_call->call_state != CALL_ACTIVE &&
		    !party->cp_remote)
			n[party - party->cp_call->call_party]++;
	assert_int_equal(calls_unanswered(calls, fp, CALL_CALLER),
	    n[CALL_CALLER]);
	assert_int_equal(calls_unanswered(calls, fp, CALL_CALLEE),
	    n[CALL_CALLEE]);
}

/* Whatever happens to calls, and in whatever order. */
static void
unanswered(void **state)
{
	static const char *const fp[] = { FP_A, FP_B, FP_C };
	struct calls		*calls = new_calls();
	struct call		*call;
	char			 id[8];
	uint32_t		 draw = 1;
	unsigned int		 i, k, seen = 0;

	(void)state;
	for (i = 0; i < 5000; i++) {
		draw = draw * 1664525 + 1013904223;
		(void)snprintf(id, sizeof(id), "c%u", draw >> 8 & 15);
		call = calls_find(calls, id);
		k = (draw >> 16) % 7;
		if (call == NULL)
			call = calls_create(calls, id, fp[k % 3],
			    fp[(k + 1 + (draw >> 28) % 2) % 3], i * MS, i);
		else if (k == 0)
			call_free(calls_end(calls, id, CALL_REASON_NORMAL, i));
		else if (k == 1)
			(void)calls_ring(calls, call, i * MS);
		else if (k == 2)
			(void)calls_activate(calls, call, CALL_MODE_GENERIC,
			    i * MS, i);
		else if (k == 3 && call_far(call) == NULL)
			(void)calls_set_remote(calls, call,
			    draw >> 30 & 1 ? CALL_CALLEE : CALL_CALLER);
		else if (k == 4)
			calls_set_away(calls, call, i * MS);
		else if (k == 5)
			call_free(calls_expire(calls, i * MS, 40 * MS, i));
		for (k = 0; k < 3; k++) {
			unanswered_is_so(calls, fp[k]);
			seen += calls_unanswered(calls, fp[k],
			    CALL_CALLEE) > 1;
		}
	}
	assert_true(seen > 100);
	calls_free(calls);
}

static void
limits(void **state)
{
	struct calls	*calls = new_calls();
	char		 id[CALL_ID_STRLEN + 1];
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 16; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		assert_non_null(calls_create(calls, id, FP_A, FP_B, 0, 0));
	}
	assert_null(calls_create(calls, "c0", FP_A, FP_C, 0, 0));
	assert_int_equal(errno, EEXIST);
	/* The refused one did not replace the entry. */
	assert_int_equal(call_side(calls_find(calls, "c0"), FP_C), -1);
	assert_null(calls_create(calls, "c16", FP_A, FP_C, 0, 0));
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(calls_count_of(calls, FP_C), 0);
	assert_null(calls_create(calls, "self", FP_A, FP_A, 0, 0));
	assert_int_equal(errno, EINVAL);
	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	assert_null(calls_create(calls, id, FP_A, FP_B, 0, 0));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(calls_count(calls), 16);
	calls_free(calls);
}

static void
queues(void **state)
{
	struct calls	*calls = new_calls();
	struct call	*c1, *c2;

	(void)state;
	assert_null(calls_oldest(calls, CALL_PENDING));
	c1 = calls_create(calls, "c1", FP_A, FP_B, 1, 0);
	c2 = calls_create(calls, "c2", FP_A, FP_B, 2, 0);
	assert_ptr_equal(calls_oldest(calls, CALL_PENDING), c1);
	assert_ptr_equal(calls_after(c1), c2);
	/* Order of entry into the state, not of creation. */
	assert_true(calls_ring(calls, c2, 3));
	assert_true(calls_ring(calls, c1, 4));
	assert_ptr_equal(calls_oldest(calls, CALL_RINGING), c2);
	assert_ptr_equal(calls_after(c2), c1);
	assert_null(calls_after(c1));
	assert_null(calls_oldest(calls, CALL_PENDING));
	assert_null(calls_oldest(calls, CALL_ENDED));
	calls_free(calls);
}

/* Which addresses the other party is asked to dial (gap 21). */
static void
usable_addresses(void **state)
{
	static const struct {
		const char	*text;
		bool		 usable;
	} cases[] = {
		{ "192.168.1.10:1", true }, { "10.0.0.1:65535", true },
		{ "203.0.113.7:40001", true }, { "223.255.255.255:1", true },
		{ "203.0.113.7:0", false }, { "0.1.2.3:1", false },
		{ "127.255.0.1:1", false }, { "169.254.0.1:1", false },
		{ "169.253.0.1:1", true }, { "224.0.0.1:1", false },
		{ "255.255.255.255:1", false }, { "[2001:db8::1]:1", true },
		{ "[3fff::1]:1", true }, { "[4000::1]:1", false },
		{ "[fd00::2]:3", true }, { "[fc00::2]:3", true },
		{ "[fe80::1]:1", false }, { "[ff02::1]:1", false },
		{ "[::1]:1", false }, { "[::]:1", false },
		{ "[2001:db8::1]:0", false }, { "example.org:1", false },
		{ "", false }
	};
	static const char	*local[] = { "10.0.0.1:1", "10.0.0.2:1",
		"127.0.0.1:1", "10.0.0.3:1", "10.0.0.4:1", "10.0.0.5:1",
		"10.0.0.6:1", "10.0.0.7:1", "10.0.0.8:1", "10.0.0.9:1" };
	struct sig_strings	 list = { local, 10 };
	struct call_party	 party;
	struct offer_rules	 none, seen;
	char			 alias[5];
	size_t			 i;

	(void)state;
	memset(&none, 0, sizeof(none));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (offer_address_usable(cases[i].text, &none) !=
		    cases[i].usable)
			fail_msg("%s", cases[i].text);
	}
	/* Where we see the client itself, that host may be dialled. */
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(addr_parse(&seen.or_observed, "127.0.0.1:7"), 0);
	assert_true(offer_address_usable("127.0.0.1:1", &seen));
	assert_false(offer_address_usable("127.0.0.1:0", &seen));
	assert_false(offer_address_usable("127.0.0.2:1", &seen));
	/* The first eight usable ones. */
	memset(&party, 0, sizeof(party));
	offer_take_addresses(&party, &none, NULL, &list);
	assert_int_equal(party.cp_nlocal, CALL_LOCAL_MAX);
	assert_string_equal(party.cp_local[2], "10.0.0.3:1");
	assert_string_equal(party.cp_local[7], "10.0.0.8:1");
	assert_string_equal(party.cp_reflexive, "");
	/* An alias is cut between characters. */
	text_copy(alias, sizeof(alias), "abc\xc3\xa4");
	assert_string_equal(alias, "abc");
	text_copy(alias, sizeof(alias), "ab\xc3\xa4z");
	assert_string_equal(alias, "ab\xc3\xa4");
	text_copy(alias, sizeof(alias), NULL);
	assert_string_equal(alias, "");
}

/* Addresses of a party, from none to some and back. */
static void
party_addresses(void **state)
{
	static const char	*local[] = { "10.0.0.1:1", "[fd00::1]:2" };
	struct sig_strings	 some = { local, 2 }, none = { NULL, 0 };
	struct offer_rules	 rules;
	struct call_party	*caller, *callee;
	struct calls		*calls;
	struct call		*call;

	(void)state;
	memset(&rules, 0, sizeof(rules));
	assert_non_null(calls = calls_new(2, 64));
	call = calls_create(calls, "c1", "a", "b", 1, 1);
	assert_non_null(call);
	caller = &call->call_party[CALL_CALLER];
	callee = &call->call_party[CALL_CALLEE];
	assert_string_equal(caller->cp_reflexive, "");
	assert_int_equal(caller->cp_nlocal, 0);
	offer_take_addresses(caller, &rules, "203.0.113.7:1", &some);
	assert_string_equal(caller->cp_reflexive, "203.0.113.7:1");
	assert_int_equal(caller->cp_nlocal, 2);
	assert_string_equal(caller->cp_local[1], "[fd00::1]:2");
	/* The other's are its own. */
	assert_string_equal(callee->cp_reflexive, "");
	assert_int_equal(callee->cp_nlocal, 0);
	offer_take_addresses(callee, &rules, "203.0.113.8:1", &none);
	assert_string_equal(callee->cp_reflexive, "203.0.113.8:1");
	offer_take_addresses(caller, &rules, NULL, &none);
	assert_string_equal(caller->cp_reflexive, "");
	assert_int_equal(caller->cp_nlocal, 0);
	assert_string_equal(callee->cp_reflexive, "203.0.113.8:1");
	/* Unusable is none. */
	offer_take_addresses(callee, &rules, "wherever", &some);
	assert_string_equal(callee->cp_reflexive, "");
	assert_null(calls_find(calls, "c2"));
	calls_free(calls);
}

/* Those who announced candidates: the relay answers for what it passes on. */
static void
strict_addresses(void **state)
{
	static const struct {
		const char	*text;
		bool		 usable;
	} cases[] = {
		/* Public ones: the observed host, whatever the port. */
		{ "198.51.100.7:1", true }, { "198.51.100.7:65535", true },
		{ "198.51.100.7:0", false }, { "198.51.100.8:1000", false },
		{ "203.0.113.7:40001", false }, { "8.8.8.8:53", false },
		{ "[::ffff:198.51.100.7]:9", true },
		{ "[::ffff:203.0.113.7]:9", false },
		/* Those of a LAN (7.4), with their borders. */
		{ "10.0.0.0:1", true }, { "10.255.255.255:1", true },
		{ "9.255.255.255:1", false }, { "11.0.0.0:1", false },
		{ "172.15.255.255:1", false }, { "172.16.0.0:1", true },
		{ "172.31.255.255:1", true }, { "172.32.0.0:1", false },
		{ "192.167.255.255:1", false }, { "192.168.0.0:1", true },
		{ "192.168.255.255:1", true }, { "192.169.0.0:1", false },
		{ "100.63.255.255:1", false }, { "100.64.0.0:1", true },
		{ "100.127.255.255:1", true }, { "100.128.0.0:1", false },
		{ "[2001:db8::1]:1", true }, { "[fd00::2]:3", true },
		{ "[::1]:1", false }, { "[::]:1", false },
		{ "[fe80::1]:1", false }, { "[fe80::1%eth0]:1", false },
		{ "[fec0::1]:1", false }, { "[ff02::1]:1", false },
		{ "[64:ff9b::808:808]:1", false },
		{ "127.0.0.1:1", false }, { "0.0.0.0:1", false },
		{ "169.254.0.1:1", false }, { "224.0.0.1:1", false },
		{ "255.255.255.255:1", false }, { "240.0.0.1:1", false },
		/* The relay itself, but not its neighbours. */
		{ "192.168.5.5:4433", false }, { "192.168.5.5:4434", true },
		{ "[2001:db8:9::5]:4433", false },
		{ "[2001:db8:9:0:0::5]:4433", false },
		{ "[2001:db8:9::6]:4433", true },
		{ "", false }, { "x", false }, { "10.0.0.1", false },
		{ "10.0.0.1:", false }, { "10.0.0.1:65536", false },
		{ "10.0.0.1:1 ", false }, { " 10.0.0.1:1", false },
		{ "010.0.0.1:1", false }, { "10.1:1", false },
		{ "2001:db8::1:1", false }, { "[2001:db8::1]", false },
		{ "[2001:db8::1]1", false }, { "example.org:1", false },
		{ "10.0.0.1:1\n10.0.0.2:1", false },
		{ "10.0.0.1:000000000000000000000000000000000000000000000"
		    "0000000001", false }
	};
	static const char	*many[] = { "junk", "10.0.0.1:1", "10.0.0.1:1",
		"[::ffff:10.0.0.1]:1", "10.0.0.1:2", "127.0.0.1:1" };
	struct sig_strings	 list = { many, 6 };
	struct offer_rules	 rules;
	const char		*taken[OFFER_CANDIDATES_MAX];
	char			 text[OFFER_CANDIDATES_MAX + 4][ADDR_STRLEN];
	const char		*texts[OFFER_CANDIDATES_MAX + 4];
	size_t			 i, left;

	(void)state;
	memset(&rules, 0, sizeof(rules));
	rules.or_strict = true;
	assert_int_equal(addr_parse(&rules.or_observed, "198.51.100.7:1000"),
	    0);
	assert_int_equal(addr_parse(&rules.or_own[0], "192.168.5.5:4433"), 0);
	assert_int_equal(addr_parse(&rules.or_own[1],
	    "[2001:db8:9::5]:4433"), 0);
	rules.or_nown = 2;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (offer_address_usable(cases[i].text, &rules) !=
		    cases[i].usable)
			fail_msg("%s", cases[i].text);
	}
	/* Each once, in their order. */
	assert_int_equal(offer_take_candidates(&rules, &list, taken,
	    OFFER_CANDIDATES_MAX, &left), 2);
	assert_int_equal(left, 4);
	assert_ptr_equal(taken[0], many[1]);
	assert_ptr_equal(taken[1], many[4]);
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		(void)snprintf(text[i], sizeof(text[i]), "10.0.0.1:%zu", i + 1);
		texts[i] = text[i];
	}
	list.list = texts;
	list.n = i;
	assert_int_equal(offer_take_candidates(&rules, &list, taken, 99,
	    &left), OFFER_CANDIDATES_MAX);
	assert_int_equal(left, 4);
	assert_string_equal(taken[15], "10.0.0.1:16");
	/* Loopback is nobody's candidate, even where we see the client. */
	assert_int_equal(addr_parse(&rules.or_observed, "127.0.0.1:7"), 0);
	assert_false(offer_address_usable("127.0.0.1:7", &rules));
	assert_false(offer_address_usable("198.51.100.7:1", &rules));
	/* Seen over IPv6: no public IPv4 address is known to be its own. */
	assert_int_equal(addr_parse(&rules.or_observed, "[2001:db8::9]:7"),
	    0);
	assert_false(offer_address_usable("198.51.100.7:1", &rules));
	assert_true(offer_address_usable("[2001:db8::9]:7", &rules));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(transitions),
		cmocka_unit_test(ending),
		cmocka_unit_test(expiry),
		cmocka_unit_test(look_ups),
		cmocka_unit_test(unanswered),
		cmocka_unit_test(limits),
		cmocka_unit_test(queues),
		cmocka_unit_test(usable_addresses),
		cmocka_unit_test(party_addresses),
		cmocka_unit_test(strict_addresses),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
