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
 * One relay's rooms over relays: what mediads, originals and relays of ours
 * hear from it, byte by byte, and what they may say; in virtual time.
 *
 * COVERS: row 4.19 - GlobalRoomActive of a call's room
 * COVERS: protocol 9.4 - texts to and from originals, names and hashed names
 * COVERS: protocol 9.8 - an original is kept from forgetting our people
 * COVERS: gap 22 - rooms of calls are said to their relay alone
 * COVERS: gap 31 - raw and hashed names of a room find each other's people
 * COVERS: gap 45 - configured names with capitals
 * COVERS: gap 53 - names that are not global here are ignored
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/identity.h"
#include "federd/quota.h"
#include "regress/unit/rooms_world.h"

#define ADA	"8dc9:109a:aebc:72c6:859f:c7bf:d6fe:d198"
#define BOB	"7f41:353f:b0ec:3e41:be36:1c80:ad6d:ddd2"
#define EVE	"518e:b935:62fa:9e34:e59c:28b6:7fc2:d384"
#define HASHED	"a47b63f7d5b511ba5bc4089a74446906"

#define ACTIVE(list)							\
	"{\"GlobalRoomActive\":{\"room\":\"general\","			\
	"\"participants\":[" list "]}}"
#define INACTIVE	"{\"GlobalRoomInactive\":{\"room\":\"general\"}}"
#define PERSON(fp, alias, label)					\
	"{\"fingerprint\":\"" fp "\",\"alias\":" alias			\
	",\"relay_label\":" label "}"

/* What an original reads, to the byte. */
static void
test_to_original(void **state)
{
	(void)state;
	rw_new();
	rw_up(RW_OLD);
	rw_assert_said(RW_OLD, "");
	rw_member(0, "general", ADA, "Ada", true);
	rw_assert_said(RW_OLD, ACTIVE(PERSON(ADA, "\"Ada\"", "null")) "\n");
	/* Nothing new, nothing said. */
	rw_member(0, "general", ADA, "Ada", true);
	rw_tick(NS_PER_S);
	rw_assert_said(RW_OLD, "");
	rw_member(0, "general", BOB, "", true);
	rw_assert_said(RW_OLD, ACTIVE(PERSON(ADA, "\"Ada\"", "null") ","
	    PERSON(BOB, "null", "null")) "\n");
	/* Faster than the pace: one word for both. */
	rw_member(0, "general", BOB, "", false);
	rw_member(0, "general", EVE, "", true);
	rw_assert_said(RW_OLD, "");
	rw_tick(FEDROOMS_PACE_NS);
	rw_assert_said(RW_OLD, ACTIVE(PERSON(ADA, "\"Ada\"", "null") ","
	    PERSON(EVE, "null", "null")) "\n");
	rw_tick(NS_PER_S);
	rw_member(0, "general", EVE, "", false);
	rw_tick(NS_PER_S);
	rw.said[RW_OLD][0] = '\0';
	rw_member(0, "general", ADA, "", false);
	rw_assert_said(RW_OLD, INACTIVE "\n");
	/* It comes back: it knows nothing. */
	rw_member(0, "general", ADA, "Ada", true);
	rw_down(RW_OLD);
	rw_tick(NS_PER_S);
	rw.said[RW_OLD][0] = '\0';
	rw_up(RW_OLD);
	rw_assert_said(RW_OLD, ACTIVE(PERSON(ADA, "\"Ada\"", "null")) "\n");
	rw_free();
}

/* What an original says, under either name; labels are filled in. */
static void
test_from_original(void **state)
{
	(void)state;
	rw_new();
	rw_up(RW_OLD);
	rw_say(RW_OLD, "{\"GlobalRoomActive\":{\"room\":\"" HASHED "\","
	    "\"participants\":[" PERSON(BOB, "\"Bob\"", "null") "]}}");
	rw_assert_told(0, "+general/7f41@peer3=Bob "
	    "+" HASHED "/7f41@peer3=Bob ");
	assert_int_equal(fedrooms_remote(rw.fr, "general"), 1);
	/* It passes on what it has from others, with their label. */
	rw_say(RW_OLD, ACTIVE(PERSON(EVE, "null", "\"south\"")));
	rw_assert_told(0, "+general/518e@south +" HASHED "/518e@south ");
	rw_tick(NS_PER_S);
	rw_assert_said(RW_OLD, "");
	rw_say(RW_OLD, INACTIVE);
	rw_assert_told(0, "-general/7f41 -general/518e -" HASHED "/7f41 -"
	    HASHED "/518e ");
	assert_int_equal(fedrooms_people(rw.fr), 0);
	/* What is no fingerprint is nobody. */
	rw_say(RW_OLD, ACTIVE(PERSON("Bob", "null", "null")));
	rw_say(RW_OLD, ACTIVE(PERSON("", "null", "null")));
	rw_assert_told(0, "");
	/* The link goes, and its people with it (9.9, repaired). */
	rw_say(RW_OLD, ACTIVE(PERSON(BOB, "null", "null")));
	rw.told[0][0] = '\0';
	rw_down(RW_OLD);
	rw_assert_told(0, "-general/7f41 -" HASHED "/7f41 ");
	rw_free();
}

/* An original tells us of our own people: they are here, not there. */
static void
test_echo(void **state)
{
	(void)state;
	rw_new();
	rw_up(RW_OLD);
	rw_up(0);
	rw_member(0, "general", ADA, "", true);
	rw.said[RW_OLD][0] = rw.said[0][0] = '\0';
	rw.told[0][0] = '\0';
	rw_say(RW_OLD, ACTIVE(PERSON(ADA, "null", "\"us\"")));
	rw_tick(NS_PER_S);
	rw_assert_told(0, "");
	/* She leaves, and a late echo does not bring her back. */
	rw_member(0, "general", ADA, "", false);
	rw_assert_said(RW_OLD, INACTIVE "\n");
	rw.told[0][0] = '\0';
	rw_say(RW_OLD, ACTIVE(PERSON(ADA, "null", "\"us\"")));
	rw_tick(NS_PER_S);
	rw_assert_told(0, "");
	rw_assert_said(RW_OLD, "");
	assert_int_equal(fedrooms_remote(rw.fr, "general"), 0);
	rw_free();
}

/* Names that are not global here (gap 53), and those that never can be. */
static void
test_names(void **state)
{
	uint64_t	before;

	(void)state;
	rw_new();
	rw_up(RW_OLD);
	rw_up(0);
	/* A private room of ours has that name. */
	rw_member(0, "kitchen", ADA, "", true);
	rw_say(RW_OLD, "{\"GlobalRoomInactive\":{\"room\":\"kitchen\"}}");
	rw_say(0, "{\"GlobalRoomActive\":{\"room\":\"kitchen\","
	    "\"participants\":[" PERSON(BOB, "null", "null") "]}}");
	rw_say(RW_OLD, "{\"GlobalRoomActive\":{\"room\":\"call-1\","
	    "\"participants\":[" PERSON(BOB, "null", "null") "]}}");
	rw_tick(NS_PER_S);
	assert_int_equal(fedrooms_counters(rw.fr)->rn_unknown, 3);
	rw_assert_said(RW_OLD, "");
	rw_assert_said(0, "");
	rw_assert_told(0, "");
	/* Configuration. */
	assert_int_equal(fedrooms_global(rw.fr, ""), -1);
	assert_int_equal(fedrooms_global(rw.fr, "Call-x"), -1);
	assert_int_equal(fedrooms_global(rw.fr, "GENERAL"), 0);
	assert_int_equal(fedrooms_globals(rw.fr), 1);
	/* Said twice without end: nothing goes. */
	before = fedrooms_counters(rw.fr)->rn_sent;
	fedrooms_globals_begin(rw.fr);
	assert_int_equal(fedrooms_global(rw.fr, "kitchen"), 0);
	fedrooms_globals_end(rw.fr);
	rw_assert_told(0, "*kitchen *2a622eb53ff06b55bea9729cecd1c7c9 "
	    "!general !" HASHED " ");
	assert_int_equal(fedrooms_counters(rw.fr)->rn_sent, before);
	assert_int_equal(fedrooms_globals(rw.fr), 1);
	rw_free();
}

/* Raw and hashed, in two mediads: one room (gap 31). */
static void
test_hashed(void **state)
{
	(void)state;
	rw_new();
	fedrooms_mediad_up(rw.fr, 1);
	rw_assert_told(1, "*general *" HASHED " ");
	rw_up(RW_OLD);
	rw_member(0, "general", ADA, "Ada", true);
	rw_assert_told(0, "+" HASHED "/8dc9=Ada ");
	rw_assert_told(1, "+" HASHED "/8dc9=Ada ");
	rw_member(1, HASHED, BOB, "", true);
	rw_assert_told(0, "+general/7f41 ");
	rw_tick(NS_PER_S);
	rw.said[RW_OLD][0] = '\0';
	/* Ada with a second device over the other name: still one. */
	rw_member(1, HASHED, ADA, "Ada", true);
	rw_tick(NS_PER_S);
	rw_assert_told(0, "-" HASHED "/8dc9 ");
	rw_member(0, "general", ADA, "", false);
	rw_tick(NS_PER_S);
	rw_assert_told(0, "+general/8dc9=Ada ");
	rw_assert_said(RW_OLD, "");
	rw_member(1, HASHED, ADA, "", false);
	rw_assert_said(RW_OLD, ACTIVE(PERSON(BOB, "null", "null")) "\n");
	rw_free();
}

/* Versions: each once, the newer wins, one's own is said anew. */
static void
test_versions(void **state)
{
	char	*text;

	(void)state;
	rw_new();
	rw_up(0);
	rw_up(1);
	rw_word(0, 0x77, 100, ADA);
	rw_assert_told(0, "+general/8dc9@peer0 +" HASHED "/8dc9@peer0 ");
	/* Passed on, with whose label it came. */
	text = strstr(rw.said[1], "\"relay_label\":\"peer0\"");
	assert_non_null(text);
	assert_non_null(strstr(text, "\"origin\":\"77:77:"));
	assert_non_null(strstr(text, "\"version\":100}"));
	assert_null(strstr(text, "\n{"));
	rw_assert_said(0, "");
	rw.said[1][0] = '\0';
	/* The same again, from both; an older one. */
	rw_word(1, 0x77, 100, ADA);
	rw_word(0, 0x77, 100, ADA);
	rw_word(1, 0x77, 98, BOB);
	rw_tick(NS_PER_S);
	rw_assert_said(0, "");
	rw_assert_said(1, "");
	rw_assert_told(0, "");
	assert_int_equal(fedrooms_counters(rw.fr)->rn_stale, 3);
	/* What cannot be: no origin, version or one that is odd. */
	rw_say(0, ACTIVE(PERSON(BOB, "null", "null")));
	rw_word(0, 0x77, 0, BOB);
	rw_word(0, 0x77, 103, BOB);
	/* Two days ahead of our clock nobody could outbid it. */
	rw_word(0, 0x77, 2 * (1000 + 172800000 + 30 * 60 * 1000), BOB);
	rw_word(1, 0x77, 2 * (1000 + 172800000 + 30 * 60 * 1000) + 1, NULL);
	rw_assert_told(0, "");
	/* Taken back by somebody: shown a while, then gone. */
	rw_word(1, 0x77, 101, NULL);
	assert_non_null(strstr(rw.said[0], "\"version\":101}"));
	rw.said[0][0] = '\0';
	rw_assert_told(0, "");
	rw_tick(FEDROOMS_LINGER_NS);
	rw_assert_told(0, "-general/8dc9 -" HASHED "/8dc9 ");
	/* It is there after all. */
	rw_word(1, 0x77, 102, BOB);
	rw_assert_told(0, "+general/7f41@peer1 +" HASHED "/7f41@peer1 ");
	/* A late withdrawal of what it said before gets the truth. */
	rw.said[0][0] = '\0';
	rw_word(0, 0x77, 101, NULL);
	assert_non_null(strstr(rw.said[0], "\"version\":102}"));
	rw.said[0][0] = '\0';
	rw.told[0][0] = rw.said[1][0] = '\0';

	/* Our own word, of another time or another's making. */
	rw_member(0, "general", EVE, "", true);
	rw.said[0][0] = rw.said[1][0] = '\0';
	rw_tick(NS_PER_S);
	rw_word(0, 0xee, 500000, ADA);
	assert_non_null(strstr(rw.said[0], EVE));
	assert_non_null(strstr(rw.said[0], "\"version\":500002}"));
	assert_non_null(strstr(rw.said[1], "\"version\":500002}"));
	assert_int_equal(fedrooms_remote(rw.fr, "general"), 1);
	/* Again and again: no faster than the pace. */
	rw.said[1][0] = '\0';
	rw_word(0, 0xee, 600000, ADA);
	rw_word(0, 0xee, 700000, ADA);
	rw_assert_said(1, "");
	rw_tick(FEDROOMS_PACE_NS);
	assert_non_null(strstr(rw.said[1], "\"version\":700002}"));
	assert_null(strstr(rw.said[1], "}}\n{"));
	rw_free();
}

/* A neighbour speaks for itself. */
static void
test_direct(void **state)
{
	(void)state;
	rw_new();
	rw_up(0);
	rw_up(1);
	rw_word(0, 0x10, 100, ADA);
	rw.told[0][0] = rw.said[1][0] = '\0';
	/* The other one says something of it. */
	rw_word(1, 0x10, 200, BOB);
	rw_word(1, 0x10, 202, NULL);
	rw_assert_told(0, "");
	rw_assert_said(0, "");
	assert_int_equal(fedrooms_remote(rw.fr, "general"), 1);
	/* It has lost it, so it hears of that and says its word anew. */
	rw_word(1, 0x10, 101, NULL);
	rw_assert_told(0, "");
	assert_non_null(strstr(rw.said[0], "\"version\":101}"));
	assert_non_null(strstr(rw.said[0], "GlobalRoomInactive"));
	rw.said[0][0] = '\0';
	/* The link with it goes: gone for everybody, after a while here. */
	rw_down(0);
	assert_non_null(strstr(rw.said[1], "\"version\":101}"));
	rw_tick(FEDROOMS_LINGER_NS);
	rw_assert_told(0, "-general/8dc9 -" HASHED "/8dc9 ");
	/* It comes back, with the word that was taken back: it hears so. */
	rw_up(0);
	assert_non_null(strstr(rw.said[0], "\"version\":101}"));
	/* Now others may speak of it who have a way to it. */
	rw_down(0);
	rw_word(1, 0x10, 104, BOB);
	assert_int_equal(fedrooms_remote(rw.fr, "general"), 1);
	rw_tick(FEDROOMS_TOMB_NS);
	rw_free();
}

/* People from an original are said to ours, once somebody has to. */
static void
test_gateway(void **state)
{
	(void)state;
	rw_new();
	rw_up(0);
	rw_up(RW_OLD);
	rw_say(RW_OLD, ACTIVE(PERSON(ADA, "null", "null")));
	rw_assert_said(0, "");
	rw_tick(2 * FEDROOMS_WAIT_NS);
	assert_non_null(strstr(rw.said[0],
	    PERSON(ADA, "null", "\"peer3\"")));
	assert_non_null(strstr(rw.said[0], "\"origin\":\"ee:ee:"));
	rw.said[0][0] = '\0';
	rw_say(RW_OLD, INACTIVE);
	rw_tick(NS_PER_S);
	assert_non_null(strstr(rw.said[0], "GlobalRoomInactive"));
	rw.said[0][0] = '\0';
	rw_tick(FEDROOMS_GHOST_NS);
	/* Another of ours was faster: not again. */
	rw_say(RW_OLD, ACTIVE(PERSON(BOB, "null", "null")));
	rw_word(0, 0x77, 100, BOB);
	rw_tick(NS_PER_S);
	rw_assert_said(0, "");
	/* It takes that back: then it is ours to say. */
	rw_word(0, 0x77, 102, NULL);
	rw_tick(NS_PER_S);
	assert_non_null(strstr(rw.said[0], BOB));
	rw_free();
}

/* To an original people of other relays: later, unless it names them. */
static void
test_wait(void **state)
{
	(void)state;
	rw_new();
	rw_up(0);
	rw_up(RW_OLD);
	rw_word(0, 0x10, 100, ADA);
	rw_assert_said(RW_OLD, "");
	rw_tick(2 * FEDROOMS_WAIT_NS);
	rw_assert_said(RW_OLD, ACTIVE(PERSON(ADA, "null", "\"peer0\"")) "\n");
	rw_word(0, 0x10, 102, BOB);
	rw_say(RW_OLD, ACTIVE(PERSON(BOB, "null", "\"other way\"")));
	rw_tick(NS_PER_S);
	rw_assert_said(RW_OLD, INACTIVE "\n");	/* Ada is gone */
	rw_free();
}

#define CALL_ACTIVE(who)						\
	"{\"GlobalRoomActive\":{\"room\":\"call-1\",\"participants\":["	\
	who "]}}"
#define CALL_INACTIVE	"{\"GlobalRoomInactive\":{\"room\":\"call-1\"}}"

/* A call with somebody two relays away. */
static void
test_call(void **state)
{
	(void)state;
	rw_new();
	rw_up(0);
	rw_up(1);
	rw_up(RW_OLD);
	rw_member(0, "call-1", ADA, "", true);	/* too early: not asked for */
	rw_call_is("1", true, 0, 2);
	rw_assert_told(0, "*call-1 ");
	rw_member(0, "call-1", ADA, "Ada", true);
	assert_string_equal(rw.forwarded,
	    CALL_ACTIVE(PERSON(ADA, "\"Ada\"", "null")));
	assert_int_equal(rw.npath, 2);
	rw.forwarded[0] = '\0';
	rw_member(0, "call-1", ADA, "Ada", true);
	rw_call_is("1", true, 0, 2);
	assert_string_equal(rw.forwarded, "");
	/* Only that relay is believed. */
	rw_call_word(0, 1, CALL_ACTIVE(PERSON(EVE, "null", "null")));
	rw_call_word(1, 2, CALL_ACTIVE(PERSON(EVE, "null", "null")));
	rw_say(0, CALL_ACTIVE(PERSON(EVE, "null", "null")));
	rw_say(RW_OLD, CALL_ACTIVE(PERSON(EVE, "null", "null")));
	rw_assert_told(0, "");
	rw_call_word(0, 2, CALL_ACTIVE(PERSON(BOB, "null", "\"far\"")));
	rw_assert_told(0, "+call-1/7f41@far ");
	rw_call_word(0, 2, CALL_ACTIVE(PERSON(BOB, "null", "\"far\"")));
	rw_assert_told(0, "");
	/* A new mediad hears of it. */
	fedrooms_mediad_up(rw.fr, 1);
	assert_non_null(strstr(rw.told[1], "*call-1 +call-1/7f41@far "));
	/* The link goes and comes back in time. */
	rw_down(0);
	rw_tick(FEDROOMS_AWAY_NS / 2);
	rw_assert_told(0, "");
	rw_up(0);
	assert_string_equal(rw.forwarded,
	    CALL_ACTIVE(PERSON(ADA, "\"Ada\"", "null")));
	rw_tick(FEDROOMS_AWAY_NS);
	rw_assert_told(0, "");
	/* Or does not. */
	rw_down(0);
	rw_tick(FEDROOMS_AWAY_NS);
	rw_assert_told(0, "-call-1/7f41 ");
	rw_up(0);
	rw_call_word(0, 2, CALL_ACTIVE(PERSON(BOB, "null", "\"far\"")));
	rw_assert_told(0, "+call-1/7f41@far ");
	rw_call_word(0, 2, CALL_INACTIVE);
	rw_assert_told(0, "-call-1/7f41 ");
	/* It ends. */
	rw_call_is("1", false, 0, 2);
	assert_string_equal(rw.forwarded, CALL_INACTIVE);
	rw_assert_told(0, "!call-1 ");
	assert_int_equal(fedrooms_calls(rw.fr), 0);
	/* Nobody else has heard a word. */
	rw_assert_said(0, "");
	rw_assert_said(1, "");
	rw_assert_said(RW_OLD, "");
	rw_free();
}

/* A call with somebody on an original (row 4.19). */
static void
test_call_original(void **state)
{
	(void)state;
	rw_new();
	rw_up(0);
	rw_up(RW_OLD);
	rw_call_is("1", true, RW_OLD, 1);
	rw.told[0][0] = '\0';
	rw_member(0, "call-1", ADA, "", true);
	rw_assert_said(RW_OLD, CALL_ACTIVE(PERSON(ADA, "null", "null")) "\n");
	rw_assert_said(0, "");
	/* Its own people and ours, as it passes them round. */
	rw_say(RW_OLD, CALL_ACTIVE(PERSON(BOB, "null", "null") ","
	    PERSON(ADA, "null", "\"us\"")));
	rw_assert_told(0, "+call-1/7f41@peer3 ");
	rw_say(0, CALL_ACTIVE(PERSON(EVE, "null", "null")));
	rw_assert_told(0, "");
	rw_member(0, "call-1", ADA, "", false);
	rw_assert_said(RW_OLD, CALL_INACTIVE "\n");
	rw_say(RW_OLD, CALL_INACTIVE);
	rw_assert_told(0, "-call-1/7f41 ");
	/* A message that makes no sense ends it. */
	rw_call_is("1", true, RW_OLD, 0);
	assert_int_equal(fedrooms_calls(rw.fr), 0);
	rw_free();
}

/* An original hears from us before it forgets our people (9.8). */
static void
test_ping(void **state)
{
	(void)state;
	rw_new();
	rw_up(0);
	rw_up(RW_OLD);
	rw_tick(NS_PER_S * 20);
	assert_int_equal(rw.pings[RW_OLD], 0);
	rw_member(0, "general", ADA, "", true);
	rw_tick(NS_PER_S * 20);
	assert_in_range(rw.pings[RW_OLD], 3, 5);
	assert_int_equal(rw.pings[0], 0);
	rw_member(0, "general", ADA, "", false);
	rw.pings[RW_OLD] = 0;
	rw_tick(NS_PER_S * 20);
	assert_int_equal(rw.pings[RW_OLD], 0);
	rw_free();
}

/* A mediad dies, and its people come back, or not. */
static void
test_mediad(void **state)
{
	(void)state;
	rw_new();
	rw_up(RW_OLD);
	rw_up(0);
	rw_word(0, 0x10, 100, EVE);
	rw_call_is("1", true, RW_OLD, 1);
	rw_member(0, "general", ADA, "", true);
	rw_member(0, "general", BOB, "", true);
	rw_member(0, "call-1", ADA, "", true);
	rw_tick(NS_PER_S);
	rw.said[RW_OLD][0] = '\0';
	fedrooms_mediad_down(rw.fr, 0);
	rw.told[0][0] = '\0';
	fedrooms_mediad_up(rw.fr, 0);
	assert_non_null(strstr(rw.told[0], "+general/518e@peer0 "));
	rw_member(0, "general", ADA, "", true);
	rw_tick(FEDROOMS_AWAY_NS - 1);
	rw_assert_said(RW_OLD, "");
	rw_tick(1);
	assert_non_null(strstr(rw.said[RW_OLD], CALL_INACTIVE));
	assert_non_null(strstr(rw.said[RW_OLD], ADA));
	assert_null(strstr(rw.said[RW_OLD], BOB));
	rw_free();
}

/* signald is new: calls that it does not name end. */
static void
test_signald(void **state)
{
	(void)state;
	rw_new();
	rw_up(0);
	rw_call_is("1", true, 0, 1);
	rw_call_is("2", true, 0, 1);
	fedrooms_signald(rw.fr, false);
	rw_tick(NS_PER_S * 60);
	assert_int_equal(fedrooms_calls(rw.fr), 2);
	fedrooms_signald(rw.fr, true);
	rw_call_is("1", true, 0, 1);
	rw_tick(NS_PER_S * 60);
	assert_int_equal(fedrooms_calls(rw.fr), 1);
	rw_free();
}

/* Bounds on what neighbours, mediads and signald say. */
static void
test_bounds(void **state)
{
	static char	 first[SIGNAL_MAX], text[SIGNAL_MAX];
	char		 id[32], fp[64];
	unsigned int	 i, o;
	size_t		 len;

	(void)state;
	rw_new();
	rw_up(0);
	rw_up(1);
	for (o = 1; o < FEDROOMS_ORIGINS_MAX + 10; o++) {
		len = (size_t)snprintf(text, sizeof(text),
		    "{\"GlobalRoomActive\":{\"room\":\"general\","
		    "\"participants\":[");
		for (i = 0; i < 400; i++)
			len += (size_t)snprintf(text + len,
			    sizeof(text) - len, "%s{\"fingerprint\":\"%04x:"
			    "%04x:0000:0000:0000:0000:0000:0000\",\"alias\":"
			    "null,\"relay_label\":null}", i > 0 ? "," : "",
			    o, i);
		(void)snprintf(text + len, sizeof(text) - len,
		    "],\"origin\":\"%02x:%02x:22:22:22:22:22:22:22:22:22:22:"
		    "22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:22:"
		    "22:22\",\"version\":2}}", o >> 8, o & 0xff);
		if (o == 1)
			strlcpy(first, text, sizeof(first));
		rw_say(0, text);
		rw.said[1][0] = rw.told[0][0] = '\0';
		/* The first few hundred of them say enough. */
		if (o == 60)
			o = FEDROOMS_ORIGINS_MAX;
	}
	assert_int_equal(fedrooms_people(rw.fr), FEDROOMS_PEOPLE_MAX);
	assert_true(fedrooms_counters(rw.fr)->rn_excess > 0);
	/* Who is there stays when his relay says so again. */
	strstr(first, "\"version\":2")[strlen("\"version\":")] = '4';
	rw_say(0, first);
	rw.said[1][0] = rw.told[0][0] = '\0';
	assert_int_equal(fedrooms_people(rw.fr), FEDROOMS_PEOPLE_MAX);
	rw_down(0);
	rw.said[1][0] = rw.told[0][0] = '\0';
	rw_tick(FEDROOMS_TOMB_NS + NS_PER_S);
	assert_int_equal(fedrooms_people(rw.fr), 0);
	assert_int_equal(fedrooms_remote(rw.fr, "general"), 0);
	for (i = 0; i < FEDROOMS_CALLS_MAX + 10; i++) {
		(void)snprintf(id, sizeof(id), "%u", i);
		rw_call_is(id, true, 1, 1);
		rw.told[0][0] = '\0';
	}
	assert_int_equal(fedrooms_calls(rw.fr), FEDROOMS_CALLS_MAX);
	for (i = 0; i < 700; i++) {
		(void)snprintf(fp, sizeof(fp),
		    "%04x:0000:0000:0000:0000:0000:0000:0000", i & 0xffff);
		rw_member(0, "general", fp, "\x01\x02\x03\"\\ alias of a "
		    "person with a rather long one that has to be escaped at "
		    "both ends of itself \x01\x02\x03", true);
		rw.told[0][0] = '\0';
	}
	rw.said[1][0] = '\0';
	rw_tick(NS_PER_S);
	/* It is a signal all the same. */
	assert_true(strlen(rw.said[1]) > SIGNAL_MAX / 2);
	assert_true(strlen(rw.said[1]) <= SIGNAL_MAX);
	rw_free();
}

/* Hearsay from an original: people first to end, in one list. */
static void
hearsay(unsigned int first, unsigned int end)
{
	char	text[1024];
	size_t	len;

	len = strlcpy(text, "{\"GlobalRoomActive\":{\"room\":\"general\","
	    "\"participants\":[", sizeof(text));
	for (; first < end; first++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "{\"fingerprint\":\"%04x:0000:0000:0000:0000:0000:0000:"
		    "0000\",\"alias\":null,\"relay_label\":\"far\"}%s", first,
		    first + 1 < end ? "," : "");
	(void)strlcpy(text + len, "]}}", sizeof(text) - len);
	rw_say(RW_OLD, text);
	rw.told[0][0] = '\0';
}

/*
 * A later state of a list ends those who are no longer in it; of very many
 * lists not all are looked at, and who is in the others stays.
 */
static void
test_hearsay(void **state)
{
	unsigned int	i, lists;

	(void)state;
	for (lists = PEERS_MAX - 1; lists <= PEERS_MAX; lists++) {
		rw_new();
		rw_up(RW_OLD);
		for (i = 0; i < lists; i++)
			hearsay(i, i + 1);
		hearsay(1000, 1003);
		assert_int_equal(fedrooms_remote(rw.fr, "general"),
		    lists + 3);
		hearsay(1000, 1002);
		assert_int_equal(fedrooms_remote(rw.fr, "general"),
		    lists < PEERS_MAX ? lists + 2 : lists + 3);
		rw_free();
	}
}

/* An original that does not stop talking is not heard, until it does. */
static void
test_heard_rate(void **state)
{
	unsigned int	i;

	(void)state;
	rw_new();
	rw_up(0);
	rw_up(RW_OLD);
	for (i = 0; i < quota_burst(NULL, LIMIT_PEER_ROOM_RATE); i++) {
		rw_say(RW_OLD, ACTIVE(PERSON(ADA, "null", "null")));
		rw.told[0][0] = '\0';
	}
	assert_int_equal(fedrooms_counters(rw.fr)->rn_excess, 0);
	rw_say(RW_OLD, ACTIVE(PERSON(BOB, "null", "null")));
	assert_int_equal(fedrooms_counters(rw.fr)->rn_excess, 1);
	rw_assert_told(0, "");
	/* Others are. */
	rw_word(0, 0x10, 2, EVE);
	assert_int_equal(fedrooms_remote(rw.fr, "general"), 2);
	rw_tick(NS_PER_S);
	rw.told[0][0] = '\0';
	rw_say(RW_OLD, ACTIVE(PERSON(BOB, "null", "null")));
	rw_assert_told(0, "+general/7f41@peer3 -general/8dc9 "
	    "+" HASHED "/7f41@peer3 -" HASHED "/8dc9 ");
	rw_free();
}

/* Media goes to those who announced somebody, and to nobody else. */
static void
test_media(void **state)
{
	struct msg_fed_media	msg;
	uint8_t			frame[30];

	(void)state;
	rw_new();
	rw_up(RW_OLD);
	memset(frame, 0, sizeof(frame));
	identity_room_tag("general", frame);
	frame[15] = 1;
	frame[17] = 12;
	msg.frames.data = frame;
	msg.frames.len = sizeof(frame);
	rw_member(0, "general", ADA, "", true);
	fedmedia_local(rw.fm, 0, &msg);
	assert_int_equal(rw.datagrams[RW_OLD], 0);
	rw_say(RW_OLD, ACTIVE(PERSON(BOB, "null", "null")));
	fedmedia_local(rw.fm, 0, &msg);
	assert_int_equal(rw.datagrams[RW_OLD], 1);
	rw_say(RW_OLD, INACTIVE);
	fedmedia_local(rw.fm, 0, &msg);
	assert_int_equal(rw.datagrams[RW_OLD], 1);
	/* A call's from the first on. */
	rw_call_is("1", true, RW_OLD, 1);
	identity_room_tag("call-1", frame);
	fedmedia_local(rw.fm, 0, &msg);
	assert_int_equal(rw.datagrams[RW_OLD], 2);
	rw_call_is("1", false, RW_OLD, 1);
	fedmedia_local(rw.fm, 0, &msg);
	assert_int_equal(rw.datagrams[RW_OLD], 2);
	assert_int_equal(fedmedia_routes(rw.fm), 1);
	fedrooms_globals_begin(rw.fr);
	fedrooms_globals_end(rw.fr);
	assert_int_equal(fedmedia_routes(rw.fm), 0);
	rw_free();
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_to_original),
		cmocka_unit_test(test_from_original),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hashed),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_call_original),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_mediad),
		cmocka_unit_test(test_signald),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_hearsay),
		cmocka_unit_test(test_heard_rate),
		cmocka_unit_test(test_media)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
