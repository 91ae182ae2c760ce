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
 * Messages of rtnetlink.  They come from the kernel, and their lengths are
 * checked all the same: each header, each attribute, before it is read.
 */

#include "config.h"

#ifdef __linux__

#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

#include <string.h>

#include "client/net/netlink.h"

static enum netlink_verdict
		 parse_error(const uint8_t *, size_t);
static void	 parse_link(struct netlink_table *, bool, const uint8_t *,
		    size_t);
static void	 parse_addr(struct netlink_table *, bool, const uint8_t *,
		    size_t);
static struct netlink_link
		*find_link(struct netlink_table *, uint32_t);
static void	 remove_link(struct netlink_table *, uint32_t);

void
netlink_begin(struct netlink_table *nt)
{
	nt->nt_dump++;
	nt->nt_torn = false;
}

void
netlink_end(struct netlink_table *nt)
{
	size_t	i, n;

	for (i = n = 0; i < nt->nt_nlinks; i++)
		if (nt->nt_links[i].nl_dump == nt->nt_dump)
			nt->nt_links[n++] = nt->nt_links[i];
	nt->nt_nlinks = n;
	for (i = n = 0; i < nt->nt_naddrs; i++)
		if (nt->nt_addrs[i].na_dump == nt->nt_dump)
			nt->nt_addrs[n++] = nt->nt_addrs[i];
	nt->nt_naddrs = n;
}

enum netlink_verdict
netlink_parse(struct netlink_table *nt, uint32_t seq, const uint8_t *data,
    size_t len)
{
	enum netlink_verdict	 verdict = NETLINK_MORE;
	struct nlmsghdr		 nh;
	const uint8_t		*body;
	size_t			 n;

	while (len >= sizeof(nh)) {
		memcpy(&nh, data, sizeof(nh));
		if (nh.nlmsg_len < sizeof(nh) || nh.nlmsg_len > len)
			break;
		body = data + sizeof(nh);
		n = nh.nlmsg_len - sizeof(nh);
		if ((nh.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
			nt->nt_torn = true;
		switch (nh.nlmsg_type) {
		case RTM_NEWLINK:
		case RTM_DELLINK:
			parse_link(nt, nh.nlmsg_type == RTM_NEWLINK, body, n);
			break;
		case RTM_NEWADDR:
		case RTM_DELADDR:
			parse_addr(nt, nh.nlmsg_type == RTM_NEWADDR, body, n);
			break;
		case NLMSG_DONE:
			if (nh.nlmsg_seq == seq)
				verdict = NETLINK_DONE;
			break;
		case NLMSG_ERROR:
			if (nh.nlmsg_seq == seq)
				verdict = parse_error(body, n);
			break;
		default:
			break;
		}
		/* The last one may come without its padding. */
		n = NLMSG_ALIGN((size_t)nh.nlmsg_len);
		if (n >= len)
			break;
		data += n;
		len -= n;
	}
	return (verdict);
}

size_t
netlink_addresses(const struct netlink_table *nt, struct addr *out,
    size_t max)
{
	const struct netlink_link	*nl;
	size_t				 i, j, n = 0;

	for (i = 0; i < nt->nt_nlinks; i++) {
		nl = &nt->nt_links[i];
		if (!nl->nl_usable)
			continue;
		for (j = 0; j < nt->nt_naddrs && n < max; j++)
			if (nt->nt_addrs[j].na_index == nl->nl_index &&
			    nt->nt_addrs[j].na_usable)
				out[n++] = nt->nt_addrs[j].na_addr;
	}
	return (n);
}

static enum netlink_verdict
parse_error(const uint8_t *body, size_t len)
{
	int32_t	error;

	if (len < sizeof(error))
		return (NETLINK_FAILED);
	memcpy(&error, body, sizeof(error));
	/* 0 would be an acknowledgement, which nobody asked for. */
	return (error == 0 ? NETLINK_MORE : NETLINK_FAILED);
}

static struct netlink_link *
find_link(struct netlink_table *nt, uint32_t idx)
{
	size_t	i;

	for (i = 0; i < nt->nt_nlinks; i++)
		if (nt->nt_links[i].nl_index == idx)
			return (&nt->nt_links[i]);
	return (NULL);
}

static void
remove_link(struct netlink_table *nt, uint32_t idx)
{
	size_t	i, n;

	for (i = n = 0; i < nt->nt_nlinks; i++)
		if (nt->nt_links[i].nl_index != idx)
			nt->nt_links[n++] = nt->nt_links[i];
	nt->nt_nlinks = n;
	for (i = n = 0; i < nt->nt_naddrs; i++)
		if (nt->nt_addrs[i].na_index != idx)
			nt->nt_addrs[n++] = nt->nt_addrs[i];
	nt->nt_naddrs = n;
}

static void
parse_link(struct netlink_table *nt, bool fresh, const uint8_t *body,
    size_t len)
{
	struct netlink_link	*nl;
	struct ifinfomsg	 ifi;
	uint32_t		 idx;
	size_t			 at;

	if (len < sizeof(ifi))
		return;
	memcpy(&ifi, body, sizeof(ifi));
	/* A bridge's ports are told once more, with that family. */
	if (ifi.ifi_family != AF_UNSPEC || ifi.ifi_index <= 0)
		return;
	idx = (uint32_t)ifi.ifi_index;
	if (!fresh) {
		remove_link(nt, idx);
		return;
	}
	if ((nl = find_link(nt, idx)) == NULL) {
		if (nt->nt_nlinks == NETLINK_LINKS_MAX)
			return;
		/* By index, which is the order of interfaces elsewhere. */
		for (at = nt->nt_nlinks; at > 0 &&
		    nt->nt_links[at - 1].nl_index > idx; at--)
			nt->nt_links[at] = nt->nt_links[at - 1];
		nt->nt_nlinks++;
		nl = &nt->nt_links[at];
		nl->nl_index = idx;
	}
	nl->nl_dump = nt->nt_dump;
	nl->nl_usable = (ifi.ifi_flags & IFF_LOOPBACK) == 0 &&
	    (ifi.ifi_flags & IFF_UP) != 0 &&
	    (ifi.ifi_flags & IFF_RUNNING) != 0;
}

static void
parse_addr(struct netlink_table *nt, bool fresh, const uint8_t *body,
    size_t len)
{
	const uint8_t		*local = NULL, *address = NULL, *data;
	struct netlink_addr	*na;
	struct ifaddrmsg	 ifa;
	struct rtattr		 rta;
	struct addr		 addr;
	uint32_t		 flags;
	size_t			 i, n, size;

	if (len < sizeof(ifa))
		return;
	memcpy(&ifa, body, sizeof(ifa));
	if (ifa.ifa_family == AF_INET)
		size = sizeof(struct in_addr);
	else if (ifa.ifa_family == AF_INET6)
		size = sizeof(struct in6_addr);
	else
		return;
	flags = ifa.ifa_flags;
	body += NLMSG_ALIGN(sizeof(ifa));
	len -= NLMSG_ALIGN(sizeof(ifa));
	while (len >= sizeof(rta)) {
		memcpy(&rta, body, sizeof(rta));
		if (rta.rta_len < sizeof(rta) || rta.rta_len > len)
			return;
		data = body + sizeof(rta);
		n = rta.rta_len - sizeof(rta);
		if (rta.rta_type == IFA_LOCAL && n == size)
			local = data;
		else if (rta.rta_type == IFA_ADDRESS && n == size)
			address = data;
		else if (rta.rta_type == IFA_FLAGS && n == sizeof(flags))
			memcpy(&flags, data, sizeof(flags));
		n = RTA_ALIGN((size_t)rta.rta_len);
		if (n >= len)
			break;
		body += n;
		len -= n;
	}
	/* On a line between two, IFA_ADDRESS is the other end. */
	if (local == NULL)
		local = address;
	if (local == NULL)
		return;
	memset(&addr, 0, sizeof(addr));
	if (size == sizeof(struct in_addr)) {
		addr.addr_u.in.sin_family = AF_INET;
		memcpy(&addr.addr_u.in.sin_addr, local, size);
		addr.addr_len = sizeof(addr.addr_u.in);
	} else {
		addr.addr_u.in6.sin6_family = AF_INET6;
		memcpy(&addr.addr_u.in6.sin6_addr, local, size);
		addr.addr_len = sizeof(addr.addr_u.in6);
	}
	if (addr_is_any(&addr) || addr_is_loopback(&addr))
		return;

	for (i = 0; i < nt->nt_naddrs; i++) {
		na = &nt->nt_addrs[i];
		if (na->na_index == ifa.ifa_index &&
		    addr_same_host(&na->na_addr, &addr))
			break;
	}
	if (!fresh) {
		if (i < nt->nt_naddrs) {
			nt->nt_naddrs--;
			memmove(&nt->nt_addrs[i], &nt->nt_addrs[i + 1],
			    (nt->nt_naddrs - i) * sizeof(nt->nt_addrs[0]));
		}
		return;
	}
	if (i == nt->nt_naddrs) {
		if (nt->nt_naddrs == NETLINK_ADDRS_MAX)
			return;
		nt->nt_naddrs++;
	}
	na = &nt->nt_addrs[i];
	na->na_index = ifa.ifa_index;
	na->na_addr = addr;
	na->na_dump = nt->nt_dump;
	/* An optimistic one serves while its uniqueness is being found out. */
	na->na_usable = (flags & (IFA_F_DEPRECATED | IFA_F_DADFAILED)) == 0 &&
	    ((flags & IFA_F_TENTATIVE) == 0 || (flags & IFA_F_OPTIMISTIC) != 0);
}

#endif /* __linux__ */
