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

#include "common/ipc/slots.h"

void
slots_set(struct slots *table, const struct msg_slot *msg)
{
	struct slot	*sl;

	if (msg->slot >= SLOTS_MAX)
		return;
	sl = &table->sl_slots[msg->slot];
	sl->sl_used = true;
	sl->sl_retiring = msg->retiring;
	sl->sl_role = (enum proc)msg->role;
	sl->sl_instance = (unsigned int)msg->instance;
	sl->sl_generation = msg->generation;
}

int
slots_of(const struct slots *table, enum proc role, unsigned int instance)
{
	const struct slot	*sl;
	int			 i;

	for (i = 0; i < SLOTS_MAX; i++) {
		sl = &table->sl_slots[i];
		if (sl->sl_used && sl->sl_role == role &&
		    sl->sl_instance == instance)
			return (i);
	}
	return (-1);
}

const struct slot *
slots_owner(const struct slots *table, unsigned int slot)
{
	if (slot >= SLOTS_MAX || !table->sl_slots[slot].sl_used)
		return (NULL);
	return (&table->sl_slots[slot]);
}
