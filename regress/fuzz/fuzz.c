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

/* What the fuzz targets have in common (fuzz.h). */

#include "config.h"

#include <sys/resource.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "regress/fuzz/fuzz.h"

unsigned int	fuzz_lines;

static void	count_line(enum log_level, const char *);

bool
fuzz_fault(const char *name)
{
	static const char	*wanted;
	static bool		 asked;

	if (!asked) {
		asked = true;
		wanted = getenv("FUZZ_FAULT");
	}
	return (wanted != NULL && strcmp(wanted, name) == 0);
}

void
fuzz_failed(const char *file, int line, const char *what)
{
	const struct rlimit	none = { 0, 0 };

	/* That one was made on purpose leaves no core. */
	if (getenv("FUZZ_FAULT") != NULL)
		(void)setrlimit(RLIMIT_CORE, &none);
	(void)fprintf(stderr, "fuzz: %s:%d: not true: %s\n", file, line,
	    what);
	abort();
}

static void
count_line(enum log_level level, const char *text)
{
	(void)level;
	fuzz_lines++;
	/* One line is one line (log_escape()). */
	FUZZ_CHECK(strchr(text, '\n') == NULL);
}

void
fuzz_quiet(void)
{
	static bool	done;

	if (!done)
		log_init("fuzz", count_line);
	done = true;
}

uint8_t
fuzz_u8(struct fuzz_input *in)
{
	if (in->fi_len == 0)
		return (0);
	in->fi_len--;
	return (*in->fi_p++);
}

uint16_t
fuzz_u16(struct fuzz_input *in)
{
	unsigned int	high = fuzz_u8(in);

	return ((uint16_t)(high << 8 | fuzz_u8(in)));
}

uint32_t
fuzz_u32(struct fuzz_input *in)
{
	uint32_t	high = fuzz_u16(in);

	return (high << 16 | fuzz_u16(in));
}

const uint8_t *
fuzz_piece(struct fuzz_input *in, size_t *len)
{
	const uint8_t	*p;

	*len = fuzz_u16(in);
	if (*len > in->fi_len)
		*len = in->fi_len;
	p = in->fi_p;
	in->fi_p += *len;
	in->fi_len -= *len;
	return (p);
}

uint8_t *
fuzz_copy(const uint8_t *p, size_t len)
{
	uint8_t	*copy;

	if ((copy = malloc(len == 0 ? 1 : len)) == NULL)
		abort();
	if (len > 0)
		memcpy(copy, p, len);
	return (copy);
}
