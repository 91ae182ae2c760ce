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
 * What the load goes through: sockets that are connected to a relay, so that
 * the system calls of the load cost little beside those of the relay.  Packets
 * of one length that follow each other, and one that is shorter behind them,
 * leave as one (UDP_SEGMENT).
 */
#ifndef WZP_BENCH_PIPE_H
#define WZP_BENCH_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

struct pipe;

/* at: when the kernel had it, nanoseconds of pipe_now(). */
typedef void pipe_received(void *arg, const uint8_t *, size_t, uint64_t at);

/* local: its port may be 0.  NULL: errno. */
struct pipe	*pipe_open(const struct addr *local, const struct addr *remote);
/*
 * The same at 127.0.i.1, i up to 255: a relay counts newcomers by /24, so
 * these are as many places.
 */
struct pipe	*pipe_open_at(unsigned int i, const struct addr *remote);
void		 pipe_free(struct pipe *);
int		 pipe_fd(const struct pipe *);
const struct addr
		*pipe_local(const struct pipe *);
/*
 * Copies; flushes by itself when the batch is full or another pipe's turn
 * comes, so blocks for one pipe are cheapest.
 */
void		 pipe_queue(struct pipe *, const uint8_t *, size_t);
void		 pipe_flush(struct pipe *);
/* The clock of arrivals: they do not wait until we read. */
uint64_t	 pipe_now(void);
/* Until there is no more, or a few batches were read. */
void		 pipe_receive(struct pipe *, pipe_received *, void *);

#endif /* WZP_BENCH_PIPE_H */
