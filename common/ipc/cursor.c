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

/* The bounded msgpack reader (see cursor.h). */

#include "config.h"

#include "common/ipc/cursor.h"

static int	cursor_fail(struct cursor *, const char *);
static int	cursor_number(struct cursor *, size_t, uint64_t *);
static int	cursor_bytes(struct cursor *, uint64_t, const uint8_t **,
		    size_t *);
static int	cursor_enter(struct cursor *, uint64_t);

void
cursor_init(struct cursor *c, const uint8_t *data, size_t len)
{
	c->cu_pos = data;
	c->cu_end = data + len;
	c->cu_depth = 0;
	c->cu_error = NULL;
}

static int
cursor_fail(struct cursor *c, const char *why)
{
	if (c->cu_error == NULL)
		c->cu_error = why;
	c->cu_pos = c->cu_end;
	return (-1);
}

const char *
cursor_error(const struct cursor *c)
{
	return (c->cu_error);
}

int
cursor_peek(const struct cursor *c)
{
	return (c->cu_pos < c->cu_end ? *c->cu_pos : -1);
}

/* A big-endian number of n bytes behind the type byte, which is consumed. */
static int
cursor_number(struct cursor *c, size_t n, uint64_t *v)
{
	size_t	i;

	if ((size_t)(c->cu_end - c->cu_pos) < n + 1)
		return (cursor_fail(c, "truncated"));
	*v = 0;
	for (i = 1; i <= n; i++)
		*v = *v << 8 | c->cu_pos[i];
	c->cu_pos += n + 1;
	return (0);
}

static int
cursor_bytes(struct cursor *c, uint64_t n, const uint8_t **p, size_t *len)
{
	if (n > (uint64_t)(c->cu_end - c->cu_pos))
		return (cursor_fail(c, "truncated"));
	*p = c->cu_pos;
	*len = (size_t)n;
	c->cu_pos += n;
	return (0);
}

int
cursor_u64(struct cursor *c, uint64_t *v)
{
	int	b;

	if ((b = cursor_peek(c)) == -1)
		return (cursor_fail(c, "truncated"));
	if (b <= 0x7f) {
		*v = (uint64_t)b;
		c->cu_pos++;
		return (0);
	}
	switch (b) {
	case 0xcc:
		return (cursor_number(c, 1, v));
	case 0xcd:
		return (cursor_number(c, 2, v));
	case 0xce:
		return (cursor_number(c, 4, v));
	case 0xcf:
		return (cursor_number(c, 8, v));
	default:
		return (cursor_fail(c, "not an unsigned number"));
	}
}

int
cursor_bool(struct cursor *c, bool *v)
{
	int	b;

	if ((b = cursor_peek(c)) == -1)
		return (cursor_fail(c, "truncated"));
	if (b != 0xc2 && b != 0xc3)
		return (cursor_fail(c, "not a boolean"));
	*v = b == 0xc3;
	c->cu_pos++;
	return (0);
}

int
cursor_str(struct cursor *c, const char **s, size_t *len)
{
	const uint8_t	*p;
	uint64_t	 n;
	int		 b, error;

	if ((b = cursor_peek(c)) == -1)
		return (cursor_fail(c, "truncated"));
	if ((b & 0xe0) == 0xa0) {
		n = (uint64_t)b & 0x1f;
		c->cu_pos++;
		error = 0;
	} else if (b == 0xd9)
		error = cursor_number(c, 1, &n);
	else if (b == 0xda)
		error = cursor_number(c, 2, &n);
	else
		/* str 32 is longer than any packet. */
		return (cursor_fail(c, "not a string"));
	if (error || cursor_bytes(c, n, &p, len))
		return (-1);
	*s = (const char *)p;
	return (0);
}

int
cursor_bin(struct cursor *c, const uint8_t **p, size_t *len)
{
	uint64_t	n;
	int		b, error;

	if ((b = cursor_peek(c)) == -1)
		return (cursor_fail(c, "truncated"));
	if (b == 0xc4)
		error = cursor_number(c, 1, &n);
	else if (b == 0xc5)
		error = cursor_number(c, 2, &n);
	else
		return (cursor_fail(c, "not a byte string"));
	if (error)
		return (-1);
	return (cursor_bytes(c, n, p, len));
}

/* Each element takes at least one byte, so size counts bytes as well. */
static int
cursor_enter(struct cursor *c, uint64_t size)
{
	if (size > (uint64_t)(c->cu_end - c->cu_pos))
		return (cursor_fail(c, "more elements than bytes"));
	if (c->cu_depth == CURSOR_DEPTH_MAX)
		return (cursor_fail(c, "nested too deeply"));
	c->cu_depth++;
	return (0);
}

int
cursor_array(struct cursor *c, size_t *n)
{
	uint64_t	v;
	int		b, error = 0;

	if ((b = cursor_peek(c)) == -1)
		return (cursor_fail(c, "truncated"));
	if ((b & 0xf0) == 0x90) {
		v = (uint64_t)b & 0xf;
		c->cu_pos++;
	} else if (b == 0xdc)
		error = cursor_number(c, 2, &v);
	else
		return (cursor_fail(c, "not an array"));
	if (error || cursor_enter(c, v))
		return (-1);
	*n = (size_t)v;
	return (0);
}

int
cursor_map(struct cursor *c, size_t *n)
{
	uint64_t	v;
	int		b, error = 0;

	if ((b = cursor_peek(c)) == -1)
		return (cursor_fail(c, "truncated"));
	if ((b & 0xf0) == 0x80) {
		v = (uint64_t)b & 0xf;
		c->cu_pos++;
	} else if (b == 0xde)
		error = cursor_number(c, 2, &v);
	else
		return (cursor_fail(c, "not a map"));
	if (error || cursor_enter(c, 2 * v))
		return (-1);
	*n = (size_t)v;
	return (0);
}

void
cursor_leave(struct cursor *c)
{
	if (c->cu_depth > 0)
		c->cu_depth--;
}

int
cursor_end(struct cursor *c)
{
	if (c->cu_error != NULL)
		return (-1);
	if (c->cu_depth != 0)
		return (cursor_fail(c, "a container was not left"));
	if (c->cu_pos != c->cu_end)
		return (cursor_fail(c, "bytes behind the end"));
	return (0);
}
