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
 * What somebody can make of a call who has a mediad in hand.
 *
 * dumpcheck source FILE: 8 s to be played, by turns a second of a tone and a
 * second of nothing.
 * dumpcheck plain|sealed DUMP: listens to what regress/relay/dump.c wrote, in
 * three ways, none of which knows a key: is the tone in it, as it stands or
 * with some bytes cut off in front and behind; are there equal frames, as of
 * silence there must be; do lengths change with what is said.  Exit status 0:
 * all three say what was expected; 1: at least one does not.
 */

#include "config.h"

#include <err.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <opus/opus.h>

#include "regress/audio/sound.h"

#define RATE		48000
#define TONE		500
#define SECONDS		8
#define STREAMS		8
#define PACKETS_MAX	20000
#define PACKETS_MIN	200		/* 4 s, or it was no call */
#define HEADER		12
#define REPORT		4
/* What an SFrame header and tag could take, and more. */
#define SKIP_MAX	10
#define TAIL_MAX	16

struct packet {
	const uint8_t	*pa_payload;
	size_t		 pa_len;
};

struct stream {
	struct packet	 st_packets[PACKETS_MAX];
	size_t		 st_n;
};

/* Of one stream. */
struct heard {
	size_t	he_sound;	/* frames with the tone, at best */
	size_t	he_skip;
	size_t	he_tail;
	size_t	he_equal;	/* frames that were there before */
	size_t	he_changes;	/* of length, from frame to frame */
};

static void	 source(const char *);
static void	 dump_read(const char *);
static bool	 has_tone(const float *, size_t);
static size_t	 sounding(const struct stream *, size_t, size_t);
static void	 listen_to(const struct stream *, struct heard *);
static int	 packet_cmp(const void *, const void *);
static void	 usage(void) __attribute__((noreturn));

static struct stream	streams[STREAMS];

static void
source(const char *path)
{
	struct sound	 s;
	size_t		 i;

	s.rate = RATE;
	s.n = (size_t)RATE * SECONDS;
	if ((s.samples = calloc(s.n, sizeof(*s.samples))) == NULL)
		err(2, NULL);
	for (i = 0; i < s.n; i++)
		if (i / RATE % 2 == 0)
			s.samples[i] = (float)(0.3 * sin(2 * M_PI * TONE *
			    (double)i / RATE));
	sound_write(&s, path);
	sound_free(&s);
}

static void
dump_read(const char *path)
{
	FILE		*f;
	uint8_t		*data;
	struct stream	*st;
	uint64_t	 total;
	uint32_t	 head[2];
	size_t		 off, len, behind;

	if ((f = fopen(path, "rb")) == NULL ||
	    fread(&total, sizeof(total), 1, f) != 1)
		err(2, "%s", path);
	if (total > (uint64_t)64 << 20 || total < sizeof(total))
		errx(2, "%s: nothing in it", path);
	len = (size_t)total - sizeof(total);
	if ((data = malloc(len + 1)) == NULL || fread(data, 1, len, f) != len)
		errx(2, "%s: cut off", path);
	fclose(f);
	for (off = 0; off + sizeof(head) <= len; off += head[1]) {
		memcpy(head, data + off, sizeof(head));
		off += sizeof(head);
		if (head[0] >= STREAMS || head[1] > len - off ||
		    head[1] < HEADER)
			errx(2, "%s: damaged", path);
		/* Q: a report of 4 bytes is behind it. */
		behind = (data[off] & 2) != 0 ? REPORT : 0;
		if (head[1] < HEADER + behind)
			errx(2, "%s: damaged", path);
		st = &streams[head[0]];
		if (st->st_n == PACKETS_MAX)
			errx(2, "%s: too long", path);
		st->st_packets[st->st_n].pa_payload = data + off + HEADER;
		st->st_packets[st->st_n++].pa_len = head[1] - HEADER - behind;
	}
	/* The packets point into data, which stays. */
}

/* More than 80 % of what is there, and not next to nothing. */
static bool
has_tone(const float *x, size_t n)
{
	double	 all = 0, re = 0, im = 0, a;
	size_t	 i;

	for (i = 0; i < n; i++) {
		a = 2 * M_PI * TONE * (double)i / RATE;
		all += (double)(x[i] * x[i]);
		re += (double)x[i] * cos(a);
		im += (double)x[i] * sin(a);
	}
	return (all / (double)n > 1e-3 &&
	    2 * (re * re + im * im) / (double)n > 0.8 * all);
}

static size_t
sounding(const struct stream *st, size_t skip, size_t tail)
{
	OpusDecoder	*dec;
	float		 pcm[5760];
	size_t		 i, len, found = 0;
	int		 n, error;

	if ((dec = opus_decoder_create(RATE, 1, &error)) == NULL)
		errx(2, "%s", opus_strerror(error));
	for (i = 0; i < st->st_n; i++) {
		len = st->st_packets[i].pa_len;
		if (len <= skip + tail)
			continue;
		n = opus_decode_float(dec, st->st_packets[i].pa_payload + skip,
		    (opus_int32)(len - skip - tail), pcm, 5760, 0);
		if (n > 0 && has_tone(pcm, (size_t)n))
			found++;
	}
	opus_decoder_destroy(dec);
	return (found);
}

static int
packet_cmp(const void *va, const void *vb)
{
	const struct packet	*a = va, *b = vb;

	if (a->pa_len != b->pa_len)
		return (a->pa_len < b->pa_len ? -1 : 1);
	return (memcmp(a->pa_payload, b->pa_payload, a->pa_len));
}

static void
listen_to(const struct stream *st, struct heard *he)
{
	struct packet	*sorted;
	size_t		 i, skip, tail, n;

	memset(he, 0, sizeof(*he));
	for (skip = 0; skip <= SKIP_MAX; skip++) {
		for (tail = 0; tail <= TAIL_MAX; tail += TAIL_MAX) {
			n = sounding(st, skip, tail);
			if (n <= he->he_sound)
				continue;
			he->he_sound = n;
			he->he_skip = skip;
			he->he_tail = tail;
		}
	}
	for (i = 1; i < st->st_n; i++)
		he->he_changes += st->st_packets[i].pa_len !=
		    st->st_packets[i - 1].pa_len;
	if ((sorted = calloc(st->st_n, sizeof(*sorted))) == NULL)
		err(2, NULL);
	memcpy(sorted, st->st_packets, st->st_n * sizeof(*sorted));
	qsort(sorted, st->st_n, sizeof(*sorted), packet_cmp);
	for (i = 1; i < st->st_n; i++)
		he->he_equal += packet_cmp(&sorted[i - 1], &sorted[i]) == 0;
	free(sorted);
}

static void
usage(void)
{
	(void)fprintf(stderr, "usage: dumpcheck source file\n"
	    "       dumpcheck plain|sealed dump\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	const struct stream	*st;
	struct heard		 he;
	size_t			 i, n = 0;
	bool			 plain, sound, equal, lengths;
	int			 wrong = 0;

	if (argc != 3)
		usage();
	if (strcmp(argv[1], "source") == 0) {
		source(argv[2]);
		return (0);
	}
	plain = strcmp(argv[1], "plain") == 0;
	if (!plain && strcmp(argv[1], "sealed") != 0)
		usage();
	dump_read(argv[2]);
	for (i = 0; i < STREAMS; i++) {
		st = &streams[i];
		if (st->st_n < PACKETS_MIN)
			continue;
		n++;
		listen_to(st, &he);
		/*
		 * Plain: the tone is half of it.  Sealed: what is heard by
		 * chance.  Lengths grow with the counter of SFrame, at 8, 256
		 * and 65536 packets, and not otherwise.
		 */
		sound = plain ? he.he_sound > st->st_n / 5 :
		    he.he_sound <= st->st_n / 20;
		equal = plain ? he.he_equal > st->st_n / 20 :
		    he.he_equal == 0;
		lengths = plain ? he.he_changes > st->st_n / 20 :
		    he.he_changes <= 3;
		printf("stream %zu: %zu frames; tone in %zu (%zu and %zu bytes "
		    "cut off)%s; %zu equal%s; %zu changes of length%s\n", i,
		    st->st_n, he.he_sound, he.he_skip, he.he_tail,
		    sound ? "" : ": WRONG", he.he_equal, equal ? "" : ": WRONG",
		    he.he_changes, lengths ? "" : ": WRONG");
		wrong += !sound + !equal + !lengths;
	}
	if (n != 2)
		errx(2, "%zu streams, not two", n);
	return (wrong > 0);
}
