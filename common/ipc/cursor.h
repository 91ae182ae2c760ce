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
 * A bounded msgpack reader over bytes that a neighbour wrote.  It allocates
 * nothing, never looks behind the end, and checks every announced count and
 * length against what is left before it is believed.  The first error sticks:
 * all later reads fail too, cursor_error() says what it was.
 */
#ifndef WZP_IPC_CURSOR_H
#define WZP_IPC_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CURSOR_DEPTH_MAX	4

struct cursor {
	const uint8_t	*cu_pos;
	const uint8_t	*cu_end;
	unsigned int	 cu_depth;
	const char	*cu_error;
};

void		 cursor_init(struct cursor *, const uint8_t *, size_t);
/* Each returns 0, or -1 on a wrong type, a limit or the end of the bytes. */
int		 cursor_u64(struct cursor *, uint64_t *);
int		 cursor_bool(struct cursor *, bool *);
int		 cursor_str(struct cursor *, const char **, size_t *);
int		 cursor_bin(struct cursor *, const uint8_t **, size_t *);
/* Enters an array or map of n elements or pairs; leave after the last. */
int		 cursor_array(struct cursor *, size_t *n);
int		 cursor_map(struct cursor *, size_t *n);
void		 cursor_leave(struct cursor *);
/* First byte of what comes next, to choose by type; -1 at the end. */
int		 cursor_peek(const struct cursor *);
/* 0 when all bytes were consumed and every container was left. */
int		 cursor_end(struct cursor *);
const char	*cursor_error(const struct cursor *);

#endif /* WZP_IPC_CURSOR_H */
