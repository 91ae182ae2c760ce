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

/* Messages between the client and its port mapping helper. */

#include "config.h"

#include <netinet/in.h>

#include <string.h>

#include "client/portmap/portmap_wire.h"

enum {
	MESSAGE_WANT = 1,
	MESSAGE_STATE = 2
};

void
portmap_put_want(uint8_t m[PORTMAP_WANT_LEN], uint16_t port)
{
	m[0] = PORTMAP_WANT_LEN;
	m[1] = MESSAGE_WANT;
	m[2] = (uint8_t)(port >> 8);
	m[3] = (uint8_t)port;
}

int
portmap_get_want(const uint8_t *m, size_t len, uint16_t *port)
{
	if (len != PORTMAP_WANT_LEN || m[0] != PORTMAP_WANT_LEN ||
	    m[1] != MESSAGE_WANT)
		return (-1);
	*port = (uint16_t)(m[2] << 8 | m[3]);
	return (0);
}

void
portmap_put_state(uint8_t m[PORTMAP_STATE_LEN], enum portmap_protocol protocol,
    const struct addr *external)
{
	memset(m, 0, PORTMAP_STATE_LEN);
	m[0] = PORTMAP_STATE_LEN;
	m[1] = MESSAGE_STATE;
	if (protocol == PORTMAP_NONE)
		return;
	m[2] = (uint8_t)protocol;
	memcpy(m + 3, &external->addr_u.in.sin_addr, 4);
	memcpy(m + 7, &external->addr_u.in.sin_port, 2);
}

int
portmap_get_state(const uint8_t *m, size_t len,
    enum portmap_protocol *protocol, struct addr *external)
{
	static const uint8_t	none[6];

	memset(external, 0, sizeof(*external));
	if (len != PORTMAP_STATE_LEN || m[0] != PORTMAP_STATE_LEN ||
	    m[1] != MESSAGE_STATE || m[2] >= PORTMAP_MAX)
		return (-1);
	*protocol = (enum portmap_protocol)m[2];
	if (*protocol == PORTMAP_NONE)
		return (memcmp(m + 3, none, sizeof(none)) == 0 ? 0 : -1);
	external->addr_u.in.sin_family = AF_INET;
	memcpy(&external->addr_u.in.sin_addr, m + 3, 4);
	memcpy(&external->addr_u.in.sin_port, m + 7, 2);
	external->addr_len = sizeof(external->addr_u.in);
	return (portmap_external_usable(external) ? 0 : -1);
}

bool
portmap_external_usable(const struct addr *a)
{
	uint32_t	ip;

	if (addr_family(a) != AF_INET || addr_port(a) == 0)
		return (false);
	ip = ntohl(a->addr_u.in.sin_addr.s_addr);
	return (ip >> 24 != 0 && ip >> 24 != 127 &&
	    ip >> 16 != 0xa9fe &&	/* 169.254/16 */
	    ip >> 28 < 0xe);		/* multicast, 240/4, broadcast */
}
