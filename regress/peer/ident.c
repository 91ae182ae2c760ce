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
 * Identities for the test peer, from the text of wzp-protocol 1.5, 4 and 5.3:
 * HKDF-SHA256, Ed25519, fingerprints and the relay's certificate.
 */
#include "config.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

#include "regress/peer/peer.h"

static void	 derive(const uint8_t[32], const char *, uint8_t[32]);
static void	 ed25519_public(const uint8_t[32], uint8_t[32]);
static void	 make_cert(struct ident *);

void
sha256(const uint8_t *data, size_t len, uint8_t out[32])
{
	if (EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) != 1)
		script_error("sha256");
}

static void
derive(const uint8_t seed[32], const char *info, uint8_t out[32])
{
	static uint8_t	 salt[32];
	OSSL_PARAM	 p[5];
	EVP_KDF_CTX	*ctx;
	EVP_KDF		*kdf;
	char		 md[] = "SHA256", inf[64];
	uint8_t		 ikm[32];

	memcpy(ikm, seed, sizeof(ikm));
	snprintf(inf, sizeof(inf), "%s", info);
	p[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, md, 0);
	p[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm, 32);
	p[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt,
	    sizeof(salt));
	p[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, inf,
	    strlen(inf));
	p[4] = OSSL_PARAM_construct_end();
	if ((kdf = EVP_KDF_fetch(NULL, "HKDF", NULL)) == NULL ||
	    (ctx = EVP_KDF_CTX_new(kdf)) == NULL ||
	    EVP_KDF_derive(ctx, out, 32, p) != 1)
		script_error("hkdf");
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static void
raw_public(int type, const uint8_t secret[32], uint8_t pub[32])
{
	EVP_PKEY	*pkey;
	size_t		 len = 32;

	if ((pkey = EVP_PKEY_new_raw_private_key(type, NULL, secret, 32)) ==
	    NULL || EVP_PKEY_get_raw_public_key(pkey, pub, &len) != 1 ||
	    len != 32)
		script_error("public key");
	EVP_PKEY_free(pkey);
}

static void
ed25519_public(const uint8_t secret[32], uint8_t pub[32])
{
	raw_public(EVP_PKEY_ED25519, secret, pub);
}

void
ident_tls_public(const struct ident *id, uint8_t pub[32])
{
	ed25519_public(id->id_tls_secret, pub);
}

void
x25519_public(const uint8_t secret[32], uint8_t pub[32])
{
	raw_public(EVP_PKEY_X25519, secret, pub);
}

void
ident_sign(const uint8_t secret[32], const uint8_t *data, size_t len,
    uint8_t sig[64])
{
	EVP_MD_CTX	*ctx;
	EVP_PKEY	*pkey;
	size_t		 siglen = 64;

	if ((pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    secret, 32)) == NULL || (ctx = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) != 1 ||
	    EVP_DigestSign(ctx, sig, &siglen, data, len) != 1 || siglen != 64)
		script_error("sign");
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

bool
ident_verify(const uint8_t pub[32], const uint8_t *data, size_t len,
    const uint8_t sig[64])
{
	EVP_MD_CTX	*ctx;
	EVP_PKEY	*pkey;
	bool		 ok;

	if ((pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub,
	    32)) == NULL || (ctx = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) != 1)
		script_error("verify");
	ok = EVP_DigestVerify(ctx, sig, 64, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return (ok);
}

void
tlsfp_text(const uint8_t *der, size_t len, char out[96])
{
	uint8_t	 md[32];
	size_t	 i;

	sha256(der, len, md);
	for (i = 0; i < 32; i++)
		snprintf(out + i * 3, 96 - i * 3, "%02x%s", (unsigned int)md[i],
		    i < 31 ? ":" : "");
}

/*
 * The certificate is a function of the seed (wzp-protocol 1.5).  Its length
 * never changes, so the bytes around serial, key and signature are constants.
 */
static void
make_cert(struct ident *id)
{
	static const uint8_t	 name[] = {
		0x30, 0x21, 0x31, 0x1f, 0x30, 0x1d, 0x06, 0x03, 0x55, 0x04,
		0x03, 0x0c, 0x16, 'r', 'c', 'g', 'e', 'n', ' ', 's', 'e', 'l',
		'f', ' ', 's', 'i', 'g', 'n', 'e', 'd', ' ', 'c', 'e', 'r',
		't'
	};
	static const uint8_t	 validity[] = {
		0x30, 0x20, 0x17, 0x0d, '7', '5', '0', '1', '0', '1', '0', '0',
		'0', '0', '0', '0', 'Z', 0x18, 0x0f, '4', '0', '9', '6', '0',
		'1', '0', '1', '0', '0', '0', '0', '0', '0', 'Z'
	};
	static const uint8_t	 alg[] = {
		0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70
	};
	static const uint8_t	 san[] = {
		0xa3, 0x18, 0x30, 0x16, 0x30, 0x14, 0x06, 0x03, 0x55, 0x1d,
		0x11, 0x04, 0x0d, 0x30, 0x0b, 0x82, 0x09, 'l', 'o', 'c', 'a',
		'l', 'h', 'o', 's', 't'
	};
	struct text	 tbs, cert;
	uint8_t		 pub[32], serial[32], sig[64], len;
	const uint8_t	*s;

	memset(&tbs, 0, sizeof(tbs));
	memset(&cert, 0, sizeof(cert));
	ed25519_public(id->id_tls_secret, pub);
	sha256(pub, sizeof(pub), serial);
	serial[0] &= 0x7f;
	/* DER: the shortest form of the integer. */
	len = 20;
	for (s = serial; len > 1 && s[0] == 0 && (s[1] & 0x80) == 0; len--)
		s++;

	text_add(&tbs, "\xa0\x03\x02\x01\x02", 5);
	text_add(&tbs, (uint8_t[]){ 0x02, len }, 2);
	text_add(&tbs, s, len);
	text_add(&tbs, alg, sizeof(alg));
	text_add(&tbs, name, sizeof(name));
	text_add(&tbs, validity, sizeof(validity));
	text_add(&tbs, name, sizeof(name));
	text_add(&tbs, "\x30\x2a", 2);
	text_add(&tbs, alg, sizeof(alg));
	text_add(&tbs, "\x03\x21\x00", 3);
	text_add(&tbs, pub, sizeof(pub));
	text_add(&tbs, san, sizeof(san));

	/* Both lengths are between 128 and 255, resp. above. */
	text_add(&cert, (uint8_t[]){ 0x30, 0x81, (uint8_t)tbs.t_len }, 3);
	text_add(&cert, tbs.t_buf, tbs.t_len);
	ident_sign(id->id_tls_secret, (const uint8_t *)cert.t_buf,
	    cert.t_len, sig);
	text_add(&cert, alg, sizeof(alg));
	text_add(&cert, "\x03\x41\x00", 3);
	text_add(&cert, sig, sizeof(sig));
	if (cert.t_len + 4 > sizeof(id->id_cert) || tbs.t_len < 128 ||
	    tbs.t_len > 255 || cert.t_len < 256)
		script_error("certificate");
	memcpy(id->id_cert, (uint8_t[]){ 0x30, 0x82,
	    (uint8_t)(cert.t_len >> 8), (uint8_t)cert.t_len }, 4);
	memcpy(id->id_cert + 4, cert.t_buf, cert.t_len);
	id->id_cert_len = cert.t_len + 4;
	text_free(&tbs);
	text_free(&cert);
}

void
ident_init(struct ident *id, const uint8_t seed[32])
{
	uint8_t	 md[32];
	size_t	 i;

	derive(seed, "warzone-ed25519", id->id_secret);
	ed25519_public(id->id_secret, id->id_pub);
	sha256(id->id_pub, 32, md);
	for (i = 0; i < 8; i++)
		snprintf(id->id_fp + i * 5, sizeof(id->id_fp) - i * 5,
		    "%02x%02x%s",
		    (unsigned int)md[i * 2], (unsigned int)md[i * 2 + 1],
		    i < 7 ? ":" : "");
	derive(seed, "wzp-tls-ed25519", id->id_tls_secret);
	make_cert(id);
	tlsfp_text(id->id_cert, id->id_cert_len, id->id_tlsfp);
}

static uint64_t
load64(const uint8_t *b)
{
	uint64_t	 v = 0;
	int		 i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | b[i];
	return (v);
}

static uint64_t
rotl(uint64_t v, unsigned int n)
{
	return (v << n | v >> (64 - n));
}

static void
sipround(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

/*
 * The first four bytes of SipHash-2-4 of the fingerprint's text, its 64-bit
 * result little-endian, the salt being the key.
 */
void
ident_digest(const struct ident *id, const uint8_t salt[16], char out[9])
{
	uint64_t	 k0 = load64(salt), k1 = load64(salt + 8), m;
	uint64_t	 v[4];
	uint8_t		 last[8];
	size_t		 len = strlen(id->id_fp), i;

	v[0] = k0 ^ 0x736f6d6570736575ULL;
	v[1] = k1 ^ 0x646f72616e646f6dULL;
	v[2] = k0 ^ 0x6c7967656e657261ULL;
	v[3] = k1 ^ 0x7465646279746573ULL;
	for (i = 0; i + 8 <= len; i += 8) {
		m = load64((const uint8_t *)id->id_fp + i);
		v[3] ^= m;
		sipround(v);
		sipround(v);
		v[0] ^= m;
	}
	memset(last, 0, sizeof(last));
	memcpy(last, id->id_fp + i, len - i);
	last[7] = (uint8_t)len;
	m = load64(last);
	v[3] ^= m;
	sipround(v);
	sipround(v);
	v[0] ^= m;
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sipround(v);
	m = v[0] ^ v[1] ^ v[2] ^ v[3];
	snprintf(out, 9, "%02x%02x%02x%02x", (unsigned int)(m & 0xff),
	    (unsigned int)(m >> 8 & 0xff), (unsigned int)(m >> 16 & 0xff),
	    (unsigned int)(m >> 24 & 0xff));
}
