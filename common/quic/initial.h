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
 * The name (SNI) in a client's first Initial packets, read without creating
 * a connection: derives the Initial keys (RFC 9001 5.2), collects CRYPTO
 * frames of up to a few datagrams in a bounded reassembly.
 */
#ifndef WZP_QUIC_INITIAL_H
#define WZP_QUIC_INITIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/quic/endpoint.h"

#define INITIAL_HELLO_MAX	4096	/* bytes of ClientHello */
#define INITIAL_DATAGRAMS_MAX	4

enum initial_verdict {
	INITIAL_MORE,		/* need the next datagram */
	INITIAL_NAME,		/* complete: see name */
	INITIAL_BAD		/* not a client's first flight: drop */
};

struct initial;

struct initial	*initial_new(const uint8_t *dcid, size_t dcid_len);
void		 initial_free(struct initial *);
/*
 * Feeds one datagram that starts with an Initial of this DCID.  On
 * INITIAL_NAME, name is the lower-cased SNI or "default", or "" when it is
 * not a name that TLS accepts; alpn_ok says whether "wzp" was offered.
 */
enum initial_verdict
		 initial_feed(struct initial *, const uint8_t *, size_t,
		    char name[QUIC_SNI_MAX], bool *alpn_ok);
/*
 * Whether the datagram fed last held the first byte of the ClientHello: it
 * must be the first one that a server reads.
 */
bool		 initial_has_start(const struct initial *);
/*
 * The DCID of a datagram that may begin a connection: version 1, Initial,
 * DCID of 8 to 20 bytes, 1200 bytes or more (RFC 9000 14.1).  -1: no.
 */
int		 initial_dcid(const uint8_t *, size_t, const uint8_t **dcid,
		    size_t *dcid_len);

#endif /* WZP_QUIC_INITIAL_H */
