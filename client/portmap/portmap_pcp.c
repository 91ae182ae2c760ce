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

/* A mapping by PCP (RFC 6887). */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/portmap/pcp.h"
#include "client/portmap/portmap_helper.h"
#include "common/base/clock.h"

/* Between two requests; doubled with each (8.1.1 begins with 3 s). */
#define AGAIN_NS	UINT64_C(250000000)

static int	 open_gateway(const struct portmap_lease *);
static bool	 ask(int, struct pcp_map *, uint64_t);

static int
open_gateway(const struct portmap_lease *pl)
{
	struct addr	to = pl->pl_gateway;
	int		fd;

	addr_set_port(&to, PCP_PORT);
	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0)) == -1)
		return (-1);
	/* From then on the kernel takes packets of the gateway only. */
	if (connect(fd, &to.addr_u.sa, to.addr_len) == -1) {
		(void)close(fd);
		return (-1);
	}
	return (fd);
}

static bool
ask(int fd, struct pcp_map *m, uint64_t limit)
{
	uint8_t		q[PCP_MAP_LEN], a[PCP_PACKET_MAX];
	uint64_t	wait = AGAIN_NS, until = 0;
	ssize_t		n;

	pcp_put_map(q, m);
	for (;;) {
		if (clock_mono_ns() >= until) {
			if (send(fd, q, sizeof(q), MSG_NOSIGNAL) == -1)
				return (false);
			until = clock_mono_ns() + wait;
			wait *= 2;
		}
		if (!portmap_wait(fd, until < limit ? until : limit)) {
			if (clock_mono_ns() >= limit)
				return (false);
			continue;
		}
		n = recv(fd, a, sizeof(a), MSG_DONTWAIT | MSG_TRUNC);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		/* Nobody listens there. */
		if (n == -1)
			return (false);
		if ((size_t)n > sizeof(a))
			continue;
		switch (pcp_get_map(a, (size_t)n, m)) {
		case PCP_MAPPED:
			return (true);
		case PCP_REFUSED:
			return (false);
		case PCP_IGNORED:
			break;
		}
	}
}

bool
pcp_map(struct portmap_lease *pl, uint64_t limit)
{
	struct pcp_map	m;
	uint64_t	now;
	bool		ok;
	int		fd, i;

	if (pl->pl_protocol != PORTMAP_PCP) {
		/* One nonce for the life of a mapping (11.2). */
		arc4random_buf(pl->pl_nonce, sizeof(pl->pl_nonce));
		pl->pl_epoch_at = 0;
	}
	if ((fd = open_gateway(pl)) == -1)
		return (false);
	/*
	 * A server that has lost its state in between may have given our
	 * port to others meanwhile: what it says the second time holds.
	 */
	for (i = 0; i < 2; i++) {
		memset(&m, 0, sizeof(m));
		memcpy(m.pm_nonce, pl->pl_nonce, sizeof(m.pm_nonce));
		m.pm_client = pl->pl_self;
		m.pm_port = pl->pl_port;
		m.pm_lifetime = PORTMAP_LIFETIME;
		m.pm_external = pl->pl_external;
		if (addr_port(&m.pm_external) == 0) {
			m.pm_external = pl->pl_self;
			memset(&m.pm_external.addr_u.in.sin_addr, 0, 4);
			addr_set_port(&m.pm_external, pl->pl_port);
		}
		if (!(ok = ask(fd, &m, limit)))
			break;
		now = clock_mono_ns();
		pl->pl_external = m.pm_external;
		pl->pl_lifetime = m.pm_lifetime;
		if (pl->pl_epoch_at == 0 || pcp_epoch_valid(pl->pl_epoch,
		    m.pm_epoch, pl->pl_epoch_at / NS_PER_S, now / NS_PER_S)) {
			pl->pl_epoch = m.pm_epoch;
			pl->pl_epoch_at = now;
			break;
		}
		pl->pl_epoch = m.pm_epoch;
		pl->pl_epoch_at = now;
	}
	(void)close(fd);
	return (ok);
}

void
pcp_unmap(struct portmap_lease *pl, uint64_t limit)
{
	struct pcp_map	m;
	int		fd;

	if ((fd = open_gateway(pl)) == -1)
		return;
	memset(&m, 0, sizeof(m));
	memcpy(m.pm_nonce, pl->pl_nonce, sizeof(m.pm_nonce));
	m.pm_client = pl->pl_self;
	m.pm_port = pl->pl_port;
	(void)ask(fd, &m, limit);
	(void)close(fd);
}
