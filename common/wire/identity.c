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
 * Identities: see identity.h.  All primitives are libcrypto's; the only
 * thing of our own in here is the DER of the certificate (certificate.c).
 */

#include "config.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/wire/identity.h"

#define INFO_ED25519		"warzone-ed25519"
#define INFO_X25519		"warzone-x25519"
#define INFO_TLS		"wzp-tls-ed25519"
#define INFO_SESSION		"warzone-session-key"
#define INFO_SAS		"warzone-sas-code"
#define ROOM_HASH_PREFIX	"featherchat-group:"

#define LABEL_OFFER		"call-offer"
#define LABEL_ANSWER		"call-answer"
/* The NUL behind it ends a label, so that none is the start of another. */
#define LABEL_REGISTER		"wzp-register-v1"
#define LABEL_ROOM		"wzp-room-v1"

#define ROOM_MAX		256	/* no SNI is as long */
#define PROOF_MAX		(sizeof(LABEL_REGISTER) + 32 + 32 + ROOM_MAX)

static void	 sha256(const void *, size_t, uint8_t[SHA256_DIGEST_LENGTH]);
static int	 pub_of(int, const uint8_t[32], uint8_t[32]);
static size_t	 handshake_bytes(uint8_t[32 + sizeof(LABEL_ANSWER)],
		    const uint8_t[32], const char *);
static size_t	 proof_bytes(uint8_t[PROOF_MAX], const uint8_t[32],
		    const uint8_t[32], const char *);

int
identity_hkdf(const uint8_t *ikm, size_t len, const char *info, uint8_t *out,
    size_t outlen)
{
	OSSL_PARAM	 params[4];
	EVP_KDF		*kdf;
	EVP_KDF_CTX	*ctx = NULL;
	char		 digest[] = "SHA256";
	int		 ret = -1;

	/* No salt: RFC 5869 takes a string of zeros. */
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    digest, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
	    (void *)(uintptr_t)ikm, len);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
	    (void *)(uintptr_t)info, strlen(info));
	params[3] = OSSL_PARAM_construct_end();

	if ((kdf = EVP_KDF_fetch(NULL, "HKDF", NULL)) != NULL &&
	    (ctx = EVP_KDF_CTX_new(kdf)) != NULL &&
	    EVP_KDF_derive(ctx, out, outlen, params) == 1)
		ret = 0;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return (ret);
}

/* It fails for want of memory only, and a wrong fingerprint is a wrong name. */
static void
sha256(const void *p, size_t len, uint8_t hash[SHA256_DIGEST_LENGTH])
{
	if (SHA256(p, len, hash) == NULL)
		abort();
}

/* type: EVP_PKEY_ED25519 or EVP_PKEY_X25519 */
static int
pub_of(int type, const uint8_t secret[32], uint8_t pub[32])
{
	EVP_PKEY	*key;
	size_t		 len = 32;
	int		 ret = -1;

	if ((key = EVP_PKEY_new_raw_private_key(type, NULL, secret,
	    32)) != NULL &&
	    EVP_PKEY_get_raw_public_key(key, pub, &len) == 1 && len == 32)
		ret = 0;
	EVP_PKEY_free(key);
	return (ret);
}

int
identity_public(const uint8_t secret[32], uint8_t pub[32])
{
	return (pub_of(EVP_PKEY_ED25519, secret, pub));
}

int
identity_from_seed(struct identity *id, const uint8_t seed[32])
{
	memset(id, 0, sizeof(*id));
	if (identity_hkdf(seed, 32, INFO_ED25519, id->id_secret, 32) == 0 &&
	    identity_hkdf(seed, 32, INFO_X25519, id->id_x25519_secret,
	    32) == 0 &&
	    identity_hkdf(seed, 32, INFO_TLS, id->id_tls_secret, 32) == 0 &&
	    pub_of(EVP_PKEY_ED25519, id->id_secret, id->id_pub) == 0 &&
	    pub_of(EVP_PKEY_ED25519, id->id_tls_secret, id->id_tls_pub) == 0 &&
	    pub_of(EVP_PKEY_X25519, id->id_x25519_secret,
	    id->id_x25519_pub) == 0)
		return (0);
	identity_wipe(id);
	return (-1);
}

void
identity_wipe(struct identity *id)
{
	OPENSSL_cleanse(id, sizeof(*id));
}

void
identity_fingerprint_print(const uint8_t fp[IDENTITY_FP_LEN],
    char out[IDENTITY_FP_STRLEN])
{
	size_t	 i;

	for (i = 0; i < 8; i++) {
		bytes_hex(fp + 2 * i, 2, out + 5 * i);
		out[5 * i + 4] = i < 7 ? ':' : '\0';
	}
}

void
identity_fingerprint(const uint8_t pub[32], char out[IDENTITY_FP_STRLEN])
{
	uint8_t	 hash[SHA256_DIGEST_LENGTH];

	sha256(pub, 32, hash);
	identity_fingerprint_print(hash, out);
}

/*
 * An original drops what is no hex digit, wants an even number of the rest,
 * and ignores those past the 32nd.
 */
int
identity_fingerprint_parse(const char *s, char out[IDENTITY_FP_STRLEN])
{
	uint8_t	 fp[IDENTITY_FP_LEN];
	size_t	 n = 0;
	int	 v;

	memset(fp, 0, sizeof(fp));
	for (; *s != '\0'; s++) {
		if ((v = bytes_digit_any(*s)) == -1)
			continue;
		if (n < 32)
			fp[n / 2] = (uint8_t)(fp[n / 2] << 4 | v);
		n++;
	}
	if (n < 32 || n % 2 != 0)
		return (-1);
	identity_fingerprint_print(fp, out);
	return (0);
}

bool
identity_fingerprint_valid(const char *s)
{
	size_t	 i;

	for (i = 0; i < IDENTITY_FP_STRLEN - 1; i++) {
		if (i % 5 == 4 ? s[i] != ':' : bytes_digit(s[i]) == -1)
			return (false);
	}
	return (s[i] == '\0');
}

int
identity_sign(const uint8_t secret[32], const void *data, size_t len,
    uint8_t sig[64])
{
	EVP_PKEY	*key;
	EVP_MD_CTX	*ctx = NULL;
	size_t		 siglen = 64;
	int		 ret = -1;

	if ((key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret,
	    32)) != NULL &&
	    (ctx = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &siglen, data, len) == 1 && siglen == 64)
		ret = 0;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return (ret);
}

bool
identity_verify(const uint8_t pub[32], const void *data, size_t len,
    const uint8_t *sig, size_t siglen)
{
	EVP_PKEY	*key;
	EVP_MD_CTX	*ctx = NULL;
	bool		 ok = false;

	if (sig == NULL || siglen != 64)
		return (false);
	if ((key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub,
	    32)) != NULL &&
	    (ctx = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1)
		ok = EVP_DigestVerify(ctx, sig, siglen, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return (ok);
}

void
identity_tls_fp(const uint8_t sha256[32], char out[TLS_FP_STRLEN])
{
	size_t	 i;

	for (i = 0; i < 32; i++) {
		bytes_hex(sha256 + i, 1, out + 3 * i);
		out[3 * i + 2] = i < 31 ? ':' : '\0';
	}
}

/* Rust's default hasher over a byte slice: SipHash-1-3, key 0. */
int
identity_ui_fp(const uint8_t *cert, size_t len, char out[17])
{
	static const uint8_t	 key[16];
	OSSL_PARAM		 params[4];
	EVP_MAC			*mac;
	EVP_MAC_CTX		*ctx = NULL;
	uint8_t			 prefix[8], hash[8];
	unsigned int		 c_rounds = 1, d_rounds = 3;
	size_t			 size = sizeof(hash), outlen, i;
	int			 ret = -1;

	for (i = 0; i < 8; i++)
		prefix[i] = (uint8_t)((uint64_t)len >> 8 * i);
	params[0] = OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS,
	    &c_rounds);
	params[1] = OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS,
	    &d_rounds);
	params[2] = OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size);
	params[3] = OSSL_PARAM_construct_end();

	if ((mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL)) != NULL &&
	    (ctx = EVP_MAC_CTX_new(mac)) != NULL &&
	    EVP_MAC_init(ctx, key, sizeof(key), params) == 1 &&
	    EVP_MAC_update(ctx, prefix, sizeof(prefix)) == 1 &&
	    EVP_MAC_update(ctx, cert, len) == 1 &&
	    EVP_MAC_final(ctx, hash, &outlen, sizeof(hash)) == 1 &&
	    outlen == sizeof(hash)) {
		/* The result is a number, printed as one. */
		for (i = 0; i < 8; i++)
			bytes_hex(hash + 7 - i, 1, out + 2 * i);
		ret = 0;
	}
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return (ret);
}

static size_t
handshake_bytes(uint8_t out[32 + sizeof(LABEL_ANSWER)],
    const uint8_t ephemeral[32], const char *label)
{
	size_t	 len = strlen(label);

	memcpy(out, ephemeral, 32);
	memcpy(out + 32, label, len);
	return (32 + len);
}

int
identity_sign_offer(const uint8_t secret[32], const uint8_t ephemeral[32],
    uint8_t sig[64])
{
	uint8_t	 data[32 + sizeof(LABEL_ANSWER)];
	size_t	 len;

	len = handshake_bytes(data, ephemeral, LABEL_OFFER);
	return (identity_sign(secret, data, len, sig));
}

int
identity_sign_answer(const uint8_t secret[32], const uint8_t ephemeral[32],
    uint8_t sig[64])
{
	uint8_t	 data[32 + sizeof(LABEL_ANSWER)];
	size_t	 len;

	len = handshake_bytes(data, ephemeral, LABEL_ANSWER);
	return (identity_sign(secret, data, len, sig));
}

bool
identity_verify_offer(const uint8_t pub[32], const uint8_t ephemeral[32],
    const uint8_t *sig, size_t siglen)
{
	uint8_t	 data[32 + sizeof(LABEL_ANSWER)];
	size_t	 len;

	len = handshake_bytes(data, ephemeral, LABEL_OFFER);
	return (identity_verify(pub, data, len, sig, siglen));
}

bool
identity_verify_answer(const uint8_t pub[32], const uint8_t ephemeral[32],
    const uint8_t *sig, size_t siglen)
{
	uint8_t	 data[32 + sizeof(LABEL_ANSWER)];
	size_t	 len;

	len = handshake_bytes(data, ephemeral, LABEL_ANSWER);
	return (identity_verify(pub, data, len, sig, siglen));
}

/* 0: the room name is too long to be one. */
static size_t
proof_bytes(uint8_t out[PROOF_MAX], const uint8_t exporter[32],
    const uint8_t pub[32], const char *room)
{
	const char	*label;
	uint8_t		*p = out;
	size_t		 len, roomlen = 0;

	if (room != NULL && (roomlen = strlen(room)) > ROOM_MAX)
		return (0);
	label = room != NULL ? LABEL_ROOM : LABEL_REGISTER;
	len = strlen(label) + 1;
	memcpy(p, label, len);
	p += len;
	memcpy(p, exporter, 32);
	p += 32;
	memcpy(p, pub, 32);
	p += 32;
	if (roomlen > 0)
		memcpy(p, room, roomlen);
	return ((size_t)(p - out) + roomlen);
}

int
identity_prove(const uint8_t secret[32], const uint8_t exporter[32],
    const uint8_t pub[32], const char *room, uint8_t sig[64])
{
	uint8_t	 data[PROOF_MAX];
	size_t	 len;

	if ((len = proof_bytes(data, exporter, pub, room)) == 0)
		return (-1);
	return (identity_sign(secret, data, len, sig));
}

bool
identity_proven(const uint8_t exporter[32], const uint8_t pub[32],
    const char *room, const uint8_t *sig, size_t siglen)
{
	uint8_t	 data[PROOF_MAX];
	size_t	 len;

	if ((len = proof_bytes(data, exporter, pub, room)) == 0)
		return (false);
	return (identity_verify(pub, data, len, sig, siglen));
}

int
identity_x25519_pub(const uint8_t secret[32], uint8_t pub[32])
{
	return (pub_of(EVP_PKEY_X25519, secret, pub));
}

int
identity_x25519(const uint8_t secret[32], const uint8_t peer[32],
    uint8_t shared[32])
{
	EVP_PKEY	*key, *peerkey;
	EVP_PKEY_CTX	*ctx = NULL;
	size_t		 len = 32;
	int		 ret = -1;

	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, 32);
	peerkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, 32);
	/* libcrypto refuses the result zero: a peer key of low order. */
	if (key != NULL && peerkey != NULL &&
	    (ctx = EVP_PKEY_CTX_new(key, NULL)) != NULL &&
	    EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peerkey) == 1 &&
	    EVP_PKEY_derive(ctx, shared, &len) == 1 && len == 32)
		ret = 0;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peerkey);
	EVP_PKEY_free(key);
	return (ret);
}

int
identity_session(const uint8_t shared[32], uint8_t key[32], unsigned int *sas)
{
	uint8_t	 code[4];

	if (identity_hkdf(shared, 32, INFO_SESSION, key, 32) == -1 ||
	    identity_hkdf(shared, 32, INFO_SAS, code, sizeof(code)) == -1)
		return (-1);
	*sas = bytes_get32(code) % 10000;
	return (0);
}

int
identity_hash_room(const char *name, char out[33])
{
	EVP_MD_CTX	*ctx;
	uint8_t		 hash[SHA256_DIGEST_LENGTH];
	int		 ret = -1;

	if ((ctx = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, ROOM_HASH_PREFIX,
	    strlen(ROOM_HASH_PREFIX)) == 1 &&
	    EVP_DigestUpdate(ctx, name, strlen(name)) == 1 &&
	    EVP_DigestFinal_ex(ctx, hash, NULL) == 1) {
		bytes_hex(hash, 16, out);
		ret = 0;
	}
	EVP_MD_CTX_free(ctx);
	return (ret);
}

void
identity_room_tag(const char *name, uint8_t out[8])
{
	uint8_t	 hash[SHA256_DIGEST_LENGTH];

	sha256(name, strlen(name), hash);
	memcpy(out, hash, 8);
}

int
identity_seed_parse(const char *s, size_t len, uint8_t seed[32])
{
	size_t	 i;
	int	 hi, lo;

	while (len > 0 && strchr(" \t\r\n\v\f", s[len - 1]) != NULL &&
	    s[len - 1] != '\0')
		len--;
	while (len > 0 && strchr(" \t\r\n\v\f", *s) != NULL && *s != '\0') {
		s++;
		len--;
	}
	if (len != 64)
		return (-1);
	for (i = 0; i < 32; i++) {
		if ((hi = bytes_digit_any(s[2 * i])) == -1 ||
		    (lo = bytes_digit_any(s[2 * i + 1])) == -1) {
			OPENSSL_cleanse(seed, 32);
			return (-1);
		}
		seed[i] = (uint8_t)(hi << 4 | lo);
	}
	return (0);
}
