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

/* Network addresses: from the kernel, from text, to text, compared. */

#include "config.h"

#include <sys/types.h>

#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/addr.h"

static int	parse_port(const char *, uint16_t *);

int
addr_from_sockaddr(struct addr *a, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in6	 in6;
	struct sockaddr_in	*in;

	memset(a, 0, sizeof(*a));
	if (sa->sa_family == AF_INET && len >= sizeof(a->addr_u.in)) {
		memcpy(&a->addr_u.in, sa, sizeof(a->addr_u.in));
		memset(a->addr_u.in.sin_zero, 0,
		    sizeof(a->addr_u.in.sin_zero));
		a->addr_len = sizeof(a->addr_u.in);
		return (0);
	}
	if (sa->sa_family != AF_INET6 || len < sizeof(a->addr_u.in6)) {
		errno = EAFNOSUPPORT;
		return (-1);
	}
	memcpy(&in6, sa, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
		in = &a->addr_u.in;
		in->sin_family = AF_INET;
		in->sin_port = in6.sin6_port;
		memcpy(&in->sin_addr, &in6.sin6_addr.s6_addr[12],
		    sizeof(in->sin_addr));
		a->addr_len = sizeof(*in);
		return (0);
	}
	/* The scope stays, the kernel wants it back for link-local peers. */
	in6.sin6_flowinfo = 0;
	a->addr_u.in6 = in6;
	a->addr_len = sizeof(in6);
	return (0);
}

int
addr_parse(struct addr *a, const char *s)
{
	struct sockaddr_in	 in;
	struct sockaddr_in6	 in6;
	char			 host[INET6_ADDRSTRLEN];
	const char		*colon, *end;
	uint16_t		 port;
	size_t			 len;

	memset(a, 0, sizeof(*a));
	if (s[0] == '[') {
		s++;
		if ((end = strchr(s, ']')) == NULL || end[1] != ':')
			goto bad;
		colon = end + 1;
	} else {
		if ((end = strchr(s, ':')) == NULL)
			goto bad;
		colon = end;
	}
	len = (size_t)(end - s);
	if (len == 0 || len >= sizeof(host) || parse_port(colon + 1, &port))
		goto bad;
	memcpy(host, s, len);
	host[len] = '\0';

	if (colon != end) {
		memset(&in6, 0, sizeof(in6));
		in6.sin6_family = AF_INET6;
		in6.sin6_port = htons(port);
		if (inet_pton(AF_INET6, host, &in6.sin6_addr) != 1)
			goto bad;
		return (addr_from_sockaddr(a, (struct sockaddr *)&in6,
		    sizeof(in6)));
	}
	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	in.sin_port = htons(port);
	if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
		goto bad;
	return (addr_from_sockaddr(a, (struct sockaddr *)&in, sizeof(in)));
bad:
	errno = EINVAL;
	return (-1);
}

static int
parse_port(const char *s, uint16_t *port)
{
	unsigned int	v = 0;
	size_t		n;

	for (n = 0; s[n] != '\0'; n++) {
		if (s[n] < '0' || s[n] > '9' || n == 5)
			return (-1);
		v = v * 10 + (unsigned int)(s[n] - '0');
	}
	if (n == 0 || v > UINT16_MAX)
		return (-1);
	*port = (uint16_t)v;
	return (0);
}

const char *
addr_print_host(const struct addr *a, char *buf, size_t cap)
{
	const void	*p = addr_family(a) == AF_INET6 ?
	    (const void *)&a->addr_u.in6.sin6_addr :
	    (const void *)&a->addr_u.in.sin_addr;

	if (inet_ntop(addr_family(a), p, buf, (socklen_t)cap) == NULL)
		snprintf(buf, cap, "none");
	return (buf);
}

const char *
addr_print(const struct addr *a, char *buf, size_t cap)
{
	char	host[INET6_ADDRSTRLEN];

	addr_print_host(a, host, sizeof(host));
	switch (addr_family(a)) {
	case AF_INET:
		snprintf(buf, cap, "%s:%u", host, addr_port(a));
		break;
	case AF_INET6:
		snprintf(buf, cap, "[%s]:%u", host, addr_port(a));
		break;
	default:
		snprintf(buf, cap, "%s", host);
		break;
	}
	return (buf);
}

const char *
addr_print_source(const struct addr *a, char *buf, size_t cap)
{
	struct addr	net = *a;
	size_t		len;

	if (addr_family(a) == AF_INET6)
		memset(&net.addr_u.in6.sin6_addr.s6_addr[8], 0, 8);
	addr_print_host(&net, buf, cap);
	len = strlen(buf);
	if (addr_family(a) == AF_INET6)
		snprintf(buf + len, cap - len, "/64");
	return (buf);
}

const char *
addr_print_net(const struct addr *a, char *buf, size_t cap)
{
	struct addr	net = *a;
	size_t		len;

	if (addr_family(a) != AF_INET)
		return (addr_print_source(a, buf, cap));
	net.addr_u.in.sin_addr.s_addr &= htonl(0xffffff00);
	addr_print_host(&net, buf, cap);
	len = strlen(buf);
	snprintf(buf + len, cap - len, "/24");
	return (buf);
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return (addr_same_host(a, b) && addr_port(a) == addr_port(b));
}

bool
addr_same_host(const struct addr *a, const struct addr *b)
{
	if (addr_family(a) != addr_family(b))
		return (false);
	switch (addr_family(a)) {
	case AF_INET:
		return (a->addr_u.in.sin_addr.s_addr ==
		    b->addr_u.in.sin_addr.s_addr);
	case AF_INET6:
		return (memcmp(&a->addr_u.in6.sin6_addr,
		    &b->addr_u.in6.sin6_addr, sizeof(struct in6_addr)) == 0 &&
		    a->addr_u.in6.sin6_scope_id ==
		    b->addr_u.in6.sin6_scope_id);
	default:
		return (true);
	}
}

uint16_t
addr_port(const struct addr *a)
{
	switch (addr_family(a)) {
	case AF_INET:
		return (ntohs(a->addr_u.in.sin_port));
	case AF_INET6:
		return (ntohs(a->addr_u.in6.sin6_port));
	default:
		return (0);
	}
}

void
addr_set_port(struct addr *a, uint16_t port)
{
	switch (addr_family(a)) {
	case AF_INET:
		a->addr_u.in.sin_port = htons(port);
		break;
	case AF_INET6:
		a->addr_u.in6.sin6_port = htons(port);
		break;
	default:
		break;
	}
}

int
addr_family(const struct addr *a)
{
	return (a->addr_len == 0 ? AF_UNSPEC : a->addr_u.sa.sa_family);
}

bool
addr_is_any(const struct addr *a)
{
	switch (addr_family(a)) {
	case AF_INET:
		return (a->addr_u.in.sin_addr.s_addr == htonl(INADDR_ANY));
	case AF_INET6:
		return (IN6_IS_ADDR_UNSPECIFIED(&a->addr_u.in6.sin6_addr));
	default:
		return (false);
	}
}

bool
addr_is_loopback(const struct addr *a)
{
	switch (addr_family(a)) {
	case AF_INET:
		return (ntohl(a->addr_u.in.sin_addr.s_addr) >> 24 == 127);
	case AF_INET6:
		return (IN6_IS_ADDR_LOOPBACK(&a->addr_u.in6.sin6_addr));
	default:
		return (false);
	}
}
