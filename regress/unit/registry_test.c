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
 * The call registry: what is confirmed is on disk, whatever happens next.
 *
 * COVERS: limit registry records, registry retention
 * COVERS: registry - every commit is synced; what is pruned leaves no trace
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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
#include "registryd/schema.h"
#include "registryd/store_int.h"
#include "regress/unit/quiet.h"
#include "regress/unit/registry_world.h"

/* SQLite's way to the disk leads through here, to be counted. */
static unsigned int	syncs;

int
fsync(int fd)
{
	syncs++;
	return ((int)syscall(SYS_fsync, fd));
}

int
fdatasync(int fd)
{
	syncs++;
	return ((int)syscall(SYS_fdatasync, fd));
}

static void
life_of_a_record(void **state)
{
	struct store		*st = open_store(BOOT);
	struct msg_call_put	*put;

	(void)state;
	put_now(st, record("c1", CALL_PENDING));
	put_now(st, record("c1", CALL_RINGING));
	assert_int_equal(live(st), 1);
	put = record("c1", CALL_ACTIVE);
	put->mode = CALL_MODE_GENERIC;
	put_now(st, put);
	/* Of two records of one state the later counts. */
	put_now(st, record("c1", CALL_ACTIVE));
	assert_int_equal(live(st), 1);
	assert_string_equal(rows.row[0].sc_put.call_id, "c1");
	assert_string_equal(rows.row[0].sc_put.caller, FP_A);
	assert_string_equal(rows.row[0].sc_put.callee, FP_B);
	assert_string_equal(rows.row[0].sc_put.caller_alias, "Ada");
	assert_true(rows.row[0].sc_put.caller_proven);
	assert_false(rows.row[0].sc_put.callee_proven);
	assert_int_equal(rows.row[0].sc_put.mode, CALL_MODE_TRUSTED);
	assert_int_equal(rows.row[0].sc_put.answered_ms, T0 + 1000);
	assert_int_equal(history(st, NULL, true), 0);
	put_now(st, record("c1", CALL_ENDED));
	/* The same again, and something late: no change. */
	put_now(st, record("c1", CALL_ENDED));
	put_now(st, record("c1", CALL_ACTIVE));
	assert_int_equal(live(st), 0);
	assert_int_equal(history(st, NULL, true), 1);
	assert_int_equal(rows.row[0].sc_put.state, CALL_ENDED);
	assert_int_equal(rows.row[0].sc_put.ended_ms, T0 + 61000);
	assert_int_equal(rows.row[0].sc_put.reason, CALL_REASON_NORMAL);
	/* A call_id used again is another call. */
	put = record("c1", CALL_PENDING);
	put->created_ms = T0 + 90000;
	put_now(st, put);
	assert_int_equal(history(st, NULL, false), 2);
	assert_int_equal(rows.row[0].sc_put.state, CALL_PENDING);
	assert_int_equal(rows.row[1].sc_put.state, CALL_ENDED);
	/* Counters belong to the newest of them. */
	media_now(st, media(FP_A, 3, 3, false));
	assert_int_equal(history(st, NULL, false), 2);
	assert_int_equal(rows.row[0].sc_packets_in, 3);
	assert_int_equal(rows.row[1].sc_packets_in, 0);
	/* A state that does not exist is refused alone. */
	put = record("c2", CALL_ENDED);
	put->state = 17;
	assert_int_equal(store_begin(st), 0);
	assert_int_equal(store_put(st, put), STORE_REFUSED);
	assert_int_equal(store_put(st, record("c3", CALL_PENDING)), STORE_OK);
	assert_int_equal(store_commit(st), 0);
	assert_int_equal(history(st, NULL, false), 3);
	store_close(st);
}

static void
filters_and_slices(void **state)
{
	struct store		*st = open_store(BOOT);
	struct msg_call_put	*put;
	char			 id[16];
	unsigned int		 i;

	(void)state;
	assert_int_equal(store_begin(st), 0);
	for (i = 0; i < 150; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		put = record(id, i % 2 == 0 ? CALL_ENDED : CALL_ACTIVE);
		if (i % 3 == 0)
			strlcpy(put->callee, FP_C, sizeof(put->callee));
		assert_int_equal(store_put(st, put), STORE_OK);
	}
	assert_int_equal(store_commit(st), 0);
	assert_int_equal(history(st, NULL, false), 150);
	/* Newest first. */
	assert_string_equal(rows.row[0].sc_put.call_id, "c149");
	assert_string_equal(rows.row[149].sc_put.call_id, "c0");
	assert_int_equal(history(st, NULL, true), 75);
	assert_int_equal(history(st, FP_C, false), 50);
	assert_int_equal(history(st, FP_C, true), 25);
	assert_int_equal(history(st, "c7", false), 1);
	assert_int_equal(history(st, "c7' OR '1'='1", false), 0);
	assert_int_equal(live(st), 75);
	store_close(st);
}

static void
addresses(void **state)
{
	struct store		*st = open_store(BOOT);
	struct msg_call_put	*put;
	char			 text[ADDR_STRLEN];

	(void)state;
	put = record("c1", CALL_ENDED);
	assert_int_equal(addr_parse(&put->caller_addr, "[2001:db8::1]:5"), 0);
	put_now(st, put);
	assert_int_equal(history(st, NULL, true), 1);
	assert_string_equal(addr_print(&rows.row[0].sc_put.caller_addr, text,
	    sizeof(text)), "[2001:db8::1]:5");
	assert_int_equal(rows.row[0].sc_put.callee_addr.addr_len, 0);
	/* Whoever came back from elsewhere. */
	assert_int_equal(addr_parse(&put->caller_addr, "192.0.2.9:6"), 0);
	assert_int_equal(addr_parse(&put->callee_addr, "192.0.2.8:7"), 0);
	put_now(st, put);
	assert_int_equal(history(st, NULL, true), 1);
	assert_string_equal(addr_print(&rows.row[0].sc_put.caller_addr, text,
	    sizeof(text)), "192.0.2.9:6");
	assert_string_equal(addr_print(&rows.row[0].sc_put.callee_addr, text,
	    sizeof(text)), "192.0.2.8:7");
	store_close(st);
}

static void
media_adds_up(void **state)
{
	struct store	*st = open_store(BOOT);

	(void)state;
	assert_int_equal(store_begin(st), 0);
	assert_int_equal(store_media(st, media(FP_A, 5, 5, false), T0),
	    STORE_REFUSED);
	assert_int_equal(store_commit(st), 0);
	put_now(st, record("c1", CALL_ACTIVE));
	/* Nothing from anybody yet: no path. */
	media_now(st, media(FP_A, 0, 0, false));
	assert_int_equal(history(st, NULL, false), 1);
	assert_int_equal(rows.row[0].sc_put.path, CALL_PATH_NONE);
	/* Running values replace, final ones close a connection. */
	media_now(st, media(FP_A, 10, 4, false));
	media_now(st, media(FP_A, 25, 9, false));
	media_now(st, media(FP_A, 30, 10, true));
	/* It joined again. */
	media_now(st, media(FP_A, 7, 3, false));
	media_now(st, media(FP_B, 100, 90, true));
	assert_int_equal(history(st, NULL, false), 1);
	assert_int_equal(rows.row[0].sc_caller_packets_in, 37);
	assert_int_equal(rows.row[0].sc_caller_packets_out, 13);
	assert_int_equal(rows.row[0].sc_callee_packets_in, 100);
	assert_int_equal(rows.row[0].sc_packets_in, 137);
	assert_int_equal(rows.row[0].sc_bytes_in, 13700);
	assert_int_equal(rows.row[0].sc_packets_out, 103);
	assert_int_equal(rows.row[0].sc_loss_pct, 3);
	assert_int_equal(rows.row[0].sc_rtt_ms, 40);
	assert_int_equal(rows.row[0].sc_put.path, CALL_PATH_RELAY);
	/* A connection whose last word was lost (mediad died). */
	media_now(st, media(FP_A, 2, 1, false));
	assert_int_equal(history(st, NULL, false), 1);
	assert_int_equal(rows.row[0].sc_caller_packets_in, 39);
	/* The same, seen by what was sent to it. */
	media_now(st, media(FP_A, 2, 0, false));
	assert_int_equal(history(st, NULL, false), 1);
	assert_int_equal(rows.row[0].sc_caller_packets_in, 41);
	assert_int_equal(rows.row[0].sc_caller_packets_out, 14);
	assert_int_equal(rows.row[0].sc_callee_packets_out, 90);
	/* A last word counts beside the connections that follow it. */
	media_now(st, media(FP_B, 5, 5, true));
	media_now(st, media(FP_B, 9, 9, false));
	assert_int_equal(history(st, NULL, false), 1);
	assert_int_equal(rows.row[0].sc_packets_in, 141 + 14);
	/* The end of the call does not take the path away. */
	put_now(st, record("c1", CALL_ENDED));
	assert_int_equal(history(st, NULL, true), 1);
	assert_int_equal(rows.row[0].sc_put.path, CALL_PATH_RELAY);
	/* Counters beyond everything stay at the maximum. */
	media_now(st, media(FP_B, UINT64_MAX, UINT64_MAX, true));
	media_now(st, media(FP_B, UINT64_MAX, UINT64_MAX, true));
	assert_int_equal(history(st, NULL, true), 1);
	assert_true(rows.row[0].sc_packets_in == (uint64_t)INT64_MAX);
	/* Nobody else was in that room, whatever mediad says. */
	assert_int_equal(store_begin(st), 0);
	assert_int_equal(store_media(st, media(FP_C, 5, 5, false), T0),
	    STORE_REFUSED);
	assert_int_equal(store_commit(st), 0);
	store_close(st);
}

static void
proofs(void **state)
{
	struct store	*st = open_store(BOOT);

	(void)state;
	assert_int_equal(store_is_proven(st, FP_A), 0);
	assert_int_equal(store_begin(st), 0);
	assert_int_equal(store_prove(st, FP_A, T0), STORE_OK);
	assert_int_equal(store_prove(st, FP_A, T0 + 1), STORE_OK);
	assert_int_equal(store_commit(st), 0);
	store_close(st);
	st = open_store(BOOT + 1);
	assert_int_equal(store_is_proven(st, FP_A), 1);
	assert_int_equal(store_is_proven(st, FP_B), 0);
	store_close(st);
}

/* What the database file and its log hold of a text. */
static bool
on_disk(const char *text)
{
	static const char	*suffixes[] = { "", "-wal" };
	static char		 buf[1 << 20];
	char			 name[320];
	ssize_t			 len;
	size_t			 i;
	int			 fd;
	bool			 found = false;

	for (i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", db_path,
		    suffixes[i]);
		if ((fd = open(name, O_RDONLY)) == -1)
			continue;
		assert_true((len = read(fd, buf, sizeof(buf))) != -1);
		(void)close(fd);
		found = found || memmem(buf, (size_t)len, text,
		    strlen(text)) != NULL;
	}
	return (found);
}

/* A commit has been on the disk itself before anybody hears of it. */
static void
durable(void **state)
{
	struct store	*st = open_store(BOOT);
	char		 name[320], id[16];
	unsigned int	 i, before;

	(void)state;
	(void)snprintf(name, sizeof(name), "%s-wal", db_path);
	for (i = 0; i < 5; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		before = syncs;
		put_now(st, record(id, CALL_PENDING));
		assert_true(syncs > before);
		assert_int_equal(access(name, R_OK), 0);
	}
	store_close(st);
}

/* What was pruned is gone, with all that hung on it. */
static void
pruned_for_good(void **state)
{
	struct store	*st;
	sqlite3		*db;
	sqlite3_stmt	*stmt;
	char		 why[256];

	(void)state;
	assert_non_null(st = open_with(BOOT, 3600, 0, why));
	put_now(st, record("c1", CALL_ENDED));
	media_now(st, media(FP_A, 1, 1, true));
	assert_int_equal(history(st, NULL, true), 1);
	assert_int_equal(rows.row[0].sc_put.path, CALL_PATH_RELAY);
	store_close(st);
	assert_true(on_disk(FP_A) && on_disk("Ada"));
	assert_non_null(st = open_with(BOOT, 3600, 0, why));
	/* To the millisecond. */
	assert_int_equal(store_prune(st, T0 + 61000 + 3600 * 1000), 0);
	assert_int_equal(store_prune(st, T0 + 61001 + 3600 * 1000), 1);
	store_close(st);
	assert_false(on_disk(FP_A) || on_disk("Ada"));
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM "
	    "call_media", -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(stmt, 0), 0);
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* When a lost call ended: when something was last heard of it. */
static void
end_of_the_lost(void **state)
{
	struct store	*st = open_store(BOOT);

	(void)state;
	put_now(st, record("c1", CALL_ACTIVE));
	put_now(st, record("c2", CALL_ACTIVE));
	put_now(st, record("c3", CALL_RINGING));
	assert_int_equal(store_begin(st), 0);
	assert_int_equal(store_media(st, media(FP_A, 1, 1, false), T0 + 9000),
	    STORE_OK);
	assert_int_equal(store_media(st, media(FP_B, 1, 1, false), T0 + 5000),
	    STORE_OK);
	assert_int_equal(store_commit(st), 0);
	store_close(st);
	st = open_store(BOOT + 1);
	assert_int_equal(store_lost(st), 3);
	assert_int_equal(history(st, NULL, true), 3);
	assert_int_equal(rows.row[2].sc_put.ended_ms, T0 + 9000);
	assert_int_equal(rows.row[1].sc_put.ended_ms, T0 + 1000);
	assert_int_equal(rows.row[0].sc_put.ended_ms, T0);
	store_close(st);
}

/* Calls that were direct may still be on when the relay comes back. */
static void
direct_goes_on(void **state)
{
	static const char *const	 ids[] = { "lan", "v6", "reflexive" };
	struct msg_call_put		*put;
	struct store			*st = open_store(BOOT);
	unsigned int			 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		put = record(ids[i], CALL_ACTIVE);
		put->path = CALL_PATH_DIRECT_LAN + i;
		put_now(st, put);
	}
	put = record("relayed", CALL_ACTIVE);
	put->path = CALL_PATH_RELAY;
	put_now(st, put);
	put = record("federated", CALL_ACTIVE);
	put->path = CALL_PATH_FEDERATED_RELAY;
	put_now(st, put);
	/* No such thing, but what matters is that nobody answered. */
	put = record("ringing", CALL_RINGING);
	put->path = CALL_PATH_DIRECT_LAN;
	put_now(st, put);
	put = record("over", CALL_ENDED);
	put->path = CALL_PATH_DIRECT_LAN;
	put_now(st, put);
	store_close(st);
	st = open_store(BOOT + 1);
	assert_int_equal(store_lost(st), 3);
	assert_int_equal(live(st), 3);
	for (i = 0; i < 3; i++)
		assert_string_equal(rows.row[i].sc_put.call_id, ids[i]);
	/* Written anew, one is of this run: relayed again or not. */
	put = record("lan", CALL_ACTIVE);
	put->path = CALL_PATH_RELAY;
	put_now(st, put);
	store_close(st);
	st = open_store(BOOT + 1);
	assert_int_equal(store_lost(st), 0);
	assert_int_equal(live(st), 3);
	store_close(st);
	st = open_store(BOOT + 2);
	assert_int_equal(store_lost(st), 1);
	assert_int_equal(live(st), 2);
	store_close(st);
}

/* The child commits, says so, begins something else and is killed. */
static void
killed(void **state)
{
	struct store	*st;
	pid_t		 pid;
	char		 byte;
	int		 fds[2], status;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		char	why[256];

		if ((st = open_with(BOOT, 0, 0, why)) == NULL ||
		    store_begin(st) == -1 || store_put(st, record("c1",
		    CALL_ACTIVE)) != STORE_OK || store_commit(st) == -1 ||
		    store_begin(st) == -1 || store_put(st, record("c2",
		    CALL_ACTIVE)) != STORE_OK || write(fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	(void)close(fds[0]);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));

	/* registryd alone was restarted: what was live still is. */
	st = open_store(BOOT);
	assert_int_equal(store_lost(st), 0);
	assert_int_equal(live(st), 1);
	assert_string_equal(rows.row[0].sc_put.call_id, "c1");
	media_now(st, media(FP_A, 1, 1, false));
	store_close(st);
	/* Another run of the whole relay: it is lost. */
	st = open_store(BOOT + 1);
	assert_int_equal(store_lost(st), 1);
	assert_int_equal(live(st), 0);
	assert_int_equal(history(st, NULL, true), 1);
	assert_int_equal(rows.row[0].sc_put.reason, CALL_REASON_LOST);
	/* The last that was heard of it. */
	assert_int_equal(rows.row[0].sc_put.ended_ms, T0 + 5000);
	store_close(st);
	st = open_store(BOOT + 2);
	assert_int_equal(store_lost(st), 0);
	store_close(st);
}

static void
pruning(void **state)
{
	struct msg_call_put	*put;
	struct store		*st;
	char			 why[256], id[16];
	unsigned int		 i;

	(void)state;
	assert_non_null(st = open_with(BOOT, 3600, 10, why));
	assert_int_equal(store_begin(st), 0);
	for (i = 0; i < 100; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		put = record(id, i == 0 ? CALL_ACTIVE : CALL_ENDED);
		if (i >= 70)
			put->ended_ms = T0 + 3600 * 1000;
		assert_int_equal(store_put(st, put), STORE_OK);
	}
	assert_int_equal(store_commit(st), 0);
	strlcpy(id, "c1", sizeof(id));
	media_now(st, media(FP_A, 1, 1, true));
	/* By number: in slices, the oldest first. */
	assert_int_equal(store_prune(st, T0 + 61000 + 3600 * 1000), 64);
	assert_int_equal(history(st, NULL, false), 36);
	assert_int_equal(store_prune(st, T0 + 61000 + 3600 * 1000), 26);
	assert_int_equal(store_prune(st, T0 + 61000 + 3600 * 1000), 0);
	assert_int_equal(history(st, NULL, false), 10);
	/* Live ones stay, whatever their age. */
	assert_string_equal(rows.row[9].sc_put.call_id, "c0");
	/* One above the limit is one too many. */
	put = record("c100", CALL_ENDED);
	put->ended_ms = T0 + 3600 * 1000;
	put_now(st, put);
	assert_int_equal(store_prune(st, T0 + 61000 + 3600 * 1000), 1);
	assert_int_equal(history(st, "c91", false), 0);
	/* By time. */
	assert_int_equal(store_prune(st, T0 + 2 * 3600 * 1000 - 1), 0);
	assert_int_equal(store_prune(st, T0 + 2 * 3600 * 1000 + 1), 9);
	assert_int_equal(history(st, NULL, false), 1);
	/* Other limits while it is open. */
	for (i = 200; i < 210; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		put = record(id, CALL_ENDED);
		put->ended_ms = T0 + 2 * 3600 * 1000 + i;
		put_now(st, put);
	}
	assert_int_equal(store_prune(st, T0 + 2 * 3600 * 1000 + 300), 1);
	store_set_limits(st, 3600, 6);
	assert_int_equal(store_prune(st, T0 + 2 * 3600 * 1000 + 300), 4);
	store_set_limits(st, 0, 0);
	assert_int_equal(store_prune(st, T0 + 9 * 3600 * 1000), 0);
	store_set_limits(st, 1, 0);
	assert_int_equal(store_prune(st, T0 + 9 * 3600 * 1000), 5);
	store_close(st);
}

static void
number_is(struct store *st, uint64_t want)
{
	uint64_t	n;

	assert_int_equal(store_count(st, &n), 0);
	assert_int_equal(n, want);
}

/* What is known without counting is what there is. */
static void
counted(void **state)
{
	struct store	*st;
	sqlite3		*db;
	char		 why[256], id[16];
	unsigned int	 i;

	(void)state;
	assert_non_null(st = open_with(BOOT, 3600, 3, why));
	put_now(st, record("c0", CALL_PENDING));
	number_is(st, 1);
	for (i = 1; i < 6; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		put_now(st, record(id, CALL_PENDING));
	}
	number_is(st, 6);
	/* Another state, or one that is too late, is no other call. */
	put_now(st, record("c1", CALL_ENDED));
	put_now(st, record("c1", CALL_ENDED));
	put_now(st, record("c1", CALL_RINGING));
	number_is(st, 6);
	/* Nor is what was not committed. */
	assert_int_equal(store_begin(st), 0);
	assert_int_equal(store_put(st, record("c6", CALL_PENDING)), STORE_OK);
	number_is(st, 7);
	store_rollback(st);
	number_is(st, 6);
	assert_int_equal(store_begin(st), 0);
	assert_int_equal(store_put(st, record("c6", CALL_ENDED)), STORE_OK);
	assert_int_equal(store_put(st, record("c2", CALL_ENDED)), STORE_OK);
	assert_int_equal(store_commit(st), 0);
	number_is(st, 7);
	/* Too many, but four of them live. */
	assert_int_equal(store_prune(st, T0), 3);
	number_is(st, 4);
	assert_int_equal(store_prune(st, T0), 0);
	put_now(st, record("c3", CALL_ENDED));
	put_now(st, record("c0", CALL_ENDED));
	assert_int_equal(store_prune(st, T0 + 62000 + 3600 * 1000), 2);
	number_is(st, 2);
	/* Somebody else takes one away. */
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM calls WHERE call_id ="
	    " 'c4'", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	number_is(st, 1);
	put_now(st, record("c7", CALL_ENDED));
	number_is(st, 2);
	/* It was counted twice: at first, and after that. */
	assert_int_equal(sqlite3_stmt_status(st->st_stmt[STMT_COUNT],
	    SQLITE_STMTSTATUS_RUN, 0), 2);
	store_close(st);
	st = open_store(BOOT);
	number_is(st, 2);
	store_close(st);
}

static void
count_row(void *arg, const struct store_call *call)
{
	(void)arg;
	(void)call;
	rows.n++;
}

/* SQLite's steps for one slice of the calls of FP_A. */
static int
steps_of_slice(struct store *st)
{
	sqlite3_stmt	*stmt = st->st_stmt[STMT_FILTERED];
	int64_t		 before = INT64_MAX;

	rows.n = 0;
	(void)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
	assert_int_equal(store_history(st, FP_A, false, &before, 10,
	    count_row, NULL), 10);
	return (sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1));
}

/* A slice costs what is in it, however many calls somebody has. */
static void
cost_of_a_slice(void **state)
{
	struct store		*st = open_store(BOOT);
	struct msg_call_put	*put;
	char			 id[16];
	unsigned int		 i;
	int			 few = 0;

	(void)state;
	assert_int_equal(store_begin(st), 0);
	for (i = 0; i < 5000; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		put = record(id, CALL_ENDED);
		if (i % 2 == 0) {
			strlcpy(put->callee, put->caller,
			    sizeof(put->callee));
			strlcpy(put->caller, FP_C, sizeof(put->caller));
		}
		assert_int_equal(store_put(st, put), STORE_OK);
		if (i == 49)
			few = steps_of_slice(st);
	}
	assert_int_equal(store_commit(st), 0);
	assert_true(few > 0);
	assert_in_range(steps_of_slice(st), 1, 2 * few);
	store_close(st);
}

static void
migration(void **state)
{
	struct store	*st;
	sqlite3		*db;
	char		 why[256];

	(void)state;
	/* From nothing (version 0) to the newest, once. */
	st = open_store(BOOT);
	put_now(st, record("c1", CALL_ENDED));
	store_close(st);
	st = open_store(BOOT);
	assert_int_equal(history(st, NULL, true), 1);
	store_close(st);
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_true(schema_version < 99);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL,
	    NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_null(open_with(BOOT, 0, 0, why));
	assert_non_null(strstr(why, "version 99"));
}

/* A database of the version before: its calls have nobody elsewhere. */
static void
migration_of_calls(void **state)
{
	struct store	*st;
	sqlite3		*db;

	(void)state;
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, schema_steps[0], NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO calls (call_id,"
	    " created_ms, caller, callee, caller_alias, caller_proven,"
	    " callee_proven, unconfirmed, state, mode, reason, path,"
	    " answered_ms, ended_ms, boot_id) VALUES ('old', 5, 'a', 'b', '',"
	    " 0, 0, 0, 3, 1, 1, 1, 6, 7, 8)", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	st = open_store(BOOT);
	assert_int_equal(history(st, NULL, true), 1);
	assert_string_equal(rows.row[0].sc_put.call_id, "old");
	assert_int_equal(rows.row[0].sc_put.path, CALL_PATH_RELAY);
	assert_int_equal(rows.row[0].sc_put.remote, CALL_REMOTE_NONE);
	assert_string_equal(rows.row[0].sc_put.remote_path, "");
	put_now(st, record("new", CALL_ENDED));
	assert_int_equal(history(st, NULL, true), 2);
	store_close(st);
}

/* Where the other party is, once it is known, and for whoever comes next. */
static void
remote_party(void **state)
{
	struct msg_call_put	*put;
	struct store		*st = open_store(BOOT);

	(void)state;
	put = record("c1", CALL_PENDING);
	put->remote = CALL_REMOTE_CALLEE;
	put_now(st, put);
	put = record("c1", CALL_ACTIVE);
	put->remote = CALL_REMOTE_CALLEE;
	put->remote_legacy = true;
	strlcpy(put->remote_label, "north", sizeof(put->remote_label));
	memset(put->remote_path, 'a', sizeof(put->remote_path) - 1);
	put_now(st, put);
	/* What mediad sees of it goes on to another relay. */
	media_now(st, media(FP_A, 10, 0, false));
	store_close(st);
	st = open_store(BOOT);
	assert_int_equal(live(st), 1);
	assert_int_equal(rows.row[0].sc_put.remote, CALL_REMOTE_CALLEE);
	assert_true(rows.row[0].sc_put.remote_legacy);
	assert_string_equal(rows.row[0].sc_put.remote_label, "north");
	assert_int_equal(strlen(rows.row[0].sc_put.remote_path),
	    2 * FED_PATH_MAX * TLS_HASH_LEN);
	assert_int_equal(rows.row[0].sc_put.path, CALL_PATH_FEDERATED_RELAY);
	/* Control: of a call of our own people it is the relay. */
	put_now(st, record("c1", CALL_ENDED));
	put = record("c1", CALL_ACTIVE);
	put->created_ms++;
	put_now(st, put);
	media_now(st, media(FP_A, 10, 0, false));
	assert_int_equal(live(st), 1);
	assert_int_equal(rows.row[0].sc_put.path, CALL_PATH_RELAY);
	store_close(st);
}

static void
foreign_database(void **state)
{
	sqlite3	*db;
	char	 why[256];

	(void)state;
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE letters (a)", NULL,
	    NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_null(open_with(BOOT, 0, 0, why));
	assert_non_null(strstr(why, "another program"));
}

static void
damaged(void **state)
{
	struct store	*st = open_store(BOOT);
	struct stat	 sb;
	char		 why[256], id[16];
	uint8_t		 noise[4096], saved[4096];
	unsigned int	 i;
	int		 fd;

	(void)state;
	assert_int_equal(store_begin(st), 0);
	for (i = 0; i < 200; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		assert_int_equal(store_put(st, record(id, CALL_ENDED)),
		    STORE_OK);
	}
	assert_int_equal(store_commit(st), 0);
	store_close(st);
	/* Undamaged it opens: what follows is due to the damage. */
	st = open_store(BOOT);
	store_close(st);
	assert_int_equal(stat(db_path, &sb), 0);
	assert_true(sb.st_size > 3 * 4096);
	memset(noise, 0xa5, sizeof(noise));
	assert_true((fd = open(db_path, O_RDWR)) != -1);
	/*
	 * Somewhere in the middle: a registryd that comes back in the same
	 * run does not look for it, the next run's does.
	 */
	assert_int_equal(pread(fd, saved, sizeof(saved), sb.st_size / 8192 *
	    4096), (ssize_t)sizeof(saved));
	assert_int_equal(pwrite(fd, noise, sizeof(noise), sb.st_size / 8192 *
	    4096), (ssize_t)sizeof(noise));
	st = open_store(BOOT);
	store_close(st);
	assert_null(open_with(BOOT + 1, 0, 0, why));
	assert_true(why[0] != '\0');
	assert_int_equal(pwrite(fd, saved, sizeof(saved), sb.st_size / 8192 *
	    4096), (ssize_t)sizeof(saved));
	assert_non_null(st = open_with(BOOT + 1, 0, 0, why));
	store_close(st);
	for (i = 2; i < 6; i++)
		assert_int_equal(pwrite(fd, noise, sizeof(noise),
		    (off_t)i * 4096), (ssize_t)sizeof(noise));
	assert_int_equal(close(fd), 0);
	assert_null(open_with(BOOT + 1, 0, 0, why));
	assert_true(why[0] != '\0');

	/* Not a database at all. */
	assert_true((fd = open(db_path, O_WRONLY | O_TRUNC)) != -1);
	assert_int_equal(write(fd, noise, sizeof(noise)),
	    (ssize_t)sizeof(noise));
	assert_int_equal(close(fd), 0);
	assert_null(open_with(BOOT, 0, 0, why));
	assert_non_null(strstr(why, "not a database"));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(life_of_a_record),
		TEST(filters_and_slices),
		TEST(addresses),
		TEST(media_adds_up),
		TEST(proofs),
		TEST(durable),
		TEST(pruned_for_good),
		TEST(end_of_the_lost),
		TEST(direct_goes_on),
		TEST(killed),
		TEST(pruning),
		TEST(counted),
		TEST(cost_of_a_slice),
		TEST(migration),
		TEST(migration_of_calls),
		TEST(remote_party),
		TEST(foreign_database),
		TEST(damaged),
	};

	log_init("registry_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
