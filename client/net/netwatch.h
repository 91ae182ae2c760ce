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
 * The addresses of this host, now and when they change (rtnetlink(7)), over one
 * socket that is opened before the sandbox is entered.
 */
#ifndef WZP_CLIENT_NET_NETWATCH_H
#define WZP_CLIENT_NET_NETWATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/addr.h"

#define NETWATCH_MAX	32

struct netwatch;

/* NULL: there is no such socket here; the client does without. */
struct netwatch	*netwatch_new(void);
void		 netwatch_free(struct netwatch *);
int		 netwatch_fd(const struct netwatch *);
/*
 * Reads what the kernel has to say.  true: the addresses are others than
 * before (also the first time, once all are there).
 */
bool		 netwatch_read(struct netwatch *);
/* Unicast addresses of interfaces that are up, loopback left out; port 0. */
size_t		 netwatch_addresses(const struct netwatch *, struct addr *,
		    size_t max);

#endif /* WZP_CLIENT_NET_NETWATCH_H */
