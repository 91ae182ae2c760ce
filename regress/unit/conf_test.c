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
 * COVERS: configuration - each error with file, line and word; defaults;
 * COVERS: configuration - relayd -nv prints what it can read back
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "common/ipc/limits.h"
#include "relayd/conf.h"

#define GOOD	"listen on 127.0.0.1 port 4433\nlegacy clients allow\n"

#define PIN2								\
	":62:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:"	\
	"cc:dd:ee:ff:00:11:22:33:44:55:66:77"
#define PIN	"0c" PIN2

static char	logged[65536];

static void	 sink(enum log_level, const char *);
static struct config
		*load(const char *);
static char	*print(const struct config *);

static void
sink(enum log_level level, const char *text)
{
	(void)level;
	(void)strlcat(logged, text, sizeof(logged));
	(void)strlcat(logged, "\n", sizeof(logged));
}

static struct config *
load(const char *text)
{
	char		 path[] = "/tmp/wzp-conf.XXXXXX";
	struct config	*cf;
	int		 fd;

	logged[0] = '\0';
	assert_int_not_equal(fd = mkstemp(path), -1);
	assert_int_equal(write(fd, text, strlen(text)),
	    (ssize_t)strlen(text));
	close(fd);
	cf = config_load(path);
	unlink(path);
	return (cf);
}

static char *
print(const struct config *cf)
{
	char	*text = NULL;
	size_t	 len;
	FILE	*out;

	assert_non_null(out = open_memstream(&text, &len));
	config_print(cf, out);
	fclose(out);
	return (text);
}

/* What is wrong, and where the message must say it is. */
static const struct {
	const char	*text;
	const char	*line;
	const char	*word;
} bad[] = {
	{ "listen at 127.0.0.1\n", ":1:", "near 'at'" },
	{ GOOD "listen on example.org\n", ":3:", "near 'example.org'" },
	{ GOOD "listen on 10.0.0.1 port 70000\n", ":3:", "1 to 65535" },
	{ GOOD "listen on 10.0.0.1 port 0\n", ":3:", "near '10.0.0.1'" },
	{ GOOD "listen on 127.0.0.1\n", ":3:", "already" },
	{ GOOD "\n\nfoo bar\n", ":5:", "near 'foo'" },
	{ GOOD "foo\n", ":3:", "near 'foo'" },
	{ GOOD "limit ring 60\n", ":3:", "near 'ring'" },
	{ GOOD "limit rang 60 seconds\n", ":3:", "near 'rang'" },
	{ GOOD "limit calls 60 seconds\n", ":3:", "near 'calls'" },
	{ GOOD "limit calls 0\n", ":3:", "1 to 1000000" },
	{ GOOD "limit ring 99999999999999999999 seconds\n", ":3:",
	    "too large" },
	{ GOOD "limit ring 9223372036854775807 days\n", ":3:", "ring" },
	{ GOOD "identity \"relative\"\n", ":3:", "near 'relative'" },
	{ GOOD "identity \"/open\n", ":3:", "without an end" },
	{ GOOD "identity $nothing\n", ":3:", "near '$nothing'" },
	{ GOOD "user nobodyd \"x\"\n", ":3:", "near 'nobodyd'" },
	{ GOOD "legacy clients maybe\n", ":3:", "near 'maybe'" },
	{ GOOD "registry retention 9999999999 days\n", ":3:", "retention" },
	{ GOOD "advertise 0.0.0.0\n", ":3:", "near '0.0.0.0'" },
	{ GOOD "advertise 192.0.2.1\nadvertise 192.0.2.2\n", ":4:",
	    "near '192.0.2.2'" },
	{ GOOD "control socket\n", ":3:", "end of the line" },
	{ GOOD "log verbose extra", ":3:", "near 'extra'" },
	{ GOOD "log \x01\n", ":3:", "near '\\x01'" },
	{ GOOD "= 3\n", ":3:", "near '='" },
	{ GOOD "steering perhaps\n", ":3:", "near 'perhaps'" },
	{ GOOD "media workers 0\n", ":3:", "1 to 32" },
	{ GOOD "media workers 33\n", ":3:", "1 to 32" },
	{ GOOD "media workers many\n", ":3:", "near 'many'" },
	{ GOOD "resumption perhaps\n", ":3:", "near 'perhaps'" },
	{ GOOD "retry never\n", ":3:", "near 'never'" },
	{ GOOD "federation perhaps\n", ":3:", "near 'perhaps'" },
	{ GOOD "auth url \"http://example.org/\"\n", ":3:", "https://" },
	{ GOOD "auth url \"http://localhost.example.org/\"\n", ":3:",
	    "https://" },
	{ GOOD "auth url \"ftp://example.org/\"\n", ":3:", "https://" },
	{ GOOD "auth url \"https:///x\"\n", ":3:", "not a URL" },
	{ GOOD "auth url \"https://a b/\"\n", ":3:", "blanks" },
	{ GOOD "auth url \"https://me:pw@example.org/\"\n", ":3:",
	    "passwords" },
	{ GOOD "auth ca \"relative\"\n", ":3:", "near 'relative'" },
	{ GOOD "auth ca \"/tmp/ca\"\n", "", "without `auth url'" },
	{ GOOD "listen on 0.0.0.0 port 4433\n", ":3:", "covers" },
	{ "listen on :: port 9\nlisten on ::1 port 9\nlegacy clients deny\n",
	    ":2:", "covers" },
	{ GOOD "federation no\nglobal room a\n", "", "global rooms" },
	{ GOOD "federation no\nprobe 10.0.0.1\n", "", "probes" },
	{ GOOD "peer x {\n	address 127.0.0.1\n"
	    "	fingerprint " PIN "\n}\n", "", "this relay itself" },
	{ GOOD "peer x { address 10.0.0.1 }\n", ":3:", "without its finger" },
	{ GOOD "peer x { legacy; fingerprint " PIN " }\n", ":3:",
	    "without its address" },
	{ GOOD "peer \"x y\" { fingerprint " PIN " }\n", ":3:",
	    "near 'x y'" },
	{ GOOD "peer x { fingerprint " PIN " }\npeer x { fingerprint 11" PIN2
	    " }\n", ":4:", "name already" },
	{ GOOD "peer x { fingerprint " PIN " }\npeer y { fingerprint " PIN
	    " }\n", ":4:", "peer x has that" },
	{ GOOD "peer x {\nfingerprint "
	    "0123:4567:89ab:cdef:0123:4567:89ab:cdef"
	    "\n}\n", ":4:", "of a client" },
	{ GOOD "peer x { fingerprint 0123456789abcdef }\n", ":3:",
	    "short form" },
	{ GOOD "peer x { fingerprint 0g" PIN2 " }\n", ":3:", "32 pairs" },
	{ GOOD "peer x { fingerprint aa:bb }\n", ":3:", "32 pairs" },
	{ GOOD "peer x { fingerprint " PIN "; fingerprint " PIN " }\n", ":3:",
	    "one fingerprint" },
	{ GOOD "peer x { address 1.2.3.4\naddress 1.2.3.5\nfingerprint " PIN
	    " }\n", ":4:", "one address" },
	{ GOOD "peer x { address 1.2.3.4 port 0; fingerprint " PIN " }\n",
	    ":3:", "1 to 65535" },
	{ GOOD "peer x { address 1.2.3.4.5; fingerprint " PIN " }\n", ":3:",
	    "neither" },
	{ GOOD "peer x { address 224.0.0.1; fingerprint " PIN " }\n", "",
	    "one machine" },
	{ GOOD "peer x { nothing\n}\n", ":3:", "option of a peer" },
	{ GOOD "peer x\n", ":3:", "end of the line" },
	{ GOOD "peer x { fingerprint " PIN "\n", ":4:", "closing brace" },
	{ GOOD "global room \"hello world\"\n", ":3:", "nobody could" },
	{ GOOD "global room call-1\n", ":3:", "of calls" },
	{ GOOD "global room _signal\n", ":3:", "no room" },
	{ GOOD "global room a\nglobal room A\n", ":4:", "already" },
	{ GOOD "probe 10.0.0.1\nprobe 10.0.0.1 port 4433\n", ":4:",
	    "already" },
	{ GOOD "probe -x\n", ":3:", "neither" },
	{ "listen on 127.0.0.1\n", "", "legacy clients deny" },
	{ "legacy clients deny\n", "", "listen on" },
};

static void
each_error_names_its_place(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(load(bad[i].text));
		if (strstr(logged, bad[i].line) == NULL ||
		    strstr(logged, bad[i].word) == NULL)
			fail_msg("%s: logged %s", bad[i].text, logged);
	}
}

static void
all_errors_of_a_file(void **state)
{
	(void)state;
	assert_null(load("one\ntwo two\n" GOOD "three = = 3\n"));
	assert_non_null(strstr(logged, ":1:"));
	assert_non_null(strstr(logged, ":2:"));
	assert_non_null(strstr(logged, ":5:"));
	assert_null(strstr(logged, ":3:"));
}

/* A change of a default is a change of behaviour: it stands here. */
static void
defaults(void **state)
{
	struct config	*cf;
	char		*text;
	long		 n;

	(void)state;
	assert_non_null(cf = load(GOOD));
	text = print(cf);
	assert_non_null(strstr(text, "limit ring 1 minutes\n"));
	assert_non_null(strstr(text, "limit register 10 seconds\n"));
	assert_non_null(strstr(text, "limit media-offer 15 seconds\n"));
	assert_non_null(strstr(text, "limit grace 15 seconds\n"));
	assert_non_null(strstr(text, "limit registry-wait 2 seconds\n"));
	assert_non_null(strstr(text, "registry strict\n"));
	assert_non_null(strstr(text, "registry retention 90 days\n"));
	assert_non_null(strstr(text, "registry addresses no\n"));
	assert_non_null(strstr(text, "listen on 127.0.0.1 port 4433\n"));
#ifdef __linux__
	assert_non_null(strstr(text, "steering port\n"));
#else
	assert_non_null(strstr(text, "steering none\n"));
#endif
	assert_non_null(strstr(text, "resumption yes\n"));
	assert_non_null(strstr(text, "retry auto\n"));
	assert_non_null(strstr(text, "federation no\n"));
	assert_null(strstr(text, "auth "));
	assert_non_null(strstr(text, "user federd \"_wzpfed\"\n"));
	assert_non_null(strstr(text, "user lookupd \"_wzplook\"\n"));
	n = sysconf(_SC_NPROCESSORS_ONLN);
	assert_int_equal(cf->cf_media, n < 1 ? 1 : n > 32 ? 32 : n);
	assert_int_equal(config_wants(cf, PROC_MEDIAD), cf->cf_media);
	assert_int_equal(config_wants(cf, PROC_FEDERD), 0);
	assert_int_equal(config_wants(cf, PROC_LOOKUPD), 0);
	assert_int_equal(config_wants(cf, PROC_SIGNALD), 1);
	assert_false(cf->cf_settings.auth_required);
	free(text);
	config_free(cf);
}

static void
printed_is_read_back(void **state)
{
	static const char	 all[] =
	    "# everything\n"
	    "dir = \"/tmp/x\"\n"
	    "listen on 127.0.0.1 port 5000	# a comment\n"
	    "listen on :: port 5000\n"
	    "advertise 203.0.113.5\n"
	    "advertise 2001:db8::1 port 99\n"
	    "identity \"/tmp/seed\"\n"
	    "database $dir\n"
	    "control socket \"/tmp/c\"\n"
	    "control socket read-only \"/tmp/r\"\n"
	    "chroot \"/tmp/e\"\n"
	    "user signald 960\n"
	    "user keyd \"_key\"\n"
	    "legacy clients deny\n"
	    "registry best-effort\n"
	    "registry retention 36 hours\n"
	    "registry addresses yes\n"
	    "limit ring 1500 milliseconds\n"
	    "limit calls 7\n"
	    "steering none\n"
	    "media workers 5\n"
	    "resumption no\n"
	    "retry always\n"
	    "federation yes\n"
	    "auth url \"https://example.org:8443/check?x=1\"\n"
	    "auth ca \"/tmp/ca.pem\"\n"
	    "user federd 961\n"
	    "user lookupd \"_look\"\n"
	    "log verbose";
	struct config	*cf, *again;
	char		*one, *two;

	(void)state;
	assert_non_null(cf = load(all));
	one = print(cf);
	assert_non_null(strstr(one, "database \"/tmp/x\"\n"));
	assert_non_null(strstr(one, "listen on :: port 5000\n"));
	assert_non_null(strstr(one, "advertise 2001:db8::1 port 99\n"));
	assert_non_null(strstr(one, "advertise 203.0.113.5 port 5000\n"));
	assert_non_null(strstr(one, "user signald \"960\"\n"));
	assert_non_null(strstr(one, "registry retention 36 hours\n"));
	assert_non_null(strstr(one, "limit ring 1500 milliseconds\n"));
	assert_non_null(strstr(one, "limit calls 7\n"));
	assert_non_null(strstr(one, "log verbose\n"));
	assert_non_null(strstr(one, "steering none\n"));
	assert_non_null(strstr(one, "media workers 5\n"));
	assert_non_null(strstr(one, "retry always\n"));
	assert_non_null(strstr(one, "federation yes\n"));
	assert_non_null(strstr(one,
	    "auth url \"https://example.org:8443/check?x=1\"\n"));
	assert_non_null(strstr(one, "auth ca \"/tmp/ca.pem\"\n"));
	assert_non_null(strstr(one, "user federd \"961\"\n"));
	assert_non_null(strstr(one, "user lookupd \"_look\"\n"));
	assert_true(cf->cf_settings.auth_required);
	assert_false(cf->cf_settings.resumption);
	assert_true(cf->cf_settings.retry_always);
	assert_int_equal(config_wants(cf, PROC_MEDIAD), 5);
	assert_int_equal(config_wants(cf, PROC_FEDERD), 1);
	assert_int_equal(config_wants(cf, PROC_LOOKUPD), 1);
	assert_non_null(again = load(one));
	two = print(again);
	assert_string_equal(one, two);
	free(one);
	free(two);
	config_free(cf);
	config_free(again);
}

/* Tokens in clear are for this machine. */
static void
plain_http_only_at_home(void **state)
{
	static const char *const	urls[] = {
		"http://127.0.0.1:80/x", "http://localhost", "http://[::1]/y"
	};
	char				 text[256];
	struct config			*cf;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		(void)snprintf(text, sizeof(text), GOOD "auth url \"%s\"\n",
		    urls[i]);
		assert_non_null(cf = load(text));
		assert_string_equal(cf->cf_auth_url, urls[i]);
		config_free(cf);
	}
}

/* A control client hears the first error; that of the last file only. */
static void
first_error_is_kept(void **state)
{
	struct config	*cf;

	(void)state;
	assert_null(load("one\ntwo\n" GOOD));
	assert_non_null(strstr(config_error_text(), ":1:"));
	assert_null(strstr(config_error_text(), ":2:"));
	assert_non_null(cf = load(GOOD));
	assert_string_equal(config_error_text(), "");
	config_free(cf);
	assert_null(config_load("/nonexistent/relayd.conf"));
	assert_non_null(strstr(config_error_text(), "/nonexistent"));
}

static void
command_line_macros_win(void **state)
{
	struct config	*cf;

	(void)state;
	assert_int_equal(config_define("place=/tmp/there"), 0);
	assert_int_equal(config_define("noequals"), -1);
	assert_int_equal(config_define("bad-name=x"), -1);
	assert_non_null(cf = load(GOOD "place = \"/tmp/here\"\n"
	    "database $place\n"));
	assert_string_equal(cf->cf_database, "/tmp/there");
	config_free(cf);
}

static void
limits_are_within_their_own_bounds(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < LIMITS; i++) {
		assert_int_equal(limit_table[i].li_id, i);
		assert_true(limit_table[i].li_default >= limit_table[i].li_min);
		assert_true(limit_table[i].li_default <= limit_table[i].li_max);
		assert_ptr_equal(limit_by_name(limit_table[i].li_name),
		    &limit_table[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_error_names_its_place),
		cmocka_unit_test(all_errors_of_a_file),
		cmocka_unit_test(defaults),
		cmocka_unit_test(printed_is_read_back),
		cmocka_unit_test(plain_http_only_at_home),
		cmocka_unit_test(first_error_is_kept),
		cmocka_unit_test(limits_are_within_their_own_bounds),
		cmocka_unit_test(command_line_macros_win),
	};

	log_init("conf_test", sink);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
