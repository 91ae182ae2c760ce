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
 * Fuzz target: media from end to end.  An SFrame that was not made with the
 * key does not open; one that was opens to what went in, and with any bit of
 * it or of its metadata turned it does not.  Counters are taken once.
 *
 *	mode (1): 0 a header, 1 a packet as it comes, 2 one of ours, altered,
 *	3 counters, 4 packets of seal.h altered, repeated and mixed up
 *
 * COVERS: fuzzing - end-to-end media: corpus of the target
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/e2e/e2e.h"
#include "client/e2e/replay.h"
#include "client/e2e/seal.h"
#include "client/e2e/sframe.h"
#include "regress/fuzz/fuzz.h"

#define TEXT_MAX	2048
#define COUNTERS	256
#define PACKETS		32

const char *const	fuzz_faults[] = { "header", "forged", "altered",
			    "text", "twice", "seal", NULL };

static const uint8_t	key[16] = "sixteen octets.";

static struct sframe	*enc, *dec;

static void	header(struct fuzz_input *);
static void	foreign(struct fuzz_input *);
static void	altered(struct fuzz_input *);
static void	counters(struct fuzz_input *);
static void	sealed(struct fuzz_input *);

static void
header(struct fuzz_input *in)
{
	uint64_t	 kid, ctr;
	uint8_t		 out[SFRAME_HEADER_MAX], *copy;
	size_t		 n;

	copy = fuzz_copy(in->fi_p, in->fi_len);
	n = sframe_header_read(copy, in->fi_len, &kid, &ctr);
	FUZZ_CHECK(n <= in->fi_len && n <= SFRAME_HEADER_MAX);
	/* There is one way only to write it. */
	if (n > 0) {
		FUZZ_CHECK(sframe_header_write(out, kid, ctr) == n);
		if (fuzz_fault("header"))
			out[0] ^= 1;
		FUZZ_CHECK(memcmp(out, copy, n) == 0);
		FUZZ_CHECK(sframe_header_read(copy, n - 1, &kid, &ctr) == 0);
	}
	free(copy);
}

/* Nobody guesses a tag of 16 bytes. */
static void
foreign(struct fuzz_input *in)
{
	const uint8_t	*meta;
	uint8_t		*copy, *out;
	size_t		 len, n = 0;

	meta = fuzz_piece(in, &len);
	copy = fuzz_copy(in->fi_p, in->fi_len);
	out = fuzz_copy(in->fi_p, in->fi_len);
	FUZZ_CHECK(fuzz_fault("forged") != !sframe_unprotect(dec, meta, len,
	    copy, in->fi_len, out, in->fi_len, &n));
	free(out);
	free(copy);
}

static void
altered(struct fuzz_input *in)
{
	const uint8_t	*p, *meta;
	uint64_t	 ctr;
	uint8_t		*packet, *text, bit, m[SFRAME_METADATA_MAX];
	size_t		 mlen, len, n, at, outlen = 0;

	ctr = (uint64_t)fuzz_u32(in) << 32 | fuzz_u32(in);
	at = fuzz_u16(in);
	bit = (uint8_t)(1U << (fuzz_u8(in) & 7));
	meta = fuzz_piece(in, &mlen);
	p = fuzz_piece(in, &len);
	if (mlen > sizeof(m))
		mlen = sizeof(m);
	if (len > TEXT_MAX)
		len = TEXT_MAX;
	if (mlen > 0)
		memcpy(m, meta, mlen);
	packet = malloc(len + SFRAME_HEADER_MAX + SFRAME_TAG_LEN);
	text = malloc(len + 1);
	FUZZ_CHECK(packet != NULL && text != NULL);
	n = sframe_protect(enc, ctr, m, mlen, p, len, packet,
	    len + SFRAME_HEADER_MAX + SFRAME_TAG_LEN);
	FUZZ_CHECK(n > len + SFRAME_TAG_LEN);
	FUZZ_CHECK(sframe_protect(enc, ctr, m, mlen, p, len, packet, n - 1) ==
	    0);
	FUZZ_CHECK(sframe_protect(enc, ctr, m, mlen, p, len, packet, n) == n);
	FUZZ_CHECK(sframe_unprotect(dec, m, mlen, packet, n, text, len,
	    &outlen) && outlen == len);
	if (fuzz_fault("text") && len > 0)
		text[len - 1] ^= 1;
	FUZZ_CHECK(len == 0 || memcmp(text, p, len) == 0);
	if (len > 0)
		FUZZ_CHECK(!sframe_unprotect(dec, m, mlen, packet, n, text,
		    len - 1, &outlen));
	at %= n + mlen;
	if (at < n)
		packet[at] ^= bit;
	else
		m[at - n] ^= bit;
	FUZZ_CHECK(fuzz_fault("altered") != !sframe_unprotect(dec, m, mlen,
	    packet, n, text, len, &outlen));
	free(text);
	free(packet);
}

/* The window beside a list of all that was taken. */
static void
counters(struct fuzz_input *in)
{
	struct replay_window	 rw;
	uint64_t		 taken[COUNTERS], v, top = 0;
	size_t			 i, n = 0;
	bool			 seen, old, fresh;
	uint8_t			 how;

	replay_clear(&rw);
	while (in->fi_len > 0 && n < COUNTERS) {
		/* Near the last one, or anywhere. */
		how = fuzz_u8(in);
		if (how < 128)
			v = top + how;
		else if (how < 192)
			v = top - fuzz_u16(in) % (2 * REPLAY_WINDOW);
		else
			v = (uint64_t)fuzz_u32(in) << (how & 31);
		seen = false;
		for (i = 0; i < n; i++)
			seen = seen || taken[i] == v;
		old = n > 0 && v < top && top - v >= REPLAY_WINDOW;
		fresh = replay_fresh(&rw, v);
		FUZZ_CHECK(fuzz_fault("twice") != (fresh == (!seen && !old)));
		if (!fresh)
			continue;
		replay_take(&rw, v);
		FUZZ_CHECK(!replay_fresh(&rw, v));
		taken[n++] = v;
		if (v > top)
			top = v;
	}
}

/*
 * Packets of one side come to the other altered, repeated and in any order:
 * each opens once at most, and only as it was.
 */
static void
sealed(struct fuzz_input *in)
{
	struct e2e_keys		 ka, kb;
	struct seal		*a, *b;
	struct seal_stats	 ss;
	const uint8_t		*p;
	uint8_t			 plain[PACKETS][256], packet[PACKETS][320];
	uint8_t			 out[320], how;
	size_t			 plen[PACKETS], len[PACKETS], n = 0, k, m, at;
	uint64_t		 opened = 0, tried = 0;
	bool			 was[PACKETS];

	memset(&ka, 0x11, sizeof(ka));
	memset(ka.ek_receive, 0x22, sizeof(ka.ek_receive));
	kb = ka;
	memcpy(kb.ek_send, ka.ek_receive, sizeof(kb.ek_send));
	memcpy(kb.ek_receive, ka.ek_send, sizeof(kb.ek_receive));
	a = seal_new(&ka);
	b = seal_new(&kb);
	FUZZ_CHECK(a != NULL && b != NULL);
	memset(was, 0, sizeof(was));
	while (in->fi_len > 0) {
		how = fuzz_u8(in);
		if (how < 128 && n < PACKETS) {
			p = fuzz_piece(in, &m);
			if (m > sizeof(plain[n]))
				m = sizeof(plain[n]);
			if (m > 0)
				memcpy(plain[n], p, m);
			plen[n] = m;
			len[n] = seal_protect(a, plain[n], m, packet[n],
			    sizeof(packet[n]));
			FUZZ_CHECK(len[n] == 0 || (len[n] > m &&
			    len[n] <= m + SEAL_OVERHEAD));
			if (len[n] > 0)
				n++;
			continue;
		}
		if (n == 0)
			continue;
		k = fuzz_u8(in) % n;
		tried++;
		if (how >= 192) {
			memcpy(out, packet[k], len[k]);
			at = fuzz_u16(in) % len[k];
			out[at] ^= (uint8_t)(1U << (how & 7));
			/* The two unused bits of the header are nobody's. */
			p = fuzz_copy(out, len[k]);
			m = seal_open(b, p, len[k], out, sizeof(out));
			free((void *)(uintptr_t)p);
			FUZZ_CHECK(m == 0 || (at == 1 && (how & 7) < 2));
			if (m > 0) {
				FUZZ_CHECK(!was[k]);
				was[k] = true;
				opened++;
			}
			continue;
		}
		m = seal_open(b, packet[k], len[k], out, sizeof(out));
		FUZZ_CHECK(fuzz_fault("seal") != ((m > 0) == !was[k]));
		if (m == 0)
			continue;
		FUZZ_CHECK(m == plen[k]);
		out[1] &= 0xfc;
		plain[k][1] &= 0xfc;
		FUZZ_CHECK(memcmp(out, plain[k], m) == 0);
		was[k] = true;
		opened++;
	}
	seal_stats(b, &ss);
	FUZZ_CHECK(ss.ss_opened == opened &&
	    ss.ss_opened + ss.ss_repeated + ss.ss_refused == tried);
	seal_free(a);
	seal_free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input	in = { data, len };

	if (enc == NULL) {
		enc = sframe_new(SFRAME_AES_128_GCM_SHA256_128, true);
		dec = sframe_new(SFRAME_AES_128_GCM_SHA256_128, false);
		FUZZ_CHECK(enc != NULL && dec != NULL);
		FUZZ_CHECK(sframe_set(enc, 0x123, key, sizeof(key)) == 0);
		FUZZ_CHECK(sframe_set(dec, 0x123, key, sizeof(key)) == 0);
	}
	switch (fuzz_u8(&in) % 5) {
	case 0:
		header(&in);
		break;
	case 1:
		foreign(&in);
		break;
	case 2:
		altered(&in);
		break;
	case 3:
		counters(&in);
		break;
	case 4:
		sealed(&in);
		break;
	}
	return (0);
}
