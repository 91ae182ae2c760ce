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
 * Mappings of our UDP port in the router at home (PCP, NAT-PMP, UPnP IGD),
 * made by a helper process of its own, because the libraries for it block and
 * speak with whoever answers.  Short lifetimes, renewed while they are wanted,
 * removed at the end.
 */
#ifndef WZP_CLIENT_PORTMAP_PORTMAP_H
#define WZP_CLIENT_PORTMAP_PORTMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/addr.h"

struct portmap;

/*
 * Before the sandbox is entered and before any secret is read: starts the
 * helper, a fork.  NULL: goes without.
 */
struct portmap	*portmap_new(void);
/* With a helper that there is, at the other end of this. */
struct portmap	*portmap_with(int fd);
/* Has the mapping removed (waits at most a second) and ends the helper. */
void		 portmap_free(struct portmap *);
/* -1: the helper has ended. */
int		 portmap_fd(const struct portmap *);
/*
 * A mapping of this port (IPv4) is wanted from now on; 0: none.  The same port
 * again: the network may be another one.
 */
void		 portmap_want(struct portmap *, uint16_t port);
/* Reads what the helper says.  true: portmap_external() has changed. */
bool		 portmap_read(struct portmap *);
/* false: there is none. */
bool		 portmap_external(const struct portmap *, struct addr *);
/* "pcp", "nat-pmp", "upnp" or "none". */
const char	*portmap_protocol(const struct portmap *);

#endif /* WZP_CLIENT_PORTMAP_PORTMAP_H */
