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

/* Rates of connections by source (sources.h). */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/rate.h"
#include "common/base/table.h"
#include "doord/sources.h"

#define ROWS	2

struct sources {
	struct limiter	*so_limiter;
	uint8_t		 so_key[16];
	/* A network is over its rate when it is so in both of its places. */
	struct rate	 so_unchecked[ROWS][SOURCES_PLACES];
};

static bool	unchecked(struct sources *, const struct addr *, uint64_t);
static bool	has_token(struct sources *, const char *, uint64_t, uint64_t);

struct sources *
sources_new(void)
{
	struct sources	*so;

	if ((so = calloc(1, sizeof(*so))) == NULL)
		return (NULL);
	if ((so->so_limiter = limiter_new(LIMITER_KEYS)) == NULL) {
		free(so);
		return (NULL);
	}
	arc4random_buf(so->so_key, sizeof(so->so_key));
	return (so);
}

void
sources_free(struct sources *so)
{
	if (so == NULL)
		return;
	limiter_free(so->so_limiter);
	free(so);
}

struct limiter *
sources_limiter(struct sources *so)
{
	return (so->so_limiter);
}

/* Nobody is named for it: he need not be the one who sends. */
static bool
unchecked(struct sources *so, const struct addr *remote, uint64_t now)
{
	char		net[LIMITER_KEY];
	uint64_t	hash, number;
	size_t		i;
	bool		ok = false;

	(void)addr_print_net(remote, net, sizeof(net));
	hash = siphash24(so->so_key, net, strlen(net));
	number = limiter_value(so->so_limiter, LIMIT_INITIAL_RATE);
	for (i = 0; i < ROWS; i++, hash >>= 32)
		if (rate_take_of(&so->so_unchecked[i][hash % SOURCES_PLACES],
		    now, number, 60 * NS_PER_S))
			ok = true;
	if (!ok)
		limiter_refused(so->so_limiter, LIMIT_INITIAL_RATE, NULL, now);
	return (ok);
}

/*
 * Whoever completes handshakes gets tokens, also one who floods: those that
 * were not used lately have a rate for all of them.
 */
static bool
has_token(struct sources *so, const char *source, uint64_t token,
    uint64_t now)
{
	struct limiter	*lm = so->so_limiter;
	char		 key[LIMITER_KEY];

	(void)snprintf(key, sizeof(key), "%.31s token %016llx", source,
	    (unsigned long long)token);
	if (!limiter_has(lm, LIMIT_TOKEN_RATE, key)) {
		char	all[LIMITER_KEY];

		(void)snprintf(all, sizeof(all), "%.31s tokens", source);
		if (!limiter_take(lm, LIMIT_HANDSHAKE_RATE, all, now))
			return (false);
	}
	return (limiter_take(lm, LIMIT_TOKEN_RATE, key, now));
}

enum source_verdict
sources_judge(struct sources *so, const struct addr *remote,
    const struct validated *vd, uint64_t now)
{
	char	source[LIMITER_KEY];

	(void)addr_print_source(remote, source, sizeof(source));
	switch (vd->vd_verdict) {
	case VALIDATE_NONE:
		return (unchecked(so, remote, now) ? SOURCE_PASS :
		    SOURCE_RETRY);
	case VALIDATE_TOKEN:
		if (has_token(so, source, vd->vd_token, now))
			return (SOURCE_PASS);
		break;
	case VALIDATE_RETRY:
	case VALIDATE_BAD:
		break;
	}
	return (limiter_take(so->so_limiter, LIMIT_HANDSHAKE_RATE, source,
	    now) ? SOURCE_PASS : SOURCE_DROP);
}
