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
 * What the vectors do not say about signals: limits, odd forms, extensions,
 * and the small print of floats and strings.
 *
 * COVERS: row 1.22 - optional answer fields are omitted, read as absent or null
 * COVERS: row 1.23 - enum spellings
 * COVERS: row 3.1 - address fields are absent when there is none
 * COVERS: row 3.2 - unknown keys are ignored
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/signal.h"

#define NULLS32	"0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0," \
		"0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"

static struct signal	*parse(const char *);
static void		 accepts(const char *, const char *);
static void		 refuses(const char *, const char *);
static void		 print_f32(float, const char *);
static char		*nested(const char *, const char *, const char *, int);

static struct signal *
parse(const char *text)
{
	return (signal_parse((const uint8_t *)text, strlen(text), NULL));
}

/* text parses and prints as expected. */
static void
accepts(const char *text, const char *expected)
{
	struct signal	*s;
	char		 buf[2048];

	s = parse(text);
	assert_non_null(s);
	assert_int_equal(signal_print(s, buf, sizeof(buf)),
	    (int)strlen(expected));
	assert_string_equal(buf, expected);
	signal_free(s);
}

static void
refuses(const char *text, const char *reason)
{
	const char	*why = NULL;

	assert_null(signal_parse((const uint8_t *)text, strlen(text), &why));
	assert_non_null(why);
	assert_string_equal(why, reason);
}

static void
test_names(void **state)
{
	int	 i, j;

	(void)state;
	for (i = 1; i < SIGNAL_TYPE_MAX; i++) {
		assert_non_null(signal_name((enum signal_type)i));
		for (j = 1; j < i; j++)
			assert_string_not_equal(
			    signal_name((enum signal_type)i),
			    signal_name((enum signal_type)j));
	}
	assert_int_equal(SIGNAL_TYPE_MAX - 1, 36 + 4);
	assert_string_equal(signal_name(SIGNAL_TYPE_MAX), "?");
	assert_string_equal(signal_name((enum signal_type)0), "?");
	assert_string_equal(hangup_reason_name(HANGUP_TIMEOUT), "Timeout");
}

static void
test_outer_form(void **state)
{
	(void)state;
	accepts("\t\r\n \"Reflect\" \n", "\"Reflect\"");
	accepts("{\"Reflect\":null}", "\"Reflect\"");
	refuses("", "empty");
	refuses("{\"Reflect\":[]}", "message has no fields");
	refuses("{\"Reflect\":false}", "message has no fields");
	refuses("{\"Ping\":null}", "not an object");
	refuses("\"Reflect\"\"Reflect\"", "not JSON");
	refuses("\"Reflect\"x", "not JSON");
	refuses("\xef\xbb\xbf\"Reflect\"", "not JSON");
	refuses("{\"Reflect\":null,\"Hold\":null}", "not exactly one message");
	refuses("{\"Reflect\":null,\"Reflect\":null}",
	    "not exactly one message");
	refuses("\"Reflect\\u0000\"", "unknown message");
	refuses("17", "not a message");
	refuses("{\"Ping\":{\"timestamp_ms\":1,}}", "not JSON");
	refuses("{\"Ping\":{\"timestamp_ms\":01}}", "not JSON");
	refuses("{'Ping':{\"timestamp_ms\":1}}", "not JSON");
	refuses("{\"Ping\":{\"timestamp_ms\":NaN}}", "not JSON");
	refuses("/**/\"Hold\"", "not JSON");
}

static void
test_fields(void **state)
{
	(void)state;
	/* unknown ones are ignored, whatever is in them */
	accepts("{\"CallRinging\":{\"a\":{\"call_id\":1},\"call_id\":\"c\","
	    "\"a\":2,\"b\":[[]]}}", "{\"CallRinging\":{\"call_id\":\"c\"}}");
	accepts("{\"RoomUpdate\":{\"count\":1,\"participants\":"
	    "[{\"x\":1,\"fingerprint\":\"f\",\"x\":[2]}]}}",
	    "{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":"
	    "\"f\",\"alias\":null,\"relay_label\":null}]}}");
	/* a key is compared as a whole */
	refuses("{\"CallRinging\":{\"call_id\\u0000\":\"c\"}}",
	    "missing field");
	refuses("{\"CallRinging\":{\"call_i\":\"c\"}}", "missing field");
	refuses("{\"CallRinging\":{\"call_id\":\"c\",\"call_id\":\"c\"}}",
	    "repeated field");
	refuses("{\"RoomUpdate\":{\"count\":1,\"participants\":"
	    "[{\"fingerprint\":\"f\",\"fingerprint\":\"f\"}]}}",
	    "repeated field");
	/* null by kind: R, D, d refuse it; O and o take it for none */
	refuses("{\"CallRinging\":{\"call_id\":null}}", "not a string");
	refuses("{\"LossRecoveryUpdate\":{\"frames_decoded\":null}}",
	    "not a number of its type");
	refuses("{\"MediaPathReport\":{\"call_id\":\"c\",\"direct_ok\":true,"
	    "\"race_winner\":null}}", "not a string");
	refuses("{\"GlobalRoomActive\":{\"room\":\"r\",\"participants\":"
	    "null}}", "not a list");
	accepts("{\"Transfer\":{\"target_fingerprint\":\"t\",\"relay_addr\":"
	    "null}}", "{\"Transfer\":{\"target_fingerprint\":\"t\","
	    "\"relay_addr\":null}}");
	accepts("{\"DirectCallAnswer\":{\"call_id\":\"c\",\"accept_mode\":"
	    "\"Reject\",\"identity_pub\":null,\"ephemeral_pub\":null,"
	    "\"signature\":null,\"chosen_profile\":null,"
	    "\"callee_reflexive_addr\":null,\"callee_build_version\":null}}",
	    "{\"DirectCallAnswer\":{\"call_id\":\"c\",\"accept_mode\":"
	    "\"Reject\"}}");
	/* present and empty is not absent */
	accepts("{\"DirectCallAnswer\":{\"call_id\":\"c\",\"accept_mode\":"
	    "\"Reject\",\"signature\":[],\"callee_reflexive_addr\":\"\"}}",
	    "{\"DirectCallAnswer\":{\"call_id\":\"c\",\"accept_mode\":"
	    "\"Reject\",\"signature\":[],\"callee_reflexive_addr\":\"\"}}");
	refuses("{\"DirectCallAnswer\":{\"call_id\":\"c\",\"accept_mode\":"
	    "\"Reject\",\"identity_pub\":[1,2]}}", "not 32 bytes");
	refuses("{\"RouteResponse\":{\"fingerprint\":\"f\",\"found\":1,"
	    "\"relay_chain\":[]}}", "not a boolean");
	refuses("{\"PresenceUpdate\":{\"fingerprints\":[null],\"relay_addr\":"
	    "\"a\"}}", "not a string");
}

static void
test_numbers(void **state)
{
	(void)state;
	refuses("{\"Ping\":{\"timestamp_ms\":-0}}",
	    "not a number of its type");
	refuses("{\"Ping\":{\"timestamp_ms\":true}}",
	    "not a number of its type");
	refuses("{\"RoomUpdate\":{\"count\":4294967296,\"participants\":[]}}",
	    "not a number of its type");
	accepts("{\"RoomUpdate\":{\"count\":4294967295,\"participants\":[]}}",
	    "{\"RoomUpdate\":{\"count\":4294967295,\"participants\":[]}}");
	refuses("{\"RouteQuery\":{\"fingerprint\":\"f\",\"ttl\":1e1}}",
	    "not a number of its type");
	refuses("{\"Rekey\":{\"new_ephemeral_pub\":[" NULLS32 "],"
	    "\"signature\":[1.0]}}", "not a byte");
	refuses("{\"Rekey\":{\"new_ephemeral_pub\":[" NULLS32 "],"
	    "\"signature\":[-1]}}", "not a byte");
	refuses("{\"Rekey\":{\"new_ephemeral_pub\":[" NULLS32 "],"
	    "\"signature\":{}}}", "not an array of bytes");
}

#define DIRECTIVE(f)	"{\"QualityDirective\":{\"recommended_profile\":" \
	"{\"codec\":\"Opus24k\",\"fec_ratio\":" f \
	",\"frame_duration_ms\":20,\"frames_per_block\":5}}}"

static void
test_floats(void **state)
{
	(void)state;
	accepts(DIRECTIVE("1"), DIRECTIVE("1.0"));
	accepts(DIRECTIVE("-0"), DIRECTIVE("-0.0"));
	accepts(DIRECTIVE("-0.0"), DIRECTIVE("-0.0"));
	accepts(DIRECTIVE("-3"), DIRECTIVE("-3.0"));
	accepts(DIRECTIVE("2e-1"), DIRECTIVE("0.2"));
	accepts(DIRECTIVE("0.20000000298023224"), DIRECTIVE("0.2"));
	accepts(DIRECTIVE("18446744073709551615"), DIRECTIVE("1.8446744e19"));
	accepts(DIRECTIVE("18446744073709551616"), DIRECTIVE("1.8446744e19"));
	accepts(DIRECTIVE("3.4028235e38"), DIRECTIVE("3.4028235e38"));
	accepts(DIRECTIVE("1e-60"), DIRECTIVE("0.0"));
	refuses(DIRECTIVE("3.4028236e38"), "number too large");
	refuses(DIRECTIVE("-1e39"), "number too large");
	refuses(DIRECTIVE("1e999"), "not JSON");
	refuses(DIRECTIVE("\"0.2\""), "not a number");
	refuses(DIRECTIVE("null"), "not a number");
}

static void
print_f32(float f, const char *expected)
{
	struct signal	 s;
	char		 buf[256], want[256];

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_QUALITY_DIRECTIVE;
	s.u.quality_directive.recommended_profile.fec_ratio = f;
	snprintf(want, sizeof(want), "{\"QualityDirective\":"
	    "{\"recommended_profile\":{\"codec\":\"Opus24k\",\"fec_ratio\":%s,"
	    "\"frame_duration_ms\":0,\"frames_per_block\":0}}}", expected);
	assert_int_equal(signal_print(&s, buf, sizeof(buf)),
	    (int)strlen(want));
	assert_string_equal(buf, want);
}

/* Where the plain form ends, and floats whose lower gap is the smaller. */
static void
test_float_forms(void **state)
{
	(void)state;
	print_f32(1e12f, "1000000000000.0");
	print_f32(1e13f, "1e13");
	print_f32(1.5e12f, "1500000000000.0");
	print_f32(1e-5f, "0.00001");
	print_f32(1.5e-5f, "0.000015");
	print_f32(1e-6f, "0.000001");
	print_f32(1e-7f, "1e-7");
	print_f32(1.25e-7f, "1.25e-7");
	print_f32(16777216.0f, "16777216.0");
	print_f32(1e-45f, "1e-45");
	print_f32(-1.25f, "-1.25");
	print_f32(9.999999e9f, "9999999000.0");
	print_f32(0x1p-44f, "5.684342e-14");
	print_f32(0x1p-96f, "1.2621775e-29");
	print_f32(0x1p90f, "1.2379401e27");
}

static void
test_strings(void **state)
{
	struct signal	*s;

	(void)state;
	/* escapes of the printer; what needs none goes out as it is */
	accepts("{\"AuthToken\":{\"token\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t"
	    "\\u0001\\u001F\\u007f\\u00e9\"}}",
	    "{\"AuthToken\":{\"token\":\"\\\"\\\\/\\b\\f\\n\\r\\t"
	    "\\u0001\\u001f\x7f\xc3\xa9\"}}");
	accepts("{\"AuthToken\":{\"token\":\"\"}}",
	    "{\"AuthToken\":{\"token\":\"\"}}");
	refuses("{\"AuthToken\":{\"token\":\"a\\u0000b\"}}",
	    "NUL in a string");
	refuses("{\"AuthToken\":{\"token\":\"a\tb\"}}", "not JSON");
	refuses("{\"AuthToken\":{\"token\":\"\\ud83c\"}}", "not JSON");
	refuses("{\"AuthToken\":{\"token\":\"\\udfa7\\ud83c\"}}", "not JSON");
	refuses("{\"AuthToken\":{\"token\":\"\xff\"}}", "not JSON");
	refuses("{\"AuthToken\":{\"token\":\"\xc0\x80\"}}", "not JSON");
	refuses("{\"AuthToken\":{\"token\":\"\xed\xa0\x80\"}}", "not JSON");
	/* a raw NUL byte */
	assert_null(signal_parse((const uint8_t *)"\"Hold\0\"", 7, NULL));
	/* names of enums, in both forms */
	accepts("{\"Hangup\":{\"reason\":{\"Busy\":null}}}",
	    "{\"Hangup\":{\"reason\":\"Busy\"}}");
	refuses("{\"Hangup\":{\"reason\":{\"Busy\":{}}}}",
	    "name with a value");
	refuses("{\"Hangup\":{\"reason\":{}}}", "not exactly one name");
	refuses("{\"Hangup\":{\"reason\":1}}", "not a name");
	s = parse("{\"DirectCallAnswer\":{\"call_id\":\"c\",\"accept_mode\":"
	    "\"AcceptGeneric\"}}");
	assert_non_null(s);
	assert_int_equal(s->u.direct_call_answer.accept_mode,
	    ACCEPT_GENERIC);
	signal_free(s);
}

static void
test_arrays(void **state)
{
	(void)state;
	accepts("{\"Hangup\":[\"Normal\",\"c\"]}",
	    "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c\"}}");
	accepts("{\"Hangup\":[\"Normal\"]}",
	    "{\"Hangup\":{\"reason\":\"Normal\"}}");
	accepts("{\"Transfer\":[\"t\",null]}",
	    "{\"Transfer\":{\"target_fingerprint\":\"t\",\"relay_addr\":"
	    "null}}");
	refuses("{\"Transfer\":[\"t\"]}", "missing field");
	refuses("{\"Hangup\":[]}", "missing field");
	refuses("{\"Hangup\":[\"Normal\",\"c\",null]}", "too many fields");
	refuses("{\"Hangup\":[\"c\",\"Normal\"]}", "unknown name");
	/* our extensions are no part of it */
	refuses("{\"RegisterPresenceAck\":[true,null,null,[\"f\"]]}",
	    "too many fields");
}

/* Proof and features: printed when there, of the right type or an error. */
static void
test_extensions(void **state)
{
	static const char	*features[] = { "e2e", "paths" };
	struct signal		 s, *back;
	uint8_t			 proof[64];
	char			 buf[2048];
	size_t			 i;
	int			 len;

	(void)state;
	for (i = 0; i < sizeof(proof); i++)
		proof[i] = (uint8_t)(200 + i);
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_REGISTER_PRESENCE;
	len = signal_print(&s, buf, sizeof(buf));
	assert_true(len > 0);
	assert_string_equal(buf, "{\"RegisterPresence\":{\"identity_pub\":["
	    NULLS32 "],\"signature\":[],\"alias\":null}}");

	s.u.register_presence.proof.data = proof;
	s.u.register_presence.proof.len = sizeof(proof);
	s.u.register_presence.features.list = features;
	s.u.register_presence.features.n = 2;
	len = signal_print(&s, buf, sizeof(buf));
	assert_true(len > 0);
	back = signal_parse((const uint8_t *)buf, (size_t)len, NULL);
	assert_non_null(back);
	assert_int_equal(back->u.register_presence.proof.len, 64);
	assert_memory_equal(back->u.register_presence.proof.data, proof, 64);
	assert_int_equal(back->u.register_presence.features.n, 2);
	assert_string_equal(back->u.register_presence.features.list[1],
	    "paths");
	signal_free(back);

	accepts("{\"RegisterPresenceAck\":{\"success\":true,\"features\":"
	    "null}}", "{\"RegisterPresenceAck\":{\"success\":true}}");
	accepts("{\"RegisterPresenceAck\":{\"features\":[\"a\"],"
	    "\"success\":true}}", "{\"RegisterPresenceAck\":{\"success\":"
	    "true,\"features\":[\"a\"]}}");
	refuses("{\"RegisterPresenceAck\":{\"success\":true,\"features\":"
	    "\"a\"}}", "not a list");
	refuses("{\"RegisterPresence\":{\"identity_pub\":[" NULLS32 "],"
	    "\"signature\":[],\"proof\":\"AAAA\"}}", "not an array of bytes");
	/* of another message it is an unknown field */
	accepts("{\"CallRinging\":{\"call_id\":\"c\",\"proof\":1}}",
	    "{\"CallRinging\":{\"call_id\":\"c\"}}");
}

/* n times open, core, n times close; to be freed */
static char *
nested(const char *open, const char *core, const char *close, int n)
{
	char	*text, *p;
	int	 i;

	text = p = malloc((strlen(open) + strlen(close)) * (size_t)n +
	    strlen(core) + 1);
	assert_non_null(text);
	for (i = 0; i < n; i++)
		p = stpcpy(p, open);
	p = stpcpy(p, core);
	for (i = 0; i < n; i++)
		p = stpcpy(p, close);
	return (text);
}

/* Messages of ours, byte for byte. */
static void
test_own_messages(void **state)
{
	(void)state;
	accepts("{\"CallCandidates\":{\"call_id\":\"c1\",\"generation\":7,"
	    "\"candidates\":[\"192.0.2.1:4433\",\"[2001:db8::1]:5\"],"
	    "\"end\":false}}", "{\"CallCandidates\":{\"call_id\":\"c1\","
	    "\"generation\":7,\"candidates\":[\"192.0.2.1:4433\","
	    "\"[2001:db8::1]:5\"],\"end\":false}}");
	refuses("{\"CallCandidates\":{\"call_id\":\"c1\",\"generation\":-1,"
	    "\"candidates\":[],\"end\":true}}", "not a number of its type");
	refuses("{\"CallCandidates\":{\"call_id\":\"c1\",\"generation\":1,"
	    "\"candidates\":[],\"end\":null}}", "not a boolean");
	refuses("{\"CallCandidates\":{\"call_id\":\"c1\",\"generation\":1,"
	    "\"candidates\":[1],\"end\":true}}", "not a string");
	accepts("{\"CallPunch\":{\"call_id\":\"c1\",\"round\":2,"
	    "\"delay_ms\":15}}", "{\"CallPunch\":{\"call_id\":\"c1\","
	    "\"round\":2,\"delay_ms\":15}}");
	refuses("{\"CallPunch\":{\"call_id\":\"c1\",\"round\":2}}",
	    "missing field");
	accepts("{\"DirectProof\":{\"mac\":[" NULLS32 "]}}",
	    "{\"DirectProof\":{\"mac\":[" NULLS32 "]}}");
	refuses("{\"DirectProof\":{\"mac\":[" NULLS32 ",0]}}", "not 32 bytes");
	accepts("{\"CallSetup\":{\"call_id\":\"c\",\"room\":\"call-c\","
	    "\"relay_addr\":\"r\",\"peer_features\":[\"candidates\"]}}",
	    "{\"CallSetup\":{\"call_id\":\"c\",\"room\":\"call-c\","
	    "\"relay_addr\":\"r\",\"peer_features\":[\"candidates\"]}}");
}

static void
test_depth(void **state)
{
	static const char	 open[] = "{\"FederatedSignalForward\":"
	    "{\"inner\":", close[] = ",\"origin_relay_fp\":\"x\"}}";
	struct signal		*s;
	char			*text, *deep;

	(void)state;
	text = nested(open, "\"Hold\"", close, 8);
	accepts(text, text);
	free(text);
	text = nested(open, "\"Hold\"", close, 9);
	refuses(text, "nested too deeply");
	free(text);
	text = nested(open, "\"Hold\"", close, 64);
	refuses(text, "nested too deeply");
	free(text);

	/* inside a field we do not know: 125 + 2 levels, then one more */
	deep = nested("[", "", "]", 125);
	text = nested("{\"CallRinging\":{\"call_id\":\"c\",\"x\":", deep,
	    "}}", 1);
	s = parse(text);
	assert_non_null(s);
	signal_free(s);
	free(text);
	free(deep);
	deep = nested("[", "", "]", 126);
	text = nested("{\"CallRinging\":{\"call_id\":\"c\",\"x\":", deep,
	    "}}", 1);
	refuses(text, "nested too deeply");
	free(text);
	free(deep);
	text = nested("[", "", "]", 30000);
	refuses(text, "nested too deeply");
	free(text);
	/* brackets in a string nest nothing */
	deep = nested("[\\\"", "", "", 200);
	text = nested("{\"AuthToken\":{\"token\":\"", deep, "\"}}", 1);
	accepts(text, text);
	free(text);
	free(deep);
}

static void
test_size(void **state)
{
	static const char	 head[] = "{\"AuthToken\":{\"token\":\"";
	struct signal		*s;
	const char		*why;
	char			*text, *buf;
	size_t			 frame = strlen(head) + strlen("\"}}");

	(void)state;
	text = malloc(SIGNAL_MAX + 2);
	buf = malloc(SIGNAL_MAX + 16);
	assert_non_null(text);
	assert_non_null(buf);
	memcpy(text, head, strlen(head));
	memset(text + strlen(head), 'a', SIGNAL_MAX - frame);
	strcpy(text + SIGNAL_MAX - 3, "\"}}");
	s = signal_parse((const uint8_t *)text, SIGNAL_MAX, NULL);
	assert_non_null(s);
	assert_int_equal(signal_print(s, buf, SIGNAL_MAX), -1);
	assert_int_equal(signal_print(s, buf, SIGNAL_MAX + 1), SIGNAL_MAX);
	assert_string_equal(buf, text);

	/* the same with a byte more is neither taken nor said */
	strcpy(text + SIGNAL_MAX, " ");
	assert_null(signal_parse((const uint8_t *)text, SIGNAL_MAX + 1,
	    &why));
	assert_string_equal(why, "too long");
	memset(text + strlen(head), 'a', SIGNAL_MAX - frame + 1);
	text[SIGNAL_MAX - 2] = '\0';
	s->u.auth_token.token = text + strlen(head);
	assert_int_equal(strlen(s->u.auth_token.token) + frame,
	    SIGNAL_MAX + 1);
	assert_int_equal(signal_print(s, buf, SIGNAL_MAX + 16), -1);
	signal_free(s);
	free(text);
	free(buf);
	signal_free(NULL);
}

static void
test_print_limits(void **state)
{
	static const char	 text[] =
	    "{\"CallRinging\":{\"call_id\":\"c\"}}";
	struct signal		 s, *parsed;
	char			 buf[sizeof(text) + 1];
	size_t			 cap;

	(void)state;
	parsed = parse(text);
	assert_non_null(parsed);
	for (cap = 0; cap < sizeof(text); cap++) {
		memset(buf, '#', sizeof(buf));
		assert_int_equal(signal_print(parsed, buf, cap), -1);
		assert_int_equal(buf[cap], '#');
	}
	assert_int_equal(signal_print(parsed, buf, sizeof(text)),
	    (int)sizeof(text) - 1);
	assert_string_equal(buf, text);
	signal_free(parsed);

	/* what cannot be said is not said */
	memset(&s, 0, sizeof(s));
	assert_int_equal(signal_print(&s, buf, sizeof(buf)), -1);
	s.type = SIGNAL_CALL_RINGING;
	assert_int_equal(signal_print(&s, buf, sizeof(buf)), -1);
	s.type = SIGNAL_HANGUP;
	s.u.hangup.reason = (enum hangup_reason)5;
	assert_int_equal(signal_print(&s, buf, sizeof(buf)), -1);
	s.type = SIGNAL_FEDERATED_SIGNAL_FORWARD;
	s.u.federated_forward.inner = &s;
	s.u.federated_forward.origin_relay_fp = "";
	assert_int_equal(signal_print(&s, buf, sizeof(buf)), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_outer_form),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_float_forms),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_own_messages),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_print_limits),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
