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

/* The layout of the call registry, version by version. */
#ifndef WZP_REGISTRYD_SCHEMA_H
#define WZP_REGISTRYD_SCHEMA_H

#include <stddef.h>

/*
 * schema_steps[n] takes a database from user_version n to n + 1, and sets it;
 * it runs in one transaction.  A step is never changed once it was released.
 */
extern const char *const	schema_steps[];
extern const int		schema_version;	/* number of steps */

#endif /* WZP_REGISTRYD_SCHEMA_H */
