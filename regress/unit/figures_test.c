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
 * Delays of the bench: parts, mean and histogram.
 *
 * COVERS: bench: delays fall into the class below their bound, none is lost
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

#include "bench/figures.h"
#include "common/base/clock.h"

static struct delays	delays;

static void
expect(const char *histogram)
{
	char	*text = NULL;
	size_t	 len;
	FILE	*fp;

	assert_non_null(fp = open_memstream(&text, &len));
	delay_print(&delays, fp);
	assert_int_equal(fclose(fp), 0);
	assert_string_equal(text, histogram);
	free(text);
}

static void
test_histogram(void **state)
{
	unsigned int	i;

	(void)state;
	delay_clear(&delays);
	expect("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]");
	/* A bound belongs to the class above it. */
	delay_add(&delays, 0);
	delay_add(&delays, 9999);
	delay_add(&delays, 10000);
	delay_add(&delays, 999999);
	delay_add(&delays, 1000000);
	delay_add(&delays, 1999999);
	delay_add(&delays, 499999999);
	expect("[2,1,0,0,0,0,1,2,0,0,0,0,0,0,1,0]");
	delay_add(&delays, 500 * NS_PER_MS);
	delay_add(&delays, 999 * NS_PER_MS);
	for (i = 0; i < 3; i++)
		delay_add(&delays, 7 * NS_PER_S);
	expect("[2,1,0,0,0,0,1,2,0,0,0,0,0,0,1,5]");
}

static void
test_parts(void **state)
{
	unsigned int	i;

	(void)state;
	delay_clear(&delays);
	assert_true(delay_part(&delays, .5) == 0.);
	assert_true(delay_mean(&delays) == 0.);
	for (i = 0; i < 100; i++)
		delay_add(&delays, (i + 1) * NS_PER_MS);
	assert_true(delay_part(&delays, .5) == 51.);
	assert_true(delay_part(&delays, .99) == 100.);
	assert_true(delay_mean(&delays) == 50.5);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_parts)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
