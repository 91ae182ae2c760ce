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
 * The registry's database: statements, opening, transactions, retention.
 */
#include "config.h"

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registryd/schema.h"
#include "registryd/store.h"
#include "registryd/store_int.h"

#define CALL_COLUMNS							\
	"id, call_id, created_ms, caller, callee, caller_alias,"	\
	" caller_proven, callee_proven, unconfirmed, state, mode,"	\
	" reason, path, answered_ms, ended_ms, caller_addr,"		\
	" callee_addr, remote, remote_legacy, remote_label, remote_path"

static const char *const	store_sql[STMT_MAX] = {
	[STMT_BEGIN] = "BEGIN IMMEDIATE",
	[STMT_COMMIT] = "COMMIT",
	[STMT_ROLLBACK] = "ROLLBACK",
	/* A state never goes back, and a known path is not forgotten. */
	[STMT_PUT] = "INSERT INTO calls (call_id, created_ms, caller, callee,"
	    " caller_alias, caller_proven, callee_proven, unconfirmed, state,"
	    " mode, reason, path, answered_ms, ended_ms, caller_addr,"
	    " callee_addr, boot_id, remote, remote_legacy, remote_label,"
	    " remote_path) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
	    " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)"
	    " ON CONFLICT (call_id, created_ms) DO UPDATE SET"
	    " state = excluded.state, mode = excluded.mode,"
	    " reason = excluded.reason, unconfirmed = excluded.unconfirmed,"
	    " path = iif(excluded.path = 0, path, excluded.path),"
	    " answered_ms = excluded.answered_ms,"
	    " ended_ms = excluded.ended_ms,"
	    " caller_addr = excluded.caller_addr,"
	    " callee_addr = excluded.callee_addr,"
	    " remote = excluded.remote,"
	    " remote_legacy = excluded.remote_legacy,"
	    " remote_label = excluded.remote_label,"
	    " remote_path = excluded.remote_path,"
	    " boot_id = excluded.boot_id"
	    " WHERE excluded.state >= calls.state",
	/* Only of its parties: else the rows of a call have no bound. */
	[STMT_CALL] = "SELECT id FROM calls WHERE call_id = ?1"
	    " AND ?2 IN (caller, callee) ORDER BY created_ms DESC LIMIT 1",
	[STMT_MEDIA_GET] = "SELECT done_packets_in, done_bytes_in,"
	    " done_packets_out, done_bytes_out, done_dropped_out,"
	    " now_packets_in, now_bytes_in, now_packets_out, now_bytes_out,"
	    " now_dropped_out, loss_pct, rtt_ms FROM call_media"
	    " WHERE call = ?1 AND fingerprint = ?2",
	[STMT_MEDIA_PUT] = "INSERT OR REPLACE INTO call_media (call,"
	    " fingerprint, done_packets_in, done_bytes_in, done_packets_out,"
	    " done_bytes_out, done_dropped_out, now_packets_in, now_bytes_in,"
	    " now_packets_out, now_bytes_out, now_dropped_out, loss_pct,"
	    " rtt_ms, updated_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
	    " ?10, ?11, ?12, ?13, ?14, ?15)",
	[STMT_PATH] = "UPDATE calls SET path = iif(remote = 0, ?2, ?3)"
	    " WHERE id = ?1 AND path = 0",
	[STMT_PROVE] = "INSERT OR IGNORE INTO proven (fingerprint, since_ms)"
	    " VALUES (?1, ?2)",
	[STMT_PROVEN] = "SELECT 1 FROM proven WHERE fingerprint = ?1",
	[STMT_LIVE] = "SELECT " CALL_COLUMNS " FROM calls"
	    " WHERE id > ?1 AND state < 3 ORDER BY id LIMIT ?2",
	[STMT_ALL] = "SELECT " CALL_COLUMNS " FROM calls"
	    " WHERE id < ?1 AND state >= ?3 ORDER BY id DESC LIMIT ?2",
	/*
	 * Three walks that are merged: with OR all rows of somebody are found
	 * and sorted for each slice.
	 */
	[STMT_FILTERED] = "SELECT " CALL_COLUMNS " FROM calls WHERE id IN"
	    " (SELECT id FROM (SELECT id FROM calls WHERE call_id = ?4"
	    " AND id < ?1 AND state >= ?3 UNION SELECT id FROM calls"
	    " WHERE caller = ?4 AND id < ?1 AND state >= ?3"
	    " UNION SELECT id FROM calls"
	    " WHERE callee = ?4 AND id < ?1 AND state >= ?3"
	    " ORDER BY id DESC LIMIT ?2)) ORDER BY id DESC",
	[STMT_MEDIA_SUM] = "SELECT fingerprint,"
	    " done_packets_in, done_bytes_in, done_packets_out,"
	    " done_bytes_out, done_dropped_out,"
	    " now_packets_in, now_bytes_in, now_packets_out, now_bytes_out,"
	    " now_dropped_out, loss_pct, rtt_ms FROM call_media"
	    " WHERE call = ?1",
	/*
	 * The last that was heard of it is the best time of its end.  People
	 * who talk directly did not need us, and may be talking still.
	 */
	[STMT_LOST] = "UPDATE calls SET state = ?1, reason = ?2,"
	    " ended_ms = max(created_ms, answered_ms, coalesce("
	    "(SELECT max(updated_ms) FROM call_media WHERE call = calls.id),"
	    " 0)) WHERE state < 3 AND boot_id <> ?3"
	    " AND (state < 2 OR path NOT BETWEEN ?4 AND ?5)",
	[STMT_PRUNE_AGE] = "DELETE FROM calls WHERE id IN (SELECT id FROM"
	    " calls WHERE state = 3 AND ended_ms < ?1"
	    " ORDER BY ended_ms LIMIT ?2)",
	/* Once, and when somebody else has written: see store_count(). */
	[STMT_COUNT] = "SELECT count(*) FROM calls",
	[STMT_VERSION] = "PRAGMA data_version",
	[STMT_PRUNE_COUNT] = "DELETE FROM calls WHERE id IN (SELECT id FROM"
	    " calls WHERE state = 3 ORDER BY id LIMIT ?1)"
};

/* In this order; each must answer as given (NULL: anything). */
static const struct {
	const char	*pragma;
	const char	*want;
} store_pragmas[] = {
	{ "PRAGMA trusted_schema = OFF", NULL },
	{ "PRAGMA cell_size_check = ON", NULL },
	{ "PRAGMA temp_store = MEMORY", NULL },
	{ "PRAGMA foreign_keys = ON", NULL },
	{ "PRAGMA secure_delete = ON", "1" },
	{ "PRAGMA journal_mode = WAL", "wal" },
	{ "PRAGMA synchronous = FULL", NULL },
	{ "PRAGMA synchronous", "2" }
};

static bool	 store_is_ours(struct store *);
static int	 store_setup(struct store *, char *, size_t);
static int	 store_pragma(struct store *, const char *, char *, size_t);
static int	 store_known(struct store *, long *, char *, size_t);
static int	 store_migrate(struct store *, long, char *, size_t);
static int	 store_prepare(struct store *);
static int	 store_close_lost(struct store *);
static int	 store_number(struct store *, enum stmt, uint64_t *);

/* Opening */

struct store *
store_open(const struct store_config *config, char *why, size_t whylen)
{
	struct store	*st;

	if ((st = calloc(1, sizeof(*st))) == NULL ||
	    (st->st_path = strdup(config->st_path)) == NULL) {
		free(st);
		(void)snprintf(why, whylen, "no memory");
		return (NULL);
	}
	st->st_boot_id = config->st_boot_id;
	store_set_limits(st, config->st_retention_s, config->st_max_records);
	if (store_setup(st, why, whylen) == -1) {
		store_close(st);
		return (NULL);
	}
	return (st);
}

void
store_set_limits(struct store *st, uint64_t retention_s, uint64_t max_records)
{
	st->st_retention_ms = retention_s > UINT64_MAX / 1000 ? UINT64_MAX :
	    retention_s * 1000;
	st->st_max_records = max_records;
}

/*
 * The last call is of this run of the relay: the file was checked when the
 * run began.  A registryd that died has to be back before the offers that
 * wait for it give up, however long its file is.
 */
static bool
store_is_ours(struct store *st)
{
	static const char	sql[] =
	    "SELECT boot_id FROM calls ORDER BY id DESC LIMIT 1";
	char			text[32];

	if (store_pragma(st, sql, text, sizeof(text)) == -1 ||
	    text[0] == '\0')
		return (false);
	return ((uint64_t)strtoll(text, NULL, 10) == st->st_boot_id);
}

static int
store_setup(struct store *st, char *why, size_t whylen)
{
	char	text[128];
	size_t	i;
	long	version;

	if (sqlite3_open_v2(st->st_path, &st->st_db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	    NULL) != SQLITE_OK) {
		(void)snprintf(why, whylen, "cannot open: %s",
		    st->st_db == NULL ? "no memory" :
		    sqlite3_errmsg(st->st_db));
		return (-1);
	}
	(void)sqlite3_busy_timeout(st->st_db, STORE_BUSY_MS);
	(void)sqlite3_db_config(st->st_db, SQLITE_DBCONFIG_DEFENSIVE, 1,
	    NULL);
	/* A file that is refused stays as it is, with what is in its log. */
	(void)sqlite3_db_config(st->st_db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
	    NULL);
	if (store_known(st, &version, why, whylen) == -1)
		return (-1);
	for (i = 0; i < sizeof(store_pragmas) / sizeof(store_pragmas[0]);
	    i++) {
		if (store_pragma(st, store_pragmas[i].pragma, text,
		    sizeof(text)) == -1 || (store_pragmas[i].want != NULL &&
		    strcmp(text, store_pragmas[i].want) != 0)) {
			(void)snprintf(why, whylen, "%s: %s",
			    store_pragmas[i].pragma, st->st_error[0] != '\0' ?
			    st->st_error : text);
			return (-1);
		}
	}
	if (!store_is_ours(st)) {
		if (store_pragma(st, "PRAGMA quick_check(1)", text,
		    sizeof(text)) == -1) {
			(void)snprintf(why, whylen, "check: %s", st->st_error);
			return (-1);
		}
		if (strcmp(text, "ok") != 0) {
			(void)snprintf(why, whylen, "damaged: %s", text);
			return (-1);
		}
	}
	if (store_migrate(st, version, why, whylen) == -1)
		return (-1);
	if (store_prepare(st) == -1 || store_close_lost(st) == -1 ||
	    store_same_file(st) == -1) {
		(void)snprintf(why, whylen, "%s", st->st_error);
		return (-1);
	}
	(void)sqlite3_db_config(st->st_db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0,
	    NULL);
	return (0);
}

/* First column of the first row as text, "" when there is none. */
static int
store_pragma(struct store *st, const char *sql, char *text, size_t len)
{
	sqlite3_stmt	*stmt = NULL;
	int		 rc;

	text[0] = '\0';
	rc = sqlite3_prepare_v2(st->st_db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW)
			store_column_text(stmt, 0, text, len);
		if (rc == SQLITE_ROW || rc == SQLITE_DONE)
			rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK)
		store_note(st);
	(void)sqlite3_finalize(stmt);
	return (rc == SQLITE_OK ? 0 : -1);
}

/* Whose it is, before anything is written: to read changes no file. */
static int
store_known(struct store *st, long *out, char *why, size_t whylen)
{
	const char	*sql;
	char		 text[32];
	long		 version;

	if (store_pragma(st, "PRAGMA user_version", text, sizeof(text)) == -1) {
		(void)snprintf(why, whylen, "%s", st->st_error);
		return (-1);
	}
	*out = version = strtol(text, NULL, 10);
	if (version < 0 || version > schema_version) {
		(void)snprintf(why, whylen, "schema version %ld is newer than "
		    "this program (%d)", version, schema_version);
		return (-1);
	}
	/* Empty, or with our first table. */
	sql = "SELECT count(*) = 1 FROM sqlite_schema WHERE type = 'table'"
	    " AND name = 'calls'";
	if (version == 0)
		sql = "SELECT count(*) = 0 FROM sqlite_schema";
	if (store_pragma(st, sql, text, sizeof(text)) == -1) {
		(void)snprintf(why, whylen, "%s", st->st_error);
		return (-1);
	}
	if (strcmp(text, "1") != 0) {
		(void)snprintf(why, whylen, "another program's database");
		return (-1);
	}
	return (0);
}

static int
store_migrate(struct store *st, long version, char *why, size_t whylen)
{
	for (; version < schema_version; version++) {
		if (sqlite3_exec(st->st_db, "BEGIN IMMEDIATE", NULL, NULL,
		    NULL) != SQLITE_OK || sqlite3_exec(st->st_db,
		    schema_steps[version], NULL, NULL, NULL) != SQLITE_OK ||
		    sqlite3_exec(st->st_db, "COMMIT", NULL, NULL, NULL) !=
		    SQLITE_OK) {
			(void)snprintf(why, whylen, "schema step %ld: %s",
			    version + 1, sqlite3_errmsg(st->st_db));
			(void)sqlite3_exec(st->st_db, "ROLLBACK", NULL, NULL,
			    NULL);
			return (-1);
		}
	}
	return (0);
}

static int
store_prepare(struct store *st)
{
	size_t	i;

	for (i = 0; i < STMT_MAX; i++) {
		if (sqlite3_prepare_v3(st->st_db, store_sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &st->st_stmt[i], NULL) !=
		    SQLITE_OK) {
			store_note(st);
			return (-1);
		}
	}
	return (0);
}

static int
store_close_lost(struct store *st)
{
	sqlite3_stmt	*stmt = st->st_stmt[STMT_LOST];

	if (store_begin(st) == -1)
		return (-1);
	store_bind(stmt, 1, CALL_ENDED);
	store_bind(stmt, 2, CALL_REASON_LOST);
	(void)sqlite3_bind_int64(stmt, 3, (int64_t)st->st_boot_id);
	store_bind(stmt, 4, CALL_PATH_DIRECT_LAN);
	store_bind(stmt, 5, CALL_PATH_DIRECT_REFLEXIVE);
	if (store_run(st, stmt) != STORE_OK) {
		store_rollback(st);
		return (-1);
	}
	st->st_lost = (uint64_t)sqlite3_changes(st->st_db);
	return (store_commit(st));
}

void
store_close(struct store *st)
{
	size_t	i;

	if (st == NULL)
		return;
	for (i = 0; i < STMT_MAX; i++)
		(void)sqlite3_finalize(st->st_stmt[i]);
	(void)sqlite3_close_v2(st->st_db);
	free(st->st_path);
	free(st);
}

uint64_t
store_lost(const struct store *st)
{
	return (st->st_lost);
}

const char *
store_error(const struct store *st)
{
	return (st->st_error);
}

/* Transactions */

void
store_note(struct store *st)
{
	strlcpy(st->st_error, sqlite3_errmsg(st->st_db),
	    sizeof(st->st_error));
}

/*
 * SQLite goes on writing to a file that somebody removed.  Nothing written
 * there is durable, so it does not count.
 */
int
store_same_file(struct store *st)
{
	struct stat	sb;

	if (stat(st->st_path, &sb) == -1) {
		strlcpy(st->st_error, "the database file is gone",
		    sizeof(st->st_error));
		return (-1);
	}
	if (st->st_ino == 0) {
		st->st_dev = sb.st_dev;
		st->st_ino = sb.st_ino;
	} else if (st->st_dev != sb.st_dev || st->st_ino != sb.st_ino) {
		strlcpy(st->st_error, "the database file was replaced",
		    sizeof(st->st_error));
		return (-1);
	}
	return (0);
}

enum store_result
store_run(struct store *st, sqlite3_stmt *stmt)
{
	int	rc;

	rc = sqlite3_step(stmt);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		store_note(st);
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	switch (rc & 0xff) {
	case SQLITE_DONE:
	case SQLITE_ROW:
		return (STORE_OK);
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
		return (STORE_REFUSED);
	default:
		return (STORE_FAILED);
	}
}

int
store_begin(struct store *st)
{
	st->st_more = st->st_less = 0;
	if (st->st_ino != 0 && store_same_file(st) == -1)
		return (-1);
	return (store_run(st, st->st_stmt[STMT_BEGIN]) == STORE_OK ? 0 : -1);
}

int
store_commit(struct store *st)
{
	if (store_run(st, st->st_stmt[STMT_COMMIT]) != STORE_OK) {
		store_rollback(st);
		return (-1);
	}
	st->st_count += st->st_more - st->st_less;
	st->st_more = st->st_less = 0;
	return (0);
}

/* Some errors have already rolled back by themselves. */
void
store_rollback(struct store *st)
{
	char	error[sizeof(st->st_error)];

	st->st_more = st->st_less = 0;
	if (sqlite3_get_autocommit(st->st_db))
		return;
	memcpy(error, st->st_error, sizeof(error));
	(void)store_run(st, st->st_stmt[STMT_ROLLBACK]);
	memcpy(st->st_error, error, sizeof(error));
}

/* Values */

void
store_bind(sqlite3_stmt *stmt, int n, uint64_t value)
{
	(void)sqlite3_bind_int64(stmt, n, value > INT64_MAX ? INT64_MAX :
	    (int64_t)value);
}

uint64_t
store_column(sqlite3_stmt *stmt, int n)
{
	int64_t	value;

	value = sqlite3_column_int64(stmt, n);
	return (value < 0 ? 0 : (uint64_t)value);
}

void
store_column_text(sqlite3_stmt *stmt, int n, char *text, size_t len)
{
	const unsigned char	*value;

	value = sqlite3_column_text(stmt, n);
	strlcpy(text, value == NULL ? "" : (const char *)value, len);
}

/* Retention */

static int
store_number(struct store *st, enum stmt which, uint64_t *number)
{
	sqlite3_stmt	*stmt = st->st_stmt[which];
	int		 rc;

	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*number = store_column(stmt, 0);
	else
		store_note(st);
	(void)sqlite3_reset(stmt);
	return (rc == SQLITE_ROW ? 0 : -1);
}

/*
 * To count takes as long as there are rows, so we remember.  The version
 * changes when anybody but us has written.
 */
int
store_count(struct store *st, uint64_t *count)
{
	uint64_t	version;

	if (store_number(st, STMT_VERSION, &version) == -1)
		return (-1);
	if (!st->st_counted || version != st->st_version) {
		if (store_number(st, STMT_COUNT, count) == -1)
			return (-1);
		st->st_count = *count - st->st_more + st->st_less;
		st->st_version = version;
		st->st_counted = true;
	}
	*count = st->st_count + st->st_more - st->st_less;
	return (0);
}

int
store_prune(struct store *st, uint64_t now_ms)
{
	sqlite3_stmt	*stmt;
	uint64_t	 count;
	int		 removed = 0;

	if (store_begin(st) == -1)
		return (-1);
	if (st->st_retention_ms != 0 && now_ms > st->st_retention_ms) {
		stmt = st->st_stmt[STMT_PRUNE_AGE];
		store_bind(stmt, 1, now_ms - st->st_retention_ms);
		store_bind(stmt, 2, STORE_SLICE);
		if (store_run(st, stmt) != STORE_OK) {
			store_rollback(st);
			return (-1);
		}
		removed = sqlite3_changes(st->st_db);
		st->st_less += (uint64_t)removed;
	}
	if (st->st_max_records != 0 && removed < STORE_SLICE) {
		if (store_count(st, &count) == 0 &&
		    count > st->st_max_records) {
			stmt = st->st_stmt[STMT_PRUNE_COUNT];
			count -= st->st_max_records;
			store_bind(stmt, 1, count < STORE_SLICE ? count :
			    STORE_SLICE);
			if (store_run(st, stmt) != STORE_OK) {
				store_rollback(st);
				return (-1);
			}
			count = (uint64_t)sqlite3_changes(st->st_db);
			st->st_less += count;
			removed += (int)count;
		}
	}
	return (store_commit(st) == -1 ? -1 : removed);
}
