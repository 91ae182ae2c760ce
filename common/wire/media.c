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

/* Media on the wire: see media.h. */

#include "config.h"

#include <string.h>

#include "common/base/bytes.h"
#include "common/wire/media.h"

static const struct media_codec_info	codecs[CODEC_MAX] = {
	[CODEC_OPUS24K] =	{ "Opus24k", 24000, 20, 48000, true },
	[CODEC_OPUS16K] =	{ "Opus16k", 16000, 20, 48000, true },
	[CODEC_OPUS6K] =	{ "Opus6k", 6000, 40, 48000, true },
	[CODEC_CODEC2_3200] =	{ "Codec2_3200", 3200, 20, 8000, false },
	[CODEC_CODEC2_1200] =	{ "Codec2_1200", 1200, 40, 8000, false },
	[CODEC_COMFORT_NOISE] =	{ "ComfortNoise", 0, 20, 48000, false },
	[CODEC_OPUS32K] =	{ "Opus32k", 32000, 20, 48000, true },
	[CODEC_OPUS48K] =	{ "Opus48k", 48000, 20, 48000, true },
	[CODEC_OPUS64K] =	{ "Opus64k", 64000, 20, 48000, true },
};

const struct media_profile	media_profile_good =
				    { CODEC_OPUS24K, 0.2f, 20, 5 };
const struct media_profile	media_profile_degraded =
				    { CODEC_OPUS6K, 0.5f, 40, 10 };
const struct media_profile	media_profile_catastrophic =
				    { CODEC_CODEC2_1200, 1.0f, 40, 8 };
const struct media_profile	media_profile_studio_32k =
				    { CODEC_OPUS32K, 0.1f, 20, 5 };
const struct media_profile	media_profile_studio_48k =
				    { CODEC_OPUS48K, 0.1f, 20, 5 };
const struct media_profile	media_profile_studio_64k =
				    { CODEC_OPUS64K, 0.1f, 20, 5 };

/* Byte 0 of the header: V(1) T(1) C(4) Q(1) F6(1). */
#define B0_VERSION	0x80
#define B0_REPAIR	0x40
#define B0_REPORT	0x02
#define B0_FEC		0x01
#define B0_CODEC(b)	(((b) >> 2) & 0x0f)
/* Byte 1: the low six bits of the FEC ratio, two unused bits. */
#define B1_UNUSED	0x03

/* What an original writes into every report (8.4). */
#define REPORT_CAP_KBPS	200

static bool	 packet_ok(const uint8_t *, size_t);

const struct media_codec_info *
media_codec_info(unsigned int codec)
{
	return (codec < CODEC_MAX ? &codecs[codec] : NULL);
}

int
media_codec_by_name(const char *name, size_t len)
{
	int	 i;

	for (i = 0; i < CODEC_MAX; i++)
		if (strlen(codecs[i].name) == len &&
		    memcmp(codecs[i].name, name, len) == 0)
			return (i);
	return (-1);
}

static bool
packet_ok(const uint8_t *p, size_t len)
{
	if (len < MEDIA_HEADER_LEN || B0_CODEC(p[0]) >= CODEC_MAX)
		return (false);
	return ((p[0] & B0_REPORT) == 0 ||
	    len >= MEDIA_HEADER_LEN + MEDIA_REPORT_LEN);
}

bool
media_parse(const uint8_t *p, size_t len, struct media_packet *mp)
{
	struct media_header	*h = &mp->header;

	if (!packet_ok(p, len))
		return (false);
	memset(mp, 0, sizeof(*mp));
	h->version = (p[0] & B0_VERSION) != 0;
	h->is_repair = (p[0] & B0_REPAIR) != 0;
	h->codec = (enum media_codec)B0_CODEC(p[0]);
	h->has_report = (p[0] & B0_REPORT) != 0;
	h->fec_ratio = (uint8_t)((p[0] & B0_FEC) << 6 | p[1] >> 2);
	h->seq = (uint16_t)(p[2] << 8 | p[3]);
	h->timestamp = bytes_get32(p + 4);
	h->fec_block = p[8];
	h->fec_symbol = p[9];
	h->reserved = p[10];
	h->csrc_count = p[11];

	mp->payload = p + MEDIA_HEADER_LEN;
	mp->payload_len = len - MEDIA_HEADER_LEN;
	if (h->has_report) {
		mp->payload_len -= MEDIA_REPORT_LEN;
		media_report_read(mp->payload + mp->payload_len, &mp->report);
	}
	return (true);
}

void
media_header_write(uint8_t out[MEDIA_HEADER_LEN], const struct media_header *h)
{
	out[0] = (uint8_t)((h->version != 0 ? B0_VERSION : 0) |
	    (h->is_repair ? B0_REPAIR : 0) |
	    ((unsigned int)h->codec & 0x0f) << 2 |
	    (h->has_report ? B0_REPORT : 0) | (h->fec_ratio >> 6 & B0_FEC));
	out[1] = (uint8_t)(h->fec_ratio << 2);
	out[2] = (uint8_t)(h->seq >> 8);
	out[3] = (uint8_t)h->seq;
	out[4] = (uint8_t)(h->timestamp >> 24);
	out[5] = (uint8_t)(h->timestamp >> 16);
	out[6] = (uint8_t)(h->timestamp >> 8);
	out[7] = (uint8_t)h->timestamp;
	out[8] = h->fec_block;
	out[9] = h->fec_symbol;
	out[10] = h->reserved;
	out[11] = h->csrc_count;
}

int
media_write(uint8_t *out, size_t cap, const struct media_packet *mp)
{
	const struct media_report	*r = &mp->report;
	size_t				 len, trailer;

	trailer = mp->header.has_report ? MEDIA_REPORT_LEN : 0;
	if (mp->payload_len > UINT16_MAX)
		return (-1);
	len = MEDIA_HEADER_LEN + mp->payload_len + trailer;
	if (len > cap)
		return (-1);
	media_header_write(out, &mp->header);
	if (mp->payload_len > 0)
		memcpy(out + MEDIA_HEADER_LEN, mp->payload, mp->payload_len);
	if (trailer > 0) {
		out[len - 4] = r->loss_pct;
		out[len - 3] = r->rtt_4ms;
		out[len - 2] = r->jitter_ms;
		out[len - 1] = r->bitrate_cap_kbps;
	}
	return ((int)len);
}

uint8_t
media_fec_encode(float ratio)
{
	float		 scaled;
	unsigned int	 n;

	scaled = ratio * 63.5f;
	if (!(scaled > 0))	/* also a NaN */
		return (0);
	if (scaled >= 127)
		return (127);
	n = (unsigned int)scaled;
	if (scaled - (float)n >= 0.5f)
		n++;
	return ((uint8_t)n);
}

bool
media_relay_check(uint8_t *p, size_t len, bool *has_report)
{
	if (!packet_ok(p, len))
		return (false);
	p[1] &= (uint8_t)~B1_UNUSED;
	*has_report = (p[0] & B0_REPORT) != 0;
	return (true);
}

void
media_report_read(const uint8_t trailer[MEDIA_REPORT_LEN],
    struct media_report *r)
{
	r->loss_pct = trailer[0];
	r->rtt_4ms = trailer[1];
	r->jitter_ms = trailer[2];
	r->bitrate_cap_kbps = trailer[3];
}

void
media_report_make(struct media_report *r, float loss_pct, uint32_t rtt_ms,
    uint32_t jitter_ms)
{
	float	 loss;

	loss = loss_pct / 100 * 255;
	if (!(loss > 0))
		r->loss_pct = 0;
	else if (loss >= 255)
		r->loss_pct = 255;
	else
		r->loss_pct = (uint8_t)loss;
	r->rtt_4ms = (uint8_t)(rtt_ms / 4 > 255 ? 255 : rtt_ms / 4);
	r->jitter_ms = (uint8_t)(jitter_ms > 255 ? 255 : jitter_ms);
	r->bitrate_cap_kbps = REPORT_CAP_KBPS;
}
