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
 * Initial packets of a client, protected by code that is not the door's: so a
 * target can say what is in them.
 */
#ifndef WZP_REGRESS_FUZZ_PROTECT_H
#define WZP_REGRESS_FUZZ_PROTECT_H

#include <stddef.h>
#include <stdint.h>

#define PROTECT_DATAGRAM	1200
/* Of frames that fit a datagram of 2048 bytes with IDs and a token. */
#define PROTECT_PAYLOAD_MAX	1800

/*
 * One Initial (RFC 9001 5) with this payload, filled up with PADDING to a
 * datagram of 1200 bytes.  Its length, 0: something is too long.
 */
size_t	 protect_initial(uint8_t *out, size_t cap, const uint8_t *dcid,
	    size_t dcid_len, const uint8_t *token, size_t token_len,
	    uint32_t pn, const uint8_t *payload, size_t len);

#endif /* WZP_REGRESS_FUZZ_PROTECT_H */
