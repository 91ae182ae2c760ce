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
 * What a call leaves behind and what bounds it: its record at each step, its
 * return after a restart of signald, limits of one person and of memory.
 *
 * COVERS: registry - parties, alias, times, mode, reason of each record;
 * COVERS: registry - addresses only where `registry addresses yes'
 * COVERS: limit calls of one person, limit bytes of waiting offers
 * COVERS: registry - one that does not answer: records on their way, bounded
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

#define CALLS_PER_FP	64	/* limit person-calls, by default */

static void
step(struct world *w, const char *line)
{
	w->nout = w->taken = 0;
	if (world_step(w, line) == -1)
		fail_msg("%s: %s", line, w->why);
}

static void
address_is(const struct addr *addr, const char *want)
{
	char	text[ADDR_STRLEN];

	assert_string_equal(addr->addr_len == 0 ? "" : addr_print(addr, text,
	    sizeof(text)), want);
}

/* What the record of a call holds at each of its steps. */
static void
record_contents(void **state)
{
	struct flow_config	 config;
	struct world		*w;
	bool			 addresses = true;

	(void)state;
again:
	world_config(&config, false);
	config.fc_addresses = addresses;
	w = world_new_config(&config);
	step(w, "reg A proven");
	step(w, "reg B");
	strlcpy(w->regs[0].reg_alias, "Ada", sizeof(w->regs[0].reg_alias));
	step(w, "in A " OFFER("c1", "$A", "$B"));
	assert_int_equal(w->put.state, CALL_PENDING);
	assert_string_equal(w->put.caller_alias, "Ada");
	assert_true(w->put.caller_proven);
	assert_false(w->put.callee_proven);
	assert_int_not_equal(w->put.created_ms, 0);
	assert_int_equal(w->put.answered_ms, 0);
	assert_int_equal(w->put.ended_ms, 0);
	address_is(&w->put.caller_addr, addresses ? "198.51.100.7:1000" : "");
	address_is(&w->put.callee_addr, addresses ? "198.51.100.7:1000" : "");
	step(w, "commit");
	/* As the connection that answers is seen. */
	assert_int_equal(addr_parse(&w->regs[1].reg_remote, "192.0.2.77:5"),
	    0);
	step(w, "after 7");
	step(w, "in B " ANSWER("c1", "AcceptGeneric"));
	assert_int_equal(w->put.state, CALL_ACTIVE);
	assert_int_equal(w->put.mode, CALL_MODE_GENERIC);
	assert_true(w->put.answered_ms > w->put.created_ms);
	address_is(&w->put.callee_addr, addresses ? "192.0.2.77:5" : "");
	assert_true(w->admitted.caller_proven);
	assert_false(w->admitted.callee_proven);
	step(w, "admitted c1");
	step(w, "commit");
	step(w, "gone B lost");
	step(w, "after 9");
	step(w, "reg B");
	step(w, "in A " HANGUP("Normal"));
	assert_int_equal(w->put.state, CALL_ENDED);
	assert_int_equal(w->put.reason, CALL_REASON_NORMAL);
	assert_int_equal(w->put.ended_ms, w->put.answered_ms + 9);
	/* As the connection it came back on. */
	address_is(&w->put.callee_addr, addresses ? "198.51.100.7:1000" : "");
	world_free(w);
	if (addresses) {
		addresses = false;
		goto again;
	}

	w = world_new(false);
	step(w, "reg A");
	step(w, "reg B proven");
	step(w, "in A " OFFER("c1", "$A", "$B"));
	assert_false(w->put.caller_proven);
	assert_true(w->put.callee_proven);
	step(w, "commit");
	step(w, "in B " ANSWER("c1", "Reject"));
	assert_int_equal(w->put.mode, CALL_MODE_REJECT);
	assert_int_equal(w->put.answered_ms, 0);
	step(w, "in A " OFFER("c2", "$A", "$B"));
	step(w, "commit");
	step(w, "in B " ANSWER("c2", "AcceptTrusted"));
	assert_int_equal(w->put.mode, CALL_MODE_TRUSTED);
	assert_false(w->admitted.caller_proven);
	assert_true(w->admitted.callee_proven);
	world_free(w);
}

/* A call_id is echoed up to 255 bytes. */
static void
echoed_call_id(void **state)
{
	struct world	*w = world_new(false);
	char		 id[257], line[1024], want[1024];

	(void)state;
	step(w, "reg A");
	step(w, "reg B");
	memset(id, 'x', sizeof(id) - 1);
	id[256] = id[255] = '\0';
	(void)snprintf(line, sizeof(line), "in A " OFFER("%s", "$A", "$B"),
	    id);
	(void)snprintf(want, sizeof(want), "A " HANGUP_ID("Error", "%s"), id);
	step(w, line);
	assert_int_equal(w->nout, 1);
	assert_string_equal(w->out[0], want);
	id[255] = 'x';
	(void)snprintf(line, sizeof(line), "in A " OFFER("%s", "$A", "$B"),
	    id);
	step(w, line);
	assert_int_equal(w->nout, 1);
	assert_string_equal(w->out[0], "A " HANGUP("Error"));
	world_free(w);
}

/* No more calls of one person than there may be, active ones included. */
static void
calls_per_person(void **state)
{
	struct flow_config	 config;
	struct world		*w;
	char			 line[512];
	unsigned int		 i, round;

	(void)state;
	for (round = 0; round < 2; round++) {
		world_config(&config, false);
		config.fc_max_calls = 2 * CALLS_PER_FP;
		w = world_new_config(&config);
		step(w, "reg A");
		step(w, "reg B");
		step(w, "reg C");
		for (i = 0; i < CALLS_PER_FP; i++) {
			(void)snprintf(line, sizeof(line), "in A "
			    OFFER("c%u", "$A", "$B"), i);
			step(w, line);
			step(w, "commit");
			(void)snprintf(line, sizeof(line), "in B "
			    ANSWER("c%u", "AcceptGeneric"), i);
			step(w, line);
			step(w, "commit");
			(void)snprintf(line, sizeof(line), "admitted c%u", i);
			step(w, line);
		}
		/* Of the caller, and of the callee. */
		step(w, round == 0 ? "in A " OFFER("x", "$A", "$C") :
		    "in C " OFFER("x", "$C", "$B"));
		assert_int_equal(w->nout, 1);
		assert_string_equal(w->out[0], round == 0 ?
		    "A " HANGUP_ID("Busy", "x") : "C " HANGUP_ID("Busy", "x"));
		world_free(w);
	}
}

/* A call that registryd had as live is as it was (and nothing invented). */
static void
live_as_it_was(void **state)
{
	struct msg_call_put	 put;
	struct flow_config	 config;
	struct world		*w;

	(void)state;
	world_config(&config, false);
	config.fc_addresses = true;
	w = world_new_config(&config);
	step(w, "reg A");
	step(w, "reg B proven");
	memset(&put, 0, sizeof(put));
	put.created_ms = 17;
	put.answered_ms = 18;
	put.state = CALL_ACTIVE;
	put.mode = CALL_MODE_TRUSTED;
	put.callee_proven = put.unconfirmed = true;
	strlcpy(put.caller, w->regs[0].reg_fp, sizeof(put.caller));
	strlcpy(put.callee, w->regs[1].reg_fp, sizeof(put.callee));
	strlcpy(put.caller_alias, "Ada", sizeof(put.caller_alias));
	assert_int_equal(addr_parse(&put.caller_addr, "192.0.2.3:4"), 0);
	assert_int_equal(addr_parse(&put.callee_addr, "192.0.2.5:6"), 0);
	/* No call_id of ours. */
	strlcpy(put.call_id, "-live", sizeof(put.call_id));
	w->nout = 0;
	flow_live(w->flow, &put);
	assert_int_equal(w->nout, 0);
	step(w, "calls 0");
	strlcpy(put.call_id, "live", sizeof(put.call_id));
	flow_live(w->flow, &put);
	assert_int_equal(w->nout, 1);
	assert_string_equal(w->out[0], "admit live A B");
	assert_false(w->admitted.caller_proven);
	assert_true(w->admitted.callee_proven);
	step(w, "calls 1");
	step(w, "in B " HANGUP("Normal"));
	assert_int_equal(w->put.state, CALL_ENDED);
	assert_int_equal(w->put.created_ms, 17);
	assert_int_equal(w->put.answered_ms, 18);
	assert_int_equal(w->put.mode, CALL_MODE_TRUSTED);
	assert_string_equal(w->put.caller_alias, "Ada");
	assert_false(w->put.caller_proven);
	assert_true(w->put.callee_proven);
	assert_true(w->put.unconfirmed);
	address_is(&w->put.caller_addr, "192.0.2.3:4");
	address_is(&w->put.callee_addr, "192.0.2.5:6");
	world_free(w);
}

/* One of two devices says goodbye: the call goes on at the other. */
static void
other_device(void **state)
{
	struct world	*w = world_new(false);
	struct reg	 second;

	(void)state;
	step(w, "reg A");
	step(w, "reg B proven");
	w->regs[1].reg_devices = true;
	second = w->regs[1];
	second.reg_person = NULL;
	assert_int_equal(hub_register(w->hub, &second), 0);
	assert_non_null(w->regs[1].reg_person);
	step(w, "in A " OFFER("c1", "$A", "$B"));
	step(w, "commit");
	step(w, "in B " ANSWER("c1", "AcceptGeneric"));
	step(w, "admitted c1");
	step(w, "commit");
	step(w, "gone B clean");
	assert_int_equal(w->nout, 0);
	step(w, "calls 1");
	step(w, "after 16000");
	step(w, "calls 1");
	assert_ptr_equal(hub_unregister(w->hub, &second), &second);
	flow_unregistered(w->flow, &second, true);
	step(w, "calls 0");
	world_free(w);
}

/* Offers that wait for their record take so much memory and no more. */
static void
bytes_of_offers(void **state)
{
	static char			 build[60000], id[16];
	static struct reg		 regs[14];
	struct flow_config		 config;
	struct sig_direct_call_offer	*offer;
	struct signal			 sig;
	struct world			*w;
	unsigned int			 i, n;
	size_t				 taken;

	(void)state;
	world_config(&config, false);
	config.fc_max_calls = 1000;
	config.fc_max_pending = CALLS_PER_FP;
	w = world_new_config(&config);
	step(w, "registry down");
	for (i = 0; i < 14; i++) {
		memset(&regs[i], 0, sizeof(regs[i]));
		(void)snprintf(regs[i].reg_fp, sizeof(regs[i].reg_fp),
		    "person %u", i);
		assert_int_equal(hub_register(w->hub, &regs[i]), 0);
	}
	memset(build, 'x', sizeof(build) - 1);
	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_DIRECT_CALL_OFFER;
	offer = &sig.u.direct_call_offer;
	offer->call_id = id;
	offer->caller_build_version = build;
	for (i = 0; i < 7; i++) {
		offer->caller_fingerprint = regs[i].reg_fp;
		offer->target_fingerprint = regs[i + 7].reg_fp;
		for (n = 0; n < CALLS_PER_FP; n++) {
			(void)snprintf(id, sizeof(id), "c%u-%u", i, n);
			flow_signal(w->flow, &regs[i], &sig);
		}
	}
	taken = calls_count(flow_calls(w->flow));
	assert_true(taken * sizeof(build) <= FLOW_TEXT_MAX);
	assert_true((taken + 2) * (sizeof(build) + 600) > FLOW_TEXT_MAX);
	assert_int_equal(flow_stats(w->flow)->fs_offers_refused,
	    7 * CALLS_PER_FP - taken);
	for (i = 0; i < 14; i++)
		(void)hub_unregister(w->hub, &regs[i]);
	world_free(w);
}

/* The outbox alone. */

struct sent {
	struct outbox		*ob;
	uint64_t		 seq;
	unsigned int		 n, confirmed, refused;
	bool			 again;
};

static int
outbox_send(void *arg, const struct msg_call_put *put)
{
	struct sent	*sent = arg;

	sent->seq = put->seq;
	sent->n++;
	return (0);
}

static void
outbox_confirmed(void *arg, const struct msg_call_put *put)
{
	struct sent		*sent = arg;
	struct msg_call_put	 next = *put;

	sent->confirmed++;
	if (!sent->again)
		return;
	sent->again = false;
	next.state = CALL_RINGING;
	assert_int_equal(outbox_put(sent->ob, &next), 0);
}

static void
outbox_refused(void *arg, const struct msg_call_put *put, const char *error)
{
	struct sent	*sent = arg;

	(void)put;
	(void)error;
	sent->refused++;
}

static const struct outbox_ops	outbox_test_ops = {
	outbox_send, outbox_confirmed, outbox_refused
};

static void
outbox_say(struct outbox *ob, const char *id, uint64_t created,
    enum call_state state, int want)
{
	struct msg_call_put	put;

	memset(&put, 0, sizeof(put));
	strlcpy(put.call_id, id, sizeof(put.call_id));
	put.created_ms = created;
	put.state = state;
	assert_int_equal(outbox_put(ob, &put), want);
}

static void
outbox_answer(struct outbox *ob, uint64_t seq, bool ok)
{
	struct msg_call_committed	msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = seq;
	msg.ok = ok;
	outbox_committed(ob, &msg, 0);
}

static void
outbox_rules(void **state)
{
	struct sent	 sent;
	struct outbox	*ob;

	(void)state;
	memset(&sent, 0, sizeof(sent));
	assert_non_null(ob = outbox_new(2, &outbox_test_ops, &sent));
	sent.ob = ob;
	/* Full of live calls it takes no other; an ended one gives way. */
	outbox_say(ob, "c1", 1, CALL_ACTIVE, 0);
	outbox_say(ob, "c2", 1, CALL_ACTIVE, 0);
	outbox_say(ob, "c3", 1, CALL_ACTIVE, -1);
	assert_int_equal(outbox_dropped(ob), 0);
	outbox_say(ob, "c2", 1, CALL_ENDED, 0);
	outbox_say(ob, "c3", 1, CALL_ACTIVE, 0);
	assert_int_equal(outbox_dropped(ob), 1);
	assert_true(outbox_has(ob, "c1", 1));
	assert_false(outbox_has(ob, "c2", 1));
	assert_true(outbox_has(ob, "c3", 1));
	/* The oldest end first; who lives on in another call is not meant. */
	outbox_say(ob, "c3", 1, CALL_ENDED, 0);
	outbox_say(ob, "c1", 1, CALL_ENDED, 0);
	outbox_say(ob, "c3", 2, CALL_ACTIVE, 0);
	assert_int_equal(outbox_dropped(ob), 2);
	assert_true(outbox_has(ob, "c1", 1));
	assert_false(outbox_has(ob, "c3", 1));
	assert_true(outbox_has(ob, "c3", 2));
	outbox_up(ob);
	assert_int_equal(sent.n, 2);
	/* Nor is what is on its way. */
	outbox_say(ob, "c4", 1, CALL_ACTIVE, -1);
	outbox_answer(ob, sent.seq - 1, false);
	outbox_say(ob, "c4", 1, CALL_ACTIVE, 0);
	assert_int_equal(outbox_dropped(ob), 3);
	assert_false(outbox_has(ob, "c1", 1));
	outbox_answer(ob, sent.seq, true);
	assert_int_equal(sent.confirmed, 2);
	sent.refused = 0;
	/* One call_id, two calls. */
	outbox_say(ob, "c1", 1, CALL_ENDED, 0);
	outbox_say(ob, "c1", 2, CALL_PENDING, 0);
	assert_int_equal(outbox_count(ob), 2);
	outbox_answer(ob, sent.seq, true);
	assert_int_equal(outbox_count(ob), 0);
	/* The answer to an outdated version means nothing. */
	outbox_say(ob, "c4", 1, CALL_RINGING, 0);
	outbox_say(ob, "c4", 1, CALL_ACTIVE, 0);
	outbox_answer(ob, sent.seq - 1, false);
	assert_int_equal(sent.refused, 0);
	outbox_answer(ob, sent.seq, false);
	assert_int_equal(sent.refused, 1);
	outbox_up(ob);
	outbox_answer(ob, sent.seq, true);
	/* Refused is not on disk, unless it was under way in a crash. */
	outbox_say(ob, "c5", 1, CALL_PENDING, 0);
	outbox_answer(ob, sent.seq, false);
	assert_true(outbox_forget(ob, "c5", 1));
	outbox_say(ob, "c6", 1, CALL_PENDING, 0);
	outbox_down(ob);
	outbox_up(ob);
	outbox_answer(ob, sent.seq, false);
	assert_false(outbox_forget(ob, "c6", 1));
	outbox_up(ob);
	/* A number from nowhere confirms nothing that comes after it. */
	sent.again = true;
	outbox_answer(ob, UINT64_MAX, true);
	assert_int_equal(outbox_count(ob), 1);
	outbox_free(ob);
}

/* Most records that were on their way without an answer at any time. */
static unsigned int
stalled(unsigned int calls, unsigned int answer_every)
{
	struct sent		 sent;
	struct outbox		*ob;
	char			 id[16];
	unsigned int		 i, flying, most = 0;
	uint64_t		 answered = 0;
	static const enum call_state	 states[] = {
		CALL_PENDING, CALL_RINGING, CALL_ACTIVE, CALL_ENDED
	};

	memset(&sent, 0, sizeof(sent));
	assert_non_null(ob = outbox_new(2 * calls, &outbox_test_ops, &sent));
	sent.ob = ob;
	outbox_up(ob);
	for (i = 0; i < 4 * calls; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i / 4);
		outbox_say(ob, id, 1, states[i % 4], 0);
		flying = (unsigned int)(sent.seq - answered);
		most = flying > most ? flying : most;
		if (answer_every != 0 && i % answer_every == 0) {
			answered = sent.seq;
			outbox_answer(ob, answered, true);
		}
	}
	/* It wakes up: everything is told, the latest state of each call. */
	for (i = 0; outbox_count(ob) != 0; i++) {
		assert_true(i < 4 * calls);
		answered = sent.seq;
		outbox_answer(ob, answered, true);
	}
	assert_int_equal(outbox_dropped(ob), 0);
	if (answer_every == 0)
		assert_int_equal(sent.confirmed, calls);
	assert_true(sent.confirmed >= calls);
	outbox_free(ob);
	return (most);
}

/*
 * A registryd that says nothing for long gets no more than its window, which
 * fits its channel with room to spare; one that answers, all of it.
 */
static void
outbox_window(void **state)
{
	struct msg_call_put	 put;
	struct sent		 sent;
	struct outbox		*ob;
	uint8_t			 buf[MSG_MAX];
	char			 id[16];
	unsigned int		 i;
	int			 len;

	(void)state;
	assert_int_equal(stalled(3000, 0), OUTBOX_WINDOW);
	assert_true(stalled(3000, 16) < OUTBOX_WINDOW);
	/* Control: with calls fewer than the window it is not what bounds. */
	assert_true(stalled(20, 0) < OUTBOX_WINDOW);
	memset(&put, 0, sizeof(put));
	memset(put.call_id, 'x', sizeof(put.call_id) - 1);
	memset(put.caller, 'x', sizeof(put.caller) - 1);
	memset(put.callee, 'x', sizeof(put.callee) - 1);
	memset(put.caller_alias, 'x', sizeof(put.caller_alias) - 1);
	put.seq = put.created_ms = put.answered_ms = put.ended_ms =
	    UINT64_MAX;
	assert_int_equal(addr_parse(&put.caller_addr, "[fe80::1]:65535"), 0);
	put.callee_addr = put.caller_addr;
	len = msg_encode(buf, sizeof(buf), MSG_CALL_PUT, &put);
	assert_true(len > 0);
	assert_true((size_t)len * OUTBOX_WINDOW < 512 * 1024);

	/* Refusals count as answers, and what was refused waits its time. */
	memset(&sent, 0, sizeof(sent));
	assert_non_null(ob = outbox_new(4 * OUTBOX_WINDOW, &outbox_test_ops,
	    &sent));
	sent.ob = ob;
	outbox_up(ob);
	for (i = 0; i < OUTBOX_WINDOW + 10; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		outbox_say(ob, id, 1, CALL_ACTIVE, 0);
	}
	assert_int_equal(sent.n, OUTBOX_WINDOW);
	for (i = 1; i <= 10; i++) {
		outbox_answer(ob, i, false);
		assert_int_equal(sent.n, OUTBOX_WINDOW + i);
	}
	outbox_answer(ob, 11, false);
	assert_int_equal(sent.n, OUTBOX_WINDOW + 10);
	assert_int_equal(outbox_expiry(ob), OUTBOX_RETRY_NS);
	outbox_expire(ob, OUTBOX_RETRY_NS - 1);
	assert_int_equal(sent.n, OUTBOX_WINDOW + 10);
	outbox_expire(ob, OUTBOX_RETRY_NS);
	assert_int_equal(sent.n, OUTBOX_WINDOW + 11);
	assert_true(outbox_expiry(ob) == UINT64_MAX);
	/* A new one starts with nothing on its way. */
	outbox_up(ob);
	assert_int_equal(sent.n, 2 * OUTBOX_WINDOW + 11);
	outbox_free(ob);
}

/* Limits that change, and what is there stays. */
static void
configured_anew(void **state)
{
	struct flow_config	 config;
	struct world		*w;

	(void)state;
	world_config(&config, false);
	config.fc_max_calls = 1;
	w = world_new_config(&config);
	step(w, "reg A");
	step(w, "reg B");
	step(w, "reg C");
	step(w, "in A " OFFER("c1", "$A", "$B"));
	step(w, "commit");
	step(w, "in A " OFFER("c2", "$A", "$C"));
	assert_int_equal(w->nout, 1);
	assert_string_equal(w->out[0], "A " HANGUP_ID("Error", "c2"));
	config.fc_max_calls = 2;
	config.fc_ring_ns = UINT64_C(1000000000);
	flow_configure(w->flow, &config);
	step(w, "after 999");
	step(w, "in A " OFFER("c2", "$A", "$C"));
	assert_int_equal(w->nout, 1);
	assert_string_equal(w->out[0], "record c2 pending");
	config.fc_max_calls = 1;
	flow_configure(w->flow, &config);
	step(w, "calls 2");
	step(w, "after 1");
	assert_int_equal(w->nout, 3);
	assert_string_equal(w->out[2], "record c1 ended timeout");
	/* It is there until its own time, and then there is room again. */
	step(w, "in B " OFFER("c3", "$B", "$C"));
	assert_string_equal(w->out[0], "B " HANGUP_ID("Error", "c3"));
	step(w, "in A " HANGUP("Normal"));
	step(w, "commit");
	step(w, "in B " OFFER("c3", "$B", "$C"));
	assert_string_equal(w->out[0], "record c3 pending");
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(record_contents),
		cmocka_unit_test(echoed_call_id),
		cmocka_unit_test(calls_per_person),
		cmocka_unit_test(live_as_it_was),
		cmocka_unit_test(other_device),
		cmocka_unit_test(bytes_of_offers),
		cmocka_unit_test(outbox_rules),
		cmocka_unit_test(outbox_window),
		cmocka_unit_test(configured_anew),
	};

	log_init("call_record_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
