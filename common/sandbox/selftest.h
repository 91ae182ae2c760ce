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
 * The self-test: from inside a real, serving worker, one forbidden act by one
 * raw system call.  The verdict is the parent's, by the wait status.
 */
#ifndef WZP_SELFTEST_H
#define WZP_SELFTEST_H

#include <stddef.h>

#include "common/ipc/messages.h"

/* Exit statuses of selftest_run(); to be killed by SIGSYS is the best. */
#define SELFTEST_REFUSED	40	/* the kernel said no */
#define SELFTEST_ALLOWED	41	/* it worked, or got past the sandbox */
#define SELFTEST_UNKNOWN	42	/* no case of that name */

#define SELFTEST_NAME_MAX	32	/* longest name of a case, with NUL */

enum selftest_verdict {
	SELFTEST_KILLED,	/* by the filter */
	SELFTEST_DENIED,	/* exit 40 */
	SELFTEST_OPEN,		/* exit 41: the sandbox has a hole */
	SELFTEST_FAILED		/* the worker ended in any other way */
};

size_t		 selftest_count(void);
/* i < selftest_count() */
const char	*selftest_name(size_t i);
const char	*selftest_text(size_t i);	/* what it tries, for people */
/* NULL: the case applies to this role; else why it does not. */
const char	*selftest_exempt(size_t i, enum proc role);
/* The wait status of a worker that was told to run a case. */
enum selftest_verdict
		 selftest_verdict(int status);
/* "killed by SIGSYS", "refused", "ALLOWED", "no verdict: ..." */
void		 selftest_print(int status, char *out, size_t cap);

/*
 * Does it, and never returns.  udp: the worker's own socket of the shared
 * port, -1: it has none (then the channel to relayd stands in for it).
 */
void		 selftest_run(const char *name, int udp)
		    __attribute__((noreturn));
/* sandbox_enter() calls it: later nobody can ask who the parent is. */
void		 selftest_prepare(void);

#endif /* WZP_SELFTEST_H */
