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
 * The end-to-end secret of one call (doc/E2E): fresh X25519 keys in the
 * fields that DirectCallOffer and DirectCallAnswer have anyway, signed by the
 * identity keys over a fixed byte string, and what is derived from it.  No
 * connection, no clock in here.
 */
#ifndef WZP_CLIENT_E2E_E2E_H
#define WZP_CLIENT_E2E_E2E_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/identity.h"
#include "common/wire/signal.h"

#define E2E_KEY_LEN	32
#define E2E_MAC_LEN	32

enum e2e_verdict {
	E2E_NONE,	/* an original: zero or no key, empty signature */
	E2E_OK,
	E2E_FORGED	/* says more than it can prove: no call */
};

struct e2e_keys {
	uint8_t	ek_send[E2E_KEY_LEN];		/* base keys of seal.h */
	uint8_t	ek_receive[E2E_KEY_LEN];
	uint8_t	ek_check[E2E_KEY_LEN];		/* common/wire/check.h */
};

struct e2e;

/*
 * peer: canonical fingerprint; the caller's is the one that was dialled, the
 * callee's the one that the offer names.  identity must outlive it.  NULL: no
 * memory, or no key could be made.
 */
struct e2e	*e2e_new(const struct identity *, const char *peer,
		    const char *call_id, bool caller);
/* Wipes all secrets. */
void		 e2e_free(struct e2e *);
/*
 * Caller: fills identity_pub, ephemeral_pub and signature, which point into
 * the e2e.  -1: could not be signed.
 */
int		 e2e_offer(struct e2e *, struct sig_direct_call_offer *);
/* Callee: judges the offer. */
enum e2e_verdict e2e_take_offer(struct e2e *,
		    const struct sig_direct_call_offer *);
/* Callee, after E2E_OK: as e2e_offer(); the secret is there. */
int		 e2e_answer(struct e2e *, struct sig_direct_call_answer *);
/* Caller: judges the answer; after E2E_OK the secret is there. */
enum e2e_verdict e2e_take_answer(struct e2e *,
		    const struct sig_direct_call_answer *);

/* After E2E_FORGED or -1: what was wrong, for people.  Static text. */
const char	*e2e_why(const struct e2e *);

/* The rest only while this is true. */
bool		 e2e_ready(const struct e2e *);
const struct e2e_keys
		*e2e_keys(const struct e2e *);
/* seal_new() has them: wipes ek_send and ek_receive here. */
void		 e2e_forget(struct e2e *);
/* Four words, the same on both sides, to be compared by voice. */
const char	*e2e_words(const struct e2e *);
/* Who dials on a direct path: of both sides exactly one, not to be chosen. */
bool		 e2e_dials(const struct e2e *);
/*
 * DirectProof: MAC over the exporter (EXPORTER-wzp-direct) of this very TLS
 * connection, call_id and role of the sender.
 */
void		 e2e_proof(const struct e2e *, const uint8_t exporter[32],
		    bool dialer, uint8_t mac[E2E_MAC_LEN]);
bool		 e2e_proven(const struct e2e *, const uint8_t exporter[32],
		    bool dialer, const uint8_t mac[E2E_MAC_LEN]);

#endif /* WZP_CLIENT_E2E_E2E_H */
