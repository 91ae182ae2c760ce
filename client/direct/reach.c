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
 * Which addresses of the other are tried, and in which order.
 */

#include "config.h"

#include <string.h>

#include "client/direct/reach.h"
#include "common/wire/candidates.h"

/* Unique local (RFC 4193) and the private ranges that 7.4 keeps. */
enum reach_class
reach_class(const struct addr *a)
{
	if (addr_family(a) == AF_INET6)
		return ((a->addr_u.in6.sin6_addr.s6_addr[0] & 0xfe) == 0xfc ?
		    REACH_LAN : REACH_IPV6);
	return (candidate_is_host(a) ? REACH_LAN : REACH_PUBLIC);
}

bool
reach_usable(const struct addr *a, bool local)
{
	uint32_t	ip;

	if (addr_port(a) == 0 || addr_is_any(a))
		return (false);
	if (addr_is_loopback(a))
		return (local);
	if (addr_family(a) == AF_INET6)
		return (candidate_is_host(a));
	ip = ntohl(a->addr_u.in.sin_addr.s_addr);
	return (ip >> 24 != 0 &&
	    ip >> 16 != (169 << 8 | 254) &&		/* link-local */
	    ip >> 28 < 14);		/* multicast, reserved, broadcast */
}

bool
reach_listed(const struct addr *list, size_t n, const struct addr *a)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		if (addr_equal(&list[i], a))
			return (true);
	}
	return (false);
}

bool
reach_add(struct addr *list, size_t *n, size_t max, const char *text,
    bool local)
{
	struct addr	a;
	size_t		at;

	if (text == NULL || addr_parse(&a, text) == -1 ||
	    !reach_usable(&a, local) || reach_listed(list, *n, &a) ||
	    *n >= max)
		return (false);
	for (at = *n; at > 0 && reach_class(&list[at - 1]) > reach_class(&a);
	    at--)
		list[at] = list[at - 1];
	list[at] = a;
	(*n)++;
	return (true);
}
