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
 * Keys of 1-RTT packets (protect.h).
 *
 * What a packet costs beyond the cipher is what OpenSSL does around it.  So a
 * context keeps cipher, direction and key, only the nonce is set, and the tag
 * that is expected is set with it.  A block of ECB goes by EVP_Cipher():
 * EVP_EncryptUpdate() would look for one that is not complete yet.
 */
#include "config.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <limits.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "common/quic/protect.h"

/* SHA-384's, of AES-256. */
#define SECRET_MAX	48
/* HkdfLabel of RFC 8446 7.1 with labels of at most 8 bytes, no context. */
#define LABEL_MAX	(2 + 1 + 6 + 8 + 1)
/* Lowest bit of a native_handle; what malloc() gives has it clear. */
#define OURS		((uintptr_t)1)

struct protect_key {
	uint8_t			 k_suite;
	uint8_t			 k_use;
	bool			 k_shares;
	/* k_raw is a pointer to the context that has the key instead. */
	bool			 k_made;
	alignas(void *) uint8_t	 k_raw[];
};

/* Contexts that keys share; owner: whose key is in it, NULL: nobody's. */
struct shared {
	EVP_CIPHER_CTX		*sh_ctx;
	struct protect_key	*sh_owner;
};

/* In the order of enum protect_suite. */
static const struct {
	int		 su_nid;
	const char	*su_aead;
	const char	*su_header;
	size_t		 su_key_len;
} suites[PROTECT_SUITES] = {
	{ NID_aes_128_gcm, "AES-128-GCM", "AES-128-ECB", 16 },
	{ NID_aes_256_gcm, "AES-256-GCM", "AES-256-ECB", 32 },
	{ NID_chacha20_poly1305, "ChaCha20-Poly1305", "ChaCha20", 32 }
};

static EVP_CIPHER	*aeads[PROTECT_SUITES];
static EVP_CIPHER	*headers[PROTECT_SUITES];
static struct shared	 shared[PROTECT_SUITES][PROTECT_USES];

static EVP_CIPHER_CTX *new_context(enum protect_suite, enum protect_use,
		    const uint8_t *);
static EVP_CIPHER_CTX *own_context(struct protect_key *);
static EVP_CIPHER_CTX *borrow_context(struct protect_key *);
static EVP_CIPHER_CTX *context(struct protect_key *);
static int	 conn_suite(ngtcp2_conn *, enum protect_suite *,
		    const ngtcp2_crypto_md **);
static int	 expand(uint8_t *, size_t, const ngtcp2_crypto_md *,
		    const uint8_t *, size_t, const char *);
static struct protect_key *derive(enum protect_suite, enum protect_use,
		    bool, const ngtcp2_crypto_md *, const uint8_t *, size_t);
static struct protect_key *ours(void *);
static void	*handle(struct protect_key *);

int
protect_init(void)
{
	int	i;

	for (i = 0; i < PROTECT_SUITES; i++) {
		aeads[i] = EVP_CIPHER_fetch(NULL, suites[i].su_aead, NULL);
		headers[i] = EVP_CIPHER_fetch(NULL, suites[i].su_header, NULL);
		if (aeads[i] == NULL || headers[i] == NULL) {
			protect_fini();
			return (-1);
		}
	}
	return (0);
}

void
protect_fini(void)
{
	int	i, use;

	for (i = 0; i < PROTECT_SUITES; i++) {
		for (use = 0; use < PROTECT_USES; use++) {
			EVP_CIPHER_CTX_free(shared[i][use].sh_ctx);
			shared[i][use].sh_ctx = NULL;
			shared[i][use].sh_owner = NULL;
		}
		EVP_CIPHER_free(aeads[i]);
		EVP_CIPHER_free(headers[i]);
		aeads[i] = headers[i] = NULL;
	}
}

size_t
protect_key_len(enum protect_suite suite)
{
	return (suites[suite].su_key_len);
}

struct protect_key *
protect_key_new(enum protect_suite suite, enum protect_use use,
    const uint8_t *key, bool shares)
{
	struct protect_key	*k;
	size_t			 len = suites[suite].su_key_len;

	if ((k = malloc(sizeof(*k) + len)) == NULL)
		return (NULL);
	k->k_suite = (uint8_t)suite;
	k->k_use = (uint8_t)use;
	k->k_shares = shares;
	k->k_made = false;
	memcpy(k->k_raw, key, len);
	return (k);
}

void
protect_key_free(struct protect_key *k)
{
	static const uint8_t	 zero[PROTECT_KEY_MAX];
	struct shared		*sh;

	if (k == NULL)
		return;
	sh = &shared[k->k_suite][k->k_use];
	if (k->k_made)
		EVP_CIPHER_CTX_free(context(k));
	else if (sh->sh_owner == k) {
		sh->sh_owner = NULL;
		/* It would go with its memory, too, so that is no loss. */
		if (EVP_CipherInit_ex2(sh->sh_ctx, NULL, zero, NULL, -1,
		    NULL) != 1) {
			EVP_CIPHER_CTX_free(sh->sh_ctx);
			sh->sh_ctx = NULL;
		}
	}
	OPENSSL_cleanse(k, sizeof(*k) + suites[k->k_suite].su_key_len);
	free(k);
}

/* key NULL: one is set later. */
static EVP_CIPHER_CTX *
new_context(enum protect_suite suite, enum protect_use use,
    const uint8_t *key)
{
	EVP_CIPHER_CTX		*ctx;
	const EVP_CIPHER	*cipher;

	cipher = use == PROTECT_MASK ? headers[suite] : aeads[suite];
	if ((ctx = EVP_CIPHER_CTX_new()) == NULL)
		return (NULL);
	/* Padding is what ECB has, and would be set again for each nonce. */
	if (EVP_CipherInit_ex2(ctx, cipher, key, NULL, use != PROTECT_OPEN,
	    NULL) != 1 || (use == PROTECT_MASK &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)) {
		EVP_CIPHER_CTX_free(ctx);
		return (NULL);
	}
	return (ctx);
}

/* From now on the key is nowhere else. */
static EVP_CIPHER_CTX *
own_context(struct protect_key *k)
{
	EVP_CIPHER_CTX	*ctx;

	if ((ctx = new_context(k->k_suite, k->k_use, k->k_raw)) == NULL)
		return (NULL);
	OPENSSL_cleanse(k->k_raw, suites[k->k_suite].su_key_len);
	memcpy(k->k_raw, &ctx, sizeof(ctx));
	k->k_made = true;
	return (ctx);
}

static EVP_CIPHER_CTX *
borrow_context(struct protect_key *k)
{
	struct shared	*sh = &shared[k->k_suite][k->k_use];

	if (sh->sh_owner == k)
		return (sh->sh_ctx);
	/* If this fails, whose key it has is not known. */
	sh->sh_owner = NULL;
	if (sh->sh_ctx == NULL && (sh->sh_ctx = new_context(k->k_suite,
	    k->k_use, NULL)) == NULL)
		return (NULL);
	if (EVP_CipherInit_ex2(sh->sh_ctx, NULL, k->k_raw, NULL, -1,
	    NULL) != 1)
		return (NULL);
	sh->sh_owner = k;
	return (sh->sh_ctx);
}

static EVP_CIPHER_CTX *
context(struct protect_key *k)
{
	EVP_CIPHER_CTX	*ctx;

	if (k->k_made) {
		memcpy(&ctx, k->k_raw, sizeof(ctx));
		return (ctx);
	}
	return (k->k_shares ? borrow_context(k) : own_context(k));
}

int
protect_seal(struct protect_key *k, uint8_t *out, const uint8_t *text,
    size_t len, const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
	EVP_CIPHER_CTX	*ctx;
	OSSL_PARAM	 params[2];
	int		 n;

	if (len > INT_MAX || aad_len > INT_MAX ||
	    (ctx = context(k)) == NULL)
		return (-1);
	params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_CIPHER_PARAM_AEAD_TAG, out + len, PROTECT_TAG_LEN);
	params[1] = OSSL_PARAM_construct_end();
	if (EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_len) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &n, text, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, out + n, &n) != 1 ||
	    EVP_CIPHER_CTX_get_params(ctx, params) != 1)
		return (-1);
	return (0);
}

int
protect_open(struct protect_key *k, uint8_t *out, const uint8_t *data,
    size_t len, const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
	EVP_CIPHER_CTX	*ctx;
	OSSL_PARAM	 params[2];
	union {
		const uint8_t	*c;
		uint8_t		*v;
	}		 tag;
	int		 n;

	if (len < PROTECT_TAG_LEN)
		return (1);
	if (len > INT_MAX || aad_len > INT_MAX ||
	    (ctx = context(k)) == NULL)
		return (-1);
	len -= PROTECT_TAG_LEN;
	tag.c = data + len;
	params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_CIPHER_PARAM_AEAD_TAG, tag.v, PROTECT_TAG_LEN);
	params[1] = OSSL_PARAM_construct_end();
	if (EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, params) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, aad, (int)aad_len) != 1 ||
	    EVP_DecryptUpdate(ctx, out, &n, data, (int)len) != 1)
		return (-1);
	if (EVP_DecryptFinal_ex(ctx, out + n, &n) != 1) {
		/* libssl looks at this queue to tell its own errors. */
		ERR_clear_error();
		return (1);
	}
	return (0);
}

int
protect_mask(struct protect_key *k, uint8_t *mask, const uint8_t *sample)
{
	static const uint8_t	 zero[PROTECT_MASK_LEN];
	EVP_CIPHER_CTX		*ctx;

	if ((ctx = context(k)) == NULL)
		return (-1);
	/* RFC 9001 5.4.4: the sample is ChaCha20's counter and nonce. */
	if (k->k_suite == PROTECT_CHACHA20_POLY1305)
		return (EVP_CipherInit_ex2(ctx, NULL, NULL, sample, -1,
		    NULL) == 1 &&
		    EVP_Cipher(ctx, mask, zero, sizeof(zero)) >= 0 ? 0 : -1);
	return (EVP_Cipher(ctx, mask, sample, PROTECT_SAMPLE_LEN) >= 0 ?
	    0 : -1);
}

/* What TLS chose, and the hash of it.  -1: nothing yet, or none of ours. */
static int
conn_suite(ngtcp2_conn *ng, enum protect_suite *suite,
    const ngtcp2_crypto_md **md)
{
	const ngtcp2_crypto_ctx	*cc = ngtcp2_conn_get_crypto_ctx2(ng);
	unsigned int		 i;
	int			 nid;

	if (cc->aead.native_handle == NULL)
		return (-1);
	*md = &cc->md;
	nid = EVP_CIPHER_get_nid(cc->aead.native_handle);
	for (i = 0; i < PROTECT_SUITES; i++) {
		if (suites[i].su_nid == nid) {
			*suite = (enum protect_suite)i;
			return (0);
		}
	}
	return (-1);
}

/* HKDF-Expand-Label of RFC 8446 7.1. */
static int
expand(uint8_t *out, size_t len, const ngtcp2_crypto_md *md,
    const uint8_t *secret, size_t secret_len, const char *label)
{
	static const char	 prefix[] = "tls13 ";
	uint8_t			 info[LABEL_MAX];
	size_t			 n = strlen(label), at = 0;

	info[at++] = 0;
	info[at++] = (uint8_t)len;
	info[at++] = (uint8_t)(sizeof(prefix) - 1 + n);
	memcpy(info + at, prefix, sizeof(prefix) - 1);
	at += sizeof(prefix) - 1;
	memcpy(info + at, label, n);
	at += n;
	info[at++] = 0;
	return (ngtcp2_crypto_hkdf_expand(out, len, md, secret, secret_len,
	    info, at) == 0 ? 0 : -1);
}

static struct protect_key *
derive(enum protect_suite suite, enum protect_use use, bool shares,
    const ngtcp2_crypto_md *md, const uint8_t *secret, size_t len)
{
	struct protect_key	*k = NULL;
	uint8_t			 raw[PROTECT_KEY_MAX];

	if (expand(raw, suites[suite].su_key_len, md, secret, len,
	    use == PROTECT_MASK ? "quic hp" : "quic key") == 0)
		k = protect_key_new(suite, use, raw, shares);
	OPENSSL_cleanse(raw, sizeof(raw));
	return (k);
}

int
protect_install(ngtcp2_conn *ng, bool sends, bool shares,
    const uint8_t *secret, size_t len)
{
	const ngtcp2_crypto_md		*md;
	struct protect_key		*packet = NULL, *header = NULL;
	ngtcp2_crypto_aead_ctx		 aead;
	ngtcp2_crypto_cipher_ctx	 cipher;
	uint8_t				 iv[PROTECT_NONCE_LEN];
	enum protect_suite		 suite;

	/* Another version would have other labels (RFC 9369 3.3.1). */
	if (len > SECRET_MAX || conn_suite(ng, &suite, &md) == -1 ||
	    ngtcp2_conn_get_negotiated_version2(ng) != NGTCP2_PROTO_VER_V1)
		return (-1);
	packet = derive(suite, sends ? PROTECT_SEAL : PROTECT_OPEN, shares,
	    md, secret, len);
	header = derive(suite, PROTECT_MASK, shares, md, secret, len);
	if (packet == NULL || header == NULL ||
	    expand(iv, sizeof(iv), md, secret, len, "quic iv") == -1)
		goto fail;
	aead.native_handle = handle(packet);
	cipher.native_handle = handle(header);
	if ((sends ? ngtcp2_conn_install_tx_key(ng, secret, len, &aead, iv,
	    sizeof(iv), &cipher) : ngtcp2_conn_install_rx_key(ng, secret, len,
	    &aead, iv, sizeof(iv), &cipher)) != 0)
		goto fail;
	return (0);

fail:
	protect_key_free(packet);
	protect_key_free(header);
	return (-1);
}

int
protect_update(ngtcp2_conn *ng, bool shares, uint8_t *rx_secret,
    uint8_t *tx_secret, ngtcp2_crypto_aead_ctx *rx, uint8_t *rx_iv,
    ngtcp2_crypto_aead_ctx *tx, uint8_t *tx_iv, const uint8_t *rx_current,
    const uint8_t *tx_current, size_t len)
{
	const ngtcp2_crypto_md	*md;
	struct protect_key	*in, *out;
	enum protect_suite	 suite;

	/* Header protection stays as it is (RFC 9001 6). */
	if (len > SECRET_MAX || conn_suite(ng, &suite, &md) == -1 ||
	    expand(rx_secret, len, md, rx_current, len, "quic ku") == -1 ||
	    expand(tx_secret, len, md, tx_current, len, "quic ku") == -1 ||
	    expand(rx_iv, PROTECT_NONCE_LEN, md, rx_secret, len,
	    "quic iv") == -1 ||
	    expand(tx_iv, PROTECT_NONCE_LEN, md, tx_secret, len,
	    "quic iv") == -1)
		return (-1);
	in = derive(suite, PROTECT_OPEN, shares, md, rx_secret, len);
	out = derive(suite, PROTECT_SEAL, shares, md, tx_secret, len);
	if (in == NULL || out == NULL) {
		protect_key_free(in);
		protect_key_free(out);
		return (-1);
	}
	rx->native_handle = handle(in);
	tx->native_handle = handle(out);
	return (0);
}

/* NULL: it is ngtcp2_crypto's. */
static struct protect_key *
ours(void *native_handle)
{
	uintptr_t	p = (uintptr_t)native_handle;

	return (p & OURS ? (struct protect_key *)(p - OURS) : NULL);
}

static void *
handle(struct protect_key *k)
{
	return ((void *)((uintptr_t)k | OURS));
}

int
protect_encrypt_cb(uint8_t *out, const ngtcp2_crypto_aead *aead,
    const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *text, size_t len,
    const uint8_t *nonce, size_t nonce_len, const uint8_t *aad,
    size_t aad_len)
{
	struct protect_key	*k;

	if ((k = ours(ctx->native_handle)) == NULL)
		return (ngtcp2_crypto_encrypt_cb(out, aead, ctx, text, len,
		    nonce, nonce_len, aad, aad_len));
	return (protect_seal(k, out, text, len, nonce, aad, aad_len) == 0 ?
	    0 : NGTCP2_ERR_CALLBACK_FAILURE);
}

int
protect_decrypt_cb(uint8_t *out, const ngtcp2_crypto_aead *aead,
    const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *data, size_t len,
    const uint8_t *nonce, size_t nonce_len, const uint8_t *aad,
    size_t aad_len)
{
	struct protect_key	*k;

	if ((k = ours(ctx->native_handle)) == NULL)
		return (ngtcp2_crypto_decrypt_cb(out, aead, ctx, data, len,
		    nonce, nonce_len, aad, aad_len));
	switch (protect_open(k, out, data, len, nonce, aad, aad_len)) {
	case 0:
		return (0);
	case 1:
		return (NGTCP2_ERR_DECRYPT);
	default:
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	}
}

int
protect_hp_mask_cb(uint8_t *mask, const ngtcp2_crypto_cipher *hp,
    const ngtcp2_crypto_cipher_ctx *ctx, const uint8_t *sample)
{
	struct protect_key	*k;

	if ((k = ours(ctx->native_handle)) == NULL)
		return (ngtcp2_crypto_hp_mask_cb(mask, hp, ctx, sample));
	return (protect_mask(k, mask, sample) == 0 ?
	    0 : NGTCP2_ERR_CALLBACK_FAILURE);
}

void
protect_delete_aead_cb(ngtcp2_conn *ng, ngtcp2_crypto_aead_ctx *ctx,
    void *arg)
{
	struct protect_key	*k;

	if ((k = ours(ctx->native_handle)) == NULL) {
		ngtcp2_crypto_delete_crypto_aead_ctx_cb(ng, ctx, arg);
		return;
	}
	protect_key_free(k);
	ctx->native_handle = NULL;
}

void
protect_delete_cipher_cb(ngtcp2_conn *ng, ngtcp2_crypto_cipher_ctx *ctx,
    void *arg)
{
	struct protect_key	*k;

	if ((k = ours(ctx->native_handle)) == NULL) {
		ngtcp2_crypto_delete_crypto_cipher_ctx_cb(ng, ctx, arg);
		return;
	}
	protect_key_free(k);
	ctx->native_handle = NULL;
}
