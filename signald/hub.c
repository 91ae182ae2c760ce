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
 * The hub: a keyed hash table from fingerprints to persons, each with a short
 * list of registrations, newest first.
 */
#include "config.h"

#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "signald/hub.h"

TAILQ_HEAD(reg_list, reg);

struct hub_person {
	char		hp_fp[FP_STRLEN];
	struct reg_list	hp_regs;
	size_t		hp_count;
};

/* People, whatever is configured. */
#define HUB_HARD_MAX	(1u << 20)

struct hub {
	struct table		*hub_people;
	size_t			 hub_max_people;
	size_t			 hub_max_regs;
	size_t			 hub_highest;	/* hp_count ever */
	const struct hub_ops	*hub_ops;
	void			*hub_arg;
	hub_watch_fn		*hub_watcher;	/* NULL: nobody */
	void			*hub_watcher_arg;
};

static struct hub_person
	*hub_person(const struct hub *, const char *);
static void	 hub_unlink(struct hub *, struct reg *);
static void	 hub_replace(struct hub *, struct reg *);
static bool	 hub_may_share(const struct hub_person *, const struct reg *);

struct hub *
hub_new(size_t max_people, size_t max_regs, const struct hub_ops *ops,
    void *arg)
{
	struct hub	*hub;

	if ((hub = calloc(1, sizeof(*hub))) == NULL)
		return (NULL);
	if ((hub->hub_people = table_new(HUB_HARD_MAX)) == NULL) {
		free(hub);
		return (NULL);
	}
	hub_set_limits(hub, max_people, max_regs);
	hub->hub_ops = ops;
	hub->hub_arg = arg;
	return (hub);
}

void
hub_watch(struct hub *hub, hub_watch_fn *fn, void *arg)
{
	hub->hub_watcher = fn;
	hub->hub_watcher_arg = arg;
}

void
hub_set_limits(struct hub *hub, size_t max_people, size_t max_regs)
{
	hub->hub_max_people = max_people;
	hub->hub_max_regs = max_regs == 0 ? 1 : max_regs;
}

void
hub_free(struct hub *hub)
{
	struct hub_person	*person;
	struct reg		*reg;
	size_t			 iter = 0;

	if (hub == NULL)
		return;
	while ((person = table_next(hub->hub_people, &iter)) != NULL) {
		TAILQ_FOREACH(reg, &person->hp_regs, reg_entry)
			reg->reg_person = NULL;
		free(person);
	}
	table_free(hub->hub_people);
	free(hub);
}

static struct hub_person *
hub_person(const struct hub *hub, const char *fp)
{
	return (table_find(hub->hub_people, fp, strlen(fp)));
}

/* An empty person leaves the table at once, so that counts go back to 0. */
static void
hub_unlink(struct hub *hub, struct reg *reg)
{
	struct hub_person	*person = reg->reg_person;

	TAILQ_REMOVE(&person->hp_regs, reg, reg_entry);
	reg->reg_person = NULL;
	if (--person->hp_count == 0) {
		table_remove(hub->hub_people, person->hp_fp,
		    strlen(person->hp_fp));
		if (hub->hub_watcher != NULL)
			hub->hub_watcher(hub->hub_watcher_arg, person->hp_fp,
			    false);
		free(person);
	}
}

static void
hub_replace(struct hub *hub, struct reg *reg)
{
	hub_unlink(hub, reg);
	hub->hub_ops->replaced(hub->hub_arg, reg);
}

static bool
hub_may_share(const struct hub_person *person, const struct reg *reg)
{
	const struct reg	*other;

	if (!reg->reg_devices)
		return (false);
	TAILQ_FOREACH(other, &person->hp_regs, reg_entry) {
		/* Devices of one person all hold the key. */
		if (!other->reg_devices || other->reg_proven != reg->reg_proven)
			return (false);
	}
	return (true);
}

int
hub_register(struct hub *hub, struct reg *reg)
{
	struct hub_person	*person;
	struct reg		*other;

	person = hub_person(hub, reg->reg_fp);
	if (person == NULL) {
		if (table_count(hub->hub_people) >= hub->hub_max_people) {
			errno = ENOSPC;
			return (-1);
		}
		if ((person = calloc(1, sizeof(*person))) == NULL)
			return (-1);
		strlcpy(person->hp_fp, reg->reg_fp, sizeof(person->hp_fp));
		TAILQ_INIT(&person->hp_regs);
		if (table_insert(hub->hub_people, person->hp_fp,
		    strlen(person->hp_fp), person) == -1) {
			free(person);
			return (-1);
		}
		if (hub->hub_watcher != NULL)
			hub->hub_watcher(hub->hub_watcher_arg, person->hp_fp,
			    true);
	} else {
		TAILQ_FOREACH(other, &person->hp_regs, reg_entry) {
			if (other->reg_proven && !reg->reg_proven) {
				errno = EACCES;
				return (-1);
			}
		}
	}
	TAILQ_INSERT_HEAD(&person->hp_regs, reg, reg_entry);
	reg->reg_person = person;
	person->hp_count++;
	if (hub_may_share(person, reg)) {
		if (person->hp_count > hub->hub_max_regs)
			hub_replace(hub, TAILQ_LAST(&person->hp_regs,
			    reg_list));
	} else {
		while ((other = TAILQ_NEXT(reg, reg_entry)) != NULL)
			hub_replace(hub, other);
	}
	if (person->hp_count > hub->hub_highest)
		hub->hub_highest = person->hp_count;
	return (0);
}

struct reg *
hub_unregister(struct hub *hub, struct reg *reg)
{
	if (reg->reg_person == NULL)
		return (NULL);
	hub_unlink(hub, reg);
	return (reg);
}

void
hub_refresh(const struct hub *hub, struct reg *reg)
{
	hub->hub_ops->refresh(hub->hub_arg, reg);
}

bool
hub_is_online(const struct hub *hub, const char *fp)
{
	return (hub_person(hub, fp) != NULL);
}

struct reg *
hub_find(const struct hub *hub, const char *fp)
{
	struct hub_person	*person;

	if ((person = hub_person(hub, fp)) == NULL)
		return (NULL);
	return (TAILQ_FIRST(&person->hp_regs));
}

const char *
hub_alias(const struct hub *hub, const char *fp)
{
	const struct reg	*reg;

	if ((reg = hub_find(hub, fp)) == NULL)
		return (NULL);
	return (reg->reg_alias);
}

int
hub_send(struct hub *hub, const char *fp, const char *json, size_t len)
{
	struct hub_person	*person;
	struct reg		*reg;
	int			 error = -1;

	if ((person = hub_person(hub, fp)) == NULL) {
		errno = ENOENT;
		return (-1);
	}
	TAILQ_FOREACH(reg, &person->hp_regs, reg_entry) {
		if (hub->hub_ops->send(hub->hub_arg, reg, json, len) == 0)
			error = 0;
	}
	if (error == -1)
		errno = ENOBUFS;
	return (error);
}

size_t
hub_count(const struct hub *hub)
{
	return (table_count(hub->hub_people));
}

size_t
hub_highest(const struct hub *hub)
{
	return (hub->hub_highest);
}

size_t
hub_most(const struct hub *hub)
{
	const struct hub_person	*person;
	size_t			 iter = 0, most = 0;

	while ((person = table_next(hub->hub_people, &iter)) != NULL)
		if (person->hp_count > most)
			most = person->hp_count;
	return (most);
}

struct reg *
hub_next(const struct hub *hub, size_t *iter, struct reg *reg)
{
	struct hub_person	*person;
	struct reg		*next;

	if (reg != NULL && (next = TAILQ_NEXT(reg, reg_entry)) != NULL)
		return (next);
	if ((person = table_next(hub->hub_people, iter)) == NULL)
		return (NULL);
	return (TAILQ_FIRST(&person->hp_regs));
}
