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

/* Rooms that reach over relays: see federate.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "common/quic/params.h"
#include "common/wire/media.h"
#include "mediad/federate.h"

#define TAG_LEN		8
#define FRAME_LEN	18	/* in front of a MediaPacket (messages.h) */
/* A person without a fingerprint is told apart by what is left. */
#define PERSON_MAX	(ALIAS_STRLEN + PEER_NAME_LEN + FP_STRLEN)

/* Names of one room. */
struct fedtag {
	uint8_t			 ft_tag[TAG_LEN];
	struct federated	*ft_names[FEDERATE_NAMES_MAX];
	size_t			 ft_count;
};

TAILQ_HEAD(federated_list, federated);

struct federate {
	struct rooms			*fe_rooms;
	const struct federate_ops	*fe_ops;
	void				*fe_arg;
	bool				 fe_present;
	struct table			*fe_names;
	struct table			*fe_tags;
	size_t				 fe_people;
	struct federated_list		 fe_owed;
	uint64_t			 fe_again;	/* MAX: at once */
	struct federated_list		 fe_changed;
	uint64_t			 fe_forget;	/* UINT64_MAX: never */
	struct federate_counters	 fe_counters;
	size_t				 fe_gathered;
	uint8_t				 fe_frames[FED_MEDIA_MAX];
};

static struct federated	*federated_new(struct federate *,
			    const struct msg_fed_room *);
static void	 federated_free(struct federate *, struct federated *);
static int	 federated_tag(struct federate *, struct federated *,
		    const uint8_t *);
static void	 federated_untag(struct federate *, struct federated *);
static void	 federated_owe(struct federate *, struct federated *);
static void	 federated_change(struct federate *, struct federated *);
static bool	 federated_tell(struct federate *, struct federated *);
static int	 member_tell(struct federate *, const struct federated *,
		    const struct member *, bool);
static void	 tag_deliver(const struct fedtag *, const struct federated *,
		    const uint8_t *, size_t, uint64_t);
static size_t	 person_key(const char *, const char *, const char *,
		    char[PERSON_MAX]);
static void	 remote_free(struct federate *, struct federated *,
		    struct remote *);
static void	 federate_doubt(struct federate *);
static void	 federate_forget(struct federate *, uint64_t);
static void	 federate_push(struct federate *);
static void	 federate_send(struct federate *);

struct federate *
federate_new(struct rooms *rooms, const struct federate_ops *ops, void *arg)
{
	struct federate	*fe;

	if ((fe = calloc(1, sizeof(*fe))) == NULL)
		return (NULL);
	fe->fe_rooms = rooms;
	fe->fe_ops = ops;
	fe->fe_arg = arg;
	fe->fe_again = fe->fe_forget = UINT64_MAX;
	TAILQ_INIT(&fe->fe_owed);
	TAILQ_INIT(&fe->fe_changed);
	fe->fe_names = table_new(FEDERATE_ROOMS_MAX);
	fe->fe_tags = table_new(FEDERATE_ROOMS_MAX);
	if (fe->fe_names == NULL || fe->fe_tags == NULL) {
		federate_free(fe);
		return (NULL);
	}
	return (fe);
}

void
federate_free(struct federate *fe)
{
	struct federated	*fd;
	size_t			 iter = 0;

	if (fe == NULL)
		return;
	if (fe->fe_names != NULL && fe->fe_tags != NULL) {
		while ((fd = table_next(fe->fe_names, &iter)) != NULL)
			federated_free(fe, fd);
	}
	table_free(fe->fe_names);
	table_free(fe->fe_tags);
	free(fe);
}

/* A room of calls has a name of theirs, whatever federd thinks. */
static struct federated *
federated_new(struct federate *fe, const struct msg_fed_room *msg)
{
	struct federated	*fd;

	if ((fd = calloc(1, sizeof(*fd))) == NULL)
		return (NULL);
	strlcpy(fd->fd_name, msg->room, sizeof(fd->fd_name));
	fd->fd_call = room_call_id(fd->fd_name) != NULL;
	TAILQ_INIT(&fd->fd_remotes);
	if ((fd->fd_people = table_new(fd->fd_call ? ROOM_CALL_PARTIES :
	    FEDERATE_PEOPLE_MAX)) == NULL) {
		free(fd);
		return (NULL);
	}
	if (table_insert(fe->fe_names, fd->fd_name, strlen(fd->fd_name),
	    fd) == -1) {
		table_free(fd->fd_people);
		free(fd);
		return (NULL);
	}
	if (federated_tag(fe, fd, msg->tag) == -1) {
		federated_free(fe, fd);
		return (NULL);
	}
	if ((fd->fd_room = room_find(fe->fe_rooms, fd->fd_name)) != NULL)
		fd->fd_room->rm_federated = fd;
	return (fd);
}

static void
federated_free(struct federate *fe, struct federated *fd)
{
	struct remote	*re;

	while ((re = TAILQ_FIRST(&fd->fd_remotes)) != NULL)
		remote_free(fe, fd, re);
	if (fd->fd_owed)
		TAILQ_REMOVE(&fe->fe_owed, fd, fd_owed_entry);
	if (fd->fd_changed)
		TAILQ_REMOVE(&fe->fe_changed, fd, fd_changed_entry);
	if (fd->fd_room != NULL)
		fd->fd_room->rm_federated = NULL;
	federated_untag(fe, fd);
	(void)table_remove(fe->fe_names, fd->fd_name, strlen(fd->fd_name));
	table_free(fd->fd_people);
	free(fd);
}

static int
federated_tag(struct federate *fe, struct federated *fd, const uint8_t *tag)
{
	struct fedtag	*ft;

	if ((ft = table_find(fe->fe_tags, tag, TAG_LEN)) == NULL) {
		if ((ft = calloc(1, sizeof(*ft))) == NULL)
			return (-1);
		memcpy(ft->ft_tag, tag, TAG_LEN);
		if (table_insert(fe->fe_tags, tag, TAG_LEN, ft) == -1) {
			free(ft);
			return (-1);
		}
	}
	if (ft->ft_count == FEDERATE_NAMES_MAX)
		return (-1);
	ft->ft_names[ft->ft_count++] = fd;
	memcpy(fd->fd_tag, tag, TAG_LEN);
	fd->fd_names = ft;
	return (0);
}

static void
federated_untag(struct federate *fe, struct federated *fd)
{
	struct fedtag	*ft = fd->fd_names;
	size_t		 i;

	if (ft == NULL)
		return;
	for (i = 0; i < ft->ft_count; i++) {
		if (ft->ft_names[i] == fd) {
			ft->ft_names[i] = ft->ft_names[--ft->ft_count];
			break;
		}
	}
	fd->fd_names = NULL;
	if (ft->ft_count == 0) {
		(void)table_remove(fe->fe_tags, ft->ft_tag, TAG_LEN);
		free(ft);
	}
}

/* federd has to hear of all its members. */
static void
federated_owe(struct federate *fe, struct federated *fd)
{
	if (fd->fd_owed || fd->fd_room == NULL)
		return;
	fd->fd_owed = true;
	TAILQ_INSERT_TAIL(&fe->fe_owed, fd, fd_owed_entry);
}

/* The members have to hear of it, once for all that this turn brings. */
static void
federated_change(struct federate *fe, struct federated *fd)
{
	if (fd->fd_changed || fd->fd_room == NULL)
		return;
	fd->fd_changed = true;
	TAILQ_INSERT_TAIL(&fe->fe_changed, fd, fd_changed_entry);
}

static int
member_tell(struct federate *fe, const struct federated *fd,
    const struct member *member, bool present)
{
	struct msg_fed_member	 msg;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, fd->fd_name, sizeof(msg.room));
	strlcpy(msg.fingerprint, member->me_fp, sizeof(msg.fingerprint));
	if (member->me_has_alias)
		strlcpy(msg.alias, member->me_alias, sizeof(msg.alias));
	msg.present = present;
	return (fe->fe_ops->member(fe->fe_arg, &msg));
}

/* false: not all of them were taken. */
static bool
federated_tell(struct federate *fe, struct federated *fd)
{
	const struct room	*room = fd->fd_room;
	size_t			 i;

	for (i = 0; i < room->rm_count; i++)
		if (member_tell(fe, fd, room->rm_seats[i].se_member,
		    true) == -1)
			return (false);
	return (true);
}

/* A room for people of other relays stands before the first comes here. */
void
federate_opened(struct federate *fe, struct room *room)
{
	struct federated	*fd;

	fd = table_find(fe->fe_names, room->rm_name, strlen(room->rm_name));
	if (fd == NULL)
		return;
	fd->fd_room = room;
	room->rm_federated = fd;
}

void
federate_empty(struct federate *fe, struct room *room)
{
	struct federated	*fd = room->rm_federated;

	if (fd == NULL)
		return;
	if (fd->fd_owed)
		TAILQ_REMOVE(&fe->fe_owed, fd, fd_owed_entry);
	if (fd->fd_changed)
		TAILQ_REMOVE(&fe->fe_changed, fd, fd_changed_entry);
	fd->fd_owed = fd->fd_changed = false;
	fd->fd_room = NULL;
	room->rm_federated = NULL;
}

void
federate_joined(struct federate *fe, struct member *member)
{
	struct federated	*fd = member->me_room->rm_federated;

	if (fd == NULL || !fe->fe_present || fd->fd_owed)
		return;
	if (member_tell(fe, fd, member, true) == -1)
		federated_owe(fe, fd);
}

/* With two devices in the room a person has not left with the first. */
void
federate_left(struct federate *fe, const struct room *room,
    const struct member *member)
{
	struct federated	*fd = room->rm_federated;
	size_t			 i;

	if (fd == NULL || !fe->fe_present)
		return;
	for (i = 0; i < room->rm_count; i++)
		if (strcmp(room->rm_seats[i].se_member->me_fp,
		    member->me_fp) == 0)
			return;
	(void)member_tell(fe, fd, member, false);
}

/* To the rooms of that tag, all or but the one that it came from. */
static void
tag_deliver(const struct fedtag *ft, const struct federated *but,
    const uint8_t *data, size_t len, uint64_t now)
{
	size_t	i;

	for (i = 0; i < ft->ft_count; i++)
		if (ft->ft_names[i] != but && ft->ft_names[i]->fd_room != NULL)
			(void)room_deliver(ft->ft_names[i]->fd_room, data,
			    len, now);
}

static void
federate_send(struct federate *fe)
{
	struct msg_fed_media	msg;

	msg.frames.data = fe->fe_frames;
	msg.frames.len = fe->fe_gathered;
	fe->fe_ops->media(fe->fe_arg, &msg);
	fe->fe_gathered = 0;
}

/*
 * The hot path: data was checked.  A call's datagrams always go, federd knows
 * where its party is; others when somebody is there.
 */
void
federate_datagram(struct federate *fe, const struct member *member,
    const uint8_t *data, size_t len, uint64_t now)
{
	const struct federated	*fd = member->me_room->rm_federated;
	uint8_t			*p;

	tag_deliver(fd->fd_names, fd, data, len, now);
	if (!fe->fe_present || (!fd->fd_call && fd->fd_count == 0) ||
	    len > FED_MEDIA_MAX - FRAME_LEN)
		return;
	if (fe->fe_gathered + FRAME_LEN + len > FED_MEDIA_MAX)
		federate_send(fe);
	p = fe->fe_frames + fe->fe_gathered;
	memcpy(p, fd->fd_tag, TAG_LEN);
	memset(p + 8, 0, 5);
	p[13] = (uint8_t)(member->me_number >> 16);
	p[14] = (uint8_t)(member->me_number >> 8);
	p[15] = (uint8_t)member->me_number;
	p[16] = (uint8_t)(len >> 8);
	p[17] = (uint8_t)len;
	memcpy(p + FRAME_LEN, data, len);
	fe->fe_gathered += FRAME_LEN + len;
	fe->fe_counters.fn_out++;
}

void
federate_media(struct federate *fe, const struct msg_fed_media *msg,
    uint64_t now)
{
	const uint8_t	*p = msg->frames.data;
	struct fedtag	*ft;
	size_t		 left = msg->frames.len, len;
	uint8_t		 copy[QUIC_MAX_DATAGRAM];
	bool		 has_report;

	while (left > 0) {
		if (left < FRAME_LEN ||
		    (len = (size_t)p[16] << 8 | p[17]) > left - FRAME_LEN) {
			fe->fe_counters.fn_malformed++;
			return;
		}
		if (len <= sizeof(copy))
			memcpy(copy, p + FRAME_LEN, len);
		if (len > sizeof(copy) ||
		    !media_relay_check(copy, len, &has_report))
			fe->fe_counters.fn_malformed++;
		else if ((ft = table_find(fe->fe_tags, p, TAG_LEN)) == NULL)
			fe->fe_counters.fn_unknown++;
		else {
			fe->fe_counters.fn_in++;
			tag_deliver(ft, NULL, copy, len, now);
		}
		p += FRAME_LEN + len;
		left -= FRAME_LEN + len;
	}
}

void
federate_room(struct federate *fe, const struct msg_fed_room *msg,
    uint64_t now)
{
	struct federated	*fd;
	struct room		*room;

	fd = table_find(fe->fe_names, msg->room, strlen(msg->room));
	if (!msg->on) {
		if (fd == NULL)
			return;
		room = fd->fd_count > 0 ? fd->fd_room : NULL;
		federated_free(fe, fd);
		if (room != NULL)
			room_changed(room, now);
		return;
	}
	if (fd != NULL && memcmp(fd->fd_tag, msg->tag, TAG_LEN) != 0) {
		/* One name has one tag: it has lost its wits. */
		fe->fe_counters.fn_excess++;
		return;
	}
	if (fd == NULL && (msg->room[0] == '\0' ||
	    (fd = federated_new(fe, msg)) == NULL)) {
		fe->fe_counters.fn_excess++;
		return;
	}
	fd->fd_stale = false;
	if (fe->fe_present)
		federated_owe(fe, fd);
}

/* Length of what tells this person from others. */
static size_t
person_key(const char *fp, const char *alias, const char *label,
    char key[PERSON_MAX])
{
	size_t	n = strlen(alias);

	if (fp[0] != '\0')
		return (strlcpy(key, fp, PERSON_MAX));
	/* No fingerprint begins with NUL. */
	key[0] = '\0';
	memcpy(key + 1, alias, n + 1);
	return (2 + n + strlcpy(key + 2 + n, label, PERSON_MAX - 2 - n));
}

void
federate_member(struct federate *fe, const struct msg_fed_member *msg)
{
	struct federated	*fd;
	struct remote		*re;
	char			 key[PERSON_MAX];
	size_t			 len;

	fd = table_find(fe->fe_names, msg->room, strlen(msg->room));
	if (fd == NULL) {
		fe->fe_counters.fn_unknown++;
		return;
	}
	len = person_key(msg->fingerprint, msg->alias, msg->label, key);
	re = table_find(fd->fd_people, key, len);
	if (!msg->present) {
		if (re == NULL)
			return;
		remote_free(fe, fd, re);
		federated_change(fe, fd);
		return;
	}
	if (re != NULL) {
		re->re_stale = false;
		if (strcmp(re->re_alias, msg->alias) == 0 &&
		    strcmp(re->re_label, msg->label) == 0)
			return;
	} else {
		if (fe->fe_people >= FEDERATE_TOTAL_MAX ||
		    (re = calloc(1, sizeof(*re))) == NULL) {
			fe->fe_counters.fn_excess++;
			return;
		}
		if (table_insert(fd->fd_people, key, len, re) == -1) {
			free(re);
			fe->fe_counters.fn_excess++;
			return;
		}
		strlcpy(re->re_fp, msg->fingerprint, sizeof(re->re_fp));
		TAILQ_INSERT_TAIL(&fd->fd_remotes, re, re_entry);
		fd->fd_count++;
		fe->fe_people++;
	}
	strlcpy(re->re_alias, msg->alias, sizeof(re->re_alias));
	strlcpy(re->re_label, msg->label, sizeof(re->re_label));
	federated_change(fe, fd);
}

static void
remote_free(struct federate *fe, struct federated *fd, struct remote *re)
{
	char	key[PERSON_MAX];
	size_t	len;

	len = person_key(re->re_fp, re->re_alias, re->re_label, key);
	(void)table_remove(fd->fd_people, key, len);
	TAILQ_REMOVE(&fd->fd_remotes, re, re_entry);
	fd->fd_count--;
	fe->fe_people--;
	free(re);
}

void
federate_federd(struct federate *fe, bool present, uint64_t now)
{
	struct federated	*fd;

	if (fe->fe_ops == NULL)
		return;
	if (!present && !fe->fe_present)
		return;
	/* What the last one said holds until this one had time to say it. */
	if (table_count(fe->fe_names) > 0) {
		if (fe->fe_present)
			federate_doubt(fe);
		fe->fe_forget = now + FEDERATE_AWAY_NS;
	}
	fe->fe_present = present;
	fe->fe_gathered = 0;
	fe->fe_again = UINT64_MAX;
	while ((fd = TAILQ_FIRST(&fe->fe_owed)) != NULL) {
		TAILQ_REMOVE(&fe->fe_owed, fd, fd_owed_entry);
		fd->fd_owed = false;
	}
}

static void
federate_doubt(struct federate *fe)
{
	struct federated	*fd;
	struct remote		*re;
	size_t			 iter = 0;

	while ((fd = table_next(fe->fe_names, &iter)) != NULL) {
		fd->fd_stale = true;
		TAILQ_FOREACH(re, &fd->fd_remotes, re_entry)
			re->re_stale = true;
	}
}

/* What was not said again. */
static void
federate_forget(struct federate *fe, uint64_t now)
{
	struct federated	*fd;
	struct remote		*next, *re;
	struct room		*room;
	size_t			 iter = 0;

	fe->fe_forget = UINT64_MAX;
	while ((fd = table_next(fe->fe_names, &iter)) != NULL) {
		if (fd->fd_stale) {
			room = fd->fd_count > 0 ? fd->fd_room : NULL;
			federated_free(fe, fd);
			if (room != NULL)
				room_changed(room, now);
			continue;
		}
		for (re = TAILQ_FIRST(&fd->fd_remotes); re != NULL;
		    re = next) {
			next = TAILQ_NEXT(re, re_entry);
			if (!re->re_stale)
				continue;
			remote_free(fe, fd, re);
			federated_change(fe, fd);
		}
	}
}

static void
federate_push(struct federate *fe)
{
	struct federated	*fd;

	while ((fd = TAILQ_FIRST(&fe->fe_owed)) != NULL) {
		if (!federated_tell(fe, fd))
			return;
		TAILQ_REMOVE(&fe->fe_owed, fd, fd_owed_entry);
		fd->fd_owed = false;
	}
}

uint64_t
federate_expiry(const struct federate *fe)
{
	uint64_t	due = fe->fe_forget;

	if (fe->fe_gathered > 0 || !TAILQ_EMPTY(&fe->fe_changed))
		return (0);
	if (!TAILQ_EMPTY(&fe->fe_owed))
		due = clock_earlier(due, fe->fe_again == UINT64_MAX ? 0 :
		    fe->fe_again);
	return (due);
}

bool
federate_expire(struct federate *fe, uint64_t now)
{
	struct federated	*fd;
	bool			 did = false;

	/* Whenever a batch was full, another was begun. */
	if (fe->fe_gathered > 0) {
		federate_send(fe);
		fe->fe_ops->flush(fe->fe_arg);
	}
	if (fe->fe_forget <= now) {
		federate_forget(fe, now);
		did = true;
	}
	while ((fd = TAILQ_FIRST(&fe->fe_changed)) != NULL) {
		TAILQ_REMOVE(&fe->fe_changed, fd, fd_changed_entry);
		fd->fd_changed = false;
		room_changed(fd->fd_room, now);
		did = true;
	}
	if (!TAILQ_EMPTY(&fe->fe_owed) &&
	    (fe->fe_again == UINT64_MAX || fe->fe_again <= now)) {
		federate_push(fe);
		fe->fe_again = TAILQ_EMPTY(&fe->fe_owed) ? UINT64_MAX :
		    now + FEDERATE_AGAIN_NS;
	}
	return (did);
}

const struct federate_counters *
federate_counters(const struct federate *fe)
{
	return (&fe->fe_counters);
}

size_t
federate_rooms(const struct federate *fe)
{
	return (table_count(fe->fe_names));
}

size_t
federate_people(const struct federate *fe)
{
	return (fe->fe_people);
}
