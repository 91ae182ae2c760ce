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
 * What wzp(1) prints: events as sentences, or as JSON objects one a line.
 */
#ifndef WZP_WZP_OUTPUT_H
#define WZP_WZP_OUTPUT_H

#include <stdbool.h>

#include "client/event.h"

void	 output_init(bool json, int verbose);
void	 output_identity(const char *fingerprint, const char *path,
	    bool created);
void	 output_event(const struct client_event *);
/* An error before or beside the client. */
void	 output_error(const char *, ...)
	    __attribute__((format(printf, 1, 2)));
void	 output_exit(bool ok);

#endif /* WZP_WZP_OUTPUT_H */
