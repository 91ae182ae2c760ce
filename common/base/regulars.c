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

/* A memory of fixed size for those who were here (regulars.h). */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/regulars.h"
#include "common/base/table.h"

#define WAYS		4
#define SETS		(REGULARS_MAX / WAYS)
#define VISIT_S		60
#define VISITS_MAX	1000

struct regular {
	uint32_t	rg_tag;
	uint32_t	rg_seen;	/* s, from 1; 0: free */
	uint32_t	rg_visits;
	uint32_t	rg_counted;	/* when the last visit was, s */
};

struct regulars {
	uint8_t		rs_key[16];
	struct regular	rs_place[SETS][WAYS];
};

static uint32_t	seconds(uint64_t);
static bool	gone(const struct regular *, uint32_t);

struct regulars *
regulars_new(void)
{
	struct regulars	*rs;

	if ((rs = calloc(1, sizeof(*rs))) != NULL)
		arc4random_buf(rs->rs_key, sizeof(rs->rs_key));
	return (rs);
}

void
regulars_free(struct regulars *rs)
{
	free(rs);
}

static uint32_t
seconds(uint64_t now)
{
	return ((uint32_t)(now / NS_PER_S) + 1);
}

static bool
gone(const struct regular *rg, uint32_t at)
{
	return (rg->rg_seen == 0 || at - rg->rg_seen > REGULARS_S);
}

bool
regulars_know(const struct regulars *rs, const void *key, size_t len,
    uint64_t now)
{
	const struct regular	*rg;
	uint64_t		 hash = siphash24(rs->rs_key, key, len);
	uint32_t		 at = seconds(now);
	size_t			 i;

	for (i = 0; i < WAYS; i++) {
		rg = &rs->rs_place[hash % SETS][i];
		if (!gone(rg, at) &&
		    rg->rg_tag == (uint32_t)(hash >> 32))
			return (true);
	}
	return (false);
}

void
regulars_visit(struct regulars *rs, const void *key, size_t len, uint64_t now)
{
	struct regular	*rg, *place = NULL;
	uint64_t	 hash = siphash24(rs->rs_key, key, len);
	uint32_t	 at = seconds(now), tag = (uint32_t)(hash >> 32);
	size_t		 i;

	for (i = 0; i < WAYS; i++) {
		rg = &rs->rs_place[hash % SETS][i];
		if (!gone(rg, at) && rg->rg_tag == tag) {
			if (at - rg->rg_counted >= VISIT_S) {
				rg->rg_counted = at;
				if (rg->rg_visits < VISITS_MAX)
					rg->rg_visits++;
			}
			rg->rg_seen = at;
			return;
		}
		if (place != NULL && gone(place, at))
			continue;
		if (place == NULL || gone(rg, at) ||
		    rg->rg_visits < place->rg_visits ||
		    (rg->rg_visits == place->rg_visits &&
		    rg->rg_seen < place->rg_seen))
			place = rg;
	}
	place->rg_tag = tag;
	place->rg_visits = 1;
	place->rg_counted = place->rg_seen = at;
}
