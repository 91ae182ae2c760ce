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
 * What the vectors do not say about NAT classes, roles and dialling order.
 *
 * COVERS: protocol 7.3, 7.5 - NAT classes, roles, order of dialling
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/candidates.h"

static bool	 counts(const char *);

/* Twice the same: a cone, if the address counts at all. */
static bool
counts(const char *addr)
{
	const char	*two[2] = { addr, addr }, *consensus;
	enum nat_class	 class;

	class = nat_classify(two, 2, &consensus);
	if (class == NAT_CONE) {
		assert_ptr_equal(consensus, addr);
		return (true);
	}
	assert_int_equal(class, NAT_UNKNOWN);
	assert_null(consensus);
	return (false);
}

static void
test_ranges(void **state)
{
	(void)state;
	assert_false(counts("10.0.0.0:1"));
	assert_false(counts("10.255.255.255:1"));
	assert_true(counts("11.0.0.0:1"));
	assert_true(counts("172.15.255.255:1"));
	assert_false(counts("172.16.0.0:1"));
	assert_false(counts("172.31.255.255:1"));
	assert_true(counts("172.32.0.0:1"));
	assert_false(counts("192.168.0.0:1"));
	assert_true(counts("192.169.0.0:1"));
	assert_true(counts("192.167.255.255:1"));
	assert_false(counts("169.254.1.1:1"));
	assert_true(counts("169.253.1.1:1"));
	assert_true(counts("100.63.255.255:1"));
	assert_false(counts("100.64.0.0:1"));
	assert_false(counts("100.127.255.255:1"));
	assert_true(counts("100.128.0.0:1"));
	assert_false(counts("127.255.0.1:1"));
	assert_false(counts("[::]:1"));
	assert_false(counts("[::1]:1"));
	assert_false(counts("[fe80::1]:1"));
	assert_false(counts("[febf::1]:1"));
	assert_true(counts("[fec0::1]:1"));
	assert_true(counts("[2001:db8::1]:1"));
}

static void
test_text(void **state)
{
	(void)state;
	assert_false(counts(""));
	assert_false(counts("192.0.2.1"));
	assert_false(counts("192.0.2.1:"));
	assert_false(counts("192.0.2.1:65536"));
	assert_false(counts("192.0.2.1:1 "));
	assert_false(counts("192.0.2:1"));
	assert_false(counts("2001:db8::1:1"));
	assert_false(counts("[192.0.2.1]:1"));
	assert_false(counts("localhost:1"));
	assert_true(counts("192.0.2.1:65535"));
}

static void
test_order(void **state)
{
	static const char	*local[] = { "b:1", "a:1", "b:1" };
	const char		*order[4];

	(void)state;
	assert_int_equal(path_dial_order("c:1", local, 3, order, 4), 3);
	assert_string_equal(order[0], "b:1");
	assert_string_equal(order[1], "a:1");
	assert_string_equal(order[2], "c:1");
	assert_int_equal(path_dial_order("c:1", local, 3, order, 1), 1);
	assert_int_equal(path_dial_order("c:1", local, 3, order, 0), 0);
	assert_int_equal(path_dial_order(NULL, local, 3, order, 4), 2);
}

/* Both ends agree, whatever the strings are. */
static void
test_roles(void **state)
{
	static const char	*addr[] = { "192.0.2.1:4433",
	    "198.51.100.9:4433", "9.9.9.9:1", "[2001:db8::1]:4433" };
	size_t			 i, j;

	(void)state;
	for (i = 0; i < 4; i++)
		for (j = i + 1; j < 4; j++) {
			assert_int_equal(path_role(addr[i], addr[j]),
			    ROLE_ACCEPTOR);
			assert_int_equal(path_role(addr[j], addr[i]),
			    ROLE_DIALER);
		}
	assert_int_equal(path_role(addr[0], addr[0]), ROLE_NONE);
	assert_int_equal(path_role("\x7f", "\x80"), ROLE_ACCEPTOR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_roles),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
