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
 * Who was here before: a memory of fixed size, so that a crowd of strangers
 * costs nothing but the memory of each other.  Of those that share a place
 * the one with the fewest visits gives way, then the one seen longest ago;
 * visits within a minute are one.  Wrong for one in some hundred million.
 */
#ifndef WZP_BASE_REGULARS_H
#define WZP_BASE_REGULARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGULARS_MAX	16384
/* Seconds after which somebody is a stranger again. */
#define REGULARS_S	86400

struct regulars;

struct regulars	*regulars_new(void);
void		 regulars_free(struct regulars *);
bool		 regulars_know(const struct regulars *, const void *key,
		    size_t len, uint64_t now);
void		 regulars_visit(struct regulars *, const void *key,
		    size_t len, uint64_t now);

#endif /* WZP_BASE_REGULARS_H */
