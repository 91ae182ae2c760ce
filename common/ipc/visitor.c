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

/* Limits in the way of who comes (visitor.h). */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/ipc/limits.h"
#include "common/ipc/visitor.h"

static const char	*in_the_way(enum limit_id);

const char *
visitor_source(const struct visitor *vi, char source[LIMITER_KEY])
{
	return (addr_print_source(&vi->vi_source, source, LIMITER_KEY));
}

const char *
visitor_key(const struct visitor *vi, const char *fp, bool proven,
    char key[LIMITER_KEY])
{
	char	source[LIMITER_KEY];

	if (proven)
		strlcpy(key, fp, LIMITER_KEY);
	else
		(void)snprintf(key, LIMITER_KEY, "%.39s %.31s", fp,
		    visitor_source(vi, source));
	return (key);
}

static const char *
in_the_way(enum limit_id id)
{
	static char	text[48];

	(void)snprintf(text, sizeof(text), "limit %s",
	    limit_table[id].li_name);
	return (text);
}

const char *
visitor_admit(struct visitor *vi, struct limiter *lm, enum limit_id own,
    enum limit_id newcomers, const char *key, uint64_t now)
{
	char	source[LIMITER_KEY];
	bool	known = false;

	(void)visitor_source(vi, source);
	if (key != NULL) {
		known = limiter_knows(lm, key, now);
		if (!limiter_take(lm, own, key, now))
			return (in_the_way(own));
	}
	if (!known && !limiter_take(lm, newcomers, source, now))
		return (in_the_way(newcomers));
	if (!vi->vi_held && !limiter_hold(lm, LIMIT_SOURCE_CONNECTIONS,
	    source, known, now))
		return (in_the_way(LIMIT_SOURCE_CONNECTIONS));
	vi->vi_held = true;
	return (NULL);
}

void
visitor_leave(struct visitor *vi, struct limiter *lm)
{
	char	source[LIMITER_KEY];

	if (vi->vi_held)
		limiter_drop(lm, LIMIT_SOURCE_CONNECTIONS,
		    visitor_source(vi, source));
	vi->vi_held = false;
}
