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
 * What the audio instruments share: reading any sound file as mono at one
 * rate, and power spectra.  Nothing here comes from the client.
 */
#ifndef REGRESS_AUDIO_SOUND_H
#define REGRESS_AUDIO_SOUND_H

#include <stddef.h>

#define SOUND_FFT	512	/* points */

struct sound {
	float	*samples;
	size_t	 n;
	int	 rate;
};

/* Mono (mean of channels) at the given rate; exits with a message. */
void	 sound_read(struct sound *, const char *path, int rate);
/* 16 bit mono WAV; exits with a message. */
void	 sound_write(const struct sound *, const char *path);
void	 sound_free(struct sound *);
/*
 * Hann-windowed power spectrum of n <= SOUND_FFT samples, zero-padded:
 * SOUND_FFT / 2 + 1 values.
 */
void	 sound_spectrum(const float *, size_t n, float *power);

#endif /* REGRESS_AUDIO_SOUND_H */
