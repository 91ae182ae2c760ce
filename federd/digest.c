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
 * Sets of people.  Ours stand in one array, each with a bit for every link
 * that was told of him; those for whom some link has to be told something
 * are listed, so that a change costs the same however many people there are.
 * A neighbour's set is a table of 32-bit hashes under a key of our own, for
 * the hashes are the neighbour's to choose.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/rate.h"
#include "common/base/table.h"
#include "common/wire/identity.h"
#include "federd/digest.h"

#define SALT_LEN	16
#define HASH_DIGITS	8
#define SET_MIN		64	/* places; a power of two */
#define MIN_PEOPLE	64
#define NOBODY		UINT32_MAX

#define PERSON_USED	0x1
#define PERSON_HERE	0x2
#define PERSON_NAMED	0x4	/* since digest_begin() */
#define PERSON_LISTED	0x8	/* somebody has to be told */

struct person {
	uint8_t		pe_fp[IDENTITY_FP_LEN];
	uint64_t	pe_said;	/* links that know him; free: next */
	uint32_t	pe_flags;
};

/* An open table with linear steps; count 0: the place is free. */
struct hash_set {
	uint32_t	*hs_hash;
	uint8_t		*hs_count;	/* people may share one; 255: many */
	size_t		 hs_places;
	size_t		 hs_held;
};

struct digest_link {
	struct neighbour	*dl_nb;		/* NULL: none */
	uint8_t			 dl_salt[SALT_LEN];
	uint64_t		 dl_up;
	uint64_t		 dl_last;	/* when we sent the last one */
	uint64_t		 dl_next;	/* when we send; UINT64_MAX */
	bool			 dl_begun;	/* reset was sent */
	bool			 dl_starting;
	uint32_t		 dl_cursor;	/* in dg_people, then */
	bool			 dl_known;	/* stats mean something */
	/* What it says. */
	bool			 dl_salted;
	uint8_t			 dl_its_salt[SALT_LEN];
	struct hash_set		 dl_set;
	struct rate		 dl_rate;
	struct digest_stats	 dl_stats;
};

struct digest {
	uint8_t			 dg_secret[16];
	struct limiter		*dg_limiter;	/* or NULL */
	uint64_t		 dg_now;
	uint64_t		 dg_salts;	/* that were made */
	uint64_t		 dg_links;	/* 1 << nb_index */
	struct digest_link	 dg_link[PEERS_MAX];
	size_t			 dg_top;	/* behind the last one used */
	struct person		*dg_people;
	uint32_t		 dg_size;	/* of dg_people */
	uint32_t		 dg_used;	/* places ever used */
	uint32_t		 dg_free;	/* list of free ones; NOBODY */
	uint32_t		 dg_here;
	uint32_t		*dg_index;	/* by hash of pe_fp; NOBODY */
	uint32_t		 dg_places;	/* of dg_index; a power of 2 */
	uint32_t		 dg_indexed;
	uint32_t		*dg_list;	/* PERSON_LISTED */
	uint32_t		 dg_listed;
	uint32_t		 dg_listsize;
	char			 dg_add[DIGEST_CHUNK * HASH_DIGITS + 1];
	char			 dg_remove[DIGEST_CHUNK * HASH_DIGITS + 1];
};

static int	 fp_bytes(const char *, uint8_t[IDENTITY_FP_LEN]);
static uint32_t	 fp_hash(const uint8_t[SALT_LEN],
		    const uint8_t[IDENTITY_FP_LEN]);
static void	 hash_print(char *, uint32_t);
static size_t	 set_place(const struct digest *, const struct hash_set *,
		    uint32_t);
static int	 set_grow(const struct digest *, struct hash_set *);
static bool	 set_add(const struct digest *, struct hash_set *,
		    uint32_t);
static void	 set_remove(const struct digest *, struct hash_set *,
		    uint32_t);
static void	 set_clear(struct hash_set *);
static uint32_t	 index_place(const struct digest *,
		    const uint8_t[IDENTITY_FP_LEN]);
static int	 index_grow(struct digest *);
static void	 index_remove(struct digest *, uint32_t);
static uint32_t	 person_find(const struct digest *,
		    const uint8_t[IDENTITY_FP_LEN]);
static uint32_t	 person_new(struct digest *,
		    const uint8_t[IDENTITY_FP_LEN]);
static void	 person_changed(struct digest *, uint32_t);
static void	 list_prune(struct digest *);
static void	 link_send(struct digest *, struct digest_link *);

/* Text. */

/* Only the canonical form (4.2); nothing else is registered anywhere. */
static int
fp_bytes(const char *s, uint8_t out[IDENTITY_FP_LEN])
{
	size_t	 i;

	if (strlen(s) != FP_STRLEN - 1)
		return (-1);
	for (i = 0; i < IDENTITY_FP_LEN / 2; i++, s += 5)
		if (bytes_unhex(s, out + 2 * i, 2) == -1 ||
		    (i < IDENTITY_FP_LEN / 2 - 1 && s[4] != ':'))
			return (-1);
	return (0);
}

/* The first four bytes of SipHash-2-4 of the text, first byte lowest. */
static uint32_t
fp_hash(const uint8_t salt[SALT_LEN], const uint8_t fp[IDENTITY_FP_LEN])
{
	char	 text[FP_STRLEN];

	identity_fingerprint_print(fp, text);
	return ((uint32_t)siphash24(salt, text, FP_STRLEN - 1));
}

/* First byte lowest, as fp_hash() has it. */
static void
hash_print(char *p, uint32_t hash)
{
	uint8_t	 b[HASH_DIGITS / 2];
	size_t	 i;

	for (i = 0; i < sizeof(b); i++, hash >>= 8)
		b[i] = (uint8_t)hash;
	bytes_hex(b, sizeof(b), p);
}

/* Sets of neighbours. */

/* Where this hash stands, or the free place where it would. */
static size_t
set_place(const struct digest *d, const struct hash_set *hs, uint32_t hash)
{
	size_t	 i;

	i = (size_t)siphash24(d->dg_secret, &hash, sizeof(hash)) &
	    (hs->hs_places - 1);
	while (hs->hs_count[i] != 0 && hs->hs_hash[i] != hash)
		i = (i + 1) & (hs->hs_places - 1);
	return (i);
}

static int
set_grow(const struct digest *d, struct hash_set *hs)
{
	struct hash_set	 big;
	size_t		 i, k;

	big.hs_places = hs->hs_places == 0 ? SET_MIN : 2 * hs->hs_places;
	big.hs_held = hs->hs_held;
	big.hs_hash = calloc(big.hs_places, sizeof(*big.hs_hash));
	big.hs_count = calloc(big.hs_places, sizeof(*big.hs_count));
	if (big.hs_hash == NULL || big.hs_count == NULL) {
		free(big.hs_hash);
		free(big.hs_count);
		return (-1);
	}
	for (i = 0; i < hs->hs_places; i++) {
		if (hs->hs_count[i] == 0)
			continue;
		k = set_place(d, &big, hs->hs_hash[i]);
		big.hs_hash[k] = hs->hs_hash[i];
		big.hs_count[k] = hs->hs_count[i];
	}
	free(hs->hs_hash);
	free(hs->hs_count);
	*hs = big;
	return (0);
}

static bool
set_add(const struct digest *d, struct hash_set *hs, uint32_t hash)
{
	size_t	 i;

	if (hs->hs_held + 1 > hs->hs_places / 4 * 3 && set_grow(d, hs) == -1)
		return (false);
	i = set_place(d, hs, hash);
	if (hs->hs_count[i] == 0) {
		if (hs->hs_held >= quota(d->dg_limiter, LIMIT_PEER_PEOPLE))
			return (false);
		hs->hs_hash[i] = hash;
		hs->hs_held++;
	}
	if (hs->hs_count[i] < UINT8_MAX)
		hs->hs_count[i]++;
	return (true);
}

static void
set_remove(const struct digest *d, struct hash_set *hs, uint32_t hash)
{
	size_t	 i, k, home, mask = hs->hs_places - 1;

	if (hs->hs_places == 0)
		return;
	i = set_place(d, hs, hash);
	/* A full count has forgotten how many they are: it stays. */
	if (hs->hs_count[i] == 0 || hs->hs_count[i] == UINT8_MAX ||
	    --hs->hs_count[i] > 0)
		return;
	hs->hs_held--;
	/* What stands behind the hole and does not belong there moves up. */
	for (k = (i + 1) & mask; hs->hs_count[k] != 0; k = (k + 1) & mask) {
		home = (size_t)siphash24(d->dg_secret, &hs->hs_hash[k],
		    sizeof(hs->hs_hash[k])) & mask;
		if (((k - home) & mask) < ((k - i) & mask))
			continue;
		hs->hs_hash[i] = hs->hs_hash[k];
		hs->hs_count[i] = hs->hs_count[k];
		hs->hs_count[k] = 0;
		i = k;
	}
}

static void
set_clear(struct hash_set *hs)
{
	free(hs->hs_hash);
	free(hs->hs_count);
	memset(hs, 0, sizeof(*hs));
}

/* Our own people. */

static uint32_t
index_place(const struct digest *d, const uint8_t fp[IDENTITY_FP_LEN])
{
	uint32_t	 i, mask = d->dg_places - 1;

	i = (uint32_t)siphash24(d->dg_secret, fp, IDENTITY_FP_LEN) & mask;
	while (d->dg_index[i] != NOBODY &&
	    memcmp(d->dg_people[d->dg_index[i]].pe_fp, fp,
	    IDENTITY_FP_LEN) != 0)
		i = (i + 1) & mask;
	return (i);
}

static int
index_grow(struct digest *d)
{
	uint32_t	*old = d->dg_index;
	uint32_t	 n = d->dg_places, places, i;

	places = n == 0 ? MIN_PEOPLE : 2 * n;
	if ((d->dg_index = malloc(places * sizeof(*d->dg_index))) == NULL) {
		d->dg_index = old;
		return (-1);
	}
	memset(d->dg_index, 0xff, places * sizeof(*d->dg_index));
	d->dg_places = places;
	for (i = 0; i < n; i++)
		if (old[i] != NOBODY)
			d->dg_index[index_place(d,
			    d->dg_people[old[i]].pe_fp)] = old[i];
	free(old);
	return (0);
}

static void
index_remove(struct digest *d, uint32_t person)
{
	const uint8_t	*fp = d->dg_people[person].pe_fp;
	uint32_t	 i, k, home, mask = d->dg_places - 1;

	i = index_place(d, fp);
	d->dg_index[i] = NOBODY;
	d->dg_indexed--;
	for (k = (i + 1) & mask; d->dg_index[k] != NOBODY;
	    k = (k + 1) & mask) {
		home = (uint32_t)siphash24(d->dg_secret,
		    d->dg_people[d->dg_index[k]].pe_fp, IDENTITY_FP_LEN) & mask;
		if (((k - home) & mask) < ((k - i) & mask))
			continue;
		d->dg_index[i] = d->dg_index[k];
		d->dg_index[k] = NOBODY;
		i = k;
	}
}

static uint32_t
person_find(const struct digest *d, const uint8_t fp[IDENTITY_FP_LEN])
{
	if (d->dg_places == 0)
		return (NOBODY);
	return (d->dg_index[index_place(d, fp)]);
}

/* NOBODY: there are too many, or no memory. */
static uint32_t
person_new(struct digest *d, const uint8_t fp[IDENTITY_FP_LEN])
{
	struct person	*people;
	uint32_t	 n, size;

	if (d->dg_indexed >= DIGEST_PEOPLE_MAX ||
	    (d->dg_indexed + 1 > d->dg_places / 4 * 3 && index_grow(d) == -1))
		return (NOBODY);
	if ((n = d->dg_free) != NOBODY)
		d->dg_free = (uint32_t)d->dg_people[n].pe_said;
	else {
		if (d->dg_used == d->dg_size) {
			size = d->dg_size == 0 ? MIN_PEOPLE : 2 * d->dg_size;
			if ((people = realloc(d->dg_people,
			    size * sizeof(*people))) == NULL)
				return (NOBODY);
			d->dg_people = people;
			d->dg_size = size;
		}
		n = d->dg_used++;
	}
	memcpy(d->dg_people[n].pe_fp, fp, IDENTITY_FP_LEN);
	d->dg_people[n].pe_said = 0;
	d->dg_people[n].pe_flags = PERSON_USED;
	d->dg_index[index_place(d, fp)] = n;
	d->dg_indexed++;
	return (n);
}

/* To be told to whoever thinks otherwise; many changes go in one message. */
static void
person_changed(struct digest *d, uint32_t n)
{
	struct person		*pe = &d->dg_people[n];
	struct digest_link	*dl;
	uint32_t		*list, size;
	size_t			 i;

	if ((pe->pe_flags & PERSON_LISTED) == 0) {
		if (d->dg_listed == d->dg_listsize) {
			size = d->dg_listsize == 0 ? MIN_PEOPLE :
			    2 * d->dg_listsize;
			if ((list = realloc(d->dg_list,
			    size * sizeof(*list))) == NULL)
				return;
			d->dg_list = list;
			d->dg_listsize = size;
		}
		pe->pe_flags |= PERSON_LISTED;
		d->dg_list[d->dg_listed++] = n;
	}
	if (d->dg_links == 0) {
		list_prune(d);
		return;
	}
	for (i = 0; i < d->dg_top; i++) {
		dl = &d->dg_link[i];
		if (dl->dl_nb == NULL || dl->dl_next != UINT64_MAX)
			continue;
		dl->dl_next = dl->dl_last + DIGEST_TICK_MS * NS_PER_MS;
		if (dl->dl_next < d->dg_now)
			dl->dl_next = d->dg_now;
	}
}

/* Whom every link knows right is not listed; who is gone leaves his place. */
static void
list_prune(struct digest *d)
{
	struct person	*pe;
	uint64_t	 want;
	uint32_t	 i, n, kept = 0;

	for (i = 0; i < d->dg_listed; i++) {
		n = d->dg_list[i];
		pe = &d->dg_people[n];
		want = (pe->pe_flags & PERSON_HERE) != 0 ? d->dg_links : 0;
		if ((pe->pe_said & d->dg_links) != want) {
			d->dg_list[kept++] = n;
			continue;
		}
		pe->pe_flags &= ~(uint32_t)PERSON_LISTED;
		if ((pe->pe_flags & PERSON_HERE) != 0)
			continue;
		index_remove(d, n);
		pe->pe_flags = 0;
		pe->pe_said = d->dg_free;
		d->dg_free = n;
	}
	d->dg_listed = kept;
}

struct digest *
digest_new(const uint8_t secret[16])
{
	struct digest	*d;
	size_t		 i;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return (NULL);
	memcpy(d->dg_secret, secret, sizeof(d->dg_secret));
	d->dg_free = NOBODY;
	for (i = 0; i < PEERS_MAX; i++)
		d->dg_link[i].dl_next = UINT64_MAX;
	return (d);
}

void
digest_set_limiter(struct digest *d, struct limiter *lm)
{
	d->dg_limiter = lm;
}

void
digest_usage(const struct digest *d, struct limiter *lm)
{
	size_t	i, most = 0;

	for (i = 0; i < d->dg_top; i++)
		if (d->dg_link[i].dl_set.hs_held > most)
			most = d->dg_link[i].dl_set.hs_held;
	limiter_used(lm, LIMIT_PEER_PEOPLE, most);
}

void
digest_free(struct digest *d)
{
	size_t	 i;

	if (d == NULL)
		return;
	for (i = 0; i < d->dg_top; i++)
		set_clear(&d->dg_link[i].dl_set);
	free(d->dg_people);
	free(d->dg_index);
	free(d->dg_list);
	free(d);
}

void
digest_set_time(struct digest *d, uint64_t now)
{
	d->dg_now = now;
}

uint64_t
digest_expiry(const struct digest *d)
{
	uint64_t	 first = UINT64_MAX;
	size_t		 i;

	for (i = 0; i < d->dg_top; i++)
		first = clock_earlier(first, d->dg_link[i].dl_next);
	return (first);
}

void
digest_expire(struct digest *d)
{
	bool	 any = false;
	size_t	 i;

	for (i = 0; i < d->dg_top; i++)
		if (d->dg_link[i].dl_next <= d->dg_now) {
			link_send(d, &d->dg_link[i]);
			any = true;
		}
	if (any)
		list_prune(d);
}

void
digest_begin(struct digest *d)
{
	uint32_t	 i;

	for (i = 0; i < d->dg_used; i++)
		d->dg_people[i].pe_flags &= ~(uint32_t)PERSON_NAMED;
}

void
digest_person(struct digest *d, const struct msg_fed_presence *msg)
{
	struct person	*pe;
	uint8_t		 fp[IDENTITY_FP_LEN];
	uint32_t	 n;
	bool		 was;

	if (fp_bytes(msg->fingerprint, fp) == -1)
		return;
	if ((n = person_find(d, fp)) == NOBODY &&
	    (!msg->present || (n = person_new(d, fp)) == NOBODY))
		return;
	pe = &d->dg_people[n];
	was = (pe->pe_flags & PERSON_HERE) != 0;
	if (msg->present)
		pe->pe_flags |= PERSON_NAMED | PERSON_HERE;
	else
		pe->pe_flags &= ~(uint32_t)PERSON_HERE;
	if (was == msg->present)
		return;
	if (msg->present)
		d->dg_here++;
	else
		d->dg_here--;
	person_changed(d, n);
}

void
digest_end(struct digest *d)
{
	uint32_t	 i;

	for (i = 0; i < d->dg_used; i++)
		if ((d->dg_people[i].pe_flags &
		    (PERSON_HERE | PERSON_NAMED)) == PERSON_HERE) {
			d->dg_people[i].pe_flags &= ~(uint32_t)PERSON_HERE;
			d->dg_here--;
			person_changed(d, i);
		}
}

bool
digest_local(const struct digest *d, const char *text)
{
	uint8_t		 fp[IDENTITY_FP_LEN];
	uint32_t	 n;

	return (fp_bytes(text, fp) == 0 &&
	    (n = person_find(d, fp)) != NOBODY &&
	    (d->dg_people[n].pe_flags & PERSON_HERE) != 0);
}

size_t
digest_list(const struct digest *d, uint32_t *cursor, char (*fps)[FP_STRLEN],
    size_t max)
{
	const struct person	*pe;
	size_t			 n = 0;

	for (; *cursor < d->dg_used && n < max; (*cursor)++) {
		pe = &d->dg_people[*cursor];
		if ((pe->pe_flags & PERSON_USED) == 0 ||
		    (pe->pe_flags & PERSON_HERE) == 0)
			continue;
		identity_fingerprint_print(pe->pe_fp, fps[n++]);
	}
	if (*cursor >= d->dg_used)
		*cursor = 0;
	return (n);
}

size_t
digest_people(const struct digest *d)
{
	return (d->dg_here);
}

/* Links. */

void
digest_up(struct digest *d, struct neighbour *nb)
{
	struct digest_link	*dl;
	uint64_t		 salt, bit;
	uint32_t		 n;
	size_t			 i;

	if (nb->nb_index >= PEERS_MAX ||
	    (nb->nb_features & NEIGHBOUR_DIGEST) == 0)
		return;
	dl = &d->dg_link[nb->nb_index];
	bit = UINT64_C(1) << nb->nb_index;
	if (d->dg_top <= nb->nb_index)
		d->dg_top = nb->nb_index + 1;
	set_clear(&dl->dl_set);
	memset(dl, 0, sizeof(*dl));
	dl->dl_nb = nb;
	dl->dl_known = true;
	dl->dl_up = dl->dl_next = d->dg_now;
	dl->dl_starting = true;
	for (i = 0; i < SALT_LEN; i += sizeof(salt)) {
		d->dg_salts++;
		salt = siphash24(d->dg_secret, &d->dg_salts,
		    sizeof(d->dg_salts));
		memcpy(dl->dl_salt + i, &salt, sizeof(salt));
	}
	d->dg_links |= bit;
	for (n = 0; n < d->dg_used; n++)
		if ((d->dg_people[n].pe_flags & PERSON_USED) != 0)
			d->dg_people[n].pe_said &= ~bit;
}

void
digest_down(struct digest *d, struct neighbour *nb)
{
	struct digest_link	*dl;

	if (nb->nb_index >= PEERS_MAX ||
	    (dl = &d->dg_link[nb->nb_index])->dl_nb != nb)
		return;
	dl->dl_nb = NULL;
	dl->dl_next = UINT64_MAX;
	dl->dl_salted = false;
	set_clear(&dl->dl_set);
	d->dg_links &= ~(UINT64_C(1) << nb->nb_index);
	list_prune(d);
}

/* One message: of those who changed, and at the start of everybody. */
static void
link_send(struct digest *d, struct digest_link *dl)
{
	struct signal	 s;
	struct person	*pe;
	uint64_t	 bit = UINT64_C(1) << dl->dl_nb->nb_index;
	uint32_t	 i;
	size_t		 nadd = 0, nremove = 0;
	char		 salt[2 * SALT_LEN + 1];
	bool		 here, more = false;

	for (i = 0; i < d->dg_listed; i++) {
		pe = &d->dg_people[d->dg_list[i]];
		here = (pe->pe_flags & PERSON_HERE) != 0;
		if (here == ((pe->pe_said & bit) != 0))
			continue;
		if (nadd + nremove == DIGEST_CHUNK) {
			more = true;
			break;
		}
		pe->pe_said ^= bit;
		if (here)
			hash_print(d->dg_add + HASH_DIGITS * nadd++,
			    fp_hash(dl->dl_salt, pe->pe_fp));
		else
			hash_print(d->dg_remove + HASH_DIGITS * nremove++,
			    fp_hash(dl->dl_salt, pe->pe_fp));
	}
	while (dl->dl_starting && nadd + nremove < DIGEST_CHUNK) {
		if (dl->dl_cursor == d->dg_used) {
			dl->dl_starting = false;
			break;
		}
		pe = &d->dg_people[dl->dl_cursor++];
		if ((pe->pe_flags & PERSON_HERE) == 0 ||
		    (pe->pe_said & bit) != 0)
			continue;
		pe->pe_said |= bit;
		hash_print(d->dg_add + HASH_DIGITS * nadd++,
		    fp_hash(dl->dl_salt, pe->pe_fp));
	}
	dl->dl_next = UINT64_MAX;
	if (more || dl->dl_starting)
		dl->dl_next = d->dg_now + NS_PER_MS *
		    (dl->dl_starting ? DIGEST_START_MS : DIGEST_TICK_MS);
	if (nadd + nremove == 0 && dl->dl_begun)
		return;
	d->dg_add[HASH_DIGITS * nadd] = '\0';
	d->dg_remove[HASH_DIGITS * nremove] = '\0';
	bytes_hex(dl->dl_salt, SALT_LEN, salt);
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_PRESENCE_DIGEST;
	s.u.presence_digest.salt = salt;
	s.u.presence_digest.reset = !dl->dl_begun;
	s.u.presence_digest.add = d->dg_add;
	s.u.presence_digest.remove = d->dg_remove;
	dl->dl_begun = true;
	dl->dl_last = d->dg_now;
	dl->dl_stats.sent++;
	dl->dl_stats.sent_hashes += nadd + nremove;
	/* A link that does not take it ends, and the next begins anew. */
	(void)neighbour_send(dl->dl_nb, &s);
}

void
digest_signal(struct digest *d, struct neighbour *nb, const struct signal *s)
{
	const struct sig_presence_digest *pd = &s->u.presence_digest;
	struct digest_link	*dl;
	const char		*p;
	uint8_t			 salt[SALT_LEN], b[HASH_DIGITS / 2];
	uint32_t		 hash;
	size_t			 nadd, nremove, i;
	int			 pass;
	bool			 over = false;

	if (s->type != SIGNAL_PRESENCE_DIGEST || nb->nb_index >= PEERS_MAX ||
	    (dl = &d->dg_link[nb->nb_index])->dl_nb != nb)
		return;
	nadd = strlen(pd->add);
	nremove = strlen(pd->remove);
	if (strlen(pd->salt) != 2 * SALT_LEN ||
	    bytes_unhex(pd->salt, salt, SALT_LEN) == -1 ||
	    nadd % HASH_DIGITS != 0 || nremove % HASH_DIGITS != 0 ||
	    (nadd + nremove) / HASH_DIGITS > DIGEST_CHUNK ||
	    (pd->reset && nremove > 0) ||
	    (!pd->reset && (!dl->dl_salted ||
	    memcmp(salt, dl->dl_its_salt, SALT_LEN) != 0)) ||
	    !quota_take(d->dg_limiter, LIMIT_PEER_PRESENCE_RATE, &dl->dl_rate,
	    nb->nb_label, d->dg_now)) {
		dl->dl_stats.bad++;
		return;
	}
	if (pd->reset) {
		set_clear(&dl->dl_set);
		memcpy(dl->dl_its_salt, salt, SALT_LEN);
		dl->dl_salted = true;
	}
	dl->dl_stats.received++;
	for (pass = 0; pass < 2; pass++) {
		p = pass == 0 ? pd->remove : pd->add;
		for (; *p != '\0'; p += HASH_DIGITS) {
			if (bytes_unhex(p, b, sizeof(b)) == -1) {
				dl->dl_stats.bad++;
				break;
			}
			for (hash = 0, i = sizeof(b); i-- > 0;)
				hash = hash << 8 | b[i];
			dl->dl_stats.received_hashes++;
			if (pass == 0)
				set_remove(d, &dl->dl_set, hash);
			else if (!set_add(d, &dl->dl_set, hash)) {
				dl->dl_stats.over++;
				over = true;
			}
		}
	}
	quota_reached(d->dg_limiter, LIMIT_PEER_PEOPLE, dl->dl_set.hs_held);
	if (over)
		quota_refused(d->dg_limiter, LIMIT_PEER_PEOPLE, nb->nb_label,
		    d->dg_now);
}

uint64_t
digest_claims(const struct digest *d, const char *text)
{
	const struct digest_link	*dl;
	uint8_t				 fp[IDENTITY_FP_LEN];
	uint32_t			 hash;
	uint64_t			 found = 0;
	size_t				 i;

	if (fp_bytes(text, fp) == -1)
		return (0);
	for (i = 0; i < d->dg_top; i++) {
		dl = &d->dg_link[i];
		if (!dl->dl_salted || dl->dl_set.hs_places == 0)
			continue;
		hash = fp_hash(dl->dl_its_salt, fp);
		if (dl->dl_set.hs_count[set_place(d, &dl->dl_set, hash)] != 0)
			found |= UINT64_C(1) << i;
	}
	return (found);
}

uint64_t
digest_ready(const struct digest *d)
{
	const struct digest_link	*dl;
	uint64_t			 ready = 0;
	size_t				 i;

	for (i = 0; i < d->dg_top; i++) {
		dl = &d->dg_link[i];
		if (dl->dl_salted && d->dg_now >= dl->dl_up +
		    DIGEST_READY_MS * NS_PER_MS)
			ready |= UINT64_C(1) << i;
	}
	return (ready);
}

const struct digest_stats *
digest_stats(struct digest *d, unsigned int index)
{
	struct digest_link	*dl;

	if (index >= PEERS_MAX || !(dl = &d->dg_link[index])->dl_known)
		return (NULL);
	dl->dl_stats.held = dl->dl_set.hs_held;
	return (&dl->dl_stats);
}

size_t
digest_bytes(const struct digest *d)
{
	size_t	 i, n = sizeof(*d);

	n += d->dg_size * sizeof(*d->dg_people);
	n += d->dg_places * sizeof(*d->dg_index);
	n += d->dg_listsize * sizeof(*d->dg_list);
	for (i = 0; i < d->dg_top; i++)
		n += d->dg_link[i].dl_set.hs_places *
		    (sizeof(uint32_t) + sizeof(uint8_t));
	return (n);
}
