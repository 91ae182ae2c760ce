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
 * A small server inside of the peer, on loopback.  The peer's own scripts and
 * the negative controls run against it: what it does is fixed by the SNI.
 *
 *   echo     every message comes back on a new stream, every datagram too
 *   close    closed right after the handshake, code 0, "normal close"
 *   silent   nothing at all; streams of the client stay half open
 *   uni      one unidirectional stream with the bytes 1.0-self
 *   nofin    as echo, but without FIN
 *   tail     as echo, with one byte too many behind the message
 */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/peer/peer.h"

void
serve_start(struct peer *p)
{
	struct sockaddr_in	 in;
	struct ident		 id;
	socklen_t		 len = sizeof(in);
	uint8_t			 seed[32];

	memset(seed, 0x42, sizeof(seed));
	memset(&id, 0, sizeof(id));
	ident_init(&id, seed);
	p->p_server_ctx = tls_server_ctx(&id);
	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((p->p_server_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0)) == -1 ||
	    bind(p->p_server_fd, (void *)&in, sizeof(in)) == -1 ||
	    getsockname(p->p_server_fd, (void *)&in, &len) == -1)
		script_error("server socket: %s", strerror(errno));
	memset(&p->p_relay4, 0, sizeof(p->p_relay4));
	memcpy(&p->p_relay4, &in, sizeof(in));
	p->p_have4 = true;
}

static void
echo_message(struct pconn *pc, const struct pstream *in)
{
	struct pstream	*ps;

	if ((ps = stream_open(pc, "", false)) == NULL)
		return;
	stream_write(ps, in->ps_in, 4 + in->ps_taken);
	if (strcmp(pc->pc_sni, "tail") == 0)
		stream_write(ps, "x", 1);
	if (strcmp(pc->pc_sni, "nofin") != 0)
		stream_fin(ps);
}

bool
serve_packet(struct peer *p, int fd, const struct sockaddr_storage *from,
    const uint8_t *data, size_t len)
{
	struct pconn	*pc;

	if (!side_is(p, fd))
		return (false);
	/* Who comes to a socket of the script waits for its `accept'. */
	if ((pc = conn_accept(p, fd, from, data, len)) != NULL) {
		pc->pc_scripted = true;
		conn_input(pc, data, len);
	}
	return (true);
}

void
serve_turn(struct pconn *pc)
{
	struct pstream	*ps;
	struct dgram	*dg;
	const char	*why;

	if (!pc->pc_up || pc->pc_scripted)
		return;
	if (!pc->pc_served) {
		pc->pc_served = true;
		if (strcmp(pc->pc_sni, "silent") == 0)
			pc->pc_no_credit = true;
		if (strcmp(pc->pc_sni, "close") == 0) {
			conn_close(pc, 0, "normal close", 12);
			return;
		}
		if (strcmp(pc->pc_sni, "uni") == 0) {
			ps = stream_open(pc, "", true);
			stream_write(ps, "1.0-self", 8);
			stream_fin(ps);
		}
	}
	if (strcmp(pc->pc_sni, "silent") == 0)
		return;
	while ((ps = stream_next_message(pc, &why)) != NULL) {
		pc->pc_next_bidi += 4;
		if (why == NULL)
			echo_message(pc, ps);
	}
	while ((dg = STAILQ_FIRST(&pc->pc_dgrams)) != NULL) {
		STAILQ_REMOVE_HEAD(&pc->pc_dgrams, dg_entry);
		STAILQ_INSERT_TAIL(&pc->pc_dgrams_out, dg, dg_entry);
	}
}
