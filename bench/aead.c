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
 * wzp-bench aead: what encryption alone costs a datagram that is forwarded,
 * with nothing around it: one packet opened, one sealed, header protection of
 * both (RFC 9001 5.3, 5.4), by the calls that mediad ends in too.  A line of
 * JSON.
 */
#include "config.h"

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "bench/bench.h"
#include "bench/cpu.h"
#include "bench/crowd.h"
#include "common/base/clock.h"

/* First byte, connection ID of an original, packet number. */
#define HEADER_LEN	11
#define PN_LEN		2
#define TAG_LEN		16
#define PAYLOAD_LEN	(CROWD_PLAIN_LEN - HEADER_LEN - TAG_LEN)
#define BATCH		1000

struct aead {
	EVP_CIPHER_CTX	*ae_seal;
	EVP_CIPHER_CTX	*ae_open;
	EVP_CIPHER_CTX	*ae_mask;
	uint8_t		 ae_iv[12];
};

static EVP_CIPHER_CTX *context(const EVP_CIPHER *, bool);
static void	nonce(const struct aead *, uint64_t, uint8_t *);
static void	protect(const struct aead *, uint8_t *);
static void	seal(const struct aead *, uint64_t, const uint8_t *,
		    uint8_t *);
static bool	unseal(const struct aead *, uint64_t, uint8_t *, uint8_t *);

int
aead_main(int argc, char *argv[])
{
	static uint8_t	packets[BATCH][CROWD_PLAIN_LEN];
	uint8_t		text[PAYLOAD_LEN], out[PAYLOAD_LEN];
	struct aead	ae;
	uint64_t	n = 0, begun, ns = 500 * NS_PER_MS, t;
	uint64_t	sealing = 0, opening = 0;
	unsigned int	i;
	int		ch;

	while ((ch = getopt(argc, argv, "m:")) != -1) {
		switch (ch) {
		case 'm':
			ns = bench_number(ch, optarg, 10, 60000) * NS_PER_MS;
			break;
		default:
			return (bench_usage());
		}
	}
	if (argc != optind)
		return (bench_usage());
	ae.ae_seal = context(EVP_aes_128_gcm(), true);
	ae.ae_open = context(EVP_aes_128_gcm(), false);
	ae.ae_mask = context(EVP_aes_128_ecb(), true);
	memset(ae.ae_iv, 0x33, sizeof(ae.ae_iv));
	memset(text, 0x5a, sizeof(text));

	/* It does encrypt: a packet that was touched is none. */
	seal(&ae, 1, text, packets[0]);
	memcpy(packets[1], packets[0], sizeof(packets[1]));
	packets[1][CROWD_PLAIN_LEN - 1] ^= 1;
	if (!unseal(&ae, 1, packets[0], out) ||
	    memcmp(out, text, sizeof(text)) != 0 ||
	    unseal(&ae, 1, packets[1], out))
		errx(1, "this is no encryption");

	for (begun = clock_mono_ns(); clock_mono_ns() - begun < ns;
	    n += BATCH) {
		t = cpu_self();
		for (i = 0; i < BATCH; i++)
			seal(&ae, n + i, text, packets[i]);
		sealing += cpu_self() - t;
		t = cpu_self();
		for (i = 0; i < BATCH; i++)
			if (!unseal(&ae, n + i, packets[i], out))
				errx(1, "packet %u does not open", i);
		opening += cpu_self() - t;
	}
	printf("{\"kind\":\"aead\",\"name\":\"aead\",\"who\":\"relay\","
	    "\"cipher\":\"AES-128-GCM\",\"packets\":%llu,\"open_us\":%.3f,"
	    "\"seal_us\":%.3f,\"cpu_us\":%.3f}\n", (unsigned long long)n,
	    (double)opening / 1e3 / (double)n,
	    (double)sealing / 1e3 / (double)n,
	    (double)(opening + sealing) / 1e3 / (double)n);
	EVP_CIPHER_CTX_free(ae.ae_seal);
	EVP_CIPHER_CTX_free(ae.ae_open);
	EVP_CIPHER_CTX_free(ae.ae_mask);
	return (0);
}

static EVP_CIPHER_CTX *
context(const EVP_CIPHER *cipher, bool encrypts)
{
	static const uint8_t	 key[16] = { 1, 2, 3 };
	EVP_CIPHER_CTX		*ctx;

	if ((ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_CipherInit_ex(ctx, cipher, NULL, key, NULL, encrypts) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
		errx(1, "cipher");
	return (ctx);
}

static void
nonce(const struct aead *ae, uint64_t pn, uint8_t *iv)
{
	unsigned int	i;

	memcpy(iv, ae->ae_iv, sizeof(ae->ae_iv));
	for (i = 0; i < sizeof(pn); i++)
		iv[sizeof(ae->ae_iv) - 1 - i] ^= (uint8_t)(pn >> 8 * i);
}

/* On and off again: the sample is behind the longest packet number. */
static void
protect(const struct aead *ae, uint8_t *packet)
{
	uint8_t		mask[16];
	unsigned int	i;
	int		len;

	if (EVP_EncryptUpdate(ae->ae_mask, mask, &len, packet + HEADER_LEN -
	    PN_LEN + 4, sizeof(mask)) != 1)
		errx(1, "header protection");
	packet[0] ^= mask[0] & 0x1f;
	for (i = 0; i < PN_LEN; i++)
		packet[HEADER_LEN - PN_LEN + i] ^= mask[1 + i];
}

static void
seal(const struct aead *ae, uint64_t pn, const uint8_t *text, uint8_t *packet)
{
	uint8_t	iv[12];
	int	len;

	memset(packet, 0, HEADER_LEN);
	packet[0] = 0x40 | (PN_LEN - 1);
	packet[HEADER_LEN - 2] = (uint8_t)(pn >> 8);
	packet[HEADER_LEN - 1] = (uint8_t)pn;
	nonce(ae, pn, iv);
	if (EVP_EncryptInit_ex(ae->ae_seal, NULL, NULL, NULL, iv) != 1 ||
	    EVP_EncryptUpdate(ae->ae_seal, NULL, &len, packet,
	    HEADER_LEN) != 1 ||
	    EVP_EncryptUpdate(ae->ae_seal, packet + HEADER_LEN, &len, text,
	    PAYLOAD_LEN) != 1 ||
	    EVP_EncryptFinal_ex(ae->ae_seal, packet + HEADER_LEN + len,
	    &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ae->ae_seal, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
	    packet + HEADER_LEN + PAYLOAD_LEN) != 1)
		errx(1, "seal");
	protect(ae, packet);
}

static bool
unseal(const struct aead *ae, uint64_t pn, uint8_t *packet, uint8_t *text)
{
	uint8_t	iv[12];
	int	len;

	protect(ae, packet);
	nonce(ae, pn, iv);
	return (EVP_DecryptInit_ex(ae->ae_open, NULL, NULL, NULL, iv) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ae->ae_open, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
	    packet + HEADER_LEN + PAYLOAD_LEN) == 1 &&
	    EVP_DecryptUpdate(ae->ae_open, NULL, &len, packet,
	    HEADER_LEN) == 1 &&
	    EVP_DecryptUpdate(ae->ae_open, text, &len, packet + HEADER_LEN,
	    PAYLOAD_LEN) == 1 &&
	    EVP_DecryptFinal_ex(ae->ae_open, text + len, &len) == 1);
}
