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
 * Calls from offer to end, replayed in virtual time: each scenario is a list
 * of things that happen and, on lines that begin with "=", of all that must
 * come out of them, in order and nothing else.
 *
 * COVERS: row 1.7 - the offer reaches the callee with every value equal
 * COVERS: row 1.8 - CallRinging after the offer was written to the callee
 * COVERS: row 1.9 - target offline: Hangup{Normal} and nothing else
 * COVERS: row 1.10 - answer, CallSetup to the caller, CallSetup to the callee
 * COVERS: row 1.11 - room and call_id of CallSetup
 * COVERS: row 1.13 - either accept mode
 * COVERS: row 1.14 - reject
 * COVERS: row 1.15 - answer for an unknown call
 * COVERS: row 1.16 - hangup by either side, with and without call_id
 * COVERS: row 1.17 - disconnect
 * COVERS: gap 8 - membership checks; gap 9 - call_id collisions
 * COVERS: gap 10 - claimed caller; gap 11; gap 21 - addresses
 * COVERS: gap 18 - ring limit
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

SCENARIO(whole_call, false, ONLINE, CALL_C1,
    "in A " HANGUP("Normal"),
    "= B " HANGUP("Normal"),
    "= record c1 ended normal",
    "= close c1",
    /* A second one produces nothing. */
    "in A " HANGUP("Normal"),
    "in B " HANGUP_ID("Normal", "c1"),
    "commit",
    "calls 0",
    "unconfirmed 0")

/* Admission after the record, and the other way round (whole_call). */
SCENARIO(setup_waits_for_both, false, ONLINE, RING_C1,
    "in B " ANSWER("c1", "AcceptTrusted"),
    "= admit c1 A B",
    "= record c1 active",
    "commit",
    "after 1000",
    "admitted c1",
    "= A " ANSWER("c1", "AcceptTrusted"),
    "= A " SETUP("c1"),
    "= B " SETUP("c1"),
    /* Neither a second admission nor a second answer repeats anything. */
    "admitted c1",
    "in B " ANSWER("c1", "AcceptTrusted"),
    "in B " ANSWER("c1", "Reject"))

SCENARIO(nothing_before_the_commit, false, ONLINE,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    /* Whoever guesses the call_id gains nothing. */
    "in B " ANSWER("c1", "AcceptTrusted"),
    "in B " ANSWER("c1", "Reject"),
    "after 1999",
    "commit",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"),
    "= record c1 ringing")

SCENARIO(target_offline, false, "reg A",
    "in A " OFFER("c1", "$A", "$B"),
    "= A " HANGUP("Normal"),
    "calls 0",
    /* A later answer has no effect. */
    "reg B",
    "in B " ANSWER("c1", "AcceptGeneric"))

SCENARIO(other_forms_of_a_fingerprint, false, ONLINE,
    "in A " OFFER("c1", "$A", "BBBB:BBBB:BBBB:BBBB:BBBB:BBBB:BBBB:BBBB"),
    "= A " HANGUP("Normal"),
    "in A " OFFER("c1", "$A", ""),
    "= A " HANGUP("Normal"))

SCENARIO(reject, false, ONLINE, RING_C1,
    "in B " ANSWER("c1", "Reject"),
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined",
    "in B " ANSWER("c1", "AcceptGeneric"),
    "calls 0")

SCENARIO(answer_for_unknown_call, false, ONLINE,
    "in B " ANSWER("nope", "AcceptGeneric"),
    "in B " ANSWER("nope", "Reject"))

SCENARIO(strangers, false, ONLINE, "reg C", RING_C1,
    "in C " ANSWER("c1", "AcceptGeneric"),
    "in C " ANSWER("c1", "Reject"),
    "in C " HANGUP_ID("Normal", "c1"),
    "in C " HANGUP("Normal"),
    "in C " REPORT("c1"),
    /* Nor does the caller answer himself. */
    "in A " ANSWER("c1", "AcceptGeneric"),
    "in A " ANSWER("c1", "Reject"),
    /* No path report before the call is active. */
    "in A " REPORT("c1"),
    "calls 1")

SCENARIO(path_reports, false, ONLINE, "reg C", CALL_C1,
    "in A " REPORT("c1"),
    "= B " REPORT("c1"),
    "in B " REPORT("c1"),
    "= A " REPORT("c1"),
    /* Both say that they talk directly. */
    "= record c1 active",
    "in C " REPORT("c1"),
    "in A " REPORT("c2"))

SCENARIO(wrong_caller, false, ONLINE, "reg C",
    "in A " OFFER("c1", "$C", "$B"),
    "= A " HANGUP_ID("Error", "c1"),
    "in A " OFFER("c1", "$A", "$A"),
    "= A " HANGUP_ID("Error", "c1"),
    "calls 0")

/* A foreign key is replaced by the registered one, zeros stay zeros. */
SCENARIO(claimed_key, false, ONLINE,
    "in A " OFFER_X("c1", "$A", "$B", "$c", ""),
    "= record c1 pending",
    "commit",
    "= B " OFFER_X("c1", "$A", "$B", "$a", ""),
    "= A " RINGING("c1"),
    "= record c1 ringing",
    "in A " OFFER_X("c2", "$A", "$B", "$a", ""),
    "= record c2 pending",
    "commit",
    "= B " OFFER_X("c2", "$A", "$B", "$a", ""),
    "= A " RINGING("c2"),
    "= record c2 ringing")

SCENARIO(bad_call_ids, false, ONLINE,
    "in A " OFFER("", "$A", "$B"), "= A " HANGUP_ID("Error", ""),
    "in A " OFFER("-a", "$A", "$B"), "= A " HANGUP_ID("Error", "-a"),
    "in A " OFFER("a-", "$A", "$B"), "= A " HANGUP_ID("Error", "a-"),
    "in A " OFFER("Ab", "$A", "$B"), "= A " HANGUP_ID("Error", "Ab"),
    "in A " OFFER("a.b", "$A", "$B"), "= A " HANGUP_ID("Error", "a.b"),
    "in A " OFFER("012345678901234567890123456789012345678901234567890123"
    "45678", "$A", "$B"),
    "= A " HANGUP_ID("Error", "012345678901234567890123456789012345678901234"
    "56789012345678"),
    "in A " OFFER("0123456789012345678901234567890123456789012345678901234"
    "567", "$A", "$B"),
    "= record 0123456789012345678901234567890123456789012345678901234567 "
    "pending")

SCENARIO(collision, false, ONLINE, "reg C", RING_C1,
    "in C " OFFER("c1", "$C", "$A"),
    "= C " HANGUP_ID("Normal", "c1"),
    /* The call itself is as it was. */
    "in B " ANSWER("c1", "Reject"),
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended declined",
    /* An ended call's id is free again. */
    "in C " OFFER("c1", "$C", "$A"),
    "= record c1 pending")

/* max_pending is 2 here. */
SCENARIO(busy_past_the_limit, false, ONLINE, "reg C",
    "in A " OFFER("c1", "$A", "$B"), "= record c1 pending",
    "in C " OFFER("c2", "$C", "$B"), "= record c2 pending",
    "in A " OFFER("c3", "$A", "$B"),
    "= A " HANGUP_ID("Busy", "c3"),
    /* Somebody else can still be called. */
    "in A " OFFER("c4", "$A", "$C"), "= record c4 pending",
    /* Also for the one who calls. */
    "in A " OFFER("c5", "$A", "$C"),
    "= A " HANGUP_ID("Busy", "c5"))

SCENARIO(cancel_before_the_answer, false, ONLINE, RING_C1,
    "in A " HANGUP_ID("Normal", "c1"),
    "= B " HANGUP_ID("Normal", "c1"),
    "= record c1 ended cancelled",
    "in B " ANSWER("c1", "AcceptGeneric"))

/* The callee has not heard of the call yet, so it hears of no hangup. */
SCENARIO(cancel_before_the_offer, false, ONLINE,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "in A " HANGUP("Normal"),
    "= record c1 ended cancelled",
    "commit",
    "unconfirmed 0")

SCENARIO(callee_is_busy, false, ONLINE, RING_C1,
    "in B " HANGUP_ID("Busy", "c1"),
    "= A " HANGUP_ID("Busy", "c1"),
    "= record c1 ended busy")

SCENARIO(hangup_ends_all_or_one, false, ONLINE, "reg C", CALL_C1,
    "in C " OFFER("c2", "$C", "$A"), "= record c2 pending", "commit",
    "= A " OFFER("c2", "$C", "$A"), "= C " RINGING("c2"),
    "= record c2 ringing",
    "in A " HANGUP_ID("Declined", "c2"),
    "= C " HANGUP_ID("Declined", "c2"),
    "= record c2 ended declined",
    "calls 1",
    "in C " OFFER("c3", "$C", "$A"), "= record c3 pending", "commit",
    "= A " OFFER("c3", "$C", "$A"), "= C " RINGING("c3"),
    "= record c3 ringing",
    "in A " HANGUP("Normal"),
    "= C " HANGUP("Normal"),
    "= record c3 ended declined",
    "= B " HANGUP("Normal"),
    "= record c1 ended normal",
    "= close c1",
    "calls 0")

SCENARIO(clean_disconnect, false, ONLINE, CALL_C1,
    "gone B clean",
    "= A " HANGUP_ID("Normal", "c1"),
    "= record c1 ended disconnect",
    "= close c1",
    "in A " OFFER("c2", "$A", "$B"),
    "= A " HANGUP("Normal"))

SCENARIO(lost_while_ringing, false, ONLINE, RING_C1,
    "gone A lost",
    "= B " HANGUP_ID("Normal", "c1"),
    "= record c1 ended disconnect",
    "calls 0")

SCENARIO(lost_and_back, false, ONLINE, CALL_C1,
    "gone B lost",
    "after 14999",
    "reg B",
    "after 20000",
    "in B " REPORT("c1"),
    "= A " REPORT("c1"),
    "calls 1")

SCENARIO(lost_for_good, false, ONLINE, CALL_C1,
    "gone B lost",
    "after 14999",
    "after 1",
    "= A " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout",
    "= close c1")

SCENARIO(both_lost, false, ONLINE, CALL_C1,
    "gone B lost",
    "after 5000",
    "gone A lost",
    "after 20000",
    "= record c1 ended timeout",
    "= close c1",
    "calls 0")

/* Lost, but the other hangs up. */
SCENARIO(lost_then_hung_up, false, ONLINE, CALL_C1,
    "gone B lost",
    "in A " HANGUP("Normal"),
    "= record c1 ended normal",
    "= close c1",
    "after 20000",
    "calls 0")

/* Who proved the key must prove it again. */
SCENARIO(back_without_proof, false, "reg A", "reg B proven", CALL_C1,
    "gone B lost",
    "after 1000",
    "reg B",
    "after 13999",
    "after 1",
    "= A " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout",
    "= close c1")

/* A newer connection takes over a call that is set up, and no other. */
SCENARIO(replaced, false, ONLINE, CALL_C1,
    "reg B",
    "in B " REPORT("c1"),
    "= A " REPORT("c1"),
    "in A " OFFER("c2", "$A", "$B"), "= record c2 pending", "commit",
    "= B " OFFER("c2", "$A", "$B"), "= A " RINGING("c2"),
    "= record c2 ringing",
    "reg B",
    "= A " HANGUP_ID("Normal", "c2"),
    "= record c2 ended disconnect",
    "calls 1")

SCENARIO(ring_limit, false, ONLINE, RING_C1,
    "after 59999",
    "after 1",
    "= A " HANGUP_ID("Timeout", "c1"),
    "= B " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout",
    "in B " ANSWER("c1", "AcceptGeneric"),
    "calls 0")

/* registry strict: a new offer waits two seconds. */
SCENARIO(registry_away, false, ONLINE,
    "registry down",
    "in A " OFFER("c1", "$A", "$B"),
    "after 1999",
    "after 1",
    "= A " HANGUP_ID("Error", "c1"),
    "calls 0",
    /* Nothing of it can be on disk, so nothing is left to record. */
    "unconfirmed 0",
    "in A " OFFER("c2", "$A", "$B"),
    "after 1000",
    "registry up",
    "= record c2 pending",
    "commit",
    "= B " OFFER("c2", "$A", "$B"),
    "= A " RINGING("c2"),
    "= record c2 ringing")

/* Sent but never answered: it may be on disk, so its end is recorded. */
SCENARIO(registry_hangs, false, ONLINE,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "after 2000",
    "= A " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "registry down",
    "registry up",
    "= record c1 ended error",
    "commit",
    "unconfirmed 0")

SCENARIO(disk_full, false, ONLINE,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "refuse",
    "after 500",
    "= record c1 pending",
    "refuse",
    "after 499",
    "after 1",
    "= record c1 pending",
    "commit",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"),
    "= record c1 ringing",
    /* A live call goes on although its record is refused. */
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B",
    "= record c1 active",
    "admitted c1",
    "refuse",
    "= A " ANSWER("c1", "AcceptGeneric"),
    "= A " SETUP("c1"),
    "= B " SETUP("c1"),
    "after 500",
    "= record c1 active",
    "commit",
    "unconfirmed 0")

SCENARIO(disk_full_for_good, false, ONLINE,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "refuse",
    "after 500", "= record c1 pending", "refuse",
    "after 500", "= record c1 pending", "refuse",
    "after 500", "= record c1 pending", "refuse",
    "after 499",
    "after 1", "= record c1 pending", "= A " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "calls 0")

SCENARIO(live_calls_outlive_the_registry, false, ONLINE, RING_C1,
    "registry down",
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B",
    "admitted c1",
    "after 2000",
    "= A " ANSWER("c1", "AcceptGeneric"),
    "= A " SETUP("c1"),
    "= B " SETUP("c1"),
    "in B " HANGUP("Normal"),
    "= A " HANGUP("Normal"),
    "= close c1",
    "unconfirmed 1",
    /* The latest state only, once. */
    "registry up",
    "= record c1 ended normal",
    "commit",
    "unconfirmed 0")

SCENARIO(best_effort, true, ONLINE,
    "registry down",
    "in A " OFFER("c1", "$A", "$B"),
    "after 1999",
    "after 1",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"),
    "registry up",
    "= record c1 ringing unconfirmed",
    "commit",
    "calls 1")

SCENARIO(mediad_away, false, ONLINE, RING_C1,
    "media down",
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= record c1 active",
    "commit",
    "after 4000",
    "media up",
    "= admit c1 A B",
    "admitted c1",
    "= A " ANSWER("c1", "AcceptGeneric"),
    "= A " SETUP("c1"),
    "= B " SETUP("c1"),
    /* A restarted one is told of every live call. */
    "media down",
    "media up",
    "= admit c1 A B")

SCENARIO(no_room, false, ONLINE, RING_C1,
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B",
    "= record c1 active",
    "commit",
    "after 4999",
    "after 1",
    "= A " HANGUP_ID("Error", "c1"),
    "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "= close c1",
    "admitted c1",
    "calls 0")

SCENARIO(room_refused, false, ONLINE, RING_C1,
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B",
    "= record c1 active",
    "not-admitted c1",
    "= A " HANGUP_ID("Error", "c1"),
    "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "= close c1",
    "commit",
    "calls 0")

/* Answered, not set up: a party that vanishes ends it. */
SCENARIO(gone_before_setup, false, ONLINE, RING_C1,
    "in B " ANSWER("c1", "AcceptGeneric"),
    "= admit c1 A B",
    "= record c1 active",
    "gone A lost",
    "= B " HANGUP_ID("Normal", "c1"),
    "= record c1 ended disconnect",
    "= close c1",
    "admitted c1",
    "commit")

#define CALLER_ADDRS							\
	",\"caller_reflexive_addr\":\"203.0.113.7:40001\","		\
	"\"caller_local_addrs\":[\"192.168.1.10:40001\",\"nonsense\"," \
	"\"127.0.0.1:1\",\"224.0.0.1:2\",\"[fd00::2]:3\"]"
#define CALLEE_ADDRS							\
	",\"callee_reflexive_addr\":\"198.51.100.7:9\","		\
	"\"callee_local_addrs\":[\"10.0.0.1:9\"]"

SCENARIO(addresses_when_trusted, false, ONLINE,
    "in A " OFFER_X("c1", "$A", "$B", "$0", CALLER_ADDRS),
    "= record c1 pending", "commit",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"), "= record c1 ringing", "commit",
    "in B " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= admit c1 A B", "= record c1 active", "admitted c1", "commit",
    "= A " ANSWER_X("c1", "AcceptTrusted", CALLEE_ADDRS),
    "= A " SETUP_X("c1", ",\"peer_direct_addr\":\"198.51.100.7:9\","
    "\"peer_local_addrs\":[\"10.0.0.1:9\"]"),
    "= B " SETUP_X("c1", ",\"peer_direct_addr\":\"203.0.113.7:40001\","
    "\"peer_local_addrs\":[\"192.168.1.10:40001\",\"[fd00::2]:3\"]"))

SCENARIO(no_addresses_when_generic, false, ONLINE,
    "in A " OFFER_X("c1", "$A", "$B", "$0", CALLER_ADDRS),
    "= record c1 pending", "commit",
    "= B " OFFER("c1", "$A", "$B"),
    "= A " RINGING("c1"), "= record c1 ringing", "commit",
    "in B " ANSWER_X("c1", "AcceptGeneric", CALLEE_ADDRS),
    "= admit c1 A B", "= record c1 active", "admitted c1", "commit",
    "= A " ANSWER("c1", "AcceptGeneric"),
    "= A " SETUP("c1"),
    "= B " SETUP("c1"))

/* signald was restarted in mid-call. */
SCENARIO(recovery, false, "reg A",
    "live active",
    "= admit live A B",
    "calls 1",
    /* Told twice, it is there once. */
    "live active",
    "after 5000",
    "reg B",
    "opened 2 call-live",
    "after 30000",
    /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
    "in A " HANGUP("Normal"),
    "= B " HANGUP("Normal"),
    "= record live ended normal",
    "= close live",
    /* Ended and not yet written so: not revived. */
    "live active",
    "calls 0")

SCENARIO(recovery_nobody_returns, false,
    "live active",
    "= admit live A B",
    "after 14999",
    "after 1",
    "= record live ended timeout",
    "= close live")

/* It ended while nobody listened: both are back, and nobody is in its room. */
SCENARIO(recovery_room_stays_empty, false, "reg A", "reg B",
    "live active",
    "= admit live A B",
    "after 14999",
    "after 1",
    "= A " HANGUP_ID("Timeout", "live"),
    "= B " HANGUP_ID("Timeout", "live"),
    "= record live ended timeout",
    "= close live",
    "stat quiet 1", "stat lost 0", "calls 0")

SCENARIO(recovery_room_is_left, false, "reg A", "reg B",
    /* As mediad tells before registryd does. */
    "opened 2 call-live",
    "live active",
    "= admit live A B",
    "after 60000",
    "empty 2 call-live",
    "after 14000",
    "opened 2 call-live",
    "after 60000",
    "empty 2 call-live",
    "after 14999",
    "after 1",
    "= A " HANGUP_ID("Timeout", "live"),
    "= B " HANGUP_ID("Timeout", "live"),
    "= record live ended timeout",
    "= close live",
    "calls 0",
    /* One that began with us may have an empty room as long as it likes. */
    CALL_C1,
    "opened 2 call-c1", "empty 2 call-c1", "after 100000", "calls 1")

/* Parties that talk directly need no room. */
SCENARIO(recovery_direct, false, "reg A", "reg B",
    "live direct",
    "= admit live A B",
    "after 100000",
    "opened 2 call-live", "empty 2 call-live",
    "after 100000", "calls 1")

SCENARIO(recovery_becomes_direct, false, "reg A", "reg B",
    "live active",
    "= admit live A B",
    "in A " REPORT("live"), "= B " REPORT("live"),
    "in B " REPORT("live"), "= A " REPORT("live"),
    "= record live active", "commit",
    "after 100000", "calls 1",
    "in B " HANGUP("Normal"), "= A " HANGUP("Normal"),
    "= record live ended normal", "= close live")

SCENARIO(recovery_needs_proof, false, "reg A", "reg B",
    "live active proven",
    "= admit live A B",
    "after 14999",
    "after 1",
    "= B " HANGUP_ID("Timeout", "live"),
    "= record live ended timeout",
    "= close live")

/* An offer came first that has the call_id of a call not yet told of. */
SCENARIO(recovery_call_id_taken, false, "reg A", "reg B", "reg C",
    "in C " OFFER("live", "$C", "$A"),
    "= record live pending",
    "live active",
    "= C " HANGUP_ID("Error", "live"),
    "= record live ended error",
    "= admit live A B",
    "calls 1",
    "commit",
    "calls 1")

SCENARIO(recovery_unanswered, false, "reg A",
    "live ringing",
    "= record live ended error",
    "= A " HANGUP_ID("Error", "live"),
    "calls 0",
    "commit",
    "unconfirmed 0",
    /* Who comes back hears it, once and within the time of grace. */
    "reg A",
    "after 14999",
    "reg B",
    "= B " HANGUP_ID("Error", "live"),
    "gone B lost", "reg B")

SCENARIO(recovery_unanswered_late, false, "reg A",
    "live ringing proven",
    "= record live ended error",
    "after 15000",
    "reg B", "gone A lost", "reg A proven")

/* The callee has never heard of a pending one. */
SCENARIO(recovery_pending, false, "reg A", "reg B",
    "live pending",
    "= record live ended error",
    "= A " HANGUP_ID("Error", "live"),
    "gone B lost", "reg B")

SCENARIO(orderly_stop, false, ONLINE, CALL_C1,
    "in A " OFFER("c2", "$A", "$B"), "= record c2 pending",
    "stop",
    "= A " HANGUP_ID("Error", "c2"),
    "= record c2 ended error",
    "= A " HANGUP_ID("Error", "c1"),
    "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "= close c1",
    "commit",
    "unconfirmed 0",
    "calls 0")

SCENARIO(orderly_stop_ringing, false, ONLINE, RING_C1,
    "stop",
    "= A " HANGUP_ID("Error", "c1"),
    "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "calls 0")

/* Every number of `wzpctl stats' that a call can change. */
SCENARIO(counters, false, "reg A",
    "in A " OFFER("c0", "$A", "$B"), "= A " HANGUP("Normal"),
    "stat offers 1", "stat absent 1",
    "reg B", RING_C1,
    "in A " ANSWER("c1", "AcceptGeneric"), "stat ignored 1",
    "in B " HANGUP_ID("Normal", "c9"), "stat ignored 2",
    "in B " REPORT("c1"), "stat ignored 3",
    "in B " ANSWER("c1", "Reject"),
    "= A " HANGUP_ID("Normal", "c1"), "= record c1 ended declined",
    "stat rejected 1", "stat ended 1", "stat answered 0",
    "in A " OFFER("-", "$A", "$B"), "= A " HANGUP_ID("Error", "-"),
    "stat refused 1",
    CALL_C1, "stat answered 1",
    "in B " OFFER("c1", "$B", "$A"), "= B " HANGUP_ID("Normal", "c1"),
    "stat refused 2",
    "gone B lost", "after 15000",
    "= A " HANGUP_ID("Timeout", "c1"), "= record c1 ended timeout",
    "= close c1",
    "stat lost 1", "stat ring 0",
    "reg B", RING_C1, "after 60000",
    "= A " HANGUP_ID("Timeout", "c1"), "= B " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout",
    "stat ring 1", "stat lost 1", "stat ended 3", "stat busy 0",
    "commit", "registry down",
    "in A " OFFER("c2", "$A", "$B"), "in A " OFFER("c3", "$A", "$B"),
    "in A " OFFER("c4", "$A", "$B"), "= A " HANGUP_ID("Busy", "c4"),
    "stat busy 1",
    "after 2000",
    "= A " HANGUP_ID("Error", "c2"), "= A " HANGUP_ID("Error", "c3"),
    "stat away 2", "stat unconfirmed 0", "stat offers 9")

SCENARIO(counters_best_effort, true, ONLINE, "registry down",
    "in A " OFFER("c1", "$A", "$B"), "after 2000",
    "= B " OFFER("c1", "$A", "$B"), "= A " RINGING("c1"),
    "stat unconfirmed 1", "stat away 0")

/* The judge itself: it must object to each of these. */
static void
negative_control(void **state)
{
	static const char *const	 missing[] = { ONLINE,
		"in A " OFFER("c1", "$A", "$B"), NULL };
	static const char *const	 wrong[] = { ONLINE,
		"in A " OFFER("c1", "$A", "$B"),
		"= record c1 ringing", NULL };
	static const char *const	 silent[] = { ONLINE,
		"= A " HANGUP("Normal"), NULL };
	static const char *const	 order[] = { ONLINE,
		"in A " OFFER("c1", "$A", "$B"),
		"= record c1 pending",
		"commit",
		"= A " RINGING("c1"),
		"= B " OFFER("c1", "$A", "$B"),
		"= record c1 ringing", NULL };
	static const char *const	*all[] = { missing, wrong, silent,
		order };
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		world_objects(world_new(false), all[i]);
}

/*
 * Anything in any order: nothing may break, and when everybody has left and
 * the registry has caught up, nothing may be left.
 */
static void
monkey(void **state)
{
	static const char	*steps[] = {
		"reg A candidates", "reg B candidates", "reg C candidates",
		"reg A", "reg B", "reg A candidates", "reg B candidates",
		"in A " FOUND("c1"), "in B " FOUND("c1"), "in C " FOUND("c1"),
		"in B " FOUND("c4"), "in C " FOUND("c4"), "in A " REPORT("c1"),
		"in B " REPORT("c1"), "in C " REPORT("c4"),
		"in A " REPORT_NO("c1"), "in B " REPORT_NO("c4"),
		"in A " FOUND("live"), "in B " REPORT_NO("live"),
		"in A " REPORT("live"), "in B " REPORT("live"), "rtt A 500",
		"in A " OFFER("c1", "$A", "$B"),
		"in B " OFFER("c1", "$B", "$C"),
		"in C " OFFER("c2", "$C", "$A"),
		"in A " OFFER("c3", "$A", "$C"),
		"in B " OFFER("c3", "$B", "$A"),
		"in C " OFFER("c4", "$C", "$B"),
		"in B " ANSWER("c1", "AcceptTrusted"),
		"in C " ANSWER("c1", "AcceptGeneric"),
		"in A " ANSWER("c2", "AcceptGeneric"),
		"in C " ANSWER("c3", "AcceptGeneric"),
		"in A " ANSWER("c3", "Reject"),
		"in B " ANSWER("c4", "AcceptTrusted"),
		"in A " HANGUP("Normal"), "in B " HANGUP_ID("Normal", "c1"),
		"in C " HANGUP_ID("Busy", "c3"), "in B " REPORT("c4"),
		"commit", "commit", "commit", "commit", "refuse",
		"admitted c1", "admitted c2", "admitted c3", "admitted c4",
		"not-admitted c4", "after 1", "after 300", "after 3000",
		"after 16000", "registry down", "registry up", "registry up",
		"media down", "media up", "live active", "live ringing",
		"live active proven", "live pending", "live direct",
		"opened 2 call-live", "empty 2 call-live",
		"opened 2 call-c1", "empty 2 call-c1", "opened 2 room",
		"channel 3", "told 3", "opened 3 call-c1", "empty 3 call-c1",
		"opened 3 call-c3", "media down 3", "admits 3 c1",
		"admits 3 c3", "retire 2", "stay 2", "retire 3", "stay 3",
		"doord",
	};
	const size_t		 nsteps = sizeof(steps) / sizeof(steps[0]);
	struct world		*w;
	uint64_t		 x = UINT64_C(88172645463325252);
	unsigned int		 i, round;
	int			 who;
	char			 text[16];

	(void)state;
	for (round = 0; round < 20; round++) {
		w = world_new(round % 2 == 1);
		for (i = 0; i < 2000; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			w->nout = 0;
			who = (int)((x >> 32) % 3);
			if ((x >> 40) % 8 == 0 &&
			    w->regs[who].reg_person != NULL) {
				(void)snprintf(text, sizeof(text),
				    "gone %c %s", 'A' + who,
				    (x >> 50) % 2 ? "clean" : "lost");
				assert_int_equal(world_step(w, text), 0);
				continue;
			}
			/* Only who is registered can say something. */
			if (strncmp(steps[x % nsteps], "in ", 3) == 0 &&
			    w->regs[steps[x % nsteps][3] - 'A'].reg_person ==
			    NULL)
				continue;
			assert_int_equal(world_step(w, steps[x % nsteps]), 0);
			assert_true(calls_count(flow_calls(w->flow)) <= 8);
		}
		w->nout = 0;
		assert_int_equal(world_step(w, "registry up"), 0);
		for (who = 0; who < 3; who++) {
			if (w->regs[who].reg_person == NULL)
				continue;
			(void)snprintf(text, sizeof(text), "gone %c clean",
			    'A' + who);
			assert_int_equal(world_step(w, text), 0);
		}
		assert_int_equal(world_step(w, "after 100000"), 0);
		assert_int_equal(world_step(w, "calls 0"), 0);
		assert_int_equal(world_step(w, "commit"), 0);
		assert_int_equal(world_step(w, "unconfirmed 0"), 0);
		assert_true(flow_expiry(w->flow) == UINT64_MAX);
		assert_int_equal(hub_count(w->hub), 0);
		/* Nobody is in any room when all mediads have died. */
		assert_int_equal(world_step(w, "media down"), 0);
		assert_int_equal(world_step(w, "media down 3"), 0);
		assert_int_equal(placing_rooms(w->placing), 0);
		assert_int_equal(placing_healthy(w->placing), 0);
		assert_int_equal(placement_exceptions(w->door), 0);
		world_free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(negative_control),
		cmocka_unit_test(whole_call),
		cmocka_unit_test(setup_waits_for_both),
		cmocka_unit_test(nothing_before_the_commit),
		cmocka_unit_test(target_offline),
		cmocka_unit_test(other_forms_of_a_fingerprint),
		cmocka_unit_test(reject),
		cmocka_unit_test(answer_for_unknown_call),
		cmocka_unit_test(strangers),
		cmocka_unit_test(path_reports),
		cmocka_unit_test(wrong_caller),
		cmocka_unit_test(claimed_key),
		cmocka_unit_test(bad_call_ids),
		cmocka_unit_test(collision),
		cmocka_unit_test(busy_past_the_limit),
		cmocka_unit_test(cancel_before_the_answer),
		cmocka_unit_test(cancel_before_the_offer),
		cmocka_unit_test(callee_is_busy),
		cmocka_unit_test(hangup_ends_all_or_one),
		cmocka_unit_test(clean_disconnect),
		cmocka_unit_test(lost_while_ringing),
		cmocka_unit_test(lost_and_back),
		cmocka_unit_test(lost_for_good),
		cmocka_unit_test(both_lost),
		cmocka_unit_test(lost_then_hung_up),
		cmocka_unit_test(back_without_proof),
		cmocka_unit_test(replaced),
		cmocka_unit_test(ring_limit),
		cmocka_unit_test(registry_away),
		cmocka_unit_test(registry_hangs),
		cmocka_unit_test(disk_full),
		cmocka_unit_test(disk_full_for_good),
		cmocka_unit_test(live_calls_outlive_the_registry),
		cmocka_unit_test(recovery_call_id_taken),
		cmocka_unit_test(best_effort),
		cmocka_unit_test(mediad_away),
		cmocka_unit_test(no_room),
		cmocka_unit_test(room_refused),
		cmocka_unit_test(gone_before_setup),
		cmocka_unit_test(addresses_when_trusted),
		cmocka_unit_test(no_addresses_when_generic),
		cmocka_unit_test(recovery),
		cmocka_unit_test(recovery_nobody_returns),
		cmocka_unit_test(recovery_room_stays_empty),
		cmocka_unit_test(recovery_room_is_left),
		cmocka_unit_test(recovery_direct),
		cmocka_unit_test(recovery_becomes_direct),
		cmocka_unit_test(recovery_needs_proof),
		cmocka_unit_test(recovery_unanswered),
		cmocka_unit_test(recovery_unanswered_late),
		cmocka_unit_test(recovery_pending),
		cmocka_unit_test(orderly_stop),
		cmocka_unit_test(orderly_stop_ringing),
		cmocka_unit_test(counters),
		cmocka_unit_test(counters_best_effort),
		cmocka_unit_test(monkey),
	};

	log_init("call_flow_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
