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
 * Sinks of sound.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sndfile.h>

#include "client/audio/audio_dev.h"
#include "client/audio/audio_in.h"
#include "client/audio/audio_out.h"

struct audio_out {
	SNDFILE			*ao_file;
	struct audio_dev	*ao_dev;
	char			 ao_error[128];
};

struct audio_out *
audio_out_file(const char *path, char *why, size_t cap)
{
	struct audio_out	*out;
	SF_INFO			 info;

	if ((out = calloc(1, sizeof(*out))) == NULL) {
		(void)snprintf(why, cap, "out of memory");
		return (NULL);
	}
	memset(&info, 0, sizeof(info));
	info.samplerate = AUDIO_RATE;
	info.channels = 1;
	info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
	if ((out->ao_file = sf_open(path, SFM_WRITE, &info)) == NULL) {
		(void)snprintf(why, cap, "%s: %s", path, sf_strerror(NULL));
		free(out);
		return (NULL);
	}
	/* A file that was never closed has the right length all the same. */
	(void)sf_command(out->ao_file, SFC_SET_UPDATE_HEADER_AUTO, NULL,
	    SF_TRUE);
	return (out);
}

struct audio_out *
audio_out_device(char *why, size_t cap)
{
	struct audio_out	*out;

	if ((out = calloc(1, sizeof(*out))) == NULL) {
		(void)snprintf(why, cap, "out of memory");
		return (NULL);
	}
	if ((out->ao_dev = audio_dev_open(AUDIO_DEV_PLAY)) == NULL) {
		(void)snprintf(why, cap, "no sound card to play to");
		free(out);
		return (NULL);
	}
	return (out);
}

struct audio_out *
audio_out_null(void)
{
	return (calloc(1, sizeof(struct audio_out)));
}

void
audio_out_free(struct audio_out *out)
{
	if (out == NULL)
		return;
	if (out->ao_file != NULL)
		(void)sf_close(out->ao_file);
	audio_dev_close(out->ao_dev);
	free(out);
}

int
audio_out_write(struct audio_out *out, const int16_t *pcm, size_t n)
{
	if (out->ao_file != NULL && out->ao_error[0] == '\0' &&
	    sf_write_short(out->ao_file, pcm, (sf_count_t)n) !=
	    (sf_count_t)n) {
		(void)snprintf(out->ao_error, sizeof(out->ao_error),
		    "recording stopped: %s", sf_strerror(out->ao_file));
		return (-1);
	}
	if (out->ao_dev != NULL)
		audio_dev_write(out->ao_dev, pcm, n);
	return (0);
}

const char *
audio_out_error(const struct audio_out *out)
{
	return (out->ao_error);
}
