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
 * Records, media counters and proofs: writing and reading them.
 */
#include "config.h"

#include <string.h>

#include "registryd/store.h"
#include "registryd/store_int.h"

/* The counters of one member, in the order of the columns. */
struct store_media_row {
	uint64_t	done[5];
	uint64_t	now[5];
	uint64_t	loss_pct;
	uint64_t	rtt_ms;
};

static void	 bind_text(sqlite3_stmt *, int, const char *);
static void	 bind_addr(sqlite3_stmt *, int, const struct addr *);
static uint64_t	 add_u64(uint64_t, uint64_t);
static void	 store_read_call(sqlite3_stmt *, struct store_call *);
static void	 store_read_media(sqlite3_stmt *, int,
		    struct store_media_row *);
static int	 store_sum_media(struct store *, struct store_call *);
static int	 store_rows(struct store *, sqlite3_stmt *, int64_t *,
		    store_row_fn *, void *);

static void
bind_text(sqlite3_stmt *stmt, int n, const char *text)
{
	(void)sqlite3_bind_text(stmt, n, text, -1, SQLITE_TRANSIENT);
}

static void
bind_addr(sqlite3_stmt *stmt, int n, const struct addr *addr)
{
	char	text[ADDR_STRLEN];

	if (addr->addr_len == 0)
		(void)sqlite3_bind_null(stmt, n);
	else
		bind_text(stmt, n, addr_print(addr, text, sizeof(text)));
}

static uint64_t
add_u64(uint64_t a, uint64_t b)
{
	return (a > INT64_MAX - b ? INT64_MAX : a + b);
}

/* Writing */

enum store_result
store_put(struct store *st, const struct msg_call_put *put)
{
	sqlite3_stmt		*stmt = st->st_stmt[STMT_PUT];
	enum store_result	 result;

	if (put->state > CALL_ENDED) {
		strlcpy(st->st_error, "no such state", sizeof(st->st_error));
		return (STORE_REFUSED);
	}
	bind_text(stmt, 1, put->call_id);
	store_bind(stmt, 2, put->created_ms);
	bind_text(stmt, 3, put->caller);
	bind_text(stmt, 4, put->callee);
	bind_text(stmt, 5, put->caller_alias);
	store_bind(stmt, 6, put->caller_proven);
	store_bind(stmt, 7, put->callee_proven);
	store_bind(stmt, 8, put->unconfirmed);
	store_bind(stmt, 9, put->state);
	store_bind(stmt, 10, put->mode);
	store_bind(stmt, 11, put->reason);
	store_bind(stmt, 12, put->path);
	store_bind(stmt, 13, put->answered_ms);
	store_bind(stmt, 14, put->ended_ms);
	bind_addr(stmt, 15, &put->caller_addr);
	bind_addr(stmt, 16, &put->callee_addr);
	/* All 64 bits count here, whatever the sign. */
	(void)sqlite3_bind_int64(stmt, 17, (int64_t)st->st_boot_id);
	store_bind(stmt, 18, put->remote);
	store_bind(stmt, 19, put->remote_legacy);
	bind_text(stmt, 20, put->remote_label);
	bind_text(stmt, 21, put->remote_path);
	/* Left alone by what only changes a row. */
	sqlite3_set_last_insert_rowid(st->st_db, 0);
	result = store_run(st, stmt);
	if (result == STORE_OK && sqlite3_last_insert_rowid(st->st_db) != 0)
		st->st_more++;
	return (result);
}

static void
store_read_media(sqlite3_stmt *stmt, int column, struct store_media_row *row)
{
	int	i;

	for (i = 0; i < 5; i++) {
		row->done[i] = store_column(stmt, column + i);
		row->now[i] = store_column(stmt, column + 5 + i);
	}
	row->loss_pct = store_column(stmt, column + 10);
	row->rtt_ms = store_column(stmt, column + 11);
}

enum store_result
store_media(struct store *st, const struct msg_call_media *msg,
    uint64_t now_ms)
{
	struct store_media_row	 row;
	sqlite3_stmt		*stmt;
	uint64_t		 fresh[5];
	int64_t			 id = 0;
	enum store_result	 result;
	int			 i, rc;

	stmt = st->st_stmt[STMT_CALL];
	bind_text(stmt, 1, msg->call_id);
	bind_text(stmt, 2, msg->fingerprint);
	if ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		id = sqlite3_column_int64(stmt, 0);
	else if (rc != SQLITE_DONE)
		store_note(st);
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	if (rc == SQLITE_DONE) {
		strlcpy(st->st_error, "no such call", sizeof(st->st_error));
		return (STORE_REFUSED);
	}
	if (rc != SQLITE_ROW)
		return (STORE_FAILED);

	memset(&row, 0, sizeof(row));
	stmt = st->st_stmt[STMT_MEDIA_GET];
	(void)sqlite3_bind_int64(stmt, 1, id);
	bind_text(stmt, 2, msg->fingerprint);
	if ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		store_read_media(stmt, 0, &row);
	else if (rc != SQLITE_DONE)
		store_note(st);
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return (STORE_FAILED);

	fresh[0] = msg->packets_in;
	fresh[1] = msg->bytes_in;
	fresh[2] = msg->packets_out;
	fresh[3] = msg->bytes_out;
	fresh[4] = msg->dropped_out;
	/*
	 * Counters that went down are those of a new connection whose
	 * predecessor's last word never came (mediad was restarted).
	 */
	if (fresh[0] < row.now[0] || fresh[2] < row.now[2]) {
		for (i = 0; i < 5; i++) {
			row.done[i] = add_u64(row.done[i], row.now[i]);
			row.now[i] = 0;
		}
	}
	for (i = 0; i < 5; i++) {
		if (fresh[i] > INT64_MAX)
			fresh[i] = INT64_MAX;
		if (msg->final) {
			row.done[i] = add_u64(row.done[i], fresh[i]);
			row.now[i] = 0;
		} else
			row.now[i] = fresh[i];
	}
	stmt = st->st_stmt[STMT_MEDIA_PUT];
	(void)sqlite3_bind_int64(stmt, 1, id);
	bind_text(stmt, 2, msg->fingerprint);
	for (i = 0; i < 5; i++) {
		store_bind(stmt, 3 + i, row.done[i]);
		store_bind(stmt, 8 + i, row.now[i]);
	}
	store_bind(stmt, 13, msg->loss_pct);
	store_bind(stmt, 14, msg->rtt_ms);
	store_bind(stmt, 15, now_ms);
	if ((result = store_run(st, stmt)) != STORE_OK)
		return (result);
	if (row.done[0] == 0 && row.now[0] == 0)
		return (STORE_OK);
	stmt = st->st_stmt[STMT_PATH];
	(void)sqlite3_bind_int64(stmt, 1, id);
	store_bind(stmt, 2, CALL_PATH_RELAY);
	store_bind(stmt, 3, CALL_PATH_FEDERATED_RELAY);
	return (store_run(st, stmt));
}

enum store_result
store_prove(struct store *st, const char *fp, uint64_t now_ms)
{
	sqlite3_stmt	*stmt = st->st_stmt[STMT_PROVE];

	bind_text(stmt, 1, fp);
	store_bind(stmt, 2, now_ms);
	return (store_run(st, stmt));
}

/* Reading */

int
store_is_proven(struct store *st, const char *fp)
{
	sqlite3_stmt	*stmt = st->st_stmt[STMT_PROVEN];
	int		 rc;

	/* A table that is no longer on disk cannot answer "no". */
	if (store_same_file(st) == -1)
		return (-1);
	bind_text(stmt, 1, fp);
	rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		store_note(st);
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return (-1);
	return (rc == SQLITE_ROW);
}

static void
store_read_call(sqlite3_stmt *stmt, struct store_call *call)
{
	struct msg_call_put	*put = &call->sc_put;
	char			 text[ADDR_STRLEN];

	memset(call, 0, sizeof(*call));
	call->sc_id = sqlite3_column_int64(stmt, 0);
	store_column_text(stmt, 1, put->call_id, sizeof(put->call_id));
	put->created_ms = store_column(stmt, 2);
	store_column_text(stmt, 3, put->caller, sizeof(put->caller));
	store_column_text(stmt, 4, put->callee, sizeof(put->callee));
	store_column_text(stmt, 5, put->caller_alias,
	    sizeof(put->caller_alias));
	put->caller_proven = store_column(stmt, 6) != 0;
	put->callee_proven = store_column(stmt, 7) != 0;
	put->unconfirmed = store_column(stmt, 8) != 0;
	put->state = store_column(stmt, 9);
	put->mode = store_column(stmt, 10);
	put->reason = store_column(stmt, 11);
	put->path = store_column(stmt, 12);
	put->answered_ms = store_column(stmt, 13);
	put->ended_ms = store_column(stmt, 14);
	store_column_text(stmt, 15, text, sizeof(text));
	if (text[0] != '\0')
		(void)addr_parse(&put->caller_addr, text);
	store_column_text(stmt, 16, text, sizeof(text));
	if (text[0] != '\0')
		(void)addr_parse(&put->callee_addr, text);
	put->remote = store_column(stmt, 17);
	put->remote_legacy = store_column(stmt, 18) != 0;
	store_column_text(stmt, 19, put->remote_label,
	    sizeof(put->remote_label));
	store_column_text(stmt, 20, put->remote_path,
	    sizeof(put->remote_path));
}

static int
store_sum_media(struct store *st, struct store_call *call)
{
	struct store_media_row	 row;
	sqlite3_stmt		*stmt = st->st_stmt[STMT_MEDIA_SUM];
	char			 fp[FP_STRLEN];
	uint64_t		 sum[5];
	int			 i, rc;

	(void)sqlite3_bind_int64(stmt, 1, call->sc_id);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		store_column_text(stmt, 0, fp, sizeof(fp));
		store_read_media(stmt, 1, &row);
		for (i = 0; i < 5; i++)
			sum[i] = add_u64(row.done[i], row.now[i]);
		call->sc_packets_in = add_u64(call->sc_packets_in, sum[0]);
		call->sc_bytes_in = add_u64(call->sc_bytes_in, sum[1]);
		call->sc_packets_out = add_u64(call->sc_packets_out, sum[2]);
		call->sc_bytes_out = add_u64(call->sc_bytes_out, sum[3]);
		call->sc_dropped_out = add_u64(call->sc_dropped_out, sum[4]);
		if (strcmp(fp, call->sc_put.caller) == 0) {
			call->sc_caller_packets_in = sum[0];
			call->sc_caller_packets_out = sum[2];
		} else if (strcmp(fp, call->sc_put.callee) == 0) {
			call->sc_callee_packets_in = sum[0];
			call->sc_callee_packets_out = sum[2];
		}
		if (row.loss_pct > call->sc_loss_pct)
			call->sc_loss_pct = row.loss_pct;
		if (row.rtt_ms > call->sc_rtt_ms)
			call->sc_rtt_ms = row.rtt_ms;
	}
	if (rc != SQLITE_DONE)
		store_note(st);
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	return (rc == SQLITE_DONE ? 0 : -1);
}

/* All rows of a bound statement; *last becomes the id of the last one. */
static int
store_rows(struct store *st, sqlite3_stmt *stmt, int64_t *last,
    store_row_fn *fn, void *arg)
{
	struct store_call	call;
	int			n = 0, rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		store_read_call(stmt, &call);
		if (store_sum_media(st, &call) == -1)
			break;
		*last = call.sc_id;
		fn(arg, &call);
		n++;
	}
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		store_note(st);
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	return (rc == SQLITE_DONE ? n : -1);
}

int
store_live(struct store *st, int64_t *after, unsigned int max,
    store_row_fn *fn, void *arg)
{
	sqlite3_stmt	*stmt = st->st_stmt[STMT_LIVE];

	(void)sqlite3_bind_int64(stmt, 1, *after);
	store_bind(stmt, 2, max);
	return (store_rows(st, stmt, after, fn, arg));
}

int
store_history(struct store *st, const char *filter, bool ended_only,
    int64_t *before, unsigned int max, store_row_fn *fn, void *arg)
{
	sqlite3_stmt	*stmt;

	stmt = st->st_stmt[filter == NULL ? STMT_ALL : STMT_FILTERED];
	(void)sqlite3_bind_int64(stmt, 1, *before);
	store_bind(stmt, 2, max);
	store_bind(stmt, 3, ended_only ? CALL_ENDED : CALL_PENDING);
	if (filter != NULL)
		bind_text(stmt, 4, filter);
	return (store_rows(st, stmt, before, fn, arg));
}
