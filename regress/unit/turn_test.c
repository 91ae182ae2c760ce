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
 * The messages of TURN that the load on coturn says and hears, as bytes.
 *
 * COVERS: design 9 - messages of TURN as bytes, and hostile answers
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/turn.h"

#define CHANNEL	0x4001

/* RFC 5769 has this one, too. */
static const uint8_t	id[TURN_ID_LEN] = {
	0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae
};

/* With a relayed address 192.0.2.1:32853, masked as in RFC 5769 2.2. */
static const uint8_t	allocated[] = {
	0x01, 0x03, 0x00, 0x20, 0x21, 0x12, 0xa4, 0x42,
	0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
	/* SOFTWARE, 3 bytes and one of padding */
	0x80, 0x22, 0x00, 0x03, 'a', 'b', 'c', 0x00,
	0x00, 0x16, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47,
	0xe1, 0x12, 0xa6, 0x43,
	/* LIFETIME */
	0x00, 0x0d, 0x00, 0x04, 0x00, 0x00, 0x02, 0x58,
	/* nothing, of a type that is not known */
	0x7f, 0xff, 0x00, 0x00
};

static const uint8_t	refused[] = {
	0x01, 0x19, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42,
	0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
	/* 403 */
	0x00, 0x09, 0x00, 0x07, 0x00, 0x00, 0x04, 0x03, 'n', 'o', '!', 0x00
};

/*
 * From the heap, so that a sanitizer sees what is read behind the end: the
 * message in a block as long as it is.
 */
static int
parse(struct turn_response *tr, const uint8_t *data, size_t len)
{
	uint8_t	*p;
	int	 error;

	p = malloc(len == 0 ? 1 : len);
	assert_non_null(p);
	if (len > 0)
		memcpy(p, data, len);
	error = turn_parse_response(tr, p, len);
	tr->tr_id = NULL;
	free(p);
	return (error);
}

static void
requests(void **state)
{
	static const uint8_t	allocate[] = {
		0x00, 0x03, 0x00, 0x08, 0x21, 0x12, 0xa4, 0x42,
		0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
		0xfa, 0x87, 0xdf, 0xae,
		/* REQUESTED-TRANSPORT: UDP */
		0x00, 0x19, 0x00, 0x04, 0x11, 0x00, 0x00, 0x00
	};
	static const uint8_t	refresh[] = {
		0x00, 0x04, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42,
		0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
		0xfa, 0x87, 0xdf, 0xae
	};
	static const uint8_t	bind[] = {
		0x00, 0x09, 0x00, 0x14, 0x21, 0x12, 0xa4, 0x42,
		0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
		0xfa, 0x87, 0xdf, 0xae,
		/* CHANNEL-NUMBER */
		0x00, 0x0c, 0x00, 0x04, 0x40, 0x01, 0x00, 0x00,
		/* XOR-PEER-ADDRESS */
		0x00, 0x12, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47,
		0xe1, 0x12, 0xa6, 0x43
	};
	static const uint8_t	header[] = { 0x40, 0x01, 0x01, 0x02 };
	uint8_t			buf[TURN_REQUEST_MAX];
	struct addr		peer;

	(void)state;
	/* Whatever was there before. */
	memset(buf, 0xee, sizeof(buf));
	assert_int_equal(turn_allocate(buf, id), sizeof(allocate));
	assert_memory_equal(buf, allocate, sizeof(allocate));
	memset(buf, 0xee, sizeof(buf));
	assert_int_equal(turn_refresh(buf, id), sizeof(refresh));
	assert_memory_equal(buf, refresh, sizeof(refresh));
	memset(buf, 0xee, sizeof(buf));
	assert_int_equal(addr_parse(&peer, "192.0.2.1:32853"), 0);
	assert_int_equal(turn_channel_bind(buf, id, CHANNEL, &peer),
	    sizeof(bind));
	assert_memory_equal(buf, bind, sizeof(bind));
	assert_int_equal(sizeof(bind), TURN_REQUEST_MAX);
	turn_data_header(buf, CHANNEL, 0x102);
	assert_memory_equal(buf, header, TURN_DATA_HEADER_LEN);
}

static void
responses(void **state)
{
	struct turn_response	 tr;
	char			 text[ADDR_STRLEN];
	uint8_t			 d[sizeof(allocated)];
	size_t			 i;
	static const struct {
		uint8_t		 type[2];
		int		 method;	/* -1: none of ours */
		bool		 success;
	}			 types[] = {
		{ { 0x01, 0x03 }, TURN_ALLOCATE, true },
		{ { 0x01, 0x04 }, TURN_REFRESH, true },
		{ { 0x01, 0x09 }, TURN_CHANNEL_BIND, true },
		{ { 0x01, 0x13 }, TURN_ALLOCATE, false },
		{ { 0x01, 0x14 }, TURN_REFRESH, false },
		{ { 0x01, 0x19 }, TURN_CHANNEL_BIND, false },
		/* A request, an indication, Binding, bits on top. */
		{ { 0x00, 0x03 }, -1, false },
		{ { 0x00, 0x13 }, -1, false },
		{ { 0x01, 0x01 }, -1, false },
		{ { 0x41, 0x03 }, -1, false },
		{ { 0x81, 0x03 }, -1, false }
	};

	(void)state;
	assert_int_equal(turn_parse_response(&tr, allocated,
	    sizeof(allocated)), 0);
	assert_int_equal(tr.tr_method, TURN_ALLOCATE);
	assert_true(tr.tr_success);
	assert_int_equal(tr.tr_error, 0);
	assert_ptr_equal(tr.tr_id, allocated + 8);
	assert_string_equal(addr_print(&tr.tr_relayed, text, sizeof(text)),
	    "192.0.2.1:32853");

	assert_int_equal(parse(&tr, refused, sizeof(refused)), 0);
	assert_int_equal(tr.tr_method, TURN_CHANNEL_BIND);
	assert_false(tr.tr_success);
	assert_int_equal(tr.tr_error, 403);
	assert_int_equal(tr.tr_relayed.addr_len, 0);

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		memcpy(d, allocated, sizeof(d));
		memcpy(d, types[i].type, 2);
		assert_int_equal(parse(&tr, d, sizeof(d)),
		    types[i].method == -1 ? -1 : 0);
		if (types[i].method == -1)
			continue;
		assert_int_equal(tr.tr_method, types[i].method);
		assert_int_equal(tr.tr_success, types[i].success);
	}
}

/* Each with one thing that is wrong. */
static void
hostile(void **state)
{
	static const struct {
		size_t		at;
		uint8_t		is;
	}			wrong[] = {
		/* Longer and shorter than what has come. */
		{ 2, 0xff }, { 3, 0x24 }, { 3, 0x1c }, { 3, 0x1f },
		/* Another cookie. */
		{ 4, 0x20 }, { 7, 0x43 },
		/* Attributes beyond the end: the first, one in between. */
		{ 22, 0xff }, { 23, 0x1d }, { 30, 0xff }, { 42, 0x01 },
		/* The last: a byte that is not there. */
		{ 51, 0x01 }
	};
	struct turn_response	tr;
	uint8_t			d[sizeof(allocated)];
	size_t			i, k;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memcpy(d, allocated, sizeof(d));
		d[wrong[i].at] = wrong[i].is;
		if (parse(&tr, d, sizeof(d)) != -1)
			fail_msg("byte %zu as %02x was taken", wrong[i].at,
			    wrong[i].is);
	}
	/* Cut off: as it is, and with a length that says so. */
	for (i = 0; i < sizeof(allocated); i++) {
		memcpy(d, allocated, sizeof(d));
		assert_int_equal(parse(&tr, d, i), -1);
		d[3] = (uint8_t)(i - 20);
		if (i < 20 || i % 4 != 0)
			assert_int_equal(parse(&tr, d, i), -1);
		else
			(void)parse(&tr, d, i);
	}
	/* An address of another length or family is none, and no error. */
	memcpy(d, allocated, sizeof(d));
	d[33] = 2;
	assert_int_equal(parse(&tr, d, sizeof(d)), 0);
	assert_int_equal(tr.tr_relayed.addr_len, 0);
	memcpy(d, allocated, sizeof(d));
	d[31] = 7;
	assert_int_equal(parse(&tr, d, sizeof(d)), 0);
	assert_int_equal(tr.tr_relayed.addr_len, 0);
	/* Nor is an error that no error can be. */
	memcpy(d, refused, sizeof(refused));
	d[26] = 7;
	assert_int_equal(parse(&tr, d, sizeof(refused)), 0);
	assert_int_equal(tr.tr_error, 0);
	d[26] = 4;
	d[27] = 100;
	assert_int_equal(parse(&tr, d, sizeof(refused)), 0);
	assert_int_equal(tr.tr_error, 0);
	memcpy(d, refused, sizeof(refused));
	d[23] = 3;
	d[28] = 0x7f;	/* the rest of it is one more attribute */
	d[29] = 0xff;
	d[30] = d[31] = 0;
	assert_int_equal(parse(&tr, d, sizeof(refused)), 0);
	assert_int_equal(tr.tr_error, 0);
	/* Any one byte, as anything: nothing is read behind the end. */
	for (i = 0; i < sizeof(allocated); i++)
		for (k = 0; k < 256; k++) {
			memcpy(d, allocated, sizeof(d));
			d[i] = (uint8_t)k;
			(void)parse(&tr, d, sizeof(d));
		}
}

static void
channel_data(void **state)
{
	uint8_t	d[12] = { 0x40, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5 };
	size_t	i;

	(void)state;
	assert_int_equal(turn_parse_data(CHANNEL, d, 9), 5);
	/* Padding, but no more than that. */
	assert_int_equal(turn_parse_data(CHANNEL, d, 12), 5);
	d[3] = 4;
	assert_int_equal(turn_parse_data(CHANNEL, d, 12), -1);
	d[3] = 5;
	assert_int_equal(turn_parse_data(CHANNEL + 1, d, 9), -1);
	for (i = 0; i < 9; i++)
		assert_int_equal(turn_parse_data(CHANNEL, d, i), -1);
	d[2] = 0xff;
	assert_int_equal(turn_parse_data(CHANNEL, d, 9), -1);
	d[2] = d[3] = 0;
	assert_int_equal(turn_parse_data(CHANNEL, d, 4), 0);
	/* A response is no data of a channel, and the other way round. */
	assert_int_equal(turn_parse_data(CHANNEL, allocated,
	    sizeof(allocated)), -1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(responses),
		cmocka_unit_test(hostile),
		cmocka_unit_test(channel_data)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
