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
 * Where a room lives: one mediad, named by its slot.  By rule it is the slot
 * with the highest keyed hash over room and slot (rendezvous: when a slot
 * goes, only its rooms move, and nobody outside can choose names that meet),
 * among the slots that take new rooms.  An exception table comes first:
 * rooms that stay where they are although the rule has changed.
 *
 * signald decides (signald/placing.h) and pushes what it decided, as
 * MSG_PLACE_RESET, MSG_PLACE_ROOM and MSG_PLACE_MEDIA, to those who follow:
 * doord and federd.  All of them compute with this code and one key.
 */
#ifndef WZP_IPC_PLACEMENT_H
#define WZP_IPC_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACEMENT_SLOTS	64
/*
 * How long placement_join() repeats its answer for a room: a handshake fits
 * in, so that of two who come at the same time, while the rule changes, both
 * end in the same place.  signald hears of the room once the first is inside.
 */
#define PLACEMENT_RECENT_NS	(UINT64_C(10) * 1000000000)
#define PLACEMENT_RECENT_MAX	8192	/* rooms; then the oldest goes */

struct placement;

#define PLACEMENT_BIT(slot)	(UINT64_C(1) << (slot))

/* key: msg_settings.room_key.  max: exceptions at most.  NULL: no memory. */
struct placement *placement_new(const uint8_t key[16], size_t max);
void	 placement_free(struct placement *);

/*
 * What signald says.  After a reset the old table still counts until
 * placement_media() puts what came in between in its place.
 */
void	 placement_reset(struct placement *);
/* present: this room is on that slot, whatever the rule.  -1: no room. */
int	 placement_room(struct placement *, const char *room,
	    unsigned int slot, bool present);
/* Mask of the slots that take new rooms. */
void	 placement_media(struct placement *, uint64_t healthy);
/* false: signald has not said anything yet. */
bool	 placement_known(const struct placement *);

/* The rule alone: highest hash over the slots of the mask, -1: none. */
int	 placement_rule(const struct placement *, const char *room,
	    uint64_t mask);
/*
 * As far as it was said: exception, else rule over the healthy ones.  -1:
 * there is none.
 */
int	 placement_slot(const struct placement *, const char *room);
/* Slot of an exception, -1: the room has none. */
int	 placement_exception(const struct placement *, const char *room);
/*
 * Where to send somebody who comes for this room, out of the slots that can
 * be reached (their data channel is there; retiring ones too): exception,
 * else the recent answer for this room, else the rule over those that are
 * healthy or, if none of them is present or nothing was said yet, over all
 * present.  -1: present is empty.
 */
int	 placement_join(struct placement *, const char *room,
	    uint64_t present, uint64_t now_ns);
/* A slot's worker is gone: recent answers and exceptions that name it. */
void	 placement_slot_lost(struct placement *, unsigned int slot);
size_t	 placement_exceptions(const struct placement *);
size_t	 placement_recent(const struct placement *);

#endif /* WZP_IPC_PLACEMENT_H */
