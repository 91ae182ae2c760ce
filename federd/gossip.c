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
 * See gossip.h.  Each source has its people in the order in which they were
 * named last.
 */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "common/ipc/messages.h"
#include "common/wire/identity.h"
#include "federd/gossip.h"

struct person {
	TAILQ_ENTRY(person)	 pe_entry;
	struct source		*pe_source;
	uint64_t		 pe_named;
	char			 pe_fp[FP_STRLEN];
};

struct source {
	struct gossip_source	 so_said;	/* gs_relay "": free */
	TAILQ_HEAD(, person)	 so_people;
};

struct gossip {
	struct source		 go_sources[GOSSIP_SOURCES_MAX];
	struct table		*go_table;	/* fingerprint to person */
	uint64_t		 go_now;
};

static size_t	 source_index(const struct gossip *, const char *);
static struct source *source_find(struct gossip *, const char *);
static struct source *source_new(struct gossip *, const char *);
static bool	 source_names(struct gossip *, struct source *, const char *);
static void	 source_forget(struct gossip *, struct source *,
		    uint64_t);

struct gossip *
gossip_new(void)
{
	struct gossip	*go;
	size_t		 i;

	if ((go = calloc(1, sizeof(*go))) == NULL)
		return (NULL);
	for (i = 0; i < GOSSIP_SOURCES_MAX; i++)
		TAILQ_INIT(&go->go_sources[i].so_people);
	if ((go->go_table = table_new(GOSSIP_PEOPLE_MAX)) == NULL) {
		free(go);
		return (NULL);
	}
	return (go);
}

void
gossip_free(struct gossip *go)
{
	size_t	i;

	if (go == NULL)
		return;
	for (i = 0; i < GOSSIP_SOURCES_MAX; i++)
		source_forget(go, &go->go_sources[i], UINT64_MAX);
	table_free(go->go_table);
	free(go);
}

void
gossip_set_time(struct gossip *go, uint64_t now)
{
	go->go_now = now;
}

uint64_t
gossip_expiry(const struct gossip *go)
{
	const struct source	*so;
	const struct person	*pe;
	uint64_t		 due = UINT64_MAX;
	size_t			 i;

	for (i = 0; i < GOSSIP_SOURCES_MAX; i++) {
		so = &go->go_sources[i];
		if (so->so_said.gs_relay[0] == '\0')
			continue;
		pe = TAILQ_FIRST(&so->so_people);
		due = clock_earlier(due, (pe != NULL ? pe->pe_named :
		    so->so_said.gs_told) + GOSSIP_STALE_NS);
	}
	return (due);
}

void
gossip_expire(struct gossip *go)
{
	struct source	*so;
	size_t		 i;

	if (go->go_now < GOSSIP_STALE_NS)
		return;
	for (i = 0; i < GOSSIP_SOURCES_MAX; i++) {
		so = &go->go_sources[i];
		if (so->so_said.gs_relay[0] == '\0')
			continue;
		source_forget(go, so, go->go_now - GOSSIP_STALE_NS + 1);
		if (so->so_said.gs_people == 0 &&
		    so->so_said.gs_told + GOSSIP_STALE_NS <= go->go_now)
			so->so_said.gs_relay[0] = '\0';
	}
}

/* GOSSIP_SOURCES_MAX: there is none. */
static size_t
source_index(const struct gossip *go, const char *relay)
{
	size_t	i;

	for (i = 0; i < GOSSIP_SOURCES_MAX; i++) {
		if (strcmp(go->go_sources[i].so_said.gs_relay, relay) == 0)
			break;
	}
	return (i);
}

static struct source *
source_find(struct gossip *go, const char *relay)
{
	size_t	i = source_index(go, relay);

	return (i < GOSSIP_SOURCES_MAX ? &go->go_sources[i] : NULL);
}

static struct source *
source_new(struct gossip *go, const char *relay)
{
	struct source	*so;

	if ((so = source_find(go, "")) != NULL)
		strlcpy(so->so_said.gs_relay, relay,
		    sizeof(so->so_said.gs_relay));
	return (so);
}

/* Those who were named before a time. */
static void
source_forget(struct gossip *go, struct source *so, uint64_t before)
{
	struct person	*pe;

	while ((pe = TAILQ_FIRST(&so->so_people)) != NULL &&
	    pe->pe_named < before) {
		TAILQ_REMOVE(&so->so_people, pe, pe_entry);
		so->so_said.gs_people--;
		(void)table_remove(go->go_table, pe->pe_fp, FP_STRLEN - 1);
		free(pe);
	}
}

static bool
source_names(struct gossip *go, struct source *so, const char *fp)
{
	struct person	*pe;

	if (!identity_fingerprint_valid(fp))
		return (false);
	if ((pe = table_find(go->go_table, fp, FP_STRLEN - 1)) != NULL) {
		if (pe->pe_source != so)
			return (true);
		TAILQ_REMOVE(&so->so_people, pe, pe_entry);
	} else {
		if (so->so_said.gs_people == GOSSIP_SOURCE_PEOPLE ||
		    (pe = calloc(1, sizeof(*pe))) == NULL)
			return (false);
		memcpy(pe->pe_fp, fp, FP_STRLEN);
		pe->pe_source = so;
		if (table_insert(go->go_table, fp, FP_STRLEN - 1, pe) == -1) {
			free(pe);
			return (false);
		}
		so->so_said.gs_people++;
	}
	pe->pe_named = go->go_now;
	TAILQ_INSERT_TAIL(&so->so_people, pe, pe_entry);
	return (true);
}

size_t
gossip_update(struct gossip *go, const char *relay,
    const struct sig_strings *people)
{
	struct source	*so;
	size_t		 i, refused = 0;

	if (relay[0] == '\0' || strlen(relay) >= ADDR_STRLEN)
		return (people->n);
	if ((so = source_find(go, relay)) == NULL &&
	    (so = source_new(go, relay)) == NULL)
		return (people->n);
	so->so_said.gs_told = go->go_now;
	for (i = 0; i < people->n; i++)
		refused += !source_names(go, so, people->list[i]);
	if (people->n < GOSSIP_CHUNK)
		source_forget(go, so, go->go_now);
	return (refused);
}

const char *
gossip_relay(const struct gossip *go, const char *fp)
{
	const struct person	*pe;

	if (strlen(fp) != FP_STRLEN - 1 ||
	    (pe = table_find(go->go_table, fp, FP_STRLEN - 1)) == NULL)
		return (NULL);
	return (pe->pe_source->so_said.gs_relay);
}

const struct gossip_source *
gossip_next(const struct gossip *go, size_t *iter)
{
	while (*iter < GOSSIP_SOURCES_MAX) {
		if (go->go_sources[(*iter)++].so_said.gs_relay[0] != '\0')
			return (&go->go_sources[*iter - 1].so_said);
	}
	return (NULL);
}

const struct gossip_source *
gossip_source(const struct gossip *go, const char *relay)
{
	size_t	i;

	if (relay[0] == '\0' ||
	    (i = source_index(go, relay)) == GOSSIP_SOURCES_MAX)
		return (NULL);
	return (&go->go_sources[i].so_said);
}

size_t
gossip_people(const struct gossip *go)
{
	return (table_count(go->go_table));
}
