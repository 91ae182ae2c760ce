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
 * The sandbox of a role: identity and root, resource limits, no_new_privs,
 * Landlock, seccomp, in this order (doc/PRIVSEP).
 */
#ifndef WZP_SANDBOX_H
#define WZP_SANDBOX_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

/* The client is a role of its own besides the daemons, its helper another. */
#define SANDBOX_CLIENT	PROC_MAX
#define SANDBOX_PORTMAP	(PROC_MAX + 1)

struct sandbox_identity {
	bool	 sid_switch;	/* root: chroot and change ids */
	uid_t	 sid_uid;
	gid_t	 sid_gid;
	char	 sid_root[256];	/* directory to chroot to */
};

#define SANDBOX_PORTS_MAX	4

/*
 * Locks this process into what role may do, for good.  keep_dir is the one
 * directory (with its files) that registryd may still write, else NULL; it
 * becomes the root (as root) or the working directory.
 * Writes one line of what is really in force, e.g.
 * "chroot uid=960 rlimit nnp landlock=7 seccomp".  -1: could not (fatal).
 */
int	 sandbox_enter(unsigned int role, const struct sandbox_identity *,
	    const char *keep_dir, char *in_force, size_t cap);

/*
 * Before sandbox_enter(): lookupd will connect by TCP to this port, and to no
 * other that was not named.  -1: too many.
 */
int	 sandbox_port(uint16_t port);

#endif /* WZP_SANDBOX_H */
