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

/* What workers say about themselves, and what controld may ask relayd. */
#ifndef WZP_RELAYD_REPORT_H
#define WZP_RELAYD_REPORT_H

#include "relayd/process.h"

/* A worker's line into our log, escaped, with its name, rate limited. */
void	report_log(struct process *, const struct msg_log *);
/* How a process ended, in words. */
const char
	*report_death(const struct process *, char *, size_t);
/* Answers CTL_WORKERS, CTL_STATS and CTL_RELOAD. */
void	report_query(struct supervisor *, struct channel *,
	    const struct msg_ctl_query *);

#endif /* WZP_RELAYD_REPORT_H */
