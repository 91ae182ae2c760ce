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
 * Watching the addresses of this host.  After the first dump the kernel tells
 * of each change; what it could not tell (the buffer was full) is asked for
 * again.  Elsewhere than on Linux the addresses are those of the start.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "client/net/netlink.h"
#endif

#include "client/net/netwatch.h"

/* More at once than a host's addresses change in a burst. */
#define READS_MAX	64
/* The kernel's dumps come in pieces of at most 32 KiB. */
#define MESSAGE_MAX	32768
/* Dumps in a row that were not of one moment; then the last one counts. */
#define TORN_MAX	8

#ifdef __linux__
enum asked {
	IDLE,
	LINKS,
	ADDRS
};
#endif

struct netwatch {
	int			 nw_fd;		/* -1: none */
#ifdef __linux__
	struct netlink_table	 nw_table;
	enum asked		 nw_asked;
	uint32_t		 nw_seq;
	unsigned int		 nw_torn;
	uint8_t			 nw_message[MESSAGE_MAX];
#endif
	/* As they were told. */
	struct addr		 nw_addrs[NETWATCH_MAX];
	size_t			 nw_naddrs;
	bool			 nw_told;
};

static bool	 update(struct netwatch *, const struct addr *, size_t);

#ifdef __linux__

static void	 ask(struct netwatch *, uint16_t);
static void	 lost(struct netwatch *);
static void	 start_over(struct netwatch *);
static void	 dump_over(struct netwatch *, enum netlink_verdict);

struct netwatch *
netwatch_new(void)
{
	struct netwatch		*nw;
	struct sockaddr_nl	 sn;

	if ((nw = calloc(1, sizeof(*nw))) == NULL)
		return (NULL);
	memset(&sn, 0, sizeof(sn));
	sn.nl_family = AF_NETLINK;
	sn.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
	if ((nw->nw_fd = socket(AF_NETLINK,
	    SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE)) == -1 ||
	    bind(nw->nw_fd, (struct sockaddr *)&sn, sizeof(sn)) == -1) {
		netwatch_free(nw);
		return (NULL);
	}
	start_over(nw);
	return (nw);
}

bool
netwatch_read(struct netwatch *nw)
{
	struct sockaddr_nl	 from;
	struct addr		 now[NETWATCH_MAX];
	enum netlink_verdict	 verdict;
	socklen_t		 len;
	ssize_t			 n;
	int			 i;

	for (i = 0; i < READS_MAX; i++) {
		len = sizeof(from);
		n = recvfrom(nw->nw_fd, nw->nw_message, sizeof(nw->nw_message),
		    MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == ENOBUFS) {
			lost(nw);
			continue;
		}
		if (n == -1)
			break;
		/* Other processes can send here too. */
		if (len < sizeof(from) || from.nl_pid != 0)
			continue;
		if ((size_t)n > sizeof(nw->nw_message)) {
			lost(nw);
			continue;
		}
		verdict = netlink_parse(&nw->nw_table, nw->nw_seq,
		    nw->nw_message, (size_t)n);
		if (verdict != NETLINK_MORE)
			dump_over(nw, verdict);
	}
	/* In the middle of a dump there is only half the truth. */
	if (nw->nw_asked != IDLE)
		return (false);
	return (update(nw, now, netlink_addresses(&nw->nw_table, now,
	    NETWATCH_MAX)));
}

static void
ask(struct netwatch *nw, uint16_t type)
{
	struct {
		struct nlmsghdr		nh;
		struct ifinfomsg	ifi;	/* or ifaddrmsg, shorter */
	}			 q;
	struct sockaddr_nl	 kernel;

	memset(&q, 0, sizeof(q));
	q.nh.nlmsg_len = NLMSG_LENGTH(type == RTM_GETLINK ?
	    sizeof(struct ifinfomsg) : sizeof(struct ifaddrmsg));
	q.nh.nlmsg_type = type;
	q.nh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	q.nh.nlmsg_seq = ++nw->nw_seq;
	memset(&kernel, 0, sizeof(kernel));
	kernel.nl_family = AF_NETLINK;
	nw->nw_asked = type == RTM_GETLINK ? LINKS : ADDRS;
	if (sendto(nw->nw_fd, &q, q.nh.nlmsg_len, 0,
	    (struct sockaddr *)&kernel, sizeof(kernel)) == -1)
		nw->nw_asked = IDLE;
}

/* A change was not heard of.  A dump under way has to be made again. */
static void
lost(struct netwatch *nw)
{
	if (nw->nw_asked == IDLE)
		start_over(nw);
	else
		nw->nw_table.nt_torn = true;
}

static void
start_over(struct netwatch *nw)
{
	netlink_begin(&nw->nw_table);
	ask(nw, RTM_GETLINK);
}

static void
dump_over(struct netwatch *nw, enum netlink_verdict verdict)
{
	if (verdict == NETLINK_FAILED) {
		/* What is known stays, and changes are told all the same. */
		nw->nw_asked = IDLE;
	} else if (nw->nw_asked == LINKS) {
		ask(nw, RTM_GETADDR);
	} else if (nw->nw_asked == ADDRS) {
		if (nw->nw_table.nt_torn && ++nw->nw_torn < TORN_MAX) {
			start_over(nw);
			return;
		}
		nw->nw_torn = 0;
		nw->nw_asked = IDLE;
		netlink_end(&nw->nw_table);
	}
}

#else /* !__linux__ */

struct netwatch *
netwatch_new(void)
{
	struct netwatch	*nw;

	if ((nw = calloc(1, sizeof(*nw))) != NULL)
		nw->nw_fd = -1;
	return (nw);
}

/* Once, at the start: nothing says when they change. */
bool
netwatch_read(struct netwatch *nw)
{
	struct ifaddrs	*list, *ifa;
	struct addr	 now[NETWATCH_MAX];
	socklen_t	 len;
	size_t		 n = 0;

	if (nw->nw_told || getifaddrs(&list) == -1)
		return (false);
	for (ifa = list; ifa != NULL && n < NETWATCH_MAX;
	    ifa = ifa->ifa_next) {
		if (ifa->ifa_addr == NULL ||
		    (ifa->ifa_flags & IFF_LOOPBACK) != 0 ||
		    (ifa->ifa_flags & IFF_UP) == 0)
			continue;
		len = ifa->ifa_addr->sa_family == AF_INET ?
		    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
		if (addr_from_sockaddr(&now[n], ifa->ifa_addr, len) == -1)
			continue;
		addr_set_port(&now[n], 0);
		if (addr_family(&now[n]) == AF_INET6)
			now[n].addr_u.in6.sin6_scope_id = 0;
		n++;
	}
	freeifaddrs(list);
	return (update(nw, now, n));
}

#endif

void
netwatch_free(struct netwatch *nw)
{
	if (nw == NULL)
		return;
	if (nw->nw_fd != -1)
		(void)close(nw->nw_fd);
	free(nw);
}

int
netwatch_fd(const struct netwatch *nw)
{
	return (nw->nw_fd);
}

size_t
netwatch_addresses(const struct netwatch *nw, struct addr *out, size_t max)
{
	size_t	n = nw->nw_naddrs < max ? nw->nw_naddrs : max;

	memcpy(out, nw->nw_addrs, n * sizeof(*out));
	return (n);
}

/* Is it another list than the one that was told? */
static bool
update(struct netwatch *nw, const struct addr *now, size_t n)
{
	size_t	i;

	if (nw->nw_told && n == nw->nw_naddrs) {
		for (i = 0; i < n; i++)
			if (!addr_same_host(&now[i], &nw->nw_addrs[i]))
				break;
		if (i == n)
			return (false);
	}
	memcpy(nw->nw_addrs, now, n * sizeof(*now));
	nw->nw_naddrs = n;
	nw->nw_told = true;
	return (true);
}
