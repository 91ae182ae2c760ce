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

/* Packets of the Port Control Protocol. */

#include "config.h"

#include <netinet/in.h>

#include <string.h>

#include "client/portmap/pcp.h"
#include "common/base/bytes.h"

#define PCP_VERSION		2
#define OPCODE_MAP	1
#define RESPONSE	0x80
#define SUCCESS		0
#define PROTOCOL_UDP	17

/* Offsets of the common header (7.1, 7.2) and of MAP (11.1). */
#define AT_RESULT	3
#define AT_LIFETIME	4
#define AT_CLIENT	8	/* of a request */
#define AT_EPOCH	8	/* of an answer */
#define AT_NONCE	24
#define AT_PROTOCOL	36
#define AT_INTERNAL	40
#define AT_EXTERNAL	42
#define AT_ADDRESS	44

static const uint8_t	mapped4[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff };

static void	 put_host(uint8_t *, const struct addr *);

/* IPv4 in IPv6 (RFC 6887 5); none is ::ffff:0.0.0.0. */
static void
put_host(uint8_t *p, const struct addr *a)
{
	memcpy(p, mapped4, sizeof(mapped4));
	memset(p + sizeof(mapped4), 0, 4);
	if (addr_family(a) == AF_INET)
		memcpy(p + sizeof(mapped4), &a->addr_u.in.sin_addr, 4);
}

void
pcp_put_map(uint8_t p[PCP_MAP_LEN], const struct pcp_map *m)
{
	uint16_t	external = addr_port(&m->pm_external);

	memset(p, 0, PCP_MAP_LEN);
	p[0] = PCP_VERSION;
	p[1] = OPCODE_MAP;
	bytes_put32(p + AT_LIFETIME, m->pm_lifetime);
	put_host(p + AT_CLIENT, &m->pm_client);
	memcpy(p + AT_NONCE, m->pm_nonce, PCP_NONCE_LEN);
	p[AT_PROTOCOL] = PROTOCOL_UDP;
	p[AT_INTERNAL] = (uint8_t)(m->pm_port >> 8);
	p[AT_INTERNAL + 1] = (uint8_t)m->pm_port;
	p[AT_EXTERNAL] = (uint8_t)(external >> 8);
	p[AT_EXTERNAL + 1] = (uint8_t)external;
	put_host(p + AT_ADDRESS, &m->pm_external);
}

enum pcp_answer
pcp_get_map(const uint8_t *p, size_t len, struct pcp_map *m)
{
	struct addr	*a = &m->pm_external;

	if (len < 4 || len > PCP_PACKET_MAX || (p[1] & RESPONSE) == 0)
		return (PCP_IGNORED);
	/* A server of NAT-PMP answers with its own version, 0 (9, A). */
	if (p[0] != PCP_VERSION)
		return (PCP_REFUSED);
	if (len < PCP_MAP_LEN || len % 4 != 0 ||
	    p[1] != (RESPONSE | OPCODE_MAP))
		return (PCP_IGNORED);
	/* Somebody who does not hear us cannot know the nonce (11.4). */
	if (memcmp(p + AT_NONCE, m->pm_nonce, PCP_NONCE_LEN) != 0 ||
	    p[AT_PROTOCOL] != PROTOCOL_UDP ||
	    (p[AT_INTERNAL] << 8 | p[AT_INTERNAL + 1]) != m->pm_port)
		return (PCP_IGNORED);
	if (p[AT_RESULT] != SUCCESS)
		return (PCP_REFUSED);
	if (memcmp(p + AT_ADDRESS, mapped4, sizeof(mapped4)) != 0)
		return (PCP_REFUSED);
	memset(a, 0, sizeof(*a));
	a->addr_u.in.sin_family = AF_INET;
	memcpy(&a->addr_u.in.sin_addr, p + AT_ADDRESS + sizeof(mapped4), 4);
	memcpy(&a->addr_u.in.sin_port, p + AT_EXTERNAL, 2);
	a->addr_len = sizeof(a->addr_u.in);
	m->pm_lifetime = bytes_get32(p + AT_LIFETIME);
	m->pm_epoch = bytes_get32(p + AT_EPOCH);
	return (PCP_MAPPED);
}

bool
pcp_epoch_valid(uint32_t before, uint32_t now, uint64_t our_before,
    uint64_t our_now)
{
	uint64_t	ours = our_now - our_before, theirs;

	/* One second back may be rounding. */
	if (now + UINT64_C(1) < before)
		return (false);
	theirs = now > before ? now - before : 0;
	return (ours + 2 >= theirs - theirs / 16 &&
	    theirs + 2 >= ours - ours / 16);
}
