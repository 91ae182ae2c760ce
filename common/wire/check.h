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
 * Connectivity checks of two clients of ours on the socket that carries QUIC:
 * 64 bytes that begin as no QUIC packet of ours does (check.c), with a MAC
 * under a key of the call, so that nobody else can make one or is answered.
 * Response and request have the same length: nothing is amplified.
 */
#ifndef WZP_WIRE_CHECK_H
#define WZP_WIRE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

#define CHECK_LEN	64
#define CHECK_KEY_LEN	32
#define CHECK_ID_LEN	12

enum check_type {
	CHECK_REQUEST = 1,
	CHECK_RESPONSE
};

struct check {
	enum check_type	ck_type;
	uint8_t		ck_id[CHECK_ID_LEN];	/* random; as in the request */
	uint32_t	ck_generation;		/* of the sender's candidates */
	uint32_t	ck_round;
	/* Response: where the request came from.  addr_len 0: request. */
	struct addr	ck_mapped;
};

/* Has it the form of one?  Then it is none of QUIC's. */
bool	 check_is(const uint8_t *, size_t);
/* caller: the sender is the caller (a reflected packet proves nothing). */
void	 check_write(uint8_t out[CHECK_LEN], const struct check *,
	    const uint8_t key[CHECK_KEY_LEN], bool caller);
/* false: not of this call, or altered. */
bool	 check_read(struct check *, const uint8_t *, size_t,
	    const uint8_t key[CHECK_KEY_LEN], bool caller);

#endif /* WZP_WIRE_CHECK_H */
