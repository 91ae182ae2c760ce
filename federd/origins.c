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
 * Global rooms among relays of ours: each one's word, with its origin and a
 * version that grows, and what becomes of it when a link is gone (rooms.h).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "federd/envelope.h"
#include "federd/roomstate.h"

static struct origin *origin_find(const struct global *, const uint8_t *);
static struct origin *origin_new(struct fedrooms *, struct global *,
		    const uint8_t *);
static void	 origin_people(struct fedrooms *, struct global *,
		    struct origin *, const struct neighbour *,
		    const struct sig_participants *);
static uint64_t version_limit(const struct fedrooms *);
static void	 origin_self(struct fedrooms *, struct global *, uint64_t);
static void	 own_people(struct fedrooms *, struct global *,
		    struct crowd *);

static struct origin *
origin_find(const struct global *gl, const uint8_t *fp)
{
	struct origin	*org;

	TAILQ_FOREACH(org, &gl->gl_origins, or_entry)
		if (memcmp(org->or_fp, fp, TLS_HASH_LEN) == 0)
			return (org);
	return (NULL);
}

static struct origin *
origin_new(struct fedrooms *fr, struct global *gl, const uint8_t *fp)
{
	struct origin	*org;

	if (gl->gl_norigins >= FEDROOMS_ORIGINS_MAX ||
	    (org = calloc(1, sizeof(*org))) == NULL) {
		fr->fr_counters.rn_excess++;
		return (NULL);
	}
	memcpy(org->or_fp, fp, TLS_HASH_LEN);
	TAILQ_INSERT_TAIL(&gl->gl_origins, org, or_entry);
	gl->gl_norigins++;
	return (org);
}

void
origin_free(struct fedrooms *fr, struct global *gl, struct origin *org)
{
	if (org->or_skip != 0 && fr->fr_config.fc_media != NULL)
		fedmedia_skip(fr->fr_config.fc_media, gl->gl_tag, org->or_fp,
		    0);
	crowd_empty(fr, &org->or_people);
	TAILQ_REMOVE(&gl->gl_origins, org, or_entry);
	gl->gl_norigins--;
	free(org);
}

bool
origin_counts(const struct origin *org)
{
	return (!org->or_gone || org->or_lingers);
}

/* Nobody is there any more, as far as we are told. */
void
origin_empty(struct fedrooms *fr, struct global *gl, struct origin *org)
{
	struct crowd	 old;
	struct person	*pe;

	memset(&old, 0, sizeof(old));
	crowd_move(&old, &org->or_people);
	org->or_lingers = false;
	CROWD_FOREACH(pe, &old)
		person_left(fr, gl, pe->pe_fp);
	crowd_empty(fr, &old);
}

static void
origin_people(struct fedrooms *fr, struct global *gl, struct origin *org,
    const struct neighbour *nb, const struct sig_participants *list)
{
	const struct sig_participant	*sp;
	struct person			*next, *pe;
	char				 fp[FP_STRLEN];
	size_t				 i, before;

	CROWD_FOREACH(pe, &org->or_people)
		pe->pe_mark = false;
	for (i = 0; i < list->n; i++) {
		sp = &list->list[i];
		before = org->or_people.cr_count;
		if (identity_fingerprint_parse(sp->fingerprint, fp) == -1)
			continue;
		/* Where there is no room for more, those who are there stay. */
		if ((fr->fr_people >= FEDROOMS_PEOPLE_MAX &&
		    crowd_find(&org->or_people, fp) == NULL) ||
		    (pe = crowd_put(&org->or_people, fp,
		    FEDROOMS_LIST_MAX)) == NULL) {
			fr->fr_counters.rn_excess++;
			continue;
		}
		fr->fr_people += org->or_people.cr_count - before;
		pe->pe_mark = true;
		(void)person_name(pe, sp->alias, sp->relay_label != NULL ?
		    sp->relay_label : nb->nb_label);
		if (fr->fr_noriginals > 0)
			heard_doubt(gl, fp, PEERS_MAX);
	}
	CROWD_FOREACH_SAFE(pe, &org->or_people, next) {
		if (pe->pe_mark)
			continue;
		strlcpy(fp, pe->pe_fp, sizeof(fp));
		crowd_remove(&org->or_people, pe);
		fr->fr_people--;
		person_left(fr, gl, fp);
	}
}

void
origin_send(struct fedrooms *fr, const struct global *gl,
    const struct origin *org, struct neighbour *nb)
{
	struct signal	sig;
	char		fp[TLS_FP_STRLEN];

	identity_tls_fp(org->or_fp, fp);
	rooms_announcement(fr, &sig, gl->gl_name, &org->or_people);
	if (org->or_gone) {
		sig.type = SIGNAL_GLOBAL_ROOM_INACTIVE;
		sig.u.global_room.participants.n = 0;
	}
	sig.u.global_room.origin = fp;
	sig.u.global_room.version = org->or_version;
	rooms_send(fr, nb, &sig);
}

/* To every neighbour of ours but this one, and whose word it is. */
void
origin_flood(struct fedrooms *fr, const struct global *gl,
    const struct origin *org, const struct neighbour *but)
{
	struct neighbour	*nb;
	unsigned int		 i;

	for (i = 0; i < PEERS_MAX; i++) {
		nb = fr->fr_neighbours[i];
		if (nb != NULL && nb != but && speaks_rooms(nb) &&
		    memcmp(nb->nb_fp, org->or_fp, TLS_HASH_LEN) != 0)
			origin_send(fr, gl, org, nb);
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

static uint64_t
version_limit(const struct fedrooms *fr)
{
	return ((fr->fr_config.fc_wall_ms +
	    (fr->fr_now - fr->fr_began) / NS_PER_MS) * VERSION_STEP +
	    VERSION_AHEAD);
}

void
origin_signal(struct fedrooms *fr, struct global *gl, struct neighbour *nb,
    const struct sig_global_room *msg, bool active)
{
	struct neighbour	*direct;
	struct origin		*org;
	uint8_t			 fp[TLS_HASH_LEN];
	uint64_t		 version = msg->version;
	bool			 back = version % VERSION_STEP != 0;

	if (msg->origin == NULL || version == 0 ||
	    version > version_limit(fr) || (active && back) ||
	    envelope_fp_parse(msg->origin, fp) == -1) {
		fr->fr_counters.rn_unknown++;
		return;
	}
	if (memcmp(fp, fr->fr_config.fc_fp, sizeof(fp)) == 0) {
		origin_self(fr, gl, version);
		return;
	}
	org = origin_find(gl, fp);
	direct = rooms_neighbour(fr, fp);
	if (direct != NULL && !speaks_rooms(direct))
		direct = NULL;
	if (org != NULL && version <= org->or_version &&
	    !fr->fr_config.fc_parrot) {
		fr->fr_counters.rn_stale++;
		if (version == org->or_version) {
			/* It does not need our copies. */
			org->or_said |= BIT(nb->nb_index);
			if (nb == direct)
				org->or_parent = nb->nb_index;
			global_route(fr, gl);
		} else if (back)
			/* It missed what came after. */
			origin_send(fr, gl, org, nb);
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
	if (org == NULL && (org = origin_new(fr, gl, fp)) == NULL)
		return;
	org->or_version = version;
	org->or_parent = nb->nb_index;
	org->or_said = BIT(nb->nb_index);
	org->or_gone = !active;
	if (active) {
		org->or_lingers = false;
		origin_people(fr, gl, org, nb, &msg->participants);
	} else {
		org->or_since = fr->fr_now;
		rooms_due(fr, fr->fr_now + FEDROOMS_TOMB_NS);
		if (back && org->or_people.cr_count > 0) {
			org->or_lingers = true;
			rooms_due(fr, fr->fr_now + FEDROOMS_LINGER_NS);
		} else
			origin_empty(fr, gl, org);
	}
	origin_flood(fr, gl, org, nb);
	global_changed(fr, gl, false);
}

/* Our own word among them: people here, and those whom only we hear of. */
static void
own_people(struct fedrooms *fr, struct global *gl, struct crowd *out)
{
	const struct neighbour	*nb;
	const struct person	*pe;
	unsigned int		 i;

	memset(out, 0, sizeof(*out));
	CROWD_FOREACH(pe, &gl->gl_locals)
		crowd_copy(out, pe, NULL, FEDROOMS_LIST_MAX);
	for (i = 0; i < PEERS_MAX; i++) {
		if ((nb = fr->fr_neighbours[i]) == NULL)
			continue;
		CROWD_FOREACH(pe, &gl->gl_heard[i]) {
			if (pe->pe_ghost || crowd_find(out, pe->pe_fp) != NULL)
				continue;
			/* Once said it stays, or two would give way. */
			if (crowd_find(&gl->gl_own, pe->pe_fp) != NULL ||
			    !person_known(gl, pe->pe_fp))
				crowd_copy(out, pe, heard_label(pe, nb),
				    FEDROOMS_LIST_MAX);
		}
	}
}

void
own_send(struct fedrooms *fr, const struct global *gl, struct neighbour *nb)
{
	struct signal	sig;

	rooms_announcement(fr, &sig, gl->gl_name, &gl->gl_own);
	sig.u.global_room.origin = fr->fr_fp;
	sig.u.global_room.version = gl->gl_version;
	rooms_send(fr, nb, &sig);
}

void
own_say(struct fedrooms *fr, struct global *gl)
{
	struct crowd	 new;
	unsigned int	 i;

	gl->gl_own_due = UINT64_MAX;
	own_people(fr, gl, &new);
	if (!gl->gl_own_anew && crowd_same(&new, &gl->gl_own)) {
		crowd_clear(&new);
		return;
	}
	gl->gl_own_anew = false;
	crowd_move(&gl->gl_own, &new);
	fr->fr_version += VERSION_STEP;
	gl->gl_version = fr->fr_version;
	gl->gl_own_last = fr->fr_now;
	for (i = 0; i < PEERS_MAX; i++)
		if (fr->fr_neighbours[i] != NULL &&
		    speaks_rooms(fr->fr_neighbours[i]))
			own_send(fr, gl, fr->fr_neighbours[i]);
}
