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

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <samplerate.h>
#include <sndfile.h>

#include "regress/audio/sound.h"

/* Ten minutes at 48 kHz: nothing here is longer. */
#define FRAMES_MAX	(600L * 48000)
#define CHANNELS_MAX	8

static float	*read_mono(const char *, size_t *, int *);
static void	 fft(float *, float *, size_t);

static float *
read_mono(const char *path, size_t *n, int *rate)
{
	SNDFILE *f;
	SF_INFO info;
	float *all, *mono, sum;
	sf_count_t got, i;
	int c;

	memset(&info, 0, sizeof(info));
	if ((f = sf_open(path, SFM_READ, &info)) == NULL)
		errx(2, "%s: %s", path, sf_strerror(NULL));
	if (info.frames < 1 || info.frames > FRAMES_MAX ||
	    info.channels < 1 || info.channels > CHANNELS_MAX)
		errx(2, "%s: empty, too long or too many channels", path);
	all = calloc((size_t)info.frames * (size_t)info.channels,
	    sizeof(*all));
	mono = calloc((size_t)info.frames, sizeof(*mono));
	if (all == NULL || mono == NULL)
		err(2, "%s", path);
	got = sf_readf_float(f, all, info.frames);
	sf_close(f);
	for (i = 0; i < got; i++) {
		sum = 0;
		for (c = 0; c < info.channels; c++)
			sum += all[i * info.channels + c];
		mono[i] = sum / (float)info.channels;
	}
	free(all);
	*n = (size_t)got;
	*rate = info.samplerate;
	return (mono);
}

void
sound_read(struct sound *s, const char *path, int rate)
{
	SRC_DATA d;
	float *in;
	size_t n;
	int from, error;

	in = read_mono(path, &n, &from);
	s->rate = rate;
	if (from == rate) {
		s->samples = in;
		s->n = n;
		return;
	}
	memset(&d, 0, sizeof(d));
	d.src_ratio = (double)rate / from;
	d.data_in = in;
	d.input_frames = (long)n;
	d.output_frames = (long)((double)n * d.src_ratio) + 64;
	s->samples = calloc((size_t)d.output_frames, sizeof(*s->samples));
	if (s->samples == NULL)
		err(2, "%s", path);
	d.data_out = s->samples;
	error = src_simple(&d, SRC_SINC_MEDIUM_QUALITY, 1);
	if (error != 0)
		errx(2, "%s: %s", path, src_strerror(error));
	s->n = (size_t)d.output_frames_gen;
	free(in);
}

void
sound_write(const struct sound *s, const char *path)
{
	SNDFILE *f;
	SF_INFO info;

	memset(&info, 0, sizeof(info));
	info.samplerate = s->rate;
	info.channels = 1;
	info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
	if ((f = sf_open(path, SFM_WRITE, &info)) == NULL)
		errx(2, "%s: %s", path, sf_strerror(NULL));
	if (sf_writef_float(f, s->samples, (sf_count_t)s->n) !=
	    (sf_count_t)s->n)
		errx(2, "%s: write failed", path);
	sf_close(f);
}

void
sound_free(struct sound *s)
{
	free(s->samples);
	memset(s, 0, sizeof(*s));
}

/* In place, radix 2; n is a power of two, at most SOUND_FFT. */
static void
fft(float *re, float *im, size_t n)
{
	static float wr[SOUND_FFT / 2], wi[SOUND_FFT / 2];
	float tr, ti;
	size_t i, j, k, len, bit, w;

	if (wr[0] == 0)
		for (k = 0; k < SOUND_FFT / 2; k++) {
			wr[k] = (float)cos(-2 * M_PI * (double)k / SOUND_FFT);
			wi[k] = (float)sin(-2 * M_PI * (double)k / SOUND_FFT);
		}
	for (i = 1, j = 0; i < n; i++) {
		for (bit = n >> 1; j & bit; bit >>= 1)
			j ^= bit;
		j ^= bit;
		if (i < j) {
			tr = re[i];
			re[i] = re[j];
			re[j] = tr;
			ti = im[i];
			im[i] = im[j];
			im[j] = ti;
		}
	}
	for (len = 2; len <= n; len <<= 1)
		for (k = 0; k < len / 2; k++) {
			w = k * (SOUND_FFT / len);
			for (i = k; i < n; i += len) {
				j = i + len / 2;
				tr = re[j] * wr[w] - im[j] * wi[w];
				ti = re[j] * wi[w] + im[j] * wr[w];
				re[j] = re[i] - tr;
				im[j] = im[i] - ti;
				re[i] += tr;
				im[i] += ti;
			}
		}
}

void
sound_spectrum(const float *x, size_t n, float *power)
{
	static float window[SOUND_FFT];
	static size_t window_n;
	float re[SOUND_FFT], im[SOUND_FFT];
	size_t i;

	if (n > SOUND_FFT)
		n = SOUND_FFT;
	if (window_n != n) {
		for (i = 0; i < n; i++)
			window[i] = (float)(0.5 - 0.5 *
			    cos(2 * M_PI * (double)i / (double)(n - 1)));
		window_n = n;
	}
	memset(re, 0, sizeof(re));
	memset(im, 0, sizeof(im));
	for (i = 0; i < n; i++)
		re[i] = x[i] * window[i];
	fft(re, im, SOUND_FFT);
	for (i = 0; i <= SOUND_FFT / 2; i++)
		power[i] = re[i] * re[i] + im[i] * im[i];
}
