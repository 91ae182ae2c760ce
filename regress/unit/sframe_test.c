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
 * SFrame against the numbers of its RFC, each of which is altered in turn for
 * the checker to notice; the window of counters against a plain list.
 *
 * COVERS: RFC 9605 appendix C - 289 headers, both suites with AES-GCM
 * COVERS: sframe - headers that are cut off or not in their shortest form
 * COVERS: sframe - one direction a key, no key after a wipe, limits
 * COVERS: replay - 1024 counters, loss, reordering, repetition
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/e2e/kdf.h"
#include "client/e2e/replay.h"
#include "client/e2e/sframe.h"
#include "regress/vectors/sframe.h"

#define NHEADERS	(sizeof(sframe_headers) / sizeof(sframe_headers[0]))
#define NVECTORS	(sizeof(sframe_vectors) / sizeof(sframe_vectors[0]))

/* What of a vector is to be altered, bit 0 of its first byte. */
enum field {
	FIELD_NONE,
	FIELD_SECRET,
	FIELD_KEY,
	FIELD_SALT,
	FIELD_TEXT,
	FIELD_METADATA,
	FIELD_ENCODED,
	FIELD_MAX
};

static size_t	 unhex(const char *, uint8_t *, size_t);
static bool	 header_holds(const struct sframe_header_vector *, bool);
static bool	 vector_holds(const struct sframe_vector *, enum field);
static struct sframe *keyed(bool, uint64_t, uint8_t);

static size_t
unhex(const char *s, uint8_t *out, size_t cap)
{
	unsigned int	 v;
	size_t		 n = 0;

	for (; *s != '\0'; s += 2) {
		assert_true(n < cap);
		assert_int_equal(sscanf(s, "%2x", &v), 1);
		out[n++] = (uint8_t)v;
	}
	return (n);
}

static bool
header_holds(const struct sframe_header_vector *v, bool flip)
{
	uint8_t		 wanted[SFRAME_HEADER_MAX], got[SFRAME_HEADER_MAX];
	uint64_t	 kid, ctr;
	size_t		 len;

	len = unhex(v->hv_encoded, wanted, sizeof(wanted));
	if (flip)
		wanted[len - 1] ^= 1;
	if (sframe_header_write(got, v->hv_kid, v->hv_ctr) != len ||
	    memcmp(got, wanted, len) != 0)
		return (false);
	return (sframe_header_read(wanted, len, &kid, &ctr) == len &&
	    kid == v->hv_kid && ctr == v->hv_ctr);
}

static void
test_headers(void **state)
{
	size_t	 i, held = 0, noticed = 0;

	(void)state;
	for (i = 0; i < NHEADERS; i++) {
		held += header_holds(&sframe_headers[i], false);
		noticed += !header_holds(&sframe_headers[i], true);
	}
	print_message("headers: %zu of %zu held, %zu flips noticed\n", held,
	    NHEADERS, noticed);
	assert_int_equal(NHEADERS, 289);
	assert_int_equal(held, NHEADERS);
	assert_int_equal(noticed, NHEADERS);
}

static bool
vector_holds(const struct sframe_vector *v, enum field flip)
{
	struct sframe	*tx, *rx;
	enum kdf_hash	 hash;
	uint8_t		 base[64], secret[64], key[32], salt[12], metadata[32];
	uint8_t		 text[64], encoded[96], got[96];
	size_t		 baselen, secretlen, keylen, metalen, textlen, len, n;
	bool		 ok;

	baselen = unhex(v->sv_base_key, base, sizeof(base));
	secretlen = unhex(v->sv_secret, secret, sizeof(secret));
	keylen = unhex(v->sv_key, key, sizeof(key));
	(void)unhex(v->sv_salt, salt, sizeof(salt));
	metalen = unhex(v->sv_metadata, metadata, sizeof(metadata));
	textlen = unhex(v->sv_text, text, sizeof(text));
	len = unhex(v->sv_encoded, encoded, sizeof(encoded));
	secret[0] ^= flip == FIELD_SECRET;
	key[0] ^= flip == FIELD_KEY;
	salt[0] ^= flip == FIELD_SALT;
	metadata[0] ^= flip == FIELD_METADATA;
	text[0] ^= flip == FIELD_TEXT;
	encoded[len - 1] ^= flip == FIELD_ENCODED;

	hash = v->sv_suite == SFRAME_AES_256_GCM_SHA512_128 ? KDF_SHA512 :
	    KDF_SHA256;
	assert_int_equal(kdf_hash_len(hash), secretlen);
	assert_int_equal(kdf_extract(hash, NULL, 0, base, baselen, got), 0);
	ok = memcmp(got, secret, secretlen) == 0;

	memset(got, 0, sizeof(got));
	assert_int_equal(sframe_derive(v->sv_suite, v->sv_kid, base, baselen,
	    got, got + SFRAME_KEY_MAX), 0);
	ok = ok && memcmp(got, key, keylen) == 0 &&
	    memcmp(got + SFRAME_KEY_MAX, salt, sizeof(salt)) == 0;

	assert_non_null(tx = sframe_new(v->sv_suite, true));
	assert_non_null(rx = sframe_new(v->sv_suite, false));
	assert_int_equal(sframe_set(tx, v->sv_kid, base, baselen), 0);
	assert_int_equal(sframe_set(rx, v->sv_kid, base, baselen), 0);
	ok = ok && sframe_protect(tx, v->sv_ctr, metadata, metalen, text,
	    textlen, got, sizeof(got)) == len && memcmp(got, encoded, len) == 0;
	/* Receiving has to notice by itself. */
	if (sframe_unprotect(rx, metadata, metalen, encoded, len, got,
	    sizeof(got), &n)) {
		assert_false(flip == FIELD_METADATA || flip == FIELD_ENCODED);
		ok = ok && n == textlen && memcmp(got, text, n) == 0;
	} else
		ok = false;
	sframe_free(tx);
	sframe_free(rx);
	return (ok);
}

static void
test_vectors(void **state)
{
	size_t		 i, held = 0, noticed = 0;
	enum field	 f;

	(void)state;
	for (i = 0; i < NVECTORS; i++) {
		held += vector_holds(&sframe_vectors[i], FIELD_NONE);
		for (f = FIELD_SECRET; f < FIELD_MAX; f++)
			noticed += !vector_holds(&sframe_vectors[i], f);
	}
	print_message("suites: %zu of %zu held, %zu flips noticed\n", held,
	    NVECTORS, noticed);
	assert_int_equal(NVECTORS, 2);
	assert_int_equal(held, NVECTORS);
	assert_int_equal(noticed, NVECTORS * (FIELD_MAX - 1));
}

/* Numbers that fit in fewer bytes, or whose bytes are not there. */
static void
test_header_strict(void **state)
{
	static const char *const bad[] = {
		"", "08", "0807", "0800", "09", "0900", "090001", "0f01",
		"0f00000000000000ff", "80", "8007", "88", "8808",
		"9000ff", "98ffff00", "f001", "ff0100000000000000"
	};
	uint8_t		 in[SFRAME_HEADER_MAX], again[SFRAME_HEADER_MAX];
	uint64_t	 kid, ctr;
	size_t		 i, len, n;
	unsigned int	 seen = 0;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		len = unhex(bad[i], in, sizeof(in));
		if (sframe_header_read(in, len, &kid, &ctr) != 0)
			fail_msg("%s was read", bad[i]);
	}
	/* Each config byte: what is read is what would be written. */
	for (i = 0; i < 256; i++) {
		memset(in, 0xa5, sizeof(in));
		in[0] = (uint8_t)i;
		if ((n = sframe_header_read(in, sizeof(in), &kid, &ctr)) == 0)
			continue;
		seen++;
		assert_int_equal(sframe_header_write(again, kid, ctr), n);
		assert_memory_equal(in, again, n);
		while (n-- > 0)
			assert_int_equal(sframe_header_read(in, n, &kid,
			    &ctr), 0);
	}
	assert_int_equal(seen, 256);
}

static struct sframe *
keyed(bool encrypt, uint64_t kid, uint8_t fill)
{
	struct sframe	*sf;
	uint8_t		 base[32];

	memset(base, fill, sizeof(base));
	assert_non_null(sf = sframe_new(SFRAME_AES_128_GCM_SHA256_128,
	    encrypt));
	assert_false(sframe_ready(sf));
	assert_int_equal(sframe_set(sf, kid, base, sizeof(base)), 0);
	assert_true(sframe_ready(sf));
	return (sf);
}

static void
test_limits(void **state)
{
	struct sframe	*tx, *rx, *other, *kid;
	uint8_t		 text[40], out[128], back[128];
	size_t		 len, n, i;

	(void)state;
	tx = keyed(true, 9, 1);
	rx = keyed(false, 9, 1);
	other = keyed(false, 9, 2);
	kid = keyed(false, 8, 1);
	memset(text, 0x5a, sizeof(text));
	len = sframe_protect(tx, 300, NULL, 0, text, sizeof(text), out,
	    sizeof(out));
	assert_int_equal(len, 4 + sizeof(text) + SFRAME_TAG_LEN);
	/* Exactly enough room, and one byte less. */
	assert_int_equal(sframe_protect(tx, 300, NULL, 0, text, sizeof(text),
	    back, len), len);
	assert_int_equal(sframe_protect(tx, 300, NULL, 0, text, sizeof(text),
	    back, len - 1), 0);
	assert_true(sframe_unprotect(rx, NULL, 0, out, len, back,
	    sizeof(text), &n));
	assert_int_equal(n, sizeof(text));
	assert_false(sframe_unprotect(rx, NULL, 0, out, len, back,
	    sizeof(text) - 1, &n));
	/* Cut anywhere, flipped anywhere. */
	for (i = 0; i < len; i++) {
		assert_false(sframe_unprotect(rx, NULL, 0, out, i, back,
		    sizeof(back), &n));
		out[i] ^= 0x10;
		assert_false(sframe_unprotect(rx, NULL, 0, out, len, back,
		    sizeof(back), &n));
		out[i] ^= 0x10;
	}
	/* Nothing of what was not authentic is left behind. */
	out[len - 1] ^= 1;
	memset(back, 0x11, sizeof(back));
	assert_false(sframe_unprotect(rx, NULL, 0, out, len, back,
	    sizeof(back), &n));
	assert_true(memcmp(back, text, 8) != 0);
	out[len - 1] ^= 1;
	/* Another base key, another KID, the wrong direction, no key. */
	assert_false(sframe_unprotect(other, NULL, 0, out, len, back,
	    sizeof(back), &n));
	assert_false(sframe_unprotect(kid, NULL, 0, out, len, back,
	    sizeof(back), &n));
	assert_false(sframe_unprotect(tx, NULL, 0, out, len, back,
	    sizeof(back), &n));
	assert_int_equal(sframe_protect(rx, 1, NULL, 0, text, sizeof(text),
	    back, sizeof(back)), 0);
	assert_true(sframe_unprotect(rx, NULL, 0, out, len, back,
	    sizeof(back), &n));
	sframe_clear(rx);
	sframe_clear(tx);
	assert_false(sframe_unprotect(rx, NULL, 0, out, len, back,
	    sizeof(back), &n));
	assert_int_equal(sframe_protect(tx, 301, NULL, 0, text, sizeof(text),
	    back, sizeof(back)), 0);
	sframe_free(tx);
	sframe_free(rx);
	sframe_free(other);
	sframe_free(kid);
}

static void
test_empty(void **state)
{
	struct sframe	*tx = keyed(true, 0, 7), *rx = keyed(false, 0, 7);
	uint8_t		 out[64], back[1];
	size_t		 len, n = 1;

	(void)state;
	len = sframe_protect(tx, 0, (const uint8_t *)"m", 1, NULL, 0, out,
	    sizeof(out));
	assert_int_equal(len, 1 + SFRAME_TAG_LEN);
	assert_true(sframe_unprotect(rx, (const uint8_t *)"m", 1, out, len,
	    back, 0, &n));
	assert_int_equal(n, 0);
	assert_false(sframe_unprotect(rx, (const uint8_t *)"n", 1, out, len,
	    back, 0, &n));
	sframe_free(tx);
	sframe_free(rx);
}

/* The window against a list of all that was taken. */
static void
test_replay(void **state)
{
	struct replay_window	 w;
	static uint8_t		 taken[20000];
	uint64_t		 top = 0, n;
	unsigned int		 i, fresh = 0, old = 0, again = 0;
	bool			 wanted;

	(void)state;
	srandom(7);
	replay_clear(&w);
	memset(taken, 0, sizeof(taken));
	for (i = 0; i < 60000; i++) {
		n = top + 3;
		if (i % 3 != 0)
			n -= (uint64_t)random() % (n < 1300 ? n : 1300);
		else
			n -= (uint64_t)random() % 3;
		if (i % 997 == 0)
			n = top + (uint64_t)random() % 2500;
		if (n >= sizeof(taken))
			break;
		wanted = !taken[n] && n + REPLAY_WINDOW > top;
		assert_int_equal(replay_fresh(&w, n), wanted);
		if (wanted) {
			replay_take(&w, n);
			taken[n] = 1;
			fresh++;
		} else if (taken[n])
			again++;
		else
			old++;
		if (wanted && n > top)
			top = n;
	}
	print_message("window: %u fresh, %u again, %u too old\n", fresh,
	    again, old);
	assert_true(fresh > 1000 && again > 1000 && old > 500);

	/* The ends of the numbers. */
	replay_clear(&w);
	assert_true(replay_fresh(&w, UINT64_MAX));
	replay_take(&w, UINT64_MAX);
	assert_false(replay_fresh(&w, UINT64_MAX));
	assert_true(replay_fresh(&w, UINT64_MAX - 1023));
	assert_false(replay_fresh(&w, UINT64_MAX - 1024));
	assert_false(replay_fresh(&w, 0));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_header_strict),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_replay),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
