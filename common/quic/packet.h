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
 * Packets that belong to no connection: version negotiation, stateless
 * reset, refusal, Retry, and the tokens that prove an address.  Each packet
 * is an answer to a stranger who may have forged his address, so it is never
 * longer than what triggered it, and each use is rate-limited, except Retry:
 * with a limit, a flood would take the answers that others wait for.
 */
#ifndef WZP_QUIC_PACKET_H
#define WZP_QUIC_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

#define PACKET_REPLY_MAX	512
/* A shorter one is not answered with a stateless reset (see packet.c). */
#define PACKET_RESET_TRIGGER	22
#define PACKET_CID_MAX		20
#define PACKET_KEY_LEN		32
/* A token of packet_token_make(), at most. */
#define PACKET_TOKEN_MAX	64
/*
 * How long tokens are good: one of a Retry for the client's answer to it, the
 * other kind as long as its key may be known (two days of daily keys).
 */
#define PACKET_RETRY_MS		10000
#define PACKET_TOKEN_S		(2 * 86400)

/* Token bucket. */
struct packet_rate {
	uint64_t	pr_per_second;
	uint64_t	pr_burst;
	uint64_t	pr_tokens;	/* in 1/1000 */
	uint64_t	pr_at;		/* ns */
};

void	packet_rate_init(struct packet_rate *, uint64_t per_second,
	    uint64_t burst);
bool	packet_rate_take(struct packet_rate *, uint64_t now);

/*
 * Each writes an answer to the datagram in p and returns its length; 0: there
 * is none to give.
 */
/* RFC 9000 6: a long header of a version that is not 1. */
size_t	packet_version_negotiation(uint8_t *out, size_t cap, const uint8_t *p,
	    size_t len);
/* RFC 9000 10.3: a short header; cid: the DCID in p. */
size_t	packet_reset(uint8_t *out, size_t cap, const uint8_t *cid,
	    size_t cid_len, const uint8_t reset_key[32], size_t len);
/* CONNECTION_CLOSE with CONNECTION_REFUSED to a first Initial. */
size_t	packet_refuse(uint8_t *out, size_t cap, const uint8_t *p, size_t len);
/*
 * RFC 9000 8.1.2: come again with the token in this packet, whose key is ours
 * alone; and CONNECTION_CLOSE with INVALID_TOKEN to who has a wrong one.
 */
size_t	packet_retry(uint8_t *out, size_t cap, const uint8_t *p, size_t len,
	    const uint8_t key[PACKET_KEY_LEN], const struct addr *remote,
	    uint64_t now);
size_t	packet_invalid_token(uint8_t *out, size_t cap, const uint8_t *p,
	    size_t len);

enum packet_token {
	PACKET_TOKEN_NONE,	/* none, or of no kind of ours */
	PACKET_TOKEN_RETRY,
	PACKET_TOKEN_NEW	/* of a NEW_TOKEN frame */
};

/* The token in an Initial, and what it claims to be. */
enum packet_token
	packet_token(const uint8_t *p, size_t len, const uint8_t **token,
	    size_t *token_len);
/*
 * Whether that Initial comes from where the Retry went, in time and with the
 * ID that the Retry gave; odcid: what the client chose first.  -1: no.
 */
int	packet_retry_check(const uint8_t *p, size_t len,
	    const uint8_t key[PACKET_KEY_LEN], const struct addr *remote,
	    uint64_t now, uint8_t odcid[PACKET_CID_MAX], size_t *odcid_len);
/* RFC 9000 8.1.3: a token for the next connection.  Its length; 0: none. */
size_t	packet_token_make(uint8_t token[PACKET_TOKEN_MAX],
	    const uint8_t key[PACKET_KEY_LEN], const struct addr *remote,
	    uint64_t now);
/* Made with this key for this host, not too long ago?  -1: no. */
int	packet_token_check(const uint8_t *token, size_t len,
	    const uint8_t key[PACKET_KEY_LEN], const struct addr *remote,
	    uint64_t now);

/* Stateless reset token of a connection ID (RFC 9000 10.3.2). */
int	packet_reset_token(uint8_t token[16], const uint8_t reset_key[32],
	    const uint8_t *cid, size_t cid_len);

#endif /* WZP_QUIC_PACKET_H */
