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
 * What federd is told of who is registered here: through channels that come
 * and go and take only so much.  In the end it knows exactly who is there.
 *
 * COVERS: federation - presence: everybody once on a new channel, then changes
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/table.h"
#include "signald/hub.h"
#include "signald/presence.h"

#define PEOPLE	64

/* federd's view; a person is its number. */
struct view {
	struct presence	*pr;
	bool		 here[PEOPLE];
	unsigned int	 said, ends, room;
};

static const char *
fp_of(unsigned int n)
{
	static char	fp[FP_STRLEN];

	(void)snprintf(fp, sizeof(fp), "%04x:0000:0000:0000:0000:0000:0000:"
	    "0000", n);
	return (fp);
}

static int
person(void *arg, const struct msg_fed_presence *msg)
{
	struct view	*v = arg;
	unsigned int	 n;

	if (v->room == 0)
		return (-1);
	v->room--;
	v->said++;
	assert_int_equal(sscanf(msg->fingerprint, "%4x", &n), 1);
	assert_true(n < PEOPLE);
	/* Never what it knows already. */
	assert_true(v->here[n] != msg->present);
	v->here[n] = msg->present;
	return (0);
}

static int
end(void *arg)
{
	struct view	*v = arg;

	v->ends++;
	return (0);
}

static const struct presence_ops	ops = { person, end };

static void
make(struct view *v)
{
	memset(v, 0, sizeof(*v));
	v->room = 1000;
	assert_non_null(v->pr = presence_new(PEOPLE, &ops, v));
}

static void
changes(void **state)
{
	struct view	v;

	(void)state;
	make(&v);
	presence_set(v.pr, fp_of(1), true);
	assert_true(presence_turn(v.pr));
	assert_int_equal(v.said, 0);	/* nobody listens */
	presence_up(v.pr);
	assert_true(presence_turn(v.pr));
	assert_int_equal(v.said, 1);
	assert_int_equal(v.ends, 1);
	presence_set(v.pr, fp_of(2), true);
	presence_set(v.pr, fp_of(2), true);
	presence_set(v.pr, fp_of(3), false);
	assert_true(presence_turn(v.pr));
	assert_true(v.here[1] && v.here[2]);
	assert_int_equal(v.said, 2);
	/* Here and gone again between two turns is nothing to be said. */
	presence_set(v.pr, fp_of(4), true);
	presence_set(v.pr, fp_of(4), false);
	presence_set(v.pr, fp_of(2), false);
	presence_set(v.pr, fp_of(2), true);
	assert_true(presence_turn(v.pr));
	assert_int_equal(v.said, 2);
	presence_set(v.pr, fp_of(1), false);
	assert_true(presence_turn(v.pr));
	assert_true(!v.here[1] && v.here[2]);
	assert_int_equal(v.ends, 1);
	assert_int_equal(presence_count(v.pr), 1);
	/* Somebody new listens. */
	presence_set(v.pr, fp_of(2), false);
	presence_down(v.pr);
	assert_int_equal(presence_count(v.pr), 0);
	presence_set(v.pr, fp_of(5), true);
	memset(v.here, 0, sizeof(v.here));
	presence_up(v.pr);
	assert_true(presence_turn(v.pr));
	assert_true(v.here[5]);
	assert_int_equal(v.said, 4);
	assert_int_equal(v.ends, 2);
	presence_free(v.pr);
}

static void
full_channel(void **state)
{
	struct view	v;
	unsigned int	i;

	(void)state;
	make(&v);
	presence_up(v.pr);
	v.room = 0;
	for (i = 0; i < PEOPLE; i++)
		presence_set(v.pr, fp_of(i), true);
	presence_set(v.pr, "ffff", true);	/* past the maximum */
	for (i = 1; !presence_turn(v.pr); i++) {
		assert_int_equal(v.ends, 0);
		v.room = 10;
	}
	assert_int_equal(i, 8);
	assert_int_equal(v.said, PEOPLE);
	assert_int_equal(v.ends, 1);
	presence_free(v.pr);
}

static void
at_random(void **state)
{
	struct view	v;
	bool		here[PEOPLE] = { false };
	uint64_t	x = 0x9e3779b97f4a7c15;
	unsigned int	i, n;

	(void)state;
	make(&v);
	for (i = 0; i < 20000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		n = (unsigned int)(x >> 8) % PEOPLE;
		if ((x >> 40) % 100 == 0) {
			presence_down(v.pr);
			memset(v.here, 0, sizeof(v.here));
			presence_up(v.pr);
		} else if ((x >> 40) % 4 == 0) {
			v.room = (unsigned int)(x >> 50) % 8;
			(void)presence_turn(v.pr);
		} else {
			here[n] = !here[n];
			presence_set(v.pr, fp_of(n), here[n]);
		}
	}
	v.room = PEOPLE;
	assert_true(presence_turn(v.pr));
	assert_memory_equal(v.here, here, sizeof(here));
	presence_free(v.pr);
}

static void
watch(void *arg, const char *fp, bool here)
{
	presence_set(arg, fp, here);
}

static void
replaced(void *arg, struct reg *reg)
{
	(void)arg;
	(void)reg;
}

/* The hub tells of the first and the last registration of a person. */
static void
of_a_hub(void **state)
{
	static const struct hub_ops	hub_ops = { .replaced = replaced };
	struct reg			reg[2];
	struct hub			*hub;
	struct view			 v;

	(void)state;
	make(&v);
	presence_up(v.pr);
	assert_non_null(hub = hub_new(4, 4, &hub_ops, NULL));
	hub_watch(hub, watch, v.pr);
	memset(reg, 0, sizeof(reg));
	strlcpy(reg[0].reg_fp, fp_of(7), FP_STRLEN);
	strlcpy(reg[1].reg_fp, fp_of(7), FP_STRLEN);
	assert_int_equal(hub_register(hub, &reg[0]), 0);
	assert_true(presence_turn(v.pr));
	assert_true(v.here[7]);
	assert_int_equal(hub_register(hub, &reg[1]), 0);
	assert_true(presence_turn(v.pr));
	assert_int_equal(v.said, 1);
	assert_non_null(hub_unregister(hub, &reg[1]));
	assert_true(presence_turn(v.pr));
	assert_false(v.here[7]);
	assert_int_equal(v.said, 2);
	hub_free(hub);
	presence_free(v.pr);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(changes),
		cmocka_unit_test(full_channel),
		cmocka_unit_test(at_random),
		cmocka_unit_test(of_a_hub),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
