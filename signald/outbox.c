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
 * The outbox: records in flight ordered by sequence number, records that wait
 * to be sent (again), and records that registryd refused.
 */
#include "config.h"

#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "signald/outbox.h"

enum record_place {
	RECORD_FLYING,		/* rising seq */
	RECORD_WAITING,		/* in order of arrival */
	RECORD_REFUSED,		/* until the next attempt is due */
	RECORD_PLACES
};

struct record {
	TAILQ_ENTRY(record)	rec_entry;
	TAILQ_ENTRY(record)	rec_ended_entry;
	struct msg_call_put	rec_put;
	uint8_t			rec_key[CALL_ID_STRLEN + 8];
	size_t			rec_keylen;
	enum record_place	rec_place;
	bool			rec_ended;	/* in ob_ended */
	bool			rec_maybe;	/* a version may be on disk */
	bool			rec_doubt;	/* was in flight at a crash */
};

TAILQ_HEAD(record_queue, record);

struct outbox {
	struct table		*ob_records;
	struct record_queue	 ob_queue[RECORD_PLACES];
	/* Of ended calls and not in flight: can be forgotten. */
	struct record_queue	 ob_ended;
	size_t			 ob_max;
	uint64_t		 ob_seq;	/* last one used */
	uint64_t		 ob_done;	/* last one answered */
	uint64_t		 ob_retry_ns;	/* UINT64_MAX: not armed */
	uint64_t		 ob_dropped;
	bool			 ob_up;
	const struct outbox_ops	*ob_ops;
	void			*ob_arg;
};

static size_t	 record_key(uint8_t *, const char *, uint64_t);
static void	 record_free(struct outbox *, struct record *);
static void	 record_move(struct outbox *, struct record *,
		    enum record_place);
static void	 record_settle(struct outbox *, struct record *);
static void	 outbox_send_waiting(struct outbox *);
static void	 outbox_answered(struct outbox *, uint64_t);
static void	 outbox_refused(struct outbox *,
		    const struct msg_call_committed *, uint64_t);
static bool	 outbox_make_room(struct outbox *);

struct outbox *
outbox_new(size_t max, const struct outbox_ops *ops, void *arg)
{
	struct outbox	*ob;
	size_t		 i;

	if ((ob = calloc(1, sizeof(*ob))) == NULL)
		return (NULL);
	if ((ob->ob_records = table_new(OUTBOX_HARD_MAX)) == NULL) {
		free(ob);
		return (NULL);
	}
	for (i = 0; i < RECORD_PLACES; i++)
		TAILQ_INIT(&ob->ob_queue[i]);
	TAILQ_INIT(&ob->ob_ended);
	ob->ob_max = max;
	ob->ob_retry_ns = UINT64_MAX;
	ob->ob_ops = ops;
	ob->ob_arg = arg;
	return (ob);
}

void
outbox_free(struct outbox *ob)
{
	struct record	*rec;
	size_t		 i;

	if (ob == NULL)
		return;
	for (i = 0; i < RECORD_PLACES; i++) {
		while ((rec = TAILQ_FIRST(&ob->ob_queue[i])) != NULL)
			record_free(ob, rec);
	}
	table_free(ob->ob_records);
	free(ob);
}

void
outbox_set_max(struct outbox *ob, size_t max)
{
	ob->ob_max = max;
}

/* A call_id may be used again after its call ended: the time tells them. */
static size_t
record_key(uint8_t *key, const char *call_id, uint64_t created_ms)
{
	size_t	len = strnlen(call_id, CALL_ID_STRLEN - 1);

	memcpy(key, &created_ms, sizeof(created_ms));
	memcpy(key + sizeof(created_ms), call_id, len);
	return (len + sizeof(created_ms));
}

static void
record_free(struct outbox *ob, struct record *rec)
{
	TAILQ_REMOVE(&ob->ob_queue[rec->rec_place], rec, rec_entry);
	if (rec->rec_ended)
		TAILQ_REMOVE(&ob->ob_ended, rec, rec_ended_entry);
	table_remove(ob->ob_records, rec->rec_key, rec->rec_keylen);
	free(rec);
}

static void
record_move(struct outbox *ob, struct record *rec, enum record_place place)
{
	TAILQ_REMOVE(&ob->ob_queue[rec->rec_place], rec, rec_entry);
	rec->rec_place = place;
	TAILQ_INSERT_TAIL(&ob->ob_queue[place], rec, rec_entry);
	record_settle(ob, rec);
}

/* Its place or its state has changed. */
static void
record_settle(struct outbox *ob, struct record *rec)
{
	bool	ended;

	ended = rec->rec_put.state == CALL_ENDED &&
	    rec->rec_place != RECORD_FLYING;
	if (ended == rec->rec_ended)
		return;
	rec->rec_ended = ended;
	if (ended)
		TAILQ_INSERT_TAIL(&ob->ob_ended, rec, rec_ended_entry);
	else
		TAILQ_REMOVE(&ob->ob_ended, rec, rec_ended_entry);
}

/*
 * As many as may be on their way: a registryd that does not answer for a
 * while must not find its channel full.
 */
static void
outbox_send_waiting(struct outbox *ob)
{
	struct record	*rec;

	while (ob->ob_up && ob->ob_seq - ob->ob_done < OUTBOX_WINDOW &&
	    (rec = TAILQ_FIRST(&ob->ob_queue[RECORD_WAITING])) != NULL) {
		rec->rec_put.seq = ++ob->ob_seq;
		if (ob->ob_ops->send(ob->ob_arg, &rec->rec_put) == -1) {
			ob->ob_up = false;
			return;
		}
		rec->rec_maybe = true;
		record_move(ob, rec, RECORD_FLYING);
	}
}

/* Only ended calls can be forgotten: the others still need their slot. */
static bool
outbox_make_room(struct outbox *ob)
{
	struct record	*rec;

	if (table_count(ob->ob_records) < ob->ob_max)
		return (true);
	if ((rec = TAILQ_FIRST(&ob->ob_ended)) == NULL)
		return (false);
	ob->ob_dropped++;
	record_free(ob, rec);
	return (true);
}

int
outbox_put(struct outbox *ob, const struct msg_call_put *put)
{
	struct record	*rec;
	uint8_t		 key[sizeof(rec->rec_key)];
	size_t		 keylen;

	keylen = record_key(key, put->call_id, put->created_ms);
	rec = table_find(ob->ob_records, key, keylen);
	if (rec == NULL) {
		if (!outbox_make_room(ob)) {
			errno = ENOSPC;
			return (-1);
		}
		if ((rec = calloc(1, sizeof(*rec))) == NULL)
			return (-1);
		memcpy(rec->rec_key, key, keylen);
		rec->rec_keylen = keylen;
		if (table_insert(ob->ob_records, key, keylen, rec) == -1) {
			free(rec);
			return (-1);
		}
		/* No earlier version is known here: it may be on disk. */
		rec->rec_maybe = put->state != CALL_PENDING;
		rec->rec_place = RECORD_WAITING;
		TAILQ_INSERT_TAIL(&ob->ob_queue[RECORD_WAITING], rec,
		    rec_entry);
	} else if (rec->rec_place != RECORD_WAITING)
		record_move(ob, rec, RECORD_WAITING);
	rec->rec_put = *put;
	record_settle(ob, rec);
	outbox_send_waiting(ob);
	return (0);
}

bool
outbox_forget(struct outbox *ob, const char *call_id, uint64_t created_ms)
{
	struct record	*rec;
	uint8_t		 key[sizeof(rec->rec_key)];
	size_t		 keylen;

	keylen = record_key(key, call_id, created_ms);
	rec = table_find(ob->ob_records, key, keylen);
	if (rec == NULL || rec->rec_maybe)
		return (false);
	record_free(ob, rec);
	return (true);
}

bool
outbox_has(const struct outbox *ob, const char *call_id, uint64_t created_ms)
{
	uint8_t	key[CALL_ID_STRLEN + 8];
	size_t	keylen;

	keylen = record_key(key, call_id, created_ms);
	return (table_find(ob->ob_records, key, keylen) != NULL);
}

/* Whatever was sent up to here has left the channel. */
static void
outbox_answered(struct outbox *ob, uint64_t seq)
{
	if (seq > ob->ob_seq)
		seq = ob->ob_seq;
	if (seq > ob->ob_done)
		ob->ob_done = seq;
}

static void
outbox_refused(struct outbox *ob, const struct msg_call_committed *msg,
    uint64_t now)
{
	struct msg_call_put	 put;
	struct record		*rec;

	TAILQ_FOREACH(rec, &ob->ob_queue[RECORD_FLYING], rec_entry) {
		if (rec->rec_put.seq >= msg->seq)
			break;
	}
	/* An answer to a version that is outdated: nothing to do. */
	if (rec == NULL || rec->rec_put.seq != msg->seq)
		return;
	if (rec->rec_put.state == CALL_PENDING && !rec->rec_doubt)
		rec->rec_maybe = false;
	record_move(ob, rec, RECORD_REFUSED);
	if (ob->ob_retry_ns == UINT64_MAX)
		ob->ob_retry_ns = now + OUTBOX_RETRY_NS;
	put = rec->rec_put;
	ob->ob_ops->refused(ob->ob_arg, &put, msg->error);
}

void
outbox_committed(struct outbox *ob, const struct msg_call_committed *msg,
    uint64_t now)
{
	struct msg_call_put	 put;
	struct record		*rec;
	uint64_t		 last;

	/* What the callbacks put now is not meant, whatever msg->seq says. */
	last = msg->seq < ob->ob_seq ? msg->seq : ob->ob_seq;
	outbox_answered(ob, last);
	if (!msg->ok)
		outbox_refused(ob, msg, now);
	while (msg->ok &&
	    (rec = TAILQ_FIRST(&ob->ob_queue[RECORD_FLYING])) != NULL &&
	    rec->rec_put.seq <= last) {
		put = rec->rec_put;
		record_free(ob, rec);
		ob->ob_ops->confirmed(ob->ob_arg, &put);
	}
	outbox_send_waiting(ob);
}

void
outbox_up(struct outbox *ob)
{
	outbox_down(ob);
	ob->ob_up = true;
	outbox_send_waiting(ob);
}

void
outbox_down(struct outbox *ob)
{
	struct record	*rec;

	ob->ob_up = false;
	ob->ob_retry_ns = UINT64_MAX;
	ob->ob_done = ob->ob_seq;
	while ((rec = TAILQ_FIRST(&ob->ob_queue[RECORD_FLYING])) != NULL) {
		rec->rec_doubt = true;
		record_move(ob, rec, RECORD_WAITING);
	}
	while ((rec = TAILQ_FIRST(&ob->ob_queue[RECORD_REFUSED])) != NULL)
		record_move(ob, rec, RECORD_WAITING);
}

uint64_t
outbox_expiry(const struct outbox *ob)
{
	return (ob->ob_up ? ob->ob_retry_ns : UINT64_MAX);
}

void
outbox_expire(struct outbox *ob, uint64_t now)
{
	struct record	*rec;

	if (!ob->ob_up || now < ob->ob_retry_ns)
		return;
	ob->ob_retry_ns = UINT64_MAX;
	while ((rec = TAILQ_FIRST(&ob->ob_queue[RECORD_REFUSED])) != NULL)
		record_move(ob, rec, RECORD_WAITING);
	outbox_send_waiting(ob);
}

size_t
outbox_count(const struct outbox *ob)
{
	return (table_count(ob->ob_records));
}

uint64_t
outbox_dropped(const struct outbox *ob)
{
	return (ob->ob_dropped);
}
