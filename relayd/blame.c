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

/* Complaints, collected and decided (see dispute.h). */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/mesh.h"
#include "relayd/blame.h"
#include "relayd/supervise.h"

static struct party	party_of(const struct process *);
static const char	*party_name(const struct party *, char *, size_t);
static void		 blame_decide(EV_P_ ev_timer *, int);
static void		 blame_log(const struct dispute *);
static void		 blame_end(struct supervisor *, const struct party *);

void
blame_init(struct supervisor *sv)
{
	memset(&sv->sv_disputes, 0, sizeof(sv->sv_disputes));
	ev_init(&sv->sv_dispute_timer, blame_decide);
	sv->sv_dispute_timer.data = sv;
}

static struct party
party_of(const struct process *p)
{
	struct party	pa;

	pa.pa_role = p->pr_role;
	pa.pa_instance = p->pr_instance;
	pa.pa_generation = p->pr_generation;
	return (pa);
}

void
blame_heard(struct process *p, const struct msg_blame *msg)
{
	struct supervisor	*sv = p->pr_super;
	struct process		*other;
	struct party		 by, of;
	char			 text[4 * sizeof(msg->reason)];

	/* What is already being killed has no say any more. */
	if (sv->sv_stopping != 0 || p->pr_state == PROCESS_ENDING)
		return;
	sv->sv_blames++;
	log_escape(text, sizeof(text), msg->reason, strlen(msg->reason));
	if (!mesh_allows(p->pr_role, (enum proc)msg->role, false) ||
	    msg->role == PROC_RELAYD) {
		log_warnx("%s blames %s, which is no neighbour of it: %s",
		    process_name(p), proc_name((enum proc)msg->role), text);
		process_kill(p);
		return;
	}
	other = process_find(sv, (enum proc)msg->role,
	    (unsigned int)msg->instance);
	/*
	 * Of one that has been restarted since, or is on its way out: the
	 * complaint is settled.
	 */
	if (other == NULL || other->pr_generation != msg->generation ||
	    other->pr_state == PROCESS_ENDING ||
	    other->pr_state == PROCESS_DOWN)
		return;
	by = party_of(p);
	of = party_of(other);
	if (!dispute_add(&sv->sv_disputes, &by, &of, text))
		return;
	if (!ev_is_active(&sv->sv_dispute_timer)) {
		ev_now_update(sv->sv_loop);
		ev_timer_set(&sv->sv_dispute_timer, DISPUTE_COLLECT_S, 0.);
		ev_timer_start(sv->sv_loop, &sv->sv_dispute_timer);
	}
}

void
blame_forget(const struct process *p)
{
	struct party	pa = party_of(p);

	dispute_forget(&p->pr_super->sv_disputes, &pa);
}

static const char *
party_name(const struct party *pa, char *buf, size_t cap)
{
	if (pa->pa_role == PROC_MEDIAD)
		(void)snprintf(buf, cap, "%s %u", proc_name(pa->pa_role),
		    pa->pa_instance);
	else
		(void)strlcpy(buf, proc_name(pa->pa_role), cap);
	return (buf);
}

static void
blame_log(const struct dispute *di)
{
	const char	*by, *of;
	char		 high[32], low[32];

	(void)party_name(&di->di_high, high, sizeof(high));
	(void)party_name(&di->di_low, low, sizeof(low));
	by = di->di_by_high ? high : low;
	of = di->di_by_high ? low : high;
	log_warnx("%s blames %s: %s; restarting %s", by, of, di->di_reason,
	    di->di_end_high ? high : low);
}

static void
blame_decide(EV_P_ ev_timer *t, int events)
{
	struct supervisor	*sv = t->data;
	struct disputes		*ds = &sv->sv_disputes;
	const struct dispute	*di;
	size_t			 i;

	(void)loop;
	(void)events;
	if (sv->sv_stopping == 0) {
		dispute_resolve(ds);
		for (i = 0; i < ds->ds_nopen; i++) {
			di = &ds->ds_open[i];
			blame_log(di);
			blame_end(sv, di->di_end_high ? &di->di_high :
			    &di->di_low);
		}
	}
	ds->ds_nopen = 0;
}

static void
blame_end(struct supervisor *sv, const struct party *pa)
{
	struct process	*p;

	p = process_find(sv, pa->pa_role, pa->pa_instance);
	if (p != NULL && p->pr_generation == pa->pa_generation &&
	    p->pr_state != PROCESS_ENDING)
		process_kill(p);
}
