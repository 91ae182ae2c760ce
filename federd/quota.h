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
 * What a peer, a stranger or somebody who probes us may have: the limits
 * (common/ipc/limits.h) that are federd's.
 */
#ifndef WZP_FEDERD_QUOTA_H
#define WZP_FEDERD_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/rate.h"
#include "common/ipc/limiter.h"

/* limiter NULL: the defaults, and nobody is shown (a module on its own). */
uint64_t	 quota(const struct limiter *, enum limit_id);
/* So many of a rate are good at once. */
uint64_t	 quota_burst(const struct limiter *, enum limit_id);
/* One more; key: the name of the peer, or a source. */
bool		 quota_take(struct limiter *, enum limit_id, struct rate *,
		    const char *key, uint64_t now);
/* So many are there just now. */
void		 quota_reached(struct limiter *, enum limit_id, uint64_t);
void		 quota_refused(struct limiter *, enum limit_id,
		    const char *key, uint64_t now);

#endif /* WZP_FEDERD_QUOTA_H */
