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
 * Envelopes between relays: who may send what through whom.
 *
 * COVERS: 4.1 - the envelope, exactly, and nothing more to an original
 * COVERS: 4.2 - the broadcast to originals only, one envelope each
 * COVERS: 4.6 - an offer is never passed on without a route
 * COVERS: 4.7 - our own origin has no effect
 * COVERS: 4.8 - an answer goes on the link of the relay that asked only
 * COVERS: 4.10 - an inner Hangup goes to the relay that asked only
 * COVERS: 4.13 - what is not of a call here ends here
 * COVERS: 4.14 - CallRinging comes through, also from originals
 * COVERS: 4.15 - other inner signals have no effect
 * COVERS: 4.18 - broadcast says if nobody took it; a targeted one goes to it
 * COVERS: gap 24 - Hangups outlive the loss of a link
 * COVERS: gap 27 - origin_relay_fp has to be the relay of the link
 * COVERS: gap 28 - what comes back says which way it came
 * COVERS: gap 29 - fingerprints are compared without colons and case
 * COVERS: limit - of one neighbour's signals, and of Hangups that wait
 * COVERS: lie - envelopes with others' origin, false paths, loops, bad routes
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regress/unit/fed_world.h"

#define ENVELOPE_OFFERS_BURST	quota_burst(NULL, LIMIT_PEER_OFFER_RATE)

enum {
	A,
	B,
	C,
	D,
	E,
	F
};

#define FP_A	"a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:" \
		"a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0:a0"
#define Z8	"0,0,0,0,0,0,0,0,"
#define Z32	"[" Z8 Z8 Z8 "0,0,0,0,0,0,0,0]"
#define OFFER(id, more)							\
	"{\"DirectCallOffer\":{\"caller_fingerprint\":\"a\","		\
	"\"caller_alias\":\"Alice\",\"target_fingerprint\":\"b\","	\
	"\"call_id\":\"" id "\",\"identity_pub\":" Z32 ","		\
	"\"ephemeral_pub\":" Z32 ",\"signature\":[1,2],"		\
	"\"supported_profiles\":[],"					\
	"\"caller_reflexive_addr\":\"192.0.2.9:7\","			\
	"\"caller_local_addrs\":[\"10.0.0.9:7\"]" more "}}"
#define FEATURES	",\"caller_features\":[\"candidates\"]"
#define ANSWER(id, mode, more)						\
	"{\"DirectCallAnswer\":{\"call_id\":\"" id "\","		\
	"\"accept_mode\":\"" mode "\"" more "}}"
#define HANGUP(reason, id)						\
	"{\"Hangup\":{\"reason\":\"" reason "\",\"call_id\":\"" id "\"}}"
#define RINGING(id)	"{\"CallRinging\":{\"call_id\":\"" id "\"}}"
#define REPORT(id)							\
	"{\"MediaPathReport\":{\"call_id\":\"" id "\","			\
	"\"direct_ok\":true,\"race_winner\":\"Direct\"}}"
#define PUNCH(id)							\
	"{\"CallPunch\":{\"call_id\":\"" id "\",\"round\":1,"		\
	"\"delay_ms\":0}}"
#define ACTIVE(room)							\
	"{\"GlobalRoomActive\":{\"room\":\"" room "\","			\
	"\"participants\":[]}}"
#define TOO_LONG	"0123456789012345678901234567890123456789"	\
			"0123456789012345678901234"
#define PING		"{\"Ping\":{\"timestamp_ms\":1}}"
#define HELLO		"{\"FederationHello\":{\"tls_fingerprint\":\"x\"}}"
#define ROUTE_QUERY							\
	"{\"RouteQuery\":{\"fingerprint\":\"x\",\"ttl\":1}}"
#define PRESENCE_DIGEST							\
	"{\"PresenceDigest\":{\"salt\":\"\",\"reset\":true,"		\
	"\"add\":\"\",\"remove\":\"\"}}"
#define ENVELOPE(inner, origin, more)					\
	"{\"FederatedSignalForward\":{\"inner\":" inner ","		\
	"\"origin_relay_fp\":\"" origin "\"" more "}}"
#define PATH(p)		",\"path\":[" p "]"
#define ROUTE(p)	",\"route\":[" p "]"

static const struct envelope_stats *
stats(const struct fw *w, unsigned int at, unsigned int of)
{
	const struct envelope_stats	*es;

	es = envelope_stats(w->fw_relay[at].fr_envelope, of);
	assert_non_null(es);
	return (es);
}

/* Without the sets that are told when a link comes up. */
static void
settle(struct fw *w)
{
	fw_settle(w, 500);
}

/* Every byte that an original gets and gives. */
static void
originals(void **state)
{
	struct fw	 w;

	(void)state;
	fw_begin(&w, 4);
	fw_link(&w, A, B, FW_LEGACY);
	fw_link(&w, A, C, FW_LEGACY);
	fw_link(&w, A, D, 0);
	settle(&w);
	w.fw_raw = true;
	fw_say(&w, A, "", OFFER("c1", FEATURES));
	fw_expect_wire(&w,
	    "A>B " ENVELOPE(OFFER("c1", ""), FP_A, "") "\n"
	    "A>C " ENVELOPE(OFFER("c1", ""), FP_A, "") "\n");
	w.fw_raw = false;
	/* Colons and case are as they please; ours in it are not theirs. */
	fw_send_text(&w, B, A, ENVELOPE(ANSWER("c1", "AcceptGeneric",
	    ",\"callee_features\":[\"candidates\"]"),
	    "A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1",
	    ""));
	fw_send_text(&w, C, A, ENVELOPE(RINGING("c1"), "<C>", ""));
	fw_send_text(&w, C, A, ENVELOPE("{\"Hangup\":{\"reason\":\"Normal\"}}",
	    "<C>", ""));
	fw_send_text(&w, C, A, ENVELOPE(OFFER("c2", FEATURES), "<C>", ""));
	fw_run(&w, 100);
	fw_expect(&w, A,
	    "signal B relay-b legacy " ANSWER("c1", "AcceptGeneric", "") "\n"
	    "signal C relay-c legacy " RINGING("c1") "\n"
	    "signal C relay-c legacy {\"Hangup\":{\"reason\":\"Normal\"}}\n"
	    "signal C relay-c legacy " OFFER("c2", "") "\n");
	fw_expect_wire(&w, "");
	/* Back to that one only, without what it would end the link over. */
	fw_say(&w, A, "C", ANSWER("c2", "AcceptTrusted",
	    ",\"callee_features\":[\"candidates\"]"));
	fw_say(&w, A, "B", REPORT("c1"));
	fw_say(&w, A, "B", PUNCH("c1"));
	fw_say(&w, A, "B", HANGUP("Normal", "c1"));
	fw_say(&w, A, "", PUNCH("c1"));
	fw_expect_wire(&w,
	    "A>C " ENVELOPE(ANSWER("c2", "AcceptTrusted", ""), "<A>", "") "\n"
	    "A>B " ENVELOPE(REPORT("c1"), "<A>", "") "\n"
	    "A>B " ENVELOPE(HANGUP("Normal", "c1"), "<A>", "") "\n");
	fw_expect(&w, A, "");
	/* An original speaks of no paths, rooms in envelopes, or punches. */
	fw_send_text(&w, B, A, ENVELOPE(RINGING("c1"), "<B>",
	    PATH("\"<B>\"")));
	fw_send_text(&w, B, A, ENVELOPE(PUNCH("c1"), "<B>", ""));
	fw_send_text(&w, B, A, ENVELOPE(ACTIVE("call-c1"), "<B>", ""));
	fw_run(&w, 100);
	fw_expect(&w, A, "");
	assert_int_equal(stats(&w, A, B)->path, 1);
	assert_int_equal(stats(&w, A, B)->inner, 2);
	fw_end(&w);
}

static void
ours(void **state)
{
	struct fw	 w;

	(void)state;
	fw_begin(&w, 2);
	fw_link(&w, A, B, 0);
	settle(&w);
	fw_say(&w, A, "B", OFFER("c1", FEATURES));
	fw_say(&w, A, "B", PUNCH("c1"));
	fw_expect_wire(&w,
	    "A>B " ENVELOPE(OFFER("c1", FEATURES), "<A>", PATH("\"<A>\"")) "\n"
	    "A>B " ENVELOPE(PUNCH("c1"), "<A>", PATH("\"<A>\"")) "\n");
	fw_run(&w, 100);
	fw_expect(&w, B,
	    "signal A relay-a " OFFER("c1", FEATURES) "\n"
	    "signal A relay-a " PUNCH("c1") "\n");
	/* It comes to no original, and there is nobody else to be asked. */
	fw_say(&w, A, "", OFFER("c2", ""));
	fw_expect(&w, A, "unsent c2\n");
	fw_expect_wire(&w, "");
	/* Nobody is there to answer: the caller is told. */
	w.fw_relay[B].fr_no_signald = true;
	fw_say(&w, A, "B", OFFER("c3", ""));
	fw_say(&w, A, "B", RINGING("c3"));
	fw_run(&w, 100);
	fw_expect(&w, A, "signal B relay-b " HANGUP("Error", "c3") "\n");
	fw_end(&w);
}

/* What may come in an envelope, and what may not. */
static void
inners(void **state)
{
	static const char	*bad[] = {
		PING,
		"\"Reflect\"",
		ENVELOPE(RINGING("c1"), "<B>", ""),
		HELLO,
		ACTIVE("general"),
		ACTIVE("xcall-c1"),
		ROUTE_QUERY,
		PRESENCE_DIGEST,
		RINGING(TOO_LONG),
		ACTIVE("call-" TOO_LONG),
		ACTIVE("call")
	};
	struct fw	 w;
	char		 text[2048];
	size_t		 i;

	(void)state;
	fw_begin(&w, 2);
	fw_link(&w, A, B, 0);
	settle(&w);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), ENVELOPE("%s", "<B>",
		    PATH("\"<B>\"")), bad[i]);
		fw_send_text(&w, B, A, text);
		fw_run(&w, 100);
		fw_expect(&w, A, "");
		fw_expect_wire(&w, "");
		assert_int_equal(stats(&w, A, B)->inner, i + 1);
	}
	fw_say(&w, A, "B", bad[0]);
	fw_say(&w, A, "B", ACTIVE("call-c1"));
	fw_say(&w, A, "B", bad[8]);
	fw_say(&w, A, "B", "{");
	fw_say(&w, A, "A", RINGING("c1"));
	fw_say(&w, A, "BCDEF", RINGING("c1"));
	fw_expect_wire(&w, "");
	fw_expect(&w, A,
	    "blame not a signal of a call\n"
	    "blame not a signal of a call\n"
	    "blame not a signal of a call\n"
	    "blame not JSON\n"
	    "blame a path that comes back\n"
	    "blame a path of odd length\n");
	/* Control: the room of a call, which is not signald's. */
	fw_send_text(&w, B, A, ENVELOPE(ACTIVE("call-c1"), "<B>",
	    PATH("\"<B>\"")));
	fw_run(&w, 100);
	fw_expect(&w, A, "room B GlobalRoomActive call-c1\n");
	fw_end(&w);
}

/* A chain of four, and back; those between remember nothing. */
static void
through(void **state)
{
	struct fw		 w;
	struct signal		 s;
	uint8_t			 path[3][TLS_HASH_LEN];
	unsigned int		 i;

	(void)state;
	fw_begin(&w, 4);
	fw_row(&w, 4);
	settle(&w);
	fw_say(&w, A, "BCD", OFFER("c1", FEATURES));
	fw_run(&w, 100);
	fw_expect_wire(&w,
	    "A>B " ENVELOPE(OFFER("c1", FEATURES), "<A>",
	    PATH("\"<A>\"") ROUTE("\"<C>\",\"<D>\"")) "\n"
	    "B>C " ENVELOPE(OFFER("c1", FEATURES), "<B>",
	    PATH("\"<A>\",\"<B>\"") ROUTE("\"<D>\"")) "\n"
	    "C>D " ENVELOPE(OFFER("c1", FEATURES), "<C>",
	    PATH("\"<A>\",\"<B>\",\"<C>\"")) "\n");
	fw_expect(&w, D, "signal CBA relay-c " OFFER("c1", FEATURES) "\n");
	fw_expect(&w, B, "");
	fw_expect(&w, C, "");
	fw_say(&w, D, "CBA", ANSWER("c1", "AcceptTrusted", ""));
	fw_run(&w, 100);
	fw_expect(&w, A, "signal BCD relay-b "
	    ANSWER("c1", "AcceptTrusted", "") "\n");
	fw_expect(&w, C, "transit 1ad18b2c D-B\n");
	fw_expect(&w, B, "transit 1ad18b2c C-A\n");
	fw_say(&w, A, "BCD", REPORT("c1"));
	fw_say(&w, A, "BCD", PUNCH("c1"));
	/* Rooms are told the same way. */
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_GLOBAL_ROOM_ACTIVE;
	s.u.global_room.room = "call-c1";
	for (i = 0; i < 3; i++)
		memset(path[i], (int)(0xa1 + i), TLS_HASH_LEN);
	assert_int_equal(envelope_send(w.fw_relay[A].fr_envelope, path, 3,
	    &s), 0);
	s.u.global_room.room = "general";
	assert_int_equal(envelope_send(w.fw_relay[A].fr_envelope, path, 3,
	    &s), -1);
	fw_say(&w, A, "BCD", HANGUP("Normal", "c1"));
	fw_run(&w, 100);
	fw_expect(&w, B,
	    "transit 1ad18b2c A-C\n"
	    "transit 1ad18b2c A-C\n"
	    "transit 1ad18b2c A-C end\n");
	fw_expect(&w, D,
	    "signal CBA relay-c " REPORT("c1") "\n"
	    "signal CBA relay-c " PUNCH("c1") "\n"
	    "room CBA GlobalRoomActive call-c1\n"
	    "signal CBA relay-c " HANGUP("Normal", "c1") "\n");
	/* A refused call has no media. */
	fw_forget(&w);
	fw_say(&w, D, "CBA", ANSWER("c2", "Reject", ""));
	fw_run(&w, 100);
	fw_expect(&w, B, "");
	fw_expect(&w, A, "signal BCD relay-b " ANSWER("c2", "Reject", "")
	    "\n");
	assert_int_equal(stats(&w, B, A)->through, 5);
	fw_end(&w);
}

/* Both ends of a transit have to be allowed by who is between. */
static void
policy(void **state)
{
	struct fw	 w;
	int		 ab, bc;

	(void)state;
	for (ab = 0; ab < 2; ab++)
		for (bc = 0; bc < 2; bc++) {
			fw_begin(&w, 3);
			fw_middle(&w, ab, bc);
			settle(&w);
			fw_say(&w, A, "BC", OFFER("c1", ""));
			fw_say(&w, A, "BC", RINGING("c1"));
			fw_run(&w, 100);
			if (ab && bc) {
				/* Control. */
				fw_expect(&w, A, "");
				fw_expect(&w, C,
				    "signal BA relay-b " OFFER("c1", "") "\n"
				    "signal BA relay-b " RINGING("c1") "\n");
			} else {
				fw_expect(&w, C, "");
				fw_expect(&w, A, "signal B relay-b "
				    HANGUP("Error", "c1") "\n");
				assert_int_equal(stats(&w, B, A)->policy, 2);
			}
			fw_end(&w);
		}
	/* Nor is an original ever the next, transit or not. */
	fw_begin(&w, 3);
	fw_link(&w, A, B, FW_TRANSIT);
	fw_link(&w, B, C, FW_TRANSIT | FW_LEGACY);
	settle(&w);
	fw_say(&w, A, "BC", OFFER("c1", ""));
	fw_run(&w, 100);
	fw_expect(&w, A, "signal B relay-b " HANGUP("Error", "c1") "\n");
	assert_int_equal(stats(&w, B, A)->policy, 1);
	fw_end(&w);
}

/* An offer that stops in the middle of a longer way is answered along it. */
static void
stops(void **state)
{
	struct fw	 w;

	(void)state;
	fw_begin(&w, 4);
	fw_row(&w, 3);
	settle(&w);
	fw_say(&w, A, "BCD", OFFER("c1", ""));
	fw_say(&w, A, "BCD", RINGING("c1"));
	fw_run(&w, 200);
	fw_expect(&w, A, "signal BC relay-b " HANGUP("Error", "c1") "\n");
	assert_int_equal(stats(&w, C, B)->unreachable, 2);
	/* The first link is missing: signald hears it at once. */
	fw_cut(&w, A, B);
	fw_say(&w, A, "BCD", OFFER("c2", ""));
	fw_say(&w, A, "D", RINGING("c3"));
	fw_say(&w, A, "BCD", PUNCH("c2"));
	fw_expect(&w, A, "unsent c2 BCD\nunsent c3 D\n");
	fw_link(&w, A, B, FW_TRANSIT);
	w.fw_relay[A].fr_end[B].fe_full = true;
	fw_say(&w, A, "B", OFFER("c4", ""));
	fw_expect(&w, A, "unsent c4 B\n");
	fw_end(&w);
}

/* Whatever a neighbour writes on an envelope, it came from that neighbour. */
static void
lies(void **state)
{
	static const struct {
		const char	*origin;
		const char	*more;
		size_t		 counter;
	}		 lie[] = {
#define S(f)	offsetof(struct envelope_stats, f)
		{ "<A>", PATH("\"<A>\""), S(origin) },	/* 4.7 */
		{ "<A>", "", S(origin) },
		{ "<C>", PATH("\"<C>\""), S(origin) },
		{ "<C>", PATH("\"<C>\",\"<B>\""), S(origin) },
		{ "", PATH("\"<B>\""), S(origin) },
		{ "<B>:aa", PATH("\"<B>\""), S(origin) },
		{ "a1:a1", PATH("\"<B>\""), S(origin) },
		/* A path that does not end with it, or is too long. */
		{ "<B>", PATH("\"<C>\""), S(path) },
		{ "<B>", PATH("\"<B>\",\"<C>\""), S(path) },
		{ "<B>", PATH("\"x\",\"<B>\""), S(path) },
		{ "<B>", ROUTE("\"<C>\""), S(path) },
		{ "<B>", PATH("\"<F>\",\"<E>\",\"<D>\",\"<C>\",\"<B>\""),
		    S(path) },
		{ "<B>", PATH("\"<E>\",\"<D>\",\"<B>\"")
		    ROUTE("\"<C>\",\"<F>\""), S(path) },
		/* It has been here, or will be, or turns round. */
		{ "<B>", PATH("\"<A>\",\"<B>\""), S(loop) },
		{ "<B>", PATH("\"<B>\"") ROUTE("\"<A>\""), S(loop) },
		{ "<B>", PATH("\"<B>\"") ROUTE("\"<C>\",\"<A>\""), S(loop) },
		{ "<B>", PATH("\"<B>\"") ROUTE("\"<B>\""), S(loop) },
		{ "<B>", PATH("\"<D>\",\"<D>\",\"<B>\""), S(loop) },
		{ "<B>", PATH("\"<D>\",\"<B>\"") ROUTE("\"<D>\""), S(loop) },
		/* Nobody we have a link with. */
		{ "<B>", PATH("\"<B>\"") ROUTE("\"<D>\""), S(unreachable) }
#undef S
	};
	struct fw	 w;
	uint64_t	 n;
	char		 text[2048];
	size_t		 i;

	(void)state;
	fw_begin(&w, 3);
	fw_link(&w, A, B, FW_TRANSIT);
	fw_link(&w, A, C, FW_TRANSIT);
	settle(&w);
	for (i = 0; i < sizeof(lie) / sizeof(lie[0]); i++) {
		memcpy(&n, (const char *)stats(&w, A, B) + lie[i].counter,
		    sizeof(n));
		snprintf(text, sizeof(text), ENVELOPE(RINGING("c1"), "%s",
		    "%s"), lie[i].origin, lie[i].more);
		fw_send_text(&w, B, A, text);
		fw_run(&w, 50);
		fw_expect(&w, A, "");
		fw_expect_wire(&w, "");
		assert_memory_equal((const char *)stats(&w, A, B) +
		    lie[i].counter, (n++, &n), sizeof(n));
	}
	/* Control: the truth, with and without a path. */
	fw_send_text(&w, B, A, ENVELOPE(RINGING("c1"), "<B>", ""));
	fw_send_text(&w, B, A, ENVELOPE(RINGING("c2"), "<B>",
	    PATH("\"<E>\",\"<D>\",\"<B>\"")));
	fw_send_text(&w, B, A, ENVELOPE(RINGING("c3"), "<B>",
	    PATH("\"<B>\"") ROUTE("\"<C>\"")));
	fw_run(&w, 50);
	fw_expect(&w, A,
	    "signal B relay-b " RINGING("c1") "\n"
	    "signal BDE relay-b " RINGING("c2") "\n");
	fw_expect(&w, C, "signal AB relay-a " RINGING("c3") "\n");
	fw_end(&w);
}

/* More than a neighbour may send; others are as before. */
static void
flood(void **state)
{
	struct fw	 w;
	unsigned int	 i;

	(void)state;
	fw_begin(&w, 3);
	fw_link(&w, A, B, 0);
	fw_link(&w, A, C, 0);
	settle(&w);
	w.fw_quiet = true;
	for (i = 0; i < ENVELOPE_OFFERS_BURST + 30; i++)
		fw_send_text(&w, B, A, ENVELOPE(OFFER("c1", ""), "<B>",
		    PATH("\"<B>\"")));
	fw_send_text(&w, C, A, ENVELOPE(OFFER("c2", ""), "<C>",
	    PATH("\"<C>\"")));
	fw_send_text(&w, B, A, ENVELOPE(RINGING("c3"), "<B>",
	    PATH("\"<B>\"")));
	fw_run(&w, FW_TRIP_MS);
	assert_int_equal(stats(&w, A, B)->limited, 30);
	assert_int_equal(stats(&w, A, B)->in, ENVELOPE_OFFERS_BURST + 1);
	assert_int_equal(stats(&w, A, C)->in, 1);
	/* Who offered is told. */
	assert_int_equal(w.fw_count[SIGNAL_FEDERATED_SIGNAL_FORWARD], 30);
	fw_run(&w, 1000);
	fw_send_text(&w, B, A, ENVELOPE(OFFER("c4", ""), "<B>",
	    PATH("\"<B>\"")));
	fw_run(&w, 100);
	assert_int_equal(stats(&w, A, B)->in, ENVELOPE_OFFERS_BURST + 2);
	fw_end(&w);
}

/* A call does not go on at the other end because a link was away. */
static void
hangups(void **state)
{
	struct fw	 w;
	char		 text[256];
	unsigned int	 i;

	(void)state;
	fw_begin(&w, 3);
	fw_row(&w, 3);
	settle(&w);
	fw_cut(&w, A, B);
	fw_say(&w, A, "B", HANGUP("Normal", "c1"));
	fw_say(&w, A, "BC", HANGUP("Timeout", "c2"));
	fw_say(&w, A, "B", RINGING("c3"));
	fw_say(&w, A, "B", "{\"Hangup\":{\"reason\":\"Normal\"}}");
	fw_expect(&w, A, "unsent c3 B\n");
	fw_run(&w, 29000);
	fw_link(&w, A, B, FW_TRANSIT);
	fw_run(&w, 100);
	fw_expect(&w, B, "signal A relay-a " HANGUP("Normal", "c1") "\n"
	    "transit 0f1821f4 A-C end\n");
	fw_expect(&w, C, "signal BA relay-b " HANGUP("Timeout", "c2") "\n");
	assert_int_equal(stats(&w, A, B)->kept, 2);
	/*
	 * In the middle, too; and what was on its way when the link ended.
	 * What may have been lost comes twice: there is nothing left to end.
	 */
	settle(&w);
	fw_cut(&w, B, C);
	fw_say(&w, A, "BC", HANGUP("Normal", "c4"));
	fw_run(&w, 100);
	fw_say(&w, A, "B", HANGUP("Normal", "c5"));
	fw_cut(&w, A, B);
	fw_link(&w, A, B, FW_TRANSIT);
	fw_link(&w, B, C, FW_TRANSIT);
	fw_run(&w, 100);
	fw_expect(&w, C,
	    "signal BA relay-b " HANGUP("Timeout", "c2") "\n"
	    "signal BA relay-b " HANGUP("Normal", "c4") "\n"
	    "signal BA relay-b " HANGUP("Normal", "c4") "\n");
	fw_expect(&w, B,
	    "transit e019a887 A-C end\n"
	    "signal A relay-a " HANGUP("Normal", "c5") "\n");
	/* Not for ever. */
	fw_run(&w, 41000);
	fw_cut(&w, A, B);
	fw_say(&w, A, "B", HANGUP("Normal", "c6"));
	fw_run(&w, 30001);
	fw_forget(&w);
	fw_link(&w, A, B, FW_TRANSIT);
	fw_run(&w, 100);
	fw_expect(&w, B, "");
	assert_int_equal(stats(&w, A, B)->expired, 1);
	/* And no more than there is room for: the newest. */
	fw_cut(&w, A, B);
	fw_cut(&w, B, C);
	w.fw_quiet = true;
	for (i = 0; i < ENVELOPE_HANGUPS + 9; i++) {
		snprintf(text, sizeof(text), HANGUP("Normal", "n%u"), i);
		fw_say(&w, A, "B", text);
	}
	assert_int_equal(stats(&w, A, B)->expired, 10);
	fw_link(&w, A, B, FW_TRANSIT);
	fw_run(&w, 100);
	assert_int_equal(stats(&w, B, A)->in, ENVELOPE_HANGUPS + 2);
	fw_end(&w);
}

/* What may not go through any more does not, even if it has waited. */
static void
changed_policy(void **state)
{
	struct fw	 w;
	int		 turn;

	(void)state;
	for (turn = 0; turn < 2; turn++) {
		fw_begin(&w, 3);
		fw_row(&w, 3);
		settle(&w);
		fw_cut(&w, B, C);
		fw_say(&w, A, "BC", HANGUP("Normal", "c1"));
		fw_run(&w, 100);
		fw_forget(&w);
		fw_link(&w, B, C, turn == 0 ? 0 : FW_TRANSIT);
		fw_run(&w, 100);
		/* Control: with the same policy as before. */
		fw_expect(&w, C, turn == 0 ? "" :
		    "signal BA relay-b " HANGUP("Normal", "c1") "\n");
		fw_end(&w);
	}
}

/* The number of a peer is another's now: it gets nothing of the old one. */
static void
renamed(void **state)
{
	struct fw	 w;

	(void)state;
	fw_begin(&w, 2);
	fw_link(&w, A, B, 0);
	settle(&w);
	fw_cut(&w, A, B);
	fw_say(&w, A, "B", HANGUP("Normal", "c1"));
	memset(w.fw_relay[B].fr_fp, 0xa5, TLS_HASH_LEN);
	fw_forget(&w);
	fw_link(&w, A, B, 0);
	fw_expect_wire(&w, "");
	assert_int_equal(stats(&w, A, B)->kept, 0);
	fw_say(&w, A, "B", OFFER("c2", ""));
	fw_expect(&w, A, "unsent c2 B\n");
	/* Control: it is there under its own name. */
	fw_say(&w, A, "F", RINGING("c3"));
	fw_expect_wire(&w, "A>B " ENVELOPE(RINGING("c3"), "<A>",
	    PATH("\"<A>\"")) "\n");
	fw_end(&w);
}

/* A signal that just fits, and one that does not fit signald's channel. */
static void
lengths(void **state)
{
	static char	 text[SIGNAL_MAX + 1], winner[61000];
	struct fw	 w;
	size_t		 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		fw_begin(&w, 2);
		fw_link(&w, A, B, 0);
		settle(&w);
		w.fw_quiet = true;
		memset(winner, 'x', sizeof(winner));
		winner[FED_SIGNAL_MAX - 70 + i] = '\0';
		snprintf(text, sizeof(text), ENVELOPE(
		    "{\"MediaPathReport\":{\"call_id\":\"c1\","
		    "\"direct_ok\":true,\"race_winner\":\"%s\"}}", "<B>",
		    PATH("\"<B>\"")), winner);
		fw_send_text(&w, B, A, text);
		fw_run(&w, 100);
		assert_int_equal(stats(&w, A, B)->in, 1 - i);
		assert_int_equal(stats(&w, A, B)->inner, i);
		fw_end(&w);
	}
}

static void
fingerprints(void **state)
{
	uint8_t	 out[TLS_HASH_LEN];
	char	 text[130];

	(void)state;
	memset(text, 'A', 64);
	text[64] = '\0';
	assert_int_equal(envelope_fp_parse(text, out), 0);
	assert_int_equal(out[31], 0xaa);
	text[63] = 'g';
	assert_int_equal(envelope_fp_parse(text, out), -1);
	text[63] = '\0';
	assert_int_equal(envelope_fp_parse(text, out), -1);
	memset(text, 'a', 65);
	text[65] = '\0';
	assert_int_equal(envelope_fp_parse(text, out), -1);
	assert_int_equal(envelope_fp_parse("", out), -1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(originals),
		cmocka_unit_test(ours),
		cmocka_unit_test(inners),
		cmocka_unit_test(through),
		cmocka_unit_test(policy),
		cmocka_unit_test(stops),
		cmocka_unit_test(lies),
		cmocka_unit_test(flood),
		cmocka_unit_test(hangups),
		cmocka_unit_test(changed_policy),
		cmocka_unit_test(renamed),
		cmocka_unit_test(lengths),
		cmocka_unit_test(fingerprints)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
