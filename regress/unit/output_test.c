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
 * wzpctl's output: what hostile names look like on a terminal, times,
 * alignment, JSON.
 *
 * COVERS: wzpctl - tables, blocks, -j, text of strangers made harmless
 */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "wzpctl/output.h"

static char	text[65536];

static struct output *
rows(const char *const *lines)
{
	struct output	*ou = output_new();

	assert_non_null(ou);
	for (; *lines != NULL; lines++)
		assert_int_equal(output_line(ou, *lines, strlen(*lines)),
		    OUTPUT_ROW);
	return (ou);
}

static void
all_columns(const struct output *ou, FILE *fp)
{
	output_table(ou, NULL, fp);
}

static void
counters(const struct output *ou, FILE *fp)
{
	output_blocks(ou, false, fp);
}

static void
records(const struct output *ou, FILE *fp)
{
	output_blocks(ou, true, fp);
}

static void
some_columns(const struct output *ou, FILE *fp)
{
	static const char *const	only[] = {
		"age_s", "absent", "room", NULL
	};

	output_table(ou, only, fp);
}

static const char *
print(const struct output *ou, void (*fn)(const struct output *, FILE *))
{
	FILE	*fp;

	memset(text, 0, sizeof(text));
	assert_non_null(fp = fmemopen(text, sizeof(text) - 1, "w"));
	fn(ou, fp);
	assert_int_equal(fclose(fp), 0);
	return (text);
}

static void
test_table(void **state)
{
	static const char *const	lines[] = {
		"{\"room\":\"lobby\",\"participants\":2,\"proven\":true,"
		"\"age_s\":3725,\"created\":1775000000123,\"answered\":0}",
		"{\"room\":\"call-18ea570da2e2b241\",\"participants\":13,"
		"\"proven\":false,\"age_s\":7,\"created\":0,\"late\":\"\"}",
		NULL };
	struct output			*ou = rows(lines);

	(void)state;
	assert_string_equal(print(ou, all_columns),
	    "ROOM                   PARTICIPANTS  PROVEN    AGE  "
	    "CREATED              ANSWERED  LATE\n"
	    "lobby                             2  yes     1h02m  "
	    "2026-03-31 23:33:20  -         -\n"
	    "call-18ea570da2e2b241            13  no         7s  "
	    "-                    -         -\n");
	assert_string_equal(print(ou, some_columns),
	    "  AGE  ROOM\n"
	    "1h02m  lobby\n"
	    "   7s  call-18ea570da2e2b241\n");
	assert_string_equal(print(ou, output_json),
	    "[\n"
	    "{\"room\":\"lobby\",\"participants\":2,\"proven\":true,"
	    "\"age_s\":3725,\"created\":1775000000123,\"answered\":0},\n"
	    "{\"room\":\"call-18ea570da2e2b241\",\"participants\":13,"
	    "\"proven\":false,\"age_s\":7,\"created\":0,\"late\":\"\"}\n"
	    "]\n");
	output_free(ou);
	ou = output_new();
	assert_string_equal(print(ou, output_json), "[]\n");
	output_free(ou);
}

static void
test_blocks(void **state)
{
	static const char *const	lines[] = {
		"{\"worker\":\"signald\",\"ended\":2,\"uptime_s\":59}",
		"{\"worker\":\"mediad\",\"rooms\":18446744073709551615}",
		NULL };
	struct output			*ou = rows(lines);

	(void)state;
	assert_string_equal(print(ou, counters),
	    "signald\n"
	    "    ended     2\n"
	    "    uptime_s  59s\n"
	    "\n"
	    "mediad\n"
	    "    rooms   18446744073709551615\n");
	assert_non_null(strstr(print(ou, records),
	    "    ended     1970-01-01 00:00:00\n"));
	output_free(ou);
}

/* Rows of several workers, in the order of cells, else as they came. */
static void
test_sort(void **state)
{
	static const char *const	lines[] = {
		"{\"worker\":\"mediad\",\"instance\":10}",
		"{\"worker\":\"mediad\",\"instance\":9,\"n\":1}",
		"{\"worker\":\"keyd\",\"instance\":0}",
		"{\"worker\":\"mediad\",\"instance\":9,\"n\":0}",
		"{\"worker\":\"doord\",\"instance\":0}", NULL
	};
	static const char *const	both[] = {
		"worker", "instance", NULL
	};
	static const char *const	absent[] = { "room", NULL };
	struct output			*ou = rows(lines);
	char				 name[40];
	size_t				 i, k;

	(void)state;
	output_sort(ou, absent);
	assert_non_null(strstr(print(ou, output_json),
	    "[\n{\"worker\":\"mediad\",\"instance\":10},\n"));
	output_sort(ou, both);
	assert_string_equal(print(ou, output_json),
	    "[\n"
	    "{\"worker\":\"doord\",\"instance\":0},\n"
	    "{\"worker\":\"keyd\",\"instance\":0},\n"
	    "{\"worker\":\"mediad\",\"instance\":9,\"n\":1},\n"
	    "{\"worker\":\"mediad\",\"instance\":9,\"n\":0},\n"
	    "{\"worker\":\"mediad\",\"instance\":10}\n"
	    "]\n");
	output_free(ou);
	/* Any number of rows; more may come behind them. */
	for (k = 0; k < 70; k++) {
		ou = output_new();
		for (i = 0; i < k; i++) {
			(void)snprintf(name, sizeof(name), "{\"instance\":%zu}",
			    (i * 37) % k);
			assert_int_equal(output_line(ou, name, strlen(name)),
			    OUTPUT_ROW);
		}
		output_sort(ou, both);
		assert_int_equal(output_line(ou, "{\"instance\":1000}", 17),
		    OUTPUT_ROW);
		(void)print(ou, output_json);
		for (i = 0; i + 1 < k; i++) {
			const char	*a, *b;

			(void)snprintf(name, sizeof(name), "{\"instance\":%zu}",
			    (size_t)i);
			a = strstr(text, name);
			(void)snprintf(name, sizeof(name), "{\"instance\":%zu}",
			    i + 1);
			b = strstr(text, name);
			/* 37 and k have no common divisor but for 37. */
			assert_true(k == 37 || (a != NULL && a < b));
		}
		output_free(ou);
	}
}

/* Escape sequences, controls, broken UTF-8 never get to the terminal. */
static void
test_hostile(void **state)
{
	static const char *const	lines[] = {
		"{\"alias\":\"\\u001b[2Jx\\u0007\\u009b1m\\n\\\\\"}",
		"{\"alias\":\"J\xc3\xbcrgen\"}",
		"{\"alias\":\"\xe4\xbd\xa0\xe5\xa5\xbd\",\"b\":\"x\"}",
		"{\"\\u001b]0;\":\"k\"}",
		NULL };
	struct output			*ou = rows(lines);
	const char			*p;
	char				 big[4096];

	(void)state;
	p = print(ou, all_columns);
	assert_null(strchr(p, '\033'));
	assert_null(strchr(p, '\a'));
	assert_null(strstr(p, "\xc2\x9b"));
	assert_non_null(strstr(p, "\\x1b[2Jx\\x07\\xc2\\x9b1m\\x0a\\x5c"));
	assert_non_null(strstr(p, "J\xc3\xbcrgen"));
	output_free(ou);

	/* A very long value is cut, not overrun. */
	ou = output_new();
	memset(big, 1, sizeof(big));
	memcpy(big, "{\"a\":\"", 6);
	memset(big + 6, 'x', 4000);
	memcpy(big + 4006, "\"}", 2);
	assert_int_equal(output_line(ou, big, 4008), OUTPUT_ROW);
	assert_true(strlen(print(ou, all_columns)) < 2000);
	output_free(ou);
}

static void
test_lines(void **state)
{
	static const char *const	bad[] = {
		"", "x", "[]", "1", "{", "{\"a\":1}}", "\"end\"", "null"
	};
	struct output			*ou = output_new();
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(output_line(ou, bad[i], strlen(bad[i])),
		    OUTPUT_BAD);
	assert_int_equal(output_line(ou, "{\"end\":true}", 12), OUTPUT_END);
	assert_int_equal(output_line(ou, "{\"end\":false}", 13), OUTPUT_ROW);
	assert_int_equal(output_line(ou,
	    "{\"error\":\"signald \\u001b died\"}", 31), OUTPUT_ERROR);
	assert_string_equal(output_error(ou), "signald \\x1b died");
	/* A row may well have cells of these names. */
	assert_int_equal(output_line(ou, "{\"error\":\"x\",\"a\":1}", 19),
	    OUTPUT_ROW);
	assert_int_equal(output_rows(ou), 2);
	for (i = 2; i < OUTPUT_ROWS_MAX; i++)
		assert_int_equal(output_line(ou, "{\"a\":1}", 7),
		    OUTPUT_ROW);
	assert_int_equal(output_line(ou, "{\"a\":1}", 7), OUTPUT_BAD);
	output_free(ou);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_lines)
	};

	(void)setenv("TZ", "UTC", 1);
	tzset();
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		(void)setlocale(LC_CTYPE, "en_US.UTF-8");
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
