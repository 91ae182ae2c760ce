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
 * The queue in front of the call registry: one transaction for many records,
 * and one honest answer when the database is locked, full, or gone.
 *
 * COVERS: registry - what could not be written is refused, never confirmed
 */
#include "config.h"

#include <sys/resource.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "common/base/log.h"
#include "registryd/commit.h"
#include "regress/unit/quiet.h"
#include "regress/unit/registry_world.h"

struct answers {
	struct msg_call_committed	 committed[16];
	size_t				 n;
	struct msg_proven_answer	 proven[4];
	size_t				 nproven;
};

static void
take_committed(void *arg, const struct msg_call_committed *msg)
{
	struct answers	*a = arg;

	assert_true(a->n < 16);
	a->committed[a->n++] = *msg;
}

static void
take_proven(void *arg, const struct msg_proven_answer *msg)
{
	struct answers	*a = arg;

	assert_true(a->nproven < 4);
	a->proven[a->nproven++] = *msg;
}

static const struct commit_ops	commit_ops = { take_committed, take_proven };

static void
queue(struct commit *cm, uint64_t seq, const char *id, enum call_state s)
{
	struct msg_call_put	*put = record(id, s);

	put->seq = seq;
	assert_int_equal(commit_put(cm, put), 0);
}

static void
group_commit(void **state)
{
	struct answers		 a;
	struct store		*st = open_store(BOOT);
	struct commit		*cm = commit_new(st, &commit_ops, &a);
	struct msg_call_put	*bad;
	struct msg_proven_put	 prove;
	struct msg_proven_query	 query;
	uint64_t		 i;
	char			 id[16];

	(void)state;
	memset(&a, 0, sizeof(a));
	assert_non_null(cm);
	assert_false(commit_wanted(cm));
	assert_int_equal(commit_run(cm, T0), 0);
	assert_int_equal(commit_stats(cm)->cs_batches, 0);
	/* One transaction and one answer for all of it. */
	for (i = 1; i <= 100; i++) {
		(void)snprintf(id, sizeof(id), "c%llu",
		    (unsigned long long)i);
		queue(cm, i, id, CALL_PENDING);
	}
	assert_true(commit_wanted(cm));
	assert_int_equal(commit_run(cm, T0), 0);
	assert_false(commit_wanted(cm));
	assert_int_equal(commit_stats(cm)->cs_batches, 1);
	assert_int_equal(commit_stats(cm)->cs_records, 100);
	assert_int_equal(a.n, 1);
	assert_true(a.committed[0].ok);
	assert_int_equal(a.committed[0].seq, 100);
	assert_int_equal(live(st), 100);

	/* A bad one among good ones: its answer comes first, and alone. */
	a.n = 0;
	queue(cm, 101, "c101", CALL_PENDING);
	bad = record("c102", CALL_PENDING);
	bad->state = 9;
	bad->seq = 102;
	assert_int_equal(commit_put(cm, bad), 0);
	queue(cm, 103, "c103", CALL_PENDING);
	assert_int_equal(commit_run(cm, T0), 0);
	assert_int_equal(a.n, 2);
	assert_false(a.committed[0].ok);
	assert_int_equal(a.committed[0].seq, 102);
	assert_true(a.committed[0].error[0] != '\0');
	assert_true(a.committed[1].ok);
	assert_int_equal(a.committed[1].seq, 103);
	assert_int_equal(live(st), 102);

	/* A question sees what was said before it. */
	memset(&prove, 0, sizeof(prove));
	strlcpy(prove.fingerprint, FP_C, sizeof(prove.fingerprint));
	memset(&query, 0, sizeof(query));
	query.seq = 5;
	strlcpy(query.fingerprint, FP_C, sizeof(query.fingerprint));
	assert_int_equal(commit_prove(cm, &prove), 0);
	assert_int_equal(commit_query(cm, &query), 0);
	assert_int_equal(commit_run(cm, T0), 0);
	assert_int_equal(a.nproven, 1);
	assert_true(a.proven[0].ok && a.proven[0].proven);
	assert_int_equal(a.proven[0].seq, 5);
	/* Questions alone need no transaction. */
	i = commit_stats(cm)->cs_batches;
	assert_int_equal(commit_query(cm, &query), 0);
	assert_int_equal(commit_run(cm, T0), 0);
	assert_int_equal(a.nproven, 2);
	assert_int_equal(commit_stats(cm)->cs_batches, i);
	commit_free(cm);
	store_close(st);
}

/* Somebody else holds the database: refused, and served again later. */
static void
locked(void **state)
{
	struct answers		 a;
	struct store		*st = open_store(BOOT);
	struct commit		*cm = commit_new(st, &commit_ops, &a);
	struct msg_proven_put	 prove;
	struct msg_proven_query	 query;
	sqlite3			*db;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&prove, 0, sizeof(prove));
	strlcpy(prove.fingerprint, FP_A, sizeof(prove.fingerprint));
	memset(&query, 0, sizeof(query));
	strlcpy(query.fingerprint, FP_A, sizeof(query.fingerprint));
	put_now(st, record("c1", CALL_PENDING));
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	assert_int_equal(commit_media(cm, media(FP_A, 12, 1, true)), 0);
	queue(cm, 1, "c1", CALL_PENDING);
	queue(cm, 2, "c2", CALL_PENDING);
	assert_int_equal(commit_prove(cm, &prove), 0);
	assert_int_equal(commit_query(cm, &query), 0);
	assert_int_equal(commit_run(cm, T0), -1);
	assert_int_equal(a.n, 2);
	assert_false(a.committed[0].ok);
	assert_false(a.committed[1].ok);
	assert_non_null(strstr(a.committed[0].error, "locked"));
	/* The proof waits, and counts already. */
	assert_int_equal(a.nproven, 1);
	assert_true(a.proven[0].ok && a.proven[0].proven);
	assert_true(commit_kept(cm));
	assert_false(commit_wanted(cm));
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);

	a.n = 0;
	queue(cm, 3, "c1", CALL_PENDING);
	assert_int_equal(commit_run(cm, T0), 0);
	assert_int_equal(a.n, 1);
	assert_true(a.committed[0].ok);
	assert_false(commit_kept(cm));
	assert_int_equal(store_is_proven(st, FP_A), 1);
	assert_int_equal(live(st), 1);
	/* So are the counters. */
	assert_int_equal(rows.row[0].sc_packets_in, 12);
	commit_free(cm);
	store_close(st);
}

/* What waits for a database that is away, and what is one batch, is bounded. */
static void
bounded(void **state)
{
	struct answers		 a;
	struct store		*st = open_store(BOOT);
	struct commit		*cm = commit_new(st, &commit_ops, &a);
	struct msg_proven_put	 prove;
	sqlite3			*db;
	unsigned int		 i;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&prove, 0, sizeof(prove));
	for (i = 0; i < COMMIT_KEEP_MAX + 3; i++) {
		assert_true(commit_full(cm) == (i >= COMMIT_BATCH_MAX));
		(void)snprintf(prove.fingerprint, sizeof(prove.fingerprint),
		    "%u", i);
		assert_int_equal(commit_prove(cm, &prove), 0);
	}
	/* Counters, however late, push no proof out. */
	assert_int_equal(commit_media(cm, media(FP_A, 1, 1, false)), 0);
	assert_int_equal(commit_media(cm, media(FP_A, 2, 2, false)), 0);
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	assert_int_equal(commit_run(cm, T0), -1);
	assert_int_equal(commit_stats(cm)->cs_lost, 5);
	assert_false(commit_full(cm));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(commit_run(cm, T0), 0);
	assert_int_equal(store_is_proven(st, "2"), 0);
	assert_int_equal(store_is_proven(st, "3"), 1);
	commit_free(cm);
	store_close(st);
}

/* A proof that is told again and again waits once, and is known meanwhile. */
static void
repeated(void **state)
{
	struct answers		 a;
	struct store		*st = open_store(BOOT);
	struct commit		*cm = commit_new(st, &commit_ops, &a);
	struct msg_proven_put	 prove;
	struct msg_proven_query	 query;
	sqlite3			*db;
	unsigned int		 i, k;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&prove, 0, sizeof(prove));
	memset(&query, 0, sizeof(query));
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	for (k = 0; k < 3; k++) {
		for (i = 0; i < COMMIT_KEEP_MAX; i++) {
			(void)snprintf(prove.fingerprint,
			    sizeof(prove.fingerprint), "%u", i);
			assert_int_equal(commit_prove(cm, &prove), 0);
		}
		assert_int_equal(commit_run(cm, T0), -1);
		assert_int_equal(commit_stats(cm)->cs_lost, 0);
	}
	/* One too many: the oldest is known no longer. */
	strlcpy(prove.fingerprint, "new", sizeof(prove.fingerprint));
	assert_int_equal(commit_prove(cm, &prove), 0);
	assert_int_equal(commit_run(cm, T0), -1);
	assert_int_equal(commit_stats(cm)->cs_lost, 1);
	for (i = 0; i < 3; i++) {
		strlcpy(query.fingerprint, i == 0 ? "0" : i == 1 ? "1" :
		    "new", sizeof(query.fingerprint));
		assert_int_equal(commit_query(cm, &query), 0);
	}
	assert_int_equal(commit_run(cm, T0), -1);
	assert_int_equal(a.nproven, 3);
	assert_false(a.proven[0].proven);
	assert_true(a.proven[1].proven);
	assert_true(a.proven[2].proven);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(commit_run(cm, T0), 0);
	assert_int_equal(store_is_proven(st, "0"), 0);
	assert_int_equal(store_is_proven(st, "1"), 1);
	assert_int_equal(store_is_proven(st, "new"), 1);
	/* It is told once more, and pushes nobody out. */
	assert_int_equal(commit_prove(cm, &prove), 0);
	assert_int_equal(commit_run(cm, T0), 0);
	assert_int_equal(commit_stats(cm)->cs_lost, 1);
	commit_free(cm);
	store_close(st);
}

/* A full disk, as far as SQLite is concerned. */
static void
full(void **state)
{
	struct answers	 a;
	struct store	*st = open_store(BOOT);
	struct commit	*cm = commit_new(st, &commit_ops, &a);
	struct rlimit	 lim, old;
	char		 id[16];
	uint64_t	 seq = 0;

	(void)state;
	memset(&a, 0, sizeof(a));
	(void)signal(SIGXFSZ, SIG_IGN);
	queue(cm, ++seq, "before", CALL_PENDING);
	assert_int_equal(commit_run(cm, T0), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	lim = old;
	lim.rlim_cur = 160 * 1024;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
	do {
		a.n = 0;
		(void)snprintf(id, sizeof(id), "c%llu",
		    (unsigned long long)++seq);
		queue(cm, seq, id, CALL_PENDING);
	} while (commit_run(cm, T0) == 0 && seq < 10000);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(seq < 10000);
	assert_int_equal(a.n, 1);
	assert_false(a.committed[0].ok);
	assert_int_equal(a.committed[0].seq, seq);
	/* All that was confirmed is there, the refused one is not. */
	a.n = 0;
	assert_int_equal(history(st, id, false), 0);
	assert_int_equal(history(st, "before", false), 1);
	queue(cm, ++seq, "after", CALL_PENDING);
	assert_int_equal(commit_run(cm, T0), 0);
	assert_true(a.committed[0].ok);
	commit_free(cm);
	store_close(st);
	st = open_store(BOOT);
	assert_int_equal(history(st, "after", false), 1);
	assert_int_equal(history(st, id, false), 0);
	store_close(st);
}

/* A removed file confirms nothing more. */
static void
removed(void **state)
{
	struct answers		 a;
	struct store		*st = open_store(BOOT);
	struct commit		*cm = commit_new(st, &commit_ops, &a);
	struct msg_proven_query	 query;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&query, 0, sizeof(query));
	strlcpy(query.fingerprint, FP_A, sizeof(query.fingerprint));
	queue(cm, 1, "c1", CALL_PENDING);
	assert_int_equal(commit_run(cm, T0), 0);
	assert_int_equal(unlink(db_path), 0);
	/* "Not proven" is no answer either. */
	assert_int_equal(commit_query(cm, &query), 0);
	queue(cm, 2, "c2", CALL_PENDING);
	assert_int_equal(commit_run(cm, T0), -1);
	assert_int_equal(a.n, 2);
	assert_false(a.committed[1].ok);
	assert_string_equal(a.committed[1].error,
	    "the database file is gone");
	assert_int_equal(a.nproven, 1);
	assert_false(a.proven[0].ok);
	assert_int_equal(store_is_proven(st, FP_A), -1);
	commit_free(cm);
	store_close(st);
}

/* Nor does one that took its place. */
static void
replaced(void **state)
{
	struct answers	 a;
	struct store	*st = open_store(BOOT);
	struct commit	*cm = commit_new(st, &commit_ops, &a);
	char		 other[320];
	int		 fd;

	(void)state;
	memset(&a, 0, sizeof(a));
	(void)snprintf(other, sizeof(other), "%s-journal", db_path);
	assert_true((fd = open(other, O_WRONLY | O_CREAT, 0600)) != -1);
	assert_int_equal(close(fd), 0);
	assert_int_equal(rename(other, db_path), 0);
	queue(cm, 1, "c1", CALL_PENDING);
	assert_int_equal(commit_run(cm, T0), -1);
	assert_int_equal(a.n, 1);
	assert_false(a.committed[0].ok);
	assert_string_equal(a.committed[0].error,
	    "the database file was replaced");
	assert_int_equal(store_is_proven(st, FP_A), -1);
	commit_free(cm);
	store_close(st);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(group_commit),
		TEST(locked),
		TEST(bounded),
		TEST(repeated),
		TEST(full),
		TEST(removed),
		TEST(replaced),
	};

	log_init("registry_commit_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
