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
 * COVERS: tokens: a worker's checks are bounded, answered once, and fail
 * COVERS: tokens: at once without lookupd and in time when it is silent
 *
 * common/worker/authcheck.c on a fake worker; its limit is short here.
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
#include "common/worker/authcheck.h"

#define FP	"6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa"

/* The worker: a loop, and a channel that keeps the last message. */
struct worker {
	struct ev_loop	*loop;
	bool		 lookupd;	/* there is a channel */
	int		 send;		/* what channel_send() returns */
	size_t		 sent;
	uint64_t	 seq;
	char		 token[AUTHCHECK_TOKEN_MAX + 1];
};

static struct worker	w;

struct ev_loop *
worker_loop(struct worker *worker)
{
	return (worker->loop);
}

struct channel *
worker_channel(struct worker *worker, enum proc role, unsigned int instance)
{
	assert_int_equal(role, PROC_LOOKUPD);
	assert_int_equal(instance, 0);
	return (worker->lookupd ? (struct channel *)worker : NULL);
}

int
channel_send(struct channel *ch, enum msg_type type, const void *arg)
{
	const struct msg_auth_check	*msg = arg;
	uint8_t				 buf[MSG_MAX];

	assert_ptr_equal(ch, &w);
	assert_int_equal(type, MSG_AUTH_CHECK);
	/* The table takes it. */
	assert_true(msg_encode(buf, sizeof(buf), type, msg) > 0);
	w.sent++;
	w.seq = msg->seq;
	memcpy(w.token, msg->token.data, msg->token.len);
	w.token[msg->token.len] = '\0';
	return (w.send);
}

/* Who asked. */
struct asker {
	struct authcheck	*ac;
	unsigned int		 calls;
	bool			 ok;
	char			 fp[64];
	char			 error[128];
	uint64_t		 then_cancel;
	bool			 then_start;
	uint64_t		 started;
};

static void
answered(void *arg, bool ok, const char *fingerprint, const char *error)
{
	struct asker	*a = arg;

	a->calls++;
	a->ok = ok;
	(void)strlcpy(a->fp, fingerprint, sizeof(a->fp));
	(void)strlcpy(a->error, error, sizeof(a->error));
	if (a->then_cancel != 0)
		authcheck_cancel(a->ac, a->then_cancel);
	if (a->then_start)
		a->started = authcheck_start(a->ac, "again", 5, answered, a);
}

static void
result(struct authcheck *ac, uint64_t seq, bool ok, const char *fp,
    const char *error)
{
	struct msg_auth_result	msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = seq;
	msg.ok = ok;
	(void)strlcpy(msg.fingerprint, fp, sizeof(msg.fingerprint));
	(void)strlcpy(msg.error, error, sizeof(msg.error));
	authcheck_result(ac, &msg);
}

static int
setup(void **state)
{
	memset(&w, 0, sizeof(w));
	w.loop = ev_loop_new(EVFLAG_NOENV);
	w.lookupd = true;
	*state = authcheck_new(&w);
	return (*state == NULL ? -1 : 0);
}

static int
teardown(void **state)
{
	authcheck_free(*state);
	ev_loop_destroy(w.loop);
	return (0);
}

static void
test_answers(void **state)
{
	struct authcheck	*ac = *state;
	struct asker		 a = { .ac = ac }, b = { .ac = ac };
	uint64_t		 ia, ib, seq;

	ia = authcheck_start(ac, "tok-a", 5, answered, &a);
	assert_true(ia != 0);
	assert_string_equal(w.token, "tok-a");
	seq = w.seq;
	ib = authcheck_start(ac, "tok-b", 5, answered, &b);
	assert_true(ib != 0 && ib != ia && w.seq != seq);
	assert_int_equal(authcheck_count(ac), 2);
	assert_int_equal(a.calls + b.calls, 0);
	/* In any order, each to who asked. */
	result(ac, w.seq, false, "", "the token is not valid");
	assert_int_equal(b.calls, 1);
	assert_false(b.ok);
	assert_string_equal(b.fp, "");
	assert_string_equal(b.error, "the token is not valid");
	assert_int_equal(a.calls, 0);
	result(ac, seq, true, FP, "");
	assert_int_equal(a.calls, 1);
	assert_true(a.ok);
	assert_string_equal(a.fp, FP);
	/* A second answer to the same, and one to nothing. */
	result(ac, seq, true, FP, "");
	result(ac, 0, true, FP, "");
	result(ac, UINT64_MAX, true, FP, "");
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	assert_int_equal(authcheck_count(ac), 0);
}

/* A good answer without a fingerprint is none. */
static void
test_no_fingerprint(void **state)
{
	struct authcheck	*ac = *state;
	struct asker		 a = { .ac = ac };

	assert_true(authcheck_start(ac, "t", 1, answered, &a) != 0);
	result(ac, w.seq, true, "", "");
	assert_int_equal(a.calls, 1);
	assert_false(a.ok);
	assert_string_not_equal(a.error, "");
}

static void
test_refused(void **state)
{
	static char		 big[AUTHCHECK_TOKEN_MAX + 1];
	struct authcheck	*ac = *state;
	struct asker		 a = { .ac = ac };

	memset(big, 'x', sizeof(big));
	assert_true(authcheck_start(ac, big, sizeof(big), answered,
	    &a) == 0);
	assert_int_equal(w.sent, 0);
	assert_true(authcheck_start(ac, big, sizeof(big) - 1, answered,
	    &a) != 0);
	assert_true(authcheck_start(ac, "", 0, answered, &a) != 0);
	w.send = -1;
	assert_true(authcheck_start(ac, "t", 1, answered, &a) == 0);
	w.send = 0;
	w.lookupd = false;
	assert_true(authcheck_start(ac, "t", 1, answered, &a) == 0);
	assert_int_equal(a.calls, 0);
	assert_int_equal(authcheck_count(ac), 2);
}

static void
test_full(void **state)
{
	struct authcheck	*ac = *state;
	struct asker		 a = { .ac = ac };
	uint64_t		 ids[AUTHCHECK_MAX];
	size_t			 i;

	for (i = 0; i < AUTHCHECK_MAX; i++) {
		ids[i] = authcheck_start(ac, "t", 1, answered, &a);
		assert_true(ids[i] != 0);
	}
	assert_true(authcheck_start(ac, "t", 1, answered, &a) == 0);
	assert_int_equal(w.sent, AUTHCHECK_MAX);
	/* A place that is free again has another id. */
	authcheck_cancel(ac, ids[7]);
	ids[8] = authcheck_start(ac, "t", 1, answered, &a);
	assert_true(ids[8] != 0 && ids[8] != ids[7]);
	assert_true(authcheck_start(ac, "t", 1, answered, &a) == 0);
	/* The late answer is not the new one's. */
	result(ac, ids[7], true, FP, "");
	assert_int_equal(a.calls, 0);
	result(ac, ids[8], true, FP, "");
	assert_int_equal(a.calls, 1);
}

static void
test_cancel(void **state)
{
	struct authcheck	*ac = *state;
	struct asker		 a = { .ac = ac };
	uint64_t		 id;

	id = authcheck_start(ac, "t", 1, answered, &a);
	authcheck_cancel(ac, id);
	authcheck_cancel(ac, id);
	authcheck_cancel(ac, 0);
	result(ac, w.seq, true, FP, "");
	assert_int_equal(a.calls, 0);
	assert_int_equal(authcheck_count(ac), 0);
	/* Nothing is left to wait for. */
	ev_run(w.loop, 0);
	assert_int_equal(a.calls, 0);
}

static void
test_lost(void **state)
{
	struct authcheck	*ac = *state;
	struct asker		 a = { .ac = ac }, b = { .ac = ac };
	struct asker		 c = { .ac = ac };

	assert_true(authcheck_start(ac, "a", 1, answered, &a) != 0);
	assert_true(authcheck_start(ac, "b", 1, answered, &b) != 0);
	c.then_cancel = authcheck_start(ac, "c", 1, answered, &c);
	/* The first cancels the third from its call and asks again. */
	a.then_cancel = c.then_cancel;
	a.then_start = true;
	w.lookupd = false;
	authcheck_lost(ac);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	assert_int_equal(c.calls, 0);
	assert_false(a.ok || b.ok);
	assert_true(a.started == 0);
	assert_int_equal(authcheck_count(ac), 0);
	ev_run(w.loop, 0);
	assert_int_equal(a.calls, 1);
}

static void
test_silent(void **state)
{
	struct authcheck	*ac = *state;
	struct asker		 a = { .ac = ac }, b = { .ac = ac };
	uint64_t		 seq;

	assert_true(authcheck_start(ac, "a", 1, answered, &a) != 0);
	seq = w.seq;
	assert_true(authcheck_start(ac, "b", 1, answered, &b) != 0);
	/* The loop ends when the timer has nothing more to wait for. */
	ev_run(w.loop, 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	assert_false(a.ok || b.ok);
	assert_string_not_equal(a.error, "");
	result(ac, seq, true, FP, "");
	assert_int_equal(a.calls, 1);
	/* Another one, begun from within the call. */
	a.then_start = true;
	assert_true(authcheck_start(ac, "a", 1, answered, &a) != 0);
	ev_run(w.loop, EVRUN_ONCE);
	assert_int_equal(a.calls, 2);
	assert_true(a.started != 0);
	a.then_start = false;
	ev_run(w.loop, 0);
	assert_int_equal(a.calls, 3);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_no_fingerprint, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silent, setup, teardown)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
