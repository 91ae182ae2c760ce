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
 * The table of slots: which socket of the shared port belongs to which
 * worker.  A slot is given out at the end, in the order of first need, and
 * stays its worker's for the whole run, also while that is not wanted.
 */
#ifndef WZP_RELAYD_SLOTS_H
#define WZP_RELAYD_SLOTS_H

#include "relayd/process.h"

/* Has a worker of that role a socket of the shared port? */
bool	slots_has(enum proc);
/*
 * Numbers for all that this configuration wants and that have none yet; when
 * the ports are open, sockets too.  -1: logged, and all is as before.
 */
int	slots_reserve(struct supervisor *, const struct config *);
/* Changed for a worker: everybody who keeps the table is told the row. */
void	slots_changed(const struct process *);
/* The worker is wanted no more: its row says so. */
void	slots_retire(struct supervisor *, enum proc, unsigned int instance);
/* The whole table to a new worker; -1: cannot be sent. */
int	slots_send(struct process *);
/* The slot of a worker, -1: none. */
int	slots_number(const struct process *);

#endif /* WZP_RELAYD_SLOTS_H */
