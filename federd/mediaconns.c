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
 * Links and their media connections, as many as streams need (media.h), and
 * the calls of others that go through us.
 */
#include "config.h"

#include <string.h>

#include "common/base/table.h"
#include "federd/mediastate.h"

static void	 link_ups(struct link *);
static unsigned int link_wanted(const struct link *);
static uint64_t	 link_expiry(const struct link *);
static void	 link_expire(struct fedmedia *, struct link *);
static void	 link_dial(struct fedmedia *, struct link *);
static void	 link_shed(struct fedmedia *, struct link *);
static void	 link_transits(struct fedmedia *, struct link *);
static void	 conn_leave(struct fedmedia *, unsigned int, unsigned int);

/*
 * The one where the room's streams begin: from its first datagram on that
 * with the fewest.  Where more speak than one connection carries, senders are
 * spread over those that follow, each on one of them, so in order.  NULL:
 * none is up.
 */
struct conn *
link_conn(struct fedmedia *fm, struct route *ro, struct link *li,
    unsigned int index)
{
	struct conn	*best = NULL, *co;
	unsigned int	 i, spread;

	if (li->li_nup == 0)
		return (NULL);
	if (ro->ro_conns[index] == UNASSIGNED) {
		for (i = 0; i < li->li_nup; i++) {
			co = &li->li_conns[li->li_up[i]];
			if (best == NULL || co->co_rooms < best->co_rooms)
				best = co;
		}
		if ((ro->ro_counted & BIT(index)) == 0)
			return (best);
		ro->ro_conns[index] = (uint8_t)(best - li->li_conns);
		best->co_rooms++;
	}
	if (ro->ro_streams <= FEDMEDIA_STREAMS)
		return (&li->li_conns[ro->ro_conns[index]]);
	spread = (ro->ro_streams + FEDMEDIA_STREAMS - 1) / FEDMEDIA_STREAMS;
	i = ro->ro_conns[index] + (unsigned int)(fm->fm_sender % spread);
	return (&li->li_conns[li->li_up[i % li->li_nup]]);
}

static void
link_ups(struct link *li)
{
	unsigned int	i;

	li->li_nup = 0;
	for (i = 0; i < FEDMEDIA_CONNS_MAX; i++)
		if (li->li_conns[i].co_up)
			li->li_up[li->li_nup++] = (uint8_t)i;
}

struct link *
link_of(struct fedmedia *fm, const struct neighbour *nb)
{
	if (nb->nb_index >= PEERS_MAX ||
	    fm->fm_links[nb->nb_index].li_nb != nb)
		return (NULL);
	return (&fm->fm_links[nb->nb_index]);
}

void
fedmedia_up(struct fedmedia *fm, struct neighbour *nb)
{
	struct link	*li;

	if (nb->nb_index >= PEERS_MAX)
		return;
	li = &fm->fm_links[nb->nb_index];
	if (li->li_nb != NULL)
		fedmedia_down(fm, li->li_nb);
	li->li_nb = nb;
	li->li_bare = nb->nb_legacy ||
	    (nb->nb_features & NEIGHBOUR_MEDIA) == 0;
	if (li->li_bare)
		fm->fm_bares++;
	li->li_pause = FEDMEDIA_RETRY_NS;
	li->li_retry = li->li_surplus = 0;
	fm->fm_due = 0;
}

void
fedmedia_down(struct fedmedia *fm, struct neighbour *nb)
{
	struct link	*li = link_of(fm, nb);
	struct route	*ro;
	size_t		 iter = 0;

	if (li == NULL)
		return;
	while ((ro = table_next(fm->fm_routes, &iter)) != NULL) {
		if ((ro->ro_neighbours & BIT(nb->nb_index)) == 0)
			continue;
		if (ro->ro_transit)
			route_free(fm, ro);
		else {
			ro->ro_neighbours &= ~BIT(nb->nb_index);
			route_count(fm, ro);
		}
	}
	if (li->li_bare)
		fm->fm_bares--;
	memset(li->li_conns, 0, sizeof(li->li_conns));
	li->li_nconns = li->li_nup = 0;
	li->li_nb = NULL;
}

void
fedmedia_conn_up(struct fedmedia *fm, struct neighbour *nb,
    struct media_conn *conn)
{
	struct link	*li = link_of(fm, nb);
	struct conn	*co, *place = NULL;
	struct route	*ro;
	size_t		 iter = 0;
	unsigned int	 i;

	if (li == NULL)
		return;
	for (i = 0; i < FEDMEDIA_CONNS_MAX; i++) {
		co = &li->li_conns[i];
		if (co->co_conn == conn)
			break;
		if (co->co_conn == NULL && place == NULL)
			place = co;
	}
	if (i == FEDMEDIA_CONNS_MAX) {
		/* Theirs. */
		if (place == NULL) {
			nb->nb_ops->media_close(conn);
			return;
		}
		co = place;
		co->co_conn = conn;
		li->li_nconns++;
		fm->fm_due = 0;
	}
	if (co->co_up || co->co_closing)
		return;
	co->co_up = true;
	link_ups(li);
	li->li_pause = FEDMEDIA_RETRY_NS;
	/* Those that shared one for want of this find their places anew. */
	while ((ro = table_next(fm->fm_routes, &iter)) != NULL) {
		i = ro->ro_conns[nb->nb_index];
		if (i == UNASSIGNED ||
		    li->li_conns[i].co_rooms <= FEDMEDIA_STREAMS)
			continue;
		li->li_conns[i].co_rooms--;
		ro->ro_conns[nb->nb_index] = UNASSIGNED;
	}
}

/* Nobody uses it any more. */
static void
conn_leave(struct fedmedia *fm, unsigned int index, unsigned int n)
{
	struct route	*ro;
	size_t		 iter = 0;

	if (fm->fm_links[index].li_conns[n].co_rooms == 0)
		return;
	while ((ro = table_next(fm->fm_routes, &iter)) != NULL)
		if (ro->ro_conns[index] == n)
			ro->ro_conns[index] = UNASSIGNED;
	fm->fm_links[index].li_conns[n].co_rooms = 0;
}

void
fedmedia_conn_down(struct fedmedia *fm, struct neighbour *nb,
    struct media_conn *conn)
{
	struct link	*li = link_of(fm, nb);
	struct conn	*co;
	unsigned int	 i;

	if (li == NULL)
		return;
	for (i = 0; i < FEDMEDIA_CONNS_MAX; i++)
		if (li->li_conns[i].co_conn == conn)
			break;
	if (i == FEDMEDIA_CONNS_MAX)
		return;
	co = &li->li_conns[i];
	conn_leave(fm, nb->nb_index, i);
	if (!co->co_closing) {
		li->li_nconns--;
		if (nb->nb_dialled) {
			li->li_retry = fm->fm_now + li->li_pause;
			if ((li->li_pause *= 2) > FEDMEDIA_RETRY_MAX_NS)
				li->li_pause = FEDMEDIA_RETRY_MAX_NS;
		}
	}
	memset(co, 0, sizeof(*co));
	link_ups(li);
	fm->fm_due = 0;
}

/* How many connections its streams should have. */
static unsigned int
link_wanted(const struct link *li)
{
	unsigned int	n;

	if (li->li_nb == NULL || li->li_bare || !li->li_nb->nb_dialled)
		return (0);
	n = (li->li_streams + FEDMEDIA_STREAMS - 1) / FEDMEDIA_STREAMS;
	return (n < FEDMEDIA_CONNS_MAX ? n : FEDMEDIA_CONNS_MAX);
}

static uint64_t
link_expiry(const struct link *li)
{
	uint64_t	due = UINT64_MAX;

	if (!TAILQ_EMPTY(&li->li_transits))
		due = TAILQ_FIRST(&li->li_transits)->ro_due;
	if (li->li_nb == NULL || li->li_bare || !li->li_nb->nb_dialled)
		return (due);
	if (link_wanted(li) > li->li_nconns)
		due = clock_earlier(due, li->li_retry);
	if (li->li_surplus != 0)
		due = clock_earlier(due, li->li_surplus + FEDMEDIA_IDLE_NS);
	return (due);
}

static void
link_dial(struct fedmedia *fm, struct link *li)
{
	struct conn	*co;
	unsigned int	 i, wanted = link_wanted(li);

	for (i = 0; i < FEDMEDIA_CONNS_MAX && li->li_nconns < wanted; i++) {
		co = &li->li_conns[i];
		if (co->co_conn != NULL)
			continue;
		co->co_conn = li->li_nb->nb_ops->media_dial(li->li_nb);
		if (co->co_conn == NULL)
			break;
		li->li_nconns++;
	}
	/* Not now, or those that close have all the places. */
	if (li->li_nconns < wanted)
		li->li_retry = fm->fm_now + li->li_pause;
}

/* Those with the fewest rooms. */
static void
link_shed(struct fedmedia *fm, struct link *li)
{
	struct conn	*best, *co;
	unsigned int	 i, wanted = link_wanted(li);

	while (li->li_nconns > wanted) {
		best = NULL;
		for (i = 0; i < FEDMEDIA_CONNS_MAX; i++) {
			co = &li->li_conns[i];
			if (co->co_conn != NULL && !co->co_closing &&
			    (best == NULL || co->co_rooms < best->co_rooms))
				best = co;
		}
		if (best == NULL)
			break;
		conn_leave(fm, li->li_nb->nb_index,
		    (unsigned int)(best - li->li_conns));
		best->co_up = false;
		best->co_closing = true;
		link_ups(li);
		li->li_nconns--;
		li->li_nb->nb_ops->media_close(best->co_conn);
	}
}

static void
link_transits(struct fedmedia *fm, struct link *li)
{
	struct route	*ro;

	while ((ro = TAILQ_FIRST(&li->li_transits)) != NULL &&
	    ro->ro_due <= fm->fm_now) {
		if (ro->ro_touched + FEDMEDIA_TRANSIT_NS <= fm->fm_now) {
			route_free(fm, ro);
			continue;
		}
		TAILQ_REMOVE(&li->li_transits, ro, ro_entry);
		ro->ro_due = fm->fm_now + FEDMEDIA_TRANSIT_NS;
		TAILQ_INSERT_TAIL(&li->li_transits, ro, ro_entry);
	}
}

static void
link_expire(struct fedmedia *fm, struct link *li)
{
	unsigned int	wanted;

	link_transits(fm, li);
	if (li->li_nb == NULL || li->li_bare || !li->li_nb->nb_dialled)
		return;
	wanted = link_wanted(li);
	if (wanted >= li->li_nconns)
		li->li_surplus = 0;
	else if (li->li_surplus == 0)
		li->li_surplus = fm->fm_now;
	if (wanted > li->li_nconns && li->li_retry <= fm->fm_now)
		link_dial(fm, li);
	if (li->li_surplus != 0 &&
	    li->li_surplus + FEDMEDIA_IDLE_NS <= fm->fm_now) {
		link_shed(fm, li);
		li->li_surplus = 0;
	}
}

uint64_t
fedmedia_expiry(const struct fedmedia *fm)
{
	return (fm->fm_due);
}

void
fedmedia_expire(struct fedmedia *fm)
{
	size_t	i;

	if (fm->fm_now < fm->fm_due)
		return;
	fm->fm_due = UINT64_MAX;
	for (i = 0; i < PEERS_MAX; i++) {
		link_expire(fm, &fm->fm_links[i]);
		fm->fm_due = clock_earlier(fm->fm_due,
		    link_expiry(&fm->fm_links[i]));
	}
}
