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
 * What signald knows of our rooms: each that got its first member, and each
 * that lost its last.  A new signald hears of all of them and then that this
 * was all; a room that it was not told of yet can go without a word.
 */
#ifndef WZP_MEDIAD_ROSTER_H
#define WZP_MEDIAD_ROSTER_H

#include <stdbool.h>

#include "common/ipc/messages.h"
#include "mediad/room.h"

struct roster;

/*
 * MSG_ROOM_OPENED or MSG_ROOM_EMPTY with the room's name, MSG_ROOMS_END
 * without.  -1: not now, the channel is slow; of EMPTY this is not expected,
 * each follows an OPENED that was taken.
 */
typedef int	 roster_send(void *, enum msg_type, const char *room);

struct roster	*roster_new(roster_send *, void *arg);
/* All rooms must be gone. */
void		 roster_free(struct roster *);
/* For rooms_watch(). */
extern const struct room_watch	roster_watch;
/* There is a new signald, or none. */
void		 roster_begin(struct roster *);
void		 roster_end(struct roster *);
/* Says what is to be said.  true: not all of it, try again in a while. */
bool		 roster_push(struct roster *);

#endif /* WZP_MEDIAD_ROSTER_H */
