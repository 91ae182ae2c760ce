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

/* What was here lately: see duplicates.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/table.h"
#include "federd/duplicates.h"

#define NONE	UINT32_MAX

/* How many equal ones came over one link. */
struct arrivals {
	uint16_t	ar_link;
	uint8_t		ar_count;
};

struct duplicate {
	uint64_t	du_hash;
	uint64_t	du_time;
	uint32_t	du_next;	/* older ones of its bucket */
	uint8_t		du_senders;	/* of equal ones, as far as known */
	uint8_t		du_bare;	/* of these: without a source so far */
	uint8_t		du_links;
	struct arrivals	du_arrivals[DUPLICATES_LINKS];
};

/*
 * The ring is in order of time: the next place to be used is the oldest one's,
 * which leaves its bucket then and not before.
 */
struct duplicates {
	uint8_t			 ds_packet_key[16];
	uint8_t			 ds_head_key[16];
	uint8_t			 ds_tag_key[16];
	size_t			 ds_max;
	size_t			 ds_used;
	size_t			 ds_next;
	uint32_t		*ds_buckets;
	struct duplicate	*ds_ring;
};

static struct duplicate	*duplicate_find(const struct duplicates *, uint64_t,
			    uint64_t);
static struct duplicate	*duplicate_add(struct duplicates *, uint64_t,
			    uint64_t);
static struct duplicate	*duplicate_equals(struct duplicates *,
			    const uint8_t *, uint64_t, uint64_t);
static uint8_t		 one_more(uint8_t);

struct duplicates *
duplicates_new(size_t max)
{
	struct duplicates	*ds;
	size_t			 i;

	if ((ds = calloc(1, sizeof(*ds))) == NULL)
		return (NULL);
	ds->ds_max = max;
	ds->ds_buckets = calloc(max, sizeof(*ds->ds_buckets));
	ds->ds_ring = calloc(max, sizeof(*ds->ds_ring));
	if (ds->ds_buckets == NULL || ds->ds_ring == NULL ||
	    getentropy(ds->ds_packet_key, sizeof(ds->ds_packet_key)) == -1 ||
	    getentropy(ds->ds_head_key, sizeof(ds->ds_head_key)) == -1 ||
	    getentropy(ds->ds_tag_key, sizeof(ds->ds_tag_key)) == -1) {
		duplicates_free(ds);
		return (NULL);
	}
	for (i = 0; i < max; i++)
		ds->ds_buckets[i] = NONE;
	return (ds);
}

void
duplicates_free(struct duplicates *ds)
{
	if (ds == NULL)
		return;
	free(ds->ds_buckets);
	free(ds->ds_ring);
	free(ds);
}

static struct duplicate *
duplicate_find(const struct duplicates *ds, uint64_t hash, uint64_t now)
{
	struct duplicate	*du;
	uint32_t		 i;

	for (i = ds->ds_buckets[hash & (ds->ds_max - 1)]; i != NONE;
	    i = du->du_next) {
		du = &ds->ds_ring[i];
		/* What stands behind it is older still. */
		if (now - du->du_time >= DUPLICATES_NS)
			return (NULL);
		if (du->du_hash == hash)
			return (du);
	}
	return (NULL);
}

static struct duplicate *
duplicate_add(struct duplicates *ds, uint64_t hash, uint64_t now)
{
	struct duplicate	*du = &ds->ds_ring[ds->ds_next];
	uint32_t		*link;

	if (ds->ds_used == ds->ds_max) {
		link = &ds->ds_buckets[du->du_hash & (ds->ds_max - 1)];
		while (*link != ds->ds_next)
			link = &ds->ds_ring[*link].du_next;
		*link = du->du_next;
	} else
		ds->ds_used++;
	memset(du, 0, sizeof(*du));
	du->du_hash = hash;
	du->du_time = now;
	link = &ds->ds_buckets[hash & (ds->ds_max - 1)];
	du->du_next = *link;
	*link = (uint32_t)ds->ds_next;
	ds->ds_next = (ds->ds_next + 1) & (ds->ds_max - 1);
	return (du);
}

/* The entry for all that equal this one in this room, whoever sent them. */
static struct duplicate *
duplicate_equals(struct duplicates *ds, const uint8_t *tag, uint64_t packet,
    uint64_t now)
{
	struct duplicate	*du;
	uint64_t		 hash;

	hash = packet ^ siphash24(ds->ds_tag_key, tag, 8);
	if ((du = duplicate_find(ds, hash, now)) == NULL)
		du = duplicate_add(ds, hash, now);
	return (du);
}

static uint8_t
one_more(uint8_t n)
{
	return (n == UINT8_MAX ? n : (uint8_t)(n + 1));
}

bool
duplicates_sourced(struct duplicates *ds, const uint8_t head[16],
    const uint8_t *packet, size_t len, bool bare, uint64_t now)
{
	struct duplicate	*du;
	uint64_t		 hash, whole;

	hash = siphash24(ds->ds_packet_key, packet, len);
	whole = hash ^ siphash24(ds->ds_head_key, head, 16);
	if (duplicate_find(ds, whole, now) != NULL)
		return (false);
	(void)duplicate_add(ds, whole, now);
	if (!bare)
		return (true);
	du = duplicate_equals(ds, head, hash, now);
	/* It was faster by way of an original. */
	if (du->du_bare > 0) {
		du->du_bare--;
		return (false);
	}
	du->du_senders = one_more(du->du_senders);
	return (true);
}

void
duplicates_local(struct duplicates *ds, const uint8_t tag[8],
    const uint8_t *packet, size_t len, uint64_t now)
{
	struct duplicate	*du;

	du = duplicate_equals(ds, tag, siphash24(ds->ds_packet_key, packet,
	    len), now);
	du->du_senders = one_more(du->du_senders);
}

bool
duplicates_bare(struct duplicates *ds, const uint8_t tag[8],
    const uint8_t *packet, size_t len, unsigned int link, uint64_t now)
{
	struct duplicate	*du;
	struct arrivals		*ar;
	size_t			 i;

	du = duplicate_equals(ds, tag, siphash24(ds->ds_packet_key, packet,
	    len), now);
	for (i = 0; i < du->du_links; i++)
		if (du->du_arrivals[i].ar_link == link)
			break;
	if (i == DUPLICATES_LINKS)
		return (false);
	ar = &du->du_arrivals[i];
	if (i == du->du_links) {
		du->du_links++;
		ar->ar_link = (uint16_t)link;
	}
	ar->ar_count = one_more(ar->ar_count);
	/* As many came over another link, or from here, or with a source. */
	if (ar->ar_count <= du->du_senders)
		return (false);
	du->du_senders = one_more(du->du_senders);
	du->du_bare = one_more(du->du_bare);
	return (true);
}

size_t
duplicates_count(const struct duplicates *ds, uint64_t now)
{
	size_t	i, n = 0;

	for (i = 0; i < ds->ds_used; i++)
		if (now - ds->ds_ring[i].du_time < DUPLICATES_NS)
			n++;
	return (n);
}
