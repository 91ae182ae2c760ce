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
 * reset, refusal.  Each is an answer to a stranger who may have forged his
 * address, so it is never longer than what triggered it and each use is
 * rate-limited.
 */
#ifndef WZP_QUIC_PACKET_H
#define WZP_QUIC_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_REPLY_MAX	512

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

/* Stateless reset token of a connection ID (RFC 9000 10.3.2). */
int	packet_reset_token(uint8_t token[16], const uint8_t reset_key[32],
	    const uint8_t *cid, size_t cid_len);

#endif /* WZP_QUIC_PACKET_H */
