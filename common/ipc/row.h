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
 * Rows for the control tool: a worker builds a msgpack map of scalars, and
 * controld reads it back with limits.  No nesting.
 */
#ifndef WZP_IPC_ROW_H
#define WZP_IPC_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROW_MAX		8192	/* bytes */
#define ROW_CELLS_MAX	64

struct row {
	uint8_t	row_buf[ROW_MAX];
	size_t	row_len;
	size_t	row_cells;
	bool	row_full;	/* something did not fit; it was left out */
};

void	 row_init(struct row *);
void	 row_str(struct row *, const char *name, const char *value);
void	 row_u64(struct row *, const char *name, uint64_t value);
void	 row_bool(struct row *, const char *name, bool value);

enum row_kind {
	ROW_STR,
	ROW_U64,
	ROW_BOOL
};

struct row_cell {
	const char	*name;		/* not NUL-terminated */
	size_t		 name_len;	/* 1..32 of [a-z0-9_] */
	enum row_kind	 kind;
	const char	*str;		/* valid UTF-8, not NUL-terminated */
	size_t		 str_len;
	uint64_t	 u64;
	bool		 boolean;
};

/* Number of cells, or -1: not a valid row.  Cells point into buf. */
int	 row_parse(const uint8_t *buf, size_t len, struct row_cell *,
	    size_t max);

#endif /* WZP_IPC_ROW_H */
