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
 * First flights in the making: the datagrams of clients whose ClientHello is
 * not complete yet.  Whoever sends Initial packets costs us this memory
 * without having shown that his address is his, so there is a limit on the
 * whole, one per source prefix, and a short time-out.
 */
#ifndef WZP_DOORD_REASSEMBLY_H
#define WZP_DOORD_REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/quic/initial.h"

#define REASSEMBLY_MAX		1024
/* Of one IPv4 /24 or IPv6 /64; of an address and port that is checked. */
#define REASSEMBLY_PER_SOURCE	16
#define REASSEMBLY_MS		3000
#define REASSEMBLY_DATAGRAM_MAX	2048

/* A datagram as it came. */
struct door_datagram {
	unsigned int	 dd_listener;
	struct addr	 dd_local;
	struct addr	 dd_remote;
	uint8_t		 dd_ecn;
	bool		 dd_checked;	/* the remote address is */
	const uint8_t	*dd_data;
	size_t		 dd_len;
};

enum reassembly_verdict {
	REASSEMBLY_MORE,	/* kept; waits for the next one */
	REASSEMBLY_COMPLETE,	/* see struct reassembly_hello */
	REASSEMBLY_BAD,		/* not a first flight: dropped */
	REASSEMBLY_FULL,	/* no memory */
	REASSEMBLY_SOURCE	/* no room for this source */
};

/* Valid until the next call. */
struct reassembly_hello {
	char			rh_name[QUIC_SNI_MAX];	/* "": no TLS name */
	bool			rh_alpn_ok;
	/* All of it, the datagram with the first byte in front. */
	struct door_datagram	rh_datagrams[INITIAL_DATAGRAMS_MAX];
	size_t			rh_count;
	/* The oldest of all made room, so that a flood shuts nobody out. */
	bool			rh_evicted;
};

struct reassembly;

struct reassembly
	*reassembly_new(void);
void	 reassembly_free(struct reassembly *);
/* dcid: of the datagram, which is an Initial (initial_dcid()). */
enum reassembly_verdict
	 reassembly_feed(struct reassembly *, const struct door_datagram *,
	    const uint8_t *dcid, size_t dcid_len, uint64_t now,
	    struct reassembly_hello *);
/* Has something of this flight come? */
bool	 reassembly_has(const struct reassembly *, const uint8_t *dcid,
	    size_t dcid_len);
/* Forgets what is too old; number of entries forgotten. */
size_t	 reassembly_expire(struct reassembly *, uint64_t now);
size_t	 reassembly_count(const struct reassembly *);

#endif /* WZP_DOORD_REASSEMBLY_H */
