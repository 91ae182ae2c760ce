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
 * Probes between relays, in virtual time over QUIC (federd/probe.h), and what
 * they tell each other of people (federd/gossip.h).
 *
 * COVERS: protocol 10.1 - a ping each second, Pongs by stamp, gossip, again
 * COVERS: protocol 10.2 - Pong, PresenceUpdate, RouteResponse
 * COVERS: gap 43 - addresses of relays are right, gossip is bounded and ends
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/signal.h"
#include "federd/gossip.h"
#include "federd/probe.h"
#include "regress/unit/quic_sim.h"

#define RELAYS		2	/* 0 is probed, 1 probes */
#define STRANGER	3
#define WALL_MS		UINT64_C(1775000000000)

static const char	*addresses[] = {
	"192.0.2.1:4433", "192.0.2.2:4433"
};

struct relay {
	struct sim_node		*r_node;
	struct digest		*r_digest;
	struct probes		*r_probes;
	struct msg_dial		 r_dial[4];
	size_t			 r_ndial;
	unsigned int		 r_listener;
	unsigned int		 r_released;
	unsigned int		 r_queries;
	struct msg_name_query	 r_query;
	bool			 r_knows;
};

static struct relay	relays[RELAYS];
static struct sim	*sm;

static int
on_resolve(void *arg, const struct msg_name_query *query)
{
	struct relay	*r = arg;

	r->r_queries++;
	r->r_query = *query;
	return (0);
}

static int
on_dial(void *arg, const struct msg_dial *dial)
{
	struct relay	*r = arg;

	assert_true(dial->probe);
	assert_true(r->r_ndial < 4);
	r->r_dial[r->r_ndial++] = *dial;
	return (0);
}

static struct quic_conn *
on_connect(void *arg, unsigned int listener, const struct addr *local,
    const struct addr *remote)
{
	struct relay	*r = arg;

	assert_true(listener > 0);
	return (quic_connect(r->r_node->sn_ep, 0, local, remote, "_probe",
	    sm->sm_now));
}

static void
on_release(void *arg, unsigned int listener)
{
	struct relay	*r = arg;

	assert_true(listener > 0 && listener <= r->r_listener);
	r->r_released++;
}

static bool
on_known(void *arg, const struct addr *from)
{
	struct relay	*r = arg;

	(void)from;
	return (r->r_knows);
}

/* As if dialled sockets had ports of their own. */
static void
on_address(void *arg, const struct addr *local, struct addr *own)
{
	(void)arg;
	*own = *local;
	addr_set_port(own, 4433);
}

static const struct probes_ops	ops = {
	on_resolve, on_dial, on_connect, on_release, on_known, on_address
};

static struct relay *
relay_begin(void *arg)
{
	struct sim_node	*sn = arg;
	struct relay	*r = &relays[sn - sm->sm_node];

	probes_set_time(r->r_probes, sm->sm_now, WALL_MS +
	    sm->sm_now / NS_PER_MS);
	digest_set_time(r->r_digest, sm->sm_now);
	return (r);
}

static enum quic_verdict
relay_accept(void *arg, struct quic_conn *conn, const char *name)
{
	(void)arg;
	(void)conn;
	assert_string_equal(name, "_probe");
	return (QUIC_ACCEPT);
}

static bool
relay_verify(void *arg, struct quic_conn *conn, const uint8_t hash[32])
{
	(void)arg;
	(void)conn;
	(void)hash;
	return (true);
}

static void
relay_established(void *arg, struct quic_conn *conn)
{
	probes_established(relay_begin(arg)->r_probes, conn);
}

static void
relay_message(void *arg, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	assert_true(len < SIGNAL_MAX);
	probes_message(relay_begin(arg)->r_probes, conn, data, len);
}

static void
relay_closed(void *arg, struct quic_conn *conn,
    const struct quic_close *close)
{
	(void)close;
	probes_closed(relay_begin(arg)->r_probes, conn);
}

static int
setup(void **state)
{
	static const uint8_t	 secret[16];
	struct relay		*r;
	struct sim_node		*sn;
	unsigned int		 i;

	(void)state;
	sm = sim_new(4300);
	memset(relays, 0, sizeof(relays));
	for (i = 0; i < RELAYS; i++) {
		r = &relays[i];
		r->r_digest = digest_new(secret);
		assert_non_null(r->r_digest);
		digest_set_time(r->r_digest, sm->sm_now);
		r->r_probes = probes_new(r->r_digest, &ops, r);
		assert_non_null(r->r_probes);
		r->r_knows = true;
		sn = r->r_node = sim_node(sm, i, addresses[i], true, false);
		sn->sn_ops.accept = relay_accept;
		sn->sn_ops.verify = relay_verify;
		sn->sn_ops.established = relay_established;
		sn->sn_ops.message = relay_message;
		sn->sn_ops.datagram = NULL;
		sn->sn_ops.uni = NULL;
		sn->sn_ops.closed = relay_closed;
		sim_start(sn);
	}
	sim_start(sim_node(sm, STRANGER, "203.0.113.4:999", false, true));
	return (0);
}

static int
teardown(void **state)
{
	unsigned int	i;

	(void)state;
	sim_free(sm);
	for (i = 0; i < RELAYS; i++) {
		probes_free(relays[i].r_probes);
		digest_free(relays[i].r_digest);
	}
	return (0);
}

static void
run(uint64_t ms)
{
	struct relay	*r;
	uint64_t	 until = sm->sm_now + ms * NS_PER_MS, next;
	size_t		 i, k;

	for (;;) {
		next = until;
		for (i = 0; i < RELAYS; i++) {
			r = relay_begin(&sm->sm_node[i]);
			probes_expire(r->r_probes);
			for (k = 0; k < r->r_ndial; k++) {
				if (!probes_socket(r->r_probes,
				    r->r_dial[k].id))
					continue;
				probes_dial(r->r_probes, r->r_dial[k].id,
				    ++r->r_listener, &r->r_node->sn_addr,
				    &r->r_dial[k].address);
			}
			r->r_ndial = 0;
			next = clock_earlier(next,
			    probes_expiry(r->r_probes));
		}
		if (next > sm->sm_now + 10 * NS_PER_MS)
			next = sm->sm_now + 10 * NS_PER_MS;
		if (next <= sm->sm_now)
			next = sm->sm_now + 1;
		if (next > until)
			next = until;
		sim_run(sm, next);
		if (sm->sm_now >= until)
			return;
	}
}

static void
target(struct relay *r, const char *host, const char *address)
{
	struct msg_probe_target	msg;

	memset(&msg, 0, sizeof(msg));
	msg.index = 7;
	msg.port = 4433;
	strlcpy(msg.host, host, sizeof(msg.host));
	if (address != NULL)
		assert_int_equal(addr_parse(&msg.address, address), 0);
	(void)relay_begin(r->r_node);
	probes_begin(r->r_probes);
	probes_add(r->r_probes, &msg);
	probes_end(r->r_probes);
}

static const char *
person(unsigned int n)
{
	static char	fp[FP_STRLEN];

	snprintf(fp, sizeof(fp),
	    "%04x:%04x:0000:0000:0000:0000:0000:abcd", n >> 16, n & 0xffff);
	return (fp);
}

static void
people(struct relay *r, unsigned int from, unsigned int to, bool present)
{
	struct msg_fed_presence	msg;

	memset(&msg, 0, sizeof(msg));
	msg.present = present;
	for (; from < to; from++) {
		strlcpy(msg.fingerprint, person(from),
		    sizeof(msg.fingerprint));
		digest_person(r->r_digest, &msg);
	}
}

/* The first row, and how many there are. */
static size_t
rows(struct relay *r, struct probe_info *first)
{
	struct probe_info	pi;
	size_t			iter = 0, n = 0;

	(void)relay_begin(r->r_node);
	while (probes_info(r->r_probes, &iter, n == 0 ? first : &pi))
		n++;
	return (n);
}

static void
test_health(void **state)
{
	struct relay		*a = &relays[0], *b = &relays[1];
	struct probe_info	 pi;

	(void)state;
	sm->sm_delay = 25 * NS_PER_MS;
	people(a, 0, 30, true);
	people(b, 100, 105, true);
	target(b, "", addresses[0]);
	run(500);
	assert_int_equal(rows(b, &pi), 1);
	assert_string_equal(pi.pi_target, addresses[0]);
	assert_string_equal(pi.pi_state, "up");
	/* The first one at once, then one a second. */
	assert_int_equal(probes_stats(a->r_probes)->pr_pings, 1);
	run(8000);
	assert_in_range(probes_stats(a->r_probes)->pr_pings, 8, 9);
	assert_int_equal(rows(b, &pi), 1);
	assert_true(pi.pi_measured);
	assert_in_range(pi.pi_rtt_us, 50000, 51000);
	assert_in_range(pi.pi_jitter_us, 0, 500);
	assert_int_equal(pi.pi_loss_pct, 0);
	assert_int_equal(pi.pi_people, 0);
	/* After ten of them: who is where, and both addresses are right. */
	run(2000);
	assert_int_equal(rows(b, &pi), 1);
	assert_string_equal(pi.pi_relay, addresses[0]);
	assert_int_equal(pi.pi_people, 30);
	assert_int_equal(rows(a, &pi), 1);
	assert_string_equal(pi.pi_state, "told");
	assert_string_equal(pi.pi_target, "");
	assert_string_equal(pi.pi_relay, addresses[1]);
	assert_int_equal(pi.pi_people, 5);
	/* Who left is gone with the next one. */
	people(b, 100, 104, false);
	run(10000);
	assert_int_equal(rows(a, &pi), 1);
	assert_int_equal(pi.pi_people, 1);
	/* Jitter is seen, and loss; the window forgets both. */
	sm->sm_jitter = 40 * NS_PER_MS;
	run(60000);
	rows(b, &pi);
	assert_in_range(pi.pi_jitter_us, 5000, 40000);
	assert_in_range(pi.pi_rtt_us, 60000, 130000);
	sm->sm_jitter = 0;
	run(65000);
	rows(b, &pi);
	assert_in_range(pi.pi_jitter_us, 0, 500);
	assert_int_equal(pi.pi_window, PROBE_WINDOW);
}

/* It goes away; 5 s after the end of the connection we try again. */
static void
test_again(void **state)
{
	struct relay		*b = &relays[1];
	struct probe_info	 pi;

	(void)state;
	target(b, "", addresses[0]);
	run(20000);
	rows(b, &pi);
	assert_int_equal(pi.pi_loss_pct, 0);
	sm->sm_loss = 1000;
	run(20000);
	rows(b, &pi);
	assert_in_range(pi.pi_loss_pct, 40, 55);
	run(40000);
	rows(b, &pi);
	assert_string_not_equal(pi.pi_state, "up");
	sm->sm_loss = 0;
	run(16000);
	rows(b, &pi);
	assert_string_equal(pi.pi_state, "up");
	assert_in_range(b->r_released, 1, b->r_listener - 1);
	/* Not configured any more: gone at once. */
	(void)relay_begin(b->r_node);
	probes_begin(b->r_probes);
	probes_end(b->r_probes);
	run(1000);
	/* What it told of people is forgotten later. */
	assert_int_equal(rows(b, &pi), 1);
	assert_string_equal(pi.pi_state, "told");
	assert_int_equal(b->r_released, b->r_listener);
	assert_int_equal(probes_count(b->r_probes), 0);
}

static void
test_name(void **state)
{
	struct relay		*b = &relays[1];
	struct msg_name_answer	 msg;
	struct probe_info	 pi;

	(void)state;
	target(b, "far.example.org", NULL);
	run(100);
	assert_int_equal(b->r_queries, 1);
	assert_string_equal(b->r_query.host, "far.example.org");
	assert_true((b->r_query.seq & PROBE_SEQ) != 0);
	memset(&msg, 0, sizeof(msg));
	msg.seq = b->r_query.seq;
	msg.ok = true;
	assert_int_equal(addr_parse(&msg.first, "192.0.2.99:0"), 0);
	assert_int_equal(addr_parse(&msg.second, "192.0.2.1:0"), 0);
	(void)relay_begin(b->r_node);
	probes_name_answer(b->r_probes, &msg);
	/* Nobody is at the first one. */
	run(PROBE_ANSWER_NS / NS_PER_MS + 2000);
	rows(b, &pi);
	assert_string_equal(pi.pi_target, "far.example.org:4433");
	assert_string_equal(pi.pi_state, "up");
	assert_string_equal(pi.pi_relay, addresses[0]);
}

/* What one who came says, and what he gets. */

static void
say(struct sim_side *ss, const char *text)
{
	assert_int_equal(quic_send_message(ss->ss_conn, text, strlen(text)),
	    0);
	run(200);
}

static bool
last_is(const struct sim_side *ss, const char *text)
{
	return (ss->ss_last_len == strlen(text) &&
	    memcmp(ss->ss_last, text, ss->ss_last_len) == 0);
}

static struct sim_side *
prober(void)
{
	struct sim_side	*ss;

	ss = sim_connect(&sm->sm_node[STRANGER], relays[0].r_node, "_probe");
	assert_non_null(ss);
	assert_true(sim_until(sm, sim_is_established, ss, 5 * NS_PER_S));
	return (ss);
}

static void
test_responder(void **state)
{
	struct relay		*a = &relays[0];
	struct sim_side		*ss;
	struct probe_info	 pi;
	char			 text[300], expect[300];
	unsigned int		 n;

	(void)state;
	people(a, 1, 2, true);
	ss = prober();
	say(ss, "{\"Ping\":{\"timestamp_ms\":123}}");
	assert_true(last_is(ss, "{\"Pong\":{\"timestamp_ms\":123}}"));
	/* An original names our address for its own: not believed. */
	snprintf(text, sizeof(text), "{\"PresenceUpdate\":{\"fingerprints\":"
	    "[\"%s\"],\"relay_addr\":\"192.0.2.1:4433\"}}", person(50));
	say(ss, text);
	snprintf(expect, sizeof(expect), "{\"PresenceUpdate\":"
	    "{\"fingerprints\":[\"%s\"],\"relay_addr\":\"192.0.2.1:4433\"}}",
	    person(1));
	assert_true(last_is(ss, expect));
	assert_int_equal(rows(a, &pi), 1);
	assert_string_equal(pi.pi_relay, "203.0.113.4:999");
	/* What one of ours says is its host: its port is believed. */
	snprintf(text, sizeof(text), "{\"PresenceUpdate\":{\"fingerprints\":"
	    "[\"%s\"],\"relay_addr\":\"203.0.113.4:4433\"}}", person(51));
	say(ss, text);
	assert_int_equal(rows(a, &pi), 2);
	snprintf(text, sizeof(text), "{\"RouteQuery\":{\"fingerprint\":"
	    "\"%s\",\"ttl\":3}}", person(1));
	say(ss, text);
	snprintf(expect, sizeof(expect), "{\"RouteResponse\":{\"fingerprint\":"
	    "\"%s\",\"found\":true,\"relay_chain\":[\"192.0.2.1:4433\"]}}",
	    person(1));
	assert_true(last_is(ss, expect));
	snprintf(text, sizeof(text), "{\"RouteQuery\":{\"fingerprint\":"
	    "\"%s\",\"ttl\":3}}", person(51));
	say(ss, text);
	snprintf(expect, sizeof(expect), "{\"RouteResponse\":{\"fingerprint\":"
	    "\"%s\",\"found\":true,\"relay_chain\":[\"192.0.2.1:4433\","
	    "\"203.0.113.4:4433\"]}}", person(51));
	assert_true(last_is(ss, expect));
	say(ss, "{\"RouteQuery\":{\"fingerprint\":\"nobody\",\"ttl\":3}}");
	assert_true(last_is(ss, "{\"RouteResponse\":{\"fingerprint\":"
	    "\"nobody\",\"found\":false,\"relay_chain\":[]}}"));
	/* What is not for us does no harm. */
	n = ss->ss_messages;
	say(ss, "{\"Future\":1}");
	say(ss, "\"Hold\"");
	say(ss, "not JSON");
	say(ss, "{\"Pong\":{\"timestamp_ms\":5}}");
	assert_int_equal(ss->ss_messages, n);
	say(ss, "{\"Ping\":{\"timestamp_ms\":124}}");
	assert_int_equal(ss->ss_messages, n + 1);
	/* A host that nobody configured hears Pongs, and nothing of people. */
	a->r_knows = false;
	n = ss->ss_messages;
	snprintf(text, sizeof(text), "{\"RouteQuery\":{\"fingerprint\":"
	    "\"%s\",\"ttl\":3}}", person(1));
	say(ss, text);
	say(ss, "{\"PresenceUpdate\":{\"fingerprints\":[],"
	    "\"relay_addr\":\"1.2.3.4:5\"}}");
	assert_int_equal(ss->ss_messages, n);
	assert_int_equal(rows(a, &pi), 2);
	assert_int_equal(probes_stats(a->r_probes)->pr_refused, 2);
	say(ss, "{\"Ping\":{\"timestamp_ms\":125}}");
	assert_int_equal(ss->ss_messages, n + 1);
	/* Too much of it. */
	for (n = 0; n < 80; n++)
		assert_int_equal(quic_send_message(ss->ss_conn,
		    "{\"Ping\":{\"timestamp_ms\":9}}", 27), 0);
	run(1000);
	assert_in_range(probes_stats(a->r_probes)->pr_limited, 10, 40);
	/* Nothing is told for ever. */
	run(GOSSIP_STALE_NS / NS_PER_MS + 1000);
	assert_int_equal(rows(a, &pi), 0);
}

/* Who lies about Pongs gets no better health by it. */
static void
test_pongs(void **state)
{
	struct relay		*b = &relays[1];
	struct sim_side		*ss;
	struct probe_info	 pi;
	char			 text[64];
	uint64_t		 now;

	(void)state;
	sim_start(sim_node(sm, 4, "203.0.113.9:4433", true, false));
	target(b, "", "203.0.113.9:4433");
	run(5500);
	ss = sim_server_side(&sm->sm_node[4]);
	assert_non_null(ss);
	assert_in_range(ss->ss_messages, 5, 6);
	rows(b, &pi);
	assert_false(pi.pi_measured);
	assert_int_equal(pi.pi_loss_pct, 100);
	/* Stamps that no Ping had. */
	now = WALL_MS + sm->sm_now / NS_PER_MS;
	snprintf(text, sizeof(text), "{\"Pong\":{\"timestamp_ms\":%llu}}",
	    (unsigned long long)now + 100000);
	say(ss, text);
	say(ss, "{\"Pong\":{\"timestamp_ms\":0}}");
	rows(b, &pi);
	assert_false(pi.pi_measured);
	/* The control: the last Ping's own. */
	memcpy(text, ss->ss_last, ss->ss_last_len);
	text[ss->ss_last_len] = '\0';
	assert_memory_equal(text, "{\"Ping\"", 7);
	memcpy(text, "{\"Pong\"", 7);
	say(ss, text);
	rows(b, &pi);
	assert_true(pi.pi_measured);
	assert_true(pi.pi_loss_pct < 100);
}

/* More people than one update holds: all of them in turn, and no more. */
static void
test_many(void **state)
{
	struct relay		*a = &relays[0], *b = &relays[1];
	struct probe_info	 pi;

	(void)state;
	people(b, 0, 4000, true);
	target(b, "", addresses[0]);
	run(11000);
	assert_int_equal(rows(a, &pi), 1);
	assert_int_equal(pi.pi_people, GOSSIP_CHUNK);
	run(20000);
	rows(a, &pi);
	assert_int_equal(pi.pi_people, 4000);
	run(40000);
	rows(a, &pi);
	assert_int_equal(pi.pi_people, 4000);
	/* Those who left are not named again, and vanish in time. */
	people(b, 0, 2500, false);
	run(GOSSIP_STALE_NS / NS_PER_MS + 20000);
	rows(a, &pi);
	assert_int_equal(pi.pi_people, 1500);
	/* Few enough for one update: at once. */
	people(b, 2500, 3900, false);
	run(11000);
	rows(a, &pi);
	assert_int_equal(pi.pi_people, 100);
}

static struct sig_strings
list(const char **strings, size_t n)
{
	struct sig_strings	s = { strings, n };

	return (s);
}

static void
test_gossip(void **state)
{
	static char		 names[GOSSIP_CHUNK][FP_STRLEN];
	static const char	*p[GOSSIP_CHUNK];
	struct gossip		*go = gossip_new();
	struct sig_strings	 s;
	char			 relay[ADDR_STRLEN];
	unsigned int		 i, round;
	size_t			 refused = 0;

	(void)state;
	assert_non_null(go);
	gossip_set_time(go, 1000 * NS_PER_S);
	/* A liar does not get those whom somebody else has. */
	strlcpy(names[0], person(1), FP_STRLEN);
	p[0] = names[0];
	s = list(p, 1);
	assert_int_equal(gossip_update(go, "192.0.2.1:1", &s), 0);
	gossip_set_time(go, 1001 * NS_PER_S);
	assert_int_equal(gossip_update(go, "192.0.2.2:1", &s), 0);
	assert_string_equal(gossip_relay(go, person(1)), "192.0.2.1:1");
	/* What is no fingerprint is nobody. */
	p[0] = "6871:1211:0e91:ecb3:09f6:6f51:d257:CCAA";
	p[1] = "";
	p[2] = "x";
	s = list(p, 3);
	assert_int_equal(gossip_update(go, "192.0.2.2:1", &s), 3);
	assert_null(gossip_relay(go, "x"));
	/* Not said again: he is whose it is then. */
	assert_int_equal(gossip_expiry(go), 1300 * NS_PER_S);
	gossip_set_time(go, 1300 * NS_PER_S);
	gossip_expire(go);
	assert_null(gossip_relay(go, person(1)));
	/* One relay's people, and all, are bounded. */
	for (round = 0; round < 40; round++) {
		for (i = 0; i < GOSSIP_CHUNK; i++) {
			strlcpy(names[i], person(round * GOSSIP_CHUNK + i),
			    FP_STRLEN);
			p[i] = names[i];
		}
		snprintf(relay, sizeof(relay), "192.0.2.%u:1",
		    round < 16 ? 3 : 10 + round);
		s = list(p, GOSSIP_CHUNK);
		refused += gossip_update(go, relay, &s);
		if (round == 15)
			assert_int_equal(gossip_people(go),
			    GOSSIP_SOURCE_PEOPLE);
	}
	assert_int_equal(gossip_people(go), GOSSIP_PEOPLE_MAX);
	assert_int_equal(refused, 40 * GOSSIP_CHUNK - GOSSIP_PEOPLE_MAX);
	/* And so are relays. */
	s = list(p, 0);
	for (i = 0; i < 2 * GOSSIP_SOURCES_MAX; i++) {
		snprintf(relay, sizeof(relay), "198.51.100.1:%u", i + 1);
		(void)gossip_update(go, relay, &s);
	}
	assert_null(gossip_source(go, relay));
	assert_non_null(gossip_source(go, "198.51.100.1:1"));
	gossip_set_time(go, 2000 * NS_PER_S);
	gossip_expire(go);
	assert_int_equal(gossip_people(go), 0);
	assert_int_equal(gossip_expiry(go), UINT64_MAX);
	gossip_free(go);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_health, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_responder, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_pongs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test(test_gossip)
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
