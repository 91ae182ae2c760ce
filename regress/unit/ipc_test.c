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
 * common/ipc: every message of the table there and back, every way to spoil
 * one refused.
 *
 * COVERS: ipc - round trip of every message type
 * COVERS: ipc - truncated at every byte, trailing byte, wrong type, too long,
 * COVERS: ipc - wrong sender, receiver, state, channel, descriptor: refused
 * COVERS: ipc - mutated bytes never crash the decoder
 */

#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "build_id.h"
#include "common/ipc/channel.h"
#include "common/ipc/cursor.h"
#include "common/ipc/mesh.h"
#include "common/ipc/row.h"
#include "common/ipc/slots.h"

union message {
	max_align_t	align;
	uint8_t		bytes[MSG_STRUCT_MAX];
};

static uint8_t	filler[MSG_MAX];
static uint64_t	seed = 1;

static uint32_t
random_u32(void)
{
	seed = seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return ((uint32_t)(seed >> 33));
}

/* Fills a struct by its table entry; big: every field at its maximum. */
static void
fill(const struct msg_desc *d, union message *m, bool big)
{
	const struct msg_field	*f;
	struct msg_bytes	 bytes;
	struct addr		 a;
	uint8_t			*p;
	uint64_t		 v;
	size_t			 i;
	bool			 b;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < d->nfields; i++) {
		f = &d->fields[i];
		p = m->bytes + f->offset;
		switch (f->kind) {
		case MSG_KIND_U64:
			v = f->max != 0 ? (big ? f->max : i % f->max) :
			    big ? UINT64_MAX : random_u32() % 300;
			memcpy(p, &v, sizeof(v));
			break;
		case MSG_KIND_BOOL:
			b = big || i % 2 == 0;
			memcpy(p, &b, sizeof(b));
			break;
		case MSG_KIND_STR:
			memset(p, 'x', big ? f->max - 1u : f->max / 2u);
			break;
		case MSG_KIND_FIXED:
			memset(p, 0xc0 + (int)i, f->max);
			break;
		case MSG_KIND_BYTES:
			bytes.data = filler;
			bytes.len = big ? f->max : f->max / 3u;
			memcpy(p, &bytes, sizeof(bytes));
			break;
		case MSG_KIND_ADDR:
			assert_int_equal(addr_parse(&a, big ?
			    "[2001:db8::1]:65535" : "192.0.2.1:9"), 0);
			if (big)
				a.addr_u.in6.sin6_scope_id = 77;
			memcpy(p, &a, sizeof(a));
			break;
		}
	}
}

static void
assert_same(const struct msg_desc *d, const union message *a,
    const union message *b)
{
	const struct msg_field	*f;
	struct msg_bytes	 x, y;
	const uint8_t		*p, *q;
	size_t			 i;

	for (i = 0; i < d->nfields; i++) {
		f = &d->fields[i];
		p = a->bytes + f->offset;
		q = b->bytes + f->offset;
		switch (f->kind) {
		case MSG_KIND_U64:
			assert_memory_equal(p, q, sizeof(uint64_t));
			break;
		case MSG_KIND_BOOL:
			assert_memory_equal(p, q, sizeof(bool));
			break;
		case MSG_KIND_STR:
		case MSG_KIND_FIXED:
			assert_memory_equal(p, q, f->max);
			break;
		case MSG_KIND_BYTES:
			memcpy(&x, p, sizeof(x));
			memcpy(&y, q, sizeof(y));
			assert_int_equal(x.len, y.len);
			assert_memory_equal(x.data, y.data, x.len);
			break;
		case MSG_KIND_ADDR:
			assert_true(addr_equal(
			    (const struct addr *)(const void *)p,
			    (const struct addr *)(const void *)q));
			break;
		}
	}
}

static int
encode(uint64_t type, bool big, uint8_t *buf, union message *in)
{
	fill(msg_desc(type), in, big);
	return (msg_encode(buf, MSG_MAX, (enum msg_type)type, in));
}

/* The round trips of one type, of which the last byte string spoils. */
static void
round_trips(void **state)
{
	static uint8_t	 buf[MSG_MAX + 1];
	union message	 in, out;
	const char	*why;
	uint64_t	 type, got;
	size_t		 n, types = 0;
	int		 big, len;

	(void)state;
	for (type = 0; type <= MSG_TYPE_MAX; type++) {
		if (msg_desc(type) == NULL) {
			assert_true(type == 0 || type == MSG_TYPE_MAX);
			continue;
		}
		types++;
		assert_true(msg_desc(type)->size <= MSG_STRUCT_MAX);
		assert_true(msg_desc(type)->from != 0);
		assert_true(msg_desc(type)->to != 0);
		for (big = 0; big < 2; big++) {
			len = encode(type, big != 0, buf, &in);
			assert_true(len > 0);
			assert_int_equal(msg_decode(buf, (size_t)len, &got,
			    &out, sizeof(out), &why), 0);
			assert_int_equal(got, type);
			assert_same(msg_desc(type), &in, &out);
			/* A data message fits what a data channel reads. */
			if (msg_desc(type)->data)
				assert_true(len <= CHANNEL_DATA_MAX);
			/* Shorter by any number of bytes, longer by one. */
			for (n = 0; n < (size_t)len; n++) {
				why = NULL;
				assert_int_equal(msg_decode(buf, n, &got,
				    &out, sizeof(out), &why), -1);
				assert_non_null(why);
			}
			buf[len] = 0;
			assert_int_equal(msg_decode(buf, (size_t)len + 1,
			    &got, &out, sizeof(out), &why), -1);
		}
		/* No room for the struct, no room for the packet. */
		if (msg_desc(type)->size > 0)
			assert_int_equal(msg_decode(buf, (size_t)len, &got,
			    &out, msg_desc(type)->size - 1u, &why), -1);
		assert_int_equal(msg_encode(buf, (size_t)len - 1,
		    (enum msg_type)type, &in), -1);
		assert_int_equal(errno, EMSGSIZE);
	}
	assert_int_equal(types, MSG_TYPE_MAX - 1);
}

/*
 * Every field gets a value of another type, and one past its limit: refused.
 * The message is written here by hand, value by value.
 */
static size_t
put_field(uint8_t *p, const struct msg_field *f, int spoil)
{
	size_t	n = f->max;

	if (spoil == 1) {
		/* nil, an array, or a negative number: in no message */
		p[0] = f->kind == MSG_KIND_U64 ? 0xff : 0xc0;
		return (1);
	}
	switch (f->kind) {
	case MSG_KIND_U64:
		if (spoil == 2 && f->max != 0) {
			p[0] = 0xce;
			p[1] = 0;
			p[2] = (uint8_t)((f->max + 1u) >> 16);
			p[3] = (uint8_t)((f->max + 1u) >> 8);
			p[4] = (uint8_t)(f->max + 1u);
			return (5);
		}
		p[0] = 0;
		return (1);
	case MSG_KIND_BOOL:
		p[0] = spoil == 2 ? 0x01 : 0xc3;
		return (1);
	case MSG_KIND_STR:
		n = spoil == 2 ? f->max : 1;
		p[0] = 0xda;
		break;
	case MSG_KIND_FIXED:
		n = spoil == 2 ? f->max - 1u : f->max;
		p[0] = 0xc5;
		break;
	case MSG_KIND_BYTES:
		n = spoil == 2 ? f->max + 1u : 0;
		p[0] = 0xc5;
		break;
	case MSG_KIND_ADDR:
		n = spoil == 2 ? 7 : 6;
		p[0] = 0xc5;
		break;
	}
	p[1] = (uint8_t)(n >> 8);
	p[2] = (uint8_t)n;
	memset(p + 3, 'y', n);
	return (n + 3);
}

static size_t
put_message(uint8_t *buf, uint64_t type, size_t spoiled, int spoil)
{
	const struct msg_desc	*d = msg_desc(type);
	size_t			 i, len;

	buf[0] = 0xdc;
	buf[1] = 0;
	buf[2] = (uint8_t)(d->nfields + 1);
	buf[3] = 0xcc;
	buf[4] = (uint8_t)type;
	for (i = 0, len = 5; i < d->nfields; i++)
		len += put_field(buf + len, &d->fields[i],
		    i == spoiled ? spoil : 0);
	return (len);
}

static void
spoiled_fields(void **state)
{
	static uint8_t		 buf[MSG_MAX];
	const struct msg_desc	*d;
	union message		 out;
	const char		*why;
	uint64_t		 type, got;
	size_t			 i, len;

	(void)state;
	for (type = 1; type < MSG_TYPE_MAX; type++) {
		d = msg_desc(type);
		/* The control: unspoiled it is taken. */
		len = put_message(buf, type, SIZE_MAX, 0);
		assert_int_equal(msg_decode(buf, len, &got, &out,
		    sizeof(out), &why), 0);
		for (i = 0; i < d->nfields; i++) {
			len = put_message(buf, type, i, 1);
			assert_int_equal(msg_decode(buf, len, &got, &out,
			    sizeof(out), &why), -1);
			if (d->fields[i].kind == MSG_KIND_U64 &&
			    d->fields[i].max == 0)
				continue;
			len = put_message(buf, type, i, 2);
			assert_int_equal(msg_decode(buf, len, &got, &out,
			    sizeof(out), &why), -1);
		}
		/* A count that promises more, or fewer, fields. */
		len = put_message(buf, type, SIZE_MAX, 0);
		buf[2]++;
		assert_int_equal(msg_decode(buf, len, &got, &out,
		    sizeof(out), &why), -1);
		buf[1] = 0xff;
		assert_int_equal(msg_decode(buf, len, &got, &out,
		    sizeof(out), &why), -1);
	}
	/* A NUL inside a string would end it early for the handler. */
	memcpy(buf, "\x92\x1f\xa3" "a\0b", 6);
	buf[1] = MSG_PROVEN_PUT;
	assert_int_equal(msg_decode(buf, 6, &got, &out, sizeof(out), &why),
	    -1);
	buf[4] = 'x';
	assert_int_equal(msg_decode(buf, 6, &got, &out, sizeof(out), &why),
	    0);
	/* IPv4 in IPv6's clothes is not how we write it. */
	memcpy(buf, "\x92\x03\xc4\x12\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4\0\1",
	    22);
	assert_int_equal(msg_decode(buf, 22, &got, &out, sizeof(out), &why),
	    -1);
	buf[13] = 1;
	assert_int_equal(msg_decode(buf, 22, &got, &out, sizeof(out), &why),
	    0);
}

/* What the receiver would refuse does not leave. */
static void
unsendable(void **state)
{
	struct msg_proven_put	put;
	struct msg_ctl_query	query;
	struct msg_ctl_row	row;
	uint8_t			buf[9000];

	(void)state;
	memset(&put, 'a', sizeof(put));
	assert_int_equal(msg_encode(buf, sizeof(buf), MSG_PROVEN_PUT, &put),
	    -1);
	assert_int_equal(errno, EINVAL);
	memset(&query, 0, sizeof(query));
	query.what = CTL_LIMITS + 1;
	assert_int_equal(msg_encode(buf, sizeof(buf), MSG_CTL_QUERY, &query),
	    -1);
	row.id = 1;
	row.cells.data = filler;
	row.cells.len = 8193;
	assert_int_equal(msg_encode(buf, sizeof(buf), MSG_CTL_ROW, &row), -1);
	row.cells.len = 8192;
	assert_true(msg_encode(buf, sizeof(buf), MSG_CTL_ROW, &row) > 8192);
	assert_int_equal(msg_encode(buf, sizeof(buf), MSG_TYPE_MAX, &row),
	    -1);
}

static void
mutations(void **state)
{
	static uint8_t	 good[MSG_MAX], *bad;
	union message	 in, out;
	const char	*why;
	uint64_t	 type, got;
	unsigned int	 round, n;
	int		 len;

	(void)state;
	for (type = 1; type < MSG_TYPE_MAX; type++) {
		len = encode(type, false, good, &in);
		for (round = 0; round < 400; round++) {
			/* Exactly as long as it is: ASan watches the end. */
			assert_non_null(bad = malloc((size_t)len));
			memcpy(bad, good, (size_t)len);
			for (n = 1 + random_u32() % 3; n > 0; n--)
				bad[random_u32() % (unsigned int)len] =
				    (uint8_t)random_u32();
			if (msg_decode(bad, (size_t)len, &got, &out,
			    sizeof(out), &why) == 0)
				assert_non_null(msg_desc(got));
			else
				assert_non_null(why);
			free(bad);
		}
	}
}

/* The table against the mesh: who cannot talk is in no mask for nothing. */
static void
permissions(void **state)
{
	static struct slots	 slots;
	struct msg_slot		 row = { .role = PROC_DOORD };
	const struct msg_desc	*d;
	uint64_t		 type;
	enum proc		 from, to;
	unsigned int		 allowed = 0;
	uint8_t			 s;

	(void)state;
	for (type = 1; type < MSG_TYPE_MAX; type++) {
		d = msg_desc(type);
		for (from = 0; from < PROC_MAX; from++)
			for (to = 0; to < PROC_MAX; to++)
				for (s = 1; s <= 4; s = (uint8_t)(s << 1)) {
					bool	want = (d->from & 1 << from) &&
					    (d->to & 1 << to) &&
					    (d->state & s);

					assert_int_equal(want,
					    msg_refuse(type, from, to, s,
					    d->data) == NULL);
					allowed += want;
				}
		if (type != MSG_HELLO)
			assert_non_null(msg_refuse(type, PROC_MEDIAD,
			    PROC_SIGNALD, MSG_AT_SERVE, !d->data));
	}
	assert_true(allowed > 0);
	/* Only keyd may hear a seed, only from relayd, only in set-up. */
	assert_null(msg_refuse(MSG_SEED, PROC_RELAYD, PROC_KEYD,
	    MSG_AT_SETUP, false));
	assert_non_null(msg_refuse(MSG_SEED, PROC_SIGNALD, PROC_KEYD,
	    MSG_AT_SETUP, false));
	assert_non_null(msg_refuse(MSG_SEED, PROC_RELAYD, PROC_KEYD,
	    MSG_AT_SERVE, false));
	/* signald gets no CallAnswer signed, doord nothing at all. */
	assert_non_null(msg_refuse(MSG_KEY_SIGN_ANSWER, PROC_SIGNALD,
	    PROC_KEYD, MSG_AT_SERVE, false));
	assert_non_null(msg_refuse(MSG_KEY_SIGN_TLS, PROC_DOORD, PROC_KEYD,
	    MSG_AT_SERVE, false));
	assert_non_null(msg_refuse(MSG_TYPE_MAX, PROC_RELAYD, PROC_KEYD,
	    MSG_AT_SETUP, false));

	assert_true(mesh_allows(PROC_DOORD, PROC_MEDIAD, true));
	assert_true(mesh_allows(PROC_MEDIAD, PROC_DOORD, false));
	assert_true(mesh_allows(PROC_RELAYD, PROC_CONTROLD, false));
	assert_false(mesh_allows(PROC_RELAYD, PROC_CONTROLD, true));
	assert_false(mesh_allows(PROC_DOORD, PROC_KEYD, false));
	assert_false(mesh_allows(PROC_DOORD, PROC_REGISTRYD, false));
	assert_false(mesh_allows(PROC_SIGNALD, PROC_MEDIAD, true));

	assert_int_equal(slots_of(&slots, PROC_DOORD, 0), -1);
	slots_set(&slots, &row);
	row.slot = 7;
	row.role = PROC_MEDIAD;
	row.instance = 3;
	slots_set(&slots, &row);
	assert_int_equal(slots_of(&slots, PROC_DOORD, 0), 0);
	assert_int_equal(slots_of(&slots, PROC_MEDIAD, 3), 7);
	assert_int_equal(slots_of(&slots, PROC_MEDIAD, 0), -1);
	assert_int_equal(slots_owner(&slots, 7)->sl_role, PROC_MEDIAD);
	assert_null(slots_owner(&slots, 6));
	assert_null(slots_owner(&slots, SLOTS_MAX));
}

static void
cursor_limits(void **state)
{
	static const uint8_t	deep[] = { 0x91, 0x91, 0x91, 0x91, 0x91, 0 };
	static const uint8_t	huge[] = { 0xdc, 0xff, 0xff, 1, 2, 3 };
	static const uint8_t	pairs[] = { 0x82, 1, 1, 1 };
	static const uint8_t	wide[] = { 0xdd, 0, 0, 0, 1, 1 };
	struct cursor		c;
	uint64_t		v;
	size_t			n, i;

	(void)state;
	cursor_init(&c, deep, sizeof(deep));
	for (i = 0; i < CURSOR_DEPTH_MAX; i++)
		assert_int_equal(cursor_array(&c, &n), 0);
	assert_int_equal(cursor_array(&c, &n), -1);
	assert_string_equal(cursor_error(&c), "nested too deeply");
	/* The first error stays. */
	assert_int_equal(cursor_u64(&c, &v), -1);
	assert_string_equal(cursor_error(&c), "nested too deeply");
	assert_int_equal(cursor_end(&c), -1);
	cursor_init(&c, huge, sizeof(huge));
	assert_int_equal(cursor_array(&c, &n), -1);
	cursor_init(&c, pairs, sizeof(pairs));
	assert_int_equal(cursor_map(&c, &n), -1);
	cursor_init(&c, wide, sizeof(wide));
	assert_int_equal(cursor_array(&c, &n), -1);
	/* An array that was entered must be left. */
	cursor_init(&c, deep + 4, 2);
	assert_int_equal(cursor_array(&c, &n), 0);
	assert_int_equal(cursor_u64(&c, &v), 0);
	assert_int_equal(cursor_end(&c), -1);
}

static int
parse_text(const char *text, size_t len, struct row_cell *cells, size_t max)
{
	return (row_parse((const uint8_t *)text, len, cells, max));
}

static void
rows(void **state)
{
	static struct row	r;
	struct row_cell		cells[ROW_CELLS_MAX];
	char			name[16], longtext[9000];
	static const char	bad[] = "a\xff\xc3\xa9\xed\xa0\x80z";
	int			i, n;

	(void)state;
	row_init(&r);
	assert_int_equal(row_parse(r.row_buf, r.row_len, cells, 64), 0);
	row_str(&r, "call_id", "abc");
	row_u64(&r, "age_s", UINT64_MAX);
	row_bool(&r, "proven", true);
	row_str(&r, "alias", bad);
	assert_false(r.row_full);
	n = row_parse(r.row_buf, r.row_len, cells, ROW_CELLS_MAX);
	assert_int_equal(n, 4);
	assert_int_equal(cells[0].kind, ROW_STR);
	assert_memory_equal(cells[0].name, "call_id", 7);
	assert_int_equal(cells[0].str_len, 3);
	assert_true(cells[1].u64 == UINT64_MAX);
	assert_true(cells[2].boolean);
	assert_int_equal(cells[3].str_len, 8);
	assert_memory_equal(cells[3].str, "a?\xc3\xa9???z", 8);

	/* Names are ours: lower case, digits, underscore, 32 at most. */
	row_u64(&r, "Name", 1);
	assert_true(r.row_full);
	assert_int_equal(row_parse(r.row_buf, r.row_len, cells, 64), 4);
	/* Cells past the number allowed, and past the bytes, are left out. */
	row_init(&r);
	for (i = 0; i < ROW_CELLS_MAX + 3; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		row_u64(&r, name, (uint64_t)i);
	}
	assert_true(r.row_full);
	assert_int_equal(row_parse(r.row_buf, r.row_len, cells, 64),
	    ROW_CELLS_MAX);
	memset(longtext, 'l', sizeof(longtext) - 1);
	longtext[sizeof(longtext) - 1] = '\0';
	row_init(&r);
	row_u64(&r, "a", 1);
	row_str(&r, "long", longtext);
	row_u64(&r, "b", 2);
	assert_true(r.row_full);
	assert_int_equal(row_parse(r.row_buf, r.row_len, cells, 64), 2);

	/* Rows that no row_* function writes. */
	assert_int_equal(parse_text("\x82\xa1" "a\x01\xa1" "a\x02", 7,
	    cells, 64), -1);
	assert_int_equal(parse_text("\x82\xa1" "a\x01\xa1" "b\x02", 7,
	    cells, 64), 2);
	assert_int_equal(parse_text("\x82\xa1" "a\x01\xa1" "b\x02", 7,
	    cells, 1), -1);
	assert_int_equal(parse_text("\x81\xa1" "a\xa1\xff", 5,
	    cells, 64), -1);
	assert_int_equal(parse_text("\x81\xa1" "a\x91\x01", 5,
	    cells, 64), -1);
	assert_int_equal(parse_text("\x81\xa1" "A\x01", 4,
	    cells, 64), -1);
	assert_int_equal(parse_text("\x81\xa1" "a\x01\x00", 5,
	    cells, 64), -1);
}

static int
setup(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(filler); i++)
		filler[i] = (uint8_t)(i * 7);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(spoiled_fields),
		cmocka_unit_test(unsendable),
		cmocka_unit_test(mutations),
		cmocka_unit_test(permissions),
		cmocka_unit_test(cursor_limits),
		cmocka_unit_test(rows)
	};

	return (cmocka_run_group_tests(tests, setup, NULL));
}
