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
 * The two extensions of a ClientHello that decide where a connection goes:
 * server_name (RFC 6066 3), which is the connection type or room name
 * (wzp-protocol 1.3), and ALPN (RFC 7301).  Read by the door before there is
 * a connection, and again by TLS itself.
 */
#ifndef WZP_QUIC_SNI_H
#define WZP_QUIC_SNI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/quic/endpoint.h"

/*
 * Body of the server_name extension: the lower-cased name, or "default" when
 * it holds none or an IP address.  -1: malformed, or not a name of
 * wzp-protocol 1.4 (alert illegal_parameter).
 */
int	sni_name(const uint8_t *, size_t, char name[QUIC_SNI_MAX]);
/* Body of the ALPN extension: whether "wzp" is offered; -1: malformed. */
int	sni_alpn(const uint8_t *, size_t);
/* A name that can travel as SNI (wzp-protocol 1.4). */
bool	sni_valid(const char *, size_t);

#endif /* WZP_QUIC_SNI_H */
