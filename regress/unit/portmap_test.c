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
 * Port mapping: packets of PCP, the kernel's routes, and what the client and
 * its helper tell each other, right and spoilt.
 *
 * COVERS: client - PCP MAP (RFC 6887): requests, answers, wrong nonces,
 * COVERS: versions, lengths, errors, lost state
 * COVERS: client - its port mapping helper: neither believes the other
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/portmap/portmap.h"
#include "client/portmap/portmap_wire.h"

#ifdef HAVE_PORTMAP
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>

#include "client/portmap/gateway.h"
#include "client/portmap/pcp.h"
#include "client/portmap/portmap_helper.h"

static const uint8_t	nonce[PCP_NONCE_LEN] = "nonce of 12";

static void	 request(struct pcp_map *);
static size_t	 response(uint8_t *, const struct pcp_map *);

static void
request(struct pcp_map *m)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->pm_nonce, nonce, sizeof(nonce));
	assert_int_equal(addr_parse(&m->pm_client, "192.168.1.2:0"), 0);
	m->pm_port = 40000;
	m->pm_lifetime = 300;
}

/* As a server would answer (RFC 6887 figures 3 and 10). */
static size_t
response(uint8_t *p, const struct pcp_map *m)
{
	memset(p, 0, PCP_MAP_LEN);
	p[0] = 2;
	p[1] = 0x81;
	p[6] = 0;
	p[7] = 200;		/* lifetime */
	p[10] = 1;
	p[11] = 2;		/* epoch */
	memcpy(p + 24, m->pm_nonce, PCP_NONCE_LEN);
	p[36] = 17;
	p[40] = 40000 >> 8;
	p[41] = 40000 & 0xff;
	p[42] = 50000 >> 8;
	p[43] = 50000 & 0xff;
	memcpy(p + 44, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x09", 16);
	return (PCP_MAP_LEN);
}

static void
test_pcp_request(void **state)
{
	static const uint8_t	want[PCP_MAP_LEN] = {
		2, 1, 0, 0, 0, 0, 0x01, 0x2c,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 1, 2,
		'n', 'o', 'n', 'c', 'e', ' ', 'o', 'f', ' ', '1', '2', 0,
		17, 0, 0, 0, 0x9c, 0x40, 0xc3, 0x50,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 9
	};
	struct pcp_map		m;
	uint8_t			p[PCP_MAP_LEN];

	(void)state;
	request(&m);
	assert_int_equal(addr_parse(&m.pm_external, "192.0.2.9:50000"), 0);
	pcp_put_map(p, &m);
	assert_memory_equal(p, want, sizeof(p));
}

static void
test_pcp_answer(void **state)
{
	static const size_t	fields[] = { 24, 35, 36, 40, 41 };
	struct pcp_map		m;
	uint8_t			p[PCP_PACKET_MAX + 4], *cut;
	char			text[ADDR_STRLEN];
	size_t			i, n;

	(void)state;
	memset(p, 0, sizeof(p));
	request(&m);
	n = response(p, &m);
	assert_int_equal(pcp_get_map(p, n, &m), PCP_MAPPED);
	assert_string_equal(addr_print(&m.pm_external, text, sizeof(text)),
	    "192.0.2.9:50000");
	assert_int_equal(m.pm_lifetime, 200);
	assert_int_equal(m.pm_epoch, 0x102);
	/* With options behind, and longer than a packet may be. */
	assert_int_equal(pcp_get_map(p, n + 8, &m), PCP_MAPPED);
	assert_int_equal(pcp_get_map(p, sizeof(p), &m), PCP_IGNORED);

	/* Not ours, or not whole: as if it had not come. */
	request(&m);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		response(p, &m);
		p[fields[i]] ^= 1;
		assert_int_equal(pcp_get_map(p, n, &m), PCP_IGNORED);
	}
	for (i = 0; i < n; i++) {
		response(p, &m);
		assert_non_null(cut = malloc(i + 1));
		memcpy(cut + 1, p, i);
		assert_int_equal(pcp_get_map(cut + 1, i, &m), PCP_IGNORED);
		free(cut);
	}
	response(p, &m);
	assert_int_equal(pcp_get_map(p, n + 2, &m), PCP_IGNORED);
	p[1] = 1;
	assert_int_equal(pcp_get_map(p, n, &m), PCP_IGNORED);
	p[1] = 0x82;
	assert_int_equal(pcp_get_map(p, n, &m), PCP_IGNORED);
	assert_int_equal(m.pm_external.addr_len, 0);
	assert_int_equal(m.pm_lifetime, 300);

	/* Errors; NAT-PMP's "unsupported version"; IPv6 for IPv4. */
	response(p, &m);
	p[3] = 8;
	assert_int_equal(pcp_get_map(p, n, &m), PCP_REFUSED);
	assert_int_equal(pcp_get_map((const uint8_t *)"\0\x81\0\1\0\0\0\0", 8,
	    &m), PCP_REFUSED);
	response(p, &m);
	p[44] = 0x20;
	assert_int_equal(pcp_get_map(p, n, &m), PCP_REFUSED);
}

static void
test_pcp_epoch(void **state)
{
	(void)state;
	assert_true(pcp_epoch_valid(1000, 1150, 50, 200));
	assert_true(pcp_epoch_valid(1000, 999, 50, 50));
	assert_true(pcp_epoch_valid(1000, 1145, 50, 200));
	/* Began anew; too slow; too fast. */
	assert_false(pcp_epoch_valid(1000, 10, 50, 200));
	assert_false(pcp_epoch_valid(1000, 998, 50, 50));
	assert_false(pcp_epoch_valid(1000, 1100, 50, 200));
	assert_false(pcp_epoch_valid(1000, 1200, 50, 200));
	assert_true(pcp_epoch_valid(0xffffffff, 0xffffffff, 0, 1));
}

struct route {
	struct nlmsghdr	nh;
	struct rtmsg	rtm;
	struct rtattr	a1;
	uint8_t		v1[4];
	struct rtattr	a2;
	uint32_t	v2;
};

static void
route(struct route *r, const char *via, uint32_t priority)
{
	memset(r, 0, sizeof(*r));
	r->nh.nlmsg_len = sizeof(*r);
	r->nh.nlmsg_type = RTM_NEWROUTE;
	r->nh.nlmsg_seq = 3;
	r->rtm.rtm_family = AF_INET;
	r->rtm.rtm_type = RTN_UNICAST;
	r->rtm.rtm_table = RT_TABLE_MAIN;
	r->a1.rta_len = r->a2.rta_len = 8;
	r->a1.rta_type = RTA_GATEWAY;
	memcpy(r->v1, via, 4);
	r->a2.rta_type = RTA_PRIORITY;
	r->v2 = priority;
}

static void
test_gateway(void **state)
{
	struct gateway_best	best;
	struct route		r[2];
	struct nlmsghdr		done;
	const uint8_t		*bytes = (const uint8_t *)r;
	uint8_t			*cut;
	char			text[ADDR_STRLEN];
	size_t			i;

	(void)state;
	memset(&best, 0, sizeof(best));
	route(&r[0], "\x0a\0\0\1", 100);
	route(&r[1], "\x0a\0\0\2", 50);
	assert_int_equal(gateway_parse(&best, 3, bytes, sizeof(r)), 0);
	assert_string_equal(addr_print(&best.gb_addr, text, sizeof(text)),
	    "10.0.0.2:0");
	/* Not a default route, another table, a hole, another question's. */
	route(&r[0], "\x0a\0\0\3", 1);
	r[0].rtm.rtm_dst_len = 8;
	route(&r[1], "\x0a\0\0\4", 1);
	r[1].rtm.rtm_table = 99;
	assert_int_equal(gateway_parse(&best, 3, bytes, sizeof(r)), 0);
	route(&r[0], "\x0a\0\0\5", 1);
	r[0].rtm.rtm_type = RTN_BLACKHOLE;
	route(&r[1], "\x0a\0\0\6", 1);
	r[1].nh.nlmsg_seq = 2;
	assert_int_equal(gateway_parse(&best, 3, bytes, sizeof(r)), 0);
	/* Attributes without end, with no end, too long for an address. */
	for (i = 0; i < 4; i++) {
		route(&r[0], "\x0a\0\0\7", 1);
		r[0].a1.rta_len = (unsigned short)(i < 3 ? i : 0xffff);
		route(&r[1], "\x0a\0\0\7", 1);
		r[1].a1.rta_len = (unsigned short)(4 + i);
		assert_int_equal(gateway_parse(&best, 3, bytes, sizeof(r)), 0);
	}
	assert_string_equal(addr_print(&best.gb_addr, text, sizeof(text)),
	    "10.0.0.2:0");
	route(&r[0], "\x0a\0\0\7", 1);
	for (i = 0; i < sizeof(r[0]); i++) {
		assert_non_null(cut = malloc(i + 1));
		memcpy(cut + 1, r, i);
		assert_int_equal(gateway_parse(&best, 3, cut + 1, i), 0);
		free(cut);
	}
	memset(&done, 0, sizeof(done));
	done.nlmsg_len = sizeof(done);
	done.nlmsg_type = NLMSG_DONE;
	done.nlmsg_seq = 3;
	assert_int_equal(gateway_parse(&best, 3, (uint8_t *)&done,
	    sizeof(done)), 1);
	done.nlmsg_type = NLMSG_ERROR;
	assert_int_equal(gateway_parse(&best, 3, (uint8_t *)&done,
	    sizeof(done)), -1);
	done.nlmsg_len = 0;
	assert_int_equal(gateway_parse(&best, 3, (uint8_t *)&done,
	    sizeof(done)), 0);
}

/* The helper, and a client that talks nonsense: the helper ends. */
static void
test_helper(void **state)
{
	static const struct {
		const char	*text;
		size_t		 len;
	}		said[] = {
		{ "", 0 },			/* only the end */
		{ "\4\1\0\0\0", 5 },		/* too long */
		{ "\4\1\0", 3 },		/* too short */
		{ "\5\1\0\0", 4 },		/* another length */
		{ "\4\2\0\0", 4 },		/* another type */
		{ "0123456789012345678901234567890", 31 }
	};
	struct pollfd	pfd;
	uint8_t		m[64];
	pid_t		pid;
	size_t		i;
	int		pair[2], status;

	(void)state;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET |
		    SOCK_CLOEXEC, 0, pair), 0);
		if ((pid = fork()) == 0) {
			(void)close(pair[0]);
			portmap_helper(pair[1]);
		}
		assert_int_not_equal(pid, -1);
		(void)close(pair[1]);
		/* Nothing is wanted: that is well-formed, and no reason. */
		portmap_put_want(m, 0);
		assert_int_equal(send(pair[0], m, PORTMAP_WANT_LEN, 0),
		    PORTMAP_WANT_LEN);
		if (said[i].len > 0)
			assert_int_equal(send(pair[0], said[i].text,
			    said[i].len, 0), said[i].len);
		else
			assert_int_equal(shutdown(pair[0], SHUT_WR), 0);
		pfd.fd = pair[0];
		pfd.events = POLLIN;
		assert_int_equal(poll(&pfd, 1, 10000), 1);
		assert_true(recv(pair[0], m, sizeof(m), 0) <= 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		(void)close(pair[0]);
	}
}
#endif /* HAVE_PORTMAP */

static void
test_messages(void **state)
{
	enum portmap_protocol	protocol;
	struct addr		a, b;
	uint8_t			m[PORTMAP_LEN_MAX];
	uint16_t		port;

	(void)state;
	portmap_put_want(m, 40000);
	assert_int_equal(portmap_get_want(m, PORTMAP_WANT_LEN, &port), 0);
	assert_int_equal(port, 40000);
	assert_int_equal(addr_parse(&a, "192.0.2.9:50000"), 0);
	portmap_put_state(m, PORTMAP_UPNP, &a);
	assert_int_equal(portmap_get_state(m, PORTMAP_STATE_LEN, &protocol,
	    &b), 0);
	assert_int_equal(protocol, PORTMAP_UPNP);
	assert_true(addr_equal(&a, &b));
	portmap_put_state(m, PORTMAP_NONE, NULL);
	assert_int_equal(portmap_get_state(m, PORTMAP_STATE_LEN, &protocol,
	    &b), 0);
	assert_int_equal(protocol, PORTMAP_NONE);
}

static void
test_usable(void **state)
{
	static const char *const	good[] = { "192.0.2.1:1",
	    "8.8.8.8:65535", "10.0.0.1:4", "100.64.0.1:9" };
	static const char *const	bad[] = { "0.0.0.0:1", "0.1.2.3:1",
	    "127.0.0.1:1", "169.254.0.1:1", "224.0.0.1:1", "240.0.0.1:1",
	    "255.255.255.255:1", "192.0.2.1:0", "[2001:db8::1]:1" };
	struct addr			a;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(addr_parse(&a, good[i]), 0);
		assert_true(portmap_external_usable(&a));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(addr_parse(&a, bad[i]), 0);
		assert_false(portmap_external_usable(&a));
	}
}

/* A helper in other hands: its word counts only if it is well-formed. */
static void
test_client(void **state)
{
	static const struct {
		const char	*text;
		size_t		 len;
	}		said[] = {
		{ "\7\2\0", 3 },
		{ "\x9\2\1\xc0\0\2\x9\xc3", 8 },
		{ "\x9\2\1\xc0\0\2\x9\xc3\x50\0", 10 },
		{ "\xa\2\1\xc0\0\2\x9\xc3\x50", 9 },
		{ "\x9\1\1\xc0\0\2\x9\xc3\x50", 9 },
		{ "\x9\2\4\xc0\0\2\x9\xc3\x50", 9 },
		{ "\x9\2\xff\xc0\0\2\x9\xc3\x50", 9 },
		{ "\x9\2\0\xc0\0\2\x9\xc3\x50", 9 },	/* none, and where */
		{ "\x9\2\1\x7f\0\0\1\xc3\x50", 9 },	/* loopback */
		{ "\x9\2\1\xe0\0\0\1\xc3\x50", 9 },	/* multicast */
		{ "\x9\2\1\xc0\0\2\x9\0\0", 9 },	/* port 0 */
		{ "01234567890123456789012345678901", 32 }
	};
	static const char	good[] = "\x9\2\1\xc0\0\2\x9\xc3\x50";
	struct portmap		*pm;
	struct addr		 a;
	uint8_t			 m[PORTMAP_LEN_MAX];
	uint16_t		 port;
	char			 text[ADDR_STRLEN];
	size_t			 i;
	int			 pair[2];

	(void)state;
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET |
		    SOCK_CLOEXEC, 0, pair), 0);
		assert_non_null(pm = portmap_with(pair[0]));
		assert_false(portmap_read(pm));
		assert_false(portmap_external(pm, &a));
		assert_string_equal(portmap_protocol(pm), "none");
		portmap_want(pm, 40000);
		assert_int_equal(recv(pair[1], m, sizeof(m), 0),
		    PORTMAP_WANT_LEN);
		assert_int_equal(portmap_get_want(m, PORTMAP_WANT_LEN, &port),
		    0);
		assert_int_equal(port, 40000);

		assert_int_equal(send(pair[1], good, 9, 0), 9);
		assert_true(portmap_read(pm));
		assert_true(portmap_external(pm, &a));
		assert_string_equal(addr_print(&a, text, sizeof(text)),
		    "192.0.2.9:50000");
		assert_string_equal(portmap_protocol(pm), "pcp");
		/* The same again is no news. */
		assert_int_equal(send(pair[1], good, 9, 0), 9);
		assert_false(portmap_read(pm));

		assert_int_equal(send(pair[1], said[i].text, said[i].len, 0),
		    said[i].len);
		assert_true(portmap_read(pm));
		assert_int_equal(portmap_fd(pm), -1);
		assert_false(portmap_external(pm, &a));
		portmap_want(pm, 1);
		assert_false(portmap_read(pm));
		portmap_free(pm);
		(void)close(pair[1]);
	}
	/* It just ends. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    pair), 0);
	assert_non_null(pm = portmap_with(pair[0]));
	(void)close(pair[1]);
	assert_false(portmap_read(pm));
	assert_int_equal(portmap_fd(pm), -1);
	portmap_free(pm);
	portmap_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_PORTMAP
		cmocka_unit_test(test_pcp_request),
		cmocka_unit_test(test_pcp_answer),
		cmocka_unit_test(test_pcp_epoch),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_helper),
#endif
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_usable),
		cmocka_unit_test(test_client),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
