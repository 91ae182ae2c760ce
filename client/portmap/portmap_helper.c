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
 * The helper itself: waits for what the client wants, asks the router by the
 * protocols in their order, renews, and takes the mapping back at the end.
 * It begins before the client has read any secret, and locks itself in: no
 * files, no programs; sockets, which is what it is for.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/portmap/gateway.h"
#include "client/portmap/portmap_helper.h"
#include "common/base/clock.h"
#include "common/sandbox/sandbox.h"

/* The limits of each protocol; together a few seconds. */
#define PCP_LIMIT	(1000 * NS_PER_MS)
#define NATPMP_LIMIT	(1000 * NS_PER_MS)
#define UPNP_LIMIT	(3500 * NS_PER_MS)
/* Taking back: the client waits a second for it. */
#define END_LIMIT	(800 * NS_PER_MS)

/*
 * After a failure; doubled with each.  The default route often comes right
 * behind the address that we were told of.
 */
#define RETRY_MIN	(1 * NS_PER_S)
#define RETRY_REFUSED	(10 * NS_PER_S)	/* there was a router */
#define RETRY_MAX	(600 * NS_PER_S)
/* A renewal that failed, while the lease lasts. */
#define RENEW_AGAIN	(10 * NS_PER_S)
#define RENEW_MIN	(15 * NS_PER_S)

/* Of memory: libraries read as much as a router says. */
#define MEMORY_MAX	(64 << 20)

struct helper {
	int			 he_client;
	int			 he_route;
	uint16_t		 he_port;	/* wanted; 0: none */
	struct portmap_lease	 he_lease;	/* protocol NONE: none */
	uint64_t		 he_ends;	/* the lease */
	uint64_t		 he_next;	/* something is to be done */
	uint64_t		 he_retry;
	uint8_t			 he_told[PORTMAP_STATE_LEN];
};

static bool	 map(struct portmap_lease *);
static void	 unmap(struct helper *);
static void	 tell(struct helper *);
static void	 hear(struct helper *);
static void	 work(struct helper *);
static void	 granted(struct helper *, struct portmap_lease *);
static bool	 granted_usable(const struct portmap_lease *);
static int	 here(struct helper *, struct portmap_lease *);
static void	 prepare(int);

void
portmap_helper(int fd)
{
	static struct helper	he;
	struct sandbox_identity	nobody;
	char			in_force[256];

	prepare(fd);
	memset(&he, 0, sizeof(he));
	he.he_client = STDERR_FILENO + 1;
	he.he_next = UINT64_MAX;
	he.he_retry = RETRY_MIN;
	if ((he.he_route = gateway_open()) == -1)
		_exit(1);
	memset(&nobody, 0, sizeof(nobody));
	if (sandbox_enter(SANDBOX_PORTMAP, &nobody, NULL, in_force,
	    sizeof(in_force)) == -1)
		_exit(1);
	for (;;) {
		if (portmap_wait(he.he_client, he.he_next))
			hear(&he);
		if (clock_mono_ns() >= he.he_next)
			work(&he);
	}
}

/*
 * Nothing of the client's is left: its descriptors are closed, and what a
 * terminal or a service manager says to all is not for us.  Our end is that
 * of the client's socket.
 */
static void
prepare(int fd)
{
	static const int	ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		SIGPIPE, SIGCHLD };
#ifndef WZP_SANITIZERS
	struct rlimit		rl = { MEMORY_MAX, MEMORY_MAX };
#endif
	size_t			i;
	int			null;

	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)prctl(PR_SET_NAME, "wzp-portmap", 0, 0, 0);
	if ((null = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1 ||
	    dup2(fd, STDERR_FILENO + 1) == -1)
		_exit(1);
	closefrom(STDERR_FILENO + 2);
#ifndef WZP_SANITIZERS
	if (setrlimit(RLIMIT_DATA, &rl) == -1)
		_exit(1);
#endif
}

bool
portmap_wait(int fd, uint64_t until)
{
	struct pollfd	pfd;
	uint64_t	now;
	int		ms, n;

	for (;;) {
		now = clock_mono_ns();
		if (now >= until)
			return (false);
		ms = until - now > 3600 * NS_PER_S ? 3600 * 1000 :
		    (int)((until - now + NS_PER_MS - 1) / NS_PER_MS);
		pfd.fd = fd;
		pfd.events = POLLIN;
		n = poll(&pfd, 1, ms);
		if (n == -1 && errno != EINTR)
			return (false);
		if (n > 0)
			return (true);
	}
}

/* What the client has to say; its end is ours. */
static void
hear(struct helper *he)
{
	uint8_t		m[PORTMAP_LEN_MAX];
	uint16_t	port;
	ssize_t		n;

	n = recv(he->he_client, m, sizeof(m), MSG_DONTWAIT | MSG_TRUNC);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0 || (size_t)n > sizeof(m) ||
	    portmap_get_want(m, (size_t)n, &port) == -1) {
		unmap(he);
		_exit(0);
	}
	if (port != he->he_port) {
		unmap(he);
		tell(he);
	}
	he->he_port = port;
	/* Said again: the network may be another one. */
	he->he_retry = RETRY_MIN;
	he->he_next = port != 0 ? clock_mono_ns() : UINT64_MAX;
}

/* Told only when it changes. */
static void
tell(struct helper *he)
{
	uint8_t	m[PORTMAP_STATE_LEN];

	portmap_put_state(m, he->he_lease.pl_protocol,
	    &he->he_lease.pl_external);
	if (memcmp(m, he->he_told, sizeof(m)) == 0)
		return;
	if (send(he->he_client, m, sizeof(m), MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(m))
		memcpy(he->he_told, m, sizeof(m));
}

/* The router and our address towards it.  -1: there is none. */
static int
here(struct helper *he, struct portmap_lease *pl)
{
	struct sockaddr_storage	 ss;
	struct addr		 to;
	socklen_t		 len = sizeof(ss);
	int			 fd, error;

	if (gateway_find(he->he_route, &pl->pl_gateway) == -1 ||
	    (fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return (-1);
	to = pl->pl_gateway;
	addr_set_port(&to, 9);	/* nothing is sent there */
	error = connect(fd, &to.addr_u.sa, to.addr_len);
	if (error == 0)
		error = getsockname(fd, (struct sockaddr *)&ss, &len);
	if (error == 0)
		error = addr_from_sockaddr(&pl->pl_self,
		    (struct sockaddr *)&ss, len);
	(void)close(fd);
	addr_set_port(&pl->pl_self, 0);
	return (error);
}

/* A mapping is to be made, or renewed. */
static void
work(struct helper *he)
{
	struct portmap_lease	try;
	uint64_t		now;
	bool			ok = false, router;

	memset(&try, 0, sizeof(try));
	if ((router = here(he, &try) == 0)) {
		try.pl_port = he->he_port;
		if (he->he_lease.pl_protocol != PORTMAP_NONE) {
			if (addr_equal(&try.pl_gateway,
			    &he->he_lease.pl_gateway) &&
			    addr_equal(&try.pl_self, &he->he_lease.pl_self))
				try = he->he_lease;
			else
				/* It belongs to a network we have left. */
				he->he_lease.pl_protocol = PORTMAP_NONE;
		}
		ok = map(&try);
	}
	now = clock_mono_ns();
	if (ok) {
		granted(he, &try);
	} else if (he->he_lease.pl_protocol != PORTMAP_NONE &&
	    now < he->he_ends) {
		he->he_next = clock_earlier(now + RENEW_AGAIN, he->he_ends);
	} else {
		he->he_lease.pl_protocol = PORTMAP_NONE;
		if (router && he->he_retry < RETRY_REFUSED)
			he->he_retry = RETRY_REFUSED;
		he->he_next = now + he->he_retry;
		if ((he->he_retry *= 2) > RETRY_MAX)
			he->he_retry = RETRY_MAX;
	}
	tell(he);
}

static void
granted(struct helper *he, struct portmap_lease *pl)
{
	uint64_t	now = clock_mono_ns(), half;

	if (pl->pl_lifetime > PORTMAP_LIFETIME_MAX)
		pl->pl_lifetime = PORTMAP_LIFETIME_MAX;
	he->he_lease = *pl;
	he->he_ends = now + pl->pl_lifetime * NS_PER_S;
	half = pl->pl_lifetime * NS_PER_S / 2;
	he->he_next = now + (half < RENEW_MIN ? RENEW_MIN : half);
	he->he_retry = RETRY_MIN;
}

/* By the protocol that it has, then by all. */
static bool
map(struct portmap_lease *pl)
{
	static bool (*const	how[])(struct portmap_lease *, uint64_t) = {
		[PORTMAP_PCP] = pcp_map,
		[PORTMAP_NATPMP] = natpmp_map,
		[PORTMAP_UPNP] = upnp_map
	};
	static const uint64_t	limits[] = {
		[PORTMAP_PCP] = PCP_LIMIT,
		[PORTMAP_NATPMP] = NATPMP_LIMIT,
		[PORTMAP_UPNP] = UPNP_LIMIT
	};
	enum portmap_protocol	p, had = pl->pl_protocol;

	if (had != PORTMAP_NONE && how[had](pl, clock_mono_ns() +
	    limits[had]) && granted_usable(pl))
		return (true);
	for (p = PORTMAP_PCP; p < PORTMAP_MAX; p++) {
		memset(pl->pl_url, 0, sizeof(pl->pl_url));
		memset(&pl->pl_external, 0, sizeof(pl->pl_external));
		pl->pl_protocol = PORTMAP_NONE;
		if (how[p](pl, clock_mono_ns() + limits[p]) &&
		    granted_usable(pl)) {
			pl->pl_protocol = p;
			return (true);
		}
	}
	return (false);
}

/* Not every router knows where it is itself. */
static bool
granted_usable(const struct portmap_lease *pl)
{
	return (pl->pl_lifetime > 0 &&
	    portmap_external_usable(&pl->pl_external));
}

static void
unmap(struct helper *he)
{
	uint64_t	limit = clock_mono_ns() + END_LIMIT;

	switch (he->he_lease.pl_protocol) {
	case PORTMAP_PCP:
		pcp_unmap(&he->he_lease, limit);
		break;
	case PORTMAP_NATPMP:
		natpmp_unmap(&he->he_lease, limit);
		break;
	case PORTMAP_UPNP:
		upnp_unmap(&he->he_lease, limit);
		break;
	case PORTMAP_NONE:
	case PORTMAP_MAX:
		break;
	}
	memset(&he->he_lease, 0, sizeof(he->he_lease));
}
