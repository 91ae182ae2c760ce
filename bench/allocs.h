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
 * What a worker has asked its allocator and the kernel for: counted by
 * bench/allocs.so (interpose.c) in a file that wzp-bench maps too.
 */
#ifndef WZP_BENCH_ALLOCS_H
#define WZP_BENCH_ALLOCS_H

#include <stdint.h>

/* Path of the file; it has to be there, as long as struct allocs. */
#define ALLOCS_ENV	"WZP_ALLOCS"

enum allocs_kind {
	ALLOCS_MALLOC,		/* and what aligns */
	ALLOCS_CALLOC,
	ALLOCS_REALLOC,
	ALLOCS_FREE,		/* but of NULL */
	ALLOCS_MMAP,		/* and munmap; not those within malloc */
	ALLOCS_KINDS
};

struct allocs {
	uint64_t	al_counts[ALLOCS_KINDS];
};

#endif /* WZP_BENCH_ALLOCS_H */
