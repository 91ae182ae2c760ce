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
 * Messages of TURN (turn.h).
 */
#include "config.h"

#include <string.h>

#include "bench/turn.h"

/* RFC 8489 section 5. */
#define HEADER_LEN	20
#define COOKIE		0x2112a442U
#define ID_OFF		8
#define CLASS_MASK	0x0110
#define CLASS_SUCCESS	0x0100
#define CLASS_ERROR	0x0110
/* RFC 8656 section 18, RFC 8489 section 14: attributes. */
#define ATTRIBUTE_LEN	4
#define ERROR_CODE	0x0009
#define CHANNEL_NUMBER	0x000c
#define XOR_PEER	0x0012
#define XOR_RELAYED	0x0016
#define TRANSPORT	0x0019
#define TRANSPORT_UDP	17
/* RFC 8489 section 14.1, 14.2. */
#define FAMILY_IPV4	1
#define XOR_IPV4_LEN	8
#define ERROR_MIN_LEN	4

static void	put16(uint8_t *, unsigned int);
static void	put32(uint8_t *, uint32_t);
static unsigned int
		get16(const uint8_t *);
static uint32_t	get32(const uint8_t *);
static size_t	request(uint8_t *, enum turn_method, const uint8_t *, size_t);
static void	get_address(struct addr *, const uint8_t *, size_t);
static unsigned int
		get_error(const uint8_t *, size_t);

static void
put16(uint8_t *p, unsigned int n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

static void
put32(uint8_t *p, uint32_t n)
{
	put16(p, n >> 16);
	put16(p + 2, n & 0xffff);
}

static unsigned int
get16(const uint8_t *p)
{
	return ((unsigned int)p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return ((uint32_t)get16(p) << 16 | get16(p + 2));
}

/* len: of its attributes, which have their padding. */
static size_t
request(uint8_t *buf, enum turn_method method, const uint8_t *id, size_t len)
{
	put16(buf, method);
	put16(buf + 2, (unsigned int)len);
	put32(buf + 4, COOKIE);
	memcpy(buf + ID_OFF, id, TURN_ID_LEN);
	return (HEADER_LEN + len);
}

size_t
turn_allocate(uint8_t *buf, const uint8_t *id)
{
	uint8_t	*p = buf + HEADER_LEN;

	put16(p, TRANSPORT);
	put16(p + 2, 4);
	put32(p + 4, (uint32_t)TRANSPORT_UDP << 24);
	return (request(buf, TURN_ALLOCATE, id, 8));
}

size_t
turn_refresh(uint8_t *buf, const uint8_t *id)
{
	return (request(buf, TURN_REFRESH, id, 0));
}

size_t
turn_channel_bind(uint8_t *buf, const uint8_t *id, uint16_t channel,
    const struct addr *peer)
{
	uint8_t	*p = buf + HEADER_LEN;

	put16(p, CHANNEL_NUMBER);
	put16(p + 2, 4);
	put32(p + 4, (uint32_t)channel << 16);
	p += 8;
	put16(p, XOR_PEER);
	put16(p + 2, XOR_IPV4_LEN);
	put16(p + 4, FAMILY_IPV4);
	put16(p + 6, addr_port(peer) ^ (COOKIE >> 16));
	put32(p + 8, ntohl(peer->addr_u.in.sin_addr.s_addr) ^ COOKIE);
	return (request(buf, TURN_CHANNEL_BIND, id, 20));
}

void
turn_data_header(uint8_t *buf, uint16_t channel, size_t len)
{
	put16(buf, channel);
	put16(buf + 2, (unsigned int)len);
}

int
turn_parse_response(struct turn_response *tr, const uint8_t *data, size_t len)
{
	const uint8_t	*p;
	unsigned int	 type;
	size_t		 left, n;

	memset(tr, 0, sizeof(*tr));
	if (len < HEADER_LEN || get16(data + 2) != len - HEADER_LEN ||
	    len % 4 != 0 || get32(data + 4) != COOKIE)
		return (-1);
	type = get16(data);
	if ((type & CLASS_MASK) != CLASS_SUCCESS &&
	    (type & CLASS_MASK) != CLASS_ERROR)
		return (-1);
	switch (type & ~(unsigned int)CLASS_MASK) {
	case TURN_ALLOCATE:
		tr->tr_method = TURN_ALLOCATE;
		break;
	case TURN_REFRESH:
		tr->tr_method = TURN_REFRESH;
		break;
	case TURN_CHANNEL_BIND:
		tr->tr_method = TURN_CHANNEL_BIND;
		break;
	default:
		return (-1);
	}
	tr->tr_success = (type & CLASS_MASK) == CLASS_SUCCESS;
	tr->tr_id = data + ID_OFF;

	p = data + HEADER_LEN;
	for (left = len - HEADER_LEN; left > 0; left -= n, p += n) {
		/*
		 * What it has, then padding to 4 bytes: all lengths are
		 * multiples of 4, so that there is left what begins one.
		 */
		n = get16(p + 2);
		if (n > left - ATTRIBUTE_LEN)
			return (-1);
		if (get16(p) == XOR_RELAYED)
			get_address(&tr->tr_relayed, p + ATTRIBUTE_LEN, n);
		else if (get16(p) == ERROR_CODE)
			tr->tr_error = get_error(p + ATTRIBUTE_LEN, n);
		n = ATTRIBUTE_LEN + (n + 3) / 4 * 4;
	}
	return (0);
}

static void
get_address(struct addr *a, const uint8_t *p, size_t len)
{
	struct sockaddr_in	sin;

	if (len != XOR_IPV4_LEN || p[1] != FAMILY_IPV4)
		return;
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)(get16(p + 2) ^ (COOKIE >> 16)));
	sin.sin_addr.s_addr = htonl(get32(p + 4) ^ COOKIE);
	if (addr_from_sockaddr(a, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		a->addr_len = 0;
}

/* Class, a digit, and two. */
static unsigned int
get_error(const uint8_t *p, size_t len)
{
	unsigned int	class;

	if (len < ERROR_MIN_LEN)
		return (0);
	class = p[2] & 7;
	if (class < 3 || class > 6 || p[3] > 99)
		return (0);
	return (class * 100 + p[3]);
}

int
turn_parse_data(uint16_t channel, const uint8_t *data, size_t len)
{
	unsigned int	n;

	if (len < TURN_DATA_HEADER_LEN || get16(data) != channel)
		return (-1);
	n = get16(data + 2);
	if (TURN_DATA_HEADER_LEN + n > len ||
	    TURN_DATA_HEADER_LEN + n + 3 < len)
		return (-1);
	return ((int)n);
}
