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
 * All private keys of the relay, and the things they sign.  What is
 * signed is built or recognised here, byte by byte: no request yields a
 * signature over anything else.
 */
#ifndef WZP_KEYD_STORE_H
#define WZP_KEYD_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

#define STORE_RESET_LEN	32

#define STORE_TLS_SERVER	0x1
#define STORE_TLS_CLIENT	0x2

struct store;

/* First of all: the heap for keys, which is locked and not dumped. */
int		 store_init(void);
/* Everything derived from the seed; NULL: the crypto library failed. */
struct store	*store_new(const uint8_t seed[32]);
void		 store_free(struct store *);
const uint8_t	*store_identity_pub(const struct store *);
const uint8_t	*store_certificate(const struct store *, size_t *len);
/* Key of the stateless reset tokens of a slot, the same for ever. */
int		 store_reset_key(const struct store *, unsigned int slot,
		    uint8_t key[STORE_RESET_LEN]);
/* The sides of a TLS handshake that a process may sign for. */
unsigned int	 store_tls_roles(enum proc);
/*
 * Signs a TLS 1.3 CertificateVerify (RFC 8446 4.4.3) of one of the roles with
 * the key of the certificate.  -1: not exactly of that form (EINVAL), or
 * failure.
 */
int		 store_sign_tls(struct store *, unsigned int roles,
		    const uint8_t *tbs, size_t, uint8_t sig[SIG_LEN]);
/* CallAnswer: ephemeral || "call-answer" by the identity (wzp-protocol 5.3) */
int		 store_sign_answer(struct store *,
		    const uint8_t ephemeral[PUB_LEN], uint8_t sig[SIG_LEN]);

#endif /* WZP_KEYD_STORE_H */
