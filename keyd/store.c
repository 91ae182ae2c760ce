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

/* The keys (see store.h), as OpenSSL objects made before the sandbox. */

#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/wire/identity.h"
#include "keyd/store.h"

/* 64 spaces, the context string with its NUL, a SHA-256 or SHA-384 hash. */
#define TBS_PAD		64
#define TBS_SERVER	"TLS 1.3, server CertificateVerify"
#define TBS_CLIENT	"TLS 1.3, client CertificateVerify"
#define TBS_LEN(hash)	(TBS_PAD + sizeof(TBS_SERVER) + (hash))

_Static_assert(sizeof(TBS_SERVER) == sizeof(TBS_CLIENT), "one length");

#define ANSWER_LABEL	"call-answer"

/* Private keys of 32 bytes each, a few of them. */
#define SECURE_HEAP	16384
#define SECURE_MIN	32

struct store {
	uint8_t		 ks_seed[32];
	uint8_t		 ks_identity_pub[PUB_LEN];
	uint8_t		 ks_certificate[IDENTITY_CERT_MAX];
	size_t		 ks_certificate_len;
	EVP_PKEY	*ks_tls;
	EVP_PKEY	*ks_identity;
};

static EVP_PKEY	*store_key(const uint8_t *, const uint8_t *);
static int	 store_sign(EVP_PKEY *, const uint8_t *, size_t, uint8_t *);
static unsigned int tbs_role(const uint8_t *, size_t);

int
store_init(void)
{
	/* No file of the host decides how we sign. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return (-1);
	/* 2: not all of it could be locked (limit of a plain user). */
	return (CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_MIN) == 0 ?
	    -1 : 0);
}

struct store *
store_new(const uint8_t seed[32])
{
	struct identity	 id;
	struct store	*ks;
	int		 len = -1;

	if ((ks = OPENSSL_secure_zalloc(sizeof(*ks))) == NULL)
		return (NULL);
	memcpy(ks->ks_seed, seed, sizeof(ks->ks_seed));
	if (identity_from_seed(&id, seed) == -1)
		goto fail;
	memcpy(ks->ks_identity_pub, id.id_pub, sizeof(ks->ks_identity_pub));
	ks->ks_identity = store_key(id.id_secret, id.id_pub);
	ks->ks_tls = store_key(id.id_tls_secret, id.id_tls_pub);
	len = identity_certificate(id.id_tls_secret, ks->ks_certificate);
	identity_wipe(&id);
	if (ks->ks_identity == NULL || ks->ks_tls == NULL || len <= 0)
		goto fail;
	ks->ks_certificate_len = (size_t)len;
	return (ks);
fail:
	store_free(ks);
	return (NULL);
}

void
store_free(struct store *ks)
{
	if (ks == NULL)
		return;
	EVP_PKEY_free(ks->ks_identity);
	EVP_PKEY_free(ks->ks_tls);
	OPENSSL_secure_clear_free(ks, sizeof(*ks));
}

/* Signs and verifies once, so that all is loaded before the sandbox. */
static EVP_PKEY *
store_key(const uint8_t *secret, const uint8_t *pub)
{
	static const uint8_t	 probe[] = "keyd";
	uint8_t			 sig[SIG_LEN];
	EVP_PKEY		*key;

	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret,
	    32);
	if (key == NULL)
		return (NULL);
	if (store_sign(key, probe, sizeof(probe), sig) == -1 ||
	    !identity_verify(pub, probe, sizeof(probe), sig, sizeof(sig))) {
		EVP_PKEY_free(key);
		return (NULL);
	}
	return (key);
}

const uint8_t *
store_identity_pub(const struct store *ks)
{
	return (ks->ks_identity_pub);
}

const uint8_t *
store_certificate(const struct store *ks, size_t *len)
{
	*len = ks->ks_certificate_len;
	return (ks->ks_certificate);
}

int
store_reset_key(const struct store *ks, unsigned int slot,
    uint8_t key[STORE_RESET_LEN])
{
	char	info[32];

	(void)snprintf(info, sizeof(info), "wzp-reset-%u", slot);
	return (identity_hkdf(ks->ks_seed, sizeof(ks->ks_seed), info, key,
	    STORE_RESET_LEN));
}

/*
 * The relay is a client in TLS only of another relay, and only federd has
 * such connections: no other worker can pass for this relay there.
 */
unsigned int
store_tls_roles(enum proc proc)
{
	if (proc == PROC_FEDERD)
		return (STORE_TLS_SERVER | STORE_TLS_CLIENT);
	return (STORE_TLS_SERVER);
}

/*
 * The transcript hash says nothing to us; all before it is fixed.  Nothing
 * else that is signed with this key begins with 64 spaces.
 */
static unsigned int
tbs_role(const uint8_t *tbs, size_t len)
{
	size_t	i;

	if (len != TBS_LEN(32) && len != TBS_LEN(48))
		return (0);
	for (i = 0; i < TBS_PAD; i++)
		if (tbs[i] != ' ')
			return (0);
	if (memcmp(tbs + TBS_PAD, TBS_SERVER, sizeof(TBS_SERVER)) == 0)
		return (STORE_TLS_SERVER);
	if (memcmp(tbs + TBS_PAD, TBS_CLIENT, sizeof(TBS_CLIENT)) == 0)
		return (STORE_TLS_CLIENT);
	return (0);
}

int
store_sign_tls(struct store *ks, unsigned int roles, const uint8_t *tbs,
    size_t len, uint8_t sig[SIG_LEN])
{
	if ((tbs_role(tbs, len) & roles) == 0) {
		errno = EINVAL;
		return (-1);
	}
	return (store_sign(ks->ks_tls, tbs, len, sig));
}

int
store_sign_answer(struct store *ks, const uint8_t ephemeral[PUB_LEN],
    uint8_t sig[SIG_LEN])
{
	uint8_t	text[PUB_LEN + sizeof(ANSWER_LABEL) - 1];

	memcpy(text, ephemeral, PUB_LEN);
	memcpy(text + PUB_LEN, ANSWER_LABEL, sizeof(ANSWER_LABEL) - 1);
	return (store_sign(ks->ks_identity, text, sizeof(text), sig));
}

static int
store_sign(EVP_PKEY *key, const uint8_t *text, size_t len, uint8_t *sig)
{
	EVP_MD_CTX	*ctx;
	size_t		 siglen = SIG_LEN;
	int		 ok;

	if ((ctx = EVP_MD_CTX_new()) == NULL)
		return (-1);
	ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &siglen, text, len) == 1 &&
	    siglen == SIG_LEN;
	EVP_MD_CTX_free(ctx);
	if (!ok) {
		ERR_clear_error();
		errno = EIO;
	}
	return (ok ? 0 : -1);
}
