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
 * The quality controller in virtual time: the probe of wzp-protocol 8.6, and
 * how it and the counters of reports get along.
 *
 * COVERS: vectors quality - probing, which the traces cannot show
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/quality.h"

static const struct media_report	good = { 6, 0, 0, 200 };
static const struct media_report	studio32 = { 3, 0, 0, 200 };
static const struct media_report	studio64 = { 0, 0, 0, 200 };
static const struct media_report	degraded = { 13, 0, 0, 200 };
static const struct media_report	awful = { 255, 255, 0, 200 };

static uint64_t	 feed(struct quality *, const struct media_report *,
		    uint64_t, unsigned int, unsigned int);

/* n reports, step ms apart; the tier must not change.  The time after them. */
static uint64_t
feed(struct quality *q, const struct media_report *r, uint64_t now,
    unsigned int n, unsigned int step)
{
	for (; n > 0; n--, now += step)
		assert_false(quality_report(q, r, now));
	return (now);
}

static void
test_probe_rises(void **state)
{
	struct quality	 q;
	uint64_t	 now;

	(void)state;
	quality_init(&q, 1000);
	assert_int_equal(q.q_tier, TIER_GOOD);
	/* 30 s at the tier: reports at 1 s to 30 s do not start one */
	now = feed(&q, &good, 1000, 30, 1000);
	assert_int_equal(now, 31000);
	assert_false(q.q_probing);
	now = feed(&q, &good, now, 1, 1000);
	assert_true(q.q_probing);
	/* five seconds with one report below the target */
	now = feed(&q, &studio32, now, 2, 1000);
	now = feed(&q, &good, now, 1, 1000);
	now = feed(&q, &studio32, now, 1, 1000);
	assert_int_equal(now, 36000);
	assert_true(quality_report(&q, &studio32, now));
	assert_int_equal(q.q_tier, TIER_STUDIO_32K);
	assert_false(q.q_probing);
	/* and 30 s until the next */
	now = feed(&q, &studio32, now + 1000, 29, 1000);
	assert_false(q.q_probing);
	feed(&q, &studio32, now, 1, 1000);
	assert_true(q.q_probing);
}

static void
test_probe_fails(void **state)
{
	struct quality	 q;
	uint64_t	 now;

	(void)state;
	quality_init(&q, 0);
	now = feed(&q, &good, 0, 31, 1000);
	assert_true(q.q_probing);
	assert_int_equal(now, 31000);
	now = feed(&q, &good, now, 1, 1000);
	assert_true(q.q_probing);
	now = feed(&q, &good, now, 1, 1000);	/* at 32 s: the second */
	assert_false(q.q_probing);
	/* blocked for 60 s, although the tier was held all the time */
	now = feed(&q, &good, now, 59, 1000);
	assert_int_equal(now, 92000);
	assert_false(q.q_probing);
	feed(&q, &good, now, 1, 1000);
	assert_true(q.q_probing);
	assert_int_equal(q.q_tier, TIER_GOOD);
}

static void
test_probe_needs_stable_time(void **state)
{
	struct quality	 q;
	uint64_t	 now;

	(void)state;
	/* one worse report starts the 30 s again */
	quality_init(&q, 0);
	now = feed(&q, &good, 0, 29, 1000);
	now = feed(&q, &degraded, now, 1, 1000);
	now = feed(&q, &good, now, 29, 1000);
	assert_int_equal(now, 59000);
	assert_false(q.q_probing);
	feed(&q, &good, now, 1, 1000);
	assert_true(q.q_probing);

	/* so does a worse one within a probe, which may still succeed */
	now = feed(&q, &degraded, 60000, 1, 1000);
	assert_true(q.q_probing);
	assert_int_equal(q.q_stable_since_ms, 60000);
	now = feed(&q, &studio32, now, 3, 1000);
	assert_true(quality_report(&q, &studio32, now));
	assert_int_equal(q.q_tier, TIER_STUDIO_32K);
}

static void
test_probe_ends_with_tier(void **state)
{
	struct quality	 q;
	uint64_t	 now;

	(void)state;
	/* three worse reports are faster than any probe */
	quality_init(&q, 0);
	now = feed(&q, &good, 0, 31, 1000);
	assert_true(q.q_probing);
	now = feed(&q, &awful, now, 2, 100);
	assert_true(quality_report(&q, &awful, now));
	assert_int_equal(q.q_tier, TIER_CATASTROPHIC);
	assert_false(q.q_probing);

	/* ten better ones in less than 5 s too: no second rise by the probe */
	quality_init(&q, 0);
	now = feed(&q, &good, 0, 31, 1000);
	assert_true(q.q_probing);
	now = feed(&q, &studio64, now, 9, 100);
	assert_true(quality_report(&q, &studio64, now));
	assert_int_equal(q.q_tier, TIER_STUDIO_32K);
	assert_false(q.q_probing);
	feed(&q, &studio64, now + 5000, 1, 1000);
	assert_int_equal(q.q_tier, TIER_STUDIO_32K);
}

static void
test_silence_proves_nothing(void **state)
{
	struct quality	 q;

	(void)state;
	quality_init(&q, 0);
	feed(&q, &good, 0, 31, 1000);
	assert_true(q.q_probing);
	feed(&q, &good, 60000, 1, 1000);
	assert_int_equal(q.q_tier, TIER_GOOD);
	assert_false(q.q_probing);
	assert_int_equal(q.q_probe_blocked_until_ms, 120000);
}

static void
test_top(void **state)
{
	struct quality	 q;
	unsigned int	 i;

	(void)state;
	quality_init(&q, 0);
	for (i = 0; i < 30; i++)
		quality_report(&q, &studio64, 0);
	assert_int_equal(q.q_tier, TIER_STUDIO_64K);
	for (i = 0; i < 200; i++)
		assert_false(quality_report(&q, &studio64, i * 1000));
	assert_false(q.q_probing);
}

static void
test_hysteresis(void **state)
{
	struct quality	 q;

	(void)state;
	/* the last of three worse reports says where to */
	quality_init(&q, 0);
	feed(&q, &awful, 0, 2, 0);
	assert_true(quality_report(&q, &degraded, 0));
	assert_int_equal(q.q_tier, TIER_DEGRADED);
	/* a report of the tier or worse: count the better ones anew */
	feed(&q, &studio64, 0, 4, 0);
	feed(&q, &degraded, 0, 1, 0);
	feed(&q, &studio64, 0, 4, 0);
	feed(&q, &awful, 0, 1, 0);
	feed(&q, &studio64, 0, 4, 0);
	assert_true(quality_report(&q, &studio64, 0));
	assert_int_equal(q.q_tier, TIER_GOOD);
	/* a better report: count the worse ones anew */
	feed(&q, &awful, 0, 2, 0);
	feed(&q, &studio64, 0, 1, 0);
	feed(&q, &awful, 0, 2, 0);
	assert_int_equal(q.q_tier, TIER_GOOD);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(quality_tier_name(TIER_CATASTROPHIC),
	    "Catastrophic");
	assert_string_equal(quality_tier_name(TIER_STUDIO_64K), "Studio64k");
	assert_ptr_equal(quality_profile(TIER_STUDIO_48K),
	    &media_profile_studio_48k);
	assert_ptr_equal(quality_profile(TIER_DEGRADED),
	    &media_profile_degraded);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe_rises),
		cmocka_unit_test(test_probe_fails),
		cmocka_unit_test(test_probe_needs_stable_time),
		cmocka_unit_test(test_probe_ends_with_tier),
		cmocka_unit_test(test_silence_proves_nothing),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_hysteresis),
		cmocka_unit_test(test_names),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
