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

/* Requests of operators: see query.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/ipc/limits.h"
#include "common/ipc/mesh.h"
#include "common/ipc/row.h"
#include "controld/json.h"
#include "controld/query.h"

struct ask {
	enum proc	 as_proc;
	unsigned int	 as_instance;
	uint64_t	 as_rows;	/* still to come at most */
	bool		 as_open;	/* we wait for more of it */
	bool		 as_owed;	/* its end has not come */
};

/* A limit in all the workers that keep to it. */
struct usage {
	bool		 us_told;	/* a worker counts it */
	uint64_t	 us_used;
	uint64_t	 us_highest;
	uint64_t	 us_refused;
};

struct query {
	void		*qu_client;	/* NULL: free */
	uint64_t	 qu_id;
	uint64_t	 qu_due;
	enum ctl_what	 qu_what;
	bool		 qu_filter;
	uint64_t	 qu_rows;
	struct ask	 qu_asks[QUERY_ASKS_MAX];
	size_t		 qu_nasks;
	size_t		 qu_nopen;
	char		 qu_error[192];	/* the first one */
	struct usage	 qu_usage[LIMITS];	/* CTL_LIMITS */
};

struct queries {
	const struct query_ops	*qs_ops;
	void			*qs_arg;
	struct query		 qs_table[QUERY_MAX];
	uint64_t		 qs_serial;
	size_t			 qs_count;
	unsigned int		 qs_owed[PROC_MAX][QUERY_INSTANCES];
	struct json		 qs_json;
	struct msg_settings	 qs_settings;
};

/* The words behind `show'. */
static const struct {
	const char	*word;
	enum ctl_what	 what;
	enum proc	 proc;
	uint64_t	 limit;
} words[] = {
	{ "calls", CTL_CALLS, PROC_REGISTRYD, QUERY_CALLS_LIMIT },
	{ "clients", CTL_CLIENTS, PROC_SIGNALD, QUERY_ROWS_LIMIT },
	{ "history", CTL_HISTORY, PROC_REGISTRYD, QUERY_CALLS_LIMIT },
	{ "limits", CTL_LIMITS, PROC_MAX, QUERY_ROWS_LIMIT },
	{ "mesh", CTL_MESH, PROC_FEDERD, QUERY_ROWS_LIMIT },
	{ "peers", CTL_PEERS, PROC_FEDERD, QUERY_ROWS_LIMIT },
	{ "rooms", CTL_ROOMS, PROC_MEDIAD, QUERY_ROWS_LIMIT },
	{ "stats", CTL_STATS, PROC_MAX, QUERY_ROWS_LIMIT },
	{ "workers", CTL_WORKERS, PROC_RELAYD, QUERY_ROWS_LIMIT }
};

static int		 request_peer(struct request *, const char *,
			    const char *, const char **);
static struct query	*query_find(struct queries *, uint64_t);
static struct ask	*query_asked(struct query *, enum proc, unsigned int);
static void		 query_role(struct queries *, struct query *,
			    const struct request *, enum proc);
static void		 query_limits(struct queries *, struct query *,
			    const struct request *);
static bool		 query_usage(struct query *, const struct row_cell *,
			    int);
static int		 query_limit_rows(struct queries *, struct query *);
static void		 query_send(struct queries *, struct query *,
			    const struct request *, enum proc, unsigned int);
static void		 query_fail(struct query *, enum proc, unsigned int,
			    const char *);
static void		 query_close(struct queries *, struct query *,
			    struct ask *);
static void		 query_finish(struct queries *, struct query *);

/* peer NAME up|down; which peers there are, federd knows. */
static int
request_peer(struct request *rq, const char *name, const char *way,
    const char **why)
{
	if (name == NULL || way == NULL ||
	    (strcmp(way, "up") != 0 && strcmp(way, "down") != 0)) {
		*why = "say: peer NAME up, or peer NAME down";
		return (-1);
	}
	if (strlen(name) >= PEER_NAME_LEN) {
		*why = "no such peer; `wzpctl show peers' lists them";
		return (-1);
	}
	rq->rq_what = CTL_PEER;
	rq->rq_proc = PROC_FEDERD;
	rq->rq_admin = true;
	rq->rq_limit = QUERY_ROWS_LIMIT;
	(void)snprintf(rq->rq_filter, sizeof(rq->rq_filter), "%s %s", name,
	    way);
	return (0);
}

/*
 * Words of printable ASCII: names of rooms, fingerprints and call_ids
 * consist of nothing else (wzp-protocol 1.4, 4.2).
 */
int
request_parse(const char *line, size_t len, struct request *rq,
    const char **why)
{
	char	 text[256], *last = NULL, *verb, *what, *filter;
	size_t	 i;

	memset(rq, 0, sizeof(*rq));
	if (len >= sizeof(text)) {
		*why = "request too long";
		return (-1);
	}
	for (i = 0; i < len; i++) {
		if ((line[i] < 0x20 || line[i] > 0x7e) && line[i] != '\t') {
			*why = "request is not plain text";
			return (-1);
		}
		text[i] = line[i];
	}
	text[len] = '\0';
	verb = strtok_r(text, " \t", &last);
	what = strtok_r(NULL, " \t", &last);
	filter = strtok_r(NULL, " \t", &last);
	rq->rq_wait = QUERY_LIMIT_NS;
	if (verb != NULL && strcmp(verb, "reload") == 0 && what == NULL) {
		rq->rq_what = CTL_RELOAD;
		rq->rq_proc = PROC_RELAYD;
		rq->rq_admin = true;
		rq->rq_limit = QUERY_ROWS_LIMIT;
		rq->rq_wait = QUERY_RELOAD_NS;
		return (0);
	}
	if (verb == NULL || (strcmp(verb, "peer") != 0 &&
	    (strcmp(verb, "show") != 0 || what == NULL))) {
		*why = "unknown request: show, peer and reload are known";
		return (-1);
	}
	if (strtok_r(NULL, " \t", &last) != NULL) {
		*why = "too many words";
		return (-1);
	}
	if (strcmp(verb, "peer") == 0)
		return (request_peer(rq, what, filter, why));
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(what, words[i].word) == 0)
			break;
	if (i == sizeof(words) / sizeof(words[0])) {
		*why = "unknown word: show calls, clients, history, limits, "
		    "mesh, peers, rooms, stats or workers";
		return (-1);
	}
	rq->rq_what = words[i].what;
	rq->rq_proc = words[i].proc;
	rq->rq_limit = words[i].limit;
	if (filter == NULL)
		return (0);
	/* Calls as signald has them, instead of the records. */
	if (rq->rq_what == CTL_CALLS && strcmp(filter, "live") == 0) {
		rq->rq_proc = PROC_SIGNALD;
		return (0);
	}
	if (strlcpy(rq->rq_filter, filter, sizeof(rq->rq_filter)) >=
	    sizeof(rq->rq_filter)) {
		*why = "filter too long";
		return (-1);
	}
	return (0);
}

struct queries *
queries_new(const struct query_ops *ops, void *arg)
{
	struct queries	*qs;

	if ((qs = calloc(1, sizeof(*qs))) == NULL)
		return (NULL);
	qs->qs_ops = ops;
	qs->qs_arg = arg;
	return (qs);
}

void
queries_free(struct queries *qs)
{
	free(qs);
}

void
queries_settings(struct queries *qs, const struct msg_settings *settings)
{
	qs->qs_settings = *settings;
}

void
query_start(struct queries *qs, void *client, const struct request *rq,
    uint64_t now)
{
	struct query	*qu;
	const enum proc	*workers;
	size_t		 i, n;

	for (i = 0; i < QUERY_MAX; i++)
		if (qs->qs_table[i].qu_client == NULL)
			break;
	if (i == QUERY_MAX) {
		query_error(qs, client, "too many requests at once");
		return;
	}
	qu = &qs->qs_table[i];
	memset(qu, 0, sizeof(*qu));
	qu->qu_client = client;
	/* The number holds the place; a later user gets another number. */
	qu->qu_id = ++qs->qs_serial * QUERY_MAX + i;
	qu->qu_due = now + rq->rq_wait;
	qu->qu_what = rq->rq_what;
	qu->qu_filter = rq->rq_filter[0] != '\0';
	qs->qs_count++;
	/* One that is ours: answers from within do not end it half-way. */
	qu->qu_nopen = 1;
	if (rq->rq_what == CTL_LIMITS)
		query_limits(qs, qu, rq);
	else if (rq->rq_proc != PROC_MAX)
		query_role(qs, qu, rq, rq->rq_proc);
	else {
		query_role(qs, qu, rq, PROC_RELAYD);
		workers = mesh_workers(&n);
		for (i = 0; i < n; i++)
			query_role(qs, qu, rq, workers[i]);
	}
	if (--qu->qu_nopen == 0)
		query_finish(qs, qu);
}

/* Those that strangers talk to. */
static void
query_limits(struct queries *qs, struct query *qu, const struct request *rq)
{
	memset(qu->qu_usage, 0, sizeof(qu->qu_usage));
	query_role(qs, qu, rq, PROC_DOORD);
	query_role(qs, qu, rq, PROC_SIGNALD);
	query_role(qs, qu, rq, PROC_MEDIAD);
	/* Without these the rest can be said all the same. */
	if (qs->qs_ops->present(qs->qs_arg, PROC_REGISTRYD, 0))
		query_role(qs, qu, rq, PROC_REGISTRYD);
	if (qs->qs_ops->present(qs->qs_arg, PROC_FEDERD, 0))
		query_role(qs, qu, rq, PROC_FEDERD);
}

/*
 * All mediads there are: one that died has no rooms any more, so an answer
 * without it is whole.  federd and lookupd run only where they are configured.
 */
static void
query_role(struct queries *qs, struct query *qu, const struct request *rq,
    enum proc proc)
{
	unsigned int	i;
	bool		any = false;

	if (proc == PROC_MEDIAD) {
		for (i = 0; i < QUERY_INSTANCES; i++)
			if (qs->qs_ops->present(qs->qs_arg, proc, i)) {
				any = true;
				query_send(qs, qu, rq, proc, i);
			}
		if (!any)
			query_fail(qu, proc, 0, "is not running");
		return;
	}
	if (rq->rq_proc == PROC_MAX &&
	    (proc == PROC_FEDERD || proc == PROC_LOOKUPD) &&
	    !qs->qs_ops->present(qs->qs_arg, proc, 0))
		return;
	query_send(qs, qu, rq, proc, 0);
}

static void
query_send(struct queries *qs, struct query *qu, const struct request *rq,
    enum proc proc, unsigned int instance)
{
	struct msg_ctl_query	 msg;
	struct ask		*as;
	unsigned int		*owed = &qs->qs_owed[proc][instance];

	if (qu->qu_nasks == QUERY_ASKS_MAX)
		return;
	if (*owed >= QUERY_OWED_MAX) {
		query_fail(qu, proc, instance,
		    "has too many questions to answer, try again");
		return;
	}
	memset(&msg, 0, sizeof(msg));
	msg.id = qu->qu_id;
	msg.what = rq->rq_what;
	msg.limit = rq->rq_limit;
	strlcpy(msg.filter, rq->rq_filter, sizeof(msg.filter));
	as = &qu->qu_asks[qu->qu_nasks++];
	as->as_proc = proc;
	as->as_instance = instance;
	as->as_rows = rq->rq_limit;
	as->as_open = as->as_owed = true;
	qu->qu_nopen++;
	(*owed)++;
	if (qs->qs_ops->ask(qs->qs_arg, proc, instance, &msg) == -1) {
		(*owed)--;
		as->as_open = as->as_owed = false;
		qu->qu_nopen--;
		query_fail(qu, proc, instance, proc == PROC_FEDERD ?
		    "is not running: no peer is configured, or it is being "
		    "restarted" : "is not running");
	}
}

void
query_error(struct queries *qs, void *client, const char *text)
{
	struct json	*js = &qs->qs_json;

	json_begin(js);
	json_str(js, "error", 5, text, strlen(text));
	json_end(js);
	(void)qs->qs_ops->line(client, js->js_text, js->js_len);
	qs->qs_ops->done(client);
}

void
query_cancel(struct queries *qs, const void *client)
{
	size_t	i;

	for (i = 0; i < QUERY_MAX; i++) {
		if (qs->qs_table[i].qu_client != client)
			continue;
		qs->qs_table[i].qu_client = NULL;
		qs->qs_count--;
	}
}

/* NULL: over already, or never there. */
static struct query *
query_find(struct queries *qs, uint64_t id)
{
	struct query	*qu = &qs->qs_table[id % QUERY_MAX];

	return (qu->qu_client != NULL && qu->qu_id == id ? qu : NULL);
}

static struct ask *
query_asked(struct query *qu, enum proc proc, unsigned int instance)
{
	struct ask	*as;
	size_t		 i;

	for (i = 0; i < qu->qu_nasks; i++) {
		as = &qu->qu_asks[i];
		if (as->as_proc == proc && as->as_instance == instance &&
		    as->as_owed)
			return (as);
	}
	return (NULL);
}

static bool
cell_is(const struct row_cell *cell, const char *name)
{
	return (cell->name_len == strlen(name) &&
	    memcmp(cell->name, name, cell->name_len) == 0);
}

/*
 * A limit is of one source, person or worker, so the most that anybody has of
 * it counts; refusals add up.  false: the row is not about a limit itself.
 */
static bool
query_usage(struct query *qu, const struct row_cell *cells, int n)
{
	const struct limit	*li = NULL;
	struct usage		 us, *all;
	char			 name[33];
	int			 i;

	memset(&us, 0, sizeof(us));
	for (i = 0; i < n; i++) {
		if (cell_is(&cells[i], "who"))
			return (false);
		if (cell_is(&cells[i], "limit") && cells[i].kind == ROW_STR &&
		    cells[i].str_len < sizeof(name)) {
			memcpy(name, cells[i].str, cells[i].str_len);
			name[cells[i].str_len] = '\0';
			li = limit_by_name(name);
		} else if (cells[i].kind != ROW_U64)
			continue;
		else if (cell_is(&cells[i], "used"))
			us.us_used = cells[i].u64;
		else if (cell_is(&cells[i], "highest"))
			us.us_highest = cells[i].u64;
		else if (cell_is(&cells[i], "refused"))
			us.us_refused = cells[i].u64;
	}
	/* Of a limit that is not in the table there is nothing to show. */
	if (li == NULL)
		return (true);
	all = &qu->qu_usage[li - limit_table];
	all->us_told = true;
	if (us.us_used > all->us_used)
		all->us_used = us.us_used;
	if (us.us_highest > all->us_highest)
		all->us_highest = us.us_highest;
	all->us_refused += us.us_refused;
	return (true);
}

static int
query_limit_rows(struct queries *qs, struct query *qu)
{
	const struct limit	*li;
	const struct usage	*us;
	const char		*unit;
	struct json		*js = &qs->qs_json;
	size_t			 i;
	bool			 rate;

	for (i = 0; i < LIMITS; i++) {
		li = &limit_table[i];
		us = &qu->qu_usage[i];
		unit = limit_unit_name(li->li_unit);
		json_begin(js);
		json_str(js, "limit", 5, li->li_name, strlen(li->li_name));
		json_u64(js, "value", 5, limit_get(&qs->qs_settings, li));
		json_u64(js, "default", 7, li->li_default);
		json_str(js, "unit", 4, unit, strlen(unit));
		/* Nobody used it so far, or nobody counts it, as times. */
		rate = li->li_unit == LIMIT_SECOND ||
		    li->li_unit == LIMIT_MINUTE;
		if (us->us_told || rate) {
			json_u64(js, "used", 4, us->us_used);
			json_u64(js, "highest", 7, us->us_highest);
		} else {
			json_null(js, "used", 4);
			json_null(js, "highest", 7);
		}
		json_u64(js, "refused", 7, us->us_refused);
		json_str(js, "reason", 6, li->li_reason,
		    strlen(li->li_reason));
		json_end(js);
		if (js->js_full || qs->qs_ops->line(qu->qu_client,
		    js->js_text, js->js_len) == -1)
			return (-1);
	}
	return (0);
}

int
query_row(struct queries *qs, enum proc proc, unsigned int instance,
    const struct msg_ctl_row *msg)
{
	struct row_cell	 cells[ROW_CELLS_MAX];
	struct query	*qu;
	struct ask	*as;
	struct json	*js = &qs->qs_json;
	const char	*name = proc_name(proc);
	bool		 named;
	int		 i, n;

	n = row_parse(msg->cells.data, msg->cells.len, cells, ROW_CELLS_MAX);
	if ((qu = query_find(qs, msg->id)) == NULL)
		return (n == -1 ? -1 : 0);
	if ((as = query_asked(qu, proc, instance)) == NULL || !as->as_open)
		return (-1);
	if (n == -1 || as->as_rows-- == 0) {
		query_fail(qu, proc, instance, "answered nonsense");
		query_close(qs, qu, as);
		return (-1);
	}
	qu->qu_rows++;
	if (qu->qu_what == CTL_LIMITS && query_usage(qu, cells, n))
		return (0);
	json_begin(js);
	/* Whose counters and rooms these are, we know better than they. */
	named = qu->qu_what == CTL_STATS || qu->qu_what == CTL_ROOMS ||
	    qu->qu_what == CTL_LIMITS;
	if (qu->qu_what == CTL_STATS) {
		json_str(js, "worker", 6, name, strlen(name));
		json_u64(js, "instance", 8, instance);
	}
	for (i = 0; i < n; i++)
		if (!named || (!cell_is(&cells[i], "worker") &&
		    !cell_is(&cells[i], "instance")))
			json_cell(js, &cells[i]);
	if (qu->qu_what == CTL_ROOMS || qu->qu_what == CTL_LIMITS) {
		json_str(js, "worker", 6, name, strlen(name));
		json_u64(js, "instance", 8, instance);
	}
	json_end(js);
	if (js->js_full || qs->qs_ops->line(qu->qu_client, js->js_text,
	    js->js_len) == -1) {
		(void)snprintf(qu->qu_error, sizeof(qu->qu_error),
		    "the answer is too long");
		query_finish(qs, qu);
	}
	return (0);
}

int
query_end(struct queries *qs, enum proc proc, unsigned int instance,
    const struct msg_ctl_end *msg)
{
	struct query	*qu;
	struct ask	*as;

	/* Late or not, it answers something. */
	if (instance >= QUERY_INSTANCES || qs->qs_owed[proc][instance] == 0)
		return (-1);
	if ((qu = query_find(qs, msg->id)) == NULL) {
		qs->qs_owed[proc][instance]--;
		return (0);
	}
	if ((as = query_asked(qu, proc, instance)) == NULL)
		return (-1);
	qs->qs_owed[proc][instance]--;
	as->as_owed = false;
	if (!as->as_open)
		return (0);
	if (msg->error[0] != '\0' && qu->qu_error[0] == '\0')
		log_escape(qu->qu_error, sizeof(qu->qu_error), msg->error,
		    strlen(msg->error));
	query_close(qs, qu, as);
	return (0);
}

void
query_lost(struct queries *qs, enum proc proc, unsigned int instance)
{
	struct ask	*as;
	size_t		 i;

	if (instance >= QUERY_INSTANCES)
		return;
	qs->qs_owed[proc][instance] = 0;
	for (i = 0; i < QUERY_MAX; i++) {
		if (qs->qs_table[i].qu_client == NULL || (as = query_asked(
		    &qs->qs_table[i], proc, instance)) == NULL)
			continue;
		as->as_owed = false;
		if (!as->as_open)
			continue;
		query_fail(&qs->qs_table[i], proc, instance, "died");
		query_close(qs, &qs->qs_table[i], as);
	}
}

static void
query_fail(struct query *qu, enum proc proc, unsigned int instance,
    const char *what)
{
	if (qu->qu_error[0] != '\0')
		return;
	if (proc == PROC_MEDIAD)
		(void)snprintf(qu->qu_error, sizeof(qu->qu_error), "%s %u %s",
		    proc_name(proc), instance, what);
	else
		(void)snprintf(qu->qu_error, sizeof(qu->qu_error), "%s %s",
		    proc_name(proc), what);
}

static void
query_close(struct queries *qs, struct query *qu, struct ask *as)
{
	as->as_open = false;
	if (--qu->qu_nopen == 0)
		query_finish(qs, qu);
}

static void
query_finish(struct queries *qs, struct query *qu)
{
	struct json	*js = &qs->qs_json;
	void		*client = qu->qu_client;

	qu->qu_client = NULL;
	qs->qs_count--;
	/* A room is where somebody is: one mediad would have had a row. */
	if (qu->qu_what == CTL_ROOMS && qu->qu_filter && qu->qu_rows == 0 &&
	    qu->qu_error[0] == '\0')
		(void)snprintf(qu->qu_error, sizeof(qu->qu_error),
		    "no such room");
	if (qu->qu_what == CTL_LIMITS && qu->qu_error[0] == '\0') {
		qu->qu_client = client;
		if (query_limit_rows(qs, qu) == -1)
			(void)snprintf(qu->qu_error, sizeof(qu->qu_error),
			    "the answer is too long");
		qu->qu_client = NULL;
	}
	if (qu->qu_error[0] != '\0') {
		query_error(qs, client, qu->qu_error);
		return;
	}
	json_begin(js);
	json_bool(js, "end", 3, true);
	json_end(js);
	(void)qs->qs_ops->line(client, js->js_text, js->js_len);
	qs->qs_ops->done(client);
}

uint64_t
queries_expiry(const struct queries *qs)
{
	uint64_t	due = UINT64_MAX;
	size_t		i;

	for (i = 0; i < QUERY_MAX; i++)
		if (qs->qs_table[i].qu_client != NULL &&
		    qs->qs_table[i].qu_due < due)
			due = qs->qs_table[i].qu_due;
	return (due);
}

void
queries_expire(struct queries *qs, uint64_t now)
{
	struct query	*qu;
	size_t		 i, k;

	for (i = 0; i < QUERY_MAX; i++) {
		qu = &qs->qs_table[i];
		if (qu->qu_client == NULL || qu->qu_due > now)
			continue;
		for (k = 0; k < qu->qu_nasks; k++)
			if (qu->qu_asks[k].as_open)
				query_fail(qu, qu->qu_asks[k].as_proc,
				    qu->qu_asks[k].as_instance,
				    "did not answer");
		query_finish(qs, qu);
	}
}

size_t
queries_count(const struct queries *qs)
{
	return (qs->qs_count);
}
