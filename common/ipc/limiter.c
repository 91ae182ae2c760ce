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

/* The limits at work (limiter.h). */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/meter.h"
#include "common/base/regulars.h"
#include "common/base/table.h"
#include "common/ipc/limiter.h"

/* Lines about people who went over a limit: so many a second, and at once. */
#define LINES		1
#define LINES_BURST	10

/* How many of something a key has. */
struct held {
	char		he_key[LIMITER_KEY];
	uint64_t	he_count;
};

struct penalty {
	TAILQ_ENTRY(penalty)	pe_entry;
	enum limit_id		pe_limit;
	char			pe_key[LIMITER_KEY];
	uint64_t		pe_since;
	uint64_t		pe_until;
	uint64_t		pe_refused;
};

TAILQ_HEAD(penalty_list, penalty);

struct limiter {
	size_t			 lm_keys;
	uint64_t		 lm_value[LIMITS];
	uint64_t		 lm_each[LIMITS];	/* ns */
	struct meter		*lm_meter[LIMITS];	/* made when used */
	struct table		*lm_held[LIMITS];
	struct regulars		*lm_regulars;
	uint64_t		 lm_used[LIMITS];
	uint64_t		 lm_highest[LIMITS];
	uint64_t		 lm_refused[LIMITS];
	bool			 lm_seen[LIMITS];	/* has a row */
	struct penalty_list	 lm_penalties;	/* hit longest ago first */
	size_t			 lm_npenalties;
	struct rate		 lm_lines;
};

static uint64_t	 period(enum limit_id);
static void	 penalty_note(struct limiter *, enum limit_id, const char *,
		    uint64_t, uint64_t);
static void	 penalty_free(struct limiter *, struct penalty *);
static void	 penalties_expire(struct limiter *, uint64_t);
static uint64_t	 held_most(const struct limiter *, enum limit_id);

struct limiter *
limiter_new(size_t keys)
{
	struct msg_settings	 settings;
	struct limiter		*lm;

	if ((lm = calloc(1, sizeof(*lm))) == NULL)
		return (NULL);
	lm->lm_keys = keys;
	TAILQ_INIT(&lm->lm_penalties);
	if ((lm->lm_regulars = regulars_new()) == NULL) {
		free(lm);
		return (NULL);
	}
	memset(&settings, 0, sizeof(settings));
	limits_default(&settings);
	limiter_settings(lm, &settings);
	return (lm);
}

void
limiter_free(struct limiter *lm)
{
	struct penalty	*pe;
	struct held	*he;
	size_t		 i, iter;

	if (lm == NULL)
		return;
	for (i = 0; i < LIMITS; i++) {
		meter_free(lm->lm_meter[i]);
		if (lm->lm_held[i] == NULL)
			continue;
		iter = 0;
		while ((he = table_next(lm->lm_held[i], &iter)) != NULL)
			free(he);
		table_free(lm->lm_held[i]);
	}
	while ((pe = TAILQ_FIRST(&lm->lm_penalties)) != NULL)
		penalty_free(lm, pe);
	regulars_free(lm->lm_regulars);
	free(lm);
}

static uint64_t
period(enum limit_id id)
{
	return (limit_table[id].li_unit == LIMIT_MINUTE ? 60 * NS_PER_S :
	    NS_PER_S);
}

void
limiter_settings(struct limiter *lm, const struct msg_settings *settings)
{
	enum limit_id	id;

	for (id = 0; id < LIMITS; id++) {
		lm->lm_value[id] = limit_get(settings, &limit_table[id]);
		/* Settings of a test may be empty. */
		if (lm->lm_value[id] == 0)
			lm->lm_value[id] = limit_table[id].li_default;
		lm->lm_each[id] = period(id) / lm->lm_value[id];
		if (lm->lm_meter[id] != NULL)
			meter_set(lm->lm_meter[id], lm->lm_value[id],
			    period(id));
	}
}

uint64_t
limiter_value(const struct limiter *lm, enum limit_id id)
{
	return (lm->lm_value[id]);
}

/* Without memory there is no limit: the table of connections has its own. */
bool
limiter_take(struct limiter *lm, enum limit_id id, const char *key,
    uint64_t now)
{
	struct meter	*me = lm->lm_meter[id];
	uint64_t	 until;

	lm->lm_seen[id] = true;
	if (me == NULL) {
		if ((me = meter_new(lm->lm_keys)) == NULL)
			return (true);
		meter_set(me, lm->lm_value[id], period(id));
		lm->lm_meter[id] = me;
	}
	if (meter_take(me, key, strlen(key), now, &until))
		return (true);
	penalty_note(lm, id, key, now, until);
	return (false);
}

bool
limiter_take_own(struct limiter *lm, enum limit_id id, struct rate *ra,
    const char *key, uint64_t now)
{
	return (limiter_take_burst(lm, id, ra, lm->lm_value[id], key, now));
}

bool
limiter_take_burst(struct limiter *lm, enum limit_id id, struct rate *ra,
    uint64_t burst, const char *key, uint64_t now)
{
	lm->lm_seen[id] = true;
	if (rate_spend(ra, now, lm->lm_each[id], burst))
		return (true);
	penalty_note(lm, id, key, now, ra->ra_paid);
	return (false);
}

bool
limiter_has(const struct limiter *lm, enum limit_id id, const char *key)
{
	return (lm->lm_meter[id] != NULL &&
	    meter_has(lm->lm_meter[id], key, strlen(key)));
}

bool
limiter_hold(struct limiter *lm, enum limit_id id, const char *key,
    bool force, uint64_t now)
{
	struct table	*held = lm->lm_held[id];
	struct held	*he;

	lm->lm_seen[id] = true;
	if (held == NULL) {
		/* The holders are connections, which have their limit. */
		if ((held = table_new(limit_table[LIMIT_CONNECTIONS].li_max)) ==
		    NULL)
			return (false);
		lm->lm_held[id] = held;
	}
	if ((he = table_find(held, key, strlen(key))) == NULL) {
		if ((he = calloc(1, sizeof(*he))) == NULL)
			return (false);
		strlcpy(he->he_key, key, sizeof(he->he_key));
		if (table_insert(held, key, strlen(key), he) == -1) {
			free(he);
			return (false);
		}
	} else if (he->he_count >= lm->lm_value[id] && !force) {
		limiter_refused(lm, id, key, now);
		return (false);
	}
	if (++he->he_count > lm->lm_highest[id])
		lm->lm_highest[id] = he->he_count;
	return (true);
}

void
limiter_drop(struct limiter *lm, enum limit_id id, const char *key)
{
	struct held	*he;

	if (lm->lm_held[id] == NULL || (he = table_find(lm->lm_held[id], key,
	    strlen(key))) == NULL || --he->he_count > 0)
		return;
	(void)table_remove(lm->lm_held[id], key, strlen(key));
	free(he);
}

static uint64_t
held_most(const struct limiter *lm, enum limit_id id)
{
	const struct held	*he;
	uint64_t		 most = 0;
	size_t			 iter = 0;

	while ((he = table_next(lm->lm_held[id], &iter)) != NULL)
		if (he->he_count > most)
			most = he->he_count;
	return (most);
}

void
limiter_used(struct limiter *lm, enum limit_id id, uint64_t used)
{
	limiter_reached(lm, id, used);
	lm->lm_used[id] = used;
}

void
limiter_reached(struct limiter *lm, enum limit_id id, uint64_t used)
{
	lm->lm_seen[id] = true;
	if (used > lm->lm_highest[id])
		lm->lm_highest[id] = used;
}

void
limiter_refused(struct limiter *lm, enum limit_id id, const char *key,
    uint64_t now)
{
	lm->lm_seen[id] = true;
	if (key == NULL)
		lm->lm_refused[id]++;
	else
		penalty_note(lm, id, key, now,
		    now + LIMITER_SHOWN_S * NS_PER_S);
}

void
limiter_refused_all(struct limiter *lm, enum limit_id id, uint64_t refused)
{
	lm->lm_refused[id] = refused;
}

bool
limiter_knows(const struct limiter *lm, const char *key, uint64_t now)
{
	return (regulars_know(lm->lm_regulars, key, strlen(key), now));
}

void
limiter_visit(struct limiter *lm, const char *key, uint64_t now)
{
	regulars_visit(lm->lm_regulars, key, strlen(key), now);
}

/* Over a limit: a line at the beginning, the rest is for `show limits'. */
static void
penalty_note(struct limiter *lm, enum limit_id id, const char *key,
    uint64_t now, uint64_t until)
{
	struct penalty	*pe;

	lm->lm_refused[id]++;
	TAILQ_FOREACH_REVERSE(pe, &lm->lm_penalties, penalty_list, pe_entry) {
		if (pe->pe_limit == id && strncmp(pe->pe_key, key,
		    sizeof(pe->pe_key) - 1) == 0)
			break;
	}
	if (pe != NULL) {
		TAILQ_REMOVE(&lm->lm_penalties, pe, pe_entry);
		if (pe->pe_until <= now) {
			pe->pe_since = now;
			pe->pe_refused = 0;
		}
	} else {
		if (lm->lm_npenalties >= LIMITER_PENALTIES)
			penalty_free(lm, TAILQ_FIRST(&lm->lm_penalties));
		if ((pe = calloc(1, sizeof(*pe))) == NULL)
			return;
		pe->pe_limit = id;
		strlcpy(pe->pe_key, key, sizeof(pe->pe_key));
		pe->pe_since = now;
		lm->lm_npenalties++;
	}
	TAILQ_INSERT_TAIL(&lm->lm_penalties, pe, pe_entry);
	pe->pe_until = until;
	if (pe->pe_refused++ == 0 &&
	    rate_take(&lm->lm_lines, now, LINES, LINES_BURST))
		log_info("limit %s: %s is over %llu%s%s",
		    limit_table[id].li_name, pe->pe_key,
		    (unsigned long long)lm->lm_value[id],
		    limit_table[id].li_unit == LIMIT_COUNT ? "" : " ",
		    limit_table[id].li_unit == LIMIT_COUNT ? "" :
		    limit_unit_name(limit_table[id].li_unit));
}

static void
penalty_free(struct limiter *lm, struct penalty *pe)
{
	TAILQ_REMOVE(&lm->lm_penalties, pe, pe_entry);
	lm->lm_npenalties--;
	free(pe);
}

static void
penalties_expire(struct limiter *lm, uint64_t now)
{
	struct penalty	*pe, *next;

	for (pe = TAILQ_FIRST(&lm->lm_penalties); pe != NULL; pe = next) {
		next = TAILQ_NEXT(pe, pe_entry);
		if (pe->pe_until <= now)
			penalty_free(lm, pe);
	}
}

void
limiter_expire(struct limiter *lm, uint64_t now)
{
	size_t	i;

	for (i = 0; i < LIMITS; i++)
		if (lm->lm_meter[i] != NULL)
			meter_expire(lm->lm_meter[i], now);
	penalties_expire(lm, now);
}

size_t
limiter_keys(const struct limiter *lm)
{
	size_t	i, n = 0;

	for (i = 0; i < LIMITS; i++) {
		if (lm->lm_meter[i] != NULL)
			n += meter_count(lm->lm_meter[i]);
		if (lm->lm_held[i] != NULL)
			n += table_count(lm->lm_held[i]);
	}
	return (n);
}

size_t
limiter_penalties(const struct limiter *lm)
{
	return (lm->lm_npenalties);
}

uint64_t
limiter_refusals(const struct limiter *lm, enum limit_id id)
{
	return (lm->lm_refused[id]);
}

void
limiter_rows(struct limiter *lm, uint64_t now, limiter_row *fn, void *arg)
{
	static struct row	 row;
	const struct penalty	*pe;
	enum limit_id		 id;
	uint64_t		 used, highest;

	limiter_expire(lm, now);
	for (id = 0; id < LIMITS; id++) {
		if (!lm->lm_seen[id])
			continue;
		used = lm->lm_used[id];
		highest = lm->lm_highest[id];
		if (lm->lm_meter[id] != NULL) {
			used = meter_used(lm->lm_meter[id], now);
			highest = meter_highest(lm->lm_meter[id]);
		} else if (lm->lm_held[id] != NULL)
			used = held_most(lm, id);
		row_init(&row);
		row_str(&row, "limit", limit_table[id].li_name);
		row_u64(&row, "used", used);
		row_u64(&row, "highest", highest);
		row_u64(&row, "refused", lm->lm_refused[id]);
		fn(arg, &row);
	}
	TAILQ_FOREACH(pe, &lm->lm_penalties, pe_entry) {
		row_init(&row);
		row_str(&row, "who", pe->pe_key);
		row_str(&row, "limit", limit_table[pe->pe_limit].li_name);
		row_u64(&row, "over_s", (now - pe->pe_since) / NS_PER_S);
		row_u64(&row, "refused", pe->pe_refused);
		row_u64(&row, "ends_s", (pe->pe_until - now + NS_PER_S - 1) /
		    NS_PER_S);
		fn(arg, &row);
	}
}
