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
 * Rooms over several mediads: what signald decides and tells, in scenarios,
 * and in every order in which two mediads can die and come back while a room
 * is occupied and a call waits for its room.
 *
 * COVERS: placement - occupied rooms stay, exceptions before they are needed
 * COVERS: placement - CallSetup after the admission by the room's own mediad,
 * COVERS: placement - a new signald, a mediad that retires
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

#include "common/base/log.h"
#include "regress/unit/flow_lines.h"
#include "regress/unit/flow_world.h"
#include "regress/unit/quiet.h"

/*
 * With the key of the world, of the slots 2 and 3 the rule gives 2 to
 * call-c1, call-live and room, and 3 to call-c3, conf and attic; with 4 it
 * gives that to all but conf and attic.
 */
#define PLACED(name, ...)						\
	SCENARIO_IN(name, world_new_placing(), __VA_ARGS__)

#define BOTH								\
	"recovered", "channel 2", "channel 3", "told 2", "told 3",	\
	"= reset", "= media 0xc", "= admit-end @2", "= admit-end @3"

/* The first one is not waited for longer than it takes. */
PLACED(first_start,
    "recovered",
    "channel 2",
    "told 2", "= reset", "= media 0x4", "= admit-end @2",
    "channel 3",
    "told 3", "= media 0xc", "= admit-end @3",
    "doord", "= reset", "= media 0xc")

/* Told after all, it counts. */
PLACED(one_is_silent,
    "recovered", "channel 2", "channel 3", "told 2",
    "doord",
    "after 999",
    "after 1", "= reset", "= media 0x4", "= admit-end @2",
    "after 5000",
    "told 3", "= media 0xc", "= admit-end @3")

PLACED(nobody_is_there,
    "recovered",
    "after 1000", "= reset", "= media 0x0",
    "after 5000",
    "channel 2", "told 2", "= media 0x4", "= admit-end @2")

/* Occupied rooms stay when the rule changes; others are not spoken of. */
PLACED(a_third_comes, BOTH,
    "opened 2 room", "opened 3 conf", "opened 3 attic", "empty 3 attic",
    "channel 4",
    "told 4", "= place room @2", "= media 0x1c", "= admit-end @4",
    "doord", "= reset", "= place room @2", "= media 0x1c",
    "empty 2 room", "= unplace room @2",
    "doord", "= reset", "= media 0x1c")

PLACED(a_third_goes, BOTH,
    "channel 4",
    "told 4", "= media 0x1c", "= admit-end @4",
    "opened 2 room", "= place room @2",
    "opened 4 den",
    "media down 4", "= media 0xc", "= unplace room @2")

PLACED(exception_dies, BOTH,
    "opened 3 room", "= place room @3",
    "media down 3", "= unplace room @3", "= media 0x4",
    "opened 2 room",
    "empty 2 room")

/* A room of two mediads is where the first one is, until that is left. */
PLACED(two_places, BOTH,
    "opened 2 room",
    "opened 3 room",
    "opened 3 room",
    "empty 2 room", "= place room @3",
    "empty 3 room", "= unplace room @3")

/* A call keeps its place from its admission on. */
PLACED(call_stays, BOTH, ONLINE, RING_C1,
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B @2",
    "= record c1 active",
    "commit",
    "channel 4",
    "told 4", "= place call-c1 @2", "= media 0x1c", "= admit-end @4",
    /* Not the one that was asked. */
    "admits 4 c1",
    "admits 3 c1",
    "admits 2 c1",
    "= A " ANSWER("c1", "AcceptGeneric"), "= A " SETUP("c1"),
    "= B " SETUP("c1"),
    "opened 2 call-c1", "empty 2 call-c1",
    "in A " HANGUP("Normal"), "= B " HANGUP("Normal"),
    "= record c1 ended normal", "= close c1 @2", "= unplace call-c1 @2")

/* Its mediad dies between its answer and CallSetup. */
/* NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
PLACED(dies_in_between, BOTH, ONLINE, RING_C1,
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B @2", "= record c1 active",
    "admits 2 c1",
    "media down 2", "= admit c1 A B @3", "= media 0x8",
    "commit",
    "admits 2 c1",
    "admits 3 c1",
    "= A " ANSWER("c1", "AcceptGeneric"), "= A " SETUP("c1"),
    "= B " SETUP("c1"),
    /* After CallSetup, too, and it does not go back. */
    "channel 2",
    "told 2", "= place call-c1 @3", "= media 0xc", "= admit-end @2",
    "media down 3", "= unplace call-c1 @3", "= admit c1 A B @2",
    "= media 0x4",
    "admits 2 c1")

/* All are gone: it waits since it was answered, not since then. */
/* NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
PLACED(dies_alone, BOTH, ONLINE, "media down 3", "= media 0x4", RING_C1,
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B @2", "= record c1 active",
    "admits 2 c1",
    "after 1500",
    "media down 2", "= media 0x0",
    "after 2",
    "commit",
    "after 3497",
    "after 1",
    "= A " HANGUP_ID("Error", "c1"), "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error")

PLACED(retires, BOTH, ONLINE, CALL_AT("c1", 2),
    "opened 2 room",
    /* Nobody has come to the call's room yet. */
    "retire 2", "= admit c1 A B @3", "= place room @2", "= media 0x8",
    /* Somebody who was already on the way did. */
    "opened 2 call-c1", "= admit c1 A B @2", "= place call-c1 @2",
    "opened 2 call-unknown", "= place call-unknown @2",
    "empty 2 call-unknown", "= unplace call-unknown @2",
    "empty 2 call-c1", "= admit c1 A B @3", "= unplace call-c1 @2",
    "empty 2 room", "= unplace room @2",
    "media down 2",
    "channel 2",
    "told 2", "= admit-end @2",
    "stay 2", "= place call-c1 @3", "= media 0xc",
    "retire 3", "= admit c1 A B @2", "= media 0x4", "= unplace call-c1 @3",
    "in A " HANGUP("Normal"), "= B " HANGUP("Normal"),
    "= record c1 ended normal", "= close c1 @2", "= close c1 @3")

/* The last one may not retire its calls to nowhere. */
PLACED(last_retires, BOTH, ONLINE, CALL_AT("c1", 2),
    "retire 3", "= media 0x4",
    "retire 2", "= place call-c1 @2", "= media 0x0",
    "stay 2", "= media 0x4", "= unplace call-c1 @2")

/*
 * signald was restarted: rooms first, then calls, then everybody hears of it,
 * and mediads may be sure only when all calls were named.
 */
PLACED(new_signald, ONLINE,
    "channel 2", "channel 3",
    "live active",
    "doord",
    "opened 3 call-live", "= admit live A B @3",
    "told 3",
    "opened 2 room",
    "told 2", "= reset", "= place call-live @3", "= media 0xc",
    "recovered", "= admit-end @2", "= admit-end @3",
    "recovered")

PLACED(new_signald_empty_room, ONLINE,
    "channel 2", "channel 3",
    "live active",
    "recovered",
    "told 3",
    "told 2", "= admit live A B @2", "= reset", "= media 0xc",
    "= admit-end @2", "= admit-end @3")

/* One that tells late of a room that we have placed elsewhere meanwhile. */
PLACED(new_signald_late, ONLINE,
    "channel 2", "channel 3", "recovered",
    "told 2",
    "after 1000", "= reset", "= media 0x4", "= admit-end @2",
    "live active", "= admit live A B @2",
    "opened 3 call-live", "= admit live A B @3", "= place call-live @3",
    "told 3", "= media 0xc", "= admit-end @3",
    /* A mediad that never had the call does not get it. */
    "channel 4",
    "told 4", "= media 0x1c", "= admit-end @4",
    "empty 3 call-live",
    "opened 4 call-live")

/* A mediad's rooms are bounded, and nothing of them stays behind. */
static void
bounded(void **state)
{
	struct world	*w = world_new_placing();
	char		 line[64];
	unsigned int	 i;

	(void)state;
	w->verbose = false;
	assert_int_equal(world_step(w, "media up 2"), 0);
	for (i = 0; i < 70; i++) {
		(void)snprintf(line, sizeof(line), "opened 2 r%u", i);
		assert_int_equal(world_step(w, line), 0);
	}
	assert_int_equal(placing_rooms(w->placing), 64);
	assert_int_equal(placing_stats(w->placing)->ps_ignored, 6);
	assert_int_equal(world_step(w, "empty 2 r69"), 0);
	assert_int_equal(world_step(w, "empty 2 r3"), 0);
	assert_int_equal(placing_slot_of(w->placing, "r4"), 2);
	assert_int_equal(placing_slot_of(w->placing, "r3"), -1);
	assert_int_equal(world_step(w, "opened 2 r69"), 0);
	assert_int_equal(placing_rooms(w->placing), 64);
	assert_int_equal(world_step(w, "media down 2"), 0);
	assert_int_equal(placing_rooms(w->placing), 0);
	/* Slots that there are not. */
	placing_up(w->placing, 64);
	placing_opened(w->placing, 64, "room");
	placing_down(w->placing, 64);
	assert_int_equal(world_step(w, "opened 5 room"), 0);
	assert_int_equal(placing_rooms(w->placing), 0);
	world_free(w);
}

/*
 * Every order of death and return.  Two mediads as they would behave, two
 * rooms with somebody in them, who comes back through the door when their
 * mediad died, and one call that waits.
 */

#define MEDIADS		2
#define ROOMS		2
#define DEPTH		7

struct mediad {
	bool	up, told;
	bool	admitted;	/* has the admission of c1 */
	bool	asked;		/* and has not answered yet */
	bool	answered;
	bool	occupied[ROOMS];
};

struct model {
	struct world	*w;
	struct mediad	 m[MEDIADS];
	unsigned int	 setups;
	unsigned int	 wrong;		/* what must never be was so */
	bool		 forgetful;	/* mediads forget admissions */
	uint64_t	 now;
};

enum event {
	DIE,
	CHANNEL,
	TELL,
	ANSWER_IT,
	EVENTS_OF_MEDIAD,
	COME_BACK = MEDIADS * EVENTS_OF_MEDIAD,	/* to both rooms */
	EVENTS
};

static const char	*const rooms[ROOMS] = { "conf", "room" };

static uint64_t
present(const struct model *md)
{
	uint64_t	mask = 0;
	unsigned int	i;

	for (i = 0; i < MEDIADS; i++)
		if (md->m[i].up)
			mask |= PLACEMENT_BIT(2 + i);
	return (mask);
}

/* Where doord sends somebody, long after it sent anybody else. */
static int
door(struct model *md, const char *room)
{
	md->now += 2 * PLACEMENT_RECENT_NS;
	return (placement_join(md->w->door, room, present(md), md->now));
}

static void
step(struct model *md, const char *line)
{
	struct mediad	*m;
	const char	*out;
	unsigned int	 slot;
	size_t		 i;

	md->w->nout = md->w->taken = 0;
	if (world_step(md->w, line) == -1)
		fail_msg("%s", line);
	for (i = 0; i < md->w->nout; i++) {
		out = md->w->out[i];
		if (sscanf(out, "admit c1 A B @%u", &slot) == 1) {
			m = &md->m[slot - 2];
			assert_true(m->up);
			m->admitted = m->asked = true;
			m->answered = false;
			if (md->forgetful)
				m->admitted = false;
		} else if (strncmp(out, "A {\"CallSetup", 13) == 0) {
			md->setups++;
			slot = (unsigned int)door(md, "call-c1");
			if (!md->m[slot - 2].up || !md->m[slot - 2].answered)
				md->wrong++;
		}
	}
}

static void
check(struct model *md)
{
	const struct mediad	*m;
	unsigned int		 i, r;
	int			 slot;

	for (i = 0; i < MEDIADS; i++)
		for (r = 0; r < ROOMS; r++)
			if (md->m[i].occupied[r] &&
			    door(md, rooms[r]) != (int)(2 + i))
				md->wrong++;
	if ((slot = door(md, "call-c1")) != -1) {
		m = &md->m[slot - 2];
		/* Before it told its rooms it holds whoever comes. */
		if (m->told && !m->admitted)
			md->wrong++;
	}
	/* No exception names somebody who is gone. */
	for (r = 0; r < ROOMS + 1; r++) {
		slot = placement_exception(md->w->door,
		    r < ROOMS ? rooms[r] : "call-c1");
		if (slot != -1 && !md->m[slot - 2].up)
			md->wrong++;
	}
}

static bool
possible(const struct model *md, unsigned int event)
{
	const struct mediad	*m;
	unsigned int		 r, i;

	if (event == COME_BACK) {
		if (present(md) == 0)
			return (false);
		for (r = 0; r < ROOMS; r++) {
			for (i = 0; i < MEDIADS; i++)
				if (md->m[i].occupied[r])
					break;
			if (i == MEDIADS)
				return (true);
		}
		return (false);
	}
	m = &md->m[event / EVENTS_OF_MEDIAD];
	switch (event % EVENTS_OF_MEDIAD) {
	case DIE:
		return (m->up);
	case CHANNEL:
		return (!m->up);
	case TELL:
		return (m->up && !m->told);
	default:
		return (m->asked);
	}
}

static void
happen(struct model *md, unsigned int event)
{
	struct mediad	*m;
	unsigned int	 i, r, slot;
	char		 line[64];
	int		 to;

	if (event == COME_BACK) {
		for (r = 0; r < ROOMS; r++) {
			for (i = 0; i < MEDIADS; i++)
				if (md->m[i].occupied[r])
					break;
			if (i != MEDIADS)
				continue;
			to = door(md, rooms[r]);
			md->m[to - 2].occupied[r] = true;
			(void)snprintf(line, sizeof(line), "opened %d %s", to,
			    rooms[r]);
			step(md, line);
		}
		return;
	}
	m = &md->m[event / EVENTS_OF_MEDIAD];
	slot = 2 + event / EVENTS_OF_MEDIAD;
	switch (event % EVENTS_OF_MEDIAD) {
	case DIE:
		memset(m, 0, sizeof(*m));
		(void)snprintf(line, sizeof(line), "media down %u", slot);
		break;
	case CHANNEL:
		m->up = true;
		(void)snprintf(line, sizeof(line), "channel %u", slot);
		break;
	case TELL:
		m->told = true;
		(void)snprintf(line, sizeof(line), "told %u", slot);
		break;
	default:
		m->asked = false;
		m->answered = true;
		(void)snprintf(line, sizeof(line), "admits %u c1", slot);
		break;
	}
	step(md, line);
}

/* The start: conf by the rule, room as an exception, and the call asked for. */
static void
begin(struct model *md, bool deaf, bool forgetful)
{
	static const char *const	lines[] = { BOTH, ONLINE,
		"opened 3 conf",
		/* NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
		"opened 3 room", "= place room @3", RING_C1, NULL };
	const char			*why;

	memset(md, 0, sizeof(*md));
	md->w = world_new_placing();
	md->forgetful = forgetful;
	if ((why = world_replay(md->w, lines)) != NULL)
		fail_msg("%s", why);
	md->w->deaf = deaf;
	if (deaf)
		placement_slot_lost(md->w->door, 3);
	md->m[0].up = md->m[0].told = md->m[1].up = md->m[1].told = true;
	md->m[1].occupied[0] = md->m[1].occupied[1] = true;
	step(md, "in B " ANSWER("c1", "AcceptGeneric"));
	step(md, "commit");
}

/* In the end all is well, and CallSetup went out once. */
static void
end(struct model *md)
{
	unsigned int	round, event;

	for (round = 0; round < 3; round++) {
		for (event = 0; event < EVENTS; event++) {
			if ((event == COME_BACK ||
			    event % EVENTS_OF_MEDIAD != DIE) &&
			    possible(md, event))
				happen(md, event);
		}
	}
	check(md);
	if (md->setups != 1)
		md->wrong++;
	if (placing_healthy(md->w->placing) != 0xc)
		md->wrong++;
	step(md, "in A " HANGUP("Normal"));
	step(md, "empty 2 conf");
	step(md, "empty 3 conf");
	step(md, "empty 2 room");
	step(md, "empty 3 room");
	if (placing_rooms(md->w->placing) != 0 ||
	    placement_exceptions(md->w->door) != 0)
		md->wrong++;
	world_free(md->w);
}

/* All orders of so many events; returns how many things went wrong. */
static unsigned int
orders(unsigned int depth, bool deaf, bool forgetful, unsigned int *count)
{
	struct model	md;
	unsigned int	path[DEPTH], i, wrong = 0;
	bool		ok;

	memset(path, 0, sizeof(path));
	*count = 0;
	for (;;) {
		begin(&md, deaf, forgetful);
		check(&md);
		for (i = 0, ok = true; ok && i < depth; i++) {
			if (!(ok = possible(&md, path[i])))
				break;
			happen(&md, path[i]);
			check(&md);
		}
		if (ok) {
			end(&md);
			wrong += md.wrong;
			++*count;
			i = depth - 1;
		} else
			world_free(md.w);
		/* The next one that differs at i. */
		for (;;) {
			if (++path[i] < EVENTS)
				break;
			path[i] = 0;
			if (i-- == 0)
				return (wrong);
		}
		for (i++; i < depth; i++)
			path[i] = 0;
	}
}

static void
every_order(void **state)
{
	unsigned int	n;

	(void)state;
	assert_int_equal(orders(DEPTH, false, false, &n), 0);
	print_message("%u orders of %u events\n", n, DEPTH);
	assert_true(n > 1000);
}

static void
every_order_control(void **state)
{
	unsigned int	n;

	(void)state;
	/* A door that does not hear of exceptions, a mediad that forgets. */
	assert_true(orders(3, true, false, &n) > 0);
	assert_true(orders(3, false, true, &n) > 0);
}

/* And the judge of the scenarios. */
static void
negative_control(void **state)
{
	static const char *const	missing[] = { BOTH,
		"opened 3 room", NULL };
	static const char *const	order[] = { BOTH,
		"opened 2 room", "channel 4",
		"told 4", "= media 0x1c", "= place room @2",
		"= admit-end @4", NULL };

	(void)state;
	world_objects(world_new_placing(), missing);
	world_objects(world_new_placing(), order);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(negative_control),
		cmocka_unit_test(first_start),
		cmocka_unit_test(one_is_silent),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(a_third_comes),
		cmocka_unit_test(a_third_goes),
		cmocka_unit_test(exception_dies),
		cmocka_unit_test(two_places),
		cmocka_unit_test(call_stays),
		cmocka_unit_test(dies_in_between),
		cmocka_unit_test(dies_alone),
		cmocka_unit_test(retires),
		cmocka_unit_test(last_retires),
		cmocka_unit_test(new_signald),
		cmocka_unit_test(new_signald_empty_room),
		cmocka_unit_test(new_signald_late),
		cmocka_unit_test(bounded),
		cmocka_unit_test(every_order_control),
		cmocka_unit_test(every_order),
	};

	log_init("placement_rooms_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
