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
 * Connections by source at the door, in virtual time.
 *
 * COVERS: limit initial-rate: past it a Retry; forged sources cost no memory
 * COVERS: limit handshake-rate: a source past it is dropped, others are not
 * COVERS: limit token-rate: who was there before does not starve in a flood
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "doord/sources.h"

#define NOW	(1000 * NS_PER_S)

static struct sources *
sources_of(uint64_t initials, uint64_t handshakes, uint64_t tokens)
{
	struct msg_settings	 settings;
	struct sources		*so = sources_new();

	assert_non_null(so);
	memset(&settings, 0, sizeof(settings));
	limits_default(&settings);
	settings.initial_rate = initials;
	settings.handshake_rate = handshakes;
	settings.token_rate = tokens;
	limiter_settings(sources_limiter(so), &settings);
	return (so);
}

static enum source_verdict
judge(struct sources *so, const char *from, enum validate_verdict verdict,
    uint64_t token, uint64_t now)
{
	struct validated	vd;
	struct addr		a;

	memset(&vd, 0, sizeof(vd));
	vd.vd_verdict = verdict;
	vd.vd_token = token;
	assert_int_equal(addr_parse(&a, from), 0);
	return (sources_judge(so, &a, &vd, now));
}

static void
unchecked_get_a_retry(void **state)
{
	struct sources	*so = sources_of(10, 5, 2);
	struct limiter	*lm = sources_limiter(so);
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(judge(so, i % 2 ? "192.0.2.1:1" :
		    "192.0.2.99:2", VALIDATE_NONE, 0, NOW), SOURCE_PASS);
	assert_int_equal(judge(so, "192.0.2.1:1", VALIDATE_NONE, 0, NOW),
	    SOURCE_RETRY);
	assert_int_equal(limiter_refusals(lm, LIMIT_INITIAL_RATE), 1);
	/* Another network, and who answered. */
	assert_int_equal(judge(so, "192.0.3.1:1", VALIDATE_NONE, 0, NOW),
	    SOURCE_PASS);
	assert_int_equal(judge(so, "192.0.2.1:1", VALIDATE_RETRY, 0, NOW),
	    SOURCE_PASS);
	/* Six seconds later there is one more. */
	assert_int_equal(judge(so, "192.0.2.1:1", VALIDATE_NONE, 0,
	    NOW + 6 * NS_PER_S), SOURCE_PASS);
	assert_int_equal(judge(so, "192.0.2.1:1", VALIDATE_NONE, 0,
	    NOW + 6 * NS_PER_S), SOURCE_RETRY);
	sources_free(so);
}

/* From everywhere: nobody is refused for it, and nothing is remembered. */
static void
forged(void **state)
{
	struct sources	*so = sources_of(2, 5, 2);
	struct limiter	*lm = sources_limiter(so);
	char		 from[ADDR_STRLEN];
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 200000; i++) {
		(void)snprintf(from, sizeof(from), "%u.%u.%u.1:9",
		    1 + i % 200, i / 200 % 250, i / 50000);
		assert_int_not_equal(judge(so, from, VALIDATE_NONE, 0, NOW),
		    SOURCE_DROP);
	}
	assert_int_equal(limiter_keys(lm), 0);
	assert_int_equal(limiter_penalties(lm), 0);
	assert_true(limiter_refusals(lm, LIMIT_INITIAL_RATE) > 100000);
	/* All places are taken: a stranger has to answer a Retry, no more. */
	assert_int_equal(judge(so, "203.0.113.5:7", VALIDATE_NONE, 0, NOW),
	    SOURCE_RETRY);
	assert_int_equal(judge(so, "203.0.113.5:7", VALIDATE_RETRY, 0, NOW),
	    SOURCE_PASS);
	/* And a minute later not even that. */
	assert_int_equal(judge(so, "203.0.113.5:7", VALIDATE_NONE, 0,
	    NOW + 60 * NS_PER_S), SOURCE_PASS);
	sources_free(so);
}

static void
neighbours(void **state)
{
	struct sources	*so = sources_of(10, 20, 4);
	struct limiter	*lm = sources_limiter(so);
	uint64_t	 now = NOW;
	unsigned int	 i, crowd = 0, friends = 0, starved = 0;

	(void)state;
	/* A flood with a port of its own each, for a minute. */
	for (i = 0; i < 60000; i++) {
		now = NOW + i * NS_PER_MS;
		crowd += judge(so, "192.0.2.1:1000", VALIDATE_RETRY, 0,
		    now) == SOURCE_PASS;
		if (i % 20000 != 10000)
			continue;
		/* A neighbour with a token; and one without (control). */
		friends += judge(so, "192.0.2.1:7", VALIDATE_TOKEN, 77,
		    now) == SOURCE_PASS;
		starved += judge(so, "192.0.2.1:8", VALIDATE_RETRY, 0,
		    now) != SOURCE_PASS;
		/* Of another source nobody notices. */
		assert_int_equal(judge(so, "192.0.2.2:1000", VALIDATE_RETRY,
		    0, now), SOURCE_PASS);
	}
	assert_int_equal(friends, 3);
	assert_int_equal(starved, 3);
	assert_true(crowd >= 39 && crowd <= 41);
	assert_int_equal(limiter_penalties(lm), 1);
	assert_true(limiter_refusals(lm, LIMIT_HANDSHAKE_RATE) > 59000);
	limiter_expire(lm, now + 61 * NS_PER_S);
	assert_int_equal(limiter_keys(lm) + limiter_penalties(lm), 0);
	sources_free(so);
}

/* A token is no licence to flood: neither one of them nor many. */
static void
tokens(void **state)
{
	struct sources	*so = sources_of(10, 20, 4);
	unsigned int	 i, pass = 0;

	(void)state;
	/* A regular of the house, before. */
	assert_int_equal(judge(so, "192.0.2.1:7", VALIDATE_TOKEN, 77, NOW),
	    SOURCE_PASS);
	/* One token, again and again: its own four, then the crowd's. */
	for (i = 0; i < 1000; i++)
		pass += judge(so, "192.0.2.1:9", VALIDATE_TOKEN, 1, NOW) ==
		    SOURCE_PASS;
	assert_int_equal(pass, 4 + 20);
	/* A thousand of them: as many new ones as the rate of tokens has. */
	for (pass = 0, i = 0; i < 1000; i++)
		pass += judge(so, "192.0.2.1:9", VALIDATE_TOKEN, 1000 + i,
		    NOW) == SOURCE_PASS;
	assert_int_equal(pass, 20 - 2);
	/* Who is being counted has his own. */
	assert_int_equal(judge(so, "192.0.2.1:7", VALIDATE_TOKEN, 77, NOW),
	    SOURCE_PASS);
	sources_free(so);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(unchecked_get_a_retry),
		cmocka_unit_test(forged),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(tokens)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
