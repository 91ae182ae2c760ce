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
 * wzp-plain: what forwarding a datagram costs at the least.  No QUIC, no
 * rooms, no encryption: batches of recvmmsg(2) and sendmmsg(2), gathered as
 * mediad gathers its own.
 *
 * THIS PROGRAM IS FROZEN: figures of relays are given as multiples of its
 * own, so it must not change with them.  Nothing of common/ is in it.  Whoever
 * has to change it raises PLAIN_VERSION, and says in doc/PERFORMANCE.md by how
 * much that moved its figures.
 *
 *	wzp-plain address port
 *
 * What comes is [0] 'P', [1] kind, [2..3] who it is from, [4..5] whom it is
 * for (big endian), and anything.  Kind 'h': the sender is there, and gets
 * the datagram back; 'd': it is passed on.
 */
#include "config.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PLAIN_VERSION	1

/* As mediad had them when this was frozen. */
#define BATCH		64
#define READS_MAX	4
#define BUFFER		(2 * 1024 * 1024)
#define PAYLOAD_MAX	2048
#define GATHER_NS	UINT64_C(1000000)
#define WINDOW_NS	UINT64_C(8000000)
#define GATHER_FAST	2	/* datagrams a millisecond */
#define GATHER_SLOW	1

#define PEOPLE_MAX	65536
#define HEADER_LEN	6

static struct sockaddr_in	people[PEOPLE_MAX];
static struct mmsghdr		in[BATCH], out[BATCH];
static struct iovec		iov[BATCH];
static struct sockaddr_in	from[BATCH];
static uint8_t			data[BATCH][PAYLOAD_MAX];

static uint64_t	mono_ns(void);
static int	turn(int);
static unsigned int
		forward(int);
static bool	gather(uint64_t, unsigned int);

int
main(int argc, char *argv[])
{
	struct sockaddr_in	sin;
	struct timespec		ts;
	struct pollfd		pfd;
	uint64_t		began, next;
	int			fd, size = BUFFER;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	if (argc == 2 && strcmp(argv[1], "-v") == 0) {
		printf("%d\n", PLAIN_VERSION);
		return (0);
	}
	if (argc != 3 || inet_pton(AF_INET, argv[1], &sin.sin_addr) != 1) {
		fprintf(stderr, "usage: wzp-plain -v | address port\n");
		return (1);
	}
	sin.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) == -1)
		err(1, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "bind");
	pfd.fd = fd;
	pfd.events = POLLIN;
	for (;;) {
		if (poll(&pfd, 1, -1) == -1)
			continue;
		began = mono_ns();
		if (!gather(began, (unsigned int)turn(fd)))
			continue;
		next = began + GATHER_NS;
		if ((began = mono_ns()) < next) {
			ts.tv_sec = 0;
			ts.tv_nsec = (long)(next - began);
			(void)nanosleep(&ts, NULL);
		}
	}
}

static uint64_t
mono_ns(void)
{
	struct timespec	ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * UINT64_C(1000000000) +
	    (uint64_t)ts.tv_nsec);
}

static int
turn(int fd)
{
	unsigned int	i, done, n;
	int		heard, all = 0, k, sent;

	for (k = 0; k < READS_MAX; k++) {
		for (i = 0; i < BATCH; i++) {
			iov[i].iov_base = data[i];
			iov[i].iov_len = sizeof(data[i]);
			in[i].msg_hdr.msg_name = &from[i];
			in[i].msg_hdr.msg_namelen = sizeof(from[i]);
			in[i].msg_hdr.msg_iov = &iov[i];
			in[i].msg_hdr.msg_iovlen = 1;
		}
		heard = recvmmsg(fd, in, BATCH, MSG_DONTWAIT, NULL);
		if (heard <= 0)
			break;
		all += heard;
		n = forward(heard);
		for (done = 0; done < n;) {
			sent = sendmmsg(fd, out + done, n - done,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
			done += sent > 0 ? (unsigned int)sent : 1;
		}
		if (heard < BATCH)
			break;
	}
	return (all);
}

/* How many of them go out. */
static unsigned int
forward(int heard)
{
	struct sockaddr_in	*to;
	unsigned int		 n = 0, who, whom;
	int			 i;

	for (i = 0; i < heard; i++) {
		if (in[i].msg_len < HEADER_LEN || data[i][0] != 'P')
			continue;
		who = (unsigned int)data[i][2] << 8 | data[i][3];
		whom = (unsigned int)data[i][4] << 8 | data[i][5];
		if (data[i][1] == 'h') {
			people[who] = from[i];
			to = &people[who];
		} else
			to = &people[whom];
		if (to->sin_family != AF_INET)
			continue;
		iov[i].iov_len = in[i].msg_len;
		memset(&out[n].msg_hdr, 0, sizeof(out[n].msg_hdr));
		out[n].msg_hdr.msg_name = to;
		out[n].msg_hdr.msg_namelen = sizeof(*to);
		out[n].msg_hdr.msg_iov = &iov[i];
		out[n].msg_hdr.msg_iovlen = 1;
		n++;
	}
	return (n);
}

static bool
gather(uint64_t now, unsigned int n)
{
	static uint64_t	since, heard;
	static bool	on;
	uint64_t	length = now - since;

	heard += n;
	if (length < WINDOW_NS)
		return (on);
	on = heard * UINT64_C(1000000) >=
	    length * (on ? GATHER_SLOW : GATHER_FAST);
	since = now;
	heard = 0;
	return (on);
}
