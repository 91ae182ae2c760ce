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
 * wzp-bench aead [-c connections] [-m milliseconds] [-s]: what encryption alone
 * costs a datagram that is forwarded, with nothing around it: one packet
 * opened, one sealed, header protection of both (RFC 9001 5.3, 5.4), by the
 * calls that mediad ends in too.  Packets are of all connections by turns;
 * with -s their keys share contexts, as in signald.  A line of JSON.
 */
#include "config.h"

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/cpu.h"
#include "bench/crowd.h"
#include "common/base/clock.h"
#include "common/quic/protect.h"
#include "common/quic/tls.h"

/* First byte, connection ID of an original, packet number. */
#define HEADER_LEN	11
#define PN_LEN		2
#define PAYLOAD_LEN	(CROWD_PLAIN_LEN - HEADER_LEN - PROTECT_TAG_LEN)
#define BATCH		1000
#define CONNECTIONS_MAX	100000

/* Of one connection. */
struct aead {
	struct protect_key	*ae_seal;
	struct protect_key	*ae_open;
	struct protect_key	*ae_seal_header;
	struct protect_key	*ae_open_header;
};

static void	keys(struct aead *, unsigned int, bool);
static void	nonce(uint64_t, uint8_t *);
static void	protect(struct protect_key *, uint8_t *);
static void	seal(const struct aead *, uint64_t, const uint8_t *,
		    uint8_t *);
static bool	unseal(const struct aead *, uint64_t, uint8_t *, uint8_t *);

int
aead_main(int argc, char *argv[])
{
	static uint8_t	 packets[BATCH][CROWD_PLAIN_LEN];
	uint8_t		 text[PAYLOAD_LEN], out[PAYLOAD_LEN];
	struct aead	*ae;
	uint64_t	 n = 0, begun, ns = 500 * NS_PER_MS, t;
	uint64_t	 sealing = 0, opening = 0;
	unsigned int	 i, nconns = 1;
	bool		 shares = false;
	int		 ch;

	while ((ch = getopt(argc, argv, "c:m:s")) != -1) {
		switch (ch) {
		case 'c':
			nconns = (unsigned int)bench_number(ch, optarg, 1,
			    CONNECTIONS_MAX);
			break;
		case 'm':
			ns = bench_number(ch, optarg, 10, 60000) * NS_PER_MS;
			break;
		case 's':
			shares = true;
			break;
		default:
			return (bench_usage());
		}
	}
	if (argc != optind)
		return (bench_usage());
	if ((ae = calloc(nconns, sizeof(*ae))) == NULL)
		err(1, NULL);
	for (i = 0; i < nconns; i++)
		keys(&ae[i], i, shares);
	memset(text, 0x5a, sizeof(text));

	/* It does encrypt: a packet that was touched is none. */
	seal(&ae[0], 1, text, packets[0]);
	memcpy(packets[1], packets[0], sizeof(packets[1]));
	packets[1][CROWD_PLAIN_LEN - 1] ^= 1;
	if (!unseal(&ae[0], 1, packets[0], out) ||
	    memcmp(out, text, sizeof(text)) != 0 ||
	    unseal(&ae[0], 1, packets[1], out))
		errx(1, "this is no encryption");

	for (begun = clock_mono_ns(); clock_mono_ns() - begun < ns;
	    n += BATCH) {
		t = cpu_self();
		for (i = 0; i < BATCH; i++)
			seal(&ae[(n + i) % nconns], n + i, text, packets[i]);
		sealing += cpu_self() - t;
		t = cpu_self();
		for (i = 0; i < BATCH; i++)
			if (!unseal(&ae[(n + i) % nconns], n + i, packets[i],
			    out))
				errx(1, "packet %u does not open", i);
		opening += cpu_self() - t;
	}
	printf("{\"kind\":\"aead\",\"name\":\"aead\",\"who\":\"relay\","
	    "\"cipher\":\"AES-128-GCM\",\"packets\":%llu,\"open_us\":%.3f,"
	    "\"seal_us\":%.3f,\"cpu_us\":%.3f}\n", (unsigned long long)n,
	    (double)opening / 1e3 / (double)n,
	    (double)sealing / 1e3 / (double)n,
	    (double)(opening + sealing) / 1e3 / (double)n);
	for (i = 0; i < nconns; i++) {
		protect_key_free(ae[i].ae_seal);
		protect_key_free(ae[i].ae_open);
		protect_key_free(ae[i].ae_seal_header);
		protect_key_free(ae[i].ae_open_header);
	}
	free(ae);
	return (0);
}

static void
keys(struct aead *ae, unsigned int i, bool shares)
{
	uint8_t	key[PROTECT_KEY_MAX] = { 1, 2, 3 };

	memcpy(key + 4, &i, sizeof(i));
	ae->ae_seal = protect_key_new(PROTECT_AES_128_GCM, PROTECT_SEAL, key,
	    shares);
	ae->ae_open = protect_key_new(PROTECT_AES_128_GCM, PROTECT_OPEN, key,
	    shares);
	ae->ae_seal_header = protect_key_new(PROTECT_AES_128_GCM,
	    PROTECT_MASK, key, shares);
	ae->ae_open_header = protect_key_new(PROTECT_AES_128_GCM,
	    PROTECT_MASK, key, shares);
	if (ae->ae_seal == NULL || ae->ae_open == NULL ||
	    ae->ae_seal_header == NULL || ae->ae_open_header == NULL)
		err(1, "keys");
}

static void
nonce(uint64_t pn, uint8_t *iv)
{
	unsigned int	i;

	memset(iv, 0x33, PROTECT_NONCE_LEN);
	for (i = 0; i < sizeof(pn); i++)
		iv[PROTECT_NONCE_LEN - 1 - i] ^= (uint8_t)(pn >> 8 * i);
}

/* On and off again: the sample is behind the longest packet number. */
static void
protect(struct protect_key *k, uint8_t *packet)
{
	uint8_t		mask[PROTECT_SAMPLE_LEN];
	unsigned int	i;

	if (protect_mask(k, mask, packet + HEADER_LEN - PN_LEN + 4) == -1)
		errx(1, "header protection");
	packet[0] ^= mask[0] & 0x1f;
	for (i = 0; i < PN_LEN; i++)
		packet[HEADER_LEN - PN_LEN + i] ^= mask[1 + i];
}

static void
seal(const struct aead *ae, uint64_t pn, const uint8_t *text, uint8_t *packet)
{
	uint8_t	iv[PROTECT_NONCE_LEN];

	memset(packet, 0, HEADER_LEN);
	packet[0] = 0x40 | (PN_LEN - 1);
	packet[HEADER_LEN - 2] = (uint8_t)(pn >> 8);
	packet[HEADER_LEN - 1] = (uint8_t)pn;
	nonce(pn, iv);
	if (protect_seal(ae->ae_seal, packet + HEADER_LEN, text, PAYLOAD_LEN,
	    iv, packet, HEADER_LEN) == -1)
		errx(1, "seal");
	protect(ae->ae_seal_header, packet);
}

static bool
unseal(const struct aead *ae, uint64_t pn, uint8_t *packet, uint8_t *text)
{
	uint8_t	iv[PROTECT_NONCE_LEN];

	protect(ae->ae_open_header, packet);
	nonce(pn, iv);
	return (protect_open(ae->ae_open, text, packet + HEADER_LEN,
	    PAYLOAD_LEN + PROTECT_TAG_LEN, iv, packet, HEADER_LEN) == 0);
}
