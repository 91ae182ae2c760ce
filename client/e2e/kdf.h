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
 * HKDF (RFC 5869) in its two steps, and HMAC-SHA256.
 */
#ifndef WZP_CLIENT_E2E_KDF_H
#define WZP_CLIENT_E2E_KDF_H

#include <stddef.h>
#include <stdint.h>

enum kdf_hash {
	KDF_SHA256,
	KDF_SHA512
};

#define KDF_HASH_MAX	64

/* Length of the hash's values. */
size_t	 kdf_hash_len(enum kdf_hash);
/* saltlen 0: none.  prk: kdf_hash_len() bytes.  -1: the library failed. */
int	 kdf_extract(enum kdf_hash, const uint8_t *salt, size_t saltlen,
	    const uint8_t *ikm, size_t ikmlen, uint8_t *prk);
int	 kdf_expand(enum kdf_hash, const uint8_t *prk, const void *info,
	    size_t infolen, uint8_t *out, size_t outlen);
int	 kdf_hmac(const uint8_t key[32], const void *, size_t,
	    uint8_t mac[32]);

#endif /* WZP_CLIENT_E2E_KDF_H */
