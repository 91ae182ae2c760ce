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
 * Our connection IDs (doc/PRIVSEP, one port): 12 bytes,
 *   [0] slot  [1] slot ^ 0x5a  [2..8] random  [9..11] index ^ mask
 * where mask is a keyed hash of the 7 random bytes, so that an observer
 * cannot link the IDs of one connection (RFC 9000 5.1) while the owner finds
 * the connection without a hash table.
 */
#ifndef WZP_QUIC_CID_H
#define WZP_QUIC_CID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CID_LEN		12
#define CID_LEN_SHORT	8	/* as an original client (wzp-protocol 1.2) */
#define CID_SLOTS_MAX	64
#define CID_INDEX_MAX	0xffffff
#define CID_CHECK	0x5a	/* byte 1 is byte 0 with these bits flipped */

struct cid_key {
	uint8_t	ck_key[16];
};

void	 cid_make(const struct cid_key *, uint8_t slot, uint32_t index,
	    uint8_t cid[CID_LEN]);
uint32_t cid_index(const struct cid_key *, const uint8_t cid[CID_LEN]);
/* 5 random bytes, index ^ mask: for a client that has a socket to itself. */
void	 cid_make_short(const struct cid_key *, uint32_t index,
	    uint8_t cid[CID_LEN_SHORT]);
uint32_t cid_index_short(const struct cid_key *,
	    const uint8_t cid[CID_LEN_SHORT]);
/* The slot that an ID of CID_LEN bytes names; -1: it is none of ours. */
int	 cid_slot(const uint8_t *);
/* Which slot a packet belongs to, long or short header; -1: the door. */
int	 cid_packet_slot(const uint8_t *, size_t);

#endif /* WZP_QUIC_CID_H */
