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
 * Rates by key: so many in a period of time for each of many keys, as many at
 * once.  Bounded: at its maximum the key that was used longest ago is
 * forgotten, which gives it a fresh start and nobody a refusal.  A key that
 * has all of its rate back is forgotten, too.
 */
#ifndef WZP_BASE_METER_H
#define WZP_BASE_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/rate.h"

#define METER_KEY	72	/* bytes of a key at most */

struct meter;

struct meter	*meter_new(size_t max);		/* NULL: no memory */
void		 meter_free(struct meter *);
/* From now on; what was used up stays so. */
void		 meter_set(struct meter *, uint64_t number, uint64_t period);
/*
 * true: one more is within the rate, and is counted.  *until: when all of the
 * rate is back if nothing more comes.  Out of memory: true, uncounted.
 */
bool		 meter_take(struct meter *, const void *key, size_t len,
		    uint64_t now, uint64_t *until);
/* Is this key being counted? */
bool		 meter_has(const struct meter *, const void *key, size_t len);
/* Forgets those that have all of their rate back. */
void		 meter_expire(struct meter *, uint64_t now);
size_t		 meter_count(const struct meter *);
/* How much of the rate the busiest key has used up now, and ever had. */
uint64_t	 meter_used(const struct meter *, uint64_t now);
uint64_t	 meter_highest(const struct meter *);

#endif /* WZP_BASE_METER_H */
