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
 * Where the sound to be sent comes from: a file of any rate and channel count
 * that libsndfile reads, a tone, silence, or the microphone.  Everything is
 * mono at 48 kHz here.
 */
#ifndef WZP_CLIENT_AUDIO_AUDIO_IN_H
#define WZP_CLIENT_AUDIO_AUDIO_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIO_RATE	48000
#define AUDIO_STEP	960	/* samples of 20 ms */

struct audio_in;

/* NULL: why says what is wrong.  All that is opened is opened here. */
struct audio_in	*audio_in_file(const char *path, char *why, size_t cap);
struct audio_in	*audio_in_tone(double hz);
struct audio_in	*audio_in_silence(void);
struct audio_in	*audio_in_device(char *why, size_t cap);
void		 audio_in_free(struct audio_in *);
/*
 * Fills all n samples, with silence where there are none; returns how many
 * were real.
 */
size_t		 audio_in_read(struct audio_in *, int16_t *, size_t n);
/* A file has been read to its end. */
bool		 audio_in_ended(const struct audio_in *);
/* Starts a file again. */
void		 audio_in_rewind(struct audio_in *);

#endif /* WZP_CLIENT_AUDIO_AUDIO_IN_H */
