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

/* The table of slots (see slots.h). */

#include "config.h"

#include <string.h>

#include "common/base/log.h"
#include "relayd/listen.h"
#include "relayd/slots.h"

static int	reserve(struct supervisor *, enum proc, unsigned int);
static bool	keeps_table(enum proc);
static void	set_row(struct supervisor *, unsigned int, enum proc,
		    unsigned int, uint64_t, bool);
static void	fill(struct msg_slot *, unsigned int, const struct slot *);
static void	tell(struct supervisor *, unsigned int);

bool
slots_has(enum proc role)
{
	return ((msg_desc(MSG_UDP_SOCKET)->to & 1 << role) != 0);
}

static bool
keeps_table(enum proc role)
{
	return ((msg_desc(MSG_SLOT)->to & 1 << role) != 0);
}

static void
set_row(struct supervisor *sv, unsigned int slot, enum proc role,
    unsigned int instance, uint64_t generation, bool retiring)
{
	struct msg_slot	row;

	memset(&row, 0, sizeof(row));
	row.slot = slot;
	row.role = role;
	row.instance = instance;
	row.generation = generation;
	row.retiring = retiring;
	slots_set(&sv->sv_slots, &row);
}

static int
reserve(struct supervisor *sv, enum proc role, unsigned int instance)
{
	if (slots_of(&sv->sv_slots, role, instance) != -1)
		return (0);
	if (sv->sv_nslots == SLOTS_MAX) {
		log_warnx("no slot is left for %s %u", proc_name(role),
		    instance);
		return (-1);
	}
	/* Not before it is started does it get anything. */
	set_row(sv, sv->sv_nslots++, role, instance, 0, true);
	return (0);
}

int
slots_reserve(struct supervisor *sv, const struct config *cf)
{
	const struct slots	table = sv->sv_slots;
	unsigned int		before = sv->sv_nslots, i;
	size_t			n;
	int			status;

	/* The door is index 0: the program sends it all that is unknown. */
	status = reserve(sv, PROC_DOORD, 0);
	if (status == 0)
		status = reserve(sv, PROC_SIGNALD, 0);
	if (status == 0 && config_wants(cf, PROC_FEDERD) > 0)
		status = reserve(sv, PROC_FEDERD, 0);
	for (i = 0; status == 0 && i < config_wants(cf, PROC_MEDIAD); i++)
		status = reserve(sv, PROC_MEDIAD, i);
	for (n = 0; status == 0 && n < sv->sv_nports; n++)
		status = listen_grow(&sv->sv_ports[n], sv->sv_nslots);
	if (status == 0)
		return (0);
	for (n = 0; n < sv->sv_nports; n++)
		if (sv->sv_ports[n].po_steered)
			listen_shrink(&sv->sv_ports[n], before);
	sv->sv_slots = table;
	sv->sv_nslots = before;
	return (-1);
}

static void
fill(struct msg_slot *msg, unsigned int slot, const struct slot *sl)
{
	memset(msg, 0, sizeof(*msg));
	msg->slot = slot;
	msg->role = sl->sl_role;
	msg->instance = sl->sl_instance;
	msg->generation = sl->sl_generation;
	msg->retiring = sl->sl_retiring;
}

static void
tell(struct supervisor *sv, unsigned int slot)
{
	struct process	*p;
	struct msg_slot	 msg;

	fill(&msg, slot, slots_owner(&sv->sv_slots, slot));
	TAILQ_FOREACH(p, &sv->sv_processes, pr_entry)
		if (p->pr_channel != NULL && keeps_table(p->pr_role) &&
		    p->pr_state != PROCESS_ENDING)
			(void)channel_send(p->pr_channel, MSG_SLOT, &msg);
}

void
slots_changed(const struct process *p)
{
	int	slot;

	if ((slot = slots_number(p)) == -1)
		return;
	set_row(p->pr_super, (unsigned int)slot, p->pr_role, p->pr_instance,
	    p->pr_generation, p->pr_retiring);
	tell(p->pr_super, (unsigned int)slot);
}

void
slots_retire(struct supervisor *sv, enum proc role, unsigned int instance)
{
	const struct slot	*sl;
	int			 slot;

	if ((slot = slots_of(&sv->sv_slots, role, instance)) == -1)
		return;
	sl = slots_owner(&sv->sv_slots, (unsigned int)slot);
	if (sl->sl_retiring)
		return;
	set_row(sv, (unsigned int)slot, role, instance, sl->sl_generation,
	    true);
	tell(sv, (unsigned int)slot);
}

int
slots_send(struct process *p)
{
	struct supervisor	*sv = p->pr_super;
	struct msg_slot		 msg;
	unsigned int		 i;

	if (!keeps_table(p->pr_role))
		return (0);
	for (i = 0; i < sv->sv_nslots; i++) {
		fill(&msg, i, slots_owner(&sv->sv_slots, i));
		if (channel_send(p->pr_channel, MSG_SLOT, &msg) == -1)
			return (-1);
	}
	return (0);
}

int
slots_number(const struct process *p)
{
	return (slots_of(&p->pr_super->sv_slots, p->pr_role,
	    p->pr_instance));
}
