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

/* So many a second, and so many at once. */
#ifndef WZP_BASE_RATE_H
#define WZP_BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"

/* Zero at the beginning. */
struct rate {
	uint64_t	ra_paid;	/* the time that is used up, ns */
};

/*
 * true: one more is within it, and is counted.  each: the time that one uses
 * up, ns; so many at once.
 */
static inline bool
rate_spend(struct rate *ra, uint64_t now, uint64_t each, uint64_t burst)
{
	if (ra->ra_paid < now)
		ra->ra_paid = now;
	if (ra->ra_paid - now > (burst - 1) * each)
		return (false);
	ra->ra_paid += each;
	return (true);
}

/* So many in a period, as many at once. */
static inline bool
rate_take_of(struct rate *ra, uint64_t now, uint64_t number, uint64_t period)
{
	return (rate_spend(ra, now, period / number, number));
}

static inline bool
rate_take(struct rate *ra, uint64_t now, uint64_t per_second, uint64_t burst)
{
	return (rate_spend(ra, now, NS_PER_S / per_second, burst));
}

#endif /* WZP_BASE_RATE_H */
