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
 * The same datagrams without a relay (bench.h): a child process forwards them
 * from one socket to another, and what it needs for that is the least that
 * anybody can need who goes through the sockets of this system.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "common/base/clock.h"
#include "common/quic/udp.h"

#define SETTLE_MS	500

struct forwarder {
	struct udp	*f_in;
	struct addr	 f_to;
};

static struct udp	*open_udp(void);
static void		 forward(struct udp *, const struct addr *)
			    __attribute__((noreturn));
static void		 forward_one(void *, const struct addr *,
			    const struct addr *, uint8_t, const uint8_t *,
			    size_t);
static void		 count_one(void *, const struct addr *,
			    const struct addr *, uint8_t, const uint8_t *,
			    size_t);

static struct udp *
open_udp(void)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	struct addr		a;
	struct udp		*u;
	int			fd;

	if (addr_parse(&a, "127.0.0.1:0") == -1 ||
	    (fd = udp_bind(&a, 1 << 20)) == -1)
		return (NULL);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    addr_from_sockaddr(&a, (struct sockaddr *)&ss, len) == -1 ||
	    (u = udp_new(fd, &a)) == NULL) {
		close(fd);
		return (NULL);
	}
	return (u);
}

static void
forward_one(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct forwarder	*f = arg;

	(void)local;
	(void)remote;
	(void)ecn;
	udp_queue(f->f_in, NULL, &f->f_to, 0, data, len);
}

static void
forward(struct udp *in, const struct addr *to)
{
	struct forwarder	f = { in, *to };
	struct pollfd		pfd = { udp_fd(in), POLLIN, 0 };

	for (;;) {
		if (poll(&pfd, 1, -1) == -1)
			continue;
		while (udp_receive(in, forward_one, &f) == UDP_BATCH)
			udp_flush(in);
		udp_flush(in);
	}
}

static void
count_one(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct figures	*fi = arg;

	(void)local;
	(void)remote;
	(void)ecn;
	(void)data;
	(void)len;
	fi->fi_delivered++;
}

int
plain_run(unsigned int per_s, unsigned int seconds, struct figures *fi,
    double *us)
{
	uint8_t		 data[BENCH_PLAIN_LEN];
	struct udp	*in = NULL, *out = NULL, *from = NULL;
	pid_t		 pid = -1;
	uint64_t	 start, now, due, end;
	double		 cpu;
	int		 error = -1;

	memset(fi, 0, sizeof(*fi));
	memset(data, 0x5a, sizeof(data));
	if ((in = open_udp()) == NULL || (out = open_udp()) == NULL ||
	    (from = open_udp()) == NULL || (pid = fork()) == -1)
		goto done;
	if (pid == 0)
		forward(in, udp_bound(out));
	start = clock_mono_ns();
	end = start + seconds * NS_PER_S;
	while ((now = clock_mono_ns()) < end + SETTLE_MS * NS_PER_MS) {
		due = (now < end ? now - start : end - start) * per_s /
		    NS_PER_S;
		for (; fi->fi_sent < due; fi->fi_sent++)
			udp_queue(from, NULL, udp_bound(in), 0, data,
			    sizeof(data));
		udp_flush(from);
		while (udp_receive(out, count_one, fi) == UDP_BATCH)
			continue;
		(void)poll(NULL, 0, 1);
	}
	fi->fi_seconds = seconds;
	cpu = cpu_of(pid);
	*us = fi->fi_delivered == 0 ? 0. :
	    1e6 * cpu / (double)fi->fi_delivered;
	if (cpu > 0. && fi->fi_delivered > 0)
		error = 0;
done:
	if (pid > 0) {
		kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	udp_free(in);
	udp_free(out);
	udp_free(from);
	return (error);
}

double
cpu_of(long pid)
{
	unsigned long long	 utime, stime;
	char			 path[64], line[1024], *p;
	FILE			*fp;
	double			 s = -1.;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if ((fp = fopen(path, "r")) == NULL)
		return (-1.);
	/* The name may have anything in it: what counts is behind the ')'. */
	if (fgets(line, sizeof(line), fp) != NULL &&
	    (p = strrchr(line, ')')) != NULL && sscanf(p + 1,
	    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
	    &utime, &stime) == 2)
		s = (double)(utime + stime) / (double)sysconf(_SC_CLK_TCK);
	fclose(fp);
	return (s);
}
