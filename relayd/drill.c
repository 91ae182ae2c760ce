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

/* The self-test of the sandbox, the parent's side (see drill.h). */

#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/ipc/mesh.h"
#include "common/sandbox/selftest.h"
#include "relayd/drill.h"
#include "relayd/stop.h"
#include "relayd/supervise.h"

/* One raw system call: it is over at once, or it hangs where it may not. */
#define DRILL_LIMIT_S	5.

struct drill {
	enum proc	 dr_only;	/* PROC_RELAYD: all */
	char		 dr_case[SELFTEST_NAME_MAX];	/* "": all */
	size_t		 dr_role;	/* next: index in mesh_workers() */
	size_t		 dr_test;	/* ... and of the case */
	struct process	*dr_victim;	/* was told; NULL: nobody */
	ev_timer	 dr_timer;
	unsigned int	 dr_run;
	unsigned int	 dr_bad;
};

static bool	selected(const struct drill *, enum proc, size_t);
static bool	advance(struct supervisor *, struct process **, size_t *);
static void	late(EV_P_ ev_timer *, int);
static void	finish(struct supervisor *);

void
drill_list(void)
{
	size_t	i;

	for (i = 0; i < selftest_count(); i++)
		printf("%-16s %s\n", selftest_name(i), selftest_text(i));
}

int
drill_init(struct supervisor *sv, const char *what)
{
	static struct drill	 dr;
	const enum proc		*roles;
	const char		*colon;
	size_t			 i, n, len;

	memset(&dr, 0, sizeof(dr));
	ev_init(&dr.dr_timer, late);
	dr.dr_timer.data = sv;
	sv->sv_drill = &dr;
	if (strcmp(what, "all") == 0)
		return (0);
	colon = strchr(what, ':');
	len = colon != NULL ? (size_t)(colon - what) : strlen(what);
	roles = mesh_workers(&n);
	for (i = 0; i < n; i++)
		if (strlen(proc_name(roles[i])) == len &&
		    strncmp(proc_name(roles[i]), what, len) == 0)
			dr.dr_only = roles[i];
	if (dr.dr_only == PROC_RELAYD) {
		log_warnx("-T %s: no such worker", what);
		return (-1);
	}
	if (config_wants(sv->sv_config, dr.dr_only) == 0) {
		log_warnx("-T %s: this configuration does not start that "
		    "worker", what);
		return (-1);
	}
	if (colon == NULL)
		return (0);
	for (i = 0; i < selftest_count(); i++)
		if (strcmp(selftest_name(i), colon + 1) == 0)
			break;
	if (i == selftest_count()) {
		log_warnx("-T %s: no such case (-T list has them)", what);
		return (-1);
	}
	(void)strlcpy(dr.dr_case, colon + 1, sizeof(dr.dr_case));
	return (0);
}

static bool
selected(const struct drill *dr, enum proc role, size_t test)
{
	return ((dr->dr_only == PROC_RELAYD || dr->dr_only == role) &&
	    (dr->dr_case[0] == '\0' ||
	    strcmp(dr->dr_case, selftest_name(test)) == 0));
}

/* The next worker and case; false: that was all. */
static bool
advance(struct supervisor *sv, struct process **p, size_t *test)
{
	struct drill	*dr = sv->sv_drill;
	const enum proc	*roles;
	const char	*why;
	size_t		 n;

	for (roles = mesh_workers(&n); dr->dr_role < n; dr->dr_role++) {
		*p = process_find(sv, roles[dr->dr_role], 0);
		while (*p != NULL && dr->dr_test < selftest_count()) {
			*test = dr->dr_test++;
			if (!selected(dr, (*p)->pr_role, *test))
				continue;
			why = selftest_exempt(*test, (*p)->pr_role);
			if (why == NULL)
				return (true);
			printf("%s: %s: not tried: %s\n",
			    proc_name((*p)->pr_role), selftest_name(*test),
			    why);
		}
		dr->dr_test = 0;
	}
	return (false);
}

void
drill_next(struct supervisor *sv)
{
	struct drill		*dr = sv->sv_drill;
	struct msg_self_test	 msg;
	struct process		*p;
	size_t			 test;

	if (dr->dr_victim != NULL || sv->sv_stopping != 0)
		return;
	if (!advance(sv, &p, &test)) {
		finish(sv);
		return;
	}
	memset(&msg, 0, sizeof(msg));
	(void)strlcpy(msg.what, selftest_name(test), sizeof(msg.what));
	printf("%s: %s: ", proc_name(p->pr_role), msg.what);
	dr->dr_victim = p;
	dr->dr_run++;
	if (channel_send(p->pr_channel, MSG_SELF_TEST, &msg) == -1)
		process_kill(p);
	ev_now_update(sv->sv_loop);
	ev_timer_set(&dr->dr_timer, DRILL_LIMIT_S, 0.);
	ev_timer_start(sv->sv_loop, &dr->dr_timer);
}

/* By another signal than the sandbox's, so that it is no verdict. */
static void
late(EV_P_ ev_timer *t, int events)
{
	struct supervisor	*sv = t->data;

	(void)loop;
	(void)events;
	if (sv->sv_drill->dr_victim != NULL)
		process_kill(sv->sv_drill->dr_victim);
}

bool
drill_gone(struct process *p)
{
	struct drill	*dr = p->pr_super->sv_drill;
	char		 text[128];

	if (dr->dr_victim != p)
		return (false);
	dr->dr_victim = NULL;
	ev_timer_stop(p->pr_super->sv_loop, &dr->dr_timer);
	selftest_print(p->pr_status, text, sizeof(text));
	printf("%s\n", text);
	(void)fflush(stdout);
	switch (selftest_verdict(p->pr_status)) {
	case SELFTEST_KILLED:
	case SELFTEST_DENIED:
		break;
	default:
		dr->dr_bad++;
		break;
	}
	return (true);
}

static void
finish(struct supervisor *sv)
{
	const struct drill	*dr = sv->sv_drill;

	if (dr->dr_run == 0)
		log_warnx("-T: nothing of that makes sense");
	printf("%u cases, %u bad\n", dr->dr_run, dr->dr_bad);
	(void)fflush(stdout);
	supervise_stop(sv, dr->dr_bad > 0 || dr->dr_run == 0 ? 1 : 0);
}
