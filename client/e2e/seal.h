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
 * Media from end to end (doc/E2E): the 12-byte header and the 4-byte report
 * stay readable for the relay and are authenticated; what lies between is an
 * SFrame ciphertext (RFC 9605).  The counter of SFrame is also what tells
 * repetitions: replayed ones and those that came on two paths.
 */
#ifndef WZP_CLIENT_E2E_SEAL_H
#define WZP_CLIENT_E2E_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "client/e2e/e2e.h"

/* What a packet grows by, at most: SFrame header and tag. */
#define SEAL_OVERHEAD	(1 + 8 + 8 + 16)

/*
 * Packets under one key, 5.5 minutes of sound: then the next key, which does
 * not tell the last one.
 */
#define SEAL_EPOCH	(UINT64_C(1) << 14)

struct seal_stats {
	uint64_t	ss_opened;
	/* Replayed, on the other path too, or too late to tell. */
	uint64_t	ss_repeated;
	uint64_t	ss_refused;	/* not authentic: forged, or plain */
};

struct seal;

/*
 * To be followed by e2e_forget(): the same keys must never be used by another
 * seal, nor stay in memory.  NULL: no memory, or they were forgotten.
 */
struct seal	*seal_new(const struct e2e_keys *);
/* Wipes the keys. */
void		 seal_free(struct seal *);
/*
 * in: a media packet (wzp-protocol 8.3).  Bytes written to out; 0: it is none,
 * cap is too small, or the counter is used up.
 */
size_t		 seal_protect(struct seal *, const uint8_t *in, size_t len,
		    uint8_t *out, size_t cap);
/* The other way; 0: to be dropped, for a reason that the stats tell. */
size_t		 seal_open(struct seal *, const uint8_t *in, size_t len,
		    uint8_t *out, size_t cap);
void		 seal_stats(const struct seal *, struct seal_stats *);

#endif /* WZP_CLIENT_E2E_SEAL_H */
