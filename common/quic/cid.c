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
 * Our connection IDs: made, taken apart and recognised in packets (cid.h).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "common/quic/cid.h"

static uint32_t	mask(const struct cid_key *, const uint8_t *, size_t);
static void	put24(uint8_t *, uint32_t);
static uint32_t	get24(const uint8_t *);

void
cid_make(const struct cid_key *key, uint8_t slot, uint32_t index,
    uint8_t cid[CID_LEN])
{
	cid[0] = slot;
	cid[1] = slot ^ CID_CHECK;
	arc4random_buf(cid + 2, 7);
	put24(cid + 9, (index & CID_INDEX_MAX) ^ mask(key, cid + 2, 7));
}

uint32_t
cid_index(const struct cid_key *key, const uint8_t cid[CID_LEN])
{
	return (get24(cid + 9) ^ mask(key, cid + 2, 7));
}

void
cid_make_short(const struct cid_key *key, uint32_t index,
    uint8_t cid[CID_LEN_SHORT])
{
	arc4random_buf(cid, 5);
	put24(cid + 5, (index & CID_INDEX_MAX) ^ mask(key, cid, 5));
}

uint32_t
cid_index_short(const struct cid_key *key, const uint8_t cid[CID_LEN_SHORT])
{
	return (get24(cid + 5) ^ mask(key, cid, 5));
}

int
cid_slot(const uint8_t *cid)
{
	if (cid[1] != (cid[0] ^ CID_CHECK) || cid[0] >= CID_SLOTS_MAX)
		return (-1);
	return (cid[0]);
}

/*
 * Long header (RFC 8999 5.1): flags, version (4), DCID length, DCID.
 * Short header: flags, DCID, whose length only we know.
 */
int
cid_packet_slot(const uint8_t *p, size_t len)
{
	if (len == 0)
		return (-1);
	if (p[0] & 0x80) {
		if (len < 6 + CID_LEN || p[5] != CID_LEN)
			return (-1);
		return (cid_slot(p + 6));
	}
	if (len < 1 + CID_LEN)
		return (-1);
	return (cid_slot(p + 1));
}

static uint32_t
mask(const struct cid_key *key, const uint8_t *random, size_t len)
{
	return ((uint32_t)(siphash24(key->ck_key, random, len) &
	    CID_INDEX_MAX));
}

static void
put24(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 16);
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)v;
}

static uint32_t
get24(const uint8_t *p)
{
	return ((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]);
}
