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
 * The sockets of the load (pipe.h).
 */
#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/udp.h>

#include "bench/pipe.h"
#include "common/base/clock.h"
#include "common/quic/udp.h"

#define BUFFER		(4 << 20)
#define BATCH		64
#define READS_MAX	16
/* One sendmsg(2) may have no more than fits in an IP datagram. */
#define JOINED_MAX	60000

union control {
	struct cmsghdr	align;
	uint8_t		bytes[CMSG_SPACE(sizeof(struct timespec))];
};

struct side {
	struct mmsghdr	s_msg[BATCH];
	struct iovec	s_iov[BATCH];
	union control	s_control[BATCH];
	uint8_t		s_data[BATCH][UDP_PAYLOAD_MAX];
};

struct pipe {
	int		 p_fd;
	struct addr	 p_local;
};

/*
 * One of each for all pipes: what is written and read again and again stays
 * in the caches.  Packets are queued for one pipe at a time.
 */
static struct side	 in, out;
static struct pipe	*queued_for;
static unsigned int	 queued;

static int	options(int);
static uint64_t	arrival(struct msghdr *);

struct pipe *
pipe_open(const struct addr *local, const struct addr *remote)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	struct pipe		*p;
	int			 save;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	if ((p->p_fd = udp_bind(local, BUFFER)) == -1 ||
	    connect(p->p_fd, &remote->addr_u.sa, remote->addr_len) == -1 ||
	    getsockname(p->p_fd, (struct sockaddr *)&ss, &len) == -1 ||
	    addr_from_sockaddr(&p->p_local, (struct sockaddr *)&ss, len) ==
	    -1 || options(p->p_fd) == -1) {
		save = errno;
		pipe_free(p);
		errno = save;
		return (NULL);
	}
	return (p);
}

struct pipe *
pipe_open_at(unsigned int i, const struct addr *remote)
{
	struct addr	a;
	char		text[32];

	(void)snprintf(text, sizeof(text), "127.0.%u.1:0", i);
	if (addr_parse(&a, text) == -1)
		return (NULL);
	return (pipe_open(&a, remote));
}

/* When it came, but not where: each of these costs for each datagram. */
static int
options(int fd)
{
	int	on = 1, off = 0;

	(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &off, sizeof(off));
	(void)setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &off, sizeof(off));
	return (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)));
}

void
pipe_free(struct pipe *p)
{
	if (p == NULL)
		return;
	if (queued_for == p)
		queued = 0;
	if (p->p_fd != -1)
		close(p->p_fd);
	free(p);
}

int
pipe_fd(const struct pipe *p)
{
	return (p->p_fd);
}

const struct addr *
pipe_local(const struct pipe *p)
{
	return (&p->p_local);
}

void
pipe_queue(struct pipe *p, const uint8_t *data, size_t len)
{
	unsigned int	i;

	if (len > sizeof(out.s_data[0]))
		return;
	if (queued_for != p && queued > 0)
		pipe_flush(queued_for);
	queued_for = p;
	i = queued++;
	memcpy(out.s_data[i], data, len);
	out.s_iov[i].iov_base = out.s_data[i];
	out.s_iov[i].iov_len = len;
	if (queued == BATCH)
		pipe_flush(p);
}

/* What the kernel does not take is lost, as in a network. */
void
pipe_flush(struct pipe *p)
{
	struct msghdr	*mh;
	struct cmsghdr	*cm;
	unsigned int	 i, n, msgs = 0, done = 0;
	uint16_t	 size;
	size_t		 len;
	int		 sent;

	if (queued_for != p)
		return;
	for (i = 0; i < queued; i += n) {
		len = out.s_iov[i].iov_len;
		n = 1;
		while (i + n < queued && (n + 1) * len <= JOINED_MAX &&
		    out.s_iov[i + n - 1].iov_len == len &&
		    out.s_iov[i + n].iov_len <= len)
			n++;	/* the last one may be shorter */
		mh = &out.s_msg[msgs].msg_hdr;
		memset(mh, 0, sizeof(*mh));
		mh->msg_iov = &out.s_iov[i];
		mh->msg_iovlen = n;
		if (n > 1) {
			mh->msg_control = out.s_control[msgs].bytes;
			mh->msg_controllen = CMSG_SPACE(sizeof(size));
			cm = CMSG_FIRSTHDR(mh);
			cm->cmsg_level = IPPROTO_UDP;
			cm->cmsg_type = UDP_SEGMENT;
			cm->cmsg_len = CMSG_LEN(sizeof(size));
			size = (uint16_t)len;
			memcpy(CMSG_DATA(cm), &size, sizeof(size));
		}
		msgs++;
	}
	while (done < msgs) {
		sent = sendmmsg(p->p_fd, out.s_msg + done, msgs - done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0)
			done += (unsigned int)sent;
		else if (errno != EINTR)
			done++;
	}
	queued = 0;
}

void
pipe_receive(struct pipe *p, pipe_received *fn, void *arg)
{
	struct msghdr	*mh;
	unsigned int	 k;
	int		 i, n;

	for (k = 0; k < READS_MAX; k++) {
		for (i = 0; i < BATCH; i++) {
			mh = &in.s_msg[i].msg_hdr;
			in.s_iov[i].iov_base = in.s_data[i];
			in.s_iov[i].iov_len = sizeof(in.s_data[i]);
			mh->msg_iov = &in.s_iov[i];
			mh->msg_iovlen = 1;
			mh->msg_control = in.s_control[i].bytes;
			mh->msg_controllen = sizeof(in.s_control[i].bytes);
		}
		n = recvmmsg(p->p_fd, in.s_msg, BATCH, MSG_DONTWAIT, NULL);
		for (i = 0; i < n; i++)
			fn(arg, in.s_data[i], in.s_msg[i].msg_len,
			    arrival(&in.s_msg[i].msg_hdr));
		if (n < BATCH)
			return;
	}
}

uint64_t
pipe_now(void)
{
	struct timespec	ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) == -1)
		return (0);
	return ((uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec);
}

static uint64_t
arrival(struct msghdr *mh)
{
	struct cmsghdr	*cm;
	struct timespec	 ts;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET ||
		    cm->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(cm), sizeof(ts));
		return ((uint64_t)ts.tv_sec * NS_PER_S +
		    (uint64_t)ts.tv_nsec);
	}
	return (pipe_now());
}
