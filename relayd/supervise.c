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
 * Workers come up one after another in order of rank, each serving before
 * the next is started, because the later ones ask the earlier ones.  A dead
 * one is started again after a pause, and gets new channels to all its
 * neighbours.
 */

#include "config.h"

#include <sys/wait.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "relayd/blame.h"
#include "relayd/drill.h"
#include "relayd/peers.h"
#include "relayd/reload.h"
#include "relayd/report.h"
#include "relayd/roster.h"
#include "relayd/setup.h"
#include "relayd/slots.h"
#include "relayd/spawn.h"
#include "relayd/stop.h"
#include "relayd/supervise.h"

#define BACKOFF_MIN_MS		100
#define BACKOFF_MAX_MS		10000
/* Who served this long begins anew with the shortest pause. */
#define BACKOFF_RESET_NS	(2 * NS_PER_S)
/* A worker that does not serve this long after its start is stuck. */
#define SERVE_LIMIT_S		15.
#define DEATHS_NS		(60 * NS_PER_S)
/*
 * A mediad that died while it retired comes back only to tell the clients of
 * its predecessor (stateless reset); idle ones ask after 8 s at the latest.
 */
#define BEREFT_S		10.

static int	process_start(struct process *);
static void	process_timer(struct process *, double);
static void	process_drained(struct process *);
static void	process_gone(struct process *);
static void	process_died(struct process *, bool);
static void	process_restart_later(struct process *);
static void	process_exited(EV_P_ ev_child *, int);
static void	process_timeout(EV_P_ ev_timer *, int);
static void	process_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	process_broken(struct channel *, void *, const char *);
static void	process_ready(struct process *, const struct msg_ready *);
static void	supervise_ready(struct supervisor *);

static const struct channel_ops	process_ops = {
	process_message, process_broken, NULL
};

void
supervise_init(struct process *p)
{
	p->pr_backoff_ms = BACKOFF_MIN_MS;
	ev_init(&p->pr_timer, process_timeout);
	p->pr_timer.data = p;
	ev_init(&p->pr_child, process_exited);
	p->pr_child.data = p;
}

int
supervise_start(struct supervisor *sv)
{
	struct process	*p;

	sv->sv_started = clock_mono_ns();
	blame_init(sv);
	tokens_start(sv);
	roster_apply(sv);
	TAILQ_FOREACH(p, &sv->sv_processes, pr_entry)
		if (process_start(p) == -1)
			return (-1);
	supervise_advance(sv);
	return (0);
}

/* What the worker is waited for; the time begins now. */
static void
process_timer(struct process *p, double seconds)
{
	struct ev_loop	*loop = p->pr_super->sv_loop;

	ev_timer_stop(loop, &p->pr_timer);
	ev_now_update(loop);
	ev_timer_set(&p->pr_timer, seconds, 0.);
	ev_timer_start(loop, &p->pr_timer);
}

static int
process_start(struct process *p)
{
	struct supervisor	*sv = p->pr_super;
	char			 path[1024];
	int			 fds[2];

	p->pr_after = AFTER_LATER;
	p->pr_drained = false;
	p->pr_served = 0;
	p->pr_sandbox[0] = '\0';
	if (spawn_find(sv->sv_libexec, proc_name(p->pr_role), path,
	    sizeof(path)) == -1)
		return (-1);
	if (channel_pair(fds, false) == -1) {
		log_warn("channel to %s", process_name(p));
		return (-1);
	}
	p->pr_pid = spawn_worker(path, p->pr_role, p->pr_instance,
	    fds[1], sv->sv_keep_stderr);
	close(fds[1]);
	if (p->pr_pid == -1) {
		log_warn("%s: fork", process_name(p));
		p->pr_pid = 0;
		close(fds[0]);
		return (-1);
	}
	p->pr_started = clock_mono_ns();
	p->pr_generation =
	    ++sv->sv_generations[p->pr_role][p->pr_instance];
	ev_child_set(&p->pr_child, p->pr_pid, 0);
	ev_child_start(sv->sv_loop, &p->pr_child);
	/* Before it can get a channel, neighbours know what it is now. */
	slots_changed(p);
	if ((p->pr_channel = channel_new(sv->sv_loop, fds[0], PROC_RELAYD,
	    p->pr_role, p->pr_instance, false, &process_ops, p)) == NULL) {
		log_warn("channel to %s", process_name(p));
		close(fds[0]);
		process_kill(p);
		return (-1);
	}
	p->pr_state = PROCESS_SETUP;
	process_timer(p, SERVE_LIMIT_S);
	if (setup_worker(p) == -1 || setup_mesh(p) == -1) {
		log_warnx("%s cannot be set up", process_name(p));
		process_kill(p);
		return (-1);
	}
	return (0);
}

void
process_begin(struct process *p)
{
	if (process_start(p) == -1 && p->pr_pid == 0)
		process_restart_later(p);
}

/*
 * START goes to everyone whose predecessors are not on their way up, and
 * never while keyd is away: others than registryd need its signature.
 */
void
supervise_advance(struct supervisor *sv)
{
	struct process	*p;
	bool		 all = true, keys = false;

	if (sv->sv_stopping != 0)
		return;
	TAILQ_FOREACH(p, &sv->sv_processes, pr_entry) {
		if (p->pr_state != PROCESS_SERVING)
			all = false;
		if (p->pr_role == PROC_KEYD)
			keys = p->pr_state == PROCESS_SERVING;
		if (p->pr_state == PROCESS_STARTING)
			return;
		if (p->pr_state != PROCESS_SETUP)
			continue;
		if (!keys && p->pr_role != PROC_KEYD)
			return;
		p->pr_state = PROCESS_STARTING;
		/* The time it waited for others does not count. */
		process_timer(p, SERVE_LIMIT_S);
		if (setup_start(p) == -1)
			process_kill(p);
		return;
	}
	if (all)
		supervise_ready(sv);
}

static void
supervise_ready(struct supervisor *sv)
{
	if (!sv->sv_ready) {
		sv->sv_ready = true;
		log_info("ready");
		if (sv->sv_on_ready != NULL)
			sv->sv_on_ready(sv);
		if (sv->sv_reload)
			reload_now(sv);
	}
	if (sv->sv_drill != NULL)
		drill_next(sv);
}

static void
process_ready(struct process *p, const struct msg_ready *msg)
{
	p->pr_state = PROCESS_SERVING;
	p->pr_served = clock_mono_ns();
	channel_set_state(p->pr_channel, MSG_AT_SERVE);
	ev_timer_stop(p->pr_super->sv_loop, &p->pr_timer);
	log_escape(p->pr_sandbox, sizeof(p->pr_sandbox), msg->sandbox,
	    strlen(msg->sandbox));
	log_info("%s serves as process %d: %s", process_name(p),
	    (int)p->pr_pid, p->pr_sandbox);
	supervise_advance(p->pr_super);
}

static void
process_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	struct process	*p = arg;

	(void)fd;
	switch (type) {
	case MSG_LOG:
		report_log(p, msg);
		break;
	case MSG_READY:
		if (p->pr_state != PROCESS_STARTING) {
			log_warnx("%s: serves without a start",
			    process_name(p));
			process_kill(p);
			break;
		}
		process_ready(p, msg);
		break;
	case MSG_BLAME:
		blame_heard(p, msg);
		break;
	case MSG_DRAINED:
		process_drained(p);
		break;
	case MSG_DIAL:
		peers_dial(p, msg);
		break;
	case MSG_CTL_QUERY:
		report_query(p->pr_super, ch, msg);
		break;
	default:
		break;
	}
}

/* It may cross our word that the mediad is wanted again. */
static void
process_drained(struct process *p)
{
	double	served;

	if (!p->pr_retiring || p->pr_state != PROCESS_SERVING)
		return;
	p->pr_drained = true;
	served = (double)(clock_mono_ns() - p->pr_served) / NS_PER_S;
	if (p->pr_bereft && served < BEREFT_S)
		process_timer(p, BEREFT_S - served);
	else
		process_end(p, AFTER_REMOVE);
}

void
process_keep(struct process *p)
{
	p->pr_retiring = p->pr_drained = p->pr_bereft = false;
	if (p->pr_state == PROCESS_SERVING)
		ev_timer_stop(p->pr_super->sv_loop, &p->pr_timer);
	log_info("%s is wanted again", process_name(p));
	slots_changed(p);
}

static void
process_broken(struct channel *ch, void *arg, const char *why)
{
	struct process	*p = arg;

	if (why != NULL) {
		p->pr_super->sv_blames++;
		log_warnx("%s: bad message to relayd: %s", process_name(p),
		    why);
		/* Then it is the one, whatever it says of others. */
		blame_forget(p);
	}
	p->pr_channel = NULL;
	channel_free(ch);
	/* Without its channel a worker is of no use. */
	process_kill(p);
	process_gone(p);
}

void
process_kill(struct process *p)
{
	if (p->pr_pid > 0)
		(void)kill(p->pr_pid, SIGKILL);
	if (p->pr_state != PROCESS_DOWN)
		p->pr_state = PROCESS_ENDING;
}

void
process_end(struct process *p, enum process_after after)
{
	struct msg_shutdown	msg = { STOP_LIMIT_MS };

	p->pr_after = after;
	if (p->pr_state == PROCESS_DOWN) {
		ev_timer_stop(p->pr_super->sv_loop, &p->pr_timer);
		if (after == AFTER_REMOVE)
			roster_remove(p);
		else
			process_begin(p);
		return;
	}
	if (p->pr_state != PROCESS_ENDING && (p->pr_channel == NULL ||
	    channel_send(p->pr_channel, MSG_SHUTDOWN, &msg) == -1))
		process_kill(p);
	p->pr_state = PROCESS_ENDING;
	process_timer(p, STOP_LIMIT_MS / 1000.);
}

static void
process_exited(EV_P_ ev_child *w, int events)
{
	struct process	*p = w->data;

	(void)events;
	ev_child_stop(EV_A_ w);
	p->pr_pid = 0;
	p->pr_status = w->rstatus;
	process_gone(p);
}

/*
 * A worker is gone when it was waited for and its channel has been read to
 * the end: the last line of its log often says why.
 */
static void
process_gone(struct process *p)
{
	struct supervisor	*sv = p->pr_super;
	bool			 served = p->pr_served != 0;

	if (p->pr_pid != 0 || p->pr_channel != NULL)
		return;
	p->pr_state = PROCESS_DOWN;
	ev_timer_stop(sv->sv_loop, &p->pr_timer);
	blame_forget(p);
	if (sv->sv_drill != NULL && drill_gone(p))
		p->pr_after = AFTER_AGAIN;
	if (sv->sv_stopping != 0 || p->pr_after == AFTER_LATER) {
		process_died(p, served);
		return;
	}
	if (sv->sv_drill == NULL)
		log_info("%s ended", process_name(p));
	if (p->pr_after == AFTER_REMOVE)
		roster_remove(p);
	else {
		p->pr_restarts++;
		process_begin(p);
	}
	supervise_advance(sv);
}

static void
process_died(struct process *p, bool served)
{
	struct supervisor	*sv = p->pr_super;
	char			 text[128];

	(void)report_death(p, text, sizeof(text));
	if (sv->sv_stopping != 0) {
		if (!WIFEXITED(p->pr_status) || WEXITSTATUS(p->pr_status) != 0)
			log_info("%s: %s", process_name(p), text);
		stop_wave(sv);
		return;
	}
	log_warnx("%s died: %s", process_name(p), text);
	p->pr_deaths[p->pr_ndeaths++ % DEATHS_KEPT] = clock_mono_ns();
	/*
	 * Who ends by itself at the first start has said why, and trying again
	 * would not mend it.  Who was killed gets its other chances.
	 */
	if (!sv->sv_ready && !served && (WIFEXITED(p->pr_status) ||
	    process_deaths(p) >= CRASH_LOOP)) {
		log_warnx("%s cannot serve; giving up", process_name(p));
		supervise_stop(sv, 1);
		return;
	}
	p->pr_bereft = p->pr_retiring;
	process_restart_later(p);
	/* Others may wait behind this one. */
	supervise_advance(sv);
}

unsigned int
process_deaths(const struct process *p)
{
	uint64_t	i, kept, now = clock_mono_ns();
	unsigned int	n = 0;

	kept = p->pr_ndeaths < DEATHS_KEPT ? p->pr_ndeaths : DEATHS_KEPT;
	for (i = 0; i < kept; i++)
		if (now - p->pr_deaths[i] < DEATHS_NS)
			n++;
	return (n);
}

static void
process_restart_later(struct process *p)
{
	unsigned int	deaths = process_deaths(p);

	if (p->pr_served != 0 &&
	    clock_mono_ns() - p->pr_served >= BACKOFF_RESET_NS)
		p->pr_backoff_ms = BACKOFF_MIN_MS;
	if (deaths >= CRASH_LOOP)
		log_warnx("%s: crash loop, %u deaths within a minute",
		    process_name(p), deaths);
	log_info("%s: next start in %llu ms", process_name(p),
	    (unsigned long long)p->pr_backoff_ms);
	process_timer(p, (double)p->pr_backoff_ms / 1000.);
	p->pr_backoff_ms *= 2;
	if (p->pr_backoff_ms > BACKOFF_MAX_MS)
		p->pr_backoff_ms = BACKOFF_MAX_MS;
}

static void
process_timeout(EV_P_ ev_timer *t, int events)
{
	struct process		*p = t->data;
	struct supervisor	*sv = p->pr_super;

	(void)loop;
	(void)events;
	switch (p->pr_state) {
	case PROCESS_SETUP:
		/* It waits for another one. */
		process_timer(p, SERVE_LIMIT_S);
		break;
	case PROCESS_SERVING:
		if (p->pr_retiring && p->pr_drained)
			process_end(p, AFTER_REMOVE);
		break;
	case PROCESS_STARTING:
		log_warnx("%s does not get to serve; killing it",
		    process_name(p));
		process_kill(p);
		break;
	case PROCESS_ENDING:
		log_warnx("%s does not end; killing it", process_name(p));
		process_kill(p);
		break;
	case PROCESS_DOWN:
		p->pr_restarts++;
		process_begin(p);
		supervise_advance(sv);
		break;
	}
}
