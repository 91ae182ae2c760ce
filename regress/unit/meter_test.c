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
 * Rates by key, and who was here before, in virtual time.
 *
 * COVERS: limits: a full table gives the oldest a fresh start, nobody a wait
 * COVERS: limits: what is not used any more is forgotten
 * COVERS: limits: newcomers do not push out those who come often
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/addr.h"
#include "common/base/clock.h"
#include "common/base/meter.h"
#include "common/base/regulars.h"

#define NOW	(1000 * NS_PER_S)

static bool
take(struct meter *me, unsigned int key, uint64_t now)
{
	uint64_t	until;

	return (meter_take(me, &key, sizeof(key), now, &until));
}

static void
rate_of_a_key(void **state)
{
	struct meter	*me = meter_new(10);
	uint64_t	 until;
	unsigned int	 i, key = 1;

	(void)state;
	assert_non_null(me);
	meter_set(me, 6, 60 * NS_PER_S);
	for (i = 0; i < 6; i++)
		assert_true(take(me, 1, NOW));
	assert_false(take(me, 1, NOW));
	/* Another key has its own. */
	assert_true(take(me, 2, NOW));
	assert_int_equal(meter_used(me, NOW), 6);
	/* One is back after ten seconds, all after a minute. */
	assert_false(take(me, 1, NOW + 10 * NS_PER_S - 1));
	assert_true(meter_take(me, &key, sizeof(key), NOW + 10 * NS_PER_S,
	    &until));
	assert_int_equal(until, NOW + 70 * NS_PER_S);
	assert_false(take(me, 1, NOW + 10 * NS_PER_S));
	/* A new rate holds for what is to come. */
	meter_set(me, 60, 60 * NS_PER_S);
	assert_false(take(me, 1, NOW + 10 * NS_PER_S));
	assert_true(take(me, 1, NOW + 11 * NS_PER_S));
	assert_int_equal(meter_count(me), 2);
	meter_expire(me, NOW + 71 * NS_PER_S);
	assert_int_equal(meter_count(me), 0);
	assert_int_equal(meter_used(me, NOW + 71 * NS_PER_S), 0);
	assert_int_equal(meter_highest(me), 60);
	meter_free(me);
}

static void
full_table(void **state)
{
	struct meter	*me = meter_new(4);
	unsigned int	 i;

	(void)state;
	meter_set(me, 1, 60 * NS_PER_S);
	for (i = 0; i < 4; i++)
		assert_true(take(me, i, NOW + i));
	/* 0 is used again, though without success: 1 is the oldest. */
	assert_false(take(me, 0, NOW + 10));
	assert_true(take(me, 100, NOW + 11));
	assert_int_equal(meter_count(me), 4);
	assert_false(take(me, 0, NOW + 12));
	assert_true(take(me, 1, NOW + 13));
	/* A million strangers find the same room. */
	for (i = 0; i < 100000; i++)
		assert_true(take(me, 1000 + i, NOW + 20 + i));
	assert_int_equal(meter_count(me), 4);
	meter_free(me);
}

static bool
know(const struct regulars *rs, unsigned int who, uint64_t now)
{
	return (regulars_know(rs, &who, sizeof(who), now));
}

static void
visit(struct regulars *rs, unsigned int who, uint64_t now)
{
	regulars_visit(rs, &who, sizeof(who), now);
}

static void
regulars(void **state)
{
	struct regulars	*rs = regulars_new();
	unsigned int	 i, known;
	uint64_t	 now = NOW;

	(void)state;
	assert_non_null(rs);
	assert_false(know(rs, 1, now));
	visit(rs, 1, now);
	visit(rs, 2, now);
	assert_true(know(rs, 1, now));
	assert_false(know(rs, 3, now));
	/* Comes again after a minute; 2 comes twice within one. */
	visit(rs, 2, now + 59 * NS_PER_S);
	now += 60 * NS_PER_S;
	visit(rs, 1, now);
	for (i = 0; i < 20 * REGULARS_MAX; i++)
		visit(rs, 1000 + i, now + NS_PER_S);
	assert_true(know(rs, 1, now));
	/* Control: who came once is one of the crowd. */
	assert_false(know(rs, 2, now));
	for (known = 0, i = 0; i < 20 * REGULARS_MAX; i++)
		known += know(rs, 1000 + i, now + NS_PER_S);
	assert_true(known <= REGULARS_MAX && known > REGULARS_MAX / 2);
	/* A day later everybody is a stranger. */
	assert_true(know(rs, 1, now + REGULARS_S * NS_PER_S));
	assert_false(know(rs, 1, now + (REGULARS_S + 1) * NS_PER_S));
	regulars_free(rs);
}

static void
sources(void **state)
{
	struct addr	a;
	char		buf[ADDR_STRLEN];

	(void)state;
	assert_int_equal(addr_parse(&a, "192.0.2.77:5"), 0);
	assert_string_equal(addr_print_source(&a, buf, sizeof(buf)),
	    "192.0.2.77");
	assert_string_equal(addr_print_net(&a, buf, sizeof(buf)),
	    "192.0.2.0/24");
	assert_int_equal(addr_parse(&a, "[2001:db8:1:2:3:4:5:6]:7"), 0);
	assert_string_equal(addr_print_source(&a, buf, sizeof(buf)),
	    "2001:db8:1:2::/64");
	assert_string_equal(addr_print_net(&a, buf, sizeof(buf)),
	    "2001:db8:1:2::/64");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(rate_of_a_key),
		cmocka_unit_test(full_table),
		cmocka_unit_test(regulars),
		cmocka_unit_test(sources)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
