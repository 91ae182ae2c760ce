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
 * The jitter buffer in virtual time: packets are given arrival times, playout
 * steps come every 20 ms, and what is played is compared with what was sent.
 *
 * COVERS: limit jitter buffer - loss, reordering, duplicates, late packets,
 *	wrap of the sequence number, bursts, clock drift, silence
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/audio/jitter.h"
#include "common/base/clock.h"

#define PACKETS_MAX	4000
#define STEP		(20 * NS_PER_MS)
#define START		(1000 * NS_PER_S)

struct sim {
	struct jitter		*s_jitter;
	uint16_t		 s_first_seq;
	size_t			 s_npackets;
	uint64_t		 s_arrival[PACKETS_MAX];	/* 0: lost */
	uint64_t		 s_again[PACKETS_MAX];	/* a duplicate */
	/* Results */
	size_t			 s_played[PACKETS_MAX];	/* times each */
	uint64_t		 s_played_at[PACKETS_MAX];
	size_t			 s_frames;
	size_t			 s_lost;
	size_t			 s_hold;
	size_t			 s_idle;
	size_t			 s_dropped;
	bool			 s_disorder;
	unsigned int		 s_step_ppm;	/* playout slower by so much */
};

static struct sim *
sim_new(size_t n, uint16_t first_seq)
{
	struct sim	*s;
	size_t		 i;

	assert_true(n <= PACKETS_MAX);
	s = calloc(1, sizeof(*s));
	assert_non_null(s);
	s->s_jitter = jitter_new();
	assert_non_null(s->s_jitter);
	s->s_npackets = n;
	s->s_first_seq = first_seq;
	for (i = 0; i < n; i++)
		s->s_arrival[i] = START + i * STEP;
	return (s);
}

static void
sim_free(struct sim *s)
{
	jitter_free(s->s_jitter);
	free(s);
}

static void
sim_put(struct sim *s, size_t i, uint64_t now)
{
	struct media_packet	p;
	uint8_t			payload[2];

	payload[0] = (uint8_t)(i >> 8);
	payload[1] = (uint8_t)i;
	memset(&p, 0, sizeof(p));
	p.header.codec = CODEC_OPUS24K;
	p.header.seq = (uint16_t)(s->s_first_seq + i);
	p.payload = payload;
	p.payload_len = sizeof(payload);
	(void)jitter_put(s->s_jitter, &p, now);
}

static void
sim_take(struct sim *s, const struct jitter_packet *p, uint64_t now,
    size_t *last)
{
	size_t	i;

	assert_int_equal(p->jp_len, 2);
	i = (size_t)p->jp_payload[0] << 8 | p->jp_payload[1];
	assert_true(i < s->s_npackets);
	assert_int_equal(p->jp_seq, (uint16_t)(s->s_first_seq + i));
	if (*last != SIZE_MAX && i <= *last)
		s->s_disorder = true;
	*last = i;
	s->s_played[i]++;
	s->s_played_at[i] = now;
	s->s_frames++;
}

/* Runs until ms after the last packet. */
static void
sim_run(struct sim *s, unsigned int ms)
{
	const struct jitter_packet	*p;
	uint64_t			 now, end, tick, next;
	size_t				 i, which, last = SIZE_MAX;
	uint64_t			*slot;

	end = START + s->s_npackets * STEP + ms * NS_PER_MS;
	tick = START - STEP;
	for (;;) {
		/* The next arrival, unless a step comes first. */
		next = UINT64_MAX;
		slot = NULL;
		which = 0;
		for (i = 0; i < s->s_npackets; i++) {
			if (s->s_arrival[i] != 0 && s->s_arrival[i] < next) {
				next = s->s_arrival[i];
				slot = &s->s_arrival[i];
				which = i;
			}
			if (s->s_again[i] != 0 && s->s_again[i] < next) {
				next = s->s_again[i];
				slot = &s->s_again[i];
				which = i;
			}
		}
		if (slot != NULL && next <= tick) {
			sim_put(s, which, next);
			*slot = 0;
			continue;
		}
		now = tick;
		if (now >= end)
			break;
		switch (jitter_get(s->s_jitter, now, &p)) {
		case JITTER_FRAME:
			sim_take(s, p, now, &last);
			if (!jitter_surplus(s->s_jitter, now))
				break;
			jitter_dropped(s->s_jitter, now);
			s->s_dropped++;
			if (jitter_get(s->s_jitter, now, &p) == JITTER_FRAME)
				sim_take(s, p, now, &last);
			break;
		case JITTER_LOST:
			s->s_lost++;
			break;
		case JITTER_HOLD:
			s->s_hold++;
			break;
		case JITTER_IDLE:
			s->s_idle++;
			break;
		}
		tick += STEP + STEP / 1000000 * s->s_step_ppm;
	}
}

static void
test_in_order(void **state)
{
	struct sim		*s = sim_new(500, 0);
	struct jitter_stats	 js;
	size_t			 i;

	(void)state;
	sim_run(s, 1000);
	for (i = 0; i < 500; i++)
		assert_int_equal(s->s_played[i], 1);
	assert_false(s->s_disorder);
	assert_int_equal(s->s_lost, 0);
	assert_int_equal(s->s_dropped, 0);
	/* The delay: never above what was aimed at first, plus a step. */
	for (i = 0; i < 500; i++)
		assert_true(s->s_played_at[i] - (START + i * STEP) <=
		    100 * NS_PER_MS);
	jitter_stats(s->s_jitter, &js);
	assert_int_equal(js.js_received, 500);
	assert_int_equal(js.js_expected, 500);
	assert_int_equal(js.js_lost, 0);
	assert_int_equal(js.js_jitter_ms, 0);
	sim_free(s);
}

static void
test_loss(void **state)
{
	struct sim		*s = sim_new(1000, 7);
	struct jitter_stats	 js;
	size_t			 i, n = 0;

	(void)state;
	/* Single ones, and 15 in a row. */
	for (i = 50; i < 1000; i += 50, n++)
		s->s_arrival[i] = 0;
	for (i = 501; i < 516; i++, n++)
		s->s_arrival[i] = 0;
	sim_run(s, 1000);
	for (i = 0; i < 1000; i++)
		assert_int_equal(s->s_played[i],
		    !(i > 0 && i % 50 == 0) && !(i > 500 && i < 516));
	assert_false(s->s_disorder);
	jitter_stats(s->s_jitter, &js);
	assert_int_equal(js.js_lost, n);
	assert_int_equal(js.js_received, 1000 - n);
	/*
	 * The longest burst is longer than the buffer: frames held during it
	 * must stand for lost ones, so that the delay is what it was.
	 */
	assert_in_range(s->s_played_at[999] - (START + 999 * STEP), 0,
	    120 * NS_PER_MS);
	sim_free(s);
}

static void
test_reorder(void **state)
{
	struct sim	*s = sim_new(400, 65000);
	uint64_t	 t;
	size_t		 i;

	(void)state;
	/* Every pair exchanged; every 10th comes 50 ms late. */
	for (i = 0; i + 1 < 400; i += 2) {
		t = s->s_arrival[i];
		s->s_arrival[i] = s->s_arrival[i + 1];
		s->s_arrival[i + 1] = t;
	}
	for (i = 9; i < 400; i += 10)
		s->s_arrival[i] = START + i * STEP + 50 * NS_PER_MS;
	sim_run(s, 1000);
	for (i = 0; i < 400; i++)
		assert_int_equal(s->s_played[i], 1);
	assert_false(s->s_disorder);
	assert_int_equal(s->s_lost, 0);
	sim_free(s);
}

static void
test_duplicate(void **state)
{
	static const unsigned int after[] = { 1, 30, 700 };
	struct sim		*s = sim_new(300, 100);
	struct jitter_stats	 js;
	size_t			 i;

	(void)state;
	/* At once, while buffered, and long after they were played. */
	for (i = 0; i < 300; i++)
		s->s_again[i] = START + i * STEP + after[i % 3] * NS_PER_MS;
	sim_run(s, 1000);
	for (i = 0; i < 300; i++)
		assert_int_equal(s->s_played[i], 1);
	jitter_stats(s->s_jitter, &js);
	assert_int_equal(js.js_duplicate, 300);
	assert_int_equal(js.js_received, 300);
	assert_int_equal(js.js_late, 0);
	sim_free(s);
}

static void
test_wrap(void **state)
{
	struct sim		*s = sim_new(400, 65336);
	struct jitter_stats	 js;
	size_t			 i;

	(void)state;
	s->s_arrival[200] = 0;		/* number 0 */
	s->s_arrival[199] = START + 202 * STEP;	/* 65535 after 1 */
	sim_run(s, 1000);
	for (i = 0; i < 400; i++)
		assert_int_equal(s->s_played[i], i != 200);
	assert_false(s->s_disorder);
	jitter_stats(s->s_jitter, &js);
	assert_int_equal(js.js_expected, 400);
	assert_int_equal(js.js_lost, 1);
	sim_free(s);
}

static void
test_late(void **state)
{
	struct sim		*s = sim_new(300, 0);
	struct jitter_stats	 js;

	(void)state;
	s->s_arrival[100] = START + 100 * STEP + 300 * NS_PER_MS;
	sim_run(s, 1000);
	assert_int_equal(s->s_played[100], 0);
	assert_int_equal(s->s_played[101], 1);
	assert_int_equal(s->s_lost, 1);
	jitter_stats(s->s_jitter, &js);
	assert_int_equal(js.js_late, 1);
	assert_int_equal(js.js_lost, 0);	/* it did come */
	sim_free(s);
}

/* The network stops for 300 ms and then delivers everything. */
static void
test_burst(void **state)
{
	struct sim	*s = sim_new(2500, 0);
	size_t		 i;

	(void)state;
	for (i = 500; i < 515; i++)
		s->s_arrival[i] = START + 515 * STEP;
	sim_run(s, 1000);
	for (i = 0; i < 2500; i++)
		assert_int_equal(s->s_played[i], 1);
	assert_int_equal(s->s_lost, 0);
	assert_true(s->s_hold >= 10);
	/* Afterwards the delay is larger, and goes down again later. */
	assert_true(s->s_played_at[520] - (START + 520 * STEP) >=
	    280 * NS_PER_MS);
	assert_true(s->s_dropped > 5);
	assert_true(s->s_played_at[2499] - (START + 2499 * STEP) <=
	    160 * NS_PER_MS);
	sim_free(s);
}

/* Jitter of up to 100 ms: after it has been seen nothing is late. */
static void
test_adapts(void **state)
{
	struct sim		*s = sim_new(3000, 0);
	struct jitter_stats	 js;
	uint32_t		 r = 12345;
	size_t			 i, missed = 0;

	(void)state;
	for (i = 0; i < 3000; i++) {
		r = r * 1664525U + 1013904223U;
		s->s_arrival[i] += (r >> 8) % 100 * NS_PER_MS;
	}
	sim_run(s, 1000);
	for (i = 300; i < 3000; i++)
		if (s->s_played[i] != 1)
			missed++;
	assert_true(missed <= 2700 / 50);
	assert_false(s->s_disorder);
	jitter_stats(s->s_jitter, &js);
	assert_in_range(js.js_target_ms, 100, 140);
	assert_in_range(js.js_jitter_ms, 20, 60);
	sim_free(s);
	/* Without jitter it is not so. */
	s = sim_new(3000, 0);
	sim_run(s, 1000);
	jitter_stats(s->s_jitter, &js);
	assert_int_equal(js.js_target_ms, JITTER_TARGET_MIN_MS);
	sim_free(s);
}

/* Clocks that differ by 3000 ppm for a minute: 180 ms of difference. */
static void
test_drift(void **state)
{
	struct sim	*s;
	size_t		 i, played = 0;

	(void)state;
	/* We play more slowly than is sent: the delay must not pile up. */
	s = sim_new(3000, 0);
	s->s_step_ppm = 3000;
	sim_run(s, 1000);
	for (i = 0; i < 3000; i++)
		played += s->s_played[i];
	assert_int_equal(played, 3000);
	assert_true(s->s_dropped >= 3);
	assert_true(s->s_played_at[2999] - (START + 2999 * STEP) <=
	    180 * NS_PER_MS);
	sim_free(s);

	/* They send more slowly than we play. */
	s = sim_new(3000, 0);
	for (i = 0; i < 3000; i++)
		s->s_arrival[i] = START + i * (STEP + STEP / 1000000 * 3000);
	sim_run(s, 1000);
	for (i = played = 0; i < 2980; i++)
		played += s->s_played[i];
	assert_int_equal(played, 2980);
	assert_true(s->s_hold >= 3);
	assert_int_equal(s->s_lost, 0);
	sim_free(s);
}

/* Nothing for a second, numbers going on where they were or far beyond. */
static void
test_silence(void **state)
{
	struct sim	*s = sim_new(400, 0);
	size_t		 i;

	(void)state;
	for (i = 200; i < 250; i++)
		s->s_arrival[i] = 0;
	sim_run(s, 1000);
	for (i = 0; i < 400; i++)
		assert_int_equal(s->s_played[i], !(i >= 200 && i < 250));
	assert_true(s->s_idle > 20);
	assert_true(s->s_played_at[399] - (START + 399 * STEP) <=
	    120 * NS_PER_MS);
	sim_free(s);
}

/* Anything may come from the network: bounds hold, nothing is played twice. */
static void
test_hostile(void **state)
{
	const struct jitter_packet	*p;
	struct jitter			*j = jitter_new();
	struct media_packet		 mp;
	struct jitter_stats		 js;
	uint8_t				 payload[JITTER_PAYLOAD_MAX + 1];
	uint64_t			 now = START;
	uint32_t			 r = 1;
	size_t				 i, put = 0, got = 0;

	(void)state;
	assert_non_null(j);
	memset(payload, 0, sizeof(payload));
	for (i = 0; i < 20000; i++) {
		r = r * 1664525U + 1013904223U;
		memset(&mp, 0, sizeof(mp));
		mp.header.codec = (enum media_codec)(r >> 8) % CODEC_MAX;
		mp.header.seq = (uint16_t)(r >> 16);
		mp.payload = payload;
		mp.payload_len = (r >> 4) % (sizeof(payload) + 1);
		if (jitter_put(j, &mp, now))
			put++;
		now += (r >> 20) % 30 * NS_PER_MS;
		if (r % 3 == 0 && jitter_get(j, now, &p) == JITTER_FRAME) {
			assert_true(p->jp_len <= JITTER_PAYLOAD_MAX);
			got++;
		}
		(void)jitter_surplus(j, now);
	}
	assert_true(got <= put);
	mp.payload_len = sizeof(payload);
	assert_false(jitter_put(j, &mp, now));
	jitter_stats(j, &js);
	assert_true(js.js_target_ms <= JITTER_TARGET_MAX_MS);
	jitter_free(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_reorder),
		cmocka_unit_test(test_duplicate),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_adapts),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_hostile),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
