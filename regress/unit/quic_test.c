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
 * Connections in virtual time: handshake, names, refusals, closes, timers,
 * the acknowledgement rule.
 *
 * COVERS: row 1.1 - QUIC, ALPN wzp, SNI names, long-lived connection
 * COVERS: row 1.3 - no name gives "default", names are lower-cased
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regress/unit/quic_sim.h"

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
	assert_int_equal(quic_conn_export(s->ss_conn, "EXPORTER-other", b,
	    sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	sim_free(sm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_handshake),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
