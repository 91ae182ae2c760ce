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
 * The relays known: a text file, one `host:port certificate-fingerprint' a
 * line.  Opened once, before the sandbox; added to while the client runs.
 */
#ifndef WZP_CLIENT_PINS_H
#define WZP_CLIENT_PINS_H

#include <stddef.h>

#include "common/wire/identity.h"

#define PINS_RELAY_MAX	262	/* a name of DNS, `:', a port */

struct pins;

enum pin_verdict {
	PIN_NEW,
	PIN_SAME,
	PIN_CHANGED
};

/* Makes the file when missing.  NULL: why says file, line and what. */
struct pins	*pins_open(const char *path, char *why, size_t cap);
void		 pins_free(struct pins *);
/*
 * tls_fp as identity_tls_fp() prints it.  PIN_CHANGED: *pinned is what the
 * file says in line *line.
 */
enum pin_verdict pins_check(const struct pins *, const char *relay,
		    const char *tls_fp, const char **pinned,
		    unsigned int *line);
/* -1: could not be written; errno. */
int		 pins_add(struct pins *, const char *relay,
		    const char *tls_fp);
const char	*pins_path(const struct pins *);

#endif /* WZP_CLIENT_PINS_H */
