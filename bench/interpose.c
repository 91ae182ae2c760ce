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
 * allocs.so: preloaded into a worker, counts what it allocates (allocs.h).
 * Needs no system call once it is loaded, so no sandbox minds it.
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/allocs.h"

/* The allocator of glibc, under the names that nobody interposes. */
extern void	*__libc_malloc(size_t);
extern void	*__libc_calloc(size_t, size_t);
extern void	*__libc_realloc(void *, size_t);
extern void	*__libc_memalign(size_t, size_t);
extern void	 __libc_free(void *);

static struct allocs	 unmapped;
static struct allocs	*counts = &unmapped;

static void	begin(void) __attribute__((constructor));
static void	count(enum allocs_kind);

static void
begin(void)
{
	const char	*path;
	void		*p;
	int		 fd;

	if ((path = getenv(ALLOCS_ENV)) == NULL ||
	    (fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return;
	p = (void *)syscall(SYS_mmap, NULL, sizeof(*counts),
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
	close(fd);
	if (p != MAP_FAILED)
		counts = p;
}

static void
count(enum allocs_kind kind)
{
	(void)__atomic_fetch_add(&counts->al_counts[kind], 1,
	    __ATOMIC_RELAXED);
}

void *
malloc(size_t n)
{
	count(ALLOCS_MALLOC);
	return (__libc_malloc(n));
}

void *
calloc(size_t n, size_t size)
{
	count(ALLOCS_CALLOC);
	return (__libc_calloc(n, size));
}

void *
realloc(void *p, size_t n)
{
	count(ALLOCS_REALLOC);
	return (__libc_realloc(p, n));
}

void
free(void *p)
{
	if (p != NULL)
		count(ALLOCS_FREE);
	__libc_free(p);
}

void *
aligned_alloc(size_t align, size_t n)
{
	count(ALLOCS_MALLOC);
	return (__libc_memalign(align, n));
}

int
posix_memalign(void **p, size_t align, size_t n)
{
	count(ALLOCS_MALLOC);
	if ((*p = __libc_memalign(align, n)) == NULL)
		return (ENOMEM);
	return (0);
}

void *
mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
	count(ALLOCS_MMAP);
	return ((void *)syscall(SYS_mmap, at, n, prot, flags, fd, off));
}

int
munmap(void *at, size_t n)
{
	count(ALLOCS_MMAP);
	return ((int)syscall(SYS_munmap, at, n));
}
