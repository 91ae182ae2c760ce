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
 * registryd: owns the call registry.  Messages are queued as they arrive;
 * before the loop sleeps one transaction takes them all, and what piled up in
 * the channels meanwhile is the next one.  Long answers and pruning advance
 * by a slice whenever nothing else is to be done.
 */
#include "config.h"

#include <sys/stat.h>

#include <ev.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/worker/worker.h"
#include "registryd/commit.h"
#include "registryd/query.h"
#include "registryd/store.h"

#define PRUNE_EVERY_S	60.
/* Until kept proofs and counters are tried again after a failure. */
#define RETRY_AFTER_S	1.
/* Until a reader that did not keep up is looked at again. */
#define SLOW_AFTER_S	0.02

struct registryd {
	struct worker		*rd_worker;
	struct msg_settings	 rd_settings;
	struct store		*rd_store;
	struct commit		*rd_commit;
	struct queries		*rd_queries;
	ev_prepare		 rd_prepare;
	ev_idle			 rd_idle;
	ev_timer		 rd_prune;
	ev_timer		 rd_retry;
	ev_timer		 rd_slow;
	ev_timer		 rd_deadline;
	bool			 rd_pruning;
	bool			 rd_stopping;
	uint64_t		 rd_pruned;
};

static void	 registryd_settings(struct worker *,
		    const struct msg_settings *);
static void	 registryd_channel_lost(struct worker *, enum proc,
		    unsigned int, bool);
static int	 registryd_start(struct worker *);
static int	 registryd_serve(struct worker *);
static void	 registryd_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	 registryd_shutdown(struct worker *, uint64_t);
static void	 registryd_stats(struct worker *, struct row *);
static void	 registryd_committed(void *,
		    const struct msg_call_committed *);
static void	 registryd_proven(void *, const struct msg_proven_answer *);
static void	 registryd_run(struct registryd *);
static void	 registryd_prepare(struct ev_loop *, ev_prepare *, int);
static void	 registryd_idle(struct ev_loop *, ev_idle *, int);
static void	 registryd_prune(struct ev_loop *, ev_timer *, int);
static void	 registryd_retry(struct ev_loop *, ev_timer *, int);
static void	 registryd_slow(struct ev_loop *, ev_timer *, int);
static void	 registryd_deadline(struct ev_loop *, ev_timer *, int);

static const struct worker_ops	registryd_worker_ops = {
	.role = PROC_REGISTRYD,
	.gathers = true,
	.settings = registryd_settings,
	.channel_lost = registryd_channel_lost,
	.start = registryd_start,
	.serve = registryd_serve,
	.message = registryd_message,
	.shutdown = registryd_shutdown,
	.stats = registryd_stats
};

static const struct commit_ops	registryd_commit_ops = {
	registryd_committed,
	registryd_proven
};

static void
registryd_settings(struct worker *worker, const struct msg_settings *settings)
{
	struct registryd	*rd = worker_ctx(worker);

	rd->rd_settings = *settings;
	if (rd->rd_store == NULL)
		return;
	/* Read anew while we serve. */
	store_set_limits(rd->rd_store, settings->retention_s,
	    settings->max_records);
	rd->rd_pruning = true;
}

/* SQLite wants random bytes once; later there is no device to read. */
static int
registryd_start(struct worker *worker)
{
	struct registryd	*rd = worker_ctx(worker);
	unsigned char		 byte;

	rd->rd_worker = worker;
	if (sqlite3_initialize() != SQLITE_OK) {
		log_warnx("SQLite does not start");
		return (-1);
	}
	sqlite3_randomness((int)sizeof(byte), &byte);
	return (0);
}

static int
registryd_serve(struct worker *worker)
{
	struct registryd	*rd = worker_ctx(worker);
	struct ev_loop		*loop = worker_loop(worker);
	struct store_config	 config;
	char			 why[256];

	memset(&config, 0, sizeof(config));
	config.st_path = rd->rd_settings.database;
	config.st_boot_id = rd->rd_settings.boot_id;
	config.st_retention_s = rd->rd_settings.retention_s;
	config.st_max_records = rd->rd_settings.max_records;
	if ((rd->rd_store = store_open(&config, why, sizeof(why))) == NULL) {
		log_warnx("database %s: %s", config.st_path, why);
		log_warnx("the file was left as it is: end the program that "
		    "has it open, or move it and its -wal file away and put a "
		    "good copy there; without any a new one is made");
		return (-1);
	}
	if (store_lost(rd->rd_store) != 0)
		log_info("calls of an earlier run closed as lost: %llu",
		    (unsigned long long)store_lost(rd->rd_store));
	rd->rd_commit = commit_new(rd->rd_store, &registryd_commit_ops, rd);
	rd->rd_queries = queries_new(rd->rd_store);
	if (rd->rd_commit == NULL || rd->rd_queries == NULL) {
		log_warn("queues");
		return (-1);
	}
	ev_prepare_init(&rd->rd_prepare, registryd_prepare);
	rd->rd_prepare.data = rd;
	ev_prepare_start(loop, &rd->rd_prepare);
	ev_idle_init(&rd->rd_idle, registryd_idle);
	rd->rd_idle.data = rd;
	ev_timer_init(&rd->rd_prune, registryd_prune, PRUNE_EVERY_S,
	    PRUNE_EVERY_S);
	rd->rd_prune.data = rd;
	ev_timer_start(loop, &rd->rd_prune);
	ev_timer_init(&rd->rd_retry, registryd_retry, RETRY_AFTER_S, 0.);
	rd->rd_retry.data = rd;
	ev_timer_init(&rd->rd_slow, registryd_slow, SLOW_AFTER_S, 0.);
	rd->rd_slow.data = rd;
	ev_timer_init(&rd->rd_deadline, registryd_deadline, 0., 0.);
	rd->rd_deadline.data = rd;
	rd->rd_pruning = true;
	return (0);
}

static void
registryd_channel_lost(struct worker *worker, enum proc peer,
    unsigned int instance, bool data)
{
	struct registryd	*rd = worker_ctx(worker);

	(void)instance;
	if (data || rd->rd_queries == NULL)
		return;
	queries_forget(rd->rd_queries, peer);
	/* Its last records came before: nothing more to wait for. */
	if (rd->rd_stopping && peer == PROC_SIGNALD) {
		registryd_run(rd);
		worker_exit(worker, 0);
	}
}

static void
registryd_message(struct channel *channel, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	struct worker		*worker = arg;
	struct registryd	*rd = worker_ctx(worker);

	if (fd != -1)
		close(fd);	/* no message of ours carries one */
	switch (type) {
	case MSG_CALL_PUT:
		(void)commit_put(rd->rd_commit, msg);
		break;
	case MSG_CALL_MEDIA:
		(void)commit_media(rd->rd_commit, msg);
		break;
	case MSG_PROVEN_PUT:
		(void)commit_prove(rd->rd_commit, msg);
		break;
	case MSG_PROVEN_QUERY:
		(void)commit_query(rd->rd_commit, msg);
		break;
	case MSG_LIVE_REQUEST:
		/* The answer includes all that was said before. */
		registryd_run(rd);
		queries_live(rd->rd_queries, channel, msg);
		break;
	case MSG_CTL_QUERY:
		queries_control(rd->rd_queries, channel, msg);
		break;
	default:
		/* The table lets nothing else through. */
		break;
	}
	if (commit_full(rd->rd_commit))
		registryd_run(rd);
}

/* Answers go to signald alone; if it is away it asks again. */
static void
registryd_committed(void *arg, const struct msg_call_committed *msg)
{
	struct registryd	*rd = arg;
	struct channel		*channel;

	channel = worker_channel(rd->rd_worker, PROC_SIGNALD, 0);
	if (channel != NULL)
		(void)channel_send(channel, MSG_CALL_COMMITTED, msg);
}

static void
registryd_proven(void *arg, const struct msg_proven_answer *msg)
{
	struct registryd	*rd = arg;
	struct channel		*channel;

	channel = worker_channel(rd->rd_worker, PROC_SIGNALD, 0);
	if (channel != NULL)
		(void)channel_send(channel, MSG_PROVEN_ANSWER, msg);
}

static void
registryd_run(struct registryd *rd)
{
	struct ev_loop	*loop = worker_loop(rd->rd_worker);

	(void)commit_run(rd->rd_commit, clock_wall_ms());
	if (commit_kept(rd->rd_commit) && !ev_is_active(&rd->rd_retry)) {
		ev_timer_set(&rd->rd_retry, RETRY_AFTER_S, 0.);
		ev_timer_start(loop, &rd->rd_retry);
	}
}

static void
registryd_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct registryd	*rd = prepare->data;

	(void)events;
	if (commit_wanted(rd->rd_commit))
		registryd_run(rd);
	if (rd->rd_pruning || !queries_blocked(rd->rd_queries)) {
		ev_idle_start(loop, &rd->rd_idle);
		return;
	}
	ev_idle_stop(loop, &rd->rd_idle);
	if (queries_wanted(rd->rd_queries) && !ev_is_active(&rd->rd_slow)) {
		ev_timer_set(&rd->rd_slow, SLOW_AFTER_S, 0.);
		ev_timer_start(loop, &rd->rd_slow);
	}
}

static void
registryd_idle(struct ev_loop *loop, ev_idle *idle, int events)
{
	struct registryd	*rd = idle->data;
	int			 n;

	(void)loop;
	(void)events;
	if (!queries_blocked(rd->rd_queries)) {
		queries_slice(rd->rd_queries);
		return;
	}
	if (!rd->rd_pruning)
		return;
	if ((n = store_prune(rd->rd_store, clock_wall_ms())) > 0)
		rd->rd_pruned += (uint64_t)n;
	else
		rd->rd_pruning = false;
}

static void
registryd_prune(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct registryd	*rd = timer->data;

	(void)loop;
	(void)events;
	rd->rd_pruning = true;
}

/* What is blocked is looked at when the loop gets to registryd_prepare(). */
static void
registryd_slow(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
}

static void
registryd_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct registryd	*rd = timer->data;

	(void)loop;
	(void)events;
	registryd_run(rd);
}

/* Stop: signald's last records are waited for, until its channel closes. */

static void
registryd_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct registryd	*rd = timer->data;

	(void)loop;
	(void)events;
	registryd_run(rd);
	worker_exit(rd->rd_worker, 0);
}

static void
registryd_shutdown(struct worker *worker, uint64_t deadline_ms)
{
	struct registryd	*rd = worker_ctx(worker);

	if (rd->rd_commit == NULL ||
	    worker_channel(worker, PROC_SIGNALD, 0) == NULL) {
		if (rd->rd_commit != NULL)
			registryd_run(rd);
		worker_exit(worker, 0);
		return;
	}
	if (rd->rd_stopping)
		return;
	rd->rd_stopping = true;
	/* An eighth is left for the last commit. */
	deadline_ms -= deadline_ms / 8;
	ev_timer_set(&rd->rd_deadline, (double)deadline_ms / 1000., 0.);
	ev_timer_start(worker_loop(worker), &rd->rd_deadline);
}

static void
registryd_stats(struct worker *worker, struct row *row)
{
	struct registryd		*rd = worker_ctx(worker);
	const struct commit_stats	*cs;

	if (rd->rd_commit == NULL)
		return;
	cs = commit_stats(rd->rd_commit);
	row_u64(row, "commits", cs->cs_batches);
	row_u64(row, "commits_failed", cs->cs_failed);
	row_u64(row, "records", cs->cs_records);
	row_u64(row, "refused", cs->cs_refused);
	row_u64(row, "counters_lost", cs->cs_lost);
	row_u64(row, "pruned", rd->rd_pruned);
	row_u64(row, "lost_calls", store_lost(rd->rd_store));
}

int
main(int argc, char **argv)
{
	static struct registryd	rd;

	/* Who called whom is nobody else's business. */
	(void)umask(S_IRWXG | S_IRWXO);
	return (worker_main(argc, argv, &registryd_worker_ops, &rd));
}
