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
 * The registry as it lies on the disk.
 */

#include "config.h"

#include <err.h>
#include <string.h>

#include <sqlite3.h>

#include "regress/storm/judge.h"

int
judge_registry(struct judge *j, const char *path)
{
	sqlite3		*db = NULL;
	sqlite3_stmt	*st = NULL;
	struct jcall	*c;
	const char	*id;
	size_t		 i;
	int		 rv;

	for (i = 0; i < j->ju_ncalls; i++) {
		j->ju_calls[i].jc_rows = 0;
		j->ju_calls[i].jc_state = -1;
	}
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK || sqlite3_busy_timeout(db, 2000) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "SELECT call_id, state, reason, "
	    "answered_ms FROM calls", -1, &st, NULL) != SQLITE_OK) {
		warnx("%s: %s", path, sqlite3_errmsg(db));
		sqlite3_close(db);
		return (-1);
	}
	while ((rv = sqlite3_step(st)) == SQLITE_ROW) {
		id = (const char *)sqlite3_column_text(st, 0);
		if (id == NULL || (c = judge_call(j, id)) == NULL)
			continue;
		c->jc_rows++;
		c->jc_state = sqlite3_column_int(st, 1);
		c->jc_reason = sqlite3_column_int(st, 2);
		c->jc_answered = sqlite3_column_int64(st, 3) != 0;
	}
	if (rv != SQLITE_DONE)
		warnx("%s: %s", path, sqlite3_errmsg(db));
	sqlite3_finalize(st);
	sqlite3_close(db);
	return (rv == SQLITE_DONE ? 0 : -1);
}
