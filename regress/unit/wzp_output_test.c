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
 * What wzp prints: JSON that is JSON whatever strangers send, and terminals
 * that see no control characters.
 *
 * COVERS: limit output of the client - hostile strings in JSON and sentences
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
#include <yyjson.h>

#include "wzp/output.h"

static char	text[65536];

/* What is printed on standard output by one event. */
static const char *
printed(const struct client_event *ev)
{
	char	path[] = "/tmp/wzp-output.XXXXXXXXXX";
	ssize_t	n;
	int	fd, saved;

	(void)fflush(stdout);
	assert_int_not_equal(fd = mkstemp(path), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_not_equal(saved = dup(STDOUT_FILENO), -1);
	assert_int_not_equal(dup2(fd, STDOUT_FILENO), -1);
	output_event(ev);
	(void)fflush(stdout);
	assert_int_not_equal(dup2(saved, STDOUT_FILENO), -1);
	assert_int_equal(close(saved), 0);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(close(fd), 0);
	return (text);
}

static void
hostile(struct client_event *ev, char *alias)
{
	int	i, n = 0;

	for (i = 1; i < 256; i++)
		alias[n++] = (char)i;
	(void)strlcpy(alias + n, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"
	    "\xed\xa0\x80\xc0\xaf\xf5\x80\x80\x80\xe2\x82", 64);
	memset(ev, 0, sizeof(*ev));
	ev->ce_type = EVENT_INCOMING;
	ev->ce_call_id = "c1";
	ev->ce_from = "a\"b\\c";
	ev->ce_alias = alias;
}

static void
test_json(void **state)
{
	struct client_event	 ev;
	yyjson_doc		*doc;
	yyjson_val		*root;
	const char		*s;
	char			 alias[512];
	size_t			 len;

	(void)state;
	hostile(&ev, alias);
	output_init(true, 0);
	s = printed(&ev);
	len = strlen(s);
	assert_int_equal(s[len - 1], '\n');
	assert_ptr_equal(strchr(s, '\n'), s + len - 1);
	assert_ptr_equal(strstr(s, "{\"event\":\"incoming\",\"call_id\":"
	    "\"c1\","), s);
	doc = yyjson_read(s, len, 0);
	assert_non_null(doc);
	root = yyjson_doc_get_root(doc);
	assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "from")),
	    "a\"b\\c");
	s = yyjson_get_str(yyjson_obj_get(root, "alias"));
	/* ASCII comes through as it is, so does what is UTF-8. */
	assert_memory_equal(s, alias, 127);
	assert_non_null(strstr(s, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"
	    "\xef\xbf\xbd"));
	yyjson_doc_free(doc);
}

static void
test_sentence(void **state)
{
	struct client_event	 ev;
	const char		*s;
	char			 alias[512];

	(void)state;
	hostile(&ev, alias);
	output_init(false, 0);
	for (s = printed(&ev); *s != '\0'; s++)
		assert_true((*s >= 0x20 && *s <= 0x7e) ||
		    (*s == '\n' && s[1] == '\0'));
	assert_non_null(strstr(text, "incoming call from a\"b"));
	assert_non_null(strstr(text, "\\x1b"));
}

/* What a program reads at the end of a call. */
static void
test_call_end(void **state)
{
	struct client_event	 ev;
	struct media_stats	 ms;
	yyjson_doc		*doc;
	yyjson_val		*root;
	const char		*s;

	(void)state;
	memset(&ms, 0, sizeof(ms));
	ms.ms_sent = UINT64_C(5000000000);
	ms.ms_rx.ps_packets = 7;
	ms.ms_rx.ps_lost = 8;
	ms.ms_rx.ps_concealed = 9;
	memset(&ev, 0, sizeof(ev));
	ev.ce_type = EVENT_CALL_END;
	ev.ce_call_id = "c1";
	ev.ce_path = "relay";
	ev.ce_media = &ms;
	output_init(true, 0);
	s = printed(&ev);
	assert_non_null(doc = yyjson_read(s, strlen(s), 0));
	root = yyjson_doc_get_root(doc);
	assert_true(yyjson_get_uint(yyjson_obj_get(root, "sent")) ==
	    ms.ms_sent);
	assert_int_equal(yyjson_get_uint(yyjson_obj_get(root, "received")), 7);
	assert_int_equal(yyjson_get_uint(yyjson_obj_get(root, "lost")), 8);
	assert_int_equal(yyjson_get_uint(yyjson_obj_get(root, "concealed")),
	    9);
	assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "path")),
	    "relay");
	assert_true(yyjson_is_false(yyjson_obj_get(root, "e2e")));
	assert_null(yyjson_obj_get(root, "direct_sent"));
	yyjson_doc_free(doc);
}

/* Which way a call went, and whether it could be heard. */
static void
test_paths(void **state)
{
	struct client_event	 ev;
	struct path_counts	 pc;
	struct media_stats	 ms;
	yyjson_doc		*doc;
	yyjson_val		*root;
	const char		*s;

	(void)state;
	memset(&ms, 0, sizeof(ms));
	ms.ms_steps = 500;
	pc.pc_relay_sent = 1;
	pc.pc_relay_received = 2;
	pc.pc_direct_sent = UINT64_C(6000000000);
	pc.pc_direct_received = 4;
	pc.pc_repeated = 5;
	pc.pc_refused = 6;
	pc.pc_strangers = 7;
	memset(&ev, 0, sizeof(ev));
	ev.ce_type = EVENT_CALL_END;
	ev.ce_call_id = "c1";
	ev.ce_path = "direct";
	ev.ce_e2e = true;
	ev.ce_media = &ms;
	ev.ce_paths = &pc;
	output_init(true, 0);
	s = printed(&ev);
	assert_non_null(doc = yyjson_read(s, strlen(s), 0));
	root = yyjson_doc_get_root(doc);
	assert_true(yyjson_get_uint(yyjson_obj_get(root, "direct_sent")) ==
	    pc.pc_direct_sent);
	assert_int_equal(yyjson_get_uint(yyjson_obj_get(root,
	    "relay_received")), 2);
	assert_int_equal(yyjson_get_uint(yyjson_obj_get(root, "repeated")),
	    5);
	assert_int_equal(yyjson_get_uint(yyjson_obj_get(root, "refused")), 6);
	assert_int_equal(yyjson_get_uint(yyjson_obj_get(root, "strangers")),
	    7);
	assert_true(yyjson_is_true(yyjson_obj_get(root, "e2e")));
	yyjson_doc_free(doc);
	output_init(false, 0);
	assert_non_null(strstr(printed(&ev), "directly: sent 6000000000, "
	    "received 4; by the relay: sent 1, received 2\n"));

	/* Each call says whether it can be heard by others. */
	memset(&ev, 0, sizeof(ev));
	ev.ce_type = EVENT_MEDIA_START;
	ev.ce_call_id = "c1";
	ev.ce_path = "relay";
	assert_non_null(strstr(printed(&ev), "not end-to-end encrypted: the "
	    "relay can hear it"));
	ev.ce_path = "direct";
	assert_non_null(strstr(printed(&ev), "not end-to-end encrypted: "
	    "whoever is in between can hear it"));
	ev.ce_e2e = true;
	ev.ce_words = "one two three four";
	s = printed(&ev);
	assert_null(strstr(s, "not end-to-end"));
	assert_non_null(strstr(s, "one two three four"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_sentence),
		cmocka_unit_test(test_call_end),
		cmocka_unit_test(test_paths),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
