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
 * Finding the relay of a person, among honest relays and others.
 *
 * COVERS: federation - people are found by sets, by neighbours, by search
 * COVERS: gap 25 - who is nowhere is not found, and quickly
 * COVERS: limit - of queries, of searches, of their time
 * COVERS: lie - a neighbour claims everybody
 * COVERS: lie - a neighbour answers with false chains, or with our own name
 * COVERS: lie - a neighbour never answers
 * COVERS: lie - a neighbour floods queries, or replays their ids
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/table.h"
#include "regress/unit/fed_world.h"

#define FIND_QUERIES_BURST	quota_burst(NULL, LIMIT_PEER_SEARCH_RATE)
#define FIND_OPEN		quota(NULL, LIMIT_PEER_SEARCHES)
#define FIND_OWN_MAX		quota(NULL, LIMIT_SEARCHES)

enum {
	A,
	B,
	C,
	D,
	E,
	F,
	G
};

#define WHO	"0000:0007:0000:0000:0000:0000:0000:beef"	/* number 7 */
#define OTHER	"0000:0008:0000:0000:0000:0000:0000:beef"
#define QUERY(fp, ttl, id, path)					\
	"{\"RouteQuery\":{\"fingerprint\":\"" fp "\",\"ttl\":" ttl ","	\
	"\"id\":" id ",\"path\":[" path "]}}"
#define NO(fp, id)							\
	"{\"RouteResponse\":{\"fingerprint\":\"" fp "\","		\
	"\"found\":false,\"relay_chain\":[],\"id\":" id "}}"
#define YES(fp, id, chain)						\
	"{\"RouteResponse\":{\"fingerprint\":\"" fp "\","		\
	"\"found\":true,\"relay_chain\":[" chain "],\"id\":" id "}}"

static const struct find_stats *
stats(const struct fw *w, unsigned int at, unsigned int of)
{
	const struct find_stats	*fs;

	fs = find_stats(w->fw_relay[at].fr_find, of);
	assert_non_null(fs);
	return (fs);
}

/* Sets are told and complete. */
static void
settle(struct fw *w)
{
	fw_settle(w, DIGEST_READY_MS + 500);
}

/* Exactly when relay at has its answer: not a moment before. */
static void
expect_at(struct fw *w, unsigned int at, unsigned int ms, const char *answer)
{
	fw_run(w, ms - 1);
	fw_expect(w, at, "");
	fw_run(w, 1);
	fw_expect(w, at, answer);
}

static void
chain(struct fw *w, size_t n)
{
	unsigned int	 i;

	fw_begin(w, n);
	for (i = 0; i < n; i++)
		fw_here(w, i, 100 + i, true);
	fw_row(w, n);
	settle(w);
}

/* In a chain of seven, one after another. */
static void
distances(void **state)
{
	struct fw	 w;
	unsigned int	 all;

	(void)state;
	chain(&w, 7);
	/* His set has it, he says yes. */
	fw_find(&w, A, 1, 100 + B);
	expect_at(&w, A, 2 * FW_TRIP_MS, "1 found B\n");
	assert_int_equal(w.fw_count[SIGNAL_ROUTE_QUERY], 1);
	/* One step further: he looks into the sets of his neighbours. */
	fw_find(&w, A, 2, 100 + C);
	expect_at(&w, A, 4 * FW_TRIP_MS, "2 found BC\n");
	assert_int_equal(w.fw_count[SIGNAL_ROUTE_QUERY], 3);
	/* One further is in vain, two are not. */
	fw_find(&w, A, 3, 100 + D);
	expect_at(&w, A, (2 + 6) * FW_TRIP_MS, "3 found BCD\n");
	fw_find(&w, A, 4, 100 + E);
	expect_at(&w, A, (2 + 4 + 8) * FW_TRIP_MS, "4 found BCDE\n");
	assert_true(strlen("BCDE") == FED_PATH_MAX);
	/* That is as far as a call can go. */
	all = w.fw_count[SIGNAL_ROUTE_QUERY];
	fw_find(&w, A, 5, 100 + F);
	expect_at(&w, A, (2 + 4 + 6) * FW_TRIP_MS, "5 not found\n");
	assert_int_equal(w.fw_count[SIGNAL_ROUTE_QUERY] - all, 1 + 2 + 3);
	/* Nobody at all. */
	fw_find(&w, D, 6, 7);
	expect_at(&w, D, (2 + 4 + 6) * FW_TRIP_MS, "6 not found\n");
	/* And the other way. */
	fw_find(&w, G, 7, 100 + C);
	expect_at(&w, G, (2 + 4 + 8) * FW_TRIP_MS, "7 found FEDC\n");
	assert_int_equal(w.fw_count[SIGNAL_ROUTE_QUERY],
	    w.fw_count[SIGNAL_ROUTE_RESPONSE]);
	fw_end(&w);
}

/* What is said, to the letter. */
static void
letters(void **state)
{
	struct fw	 w;
	char		*id;
	char		 text[1024];

	(void)state;
	chain(&w, 3);
	fw_here(&w, C, 7, true);
	settle(&w);
	fw_find(&w, A, 1, 7);
	fw_run(&w, 500);
	fw_expect(&w, A, "1 found BC\n");
	assert_non_null(id = strstr(w.fw_wire, "\"id\":"));
	id = strdup(id + 5);
	assert_non_null(id);
	id[strspn(id, "0123456789")] = '\0';
	snprintf(text, sizeof(text),
	    "A>B " QUERY(WHO, "1", "%s", "\"<A>\"") "\n"
	    "B>C " QUERY(WHO, "0", "%s", "\"<A>\",\"<B>\"") "\n"
	    "C>B " YES(WHO, "%s", "\"<C>\"") "\n"
	    "B>A " YES(WHO, "%s", "\"<B>\",\"<C>\"") "\n", id, id, id, id);
	free(id);
	fw_expect_wire(&w, text);
	fw_end(&w);
}

/* Originals are not asked, but may be: MAYBE instead of NOT_FOUND. */
static void
originals(void **state)
{
	struct fw	 w;

	(void)state;
	fw_begin(&w, 3);
	fw_link(&w, A, B, FW_TRANSIT | FW_LEGACY);
	settle(&w);
	fw_find(&w, A, 1, 7);
	fw_expect(&w, A, "1 maybe\n");
	fw_link(&w, A, C, FW_TRANSIT);
	fw_here(&w, C, 8, true);
	settle(&w);
	fw_find(&w, A, 2, 8);
	fw_find(&w, A, 3, 7);
	fw_run(&w, 500);
	fw_expect(&w, A, "2 found C\n3 maybe\n");
	assert_null(strstr(w.fw_wire, "A>B"));
	/* Whatever it says of routes, it is no relay of ours. */
	fw_forget(&w);
	fw_send_text(&w, B, A, QUERY(OTHER, "0", "5", "\"<B>\""));
	fw_run(&w, 100);
	fw_expect_wire(&w, "");
	assert_int_equal(stats(&w, A, B)->bad, 1);
	fw_cut(&w, A, B);
	fw_find(&w, A, 4, 7);
	fw_run(&w, 500);
	fw_expect(&w, A, "4 not found\n");
	/* Alone. */
	fw_cut(&w, A, C);
	fw_find(&w, A, 5, 8);
	fw_expect(&w, A, "5 not found\n");
	fw_end(&w);
}

/* Who may transit is decided by who is between. */
static void
policy(void **state)
{
	struct fw	 w;
	int		 ab, bc;

	(void)state;
	for (ab = 0; ab < 2; ab++)
		for (bc = 0; bc < 2; bc++) {
			fw_begin(&w, 3);
			fw_middle(&w, ab, bc);
			fw_here(&w, C, 7, true);
			fw_here(&w, B, 8, true);
			settle(&w);
			fw_find(&w, A, 1, 8);
			fw_run(&w, 500);
			fw_expect(&w, A, "1 found B\n");
			fw_find(&w, A, 2, 7);
			fw_run(&w, 500);
			fw_expect(&w, A, ab && bc ? "2 found BC\n" :
			    "2 not found\n");
			if (!ab || !bc)
				assert_null(strstr(w.fw_wire, "B>C"));
			fw_end(&w);
		}
}

/* Everybody linked with everybody, and a ring: no query goes round. */
static void
circles(void **state)
{
	struct fw	 w;
	unsigned int	 i, k;

	(void)state;
	fw_begin(&w, 10);
	for (i = 0; i < 10; i++)
		fw_link(&w, i, (i + 1) % 10, FW_TRANSIT);
	fw_here(&w, E, 7, true);
	settle(&w);
	fw_find(&w, A, 1, 7);
	fw_run(&w, 500);
	fw_expect(&w, A, "1 found BCDE\n");
	fw_forget(&w);
	fw_find(&w, A, 2, 8);
	fw_run(&w, 500);
	fw_expect(&w, A, "2 not found\n");
	assert_int_equal(w.fw_count[SIGNAL_ROUTE_QUERY], 2 + 4 + 6);
	fw_end(&w);

	fw_begin(&w, 8);
	for (i = 0; i < 8; i++)
		for (k = 0; k < i; k++)
			fw_link(&w, i, k, FW_TRANSIT);
	settle(&w);
	fw_find(&w, A, 1, 7);
	fw_run(&w, 500);
	fw_expect(&w, A, "1 not found\n");
	/* 7; twice 7 of whom each asks 6, who have seen it. */
	assert_int_equal(w.fw_count[SIGNAL_ROUTE_QUERY], 7 + 2 * (7 + 42));
	fw_end(&w);
}

static unsigned int	liar;
static unsigned int	friend;		/* says nothing either, unless A */
static unsigned int	speaker;	/* answers in its place, unless A */
static const char	*lie;		/* what it answers; "%" is the id */
static unsigned int	asked;

/* The liar says it instead of its module; the rest passes. */
static bool
lies(struct fw *w, unsigned int from, unsigned int to, const struct signal *s)
{
	char		 text[2048], *p = text;
	const char	*q;

	if (s->type != SIGNAL_ROUTE_QUERY)
		return (true);
	if (to == friend && friend != A)
		return (false);
	if (to != liar)
		return (true);
	asked++;
	if (lie == NULL)
		return (false);
	for (q = lie; *q != '\0'; q++)
		if (*q == '%')
			p += snprintf(p, 30, "%llu",
			    (unsigned long long)s->u.route_query.id);
		else
			*p++ = *q;
	*p = '\0';
	fw_send_text(w, speaker != A ? speaker : to, from, text);
	return (false);
}

/* A triangle with a tail: the liar is B, the honest way to D is C. */
static void
lying_world(struct fw *w, const char *answer, bool claim)
{
	fw_begin(w, 5);
	fw_link(w, A, B, FW_TRANSIT);
	fw_link(w, A, C, FW_TRANSIT);
	fw_link(w, B, C, FW_TRANSIT);
	fw_link(w, C, D, FW_TRANSIT);
	fw_here(w, D, 7, true);
	if (claim)
		fw_here(w, B, 7, true);
	settle(w);
	liar = B;
	lie = answer;
	asked = 0;
	w->fw_hook = lies;
}

/* It claims everybody, and has to say it again: no. */
static void
claims_all(void **state)
{
	struct fw	 w;

	(void)state;
	lying_world(&w, NO(WHO, "%"), true);
	fw_find(&w, A, 1, 7);
	expect_at(&w, A, 6 * FW_TRIP_MS, "1 found CD\n");
	assert_int_equal(stats(&w, A, B)->denied, 1);
	assert_int_equal(asked, 3);	/* A, C confirming, A for others */
	fw_end(&w);
	/* Control: it is true. */
	lying_world(&w, NULL, true);
	w.fw_hook = NULL;
	fw_find(&w, A, 1, 7);
	expect_at(&w, A, 2 * FW_TRIP_MS, "1 found B\n");
	fw_end(&w);
	/* It claims and then says nothing. */
	lying_world(&w, NULL, true);
	fw_find(&w, A, 1, 7);
	expect_at(&w, A, FIND_HOP_MS + 4 * FW_TRIP_MS, "1 found CD\n");
	assert_int_equal(stats(&w, A, B)->silent, 1);
	fw_end(&w);
}

/* Chains that lead nowhere, in circles or through us are as good as a no. */
static void
false_chains(void **state)
{
	static const char	*chains[] = {
		YES(WHO, "%", ""),
		YES(WHO, "%", "\"<D>\""),		/* not by itself */
		YES(WHO, "%", "\"<C>\",\"<B>\""),
		YES(WHO, "%", "\"<A>\""),		/* us */
		YES(WHO, "%", "\"<B>\",\"<A>\""),
		YES(WHO, "%", "\"<B>\",\"<B>\""),
		YES(WHO, "%", "\"<B>\",\"<E>\",\"<F>\""), /* near: two */
		YES(WHO, "%", "\"<B>\",\"<E>\",\"<F>\",\"<G>\",\"<H>\""),
		YES(WHO, "%", "\"<B>\",\"nonsense\""),
		YES(WHO, "%", "\"<B>\",\"\"")
	};
	struct fw	 w;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
		lying_world(&w, chains[i], false);
		fw_find(&w, A, 1, 7);
		expect_at(&w, A, 4 * FW_TRIP_MS, "1 found CD\n");
		assert_int_equal(stats(&w, A, B)->bad, 1);
		fw_end(&w);
	}
	/* Control: this one could be, and was first. */
	lying_world(&w, YES(WHO, "%", "\"<B>\",\"<E>\""), false);
	fw_find(&w, A, 1, 7);
	expect_at(&w, A, 2 * FW_TRIP_MS, "1 found BE\n");
	fw_end(&w);
	/* For another: not through who asks, not through where it has been. */
	chain(&w, 4);
	liar = D;
	lie = YES(WHO, "%", "\"<D>\",\"<A>\"");
	w.fw_hook = lies;
	fw_find(&w, A, 1, 7);
	fw_run(&w, FIND_LIMIT_MS);
	fw_expect(&w, A, "1 not found\n");
	assert_int_equal(stats(&w, C, D)->bad, 1);
	fw_end(&w);
}

static void
silence(void **state)
{
	struct fw	 w;
	unsigned int	 i;
	char		 text[64];

	(void)state;
	lying_world(&w, NULL, false);
	fw_find(&w, A, 1, 7);
	expect_at(&w, A, 4 * FW_TRIP_MS, "1 found CD\n");
	/* Who is nowhere: it costs the time of the near search. */
	fw_find(&w, A, 2, 8);
	fw_run(&w, 2 * FIND_HOP_MS);
	fw_expect(&w, A, "");
	fw_run(&w, FIND_LIMIT_MS - 2 * FIND_HOP_MS);
	fw_expect(&w, A, "2 not found\n");
	assert_int_equal(stats(&w, A, B)->silent, 1);
	/* After some of that it is not asked at all for a while. */
	for (i = 1; i < FIND_SILENT; i++) {
		fw_find(&w, A, 10 + i, 8);
		fw_run(&w, FIND_LIMIT_MS);
		snprintf(text, sizeof(text), "%u not found\n", 10 + i);
		fw_expect(&w, A, text);
	}
	asked = 0;
	fw_forget(&w);
	fw_find(&w, A, 3, 8);
	fw_run(&w, FIND_LIMIT_MS);
	fw_expect(&w, A, "3 not found\n");
	assert_null(strstr(w.fw_wire, "A>B"));
	/* Control: it gets another chance. */
	fw_run(&w, FIND_SILENT_MS);
	fw_forget(&w);
	fw_find(&w, A, 4, 8);
	fw_run(&w, FIND_LIMIT_MS);
	assert_non_null(strstr(w.fw_wire, "A>B"));
	fw_end(&w);

	/* Deep inside: those before it have answered when time is over. */
	chain(&w, 5);
	liar = D;
	lie = NULL;
	w.fw_hook = lies;
	fw_find(&w, A, 1, 7);
	fw_run(&w, FIND_LIMIT_MS);
	fw_expect(&w, A, "1 not found\n");
	assert_int_equal(stats(&w, C, D)->silent, 1);
	assert_int_equal(stats(&w, B, C)->silent, 0);
	assert_int_equal(stats(&w, A, B)->silent, 0);
	fw_end(&w);

	/* Who did not get all his time is not held for silent. */
	fw_begin(&w, 5);
	fw_link(&w, A, B, FW_TRANSIT);
	fw_link(&w, B, C, FW_TRANSIT);
	fw_link(&w, B, E, FW_TRANSIT);
	fw_link(&w, C, D, FW_TRANSIT);
	fw_here(&w, E, 7, true);
	fw_here(&w, D, 7, true);
	settle(&w);
	liar = E;
	friend = D;
	w.fw_hook = lies;
	fw_find(&w, A, 1, 7);
	fw_run(&w, FIND_LIMIT_MS);
	fw_expect(&w, A, "1 not found\n");
	assert_true(stats(&w, B, E)->silent > 0);
	assert_true(stats(&w, C, D)->silent > 0);
	assert_int_equal(stats(&w, B, C)->silent, 0);
	assert_int_equal(stats(&w, A, B)->silent, 0);
	friend = A;
	fw_end(&w);

	/* All of them: never more than the limit. */
	fw_begin(&w, 2);
	fw_link(&w, A, B, FW_TRANSIT);
	fw_here(&w, B, 7, true);
	settle(&w);
	liar = B;
	w.fw_hook = lies;
	for (i = 0; i < 10; i++) {
		fw_find(&w, A, 1, 7);
		fw_run(&w, FIND_LIMIT_MS);
		fw_expect(&w, A, "1 not found\n");
	}
	fw_end(&w);
}

/* A friend answers for who was asked: it was not. */
static void
strangers(void **state)
{
	struct fw	 w;

	(void)state;
	for (speaker = C; speaker != A; speaker = speaker == C ? B : A) {
		fw_begin(&w, 3);
		fw_link(&w, A, B, FW_TRANSIT);
		fw_link(&w, A, C, FW_TRANSIT);
		fw_here(&w, B, 7, true);
		settle(&w);
		liar = B;
		lie = speaker == C ? YES(WHO, "%", "\"<C>\"") :
		    YES(WHO, "%", "\"<B>\"");
		w.fw_hook = lies;
		fw_find(&w, A, 1, 7);
		fw_run(&w, 2 * FW_TRIP_MS);
		/* Control: B itself. */
		fw_expect(&w, A, speaker == C ? "" : "1 found B\n");
		assert_int_equal(stats(&w, A, C)->unwanted, speaker == C);
		fw_end(&w);
	}
}

/* A link that ends is waited for no longer, nor is its answer remembered. */
static void
links_end(void **state)
{
	struct fw	 w;

	(void)state;
	lying_world(&w, NULL, true);
	fw_find(&w, A, 1, 7);
	fw_run(&w, 30);
	fw_cut(&w, A, B);
	expect_at(&w, A, 4 * FW_TRIP_MS, "1 found CD\n");
	fw_end(&w);
	/* The asker goes: what it asked is forgotten. */
	chain(&w, 4);
	fw_find(&w, A, 1, 7);
	fw_run(&w, 70);
	assert_true(find_expiry(w.fw_relay[B].fr_find) != UINT64_MAX);
	fw_cut(&w, A, B);
	assert_true(find_expiry(w.fw_relay[B].fr_find) == UINT64_MAX);
	fw_run(&w, 500);
	fw_expect(&w, A, "1 not found\n");
	assert_int_equal(stats(&w, B, C)->unwanted, 1);
	fw_end(&w);
	/* signald goes: its questions with it. */
	chain(&w, 4);
	fw_find(&w, A, 1, 7);
	find_forget(w.fw_relay[A].fr_find);
	fw_run(&w, FIND_LIMIT_MS);
	fw_expect(&w, A, "");
	fw_find(&w, A, 2, 100 + C);
	fw_run(&w, FIND_LIMIT_MS);
	fw_expect(&w, A, "2 found BC\n");
	fw_end(&w);
}

/* More queries than it may ask: the rest of the world does not notice. */
static void
floods(void **state)
{
	struct fw	 w;
	char		 text[512];
	unsigned int	 i;

	(void)state;
	fw_begin(&w, 4);
	w.fw_quiet = true;
	fw_link(&w, B, A, FW_TRANSIT);
	fw_link(&w, B, C, FW_TRANSIT);
	fw_link(&w, B, D, FW_TRANSIT);
	fw_here(&w, D, 7, true);
	settle(&w);
	for (i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), QUERY(OTHER, "3", "%u",
		    "\"<A>\""), i + 1);
		fw_send_text(&w, A, B, text);
	}
	liar = C;	/* and its friend lets them wait */
	lie = NULL;
	w.fw_hook = lies;
	fw_run(&w, FW_TRIP_MS);
	assert_int_equal(stats(&w, B, A)->asked, 3000);
	/* 400 in time, of which 256 are open; the rest is refused. */
	assert_int_equal(stats(&w, B, A)->limited, 3000 - FIND_OPEN);
	assert_int_equal(stats(&w, B, C)->queries, FIND_OPEN);
	assert_int_equal(stats(&w, B, A)->replies,
	    FIND_QUERIES_BURST - FIND_OPEN);
	assert_true(find_bytes(w.fw_relay[B].fr_find) < 512 * 1024);
	fw_find(&w, B, 1, 7);
	fw_find(&w, C, 2, 7);
	fw_run(&w, 6 * FW_TRIP_MS);
	fw_expect(&w, B, "1 found D\n");
	fw_expect(&w, C, "2 found BD\n");
	fw_run(&w, FIND_SEEN_MS + 1000);
	fw_find(&w, B, 3, 7);
	fw_run(&w, 500);
	fw_expect(&w, B, "3 found D\n");
	/* All that was remembered is forgotten. */
	assert_true(find_bytes(w.fw_relay[B].fr_find) < 64 * 1024);
	assert_true(find_expiry(w.fw_relay[B].fr_find) == UINT64_MAX);
	/* Our own signald is bounded as well. */
	for (i = 0; i < FIND_OWN_MAX + 5; i++)
		fw_find(&w, B, 10, 8);
	fw_expect(&w, B, "10 not found\n10 not found\n10 not found\n"
	    "10 not found\n10 not found\n");
	fw_end(&w);
}

static void
replays(void **state)
{
	struct fw	 w;

	(void)state;
	fw_begin(&w, 4);
	fw_link(&w, B, A, FW_TRANSIT);
	fw_link(&w, B, C, FW_TRANSIT);
	fw_link(&w, B, D, FW_TRANSIT);
	fw_here(&w, B, 8, true);
	settle(&w);
	fw_send_text(&w, A, B, QUERY(WHO, "2", "5", "\"<A>\""));
	fw_run(&w, 100);
	fw_expect_wire(&w,
	    "B>C " QUERY(WHO, "1", "5", "\"<A>\",\"<B>\"") "\n"
	    "B>D " QUERY(WHO, "1", "5", "\"<A>\",\"<B>\"") "\n"
	    "C>B " NO(WHO, "5") "\n"
	    "D>B " NO(WHO, "5") "\n"
	    "B>A " NO(WHO, "5") "\n");
	/* Again, from it and from another: answered, not passed on. */
	fw_send_text(&w, A, B, QUERY(WHO, "2", "5", "\"<A>\""));
	fw_send_text(&w, C, B, QUERY(WHO, "2", "5", "\"<C>\""));
	fw_run(&w, 100);
	fw_expect_wire(&w, "B>A " NO(WHO, "5") "\nB>C " NO(WHO, "5") "\n");
	assert_int_equal(stats(&w, B, A)->repeated, 1);
	assert_int_equal(stats(&w, B, C)->repeated, 1);
	/* Nor does an id hide another person, or who is here. */
	fw_send_text(&w, A, B, QUERY(OTHER, "2", "5", "\"<A>\""));
	fw_send_text(&w, A, B, QUERY(OTHER, "2", "5", "\"<A>\""));
	fw_run(&w, 100);
	fw_expect_wire(&w, "B>A " YES(OTHER, "5", "\"<B>\"") "\n"
	    "B>A " YES(OTHER, "5", "\"<B>\"") "\n");
	/* Control: another id, and the same one later. */
	fw_send_text(&w, A, B, QUERY(WHO, "2", "6", "\"<A>\""));
	fw_run(&w, FIND_SEEN_MS);
	fw_send_text(&w, A, B, QUERY(WHO, "2", "5", "\"<A>\""));
	fw_run(&w, 100);
	assert_int_equal(w.fw_count[SIGNAL_ROUTE_QUERY], 6);
	fw_end(&w);
}

/* Queries that cannot be; and answers that nobody waits for. */
static void
nonsense(void **state)
{
	static const char	*bad[] = {
		QUERY("nobody", "1", "5", "\"<A>\""),
		QUERY(WHO, "1", "0", "\"<A>\""),
		QUERY(WHO, "1", "5", ""),
		QUERY(WHO, "1", "5", "\"<C>\""),
		QUERY(WHO, "1", "5", "\"<A>\",\"<C>\""),
		QUERY(WHO, "1", "5", "\"<C>\",\"<C>\",\"<A>\""),
		QUERY(WHO, "1", "5", "\"zz\",\"<A>\""),
		QUERY(WHO, "1", "5",
		    "\"<C>\",\"<D>\",\"<E>\",\"<F>\",\"<A>\""),
		YES("nobody", "5", "\"<A>\"")
	};
	static const char	*good[] = {
		/* Has been here; no further; further than a call can go. */
		QUERY(WHO, "3", "5", "\"<B>\",\"<A>\""),
		QUERY(WHO, "0", "6", "\"<A>\""),
		QUERY(WHO, "255", "7", "\"<D>\",\"<E>\",\"<F>\",\"<A>\""),
		/* Control. */
		QUERY(WHO, "255", "8", "\"<E>\",\"<F>\",\"<A>\"")
	};
	struct fw	 w;
	size_t		 i;

	(void)state;
	fw_begin(&w, 3);
	fw_link(&w, B, A, FW_TRANSIT);
	fw_link(&w, B, C, FW_TRANSIT);
	settle(&w);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fw_send_text(&w, A, B, bad[i]);
		fw_run(&w, 100);
		fw_expect_wire(&w, "");
		assert_int_equal(stats(&w, B, A)->bad, i + 1);
	}
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		w.fw_count[SIGNAL_ROUTE_QUERY] = 0;
		w.fw_count[SIGNAL_ROUTE_RESPONSE] = 0;
		fw_send_text(&w, A, B, good[i]);
		fw_run(&w, 100);
		assert_int_equal(w.fw_count[SIGNAL_ROUTE_RESPONSE], 1);
		assert_int_equal(w.fw_count[SIGNAL_ROUTE_QUERY], 0);
	}
	/* A set that may not be complete yet: then the last one is asked. */
	fw_cut(&w, B, C);
	fw_link(&w, B, C, FW_TRANSIT);
	fw_run(&w, 100);
	fw_forget(&w);
	fw_send_text(&w, A, B, QUERY(WHO, "255", "9",
	    "\"<E>\",\"<F>\",\"<A>\""));
	fw_run(&w, 100);
	fw_expect_wire(&w,
	    "B>C " QUERY(WHO, "0", "9",
	    "\"<E>\",\"<F>\",\"<A>\",\"<B>\"") "\n"
	    "C>B " NO(WHO, "9") "\n"
	    "B>A " NO(WHO, "9") "\n");
	fw_send_text(&w, A, B, YES(WHO, "9", "\"<A>\""));
	fw_send_text(&w, A, B, NO(WHO, "77"));
	fw_run(&w, 100);
	fw_expect_wire(&w, "");
	assert_int_equal(stats(&w, B, A)->unwanted, 2);
	assert_int_equal(stats(&w, B, A)->bad, 9);
	fw_end(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(letters),
		cmocka_unit_test(originals),
		cmocka_unit_test(policy),
		cmocka_unit_test(circles),
		cmocka_unit_test(claims_all),
		cmocka_unit_test(false_chains),
		cmocka_unit_test(silence),
		cmocka_unit_test(strangers),
		cmocka_unit_test(links_end),
		cmocka_unit_test(floods),
		cmocka_unit_test(replays),
		cmocka_unit_test(nonsense)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
