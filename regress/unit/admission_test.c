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
 * Admissions to call rooms and the replay cache.
 *
 * COVERS: row 1.21 - only the two parties of a known call
 * COVERS: gap 9 - a live call_id cannot be taken over
 * COVERS: gap 4 - an ephemeral key of an identity is good once
 * COVERS: limit calls
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mediad/admission.h"
#include "mediad/replay.h"

#define CALLER	"8dc9:109a:aebc:72c6:859f:c7bf:d6fe:d198"
#define CALLEE	"7f41:353f:b0ec:3e41:be36:1c80:ad6d:ddd2"
#define OTHER	"518e:b935:62fa:9e34:e59c:28b6:7fc2:d384"

static int
put(struct admissions *as, const char *id, const char *caller,
    const char *callee)
{
	struct msg_room_admit	msg;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.call_id, id, sizeof(msg.call_id));
	strlcpy(msg.caller, caller, sizeof(msg.caller));
	strlcpy(msg.callee, callee, sizeof(msg.callee));
	return (admission_put(as, &msg));
}

/* Who proved its key to signald must prove it to us (gap 4). */
static void
test_proven(void **state)
{
	struct admissions	*as = admissions_new(2);
	struct msg_room_admit	 msg;

	(void)state;
	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.call_id, "p", sizeof(msg.call_id));
	strlcpy(msg.caller, CALLER, sizeof(msg.caller));
	strlcpy(msg.callee, CALLEE, sizeof(msg.callee));
	msg.caller_proven = true;
	assert_int_equal(admission_put(as, &msg), 0);
	assert_false(admission_allows(as, "p", CALLER, false));
	assert_true(admission_allows(as, "p", CALLER, true));
	assert_true(admission_allows(as, "p", CALLEE, false));
	msg.callee_proven = true;
	assert_int_equal(admission_put(as, &msg), 0);
	assert_false(admission_allows(as, "p", CALLEE, false));
	assert_true(admission_allows(as, "p", CALLEE, true));
	assert_false(admission_allows(as, "p", OTHER, true));
	admission_close(as, "p");
	admissions_free(as);
}

static void
test_parties(void **state)
{
	struct admissions	*as = admissions_new(2);

	(void)state;
	assert_false(admission_allows(as, "a", CALLER, false));
	assert_int_equal(put(as, "a", CALLER, CALLEE), 0);
	assert_true(admission_allows(as, "a", CALLER, false));
	assert_true(admission_allows(as, "a", CALLEE, false));
	assert_false(admission_allows(as, "a", OTHER, false));
	assert_false(admission_allows(as, "a", "", false));
	assert_false(admission_allows(as, "b", CALLER, false));
	assert_false(admission_allows(as, "", CALLER, false));

	/* Said twice: fine.  Other people, or the other way round: not. */
	assert_int_equal(put(as, "a", CALLER, CALLEE), 0);
	assert_int_equal(put(as, "a", OTHER, CALLEE), -1);
	assert_int_equal(put(as, "a", CALLEE, CALLER), -1);
	assert_false(admission_allows(as, "a", OTHER, false));

	assert_int_equal(put(as, "", CALLER, CALLEE), -1);
	assert_int_equal(put(as, "b", "8dc9", CALLEE), -1);
	assert_int_equal(put(as, "b", CALLER, ""), -1);
	assert_int_equal(put(as, "b", CALLER, CALLEE), 0);
	assert_int_equal(put(as, "c", CALLER, CALLEE), -1);

	admission_close(as, "a");
	admission_close(as, "unknown");
	assert_false(admission_allows(as, "a", CALLER, false));
	assert_true(admission_allows(as, "b", CALLER, false));
	assert_int_equal(put(as, "c", OTHER, CALLEE), 0);
	assert_int_equal(admission_count(as), 2);
	admissions_free(as);
}

/* signald came back: what it does not repeat goes, but only in the end. */
static void
test_renew(void **state)
{
	struct admissions	*as = admissions_new(100);
	char			 id[16];
	int			 i;

	(void)state;
	admission_renew(as);
	for (i = 0; i < 50; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		assert_int_equal(put(as, id, CALLER, CALLEE), 0);
	}
	/* One that says it has said all, and has: nothing goes. */
	admission_settle(as);
	assert_int_equal(admission_count(as), 50);
	admission_renew(as);
	assert_int_equal(put(as, "7", CALLER, CALLEE), 0);
	assert_int_equal(put(as, "new", CALLER, OTHER), 0);
	assert_int_equal(admission_count(as), 51);
	assert_true(admission_allows(as, "8", CALLEE, false));
	admission_settle(as);
	assert_int_equal(admission_count(as), 2);
	assert_false(admission_knows(as, "8"));
	assert_true(admission_knows(as, "7"));
	assert_false(admission_allows(as, "8", CALLEE, false));
	assert_true(admission_allows(as, "7", CALLEE, false));
	assert_true(admission_allows(as, "new", OTHER, false));

	/* A lower limit turns newcomers away, and nobody out. */
	admission_limit(as, 1);
	assert_int_equal(put(as, "x", CALLER, CALLEE), -1);
	assert_int_equal(put(as, "7", CALLER, CALLEE), 0);
	assert_int_equal(admission_count(as), 2);
	admission_limit(as, 3);
	assert_int_equal(put(as, "x", CALLER, CALLEE), 0);
	assert_int_equal(put(as, "y", CALLER, CALLEE), -1);
	admissions_free(as);
}

static void
test_replay(void **state)
{
	struct replay	*rp = replay_new(4);
	uint8_t		 eph[32], id[32];
	uint8_t		 i;

	(void)state;
	memset(id, 1, sizeof(id));
	memset(eph, 0, sizeof(eph));
	assert_false(replay_seen(rp, id, eph));
	assert_true(replay_seen(rp, id, eph));
	assert_true(replay_seen(rp, id, eph));
	/* The same key of another identity is another one. */
	id[31] = 2;
	assert_false(replay_seen(rp, id, eph));
	id[31] = 1;
	/* Full: the oldest goes, the newest four stay. */
	for (i = 1; i <= 3; i++) {
		eph[0] = i;
		assert_false(replay_seen(rp, id, eph));
	}
	for (i = 1; i <= 3; i++) {
		eph[0] = i;
		assert_true(replay_seen(rp, id, eph));
	}
	eph[0] = 0;
	assert_false(replay_seen(rp, id, eph));
	for (i = 4; i < 200; i++) {
		eph[0] = i;
		assert_false(replay_seen(rp, id, eph));
		assert_true(replay_seen(rp, id, eph));
	}
	replay_free(rp);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_parties),
		cmocka_unit_test(test_proven),
		cmocka_unit_test(test_renew),
		cmocka_unit_test(test_replay)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
