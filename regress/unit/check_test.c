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
 * The packet of connectivity checks: its bytes, what is refused, and that
 * QUIC never looks like one.
 *
 * COVERS: design 6 - checks are authenticated; none is mistaken for QUIC
 */

#include "config.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/cid.h"
#include "common/quic/packet.h"
#include "common/wire/check.h"
#include "regress/unit/quic_sim.h"

/* Made by another program, from the table in check.c. */
static const uint8_t	request[CHECK_LEN] = {
	0x01, 0x57, 0x5a, 0x50, 0x63, 0x68, 0x6b, 0x01,
	0x01, 0x00, 0x00, 0x00, 0xa0, 0xa1, 0xa2, 0xa3,
	0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab,
	0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x05,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0xa1, 0xa3, 0xab, 0x15, 0x93, 0xe5, 0xd0, 0xa3,
	0xa8, 0xb7, 0x55, 0xeb, 0x71, 0x63, 0xf1, 0x11
};
static const uint8_t	response4[CHECK_LEN] = {
	0x01, 0x57, 0x5a, 0x50, 0x63, 0x68, 0x6b, 0x01,
	0x02, 0x04, 0xcb, 0x1b, 0xa0, 0xa1, 0xa2, 0xa3,
	0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab,
	0x00, 0x00, 0x00, 0x07, 0x0a, 0x0b, 0x0c, 0x0d,
	0x9c, 0x5a, 0x21, 0x6a, 0x68, 0x6b, 0x01, 0x02,
	0x04, 0xcb, 0x1b, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4,
	0x11, 0xf3, 0x64, 0xb7, 0x5c, 0x04, 0x8f, 0x47,
	0xb3, 0x22, 0xa4, 0xbb, 0x77, 0xeb, 0x71, 0xc9
};
static const uint8_t	response6[CHECK_LEN] = {
	0x01, 0x57, 0x5a, 0x50, 0x63, 0x68, 0x6b, 0x01,
	0x02, 0x06, 0xcb, 0x1b, 0xa0, 0xa1, 0xa2, 0xa3,
	0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab,
	0x00, 0x00, 0x00, 0x07, 0x0a, 0x0b, 0x0c, 0x0d,
	0x77, 0x5b, 0x5d, 0xdb, 0x68, 0x6b, 0x01, 0x02,
	0x06, 0xcb, 0x1b, 0xa0, 0xa1, 0xa2, 0xa3, 0xad,
	0xfb, 0xbc, 0x50, 0xd4, 0xd4, 0x16, 0x28, 0x81,
	0xf7, 0xed, 0x2e, 0x50, 0xf7, 0x70, 0xd3, 0x27
};
static uint8_t	key[CHECK_KEY_LEN];

static int
setup(void **state)
{
	size_t	i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	return (sim_group_setup(state));
}

static void
fill(struct check *ck, enum check_type type, const char *mapped)
{
	size_t	i;

	memset(ck, 0, sizeof(*ck));
	ck->ck_type = type;
	for (i = 0; i < CHECK_ID_LEN; i++)
		ck->ck_id[i] = (uint8_t)(0xa0 + i);
	ck->ck_generation = 7;
	ck->ck_round = 0x0a0b0c0d;
	if (mapped != NULL)
		assert_int_equal(addr_parse(&ck->ck_mapped, mapped), 0);
}

static void
expect_both_ways(const struct check *ck, const uint8_t *golden, bool caller)
{
	struct check	 got;
	uint8_t		 p[CHECK_LEN];

	check_write(p, ck, key, caller);
	assert_memory_equal(p, golden, CHECK_LEN);
	assert_true(check_is(p, sizeof(p)));
	memset(&got, 0xff, sizeof(got));
	assert_true(check_read(&got, golden, CHECK_LEN, key, caller));
	assert_int_equal(got.ck_type, ck->ck_type);
	assert_memory_equal(got.ck_id, ck->ck_id, CHECK_ID_LEN);
	assert_int_equal(got.ck_generation, ck->ck_generation);
	assert_int_equal(got.ck_round, ck->ck_round);
	assert_true(addr_equal(&got.ck_mapped, &ck->ck_mapped));
	/* What the other side sends is not what we send. */
	assert_false(check_read(&got, golden, CHECK_LEN, key, !caller));
}

static void
test_golden(void **state)
{
	struct check	 ck;

	(void)state;
	fill(&ck, CHECK_REQUEST, NULL);
	ck.ck_generation = 0x01020304;
	ck.ck_round = 5;
	expect_both_ways(&ck, request, true);
	fill(&ck, CHECK_RESPONSE, "203.0.113.9:40001");
	expect_both_ways(&ck, response4, false);
	fill(&ck, CHECK_RESPONSE, "[2001:db8::9]:40001");
	expect_both_ways(&ck, response6, false);
}

/* A NAT that looks for its own address finds nothing to rewrite. */
static void
test_masked(void **state)
{
	static const uint8_t	 v4[4] = { 203, 0, 113, 9 };
	static const uint8_t	 port[2] = { 40001 >> 8, 40001 & 0xff };
	size_t			 i;

	(void)state;
	for (i = 0; i + 4 <= CHECK_LEN; i++)
		assert_memory_not_equal(response4 + i, v4, 4);
	assert_memory_not_equal(response4 + 10, port, 2);
}

static void
test_flipped(void **state)
{
	static const uint8_t	*all[] = { request, response4, response6 };
	struct check		 ck;
	uint8_t			 p[CHECK_LEN], other[CHECK_KEY_LEN];
	size_t			 i, bit;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (bit = 0; bit < (size_t)CHECK_LEN * 8; bit++) {
			memcpy(p, all[i], sizeof(p));
			p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(check_is(p, sizeof(p)), bit >= 64);
			assert_false(check_read(&ck, p, sizeof(p), key,
			    i == 0));
		}
		for (bit = 0; bit < sizeof(key) * 8; bit++) {
			memcpy(other, key, sizeof(other));
			other[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(check_read(&ck, all[i], CHECK_LEN,
			    other, i == 0));
		}
	}
}

/* Each length in memory of its own, so that a sanitizer sees a step beyond. */
static void
test_lengths(void **state)
{
	struct check	 ck;
	uint8_t		*p;
	size_t		 len;

	(void)state;
	for (len = 0; len < 2 * (size_t)CHECK_LEN; len++) {
		p = malloc(len == 0 ? 1 : len);
		assert_non_null(p);
		memset(p, 0, len == 0 ? 1 : len);
		memcpy(p, request, len < CHECK_LEN ? len : CHECK_LEN);
		assert_int_equal(check_is(p, len), len == CHECK_LEN);
		assert_int_equal(check_read(&ck, p, len, key, true),
		    len == CHECK_LEN);
		free(p);
	}
}

/* The MAC that somebody with the key would put there. */
static void
seal(uint8_t *p, bool caller)
{
	uint8_t		data[49], sum[EVP_MAX_MD_SIZE];
	unsigned int	n;

	memcpy(data, p, 48);
	data[48] = caller ? 'C' : 'c';
	assert_non_null(HMAC(EVP_sha256(), key, sizeof(key), data,
	    sizeof(data), sum, &n));
	memcpy(p + 48, sum, 16);
}

static bool
changed(const uint8_t *golden, size_t at, uint8_t v, bool caller)
{
	struct check	ck;
	uint8_t		p[CHECK_LEN];

	memcpy(p, golden, sizeof(p));
	p[at] = v;
	seal(p, caller);
	return (check_read(&ck, p, sizeof(p), key, caller));
}

/* With the key one can still not send what has no meaning. */
static void
test_fields(void **state)
{
	struct check	ck;
	uint8_t		p[CHECK_LEN];
	size_t		i;

	(void)state;
	assert_true(changed(request, 24, 9, true));
	assert_false(changed(request, 8, 0, true));
	assert_false(changed(request, 8, 3, true));
	assert_false(changed(request, 8, CHECK_RESPONSE, true));
	assert_false(changed(response4, 8, CHECK_REQUEST, false));
	/* A request has no address, and nothing where one would be. */
	assert_false(changed(request, 9, 4, true));
	for (i = 10; i < 12; i++)
		assert_false(changed(request, i, 1, true));
	for (i = 32; i < 48; i++)
		assert_false(changed(request, i, 1, true));
	/* A family there is not; none. */
	assert_false(changed(response4, 9, 0, false));
	assert_false(changed(response4, 9, 5, false));
	/* IPv4: what is behind it is zero. */
	for (i = 32; i < 36; i++)
		assert_true(changed(response4, i, response4[i] ^ 1, false));
	for (i = 36; i < 48; i++)
		assert_false(changed(response4, i, response4[i] ^ 1, false));
	/* Port 0, and an IPv4 address in the clothes of IPv6. */
	memcpy(p, response4, sizeof(p));
	p[10] = 'W';
	p[11] = 'Z';
	/* Of the mask two octets are the port's: all else must be right. */
	p[32 + 9] ^= response4[10] ^ 'W';
	p[32 + 10] ^= response4[11] ^ 'Z';
	seal(p, false);
	assert_false(check_read(&ck, p, sizeof(p), key, false));
	memcpy(p, response6, sizeof(p));
	for (i = 0; i < 16; i++)
		p[32 + i] = p[1 + i] ^ (i == 10 || i == 11 ? 0xff : 0) ^
		    (i >= 12 ? 10 : 0);
	seal(p, false);
	assert_false(check_read(&ck, p, sizeof(p), key, false));
	p[32 + 10] ^= 1;
	seal(p, false);
	assert_true(check_read(&ck, p, sizeof(p), key, false));
}

/* Counts, and looks for packets that pass for a check. */
struct seen {
	unsigned int	se_long;
	unsigned int	se_short;
	unsigned int	se_greased;	/* short, first octet below 0x40 */
};

/*
 * Any QUIC packet: even if its length were right and all but the octets that
 * the connection ID fixes were those of a check, it would not be one.
 */
static bool
look(struct sim *sm, struct sim_packet *sp)
{
	struct seen	*se = sm->sm_arg;
	uint8_t		 p[CHECK_LEN];

	assert_false(check_is(sp->sp_data, sp->sp_len));
	memcpy(p, request, sizeof(p));
	if (sp->sp_data[0] & 0x80) {
		se->se_long++;
		p[0] = sp->sp_data[0];
	} else {
		se->se_short++;
		if (sp->sp_data[0] < 0x40)
			se->se_greased++;
		p[1] = sp->sp_data[1];
		p[2] = sp->sp_data[2];
	}
	assert_false(check_is(p, sizeof(p)));
	return (true);
}

static bool
got_all(void *arg)
{
	struct sim_side	*ss = arg;

	return (ss->ss_datagrams >= 200);
}

/* Two connections with datagrams both ways. */
static void
talk(uint64_t seed, struct seen *se)
{
	struct sim_side	*c, *s;
	struct sim	*sm;
	uint8_t		 data[64] = { 0 };
	unsigned int	 i;

	sm = sim_pair(seed, "call-call-1", false, &c, &s);
	sm->sm_filter = look;
	sm->sm_arg = se;
	/* Lengths all around 64 octets, both ways. */
	for (i = 0; i < 240; i++) {
		quic_send_datagram(c->ss_conn, data, i % 64, sm->sm_now);
		quic_send_datagram(s->ss_conn, data, i % 64, sm->sm_now);
		sim_run(sm, sm->sm_now + 5 * NS_PER_MS);
	}
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "call-call-2");
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	assert_true(sim_until(sm, got_all, s, NS_PER_S));
	sim_free(sm);
}

static void
test_quic(void **state)
{
	struct seen	se = { 0 };
	uint64_t	seed;

	(void)state;
	/*
	 * The case that the first octet does not tell apart does happen: the
	 * library draws for each connection whether it greases.
	 */
	for (seed = 41; seed < 141 && se.se_greased == 0; seed++)
		talk(seed, &se);
	assert_true(se.se_long > 0 && se.se_short > 100);
	assert_true(se.se_greased > 0);
}

/* Every slot, all other octets being a check's. */
static void
test_slots(void **state)
{
	struct cid_key	 k;
	uint8_t		 p[CHECK_LEN];
	unsigned int	 slot, i;

	(void)state;
	memset(&k, 7, sizeof(k));
	for (slot = 0; slot < CID_SLOTS_MAX; slot++) {
		memcpy(p, request, sizeof(p));
		cid_make(&k, (uint8_t)slot, 3, p + 1);
		assert_int_equal(cid_packet_slot(p, sizeof(p)), slot);
		assert_false(check_is(p, sizeof(p)));
		memcpy(p + 3, request + 3, CHECK_LEN - 3);
		assert_int_equal(cid_packet_slot(p, sizeof(p)), slot);
		assert_false(check_is(p, sizeof(p)));
	}
	assert_int_equal(cid_packet_slot(request, sizeof(request)), -1);
	/* Long headers of any kind and version. */
	for (i = 0x80; i <= 0xff; i++) {
		memcpy(p, request, sizeof(p));
		p[0] = (uint8_t)i;
		assert_false(check_is(p, sizeof(p)));
	}
}

static void
test_answers(void **state)
{
	uint8_t		out[PACKET_REPLY_MAX], in[1200] = { 0 };
	uint8_t		rkey[32] = { 3 }, cid[CID_LEN] = { 1, 0x5b };
	size_t		n, len;
	unsigned int	i;

	(void)state;
	/* A version that is not known. */
	in[0] = 0xc0;
	in[1] = 9;
	in[5] = 8;
	in[14] = 8;
	n = packet_version_negotiation(out, sizeof(out), in, sizeof(in));
	assert_true(n > 0 && (out[0] & 0x80));
	assert_false(check_is(out, n));
	for (i = 0; i < 2000; i++) {
		len = 60 + i % 10;
		n = packet_reset(out, sizeof(out), cid, sizeof(cid), rkey,
		    len);
		assert_true(n > 0);
		assert_false(check_is(out, n));
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_masked),
		cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_quic),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_answers),
	};

	return (cmocka_run_group_tests(tests, setup, sim_group_teardown));
}
