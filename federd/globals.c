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
 * Configured global rooms (wzp-protocol 9.4).  Two languages: relays of ours
 * flood each one's own word (origin, version); originals are told everybody
 * whom they have not named themselves, and what they say becomes part of our
 * own word unless another of ours has said it already.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/table.h"
#include "federd/envelope.h"
#include "federd/roomstate.h"

static struct origin *origin_find(const struct global *, const uint8_t *);
static struct origin *origin_new(struct fedrooms *, struct global *,
		    const uint8_t *);
static void	 origin_free(struct fedrooms *, struct global *,
		    struct origin *);
static bool	 origin_counts(const struct origin *);
static void	 origin_people(struct fedrooms *, struct global *,
		    struct origin *, const struct neighbour *,
		    const struct sig_participants *);
static void	 origin_empty(struct fedrooms *, struct global *,
		    struct origin *);
static void	 origin_send(struct fedrooms *, const struct global *,
		    const struct origin *, struct neighbour *);
static void	 origin_flood(struct fedrooms *, const struct global *,
		    const struct origin *, const struct neighbour *);
static void	 origin_signal(struct fedrooms *, struct global *,
		    struct neighbour *, const struct sig_global_room *,
		    bool);
static void	 origin_self(struct fedrooms *, struct global *, uint64_t);
static void	 own_send(struct fedrooms *, const struct global *,
		    struct neighbour *);
static void	 own_say(struct fedrooms *, struct global *);
static void	 own_people(struct fedrooms *, struct global *,
		    struct crowd *);
static bool	 heard_replaced(const struct crowd *,
		    const struct person *);
static void	 heard_signal(struct fedrooms *, struct global *,
		    struct neighbour *, const struct sig_global_room *,
		    bool);
static bool	 heard_elsewhere(const struct fedrooms *,
		    const struct global *, const char *, unsigned int);
static void	 heard_doubt(struct fedrooms *, struct global *,
		    const char *, unsigned int);
static void	 old_say(struct fedrooms *, struct global *,
		    struct neighbour *);
static bool	 old_hears(const struct global *, const struct person *,
		    unsigned int);
static bool	 is_known(const struct global *, const char *);
static void	 has_left(struct fedrooms *, struct global *, const char *);
static void	 global_merge(struct fedrooms *, struct global *);
static void	 global_view(struct fedrooms *, struct global *,
		    enum global_name);
static void	 global_route(struct fedrooms *, struct global *);
static void	 global_run(struct fedrooms *, struct global *);
static void	 global_changed(struct fedrooms *, struct global *, bool);
static bool	 same_people(const struct crowd *, const struct crowd *);
static void	 crowd_empty(struct fedrooms *, struct crowd *);

struct global *
global_new(struct fedrooms *fr, const char *name)
{
	struct global	*gl;

	if ((gl = calloc(1, sizeof(*gl))) == NULL)
		return (NULL);
	strlcpy(gl->gl_name, name, sizeof(gl->gl_name));
	identity_hash_room(gl->gl_name, gl->gl_hashed);
	identity_room_tag(gl->gl_name, gl->gl_tag);
	TAILQ_INIT(&gl->gl_origins);
	gl->gl_own_due = gl->gl_old_due = UINT64_MAX;
	if (table_insert(fr->fr_names, gl->gl_name, strlen(gl->gl_name),
	    gl) == -1) {
		free(gl);
		return (NULL);
	}
	if (table_insert(fr->fr_names, gl->gl_hashed, strlen(gl->gl_hashed),
	    gl) == -1) {
		(void)table_remove(fr->fr_names, gl->gl_name,
		    strlen(gl->gl_name));
		free(gl);
		return (NULL);
	}
	TAILQ_INSERT_TAIL(&fr->fr_globals, gl, gl_entry);
	fr->fr_nglobals++;
	rooms_switch(fr, -1, gl->gl_name, gl->gl_tag, true);
	rooms_switch(fr, -1, gl->gl_hashed, gl->gl_tag, true);
	if (fr->fr_config.fc_media != NULL)
		(void)fedmedia_route(fr->fr_config.fc_media, gl->gl_tag,
		    FEDMEDIA_GLOBAL, 0, 0);
	return (gl);
}

/* No global room any more: everybody is told that nobody is in it. */
void
global_free(struct fedrooms *fr, struct global *gl)
{
	struct origin	*or;
	unsigned int	 i;

	rooms_switch(fr, -1, gl->gl_name, gl->gl_tag, false);
	rooms_switch(fr, -1, gl->gl_hashed, gl->gl_tag, false);
	crowd_clear(&gl->gl_locals);
	for (i = 0; i < PEERS_MAX; i++)
		crowd_empty(fr, &gl->gl_heard[i]);
	while ((or = TAILQ_FIRST(&gl->gl_origins)) != NULL)
		origin_free(fr, gl, or);
	crowd_clear(&gl->gl_merged);
	own_say(fr, gl);
	for (i = 0; i < PEERS_MAX; i++) {
		if (fr->fr_neighbours[i] != NULL &&
		    !speaks_rooms(fr->fr_neighbours[i]))
			old_say(fr, gl, fr->fr_neighbours[i]);
		crowd_clear(&gl->gl_told[i]);
	}
	crowd_clear(&gl->gl_views[NAME_RAW]);
	crowd_clear(&gl->gl_views[NAME_HASHED]);
	crowd_clear(&gl->gl_own);
	crowd_clear(&gl->gl_left);
	if (fr->fr_config.fc_media != NULL)
		fedmedia_unroute(fr->fr_config.fc_media, gl->gl_tag);
	(void)table_remove(fr->fr_names, gl->gl_name, strlen(gl->gl_name));
	(void)table_remove(fr->fr_names, gl->gl_hashed,
	    strlen(gl->gl_hashed));
	TAILQ_REMOVE(&fr->fr_globals, gl, gl_entry);
	fr->fr_nglobals--;
	free(gl);
}

/* People of other relays, who are counted. */
static void
crowd_empty(struct fedrooms *fr, struct crowd *cr)
{
	fr->fr_people -= cr->cr_count;
	crowd_clear(cr);
}

static bool
same_people(const struct crowd *a, const struct crowd *b)
{
	const struct person	*other, *pe;

	if (a->cr_count != b->cr_count)
		return (false);
	CROWD_FOREACH(pe, a) {
		other = crowd_find(b, pe->pe_fp);
		/* Labels are what the way made of them. */
		if (other == NULL || strcmp(other->pe_alias,
		    pe->pe_alias) != 0)
			return (false);
	}
	return (true);
}

/* Relays of ours. */

static struct origin *
origin_find(const struct global *gl, const uint8_t *fp)
{
	struct origin	*or;

	TAILQ_FOREACH(or, &gl->gl_origins, or_entry)
		if (memcmp(or->or_fp, fp, TLS_HASH_LEN) == 0)
			return (or);
	return (NULL);
}

static struct origin *
origin_new(struct fedrooms *fr, struct global *gl, const uint8_t *fp)
{
	struct origin	*or;

	if (gl->gl_norigins >= FEDROOMS_ORIGINS_MAX ||
	    (or = calloc(1, sizeof(*or))) == NULL) {
		fr->fr_counters.rn_excess++;
		return (NULL);
	}
	memcpy(or->or_fp, fp, TLS_HASH_LEN);
	TAILQ_INSERT_TAIL(&gl->gl_origins, or, or_entry);
	gl->gl_norigins++;
	return (or);
}

static void
origin_free(struct fedrooms *fr, struct global *gl, struct origin *or)
{
	if (or->or_skip != 0 && fr->fr_config.fc_media != NULL)
		fedmedia_skip(fr->fr_config.fc_media, gl->gl_tag, or->or_fp,
		    0);
	crowd_empty(fr, &or->or_people);
	TAILQ_REMOVE(&gl->gl_origins, or, or_entry);
	gl->gl_norigins--;
	free(or);
}

static bool
origin_counts(const struct origin *or)
{
	return (!or->or_gone || or->or_lingers);
}

/* Nobody is there any more, as far as we are told. */
static void
origin_empty(struct fedrooms *fr, struct global *gl, struct origin *or)
{
	struct crowd	 old = or->or_people;
	struct person	*pe;

	memset(&or->or_people, 0, sizeof(or->or_people));
	or->or_lingers = false;
	/* The list's head has moved, but nobody in it. */
	if (old.cr_table != NULL && old.cr_count > 0)
		old.cr_list.tqh_first->pe_entry.tqe_prev =
		    &old.cr_list.tqh_first;
	CROWD_FOREACH(pe, &old)
		if (!is_known(gl, pe->pe_fp))
			has_left(fr, gl, pe->pe_fp);
	crowd_empty(fr, &old);
}

static void
origin_people(struct fedrooms *fr, struct global *gl, struct origin *or,
    const struct neighbour *nb, const struct sig_participants *list)
{
	const struct sig_participant	*sp;
	struct person			*next, *pe;
	char				 fp[FP_STRLEN];
	size_t				 i, before;

	CROWD_FOREACH(pe, &or->or_people)
		pe->pe_mark = false;
	for (i = 0; i < list->n; i++) {
		sp = &list->list[i];
		before = or->or_people.cr_count;
		if (identity_fingerprint_parse(sp->fingerprint, fp) == -1)
			continue;
		if (fr->fr_people >= FEDROOMS_PEOPLE_MAX ||
		    (pe = crowd_put(&or->or_people, fp,
		    FEDROOMS_LIST_MAX)) == NULL) {
			fr->fr_counters.rn_excess++;
			continue;
		}
		fr->fr_people += or->or_people.cr_count - before;
		pe->pe_mark = true;
		person_name(pe, sp->alias, sp->relay_label != NULL ?
		    sp->relay_label : nb->nb_label);
		if (fr->fr_noriginals > 0)
			heard_doubt(fr, gl, fp, PEERS_MAX);
	}
	for (pe = TAILQ_FIRST(&or->or_people.cr_list); pe != NULL;
	    pe = next) {
		next = TAILQ_NEXT(pe, pe_entry);
		if (pe->pe_mark)
			continue;
		strlcpy(fp, pe->pe_fp, sizeof(fp));
		crowd_remove(&or->or_people, pe);
		fr->fr_people--;
		if (!is_known(gl, fp))
			has_left(fr, gl, fp);
	}
}

static void
origin_send(struct fedrooms *fr, const struct global *gl,
    const struct origin *or, struct neighbour *nb)
{
	struct signal	sig;
	char		fp[TLS_FP_STRLEN];

	identity_tls_fp(or->or_fp, fp);
	rooms_announcement(fr, &sig, gl->gl_name, &or->or_people);
	if (or->or_gone) {
		sig.type = SIGNAL_GLOBAL_ROOM_INACTIVE;
		sig.u.global_room.participants.n = 0;
	}
	sig.u.global_room.origin = fp;
	sig.u.global_room.version = or->or_version;
	rooms_send(fr, nb, &sig);
}

/* To every neighbour of ours but this one, and whose word it is. */
static void
origin_flood(struct fedrooms *fr, const struct global *gl,
    const struct origin *or, const struct neighbour *but)
{
	struct neighbour	*nb;
	unsigned int		 i;

	for (i = 0; i < PEERS_MAX; i++) {
		nb = fr->fr_neighbours[i];
		if (nb != NULL && nb != but && speaks_rooms(nb) &&
		    memcmp(nb->nb_fp, or->or_fp, TLS_HASH_LEN) != 0)
			origin_send(fr, gl, or, nb);
	}
}

/* Somebody has a later word of ours than we: from before, or taken back. */
static void
origin_self(struct fedrooms *fr, struct global *gl, uint64_t version)
{
	if (version <= gl->gl_version && gl->gl_version != 0)
		return;
	if (fr->fr_version < version)
		fr->fr_version = version + version % VERSION_STEP;
	gl->gl_own_anew = true;
	gl->gl_own_due = clock_earlier(gl->gl_own_due,
	    gl->gl_own_last == 0 ? fr->fr_now :
	    gl->gl_own_last + FEDROOMS_PACE_NS);
	global_run(fr, gl);
}

static void
origin_signal(struct fedrooms *fr, struct global *gl, struct neighbour *nb,
    const struct sig_global_room *msg, bool active)
{
	struct neighbour	*direct = NULL;
	struct origin		*or;
	uint8_t			 fp[TLS_HASH_LEN];
	uint64_t		 version = msg->version;
	unsigned int		 i;
	bool			 back = version % VERSION_STEP != 0;

	if (msg->origin == NULL || version == 0 || version > VERSION_MAX ||
	    (active && back) || envelope_fp_parse(msg->origin, fp) == -1) {
		fr->fr_counters.rn_unknown++;
		return;
	}
	if (memcmp(fp, fr->fr_config.fc_fp, sizeof(fp)) == 0) {
		origin_self(fr, gl, version);
		return;
	}
	or = origin_find(gl, fp);
	for (i = 0; i < PEERS_MAX; i++)
		if (fr->fr_neighbours[i] != NULL &&
		    speaks_rooms(fr->fr_neighbours[i]) &&
		    memcmp(fr->fr_neighbours[i]->nb_fp, fp, sizeof(fp)) == 0)
			direct = fr->fr_neighbours[i];
	if (or != NULL && version <= or->or_version &&
	    !fr->fr_config.fc_parrot) {
		fr->fr_counters.rn_stale++;
		if (version == or->or_version) {
			/* It does not need our copies. */
			or->or_said |= BIT(nb->nb_index);
			if (nb == direct)
				or->or_parent = nb->nb_index;
			global_route(fr, gl);
		} else if (back)
			/* It missed what came after. */
			origin_send(fr, gl, or, nb);
		return;
	}
	/*
	 * A neighbour speaks for itself.  If another takes back its word, it
	 * has lost it and we have not: it has to say it anew.
	 */
	if (direct != NULL && direct != nb && !fr->fr_config.fc_parrot) {
		fr->fr_counters.rn_stale++;
		if (back) {
			struct origin	 word;

			memset(&word, 0, sizeof(word));
			memcpy(word.or_fp, fp, sizeof(word.or_fp));
			word.or_version = version;
			word.or_gone = true;
			origin_send(fr, gl, &word, direct);
		}
		return;
	}
	if (or == NULL && (or = origin_new(fr, gl, fp)) == NULL)
		return;
	or->or_version = version;
	or->or_parent = nb->nb_index;
	or->or_said = BIT(nb->nb_index);
	or->or_gone = !active;
	if (active) {
		or->or_lingers = false;
		origin_people(fr, gl, or, nb, &msg->participants);
	} else {
		or->or_since = fr->fr_now;
		rooms_due(fr, fr->fr_now + FEDROOMS_TOMB_NS);
		if (back && or->or_people.cr_count > 0) {
			or->or_lingers = true;
			rooms_due(fr, fr->fr_now + FEDROOMS_LINGER_NS);
		} else
			origin_empty(fr, gl, or);
	}
	origin_flood(fr, gl, or, nb);
	global_changed(fr, gl, false);
}

/* Our own word among them: people here, and those whom only we hear of. */
static void
own_people(struct fedrooms *fr, struct global *gl, struct crowd *out)
{
	const struct origin	*or;
	const struct neighbour	*nb;
	const struct person	*pe;
	struct person		*new;
	unsigned int		 i;
	bool			 said;

	memset(out, 0, sizeof(*out));
	CROWD_FOREACH(pe, &gl->gl_locals)
		if ((new = crowd_put(out, pe->pe_fp,
		    FEDROOMS_LIST_MAX)) != NULL)
			person_name(new, pe->pe_alias, NULL);
	for (i = 0; i < PEERS_MAX; i++) {
		if ((nb = fr->fr_neighbours[i]) == NULL)
			continue;
		CROWD_FOREACH(pe, &gl->gl_heard[i]) {
			if (pe->pe_ghost || crowd_find(out, pe->pe_fp) != NULL)
				continue;
			/* Once said it stays, or two would give way. */
			said = crowd_find(&gl->gl_own, pe->pe_fp) == NULL;
			if (said) {
				said = false;
				TAILQ_FOREACH(or, &gl->gl_origins, or_entry)
					if (origin_counts(or) &&
					    crowd_find(&or->or_people,
					    pe->pe_fp) != NULL)
						said = true;
			}
			if (!said && (new = crowd_put(out, pe->pe_fp,
			    FEDROOMS_LIST_MAX)) != NULL)
				person_name(new, pe->pe_alias,
				    pe->pe_label[0] != '\0' ? pe->pe_label :
				    nb->nb_label);
		}
	}
}

static void
own_send(struct fedrooms *fr, const struct global *gl, struct neighbour *nb)
{
	struct signal	sig;

	rooms_announcement(fr, &sig, gl->gl_name, &gl->gl_own);
	sig.u.global_room.origin = fr->fr_fp;
	sig.u.global_room.version = gl->gl_version;
	rooms_send(fr, nb, &sig);
}

static void
own_say(struct fedrooms *fr, struct global *gl)
{
	struct crowd	 new;
	struct person	*pe;
	unsigned int	 i;
	bool		 same;

	gl->gl_own_due = UINT64_MAX;
	own_people(fr, gl, &new);
	same = same_people(&new, &gl->gl_own);
	if (same && !gl->gl_own_anew) {
		crowd_clear(&new);
		return;
	}
	gl->gl_own_anew = false;
	crowd_clear(&gl->gl_own);
	CROWD_FOREACH(pe, &new) {
		struct person	*copy;

		if ((copy = crowd_put(&gl->gl_own, pe->pe_fp,
		    FEDROOMS_LIST_MAX)) != NULL)
			person_name(copy, pe->pe_alias, pe->pe_label);
	}
	crowd_clear(&new);
	fr->fr_version += VERSION_STEP;
	gl->gl_version = fr->fr_version;
	gl->gl_own_last = fr->fr_now;
	for (i = 0; i < PEERS_MAX; i++)
		if (fr->fr_neighbours[i] != NULL &&
		    speaks_rooms(fr->fr_neighbours[i]))
			own_send(fr, gl, fr->fr_neighbours[i]);
}

/* Originals. */

/* Is there a better witness of this person than that original's hearsay? */
static bool
heard_elsewhere(const struct fedrooms *fr, const struct global *gl,
    const char *fp, unsigned int index)
{
	const struct person	*pe;
	unsigned int		 i;

	if (is_known(gl, fp))
		return (true);
	pe = crowd_find(&gl->gl_left, fp);
	if (pe != NULL && fr->fr_now - pe->pe_time < FEDROOMS_GHOST_NS)
		return (true);
	for (i = 0; i < PEERS_MAX; i++) {
		if (i == index || gl->gl_heard[i].cr_count == 0)
			continue;
		pe = crowd_find(&gl->gl_heard[i], fp);
		if (pe != NULL && pe->pe_own)
			return (true);
	}
	return (false);
}

/* Who is known at first hand is hearsay from others than this one. */
static void
heard_doubt(struct fedrooms *fr, struct global *gl, const char *fp,
    unsigned int index)
{
	struct person	*pe;
	unsigned int	 i;

	(void)fr;
	for (i = 0; i < PEERS_MAX; i++) {
		if (i == index || gl->gl_heard[i].cr_count == 0)
			continue;
		pe = crowd_find(&gl->gl_heard[i], fp);
		if (pe != NULL && !pe->pe_own)
			pe->pe_ghost = true;
	}
}

/* Here, or at a relay of ours. */
static bool
is_known(const struct global *gl, const char *fp)
{
	const struct origin	*or;

	if (crowd_find(&gl->gl_locals, fp) != NULL)
		return (true);
	TAILQ_FOREACH(or, &gl->gl_origins, or_entry)
		if (origin_counts(or) &&
		    crowd_find(&or->or_people, fp) != NULL)
			return (true);
	return (false);
}

/*
 * Originals repeat to each other who was here (gap 30): for a while that does
 * not count, and whoever comes again is news to them.
 */
static void
has_left(struct fedrooms *fr, struct global *gl, const char *fp)
{
	struct person	*pe;
	unsigned int	 i;

	if (fr->fr_noriginals == 0)
		return;
	for (i = 0; i < PEERS_MAX; i++) {
		if (gl->gl_heard[i].cr_count == 0)
			continue;
		pe = crowd_find(&gl->gl_heard[i], fp);
		if (pe != NULL && pe->pe_ghost) {
			crowd_remove(&gl->gl_heard[i], pe);
			fr->fr_people--;
		}
	}
	if ((pe = crowd_put(&gl->gl_left, fp, LEFT_MAX)) != NULL) {
		pe->pe_time = fr->fr_now;
		rooms_due(fr, fr->fr_now + FEDROOMS_GHOST_NS);
	}
}

/*
 * Was this hearsay part of a list of which the message, whose people are
 * marked, is a later state?  Lists of different links share few people.
 */
static bool
heard_replaced(const struct crowd *cr, const struct person *one)
{
	const struct person	*pe;
	size_t			 all = 0, marked = 0;

	CROWD_FOREACH(pe, cr) {
		if (pe->pe_own || pe->pe_time != one->pe_time)
			continue;
		all++;
		if (pe->pe_mark)
			marked++;
	}
	return (marked * 2 >= all);
}

/*
 * What an original says of its own people, without labels, is all of them;
 * it says so when the first comes.  What it passes on has labels: from one of
 * its links, without a word which, or after somebody left all that it knows,
 * with its own people if there are any.  If it names only those whom we told
 * it of, it knows of nobody else.
 */
static void
heard_signal(struct fedrooms *fr, struct global *gl, struct neighbour *nb,
    const struct sig_global_room *msg, bool active)
{
	const struct sig_participant	*sp;
	struct crowd			*cr = &gl->gl_heard[nb->nb_index];
	struct person			*next, *pe;
	char				 fp[FP_STRLEN];
	uint64_t			 checked = 0;
	size_t				 before, i;
	bool				 all, echo = true, gone = false;
	bool				 first = true, keep = false;
	bool				 labels = false;
	bool				 own = false, sure;

	CROWD_FOREACH(pe, cr) {
		pe->pe_mark = false;
		if (pe->pe_own)
			first = false;
	}
	for (i = 0; active && i < msg->participants.n; i++) {
		sp = &msg->participants.list[i];
		if (sp->relay_label != NULL)
			labels = true;
		else
			own = true;
		if (identity_fingerprint_parse(sp->fingerprint, fp) == -1)
			continue;
		if (crowd_find(&gl->gl_told[nb->nb_index], fp) == NULL)
			echo = false;
		if ((pe = crowd_find(cr, fp)) != NULL)
			pe->pe_mark = true;
	}
	/*
	 * Nobody there at all, or none of its own?  Of the former we would
	 * hear with our own people, who are the rest.
	 */
	if (!active && gl->gl_told[nb->nb_index].cr_count > 0)
		own = true;
	all = active ? (own && (labels || !first)) || (labels && echo) : !own;
	for (pe = cr->cr_count == 0 ? NULL : TAILQ_FIRST(&cr->cr_list);
	    pe != NULL; pe = next) {
		next = TAILQ_NEXT(pe, pe_entry);
		if (pe->pe_mark)
			continue;
		/* Who is elsewhere came to it by another link, and stays. */
		if (pe->pe_ghost && (active || heard_elsewhere(fr, gl,
		    pe->pe_fp, nb->nb_index)))
			continue;
		if (!all || (labels && !own && pe->pe_own)) {
			if (pe->pe_own != own)
				continue;
			/* They stand together: one look at each list. */
			if (!own && pe->pe_time != checked) {
				checked = pe->pe_time;
				keep = !heard_replaced(cr, pe);
			}
			if (!own && keep)
				continue;
		}
		if (pe->pe_ghost) {
			crowd_remove(cr, pe);
			fr->fr_people--;
			continue;
		}
		/* Others it may only have stopped to speak of. */
		sure = active || pe->pe_own;
		gone = true;
		strlcpy(fp, pe->pe_fp, sizeof(fp));
		crowd_remove(cr, pe);
		fr->fr_people--;
		if (sure && !is_known(gl, fp))
			has_left(fr, gl, fp);
	}
	fr->fr_message++;
	for (i = 0; active && i < msg->participants.n; i++) {
		sp = &msg->participants.list[i];
		before = cr->cr_count;
		if (identity_fingerprint_parse(sp->fingerprint, fp) == -1)
			continue;
		if (fr->fr_people >= FEDROOMS_PEOPLE_MAX ||
		    (pe = crowd_put(cr, fp, FEDROOMS_LIST_MAX)) == NULL) {
			fr->fr_counters.rn_excess++;
			continue;
		}
		fr->fr_people += cr->cr_count - before;
		pe->pe_time = fr->fr_message;
		person_name(pe, sp->alias, sp->relay_label);
		if (sp->relay_label == NULL) {
			pe->pe_own = true;
			pe->pe_ghost = false;
			heard_doubt(fr, gl, fp, nb->nb_index);
		} else if (cr->cr_count != before || pe->pe_ghost)
			pe->pe_ghost = heard_elsewhere(fr, gl, fp,
			    nb->nb_index);
	}
	/* Nobody else says for us who has left. */
	if (gone)
		gl->gl_own_due = clock_earlier(gl->gl_own_due,
		    gl->gl_own_last + FEDROOMS_PACE_NS);
	global_changed(fr, gl, false);
}

/*
 * Of those on other relays an original hears unless it has named them; who
 * was named to it stays so, or it would say that he left.
 */
static bool
old_hears(const struct global *gl, const struct person *pe,
    unsigned int index)
{
	const struct person	*heard;

	heard = crowd_find(&gl->gl_heard[index], pe->pe_fp);
	if (heard == NULL)
		return (true);
	return (heard->pe_ghost &&
	    crowd_find(&gl->gl_told[index], pe->pe_fp) != NULL);
}

static void
old_say(struct fedrooms *fr, struct global *gl, struct neighbour *nb)
{
	struct crowd		*told = &gl->gl_told[nb->nb_index];
	struct crowd		 new;
	struct person		*copy, *pe;
	struct signal		 sig;

	memset(&new, 0, sizeof(new));
	CROWD_FOREACH(pe, &gl->gl_locals)
		if ((copy = crowd_put(&new, pe->pe_fp,
		    FEDROOMS_LIST_MAX)) != NULL)
			person_name(copy, pe->pe_alias, NULL);
	CROWD_FOREACH(pe, &gl->gl_merged) {
		if (crowd_find(&new, pe->pe_fp) != NULL ||
		    !old_hears(gl, pe, nb->nb_index))
			continue;
		if ((copy = crowd_put(&new, pe->pe_fp,
		    FEDROOMS_LIST_MAX)) != NULL)
			person_name(copy, pe->pe_alias, pe->pe_label);
	}
	if (!same_people(&new, told)) {
		rooms_announcement(fr, &sig, gl->gl_name, &new);
		rooms_send(fr, nb, &sig);
		crowd_clear(told);
		CROWD_FOREACH(pe, &new)
			if ((copy = crowd_put(told, pe->pe_fp,
			    FEDROOMS_LIST_MAX)) != NULL)
				person_name(copy, pe->pe_alias,
				    pe->pe_label);
	}
	crowd_clear(&new);
}

/* Both. */

static void
global_merge(struct fedrooms *fr, struct global *gl)
{
	const struct origin	*or;
	const struct person	*pe;
	struct person		*new;
	unsigned int		 i;

	crowd_clear(&gl->gl_merged);
	TAILQ_FOREACH(or, &gl->gl_origins, or_entry) {
		if (!origin_counts(or))
			continue;
		CROWD_FOREACH(pe, &or->or_people)
			if (crowd_find(&gl->gl_merged, pe->pe_fp) == NULL &&
			    (new = crowd_put(&gl->gl_merged, pe->pe_fp,
			    FEDROOMS_PEOPLE_MAX)) != NULL)
				person_name(new, pe->pe_alias, pe->pe_label);
	}
	for (i = 0; i < PEERS_MAX; i++) {
		if (fr->fr_neighbours[i] == NULL)
			continue;
		CROWD_FOREACH(pe, &gl->gl_heard[i])
			if (!pe->pe_ghost &&
			    crowd_find(&gl->gl_merged, pe->pe_fp) == NULL &&
			    (new = crowd_put(&gl->gl_merged, pe->pe_fp,
			    FEDROOMS_PEOPLE_MAX)) != NULL)
				person_name(new, pe->pe_alias,
				    pe->pe_label[0] != '\0' ? pe->pe_label :
				    fr->fr_neighbours[i]->nb_label);
	}
}

/*
 * What is to be seen in the room of this name: those who are not in it here,
 * but elsewhere or in the room of the other name.
 */
static void
global_view(struct fedrooms *fr, struct global *gl, enum global_name which)
{
	const struct crowd	*from[2] = { &gl->gl_locals, &gl->gl_merged };
	struct crowd		*view = &gl->gl_views[which];
	const struct person	*local, *pe;
	struct person		*next, *old, new;
	const char		*room;
	size_t			 i;
	bool			 fresh;

	room = which == NAME_RAW ? gl->gl_name : gl->gl_hashed;
	CROWD_FOREACH(old, view)
		old->pe_mark = false;
	for (i = 0; i < 2; i++) {
		CROWD_FOREACH(pe, from[i]) {
			local = crowd_find(&gl->gl_locals, pe->pe_fp);
			if (local != NULL && (which == NAME_RAW ?
			    local->pe_raw : local->pe_hashed) != 0)
				continue;
			old = crowd_find(view, pe->pe_fp);
			if (old != NULL && old->pe_mark)
				continue;
			fresh = old == NULL;
			if (fresh && (old = crowd_put(view, pe->pe_fp,
			    FEDROOMS_PEOPLE_MAX)) == NULL)
				continue;
			old->pe_mark = true;
			person_name(&new, pe->pe_alias, i == 0 ? NULL :
			    pe->pe_label);
			if (!fresh &&
			    strcmp(old->pe_alias, new.pe_alias) == 0 &&
			    strcmp(old->pe_label, new.pe_label) == 0)
				continue;
			person_name(old, new.pe_alias, new.pe_label);
			rooms_tell(fr, -1, room, old, true);
		}
	}
	for (old = view->cr_count == 0 ? NULL : TAILQ_FIRST(&view->cr_list);
	    old != NULL; old = next) {
		next = TAILQ_NEXT(old, pe_entry);
		if (old->pe_mark)
			continue;
		rooms_tell(fr, -1, room, old, false);
		crowd_remove(view, old);
	}
}

/*
 * Datagrams go to whom people's words came from first, and those of a relay
 * not to those who had its word from somebody else: they get them there.
 */
static void
global_route(struct fedrooms *fr, struct global *gl)
{
	struct fedmedia		*fm = fr->fr_config.fc_media;
	struct origin		*or;
	const struct person	*pe;
	uint64_t		 mediads = 0, skip, wants = 0;
	unsigned int		 i;

	if (fm == NULL)
		return;
	CROWD_FOREACH(pe, &gl->gl_locals)
		mediads |= pe->pe_raw | pe->pe_hashed;
	TAILQ_FOREACH(or, &gl->gl_origins, or_entry) {
		skip = 0;
		if (!or->or_gone && or->or_people.cr_count > 0) {
			wants |= BIT(or->or_parent);
			skip = or->or_said & ~BIT(or->or_parent);
		}
		if (skip == or->or_skip)
			continue;
		or->or_skip = skip;
		fedmedia_skip(fm, gl->gl_tag, or->or_fp, skip);
	}
	for (i = 0; i < PEERS_MAX; i++) {
		CROWD_FOREACH(pe, &gl->gl_heard[i]) {
			if (pe->pe_ghost)
				continue;
			wants |= BIT(i);
			break;
		}
	}
	for (i = 0; i < PEERS_MAX; i++)
		if (fr->fr_neighbours[i] == NULL)
			wants &= ~BIT(i);
	if (mediads == gl->gl_mediads && wants == gl->gl_wants)
		return;
	gl->gl_mediads = mediads;
	gl->gl_wants = wants;
	(void)fedmedia_route(fm, gl->gl_tag, FEDMEDIA_GLOBAL, mediads, wants);
}

/* What is due. */
static void
global_run(struct fedrooms *fr, struct global *gl)
{
	unsigned int	i;

	if (gl->gl_own_due <= fr->fr_now)
		own_say(fr, gl);
	if (gl->gl_old_due <= fr->fr_now) {
		gl->gl_old_due = UINT64_MAX;
		gl->gl_old_last = fr->fr_now;
		for (i = 0; i < PEERS_MAX; i++)
			if (fr->fr_neighbours[i] != NULL &&
			    !speaks_rooms(fr->fr_neighbours[i]))
				old_say(fr, gl, fr->fr_neighbours[i]);
	}
	rooms_due(fr, clock_earlier(gl->gl_own_due, gl->gl_old_due));
}

/* people: here, which is ours to say; else it may be known by then. */
static void
global_changed(struct fedrooms *fr, struct global *gl, bool people)
{
	uint64_t	old, own;

	global_merge(fr, gl);
	global_view(fr, gl, NAME_RAW);
	global_view(fr, gl, NAME_HASHED);
	global_route(fr, gl);
	own = old = fr->fr_now + fr->fr_wait;
	if (people) {
		own = gl->gl_own_last == 0 ? 0 :
		    gl->gl_own_last + FEDROOMS_PACE_NS;
		old = gl->gl_old_last == 0 ? 0 :
		    gl->gl_old_last + FEDROOMS_PACE_NS;
	}
	/* Nothing of ours can change but by what originals say. */
	if (people || fr->fr_noriginals > 0 || gl->gl_own.cr_count >
	    gl->gl_locals.cr_count)
		gl->gl_own_due = clock_earlier(gl->gl_own_due, own);
	if (fr->fr_noriginals > 0)
		gl->gl_old_due = clock_earlier(gl->gl_old_due, old);
	global_run(fr, gl);
}

void
global_up(struct fedrooms *fr, struct global *gl, struct neighbour *nb)
{
	const struct origin	*or;

	if (!speaks_rooms(nb)) {
		/* It knows nothing of us: all, but not what it will say. */
		crowd_clear(&gl->gl_told[nb->nb_index]);
		global_changed(fr, gl, gl->gl_locals.cr_count > 0);
		return;
	}
	if (gl->gl_version != 0 && gl->gl_own.cr_count > 0)
		own_send(fr, gl, nb);
	TAILQ_FOREACH(or, &gl->gl_origins, or_entry)
		/* Of itself it hears only what was taken back. */
		if (memcmp(or->or_fp, nb->nb_fp, TLS_HASH_LEN) != 0 ||
		    or->or_gone)
			origin_send(fr, gl, or, nb);
}

void
global_down(struct fedrooms *fr, struct global *gl, struct neighbour *nb)
{
	struct crowd	*cr = &gl->gl_heard[nb->nb_index];
	struct origin	*or;
	struct person	*pe;
	char		 fp[FP_STRLEN];

	crowd_clear(&gl->gl_told[nb->nb_index]);
	while (cr->cr_count > 0) {
		pe = TAILQ_FIRST(&cr->cr_list);
		strlcpy(fp, pe->pe_fp, sizeof(fp));
		crowd_remove(cr, pe);
		fr->fr_people--;
		if (!is_known(gl, fp))
			has_left(fr, gl, fp);
	}
	TAILQ_FOREACH(or, &gl->gl_origins, or_entry) {
		or->or_said &= ~BIT(nb->nb_index);
		if (or->or_gone || or->or_parent != nb->nb_index)
			continue;
		/* Whoever had it from us has it no longer. */
		or->or_version++;
		or->or_gone = true;
		or->or_since = fr->fr_now;
		or->or_lingers = or->or_people.cr_count > 0;
		or->or_said = 0;
		rooms_due(fr, fr->fr_now + FEDROOMS_LINGER_NS);
		origin_flood(fr, gl, or, nb);
	}
	global_changed(fr, gl, false);
}

void
global_signal(struct fedrooms *fr, struct global *gl, struct neighbour *nb,
    const struct signal *sig)
{
	const struct sig_global_room	*msg = &sig->u.global_room;
	bool				 active;
	unsigned int			 i;

	active = sig->type == SIGNAL_GLOBAL_ROOM_ACTIVE;
	if (fr->fr_config.fc_parrot) {
		for (i = 0; i < PEERS_MAX; i++)
			if (fr->fr_neighbours[i] != NULL &&
			    fr->fr_neighbours[i] != nb)
				rooms_send(fr, fr->fr_neighbours[i], sig);
		return;
	}
	if (speaks_rooms(nb))
		origin_signal(fr, gl, nb, msg, active);
	else
		heard_signal(fr, gl, nb, msg, active);
}

void
global_member(struct fedrooms *fr, struct global *gl, unsigned int mediad,
    const struct msg_fed_member *msg)
{
	struct person	*pe;
	uint64_t	*mask;
	bool		 hashed;

	hashed = strcmp(msg->room, gl->gl_hashed) == 0;
	if (!msg->present) {
		if ((pe = crowd_find(&gl->gl_locals,
		    msg->fingerprint)) == NULL)
			return;
		mask = hashed ? &pe->pe_hashed : &pe->pe_raw;
		*mask &= ~BIT(mediad);
		if ((pe->pe_raw | pe->pe_hashed) == 0) {
			crowd_remove(&gl->gl_locals, pe);
			if (!is_known(gl, msg->fingerprint))
				has_left(fr, gl, msg->fingerprint);
		}
		global_changed(fr, gl, true);
		return;
	}
	if ((pe = crowd_put(&gl->gl_locals, msg->fingerprint,
	    FEDROOMS_PEOPLE_MAX)) == NULL) {
		fr->fr_counters.rn_excess++;
		return;
	}
	mask = hashed ? &pe->pe_hashed : &pe->pe_raw;
	*mask |= BIT(mediad);
	pe->pe_stale &= ~BIT(mediad);
	person_name(pe, msg->alias, NULL);
	heard_doubt(fr, gl, msg->fingerprint, PEERS_MAX);
	global_changed(fr, gl, true);
}

void
global_mediad(struct fedrooms *fr, struct global *gl, unsigned int mediad)
{
	const struct person	*pe;

	rooms_switch(fr, (int)mediad, gl->gl_name, gl->gl_tag, true);
	rooms_switch(fr, (int)mediad, gl->gl_hashed, gl->gl_tag, true);
	CROWD_FOREACH(pe, &gl->gl_views[NAME_RAW])
		rooms_tell(fr, (int)mediad, gl->gl_name, pe, true);
	CROWD_FOREACH(pe, &gl->gl_views[NAME_HASHED])
		rooms_tell(fr, (int)mediad, gl->gl_hashed, pe, true);
}

void
global_mediad_lost(struct fedrooms *fr, struct global *gl, uint64_t mask)
{
	struct person	*next, *pe;
	char		 fp[FP_STRLEN];

	if (!locals_drop(&gl->gl_locals, mask))
		return;
	for (pe = TAILQ_FIRST(&gl->gl_locals.cr_list); pe != NULL;
	    pe = next) {
		next = TAILQ_NEXT(pe, pe_entry);
		if ((pe->pe_raw | pe->pe_hashed) != 0)
			continue;
		strlcpy(fp, pe->pe_fp, sizeof(fp));
		crowd_remove(&gl->gl_locals, pe);
		if (!is_known(gl, fp))
			has_left(fr, gl, fp);
	}
	global_changed(fr, gl, true);
}

uint64_t
global_expiry(const struct fedrooms *fr, const struct global *gl)
{
	const struct origin	*or;
	const struct person	*pe;
	uint64_t		 due;

	(void)fr;
	due = clock_earlier(gl->gl_own_due, gl->gl_old_due);
	TAILQ_FOREACH(or, &gl->gl_origins, or_entry)
		if (or->or_gone)
			due = clock_earlier(due, or->or_since +
			    (or->or_lingers ? FEDROOMS_LINGER_NS :
			    FEDROOMS_TOMB_NS));
	CROWD_FOREACH(pe, &gl->gl_left)
		due = clock_earlier(due, pe->pe_time + FEDROOMS_GHOST_NS);
	return (due);
}

void
global_expire(struct fedrooms *fr, struct global *gl)
{
	struct origin	*next, *or;
	struct person	*nextpe, *pe;
	bool		 gone = false;

	for (or = TAILQ_FIRST(&gl->gl_origins); or != NULL; or = next) {
		next = TAILQ_NEXT(or, or_entry);
		if (!or->or_gone)
			continue;
		if (or->or_lingers &&
		    or->or_since + FEDROOMS_LINGER_NS <= fr->fr_now) {
			origin_empty(fr, gl, or);
			gone = true;
		} else if (or->or_since + FEDROOMS_TOMB_NS <= fr->fr_now)
			origin_free(fr, gl, or);
	}
	for (pe = gl->gl_left.cr_count == 0 ? NULL :
	    TAILQ_FIRST(&gl->gl_left.cr_list); pe != NULL; pe = nextpe) {
		nextpe = TAILQ_NEXT(pe, pe_entry);
		if (pe->pe_time + FEDROOMS_GHOST_NS <= fr->fr_now)
			crowd_remove(&gl->gl_left, pe);
	}
	if (gone)
		global_changed(fr, gl, false);
	else
		global_run(fr, gl);
}
