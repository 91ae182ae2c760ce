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
 * The race between the relay and the direct path, as tables of what happens
 * and what comes of it.
 *
 * COVERS: protocol 7.6 - race timers, winner, grace, report, agreement
 * COVERS: row 5.20 - relay dial after 1.0 s, both results, MediaPathReport
 * COVERS: gap 40 - a direct path that fails early, at each moment
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/direct/race.h"
#include "common/base/clock.h"

#define T0		(77 * NS_PER_S)
#define EVENTS_MAX	8

enum what {
	END,
	START,		/* with something to dial */
	START_NONE,
	DIRECT_OK,
	DIRECT_FAIL,
	RELAY_OK,
	RELAY_FAIL,
	PEER_YES,
	PEER_NO,
	LOOK,		/* at the timers, once */
	LATE		/* nobody looks at them from here on */
};

struct event {
	unsigned int	ev_ms;
	enum what	ev_what;
};

struct scene {
	const char	*sc_name;
	struct event	 sc_event[EVENTS_MAX];
	/* What comes out: "MS what" one after the other. */
	const char	*sc_expected;
};

struct world {
	struct race	*wo_race;
	unsigned int	 wo_ms;
	char		 wo_out[512];
	bool		 wo_free;	/* freed in decided() */
};

static const struct scene	scenes[] = {
	/* Direct first: the relay gets one second, of which its dial has 0. */
	{ "direct at once",
	    { { 0, START }, { 3, DIRECT_OK }, { 1010, PEER_YES } },
	    "1000 dial, 1003 report yes Direct, 1010 decided direct" },
	{ "direct at once, relay within the grace",
	    { { 0, START }, { 500, DIRECT_OK }, { 1200, RELAY_OK },
	    { 1300, PEER_YES } },
	    "1000 dial, 1200 report yes Direct, 1300 decided direct" },
	{ "direct at once, relay fails within the grace",
	    { { 0, START }, { 500, DIRECT_OK }, { 1200, RELAY_FAIL },
	    { 1300, PEER_YES } },
	    "1000 dial, 1200 report yes Direct, 1300 decided direct" },
	{ "relay in the last moment of the grace",
	    { { 0, START }, { 500, DIRECT_OK }, { 1500, RELAY_OK },
	    { 1501, PEER_YES } },
	    "1000 dial, 1500 report yes Direct, 1501 decided direct" },
	{ "relay after the grace",
	    { { 0, START }, { 500, DIRECT_OK }, { 1501, RELAY_OK },
	    { 1600, PEER_YES } },
	    "1000 dial, 1500 report yes Direct, 1600 decided direct" },
	{ "the other says no",
	    { { 0, START }, { 3, DIRECT_OK }, { 1010, PEER_NO } },
	    "1000 dial, 1003 report yes Direct, 1010 decided relay" },
	{ "the other says nothing",
	    { { 0, START }, { 3, DIRECT_OK } },
	    "1000 dial, 1003 report yes Direct, 4003 decided relay" },
	{ "the other says yes in the last moment",
	    { { 0, START }, { 3, DIRECT_OK }, { 4003, PEER_YES } },
	    "1000 dial, 1003 report yes Direct, 4003 decided direct" },
	{ "the other says yes too late",
	    { { 0, START }, { 3, DIRECT_OK }, { 4004, PEER_YES } },
	    "1000 dial, 1003 report yes Direct, 4003 decided relay" },
	{ "the other was faster",
	    { { 0, START }, { 1, PEER_YES }, { 3, DIRECT_OK } },
	    "1000 dial, 1003 report yes Direct, 1003 decided direct" },
	{ "the other was faster with a no",
	    { { 0, START }, { 1, PEER_NO }, { 3, DIRECT_OK } },
	    "1000 dial, 1003 report yes Direct, 1003 decided relay" },
	{ "its first word counts",
	    { { 0, START }, { 1, PEER_NO }, { 2, PEER_YES },
	    { 3, DIRECT_OK } },
	    "1000 dial, 1003 report yes Direct, 1003 decided relay" },
	{ "what it said before the start does not",
	    { { 0, PEER_YES }, { 10, START }, { 20, DIRECT_OK } },
	    "1010 dial, 1020 report yes Direct, 4020 decided relay" },
	/* Direct fails. */
	{ "direct fails, relay within the grace",
	    { { 0, START }, { 500, DIRECT_FAIL }, { 1200, RELAY_OK },
	    { 1300, PEER_YES } },
	    "1000 dial, 1200 report no Relay, 1300 decided relay" },
	{ "direct fails, relay after the grace: no report",
	    { { 0, START }, { 500, DIRECT_FAIL }, { 1501, RELAY_OK } },
	    "1000 dial, 1500 decided relay" },
	{ "direct fails early: the relay is not even dialled",
	    { { 0, START }, { 0, DIRECT_FAIL }, { 1200, RELAY_OK } },
	    "1000 dial, 1000 decided relay" },
	{ "nothing to dial",
	    { { 0, START_NONE }, { 1200, RELAY_OK } },
	    "1000 dial, 1000 decided relay" },
	{ "nothing to dial, and a result for it",
	    { { 0, START_NONE }, { 100, DIRECT_OK }, { 1000, LOOK },
	    { 1000, RELAY_OK }, { 1100, PEER_YES } },
	    "1000 dial, 1000 report no Relay, 1100 decided relay" },
	{ "both fail",
	    { { 0, START }, { 700, DIRECT_FAIL }, { 1100, RELAY_FAIL },
	    { 1200, PEER_YES } },
	    "1000 dial, 1100 decided relay" },
	/* The relay first. */
	{ "relay first, then direct",
	    { { 0, START }, { 1100, RELAY_OK }, { 1900, DIRECT_OK },
	    { 2000, PEER_YES } },
	    "1000 dial, 1900 report yes Relay, 2000 decided direct" },
	{ "relay first, direct fails",
	    { { 0, START }, { 1100, RELAY_OK }, { 1900, DIRECT_FAIL },
	    { 2000, PEER_YES } },
	    "1000 dial, 1900 report no Relay, 2000 decided relay" },
	{ "relay first, direct has had its time",
	    { { 0, START }, { 1100, RELAY_OK }, { 2050, DIRECT_OK },
	    { 2060, PEER_YES } },
	    "1000 dial, 2000 give up, 2000 report no Relay, "
	    "2060 decided relay" },
	{ "direct in the last moment of its time",
	    { { 0, START }, { 1100, RELAY_OK }, { 2000, DIRECT_OK },
	    { 2060, PEER_YES } },
	    "1000 dial, 2000 report yes Relay, 2060 decided direct" },
	{ "relay fails, then direct",
	    { { 0, START }, { 1100, RELAY_FAIL }, { 1900, DIRECT_OK },
	    { 2000, PEER_YES } },
	    "1000 dial, 1900 report yes Direct, 2000 decided direct" },
	{ "relay fails before its dial",
	    { { 0, START }, { 200, RELAY_FAIL }, { 900, DIRECT_OK },
	    { 950, PEER_YES } },
	    "900 report yes Direct, 950 decided direct" },
	{ "relay fails before its dial, and the grace ends",
	    { { 0, START }, { 200, RELAY_FAIL }, { 1201, DIRECT_OK } },
	    "1200 give up, 1200 decided relay" },
	{ "nothing ever",
	    { { 0, START } },
	    "1000 dial, 2000 give up, 3000 decided relay" },
	{ "direct has had its time, then the relay",
	    { { 0, START }, { 2999, RELAY_OK }, { 3100, PEER_YES } },
	    "1000 dial, 2000 give up, 2999 report no Relay, "
	    "3100 decided relay" },
	{ "relay only: the other says nothing",
	    { { 0, START }, { 2500, RELAY_OK } },
	    "1000 dial, 2000 give up, 2500 report no Relay, "
	    "5500 decided relay" },
	/* Ties: the direct one is looked at first, whoever calls first. */
	{ "tie of two that work",
	    { { 0, START }, { 1500, RELAY_OK }, { 1500, DIRECT_OK },
	    { 1600, PEER_YES } },
	    "1000 dial, 1500 report yes Direct, 1600 decided direct" },
	{ "tie of two that work, in order",
	    { { 0, START }, { 1500, DIRECT_OK }, { 1500, RELAY_OK },
	    { 1600, PEER_YES } },
	    "1000 dial, 1500 report yes Direct, 1600 decided direct" },
	{ "tie, direct fails",
	    { { 0, START }, { 1500, RELAY_OK }, { 1500, DIRECT_FAIL },
	    { 1600, PEER_YES } },
	    "1000 dial, 1500 report no Relay, 1600 decided relay" },
	{ "tie, direct fails, in order",
	    { { 0, START }, { 1500, DIRECT_FAIL }, { 1500, RELAY_OK },
	    { 1600, PEER_YES } },
	    "1000 dial, 1500 report no Relay, 1600 decided relay" },
	{ "tie, relay fails, in order",
	    { { 0, START }, { 1500, DIRECT_OK }, { 1500, RELAY_FAIL },
	    { 1600, PEER_YES } },
	    "1000 dial, 1500 report yes Direct, 1600 decided direct" },
	{ "tie, relay fails",
	    { { 0, START }, { 1500, RELAY_FAIL }, { 1500, DIRECT_OK },
	    { 1600, PEER_YES } },
	    "1000 dial, 1500 report yes Direct, 1600 decided direct" },
	/* Said twice, or after it was over. */
	{ "first results count",
	    { { 0, START }, { 10, DIRECT_OK }, { 20, DIRECT_FAIL },
	    { 1002, RELAY_OK }, { 1003, RELAY_FAIL },
	    { 1100, PEER_YES } },
	    "1000 dial, 1002 report yes Direct, 1100 decided direct" },
	{ "after it was over",
	    { { 0, START }, { 10, DIRECT_OK }, { 1100, PEER_YES },
	    { 1200, RELAY_OK }, { 1300, DIRECT_FAIL }, { 1400, START },
	    { 1500, PEER_NO } },
	    "1000 dial, 1010 report yes Direct, 1100 decided direct" },
	{ "before it began",
	    { { 0, DIRECT_OK }, { 1, RELAY_OK }, { 500, START },
	    { 600, DIRECT_FAIL } },
	    "1500 dial, 1600 decided relay" },
	/* An event counts although nobody has looked at the timers. */
	{ "late, direct",
	    { { 0, START }, { 1, LATE }, { 2500, DIRECT_OK },
	    { 2500, RELAY_OK }, { 2600, PEER_YES } },
	    "2500 report yes Direct, 2600 decided direct" },
	{ "late, one thing at a time",
	    { { 0, START }, { 1, LATE } },
	    "20000 dial, 20000 give up, 21000 decided relay" },
	/*
	 * The two recorded with the original: both sides done at 1003 ms,
	 * its relay dial not yet through.
	 */
	{ "recorded: local-call-dual-path",
	    { { 0, START }, { 3, DIRECT_OK }, { 1004, PEER_YES },
	    { 1005, RELAY_OK } },
	    "1000 dial, 1003 report yes Direct, 1004 decided direct" },
};

static void
say(struct world *wo, const char *what)
{
	size_t	len = strlen(wo->wo_out);

	snprintf(wo->wo_out + len, sizeof(wo->wo_out) - len, "%s%u %s",
	    len > 0 ? ", " : "", wo->wo_ms, what);
}

static void
on_dial(void *arg)
{
	say(arg, "dial");
}

static void
on_give_up(void *arg)
{
	say(arg, "give up");
}

static void
on_report(void *arg, bool direct_ok, const char *winner)
{
	char	text[32];

	snprintf(text, sizeof(text), "report %s %s", direct_ok ? "yes" : "no",
	    winner);
	say(arg, text);
}

static void
on_decided(void *arg, bool direct)
{
	struct world	*wo = arg;

	say(wo, direct ? "decided direct" : "decided relay");
	if (wo->wo_free) {
		race_free(wo->wo_race);
		wo->wo_race = NULL;
	}
}

static const struct race_ops	ops = { on_dial, on_give_up, on_report,
	on_decided };

/* All timers up to this moment; each must be there when expiry says so. */
static void
run(struct world *wo, unsigned int until)
{
	uint64_t	at;
	unsigned int	n = 0;
	size_t		len;

	while (wo->wo_race != NULL &&
	    (at = race_expiry(wo->wo_race)) <= T0 + until * NS_PER_MS) {
		if (at > T0 + wo->wo_ms * NS_PER_MS)
			wo->wo_ms = (unsigned int)((at - T0) / NS_PER_MS);
		/* A nanosecond too early is too early. */
		len = strlen(wo->wo_out);
		race_expire(wo->wo_race, at - 1);
		assert_int_equal(strlen(wo->wo_out), len);
		race_expire(wo->wo_race, T0 + wo->wo_ms * NS_PER_MS);
		assert_true(++n < 10);
	}
	wo->wo_ms = until;
}

static void
play(const struct scene *sc, bool free_in_decided)
{
	struct world		 wo = { 0 };
	const struct event	*ev;
	uint64_t		 now;
	bool			 late = false;

	wo.wo_free = free_in_decided;
	wo.wo_race = race_new(&ops, &wo);
	assert_non_null(wo.wo_race);
	for (ev = sc->sc_event; ev->ev_what != END; ev++) {
		if (!late && ev->ev_ms > 0)
			run(&wo, ev->ev_ms - 1);
		wo.wo_ms = ev->ev_ms;
		if (wo.wo_race == NULL)
			break;
		now = T0 + ev->ev_ms * NS_PER_MS;
		switch (ev->ev_what) {
		case START:
		case START_NONE:
			race_start(wo.wo_race, now);
			if (ev->ev_what == START_NONE)
				race_direct(wo.wo_race, false, now);
			break;
		case DIRECT_OK:
		case DIRECT_FAIL:
			race_direct(wo.wo_race, ev->ev_what == DIRECT_OK,
			    now);
			break;
		case RELAY_OK:
		case RELAY_FAIL:
			race_relay(wo.wo_race, ev->ev_what == RELAY_OK, now);
			break;
		case PEER_YES:
		case PEER_NO:
			race_peer(wo.wo_race, ev->ev_what == PEER_YES);
			break;
		case LOOK:
			race_expire(wo.wo_race, now);
			break;
		default:
			late = true;
			break;
		}
	}
	if (late)
		wo.wo_ms = 20000;
	run(&wo, 40000);
	if (strcmp(wo.wo_out, sc->sc_expected) != 0)
		fail_msg("%s: %s\nexpected: %s", sc->sc_name, wo.wo_out,
		    sc->sc_expected);
	if (wo.wo_race != NULL)
		assert_true(race_expiry(wo.wo_race) == UINT64_MAX);
	race_free(wo.wo_race);
}

static void
test_scenes(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		play(&scenes[i], false);
		play(&scenes[i], true);
	}
}

/* Two sides: each one's report reaches the other after a while. */
struct pair {
	struct race	*pa_race[2];
	int		 pa_report[2];	/* -1: none */
	int		 pa_decided[2];
};

struct end {
	struct pair	*en_pair;
	unsigned int	 en_side;
};

static void
nothing(void *arg)
{
	(void)arg;
}

static void
pair_report(void *arg, bool direct_ok, const char *winner)
{
	struct end	*en = arg;

	(void)winner;
	en->en_pair->pa_report[en->en_side] = direct_ok;
}

static void
pair_decided(void *arg, bool direct)
{
	struct end	*en = arg;

	en->en_pair->pa_decided[en->en_side] = direct;
}

/* When one side's result comes, in ms; 0: never, odd: it fails. */
static const unsigned int	when[] = { 0, 10, 11, 1000, 1001, 1990, 1991 };
static const unsigned int	relay_when[] = { 0, 1020, 1021, 2400, 2401 };

#define WHEN	(sizeof(when) / sizeof(when[0]))
#define RELAY	(sizeof(relay_when) / sizeof(relay_when[0]))

static void
both(const unsigned int direct[2], const unsigned int relay[2],
    unsigned int delay)
{
	static const struct race_ops	 pair_ops = { nothing, nothing,
		pair_report, pair_decided };
	struct pair			 pa = { { NULL }, { -1, -1 },
		{ -1, -1 } };
	struct end			 en[2] = { { &pa, 0 }, { &pa, 1 } };
	unsigned int			 ms, i, sent[2] = { 0, 0 };
	uint64_t			 now;

	for (i = 0; i < 2; i++) {
		pa.pa_race[i] = race_new(&pair_ops, &en[i]);
		assert_non_null(pa.pa_race[i]);
		race_start(pa.pa_race[i], T0);
	}
	for (ms = 1; ms < 6200; ms++) {
		now = T0 + ms * NS_PER_MS;
		for (i = 0; i < 2; i++) {
			if (ms == direct[i])
				race_direct(pa.pa_race[i], ms % 2 == 0, now);
			if (ms == relay[i])
				race_relay(pa.pa_race[i], ms % 2 == 0, now);
			if (pa.pa_report[i] != -1 && sent[i] == 0)
				sent[i] = ms;
			if (sent[i] != 0 && ms == sent[i] + delay)
				race_peer(pa.pa_race[1 - i],
				    pa.pa_report[i]);
			while (race_expiry(pa.pa_race[i]) <= now)
				race_expire(pa.pa_race[i], now);
		}
	}
	for (i = 0; i < 2; i++) {
		/* Over after 2 + 1 + 3 s; direct only if both say so. */
		assert_true(pa.pa_decided[i] != -1);
		assert_int_equal(pa.pa_decided[i],
		    pa.pa_report[0] == 1 && pa.pa_report[1] == 1);
		race_free(pa.pa_race[i]);
	}
}

static void
test_agreement(void **state)
{
	unsigned int	 d[2], r[2];
	size_t		 a, b, x, y;

	(void)state;
	for (a = 0; a < WHEN; a++)
		for (b = 0; b < WHEN; b++)
			for (x = 0; x < RELAY; x++)
				for (y = 0; y < RELAY; y++) {
					d[0] = when[a];
					d[1] = when[b];
					r[0] = relay_when[x];
					r[1] = relay_when[y];
					both(d, r, 80);
				}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_scenes),
		cmocka_unit_test(test_agreement),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
