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

/* Starting the executable of a worker. */
#ifndef WZP_RELAYD_SPAWN_H
#define WZP_RELAYD_SPAWN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "common/ipc/messages.h"

/*
 * Where a worker's executable is: DIR/NAME, or DIR/NAME/NAME when DIR is a
 * build tree.  -1, logged: nowhere.
 */
int	spawn_find(const char *libexec, const char *name, char *path,
	    size_t cap);
/*
 * fork(2) and execve(2), the channel as descriptor 3 and nothing else open.
 * The caller keeps and closes its fd.  -1 and errno.
 */
pid_t	spawn_worker(const char *path, enum proc role, unsigned int instance,
	    int fd, bool keep_stderr);

#endif /* WZP_RELAYD_SPAWN_H */
