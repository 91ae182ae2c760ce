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

/* The end of the relay. */
#ifndef WZP_RELAYD_STOP_H
#define WZP_RELAYD_STOP_H

#include "relayd/process.h"

/* What a worker gets for an orderly end. */
#define STOP_LIMIT_MS		2000

/* Ends all workers in order, then the loop; a second time: at once. */
void	supervise_stop(struct supervisor *, int status);
/* A worker is gone: perhaps the next ones may be told to end. */
void	stop_wave(struct supervisor *);

#endif /* WZP_RELAYD_STOP_H */
