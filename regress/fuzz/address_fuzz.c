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
 * Fuzz target: addresses in signals.  One text a line, as candidates of the
 * other client, as what relays say that they see, and as the two ends of a
 * call: what parses prints to the same address; lists stay in order, short
 * and without anything twice or unreachable.
 *
 * COVERS: fuzzing - candidates, addresses: corpus of the target
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/direct/own.h"
#include "client/direct/reach.h"
#include "common/base/addr.h"
#include "common/wire/candidates.h"
#include "regress/fuzz/fuzz.h"

#define TEXTS		24
#define LIST_MAX	16

const char *const	fuzz_faults[] = { "print", "order", "role", "class",
			    "own", NULL };

static void	one(const char *);
static void	list(const char *const *, size_t, bool);
static void	ends(const char *, const char *);
static void	classes(const char *const *, size_t);
static void	own(const char *const *, size_t);

static void
one(const char *text)
{
	struct addr	a, b;
	char		print[ADDR_STRLEN], host[ADDR_STRLEN];

	if (addr_parse(&a, text) == -1) {
		FUZZ_CHECK(addr_family(&a) == AF_UNSPEC);
		return;
	}
	FUZZ_CHECK(addr_family(&a) == AF_INET || addr_family(&a) == AF_INET6);
	(void)addr_print(&a, print, sizeof(print));
	FUZZ_CHECK(strlen(print) + 1 < sizeof(print));
	if (fuzz_fault("print"))
		print[strlen(print) - 1] ^= 1;
	FUZZ_CHECK(addr_parse(&b, print) == 0 && addr_equal(&a, &b));
	FUZZ_CHECK(addr_same_host(&a, &b) && addr_port(&a) == addr_port(&b));
	(void)addr_print_host(&a, host, sizeof(host));
	FUZZ_CHECK(strstr(print, host) != NULL);
	addr_set_port(&b, (uint16_t)(addr_port(&a) + 1));
	FUZZ_CHECK(!addr_equal(&a, &b) && addr_same_host(&a, &b));
	/* IPv4 in the clothes of IPv6 is gone. */
	FUZZ_CHECK(addr_family(&a) != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&a.addr_u.in6.sin6_addr));
	FUZZ_CHECK(!candidate_is_host(&a) || !addr_is_loopback(&a));
	FUZZ_CHECK(!candidate_is_host(&a) || !addr_is_any(&a));
	FUZZ_CHECK(!reach_usable(&a, false) || reach_usable(&a, true));
}

static void
list(const char *const *texts, size_t n, bool local)
{
	struct addr	a[LIST_MAX];
	const char	*order[LIST_MAX];
	size_t		 i, k, before, count = 0, max = n % LIST_MAX + 1;

	for (i = 0; i < n; i++) {
		before = count;
		if (reach_add(a, &count, max, texts[i], local))
			FUZZ_CHECK(count == before + 1);
		else
			FUZZ_CHECK(count == before);
	}
	FUZZ_CHECK(count <= max);
	for (i = 0; i < count; i++) {
		FUZZ_CHECK(reach_usable(&a[i], local));
		FUZZ_CHECK(addr_port(&a[i]) != 0 && !addr_is_any(&a[i]));
		FUZZ_CHECK(local || !addr_is_loopback(&a[i]));
		FUZZ_CHECK(i == 0 || fuzz_fault("order") !=
		    (reach_class(&a[i - 1]) <= reach_class(&a[i])));
		FUZZ_CHECK(!reach_listed(a, i, &a[i]));
	}
	if (n == 0)
		return;
	/* Each text once, the reflexive one behind the others. */
	count = path_dial_order(texts[0], texts + 1, n - 1, order, max);
	FUZZ_CHECK(count <= max);
	for (i = 0; i < count; i++)
		for (k = 0; k < i; k++)
			FUZZ_CHECK(strcmp(order[i], order[k]) != 0);
}

/* Both ends come to opposite results. */
static void
ends(const char *a, const char *b)
{
	enum path_role	x = path_role(a, b), y = path_role(b, a);

	if (fuzz_fault("role"))
		y = x;
	if (strcmp(a, b) == 0)
		FUZZ_CHECK(x == ROLE_NONE && y == ROLE_NONE);
	else
		FUZZ_CHECK((x == ROLE_DIALER && y == ROLE_ACCEPTOR) ||
		    (x == ROLE_ACCEPTOR && y == ROLE_DIALER));
}

static void
classes(const char *const *texts, size_t n)
{
	const char	*consensus, *seen[TEXTS], *other;
	enum nat_class	 class;
	struct addr	 a;
	size_t		 i;

	class = nat_classify(texts, n, &consensus);
	if (fuzz_fault("class"))
		consensus = consensus == NULL ? "" : NULL;
	FUZZ_CHECK((class == NAT_CONE) == (consensus != NULL));
	/* Of IPv4 nothing but private ones are left out (wzp-protocol 7.3). */
	if (consensus != NULL)
		FUZZ_CHECK(addr_parse(&a, consensus) == 0 &&
		    !addr_is_loopback(&a) &&
		    (addr_family(&a) == AF_INET || !addr_is_any(&a)));
	FUZZ_CHECK(n >= 2 || class == NAT_UNKNOWN);
	/* The order in which relays answer is no matter. */
	for (i = 0; i < n; i++)
		seen[i] = texts[n - 1 - i];
	FUZZ_CHECK(nat_classify(seen, n, &other) == class);
	FUZZ_CHECK(nat_class_name(class) != NULL);
}

/* What of a host's own addresses is told. */
static void
own(const char *const *texts, size_t n)
{
	static const uint16_t	 ports[2] = { 5000, 5001 };
	struct direct_own	 o;
	struct addr		 a[TEXTS], b;
	size_t			 i, k, count = 0;

	for (i = 0; i < n; i++)
		if (addr_parse(&a[count], texts[i]) == 0)
			count++;
	own_candidates(&o, a, count, ports, n > 0 ? texts[0] : NULL,
	    count > 0 && reach_usable(&a[0], false) ? &a[0] : NULL);
	FUZZ_CHECK(o.do_nlocal <= DIRECT_CANDIDATES_MAX);
	for (i = 0; i < o.do_nlocal; i++) {
		FUZZ_CHECK(fuzz_fault("own") !=
		    (addr_parse(&b, o.do_local[i]) == 0));
		FUZZ_CHECK(!addr_is_loopback(&b) && !addr_is_any(&b));
		for (k = 0; k < i; k++)
			FUZZ_CHECK(strcmp(o.do_local[i], o.do_local[k]) != 0);
	}
	FUZZ_CHECK(memchr(o.do_reflexive, '\0', sizeof(o.do_reflexive)) !=
	    NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char	*texts[TEXTS];
	char		*copy, *p, *end;
	size_t		 i, n = 0;

	if ((copy = malloc(len + 1)) == NULL)
		return (0);
	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	for (p = copy; p != NULL && n < TEXTS; p = end) {
		if ((end = strchr(p, '\n')) != NULL)
			*end++ = '\0';
		/* In memory of its own: nothing lies behind it. */
		texts[n] = strdup(p);
		FUZZ_CHECK(texts[n] != NULL);
		n++;
	}
	free(copy);
	for (i = 0; i < n; i++)
		one(texts[i]);
	for (i = 1; i < n; i++)
		ends(texts[i - 1], texts[i]);
	list(texts, n, false);
	list(texts, n, true);
	classes(texts, n);
	own(texts, n);
	for (i = 0; i < n; i++)
		free((void *)(uintptr_t)texts[i]);
	return (0);
}
