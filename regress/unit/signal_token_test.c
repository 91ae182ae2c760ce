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
 * `_signal' of a relay that wants tokens: what goes first, what is checked,
 * what waits meanwhile.  And limits that are changed while clients are there.
 *
 * COVERS: row 1.2 - optional authentication, on `_signal'
 * COVERS: gap 3 - a token is good for its owner's key only
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "regress/unit/quiet.h"
#include "regress/unit/signal_world.h"

#define TOKEN(t)	"{\"AuthToken\":{\"token\":\"" t "\"}}"
#define PING		"{\"Ping\":{\"timestamp_ms\":7}}"

static struct quic_conn *
check(struct world *w, int n, const char *token)
{
	struct quic_conn	*qc = dial(w, n, "_signal");

	w->token_conn = NULL;
	say(w, qc, token);
	return (qc);
}

static void
good_token(void **state)
{
	struct world		*w = world_new_auth(false, true);
	struct quic_conn	*qc = check(w, 0, TOKEN("tok-1"));
	struct person		 ada;

	(void)state;
	person(&ada, 1);
	assert_string_equal(w->token, "tok-1");
	assert_non_null(w->token_conn);
	assert_int_equal(qc->nsent, 0);
	signal_token_answer(w->token_conn, true, ada.fp, "");
	assert_int_equal(qc->nsent, 0);
	enlist(w, qc, &ada, PROVEN, NULL);
	assert_string_equal(qc->sent[0], ACK);
	/* A second one is nothing that is served. */
	say(w, qc, TOKEN("tok-1"));
	assert_int_equal(w->tokens, 1);
	assert_false(qc->closed);
	hang(w, qc, QUIC_CLOSED_BY_PEER_APP);
	world_free(w);
}

/* What comes before the answer waits, in order, and no more than so much. */
static void
impatient(void **state)
{
	struct world		*w = world_new_auth(true, true);
	struct quic_conn	*qc = check(w, 0, TOKEN("tok-1"));
	struct person		 ada;
	unsigned int		 i;

	(void)state;
	person(&ada, 1);
	/* Unproven, so that registryd is asked after lookupd. */
	enlist(w, qc, &ada, 0, NULL);
	say(w, qc, PING);
	assert_int_equal(qc->nsent, 0);
	assert_string_equal(w->query, "");
	signal_token_answer(w->token_conn, true, ada.fp, "");
	assert_string_equal(w->query, ada.fp);
	assert_int_equal(qc->nsent, 0);
	answer(w, true, false);
	assert_int_equal(qc->nsent, 2);
	assert_string_equal(qc->sent[0], ACK);
	assert_string_equal(qc->sent[1], "{\"Pong\":{\"timestamp_ms\":7}}");
	hang(w, qc, QUIC_CLOSED_BY_PEER_APP);

	qc = check(w, 0, TOKEN("tok-2"));
	for (i = 0; i < SIGNAL_BACKLOG_MAX; i++)
		say(w, qc, PING);
	assert_false(qc->closed);
	assert_non_null(w->token_conn);
	say(w, qc, PING);
	assert_refused(qc);
	assert_null(w->token_conn);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	world_free(w);
}

/* Dropped without a word (code 0, no reason, no ack). */
static void
refusals(void **state)
{
	static const char *const	 first[] = {
		PING, "{\"nonsense\":1}", "not JSON", TOKEN("unasked")
	};
	struct world			*w = world_new_auth(false, true);
	struct quic_conn		*qc;
	struct person			 ada, eve;
	size_t				 i;

	(void)state;
	person(&ada, 1);
	person(&eve, 2);
	for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		qc = check(w, 0, first[i]);
		assert_refused(qc);
		hang(w, qc, QUIC_CLOSED_LOCAL);
	}
	qc = dial(w, 0, "_signal");
	enlist(w, qc, &ada, PROVEN, NULL);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	assert_int_equal(w->tokens, 0);
	/* A bad one. */
	qc = check(w, 0, TOKEN("tok-1"));
	signal_token_answer(w->token_conn, false, "", "refused");
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	/* Somebody else's, even with the key. */
	qc = check(w, 0, TOKEN("tok-1"));
	signal_token_answer(w->token_conn, true, eve.fp, "");
	enlist(w, qc, &ada, PROVEN, NULL);
	assert_refused(qc);
	assert_false(hub_is_online(signal_server_hub(w->server), ada.fp));
	hang(w, qc, QUIC_CLOSED_LOCAL);
	assert_int_equal(signal_stats(w->server)->ss_refused, 7);
	/* Nobody asked for one. */
	world_free(w);
	w = world_new(false);
	qc = check(w, 0, TOKEN("tok-1"));
	assert_refused(qc);
	assert_int_equal(w->tokens, 0);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	world_free(w);
}

/* Time before the token and after it, none of ours while it is checked. */
static void
limits(void **state)
{
	struct world		*w = world_new_auth(false, true);
	struct quic_conn	*qc = dial(w, 0, "_signal");
	struct person		 ada;

	(void)state;
	person(&ada, 1);
	after(w, REGISTER_MS - 1);
	assert_false(qc->closed);
	after(w, 1);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	qc = check(w, 0, TOKEN("tok-1"));
	assert_true(signal_expiry(w->server) == UINT64_MAX);
	after(w, 2 * REGISTER_MS);
	assert_false(qc->closed);
	signal_token_answer(w->token_conn, true, ada.fp, "");
	after(w, REGISTER_MS);
	assert_refused(qc);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	assert_int_equal(signal_stats(w->server)->ss_silent, 2);
	/* Whoever goes meanwhile takes his check along. */
	qc = check(w, 0, TOKEN("tok-1"));
	assert_non_null(w->token_conn);
	hang(w, qc, QUIC_CLOSED_BY_PEER_APP);
	assert_null(w->token_conn);
	qc = check(w, 0, TOKEN("tok-1"));
	signal_stop(w->server);
	assert_null(w->token_conn);
	assert_true(qc->closed);
	hang(w, qc, QUIC_CLOSED_LOCAL);
	assert_int_equal(signal_count(w->server), 0);
	world_free(w);
}

/* New settings count for what comes, and nobody has to go. */
static void
configured_anew(void **state)
{
	struct world		*w = world_new_auth(true, false);
	struct quic_conn	*ada = dial(w, 0, "_signal"), *bob, *eve;
	struct person		 a, b, e;

	(void)state;
	person(&a, 1);
	person(&b, 2);
	person(&e, 3);
	enlist(w, ada, &a, PROVEN, NULL);
	assert_string_equal(ada->sent[0], ACK);
	bob = dial(w, 1, "_signal");
	w->config.sg_legacy_allow = false;
	w->config.sg_auth = true;
	w->config.sg_max_people = 1;
	assert_int_equal(addr_parse(&w->config.sg_advertise4,
	    "198.51.100.1:99"), 0);
	signal_configure(w->server, &w->config);
	assert_true(hub_is_online(signal_server_hub(w->server), a.fp));
	/* He was there before tokens were wanted; but there is no room. */
	enlist(w, bob, &b, PROVEN, NULL);
	assert_int_equal(bob->nsent, 1);
	assert_true(bob->closed);
	hang(w, bob, QUIC_CLOSED_LOCAL);
	w->config.sg_max_people = 2;
	signal_configure(w->server, &w->config);
	eve = dial(w, 2, "_signal");
	enlist(w, eve, &e, PROVEN, NULL);
	assert_refused(eve);
	hang(w, eve, QUIC_CLOSED_LOCAL);
	eve = check(w, 2, TOKEN("tok-1"));
	signal_token_answer(w->token_conn, true, e.fp, "");
	enlist(w, eve, &e, 0, NULL);
	assert_refused(eve);
	hang(w, eve, QUIC_CLOSED_LOCAL);
	eve = check(w, 2, TOKEN("tok-1"));
	signal_token_answer(w->token_conn, true, e.fp, "");
	enlist(w, eve, &e, PROVEN, NULL);
	assert_string_equal(eve->sent[0], ACK);
	assert_string_equal(hub_find(signal_server_hub(w->server),
	    e.fp)->reg_relay_addr, "198.51.100.1:99");
	assert_string_equal(hub_find(signal_server_hub(w->server),
	    a.fp)->reg_relay_addr, "203.0.113.5:4433");
	hang(w, eve, QUIC_CLOSED_BY_PEER_APP);
	hang(w, ada, QUIC_CLOSED_BY_PEER_APP);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(good_token),
		cmocka_unit_test(impatient),
		cmocka_unit_test(refusals),
		cmocka_unit_test(limits),
		cmocka_unit_test(configured_anew),
	};

	log_init("signal_token_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
