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
 * common/base: addresses, the keyed table, escaping.
 *
 * COVERS: limit - tables refuse entries past their maximum
 * COVERS: base - SipHash-2-4 reference values, addresses, log escaping
 * COVERS: gap 48 - IPv4-mapped addresses become IPv4 ones
 */

#include "config.h"

#include <arpa/inet.h>

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/addr.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/table.h"

static char	last_line[1100];

static void
keep_line(enum log_level level, const char *line)
{
	snprintf(last_line, sizeof(last_line), "%d %s", (int)level, line);
}

static void
siphash_reference(void **state)
{
	/* From the paper's appendix and its reference vectors. */
	static const uint64_t	want[] = {
		UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd),
		UINT64_C(0x0d6c8009d9a94f5a), UINT64_C(0x85676696d7fb7e2d),
		UINT64_C(0xcf2794e0277187b7), UINT64_C(0x18765564cd99a68d),
		UINT64_C(0xcbc9466e58fee3ce), UINT64_C(0xab0200f58b01d137),
		UINT64_C(0x93f5f5799a932462)
	};
	uint8_t			key[16], in[15];
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_true(siphash24(key, in, i) == want[i]);
	assert_true(siphash24(key, in, 15) ==
	    UINT64_C(0xa129ca6149be45e5));
	key[0] ^= 1;
	assert_false(siphash24(key, in, 15) ==
	    UINT64_C(0xa129ca6149be45e5));
}

static void
table_life(void **state)
{
	struct table	*t;
	static int	 values[1000];
	char		 key[16];
	size_t		 iter = 0, i, seen;
	int		*v, len;

	(void)state;
	assert_non_null(t = table_new(1000));
	for (i = 0; i < 1000; i++) {
		len = snprintf(key, sizeof(key), "k%zu", i);
		assert_int_equal(table_insert(t, key, (size_t)len,
		    &values[i]), 0);
	}
	assert_int_equal(table_insert(t, "k5", 2, values), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(table_insert(t, "new", 3, values), -1);
	assert_int_equal(errno, ENOSPC);
	assert_ptr_equal(table_find(t, "k731", 4), &values[731]);
	assert_null(table_find(t, "k73", 4 - 1 + 1));
	assert_null(table_find(t, "absent", 6));

	/* Remove every second one while walking: each is seen once. */
	seen = 0;
	while ((v = table_next(t, &iter)) != NULL) {
		seen++;
		assert_int_equal(*v, 0);
		*v = 1;
		i = (size_t)(v - values);
		if (i % 2 == 0) {
			len = snprintf(key, sizeof(key), "k%zu", i);
			assert_ptr_equal(table_remove(t, key, (size_t)len), v);
		}
	}
	assert_int_equal(seen, 1000);
	assert_int_equal(table_count(t), 500);
	assert_null(table_next(t, &iter));
	for (i = 0; i < 1000; i++) {
		len = snprintf(key, sizeof(key), "k%zu", i);
		v = table_find(t, key, (size_t)len);
		assert_ptr_equal(v, i % 2 == 0 ? NULL : &values[i]);
	}
	/* All of them while walking, and the table takes new ones. */
	iter = 0;
	while ((v = table_next(t, &iter)) != NULL) {
		len = snprintf(key, sizeof(key), "k%zu",
		    (size_t)(v - values));
		assert_ptr_equal(table_remove(t, key, (size_t)len), v);
	}
	assert_int_equal(table_count(t), 0);
	assert_int_equal(table_insert(t, "", 0, values), 0);
	assert_ptr_equal(table_find(t, "", 0), values);
	assert_null(table_remove(t, "k1", 2));
	table_free(t);
	table_free(NULL);
}

static void
addr_texts(void **state)
{
	static const char *const good[] = {
		"0.0.0.0:0", "127.0.0.1:4433", "255.255.255.255:65535",
		"[::]:4433", "[::1]:1", "[2001:db8::7]:4433"
	};
	static const char *const bad[] = {
		"", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536",
		"1.2.3.4:-1", "1.2.3.4:+1", "1.2.3.4: 1", "1.2.3.4:1x",
		"1.2.3.4:000001", "1.2.3:1", "01.2.3.4.5:1", "host:1",
		"::1:1", "[::1]", "[::1]:", "[::1:1", "[1.2.3.4]:1",
		"[]:1", "[::1]x:1", "[fe80::1%lo]:1", " 1.2.3.4:1"
	};
	struct addr	a, b;
	char		buf[ADDR_STRLEN];
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(addr_parse(&a, good[i]), 0);
		assert_string_equal(addr_print(&a, buf, sizeof(buf)), good[i]);
		assert_int_equal(addr_from_sockaddr(&b, &a.addr_u.sa,
		    a.addr_len), 0);
		assert_true(addr_equal(&a, &b));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(addr_parse(&a, bad[i]), -1);

	assert_int_equal(addr_parse(&a, "[::ffff:10.1.2.3]:77"), 0);
	assert_string_equal(addr_print(&a, buf, sizeof(buf)), "10.1.2.3:77");
	assert_int_equal(addr_family(&a), AF_INET);
	assert_int_equal(addr_parse(&b, "10.1.2.3:78"), 0);
	assert_true(addr_same_host(&a, &b));
	assert_false(addr_equal(&a, &b));
	addr_set_port(&b, 77);
	assert_true(addr_equal(&a, &b));
	assert_int_equal(addr_port(&b), 77);
	assert_int_equal(addr_parse(&b, "[::1]:77"), 0);
	assert_false(addr_same_host(&a, &b));
	assert_true(addr_is_loopback(&b));
	assert_false(addr_is_loopback(&a));
	assert_int_equal(addr_parse(&b, "127.9.9.9:77"), 0);
	assert_true(addr_is_loopback(&b));
	assert_int_equal(addr_parse(&b, "[::]:77"), 0);
	assert_true(addr_is_any(&b));
	assert_false(addr_is_any(&a));
	memset(&b, 0, sizeof(b));
	assert_string_equal(addr_print(&b, buf, sizeof(buf)), "none");
	assert_int_equal(addr_port(&b), 0);
	/* Longest text fits. */
	assert_int_equal(addr_parse(&b,
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"), 0);
	assert_int_equal(strlen(addr_print(&b, buf, sizeof(buf))), 47);
	/* A sockaddr cut short is refused. */
	assert_int_equal(addr_from_sockaddr(&a, &b.addr_u.sa, 10), -1);
}

static void
log_lines(void **state)
{
	char	buf[12];

	(void)state;
	log_init("test", keep_line);
	log_info("a %d", 1);
	assert_string_equal(last_line, "2 a 1");
	errno = ENOENT;
	log_warn("open %s", "x");
	assert_string_equal(last_line, "1 open x: No such file or directory");
	assert_int_equal(errno, ENOENT);
	log_debug("hidden");
	assert_string_equal(last_line, "1 open x: No such file or directory");
	log_set_verbose(1);
	log_debug("shown");
	assert_string_equal(last_line, "3 shown");
	log_init("test", NULL);

	assert_string_equal(log_escape(buf, sizeof(buf), "ab\n", 3),
	    "ab\\x0a");
	assert_string_equal(log_escape(buf, sizeof(buf), "\\\x7f", 2),
	    "\\x5c\\x7f");
	/* Never half an escape, always terminated. */
	assert_string_equal(log_escape(buf, sizeof(buf), "abcdefgh\n", 9),
	    "abcdefgh");
	assert_string_equal(log_escape(buf, sizeof(buf), "abcdefg\nx", 9),
	    "abcdefg\\x0a");
	assert_string_equal(log_escape(buf, 1, "abc", 3), "");
}

static void
clocks(void **state)
{
	uint64_t	a, b;

	(void)state;
	a = clock_mono_ns();
	b = clock_mono_ns();
	assert_true(b >= a);
	assert_true(clock_wall_ms() > UINT64_C(1600000000000));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(siphash_reference),
		cmocka_unit_test(table_life),
		cmocka_unit_test(addr_texts),
		cmocka_unit_test(log_lines),
		cmocka_unit_test(clocks)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
