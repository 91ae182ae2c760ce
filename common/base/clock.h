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

/* Time: monotonic nanoseconds for protocol work, wall clock for records. */
#ifndef WZP_BASE_CLOCK_H
#define WZP_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_MS	UINT64_C(1000000)
#define NS_PER_S	UINT64_C(1000000000)

uint64_t	clock_mono_ns(void);
uint64_t	clock_wall_ms(void);	/* Unix time in milliseconds */

/* Of two times, UINT64_MAX meaning never. */
static inline uint64_t
clock_earlier(uint64_t a, uint64_t b)
{
	return (a < b ? a : b);
}

#endif /* WZP_BASE_CLOCK_H */
