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
 * Who is at the other end of a connection between relays (wzp-protocol 9.2,
 * gap 26): a certificate says it, nobody's word does; originals, who show
 * none, are taken at the address of their stanza.  Strangers are named in the
 * log in a way that can be put into relayd.conf(5).
 */
#ifndef WZP_FEDERD_TRUST_H
#define WZP_FEDERD_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/base/rate.h"
#include "common/wire/identity.h"
#include "federd/peers.h"

/* Lines about strangers: one a second, so many at once. */
#define TRUST_LOG_BURST		8
/* The same stranger is named once while he is among the last few. */
#define TRUST_LOG_LAST		16
#define TRUST_LINE_MAX		384

/* What is known of a connection that somebody made to us. */
struct trust_claim {
	bool		 tc_certified;	/* tc_cert was proved in TLS */
	uint8_t		 tc_cert[TLS_HASH_LEN];
	struct addr	 tc_source;
	const char	*tc_asserted;	/* FederationHello; NULL: not yet */
};

enum trust_verdict {
	TRUST_PEER,
	TRUST_WAIT,		/* no certificate: what does the hello say? */
	TRUST_OURSELVES,	/* our own certificate */
	TRUST_DOWN,		/* a peer, which the operator wants down */
	TRUST_STRANGER,		/* no stanza has this fingerprint */
	TRUST_NO_PROOF,		/* a peer's fingerprint, and no certificate */
	TRUST_ELSEWHERE,	/* a legacy peer's, from another address */
	TRUST_ANOTHER,		/* hello and certificate disagree */
	TRUST_MALFORMED,	/* not a fingerprint at all */
	TRUST_VERDICTS
};

/* *peer is set for TRUST_PEER, and for refusals that are about one. */
enum trust_verdict
	 trust_judge(struct peers *, const uint8_t own[TLS_HASH_LEN],
	    const struct trust_claim *, struct peer **peer);
/* Words for the log. */
const char
	*trust_text(enum trust_verdict);

/* What was said about strangers lately. */
struct trust_log {
	struct rate	tl_rate;
	uint8_t		tl_last[TRUST_LOG_LAST][TLS_HASH_LEN];
	size_t		tl_next;
	uint64_t	tl_suppressed;
};

/*
 * One line about somebody who was refused; false: nothing is to be said now.
 */
bool	 trust_line(struct trust_log *, enum trust_verdict,
	    const struct trust_claim *, const struct peer *, uint64_t now,
	    char line[TRUST_LINE_MAX]);

#endif /* WZP_FEDERD_TRUST_H */
