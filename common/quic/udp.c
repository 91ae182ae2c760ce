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
 * UDP in batches (udp.h).  All options are set in udp_bind(), before the
 * socket is handed to a worker: workers may not call setsockopt(2).
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <netinet/in.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/quic/udp.h"

#define ECN_MASK	0x03

/* Address and traffic class; aligned as struct cmsghdr wants to be. */
union control {
	struct cmsghdr	align;
	uint8_t		bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
			    CMSG_SPACE(sizeof(int))];
};

struct batch {
	struct mmsghdr	b_msg[UDP_BATCH];
	struct iovec	b_iov[UDP_BATCH];
	struct addr	b_addr[UDP_BATCH];
	union control	b_control[UDP_BATCH];
	uint8_t		b_data[UDP_BATCH][UDP_PAYLOAD_MAX];
};

struct udp {
	int		 u_fd;
	struct addr	 u_bound;
	struct addr	 u_remote;	/* connected: nobody else */
	bool		 u_connected;
	bool		 u_any;		/* bound to the wildcard */
	struct batch	*u_rx;		/* on first use: workers only send */
	struct batch	*u_tx;
	unsigned int	 u_queued;
	uint64_t	 u_dropped;
};

static int	bind_socket(const struct addr *, int, bool);
static int	set_options(int, const struct addr *, int);
static void	parse_control(const struct udp *, struct msghdr *,
		    struct addr *, uint8_t *);
static void	put_control(const struct udp *, struct msghdr *,
		    union control *, const struct addr *, uint8_t);

int
udp_bind(const struct addr *a, int buffer_bytes)
{
	return (bind_socket(a, buffer_bytes, false));
}

int
udp_bind_member(const struct addr *a, int buffer_bytes)
{
	return (bind_socket(a, buffer_bytes, true));
}

static int
bind_socket(const struct addr *a, int buffer_bytes, bool member)
{
	int	fd, on = 1, save;

	fd = socket(addr_family(a), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return (-1);
	if ((member && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on,
	    sizeof(on)) == -1) ||
	    set_options(fd, a, buffer_bytes) == -1 ||
	    bind(fd, &a->addr_u.sa, a->addr_len) == -1) {
		save = errno;
		close(fd);
		errno = save;
		return (-1);
	}
	return (fd);
}

struct udp *
udp_new(int fd, const struct addr *bound)
{
	struct udp	*u;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return (NULL);
	u->u_fd = fd;
	u->u_bound = *bound;
	u->u_any = addr_is_any(bound);
	return (u);
}

struct udp *
udp_new_connected(int fd, const struct addr *bound, const struct addr *remote)
{
	struct udp	*u;

	if ((u = udp_new(fd, bound)) == NULL)
		return (NULL);
	u->u_any = false;	/* the kernel has chosen */
	u->u_connected = true;
	u->u_remote = *remote;
	return (u);
}

void
udp_free(struct udp *u)
{
	if (u == NULL)
		return;
	close(u->u_fd);
	free(u->u_rx);
	free(u->u_tx);
	free(u);
}

int
udp_fd(const struct udp *u)
{
	return (u->u_fd);
}

const struct addr *
udp_bound(const struct udp *u)
{
	return (&u->u_bound);
}

uint64_t
udp_dropped(const struct udp *u)
{
	return (u->u_dropped);
}

int
udp_receive(struct udp *u, udp_received *fn, void *arg)
{
	struct batch	*b;
	struct msghdr	*mh;
	struct addr	 local, remote;
	uint8_t		 ecn;
	int		 i, n, handed = 0;

	if (u->u_rx == NULL &&
	    (u->u_rx = calloc(1, sizeof(*u->u_rx))) == NULL)
		return (0);
	b = u->u_rx;
	for (i = 0; i < UDP_BATCH; i++) {
		b->b_iov[i].iov_base = b->b_data[i];
		b->b_iov[i].iov_len = sizeof(b->b_data[i]);
		mh = &b->b_msg[i].msg_hdr;
		mh->msg_name = &b->b_addr[i].addr_u;
		mh->msg_namelen = sizeof(b->b_addr[i].addr_u);
		mh->msg_iov = &b->b_iov[i];
		mh->msg_iovlen = 1;
		mh->msg_control = b->b_control[i].bytes;
		mh->msg_controllen = sizeof(b->b_control[i].bytes);
		mh->msg_flags = 0;
	}
	/* Errors of earlier sends (ICMP) are not news to QUIC. */
	do {
		n = recvmmsg(u->u_fd, b->b_msg, UDP_BATCH, MSG_DONTWAIT,
		    NULL);
	} while (n == -1 && errno == EINTR);
	for (i = 0; i < n; i++) {
		mh = &b->b_msg[i].msg_hdr;
		if ((mh->msg_flags & MSG_TRUNC) || addr_from_sockaddr(&remote,
		    mh->msg_name, mh->msg_namelen) == -1) {
			u->u_dropped++;
			continue;
		}
		parse_control(u, mh, &local, &ecn);
		fn(arg, &local, &remote, ecn, b->b_data[i],
		    b->b_msg[i].msg_len);
		handed++;
	}
	return (handed);
}

void
udp_queue(struct udp *u, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct batch	*b;
	struct msghdr	*mh;
	unsigned int	 i;

	if (u->u_tx == NULL)
		u->u_tx = calloc(1, sizeof(*u->u_tx));
	if ((b = u->u_tx) == NULL || len > UDP_PAYLOAD_MAX ||
	    addr_family(remote) != addr_family(&u->u_bound) ||
	    (u->u_connected && !addr_equal(remote, &u->u_remote))) {
		u->u_dropped++;
		return;
	}
	i = u->u_queued++;
	memcpy(b->b_data[i], data, len);
	b->b_iov[i].iov_base = b->b_data[i];
	b->b_iov[i].iov_len = len;
	mh = &b->b_msg[i].msg_hdr;
	memset(mh, 0, sizeof(*mh));
	if (!u->u_connected) {
		b->b_addr[i] = *remote;
		mh->msg_name = &b->b_addr[i].addr_u;
		mh->msg_namelen = remote->addr_len;
	}
	mh->msg_iov = &b->b_iov[i];
	mh->msg_iovlen = 1;
	put_control(u, mh, &b->b_control[i], local, ecn);
	if (u->u_queued == UDP_BATCH)
		udp_flush(u);
}

/*
 * The kernel reports an error for the first message only when it sent none;
 * that one is dropped and the rest tried again.  On a connected socket the
 * error may be an answer (ICMP) to something sent long ago, reported once
 * instead of sending: so nothing is dropped for the first error about it.
 */
void
udp_flush(struct udp *u)
{
	unsigned int	done = 0, again = UDP_BATCH;
	int		n;

	while (done < u->u_queued) {
		n = sendmmsg(u->u_fd, u->u_tx->b_msg + done,
		    u->u_queued - done, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			done += (unsigned int)n;
			continue;
		}
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK ||
		    errno == ENOBUFS)) {
			u->u_dropped += u->u_queued - done;
			break;
		}
		if (u->u_connected && again != done) {
			again = done;
			continue;
		}
		u->u_dropped++;
		done++;
	}
	u->u_queued = 0;
}

static int
set_options(int fd, const struct addr *a, int buffer_bytes)
{
	int	on = 1, probe;

	if (buffer_bytes > 0) {
		/* As much as the kernel's limit allows; no error is fatal. */
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes,
		    sizeof(buffer_bytes));
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes,
		    sizeof(buffer_bytes));
	}
	/*
	 * Never fragment, never believe a path MTU that we did not probe.
	 * Where a packet was sent to is news on a wildcard only, and it costs.
	 */
	if (addr_family(a) == AF_INET6) {
		probe = IPV6_PMTUDISC_PROBE;
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
		    sizeof(on)) == -1 ||
		    (addr_is_any(a) && setsockopt(fd, IPPROTO_IPV6,
		    IPV6_RECVPKTINFO, &on, sizeof(on)) == -1) ||
		    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on,
		    sizeof(on)) == -1 ||
		    setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe,
		    sizeof(probe)) == -1)
			return (-1);
		return (0);
	}
	probe = IP_PMTUDISC_PROBE;
	if ((addr_is_any(a) && setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on,
	    sizeof(on)) == -1) ||
	    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe,
	    sizeof(probe)) == -1)
		return (-1);
	return (0);
}

/* Where the datagram was sent to: the port is the socket's. */
static void
parse_control(const struct udp *u, struct msghdr *mh, struct addr *local,
    uint8_t *ecn)
{
	struct cmsghdr		*cm;
	struct in_pktinfo	 info4;
	struct in6_pktinfo	 info6;
	int			 tclass;

	*local = u->u_bound;
	*ecn = 0;
	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level == IPPROTO_IP &&
		    cm->cmsg_type == IP_PKTINFO &&
		    addr_family(local) == AF_INET) {
			memcpy(&info4, CMSG_DATA(cm), sizeof(info4));
			local->addr_u.in.sin_addr = info4.ipi_addr;
		} else if (cm->cmsg_level == IPPROTO_IP &&
		    cm->cmsg_type == IP_TOS) {
			*ecn = *CMSG_DATA(cm) & ECN_MASK;
		} else if (cm->cmsg_level == IPPROTO_IPV6 &&
		    cm->cmsg_type == IPV6_PKTINFO &&
		    addr_family(local) == AF_INET6) {
			memcpy(&info6, CMSG_DATA(cm), sizeof(info6));
			local->addr_u.in6.sin6_addr = info6.ipi6_addr;
		} else if (cm->cmsg_level == IPPROTO_IPV6 &&
		    cm->cmsg_type == IPV6_TCLASS) {
			memcpy(&tclass, CMSG_DATA(cm), sizeof(tclass));
			*ecn = (uint8_t)(tclass & ECN_MASK);
		}
	}
}

/*
 * The source address matters only on a wildcard socket: the peer must hear
 * from the address that it spoke to.
 */
static void
put_control(const struct udp *u, struct msghdr *mh, union control *ctl,
    const struct addr *local, uint8_t ecn)
{
	struct cmsghdr		*cm;
	struct in_pktinfo	 info4;
	struct in6_pktinfo	 info6;
	size_t			 len = 0;
	int			 tclass = ecn & ECN_MASK;
	bool			 from, v6;

	v6 = addr_family(&u->u_bound) == AF_INET6;
	from = u->u_any && local != NULL && local->addr_len != 0 &&
	    addr_family(local) == addr_family(&u->u_bound);
	if (!from && tclass == 0)
		return;
	memset(ctl, 0, sizeof(*ctl));
	mh->msg_control = ctl->bytes;
	mh->msg_controllen = sizeof(ctl->bytes);
	cm = CMSG_FIRSTHDR(mh);
	if (from && v6) {
		memset(&info6, 0, sizeof(info6));
		info6.ipi6_addr = local->addr_u.in6.sin6_addr;
		cm->cmsg_level = IPPROTO_IPV6;
		cm->cmsg_type = IPV6_PKTINFO;
		cm->cmsg_len = CMSG_LEN(sizeof(info6));
		memcpy(CMSG_DATA(cm), &info6, sizeof(info6));
		len += CMSG_SPACE(sizeof(info6));
	} else if (from) {
		memset(&info4, 0, sizeof(info4));
		info4.ipi_spec_dst = local->addr_u.in.sin_addr;
		cm->cmsg_level = IPPROTO_IP;
		cm->cmsg_type = IP_PKTINFO;
		cm->cmsg_len = CMSG_LEN(sizeof(info4));
		memcpy(CMSG_DATA(cm), &info4, sizeof(info4));
		len += CMSG_SPACE(sizeof(info4));
	}
	if (tclass != 0) {
		if (from)
			cm = CMSG_NXTHDR(mh, cm);
		cm->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
		cm->cmsg_type = v6 ? IPV6_TCLASS : IP_TOS;
		cm->cmsg_len = CMSG_LEN(sizeof(tclass));
		memcpy(CMSG_DATA(cm), &tclass, sizeof(tclass));
		len += CMSG_SPACE(sizeof(tclass));
	}
	mh->msg_controllen = len;
}
