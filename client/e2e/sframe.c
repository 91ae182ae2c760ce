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

/* SFrame: see sframe.h.  Numbers in comments are sections of RFC 9605. */

#include "config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

#include "client/e2e/checked.h"
#include "client/e2e/kdf.h"
#include "client/e2e/sframe.h"

#define LABEL_KEY	"SFrame 1.0 Secret key "
#define LABEL_SALT	"SFrame 1.0 Secret salt "
#define LABEL_RATCHET	"SFrame 1.0 Ratchet"

/* 4.3: X and Y say that the field holds a length. */
#define EXTENDED	0x08

struct sframe {
	enum sframe_suite	 sf_suite;
	bool			 sf_encrypt;
	bool			 sf_ready;
	uint64_t		 sf_kid;
	uint8_t			 sf_salt[SFRAME_SALT_LEN];
	EVP_CIPHER_CTX		*sf_ctx;
};

static enum kdf_hash	 hash_of(enum sframe_suite);
static size_t		 key_len(enum sframe_suite);
static unsigned int	 field_write(uint8_t *, size_t *, uint64_t);
static bool		 field_read(const uint8_t *, size_t, size_t *,
			    unsigned int, uint64_t *);
static int		 label(enum sframe_suite, const uint8_t *, const char *,
			    uint64_t, uint8_t *, size_t);
static void		 nonce(const struct sframe *, uint64_t,
			    uint8_t[SFRAME_SALT_LEN]);

static enum kdf_hash
hash_of(enum sframe_suite suite)
{
	return (suite == SFRAME_AES_256_GCM_SHA512_128 ? KDF_SHA512 :
	    KDF_SHA256);
}

static size_t
key_len(enum sframe_suite suite)
{
	return (suite == SFRAME_AES_256_GCM_SHA512_128 ? 32 : 16);
}

struct sframe *
sframe_new(enum sframe_suite suite, bool encrypt)
{
	struct sframe	*sf;

	if ((sf = calloc(1, sizeof(*sf))) == NULL)
		return (NULL);
	sf->sf_suite = suite;
	sf->sf_encrypt = encrypt;
	if ((sf->sf_ctx = EVP_CIPHER_CTX_new()) == NULL) {
		free(sf);
		return (NULL);
	}
	return (sf);
}

void
sframe_free(struct sframe *sf)
{
	if (sf == NULL)
		return;
	sframe_clear(sf);
	EVP_CIPHER_CTX_free(sf->sf_ctx);
	free(sf);
}

void
sframe_clear(struct sframe *sf)
{
	/* This frees the key schedule, and zeroes it before. */
	(void)EVP_CIPHER_CTX_reset(sf->sf_ctx);
	OPENSSL_cleanse(sf->sf_salt, sizeof(sf->sf_salt));
	sf->sf_kid = 0;
	sf->sf_ready = false;
}

bool
sframe_ready(const struct sframe *sf)
{
	return (sf->sf_ready);
}

int
sframe_set(struct sframe *sf, uint64_t kid, const uint8_t *base_key,
    size_t len)
{
	uint8_t			 key[SFRAME_KEY_MAX];
	const EVP_CIPHER	*cipher;

	sframe_clear(sf);
	cipher = sf->sf_suite == SFRAME_AES_256_GCM_SHA512_128 ?
	    EVP_aes_256_gcm() : EVP_aes_128_gcm();
	/* 12 bytes of nonce are GCM's default. */
	if (sframe_derive(sf->sf_suite, kid, base_key, len, key,
	    sf->sf_salt) == 0 &&
	    EVP_CipherInit_ex2(sf->sf_ctx, cipher, key, NULL,
	    sf->sf_encrypt ? 1 : 0, NULL) == 1) {
		sf->sf_kid = kid;
		sf->sf_ready = true;
	}
	OPENSSL_cleanse(key, sizeof(key));
	if (!sf->sf_ready) {
		sframe_clear(sf);
		return (-1);
	}
	return (0);
}

/* The nibble of the config byte; what it leaves over goes behind. */
static unsigned int
field_write(uint8_t *out, size_t *off, uint64_t v)
{
	unsigned int	 n, i;

	if (v < EXTENDED)
		return ((unsigned int)v);
	for (n = 1; n < 8 && v >> 8 * n != 0; n++)
		;
	for (i = n; i > 0; i--)
		out[(*off)++] = (uint8_t)(v >> 8 * (i - 1));
	return (EXTENDED | (n - 1));
}

size_t
sframe_header_write(uint8_t out[SFRAME_HEADER_MAX], uint64_t kid,
    uint64_t ctr)
{
	size_t		 off = 1;
	unsigned int	 x, y;

	x = field_write(out, &off, kid);
	y = field_write(out, &off, ctr);
	out[0] = (uint8_t)(x << 4 | y);
	return (off);
}

static bool
field_read(const uint8_t *in, size_t len, size_t *off, unsigned int nibble,
    uint64_t *v)
{
	unsigned int	 i, n;

	if ((nibble & EXTENDED) == 0) {
		*v = nibble;
		return (true);
	}
	n = (nibble & ~(unsigned int)EXTENDED) + 1;
	if (len - *off < n)
		return (false);
	for (*v = 0, i = 0; i < n; i++)
		*v = *v << 8 | in[(*off)++];
	/* 4.3: "the minimum number of bytes", so that there is one form. */
	return (n == 1 ? *v >= EXTENDED : *v >> 8 * (n - 1) != 0);
}

size_t
sframe_header_read(const uint8_t *in, size_t len, uint64_t *kid,
    uint64_t *ctr)
{
	size_t	 off = 1;

	if (len < 1 ||
	    !field_read(in, len, &off, (unsigned int)in[0] >> 4, kid) ||
	    !field_read(in, len, &off, in[0] & 0x0fU, ctr))
		return (0);
	return (off);
}

/* info: the text, KID in 8 bytes, suite in 2. */
static int
label(enum sframe_suite suite, const uint8_t *secret, const char *text,
    uint64_t kid, uint8_t *out, size_t outlen)
{
	uint8_t	 info[sizeof(LABEL_SALT) + 8 + 2];
	size_t	 n, i;

	n = strlen(text);
	memcpy(info, text, n);
	for (i = 0; i < 8; i++)
		info[n++] = (uint8_t)(kid >> (56 - 8 * i));
	info[n++] = (uint8_t)((unsigned int)suite >> 8);
	info[n++] = (uint8_t)suite;
	return (kdf_expand(hash_of(suite), secret, info, n, out, outlen));
}

int
sframe_derive(enum sframe_suite suite, uint64_t kid, const uint8_t *base_key,
    size_t len, uint8_t key[SFRAME_KEY_MAX], uint8_t salt[SFRAME_SALT_LEN])
{
	uint8_t	 secret[KDF_HASH_MAX];
	int	 ret = -1;

	if (kdf_extract(hash_of(suite), NULL, 0, base_key, len, secret) == 0 &&
	    label(suite, secret, LABEL_KEY, kid, key, key_len(suite)) == 0 &&
	    label(suite, secret, LABEL_SALT, kid, salt, SFRAME_SALT_LEN) == 0)
		ret = 0;
	OPENSSL_cleanse(secret, sizeof(secret));
	return (ret);
}

int
sframe_ratchet(enum sframe_suite suite, const uint8_t *base_key, size_t len,
    uint8_t *next)
{
	uint8_t		 secret[KDF_HASH_MAX];
	enum kdf_hash	 hash = hash_of(suite);
	int		 ret = -1;

	if (kdf_extract(hash, NULL, 0, base_key, len, secret) == 0 &&
	    kdf_expand(hash, secret, LABEL_RATCHET, strlen(LABEL_RATCHET), next,
	    kdf_hash_len(hash)) == 0)
		ret = 0;
	OPENSSL_cleanse(secret, sizeof(secret));
	return (ret);
}

static void
nonce(const struct sframe *sf, uint64_t ctr, uint8_t out[SFRAME_SALT_LEN])
{
	size_t	 i;

	memcpy(out, sf->sf_salt, SFRAME_SALT_LEN);
	for (i = 0; i < 8; i++)
		out[SFRAME_SALT_LEN - 1 - i] ^= (uint8_t)(ctr >> 8 * i);
}

size_t
sframe_protect(struct sframe *sf, uint64_t ctr, const uint8_t *metadata,
    size_t metalen, const uint8_t *in, size_t len, uint8_t *out, size_t cap)
{
	uint8_t	 header[SFRAME_HEADER_MAX], iv[SFRAME_SALT_LEN];
	uint8_t	*p;
	size_t	 headerlen;
	int	 n;

	if (!sf->sf_ready || !sf->sf_encrypt || len > SFRAME_TEXT_MAX ||
	    metalen > SFRAME_METADATA_MAX)
		return (0);
	headerlen = sframe_header_write(header, sf->sf_kid, ctr);
	if (cap < headerlen + len + SFRAME_TAG_LEN)
		return (0);
	memcpy(out, header, headerlen);
	p = out + headerlen;
	nonce(sf, ctr, iv);
	/* An update with no text would be taken for the end. */
	if (EVP_EncryptInit_ex2(sf->sf_ctx, NULL, NULL, iv, NULL) != 1 ||
	    EVP_EncryptUpdate(sf->sf_ctx, NULL, &n, header,
	    (int)headerlen) != 1 ||
	    (metalen > 0 && EVP_EncryptUpdate(sf->sf_ctx, NULL, &n, metadata,
	    (int)metalen) != 1) ||
	    (len > 0 && EVP_EncryptUpdate(sf->sf_ctx, p, &n, in,
	    (int)len) != 1) ||
	    EVP_EncryptFinal_ex(sf->sf_ctx, p + len, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(sf->sf_ctx, EVP_CTRL_AEAD_GET_TAG,
	    SFRAME_TAG_LEN, p + len) != 1)
		return (0);
	return (headerlen + len + SFRAME_TAG_LEN);
}

bool
sframe_unprotect(struct sframe *sf, const uint8_t *metadata, size_t metalen,
    const uint8_t *in, size_t len, uint8_t *out, size_t cap, size_t *outlen)
{
	uint8_t		 iv[SFRAME_SALT_LEN], tag[SFRAME_TAG_LEN];
	const uint8_t	*p;
	uint64_t	 kid, ctr;
	size_t		 headerlen, textlen;
	int		 n;

	if (!sf->sf_ready || sf->sf_encrypt || metalen > SFRAME_METADATA_MAX ||
	    (headerlen = sframe_header_read(in, len, &kid, &ctr)) == 0 ||
	    kid != sf->sf_kid || len - headerlen < SFRAME_TAG_LEN)
		return (false);
	textlen = len - headerlen - SFRAME_TAG_LEN;
	if (textlen > SFRAME_TEXT_MAX || textlen > cap)
		return (false);
	p = in + headerlen;
	memcpy(tag, p + textlen, sizeof(tag));
	nonce(sf, ctr, iv);
	if (EVP_DecryptInit_ex2(sf->sf_ctx, NULL, NULL, iv, NULL) != 1 ||
	    EVP_DecryptUpdate(sf->sf_ctx, NULL, &n, in,
	    (int)headerlen) != 1 ||
	    (metalen > 0 && EVP_DecryptUpdate(sf->sf_ctx, NULL, &n, metadata,
	    (int)metalen) != 1) ||
	    (textlen > 0 && EVP_DecryptUpdate(sf->sf_ctx, out, &n, p,
	    (int)textlen) != 1) ||
	    EVP_CIPHER_CTX_ctrl(sf->sf_ctx, EVP_CTRL_AEAD_SET_TAG,
	    SFRAME_TAG_LEN, tag) != 1 ||
	    !CHECKED("media-authentic", EVP_DecryptFinal_ex(sf->sf_ctx,
	    out + textlen, &n) == 1)) {
		/* What is not authentic is nobody's to see. */
		OPENSSL_cleanse(out, textlen);
		return (false);
	}
	*outlen = textlen;
	return (true);
}
