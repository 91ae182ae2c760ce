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
 * The client's side of port mapping: starts the helper and listens to it.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/portmap/portmap.h"
#include "client/portmap/portmap_helper.h"
#include "client/portmap/portmap_wire.h"
#include "common/base/clock.h"

#define READS_MAX	16
#define END_MS		1000	/* for taking the mapping back */

struct portmap {
	int			 pm_fd;		/* -1: the helper is gone */
	uint16_t		 pm_want;
	enum portmap_protocol	 pm_protocol;
	struct addr		 pm_external;
};

static bool	 set_state(struct portmap *, enum portmap_protocol,
		    const struct addr *);

struct portmap *
portmap_new(void)
{
#ifdef HAVE_PORTMAP
	struct portmap	*pm = NULL;
	int		 pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0, pair) == -1)
		return (NULL);
	switch (fork()) {
	case -1:
		break;
	case 0:
		(void)close(pair[0]);
		portmap_helper(pair[1]);
	default:
		pm = portmap_with(pair[0]);
		break;
	}
	(void)close(pair[1]);
	if (pm == NULL)
		(void)close(pair[0]);
	return (pm);
#else
	return (NULL);
#endif
}

struct portmap *
portmap_with(int fd)
{
	struct portmap	*pm;

	if ((pm = calloc(1, sizeof(*pm))) != NULL)
		pm->pm_fd = fd;
	return (pm);
}

/*
 * The helper ends when our end is shut, whoever did that; it closes its own
 * when it has taken the mapping back.  Without one there is nothing to wait
 * for: what it may be about to make it takes back by itself.
 */
void
portmap_free(struct portmap *pm)
{
	struct pollfd	pfd;
	uint64_t	now, until;
	uint8_t		m[PORTMAP_LEN_MAX];
	ssize_t		n;
	int		ms;

	if (pm == NULL)
		return;
	if (pm->pm_fd != -1) {
		(void)shutdown(pm->pm_fd, SHUT_WR);
		until = clock_mono_ns() + END_MS * NS_PER_MS;
		while (pm->pm_protocol != PORTMAP_NONE &&
		    (now = clock_mono_ns()) < until) {
			ms = (int)((until - now) / NS_PER_MS) + 1;
			pfd.fd = pm->pm_fd;
			pfd.events = POLLIN;
			if (poll(&pfd, 1, ms) == 0)
				break;
			n = recv(pm->pm_fd, m, sizeof(m), MSG_DONTWAIT);
			if (n == 0 || (n == -1 && errno != EINTR &&
			    errno != EAGAIN))
				break;
		}
		(void)close(pm->pm_fd);
	}
	free(pm);
}

int
portmap_fd(const struct portmap *pm)
{
	return (pm->pm_fd);
}

void
portmap_want(struct portmap *pm, uint16_t port)
{
	uint8_t	m[PORTMAP_WANT_LEN];

	if (pm->pm_fd == -1 || (port == 0 && pm->pm_want == 0))
		return;
	/*
	 * Said again for the same port: the network is another one.  A helper
	 * that does not read is as good as none.
	 */
	pm->pm_want = port;
	portmap_put_want(m, port);
	(void)send(pm->pm_fd, m, sizeof(m), MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool
portmap_read(struct portmap *pm)
{
	enum portmap_protocol	protocol;
	struct addr		external;
	uint8_t			m[PORTMAP_LEN_MAX];
	ssize_t			n;
	bool			changed = false;
	int			i;

	for (i = 0; i < READS_MAX && pm->pm_fd != -1; i++) {
		n = recv(pm->pm_fd, m, sizeof(m), MSG_DONTWAIT | MSG_TRUNC);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		/* It ended, or talks nonsense: then it had better end. */
		if (n <= 0 || (size_t)n > sizeof(m) ||
		    portmap_get_state(m, (size_t)n, &protocol,
		    &external) == -1) {
			(void)close(pm->pm_fd);
			pm->pm_fd = -1;
			protocol = PORTMAP_NONE;
			memset(&external, 0, sizeof(external));
		}
		changed |= set_state(pm, protocol, &external);
	}
	return (changed);
}

static bool
set_state(struct portmap *pm, enum portmap_protocol protocol,
    const struct addr *external)
{
	bool	changed;

	changed = (protocol == PORTMAP_NONE) !=
	    (pm->pm_protocol == PORTMAP_NONE) ||
	    !addr_equal(external, &pm->pm_external);
	pm->pm_protocol = protocol;
	pm->pm_external = *external;
	return (changed);
}

bool
portmap_external(const struct portmap *pm, struct addr *external)
{
	*external = pm->pm_external;
	return (pm->pm_protocol != PORTMAP_NONE);
}

const char *
portmap_protocol(const struct portmap *pm)
{
	switch (pm->pm_protocol) {
	case PORTMAP_PCP:
		return ("pcp");
	case PORTMAP_NATPMP:
		return ("nat-pmp");
	case PORTMAP_UPNP:
		return ("upnp");
	case PORTMAP_NONE:
	case PORTMAP_MAX:
		break;
	}
	return ("none");
}
