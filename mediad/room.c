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

/* Rooms: see room.h. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/table.h"
#include "common/quic/params.h"
#include "common/wire/media.h"
#include "mediad/announce.h"
#include "mediad/room.h"

/* Seats of a new room: a call has two members, most rooms few. */
#define SEATS_FIRST	4

struct rooms {
	struct room_limits	 rs_limits;
	const struct room_watch	*rs_watch;	/* NULL: nobody */
	void			*rs_arg;
	struct table		*rs_table;
	struct announcer	*rs_announcer;
	size_t			 rs_members;
	uint32_t		 rs_number;	/* the last one given */
	struct traffic		 rs_traffic;
};

static struct room	*room_new(struct rooms *, const char *);
static void		 room_free(struct room *);
static int		 room_grow(struct room *, size_t);
static struct member	*room_member_by_fp(const struct room *, const char *);
static void		 room_remove(struct member *);
static void		 room_report(struct member *, const uint8_t *, size_t,
			    uint64_t);
static bool		 seat_forward(struct seat *, const uint8_t *, size_t,
			    uint64_t);

struct rooms *
rooms_new(const struct room_limits *limits)
{
	struct rooms	*rooms;

	if ((rooms = calloc(1, sizeof(*rooms))) == NULL)
		return (NULL);
	rooms->rs_limits = *limits;
	/* Not those of a predecessor, whose datagrams may be under way. */
	rooms->rs_number = arc4random();
	/* The limit may change, so room_new() keeps to it. */
	rooms->rs_table = table_new(SIZE_MAX);
	rooms->rs_announcer = announcer_new();
	if (rooms->rs_table == NULL || rooms->rs_announcer == NULL) {
		rooms_free(rooms);
		return (NULL);
	}
	return (rooms);
}

void
rooms_free(struct rooms *rooms)
{
	struct room	*room;
	size_t		 iter = 0;

	if (rooms == NULL)
		return;
	rooms->rs_watch = NULL;
	if (rooms->rs_table != NULL) {
		while ((room = table_next(rooms->rs_table, &iter)) != NULL)
			room_free(room);
		table_free(rooms->rs_table);
	}
	announcer_free(rooms->rs_announcer);
	free(rooms);
}

void
rooms_watch(struct rooms *rooms, const struct room_watch *watch, void *arg)
{
	rooms->rs_watch = watch;
	rooms->rs_arg = arg;
}

void
rooms_limit(struct rooms *rooms, const struct room_limits *limits)
{
	rooms->rs_limits = *limits;
}

static struct room *
room_new(struct rooms *rooms, const char *name)
{
	struct room	*room;
	int		 saved;

	if (table_count(rooms->rs_table) >= rooms->rs_limits.rl_rooms) {
		errno = ENOSPC;
		return (NULL);
	}
	if ((room = calloc(1, sizeof(*room))) == NULL)
		return (NULL);
	if (strlcpy(room->rm_name, name, sizeof(room->rm_name)) >=
	    sizeof(room->rm_name)) {
		free(room);
		errno = ENAMETOOLONG;
		return (NULL);
	}
	room->rm_rooms = rooms;
	room->rm_call = room_call_id(name) != NULL;
	room->rm_tier = TIER_GOOD;
	room->rm_retry = ANNOUNCE_RETRY_NS;
	if (table_insert(rooms->rs_table, name, strlen(name), room) == -1) {
		saved = errno;
		free(room);
		errno = saved;
		return (NULL);
	}
	return (room);
}

static void
room_free(struct room *room)
{
	struct rooms	*rooms = room->rm_rooms;

	if (room->rm_open && rooms->rs_watch != NULL)
		rooms->rs_watch->empty(rooms->rs_arg, room);
	announce_forget(rooms->rs_announcer, room);
	(void)table_remove(rooms->rs_table, room->rm_name,
	    strlen(room->rm_name));
	free(room->rm_seats);
	free(room);
}

static int
room_grow(struct room *room, size_t max)
{
	struct seat	*seats;
	size_t		 capacity;

	if (room->rm_count < room->rm_capacity)
		return (0);
	capacity = room->rm_capacity == 0 ? SEATS_FIRST :
	    room->rm_capacity * 2;
	if (capacity > max)
		capacity = max;
	if ((seats = reallocarray(room->rm_seats, capacity,
	    sizeof(*seats))) == NULL)
		return (-1);
	room->rm_seats = seats;
	room->rm_capacity = capacity;
	return (0);
}

enum room_verdict
room_join(struct rooms *rooms, const char *name, struct member *member,
    uint64_t now, struct member **replaced)
{
	struct room	*room;
	struct seat	*seat;
	struct member	*old = NULL;
	size_t		 max;

	*replaced = NULL;
	if ((room = room_find(rooms, name)) == NULL) {
		if ((room = room_new(rooms, name)) == NULL)
			return (errno == ENOSPC ? ROOM_TOO_MANY :
			    ROOM_NO_MEMORY);
	}
	max = room->rm_call ? ROOM_CALL_PARTIES :
	    rooms->rs_limits.rl_participants;
	if (room->rm_call)
		old = room_member_by_fp(room, member->me_fp);
	/*
	 * The signature of a CallOffer can be replayed (gap 4): who only has
	 * that does not put out who showed the key on this connection.
	 */
	if (old != NULL && old->me_proven && !member->me_proven)
		return (ROOM_OUTRANKED);
	if (old == NULL && room->rm_count >= max) {
		if (room->rm_count == 0)
			room_free(room);
		return (ROOM_FULL);
	}
	if (old == NULL && room_grow(room, max) == -1) {
		if (room->rm_count == 0)
			room_free(room);
		return (ROOM_NO_MEMORY);
	}
	if (old != NULL)
		room_remove(old);
	*replaced = old;

	seat = &room->rm_seats[room->rm_count];
	memset(seat, 0, sizeof(*seat));
	seat->se_conn = member->me_conn;
	seat->se_member = member;
	member->me_room = room;
	if ((++rooms->rs_number & 0xffffff) == 0)
		rooms->rs_number++;
	member->me_number = rooms->rs_number & 0xffffff;
	member->me_seat = room->rm_count++;
	member->me_joined_ns = now;
	member->me_tier = room->rm_tier;
	member->me_version = 0;
	member->me_mark = 0;
	memset(&member->me_traffic, 0, sizeof(member->me_traffic));
	member->me_has_report = false;
	quality_init(&member->me_quality, now / NS_PER_MS);
	rooms->rs_members++;
	if (!room->rm_open && rooms->rs_watch != NULL) {
		room->rm_open = true;
		rooms->rs_watch->opened(rooms->rs_arg, room);
	}
	if (rooms->rs_watch != NULL && rooms->rs_watch->joined != NULL)
		rooms->rs_watch->joined(rooms->rs_arg, member);
	announce_change(rooms->rs_announcer, room, now);
	return (ROOM_JOINED);
}

void
room_leave(struct member *member, uint64_t now)
{
	struct room	*room = member->me_room;
	struct rooms	*rooms;

	if (room == NULL)
		return;
	rooms = room->rm_rooms;
	room_remove(member);
	if (rooms->rs_watch != NULL && rooms->rs_watch->left != NULL)
		rooms->rs_watch->left(rooms->rs_arg, room, member);
	if (room->rm_count == 0)
		room_free(room);
	else
		announce_change(rooms->rs_announcer, room, now);
}

void
room_changed(struct room *room, uint64_t now)
{
	announce_change(room->rm_rooms->rs_announcer, room, now);
}

/* Out of the array, the others keep their order; the room stays. */
static void
room_remove(struct member *member)
{
	struct room	*room = member->me_room;
	size_t		 i;

	member_traffic(member, &member->me_traffic);
	room->rm_count--;
	for (i = member->me_seat; i < room->rm_count; i++) {
		room->rm_seats[i] = room->rm_seats[i + 1];
		room->rm_seats[i].se_member->me_seat = i;
	}
	room->rm_rooms->rs_members--;
	member->me_room = NULL;
}

static struct member *
room_member_by_fp(const struct room *room, const char *fp)
{
	size_t	i;

	for (i = 0; i < room->rm_count; i++)
		if (strcmp(room->rm_seats[i].se_member->me_fp, fp) == 0)
			return (room->rm_seats[i].se_member);
	return (NULL);
}

/*
 * The hot path.  Nothing is allocated, queued or looked up; what a receiver
 * does not take now is gone (design: there is no queue for media).
 */
void
room_datagram(struct member *member, const uint8_t *data, size_t len,
    uint64_t now)
{
	struct room	*room = member->me_room;
	struct traffic	*total;
	uint8_t		 copy[QUIC_MAX_DATAGRAM];
	size_t		 dropped = 0, i, sent = 0;
	bool		 has_report;

	if (room == NULL)
		return;
	total = &room->rm_rooms->rs_traffic;
	/* media_relay_check() clears two bits, and data is not ours. */
	if (len <= sizeof(copy))
		memcpy(copy, data, len);
	if (len > sizeof(copy) || !media_relay_check(copy, len, &has_report)) {
		member->me_traffic.tr_malformed++;
		room->rm_traffic.tr_malformed++;
		total->tr_malformed++;
		return;
	}
	member->me_traffic.tr_packets_in++;
	member->me_traffic.tr_bytes_in += len;

	for (i = 0; i < member->me_seat; i++) {
		if (seat_forward(&room->rm_seats[i], copy, len, now))
			sent++;
		else
			dropped++;
	}
	for (i = member->me_seat + 1; i < room->rm_count; i++) {
		if (seat_forward(&room->rm_seats[i], copy, len, now))
			sent++;
		else
			dropped++;
	}

	room->rm_traffic.tr_packets_in++;
	room->rm_traffic.tr_bytes_in += len;
	room->rm_traffic.tr_packets_out += sent;
	room->rm_traffic.tr_bytes_out += sent * len;
	room->rm_traffic.tr_dropped += dropped;
	total->tr_packets_in++;
	total->tr_bytes_in += len;
	total->tr_packets_out += sent;
	total->tr_bytes_out += sent * len;
	total->tr_dropped += dropped;

	if (room->rm_federated != NULL &&
	    room->rm_rooms->rs_watch->datagram != NULL)
		room->rm_rooms->rs_watch->datagram(room->rm_rooms->rs_arg,
		    member, copy, len, now);
	if (has_report)
		room_report(member, copy, len, now);
}

size_t
room_deliver(struct room *room, const uint8_t *data, size_t len,
    uint64_t now)
{
	struct traffic	*total = &room->rm_rooms->rs_traffic;
	size_t		 i, sent = 0;

	for (i = 0; i < room->rm_count; i++)
		if (seat_forward(&room->rm_seats[i], data, len, now))
			sent++;
	room->rm_traffic.tr_packets_out += sent;
	room->rm_traffic.tr_bytes_out += sent * len;
	room->rm_traffic.tr_dropped += room->rm_count - sent;
	total->tr_packets_out += sent;
	total->tr_bytes_out += sent * len;
	total->tr_dropped += room->rm_count - sent;
	return (sent);
}

static bool
seat_forward(struct seat *seat, const uint8_t *data, size_t len, uint64_t now)
{
	if (quic_send_datagram(seat->se_conn, data, len, now) == -1) {
		seat->se_dropped++;
		return (false);
	}
	seat->se_packets++;
	seat->se_bytes += len;
	return (true);
}

/*
 * 8.6: only a change of the reporter's own tier leads to a new look at the
 * room; a join or a departure does not (gap 42, kept).
 */
static void
room_report(struct member *member, const uint8_t *data, size_t len,
    uint64_t now)
{
	struct room		*room = member->me_room;
	enum quality_tier	 tier, weakest = TIER_STUDIO_64K;
	size_t			 i;

	media_report_read(data + len - MEDIA_REPORT_LEN, &member->me_report);
	member->me_has_report = true;
	if (!quality_report(&member->me_quality, &member->me_report,
	    now / NS_PER_MS))
		return;
	/* Who never reported is still at Good, where quality_init() put it. */
	for (i = 0; i < room->rm_count; i++) {
		tier = room->rm_seats[i].se_member->me_quality.q_tier;
		if (tier < weakest)
			weakest = tier;
	}
	if (weakest == room->rm_tier)
		return;
	room->rm_tier = weakest;
	announce_tier(room->rm_rooms->rs_announcer, room, now);
}

int
member_signal(struct member *member, const void *text, size_t len)
{
	if (quic_send_message(member->me_conn, text, len) == -1)
		return (-1);
	member->me_handed += len + 4;
	return (0);
}

void
member_traffic(const struct member *member, struct traffic *out)
{
	const struct seat	*seat;

	*out = member->me_traffic;
	if (member->me_room == NULL)
		return;
	seat = &member->me_room->rm_seats[member->me_seat];
	out->tr_packets_out = seat->se_packets;
	out->tr_bytes_out = seat->se_bytes;
	out->tr_dropped = seat->se_dropped;
}

uint64_t
rooms_expiry(const struct rooms *rooms)
{
	return (announce_expiry(rooms->rs_announcer));
}

void
rooms_expire(struct rooms *rooms, uint64_t now)
{
	announce_expire(rooms->rs_announcer, now);
}

struct room *
room_find(const struct rooms *rooms, const char *name)
{
	return (table_find(rooms->rs_table, name, strlen(name)));
}

struct room *
room_next(const struct rooms *rooms, size_t *iter)
{
	return (table_next(rooms->rs_table, iter));
}

size_t
rooms_count(const struct rooms *rooms)
{
	return (table_count(rooms->rs_table));
}

size_t
rooms_members(const struct rooms *rooms)
{
	return (rooms->rs_members);
}

const struct traffic *
rooms_traffic(const struct rooms *rooms)
{
	return (&rooms->rs_traffic);
}

const char *
room_call_id(const char *name)
{
	size_t	prefix = strlen(QUIC_CALL_ROOM_PREFIX);

	if (strncmp(name, QUIC_CALL_ROOM_PREFIX, prefix) != 0)
		return (NULL);
	return (name + prefix);
}
