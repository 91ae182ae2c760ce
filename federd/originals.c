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
 * Global rooms and originals (wzp-protocol 9.4).  They are told everybody whom
 * they have not named themselves.  They pass on what they hear whether it is
 * news or not (gap 30), so who is known at first hand is not believed from
 * them.
 */
#include "config.h"

#include <string.h>

#include "federd/roomstate.h"

/*
 * Lists whose end one message may be, as many as an original has links; what
 * is in more of them stays.  Each costs a walk over all the people.
 */
#define VERDICTS_MAX	PEERS_MAX

struct verdict {
	uint64_t	ve_time;
	bool		ve_replaced;
};

struct verdicts {
	struct verdict	vs_list[VERDICTS_MAX];
	size_t		vs_n;
};

static bool	 heard_elsewhere(const struct fedrooms *,
		    const struct global *, const char *, unsigned int);
static bool	 heard_replaced(const struct crowd *, const struct person *,
		    struct verdicts *);
static void	 heard_people(struct fedrooms *, struct global *,
		    struct neighbour *, const struct sig_participants *);
static bool	 old_hears(const struct global *, const struct person *,
		    unsigned int);

/* Is there a better witness of this person than that original's hearsay? */
static bool
heard_elsewhere(const struct fedrooms *fr, const struct global *gl,
    const char *fp, unsigned int index)
{
	const struct person	*pe;
	unsigned int		 i;

	if (person_known(gl, fp))
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
void
heard_doubt(struct global *gl, const char *fp, unsigned int index)
{
	struct person	*pe;
	unsigned int	 i;

	for (i = 0; i < PEERS_MAX; i++) {
		if (i == index || gl->gl_heard[i].cr_count == 0)
			continue;
		pe = crowd_find(&gl->gl_heard[i], fp);
		if (pe != NULL && !pe->pe_own)
			pe->pe_ghost = true;
	}
}

/* Here, or at a relay of ours. */
bool
person_known(const struct global *gl, const char *fp)
{
	const struct origin	*org;

	if (crowd_find(&gl->gl_locals, fp) != NULL)
		return (true);
	TAILQ_FOREACH(org, &gl->gl_origins, or_entry)
		if (origin_counts(org) &&
		    crowd_find(&org->or_people, fp) != NULL)
			return (true);
	return (false);
}

/*
 * Of one place; if he is at no other, he is gone.  Originals repeat to each
 * other who was here (gap 30): for a while that does not count, and whoever
 * comes again is news to them.
 */
void
person_left(struct fedrooms *fr, struct global *gl, const char *fp)
{
	struct person	*pe;
	unsigned int	 i;

	if (fr->fr_noriginals == 0 || person_known(gl, fp))
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
heard_replaced(const struct crowd *cr, const struct person *one,
    struct verdicts *verdicts)
{
	const struct person	*pe;
	struct verdict		*ve;
	size_t			 all = 0, i, marked = 0;

	for (i = 0; i < verdicts->vs_n; i++)
		if (verdicts->vs_list[i].ve_time == one->pe_time)
			return (verdicts->vs_list[i].ve_replaced);
	if (verdicts->vs_n == VERDICTS_MAX)
		return (false);
	CROWD_FOREACH(pe, cr) {
		if (pe->pe_own || pe->pe_time != one->pe_time)
			continue;
		all++;
		if (pe->pe_mark)
			marked++;
	}
	ve = &verdicts->vs_list[verdicts->vs_n++];
	ve->ve_time = one->pe_time;
	ve->ve_replaced = marked * 2 >= all;
	return (ve->ve_replaced);
}

/*
 * What an original says of its own people, without labels, is all of them;
 * it says so when the first comes.  What it passes on has labels: from one of
 * its links, without a word which, or after somebody left all that it knows,
 * with its own people if there are any.  If it names only those whom we told
 * it of, it knows of nobody else.
 */
void
heard_signal(struct fedrooms *fr, struct global *gl, struct neighbour *nb,
    const struct sig_global_room *msg, bool active)
{
	const struct sig_participant	*sp;
	struct crowd			*cr = &gl->gl_heard[nb->nb_index];
	struct person			*next, *pe;
	struct verdicts			 verdicts;
	char				 fp[FP_STRLEN];
	size_t				 i;
	bool				 all, echo = true, gone = false;
	bool				 first = true, labels = false;
	bool				 own = false, sure;

	/* One word may cost a look at everybody in a room. */
	if (!quota_take(fr->fr_config.fc_limiter, LIMIT_PEER_ROOM_RATE,
	    &fr->fr_rates[nb->nb_index], nb->nb_label, fr->fr_now)) {
		fr->fr_counters.rn_excess++;
		return;
	}
	verdicts.vs_n = 0;
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
	CROWD_FOREACH_SAFE(pe, cr, next) {
		if (pe->pe_mark)
			continue;
		/* Who is elsewhere came to it by another link, and stays. */
		if (pe->pe_ghost && (active || heard_elsewhere(fr, gl,
		    pe->pe_fp, nb->nb_index)))
			continue;
		if (!all || (labels && !own && pe->pe_own)) {
			if (pe->pe_own != own || (!own &&
			    !heard_replaced(cr, pe, &verdicts)))
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
		if (sure)
			person_left(fr, gl, fp);
	}
	if (active)
		heard_people(fr, gl, nb, &msg->participants);
	/* Nobody else says for us who has left. */
	if (gone)
		gl->gl_own_due = clock_earlier(gl->gl_own_due,
		    gl->gl_own_last + FEDROOMS_PACE_NS);
	global_changed(fr, gl, false);
}

static void
heard_people(struct fedrooms *fr, struct global *gl, struct neighbour *nb,
    const struct sig_participants *list)
{
	const struct sig_participant	*sp;
	struct crowd			*cr = &gl->gl_heard[nb->nb_index];
	struct person			*pe;
	char				 fp[FP_STRLEN];
	size_t				 before, i;

	fr->fr_message++;
	for (i = 0; i < list->n; i++) {
		sp = &list->list[i];
		before = cr->cr_count;
		if (identity_fingerprint_parse(sp->fingerprint, fp) == -1)
			continue;
		if ((fr->fr_people >= FEDROOMS_PEOPLE_MAX &&
		    crowd_find(cr, fp) == NULL) ||
		    (pe = crowd_put(cr, fp, FEDROOMS_LIST_MAX)) == NULL) {
			fr->fr_counters.rn_excess++;
			continue;
		}
		fr->fr_people += cr->cr_count - before;
		pe->pe_time = fr->fr_message;
		(void)person_name(pe, sp->alias, sp->relay_label);
		if (sp->relay_label == NULL) {
			pe->pe_own = true;
			pe->pe_ghost = false;
			heard_doubt(gl, fp, nb->nb_index);
		} else if (cr->cr_count != before || pe->pe_ghost)
			pe->pe_ghost = heard_elsewhere(fr, gl, fp,
			    nb->nb_index);
	}
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

void
old_say(struct fedrooms *fr, struct global *gl, struct neighbour *nb)
{
	struct crowd		*told = &gl->gl_told[nb->nb_index];
	struct crowd		 new;
	const struct person	*pe;
	struct signal		 sig;

	memset(&new, 0, sizeof(new));
	CROWD_FOREACH(pe, &gl->gl_locals)
		crowd_copy(&new, pe, NULL, FEDROOMS_LIST_MAX);
	CROWD_FOREACH(pe, &gl->gl_merged)
		if (old_hears(gl, pe, nb->nb_index))
			crowd_copy(&new, pe, pe->pe_label, FEDROOMS_LIST_MAX);
	if (crowd_same(&new, told)) {
		crowd_clear(&new);
		return;
	}
	rooms_announcement(fr, &sig, gl->gl_name, &new);
	rooms_send(fr, nb, &sig);
	crowd_move(told, &new);
}
