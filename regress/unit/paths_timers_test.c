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
 * The timers of a change of path, to the millisecond: one side, and a clock
 * and ears that the test moves.
 *
 * COVERS: design 6 - silence, overlap and hysteresis of the direct path
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/direct/paths.h"
#include "common/base/clock.h"

#define T0		(50 * NS_PER_S)
#define MS(n)		(T0 + NS_PER_MS * (n))

struct bench {
	struct paths	*be_paths;
	unsigned int	 be_ms;
	uint64_t	 be_heard[PATHS];
	unsigned int	 be_sent[PATHS];
	unsigned int	 be_again;
};

static int
on_send(void *arg, enum path path, const uint8_t *data, size_t len)
{
	struct bench	*be = arg;

	(void)data;
	(void)len;
	be->be_sent[path]++;
	return (0);
}

static uint64_t
on_heard(void *arg, enum path path)
{
	struct bench	*be = arg;

	return (be->be_heard[path]);
}

static void
on_changed(void *arg, enum path path, const char *why)
{
	struct bench	*be = arg;

	assert_int_equal(paths_used(be->be_paths), path);
	assert_true(strlen(why) > 0);
}

static void
on_again(void *arg)
{
	struct bench	*be = arg;

	be->be_again++;
}

static const struct paths_ops	ops = { on_send, on_heard, on_changed,
	on_again };

static struct bench *
bench_new(void)
{
	struct bench	*be;

	be = calloc(1, sizeof(*be));
	assert_non_null(be);
	be->be_ms = 1;
	be->be_paths = paths_new(&ops, be);
	assert_non_null(be->be_paths);
	return (be);
}

static void
bench_free(struct bench *be)
{
	paths_free(be->be_paths);
	free(be);
}

static void
up(struct bench *be, enum path path)
{
	be->be_heard[path] = MS(be->be_ms);
	paths_up(be->be_paths, path, MS(be->be_ms));
}

static enum path
used(const struct bench *be)
{
	return (paths_used(be->be_paths));
}

/* Silent for a while; how long then until it is used again? */
static unsigned int
time_back(struct bench *be, unsigned int silent_ms)
{
	unsigned int	 t, back;

	/* Silent until it has failed and the relay is alone. */
	for (t = 0; t < silent_ms; t++) {
		be->be_ms++;
		be->be_heard[PATH_RELAY] = MS(be->be_ms);
		paths_expire(be->be_paths, MS(be->be_ms));
	}
	assert_int_equal(used(be), PATH_RELAY);
	back = be->be_ms + 1;
	while (used(be) != PATH_DIRECT) {
		be->be_ms++;
		be->be_heard[PATH_RELAY] = MS(be->be_ms);
		be->be_heard[PATH_DIRECT] = MS(be->be_ms);
		paths_expire(be->be_paths, MS(be->be_ms));
		assert_true(be->be_ms < back + 60000);
	}
	return (be->be_ms - back);
}

static void
keep_hearing(struct bench *be, unsigned int ms)
{
	while (ms-- > 0) {
		be->be_ms++;
		be->be_heard[PATH_DIRECT] = MS(be->be_ms);
		paths_expire(be->be_paths, MS(be->be_ms));
	}
	assert_int_equal(used(be), PATH_DIRECT);
}

static void
test_hold(void **state)
{
	static const unsigned int	 hold[] = { 1000, 2000, 4000, 8000,
		16000, 30000, 30000 };
	struct bench			*be = bench_new();
	unsigned int			 k;

	(void)state;
	up(be, PATH_RELAY);
	up(be, PATH_DIRECT);
	keep_hearing(be, 700 - 1 + 1);
	for (k = 0; k < sizeof(hold) / sizeof(hold[0]); k++) {
		assert_int_equal(time_back(be, 1000), hold[k] + 300);
		keep_hearing(be, 1000);
	}
	/* A minute after the last failure all is forgotten. */
	keep_hearing(be, 28000);
	assert_int_equal(time_back(be, 1000), 1300);
	keep_hearing(be, 50000);
	assert_int_equal(time_back(be, 1000), 2300);
	bench_free(be);
}

/* Steadily: a pause begins the second anew. */
static void
test_steady(void **state)
{
	struct bench	*be = bench_new();
	unsigned int	 k, t;

	(void)state;
	up(be, PATH_RELAY);
	up(be, PATH_DIRECT);
	keep_hearing(be, 700);
	assert_int_equal(time_back(be, 1000), 1300);
	for (t = 0; t < 1000; t++) {
		be->be_ms++;
		be->be_heard[PATH_RELAY] = MS(be->be_ms);
		paths_expire(be->be_paths, MS(be->be_ms));
	}
	/* Heard for 1.9 s, silent for 0.4, over and over: never used. */
	for (k = 0; k < 10; k++) {
		for (t = 0; t < 2300; t++) {
			be->be_ms++;
			if (t < 1900)
				be->be_heard[PATH_DIRECT] = MS(be->be_ms);
			paths_expire(be->be_paths, MS(be->be_ms));
		}
		assert_int_equal(used(be), PATH_RELAY);
	}
	/* Even if nobody looks while it is silent. */
	for (k = 0; k < 10; k++) {
		for (t = 0; t < 2300; t++) {
			be->be_ms++;
			if (t >= 1900)
				continue;
			be->be_heard[PATH_DIRECT] = MS(be->be_ms);
			paths_expire(be->be_paths, MS(be->be_ms));
		}
		assert_int_equal(used(be), PATH_RELAY);
	}
	/* Silent for 0.3: that is no pause. */
	for (t = 0; t < 2400; t++) {
		be->be_ms++;
		if (t < 1000 || t >= 1300)
			be->be_heard[PATH_DIRECT] = MS(be->be_ms);
		paths_expire(be->be_paths, MS(be->be_ms));
	}
	assert_int_equal(used(be), PATH_DIRECT);
	bench_free(be);
}

/* 399 ms are a pause, 400 are silence. */
static void
test_limit(void **state)
{
	struct bench	*be = bench_new();
	unsigned int	 heard;

	(void)state;
	up(be, PATH_RELAY);
	up(be, PATH_DIRECT);
	keep_hearing(be, 700);
	be->be_ms += 399;
	paths_expire(be->be_paths, MS(be->be_ms));
	assert_int_equal(be->be_again, 0);
	keep_hearing(be, 1);
	heard = be->be_ms;
	assert_true(paths_expiry(be->be_paths) == MS(heard + 400));
	be->be_ms += 400;
	paths_expire(be->be_paths, MS(be->be_ms) - 1);
	assert_int_equal(be->be_again, 0);
	paths_expire(be->be_paths, MS(be->be_ms));
	assert_int_equal(be->be_again, 1);
	assert_int_equal(used(be), PATH_RELAY);
	bench_free(be);
}

/* It is silent, then goes, and comes back: that is one failure. */
static void
keep_silent_and_back(struct bench *be)
{
	unsigned int	 back;

	assert_int_equal(time_back(be, 1) - 1300, 0);
	keep_hearing(be, 500);
	be->be_ms += 400;
	paths_expire(be->be_paths, MS(be->be_ms));
	be->be_ms += 50;
	paths_down(be->be_paths, PATH_DIRECT, MS(be->be_ms));
	be->be_ms += 50;
	up(be, PATH_DIRECT);
	/* The second one in a minute. */
	back = time_back(be, 0);
	assert_in_range(back, 2298, 2300);
}

/* One step of the clock, and what is next. */
static unsigned int
next(struct bench *be, unsigned int ms)
{
	be->be_ms = ms;
	paths_expire(be->be_paths, MS(ms));
	return ((unsigned int)((paths_expiry(be->be_paths) - T0) /
	    NS_PER_MS));
}

static unsigned int
sends(struct bench *be)
{
	unsigned int	 before[PATHS], seq = 0;

	memcpy(before, be->be_sent, sizeof(before));
	assert_int_equal(paths_send(be->be_paths, (uint8_t *)&seq,
	    sizeof(seq), MS(be->be_ms)), 0);
	return ((be->be_sent[PATH_RELAY] != before[PATH_RELAY] ? 1u : 0u) |
	    (be->be_sent[PATH_DIRECT] != before[PATH_DIRECT] ? 2u : 0u));
}

/* Each timer, to the millisecond. */
static void
test_timers(void **state)
{
	struct bench	*be = bench_new();

	(void)state;
	be->be_ms = 1000;
	up(be, PATH_RELAY);
	up(be, PATH_DIRECT);
	assert_int_equal(next(be, 1000), 1300);
	be->be_heard[PATH_DIRECT] = MS(1010);
	assert_int_equal(next(be, 1299), 1300);
	/* Told when half a second is over. */
	assert_int_equal(next(be, 1300), 1410);
	be->be_heard[PATH_DIRECT] = MS(1301);
	assert_int_equal(next(be, 1302), 1500);
	assert_int_equal(used(be), PATH_RELAY);
	assert_int_equal(next(be, 1500), 1701);
	assert_int_equal(used(be), PATH_DIRECT);
	/* It has been alone since 1300: both until 1800, but 300 ms now. */
	assert_int_equal(next(be, 1701), 1751);
	assert_int_equal(sends(be), 3);
	assert_int_equal(next(be, 1960), 2000);
	assert_int_equal(used(be), PATH_DIRECT);
	assert_int_equal(next(be, 2000), 2001);
	assert_int_equal(used(be), PATH_RELAY);
	/* The relay has not been heard: both still. */
	assert_int_equal(next(be, 2001), 2051);
	assert_int_equal(sends(be), 3);
	be->be_heard[PATH_RELAY] = MS(1701);
	assert_int_equal(next(be, 2002), 2052);
	assert_int_equal(sends(be), 3);
	be->be_heard[PATH_RELAY] = MS(1702);
	next(be, 2003);
	assert_int_equal(sends(be), 1);
	/* Silent: listened to each 50 ms.  Then the second. */
	assert_int_equal(next(be, 2100), 2150);
	be->be_heard[PATH_DIRECT] = MS(2120);
	assert_int_equal(next(be, 2150), 2520);
	be->be_heard[PATH_DIRECT] = MS(2500);
	next(be, 2510);
	be->be_heard[PATH_DIRECT] = MS(2800);
	assert_int_equal(next(be, 2810), 3120);
	assert_int_equal(next(be, 3120), 3170);
	assert_int_equal(sends(be), 1);
	be->be_heard[PATH_DIRECT] = MS(3121);
	assert_int_equal(next(be, 3122), 3422);
	assert_int_equal(sends(be), 3);
	be->be_heard[PATH_DIRECT] = MS(3123);
	next(be, 3422);
	assert_int_equal(sends(be), 2);
	/* Silent soon afterwards: half a second from one to the other. */
	next(be, 3523);
	assert_int_equal(sends(be), 3);
	be->be_heard[PATH_RELAY] = MS(3600);
	assert_int_equal(next(be, 3900), 3922);
	assert_int_equal(sends(be), 3);
	next(be, 3922);
	assert_int_equal(sends(be), 1);
	bench_free(be);

	/* If nobody can say when the relay was heard, 300 ms must do. */
	be = bench_new();
	be->be_ms = 1000;
	up(be, PATH_RELAY);
	up(be, PATH_DIRECT);
	be->be_heard[PATH_RELAY] = 0;
	keep_hearing(be, 700);
	next(be, 2100);
	assert_int_equal(sends(be), 3);
	next(be, 2399);
	assert_int_equal(sends(be), 3);
	next(be, 2400);
	assert_int_equal(sends(be), 1);
	keep_silent_and_back(be);
	bench_free(be);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_timers),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
