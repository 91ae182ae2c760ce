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
 * Network addresses as the protocol prints and compares them (wzp-protocol
 * 7.1): "a.b.c.d:port" or "[v6]:port", IPv4-mapped IPv6 unmapped.
 */
#ifndef WZP_BASE_ADDR_H
#define WZP_BASE_ADDR_H

#include <sys/socket.h>

#include <netinet/in.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "[" + 45 + "]:" + 5 + NUL, rounded up; scope ids are not carried. */
#define ADDR_STRLEN	56

struct addr {
	union {
		struct sockaddr		sa;
		struct sockaddr_in	in;
		struct sockaddr_in6	in6;
	}		addr_u;
	socklen_t	addr_len;	/* 0: none */
};

/* From the kernel; IPv4-mapped IPv6 becomes IPv4. -1: family unknown. */
int		 addr_from_sockaddr(struct addr *, const struct sockaddr *,
		    socklen_t);
/* "ip:port" literals only, never a name. -1: not one, errno EINVAL. */
int		 addr_parse(struct addr *, const char *);
/* Writes at most ADDR_STRLEN bytes; returns buf. */
const char	*addr_print(const struct addr *, char *buf, size_t cap);
/* Without the port, nor brackets; "none". */
const char	*addr_print_host(const struct addr *, char *buf, size_t cap);
/*
 * What limits count as one: a source is an IPv4 address or an IPv6 /64 (what
 * one customer of a provider has), a network an IPv4 /24 or an IPv6 /64.
 */
const char	*addr_print_source(const struct addr *, char *buf, size_t cap);
const char	*addr_print_net(const struct addr *, char *buf, size_t cap);
bool		 addr_equal(const struct addr *, const struct addr *);
bool		 addr_same_host(const struct addr *, const struct addr *);
uint16_t	 addr_port(const struct addr *);
void		 addr_set_port(struct addr *, uint16_t);
int		 addr_family(const struct addr *);
bool		 addr_is_any(const struct addr *);
bool		 addr_is_loopback(const struct addr *);

#endif /* WZP_BASE_ADDR_H */
