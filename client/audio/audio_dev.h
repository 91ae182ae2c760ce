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
 * The sound card, through sndio(7): mono, 48 kHz, 16 bits.  Never blocks: the
 * caller comes every 20 ms by its own clock, and a small store evens out the
 * difference between that clock and the card's.
 */
#ifndef WZP_CLIENT_AUDIO_AUDIO_DEV_H
#define WZP_CLIENT_AUDIO_AUDIO_DEV_H

#include <stddef.h>
#include <stdint.h>

struct audio_dev;

enum audio_dev_mode {
	AUDIO_DEV_PLAY,
	AUDIO_DEV_RECORD
};

struct audio_dev *audio_dev_open(enum audio_dev_mode);	/* NULL: none */
void		 audio_dev_close(struct audio_dev *);
/* Samples read: n, or 0 when that many are not there yet. */
size_t		 audio_dev_read(struct audio_dev *, int16_t *, size_t n);
void		 audio_dev_write(struct audio_dev *, const int16_t *,
		    size_t n);

#endif /* WZP_CLIENT_AUDIO_AUDIO_DEV_H */
