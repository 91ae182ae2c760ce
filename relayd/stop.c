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
 * The end: first those that serve people, then those they still write to.
 * Each wave has two seconds, then it is killed.
 */

#include "config.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "relayd/stop.h"
#include "relayd/supervise.h"

#define WAVES	2

static bool	in_wave(const struct process *, unsigned int);
static bool	stop_done(struct supervisor *);
static void	stop_timeout(EV_P_ ev_timer *, int);

static bool
in_wave(const struct process *p, unsigned int wave)
{
	bool	last = p->pr_role == PROC_KEYD ||
	    p->pr_role == PROC_REGISTRYD;

	return (last == (wave == WAVES));
}

void
supervise_stop(struct supervisor *sv, int status)
{
	struct process	*p;

	if (sv->sv_stopping != 0) {
		/* One request often comes twice: to us and to our group. */
		if (clock_mono_ns() - sv->sv_stop_began < NS_PER_S)
			return;
		TAILQ_FOREACH(p, &sv->sv_processes, pr_entry)
			process_kill(p);
		return;
	}
	log_info("ending");
	sv->sv_stop_began = clock_mono_ns();
	sv->sv_exit = status;
	TAILQ_FOREACH(p, &sv->sv_processes, pr_entry)
		ev_timer_stop(sv->sv_loop, &p->pr_timer);
	stop_wave(sv);
}

static bool
stop_done(struct supervisor *sv)
{
	struct process	*p;

	TAILQ_FOREACH(p, &sv->sv_processes, pr_entry)
		if (in_wave(p, sv->sv_stopping) && (p->pr_pid != 0 ||
		    p->pr_channel != NULL))
			return (false);
	return (true);
}

/* Begins the next wave when this one is over, and ends the loop at last. */
void
stop_wave(struct supervisor *sv)
{
	struct msg_shutdown	 msg = { STOP_LIMIT_MS };
	struct process		*p;

	while (sv->sv_stopping == 0 || stop_done(sv)) {
		if (sv->sv_stopping == 0) {
			ev_init(&sv->sv_stop_timer, stop_timeout);
			sv->sv_stop_timer.data = sv;
		}
		ev_timer_stop(sv->sv_loop, &sv->sv_stop_timer);
		if (++sv->sv_stopping > WAVES) {
			sv->sv_over = true;
			ev_break(sv->sv_loop, EVBREAK_ALL);
			return;
		}
		TAILQ_FOREACH(p, &sv->sv_processes, pr_entry) {
			if (!in_wave(p, sv->sv_stopping) ||
			    p->pr_channel == NULL)
				continue;
			p->pr_state = PROCESS_ENDING;
			if (channel_send(p->pr_channel, MSG_SHUTDOWN,
			    &msg) == -1)
				process_kill(p);
		}
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

	(void)loop;
	(void)events;
	TAILQ_FOREACH(p, &sv->sv_processes, pr_entry) {
		if (!in_wave(p, sv->sv_stopping) || p->pr_pid == 0)
			continue;
		log_warnx("%s does not end; killing it", process_name(p));
		process_kill(p);
	}
}
