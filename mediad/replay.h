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
 * Ephemeral keys of CallOffers seen before.  The signature of an offer
 * covers only that key and a constant, so whoever saw one could show it
 * again (wzp-protocol 13, gap 4); honest clients draw a fresh key for each
 * connection.  This catches offers that were shown to this relay: mediads
 * tell each other, by way of signald (MSG_OFFER_SEEN).  Only `proof' stops
 * those collected elsewhere, or before this process was started.
 */
#ifndef WZP_MEDIAD_REPLAY_H
#define WZP_MEDIAD_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The oldest goes when the cache is full.  Keeping a share per identity
 * would not keep an attacker from pushing entries out, since identities
 * cost nothing: the number only has to make it a matter of many handshakes.
 */
#define REPLAY_MAX	16384

struct replay;

struct replay	*replay_new(size_t max);
void		 replay_free(struct replay *);
/* Was this ephemeral key of this identity used before?  From now on it was. */
bool		 replay_seen(struct replay *, const uint8_t identity[32],
		    const uint8_t ephemeral[32]);

#endif /* WZP_MEDIAD_REPLAY_H */
