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
 * Packet and header protection of 1-RTT packets (RFC 9001 5): keys as small
 * as they can be, and the callbacks by which ngtcp2 uses them.
 *
 * A key is one direction of one generation, or one direction's header
 * protection.  It either gets a cipher context of its own with its first
 * packet, which is what costs a packet least, or borrows the one that all
 * such keys of the process share, which is set up anew whenever another key
 * had it: then a connection that says little costs some 200 bytes, not
 * 6,000.  Initial and Handshake packets have ngtcp2's own contexts; a
 * native_handle that is ours has its lowest bit set.
 *
 * Not for several threads.
 */
#ifndef WZP_QUIC_PROTECT_H
#define WZP_QUIC_PROTECT_H

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTECT_KEY_MAX		32	/* bytes */
#define PROTECT_NONCE_LEN	12
#define PROTECT_TAG_LEN		16
#define PROTECT_SAMPLE_LEN	16
#define PROTECT_MASK_LEN	5

enum protect_suite {
	PROTECT_AES_128_GCM,
	PROTECT_AES_256_GCM,
	PROTECT_CHACHA20_POLY1305
};
#define PROTECT_SUITES	3

enum protect_use {
	PROTECT_SEAL,
	PROTECT_OPEN,
	PROTECT_MASK		/* of headers */
};
#define PROTECT_USES	3

struct protect_key;

/*
 * Once in a process, after OpenSSL has its provider; -1: a cipher is missing.
 * After protect_fini() no key may be left.
 */
int	 protect_init(void);
void	 protect_fini(void);

/* Bytes of a key, 16 or 32. */
size_t	 protect_key_len(enum protect_suite);
/* key is copied.  NULL: no memory. */
struct protect_key *protect_key_new(enum protect_suite, enum protect_use,
	    const uint8_t *key, bool shares);
/* Wipes every copy of it. */
void	 protect_key_free(struct protect_key *);

/*
 * out: len + PROTECT_TAG_LEN bytes, may be text itself.  nonce: of
 * PROTECT_NONCE_LEN bytes, never the same twice.  -1: OpenSSL failed.
 */
int	 protect_seal(struct protect_key *, uint8_t *out, const uint8_t *text,
	    size_t len, const uint8_t *nonce, const uint8_t *aad,
	    size_t aad_len);
/*
 * len: with the tag, so out gets PROTECT_TAG_LEN bytes less.  0; 1: it is not
 * genuine, what is in out is nothing; -1: OpenSSL failed.
 */
int	 protect_open(struct protect_key *, uint8_t *out, const uint8_t *data,
	    size_t len, const uint8_t *nonce, const uint8_t *aad,
	    size_t aad_len);
/* mask: room for PROTECT_SAMPLE_LEN bytes, PROTECT_MASK_LEN of them count. */
int	 protect_mask(struct protect_key *, uint8_t *mask,
	    const uint8_t *sample);

/*
 * Gives the connection the keys of its 1-RTT secret in one direction
 * (RFC 9001 5.1); what TLS chose is known to it since the Handshake keys.
 * -1: no memory, or a suite that is not spoken here.
 */
int	 protect_install(ngtcp2_conn *, bool sends, bool shares,
	    const uint8_t *secret, size_t len);
/* Of the callback update_key: the next generation (RFC 9001 6.1); -1. */
int	 protect_update(ngtcp2_conn *, bool shares, uint8_t *rx_secret,
	    uint8_t *tx_secret, ngtcp2_crypto_aead_ctx *rx, uint8_t *rx_iv,
	    ngtcp2_crypto_aead_ctx *tx, uint8_t *tx_iv,
	    const uint8_t *rx_current, const uint8_t *tx_current, size_t len);

/* Callbacks of ngtcp2; contexts that are not ours go to ngtcp2_crypto. */
int	 protect_encrypt_cb(uint8_t *, const ngtcp2_crypto_aead *,
	    const ngtcp2_crypto_aead_ctx *, const uint8_t *, size_t,
	    const uint8_t *, size_t, const uint8_t *, size_t);
int	 protect_decrypt_cb(uint8_t *, const ngtcp2_crypto_aead *,
	    const ngtcp2_crypto_aead_ctx *, const uint8_t *, size_t,
	    const uint8_t *, size_t, const uint8_t *, size_t);
int	 protect_hp_mask_cb(uint8_t *, const ngtcp2_crypto_cipher *,
	    const ngtcp2_crypto_cipher_ctx *, const uint8_t *);
void	 protect_delete_aead_cb(ngtcp2_conn *, ngtcp2_crypto_aead_ctx *,
	    void *);
void	 protect_delete_cipher_cb(ngtcp2_conn *, ngtcp2_crypto_cipher_ctx *,
	    void *);

#endif /* WZP_QUIC_PROTECT_H */
