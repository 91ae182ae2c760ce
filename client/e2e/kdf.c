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

/* HKDF: see kdf.h. */

#include "config.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "client/e2e/kdf.h"

static int	 kdf_run(enum kdf_hash, int, const uint8_t *, size_t,
		    const uint8_t *, size_t, const void *, size_t, uint8_t *,
		    size_t);

size_t
kdf_hash_len(enum kdf_hash hash)
{
	return (hash == KDF_SHA512 ? 64 : 32);
}

static int
kdf_run(enum kdf_hash hash, int mode, const uint8_t *key, size_t keylen,
    const uint8_t *salt, size_t saltlen, const void *info, size_t infolen,
    uint8_t *out, size_t outlen)
{
	OSSL_PARAM	 params[6], *p = params;
	EVP_KDF		*kdf;
	EVP_KDF_CTX	*ctx = NULL;
	char		 sha256[] = "SHA256", sha512[] = "SHA512";
	int		 ret = -1;

	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    hash == KDF_SHA512 ? sha512 : sha256, 0);
	*p++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
	    (void *)(uintptr_t)key, keylen);
	/* Without a salt RFC 5869 takes a string of zeros. */
	if (saltlen > 0)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
		    (void *)(uintptr_t)salt, saltlen);
	if (infolen > 0)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
		    (void *)(uintptr_t)info, infolen);
	*p = OSSL_PARAM_construct_end();

	if ((kdf = EVP_KDF_fetch(NULL, "HKDF", NULL)) != NULL &&
	    (ctx = EVP_KDF_CTX_new(kdf)) != NULL &&
	    EVP_KDF_derive(ctx, out, outlen, params) == 1)
		ret = 0;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return (ret);
}

int
kdf_extract(enum kdf_hash hash, const uint8_t *salt, size_t saltlen,
    const uint8_t *ikm, size_t ikmlen, uint8_t *prk)
{
	return (kdf_run(hash, EVP_KDF_HKDF_MODE_EXTRACT_ONLY, ikm, ikmlen,
	    salt, saltlen, NULL, 0, prk, kdf_hash_len(hash)));
}

int
kdf_expand(enum kdf_hash hash, const uint8_t *prk, const void *info,
    size_t infolen, uint8_t *out, size_t outlen)
{
	return (kdf_run(hash, EVP_KDF_HKDF_MODE_EXPAND_ONLY, prk,
	    kdf_hash_len(hash), NULL, 0, info, infolen, out, outlen));
}

int
kdf_hmac(const uint8_t key[32], const void *data, size_t len,
    uint8_t mac[32])
{
	unsigned int	 maclen = 0;

	if (HMAC(EVP_sha256(), key, 32, data, len, mac, &maclen) == NULL ||
	    maclen != 32)
		return (-1);
	return (0);
}
