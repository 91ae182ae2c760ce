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

#include "config.h"

#include "common/quic/gather.h"

bool
gather_heard(struct gather *ga, uint64_t now, size_t n)
{
	uint64_t	length = now - ga->ga_since;

	ga->ga_heard += n;
	if (length < GATHER_WINDOW_NS)
		return (ga->ga_on);
	ga->ga_on = ga->ga_heard * NS_PER_MS >=
	    length * (ga->ga_on ? GATHER_SLOW : GATHER_FAST);
	ga->ga_since = now;
	ga->ga_heard = 0;
	return (ga->ga_on);
}
