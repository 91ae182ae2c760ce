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
 * What a relay checks and rewrites in offers and answers before it passes
 * them on: call_id (wzp-protocol 1.4), claimed identity (gap 10), addresses
 * (gaps 11 and 21).  Pure functions.
 */
#ifndef WZP_SIGNALD_OFFER_H
#define WZP_SIGNALD_OFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire/signal.h"
#include "signald/calls.h"

/* 58: "call-" and the call_id are one DNS label of at most 63 (1.4). */
#define OFFER_CALL_ID_MAX	58
/* Of one CallCandidates. */
#define OFFER_CANDIDATES_MAX	16
/* Listeners, what is advertised, and where the parties reach us. */
#define OFFER_OWN_MAX		20

bool	 offer_call_id_valid(const char *);
/* What the relay knows of a party when it judges its addresses. */
struct offer_rules {
	/*
	 * The party announced SIGNAL_FEATURE_CANDIDATES.  Originals advertise
	 * what they have found out themselves; ours asks us.
	 */
	bool		 or_strict;
	/* At another relay: nothing of it was observed, and none is ours. */
	bool		 or_remote;
	struct addr	 or_observed;
	/* Our own addresses, which nobody is to be sent to. */
	struct addr	 or_own[OFFER_OWN_MAX];
	size_t		 or_nown;
};

/*
 * May the other party be asked to send there?  Never to port 0, nor to what is
 * loopback, link-local, multicast, unspecified or reserved; except, when not
 * strict, to the observed host whatever it is.  Strict: a public IPv4 address
 * has the observed host.  Strict or remote: none is ours.
 */
bool	 offer_address_usable(const char *, const struct offer_rules *);
/* Keeps the usable ones of what a party advertised, as text, at most 8. */
void	 offer_take_addresses(struct call_party *, const struct offer_rules *,
	    const char *reflexive, const struct sig_strings *local);
/*
 * The usable ones, each once, at most max; returns how many, and in *left how
 * many were left out.  The texts stay where they were.
 */
size_t	 offer_take_candidates(const struct offer_rules *,
	    const struct sig_strings *, const char **list, size_t max,
	    size_t *left);
/*
 * The offer as the callee gets it: no caller addresses, and an identity_pub
 * that is either zero or the key the caller registered with.
 */
void	 offer_for_callee(struct signal *out, const struct signal *in,
	    const uint8_t registered_pub[32]);
/* The same with addresses: as the callee's relay gets it (gap 21). */
void	 offer_for_relay(struct signal *out, const struct signal *in,
	    const uint8_t registered_pub[32]);
/* The answer as the caller gets it: without addresses unless trusted. */
void	 answer_for_caller(struct signal *out, const struct signal *in);

#endif /* WZP_SIGNALD_OFFER_H */
