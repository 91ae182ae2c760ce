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

/* Which workers there are (see roster.h). */

#include "config.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/ipc/mesh.h"
#include "relayd/roster.h"
#include "relayd/slots.h"
#include "relayd/supervise.h"

static void	roster_add(struct supervisor *, enum proc, unsigned int);
static void	roster_want(struct supervisor *, enum proc, unsigned int);
static void	roster_unwant(struct process *);

struct process *
process_find(struct supervisor *sv, enum proc role, unsigned int instance)
{
	struct process	*p;

	TAILQ_FOREACH(p, &sv->sv_processes, pr_entry)
		if (p->pr_role == role && p->pr_instance == instance)
			return (p);
	return (NULL);
}

/* Into its place: they are started in order of rank. */
static void
roster_add(struct supervisor *sv, enum proc role, unsigned int instance)
{
	struct process	*p, *other;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("worker %s", proc_name(role));
	p->pr_super = sv;
	p->pr_role = role;
	p->pr_instance = instance;
	p->pr_state = PROCESS_DOWN;
	supervise_init(p);
	TAILQ_FOREACH(other, &sv->sv_processes, pr_entry)
		if (other->pr_role > role || (other->pr_role == role &&
		    other->pr_instance > instance))
			break;
	if (other != NULL)
		TAILQ_INSERT_BEFORE(other, p, pr_entry);
	else
		TAILQ_INSERT_TAIL(&sv->sv_processes, p, pr_entry);
}

void
roster_remove(struct process *p)
{
	struct supervisor	*sv = p->pr_super;

	slots_retire(sv, p->pr_role, p->pr_instance);
	ev_timer_stop(sv->sv_loop, &p->pr_timer);
	ev_child_stop(sv->sv_loop, &p->pr_child);
	TAILQ_REMOVE(&sv->sv_processes, p, pr_entry);
	free(p);
}

static void
roster_want(struct supervisor *sv, enum proc role, unsigned int instance)
{
	struct process	*p;

	if ((p = process_find(sv, role, instance)) == NULL)
		roster_add(sv, role, instance);
	else if (p->pr_after == AFTER_REMOVE) {
		p->pr_after = AFTER_AGAIN;
		p->pr_retiring = false;
	} else if (p->pr_retiring)
		process_keep(p);
}

static void
roster_unwant(struct process *p)
{
	if (p->pr_after == AFTER_REMOVE || p->pr_retiring)
		return;
	if (p->pr_role == PROC_MEDIAD) {
		p->pr_retiring = true;
		p->pr_drained = false;
		p->pr_bereft = p->pr_state == PROCESS_DOWN;
		slots_changed(p);
		log_info("%s takes nothing new and ends when it is empty",
		    process_name(p));
		return;
	}
	slots_retire(p->pr_super, p->pr_role, p->pr_instance);
	process_end(p, AFTER_REMOVE);
}

void
roster_apply(struct supervisor *sv)
{
	const enum proc	*roles;
	struct process	*p, *next;
	unsigned int	 instance;
	size_t		 i, n;

	roles = mesh_workers(&n);
	for (i = 0; i < n; i++)
		for (instance = 0;
		    instance < config_wants(sv->sv_config, roles[i]);
		    instance++)
			roster_want(sv, roles[i], instance);
	for (p = TAILQ_FIRST(&sv->sv_processes); p != NULL; p = next) {
		next = TAILQ_NEXT(p, pr_entry);
		if (p->pr_instance >= config_wants(sv->sv_config, p->pr_role))
			roster_unwant(p);
	}
}
