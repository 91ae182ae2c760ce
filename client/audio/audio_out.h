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
 * Where the sound received goes: a WAV file (mono, 48 kHz), the speakers, or
 * nowhere.
 */
#ifndef WZP_CLIENT_AUDIO_AUDIO_OUT_H
#define WZP_CLIENT_AUDIO_AUDIO_OUT_H

#include <stddef.h>
#include <stdint.h>

struct audio_out;

/* NULL: why says what is wrong.  All that is opened is opened here. */
struct audio_out *audio_out_file(const char *path, char *why, size_t cap);
struct audio_out *audio_out_device(char *why, size_t cap);
struct audio_out *audio_out_null(void);
/* Completes the file. */
void		 audio_out_free(struct audio_out *);
/* -1: the file could not be written (disk full); why it was, once. */
int		 audio_out_write(struct audio_out *, const int16_t *, size_t);
const char	*audio_out_error(const struct audio_out *);

#endif /* WZP_CLIENT_AUDIO_AUDIO_OUT_H */
