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
 * The key agreement of two clients: byte strings and schedule as computed apart
 * from this code (python's hashlib and cryptography), every single bit of an
 * offer or answer altered, every half-said one, keys of low order, proofs of
 * another connection, call or role, and what is left in memory.
 *
 * COVERS: e2e - golden signed strings, key schedule, proofs, words
 * COVERS: e2e - altered, half, mixed up or replayed: forged, never plain
 * COVERS: e2e - an original's offer and answer are plain, not forged
 * COVERS: e2e - low-order and reflected keys refused, secrets wiped
 * COVERS: words - 256 of them, all different
 * COVERS: gap 5 - an answer is good for its own offer only
 * COVERS: gap 6 - a key of the two alone, and the words that show it
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <malloc.h>

#include <cmocka.h>

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "client/e2e/e2e.h"
#include "client/e2e/words.h"

/* An offer or answer of ours, for a while. */
struct said {
	struct sig_direct_call_offer	 sd_offer;
	struct sig_direct_call_answer	 sd_answer;
	uint8_t				 sd_offer_sig[64];
	uint8_t				 sd_answer_id[32];
	uint8_t				 sd_answer_key[32];
	uint8_t				 sd_answer_sig[64];
};

static struct identity	 alice, bob, mallory;
static char		 alice_fp[IDENTITY_FP_STRLEN];
static char		 bob_fp[IDENTITY_FP_STRLEN];
static char		 mallory_fp[IDENTITY_FP_STRLEN];

/* What RAND_priv_bytes() returns next; 0: what it wants. */
static uint8_t		 fixed;

int	 __real_RAND_priv_bytes(unsigned char *, int);
int	 __wrap_RAND_priv_bytes(unsigned char *, int);

static size_t	 unhex(const char *, uint8_t *, size_t);
static void	 same(const uint8_t *, const char *);
static bool	 in_memory(const void *, const uint8_t[32]);
static struct e2e *caller(const char *);
static struct e2e *callee(const char *);
static void	 offer(struct e2e *, struct said *);
static void	 answer(struct e2e *, struct said *);
static void	 agree(struct e2e **, struct e2e **, struct said *,
		    const char *);
static enum e2e_verdict take_offer(const struct said *, const char *,
		    const char *);
static size_t	 string(uint8_t *, const char *, const char *,
		    const uint8_t[32]);
static void	 sign_offer(struct said *, const struct identity *,
		    const char *, const uint8_t[32]);

int
__wrap_RAND_priv_bytes(unsigned char *out, int len)
{
	if (fixed == 0 || len != 32)
		return (__real_RAND_priv_bytes(out, len));
	memset(out, fixed, 32);
	fixed = 0;
	return (1);
}

static size_t
unhex(const char *s, uint8_t *out, size_t cap)
{
	unsigned int	 v;
	size_t		 n = 0;

	for (; *s != '\0'; s += 2) {
		assert_true(n < cap);
		assert_int_equal(sscanf(s, "%2x", &v), 1);
		out[n++] = (uint8_t)v;
	}
	return (n);
}

static void
same(const uint8_t *got, const char *hex)
{
	uint8_t	 wanted[64];
	size_t	 len;

	len = unhex(hex, wanted, sizeof(wanted));
	assert_memory_equal(got, wanted, len);
}

/* Anywhere in the block that p is? */
static bool
in_memory(const void *p, const uint8_t secret[32])
{
	size_t	 len = malloc_usable_size((void *)(uintptr_t)p);

	return (memmem(p, len, secret, 32) != NULL);
}

static int
set_up(void **state)
{
	uint8_t	 seed[32];

	(void)state;
	memset(seed, 1, sizeof(seed));
	assert_int_equal(identity_from_seed(&alice, seed), 0);
	memset(seed, 2, sizeof(seed));
	assert_int_equal(identity_from_seed(&bob, seed), 0);
	memset(seed, 3, sizeof(seed));
	assert_int_equal(identity_from_seed(&mallory, seed), 0);
	identity_fingerprint(alice.id_pub, alice_fp);
	identity_fingerprint(bob.id_pub, bob_fp);
	identity_fingerprint(mallory.id_pub, mallory_fp);
	return (0);
}

static struct e2e *
caller(const char *id)
{
	struct e2e	*e;

	assert_non_null(e = e2e_new(&alice, bob_fp, id, true));
	return (e);
}

static struct e2e *
callee(const char *id)
{
	struct e2e	*e;

	assert_non_null(e = e2e_new(&bob, alice_fp, id, false));
	return (e);
}

/* Copied, so that it can be altered. */
static void
offer(struct e2e *e, struct said *s)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(e2e_offer(e, &s->sd_offer), 0);
	assert_int_equal(s->sd_offer.signature.len, 64);
	memcpy(s->sd_offer_sig, s->sd_offer.signature.data, 64);
	s->sd_offer.signature.data = s->sd_offer_sig;
}

static void
answer(struct e2e *e, struct said *s)
{
	memset(&s->sd_answer, 0, sizeof(s->sd_answer));
	assert_int_equal(e2e_answer(e, &s->sd_answer), 0);
	assert_int_equal(s->sd_answer.identity_pub.len, 32);
	assert_int_equal(s->sd_answer.ephemeral_pub.len, 32);
	assert_int_equal(s->sd_answer.signature.len, 64);
	memcpy(s->sd_answer_id, s->sd_answer.identity_pub.data, 32);
	memcpy(s->sd_answer_key, s->sd_answer.ephemeral_pub.data, 32);
	memcpy(s->sd_answer_sig, s->sd_answer.signature.data, 64);
	s->sd_answer.identity_pub.data = s->sd_answer_id;
	s->sd_answer.ephemeral_pub.data = s->sd_answer_key;
	s->sd_answer.signature.data = s->sd_answer_sig;
}

static void
agree(struct e2e **a, struct e2e **b, struct said *s, const char *id)
{
	*a = caller(id);
	*b = callee(id);
	offer(*a, s);
	assert_int_equal(e2e_take_offer(*b, &s->sd_offer), E2E_OK);
	assert_false(e2e_ready(*b));
	answer(*b, s);
	assert_true(e2e_ready(*b));
	assert_int_equal(e2e_take_answer(*a, &s->sd_answer), E2E_OK);
	assert_true(e2e_ready(*a));
}

static void
test_golden(void **state)
{
	static const char	 offer_string[] =
	    "777a702d6532652d6f666665722d7631001e45cdae07c39700427d05ebb9da2a"
	    "71243def6a27e5211c9af5b7050bb88c380d676f6c64656e2d63616c6c2d31c3"
	    "06fb0ef2bf8b7f93bad98155fa37daec74db0c4cbeda6c6f1dba9d36558252";
	static const char	 answer_string[] =
	    "777a702d6532652d616e737765722d7631001e45cdae07c39700427d05ebb9da"
	    "2a71243def6a27e5211c9af5b7050bb88c380d676f6c64656e2d63616c6c2d31"
	    "c306fb0ef2bf8b7f93bad98155fa37daec74db0c4cbeda6c6f1dba9d36558252"
	    "db48257e1237976a74ad8cfedca00213408fe89ac6251f1b930245f242b5c31a"
	    "18246e46cb491f5a4fe1510b02be70b6c4670bd4ee1756b8a43f1d778c00cc4f";
	struct said	 s;
	struct e2e	*a, *b;
	uint8_t		 string[256], exporter[32], mac[E2E_MAC_LEN];
	uint8_t		 secret[32], shared[32];
	size_t		 len;

	(void)state;
	fixed = 0xa1;
	a = caller("golden-call-1");
	fixed = 0xb2;
	b = callee("golden-call-1");
	memset(secret, 0xa1, sizeof(secret));
	assert_true(in_memory(a, secret));
	offer(a, &s);
	same(s.sd_offer_sig,
	    "13cf9da27866ab2719fc23a2fec1bfc9c30e420b5b6b56c26392769aa5854be5"
	    "d76b1ed3794d423e4e71ccf8f2719742ce7353e4989890fcb07bdf48016ab709");
	len = unhex(offer_string, string, sizeof(string));
	assert_true(identity_verify(alice.id_pub, string, len, s.sd_offer_sig,
	    64));
	assert_int_equal(e2e_take_offer(b, &s.sd_offer), E2E_OK);
	/* The callee's secret has done its work, and is gone. */
	memset(secret, 0xb2, sizeof(secret));
	assert_int_equal(identity_x25519(secret, s.sd_offer.ephemeral_pub,
	    shared), 0);
	assert_false(in_memory(b, secret));
	assert_true(in_memory(b, shared));
	answer(b, &s);
	assert_false(in_memory(b, shared));
	same(s.sd_answer_sig,
	    "b87caa49acf153f25c2f2bf8376c199e468d864f136579b26f917f77376fd8fc"
	    "5b05ba084da24bf47bc55284f7da2a5fc628f88a0ad17060f6f15ecb4248860e");
	len = unhex(answer_string, string, sizeof(string));
	assert_true(identity_verify(bob.id_pub, string, len, s.sd_answer_sig,
	    64));
	assert_int_equal(e2e_take_answer(a, &s.sd_answer), E2E_OK);
	memset(secret, 0xa1, sizeof(secret));
	assert_false(in_memory(a, secret));
	assert_false(in_memory(a, shared));

	same(e2e_keys(a)->ek_send,
	    "45c15b84aabb2e16fd3720e204abc6682cd54aa7c1d4e73e552dfe048e3a9d04");
	same(e2e_keys(a)->ek_receive,
	    "751f285f9d6392e25045af833ab8d18b3ba75199b3cfa21c9b7683a9da54c62d");
	same(e2e_keys(a)->ek_check,
	    "e253b917bb81d335ea8aa60332ab869161719109b9a2b47e44e3674224446213");
	assert_memory_equal(e2e_keys(b)->ek_send, e2e_keys(a)->ek_receive, 32);
	assert_memory_equal(e2e_keys(b)->ek_receive, e2e_keys(a)->ek_send, 32);
	assert_memory_equal(e2e_keys(b)->ek_check, e2e_keys(a)->ek_check, 32);
	assert_string_equal(e2e_words(a), "pillow compass desert napkin");
	assert_string_equal(e2e_words(b), e2e_words(a));
	/* The key of the callee is the greater one. */
	assert_false(e2e_dials(a));
	assert_true(e2e_dials(b));

	memset(exporter, 0x55, sizeof(exporter));
	e2e_proof(b, exporter, true, mac);
	same(mac,
	    "f1999dacb4e9b1266bccd4a41efd0994cea240f091b7e6f6a47619b84b4654c3");
	assert_true(e2e_proven(a, exporter, true, mac));
	e2e_proof(a, exporter, false, mac);
	same(mac,
	    "dab454acd51a2d6ec89e34d26f2bbe4994801cf4ab925e5ba2d7fd078e0f57ea");
	assert_true(e2e_proven(b, exporter, false, mac));

	/* What media has taken over is not kept twice; the rest is. */
	memcpy(shared, e2e_keys(a)->ek_send, 32);
	memcpy(secret, e2e_keys(a)->ek_receive, 32);
	assert_true(in_memory(a, shared) && in_memory(a, secret));
	e2e_forget(a);
	assert_false(in_memory(a, shared) || in_memory(a, secret));
	same(e2e_keys(a)->ek_check,
	    "e253b917bb81d335ea8aa60332ab869161719109b9a2b47e44e3674224446213");
	assert_true(e2e_ready(a));
	e2e_free(a);
	e2e_free(b);
}

static void
test_proof(void **state)
{
	struct said	 s, other;
	struct e2e	*a, *b, *c, *d, *fresh;
	uint8_t		 exporter[32], mac[E2E_MAC_LEN];
	size_t		 i;

	(void)state;
	agree(&a, &b, &s, "one");
	agree(&c, &d, &other, "two");
	fresh = caller("one");
	memset(exporter, 9, sizeof(exporter));
	e2e_proof(a, exporter, true, mac);
	assert_true(e2e_proven(b, exporter, true, mac));
	/* Its own, sent back by whoever; of another call; too early. */
	assert_false(e2e_proven(b, exporter, false, mac));
	assert_false(e2e_proven(d, exporter, true, mac));
	assert_false(e2e_proven(fresh, exporter, true, mac));
	/* Without a secret nothing is proven, not even what it would say. */
	e2e_proof(fresh, exporter, true, mac);
	assert_false(e2e_proven(fresh, exporter, true, mac));
	e2e_proof(a, exporter, true, mac);
	for (i = 0; i < 256; i++) {
		exporter[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(e2e_proven(b, exporter, true, mac));
		exporter[i / 8] ^= (uint8_t)(1 << i % 8);
		mac[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(e2e_proven(b, exporter, true, mac));
		mac[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_true(e2e_proven(b, exporter, true, mac));
	memset(mac, 0, sizeof(mac));
	assert_false(e2e_proven(b, exporter, true, mac));
	e2e_free(a);
	e2e_free(b);
	e2e_free(c);
	e2e_free(d);
	e2e_free(fresh);
}

/* Each of two has its own keys, words and place; exactly one dials. */
static void
test_different(void **state)
{
	struct said	 s;
	struct e2e	*a, *b;
	uint8_t		 last[32];
	char		 words[WORDS_STRLEN] = "";
	unsigned int	 i, dials = 0, alike = 0;

	(void)state;
	memset(last, 0, sizeof(last));
	for (i = 0; i < 24; i++) {
		agree(&a, &b, &s, "again");
		assert_true(memcmp(e2e_keys(a)->ek_send,
		    e2e_keys(a)->ek_receive, 32) != 0);
		assert_true(memcmp(e2e_keys(a)->ek_send,
		    e2e_keys(a)->ek_check, 32) != 0);
		assert_true(memcmp(e2e_keys(a)->ek_send, last, 32) != 0);
		memcpy(last, e2e_keys(a)->ek_send, 32);
		assert_string_equal(e2e_words(a), e2e_words(b));
		alike += strcmp(e2e_words(a), words) == 0;
		(void)strlcpy(words, e2e_words(a), sizeof(words));
		assert_true(e2e_dials(a) != e2e_dials(b));
		dials += e2e_dials(a);
		e2e_free(a);
		e2e_free(b);
	}
	assert_int_equal(alike, 0);
	/* Wrong once in eight million runs. */
	assert_true(dials > 0 && dials < 24);
}

static enum e2e_verdict
take_offer(const struct said *s, const char *peer, const char *id)
{
	struct e2e		*e;
	enum e2e_verdict	 v;

	assert_non_null(e = e2e_new(&bob, peer, id, false));
	v = e2e_take_offer(e, &s->sd_offer);
	assert_false(e2e_ready(e));
	assert_int_equal(v == E2E_FORGED, e2e_why(e)[0] != '\0');
	if (v != E2E_OK) {
		struct sig_direct_call_answer	 none;

		memset(&none, 0, sizeof(none));
		assert_int_equal(e2e_answer(e, &none), -1);
		assert_int_equal(none.signature.len, 0);
	}
	e2e_free(e);
	return (v);
}

static void
test_altered_offer(void **state)
{
	struct said	 s, good;
	struct e2e	*a, *m;
	unsigned int	 i, noticed = 0;

	(void)state;
	a = caller("call");
	offer(a, &good);
	assert_int_equal(take_offer(&good, alice_fp, "call"), E2E_OK);
	for (i = 0; i < 256; i++) {
		s = good;
		s.sd_offer.ephemeral_pub[i / 8] ^= (uint8_t)(1 << i % 8);
		noticed += take_offer(&s, alice_fp, "call") == E2E_FORGED;
		s = good;
		s.sd_offer.identity_pub[i / 8] ^= (uint8_t)(1 << i % 8);
		noticed += take_offer(&s, alice_fp, "call") == E2E_FORGED;
	}
	for (i = 0; i < 512; i++) {
		s = good;
		s.sd_offer.signature.data = s.sd_offer_sig;
		s.sd_offer_sig[i / 8] ^= (uint8_t)(1 << i % 8);
		noticed += take_offer(&s, alice_fp, "call") == E2E_FORGED;
	}
	assert_int_equal(noticed, 1024);
	/* Under another name or id, or to somebody else. */
	assert_int_equal(take_offer(&good, mallory_fp, "call"), E2E_FORGED);
	assert_int_equal(take_offer(&good, alice_fp, "cal"), E2E_FORGED);
	assert_int_equal(take_offer(&good, alice_fp, "callx"), E2E_FORGED);
	assert_non_null(m = e2e_new(&mallory, alice_fp, "call", false));
	assert_int_equal(e2e_take_offer(m, &good.sd_offer), E2E_FORGED);
	e2e_free(m);
	/* Mallory's keys, properly signed, under Alice's name. */
	assert_non_null(m = e2e_new(&mallory, bob_fp, "call", true));
	offer(m, &s);
	assert_int_equal(take_offer(&s, mallory_fp, "call"), E2E_OK);
	assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_FORGED);
	/* ... and with Alice's identity key beside them. */
	memcpy(s.sd_offer.identity_pub, alice.id_pub, 32);
	assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_FORGED);
	e2e_free(m);
	e2e_free(a);
}

static void
test_half_offer(void **state)
{
	struct said	 s, good;
	struct e2e	*a;
	size_t		 i;

	(void)state;
	a = caller("call");
	offer(a, &good);
	/* An original: no keys at all, or only its identity (5.3). */
	s = good;
	memset(s.sd_offer.ephemeral_pub, 0, 32);
	s.sd_offer.signature.len = 0;
	assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_NONE);
	s.sd_offer.signature.data = NULL;
	memset(s.sd_offer.identity_pub, 0, 32);
	assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_NONE);
	/* One of both, or a bit of it, is none of these. */
	s = good;
	s.sd_offer.signature.len = 0;
	assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_FORGED);
	s = good;
	memset(s.sd_offer.ephemeral_pub, 0, 32);
	assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_FORGED);
	for (i = 0; i < 256; i++) {
		s = good;
		s.sd_offer.signature.len = 0;
		memset(s.sd_offer.ephemeral_pub, 0, 32);
		s.sd_offer.ephemeral_pub[i / 8] = (uint8_t)(1 << i % 8);
		assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_FORGED);
	}
	for (i = 1; i < 64; i++) {
		s = good;
		s.sd_offer.signature.len = i;
		assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_FORGED);
	}
	e2e_free(a);
}

static void
test_answers(void **state)
{
	struct said	 s, good, other;
	struct e2e	*a, *b, *c, *d;
	unsigned int	 i, kind, noticed = 0;

	(void)state;
	/* The offer stays the same: secret and signature are fixed. */
	fixed = 0x77;
	a = caller("call");
	b = callee("call");
	offer(a, &good);
	assert_int_equal(e2e_take_offer(b, &good.sd_offer), E2E_OK);
	answer(b, &good);
	e2e_free(b);
	e2e_free(a);
	for (kind = 0; kind < 3; kind++) {
		for (i = 0; i < (kind == 2 ? 512 : 256); i++) {
			fixed = 0x77;
			a = caller("call");
			offer(a, &s);
			memcpy(&s, &good, sizeof(s));
			s.sd_answer.identity_pub.data = s.sd_answer_id;
			s.sd_answer.ephemeral_pub.data = s.sd_answer_key;
			s.sd_answer.signature.data = s.sd_answer_sig;
			(kind == 0 ? s.sd_answer_id : kind == 1 ?
			    s.sd_answer_key : s.sd_answer_sig)[i / 8] ^=
			    (uint8_t)(1 << i % 8);
			noticed += e2e_take_answer(a, &s.sd_answer) ==
			    E2E_FORGED && !e2e_ready(a);
			/* It cannot be mended afterwards. */
			assert_int_equal(e2e_take_answer(a, &good.sd_answer),
			    E2E_FORGED);
			e2e_free(a);
		}
	}
	assert_int_equal(noticed, 1024);

	/* The true one; then a second one changes nothing. */
	fixed = 0x77;
	a = caller("call");
	offer(a, &s);
	assert_int_equal(e2e_take_answer(a, &good.sd_answer), E2E_OK);
	assert_int_equal(e2e_take_answer(a, &good.sd_answer), E2E_FORGED);
	assert_true(e2e_ready(a));
	e2e_free(a);

	/* Of another call of these two, and of this id at another time. */
	agree(&c, &d, &other, "other");
	a = caller("call");
	offer(a, &s);
	assert_int_equal(e2e_take_answer(a, &other.sd_answer), E2E_FORGED);
	e2e_free(a);
	a = caller("call");
	offer(a, &s);
	assert_int_equal(e2e_take_answer(a, &good.sd_answer), E2E_FORGED);
	assert_non_null(strstr(e2e_why(a), "for this call"));
	e2e_free(a);
	e2e_free(c);
	e2e_free(d);

	/* Mallory answers in Bob's place. */
	assert_non_null(d = e2e_new(&mallory, alice_fp, "call", false));
	a = caller("call");
	offer(a, &s);
	assert_int_equal(e2e_take_offer(d, &s.sd_offer), E2E_FORGED);
	e2e_free(d);
	e2e_free(a);
}

static void
test_half_answer(void **state)
{
	struct said	 s, good;
	struct e2e	*a, *b;
	static uint8_t	 zero[32];
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 10; i++) {
		enum e2e_verdict	 wanted = E2E_FORGED;

		a = caller("call");
		b = callee("call");
		offer(a, &good);
		assert_int_equal(e2e_take_offer(b, &good.sd_offer), E2E_OK);
		answer(b, &good);
		memcpy(&s.sd_answer, &good.sd_answer, sizeof(s.sd_answer));
		switch (i) {
		case 0:		/* an original says nothing */
			s.sd_answer.identity_pub.len = 0;
			s.sd_answer.ephemeral_pub.len = 0;
			s.sd_answer.signature.len = 0;
			wanted = E2E_NONE;
			break;
		case 1:		/* ... or who it is */
			s.sd_answer.ephemeral_pub.len = 0;
			s.sd_answer.signature.len = 0;
			wanted = E2E_NONE;
			break;
		case 2:
			s.sd_answer.ephemeral_pub.data = zero;
			s.sd_answer.signature.len = 0;
			wanted = E2E_NONE;
			break;
		case 3:
			s.sd_answer.ephemeral_pub.len = 0;
			break;
		case 4:
			s.sd_answer.signature.len = 0;
			break;
		case 5:
			s.sd_answer.identity_pub.len = 0;
			break;
		case 6:
			s.sd_answer.signature.len = 63;
			break;
		case 7:
			s.sd_answer.ephemeral_pub.len = 31;
			break;
		case 8:
			s.sd_answer.ephemeral_pub.data = zero;
			break;
		case 9:
			wanted = E2E_OK;
			break;
		}
		assert_int_equal(e2e_take_answer(a, &s.sd_answer), wanted);
		assert_int_equal(e2e_ready(a), wanted == E2E_OK);
		/* Once plain, it stays so. */
		if (wanted == E2E_NONE)
			assert_int_equal(e2e_take_answer(a, &good.sd_answer),
			    E2E_FORGED);
		e2e_free(a);
		e2e_free(b);
	}
	/* What was never offered is not answered. */
	a = caller("call");
	b = callee("call");
	assert_int_equal(e2e_take_answer(a, &good.sd_answer), E2E_FORGED);
	assert_int_equal(e2e_take_answer(b, &good.sd_answer), E2E_FORGED);
	assert_int_equal(e2e_offer(b, &s.sd_offer), -1);
	assert_int_equal(e2e_answer(b, &s.sd_answer), -1);
	e2e_free(a);
	e2e_free(b);
}

/* What Alice and Bob sign, up to the caller's key. */
static size_t
string(uint8_t *b, const char *label, const char *call,
    const uint8_t key[32])
{
	const char	*fps[] = { alice_fp, bob_fp };
	size_t		 n, i, who;

	n = strlen(label) + 1;
	memcpy(b, label, n);
	for (who = 0; who < 2; who++) {
		for (i = 0; i < 8; i++)
			n += unhex((char[]){ fps[who][5 * i],
			    fps[who][5 * i + 1], fps[who][5 * i + 2],
			    fps[who][5 * i + 3], '\0' }, b + n, 2);
	}
	b[n++] = (uint8_t)strlen(call);
	memcpy(b + n, call, strlen(call));
	n += strlen(call);
	memcpy(b + n, key, 32);
	return (n + 32);
}

/* Alice's offer to Bob over a key of choice, signed by whomever. */
static void
sign_offer(struct said *s, const struct identity *id, const char *call,
    const uint8_t key[32])
{
	uint8_t	 b[256];
	size_t	 n;

	n = string(b, "wzp-e2e-offer-v1", call, key);
	memset(s, 0, sizeof(*s));
	assert_int_equal(identity_sign(id->id_secret, b, n, s->sd_offer_sig),
	    0);
	memcpy(s->sd_offer.identity_pub, id->id_pub, 32);
	memcpy(s->sd_offer.ephemeral_pub, key, 32);
	s->sd_offer.signature.data = s->sd_offer_sig;
	s->sd_offer.signature.len = 64;
}

/*
 * Somebody in between who does everything right, but with an identity key that
 * has another fingerprint: only that tells.
 */
static void
test_impostor(void **state)
{
	const struct identity	*ids[] = { &mallory, &bob };
	struct said		 s, offered;
	struct e2e		*a;
	uint8_t			 key[32], secret[32], b[320], hash[32];
	unsigned int		 i;
	size_t			 n;

	(void)state;
	memset(secret, 0x44, sizeof(secret));
	assert_int_equal(identity_x25519_pub(secret, key), 0);
	sign_offer(&s, &mallory, "call", key);
	assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_FORGED);
	sign_offer(&s, &alice, "call", key);
	assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_OK);

	for (i = 0; i < 2; i++) {
		a = caller("call");
		offer(a, &offered);
		n = string(b, "wzp-e2e-offer-v1", "call",
		    offered.sd_offer.ephemeral_pub);
		memcpy(b + n, offered.sd_offer_sig, 64);
		assert_non_null(SHA256(b, n + 64, hash));
		n = string(b, "wzp-e2e-answer-v1", "call",
		    offered.sd_offer.ephemeral_pub);
		memcpy(b + n, key, 32);
		memcpy(b + n + 32, hash, 32);
		memset(&s, 0, sizeof(s));
		assert_int_equal(identity_sign(ids[i]->id_secret, b, n + 64,
		    s.sd_answer_sig), 0);
		s.sd_answer.identity_pub.data = ids[i]->id_pub;
		s.sd_answer.identity_pub.len = 32;
		s.sd_answer.ephemeral_pub.data = key;
		s.sd_answer.ephemeral_pub.len = 32;
		s.sd_answer.signature.data = s.sd_answer_sig;
		s.sd_answer.signature.len = 64;
		assert_int_equal(e2e_take_answer(a, &s.sd_answer), i == 0 ?
		    E2E_FORGED : E2E_OK);
		e2e_free(a);
	}
}

/* Points that give the same secret with any key (RFC 7748, 6.1). */
static void
test_low_order(void **state)
{
	static const char *const low[] = {
		"00000000000000000000000000000000"
		"00000000000000000000000000000000",
		"01000000000000000000000000000000"
		"00000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46a"
		"da098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b"
		"04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffff"
		"ffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffff"
		"ffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffff"
		"ffffffffffffffffffffffffffffff7f",
		"00000000000000000000000000000000"
		"00000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffff"
		"ffffffffffffffffffffffffffffffff"
	};
	struct said	 s;
	struct e2e	*b;
	uint8_t		 key[32], secret[32];
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(low) / sizeof(low[0]); i++) {
		(void)unhex(low[i], key, sizeof(key));
		sign_offer(&s, &alice, "call", key);
		assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_FORGED);
	}
	/* What she signs is right: a good key passes. */
	memset(secret, 0x44, sizeof(secret));
	assert_int_equal(identity_x25519_pub(secret, key), 0);
	sign_offer(&s, &alice, "call", key);
	assert_int_equal(take_offer(&s, alice_fp, "call"), E2E_OK);
	/* The callee's own key, as if it were the caller's. */
	fixed = 0x44;
	b = callee("call");
	assert_int_equal(e2e_take_offer(b, &s.sd_offer), E2E_FORGED);
	e2e_free(b);
}

static void
test_new(void **state)
{
	char	 id[257];

	(void)state;
	memset(id, 'x', sizeof(id));
	id[256] = '\0';
	assert_null(e2e_new(&alice, bob_fp, id, true));
	assert_null(e2e_new(&alice, "no fingerprint", "call", true));
	id[255] = '\0';
	e2e_free(e2e_new(&alice, bob_fp, id, true));
	e2e_free(NULL);
}

static void
test_words(void **state)
{
	static char	 all[256][WORDS_STRLEN];
	uint8_t		 b[WORDS_BYTES];
	char		 four[WORDS_STRLEN];
	unsigned int	 i, j;

	(void)state;
	for (i = 0; i < 256; i++) {
		memset(b, (int)i, sizeof(b));
		words_from(b, four);
		assert_true(strlen(four) < WORDS_STRLEN);
		(void)strlcpy(all[i], four, strcspn(four, " ") + 1);
		assert_true(strlen(all[i]) >= 4 && strlen(all[i]) <= 10);
		assert_int_equal(strlen(four), 4 * strlen(all[i]) + 3);
		for (j = 0; j < i; j++)
			assert_true(strncmp(all[j], all[i], 4) != 0);
	}
	memcpy(b, "\x00\x01\xfe\xff", sizeof(b));
	words_from(b, four);
	assert_string_equal(four, "acrobat adobe walrus zebra");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_different),
		cmocka_unit_test(test_altered_offer),
		cmocka_unit_test(test_half_offer),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_half_answer),
		cmocka_unit_test(test_impostor),
		cmocka_unit_test(test_low_order),
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_words),
	};

	return (cmocka_run_group_tests(tests, set_up, NULL));
}
