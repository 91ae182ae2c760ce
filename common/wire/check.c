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
 * The packet of connectivity checks: see check.h.
 *
 *	 0	0x01
 *	 1	magic "WZPchk" and version 1
 *	 8	1 request, 2 response
 *	 9	mapped address: 0 none, 4 IPv4, 6 IPv6
 *	10	port
 *	12	transaction id
 *	24	generation
 *	28	round
 *	32	address; of IPv4 the first four octets
 *	48	MAC: HMAC-SHA256 of what comes before and of one octet for
 *		the direction, its first 16 octets
 *
 * Numbers are in network order, what is not used is zero.  Port and address
 * are masked with octets 1 to 16: some NATs rewrite their own address
 * wherever they see it in a packet (RFC 8489 14.2), and the MAC would not
 * forgive it.
 *
 * Why none of it is QUIC: long headers have the highest bit of the first
 * octet set.  A short header may well begin with 0x01, because the endpoint
 * lets the other grease the fixed bit (RFC 9287) and the rest is masked.  But
 * the connection ID is next, ours, and its second octet is the first, a slot
 * below 64, with some bits flipped (cid.h): 'W' is no slot.  IDs in the
 * manner of an original client, and stateless resets, have random octets
 * where the magic is: they meet seven of them once in 2^56.
 */

#include "config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string.h>

#include "common/base/bytes.h"
#include "common/wire/check.h"

#define OFF_TYPE	8
#define OFF_FAMILY	9
#define OFF_PORT	10
#define OFF_ID		12
#define OFF_GENERATION	24
#define OFF_ROUND	28
#define OFF_ADDR	32
#define OFF_MAC		48
#define MAC_LEN		16
#define MASK_AT		1	/* magic, type, family, port, start of id */

#define FROM_CALLER	'C'
#define FROM_CALLEE	'c'

static const uint8_t	magic[] = { 0x01, 'W', 'Z', 'P', 'c', 'h', 'k', 1 };

static int	 mac(uint8_t[MAC_LEN], const uint8_t *, const uint8_t *, bool);
static void	 put_mapped(uint8_t *, const struct addr *);
static int	 get_mapped(struct addr *, const uint8_t *);

bool
check_is(const uint8_t *p, size_t len)
{
	return (len == CHECK_LEN && memcmp(p, magic, sizeof(magic)) == 0);
}

void
check_write(uint8_t out[CHECK_LEN], const struct check *ck,
    const uint8_t key[CHECK_KEY_LEN], bool caller)
{
	memset(out, 0, CHECK_LEN);
	memcpy(out, magic, sizeof(magic));
	out[OFF_TYPE] = (uint8_t)ck->ck_type;
	memcpy(out + OFF_ID, ck->ck_id, CHECK_ID_LEN);
	bytes_put32(out + OFF_GENERATION, ck->ck_generation);
	bytes_put32(out + OFF_ROUND, ck->ck_round);
	put_mapped(out, &ck->ck_mapped);
	/* Without memory for it the MAC stays wrong: a packet that is lost. */
	(void)mac(out + OFF_MAC, out, key, caller);
}

bool
check_read(struct check *ck, const uint8_t *p, size_t len,
    const uint8_t key[CHECK_KEY_LEN], bool caller)
{
	uint8_t	sum[MAC_LEN];

	if (!check_is(p, len))
		return (false);
	if (mac(sum, p, key, caller) == -1 ||
	    CRYPTO_memcmp(sum, p + OFF_MAC, MAC_LEN) != 0)
		return (false);

	/* Who made it has the key, and is believed no further than that. */
	memset(ck, 0, sizeof(*ck));
	switch (p[OFF_TYPE]) {
	case CHECK_REQUEST:
		ck->ck_type = CHECK_REQUEST;
		if (p[OFF_FAMILY] != 0 || !bytes_zero(p + OFF_PORT, 2) ||
		    !bytes_zero(p + OFF_ADDR, OFF_MAC - OFF_ADDR))
			return (false);
		break;
	case CHECK_RESPONSE:
		ck->ck_type = CHECK_RESPONSE;
		if (get_mapped(&ck->ck_mapped, p) == -1)
			return (false);
		break;
	default:
		return (false);
	}
	memcpy(ck->ck_id, p + OFF_ID, CHECK_ID_LEN);
	ck->ck_generation = bytes_get32(p + OFF_GENERATION);
	ck->ck_round = bytes_get32(p + OFF_ROUND);
	return (true);
}

/*
 * The direction is in it, so that what we sent does not pass when somebody
 * returns it to us.
 */
static int
mac(uint8_t out[MAC_LEN], const uint8_t *p, const uint8_t *key, bool caller)
{
	uint8_t		data[OFF_MAC + 1], sum[EVP_MAX_MD_SIZE];
	unsigned int	n;

	memcpy(data, p, OFF_MAC);
	data[OFF_MAC] = caller ? FROM_CALLER : FROM_CALLEE;
	if (HMAC(EVP_sha256(), key, CHECK_KEY_LEN, data, sizeof(data), sum,
	    &n) == NULL || n < MAC_LEN)
		return (-1);
	memcpy(out, sum, MAC_LEN);
	OPENSSL_cleanse(sum, sizeof(sum));
	return (0);
}

/* The id must be in its place: some of it is in the mask. */
static void
put_mapped(uint8_t *p, const struct addr *a)
{
	uint16_t	 port = addr_port(a);
	size_t		 i;

	switch (addr_family(a)) {
	case AF_INET:
		p[OFF_FAMILY] = 4;
		memcpy(p + OFF_ADDR, &a->addr_u.in.sin_addr, 4);
		break;
	case AF_INET6:
		p[OFF_FAMILY] = 6;
		memcpy(p + OFF_ADDR, &a->addr_u.in6.sin6_addr, 16);
		break;
	default:
		return;
	}
	p[OFF_PORT] = (uint8_t)(port >> 8 ^ magic[MASK_AT]);
	p[OFF_PORT + 1] = (uint8_t)(port ^ magic[MASK_AT + 1]);
	for (i = 0; i < 16; i++)
		p[OFF_ADDR + i] ^= p[MASK_AT + i];
}

static int
get_mapped(struct addr *a, const uint8_t *p)
{
	struct sockaddr_in	 in;
	struct sockaddr_in6	 in6;
	uint8_t			 raw[16];
	uint16_t		 port;
	size_t			 i;

	port = (uint16_t)((p[OFF_PORT] ^ magic[MASK_AT]) << 8 |
	    (p[OFF_PORT + 1] ^ magic[MASK_AT + 1]));
	for (i = 0; i < 16; i++)
		raw[i] = p[OFF_ADDR + i] ^ p[MASK_AT + i];
	if (port == 0)
		return (-1);
	switch (p[OFF_FAMILY]) {
	case 4:
		if (!bytes_zero(raw + 4, 12))
			return (-1);
		memset(&in, 0, sizeof(in));
		in.sin_family = AF_INET;
		in.sin_port = htons(port);
		memcpy(&in.sin_addr, raw, 4);
		return (addr_from_sockaddr(a, (struct sockaddr *)&in,
		    sizeof(in)));
	case 6:
		memset(&in6, 0, sizeof(in6));
		in6.sin6_family = AF_INET6;
		in6.sin6_port = htons(port);
		memcpy(&in6.sin6_addr, raw, 16);
		/* An IPv4 address has one form only. */
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
			return (-1);
		return (addr_from_sockaddr(a, (struct sockaddr *)&in6,
		    sizeof(in6)));
	default:
		return (-1);
	}
}
