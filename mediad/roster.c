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

/* Rooms as signald knows them: see roster.h. */
#include "config.h"

#include <stdlib.h>

#include "mediad/roster.h"

TAILQ_HEAD(roster_list, room);

struct roster {
	roster_send		*ro_send;
	void			*ro_arg;
	struct roster_list	 ro_known;
	struct roster_list	 ro_news;
	bool			 ro_begun;	/* there is a signald */
	bool			 ro_ended;	/* it has had the whole list */
};

static void	 roster_opened(void *, struct room *);
static void	 roster_empty(void *, struct room *);

const struct room_watch	roster_watch = {
	.opened = roster_opened,
	.empty = roster_empty
};

struct roster *
roster_new(roster_send *send, void *arg)
{
	struct roster	*ro;

	if ((ro = calloc(1, sizeof(*ro))) == NULL)
		return (NULL);
	ro->ro_send = send;
	ro->ro_arg = arg;
	TAILQ_INIT(&ro->ro_known);
	TAILQ_INIT(&ro->ro_news);
	return (ro);
}

void
roster_free(struct roster *ro)
{
	free(ro);
}

static void
roster_opened(void *arg, struct room *room)
{
	struct roster	*ro = arg;

	room->rm_known = false;
	TAILQ_INSERT_TAIL(&ro->ro_news, room, rm_roster);
}

static void
roster_empty(void *arg, struct room *room)
{
	struct roster	*ro = arg;

	if (!room->rm_known) {
		TAILQ_REMOVE(&ro->ro_news, room, rm_roster);
		return;
	}
	TAILQ_REMOVE(&ro->ro_known, room, rm_roster);
	(void)ro->ro_send(ro->ro_arg, MSG_ROOM_EMPTY, room->rm_name);
}

void
roster_begin(struct roster *ro)
{
	roster_end(ro);
	ro->ro_begun = true;
}

void
roster_end(struct roster *ro)
{
	struct room	*room;

	TAILQ_FOREACH(room, &ro->ro_known, rm_roster)
		room->rm_known = false;
	TAILQ_CONCAT(&ro->ro_news, &ro->ro_known, rm_roster);
	ro->ro_begun = ro->ro_ended = false;
}

bool
roster_push(struct roster *ro)
{
	struct room	*room;

	if (!ro->ro_begun)
		return (false);
	while ((room = TAILQ_FIRST(&ro->ro_news)) != NULL) {
		if (ro->ro_send(ro->ro_arg, MSG_ROOM_OPENED,
		    room->rm_name) == -1)
			return (true);
		TAILQ_REMOVE(&ro->ro_news, room, rm_roster);
		room->rm_known = true;
		TAILQ_INSERT_TAIL(&ro->ro_known, room, rm_roster);
	}
	if (!ro->ro_ended) {
		if (ro->ro_send(ro->ro_arg, MSG_ROOMS_END, NULL) == -1)
			return (true);
		ro->ro_ended = true;
	}
	return (false);
}
