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
 * From payloads to sound (wzp-protocol 8.7): one decoder for all Opus
 * bitrates, concealment for what is missing, comfort noise.
 */
#ifndef WZP_CLIENT_AUDIO_OPUS_RX_H
#define WZP_CLIENT_AUDIO_OPUS_RX_H

#include <stddef.h>
#include <stdint.h>

#include "common/wire/media.h"

#define OPUS_RX_RATE	48000
#define OPUS_RX_MAX	5760	/* samples in 120 ms, the longest packet */

struct opus_rx;

struct opus_rx	*opus_rx_new(void);
void		 opus_rx_free(struct opus_rx *);
/*
 * Samples written (at most OPUS_RX_MAX); 0: cannot be decoded, conceal it.
 * Codec2 is not built in: such packets give 0.
 */
size_t		 opus_rx_decode(struct opus_rx *, enum media_codec,
		    const uint8_t *, size_t, int16_t pcm[OPUS_RX_MAX]);
/* Always writes n samples, n a multiple of 2.5 ms up to OPUS_RX_MAX. */
void		 opus_rx_conceal(struct opus_rx *, int16_t *pcm, size_t n);
/* Noise as loud as the last comfort noise packet said. */
void		 opus_rx_noise(struct opus_rx *, int16_t *pcm, size_t n);

#endif /* WZP_CLIENT_AUDIO_OPUS_RX_H */
