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
 * The users of the workers, and the directories they need, checked before
 * anything is started.
 */
#ifndef WZP_RELAYD_USERS_H
#define WZP_RELAYD_USERS_H

#include <stdbool.h>

#include "common/sandbox/sandbox.h"
#include "relayd/conf.h"

/*
 * As root: looks up the user of every worker that is wanted and checks the
 * chroot directory.  As another user: that user for all, no chroot.  -1:
 * logged what is missing, with the commands that create it.
 */
int	users_resolve(const struct config *,
	    struct sandbox_identity ids[PROC_MAX]);
/* The database's directory exists, for its owner only. */
int	users_database_directory(const struct config *,
	    const struct sandbox_identity *registryd);

#endif /* WZP_RELAYD_USERS_H */
