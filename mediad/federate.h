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
 * Rooms with people on other relays, as federd tells of them.  It hears who
 * is in such a room here and gets what they send, gathered in a turn; what
 * others send goes to every seat, and they are in the RoomUpdates.  Rooms
 * with one tag are one room under two names (wzp-protocol 9.4).
 *
 * What federd says may be wrong: all of it is bounded, what does not fit is
 * dropped and counted.
 */
#ifndef WZP_MEDIAD_FEDERATE_H
#define WZP_MEDIAD_FEDERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/ipc/messages.h"
#include "mediad/room.h"

#define FEDERATE_ROOMS_MAX	16384	/* names */
#define FEDERATE_NAMES_MAX	2	/* of one tag */
#define FEDERATE_PEOPLE_MAX	1000	/* of other relays, in one room... */
#define FEDERATE_TOTAL_MAX	100000	/* ... and in all */
/* A federd that died may be back, with all it had said. */
#define FEDERATE_AWAY_NS	(15 * NS_PER_S)
/* What federd's slow channel did not take is tried again after this. */
#define FEDERATE_AGAIN_NS	(10 * NS_PER_MS)

struct federate;

struct federate_ops {
	/*
	 * MSG_FED_MEMBER.  -1: not now, the channel is slow, or there is
	 * none; not for one that left, whose coming was taken.
	 */
	int	(*member)(void *, const struct msg_fed_member *);
	/* MSG_FED_MEDIA: into the batch... */
	void	(*media)(void *, const struct msg_fed_media *);
	/* ... and out with it. */
	void	(*flush)(void *);
};

struct federate_counters {
	uint64_t	fn_out;		/* datagrams to federd */
	uint64_t	fn_in;
	uint64_t	fn_malformed;
	uint64_t	fn_unknown;	/* of no such room */
	uint64_t	fn_excess;	/* rooms and people past a bound */
};

/* ops NULL: there will never be a federd. */
struct federate	*federate_new(struct rooms *, const struct federate_ops *,
		    void *arg);
/* Before the rooms. */
void		 federate_free(struct federate *);
/* There is a new federd, or (false) none. */
void		 federate_federd(struct federate *, bool, uint64_t now);
void		 federate_room(struct federate *, const struct msg_fed_room *,
		    uint64_t now);
void		 federate_member(struct federate *,
		    const struct msg_fed_member *);
/* Datagrams of others, given on before this returns. */
void		 federate_media(struct federate *,
		    const struct msg_fed_media *, uint64_t now);

/* For the watch of the rooms (room.h). */
void		 federate_opened(struct federate *, struct room *);
void		 federate_empty(struct federate *, struct room *);
void		 federate_joined(struct federate *, struct member *);
void		 federate_left(struct federate *, const struct room *,
		    const struct member *);
void		 federate_datagram(struct federate *, const struct member *,
		    const uint8_t *, size_t, uint64_t now);

uint64_t	 federate_expiry(const struct federate *);
/*
 * At the end of each turn: what was gathered, what is left to say, whom to
 * forget.  true: something may have to be written to members.
 */
bool		 federate_expire(struct federate *, uint64_t now);
const struct federate_counters
		*federate_counters(const struct federate *);
size_t		 federate_rooms(const struct federate *);
size_t		 federate_people(const struct federate *);

#endif /* WZP_MEDIAD_FEDERATE_H */
