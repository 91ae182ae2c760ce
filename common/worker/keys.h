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
 * keyd's client: signatures and public facts over the channel to keyd.  All
 * calls block for at most KEYS_LIMIT_MS; after a miss a breaker refuses
 * further requests for KEYS_BREAKER_MS instead of waiting again.
 */
#ifndef WZP_WORKER_KEYS_H
#define WZP_WORKER_KEYS_H

#include "common/worker/worker.h"

#define KEYS_LIMIT_MS	200
#define KEYS_BREAKER_MS	500

struct keys {
	uint8_t	 keys_identity_pub[PUB_LEN];
	uint8_t	 keys_reset_key[32];
	uint8_t	 keys_certificate[1024];	/* DER */
	size_t	 keys_certificate_len;
};

/* Fills keys (waits up to a second). */
int	 keys_fetch(struct worker *, struct keys *);
/*
 * Signature of a server CertificateVerify, or, in federd, also of a client's;
 * quic_signer (tls.h), arg: worker.
 */
int	 keys_sign_tls(void *arg, const uint8_t *tbs, size_t len,
	    uint8_t sig[SIG_LEN]);
int	 keys_sign_answer(struct worker *, const uint8_t ephemeral[PUB_LEN],
	    uint8_t sig[SIG_LEN]);

#endif /* WZP_WORKER_KEYS_H */
