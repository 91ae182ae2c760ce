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
 * The limits at work in one process, in virtual time.
 *
 * COVERS: limits: who is over one, since when, how much, until when
 * COVERS: limits: everything is empty again when nobody uses anything
 * COVERS: limits: the list of those who are over one is bounded
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/limiter.h"

#define NOW	(1000 * NS_PER_S)

/* What the rows said. */
struct seen {
	unsigned int	se_limits;
	unsigned int	se_over;
	char		se_who[LIMITER_KEY];
	char		se_limit[40];
	uint64_t	se_used;
	uint64_t	se_highest;
	uint64_t	se_refused;
	uint64_t	se_over_s;
	uint64_t	se_ends_s;
};

static unsigned int	lines;
static char		last_line[200];

static void
count_line(enum log_level level, const char *line)
{
	(void)level;
	lines++;
	(void)snprintf(last_line, sizeof(last_line), "%s", line);
}

static void
text(char *out, size_t cap, const struct row_cell *cell)
{
	assert_true(cell->str_len < cap);
	memcpy(out, cell->str, cell->str_len);
	out[cell->str_len] = '\0';
}

static void
see(void *arg, const struct row *row)
{
	struct row_cell	 cells[ROW_CELLS_MAX];
	struct seen	*se = arg;
	char		 name[40];
	int		 i, n;

	n = row_parse(row->row_buf, row->row_len, cells, ROW_CELLS_MAX);
	assert_true(n > 0 && !row->row_full);
	if (cells[0].name_len == 3 && memcmp(cells[0].name, "who", 3) == 0)
		se->se_over++;
	else
		se->se_limits++;
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)cells[i].name_len, cells[i].name);
		if (strcmp(name, "who") == 0)
			text(se->se_who, sizeof(se->se_who), &cells[i]);
		else if (strcmp(name, "limit") == 0)
			text(se->se_limit, sizeof(se->se_limit), &cells[i]);
		else if (strcmp(name, "used") == 0)
			se->se_used = cells[i].u64;
		else if (strcmp(name, "highest") == 0)
			se->se_highest = cells[i].u64;
		else if (strcmp(name, "refused") == 0)
			se->se_refused = cells[i].u64;
		else if (strcmp(name, "over_s") == 0)
			se->se_over_s = cells[i].u64;
		else if (strcmp(name, "ends_s") == 0)
			se->se_ends_s = cells[i].u64;
		else
			fail_msg("a cell %s", name);
	}
}

static void
rows(struct limiter *lm, uint64_t now, struct seen *se)
{
	memset(se, 0, sizeof(*se));
	limiter_rows(lm, now, see, se);
}

static struct limiter *
limiter_of(uint64_t offers, uint64_t sources)
{
	struct msg_settings	 settings;
	struct limiter		*lm = limiter_new(1000);

	assert_non_null(lm);
	memset(&settings, 0, sizeof(settings));
	limits_default(&settings);
	settings.offer_rate = offers;
	settings.source_connections = sources;
	settings.signal_rate = 10;
	limiter_settings(lm, &settings);
	lines = 0;
	return (lm);
}

static void
penalty_of_a_rate(void **state)
{
	struct limiter	*lm = limiter_of(6, 10);
	struct seen	 se;
	unsigned int	 i;

	(void)state;
	rows(lm, NOW, &se);
	assert_int_equal(se.se_limits + se.se_over, 0);
	for (i = 0; i < 6; i++)
		assert_true(limiter_take(lm, LIMIT_OFFER_RATE, "anna", NOW));
	rows(lm, NOW, &se);
	assert_int_equal(se.se_over, 0);
	assert_int_equal(se.se_used, 6);
	assert_false(limiter_take(lm, LIMIT_OFFER_RATE, "anna", NOW));
	assert_false(limiter_take(lm, LIMIT_OFFER_RATE, "anna",
	    NOW + 5 * NS_PER_S));
	assert_true(limiter_take(lm, LIMIT_OFFER_RATE, "bert", NOW));
	assert_int_equal(lines, 1);
	assert_non_null(strstr(last_line,
	    "limit offer-rate: anna is over 6 a minute"));
	rows(lm, NOW + 7 * NS_PER_S, &se);
	assert_int_equal(se.se_limits, 1);
	assert_int_equal(se.se_over, 1);
	assert_string_equal(se.se_who, "anna");
	assert_string_equal(se.se_limit, "offer-rate");
	assert_int_equal(se.se_refused, 2);
	assert_int_equal(se.se_over_s, 7);
	assert_int_equal(se.se_ends_s, 53);
	/* It ends when all is back, and begins anew. */
	rows(lm, NOW + 60 * NS_PER_S, &se);
	assert_int_equal(se.se_over, 0);
	assert_int_equal(se.se_used, 0);
	assert_int_equal(se.se_highest, 6);
	assert_int_equal(limiter_refusals(lm, LIMIT_OFFER_RATE), 2);
	assert_int_equal(limiter_keys(lm), 0);
	assert_int_equal(limiter_penalties(lm), 0);
	for (i = 0; i < 7; i++)
		(void)limiter_take(lm, LIMIT_OFFER_RATE, "anna",
		    NOW + 100 * NS_PER_S);
	rows(lm, NOW + 101 * NS_PER_S, &se);
	assert_int_equal(se.se_refused, 1);
	assert_int_equal(se.se_over_s, 1);
	assert_int_equal(lines, 2);
	limiter_free(lm);
}

static void
own_bucket(void **state)
{
	struct limiter	*lm = limiter_of(6, 10);
	struct rate	 one = { 0 }, two = { 0 };
	struct seen	 se;
	unsigned int	 i, n = 0;

	(void)state;
	for (i = 0; i < 30; i++)
		n += limiter_take_own(lm, LIMIT_SIGNAL_RATE, &one, "anna",
		    NOW);
	assert_int_equal(n, 10);
	assert_true(limiter_take_own(lm, LIMIT_SIGNAL_RATE, &two, "bert",
	    NOW));
	rows(lm, NOW, &se);
	assert_int_equal(se.se_over, 1);
	assert_int_equal(se.se_refused, 20);
	assert_int_equal(se.se_ends_s, 1);
	rows(lm, NOW + NS_PER_S, &se);
	assert_int_equal(se.se_over, 0);
	limiter_free(lm);
}

static void
held(void **state)
{
	struct limiter	*lm = limiter_of(6, 2);
	struct seen	 se;

	(void)state;
	assert_true(limiter_hold(lm, LIMIT_SOURCE_CONNECTIONS, "net", false,
	    NOW));
	assert_true(limiter_hold(lm, LIMIT_SOURCE_CONNECTIONS, "net", false,
	    NOW));
	assert_false(limiter_hold(lm, LIMIT_SOURCE_CONNECTIONS, "net", false,
	    NOW));
	/* Who was here before; and another source. */
	assert_true(limiter_hold(lm, LIMIT_SOURCE_CONNECTIONS, "net", true,
	    NOW));
	assert_true(limiter_hold(lm, LIMIT_SOURCE_CONNECTIONS, "other", false,
	    NOW));
	rows(lm, NOW, &se);
	assert_int_equal(se.se_over, 1);
	assert_int_equal(se.se_used, 3);
	assert_int_equal(se.se_ends_s, LIMITER_SHOWN_S);
	limiter_drop(lm, LIMIT_SOURCE_CONNECTIONS, "net");
	assert_false(limiter_hold(lm, LIMIT_SOURCE_CONNECTIONS, "net", false,
	    NOW));
	limiter_drop(lm, LIMIT_SOURCE_CONNECTIONS, "net");
	assert_true(limiter_hold(lm, LIMIT_SOURCE_CONNECTIONS, "net", false,
	    NOW));
	limiter_drop(lm, LIMIT_SOURCE_CONNECTIONS, "net");
	limiter_drop(lm, LIMIT_SOURCE_CONNECTIONS, "net");
	limiter_drop(lm, LIMIT_SOURCE_CONNECTIONS, "other");
	/* One that nobody holds. */
	limiter_drop(lm, LIMIT_SOURCE_CONNECTIONS, "other");
	assert_int_equal(limiter_keys(lm), 0);
	rows(lm, NOW + LIMITER_SHOWN_S * NS_PER_S, &se);
	assert_int_equal(se.se_over + se.se_used, 0);
	assert_int_equal(se.se_highest, 3);
	limiter_free(lm);
}

/* So many that nobody can read it: the list and the log stay short. */
static void
crowd(void **state)
{
	struct limiter	*lm = limiter_of(1, 2);
	struct seen	 se;
	char		 who[LIMITER_KEY];
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		(void)snprintf(who, sizeof(who), "%u", i);
		assert_true(limiter_take(lm, LIMIT_OFFER_RATE, who, NOW));
		assert_false(limiter_take(lm, LIMIT_OFFER_RATE, who, NOW));
	}
	assert_int_equal(limiter_penalties(lm), LIMITER_PENALTIES);
	assert_int_equal(limiter_keys(lm), 1000);
	assert_int_equal(lines, 10);
	rows(lm, NOW, &se);
	assert_int_equal(se.se_over, LIMITER_PENALTIES);
	assert_string_equal(se.se_who, "2999");
	assert_int_equal(limiter_refusals(lm, LIMIT_OFFER_RATE), 3000);
	limiter_expire(lm, NOW + 60 * NS_PER_S);
	assert_int_equal(limiter_penalties(lm) + limiter_keys(lm), 0);
	limiter_free(lm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(penalty_of_a_rate),
		cmocka_unit_test(own_bucket),
		cmocka_unit_test(held),
		cmocka_unit_test(crowd)
	};

	log_init("limiter_test", count_line);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
