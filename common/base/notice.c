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

/* Log lines about what strangers do. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/log.h"
#include "common/base/notice.h"

#define LINES_RATE	1	/* a second */
#define LINES_BURST	10

bool
notice_due(struct notice *no, uint64_t now)
{
	if (rate_take(&no->no_rate, now, LINES_RATE, LINES_BURST))
		return (true);
	no->no_unsaid++;
	return (false);
}

void
notice(struct notice *no, const char *fmt, ...)
{
	char	line[640];
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (no->no_unsaid == 0)
		log_info("%s", line);
	else
		log_info("%s (and %llu more)", line,
		    (unsigned long long)no->no_unsaid);
	no->no_unsaid = 0;
}
