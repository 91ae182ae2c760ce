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
 * keyd signs a TLS 1.3 CertificateVerify (a client's for federd alone) and a
 * CallAnswer, and nothing else whatever it is asked.
 *
 * COVERS: keyd - every other shape of a TLS request is refused
 * COVERS: keyd - only federd may have a client's CertificateVerify signed
 * COVERS: keyd - signatures verify with the certificate's and identity's key
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/wire/identity.h"
#include "keyd/store.h"

static const uint8_t	seed[32] = { 7, 1, 2, 3 };

static const char	server[] = "TLS 1.3, server CertificateVerify";
static const char	client[] = "TLS 1.3, client CertificateVerify";

static struct store	*ks;

/* The bytes of RFC 8446 4.4.3 with a hash of n bytes. */
static size_t
make_tbs(uint8_t *tbs, const char context[34], size_t n)
{
	memset(tbs, 0x20, 64);
	memcpy(tbs + 64, context, 34);
	memset(tbs + 98, 0xa5, n);
	return (98 + n);
}

static int
setup(void **state)
{
	(void)state;
	if (store_init() == -1)
		return (-1);
	return ((ks = store_new(seed)) == NULL ? -1 : 0);
}

static int
teardown(void **state)
{
	(void)state;
	store_free(ks);
	return (0);
}

static void
signs_both_lengths(void **state)
{
	struct identity	 id;
	uint8_t		 tbs[200], sig[SIG_LEN], again[SIG_LEN], pub[32];
	const uint8_t	*der;
	EVP_PKEY	*key;
	X509		*x;
	unsigned int	 i, role;
	size_t		 len, n, publen = sizeof(pub);

	(void)state;
	assert_int_equal(identity_from_seed(&id, seed), 0);
	der = store_certificate(ks, &len);
	assert_non_null(x = d2i_X509(NULL, &der, (long)len));
	assert_non_null(key = X509_get0_pubkey(x));
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, pub, &publen), 1);
	X509_free(x);
	assert_memory_equal(pub, id.id_tls_pub, 32);
	assert_memory_equal(store_identity_pub(ks), id.id_pub, 32);

	for (i = 0; i < 4; i++) {
		n = i < 2 ? 32 : 48;
		role = i % 2 == 0 ? STORE_TLS_SERVER : STORE_TLS_CLIENT;
		len = make_tbs(tbs, i % 2 == 0 ? server : client, n);
		assert_int_equal(len, n == 32 ? 130 : 146);
		assert_int_equal(store_sign_tls(ks, role, tbs, len, sig), 0);
		assert_true(identity_verify(pub, tbs, len, sig, SIG_LEN));
		/* Ed25519 is deterministic; another hash, another one. */
		tbs[len - 1] ^= 1;
		assert_false(identity_verify(pub, tbs, len, sig, SIG_LEN));
		assert_int_equal(store_sign_tls(ks, role, tbs, len, again),
		    0);
		assert_memory_not_equal(sig, again, SIG_LEN);
	}
	identity_wipe(&id);
}

static void
refuses_other_shapes(void **state)
{
	static const size_t	lengths[] = {
		0, 1, 63, 64, 97, 98, 129, 131, 145, 147, 162
	};
	const unsigned int	both = STORE_TLS_SERVER | STORE_TLS_CLIENT;
	uint8_t			tbs[200], sig[SIG_LEN];
	size_t			i, len;
	unsigned int		role;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		make_tbs(tbs, i % 2 == 0 ? server : client, 64);
		assert_int_equal(store_sign_tls(ks, both, tbs, lengths[i],
		    sig), -1);
	}
	/* Every byte before the hash counts, those of the hash do not. */
	for (role = STORE_TLS_SERVER; role <= STORE_TLS_CLIENT; role++) {
		len = make_tbs(tbs, role == STORE_TLS_SERVER ? server :
		    client, 48);
		for (i = 0; i < len; i++) {
			tbs[i] ^= 0x01;
			assert_int_equal(store_sign_tls(ks, both, tbs, len,
			    sig), i < 98 ? -1 : 0);
			tbs[i] ^= 0x01;
		}
	}
	/* What the identity key signs elsewhere. */
	memset(tbs, 0, sizeof(tbs));
	memcpy(tbs + 32, "call-answer", 11);
	assert_int_equal(store_sign_tls(ks, both, tbs, 43, sig), -1);
	memcpy(tbs, "wzp-register-v1", 16);
	assert_int_equal(store_sign_tls(ks, both, tbs, 80, sig), -1);
}

static void
sides_of_tls(void **state)
{
	uint8_t		tbs[200], sig[SIG_LEN];
	unsigned int	roles;
	size_t		len;
	enum proc	proc;

	(void)state;
	for (proc = 0; proc < PROC_MAX; proc++) {
		roles = store_tls_roles(proc);
		len = make_tbs(tbs, server, 32);
		assert_int_equal(store_sign_tls(ks, roles, tbs, len, sig), 0);
		len = make_tbs(tbs, client, 32);
		/* The control is federd itself. */
		assert_int_equal(store_sign_tls(ks, roles, tbs, len, sig),
		    proc == PROC_FEDERD ? 0 : -1);
		/* A role is needed, and the one that the bytes say. */
		assert_int_equal(store_sign_tls(ks, 0, tbs, len, sig), -1);
		assert_int_equal(store_sign_tls(ks, STORE_TLS_SERVER, tbs,
		    len, sig), -1);
		len = make_tbs(tbs, server, 32);
		assert_int_equal(store_sign_tls(ks, STORE_TLS_CLIENT, tbs,
		    len, sig), -1);
	}
}

static void
signs_answers(void **state)
{
	uint8_t	ephemeral[PUB_LEN], sig[SIG_LEN], text[43];

	(void)state;
	memset(ephemeral, 0x20, sizeof(ephemeral));
	assert_int_equal(store_sign_answer(ks, ephemeral, sig), 0);
	assert_true(identity_verify_answer(store_identity_pub(ks), ephemeral,
	    sig, SIG_LEN));
	assert_false(identity_verify_offer(store_identity_pub(ks), ephemeral,
	    sig, SIG_LEN));
	memcpy(text, ephemeral, 32);
	memcpy(text + 32, "call-answer", 11);
	assert_true(identity_verify(store_identity_pub(ks), text,
	    sizeof(text), sig, SIG_LEN));
}

static void
reset_keys(void **state)
{
	struct store	*other;
	uint8_t		 a[STORE_RESET_LEN], b[STORE_RESET_LEN];

	(void)state;
	assert_int_equal(store_reset_key(ks, 1, a), 0);
	assert_int_equal(store_reset_key(ks, 2, b), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	/* The same in the next life of the same relay. */
	assert_non_null(other = store_new(seed));
	assert_int_equal(store_reset_key(other, 1, b), 0);
	assert_memory_equal(a, b, sizeof(a));
	store_free(other);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(signs_both_lengths),
		cmocka_unit_test(refuses_other_shapes),
		cmocka_unit_test(sides_of_tls),
		cmocka_unit_test(signs_answers),
		cmocka_unit_test(reset_keys)
	};

	return (cmocka_run_group_tests(tests, setup, teardown));
}
