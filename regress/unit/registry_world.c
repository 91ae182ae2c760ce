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

/* The fixtures of registry_test and registry_commit_test. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "regress/unit/registry_world.h"

char		db_path[300];
struct rows	rows;

static char	dir[256];

int
setup(void **state)
{
	const char	*tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(dir, sizeof(dir), "%s/registry.XXXXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL)
		return (-1);
	(void)snprintf(db_path, sizeof(db_path), "%s/calls.db", dir);
	return (0);
}

int
teardown(void **state)
{
	static const char	*suffixes[] = { "", "-wal", "-shm",
		"-journal" };
	char			 name[320];
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", db_path,
		    suffixes[i]);
		(void)unlink(name);
	}
	return (rmdir(dir));
}

struct store *
open_with(uint64_t boot, uint64_t retention_s, uint64_t max, char *why)
{
	struct store_config	config;

	memset(&config, 0, sizeof(config));
	config.st_path = db_path;
	config.st_boot_id = boot;
	config.st_retention_s = retention_s;
	config.st_max_records = max;
	why[0] = '\0';
	return (store_open(&config, why, 256));
}

struct store *
open_store(uint64_t boot)
{
	struct store	*st;
	char		 why[256];

	if ((st = open_with(boot, 0, 0, why)) == NULL)
		fail_msg("store_open: %s", why);
	return (st);
}

struct msg_call_put *
record(const char *call_id, enum call_state state)
{
	static struct msg_call_put	put;

	memset(&put, 0, sizeof(put));
	strlcpy(put.call_id, call_id, sizeof(put.call_id));
	strlcpy(put.caller, FP_A, sizeof(put.caller));
	strlcpy(put.callee, FP_B, sizeof(put.callee));
	strlcpy(put.caller_alias, "Ada", sizeof(put.caller_alias));
	put.caller_proven = true;
	put.created_ms = T0;
	put.state = state;
	if (state >= CALL_ACTIVE) {
		put.answered_ms = T0 + 1000;
		put.mode = CALL_MODE_TRUSTED;
	}
	if (state == CALL_ENDED) {
		put.ended_ms = T0 + 61000;
		put.reason = CALL_REASON_NORMAL;
	}
	return (&put);
}

void
put_now(struct store *st, const struct msg_call_put *put)
{
	assert_int_equal(store_begin(st), 0);
	assert_int_equal(store_put(st, put), STORE_OK);
	assert_int_equal(store_commit(st), 0);
}

static void
take_row(void *arg, const struct store_call *call)
{
	struct rows	*r = arg;

	assert_true(r->n < ROWS_MAX);
	r->row[r->n++] = *call;
}

size_t
history(struct store *st, const char *filter, bool ended)
{
	int64_t	before = INT64_MAX;
	int	n;

	rows.n = 0;
	do {
		n = store_history(st, filter, ended, &before, STORE_SLICE,
		    take_row, &rows);
		assert_int_not_equal(n, -1);
		assert_true(n <= STORE_SLICE);
	} while (n > 0);
	return (rows.n);
}

size_t
live(struct store *st)
{
	int64_t	after = 0;

	rows.n = 0;
	while (store_live(st, &after, 2, take_row, &rows) > 0)
		;
	return (rows.n);
}

struct msg_call_media *
media(const char *fp, uint64_t in, uint64_t out, bool final)
{
	static struct msg_call_media	m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.call_id, "c1", sizeof(m.call_id));
	strlcpy(m.fingerprint, fp, sizeof(m.fingerprint));
	m.packets_in = in;
	m.bytes_in = in * 100;
	m.packets_out = out;
	m.bytes_out = out * 100;
	m.dropped_out = 1;
	m.loss_pct = 3;
	m.rtt_ms = 40;
	m.final = final;
	return (&m);
}

void
media_now(struct store *st, const struct msg_call_media *m)
{
	assert_int_equal(store_begin(st), 0);
	assert_int_equal(store_media(st, m, T0 + 5000), STORE_OK);
	assert_int_equal(store_commit(st), 0);
}
