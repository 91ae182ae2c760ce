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

/* Rooms and slots (see placement.h). */

#include "config.h"

#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "common/ipc/messages.h"
#include "common/ipc/placement.h"

/* A room with its slot: an exception, or a recent answer. */
struct place {
	TAILQ_ENTRY(place)	 pc_entry;	/* recent: oldest first */
	uint64_t		 pc_until;
	unsigned int		 pc_slot;
	size_t			 pc_len;
	char			 pc_room[];
};

TAILQ_HEAD(place_list, place);

struct placement {
	uint8_t			 pm_key[16];
	size_t			 pm_max;
	uint64_t		 pm_healthy;
	bool			 pm_known;
	struct table		*pm_rooms;	/* exceptions in force */
	struct table		*pm_coming;	/* since a reset, or NULL */
	struct table		*pm_recent;
	struct place_list	 pm_list;
};

static struct place
		*place_new(const char *, size_t, unsigned int);
static void	 places_free(struct table *);
static struct place
		*places_find(struct table *, const char *);
static void	 recent_remove(struct placement *, struct place *);
static void	 recent_add(struct placement *, const char *, unsigned int,
		    uint64_t);

struct placement *
placement_new(const uint8_t key[16], size_t max)
{
	struct placement	*pm;

	if ((pm = calloc(1, sizeof(*pm))) == NULL)
		return (NULL);
	memcpy(pm->pm_key, key, sizeof(pm->pm_key));
	pm->pm_max = max;
	TAILQ_INIT(&pm->pm_list);
	pm->pm_rooms = table_new(max);
	pm->pm_recent = table_new(PLACEMENT_RECENT_MAX);
	if (pm->pm_rooms == NULL || pm->pm_recent == NULL) {
		placement_free(pm);
		return (NULL);
	}
	return (pm);
}

void
placement_free(struct placement *pm)
{
	struct place	*pc;

	if (pm == NULL)
		return;
	if (pm->pm_recent != NULL) {
		while ((pc = TAILQ_FIRST(&pm->pm_list)) != NULL)
			recent_remove(pm, pc);
	}
	table_free(pm->pm_recent);
	places_free(pm->pm_rooms);
	places_free(pm->pm_coming);
	explicit_bzero(pm->pm_key, sizeof(pm->pm_key));
	free(pm);
}

static struct place *
place_new(const char *room, size_t len, unsigned int slot)
{
	struct place	*pc;

	if ((pc = malloc(sizeof(*pc) + len)) == NULL)
		return (NULL);
	memset(pc, 0, sizeof(*pc));
	pc->pc_slot = slot;
	pc->pc_len = len;
	memcpy(pc->pc_room, room, len);
	return (pc);
}

static void
places_free(struct table *places)
{
	struct place	*pc;
	size_t		 iter = 0;

	if (places == NULL)
		return;
	while ((pc = table_next(places, &iter)) != NULL)
		free(pc);
	table_free(places);
}

static struct place *
places_find(struct table *places, const char *room)
{
	return (table_find(places, room, strlen(room)));
}

void
placement_reset(struct placement *pm)
{
	places_free(pm->pm_coming);
	/* Without memory the old table goes on, which is no worse. */
	pm->pm_coming = table_new(pm->pm_max);
}

int
placement_room(struct placement *pm, const char *room, unsigned int slot,
    bool present)
{
	struct table	*places;
	struct place	*pc;
	size_t		 len = strlen(room);

	if (slot >= PLACEMENT_SLOTS || len == 0 || len >= ROOM_STRLEN) {
		errno = EINVAL;
		return (-1);
	}
	places = pm->pm_coming != NULL ? pm->pm_coming : pm->pm_rooms;
	pc = table_find(places, room, len);
	if (!present) {
		if (pc != NULL) {
			(void)table_remove(places, room, len);
			free(pc);
		}
		return (0);
	}
	if (pc != NULL) {
		pc->pc_slot = slot;
		return (0);
	}
	if ((pc = place_new(room, len, slot)) == NULL)
		return (-1);
	if (table_insert(places, room, len, pc) == -1) {
		free(pc);
		return (-1);
	}
	return (0);
}

void
placement_media(struct placement *pm, uint64_t healthy)
{
	if (pm->pm_coming != NULL) {
		places_free(pm->pm_rooms);
		pm->pm_rooms = pm->pm_coming;
		pm->pm_coming = NULL;
	}
	pm->pm_healthy = healthy;
	pm->pm_known = true;
}

bool
placement_known(const struct placement *pm)
{
	return (pm->pm_known);
}

int
placement_rule(const struct placement *pm, const char *room, uint64_t mask)
{
	uint8_t		 text[ROOM_STRLEN];
	uint64_t	 score, best = 0;
	unsigned int	 slot;
	size_t		 len;
	int		 found = -1;

	len = strnlen(room, ROOM_STRLEN - 1);
	memcpy(text, room, len);
	for (slot = 0; mask >> slot != 0; slot++) {
		if ((mask & PLACEMENT_BIT(slot)) != 0) {
			text[len] = (uint8_t)slot;
			score = siphash24(pm->pm_key, text, len + 1);
			if (found == -1 || score > best) {
				found = (int)slot;
				best = score;
			}
		}
		if (slot == PLACEMENT_SLOTS - 1)
			break;
	}
	return (found);
}

int
placement_exception(const struct placement *pm, const char *room)
{
	const struct place	*pc;

	pc = places_find(pm->pm_rooms, room);
	return (pc == NULL ? -1 : (int)pc->pc_slot);
}

int
placement_slot(const struct placement *pm, const char *room)
{
	int	slot;

	if ((slot = placement_exception(pm, room)) != -1)
		return (slot);
	return (placement_rule(pm, room, pm->pm_healthy));
}

int
placement_join(struct placement *pm, const char *room, uint64_t present,
    uint64_t now_ns)
{
	struct place	*pc;
	uint64_t	 mask;
	int		 slot;

	while ((pc = TAILQ_FIRST(&pm->pm_list)) != NULL &&
	    pc->pc_until <= now_ns)
		recent_remove(pm, pc);
	pc = places_find(pm->pm_recent, room);
	slot = placement_exception(pm, room);
	if (slot == -1 || (present & PLACEMENT_BIT(slot)) == 0) {
		if (pc != NULL &&
		    (present & PLACEMENT_BIT(pc->pc_slot)) != 0)
			slot = (int)pc->pc_slot;
		else {
			mask = pm->pm_known ? present & pm->pm_healthy : 0;
			slot = placement_rule(pm, room,
			    mask != 0 ? mask : present);
		}
	}
	/* The time counts from the last one who was sent there. */
	if (pc != NULL)
		recent_remove(pm, pc);
	if (slot != -1)
		recent_add(pm, room, (unsigned int)slot, now_ns);
	return (slot);
}

static void
recent_add(struct placement *pm, const char *room, unsigned int slot,
    uint64_t now_ns)
{
	struct place	*pc;
	size_t		 len = strlen(room);

	if (len >= ROOM_STRLEN)
		return;
	if (table_count(pm->pm_recent) >= PLACEMENT_RECENT_MAX)
		recent_remove(pm, TAILQ_FIRST(&pm->pm_list));
	if ((pc = place_new(room, len, slot)) == NULL)
		return;
	pc->pc_until = now_ns + PLACEMENT_RECENT_NS;
	if (table_insert(pm->pm_recent, room, len, pc) == -1) {
		free(pc);
		return;
	}
	TAILQ_INSERT_TAIL(&pm->pm_list, pc, pc_entry);
}

static void
recent_remove(struct placement *pm, struct place *pc)
{
	(void)table_remove(pm->pm_recent, pc->pc_room, pc->pc_len);
	TAILQ_REMOVE(&pm->pm_list, pc, pc_entry);
	free(pc);
}

void
placement_slot_lost(struct placement *pm, unsigned int slot)
{
	struct place	*pc, *next;
	size_t		 iter = 0;

	TAILQ_FOREACH_SAFE(pc, &pm->pm_list, pc_entry, next) {
		if (pc->pc_slot == slot)
			recent_remove(pm, pc);
	}
	while ((pc = table_next(pm->pm_rooms, &iter)) != NULL) {
		if (pc->pc_slot != slot)
			continue;
		(void)table_remove(pm->pm_rooms, pc->pc_room, pc->pc_len);
		free(pc);
	}
}

size_t
placement_exceptions(const struct placement *pm)
{
	return (table_count(pm->pm_rooms));
}

size_t
placement_recent(const struct placement *pm)
{
	return (table_count(pm->pm_recent));
}
