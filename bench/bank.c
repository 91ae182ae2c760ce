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
 * The sockets of a load, their endpoints and turns (bank.h).
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bank.h"
#include "bench/pipe.h"
#include "common/base/clock.h"
#include "common/quic/tls.h"

struct socket {
	struct bank		*so_bank;
	const struct addr	*so_relay;
	struct pipe		*so_pipe;
	struct quic_endpoint	*so_ep;
	bool			 so_mute;
};

struct bank {
	struct socket		 b_sockets[BANK_SOCKETS_MAX];
	struct pollfd		 b_pfds[BANK_SOCKETS_MAX];
	unsigned int		 b_n;
	struct addr		*b_relays;
	struct quic_ops		 b_ops;
	struct quic_tls		*b_tls;
	uint64_t		 b_now;
	uint64_t		 b_arrived;
	uint64_t		 b_in;
	uint64_t		 b_out;
};

static int	socket_open(struct bank *, const struct bank_config *,
		    unsigned int);
static void	received(void *, const uint8_t *, size_t, uint64_t);
static void	on_transmit(void *, const struct quic_packet *);

struct bank *
bank_new(const struct bank_config *bc)
{
	struct bank	*b;
	unsigned int	 i;
	int		 save;

	if (bc->bc_nrelays * bc->bc_sockets > BANK_SOCKETS_MAX) {
		errno = EINVAL;
		return (NULL);
	}
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return (NULL);
	b->b_ops = bc->bc_ops;
	b->b_ops.transmit = on_transmit;
	(void)bank_update(b);
	if ((b->b_relays = calloc(bc->bc_nrelays,
	    sizeof(*b->b_relays))) == NULL ||
	    (b->b_tls = quic_tls_client(bc->bc_as_original ||
	    bc->bc_classic)) == NULL)
		goto fail;
	memcpy(b->b_relays, bc->bc_relays,
	    bc->bc_nrelays * sizeof(*b->b_relays));
	for (i = 0; i < bc->bc_nrelays * bc->bc_sockets; i++)
		if (socket_open(b, bc, i) == -1)
			goto fail;
	return (b);
fail:
	save = errno;
	bank_free(b);
	errno = save;
	return (NULL);
}

static int
socket_open(struct bank *b, const struct bank_config *bc, unsigned int i)
{
	struct socket		*so = &b->b_sockets[i];
	struct quic_config	 cf;

	so->so_bank = b;
	so->so_relay = &b->b_relays[i / bc->bc_sockets];
	b->b_n = i + 1;
	if ((so->so_pipe = pipe_open_at(i, so->so_relay)) == NULL)
		return (-1);
	memset(&cf, 0, sizeof(cf));
	cf.limits = bc->bc_limits;
	cf.ops = &b->b_ops;
	cf.arg = so;
	cf.as_original = bc->bc_as_original;
	cf.tls_client = b->b_tls;
	arc4random_buf(cf.reset_key, sizeof(cf.reset_key));
	if ((so->so_ep = quic_endpoint_new(&cf)) == NULL)
		return (-1);
	b->b_pfds[i].fd = pipe_fd(so->so_pipe);
	b->b_pfds[i].events = POLLIN;
	return (0);
}

void
bank_free(struct bank *b)
{
	unsigned int	i;

	if (b == NULL)
		return;
	for (i = 0; i < b->b_n; i++) {
		quic_endpoint_free(b->b_sockets[i].so_ep);
		pipe_free(b->b_sockets[i].so_pipe);
	}
	quic_tls_free(b->b_tls);
	free(b->b_relays);
	free(b);
}

struct quic_endpoint *
bank_endpoint(const struct bank *b, unsigned int i)
{
	return (b->b_sockets[i].so_ep);
}

struct quic_conn *
bank_dial(struct bank *b, unsigned int i, const char *sni)
{
	struct socket	*so = &b->b_sockets[i];

	return (quic_connect(so->so_ep, 0, pipe_local(so->so_pipe),
	    so->so_relay, sni, b->b_now));
}

void
bank_mute(struct bank *b, unsigned int i)
{
	b->b_sockets[i].so_mute = true;
}

void
bank_turn(struct bank *b, int wait_ms)
{
	struct socket	*so;
	uint64_t	 due = UINT64_MAX;
	unsigned int	 i;

	(void)bank_update(b);
	for (i = 0; i < b->b_n; i++) {
		so = &b->b_sockets[i];
		quic_endpoint_flush(so->so_ep, b->b_now);
		pipe_flush(so->so_pipe);
		due = clock_earlier(due, quic_endpoint_expiry(so->so_ep));
	}
	if (due <= b->b_now)
		wait_ms = 0;
	else if ((due - b->b_now) / NS_PER_MS < (uint64_t)wait_ms)
		wait_ms = (int)((due - b->b_now) / NS_PER_MS);
	if (poll(b->b_pfds, b->b_n, wait_ms) <= 0 && due > bank_update(b))
		return;
	(void)bank_update(b);
	for (i = 0; i < b->b_n; i++) {
		so = &b->b_sockets[i];
		if (b->b_pfds[i].revents != 0)
			pipe_receive(so->so_pipe, received, so);
		quic_endpoint_expire(so->so_ep, b->b_now);
		quic_endpoint_flush(so->so_ep, b->b_now);
		pipe_flush(so->so_pipe);
	}
}

uint64_t
bank_now(const struct bank *b)
{
	return (b->b_now);
}

uint64_t
bank_update(struct bank *b)
{
	return (b->b_now = clock_mono_ns());
}

uint64_t
bank_arrived(const struct bank *b)
{
	return (b->b_arrived);
}

uint64_t
bank_in(const struct bank *b)
{
	return (b->b_in);
}

uint64_t
bank_out(const struct bank *b)
{
	return (b->b_out);
}

size_t
bank_connections(const struct bank *b)
{
	size_t		n = 0;
	unsigned int	i;

	for (i = 0; i < b->b_n; i++)
		if (!b->b_sockets[i].so_mute)
			n += quic_endpoint_connections(b->b_sockets[i].so_ep);
	return (n);
}

static void
received(void *arg, const uint8_t *data, size_t len, uint64_t at)
{
	struct socket	*so = arg;
	struct bank	*b = so->so_bank;

	b->b_in++;
	b->b_arrived = at;
	if (!so->so_mute)
		quic_endpoint_receive(so->so_ep, 0, pipe_local(so->so_pipe),
		    so->so_relay, 0, data, len, b->b_now);
}

static void
on_transmit(void *arg, const struct quic_packet *qp)
{
	struct socket	*so = arg;

	so->so_bank->b_out++;
	if (!so->so_mute)
		pipe_queue(so->so_pipe, qp->data, qp->len);
}
