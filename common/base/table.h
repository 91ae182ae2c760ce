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
 * A hash table from byte strings to pointers, SipHash-2-4 with a key drawn at
 * creation, because the keys are chosen by strangers.  Bounded: a table
 * refuses entries past its maximum.  The table copies the key bytes and owns
 * nothing that the pointers refer to.
 */
#ifndef WZP_BASE_TABLE_H
#define WZP_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table;

struct table	*table_new(size_t max);		/* NULL: no memory */
void		 table_free(struct table *);
/* 0, or -1 with EEXIST, ENOSPC (at its maximum) or ENOMEM. */
int		 table_insert(struct table *, const void *key, size_t keylen,
		    void *value);
void		*table_find(const struct table *, const void *key,
		    size_t keylen);
/* Removes and returns the value, NULL when absent. */
void		*table_remove(struct table *, const void *key, size_t keylen);
size_t		 table_count(const struct table *);
/* Any order; begin with *iter 0.  The entry just returned may be removed. */
void		*table_next(const struct table *, size_t *iter);

uint64_t	 siphash24(const uint8_t key[16], const void *, size_t);

#endif /* WZP_BASE_TABLE_H */
