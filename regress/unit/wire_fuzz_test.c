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
 * Hostile bytes: each message of the vectors cut short everywhere, and with
 * bytes altered, inserted, taken out and repeated.  Nothing may crash (run it
 * with sanitizers), and what parses prints to something that parses to the
 * same text.
 *
 * COVERS: hostile input - signals, cut and altered everywhere
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yyjson.h>

#include "common/wire/media.h"
#include "common/wire/signal.h"

#define MESSAGE_MAX	4096
#define ROUNDS		1000	/* mutations of each message */

static uint32_t	 seed;
static size_t	 parsed, refused;

static uint32_t	 next(void);
static void	 try(const uint8_t *, size_t);
static size_t	 mutate(uint8_t *, size_t);

/* xorshift: the same numbers everywhere, each run */
static uint32_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return (seed);
}

/*
 * The text is copied to where it ends with its block, so that a sanitizer
 * sees a read past it.
 */
static void
try(const uint8_t *text, size_t len)
{
	static char	 first[SIGNAL_MAX + 1], second[SIGNAL_MAX + 1];
	struct signal	*s;
	const char	*why = NULL;
	uint8_t		*copy;
	int		 n, m;

	copy = malloc(len == 0 ? 1 : len);
	assert_non_null(copy);
	memcpy(copy, text, len);
	s = signal_parse(copy, len, &why);
	assert_memory_equal(copy, text, len);
	free(copy);
	if (s == NULL) {
		assert_non_null(why);
		refused++;
		return;
	}
	assert_null(why);
	parsed++;
	n = signal_print(s, first, sizeof(first));
	assert_true(n > 0);
	signal_free(s);
	s = signal_parse((const uint8_t *)first, (size_t)n, NULL);
	assert_non_null(s);
	m = signal_print(s, second, sizeof(second));
	assert_int_equal(n, m);
	assert_memory_equal(first, second, (size_t)n);
	signal_free(s);
}

static size_t
mutate(uint8_t *p, size_t len)
{
	static const char	 bits[] =
	    "{}[]\",:0-9.eE\\u\0\x80\xff nulltrue";
	size_t			 at = next() % len, n, to;

	switch (next() % 6) {
	case 0:
		p[at] ^= (uint8_t)(1U << next() % 8);
		break;
	case 1:
		p[at] = (uint8_t)next();
		break;
	case 2:
		p[at] = (uint8_t)bits[next() % (sizeof(bits) - 1)];
		break;
	case 3:
		memmove(p + at, p + at + 1, len - at - 1);
		len--;
		break;
	case 4:
		memmove(p + at + 1, p + at, len - at);
		p[at] = (uint8_t)bits[next() % (sizeof(bits) - 1)];
		len++;
		break;
	case 5:			/* a piece over another */
		n = next() % (len - at) + 1;
		to = next() % (len - n + 1);
		memmove(p + to, p + at, n);
		break;
	}
	return (len);
}

static void
test_signals(void **state)
{
	yyjson_doc	*doc;
	yyjson_val	*list, *v;
	const char	*json;
	uint8_t		 buf[MESSAGE_MAX + 8];
	size_t		 i, max, len, cut, k;
	unsigned int	 round, times;

	(void)state;
	doc = yyjson_read_file(VECTORS_JSON, 0, NULL, NULL);
	assert_non_null(doc);
	list = yyjson_doc_ptr_get(doc, "/signals/messages");
	assert_int_equal(yyjson_arr_size(list), 67);
	seed = 2463534242U;
	yyjson_arr_foreach(list, i, max, v) {
		json = yyjson_get_str(yyjson_obj_get(v, "json"));
		len = strlen(json);
		assert_true(len > 0 && len <= MESSAGE_MAX);
		/* no proper start of a message is one */
		k = parsed;
		for (cut = 0; cut < len; cut++)
			try((const uint8_t *)json, cut);
		assert_int_equal(parsed, k);
		try((const uint8_t *)json, len);
		assert_int_equal(parsed, k + 1);
		for (round = 0; round < ROUNDS; round++) {
			memcpy(buf, json, len);
			k = len;
			for (times = next() % 4 + 1; times > 0 && k > 1;
			    times--)
				k = mutate(buf, k);
			try(buf, k);
		}
	}
	yyjson_doc_free(doc);
	/* Both ways were really gone. */
	assert_true(parsed > 1000);
	assert_true(refused > 5000);
}

static void
test_media(void **state)
{
	struct media_packet	 mp;
	uint8_t			*p, out[64];
	size_t			 len, i;
	unsigned int		 round;
	bool			 report;

	(void)state;
	seed = 88172645U;
	for (round = 0; round < 20000; round++) {
		len = next() % 40;
		p = malloc(len == 0 ? 1 : len);
		assert_non_null(p);
		for (i = 0; i < len; i++)
			p[i] = (uint8_t)next();
		if (media_parse(p, len, &mp)) {
			assert_int_equal(media_write(out, sizeof(out), &mp),
			    (int)len);
			assert_true(media_relay_check(p, len, &report));
			assert_memory_equal(out, p, len);
		} else
			assert_false(media_relay_check(p, len, &report));
		free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_media),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
