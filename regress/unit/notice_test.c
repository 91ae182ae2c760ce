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
 * Log lines about what strangers do, in virtual time: how many of a kind are
 * said, and that what was not said is told with the next one.
 *
 * COVERS: log: ten lines of a kind at once and one a second; the rest counted
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/notice.h"

#define NOW	(1000 * NS_PER_S)

static unsigned int	lines;
static char		last[1024];

static void
keep(enum log_level level, const char *line)
{
	assert_int_equal(level, LOG_LEVEL_INFO);
	lines++;
	strlcpy(last, line, sizeof(last));
}

/* As all who use it do. */
static bool
say(struct notice *no, uint64_t now, unsigned int n)
{
	if (!notice_due(no, now))
		return (false);
	notice(no, "peer %s: number %u", "west", n);
	return (true);
}

static bool
last_is(const char *text)
{
	size_t	len = strlen(text), n = strlen(last);

	return (n >= len && strcmp(last + n - len, text) == 0);
}

static int
setup(void **state)
{
	(void)state;
	lines = 0;
	last[0] = '\0';
	log_init("test", keep);
	return (0);
}

/* Ten at once, then silence, then one each second. */
static void
test_rate(void **state)
{
	struct notice	 no;
	unsigned int	 i;

	(void)state;
	memset(&no, 0, sizeof(no));
	for (i = 0; i < 10; i++)
		assert_true(say(&no, NOW, i));
	assert_int_equal(lines, 10);
	assert_true(last_is("peer west: number 9"));
	for (; i < 110; i++)
		assert_false(say(&no, NOW, i));
	assert_false(say(&no, NOW + NS_PER_S - 1, i));
	assert_int_equal(lines, 10);
	assert_int_equal(no.no_unsaid, 101);
	assert_true(say(&no, NOW + NS_PER_S, 7));
	assert_int_equal(lines, 11);
	assert_false(say(&no, NOW + NS_PER_S, 8));
	/* A thousand a second for a minute are a line a second. */
	for (i = 0; i < 60000; i++)
		(void)say(&no, NOW + NS_PER_S + i * NS_PER_MS, i);
	assert_int_equal(lines, 11 + 59);
}

/* Who was silent for long may say ten at once again, and not more. */
static void
test_rest(void **state)
{
	struct notice	 no;
	unsigned int	 i, n;

	(void)state;
	memset(&no, 0, sizeof(no));
	for (n = 0; n < 3; n++) {
		for (i = 0; i < 50; i++)
			(void)say(&no, NOW + n * 3600 * NS_PER_S, i);
		assert_int_equal(lines, 10 * (n + 1));
	}
}

/* Nothing is lost without a word, and it is told once. */
static void
test_unsaid(void **state)
{
	struct notice	 no;
	unsigned int	 i;

	(void)state;
	memset(&no, 0, sizeof(no));
	for (i = 0; i < 15; i++)
		(void)say(&no, NOW, i);
	assert_null(strstr(last, "more"));
	assert_true(say(&no, NOW + NS_PER_S, 1));
	assert_true(last_is("peer west: number 1 (and 5 more)"));
	assert_int_equal(no.no_unsaid, 0);
	assert_true(say(&no, NOW + 2 * NS_PER_S, 2));
	assert_true(last_is("peer west: number 2"));
	/* One kind of lines does not silence another. */
	for (i = 0; i < 30; i++)
		(void)say(&no, NOW + 2 * NS_PER_S, i);
	memset(&no, 0, sizeof(no));
	assert_true(say(&no, NOW + 2 * NS_PER_S, 3));
	assert_true(last_is("peer west: number 3"));
}

/* What others say may be long: the line is cut, the count is not. */
static void
test_long(void **state)
{
	struct notice	 no;
	char		 text[2000];
	unsigned int	 i;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(&no, 0, sizeof(no));
	for (i = 0; i < 10; i++)
		assert_true(notice_due(&no, NOW));
	assert_false(notice_due(&no, NOW));
	assert_true(notice_due(&no, NOW + NS_PER_S));
	notice(&no, "%s", text);
	assert_int_equal(lines, 1);
	assert_true(last_is("x (and 1 more)"));
	assert_true(strlen(last) < 700);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup(test_rate, setup),
		cmocka_unit_test_setup(test_rest, setup),
		cmocka_unit_test_setup(test_unsaid, setup),
		cmocka_unit_test_setup(test_long, setup),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
