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
 * Rooms that reach over relays, as mediad has them: what federd hears and
 * what it may say, in virtual time.
 *
 * COVERS: protocol 8.6 - RoomUpdates with people of other relays
 * COVERS: gap 31 - every join and leave is told, raw and hashed names meet
 * COVERS: gap 32 - each of two senders of equal frames is heard, no echo
 * COVERS: gap 34 - datagrams of local members are given to federd
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/wire/identity.h"
#include "mediad/announce.h"
#include "mediad/federate.h"
#include "regress/unit/fake_quic.h"

#define T0	(1000 * NS_PER_S)
#define FIRST	"8dc9:109a:aebc:72c6:859f:c7bf:d6fe:d198"
#define SECOND	"7f41:353f:b0ec:3e41:be36:1c80:ad6d:ddd2"
#define THIRD	"518e:b935:62fa:9e34:e59c:28b6:7fc2:d384"

static const struct room_limits	limits = { 8, 600 };
static const uint8_t	packet[] = { 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 0,
			    0xaa, 0xbb, 0xcc, 0xdd };

static struct {
	struct rooms	*rooms;
	struct federate	*fe;
	/* What federd heard: +room/fp or -room/fp. */
	char		 text[65536];
	bool		 slow;
	uint8_t		 frames[16][FED_MEDIA_MAX];
	size_t		 lens[16];
	size_t		 nmessages;
	size_t		 nflushes;
} relay;

static int
hear_member(void *arg, const struct msg_fed_member *msg)
{
	size_t	len = strlen(relay.text);

	(void)arg;
	if (relay.slow && msg->present)
		return (-1);
	(void)snprintf(relay.text + len, sizeof(relay.text) - len,
	    "%s%s/%.4s%s%s ", msg->present ? "+" : "-", msg->room,
	    msg->fingerprint, msg->alias[0] != '\0' ? "=" : "", msg->alias);
	return (0);
}

static void
hear_media(void *arg, const struct msg_fed_media *msg)
{
	(void)arg;
	assert_true(msg->frames.len <= FED_MEDIA_MAX);
	if (relay.nmessages == 16)
		return;
	memcpy(relay.frames[relay.nmessages], msg->frames.data,
	    msg->frames.len);
	relay.lens[relay.nmessages++] = msg->frames.len;
}

static void
hear_flush(void *arg)
{
	(void)arg;
	relay.nflushes++;
}

static const struct federate_ops	ops = {
	hear_member, hear_media, hear_flush
};

static void
opened(void *arg, struct room *room)
{
	federate_opened(arg, room);
}

static void
empty(void *arg, struct room *room)
{
	federate_empty(arg, room);
}

static void
joined(void *arg, struct member *member)
{
	federate_joined(arg, member);
}

static void
left(void *arg, const struct room *room, const struct member *member)
{
	federate_left(arg, room, member);
}

static void
datagram(void *arg, const struct member *member, const uint8_t *data,
    size_t len, uint64_t now)
{
	federate_datagram(arg, member, data, len, now);
}

static const struct room_watch	watch = {
	opened, empty, joined, left, datagram
};

static void
relay_new(void)
{
	memset(&relay, 0, sizeof(relay));
	assert_non_null(relay.rooms = rooms_new(&limits));
	assert_non_null(relay.fe = federate_new(relay.rooms, &ops, NULL));
	rooms_watch(relay.rooms, &watch, relay.fe);
	federate_federd(relay.fe, true, T0);
}

static void
relay_free(void)
{
	assert_int_equal(rooms_count(relay.rooms), 0);
	federate_free(relay.fe);
	rooms_free(relay.rooms);
}

static struct member *
come(const char *room, const char *fp, const char *alias)
{
	struct member	*member, *replaced;

	assert_non_null(member = calloc(1, sizeof(*member)));
	member->me_conn = fake_conn(room);
	strlcpy(member->me_fp, fp, sizeof(member->me_fp));
	if (alias != NULL) {
		strlcpy(member->me_alias, alias, sizeof(member->me_alias));
		member->me_has_alias = true;
	}
	assert_int_equal(room_join(relay.rooms, room, member, T0, &replaced),
	    ROOM_JOINED);
	return (member);
}

static void
go(struct member *member)
{
	room_leave(member, T0);
	fake_free(member->me_conn);
	free(member);
}

static void
room_is(const char *room, const char *canonical, bool on)
{
	struct msg_fed_room	msg;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, room, sizeof(msg.room));
	identity_room_tag(canonical, msg.tag);
	msg.on = on;
	federate_room(relay.fe, &msg, T0);
}

static void
person(const char *room, const char *fp, const char *alias,
    const char *label, bool present)
{
	struct msg_fed_member	msg;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, room, sizeof(msg.room));
	strlcpy(msg.fingerprint, fp, sizeof(msg.fingerprint));
	strlcpy(msg.alias, alias, sizeof(msg.alias));
	strlcpy(msg.label, label, sizeof(msg.label));
	msg.present = present;
	federate_member(relay.fe, &msg);
}

static void
assert_heard(const char *text)
{
	(void)federate_expire(relay.fe, T0);
	assert_string_equal(relay.text, text);
	relay.text[0] = '\0';
}

/* tag, source, MediaPacket with that first byte behind its header. */
static size_t
frame(uint8_t *p, const char *canonical, uint8_t source, uint8_t first)
{
	identity_room_tag(canonical, p);
	memset(p + 8, source, 8);
	p[16] = 0;
	p[17] = sizeof(packet);
	memcpy(p + 18, packet, sizeof(packet));
	p[18 + 12] = first;
	return (18 + sizeof(packet));
}

static void
give(const uint8_t *frames, size_t len)
{
	struct msg_fed_media	msg;

	msg.frames.data = frames;
	msg.frames.len = len;
	federate_media(relay.fe, &msg, T0);
}

/* Who is inside before the room is, who comes, who goes. */
static void
test_members(void **state)
{
	struct member	*a, *b, *again;

	(void)state;
	relay_new();
	a = come("general", FIRST, "Ada");
	assert_heard("");
	room_is("general", "general", true);
	assert_heard("+general/8dc9=Ada ");
	b = come("general", SECOND, NULL);
	assert_heard("+general/7f41 ");
	/* The second device of somebody, and only then the first goes. */
	again = come("general", SECOND, NULL);
	assert_heard("+general/7f41 ");
	go(b);
	assert_heard("");
	go(again);
	assert_heard("-general/7f41 ");
	/* Rooms of nobody else. */
	b = come("lobby", SECOND, NULL);
	go(b);
	assert_heard("");
	room_is("general", "general", false);
	b = come("general", SECOND, NULL);
	assert_heard("");
	go(a);
	go(b);
	relay_free();
}

/* In a call the newest connection replaces the other without a word. */
static void
test_replaced(void **state)
{
	struct member	*a, *a2, *replaced;

	(void)state;
	relay_new();
	room_is("call-1", "call-1", true);
	a = come("call-1", FIRST, NULL);
	assert_heard("+call-1/8dc9 ");
	assert_non_null(a2 = calloc(1, sizeof(*a2)));
	a2->me_conn = fake_conn("call-1");
	strlcpy(a2->me_fp, FIRST, sizeof(a2->me_fp));
	assert_int_equal(room_join(relay.rooms, "call-1", a2, T0, &replaced),
	    ROOM_JOINED);
	assert_ptr_equal(replaced, a);
	assert_heard("+call-1/8dc9 ");
	assert_true(a->me_number != a2->me_number);
	go(a);
	assert_heard("");
	go(a2);
	assert_heard("-call-1/8dc9 ");
	relay_free();
}

/* The texts that members read. */
static void
test_updates(void **state)
{
	struct member	*a;

	(void)state;
	relay_new();
	room_is("call-1", "call-1", true);
	person("call-1", SECOND, "Bob", "north", true);
	a = come("call-1", FIRST, NULL);
	/* One here and one there make two. */
	assert_string_equal(fake_last(a->me_conn),
	    "{\"RoomUpdate\":{\"count\":2,\"participants\":[{\"fingerprint\":\""
	    FIRST "\",\"alias\":null,\"relay_label\":null},{\"fingerprint\":\""
	    SECOND "\",\"alias\":\"Bob\",\"relay_label\":\"north\"}]}}");
	fake_ack(a->me_conn);
	person("call-1", SECOND, "Bob", "north", false);
	assert_int_equal(a->me_conn->qc_nmessages, 1);
	assert_true(federate_expire(relay.fe, T0));
	assert_string_equal(fake_last(a->me_conn),
	    "{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":\""
	    FIRST "\",\"alias\":null,\"relay_label\":null}]}}");
	fake_ack(a->me_conn);
	/* Who is here as well is not named twice. */
	person("call-1", FIRST, "Other", "north", true);
	assert_true(federate_expire(relay.fe, T0));
	assert_non_null(strstr(fake_last(a->me_conn), "{\"count\":1,"));
	assert_null(strstr(fake_last(a->me_conn), "Other"));
	fake_ack(a->me_conn);
	/* Said again, nothing changes; with another alias it does. */
	person("call-1", SECOND, "Bob", "north", true);
	assert_true(federate_expire(relay.fe, T0));
	fake_ack(a->me_conn);
	person("call-1", SECOND, "Bob", "north", true);
	assert_false(federate_expire(relay.fe, T0));
	person("call-1", SECOND, "Rob", "north", true);
	assert_true(federate_expire(relay.fe, T0));
	assert_non_null(strstr(fake_last(a->me_conn), "Rob"));
	go(a);
	relay_free();
}

/* Many in one turn are one update. */
static void
test_coalesced(void **state)
{
	struct member	*a;
	char		 fp[64];
	unsigned int	 i;

	(void)state;
	relay_new();
	room_is("general", "general", true);
	a = come("general", FIRST, NULL);
	fake_ack(a->me_conn);
	for (i = 0; i < 300; i++) {
		(void)snprintf(fp, sizeof(fp),
		    "%04x:0000:0000:0000:0000:0000:0000:0000", i & 0xffff);
		person("general", fp, "", "north", true);
	}
	/* As a room of 301 it is told a second after the last update. */
	(void)federate_expire(relay.fe, T0);
	assert_int_equal(a->me_conn->qc_nmessages, 1);
	rooms_expire(relay.rooms, T0 + 2 * ANNOUNCE_LARGE_NS);
	assert_int_equal(a->me_conn->qc_nmessages, 2);
	assert_non_null(strstr(fake_last(a->me_conn), "{\"count\":301,"));
	go(a);
	relay_free();
}

/* A room under two names: datagrams and people meet. */
static void
test_names(void **state)
{
	struct member	*a, *b;
	char		 hashed[33];

	(void)state;
	relay_new();
	assert_int_equal(identity_hash_room("general", hashed), 0);
	assert_string_equal(hashed, "a47b63f7d5b511ba5bc4089a74446906");
	room_is("general", "general", true);
	room_is(hashed, "general", true);
	a = come("general", FIRST, NULL);
	b = come(hashed, SECOND, NULL);
	room_datagram(a, packet, sizeof(packet), T0);
	assert_int_equal(b->me_conn->qc_ndatagrams, 1);
	assert_int_equal(a->me_conn->qc_ndatagrams, 0);
	assert_memory_equal(b->me_conn->qc_datagram, packet, sizeof(packet));
	/* A third name for that tag is too many. */
	room_is("other", "general", true);
	assert_int_equal(federate_counters(relay.fe)->fn_excess, 1);
	/* And a name keeps its tag. */
	room_is("general", "lobby", true);
	assert_int_equal(federate_counters(relay.fe)->fn_excess, 2);
	go(a);
	go(b);
	relay_free();
}

/* Datagrams out: a message is full, or the turn ends. */
static void
test_out(void **state)
{
	struct member	*a, *b;
	uint8_t		 big[1200], tag[8];
	size_t		 i;

	(void)state;
	relay_new();
	room_is("call-1", "call-1", true);
	room_is("general", "general", true);
	a = come("call-1", FIRST, NULL);
	assert_int_equal(federate_expiry(relay.fe), UINT64_MAX);
	room_datagram(a, packet, sizeof(packet), T0);
	assert_int_equal(relay.nmessages, 0);
	assert_int_equal(federate_expiry(relay.fe), 0);
	(void)federate_expire(relay.fe, T0);
	assert_int_equal(relay.nmessages, 1);
	assert_int_equal(relay.nflushes, 1);
	assert_int_equal(relay.lens[0], 18 + sizeof(packet));
	identity_room_tag("call-1", tag);
	assert_memory_equal(relay.frames[0], tag, 8);
	/* Its number, in 3 bytes, not 0. */
	assert_memory_equal(relay.frames[0] + 8, "\0\0\0\0\0", 5);
	assert_int_equal(relay.frames[0][13] << 16 |
	    relay.frames[0][14] << 8 | relay.frames[0][15], a->me_number);
	assert_int_not_equal(a->me_number, 0);
	assert_int_equal(relay.frames[0][17], sizeof(packet));
	assert_memory_equal(relay.frames[0] + 18, packet, sizeof(packet));

	memset(big, 0, sizeof(big));
	relay.nmessages = 0;
	for (i = 0; i < 3; i++)
		room_datagram(a, big, sizeof(big), T0);
	assert_int_equal(relay.nmessages, 2);
	(void)federate_expire(relay.fe, T0);
	assert_int_equal(relay.nmessages, 3);

	/* A global room's only when somebody is elsewhere. */
	relay.nmessages = 0;
	b = come("general", SECOND, NULL);
	room_datagram(b, packet, sizeof(packet), T0);
	(void)federate_expire(relay.fe, T0);
	assert_int_equal(relay.nmessages, 0);
	person("general", THIRD, "", "north", true);
	room_datagram(b, packet, sizeof(packet), T0);
	(void)federate_expire(relay.fe, T0);
	assert_int_equal(relay.nmessages, 1);
	/* What is no MediaPacket does not go either. */
	room_datagram(b, packet, 11, T0);
	(void)federate_expire(relay.fe, T0);
	assert_int_equal(relay.nmessages, 1);
	/* Nobody to give them to. */
	federate_federd(relay.fe, false, T0);
	room_datagram(a, packet, sizeof(packet), T0);
	assert_int_equal(federate_expiry(relay.fe), T0 + FEDERATE_AWAY_NS);
	(void)federate_expire(relay.fe, T0);
	assert_int_equal(relay.nmessages, 1);
	go(a);
	go(b);
	relay_free();
}

/* Datagrams in: to every seat, as they are; lies cost only themselves. */
static void
test_in(void **state)
{
	struct member	*a, *b;
	uint8_t		 frames[FED_MEDIA_MAX];
	size_t		 len;

	(void)state;
	relay_new();
	room_is("general", "general", true);
	a = come("general", FIRST, NULL);
	b = come("general", SECOND, NULL);
	len = frame(frames, "general", 1, 0x11);
	/* Two senders, one frame: both are played (gap 32). */
	len += frame(frames + len, "general", 2, 0x11);
	len += frame(frames + len, "lobby", 2, 0x33);
	give(frames, len);
	assert_int_equal(a->me_conn->qc_ndatagrams, 2);
	assert_int_equal(b->me_conn->qc_ndatagrams, 2);
	assert_int_equal(a->me_conn->qc_datagram[12], 0x11);
	assert_int_equal(federate_counters(relay.fe)->fn_unknown, 1);
	/* Nothing of it goes back. */
	(void)federate_expire(relay.fe, T0);
	assert_int_equal(relay.nmessages, 0);
	/* Cut off, too long, no MediaPacket. */
	len = frame(frames, "general", 1, 1);
	give(frames, len - 1);
	give(frames, 17);
	assert_int_equal(federate_counters(relay.fe)->fn_malformed, 2);
	frames[17] = 11;
	give(frames, 18 + 11);
	assert_int_equal(federate_counters(relay.fe)->fn_malformed, 3);
	frames[16] = 6;
	frames[17] = 0;
	memset(frames + 18, 0, 1536);
	give(frames, 18 + 1536);
	assert_int_equal(federate_counters(relay.fe)->fn_malformed, 4);
	assert_int_equal(a->me_conn->qc_ndatagrams, 2);
	go(a);
	go(b);
	relay_free();
}

/* What federd says is bounded. */
static void
test_bounds(void **state)
{
	char		 fp[64], room[64];
	unsigned int	 i;

	(void)state;
	relay_new();
	person("general", FIRST, "", "north", true);
	assert_int_equal(federate_counters(relay.fe)->fn_unknown, 1);
	room_is("general", "general", true);
	room_is("call-1", "call-1", true);
	for (i = 0; i < FEDERATE_PEOPLE_MAX + 5; i++) {
		(void)snprintf(fp, sizeof(fp),
		    "%04x:0000:0000:0000:0000:0000:0000:0000", i & 0xffff);
		person("general", fp, "", "north", true);
		person("call-1", fp, "", "north", true);
	}
	assert_int_equal(federate_people(relay.fe), FEDERATE_PEOPLE_MAX +
	    ROOM_CALL_PARTIES);
	/* Two without a fingerprint are two. */
	room_is("open", "open", true);
	person("open", "", "One", "north", true);
	person("open", "", "Two", "north", true);
	person("open", "", "Two", "north", true);
	assert_int_equal(federate_people(relay.fe), FEDERATE_PEOPLE_MAX +
	    ROOM_CALL_PARTIES + 2);
	person("open", "", "One", "north", false);
	person("open", "", "One", "north", false);
	assert_int_equal(federate_people(relay.fe), FEDERATE_PEOPLE_MAX +
	    ROOM_CALL_PARTIES + 1);
	for (i = 0; i < FEDERATE_ROOMS_MAX + 10; i++) {
		(void)snprintf(room, sizeof(room), "r%u", i);
		room_is(room, room, true);
	}
	assert_int_equal(federate_rooms(relay.fe), FEDERATE_ROOMS_MAX);
	relay_free();
}

/* federd dies: people stay for 15 s; a new one says all of it anew. */
static void
test_death(void **state)
{
	struct member	*a;

	(void)state;
	relay_new();
	room_is("general", "general", true);
	room_is("call-1", "call-1", true);
	person("general", SECOND, "", "north", true);
	person("general", THIRD, "", "north", true);
	a = come("general", FIRST, NULL);
	fake_ack(a->me_conn);
	relay.text[0] = '\0';
	federate_federd(relay.fe, false, T0);
	assert_int_equal(federate_expiry(relay.fe), T0 + FEDERATE_AWAY_NS);
	assert_false(federate_expire(relay.fe, T0 + FEDERATE_AWAY_NS - 1));
	assert_int_equal(federate_people(relay.fe), 2);

	/* Back in time, with one room, one person and its time to say so. */
	federate_federd(relay.fe, true, T0 + FEDERATE_AWAY_NS - 1);
	room_is("general", "general", true);
	assert_heard("+general/8dc9 ");
	person("general", THIRD, "", "north", true);
	assert_false(federate_expire(relay.fe, T0 + FEDERATE_AWAY_NS));
	assert_int_equal(federate_people(relay.fe), 2);
	assert_true(federate_expire(relay.fe, T0 + 2 * FEDERATE_AWAY_NS));
	assert_int_equal(federate_people(relay.fe), 1);
	assert_int_equal(federate_rooms(relay.fe), 1);
	assert_non_null(strstr(fake_last(a->me_conn), "{\"count\":2,"));
	fake_ack(a->me_conn);

	/* Not back: nobody is left. */
	federate_federd(relay.fe, false, T0 + 40 * NS_PER_S);
	assert_true(federate_expire(relay.fe, T0 + 40 * NS_PER_S +
	    FEDERATE_AWAY_NS));
	assert_int_equal(federate_people(relay.fe), 0);
	assert_int_equal(federate_rooms(relay.fe), 0);
	assert_non_null(strstr(fake_last(a->me_conn), "{\"count\":1,"));
	assert_int_equal(federate_expiry(relay.fe), UINT64_MAX);
	go(a);
	relay_free();
}

/* A slow federd hears later who came, and at once who went. */
static void
test_slow(void **state)
{
	struct member	*a, *b, *c;

	(void)state;
	relay_new();
	room_is("general", "general", true);
	a = come("general", FIRST, NULL);
	assert_heard("+general/8dc9 ");
	relay.slow = true;
	b = come("general", SECOND, NULL);
	c = come("general", THIRD, NULL);
	assert_heard("");
	assert_int_equal(federate_expiry(relay.fe), T0 + FEDERATE_AGAIN_NS);
	go(a);
	assert_heard("-general/8dc9 ");
	relay.slow = false;
	(void)federate_expire(relay.fe, T0 + FEDERATE_AGAIN_NS);
	assert_heard("+general/7f41 +general/518e ");
	assert_int_equal(federate_expiry(relay.fe), UINT64_MAX);
	go(b);
	go(c);
	relay_free();
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_updates),
		cmocka_unit_test(test_coalesced),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_in),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_death),
		cmocka_unit_test(test_slow)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
