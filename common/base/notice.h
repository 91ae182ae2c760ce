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
 * Log lines about what strangers do: ten at once and one a second of each
 * kind, so that nobody fills a disk with them.  What was not said is counted,
 * and the next line tells how much it was.
 */
#ifndef WZP_BASE_NOTICE_H
#define WZP_BASE_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/rate.h"

/* One kind of lines.  Zero at the beginning. */
struct notice {
	struct rate	no_rate;
	uint64_t	no_unsaid;
};

/* true: notice() may say it now.  false: counted. */
bool	notice_due(struct notice *, uint64_t);
void	notice(struct notice *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

#endif /* WZP_BASE_NOTICE_H */
