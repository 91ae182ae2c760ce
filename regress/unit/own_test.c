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
 * Which addresses of a host are offered.
 *
 * COVERS: protocol 7.4, phase 5.5 rows 5.2-5.4 - host candidates: the filter,
 * COVERS: its borders, ports of both sockets, no IPv6 without its socket
 * COVERS: candidates - at most 8; one family does not crowd out the other
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/direct/own.h"
#include "common/wire/candidates.h"
#include "client/direct/where.h"
#include "common/base/clock.h"

static bool	 offered(const char *);
static void	 gather(struct direct_own *, const char *const *,
		    const uint16_t[2], const char *, const char *);
static void	 expect(const struct direct_own *, const char *const *);

static bool
offered(const char *host)
{
	struct addr	a;
	char		text[80];

	(void)snprintf(text, sizeof(text), strchr(host, ':') != NULL ?
	    "[%s]:0" : "%s:0", host);
	assert_int_equal(addr_parse(&a, text), 0);
	return (candidate_is_host(&a));
}

static void
gather(struct direct_own *own, const char *const *hosts,
    const uint16_t port[2], const char *reflexive, const char *mapped)
{
	struct addr	list[64], m;
	size_t		n;

	for (n = 0; hosts[n] != NULL; n++)
		assert_int_equal(addr_parse(&list[n], hosts[n]), 0);
	if (mapped != NULL)
		assert_int_equal(addr_parse(&m, mapped), 0);
	own_candidates(own, list, n, port, reflexive,
	    mapped != NULL ? &m : NULL);
}

static void
expect(const struct direct_own *own, const char *const *wanted)
{
	size_t	i;

	for (i = 0; wanted[i] != NULL; i++) {
		assert_true(i < own->do_nlocal);
		assert_string_equal(own->do_local[i], wanted[i]);
	}
	assert_int_equal(own->do_nlocal, i);
}

static void
test_filter(void **state)
{
	static const char *const	in[] = {
		"10.0.0.0", "10.255.255.255",
		"172.16.0.0", "172.31.255.255",
		"192.168.0.0", "192.168.255.255",
		"100.64.0.0", "100.127.255.255",
		"2000::", "2001:db8::1", "3fff:ffff::1",
		"fc00::1", "fd00::1", "fdff:ffff::1"
	};
	static const char *const	out[] = {
		"9.255.255.255", "11.0.0.0",
		"172.15.255.255", "172.32.0.0",
		"192.167.255.255", "192.169.0.0",
		"100.63.255.255", "100.128.0.0",
		"127.0.0.1", "169.254.1.1", "0.0.0.0",
		"8.8.8.8", "192.0.2.1", "224.0.0.1", "255.255.255.255",
		"::", "::1", "fe80::1", "febf::1", "fec0::1", "ff02::1",
		"1fff::1", "4000::1", "fbff::1", "fe00::1"
	};
	struct addr			none;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		if (!offered(in[i]))
			fail_msg("%s is not offered", in[i]);
	for (i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		if (offered(out[i]))
			fail_msg("%s is offered", out[i]);
	memset(&none, 0, sizeof(none));
	assert_false(candidate_is_host(&none));
}

static void
test_ports(void **state)
{
	static const char *const	hosts[] = { "10.1.2.3:0",
	    "[2001:db8::7]:0", "192.0.2.9:0", "192.168.1.1:77",
	    "[fe80::1]:0", "[fd00::2]:0", NULL };
	static const char *const	both[] = { "10.1.2.3:4000",
	    "[2001:db8::7]:5000", "192.168.1.1:4000", "[fd00::2]:5000",
	    NULL };
	static const char *const	only4[] = { "10.1.2.3:4000",
	    "192.168.1.1:4000", NULL };
	static const char *const	only6[] = { "[2001:db8::7]:5000",
	    "[fd00::2]:5000", NULL };
	static const char *const	none[] = { NULL };
	struct direct_own		own;

	(void)state;
	gather(&own, hosts, (uint16_t[2]){ 4000, 5000 }, NULL, NULL);
	expect(&own, both);
	assert_string_equal(own.do_reflexive, "");
	gather(&own, hosts, (uint16_t[2]){ 4000, 0 }, "", NULL);
	expect(&own, only4);
	gather(&own, hosts, (uint16_t[2]){ 0, 5000 }, "192.0.2.9:4000", NULL);
	expect(&own, only6);
	assert_string_equal(own.do_reflexive, "192.0.2.9:4000");
	gather(&own, hosts, (uint16_t[2]){ 0, 0 }, NULL, NULL);
	expect(&own, none);
}

static void
test_mapped(void **state)
{
	static const char *const	hosts[] = { "10.1.2.3:0",
	    "10.1.2.3:0", NULL };
	static const char *const	with[] = { "10.1.2.3:4000",
	    "192.0.2.9:61000", NULL };
	static const char *const	same[] = { "10.1.2.3:4000", NULL };
	struct direct_own		own;
	char				longer[ADDR_STRLEN + 1];

	(void)state;
	gather(&own, hosts, (uint16_t[2]){ 4000, 0 }, NULL,
	    "192.0.2.9:61000");
	expect(&own, with);
	gather(&own, hosts, (uint16_t[2]){ 4000, 0 }, NULL, "10.1.2.3:4000");
	expect(&own, same);
	/* Routers map IPv4 only, as we ask for it. */
	gather(&own, hosts, (uint16_t[2]){ 4000, 0 }, NULL,
	    "[2001:db8::1]:4000");
	expect(&own, same);
	/* No relay says that. */
	memset(longer, '1', sizeof(longer));
	longer[ADDR_STRLEN] = '\0';
	gather(&own, hosts, (uint16_t[2]){ 4000, 0 }, longer, NULL);
	assert_string_equal(own.do_reflexive, "");
}

static void
test_cap(void **state)
{
	static char			text[40][32];
	const char			*hosts[41];
	static const uint16_t		port[2] = { 4000, 5000 };
	struct direct_own		own;
	size_t				i, n6;

	(void)state;
	for (i = 0; i < 30; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "[fd00::%zx]:0",
		    i + 1);
		hosts[i] = text[i];
	}
	hosts[i] = NULL;
	gather(&own, hosts, port, NULL, NULL);
	assert_int_equal(own.do_nlocal, DIRECT_CANDIDATES_MAX);
	assert_string_equal(own.do_local[0], "[fd00::1]:5000");
	assert_string_equal(own.do_local[7], "[fd00::8]:5000");

	/* Two IPv4 ones behind them have their places. */
	hosts[30] = "10.0.0.1:0";
	hosts[31] = "10.0.0.2:0";
	hosts[32] = NULL;
	gather(&own, hosts, port, NULL, "192.0.2.1:7");
	assert_int_equal(own.do_nlocal, DIRECT_CANDIDATES_MAX);
	assert_string_equal(own.do_local[7], "192.0.2.1:7");
	assert_string_equal(own.do_local[6], "10.0.0.2:4000");
	assert_string_equal(own.do_local[5], "10.0.0.1:4000");
	assert_string_equal(own.do_local[4], "[fd00::5]:5000");

	/* Many of both: half each, in the order of the interfaces. */
	for (i = 0; i < 10; i++) {
		(void)snprintf(text[30 + i], sizeof(text[0]), "10.0.0.%zu:0",
		    i + 1);
		hosts[30 + i] = text[30 + i];
	}
	hosts[40] = NULL;
	gather(&own, hosts, port, NULL, NULL);
	assert_int_equal(own.do_nlocal, DIRECT_CANDIDATES_MAX);
	for (i = n6 = 0; i < own.do_nlocal; i++)
		n6 += own.do_local[i][0] == '[';
	assert_int_equal(n6, 4);
}

/* A relay that never answers: asked no more, and no timer is left behind. */
static void
test_unanswered(void **state)
{
	static const uint16_t	port[2] = { 4000, 0 };
	struct where		w;
	uint64_t		at, now = NS_PER_S;
	unsigned int		asked = 0, turns = 0;

	(void)state;
	where_init(&w, port);
	where_ask(&w, now);
	while ((at = where_expiry(&w)) != UINT64_MAX) {
		assert_true(++turns < 20);
		if (now < at)
			now = at;
		if (where_due(&w, now)) {
			where_asked(&w, now);
			asked++;
		}
	}
	assert_int_equal(asked, 4);
	assert_false(where_asking(&w, now));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_mapped),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_unanswered),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
