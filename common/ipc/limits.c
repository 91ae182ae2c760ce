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

#include "common/ipc/limits.h"

#define FIELD(f)	offsetof(struct msg_settings, f)
#define SECONDS		UINT64_C(1000)
#define RECORDS_MAX	UINT64_C(1000000000)
#define RATE_MAX	UINT64_C(100000000)

const struct limit	limit_table[LIMITS] = {
	{ LIMIT_RING, "ring", LIMIT_TIME, FIELD(ring_ms),
	    60 * SECONDS, 100, 600 * SECONDS,
	    "how long people let a telephone ring" },
	{ LIMIT_REGISTER, "register", LIMIT_TIME, FIELD(register_ms),
	    10 * SECONDS, 100, 120 * SECONDS, "as the original relay" },
	{ LIMIT_MEDIA_OFFER, "media-offer", LIMIT_TIME, FIELD(offer_ms),
	    15 * SECONDS, 100, 120 * SECONDS,
	    "clients that race for a path are silent for about 4 s, and "
	    "originals for up to 10" },
	{ LIMIT_GRACE, "grace", LIMIT_TIME, FIELD(grace_ms),
	    15 * SECONDS, 0, 120 * SECONDS,
	    "a client's back-off reaches 15 s at its fifth attempt" },
	{ LIMIT_REGISTRY_WAIT, "registry-wait", LIMIT_TIME,
	    FIELD(registry_wait_ms), 2 * SECONDS, 100, 30 * SECONDS,
	    "a commit takes milliseconds; a restart, a second" },
	{ LIMIT_INITIAL_RATE, "initial-rate", LIMIT_MINUTE,
	    FIELD(initial_rate), 1200, 1, RATE_MAX,
	    "an office that comes back at once; past it a round trip more" },
	{ LIMIT_HANDSHAKE_RATE, "handshake-rate", LIMIT_MINUTE,
	    FIELD(handshake_rate), 6000, 1, RATE_MAX,
	    "a thousand people behind one NAT that try again and again" },
	{ LIMIT_TOKEN_RATE, "token-rate", LIMIT_MINUTE,
	    FIELD(token_rate), 60, 1, RATE_MAX,
	    "one client: a connection a second" },
	{ LIMIT_CONNECTIONS, "connections", LIMIT_COUNT,
	    FIELD(max_connections), 20000, 2, 1000000,
	    "about 32 kB each: 0.6 GB" },
	{ LIMIT_SOURCE_CONNECTIONS, "source-connections", LIMIT_COUNT,
	    FIELD(source_connections), 5000, 1, 1000000,
	    "one source alone cannot fill the relay" },
	{ LIMIT_STREAMS, "streams", LIMIT_COUNT, FIELD(max_streams),
	    100, 4, 10000, "as the original relay; a signal is a stream" },
	{ LIMIT_QUEUE, "queue", LIMIT_BYTES, FIELD(max_queue),
	    262144, 65540, 16777216,
	    "four of the longest signals for a slow reader" },
	{ LIMIT_AUTH_RATE, "auth-rate", LIMIT_MINUTE, FIELD(auth_rate),
	    600, 1, RATE_MAX,
	    "each check is a request to somebody else's server" },
	{ LIMIT_REGISTRATION_RATE, "registration-rate", LIMIT_MINUTE,
	    FIELD(registration_rate), 120, 1, RATE_MAX,
	    "a client that comes back waits longer each time" },
	{ LIMIT_REGISTRATION_SOURCE_RATE, "registration-source-rate",
	    LIMIT_MINUTE, FIELD(registration_source_rate), 3000, 1, RATE_MAX,
	    "only newcomers count, so hundreds of people are no crowd" },
	{ LIMIT_REGISTRATIONS, "registrations", LIMIT_COUNT,
	    FIELD(max_registrations), 4, 1, 64, "devices of one person" },
	{ LIMIT_SIGNAL_RATE, "signal-rate", LIMIT_SECOND,
	    FIELD(signal_rate), 500, 1, RATE_MAX,
	    "two calls that begin at once with all their candidates" },
	{ LIMIT_OFFER_RATE, "offer-rate", LIMIT_MINUTE,
	    FIELD(offer_rate), 120, 1, RATE_MAX,
	    "twice as quick as anybody can dial; each is a commit" },
	{ LIMIT_CALLS, "calls", LIMIT_COUNT, FIELD(max_calls),
	    10000, 1, 1000000, "half of the connections" },
	{ LIMIT_PERSON_CALLS, "person-calls", LIMIT_COUNT,
	    FIELD(person_calls), 64, 1, 10000,
	    "all of them waiting on an open line" },
	{ LIMIT_PENDING, "pending", LIMIT_COUNT, FIELD(max_pending),
	    8, 1, 1000, "more callers at once than anybody can answer" },
	{ LIMIT_JOIN_RATE, "join-rate", LIMIT_MINUTE, FIELD(join_rate),
	    240, 1, RATE_MAX, "each is a signature by keyd" },
	{ LIMIT_JOIN_SOURCE_RATE, "join-source-rate", LIMIT_MINUTE,
	    FIELD(join_source_rate), 6000, 1, RATE_MAX,
	    "only newcomers count; as handshake-rate" },
	{ LIMIT_ROOMS, "rooms", LIMIT_COUNT, FIELD(max_rooms),
	    10000, 1, 1000000, "one for each call" },
	{ LIMIT_PARTICIPANTS, "participants", LIMIT_COUNT,
	    FIELD(max_participants), 1000, 2, 100000,
	    "each datagram is sent once to every member" },
	{ LIMIT_DATAGRAM_RATE, "datagram-rate", LIMIT_SECOND,
	    FIELD(datagram_rate), 1000, 1, RATE_MAX,
	    "a stream has 50 a second, with repair packets 100" },
	{ LIMIT_RECORDS, "records", LIMIT_COUNT, FIELD(max_records),
	    1000000, 1, RECORDS_MAX,
	    "about 300 bytes each: 300 MB" },
	{ LIMIT_PEER_LINKS, "peer-links", LIMIT_COUNT,
	    FIELD(peer_links), 80, 4, 1000,
	    "64 for media and some for signals, all made at once" },
	{ LIMIT_STRANGERS, "strangers", LIMIT_COUNT,
	    FIELD(max_strangers), 32, 1, 10000,
	    "each is gone after 5 s unless it says who it is" },
	{ LIMIT_PEER_QUEUE, "peer-queue", LIMIT_BYTES,
	    FIELD(peer_queue), 4194304, 65540, 268435456,
	    "all people are named at once when a link comes up" },
	{ LIMIT_PEER_SIGNAL_RATE, "peer-signal-rate", LIMIT_SECOND,
	    FIELD(peer_signal_rate), 2000, 1, RATE_MAX,
	    "more than its offers, searches and all else together" },
	{ LIMIT_PEER_OFFER_RATE, "peer-offer-rate", LIMIT_SECOND,
	    FIELD(peer_offer_rate), 100, 1, RATE_MAX,
	    "each is a commit, and somebody's telephone rings" },
	{ LIMIT_PEER_CALL_SIGNAL_RATE, "peer-call-signal-rate", LIMIT_SECOND,
	    FIELD(peer_call_signal_rate), 1000, 1, RATE_MAX,
	    "ten for each offer" },
	{ LIMIT_PEER_SEARCH_RATE, "peer-search-rate", LIMIT_SECOND,
	    FIELD(peer_search_rate), 200, 1, 10000,
	    "a search before each offer, and those that pass through" },
	{ LIMIT_PEER_SEARCHES, "peer-searches", LIMIT_COUNT,
	    FIELD(peer_searches), 256, 1, 10000,
	    "a second of them; each waits for all other peers" },
	{ LIMIT_SEARCHES, "searches", LIMIT_COUNT,
	    FIELD(max_searches), 1024, 1, 100000,
	    "calls that begin within a second or two" },
	{ LIMIT_PEER_PRESENCE_RATE, "peer-presence-rate", LIMIT_SECOND,
	    FIELD(peer_presence_rate), 200, 1, RATE_MAX,
	    "twice what an honest relay sends" },
	{ LIMIT_PEER_PEOPLE, "peer-people", LIMIT_COUNT,
	    FIELD(peer_people), 200000, 100, 10000000,
	    "13 bytes each: 2.6 MB of each peer" },
	{ LIMIT_PEER_ROOM_RATE, "peer-room-rate", LIMIT_SECOND,
	    FIELD(peer_room_rate), 200, 1, RATE_MAX,
	    "ten a second of each of twenty rooms" },
	{ LIMIT_PEER_DATAGRAM_RATE, "peer-datagram-rate", LIMIT_SECOND,
	    FIELD(peer_datagram_rate), 50000, 1, RATE_MAX,
	    "500 people who speak, with repair packets" },
	{ LIMIT_PEER_MEMBER_RATE, "peer-member-rate", LIMIT_SECOND,
	    FIELD(peer_member_rate), 200, 1, RATE_MAX,
	    "a stream has 50 a second, with repair packets 100" },
	{ LIMIT_ORIGINAL_ROOM_RATE, "original-room-rate", LIMIT_SECOND,
	    FIELD(original_room_rate), 500, 1, RATE_MAX,
	    "an original takes no more itself" },
	{ LIMIT_PROBES, "probes", LIMIT_COUNT,
	    FIELD(max_probes), 128, 1, 10000,
	    "twice as many as there may be peers" },
	{ LIMIT_PROBE_RATE, "probe-rate", LIMIT_SECOND,
	    FIELD(probe_rate), 10, 1, RATE_MAX,
	    "a ping a second, and a question now and then" },
};

const struct limit *
limit_by_name(const char *name)
{
	size_t	i;

	for (i = 0; i < LIMITS; i++)
		if (strcmp(limit_table[i].li_name, name) == 0)
			return (&limit_table[i]);
	return (NULL);
}

const char *
limit_unit_name(enum limit_unit unit)
{
	switch (unit) {
	case LIMIT_TIME:
		return ("milliseconds");
	case LIMIT_BYTES:
		return ("bytes");
	case LIMIT_SECOND:
		return ("a second");
	case LIMIT_MINUTE:
		return ("a minute");
	case LIMIT_COUNT:
		break;
	}
	return ("count");
}

void
limits_default(struct msg_settings *settings)
{
	size_t	i;

	for (i = 0; i < LIMITS; i++)
		memcpy((char *)settings + limit_table[i].li_offset,
		    &limit_table[i].li_default, sizeof(uint64_t));
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
