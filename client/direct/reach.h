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
 * Addresses that the other client names: hostile text, filtered and put in the
 * order in which they are worth trying.
 */
#ifndef WZP_CLIENT_DIRECT_REACH_H
#define WZP_CLIENT_DIRECT_REACH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/addr.h"

/* Better first. */
enum reach_class {
	REACH_LAN,	/* private: of a network that both are in */
	REACH_IPV6,	/* no NAT between */
	REACH_PUBLIC
};

enum reach_class
		reach_class(const struct addr *);
/*
 * Can a peer be there at all (not multicast, port 0 ...)?  local: on this host,
 * because the relay sees us there.
 */
bool		reach_usable(const struct addr *, bool local);
/*
 * Adds what text says to a list of *n of at most max, behind those of its
 * class; false: it is no address, not usable, listed already, or there is no
 * room.
 */
bool		reach_add(struct addr *, size_t *n, size_t max,
		    const char *text, bool local);
bool		reach_listed(const struct addr *, size_t,
		    const struct addr *);

#endif /* WZP_CLIENT_DIRECT_REACH_H */
