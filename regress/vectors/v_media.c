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

/* Vectors of media: codecs, profiles, headers, packets, reports. */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/wire/identity.h"
#include "common/wire/media.h"
#include "common/wire/signal.h"
#include "regress/vectors/vectors.h"

#define PACKET_MAX	512

static bool	 header_is(yyjson_val *, const struct media_header *);
static bool	 header_read(yyjson_val *, struct media_header *);
static bool	 report_is(yyjson_val *, const struct media_report *);
static void	 report_get(yyjson_val *, struct media_report *);
static bool	 packet_is(yyjson_val *, const struct media_packet *);
static bool	 relay_passes(const uint8_t *, size_t, bool);

static bool
header_is(yyjson_val *v, const struct media_header *h)
{
	const struct media_codec_info	*info;

	return ((info = media_codec_info(h->codec)) != NULL &&
	    same(get_str(v, "codec_id"), info->name) &&
	    get_uint(v, "codec_wire") == h->codec &&
	    get_uint(v, "csrc_count") == h->csrc_count &&
	    get_uint(v, "fec_block") == h->fec_block &&
	    get_uint(v, "fec_ratio_encoded") == h->fec_ratio &&
	    get_uint(v, "fec_symbol") == h->fec_symbol &&
	    get_bool(v, "has_quality_report") == h->has_report &&
	    get_bool(v, "is_repair") == h->is_repair &&
	    get_uint(v, "reserved") == h->reserved &&
	    get_uint(v, "seq") == h->seq &&
	    get_uint(v, "timestamp") == h->timestamp &&
	    get_uint(v, "version") == h->version);
}

static bool
header_read(yyjson_val *v, struct media_header *h)
{
	const char	*name = get_str(v, "codec_id");
	int		 codec;

	if ((codec = media_codec_by_name(name, strlen(name))) == -1)
		return (false);
	h->codec = (enum media_codec)codec;
	h->csrc_count = (uint8_t)get_uint(v, "csrc_count");
	h->fec_block = (uint8_t)get_uint(v, "fec_block");
	h->fec_ratio = (uint8_t)get_uint(v, "fec_ratio_encoded");
	h->fec_symbol = (uint8_t)get_uint(v, "fec_symbol");
	h->has_report = get_bool(v, "has_quality_report");
	h->is_repair = get_bool(v, "is_repair");
	h->reserved = (uint8_t)get_uint(v, "reserved");
	h->seq = (uint16_t)get_uint(v, "seq");
	h->timestamp = (uint32_t)get_uint(v, "timestamp");
	h->version = (uint8_t)get_uint(v, "version");
	return (true);
}

static bool
report_is(yyjson_val *v, const struct media_report *r)
{
	return (get_uint(v, "loss_pct") == r->loss_pct &&
	    get_uint(v, "rtt_4ms") == r->rtt_4ms &&
	    get_uint(v, "jitter_ms") == r->jitter_ms &&
	    get_uint(v, "bitrate_cap_kbps") == r->bitrate_cap_kbps);
}

static void
report_get(yyjson_val *v, struct media_report *r)
{
	r->loss_pct = (uint8_t)get_uint(v, "loss_pct");
	r->rtt_4ms = (uint8_t)get_uint(v, "rtt_4ms");
	r->jitter_ms = (uint8_t)get_uint(v, "jitter_ms");
	r->bitrate_cap_kbps = (uint8_t)get_uint(v, "bitrate_cap_kbps");
}

static bool
packet_is(yyjson_val *v, const struct media_packet *mp)
{
	yyjson_val	*report = get(v, "quality_report");

	return (header_is(get(v, "header"), &mp->header) &&
	    hex_is(get_str(v, "payload"), mp->payload, mp->payload_len) &&
	    yyjson_is_null(report) != mp->header.has_report &&
	    (!mp->header.has_report || report_is(report, &mp->report)));
}

/* A relay forwards exactly what parses, with the unused bits cleared. */
static bool
relay_passes(const uint8_t *p, size_t len, bool parses)
{
	uint8_t	 copy[PACKET_MAX];
	bool	 report;

	memcpy(copy, p, len);
	if (media_relay_check(copy, len, &report) != parses)
		return (false);
	if (!parses)
		return (true);
	if (report != ((p[0] & 2) != 0) || copy[1] != (p[1] & 0xfc))
		return (false);
	copy[1] = p[1];
	return (memcmp(copy, p, len) == 0);
}

void
check_codecs(struct tally *t, yyjson_val *list)
{
	const struct media_codec_info	*info;
	yyjson_val			*v;
	size_t				 i, max;
	const char			*name;
	char				 json[32];
	bool				 ok;

	yyjson_arr_foreach(list, i, max, v) {
		name = get_str(v, "name");
		info = media_codec_info((unsigned int)get_uint(v, "wire"));
		ok = info != NULL;
		if (ok) {
			snprintf(json, sizeof(json), "\"%s\"", info->name);
			ok = get_uint(v, "bitrate_bps") == info->bitrate &&
			    get_uint(v, "frame_duration_ms") ==
			    info->frame_ms &&
			    get_bool(v, "is_opus") == info->is_opus &&
			    same(get_str(v, "json"), json) &&
			    same(name, info->name) &&
			    get_uint(v, "sample_rate_hz") ==
			    info->sample_rate &&
			    media_codec_by_name(name, strlen(name)) ==
			    (int)get_uint(v, "wire");
		}
		tally(t, ok, name);
	}
}

void
check_profiles(struct tally *t, yyjson_val *list)
{
	static const struct {
		const char			*name;
		const struct media_profile	*profile;
	} known[] = {
		{ "GOOD", &media_profile_good },
		{ "DEGRADED", &media_profile_degraded },
		{ "CATASTROPHIC", &media_profile_catastrophic },
		{ "STUDIO_32K", &media_profile_studio_32k },
		{ "STUDIO_48K", &media_profile_studio_48k },
		{ "STUDIO_64K", &media_profile_studio_64k },
	};
	struct signal	 s;
	yyjson_val	*v;
	size_t		 i, max, k;
	char		 buf[512], expected[512];
	float		 kbps;
	bool		 ok;

	yyjson_arr_foreach(list, i, max, v) {
		ok = false;
		for (k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
			if (!same(known[k].name, get_str(v, "name")))
				continue;
			memset(&s, 0, sizeof(s));
			s.type = SIGNAL_QUALITY_DIRECTIVE;
			s.u.quality_directive.recommended_profile =
			    *known[k].profile;
			snprintf(expected, sizeof(expected),
			    "{\"QualityDirective\":{\"recommended_profile\":"
			    "%s}}", get_str(v, "json"));
			/* Codec and redundancy together. */
			kbps = (float)media_codec_info(
			    known[k].profile->codec)->bitrate / 1000 *
			    (1 + known[k].profile->fec_ratio);
			ok = signal_print(&s, buf, sizeof(buf)) > 0 &&
			    strcmp(buf, expected) == 0 &&
			    !(kbps < get_f32(v, "total_bitrate_kbps")) &&
			    !(kbps > get_f32(v, "total_bitrate_kbps"));
		}
		tally(t, ok, get_str(v, "name"));
	}
}

void
check_media_header(struct tally *t, yyjson_val *group)
{
	struct media_packet	 mp;
	struct media_header	 h;
	yyjson_val		*v, *want;
	const char		*hex;
	uint8_t			 p[PACKET_MAX], out[MEDIA_HEADER_LEN];
	size_t			 i, max, len;
	bool			 ok;

	yyjson_arr_foreach(get(group, "decode"), i, max, v) {
		hex = get_str(v, "bytes");
		len = unhex(hex, p, sizeof(p) - MEDIA_REPORT_LEN);
		/*
		 * These are headers alone: give one that announces a report
		 * the room for it.
		 */
		memset(p + len, 0, MEDIA_REPORT_LEN);
		ok = len <= sizeof(p) - MEDIA_REPORT_LEN &&
		    media_parse(p, len < MEDIA_HEADER_LEN ? len :
		    len + MEDIA_REPORT_LEN, &mp);
		want = get(v, "header");
		if (!ok)
			ok = yyjson_is_null(want);
		else {
			media_header_write(out, &mp.header);
			ok = yyjson_is_obj(want) &&
			    header_is(get(want, "h"), &mp.header) &&
			    hex_is(get_str(want, "reencoded"), out,
			    sizeof(out));
		}
		tally(t, ok, hex);
	}
	yyjson_arr_foreach(get(group, "encode"), i, max, v) {
		ok = header_read(get(v, "header"), &h);
		if (ok) {
			media_header_write(out, &h);
			ok = hex_is(get_str(v, "bytes"), out, sizeof(out));
		}
		tally(t, ok, get_str(v, "bytes"));
	}
	yyjson_arr_foreach(get(group, "fec_ratio"), i, max, v) {
		ok = get_uint(v, "encoded") ==
		    media_fec_encode(get_f32(v, "ratio")) &&
		    get_uint(v, "encoded") ==
		    media_fec_encode(get_f32(v, "decoded"));
		tally(t, ok, "fec_ratio");
	}
}

void
check_media_packet(struct tally *t, yyjson_val *group)
{
	struct media_packet	 mp;
	yyjson_val		*v, *want;
	const char		*hex;
	uint8_t			 p[PACKET_MAX], payload[PACKET_MAX];
	size_t			 i, max, len;
	int			 n;
	bool			 ok, parses;

	yyjson_arr_foreach(get(group, "decode"), i, max, v) {
		hex = get_str(v, "bytes");
		want = get(v, "packet");
		if ((len = unhex(hex, p, sizeof(p))) > sizeof(p)) {
			tally(t, false, hex);
			continue;
		}
		parses = media_parse(p, len, &mp);
		if (parses)
			ok = yyjson_is_obj(want) && packet_is(want, &mp);
		else
			ok = yyjson_is_null(want);
		tally(t, ok && relay_passes(p, len, parses), hex);
	}
	yyjson_arr_foreach(get(group, "encode"), i, max, v) {
		want = get(v, "packet");
		memset(&mp, 0, sizeof(mp));
		ok = header_read(get(want, "header"), &mp.header);
		mp.payload = payload;
		mp.payload_len = unhex(get_str(want, "payload"), payload,
		    sizeof(payload));
		ok = ok && mp.payload_len <= sizeof(payload);
		if (mp.header.has_report)
			report_get(get(want, "quality_report"), &mp.report);
		n = ok ? media_write(p, sizeof(p), &mp) : -1;
		tally(t, n > 0 && hex_is(get_str(v, "bytes"), p, (size_t)n),
		    get_str(v, "bytes"));
	}
}

void
check_quality_report(struct tally *t, yyjson_val *group)
{
	struct media_report	 r;
	yyjson_val		*v;
	uint8_t			 p[MEDIA_REPORT_LEN];
	size_t			 i, max;
	bool			 ok;

	ok = unhex(get_str(group, "bytes"), p, sizeof(p)) == sizeof(p);
	if (ok)
		media_report_read(p, &r);
	tally(t, ok && report_is(get(group, "report"), &r), "bytes");

	/* What a byte stands for makes that byte. */
	yyjson_arr_foreach(get(group, "derived"), i, max, v) {
		media_report_make(&r, get_f32(v, "loss_percent"),
		    (uint32_t)get_uint(v, "rtt_ms"), 0);
		tally(t, get_uint(v, "byte") == r.loss_pct &&
		    get_uint(v, "byte") == r.rtt_4ms, "derived");
	}
	yyjson_arr_foreach(get(group, "from_path_stats"), i, max, v) {
		media_report_make(&r, get_f32(v, "loss_pct"),
		    (uint32_t)get_uint(v, "rtt_ms"),
		    (uint32_t)get_uint(v, "jitter_ms"));
		tally(t, report_is(get(v, "report"), &r), "from_path_stats");
	}
}

void
check_federation_datagram(struct tally *t, yyjson_val *v)
{
	struct media_packet	 mp;
	uint8_t			 p[PACKET_MAX], tag[8];
	size_t			 len;

	identity_room_tag(get_str(v, "room"), tag);
	len = unhex(get_str(v, "bytes"), p, sizeof(p));
	tally(t, len > 8 && len <= sizeof(p) && memcmp(p, tag, 8) == 0 &&
	    media_parse(p + 8, len - 8, &mp) &&
	    packet_is(get(v, "media_packet"), &mp), "datagram");
}
