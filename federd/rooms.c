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

/* Rooms over relays: see rooms.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/table.h"
#include "common/quic/params.h"
#include "federd/roomstate.h"

/* Of the time that people on other relays wait, after FEDROOMS_WAIT_NS. */
#define JITTER_STEPS	16

static size_t	 json_len(const char *);
static void	 rooms_ping(struct fedrooms *);
static bool	 is_told(const struct fedrooms *, unsigned int);
static struct call *call_find(const struct fedrooms *, const char *);

struct fedrooms *
fedrooms_new(const struct fedrooms_config *config)
{
	struct fedrooms	*fr;

	if ((fr = calloc(1, sizeof(*fr))) == NULL)
		return (NULL);
	fr->fr_config = *config;
	identity_tls_fp(config->fc_fp, fr->fr_fp);
	fr->fr_due = fr->fr_ping = fr->fr_signald = UINT64_MAX;
	/* Even, and above those of the last run. */
	fr->fr_version = config->fc_wall_ms * VERSION_STEP;
	/* Not two relays at the same time. */
	fr->fr_wait = FEDROOMS_WAIT_NS + FEDROOMS_WAIT_NS / JITTER_STEPS *
	    (config->fc_fp[0] % JITTER_STEPS);
	TAILQ_INIT(&fr->fr_globals);
	TAILQ_INIT(&fr->fr_call_list);
	fr->fr_names = table_new(FEDROOMS_GLOBALS_MAX * NAMES);
	fr->fr_calls = table_new(FEDROOMS_CALLS_MAX);
	if (fr->fr_names == NULL || fr->fr_calls == NULL) {
		fedrooms_free(fr);
		return (NULL);
	}
	return (fr);
}

void
fedrooms_free(struct fedrooms *fr)
{
	struct global	*gl;
	struct call	*ca;

	if (fr == NULL)
		return;
	/* Nobody is told: all of it ends. */
	fr->fr_mediads = 0;
	fr->fr_config.fc_media = NULL;
	memset(fr->fr_neighbours, 0, sizeof(fr->fr_neighbours));
	while ((gl = TAILQ_FIRST(&fr->fr_globals)) != NULL)
		global_free(fr, gl);
	while ((ca = TAILQ_FIRST(&fr->fr_call_list)) != NULL)
		call_free(fr, ca);
	table_free(fr->fr_names);
	table_free(fr->fr_calls);
	free(fr);
}

void
fedrooms_set_time(struct fedrooms *fr, uint64_t now)
{
	if (fr->fr_began == 0)
		fr->fr_began = now;
	fr->fr_now = now;
}

/* Helpers of both kinds of rooms. */

/* NULL: it is none, or its link is not up. */
struct neighbour *
rooms_neighbour(const struct fedrooms *fr, const uint8_t *fp)
{
	struct neighbour	*nb;
	unsigned int		 i;

	for (i = 0; i < PEERS_MAX; i++) {
		nb = fr->fr_neighbours[i];
		if (nb != NULL && memcmp(nb->nb_fp, fp, TLS_HASH_LEN) == 0)
			return (nb);
	}
	return (NULL);
}

void
rooms_send(struct fedrooms *fr, struct neighbour *nb,
    const struct signal *sig)
{
	/* What is not taken ends the link, and the next hears it all. */
	if (neighbour_send(nb, sig) == 0)
		fr->fr_counters.rn_sent++;
}

static size_t
json_len(const char *s)
{
	size_t	n = 0;

	for (; *s != '\0'; s++)
		n += (unsigned char)*s < 0x20 ? 6 :
		    *s == '"' || *s == '\\' ? 2 : 1;
	return (n);
}

void
rooms_announcement(struct fedrooms *fr, struct signal *sig, const char *room,
    const struct crowd *people)
{
	const struct person	*pe;
	size_t			 bytes = 0, n = 0;

	memset(sig, 0, sizeof(*sig));
	sig->type = people->cr_count > 0 ? SIGNAL_GLOBAL_ROOM_ACTIVE :
	    SIGNAL_GLOBAL_ROOM_INACTIVE;
	sig->u.global_room.room = room;
	CROWD_FOREACH(pe, people) {
		bytes += strlen(pe->pe_fp) + json_len(pe->pe_alias) +
		    json_len(pe->pe_label) +
		    sizeof("{\"fingerprint\":\"\",\"alias\":null,"
		    "\"relay_label\":null},");
		if (n == FEDROOMS_LIST_MAX || bytes > LIST_BYTES) {
			fr->fr_counters.rn_excess++;
			break;
		}
		fr->fr_list[n].fingerprint = pe->pe_fp;
		fr->fr_list[n].alias = pe->pe_alias[0] != '\0' ?
		    pe->pe_alias : NULL;
		fr->fr_list[n].relay_label = pe->pe_label[0] != '\0' ?
		    pe->pe_label : NULL;
		n++;
	}
	sig->u.global_room.participants.list = fr->fr_list;
	sig->u.global_room.participants.n = n;
}

void
rooms_tell(struct fedrooms *fr, int mediad, const char *room,
    const struct person *pe, bool present)
{
	struct msg_fed_member	 msg;
	uint64_t		 mask;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, room, sizeof(msg.room));
	strlcpy(msg.fingerprint, pe->pe_fp, sizeof(msg.fingerprint));
	strlcpy(msg.alias, pe->pe_alias, sizeof(msg.alias));
	strlcpy(msg.label, pe->pe_label, sizeof(msg.label));
	msg.present = present;
	for (mask = mediad == -1 ? fr->fr_mediads : BIT(mediad); mask != 0;
	    mask &= mask - 1)
		fr->fr_config.fc_ops->member(fr->fr_config.fc_arg,
		    (unsigned int)ffsll((long long)mask) - 1, &msg);
}

void
rooms_switch(struct fedrooms *fr, int mediad, const char *room,
    const uint8_t *tag, bool on)
{
	struct msg_fed_room	 msg;
	uint64_t		 mask;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, room, sizeof(msg.room));
	memcpy(msg.tag, tag, sizeof(msg.tag));
	msg.on = on;
	for (mask = mediad == -1 ? fr->fr_mediads : BIT(mediad); mask != 0;
	    mask &= mask - 1)
		fr->fr_config.fc_ops->room(fr->fr_config.fc_arg,
		    (unsigned int)ffsll((long long)mask) - 1, &msg);
}

void
locals_doubt(struct crowd *locals, uint64_t mediad)
{
	struct person	*pe;

	CROWD_FOREACH(pe, locals)
		pe->pe_stale |= (pe->pe_raw | pe->pe_hashed) & mediad;
}

/* Who is nowhere any more has no bits; the caller removes him. */
bool
locals_drop(struct crowd *locals, uint64_t mask)
{
	struct person	*pe;
	bool		 any = false;

	CROWD_FOREACH(pe, locals) {
		if ((pe->pe_stale & mask) == 0)
			continue;
		pe->pe_raw &= ~(pe->pe_stale & mask);
		pe->pe_hashed &= ~(pe->pe_stale & mask);
		pe->pe_stale &= ~mask;
		any = true;
	}
	return (any);
}

/* Configuration. */

void
fedrooms_globals_begin(struct fedrooms *fr)
{
	struct global	*gl;

	TAILQ_FOREACH(gl, &fr->fr_globals, gl_entry)
		gl->gl_named = false;
}

int
fedrooms_global(struct fedrooms *fr, const char *name)
{
	struct global	*gl;
	char		 lower[ROOM_STRLEN];
	size_t		 i;

	if (name[0] == '\0' || strlen(name) >= sizeof(lower) ||
	    strncasecmp(name, QUIC_CALL_ROOM_PREFIX,
	    strlen(QUIC_CALL_ROOM_PREFIX)) == 0)
		return (-1);
	/* SNI is lower case, so rooms are (gap 45). */
	for (i = 0; name[i] != '\0'; i++)
		lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ?
		    name[i] - 'A' + 'a' : name[i]);
	lower[i] = '\0';
	gl = table_find(fr->fr_names, lower, strlen(lower));
	if (gl == NULL && (gl = global_new(fr, lower)) == NULL)
		return (-1);
	gl->gl_named = true;
	return (0);
}

void
fedrooms_globals_end(struct fedrooms *fr)
{
	struct global	*gl, *next;

	TAILQ_FOREACH_SAFE(gl, &fr->fr_globals, gl_entry, next)
		if (!gl->gl_named)
			global_free(fr, gl);
}

/* Links. */

void
fedrooms_up(struct fedrooms *fr, struct neighbour *nb)
{
	struct global	*gl;
	struct call	*ca;

	if (nb->nb_index >= PEERS_MAX)
		return;
	if (fr->fr_neighbours[nb->nb_index] != NULL)
		fedrooms_down(fr, fr->fr_neighbours[nb->nb_index]);
	fr->fr_neighbours[nb->nb_index] = nb;
	if (!speaks_rooms(nb)) {
		fr->fr_noriginals++;
		if (fr->fr_ping == UINT64_MAX)
			fr->fr_ping = fr->fr_now + FEDROOMS_PING_NS;
		rooms_due(fr, fr->fr_ping);
	}
	TAILQ_FOREACH(gl, &fr->fr_globals, gl_entry)
		global_up(fr, gl, nb);
	TAILQ_FOREACH(ca, &fr->fr_call_list, ca_entry)
		call_up(fr, ca, nb);
}

void
fedrooms_down(struct fedrooms *fr, struct neighbour *nb)
{
	struct global	*gl;
	struct call	*ca;

	if (nb->nb_index >= PEERS_MAX ||
	    fr->fr_neighbours[nb->nb_index] != nb)
		return;
	fr->fr_neighbours[nb->nb_index] = NULL;
	if (!speaks_rooms(nb) && --fr->fr_noriginals == 0)
		fr->fr_ping = UINT64_MAX;
	TAILQ_FOREACH(gl, &fr->fr_globals, gl_entry)
		global_down(fr, gl, nb);
	TAILQ_FOREACH(ca, &fr->fr_call_list, ca_entry)
		call_down(fr, ca, nb);
}

static struct call *
call_find(const struct fedrooms *fr, const char *room)
{
	return (table_find(fr->fr_calls, room, strlen(room)));
}

void
fedrooms_signal(struct fedrooms *fr, struct neighbour *nb,
    const struct signal *sig)
{
	const char	*room;
	struct global	*gl;
	struct call	*ca;

	if ((sig->type != SIGNAL_GLOBAL_ROOM_ACTIVE &&
	    sig->type != SIGNAL_GLOBAL_ROOM_INACTIVE) ||
	    nb->nb_index >= PEERS_MAX ||
	    fr->fr_neighbours[nb->nb_index] != nb)
		return;
	fr->fr_counters.rn_heard++;
	room = sig->u.global_room.room;
	if ((gl = table_find(fr->fr_names, room, strlen(room))) != NULL) {
		global_signal(fr, gl, nb, sig);
		return;
	}
	/* An original tells everybody of all its calls (gap 22). */
	ca = call_find(fr, room);
	if (ca == NULL || ca->ca_npath != 1 || speaks_rooms(nb) ||
	    call_neighbour(fr, ca) != nb) {
		fr->fr_counters.rn_unknown++;
		return;
	}
	call_signal(fr, ca, sig);
}

void
fedrooms_call_signal(struct fedrooms *fr, const uint8_t (*path)[TLS_HASH_LEN],
    size_t npath, const struct signal *sig)
{
	struct call	*ca;

	if (sig->type != SIGNAL_GLOBAL_ROOM_ACTIVE &&
	    sig->type != SIGNAL_GLOBAL_ROOM_INACTIVE)
		return;
	fr->fr_counters.rn_heard++;
	/* From where its other party is, and by the way there. */
	ca = call_find(fr, sig->u.global_room.room);
	if (ca == NULL || npath != ca->ca_npath ||
	    memcmp(path, ca->ca_path, npath * TLS_HASH_LEN) != 0) {
		fr->fr_counters.rn_unknown++;
		return;
	}
	call_signal(fr, ca, sig);
}

/* signald. */

void
fedrooms_call(struct fedrooms *fr, const struct msg_fed_call *msg)
{
	struct call	*ca;
	char		 room[ROOM_STRLEN];

	(void)snprintf(room, sizeof(room), "%s%s", QUIC_CALL_ROOM_PREFIX,
	    msg->call_id);
	ca = call_find(fr, room);
	if (!msg->live || msg->path.len == 0 ||
	    msg->path.len % TLS_HASH_LEN != 0 ||
	    msg->path.len > FED_PATH_MAX * TLS_HASH_LEN) {
		if (ca != NULL)
			call_free(fr, ca);
		return;
	}
	if (ca == NULL && (ca = call_new(fr, room)) == NULL) {
		fr->fr_counters.rn_excess++;
		return;
	}
	call_path(fr, ca, msg);
}

void
fedrooms_signald(struct fedrooms *fr, bool present)
{
	struct call	*ca;

	if (!present) {
		TAILQ_FOREACH(ca, &fr->fr_call_list, ca_entry)
			ca->ca_stale = true;
		fr->fr_signald = UINT64_MAX;
		return;
	}
	/* Three times what others get: it has to read them from registryd. */
	fr->fr_signald = fr->fr_now + 3 * FEDROOMS_AWAY_NS;
	rooms_due(fr, fr->fr_signald);
}

/* mediads. */

void
fedrooms_mediad_up(struct fedrooms *fr, unsigned int mediad)
{
	struct global	*gl;
	struct call	*ca;

	if (mediad >= FEDMEDIA_MEDIADS_MAX)
		return;
	fr->fr_mediads |= BIT(mediad);
	/* What its predecessor had comes back, or not. */
	fr->fr_away[mediad] = fr->fr_now + FEDROOMS_AWAY_NS;
	rooms_due(fr, fr->fr_away[mediad]);
	TAILQ_FOREACH(gl, &fr->fr_globals, gl_entry)
		global_mediad(fr, gl, mediad);
	TAILQ_FOREACH(ca, &fr->fr_call_list, ca_entry)
		call_mediad(fr, ca, mediad);
}

void
fedrooms_mediad_down(struct fedrooms *fr, unsigned int mediad)
{
	struct global	*gl;
	struct call	*ca;

	if (mediad >= FEDMEDIA_MEDIADS_MAX)
		return;
	fr->fr_mediads &= ~BIT(mediad);
	fr->fr_away[mediad] = fr->fr_now + FEDROOMS_AWAY_NS;
	rooms_due(fr, fr->fr_away[mediad]);
	TAILQ_FOREACH(gl, &fr->fr_globals, gl_entry)
		locals_doubt(&gl->gl_locals, BIT(mediad));
	TAILQ_FOREACH(ca, &fr->fr_call_list, ca_entry)
		locals_doubt(&ca->ca_locals, BIT(mediad));
}

void
fedrooms_member(struct fedrooms *fr, unsigned int mediad,
    const struct msg_fed_member *msg)
{
	struct global	*gl;
	struct call	*ca;
	char		 fp[FP_STRLEN];

	if (mediad >= FEDMEDIA_MEDIADS_MAX ||
	    identity_fingerprint_parse(msg->fingerprint, fp) == -1 ||
	    strcmp(fp, msg->fingerprint) != 0)
		return;
	gl = table_find(fr->fr_names, msg->room, strlen(msg->room));
	if (gl != NULL)
		global_member(fr, gl, mediad, msg);
	else if ((ca = call_find(fr, msg->room)) != NULL)
		call_member(fr, ca, mediad, msg);
}

/* Time. */

uint64_t
fedrooms_expiry(const struct fedrooms *fr)
{
	return (fr->fr_due);
}

static bool
is_told(const struct fedrooms *fr, unsigned int index)
{
	const struct global	*gl;
	const struct call	*ca;

	TAILQ_FOREACH(gl, &fr->fr_globals, gl_entry)
		if (gl->gl_told[index].cr_count > 0)
			return (true);
	TAILQ_FOREACH(ca, &fr->fr_call_list, ca_entry)
		if (ca->ca_told.cr_count > 0 &&
		    call_neighbour(fr, ca) == fr->fr_neighbours[index])
			return (true);
	return (false);
}

static void
rooms_ping(struct fedrooms *fr)
{
	struct neighbour	*nb;
	struct signal		 sig;
	unsigned int		 i;

	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_PING;
	sig.u.ping.timestamp_ms = fr->fr_now / NS_PER_MS;
	for (i = 0; i < PEERS_MAX; i++) {
		nb = fr->fr_neighbours[i];
		if (nb != NULL && !speaks_rooms(nb) && is_told(fr, i))
			(void)neighbour_send(nb, &sig);
	}
	fr->fr_ping = fr->fr_now + FEDROOMS_PING_NS;
}

void
fedrooms_expire(struct fedrooms *fr)
{
	struct global	*gl;
	struct call	*ca, *next;
	uint64_t	 mask = 0;
	unsigned int	 i;

	if (fr->fr_now < fr->fr_due)
		return;
	fr->fr_due = UINT64_MAX;
	if (fr->fr_ping <= fr->fr_now)
		rooms_ping(fr);
	rooms_due(fr, fr->fr_ping);
	for (i = 0; i < FEDMEDIA_MEDIADS_MAX; i++) {
		if (fr->fr_away[i] == 0)
			continue;
		if (fr->fr_away[i] <= fr->fr_now) {
			fr->fr_away[i] = 0;
			mask |= BIT(i);
		} else
			rooms_due(fr, fr->fr_away[i]);
	}
	TAILQ_FOREACH(gl, &fr->fr_globals, gl_entry) {
		if (mask != 0)
			global_mediad_lost(fr, gl, mask);
		global_expire(fr, gl);
		rooms_due(fr, global_expiry(gl));
	}
	TAILQ_FOREACH_SAFE(ca, &fr->fr_call_list, ca_entry, next) {
		if (fr->fr_signald <= fr->fr_now && ca->ca_stale) {
			call_free(fr, ca);
			continue;
		}
		if (mask != 0)
			call_mediad_lost(fr, ca, mask);
		call_expire(fr, ca);
		rooms_due(fr, ca->ca_lost);
	}
	if (fr->fr_signald <= fr->fr_now)
		fr->fr_signald = UINT64_MAX;
	rooms_due(fr, fr->fr_signald);
}

const struct fedrooms_counters *
fedrooms_counters(const struct fedrooms *fr)
{
	return (&fr->fr_counters);
}

size_t
fedrooms_globals(const struct fedrooms *fr)
{
	return (fr->fr_nglobals);
}

size_t
fedrooms_calls(const struct fedrooms *fr)
{
	return (table_count(fr->fr_calls));
}

size_t
fedrooms_people(const struct fedrooms *fr)
{
	return (fr->fr_people);
}

size_t
fedrooms_remote(const struct fedrooms *fr, const char *room)
{
	const struct global	*gl;
	const struct call	*ca;

	if ((gl = table_find(fr->fr_names, room, strlen(room))) != NULL)
		return (gl->gl_merged.cr_count);
	if ((ca = call_find(fr, room)) != NULL)
		return (ca->ca_remote.cr_count);
	return (0);
}
