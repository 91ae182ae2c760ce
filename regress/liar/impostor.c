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
 * The impostor: two ports that are given to caller and callee as the other's
 * address.  Connectivity checks, which it cannot make, it passes on, so that
 * both find the path valid; the QUIC connection that is then dialled ends here,
 * another one is made to the other side, and whatever is said first on one of
 * them is said on the other.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/liar/liar.h"

/* No QUIC packet: form bit and fixed bit are both zero (RFC 9443 2). */
#define QUIC_BITS	0xc0
#define PORTS_TRIED	100

static const struct sockaddr_storage
		*facing(int, const struct sockaddr_storage *);

bool
impostor_is(void)
{
	return (liar.li_peer.p_side_fd[0] != -1);
}

/*
 * One port a side; the first one faces callers.  Of two in a race it dials
 * whose own address is the greater text (wzp-protocol 7.6), and ports of
 * clients begin with 3 to 6: so the caller dials and the callee waits.
 */
void
impostor_start(void)
{
	static const in_port_t	 first[PEER_SIDES] = { 10000, 9000 };
	struct sockaddr_storage	 ss;
	in_port_t		 port;
	int			 fd, i;

	for (i = 0; i < PEER_SIDES; i++) {
		ss = liar.li_peer.p_relay4;
		if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, 0)) == -1)
			script_error("impostor: %s", strerror(errno));
		for (port = first[i]; port < first[i] + PORTS_TRIED; port++) {
			((struct sockaddr_in *)(void *)&ss)->sin_port =
			    htons(port);
			if (bind(fd, (void *)&ss, addr_size(&ss)) == 0)
				break;
		}
		if (port == first[i] + PORTS_TRIED)
			script_error("impostor: %s", strerror(errno));
		liar.li_peer.p_side_fd[i] = fd;
	}
}

void
impostor_addr(bool caller, char *buf, size_t cap)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);

	if (getsockname(liar.li_peer.p_side_fd[caller ? 0 : 1], (void *)&ss,
	    &len) == -1)
		script_error("getsockname: %s", strerror(errno));
	addr_text(&ss, buf, cap);
}

/*
 * Where the client on the other side is: clients have one socket for all, so
 * it is where its registration comes from.
 */
static const struct sockaddr_storage *
facing(int fd, const struct sockaddr_storage *from)
{
	const struct lcall	*lc;
	struct guest		*gu;

	lc = TAILQ_LAST(&liar.li_calls, lcalls);
	if (lc == NULL || lc->lc_over)
		return (NULL);
	(void)from;
	gu = guest_by_fp(fd == liar.li_peer.p_side_fd[0] ? lc->lc_callee :
	    lc->lc_caller);
	return (gu == NULL ? NULL : &gu->gu_conn->pc_remote);
}

static int
other_side(int fd)
{
	return (fd == liar.li_peer.p_side_fd[0] ? liar.li_peer.p_side_fd[1] :
	    liar.li_peer.p_side_fd[0]);
}

bool
serve_packet(struct peer *p, int fd, const struct sockaddr_storage *from,
    const uint8_t *data, size_t len)
{
	const struct sockaddr_storage	*to;

	if (fd == p->p_server_fd || len == 0 || (data[0] & QUIC_BITS) != 0)
		return (false);
	if (liar.li_lie == LIE_ADDRESSES_BLIND ||
	    (to = facing(fd, from)) == NULL)
		return (true);
	liar.li_checks++;
	(void)sendto(other_side(fd), data, len, 0, (const void *)to,
	    addr_size(to));
	return (true);
}

/* Somebody dialled the impostor: it dials the other one in turn. */
static void
dial_other(struct guest *gu)
{
	const struct sockaddr_storage	*to;
	struct conn_options		 opt;
	struct guest			*other;
	int				 fd;

	if ((to = facing(gu->gu_conn->pc_fd, &gu->gu_conn->pc_remote)) == NULL)
		return;
	fd = other_side(gu->gu_conn->pc_fd);
	memset(&opt, 0, sizeof(opt));
	opt.sni = gu->gu_conn->pc_sni;
	opt.alpn = "wzp";
	opt.streams = 100;
	opt.profile = PROFILE_OURS;
	opt.shared = &fd;
	opt.to = to;
	other = xcalloc(1, sizeof(*other));
	other->gu_kind = GUEST_DIRECT;
	other->gu_conn = conn_dial(&liar.li_peer, "(impostor)", &opt);
	other->gu_other = gu;
	gu->gu_other = other;
	TAILQ_INSERT_TAIL(&liar.li_guests, other, gu_entry);
	say("lie %s: %s dialled the impostor", lie_name(liar.li_lie),
	    fd == liar.li_peer.p_side_fd[1] ? "the caller" : "the callee");
}

void
impostor_turn(struct guest *gu)
{
	struct guest	*other;
	struct dgram	*dg;

	if (gu->gu_other == NULL)
		dial_other(gu);
	if ((other = gu->gu_other) == NULL)
		return;
	/* The proof as it came: the exporter of this side is in it. */
	if (gu->gu_held != NULL && other->gu_conn->pc_up && !gu->gu_passed) {
		say("impostor: %.13s... passed on", gu->gu_held);
		guest_send(other, gu->gu_held, strlen(gu->gu_held));
		gu->gu_passed = true;
	}
	/* Refused there; here it is tried with the very proof that came. */
	if (gu->gu_held != NULL && other->gu_conn->pc_end != END_NONE) {
		say("impostor: %.13s... returned", gu->gu_held);
		guest_send(gu, gu->gu_held, strlen(gu->gu_held));
		free(gu->gu_held);
		gu->gu_held = NULL;
	}
	while ((dg = STAILQ_FIRST(&gu->gu_conn->pc_dgrams)) != NULL) {
		STAILQ_REMOVE_HEAD(&gu->gu_conn->pc_dgrams, dg_entry);
		liar.li_direct++;
		if (other->gu_conn->pc_up &&
		    other->gu_conn->pc_end == END_NONE)
			send_datagram(other, dg->dg_data, dg->dg_len);
		free(dg);
	}
}
