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
 * Whether the source address of a first flight is its sender's (RFC 9000
 * 8.1): tokens of a Retry, made and checked here without any state, tokens of
 * NEW_TOKEN frames, made by the roles, and the decision when to ask.
 */
#ifndef WZP_DOORD_VALIDATE_H
#define WZP_DOORD_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"
#include "common/quic/packet.h"
#include "doord/reassembly.h"

/* A Retry key is used for an hour and known for another. */
#define VALIDATE_ROTATE_S	3600
/* Connections begun without a token are counted over this time. */
#define VALIDATE_WINDOW_S	10

#define VALIDATE_GENERATIONS	2

/*
 * A hello is two datagrams today, and one Retry does for both: for so long a
 * flight that got its Retry gets no other.  The client's own repetition comes
 * after a second or so.
 */
#define VALIDATE_ANSWERED_MS	200
#define VALIDATE_ANSWERED	1024	/* flights remembered, about */

struct validate_key {
	uint64_t	vk_generation;	/* 0: none */
	uint8_t		vk_key[PACKET_KEY_LEN];
};

/* All zero: no keys of roles, `retry auto` without a limit. */
struct validate {
	bool			va_always;
	size_t			va_limit;	/* of begun; 0: none */
	/* Newest first. */
	struct validate_key	va_retry[VALIDATE_GENERATIONS];
	uint64_t		va_retry_made;
	struct validate_key	va_role[PROC_MAX][VALIDATE_GENERATIONS];
	/* Begun without a token, by second. */
	uint64_t		va_second;
	unsigned int		va_begun[VALIDATE_WINDOW_S];
	/* By keyed hash of address and DCID; the newest of a place stays. */
	uint8_t			va_hash_key[16];
	struct {
		uint64_t	hash;
		uint64_t	at;
	}			va_answered[VALIDATE_ANSWERED];
};

enum validate_verdict {
	VALIDATE_NONE,		/* nothing is known of this address */
	VALIDATE_RETRY,		/* it answered our Retry */
	VALIDATE_TOKEN,		/* a client of va_role was there before */
	VALIDATE_BAD		/* a Retry token that is not good */
};

struct validated {
	enum validate_verdict	vd_verdict;
	enum proc		vd_role;
	uint64_t		vd_token;	/* which; keyed hash */
	/* After a Retry: what the client chose first. */
	uint8_t			vd_odcid[PACKET_CID_MAX];
	size_t			vd_odcid_len;
};

/* Draws the first Retry key. */
void	validate_start(struct validate *, uint64_t now);
/* settings: retry always; connections begun in the window at most. */
void	validate_settings(struct validate *, bool always, size_t limit);
/* The two newest generations of a role count. */
void	validate_token_key(struct validate *, const struct msg_token_key *);
/* Now and then: a new Retry key when it is time. */
void	validate_expire(struct validate *, uint64_t now);
/* What the token of this Initial, if any, is worth. */
void	validate_check(const struct validate *, const struct door_datagram *,
	    uint64_t now, struct validated *);
/* One more connection whose address nobody has checked. */
void	validate_begun(struct validate *, uint64_t now);
/*
 * Whether such a one has to answer a Retry first: always, or because too many
 * have come, or because the reassembly is filling up with half flights.
 */
bool	validate_wanted(struct validate *, size_t waiting, uint64_t now);
/* The Retry for this Initial; its length, 0: its flight has one. */
size_t	validate_retry(struct validate *, const struct door_datagram *,
	    const uint8_t *dcid, size_t len, uint8_t *out, size_t cap,
	    uint64_t now);

#endif /* WZP_DOORD_VALIDATE_H */
