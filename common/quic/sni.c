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
 * Names and protocols in a ClientHello (sni.h).
 */
#include "config.h"

#include <arpa/inet.h>

#include <ctype.h>
#include <string.h>

#include "common/quic/params.h"
#include "common/quic/sni.h"

#define NAME_TYPE_HOST	0

static bool	is_address(const char *);

int
sni_name(const uint8_t *p, size_t len, char name[QUIC_SNI_MAX])
{
	size_t	i, list, n;

	if (len < 2)
		return (-1);
	list = (size_t)p[0] << 8 | p[1];
	if (list != len - 2)
		return (-1);
	p += 2;
	while (list > 0) {
		if (list < 3)
			return (-1);
		n = (size_t)p[1] << 8 | p[2];
		if (n > list - 3)
			return (-1);
		if (p[0] != NAME_TYPE_HOST) {
			p += 3 + n;
			list -= 3 + n;
			continue;
		}
		p += 3;
		if (n > 0 && p[n - 1] == '.')
			n--;
		if (n == 0 || n >= QUIC_SNI_MAX || memchr(p, '\0', n) != NULL)
			return (-1);
		for (i = 0; i < n; i++)
			name[i] = (char)tolower(p[i]);
		name[n] = '\0';
		if (is_address(name))
			break;
		return (sni_valid(name, n) ? 0 : -1);
	}
	memcpy(name, QUIC_SNI_DEFAULT, sizeof(QUIC_SNI_DEFAULT));
	return (0);
}

int
sni_alpn(const uint8_t *p, size_t len)
{
	size_t	list, n;
	int	found = 0;

	if (len < 2)
		return (-1);
	list = (size_t)p[0] << 8 | p[1];
	if (list != len - 2 || list == 0)
		return (-1);
	p += 2;
	while (list > 0) {
		n = p[0];
		if (n == 0 || n > list - 1)
			return (-1);
		if (n == sizeof(QUIC_ALPN) - 1 &&
		    memcmp(p + 1, QUIC_ALPN, n) == 0)
			found = 1;
		p += 1 + n;
		list -= 1 + n;
	}
	return (found);
}

bool
sni_valid(const char *s, size_t len)
{
	size_t	i, label = 0;
	bool	digits = true;

	if (len == 0 || len > 253)
		return (false);
	for (i = 0; i < len; i++) {
		if (s[i] == '.') {
			if (label == 0 || s[i - 1] == '-')
				return (false);
			label = 0;
			digits = true;
			continue;
		}
		if (!((s[i] >= 'a' && s[i] <= 'z') ||
		    (s[i] >= 'A' && s[i] <= 'Z') ||
		    (s[i] >= '0' && s[i] <= '9') || s[i] == '_' ||
		    s[i] == '-'))
			return (false);
		if (label == 0 && s[i] == '-')
			return (false);
		if (s[i] < '0' || s[i] > '9')
			digits = false;
		if (++label > 63)
			return (false);
	}
	return (label > 0 && s[len - 1] != '-' && !digits);
}

/* TLS libraries treat an address literal as no name at all. */
static bool
is_address(const char *s)
{
	struct in6_addr	in6;
	struct in_addr	in;

	return (inet_pton(AF_INET, s, &in) == 1 ||
	    inet_pton(AF_INET6, s, &in6) == 1);
}
