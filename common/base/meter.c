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

/* Rates by key (meter.h). */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/meter.h"
#include "common/base/table.h"

struct metered {
	TAILQ_ENTRY(metered)	md_entry;
	struct rate		md_rate;
	size_t			md_len;
	uint8_t			md_key[METER_KEY];
};

TAILQ_HEAD(metered_list, metered);

struct meter {
	struct table		*me_table;
	struct metered_list	 me_list;	/* used longest ago first */
	size_t			 me_max;
	uint64_t		 me_number;
	uint64_t		 me_period;
	uint64_t		 me_highest;
};

static void	 meter_forget(struct meter *, struct metered *);
static uint64_t	 meter_level(const struct meter *, const struct metered *,
		    uint64_t);

struct meter *
meter_new(size_t max)
{
	struct meter	*me;

	if ((me = calloc(1, sizeof(*me))) == NULL)
		return (NULL);
	if ((me->me_table = table_new(max)) == NULL) {
		free(me);
		return (NULL);
	}
	TAILQ_INIT(&me->me_list);
	me->me_max = max;
	me->me_number = 1;
	me->me_period = NS_PER_S;
	return (me);
}

void
meter_free(struct meter *me)
{
	struct metered	*md;

	if (me == NULL)
		return;
	while ((md = TAILQ_FIRST(&me->me_list)) != NULL)
		meter_forget(me, md);
	table_free(me->me_table);
	free(me);
}

void
meter_set(struct meter *me, uint64_t number, uint64_t period)
{
	me->me_number = number;
	me->me_period = period;
}

static void
meter_forget(struct meter *me, struct metered *md)
{
	(void)table_remove(me->me_table, md->md_key, md->md_len);
	TAILQ_REMOVE(&me->me_list, md, md_entry);
	free(md);
}

static uint64_t
meter_level(const struct meter *me, const struct metered *md, uint64_t now)
{
	uint64_t	each = me->me_period / me->me_number;

	if (md->md_rate.ra_paid <= now)
		return (0);
	return ((md->md_rate.ra_paid - now + each - 1) / each);
}

bool
meter_take(struct meter *me, const void *key, size_t len, uint64_t now,
    uint64_t *until)
{
	struct metered	*md;
	uint64_t	 level;
	bool		 ok;

	*until = now;
	if (len > METER_KEY)
		len = METER_KEY;
	if ((md = table_find(me->me_table, key, len)) != NULL)
		TAILQ_REMOVE(&me->me_list, md, md_entry);
	else {
		meter_expire(me, now);
		if (table_count(me->me_table) >= me->me_max)
			meter_forget(me, TAILQ_FIRST(&me->me_list));
		if ((md = calloc(1, sizeof(*md))) == NULL)
			return (true);
		memcpy(md->md_key, key, len);
		md->md_len = len;
		if (table_insert(me->me_table, md->md_key, len, md) == -1) {
			free(md);
			return (true);
		}
	}
	TAILQ_INSERT_TAIL(&me->me_list, md, md_entry);
	ok = rate_take_of(&md->md_rate, now, me->me_number, me->me_period);
	*until = md->md_rate.ra_paid;
	if ((level = meter_level(me, md, now)) > me->me_highest)
		me->me_highest = level;
	return (ok);
}

bool
meter_has(const struct meter *me, const void *key, size_t len)
{
	return (table_find(me->me_table, key, len > METER_KEY ? METER_KEY :
	    len) != NULL);
}

/*
 * Nobody can have used up more than a period, so those behind the first one
 * that is still counted have to wait no longer than that.
 */
void
meter_expire(struct meter *me, uint64_t now)
{
	struct metered	*md;

	while ((md = TAILQ_FIRST(&me->me_list)) != NULL &&
	    md->md_rate.ra_paid <= now)
		meter_forget(me, md);
}

size_t
meter_count(const struct meter *me)
{
	return (table_count(me->me_table));
}

uint64_t
meter_used(const struct meter *me, uint64_t now)
{
	const struct metered	*md;
	uint64_t		 level, used = 0;

	TAILQ_FOREACH(md, &me->me_list, md_entry)
		if ((level = meter_level(me, md, now)) > used)
			used = level;
	return (used);
}

uint64_t
meter_highest(const struct meter *me)
{
	return (me->me_highest);
}
