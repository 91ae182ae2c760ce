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
 * The Port Control Protocol's MAP (RFC 6887): packets to bytes and back.
 */
#ifndef WZP_CLIENT_PORTMAP_PCP_H
#define WZP_CLIENT_PORTMAP_PCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

#define PCP_PORT	5351
#define PCP_NONCE_LEN	12
#define PCP_MAP_LEN	60
#define PCP_PACKET_MAX	1100	/* RFC 6887 7 */

struct pcp_map {
	uint8_t		pm_nonce[PCP_NONCE_LEN];
	struct addr	pm_client;	/* our IPv4 address */
	uint16_t	pm_port;	/* our UDP port */
	struct addr	pm_external;	/* asked for (or none); given */
	uint32_t	pm_lifetime;	/* seconds; 0: take it back */
	uint32_t	pm_epoch;	/* of the server; only in answers */
};

enum pcp_answer {
	PCP_MAPPED,
	PCP_IGNORED,	/* not an answer to this request */
	PCP_REFUSED,	/* an error, also: another version */
};

void	 pcp_put_map(uint8_t[PCP_MAP_LEN], const struct pcp_map *);
/* For the request m; PCP_MAPPED changes external, lifetime, epoch. */
enum pcp_answer
	 pcp_get_map(const uint8_t *, size_t, struct pcp_map *m);
/*
 * Did the server keep its state between two answers (8.5)?  Times of ours in
 * seconds.
 */
bool	 pcp_epoch_valid(uint32_t before, uint32_t now, uint64_t our_before,
	    uint64_t our_now);

#endif /* WZP_CLIENT_PORTMAP_PCP_H */
