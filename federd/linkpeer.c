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
 * Peers as neighbours: which of their links counts, and what the other
 * modules do with it (link.h).
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "federd/link_int.h"

static bool	 link_ours_wins(const struct links *, const struct peer *);
static void	 link_release_all(struct links *, struct link_peer *);
static struct link *link_better(struct link *, struct link *);
static void	 link_activate(struct link *);
static void	 link_down(struct link_peer *, const char *);
static int	 nb_send(struct neighbour *, const struct signal *);
static int	 nb_datagram(struct neighbour *, const void *, size_t);
static struct media_conn
		*nb_media_dial(struct neighbour *);
static int	 nb_media_send(struct media_conn *, const void *, size_t);
static size_t	 nb_media_room(const struct media_conn *);
static void	 nb_media_close(struct media_conn *);

static const struct neighbour_ops	nb_ops = {
	.send = nb_send,
	.datagram = nb_datagram,
	.media_dial = nb_media_dial,
	.media_send = nb_media_send,
	.media_room = nb_media_room,
	.media_close = nb_media_close
};

/* Of links that both dial at once, do ours win? */
static bool
link_ours_wins(const struct links *ls, const struct peer *pe)
{
	return (memcmp(ls->ls_own, pe->pe_config.fingerprint,
	    TLS_HASH_LEN) < 0);
}

/* Is an attempt of ours under way that would win over this one? */
bool
link_rival(const struct link *lk)
{
	const struct links	*ls = lk->lk_links;
	const struct link	*other;

	if (lk->lk_peer->lp_link != NULL ||
	    !link_ours_wins(ls, link_config(lk)))
		return (false);
	TAILQ_FOREACH(other, &ls->ls_list, lk_entry) {
		if (other->lk_peer == lk->lk_peer && other->lk_outbound &&
		    (other->lk_state == LINK_HANDSHAKE ||
		    other->lk_state == LINK_HELLO))
			return (true);
	}
	return (false);
}

void
link_release(struct link *lk)
{
	lk->lk_held = false;
	link_say_hello(lk);
	if (lk->lk_heard && lk->lk_state == LINK_HELLO)
		link_greeted(lk);
}

/* The attempt that they waited for came to nothing. */
static void
link_release_all(struct links *ls, struct link_peer *lp)
{
	struct link	*lk, *next;

	TAILQ_FOREACH_SAFE(lk, &ls->ls_list, lk_entry, next) {
		if (lk->lk_peer == lp && lk->lk_held)
			link_release(lk);
	}
}

/*
 * Of two links with a peer: what the one who dialled last wanted, unless both
 * dialled at the same time.  Both sides come to the same end.
 */
static struct link *
link_better(struct link *old, struct link *new)
{
	const struct links	*ls = new->lk_links;

	if (old->lk_outbound == new->lk_outbound ||
	    old->lk_state == LINK_CLOSING ||
	    ls->ls_now - old->lk_since > LINK_YOUNG_NS)
		return (new);
	return (old->lk_outbound == link_ours_wins(ls, link_config(new)) ?
	    old : new);
}

void
link_ready(struct link *lk)
{
	struct links		*ls = lk->lk_links;
	struct link_peer	*lp = lk->lk_peer;
	struct link		*old = lp->lp_link, *other;

	lk->lk_state = LINK_UP;
	lk->lk_due = UINT64_MAX;
	lk->lk_since = ls->ls_now;
	TAILQ_FOREACH(other, &ls->ls_list, lk_entry) {
		if (other->lk_peer != lp || !other->lk_held)
			continue;
		ls->ls_stats.ls_duplicates++;
		link_close(other, "duplicate link", "duplicate link");
	}
	if (old == NULL) {
		link_activate(lk);
		return;
	}
	if (link_legacy(lk)) {
		/* The newest is written to, all are read (gap 29). */
		lp->lp_link = lk;
		lp->lp_nb.nb_arg = lk;
		lp->lp_nb.nb_dialled = lk->lk_outbound;
		peers_up(ls->ls_peers, link_config(lk));
		return;
	}
	ls->ls_stats.ls_duplicates++;
	if (link_better(old, lk) == old) {
		link_close(lk, "duplicate link", "duplicate link");
		return;
	}
	link_close(old, "duplicate link", "duplicate link");
	link_down(lp, "another link takes its place");
	link_activate(lk);
}

static void
link_activate(struct link *lk)
{
	struct links		*ls = lk->lk_links;
	struct link_peer	*lp = lk->lk_peer;
	struct neighbour	*nb = &lp->lp_nb;
	struct peer		*pe = link_config(lk);
	char			 text[ADDR_STRLEN];

	memset(nb, 0, sizeof(*nb));
	memcpy(nb->nb_fp, pe->pe_config.fingerprint, sizeof(nb->nb_fp));
	nb->nb_index = (unsigned int)pe->pe_config.index;
	strlcpy(nb->nb_label, pe->pe_config.name, sizeof(nb->nb_label));
	nb->nb_features = lk->lk_features;
	nb->nb_legacy = pe->pe_config.legacy;
	nb->nb_transit = pe->pe_config.transit;
	nb->nb_dialled = lk->lk_outbound;
	nb->nb_ops = &nb_ops;
	nb->nb_arg = lk;
	lp->lp_link = lk;
	log_info("peer %s: up, %s %s", nb->nb_label,
	    lk->lk_outbound ? "to" : "from",
	    addr_print(quic_conn_remote(lk->lk_conn), text, sizeof(text)));
	peers_up(ls->ls_peers, pe);
	ls->ls_ops->up(ls->ls_arg, nb);
}

/* It is no neighbour any more; its media connections go first. */
static void
link_down(struct link_peer *lp, const char *why)
{
	struct links	*ls = lp->lp_link->lk_links;
	struct link	*lk, *next;

	TAILQ_FOREACH_SAFE(lk, &ls->ls_list, lk_entry, next) {
		if (lk->lk_peer == lp && lk->lk_media) {
			link_close(lk, "", "its link ended");
			link_detach(lk, why);
		}
	}
	log_info("peer %s: down, %s", lp->lp_nb.nb_label, why);
	ls->ls_ops->down(ls->ls_arg, &lp->lp_nb);
	lp->lp_link = NULL;
	lp->lp_nb.nb_arg = NULL;
}

/* What a connection was to others it is no more. */
void
link_detach(struct link *lk, const char *why)
{
	struct links		*ls = lk->lk_links;
	struct link_peer	*lp = lk->lk_peer;
	struct link		*other;
	struct peer		*pe;

	lk->lk_peer = NULL;
	if (lp == NULL)
		return;
	pe = peers_index(ls->ls_peers, (uint64_t)(lp - ls->ls_peer));
	if (lk->lk_media) {
		if (lk->lk_told)
			ls->ls_ops->media_down(ls->ls_arg, &lp->lp_nb,
			    &lk->lk_as_media);
		lk->lk_told = false;
		return;
	}
	if (lp->lp_link != lk) {
		if (lk->lk_outbound && pe != NULL)
			peers_failed(ls->ls_peers, pe, why);
		if (lk->lk_outbound)
			link_release_all(ls, lp);
		return;
	}
	if (lp->lp_nb.nb_legacy) {
		TAILQ_FOREACH_REVERSE(other, &ls->ls_list, link_list,
		    lk_entry) {
			if (other->lk_peer == lp &&
			    other->lk_state == LINK_UP)
				break;
		}
		if (other != NULL) {
			lp->lp_link = other;
			lp->lp_nb.nb_arg = other;
			lp->lp_nb.nb_dialled = other->lk_outbound;
			return;
		}
	}
	link_down(lp, why);
	if (pe != NULL)
		peers_ended(ls->ls_peers, pe, why);
}

void
link_media_ready(struct link *lk)
{
	struct links		*ls = lk->lk_links;
	struct link_peer	*lp = lk->lk_peer;

	/* Only with a neighbour of ours, and from who has dialled the link. */
	if (lp->lp_link == NULL || lp->lp_link->lk_state != LINK_UP ||
	    (lp->lp_nb.nb_features & NEIGHBOUR_MEDIA) == 0 ||
	    lp->lp_nb.nb_dialled != lk->lk_outbound ||
	    link_count(ls, lp, true) > LINK_MEDIA_MAX) {
		link_close(lk, "", "a media connection without a link");
		return;
	}
	lk->lk_state = LINK_UP;
	lk->lk_due = UINT64_MAX;
	lk->lk_since = ls->ls_now;
	lk->lk_told = true;
	ls->ls_ops->media_up(ls->ls_arg, &lp->lp_nb, &lk->lk_as_media);
}

void
links_drop(struct links *ls, const struct peer *pe, const char *why)
{
	struct link_peer	*lp = link_peer(ls, pe);
	struct link		*lk;

	TAILQ_FOREACH(lk, &ls->ls_list, lk_entry) {
		if (lk->lk_peer == lp)
			link_close(lk, "", why);
	}
	if (lp->lp_link != NULL)
		link_down(lp, why);
	TAILQ_FOREACH(lk, &ls->ls_list, lk_entry) {
		if (lk->lk_peer == lp)
			lk->lk_peer = NULL;
	}
	memset(lp, 0, sizeof(*lp));
}

struct neighbour *
links_neighbour(struct links *ls, unsigned int index)
{
	if (index >= PEERS_MAX || ls->ls_peer[index].lp_link == NULL)
		return (NULL);
	return (&ls->ls_peer[index].lp_nb);
}

void
links_info(const struct links *ls, unsigned int index, struct link_info *li)
{
	const struct link_peer	*lp;
	const struct link	*lk;
	struct quic_stats	 stats;

	memset(li, 0, sizeof(*li));
	if (index >= PEERS_MAX)
		return;
	lp = &ls->ls_peer[index];
	li->li_signals_in = lp->lp_signals_in;
	li->li_signals_out = lp->lp_signals_out;
	li->li_bad = lp->lp_bad;
	li->li_unexpected = lp->lp_unexpected;
	li->li_limited = lp->lp_limited;
	li->li_broken = lp->lp_broken;
	li->li_slow = lp->lp_slow;
	TAILQ_FOREACH(lk, &ls->ls_list, lk_entry) {
		if (lk->lk_peer != lp)
			continue;
		quic_conn_stats(lk->lk_conn, &stats);
		li->li_connections++;
		li->li_datagrams_in += stats.datagrams_in;
		li->li_datagrams_out += stats.datagrams_out;
		li->li_packets_sent += stats.packets_sent;
		li->li_packets_lost += stats.packets_lost;
		if (lk != lp->lp_link)
			continue;
		li->li_up = true;
		li->li_dialled = lk->lk_outbound;
		li->li_remote = *quic_conn_remote(lk->lk_conn);
		li->li_features = lp->lp_nb.nb_features;
		li->li_rtt_us = stats.rtt_us;
	}
}

/* What others do with a neighbour */

static int
nb_send(struct neighbour *nb, const struct signal *sig)
{
	struct link	*lk = nb->nb_arg;

	if (lk == NULL) {
		errno = ENOTCONN;
		return (-1);
	}
	if (link_print(lk, sig) == -1)
		return (-1);
	if (lk->lk_peer != NULL)
		lk->lk_peer->lp_signals_out++;
	return (0);
}

static int
nb_datagram(struct neighbour *nb, const void *data, size_t len)
{
	struct link	*lk = nb->nb_arg;

	if (lk == NULL || lk->lk_state != LINK_UP)
		return (-1);
	return (quic_send_datagram(lk->lk_conn, data, len,
	    lk->lk_links->ls_now));
}

static struct media_conn *
nb_media_dial(struct neighbour *nb)
{
	struct link		*lk = nb->nb_arg, *new;
	struct links		*ls;
	struct quic_conn	*conn;

	if (lk == NULL || lk->lk_state != LINK_UP || !lk->lk_outbound ||
	    (nb->nb_features & NEIGHBOUR_MEDIA) == 0 ||
	    link_count(lk->lk_links, lk->lk_peer, true) >= LINK_MEDIA_MAX)
		return (NULL);
	ls = lk->lk_links;
	conn = ls->ls_ops->connect(ls->ls_arg, lk->lk_listener,
	    quic_conn_local(lk->lk_conn), quic_conn_remote(lk->lk_conn));
	if (conn == NULL)
		return (NULL);
	if ((new = link_new(ls, conn, LINK_HANDSHAKE)) == NULL) {
		quic_close(conn, 0, "");
		return (NULL);
	}
	new->lk_outbound = new->lk_media = new->lk_told = true;
	new->lk_listener = lk->lk_listener;
	new->lk_peer = lk->lk_peer;
	new->lk_due = ls->ls_now + PEER_CONNECT_NS;
	return (&new->lk_as_media);
}

static int
nb_media_send(struct media_conn *mc, const void *data, size_t len)
{
	struct link	*lk = mc->mc_link;

	if (lk->lk_state != LINK_UP)
		return (-1);
	return (quic_send_datagram(lk->lk_conn, data, len,
	    lk->lk_links->ls_now));
}

static size_t
nb_media_room(const struct media_conn *mc)
{
	return (mc->mc_link->lk_state == LINK_UP ?
	    quic_max_datagram(mc->mc_link->lk_conn) : 0);
}

static void
nb_media_close(struct media_conn *mc)
{
	link_close(mc->mc_link, "", "not needed any more");
}
