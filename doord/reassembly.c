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
 * Bounded reassembly of first flights (reassembly.h).
 */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/table.h"
#include "doord/reassembly.h"

#define DCID_MAX	20
#define PREFIX_MAX	19	/* family, address or part of it, port */

struct source {
	uint8_t			 so_prefix[PREFIX_MAX];
	size_t			 so_len;
	unsigned int		 so_count;
};

struct entry {
	TAILQ_ENTRY(entry)	 en_entry;
	uint8_t			 en_dcid[DCID_MAX];
	size_t			 en_dcid_len;
	uint64_t		 en_until;
	struct source		*en_source;
	struct initial		*en_initial;
	struct door_datagram	 en_datagram[INITIAL_DATAGRAMS_MAX];
	uint8_t			*en_data[INITIAL_DATAGRAMS_MAX];
	size_t			 en_count;
	size_t			 en_start;	/* which holds offset 0 */
};

TAILQ_HEAD(entry_list, entry);

struct reassembly {
	struct table		*re_entries;	/* by DCID */
	struct table		*re_sources;	/* by prefix */
	struct entry_list	 re_list;	/* oldest first */
	struct entry		*re_done;	/* returned by the last call */
};

static struct entry	*entry_new(struct reassembly *,
			    const struct door_datagram *, const uint8_t *,
			    size_t, uint64_t, enum reassembly_verdict *);
static void		 entry_unlink(struct reassembly *, struct entry *);
static void		 entry_free(struct entry *);
static int		 entry_add(struct entry *,
			    const struct door_datagram *);
static size_t		 prefix_of(const struct door_datagram *, uint8_t *);
static struct source	*source_get(struct reassembly *,
			    const struct door_datagram *);
static void		 source_put(struct reassembly *, struct source *);

struct reassembly *
reassembly_new(void)
{
	struct reassembly	*re;

	if ((re = calloc(1, sizeof(*re))) == NULL)
		return (NULL);
	TAILQ_INIT(&re->re_list);
	/* One more: the newest, before the oldest makes room for it. */
	re->re_entries = table_new(REASSEMBLY_MAX + 1);
	re->re_sources = table_new(REASSEMBLY_MAX + 1);
	if (re->re_entries == NULL || re->re_sources == NULL) {
		reassembly_free(re);
		return (NULL);
	}
	return (re);
}

void
reassembly_free(struct reassembly *re)
{
	struct entry	*en;

	if (re == NULL)
		return;
	while ((en = TAILQ_FIRST(&re->re_list)) != NULL) {
		entry_unlink(re, en);
		entry_free(en);
	}
	entry_free(re->re_done);
	table_free(re->re_entries);
	table_free(re->re_sources);
	free(re);
}

enum reassembly_verdict
reassembly_feed(struct reassembly *re, const struct door_datagram *dd,
    const uint8_t *dcid, size_t dcid_len, uint64_t now,
    struct reassembly_hello *rh)
{
	enum reassembly_verdict	 why = REASSEMBLY_BAD;
	struct entry		*en;
	size_t			 i, n = 0;
	bool			 fresh = false;

	entry_free(re->re_done);
	re->re_done = NULL;
	if (dcid_len > DCID_MAX || dd->dd_len > REASSEMBLY_DATAGRAM_MAX)
		return (REASSEMBLY_BAD);
	en = table_find(re->re_entries, dcid, dcid_len);
	if (en == NULL) {
		en = entry_new(re, dd, dcid, dcid_len, now, &why);
		if (en == NULL)
			return (why);
		fresh = true;
	} else if (!addr_equal(&en->en_datagram[0].dd_remote,
	    &dd->dd_remote))
		/* A client does not move before it has a connection. */
		return (REASSEMBLY_BAD);

	switch (initial_feed(en->en_initial, dd->dd_data, dd->dd_len,
	    rh->rh_name, &rh->rh_alpn_ok)) {
	case INITIAL_BAD:
		/* Somebody else's junk does not undo what is there. */
		if (fresh) {
			entry_unlink(re, en);
			entry_free(en);
		}
		return (REASSEMBLY_BAD);
	case INITIAL_MORE:
		/* Past the last place only a complete hello helps. */
		if (en->en_count == INITIAL_DATAGRAMS_MAX ||
		    entry_add(en, dd) == -1) {
			entry_unlink(re, en);
			entry_free(en);
			return (REASSEMBLY_BAD);
		}
		if (table_count(re->re_entries) > REASSEMBLY_MAX) {
			en = TAILQ_FIRST(&re->re_list);
			entry_unlink(re, en);
			entry_free(en);
			rh->rh_evicted = true;
		}
		return (REASSEMBLY_MORE);
	case INITIAL_NAME:
		break;
	}
	entry_unlink(re, en);
	re->re_done = en;
	if (en->en_count == INITIAL_DATAGRAMS_MAX || entry_add(en, dd) == -1)
		return (REASSEMBLY_BAD);
	rh->rh_datagrams[n++] = en->en_datagram[en->en_start];
	for (i = 0; i < en->en_count; i++) {
		if (i != en->en_start)
			rh->rh_datagrams[n++] = en->en_datagram[i];
	}
	rh->rh_count = n;
	return (REASSEMBLY_COMPLETE);
}

bool
reassembly_has(const struct reassembly *re, const uint8_t *dcid,
    size_t dcid_len)
{
	return (dcid_len <= DCID_MAX &&
	    table_find(re->re_entries, dcid, dcid_len) != NULL);
}

size_t
reassembly_expire(struct reassembly *re, uint64_t now)
{
	struct entry	*en;
	size_t		 n = 0;

	while ((en = TAILQ_FIRST(&re->re_list)) != NULL &&
	    en->en_until <= now) {
		entry_unlink(re, en);
		entry_free(en);
		n++;
	}
	return (n);
}

size_t
reassembly_count(const struct reassembly *re)
{
	return (table_count(re->re_entries));
}

static struct entry *
entry_new(struct reassembly *re, const struct door_datagram *dd,
    const uint8_t *dcid, size_t dcid_len, uint64_t now,
    enum reassembly_verdict *why)
{
	struct source	*so;
	struct entry	*en;

	(void)reassembly_expire(re, now);
	*why = REASSEMBLY_FULL;
	if ((so = source_get(re, dd)) == NULL)
		return (NULL);
	if (so->so_count >= REASSEMBLY_PER_SOURCE) {
		*why = REASSEMBLY_SOURCE;
		return (NULL);
	}
	if ((en = calloc(1, sizeof(*en))) == NULL ||
	    (en->en_initial = initial_new(dcid, dcid_len)) == NULL ||
	    table_insert(re->re_entries, dcid, dcid_len, en) == -1) {
		entry_free(en);
		source_put(re, so);
		return (NULL);
	}
	memcpy(en->en_dcid, dcid, dcid_len);
	en->en_dcid_len = dcid_len;
	en->en_until = now + REASSEMBLY_MS * NS_PER_MS;
	en->en_source = so;
	so->so_count++;
	TAILQ_INSERT_TAIL(&re->re_list, en, en_entry);
	return (en);
}

static void
entry_unlink(struct reassembly *re, struct entry *en)
{
	(void)table_remove(re->re_entries, en->en_dcid, en->en_dcid_len);
	TAILQ_REMOVE(&re->re_list, en, en_entry);
	en->en_source->so_count--;
	source_put(re, en->en_source);
	en->en_source = NULL;
}

static void
entry_free(struct entry *en)
{
	size_t	i;

	if (en == NULL)
		return;
	for (i = 0; i < en->en_count; i++)
		free(en->en_data[i]);
	initial_free(en->en_initial);
	free(en);
}

static int
entry_add(struct entry *en, const struct door_datagram *dd)
{
	size_t	i = en->en_count;

	if ((en->en_data[i] = malloc(dd->dd_len)) == NULL)
		return (-1);
	memcpy(en->en_data[i], dd->dd_data, dd->dd_len);
	en->en_datagram[i] = *dd;
	en->en_datagram[i].dd_data = en->en_data[i];
	if (initial_has_start(en->en_initial))
		en->en_start = i;
	en->en_count++;
	return (0);
}

/*
 * What one customer of a provider has: an IPv4 /24, an IPv6 /64.  Who has
 * shown that the address is his does not suffer from those who have not.
 */
static size_t
prefix_of(const struct door_datagram *dd, uint8_t *prefix)
{
	const struct addr	*a = &dd->dd_remote;
	uint16_t		 port = addr_port(a);
	size_t			 len;

	if (addr_family(a) == AF_INET) {
		len = dd->dd_checked ? 4 : 3;
		memcpy(prefix + 1, &a->addr_u.in.sin_addr, len);
		prefix[0] = 4;
	} else {
		len = dd->dd_checked ? 16 : 8;
		memcpy(prefix + 1, &a->addr_u.in6.sin6_addr, len);
		prefix[0] = 6;
	}
	if (!dd->dd_checked)
		return (1 + len);
	memcpy(prefix + 1 + len, &port, sizeof(port));
	return (1 + len + sizeof(port));
}

static struct source *
source_get(struct reassembly *re, const struct door_datagram *dd)
{
	uint8_t		 prefix[PREFIX_MAX];
	size_t		 len = prefix_of(dd, prefix);
	struct source	*so;

	if ((so = table_find(re->re_sources, prefix, len)) != NULL)
		return (so);
	if ((so = calloc(1, sizeof(*so))) == NULL)
		return (NULL);
	memcpy(so->so_prefix, prefix, len);
	so->so_len = len;
	if (table_insert(re->re_sources, prefix, len, so) == -1) {
		free(so);
		return (NULL);
	}
	return (so);
}

/* Gone with its last entry. */
static void
source_put(struct reassembly *re, struct source *so)
{
	if (so->so_count > 0)
		return;
	(void)table_remove(re->re_sources, so->so_prefix, so->so_len);
	free(so);
}
