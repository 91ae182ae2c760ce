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

/* The cache of proven fingerprints, oldest entry out first. */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "signald/proven.h"

/*
 * Told to registryd last and told again when it is back: more than it takes
 * into one transaction, so what a crash can have swallowed is among them.
 */
#define PROVEN_AGAIN_MAX	4096

struct proven_entry {
	TAILQ_ENTRY(proven_entry)	pe_entry;
	char				pe_fp[FP_STRLEN];
	bool				pe_proven;
	bool				pe_unsent;
	bool				pe_told;	/* by us */
};

TAILQ_HEAD(proven_queue, proven_entry);

struct proven {
	struct table			*pv_table;
	struct proven_queue		 pv_known;
	struct proven_queue		 pv_unsent;
	size_t				 pv_max;
	proven_put_fn			*pv_put;
	void				*pv_arg;
};

static struct proven_entry
		*proven_find(const struct proven *, const char *);
static struct proven_entry
		*proven_enter(struct proven *, const char *, bool);
static void	 proven_send(struct proven *, struct proven_entry *);
static int	 proven_put(struct proven *, const char *);
static void	 proven_repeat(struct proven *);

struct proven *
proven_new(size_t max, proven_put_fn *put, void *arg)
{
	struct proven	*pv;

	if ((pv = calloc(1, sizeof(*pv))) == NULL)
		return (NULL);
	if ((pv->pv_table = table_new(max)) == NULL) {
		free(pv);
		return (NULL);
	}
	TAILQ_INIT(&pv->pv_known);
	TAILQ_INIT(&pv->pv_unsent);
	pv->pv_max = max;
	pv->pv_put = put;
	pv->pv_arg = arg;
	return (pv);
}

void
proven_free(struct proven *pv)
{
	struct proven_entry	*entry;

	if (pv == NULL)
		return;
	while ((entry = TAILQ_FIRST(&pv->pv_known)) != NULL) {
		TAILQ_REMOVE(&pv->pv_known, entry, pe_entry);
		free(entry);
	}
	while ((entry = TAILQ_FIRST(&pv->pv_unsent)) != NULL) {
		TAILQ_REMOVE(&pv->pv_unsent, entry, pe_entry);
		free(entry);
	}
	table_free(pv->pv_table);
	free(pv);
}

static struct proven_entry *
proven_find(const struct proven *pv, const char *fp)
{
	return (table_find(pv->pv_table, fp, strlen(fp)));
}

/* Unsent ones are never pushed out: only they know. */
static struct proven_entry *
proven_enter(struct proven *pv, const char *fp, bool proven)
{
	struct proven_entry	*entry;

	if ((entry = proven_find(pv, fp)) != NULL) {
		entry->pe_proven = entry->pe_proven || proven;
		return (entry);
	}
	if (table_count(pv->pv_table) >= pv->pv_max) {
		if ((entry = TAILQ_FIRST(&pv->pv_known)) == NULL)
			return (NULL);
		TAILQ_REMOVE(&pv->pv_known, entry, pe_entry);
		table_remove(pv->pv_table, entry->pe_fp,
		    strlen(entry->pe_fp));
		free(entry);
	}
	if ((entry = calloc(1, sizeof(*entry))) == NULL)
		return (NULL);
	strlcpy(entry->pe_fp, fp, sizeof(entry->pe_fp));
	entry->pe_proven = proven;
	if (table_insert(pv->pv_table, entry->pe_fp, strlen(entry->pe_fp),
	    entry) == -1) {
		free(entry);
		return (NULL);
	}
	TAILQ_INSERT_TAIL(&pv->pv_known, entry, pe_entry);
	return (entry);
}

enum proven_state
proven_get(const struct proven *pv, const char *fp)
{
	const struct proven_entry	*entry;

	if ((entry = proven_find(pv, fp)) == NULL)
		return (PROVEN_UNKNOWN);
	return (entry->pe_proven ? PROVEN_YES : PROVEN_NO);
}

void
proven_learn(struct proven *pv, const char *fp, bool proven)
{
	(void)proven_enter(pv, fp, proven);
}

static int
proven_put(struct proven *pv, const char *fp)
{
	struct msg_proven_put	put;

	memset(&put, 0, sizeof(put));
	strlcpy(put.fingerprint, fp, sizeof(put.fingerprint));
	return (pv->pv_put(pv->pv_arg, &put));
}

/* Who was told last is the last of those known. */
static void
proven_send(struct proven *pv, struct proven_entry *entry)
{
	if (proven_put(pv, entry->pe_fp) == 0) {
		TAILQ_REMOVE(entry->pe_unsent ? &pv->pv_unsent :
		    &pv->pv_known, entry, pe_entry);
		TAILQ_INSERT_TAIL(&pv->pv_known, entry, pe_entry);
		entry->pe_unsent = false;
		entry->pe_told = true;
	} else if (!entry->pe_unsent) {
		TAILQ_REMOVE(&pv->pv_known, entry, pe_entry);
		TAILQ_INSERT_TAIL(&pv->pv_unsent, entry, pe_entry);
		entry->pe_unsent = true;
	}
}

void
proven_record(struct proven *pv, const char *fp)
{
	struct proven_entry	*entry;

	if ((entry = proven_enter(pv, fp, true)) != NULL) {
		proven_send(pv, entry);
		return;
	}
	/* No room to remember it: at least try. */
	(void)proven_put(pv, fp);
}

/* registryd may have died before it wrote the last ones down. */
static void
proven_repeat(struct proven *pv)
{
	struct proven_entry	*entry;
	unsigned int		 n = 0;

	TAILQ_FOREACH_REVERSE(entry, &pv->pv_known, proven_queue, pe_entry) {
		if (!entry->pe_told)
			continue;
		if (n++ == PROVEN_AGAIN_MAX ||
		    proven_put(pv, entry->pe_fp) == -1)
			break;
	}
}

void
proven_up(struct proven *pv)
{
	proven_repeat(pv);
	proven_resume(pv);
}

void
proven_resume(struct proven *pv)
{
	struct proven_entry	*entry;

	while ((entry = TAILQ_FIRST(&pv->pv_unsent)) != NULL) {
		proven_send(pv, entry);
		if (entry->pe_unsent)
			break;
	}
}

size_t
proven_count(const struct proven *pv)
{
	return (table_count(pv->pv_table));
}
