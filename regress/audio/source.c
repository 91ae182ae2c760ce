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
 * source speech SEED DIR OUT: four of the eight sentences of DIR in an order
 * drawn from SEED, with pauses of 300-700 ms and 0.5-1.5 s of silence first.
 * source sweep SECONDS OUT: the sweep that gap(1) of this folder measures.
 * source spoil KIND REF OUT: deliberately bad recordings for the controls.
 */
#include <err.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/audio/sound.h"

#define RATE		16000
#define SENTENCES	8
#define TAKEN		4

static uint64_t	 draw(uint64_t *, uint64_t);
static void	 append(struct sound *, const float *, size_t);
static void	 speech(uint64_t, const char *, const char *);
static void	 sweep(double, const char *);
static void	 spoil(const char *, const char *, const char *);
static void	 usage(void) __attribute__((noreturn));

/* splitmix64: the same order for the same printed seed everywhere */
static uint64_t
draw(uint64_t *state, uint64_t below)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return ((z ^ (z >> 31)) % below);
}

/* NULL appends silence. */
static void
append(struct sound *s, const float *x, size_t n)
{
	float *grown;

	if ((grown = realloc(s->samples, (s->n + n) * sizeof(*grown))) ==
	    NULL)
		err(2, NULL);
	s->samples = grown;
	if (x == NULL)
		memset(grown + s->n, 0, n * sizeof(*grown));
	else
		memcpy(grown + s->n, x, n * sizeof(*grown));
	s->n += n;
}

static void
speech(uint64_t seed, const char *dir, const char *out)
{
	static const char *const names[SENTENCES] = {
		"a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"
	};
	struct sound all = { NULL, 0, RATE }, one;
	size_t order[SENTENCES], i, j, k;
	char path[1024];

	for (i = 0; i < SENTENCES; i++)
		order[i] = i;
	for (i = SENTENCES - 1; i > 0; i--) {
		j = (size_t)draw(&seed, i + 1);
		k = order[i];
		order[i] = order[j];
		order[j] = k;
	}
	append(&all, NULL, (size_t)(RATE / 2 + draw(&seed, RATE)));
	for (i = 0; i < TAKEN; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s.flac", dir,
		    names[order[i]]);
		sound_read(&one, path, RATE);
		append(&all, one.samples, one.n);
		sound_free(&one);
		if (i + 1 < TAKEN)
			append(&all, NULL, (size_t)(RATE * 3 / 10 +
			    draw(&seed, RATE * 4 / 10)));
	}
	sound_write(&all, out);
	printf("%s %s %s %s %.2f s\n", names[order[0]], names[order[1]],
	    names[order[2]], names[order[3]], (double)all.n / RATE);
	sound_free(&all);
}

static void
sweep(double seconds, const char *out)
{
	struct sound s;
	double phase = 0, hz;
	size_t i;

	s.rate = 48000;
	s.n = (size_t)(seconds * s.rate);
	if ((s.samples = calloc(s.n, sizeof(*s.samples))) == NULL)
		err(2, NULL);
	for (i = 0; i < s.n; i++) {
		hz = 300 + 3000 * fmod((double)i / s.rate, 4) / 4;
		phase += 2 * M_PI * hz / s.rate;
		s.samples[i] = (float)(0.5 * sin(phase));
	}
	sound_write(&s, out);
	sound_free(&s);
}

static void
spoil(const char *kind, const char *ref, const char *out)
{
	struct sound s;
	uint64_t seed = 1;
	size_t i, hole, at;

	sound_read(&s, ref, RATE);
	hole = RATE * 4 / 10;
	/* The loudest place in the middle half. */
	at = s.n / 4;
	for (i = s.n / 4; i < s.n * 3 / 4; i++)
		if (fabsf(s.samples[i]) > fabsf(s.samples[at]))
			at = i;
	if (strcmp(kind, "copy") == 0) {
		;
	} else if (strcmp(kind, "silence") == 0) {
		memset(s.samples, 0, s.n * sizeof(*s.samples));
	} else if (strcmp(kind, "noise") == 0) {
		for (i = 0; i < s.n; i++)
			s.samples[i] = (float)draw(&seed, 2001) / 5000 - 0.2f;
	} else if (strcmp(kind, "tone") == 0) {
		for (i = 0; i < s.n; i++)
			s.samples[i] = (float)(0.3 * sin(2 * M_PI * 440 *
			    (double)i / RATE));
	} else if (strcmp(kind, "hole") == 0) {
		for (i = at - hole / 2; i < at + hole / 2 && i < s.n; i++)
			s.samples[i] = 0;
	} else if (strcmp(kind, "quiet") == 0) {
		for (i = 0; i < s.n; i++)
			s.samples[i] *= 0.2f;
	} else
		usage();
	sound_write(&s, out);
	sound_free(&s);
}

static void
usage(void)
{
	fprintf(stderr, "usage: source speech SEED DIR OUT\n"
	    "       source sweep SECONDS OUT\n"
	    "       source spoil silence|noise|tone|copy|hole|quiet REF "
	    "OUT\n");
	exit(2);
}

int
main(int argc, char *argv[])
{
	if (argc == 5 && strcmp(argv[1], "speech") == 0)
		speech(strtoull(argv[2], NULL, 10), argv[3], argv[4]);
	else if (argc == 4 && strcmp(argv[1], "sweep") == 0)
		sweep(strtod(argv[2], NULL), argv[3]);
	else if (argc == 5 && strcmp(argv[1], "spoil") == 0)
		spoil(argv[2], argv[3], argv[4]);
	else
		usage();
	return (0);
}
