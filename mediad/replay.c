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

/* The replay cache: see replay.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "mediad/replay.h"

struct replay_key {
	uint8_t	rk_identity[32];
	uint8_t	rk_ephemeral[32];
};

struct replay {
	struct table		*rp_table;
	struct replay_key	*rp_ring;	/* in order of arrival */
	size_t			 rp_max;
	size_t			 rp_count;
	size_t			 rp_next;	/* slot to be overwritten */
};

struct replay *
replay_new(size_t max)
{
	struct replay	*rp;

	if ((rp = calloc(1, sizeof(*rp))) == NULL)
		return (NULL);
	rp->rp_max = max;
	rp->rp_ring = calloc(max, sizeof(*rp->rp_ring));
	rp->rp_table = table_new(max);
	if (rp->rp_ring == NULL || rp->rp_table == NULL) {
		replay_free(rp);
		return (NULL);
	}
	return (rp);
}

void
replay_free(struct replay *rp)
{
	if (rp == NULL)
		return;
	if (rp->rp_table != NULL)
		table_free(rp->rp_table);
	free(rp->rp_ring);
	free(rp);
}

bool
replay_seen(struct replay *rp, const uint8_t identity[32],
    const uint8_t ephemeral[32])
{
	struct replay_key	 key, *slot;

	memcpy(key.rk_identity, identity, sizeof(key.rk_identity));
	memcpy(key.rk_ephemeral, ephemeral, sizeof(key.rk_ephemeral));
	if (table_find(rp->rp_table, &key, sizeof(key)) != NULL)
		return (true);
	slot = &rp->rp_ring[rp->rp_next];
	if (rp->rp_count == rp->rp_max) {
		(void)table_remove(rp->rp_table, slot, sizeof(*slot));
		rp->rp_count--;
	}
	/* Without memory for the entry the offer passes unremembered. */
	if (table_insert(rp->rp_table, &key, sizeof(key), slot) == -1)
		return (false);
	*slot = key;
	rp->rp_count++;
	rp->rp_next = (rp->rp_next + 1) % rp->rp_max;
	return (false);
}
