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
 * gap REC: the longest stretch of a repeating sweep (300-3300 Hz in 4 s)
 * that never appears in REC, in milliseconds.  The frequency of the sweep
 * is the source time, so neither delay nor pauses hide a gap.  Gaps of more
 * than two seconds cannot be told from shorter ones.
 */
#include <err.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/audio/sound.h"

#define RATE		16000
#define WINDOW		320	/* samples: 20 ms */
#define HOP		160	/* samples: 10 ms */
#define SWEEP_LOW	300.0
#define SWEEP_HIGH	3300.0
#define SWEEP_S		4.0
#define EDGE_HZ		60.0	/* the jump back smears around both ends */
#define TONALITY	0.5	/* share of power around the peak */

static double	source_time(const float *, double *);
static bool	advances(double, double);
static int	compare_double(const void *, const void *);

/* Seconds within the sweep, or -1 when there is no clear tone. */
static double
source_time(const float *x, double *energy)
{
	float p[SOUND_FFT / 2 + 1];
	double total = 0, near = 0, a, b, c, shift, hz;
	size_t i, peak = 1;

	sound_spectrum(x, WINDOW, p);
	for (i = 1; i < SOUND_FFT / 2; i++) {
		total += p[i];
		if (p[i] > p[peak])
			peak = i;
	}
	*energy = total;
	if (total <= 0 || peak < 2 || peak + 2 >= SOUND_FFT / 2)
		return (-1);
	for (i = peak - 2; i <= peak + 2; i++)
		near += p[i];
	if (near / total < TONALITY)
		return (-1);
	a = log(p[peak - 1] + 1e-20);
	b = log(p[peak] + 1e-20);
	c = log(p[peak + 1] + 1e-20);
	shift = 0.5 * (a - c) / (a - 2 * b + c);
	hz = ((double)peak + shift) * RATE / SOUND_FFT;
	if (hz < SWEEP_LOW + EDGE_HZ || hz > SWEEP_HIGH - EDGE_HZ)
		return (-1);
	return ((hz - SWEEP_LOW) / (SWEEP_HIGH - SWEEP_LOW) * SWEEP_S);
}

/*
 * Two frames 10 ms apart in REC are played sound only if the source time
 * went on as well: concealment holds a tone.
 */
static bool
advances(double t1, double t2)
{
	double d = t2 - t1;

	if (t1 < 0 || t2 < 0)
		return (false);
	if (d < -SWEEP_S / 2)
		d += SWEEP_S;
	return (d > 0.004 && d < 0.016);
}

static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

int
main(int argc, char *argv[])
{
	struct sound s;
	double *t, *raw, *energy, *sorted, loud, last = 0, expect, v, gap = 0;
	double gap_at = 0;
	double edge = EDGE_HZ / (SWEEP_HIGH - SWEEP_LOW) * SWEEP_S;
	size_t frames, i, n = 0;
	long last_frame = -1;

	if (argc != 2) {
		fprintf(stderr, "usage: gap REC\n");
		return (2);
	}
	sound_read(&s, argv[1], RATE);
	frames = s.n < WINDOW ? 0 : (s.n - WINDOW) / HOP + 1;
	t = calloc(frames + 1, sizeof(*t));
	raw = calloc(frames + 1, sizeof(*raw));
	energy = calloc(frames + 1, sizeof(*energy));
	sorted = calloc(frames + 1, sizeof(*sorted));
	if (t == NULL || raw == NULL || energy == NULL || sorted == NULL)
		err(2, NULL);
	for (i = 0; i < frames; i++) {
		raw[i] = source_time(s.samples + i * HOP, &energy[i]);
		sorted[i] = energy[i];
	}
	qsort(sorted, frames, sizeof(*sorted), compare_double);
	loud = frames > 0 ? sorted[frames * 3 / 4] * 1e-3 : 0;
	for (i = 0; i < frames; i++)
		if (energy[i] < loud)
			raw[i] = -1;
	for (i = 0; i < frames; i++) {
		if (!(i > 0 && advances(raw[i - 1], raw[i])) &&
		    !(i + 1 < frames && advances(raw[i], raw[i + 1])))
			continue;
		v = raw[i];
		if (last_frame >= 0) {
			/* Unwrap: nearest to where playout should be. */
			expect = last + (double)((long)i - last_frame) * 0.01;
			v += SWEEP_S * round((expect - v) / SWEEP_S);
		}
		last = v;
		last_frame = (long)i;
		t[n++] = v;
	}
	if (n < 50)
		errx(1, "%s: no sweep in it", argv[1]);
	qsort(t, n, sizeof(*t), compare_double);
	for (i = 1; i < n; i++) {
		v = t[i] - t[i - 1] - 0.01;
		/* A turn of the sweep: its two edges are not measured. */
		if (floor(t[i] / SWEEP_S) != floor(t[i - 1] / SWEEP_S))
			v -= 2 * edge;
		if (v > gap) {
			gap = v;
			gap_at = t[i - 1] - t[0];
		}
	}
	printf("audio_gap_ms=%.0f at_s=%.2f heard_s=%.2f\n", gap * 1000,
	    gap_at, t[n - 1] - t[0]);
	free(t);
	free(raw);
	free(energy);
	free(sorted);
	sound_free(&s);
	return (0);
}
