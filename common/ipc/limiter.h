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
 * The limits (limits.h) at work in one process: rates by source or
 * fingerprint, numbers held by them, who was here before, what was refused,
 * and a short list of those who are over a limit, for the operator.  Keys are
 * texts, as they are shown.  No clock in here.
 */
#ifndef WZP_IPC_LIMITER_H
#define WZP_IPC_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/rate.h"
#include "common/ipc/limits.h"
#include "common/ipc/row.h"

/* Sources or fingerprints of each rate that are kept apart. */
#define LIMITER_KEYS		65536
/* Those who are shown as being over a limit; the oldest give way. */
#define LIMITER_PENALTIES	256
#define LIMITER_KEY		72	/* with NUL */
/* How long somebody is shown who hit a limit that is no rate. */
#define LIMITER_SHOWN_S		10

struct limiter;

struct limiter	*limiter_new(size_t keys);	/* NULL: no memory */
void		 limiter_free(struct limiter *);
void		 limiter_settings(struct limiter *,
		    const struct msg_settings *);
uint64_t	 limiter_value(const struct limiter *, enum limit_id);
/*
 * One more of a rate: true, or false, which is counted and puts the key on
 * the list.  _own: the same with a bucket that the caller keeps.
 */
bool		 limiter_take(struct limiter *, enum limit_id,
		    const char *key, uint64_t now);
bool		 limiter_take_own(struct limiter *, enum limit_id,
		    struct rate *, const char *key, uint64_t now);
/* Of these not as many at once as in its time, but burst. */
bool		 limiter_take_burst(struct limiter *, enum limit_id,
		    struct rate *, uint64_t burst, const char *key,
		    uint64_t now);
/* Is something of this rate used up by that key? */
bool		 limiter_has(const struct limiter *, enum limit_id,
		    const char *key);
/*
 * One more of a number that the key holds; force: whatever the limit is.
 * limiter_drop() for each that was granted.
 */
bool		 limiter_hold(struct limiter *, enum limit_id,
		    const char *key, bool force, uint64_t now);
void		 limiter_drop(struct limiter *, enum limit_id,
		    const char *key);
/*
 * Who counts by himself: so many are there, or were at some time; one was
 * refused (key or NULL), or so many were since the beginning.
 */
void		 limiter_used(struct limiter *, enum limit_id, uint64_t);
void		 limiter_reached(struct limiter *, enum limit_id, uint64_t);
void		 limiter_refused(struct limiter *, enum limit_id,
		    const char *key, uint64_t now);
void		 limiter_refused_all(struct limiter *, enum limit_id,
		    uint64_t);
/* Who was here before (regulars.h). */
bool		 limiter_knows(const struct limiter *, const char *key,
		    uint64_t now);
void		 limiter_visit(struct limiter *, const char *key,
		    uint64_t now);
/* Forgets what is over.  Not urgent: memory only. */
void		 limiter_expire(struct limiter *, uint64_t now);
/* Keys of all rates and holds together, and of those over a limit. */
size_t		 limiter_keys(const struct limiter *);
size_t		 limiter_penalties(const struct limiter *);
uint64_t	 limiter_refusals(const struct limiter *, enum limit_id);
/*
 * Rows for CTL_LIMITS, which controld completes: one of each limit that was
 * ever used here, then one of each who is over one.
 */
typedef void	 limiter_row(void *arg, const struct row *);
void		 limiter_rows(struct limiter *, uint64_t now, limiter_row *,
		    void *arg);

#endif /* WZP_IPC_LIMITER_H */
