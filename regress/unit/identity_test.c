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
 * What the vectors do not say about identities: the certificate in the eyes
 * of libcrypto, the proof of possession, bad input.
 *
 * COVERS: row 1.5 - fingerprint rule
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/wire/identity.h"

static void	 make(struct identity *, uint8_t);
static bool	 serial_minimal(X509 *, bool *);

static void
make(struct identity *id, uint8_t fill)
{
	uint8_t	 seed[32];

	memset(seed, fill, sizeof(seed));
	assert_int_equal(identity_from_seed(id, seed), 0);
}

/* Is the serial number encoded in as few bytes as DER wants? */
static bool
serial_minimal(X509 *x, bool *shortened)
{
	const ASN1_INTEGER	*serial = X509_get0_serialNumber(x);
	unsigned char		*der = NULL;
	bool			 ok;
	int			 len;

	len = i2d_ASN1_INTEGER(serial, &der);
	ok = len > 2 && der[1] == len - 2 && der[1] <= 20 &&
	    (der[2] & 0x80) == 0 &&
	    (der[1] == 1 || der[2] != 0 || (der[3] & 0x80) != 0);
	if (ok && der[1] < 20)
		*shortened = true;
	OPENSSL_free(der);
	return (ok);
}

/*
 * Enough seeds that some serial numbers begin with a zero byte and are
 * shorter than 20 bytes: each certificate is parsed, printed again to the
 * same bytes, verified with its own key, and says what 1.5 wants.
 */
static void
test_certificates(void **state)
{
	struct identity		 id;
	X509			*x;
	EVP_PKEY		*key;
	const unsigned char	*p;
	unsigned char		*again;
	uint8_t			 seed[32], der[IDENTITY_CERT_MAX];
	char			 cn[64];
	bool			 shortened = false;
	int			 i, len;

	(void)state;
	memset(seed, 0, sizeof(seed));
	for (i = 0; i < 1000; i++) {
		seed[0] = (uint8_t)i;
		seed[1] = (uint8_t)(i >> 8);
		assert_int_equal(identity_hkdf(seed, 32, "wzp-tls-ed25519",
		    id.id_tls_secret, 32), 0);
		len = identity_certificate(id.id_tls_secret, der);
		assert_true(len >= 280 && len <= 289);
		p = der;
		x = d2i_X509(NULL, &p, len);
		assert_non_null(x);
		assert_ptr_equal(p, der + len);
		assert_true(serial_minimal(x, &shortened));
		if (i % 100 == 0) {
			again = NULL;
			assert_int_equal(i2d_X509(x, &again), len);
			assert_memory_equal(again, der, (size_t)len);
			OPENSSL_free(again);
			key = X509_get_pubkey(x);
			assert_non_null(key);
			assert_int_equal(X509_verify(x, key), 1);
			EVP_PKEY_free(key);
			assert_int_equal(X509_get_version(x), 2);
			assert_int_equal(X509_get_ext_count(x), 1);
			assert_int_equal(X509_check_host(x, "localhost", 0, 0,
			    NULL), 1);
			assert_int_equal(X509_NAME_get_text_by_NID(
			    X509_get_subject_name(x), NID_commonName, cn,
			    sizeof(cn)), 22);
			assert_string_equal(cn, "rcgen self signed cert");
			assert_int_equal(X509_NAME_cmp(
			    X509_get_subject_name(x),
			    X509_get_issuer_name(x)), 0);
		}
		X509_free(x);
	}
	assert_true(shortened);
}

static void
test_sign_verify(void **state)
{
	struct identity	 a, b;
	uint8_t		 eph[32], sig[64], bad[64];

	(void)state;
	make(&a, 1);
	make(&b, 2);
	memset(eph, 9, sizeof(eph));
	assert_int_equal(identity_sign_offer(a.id_secret, eph, sig), 0);
	assert_true(identity_verify_offer(a.id_pub, eph, sig, 64));
	assert_false(identity_verify_offer(b.id_pub, eph, sig, 64));
	assert_false(identity_verify_offer(a.id_pub, eph, sig, 63));
	assert_false(identity_verify_offer(a.id_pub, eph, sig, 0));
	assert_false(identity_verify_offer(a.id_pub, eph, NULL, 64));
	assert_false(identity_verify_answer(a.id_pub, eph, sig, 64));
	memcpy(bad, sig, 64);
	bad[63] ^= 1;
	assert_false(identity_verify_offer(a.id_pub, eph, bad, 64));
	eph[31] ^= 1;
	assert_false(identity_verify_offer(a.id_pub, eph, sig, 64));
}

/* Good for one connection, one key, one purpose, one room. */
static void
test_proof(void **state)
{
	struct identity	 a, b;
	uint8_t		 x[32], y[32], reg[64], room[64], sig[64];
	uint8_t		 text[16 + 32 + 32];
	char		 name[300];

	(void)state;
	make(&a, 1);
	make(&b, 2);
	memset(x, 5, sizeof(x));
	memset(y, 6, sizeof(y));
	assert_int_equal(identity_prove(a.id_secret, x, a.id_pub, NULL, reg),
	    0);
	assert_int_equal(identity_prove(a.id_secret, x, a.id_pub, "call-1",
	    room), 0);
	assert_true(identity_proven(x, a.id_pub, NULL, reg, 64));
	assert_true(identity_proven(x, a.id_pub, "call-1", room, 64));

	assert_false(identity_proven(y, a.id_pub, NULL, reg, 64));
	assert_false(identity_proven(x, b.id_pub, NULL, reg, 64));
	assert_false(identity_proven(x, a.id_pub, NULL, room, 64));
	assert_false(identity_proven(x, a.id_pub, "", reg, 64));
	assert_false(identity_proven(x, a.id_pub, "call-1", reg, 64));
	assert_false(identity_proven(x, a.id_pub, "call-2", room, 64));
	assert_false(identity_proven(x, a.id_pub, "call-", room, 64));
	assert_false(identity_proven(x, a.id_pub, NULL, reg, 63));
	assert_false(identity_proven(x, a.id_pub, NULL, NULL, 0));

	/* the bytes that are signed */
	memcpy(text, "wzp-register-v1", 16);
	memcpy(text + 16, x, 32);
	memcpy(text + 48, a.id_pub, 32);
	assert_int_equal(identity_sign(a.id_secret, text, sizeof(text), sig),
	    0);
	assert_memory_equal(sig, reg, 64);

	memset(name, 'r', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(identity_prove(a.id_secret, x, a.id_pub, name, sig),
	    -1);
	assert_false(identity_proven(x, a.id_pub, name, room, 64));
}

static void
test_fingerprints(void **state)
{
	static const uint8_t	 zero[32];
	char			 fp[IDENTITY_FP_STRLEN];

	(void)state;
	identity_fingerprint(zero, fp);
	assert_string_equal(fp, "6668:7aad:f862:bd77:6c8f:c18b:8e9f:8e20");
	assert_true(identity_fingerprint_valid(fp));
	assert_false(identity_fingerprint_valid(""));
	assert_false(identity_fingerprint_valid(
	    "6668:7AAD:f862:bd77:6c8f:c18b:8e9f:8e20"));
	assert_false(identity_fingerprint_valid(
	    "6668:7aad:f862:bd77:6c8f:c18b:8e9f:8e2"));
	assert_false(identity_fingerprint_valid(
	    "6668:7aad:f862:bd77:6c8f:c18b:8e9f:8e200"));
	assert_false(identity_fingerprint_valid(
	    "66687:aad:f862:bd77:6c8f:c18b:8e9f:8e20"));
	assert_false(identity_fingerprint_valid(
	    "6668:7aad:f862:bd77:6c8f:c18b:8e9f:8eg0"));
	assert_false(identity_fingerprint_valid(
	    "66687aadf862bd776c8fc18b8e9f8e20"));
	assert_int_equal(identity_fingerprint_parse(
	    "6668 7AAD f862 bd77 6c8f c18b 8e9f 8e20", fp), 0);
	assert_string_equal(fp, "6668:7aad:f862:bd77:6c8f:c18b:8e9f:8e20");
	/* an odd digit too many is an error, an even number is dropped */
	assert_int_equal(identity_fingerprint_parse(
	    "66687aadf862bd776c8fc18b8e9f8e201", fp), -1);
}

static void
test_seed(void **state)
{
	static const char	 hex[] = "000102030405060708090a0b0c0d0e0f"
	    "101112131415161718191A1B1C1D1E1F";
	uint8_t			 seed[32];
	char			 text[80];
	int			 i, len;

	(void)state;
	assert_int_equal(identity_seed_parse(hex, 64, seed), 0);
	for (i = 0; i < 32; i++)
		assert_int_equal(seed[i], i);
	len = snprintf(text, sizeof(text), " \r\n\t%s\n ", hex);
	memset(seed, 0, sizeof(seed));
	assert_int_equal(identity_seed_parse(text, (size_t)len, seed), 0);
	assert_int_equal(seed[31], 31);

	assert_int_equal(identity_seed_parse(hex, 63, seed), -1);
	assert_int_equal(identity_seed_parse(hex, 65, seed), -1);
	assert_int_equal(identity_seed_parse("", 0, seed), -1);
	assert_int_equal(identity_seed_parse("   ", 3, seed), -1);
	memcpy(text, hex, 65);
	text[40] = 'g';
	assert_int_equal(identity_seed_parse(text, 64, seed), -1);
	text[40] = '\n';
	assert_int_equal(identity_seed_parse(text, 64, seed), -1);
}

static void
test_key_exchange(void **state)
{
	static const uint8_t	 zero[32];
	uint8_t			 secret[32], shared[32], key[32];
	unsigned int		 sas;

	(void)state;
	/* a key of low order would make the result known to everybody */
	memset(secret, 0x11, sizeof(secret));
	assert_int_equal(identity_x25519(secret, zero, shared), -1);
	memset(shared, 3, sizeof(shared));
	assert_int_equal(identity_session(shared, key, &sas), 0);
	assert_true(sas < 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_sign_verify),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_fingerprints),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_key_exchange),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
