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
 * Keys of 1-RTT packets against literal vectors, against ngtcp2_crypto, and
 * between connections that share cipher contexts.
 *
 * COVERS: design 9 - connections share cipher contexts, never keys
 */
#include "config.h"

#include <setjmp.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ngtcp2/ngtcp2_crypto.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/quic/conn.h"
#include "common/quic/protect.h"
#include "common/quic/session.h"
#include "regress/unit/quic_sim.h"

#define PLAIN_MAX	1500
#define PEOPLE		5
#define MEASURED	40	/* connections */

/* What is looked for in whatever is freed; NULL: nothing. */
static const uint8_t	*secret;
static size_t		 secret_len;
static size_t		 freed_len;	/* bytes of it that are ours to read */
static const void	*freed;
static bool		 leaked;

void	__real_free(void *);
void	__wrap_free(void *);

void
__wrap_free(void *p)
{
	if (p != NULL && p == freed &&
	    memmem(p, freed_len, secret, secret_len) != NULL)
		leaked = true;
	__real_free(p);
}

struct vector {
	enum protect_suite	 ve_suite;
	const char		*ve_key;
	const char		*ve_header_key;
	const char		*ve_nonce;
	const char		*ve_aad;
	const char		*ve_text;
	const char		*ve_sealed;	/* with its tag */
	const char		*ve_sample;
	const char		*ve_mask;
};

/* RFC 9001 A.3: the server's Initial, its packet number is 1. */
static const struct vector aes_128_gcm = {
	.ve_suite = PROTECT_AES_128_GCM,
	.ve_key = "cf3a5331653c364c88f0f379b6067e37",
	.ve_header_key = "c206b8d9b9f0f37644430b490eeaa314",
	.ve_nonce = "0ac1493ca1905853b0bba03f",
	.ve_aad = "c1000000010008f067a5502a4262b50040750001",
	.ve_text =
	    "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825dd"
	    "f73988cfc79825df566dc5430b9a045a1200130100002e00330024001d00"
	    "209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32b"
	    "b9da1a002b00020304",
	.ve_sealed =
	    "5a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5"
	    "a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9"
	    "c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7a"
	    "af2f58891850abbdca3d20398c276456cbc42158407dd074ee",
	.ve_sample = "2cd0991cd25b0aac406a5816b6394100",
	.ve_mask = "2ec0d8356a"
};

/* RFC 9001 A.5: a short header. */
static const struct vector chacha20_poly1305 = {
	.ve_suite = PROTECT_CHACHA20_POLY1305,
	.ve_key =
	    "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23"
	    "e1c8",
	.ve_header_key =
	    "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7"
	    "a7a4",
	.ve_nonce = "e0459b3474bdd0e46d417eb0",
	.ve_aad = "4200bff4",
	.ve_text = "01",
	.ve_sealed = "655e5cd55c41f69080575d7999c25a5bfb",
	.ve_sample = "5e5cd55c41f69080575d7999c25a5bfb",
	.ve_mask = "aefefe7d03"
};

/* The 16th case of GCM's specification; FIPS 197 C.3. */
static const struct vector aes_256_gcm = {
	.ve_suite = PROTECT_AES_256_GCM,
	.ve_key =
	    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f946730"
	    "8308",
	.ve_header_key =
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
	    "1e1f",
	.ve_nonce = "cafebabefacedbaddecaf888",
	.ve_aad = "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	.ve_text =
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a31"
	    "8a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	.ve_sealed =
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555"
	    "d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	    "76fc6ece0f4e1768cddf8853bb2d551b",
	.ve_sample = "00112233445566778899aabbccddeeff",
	.ve_mask = "8ea2b7ca51"
};

static const struct vector	*vectors[] = {
	&aes_128_gcm, &chacha20_poly1305, &aes_256_gcm
};
#define NVECTORS	(sizeof(vectors) / sizeof(vectors[0]))

static size_t
unhex(uint8_t *out, const char *hex)
{
	size_t		i, n = strlen(hex) / 2;
	unsigned int	byte;

	assert_true(n <= PLAIN_MAX);
	for (i = 0; i < n; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return (n);
}

static struct protect_key *
key_new(enum protect_suite suite, enum protect_use use, const char *hex,
    bool shares)
{
	struct protect_key	*k;
	uint8_t			 raw[PLAIN_MAX];

	assert_int_equal(unhex(raw, hex), protect_key_len(suite));
	assert_non_null(k = protect_key_new(suite, use, raw, shares));
	return (k);
}

static void
check_vector(const struct vector *ve, bool shares)
{
	struct protect_key	*seal, *open, *mask;
	uint8_t			 nonce[PLAIN_MAX], aad[PLAIN_MAX];
	uint8_t			 text[PLAIN_MAX], sealed[PLAIN_MAX];
	uint8_t			 sample[PLAIN_MAX], want[PLAIN_MAX];
	uint8_t			 out[PLAIN_MAX];
	size_t			 aad_len, len, sealed_len, i;
	int			 again;

	seal = key_new(ve->ve_suite, PROTECT_SEAL, ve->ve_key, shares);
	open = key_new(ve->ve_suite, PROTECT_OPEN, ve->ve_key, shares);
	mask = key_new(ve->ve_suite, PROTECT_MASK, ve->ve_header_key, shares);
	assert_int_equal(unhex(nonce, ve->ve_nonce), PROTECT_NONCE_LEN);
	aad_len = unhex(aad, ve->ve_aad);
	len = unhex(text, ve->ve_text);
	sealed_len = unhex(sealed, ve->ve_sealed);
	assert_int_equal(sealed_len, len + PROTECT_TAG_LEN);
	assert_int_equal(unhex(sample, ve->ve_sample), PROTECT_SAMPLE_LEN);
	assert_int_equal(unhex(want, ve->ve_mask), PROTECT_MASK_LEN);
	/* A context remembers its key and nothing else. */
	for (again = 0; again < 3; again++) {
		/* In place, as ngtcp2 does it. */
		memcpy(out, text, len);
		assert_int_equal(protect_seal(seal, out, out, len, nonce, aad,
		    aad_len), 0);
		assert_memory_equal(out, sealed, sealed_len);
		assert_int_equal(protect_open(open, out, sealed, sealed_len,
		    nonce, aad, aad_len), 0);
		assert_memory_equal(out, text, len);
		assert_int_equal(protect_mask(mask, out, sample), 0);
		assert_memory_equal(out, want, PROTECT_MASK_LEN);
	}
	/* Not one bit may be another: of packet, header or nonce. */
	for (i = 0; i < sealed_len; i++) {
		sealed[i] ^= 0x10;
		assert_int_equal(protect_open(open, out, sealed, sealed_len,
		    nonce, aad, aad_len), 1);
		sealed[i] ^= 0x10;
	}
	for (i = 0; i < aad_len; i++) {
		aad[i] ^= 1;
		assert_int_equal(protect_open(open, out, sealed, sealed_len,
		    nonce, aad, aad_len), 1);
		aad[i] ^= 1;
	}
	for (i = 0; i < PROTECT_NONCE_LEN; i++) {
		nonce[i] ^= 0x80;
		assert_int_equal(protect_open(open, out, sealed, sealed_len,
		    nonce, aad, aad_len), 1);
		nonce[i] ^= 0x80;
	}
	for (i = 0; i < PROTECT_TAG_LEN; i++)
		assert_int_equal(protect_open(open, out, sealed, i, nonce,
		    aad, aad_len), 1);
	/* What was refused has left nothing behind. */
	assert_int_equal(protect_open(open, out, sealed, sealed_len, nonce,
	    aad, aad_len), 0);
	assert_memory_equal(out, text, len);
	assert_int_equal(ERR_peek_error(), 0);
	protect_key_free(seal);
	protect_key_free(open);
	protect_key_free(mask);
}

static void
test_vectors(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < NVECTORS; i++) {
		check_vector(vectors[i], false);
		check_vector(vectors[i], true);
	}
}

/* Bytes of the heap; 0: an allocator that does not say, a sanitizer's. */
static size_t
in_use(void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
	return (mallinfo2().uordblks);
#else
	return (0);
#endif
}

/* By turns, and with keys that come and go at the same place in memory. */
static void
test_interleaved(void **state)
{
	struct protect_key	*own[PEOPLE], *shares[PEOPLE];
	uint8_t			 raw[PEOPLE][PROTECT_KEY_MAX];
	uint8_t			 a[64], b[64], text[48] = { 1 };
	uint8_t			 nonce[PROTECT_NONCE_LEN] = { 7 };
	unsigned int		 i, round, suite, reused = 0;
	uintptr_t		 place;

	(void)state;
	for (suite = 0; suite < PROTECT_SUITES; suite++) {
		for (i = 0; i < PEOPLE; i++) {
			memset(raw[i], (int)(0x21 * i + suite),
			    sizeof(raw[i]));
			own[i] = protect_key_new(suite, PROTECT_SEAL, raw[i],
			    false);
			shares[i] = protect_key_new(suite, PROTECT_SEAL,
			    raw[i], true);
			assert_true(own[i] != NULL && shares[i] != NULL);
		}
		for (round = 0; round < 200; round++) {
			i = round * 7 % PEOPLE;
			nonce[11] = (uint8_t)round;
			assert_int_equal(protect_seal(own[i], a, text,
			    sizeof(text), nonce, nonce, 5), 0);
			assert_int_equal(protect_seal(shares[i], b, text,
			    sizeof(text), nonce, nonce, 5), 0);
			assert_memory_equal(a, b, sizeof(a));
			if (round % 9 != 0)
				continue;
			/* Another one, whose memory may be the same. */
			protect_key_free(own[i]);
			place = (uintptr_t)shares[i];
			protect_key_free(shares[i]);
			raw[i][3] ^= (uint8_t)(round + 1);
			shares[i] = protect_key_new(suite, PROTECT_SEAL,
			    raw[i], true);
			reused += (uintptr_t)shares[i] == place;
			own[i] = protect_key_new(suite, PROTECT_SEAL, raw[i],
			    false);
			assert_true(own[i] != NULL && shares[i] != NULL);
			nonce[10]++;
			assert_int_equal(protect_seal(shares[i], b, text,
			    sizeof(text), nonce, nonce, 5), 0);
			assert_int_equal(protect_seal(own[i], a, text,
			    sizeof(text), nonce, nonce, 5), 0);
			assert_memory_equal(a, b, sizeof(a));
		}
		/* Control: with another's key it is something else. */
		assert_int_equal(protect_seal(shares[0], a, text,
		    sizeof(text), nonce, nonce, 5), 0);
		assert_int_equal(protect_seal(shares[1], b, text,
		    sizeof(text), nonce, nonce, 5), 0);
		assert_memory_not_equal(a, b, sizeof(a));
		for (i = 0; i < PEOPLE; i++) {
			protect_key_free(own[i]);
			protect_key_free(shares[i]);
		}
	}
	/* Else that was not tried. */
	if (in_use() != 0)
		assert_true(reused > 0);
}

/* A key is not in the memory that is given back, used or not. */
static void
test_wiped(void **state)
{
	static const uint8_t	 raw[PROTECT_KEY_MAX] = "the key that goes";
	struct protect_key	*k;
	uint8_t			 out[32];
	unsigned int		 i;
	void			*control;

	(void)state;
	/* The second half: a pointer takes the place of the first. */
	secret = raw + 8;
	secret_len = 8;
	freed_len = 8 + 16;
	for (i = 0; i < 8; i++) {
		k = protect_key_new(PROTECT_AES_128_GCM, PROTECT_SEAL, raw,
		    i & 1);
		assert_non_null(k);
		freed = k;
		assert_non_null(memmem(freed, freed_len, secret, secret_len));
		if (i & 2) {
			assert_int_equal(protect_seal(k, out, raw, 16, raw,
			    raw, 1), 0);
			/* Who has a context of his own has no other copy. */
			assert_int_equal(memmem(freed, freed_len, secret,
			    secret_len) != NULL, i & 1);
		}
		protect_key_free(k);
		assert_false(leaked);
	}
	/* Control: it would be seen. */
	assert_non_null(control = malloc(freed_len));
	memcpy((char *)control + 8, raw, 16);
	freed = control;
	assert_non_null(memmem(freed, freed_len, raw, 16));
	free(control);
	assert_true(leaked);
	leaked = false;
	freed = NULL;
}

static void
make_aead(ngtcp2_crypto_aead *aead, const EVP_CIPHER *cipher)
{
	aead->native_handle = (void *)(uintptr_t)cipher;
	aead->max_overhead = PROTECT_TAG_LEN;
}

static void
no_rand(uint8_t *out, size_t len, const ngtcp2_rand_ctx *ctx)
{
	(void)ctx;
	memset(out, 0, len);
}

static int
no_cid(ngtcp2_conn *ng, ngtcp2_cid *cid, ngtcp2_stateless_reset_token *token,
    size_t len, void *arg)
{
	(void)ng;
	(void)cid;
	(void)token;
	(void)len;
	(void)arg;
	return (NGTCP2_ERR_CALLBACK_FAILURE);
}

/* A bare connection that knows what TLS chose. */
static ngtcp2_conn *
bare_conn(const EVP_CIPHER *aead, const EVP_MD *md)
{
	ngtcp2_callbacks	 cb;
	ngtcp2_crypto_ctx	 ctx;
	ngtcp2_cid		 dcid = { .datalen = 8 };
	ngtcp2_cid		 scid = { .datalen = 8 };
	ngtcp2_path		 path;
	ngtcp2_settings		 settings;
	ngtcp2_transport_params	 params;
	ngtcp2_conn		*ng;
	struct addr		 a;

	/* Those that have to be there; none is called. */
	memset(&cb, 0, sizeof(cb));
	cb.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
	cb.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
	cb.encrypt = protect_encrypt_cb;
	cb.decrypt = protect_decrypt_cb;
	cb.hp_mask = protect_hp_mask_cb;
	cb.rand = no_rand;
	cb.get_new_connection_id2 = no_cid;
	cb.update_key = ngtcp2_crypto_update_key_cb;
	cb.delete_crypto_aead_ctx = protect_delete_aead_cb;
	cb.delete_crypto_cipher_ctx = protect_delete_cipher_cb;
	cb.get_path_challenge_data2 =
	    ngtcp2_crypto_get_path_challenge_data2_cb;
	cb.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
	ngtcp2_settings_default(&settings);
	ngtcp2_transport_params_default(&params);
	params.original_dcid = dcid;
	params.original_dcid_present = 1;
	assert_int_equal(addr_parse(&a, "192.0.2.1:1"), 0);
	conn_path(&path, &a, &a, 0);
	assert_int_equal(ngtcp2_conn_server_new(&ng, &dcid, &scid, &path,
	    NGTCP2_PROTO_VER_V1, &cb, &settings, &params, NULL, NULL), 0);
	memset(&ctx, 0, sizeof(ctx));
	if (aead != NULL) {
		make_aead(&ctx.aead, aead);
		ngtcp2_crypto_md_init(&ctx.md, (void *)(uintptr_t)md);
		ngtcp2_conn_set_crypto_ctx(ng, &ctx);
	}
	return (ng);
}

/* The next generation of RFC 9001 A.5, and of ngtcp2_crypto for all three. */
static void
check_update(const EVP_CIPHER *aead, const EVP_MD *md, size_t len,
    const char *current, const char *next, bool shares)
{
	ngtcp2_crypto_aead_ctx	 rx, tx, plain_rx, plain_tx;
	ngtcp2_crypto_aead	 native;
	ngtcp2_conn		*ng;
	uint8_t			 now[PLAIN_MAX], other[48];
	uint8_t			 rx_secret[48], tx_secret[48];
	uint8_t			 p_rx_secret[48], p_tx_secret[48];
	uint8_t			 rx_iv[12], tx_iv[12], p_rx_iv[12], p_tx_iv[12];
	uint8_t			 key[64], key2[64], want[PLAIN_MAX];
	uint8_t			 out[100], back[100], text[50] = { 5 };

	ng = bare_conn(aead, md);
	make_aead(&native, aead);
	memset(now, 0x42, sizeof(now));
	if (current != NULL)
		assert_int_equal(unhex(now, current), len);
	memset(other, 0x17, sizeof(other));
	assert_int_equal(protect_update(ng, shares, rx_secret, tx_secret, &rx,
	    rx_iv, &tx, tx_iv, now, other, len), 0);
	if (next != NULL) {
		assert_int_equal(unhex(want, next), len);
		assert_memory_equal(rx_secret, want, len);
	}
	memset(&plain_rx, 0, sizeof(plain_rx));
	memset(&plain_tx, 0, sizeof(plain_tx));
	assert_int_equal(ngtcp2_crypto_update_key(ng, p_rx_secret,
	    p_tx_secret, &plain_rx, key, p_rx_iv, &plain_tx, key2, p_tx_iv,
	    now, other, len), 0);
	assert_memory_equal(rx_secret, p_rx_secret, len);
	assert_memory_equal(tx_secret, p_tx_secret, len);
	assert_memory_equal(rx_iv, p_rx_iv, sizeof(rx_iv));
	assert_memory_equal(tx_iv, p_tx_iv, sizeof(tx_iv));

	/* Ours seals what ngtcp2_crypto seals, and opens that. */
	assert_int_equal(protect_encrypt_cb(out, &native, &tx, text,
	    sizeof(text), tx_iv, 12, key, 7), 0);
	assert_int_equal(protect_encrypt_cb(back, &native, &plain_tx, text,
	    sizeof(text), tx_iv, 12, key, 7), 0);
	assert_memory_equal(out, back, sizeof(text) + PROTECT_TAG_LEN);
	ngtcp2_crypto_aead_ctx_free(&plain_rx);
	assert_int_equal(ngtcp2_crypto_aead_ctx_encrypt_init(&plain_rx,
	    &native, key, 12), 0);
	assert_int_equal(ngtcp2_crypto_encrypt(out, &native, &plain_rx, text,
	    sizeof(text), rx_iv, 12, key2, 7), 0);
	assert_int_equal(protect_decrypt_cb(back, &native, &rx, out,
	    sizeof(text) + PROTECT_TAG_LEN, rx_iv, 12, key2, 7), 0);
	assert_memory_equal(back, text, sizeof(text));
	/* One word for what is not genuine, of both kinds of contexts. */
	out[0] ^= 1;
	assert_int_equal(protect_decrypt_cb(back, &native, &rx, out,
	    sizeof(text) + PROTECT_TAG_LEN, rx_iv, 12, key2, 7),
	    NGTCP2_ERR_DECRYPT);
	ngtcp2_crypto_aead_ctx_free(&plain_rx);
	assert_int_equal(ngtcp2_crypto_aead_ctx_decrypt_init(&plain_rx,
	    &native, key, 12), 0);
	assert_int_equal(protect_decrypt_cb(back, &native, &plain_rx, out,
	    sizeof(text) + PROTECT_TAG_LEN, rx_iv, 12, key2, 7),
	    NGTCP2_ERR_DECRYPT);
	protect_delete_aead_cb(ng, &rx, NULL);
	protect_delete_aead_cb(ng, &tx, NULL);
	assert_null(rx.native_handle);
	protect_delete_aead_cb(ng, &plain_rx, NULL);
	protect_delete_aead_cb(ng, &plain_tx, NULL);
	ngtcp2_conn_del(ng);
}

static void
test_update(void **state)
{
	int	shares;

	(void)state;
	for (shares = 0; shares < 2; shares++) {
		check_update(EVP_chacha20_poly1305(), EVP_sha256(), 32,
		    "9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f3"
		    "0f21632b",
		    "1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b"
		    "714881f9", shares);
		check_update(EVP_aes_128_gcm(), EVP_sha256(), 32, NULL, NULL,
		    shares);
		check_update(EVP_aes_256_gcm(), EVP_sha384(), 48, NULL, NULL,
		    shares);
	}
}

/* Suites that are not spoken here, and a connection that knows none yet. */
static void
test_strange_suite(void **state)
{
	ngtcp2_crypto_aead_ctx	 rx, tx;
	ngtcp2_conn		*ng;
	uint8_t			 a[64] = { 1 }, b[64], c[64], iv[12], iv2[12];

	(void)state;
	ng = bare_conn(NULL, NULL);
	assert_int_equal(protect_install(ng, true, true, a, 32), -1);
	ngtcp2_conn_del(ng);
	ng = bare_conn(EVP_aes_128_ccm(), EVP_sha256());
	assert_int_equal(protect_update(ng, true, b, c, &rx, iv, &tx, iv2, a,
	    a, 32), -1);
	ngtcp2_conn_del(ng);
	ng = bare_conn(EVP_aes_128_gcm(), EVP_sha256());
	/* No secret is that long, and no version was agreed upon. */
	assert_int_equal(protect_install(ng, true, true, a, 64), -1);
	assert_int_equal(protect_install(ng, true, true, a, 32), -1);
	ngtcp2_conn_del(ng);
}

static struct sim	*world;
static unsigned int	 tamper, tampered;

/* Every fifth packet with a short header has a bit of its own. */
static bool
tampering(struct sim *sm, struct sim_packet *sp)
{
	(void)sm;
	if (!(sp->sp_data[0] & 0x80) && tamper != 0 && ++tamper % 5 == 0) {
		sp->sp_data[sp->sp_len - 1 - tamper % 20] ^= 4;
		tampered++;
	}
	return (true);
}

/*
 * A server whose connections share contexts, clients with their own, all of
 * them by turns, while keys change on both sides and packets are tampered
 * with.
 */
static void
test_connections(void **state)
{
	struct sim_node	*sn;
	struct sim_side	*c[PEOPLE], *s;
	unsigned int	 i, round;

	(void)state;
	world = sim_new(940);
	sn = sim_node(world, 0, "192.0.2.1:4433", true, false);
	sn->sn_config.shared_ciphers = true;
	sim_start(sn);
	sim_start(sim_node(world, 1, "198.51.100.7:5555", false, false));
	sim_start(sim_node(world, 2, "198.51.100.8:5555", false, true));
	world->sm_filter = tampering;
	for (i = 0; i < PEOPLE; i++) {
		c[i] = sim_connect(&world->sm_node[1 + i % 2],
		    &world->sm_node[0], "_signal");
		assert_true(sim_until(world, sim_is_established, c[i],
		    5 * NS_PER_S));
	}
	sim_run(world, world->sm_now + NS_PER_S);
	tamper = 1;
	for (round = 0; round < 12; round++) {
		/* An update is possible once the last one is confirmed. */
		for (i = 0; i < PEOPLE && round % 2 == 0; i++)
			assert_int_equal(ngtcp2_conn_initiate_key_update(
			    c[i]->ss_conn->qc_ng, world->sm_now), 0);
		for (i = 0, s = sn->sn_sides; s != NULL; s = s->ss_next_side,
		    i++) {
			if (round % 2 != 0)
				assert_int_equal(
				    ngtcp2_conn_initiate_key_update(
				    s->ss_conn->qc_ng, world->sm_now), 0);
			assert_int_equal(sim_message(s, round, 700), 0);
		}
		assert_int_equal(i, PEOPLE);
		for (i = 0; i < PEOPLE; i++)
			assert_int_equal(sim_message(c[i], round, 700), 0);
		sim_flush(world);
		sim_run(world, world->sm_now + 6 * NS_PER_S);
		for (i = 0; i < PEOPLE; i++) {
			assert_false(c[i]->ss_closed);
			assert_int_equal(c[i]->ss_messages, round + 1);
		}
		for (s = sn->sn_sides; s != NULL; s = s->ss_next_side)
			assert_int_equal(s->ss_messages, round + 1);
	}
	assert_true(tampered > 20);
	tamper = 0;
	sim_free(world);
}

/* Bytes in use with so many connections, both sides of them. */
static size_t
memory_of(bool shares)
{
	size_t			 before = in_use(), after;
	struct sim_node		*sn;
	struct sim_side		*c;
	struct sim		*sm;
	unsigned int		 i;

	sm = sim_new(950);
	sn = sim_node(sm, 0, "192.0.2.1:4433", true, false);
	sn->sn_config.shared_ciphers = shares;
	sim_start(sn);
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, false));
	for (i = 0; i < MEASURED; i++) {
		c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "_signal");
		assert_true(sim_until(sm, sim_is_established, c,
		    5 * NS_PER_S));
	}
	sim_run(sm, sm->sm_now + 3 * NS_PER_S);
	/* The keys of the next generation as well. */
	for (c = sm->sm_node[1].sn_sides; c != NULL; c = c->ss_next_side) {
		assert_int_equal(ngtcp2_conn_initiate_key_update(
		    c->ss_conn->qc_ng, sm->sm_now), 0);
		assert_int_equal(sim_message(c, 0, 100), 0);
	}
	sim_flush(sm);
	sim_run(sm, sm->sm_now + 3 * NS_PER_S);
	after = in_use();
	sim_free(sm);
	return (after - before);
}

/* What it is all for: two contexts for packets and two for headers less. */
static void
test_memory(void **state)
{
	size_t	own, shared;

	(void)state;
	if (in_use() == 0)
		skip();
	(void)memory_of(true);
	own = memory_of(false);
	shared = memory_of(true);
	print_message("# %zu bytes less a connection\n",
	    (own - shared) / MEASURED);
	assert_in_range((own - shared) / MEASURED, 3000, 6000);
}

/* libssl takes nothing, and somebody says more and more. */
static void
test_crypto_pending(void **state)
{
	struct quic_conn	*qc;
	uint8_t			 data[1000] = { 0 };
	unsigned int		 n;

	(void)state;
	assert_non_null(qc = calloc(1, sizeof(*qc)));
	STAILQ_INIT(&qc->qc_crypto);
	assert_int_equal(crypto_receive(qc, data, 0), 0);
	assert_true(STAILQ_EMPTY(&qc->qc_crypto));
	for (n = 0; n < 100 && crypto_receive(qc, data, sizeof(data)) == 0;)
		n++;
	assert_int_equal(n, 65);
	crypto_clear(qc);
	assert_true(STAILQ_EMPTY(&qc->qc_crypto));
	assert_int_equal(crypto_receive(qc, data, sizeof(data)), 0);
	crypto_clear(qc);
	free(qc);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_strange_suite),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_crypto_pending)
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
