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

static const struct slot	slots[] = {
	{ 0, PROC_DOORD, 0 },
	{ 1, PROC_SIGNALD, 0 },
	{ 2, PROC_MEDIAD, 0 }
};

int
slot_of(enum proc role, unsigned int instance)
{
	size_t	i;

	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		if (slots[i].sl_role == role &&
		    slots[i].sl_instance == instance)
			return ((int)slots[i].sl_slot);
	return (-1);
}

const struct slot *
slot_owner(unsigned int slot)
{
	size_t	i;

	for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		if (slots[i].sl_slot == slot)
			return (&slots[i]);
	return (NULL);
}
