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
 * Session tickets between two endpoints.
 *
 * COVERS:
 *	ticket_request (RFC 9149): a ticket for who asks, not a byte for who
 *	does not; a resumed handshake without a signature, the client's check
 *	of the certificate all the same; two generations of keys; another role,
 *	another name, `resumption no', damaged sessions: a full handshake; a
 *	resumed server settles and exports as a full one; a full one a week
 *	after the last, however many tickets there were
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/quic/params.h"
#include "common/quic/ticket.h"
#include "common/quic/tls.h"
#include "regress/unit/quic_sim.h"

#define NAME	QUIC_SNI_SIGNAL

static struct ticket_keys	keys;
static uint8_t			ticket[QUIC_TICKET_MAX];
static size_t			ticket_len;
static unsigned int		tickets;
static size_t			told;	/* bytes of packets to the client */
static uint64_t			later_ms;	/* the wall clock is on */

uint64_t	__real_clock_wall_ms(void);
uint64_t	__wrap_clock_wall_ms(void);

uint64_t
__wrap_clock_wall_ms(void)
{
	return (__real_clock_wall_ms() + later_ms);
}

static void
on_ticket(void *arg, struct quic_conn *c, const uint8_t *session, size_t len)
{
	(void)arg;
	(void)c;
	assert_true(len > 0 && len <= sizeof(ticket));
	memcpy(ticket, session, len);
	ticket_len = len;
	tickets++;
}

static bool
count(struct sim *sm, struct sim_packet *sp)
{
	if (addr_equal(&sp->sp_to, &sm->sm_node[1].sn_addr))
		told += sp->sp_len;
	return (true);
}

static void
generation(uint64_t n)
{
	uint8_t	key[32];

	memset(key, (int)n, sizeof(key));
	assert_int_equal(ticket_keys_set(&keys, n, key), 0);
}

/* asks: our client; else an original.  serves: a server that knows tickets. */
static struct sim *
world_of(bool asks, bool serves)
{
	struct sim	*sm = sim_new(1);
	struct sim_node	*sn;

	ticket_keys_wipe(&keys);
	keys.tk_on = true;
	generation(1);
	tickets = 0;
	ticket_len = 0;
	told = 0;
	later_ms = 0;
	sm->sm_filter = count;
	if (serves)
		assert_int_equal(quic_tls_tickets(sm->sm_server_tls, &keys),
		    0);
	if (asks)
		assert_int_equal(quic_tls_ask_tickets(sm->sm_client_tls), 0);
	sn = sim_node(sm, 0, "192.0.2.1:4433", true, false);
	sn->sn_config.export_label = QUIC_PROOF_LABEL;
	sim_start(sn);
	sn = sim_node(sm, 1, "192.0.2.2:4000", false, !asks);
	sn->sn_ops.ticket = on_ticket;
	sim_start(sn);
	return (sm);
}

static struct sim *
world(bool asks)
{
	return (world_of(asks, true));
}

static struct sim_side *
dial(struct sim *sm, const char *name)
{
	struct sim_node		*sn = &sm->sm_node[1];
	struct quic_past	 past = {
		.ticket = ticket,
		.ticket_len = ticket_len
	};
	struct sim_side		*ss;

	ss = sim_adopt(sn, quic_connect_again(sn->sn_ep, 0, &sn->sn_addr,
	    &sm->sm_node[0].sn_addr, name, &past, sm->sm_now));
	/* Used once. */
	ticket_len = 0;
	sim_flush(sm);
	assert_true(sim_until(sm, sim_is_established, ss, 5 * NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	return (ss);
}

/* Both ends agree: a full handshake has a signature, a resumed one none. */
static void
expect(struct sim *sm, const char *name, bool resumed)
{
	struct sim_side	*ss, *server;
	unsigned int	 signatures = sm->sm_signatures;
	uint8_t		 a[QUIC_EXPORT_LEN], b[QUIC_EXPORT_LEN], cert[32];

	ss = dial(sm, name);
	server = sim_server_side(&sm->sm_node[0]);
	assert_non_null(server);
	assert_int_equal(quic_conn_resumed(ss->ss_conn), resumed);
	assert_int_equal(quic_conn_resumed(server->ss_conn), resumed);
	assert_int_equal(sm->sm_signatures - signatures, resumed ? 0 : 1);
	/* ops->verify heard of the certificate in either case. */
	assert_memory_equal(ss->ss_cert, sm->sm_cert_sha256, 32);
	assert_true(quic_conn_peer_certificate(ss->ss_conn, cert));
	assert_memory_equal(cert, sm->sm_cert_sha256, 32);
	/* The proof of an identity hangs on this. */
	assert_int_equal(quic_conn_export(ss->ss_conn, QUIC_PROOF_LABEL, a,
	    sizeof(a)), 0);
	assert_int_equal(quic_conn_export(server->ss_conn, QUIC_PROOF_LABEL,
	    b, sizeof(b)), 0);
	assert_memory_equal(a, b, sizeof(a));
	quic_close(ss->ss_conn, 0, "");
	sim_run(sm, sm->sm_now + NS_PER_S);
}

static void
test_resumed(void **state)
{
	struct sim	*sm = world(true);
	unsigned int	 n;

	(void)state;
	expect(sm, NAME, false);
	assert_int_equal(tickets, 1);
	/* One for one, for ever. */
	for (n = 2; n < 6; n++) {
		expect(sm, NAME, true);
		assert_int_equal(tickets, n);
	}
	/* Without it: full, and a new one. */
	ticket_len = 0;
	expect(sm, NAME, false);
	assert_int_equal(tickets, 6);
	sim_free(sm);
}

/* Who does not ask is told exactly as much as with resumption off. */
static void
test_originals(void **state)
{
	struct sim	*sm;
	size_t		 bytes[2][2];
	unsigned int	 asks, on;

	(void)state;
	for (asks = 0; asks < 2; asks++) {
		for (on = 0; on < 2; on++) {
			sm = world(asks);
			keys.tk_on = on;
			expect(sm, NAME, false);
			bytes[asks][on] = told;
			assert_int_equal(tickets, asks && on);
			sim_free(sm);
		}
	}
	assert_int_equal(bytes[0][0], bytes[0][1]);
	/* The control: a ticket does show. */
	assert_true(bytes[1][1] > bytes[1][0] + 100);
	/* Nor is anything said of tickets, when they are off, to who asks. */
	sm = world_of(true, false);
	expect(sm, NAME, false);
	assert_int_equal(told, bytes[1][0]);
	sim_free(sm);
}

/* Tickets for tickets are no way around the certificate for ever. */
static void
test_chain(void **state)
{
	static const uint64_t	day_ms = UINT64_C(86400000);
	struct sim		*sm = world(true);

	(void)state;
	expect(sm, NAME, false);
	later_ms = 4 * day_ms;
	expect(sm, NAME, true);
	later_ms = 7 * day_ms - 60000;
	expect(sm, NAME, true);
	later_ms = 7 * day_ms + 60000;
	expect(sm, NAME, false);
	expect(sm, NAME, true);
	/* A clock that was set back: nobody knows how long ago. */
	later_ms = 6 * day_ms;
	expect(sm, NAME, false);
	sim_free(sm);
}

static void
test_generations(void **state)
{
	struct sim		*sm = world(true);
	struct ticket_keys	 before;
	uint8_t			 key[32] = { 0 };

	(void)state;
	expect(sm, NAME, false);
	/* A day later the one before is still good, and replaced. */
	generation(2);
	expect(sm, NAME, true);
	generation(3);
	expect(sm, NAME, true);
	/* Two days later it is not; an old generation changes nothing. */
	generation(4);
	generation(5);
	before = keys;
	generation(4);
	assert_int_equal(ticket_keys_set(&keys, 5, key), 0);
	assert_memory_equal(&before, &keys, sizeof(keys));
	expect(sm, NAME, false);
	expect(sm, NAME, true);
	sim_free(sm);
}

static void
test_refused(void **state)
{
	struct sim	*sm = world(true);
	uint8_t		 key[32];

	(void)state;
	/* Another name. */
	expect(sm, NAME, false);
	expect(sm, "room", false);
	expect(sm, "room", true);
	/* Another role's keys, of the same generation. */
	ticket_keys_wipe(&keys);
	keys.tk_on = true;
	memset(key, 0xee, sizeof(key));
	assert_int_equal(ticket_keys_set(&keys, 1, key), 0);
	expect(sm, "room", false);
	/* `resumption no', while somebody has a ticket. */
	assert_int_not_equal(ticket_len, 0);
	keys.tk_on = false;
	tickets = 0;
	expect(sm, "room", false);
	assert_int_equal(tickets, 0);
	sim_free(sm);
}

/* The pin of another certificate refuses, as in a full handshake. */
static void
test_pin(void **state)
{
	struct sim		*sm = world(true);
	struct sim_node		*sn = &sm->sm_node[1];
	struct quic_past	 past;
	struct sim_side		*ss;

	(void)state;
	expect(sm, NAME, false);
	sn->sn_refuse_cert = true;
	memset(&past, 0, sizeof(past));
	past.ticket = ticket;
	past.ticket_len = ticket_len;
	ss = sim_adopt(sn, quic_connect_again(sn->sn_ep, 0, &sn->sn_addr,
	    &sm->sm_node[0].sn_addr, NAME, &past, sm->sm_now));
	sim_flush(sm);
	assert_true(sim_until(sm, sim_is_closed, ss, 5 * NS_PER_S));
	assert_false(ss->ss_established);
	assert_int_equal(sm->sm_signatures, 1);
	sim_free(sm);
}

/* Whatever bytes are given as a session, it never gets worse than full. */
static void
test_damaged(void **state)
{
	struct sim	*sm = world(true);
	uint8_t		 good[QUIC_TICKET_MAX];
	size_t		 len;

	(void)state;
	expect(sm, NAME, false);
	len = ticket_len;
	memcpy(good, ticket, len);
	ticket_len = len - 1;
	expect(sm, NAME, false);
	memcpy(ticket, good, len);
	ticket[len] = 0;
	ticket_len = len + 1;
	expect(sm, NAME, false);
	memset(ticket, 0x30, sizeof(ticket));
	ticket_len = sizeof(ticket);
	expect(sm, NAME, false);
	/* The control: it was good. */
	memcpy(ticket, good, len);
	ticket_len = len;
	expect(sm, NAME, true);
	sim_free(sm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_originals),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_damaged),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
