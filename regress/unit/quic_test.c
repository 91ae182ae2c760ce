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
 * Connections in virtual time: handshake, names, refusals, closes, limits.
 *
 * COVERS: row 1.1 - QUIC, ALPN wzp, SNI names, long-lived connection
 * COVERS: gap 44 - what was sent before a close arrives on a lossy path
 * COVERS: limit connections - the one above it is refused
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/conn.h"
#include "regress/unit/quic_sim.h"

/* Never asked: no handshake happens with it. */
static int
keys_none(void *arg, const uint8_t *tbs, size_t len, uint8_t sig[64])
{
	(void)arg;
	(void)tbs;
	(void)len;
	(void)sig;
	return (-1);
}

static void
test_handshake(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	uint8_t		 a[32], b[32];

	(void)state;
	sm = sim_pair(1, "Call-ABC.example", false, &c, &s);
	assert_string_equal(s->ss_name, "call-abc.example");
	assert_string_equal(quic_conn_name(s->ss_conn), "call-abc.example");
	assert_true(quic_conn_is_server(s->ss_conn));
	assert_false(quic_conn_is_server(c->ss_conn));
	assert_int_equal(sm->sm_signatures, 1);
	assert_memory_equal(c->ss_cert, sm->sm_cert_sha256, 32);
	/* Two round trips at 40 ms: nothing waits for an ACK timer. */
	assert_true(s->ss_established_at - NS_PER_S <= 61 * NS_PER_MS);
	assert_true(addr_equal(quic_conn_remote(s->ss_conn),
	    &sm->sm_node[1].sn_addr));
	assert_true(addr_equal(quic_conn_local(s->ss_conn),
	    &sm->sm_node[0].sn_addr));
	assert_int_equal(quic_conn_export(c->ss_conn, "EXPORTER-wzp-proof", a,
	    sizeof(a)), 0);
	assert_int_equal(quic_conn_export(s->ss_conn, "EXPORTER-wzp-proof", b,
	    sizeof(b)), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(quic_conn_export(c->ss_conn, "EXPORTER-other", b,
	    sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	sim_free(sm);
}

static void
test_names(void **state)
{
	static const struct {
		const char	*sent, *seen;
	}		 t[] = {
		{ "", "default" }, { "_signal", "_signal" },
		{ "PING", "ping" }, { "room-1.a_b", "room-1.a_b" }
	};
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		sm = sim_pair(i, t[i].sent, i & 1, &c, &s);
		assert_string_equal(s->ss_name, t[i].seen);
		sim_free(sm);
	}
	/* Names that TLS cannot carry are refused before a packet is sent. */
	sm = sim_pair(9, "x", false, &c, &s);
	assert_null(sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a b"));
	assert_null(sim_connect(&sm->sm_node[1], &sm->sm_node[0], "1234"));
	assert_null(sim_connect(&sm->sm_node[1], &sm->sm_node[0], "-a"));
	assert_null(sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a..b"));
	sim_free(sm);
}

/* Closed before it was established, with this code; the server knows none. */
static void
expect_refusal(struct sim *sm, struct sim_side *c, uint64_t code)
{
	assert_true(sim_until(sm, sim_is_closed, c, 5 * NS_PER_S));
	assert_false(c->ss_established);
	assert_int_equal(c->ss_close.kind, QUIC_CLOSED_HANDSHAKE);
	assert_int_equal(c->ss_close.code, code);
}

static void
test_refusals(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;

	(void)state;
	sm = sim_pair(2, "first", false, &c, &s);
	/* Another protocol, and none: no_application_protocol (120). */
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	SSL_set_alpn_protos(c->ss_conn->qc_ssl, (const uint8_t *)"\002h3", 3);
	expect_refusal(sm, c, 0x178);
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	SSL_set_alpn_protos(c->ss_conn->qc_ssl, NULL, 0);
	expect_refusal(sm, c, 0x178);
	/* Among others is enough. */
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	SSL_set_alpn_protos(c->ss_conn->qc_ssl,
	    (const uint8_t *)"\002h3\003wzp", 7);
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	/* Not a name (1.4): illegal_parameter (47). */
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	SSL_set_tlsext_host_name(c->ss_conn->qc_ssl, "under score");
	expect_refusal(sm, c, 0x12f);
	/* An address is no name at all. */
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	SSL_set_tlsext_host_name(c->ss_conn->qc_ssl, "10.1.2.3");
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	assert_string_equal(sm->sm_node[0].sn_sides->ss_name, "default");
	/* A name that this worker does not want: unrecognized_name (112). */
	sm->sm_node[0].sn_refuse_name = true;
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	expect_refusal(sm, c, 0x170);
	/* The first one noticed nothing of all this. */
	assert_false(s->ss_closed);
	sim_free(sm);
}

static void
test_signer(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;

	(void)state;
	sm = sim_pair(3, "first", false, &c, &s);
	/* keyd is away: internal_error (80), nothing else breaks. */
	sm->sm_signer_fails = true;
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	expect_refusal(sm, c, 0x150);
	/* A signature by another key: the client objects, decrypt_error. */
	sm->sm_signer_fails = false;
	sm->sm_signer_lies = true;
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	assert_true(sim_until(sm, sim_is_closed, c, 5 * NS_PER_S));
	assert_false(c->ss_established);
	assert_int_equal(c->ss_close.code, 0x133);
	sm->sm_signer_lies = false;
	/* A certificate that the client does not want: bad_certificate. */
	sm->sm_node[1].sn_refuse_cert = true;
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	expect_refusal(sm, c, 0x12a);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_true(sm->sm_node[0].sn_sides->ss_closed);
	assert_int_equal(sm->sm_node[0].sn_sides->ss_close.code, 0x12a);
	sm->sm_node[1].sn_refuse_cert = false;
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	assert_false(s->ss_closed);
	sim_free(sm);
}

/* A server certificate and a key that do not belong together. */
static void
test_server_tls(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	struct quic_tls	*qt[32];
	uint8_t		 cert[1024];
	unsigned int	 i, n;

	(void)state;
	sm = sim_pair(4, "a", false, &c, &s);
	memcpy(cert, sm->sm_cert, sm->sm_cert_len);
	assert_null(quic_tls_server(cert, sm->sm_cert_len - 1, NULL, NULL));
	assert_null(quic_tls_server(cert, sm->sm_cert_len + 1, NULL, NULL));
	assert_null(quic_tls_server((const uint8_t *)"x", 1, NULL, NULL));
	/* Handles are given back; their number is limited. */
	for (i = 0; i < 100; i++) {
		qt[0] = quic_tls_server(cert, sm->sm_cert_len, keys_none,
		    NULL);
		assert_non_null(qt[0]);
		quic_tls_free(qt[0]);
	}
	for (n = 0; n < 32; n++) {
		qt[n] = quic_tls_server(cert, sm->sm_cert_len, keys_none,
		    NULL);
		if (qt[n] == NULL)
			break;
	}
	assert_true(n > 4 && n < 32);
	while (n > 0)
		quic_tls_free(qt[--n]);
	sim_free(sm);
}

static void
test_close(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	char		 text[300];

	(void)state;
	sm = sim_pair(5, "a", false, &c, &s);
	quic_close(c->ss_conn, 7, "hangup");
	assert_false(c->ss_closed);	/* not from within */
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_true(c->ss_closed && s->ss_closed);
	assert_int_equal(c->ss_close.kind, QUIC_CLOSED_LOCAL);
	assert_int_equal(s->ss_close.kind, QUIC_CLOSED_BY_PEER_APP);
	assert_int_equal(s->ss_close.code, 7);
	assert_string_equal(s->ss_reason, "hangup");
	assert_int_equal(quic_endpoint_connections(sm->sm_node[0].sn_ep), 0);
	assert_int_equal(quic_endpoint_connections(sm->sm_node[1].sn_ep), 0);
	sim_free(sm);

	/* From the server; a reason that is too long is cut. */
	sm = sim_pair(6, "a", false, &c, &s);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	quic_close(s->ss_conn, 0, text);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(c->ss_close.kind, QUIC_CLOSED_BY_PEER_APP);
	assert_int_equal(c->ss_close.code, 0);
	assert_int_equal(strlen(c->ss_reason), 255);
	sim_free(sm);
}

static void
close_at_once(struct sim_side *ss)
{
	quic_close(ss->ss_conn, 0, "");
}

/* `ping`: the handshake succeeds, then the relay drops the connection. */
static void
test_close_established(void **state)
{
	struct sim_side	*c;
	struct sim	*sm;

	(void)state;
	sm = sim_new(7);
	sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, true));
	sm->sm_node[0].sn_on_established = close_at_once;
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "ping");
	assert_true(sim_until(sm, sim_is_closed, c, 5 * NS_PER_S));
	assert_true(c->ss_established);
	assert_int_equal(c->ss_close.kind, QUIC_CLOSED_BY_PEER_APP);
	assert_int_equal(c->ss_close.code, 0);
	assert_string_equal(c->ss_reason, "");
	sim_free(sm);
}

/* The server's first packet with short header is lost when armed. */
static bool
lose_first_short(struct sim *sm, struct sim_packet *sp)
{
	unsigned int	*left = sm->sm_arg;

	if (left != NULL && *left > 0 && (sp->sp_data[0] & 0x80) == 0 &&
	    addr_equal(&sp->sp_from, &sm->sm_node[0].sn_addr)) {
		--*left;
		return (false);
	}
	return (true);
}

static void
test_close_delivered(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 left, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		sm = sim_pair(8, "version", true, &c, &s);
		sm->sm_filter = lose_first_short;
		sm->sm_arg = &left;
		left = 1;
		assert_int_equal(quic_send_uni(s->ss_conn, "0.1.0-abc", 9), 0);
		if (i == 0)
			quic_close_when_delivered(s->ss_conn, 0, "");
		else
			quic_close(s->ss_conn, 0, "");
		sim_run(sm, sm->sm_now + 3 * NS_PER_S);
		assert_int_equal(left, 0);
		assert_true(c->ss_closed && s->ss_closed);
		assert_int_equal(c->ss_close.kind, QUIC_CLOSED_BY_PEER_APP);
		if (i == 0) {
			assert_int_equal(c->ss_uni_len, 9);
			assert_memory_equal(c->ss_uni, "0.1.0-abc", 9);
			assert_true(c->ss_uni_fin);
		} else
			/* The difference: this close does not wait. */
			assert_int_equal(c->ss_uni_len, 0);
		sim_free(sm);
	}
	/* A peer that is gone cannot hold it up for more than a second. */
	sm = sim_pair(9, "version", false, &c, &s);
	sm->sm_node[1].sn_dead = true;
	assert_int_equal(quic_send_uni(s->ss_conn, "x", 1), 0);
	quic_close_when_delivered(s->ss_conn, 0, "");
	assert_int_equal(quic_send_message(s->ss_conn, "x", 1), -1);
	sim_run(sm, sm->sm_now + QUIC_DELIVER_MS * NS_PER_MS + NS_PER_MS);
	assert_true(s->ss_closed);
	assert_int_equal(s->ss_close.kind, QUIC_CLOSED_LOCAL);
	sim_free(sm);
}

static void
test_handshake_timeout(void **state)
{
	struct sim_side	*c;
	struct sim	*sm;
	uint64_t	 begin;

	(void)state;
	sm = sim_new(10);
	sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, false));
	sm->sm_node[0].sn_dead = true;
	begin = sm->sm_now;
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	assert_true(sim_until(sm, sim_is_closed, c, 20 * NS_PER_S));
	assert_int_equal(c->ss_close.kind, QUIC_CLOSED_HANDSHAKE);
	assert_true(sm->sm_now - begin >= 10 * NS_PER_S);
	assert_true(sm->sm_now - begin < 11 * NS_PER_S);
	assert_int_equal(quic_endpoint_connections(sm->sm_node[1].sn_ep), 0);
	assert_true(quic_endpoint_expiry(sm->sm_node[1].sn_ep) == UINT64_MAX);
	sim_free(sm);
}

static void
test_idle(void **state)
{
	struct sim_side	*c;
	struct sim	*sm;
	uint64_t	 begin;
	unsigned int	 i, keep;

	(void)state;
	for (i = 0; i < 2; i++) {
		keep = i == 0 ? 0 : 5000;
		sm = sim_new(11);
		sim_node(sm, 0, "192.0.2.1:4433", true, false);
		sm->sm_node[0].sn_config.limits.keepalive_ms = 0;
		sim_node(sm, 1, "198.51.100.7:5555", false, false);
		sm->sm_node[1].sn_config.limits.keepalive_ms = keep;
		sim_start(&sm->sm_node[0]);
		sim_start(&sm->sm_node[1]);
		c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
		assert_true(sim_until(sm, sim_is_established, c,
		    5 * NS_PER_S));
		sim_run(sm, sm->sm_now + 2 * NS_PER_S);
		begin = sm->sm_now;
		sim_run(sm, begin + 26 * NS_PER_S);
		assert_false(c->ss_closed);
		sim_run(sm, begin + 31 * NS_PER_S);
		assert_int_equal(c->ss_closed, keep == 0);
		assert_int_equal(sm->sm_node[0].sn_sides->ss_closed,
		    keep == 0);
		if (keep == 0) {
			assert_int_equal(c->ss_close.kind, QUIC_CLOSED_IDLE);
			sim_free(sm);
			continue;
		}
		/* One PING and its ACK each 5 s, no more. */
		sim_run(sm, begin + 131 * NS_PER_S);
		assert_false(c->ss_closed);
		sm->sm_node[0].sn_sent = 0;
		sim_run(sm, begin + 181 * NS_PER_S);
		assert_true(sm->sm_node[0].sn_sent >= 9);
		assert_true(sm->sm_node[0].sn_sent <= 11);
		sim_free(sm);
	}
}

static void
test_limit(void **state)
{
	struct sim_side	*c[6];
	struct sim	*sm;
	unsigned int	 i;

	(void)state;
	sm = sim_new(12);
	sim_node(sm, 0, "192.0.2.1:4433", true, false);
	sm->sm_node[0].sn_config.limits.max_connections = 4;
	sim_start(&sm->sm_node[0]);
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, false));
	for (i = 0; i < 4; i++) {
		c[i] = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
		assert_true(sim_until(sm, sim_is_established, c[i],
		    5 * NS_PER_S));
	}
	/* CONNECTION_REFUSED at once, not a time-out. */
	c[4] = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	expect_refusal(sm, c[4], 0x2);
	assert_int_equal(quic_endpoint_connections(sm->sm_node[0].sn_ep), 4);
	quic_close(c[0]->ss_conn, 0, "");
	assert_true(sim_until(sm, sim_is_closed, c[0], NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	c[5] = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	assert_true(sim_until(sm, sim_is_established, c[5], 5 * NS_PER_S));
	/* A client has the same limit. */
	sim_node(sm, 2, "198.51.100.8:5555", false, false);
	sm->sm_node[2].sn_config.limits.max_connections = 1;
	sim_start(&sm->sm_node[2]);
	assert_non_null(sim_connect(&sm->sm_node[2], &sm->sm_node[0], "a"));
	assert_null(sim_connect(&sm->sm_node[2], &sm->sm_node[0], "a"));
	sim_free(sm);
}

/* The limit is changed while people are there: nobody has to go. */
static void
test_limit_changed(void **state)
{
	struct sim_side	*c[40], *last;
	struct sim	*sm;
	unsigned int	 i;

	(void)state;
	sm = sim_new(14);
	sim_node(sm, 0, "192.0.2.1:4433", true, false);
	sm->sm_node[0].sn_config.limits.max_connections = 2;
	sim_start(&sm->sm_node[0]);
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, false));
	for (i = 0; i < 40; i++) {
		if (i == 2) {
			last = sim_connect(&sm->sm_node[1], &sm->sm_node[0],
			    "a");
			expect_refusal(sm, last, 0x2);
			quic_endpoint_set_max(sm->sm_node[0].sn_ep, 40);
		}
		c[i] = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
		assert_true(sim_until(sm, sim_is_established, c[i],
		    5 * NS_PER_S));
	}
	quic_endpoint_set_max(sm->sm_node[0].sn_ep, 39);
	quic_close(c[39]->ss_conn, 0, "");
	assert_true(sim_until(sm, sim_is_closed, c[39], NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(quic_endpoint_connections(sm->sm_node[0].sn_ep), 39);
	last = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	expect_refusal(sm, last, 0x2);
	quic_endpoint_set_max(sm->sm_node[0].sn_ep, 1);
	sim_run(sm, sm->sm_now + NS_PER_S);
	for (i = 0; i < 39; i++)
		assert_false(c[i]->ss_closed);
	sim_free(sm);
}

/* Two clients at once on an endpoint that itself dials a third place. */
static void
test_both_roles(void **state)
{
	struct sim_side	*a, *b, *out;
	struct sim	*sm;

	(void)state;
	sm = sim_new(13);
	sim_start(sim_node(sm, 0, "[2001:db8::1]:4433", true, false));
	sim_start(sim_node(sm, 1, "[2001:db8::7]:5555", false, false));
	sim_start(sim_node(sm, 2, "[2001:db8::8]:5555", false, true));
	sim_start(sim_node(sm, 3, "[2001:db8::3]:4433", true, false));
	a = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
	b = sim_connect(&sm->sm_node[2], &sm->sm_node[0], "b");
	out = sim_connect(&sm->sm_node[0], &sm->sm_node[3], "_federation");
	assert_true(sim_until(sm, sim_is_established, a, 5 * NS_PER_S));
	assert_true(sim_until(sm, sim_is_established, b, 5 * NS_PER_S));
	assert_true(sim_until(sm, sim_is_established, out, 5 * NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(quic_endpoint_connections(sm->sm_node[0].sn_ep), 3);
	assert_int_equal(sim_message(out, 0, 100), 0);
	assert_int_equal(sim_message(a, 0, 100), 0);
	sim_flush(sm);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(sm->sm_node[3].sn_sides->ss_messages, 1);
	/* A server alone does not dial, a client alone does not accept. */
	sm->sm_node[3].sn_config.tls_client = NULL;
	quic_endpoint_free(sm->sm_node[3].sn_ep);
	sim_start(&sm->sm_node[3]);
	assert_null(sim_connect(&sm->sm_node[3], &sm->sm_node[0], "a"));
	assert_null(sim_connect(&sm->sm_node[1], &sm->sm_node[3], "a b"));
	b = sim_connect(&sm->sm_node[0], &sm->sm_node[1], "a");
	assert_true(sim_until(sm, sim_is_closed, b, 20 * NS_PER_S));
	assert_int_equal(b->ss_close.kind, QUIC_CLOSED_HANDSHAKE);
	sim_free(sm);
}

/* Remembers the first datagram of the client and its IDs' lengths. */
struct first {
	struct sim_packet	f_packet;
	bool			f_have;
};

static bool
keep_first(struct sim *sm, struct sim_packet *sp)
{
	struct first	*f = sm->sm_arg;

	if (!f->f_have && addr_equal(&sp->sp_from, &sm->sm_node[1].sn_addr)) {
		f->f_packet = *sp;
		f->f_have = true;
	}
	return (true);
}

static void
test_first_packet(void **state)
{
	static struct first	 f;
	struct sim_side		*c;
	struct sim		*sm;
	const uint8_t		*p = f.f_packet.sp_data;
	size_t			 live;
	unsigned int		 i, n;
	struct sim_side		*ss;

	(void)state;
	for (i = 0; i < 2; i++) {
		memset(&f, 0, sizeof(f));
		sm = sim_new(14);
		sm->sm_filter = keep_first;
		sm->sm_arg = &f;
		sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
		sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, i == 1));
		c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "a");
		assert_true(sim_until(sm, sim_is_established, c,
		    5 * NS_PER_S));
		assert_true(f.f_have && (p[0] & 0x80));
		assert_int_equal(f.f_packet.sp_len, 1200);
		/* Originals: 20 and 8 (wzp-protocol 1.2). */
		assert_int_equal(p[5], i == 1 ? 20 : 16);
		assert_int_equal(p[6 + p[5]], i == 1 ? 8 : CID_LEN);
		assert_true(i == 0 ? cid_slot(p + 7 + p[5]) == 1 : true);
		sim_run(sm, sm->sm_now + NS_PER_S);
		/*
		 * The network repeats it: during the connection, and after
		 * the server closed it.  No second connection comes of it.
		 */
		for (n = 0; n < 2; n++) {
			live = quic_endpoint_connections(
			    sm->sm_node[0].sn_ep);
			quic_endpoint_receive(sm->sm_node[0].sn_ep, 0,
			    &f.f_packet.sp_to, &f.f_packet.sp_from, 0, p,
			    f.f_packet.sp_len, sm->sm_now);
			sim_flush(sm);
			assert_int_equal(live, quic_endpoint_connections(
			    sm->sm_node[0].sn_ep));
			if (n == 0) {
				quic_close(
				    sm->sm_node[0].sn_sides->ss_conn, 0, "");
				sim_flush(sm);
			}
		}
		for (n = 0, ss = sm->sm_node[0].sn_sides; ss != NULL;
		    ss = ss->ss_next_side)
			n++;
		assert_int_equal(n, 1);
		sim_free(sm);
	}
}

/* The peer did not hear our close: it is told again, until we forget it. */
static void
test_close_lost(void **state)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	unsigned int	 left = 1, i;

	(void)state;
	sm = sim_pair(15, "a", false, &c, &s);
	sm->sm_filter = lose_first_short;
	sm->sm_arg = &left;
	quic_close(s->ss_conn, 3, "gone");
	sim_flush(sm);
	assert_true(s->ss_closed);
	assert_int_equal(left, 0);
	sm->sm_node[0].sn_sent = 0;
	assert_int_equal(quic_send_datagram(c->ss_conn, "x", 1, sm->sm_now),
	    0);
	sim_run(sm, sm->sm_now + 50 * NS_PER_MS);
	assert_true(c->ss_closed);
	assert_int_equal(c->ss_close.code, 3);
	assert_string_equal(c->ss_reason, "gone");
	sim_free(sm);

	/* Many packets, few answers. */
	sm = sim_pair(16, "a", false, &c, &s);
	sm->sm_filter = lose_first_short;
	left = 1000;
	sm->sm_arg = &left;
	quic_close(s->ss_conn, 3, "gone");
	sim_flush(sm);
	sm->sm_node[0].sn_sent = 0;
	for (i = 0; i < 64; i++)
		(void)quic_send_datagram(c->ss_conn, "x", 1, sm->sm_now);
	sim_run(sm, sm->sm_now + 50 * NS_PER_MS);
	assert_true(sm->sm_node[0].sn_sent > 0);
	assert_true(sm->sm_node[0].sn_sent <= 7);
	/* Forgotten: nothing is left, no timer either. */
	sim_run(sm, sm->sm_now + 5 * NS_PER_S);
	assert_int_equal(sm->sm_node[0].sn_ep->ep_used, 0);
	sim_free(sm);
}

/* The numbers of wzp-protocol 1.2, as the other side reads them. */
static void
test_parameters(void **state)
{
	const ngtcp2_transport_params	*p;
	struct sim_side			*c, *s;
	struct sim			*sm;
	unsigned int			 i;

	(void)state;
	sm = sim_pair(17, "a", false, &c, &s);
	for (i = 0; i < 2; i++) {
		p = ngtcp2_conn_get_remote_transport_params2(
		    (i == 0 ? c : s)->ss_conn->qc_ng);
		assert_int_equal(p->max_idle_timeout, 30 * NS_PER_S);
		assert_int_equal(p->max_udp_payload_size, 1472);
		assert_int_equal(p->initial_max_data, 262144);
		assert_int_equal(p->initial_max_stream_data_bidi_local, 65536);
		assert_int_equal(p->initial_max_stream_data_bidi_remote,
		    65536);
		assert_int_equal(p->initial_max_stream_data_uni, 65536);
		assert_int_equal(p->initial_max_streams_bidi, 100);
		assert_int_equal(p->initial_max_streams_uni, 100);
		assert_int_equal(p->active_connection_id_limit, 5);
		assert_int_equal(p->max_datagram_frame_size, 65535);
		assert_int_equal(p->ack_delay_exponent, 3);
		assert_int_equal(p->grease_quic_bit, 1);
		assert_int_equal(p->disable_active_migration, 0);
		/* Ours alone: conn_due() may take 30 ms. */
		assert_int_equal(p->max_ack_delay, 60 * NS_PER_MS);
	}
	assert_string_equal(SSL_get_cipher_name(c->ss_conn->qc_ssl),
	    "TLS_AES_128_GCM_SHA256");
	sim_free(sm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_handshake),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_signer),
		cmocka_unit_test(test_server_tls),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_close_established),
		cmocka_unit_test(test_close_delivered),
		cmocka_unit_test(test_handshake_timeout),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limit_changed),
		cmocka_unit_test(test_both_roles),
		cmocka_unit_test(test_first_packet),
		cmocka_unit_test(test_close_lost),
		cmocka_unit_test(test_parameters),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
