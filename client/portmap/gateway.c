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

/* The default route. */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/portmap/gateway.h"

#define MESSAGE_MAX	32768
#define READS_MAX	256	/* more than a host has routes for */

static void	 parse_route(struct gateway_best *, const uint8_t *, size_t);

int
gateway_open(void)
{
	struct sockaddr_nl	sn;
	struct timeval		tv = { 1, 0 };
	int			fd;

	memset(&sn, 0, sizeof(sn));
	sn.nl_family = AF_NETLINK;
	if ((fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
	    NETLINK_ROUTE)) == -1)
		return (-1);
	/* The kernel answers at once; an answer may be lost. */
	if (bind(fd, (struct sockaddr *)&sn, sizeof(sn)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == -1) {
		(void)close(fd);
		return (-1);
	}
	return (fd);
}

int
gateway_find(int fd, struct addr *gateway)
{
	static uint32_t		 seq;
	static uint8_t		 m[MESSAGE_MAX];
	struct gateway_best	 best;
	struct sockaddr_nl	 peer;
	struct {
		struct nlmsghdr	nh;
		struct rtmsg	rtm;
	}			 q;
	socklen_t		 len;
	ssize_t			 n;
	int			 i;

	memset(&best, 0, sizeof(best));
	memset(gateway, 0, sizeof(*gateway));
	memset(&q, 0, sizeof(q));
	q.nh.nlmsg_len = sizeof(q);
	q.nh.nlmsg_type = RTM_GETROUTE;
	q.nh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	q.nh.nlmsg_seq = ++seq;
	q.rtm.rtm_family = AF_INET;
	memset(&peer, 0, sizeof(peer));
	peer.nl_family = AF_NETLINK;
	if (sendto(fd, &q, sizeof(q), 0, (struct sockaddr *)&peer,
	    sizeof(peer)) == -1)
		return (-1);
	for (i = 0; i < READS_MAX; i++) {
		len = sizeof(peer);
		n = recvfrom(fd, m, sizeof(m), 0, (struct sockaddr *)&peer,
		    &len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		/* Other processes can send here too. */
		if (len < sizeof(peer) || peer.nl_pid != 0)
			continue;
		switch (gateway_parse(&best, seq, m, (size_t)n)) {
		case -1:
			return (-1);
		case 1:
			*gateway = best.gb_addr;
			return (gateway->addr_len == 0 ? -1 : 0);
		default:
			break;
		}
	}
	return (-1);
}

int
gateway_parse(struct gateway_best *best, uint32_t seq, const uint8_t *data,
    size_t len)
{
	struct nlmsghdr	nh;
	size_t		n;

	while (len >= sizeof(nh)) {
		memcpy(&nh, data, sizeof(nh));
		if (nh.nlmsg_len < sizeof(nh) || nh.nlmsg_len > len)
			break;
		if (nh.nlmsg_seq == seq) {
			if (nh.nlmsg_type == NLMSG_DONE)
				return (1);
			if (nh.nlmsg_type == NLMSG_ERROR)
				return (-1);
			if (nh.nlmsg_type == RTM_NEWROUTE)
				parse_route(best, data + sizeof(nh),
				    nh.nlmsg_len - sizeof(nh));
		}
		n = NLMSG_ALIGN((size_t)nh.nlmsg_len);
		if (n >= len)
			break;
		data += n;
		len -= n;
	}
	return (0);
}

static void
parse_route(struct gateway_best *best, const uint8_t *body, size_t len)
{
	const uint8_t	*via = NULL, *data;
	struct rtattr	 rta;
	struct rtmsg	 rtm;
	uint32_t	 priority = 0;
	size_t		 n;

	if (len < sizeof(rtm))
		return;
	memcpy(&rtm, body, sizeof(rtm));
	if (rtm.rtm_family != AF_INET || rtm.rtm_dst_len != 0 ||
	    rtm.rtm_type != RTN_UNICAST || rtm.rtm_table != RT_TABLE_MAIN)
		return;
	body += NLMSG_ALIGN(sizeof(rtm));
	len -= NLMSG_ALIGN(sizeof(rtm));
	while (len >= sizeof(rta)) {
		memcpy(&rta, body, sizeof(rta));
		if (rta.rta_len < sizeof(rta) || rta.rta_len > len)
			return;
		data = body + sizeof(rta);
		n = rta.rta_len - sizeof(rta);
		if (rta.rta_type == RTA_GATEWAY && n == 4)
			via = data;
		else if (rta.rta_type == RTA_PRIORITY && n == sizeof(priority))
			memcpy(&priority, data, sizeof(priority));
		n = RTA_ALIGN((size_t)rta.rta_len);
		if (n >= len)
			break;
		body += n;
		len -= n;
	}
	/* A line without a router on it (PPP) has nobody to ask. */
	if (via == NULL || (best->gb_addr.addr_len != 0 &&
	    best->gb_priority <= priority))
		return;
	memset(&best->gb_addr, 0, sizeof(best->gb_addr));
	best->gb_addr.addr_u.in.sin_family = AF_INET;
	memcpy(&best->gb_addr.addr_u.in.sin_addr, via, 4);
	best->gb_addr.addr_len = sizeof(best->gb_addr.addr_u.in);
	best->gb_priority = priority;
}
