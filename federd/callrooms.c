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
 * Rooms of calls whose other party is on another relay.  Only that relay
 * hears who is in it (gap 22): a neighbour of ours and those behind it by an
 * envelope along the path of the call, an original plainly on its link.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "federd/roomstate.h"

/* Two parties, of which one may have come anew from elsewhere. */
#define CALL_PEOPLE	2

static void	 call_route(struct fedrooms *, const struct call *);
static void	 call_say(struct fedrooms *, struct call *);
static void	 call_empty(struct fedrooms *, struct call *);

struct call *
call_new(struct fedrooms *fr, const char *room)
{
	struct call	*ca;

	if ((ca = calloc(1, sizeof(*ca))) == NULL)
		return (NULL);
	strlcpy(ca->ca_name, room, sizeof(ca->ca_name));
	identity_room_tag(ca->ca_name, ca->ca_tag);
	ca->ca_lost = UINT64_MAX;
	if (table_insert(fr->fr_calls, room, strlen(room), ca) == -1) {
		free(ca);
		return (NULL);
	}
	TAILQ_INSERT_TAIL(&fr->fr_call_list, ca, ca_entry);
	return (ca);
}

void
call_free(struct fedrooms *fr, struct call *ca)
{
	crowd_clear(&ca->ca_locals);
	if (ca->ca_npath > 0) {
		call_say(fr, ca);
		rooms_switch(fr, -1, ca->ca_name, ca->ca_tag, false);
		if (fr->fr_config.fc_media != NULL)
			fedmedia_unroute(fr->fr_config.fc_media, ca->ca_tag);
	}
	crowd_clear(&ca->ca_remote);
	crowd_clear(&ca->ca_told);
	TAILQ_REMOVE(&fr->fr_call_list, ca, ca_entry);
	(void)table_remove(fr->fr_calls, ca->ca_name, strlen(ca->ca_name));
	free(ca);
}

struct neighbour *
call_neighbour(const struct fedrooms *fr, const struct call *ca)
{
	return (rooms_neighbour(fr, ca->ca_path[0]));
}

void
call_path(struct fedrooms *fr, struct call *ca,
    const struct msg_fed_call *msg)
{
	size_t	n = msg->path.len / TLS_HASH_LEN;

	ca->ca_stale = false;
	if (n == ca->ca_npath && memcmp(ca->ca_path, msg->path.data,
	    msg->path.len) == 0)
		return;
	if (ca->ca_npath == 0)
		rooms_switch(fr, -1, ca->ca_name, ca->ca_tag, true);
	else
		crowd_clear(&ca->ca_told);
	memcpy(ca->ca_path, msg->path.data, msg->path.len);
	ca->ca_npath = n;
	call_route(fr, ca);
	call_say(fr, ca);
}

/* Its media goes that way whether the other party was announced or not. */
static void
call_route(struct fedrooms *fr, const struct call *ca)
{
	const struct neighbour	*nb = call_neighbour(fr, ca);
	const struct person	*pe;
	uint64_t		 mediads = 0;

	if (fr->fr_config.fc_media == NULL)
		return;
	CROWD_FOREACH(pe, &ca->ca_locals)
		mediads |= pe->pe_raw;
	(void)fedmedia_route(fr->fr_config.fc_media, ca->ca_tag,
	    FEDMEDIA_CALL, mediads, nb == NULL ? 0 : BIT(nb->nb_index));
}

/* Who is in it here, if that is news there. */
static void
call_say(struct fedrooms *fr, struct call *ca)
{
	struct neighbour	*nb = call_neighbour(fr, ca);
	struct signal		 sig;
	const struct person	*pe;

	if (nb == NULL) {
		crowd_clear(&ca->ca_told);
		return;
	}
	if (crowd_same(&ca->ca_locals, &ca->ca_told))
		return;
	rooms_announcement(fr, &sig, ca->ca_name, &ca->ca_locals);
	if (!speaks_rooms(nb) || (nb->nb_features & NEIGHBOUR_PATHS) == 0)
		rooms_send(fr, nb, &sig);
	else if (fr->fr_config.fc_ops->forward(fr->fr_config.fc_arg,
	    (const uint8_t(*)[TLS_HASH_LEN])ca->ca_path, ca->ca_npath,
	    &sig) == 0)
		fr->fr_counters.rn_sent++;
	crowd_clear(&ca->ca_told);
	CROWD_FOREACH(pe, &ca->ca_locals)
		crowd_copy(&ca->ca_told, pe, NULL, CALL_PEOPLE);
}

void
call_up(struct fedrooms *fr, struct call *ca, struct neighbour *nb)
{
	if (call_neighbour(fr, ca) != nb)
		return;
	ca->ca_lost = UINT64_MAX;
	call_route(fr, ca);
	/* It forgot what was said before. */
	crowd_clear(&ca->ca_told);
	if (ca->ca_locals.cr_count > 0)
		call_say(fr, ca);
}

/* The other party stays for a while: the link may come back. */
void
call_down(struct fedrooms *fr, struct call *ca, struct neighbour *nb)
{
	if (memcmp(nb->nb_fp, ca->ca_path[0], TLS_HASH_LEN) != 0 ||
	    call_neighbour(fr, ca) != NULL)
		return;
	call_route(fr, ca);
	crowd_clear(&ca->ca_told);
	if (ca->ca_remote.cr_count == 0)
		return;
	ca->ca_lost = fr->fr_now + FEDROOMS_AWAY_NS;
	rooms_due(fr, ca->ca_lost);
}

static void
call_empty(struct fedrooms *fr, struct call *ca)
{
	struct person	*pe;

	ca->ca_lost = UINT64_MAX;
	CROWD_FOREACH(pe, &ca->ca_remote)
		rooms_tell(fr, -1, ca->ca_name, pe, false);
	crowd_clear(&ca->ca_remote);
}

void
call_signal(struct fedrooms *fr, struct call *ca, const struct signal *sig)
{
	const struct sig_participants	*list;
	const struct neighbour		*nb = call_neighbour(fr, ca);
	struct person			*next, *pe;
	char				 fp[FP_STRLEN];
	const char			*label;
	size_t				 i;
	bool				 news;

	CROWD_FOREACH(pe, &ca->ca_remote)
		pe->pe_mark = false;
	list = &sig->u.global_room.participants;
	for (i = 0; sig->type == SIGNAL_GLOBAL_ROOM_ACTIVE && i < list->n;
	    i++) {
		/* An original gives us back what it heard from us. */
		if (identity_fingerprint_parse(list->list[i].fingerprint,
		    fp) == -1 || crowd_find(&ca->ca_locals, fp) != NULL)
			continue;
		news = crowd_find(&ca->ca_remote, fp) == NULL;
		if ((pe = crowd_put(&ca->ca_remote, fp,
		    CALL_PEOPLE)) == NULL) {
			fr->fr_counters.rn_excess++;
			continue;
		}
		label = list->list[i].relay_label;
		if (label == NULL && nb != NULL && ca->ca_npath == 1)
			label = nb->nb_label;
		pe->pe_mark = true;
		if (person_name(pe, list->list[i].alias, label) || news)
			rooms_tell(fr, -1, ca->ca_name, pe, true);
	}
	CROWD_FOREACH_SAFE(pe, &ca->ca_remote, next) {
		if (pe->pe_mark)
			continue;
		rooms_tell(fr, -1, ca->ca_name, pe, false);
		crowd_remove(&ca->ca_remote, pe);
	}
}

void
call_member(struct fedrooms *fr, struct call *ca, unsigned int mediad,
    const struct msg_fed_member *msg)
{
	struct person	*pe;

	if (!msg->present) {
		if ((pe = crowd_find(&ca->ca_locals,
		    msg->fingerprint)) == NULL)
			return;
		pe->pe_raw &= ~BIT(mediad);
		if (pe->pe_raw == 0)
			crowd_remove(&ca->ca_locals, pe);
	} else {
		if ((pe = crowd_put(&ca->ca_locals, msg->fingerprint,
		    CALL_PEOPLE)) == NULL) {
			fr->fr_counters.rn_excess++;
			return;
		}
		pe->pe_raw |= BIT(mediad);
		pe->pe_stale &= ~BIT(mediad);
		(void)person_name(pe, msg->alias, NULL);
	}
	call_route(fr, ca);
	call_say(fr, ca);
}

void
call_mediad(struct fedrooms *fr, struct call *ca, unsigned int mediad)
{
	struct person	*pe;

	rooms_switch(fr, (int)mediad, ca->ca_name, ca->ca_tag, true);
	CROWD_FOREACH(pe, &ca->ca_remote)
		rooms_tell(fr, (int)mediad, ca->ca_name, pe, true);
}

void
call_mediad_lost(struct fedrooms *fr, struct call *ca, uint64_t mask)
{
	struct person	*next, *pe;

	if (!locals_drop(&ca->ca_locals, mask))
		return;
	CROWD_FOREACH_SAFE(pe, &ca->ca_locals, next)
		if (pe->pe_raw == 0)
			crowd_remove(&ca->ca_locals, pe);
	call_route(fr, ca);
	call_say(fr, ca);
}

void
call_expire(struct fedrooms *fr, struct call *ca)
{
	if (ca->ca_lost <= fr->fr_now)
		call_empty(fr, ca);
}
