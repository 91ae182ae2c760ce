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
 * The frame of every worker (see worker.h).  relayd speaks first: settings,
 * addresses, sockets, channels, start.  The worker answers with MSG_READY
 * once it is locked in and serves.  It ends when relayd says so or is gone;
 * signals meant for the whole group are relayd's business.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/limiter.h"
#include "common/ipc/mesh.h"
#include "common/sandbox/sandbox.h"
#include "common/sandbox/selftest.h"
#include "common/worker/worker.h"

#define WORKER_FD	3
/* signald and doord: two channels to each of 32 mediads, and the others. */
#define NEIGHBOURS_MAX	96

/* Log lines a second, and how much of the channel they may fill. */
#define LOG_RATE	100
#define LOG_QUEUE_MAX	(256 * 1024)

struct neighbour {
	struct channel	*nb_channel;	/* NULL: free */
	uint64_t	 nb_generation;
};

struct worker {
	const struct worker_ops	*wk_ops;
	void			*wk_ctx;
	struct ev_loop		*wk_loop;
	struct channel		*wk_relayd;
	struct neighbour	 wk_neighbours[NEIGHBOURS_MAX];
	unsigned int		 wk_instance;
	struct msg_settings	 wk_settings;
	struct slots		 wk_slots;
	int			 wk_udp;	/* -1; a shared socket */
	ev_prepare		 wk_prepare;
	bool			 wk_serving;
	bool			 wk_exiting;
	int			 wk_status;
	uint64_t		 wk_started;
	ev_timer		 wk_log_timer;
	uint64_t		 wk_log_second;
	unsigned int		 wk_log_count;	/* of this second */
	uint64_t		 wk_log_lost;
};

static void	worker_log(enum log_level, const char *);
static bool	worker_log_send(struct worker *, enum log_level,
		    const char *);
static void	worker_log_tick(EV_P_ ev_timer *, int);
static void	worker_relayd_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	worker_relayd_broken(struct channel *, void *, const char *);
static void	worker_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	worker_broken(struct channel *, void *, const char *);
static void	worker_batch_end(struct channel *, void *);
static void	worker_add_channel(struct worker *, const struct msg_channel *,
		    int);
static void	worker_prepare(EV_P_ ev_prepare *, int);
static void	worker_lose_channel(struct worker *, struct channel *);
static void	worker_start(struct worker *, const struct msg_start *);
static void	worker_stats(struct worker *, struct channel *,
		    const struct msg_ctl_query *);
static void	ctl_limits_row(void *, const struct row *);
static struct neighbour
		*worker_find(struct worker *, enum proc, unsigned int, bool);
static void	worker_options(struct worker *, int, char **);

static const struct channel_ops	relayd_ops = {
	worker_relayd_message, worker_relayd_broken, NULL
};

static const struct channel_ops	neighbour_ops = {
	worker_message, worker_broken, worker_batch_end
};

/* The log sink has no argument; there is one worker in a process. */
static struct worker	*the_worker;

int
worker_main(int argc, char **argv, const struct worker_ops *ops, void *ctx)
{
	struct worker	*w;
	struct stat	 st;
	int		 status;

	log_init(proc_name(ops->role), NULL);
	if (fstat(WORKER_FD, &st) == -1 || !S_ISSOCK(st.st_mode)) {
		fprintf(stderr, "%s is a part of wzp: relayd starts it\n",
		    proc_name(ops->role));
		return (2);
	}
	if ((w = calloc(1, sizeof(*w))) == NULL)
		fatal("calloc");
	w->wk_ops = ops;
	w->wk_ctx = ctx;
	w->wk_udp = -1;
	w->wk_started = clock_mono_ns();
	worker_options(w, argc, argv);

	/*
	 * The terminal and the service manager signal the whole group;
	 * relayd ends its workers in order.
	 */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	fcntl(WORKER_FD, F_SETFD, FD_CLOEXEC);

	if ((w->wk_loop = ev_loop_new(EVFLAG_NOENV)) == NULL)
		fatalx("no event loop");
	channel_set_instance(w->wk_instance);
	if ((w->wk_relayd = channel_new(w->wk_loop, WORKER_FD, ops->role,
	    PROC_RELAYD, 0, false, &relayd_ops, w)) == NULL)
		fatal("channel");
	ev_timer_init(&w->wk_log_timer, worker_log_tick, 1., 0.);
	w->wk_log_timer.data = w;
	the_worker = w;
	log_init(proc_name(ops->role), worker_log);
	/* Behind the role's own work at this point. */
	ev_prepare_init(&w->wk_prepare, worker_prepare);
	ev_set_priority(&w->wk_prepare, EV_MINPRI);
	w->wk_prepare.data = w;
	if (ops->gathers)
		ev_prepare_start(w->wk_loop, &w->wk_prepare);

	ev_run(w->wk_loop, 0);
	worker_flush(w);

	/*
	 * No tidying up: the end of the process closes the channels, and
	 * what the role still holds it may not touch any more.
	 */
	status = w->wk_status;
	return (status);
}

static void
worker_options(struct worker *w, int argc, char **argv)
{
	const char	*error;
	int		 c;

	while ((c = getopt(argc, argv, "I:")) != -1) {
		if (c != 'I')
			exit(2);
		w->wk_instance = (unsigned int)strtonum(optarg, 0, 63, &error);
		if (error != NULL)
			fatalx("instance %s is %s", optarg, error);
	}
}

void
worker_exit(struct worker *w, int status)
{
	w->wk_exiting = true;
	w->wk_status = status;
	ev_break(w->wk_loop, EVBREAK_ALL);
}

void *
worker_ctx(struct worker *w)
{
	return (w->wk_ctx);
}

struct ev_loop *
worker_loop(struct worker *w)
{
	return (w->wk_loop);
}

enum proc
worker_role(const struct worker *w)
{
	return (w->wk_ops->role);
}

unsigned int
worker_instance(const struct worker *w)
{
	return (w->wk_instance);
}

const struct msg_settings *
worker_settings(const struct worker *w)
{
	return (&w->wk_settings);
}

const struct slots *
worker_slots(const struct worker *w)
{
	return (&w->wk_slots);
}

int
worker_slot(const struct worker *w)
{
	return (slots_of(&w->wk_slots, w->wk_ops->role, w->wk_instance));
}

static struct neighbour *
worker_find(struct worker *w, enum proc role, unsigned int instance,
    bool data)
{
	struct channel	*ch;
	size_t		 i;

	for (i = 0; i < NEIGHBOURS_MAX; i++) {
		ch = w->wk_neighbours[i].nb_channel;
		if (ch != NULL && channel_peer(ch) == role &&
		    channel_peer_instance(ch) == instance &&
		    channel_is_data(ch) == data)
			return (&w->wk_neighbours[i]);
	}
	return (NULL);
}

struct channel *
worker_channel(struct worker *w, enum proc role, unsigned int instance)
{
	struct neighbour	*nb;

	if (role == PROC_RELAYD)
		return (w->wk_relayd);
	nb = worker_find(w, role, instance, false);
	return (nb != NULL ? nb->nb_channel : NULL);
}

struct channel *
worker_data_channel(struct worker *w, enum proc role, unsigned int instance)
{
	struct neighbour	*nb;

	nb = worker_find(w, role, instance, true);
	return (nb != NULL ? nb->nb_channel : NULL);
}

int
worker_relayd_send(struct worker *w, enum msg_type type, const void *msg)
{
	return (channel_send(w->wk_relayd, type, msg));
}

/* Logging. */

static void
worker_log(enum log_level level, const char *line)
{
	struct worker	*w = the_worker;
	uint64_t	 second;

	second = clock_mono_ns() / NS_PER_S;
	if (second != w->wk_log_second) {
		w->wk_log_second = second;
		w->wk_log_count = 0;
	}
	if (w->wk_log_count >= LOG_RATE || !worker_log_send(w, level, line)) {
		if (w->wk_log_lost++ == 0)
			ev_timer_start(w->wk_loop, &w->wk_log_timer);
		return;
	}
	w->wk_log_count++;
}

static bool
worker_log_send(struct worker *w, enum log_level level, const char *line)
{
	struct msg_log	msg;

	if (channel_queued(w->wk_relayd) > LOG_QUEUE_MAX)
		return (false);
	memset(&msg, 0, sizeof(msg));
	msg.level = level;
	snprintf(msg.text, sizeof(msg.text), "%s", line);
	return (channel_send(w->wk_relayd, MSG_LOG, &msg) == 0);
}

static void
worker_log_tick(EV_P_ ev_timer *t, int events)
{
	struct worker	*w = t->data;
	char		 line[64];

	(void)events;
	snprintf(line, sizeof(line), "%llu log lines suppressed",
	    (unsigned long long)w->wk_log_lost);
	if (worker_log_send(w, LOG_LEVEL_WARN, line))
		w->wk_log_lost = 0;
	else {
		ev_timer_set(t, 1., 0.);
		ev_timer_start(EV_A_ t);
	}
}

/* relayd. */

static void
worker_relayd_broken(struct channel *ch, void *arg, const char *why)
{
	struct worker	*w = arg;

	/* Nobody is left to tell. */
	(void)ch;
	worker_exit(w, why != NULL ? 1 : 0);
}

static void
worker_relayd_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	const struct msg_shutdown	*bye;
	const struct worker_ops		*ops;
	struct worker			*w = arg;

	ops = w->wk_ops;
	switch (type) {
	case MSG_SETTINGS:
		memcpy(&w->wk_settings, msg, sizeof(w->wk_settings));
		log_set_verbose((int)w->wk_settings.verbose);
		if (ops->settings != NULL)
			ops->settings(w, msg);
		break;
	case MSG_LISTEN:
		if (ops->listen != NULL)
			ops->listen(w, msg);
		break;
	case MSG_SLOT:
		slots_set(&w->wk_slots, msg);
		if (ops->slot != NULL)
			ops->slot(w, msg);
		break;
	case MSG_TOKEN_KEY:
		if (ops->token_key != NULL)
			ops->token_key(w, msg);
		break;
	case MSG_TICKET_KEY:
		if (ops->ticket_key != NULL)
			ops->ticket_key(w, msg);
		break;
	case MSG_AUTH_URL:
		if (ops->auth_url != NULL)
			ops->auth_url(w, msg);
		break;
	case MSG_UDP_SOCKET:
		w->wk_udp = fd;
		if (ops->udp_socket != NULL)
			ops->udp_socket(w, msg, fd);
		else
			close(fd);
		break;
	case MSG_CONTROL_SOCKET:
		if (ops->control_socket != NULL)
			ops->control_socket(w, msg, fd);
		else
			close(fd);
		break;
	case MSG_PEERS_BEGIN:
	case MSG_PEER:
	case MSG_GLOBAL_ROOM:
	case MSG_PROBE_TARGET:
	case MSG_PEERS_END:
	case MSG_DIAL_SOCKET:
	case MSG_DIAL_FAILED:
		if (ops->federation != NULL)
			ops->federation(w, type, msg, fd);
		else if (fd != -1)
			close(fd);
		break;
	case MSG_SEED:
		if (ops->seed != NULL)
			ops->seed(w, ((const struct msg_seed *)msg)->seed);
		/* The one copy that is left belongs to the role. */
		explicit_bzero((void *)(uintptr_t)msg,
		    sizeof(struct msg_seed));
		channel_wipe();
		break;
	case MSG_CHANNEL:
		worker_add_channel(w, msg, fd);
		break;
	case MSG_START:
		worker_start(w, msg);
		break;
	case MSG_SELF_TEST:
		selftest_run(((const struct msg_self_test *)msg)->what,
		    w->wk_udp);
	case MSG_SHUTDOWN:
		bye = msg;
		if (ops->shutdown != NULL && w->wk_serving)
			ops->shutdown(w, bye->deadline_ms);
		else
			worker_exit(w, 0);
		break;
	case MSG_CTL_ROW:
	case MSG_CTL_END:
		/* controld asked; to it relayd is one of many. */
		worker_message(ch, w, type, msg, fd);
		break;
	default:
		if (fd != -1)
			close(fd);
		break;
	}
}

static void
worker_start(struct worker *w, const struct msg_start *start)
{
	struct sandbox_identity	 id;
	struct msg_ready	 ready;
	size_t			 i;

	if (w->wk_ops->start != NULL && w->wk_ops->start(w) == -1) {
		worker_exit(w, 1);
		return;
	}
	memset(&id, 0, sizeof(id));
	id.sid_switch = start->switch_ids;
	id.sid_uid = (uid_t)start->uid;
	id.sid_gid = (gid_t)start->gid;
	snprintf(id.sid_root, sizeof(id.sid_root), "%s", start->root);
	memset(&ready, 0, sizeof(ready));
	if (sandbox_enter(w->wk_ops->role, &id,
	    start->directory[0] != '\0' ? start->directory : NULL,
	    ready.sandbox, sizeof(ready.sandbox)) == -1) {
		worker_exit(w, 1);
		return;
	}
	w->wk_serving = true;
	channel_set_state(w->wk_relayd, MSG_AT_SERVE);
	for (i = 0; i < NEIGHBOURS_MAX; i++)
		if (w->wk_neighbours[i].nb_channel != NULL)
			channel_set_state(w->wk_neighbours[i].nb_channel,
			    MSG_AT_SERVE);
	if (w->wk_ops->serve != NULL && w->wk_ops->serve(w) == -1) {
		worker_exit(w, 1);
		return;
	}
	if (channel_send(w->wk_relayd, MSG_READY, &ready) == -1)
		worker_exit(w, 1);
}

/* Neighbours. */

static void
worker_add_channel(struct worker *w, const struct msg_channel *msg, int fd)
{
	struct neighbour	*nb;
	struct channel		*ch;
	enum proc		 role = (enum proc)msg->role;
	size_t			 i;

	if ((nb = worker_find(w, role, (unsigned int)msg->instance,
	    msg->data)) != NULL)
		worker_lose_channel(w, nb->nb_channel);
	for (i = 0; i < NEIGHBOURS_MAX; i++)
		if (w->wk_neighbours[i].nb_channel == NULL)
			break;
	if (i == NEIGHBOURS_MAX || (ch = channel_new(w->wk_loop, fd,
	    w->wk_ops->role, role, (unsigned int)msg->instance, msg->data,
	    &neighbour_ops, w)) == NULL) {
		log_warnx("no room for a channel to %s", proc_name(role));
		close(fd);
		return;
	}
	w->wk_neighbours[i].nb_channel = ch;
	w->wk_neighbours[i].nb_generation = msg->generation;
	if (w->wk_ops->gathers && role != PROC_KEYD)
		channel_gather(ch);
	if (w->wk_serving)
		channel_set_state(ch, MSG_AT_SERVE);
	if (w->wk_ops->channel != NULL)
		w->wk_ops->channel(w, ch, msg->data);
}

void
worker_flush(struct worker *w)
{
	size_t	i;

	for (i = 0; i < NEIGHBOURS_MAX; i++)
		if (w->wk_neighbours[i].nb_channel != NULL)
			channel_flush(w->wk_neighbours[i].nb_channel);
}

static void
worker_prepare(EV_P_ ev_prepare *prepare, int events)
{
	(void)loop;
	(void)events;
	worker_flush(prepare->data);
}

static void
worker_lose_channel(struct worker *w, struct channel *ch)
{
	enum proc	role = channel_peer(ch);
	unsigned int	instance = channel_peer_instance(ch);
	bool		data = channel_is_data(ch);
	size_t		i;

	for (i = 0; i < NEIGHBOURS_MAX; i++)
		if (w->wk_neighbours[i].nb_channel == ch)
			w->wk_neighbours[i].nb_channel = NULL;
	channel_free(ch);
	if (w->wk_ops->channel_lost != NULL)
		w->wk_ops->channel_lost(w, role, instance, data);
}

static void
worker_broken(struct channel *ch, void *arg, const char *why)
{
	struct worker	*w = arg;

	if (why != NULL)
		worker_blame(w, ch, why);
	else
		worker_lose_channel(w, ch);
}

void
worker_blame(struct worker *w, struct channel *ch, const char *reason)
{
	struct msg_blame	 msg;
	const struct neighbour	*nb;

	memset(&msg, 0, sizeof(msg));
	msg.role = channel_peer(ch);
	msg.instance = channel_peer_instance(ch);
	if ((nb = worker_find(w, channel_peer(ch), channel_peer_instance(ch),
	    channel_is_data(ch))) != NULL)
		msg.generation = nb->nb_generation;
	log_escape(msg.reason, sizeof(msg.reason), reason, strlen(reason));
	(void)channel_send(w->wk_relayd, MSG_BLAME, &msg);
	worker_lose_channel(w, ch);
}

static void
worker_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	struct worker			*w = arg;
	const struct msg_ctl_query	*query;

	if (type == MSG_CTL_QUERY) {
		query = msg;
		if (query->what == CTL_STATS) {
			worker_stats(w, ch, query);
			return;
		}
		if (w->wk_ops->message == NULL) {
			worker_ctl_end(ch, query->id, "nothing of that here");
			return;
		}
	}
	if (w->wk_ops->message != NULL)
		w->wk_ops->message(ch, w, type, msg, fd);
	else if (fd != -1)
		close(fd);
}

static void
worker_batch_end(struct channel *ch, void *arg)
{
	struct worker	*w = arg;

	if (w->wk_ops->batch_end != NULL)
		w->wk_ops->batch_end(ch, w);
}

/* Control queries. */

static void
worker_stats(struct worker *w, struct channel *ch,
    const struct msg_ctl_query *query)
{
	static struct row	 row;
	struct channel		*other;
	char			 name[33];
	size_t			 i;
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
	struct mallinfo2	 mi;
#endif

	row_init(&row);
	row_str(&row, "worker", proc_name(w->wk_ops->role));
	row_u64(&row, "instance", w->wk_instance);
	row_u64(&row, "pid", (uint64_t)getpid());
	row_u64(&row, "uptime_s",
	    (clock_mono_ns() - w->wk_started) / NS_PER_S);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
	mi = mallinfo2();
	row_u64(&row, "heap_used", mi.uordblks + mi.hblkhd);
#endif
	for (i = 0; i < NEIGHBOURS_MAX; i++) {
		other = w->wk_neighbours[i].nb_channel;
		if (other == NULL || !channel_is_data(other))
			continue;
		snprintf(name, sizeof(name), "dropped_%s%u",
		    proc_name(channel_peer(other)),
		    channel_peer_instance(other));
		row_u64(&row, name, channel_dropped(other));
	}
	if (w->wk_ops->stats != NULL)
		w->wk_ops->stats(w, &row);
	worker_ctl_row(ch, query->id, &row);
	worker_ctl_end(ch, query->id, "");
}

/*
 * An operator's tool must not fill the channel: where controld is slow, rows
 * are left out, and the end says so.  The answers that were cut lately:
 */
#define CUTS_MAX	16
static uint64_t		cut_ids[CUTS_MAX];
static unsigned int	cut_next;

static bool
ctl_was_cut(uint64_t id)
{
	unsigned int	i;

	for (i = 0; i < CUTS_MAX; i++)
		if (cut_ids[i] == id && id != 0)
			return (true);
	return (false);
}

void
worker_ctl_row(struct channel *ch, uint64_t id, const struct row *row)
{
	struct msg_ctl_row	msg;

	if (channel_slow(ch)) {
		if (!ctl_was_cut(id))
			cut_ids[cut_next++ % CUTS_MAX] = id;
		return;
	}
	msg.id = id;
	msg.cells.data = row->row_buf;
	msg.cells.len = row->row_len;
	(void)channel_send(ch, MSG_CTL_ROW, &msg);
}

void
worker_ctl_end(struct channel *ch, uint64_t id, const char *error)
{
	struct msg_ctl_end	msg;

	memset(&msg, 0, sizeof(msg));
	msg.id = id;
	if (ctl_was_cut(id) && (error == NULL || error[0] == '\0'))
		error = "too much is asked for at once: these are not all";
	snprintf(msg.error, sizeof(msg.error), "%s",
	    error != NULL ? error : "");
	(void)channel_send(ch, MSG_CTL_END, &msg);
}

struct limits_answer {
	struct channel	*la_channel;
	uint64_t	 la_id;
};

static void
ctl_limits_row(void *arg, const struct row *row)
{
	const struct limits_answer	*la = arg;

	worker_ctl_row(la->la_channel, la->la_id, row);
}

void
worker_ctl_limits(struct channel *ch, const struct msg_ctl_query *query,
    struct limiter *lm, uint64_t now)
{
	struct limits_answer	la = { ch, query->id };

	limiter_rows(lm, now, ctl_limits_row, &la);
	worker_ctl_end(ch, query->id, NULL);
}
