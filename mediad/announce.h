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
 * What a room tells its members by signals: RoomUpdate after joins and
 * leaves, QualityDirective after a change of the weakest tier.  Both are
 * paced so that a busy room or a slow reader costs a bounded amount.
 */
#ifndef WZP_MEDIAD_ANNOUNCE_H
#define WZP_MEDIAD_ANNOUNCE_H

#include "common/base/clock.h"
#include "mediad/room.h"

/*
 * A RoomUpdate grows with the room and goes to the whole room, so a join
 * costs members squared: small rooms hear at once, larger ones less often.
 */
#define ANNOUNCE_SMALL		16	/* members: at once */
#define ANNOUNCE_MEDIUM		200	/* up to here each 250 ms */
#define ANNOUNCE_MEDIUM_NS	(250 * NS_PER_MS)
#define ANNOUNCE_LARGE_NS	NS_PER_S
/* Participants listed; the count goes on (65536 bytes hold about 600). */
#define ANNOUNCE_LIST_MAX	500
/* Again after this, doubling, when a member had not taken its last one. */
#define ANNOUNCE_RETRY_NS	(20 * NS_PER_MS)
#define ANNOUNCE_RETRY_MAX_NS	NS_PER_S
/* Directives are small: this many unacknowledged bytes, then newest wins. */
#define ANNOUNCE_BACKLOG	8192

struct announcer	*announcer_new(void);
void			 announcer_free(struct announcer *);
/* The membership of the room changed. */
void			 announce_change(struct announcer *, struct room *,
			    uint64_t now);
/* rm_tier changed. */
void			 announce_tier(struct announcer *, struct room *,
			    uint64_t now);
/* The room is about to be freed. */
void			 announce_forget(struct announcer *, struct room *);
uint64_t		 announce_expiry(const struct announcer *);
void			 announce_expire(struct announcer *, uint64_t now);

#endif /* WZP_MEDIAD_ANNOUNCE_H */
