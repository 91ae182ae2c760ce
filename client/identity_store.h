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
 * The client's identity file: the seed as 64 hex digits (wzp-protocol 4.4),
 * readable by nobody else.  Made when missing, never replaced.
 */
#ifndef WZP_CLIENT_IDENTITY_STORE_H
#define WZP_CLIENT_IDENTITY_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/wire/identity.h"

/* -1: why says what is wrong, the file is untouched. */
int	 identity_store_load(const char *path, struct identity *,
	    bool *created, char *why, size_t cap);
/*
 * $XDG_DATA_HOME/wzp/identity or ~/.local/share/wzp/identity; makes the
 * directories.  -1: why.
 */
int	 identity_store_default(char *path, size_t pathcap, char *why,
	    size_t cap);

#endif /* WZP_CLIENT_IDENTITY_STORE_H */
