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

/* People: see crowd.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "common/base/text.h"
#include "federd/crowd.h"

static bool	copy_cut(char *, size_t, const char *);

struct person *
crowd_find(const struct crowd *cr, const char *fp)
{
	return (cr->cr_table == NULL ? NULL :
	    table_find(cr->cr_table, fp, strlen(fp)));
}

struct person *
crowd_put(struct crowd *cr, const char *fp, size_t max)
{
	struct person	*pe;

	if ((pe = crowd_find(cr, fp)) != NULL)
		return (pe);
	if (cr->cr_count >= max)
		return (NULL);
	if (cr->cr_table == NULL) {
		if ((cr->cr_table = table_new(SIZE_MAX)) == NULL)
			return (NULL);
		TAILQ_INIT(&cr->cr_list);
	}
	if ((pe = calloc(1, sizeof(*pe))) == NULL)
		return (NULL);
	strlcpy(pe->pe_fp, fp, sizeof(pe->pe_fp));
	if (table_insert(cr->cr_table, pe->pe_fp, strlen(pe->pe_fp),
	    pe) == -1) {
		free(pe);
		return (NULL);
	}
	TAILQ_INSERT_TAIL(&cr->cr_list, pe, pe_entry);
	cr->cr_count++;
	return (pe);
}

void
crowd_remove(struct crowd *cr, struct person *pe)
{
	(void)table_remove(cr->cr_table, pe->pe_fp, strlen(pe->pe_fp));
	TAILQ_REMOVE(&cr->cr_list, pe, pe_entry);
	cr->cr_count--;
	free(pe);
}

void
crowd_clear(struct crowd *cr)
{
	struct person	*pe;

	if (cr->cr_table == NULL)
		return;
	while ((pe = TAILQ_FIRST(&cr->cr_list)) != NULL)
		crowd_remove(cr, pe);
	table_free(cr->cr_table);
	cr->cr_table = NULL;
}

void
crowd_copy(struct crowd *cr, const struct person *pe, const char *label,
    size_t max)
{
	struct person	*new;
	size_t		 before = cr->cr_count;

	new = crowd_put(cr, pe->pe_fp, max);
	if (cr->cr_count > before)
		(void)person_name(new, pe->pe_alias, label);
}

void
crowd_move(struct crowd *to, struct crowd *from)
{
	crowd_clear(to);
	if (from->cr_table == NULL)
		return;
	TAILQ_INIT(&to->cr_list);
	TAILQ_CONCAT(&to->cr_list, &from->cr_list, pe_entry);
	to->cr_table = from->cr_table;
	to->cr_count = from->cr_count;
	from->cr_table = NULL;
	from->cr_count = 0;
}

bool
crowd_same(const struct crowd *a, const struct crowd *b)
{
	const struct person	*other, *pe;

	if (a->cr_count != b->cr_count)
		return (false);
	CROWD_FOREACH(pe, a) {
		other = crowd_find(b, pe->pe_fp);
		if (other == NULL || strcmp(other->pe_alias,
		    pe->pe_alias) != 0)
			return (false);
	}
	return (true);
}

/* true: to was something else. */
static bool
copy_cut(char *to, size_t size, const char *from)
{
	size_t	len;

	if (from == NULL)
		from = "";
	len = text_fit(from, size);
	if (strncmp(to, from, len) == 0 && to[len] == '\0')
		return (false);
	memcpy(to, from, len);
	to[len] = '\0';
	return (true);
}

bool
person_name(struct person *pe, const char *alias, const char *label)
{
	bool	changed;

	changed = copy_cut(pe->pe_alias, sizeof(pe->pe_alias), alias);
	if (copy_cut(pe->pe_label, sizeof(pe->pe_label), label))
		changed = true;
	return (changed);
}
