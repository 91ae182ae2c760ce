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
 * What the fuzz targets have in common: checks that abort, faults made on
 * purpose, and a reader for inputs that are scripts of several pieces.
 */
#ifndef WZP_REGRESS_FUZZ_H
#define WZP_REGRESS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libFuzzer's, or replay.c's, entry into a target. */
int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/*
 * The faults that a target can make on purpose, NULL behind the last.  Each
 * spoils at one place what the code under test gave; some input of the corpus
 * has to show it (control.sh).
 */
extern const char *const	fuzz_faults[];

/* Has this one been asked for (FUZZ_FAULT in the environment)? */
bool	fuzz_fault(const char *);

#define FUZZ_CHECK(x)	\
	((x) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #x))
void	fuzz_failed(const char *, int, const char *)
	    __attribute__((noreturn));

/* Log lines go nowhere, but are formatted; how many there were. */
void	fuzz_quiet(void);
extern unsigned int		fuzz_lines;

/*
 * What is left of an input.  Beyond its end all numbers are 0 and all pieces
 * are empty.
 */
struct fuzz_input {
	const uint8_t	*fi_p;
	size_t		 fi_len;
};

uint8_t		 fuzz_u8(struct fuzz_input *);
uint16_t	 fuzz_u16(struct fuzz_input *);
uint32_t	 fuzz_u32(struct fuzz_input *);
/* A length in two bytes and that many bytes, or what there is. */
const uint8_t	*fuzz_piece(struct fuzz_input *, size_t *len);
/*
 * The same in memory of its own, so that a read behind it is seen: to be
 * freed.
 */
uint8_t		*fuzz_copy(const uint8_t *, size_t);

#endif /* WZP_REGRESS_FUZZ_H */
