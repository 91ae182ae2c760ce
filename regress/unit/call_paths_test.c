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
 * Candidates, rounds of checks and path reports, replayed in virtual time
 * (flow_world.h).
 *
 * COVERS: protocol 6.10 - path reports, direct and back to the relay
 * COVERS: CallCandidates - who may, when, and what is passed on
 * COVERS: CallPunch - both at once, one per 300 ms, 64 a call and one per 10 s
 * COVERS: an orderly stop leaves direct calls alone
 * COVERS: gap 11 - addresses of those who announced candidates
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "regress/unit/flow_lines.h"
#include "regress/unit/flow_world.h"
#include "regress/unit/quiet.h"

#define FEATURES	",\"peer_features\":[\"candidates\"]"
#define BOTH		"reg A candidates", "reg B candidates"
#define PUNCH(id, round, delay)						\
	"{\"CallPunch\":{\"call_id\":\"" id "\",\"round\":" round ","	\
	"\"delay_ms\":" delay "}}"
#define PUNCHED(round)							\
	"= A " PUNCH("c1", round, "0"), "= B " PUNCH("c1", round, "0")
#define HOST		"\"10.0.0.9:5000\""

/* A call of two with the feature, or whatever setup says. */
#define CALL(mode, setup)						\
	RING_C1,							\
	"in B " ANSWER("c1", mode),					\
	"= admit c1 A B",						\
	"= record c1 active",						\
	"admitted c1",							\
	"commit",							\
	"= A " ANSWER("c1", mode),					\
	"= A " SETUP_X("c1", setup),					\
	"= B " SETUP_X("c1", setup)
#define TRUSTED		CALL("AcceptTrusted", FEATURES)

SCENARIO(forwarded, false, BOTH, TRUSTED,
    "in A " CANDIDATES("c1", "0", HOST, "false"),
    "= B " CANDIDATES("c1", "0", HOST, "false"),
    PUNCHED("1"),
    "in B " CANDIDATES("c1", "7", "\"198.51.100.7:9\",\"[2001:db8::1]:2\"",
    "true"),
    "= A " CANDIDATES("c1", "7", "\"198.51.100.7:9\",\"[2001:db8::1]:2\"",
    "true"),
    "after 299",
    "after 1",
    PUNCHED("2"),
    "after 100000",
    "stat candidates 2", "stat rounds 2", "stat filtered 0",
    "stat candidates-refused 0",
    "in A " HANGUP("Normal"), "= B " HANGUP("Normal"),
    "= record c1 ended normal", "= close c1")

/* What is left of a list goes on, even nothing. */
SCENARIO(filtered, false, BOTH, TRUSTED,
    "in A " CANDIDATES("c1", "0", "\"127.0.0.1:1\"," HOST ",\"junk\","
    "\"203.0.113.9:1\",\"198.51.100.7:0\",\"10.9.9.9:4433\","
    "\"198.51.100.7:77\",\"\",\"10.9.9.9:4434\"," HOST, "true"),
    "= B " CANDIDATES("c1", "0", HOST ",\"198.51.100.7:77\","
    "\"10.9.9.9:4434\"", "true"),
    PUNCHED("1"),
    "stat filtered 7",
    "after 1000",
    "in A " CANDIDATES("c1", "1", "\"127.0.0.1:1\"", "true"),
    "= B " CANDIDATES("c1", "1", "", "true"),
    /* Neither has anything any more: nothing to send to. */
    "stat filtered 8",
    "after 1000", "stat rounds 1")

#define TEN(n)								\
	"\"10.0." n ".0:1\",\"10.0." n ".1:1\",\"10.0." n ".2:1\","	\
	"\"10.0." n ".3:1\",\"10.0." n ".4:1\",\"10.0." n ".5:1\","	\
	"\"10.0." n ".6:1\",\"10.0." n ".7:1\""

SCENARIO(cap, false, BOTH, TRUSTED,
    "in A " CANDIDATES("c1", "0", TEN("1") "," TEN("2") "," HOST, "true"),
    "= B " CANDIDATES("c1", "0", TEN("1") "," TEN("2"), "true"),
    PUNCHED("1"), "stat filtered 1")

/* Where it is now, not where it was, is its public host. */
SCENARIO(moved, false, BOTH, TRUSTED,
    "move A 203.0.113.44:5",
    "in A " CANDIDATES("c1", "0", "\"198.51.100.7:1\",\"203.0.113.44:2\"",
    "true"),
    "= B " CANDIDATES("c1", "0", "\"203.0.113.44:2\"", "true"),
    PUNCHED("1"),
    /* Direct, and no longer behind one NAT. */
    "in A " REPORT("c1"), "= B " REPORT("c1"),
    "in B " REPORT("c1"), "= A " REPORT("c1"),
    "= record c1 active", "path direct-reflexive")

SCENARIO(generations, false, BOTH, TRUSTED,
    "in A " CANDIDATES("c1", "3", HOST, "false"),
    "= B " CANDIDATES("c1", "3", HOST, "false"),
    PUNCHED("1"),
    "in A " CANDIDATES("c1", "2", HOST, "false"),
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "stat candidates-refused 2",
    /* The same once more, and higher ones; each side counts its own. */
    "in A " CANDIDATES("c1", "3", HOST, "true"),
    "= B " CANDIDATES("c1", "3", HOST, "true"),
    "in B " CANDIDATES("c1", "0", HOST, "true"),
    "= A " CANDIDATES("c1", "0", HOST, "true"),
    "in A " CANDIDATES("c1", "4294967295", HOST, "true"),
    "= B " CANDIDATES("c1", "4294967295", HOST, "true"),
    "in A " CANDIDATES("c1", "4294967294", HOST, "true"),
    "stat candidates-refused 3",
    "after 300", PUNCHED("2"), "after 10000")

SCENARIO(strangers, false, BOTH, "reg C candidates",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "in A " OFFER("c1", "$A", "$B"), "= record c1 pending",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "commit",
    "= B " OFFER("c1", "$A", "$B"), "= A " RINGING("c1"),
    "= record c1 ringing", "commit",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "in B " CANDIDATES("c1", "0", HOST, "true"),
    "in B " ANSWER("c1", "AcceptTrusted"),
    "= admit c1 A B", "= record c1 active", "commit",
    /* Not before CallSetup. */
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "in B " CANDIDATES("c1", "0", HOST, "true"),
    "stat candidates-refused 6",
    "admitted c1",
    "= A " ANSWER("c1", "AcceptTrusted"),
    "= A " SETUP_X("c1", FEATURES), "= B " SETUP_X("c1", FEATURES),
    "in C " CANDIDATES("c1", "0", HOST, "true"),
    "in A " CANDIDATES("c2", "0", HOST, "true"),
    "stat candidates-refused 8", "stat candidates 0", "stat rounds 0",
    /* Nor after its end. */
    "in A " HANGUP("Normal"), "= B " HANGUP("Normal"),
    "= record c1 ended normal", "= close c1",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "stat candidates-refused 9")

SCENARIO(generic, false, BOTH, CALL("AcceptGeneric", FEATURES),
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "in B " CANDIDATES("c1", "0", HOST, "true"),
    "after 10000",
    "stat candidates-refused 2", "stat rounds 0")

/* An original on either side: it hears nothing that it does not know. */
SCENARIO(original_caller, false, "reg A", "reg B candidates",
    CALL("AcceptTrusted", ""),
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "in B " CANDIDATES("c1", "0", HOST, "true"),
    "after 10000", "stat candidates-refused 2", "stat rounds 0")
SCENARIO(original_callee, false, "reg A candidates", "reg B",
    CALL("AcceptTrusted", ""),
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "in B " CANDIDATES("c1", "0", HOST, "true"),
    "after 10000", "stat candidates-refused 2", "stat rounds 0")

/* As long as it is away, and if it comes back as something else. */
SCENARIO(away, false, BOTH, TRUSTED,
    "gone B lost",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "stat candidates-refused 1",
    "reg B",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "stat candidates-refused 2",
    "gone B lost", "reg B candidates",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "= B " CANDIDATES("c1", "0", HOST, "true"),
    PUNCHED("1"),
    "in A " CANDIDATES("c1", "1", HOST, "true"),
    "= B " CANDIDATES("c1", "1", HOST, "true"),
    /* Away when the next round is due: it does not take place. */
    "gone B lost", "after 5000", "stat rounds 1",
    "reg B candidates",
    "in B " CANDIDATES("c1", "1", HOST, "true"),
    "= A " CANDIDATES("c1", "1", HOST, "true"),
    PUNCHED("2"))

/* The one whose way is shorter waits for the other. */
SCENARIO(delays, false, BOTH, TRUSTED, "rtt A 20", "rtt B 150",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "= B " CANDIDATES("c1", "0", HOST, "true"),
    "= A " PUNCH("c1", "1", "65"), "= B " PUNCH("c1", "1", "0"),
    "after 1000", "rtt A 301", "rtt B 1",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "= B " CANDIDATES("c1", "0", HOST, "true"),
    "= A " PUNCH("c1", "2", "0"), "= B " PUNCH("c1", "2", "150"),
    /* At most half a second. */
    "after 1000", "rtt A 999", "rtt B 100000",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "= B " CANDIDATES("c1", "0", HOST, "true"),
    "= A " PUNCH("c1", "3", "500"), "= B " PUNCH("c1", "3", "0"))

/* Those that come within 300 ms share a round. */
SCENARIO(coalesced, false, BOTH, TRUSTED,
    "in A " CANDIDATES("c1", "0", HOST, "false"),
    "= B " CANDIDATES("c1", "0", HOST, "false"),
    PUNCHED("1"),
    "in B " CANDIDATES("c1", "0", HOST, "false"),
    "= A " CANDIDATES("c1", "0", HOST, "false"),
    "after 150",
    "in A " CANDIDATES("c1", "0", HOST, "true"),
    "= B " CANDIDATES("c1", "0", HOST, "true"),
    "after 149",
    "in B " CANDIDATES("c1", "0", HOST, "true"),
    "= A " CANDIDATES("c1", "0", HOST, "true"),
    "after 1", PUNCHED("2"),
    /* 300 ms after the second, counted from it. */
    "in B " CANDIDATES("c1", "1", HOST, "true"),
    "= A " CANDIDATES("c1", "1", HOST, "true"),
    "after 299", "after 1", PUNCHED("3"),
    "after 300",
    "in B " CANDIDATES("c1", "2", HOST, "true"),
    "= A " CANDIDATES("c1", "2", HOST, "true"),
    PUNCHED("4"),
    "stat rounds 4")

/* Each call has its own pause. */
SCENARIO(two_calls, false, BOTH, TRUSTED,
    "in A " OFFER("c2", "$A", "$B"), "= record c2 pending", "commit",
    "= B " OFFER("c2", "$A", "$B"), "= A " RINGING("c2"),
    "= record c2 ringing", "commit",
    "in B " ANSWER("c2", "AcceptTrusted"),
    "= admit c2 A B", "= record c2 active", "admitted c2", "commit",
    "= A " ANSWER("c2", "AcceptTrusted"),
    "= A " SETUP_X("c2", FEATURES), "= B " SETUP_X("c2", FEATURES),
    "in A " CANDIDATES("c1", "0", HOST, "false"),
    "= B " CANDIDATES("c1", "0", HOST, "false"),
    PUNCHED("1"),
    "after 100",
    "in A " CANDIDATES("c2", "0", HOST, "false"),
    "= B " CANDIDATES("c2", "0", HOST, "false"),
    "= A " PUNCH("c2", "1", "0"), "= B " PUNCH("c2", "1", "0"),
    "in A " CANDIDATES("c2", "0", HOST, "false"),
    "= B " CANDIDATES("c2", "0", HOST, "false"),
    "in A " CANDIDATES("c1", "0", HOST, "false"),
    "= B " CANDIDATES("c1", "0", HOST, "false"),
    "after 199", "after 1", PUNCHED("2"),
    "after 99", "after 1",
    "= A " PUNCH("c2", "2", "0"), "= B " PUNCH("c2", "2", "0"),
    /* The end of a call that rests, with a round due. */
    "in A " CANDIDATES("c1", "0", HOST, "false"),
    "= B " CANDIDATES("c1", "0", HOST, "false"),
    "in A " HANGUP_ID("Normal", "c1"), "= B " HANGUP_ID("Normal", "c1"),
    "= record c1 ended normal", "= close c1",
    "after 5000", "calls 1")

/* A round needs an address to send to; those of the offer are some. */
SCENARIO(addresses_of_the_offer, false, BOTH,
    "in A " OFFER_X("c1", "$A", "$B", "$0",
    ",\"caller_reflexive_addr\":\"198.51.100.7:1000\","
    "\"caller_local_addrs\":[\"203.0.113.9:1\"]"),
    "= record c1 pending", "commit",
    "= B " OFFER("c1", "$A", "$B"), "= A " RINGING("c1"),
    "= record c1 ringing", "commit",
    "in B " ANSWER_X("c1", "AcceptTrusted",
    ",\"callee_reflexive_addr\":\"203.0.113.9:1\","
    "\"callee_local_addrs\":[\"127.0.0.1:1\"," HOST ",\"8.8.8.8:53\"]"),
    "= admit c1 A B", "= record c1 active", "admitted c1", "commit",
    /* The answer has no more than CallSetup. */
    "= A " ANSWER_X("c1", "AcceptTrusted",
    ",\"callee_local_addrs\":[" HOST "]"),
    "= A " SETUP_X("c1", ",\"peer_local_addrs\":[" HOST "]" FEATURES),
    "= B " SETUP_X("c1", ",\"peer_direct_addr\":\"198.51.100.7:1000\""
    FEATURES),
    "in B " CANDIDATES("c1", "0", "", "true"),
    "= A " CANDIDATES("c1", "0", "", "true"),
    PUNCHED("1"),
    "after 300",
    "in A " CANDIDATES("c1", "0", "", "true"),
    "= B " CANDIDATES("c1", "0", "", "true"),
    "after 10000", "stat rounds 1")

SCENARIO(nothing_to_send_to, false, BOTH, TRUSTED,
    "in A " CANDIDATES("c1", "0", "", "false"),
    "= B " CANDIDATES("c1", "0", "", "false"),
    "after 5000", "stat rounds 0",
    "in B " CANDIDATES("c1", "0", HOST, "false"),
    "= A " CANDIDATES("c1", "0", HOST, "false"),
    PUNCHED("1"))

/* Originals keep what they had (rows 3.8, 5.7), next to ours too. */
SCENARIO(original_addresses, false, "reg A", "reg B candidates",
    "in A " OFFER_X("c1", "$A", "$B", "$0",
    ",\"caller_reflexive_addr\":\"203.0.113.9:1\""),
    "= record c1 pending", "commit",
    "= B " OFFER("c1", "$A", "$B"), "= A " RINGING("c1"),
    "= record c1 ringing", "commit",
    "in B " ANSWER_X("c1", "AcceptTrusted",
    ",\"callee_reflexive_addr\":\"203.0.113.9:2\""),
    "= admit c1 A B", "= record c1 active", "admitted c1", "commit",
    "= A " ANSWER("c1", "AcceptTrusted"),
    "= A " SETUP("c1"),
    "= B " SETUP_X("c1", ",\"peer_direct_addr\":\"203.0.113.9:1\""))

#define BOTH_DIRECT							\
	"in A " REPORT("c1"), "= B " REPORT("c1"),			\
	"in B " REPORT("c1"), "= A " REPORT("c1")

SCENARIO(paths, false, BOTH, TRUSTED,
    /* Only both make it direct; before, mediad knows better. */
    "in A " REPORT_NO("c1"), "= B " REPORT_NO("c1"),
    "in B " REPORT("c1"), "= A " REPORT("c1"),
    "in A " REPORT("c1"), "= B " REPORT("c1"),
    "= record c1 active", "path direct-lan", "commit",
    "in A " REPORT("c1"), "= B " REPORT("c1"),
    "after 5000",
    /* Back to the relay as soon as one says so. */
    "in B " REPORT_NO("c1"), "= A " REPORT_NO("c1"),
    "= record c1 active", "path relay", "commit",
    "in A " REPORT_NO("c1"), "= B " REPORT_NO("c1"),
    "after 5000",
    BOTH_DIRECT, "= record c1 active", "path direct-lan", "commit",
    "stat paths 3",
    "in A " HANGUP("Normal"), "= B " HANGUP("Normal"),
    "= record c1 ended normal", "= close c1", "path direct-lan")

/* One record a second, of the newest. */
SCENARIO(paths_flap, false, BOTH, TRUSTED,
    BOTH_DIRECT, "= record c1 active", "path direct-lan", "commit",
    "after 100",
    "in B " REPORT_NO("c1"), "= A " REPORT_NO("c1"),
    "after 100",
    "in B " REPORT("c1"), "= A " REPORT("c1"),
    "after 100",
    "in B " REPORT_NO("c1"), "= A " REPORT_NO("c1"),
    "after 699", "after 1",
    "= record c1 active", "path relay", "commit",
    "in B " REPORT("c1"), "= A " REPORT("c1"),
    "in B " REPORT_NO("c1"), "= A " REPORT_NO("c1"),
    /* As it was recorded last: nothing new. */
    "after 5000",
    "in B " REPORT("c1"), "= A " REPORT("c1"),
    "= record c1 active", "path direct-lan", "commit",
    "in B " REPORT_NO("c1"), "= A " REPORT_NO("c1"),
    /* Its end says how it ended. */
    "in A " HANGUP("Normal"), "= B " HANGUP("Normal"),
    "= record c1 ended normal", "= close c1", "path relay", "commit",
    "after 5000", "stat paths 8", "calls 0")

SCENARIO(path_v6, false, BOTH, TRUSTED,
    "move A [2001:db8:1::1]:5", "move B [2001:db8:2::1]:5",
    BOTH_DIRECT, "= record c1 active", "path direct-v6", "commit",
    "after 1000",
    "move B [2001:db8:1::ff]:5",
    "in B " REPORT("c1"), "= A " REPORT("c1"),
    "= record c1 active", "path direct-lan")

/* Who is lost to us is not lost to the other, who would tell. */
SCENARIO(lost_direct, false, BOTH, TRUSTED,
    BOTH_DIRECT, "= record c1 active", "commit", "after 2000",
    "gone B lost",
    "after 100000", "calls 1", "stat lost 0",
    "in A " REPORT("c1"),
    "after 20000", "calls 1",
    "reg B candidates", "in B " REPORT("c1"), "= A " REPORT("c1"),
    "after 20000",
    "gone A lost",
    "after 100000",
    "reg A candidates", "in A " REPORT("c1"), "= B " REPORT("c1"),
    "gone B lost", "after 16000",
    /* Not heard any more: the grace time, and over. */
    "in A " REPORT_NO("c1"), "= record c1 active", "commit",
    "after 13999", "after 1",
    "= A " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout", "= close c1", "stat lost 1")

/* Its program was started anew: it registers, and knows nothing of the call. */
SCENARIO(lost_direct_anew, false, BOTH, TRUSTED,
    BOTH_DIRECT, "= record c1 active", "commit", "after 2000",
    "gone B lost", "after 100000", "calls 1",
    "gone A lost", "after 1000", "reg A candidates",
    "after 14999",
    "= A " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout", "= close c1", "calls 0")

/* An original says it once, and never that it is not so any more. */
SCENARIO(lost_direct_original, false, ONLINE, CALL("AcceptTrusted", ""),
    BOTH_DIRECT, "= record c1 active", "commit",
    "gone B lost",
    "after 14999", "after 1",
    "= A " HANGUP_ID("Timeout", "c1"),
    "= record c1 ended timeout", "= close c1")

SCENARIO(lost_direct_both, false, BOTH, TRUSTED,
    BOTH_DIRECT, "= record c1 active", "commit",
    "gone B lost", "after 10000", "gone A lost",
    "after 4999", "after 1",
    "= record c1 ended timeout", "= close c1", "calls 0")

/* An orderly stop: who talks directly does not notice. */
SCENARIO(stop_direct, false, BOTH, TRUSTED,
    BOTH_DIRECT, "= record c1 active", "commit",
    "stop",
    "after 1000", "unconfirmed 0", "calls 1", "stat ended 0",
    "gone A lost", "gone B lost")

SCENARIO(stop_relayed, false, BOTH, TRUSTED,
    BOTH_DIRECT, "= record c1 active", "commit", "after 2000",
    "in A " REPORT_NO("c1"), "= B " REPORT_NO("c1"),
    "= record c1 active", "commit",
    "stop",
    "= A " HANGUP_ID("Error", "c1"), "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error", "= close c1", "calls 0")

/* With the newest path, although the last record is but just made. */
SCENARIO(stop_flapping, false, BOTH, TRUSTED,
    BOTH_DIRECT, "= record c1 active", "commit", "after 2000",
    "in A " REPORT_NO("c1"), "= B " REPORT_NO("c1"),
    "= record c1 active", "path relay", "commit",
    "in A " FOUND("c1"), "= B " FOUND("c1"), PUNCHED("1"),
    "in A " FOUND("c1"), "= B " FOUND("c1"),
    "in A " REPORT("c1"), "= B " REPORT("c1"),
    /* Others of theirs end. */
    "in A " OFFER("c2", "$A", "$B"), "= record c2 pending", "commit",
    "= B " OFFER("c2", "$A", "$B"), "= A " RINGING("c2"),
    "= record c2 ringing", "commit",
    "stop",
    "= A " HANGUP_ID("Error", "c2"), "= B " HANGUP_ID("Error", "c2"),
    "= record c2 ended error",
    "= record c1 active", "path direct-lan", "commit",
    "after 5000", "calls 1", "unconfirmed 0")

/* A recovered call that was direct comes back to its room. */
SCENARIO(recovered_relay, false, BOTH,
    "move A [2001:db8:1::1]:5", "move B [2001:db8:2::1]:5",
    "live direct",
    "= admit live A B",
    "after 100000",
    /* One of both says that nothing has changed. */
    "in B " REPORT("live"), "= A " REPORT("live"),
    "in A " REPORT("live"), "= B " REPORT("live"),
    "in B " REPORT_NO("live"), "= A " REPORT_NO("live"),
    "= record live active", "path relay", "commit",
    /* And nobody is in the room. */
    "after 14999", "after 1",
    "= A " HANGUP_ID("Timeout", "live"),
    "= B " HANGUP_ID("Timeout", "live"),
    "= record live ended timeout", "= close live")

SCENARIO(recovered_relay_occupied, false, BOTH,
    "live direct",
    "= admit live A B",
    "opened 2 call-live",
    "in B " REPORT_NO("live"), "= A " REPORT_NO("live"),
    "= record live active", "commit",
    "after 100000",
    /* Candidates go on, too: the answer was a trusted one. */
    "in A " CANDIDATES("live", "4", HOST, "true"),
    "= B " CANDIDATES("live", "4", HOST, "true"),
    "= A " PUNCH("live", "1", "0"), "= B " PUNCH("live", "1", "0"),
    "empty 2 call-live",
    "after 14999", "after 1",
    "= A " HANGUP_ID("Timeout", "live"),
    "= B " HANGUP_ID("Timeout", "live"),
    "= record live ended timeout", "= close live")

/* Without any grace time nobody is waited for, not even so. */
static void
no_grace(void **state)
{
	static const char *const	 lines[] = { BOTH, TRUSTED,
		BOTH_DIRECT, "= record c1 active", "commit",
		"gone B lost", "after 1",
		"= A " HANGUP_ID("Timeout", "c1"),
		"= record c1 ended timeout", "= close c1", NULL };
	struct flow_config		 config;

	(void)state;
	world_config(&config, false);
	config.fc_grace_ns = 0;
	world_passes(world_new_config(&config), lines);
}

/* Floods: as many messages as may be, and a round only every 300 ms. */
static void
flood(void **state)
{
	static const char *const	 begin[] = { BOTH, TRUSTED, NULL };
	struct world			*w = world_new(false);
	const struct flow_stats		*fs;
	const char			*why;
	uint64_t			 more, since;
	unsigned int			 i;

	(void)state;
	if ((why = world_replay(w, begin)) != NULL)
		fail_msg("%s", why);
	since = w->now;
	fs = flow_stats(w->flow);
	for (i = 0; i < 100; i++)
		assert_int_equal(world_step(w, "in A " CANDIDATES("c1", "0",
		    HOST, "true")), 0);
	assert_int_equal(fs->fs_candidates, 100);
	assert_int_equal(fs->fs_rounds, 1);
	assert_int_equal(world_step(w, "after 10000"), 0);
	assert_int_equal(fs->fs_rounds, 2);
	for (i = 0; i < 60; i++) {
		assert_int_equal(world_step(w, "in A " CANDIDATES("c1", "0",
		    HOST, "true")), 0);
		assert_int_equal(world_step(w, "in B " CANDIDATES("c1", "0",
		    HOST, "true")), 0);
		assert_int_equal(world_step(w, "after 300"), 0);
	}
	assert_int_equal(fs->fs_candidates, 220);
	assert_int_equal(fs->fs_rounds, 63);
	for (i = 0; i < 300; i++) {
		assert_int_equal(world_step(w, "after 1000"), 0);
		assert_int_equal(world_step(w, "in A " CANDIDATES("c1", "0",
		    HOST, "true")), 0);
	}
	/* 64 rounds, 200 messages of one party, one more each 10 s. */
	more = (w->now - since) / (10 * UINT64_C(1000000000));
	assert_int_equal(more, 32);
	assert_int_equal(fs->fs_rounds, 64 + more);
	assert_int_equal(fs->fs_candidates, 200 + 60 + more);
	assert_int_equal(fs->fs_candidates_refused, 300 - 40 - more);
	assert_true(flow_expiry(w->flow) > w->now);
	world_free(w);
}

/* The judge itself: it must object to each of these. */
static void
negative_control(void **state)
{
	static const char *const	 silent[] = { BOTH, TRUSTED,
		"in A " CANDIDATES("c1", "0", HOST, "false"),
		"= B " CANDIDATES("c1", "0", HOST, "false"), NULL };
	static const char *const	 delay[] = { BOTH, TRUSTED, "rtt A 10",
		"in A " CANDIDATES("c1", "0", HOST, "false"),
		"= B " CANDIDATES("c1", "0", HOST, "false"),
		PUNCHED("1"), NULL };
	static const char *const	 path[] = { BOTH, TRUSTED,
		BOTH_DIRECT, "= record c1 active", "path relay", NULL };
	static const char *const	 stat[] = { BOTH, TRUSTED,
		"stat rounds 1", NULL };
	static const char *const	*all[] = { silent, delay, path, stat };
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		world_objects(world_new(false), all[i]);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(forwarded),
		cmocka_unit_test(filtered),
		cmocka_unit_test(cap),
		cmocka_unit_test(moved),
		cmocka_unit_test(generations),
		cmocka_unit_test(strangers),
		cmocka_unit_test(generic),
		cmocka_unit_test(original_caller),
		cmocka_unit_test(original_callee),
		cmocka_unit_test(away),
		cmocka_unit_test(delays),
		cmocka_unit_test(coalesced),
		cmocka_unit_test(two_calls),
		cmocka_unit_test(addresses_of_the_offer),
		cmocka_unit_test(nothing_to_send_to),
		cmocka_unit_test(original_addresses),
		cmocka_unit_test(paths),
		cmocka_unit_test(paths_flap),
		cmocka_unit_test(path_v6),
		cmocka_unit_test(lost_direct),
		cmocka_unit_test(lost_direct_anew),
		cmocka_unit_test(lost_direct_original),
		cmocka_unit_test(lost_direct_both),
		cmocka_unit_test(no_grace),
		cmocka_unit_test(stop_direct),
		cmocka_unit_test(stop_relayed),
		cmocka_unit_test(stop_flapping),
		cmocka_unit_test(recovered_relay),
		cmocka_unit_test(recovered_relay_occupied),
		cmocka_unit_test(flood),
		cmocka_unit_test(negative_control)
	};

	log_init("call_paths_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
