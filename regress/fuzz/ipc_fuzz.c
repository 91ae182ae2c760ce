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
 * Fuzz target: packets between the workers, of every type of the table, and
 * the rows of the control tool.  What decodes is encoded and decodes to the
 * same; the encoding is the shortest, so a packet that is as short has to be
 * the same bytes; strings end inside of their members, byte strings lie inside
 * of the packet.
 *
 * The input is a packet, or 0xff (which begins none), a type, and values for
 * its members: so that all types are reached, whatever the table becomes.
 *
 * COVERS: fuzzing - packets between workers: corpus of the target
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/ipc/cursor.h"
#include "common/ipc/messages.h"
#include "common/ipc/row.h"
#include "regress/fuzz/fuzz.h"

const char *const	fuzz_faults[] = { "encode", "bytes", "row", "cursor",
			    NULL };

/* A C struct of any type, aligned as all of them need it. */
union any {
	uint64_t	align;
	uint8_t		bytes[MSG_STRUCT_MAX];
};

static void	fields(const struct msg_desc *, const uint8_t *,
		    const uint8_t *, size_t);
static void	same(const struct msg_desc *, const uint8_t *,
		    const uint8_t *);
static void	message(const uint8_t *, size_t, bool);
static void	built(struct fuzz_input *);
static void	row(const uint8_t *, size_t);
static void	walk(const uint8_t *, size_t);

/* Each member is within its limits. */
static void
fields(const struct msg_desc *d, const uint8_t *msg, const uint8_t *buf,
    size_t len)
{
	const struct msg_field	*f;
	struct msg_bytes	 b;
	uint64_t		 v;
	size_t			 i;

	for (i = 0; i < d->nfields; i++) {
		f = &d->fields[i];
		switch (f->kind) {
		case MSG_KIND_U64:
			memcpy(&v, msg + f->offset, sizeof(v));
			FUZZ_CHECK(f->max == 0 || v <= f->max);
			break;
		case MSG_KIND_BOOL:
			FUZZ_CHECK(msg[f->offset] <= 1);
			break;
		case MSG_KIND_STR:
			FUZZ_CHECK(memchr(msg + f->offset, '\0', f->max) !=
			    NULL);
			break;
		case MSG_KIND_BYTES:
			memcpy(&b, msg + f->offset, sizeof(b));
			FUZZ_CHECK(b.len <= f->max);
			FUZZ_CHECK(fuzz_fault("bytes") !=
			    (b.data >= buf && b.len <= len &&
			    b.data <= buf + (len - b.len)));
			break;
		case MSG_KIND_FIXED:
		case MSG_KIND_ADDR:
			break;
		}
	}
}

static void
same(const struct msg_desc *d, const uint8_t *a, const uint8_t *b)
{
	const struct msg_field	*f;
	struct msg_bytes	 x, y;
	struct addr		 m, n;
	size_t			 i;

	for (i = 0; i < d->nfields; i++) {
		f = &d->fields[i];
		switch (f->kind) {
		case MSG_KIND_U64:
			FUZZ_CHECK(memcmp(a + f->offset, b + f->offset,
			    sizeof(uint64_t)) == 0);
			break;
		case MSG_KIND_BOOL:
			FUZZ_CHECK(a[f->offset] == b[f->offset]);
			break;
		case MSG_KIND_STR:
			FUZZ_CHECK(strcmp((const char *)a + f->offset,
			    (const char *)b + f->offset) == 0);
			break;
		case MSG_KIND_FIXED:
			FUZZ_CHECK(memcmp(a + f->offset, b + f->offset,
			    f->max) == 0);
			break;
		case MSG_KIND_BYTES:
			memcpy(&x, a + f->offset, sizeof(x));
			memcpy(&y, b + f->offset, sizeof(y));
			FUZZ_CHECK(x.len == y.len && (x.len == 0 ||
			    memcmp(x.data, y.data, x.len) == 0));
			break;
		case MSG_KIND_ADDR:
			memcpy(&m, a + f->offset, sizeof(m));
			memcpy(&n, b + f->offset, sizeof(n));
			FUZZ_CHECK(m.addr_len == n.addr_len &&
			    (m.addr_len == 0 || addr_equal(&m, &n)));
			break;
		}
	}
}

/* ours: the encoder has made it. */
static void
message(const uint8_t *p, size_t len, bool ours)
{
	static uint8_t		 first[MSG_MAX], second[MSG_MAX];
	const struct msg_desc	*d;
	union any		 msg, again;
	const char		*why = NULL;
	uint64_t		 type, type2;
	int			 n, m;

	if (msg_decode(p, len, &type, &msg, sizeof(msg), &why) == -1) {
		FUZZ_CHECK(why != NULL);
		FUZZ_CHECK(!ours);
		return;
	}
	d = msg_desc(type);
	FUZZ_CHECK(len <= MSG_MAX && d != NULL && d->size <= sizeof(msg));
	fields(d, msg.bytes, p, len);
	n = msg_encode(first, sizeof(first), (enum msg_type)type, &msg);
	FUZZ_CHECK(n > 0 && (size_t)n <= len);
	if (fuzz_fault("encode"))
		first[n - 1] ^= 1;
	FUZZ_CHECK((size_t)n < len || memcmp(first, p, len) == 0);
	FUZZ_CHECK(msg_encode(second, (size_t)n - 1, (enum msg_type)type,
	    &msg) == -1);
	FUZZ_CHECK(msg_decode(first, (size_t)n, &type2, &again,
	    sizeof(again), &why) == 0 && type == type2);
	same(d, msg.bytes, again.bytes);
	m = msg_encode(second, sizeof(second), (enum msg_type)type, &again);
	FUZZ_CHECK(m == n && memcmp(first, second, (size_t)n) == 0);
	/* Nothing may be missing, nothing too much. */
	FUZZ_CHECK(msg_decode(first, (size_t)n - 1, &type2, &again,
	    sizeof(again), &why) == -1);
	if ((size_t)n < sizeof(first)) {
		first[n] = 0xc2;
		FUZZ_CHECK(msg_decode(first, (size_t)n + 1, &type2, &again,
		    sizeof(again), &why) == -1);
	}
}

/* Members as they come: what the encoder takes, the decoder takes. */
static void
built(struct fuzz_input *in)
{
	static uint8_t		 buf[MSG_MAX];
	const struct msg_desc	*d;
	const struct msg_field	*f;
	const uint8_t		*p;
	struct msg_bytes	 b;
	union any		 msg;
	struct addr		 a;
	uint64_t		 v, type;
	size_t			 i, len;
	int			 n;

	type = fuzz_u8(in);
	if ((d = msg_desc(type)) == NULL)
		return;
	memset(&msg, 0, sizeof(msg));
	for (i = 0; i < d->nfields; i++) {
		f = &d->fields[i];
		switch (f->kind) {
		case MSG_KIND_U64:
			v = (uint64_t)fuzz_u32(in) << 32;
			v |= fuzz_u32(in);
			if (f->max != 0)
				v %= f->max + UINT64_C(1);
			memcpy(msg.bytes + f->offset, &v, sizeof(v));
			break;
		case MSG_KIND_BOOL:
			msg.bytes[f->offset] = fuzz_u8(in) & 1;
			break;
		case MSG_KIND_STR:
		case MSG_KIND_FIXED:
		case MSG_KIND_BYTES:
			p = fuzz_piece(in, &len);
			if (f->kind == MSG_KIND_BYTES) {
				b.data = p;
				b.len = len;
				memcpy(msg.bytes + f->offset, &b, sizeof(b));
				break;
			}
			if (len >= f->max)
				len = f->max - 1;
			if (len > 0)
				memcpy(msg.bytes + f->offset, p, len);
			break;
		case MSG_KIND_ADDR:
			memset(&a, 0, sizeof(a));
			p = fuzz_piece(in, &len);
			if (len >= 4 && len < 18) {
				a.addr_u.in.sin_family = AF_INET;
				memcpy(&a.addr_u.in.sin_addr, p, 4);
				a.addr_len = sizeof(a.addr_u.in);
			} else if (len >= 18 && p[0] != 0) {
				a.addr_u.in6.sin6_family = AF_INET6;
				memcpy(&a.addr_u.in6.sin6_addr, p, 16);
				memcpy(&a.addr_u.in6.sin6_scope_id, p + 16,
				    2);
				a.addr_len = sizeof(a.addr_u.in6);
			}
			memcpy(msg.bytes + f->offset, &a, sizeof(a));
			break;
		}
	}
	n = msg_encode(buf, sizeof(buf), (enum msg_type)type, &msg);
	if (n == -1)
		return;		/* byte strings too long */
	message(buf, (size_t)n, true);
}

/* Read, and built again from what was read. */
static void
row(const uint8_t *p, size_t len)
{
	static struct row	 r;
	struct row_cell		 cells[ROW_CELLS_MAX];
	struct row_cell		 again[ROW_CELLS_MAX];
	char			 name[64];
	char			*s;
	int			 i, n;

	if ((n = row_parse(p, len, cells, ROW_CELLS_MAX)) == -1)
		return;
	FUZZ_CHECK(n <= ROW_CELLS_MAX && len <= ROW_MAX);
	FUZZ_CHECK(n == 0 || row_parse(p, len, again, (size_t)n - 1) == -1);
	row_init(&r);
	for (i = 0; i < n; i++) {
		FUZZ_CHECK(cells[i].name_len >= 1 && cells[i].name_len <= 32);
		memcpy(name, cells[i].name, cells[i].name_len);
		name[cells[i].name_len] = '\0';
		switch (cells[i].kind) {
		case ROW_STR:
			s = malloc(cells[i].str_len + 1);
			FUZZ_CHECK(s != NULL);
			memcpy(s, cells[i].str, cells[i].str_len);
			s[cells[i].str_len] = '\0';
			FUZZ_CHECK(strlen(s) == cells[i].str_len);
			row_str(&r, name, s);
			free(s);
			break;
		case ROW_U64:
			row_u64(&r, name, cells[i].u64);
			break;
		case ROW_BOOL:
			row_bool(&r, name, cells[i].boolean);
			break;
		}
	}
	/* The header of those we build has three bytes. */
	if (r.row_full) {
		FUZZ_CHECK(len + 2 > ROW_MAX);
		return;
	}
	FUZZ_CHECK(row_parse(r.row_buf, r.row_len, again, ROW_CELLS_MAX) ==
	    n);
	for (i = 0; i < n; i++) {
		FUZZ_CHECK(again[i].kind == cells[i].kind &&
		    again[i].name_len == cells[i].name_len &&
		    memcmp(again[i].name, cells[i].name,
		    cells[i].name_len) == 0);
		FUZZ_CHECK(again[i].u64 == cells[i].u64 &&
		    again[i].boolean == cells[i].boolean);
		FUZZ_CHECK(fuzz_fault("row") !=
		    (again[i].str_len == cells[i].str_len &&
		    (cells[i].str_len == 0 || memcmp(again[i].str,
		    cells[i].str, cells[i].str_len) == 0)));
	}
}

/*
 * The cursor alone, asked for whatever comes next: it always gets further,
 * and an error ends it.
 */
static void
walk(const uint8_t *p, size_t len)
{
	const uint8_t	*bin = NULL, *before;
	const char	*s = NULL;
	struct cursor	 c;
	uint64_t	 v;
	size_t		 n = 0;
	bool		 b;
	int		 next, error = 0;

	cursor_init(&c, p, len);
	while ((next = cursor_peek(&c)) != -1) {
		before = c.cu_pos;
		n = 0;
		if (next == 0xc2 || next == 0xc3)
			error = cursor_bool(&c, &b);
		else if (next == 0xc4 || next == 0xc5)
			error = cursor_bin(&c, &bin, &n);
		else if ((next & 0xe0) == 0xa0 || next == 0xd9 ||
		    next == 0xda) {
			error = cursor_str(&c, &s, &n);
			bin = (const uint8_t *)s;
		} else if ((next & 0xf0) == 0x80 || next == 0xde) {
			error = cursor_map(&c, &n);
			FUZZ_CHECK(error ||
			    2 * n <= (size_t)(c.cu_end - c.cu_pos));
			n = 0;
		} else if ((next & 0xf0) == 0x90 || next == 0xdc) {
			error = cursor_array(&c, &n);
			FUZZ_CHECK(error ||
			    n <= (size_t)(c.cu_end - c.cu_pos));
			n = 0;
		} else
			error = cursor_u64(&c, &v);
		if (error)
			break;
		FUZZ_CHECK(c.cu_pos > before && c.cu_pos <= c.cu_end);
		FUZZ_CHECK(n == 0 || bin + n == c.cu_pos);
		FUZZ_CHECK(c.cu_depth <= CURSOR_DEPTH_MAX);
	}
	FUZZ_CHECK(fuzz_fault("cursor") !=
	    ((error != 0) == (cursor_error(&c) != NULL)));
	FUZZ_CHECK(!error || (cursor_peek(&c) == -1 && cursor_end(&c) == -1));
	if (!error)
		FUZZ_CHECK((cursor_end(&c) == 0) == (c.cu_depth == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input	in = { data, len };

	if (fuzz_u8(&in) == 0xff) {
		built(&in);
		return (0);
	}
	message(data, len, false);
	row(data, len);
	walk(data, len);
	return (0);
}
