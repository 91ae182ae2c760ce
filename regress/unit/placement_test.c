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
 * Where rooms live.  The properties of the rule are measured by checkers that
 * take the rule as an argument, and are shown to object to worse rules.
 *
 * COVERS: placement - a slot that goes moves only its own rooms, even spread,
 * COVERS: placement - keyed, exceptions, a table that arrives in pieces
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

#include "common/base/table.h"
#include "common/ipc/messages.h"
#include "common/ipc/placement.h"

#define ROOMS	4000
#define MASK	UINT64_C(0xf9)		/* slots 0, 3..7 */
#define SECOND	UINT64_C(1000000000)

typedef int rule_fn(const struct placement *, const char *, uint64_t);

static const uint8_t	key1[16] = "a key of sixteen";
static const uint8_t	key2[16] = "a key of sixteem";

static const char *
room_name(unsigned int n)
{
	static char	name[ROOM_STRLEN];

	(void)snprintf(name, sizeof(name), "call-%u", n);
	return (name);
}

static unsigned int
bits(uint64_t mask)
{
	unsigned int	n;

	for (n = 0; mask != 0; mask &= mask - 1)
		n++;
	return (n);
}

/* Worse rules. */
static int
rule_modulo(const struct placement *pm, const char *room, uint64_t mask)
{
	unsigned int	n, slot;

	(void)pm;
	n = (unsigned int)(siphash24(key1, room, strlen(room)) % bits(mask));
	for (slot = 0;; slot++)
		if ((mask & PLACEMENT_BIT(slot)) != 0 && n-- == 0)
			return ((int)slot);
}

static int
rule_lowest(const struct placement *pm, const char *room, uint64_t mask)
{
	(void)pm;
	(void)room;
	return (__builtin_ctzll(mask));
}

/* Rooms that move although their slot did not go. */
static unsigned int
moved_needlessly(const struct placement *pm, rule_fn *rule)
{
	unsigned int	i, slot, bad = 0;
	int		before, after;

	for (slot = 0; slot < PLACEMENT_SLOTS; slot++) {
		if ((MASK & PLACEMENT_BIT(slot)) == 0)
			continue;
		for (i = 0; i < ROOMS; i++) {
			before = rule(pm, room_name(i), MASK);
			after = rule(pm, room_name(i),
			    MASK & ~PLACEMENT_BIT(slot));
			if (before != (int)slot && before != after)
				bad++;
			assert_int_not_equal(after, slot);
		}
	}
	return (bad);
}

/* Largest distance from an even share, in per cent of it. */
static unsigned int
unevenness(const struct placement *pm, rule_fn *rule)
{
	unsigned int	count[PLACEMENT_SLOTS], i, share, off, worst = 0;
	int		slot;

	memset(count, 0, sizeof(count));
	for (i = 0; i < ROOMS; i++) {
		slot = rule(pm, room_name(i), MASK);
		assert_true(slot >= 0 && slot < PLACEMENT_SLOTS);
		assert_true((MASK & PLACEMENT_BIT(slot)) != 0);
		count[slot]++;
	}
	share = ROOMS / bits(MASK);
	for (i = 0; i < PLACEMENT_SLOTS; i++) {
		if ((MASK & PLACEMENT_BIT(i)) == 0)
			continue;
		off = count[i] > share ? count[i] - share : share - count[i];
		if (off * 100 / share > worst)
			worst = off * 100 / share;
	}
	return (worst);
}

static void
rule(void **state)
{
	struct placement	*pm, *other;
	unsigned int		 i, same = 0;

	(void)state;
	assert_non_null(pm = placement_new(key1, 4));
	assert_int_equal(moved_needlessly(pm, placement_rule), 0);
	assert_true(unevenness(pm, placement_rule) < 20);
	/* The checkers object to rules that are worse. */
	assert_true(moved_needlessly(pm, rule_modulo) > ROOMS / 2);
	assert_true(unevenness(pm, rule_lowest) > 100);
	/* Another key, another order. */
	assert_non_null(other = placement_new(key2, 4));
	for (i = 0; i < ROOMS; i++)
		if (placement_rule(pm, room_name(i), MASK) ==
		    placement_rule(other, room_name(i), MASK))
			same++;
	assert_true(same < ROOMS / 3 && same > ROOMS / 12);
	placement_free(other);
	/* And everybody with this one finds the same. */
	assert_non_null(other = placement_new(key1, 4));
	for (i = 0; i < ROOMS; i++)
		assert_int_equal(placement_rule(pm, room_name(i), MASK),
		    placement_rule(other, room_name(i), MASK));
	placement_free(other);
	/* Edges: none, and the last slot. */
	assert_int_equal(placement_rule(pm, "r", 0), -1);
	assert_int_equal(placement_rule(pm, "r", PLACEMENT_BIT(63)), 63);
	placement_free(pm);
}

static void
exceptions(void **state)
{
	struct placement	*pm;
	char			 name[ROOM_STRLEN + 1];
	int			 slot;

	(void)state;
	assert_non_null(pm = placement_new(key1, 2));
	assert_false(placement_known(pm));
	assert_int_equal(placement_slot(pm, "r"), -1);
	placement_media(pm, 0x0e);
	assert_true(placement_known(pm));
	slot = placement_slot(pm, "r");
	assert_int_equal(slot, placement_rule(pm, "r", 0x0e));
	/* Also to a slot that takes no new rooms (it retires). */
	assert_int_equal(placement_room(pm, "r", 9, true), 0);
	assert_int_equal(placement_slot(pm, "r"), 9);
	assert_int_equal(placement_exception(pm, "r"), 9);
	assert_int_equal(placement_exception(pm, "s"), -1);
	assert_int_equal(placement_room(pm, "r", 8, true), 0);
	assert_int_equal(placement_slot(pm, "r"), 8);
	assert_int_equal(placement_exceptions(pm), 1);
	assert_int_equal(placement_room(pm, "s", 8, true), 0);
	/* Bounded, and what is no room or slot is none. */
	assert_int_equal(placement_room(pm, "t", 8, true), -1);
	assert_int_equal(placement_room(pm, "", 8, true), -1);
	assert_int_equal(placement_room(pm, "s", 64, true), -1);
	memset(name, 'x', sizeof(name) - 1);
	name[ROOM_STRLEN] = '\0';
	assert_int_equal(placement_room(pm, name, 8, true), -1);
	assert_int_equal(placement_rule(pm, name, 0x2), 1);
	assert_int_equal(placement_room(pm, "r", 0, false), 0);
	assert_int_equal(placement_room(pm, "r", 0, false), 0);
	assert_int_equal(placement_slot(pm, "r"), slot);
	placement_slot_lost(pm, 8);
	assert_int_equal(placement_exceptions(pm), 0);
	placement_free(pm);
}

/* A new table counts from the moment that it is whole. */
static void
reset(void **state)
{
	struct placement	*pm;

	(void)state;
	assert_non_null(pm = placement_new(key1, 8));
	placement_media(pm, 0x6);
	assert_int_equal(placement_room(pm, "old", 9, true), 0);
	assert_int_equal(placement_room(pm, "both", 9, true), 0);
	placement_reset(pm);
	assert_int_equal(placement_room(pm, "both", 10, true), 0);
	assert_int_equal(placement_room(pm, "new", 10, true), 0);
	assert_int_equal(placement_slot(pm, "old"), 9);
	assert_int_equal(placement_slot(pm, "both"), 9);
	assert_int_equal(placement_exception(pm, "new"), -1);
	/* Once more from the start, before the first came to its end. */
	placement_reset(pm);
	assert_int_equal(placement_room(pm, "both", 11, true), 0);
	placement_media(pm, 0x4);
	assert_int_equal(placement_exception(pm, "old"), -1);
	assert_int_equal(placement_exception(pm, "new"), -1);
	assert_int_equal(placement_slot(pm, "both"), 11);
	assert_int_equal(placement_slot(pm, "old"), 2);
	placement_free(pm);
}

static void
join(void **state)
{
	struct placement	*pm;
	uint64_t		 now = SECOND;
	int			 first, second;

	(void)state;
	assert_non_null(pm = placement_new(key1, 8));
	assert_int_equal(placement_join(pm, "r", 0, now), -1);
	/* Nothing said yet: whoever is there. */
	first = placement_join(pm, "r", 0x7e, now);
	assert_int_equal(first, placement_rule(pm, "r", 0x7e));
	/* It is gone before signald says so: the next in order. */
	placement_slot_lost(pm, (unsigned int)first);
	second = placement_join(pm, "r", 0x7e & ~PLACEMENT_BIT(first), now);
	assert_int_equal(second, placement_rule(pm, "r", 0x7e &
	    ~PLACEMENT_BIT(first)));
	/* Back: for a while both parties of a room still meet. */
	placement_media(pm, 0x7e);
	assert_int_equal(placement_slot(pm, "r"), first);
	assert_int_equal(placement_join(pm, "r", 0x7e, now +
	    PLACEMENT_RECENT_NS - 1), second);
	assert_int_equal(placement_join(pm, "r", 0x7e, now +
	    2 * PLACEMENT_RECENT_NS - 2), second);
	assert_int_equal(placement_recent(pm), 1);
	assert_int_equal(placement_join(pm, "r", 0x7e, now +
	    4 * PLACEMENT_RECENT_NS), first);
	now += 4 * PLACEMENT_RECENT_NS;
	/* What signald says goes before that. */
	assert_int_equal(placement_room(pm, "r", (unsigned int)second, true),
	    0);
	assert_int_equal(placement_join(pm, "r", 0x7e, now), second);
	/* Unless it cannot be reached. */
	assert_int_equal(placement_join(pm, "r", PLACEMENT_BIT(first), now),
	    first);
	/* None of the healthy ones is there: better any than none. */
	placement_media(pm, 0x2);
	assert_int_equal(placement_join(pm, "q", 0x10, now), 4);
	assert_int_equal(placement_join(pm, "p", 0x12, now), 1);
	placement_free(pm);
}

/* The memory of recent answers is bounded, and the oldest one goes. */
static void
recent(void **state)
{
	struct placement	*pm;
	unsigned int		 i;
	int			 slot;

	(void)state;
	assert_non_null(pm = placement_new(key1, 8));
	slot = placement_rule(pm, room_name(0), 0x6);
	for (i = 0; i < PLACEMENT_RECENT_MAX; i++)
		(void)placement_join(pm, room_name(i), 0x6, SECOND);
	assert_int_equal(placement_recent(pm), PLACEMENT_RECENT_MAX);
	/* The first is remembered (its turn to go is now the last). */
	assert_int_equal(placement_join(pm, room_name(0), 0x1e, SECOND),
	    slot);
	(void)placement_join(pm, "one more", 0x6, SECOND);
	assert_int_equal(placement_recent(pm), PLACEMENT_RECENT_MAX);
	assert_int_equal(placement_join(pm, room_name(0), 0x1e, SECOND),
	    slot);
	(void)placement_join(pm, "x", 0x6, SECOND + PLACEMENT_RECENT_NS);
	assert_int_equal(placement_recent(pm), 1);
	placement_free(pm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(rule),
		cmocka_unit_test(exceptions),
		cmocka_unit_test(reset),
		cmocka_unit_test(join),
		cmocka_unit_test(recent),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
