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

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/quic/udp.h"
#include "relayd/listen.h"

/*
 * 40 ms of 50,000 datagrams a second, about 1 kB each as the kernel counts
 * them: what may queue while doord is not scheduled.
 */
#define SOCKET_BUFFER	(2 * 1024 * 1024)

static int	buffer_of(int, int);

/* What the kernel really gave; it counts double (socket(7)). */
static int
buffer_of(int fd, int option)
{
	socklen_t	len = sizeof(int);
	int		value = 0;

	if (getsockopt(fd, SOL_SOCKET, option, &value, &len) == -1)
		return (0);
	return (value / 2);
}

int
listen_bind(const struct addr *addr)
{
	char	text[ADDR_STRLEN];
	int	fd, got;

	(void)addr_print(addr, text, sizeof(text));
	if ((fd = udp_bind(addr, SOCKET_BUFFER)) == -1) {
		log_warn("listen on %s", text);
		if (errno == EADDRINUSE)
			log_warnx("another program (or relayd) has that port: "
			    "stop it, or choose another port");
		else if (errno == EADDRNOTAVAIL)
			log_warnx("that is no address of this machine");
		else if (errno == EACCES)
			log_warnx("ports below 1024 need root");
		return (-1);
	}
	got = buffer_of(fd, SO_RCVBUF);
	if (got < SOCKET_BUFFER)
		log_info("listen on %s: the kernel allows %d of %d bytes of "
		    "receive buffer; raise net.core.rmem_max", text, got,
		    SOCKET_BUFFER);
	return (fd);
}

int
listen_control(const char *path, bool read_only)
{
	struct sockaddr_un	sun;
	mode_t			old;
	int			fd, probe, status;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		log_warnx("control socket %s: path too long", path);
		return (-1);
	}
	if ((probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1) {
		log_warn("control socket %s", path);
		return (-1);
	}
	status = connect(probe, (struct sockaddr *)&sun, sizeof(sun));
	close(probe);
	if (status == 0) {
		log_warnx("control socket %s: another relayd answers there",
		    path);
		return (-1);
	}
	/* Only a socket that nobody serves is removed. */
	if (errno == ECONNREFUSED)
		(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1) {
		log_warn("control socket %s", path);
		return (-1);
	}
	old = umask(read_only ? 0111 : 0117);
	status = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	(void)umask(old);
	if (status == -1 || listen(fd, 16) == -1) {
		log_warn("control socket %s", path);
		if (errno == EADDRINUSE)
			log_warnx("move that file away");
		close(fd);
		return (-1);
	}
	return (fd);
}
