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
 * Four bytes as four words, to be compared by voice.
 */
#ifndef WZP_CLIENT_E2E_WORDS_H
#define WZP_CLIENT_E2E_WORDS_H

#include <stdint.h>

#define WORDS_BYTES	4
/* Four of at most ten letters, spaces, NUL. */
#define WORDS_STRLEN	(WORDS_BYTES * 11)

void	 words_from(const uint8_t[WORDS_BYTES], char[WORDS_STRLEN]);

#endif /* WZP_CLIENT_E2E_WORDS_H */
