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
 * Which peers are dialled, when and where (federd/peers.h), in virtual time.
 *
 * COVERS: federation - dialling: back-off with jitter, names, reload, up|down
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "federd/peers.h"

struct world {
	struct peers		*w_peers;
	uint64_t		 w_now;
	uint32_t		 w_random;
	bool			 w_lookupd_away;
	bool			 w_relayd_full;
	unsigned int		 w_queries;
	struct msg_name_query	 w_query;
	unsigned int		 w_dials;
	struct msg_dial		 w_dial;
	unsigned int		 w_drops;
	uint64_t		 w_dropped;	/* index */
};

static int
on_resolve(void *arg, const struct msg_name_query *query)
{
	struct world	*w = arg;

	if (w->w_lookupd_away)
		return (-1);
	w->w_queries++;
	w->w_query = *query;
	return (0);
}

static int
on_dial(void *arg, const struct msg_dial *dial)
{
	struct world	*w = arg;

	if (w->w_relayd_full)
		return (-1);
	w->w_dials++;
	w->w_dial = *dial;
	return (0);
}

static void
on_drop(void *arg, struct peer *pe, const char *why)
{
	struct world	*w = arg;

	assert_non_null(why);
	w->w_drops++;
	w->w_dropped = pe->pe_config.index;
}

static uint32_t
on_random(void *arg)
{
	struct world	*w = arg;

	return (w->w_random);
}

static const struct peers_ops	ops = {
	on_resolve, on_dial, on_drop, on_random
};

static int
setup(void **state)
{
	struct world	*w;

	w = calloc(1, sizeof(*w));
	assert_non_null(w);
	w->w_peers = peers_new(&ops, w);
	assert_non_null(w->w_peers);
	w->w_now = 1000 * NS_PER_S;
	w->w_random = 512;	/* the middle: no jitter */
	peers_set_time(w->w_peers, w->w_now);
	*state = w;
	return (0);
}

static int
teardown(void **state)
{
	struct world	*w = *state;

	peers_free(w->w_peers);
	free(w);
	return (0);
}

/* Whatever is due up to a time. */
static void
run(struct world *w, uint64_t until)
{
	uint64_t	due;
	unsigned int	rounds = 0;

	while ((due = peers_expiry(w->w_peers)) <= until) {
		if (due > w->w_now)
			w->w_now = due;
		peers_set_time(w->w_peers, w->w_now);
		peers_expire(w->w_peers);
		assert_true(++rounds < 1000);
	}
	w->w_now = until;
	peers_set_time(w->w_peers, w->w_now);
}

static struct msg_peer
stanza(uint64_t index, const char *name, const char *address)
{
	struct msg_peer	msg;

	memset(&msg, 0, sizeof(msg));
	msg.index = index;
	strlcpy(msg.name, name, sizeof(msg.name));
	msg.port = 4433;
	memset(msg.fingerprint, (int)(0x10 + index),
	    sizeof(msg.fingerprint));
	if (address == NULL)
		return (msg);
	if (addr_parse(&msg.address, address) == -1)
		strlcpy(msg.host, address, sizeof(msg.host));
	return (msg);
}

static void
load(struct world *w, const struct msg_peer *list, size_t n)
{
	size_t	i;

	peers_begin(w->w_peers);
	for (i = 0; i < n; i++)
		peers_add(w->w_peers, &list[i]);
	peers_end(w->w_peers);
}

static void
answer(struct world *w, const char *first, const char *second)
{
	struct msg_name_answer	msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = w->w_query.seq;
	msg.ok = first != NULL;
	if (first != NULL)
		assert_int_equal(addr_parse(&msg.first, first), 0);
	else
		strlcpy(msg.error, "no such name", sizeof(msg.error));
	if (second != NULL)
		assert_int_equal(addr_parse(&msg.second, second), 0);
	peers_name_answer(w->w_peers, &msg);
}

static void
refuse(struct world *w)
{
	struct msg_dial_failed	msg;

	memset(&msg, 0, sizeof(msg));
	msg.id = w->w_dial.id;
	strlcpy(msg.error, "network is unreachable", sizeof(msg.error));
	peers_dial_failed(w->w_peers, &msg);
}

static void
assert_dialled(const struct world *w, const char *address)
{
	char	text[ADDR_STRLEN];

	assert_string_equal(addr_print(&w->w_dial.address, text,
	    sizeof(text)), address);
}

/* 1, 2, 4 ... 60 s, for ever; and again 1 s after a link that held. */
static void
test_backoff(void **state)
{
	static const uint64_t	 waits[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
	struct world		*w = *state;
	struct msg_peer		 list[1];
	struct peer		*pe;
	size_t			 i;
	uint64_t		 at;

	list[0] = stanza(3, "north", "192.0.2.1:4433");
	load(w, list, 1);
	run(w, w->w_now);
	assert_int_equal(w->w_dials, 1);
	assert_int_equal(w->w_dial.index, 3);
	assert_false(w->w_dial.probe);
	assert_dialled(w, "192.0.2.1:4433");
	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		refuse(w);
		at = w->w_now + waits[i] * NS_PER_S;
		run(w, at - 1);
		assert_int_equal(w->w_dials, i + 1);
		run(w, at);
		assert_int_equal(w->w_dials, i + 2);
	}
	pe = peers_socket(w->w_peers, w->w_dial.id);
	assert_non_null(pe);
	assert_int_equal(pe->pe_state, PEER_CONNECTING);
	/* The number is good once. */
	assert_null(peers_socket(w->w_peers, w->w_dial.id));
	peers_up(w->w_peers, pe);
	assert_int_equal(peers_expiry(w->w_peers), UINT64_MAX);
	/* A link that breaks at once does not begin anew... */
	run(w, w->w_now + PEER_GOOD_NS - 1);
	peers_ended(w->w_peers, pe, "it broke");
	at = w->w_now + 60 * NS_PER_S;
	assert_int_equal(peers_expiry(w->w_peers), at);
	run(w, at);
	/* ... one that held does. */
	pe = peers_socket(w->w_peers, w->w_dial.id);
	peers_up(w->w_peers, pe);
	run(w, w->w_now + PEER_GOOD_NS);
	peers_ended(w->w_peers, pe, "it broke");
	assert_int_equal(peers_expiry(w->w_peers), w->w_now + NS_PER_S);
	assert_string_equal(pe->pe_error, "it broke");
}

/* A quarter to either side, and not less or more. */
static void
test_jitter(void **state)
{
	struct world	*w = *state;
	struct msg_peer	 list[1];
	struct peer	*pe;
	uint64_t	 wait, low = UINT64_MAX, high = 0;
	uint32_t	 r;

	list[0] = stanza(0, "north", "192.0.2.1:4433");
	for (r = 0; r < 5000; r += 7) {
		load(w, list, 0);
		load(w, list, 1);
		w->w_random = r;
		run(w, w->w_now);
		pe = peers_index(w->w_peers, 0);
		pe->pe_failures = 4;
		refuse(w);
		wait = peers_expiry(w->w_peers) - w->w_now;
		low = wait < low ? wait : low;
		high = wait > high ? wait : high;
		run(w, w->w_now + 100 * NS_PER_S);
	}
	assert_in_range(low, 12 * NS_PER_S, 12 * NS_PER_S + 50 * NS_PER_MS);
	assert_in_range(high, 20 * NS_PER_S - 50 * NS_PER_MS, 20 * NS_PER_S);
}

/* Addresses in order, with less patience while there are others. */
static void
test_names(void **state)
{
	struct world	*w = *state;
	struct msg_peer	 list[1];
	struct peer	*pe;
	struct addr	 where;

	list[0] = stanza(5, "north", "relay.example.org");
	list[0].port = 5544;
	load(w, list, 1);
	run(w, w->w_now);
	assert_int_equal(w->w_queries, 1);
	assert_string_equal(w->w_query.host, "relay.example.org");
	answer(w, "[2001:db8::1]:0", "192.0.2.7:0");
	assert_int_equal(w->w_dials, 1);
	assert_dialled(w, "[2001:db8::1]:5544");
	/* A second answer to the same question is nobody's. */
	answer(w, "192.0.2.99:0", NULL);
	assert_int_equal(w->w_dials, 1);
	pe = peers_socket(w->w_peers, w->w_dial.id);
	assert_non_null(pe);
	assert_int_equal(peers_connect_limit(pe), PEER_CONNECT_SHORT_NS);
	peers_failed(w->w_peers, pe, "no answer");
	assert_int_equal(w->w_dials, 2);
	assert_dialled(w, "192.0.2.7:5544");
	pe = peers_socket(w->w_peers, w->w_dial.id);
	assert_int_equal(peers_connect_limit(pe), PEER_CONNECT_NS);
	peers_failed(w->w_peers, pe, "no answer");
	assert_int_equal(w->w_dials, 2);
	assert_int_equal(pe->pe_state, PEER_WAITING);
	/* It lives where its name led to. */
	assert_int_equal(addr_parse(&where, "192.0.2.7:1"), 0);
	assert_true(peers_lives_at(pe, &where));
	assert_int_equal(addr_parse(&where, "192.0.2.8:5544"), 0);
	assert_false(peers_lives_at(pe, &where));
	/* Asked again each time: it may live elsewhere now. */
	run(w, w->w_now + 2 * NS_PER_S);
	assert_int_equal(w->w_queries, 2);
	answer(w, NULL, NULL);
	assert_int_equal(w->w_dials, 2);
	assert_string_equal(pe->pe_error, "no such name");
	/* lookupd away, or silent. */
	w->w_lookupd_away = true;
	run(w, w->w_now + 4 * NS_PER_S);
	assert_string_equal(pe->pe_error, "lookupd is away");
	w->w_lookupd_away = false;
	run(w, w->w_now + 8 * NS_PER_S);
	assert_int_equal(w->w_queries, 3);
	run(w, w->w_now + PEER_ANSWER_NS);
	assert_string_equal(pe->pe_error, "no answer from lookupd");
	/* A name without an address, and one that only names us all. */
	run(w, w->w_now + 40 * NS_PER_S);
	answer(w, "0.0.0.0:0", NULL);
	assert_string_equal(pe->pe_error, "its name has no address");
}

static void
test_relayd_silent(void **state)
{
	struct world	*w = *state;
	struct msg_peer	 list[1];
	struct peer	*pe;

	list[0] = stanza(0, "north", "192.0.2.1:4433");
	w->w_relayd_full = true;
	load(w, list, 1);
	run(w, w->w_now);
	pe = peers_index(w->w_peers, 0);
	assert_string_equal(pe->pe_error, "relayd takes no request");
	assert_int_equal(pe->pe_state, PEER_WAITING);
	w->w_relayd_full = false;
	run(w, w->w_now + NS_PER_S);
	assert_int_equal(pe->pe_state, PEER_DIALLING);
	run(w, w->w_now + PEER_ANSWER_NS);
	assert_string_equal(pe->pe_error, "no answer from relayd");
	/* The late answer is not taken. */
	assert_null(peers_socket(w->w_peers, w->w_dial.id));
}

/* Without an address nobody is dialled; and while it dials us, neither. */
static void
test_inbound(void **state)
{
	struct world	*w = *state;
	struct msg_peer	 list[2];
	struct peer	*pe;

	list[0] = stanza(0, "comes", NULL);
	list[1] = stanza(1, "both", "192.0.2.1:4433");
	load(w, list, 2);
	run(w, w->w_now);
	assert_int_equal(w->w_dials, 1);
	pe = peers_name(w->w_peers, "comes");
	assert_int_equal(pe->pe_state, PEER_PASSIVE);
	peers_up(w->w_peers, pe);
	assert_int_equal(pe->pe_state, PEER_UP);
	peers_ended(w->w_peers, pe, "it broke");
	assert_int_equal(pe->pe_state, PEER_PASSIVE);
	/* It came while a socket was being made: that is not needed. */
	pe = peers_name(w->w_peers, "both");
	peers_up(w->w_peers, pe);
	assert_null(peers_socket(w->w_peers, w->w_dial.id));
	peers_failed(w->w_peers, pe, "duplicate link");
	assert_int_equal(pe->pe_state, PEER_UP);
	run(w, w->w_now + 1000 * NS_PER_S);
	assert_int_equal(w->w_dials, 1);
}

static void
test_order(void **state)
{
	struct world	*w = *state;
	struct msg_peer	 list[2];
	struct peer	*pe;

	list[0] = stanza(0, "north", "192.0.2.1:4433");
	list[1] = stanza(1, "comes", NULL);
	load(w, list, 2);
	run(w, w->w_now);
	pe = peers_name(w->w_peers, "north");
	peers_order(w->w_peers, pe, false);
	assert_int_equal(w->w_drops, 1);
	assert_int_equal(pe->pe_state, PEER_DOWN);
	/* Twice is once. */
	peers_order(w->w_peers, pe, false);
	assert_int_equal(w->w_drops, 1);
	assert_null(peers_socket(w->w_peers, w->w_dial.id));
	run(w, w->w_now + 1000 * NS_PER_S);
	assert_int_equal(w->w_dials, 1);
	/* A reload does not undo it, not even with another address. */
	load(w, list, 2);
	list[0] = stanza(0, "north", "192.0.2.2:4433");
	load(w, list, 2);
	pe = peers_name(w->w_peers, "north");
	assert_int_equal(pe->pe_state, PEER_DOWN);
	peers_order(w->w_peers, pe, true);
	run(w, w->w_now);
	assert_int_equal(w->w_dials, 2);
	assert_dialled(w, "192.0.2.2:4433");
	/* `up' does not wait for the back-off. */
	refuse(w);
	assert_int_equal(pe->pe_state, PEER_WAITING);
	peers_order(w->w_peers, pe, true);
	run(w, w->w_now);
	assert_int_equal(w->w_dials, 3);
	pe = peers_name(w->w_peers, "comes");
	peers_order(w->w_peers, pe, false);
	peers_up(w->w_peers, pe);
	assert_int_equal(pe->pe_state, PEER_DOWN);
	peers_order(w->w_peers, pe, true);
	assert_int_equal(pe->pe_state, PEER_PASSIVE);
}

/* Gone or changed: its link ends; the same: nothing happens. */
static void
test_reload(void **state)
{
	struct world	*w = *state;
	struct msg_peer	 list[3];
	struct peer	*pe;
	uint8_t		 hash[TLS_HASH_LEN];
	size_t		 iter = 0;

	list[0] = stanza(0, "a", "192.0.2.1:4433");
	list[1] = stanza(1, "b", "192.0.2.2:4433");
	list[2] = stanza(2, "c", "192.0.2.3:4433");
	load(w, list, 3);
	run(w, w->w_now);
	assert_int_equal(w->w_dials, 3);
	peers_up(w->w_peers, peers_index(w->w_peers, 0));
	peers_up(w->w_peers, peers_index(w->w_peers, 1));
	load(w, list, 3);
	assert_int_equal(w->w_drops, 0);
	assert_int_equal(peers_index(w->w_peers, 0)->pe_state, PEER_UP);
	memset(list[1].fingerprint, 0x77, sizeof(list[1].fingerprint));
	load(w, list, 2);
	assert_int_equal(w->w_drops, 2);
	assert_int_equal(w->w_dropped, 2);
	assert_null(peers_index(w->w_peers, 2));
	assert_null(peers_name(w->w_peers, "c"));
	pe = peers_index(w->w_peers, 1);
	assert_int_equal(pe->pe_state, PEER_WAITING);
	assert_ptr_equal(peers_fingerprint(w->w_peers, list[1].fingerprint),
	    pe);
	memset(hash, 0x11, sizeof(hash));
	assert_null(peers_fingerprint(w->w_peers, hash));
	run(w, w->w_now);
	assert_int_equal(w->w_dials, 4);
	/* Each field that means something. */
	list[1].transit = true;
	load(w, list, 2);
	list[1].legacy = true;
	load(w, list, 2);
	list[1].address.addr_u.in.sin_port = 5;
	load(w, list, 2);
	assert_int_equal(w->w_drops, 5);
	assert_non_null(peers_next(w->w_peers, &iter));
	assert_non_null(peers_next(w->w_peers, &iter));
	assert_null(peers_next(w->w_peers, &iter));
	/* An index that cannot be is nobody's. */
	list[0] = stanza(PEERS_MAX, "z", "192.0.2.3:4433");
	load(w, list, 1);
	assert_null(peers_name(w->w_peers, "z"));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_backoff, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_jitter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_relayd_silent, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_inbound, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
