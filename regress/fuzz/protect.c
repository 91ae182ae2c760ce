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

/* Initial packets of a client (protect.h), with OpenSSL alone. */

#include "config.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string.h>

#include "regress/fuzz/protect.h"

#define CID_MAX		20
#define PN_LEN		4
#define TAG_LEN		16

struct keys {
	uint8_t	key[16];
	uint8_t	iv[12];
	uint8_t	hp[16];
};

/* RFC 9001 5.2 */
static const uint8_t	salt[20] = {
	0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a
};

static void	expand(uint8_t *, size_t, const uint8_t[32], const char *);
static void	derive(struct keys *, const uint8_t *, size_t);
static int	encrypt(uint8_t *, const struct keys *, const uint8_t[12],
		    const uint8_t *, size_t, const uint8_t *, size_t);
static int	mask(uint8_t[16], const struct keys *, const uint8_t[16]);

/* One block is enough for all of them (RFC 5869 2.3). */
static void
expand(uint8_t *out, size_t len, const uint8_t secret[32], const char *label)
{
	uint8_t		info[64], block[32];
	unsigned int	n = sizeof(block);
	size_t		l = strlen(label);

	info[0] = 0;
	info[1] = (uint8_t)len;
	info[2] = (uint8_t)(6 + l);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, l);
	info[9 + l] = 0;
	info[10 + l] = 1;
	(void)HMAC(EVP_sha256(), secret, 32, info, 11 + l, block, &n);
	memcpy(out, block, len);
}

static void
derive(struct keys *k, const uint8_t *dcid, size_t len)
{
	uint8_t		secret[32], client[32];
	unsigned int	n = sizeof(secret);

	(void)HMAC(EVP_sha256(), salt, sizeof(salt), dcid, len, secret, &n);
	expand(client, sizeof(client), secret, "client in");
	expand(k->key, sizeof(k->key), client, "quic key");
	expand(k->iv, sizeof(k->iv), client, "quic iv");
	expand(k->hp, sizeof(k->hp), client, "quic hp");
}

/* out: len bytes and the tag */
static int
encrypt(uint8_t *out, const struct keys *k, const uint8_t nonce[12],
    const uint8_t *head, size_t head_len, const uint8_t *p, size_t len)
{
	EVP_CIPHER_CTX	*c;
	int		 n, ok;

	if ((c = EVP_CIPHER_CTX_new()) == NULL)
		return (-1);
	ok = EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, k->key, nonce) ==
	    1 && EVP_EncryptUpdate(c, NULL, &n, head, (int)head_len) == 1 &&
	    EVP_EncryptUpdate(c, out, &n, p, (int)len) == 1 &&
	    EVP_EncryptFinal_ex(c, out + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
	    out + len) == 1;
	EVP_CIPHER_CTX_free(c);
	return (ok ? 0 : -1);
}

static int
mask(uint8_t out[16], const struct keys *k, const uint8_t sample[16])
{
	EVP_CIPHER_CTX	*c;
	int		 n, ok;

	if ((c = EVP_CIPHER_CTX_new()) == NULL)
		return (-1);
	ok = EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k->hp, NULL) ==
	    1 && EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
	    EVP_EncryptUpdate(c, out, &n, sample, 16) == 1;
	EVP_CIPHER_CTX_free(c);
	return (ok ? 0 : -1);
}

size_t
protect_initial(uint8_t *out, size_t cap, const uint8_t *dcid,
    size_t dcid_len, const uint8_t *token, size_t token_len, uint32_t pn,
    const uint8_t *payload, size_t len)
{
	struct keys	k;
	uint8_t		plain[PROTECT_DATAGRAM + PROTECT_PAYLOAD_MAX];
	uint8_t		nonce[12], m[16], *p = out;
	size_t		head, body, i;

	if (dcid_len > CID_MAX || token_len > 512 ||
	    len > PROTECT_PAYLOAD_MAX)
		return (0);
	head = 1 + 4 + 1 + dcid_len + 1 + 2 + token_len + 2 + PN_LEN;
	memset(plain, 0, sizeof(plain));
	if (len > 0)
		memcpy(plain, payload, len);
	if (head + len + TAG_LEN < PROTECT_DATAGRAM)
		len = PROTECT_DATAGRAM - TAG_LEN - head;
	if (head + len + TAG_LEN > cap)
		return (0);
	*p++ = 0xc0 | (PN_LEN - 1);
	*p++ = 0;
	*p++ = 0;
	*p++ = 0;
	*p++ = 1;
	*p++ = (uint8_t)dcid_len;
	memcpy(p, dcid, dcid_len);
	p += dcid_len;
	*p++ = 0;			/* no ID of the client's own */
	*p++ = (uint8_t)(0x40 | token_len >> 8);
	*p++ = (uint8_t)token_len;
	if (token_len > 0)
		memcpy(p, token, token_len);
	p += token_len;
	body = PN_LEN + len + TAG_LEN;
	*p++ = (uint8_t)(0x40 | body >> 8);
	*p++ = (uint8_t)body;
	for (i = 0; i < PN_LEN; i++)
		p[i] = (uint8_t)(pn >> (8 * (PN_LEN - 1 - i)));
	derive(&k, dcid, dcid_len);
	memcpy(nonce, k.iv, sizeof(nonce));
	for (i = 0; i < PN_LEN; i++)
		nonce[8 + i] ^= p[i];
	if (encrypt(out + head, &k, nonce, out, head, plain, len) == -1 ||
	    mask(m, &k, out + head) == -1)
		return (0);
	out[0] ^= m[0] & 0x0f;
	for (i = 0; i < PN_LEN; i++)
		p[i] ^= m[1 + i];
	return (head + len + TAG_LEN);
}
