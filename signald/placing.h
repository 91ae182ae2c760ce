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
 * Where rooms are, decided: signald is the authority over the placement of
 * rooms on the mediads (common/ipc/placement.h has the rule).
 *
 * A room that has members stays where it is, and so does the room of a live
 * call from its admission on: whenever the rule says otherwise, it becomes an
 * exception.  Only the death of its mediad moves it, or that its mediad
 * retires before anybody has come.  Those who follow (doord, federd) hear of
 * an exception before they hear of what makes it needed, and the new mediad
 * of a call has its admission before anybody is sent there.
 *
 * A mediad counts from the moment that it has told its occupied rooms; what
 * it says is believed only about itself.  A signald that starts waits with
 * all decisions until every mediad that is there has told.
 */
#ifndef WZP_SIGNALD_PLACING_H
#define WZP_SIGNALD_PLACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

/* A mediad that does not tell its rooms is waited for so long at the start. */
#define PLACING_SETTLE_NS	UINT64_C(1000000000)

struct placing_ops {
	/* To the mediad of a slot; -1: it is away. */
	int	(*admit)(void *arg, unsigned int slot,
		    const struct msg_room_admit *);
	int	(*close_room)(void *arg, unsigned int slot,
		    const struct msg_room_close *);
	int	(*admit_end)(void *arg, unsigned int slot);
	/* MSG_PLACE_* to one who follows, PROC_MAX: to all of them. */
	void	(*push)(void *arg, enum proc to, enum msg_type, const void *);
	/* The room's own mediad answered. */
	void	(*admitted)(void *arg, const struct msg_room_admitted *);
	/* What was answered before is void: another mediad is asked. */
	void	(*moved)(void *arg, const char *call_id);
	/* Somebody is in its room, or nobody any more. */
	void	(*occupied)(void *arg, const char *call_id, bool);
};

struct placing_stats {
	uint64_t	ps_moved;	/* calls, to another mediad */
	uint64_t	ps_split;	/* a room opened in a second place */
	uint64_t	ps_ignored;	/* rooms past a mediad's limit */
};

struct placing;

struct placing	*placing_new(const uint8_t key[16], size_t max_rooms,
		    const struct placing_ops *, void *arg);
void		 placing_free(struct placing *);
/* Before any other call of a turn. */
void		 placing_set_time(struct placing *, uint64_t now);
void		 placing_set_max_rooms(struct placing *, size_t);
uint64_t	 placing_expiry(const struct placing *);
void		 placing_expire(struct placing *);

/* A live call needs its room (idempotent).  -1: no memory. */
int		 placing_call(struct placing *, const struct msg_room_admit *);
/* The call ended; members of its room may still be inside. */
void		 placing_call_end(struct placing *, const char *call_id);
/* All live calls of the registry were named: mediads may be sure. */
void		 placing_recovered(struct placing *);

/* The mediad of a slot: its row of the table, its channel, its messages. */
void		 placing_retiring(struct placing *, unsigned int slot, bool);
void		 placing_up(struct placing *, unsigned int slot);
void		 placing_down(struct placing *, unsigned int slot);
void		 placing_opened(struct placing *, unsigned int slot,
		    const char *room);
void		 placing_empty(struct placing *, unsigned int slot,
		    const char *room);
void		 placing_rooms_end(struct placing *, unsigned int slot);
void		 placing_admitted(struct placing *, unsigned int slot,
		    const struct msg_room_admitted *);

/* The channel to one who follows is new: it gets everything. */
void		 placing_follower(struct placing *, enum proc);

uint64_t	 placing_healthy(const struct placing *);
size_t		 placing_rooms(const struct placing *);
/* Slot of a room that is kept track of, -1: none. */
int		 placing_slot_of(const struct placing *, const char *room);
const struct placing_stats
		*placing_stats(const struct placing *);

#endif /* WZP_SIGNALD_PLACING_H */
