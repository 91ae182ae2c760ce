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
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/quic/steer.h"
#include "common/quic/udp.h"
#include "relayd/listen.h"

/*
 * 40 ms of 50,000 datagrams a second, about 1 kB each as the kernel counts
 * them: what may queue while a worker is not scheduled.
 */
#define SOCKET_BUFFER	(2 * 1024 * 1024)

/* Names of locks: abstract, so that they die with us and need no file. */
#define LOCK_ADDRESS	"wzp-relayd/udp/"
#define LOCK_PORT	"wzp-relayd/port/"
/* As long as another relayd may hold the lock of a port; it binds meanwhile. */
#define LOCK_PORT_MS	2000
#define LOCK_TURN_MS	20

static int	buffer_of(int, int);
static int	lock_name(const char *, const char *);
static int	lock_port(const struct addr *);
static bool	covers(const struct addr *, const struct addr *);
static bool	find_relay(const struct addr *, bool, char *, size_t);
static int	probe(const struct addr *);
static void	explain(const struct addr *, const char *, bool);
static int	bind_member(struct port *);
static int	steer(struct port *);
static int	lock_filter(int);
static void	check_buffer(const struct port *);

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

/*
 * A name that only one process of this network (namespace) can have.  -1 and
 * errno: EADDRINUSE when somebody has it, ENOTSUP where there is no such
 * thing; there no two programs can share a port either.
 */
static int
lock_name(const char *kind, const char *what)
{
#ifdef __linux__
	struct sockaddr_un	sun;
	int			fd, len, save;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	len = snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1, "%s%s",
	    kind, what);
	if (len < 0 || (size_t)len >= sizeof(sun.sun_path) - 1) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return (-1);
	/* Never listened on: nobody can say anything to it. */
	if (bind(fd, (struct sockaddr *)&sun, (socklen_t)(offsetof(struct
	    sockaddr_un, sun_path) + 1 + (size_t)len)) == -1) {
		save = errno;
		close(fd);
		errno = save;
		return (-1);
	}
	return (fd);
#else
	(void)kind;
	(void)what;
	errno = ENOTSUP;
	return (-1);
#endif
}

/*
 * One relayd at a time takes addresses of a port: between the exclusive bind
 * and the shared ones of 0.0.0.0, another could take 127.0.0.1.
 */
static int
lock_port(const struct addr *addr)
{
	const struct timespec	turn = { 0, LOCK_TURN_MS * 1000000L };
	char			text[16];
	int			fd, waited;

	(void)snprintf(text, sizeof(text), "%u", addr_port(addr));
	for (waited = 0;; waited += LOCK_TURN_MS) {
		fd = lock_name(LOCK_PORT, text);
		if (fd != -1 || errno != EADDRINUSE || waited >= LOCK_PORT_MS)
			return (fd);
		(void)nanosleep(&turn, NULL);
	}
}

static bool
covers(const struct addr *a, const struct addr *b)
{
	return (addr_family(a) == addr_family(b) &&
	    addr_port(a) == addr_port(b) && (addr_is_any(a) ||
	    addr_is_any(b) || addr_same_host(a, b)));
}

/*
 * The address that another relayd holds, and that stands in our way.  ours:
 * the lock of this very address we have ourselves.
 */
static bool
find_relay(const struct addr *addr, bool ours, char *out, size_t cap)
{
	char		 line[512], *name;
	struct addr	 other;
	FILE		*names;
	bool		 found = false;

	if ((names = fopen("/proc/net/unix", "re")) == NULL)
		return (false);
	while (!found && fgets(line, sizeof(line), names) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if ((name = strstr(line, "@" LOCK_ADDRESS)) == NULL ||
		    addr_parse(&other, name + strlen("@" LOCK_ADDRESS)) == -1)
			continue;
		found = covers(addr, &other) &&
		    !(ours && addr_equal(addr, &other));
	}
	fclose(names);
	if (found)
		(void)addr_print(&other, out, cap);
	return (found);
}

/* Is the address free of everybody, also of those who would share it? */
static int
probe(const struct addr *addr)
{
	int	fd;

	if ((fd = udp_bind(addr, 0)) == -1)
		return (-1);
	close(fd);
	return (0);
}

/* errno of a bind, in words that help. */
static void
explain(const struct addr *addr, const char *text, bool ours)
{
	char	other[ADDR_STRLEN];
	int	error = errno;

	log_warn("listen on %s", text);
	if (error == EADDRINUSE && find_relay(addr, ours, other,
	    sizeof(other)))
		log_warnx("another relayd serves %s: stop it, or choose "
		    "another port", other);
	else if (error == EADDRINUSE)
		log_warnx("another program has that port: stop it, or choose "
		    "another port");
	else if (error == EADDRNOTAVAIL)
		log_warnx("that is no address of this machine");
	else if (error == EACCES)
		log_warnx("ports below 1024 need root");
}

int
listen_open(struct port *po, const struct addr *addr, bool steered,
    unsigned int nslots)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	char			text[ADDR_STRLEN];
	int			error, turn;

	memset(po, 0, sizeof(*po));
	po->po_addr = *addr;
	po->po_steered = steered;
	(void)addr_print(addr, text, sizeof(text));
	po->po_lock = lock_name(LOCK_ADDRESS, text);
	if (po->po_lock == -1 && errno != ENOTSUP) {
		explain(addr, text, false);
		return (-1);
	}
	turn = lock_port(addr);
	if ((turn == -1 && errno != ENOTSUP) || probe(addr) == -1) {
		explain(addr, text, po->po_lock != -1);
		if (turn != -1)
			close(turn);
		listen_close(po);
		return (-1);
	}
	error = listen_grow(po, nslots);
	if (turn != -1)
		close(turn);
	if (error == -1) {
		listen_close(po);
		return (-1);
	}
	if (getsockname(po->po_fds[0], (struct sockaddr *)&ss, &len) == -1 ||
	    addr_from_sockaddr(&po->po_addr, (struct sockaddr *)&ss,
	    len) == -1) {
		log_warn("listen on %s", text);
		listen_close(po);
		return (-1);
	}
	check_buffer(po);
	return (0);
}

static int
bind_member(struct port *po)
{
	char	text[ADDR_STRLEN];
	int	fd;

	if (po->po_steered)
		fd = udp_bind_member(&po->po_addr, SOCKET_BUFFER);
	else
		fd = udp_bind(&po->po_addr, SOCKET_BUFFER);
	if (fd == -1) {
		(void)addr_print(&po->po_addr, text, sizeof(text));
		explain(&po->po_addr, text, po->po_lock != -1);
		return (-1);
	}
	po->po_fds[po->po_nfds++] = fd;
	return (0);
}

/* By the newest member: those that were handed out are locked. */
static int
steer(struct port *po)
{
	if (!po->po_steered ||
	    steer_attach(po->po_fds[po->po_nfds - 1], po->po_nfds) == 0)
		return (0);
	log_warn("steering of the shared port");
	log_warnx("this system cannot hand packets to workers by connection "
	    "ID: say `steering none' in the configuration");
	return (-1);
}

/* What happens to be set now stays: nobody replaces or detaches it. */
static int
lock_filter(int fd)
{
#ifdef SO_LOCK_FILTER
	int	on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on,
	    sizeof(on)) == -1) {
		log_warn("locking the filter of a socket");
		return (-1);
	}
#else
	(void)fd;
#endif
	return (0);
}

/*
 * Index in the group is the order of bind(2); a closed member's place is
 * taken by the last one.  So all stay open here for the whole run, and a
 * group only ever grows.  Everything is the door's until the last is bound:
 * what names an index that is not there would be spread by hash.
 */
int
listen_grow(struct port *po, unsigned int nslots)
{
	unsigned int	before = po->po_nfds, want, i;

	want = po->po_steered ? nslots : 1;
	while (po->po_nfds < want) {
		if (bind_member(po) == -1) {
			listen_shrink(po, before);
			return (-1);
		}
		if ((po->po_nfds == 1 || po->po_nfds == want) &&
		    steer(po) == -1) {
			listen_shrink(po, before);
			return (-1);
		}
	}
	for (i = before; i < po->po_nfds; i++)
		if (po->po_steered && lock_filter(po->po_fds[i]) == -1) {
			listen_shrink(po, before);
			return (-1);
		}
	return (0);
}

/*
 * From the end, so that no index changes.  A program that still knows a slot
 * too many names it only for IDs that nobody has issued.
 */
void
listen_shrink(struct port *po, unsigned int nslots)
{
	while (po->po_nfds > nslots)
		close(po->po_fds[--po->po_nfds]);
}

void
listen_close(struct port *po)
{
	listen_shrink(po, 0);
	if (po->po_lock != -1)
		close(po->po_lock);
	po->po_lock = -1;
}

int
listen_fd(const struct port *po, unsigned int slot)
{
	return (po->po_fds[slot < po->po_nfds ? slot : 0]);
}

static void
check_buffer(const struct port *po)
{
	char	text[ADDR_STRLEN];
	int	got;

	if ((got = buffer_of(po->po_fds[0], SO_RCVBUF)) < SOCKET_BUFFER)
		log_info("listen on %s: the kernel allows %d of %d bytes of "
		    "receive buffer; raise net.core.rmem_max",
		    addr_print(&po->po_addr, text, sizeof(text)), got,
		    SOCKET_BUFFER);
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
