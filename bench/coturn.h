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
 * The load on a TURN server: the same calls as those of the crowd, each
 * datagram of which crosses the server once.  One of each two has an
 * allocation with a channel, the other is its peer at a plain socket.
 */
#ifndef WZP_BENCH_COTURN_H
#define WZP_BENCH_COTURN_H

#include <stdint.h>

#include "bench/figures.h"
#include "common/base/addr.h"

/* Each has two addresses in 127.0.0.0/16, one for each side. */
#define COTURN_CALLS_MAX	127

struct bank;
struct coturn;

/* Nothing is said yet.  NULL: errno. */
struct coturn	*coturn_new(const struct addr *server, unsigned int calls);
/* What is allocated there is left to its lifetime. */
void		 coturn_free(struct coturn *);
/*
 * Everybody has an allocation and a channel, or has what he had prolonged:
 * before each time that they talk, since permissions end after 300 s.  -1:
 * too late, or refused; *why says which.
 */
int		 coturn_join(struct coturn *, unsigned int limit_s,
		    const char **why);
/* bank: kept alive meanwhile; or NULL. */
void		 coturn_talk(struct coturn *, uint64_t per_s, uint64_t ns,
		    struct flow *, struct bank *);

#endif /* WZP_BENCH_COTURN_H */
