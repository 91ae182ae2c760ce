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
 * SFrame (RFC 9605): one key in one direction.  Protecting and unprotecting
 * allocates nothing; setting a key does.
 */
#ifndef WZP_CLIENT_E2E_SFRAME_H
#define WZP_CLIENT_E2E_SFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sframe_suite {
	SFRAME_AES_128_GCM_SHA256_128 = 4,
	SFRAME_AES_256_GCM_SHA512_128 = 5
};

#define SFRAME_HEADER_MAX	17	/* config byte, KID, CTR */
#define SFRAME_TAG_LEN		16
#define SFRAME_KEY_MAX		32
#define SFRAME_SALT_LEN		12
#define SFRAME_METADATA_MAX	64	/* of ours */
#define SFRAME_TEXT_MAX		65535

struct sframe;

/* NULL: no memory.  encrypt: a key is for one direction only (4.4.1). */
struct sframe	*sframe_new(enum sframe_suite, bool encrypt);
void		 sframe_free(struct sframe *);
/* -1: the library failed, and there is no key. */
int		 sframe_set(struct sframe *, uint64_t kid,
		    const uint8_t *base_key, size_t);
/* Wipes the key; nothing goes until another is set. */
void		 sframe_clear(struct sframe *);
bool		 sframe_ready(const struct sframe *);
/*
 * Length of header, ciphertext and tag in out; 0: no key, too long, cap too
 * small.  ctr: never twice with one key.  in and out must not overlap.
 */
size_t		 sframe_protect(struct sframe *, uint64_t ctr,
		    const uint8_t *metadata, size_t, const uint8_t *in,
		    size_t len, uint8_t *out, size_t cap);
/* out: the text, len - its header - 16 bytes long.  false: not authentic. */
bool		 sframe_unprotect(struct sframe *, const uint8_t *metadata,
		    size_t, const uint8_t *in, size_t len, uint8_t *out,
		    size_t cap, size_t *outlen);

/* Length of the header (4.3). */
size_t		 sframe_header_write(uint8_t out[SFRAME_HEADER_MAX],
		    uint64_t kid, uint64_t ctr);
/* The same; 0: cut off, or not in its shortest form. */
size_t		 sframe_header_read(const uint8_t *, size_t, uint64_t *kid,
		    uint64_t *ctr);
/* Key and salt of a KID (4.4.2). */
int		 sframe_derive(enum sframe_suite, uint64_t kid,
		    const uint8_t *base_key, size_t,
		    uint8_t key[SFRAME_KEY_MAX],
		    uint8_t salt[SFRAME_SALT_LEN]);
/*
 * The base key that follows (5.1), as long as the suite's hash values; next
 * may be base_key.
 */
int		 sframe_ratchet(enum sframe_suite, const uint8_t *base_key,
		    size_t, uint8_t *next);

#endif /* WZP_CLIENT_E2E_SFRAME_H */
