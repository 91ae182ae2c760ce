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

/* RoomUpdate and QualityDirective: see announce.h. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/table.h"
#include "common/wire/signal.h"
#include "mediad/announce.h"

/* Due times are rounded up to this, so that many rooms wake us up together. */
#define GRAIN_NS	(10 * NS_PER_MS)

TAILQ_HEAD(room_list, room);

struct announcer {
	struct room_list	an_waiting;
	uint64_t		an_due;		/* at or before the earliest */
	/* Room for one text; every message is printed and handed on at once. */
	struct sig_participant	an_list[ANNOUNCE_LIST_MAX];
	char			an_text[SIGNAL_MAX + 1];
};

static size_t	 announce_people(const struct room *);
static uint64_t	 announce_interval(const struct room *);
static void	 announce_wait(struct announcer *, struct room *, uint64_t);
static void	 announce_round(struct announcer *, struct room *, uint64_t);
static bool	 announce_unread(const struct member *);
static bool	 announce_directive(struct member *, const char *, int);
static size_t	 list_remotes(struct announcer *, const struct room *,
		    size_t, uint32_t *);
static int	 print_update(struct announcer *, const struct room *);
static int	 print_directive(char *, size_t, enum quality_tier);

struct announcer *
announcer_new(void)
{
	struct announcer	*an;

	if ((an = calloc(1, sizeof(*an))) == NULL)
		return (NULL);
	TAILQ_INIT(&an->an_waiting);
	an->an_due = UINT64_MAX;
	return (an);
}

void
announcer_free(struct announcer *an)
{
	free(an);
}

void
announce_change(struct announcer *an, struct room *room, uint64_t now)
{
	room->rm_version++;
	if (room->rm_told && now < room->rm_last + announce_interval(room))
		announce_wait(an, room, room->rm_last +
		    announce_interval(room));
	else
		announce_round(an, room, now);
}

void
announce_tier(struct announcer *an, struct room *room, uint64_t now)
{
	struct member	*member;
	char		 text[256];
	size_t		 i;
	bool		 owing = false;
	int		 len;

	if ((len = print_directive(text, sizeof(text), room->rm_tier)) == -1)
		return;
	for (i = 0; i < room->rm_count; i++) {
		member = room->rm_seats[i].se_member;
		if (member->me_tier != room->rm_tier &&
		    !announce_directive(member, text, len))
			owing = true;
	}
	if (owing)
		announce_wait(an, room, now + room->rm_retry);
}

void
announce_forget(struct announcer *an, struct room *room)
{
	if (!room->rm_waiting)
		return;
	TAILQ_REMOVE(&an->an_waiting, room, rm_entry);
	room->rm_waiting = false;
	if (TAILQ_EMPTY(&an->an_waiting))
		an->an_due = UINT64_MAX;
}

uint64_t
announce_expiry(const struct announcer *an)
{
	return (an->an_due);
}

void
announce_expire(struct announcer *an, uint64_t now)
{
	struct room_list	 due;
	struct room		*next, *room;

	if (now < an->an_due)
		return;
	TAILQ_INIT(&due);
	an->an_due = UINT64_MAX;
	for (room = TAILQ_FIRST(&an->an_waiting); room != NULL; room = next) {
		next = TAILQ_NEXT(room, rm_entry);
		if (room->rm_due > now) {
			if (room->rm_due < an->an_due)
				an->an_due = room->rm_due;
			continue;
		}
		TAILQ_REMOVE(&an->an_waiting, room, rm_entry);
		TAILQ_INSERT_TAIL(&due, room, rm_entry);
	}
	/* No room is freed in here: sending calls nobody back. */
	while ((room = TAILQ_FIRST(&due)) != NULL) {
		TAILQ_REMOVE(&due, room, rm_entry);
		room->rm_waiting = false;
		announce_round(an, room, now);
	}
}

/* What is listed, or a few more: some may be in on two relays. */
static size_t
announce_people(const struct room *room)
{
	return (room->rm_count + (room->rm_federated == NULL ? 0 :
	    room->rm_federated->fd_count));
}

static uint64_t
announce_interval(const struct room *room)
{
	size_t	n = announce_people(room);

	if (n <= ANNOUNCE_SMALL)
		return (0);
	if (n <= ANNOUNCE_MEDIUM)
		return (ANNOUNCE_MEDIUM_NS);
	return (ANNOUNCE_LARGE_NS);
}

/* An earlier time that the room already waits for stays. */
static void
announce_wait(struct announcer *an, struct room *room, uint64_t due)
{
	due = (due + GRAIN_NS - 1) / GRAIN_NS * GRAIN_NS;
	if (room->rm_waiting) {
		if (room->rm_due <= due)
			return;
	} else {
		TAILQ_INSERT_TAIL(&an->an_waiting, room, rm_entry);
		room->rm_waiting = true;
	}
	room->rm_due = due;
	if (due < an->an_due)
		an->an_due = due;
}

/*
 * Brings every member up to date that can take it; the newest state is the
 * only one that is ever sent, so whoever was slow misses those in between.
 */
static void
announce_round(struct announcer *an, struct room *room, uint64_t now)
{
	struct member	*member;
	char		 directive[256];
	uint64_t	 pause;
	size_t		 i;
	int		 dlen = -1, len = -1;
	bool		 owing = false, sent = false;

	for (i = 0; i < room->rm_count; i++) {
		member = room->rm_seats[i].se_member;
		if (member->me_tier != room->rm_tier) {
			if (dlen == -1)
				dlen = print_directive(directive,
				    sizeof(directive), room->rm_tier);
			if (dlen != -1 &&
			    !announce_directive(member, directive, dlen))
				owing = true;
		}
		if (member->me_version == room->rm_version)
			continue;
		if (announce_unread(member)) {
			owing = true;
			continue;
		}
		if (len == -1 && (len = print_update(an, room)) == -1)
			return;
		if (member_signal(member, an->an_text, (size_t)len) == 0) {
			member->me_mark = member->me_handed;
			member->me_version = room->rm_version;
			sent = true;
		} else if (errno == ENOBUFS)
			owing = true;
		else
			member->me_version = room->rm_version; /* leaving */
	}
	if (sent) {
		room->rm_told = true;
		room->rm_last = now;
	}
	if (!owing) {
		room->rm_retry = ANNOUNCE_RETRY_NS;
		return;
	}
	pause = room->rm_retry;
	if (pause < announce_interval(room))
		pause = announce_interval(room);
	announce_wait(an, room, now + pause);
	if ((room->rm_retry *= 2) > ANNOUNCE_RETRY_MAX_NS)
		room->rm_retry = ANNOUNCE_RETRY_MAX_NS;
}

/*
 * Is the last RoomUpdate still on its way?  Signals are acknowledged about
 * in the order in which they were handed over.
 */
static bool
announce_unread(const struct member *member)
{
	size_t	queued;

	queued = quic_send_queued(member->me_conn);
	if (queued > member->me_handed)
		return (true);
	return (member->me_handed - queued < member->me_mark);
}

/* false: owed.  A member that is leaving counts as told. */
static bool
announce_directive(struct member *member, const char *text, int len)
{
	if (quic_send_queued(member->me_conn) > ANNOUNCE_BACKLOG)
		return (false);
	if (member_signal(member, text, (size_t)len) == -1 &&
	    errno == ENOBUFS)
		return (false);
	member->me_tier = member->me_room->rm_tier;
	return (true);
}

/*
 * Behind the first n: whoever is on other relays and not here as well (8.6:
 * the first of equal fingerprints is kept).  All of them count.
 */
static size_t
list_remotes(struct announcer *an, const struct room *room, size_t n,
    uint32_t *count)
{
	struct federated	*fd = room->rm_federated;
	struct remote		*re;
	size_t			 i;

	for (i = 0; i < room->rm_count; i++) {
		const char	*fp = room->rm_seats[i].se_member->me_fp;

		if ((re = table_find(fd->fd_people, fp, strlen(fp))) != NULL)
			re->re_hidden = true;
	}
	TAILQ_FOREACH(re, &fd->fd_remotes, re_entry) {
		if (re->re_hidden) {
			re->re_hidden = false;
			continue;
		}
		(*count)++;
		if (n == ANNOUNCE_LIST_MAX)
			continue;
		an->an_list[n].fingerprint = re->re_fp;
		an->an_list[n].alias = re->re_alias[0] != '\0' ?
		    re->re_alias : NULL;
		an->an_list[n].relay_label = re->re_label[0] != '\0' ?
		    re->re_label : NULL;
		n++;
	}
	return (n);
}

static int
print_update(struct announcer *an, const struct room *room)
{
	const struct member	*member;
	struct signal		 sig;
	size_t			 i, n;
	int			 len;

	n = room->rm_count < ANNOUNCE_LIST_MAX ? room->rm_count :
	    ANNOUNCE_LIST_MAX;
	for (i = 0; i < n; i++) {
		member = room->rm_seats[i].se_member;
		an->an_list[i].fingerprint = member->me_fp;
		an->an_list[i].alias = member->me_has_alias ?
		    member->me_alias : NULL;
		an->an_list[i].relay_label = NULL;
	}
	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_ROOM_UPDATE;
	sig.u.room_update.count = (uint32_t)room->rm_count;
	if (room->rm_federated != NULL)
		n = list_remotes(an, room, n, &sig.u.room_update.count);
	sig.u.room_update.participants.list = an->an_list;
	/* Long aliases: cut the list until a signal holds it. */
	for (;;) {
		sig.u.room_update.participants.n = n;
		len = signal_print(&sig, an->an_text, sizeof(an->an_text));
		if (len != -1 || n == 0)
			return (len);
		n = n * 7 / 8;
	}
}

static int
print_directive(char *text, size_t cap, enum quality_tier tier)
{
	struct signal	 sig;
	char		 reason[64];

	(void)snprintf(reason, sizeof(reason), "weakest link: %s",
	    quality_tier_name(tier));
	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_QUALITY_DIRECTIVE;
	sig.u.quality_directive.recommended_profile = *quality_profile(tier);
	sig.u.quality_directive.reason = reason;
	return (signal_print(&sig, text, cap));
}
