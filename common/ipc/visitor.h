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
 * Somebody who comes by a connection and says who he is, and the limits that
 * stand in his way: a rate of his own, one that the newcomers of a source
 * share, and the number of connections of that source.  Whoever was here
 * before is no newcomer, so that others behind the same NAT cannot shut him
 * out.
 */
#ifndef WZP_IPC_VISITOR_H
#define WZP_IPC_VISITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/ipc/limiter.h"

/* Part of a connection; zero at the beginning but for the source. */
struct visitor {
	struct addr	vi_source;	/* a move does not change it */
	bool		vi_held;	/* counts for its source */
};

const char	*visitor_source(const struct visitor *,
		    char source[LIMITER_KEY]);
/*
 * What he is counted by.  Without proof a fingerprint is anybody's claim: it
 * counts together with the source, and uses up nothing of its owner's.
 */
const char	*visitor_key(const struct visitor *, const char *fp,
		    bool proven, char key[LIMITER_KEY]);
/*
 * NULL, or "limit NAME" (until the next call) of the one in the way.  key:
 * of visitor_key(), which has the rate `own', or NULL for who is nobody.
 * After it limiter_visit() may be said, now or when he really is in.
 */
const char	*visitor_admit(struct visitor *, struct limiter *,
		    enum limit_id own, enum limit_id newcomers,
		    const char *key, uint64_t now);
/* The connection ends. */
void		 visitor_leave(struct visitor *, struct limiter *);

#endif /* WZP_IPC_VISITOR_H */
