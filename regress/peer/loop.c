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
 * The loop: packets of all connections, their timers, until something is
 * true or time is up.
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "regress/peer/peer.h"

/* Of the IDs on the sockets of servers, unless said otherwise. */
#define CID_LEN		12
#define POLL_MAX	256
/* Drained of one socket before the others get their turn. */
#define READ_BURST	64

static void	 read_client(struct pconn *);
static void	 read_server(struct peer *, int);
static void	 turn(struct pconn *);

void
loop_init(struct peer *p)
{
	int	 i;

	memset(p, 0, sizeof(*p));
	TAILQ_INIT(&p->p_conns);
	p->p_server_fd = -1;
	p->p_cid_len = CID_LEN;
	for (i = 0; i < PEER_SIDES; i++)
		p->p_side_fd[i] = -1;
	p->p_start = now_ns();
}

static void
read_client(struct pconn *pc)
{
	uint8_t	 buf[65536];
	ssize_t	 n;
	int	 i;

	for (i = 0; i < READ_BURST && pc->pc_end == END_NONE; i++) {
		if ((n = recv(pc->pc_fd, buf, sizeof(buf), 0)) == -1) {
			if (errno == ECONNREFUSED) {
				trace("%s: port unreachable", pc->pc_name);
				continue;
			}
			return;
		}
		conn_input(pc, buf, (size_t)n);
	}
}

/* Which of the server's connections a packet belongs to. */
static struct pconn *
server_lookup(struct peer *p, const ngtcp2_version_cid *vc)
{
	const ngtcp2_cid	*odcid;
	struct pconn		*pc;
	ngtcp2_cid		*scids;
	size_t			 i, n;
	bool			 found;

	TAILQ_FOREACH(pc, &p->p_conns, pc_entry) {
		if (!pc->pc_server && !pc->pc_shared)
			continue;
		odcid = ngtcp2_conn_get_client_initial_dcid2(pc->pc_conn);
		if (pc->pc_server && odcid->datalen == vc->dcidlen &&
		    memcmp(odcid->data, vc->dcid, vc->dcidlen) == 0)
			return (pc);
		n = ngtcp2_conn_get_scid2(pc->pc_conn, NULL);
		scids = xcalloc(n + 1, sizeof(*scids));
		ngtcp2_conn_get_scid2(pc->pc_conn, scids);
		found = false;
		for (i = 0; i < n; i++)
			found |= scids[i].datalen == vc->dcidlen &&
			    memcmp(scids[i].data, vc->dcid,
			    vc->dcidlen) == 0;
		free(scids);
		if (found)
			return (pc);
	}
	return (NULL);
}

static void
read_server(struct peer *p, int fd)
{
	struct sockaddr_storage	 from;
	ngtcp2_version_cid	 vc;
	struct pconn		*pc;
	socklen_t		 len;
	uint8_t			 buf[65536];
	ssize_t			 n;

	for (;;) {
		len = sizeof(from);
		n = recvfrom(fd, buf, sizeof(buf), 0,
		    (void *)&from, &len);
		if (n <= 0)
			return;
		if (ngtcp2_pkt_decode_version_cid(&vc, buf, (size_t)n,
		    p->p_cid_len) != 0)
			continue;
		pc = server_lookup(p, &vc);
		if (pc == NULL && serve_packet(p, fd, &from, buf, (size_t)n))
			continue;
		if (pc == NULL &&
		    (pc = conn_accept(p, fd, &from, buf, (size_t)n)) == NULL)
			continue;
		/* Wherever its client is now. */
		pc->pc_remote = from;
		conn_input(pc, buf, (size_t)n);
	}
}

/* What a connection has to say after it was read. */
static void
turn(struct pconn *pc)
{
	struct pstream	*ps;

	if (pc->pc_end != END_NONE)
		return;
	if (pc->pc_server || pc->pc_shared)
		serve_turn(pc);
	TAILQ_FOREACH(ps, &pc->pc_streams, ps_entry)
		stream_answer(pc, ps);
	conn_flush(pc);
}

bool
loop_until(struct peer *p, until_fn *until, void *arg, uint64_t deadline)
{
	struct pollfd	 pfd[POLL_MAX];
	struct pconn	*pc, *who[POLL_MAX];
	int		 fds[1 + PEER_SIDES];
	uint64_t	 now, next, t;
	nfds_t		 n, i;
	int		 ms;

	for (;;) {
		pulse_turn(now_ns());
		TAILQ_FOREACH(pc, &p->p_conns, pc_entry)
			turn(pc);
		if (until(arg))
			return (true);
		now = now_ns();
		if (now >= deadline)
			return (false);
		if ((next = pulse_expiry()) > deadline)
			next = deadline;
		n = 0;
		fds[0] = p->p_server_fd;
		memcpy(fds + 1, p->p_side_fd, sizeof(p->p_side_fd));
		for (i = 0; i < 1 + PEER_SIDES; i++) {
			if (fds[i] == -1)
				continue;
			pfd[n].fd = fds[i];
			pfd[n].events = POLLIN;
			who[n++] = NULL;
		}
		TAILQ_FOREACH(pc, &p->p_conns, pc_entry) {
			if ((t = conn_expiry(pc)) < next)
				next = t;
			if (pc->pc_server || pc->pc_shared ||
			    pc->pc_end != END_NONE ||
			    pc->pc_no_read)
				continue;
			if (n == POLL_MAX)
				script_error("too many connections");
			pfd[n].fd = pc->pc_fd;
			pfd[n].events = POLLIN;
			who[n++] = pc;
		}
		ms = next <= now ? 0 :
		    (int)((next - now + NS_PER_MS - 1) / NS_PER_MS);
		if (poll(pfd, n, ms) == -1 && errno != EINTR)
			script_error("poll: %s", strerror(errno));
		for (i = 0; i < n; i++) {
			if ((pfd[i].revents & (POLLIN | POLLERR)) == 0)
				continue;
			if (who[i] == NULL)
				read_server(p, pfd[i].fd);
			else
				read_client(who[i]);
		}
		now = now_ns();
		TAILQ_FOREACH(pc, &p->p_conns, pc_entry)
			conn_timer(pc, now);
	}
}
