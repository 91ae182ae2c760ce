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

/* The rule of quarrels (see dispute.h). */

#include "config.h"

#include <string.h>

#include "relayd/dispute.h"

static bool	involves(const struct dispute *, const struct party *);
static size_t	count_quarrels(const struct disputes *, const struct party *);
static const struct party
		*find_common(const struct disputes *);

bool
party_equal(const struct party *a, const struct party *b)
{
	return (a->pa_role == b->pa_role && a->pa_instance == b->pa_instance &&
	    a->pa_generation == b->pa_generation);
}

static bool
involves(const struct dispute *di, const struct party *p)
{
	return (!di->di_over && (party_equal(&di->di_high, p) ||
	    party_equal(&di->di_low, p)));
}

bool
dispute_add(struct disputes *ds, const struct party *by,
    const struct party *of, const char *reason)
{
	struct dispute	*di;
	size_t		 i;

	for (i = 0; i < ds->ds_nopen; i++)
		if (involves(&ds->ds_open[i], by) &&
		    involves(&ds->ds_open[i], of))
			return (false);
	if (ds->ds_nopen == DISPUTES_MAX)
		return (false);
	di = &ds->ds_open[ds->ds_nopen++];
	memset(di, 0, sizeof(*di));
	/* No two of a role are neighbours, so rank alone decides. */
	di->di_by_high = by->pa_role < of->pa_role;
	di->di_high = di->di_by_high ? *by : *of;
	di->di_low = di->di_by_high ? *of : *by;
	(void)strlcpy(di->di_reason, reason, sizeof(di->di_reason));
	return (true);
}

void
dispute_forget(struct disputes *ds, const struct party *p)
{
	size_t	i, kept = 0;

	for (i = 0; i < ds->ds_nopen; i++)
		if (!involves(&ds->ds_open[i], p))
			ds->ds_open[kept++] = ds->ds_open[i];
	ds->ds_nopen = kept;
}

/* A pair is listed once, so each quarrel is with another neighbour. */
static size_t
count_quarrels(const struct disputes *ds, const struct party *p)
{
	size_t	i, n = 0;

	for (i = 0; i < ds->ds_nopen; i++)
		if (involves(&ds->ds_open[i], p))
			n++;
	return (n);
}

/*
 * The one with most quarrels, if it has several; of two with as many the
 * lower-ranking.
 */
static const struct party *
find_common(const struct disputes *ds)
{
	const struct party	*p, *found = NULL;
	size_t			 i, n, most = 1;

	for (i = 0; i < 2 * ds->ds_nopen; i++) {
		p = i % 2 == 1 ? &ds->ds_open[i / 2].di_low :
		    &ds->ds_open[i / 2].di_high;
		n = count_quarrels(ds, p);
		if (n > most || (found != NULL && n == most &&
		    p->pa_role > found->pa_role)) {
			most = n;
			found = p;
		}
	}
	return (found);
}

void
dispute_resolve(struct disputes *ds)
{
	const struct party	*found;
	struct dispute		*di;
	struct party		 common;
	size_t			 i;

	while ((found = find_common(ds)) != NULL) {
		common = *found;
		for (i = 0; i < ds->ds_nopen; i++) {
			di = &ds->ds_open[i];
			if (!involves(di, &common))
				continue;
			di->di_over = true;
			di->di_end_high = party_equal(&di->di_high, &common);
		}
	}
	/* The rest are pairs of their own: by rank. */
	for (i = 0; i < ds->ds_nopen; i++)
		ds->ds_open[i].di_over = true;
}
