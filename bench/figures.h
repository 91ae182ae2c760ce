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
 * Delays as a histogram, and what one measurement of datagrams gave.
 */
#ifndef WZP_BENCH_FIGURES_H
#define WZP_BENCH_FIGURES_H

#include <stdint.h>
#include <stdio.h>

/* 10 us each; what takes longer is in the last. */
#define DELAY_STEP_NS	UINT64_C(10000)
#define DELAY_STEPS	100000

/*
 * Of a histogram that is shown: bounds in microseconds, three in each decade,
 * and one count more for what took longer.
 */
#define DELAY_BOUNDS_US {						\
	10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000,	\
	50000, 100000, 200000, 500000					\
}
#define DELAY_COUNTS	16

struct delays {
	uint32_t	d_counts[DELAY_STEPS];
	uint64_t	d_n;
	uint64_t	d_sum_ns;
};

void	 delay_clear(struct delays *);
void	 delay_add(struct delays *, uint64_t ns);
/* In milliseconds; 0 if there are none. */
double	 delay_mean(const struct delays *);
/*
 * Their histogram, a list of JSON: how many took less than each of the bounds
 * and not less than the one before, then how many took longer.
 */
void	 delay_print(const struct delays *, FILE *);
/* In milliseconds; part: 0.5 is the median.  0 if there are none. */
double	 delay_part(const struct delays *, double part);

struct flow {
	uint64_t	fl_asked;	/* by the pace */
	uint64_t	fl_sent;
	uint64_t	fl_refused;	/* by our own QUIC: congestion */
	uint64_t	fl_copies;	/* of each that was sent */
	uint64_t	fl_delivered;
	uint64_t	fl_ns;		/* that datagrams were sent */
	uint64_t	fl_self_ns;	/* CPU of the load */
	struct delays	fl_delays;
};

/* What would have been delivered without loss; the part that was lost. */
uint64_t flow_expected(const struct flow *);
double	 flow_loss(const struct flow *);

#endif /* WZP_BENCH_FIGURES_H */
