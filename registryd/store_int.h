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
 * What store.c and store_rows.c share; nobody else includes this but the test
 * that looks at what the statements cost.
 */
#ifndef WZP_REGISTRYD_STORE_INT_H
#define WZP_REGISTRYD_STORE_INT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "registryd/store.h"

/* Texts are in store.c. */
enum stmt {
	STMT_BEGIN,
	STMT_COMMIT,
	STMT_ROLLBACK,
	STMT_PUT,
	STMT_CALL,
	STMT_MEDIA_GET,
	STMT_MEDIA_PUT,
	STMT_PATH,
	STMT_PROVE,
	STMT_PROVEN,
	STMT_LIVE,
	STMT_ALL,
	STMT_FILTERED,
	STMT_MEDIA_SUM,
	STMT_LOST,
	STMT_PRUNE_AGE,
	STMT_COUNT,
	STMT_VERSION,
	STMT_PRUNE_COUNT,
	STMT_MAX
};

struct store {
	sqlite3		*st_db;
	sqlite3_stmt	*st_stmt[STMT_MAX];
	char		*st_path;
	dev_t		 st_dev;
	ino_t		 st_ino;
	uint64_t	 st_boot_id;
	uint64_t	 st_retention_ms;
	uint64_t	 st_max_records;
	uint64_t	 st_lost;
	/* Calls of the last commit, and what this transaction changes. */
	bool		 st_counted;
	uint64_t	 st_version;
	uint64_t	 st_count;
	uint64_t	 st_more;
	uint64_t	 st_less;
	char		 st_error[128];
};

/* Remembers what SQLite says went wrong. */
void	 store_note(struct store *);
/* 0 while the file is the one that was opened. */
int	 store_same_file(struct store *);
/* A statement without rows.  Of one that is refused nothing remains. */
enum store_result
	 store_run(struct store *, sqlite3_stmt *);
/* SQLite's integers are signed: what is larger stays at the maximum. */
void	 store_bind(sqlite3_stmt *, int, uint64_t);
uint64_t store_column(sqlite3_stmt *, int);
void	 store_column_text(sqlite3_stmt *, int, char *, size_t);

#endif /* WZP_REGISTRYD_STORE_INT_H */
