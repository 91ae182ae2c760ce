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
 * How many connections may be begun from where, before anybody knows who it
 * is.  An address that nobody has checked may be forged, so it costs no
 * memory of its own and is never refused: past `limit initial-rate' of its
 * network it is asked to answer a Retry.  Whoever has shown that the address
 * is his counts for `limit handshake-rate' of the source.
 *
 * People behind one NAT share that.  So who brings the token of an earlier
 * connection (RFC 9000 8.1.3) has a rate of his own, `limit token-rate',
 * which the others cannot use up; tokens not seen lately have a rate of the
 * source for themselves.  Only when his own is used up he is one of the crowd.
 */
#ifndef WZP_DOORD_SOURCES_H
#define WZP_DOORD_SOURCES_H

#include <stdint.h>

#include "common/ipc/limiter.h"
#include "doord/reassembly.h"
#include "doord/validate.h"

/* Places of networks in each of the two rows; a shared one costs a Retry. */
#define SOURCES_PLACES	4096

enum source_verdict {
	SOURCE_PASS,
	SOURCE_RETRY,		/* show that the address is yours first */
	SOURCE_DROP
};

struct sources;

struct sources	*sources_new(void);		/* NULL: no memory */
void		 sources_free(struct sources *);
/* A connection that begins, and what is known of its address. */
enum source_verdict
		 sources_judge(struct sources *, const struct addr *,
		    const struct validated *, uint64_t now);
struct limiter	*sources_limiter(struct sources *);

#endif /* WZP_DOORD_SOURCES_H */
