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
 * Media on the wire (wzp-protocol 8.3, 8.4, 3.1): codecs and profiles, the
 * 12-byte header, the 4-byte quality report behind the payload.
 */
#ifndef WZP_WIRE_MEDIA_H
#define WZP_WIRE_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIA_HEADER_LEN	12
#define MEDIA_REPORT_LEN	4

enum media_codec {
	CODEC_OPUS24K,
	CODEC_OPUS16K,
	CODEC_OPUS6K,
	CODEC_CODEC2_3200,
	CODEC_CODEC2_1200,
	CODEC_COMFORT_NOISE,
	CODEC_OPUS32K,
	CODEC_OPUS48K,
	CODEC_OPUS64K,
	CODEC_MAX
};

struct media_codec_info {
	const char	*name;		/* JSON spelling */
	uint32_t	 bitrate;	/* nominal bit/s */
	uint8_t		 frame_ms;
	uint32_t	 sample_rate;
	bool		 is_opus;
};

/* NULL for an undefined value. */
const struct media_codec_info	*media_codec_info(unsigned int codec);
/* -1: unknown name. */
int	 media_codec_by_name(const char *, size_t);

struct media_profile {
	enum media_codec	codec;
	float			fec_ratio;
	uint8_t			frame_ms;
	uint8_t			frames_per_block;
};

extern const struct media_profile	media_profile_good;
extern const struct media_profile	media_profile_degraded;
extern const struct media_profile	media_profile_catastrophic;
extern const struct media_profile	media_profile_studio_32k;
extern const struct media_profile	media_profile_studio_48k;
extern const struct media_profile	media_profile_studio_64k;

struct media_report {
	uint8_t	loss_pct;		/* 0-255 = 0-100 % */
	uint8_t	rtt_4ms;
	uint8_t	jitter_ms;
	uint8_t	bitrate_cap_kbps;
};

struct media_header {
	uint8_t			version;	/* 0 or 1, not checked */
	bool			is_repair;
	enum media_codec	codec;
	bool			has_report;
	uint8_t			fec_ratio;	/* 7 bits, ratio x 63.5 */
	uint16_t		seq;
	uint32_t		timestamp;	/* ms */
	uint8_t			fec_block;
	uint8_t			fec_symbol;
	uint8_t			reserved;
	uint8_t			csrc_count;
};

struct media_packet {
	struct media_header	 header;
	const uint8_t		*payload;
	size_t			 payload_len;
	struct media_report	 report;	/* if header.has_report */
};

/* false: to be discarded (short, codec > 8, report cut off). */
bool	 media_parse(const uint8_t *, size_t, struct media_packet *);
/* Writes 12 bytes; the two unused bits are 0. */
void	 media_header_write(uint8_t out[MEDIA_HEADER_LEN],
	    const struct media_header *);
/* Bytes written or -1 when cap is too small. */
int	 media_write(uint8_t *out, size_t cap, const struct media_packet *);
uint8_t	 media_fec_encode(float ratio);
/*
 * What a relay does to a datagram it forwards: checks it and clears the two
 * unused bits in place.  false: discard.  Touches 12 bytes at most.
 */
bool	 media_relay_check(uint8_t *, size_t, bool *has_report);
/* The trailer of a packet with Q = 1. */
void	 media_report_read(const uint8_t trailer[MEDIA_REPORT_LEN],
	    struct media_report *);
/* loss in percent, times in ms; capped and truncated as 8.4 says */
void	 media_report_make(struct media_report *, float loss_pct,
	    uint32_t rtt_ms, uint32_t jitter_ms);

#endif /* WZP_WIRE_MEDIA_H */
