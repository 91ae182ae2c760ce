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

/* What a new worker is told before it starts. */
#ifndef WZP_RELAYD_SETUP_H
#define WZP_RELAYD_SETUP_H

#include "relayd/process.h"

/* Settings, slots, sockets, keys, and keyd's seed.  -1: cannot, logged. */
int	setup_worker(struct process *);
/*
 * Makes the channels between p and each neighbour that is there; the other
 * end of each gets its own, too.
 */
int	setup_mesh(struct process *);
/* The identity to take and START. */
int	setup_start(struct process *);

#endif /* WZP_RELAYD_SETUP_H */
