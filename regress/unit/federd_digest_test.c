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
 * Sets of people that relays tell their neighbours.
 *
 * COVERS: federation - PresenceDigest: sets, changes, a new link, a new signald
 * COVERS: limit - of a neighbour's set, of its messages
 * COVERS: lie - a neighbour that claims everybody, digests that cannot be
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/table.h"
#include "regress/unit/fed_world.h"

#define DIGEST_SET_MAX	quota(NULL, LIMIT_PEER_PEOPLE)

enum {
	A,
	B,
	C,
	D
};

#define SALT	"000102030405060708090a0b0c0d0e0f"
#define DIGEST(salt, reset, add, remove)				\
	"{\"PresenceDigest\":{\"salt\":\"" salt "\","			\
	"\"reset\":" reset ",\"add\":\"" add "\",\"remove\":\"" remove "\"}}"

static bool
claims(const struct fw *w, unsigned int at, unsigned int of, unsigned int who)
{
	return ((digest_claims(w->fw_relay[at].fr_digest, fw_person(who)) >>
	    of & 1) != 0);
}

static const struct digest_stats *
stats(const struct fw *w, unsigned int at, unsigned int of)
{
	const struct digest_stats	*ds;

	ds = digest_stats(w->fw_relay[at].fr_digest, of);
	assert_non_null(ds);
	return (ds);
}

/* Of person who under SALT, as text. */
static const char *
hash_text(unsigned int who)
{
	static char	 text[9];
	uint8_t		 salt[16];
	uint64_t	 h;
	int		 i;

	for (i = 0; i < 16; i++)
		salt[i] = (uint8_t)i;
	h = siphash24(salt, fw_person(who), FP_STRLEN - 1);
	snprintf(text, sizeof(text), "%02x%02x%02x%02x", (int)(h & 255),
	    (int)(h >> 8 & 255), (int)(h >> 16 & 255), (int)(h >> 24 & 255));
	return (text);
}

static void
told(void **state)
{
	struct fw	 w;
	unsigned int	 i;

	(void)state;
	fw_begin(&w, 4);
	for (i = 0; i < 5; i++)
		fw_here(&w, A, i, true);
	fw_link(&w, A, B, 0);
	fw_link(&w, A, C, 0);
	fw_link(&w, A, D, FW_LEGACY);
	fw_run(&w, 50);
	/* One from each side of both links; an original gets none. */
	assert_int_equal(w.fw_count[SIGNAL_PRESENCE_DIGEST], 4);
	assert_null(strstr(w.fw_wire, "A>D"));
	for (i = 0; i < 6; i++) {
		assert_int_equal(claims(&w, B, A, i), i < 5);
		assert_int_equal(claims(&w, C, A, i), i < 5);
		assert_false(claims(&w, A, B, i));
	}
	assert_int_equal(digest_people(w.fw_relay[A].fr_digest), 5);
	assert_true(digest_local(w.fw_relay[A].fr_digest, fw_person(4)));
	assert_false(digest_local(w.fw_relay[A].fr_digest, fw_person(5)));
	assert_int_equal(digest_ready(w.fw_relay[B].fr_digest), 0);
	fw_run(&w, DIGEST_READY_MS);
	assert_int_equal(digest_ready(w.fw_relay[B].fr_digest), 1 << A);
	assert_int_equal(digest_ready(w.fw_relay[A].fr_digest),
	    1 << B | 1 << C);
	/* Changes of a moment go together; who came and went is none. */
	fw_forget(&w);
	fw_here(&w, A, 6, true);
	fw_run(&w, 10);
	for (i = 7; i < 20; i++)
		fw_here(&w, A, i, true);
	fw_here(&w, A, 0, false);
	fw_here(&w, A, 19, false);
	fw_here(&w, A, 6, false);
	fw_run(&w, 300);
	assert_int_equal(w.fw_count[SIGNAL_PRESENCE_DIGEST], 4);
	assert_int_equal(stats(&w, A, B)->sent_hashes, 5 + 1 + 12 + 2);
	for (i = 0; i < 21; i++)
		assert_int_equal(claims(&w, B, A, i), (i > 0 && i < 5) ||
		    (i > 6 && i < 19));
	fw_forget(&w);
	fw_here(&w, A, 30, true);
	fw_run(&w, 0);
	fw_here(&w, A, 31, true);
	fw_here(&w, A, 31, false);
	fw_run(&w, 300);
	assert_int_equal(w.fw_count[SIGNAL_PRESENCE_DIGEST], 2);
	/* Said twice is said once. */
	fw_forget(&w);
	fw_here(&w, A, 30, true);
	fw_here(&w, A, 31, false);
	fw_run(&w, 300);
	assert_int_equal(w.fw_count[SIGNAL_PRESENCE_DIGEST], 0);
	fw_end(&w);
}

/* The start of a link, in parts; another link has another salt. */
static void
starts(void **state)
{
	struct fw	 w;
	char		*first, *second;
	unsigned int	 i;

	(void)state;
	fw_begin(&w, 3);
	for (i = 0; i < 2 * DIGEST_CHUNK + 500; i++)
		fw_here(&w, A, i, true);
	fw_link(&w, A, B, 0);
	fw_run(&w, 15);
	/* In the midst of it somebody comes and somebody goes. */
	fw_here(&w, A, 1, false);
	fw_here(&w, A, 2 * DIGEST_CHUNK + 499, false);
	fw_here(&w, A, 9999, true);
	fw_run(&w, 300);
	assert_int_equal(stats(&w, A, B)->sent, 3);
	assert_int_equal(stats(&w, B, A)->received, 3);
	assert_int_equal(stats(&w, B, A)->bad, 0);
	assert_int_equal(stats(&w, B, A)->held, 2 * DIGEST_CHUNK + 499);
	for (i = 0; i < 10000; i++)
		assert_int_equal(claims(&w, B, A, i),
		    (i < 2 * DIGEST_CHUNK + 499 && i != 1) || i == 9999);
	first = strstr(w.fw_wire, "A>B ");
	assert_non_null(first);
	assert_non_null(strstr(first, "\"reset\":true"));
	fw_link(&w, A, C, 0);
	fw_run(&w, 100);
	second = strstr(w.fw_wire, "A>C ");
	first = strstr(w.fw_wire, "A>B ");
	assert_non_null(second);
	assert_memory_not_equal(first + 4, second + 4, 70);
	/* The link ends: its set is gone; and comes whole with the next. */
	fw_cut(&w, A, B);
	for (i = 0; i < 5; i++)
		assert_false(claims(&w, B, A, i));
	fw_here(&w, A, 0, false);
	fw_run(&w, 300);
	fw_link(&w, A, B, 0);
	fw_run(&w, 300);
	assert_int_equal(stats(&w, B, A)->held, 2 * DIGEST_CHUNK + 498);
	assert_false(claims(&w, B, A, 0));
	assert_true(claims(&w, B, A, 2));
	assert_true(claims(&w, C, A, 2));
	assert_false(claims(&w, C, A, 0));
	fw_end(&w);
}

/* A new signald names everybody anew: only the difference is told. */
static void
anew(void **state)
{
	struct fw	 w;
	unsigned int	 i;

	(void)state;
	fw_begin(&w, 2);
	fw_link(&w, A, B, 0);
	for (i = 0; i < 100; i++)
		fw_here(&w, A, i, true);
	fw_run(&w, 500);
	fw_forget(&w);
	digest_begin(w.fw_relay[A].fr_digest);
	for (i = 10; i < 105; i++)
		fw_here(&w, A, i, true);
	fw_run(&w, 300);
	assert_true(claims(&w, B, A, 3));
	digest_end(w.fw_relay[A].fr_digest);
	fw_run(&w, 300);
	assert_int_equal(stats(&w, A, B)->sent_hashes, 100 + 5 + 10);
	for (i = 0; i < 120; i++)
		assert_int_equal(claims(&w, B, A, i), i >= 10 && i < 105);
	assert_int_equal(digest_people(w.fw_relay[A].fr_digest), 95);
	fw_end(&w);
}

/* Many comings and goings: in the end the neighbour knows the same. */
static void
churn(void **state)
{
	static bool	 here[3000];
	struct fw	 w;
	uint32_t	 seed = 7;
	unsigned int	 i, who, n = 0, others = 0;

	(void)state;
	memset(here, 0, sizeof(here));
	fw_begin(&w, 3);
	w.fw_quiet = true;
	fw_link(&w, A, B, 0);
	for (i = 0; i < 60000; i++) {
		seed = seed * 1664525 + 1013904223;
		who = (seed >> 8) % 3000;
		here[who] = !here[who];
		fw_here(&w, A, who, here[who]);
		if (i % 50 == 0)
			fw_run(&w, 7);
		if (i == 30000)
			fw_link(&w, A, C, 0);
	}
	fw_run(&w, 1000);
	for (i = 0; i < 3000; i++) {
		n += here[i];
		assert_int_equal(claims(&w, B, A, i), here[i]);
		assert_int_equal(claims(&w, C, A, i), here[i]);
		assert_int_equal(digest_local(w.fw_relay[A].fr_digest,
		    fw_person(i)), here[i]);
	}
	assert_int_equal(stats(&w, B, A)->held, n);
	assert_int_equal(digest_people(w.fw_relay[A].fr_digest), n);
	/* Whoever is not in it is hardly ever taken for being in it. */
	for (i = 10000; i < 60000; i++)
		others += claims(&w, B, A, i);
	assert_true(others <= 2);
	fw_end(&w);
}

/* Two people under one hash: one goes, the other is still there. */
static void
shared(void **state)
{
	struct fw	 w;
	char		 text[512];
	unsigned int	 i;

	(void)state;
	fw_begin(&w, 2);
	fw_link(&w, A, B, 0);
	fw_run(&w, 100);
	snprintf(text, sizeof(text), DIGEST(SALT, "true", "%s00000000", ""),
	    hash_text(1));
	fw_send_text(&w, B, A, text);
	snprintf(text, sizeof(text), DIGEST(SALT, "false", "%s", ""),
	    hash_text(1));
	fw_send_text(&w, B, A, text);
	snprintf(text, sizeof(text), DIGEST(SALT, "false", "", "%s"),
	    hash_text(1));
	for (i = 0; i < 3; i++) {
		fw_run(&w, 100);
		assert_int_equal(claims(&w, A, B, 1), i < 2);
		fw_send_text(&w, B, A, text);
	}
	fw_run(&w, 100);
	assert_int_equal(stats(&w, A, B)->held, 1);
	/* So many that they are not counted any more: it stays. */
	for (i = 0; i < 560; i++) {
		snprintf(text, sizeof(text), i < 300 ?
		    DIGEST(SALT, "false", "%s", "") :
		    DIGEST(SALT, "false", "", "%s"), hash_text(1));
		fw_send_text(&w, B, A, text);
		fw_run(&w, 10);
	}
	fw_run(&w, 100);
	assert_true(claims(&w, A, B, 1));
	assert_int_equal(stats(&w, A, B)->received, 6 + 560);
	assert_int_equal(stats(&w, A, B)->bad, 0);
	fw_end(&w);
}

/* What cannot be is not taken, and changes nothing. */
static void
bad(void **state)
{
	static const char	*lies[] = {
		DIGEST("", "true", "", ""),
		DIGEST("000102030405060708090a0b0c0d0e", "true", "", ""),
		DIGEST("000102030405060708090A0B0C0D0E0F", "true", "", ""),
		DIGEST(SALT "00", "true", "", ""),
		DIGEST("ff0102030405060708090a0b0c0d0e0f", "false",
		    "00000001", ""),
		DIGEST(SALT, "true", "", "00000001"),
		DIGEST(SALT, "false", "0000001", ""),
		DIGEST(SALT, "false", "000000010", ""),
		DIGEST(SALT, "false", "", "1"),
		DIGEST(SALT, "false", "0000000g", ""),
		DIGEST(SALT, "false", "0000000F", "")
	};
	static char	 many[8 * (DIGEST_CHUNK + 1) + 200];
	struct fw	 w;
	char		 text[512];
	size_t		 i, len;

	(void)state;
	fw_begin(&w, 2);
	w.fw_quiet = true;
	fw_link(&w, A, B, 0);
	w.fw_relay[B].fr_end[A].fe_full = true;
	/* Changes before there is anything to be changed. */
	fw_send_text(&w, B, A, DIGEST(SALT, "false", "00000001", ""));
	fw_run(&w, 100);
	assert_int_equal(stats(&w, A, B)->bad, 1);
	assert_int_equal(stats(&w, A, B)->held, 0);
	snprintf(text, sizeof(text), DIGEST(SALT, "true", "%s", ""),
	    hash_text(1));
	fw_send_text(&w, B, A, text);
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		fw_send_text(&w, B, A, lies[i]);
		fw_run(&w, 100);
		assert_int_equal(stats(&w, A, B)->bad, i + 2);
		assert_int_equal(stats(&w, A, B)->held, 1);
		assert_true(claims(&w, A, B, 1));
	}
	/* One hash too many; control: as many as may be. */
	for (i = 0; i < 2; i++) {
		len = (size_t)snprintf(many, sizeof(many), "%s",
		    "{\"PresenceDigest\":{\"salt\":\"" SALT "\","
		    "\"reset\":true,\"add\":\"");
		memset(many + len, '7', 8 * (DIGEST_CHUNK + 1 - i));
		len += 8 * (DIGEST_CHUNK + 1 - i);
		snprintf(many + len, sizeof(many) - len, "%s",
		    "\",\"remove\":\"\"}}");
		fw_send_text(&w, B, A, many);
		fw_run(&w, 100);
		assert_int_equal(claims(&w, A, B, 1), i == 0);
	}
	assert_int_equal(stats(&w, A, B)->held, 1);
	fw_end(&w);
}

/* A neighbour that claims everybody: it may have so many, and no more. */
static void
everybody(void **state)
{
	static char	 add[8 * DIGEST_CHUNK + 1];
	struct fw	 w;
	struct signal	 s;
	struct neighbour *nb;
	uint32_t	 h = 0;
	size_t		 i, n;
	unsigned int	 others = 0;

	(void)state;
	fw_begin(&w, 2);
	fw_link(&w, A, B, 0);
	fw_run(&w, 100);
	nb = &w.fw_relay[A].fr_end[B].fe_nb;
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_PRESENCE_DIGEST;
	s.u.presence_digest.salt = SALT;
	s.u.presence_digest.reset = true;
	s.u.presence_digest.add = add;
	s.u.presence_digest.remove = "";
	for (n = 0; n < DIGEST_SET_MAX + 40000; n += DIGEST_CHUNK) {
		for (i = 0; i < DIGEST_CHUNK; i++)
			snprintf(add + 8 * i, 9, "%08x", h += 20011);
		fw_run(&w, 10);
		digest_signal(w.fw_relay[A].fr_digest, nb, &s);
		s.u.presence_digest.reset = false;
	}
	assert_int_equal(stats(&w, A, B)->held, DIGEST_SET_MAX);
	assert_int_equal(stats(&w, A, B)->over, 40000);
	assert_int_equal(stats(&w, A, B)->bad, 0);
	assert_true(digest_bytes(w.fw_relay[A].fr_digest) < 3 * 1024 * 1024);
	/* That is not the world: it still has hardly anybody. */
	for (i = 0; i < 20000; i++)
		others += claims(&w, A, B, (unsigned int)i);
	assert_true(others < 20);
	/* And no faster than an honest one twice over. */
	for (i = 0; i < 500; i++)
		digest_signal(w.fw_relay[A].fr_digest, nb, &s);
	assert_in_range(stats(&w, A, B)->bad, 50, 450);
	n = (size_t)stats(&w, A, B)->bad;
	fw_run(&w, 1000);
	digest_signal(w.fw_relay[A].fr_digest, nb, &s);
	assert_int_equal(stats(&w, A, B)->bad, n);
	/* The link ends, and with it all that it cost. */
	fw_cut(&w, A, B);
	assert_true(digest_bytes(w.fw_relay[A].fr_digest) < 100 * 1024);
	fw_end(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(told),
		cmocka_unit_test(starts),
		cmocka_unit_test(anew),
		cmocka_unit_test(churn),
		cmocka_unit_test(shared),
		cmocka_unit_test(bad),
		cmocka_unit_test(everybody)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
