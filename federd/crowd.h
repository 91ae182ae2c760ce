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
 * People by fingerprint, in the order in which they came; each once.
 */
#ifndef WZP_FEDERD_CROWD_H
#define WZP_FEDERD_CROWD_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

struct person {
	TAILQ_ENTRY(person)	 pe_entry;
	char			 pe_fp[FP_STRLEN];
	char			 pe_alias[ALIAS_STRLEN];	/* "": none */
	char			 pe_label[PEER_NAME_LEN];	/* "": none */
	bool			 pe_mark;
	bool			 pe_own;	/* an original's, of itself */
	bool			 pe_ghost;	/* hearsay, not believed */
	/* People here: mediads, under both names of the room. */
	uint64_t		 pe_raw;
	uint64_t		 pe_hashed;
	uint64_t		 pe_stale;	/* mediads that are away */
	uint64_t		 pe_time;	/* left; its message */
};

/* Zero at the beginning. */
struct crowd {
	TAILQ_HEAD(, person)	 cr_list;
	struct table		*cr_table;	/* NULL: nobody ever */
	size_t			 cr_count;
};

#define CROWD_FOREACH(pe, cr)						\
	for ((pe) = (cr)->cr_table == NULL ? NULL :			\
	    TAILQ_FIRST(&(cr)->cr_list); (pe) != NULL;			\
	    (pe) = TAILQ_NEXT(pe, pe_entry))
/* The one in hand may be removed. */
#define CROWD_FOREACH_SAFE(pe, cr, next)				\
	for ((pe) = (cr)->cr_table == NULL ? NULL :			\
	    TAILQ_FIRST(&(cr)->cr_list); (pe) != NULL &&		\
	    ((next) = TAILQ_NEXT(pe, pe_entry), true); (pe) = (next))

struct person	*crowd_find(const struct crowd *, const char *fp);
/* The one there is, or a new one.  NULL: max are there, or no memory. */
struct person	*crowd_put(struct crowd *, const char *fp, size_t max);
/* As crowd_put(), with the alias and this label; who is there stays as is. */
void		 crowd_copy(struct crowd *, const struct person *,
		    const char *label, size_t max);
void		 crowd_remove(struct crowd *, struct person *);
void		 crowd_clear(struct crowd *);	/* as at the beginning */
/* Everybody there takes the place of those here. */
void		 crowd_move(struct crowd *to, struct crowd *from);
/* The same people under the same aliases; labels depend on the way. */
bool		 crowd_same(const struct crowd *, const struct crowd *);
/*
 * Longer ones are cut between characters; NULL is "".  true: they are others
 * than before.
 */
bool		 person_name(struct person *, const char *alias,
		    const char *label);

#endif /* WZP_FEDERD_CROWD_H */
