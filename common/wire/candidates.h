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
 * Addresses of a client as seen from several relays, candidates of its own,
 * and who dials whom (wzp-protocol 7.3-7.5).
 */
#ifndef WZP_WIRE_CANDIDATES_H
#define WZP_WIRE_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/addr.h"

enum nat_class {
	NAT_UNKNOWN,
	NAT_CONE,
	NAT_SYMMETRIC_PORT,
	NAT_MULTIPLE
};

const char	*nat_class_name(enum nat_class);
/* observed[i] NULL: that probe failed. *consensus: one of the strings. */
enum nat_class	 nat_classify(const char *const *observed, size_t n,
		    const char **consensus);

/*
 * May a host offer it as its own (7.4)?  10/8, 172.16/12, 192.168/16,
 * 100.64/10; 2000::/3, fc00::/7.
 */
bool		 candidate_is_host(const struct addr *);

enum path_role {
	ROLE_NONE,		/* relay only */
	ROLE_ACCEPTOR,
	ROLE_DIALER
};

enum path_role	 path_role(const char *own_reflexive,
		    const char *peer_reflexive);
/*
 * peer_local first, then peer_direct unless listed; writes indexes as
 * pointers into the inputs, returns how many (at most max).
 */
size_t		 path_dial_order(const char *peer_direct,
		    const char *const *peer_local, size_t n,
		    const char **order, size_t max);

#endif /* WZP_WIRE_CANDIDATES_H */
