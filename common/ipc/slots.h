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
 * Slots of the shared UDP port: byte 0 of our connection IDs names one, and
 * it is the index of a socket in the port's group (steer.h).  relayd hands
 * them out and tells everybody the table; nothing derives a role from a
 * number.
 */
#ifndef WZP_IPC_SLOTS_H
#define WZP_IPC_SLOTS_H

#include "common/ipc/messages.h"

#define SLOTS_MAX	64

struct slot {
	bool		sl_used;
	bool		sl_retiring;
	enum proc	sl_role;
	unsigned int	sl_instance;
	uint64_t	sl_generation;
};

struct slots {
	struct slot	sl_slots[SLOTS_MAX];
};

/* A row of the table as relayd sent it (bounds were checked on arrival). */
void	 slots_set(struct slots *, const struct msg_slot *);
/* Slot of a worker, -1: has none. */
int	 slots_of(const struct slots *, enum proc, unsigned int instance);
/* NULL: nobody's. */
const struct slot
	*slots_owner(const struct slots *, unsigned int slot);

#endif /* WZP_IPC_SLOTS_H */
