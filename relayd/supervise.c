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
 * neighbours.  Blame restarts the lower-ranking of two, so that a worker in
 * an attacker's hands brings down at most what ranks below it.
 */

#include "config.h"

#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/mesh.h"
#include "relayd/report.h"
#include "relayd/setup.h"
#include "relayd/spawn.h"
#include "relayd/supervise.h"

#define BACKOFF_MIN_MS		100
#define BACKOFF_MAX_MS		10000
/* Who served this long begins anew with the shortest pause. */
#define BACKOFF_RESET_S		30
/* A worker that does not serve this long after its start is stuck. */
#define SERVE_LIMIT_S		15.
/* Deaths within a minute that are reported as a crash loop. */
#define CRASH_LOOP		5
#define STOP_LIMIT_MS		2000

static int	process_start(struct process *);
static void	process_kill(struct process *);
static void	process_gone(struct process *);
static void	process_restart_later(struct process *);
static void	process_exited(EV_P_ ev_child *, int);
static void	process_timeout(EV_P_ ev_timer *, int);
static void	process_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	process_broken(struct channel *, void *, const char *);
static void	process_ready(struct process *, const struct msg_ready *);
static void	process_blamed(struct process *, const struct msg_blame *);
static struct process
		*process_find(struct supervisor *, enum proc, unsigned int);
static void	supervise_advance(struct supervisor *);
static void	stop_wave(struct supervisor *);
static bool	stop_done(struct supervisor *);
static void	stop_timeout(EV_P_ ev_timer *, int);
static bool	in_wave(const struct process *, unsigned int);

static const struct channel_ops	process_ops = {
	process_message, process_broken, NULL
};

int
supervise_start(struct supervisor *sv,
    const struct sandbox_identity ids[PROC_MAX])
{
	const enum proc	*roles;
	struct process	*p;
	size_t		 i, n;

	sv->sv_started = clock_mono_ns();
	ev_timer_init(&sv->sv_stop_timer, stop_timeout, 0., 0.);
	sv->sv_stop_timer.data = sv;
	roles = mesh_workers(&n);
	for (i = 0; i < n; i++) {
		if (roles[i] == PROC_FEDERD || roles[i] == PROC_LOOKUPD)
			continue;
		p = &sv->sv_processes[sv->sv_nprocesses++];
		memset(p, 0, sizeof(*p));
		p->pr_super = sv;
		p->pr_role = roles[i];
		p->pr_identity = ids[roles[i]];
		p->pr_backoff_ms = BACKOFF_MIN_MS;
		ev_init(&p->pr_timer, process_timeout);
		p->pr_timer.data = p;
		ev_init(&p->pr_child, process_exited);
		p->pr_child.data = p;
	}
	for (i = 0; i < sv->sv_nprocesses; i++)
		if (process_start(&sv->sv_processes[i]) == -1)
			return (-1);
	supervise_advance(sv);
	return (0);
}

static struct process *
process_find(struct supervisor *sv, enum proc role, unsigned int instance)
{
	size_t	i;

	for (i = 0; i < sv->sv_nprocesses; i++)
		if (sv->sv_processes[i].pr_role == role &&
		    sv->sv_processes[i].pr_instance == instance)
			return (&sv->sv_processes[i]);
	return (NULL);
}

static int
process_start(struct process *p)
{
	struct supervisor	*sv = p->pr_super;
	char			 path[1024];
	int			 fds[2];

	if (spawn_find(sv->sv_libexec, proc_name(p->pr_role), path,
	    sizeof(path)) == -1)
		return (-1);
	if (channel_pair(fds, false) == -1) {
		log_warn("channel to %s", process_name(p));
		return (-1);
	}
	p->pr_pid = spawn_worker(path, proc_name(p->pr_role), p->pr_instance,
	    fds[1], sv->sv_keep_stderr);
	close(fds[1]);
	if (p->pr_pid == -1) {
		log_warn("%s: fork", process_name(p));
		p->pr_pid = 0;
		close(fds[0]);
		return (-1);
	}
	p->pr_started = clock_mono_ns();
	p->pr_sandbox[0] = '\0';
	ev_child_set(&p->pr_child, p->pr_pid, 0);
	ev_child_start(sv->sv_loop, &p->pr_child);
	if ((p->pr_channel = channel_new(sv->sv_loop, fds[0], PROC_RELAYD,
	    p->pr_role, p->pr_instance, false, &process_ops, p)) == NULL) {
		log_warn("channel to %s", process_name(p));
		close(fds[0]);
		process_kill(p);
		return (-1);
	}
	p->pr_state = PROCESS_SETUP;
	ev_timer_stop(sv->sv_loop, &p->pr_timer);
	ev_timer_set(&p->pr_timer, SERVE_LIMIT_S, 0.);
	ev_timer_start(sv->sv_loop, &p->pr_timer);
	if (setup_worker(p) == -1 || setup_mesh(p) == -1) {
		log_warnx("%s cannot be set up", process_name(p));
		process_kill(p);
		return (-1);
	}
	return (0);
}

/*
 * START goes to everyone whose predecessors are not on their way up, and
 * never while keyd is away: others than registryd need its signature.
 */
static void
supervise_advance(struct supervisor *sv)
{
	struct process	*p;
	bool		 keys = false;
	size_t		 i;

	if (sv->sv_stopping != 0)
		return;
	for (i = 0; i < sv->sv_nprocesses; i++) {
		p = &sv->sv_processes[i];
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
		ev_timer_stop(sv->sv_loop, &p->pr_timer);
		ev_timer_set(&p->pr_timer, SERVE_LIMIT_S, 0.);
		ev_timer_start(sv->sv_loop, &p->pr_timer);
		if (setup_start(p) == -1)
			process_kill(p);
		return;
	}
	for (i = 0; i < sv->sv_nprocesses; i++)
		if (sv->sv_processes[i].pr_state != PROCESS_SERVING)
			return;
	if (!sv->sv_ready) {
		sv->sv_ready = true;
		log_info("ready");
		if (sv->sv_on_ready != NULL)
			sv->sv_on_ready();
	}
}

static void
process_ready(struct process *p, const struct msg_ready *msg)
{
	p->pr_state = PROCESS_SERVING;
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
		process_blamed(p, msg);
		break;
	case MSG_CTL_QUERY:
		report_query(p->pr_super, ch, msg);
		break;
	default:
		break;
	}
}

static void
process_blamed(struct process *p, const struct msg_blame *msg)
{
	struct supervisor	*sv = p->pr_super;
	struct process		*other, *victim;
	char			 text[4 * sizeof(msg->reason)];

	/* What is already being killed has no say any more. */
	if (sv->sv_stopping != 0 || p->pr_state == PROCESS_ENDING)
		return;
	sv->sv_blames++;
	log_escape(text, sizeof(text), msg->reason, strlen(msg->reason));
	other = process_find(sv, (enum proc)msg->role,
	    (unsigned int)msg->instance);
	if (other == NULL || !mesh_allows(p->pr_role, other->pr_role,
	    false)) {
		log_warnx("%s blames %s, which is no neighbour of it: %s",
		    process_name(p), proc_name((enum proc)msg->role), text);
		process_kill(p);
		return;
	}
	victim = p->pr_role > other->pr_role ? p : other;
	/*
	 * On its way out: one line a death, or a worker that outranks another
	 * could fill the log by blaming it without end.
	 */
	if (victim->pr_state == PROCESS_ENDING ||
	    victim->pr_state == PROCESS_DOWN)
		return;
	log_warnx("%s blames %s: %s; restarting %s",
	    proc_name(p->pr_role), proc_name(other->pr_role), text,
	    proc_name(victim->pr_role));
	process_kill(victim);
}

static void
process_broken(struct channel *ch, void *arg, const char *why)
{
	struct process	*p = arg;

	if (why != NULL) {
		p->pr_super->sv_blames++;
		log_warnx("%s: bad message to relayd: %s", process_name(p),
		    why);
	}
	p->pr_channel = NULL;
	channel_free(ch);
	/* Without its channel a worker is of no use. */
	process_kill(p);
	process_gone(p);
}

static void
process_kill(struct process *p)
{
	if (p->pr_pid > 0)
		(void)kill(p->pr_pid, SIGKILL);
	if (p->pr_state != PROCESS_DOWN)
		p->pr_state = PROCESS_ENDING;
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
	bool			 served;
	char			 text[128];

	if (p->pr_pid != 0 || p->pr_channel != NULL)
		return;
	served = p->pr_sandbox[0] != '\0';
	p->pr_state = PROCESS_DOWN;
	ev_timer_stop(sv->sv_loop, &p->pr_timer);
	(void)report_death(p, text, sizeof(text));
	if (sv->sv_stopping != 0) {
		if (!WIFEXITED(p->pr_status) || WEXITSTATUS(p->pr_status) != 0)
			log_info("%s: %s", process_name(p), text);
		stop_wave(sv);
		return;
	}
	log_warnx("%s died: %s", process_name(p), text);
	/*
	 * Who ends by itself at the first start has said why, and trying again
	 * would not mend it.  Who was killed gets its other chances.
	 */
	if (!sv->sv_ready && !served && (WIFEXITED(p->pr_status) ||
	    p->pr_deaths + 1 >= CRASH_LOOP)) {
		log_warnx("%s cannot serve; giving up", process_name(p));
		supervise_stop(sv, 1);
		return;
	}
	process_restart_later(p);
	/* Others may wait behind this one. */
	supervise_advance(sv);
}

static void
process_restart_later(struct process *p)
{
	struct supervisor	*sv = p->pr_super;
	uint64_t		 now = clock_mono_ns();

	if (now - p->pr_started > BACKOFF_RESET_S * NS_PER_S)
		p->pr_backoff_ms = BACKOFF_MIN_MS;
	if (now - p->pr_minute > 60 * NS_PER_S) {
		p->pr_minute = now;
		p->pr_deaths = 0;
	}
	if (++p->pr_deaths >= CRASH_LOOP)
		log_warnx("%s: crash loop, %u deaths within a minute",
		    process_name(p), p->pr_deaths);
	log_info("%s: next start in %llu ms", process_name(p),
	    (unsigned long long)p->pr_backoff_ms);
	ev_timer_stop(sv->sv_loop, &p->pr_timer);
	ev_now_update(sv->sv_loop);
	ev_timer_set(&p->pr_timer, (double)p->pr_backoff_ms / 1000., 0.);
	ev_timer_start(sv->sv_loop, &p->pr_timer);
	p->pr_backoff_ms *= 2;
	if (p->pr_backoff_ms > BACKOFF_MAX_MS)
		p->pr_backoff_ms = BACKOFF_MAX_MS;
}

static void
process_timeout(EV_P_ ev_timer *t, int events)
{
	struct process		*p = t->data;
	struct supervisor	*sv = p->pr_super;

	(void)events;
	if (p->pr_state == PROCESS_SETUP) {
		/* It waits for another one. */
		ev_timer_set(t, SERVE_LIMIT_S, 0.);
		ev_timer_start(EV_A_ t);
		return;
	}
	if (p->pr_state != PROCESS_DOWN) {
		log_warnx("%s does not get to serve; killing it",
		    process_name(p));
		process_kill(p);
		return;
	}
	p->pr_restarts++;
	if (process_start(p) == -1 && p->pr_pid == 0)
		process_restart_later(p);
	supervise_advance(sv);
}

/*
 * The end: first those that serve people, then those they still write to.
 * Each wave has two seconds, then it is killed.
 */
static bool
in_wave(const struct process *p, unsigned int wave)
{
	bool	last = p->pr_role == PROC_KEYD ||
	    p->pr_role == PROC_REGISTRYD;

	return (last == (wave == 2));
}

void
supervise_stop(struct supervisor *sv, int status)
{
	size_t	i;

	if (sv->sv_stopping != 0) {
		/* One request often comes twice: to us and to our group. */
		if (clock_mono_ns() - sv->sv_stop_began < NS_PER_S)
			return;
		for (i = 0; i < sv->sv_nprocesses; i++)
			process_kill(&sv->sv_processes[i]);
		return;
	}
	log_info("ending");
	sv->sv_stop_began = clock_mono_ns();
	sv->sv_exit = status;
	for (i = 0; i < sv->sv_nprocesses; i++)
		ev_timer_stop(sv->sv_loop, &sv->sv_processes[i].pr_timer);
	stop_wave(sv);
}

static bool
stop_done(struct supervisor *sv)
{
	size_t	i;

	for (i = 0; i < sv->sv_nprocesses; i++)
		if (in_wave(&sv->sv_processes[i], sv->sv_stopping) &&
		    (sv->sv_processes[i].pr_pid != 0 ||
		    sv->sv_processes[i].pr_channel != NULL))
			return (false);
	return (true);
}

/* Begins the next wave when this one is over, and ends the loop at last. */
static void
stop_wave(struct supervisor *sv)
{
	struct msg_shutdown	 msg = { STOP_LIMIT_MS };
	struct process		*p;
	size_t			 i;

	while (sv->sv_stopping == 0 || stop_done(sv)) {
		if (++sv->sv_stopping > 2) {
			ev_timer_stop(sv->sv_loop, &sv->sv_stop_timer);
			ev_break(sv->sv_loop, EVBREAK_ALL);
			return;
		}
		for (i = 0; i < sv->sv_nprocesses; i++) {
			p = &sv->sv_processes[i];
			if (!in_wave(p, sv->sv_stopping) ||
			    p->pr_channel == NULL)
				continue;
			p->pr_state = PROCESS_ENDING;
			if (channel_send(p->pr_channel, MSG_SHUTDOWN,
			    &msg) == -1)
				process_kill(p);
		}
		ev_timer_stop(sv->sv_loop, &sv->sv_stop_timer);
		ev_now_update(sv->sv_loop);
		ev_timer_set(&sv->sv_stop_timer, STOP_LIMIT_MS / 1000., 0.);
		ev_timer_start(sv->sv_loop, &sv->sv_stop_timer);
	}
}

static void
stop_timeout(EV_P_ ev_timer *t, int events)
{
	struct supervisor	*sv = t->data;
	struct process		*p;
	size_t			 i;

	(void)loop;
	(void)events;
	for (i = 0; i < sv->sv_nprocesses; i++) {
		p = &sv->sv_processes[i];
		if (!in_wave(p, sv->sv_stopping) || p->pr_pid == 0)
			continue;
		log_warnx("%s does not end; killing it", process_name(p));
		process_kill(p);
	}
}
