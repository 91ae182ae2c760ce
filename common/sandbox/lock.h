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

/* The kernel's two filters, for sandbox.c only. */
#ifndef WZP_SANDBOX_LOCK_H
#define WZP_SANDBOX_LOCK_H

#include <stddef.h>
#include <stdint.h>

/*
 * No file system (but keep_dir, if not NULL), no TCP (but to these ports, or
 * LANDLOCK_ANY_PORT of them), no signals or abstract sockets out of here, as
 * far as this kernel knows how.
 * The ABI level in force, 0: this kernel has no Landlock, -1: it failed.
 */
#define LANDLOCK_ANY_PORT	SIZE_MAX
int	landlock_enter(const char *keep_dir, const uint16_t *ports,
	    size_t nports);

/* Only the system calls of this role from here on.  -1: it failed. */
int	seccomp_enter(unsigned int role);

#endif /* WZP_SANDBOX_LOCK_H */
