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
 * The relay's quality controller (wzp-protocol 8.6): one per participant,
 * fed by its QualityReports, in virtual time.
 */
#ifndef WZP_WIRE_QUALITY_H
#define WZP_WIRE_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/media.h"

enum quality_tier {		/* worst first: weakest = minimum */
	TIER_CATASTROPHIC,
	TIER_DEGRADED,
	TIER_GOOD,
	TIER_STUDIO_32K,
	TIER_STUDIO_48K,
	TIER_STUDIO_64K
};

struct quality {
	enum quality_tier	q_tier;
	unsigned int		q_worse;	/* worse reports in a row */
	unsigned int		q_better;
	uint64_t		q_stable_since_ms; /* no worse report since */
	bool			q_probing;	/* of the next tier */
	uint64_t		q_probe_since_ms;
	unsigned int		q_probe_good;	/* reports that reach it */
	unsigned int		q_probe_bad;
	uint64_t		q_probe_blocked_until_ms;
};

void			 quality_init(struct quality *, uint64_t now_ms);
/* true: the tier changed.  now_ms: any monotonic clock. */
bool			 quality_report(struct quality *,
			    const struct media_report *, uint64_t now_ms);
enum quality_tier	 quality_classify(const struct media_report *);
/*
 * The same for a sender that knows it is on a mobile network; the wire does
 * not say, so a relay has no use for it.
 */
enum quality_tier	 quality_classify_cellular(const struct media_report *);
const struct media_profile
			*quality_profile(enum quality_tier);
/* "Studio64k", ..., "Catastrophic" */
const char		*quality_tier_name(enum quality_tier);

#endif /* WZP_WIRE_QUALITY_H */
