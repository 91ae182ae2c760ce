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
 * The sockets of a load (pipe.h), each at a loopback address of its own with
 * an endpoint of its own, and their turns.  There is one clock for all.
 */
#ifndef WZP_BENCH_BANK_H
#define WZP_BENCH_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/quic/endpoint.h"

/* Of all relays together; each has an address (pipe_open_at()). */
#define BANK_SOCKETS_MAX	256

struct bank;

struct bank_config {
	const struct addr	*bc_relays;
	unsigned int		 bc_nrelays;
	unsigned int		 bc_sockets;	/* for each relay */
	struct quic_limits	 bc_limits;
	bool			 bc_as_original;
	bool			 bc_classic;	/* X25519 only, as originals */
	/* Without transmit; what they are called with is of no use. */
	struct quic_ops		 bc_ops;
};

/* Some limits and no callbacks.  NULL: errno. */
struct bank	*bank_new(const struct bank_config *);
/* Ends connections without a word. */
void		 bank_free(struct bank *);

/* Sockets of the first relay come first: socket / sockets of each. */
struct quic_endpoint
		*bank_endpoint(const struct bank *, unsigned int socket);
struct quic_conn
		*bank_dial(struct bank *, unsigned int socket,
		    const char *sni);
/* What this socket sends and gets is lost from now on. */
void		 bank_mute(struct bank *, unsigned int socket);

/* Speaks, waits for something at most wait_ms, hears, does what is due. */
void		 bank_turn(struct bank *, int wait_ms);
/* Of this turn, monotonic; bank_update() reads the clock. */
uint64_t	 bank_now(const struct bank *);
uint64_t	 bank_update(struct bank *);
/* When what is being read came, by the clock of pipe_now(). */
uint64_t	 bank_arrived(const struct bank *);

/* Datagrams of all sockets so far. */
uint64_t	 bank_in(const struct bank *);
uint64_t	 bank_out(const struct bank *);
/* Connections, but for those of muted sockets. */
size_t		 bank_connections(const struct bank *);

#endif /* WZP_BENCH_BANK_H */
