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

/* Rows about calls, clients and counters for the control tool. */
#ifndef WZP_SIGNALD_CONTROL_H
#define WZP_SIGNALD_CONTROL_H

#include "common/ipc/channel.h"
#include "common/ipc/row.h"
#include "signald/call_flow.h"
#include "signald/placing.h"
#include "signald/signal_conn.h"

/* Rows of one answer: they must fit the channel's queue. */
#define CONTROL_ROWS_MAX	4000

/* CTL_CALLS (live) and CTL_CLIENTS. */
void	 control_query(struct channel *, const struct msg_ctl_query *,
	    const struct flow *, struct hub *, uint64_t now);
void	 control_stats(struct row *, const struct flow *,
	    const struct signal_server *, const struct placing *);

#endif /* WZP_SIGNALD_CONTROL_H */
