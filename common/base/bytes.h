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

/* Bytes of whatever meaning. */
#ifndef WZP_BASE_BYTES_H
#define WZP_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All of them are 0; also when there are none. */
static inline bool
bytes_zero(const uint8_t *p, size_t len)
{
	uint8_t	all = 0;

	while (len > 0)
		all |= p[--len];
	return (all == 0);
}

/* In network order, wherever p points to. */
static inline void
bytes_put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline uint32_t
bytes_get32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3]);
}

/* Of a hexadecimal digit in lower case; -1: it is none. */
static inline int
bytes_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	return (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

/* In either case. */
static inline int
bytes_digit_any(char c)
{
	return (bytes_digit(c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c));
}

/* len bytes from 2 * len digits in lower case, which are there.  -1: no. */
static inline int
bytes_unhex(const char *s, uint8_t *p, size_t len)
{
	int	high, low;

	for (; len > 0; len--, s += 2) {
		if ((high = bytes_digit(s[0])) == -1 ||
		    (low = bytes_digit(s[1])) == -1)
			return (-1);
		*p++ = (uint8_t)(high << 4 | low);
	}
	return (0);
}

/* 2 * len digits, and a NUL. */
static inline void
bytes_hex(const uint8_t *p, size_t len, char *out)
{
	static const char	digits[] = "0123456789abcdef";

	for (; len > 0; len--, p++) {
		*out++ = digits[*p >> 4];
		*out++ = digits[*p & 0x0f];
	}
	*out = '\0';
}

#endif /* WZP_BASE_BYTES_H */
