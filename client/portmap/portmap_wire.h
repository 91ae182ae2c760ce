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
 * What the client and its port mapping helper tell each other: whole messages
 * over a pair of sockets that keeps them apart.  Neither believes the other:
 * length first, then every value.
 */
#ifndef WZP_CLIENT_PORTMAP_PORTMAP_WIRE_H
#define WZP_CLIENT_PORTMAP_PORTMAP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

/* In the order in which they are tried. */
enum portmap_protocol {
	PORTMAP_NONE,
	PORTMAP_PCP,
	PORTMAP_NATPMP,
	PORTMAP_UPNP,
	PORTMAP_MAX
};

/*
 * To the helper: a mapping of this port is wanted, or none (0).
 *	length (4), WANT, port (2)
 * From the helper: there is a mapping, or none (protocol and rest 0).
 *	length (9), STATE, protocol (1), external address (4), port (2)
 * Length counts all of it.
 */
#define PORTMAP_WANT_LEN	4
#define PORTMAP_STATE_LEN	9
#define PORTMAP_LEN_MAX		16

void	 portmap_put_want(uint8_t[PORTMAP_WANT_LEN], uint16_t port);
/* -1: it is none. */
int	 portmap_get_want(const uint8_t *, size_t, uint16_t *port);
/* external is IPv4, or NULL for PORTMAP_NONE. */
void	 portmap_put_state(uint8_t[PORTMAP_STATE_LEN], enum portmap_protocol,
	    const struct addr *external);
int	 portmap_get_state(const uint8_t *, size_t, enum portmap_protocol *,
	    struct addr *external);
/* Where packets from outside can arrive: unicast, not of a host or link. */
bool	 portmap_external_usable(const struct addr *);

#endif /* WZP_CLIENT_PORTMAP_PORTMAP_WIRE_H */
