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

/* The queue in front of the store. */
#include "config.h"

#include <sys/queue.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "registryd/commit.h"

enum part_kind {
	PART_PUT,
	PART_MEDIA,
	PART_PROVE,
	PART_QUERY
};

struct part {
	STAILQ_ENTRY(part)		 part_entry;
	enum part_kind			 part_kind;
	enum store_result		 part_result;
	union {
		struct msg_call_put	 put;
		struct msg_call_media	 media;
		struct msg_proven_put	 prove;
		struct msg_proven_query	 query;
	}				 part_u;
	char				 part_error[128];
};

STAILQ_HEAD(part_queue, part);

struct commit {
	struct store		*cm_store;
	struct part_queue	 cm_parts;	/* in order of arrival */
	struct table		*cm_proofs;	/* fp -> its part of these */
	size_t			 cm_count;
	size_t			 cm_kept;	/* of them: tried before */
	size_t			 cm_writes;	/* of them: not queries */
	bool			 cm_failing;	/* logged */
	struct commit_stats	 cm_stats;
	const struct commit_ops	*cm_ops;
	void			*cm_arg;
};

static struct part
		*commit_add(struct commit *, enum part_kind);
static void	 part_free(struct commit *, struct part *);
static void	 commit_write(struct commit *, struct part *, uint64_t);
static int	 commit_transaction(struct commit *, uint64_t);
static int	 commit_is_proven(const struct commit *, const char *);
static void	 commit_answer(struct commit *, const char *);
static void	 commit_say(struct commit *, uint64_t, bool, const char *);
static void	 commit_clear(struct commit *, bool);

struct commit *
commit_new(struct store *store, const struct commit_ops *ops, void *arg)
{
	struct commit	*cm;

	if ((cm = calloc(1, sizeof(*cm))) == NULL)
		return (NULL);
	if ((cm->cm_proofs = table_new(SIZE_MAX)) == NULL) {
		free(cm);
		return (NULL);
	}
	cm->cm_store = store;
	STAILQ_INIT(&cm->cm_parts);
	cm->cm_ops = ops;
	cm->cm_arg = arg;
	return (cm);
}

void
commit_free(struct commit *cm)
{
	struct part	*part;

	if (cm == NULL)
		return;
	while ((part = STAILQ_FIRST(&cm->cm_parts)) != NULL) {
		STAILQ_REMOVE_HEAD(&cm->cm_parts, part_entry);
		part_free(cm, part);
	}
	table_free(cm->cm_proofs);
	free(cm);
}

static void
part_free(struct commit *cm, struct part *part)
{
	const char	*fp = part->part_u.prove.fingerprint;

	if (part->part_kind == PART_PROVE &&
	    table_find(cm->cm_proofs, fp, strlen(fp)) == part)
		(void)table_remove(cm->cm_proofs, fp, strlen(fp));
	free(part);
}

static struct part *
commit_add(struct commit *cm, enum part_kind kind)
{
	struct part	*part;

	if ((part = calloc(1, sizeof(*part))) == NULL)
		return (NULL);
	part->part_kind = kind;
	STAILQ_INSERT_TAIL(&cm->cm_parts, part, part_entry);
	cm->cm_count++;
	if (kind != PART_QUERY)
		cm->cm_writes++;
	return (part);
}

static void
commit_say(struct commit *cm, uint64_t seq, bool ok, const char *error)
{
	struct msg_call_committed	msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = seq;
	msg.ok = ok;
	if (error != NULL)
		strlcpy(msg.error, error, sizeof(msg.error));
	cm->cm_ops->committed(cm->cm_arg, &msg);
}

int
commit_put(struct commit *cm, const struct msg_call_put *put)
{
	struct part	*part;

	if ((part = commit_add(cm, PART_PUT)) == NULL) {
		commit_say(cm, put->seq, false, "no memory");
		return (-1);
	}
	part->part_u.put = *put;
	return (0);
}

int
commit_media(struct commit *cm, const struct msg_call_media *media)
{
	struct part	*part;

	if ((part = commit_add(cm, PART_MEDIA)) == NULL)
		return (-1);
	part->part_u.media = *media;
	return (0);
}

int
commit_prove(struct commit *cm, const struct msg_proven_put *prove)
{
	const char	*fp = prove->fingerprint;
	struct part	*part;

	/* Once is enough, and they are all repeated when we come back. */
	if (table_find(cm->cm_proofs, fp, strlen(fp)) != NULL)
		return (0);
	if ((part = commit_add(cm, PART_PROVE)) == NULL)
		return (-1);
	part->part_u.prove = *prove;
	/* Without memory it is known as soon as it is written. */
	(void)table_insert(cm->cm_proofs, fp, strlen(fp), part);
	return (0);
}

int
commit_query(struct commit *cm, const struct msg_proven_query *query)
{
	struct part	*part;

	if ((part = commit_add(cm, PART_QUERY)) == NULL)
		return (-1);
	part->part_u.query = *query;
	return (0);
}

bool
commit_wanted(const struct commit *cm)
{
	return (cm->cm_count > cm->cm_kept);
}

bool
commit_full(const struct commit *cm)
{
	return (cm->cm_count - cm->cm_kept >= COMMIT_BATCH_MAX);
}

bool
commit_kept(const struct commit *cm)
{
	return (cm->cm_kept != 0);
}

static void
commit_write(struct commit *cm, struct part *part, uint64_t now_ms)
{
	switch (part->part_kind) {
	case PART_PUT:
		part->part_result = store_put(cm->cm_store,
		    &part->part_u.put);
		break;
	case PART_MEDIA:
		part->part_result = store_media(cm->cm_store,
		    &part->part_u.media, now_ms);
		break;
	case PART_PROVE:
		part->part_result = store_prove(cm->cm_store,
		    part->part_u.prove.fingerprint, now_ms);
		break;
	case PART_QUERY:
		part->part_result = STORE_OK;
		break;
	}
	if (part->part_result != STORE_OK)
		strlcpy(part->part_error, store_error(cm->cm_store),
		    sizeof(part->part_error));
}

static int
commit_transaction(struct commit *cm, uint64_t now_ms)
{
	struct part	*part;

	if (store_begin(cm->cm_store) == -1)
		return (-1);
	STAILQ_FOREACH(part, &cm->cm_parts, part_entry) {
		commit_write(cm, part, now_ms);
		if (part->part_result == STORE_FAILED) {
			store_rollback(cm->cm_store);
			return (-1);
		}
	}
	return (store_commit(cm->cm_store));
}

/* A proof that could not be written yet counts all the same. */
static int
commit_is_proven(const struct commit *cm, const char *fp)
{
	if (table_find(cm->cm_proofs, fp, strlen(fp)) != NULL)
		return (1);
	return (store_is_proven(cm->cm_store, fp));
}

/*
 * error: the whole batch failed.  Failures go first, so that the one good
 * answer with the highest number does not cover them.
 */
static void
commit_answer(struct commit *cm, const char *error)
{
	struct msg_proven_answer	 answer;
	struct part			*part;
	uint64_t			 last = 0;
	int				 proven;

	STAILQ_FOREACH(part, &cm->cm_parts, part_entry) {
		if (part->part_kind != PART_PUT)
			continue;
		if (error != NULL || part->part_result != STORE_OK) {
			cm->cm_stats.cs_refused++;
			commit_say(cm, part->part_u.put.seq, false,
			    error != NULL ? error : part->part_error);
		} else {
			cm->cm_stats.cs_records++;
			if (part->part_u.put.seq > last)
				last = part->part_u.put.seq;
		}
	}
	if (last != 0)
		commit_say(cm, last, true, NULL);
	STAILQ_FOREACH(part, &cm->cm_parts, part_entry) {
		if (part->part_kind != PART_QUERY)
			continue;
		proven = commit_is_proven(cm, part->part_u.query.fingerprint);
		memset(&answer, 0, sizeof(answer));
		answer.seq = part->part_u.query.seq;
		answer.ok = proven != -1;
		answer.proven = proven == 1;
		cm->cm_ops->proven(cm->cm_arg, &answer);
	}
}

/*
 * After a failure only proofs and counters stay, at most so many.  Counters
 * go first: they come again, and a proof must not be lost because of them.
 */
static void
commit_clear(struct commit *cm, bool failed)
{
	struct part_queue	 kept, proofs;
	struct part		*part;

	STAILQ_INIT(&kept);
	STAILQ_INIT(&proofs);
	cm->cm_kept = 0;
	while ((part = STAILQ_FIRST(&cm->cm_parts)) != NULL) {
		STAILQ_REMOVE_HEAD(&cm->cm_parts, part_entry);
		if (failed && part->part_kind == PART_MEDIA) {
			STAILQ_INSERT_TAIL(&kept, part, part_entry);
			cm->cm_kept++;
		} else if (failed && part->part_kind == PART_PROVE) {
			STAILQ_INSERT_TAIL(&proofs, part, part_entry);
			cm->cm_kept++;
		} else
			part_free(cm, part);
	}
	STAILQ_CONCAT(&kept, &proofs);
	while (cm->cm_kept > COMMIT_KEEP_MAX) {
		part = STAILQ_FIRST(&kept);
		STAILQ_REMOVE_HEAD(&kept, part_entry);
		part_free(cm, part);
		cm->cm_kept--;
		cm->cm_stats.cs_lost++;
	}
	STAILQ_CONCAT(&cm->cm_parts, &kept);
	cm->cm_count = cm->cm_writes = cm->cm_kept;
}

int
commit_run(struct commit *cm, uint64_t now_ms)
{
	char	error[128];
	int	result = 0;

	if (cm->cm_count == 0)
		return (0);
	if (cm->cm_writes != 0) {
		cm->cm_stats.cs_batches++;
		result = commit_transaction(cm, now_ms);
	}
	if (result == -1) {
		cm->cm_stats.cs_failed++;
		strlcpy(error, store_error(cm->cm_store), sizeof(error));
		if (!cm->cm_failing)
			log_warnx("nothing is recorded: %s", error);
	} else if (cm->cm_failing && cm->cm_writes != 0)
		log_info("records are written again");
	if (cm->cm_writes != 0)
		cm->cm_failing = result == -1;
	commit_answer(cm, result == -1 ? error : NULL);
	commit_clear(cm, result == -1);
	return (result);
}

const struct commit_stats *
commit_stats(const struct commit *cm)
{
	return (&cm->cm_stats);
}
