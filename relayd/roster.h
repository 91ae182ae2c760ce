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

/* Which workers there are. */
#ifndef WZP_RELAYD_ROSTER_H
#define WZP_RELAYD_ROSTER_H

#include "relayd/process.h"

/*
 * Makes the list of workers what the configuration wants: new ones are on
 * the list but not started, those that are wanted no more end; mediad first
 * lets its people go.
 */
void	roster_apply(struct supervisor *);
/* The entry of a worker that is gone for good. */
void	roster_remove(struct process *);

#endif /* WZP_RELAYD_ROSTER_H */
