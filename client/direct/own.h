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
 * Which of this host's addresses go into offers, answers and CallCandidates
 * (wzp-protocol 7.4).
 */
#ifndef WZP_CLIENT_DIRECT_OWN_H
#define WZP_CLIENT_DIRECT_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/direct/direct.h"
#include "common/base/addr.h"

/*
 * addrs: of this host, in the order of its interfaces.  port: of the IPv4
 * and the IPv6 socket, 0: there is none.  reflexive: as told by a relay, NULL
 * or "": not known.  mapped: where a router listens for us, or NULL.
 */
void	 own_candidates(struct direct_own *, const struct addr *addrs,
	    size_t n, const uint16_t port[2], const char *reflexive,
	    const struct addr *mapped);

#endif /* WZP_CLIENT_DIRECT_OWN_H */
