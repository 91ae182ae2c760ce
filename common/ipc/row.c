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

/* Rows for the control tool: written by a worker, read by controld. */

#include "config.h"

#include <msgpack/pack.h>
#include <string.h>

#include "common/ipc/cursor.h"
#include "common/ipc/row.h"

#define ROW_HEADER	3	/* map 16; the count grows as cells come */
#define ROW_NAME_MAX	32

static int	row_write(void *, const char *, size_t);
static bool	row_begin(struct row *, msgpack_packer *, const char *);
static void	row_commit(struct row *, size_t, int);
static size_t	utf8_sequence(const uint8_t *, size_t);
static bool	name_valid(const char *, size_t);

void
row_init(struct row *r)
{
	r->row_buf[0] = 0xde;
	r->row_buf[1] = 0;
	r->row_buf[2] = 0;
	r->row_len = ROW_HEADER;
	r->row_cells = 0;
	r->row_full = false;
}

static int
row_write(void *arg, const char *data, size_t len)
{
	struct row	*r = arg;

	if (len > sizeof(r->row_buf) - r->row_len) {
		r->row_full = true;
		return (-1);
	}
	memcpy(r->row_buf + r->row_len, data, len);
	r->row_len += len;
	return (0);
}

static bool
row_begin(struct row *r, msgpack_packer *pk, const char *name)
{
	size_t	len = strlen(name);

	if (r->row_cells == ROW_CELLS_MAX || !name_valid(name, len)) {
		r->row_full = true;
		return (false);
	}
	msgpack_packer_init(pk, r, row_write);
	return (msgpack_pack_str(pk, len) == 0 &&
	    msgpack_pack_str_body(pk, name, len) == 0);
}

/* Counts the cell, or takes back what of it was written from start on. */
static void
row_commit(struct row *r, size_t start, int error)
{
	if (error) {
		r->row_len = start;
		return;
	}
	r->row_cells++;
	r->row_buf[1] = (uint8_t)(r->row_cells >> 8);
	r->row_buf[2] = (uint8_t)r->row_cells;
}

/* The value may be anything: what is not UTF-8 becomes question marks. */
void
row_str(struct row *r, const char *name, const char *value)
{
	msgpack_packer	pk;
	const uint8_t	*p = (const uint8_t *)value;
	size_t		 i, n, len, start = r->row_len;
	int		 error;

	len = strlen(value);
	if (!row_begin(r, &pk, name) || msgpack_pack_str(&pk, len)) {
		row_commit(r, start, -1);
		return;
	}
	for (i = 0, error = 0; i < len && !error; i += n) {
		if ((n = utf8_sequence(p + i, len - i)) == 0) {
			n = 1;
			error = row_write(r, "?", 1);
		} else
			error = row_write(r, value + i, n);
	}
	row_commit(r, start, error);
}

void
row_u64(struct row *r, const char *name, uint64_t value)
{
	msgpack_packer	pk;
	size_t		start = r->row_len;

	row_commit(r, start, !row_begin(r, &pk, name) ||
	    msgpack_pack_uint64(&pk, value));
}

void
row_bool(struct row *r, const char *name, bool value)
{
	msgpack_packer	pk;
	size_t		start = r->row_len;

	row_commit(r, start, !row_begin(r, &pk, name) ||
	    (value ? msgpack_pack_true(&pk) : msgpack_pack_false(&pk)));
}

int
row_parse(const uint8_t *buf, size_t len, struct row_cell *cells, size_t max)
{
	struct row_cell	*cell;
	struct cursor	 c;
	const uint8_t	*p;
	size_t		 i, j, k, n, got;
	int		 b, error;

	cursor_init(&c, buf, len);
	if (len > ROW_MAX || cursor_map(&c, &n) || n > ROW_CELLS_MAX ||
	    n > max)
		return (-1);
	for (i = 0; i < n; i++) {
		cell = &cells[i];
		memset(cell, 0, sizeof(*cell));
		if (cursor_str(&c, &cell->name, &cell->name_len) ||
		    !name_valid(cell->name, cell->name_len))
			return (-1);
		for (j = 0; j < i; j++)
			if (cells[j].name_len == cell->name_len &&
			    memcmp(cells[j].name, cell->name,
			    cell->name_len) == 0)
				return (-1);
		b = cursor_peek(&c);
		if (b == 0xc2 || b == 0xc3) {
			cell->kind = ROW_BOOL;
			error = cursor_bool(&c, &cell->boolean);
		} else if (b <= 0x7f || (b >= 0xcc && b <= 0xcf)) {
			cell->kind = ROW_U64;
			error = cursor_u64(&c, &cell->u64);
		} else {
			cell->kind = ROW_STR;
			error = cursor_str(&c, &cell->str, &cell->str_len);
			p = (const uint8_t *)cell->str;
			for (k = 0; !error && k < cell->str_len; k += got) {
				got = utf8_sequence(p + k, cell->str_len - k);
				if (got == 0 || p[k] == '\0')
					return (-1);
			}
		}
		if (error)
			return (-1);
	}
	cursor_leave(&c);
	return (cursor_end(&c) ? -1 : (int)n);
}

static bool
name_valid(const char *s, size_t len)
{
	size_t	i;

	if (len == 0 || len > ROW_NAME_MAX)
		return (false);
	for (i = 0; i < len; i++)
		if ((s[i] < 'a' || s[i] > 'z') && (s[i] < '0' ||
		    s[i] > '9') && s[i] != '_')
			return (false);
	return (true);
}

/* Length of the well-formed UTF-8 sequence at p (RFC 3629), 0: none. */
static size_t
utf8_sequence(const uint8_t *p, size_t left)
{
	uint8_t	low = 0x80, high = 0xbf;
	size_t	n, i;

	if (p[0] <= 0x7f)
		return (1);
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		n = 3;
		if (p[0] == 0xe0)
			low = 0xa0;
		else if (p[0] == 0xed)
			high = 0x9f;	/* no surrogates */
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		n = 4;
		if (p[0] == 0xf0)
			low = 0x90;
		else if (p[0] == 0xf4)
			high = 0x8f;	/* up to U+10FFFF */
	} else
		return (0);
	if (left < n || p[1] < low || p[1] > high)
		return (0);
	for (i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return (0);
	return (n);
}
