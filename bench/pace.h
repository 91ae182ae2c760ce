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
 * When to send how many.
 */
#ifndef WZP_BENCH_PACE_H
#define WZP_BENCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/figures.h"

struct pace {
	uint64_t	pa_per_s;
	uint64_t	pa_begun;
	uint64_t	pa_ns;
	uint64_t	pa_asked;
	uint64_t	pa_self_ns;
};

void	 pace_begin(struct pace *, uint64_t per_s, uint64_t ns);
/*
 * false: the time is over, and all was delivered or settle_ns have passed.
 */
bool	 pace_turn(const struct pace *, const struct flow *,
	    uint64_t settle_ns);
/*
 * How many are due now.  Who is more than 10 ms late leaves out what he
 * missed: to make up for it in one burst would overflow the buffers of those
 * who are measured.
 */
uint64_t pace_due(struct pace *);
/*
 * Until the next millisecond: who wakes up for each datagram costs more than
 * what he measures.
 */
void	 pace_sleep(const struct pace *);
void	 pace_end(const struct pace *, struct flow *);

#endif /* WZP_BENCH_PACE_H */
