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
 * Keyed hash table.  Entries stand in one dense array, so that walking costs
 * what is there, and in chains of hash buckets for finding.  A walk goes from
 * the end of the array down: a removal moves the last entry, which has been
 * visited by then, into the hole.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/table.h"

#define TABLE_MIN	16	/* buckets, a power of two */

struct table_entry {
	struct table_entry	*te_next;
	void			*te_value;
	size_t			 te_pos;	/* in tb_entries */
	uint64_t		 te_hash;
	size_t			 te_keylen;
	unsigned char		 te_key[];
};

struct table {
	uint8_t			  tb_key[16];
	size_t			  tb_max;
	size_t			  tb_count;
	size_t			  tb_buckets;	/* size of both arrays */
	struct table_entry	**tb_bucket;
	struct table_entry	**tb_entries;
};

static int			  table_grow(struct table *);
static struct table_entry	**table_slot(const struct table *, uint64_t,
				    const void *, size_t);

#define ROTL(x, b)	(((x) << (b)) | ((x) >> (64 - (b))))

#define SIPROUND do {							\
	v0 += v1; v1 = ROTL(v1, 13); v1 ^= v0; v0 = ROTL(v0, 32);	\
	v2 += v3; v3 = ROTL(v3, 16); v3 ^= v2;				\
	v0 += v3; v3 = ROTL(v3, 21); v3 ^= v0;				\
	v2 += v1; v1 = ROTL(v1, 17); v1 ^= v2; v2 = ROTL(v2, 32);	\
} while (0)

static uint64_t
load_le64(const unsigned char *p)
{
	uint64_t	v = 0;
	int		i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return (v);
}

uint64_t
siphash24(const uint8_t key[16], const void *data, size_t len)
{
	const unsigned char	*p = data;
	uint64_t		 k0, k1, v0, v1, v2, v3, m, last;
	size_t			 left;

	k0 = load_le64(key);
	k1 = load_le64(key + 8);
	v0 = k0 ^ UINT64_C(0x736f6d6570736575);
	v1 = k1 ^ UINT64_C(0x646f72616e646f6d);
	v2 = k0 ^ UINT64_C(0x6c7967656e657261);
	v3 = k1 ^ UINT64_C(0x7465646279746573);

	for (left = len; left >= 8; left -= 8, p += 8) {
		m = load_le64(p);
		v3 ^= m;
		SIPROUND;
		SIPROUND;
		v0 ^= m;
	}
	last = (uint64_t)len << 56;
	while (left > 0) {
		left--;
		last |= (uint64_t)p[left] << (8 * left);
	}
	v3 ^= last;
	SIPROUND;
	SIPROUND;
	v0 ^= last;
	v2 ^= 0xff;
	SIPROUND;
	SIPROUND;
	SIPROUND;
	SIPROUND;
	return (v0 ^ v1 ^ v2 ^ v3);
}

struct table *
table_new(size_t max)
{
	struct table	*t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return (NULL);
	t->tb_max = max;
	t->tb_buckets = TABLE_MIN;
	t->tb_bucket = calloc(t->tb_buckets, sizeof(*t->tb_bucket));
	t->tb_entries = calloc(t->tb_buckets, sizeof(*t->tb_entries));
	if (t->tb_bucket == NULL || t->tb_entries == NULL ||
	    getentropy(t->tb_key, sizeof(t->tb_key)) == -1) {
		table_free(t);
		return (NULL);
	}
	return (t);
}

void
table_free(struct table *t)
{
	size_t	i;

	if (t == NULL)
		return;
	for (i = 0; i < t->tb_count; i++)
		free(t->tb_entries[i]);
	free(t->tb_entries);
	free(t->tb_bucket);
	explicit_bzero(t->tb_key, sizeof(t->tb_key));
	free(t);
}

/* The link that points to the entry, or to NULL at the end of its chain. */
static struct table_entry **
table_slot(const struct table *t, uint64_t hash, const void *key,
    size_t keylen)
{
	struct table_entry	**link, *e;

	link = &t->tb_bucket[hash & (t->tb_buckets - 1)];
	while ((e = *link) != NULL) {
		if (e->te_hash == hash && e->te_keylen == keylen &&
		    (keylen == 0 || memcmp(e->te_key, key, keylen) == 0))
			break;
		link = &e->te_next;
	}
	return (link);
}

static int
table_grow(struct table *t)
{
	struct table_entry	**bucket, **entries, **link;
	size_t			  i, n = t->tb_buckets * 2;

	if ((entries = reallocarray(t->tb_entries, n,
	    sizeof(*entries))) == NULL)
		return (-1);
	t->tb_entries = entries;
	if ((bucket = calloc(n, sizeof(*bucket))) == NULL)
		return (-1);
	for (i = 0; i < t->tb_count; i++) {
		link = &bucket[entries[i]->te_hash & (n - 1)];
		entries[i]->te_next = *link;
		*link = entries[i];
	}
	free(t->tb_bucket);
	t->tb_bucket = bucket;
	t->tb_buckets = n;
	return (0);
}

int
table_insert(struct table *t, const void *key, size_t keylen, void *value)
{
	struct table_entry	**link, *e;
	uint64_t		  hash;

	hash = siphash24(t->tb_key, key, keylen);
	if (*table_slot(t, hash, key, keylen) != NULL) {
		errno = EEXIST;
		return (-1);
	}
	if (t->tb_count >= t->tb_max) {
		errno = ENOSPC;
		return (-1);
	}
	if (t->tb_count == t->tb_buckets && table_grow(t) == -1) {
		errno = ENOMEM;
		return (-1);
	}
	if ((e = malloc(sizeof(*e) + keylen)) == NULL) {
		errno = ENOMEM;
		return (-1);
	}
	e->te_value = value;
	e->te_hash = hash;
	e->te_keylen = keylen;
	if (keylen != 0)
		memcpy(e->te_key, key, keylen);
	link = &t->tb_bucket[hash & (t->tb_buckets - 1)];
	e->te_next = *link;
	*link = e;
	e->te_pos = t->tb_count;
	t->tb_entries[t->tb_count++] = e;
	return (0);
}

void *
table_find(const struct table *t, const void *key, size_t keylen)
{
	struct table_entry	*e;

	e = *table_slot(t, siphash24(t->tb_key, key, keylen), key, keylen);
	return (e != NULL ? e->te_value : NULL);
}

void *
table_remove(struct table *t, const void *key, size_t keylen)
{
	struct table_entry	**link, *e;
	void			 *value;

	link = table_slot(t, siphash24(t->tb_key, key, keylen), key, keylen);
	if ((e = *link) == NULL)
		return (NULL);
	*link = e->te_next;
	t->tb_count--;
	t->tb_entries[e->te_pos] = t->tb_entries[t->tb_count];
	t->tb_entries[e->te_pos]->te_pos = e->te_pos;
	value = e->te_value;
	free(e);
	return (value);
}

size_t
table_count(const struct table *t)
{
	return (t->tb_count);
}

/*
 * *iter is 0 before the first call, then one more than the number of entries
 * still to visit.
 */
void *
table_next(const struct table *t, size_t *iter)
{
	size_t	left;

	left = *iter == 0 ? t->tb_count : *iter - 1;
	if (left > t->tb_count)
		left = t->tb_count;
	if (left == 0) {
		*iter = 1;
		return (NULL);
	}
	*iter = left;		/* left - 1 remain */
	return (t->tb_entries[left - 1]->te_value);
}
