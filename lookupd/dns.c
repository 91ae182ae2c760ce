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
 * DNS messages (see dns.h).  Every byte comes from the network: positions are
 * checked before each read, names may only point backwards, and only records
 * that belong to the name in question, or to what it is an alias of, count.
 */

#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "lookupd/dns.h"

#define HEADER_LEN	12
#define FLAGS_QR	0x8000
#define FLAGS_OPCODE	0x7800
#define FLAGS_RD	0x0100
#define RCODE_OK	0
#define RCODE_NXDOMAIN	3
#define TYPE_CNAME	5
#define TYPE_OPT	41
#define CLASS_IN	1
/* Aliases of aliases; more is a mistake or an attack. */
#define CHAIN_MAX	8

/* A place in a message. */
struct cursor {
	const uint8_t	*cu_buf;
	size_t		 cu_len;
	size_t		 cu_at;
};

static bool	get_u16(struct cursor *, uint16_t *);
static bool	get_u32(struct cursor *, uint32_t *);
static bool	get_name(struct cursor *, char[DNS_NAME_LEN]);
static void	add_addr(struct dns_answer *, uint16_t, const uint8_t *);

static bool
get_u16(struct cursor *c, uint16_t *v)
{
	if (c->cu_len - c->cu_at < 2)
		return (false);
	*v = (uint16_t)(c->cu_buf[c->cu_at] << 8 | c->cu_buf[c->cu_at + 1]);
	c->cu_at += 2;
	return (true);
}

static bool
get_u32(struct cursor *c, uint32_t *v)
{
	uint16_t	high, low;

	if (!get_u16(c, &high) || !get_u16(c, &low))
		return (false);
	*v = (uint32_t)high << 16 | low;
	return (true);
}

/*
 * A name as text, "" for the root.  A pointer (RFC 1035 4.1.4) has to go to
 * before the place where the name began, so this ends.
 */
static bool
get_name(struct cursor *c, char name[DNS_NAME_LEN])
{
	size_t	at = c->cu_at, end = 0, len = 0, limit = c->cu_at, to;
	uint8_t	n;

	for (;;) {
		if (at >= c->cu_len)
			return (false);
		n = c->cu_buf[at++];
		if ((n & 0xc0) == 0xc0) {
			if (at >= c->cu_len)
				return (false);
			to = (size_t)(n & 0x3f) << 8 | c->cu_buf[at++];
			if (end == 0)
				end = at;
			if (to >= limit)
				return (false);
			at = limit = to;
			continue;
		}
		if ((n & 0xc0) != 0)
			return (false);
		if (n == 0)
			break;
		if (c->cu_len - at < n || len + 1 + n >= DNS_NAME_LEN)
			return (false);
		if (len > 0)
			name[len++] = '.';
		/* A NUL or dot within a label is in no name of ours. */
		if (memchr(c->cu_buf + at, '\0', n) != NULL ||
		    memchr(c->cu_buf + at, '.', n) != NULL)
			return (false);
		memcpy(name + len, c->cu_buf + at, n);
		len += n;
		at += n;
	}
	name[len] = '\0';
	c->cu_at = end != 0 ? end : at;
	return (true);
}

int
dns_query(uint8_t buf[DNS_QUERY_MAX], uint16_t id, const char *name,
    uint16_t type)
{
	static const uint8_t	 opt[] = {
		0, 0, TYPE_OPT, DNS_ANSWER_MAX >> 8, DNS_ANSWER_MAX & 0xff,
		0, 0, 0, 0, 0, 0
	};
	const char	*dot;
	size_t		 at = HEADER_LEN, n;

	memset(buf, 0, HEADER_LEN);
	buf[0] = (uint8_t)(id >> 8);
	buf[1] = (uint8_t)id;
	buf[2] = FLAGS_RD >> 8;
	buf[5] = 1;		/* a question */
	buf[11] = 1;		/* an additional record: OPT */
	if (*name == '\0' || strlen(name) >= DNS_NAME_LEN)
		return (-1);
	for (; *name != '\0'; name = *dot == '.' ? dot + 1 : dot) {
		dot = name + strcspn(name, ".");
		n = (size_t)(dot - name);
		if (n == 0 || n > 63)
			return (-1);
		buf[at++] = (uint8_t)n;
		memcpy(buf + at, name, n);
		at += n;
	}
	buf[at++] = 0;
	buf[at++] = (uint8_t)(type >> 8);
	buf[at++] = (uint8_t)type;
	buf[at++] = CLASS_IN >> 8;
	buf[at++] = CLASS_IN & 0xff;
	memcpy(buf + at, opt, sizeof(opt));
	return ((int)(at + sizeof(opt)));
}

static void
add_addr(struct dns_answer *answer, uint16_t type, const uint8_t *data)
{
	struct sockaddr_in6	 in6;
	struct sockaddr_in	 in;
	struct addr		*a;

	if (answer->da_count == DNS_ADDRS_MAX)
		return;
	a = &answer->da_addrs[answer->da_count];
	if (type == DNS_TYPE_A) {
		memset(&in, 0, sizeof(in));
		in.sin_family = AF_INET;
		memcpy(&in.sin_addr, data, sizeof(in.sin_addr));
		if (addr_from_sockaddr(a, (struct sockaddr *)&in,
		    sizeof(in)) == -1)
			return;
	} else {
		memset(&in6, 0, sizeof(in6));
		in6.sin6_family = AF_INET6;
		memcpy(&in6.sin6_addr, data, sizeof(in6.sin6_addr));
		if (addr_from_sockaddr(a, (struct sockaddr *)&in6,
		    sizeof(in6)) == -1)
			return;
	}
	answer->da_count++;
}

enum dns_result
dns_read(const uint8_t *buf, size_t len, uint16_t id, const char *name,
    uint16_t type, struct dns_answer *answer)
{
	struct cursor	c = { buf, len, 0 };
	struct cursor	data;
	char		owner[DNS_NAME_LEN], wanted[DNS_NAME_LEN];
	uint32_t	ttl;
	uint16_t	count[4], flags, rid, rtype, rclass, rlen;
	size_t		before = answer->da_count, want;
	unsigned int	i, chain = 0;

	for (i = 0; i < 2; i++)
		if (!get_u16(&c, i == 0 ? &rid : &flags))
			return (DNS_FORGED);
	for (i = 0; i < 4; i++)
		if (!get_u16(&c, &count[i]))
			return (DNS_FORGED);
	if (rid != id || (flags & (FLAGS_QR | FLAGS_OPCODE)) != FLAGS_QR ||
	    count[0] != 1 || !get_name(&c, owner) ||
	    strcasecmp(owner, name) != 0 || !get_u16(&c, &rtype) ||
	    rtype != type || !get_u16(&c, &rclass) || rclass != CLASS_IN)
		return (DNS_FORGED);
	switch (flags & 0xf) {
	case RCODE_OK:
		break;
	case RCODE_NXDOMAIN:
		return (DNS_NO_NAME);
	default:
		return (DNS_SERVER_FAILED);
	}
	/*
	 * A cut message (TC) has as many records as fit: an address is an
	 * address.  Aliases come before what they stand for.
	 */
	want = type == DNS_TYPE_A ? 4 : 16;
	(void)strlcpy(wanted, name, sizeof(wanted));
	for (i = 0; i < count[1]; i++) {
		if (!get_name(&c, owner) || !get_u16(&c, &rtype) ||
		    !get_u16(&c, &rclass) || !get_u32(&c, &ttl) ||
		    !get_u16(&c, &rlen) || c.cu_len - c.cu_at < rlen)
			break;
		data = c;
		c.cu_at += rlen;
		if (rclass != CLASS_IN || strcasecmp(owner, wanted) != 0)
			continue;
		if (rtype == TYPE_CNAME && chain++ < CHAIN_MAX) {
			data.cu_len = c.cu_at;
			if (!get_name(&data, wanted) ||
			    data.cu_at != c.cu_at)
				return (DNS_SERVER_FAILED);
		} else if (rtype == type && rlen == want)
			add_addr(answer, type, buf + data.cu_at);
		else
			continue;
		/* RFC 2181 8: the top bit set means 0. */
		if (ttl > INT32_MAX)
			ttl = 0;
		if (ttl < answer->da_ttl)
			answer->da_ttl = ttl;
	}
	return (answer->da_count > before ? DNS_OK : DNS_NO_DATA);
}
