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
 * Histogram of delays (figures.h).
 */
#include "config.h"

#include <string.h>

#include "bench/figures.h"
#include "common/base/clock.h"

void
delay_clear(struct delays *d)
{
	memset(d, 0, sizeof(*d));
}

void
delay_add(struct delays *d, uint64_t ns)
{
	uint64_t	i = ns / DELAY_STEP_NS;

	d->d_counts[i < DELAY_STEPS ? i : DELAY_STEPS - 1]++;
	d->d_n++;
	d->d_sum_ns += ns;
}

double
delay_mean(const struct delays *d)
{
	if (d->d_n == 0)
		return (0.);
	return ((double)d->d_sum_ns / (double)d->d_n / (double)NS_PER_MS);
}

double
delay_part(const struct delays *d, double part)
{
	uint64_t	want = (uint64_t)((double)d->d_n * part), seen = 0;
	unsigned int	i;

	if (d->d_n == 0)
		return (0.);
	for (i = 0; i < DELAY_STEPS - 1; i++)
		if ((seen += d->d_counts[i]) > want)
			break;
	return ((double)(i * DELAY_STEP_NS) / (double)NS_PER_MS);
}

void
delay_print(const struct delays *d, FILE *out)
{
	static const unsigned int	bounds_us[] = DELAY_BOUNDS_US;
	uint64_t			n, seen = 0;
	unsigned int			i, step = 0;

	for (i = 0; i < sizeof(bounds_us) / sizeof(bounds_us[0]); i++) {
		for (n = 0; step < DELAY_STEPS - 1 && (step + 1) *
		    DELAY_STEP_NS <= bounds_us[i] * UINT64_C(1000); step++)
			n += d->d_counts[step];
		fprintf(out, "%s%llu", i == 0 ? "[" : ",",
		    (unsigned long long)n);
		seen += n;
	}
	fprintf(out, ",%llu]", (unsigned long long)(d->d_n - seen));
}

uint64_t
flow_expected(const struct flow *fl)
{
	return (fl->fl_sent * fl->fl_copies);
}

double
flow_loss(const struct flow *fl)
{
	uint64_t	expected = flow_expected(fl);

	if (expected == 0)
		return (1.);
	return (1. - (double)fl->fl_delivered / (double)expected);
}
