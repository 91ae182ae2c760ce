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
 * cmp [-t similarity] REF REC: is REC a coded, transmitted and played-out
 * recording of REF?  Prints one line of figures and the verdict; exit 0
 * only if every rule holds.
 *
 * Both become sequences of 18 mel band levels (150-3500 Hz, which all codecs
 * carry) every 10 ms.  Segments of 400 ms of REF are looked for in REC
 * around a running lag; a segment's rho is the Pearson correlation of its
 * 40 x 18 values, the similarity is the mean rho.
 */
#include <err.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/audio/sound.h"

#define RATE		16000
#define FRAME		400	/* samples: 25 ms */
#define HOP		160	/* samples: 10 ms */
#define BANDS		18
#define BAND_LOW	150.0
#define BAND_HIGH	3500.0
#define SEGMENT		40	/* frames */
#define SEGMENT_HOP	20
#define LAG_MIN		(-10)	/* frames: -0.1 s */
#define LAG_MAX		300	/* +3.0 s */
#define LAG_TRACK	6	/* +-60 ms around the running lag */
#define SEGMENTS_MIN	20
#define RHO_MIN		0.50
#define LEVEL_MAX_DB	6.0
#define SNR_MAX_DB	30.0	/* above: copied, not coded */
#define CONTROL_MAX	0.50
#define LOUD_S		2	/* seconds of the waveform comparison */

struct bands {
	float	*level;		/* n x BANDS, dB less the band's mean */
	float	*power;		/* n: sum of the bands */
	size_t	 n;
	double	 p95;
};

struct result {
	double	similarity;
	double	lowest;
	size_t	segments;
	long	lag;		/* global, frames */
	double	level_db;	/* REC against REF */
	double	snr_db;
};

static double		mel(double);
static void		mel_weights(float[BANDS][SOUND_FFT / 2 + 1]);
static int		compare_float(const void *, const void *);
static struct bands	bands_of(const struct sound *);
static void		bands_free(struct bands *);
static long		global_lag(const struct bands *, const struct bands *);
static double		segment_rho(const struct bands *,
			    const struct bands *, size_t, long);
static void		compare(const struct bands *, const struct bands *,
			    struct result *);
static double		best_snr(const struct sound *, const struct sound *,
			    long);
static void		exchange_halves(struct sound *);
static void		usage(void) __attribute__((noreturn));

static double
mel(double hz)
{
	return (2595 * log10(1 + hz / 700));
}

static void
mel_weights(float w[BANDS][SOUND_FFT / 2 + 1])
{
	double edge[BANDS + 2], f;
	size_t b, i;

	for (b = 0; b < BANDS + 2; b++)
		edge[b] = 700 * (pow(10, (mel(BAND_LOW) + (mel(BAND_HIGH) -
		    mel(BAND_LOW)) * (double)b / (BANDS + 1)) / 2595) - 1);
	for (b = 0; b < BANDS; b++)
		for (i = 0; i <= SOUND_FFT / 2; i++) {
			f = (double)i * RATE / SOUND_FFT;
			if (f <= edge[b] || f >= edge[b + 2])
				w[b][i] = 0;
			else if (f <= edge[b + 1])
				w[b][i] = (float)((f - edge[b]) /
				    (edge[b + 1] - edge[b]));
			else
				w[b][i] = (float)((edge[b + 2] - f) /
				    (edge[b + 2] - edge[b + 1]));
		}
}

static int
compare_float(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return ((x > y) - (x < y));
}

static struct bands
bands_of(const struct sound *s)
{
	static float w[BANDS][SOUND_FFT / 2 + 1];
	struct bands r;
	float spectrum[SOUND_FFT / 2 + 1], *sorted, *l;
	double mean, floor_power;
	size_t b, i, k, loud;

	memset(&r, 0, sizeof(r));
	if (s->n < FRAME)
		return (r);
	mel_weights(w);
	r.n = (s->n - FRAME) / HOP + 1;
	r.level = calloc(r.n * BANDS, sizeof(*r.level));
	r.power = calloc(r.n, sizeof(*r.power));
	sorted = calloc(r.n, sizeof(*sorted));
	if (r.level == NULL || r.power == NULL || sorted == NULL)
		err(2, NULL);
	for (i = 0; i < r.n; i++) {
		sound_spectrum(s->samples + i * HOP, FRAME, spectrum);
		l = r.level + i * BANDS;
		for (b = 0; b < BANDS; b++) {
			for (k = 0; k <= SOUND_FFT / 2; k++)
				l[b] += w[b][k] * spectrum[k];
			r.power[i] += l[b];
		}
	}
	memcpy(sorted, r.power, r.n * sizeof(*sorted));
	qsort(sorted, r.n, sizeof(*sorted), compare_float);
	r.p95 = sorted[(size_t)((double)(r.n - 1) * 0.95)];
	free(sorted);

	floor_power = r.p95 / BANDS * pow(10, -4.5);
	for (b = 0; b < BANDS; b++) {
		mean = 0;
		loud = 0;
		for (i = 0; i < r.n; i++) {
			l = r.level + i * BANDS + b;
			*l = (float)(10 * log10(*l + floor_power + 1e-30));
			if (r.power[i] > r.p95 * 1e-3) {	/* -30 dB */
				mean += *l;
				loud++;
			}
		}
		if (loud > 0)
			mean /= (double)loud;
		for (i = 0; i < r.n; i++)
			r.level[i * BANDS + b] -= (float)mean;
	}
	return (r);
}

static void
bands_free(struct bands *b)
{
	free(b->level);
	free(b->power);
	memset(b, 0, sizeof(*b));
}

static long
global_lag(const struct bands *ref, const struct bands *rec)
{
	double best = -1, product, e1, e2, x, y;
	long at = 0, lag, j;
	size_t b, i;

	for (lag = LAG_MIN; lag <= LAG_MAX; lag++) {
		product = e1 = e2 = 0;
		for (i = 0; i < ref->n; i++) {
			j = (long)i + lag;
			if (j < 0 || j >= (long)rec->n)
				continue;
			for (b = 0; b < BANDS; b++) {
				x = ref->level[i * BANDS + b];
				y = rec->level[(size_t)j * BANDS + b];
				product += x * y;
				e1 += x * x;
				e2 += y * y;
			}
		}
		if (e1 > 0 && e2 > 0 && product / sqrt(e1 * e2) > best) {
			best = product / sqrt(e1 * e2);
			at = lag;
		}
	}
	return (at);
}

/* Pearson; 0 if negative or if REC does not reach that far. */
static double
segment_rho(const struct bands *ref, const struct bands *rec, size_t at,
    long lag)
{
	const float *a, *b;
	double ma = 0, mb = 0, sab = 0, saa = 0, sbb = 0, rho;
	long start = (long)at + lag;
	size_t i, n = SEGMENT * BANDS;

	if (start < 0 || start + SEGMENT > (long)rec->n)
		return (0);
	a = ref->level + at * BANDS;
	b = rec->level + (size_t)start * BANDS;
	for (i = 0; i < n; i++) {
		ma += a[i];
		mb += b[i];
	}
	ma /= (double)n;
	mb /= (double)n;
	for (i = 0; i < n; i++) {
		sab += (a[i] - ma) * (b[i] - mb);
		saa += (a[i] - ma) * (a[i] - ma);
		sbb += (b[i] - mb) * (b[i] - mb);
	}
	if (saa <= 0 || sbb <= 0)
		return (0);
	rho = sab / sqrt(saa * sbb);
	return (rho > 0 ? rho : 0);
}

static void
compare(const struct bands *ref, const struct bands *rec, struct result *r)
{
	double rho, best, sum = 0;
	long lag, running, best_lag;
	size_t at, i, loud;

	memset(r, 0, sizeof(*r));
	r->level_db = -200;
	if (ref->n == 0 || rec->n == 0 || ref->p95 <= 0 || rec->p95 <= 0)
		return;
	r->level_db = 10 * log10(rec->p95 / ref->p95);
	r->lowest = 1;
	running = r->lag = global_lag(ref, rec);
	for (at = 0; at + SEGMENT <= ref->n; at += SEGMENT_HOP) {
		loud = 0;
		for (i = 0; i < SEGMENT; i++)		/* P - 25 dB */
			if (ref->power[at + i] > ref->p95 * pow(10, -2.5))
				loud++;
		if (loud < SEGMENT / 2)
			continue;
		best = 0;
		best_lag = running;
		for (lag = running - LAG_TRACK; lag <= running + LAG_TRACK;
		    lag++) {
			rho = segment_rho(ref, rec, at, lag);
			if (rho > best) {
				best = rho;
				best_lag = lag;
			}
		}
		if (best > 0.7)
			running = best_lag;
		sum += best;
		if (best < r->lowest)
			r->lowest = best;
		r->segments++;
	}
	if (r->segments > 0)
		r->similarity = sum / (double)r->segments;
	if (fabs(r->level_db) > LEVEL_MAX_DB)
		r->similarity = 0;
}

/*
 * Best waveform SNR of the loudest two seconds of REF over all lags near the
 * given one and the best gain: a coded signal never gets near a copy.
 */
static double
best_snr(const struct sound *ref, const struct sound *rec, long lag_frames)
{
	const float *x, *y;
	double e = 0, loudest = -1, fit, best = -200, d;
	float ex, ey, xy;
	size_t n = LOUD_S * RATE, at = 0, i;
	long lag, from, to;

	if (ref->n < n)
		return (-200);
	for (i = 0; i < ref->n; i++) {
		e += (double)ref->samples[i] * ref->samples[i];
		if (i >= n)
			e -= (double)ref->samples[i - n] *
			    ref->samples[i - n];
		if (i + 1 >= n && e > loudest) {
			loudest = e;
			at = i + 1 - n;
		}
	}
	from = (lag_frames - LAG_TRACK) * HOP;
	to = (lag_frames + LAG_TRACK) * HOP;
	for (lag = from; lag <= to; lag++) {
		if ((long)at + lag < 0 ||
		    (long)at + lag + (long)n > (long)rec->n)
			continue;
		x = ref->samples + at;
		y = rec->samples + (size_t)((long)at + lag);
		ex = ey = xy = 0;
		for (i = 0; i < n; i++) {
			ex += x[i] * x[i];
			ey += y[i] * y[i];
			xy += x[i] * y[i];
		}
		if (ex <= 0 || ey <= 0 || xy <= 0)
			continue;
		fit = (double)xy * xy / ((double)ex * ey); /* share */
		d = 1 - fit;
		if (d < 1e-12)
			d = 1e-12;
		if (10 * log10(1 / d) > best)
			best = 10 * log10(1 / d);
	}
	return (best);
}

static void
exchange_halves(struct sound *s)
{
	float *swapped;
	size_t half = s->n / 2, rest = s->n - half;

	if ((swapped = calloc(s->n, sizeof(*swapped))) == NULL)
		err(2, NULL);
	memcpy(swapped, s->samples + half, rest * sizeof(*swapped));
	memcpy(swapped + rest, s->samples, half * sizeof(*swapped));
	free(s->samples);
	s->samples = swapped;
}

static void
usage(void)
{
	fprintf(stderr, "usage: cmp [-t similarity] REF REC\n");
	exit(2);
}

int
main(int argc, char *argv[])
{
	struct sound ref, rec;
	struct bands bref, brec, bswapped;
	struct result r, control;
	const char *why = NULL;
	char *end;
	double threshold = 0.90;
	int c;

	while ((c = getopt(argc, argv, "t:")) != -1)
		switch (c) {
		case 't':
			threshold = strtod(optarg, &end);
			if (*end != '\0' || threshold <= 0 || threshold > 1)
				usage();
			break;
		default:
			usage();
		}
	if (argc - optind != 2)
		usage();
	sound_read(&ref, argv[optind], RATE);
	sound_read(&rec, argv[optind + 1], RATE);
	bref = bands_of(&ref);
	brec = bands_of(&rec);
	compare(&bref, &brec, &r);
	r.snr_db = best_snr(&ref, &rec, r.lag);
	exchange_halves(&ref);
	bswapped = bands_of(&ref);
	compare(&bswapped, &brec, &control);

	if (fabs(r.level_db) > LEVEL_MAX_DB)
		why = "level differs";
	else if (r.similarity < threshold)
		why = "not similar";
	else if (r.segments < SEGMENTS_MIN)
		why = "too little speech";
	else if (r.lowest < RHO_MIN)
		why = "a segment is missing";
	else if (r.snr_db > SNR_MAX_DB)
		why = "not coded";
	else if (control.similarity > CONTROL_MAX)
		why = "control matches too";
	printf("audio_similarity=%.3f lowest=%.2f segments=%zu lag_ms=%ld "
	    "level_db=%.1f snr_db=%.1f control=%.2f verdict=%s%s%s\n",
	    r.similarity, r.lowest, r.segments, r.lag * 10, r.level_db,
	    r.snr_db, control.similarity, why == NULL ? "pass" : "fail",
	    why == NULL ? "" : ": ", why == NULL ? "" : why);
	bands_free(&bref);
	bands_free(&brec);
	bands_free(&bswapped);
	sound_free(&ref);
	sound_free(&rec);
	return (why == NULL ? 0 : 1);
}
