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
 * Searches.  Each stands in one of four queues, by how many relays an answer
 * may have to pass, so that the first of a queue is always the next whose
 * time is over; one of somebody else that first asks who claims the person
 * stands in a queue of those as well.
 *
 * An id names one step of one search.  It is remembered with its fingerprint
 * for some time, so that a query that comes again, by another way or by
 * malice, is not passed on again.
 */

#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/rate.h"
#include "common/base/table.h"
#include "common/wire/identity.h"
#include "federd/envelope.h"
#include "federd/find.h"

#define KEY_LEN		(sizeof(uint64_t) + FP_STRLEN)
#define CLASSES		(FED_PATH_MAX + 1)	/* relays; 0 is not used */
#define HOP_NS		(FIND_HOP_MS * NS_PER_MS)

struct search {
	TAILQ_ENTRY(search)	 se_entry;	/* of fi_queue[se_class] */
	TAILQ_ENTRY(search)	 se_confirm;	/* of fi_confirm */
	bool			 se_confirming;	/* in it */
	bool			 se_own;
	uint64_t		 se_seq;	/* of signald, own */
	struct neighbour	*se_asker;	/* unless own */
	uint8_t			 se_key[KEY_LEN];
	uint64_t		 se_id;
	char			 se_fp[FP_STRLEN];
	unsigned int		 se_class;
	uint64_t		 se_limit;	/* when its time is over */
	uint64_t		 se_hop;	/* when that of confirming is */
	unsigned int		 se_ttl;	/* unless own: what it said */
	unsigned int		 se_said;	/* ttl of what we asked */
	bool			 se_claimed;	/* only who claims is asked */
	uint64_t		 se_since;	/* when it was asked */
	uint64_t		 se_asked;	/* 1 << nb_index: no answer */
	uint64_t		 se_gone;	/* did not answer in time */
	/* It came through these, the origin first; own: none. */
	size_t			 se_npath;
	uint8_t			 se_path[FED_PATH_MAX][TLS_HASH_LEN];
};
TAILQ_HEAD(searches, search);

struct seen {
	TAILQ_ENTRY(seen)	 sn_entry;
	uint64_t		 sn_until;
	uint8_t			 sn_key[KEY_LEN];
};
TAILQ_HEAD(seens, seen);

struct find_peer {
	struct neighbour	*fp_nb;		/* NULL: down */
	bool			 fp_known;
	struct rate		 fp_rate;
	unsigned int		 fp_open;	/* searches of his */
	unsigned int		 fp_silent;	/* times in a row */
	uint64_t		 fp_silent_until;
	struct find_stats	 fp_stats;
};

struct find {
	uint8_t			 fi_self[TLS_HASH_LEN];
	uint8_t			 fi_secret[16];
	struct digest		*fi_digest;
	const struct find_ops	*fi_ops;
	void			*fi_arg;
	struct limiter		*fi_limiter;	/* or NULL */
	uint64_t		 fi_now;
	uint64_t		 fi_ids;	/* that were made */
	unsigned int		 fi_own;
	struct table		*fi_searches;	/* by key */
	struct table		*fi_seen;	/* by key */
	struct searches		 fi_queue[CLASSES];
	struct searches		 fi_confirm;
	struct seens		 fi_seens;	/* in order of time */
	struct find_peer	 fi_peers[PEERS_MAX];
	size_t			 fi_top;	/* behind the last one used */
};

static void	 key_make(uint8_t[KEY_LEN], uint64_t, const char *);
static bool	 in_path(uint8_t (*)[TLS_HASH_LEN], size_t,
		    const uint8_t[TLS_HASH_LEN]);
static int	 path_parse(const struct sig_strings *,
		    uint8_t (*)[TLS_HASH_LEN]);
static void	 seen_add(struct find *, const uint8_t[KEY_LEN]);
static void	 seen_expire(struct find *);
static int	 search_enter(struct find *, struct search *, unsigned int);
static void	 search_leave(struct find *, struct search *);
static void	 search_end(struct find *, struct search *);
static void	 search_confirmed(struct find *, struct search *);
static void	 search_next(struct find *, struct search *);
static void	 search_next_own(struct find *, struct search *);
static void	 search_found(struct find *, struct search *,
		    uint8_t (*)[TLS_HASH_LEN], size_t);
static void	 search_failed(struct find *, struct search *);
static void	 search_late(struct find *, struct search *);
static uint64_t	 may_ask(const struct find *, struct search *);
static void	 ask(struct find *, struct search *, uint64_t, unsigned int);
static void	 reply(struct find *, struct neighbour *, const char *,
		    uint64_t, uint8_t (*)[TLS_HASH_LEN], size_t);
static void	 query(struct find *, struct find_peer *,
		    const struct sig_route_query *);
static void	 response(struct find *, struct find_peer *,
		    const struct sig_route_response *);

struct find *
find_new(const uint8_t self[TLS_HASH_LEN], struct digest *d,
    const uint8_t secret[16], const struct find_ops *ops, void *arg)
{
	struct find	*f;
	size_t		 i;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return (NULL);
	memcpy(f->fi_self, self, sizeof(f->fi_self));
	memcpy(f->fi_secret, secret, sizeof(f->fi_secret));
	f->fi_digest = d;
	f->fi_ops = ops;
	f->fi_arg = arg;
	for (i = 0; i < CLASSES; i++)
		TAILQ_INIT(&f->fi_queue[i]);
	TAILQ_INIT(&f->fi_confirm);
	TAILQ_INIT(&f->fi_seens);
	/* Bounded by the limits, what is seen by the rates of searches. */
	f->fi_searches = table_new(SIZE_MAX);
	f->fi_seen = table_new(SIZE_MAX);
	if (f->fi_searches == NULL || f->fi_seen == NULL) {
		find_free(f);
		return (NULL);
	}
	return (f);
}

void
find_free(struct find *f)
{
	struct search	*se;
	struct seen	*sn;
	size_t		 i;

	if (f == NULL)
		return;
	for (i = 0; i < CLASSES; i++)
		while ((se = TAILQ_FIRST(&f->fi_queue[i])) != NULL) {
			TAILQ_REMOVE(&f->fi_queue[i], se, se_entry);
			free(se);
		}
	while ((sn = TAILQ_FIRST(&f->fi_seens)) != NULL) {
		TAILQ_REMOVE(&f->fi_seens, sn, sn_entry);
		free(sn);
	}
	table_free(f->fi_searches);
	table_free(f->fi_seen);
	free(f);
}

void
find_set_limiter(struct find *f, struct limiter *lm)
{
	f->fi_limiter = lm;
}

void
find_usage(const struct find *f, struct limiter *lm)
{
	size_t	i, most = 0;

	for (i = 0; i < f->fi_top; i++)
		if (f->fi_peers[i].fp_open > most)
			most = f->fi_peers[i].fp_open;
	limiter_used(lm, LIMIT_PEER_SEARCHES, most);
	limiter_used(lm, LIMIT_SEARCHES, f->fi_own);
}

void
find_set_time(struct find *f, uint64_t now)
{
	f->fi_now = now;
}

/* What was seen is forgotten on the way: that needs no timer. */
uint64_t
find_expiry(const struct find *f)
{
	const struct search	*se;
	uint64_t		 first = UINT64_MAX;
	size_t			 i;

	for (i = 0; i < CLASSES; i++)
		if ((se = TAILQ_FIRST(&f->fi_queue[i])) != NULL)
			first = clock_earlier(first, se->se_limit);
	if ((se = TAILQ_FIRST(&f->fi_confirm)) != NULL)
		first = clock_earlier(first, se->se_hop);
	return (first);
}

void
find_expire(struct find *f)
{
	struct search	*se;
	size_t		 i;

	seen_expire(f);
	while ((se = TAILQ_FIRST(&f->fi_confirm)) != NULL &&
	    se->se_hop <= f->fi_now) {
		search_late(f, se);
		search_next(f, se);
	}
	for (i = 0; i < CLASSES; i++)
		while ((se = TAILQ_FIRST(&f->fi_queue[i])) != NULL &&
		    se->se_limit <= f->fi_now) {
			search_late(f, se);
			if (se->se_own)
				search_next(f, se);
			else
				search_failed(f, se);
		}
}

void
find_up(struct find *f, struct neighbour *nb)
{
	struct find_peer	*fp;

	if (nb->nb_index >= PEERS_MAX)
		return;
	fp = &f->fi_peers[nb->nb_index];
	if (f->fi_top <= nb->nb_index)
		f->fi_top = nb->nb_index + 1;
	fp->fp_nb = nb;
	fp->fp_known = true;
	fp->fp_silent = 0;
	fp->fp_silent_until = 0;
}

/* Its searches end; others do not wait for it. */
void
find_down(struct find *f, struct neighbour *nb)
{
	struct search	*se, *next;
	uint64_t	 bit;
	size_t		 i;

	if (nb->nb_index >= PEERS_MAX ||
	    f->fi_peers[nb->nb_index].fp_nb != nb)
		return;
	f->fi_peers[nb->nb_index].fp_nb = NULL;
	bit = UINT64_C(1) << nb->nb_index;
	for (i = 0; i < CLASSES; i++)
		for (se = TAILQ_FIRST(&f->fi_queue[i]); se != NULL;
		    se = next) {
			next = TAILQ_NEXT(se, se_entry);
			if (!se->se_own && se->se_asker == nb) {
				search_end(f, se);
				continue;
			}
			if ((se->se_asked & bit) == 0)
				continue;
			se->se_asked &= ~bit;
			if (se->se_asked == 0)
				search_next(f, se);
		}
}

void
find_forget(struct find *f)
{
	struct search	*se, *next;
	size_t		 i;

	for (i = 0; i < CLASSES; i++)
		for (se = TAILQ_FIRST(&f->fi_queue[i]); se != NULL;
		    se = next) {
			next = TAILQ_NEXT(se, se_entry);
			if (se->se_own)
				search_end(f, se);
		}
}

const struct find_stats *
find_stats(const struct find *f, unsigned int index)
{
	if (index >= PEERS_MAX || !f->fi_peers[index].fp_known)
		return (NULL);
	return (&f->fi_peers[index].fp_stats);
}

/* An entry of a table is about as long as its key and six words. */
size_t
find_bytes(const struct find *f)
{
	size_t	 entry = KEY_LEN + 6 * sizeof(void *);

	return (sizeof(*f) +
	    table_count(f->fi_searches) * (sizeof(struct search) + entry) +
	    table_count(f->fi_seen) * (sizeof(struct seen) + entry));
}

/* Small things. */

static void
key_make(uint8_t key[KEY_LEN], uint64_t id, const char *fp)
{
	memcpy(key, &id, sizeof(id));
	memcpy(key + sizeof(id), fp, FP_STRLEN);
}

static bool
in_path(uint8_t (*path)[TLS_HASH_LEN], size_t n,
    const uint8_t fp[TLS_HASH_LEN])
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (memcmp(path[i], fp, TLS_HASH_LEN) == 0)
			return (true);
	return (false);
}

/* 1 to FED_PATH_MAX relays, all different; how many, or -1. */
static int
path_parse(const struct sig_strings *list, uint8_t (*path)[TLS_HASH_LEN])
{
	size_t	 i;

	if (list->n == 0 || list->n > FED_PATH_MAX)
		return (-1);
	for (i = 0; i < list->n; i++)
		if (envelope_fp_parse(list->list[i], path[i]) == -1 ||
		    in_path(path, i, path[i]))
			return (-1);
	return ((int)list->n);
}

static void
seen_add(struct find *f, const uint8_t key[KEY_LEN])
{
	struct seen	*sn;

	if ((sn = calloc(1, sizeof(*sn))) == NULL)
		return;
	memcpy(sn->sn_key, key, KEY_LEN);
	sn->sn_until = f->fi_now + FIND_SEEN_MS * NS_PER_MS;
	if (table_insert(f->fi_seen, key, KEY_LEN, sn) == -1) {
		free(sn);
		return;
	}
	TAILQ_INSERT_TAIL(&f->fi_seens, sn, sn_entry);
}

static void
seen_expire(struct find *f)
{
	struct seen	*sn;

	while ((sn = TAILQ_FIRST(&f->fi_seens)) != NULL &&
	    sn->sn_until <= f->fi_now) {
		TAILQ_REMOVE(&f->fi_seens, sn, sn_entry);
		table_remove(f->fi_seen, sn->sn_key, KEY_LEN);
		free(sn);
	}
}

/* The life of a search. */

/* Under its id, with so many relays' time.  -1: no room. */
static int
search_enter(struct find *f, struct search *se, unsigned int class)
{
	key_make(se->se_key, se->se_id, se->se_fp);
	if (table_insert(f->fi_searches, se->se_key, KEY_LEN, se) == -1)
		return (-1);
	seen_add(f, se->se_key);
	se->se_class = class;
	se->se_limit = f->fi_now + class * HOP_NS;
	TAILQ_INSERT_TAIL(&f->fi_queue[class], se, se_entry);
	return (0);
}

static void
search_leave(struct find *f, struct search *se)
{
	search_confirmed(f, se);
	TAILQ_REMOVE(&f->fi_queue[se->se_class], se, se_entry);
	table_remove(f->fi_searches, se->se_key, KEY_LEN);
}

static void
search_end(struct find *f, struct search *se)
{
	search_leave(f, se);
	if (se->se_own)
		f->fi_own--;
	else
		f->fi_peers[se->se_asker->nb_index].fp_open--;
	free(se);
}

static void
search_confirmed(struct find *f, struct search *se)
{
	if (!se->se_confirming)
		return;
	TAILQ_REMOVE(&f->fi_confirm, se, se_confirm);
	se->se_confirming = false;
}

/* Whom it may be passed to; asking the sender or who had it is no use. */
static uint64_t
may_ask(const struct find *f, struct search *se)
{
	struct neighbour	*nb;
	uint64_t		 mask = 0;
	size_t			 i;

	for (i = 0; i < f->fi_top; i++) {
		/* An original would end the link over it (gap 33). */
		if ((nb = f->fi_peers[i].fp_nb) == NULL ||
		    neighbour_original(nb) ||
		    (!se->se_own && (!nb->nb_transit ||
		    in_path(se->se_path, se->se_npath, nb->nb_fp))))
			continue;
		mask |= UINT64_C(1) << i;
	}
	return (mask & ~se->se_gone);
}

static void
ask(struct find *f, struct search *se, uint64_t mask, unsigned int ttl)
{
	struct find_peer	*fp;
	struct signal		 s;
	char			 text[FED_PATH_MAX + 1][TLS_FP_STRLEN];
	const char		*list[FED_PATH_MAX + 1];
	size_t			 i;

	for (i = 0; i < se->se_npath; i++) {
		identity_tls_fp(se->se_path[i], text[i]);
		list[i] = text[i];
	}
	identity_tls_fp(f->fi_self, text[i]);
	list[i] = text[i];
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_ROUTE_QUERY;
	s.u.route_query.fingerprint = se->se_fp;
	s.u.route_query.ttl = (uint8_t)ttl;
	s.u.route_query.id = se->se_id;
	s.u.route_query.path.list = list;
	s.u.route_query.path.n = i + 1;
	se->se_said = ttl;
	se->se_since = f->fi_now;
	for (i = 0; i < f->fi_top; i++) {
		fp = &f->fi_peers[i];
		if ((mask & UINT64_C(1) << i) == 0 ||
		    (ttl > 0 && fp->fp_silent_until > f->fi_now) ||
		    neighbour_send(fp->fp_nb, &s) == -1)
			continue;
		fp->fp_stats.queries++;
		se->se_asked |= UINT64_C(1) << i;
	}
}

/* n 0: not found. */
static void
reply(struct find *f, struct neighbour *nb, const char *fingerprint,
    uint64_t id, uint8_t (*chain)[TLS_HASH_LEN], size_t n)
{
	struct signal	 s;
	char		 text[FED_PATH_MAX][TLS_FP_STRLEN];
	const char	*list[FED_PATH_MAX];
	size_t		 i;

	for (i = 0; i < n; i++) {
		identity_tls_fp(chain[i], text[i]);
		list[i] = text[i];
	}
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_ROUTE_RESPONSE;
	s.u.route_response.fingerprint = fingerprint;
	s.u.route_response.found = n > 0;
	s.u.route_response.relay_chain.list = list;
	s.u.route_response.relay_chain.n = n;
	s.u.route_response.id = id;
	if (neighbour_send(nb, &s) == 0)
		f->fi_peers[nb->nb_index].fp_stats.replies++;
}

static void
search_found(struct find *f, struct search *se,
    uint8_t (*chain)[TLS_HASH_LEN], size_t n)
{
	struct msg_fed_found	 msg;
	uint8_t			 longer[FED_PATH_MAX][TLS_HASH_LEN];

	if (se->se_own) {
		memset(&msg, 0, sizeof(msg));
		msg.seq = se->se_seq;
		msg.outcome = FED_FOUND;
		msg.path.data = chain[0];
		msg.path.len = n * TLS_HASH_LEN;
		search_end(f, se);
		f->fi_ops->found(f->fi_arg, &msg);
		return;
	}
	memcpy(longer[0], f->fi_self, TLS_HASH_LEN);
	memcpy(longer[1], chain, n * TLS_HASH_LEN);
	reply(f, se->se_asker, se->se_fp, se->se_id, longer, n + 1);
	search_end(f, se);
}

static void
search_failed(struct find *f, struct search *se)
{
	struct msg_fed_found	 msg;
	size_t			 i;

	if (!se->se_own) {
		reply(f, se->se_asker, se->se_fp, se->se_id, NULL, 0);
		search_end(f, se);
		return;
	}
	memset(&msg, 0, sizeof(msg));
	msg.seq = se->se_seq;
	msg.outcome = FED_NOT_FOUND;
	for (i = 0; i < f->fi_top; i++)
		if (f->fi_peers[i].fp_nb != NULL &&
		    neighbour_original(f->fi_peers[i].fp_nb))
			msg.outcome = FED_MAYBE;
	search_end(f, se);
	f->fi_ops->found(f->fi_arg, &msg);
}

/*
 * Who had all the time that his answer may take and said nothing.  Less than
 * that is nobody's fault.
 */
static void
search_late(struct find *f, struct search *se)
{
	struct find_peer	*fp;
	bool			 full;
	size_t			 i;

	full = f->fi_now - se->se_since >= (se->se_said + 1) * HOP_NS;
	for (i = 0; i < f->fi_top; i++) {
		if ((se->se_asked & UINT64_C(1) << i) == 0)
			continue;
		fp = &f->fi_peers[i];
		if (!full)
			continue;
		fp->fp_stats.silent++;
		if (++fp->fp_silent >= FIND_SILENT)
			fp->fp_silent_until = f->fi_now +
			    FIND_SILENT_MS * NS_PER_MS;
	}
	se->se_gone |= se->se_asked;
	se->se_asked = 0;
}

/* Nobody is left who could answer the last question. */
static void
search_next(struct find *f, struct search *se)
{
	uint64_t	 mask;

	if (se->se_own) {
		search_next_own(f, se);
		return;
	}
	search_confirmed(f, se);
	if (se->se_claimed) {
		se->se_claimed = false;
		mask = may_ask(f, se);
		/* Whose set is complete and does not have it has said so. */
		if (se->se_ttl == 1)
			mask &= ~digest_ready(f->fi_digest);
		ask(f, se, mask, se->se_ttl - 1);
		if (se->se_asked != 0)
			return;
	}
	search_failed(f, se);
}

/* One relay further, if there is somebody to ask; each step has its own id. */
static void
search_next_own(struct find *f, struct search *se)
{
	unsigned int	 ttl = se->se_said;

	se->se_claimed = false;
	while (ttl++ < FIND_TTL_MAX && may_ask(f, se) != 0) {
		search_leave(f, se);
		se->se_id = siphash24(f->fi_secret, &f->fi_ids,
		    sizeof(f->fi_ids));
		f->fi_ids++;
		if (search_enter(f, se, ttl + 1) == -1) {
			/* It cannot: there was room for the one before. */
			se->se_class = 0;
			se->se_limit = f->fi_now;
			TAILQ_INSERT_TAIL(&f->fi_queue[0], se, se_entry);
			break;
		}
		ask(f, se, may_ask(f, se), ttl);
		if (se->se_asked != 0)
			return;
	}
	search_failed(f, se);
}

void
find_person(struct find *f, const struct msg_fed_find *msg)
{
	struct msg_fed_found	 none;
	struct search		*se;

	seen_expire(f);
	memset(&none, 0, sizeof(none));
	none.seq = msg->seq;
	none.outcome = FED_NOT_FOUND;
	if (f->fi_own >= quota(f->fi_limiter, LIMIT_SEARCHES)) {
		quota_refused(f->fi_limiter, LIMIT_SEARCHES, NULL, f->fi_now);
		f->fi_ops->found(f->fi_arg, &none);
		return;
	}
	if (!identity_fingerprint_valid(msg->fingerprint) ||
	    (se = calloc(1, sizeof(*se))) == NULL) {
		f->fi_ops->found(f->fi_arg, &none);
		return;
	}
	se->se_own = true;
	se->se_seq = msg->seq;
	memcpy(se->se_fp, msg->fingerprint, sizeof(se->se_fp));
	se->se_id = siphash24(f->fi_secret, &f->fi_ids, sizeof(f->fi_ids));
	f->fi_ids++;
	f->fi_own++;
	quota_reached(f->fi_limiter, LIMIT_SEARCHES, f->fi_own);
	se->se_claimed = true;
	if (search_enter(f, se, 1) == -1) {
		f->fi_own--;
		free(se);
		f->fi_ops->found(f->fi_arg, &none);
		return;
	}
	ask(f, se, may_ask(f, se) & digest_claims(f->fi_digest, se->se_fp), 0);
	if (se->se_asked == 0)
		search_next(f, se);
}

/* From neighbours. */

static void
query(struct find *f, struct find_peer *fp, const struct sig_route_query *q)
{
	struct neighbour	*nb = fp->fp_nb;
	struct search		*se;
	uint8_t			 path[FED_PATH_MAX][TLS_HASH_LEN];
	uint8_t			 self[1][TLS_HASH_LEN];
	uint8_t			 key[KEY_LEN];
	unsigned int		 ttl = q->ttl;
	int			 npath;
	bool			 full;

	fp->fp_stats.asked++;
	if (!quota_take(f->fi_limiter, LIMIT_PEER_SEARCH_RATE, &fp->fp_rate,
	    nb->nb_label, f->fi_now)) {
		fp->fp_stats.limited++;
		return;
	}
	if (q->id == 0 || !identity_fingerprint_valid(q->fingerprint) ||
	    (npath = path_parse(&q->path, path)) == -1 ||
	    memcmp(path[npath - 1], nb->nb_fp, TLS_HASH_LEN) != 0) {
		fp->fp_stats.bad++;
		return;
	}
	if (in_path(path, (size_t)npath, f->fi_self)) {
		fp->fp_stats.repeated++;
		reply(f, nb, q->fingerprint, q->id, NULL, 0);
		return;
	}
	if (digest_local(f->fi_digest, q->fingerprint)) {
		memcpy(self[0], f->fi_self, TLS_HASH_LEN);
		reply(f, nb, q->fingerprint, q->id, self, 1);
		return;
	}
	if (ttl > FED_PATH_MAX - (unsigned int)npath)
		ttl = FED_PATH_MAX - (unsigned int)npath;
	if (ttl == 0 || !nb->nb_transit) {
		reply(f, nb, q->fingerprint, q->id, NULL, 0);
		return;
	}
	key_make(key, q->id, q->fingerprint);
	if (table_find(f->fi_seen, key, KEY_LEN) != NULL) {
		fp->fp_stats.repeated++;
		reply(f, nb, q->fingerprint, q->id, NULL, 0);
		return;
	}
	full = fp->fp_open >= quota(f->fi_limiter, LIMIT_PEER_SEARCHES);
	if (full)
		quota_refused(f->fi_limiter, LIMIT_PEER_SEARCHES,
		    nb->nb_label, f->fi_now);
	if (full || (se = calloc(1, sizeof(*se))) == NULL) {
		fp->fp_stats.limited++;
		reply(f, nb, q->fingerprint, q->id, NULL, 0);
		return;
	}
	se->se_asker = nb;
	se->se_id = q->id;
	memcpy(se->se_fp, q->fingerprint, sizeof(se->se_fp));
	se->se_ttl = ttl;
	se->se_claimed = true;
	se->se_npath = (size_t)npath;
	memcpy(se->se_path, path, sizeof(se->se_path));
	fp->fp_open++;
	quota_reached(f->fi_limiter, LIMIT_PEER_SEARCHES, fp->fp_open);
	if (search_enter(f, se, ttl) == -1) {
		fp->fp_open--;
		fp->fp_stats.limited++;
		free(se);
		reply(f, nb, q->fingerprint, q->id, NULL, 0);
		return;
	}
	ask(f, se, may_ask(f, se) & digest_claims(f->fi_digest, se->se_fp), 0);
	if (se->se_asked == 0) {
		search_next(f, se);
		return;
	}
	se->se_hop = f->fi_now + HOP_NS;
	se->se_confirming = true;
	TAILQ_INSERT_TAIL(&f->fi_confirm, se, se_confirm);
}

static void
response(struct find *f, struct find_peer *fp,
    const struct sig_route_response *r)
{
	struct neighbour	*nb = fp->fp_nb;
	struct search		*se;
	uint8_t			 chain[FED_PATH_MAX][TLS_HASH_LEN];
	uint8_t			 key[KEY_LEN];
	uint64_t		 bit = UINT64_C(1) << nb->nb_index;
	size_t			 i;
	int			 n;
	bool			 good;

	if (!identity_fingerprint_valid(r->fingerprint)) {
		fp->fp_stats.bad++;
		return;
	}
	key_make(key, r->id, r->fingerprint);
	if ((se = table_find(f->fi_searches, key, KEY_LEN)) == NULL ||
	    (se->se_asked & bit) == 0) {
		fp->fp_stats.unwanted++;
		return;
	}
	se->se_asked &= ~bit;
	fp->fp_silent = 0;
	fp->fp_silent_until = 0;
	fp->fp_stats.answers++;
	if (r->found) {
		/* It begins with who says so, is no longer than asked for. */
		good = (n = path_parse(&r->relay_chain, chain)) != -1 &&
		    (unsigned int)n <= se->se_said + 1 &&
		    memcmp(chain[0], nb->nb_fp, TLS_HASH_LEN) == 0 &&
		    !in_path(chain, (size_t)n, f->fi_self);
		for (i = 0; good && i < se->se_npath; i++)
			if (in_path(chain, (size_t)n, se->se_path[i]))
				good = false;
		if (good) {
			search_found(f, se, chain, (size_t)n);
			return;
		}
		fp->fp_stats.bad++;
		se->se_gone |= bit;
	} else if (se->se_claimed)
		fp->fp_stats.denied++;
	if (se->se_asked == 0)
		search_next(f, se);
}

void
find_signal(struct find *f, struct neighbour *nb, const struct signal *s)
{
	struct find_peer	*fp;

	if (nb->nb_index >= PEERS_MAX)
		return;
	fp = &f->fi_peers[nb->nb_index];
	if (fp->fp_nb != nb)
		return;
	if (neighbour_original(nb)) {
		fp->fp_stats.bad++;
		return;
	}
	seen_expire(f);
	if (s->type == SIGNAL_ROUTE_QUERY)
		query(f, fp, &s->u.route_query);
	else if (s->type == SIGNAL_ROUTE_RESPONSE)
		response(f, fp, &s->u.route_response);
}
