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
 * What the vectors do not say about media packets.
 *
 * COVERS: protocol 8.3, 8.4 - headers and reports, all of the first bytes
 */

#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/media.h"

/*
 * All of bytes 0 and 1: what parses is written back but for the two unused
 * bits, and a relay lets pass exactly that.
 */
static void
test_first_bytes(void **state)
{
	struct media_packet	 mp;
	uint8_t			 in[20], relayed[20], out[20];
	unsigned int		 i;
	bool			 report;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(0xa0 + i);
	for (i = 0; i < 65536; i++) {
		in[0] = (uint8_t)(i >> 8);
		in[1] = (uint8_t)i;
		memcpy(relayed, in, sizeof(in));
		if ((in[0] >> 2 & 15) > 8) {
			assert_false(media_parse(in, sizeof(in), &mp));
			assert_false(media_relay_check(relayed,
			    sizeof(relayed), &report));
			continue;
		}
		assert_true(media_parse(in, sizeof(in), &mp));
		assert_true(media_relay_check(relayed, sizeof(relayed),
		    &report));
		assert_true(report == mp.header.has_report);
		assert_int_equal(mp.payload_len, report ? 4 : 8);
		assert_int_equal(media_write(out, sizeof(out), &mp),
		    (int)sizeof(out));
		assert_memory_equal(out, relayed, sizeof(out));
		relayed[1] |= in[1] & 3;
		assert_memory_equal(in, relayed, sizeof(in));
	}
}

static void
test_lengths(void **state)
{
	struct media_packet	 mp;
	uint8_t			 p[16], out[16];
	size_t			 len;
	bool			 report;

	(void)state;
	memset(p, 0, sizeof(p));
	for (len = 0; len <= sizeof(p); len++) {
		p[0] = 0x00;
		assert_int_equal(media_parse(p, len, &mp), len >= 12);
		assert_int_equal(media_relay_check(p, len, &report),
		    len >= 12);
		p[0] = 0x02;
		assert_int_equal(media_parse(p, len, &mp), len >= 16);
		assert_int_equal(media_relay_check(p, len, &report),
		    len >= 16);
	}
	assert_true(media_parse(p, sizeof(p), &mp));
	assert_int_equal(media_write(out, 15, &mp), -1);
	assert_int_equal(media_write(out, 16, &mp), 16);
	mp.payload_len = SIZE_MAX;
	assert_int_equal(media_write(out, 16, &mp), -1);
}

static void
test_ratios(void **state)
{
	struct media_report	 r;

	(void)state;
	assert_int_equal(media_fec_encode(NAN), 0);
	assert_int_equal(media_fec_encode(INFINITY), 127);
	assert_int_equal(media_fec_encode(-INFINITY), 0);
	assert_int_equal(media_fec_encode(0.3f), 19);
	media_report_make(&r, NAN, UINT32_MAX, UINT32_MAX);
	assert_int_equal(r.loss_pct, 0);
	assert_int_equal(r.rtt_4ms, 255);
	assert_int_equal(r.jitter_ms, 255);
	assert_int_equal(r.bitrate_cap_kbps, 200);
	media_report_make(&r, INFINITY, 0, 0);
	assert_int_equal(r.loss_pct, 255);
}

static void
test_codecs(void **state)
{
	(void)state;
	assert_null(media_codec_info(9));
	assert_null(media_codec_info(15));
	assert_int_equal(media_codec_by_name("Opus24k", 7), CODEC_OPUS24K);
	assert_int_equal(media_codec_by_name("Opus24k", 6), -1);
	assert_int_equal(media_codec_by_name("opus24k", 7), -1);
	assert_int_equal(media_codec_by_name("Opus24k\0", 8), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_bytes),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_codecs),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
