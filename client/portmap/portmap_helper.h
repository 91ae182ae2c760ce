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
 * The helper of a client that asks the router at home for a mapping.  Not for
 * others than portmap.c and the helper's own parts.
 */
#ifndef WZP_CLIENT_PORTMAP_PORTMAP_HELPER_H
#define WZP_CLIENT_PORTMAP_PORTMAP_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/portmap/portmap_wire.h"

/*
 * Seconds that are asked for.  Short: a router that never hears of our end
 * forgets us soon.  What a router grants is believed within these limits.
 */
#define PORTMAP_LIFETIME	300
#define PORTMAP_LIFETIME_MIN	120
#define PORTMAP_LIFETIME_MAX	600

#define PORTMAP_URL_MAX		256
#define PORTMAP_SERVICE_MAX	128

struct portmap_lease {
	enum portmap_protocol	 pl_protocol;
	struct addr		 pl_gateway;	/* port 0 */
	struct addr		 pl_self;	/* our side towards it */
	uint16_t		 pl_port;	/* ours */
	struct addr		 pl_external;
	uint32_t		 pl_lifetime;	/* seconds */
	/* PCP (RFC 6887 11.1, 8.5) */
	uint8_t			 pl_nonce[12];
	uint32_t		 pl_epoch;
	uint64_t		 pl_epoch_at;	/* ns; 0: no epoch known */
	/* UPnP */
	char			 pl_url[PORTMAP_URL_MAX];
	char			 pl_service[PORTMAP_SERVICE_MAX];
};

/* Runs the helper; does not return.  fd: its end of the pair. */
void	 portmap_helper(int fd) __attribute__((noreturn));

/* Waits until fd can be read.  false: the time (ns) has come. */
bool	 portmap_wait(int fd, uint64_t until);

/*
 * Makes or renews the lease, which says for what, before the limit, a time
 * (ns); fills in the rest.  Not broken off when the client ends: what the
 * router may have done could not be taken back then.
 */
bool	 pcp_map(struct portmap_lease *, uint64_t limit);
bool	 natpmp_map(struct portmap_lease *, uint64_t limit);
bool	 upnp_map(struct portmap_lease *, uint64_t limit);
/* Takes it back, waiting for the answer no longer than until limit. */
void	 pcp_unmap(struct portmap_lease *, uint64_t limit);
void	 natpmp_unmap(struct portmap_lease *, uint64_t limit);
void	 upnp_unmap(struct portmap_lease *, uint64_t limit);

#endif /* WZP_CLIENT_PORTMAP_PORTMAP_HELPER_H */
