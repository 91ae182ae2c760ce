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
 * The parts of common/quic below a connection: connection IDs, names in a
 * ClientHello, Initial packets read without a connection, answers to
 * strangers, the timer heap.
 *
 * COVERS: row 1.1 - the SNI is found in one, two and three datagrams
 * COVERS: protocol 1.4 - what can travel as SNI
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/cid.h"
#include "common/quic/conn.h"
#include "common/quic/initial.h"
#include "common/quic/sni.h"
#include "regress/unit/quic_sim.h"

#define CAPTURE_MAX	INITIAL_DATAGRAMS_MAX

/* A client's first flight. */
struct flight {
	struct sim_packet	fl_packet[CAPTURE_MAX];
	size_t			fl_count;
};

static void
test_cid(void **state)
{
	static const uint32_t	 indexes[] = { 0, 1, 255, 65536,
				    CID_INDEX_MAX };
	struct cid_key		 k1, k2;
	uint8_t			 cid[CID_LEN], again[CID_LEN], p[40];
	size_t			 i;
	unsigned int		 slot, same = 0;

	(void)state;
	memset(&k1, 1, sizeof(k1));
	memset(&k2, 2, sizeof(k2));
	for (slot = 0; slot < CID_SLOTS_MAX; slot++) {
		for (i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
			cid_make(&k1, (uint8_t)slot, indexes[i], cid);
			assert_int_equal(cid_index(&k1, cid), indexes[i]);
			assert_int_equal(cid_slot(cid), slot);
			if (cid_index(&k2, cid) == indexes[i])
				same++;
			cid_make(&k1, (uint8_t)slot, indexes[i], again);
			assert_memory_not_equal(cid, again, CID_LEN);
			cid_make_short(&k1, indexes[i], cid);
			assert_int_equal(cid_index_short(&k1, cid),
			    indexes[i]);
		}
	}
	assert_true(same < 3);	/* 1 in 2^24 each by chance */

	cid_make(&k1, 7, 42, cid);
	memset(p, 0, sizeof(p));
	p[0] = 0x40;
	memcpy(p + 1, cid, CID_LEN);
	assert_int_equal(cid_packet_slot(p, sizeof(p)), 7);
	assert_int_equal(cid_packet_slot(p, 1 + CID_LEN), 7);
	assert_int_equal(cid_packet_slot(p, CID_LEN), -1);
	assert_int_equal(cid_packet_slot(p, 0), -1);
	p[2] ^= 1;		/* the check byte */
	assert_int_equal(cid_packet_slot(p, sizeof(p)), -1);
	p[1] = CID_SLOTS_MAX;	/* no such slot, even if it checks */
	p[2] = CID_SLOTS_MAX ^ 0x5a;
	assert_int_equal(cid_packet_slot(p, sizeof(p)), -1);
	memset(p, 0, sizeof(p));
	p[0] = 0xc0;
	p[4] = 1;
	p[5] = CID_LEN;
	memcpy(p + 6, cid, CID_LEN);
	assert_int_equal(cid_packet_slot(p, sizeof(p)), 7);
	assert_int_equal(cid_packet_slot(p, 6 + CID_LEN), 7);
	assert_int_equal(cid_packet_slot(p, 5 + CID_LEN), -1);
	p[5] = CID_LEN - 1;
	assert_int_equal(cid_packet_slot(p, sizeof(p)), -1);
}

static void
test_sni(void **state)
{
	static const struct {
		const char	*name;
		int		 rv;
		const char	*out;
	}		t[] = {
		{ "a", 0, "a" }, { "_Signal", 0, "_signal" },
		{ "call-1a", 0, "call-1a" }, { "a.b-c.d_e", 0, "a.b-c.d_e" },
		{ "room.", 0, "room" }, { "1234", -1, NULL },
		{ "1.2.3.4", 0, "default" }, { "::1", 0, "default" },
		{ "a.1", -1, NULL }, { "1.a", 0, "1.a" }, { "-a", -1, NULL },
		{ "a-", -1, NULL }, { "a.-b", -1, NULL }, { "a-.b", -1, NULL },
		{ "a..b", -1, NULL }, { ".a", -1, NULL }, { ".", -1, NULL },
		{ "", -1, NULL }, { "a b", -1, NULL }, { "a\300\200", -1, NULL }
	};
	uint8_t		ext[600];
	char		name[QUIC_SNI_MAX], label[300];
	size_t		i, n;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n = strlen(t[i].name);
		ext[0] = 0;
		ext[1] = (uint8_t)(3 + n);
		ext[2] = 0;
		ext[3] = 0;
		ext[4] = (uint8_t)n;
		memcpy(ext + 5, t[i].name, n);
		assert_int_equal(sni_name(ext, 5 + n, name), t[i].rv);
		if (t[i].rv == 0)
			assert_string_equal(name, t[i].out);
		/* Every length that does not fit is refused. */
		assert_int_equal(sni_name(ext, 4 + n, name), -1);
		ext[4]++;
		assert_int_equal(sni_name(ext, 5 + n, name), -1);
	}
	assert_int_equal(sni_name(ext, 0, name), -1);
	assert_int_equal(sni_name(ext, 1, name), -1);
	/* A list without a host name, and a name of another type before it. */
	memcpy(ext, "\0\0", 2);
	assert_int_equal(sni_name(ext, 2, name), 0);
	assert_string_equal(name, "default");
	memcpy(ext, "\0\10\1\0\1x\0\0\1y", 10);
	assert_int_equal(sni_name(ext, 10, name), 0);
	assert_string_equal(name, "y");

	memset(label, 'a', sizeof(label));
	assert_true(sni_valid(label, 63));
	assert_false(sni_valid(label, 64));
	for (i = 50; i < 253; i += 50)
		label[i] = '.';
	assert_true(sni_valid(label, 253));
	assert_false(sni_valid(label, 254));

	assert_int_equal(sni_alpn((const uint8_t *)"\0\4\3wzp", 6), 1);
	assert_int_equal(sni_alpn((const uint8_t *)"\0\7\2h3\3wzp", 9), 1);
	assert_int_equal(sni_alpn((const uint8_t *)"\0\4\3wzq", 6), 0);
	assert_int_equal(sni_alpn((const uint8_t *)"\0\5\4wzpx", 7), 0);
	assert_int_equal(sni_alpn((const uint8_t *)"\0\5\3wzp", 6), -1);
	assert_int_equal(sni_alpn((const uint8_t *)"\0\4\4wzp", 6), -1);
	assert_int_equal(sni_alpn((const uint8_t *)"\0\0", 2), -1);
	assert_int_equal(sni_alpn((const uint8_t *)"\0\1\0", 3), -1);
	assert_int_equal(sni_alpn((const uint8_t *)"\0", 1), -1);
}

static bool
capture(struct sim *sm, struct sim_packet *sp)
{
	struct flight	*fl = sm->sm_arg;

	if (fl->fl_count < CAPTURE_MAX)
		fl->fl_packet[fl->fl_count++] = *sp;
	return (false);
}

/* The real client's first flight; pad: more ALPN names make it longer. */
static void
make_flight(struct flight *fl, const char *sni, bool original, size_t pad,
    bool wzp)
{
	struct sim_side	*c;
	struct sim	*sm;
	uint8_t		 alpn[4096];
	size_t		 n = 0;

	memset(fl, 0, sizeof(*fl));
	sm = sim_new(600);
	sm->sm_filter = capture;
	sm->sm_arg = fl;
	sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, original));
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], sni);
	assert_non_null(c);
	while (n < pad) {
		alpn[n] = 200;
		memset(alpn + n + 1, 'p', 200);
		n += 201;
	}
	memcpy(alpn + n, wzp ? "\003wzp" : "\003h33", 4);
	n += 4;
	assert_int_equal(SSL_set_alpn_protos(c->ss_conn->qc_ssl, alpn,
	    (unsigned int)n), 0);
	sim_flush(sm);
	sim_free(sm);
}

static enum initial_verdict
feed(struct initial *in, const struct sim_packet *sp, char *name, bool *alpn)
{
	return (initial_feed(in, sp->sp_data, sp->sp_len, name, alpn));
}

static struct initial *
initial_of(const struct sim_packet *sp)
{
	const uint8_t	*dcid;
	struct initial	*in;
	size_t		 len;

	assert_int_equal(initial_dcid(sp->sp_data, sp->sp_len, &dcid, &len),
	    0);
	in = initial_new(dcid, len);
	assert_non_null(in);
	return (in);
}

static void
test_initial(void **state)
{
	static const struct {
		bool	original;
		size_t	pad;
		size_t	datagrams;
	}		 t[] = {
		{ true, 0, 1 }, { false, 0, 2 }, { false, 1200, 3 }
	};
	static const size_t	 orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 }
	};
	static struct flight	 fl;
	struct initial		*in;
	enum initial_verdict	 v;
	char			 name[QUIC_SNI_MAX];
	bool			 alpn;
	size_t			 i, k, o, seen, starts;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		make_flight(&fl, "Call-0123abc", t[i].original, t[i].pad,
		    i != 1);
		assert_int_equal(fl.fl_count, t[i].datagrams);
		for (o = 0; o < 6; o++) {
			in = initial_of(&fl.fl_packet[0]);
			seen = starts = 0;
			for (k = 0; k < 3; k++) {
				if (orders[o][k] >= fl.fl_count)
					continue;
				v = feed(in, &fl.fl_packet[orders[o][k]],
				    name, &alpn);
				assert_int_equal(initial_has_start(in),
				    orders[o][k] == 0);
				starts += initial_has_start(in);
				seen++;
				assert_int_equal(v, seen == fl.fl_count ?
				    INITIAL_NAME : INITIAL_MORE);
				if (v == INITIAL_MORE)
					/* A repetition changes nothing. */
					assert_int_equal(feed(in,
					    &fl.fl_packet[orders[o][k]],
					    name, &alpn), INITIAL_MORE);
			}
			assert_int_equal(starts, 1);
			assert_string_equal(name, "call-0123abc");
			assert_int_equal(alpn, i != 1);
			initial_free(in);
		}
	}
	make_flight(&fl, "", true, 0, true);
	in = initial_of(&fl.fl_packet[0]);
	assert_int_equal(feed(in, &fl.fl_packet[0], name, &alpn),
	    INITIAL_NAME);
	assert_string_equal(name, "default");
	initial_free(in);
}

static void
test_not_initial(void **state)
{
	static const uint8_t	dcid[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct initial		*in;
	uint8_t			 p[1200];
	char			 name[QUIC_SNI_MAX];
	bool			 alpn;
	const uint8_t		*d;
	size_t			 n;

	(void)state;
	/* A header as it should be, and noise behind it. */
	memset(p, 0x5a, sizeof(p));
	memcpy(p, "\xc3\0\0\0\1\10\1\2\3\4\5\6\7\10\0\0\x44\x9e", 18);
	assert_int_equal(initial_dcid(p, sizeof(p), &d, &n), 0);
	assert_int_equal(n, 8);
	assert_memory_equal(d, dcid, 8);
	in = initial_new(dcid, sizeof(dcid));
	assert_int_equal(initial_feed(in, p, sizeof(p), name, &alpn),
	    INITIAL_BAD);
	initial_free(in);
	/* Too short, other version, type, form, length of DCID. */
	assert_int_equal(initial_dcid(p, 1199, &d, &n), -1);
	p[4] = 2;
	assert_int_equal(initial_dcid(p, sizeof(p), &d, &n), -1);
	p[4] = 1;
	p[0] = 0xe3;
	assert_int_equal(initial_dcid(p, sizeof(p), &d, &n), -1);
	p[0] = 0x43;
	assert_int_equal(initial_dcid(p, sizeof(p), &d, &n), -1);
	p[0] = 0xc3;
	p[5] = 7;
	assert_int_equal(initial_dcid(p, sizeof(p), &d, &n), -1);
	p[5] = 21;
	assert_int_equal(initial_dcid(p, sizeof(p), &d, &n), -1);
	assert_null(initial_new(dcid, 7));
	assert_null(initial_new(p, 21));
}

/* Each byte of a good datagram spoiled in turn: never a name, no crash. */
static void
test_initial_damage(void **state)
{
	static struct flight	 fl;
	static uint8_t		 copy[2048];
	struct initial		*in;
	char			 name[QUIC_SNI_MAX];
	bool			 alpn;
	size_t			 i, len, named = 0;
	enum initial_verdict	 v;

	(void)state;
	make_flight(&fl, "room", true, 0, true);
	len = fl.fl_packet[0].sp_len;
	for (i = 0; i < len; i++) {
		memcpy(copy, fl.fl_packet[0].sp_data, len);
		copy[i] ^= 0x11;
		in = initial_of(&fl.fl_packet[0]);
		v = initial_feed(in, copy, len, name, &alpn);
		assert_int_not_equal(v, INITIAL_MORE);
		named += v == INITIAL_NAME;
		initial_free(in);
	}
	assert_int_equal(named, 0);
	for (i = 0; i < len; i++) {
		in = initial_of(&fl.fl_packet[0]);
		memcpy(copy, fl.fl_packet[0].sp_data, i);
		if (i > 0)
			assert_int_equal(initial_feed(in, copy, i, name,
			    &alpn), INITIAL_BAD);
		initial_free(in);
	}
}

static void
test_answers(void **state)
{
	static struct flight	 fl;
	struct packet_rate	 rate;
	uint8_t			 p[1200], out[PACKET_REPLY_MAX];
	uint8_t			 key[32], cid[CID_LEN];
	uint64_t		 now = NS_PER_S;
	size_t			 n, i;

	(void)state;
	/* Version negotiation (RFC 9000 17.2.1): IDs change places. */
	memset(p, 0xaa, sizeof(p));
	memcpy(p, "\xc0\x0a\x0a\x0a\x0a\x08" "12345678" "\x05" "abcde", 20);
	n = packet_version_negotiation(out, sizeof(out), p, sizeof(p));
	assert_int_equal(n, 7 + 8 + 5 + 8);
	assert_true(out[0] & 0x80);
	assert_memory_equal(out + 1, "\0\0\0\0\5abcde\10" "12345678"
	    "\0\0\0\1", 4 + 6 + 9 + 4);
	/* Not to version 1, to a negotiation, to what is short, to 1-RTT. */
	assert_int_equal(packet_version_negotiation(out, sizeof(out), p, 1199),
	    0);
	memcpy(p + 1, "\0\0\0\1", 4);
	assert_int_equal(packet_version_negotiation(out, sizeof(out), p,
	    sizeof(p)), 0);
	memcpy(p + 1, "\0\0\0\0", 4);
	assert_int_equal(packet_version_negotiation(out, sizeof(out), p,
	    sizeof(p)), 0);
	memcpy(p + 1, "\x6b\x33\x43\xcf", 4);	/* version 2 */
	assert_true(packet_version_negotiation(out, sizeof(out), p,
	    sizeof(p)) > 0);
	p[0] = 0x40;
	assert_int_equal(packet_version_negotiation(out, sizeof(out), p,
	    sizeof(p)), 0);
	p[0] = 0xc0;
	p[5] = 255;
	assert_int_equal(packet_version_negotiation(out, sizeof(out), p,
	    sizeof(p)), 0);

	/* Stateless reset: always shorter than its trigger. */
	memset(key, 5, sizeof(key));
	memset(cid, 6, sizeof(cid));
	for (i = 0; i <= 1500; i++) {
		n = packet_reset(out, sizeof(out), cid, sizeof(cid), key, i);
		assert_true(i <= 21 ? n == 0 : n >= 21 && n < i && n <= 43);
		assert_true(n == 0 || (out[0] & 0xc0) == 0x40);
	}

	/* A refusal is smaller, too, and only for a first Initial. */
	make_flight(&fl, "room", true, 0, true);
	n = packet_refuse(out, sizeof(out), fl.fl_packet[0].sp_data,
	    fl.fl_packet[0].sp_len);
	assert_true(n > 20 && n < 200);
	assert_int_equal(packet_refuse(out, sizeof(out),
	    fl.fl_packet[0].sp_data, 1199), 0);

	packet_rate_init(&rate, 10, 5);
	for (i = 0; packet_rate_take(&rate, now); i++)
		assert_true(i < 5);
	assert_int_equal(i, 5);
	assert_false(packet_rate_take(&rate, now + 99 * NS_PER_MS));
	assert_true(packet_rate_take(&rate, now + 100 * NS_PER_MS));
	assert_false(packet_rate_take(&rate, now + 100 * NS_PER_MS));
	assert_false(packet_rate_take(&rate, now));	/* time does not */
	now += 1000000 * NS_PER_S;
	for (i = 0; packet_rate_take(&rate, now); i++)
		assert_true(i < 5);
	assert_int_equal(i, 5);
}

static void
test_timers(void **state)
{
	struct timer_heap	 th;
	struct timer		 tm[200], *first;
	struct sim		*sm;
	uint64_t		 last;
	unsigned int		 i, n;

	(void)state;
	sm = sim_new(700);
	memset(&th, 0, sizeof(th));
	assert_null(timer_first(&th));
	for (i = 0; i < 200; i++) {
		timer_init(&tm[i], &tm[i]);
		assert_int_equal(timer_set(&th, &tm[i], sim_random(sm) % 500),
		    0);
	}
	for (i = 0; i < 1000; i++) {
		n = (unsigned int)(sim_random(sm) % 200);
		if (sim_random(sm) % 3 == 0)
			timer_remove(&th, &tm[n]);
		else
			assert_int_equal(timer_set(&th, &tm[n],
			    sim_random(sm) % 500), 0);
	}
	last = 0;
	n = 0;
	while ((first = timer_first(&th)) != NULL) {
		assert_true(first->tm_due >= last);
		assert_ptr_equal(first->tm_owner, first);
		last = first->tm_due;
		timer_remove(&th, first);
		timer_remove(&th, first);	/* twice does no harm */
		n++;
	}
	assert_true(n > 50);
	timer_heap_free(&th);
	sim_free(sm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cid),
		cmocka_unit_test(test_sni),
		cmocka_unit_test(test_initial),
		cmocka_unit_test(test_not_initial),
		cmocka_unit_test(test_initial_damage),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_timers),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
