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
 * Configured global rooms (wzp-protocol 9.4): who is in them, here and
 * elsewhere, what mediads see of that, where datagrams go, and when others
 * have to hear of it: relays of ours (origins.c) and originals (originals.c).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "federd/roomstate.h"

/* Rooms with more people elsewhere are shown no more often than the pace. */
#define SHOW_AT_ONCE	500

static void	 global_merge(struct fedrooms *, struct global *);
static void	 global_view(struct fedrooms *, struct global *,
		    enum global_name);
static void	 global_show(struct fedrooms *, struct global *);

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
	gl->gl_own_due = gl->gl_old_due = gl->gl_show_due = UINT64_MAX;
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
	struct origin	*org;
	unsigned int	 i;

	rooms_switch(fr, -1, gl->gl_name, gl->gl_tag, false);
	rooms_switch(fr, -1, gl->gl_hashed, gl->gl_tag, false);
	crowd_clear(&gl->gl_locals);
	for (i = 0; i < PEERS_MAX; i++)
		crowd_empty(fr, &gl->gl_heard[i]);
	while ((org = TAILQ_FIRST(&gl->gl_origins)) != NULL)
		origin_free(fr, gl, org);
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
void
crowd_empty(struct fedrooms *fr, struct crowd *cr)
{
	fr->fr_people -= cr->cr_count;
	crowd_clear(cr);
}

static void
global_merge(struct fedrooms *fr, struct global *gl)
{
	const struct origin	*org;
	const struct person	*pe;
	unsigned int		 i;

	crowd_clear(&gl->gl_merged);
	TAILQ_FOREACH(org, &gl->gl_origins, or_entry) {
		if (!origin_counts(org))
			continue;
		CROWD_FOREACH(pe, &org->or_people)
			crowd_copy(&gl->gl_merged, pe, pe->pe_label,
			    FEDROOMS_PEOPLE_MAX);
	}
	for (i = 0; i < PEERS_MAX; i++) {
		if (fr->fr_neighbours[i] == NULL)
			continue;
		CROWD_FOREACH(pe, &gl->gl_heard[i])
			if (!pe->pe_ghost)
				crowd_copy(&gl->gl_merged, pe,
				    heard_label(pe, fr->fr_neighbours[i]),
				    FEDROOMS_PEOPLE_MAX);
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
	struct person		*next, *old;
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
			if (person_name(old, pe->pe_alias, i == 0 ? NULL :
			    pe->pe_label) || fresh)
				rooms_tell(fr, -1, room, old, true);
		}
	}
	CROWD_FOREACH_SAFE(old, view, next) {
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
void
global_route(struct fedrooms *fr, struct global *gl)
{
	struct fedmedia		*fm = fr->fr_config.fc_media;
	struct origin		*org;
	const struct person	*pe;
	uint64_t		 mediads = 0, skip, wants = 0;
	unsigned int		 i;

	if (fm == NULL)
		return;
	CROWD_FOREACH(pe, &gl->gl_locals)
		mediads |= pe->pe_raw | pe->pe_hashed;
	TAILQ_FOREACH(org, &gl->gl_origins, or_entry) {
		skip = 0;
		if (!org->or_gone && org->or_people.cr_count > 0) {
			wants |= BIT(org->or_parent);
			skip = org->or_said & ~BIT(org->or_parent);
		}
		if (skip == org->or_skip)
			continue;
		org->or_skip = skip;
		fedmedia_skip(fm, gl->gl_tag, org->or_fp, skip);
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
void
global_run(struct fedrooms *fr, struct global *gl)
{
	unsigned int	i;

	if (gl->gl_show_due <= fr->fr_now || (gl->gl_show_due != UINT64_MAX &&
	    gl->gl_old_due <= fr->fr_now))
		global_show(fr, gl);
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
	rooms_due(fr, clock_earlier(gl->gl_show_due,
	    clock_earlier(gl->gl_own_due, gl->gl_old_due)));
}

/* What mediads see.  It costs time with the people that there are. */
static void
global_show(struct fedrooms *fr, struct global *gl)
{
	gl->gl_show_due = UINT64_MAX;
	gl->gl_show_last = fr->fr_now;
	global_merge(fr, gl);
	global_view(fr, gl, NAME_RAW);
	global_view(fr, gl, NAME_HASHED);
	global_route(fr, gl);
}

/* people: here, which is ours to say; else it may be known by then. */
void
global_changed(struct fedrooms *fr, struct global *gl, bool people)
{
	uint64_t	old, own;

	if (gl->gl_merged.cr_count > SHOW_AT_ONCE && gl->gl_show_last != 0 &&
	    fr->fr_now < gl->gl_show_last + FEDROOMS_PACE_NS)
		gl->gl_show_due = gl->gl_show_last + FEDROOMS_PACE_NS;
	else
		global_show(fr, gl);
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
	const struct origin	*org;

	if (!speaks_rooms(nb)) {
		/* It knows nothing of us: all, but not what it will say. */
		crowd_clear(&gl->gl_told[nb->nb_index]);
		global_changed(fr, gl, gl->gl_locals.cr_count > 0);
		return;
	}
	if (gl->gl_version != 0 && gl->gl_own.cr_count > 0)
		own_send(fr, gl, nb);
	TAILQ_FOREACH(org, &gl->gl_origins, or_entry)
		/* Of itself it hears only what was taken back. */
		if (memcmp(org->or_fp, nb->nb_fp, TLS_HASH_LEN) != 0 ||
		    org->or_gone)
			origin_send(fr, gl, org, nb);
}

void
global_down(struct fedrooms *fr, struct global *gl, struct neighbour *nb)
{
	struct crowd	*cr = &gl->gl_heard[nb->nb_index];
	struct origin	*org;
	struct person	*pe;
	char		 fp[FP_STRLEN];

	crowd_clear(&gl->gl_told[nb->nb_index]);
	while (cr->cr_count > 0) {
		pe = TAILQ_FIRST(&cr->cr_list);
		strlcpy(fp, pe->pe_fp, sizeof(fp));
		crowd_remove(cr, pe);
		fr->fr_people--;
		person_left(fr, gl, fp);
	}
	TAILQ_FOREACH(org, &gl->gl_origins, or_entry) {
		org->or_said &= ~BIT(nb->nb_index);
		if (org->or_gone || org->or_parent != nb->nb_index)
			continue;
		/* Whoever had it from us has it no longer. */
		org->or_version++;
		org->or_gone = true;
		org->or_since = fr->fr_now;
		org->or_lingers = org->or_people.cr_count > 0;
		org->or_said = 0;
		rooms_due(fr, fr->fr_now + FEDROOMS_LINGER_NS);
		origin_flood(fr, gl, org, nb);
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
			person_left(fr, gl, msg->fingerprint);
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
	(void)person_name(pe, msg->alias, NULL);
	heard_doubt(gl, msg->fingerprint, PEERS_MAX);
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
	CROWD_FOREACH_SAFE(pe, &gl->gl_locals, next) {
		if ((pe->pe_raw | pe->pe_hashed) != 0)
			continue;
		strlcpy(fp, pe->pe_fp, sizeof(fp));
		crowd_remove(&gl->gl_locals, pe);
		person_left(fr, gl, fp);
	}
	global_changed(fr, gl, true);
}

uint64_t
global_expiry(const struct global *gl)
{
	const struct origin	*org;
	const struct person	*pe;
	uint64_t		 due;

	due = clock_earlier(gl->gl_show_due,
	    clock_earlier(gl->gl_own_due, gl->gl_old_due));
	TAILQ_FOREACH(org, &gl->gl_origins, or_entry)
		if (org->or_gone)
			due = clock_earlier(due, org->or_since +
			    (org->or_lingers ? FEDROOMS_LINGER_NS :
			    FEDROOMS_TOMB_NS));
	CROWD_FOREACH(pe, &gl->gl_left)
		due = clock_earlier(due, pe->pe_time + FEDROOMS_GHOST_NS);
	return (due);
}

void
global_expire(struct fedrooms *fr, struct global *gl)
{
	struct origin	*next, *org;
	struct person	*nextpe, *pe;
	bool		 gone = false;

	TAILQ_FOREACH_SAFE(org, &gl->gl_origins, or_entry, next) {
		if (!org->or_gone)
			continue;
		if (org->or_lingers &&
		    org->or_since + FEDROOMS_LINGER_NS <= fr->fr_now) {
			origin_empty(fr, gl, org);
			gone = true;
		} else if (org->or_since + FEDROOMS_TOMB_NS <= fr->fr_now)
			origin_free(fr, gl, org);
	}
	CROWD_FOREACH_SAFE(pe, &gl->gl_left, nextpe)
		if (pe->pe_time + FEDROOMS_GHOST_NS <= fr->fr_now)
			crowd_remove(&gl->gl_left, pe);
	if (gone)
		global_changed(fr, gl, false);
	else
		global_run(fr, gl);
}
