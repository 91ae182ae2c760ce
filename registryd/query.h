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
 * Long answers in slices between commits: history for the control tool, live
 * calls for signald after its restart.
 */
#ifndef WZP_REGISTRYD_QUERY_H
#define WZP_REGISTRYD_QUERY_H

#include <stdbool.h>

#include "common/ipc/channel.h"
#include "registryd/store.h"

/* Running at a time; further ones are answered as busy. */
#define QUERY_MAX	16
/* Bytes in a channel past which its next rows wait until it was read. */
#define QUERY_QUEUE_MAX	(256 * 1024)

struct queries;

struct queries	*queries_new(struct store *);
void		 queries_free(struct queries *);
void		 queries_control(struct queries *, struct channel *,
		    const struct msg_ctl_query *);
void		 queries_live(struct queries *, struct channel *,
		    const struct msg_live_request *);
/* That neighbour is gone, and what it asked with it. */
void		 queries_forget(struct queries *, enum proc);
bool		 queries_wanted(const struct queries *);
/* Nobody who asked has read what he was sent before. */
bool		 queries_blocked(const struct queries *);
/* One slice of the query whose turn it is. */
void		 queries_slice(struct queries *);

#endif /* WZP_REGISTRYD_QUERY_H */
