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
 * Calls whose other party is at another relay: each scenario is what happens
 * at one relay and, on lines that begin with "=", all that comes out of it.
 * What an original sends and gets is there byte for byte.
 *
 * COVERS: row 4.2 - remote target: to every original, CallRinging at once
 * COVERS: row 4.3 - no route: Hangup{Normal}
 * COVERS: row 4.4 - the caller's relay: Pending, no path yet
 * COVERS: row 4.5 - an original's offer is delivered, no CallRinging back
 * COVERS: row 4.6 - target absent: nothing to an original
 * COVERS: row 4.8 - accept: answer to the origin only, CallSetup to the callee
 * COVERS: row 4.9 - accept arriving: answer, CallSetup to the caller
 * COVERS: row 4.10 - reject: inner Hangup with call_id to the origin only
 * COVERS: row 4.11 - reject arriving as an answer
 * COVERS: row 4.12 - reject arriving as Hangup (gap 23)
 * COVERS: row 4.13 - answer for an unknown call
 * COVERS: row 4.14 - CallRinging of an original to the caller
 * COVERS: row 4.15 - other inner variants
 * COVERS: row 4.16 - hangup after the answer crosses (gap 24)
 * COVERS: row 4.17 - local target preferred
 * COVERS: row 4.20 - clients see what they see on one relay
 * COVERS: row 4.30 - path of a call: none, set by the answer
 * COVERS: row 5.8 - candidates across two relays
 * COVERS: gap 25 - entry first, ring on evidence; gap 27 - only from its path
 * COVERS: gap 28 - nothing overwritten, answers in one state only
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "regress/unit/flow_lines.h"
#include "regress/unit/flow_world.h"
#include "regress/unit/quiet.h"

#define CALLER_ADDRS							\
	",\"caller_reflexive_addr\":\"203.0.113.5:4000\","		\
	"\"caller_local_addrs\":[\"10.0.0.5:4000\"]"
#define CALLEE_ADDRS							\
	",\"callee_reflexive_addr\":\"203.0.113.6:5000\","		\
	"\"callee_local_addrs\":[\"10.0.0.6:5000\"]"
#define PEER_CALLER							\
	",\"peer_direct_addr\":\"203.0.113.5:4000\","			\
	"\"peer_local_addrs\":[\"10.0.0.5:4000\"]"
#define PEER_CALLEE							\
	",\"peer_direct_addr\":\"203.0.113.6:5000\","			\
	"\"peer_local_addrs\":[\"10.0.0.6:5000\"]"
#define CALLER_CAN	",\"caller_features\":[\"candidates\"]"
#define CALLEE_CAN	",\"callee_features\":[\"candidates\"]"
#define PEER_CAN	",\"peer_features\":[\"candidates\"]"

/* The caller's relay */

SCENARIO(caller_whole_call, false, "reg A", FEDERATED, FAR_CALL_C1,
    "in A " REPORT("c1"),
    "= far RS " REPORT("c1"),
    "far RS " REPORT("c1"),
    "= A " REPORT("c1"),
    "= record c1 active",
    "path direct-reflexive",
    "far RS " REPORT_NO("c1"),
    "= A " REPORT_NO("c1"),
    "after 1000",
    "= record c1 active",
    "path federated-relay",
    "in A " HANGUP("Normal"),
    "= far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended normal",
    "= close c1",
    "= media c1 RS off",
    "commit",
    "unconfirmed 0",
    "calls 0")

/* Nothing leaves before the call is on disk, nor the offer before a path. */
SCENARIO(caller_durable_first, false, "reg A", FEDERATED,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "far RS " ANSWER("c1", "AcceptGeneric"),
    "far RS " RINGING("c1"),
    "far RS " HANGUP_ID("Normal", "c1"),
    "after 1999",
    "commit",
    "= find B",
    "far RS " ANSWER("c1", "AcceptGeneric"),
    "after 9000",
    "found RS",
    "= far RS " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "calls 1")

SCENARIO(caller_registry_away, false, "reg A", FEDERATED, "registry down",
    "in A " OFFER("c1", "$A", "$B"),
    "after 2000",
    "= A " HANGUP_ID("Error", "c1"),
    "calls 0", "stat finds 0")

SCENARIO(caller_best_effort, true, "reg A", FEDERATED, "registry down",
    "in A " OFFER("c1", "$A", "$B"),
    "after 2000",
    "= find B",
    "found R",
    "= far R " OFFER("c1", "$A", "$B"))

/* Without federation, or without a link, all is as on one relay (1.9). */
SCENARIO(caller_no_federation, false, "reg A",
    "in A " OFFER("c1", "$A", "$B"),
    "= A " HANGUP("Normal"),
    "federd up",
    "in A " OFFER("c1", "$A", "$B"),
    "= A " HANGUP("Normal"),
    "link R up", "link R down",
    "in A " OFFER("c1", "$A", "$B"),
    "= A " HANGUP("Normal"),
    "calls 0", "unconfirmed 0")

SCENARIO(caller_odd_target, false, "reg A", FEDERATED,
    "in A " OFFER("c1", "$A", "BBBB:BBBB:BBBB:BBBB:BBBB:BBBB:BBBB:BBBB"),
    "= A " HANGUP("Normal"),
    "in A " OFFER("c1", "$A", ""),
    "= A " HANGUP("Normal"))

SCENARIO(caller_nobody, false, "reg A", FEDERATED,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "commit",
    "= find B",
    "nobody",
    "= A " HANGUP("Normal"),
    "= record c1 ended normal",
    "far RS " ANSWER("c1", "AcceptGeneric"),
    "= far RS " HANGUP_ID("Error", "c1"),
    "calls 0")

SCENARIO(caller_no_answer_of_federd, false, "reg A", FEDERATED,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending", "commit", "= find B",
    "after 9999",
    "after 1",
    "= A " HANGUP("Normal"),
    "= record c1 ended normal",
    /* Too late. */
    "found RS", "nobody", "calls 0")

/* It neither rings nor refuses. */
SCENARIO(caller_silent_relay, false, "reg A", FEDERATED, ASK_C1,
    "after 9999",
    "after 1",
    "= A " HANGUP_ID("Error", "c1"),
    "= far RS " HANGUP_ID("Error", "c1"),
    "= record c1 ended error")

SCENARIO(caller_ring_limit, false, "reg A", FEDERATED, FAR_RING_C1,
    "after 29999", "after 1", "= far RS " RINGING("c1"),
    "after 29999", "after 1",
    "= A " HANGUP_ID("Timeout", "c1"),
    "= far RS " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout")

SCENARIO(caller_gone_during_find, false, "reg A", FEDERATED,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending", "commit", "= find B",
    "gone A lost",
    "= record c1 ended disconnect",
    "found RS",
    "calls 0")

SCENARIO(caller_cancels_during_find, false, "reg A", FEDERATED,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending", "commit", "= find B",
    "in A " HANGUP("Normal"),
    "= record c1 ended cancelled",
    "found RS",
    /* The same call_id again: an answer to the first question is none. */
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "found RS",
    "calls 1")

SCENARIO(caller_cancels, false, "reg A", FEDERATED, ASK_C1,
    "in A " HANGUP_ID("Normal", "c1"),
    "= far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended cancelled",
    "far RS " RINGING("c1"),
    "= far RS " HANGUP_ID("Error", "c1"))

SCENARIO(caller_lost_before_answer, false, "reg A", FEDERATED, FAR_RING_C1,
    "gone A lost",
    "= far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended disconnect")

SCENARIO(caller_offer_unsent, false, "reg A", FEDERATED, ASK_C1,
    "unsent c1 R", "unsent c2 RS",
    "unsent c1 RS",
    "= A " HANGUP("Normal"),
    "= record c1 ended normal",
    "stat unsent 1")

/* A word after it has time until the link is given up. */
SCENARIO(caller_word_unsent, false, "reg A", FEDERATED, FAR_RING_C1,
    "unsent c1 RS", "calls 1")

SCENARIO(caller_rejected, false, "reg A", FEDERATED, FAR_RING_C1,
    "far RS " HANGUP_ID("Normal", "c1"),
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined")

SCENARIO(caller_busy, false, "reg A", FEDERATED, ASK_C1,
    "far RS " HANGUP_ID("Busy", "c1"),
    "= A " HANGUP_ID("Busy", "c1"),
    "= record c1 ended busy")

/* Refused on its way, by the first relay of the path; not by another one. */
SCENARIO(caller_refused_on_the_way, false, "reg A", FEDERATED, ASK_C1,
    "far T " HANGUP_ID("Error", "c1"),
    "far RT " HANGUP_ID("Error", "c1"),
    "far RST " HANGUP_ID("Error", "c1"),
    "stat far-ignored 3",
    "far R " HANGUP_ID("Error", "c1"),
    "= A " HANGUP_ID("Error", "c1"),
    "= record c1 ended error")

/* Once it rings, only its own relay can end it. */
SCENARIO(caller_transit_cannot_end, false, "reg A", FEDERATED, FAR_RING_C1,
    "far R " HANGUP_ID("Error", "c1"),
    "calls 1")

SCENARIO(caller_wrong_paths, false, "reg A", "reg C", FEDERATED, FAR_RING_C1,
    "far R " ANSWER("c1", "AcceptGeneric"),
    "far S " ANSWER("c1", "AcceptGeneric"),
    "far RST " ANSWER("c1", "Reject"),
    "far! RS " ANSWER("c1", "Reject"),
    "far T " RINGING("c1"),
    "far T " HANGUP_ID("Normal", "c1"),
    "far RS " HANGUP("Normal"),
    "in C " ANSWER("c1", "AcceptGeneric"),
    "in C " HANGUP_ID("Normal", "c1"),
    /* Nor Bob himself, should he come here. */
    "reg B",
    "in B " ANSWER("c1", "AcceptGeneric"),
    "in B " HANGUP("Normal"),
    "in B " HANGUP_ID("Normal", "c1"),
    "gone B clean",
    "calls 1",
    "far RS " ANSWER("c1", "AcceptGeneric"),
    "= media c1 RS on", "= admit c1 A B", "= record c1 active",
    /* Once. */
    "far RS " ANSWER("c1", "AcceptTrusted"),
    "far RS " ANSWER("c1", "Reject"),
    "far T " REPORT("c1"),
    "calls 1")

SCENARIO(caller_no_ringing_needed, false, "reg A", FEDERATED, ASK_C1,
    "far RS " ANSWER("c1", "AcceptGeneric"),
    "= media c1 RS on", "= admit c1 A B", "= record c1 active")

SCENARIO(caller_answer_reject, false, "reg A", FEDERATED, FAR_RING_C1,
    "far RS " ANSWER("c1", "Reject"),
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined")

/* 5.8: arrays cross, each party gets the other's only when trusted. */
SCENARIO(caller_trusted, false, "reg A", FEDERATED,
    "in A " OFFER_X("c1", "$A", "$B", "$c", CALLER_ADDRS),
    "= record c1 pending", "commit", "= find B", "found R",
    "= far R " OFFER_X("c1", "$A", "$B", "$a", CALLER_ADDRS),
    "= record c1 pending", "commit",
    "far R " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= media c1 R on", "= admit c1 A B", "= record c1 active",
    "admitted c1", "commit",
    "= A " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= A " SETUP_X("c1", PEER_CALLEE))

SCENARIO(caller_generic, false, "reg A", FEDERATED, ASK_C1,
    "far RS " ANSWER_X("c1", "AcceptGeneric", CALLEE_ADDRS),
    "= media c1 RS on", "= admit c1 A B", "= record c1 active",
    "admitted c1", "commit",
    "= A " ANSWER("c1", "AcceptGeneric"),
    "= A " SETUP("c1"))

/* A far party cannot send Alice to us, nor where nobody can be. */
SCENARIO(caller_bad_addresses, false, "reg A", FEDERATED, ASK_C1,
    "far RS " ANSWER_X("c1", "AcceptTrusted",
    ",\"callee_reflexive_addr\":\"127.0.0.1:1\",\"callee_local_addrs\":["
    "\"10.9.9.9:4433\",\"224.0.0.1:9\",\"nonsense\",\"10.0.0.6:5000\"]"),
    "= media c1 RS on", "= admit c1 A B", "= record c1 active",
    "admitted c1", "commit",
    "= A " ANSWER_X("c1", "AcceptTrusted",
    ",\"callee_reflexive_addr\":\"127.0.0.1:1\",\"callee_local_addrs\":["
    "\"10.9.9.9:4433\",\"224.0.0.1:9\",\"nonsense\",\"10.0.0.6:5000\"]"),
    "= A " SETUP_X("c1", ",\"peer_local_addrs\":[\"10.0.0.6:5000\"]"))

SCENARIO(caller_lost_and_back, false, "reg A", FEDERATED, FAR_CALL_C1,
    "gone A lost", "after 14999", "reg A", "after 10000", "calls 1")

SCENARIO(caller_lost_for_good, false, "reg A", FEDERATED, FAR_CALL_C1,
    "gone A lost", "after 14999", "after 1",
    "= far RS " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout", "= close c1", "= media c1 RS off")

SCENARIO(caller_leaves, false, "reg A", FEDERATED, FAR_CALL_C1,
    "gone A clean",
    "= far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended disconnect", "= close c1", "= media c1 RS off")

/* Told when he is back (he is within his time of grace). */
SCENARIO(caller_away_when_it_ends, false, "reg A", FEDERATED, FAR_CALL_C1,
    "gone A lost",
    "far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended normal", "= close c1", "= media c1 RS off",
    "reg A",
    "= A " HANGUP_ID("Normal", "c1"))

SCENARIO(caller_local_preferred, false, ONLINE, FEDERATED,
    CALL_C1,
    "stat finds 0")

SCENARIO(caller_known_call_id, false, "reg A", "reg C", FEDERATED, ASK_C1,
    "in C " OFFER("c1", "$C", "$B"),
    "= C " HANGUP_ID("Normal", "c1"),
    "calls 1")

/* The callee's relay */

SCENARIO(callee_whole_call, false, "reg B", FEDERATED, ASKED_CALL_C1,
    "far RS " REPORT("c1"),
    "= B " REPORT("c1"),
    "in B " REPORT("c1"),
    "= far RS " REPORT("c1"),
    "= record c1 active",
    "path direct-reflexive",
    "far RS " HANGUP_ID("Normal", "c1"),
    "= B " HANGUP_ID("Normal", "c1"),
    "= record c1 ended normal", "= close c1", "= media c1 RS off",
    "far RS " HANGUP_ID("Normal", "c1"),
    "commit", "unconfirmed 0", "calls 0")

SCENARIO(callee_durable_first, false, "reg B", FEDERATED,
    "far RS " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "in B " ANSWER("c1", "AcceptTrusted"),
    "in B " ANSWER("c1", "Reject"),
    "after 1999",
    "after 1",
    "= far RS " HANGUP_ID("Error", "c1"),
    "= record c1 ended error")

SCENARIO(callee_absent, false, "reg A", FEDERATED,
    "far RS " OFFER("c1", "$C", "$B"),
    "= far RS " HANGUP_ID("Normal", "c1"),
    "calls 0", "unconfirmed 0")

SCENARIO(callee_rejects, false, "reg B", FEDERATED, ASKED_C1,
    "in B " ANSWER("c1", "Reject"),
    "= far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined")

SCENARIO(callee_hangs_up, false, "reg B", FEDERATED, ASKED_CALL_C1,
    "in B " HANGUP("Normal"),
    "= far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended normal", "= close c1", "= media c1 RS off")

SCENARIO(callee_gone, false, "reg B", FEDERATED, ASKED_C1,
    "gone B lost",
    "= far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended disconnect")

SCENARIO(callee_cancelled, false, "reg B", FEDERATED, ASKED_C1,
    "far RS " HANGUP_ID("Normal", "c1"),
    "= B " HANGUP_ID("Normal", "c1"),
    "= record c1 ended cancelled")

/* Cancelled before it was on disk: Bob never hears of it. */
SCENARIO(callee_cancelled_early, false, "reg B", FEDERATED,
    "far RS " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended cancelled",
    "calls 0")

/* Nothing is overwritten, by whomever; and the sender is told. */
SCENARIO(callee_collision, false, "reg A", "reg B", "reg C", FEDERATED,
    ASKED_C1,
    "far T " OFFER("c1", "$C", "$A"),
    "= far T " HANGUP_ID("Error", "c1"),
    "far RS " OFFER("c1", "$A", "$B"),
    "= far RS " HANGUP_ID("Error", "c1"),
    "far! X " OFFER("c1", "$C", "$A"),
    "in C " OFFER("c1", "$C", "$A"),
    "= C " HANGUP_ID("Normal", "c1"),
    "stat far-refused 3",
    "in B " ANSWER("c1", "Reject"),
    "= far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined")

SCENARIO(callee_collides_with_local, false, ONLINE, FEDERATED, RING_C1,
    "far R " OFFER("c1", "$C", "$B"),
    "= far R " HANGUP_ID("Error", "c1"),
    /* Nor does a relay have a say in a call of ours. */
    "far R " ANSWER("c1", "AcceptGeneric"),
    "far R " HANGUP_ID("Normal", "c1"),
    "far R " RINGING("c1"),
    "far R " REPORT("c1"),
    "calls 1")

SCENARIO(callee_unsound_offers, false, "reg B", FEDERATED,
    "far R " OFFER("-a", "$A", "$B"),
    "= far R " HANGUP_ID("Error", "-a"),
    "far R " OFFER("c1", "nobody", "$B"),
    "= far R " HANGUP_ID("Error", "c1"),
    "far R " OFFER("c1", "$B", "$B"),
    "= far R " HANGUP_ID("Error", "c1"),
    "far R {\"CallSetup\":{\"call_id\":\"c1\",\"room\":\"call-c1\","
    "\"relay_addr\":\"192.0.2.9:1\"}}",
    "far R \"Hold\"",
    "far R {}",
    "calls 0", "stat far-ignored 3")

/* max_pending is 2 here; a far caller's name is not used up for a local. */
SCENARIO(callee_busy, false, "reg A", "reg B", "reg C", FEDERATED,
    "far R " OFFER("c1", "$A", "$B"), "= record c1 pending",
    "far R " OFFER("c2", "$A", "$B"), "= record c2 pending",
    "far R " OFFER("c3", "$A", "$B"),
    "= far R " HANGUP_ID("Busy", "c3"),
    "in A " OFFER("c4", "$A", "$C"), "= record c4 pending")

/* All neighbours together get half of it. */
SCENARIO(callee_neighbours_limit, false, "reg A", "reg B", "reg C", FEDERATED,
    "far R " OFFER("c1", "$C", "$A"), "= record c1 pending",
    "far S " OFFER("c2", "$C", "$A"), "= record c2 pending",
    "far T " OFFER("c3", "$A", "$B"), "= record c3 pending",
    "far U " OFFER("c4", "$A", "$B"), "= record c4 pending",
    "far V " OFFER("c5", "$A", "$C"), "= record c5 pending",
    "far W " OFFER("c6", "$A", "$C"),
    "= far W " HANGUP_ID("Busy", "c6"),
    "in A " OFFER("c6", "$A", "$C"), "= record c6 pending")

/* A neighbour gets a part of the room for calls (8 here). */
SCENARIO(callee_neighbour_limit, false, "reg A", "reg B", "reg C", FEDERATED,
    "far R " OFFER("c1", "$C", "$A"), "= record c1 pending",
    "far RS " OFFER("c2", "$C", "$A"), "= record c2 pending",
    "far RT " OFFER("c3", "$A", "$B"), "= record c3 pending",
    "far R " OFFER("c4", "$A", "$C"),
    "= far R " HANGUP_ID("Busy", "c4"),
    "far T " OFFER("c5", "$A", "$C"), "= record c5 pending",
    /* And gets it back. */
    "far RS " HANGUP_ID("Normal", "c2"), "= record c2 ended cancelled",
    "far R " OFFER("c4", "$A", "$C"), "= record c4 pending")

SCENARIO(callee_trusted, false, "reg B", FEDERATED,
    "far R " OFFER_X("c1", "$A", "$B", "$a", CALLER_ADDRS),
    "= record c1 pending", "commit",
    "= B " OFFER_X("c1", "$A", "$B", "$a", ""),
    "= far R " RINGING("c1"), "= record c1 ringing", "commit",
    "in B " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= media c1 R on", "= admit c1 A B", "= record c1 active",
    "admitted c1", "commit",
    "= far R " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= B " SETUP_X("c1", PEER_CALLER))

/* The consent is Bob's: without it neither learns an address. */
SCENARIO(callee_generic, false, "reg B", FEDERATED,
    "far R " OFFER_X("c1", "$A", "$B", "$a", CALLER_ADDRS),
    "= record c1 pending", "commit",
    "= B " OFFER_X("c1", "$A", "$B", "$a", ""),
    "= far R " RINGING("c1"), "= record c1 ringing", "commit",
    "in B " ANSWER_X("c1", "AcceptGeneric", CALLEE_ADDRS),
    "= media c1 R on", "= admit c1 A B", "= record c1 active",
    "admitted c1", "commit",
    "= far R " ANSWER("c1", "AcceptGeneric"),
    "= B " SETUP("c1"))

SCENARIO(callee_federd_away_at_answer, false, "reg B", FEDERATED, ASKED_C1,
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= media c1 RS on", "= admit c1 A B", "= record c1 active",
    "federd down",
    "admitted c1", "commit",
    "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error", "= close c1")

SCENARIO(callee_answer_unsent, false, "reg B", FEDERATED, ASKED_CALL_C1,
    "unsent c1 R",		/* another path */
    "unsent c1 RS",
    "= far RS " HANGUP_ID("Error", "c1"),
    "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error", "= close c1", "= media c1 RS off")

/* Later it is about something that can be missed. */
SCENARIO(callee_report_unsent, false, "reg B", FEDERATED, ASKED_CALL_C1,
    "after 5000",
    "unsent c1 RS", "unsent c2 RS", "calls 1")

/* Originals */

SCENARIO(original_callee, false, "reg A", ORIGINALS,
    "in A " OFFER_X("c1", "$A", "$B", "$a", CALLER_ADDRS),
    "= record c1 pending", "commit", "= find B",
    "maybe",
    "= far! * " OFFER_X("c1", "$A", "$B", "$a", CALLER_ADDRS),
    "= A " RINGING("c1"), "= record c1 ringing", "commit",
    "far! X " RINGING("c1"),
    "= A " RINGING("c1"),
    "far! X " RINGING("c1"),
    "far R " ANSWER("c1", "AcceptGeneric"),
    "far! X " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= media! c1 X on", "= admit c1 A B", "= record c1 active",
    /* The first one counts. */
    "far! Y " ANSWER("c1", "AcceptTrusted"),
    "far! Y " HANGUP_ID("Normal", "c1"),
    "admitted c1", "commit",
    "= A " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= A " SETUP_X("c1", PEER_CALLEE),
    "in A " REPORT("c1"),
    "= far! X " REPORT("c1"),
    "far! X " REPORT("c1"),
    "= A " REPORT("c1"),
    "= record c1 active",
    "far! Y " REPORT("c1"),
    /* It is never asked whether it has the call. */
    "after 100000",
    "in A " HANGUP("Normal"),
    "= far! X " HANGUP_ID("Normal", "c1"),
    "= record c1 ended normal", "= close c1", "= media! c1 X off")

/* Features are between ours. */
SCENARIO(original_no_features, false, "reg A candidates", ORIGINALS,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending", "commit", "= find B",
    "maybe",
    "= far! * " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"), "= record c1 ringing")

SCENARIO(original_reject_answer, false, "reg A", ORIGINALS, MAYBE_C1,
    "far! X " ANSWER("c1", "Reject"),
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined")

SCENARIO(original_reject_hangup, false, "reg A", ORIGINALS, MAYBE_C1,
    "far! X " HANGUP_ID("Normal", "c1"),
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined")

/* Without call_id it can mean only one (C6). */
SCENARIO(original_reject_without_id, false, "reg A", ORIGINALS, MAYBE_C1,
    "far R " HANGUP("Normal"),
    "far! X " HANGUP("Normal"),
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined")

SCENARIO(original_ambiguous_hangup, false, "reg A", "reg C", ORIGINALS,
    MAYBE_C1,
    "far! X " OFFER("c2", "$B", "$C"), "= record c2 pending",
    "far! X " HANGUP("Normal"),
    "calls 2", "stat far-ignored 1")

SCENARIO(original_caller, false, "reg B", ORIGINALS,
    "far! X " OFFER_X("c1", "$A", "$B", "$a", CALLER_ADDRS),
    "= record c1 pending", "commit",
    "= B " OFFER_X("c1", "$A", "$B", "$a", ""),
    "= record c1 ringing", "commit",
    "far! Y " HANGUP_ID("Normal", "c1"),
    "in B " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= media! c1 X on", "= admit c1 A B", "= record c1 active",
    "admitted c1", "commit",
    "= far! X " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= B " SETUP_X("c1", PEER_CALLER),
    "after 70000",
    "in B " HANGUP("Normal"),
    "= far! X " HANGUP_ID("Normal", "c1"),
    "= record c1 ended normal", "= close c1", "= media! c1 X off")

SCENARIO(original_caller_rejected, false, "reg B", ORIGINALS,
    "far! X " OFFER("c1", "$A", "$B"),
    "= record c1 pending", "commit",
    "= B " OFFER("c1", "$A", "$B"), "= record c1 ringing", "commit",
    "in B " ANSWER("c1", "Reject"),
    "= far! X " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined")

/* An original gets no word about what it cannot use. */
SCENARIO(original_told_nothing, false, "reg A", ORIGINALS,
    "far! X " OFFER("c1", "$C", "$B"),
    "far! X " OFFER("-c", "$C", "$A"),
    "far! X " ANSWER("c1", "AcceptGeneric"),
    "far! X " RINGING("c1"),
    "far! X " REPORT("c1"),
    "calls 0", "unconfirmed 0")

SCENARIO(original_none_took_it, false, "reg A", ORIGINALS, MAYBE_C1,
    "unsent c1 *",
    "= A " HANGUP_ID("Error", "c1"),
    "= record c1 ended error")

/* Candidates and rounds of checks */

#define TRICKLE_C1							\
	"in A " OFFER("c1", "$A", "$B"),				\
	"= record c1 pending", "commit", "= find B", "found R",		\
	"= far R " OFFER_X("c1", "$A", "$B", "$0", CALLER_CAN),		\
	"= record c1 pending", "commit",				\
	"far R " ANSWER_X("c1", "AcceptTrusted", CALLEE_CAN),		\
	"= media c1 R on", "= admit c1 A B", "= record c1 active",	\
	"admitted c1", "commit",					\
	"= A " ANSWER("c1", "AcceptTrusted"),				\
	"= A " SETUP_X("c1", PEER_CAN)
#define PUNCH(id, round, delay)						\
	"{\"CallPunch\":{\"call_id\":\"" id "\",\"round\":" round	\
	",\"delay_ms\":" delay "}}"

SCENARIO(caller_leads_rounds, false, "reg A candidates", FEDERATED,
    "rtt A 20",
    TRICKLE_C1,
    "far R " CANDIDATES("c1", "0", "\"10.0.0.9:5000\",\"10.9.9.9:4433\","
    "\"127.0.0.1:1\"", "true"),
    "= A " CANDIDATES("c1", "0", "\"10.0.0.9:5000\"", "true"),
    "= A " PUNCH("c1", "1", "40"),
    "= far R " PUNCH("c1", "1", "0"),
    /* Ours are strict, and one round serves both. */
    "in A " FOUND("c1"),
    "= far R " FOUND("c1"),
    "after 300",
    "= A " PUNCH("c1", "2", "40"),
    "= far R " PUNCH("c1", "2", "0"),
    /* It does not lead us. */
    "far R " PUNCH("c1", "9", "0"),
    "far RS " FOUND("c1"),
    "stat far-ignored 2")

SCENARIO(callee_follows_rounds, false, "reg B candidates", FEDERATED,
    "far R " OFFER_X("c1", "$A", "$B", "$0", CALLER_CAN),
    "= record c1 pending", "commit",
    "= B " OFFER("c1", "$A", "$B"),
    "= far R " RINGING("c1"), "= record c1 ringing", "commit",
    "far R " PUNCH("c1", "1", "0"),
    "in B " ANSWER("c1", "AcceptTrusted"),
    "= media c1 R on", "= admit c1 A B", "= record c1 active",
    "admitted c1", "commit",
    "= far R " ANSWER_X("c1", "AcceptTrusted", CALLEE_CAN),
    "= B " SETUP_X("c1", PEER_CAN),
    "in B " FOUND("c1"),
    "= far R " FOUND("c1"),
    "far R " PUNCH("c1", "1", "10"),
    "= B " PUNCH("c1", "1", "10"),
    /* Not more often than ours, nor as late as they like. */
    "far R " PUNCH("c1", "2", "10"),
    "after 300",
    "far R " PUNCH("c1", "3", "501"),
    "far R " PUNCH("c1", "3", "500"),
    "= B " PUNCH("c1", "3", "500"),
    "stat far-ignored 3")

/* An original has none, and whoever says nothing of them. */
SCENARIO(no_candidates, false, "reg A candidates", FEDERATED,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending", "commit", "= find B", "found R",
    "= far R " OFFER_X("c1", "$A", "$B", "$0", CALLER_CAN),
    "= record c1 pending", "commit",
    "far R " ANSWER("c1", "AcceptTrusted"),
    "= media c1 R on", "= admit c1 A B", "= record c1 active",
    "admitted c1", "commit",
    "= A " ANSWER("c1", "AcceptTrusted"),
    "= A " SETUP("c1"),
    "in A " FOUND("c1"),
    "far R " FOUND("c1"),
    "stat candidates-refused 2")

/* A client's own word about features is no relay's. */
SCENARIO(no_features_of_clients, false, ONLINE, FEDERATED,
    "in A " OFFER_X("c1", "$A", "$B", "$0", CALLER_CAN),
    "= record c1 pending", "commit",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"), "= record c1 ringing", "commit",
    "in B " ANSWER_X("c1", "AcceptTrusted", CALLEE_CAN),
    "= admit c1 A B", "= record c1 active", "admitted c1", "commit",
    "= A " ANSWER("c1", "AcceptTrusted"),
    "= A " SETUP("c1"), "= B " SETUP("c1"))

/* What the registry and mediad are told. */
static void
records(void **state)
{
	static const char *const	lines[] = {
		"reg A", FEDERATED, FAR_CALL_C1, NULL
	};
	struct world			*w = world_new(false);
	const char			*why;

	(void)state;
	if ((why = world_replay(w, lines)) != NULL)
		fail_msg("%s", why);
	assert_int_equal(w->put.remote, CALL_REMOTE_CALLEE);
	assert_false(w->put.remote_legacy);
	assert_string_equal(w->put.remote_label, "north");
	assert_int_equal(strlen(w->put.remote_path), 128);
	assert_memory_equal(w->put.remote_path, "5252", 4);
	assert_memory_equal(w->put.remote_path + 64, "5353", 4);
	/* Nobody can join for Bob with a replayed CallOffer (gap 4). */
	assert_true(w->admitted.callee_proven);
	assert_false(w->admitted.caller_proven);
	assert_false(w->put.callee_proven);
	world_free(w);
}

/* Whatever comes, by whatever path: limits hold, and in the end all is over. */
static void
noise(void **state)
{
	static const char *const	said[] = {
		OFFER("c1", "$A", "$B"), OFFER("c2", "$C", "$B"),
		OFFER("c3", "$B", "$A"), ANSWER("c1", "AcceptTrusted"),
		ANSWER("c4", "AcceptGeneric"), ANSWER("c4", "Reject"),
		RINGING("c4"), RINGING("c1"), REPORT("c1"), REPORT("c4"),
		HANGUP_ID("Normal", "c1"), HANGUP_ID("Error", "c4"),
		HANGUP("Normal"), FOUND("c1"), FOUND("c4"),
		PUNCH("c1", "1", "0"), "\"Hold\"", "{}"
	};
	static const char *const	here[] = {
		"in A " OFFER("c4", "$A", "$C"), "in B " ANSWER("c1",
		"AcceptTrusted"), "in B " ANSWER("c2", "AcceptGeneric"),
		"in A " HANGUP_ID("Normal", "c4"), "in B " HANGUP("Normal"),
		"commit", "commit", "commit", "admitted c1", "admitted c2",
		"admitted c4", "after 500", "found R", "maybe", "nobody",
		"link R up", "link R down", "link X up legacy",
		"link X down legacy", "unsent c4 R", "unsent c1 X",
		"unsent c4 *", "federd down", "federd up", "reg A", "reg B"
	};
	static const size_t		lengths[] = {
		32, 32, 32, 64, 128, 0, 31, 33, 160
	};
	struct msg_fed_signal		msg;
	struct world			*w = world_new(false);
	uint64_t			x = 0x2545f4914f6cdd1d;
	uint8_t				path[160];
	char				text[WORLD_LINE_MAX];
	unsigned int			i, k, n;
	bool				answered = false;

	(void)state;
	assert_int_equal(world_step(w, "reg A"), 0);
	assert_int_equal(world_step(w, "reg B"), 0);
	assert_int_equal(world_step(w, "federd up"), 0);
	for (i = 0; i < 60000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		w->nout = w->taken = 0;
		n = (unsigned int)(x >> 33);
		if (n % 3 == 0) {
			assert_int_equal(world_step(w, here[(n >> 4) %
			    (sizeof(here) / sizeof(here[0]))]), 0);
			continue;
		}
		world_text(said[(n >> 4) % (sizeof(said) / sizeof(said[0]))],
		    text);
		for (k = 0; k < (n >> 12) % 8 && k < 3; k++)
			text[(x >> (8 * k)) % strlen(text)] =
			    (char)(32 + (x >> (4 * k + 3)) % 96);
		memset(&msg, 0, sizeof(msg));
		memset(path, "RXRS"[(n >> 16) % 4], sizeof(path));
		msg.path.data = path;
		msg.path.len = lengths[(n >> 20) %
		    (sizeof(lengths) / sizeof(lengths[0]))];
		msg.legacy = path[0] == 'X' || (n >> 24) % 16 == 0;
		memset(msg.label, 0x7f, sizeof(msg.label) - 1);
		msg.inner.data = (const uint8_t *)text;
		msg.inner.len = strlen(text);
		flow_far_signal(w->flow, &msg);
		assert_true(calls_count(flow_calls(w->flow)) <= 8);
		answered = answered ||
		    flow_stats(w->flow)->fs_answered != 0;
	}
	/* It came to calls all the same. */
	assert_true(answered && flow_stats(w->flow)->fs_found > 0);
	if (w->regs[0].reg_person != NULL)
		assert_int_equal(world_step(w, "gone A clean"), 0);
	if (w->regs[1].reg_person != NULL)
		assert_int_equal(world_step(w, "gone B clean"), 0);
	assert_int_equal(world_step(w, "after 100000"), 0);
	assert_int_equal(calls_count(flow_calls(w->flow)), 0);
	world_free(w);
}

/* Controls: the checker sees a wrong, a missing and an additional line. */
static void
negative_control(void **state)
{
	static const char *const	missing[] = {
		"reg A", FEDERATED, ASK_C1, "far RS " RINGING("c1"),
		"= A " RINGING("c1"), NULL
	};
	static const char *const	wrong[] = {
		"reg A", FEDERATED, FAR_RING_C1,
		"far RS " HANGUP_ID("Normal", "c1"),
		"= A " HANGUP_ID("Busy", "c1"),
		"= record c1 ended declined", NULL
	};
	static const char *const	more[] = {
		"reg A", FEDERATED, FAR_RING_C1,
		"far R " RINGING("c1"), "= A " RINGING("c1"), NULL
	};
	static const char *const *const	all[] = { missing, wrong, more };
	size_t				 i;

	(void)state;
	for (i = 0; i < 3; i++)
		world_objects(world_new(false), all[i]);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(caller_whole_call),
		cmocka_unit_test(caller_durable_first),
		cmocka_unit_test(caller_registry_away),
		cmocka_unit_test(caller_best_effort),
		cmocka_unit_test(caller_no_federation),
		cmocka_unit_test(caller_odd_target),
		cmocka_unit_test(caller_nobody),
		cmocka_unit_test(caller_no_answer_of_federd),
		cmocka_unit_test(caller_silent_relay),
		cmocka_unit_test(caller_ring_limit),
		cmocka_unit_test(caller_gone_during_find),
		cmocka_unit_test(caller_cancels_during_find),
		cmocka_unit_test(caller_cancels),
		cmocka_unit_test(caller_lost_before_answer),
		cmocka_unit_test(caller_rejected),
		cmocka_unit_test(caller_busy),
		cmocka_unit_test(caller_refused_on_the_way),
		cmocka_unit_test(caller_transit_cannot_end),
		cmocka_unit_test(caller_wrong_paths),
		cmocka_unit_test(caller_no_ringing_needed),
		cmocka_unit_test(caller_answer_reject),
		cmocka_unit_test(caller_trusted),
		cmocka_unit_test(caller_generic),
		cmocka_unit_test(caller_bad_addresses),
		cmocka_unit_test(caller_lost_and_back),
		cmocka_unit_test(caller_lost_for_good),
		cmocka_unit_test(caller_leaves),
		cmocka_unit_test(caller_away_when_it_ends),
		cmocka_unit_test(caller_local_preferred),
		cmocka_unit_test(caller_known_call_id),
		cmocka_unit_test(callee_whole_call),
		cmocka_unit_test(callee_durable_first),
		cmocka_unit_test(callee_absent),
		cmocka_unit_test(callee_rejects),
		cmocka_unit_test(callee_hangs_up),
		cmocka_unit_test(callee_gone),
		cmocka_unit_test(callee_cancelled),
		cmocka_unit_test(callee_cancelled_early),
		cmocka_unit_test(callee_collision),
		cmocka_unit_test(callee_collides_with_local),
		cmocka_unit_test(callee_unsound_offers),
		cmocka_unit_test(callee_busy),
		cmocka_unit_test(callee_neighbour_limit),
		cmocka_unit_test(callee_trusted),
		cmocka_unit_test(callee_generic),
		cmocka_unit_test(callee_federd_away_at_answer),
		cmocka_unit_test(callee_answer_unsent),
		cmocka_unit_test(callee_report_unsent),
		cmocka_unit_test(original_callee),
		cmocka_unit_test(original_no_features),
		cmocka_unit_test(original_reject_answer),
		cmocka_unit_test(original_reject_hangup),
		cmocka_unit_test(original_reject_without_id),
		cmocka_unit_test(original_ambiguous_hangup),
		cmocka_unit_test(original_caller),
		cmocka_unit_test(original_caller_rejected),
		cmocka_unit_test(original_told_nothing),
		cmocka_unit_test(original_none_took_it),
		cmocka_unit_test(caller_leads_rounds),
		cmocka_unit_test(callee_follows_rounds),
		cmocka_unit_test(no_candidates),
		cmocka_unit_test(no_features_of_clients),
		cmocka_unit_test(caller_offer_unsent),
		cmocka_unit_test(caller_word_unsent),
		cmocka_unit_test(callee_neighbours_limit),
		cmocka_unit_test(records),
		cmocka_unit_test(noise),
		cmocka_unit_test(negative_control),
	};

	log_init("call_remote_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
