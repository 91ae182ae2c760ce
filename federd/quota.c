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

/* Limits of peers (quota.h). */
#include "config.h"

#include "common/base/clock.h"
#include "federd/quota.h"

uint64_t
quota(const struct limiter *lm, enum limit_id id)
{
	return (lm == NULL ? limit_table[id].li_default :
	    limiter_value(lm, id));
}

/*
 * A relay speaks for many: what it has to say when a link comes up, or when
 * many call at once, is more than it has to say in each second.  Media comes
 * evenly.
 */
uint64_t
quota_burst(const struct limiter *lm, enum limit_id id)
{
	uint64_t	value = quota(lm, id);

	switch (id) {
	case LIMIT_PEER_ROOM_RATE:
		return (10 * value);
	case LIMIT_PEER_OFFER_RATE:
	case LIMIT_PROBE_RATE:
		return (5 * value);
	case LIMIT_PEER_SIGNAL_RATE:
	case LIMIT_PEER_CALL_SIGNAL_RATE:
		return (4 * value);
	case LIMIT_PEER_SEARCH_RATE:
	case LIMIT_PEER_PRESENCE_RATE:
		return (2 * value);
	case LIMIT_PEER_MEMBER_RATE:
		value /= 4;
		break;
	case LIMIT_ORIGINAL_ROOM_RATE:
		value /= 5;
		break;
	case LIMIT_PEER_DATAGRAM_RATE:
		value /= 10;
		break;
	default:
		break;
	}
	return (value == 0 ? 1 : value);
}

bool
quota_take(struct limiter *lm, enum limit_id id, struct rate *ra,
    const char *key, uint64_t now)
{
	uint64_t	burst = quota_burst(lm, id);

	if (lm == NULL)
		return (rate_take(ra, now, quota(lm, id), burst));
	return (limiter_take_burst(lm, id, ra, burst, key, now));
}

void
quota_reached(struct limiter *lm, enum limit_id id, uint64_t used)
{
	if (lm != NULL)
		limiter_reached(lm, id, used);
}

void
quota_refused(struct limiter *lm, enum limit_id id, const char *key,
    uint64_t now)
{
	if (lm != NULL)
		limiter_refused(lm, id, key, now);
}
