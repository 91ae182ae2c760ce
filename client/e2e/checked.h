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
 * Every check that a dishonest relay must not get past is written as
 * CHECKED("its name", condition), which is the condition.  Only in a test build
 * of the client (-DWZP_CREDULOUS, never installed) the environment can take one
 * of them away, to show that it is this check that catches a lie.
 */
#ifndef WZP_CLIENT_E2E_CHECKED_H
#define WZP_CLIENT_E2E_CHECKED_H

#include <stdbool.h>

#ifdef WZP_CREDULOUS

#include <stdlib.h>
#include <string.h>

static inline bool
checked(const char *name, bool ok)
{
	const char	*off = getenv("WZP_CREDULOUS");

	return (ok || (off != NULL && strcmp(off, name) == 0));
}

#define CHECKED(name, ok)	checked((name), (ok))

#else

#define CHECKED(name, ok)	((bool)(ok))

#endif

#endif /* WZP_CLIENT_E2E_CHECKED_H */
