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
 * Fuzz target: signals.  What parses prints, and that parses again to the
 * same print; the parser leaves its input alone and says why it refuses.
 *
 * COVERS: fuzzing - signals: corpus of the target
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/wire/signal.h"
#include "regress/fuzz/fuzz.h"

const char *const	fuzz_faults[] = { "print", "reason", "trailer",
			    NULL };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char	 first[SIGNAL_MAX + 1], second[SIGNAL_MAX + 1];
	static uint8_t	 more[SIGNAL_MAX + 1];
	struct signal	*s;
	const char	*why = NULL;
	uint8_t		*copy;
	int		 n, m;

	copy = fuzz_copy(data, len);
	s = signal_parse(copy, len, &why);
	FUZZ_CHECK(len == 0 || memcmp(copy, data, len) == 0);
	memset(copy, 0xa5, len);	/* nothing may point into it */
	if (fuzz_fault("reason") && s == NULL)
		why = NULL;
	FUZZ_CHECK((s == NULL) == (why != NULL));
	if (s == NULL) {
		free(copy);
		return (0);
	}
	FUZZ_CHECK(len <= SIGNAL_MAX);
	FUZZ_CHECK(s->type > 0 && s->type < SIGNAL_TYPE_MAX);
	/*
	 * It can be longer than what came: numbers and lists as the original
	 * prints them.
	 */
	n = signal_print(s, first, sizeof(first));
	signal_free(s);
	free(copy);
	if (n == -1) {
		FUZZ_CHECK(len > SIGNAL_MAX / 8);
		return (0);
	}
	FUZZ_CHECK(n > 0 && n <= SIGNAL_MAX && first[n] == '\0');
	FUZZ_CHECK(strlen(first) == (size_t)n);
	FUZZ_CHECK(memchr(first, '\n', (size_t)n) == NULL);
	s = signal_parse((const uint8_t *)first, (size_t)n, &why);
	FUZZ_CHECK(s != NULL);
	m = signal_print(s, second, sizeof(second));
	if (fuzz_fault("print"))
		second[m / 2] ^= 1;
	FUZZ_CHECK(m == n && memcmp(first, second, (size_t)n) == 0);
	/* In one byte less it does not fit, and says so. */
	FUZZ_CHECK(signal_print(s, second, (size_t)n) == -1);
	FUZZ_CHECK(signal_print(s, second, (size_t)n + 1) == n);
	signal_free(s);
	/* Exact consumption: neither more nor less. */
	FUZZ_CHECK(signal_parse((const uint8_t *)first, (size_t)n - 1,
	    NULL) == NULL);
	memcpy(more, first, (size_t)n);
	more[n] = '}';
	FUZZ_CHECK(fuzz_fault("trailer") !=
	    (signal_parse(more, (size_t)n + 1, NULL) == NULL));
	return (0);
}
