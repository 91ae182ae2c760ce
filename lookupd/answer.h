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
 * What lookupd says to the auth server and how it reads the answer
 * (wzp-protocol 5.2).
 */
#ifndef WZP_LOOKUPD_ANSWER_H
#define WZP_LOOKUPD_ANSWER_H

#include <stddef.h>

#include "common/ipc/messages.h"

/* The answer is an object of a few members; what is longer is not read. */
#define ANSWER_MAX	65536

/*
 * The body of the request, {"token":"..."}, to be freed by answer_wipe().
 * NULL: not UTF-8, or no memory.
 */
char		*answer_request(const void *token, size_t len, size_t *out);
void		 answer_wipe(char *, size_t);
/*
 * Reads an answer.  NULL: the token is good, fingerprint is filled; else why
 * not, words of ours.
 */
const char	*answer_read(const char *body, size_t len,
		    char fingerprint[FP_STRLEN]);

#endif /* WZP_LOOKUPD_ANSWER_H */
