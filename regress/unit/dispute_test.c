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
 * COVERS: blame: of two that quarrel the lower-ranking goes, however often
 * COVERS: blame: who quarrels with several neighbours is the common factor
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "relayd/dispute.h"

static const struct party	keyd = { PROC_KEYD, 0, 1 };
static const struct party	signald = { PROC_SIGNALD, 0, 1 };
static const struct party	media0 = { PROC_MEDIAD, 0, 4 };
static const struct party	media1 = { PROC_MEDIAD, 1, 2 };
static const struct party	doord = { PROC_DOORD, 0, 1 };

static struct disputes	ds;

static int	 set_up(void **);
static size_t	 ended(const struct party *);
static size_t	 ended_all(void);

static int
set_up(void **state)
{
	(void)state;
	memset(&ds, 0, sizeof(ds));
	return (0);
}

/* In how many quarrels this one is told to end. */
static size_t
ended(const struct party *p)
{
	size_t	i, n = 0;

	for (i = 0; i < ds.ds_nopen; i++) {
		if (ds.ds_open[i].di_end_high &&
		    party_equal(&ds.ds_open[i].di_high, p))
			n++;
		if (!ds.ds_open[i].di_end_high &&
		    party_equal(&ds.ds_open[i].di_low, p))
			n++;
	}
	return (n);
}

static size_t
ended_all(void)
{
	size_t	i, n = 0;

	for (i = 0; i < ds.ds_nopen; i++)
		n += ds.ds_open[i].di_over;
	return (n);
}

static void
the_lower_of_a_pair(void **state)
{
	(void)state;
	assert_true(dispute_add(&ds, &signald, &media0, "x"));
	dispute_resolve(&ds);
	assert_int_equal(ended(&media0), 1);
	assert_int_equal(ended_all(), 1);
	assert_true(ds.ds_open[0].di_by_high);

	/* Whoever of the two complains. */
	ds.ds_nopen = 0;
	assert_true(dispute_add(&ds, &doord, &signald, "x"));
	dispute_resolve(&ds);
	assert_int_equal(ended(&doord), 1);
	assert_int_equal(ended_all(), 1);
	assert_false(ds.ds_open[0].di_by_high);
}

static void
one_entry_a_pair(void **state)
{
	(void)state;
	assert_true(dispute_add(&ds, &signald, &media0, "first"));
	assert_false(dispute_add(&ds, &signald, &media0, "second"));
	assert_false(dispute_add(&ds, &media0, &signald, "third"));
	assert_int_equal(ds.ds_nopen, 1);
	assert_string_equal(ds.ds_open[0].di_reason, "first");
}

/* Else it could have the other restarted as often as it likes. */
static void
the_same_pair_again(void **state)
{
	struct party	next = media0;
	unsigned int	i;

	(void)state;
	for (i = 0; i < 10; i++) {
		ds.ds_nopen = 0;
		next.pa_generation++;
		dispute_add(&ds, i % 2 == 0 ? &next : &signald,
		    i % 2 == 0 ? &signald : &next, "x");
		dispute_resolve(&ds);
		assert_int_equal(ended(&next), 1);
		assert_int_equal(ended(&signald), 0);
	}
}

/* A high-ranking one that lies would otherwise cost all its neighbours. */
static void
the_common_factor_alone(void **state)
{
	(void)state;
	dispute_add(&ds, &signald, &media0, "x");
	dispute_add(&ds, &media1, &signald, "x");
	dispute_add(&ds, &signald, &doord, "x");
	dispute_resolve(&ds);
	assert_int_equal(ended(&signald), 3);
	assert_int_equal(ended_all(), 3);

	/* Later with one of them alone. */
	ds.ds_nopen = 0;
	dispute_add(&ds, &signald, &media0, "x");
	dispute_resolve(&ds);
	assert_int_equal(ended(&media0), 1);
	assert_int_equal(ended_all(), 1);
}

static void
a_low_one_may_be_it_too(void **state)
{
	(void)state;
	dispute_add(&ds, &keyd, &media0, "x");
	dispute_add(&ds, &signald, &media0, "x");
	/* Besides, another pair that has nothing to do with it. */
	dispute_add(&ds, &media1, &doord, "x");
	dispute_resolve(&ds);
	assert_int_equal(ended(&media0), 2);
	assert_int_equal(ended(&doord), 1);
	assert_int_equal(ended_all(), 3);
}

static void
of_two_with_as_many_the_lower(void **state)
{
	(void)state;
	/* keyd - media0 - signald - doord: media0 and signald have two. */
	dispute_add(&ds, &keyd, &media0, "x");
	dispute_add(&ds, &signald, &media0, "x");
	dispute_add(&ds, &signald, &doord, "x");
	dispute_resolve(&ds);
	assert_int_equal(ended(&media0), 2);
	/* What is left is a pair. */
	assert_int_equal(ended(&signald), 0);
	assert_int_equal(ended(&doord), 1);
}

static void
who_is_gone_has_no_quarrel(void **state)
{
	struct party	next = media0;

	(void)state;
	next.pa_generation++;
	dispute_add(&ds, &signald, &media0, "x");
	dispute_add(&ds, &doord, &signald, "x");
	dispute_forget(&ds, &next);
	assert_int_equal(ds.ds_nopen, 2);
	dispute_forget(&ds, &media0);
	assert_int_equal(ds.ds_nopen, 1);
	dispute_resolve(&ds);
	assert_int_equal(ended(&doord), 1);
	assert_int_equal(ended_all(), 1);
}

static void
the_list_is_bounded(void **state)
{
	struct party	p = media0;
	size_t		i;

	(void)state;
	for (i = 0; i < DISPUTES_MAX; i++) {
		p.pa_generation = 10 + i;
		assert_true(dispute_add(&ds, &signald, &p, "x"));
	}
	p.pa_generation++;
	assert_false(dispute_add(&ds, &signald, &p, "x"));
	dispute_resolve(&ds);
	assert_int_equal(ended(&signald), DISPUTES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_lower_of_a_pair, set_up),
		cmocka_unit_test_setup(one_entry_a_pair, set_up),
		cmocka_unit_test_setup(the_same_pair_again, set_up),
		cmocka_unit_test_setup(the_common_factor_alone, set_up),
		cmocka_unit_test_setup(a_low_one_may_be_it_too, set_up),
		cmocka_unit_test_setup(of_two_with_as_many_the_lower, set_up),
		cmocka_unit_test_setup(who_is_gone_has_no_quarrel, set_up),
		cmocka_unit_test_setup(the_list_is_bounded, set_up),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
