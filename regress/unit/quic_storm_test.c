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
 * More new clients than can be answered (common/quic/admission.c), in virtual
 * time: a server that answers one in each tick, and clients that come at a
 * rate of their own and leave without a word when they have waited enough.
 *
 * COVERS: RFC 9000 5.2.2 - what is offered beyond capacity lowers nothing
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/admission.h"
#include "common/quic/conn.h"
#include "regress/unit/quic_sim.h"

#define TICK		(5 * NS_PER_MS)	/* so 200 answers a second */
#define CAPACITY	200
#define SECONDS		3
#define CLIENTS_MAX	(3 * CAPACITY * SECONDS)
#define PATIENCE	(2 * NS_PER_S)
/* As in admission.c: of handshake_wait_ms 3000 the twelfth part. */
#define LONG_LEAST	64
#define LONG_AFTER	(250 * NS_PER_MS)
#define BUSY_RATE	2000

struct comer {
	struct sim_side	*co_side;
	uint64_t	 co_since;
};

/* The network: what is sent in a tick arrives in the next one. */
struct net {
	struct sim_packet	*ne_first;
	struct sim_packet	**ne_last;
};

struct outcome {
	unsigned int	oc_in_time;	/* a second, but for the first one */
	size_t		oc_longest;	/* queue */
	uint64_t	oc_busy;
};

static bool
carry(struct sim *sm, struct sim_packet *sp)
{
	struct net		*ne = sm->sm_arg;
	struct sim_packet	*copy;

	copy = malloc(sizeof(*copy));
	assert_non_null(copy);
	*copy = *sp;
	copy->sp_next = NULL;
	*ne->ne_last = copy;
	ne->ne_last = &copy->sp_next;
	return (false);
}

static void
net_init(struct sim *sm, struct net *ne)
{
	ne->ne_first = NULL;
	ne->ne_last = &ne->ne_first;
	sm->sm_filter = carry;
	sm->sm_arg = ne;
}

/* Hands over what was sent so far; flushes nobody. */
static void
arrive(struct sim *sm, struct net *ne)
{
	struct sim_packet	*sp, *next;
	struct sim_node		*sn;

	sp = ne->ne_first;
	net_init(sm, ne);
	for (; sp != NULL; sp = next) {
		next = sp->sp_next;
		sn = addr_equal(&sp->sp_to, &sm->sm_node[0].sn_addr) ?
		    &sm->sm_node[0] : &sm->sm_node[1];
		quic_endpoint_receive(sn->sn_ep, 0, &sp->sp_to, &sp->sp_from,
		    sp->sp_ecn, sp->sp_data, sp->sp_len, sm->sm_now);
		free(sp);
	}
}

static void
turn(struct sim *sm, unsigned int node)
{
	quic_endpoint_expire(sm->sm_node[node].sn_ep, sm->sm_now);
	quic_endpoint_flush(sm->sm_node[node].sn_ep, sm->sm_now);
}

static struct sim *
storm_new(uint64_t seed, unsigned int wait_ms, bool as_original,
    struct net *ne)
{
	struct sim	*sm = sim_new(seed);
	unsigned int	 i;

	for (i = 0; i < 2; i++) {
		sim_node(sm, i, i == 0 ? "192.0.2.1:4433" :
		    "198.51.100.7:5555", i == 0, i == 1 && as_original);
		sm->sm_node[i].sn_config.limits.max_connections =
		    2 * CLIENTS_MAX;
		sm->sm_node[i].sn_config.limits.handshake_wait_ms = wait_ms;
		sim_start(&sm->sm_node[i]);
	}
	net_init(sm, ne);
	return (sm);
}

static void
storm_free(struct sim *sm, struct net *ne)
{
	struct sim_packet	*sp;

	while ((sp = ne->ne_first) != NULL) {
		ne->ne_first = sp->sp_next;
		free(sp);
	}
	sm->sm_filter = NULL;
	sim_free(sm);
}

static void
storm(unsigned int per_s, unsigned int wait_ms, struct outcome *oc)
{
	struct quic_endpoint	*ep;
	struct comer		*comers, *co;
	struct net		 ne;
	struct sim		*sm;
	uint64_t		 begun;
	unsigned int		 i, n = 0;

	memset(oc, 0, sizeof(*oc));
	comers = calloc(CLIENTS_MAX, sizeof(*comers));
	assert_non_null(comers);
	assert_true(per_s * SECONDS <= CLIENTS_MAX);
	sm = storm_new(1700 + per_s, wait_ms, true, &ne);
	ep = sm->sm_node[0].sn_ep;
	begun = sm->sm_now;
	while (sm->sm_now - begun < SECONDS * NS_PER_S) {
		for (; n < (sm->sm_now - begun) * per_s / NS_PER_S; n++) {
			comers[n].co_side = sim_connect(&sm->sm_node[1],
			    &sm->sm_node[0], "b");
			comers[n].co_since = sm->sm_now;
		}
		turn(sm, 1);
		sm->sm_now += TICK;
		arrive(sm, &ne);
		if (ep->ep_nwaiting > oc->oc_longest)
			oc->oc_longest = ep->ep_nwaiting;
		turn(sm, 0);
		for (i = 0; i < n; i++) {
			co = &comers[i];
			if (!co->co_side->ss_established &&
			    co->co_side->ss_conn != NULL &&
			    sm->sm_now - co->co_since == PATIENCE)
				quic_abandon(co->co_side->ss_conn);
		}
	}
	for (i = 0; i < n; i++) {
		co = &comers[i];
		if (co->co_side->ss_established &&
		    co->co_side->ss_established_at - begun > NS_PER_S &&
		    co->co_side->ss_established_at - co->co_since <= NS_PER_S)
			oc->oc_in_time++;
	}
	oc->oc_in_time /= SECONDS - 1;
	oc->oc_busy = quic_endpoint_busy(ep);
	print_message("# %u/s offered, %u/s in time, %zu waited, %llu "
	    "refused\n", per_s, oc->oc_in_time, oc->oc_longest,
	    (unsigned long long)oc->oc_busy);
	storm_free(sm, &ne);
	free(comers);
}

/* Below its capacity nobody is refused; at three times that it does as much. */
static void
test_goodput(void **state)
{
	struct outcome	oc;

	(void)state;
	storm(CAPACITY * 3 / 4, 3000, &oc);
	assert_true(oc.oc_in_time >= CAPACITY * 3 / 4 * 95 / 100);
	assert_int_equal(oc.oc_busy, 0);
	storm(3 * CAPACITY, 3000, &oc);
	assert_true(oc.oc_in_time >= CAPACITY * 9 / 10);
	assert_true(oc.oc_busy > CAPACITY);
	/* As many as come until the first has waited for so long. */
	assert_true(oc.oc_longest <= 3 * CAPACITY / 4 + LONG_LEAST);
}

/* Control: a queue without an end serves those who have left. */
static void
test_collapse(void **state)
{
	struct outcome	oc;

	(void)state;
	storm(3 * CAPACITY, 0, &oc);
	assert_int_equal(oc.oc_busy, 0);
	assert_true(oc.oc_in_time < CAPACITY / 2);
	assert_true(oc.oc_longest > 3 * CAPACITY);
}

/* n hellos in one batch: one is answered, the others wait. */
static struct sim_side *
wait_for_it(struct sim *sm, struct net *ne, unsigned int n)
{
	struct sim_side	*first = NULL, *ss;
	unsigned int	 i;

	for (i = 0; i <= n; i++) {
		ss = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "b");
		if (first == NULL)
			first = ss;
	}
	turn(sm, 1);
	arrive(sm, ne);
	assert_int_equal(sm->sm_node[0].sn_ep->ep_nwaiting, n);
	return (first);
}

static void
test_long(void **state)
{
	static const struct {
		unsigned int	n;
		uint64_t	ns;
		bool		refused;
	}		 cases[] = {
		{ LONG_LEAST, LONG_AFTER, true },
		{ LONG_LEAST, LONG_AFTER - 1, false },
		{ LONG_LEAST - 1, LONG_AFTER, false },
		{ LONG_LEAST - 1, 10 * LONG_AFTER, false }
	};
	struct sim_side	*ss;
	struct net	 ne;
	struct sim	*sm;
	uint64_t	 sent;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sm = storm_new(1810 + i, 3000, false, &ne);
		(void)wait_for_it(sm, &ne, cases[i].n);
		sm->sm_now += cases[i].ns;
		/* A flight of two datagrams; what else was sent is old. */
		ss = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "late");
		sent = sm->sm_node[0].sn_sent;
		quic_endpoint_flush(sm->sm_node[1].sn_ep, sm->sm_now);
		arrive(sm, &ne);
		assert_int_equal(sm->sm_node[0].sn_sent - sent,
		    cases[i].refused);
		assert_int_equal(quic_endpoint_busy(sm->sm_node[0].sn_ep),
		    cases[i].refused);
		assert_int_equal(sm->sm_node[0].sn_ep->ep_nwaiting,
		    cases[i].n + !cases[i].refused);
		assert_int_equal(quic_endpoint_connections(
		    sm->sm_node[0].sn_ep), cases[i].n + 1 +
		    !cases[i].refused);
		arrive(sm, &ne);
		quic_endpoint_flush(sm->sm_node[1].sn_ep, sm->sm_now);
		assert_int_equal(ss->ss_closed, cases[i].refused);
		if (cases[i].refused) {
			assert_int_equal(ss->ss_close.code,
			    NGTCP2_CONNECTION_REFUSED);
			/* Those who waited are still answered in order. */
			sm->sm_signatures = 0;
			quic_endpoint_flush(sm->sm_node[0].sn_ep, sm->sm_now);
			assert_int_equal(sm->sm_signatures, 1);
		}
		storm_free(sm, &ne);
	}
}

/* Who has waited for all that time is refused, without a signature. */
static void
test_stale(void **state)
{
	struct sim_side	*ss;
	struct net	 ne;
	struct sim	*sm;
	unsigned int	 o, closed;

	(void)state;
	for (o = 0; o < 2; o++) {
		sm = storm_new(1820 + o, 3000, true, &ne);
		(void)wait_for_it(sm, &ne, 10);
		assert_int_equal(sm->sm_signatures, 1);
		sm->sm_now += 3000 * NS_PER_MS + o;
		quic_endpoint_flush(sm->sm_node[0].sn_ep, sm->sm_now);
		assert_int_equal(sm->sm_signatures, o == 0 ? 2 : 1);
		assert_int_equal(sm->sm_node[0].sn_ep->ep_nwaiting,
		    o == 0 ? 9 : 0);
		assert_int_equal(quic_endpoint_busy(sm->sm_node[0].sn_ep),
		    o == 0 ? 0 : 10);
		arrive(sm, &ne);
		quic_endpoint_flush(sm->sm_node[1].sn_ep, sm->sm_now);
		closed = 0;
		for (ss = sm->sm_node[1].sn_sides; ss != NULL;
		    ss = ss->ss_next_side)
			closed += ss->ss_closed && ss->ss_close.code ==
			    NGTCP2_CONNECTION_REFUSED;
		assert_int_equal(closed, o == 0 ? 0 : 10);
		storm_free(sm, &ne);
	}
}

/* Not more refusals than so many a second; the same one is not told twice. */
static void
test_rate(void **state)
{
	struct quic_endpoint	*ep;
	struct net		 ne;
	struct sim		*sm;
	uint32_t		 dcid[5] = { 0 };
	unsigned int		 i, refused = 0;

	(void)state;
	sm = storm_new(1830, 3000, true, &ne);
	ep = sm->sm_node[0].sn_ep;
	assert_int_equal(admission_judge(ep, (uint8_t *)dcid, sizeof(dcid)),
	    ADMISSION_ACCEPT);
	(void)wait_for_it(sm, &ne, LONG_LEAST);
	ep->ep_now += LONG_AFTER;
	for (i = 0; i < BUSY_RATE + 100; i++) {
		dcid[4] = i;
		if (admission_judge(ep, (uint8_t *)dcid, sizeof(dcid)) ==
		    ADMISSION_REFUSE)
			refused++;
	}
	assert_int_equal(refused, BUSY_RATE);
	ep->ep_now += NS_PER_S;
	dcid[4] = i;
	assert_int_equal(admission_judge(ep, (uint8_t *)dcid, sizeof(dcid)),
	    ADMISSION_REFUSE);
	assert_int_equal(admission_judge(ep, (uint8_t *)dcid, sizeof(dcid)),
	    ADMISSION_DROP);
	/* Once it is no longer a flight it is a client that comes again. */
	ep->ep_now += 20 * NS_PER_MS;
	assert_int_equal(admission_judge(ep, (uint8_t *)dcid, sizeof(dcid)),
	    ADMISSION_REFUSE);
	storm_free(sm, &ne);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_goodput),
		cmocka_unit_test(test_collapse),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_rate),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
