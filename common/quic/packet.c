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
 * Answers without a connection (packet.h).
 */
#include "config.h"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/quic/packet.h"

#define RESET_TOKEN_LEN	NGTCP2_STATELESS_RESET_TOKENLEN
/*
 * A reset has to look like a packet with a CID of its receiver's length
 * (RFC 9000 10.3: at least 5 bytes before the token; 21 in all).
 */
#define RESET_MIN	(NGTCP2_MIN_STATELESS_RESET_RANDLEN + RESET_TOKEN_LEN)
#define RESET_MAX	43

#define RETRY_SCID_LEN	16

_Static_assert(PACKET_RESET_TRIGGER == RESET_MIN + 1, "RFC 9000 10.3");
_Static_assert(PACKET_TOKEN_MAX >= NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN,
    "a token fits");

static size_t	close_initial(uint8_t *, size_t, const uint8_t *, size_t,
		    uint64_t);
static int	first_initial(ngtcp2_pkt_hd *, const uint8_t *, size_t);

void
packet_rate_init(struct packet_rate *pr, uint64_t per_second, uint64_t burst)
{
	pr->pr_per_second = per_second;
	pr->pr_burst = burst;
	pr->pr_tokens = burst * 1000;
	pr->pr_at = 0;
}

bool
packet_rate_take(struct packet_rate *pr, uint64_t now)
{
	uint64_t	ms;

	if (now > pr->pr_at) {
		ms = (now - pr->pr_at) / NS_PER_MS;
		if (ms > 1000 * pr->pr_burst)
			ms = 1000 * pr->pr_burst;
		pr->pr_tokens += ms * pr->pr_per_second;
		pr->pr_at += ms * NS_PER_MS;
		if (pr->pr_tokens >= pr->pr_burst * 1000) {
			pr->pr_tokens = pr->pr_burst * 1000;
			pr->pr_at = now;
		}
	}
	if (pr->pr_tokens < 1000)
		return (false);
	pr->pr_tokens -= 1000;
	return (true);
}

size_t
packet_version_negotiation(uint8_t *out, size_t cap, const uint8_t *p,
    size_t len)
{
	ngtcp2_version_cid	vc;
	ngtcp2_ssize		n;
	uint32_t		version, versions[2];

	/* Only a datagram that could begin a connection (RFC 9000 6.1). */
	if (len < NGTCP2_MAX_UDP_PAYLOAD_SIZE || (p[0] & 0x80) == 0)
		return (0);
	version = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 8 | p[4];
	if (version == 0 || version == NGTCP2_PROTO_VER_V1)
		return (0);
	/* Version 2 is known to ngtcp2 but not spoken here: rv may be 0. */
	switch (ngtcp2_pkt_decode_version_cid(&vc, p, len, 0)) {
	case 0:
	case NGTCP2_ERR_VERSION_NEGOTIATION:
		break;
	default:
		return (0);
	}
	if (vc.dcidlen > NGTCP2_MAX_CIDLEN || vc.scidlen > NGTCP2_MAX_CIDLEN)
		return (0);
	/*
	 * The second one is reserved and keeps clients honest (RFC 9000 15);
	 * never the client's own, or it would ignore the packet (6.2).
	 */
	versions[0] = NGTCP2_PROTO_VER_V1;
	do {
		versions[1] = (arc4random() & 0xf0f0f0f0) |
		    NGTCP2_RESERVED_VERSION_MASK;
	} while (versions[1] == version);
	n = ngtcp2_pkt_write_version_negotiation(out, cap,
	    (uint8_t)arc4random_uniform(256), vc.scid, vc.scidlen, vc.dcid,
	    vc.dcidlen, versions, sizeof(versions) / sizeof(versions[0]));
	return (n > 0 ? (size_t)n : 0);
}

int
packet_reset_token(uint8_t token[16], const uint8_t reset_key[32],
    const uint8_t *cid, size_t cid_len)
{
	ngtcp2_cid	c;

	if (cid_len > NGTCP2_MAX_CIDLEN)
		return (-1);
	ngtcp2_cid_init(&c, cid, cid_len);
	if (ngtcp2_crypto_generate_stateless_reset_token(token, reset_key, 32,
	    &c) != 0)
		return (-1);
	return (0);
}

size_t
packet_reset(uint8_t *out, size_t cap, const uint8_t *cid, size_t cid_len,
    const uint8_t reset_key[32], size_t len)
{
	uint8_t		token[RESET_TOKEN_LEN], noise[RESET_MAX];
	size_t		total;
	ngtcp2_ssize	n;

	/* Shorter than its trigger, or two endpoints would go on for ever. */
	if (len < PACKET_RESET_TRIGGER)
		return (0);
	total = len - 1;
	if (total > RESET_MAX)
		total = RESET_MAX - arc4random_uniform(8);
	if (packet_reset_token(token, reset_key, cid, cid_len) == -1)
		return (0);
	arc4random_buf(noise, sizeof(noise));
	n = ngtcp2_pkt_write_stateless_reset(out, cap, token, noise,
	    total - RESET_TOKEN_LEN);
	return (n > 0 ? (size_t)n : 0);
}

size_t
packet_refuse(uint8_t *out, size_t cap, const uint8_t *p, size_t len)
{
	return (close_initial(out, cap, p, len, NGTCP2_CONNECTION_REFUSED));
}

size_t
packet_invalid_token(uint8_t *out, size_t cap, const uint8_t *p, size_t len)
{
	return (close_initial(out, cap, p, len, NGTCP2_INVALID_TOKEN));
}

static size_t
close_initial(uint8_t *out, size_t cap, const uint8_t *p, size_t len,
    uint64_t code)
{
	ngtcp2_pkt_hd	hd;
	ngtcp2_ssize	n;

	if (first_initial(&hd, p, len) == -1)
		return (0);
	n = ngtcp2_crypto_write_connection_close(out, cap, hd.version,
	    &hd.scid, &hd.dcid, code, NULL, 0);
	return (n > 0 ? (size_t)n : 0);
}

static int
first_initial(ngtcp2_pkt_hd *hd, const uint8_t *p, size_t len)
{
	if (ngtcp2_accept(hd, p, len) != 0 ||
	    hd->version != NGTCP2_PROTO_VER_V1)
		return (-1);
	return (0);
}

/* Of 16 bytes the ID is none of ours (cid.h), so it leads to the door. */
size_t
packet_retry(uint8_t *out, size_t cap, const uint8_t *p, size_t len,
    const uint8_t key[PACKET_KEY_LEN], const struct addr *remote,
    uint64_t now)
{
	uint8_t		token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2];
	ngtcp2_pkt_hd	hd;
	ngtcp2_cid	scid;
	ngtcp2_ssize	n;

	if (first_initial(&hd, p, len) == -1)
		return (0);
	scid.datalen = RETRY_SCID_LEN;
	arc4random_buf(scid.data, scid.datalen);
	n = ngtcp2_crypto_generate_retry_token2(token, key, PACKET_KEY_LEN,
	    hd.version, &remote->addr_u.sa, remote->addr_len, &scid,
	    &hd.dcid, now);
	if (n <= 0)
		return (0);
	n = ngtcp2_crypto_write_retry(out, cap, hd.version, &hd.scid, &scid,
	    &hd.dcid, token, (size_t)n);
	return (n > 0 ? (size_t)n : 0);
}

enum packet_token
packet_token(const uint8_t *p, size_t len, const uint8_t **token,
    size_t *token_len)
{
	ngtcp2_pkt_hd	hd;

	if (first_initial(&hd, p, len) == -1 || hd.tokenlen == 0)
		return (PACKET_TOKEN_NONE);
	*token = hd.token;
	*token_len = hd.tokenlen;
	switch (hd.token[0]) {
	case NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2:
		return (PACKET_TOKEN_RETRY);
	case NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR:
		return (PACKET_TOKEN_NEW);
	default:
		return (PACKET_TOKEN_NONE);
	}
}

int
packet_retry_check(const uint8_t *p, size_t len,
    const uint8_t key[PACKET_KEY_LEN], const struct addr *remote,
    uint64_t now, uint8_t odcid[PACKET_CID_MAX], size_t *odcid_len)
{
	ngtcp2_pkt_hd	hd;
	ngtcp2_cid	cid;

	if (first_initial(&hd, p, len) == -1 ||
	    hd.dcid.datalen != RETRY_SCID_LEN ||
	    ngtcp2_crypto_verify_retry_token2(&cid, hd.token, hd.tokenlen,
	    key, PACKET_KEY_LEN, hd.version, &remote->addr_u.sa,
	    remote->addr_len, &hd.dcid, PACKET_RETRY_MS * NS_PER_MS,
	    now) != 0 || cid.datalen > PACKET_CID_MAX)
		return (-1);
	memcpy(odcid, cid.data, cid.datalen);
	*odcid_len = cid.datalen;
	return (0);
}

size_t
packet_token_make(uint8_t token[PACKET_TOKEN_MAX],
    const uint8_t key[PACKET_KEY_LEN], const struct addr *remote,
    uint64_t now)
{
	ngtcp2_ssize	n;

	n = ngtcp2_crypto_generate_regular_token(token, key, PACKET_KEY_LEN,
	    &remote->addr_u.sa, remote->addr_len, now);
	return (n > 0 ? (size_t)n : 0);
}

int
packet_token_check(const uint8_t *token, size_t len,
    const uint8_t key[PACKET_KEY_LEN], const struct addr *remote,
    uint64_t now)
{
	if (ngtcp2_crypto_verify_regular_token(token, len, key,
	    PACKET_KEY_LEN, &remote->addr_u.sa, remote->addr_len,
	    PACKET_TOKEN_S * NS_PER_S, now) != 0)
		return (-1);
	return (0);
}
