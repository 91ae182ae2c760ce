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
 * Sources of sound.
 */

#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <samplerate.h>
#include <sndfile.h>

#include "client/audio/audio_dev.h"
#include "client/audio/audio_in.h"

#define BLOCK_FRAMES	512	/* read from a file at a time */
#define TONE_AMPLITUDE	8192.0	/* -12 dBFS */

enum source {
	SOURCE_FILE,
	SOURCE_TONE,
	SOURCE_SILENCE,
	SOURCE_DEVICE
};

struct audio_in {
	enum source	 ai_source;

	SNDFILE		*ai_file;
	SF_INFO		 ai_info;
	SRC_STATE	*ai_src;	/* NULL: the file has our rate */
	double		 ai_ratio;
	float		*ai_block;	/* interleaved, as read */
	float		 ai_mono[BLOCK_FRAMES];
	size_t		 ai_mono_at;
	size_t		 ai_mono_len;
	bool		 ai_read_all;	/* the file has no more */
	bool		 ai_ended;	/* ... and the converter neither */

	double		 ai_phase;
	double		 ai_step;

	struct audio_dev *ai_dev;
};

static bool	 file_fill(struct audio_in *);
static size_t	 file_read(struct audio_in *, int16_t *, size_t);
static size_t	 file_read_plain(struct audio_in *, float *, size_t);
static size_t	 file_read_convert(struct audio_in *, float *, size_t);

struct audio_in *
audio_in_file(const char *path, char *why, size_t cap)
{
	struct audio_in	*in;
	int		 error;

	if ((in = calloc(1, sizeof(*in))) == NULL) {
		(void)snprintf(why, cap, "out of memory");
		return (NULL);
	}
	in->ai_source = SOURCE_FILE;
	if ((in->ai_file = sf_open(path, SFM_READ, &in->ai_info)) == NULL) {
		(void)snprintf(why, cap, "%s: %s", path, sf_strerror(NULL));
		free(in);
		return (NULL);
	}
	if (in->ai_info.channels < 1 || in->ai_info.samplerate < 1) {
		(void)snprintf(why, cap, "%s: no channels or no rate", path);
		audio_in_free(in);
		return (NULL);
	}
	in->ai_block = reallocarray(NULL,
	    BLOCK_FRAMES * (size_t)in->ai_info.channels, sizeof(float));
	if (in->ai_block == NULL) {
		(void)snprintf(why, cap, "out of memory");
		audio_in_free(in);
		return (NULL);
	}
	if (in->ai_info.samplerate == AUDIO_RATE)
		return (in);
	in->ai_ratio = (double)AUDIO_RATE / in->ai_info.samplerate;
	if (!src_is_valid_ratio(in->ai_ratio)) {
		(void)snprintf(why, cap, "%s: cannot convert %d Hz", path,
		    in->ai_info.samplerate);
		audio_in_free(in);
		return (NULL);
	}
	in->ai_src = src_new(SRC_SINC_MEDIUM_QUALITY, 1, &error);
	if (in->ai_src == NULL) {
		(void)snprintf(why, cap, "%s: %s", path, src_strerror(error));
		audio_in_free(in);
		return (NULL);
	}
	return (in);
}

struct audio_in *
audio_in_tone(double hz)
{
	struct audio_in	*in;

	if ((in = calloc(1, sizeof(*in))) == NULL)
		return (NULL);
	in->ai_source = SOURCE_TONE;
	in->ai_step = 2.0 * M_PI * hz / AUDIO_RATE;
	return (in);
}

struct audio_in *
audio_in_silence(void)
{
	struct audio_in	*in;

	if ((in = calloc(1, sizeof(*in))) == NULL)
		return (NULL);
	in->ai_source = SOURCE_SILENCE;
	return (in);
}

struct audio_in *
audio_in_device(char *why, size_t cap)
{
	struct audio_in	*in;

	if ((in = calloc(1, sizeof(*in))) == NULL) {
		(void)snprintf(why, cap, "out of memory");
		return (NULL);
	}
	in->ai_source = SOURCE_DEVICE;
	if ((in->ai_dev = audio_dev_open(AUDIO_DEV_RECORD)) == NULL) {
		(void)snprintf(why, cap, "no sound card to record from");
		free(in);
		return (NULL);
	}
	return (in);
}

void
audio_in_free(struct audio_in *in)
{
	if (in == NULL)
		return;
	if (in->ai_file != NULL)
		(void)sf_close(in->ai_file);
	if (in->ai_src != NULL)
		(void)src_delete(in->ai_src);
	audio_dev_close(in->ai_dev);
	free(in->ai_block);
	free(in);
}

size_t
audio_in_read(struct audio_in *in, int16_t *pcm, size_t n)
{
	size_t	got = 0, i;

	switch (in->ai_source) {
	case SOURCE_FILE:
		got = file_read(in, pcm, n);
		break;
	case SOURCE_TONE:
		for (i = 0; i < n; i++) {
			pcm[i] = (int16_t)lrint(TONE_AMPLITUDE *
			    sin(in->ai_phase));
			in->ai_phase += in->ai_step;
			if (in->ai_phase > 2.0 * M_PI)
				in->ai_phase -= 2.0 * M_PI;
		}
		got = n;
		break;
	case SOURCE_SILENCE:
		break;
	case SOURCE_DEVICE:
		got = audio_dev_read(in->ai_dev, pcm, n);
		break;
	}
	if (got < n)
		memset(pcm + got, 0, (n - got) * sizeof(*pcm));
	return (got);
}

bool
audio_in_ended(const struct audio_in *in)
{
	return (in->ai_ended);
}

void
audio_in_rewind(struct audio_in *in)
{
	if (in->ai_source != SOURCE_FILE)
		return;
	/* A pipe cannot go back: it stays where it is. */
	if (in->ai_info.seekable == 0 ||
	    sf_seek(in->ai_file, 0, SF_SEEK_SET) == -1)
		return;
	in->ai_mono_at = in->ai_mono_len = 0;
	in->ai_read_all = in->ai_ended = false;
	if (in->ai_src != NULL)
		(void)src_reset(in->ai_src);
}

/* Reads the next block and mixes it down.  false: there is no more. */
static bool
file_fill(struct audio_in *in)
{
	sf_count_t	got, i;
	int		c, channels = in->ai_info.channels;
	float		sum;

	if (in->ai_read_all)
		return (false);
	got = sf_readf_float(in->ai_file, in->ai_block, BLOCK_FRAMES);
	if (got <= 0) {
		in->ai_read_all = true;
		return (false);
	}
	for (i = 0; i < got; i++) {
		sum = 0.0f;
		for (c = 0; c < channels; c++)
			sum += in->ai_block[i * channels + c];
		in->ai_mono[i] = sum / (float)channels;
	}
	in->ai_mono_at = 0;
	in->ai_mono_len = (size_t)got;
	return (true);
}

static size_t
file_read(struct audio_in *in, int16_t *pcm, size_t n)
{
	float	buf[AUDIO_STEP];
	size_t	done = 0, want, got;

	while (done < n && !in->ai_ended) {
		want = n - done < AUDIO_STEP ? n - done : AUDIO_STEP;
		if (in->ai_src != NULL)
			got = file_read_convert(in, buf, want);
		else
			got = file_read_plain(in, buf, want);
		if (got == 0) {
			in->ai_ended = true;
			break;
		}
		/* Clips what is beyond full scale. */
		src_float_to_short_array(buf, pcm + done, (int)got);
		done += got;
	}
	return (done);
}

static size_t
file_read_plain(struct audio_in *in, float *out, size_t n)
{
	size_t	m;

	if (in->ai_mono_at == in->ai_mono_len && !file_fill(in))
		return (0);
	m = in->ai_mono_len - in->ai_mono_at;
	if (m > n)
		m = n;
	memcpy(out, in->ai_mono + in->ai_mono_at, m * sizeof(*out));
	in->ai_mono_at += m;
	return (m);
}

static size_t
file_read_convert(struct audio_in *in, float *out, size_t n)
{
	SRC_DATA	d;

	for (;;) {
		if (in->ai_mono_at == in->ai_mono_len)
			(void)file_fill(in);
		memset(&d, 0, sizeof(d));
		d.data_in = in->ai_mono + in->ai_mono_at;
		d.input_frames = (long)(in->ai_mono_len - in->ai_mono_at);
		d.data_out = out;
		d.output_frames = (long)n;
		d.src_ratio = in->ai_ratio;
		d.end_of_input = in->ai_read_all;
		if (src_process(in->ai_src, &d) != 0)
			return (0);
		in->ai_mono_at += (size_t)d.input_frames_used;
		if (d.output_frames_gen > 0)
			return ((size_t)d.output_frames_gen);
		/* Nothing in and nothing out: the converter is empty too. */
		if (in->ai_read_all && d.input_frames_used == 0)
			return (0);
	}
}
