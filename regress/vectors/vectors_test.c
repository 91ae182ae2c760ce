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
 * vectors_test [file]: runs every group of vectors, and then its negative
 * control: each kind of expected value is altered in turn, and the same
 * checker must notice.  Exit status 0: everything held, every alteration was
 * noticed.
 *
 * Not built, and so not checked: media.mini, media.trunk_frame,
 * key_exchange.chacha_sessions, nonces and rekey, anti_replay.
 *
 * COVERS: vectors identities - keys, fingerprints, certificates, signatures
 * COVERS: vectors fingerprint_parse
 * COVERS: vectors rooms - room name hash and federation tag
 * COVERS: vectors key_exchange - x25519, hkdf_labels, session_key, sas
 * COVERS: vectors signals - messages, parse, f32_json
 * COVERS: vectors media - codecs, profiles, media_header, media_packet
 * COVERS: vectors media - quality_report, federation_datagram
 * COVERS: vectors quality - classify, controller_traces
 * COVERS: vectors nat - classify_nat, determine_role, dial_order
 * COVERS: vectors transport
 * COVERS: row 1.5 - fingerprint rule
 * COVERS: row 1.22 - optional answer fields are omitted, read as absent or null
 * COVERS: row 1.23 - enum spellings
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/vectors/vectors.h"

#define FLIPS_MAX	24

static const struct group {
	const char	*name;		/* printed */
	const char	*where;		/* JSON pointer */
	void		(*check)(struct tally *, yyjson_val *);
	/* Expected values, relative to `where'; one of each kind. */
	const char	*flips[FLIPS_MAX];
} groups[] = {
	{ "identities", "/identities", check_identities, {
	    "/0/ed25519_secret", "/1/ed25519_pub", "/2/fingerprint",
	    "/3/fingerprint_hex", "/4/x25519_secret", "/5/x25519_pub",
	    "/6/tls/ed25519_secret", "/7/tls/ed25519_pub", "/8/tls/cert_der",
	    "/0/tls/cert_sha256",
	    "/1/tls/desktop_server_fingerprint_siphash13",
	    "/2/signatures/call_offer/sig", "/3/signatures/call_answer/sig",
	    "/4/signatures/direct_call_offer/sig",
	    "/5/signatures/register_presence/sig",
	    "/6/signatures/rekey/sig", "/7/signatures/empty",
	    "/8/signatures/hello_warzone" } },
	{ "fingerprint_parse", "/fingerprint_parse", check_fingerprint_parse, {
	    "/0/ok", "/4/ok", "/1/display", "/2/hex" } },
	{ "rooms", "/rooms", check_rooms, {
	    "/0/hash_room_name", "/1/federation_room_hash",
	    "/2/federation_room_hash_of_hashed" } },
	{ "key_exchange.x25519", "/key_exchange/x25519", check_x25519, {
	    "/a_pub", "/b_pub", "/shared" } },
	{ "key_exchange.hkdf_labels", "/key_exchange", check_hkdf_labels, {
	    "/hkdf_labels/session_key", "/hkdf_labels/sas",
	    "/hkdf_labels/salt" } },
	{ "key_exchange.session_key", "/key_exchange", check_session_key, {
	    "/session_key" } },
	{ "key_exchange.sas", "/key_exchange", check_sas, {
	    "/sas", "/sas_display" } },
	{ "signals.messages", "/signals/messages", check_messages, {
	    "/0/frame_hex", "/1/json", "/2/variant", "/18/json",
	    "/66/frame_hex" } },
	{ "signals.parse", "/signals/parse", check_parse, {
	    "/0/canonical", "/1/ok", "/2/ok", "/58/ok" } },
	{ "signals.f32_json", "/signals/f32_json", check_f32, {
	    "/0/json", "/8/json", "/13/f32_bits" } },
	{ "media.codecs", "/media/codecs", check_codecs, {
	    "/0/bitrate_bps", "/1/frame_duration_ms", "/2/is_opus",
	    "/3/json", "/4/name", "/5/sample_rate_hz", "/6/wire" } },
	{ "media.profiles", "/media/profiles", check_profiles, {
	    "/0/json", "/1/name", "/2/total_bitrate_kbps" } },
	{ "media.media_header", "/media/media_header", check_media_header, {
	    "/decode/0/header/h/codec_id", "/decode/0/header/h/codec_wire",
	    "/decode/4/header/h/csrc_count", "/decode/5/header/h/seq",
	    "/decode/5/header/h/fec_block", "/decode/5/header/h/fec_symbol",
	    "/decode/5/header/h/fec_ratio_encoded",
	    "/decode/9/header/h/has_quality_report",
	    "/decode/9/header/h/is_repair", "/decode/9/header/h/reserved",
	    "/decode/9/header/h/timestamp", "/decode/9/header/h/version",
	    "/decode/9/header/reencoded", "/decode/1/header",
	    "/encode/1/bytes", "/encode/2/header/codec_id",
	    "/fec_ratio/3/encoded", "/fec_ratio/4/decoded" } },
	{ "media.media_packet", "/media/media_packet", check_media_packet, {
	    "/decode/1/packet", "/decode/5/packet/payload",
	    "/decode/5/packet/quality_report/loss_pct",
	    "/decode/5/packet/quality_report/rtt_4ms",
	    "/decode/5/packet/quality_report/jitter_ms",
	    "/decode/5/packet/quality_report/bitrate_cap_kbps",
	    "/decode/6/packet/quality_report",
	    "/decode/6/packet/header/seq", "/encode/0/bytes",
	    "/encode/4/bytes" } },
	{ "media.quality_report", "/media/quality_report",
	    check_quality_report, {
	    "/bytes", "/report/loss_pct", "/derived/1/byte",
	    "/from_path_stats/1/report/loss_pct",
	    "/from_path_stats/2/report/rtt_4ms",
	    "/from_path_stats/3/report/jitter_ms",
	    "/from_path_stats/4/report/bitrate_cap_kbps" } },
	{ "media.federation_datagram", "/media/federation_datagram",
	    check_federation_datagram, {
	    "/bytes", "/media_packet/payload",
	    "/media_packet/header/timestamp" } },
	{ "quality.classify", "/quality/classify", check_classify, {
	    "/0/3", "/300/3", "/600/3", "/900/3", "/1199/3" } },
	{ "quality.controller_traces", "/quality/controller_traces",
	    check_controller_traces, {
	    "/0/steps/0/2", "/1/steps/2/2", "/2/steps/2/3",
	    "/3/steps/15/3", "/4/steps/9/3" } },
	{ "nat", "/nat", check_nat, {
	    "/classify_nat/0/nat_type", "/classify_nat/2/consensus",
	    "/classify_nat/3/consensus", "/determine_role/0/role",
	    "/determine_role/2/role", "/dial_order/1/dial_order/0",
	    "/dial_order/1/dial_order/2" } },
	{ "transport", "/transport", check_transport, {
	    "/alpn", "/datagram_receive_buffer_size", "/initial_mtu",
	    "/initial_rtt_ms", "/keep_alive_interval_ms",
	    "/max_idle_timeout_ms", "/mtu_upper_bound", "/receive_window",
	    "/send_window", "/stream_receive_window", "/snis/0", "/snis/1",
	    "/snis/2", "/snis/3", "/snis/4", "/snis/5" } },
};

static void		 die(const char *, ...)
			    __attribute__((__noreturn__, __format__(printf, 1,
			    2)));
static yyjson_val	*find(yyjson_doc *, const char *, const char *);
static bool		 run(yyjson_doc *, const struct group *,
			    struct tally *);
static bool		 flip(yyjson_doc *, const struct group *,
			    const struct tally *);
static char		*alter(yyjson_val *);

static void
die(const char *fmt, ...)
{
	va_list	 ap;

	fprintf(stderr, "vectors: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

void
tally(struct tally *t, bool ok, const char *what)
{
	t->t_checked++;
	if (ok)
		t->t_held++;
	else if (!t->t_quiet)
		fprintf(stderr, "vectors %s: FAIL %u: %.200s\n", t->t_group,
		    t->t_checked, what);
}

yyjson_val *
get(yyjson_val *obj, const char *key)
{
	yyjson_val	*val;

	if ((val = yyjson_obj_get(obj, key)) == NULL)
		die("no member `%s'", key);
	return (val);
}

const char *
get_str(yyjson_val *obj, const char *key)
{
	return (yyjson_get_str(get(obj, key)));
}

uint64_t
get_uint(yyjson_val *obj, const char *key)
{
	return (yyjson_get_uint(get(obj, key)));
}

bool
get_bool(yyjson_val *obj, const char *key)
{
	return (yyjson_get_bool(get(obj, key)));
}

float
get_f32(yyjson_val *obj, const char *key)
{
	return ((float)yyjson_get_num(get(obj, key)));
}

size_t
unhex(const char *hex, uint8_t *out, size_t cap)
{
	unsigned int	 byte;
	size_t		 n = 0;

	for (; *hex != '\0'; hex += 2) {
		if (n == cap || strspn(hex, "0123456789abcdef") < 2 ||
		    sscanf(hex, "%2x", &byte) != 1)
			return (cap + 1);
		out[n++] = (uint8_t)byte;
	}
	return (n);
}

bool
hex_is(const char *hex, const void *p, size_t len)
{
	const uint8_t	*b = p;
	char		 two[3];
	size_t		 i;

	if (hex == NULL || strlen(hex) != 2 * len)
		return (false);
	for (i = 0; i < len; i++) {
		snprintf(two, sizeof(two), "%02x", b[i]);
		if (strncmp(hex + 2 * i, two, 2) != 0)
			return (false);
	}
	return (true);
}

bool
same(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a == b);
	return (strcmp(a, b) == 0);
}

static yyjson_val *
find(yyjson_doc *doc, const char *where, const char *below)
{
	yyjson_val	*val;
	char		 ptr[128];

	snprintf(ptr, sizeof(ptr), "%s%s", where, below);
	if ((val = yyjson_doc_ptr_get(doc, ptr)) == NULL)
		die("no %s", ptr);
	return (val);
}

static bool
run(yyjson_doc *doc, const struct group *g, struct tally *t)
{
	memset(t, 0, sizeof(*t));
	t->t_group = g->name;
	g->check(t, find(doc, g->where, ""));
	printf("vectors %s: checked %u, held %u\n", g->name, t->t_checked,
	    t->t_held);
	return (t->t_checked > 0 && t->t_held == t->t_checked);
}

/* Changes a value into another of its type; free what it returns after use. */
static char *
alter(yyjson_val *val)
{
	char	*s = NULL;

	if (yyjson_is_str(val)) {
		if ((s = malloc(yyjson_get_len(val) + 2)) == NULL)
			die("no memory");
		strcpy(s, yyjson_get_str(val));
		if (s[0] == '\0')
			strcpy(s, "1");
		else
			s[0] = s[0] == '1' ? '2' : '1';
		yyjson_set_str(val, s);
	} else if (yyjson_is_bool(val))
		yyjson_set_bool(val, !yyjson_get_bool(val));
	else if (yyjson_is_uint(val))
		yyjson_set_uint(val, yyjson_get_uint(val) ^ 1);
	else if (yyjson_is_real(val))
		yyjson_set_real(val, yyjson_get_real(val) * 2 + 1);
	else if (yyjson_is_null(val))
		yyjson_set_str(val, "1");
	else
		die("cannot alter this value");
	return (s);
}

static bool
flip(yyjson_doc *doc, const struct group *g, const struct tally *before)
{
	struct tally	 t;
	yyjson_val	*val, saved;
	char		*s;
	unsigned int	 i, noticed = 0;

	for (i = 0; i < FLIPS_MAX && g->flips[i] != NULL; i++) {
		val = find(doc, g->where, g->flips[i]);
		saved = *val;
		s = alter(val);
		memset(&t, 0, sizeof(t));
		t.t_group = g->name;
		t.t_quiet = true;
		g->check(&t, find(doc, g->where, ""));
		*val = saved;
		free(s);
		if (t.t_held < before->t_held)
			noticed++;
		else
			fprintf(stderr, "vectors %s: FAIL: altered %s not "
			    "noticed\n", g->name, g->flips[i]);
	}
	if (i == 0 || noticed < i)
		return (false);
	printf("vectors %s: flip noticed (%u of %u)\n", g->name, noticed, i);
	return (true);
}

int
main(int argc, char *argv[])
{
	const char	*file = argc > 1 ? argv[1] : VECTORS_JSON;
	yyjson_doc	*doc;
	yyjson_read_err	 err;
	struct tally	 t;
	size_t		 i;
	int		 bad = 0;

	if ((doc = yyjson_read_file(file, 0, NULL, &err)) == NULL)
		die("%s: %s", file, err.msg);
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (!run(doc, &groups[i], &t))
			bad = 1;
		if (!flip(doc, &groups[i], &t))
			bad = 1;
	}
	yyjson_doc_free(doc);
	return (bad);
}
