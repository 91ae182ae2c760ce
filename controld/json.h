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

/* JSON objects of one line, written into a buffer of fixed size. */
#ifndef WZP_CONTROLD_JSON_H
#define WZP_CONTROLD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/row.h"

/* A row has at most ROW_MAX bytes, each of which takes at most six. */
#define JSON_LINE_MAX	(ROW_MAX * 6 + ROW_CELLS_MAX * 16)

struct json {
	char	js_text[JSON_LINE_MAX];
	size_t	js_len;
	bool	js_comma;
	bool	js_full;	/* something did not fit: no valid text */
};

void	 json_begin(struct json *);			/* { */
void	 json_str(struct json *, const char *name, size_t name_len,
	    const char *, size_t);
void	 json_u64(struct json *, const char *name, size_t name_len, uint64_t);
void	 json_null(struct json *, const char *name, size_t name_len);
void	 json_bool(struct json *, const char *name, size_t name_len, bool);
void	 json_cell(struct json *, const struct row_cell *);
void	 json_end(struct json *);			/* } and newline */

#endif /* WZP_CONTROLD_JSON_H */
