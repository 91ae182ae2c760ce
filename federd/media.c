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

/* Datagrams between relays: see media.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/notice.h"
#include "common/base/table.h"
#include "common/wire/media.h"
#include "federd/duplicates.h"
#include "federd/mediastate.h"

static bool	 packet_take(struct fedmedia *, const uint8_t *, size_t);
static bool	 sender_take(struct fedmedia *, unsigned int, bool,
		    const char *);
static bool	 bare_counts(const struct fedmedia *);
static struct route *route_find(const struct fedmedia *, const uint8_t *);
static struct route *route_new(struct fedmedia *, const uint8_t *);
static void	 route_mediads(struct fedmedia *, uint64_t);
static void	 route_neighbours(struct fedmedia *, struct route *,
		    uint64_t);
static uint64_t	 route_skipped(const struct fedmedia *);
static void	 route_heard(struct fedmedia *, struct route *);
static void	 datagram_take(struct fedmedia *, const struct neighbour *,
		    const uint8_t *, size_t, size_t);
static void	 batch_add(struct fedmedia *, unsigned int);
static void	 batch_send(struct fedmedia *, unsigned int);

struct fedmedia *
fedmedia_new(const struct fedmedia_config *config)
{
	struct fedmedia	*fm;
	size_t		 i;

	if ((fm = calloc(1, sizeof(*fm))) == NULL)
		return (NULL);
	fm->fm_config = *config;
	fm->fm_due = UINT64_MAX;
	for (i = 0; i < PEERS_MAX; i++)
		TAILQ_INIT(&fm->fm_links[i].li_transits);
	fm->fm_routes = table_new(FEDMEDIA_ROUTES_MAX);
	fm->fm_skips = table_new(FEDMEDIA_ROUTES_MAX);
	fm->fm_seen = duplicates_new(DUPLICATES_MAX);
	if (fm->fm_routes == NULL || fm->fm_skips == NULL ||
	    fm->fm_seen == NULL ||
	    getentropy(fm->fm_key, sizeof(fm->fm_key)) == -1) {
		fedmedia_free(fm);
		return (NULL);
	}
	return (fm);
}

void
fedmedia_free(struct fedmedia *fm)
{
	struct route	*ro;
	struct skip	*sk;
	size_t		 iter = 0;

	if (fm == NULL)
		return;
	if (fm->fm_routes != NULL) {
		while ((ro = table_next(fm->fm_routes, &iter)) != NULL)
			free(ro);
		table_free(fm->fm_routes);
	}
	iter = 0;
	if (fm->fm_skips != NULL) {
		while ((sk = table_next(fm->fm_skips, &iter)) != NULL)
			free(sk);
		table_free(fm->fm_skips);
	}
	duplicates_free(fm->fm_seen);
	free(fm);
}

void
fedmedia_set_time(struct fedmedia *fm, uint64_t now)
{
	fm->fm_now = now;
}

/* Routes. */

static struct route *
route_find(const struct fedmedia *fm, const uint8_t *tag)
{
	return (table_find(fm->fm_routes, tag, FEDMEDIA_TAG_LEN));
}

static struct route *
route_new(struct fedmedia *fm, const uint8_t *tag)
{
	struct route	*ro;

	if ((ro = calloc(1, sizeof(*ro))) == NULL)
		return (NULL);
	memcpy(ro->ro_tag, tag, FEDMEDIA_TAG_LEN);
	memset(ro->ro_conns, UNASSIGNED, sizeof(ro->ro_conns));
	ro->ro_streams = 1;
	if (table_insert(fm->fm_routes, tag, FEDMEDIA_TAG_LEN, ro) == -1) {
		free(ro);
		return (NULL);
	}
	return (ro);
}

void
route_free(struct fedmedia *fm, struct route *ro)
{
	ro->ro_mediads = ro->ro_neighbours = 0;
	route_count(fm, ro);
	if (ro->ro_transit) {
		TAILQ_REMOVE(&fm->fm_links[ro->ro_from].li_transits, ro,
		    ro_entry);
		fm->fm_links[ro->ro_from].li_ntransits--;
	}
	(void)table_remove(fm->fm_routes, ro->ro_tag, FEDMEDIA_TAG_LEN);
	free(ro);
}

/*
 * A room needs a connection with everybody it goes to, unless nothing can
 * come for him: a global room with nobody but those behind him.  He sees that
 * the same way, so both have the same number of rooms.
 */
void
route_count(struct fedmedia *fm, struct route *ro)
{
	struct link	*li;
	uint64_t	 changed, mask = ro->ro_neighbours;
	unsigned int	 i;

	if (ro->ro_kind == FEDMEDIA_GLOBAL && !ro->ro_transit &&
	    ro->ro_mediads == 0 && (mask & (mask - 1)) == 0)
		mask = 0;
	for (changed = mask ^ ro->ro_counted; changed != 0;
	    changed &= changed - 1) {
		i = (unsigned int)ffsll((long long)changed) - 1;
		li = &fm->fm_links[i];
		fm->fm_due = 0;
		if (mask & BIT(i)) {
			li->li_streams += ro->ro_streams;
			continue;
		}
		li->li_streams -= ro->ro_streams;
		if (ro->ro_conns[i] != UNASSIGNED)
			li->li_conns[ro->ro_conns[i]].co_rooms--;
		ro->ro_conns[i] = UNASSIGNED;
	}
	ro->ro_counted = mask;
}

/*
 * How many speak in the room: a hall of hundreds is one stream while one
 * does.  Up at once, down when they were not heard for a while.
 */
static void
route_heard(struct fedmedia *fm, struct route *ro)
{
	uint64_t	mask;
	unsigned int	n, streams = ro->ro_streams;

	if (ro->ro_kind == FEDMEDIA_CALL)
		return;
	if (fm->fm_now >= ro->ro_window) {
		n = (unsigned int)__builtin_popcountll(ro->ro_heard);
		streams = n == 0 ? 1 : n;
		ro->ro_heard = 0;
		ro->ro_window = fm->fm_now + FEDMEDIA_STREAM_NS;
	}
	ro->ro_heard |= BIT(fm->fm_sender & 63);
	n = (unsigned int)__builtin_popcountll(ro->ro_heard);
	if (n > streams)
		streams = n;
	if (streams == ro->ro_streams)
		return;
	for (mask = ro->ro_counted; mask != 0; mask &= mask - 1)
		fm->fm_links[ffsll((long long)mask) - 1].li_streams +=
		    streams - ro->ro_streams;
	ro->ro_streams = streams;
	fm->fm_due = 0;
}

int
fedmedia_route(struct fedmedia *fm, const uint8_t tag[FEDMEDIA_TAG_LEN],
    enum fedmedia_kind kind, uint64_t mediads, uint64_t neighbours)
{
	struct route	*ro;

	/* A call that ends here does not go through us. */
	if ((ro = route_find(fm, tag)) != NULL && ro->ro_transit) {
		route_free(fm, ro);
		ro = NULL;
	}
	if (ro == NULL && (ro = route_new(fm, tag)) == NULL)
		return (-1);
	ro->ro_kind = kind;
	ro->ro_mediads = mediads;
	ro->ro_neighbours = neighbours;
	route_count(fm, ro);
	return (0);
}

void
fedmedia_unroute(struct fedmedia *fm, const uint8_t tag[FEDMEDIA_TAG_LEN])
{
	struct route	*ro;

	if ((ro = route_find(fm, tag)) != NULL && !ro->ro_transit)
		route_free(fm, ro);
}

void
fedmedia_skip(struct fedmedia *fm, const uint8_t tag[FEDMEDIA_TAG_LEN],
    const uint8_t fp[TLS_HASH_LEN], uint64_t neighbours)
{
	struct skip	*sk;
	uint8_t		 key[FLOW_LEN];

	memcpy(key, tag, FEDMEDIA_TAG_LEN);
	memcpy(key + FEDMEDIA_TAG_LEN, fp, PREFIX_LEN);
	sk = table_find(fm->fm_skips, key, sizeof(key));
	if (neighbours == 0) {
		if (sk == NULL)
			return;
		(void)table_remove(fm->fm_skips, key, sizeof(key));
		free(sk);
		return;
	}
	if (sk == NULL) {
		/* Without it they get some twice. */
		if ((sk = calloc(1, sizeof(*sk))) == NULL)
			return;
		memcpy(sk->sk_key, key, sizeof(key));
		if (table_insert(fm->fm_skips, key, sizeof(key), sk) == -1) {
			free(sk);
			return;
		}
	}
	sk->sk_neighbours = neighbours;
}

void
fedmedia_transit(struct fedmedia *fm, const uint8_t tag[FEDMEDIA_TAG_LEN],
    struct neighbour *from, struct neighbour *to, bool live)
{
	struct link	*li = link_of(fm, from);
	struct route	*ro;

	ro = route_find(fm, tag);
	if (ro != NULL && !ro->ro_transit)
		return;
	if (!live) {
		if (ro != NULL && ro->ro_neighbours ==
		    (BIT(from->nb_index) | BIT(to->nb_index)))
			route_free(fm, ro);
		return;
	}
	if (li == NULL || link_of(fm, to) == NULL || from == to)
		return;
	if (ro == NULL) {
		if (li->li_ntransits >= FEDMEDIA_TRANSITS)
			route_free(fm, TAILQ_FIRST(&li->li_transits));
		if ((ro = route_new(fm, tag)) == NULL)
			return;
		ro->ro_transit = true;
		ro->ro_kind = FEDMEDIA_CALL;
		ro->ro_from = from->nb_index;
		li->li_ntransits++;
	} else {
		/* The way can change, but not by the word of a third. */
		if ((ro->ro_neighbours & BIT(from->nb_index)) == 0)
			return;
		li = &fm->fm_links[ro->ro_from];
		TAILQ_REMOVE(&li->li_transits, ro, ro_entry);
	}
	ro->ro_touched = fm->fm_now;
	ro->ro_due = fm->fm_now + FEDMEDIA_TRANSIT_NS;
	TAILQ_INSERT_TAIL(&li->li_transits, ro, ro_entry);
	fm->fm_due = clock_earlier(fm->fm_due, ro->ro_due);
	ro->ro_neighbours = BIT(from->nb_index) | BIT(to->nb_index);
	route_count(fm, ro);
}

/* Datagrams. */

/* Into our hands, checked; its head is there. */
static bool
packet_take(struct fedmedia *fm, const uint8_t *packet, size_t len)
{
	bool	has_report;

	if (len <= sizeof(fm->fm_packet)) {
		memcpy(fm->fm_packet, packet, len);
		fm->fm_len = len;
		/* Two bits are cleared: also those count as equal. */
		if (media_relay_check(fm->fm_packet, len, &has_report))
			return (true);
	}
	fm->fm_counters.dn_malformed++;
	return (false);
}

/* Rates of those heard longest ago go; they start with a full burst again. */
static bool
sender_take(struct fedmedia *fm, unsigned int link, bool bare,
    const char *label)
{
	struct limiter	*lm = fm->fm_config.fm_limiter;
	enum limit_id	 id = bare ? LIMIT_ORIGINAL_ROOM_RATE :
			    LIMIT_PEER_MEMBER_RATE;
	struct sender	*se, *set;
	uint8_t		 text[FEDMEDIA_HEAD_LEN + 1];
	uint64_t	 key;
	size_t		 i;

	memcpy(text, fm->fm_head, FEDMEDIA_HEAD_LEN);
	text[FEDMEDIA_HEAD_LEN] = (uint8_t)link;
	fm->fm_sender = key = siphash24(fm->fm_key, text, sizeof(text));
	set = fm->fm_senders[key % SENDER_SETS];
	se = set;
	for (i = 0; i < SENDER_WAYS; i++) {
		if (set[i].se_key == key)
			break;
		if (set[i].se_rate.ra_paid < se->se_rate.ra_paid)
			se = &set[i];
	}
	if (i < SENDER_WAYS)
		se = &set[i];
	else {
		se->se_key = key;
		se->se_rate.ra_paid = 0;
	}
	if (quota_take(lm, id, &se->se_rate, label, fm->fm_now))
		return (true);
	fm->fm_counters.dn_limited++;
	if (notice_due(&fm->fm_floods, fm->fm_now))
		notice(&fm->fm_floods, "media dropped: more than %llu a "
		    "second of one sender", (unsigned long long)quota(lm, id));
	return (false);
}

/* Only with originals about can copies lose their source. */
static bool
bare_counts(const struct fedmedia *fm)
{
	return (fm->fm_bares > 0 || fm->fm_now < fm->fm_bare_until);
}

void
fedmedia_local(struct fedmedia *fm, unsigned int mediad,
    const struct msg_fed_media *msg)
{
	const uint8_t	*p = msg->frames.data;
	struct route	*ro;
	size_t		 left = msg->frames.len, len;

	if (mediad >= FEDMEDIA_MEDIADS_MAX)
		return;
	for (; left > 0; p += FEDMEDIA_FRAME_LEN + len,
	    left -= FEDMEDIA_FRAME_LEN + len) {
		if (left < FEDMEDIA_FRAME_LEN ||
		    (len = (size_t)p[16] << 8 | p[17]) >
		    left - FEDMEDIA_FRAME_LEN) {
			fm->fm_counters.dn_malformed++;
			return;
		}
		fm->fm_counters.dn_local++;
		if ((ro = route_find(fm, p)) == NULL || ro->ro_transit) {
			fm->fm_counters.dn_unknown++;
			continue;
		}
		if (!packet_take(fm, p + FEDMEDIA_FRAME_LEN, len))
			continue;
		memcpy(fm->fm_head, p, FEDMEDIA_TAG_LEN);
		memcpy(fm->fm_head + 8, fm->fm_config.fm_fp, PREFIX_LEN);
		fm->fm_head[12] = (uint8_t)mediad;
		memcpy(fm->fm_head + 13, p + 13, 3);
		if (!sender_take(fm, LOCAL, false, "(from here)"))
			continue;
		if (bare_counts(fm))
			duplicates_local(fm->fm_seen, fm->fm_head,
			    fm->fm_packet, fm->fm_len, fm->fm_now);
		route_heard(fm, ro);
		route_mediads(fm, ro->ro_mediads & ~BIT(mediad));
		route_neighbours(fm, ro, ro->ro_neighbours);
	}
}

/*
 * What both kinds from outside have in common.  head: bytes in front of the
 * MediaPacket, the tag alone (on the link of an original) or with a source.
 */
static void
datagram_take(struct fedmedia *fm, const struct neighbour *nb,
    const uint8_t *data, size_t len, size_t head)
{
	struct limiter	*lm = fm->fm_config.fm_limiter;
	struct link	*li = link_of(fm, nb);
	struct route	*ro;
	uint64_t	 others;
	bool		 bare, news;

	if (li == NULL)
		return;
	fm->fm_counters.dn_heard++;
	if (len < head) {
		fm->fm_counters.dn_malformed++;
		return;
	}
	if (!quota_take(lm, LIMIT_PEER_DATAGRAM_RATE, &li->li_rate,
	    nb->nb_label, fm->fm_now)) {
		fm->fm_counters.dn_limited++;
		if (notice_due(&fm->fm_floods, fm->fm_now))
			notice(&fm->fm_floods, "peer %s: media dropped: more "
			    "than %llu a second", nb->nb_label,
			    (unsigned long long)quota(lm,
			    LIMIT_PEER_DATAGRAM_RATE));
		return;
	}
	/*
	 * A call's media comes over the link that its signals come over, but
	 * an original gives every link the media of every call (gap 22).
	 */
	if ((ro = route_find(fm, data)) == NULL ||
	    (ro->ro_kind == FEDMEDIA_CALL &&
	    (ro->ro_neighbours & BIT(nb->nb_index)) == 0)) {
		fm->fm_counters.dn_unknown++;
		return;
	}
	memcpy(fm->fm_head, data, head);
	if (head == FEDMEDIA_TAG_LEN) {
		memcpy(fm->fm_head + 8, nb->nb_fp, PREFIX_LEN);
		memset(fm->fm_head + 12, 0, 4);
	} else if (memcmp(fm->fm_head + 8, fm->fm_config.fm_fp,
	    PREFIX_LEN) == 0) {
		fm->fm_counters.dn_echo++;
		return;
	}
	if (!packet_take(fm, data + head, len - head))
		return;
	bare = bytes_zero(fm->fm_head + 12, 4);
	if (!sender_take(fm, nb->nb_index, bare, nb->nb_label))
		return;
	if (bare) {
		fm->fm_bare_until = fm->fm_now + BARE_NS;
		news = duplicates_bare(fm->fm_seen, fm->fm_head,
		    fm->fm_packet, fm->fm_len, nb->nb_index, fm->fm_now);
	} else
		news = duplicates_sourced(fm->fm_seen, fm->fm_head,
		    fm->fm_packet, fm->fm_len, bare_counts(fm), fm->fm_now);
	if (!news) {
		fm->fm_counters.dn_duplicate++;
		return;
	}
	ro->ro_touched = fm->fm_now;
	route_heard(fm, ro);
	others = ro->ro_neighbours & ~BIT(nb->nb_index);
	if (ro->ro_kind == FEDMEDIA_CALL && !ro->ro_transit)
		others = 0;
	else if (ro->ro_kind == FEDMEDIA_GLOBAL && head == FEDMEDIA_HEAD_LEN)
		others &= ~route_skipped(fm);
	route_mediads(fm, ro->ro_mediads);
	route_neighbours(fm, ro, others);
}

void
fedmedia_datagram(struct fedmedia *fm, struct neighbour *nb,
    const uint8_t *data, size_t len)
{
	datagram_take(fm, nb, data, len, FEDMEDIA_HEAD_LEN);
}

void
fedmedia_bare(struct fedmedia *fm, struct neighbour *nb, const uint8_t *data,
    size_t len)
{
	datagram_take(fm, nb, data, len, FEDMEDIA_TAG_LEN);
}

/* Whom the relay that it is from reaches without us. */
static uint64_t
route_skipped(const struct fedmedia *fm)
{
	const struct skip	*sk;

	/* Tag and prefix stand side by side. */
	sk = table_find(fm->fm_skips, fm->fm_head, FLOW_LEN);
	return (sk == NULL ? 0 : sk->sk_neighbours);
}

static void
route_mediads(struct fedmedia *fm, uint64_t mask)
{
	for (; mask != 0; mask &= mask - 1)
		batch_add(fm, (unsigned int)ffsll((long long)mask) - 1);
}

static void
batch_add(struct fedmedia *fm, unsigned int mediad)
{
	struct batch	*ba = &fm->fm_batches[mediad];
	uint8_t		*p;

	if (ba->ba_len + FEDMEDIA_FRAME_LEN + fm->fm_len >
	    sizeof(ba->ba_frames))
		batch_send(fm, mediad);
	p = ba->ba_frames + ba->ba_len;
	memcpy(p, fm->fm_head, FEDMEDIA_HEAD_LEN);
	p[16] = (uint8_t)(fm->fm_len >> 8);
	p[17] = (uint8_t)fm->fm_len;
	memcpy(p + FEDMEDIA_FRAME_LEN, fm->fm_packet, fm->fm_len);
	ba->ba_len += FEDMEDIA_FRAME_LEN + fm->fm_len;
	fm->fm_filled |= BIT(mediad);
	fm->fm_counters.dn_given++;
}

static void
batch_send(struct fedmedia *fm, unsigned int mediad)
{
	struct batch		*ba = &fm->fm_batches[mediad];
	struct msg_fed_media	 msg;

	msg.frames.data = ba->ba_frames;
	msg.frames.len = ba->ba_len;
	fm->fm_config.fm_ops->media(fm->fm_config.fm_arg, mediad, &msg);
	ba->ba_len = 0;
}

void
fedmedia_flush(struct fedmedia *fm)
{
	unsigned int	i;

	for (; fm->fm_filled != 0; fm->fm_filled &= fm->fm_filled - 1) {
		i = (unsigned int)ffsll((long long)fm->fm_filled) - 1;
		batch_send(fm, i);
		fm->fm_config.fm_ops->flush(fm->fm_config.fm_arg, i);
	}
}

static void
route_neighbours(struct fedmedia *fm, struct route *ro, uint64_t mask)
{
	uint8_t		 out[FEDMEDIA_HEAD_LEN + FEDMEDIA_PACKET_MAX];
	struct link	*li;
	struct conn	*co;
	unsigned int	 i;
	int		 ret;

	if (mask == 0)
		return;
	memcpy(out + FEDMEDIA_HEAD_LEN, fm->fm_packet, fm->fm_len);
	for (; mask != 0; mask &= mask - 1) {
		i = (unsigned int)ffsll((long long)mask) - 1;
		li = &fm->fm_links[i];
		ret = -1;
		if (li->li_nb == NULL)
			continue;
		if (li->li_bare) {
			/* The tag, and no source behind it. */
			memcpy(out + FEDMEDIA_TAG_LEN, fm->fm_head,
			    FEDMEDIA_TAG_LEN);
			ret = li->li_nb->nb_ops->datagram(li->li_nb,
			    out + FEDMEDIA_TAG_LEN,
			    FEDMEDIA_TAG_LEN + fm->fm_len);
		} else if ((co = link_conn(fm, ro, li, i)) != NULL) {
			memcpy(out, fm->fm_head, FEDMEDIA_HEAD_LEN);
			ret = li->li_nb->nb_ops->media_send(co->co_conn, out,
			    FEDMEDIA_HEAD_LEN + fm->fm_len);
		}
		if (ret == -1)
			fm->fm_counters.dn_unsent++;
		else
			fm->fm_counters.dn_sent++;
	}
}

const struct fedmedia_counters *
fedmedia_counters(const struct fedmedia *fm)
{
	return (&fm->fm_counters);
}

size_t
fedmedia_routes(const struct fedmedia *fm)
{
	return (table_count(fm->fm_routes));
}

size_t
fedmedia_conns(const struct fedmedia *fm, const struct neighbour *nb)
{
	return (nb->nb_index >= PEERS_MAX ? 0 :
	    fm->fm_links[nb->nb_index].li_nconns);
}
