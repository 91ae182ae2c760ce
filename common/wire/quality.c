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
 * The quality controller of wzp-protocol 8.6: hysteresis over counted
 * reports, and a timed probe of the next tier.
 */

#include "config.h"

#include <stddef.h>
#include <string.h>

#include "common/wire/quality.h"

#define DOWN_REPORTS		3	/* worse ones in a row */
#define UP_REPORTS		5	/* better ones, below Good */
#define UP_REPORTS_STUDIO	10	/* better ones, Good and above */

#define PROBE_STABLE_MS		30000	/* at or above the tier before one */
#define PROBE_MS		5000	/* how long it takes */
#define PROBE_BLOCK_MS		60000	/* after one that failed */
#define PROBE_BAD_MAX		1	/* reports below the target */

/* A report is of the tier when it reaches one of these, worst tier first. */
struct threshold {
	enum quality_tier	tier;
	unsigned int		loss;	/* loss byte, 0-255 = 0-100 % */
	unsigned int		rtt;	/* units of 4 ms */
};

#define NEVER	256

static const struct threshold	thresholds[] = {
	{ TIER_CATASTROPHIC, 39, 50 },	/* 15 %, 200 ms */
	{ TIER_DEGRADED, 13, 25 },	/* 5 %, 100 ms */
	{ TIER_GOOD, 6, 20 },		/* 2 %, 80 ms */
	{ TIER_STUDIO_32K, 3, 13 },	/* 1 %, 50 ms */
	{ TIER_STUDIO_48K, NEVER, 8 },	/* 30 ms */
	{ TIER_STUDIO_64K, 0, 0 },
};

/* Long round trips are the rule there, and the studio tiers too dear. */
static const struct threshold	cellular_thresholds[] = {
	{ TIER_CATASTROPHIC, 64, 126 },	/* more than 25 %, 500 ms */
	{ TIER_DEGRADED, 21, 76 },	/* more than 8 %, 300 ms */
	{ TIER_GOOD, 0, 0 },
};

static const struct {
	const char			*name;
	const struct media_profile	*profile;
} tiers[] = {
	[TIER_CATASTROPHIC] =
	    { "Catastrophic", &media_profile_catastrophic },
	[TIER_DEGRADED] =	{ "Degraded", &media_profile_degraded },
	[TIER_GOOD] =		{ "Good", &media_profile_good },
	[TIER_STUDIO_32K] =	{ "Studio32k", &media_profile_studio_32k },
	[TIER_STUDIO_48K] =	{ "Studio48k", &media_profile_studio_48k },
	[TIER_STUDIO_64K] =	{ "Studio64k", &media_profile_studio_64k },
};

static enum quality_tier
		 lookup(const struct threshold *, const struct media_report *);
static void	 set_tier(struct quality *, enum quality_tier, uint64_t);
static bool	 hysteresis(struct quality *, enum quality_tier, uint64_t);
static bool	 probe(struct quality *, enum quality_tier, uint64_t);

static enum quality_tier
lookup(const struct threshold *t, const struct media_report *r)
{
	while (r->loss_pct < t->loss && r->rtt_4ms < t->rtt)
		t++;
	return (t->tier);
}

enum quality_tier
quality_classify(const struct media_report *r)
{
	return (lookup(thresholds, r));
}

enum quality_tier
quality_classify_cellular(const struct media_report *r)
{
	return (lookup(cellular_thresholds, r));
}

const struct media_profile *
quality_profile(enum quality_tier tier)
{
	return (tiers[tier].profile);
}

const char *
quality_tier_name(enum quality_tier tier)
{
	return (tiers[tier].name);
}

void
quality_init(struct quality *q, uint64_t now)
{
	memset(q, 0, sizeof(*q));
	set_tier(q, TIER_GOOD, now);
}

/* Everything learnt about a tier is void in another. */
static void
set_tier(struct quality *q, enum quality_tier tier, uint64_t now)
{
	q->q_tier = tier;
	q->q_worse = 0;
	q->q_better = 0;
	q->q_stable_since_ms = now;
	q->q_probing = false;
}

static bool
hysteresis(struct quality *q, enum quality_tier seen, uint64_t now)
{
	unsigned int	 need;

	if (seen < q->q_tier) {
		q->q_better = 0;
		if (++q->q_worse < DOWN_REPORTS)
			return (false);
		set_tier(q, seen, now);
		return (true);
	}
	q->q_worse = 0;
	if (seen == q->q_tier) {
		q->q_better = 0;
		return (false);
	}
	need = q->q_tier < TIER_GOOD ? UP_REPORTS : UP_REPORTS_STUDIO;
	if (++q->q_better < need)
		return (false);
	set_tier(q, q->q_tier + 1, now);
	return (true);
}

/*
 * A report equal to the tier resets the count of better ones, so a path that
 * is better most of the time would never rise by hysteresis alone.
 */
static bool
probe(struct quality *q, enum quality_tier seen, uint64_t now)
{
	if (seen < q->q_tier)
		q->q_stable_since_ms = now;
	if (q->q_probing) {
		if (seen > q->q_tier)
			q->q_probe_good++;
		else
			q->q_probe_bad++;
		if (q->q_probe_bad <= PROBE_BAD_MAX) {
			if (now - q->q_probe_since_ms < PROBE_MS)
				return (false);
			/* Time that passed in silence proves nothing. */
			if (q->q_probe_good > 0) {
				set_tier(q, q->q_tier + 1, now);
				return (true);
			}
		}
		q->q_probing = false;
		q->q_probe_blocked_until_ms = now + PROBE_BLOCK_MS;
	}
	if (q->q_tier < TIER_STUDIO_64K &&
	    now - q->q_stable_since_ms >= PROBE_STABLE_MS &&
	    now >= q->q_probe_blocked_until_ms) {
		q->q_probing = true;
		q->q_probe_since_ms = now;
		q->q_probe_good = 0;
		q->q_probe_bad = 0;
	}
	return (false);
}

bool
quality_report(struct quality *q, const struct media_report *r, uint64_t now)
{
	enum quality_tier	 seen;

	seen = quality_classify(r);
	return (hysteresis(q, seen, now) || probe(q, seen, now));
}
