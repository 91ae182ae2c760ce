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

/* NAT classes, roles and dialling order: see candidates.h. */

#include "config.h"

#include <string.h>

#include "common/base/addr.h"
#include "common/wire/candidates.h"

static bool	 addr_is_public(const struct addr *);
static bool	 listed(const char *, const char *const *, size_t);

const char *
nat_class_name(enum nat_class nc)
{
	switch (nc) {
	case NAT_CONE:
		return ("Cone");
	case NAT_SYMMETRIC_PORT:
		return ("SymmetricPort");
	case NAT_MULTIPLE:
		return ("Multiple");
	case NAT_UNKNOWN:
		break;
	}
	return ("Unknown");
}

/*
 * Can it be what a relay on the Internet sees (7.3)?  Unique local IPv6
 * counts, as it does for the original.
 */
static bool
addr_is_public(const struct addr *a)
{
	const uint8_t	*ip6;
	uint32_t	 ip;

	if (addr_is_loopback(a))
		return (false);
	if (addr_family(a) == AF_INET) {
		ip = ntohl(a->addr_u.in.sin_addr.s_addr);
		return (!candidate_is_host(a) &&
		    ip >> 16 != (169 << 8 | 254));	/* 169.254/16 */
	}
	ip6 = a->addr_u.in6.sin6_addr.s6_addr;
	return (!addr_is_any(a) &&
	    !(ip6[0] == 0xfe && (ip6[1] & 0xc0) == 0x80));	/* fe80::/10 */
}

bool
candidate_is_host(const struct addr *a)
{
	const uint8_t	*ip6;
	uint32_t	 ip;

	switch (addr_family(a)) {
	case AF_INET:
		ip = ntohl(a->addr_u.in.sin_addr.s_addr);
		return (ip >> 24 == 10 ||		/* 10/8 */
		    ip >> 20 == (172 << 4 | 1) ||	/* 172.16/12 */
		    ip >> 16 == (192 << 8 | 168) ||	/* 192.168/16 */
		    ip >> 22 == (100 << 2 | 1));	/* 100.64/10 */
	case AF_INET6:
		ip6 = a->addr_u.in6.sin6_addr.s6_addr;
		return ((ip6[0] & 0xe0) == 0x20 ||	/* 2000::/3 */
		    (ip6[0] & 0xfe) == 0xfc);		/* fc00::/7 */
	default:
		return (false);
	}
}

enum nat_class
nat_classify(const char *const *observed, size_t n, const char **consensus)
{
	struct addr	 first, a;
	bool		 same_host, same_port;
	const char	*text = NULL;
	size_t		 i, found = 0;

	*consensus = NULL;
	memset(&first, 0, sizeof(first));
	same_host = same_port = true;
	for (i = 0; i < n; i++) {
		if (observed[i] == NULL || addr_parse(&a, observed[i]) == -1 ||
		    !addr_is_public(&a))
			continue;
		if (found++ == 0) {
			first = a;
			text = observed[i];
			continue;
		}
		if (!addr_same_host(&first, &a))
			same_host = false;
		if (addr_port(&first) != addr_port(&a))
			same_port = false;
	}
	if (found < 2)
		return (NAT_UNKNOWN);
	if (!same_host)
		return (NAT_MULTIPLE);
	if (!same_port)
		return (NAT_SYMMETRIC_PORT);
	*consensus = text;
	return (NAT_CONE);
}

/* Both ends must come to opposite results, so text decides, not numbers. */
enum path_role
path_role(const char *own, const char *peer)
{
	int	 cmp;

	if (own == NULL || peer == NULL || (cmp = strcmp(own, peer)) == 0)
		return (ROLE_NONE);
	return (cmp < 0 ? ROLE_ACCEPTOR : ROLE_DIALER);
}

static bool
listed(const char *s, const char *const *list, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return (true);
	return (false);
}

size_t
path_dial_order(const char *peer_direct, const char *const *peer_local,
    size_t n, const char **order, size_t max)
{
	size_t	 i, len = 0;

	for (i = 0; i < n && len < max; i++)
		if (!listed(peer_local[i], order, len))
			order[len++] = peer_local[i];
	if (peer_direct != NULL && len < max &&
	    !listed(peer_direct, order, len))
		order[len++] = peer_direct;
	return (len);
}
