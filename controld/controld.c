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
 * controld, the process: the operator's questions go to the workers that
 * know, their rows go back as JSON.  Neither a control client nor a worker
 * can make it do more than that.
 */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/worker/worker.h"
#include "controld/client.h"
#include "controld/query.h"

#define SOCKETS_MAX	2	/* admin, read-only */

struct controld {
	struct worker	*co_worker;
	struct clients	*co_clients;
	struct queries	*co_queries;
	int		 co_fds[SOCKETS_MAX];
	bool		 co_read_only[SOCKETS_MAX];
	size_t		 co_nfds;
	ev_timer	 co_timer;
	uint64_t	 co_requests;
	uint64_t	 co_nonsense;	/* answers that fit no question */
	uint64_t	 co_unfit;	/* requests not known, or not granted */
	uint64_t	 co_started;
};

static void	 controld_control_socket(struct worker *,
		    const struct msg_control_socket *, int);
static void	 controld_channel_lost(struct worker *, enum proc,
		    unsigned int, bool);
static void	 controld_settings(struct worker *,
		    const struct msg_settings *);
static int	 controld_serve(struct worker *);
static void	 controld_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	 controld_request(void *, struct client *, const char *,
		    size_t);
static void	 controld_gone(void *, struct client *);
static int	 controld_ask(void *, enum proc, unsigned int,
		    const struct msg_ctl_query *);
static bool	 controld_present(void *, enum proc, unsigned int);
static int	 controld_line(void *, const char *, size_t);
static void	 controld_done(void *);
static void	 controld_own_row(struct controld *,
		    const struct msg_ctl_query *);
static void	 controld_timer(struct ev_loop *, ev_timer *, int);
static void	 controld_arm(struct controld *);

static const struct worker_ops	controld_ops = {
	.role = PROC_CONTROLD,
	.settings = controld_settings,
	.control_socket = controld_control_socket,
	.channel_lost = controld_channel_lost,
	.serve = controld_serve,
	.message = controld_message
};

static const struct client_ops	controld_client_ops = {
	.request = controld_request,
	.gone = controld_gone
};

static const struct query_ops	controld_query_ops = {
	.ask = controld_ask,
	.present = controld_present,
	.line = controld_line,
	.done = controld_done
};

int
main(int argc, char **argv)
{
	static struct controld	co;

	return (worker_main(argc, argv, &controld_ops, &co));
}

static void
controld_control_socket(struct worker *worker,
    const struct msg_control_socket *msg, int fd)
{
	struct controld	*co = worker_ctx(worker);
	int		 flags;

	if (co->co_nfds == SOCKETS_MAX) {
		log_warnx("one control socket too many");
		(void)close(fd);
		return;
	}
	/* A client that is gone before accept(2) must not make it wait. */
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		log_warn("control socket");
	co->co_read_only[co->co_nfds] = msg->read_only;
	co->co_fds[co->co_nfds++] = fd;
}

/* At first in set-up, when there is nobody to tell them yet. */
static void
controld_settings(struct worker *worker, const struct msg_settings *settings)
{
	struct controld	*co = worker_ctx(worker);

	if (co->co_queries != NULL)
		queries_settings(co->co_queries, settings);
}

static int
controld_serve(struct worker *worker)
{
	struct controld	*co = worker_ctx(worker);
	size_t		 i;

	co->co_worker = worker;
	co->co_started = clock_mono_ns();
	co->co_clients = clients_new(worker_loop(worker), &controld_client_ops,
	    co);
	co->co_queries = queries_new(&controld_query_ops, co);
	if (co->co_clients == NULL || co->co_queries == NULL) {
		log_warn("calloc");
		return (-1);
	}
	queries_settings(co->co_queries, worker_settings(worker));
	for (i = 0; i < co->co_nfds; i++)
		if (clients_listen(co->co_clients, co->co_fds[i],
		    co->co_read_only[i]) == -1)
			return (-1);
	ev_timer_init(&co->co_timer, controld_timer, 0., 0.);
	co->co_timer.data = co;
	return (0);
}

static void
controld_request(void *arg, struct client *cl, const char *line, size_t len)
{
	struct controld	*co = arg;
	struct request	 rq;
	const char	*why;
	char		 text[CLIENT_REQUEST_MAX * 4];

	co->co_requests++;
	log_info("control: %s: %s", client_name(cl), log_escape(text,
	    sizeof(text), line, len));
	if (request_parse(line, len, &rq, &why) == -1) {
		co->co_unfit++;
		query_error(co->co_queries, cl, why);
		return;
	}
	if (rq.rq_admin && client_read_only(cl)) {
		co->co_unfit++;
		query_error(co->co_queries, cl,
		    "this control socket is read-only");
		return;
	}
	query_start(co->co_queries, cl, &rq, clock_mono_ns());
	controld_arm(co);
}

static void
controld_gone(void *arg, struct client *cl)
{
	struct controld	*co = arg;

	query_cancel(co->co_queries, cl);
}

static int
controld_ask(void *arg, enum proc proc, unsigned int instance,
    const struct msg_ctl_query *msg)
{
	struct controld	*co = arg;
	struct channel	*ch;

	if (proc == PROC_CONTROLD) {
		controld_own_row(co, msg);
		return (0);
	}
	if ((ch = worker_channel(co->co_worker, proc, instance)) == NULL)
		return (-1);
	return (channel_send(ch, MSG_CTL_QUERY, msg));
}

static bool
controld_present(void *arg, enum proc proc, unsigned int instance)
{
	struct controld	*co = arg;

	return (worker_channel(co->co_worker, proc, instance) != NULL);
}

static int
controld_line(void *client, const char *text, size_t len)
{
	return (client_line(client, text, len));
}

static void
controld_done(void *client)
{
	client_done(client);
}

static void
controld_own_row(struct controld *co, const struct msg_ctl_query *query)
{
	const struct client_counters	*counters;
	struct msg_ctl_end		 end;
	struct msg_ctl_row		 msg;
	struct row			 row;

	counters = clients_counters(co->co_clients);
	row_init(&row);
	row_u64(&row, "pid", (uint64_t)getpid());
	row_u64(&row, "uptime_s", (clock_mono_ns() - co->co_started) /
	    NS_PER_S);
	row_u64(&row, "clients", clients_count(co->co_clients));
	row_u64(&row, "requests", co->co_requests);
	row_u64(&row, "accepted", counters->cn_accepted);
	row_u64(&row, "refused", counters->cn_refused);
	row_u64(&row, "bad", counters->cn_bad);
	row_u64(&row, "unread", counters->cn_unread);
	row_u64(&row, "unfit", co->co_unfit);
	row_u64(&row, "nonsense", co->co_nonsense);
	msg.id = query->id;
	msg.cells.data = row.row_buf;
	msg.cells.len = row.row_len;
	(void)query_row(co->co_queries, PROC_CONTROLD, 0, &msg);
	memset(&end, 0, sizeof(end));
	end.id = query->id;
	(void)query_end(co->co_queries, PROC_CONTROLD, 0, &end);
}

static void
controld_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	struct worker	*worker = arg;
	struct controld	*co = worker_ctx(worker);
	enum proc	 proc = channel_peer(ch);
	unsigned int	 instance = channel_peer_instance(ch);
	int		 ret = 0;

	if (fd != -1)
		(void)close(fd);
	if (co->co_queries == NULL)
		return;
	if (type == MSG_CTL_ROW)
		ret = query_row(co->co_queries, proc, instance, msg);
	else if (type == MSG_CTL_END)
		ret = query_end(co->co_queries, proc, instance, msg);
	/*
	 * No reason for blame: all others outrank us, so a worker that says
	 * what it was not asked could have us restarted for it.  Each power
	 * of two is logged.
	 */
	if (ret == 0)
		return;
	co->co_nonsense++;
	if ((co->co_nonsense & (co->co_nonsense - 1)) == 0)
		log_warnx("%s %u: answer that fits no question (%llu so far)",
		    proc_name(proc), instance,
		    (unsigned long long)co->co_nonsense);
}

static void
controld_channel_lost(struct worker *worker, enum proc proc,
    unsigned int instance, bool data)
{
	struct controld	*co = worker_ctx(worker);

	if (!data && co->co_queries != NULL)
		query_lost(co->co_queries, proc, instance);
}

static void
controld_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct controld	*co = timer->data;

	(void)loop;
	(void)revents;
	queries_expire(co->co_queries, clock_mono_ns());
	controld_arm(co);
}

/* For the first question that would go unanswered. */
static void
controld_arm(struct controld *co)
{
	struct ev_loop	*loop = worker_loop(co->co_worker);
	uint64_t	 due, now;

	ev_timer_stop(loop, &co->co_timer);
	if ((due = queries_expiry(co->co_queries)) == UINT64_MAX)
		return;
	now = clock_mono_ns();
	ev_now_update(loop);
	ev_timer_set(&co->co_timer, due > now ? (double)(due - now) / 1e9 :
	    0., 0.);
	ev_timer_start(loop, &co->co_timer);
}
