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
 * Rooms that are occupied or belong to a live call, and the mediads.  See
 * placing.h.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "common/ipc/placement.h"
#include "signald/placing.h"

/* Far beyond what memory holds: the limits are those of calls and mediads. */
#define ROOMS_HARD_MAX	(1u << 22)
#define NOWHERE		(-1)

struct room {
	char			rm_name[ROOM_STRLEN];
	int			rm_slot;	/* NOWHERE: not yet */
	int			rm_pushed;	/* exception as pushed */
	uint64_t		rm_occupied;	/* slots with members */
	uint64_t		rm_admitted;	/* slots with our admission */
	bool			rm_call;	/* of a live call */
	struct msg_room_admit	rm_admit;	/* if so */
};

struct media {
	bool			md_up;		/* channel */
	bool			md_told;	/* MSG_ROOMS_END */
	bool			md_ended;	/* MSG_ADMIT_END */
	bool			md_retiring;
	size_t			md_rooms;	/* occupied there */
};

struct placing {
	struct placement	*pl_rule;
	struct table		*pl_rooms;
	struct media		 pl_media[PLACEMENT_SLOTS];
	uint64_t		 pl_healthy;
	size_t			 pl_max_rooms;	/* of one mediad */
	bool			 pl_settled;
	bool			 pl_recovered;
	uint64_t		 pl_now;
	uint64_t		 pl_due;	/* settles at the latest */
	struct placing_stats	 pl_stats;
	const struct placing_ops *pl_ops;
	void			*pl_arg;
};

static struct room
		*room_find(const struct placing *, const char *);
static struct room
		*room_new(struct placing *, const char *);
static void	 room_drop(struct placing *, struct room *);
static bool	 room_dropped(struct placing *, struct room *);
static int	 room_exception(const struct placing *, const struct room *);
static void	 room_push(struct placing *, enum proc, const struct room *,
		    int, bool);
static void	 room_sync(struct placing *, struct room *);
static void	 room_unsync(struct placing *, struct room *);
static void	 room_send_admit(struct placing *, struct room *);
static void	 room_put(struct placing *, struct room *, int);
static void	 room_enter(struct placing *, struct room *, unsigned int);
static void	 room_leave(struct placing *, struct room *, unsigned int);
static void	 placing_push_media(struct placing *, enum proc);
static void	 placing_change(struct placing *, uint64_t);
static void	 placing_settle(struct placing *, bool);
static void	 placing_admit_ends(struct placing *);

struct placing *
placing_new(const uint8_t key[16], size_t max_rooms,
    const struct placing_ops *ops, void *arg)
{
	struct placing	*pl;

	if ((pl = calloc(1, sizeof(*pl))) == NULL)
		return (NULL);
	/* The rule alone is used of it: the exceptions are our rooms'. */
	pl->pl_rule = placement_new(key, 1);
	pl->pl_rooms = table_new(ROOMS_HARD_MAX);
	if (pl->pl_rule == NULL || pl->pl_rooms == NULL) {
		placing_free(pl);
		return (NULL);
	}
	pl->pl_max_rooms = max_rooms;
	pl->pl_ops = ops;
	pl->pl_arg = arg;
	return (pl);
}

void
placing_free(struct placing *pl)
{
	struct room	*rm;
	size_t		 iter = 0;

	if (pl == NULL)
		return;
	if (pl->pl_rooms != NULL) {
		while ((rm = table_next(pl->pl_rooms, &iter)) != NULL)
			free(rm);
		table_free(pl->pl_rooms);
	}
	placement_free(pl->pl_rule);
	free(pl);
}

void
placing_set_time(struct placing *pl, uint64_t now)
{
	pl->pl_now = now;
	if (pl->pl_due == 0)
		pl->pl_due = now + PLACING_SETTLE_NS;
}

void
placing_set_max_rooms(struct placing *pl, size_t max)
{
	pl->pl_max_rooms = max;
}

/* Rooms */

static struct room *
room_find(const struct placing *pl, const char *name)
{
	return (table_find(pl->pl_rooms, name, strlen(name)));
}

static struct room *
room_new(struct placing *pl, const char *name)
{
	struct room	*rm;

	if ((rm = calloc(1, sizeof(*rm))) == NULL)
		return (NULL);
	strlcpy(rm->rm_name, name, sizeof(rm->rm_name));
	rm->rm_slot = rm->rm_pushed = NOWHERE;
	if (table_insert(pl->pl_rooms, rm->rm_name, strlen(rm->rm_name),
	    rm) == -1) {
		free(rm);
		return (NULL);
	}
	return (rm);
}

static void
room_drop(struct placing *pl, struct room *rm)
{
	if (rm->rm_pushed != NOWHERE)
		room_push(pl, PROC_MAX, rm, rm->rm_pushed, false);
	(void)table_remove(pl->pl_rooms, rm->rm_name, strlen(rm->rm_name));
	free(rm);
}

/* Nobody is in it and no call has it: the rule alone says where it would be. */
static bool
room_dropped(struct placing *pl, struct room *rm)
{
	if (rm->rm_call || rm->rm_occupied != 0)
		return (false);
	room_drop(pl, rm);
	return (true);
}

/* The slot that those who follow must be told, or NOWHERE: the rule says so. */
static int
room_exception(const struct placing *pl, const struct room *rm)
{
	if (rm->rm_slot == NOWHERE || placement_rule(pl->pl_rule, rm->rm_name,
	    pl->pl_healthy) == rm->rm_slot)
		return (NOWHERE);
	return (rm->rm_slot);
}

static void
room_push(struct placing *pl, enum proc to, const struct room *rm, int slot,
    bool present)
{
	struct msg_place_room	msg;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, rm->rm_name, sizeof(msg.room));
	msg.slot = (uint64_t)slot;
	msg.present = present;
	pl->pl_ops->push(pl->pl_arg, to, MSG_PLACE_ROOM, &msg);
}

/* An exception that has become needed, or names another slot. */
static void
room_sync(struct placing *pl, struct room *rm)
{
	int	slot;

	slot = room_exception(pl, rm);
	if (!pl->pl_settled || slot == NOWHERE || slot == rm->rm_pushed)
		return;
	room_push(pl, PROC_MAX, rm, slot, true);
	rm->rm_pushed = slot;
}

/* One that is needed no longer. */
static void
room_unsync(struct placing *pl, struct room *rm)
{
	if (rm->rm_pushed == NOWHERE || room_exception(pl, rm) != NOWHERE)
		return;
	room_push(pl, PROC_MAX, rm, rm->rm_pushed, false);
	rm->rm_pushed = NOWHERE;
}

static void
room_send_admit(struct placing *pl, struct room *rm)
{
	if (!rm->rm_call || rm->rm_slot == NOWHERE)
		return;
	if (pl->pl_ops->admit(pl->pl_arg, (unsigned int)rm->rm_slot,
	    &rm->rm_admit) == 0)
		rm->rm_admitted |= PLACEMENT_BIT(rm->rm_slot);
}

/* From now on the room is there (or NOWHERE, until somebody comes back). */
static void
room_put(struct placing *pl, struct room *rm, int slot)
{
	if (slot == rm->rm_slot)
		return;
	if (rm->rm_call && rm->rm_slot != NOWHERE) {
		pl->pl_stats.ps_moved++;
		pl->pl_ops->moved(pl->pl_arg, rm->rm_admit.call_id);
	}
	rm->rm_slot = slot;
	room_send_admit(pl, rm);
}

/* Somebody is in the room at this slot. */
static void
room_enter(struct placing *pl, struct room *rm, unsigned int slot)
{
	pl->pl_media[slot].md_rooms++;
	rm->rm_occupied |= PLACEMENT_BIT(slot);
	if (rm->rm_call)
		pl->pl_ops->occupied(pl->pl_arg, rm->rm_admit.call_id, true);
}

/* Nobody is any more. */
static void
room_leave(struct placing *pl, struct room *rm, unsigned int slot)
{
	if ((rm->rm_occupied & PLACEMENT_BIT(slot)) == 0)
		return;
	rm->rm_occupied &= ~PLACEMENT_BIT(slot);
	pl->pl_media[slot].md_rooms--;
	if (rm->rm_call && rm->rm_occupied == 0)
		pl->pl_ops->occupied(pl->pl_arg, rm->rm_admit.call_id, false);
}

/* Those who follow */

static void
placing_push_media(struct placing *pl, enum proc to)
{
	struct msg_place_media	msg;

	memset(&msg, 0, sizeof(msg));
	msg.healthy = pl->pl_healthy;
	pl->pl_ops->push(pl->pl_arg, to, MSG_PLACE_MEDIA, &msg);
}

void
placing_follower(struct placing *pl, enum proc to)
{
	struct room	*rm;
	size_t		 iter = 0;
	int		 slot;

	if (!pl->pl_settled)
		return;		/* it hears of it when we know */
	pl->pl_ops->push(pl->pl_arg, to, MSG_PLACE_RESET, NULL);
	while ((rm = table_next(pl->pl_rooms, &iter)) != NULL) {
		slot = room_exception(pl, rm);
		/* Whoever else follows knows of it already. */
		rm->rm_pushed = slot;
		if (slot != NOWHERE)
			room_push(pl, to, rm, slot, true);
	}
	placing_push_media(pl, to);
}

/* The slots that take new rooms are these from now on. */
static void
placing_change(struct placing *pl, uint64_t healthy)
{
	struct room	*rm;
	size_t		 iter;
	bool		 changed = healthy != pl->pl_healthy;

	pl->pl_healthy = healthy;
	for (iter = 0; (rm = table_next(pl->pl_rooms, &iter)) != NULL;) {
		if (rm->rm_slot == NOWHERE && pl->pl_settled)
			room_put(pl, rm, placement_rule(pl->pl_rule,
			    rm->rm_name, healthy));
		room_sync(pl, rm);
	}
	if (!changed || !pl->pl_settled)
		return;
	placing_push_media(pl, PROC_MAX);
	for (iter = 0; (rm = table_next(pl->pl_rooms, &iter)) != NULL;)
		room_unsync(pl, rm);
}

/* Start */

static void
placing_settle(struct placing *pl, bool late)
{
	const struct media	*md;
	struct room		*rm;
	unsigned int		 slot;
	size_t			 iter = 0;
	bool			 any = false;

	if (pl->pl_settled)
		return;
	for (slot = 0; slot < PLACEMENT_SLOTS; slot++) {
		md = &pl->pl_media[slot];
		if (md->md_up && !md->md_told && !late)
			return;
		any = any || md->md_up;
	}
	if (!any && !late)
		return;
	pl->pl_settled = true;
	/* Calls get their places first, and mediads their admissions. */
	while ((rm = table_next(pl->pl_rooms, &iter)) != NULL) {
		if (rm->rm_slot == NOWHERE)
			room_put(pl, rm, placement_rule(pl->pl_rule,
			    rm->rm_name, pl->pl_healthy));
	}
	placing_follower(pl, PROC_MAX);
	placing_admit_ends(pl);
}

static void
placing_admit_ends(struct placing *pl)
{
	struct media	*md;
	unsigned int	 slot;

	if (!pl->pl_settled || !pl->pl_recovered)
		return;
	for (slot = 0; slot < PLACEMENT_SLOTS; slot++) {
		md = &pl->pl_media[slot];
		if (md->md_told && !md->md_ended &&
		    pl->pl_ops->admit_end(pl->pl_arg, slot) == 0)
			md->md_ended = true;
	}
}

void
placing_recovered(struct placing *pl)
{
	pl->pl_recovered = true;
	placing_admit_ends(pl);
}

uint64_t
placing_expiry(const struct placing *pl)
{
	return (pl->pl_settled ? UINT64_MAX : pl->pl_due);
}

void
placing_expire(struct placing *pl)
{
	if (pl->pl_now >= pl->pl_due)
		placing_settle(pl, true);
}

/* Calls */

int
placing_call(struct placing *pl, const struct msg_room_admit *admit)
{
	struct room	*rm;
	char		 name[ROOM_STRLEN];

	(void)snprintf(name, sizeof(name), "call-%s", admit->call_id);
	if ((rm = room_find(pl, name)) == NULL &&
	    (rm = room_new(pl, name)) == NULL)
		return (-1);
	rm->rm_call = true;
	rm->rm_admit = *admit;
	if (rm->rm_occupied != 0)
		pl->pl_ops->occupied(pl->pl_arg, admit->call_id, true);
	if (rm->rm_slot != NOWHERE)
		room_send_admit(pl, rm);
	else if (pl->pl_settled)
		room_put(pl, rm, placement_rule(pl->pl_rule, rm->rm_name,
		    pl->pl_healthy));
	room_sync(pl, rm);
	return (0);
}

void
placing_call_end(struct placing *pl, const char *call_id)
{
	struct msg_room_close	 msg;
	struct room		*rm;
	char			 name[ROOM_STRLEN];
	unsigned int		 slot;

	(void)snprintf(name, sizeof(name), "call-%s", call_id);
	if ((rm = room_find(pl, name)) == NULL || !rm->rm_call)
		return;
	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.call_id, call_id, sizeof(msg.call_id));
	/* Wherever it ever was: an old admission must not stay behind. */
	for (slot = 0; slot < PLACEMENT_SLOTS; slot++) {
		if ((rm->rm_admitted & PLACEMENT_BIT(slot)) != 0)
			(void)pl->pl_ops->close_room(pl->pl_arg, slot, &msg);
	}
	rm->rm_call = false;
	rm->rm_admitted = 0;
	(void)room_dropped(pl, rm);
}

/* Mediads */

void
placing_retiring(struct placing *pl, unsigned int slot, bool retiring)
{
	struct media	*md = &pl->pl_media[slot];
	struct room	*rm;
	uint64_t	 healthy;
	size_t		 iter = 0;

	if (slot >= PLACEMENT_SLOTS || md->md_retiring == retiring)
		return;
	md->md_retiring = retiring;
	if (!md->md_told)
		return;
	if (!retiring) {
		placing_change(pl, pl->pl_healthy | PLACEMENT_BIT(slot));
		return;
	}
	healthy = pl->pl_healthy & ~PLACEMENT_BIT(slot);
	/* Whose parties have not come yet need not come here. */
	while (healthy != 0 &&
	    (rm = table_next(pl->pl_rooms, &iter)) != NULL) {
		if (rm->rm_slot == (int)slot &&
		    (rm->rm_occupied & PLACEMENT_BIT(slot)) == 0)
			room_put(pl, rm, placement_rule(pl->pl_rule,
			    rm->rm_name, healthy));
	}
	placing_change(pl, healthy);
}

void
placing_up(struct placing *pl, unsigned int slot)
{
	struct media	*md = &pl->pl_media[slot];

	if (slot >= PLACEMENT_SLOTS)
		return;
	if (md->md_up)
		placing_down(pl, slot);
	md->md_up = true;
}

void
placing_down(struct placing *pl, unsigned int slot)
{
	struct media	*md = &pl->pl_media[slot];
	struct room	*rm;
	size_t		 iter = 0;

	if (slot >= PLACEMENT_SLOTS || !md->md_up)
		return;
	md->md_up = md->md_told = md->md_ended = false;
	while ((rm = table_next(pl->pl_rooms, &iter)) != NULL) {
		room_leave(pl, rm, slot);
		rm->rm_admitted &= ~PLACEMENT_BIT(slot);
		if (rm->rm_pushed == (int)slot) {
			room_push(pl, PROC_MAX, rm, (int)slot, false);
			rm->rm_pushed = NOWHERE;
		}
		if (rm->rm_slot == (int)slot)
			room_put(pl, rm, rm->rm_occupied == 0 ? NOWHERE :
			    __builtin_ctzll(rm->rm_occupied));
		(void)room_dropped(pl, rm);
	}
	placing_change(pl, pl->pl_healthy & ~PLACEMENT_BIT(slot));
	placing_settle(pl, false);
}

/*
 * A room has members at this slot.  If that is not where we think it is, we
 * follow only if nobody is there, and a call's room only to where it was once
 * admitted by us or by our predecessor: else a mediad could draw calls to
 * itself.
 */
void
placing_opened(struct placing *pl, unsigned int slot, const char *name)
{
	struct media	*md = &pl->pl_media[slot];
	struct room	*rm;

	if (slot >= PLACEMENT_SLOTS || !md->md_up || name[0] == '\0')
		return;
	rm = room_find(pl, name);
	if (rm != NULL && (rm->rm_occupied & PLACEMENT_BIT(slot)) != 0)
		return;
	if (md->md_rooms >= pl->pl_max_rooms || (rm == NULL &&
	    (rm = room_new(pl, name)) == NULL)) {
		pl->pl_stats.ps_ignored++;
		return;
	}
	if (rm->rm_slot != NOWHERE && rm->rm_slot != (int)slot &&
	    ((rm->rm_occupied & PLACEMENT_BIT(rm->rm_slot)) != 0 ||
	    (rm->rm_call && md->md_told &&
	    (rm->rm_admitted & PLACEMENT_BIT(slot)) == 0))) {
		room_enter(pl, rm, slot);
		if (pl->pl_stats.ps_split++ == 0)
			log_warnx("room %s is in two places", rm->rm_name);
		return;
	}
	room_enter(pl, rm, slot);
	room_put(pl, rm, (int)slot);
	room_sync(pl, rm);
	room_unsync(pl, rm);
}

void
placing_empty(struct placing *pl, unsigned int slot, const char *name)
{
	struct room	*rm;
	int		 next;

	if (slot >= PLACEMENT_SLOTS || (rm = room_find(pl, name)) == NULL)
		return;
	room_leave(pl, rm, slot);
	if (room_dropped(pl, rm) || rm->rm_slot != (int)slot)
		return;
	/* Members of a room in two places, or a mediad that takes none. */
	next = rm->rm_slot;
	if (rm->rm_occupied != 0)
		next = __builtin_ctzll(rm->rm_occupied);
	else if (pl->pl_media[slot].md_retiring && pl->pl_healthy != 0)
		next = placement_rule(pl->pl_rule, rm->rm_name,
		    pl->pl_healthy);
	room_put(pl, rm, next);
	room_sync(pl, rm);
	room_unsync(pl, rm);
}

void
placing_rooms_end(struct placing *pl, unsigned int slot)
{
	struct media	*md = &pl->pl_media[slot];

	if (slot >= PLACEMENT_SLOTS || !md->md_up || md->md_told)
		return;
	md->md_told = true;
	placing_change(pl, md->md_retiring ? pl->pl_healthy :
	    pl->pl_healthy | PLACEMENT_BIT(slot));
	placing_settle(pl, false);
	placing_admit_ends(pl);
}

void
placing_admitted(struct placing *pl, unsigned int slot,
    const struct msg_room_admitted *msg)
{
	const struct room	*rm;
	char			 name[ROOM_STRLEN];

	(void)snprintf(name, sizeof(name), "call-%s", msg->call_id);
	if ((rm = room_find(pl, name)) == NULL || !rm->rm_call ||
	    rm->rm_slot != (int)slot)
		return;
	pl->pl_ops->admitted(pl->pl_arg, msg);
}

uint64_t
placing_healthy(const struct placing *pl)
{
	return (pl->pl_healthy);
}

size_t
placing_rooms(const struct placing *pl)
{
	return (table_count(pl->pl_rooms));
}

int
placing_slot_of(const struct placing *pl, const char *room)
{
	const struct room	*rm;

	rm = room_find(pl, room);
	return (rm == NULL ? NOWHERE : rm->rm_slot);
}

const struct placing_stats *
placing_stats(const struct placing *pl)
{
	return (&pl->pl_stats);
}
