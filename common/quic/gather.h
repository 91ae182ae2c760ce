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
 * When to wait for more.  A turn of a worker costs system calls and cold
 * memory, whatever there is in it.  While datagrams come fast, turns begin a
 * millisecond apart, so that each finds a batch; else each datagram is handled
 * as it comes.  No sockets, no clock: see service.c.
 */
#ifndef WZP_QUIC_GATHER_H
#define WZP_QUIC_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"

/* Between the beginnings of two turns. */
#define GATHER_NS	(1 * NS_PER_MS)
/* How fast they come is looked at so often. */
#define GATHER_WINDOW_NS (8 * NS_PER_MS)
/*
 * Datagrams a millisecond from which, and below which no more, waiting is
 * worth the delay: that of ten calls, and of five.
 */
#define GATHER_FAST	2
#define GATHER_SLOW	1

/* Zero at the beginning. */
struct gather {
	uint64_t	ga_since;	/* of the window */
	uint64_t	ga_heard;	/* in it */
	bool		ga_on;
};

/* n datagrams came in a turn.  Are turns to be gathered from now on? */
bool	 gather_heard(struct gather *, uint64_t now, size_t n);

#endif /* WZP_QUIC_GATHER_H */
