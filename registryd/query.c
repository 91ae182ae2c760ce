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

/* Queries in turns of one slice each. */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/ipc/limits.h"
#include "common/worker/worker.h"
#include "registryd/query.h"

struct query {
	TAILQ_ENTRY(query)	 qu_entry;
	struct channel		*qu_channel;
	bool			 qu_is_live;
	uint64_t		 qu_id;		/* or seq */
	uint64_t		 qu_left;	/* rows */
	int64_t			 qu_position;
	bool			 qu_ended_only;
	char			 qu_filter[128];
};

struct queries {
	struct store			*qs_store;
	TAILQ_HEAD(, query)		 qs_queries;
	size_t				 qs_count;
	uint64_t			 qs_highest;	/* records */
};

static struct query
		*query_add(struct queries *, struct channel *);
static void	 query_drop(struct queries *, struct query *);
static bool	 query_blocked(const struct query *);
static void	 query_limits(struct queries *, struct channel *, uint64_t);
static void	 query_live_row(void *, const struct store_call *);
static void	 query_history_row(void *, const struct store_call *);

struct queries *
queries_new(struct store *store)
{
	struct queries	*qs;

	if ((qs = calloc(1, sizeof(*qs))) == NULL)
		return (NULL);
	qs->qs_store = store;
	TAILQ_INIT(&qs->qs_queries);
	return (qs);
}

void
queries_free(struct queries *qs)
{
	if (qs == NULL)
		return;
	while (!TAILQ_EMPTY(&qs->qs_queries))
		query_drop(qs, TAILQ_FIRST(&qs->qs_queries));
	free(qs);
}

static struct query *
query_add(struct queries *qs, struct channel *channel)
{
	struct query	*query;

	if ((query = calloc(1, sizeof(*query))) == NULL)
		return (NULL);
	query->qu_channel = channel;
	TAILQ_INSERT_TAIL(&qs->qs_queries, query, qu_entry);
	qs->qs_count++;
	return (query);
}

static void
query_drop(struct queries *qs, struct query *query)
{
	TAILQ_REMOVE(&qs->qs_queries, query, qu_entry);
	qs->qs_count--;
	free(query);
}

/* The one limit that is ours: what is over it is removed, not refused. */
static void
query_limits(struct queries *qs, struct channel *channel, uint64_t id)
{
	static struct row	row;
	uint64_t		count;

	/* Without an answer there is a `-': the rest is to be seen. */
	if (store_count(qs->qs_store, &count) == -1) {
		worker_ctl_end(channel, id, NULL);
		return;
	}
	if (count > qs->qs_highest)
		qs->qs_highest = count;
	row_init(&row);
	row_str(&row, "limit", limit_table[LIMIT_RECORDS].li_name);
	row_u64(&row, "used", count);
	row_u64(&row, "highest", qs->qs_highest);
	row_u64(&row, "refused", 0);
	worker_ctl_row(channel, id, &row);
	worker_ctl_end(channel, id, NULL);
}

void
queries_control(struct queries *qs, struct channel *channel,
    const struct msg_ctl_query *msg)
{
	struct query	*query;

	if (msg->what == CTL_LIMITS) {
		query_limits(qs, channel, msg->id);
		return;
	}
	if (msg->what != CTL_CALLS && msg->what != CTL_HISTORY) {
		worker_ctl_end(channel, msg->id, "not known to registryd");
		return;
	}
	if (qs->qs_count >= QUERY_MAX ||
	    (query = query_add(qs, channel)) == NULL) {
		worker_ctl_end(channel, msg->id, "too many queries");
		return;
	}
	query->qu_id = msg->id;
	query->qu_left = msg->limit;
	query->qu_position = INT64_MAX;
	query->qu_ended_only = msg->what == CTL_HISTORY;
	strlcpy(query->qu_filter, msg->filter, sizeof(query->qu_filter));
}

void
queries_live(struct queries *qs, struct channel *channel,
    const struct msg_live_request *msg)
{
	struct query	*query, *next;

	/* There is one signald, and only its last request counts. */
	TAILQ_FOREACH_SAFE(query, &qs->qs_queries, qu_entry, next) {
		if (query->qu_is_live)
			query_drop(qs, query);
	}
	if ((query = query_add(qs, channel)) == NULL)
		return;		/* it will ask again */
	query->qu_is_live = true;
	query->qu_id = msg->seq;
}

void
queries_forget(struct queries *qs, enum proc peer)
{
	struct query	*query, *next;

	TAILQ_FOREACH_SAFE(query, &qs->qs_queries, qu_entry, next) {
		if (query->qu_is_live ? peer == PROC_SIGNALD :
		    peer == PROC_CONTROLD)
			query_drop(qs, query);
	}
}

bool
queries_wanted(const struct queries *qs)
{
	return (!TAILQ_EMPTY(&qs->qs_queries));
}

static bool
query_blocked(const struct query *query)
{
	return (channel_queued(query->qu_channel) > QUERY_QUEUE_MAX);
}

bool
queries_blocked(const struct queries *qs)
{
	const struct query	*query;

	TAILQ_FOREACH(query, &qs->qs_queries, qu_entry) {
		if (!query_blocked(query))
			return (false);
	}
	return (true);
}

static void
query_live_row(void *arg, const struct store_call *call)
{
	struct query	*query = arg;

	(void)channel_send(query->qu_channel, MSG_LIVE_CALL, &call->sc_put);
}

static void
query_history_row(void *arg, const struct store_call *call)
{
	const struct msg_call_put	*put = &call->sc_put;
	struct query			*query = arg;
	struct row			 row;
	char				 text[ADDR_STRLEN];
	uint64_t			 duration = 0;

	if (put->answered_ms != 0 && put->ended_ms > put->answered_ms)
		duration = (put->ended_ms - put->answered_ms) / 1000;
	row_init(&row);
	row_str(&row, "call_id", put->call_id);
	row_str(&row, "caller", put->caller);
	row_str(&row, "callee", put->callee);
	row_str(&row, "state", call_state_name((enum call_state)put->state));
	row_str(&row, "mode", call_mode_name((enum call_mode)put->mode));
	row_str(&row, "reason",
	    call_reason_name((enum call_reason)put->reason));
	row_str(&row, "path", call_path_name((enum call_path)put->path));
	if (put->remote != CALL_REMOTE_NONE)
		row_str(&row, put->remote == CALL_REMOTE_CALLER ?
		    "caller_relay" : "callee_relay",
		    put->remote_label[0] != '\0' ? put->remote_label : "?");
	row_u64(&row, "duration_s", duration);
	row_u64(&row, "packets", call->sc_packets_in);
	row_u64(&row, "bytes", call->sc_bytes_in);
	row_u64(&row, "delivered", call->sc_packets_out);
	row_u64(&row, "dropped", call->sc_dropped_out);
	row_u64(&row, "loss_pct", call->sc_loss_pct);
	row_u64(&row, "rtt_ms", call->sc_rtt_ms);
	row_u64(&row, "created", put->created_ms);
	row_u64(&row, "answered", put->answered_ms);
	row_u64(&row, "ended", put->ended_ms);
	row_bool(&row, "caller_proven", put->caller_proven);
	row_bool(&row, "callee_proven", put->callee_proven);
	row_str(&row, "caller_alias", put->caller_alias);
	row_bool(&row, "unconfirmed", put->unconfirmed);
	row_u64(&row, "caller_packets", call->sc_caller_packets_in);
	row_u64(&row, "caller_delivered", call->sc_caller_packets_out);
	row_u64(&row, "callee_packets", call->sc_callee_packets_in);
	row_u64(&row, "callee_delivered", call->sc_callee_packets_out);
	if (put->caller_addr.addr_len != 0)
		row_str(&row, "caller_addr", addr_print(&put->caller_addr,
		    text, sizeof(text)));
	if (put->callee_addr.addr_len != 0)
		row_str(&row, "callee_addr", addr_print(&put->callee_addr,
		    text, sizeof(text)));
	worker_ctl_row(query->qu_channel, query->qu_id, &row);
}

void
queries_slice(struct queries *qs)
{
	struct msg_live_end	 end;
	struct query		*query;
	unsigned int		 max = STORE_SLICE;
	int			 n;

	TAILQ_FOREACH(query, &qs->qs_queries, qu_entry) {
		if (!query_blocked(query))
			break;
	}
	if (query == NULL)
		return;
	/* The next slice is another one's. */
	TAILQ_REMOVE(&qs->qs_queries, query, qu_entry);
	TAILQ_INSERT_TAIL(&qs->qs_queries, query, qu_entry);
	if (query->qu_is_live) {
		n = store_live(qs->qs_store, &query->qu_position, max,
		    query_live_row, query);
		if (n > 0)
			return;
		if (n == -1) {
			/* No end: signald must not take this for all. */
			log_warnx("live calls: %s",
			    store_error(qs->qs_store));
			query_drop(qs, query);
			return;
		}
		memset(&end, 0, sizeof(end));
		end.seq = query->qu_id;
		(void)channel_send(query->qu_channel, MSG_LIVE_END, &end);
		query_drop(qs, query);
		return;
	}
	if (query->qu_left < max)
		max = (unsigned int)query->qu_left;
	n = max == 0 ? 0 : store_history(qs->qs_store,
	    query->qu_filter[0] == '\0' ? NULL : query->qu_filter,
	    query->qu_ended_only, &query->qu_position, max,
	    query_history_row, query);
	if (n > 0) {
		query->qu_left -= (unsigned int)n;
		return;
	}
	worker_ctl_end(query->qu_channel, query->qu_id, n == -1 ?
	    store_error(qs->qs_store) : NULL);
	query_drop(qs, query);
}
