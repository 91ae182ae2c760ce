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
 * Presence: a table of people and a queue of those of whom the other side
 * does not know what is so now.
 */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "signald/presence.h"

struct presence_person {
	TAILQ_ENTRY(presence_person)	pp_entry;
	char				pp_fp[FP_STRLEN];
	bool				pp_here;
	bool				pp_told;	/* that it is here */
	bool				pp_queued;
};

struct presence {
	struct table			*pr_people;
	TAILQ_HEAD(, presence_person)	 pr_queue;
	bool				 pr_up;
	bool				 pr_ended;	/* end was said */
	const struct presence_ops	*pr_ops;
	void				*pr_arg;
};

static void	 presence_settle(struct presence *, struct presence_person *);
static void	 presence_forget(struct presence *, struct presence_person *);

struct presence *
presence_new(size_t max, const struct presence_ops *ops, void *arg)
{
	struct presence	*pr;

	if ((pr = calloc(1, sizeof(*pr))) == NULL)
		return (NULL);
	TAILQ_INIT(&pr->pr_queue);
	pr->pr_ops = ops;
	pr->pr_arg = arg;
	if ((pr->pr_people = table_new(max)) == NULL) {
		free(pr);
		return (NULL);
	}
	return (pr);
}

void
presence_free(struct presence *pr)
{
	struct presence_person	*person;
	size_t			 iter = 0;

	if (pr == NULL)
		return;
	while ((person = table_next(pr->pr_people, &iter)) != NULL)
		free(person);
	table_free(pr->pr_people);
	free(pr);
}

static void
presence_forget(struct presence *pr, struct presence_person *person)
{
	if (person->pp_queued)
		TAILQ_REMOVE(&pr->pr_queue, person, pp_entry);
	(void)table_remove(pr->pr_people, person->pp_fp,
	    strlen(person->pp_fp));
	free(person);
}

/* In the queue if there is something to be said, in the table if needed. */
static void
presence_settle(struct presence *pr, struct presence_person *person)
{
	bool	queue = person->pp_here != person->pp_told;

	if (queue == person->pp_queued) {
		if (!queue && !person->pp_here)
			presence_forget(pr, person);
		return;
	}
	person->pp_queued = queue;
	if (queue) {
		TAILQ_INSERT_TAIL(&pr->pr_queue, person, pp_entry);
		return;
	}
	TAILQ_REMOVE(&pr->pr_queue, person, pp_entry);
	if (!person->pp_here)
		presence_forget(pr, person);
}

void
presence_set(struct presence *pr, const char *fp, bool here)
{
	struct presence_person	*person;

	person = table_find(pr->pr_people, fp, strlen(fp));
	if (person == NULL) {
		if (!here || strlen(fp) >= FP_STRLEN)
			return;
		if ((person = calloc(1, sizeof(*person))) == NULL ||
		    table_insert(pr->pr_people, fp, strlen(fp),
		    person) == -1) {
			free(person);
			log_warn("presence");
			return;
		}
		strlcpy(person->pp_fp, fp, sizeof(person->pp_fp));
	}
	person->pp_here = here;
	presence_settle(pr, person);
}

void
presence_up(struct presence *pr)
{
	presence_down(pr);
	pr->pr_up = true;
}

void
presence_down(struct presence *pr)
{
	struct presence_person	*person;
	size_t			 iter = 0;

	pr->pr_up = pr->pr_ended = false;
	while ((person = table_next(pr->pr_people, &iter)) != NULL) {
		person->pp_told = false;
		presence_settle(pr, person);
	}
}

bool
presence_turn(struct presence *pr)
{
	struct presence_person	*person;
	struct msg_fed_presence	 msg;

	if (!pr->pr_up)
		return (true);
	while ((person = TAILQ_FIRST(&pr->pr_queue)) != NULL) {
		memset(&msg, 0, sizeof(msg));
		strlcpy(msg.fingerprint, person->pp_fp,
		    sizeof(msg.fingerprint));
		msg.present = person->pp_here;
		if (pr->pr_ops->person(pr->pr_arg, &msg) == -1)
			return (false);
		person->pp_told = person->pp_here;
		presence_settle(pr, person);
	}
	if (!pr->pr_ended) {
		if (pr->pr_ops->end(pr->pr_arg) == -1)
			return (false);
		pr->pr_ended = true;
	}
	return (true);
}

size_t
presence_count(const struct presence *pr)
{
	return (table_count(pr->pr_people));
}
