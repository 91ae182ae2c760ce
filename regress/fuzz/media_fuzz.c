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
 * Fuzz target: media.  One packet: what parses is written as it was but for
 * the two unused bits, which a relay clears, and nothing else; a report lies
 * behind the payload.  And its reports one after the other through the
 * quality controller.
 *
 * COVERS: fuzzing - media header, quality report: corpus of the target
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/media.h"
#include "common/wire/quality.h"
#include "regress/fuzz/fuzz.h"

/* Worse reports in a row that it takes to go down (wzp-protocol 8.6). */
#define DOWN_MIN	3

const char *const	fuzz_faults[] = { "parse", "relay", "report", "tier",
			    NULL };

static void	packet(const uint8_t *, size_t);
static void	reports(const uint8_t *, size_t);

static void
packet(const uint8_t *p, size_t len)
{
	struct media_packet	 mp;
	uint8_t			*copy, *out;
	bool			 good, ok, report;

	good = len >= MEDIA_HEADER_LEN && (p[0] >> 2 & 0x0f) <= 8 &&
	    ((p[0] & 0x02) == 0 ||
	    len >= MEDIA_HEADER_LEN + MEDIA_REPORT_LEN);
	copy = fuzz_copy(p, len);
	ok = media_parse(copy, len, &mp);
	FUZZ_CHECK(fuzz_fault("parse") != (ok == good));
	if (ok) {
		FUZZ_CHECK(mp.header.has_report == ((p[0] & 0x02) != 0));
		FUZZ_CHECK(mp.payload == copy + MEDIA_HEADER_LEN);
		FUZZ_CHECK(mp.payload_len == len - MEDIA_HEADER_LEN -
		    (mp.header.has_report ? MEDIA_REPORT_LEN : 0));
		FUZZ_CHECK(media_codec_info(mp.header.codec) != NULL);
		FUZZ_CHECK(mp.header.fec_ratio <= 127);
		out = malloc(len);
		FUZZ_CHECK(out != NULL);
		if (mp.payload_len <= UINT16_MAX) {
			FUZZ_CHECK(media_write(out, len - 1, &mp) == -1);
			FUZZ_CHECK(media_write(out, len, &mp) == (int)len);
			if (fuzz_fault("report") && mp.header.has_report)
				out[len - 1] ^= 0x10;
			out[1] |= p[1] & 0x03;
			FUZZ_CHECK(memcmp(out, p, len) == 0);
		}
		free(out);
	}
	FUZZ_CHECK(media_relay_check(copy, len, &report) == good);
	if (good) {
		FUZZ_CHECK(report == mp.header.has_report);
		FUZZ_CHECK((copy[1] & 0x03) == 0);
		copy[1] |= p[1] & 0x03;
		if (fuzz_fault("relay"))
			copy[MEDIA_HEADER_LEN - 1] ^= 1;
	}
	FUZZ_CHECK(len == 0 || memcmp(copy, p, len) == 0);
	free(copy);
}

/* Five bytes each: a report, and how long after the last it came. */
static void
reports(const uint8_t *p, size_t len)
{
	struct fuzz_input	 in = { p, len };
	struct media_report	 r;
	struct quality		 q;
	enum quality_tier	 tier;
	uint64_t		 now = 1000000;
	unsigned int		 since = 0;
	uint8_t			 trailer[MEDIA_REPORT_LEN];
	size_t			 i;
	bool			 changed;

	quality_init(&q, now);
	while (in.fi_len > 0) {
		for (i = 0; i < sizeof(trailer); i++)
			trailer[i] = fuzz_u8(&in);
		media_report_read(trailer, &r);
		now += fuzz_u8(&in) * UINT64_C(100);
		tier = q.q_tier;
		since++;
		changed = quality_report(&q, &r, now);
		FUZZ_CHECK(fuzz_fault("tier") !=
		    (changed == (q.q_tier != tier)));
		FUZZ_CHECK(q.q_tier <= TIER_STUDIO_64K);
		FUZZ_CHECK(quality_profile(q.q_tier) != NULL);
		FUZZ_CHECK(quality_classify(&r) <= TIER_STUDIO_64K);
		FUZZ_CHECK(quality_classify_cellular(&r) <= TIER_GOOD);
		if (changed) {
			FUZZ_CHECK(q.q_tier > tier || since >= DOWN_MIN);
			since = 0;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	packet(data, len);
	if (len > MEDIA_HEADER_LEN)
		reports(data + MEDIA_HEADER_LEN, len - MEDIA_HEADER_LEN);
	return (0);
}
