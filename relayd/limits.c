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

#include "config.h"

#include <string.h>

#include "relayd/limits.h"

#define FIELD(f)	offsetof(struct msg_settings, f)
#define SECONDS		UINT64_C(1000)

const struct limit	limits[] = {
	{ "ring", true, FIELD(ring_ms), 60 * SECONDS, 100, 600 * SECONDS,
	    "how long people let a telephone ring" },
	{ "register", true, FIELD(register_ms), 10 * SECONDS, 100,
	    120 * SECONDS, "as the original relay" },
	{ "media-offer", true, FIELD(offer_ms), 15 * SECONDS, 100,
	    120 * SECONDS,
	    "clients that race for a path are silent for about 4 s, and "
	    "originals for up to 10" },
	{ "grace", true, FIELD(grace_ms), 15 * SECONDS, 0, 120 * SECONDS,
	    "a client's back-off reaches 15 s at its fifth attempt" },
	{ "registry-wait", true, FIELD(registry_wait_ms), 2 * SECONDS, 100,
	    30 * SECONDS, "a commit takes milliseconds; a restart, a second" },
	{ "connections", false, FIELD(max_connections), 20000, 2, 1000000,
	    "about 55 kB each: 1.1 GB" },
	{ "registrations", false, FIELD(max_registrations), 4, 1, 64,
	    "devices of one person" },
	{ "calls", false, FIELD(max_calls), 10000, 1, 1000000,
	    "half of the connections" },
	{ "pending", false, FIELD(max_pending), 8, 1, 1000,
	    "more callers at once than anybody can answer" },
	{ "rooms", false, FIELD(max_rooms), 10000, 1, 1000000,
	    "one for each call" },
	{ "participants", false, FIELD(max_participants), 1000, 2, 100000,
	    "each datagram is sent once to every member" },
	{ "records", false, FIELD(max_records), 1000000, 1,
	    UINT64_C(1000000000), "about 300 bytes each: 300 MB" },
};
const size_t	limits_count = sizeof(limits) / sizeof(limits[0]);

const struct limit *
limit_by_name(const char *name)
{
	size_t	i;

	for (i = 0; i < limits_count; i++)
		if (strcmp(limits[i].li_name, name) == 0)
			return (&limits[i]);
	return (NULL);
}

void
limits_default(struct msg_settings *settings)
{
	size_t	i;

	for (i = 0; i < limits_count; i++)
		memcpy((char *)settings + limits[i].li_offset,
		    &limits[i].li_default, sizeof(uint64_t));
}

uint64_t
limit_get(const struct msg_settings *settings, const struct limit *li)
{
	uint64_t	value;

	memcpy(&value, (const char *)settings + li->li_offset, sizeof(value));
	return (value);
}

int
limit_set(struct msg_settings *settings, const struct limit *li,
    uint64_t value)
{
	if (value < li->li_min || value > li->li_max)
		return (-1);
	memcpy((char *)settings + li->li_offset, &value, sizeof(value));
	return (0);
}
