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
 * controld without its process: requests, rows from hostile workers, clients
 * over socket pairs.
 *
 * COVERS: limit control clients, request length, request time, answer time
 * COVERS: control - a worker owes so many answers, the next is refused
 * COVERS: control - rooms and counters of N mediads, relayd's own row
 * COVERS: control - garbage from a client or a worker ends only itself
 */
#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/ipc/limits.h"
#include "common/ipc/row.h"
#include "controld/client.h"
#include "controld/json.h"
#include "controld/query.h"

#define T0	(1000 * NS_PER_S)

/* Everything that one pretended client got, and what workers were asked. */
struct sink {
	char	text[65536];
	size_t	len;
	size_t	limit;		/* 0: none */
	int	done;
};

static struct {
	struct msg_ctl_query	queries[128];
	enum proc		procs[128];
	unsigned int		instances[128];
	size_t			n;
	unsigned int		away;	/* mask of 1 << proc */
	uint64_t		mediads;	/* that are there */
} asked;

static int
fake_ask(void *arg, enum proc proc, unsigned int instance,
    const struct msg_ctl_query *msg)
{
	(void)arg;
	if (asked.away & 1u << proc)
		return (-1);
	assert_true(asked.n < 128);
	asked.procs[asked.n] = proc;
	asked.instances[asked.n] = instance;
	asked.queries[asked.n++] = *msg;
	return (0);
}

static bool
fake_present(void *arg, enum proc proc, unsigned int instance)
{
	(void)arg;
	assert_true(instance < QUERY_INSTANCES);
	if (asked.away & 1u << proc)
		return (false);
	return (proc == PROC_MEDIAD ? (asked.mediads >> instance & 1) != 0 :
	    proc != PROC_FEDERD && proc != PROC_LOOKUPD && instance == 0);
}

static int
fake_line(void *client, const char *text, size_t len)
{
	struct sink	*sink = client;

	if (sink->limit != 0 && len > 100 && sink->len + len > sink->limit)
		return (-1);
	assert_true(sink->len + len < sizeof(sink->text));
	memcpy(sink->text + sink->len, text, len);
	sink->len += len;
	sink->text[sink->len] = '\0';
	return (0);
}

static void
fake_done(void *client)
{
	struct sink	*sink = client;

	sink->done++;
}

static const struct query_ops	ops = {
	fake_ask, fake_present, fake_line, fake_done
};

static struct queries *
start(void)
{
	struct queries	*qs;

	memset(&asked, 0, sizeof(asked));
	asked.mediads = 1;
	assert_non_null(qs = queries_new(&ops, NULL));
	return (qs);
}

static void
show(struct queries *qs, struct sink *sink, const char *line)
{
	struct request	 rq;
	const char	*why = "";

	memset(sink, 0, sizeof(*sink));
	if (request_parse(line, strlen(line), &rq, &why) == -1)
		fail_msg("%s: %s", line, why);
	query_start(qs, sink, &rq, T0);
}

static int
row_from(struct queries *qs, enum proc proc, unsigned int instance,
    uint64_t id, const char *name, const char *value)
{
	static struct row	r;
	struct msg_ctl_row	msg;

	row_init(&r);
	row_str(&r, name, value);
	row_u64(&r, "number", UINT64_MAX);
	row_bool(&r, "yes", true);
	msg.id = id;
	msg.cells.data = r.row_buf;
	msg.cells.len = r.row_len;
	return (query_row(qs, proc, instance, &msg));
}

static int
row(struct queries *qs, enum proc proc, uint64_t id, const char *name,
    const char *value)
{
	return (row_from(qs, proc, 0, id, name, value));
}

static int
end_from(struct queries *qs, enum proc proc, unsigned int instance,
    uint64_t id, const char *error)
{
	struct msg_ctl_end	msg;

	memset(&msg, 0, sizeof(msg));
	msg.id = id;
	strlcpy(msg.error, error, sizeof(msg.error));
	return (query_end(qs, proc, instance, &msg));
}

static int
end(struct queries *qs, enum proc proc, uint64_t id, const char *error)
{
	return (end_from(qs, proc, 0, id, error));
}

static void
test_json(void **state)
{
	static struct json	js;
	static const char	text[] = "a\"b\\c\n\t\1\x7f\xc2\x9b\xc3\xa9";

	(void)state;
	json_begin(&js);
	json_str(&js, "s", 1, text, sizeof(text) - 1);
	json_u64(&js, "n", 1, UINT64_MAX);
	json_bool(&js, "t", 1, true);
	json_bool(&js, "f", 1, false);
	json_str(&js, "e", 1, "", 0);
	json_end(&js);
	assert_false(js.js_full);
	js.js_text[js.js_len] = '\0';
	assert_string_equal(js.js_text, "{\"s\":\"a\\\"b\\\\c\\u000a\\u0009"
	    "\\u0001\\u007f\\u009b\xc3\xa9\",\"n\":18446744073709551615,"
	    "\"t\":true,\"f\":false,\"e\":\"\"}\n");
}

static void
test_requests(void **state)
{
	static const char *const	bad[] = {
		"", "show", "hide calls", "show everything", "calls",
		"show calls a b", "show \x01", "show calls \x80",
		"SHOW calls", "show calls\r", "reload now", "reloads", "RELOAD",
		"peer", "peer x", "peer x sideways", "peer x up now",
		"peer up", "show peers a b"
	};
	struct request			 rq;
	const char			*why;
	char				 line[300];
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		assert_int_equal(request_parse(bad[i], strlen(bad[i]), &rq,
		    &why), -1);
		assert_non_null(why);
	}
	assert_int_equal(request_parse("show\0calls", 10, &rq, &why), -1);
	memset(line, 'x', sizeof(line));
	memcpy(line, "show calls ", 11);
	assert_int_equal(request_parse(line, sizeof(line), &rq, &why), -1);
	assert_int_equal(request_parse(line, 11 + 128, &rq, &why), -1);
	assert_int_equal(request_parse(line, 11 + 127, &rq, &why), 0);
	assert_int_equal(strlen(rq.rq_filter), 127);

	assert_int_equal(request_parse(" show\tcalls  c1 ", 16, &rq, &why), 0);
	assert_int_equal(rq.rq_what, CTL_CALLS);
	assert_int_equal(rq.rq_proc, PROC_REGISTRYD);
	assert_int_equal(rq.rq_limit, QUERY_CALLS_LIMIT);
	assert_string_equal(rq.rq_filter, "c1");
	assert_int_equal(request_parse("show calls live", 15, &rq, &why), 0);
	assert_int_equal(rq.rq_proc, PROC_SIGNALD);
	assert_string_equal(rq.rq_filter, "");
	assert_int_equal(request_parse("show rooms live", 15, &rq, &why), 0);
	assert_int_equal(rq.rq_proc, PROC_MEDIAD);
	assert_string_equal(rq.rq_filter, "live");
	assert_int_equal(rq.rq_wait, QUERY_LIMIT_NS);
	assert_false(rq.rq_admin);
	assert_int_equal(request_parse("show peers", 10, &rq, &why), 0);
	assert_int_equal(rq.rq_what, CTL_PEERS);
	assert_int_equal(rq.rq_proc, PROC_FEDERD);
	assert_false(rq.rq_admin);
	assert_int_equal(request_parse("show mesh", 9, &rq, &why), 0);
	assert_int_equal(rq.rq_what, CTL_MESH);
	assert_int_equal(rq.rq_proc, PROC_FEDERD);
	assert_int_equal(request_parse("peer  a.b-c\tdown", 16, &rq, &why), 0);
	assert_int_equal(rq.rq_what, CTL_PEER);
	assert_int_equal(rq.rq_proc, PROC_FEDERD);
	assert_string_equal(rq.rq_filter, "a.b-c down");
	assert_true(rq.rq_admin);
	memset(line, 'x', sizeof(line));
	memcpy(line, "peer ", 5);
	memcpy(line + 5 + 63, " up", 3);
	assert_int_equal(request_parse(line, 5 + 63 + 3, &rq, &why), 0);
	memcpy(line + 5 + 63, "x up", 4);
	assert_int_equal(request_parse(line, 5 + 64 + 3, &rq, &why), -1);
	assert_string_equal(why,
	    "no such peer; `wzpctl show peers' lists them");
	assert_int_equal(request_parse(" reload ", 8, &rq, &why), 0);
	assert_int_equal(rq.rq_what, CTL_RELOAD);
	assert_int_equal(rq.rq_proc, PROC_RELAYD);
	assert_int_equal(rq.rq_wait, QUERY_RELOAD_NS);
	assert_true(rq.rq_admin);
}

static void
test_one_worker(void **state)
{
	struct queries	*qs = start();
	struct sink	 a, b;
	uint64_t	 ida, idb;

	(void)state;
	show(qs, &a, "show clients");
	show(qs, &b, "show rooms lobby");
	assert_int_equal(asked.n, 2);
	assert_int_equal(asked.procs[0], PROC_SIGNALD);
	assert_int_equal(asked.procs[1], PROC_MEDIAD);
	assert_string_equal(asked.queries[1].filter, "lobby");
	ida = asked.queries[0].id;
	idb = asked.queries[1].id;
	assert_true(ida != idb);
	assert_int_equal(row(qs, PROC_MEDIAD, idb, "room", "lobby"), 0);
	assert_int_equal(row(qs, PROC_SIGNALD, ida, "alias", "A\"da"), 0);
	assert_int_equal(end(qs, PROC_MEDIAD, idb, "no \"such\" room"), 0);
	assert_int_equal(end(qs, PROC_SIGNALD, ida, ""), 0);
	assert_string_equal(a.text, "{\"alias\":\"A\\\"da\",\"number\":"
	    "18446744073709551615,\"yes\":true}\n{\"end\":true}\n");
	assert_string_equal(b.text, "{\"room\":\"lobby\",\"number\":"
	    "18446744073709551615,\"yes\":true,\"worker\":\"mediad\","
	    "\"instance\":0}\n"
	    "{\"error\":\"no \\\"such\\\" room\"}\n");
	assert_int_equal(a.done, 1);
	assert_int_equal(b.done, 1);
	assert_int_equal(queries_count(qs), 0);
	assert_int_equal(queries_expiry(qs), UINT64_MAX);
	/* Late: no effect, no blame; but each is answered once. */
	assert_int_equal(row(qs, PROC_SIGNALD, ida, "alias", "x"), 0);
	assert_int_equal(end(qs, PROC_SIGNALD, ida, ""), -1);
	assert_int_equal(a.done, 1);
	queries_free(qs);
}

static int
usage_from(struct queries *qs, enum proc proc, unsigned int instance,
    const char *who, const char *limit, uint64_t used, uint64_t refused)
{
	static struct row	r;
	struct msg_ctl_row	msg;

	row_init(&r);
	if (who != NULL)
		row_str(&r, "who", who);
	row_str(&r, "limit", limit);
	row_u64(&r, "used", used);
	row_u64(&r, "highest", used + 1);
	row_u64(&r, "refused", refused);
	msg.id = asked.queries[0].id;
	msg.cells.data = r.row_buf;
	msg.cells.len = r.row_len;
	return (query_row(qs, proc, instance, &msg));
}

/* Of all workers one row a limit; who is over one is passed on. */
static void
test_limits(void **state)
{
	struct msg_settings	 settings;
	struct queries		*qs = start();
	struct sink		 a;
	char			*p;
	size_t			 i;

	(void)state;
	memset(&settings, 0, sizeof(settings));
	limits_default(&settings);
	settings.join_rate = 7;
	queries_settings(qs, &settings);
	asked.mediads = 3;
	show(qs, &a, "show limits");
	assert_int_equal(asked.n, 5);
	for (i = 0; i < asked.n; i++) {
		assert_int_equal(asked.queries[i].what, CTL_LIMITS);
		assert_int_equal(asked.queries[i].id, asked.queries[0].id);
	}
	assert_int_equal(usage_from(qs, PROC_MEDIAD, 0, NULL, "join-rate", 5,
	    2), 0);
	assert_int_equal(usage_from(qs, PROC_MEDIAD, 1, NULL, "join-rate", 3,
	    9), 0);
	assert_int_equal(usage_from(qs, PROC_MEDIAD, 1, "a:b \"", "join-rate",
	    0, 9), 0);
	/* What is no limit is not shown, whoever says it. */
	assert_int_equal(usage_from(qs, PROC_DOORD, 0, NULL, "nonsense", 1,
	    1), 0);
	assert_int_equal(end(qs, PROC_SIGNALD, asked.queries[0].id, ""), 0);
	assert_int_equal(end(qs, PROC_DOORD, asked.queries[0].id, ""), 0);
	assert_int_equal(usage_from(qs, PROC_REGISTRYD, 0, NULL, "records", 0,
	    0), 0);
	assert_int_equal(end(qs, PROC_REGISTRYD, asked.queries[0].id, ""), 0);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 0, asked.queries[0].id,
	    ""), 0);
	assert_int_equal(a.done, 0);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 1, asked.queries[0].id,
	    ""), 0);
	assert_int_equal(a.done, 1);
	assert_null(strstr(a.text, "nonsense"));
	assert_non_null(strstr(a.text, "{\"who\":\"a:b \\\"\","
	    "\"limit\":\"join-rate\",\"used\":0,\"highest\":1,"
	    "\"refused\":9,\"worker\":\"mediad\",\"instance\":1}\n"));
	assert_non_null(strstr(a.text, "{\"limit\":\"join-rate\","
	    "\"value\":7,\"default\":240,\"unit\":\"a minute\",\"used\":5,"
	    "\"highest\":6,\"refused\":11,\"reason\":\""));
	for (i = 0, p = a.text; (p = strstr(p, "\"reason\":")) != NULL; p++)
		i++;
	assert_int_equal(i, LIMITS);
	/* A rate nobody used is 0; what nobody counts is not known. */
	assert_non_null(strstr(a.text, "\"unit\":\"count\",\"used\":0,"
	    "\"highest\":1,\"refused\":0,\"reason\":\"about 300"));
	assert_non_null(strstr(a.text, "\"unit\":\"milliseconds\","
	    "\"used\":null,\"highest\":null,\"refused\":0,"));
	assert_null(strstr(a.text, "\"unit\":\"milliseconds\",\"used\":0"));
	assert_null(strstr(a.text, "\"unit\":\"a minute\",\"used\":null"));
	/* Nothing is left of it for the next one. */
	show(qs, &a, "show limits");
	for (i = 5; i < asked.n; i++)
		if (asked.procs[i] != PROC_MEDIAD)
			assert_int_equal(end(qs, asked.procs[i],
			    asked.queries[i].id, ""), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(end_from(qs, PROC_MEDIAD, (unsigned int)i,
		    asked.queries[5].id, ""), 0);
	assert_int_equal(a.done, 1);
	assert_non_null(strstr(a.text, "\"used\":0,\"highest\":0,"
	    "\"refused\":0,"));
	assert_null(strstr(a.text, "\"refused\":11"));
	queries_free(qs);
}

/* A worker speaks for itself only, and only when asked. */
static void
test_hostile_worker(void **state)
{
	struct queries		*qs = start();
	struct sink		 a, b;
	struct msg_ctl_row	 msg;
	uint64_t		 id;
	unsigned int		 i;

	(void)state;
	show(qs, &a, "show calls live");
	id = asked.queries[0].id;
	assert_int_equal(row(qs, PROC_MEDIAD, id, "room", "x"), -1);
	assert_int_equal(end(qs, PROC_MEDIAD, id, ""), -1);
	assert_int_equal(a.len, 0);
	for (i = 0; i < QUERY_CALLS_LIMIT; i++)
		assert_int_equal(row(qs, PROC_SIGNALD, id, "c", "x"), 0);
	query_lost(qs, PROC_SIGNALD, 0);
	assert_non_null(strstr(a.text, "{\"error\":\"signald died\"}\n"));
	assert_int_equal(a.done, 1);

	/* One row too many ends its answer. */
	show(qs, &a, "show calls live");
	id = asked.queries[1].id;
	for (i = 0; i < QUERY_CALLS_LIMIT; i++)
		assert_int_equal(row(qs, PROC_SIGNALD, id, "c", "x"), 0);
	assert_int_equal(row(qs, PROC_SIGNALD, id, "c", "x"), -1);
	assert_non_null(strstr(a.text,
	    "{\"error\":\"signald answered nonsense\"}\n"));
	assert_int_equal(a.done, 1);
	assert_int_equal(end(qs, PROC_SIGNALD, id, ""), 0);
	assert_int_equal(end(qs, PROC_SIGNALD, id, ""), -1);

	/* So does what is no row; what the others say stands. */
	asked.mediads = 3;
	show(qs, &a, "show rooms");
	id = asked.queries[2].id;
	msg.id = id;
	msg.cells.data = (const uint8_t *)"\xde\xff\xff";
	msg.cells.len = 3;
	assert_int_equal(query_row(qs, PROC_SIGNALD, 0, &msg), -1);
	assert_int_equal(query_row(qs, PROC_MEDIAD, 1, &msg), -1);
	assert_int_equal(row_from(qs, PROC_MEDIAD, 1, id, "room", "x"), -1);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 1, id, ""), 0);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 1, id, ""), -1);
	assert_int_equal(a.len, 0);
	assert_int_equal(row(qs, PROC_MEDIAD, id, "room", "mine"), 0);
	assert_int_equal(end(qs, PROC_MEDIAD, id, ""), 0);
	assert_non_null(strstr(a.text, "\"mine\""));
	assert_non_null(strstr(a.text,
	    "{\"error\":\"mediad 1 answered nonsense\"}\n"));
	assert_int_equal(a.done, 1);
	/* Dead with an answer owed that nobody waits for. */
	show(qs, &a, "show rooms");
	msg.id = asked.queries[4].id;
	assert_int_equal(query_row(qs, PROC_MEDIAD, 1, &msg), -1);
	query_lost(qs, PROC_MEDIAD, 1);
	assert_int_equal(a.done, 0);
	assert_int_equal(end(qs, PROC_MEDIAD, msg.id, ""), 0);
	assert_int_equal(a.done, 1);
	assert_int_equal(queries_count(qs), 0);
	/* Of two answers owed, one is ended twice: that is not the other. */
	show(qs, &a, "show rooms");
	show(qs, &b, "show rooms");
	id = asked.queries[6].id;
	assert_int_equal(end_from(qs, PROC_MEDIAD, 1, id, ""), 0);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 1, id, ""), -1);
	assert_int_equal(a.done, 0);
	assert_int_equal(end(qs, PROC_MEDIAD, id, ""), 0);
	assert_int_equal(a.done, 1);
	assert_int_equal(b.done, 0);
	queries_free(qs);
}

static void
test_stats(void **state)
{
	struct queries	*qs = start();
	struct sink	 a;
	uint64_t	 id;
	size_t		 i, n;

	(void)state;
	asked.away = 1u << PROC_DOORD;
	show(qs, &a, "show stats");
	n = asked.n;
	assert_true(n >= 6);	/* and relayd, which is no worker */
	assert_int_equal(asked.procs[0], PROC_RELAYD);
	for (i = 0; i < n; i++) {
		assert_int_not_equal(asked.procs[i], PROC_FEDERD);
		assert_int_not_equal(asked.procs[i], PROC_LOOKUPD);
	}
	id = asked.queries[0].id;
	for (i = 0; i < n; i++) {
		assert_int_equal(asked.queries[i].id, id);
		assert_int_equal(asked.queries[i].what, CTL_STATS);
		/* The name in the row is not believed. */
		assert_int_equal(row(qs, asked.procs[i], id, "worker",
		    "nonsense"), 0);
		assert_int_equal(a.done, 0);
		assert_int_equal(end(qs, asked.procs[i], id, ""), 0);
	}
	assert_int_equal(a.done, 1);
	assert_null(strstr(a.text, "nonsense"));
	assert_non_null(strstr(a.text,
	    "{\"worker\":\"relayd\",\"instance\":0,\"number\":"));
	assert_non_null(strstr(a.text,
	    "{\"worker\":\"mediad\",\"instance\":0,\"number\":"));
	assert_non_null(strstr(a.text,
	    "{\"worker\":\"keyd\",\"instance\":0,\"number\":"));
	assert_non_null(strstr(a.text,
	    "{\"error\":\"doord is not running\"}\n"));
	queries_free(qs);
}

/* Rooms of several mediads: rows of all, each with its owner. */
static void
test_mediads(void **state)
{
	struct queries	*qs = start();
	struct sink	 a;
	uint64_t	 id;
	size_t		 i, n;

	(void)state;
	asked.mediads = 1 << 0 | 1 << 2 | UINT64_C(1) << 63;
	show(qs, &a, "show rooms");
	assert_int_equal(asked.n, 3);
	assert_int_equal(asked.instances[0], 0);
	assert_int_equal(asked.instances[1], 2);
	assert_int_equal(asked.instances[2], 63);
	id = asked.queries[0].id;
	assert_int_equal(row_from(qs, PROC_MEDIAD, 2, id, "room", "b"), 0);
	assert_int_equal(row_from(qs, PROC_MEDIAD, 0, id, "instance", "7"),
	    0);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 2, id, ""), 0);
	/* Its part is over; and one that was never asked. */
	assert_int_equal(row_from(qs, PROC_MEDIAD, 2, id, "room", "c"), -1);
	assert_int_equal(row_from(qs, PROC_MEDIAD, 1, id, "room", "c"), -1);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 2, id, ""), -1);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 64, id, ""), -1);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 0, id, ""), 0);
	assert_int_equal(a.done, 0);
	query_lost(qs, PROC_MEDIAD, 2);
	assert_int_equal(a.done, 0);
	query_lost(qs, PROC_MEDIAD, 63);
	assert_int_equal(a.done, 1);
	assert_string_equal(a.text, "{\"room\":\"b\",\"number\":"
	    "18446744073709551615,\"yes\":true,\"worker\":\"mediad\","
	    "\"instance\":2}\n{\"number\":18446744073709551615,"
	    "\"yes\":true,\"worker\":\"mediad\",\"instance\":0}\n"
	    "{\"error\":\"mediad 63 died\"}\n");

	/* A room is one mediad's: the others have nothing to say. */
	asked.n = 0;
	asked.mediads = 3;
	show(qs, &a, "show rooms lobby");
	id = asked.queries[0].id;
	assert_int_equal(end_from(qs, PROC_MEDIAD, 0, id, ""), 0);
	assert_int_equal(row_from(qs, PROC_MEDIAD, 1, id, "alias", "x"), 0);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 1, id, ""), 0);
	assert_non_null(strstr(a.text, "}\n{\"end\":true}\n"));
	asked.n = 0;
	show(qs, &a, "show rooms nowhere");
	id = asked.queries[0].id;
	assert_int_equal(end_from(qs, PROC_MEDIAD, 0, id, ""), 0);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 1, id, ""), 0);
	assert_string_equal(a.text, "{\"error\":\"no such room\"}\n");
	/* No rooms at all is an answer. */
	asked.n = 0;
	show(qs, &a, "show rooms");
	id = asked.queries[0].id;
	assert_int_equal(end_from(qs, PROC_MEDIAD, 0, id, ""), 0);
	assert_int_equal(end_from(qs, PROC_MEDIAD, 1, id, ""), 0);
	assert_string_equal(a.text, "{\"end\":true}\n");
	asked.mediads = 0;
	show(qs, &a, "show rooms");
	assert_string_equal(a.text,
	    "{\"error\":\"mediad 0 is not running\"}\n");

	/* All of 64, and everybody else: nobody is left out. */
	asked.n = 0;
	asked.mediads = UINT64_MAX;
	show(qs, &a, "show stats");
	n = asked.n;
	assert_true(n >= 64 + 6);
	id = asked.queries[0].id;
	for (i = 0; i < n; i++)
		assert_int_equal(end_from(qs, asked.procs[i],
		    asked.instances[i], id, ""), 0);
	assert_string_equal(a.text, "{\"end\":true}\n");
	queries_free(qs);
}

/*
 * A worker that does not answer owes at most so many answers: what more is
 * asked is refused, with a word, until it has answered or died.
 */
static void
test_owed(void **state)
{
	static struct sink	 sinks[QUERY_OWED_MAX + 2];
	struct queries		*qs = start();
	uint64_t		 first;
	size_t			 i;

	(void)state;
	for (i = 0; i < QUERY_OWED_MAX; i++) {
		show(qs, &sinks[i], "show clients");
		assert_int_equal(sinks[i].done, 0);
	}
	first = asked.queries[0].id;
	show(qs, &sinks[i], "show clients");
	assert_int_equal(asked.n, QUERY_OWED_MAX);
	assert_string_equal(sinks[i].text, "{\"error\":\"signald has too "
	    "many questions to answer, try again\"}\n");
	/* Others are not concerned. */
	show(qs, &sinks[i], "show rooms");
	assert_int_equal(asked.n, QUERY_OWED_MAX + 1);
	/* Giving up does not help: the questions are still on their way. */
	queries_expire(qs, T0 + QUERY_LIMIT_NS);
	assert_int_equal(queries_count(qs), 0);
	show(qs, &sinks[i], "show clients");
	assert_int_equal(sinks[i].done, 1);
	assert_int_equal(asked.n, QUERY_OWED_MAX + 1);
	/* A late answer does, and so does its end. */
	assert_int_equal(end(qs, PROC_SIGNALD, first, ""), 0);
	show(qs, &sinks[i], "show clients");
	assert_int_equal(sinks[i].done, 0);
	assert_int_equal(asked.n, QUERY_OWED_MAX + 2);
	query_lost(qs, PROC_SIGNALD, 0);
	assert_int_equal(sinks[i].done, 1);
	/* One that is away owes nothing. */
	asked.away = 1u << PROC_SIGNALD;
	for (i = 0; i < QUERY_OWED_MAX + 1; i++) {
		show(qs, &sinks[i], "show clients");
		assert_string_equal(sinks[i].text,
		    "{\"error\":\"signald is not running\"}\n");
	}
	asked.away = 0;
	for (i = 0; i < QUERY_OWED_MAX; i++) {
		show(qs, &sinks[i], "show clients");
		assert_int_equal(sinks[i].done, 0);
	}
	queries_free(qs);
}

static void
test_reload(void **state)
{
	struct queries	*qs = start();
	struct sink	 a;

	(void)state;
	show(qs, &a, "reload");
	assert_int_equal(asked.n, 1);
	assert_int_equal(asked.procs[0], PROC_RELAYD);
	assert_int_equal(asked.queries[0].what, CTL_RELOAD);
	assert_int_equal(queries_expiry(qs), T0 + QUERY_RELOAD_NS);
	assert_int_equal(end(qs, PROC_RELAYD, asked.queries[0].id,
	    "relayd.conf:3: unknown word"), 0);
	assert_string_equal(a.text,
	    "{\"error\":\"relayd.conf:3: unknown word\"}\n");
	show(qs, &a, "reload");
	assert_int_equal(end(qs, PROC_RELAYD, asked.queries[1].id, ""), 0);
	assert_string_equal(a.text, "{\"end\":true}\n");
	queries_free(qs);
}

static void
test_silence(void **state)
{
	struct queries	*qs = start();
	struct sink	 a, b;
	uint64_t	 id;

	(void)state;
	show(qs, &a, "show clients");
	assert_int_equal(queries_expiry(qs), T0 + QUERY_LIMIT_NS);
	queries_expire(qs, T0 + QUERY_LIMIT_NS - 1);
	assert_int_equal(a.done, 0);
	queries_expire(qs, T0 + QUERY_LIMIT_NS);
	assert_int_equal(a.done, 1);
	assert_string_equal(a.text,
	    "{\"error\":\"signald did not answer\"}\n");

	/* A client that went away is not written to. */
	show(qs, &b, "show clients");
	id = asked.queries[1].id;
	query_cancel(qs, &b);
	assert_int_equal(row(qs, PROC_SIGNALD, id, "a", "b"), 0);
	assert_int_equal(end(qs, PROC_SIGNALD, id, ""), 0);
	queries_expire(qs, UINT64_MAX);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.done, 0);

	/* The worker is away at once. */
	asked.away = 1u << PROC_SIGNALD;
	show(qs, &a, "show clients");
	assert_string_equal(a.text,
	    "{\"error\":\"signald is not running\"}\n");
	assert_int_equal(queries_count(qs), 0);
	queries_free(qs);
}

static void
test_budgets(void **state)
{
	static const char *const kinds[] = {
		"show rooms", "show history", "show workers", "show clients"
	};
	static struct sink	 sinks[QUERY_MAX + 1];
	struct queries		*qs = start();
	char			 big[1000];
	uint64_t		 id;
	size_t			 i;

	(void)state;
	for (i = 0; i <= QUERY_MAX; i++) {
		show(qs, &sinks[i], kinds[i % 4]);
		asked.n = 0;
	}
	assert_int_equal(queries_count(qs), QUERY_MAX);
	assert_string_equal(sinks[QUERY_MAX].text,
	    "{\"error\":\"too many requests at once\"}\n");
	id = asked.queries[0].id;
	/* The answer outgrows the client: it ends with that. */
	sinks[QUERY_MAX - 1].limit = 500;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(row(qs, PROC_SIGNALD, id, "a", big), 0);
	assert_string_equal(sinks[QUERY_MAX - 1].text,
	    "{\"error\":\"the answer is too long\"}\n");
	assert_int_equal(sinks[QUERY_MAX - 1].done, 1);
	assert_int_equal(queries_count(qs), QUERY_MAX - 1);
	queries_expire(qs, UINT64_MAX);
	assert_int_equal(queries_count(qs), 0);
	queries_free(qs);
}

/* Clients over socket pairs, on a real loop. */

static struct {
	char	line[512];
	int	requests;
	int	gone;
	size_t	answer;		/* bytes to say, in lines of 1000 */
	int	refused;	/* by client_line() */
} served;

static void
serve_request(void *arg, struct client *cl, const char *line, size_t len)
{
	char	text[1001];
	size_t	i;

	(void)arg;
	served.requests++;
	(void)snprintf(served.line, sizeof(served.line), "%.*s", (int)len,
	    line);
	memset(text, 'x', 999);
	text[999] = '\n';
	for (i = 0; i < served.answer; i += 1000)
		if (client_line(cl, text, 1000) == -1)
			served.refused++;
	assert_int_equal(client_line(cl, "end\n", 4), 0);
	client_done(cl);
}

static void
serve_gone(void *arg, struct client *cl)
{
	(void)arg;
	(void)cl;
	served.gone++;
}

static const struct client_ops	serve_ops = { serve_request, serve_gone };

/* Runs the loop until the client is gone, 20 s at most. */
static void
until_gone(struct ev_loop *loop, int fd, char *out, size_t cap, size_t *got)
{
	ssize_t	n;
	int	i;

	*got = 0;
	for (i = 0; i < 2000000; i++) {
		(void)ev_run(loop, EVRUN_NOWAIT);
		n = recv(fd, out + *got, cap - *got, MSG_DONTWAIT);
		if (n == 0 || (n == -1 && errno != EAGAIN))
			return;
		if (n > 0)
			*got += (size_t)n;
		assert_true(*got < cap);
	}
	fail_msg("the client was never closed");
}

static int
connect_one(struct clients *cs, struct client **cl)
{
	int	fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*cl = client_new(cs, fds[0], true);
	return (fds[1]);
}

static void
test_clients(void **state)
{
	static char	 out[CLIENT_ANSWER_MAX + 65536];
	struct ev_loop	*loop = ev_loop_new(EVFLAG_NOENV);
	struct clients	*cs;
	struct client	*cl;
	char		 garbage[1000];
	size_t		 got, i;
	int		 fd, fds[CLIENTS_MAX + 1];

	(void)state;
	assert_non_null(cs = clients_new(loop, &serve_ops, NULL));
	memset(&served, 0, sizeof(served));

	/* In pieces, with something behind it. */
	fd = connect_one(cs, &cl);
	assert_non_null(strstr(client_name(cl), ", read-only"));
	assert_true(client_read_only(cl));
	assert_non_null(strstr(client_name(cl), "uid "));
	assert_int_equal(send(fd, "show ", 5, 0), 5);
	(void)ev_run(loop, EVRUN_NOWAIT);
	assert_int_equal(served.requests, 0);
	assert_int_equal(send(fd, "calls\nmore", 10, 0), 10);
	until_gone(loop, fd, out, sizeof(out), &got);
	assert_int_equal(served.requests, 1);
	assert_string_equal(served.line, "show calls");
	assert_int_equal(got, 4);
	assert_memory_equal(out, "end\n", 4);
	(void)close(fd);
	assert_int_equal(clients_count(cs), 0);

	/* A line without an end, with zero bytes. */
	memset(garbage, 0, sizeof(garbage));
	fd = connect_one(cs, &cl);
	assert_int_equal(send(fd, garbage, sizeof(garbage), 0),
	    sizeof(garbage));
	until_gone(loop, fd, out, sizeof(out), &got);
	assert_int_equal(served.requests, 1);
	out[got] = '\0';
	assert_true(got == 0 || strstr(out, "request too long") != NULL);
	(void)close(fd);

	/* Gone before it said anything. */
	fd = connect_one(cs, &cl);
	(void)close(fd);
	for (i = 0; i < 1000 && clients_count(cs) > 0; i++)
		(void)ev_run(loop, EVRUN_NOWAIT);
	assert_int_equal(clients_count(cs), 0);

	/* A long answer arrives whole; one too long ends with its end. */
	served.answer = 3000000;
	fd = connect_one(cs, &cl);
	assert_int_equal(send(fd, "x\n", 2, 0), 2);
	until_gone(loop, fd, out, sizeof(out), &got);
	assert_int_equal(got, 3000004);
	assert_int_equal(served.refused, 0);
	(void)close(fd);
	served.answer = CLIENT_ANSWER_MAX * 2;
	fd = connect_one(cs, &cl);
	assert_int_equal(send(fd, "x\n", 2, 0), 2);
	until_gone(loop, fd, out, sizeof(out), &got);
	assert_true(served.refused > 0);
	assert_memory_equal(out + got - 4, "end\n", 4);
	(void)close(fd);

	/* Many that read nothing: all their answers together have a bound. */
	served.refused = 0;
	served.answer = 3000000;
	for (i = 0; i < CLIENTS_MAX; i++) {
		fds[i] = connect_one(cs, &cl);
		assert_int_equal(send(fds[i], "x\n", 2, 0), 2);
		(void)ev_run(loop, EVRUN_NOWAIT);
		(void)ev_run(loop, EVRUN_NOWAIT);
	}
	assert_int_equal(clients_count(cs), CLIENTS_MAX);
	assert_true(served.refused > 0);
	/* The last of them hears so, and none of it is lost to the others. */
	until_gone(loop, fds[CLIENTS_MAX - 1], out, sizeof(out), &got);
	assert_in_range(got, 4, served.answer);
	assert_memory_equal(out + got - 4, "end\n", 4);
	until_gone(loop, fds[0], out, sizeof(out), &got);
	assert_int_equal(got, served.answer + 4);
	for (i = 0; i < CLIENTS_MAX; i++)
		(void)close(fds[i]);
	for (i = 0; i < 1000 && clients_count(cs) > 0; i++)
		(void)ev_run(loop, EVRUN_NOWAIT);
	assert_int_equal(clients_count(cs), 0);
	served.refused = 0;

	/* A reader that leaves in the middle. */
	served.answer = 3000000;
	fd = connect_one(cs, &cl);
	assert_int_equal(send(fd, "x\n", 2, 0), 2);
	for (i = 0; i < 100; i++)
		(void)ev_run(loop, EVRUN_NOWAIT);
	(void)close(fd);
	for (i = 0; i < 1000 && clients_count(cs) > 0; i++)
		(void)ev_run(loop, EVRUN_NOWAIT);
	assert_int_equal(clients_count(cs), 0);

	/* One more than fit is told so. */
	for (i = 0; i < CLIENTS_MAX; i++) {
		fds[i] = connect_one(cs, &cl);
		assert_non_null(cl);
	}
	fds[i] = connect_one(cs, &cl);
	assert_null(cl);
	until_gone(loop, fds[i], out, sizeof(out), &got);
	out[got] = '\0';
	assert_non_null(strstr(out, "too many control clients"));
	assert_int_equal(clients_count(cs), CLIENTS_MAX);
	assert_int_equal(clients_counters(cs)->cn_refused, 1);
	for (i = 0; i <= CLIENTS_MAX; i++)
		(void)close(fds[i]);
	for (i = 0; i < 1000 && clients_count(cs) > 0; i++)
		(void)ev_run(loop, EVRUN_NOWAIT);
	assert_int_equal(clients_count(cs), 0);
	clients_free(cs);
	ev_loop_destroy(loop);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_one_worker),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_hostile_worker),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_mediads),
		cmocka_unit_test(test_owed),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_budgets),
		cmocka_unit_test(test_clients)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
