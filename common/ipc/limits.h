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
 * The limits of the relay: one table with the name in relayd.conf(5), the
 * unit, the default and the reason for it.  What is a constant of the
 * protocol (a signal of 64 KiB) is not in here.
 */
#ifndef WZP_IPC_LIMITS_H
#define WZP_IPC_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

/* In the order of the table. */
enum limit_id {
	LIMIT_RING,
	LIMIT_REGISTER,
	LIMIT_MEDIA_OFFER,
	LIMIT_GRACE,
	LIMIT_REGISTRY_WAIT,
	LIMIT_INITIAL_RATE,
	LIMIT_HANDSHAKE_RATE,
	LIMIT_TOKEN_RATE,
	LIMIT_CONNECTIONS,
	LIMIT_SOURCE_CONNECTIONS,
	LIMIT_STREAMS,
	LIMIT_QUEUE,
	LIMIT_AUTH_RATE,
	LIMIT_REGISTRATION_RATE,
	LIMIT_REGISTRATION_SOURCE_RATE,
	LIMIT_REGISTRATIONS,
	LIMIT_SIGNAL_RATE,
	LIMIT_OFFER_RATE,
	LIMIT_CALLS,
	LIMIT_PERSON_CALLS,
	LIMIT_PENDING,
	LIMIT_JOIN_RATE,
	LIMIT_JOIN_SOURCE_RATE,
	LIMIT_ROOMS,
	LIMIT_PARTICIPANTS,
	LIMIT_DATAGRAM_RATE,
	LIMIT_RECORDS,
	LIMIT_PEER_LINKS,
	LIMIT_STRANGERS,
	LIMIT_PEER_QUEUE,
	LIMIT_PEER_SIGNAL_RATE,
	LIMIT_PEER_OFFER_RATE,
	LIMIT_PEER_CALL_SIGNAL_RATE,
	LIMIT_PEER_SEARCH_RATE,
	LIMIT_PEER_SEARCHES,
	LIMIT_SEARCHES,
	LIMIT_PEER_PRESENCE_RATE,
	LIMIT_PEER_PEOPLE,
	LIMIT_PEER_ROOM_RATE,
	LIMIT_PEER_DATAGRAM_RATE,
	LIMIT_PEER_MEMBER_RATE,
	LIMIT_ORIGINAL_ROOM_RATE,
	LIMIT_PROBES,
	LIMIT_PROBE_RATE,
	LIMITS
};

enum limit_unit {
	LIMIT_TIME,		/* value in milliseconds */
	LIMIT_COUNT,
	LIMIT_BYTES,
	LIMIT_SECOND,		/* so many a second, as many at once */
	LIMIT_MINUTE		/* so many a minute, as many at once */
};

struct limit {
	enum limit_id	 li_id;		/* its place in the table */
	const char	*li_name;
	enum limit_unit	 li_unit;
	size_t		 li_offset;	/* uint64_t in struct msg_settings */
	uint64_t	 li_default;
	uint64_t	 li_min;
	uint64_t	 li_max;
	const char	*li_reason;
};

extern const struct limit	limit_table[LIMITS];

/* NULL: no such limit. */
const struct limit	*limit_by_name(const char *);
const char		*limit_unit_name(enum limit_unit);
void			 limits_default(struct msg_settings *);
uint64_t		 limit_get(const struct msg_settings *,
			    const struct limit *);
/* -1: outside of what the table allows. */
int			 limit_set(struct msg_settings *,
			    const struct limit *, uint64_t);

#endif /* WZP_IPC_LIMITS_H */
