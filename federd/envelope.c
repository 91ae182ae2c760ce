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
 * Envelopes: who may send what to whom through whom.  Nothing in one is
 * believed but that it came over this link.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/notice.h"
#include "common/base/rate.h"
#include "common/quic/params.h"
#include "common/wire/identity.h"
#include "federd/envelope.h"

/* A path and its rest: relays that are all different, none of them us. */
struct way {
	size_t		wy_n;
	uint8_t		wy_fp[FED_PATH_MAX][TLS_HASH_LEN];
};

/* A Hangup that waits, or that may have been lost. */
struct kept {
	uint64_t		ke_until;
	bool			ke_sent;
	enum hangup_reason	ke_reason;
	char			ke_call_id[CALL_ID_STRLEN];
	struct way		ke_path;
	struct way		ke_route;
};

struct peer_slot {
	struct neighbour	*ps_nb;		/* NULL: down */
	bool			 ps_known;	/* was up once */
	uint8_t			 ps_fp[TLS_HASH_LEN];
	struct rate		 ps_offers;
	struct rate		 ps_others;
	struct notice		 ps_floods;
	struct kept		*ps_kept;	/* ENVELOPE_HANGUPS; or NULL */
	size_t			 ps_nkept;
	struct envelope_stats	 ps_stats;
};

struct envelope {
	uint8_t				 ev_self[TLS_HASH_LEN];
	const struct envelope_ops	*ev_ops;
	void				*ev_arg;
	struct limiter			*ev_limiter;	/* or NULL */
	uint64_t			 ev_now;
	struct peer_slot		 ev_slots[PEERS_MAX];
	char				 ev_text[FED_SIGNAL_MAX + 1];
};

static size_t		 broadcast(struct envelope *, const struct signal *);
static struct peer_slot	*slot_by_fp(struct envelope *,
			    const uint8_t[TLS_HASH_LEN]);
static const char	*inner_call_id(const struct signal *);
static bool		 inner_of_call(const struct signal *);
static bool		 inner_of_room(const struct signal *);
static bool		 inner_only_ours(const struct signal *);
static void		 inner_strip(struct signal *);
static int		 way_parse(struct way *, const struct sig_strings *);
static bool		 way_simple(const struct envelope *,
			    const struct way *, const struct way *);
static void		 way_reverse(struct way *, const struct way *);
static int		 post(struct envelope *, struct neighbour *,
			    const struct way *, const struct way *,
			    const struct signal *);
static int		 post_own(struct envelope *, const struct way *,
			    const struct signal *);
static void		 refuse(struct envelope *, struct neighbour *,
			    const struct way *, const struct signal *);
static bool		 keep(struct envelope *, struct peer_slot *,
			    const struct way *, const struct way *,
			    const struct signal *, bool);
static void		 kept_drop(struct peer_slot *, size_t);
static void		 deliver(struct envelope *, struct peer_slot *,
			    const struct way *, const struct signal *);
static void		 pass(struct envelope *, struct peer_slot *,
			    const struct way *, const struct way *,
			    const struct signal *);
static void		 unsent(struct envelope *,
			    const struct msg_fed_signal *,
			    const struct signal *);

struct envelope *
envelope_new(const uint8_t self[TLS_HASH_LEN],
    const struct envelope_ops *ops, void *arg)
{
	struct envelope	*e;

	if ((e = calloc(1, sizeof(*e))) == NULL)
		return (NULL);
	memcpy(e->ev_self, self, TLS_HASH_LEN);
	e->ev_ops = ops;
	e->ev_arg = arg;
	return (e);
}

void
envelope_set_limiter(struct envelope *e, struct limiter *lm)
{
	e->ev_limiter = lm;
}

void
envelope_free(struct envelope *e)
{
	size_t	 i;

	if (e == NULL)
		return;
	for (i = 0; i < PEERS_MAX; i++)
		free(e->ev_slots[i].ps_kept);
	free(e);
}

void
envelope_set_time(struct envelope *e, uint64_t now)
{
	e->ev_now = now;
}

/* What was sent needs no timer: it is forgotten when there is need of room. */
uint64_t
envelope_expiry(const struct envelope *e)
{
	const struct peer_slot	*ps;
	uint64_t		 first = UINT64_MAX;
	size_t			 i, k;

	for (i = 0; i < PEERS_MAX; i++) {
		ps = &e->ev_slots[i];
		for (k = 0; k < ps->ps_nkept; k++)
			if (!ps->ps_kept[k].ke_sent)
				first = clock_earlier(first,
				    ps->ps_kept[k].ke_until);
	}
	return (first);
}

void
envelope_expire(struct envelope *e)
{
	struct peer_slot	*ps;
	size_t			 i, k;

	for (i = 0; i < PEERS_MAX; i++) {
		ps = &e->ev_slots[i];
		for (k = ps->ps_nkept; k-- > 0;) {
			if (ps->ps_kept[k].ke_until > e->ev_now)
				continue;
			if (!ps->ps_kept[k].ke_sent)
				ps->ps_stats.expired++;
			kept_drop(ps, k);
		}
	}
}

void
envelope_up(struct envelope *e, struct neighbour *nb)
{
	struct peer_slot	*ps;
	struct kept		*ke;
	struct signal		 hangup;
	size_t			 k;

	if (nb->nb_index >= PEERS_MAX)
		return;
	ps = &e->ev_slots[nb->nb_index];
	if (!ps->ps_known ||
	    memcmp(ps->ps_fp, nb->nb_fp, TLS_HASH_LEN) != 0) {
		/* The number is another's now: nothing of his is ours. */
		free(ps->ps_kept);
		memset(ps, 0, sizeof(*ps));
		memcpy(ps->ps_fp, nb->nb_fp, TLS_HASH_LEN);
		ps->ps_known = true;
	}
	ps->ps_nb = nb;
	envelope_expire(e);
	for (k = 0; k < ps->ps_nkept; k++) {
		ke = &ps->ps_kept[k];
		if (ke->ke_path.wy_n > 1 && !nb->nb_transit)
			continue;	/* the policy changed meanwhile */
		signal_hangup(&hangup, ke->ke_call_id, ke->ke_reason);
		if (post(e, nb, &ke->ke_path, &ke->ke_route, &hangup) == 0) {
			ps->ps_stats.kept++;
			ke->ke_sent = true;
		}
	}
	/* Once more is enough. */
	for (k = ps->ps_nkept; k-- > 0;)
		if (ps->ps_kept[k].ke_sent)
			kept_drop(ps, k);
}

void
envelope_down(struct envelope *e, struct neighbour *nb)
{
	struct peer_slot	*ps;
	struct kept		*ke;
	size_t			 k;

	if (nb->nb_index >= PEERS_MAX)
		return;
	ps = &e->ev_slots[nb->nb_index];
	if (ps->ps_nb != nb)
		return;
	ps->ps_nb = NULL;
	for (k = ps->ps_nkept; k-- > 0;) {
		ke = &ps->ps_kept[k];
		if (!ke->ke_sent)
			continue;
		if (ke->ke_until <= e->ev_now) {
			kept_drop(ps, k);
			continue;
		}
		ke->ke_sent = false;
		ke->ke_until = e->ev_now + ENVELOPE_HANGUP_MS * NS_PER_MS;
	}
}

const struct envelope_stats *
envelope_stats(const struct envelope *e, unsigned int index)
{
	if (index >= PEERS_MAX || !e->ev_slots[index].ps_known)
		return (NULL);
	return (&e->ev_slots[index].ps_stats);
}

static struct peer_slot *
slot_by_fp(struct envelope *e, const uint8_t fp[TLS_HASH_LEN])
{
	size_t	 i;

	for (i = 0; i < PEERS_MAX; i++)
		if (e->ev_slots[i].ps_known &&
		    memcmp(e->ev_slots[i].ps_fp, fp, TLS_HASH_LEN) == 0)
			return (&e->ev_slots[i]);
	return (NULL);
}

/* What may come in an envelope. */

/* NULL also for a Hangup without one. */
static const char *
inner_call_id(const struct signal *s)
{
	switch (s->type) {
	case SIGNAL_DIRECT_CALL_OFFER:
		return (s->u.direct_call_offer.call_id);
	case SIGNAL_DIRECT_CALL_ANSWER:
		return (s->u.direct_call_answer.call_id);
	case SIGNAL_HANGUP:
		return (s->u.hangup.call_id);
	case SIGNAL_CALL_RINGING:
		return (s->u.call_ringing.call_id);
	case SIGNAL_MEDIA_PATH_REPORT:
		return (s->u.media_path_report.call_id);
	case SIGNAL_CALL_CANDIDATES:
		return (s->u.call_candidates.call_id);
	case SIGNAL_CALL_PUNCH:
		return (s->u.call_punch.call_id);
	case SIGNAL_GLOBAL_ROOM_ACTIVE:
	case SIGNAL_GLOBAL_ROOM_INACTIVE:
		if (inner_of_room(s))
			return (s->u.global_room.room +
			    strlen(QUIC_CALL_ROOM_PREFIX));
		return (NULL);
	default:
		return (NULL);
	}
}

static bool
inner_of_call(const struct signal *s)
{
	const char	*call_id = inner_call_id(s);

	if (s->type == SIGNAL_GLOBAL_ROOM_ACTIVE ||
	    s->type == SIGNAL_GLOBAL_ROOM_INACTIVE)
		return (false);
	if (call_id == NULL)
		return (s->type == SIGNAL_HANGUP);
	return (strlen(call_id) < CALL_ID_STRLEN);
}

static bool
inner_of_room(const struct signal *s)
{
	const char	*room = s->u.global_room.room;
	size_t		 len = strlen(QUIC_CALL_ROOM_PREFIX);

	return ((s->type == SIGNAL_GLOBAL_ROOM_ACTIVE ||
	    s->type == SIGNAL_GLOBAL_ROOM_INACTIVE) && room != NULL &&
	    strncmp(room, QUIC_CALL_ROOM_PREFIX, len) == 0 &&
	    strlen(room) < len + CALL_ID_STRLEN);
}

/* An original would end its link over them (gap 33). */
static bool
inner_only_ours(const struct signal *s)
{
	return (s->type == SIGNAL_CALL_CANDIDATES ||
	    s->type == SIGNAL_CALL_PUNCH);
}

/* Leaves what an original has; s is the caller's own copy. */
static void
inner_strip(struct signal *s)
{
	const struct sig_strings	none = { NULL, 0 };

	if (s->type == SIGNAL_DIRECT_CALL_OFFER)
		s->u.direct_call_offer.caller_features = none;
	else if (s->type == SIGNAL_DIRECT_CALL_ANSWER)
		s->u.direct_call_answer.callee_features = none;
}

/* Ways. */

int
envelope_fp_parse(const char *s, uint8_t out[TLS_HASH_LEN])
{
	size_t	 n = 0;
	int	 v;

	for (; *s != '\0'; s++) {
		if (*s == ':')
			continue;
		if ((v = bytes_digit_any(*s)) == -1 ||
		    n == 2 * (size_t)TLS_HASH_LEN)
			return (-1);
		if (n % 2 == 0)
			out[n / 2] = (uint8_t)(v << 4);
		else
			out[n / 2] |= (uint8_t)v;
		n++;
	}
	return (n == 2 * (size_t)TLS_HASH_LEN ? 0 : -1);
}

static int
way_parse(struct way *wy, const struct sig_strings *list)
{
	if (list->n > FED_PATH_MAX)
		return (-1);
	for (wy->wy_n = 0; wy->wy_n < list->n; wy->wy_n++)
		if (envelope_fp_parse(list->list[wy->wy_n],
		    wy->wy_fp[wy->wy_n]) == -1)
			return (-1);
	return (0);
}

/* No relay is there twice, and we are not there at all. */
static bool
way_simple(const struct envelope *e, const struct way *a, const struct way *b)
{
	const uint8_t	*all[2 * FED_PATH_MAX];
	size_t		 i, k, n = 0;

	for (i = 0; i < a->wy_n; i++)
		all[n++] = a->wy_fp[i];
	for (i = 0; i < b->wy_n; i++)
		all[n++] = b->wy_fp[i];
	for (i = 0; i < n; i++) {
		if (memcmp(all[i], e->ev_self, TLS_HASH_LEN) == 0)
			return (false);
		for (k = 0; k < i; k++)
			if (memcmp(all[i], all[k], TLS_HASH_LEN) == 0)
				return (false);
	}
	return (true);
}

static void
way_reverse(struct way *to, const struct way *from)
{
	size_t	 i;

	to->wy_n = from->wy_n;
	for (i = 0; i < from->wy_n; i++)
		memcpy(to->wy_fp[i], from->wy_fp[from->wy_n - 1 - i],
		    TLS_HASH_LEN);
}

/* Out. */

/*
 * One envelope to a neighbour.  path ends with us.  An original gets what an
 * original sends, byte for byte; -1 with EOPNOTSUPP when that cannot be.
 */
static int
post(struct envelope *e, struct neighbour *nb, const struct way *path,
    const struct way *route, const struct signal *inner)
{
	struct signal			 s, copy;
	struct sig_federated_forward	*ff = &s.u.federated_forward;
	char		 self[TLS_FP_STRLEN];
	char		 text[2 * FED_PATH_MAX][TLS_FP_STRLEN];
	const char	*list[2 * FED_PATH_MAX];
	size_t		 i, n = 0;

	identity_tls_fp(e->ev_self, self);
	copy = *inner;
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_FEDERATED_SIGNAL_FORWARD;
	ff->inner = &copy;
	ff->origin_relay_fp = self;
	if (neighbour_original(nb)) {
		if (route->wy_n > 0 || path->wy_n > 1 ||
		    inner_only_ours(inner) || inner_of_room(inner)) {
			errno = EOPNOTSUPP;
			return (-1);
		}
		inner_strip(&copy);
		return (neighbour_send(nb, &s));
	}
	for (i = 0; i < path->wy_n; i++, n++) {
		identity_tls_fp(path->wy_fp[i], text[n]);
		list[n] = text[n];
	}
	for (i = 0; i < route->wy_n; i++, n++) {
		identity_tls_fp(route->wy_fp[i], text[n]);
		list[n] = text[n];
	}
	ff->path.list = list;
	ff->path.n = path->wy_n;
	ff->route.list = list + path->wy_n;
	ff->route.n = route->wy_n;
	return (neighbour_send(nb, &s));
}

/* Something of our own; the neighbour is the first of way. */
static int
post_own(struct envelope *e, const struct way *way, const struct signal *inner)
{
	struct peer_slot	*ps;
	struct way		 path, route;

	path.wy_n = 1;
	memcpy(path.wy_fp[0], e->ev_self, TLS_HASH_LEN);
	route.wy_n = way->wy_n - 1;
	memcpy(route.wy_fp, way->wy_fp[1], route.wy_n * TLS_HASH_LEN);
	if ((ps = slot_by_fp(e, way->wy_fp[0])) == NULL) {
		errno = ENOTCONN;
		return (-1);
	}
	if (ps->ps_nb == NULL) {
		keep(e, ps, &path, &route, inner, false);
		errno = ENOTCONN;
		return (-1);
	}
	if (post(e, ps->ps_nb, &path, &route, inner) == -1) {
		if (errno != EOPNOTSUPP)
			keep(e, ps, &path, &route, inner, false);
		return (-1);
	}
	ps->ps_stats.out++;
	keep(e, ps, &path, &route, inner, true);
	return (0);
}

/* An offer that ends here: its caller is told, along the way it came. */
static void
refuse(struct envelope *e, struct neighbour *nb, const struct way *path,
    const struct signal *inner)
{
	struct signal	 s;
	struct way	 own, back;

	if (inner->type != SIGNAL_DIRECT_CALL_OFFER)
		return;
	way_reverse(&back, path);
	back.wy_n--;
	memmove(back.wy_fp[0], back.wy_fp[1], back.wy_n * TLS_HASH_LEN);
	own.wy_n = 1;
	memcpy(own.wy_fp[0], e->ev_self, TLS_HASH_LEN);
	signal_hangup(&s, inner_call_id(inner), HANGUP_ERROR);
	(void)post(e, nb, &own, &back, &s);
}

/* Hangups that wait for a link. */

static void
kept_drop(struct peer_slot *ps, size_t k)
{
	memmove(&ps->ps_kept[k], &ps->ps_kept[k + 1],
	    (ps->ps_nkept - k - 1) * sizeof(*ps->ps_kept));
	ps->ps_nkept--;
}

/* Only Hangups of one call.  true: taken. */
static bool
keep(struct envelope *e, struct peer_slot *ps, const struct way *path,
    const struct way *route, const struct signal *s, bool sent)
{
	struct kept	*ke;
	const char	*call_id = inner_call_id(s);
	size_t		 k;

	if (s->type != SIGNAL_HANGUP || call_id == NULL)
		return (false);
	if (ps->ps_kept == NULL && (ps->ps_kept = calloc(ENVELOPE_HANGUPS,
	    sizeof(*ps->ps_kept))) == NULL)
		return (false);
	if (ps->ps_nkept == ENVELOPE_HANGUPS) {
		/* The oldest that was sent, else of others, else of ours. */
		for (k = 0; k < ps->ps_nkept && !ps->ps_kept[k].ke_sent; k++)
			;
		if (k == ps->ps_nkept) {
			for (k = 0; k < ps->ps_nkept - 1 &&
			    ps->ps_kept[k].ke_path.wy_n == 1; k++)
				;
			if (ps->ps_kept[k].ke_path.wy_n == 1)
				k = 0;
			ps->ps_stats.expired++;
		}
		kept_drop(ps, k);
	}
	ke = &ps->ps_kept[ps->ps_nkept++];
	memset(ke, 0, sizeof(*ke));
	ke->ke_sent = sent;
	ke->ke_until = e->ev_now +
	    (sent ? ENVELOPE_LOST_MS : ENVELOPE_HANGUP_MS) * NS_PER_MS;
	ke->ke_reason = s->u.hangup.reason;
	memcpy(ke->ke_call_id, call_id, strlen(call_id) + 1);
	ke->ke_path = *path;
	ke->ke_route = *route;
	return (true);
}

/* In. */

/* It has arrived: to signald or to the rooms. */
static void
deliver(struct envelope *e, struct peer_slot *ps, const struct way *path,
    const struct signal *inner)
{
	struct neighbour	*nb = ps->ps_nb;
	struct msg_fed_signal	 msg;
	struct way		 back;
	int			 len;

	way_reverse(&back, path);
	if (!inner_of_call(inner)) {
		ps->ps_stats.in++;
		e->ev_ops->room(e->ev_arg, nb, back.wy_fp, back.wy_n, inner);
		return;
	}
	if ((len = signal_print(inner, e->ev_text, sizeof(e->ev_text))) == -1) {
		ps->ps_stats.inner++;
		refuse(e, nb, path, inner);
		return;
	}
	memset(&msg, 0, sizeof(msg));
	msg.path.data = back.wy_fp[0];
	msg.path.len = back.wy_n * TLS_HASH_LEN;
	msg.legacy = neighbour_original(nb);
	memcpy(msg.label, nb->nb_label, sizeof(msg.label));
	msg.inner.data = (const uint8_t *)e->ev_text;
	msg.inner.len = (size_t)len;
	if (e->ev_ops->signald(e->ev_arg, MSG_FED_SIGNAL, &msg) == -1) {
		ps->ps_stats.unreachable++;
		refuse(e, nb, path, inner);
		return;
	}
	ps->ps_stats.in++;
}

/* It has to go on to the first of route. */
static void
pass(struct envelope *e, struct peer_slot *ps, const struct way *path,
    const struct way *route, const struct signal *inner)
{
	struct neighbour	*nb = ps->ps_nb;
	struct peer_slot	*next;
	struct way		 done, rest;
	uint8_t			 tag[8];
	char			 room[sizeof(QUIC_CALL_ROOM_PREFIX) +
				    CALL_ID_STRLEN];

	next = slot_by_fp(e, route->wy_fp[0]);
	done = *path;
	memcpy(done.wy_fp[done.wy_n++], e->ev_self, TLS_HASH_LEN);
	rest.wy_n = route->wy_n - 1;
	memcpy(rest.wy_fp, route->wy_fp[1], rest.wy_n * TLS_HASH_LEN);
	if (!nb->nb_transit || (next != NULL && next->ps_nb != NULL &&
	    (!next->ps_nb->nb_transit ||
	    neighbour_original(next->ps_nb)))) {
		ps->ps_stats.policy++;
		refuse(e, nb, path, inner);
		return;
	}
	if (next == NULL || next->ps_nb == NULL ||
	    post(e, next->ps_nb, &done, &rest, inner) == -1) {
		if (next == NULL ||
		    !keep(e, next, &done, &rest, inner, false)) {
			ps->ps_stats.unreachable++;
			refuse(e, nb, path, inner);
		}
		return;
	}
	ps->ps_stats.through++;
	keep(e, next, &done, &rest, inner, true);
	if ((inner->type == SIGNAL_DIRECT_CALL_ANSWER &&
	    inner->u.direct_call_answer.accept_mode != ACCEPT_REJECT) ||
	    inner->type == SIGNAL_MEDIA_PATH_REPORT ||
	    inner->type == SIGNAL_GLOBAL_ROOM_ACTIVE ||
	    (inner->type == SIGNAL_HANGUP && inner_call_id(inner) != NULL)) {
		(void)snprintf(room, sizeof(room), "%s%s",
		    QUIC_CALL_ROOM_PREFIX, inner_call_id(inner));
		identity_room_tag(room, tag);
		e->ev_ops->transit(e->ev_arg, tag, nb, next->ps_nb,
		    inner->type != SIGNAL_HANGUP);
	}
}

void
envelope_signal(struct envelope *e, struct neighbour *nb,
    const struct signal *s)
{
	const struct sig_federated_forward	*ff = &s->u.federated_forward;
	struct peer_slot	*ps;
	struct way		 path, route;
	struct signal		 inner;
	enum limit_id		 id;
	uint8_t			 origin[TLS_HASH_LEN];
	bool			 offer;

	if (s->type != SIGNAL_FEDERATED_SIGNAL_FORWARD ||
	    nb->nb_index >= PEERS_MAX)
		return;
	ps = &e->ev_slots[nb->nb_index];
	if (ps->ps_nb != nb)
		return;
	/* Gap 27; all originals name themselves, for they never pass on. */
	if (envelope_fp_parse(ff->origin_relay_fp, origin) == -1 ||
	    memcmp(origin, nb->nb_fp, TLS_HASH_LEN) != 0) {
		ps->ps_stats.origin++;
		return;
	}
	if (way_parse(&path, &ff->path) == -1 ||
	    way_parse(&route, &ff->route) == -1 ||
	    path.wy_n + route.wy_n > FED_PATH_MAX ||
	    (neighbour_original(nb) && path.wy_n + route.wy_n > 0) ||
	    (path.wy_n == 0 && route.wy_n > 0)) {
		ps->ps_stats.path++;
		return;
	}
	if (path.wy_n == 0)
		memcpy(path.wy_fp[path.wy_n++], nb->nb_fp, TLS_HASH_LEN);
	if (memcmp(path.wy_fp[path.wy_n - 1], nb->nb_fp, TLS_HASH_LEN) != 0) {
		ps->ps_stats.path++;
		return;
	}
	if (!way_simple(e, &path, &route)) {
		ps->ps_stats.loop++;
		return;
	}
	inner = *ff->inner;
	if (!inner_of_call(&inner) && !inner_of_room(&inner)) {
		ps->ps_stats.inner++;
		return;
	}
	if (neighbour_original(nb)) {
		if (inner_only_ours(&inner) || inner_of_room(&inner)) {
			ps->ps_stats.inner++;
			return;
		}
		inner_strip(&inner);
	}
	offer = inner.type == SIGNAL_DIRECT_CALL_OFFER;
	id = offer ? LIMIT_PEER_OFFER_RATE : LIMIT_PEER_CALL_SIGNAL_RATE;
	if (!quota_take(e->ev_limiter, id, offer ? &ps->ps_offers :
	    &ps->ps_others, nb->nb_label, e->ev_now)) {
		ps->ps_stats.limited++;
		if (notice_due(&ps->ps_floods, e->ev_now))
			notice(&ps->ps_floods, "peer %s: %s dropped: more "
			    "than %llu a second", nb->nb_label,
			    signal_name(inner.type),
			    (unsigned long long)quota(e->ev_limiter, id));
		refuse(e, nb, &path, &inner);
		return;
	}
	if (route.wy_n > 0)
		pass(e, ps, &path, &route, &inner);
	else
		deliver(e, ps, &path, &inner);
}

/* From our own side. */

static void
unsent(struct envelope *e, const struct msg_fed_signal *msg,
    const struct signal *inner)
{
	struct msg_fed_unsent	 out;
	struct peer_slot	*ps;
	const char		*call_id = inner_call_id(inner);

	if (call_id == NULL || inner->type == SIGNAL_HANGUP ||
	    inner_only_ours(inner))
		return;
	if (msg->path.len > 0 &&
	    (ps = slot_by_fp(e, msg->path.data)) != NULL)
		ps->ps_stats.unsent++;
	memset(&out, 0, sizeof(out));
	memcpy(out.call_id, call_id, strlen(call_id) + 1);
	out.path = msg->path;
	(void)e->ev_ops->signald(e->ev_arg, MSG_FED_UNSENT, &out);
}

/* To every original that we have a link with: how many took it (4.18). */
static size_t
broadcast(struct envelope *e, const struct signal *inner)
{
	struct way	 way;
	size_t		 i, n = 0;

	for (i = 0; i < PEERS_MAX; i++) {
		if (e->ev_slots[i].ps_nb == NULL ||
		    !neighbour_original(e->ev_slots[i].ps_nb))
			continue;
		way.wy_n = 1;
		memcpy(way.wy_fp[0], e->ev_slots[i].ps_fp, TLS_HASH_LEN);
		if (post_own(e, &way, inner) == 0)
			n++;
	}
	return (n);
}

int
envelope_from_signald(struct envelope *e, const struct msg_fed_signal *msg,
    const char **why)
{
	const struct way	 none = { .wy_n = 0 };
	struct signal		*inner;
	struct way		 way;

	if (msg->path.len % TLS_HASH_LEN != 0 ||
	    msg->path.len > sizeof(way.wy_fp)) {
		*why = "a path of odd length";
		return (-1);
	}
	way.wy_n = msg->path.len / TLS_HASH_LEN;
	if (way.wy_n > 0)
		memcpy(way.wy_fp, msg->path.data, msg->path.len);
	if (!way_simple(e, &way, &none)) {
		*why = "a path that comes back";
		return (-1);
	}
	if (msg->inner.len > FED_SIGNAL_MAX) {
		*why = "too long a signal";
		return (-1);
	}
	if ((inner = signal_parse(msg->inner.data, msg->inner.len, why)) ==
	    NULL)
		return (-1);
	if (!inner_of_call(inner)) {
		signal_free(inner);
		*why = "not a signal of a call";
		return (-1);
	}
	if (way.wy_n == 0 ? broadcast(e, inner) == 0 :
	    post_own(e, &way, inner) == -1)
		unsent(e, msg, inner);
	signal_free(inner);
	return (0);
}

int
envelope_send(struct envelope *e, const uint8_t (*path)[TLS_HASH_LEN],
    size_t npath, const struct signal *inner)
{
	const struct way	 none = { .wy_n = 0 };
	struct way		 way;

	if (npath == 0 || npath > FED_PATH_MAX || !inner_of_room(inner)) {
		errno = EINVAL;
		return (-1);
	}
	way.wy_n = npath;
	memcpy(way.wy_fp, path, npath * TLS_HASH_LEN);
	if (!way_simple(e, &way, &none)) {
		errno = EINVAL;
		return (-1);
	}
	return (post_own(e, &way, inner));
}
