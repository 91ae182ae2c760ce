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
 * Rooms: who gets in, who hears what, in virtual time.
 *
 * COVERS: row 1.21 - RoomUpdate texts, fan-out, two-participant rule
 * COVERS: gap 15 - a member that reads no signals blocks nobody
 * COVERS: gap 17 - malformed datagrams are dropped and counted
 * COVERS: gap 36 - datagrams are forwarded one by one, never as a trunk
 * COVERS: gap 41 - one connection a fingerprint in call rooms, newest wins
 * COVERS: gap 42 - order of updates; a departure leaves the directive alone
 * COVERS: vectors quality - QualityDirective of the weakest link
 * COVERS: limit rooms, limit participants
 * COVERS: rooms over N mediads - each room is opened and emptied once
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "mediad/announce.h"
#include "mediad/room.h"
#include "mediad/roster.h"
#include "regress/unit/fake_quic.h"

#define T0	(1000 * NS_PER_S)
#define FIRST	"8dc9:109a:aebc:72c6:859f:c7bf:d6fe:d198"
#define SECOND	"7f41:353f:b0ec:3e41:be36:1c80:ad6d:ddd2"
#define THIRD	"518e:b935:62fa:9e34:e59c:28b6:7fc2:d384"

static const struct room_limits	limits = { 3, 600 };

static struct member *
member_new(const char *fp, const char *alias)
{
	struct member	*member;

	if ((member = calloc(1, sizeof(*member))) == NULL)
		abort();
	member->me_conn = fake_conn("room");
	strlcpy(member->me_fp, fp, sizeof(member->me_fp));
	if (alias != NULL) {
		strlcpy(member->me_alias, alias, sizeof(member->me_alias));
		member->me_has_alias = true;
	}
	return (member);
}

static struct member *
member_numbered(unsigned int i)
{
	char	fp[64];

	(void)snprintf(fp, sizeof(fp),
	    "%04x:0000:0000:0000:0000:0000:0000:0000", i & 0xffff);
	return (member_new(fp, NULL));
}

static void
member_gone(struct member *member, uint64_t now)
{
	room_leave(member, now);
	fake_free(member->me_conn);
	free(member);
}

static void
join(struct rooms *rooms, const char *name, struct member *member,
    uint64_t now)
{
	struct member	*replaced;

	assert_int_equal(room_join(rooms, name, member, now, &replaced),
	    ROOM_JOINED);
	assert_null(replaced);
}

/* 12 bytes of header, payload, report. */
static void
report(struct member *member, uint8_t loss, uint8_t rtt, uint64_t now)
{
	uint8_t	packet[] = { 0x02, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 0,
		    0xde, 0xad, loss, rtt, 7, 200 };

	room_datagram(member, packet, sizeof(packet), now);
}

/* The exact texts of the recorded room, first and second joining. */
static void
test_updates(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*a = member_new(FIRST, NULL);
	struct member	*b = member_new(SECOND, "Alice");

	(void)state;
	join(rooms, "lobby", a, T0);
	assert_string_equal(fake_last(a->me_conn),
	    "{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":\""
	    FIRST "\",\"alias\":null,\"relay_label\":null}]}}");
	fake_ack(a->me_conn);
	join(rooms, "lobby", b, T0 + 1);
	assert_string_equal(fake_last(a->me_conn),
	    "{\"RoomUpdate\":{\"count\":2,\"participants\":[{\"fingerprint\":\""
	    FIRST "\",\"alias\":null,\"relay_label\":null},{\"fingerprint\":\""
	    SECOND "\",\"alias\":\"Alice\",\"relay_label\":null}]}}");
	assert_string_equal(fake_last(b->me_conn), fake_last(a->me_conn));
	assert_int_equal(b->me_conn->qc_nmessages, 1);
	fake_ack(a->me_conn);
	fake_ack(b->me_conn);
	member_gone(a, T0 + 2);
	assert_string_equal(fake_last(b->me_conn),
	    "{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":\""
	    SECOND "\",\"alias\":\"Alice\",\"relay_label\":null}]}}");
	assert_int_equal(b->me_conn->qc_nmessages, 2);
	assert_int_equal(rooms_expiry(rooms), UINT64_MAX);
	member_gone(b, T0 + 3);
	assert_int_equal(rooms_count(rooms), 0);
	assert_int_equal(rooms_members(rooms), 0);
	rooms_free(rooms);
}

/* Whoever leaves, the others keep their order (gap 42). */
static void
test_order(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*m[4];
	struct room	*room;
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 4; i++) {
		m[i] = member_numbered(i);
		join(rooms, "callers", m[i], T0);
	}
	room = room_find(rooms, "callers");
	/* A name is that of a call's room with its dash only. */
	assert_false(room->rm_call);
	assert_null(room_call_id("callers"));
	assert_string_equal(room_call_id("call-ers"), "ers");
	member_gone(m[0], T0);
	assert_int_equal(room->rm_count, 3);
	for (i = 0; i < 3; i++) {
		assert_ptr_equal(room->rm_seats[i].se_member, m[i + 1]);
		assert_int_equal(m[i + 1]->me_seat, i);
	}
	for (i = 1; i < 4; i++)
		member_gone(m[i], T0);
	rooms_free(rooms);
}

static void
test_limits(void **state)
{
	static const struct room_limits	 small = { 2, 3 };
	struct rooms			*rooms = rooms_new(&small);
	struct member			*m[5], *replaced;
	unsigned int			 i;

	(void)state;
	for (i = 0; i < 5; i++)
		m[i] = member_numbered(i);
	join(rooms, "one", m[0], T0);
	join(rooms, "one", m[1], T0);
	join(rooms, "one", m[2], T0);
	assert_int_equal(room_join(rooms, "one", m[3], T0, &replaced),
	    ROOM_FULL);
	assert_null(m[3]->me_room);
	join(rooms, "two", m[3], T0);
	assert_int_equal(room_join(rooms, "three", m[4], T0, &replaced),
	    ROOM_TOO_MANY);
	/* A place that becomes free can be had. */
	room_leave(m[1], T0);
	join(rooms, "one", m[4], T0);
	assert_int_equal(rooms_members(rooms), 4);
	for (i = 0; i < 5; i++)
		member_gone(m[i], T0);
	assert_int_equal(rooms_count(rooms), 0);
	assert_int_equal(rooms_members(rooms), 0);
	rooms_free(rooms);
}

static void
test_call_room(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*a = member_new(FIRST, NULL);
	struct member	*a2 = member_new(FIRST, NULL);
	struct member	*b = member_new(SECOND, NULL);
	struct member	*c = member_new(THIRD, NULL);
	struct member	*replaced;
	struct room	*room;

	(void)state;
	join(rooms, "call-x", a, T0);
	join(rooms, "call-x", b, T0);
	assert_int_equal(room_join(rooms, "call-x", c, T0, &replaced),
	    ROOM_FULL);
	/* The newest connection of a takes its place; order: b, a2. */
	assert_int_equal(room_join(rooms, "call-x", a2, T0, &replaced),
	    ROOM_JOINED);
	assert_ptr_equal(replaced, a);
	assert_null(a->me_room);
	room = room_find(rooms, "call-x");
	assert_int_equal(room->rm_count, 2);
	assert_ptr_equal(room->rm_seats[0].se_member, b);
	assert_ptr_equal(room->rm_seats[1].se_member, a2);
	assert_int_equal(a2->me_seat, 1);
	/* Leaving of the replaced one changes nothing. */
	room_leave(a, T0);
	assert_int_equal(room->rm_count, 2);

	/* Once it has proved itself, no unproven one puts it out. */
	a2->me_proven = true;
	assert_int_equal(room_join(rooms, "call-x", a, T0, &replaced),
	    ROOM_OUTRANKED);
	a->me_proven = true;
	assert_int_equal(room_join(rooms, "call-x", a, T0, &replaced),
	    ROOM_JOINED);
	assert_ptr_equal(replaced, a2);

	/* Other rooms know no such rule: two devices of one person. */
	join(rooms, "lobby", a2, T0);
	join(rooms, "lobby", c, T0);
	member_gone(c, T0);
	c = member_new(FIRST, NULL);
	join(rooms, "lobby", c, T0);
	assert_int_equal(room_find(rooms, "lobby")->rm_count, 2);
	member_gone(a, T0);
	member_gone(a2, T0);
	member_gone(b, T0);
	member_gone(c, T0);
	assert_int_equal(rooms_members(rooms), 0);
	rooms_free(rooms);
}

/* A replaced connection is no news for the count: two all the time. */
static void
test_replace_update(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*a = member_new(FIRST, NULL);
	struct member	*a2 = member_new(FIRST, NULL);
	struct member	*b = member_new(SECOND, NULL);
	struct member	*replaced;
	size_t		 before;

	(void)state;
	join(rooms, "call-x", a, T0);
	join(rooms, "call-x", b, T0);
	fake_ack(b->me_conn);
	before = b->me_conn->qc_nmessages;
	assert_int_equal(room_join(rooms, "call-x", a2, T0, &replaced),
	    ROOM_JOINED);
	assert_int_equal(b->me_conn->qc_nmessages, before + 1);
	assert_non_null(strstr(fake_last(b->me_conn), "{\"count\":2,"));
	member_gone(a, T0);
	member_gone(a2, T0);
	member_gone(b, T0);
	rooms_free(rooms);
}

/*
 * What is left of a room of n when everybody has heard of it at T0: a member
 * that comes at T0 + since, and when the room hears of that one.
 */
static uint64_t
told_after(unsigned int n, uint64_t since)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*m[256];
	uint64_t	 due = 0, settled = T0 + 10 * NS_PER_S;
	size_t		 before;
	unsigned int	 i;

	for (i = 0; i < n - 1; i++) {
		m[i] = member_numbered(i);
		join(rooms, "hall", m[i], T0);
		fake_ack(m[0]->me_conn);
	}
	for (i = 0; i < n - 1; i++)
		fake_ack(m[i]->me_conn);
	if (rooms_expiry(rooms) != UINT64_MAX)
		rooms_expire(rooms, settled);
	for (i = 0; i < n - 1; i++)
		fake_ack(m[i]->me_conn);
	assert_int_equal(rooms_expiry(rooms), UINT64_MAX);
	m[n - 1] = member_numbered(n - 1);
	before = m[0]->me_conn->qc_nmessages;
	join(rooms, "hall", m[n - 1], settled + since);
	if (m[0]->me_conn->qc_nmessages == before)
		due = rooms_expiry(rooms) - settled;
	for (i = 0; i < n; i++)
		member_gone(m[i], settled + since);
	rooms_free(rooms);
	return (due);
}

/* 16 hear at once, up to 200 after 250 ms, more after a second. */
static void
test_bounds(void **state)
{
	(void)state;
	assert_int_equal(told_after(16, 1), 0);
	assert_int_equal(told_after(18, 1), ANNOUNCE_MEDIUM_NS);
	assert_int_equal(told_after(200, 1), ANNOUNCE_MEDIUM_NS);
	assert_int_equal(told_after(201, 1), ANNOUNCE_LARGE_NS);
	/* After a time of quiet, at once. */
	assert_int_equal(told_after(200, ANNOUNCE_MEDIUM_NS), 0);
	assert_int_equal(told_after(201, ANNOUNCE_LARGE_NS), 0);
	assert_int_equal(told_after(201, ANNOUNCE_LARGE_NS - 1),
	    ANNOUNCE_LARGE_NS);
}

/* Who is slow is tried again no sooner than the room's own pace ... */
static void
test_retry_pace(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*m[20];
	uint64_t	 due, now = T0;
	unsigned int	 i, j, n = sizeof(m) / sizeof(m[0]);

	(void)state;
	for (i = 0; i < n; i++, now += NS_PER_S) {
		m[i] = member_numbered(i);
		join(rooms, "hall", m[i], now);
		for (j = 0; j < i; j++)
			fake_ack(m[j]->me_conn);
		fake_ack(m[i]->me_conn);
	}
	assert_int_equal(rooms_expiry(rooms), UINT64_MAX);
	/* m[0] does not read the next one, and there is one more to tell. */
	room_leave(m[n - 1], now);
	room_leave(m[n - 2], now);
	for (i = 1; i < n; i++)
		fake_ack(m[i]->me_conn);
	now = rooms_expiry(rooms);
	rooms_expire(rooms, now);
	due = rooms_expiry(rooms);
	assert_true(due >= now + ANNOUNCE_MEDIUM_NS);
	assert_true(due <= now + ANNOUNCE_MEDIUM_NS + 10 * NS_PER_MS);
	for (i = 0; i < n; i++)
		member_gone(m[i], now);
	rooms_free(rooms);
}

/* ... and once it has caught up, the next time begins with a short wait. */
static void
test_retry_reset(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*a = member_new(FIRST, NULL);
	struct member	*b = member_new(SECOND, NULL);
	struct member	*c = member_new(THIRD, NULL);
	uint64_t	 first, due, now = T0;
	unsigned int	 i;

	(void)state;
	join(rooms, "lobby", a, now);
	join(rooms, "lobby", b, now);	/* a has not read its first one */
	first = rooms_expiry(rooms) - now;
	assert_true(first >= ANNOUNCE_RETRY_NS);
	assert_true(first <= ANNOUNCE_RETRY_NS + 10 * NS_PER_MS);
	for (i = 0; i < 5; i++) {
		due = rooms_expiry(rooms);
		assert_true(i == 0 || due - now > first);
		now = due;
		rooms_expire(rooms, now);
	}
	fake_ack(a->me_conn);
	fake_ack(b->me_conn);
	now = rooms_expiry(rooms);
	rooms_expire(rooms, now);
	assert_int_equal(rooms_expiry(rooms), UINT64_MAX);
	fake_ack(b->me_conn);		/* not a */
	join(rooms, "lobby", c, now);
	assert_int_equal(rooms_expiry(rooms) - now, first);
	member_gone(a, now);
	member_gone(b, now);
	member_gone(c, now);
	rooms_free(rooms);
}

/* What signald would hear, as text. */
static struct {
	char	text[4096];
	int	slow;		/* takes so many more; -1: all */
} heard;

static int
hear(void *arg, enum msg_type type, const char *name)
{
	size_t	len = strlen(heard.text);

	(void)arg;
	if (type != MSG_ROOM_EMPTY && heard.slow != -1 && heard.slow-- == 0) {
		heard.slow = 0;
		return (-1);
	}
	(void)snprintf(heard.text + len, sizeof(heard.text) - len, "%s%s ",
	    type == MSG_ROOM_OPENED ? "+" : type == MSG_ROOM_EMPTY ? "-" :
	    ".", name != NULL ? name : "");
	return (0);
}

static void
assert_heard(struct roster *ro, bool more, const char *expect)
{
	assert_int_equal(roster_push(ro), more);
	assert_string_equal(heard.text, expect);
	heard.text[0] = '\0';
}

/* Once opened, once empty; a new signald hears of those there are. */
static void
test_roster(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct roster	*ro = roster_new(hear, NULL);
	struct member	*a = member_new(FIRST, NULL);
	struct member	*a2 = member_new(FIRST, NULL);
	struct member	*b = member_new(SECOND, NULL);
	struct member	*c = member_new(THIRD, NULL);
	struct member	*replaced;

	(void)state;
	memset(&heard, 0, sizeof(heard));
	heard.slow = -1;
	rooms_watch(rooms, &roster_watch, ro);
	/* Before there is a signald: nothing said, nothing lost. */
	join(rooms, "one", a, T0);
	assert_heard(ro, false, "");
	roster_begin(ro);
	assert_heard(ro, false, "+one . ");
	assert_heard(ro, false, "");
	join(rooms, "one", b, T0);
	join(rooms, "two", c, T0);
	assert_heard(ro, false, "+two ");
	room_leave(a, T0);
	assert_heard(ro, false, "");
	room_leave(b, T0);
	assert_heard(ro, false, "-one ");
	/* Gone before it was told: not a word. */
	join(rooms, "three", a, T0);
	room_leave(a, T0);
	assert_heard(ro, false, "");
	/* Empty and there again at once: in this order. */
	room_leave(c, T0);
	join(rooms, "two", c, T0);
	assert_heard(ro, false, "-two +two ");
	/* A connection replaced is no emptied room. */
	join(rooms, "call-x", a, T0);
	assert_heard(ro, false, "+call-x ");
	assert_int_equal(room_join(rooms, "call-x", a2, T0, &replaced),
	    ROOM_JOINED);
	assert_ptr_equal(replaced, a);
	assert_heard(ro, false, "");
	/* Nor is one that was refused an opened one. */
	rooms_limit(rooms, &(struct room_limits){ 2, 600 });
	assert_int_equal(room_join(rooms, "four", a, T0, &replaced),
	    ROOM_TOO_MANY);
	rooms_limit(rooms, &(struct room_limits){ 3, 0 });
	assert_int_equal(room_join(rooms, "four", a, T0, &replaced),
	    ROOM_FULL);
	assert_heard(ro, false, "");
	rooms_limit(rooms, &limits);

	/* signald dies; meanwhile one goes and one comes. */
	roster_end(ro);
	room_leave(a2, T0);
	join(rooms, "late", b, T0);
	assert_heard(ro, false, "");
	/* The next one is slow: the end comes last, each room once. */
	roster_begin(ro);
	heard.slow = 1;
	assert_int_equal(roster_push(ro), true);
	join(rooms, "later", a, T0);
	heard.slow = 1;
	assert_int_equal(roster_push(ro), true);
	heard.slow = 1;
	assert_heard(ro, true, "+two +late +later ");
	assert_heard(ro, true, "");
	heard.slow = -1;
	assert_heard(ro, false, ". ");
	/* And one that comes while it is still talking: from the start. */
	roster_begin(ro);
	assert_heard(ro, false, "+two +late +later . ");
	member_gone(b, T0);
	member_gone(c, T0);
	assert_heard(ro, false, "-late -two ");
	member_gone(a, T0);
	member_gone(a2, T0);
	assert_heard(ro, false, "-later ");
	rooms_free(rooms);
	roster_free(ro);
}

/* More than 16 members: at most one update per 250 ms, above 200 per s. */
static void
test_coalescing(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*m[520];
	uint64_t	 due, now = T0;
	size_t		 before, i, n = 0;
	char		 expect[64];

	(void)state;
	for (; n < ANNOUNCE_SMALL; n++) {
		m[n] = member_numbered((unsigned int)n);
		join(rooms, "hall", m[n], now);
		for (i = 0; i <= n; i++)
			fake_ack(m[i]->me_conn);
	}
	assert_int_equal(m[0]->me_conn->qc_nmessages, 16);
	assert_int_equal(rooms_expiry(rooms), UINT64_MAX);

	/* The 17th and 18th come at once: nothing yet. */
	for (; n < 18; n++) {
		m[n] = member_numbered((unsigned int)n);
		join(rooms, "hall", m[n], now);
	}
	assert_int_equal(m[0]->me_conn->qc_nmessages, 16);
	due = rooms_expiry(rooms);
	assert_true(due >= now + ANNOUNCE_MEDIUM_NS);
	assert_true(due <= now + ANNOUNCE_MEDIUM_NS + 10 * NS_PER_MS);
	rooms_expire(rooms, due - 1);
	assert_int_equal(m[0]->me_conn->qc_nmessages, 16);
	rooms_expire(rooms, due);
	assert_int_equal(m[0]->me_conn->qc_nmessages, 17);
	assert_int_equal(m[17]->me_conn->qc_nmessages, 1);
	assert_non_null(strstr(fake_last(m[0]->me_conn), "{\"count\":18,"));
	assert_string_equal(fake_last(m[0]->me_conn),
	    fake_last(m[17]->me_conn));
	assert_int_equal(rooms_expiry(rooms), UINT64_MAX);

	/* After a quiet time the next change is told at once. */
	for (i = 0; i < n; i++)
		fake_ack(m[i]->me_conn);
	now = due + NS_PER_S;
	m[n] = member_numbered((unsigned int)n);
	join(rooms, "hall", m[n++], now);
	assert_int_equal(m[0]->me_conn->qc_nmessages, 18);

	/* 520 members: one second, 500 listed, all counted. */
	for (i = 0; i < n; i++)
		fake_ack(m[i]->me_conn);
	for (; n < 520; n++) {
		m[n] = member_numbered((unsigned int)n);
		join(rooms, "hall", m[n], now);
	}
	before = m[0]->me_conn->qc_nmessages;
	rooms_expire(rooms, now + ANNOUNCE_MEDIUM_NS + 20 * NS_PER_MS);
	now += ANNOUNCE_MEDIUM_NS + 20 * NS_PER_MS;
	assert_int_equal(m[0]->me_conn->qc_nmessages, before + 1);
	assert_non_null(strstr(fake_last(m[0]->me_conn), "{\"count\":520,"));
	(void)snprintf(expect, sizeof(expect), "%04x:0000", 499);
	assert_non_null(strstr(fake_last(m[0]->me_conn), expect));
	(void)snprintf(expect, sizeof(expect), "%04x:0000", 500);
	assert_null(strstr(fake_last(m[0]->me_conn), expect));
	for (i = 0; i < n; i++)
		fake_ack(m[i]->me_conn);
	before = m[0]->me_conn->qc_nmessages;
	member_gone(m[--n], now);
	due = rooms_expiry(rooms);
	assert_true(due >= now + ANNOUNCE_LARGE_NS);
	rooms_expire(rooms, due);
	assert_int_equal(m[0]->me_conn->qc_nmessages, before + 1);

	while (n > 0)
		member_gone(m[--n], due);
	assert_int_equal(rooms_count(rooms), 0);
	assert_int_equal(rooms_expiry(rooms), UINT64_MAX);
	rooms_free(rooms);
}

/* Aliases too long for 500 of them: the list is cut further. */
static void
test_long_aliases(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*m[400];
	char		 alias[ALIAS_STRLEN];
	size_t		 i;

	(void)state;
	memset(alias, '\1', sizeof(alias) - 1);	/* six bytes each in JSON */
	alias[sizeof(alias) - 1] = '\0';
	for (i = 0; i < 400; i++) {
		m[i] = member_numbered((unsigned int)i);
		m[i]->me_has_alias = true;
		strlcpy(m[i]->me_alias, alias, sizeof(m[i]->me_alias));
		join(rooms, "hall", m[i], T0);
	}
	for (i = 0; i < 400; i++)
		fake_ack(m[i]->me_conn);
	rooms_expire(rooms, T0 + 2 * NS_PER_S);
	assert_non_null(strstr(fake_last(m[0]->me_conn), "{\"count\":400,"));
	assert_true(strlen(fake_last(m[0]->me_conn)) <= 65536);
	for (i = 0; i < 400; i++)
		member_gone(m[i], T0);
	rooms_free(rooms);
}

/* One in flight per member; who was slow gets the newest only. */
static void
test_slow_reader(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*a = member_new(FIRST, NULL);
	struct member	*m[6];
	uint64_t	 due, last, now = T0;
	unsigned int	 i, j;

	(void)state;
	join(rooms, "lobby", a, now);		/* never acknowledged */
	for (i = 0; i < 6; i++) {
		m[i] = member_numbered(i);
		join(rooms, "lobby", m[i], now);
		/* The others hear at once. */
		assert_int_equal(m[i]->me_conn->qc_nmessages, 1);
		for (j = 0; j <= i; j++)
			fake_ack(m[j]->me_conn);
	}
	assert_int_equal(m[0]->me_conn->qc_nmessages, 6);
	assert_int_equal(a->me_conn->qc_nmessages, 1);

	/* We try again ever less often, up to a second. */
	last = 0;
	for (i = 0; i < 12; i++) {
		due = rooms_expiry(rooms);
		assert_true(due > now);
		last = due - now;
		now = due;
		rooms_expire(rooms, now);
	}
	assert_true(last >= ANNOUNCE_RETRY_MAX_NS);
	assert_true(last <= ANNOUNCE_RETRY_MAX_NS + 20 * NS_PER_MS);
	assert_int_equal(a->me_conn->qc_nmessages, 1);

	fake_ack(a->me_conn);
	now = rooms_expiry(rooms);
	rooms_expire(rooms, now);
	assert_int_equal(a->me_conn->qc_nmessages, 2);
	assert_non_null(strstr(fake_last(a->me_conn), "{\"count\":7,"));
	assert_int_equal(rooms_expiry(rooms), UINT64_MAX);

	/* The same when the connection refuses more (ENOBUFS). */
	fake_ack(a->me_conn);
	a->me_conn->qc_full = true;
	member_gone(m[5], now);
	assert_int_equal(a->me_conn->qc_nmessages, 2);
	assert_non_null(strstr(fake_last(m[0]->me_conn), "{\"count\":6,"));
	a->me_conn->qc_full = false;
	rooms_expire(rooms, rooms_expiry(rooms));
	assert_non_null(strstr(fake_last(a->me_conn), "{\"count\":6,"));

	/* A room that waits may vanish. */
	a->me_conn->qc_full = true;
	for (i = 0; i < 5; i++)
		member_gone(m[i], now);
	assert_true(rooms_expiry(rooms) != UINT64_MAX);
	member_gone(a, now);
	assert_int_equal(rooms_expiry(rooms), UINT64_MAX);
	rooms_expire(rooms, now + 10 * NS_PER_S);
	rooms_free(rooms);
}

static void
test_fanout(void **state)
{
	/* The two unused bits of byte 1 are set on the way in. */
	static const uint8_t	 in[] = { 0x02, 0x34 | 0x03, 0, 7, 0, 0, 0, 20,
				    1, 2, 3, 4, 0xaa, 13, 20, 5, 200 };
	struct rooms		*rooms = rooms_new(&limits);
	struct member		*a = member_new(FIRST, NULL);
	struct member		*b = member_new(SECOND, NULL);
	struct member		*c = member_new(THIRD, NULL);
	struct member		*d = member_numbered(1);
	struct room		*room;
	struct traffic		 tr;
	uint8_t			 out[sizeof(in)];
	uint8_t			 bad[2000];
	size_t			 i;

	(void)state;
	join(rooms, "lobby", a, T0);
	join(rooms, "lobby", b, T0);
	join(rooms, "lobby", c, T0);
	join(rooms, "other", d, T0);
	memcpy(out, in, sizeof(in));
	out[1] = 0x34;

	room_datagram(b, in, sizeof(in), T0);
	assert_int_equal(a->me_conn->qc_ndatagrams, 1);
	assert_int_equal(b->me_conn->qc_ndatagrams, 0);
	assert_int_equal(c->me_conn->qc_ndatagrams, 1);
	assert_int_equal(d->me_conn->qc_ndatagrams, 0);
	assert_int_equal(a->me_conn->qc_datagram_len, sizeof(out));
	assert_memory_equal(a->me_conn->qc_datagram, out, sizeof(out));
	assert_memory_equal(c->me_conn->qc_datagram, out, sizeof(out));

	/* c takes nothing for a while: its loss alone. */
	c->me_conn->qc_blocked = true;
	for (i = 0; i < 4; i++)
		room_datagram(a, in, sizeof(in), T0);
	assert_int_equal(b->me_conn->qc_ndatagrams, 4);
	assert_int_equal(c->me_conn->qc_ndatagrams, 1);
	member_traffic(c, &tr);
	assert_int_equal(tr.tr_packets_out, 1);
	assert_int_equal(tr.tr_dropped, 4);
	member_traffic(a, &tr);
	assert_int_equal(tr.tr_packets_in, 4);
	assert_int_equal(tr.tr_bytes_in, 4 * sizeof(in));
	assert_int_equal(tr.tr_packets_out, 1);
	assert_int_equal(tr.tr_bytes_out, sizeof(in));

	/* Short, unknown codec, report cut off, too long: all go nowhere. */
	memset(bad, 0, sizeof(bad));
	for (i = 0; i < 12; i++)
		room_datagram(a, bad, i, T0);
	bad[0] = 9 << 2;
	room_datagram(a, bad, 12, T0);
	bad[0] = 0x02;
	room_datagram(a, bad, 15, T0);
	bad[0] = 0;
	room_datagram(a, bad, sizeof(bad), T0);
	assert_int_equal(b->me_conn->qc_ndatagrams, 4);
	member_traffic(a, &tr);
	assert_int_equal(tr.tr_packets_in, 4);
	assert_int_equal(tr.tr_malformed, 15);

	room = room_find(rooms, "lobby");
	assert_int_equal(room->rm_traffic.tr_packets_in, 5);
	assert_int_equal(room->rm_traffic.tr_packets_out, 6);
	assert_int_equal(room->rm_traffic.tr_dropped, 4);
	assert_int_equal(rooms_traffic(rooms)->tr_packets_in, 5);
	assert_int_equal(rooms_traffic(rooms)->tr_bytes_out,
	    6 * sizeof(in));
	assert_int_equal(rooms_traffic(rooms)->tr_malformed, 15);
	assert_int_equal(rooms_traffic(rooms)->tr_dropped, 4);

	/* What a member did is still known after it left. */
	room_leave(c, T0);
	member_traffic(c, &tr);
	assert_int_equal(tr.tr_packets_out, 1);
	assert_int_equal(tr.tr_dropped, 4);
	/* A datagram of somebody outside goes nowhere. */
	room_datagram(c, in, sizeof(in), T0);
	assert_int_equal(a->me_conn->qc_ndatagrams, 1);
	member_gone(a, T0);
	member_gone(b, T0);
	member_gone(c, T0);
	member_gone(d, T0);
	rooms_free(rooms);
}

static void
test_directive(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*a = member_new(FIRST, NULL);
	struct member	*b = member_new(SECOND, NULL);
	struct member	*c = member_new(THIRD, NULL);
	uint64_t	 now = T0;
	size_t		 i, n;

	(void)state;
	join(rooms, "lobby", a, now);
	join(rooms, "lobby", b, now);
	fake_ack(a->me_conn);
	fake_ack(b->me_conn);
	n = b->me_conn->qc_nmessages;

	/* Two bad reports do nothing, the third makes the room Degraded. */
	report(a, 14, 0, now);
	report(a, 14, 0, now);
	assert_int_equal(b->me_conn->qc_nmessages, n);
	report(a, 14, 0, now);
	assert_int_equal(b->me_conn->qc_nmessages, n + 1);
	assert_string_equal(fake_last(b->me_conn),
	    "{\"QualityDirective\":{\"recommended_profile\":{\"codec\":"
	    "\"Opus6k\",\"fec_ratio\":0.5,\"frame_duration_ms\":40,"
	    "\"frames_per_block\":10},\"reason\":\"weakest link: "
	    "Degraded\"}}");
	assert_string_equal(fake_last(a->me_conn), fake_last(b->me_conn));

	/* b gets worse still: the room follows; a at Degraded is no news. */
	for (i = 0; i < 3; i++)
		report(b, 60, 0, now);
	assert_non_null(strstr(fake_last(a->me_conn),
	    "\"weakest link: Catastrophic\""));

	/* b leaves: nobody looks again (gap 42). */
	n = a->me_conn->qc_nmessages;
	fake_ack(a->me_conn);
	room_leave(b, now);
	assert_non_null(strstr(fake_last(a->me_conn), "{\"count\":1,"));
	assert_int_equal(a->me_conn->qc_nmessages, n + 1);
	/* A newcomer is not told of the directive. */
	join(rooms, "lobby", c, now);
	assert_int_equal(c->me_conn->qc_nmessages, 1);
	assert_non_null(strstr(fake_last(c->me_conn), "RoomUpdate"));

	/* a recovers to Good: c, silent, counts as Good. */
	fake_ack(a->me_conn);
	for (i = 0; i < 5; i++)
		report(a, 0, 0, now);
	assert_non_null(strstr(fake_last(c->me_conn),
	    "\"weakest link: Good\""));
	/* a rises above, c holds the room at Good. */
	n = c->me_conn->qc_nmessages;
	for (i = 0; i < 30; i++)
		report(a, 0, 0, now);
	assert_true(a->me_quality.q_tier > TIER_GOOD);
	assert_int_equal(c->me_conn->qc_nmessages, n);
	/* Only when both are above it does the room rise. */
	for (i = 0; i < 10; i++)
		report(c, 0, 0, now);
	assert_non_null(strstr(fake_last(a->me_conn),
	    "\"weakest link: Studio32k\""));
	member_gone(a, now);
	member_gone(b, now);
	member_gone(c, now);
	rooms_free(rooms);
}

/* A flood of reports cannot pile up directives at a slow reader. */
static void
test_directive_flood(void **state)
{
	struct rooms	*rooms = rooms_new(&limits);
	struct member	*a = member_new(FIRST, NULL);
	struct member	*b = member_new(SECOND, NULL);
	size_t		 i, j;

	(void)state;
	join(rooms, "lobby", a, T0);
	join(rooms, "lobby", b, T0);
	fake_ack(a->me_conn);
	for (i = 0; i < 300; i++) {
		for (j = 0; j < 3; j++)
			report(a, 14, 0, T0);
		fake_ack(a->me_conn);
		for (j = 0; j < 5; j++)
			report(a, 0, 0, T0);
		fake_ack(a->me_conn);
		if (a->me_conn->qc_nmessages + 4 > FAKE_MESSAGES_MAX)
			break;
	}
	assert_true(a->me_conn->qc_nmessages > 200);
	assert_true(quic_send_queued(b->me_conn) < ANNOUNCE_BACKLOG + 512);
	/* It ends at what holds, once the rest was acknowledged. */
	for (j = 0; j < 3; j++)
		report(a, 60, 0, T0);
	fake_ack(b->me_conn);
	assert_true(rooms_expiry(rooms) != UINT64_MAX);
	rooms_expire(rooms, rooms_expiry(rooms));
	assert_non_null(strstr(fake_last(b->me_conn),
	    "\"weakest link: Catastrophic\""));
	assert_int_equal(b->me_tier, TIER_CATASTROPHIC);
	member_gone(a, T0);
	member_gone(b, T0);
	rooms_free(rooms);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_updates),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_call_room),
		cmocka_unit_test(test_replace_update),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_retry_pace),
		cmocka_unit_test(test_retry_reset),
		cmocka_unit_test(test_roster),
		cmocka_unit_test(test_coalescing),
		cmocka_unit_test(test_long_aliases),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_fanout),
		cmocka_unit_test(test_directive),
		cmocka_unit_test(test_directive_flood)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
