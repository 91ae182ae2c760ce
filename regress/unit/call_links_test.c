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
 * What becomes of calls across relays when a link is lost, federd dies, or
 * signald does and finds them in the registry; and the question whether the
 * other relay has the call too.
 *
 * COVERS: federation - links and federd away: which calls end, which stay
 * COVERS: federation - calls across relays are found again in the registry
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

/* Links, federd */

SCENARIO(link_down_unanswered, false, "reg A", FEDERATED, FAR_RING_C1,
    "link R down",
    "after 4999",
    "after 1",
    "= A " HANGUP_ID("Error", "c1"),
    "= far RS " HANGUP_ID("Error", "c1"),
    "= record c1 ended error",
    "stat link-losses 1")

SCENARIO(link_back_in_time, false, "reg A", FEDERATED, FAR_RING_C1,
    "link R down",
    "after 4000",
    "link R up",
    "after 0",
    /* It is asked whether it still has the call. */
    "= far RS " RINGING("c1"),
    "after 20000",
    "far RS " ANSWER("c1", "AcceptGeneric"),
    "= media c1 RS on", "= admit c1 A B", "= record c1 active")

SCENARIO(link_down_active, false, "reg A", FEDERATED, FAR_CALL_C1,
    "link R down",
    "after 100000",
    "calls 1",
    "link R up",
    "after 0",
    "= far RS " RINGING("c1"),
    "far RS " HANGUP_ID("Error", "c1"),
    "= A " HANGUP_ID("Error", "c1"),
    "= record c1 ended error", "= close c1", "= media c1 RS off")

SCENARIO(link_down_callee, false, "reg B", FEDERATED, ASKED_C1,
    "link R down",
    "after 5000",
    "= far RS " HANGUP_ID("Error", "c1"),
    "= B " HANGUP_ID("Error", "c1"),
    "= record c1 ended error")

SCENARIO(link_of_originals, false, "reg A", ORIGINALS, MAYBE_C1,
    "link X down",
    "after 6000",
    "link Y down",
    "after 4999",
    "after 1",
    "= A " HANGUP_ID("Error", "c1"),
    "= far! * " HANGUP_ID("Error", "c1"),
    "= record c1 ended error")

SCENARIO(federd_dies_during_find, false, "reg A", FEDERATED,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending", "commit", "= find B",
    "federd down",
    "after 3000",
    "federd up",
    "= find B",
    "link R up",
    "found RS",
    "= far RS " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "stat finds 2")

SCENARIO(federd_dies_for_good, false, "reg A", FEDERATED,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending", "commit", "= find B",
    "federd down",
    "after 9999",
    "after 1",
    "= A " HANGUP("Normal"),
    "= record c1 ended normal",
    /* As if there were no federation. */
    "in A " OFFER("c2", "$A", "$B"),
    "= A " HANGUP("Normal"))

SCENARIO(federd_dies_before_find, false, "reg A", FEDERATED,
    "in A " OFFER("c1", "$A", "$B"),
    "= record c1 pending",
    "federd down",
    "commit",
    "= A " HANGUP("Normal"),
    "= record c1 ended normal")

SCENARIO(federd_dies_in_call, false, "reg A", FEDERATED, FAR_CALL_C1,
    "federd down",
    "after 20000",
    "calls 1",
    "federd up",
    "= media c1 RS on",
    "link R up",
    "after 0",
    "= far RS " RINGING("c1"),
    "in A " HANGUP("Normal"),
    "= far RS " HANGUP_ID("Normal", "c1"),
    "= record c1 ended normal", "= close c1", "= media c1 RS off")

/* The hangup got lost: the other side asks, and is told. */
SCENARIO(federd_away_at_hangup, false, "reg A", FEDERATED, FAR_CALL_C1,
    "federd down",
    "in A " HANGUP("Normal"),
    "= record c1 ended normal", "= close c1",
    FEDERATED,
    "far RS " RINGING("c1"),
    "= far RS " HANGUP_ID("Error", "c1"))

SCENARIO(said_again, false, "reg A", FEDERATED, FAR_CALL_C1,
    "after 29999", "after 1",
    "= far RS " RINGING("c1"),
    "far RS " RINGING("c1"),
    "after 29999", "after 1",
    "= far RS " RINGING("c1"))

/* Recovery */

SCENARIO(found_in_registry, false, "reg A", "federd up", "live active remote",
    "= media live RS on",
    "= admit live A B",
    "opened 2 call-live",
    "link R up",
    "after 0",
    "= far RS " RINGING("live"),
    "after 20000",
    "far RS " REPORT("live"),
    "= A " REPORT("live"),
    "far R " HANGUP_ID("Normal", "live"),
    "calls 1",
    "far RS " HANGUP_ID("Normal", "live"),
    "= A " HANGUP_ID("Normal", "live"),
    "= record live ended normal", "= close live", "= media live RS off")

SCENARIO(found_before_federd, false, "reg A", "live active remote",
    "= admit live A B",
    "opened 2 call-live",
    "federd up",
    "= media live RS on",
    "link R up",
    "after 0",
    "= far RS " RINGING("live"))

/* Unanswered ones ended; the relay of the other party is told. */
SCENARIO(found_ringing, false, "reg A", "federd up", "link R up",
    "live ringing remote",
    "= record live ended error",
    "= far RS " HANGUP_ID("Error", "live"),
    "= A " HANGUP_ID("Error", "live"))

SCENARIO(found_ringing_link_later, false, "reg A", "federd up",
    "live pending remote",
    "= record live ended error",
    "= A " HANGUP_ID("Error", "live"),
    "link R up",
    "= far RS " HANGUP_ID("Error", "live"))

/* Nobody comes to its room: the remote party is not waited for. */
SCENARIO(found_and_nobody_there, false, "reg A", "federd up", "link R up",
    "live active remote",
    "= media live RS on",
    "= admit live A B",
    "after 0",
    "= far RS " RINGING("live"),
    "after 15000",
    "= A " HANGUP_ID("Timeout", "live"),
    "= far RS " HANGUP_ID("Timeout", "live"),
    "= record live ended timeout", "= close live", "= media live RS off")

/* Before the registry has spoken, nothing is unknown. */
static void
not_recovered_yet(void **state)
{
	static const char *const	lines[] = {
		"federd up", "link R up",
		"far RS " RINGING("live"),
		"far RS " ANSWER("live", "AcceptGeneric"),
		"recovered",
		"far RS " RINGING("live"),
		"= far RS " HANGUP_ID("Error", "live"), NULL
	};
	struct flow_config		 config;

	(void)state;
	world_config(&config, false);
	world_passes(world_new_fresh(&config), lines);
}

SCENARIO(stop_tells, false, "reg A", "reg C", FEDERATED, FAR_CALL_C1,
    "in C " OFFER("c2", "$C", "$B"),
    "= record c2 pending", "commit", "= find B",
    "stop",
    "= C " HANGUP_ID("Error", "c2"),
    "= record c2 ended error",
    "= A " HANGUP_ID("Error", "c1"),
    "= far RS " HANGUP_ID("Error", "c1"),
    "= record c1 ended error", "= close c1", "= media c1 RS off")

/* Controls: a call that ends is not one that stays, nor silence an answer. */
static void
negative_control(void **state)
{
	static const char *const	stays[] = {
		"reg A", FEDERATED, FAR_RING_C1, "link R down",
		"after 5000", "calls 1", NULL
	};
	static const char *const	silent[] = {
		"reg A", FEDERATED, "far RS " RINGING("c9"), NULL
	};

	(void)state;
	world_objects(world_new(false), stays);
	world_objects(world_new(false), silent);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(link_down_unanswered),
		cmocka_unit_test(link_back_in_time),
		cmocka_unit_test(link_down_active),
		cmocka_unit_test(link_down_callee),
		cmocka_unit_test(link_of_originals),
		cmocka_unit_test(federd_dies_during_find),
		cmocka_unit_test(federd_dies_for_good),
		cmocka_unit_test(federd_dies_before_find),
		cmocka_unit_test(federd_dies_in_call),
		cmocka_unit_test(federd_away_at_hangup),
		cmocka_unit_test(said_again),
		cmocka_unit_test(found_in_registry),
		cmocka_unit_test(found_before_federd),
		cmocka_unit_test(found_ringing),
		cmocka_unit_test(found_ringing_link_later),
		cmocka_unit_test(found_and_nobody_there),
		cmocka_unit_test(stop_tells),
		cmocka_unit_test(not_recovered_yet),
		cmocka_unit_test(negative_control),
	};

	log_init("call_links_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
