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
 * Decoding, concealment and comfort noise of one stream.
 */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <opus/opus.h>

#include "client/audio/opus_rx.h"

/*
 * The comfort noise byte is taken as in RFC 3389: level in -dBov.  Louder
 * than -40 it would not be comfortable, whatever a peer writes there.
 */
#define NOISE_LOUDEST	40
#define NOISE_SILENT	90

struct opus_rx {
	OpusDecoder	*or_decoder;
	double		 or_noise;	/* amplitude */
	uint32_t	 or_random;
};

struct opus_rx *
opus_rx_new(void)
{
	struct opus_rx	*rx;
	int		 error;

	if ((rx = calloc(1, sizeof(*rx))) == NULL)
		return (NULL);
	rx->or_decoder = opus_decoder_create(OPUS_RX_RATE, 1, &error);
	if (error != OPUS_OK) {
		free(rx);
		return (NULL);
	}
	rx->or_random = 1;
	return (rx);
}

void
opus_rx_free(struct opus_rx *rx)
{
	if (rx == NULL)
		return;
	opus_decoder_destroy(rx->or_decoder);
	free(rx);
}

size_t
opus_rx_decode(struct opus_rx *rx, enum media_codec codec,
    const uint8_t *data, size_t len, int16_t pcm[OPUS_RX_MAX])
{
	const struct media_codec_info	*info;
	unsigned int			 level;
	size_t				 n;
	int				 got;

	if ((info = media_codec_info(codec)) == NULL)
		return (0);
	if (codec == CODEC_COMFORT_NOISE) {
		level = len > 0 ? data[0] : NOISE_SILENT;
		if (level < NOISE_LOUDEST)
			level = NOISE_LOUDEST;
		rx->or_noise = level >= NOISE_SILENT ? 0.0 :
		    32768.0 * pow(10.0, -(double)level / 20.0);
		n = (size_t)info->frame_ms * OPUS_RX_RATE / 1000;
		opus_rx_noise(rx, pcm, n);
		return (n);
	}
	/* Length 0 would mean concealment to the decoder. */
	if (!info->is_opus || len == 0)
		return (0);
	got = opus_decode(rx->or_decoder, data, (opus_int32)len, pcm,
	    OPUS_RX_MAX, 0);
	return (got > 0 ? (size_t)got : 0);
}

void
opus_rx_conceal(struct opus_rx *rx, int16_t *pcm, size_t n)
{
	int	got;

	got = opus_decode(rx->or_decoder, NULL, 0, pcm, (int)n, 0);
	if (got < 0)
		got = 0;
	if ((size_t)got < n)
		memset(pcm + got, 0, (n - (size_t)got) * sizeof(*pcm));
}

void
opus_rx_noise(struct opus_rx *rx, int16_t *pcm, size_t n)
{
	size_t	i;
	double	scale;

	/* Uniform noise of amplitude a has the power a^2 / 3. */
	scale = rx->or_noise * 1.7320508 / 2147483648.0;
	for (i = 0; i < n; i++) {
		rx->or_random = rx->or_random * 1664525U + 1013904223U;
		pcm[i] = (int16_t)(scale * (double)(int32_t)rx->or_random);
	}
}
