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

/* Rows of an answer: collected, then printed for people or as JSON. */
#ifndef WZP_WZPCTL_OUTPUT_H
#define WZP_WZPCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The relay sends at most a thousand rows a worker. */
#define OUTPUT_ROWS_MAX		16384
#define OUTPUT_COLUMNS_MAX	64

enum output_line {
	OUTPUT_ROW,
	OUTPUT_END,
	OUTPUT_ERROR,		/* see output_error() */
	OUTPUT_BAD		/* not what a relay says, or too many */
};

struct output;

struct output	*output_new(void);
void		 output_free(struct output *);
/* One line of the answer. */
enum output_line output_line(struct output *, const char *, size_t);
/* What the relay said went wrong. */
const char	*output_error(const struct output *);
size_t		 output_rows(const struct output *);
/*
 * Several workers answer in whatever order: puts the rows in the order of
 * these cells, up to NULL; what has none of them, or the same, stays as it is.
 */
void		 output_sort(struct output *, const char *const *);
/* Takes the rows that have this cell out; NULL: none was moved. */
struct output	*output_split(struct output *, const char *);
/* And puts the rows of another one behind those there are. */
void		 output_append(struct output *, struct output *);
/* A JSON array of the rows, one a line. */
void		 output_json(const struct output *, FILE *);
/*
 * Columns: those named, or all for NULL.  Each value is made fit for a
 * terminal, whatever is in it.
 */
void		 output_table(const struct output *, const char *const *,
		    FILE *);
/* Each row as a block; times: created, answered and ended are no counters. */
void		 output_blocks(const struct output *, bool times, FILE *);

#endif /* WZP_WZPCTL_OUTPUT_H */
