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
 * opuspass BITRATE FRAME_MS LOSS_PERCENT DELAY_MS DROP IN OUT: what a call
 * does to a recording, without a call: Opus coding, lost packets concealed,
 * a delay in front.  DROP packets in a row are lost from 2 s on.  The known
 * outcome calibrates the instruments.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <opus.h>

#include "regress/audio/sound.h"

#define RATE	48000

static unsigned int	draw100(uint32_t *);

static unsigned int
draw100(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return ((*state >> 16) % 100);
}

int
main(int argc, char *argv[])
{
	OpusEncoder *enc;
	OpusDecoder *dec;
	struct sound in, out;
	unsigned char packet[1500];
	float *frame;
	uint32_t state = 12345;
	size_t n, i, delay, drop;
	unsigned int loss;
	int error, len, size;

	if (argc != 8) {
		fprintf(stderr, "usage: opuspass BITRATE FRAME_MS LOSS "
		    "DELAY_MS DROP IN OUT\n");
		return (2);
	}
	size = RATE / 1000 * atoi(argv[2]);
	loss = (unsigned int)atoi(argv[3]);
	delay = (size_t)atoi(argv[4]) * (RATE / 1000);
	drop = (size_t)atoi(argv[5]);
	if (size != RATE / 50 && size != RATE / 25)
		errx(2, "frames are 20 or 40 ms");
	sound_read(&in, argv[6], RATE);
	enc = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &error);
	if (error != OPUS_OK)
		errx(2, "%s", opus_strerror(error));
	dec = opus_decoder_create(RATE, 1, &error);
	if (error != OPUS_OK)
		errx(2, "%s", opus_strerror(error));
	opus_encoder_ctl(enc, OPUS_SET_BITRATE(atoi(argv[1])));
	opus_encoder_ctl(enc, OPUS_SET_DTX(1));
	n = in.n / (size_t)size;
	out.rate = RATE;
	out.n = delay + n * (size_t)size;
	if ((out.samples = calloc(out.n, sizeof(*out.samples))) == NULL)
		err(2, NULL);
	for (i = 0; i < n; i++) {
		frame = in.samples + i * (size_t)size;
		len = opus_encode_float(enc, frame, size, packet,
		    sizeof(packet));
		if (len < 0)
			errx(2, "%s", opus_strerror(len));
		frame = out.samples + delay + i * (size_t)size;
		if (draw100(&state) < loss ||
		    (i * (size_t)size >= 2 * RATE &&
		    i * (size_t)size < 2 * RATE + drop * (size_t)size))
			len = opus_decode_float(dec, NULL, 0, frame, size, 0);
		else
			len = opus_decode_float(dec, packet, len, frame, size,
			    0);
		if (len < 0)
			errx(2, "%s", opus_strerror(len));
	}
	sound_write(&out, argv[7]);
	opus_encoder_destroy(enc);
	opus_decoder_destroy(dec);
	sound_free(&in);
	sound_free(&out);
	return (0);
}
