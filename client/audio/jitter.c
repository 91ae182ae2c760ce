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
 * The jitter buffer of one stream.
 *
 * Positions: each packet has a place in the sender's time, j_pos plus the
 * lengths of the frames since.  Its transit is arrival less place.  The
 * smallest transit of the last packets is the base, what 97 % of them needed
 * beyond it the spread, and the wanted delay over the base (the target)
 * follows the spread.  The timestamp field is not used: senders disagree on
 * its unit (wzp-protocol 8.3).
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/audio/jitter.h"
#include "common/base/clock.h"

#define TRANSITS	256	/* packets that the estimate looks back on */
#define TRANSITS_MIN	8	/* fewer say nothing */
#define ESTIMATE_EVERY	16
#define TARGET_FIRST_MS	80
#define TARGET_STEP_MS	20
#define MARGIN_MS	10
#define HISTORY		1024	/* packets back that a duplicate is known */
#define FRAME_MS	20
/*
 * Beyond this excess over the target a frame is left out.  More than a frame
 * of 40 ms, or the buffer would swing between leaving out and holding.
 */
#define SURPLUS_MS	60

struct jitter {
	struct jitter_packet	 j_slots[JITTER_SLOTS];
	bool			 j_full[JITTER_SLOTS];
	size_t			 j_count;	/* full slots */
	uint8_t			 j_seen[HISTORY / 8];

	bool			 j_started;	/* a packet ever came */
	bool			 j_playing;
	bool			 j_noise;	/* comfort noise was last */
	int64_t			 j_first;	/* extended sequence numbers */
	int64_t			 j_next;
	int64_t			 j_highest;
	uint64_t		 j_play_at;	/* when not playing */
	unsigned int		 j_frame_ms;	/* of the last one played */
	unsigned int		 j_arrive_ms;	/* of the highest that came */
	unsigned int		 j_held;	/* frames held in a row */

	int64_t			 j_pos_us;	/* place of j_highest */
	int64_t			 j_transit[TRANSITS];
	size_t			 j_ntransit;
	size_t			 j_transit_at;
	unsigned int		 j_since_estimate;
	int64_t			 j_base_us;
	bool			 j_have_base;
	unsigned int		 j_target_ms;
	uint64_t		 j_surplus_since;	/* 0: none */
	double			 j_jitter_ms;
	int64_t			 j_last_transit;
	bool			 j_have_last;
	int64_t			 j_delay_us;
	int64_t			 j_played_us;	/* delay of the last played */
	bool			 j_have_delay;

	uint64_t		 j_received;
	uint64_t		 j_duplicate;
	uint64_t		 j_late;
};

static void	 jitter_restart(struct jitter *, int64_t);
static void	 jitter_forget(struct jitter *);
static void	 jitter_skip(struct jitter *, int64_t);
static void	 jitter_measure(struct jitter *, int64_t, unsigned int,
		    uint64_t);
static void	 jitter_estimate(struct jitter *);
static void	 jitter_watch(struct jitter *, uint64_t);
static bool	 seen_test(const struct jitter *, int64_t);
static void	 seen_set(struct jitter *, int64_t, bool);
static int	 compare_transit(const void *, const void *);

struct jitter *
jitter_new(void)
{
	struct jitter	*j;

	if ((j = calloc(1, sizeof(*j))) == NULL)
		return (NULL);
	j->j_target_ms = TARGET_FIRST_MS;
	j->j_frame_ms = FRAME_MS;
	return (j);
}

void
jitter_free(struct jitter *j)
{
	free(j);
}

unsigned int
jitter_distance(const struct jitter *j, uint16_t seq)
{
	int	d;

	if (!j->j_started)
		return (0);
	d = (int16_t)(uint16_t)(seq - (uint16_t)j->j_highest);
	return ((unsigned int)(d < 0 ? -d : d));
}

bool
jitter_put(struct jitter *j, const struct media_packet *p, uint64_t now)
{
	const struct media_codec_info	*info;
	struct jitter_packet		*slot;
	int64_t				 ext, behind;
	size_t				 i;

	if ((info = media_codec_info(p->header.codec)) == NULL ||
	    p->payload_len > JITTER_PAYLOAD_MAX)
		return (false);
	if (!j->j_started) {
		j->j_started = true;
		/* Far from 0, so that early reordered ones stay positive. */
		ext = INT64_C(0x10000) + p->header.seq;
		j->j_first = j->j_highest = ext;
		jitter_restart(j, ext);
		j->j_highest = ext - 1;	/* counted as new below */
	}
	ext = j->j_highest +
	    (int16_t)(uint16_t)(p->header.seq - (uint16_t)j->j_highest);

	if (ext > j->j_highest) {
		jitter_measure(j, ext, info->frame_ms, now);
		if (ext - j->j_highest >= HISTORY)
			memset(j->j_seen, 0, sizeof(j->j_seen));
		else
			while (j->j_highest < ext - 1)
				seen_set(j, ++j->j_highest, false);
		j->j_highest = ext;
		j->j_arrive_ms = info->frame_ms;
	} else if (j->j_highest - ext >= HISTORY || seen_test(j, ext)) {
		j->j_duplicate++;
		return (false);
	} else
		jitter_measure(j, ext, info->frame_ms, now);
	seen_set(j, ext, true);
	j->j_received++;
	if (ext < j->j_first)
		j->j_first = ext;

	if (j->j_count == 0 && !j->j_playing) {
		/* Begin again here; what lies between never came. */
		if (ext >= j->j_next || !j->j_have_delay)
			jitter_restart(j, ext);
		j->j_play_at = now + j->j_target_ms * NS_PER_MS;
	}
	if (!j->j_playing && ext < j->j_next &&
	    j->j_highest - ext < JITTER_SLOTS && !j->j_have_delay)
		j->j_next = ext;	/* reordered at the very beginning */
	if (ext < j->j_next) {
		j->j_late++;
		return (false);
	}
	/* Frames held while nothing came stand for those that are missing. */
	if (j->j_held > 0 && j->j_count == 0) {
		behind = ext - j->j_next;
		j->j_next += behind < j->j_held ? behind : j->j_held;
	}
	if (ext - j->j_next >= JITTER_SLOTS)
		jitter_skip(j, ext - JITTER_SLOTS + 1);

	i = (size_t)(ext % JITTER_SLOTS);
	slot = &j->j_slots[i];
	slot->jp_codec = p->header.codec;
	slot->jp_seq = p->header.seq;
	slot->jp_len = p->payload_len;
	if (p->payload_len > 0)
		memcpy(slot->jp_payload, p->payload, p->payload_len);
	j->j_full[i] = true;
	j->j_count++;
	return (true);
}

enum jitter_verdict
jitter_get(struct jitter *j, uint64_t now, const struct jitter_packet **packet)
{
	const struct media_codec_info	*info;
	size_t				 i;

	*packet = NULL;
	if (!j->j_playing) {
		if (j->j_count == 0 || now < j->j_play_at)
			return (JITTER_IDLE);
		j->j_playing = true;
		j->j_held = 0;
	}
	jitter_watch(j, now);

	i = (size_t)(j->j_next % JITTER_SLOTS);
	if (j->j_full[i]) {
		j->j_full[i] = false;
		j->j_count--;
		j->j_next++;
		j->j_held = 0;
		j->j_played_us = j->j_delay_us;
		*packet = &j->j_slots[i];
		j->j_noise = j->j_slots[i].jp_codec == CODEC_COMFORT_NOISE;
		if ((info = media_codec_info(j->j_slots[i].jp_codec)) != NULL)
			j->j_frame_ms = info->frame_ms;
		return (JITTER_FRAME);
	}
	if (j->j_count > 0) {
		if (jitter_deficit(j, now)) {
			if (j->j_held < UINT16_MAX)
				j->j_held++;
			return (JITTER_HOLD);
		}
		j->j_next++;
		return (JITTER_LOST);
	}
	/*
	 * Behind comfort noise silence is on purpose: time passes without
	 * sequence numbers (wzp-protocol 8.7).
	 */
	if (j->j_noise) {
		j->j_playing = false;
		jitter_forget(j);
		return (JITTER_IDLE);
	}
	j->j_held++;
	if (j->j_held * j->j_frame_ms >= JITTER_IDLE_MS) {
		j->j_playing = false;
		jitter_forget(j);
	}
	return (JITTER_HOLD);
}

unsigned int
jitter_frame_ms(const struct jitter *j)
{
	return (j->j_frame_ms);
}

bool
jitter_surplus(const struct jitter *j, uint64_t now)
{
	int64_t		excess_ms;
	uint64_t	patience_ms;

	if (j->j_surplus_since == 0 || j->j_count < 2)
		return (false);
	excess_ms = j->j_delay_us / 1000 - (int64_t)j->j_target_ms;
	/* The farther off, the faster; 20 ms every 2 s is not heard. */
	if (excess_ms > 200)
		patience_ms = 100;
	else if (excess_ms > 100)
		patience_ms = 500;
	else
		patience_ms = 2000;
	return (now - j->j_surplus_since >= patience_ms * NS_PER_MS);
}

void
jitter_dropped(struct jitter *j, uint64_t now)
{
	j->j_surplus_since = now;
}

bool
jitter_deficit(const struct jitter *j, uint64_t now)
{
	(void)now;
	return (j->j_playing && j->j_have_base && j->j_have_delay &&
	    j->j_delay_us <
	    ((int64_t)j->j_target_ms - TARGET_STEP_MS / 2) * 1000);
}

void
jitter_stats(const struct jitter *j, struct jitter_stats *s)
{
	memset(s, 0, sizeof(*s));
	s->js_received = j->j_received;
	s->js_duplicate = j->j_duplicate;
	s->js_late = j->j_late;
	if (j->j_started)
		s->js_expected = (uint64_t)(j->j_highest - j->j_first + 1);
	if (s->js_expected > s->js_received)
		s->js_lost = s->js_expected - s->js_received;
	s->js_jitter_ms = (unsigned int)(j->j_jitter_ms + 0.5);
	s->js_target_ms = j->j_target_ms;
	if (j->j_played_us > 0)
		s->js_delay_ms = (unsigned int)(j->j_played_us / 1000);
}

/* Makes ext the next to be played; the buffer is empty. */
static void
jitter_restart(struct jitter *j, int64_t ext)
{
	j->j_next = ext;
	j->j_held = 0;
	j->j_noise = false;
}

/* Arrivals before a pause say nothing about those behind it. */
static void
jitter_forget(struct jitter *j)
{
	j->j_ntransit = 0;
	j->j_transit_at = 0;
	j->j_have_base = false;
	j->j_have_last = false;
	j->j_surplus_since = 0;
	j->j_delay_us = 0;
	j->j_played_us = 0;
}

/* Gives up everything before ext. */
static void
jitter_skip(struct jitter *j, int64_t ext)
{
	size_t	i;

	if (ext - j->j_next >= JITTER_SLOTS) {
		memset(j->j_full, 0, sizeof(j->j_full));
		j->j_count = 0;
		j->j_next = ext;
		return;
	}
	while (j->j_next < ext) {
		i = (size_t)(j->j_next++ % JITTER_SLOTS);
		if (j->j_full[i]) {
			j->j_full[i] = false;
			j->j_count--;
		}
	}
}

static void
jitter_measure(struct jitter *j, int64_t ext, unsigned int frame_ms,
    uint64_t now)
{
	int64_t	pos, transit, d;

	pos = j->j_pos_us + (ext - j->j_highest) * (int64_t)frame_ms * 1000;
	if (ext > j->j_highest)
		j->j_pos_us = pos;
	transit = (int64_t)(now / 1000) - pos;

	/* RFC 3550 6.4.1: mean deviation, gain 1/16. */
	if (j->j_have_last) {
		d = transit - j->j_last_transit;
		if (d < 0)
			d = -d;
		j->j_jitter_ms += ((double)d / 1000.0 - j->j_jitter_ms) / 16.0;
	}
	j->j_last_transit = transit;
	j->j_have_last = true;

	j->j_transit[j->j_transit_at] = transit;
	j->j_transit_at = (j->j_transit_at + 1) % TRANSITS;
	if (j->j_ntransit < TRANSITS)
		j->j_ntransit++;
	if (!j->j_have_base || transit < j->j_base_us) {
		j->j_base_us = transit;
		j->j_have_base = true;
	}
	if (++j->j_since_estimate >= ESTIMATE_EVERY)
		jitter_estimate(j);
}

static void
jitter_estimate(struct jitter *j)
{
	int64_t		sorted[TRANSITS], want;
	unsigned int	target;

	j->j_since_estimate = 0;
	if (j->j_ntransit < TRANSITS_MIN)
		return;
	memcpy(sorted, j->j_transit, j->j_ntransit * sizeof(sorted[0]));
	qsort(sorted, j->j_ntransit, sizeof(sorted[0]), compare_transit);
	j->j_base_us = sorted[0];
	want = (sorted[(j->j_ntransit - 1) * 97 / 100] - sorted[0]) / 1000 +
	    MARGIN_MS;
	if (want > JITTER_TARGET_MAX_MS)
		want = JITTER_TARGET_MAX_MS;
	target = ((unsigned int)want + TARGET_STEP_MS - 1) / TARGET_STEP_MS *
	    TARGET_STEP_MS;
	if (target < JITTER_TARGET_MIN_MS)
		target = JITTER_TARGET_MIN_MS;
	/* Up at once, down a step an estimate. */
	if (target >= j->j_target_ms)
		j->j_target_ms = target;
	else if (j->j_ntransit == TRANSITS)
		j->j_target_ms -= TARGET_STEP_MS;
}

/* What the delay is now, and since when it is too long. */
static void
jitter_watch(struct jitter *j, uint64_t now)
{
	int64_t	place;

	if (!j->j_have_base)
		return;
	place = j->j_pos_us -
	    (j->j_highest - j->j_next) * (int64_t)j->j_arrive_ms * 1000;
	j->j_delay_us = (int64_t)(now / 1000) - place - j->j_base_us;
	j->j_have_delay = true;
	if (j->j_delay_us <=
	    (int64_t)(j->j_target_ms + SURPLUS_MS) * 1000)
		j->j_surplus_since = 0;
	else if (j->j_surplus_since == 0)
		j->j_surplus_since = now;
}

static bool
seen_test(const struct jitter *j, int64_t ext)
{
	size_t	bit = (size_t)(ext % HISTORY);

	return ((j->j_seen[bit / 8] & (1U << (bit % 8))) != 0);
}

static void
seen_set(struct jitter *j, int64_t ext, bool on)
{
	size_t	bit = (size_t)(ext % HISTORY);

	if (on)
		j->j_seen[bit / 8] |= (uint8_t)(1U << (bit % 8));
	else
		j->j_seen[bit / 8] &= (uint8_t)~(1U << (bit % 8));
}

static int
compare_transit(const void *a, const void *b)
{
	int64_t	x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y ? -1 : x > y);
}
