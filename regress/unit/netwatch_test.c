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
 * What the kernel says about addresses: messages made by hand, whole and
 * spoilt; and a kernel's own, in a network namespace.
 *
 * COVERS: client - addresses of this host: dump, changes, interfaces that go,
 * COVERS: tentative and deprecated IPv6 left out, messages that are spoilt
 * COVERS: client - a change of the host's addresses is noticed (namespace)
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef __linux__

#include <sys/wait.h>

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include "client/net/netlink.h"
#include "client/net/netwatch.h"
#include "common/base/clock.h"

#define SEQ		7
#define UP		(IFF_UP | IFF_RUNNING)
#define LIMIT_NS	UINT64_C(5000000000)
#define NO_NAMESPACE	77

struct message {
	uint8_t	m_data[4096];
	size_t	m_len;
};

static struct netlink_table	table;

static void	 put(struct message *, uint16_t, uint32_t, const void *,
		    size_t);
static void	 put_link(struct message *, uint16_t, int, unsigned int);
static void	 put_addr(struct message *, uint16_t, unsigned int,
		    const char *, uint32_t);
static void	 put_done(struct message *, uint32_t);
static enum netlink_verdict
		 parse(struct message *);
static void	 expect(const char *);
static void	 fill(void);

static void
put(struct message *m, uint16_t type, uint32_t seq, const void *body,
    size_t len)
{
	struct nlmsghdr	nh;

	memset(&nh, 0, sizeof(nh));
	nh.nlmsg_len = (uint32_t)(sizeof(nh) + len);
	nh.nlmsg_type = type;
	nh.nlmsg_seq = seq;
	assert_true(m->m_len + NLMSG_ALIGN(nh.nlmsg_len) <=
	    sizeof(m->m_data));
	memcpy(m->m_data + m->m_len, &nh, sizeof(nh));
	memset(m->m_data + m->m_len + sizeof(nh), 0,
	    NLMSG_ALIGN(nh.nlmsg_len) - sizeof(nh));
	memcpy(m->m_data + m->m_len + sizeof(nh), body, len);
	m->m_len += NLMSG_ALIGN(nh.nlmsg_len);
}

static void
put_link(struct message *m, uint16_t type, int idx, unsigned int flags)
{
	struct ifinfomsg	ifi;

	memset(&ifi, 0, sizeof(ifi));
	ifi.ifi_index = idx;
	ifi.ifi_flags = flags;
	put(m, type, SEQ, &ifi, sizeof(ifi));
}

/* With the flags in the attribute, the header's being only a byte. */
static void
put_addr(struct message *m, uint16_t type, unsigned int idx,
    const char *text, uint32_t flags)
{
	struct ifaddrmsg	 ifa;
	struct rtattr		 rta;
	struct addr		 a;
	uint8_t			 body[128];
	const void		*host;
	size_t			 size, n;

	assert_int_equal(addr_parse(&a, text), 0);
	if (addr_family(&a) == AF_INET) {
		host = &a.addr_u.in.sin_addr;
		size = 4;
	} else {
		host = &a.addr_u.in6.sin6_addr;
		size = 16;
	}
	memset(body, 0, sizeof(body));
	memset(&ifa, 0, sizeof(ifa));
	ifa.ifa_family = (uint8_t)addr_family(&a);
	ifa.ifa_index = idx;
	memcpy(body, &ifa, sizeof(ifa));
	n = sizeof(ifa);
	rta.rta_type = IFA_ADDRESS;
	rta.rta_len = (unsigned short)(sizeof(rta) + size);
	memcpy(body + n, &rta, sizeof(rta));
	memcpy(body + n + sizeof(rta), host, size);
	n += rta.rta_len;
	rta.rta_type = IFA_FLAGS;
	rta.rta_len = (unsigned short)(sizeof(rta) + sizeof(flags));
	memcpy(body + n, &rta, sizeof(rta));
	memcpy(body + n + sizeof(rta), &flags, sizeof(flags));
	n += rta.rta_len;
	put(m, type, SEQ, body, n);
}

static void
put_done(struct message *m, uint32_t seq)
{
	int32_t	zero = 0;

	put(m, NLMSG_DONE, seq, &zero, sizeof(zero));
}

/* From memory that ends where the message does. */
static enum netlink_verdict
parse(struct message *m)
{
	enum netlink_verdict	 verdict;
	uint8_t			*copy;

	assert_non_null(copy = malloc(m->m_len + 1));
	memcpy(copy + 1, m->m_data, m->m_len);
	verdict = netlink_parse(&table, SEQ, copy + 1, m->m_len);
	free(copy);
	m->m_len = 0;
	return (verdict);
}

/* The addresses in their order, as text. */
static void
expect(const char *wanted)
{
	struct addr	list[NETWATCH_MAX];
	char		all[1024] = "", text[ADDR_STRLEN];
	size_t		i, n;

	n = netlink_addresses(&table, list, NETWATCH_MAX);
	for (i = 0; i < n; i++) {
		(void)strlcat(all, i > 0 ? " " : "", sizeof(all));
		(void)strlcat(all, addr_print(&list[i], text, sizeof(text)),
		    sizeof(all));
	}
	assert_string_equal(all, wanted);
}

/* Two links with an address of each family, and loopback. */
static void
fill(void)
{
	struct message	m = { .m_len = 0 };

	memset(&table, 0, sizeof(table));
	netlink_begin(&table);
	put_link(&m, RTM_NEWLINK, 5, UP);
	put_link(&m, RTM_NEWLINK, 1, UP | IFF_LOOPBACK);
	put_link(&m, RTM_NEWLINK, 2, UP);
	put_done(&m, SEQ);
	assert_int_equal(parse(&m), NETLINK_DONE);
	put_addr(&m, RTM_NEWADDR, 1, "192.168.9.9:0", IFA_F_PERMANENT);
	put_addr(&m, RTM_NEWADDR, 2, "10.0.0.1:0", IFA_F_PERMANENT);
	put_addr(&m, RTM_NEWADDR, 5, "192.168.1.1:0", IFA_F_PERMANENT);
	put_addr(&m, RTM_NEWADDR, 2, "[fd00::1]:0", IFA_F_PERMANENT);
	put_addr(&m, RTM_NEWADDR, 5, "[2001:db8::1]:0", 0);
	put_done(&m, SEQ);
	assert_int_equal(parse(&m), NETLINK_DONE);
	netlink_end(&table);
}

static void
test_table(void **state)
{
	struct message	m = { .m_len = 0 };

	(void)state;
	fill();
	expect("10.0.0.1:0 [fd00::1]:0 192.168.1.1:0 [2001:db8::1]:0");

	put_addr(&m, RTM_DELADDR, 2, "10.0.0.1:0", 0);
	/* Another link's address of that name is another one. */
	put_addr(&m, RTM_DELADDR, 5, "[fd00::1]:0", 0);
	assert_int_equal(parse(&m), NETLINK_MORE);
	expect("[fd00::1]:0 192.168.1.1:0 [2001:db8::1]:0");

	/* The carrier goes and comes. */
	put_link(&m, RTM_NEWLINK, 5, IFF_UP);
	parse(&m);
	expect("[fd00::1]:0");
	put_link(&m, RTM_NEWLINK, 5, UP);
	parse(&m);
	expect("[fd00::1]:0 192.168.1.1:0 [2001:db8::1]:0");
	put_link(&m, RTM_DELLINK, 5, UP);
	parse(&m);
	expect("[fd00::1]:0");

	/* Twice the same is once. */
	put_addr(&m, RTM_NEWADDR, 2, "[fd00::1]:0", 0);
	parse(&m);
	expect("[fd00::1]:0");

	/* What a new dump does not have is gone. */
	netlink_begin(&table);
	put_link(&m, RTM_NEWLINK, 2, UP);
	put_addr(&m, RTM_NEWADDR, 2, "10.0.0.9:0", 0);
	parse(&m);
	netlink_end(&table);
	expect("10.0.0.9:0");
}

static void
test_states(void **state)
{
	struct message	m = { .m_len = 0 };

	(void)state;
	fill();
	put_addr(&m, RTM_NEWADDR, 2, "[fd00::1]:0", IFA_F_DEPRECATED);
	put_addr(&m, RTM_NEWADDR, 5, "[2001:db8::1]:0", IFA_F_TENTATIVE);
	put_addr(&m, RTM_NEWADDR, 5, "[2001:db8::2]:0",
	    IFA_F_TENTATIVE | IFA_F_DADFAILED);
	put_addr(&m, RTM_NEWADDR, 5, "[2001:db8::3]:0",
	    IFA_F_TENTATIVE | IFA_F_OPTIMISTIC);
	parse(&m);
	expect("10.0.0.1:0 192.168.1.1:0 [2001:db8::3]:0");
	put_addr(&m, RTM_NEWADDR, 5, "[2001:db8::1]:0", 0);
	parse(&m);
	expect("10.0.0.1:0 192.168.1.1:0 [2001:db8::1]:0 [2001:db8::3]:0");

	/* Never, on whatever interface. */
	put_addr(&m, RTM_NEWADDR, 5, "127.0.0.1:0", 0);
	put_addr(&m, RTM_NEWADDR, 5, "[::1]:0", 0);
	put_addr(&m, RTM_NEWADDR, 5, "0.0.0.0:0", 0);
	/* Of an interface that is not there. */
	put_addr(&m, RTM_NEWADDR, 99, "10.9.9.9:0", 0);
	parse(&m);
	expect("10.0.0.1:0 192.168.1.1:0 [2001:db8::1]:0 [2001:db8::3]:0");
}

/* On a line between two, our end is IFA_LOCAL. */
static void
test_point_to_point(void **state)
{
	struct message	 m = { .m_len = 0 };
	struct {
		struct ifaddrmsg	ifa;
		struct rtattr		a1;
		uint8_t			v1[4];
		struct rtattr		a2;
		uint8_t			v2[4];
	}		 body;

	(void)state;
	fill();
	memset(&body, 0, sizeof(body));
	body.ifa.ifa_family = AF_INET;
	body.ifa.ifa_index = 5;
	body.a1.rta_len = body.a2.rta_len = 8;
	body.a1.rta_type = IFA_ADDRESS;
	memcpy(body.v1, "\x0a\x05\x05\x02", 4);
	body.a2.rta_type = IFA_LOCAL;
	memcpy(body.v2, "\x0a\x05\x05\x01", 4);
	put(&m, RTM_NEWADDR, SEQ, &body, sizeof(body));
	parse(&m);
	expect("10.0.0.1:0 [fd00::1]:0 192.168.1.1:0 [2001:db8::1]:0 "
	    "10.5.5.1:0");
}

static void
test_verdicts(void **state)
{
	struct message	m = { .m_len = 0 };
	int32_t		error[5] = { -16 };

	(void)state;
	fill();
	/* Somebody else's, or of an earlier question. */
	put_done(&m, SEQ - 1);
	assert_int_equal(parse(&m), NETLINK_MORE);
	put(&m, NLMSG_ERROR, SEQ - 1, error, sizeof(error));
	assert_int_equal(parse(&m), NETLINK_MORE);
	put(&m, NLMSG_ERROR, SEQ, error, sizeof(error));
	assert_int_equal(parse(&m), NETLINK_FAILED);
	put(&m, NLMSG_ERROR, SEQ, error, 2);
	assert_int_equal(parse(&m), NETLINK_FAILED);
	error[0] = 0;
	put(&m, NLMSG_ERROR, SEQ, error, sizeof(error));
	assert_int_equal(parse(&m), NETLINK_MORE);

	assert_false(table.nt_torn);
	put_link(&m, RTM_NEWLINK, 2, UP);
	((struct nlmsghdr *)(void *)m.m_data)->nlmsg_flags = NLM_F_DUMP_INTR;
	parse(&m);
	assert_true(table.nt_torn);
}

static void
test_spoilt(void **state)
{
	static const char	all[] =
	    "10.0.0.1:0 [fd00::1]:0 192.168.1.1:0 [2001:db8::1]:0";
	struct message		whole = { .m_len = 0 }, m;
	struct rtattr		rta;
	struct nlmsghdr		nh;
	size_t			at, i, n;
	uint32_t		lens[] = { 0, 1, 15, 4096, 0x7fffffff,
	    0xffffffff };

	(void)state;
	/* Cut at each length: nothing is read behind the end (ASan). */
	put_link(&whole, RTM_NEWLINK, 7, UP);
	put_addr(&whole, RTM_NEWADDR, 7, "10.7.7.7:0", 0);
	put_addr(&whole, RTM_NEWADDR, 7, "[fd00::7]:0", 0);
	for (n = 0; n < whole.m_len; n++) {
		fill();
		m = whole;
		m.m_len = n;
		parse(&m);
	}
	fill();
	m = whole;
	parse(&m);
	expect("10.0.0.1:0 [fd00::1]:0 192.168.1.1:0 [2001:db8::1]:0 "
	    "10.7.7.7:0 [fd00::7]:0");

	/* Lengths of messages that cannot be. */
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		fill();
		m = whole;
		memcpy(&nh, m.m_data, sizeof(nh));
		nh.nlmsg_len = lens[i];
		memcpy(m.m_data, &nh, sizeof(nh));
		parse(&m);
		expect(all);
	}
	/* Of attributes: 0 must not go round for ever. */
	at = NLMSG_LENGTH(sizeof(struct ifaddrmsg));
	for (i = 0; i < 4; i++) {
		fill();
		m.m_len = 0;
		put_addr(&m, RTM_NEWADDR, 5, "10.7.7.7:0", 0);
		memcpy(&rta, m.m_data + at, sizeof(rta));
		rta.rta_len = (unsigned short)(i < 3 ? i : 0xffff);
		memcpy(m.m_data + at, &rta, sizeof(rta));
		parse(&m);
		expect(all);
		/* An address of a length that is not its family's. */
		put_addr(&m, RTM_NEWADDR, 5, "10.7.7.7:0", 0);
		rta.rta_len = (unsigned short)(sizeof(rta) + i);
		memcpy(m.m_data + at, &rta, sizeof(rta));
		parse(&m);
		expect(all);
	}
	/* Unknown families and types, a negative index. */
	fill();
	put_link(&m, RTM_NEWLINK, -1, UP);
	put(&m, 0x7777, SEQ, all, sizeof(all));
	put(&m, RTM_NEWADDR, SEQ, all, sizeof(all));
	put(&m, RTM_NEWLINK, SEQ, all, 3);
	put(&m, RTM_NEWADDR, SEQ, all, 3);
	parse(&m);
	expect(all);

	/* More than there is room for. */
	for (i = 1; i < 1000; i++) {
		put_link(&m, RTM_NEWLINK, (int)i, UP);
		put_addr(&m, RTM_NEWADDR, 5, "10.7.7.7:0", 0);
		((uint8_t *)m.m_data)[m.m_len - 12] = (uint8_t)(i >> 8);
		((uint8_t *)m.m_data)[m.m_len - 11] = (uint8_t)i;
		parse(&m);
	}
	assert_int_equal(table.nt_nlinks, NETLINK_LINKS_MAX);
	assert_int_equal(table.nt_naddrs, NETLINK_ADDRS_MAX);
}

static void	 ip(const char *);
static bool	 has(const struct netwatch *, const char *);
static void	 until(struct netwatch *, const char *, bool);
static void	 write_file(const char *, const char *);
static int	 in_namespace(void);

static void
ip(const char *args)
{
	char	command[256];

	(void)snprintf(command, sizeof(command), "ip %s >/dev/null 2>&1",
	    args);
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		_exit(1);
	}
}

static bool
has(const struct netwatch *nw, const char *text)
{
	struct addr	list[NETWATCH_MAX], a;
	size_t		i, n;

	(void)addr_parse(&a, text);
	n = netwatch_addresses(nw, list, NETWATCH_MAX);
	for (i = 0; i < n; i++)
		if (addr_equal(&list[i], &a))
			return (true);
	return (false);
}

/* Reads as an event loop would until the address is there, or gone. */
static void
until(struct netwatch *nw, const char *text, bool there)
{
	struct pollfd	pfd = { .fd = netwatch_fd(nw), .events = POLLIN };
	uint64_t	end = clock_mono_ns() + LIMIT_NS;

	while (has(nw, text) != there) {
		if (clock_mono_ns() > end) {
			fprintf(stderr, "%s is %sthere\n", text,
			    there ? "not " : "");
			_exit(1);
		}
		if (poll(&pfd, 1, 100) == 1)
			(void)netwatch_read(nw);
	}
}

static void
write_file(const char *name, const char *text)
{
	int	fd;

	if ((fd = open(name, O_WRONLY | O_CLOEXEC)) == -1)
		return;
	if (write(fd, text, strlen(text)) == -1)
		fprintf(stderr, "%s\n", name);
	(void)close(fd);
}

/* In a child that ends with the status. */
static int
in_namespace(void)
{
	struct netwatch	*nw;
	struct pollfd	 pfd;
	struct addr	 list[NETWATCH_MAX];
	char		 map[64];
	unsigned int	 uid = getuid(), gid = getgid(), i;

	if (uid == 0 ? unshare(CLONE_NEWNET) == -1 :
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
		return (NO_NAMESPACE);
	if (uid != 0) {
		write_file("/proc/self/setgroups", "deny");
		(void)snprintf(map, sizeof(map), "0 %u 1", gid);
		write_file("/proc/self/gid_map", map);
		(void)snprintf(map, sizeof(map), "0 %u 1", uid);
		write_file("/proc/self/uid_map", map);
	}
	if (system("ip link add v0 type veth peer name v1 >/dev/null 2>&1"))
		return (NO_NAMESPACE);
	ip("link set lo up");
	ip("link set v0 up");
	ip("addr add 10.1.0.1/24 dev v0");

	if ((nw = netwatch_new()) == NULL)
		return (1);
	/* Known at once, as nothing has to be waited for. */
	if (!netwatch_read(nw) || netwatch_addresses(nw, list, 1) != 0)
		return (2);
	/* The other end goes up, and with it the carrier. */
	ip("link set v1 up");
	until(nw, "10.1.0.1:0", true);
	if (has(nw, "127.0.0.1:0"))
		return (3);
	ip("addr add 10.4.0.2/24 dev v0");
	until(nw, "10.4.0.2:0", true);
	ip("addr add 2001:db8::1/64 dev v0 nodad");
	until(nw, "[2001:db8::1]:0", true);
	ip("addr del 10.1.0.1/24 dev v0");
	until(nw, "10.1.0.1:0", false);
	ip("link set v0 down");
	until(nw, "10.4.0.2:0", false);
	ip("link set v0 up");
	until(nw, "10.4.0.2:0", true);
	/* More than fits into the socket while nobody reads. */
	ip("link set v0 mtu 1400");
	for (i = 0; i < 6; i++)
		if (system("for i in $(seq 1 200); do "
		    "echo addr add 10.2.0.$i/32 dev v0; "
		    "echo addr del 10.2.0.$i/32 dev v0; done | "
		    "ip -b - >/dev/null 2>&1") != 0)
			return (4);
	ip("addr add 10.3.0.1/24 dev v0");
	until(nw, "10.3.0.1:0", true);
	if (has(nw, "10.2.0.200:0"))
		return (5);
	ip("link del v0");
	until(nw, "10.4.0.2:0", false);
	/* And then there is nothing more to say. */
	while (pfd = (struct pollfd){ netwatch_fd(nw), POLLIN, 0 },
	    poll(&pfd, 1, 100) == 1)
		(void)netwatch_read(nw);
	if (netwatch_read(nw))
		return (6);
	netwatch_free(nw);
	return (0);
}

static void
test_namespace(void **state)
{
	pid_t	pid;
	int	status;

	(void)state;
	fflush(NULL);
	if ((pid = fork()) == 0)
		_exit(in_namespace());
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_NAMESPACE) {
		print_message("no network namespaces here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_point_to_point),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_namespace),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

#else /* !__linux__ */

int
main(void)
{
	return (77);
}

#endif
