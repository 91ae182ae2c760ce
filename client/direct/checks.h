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
 * Which pairs of addresses work (RFC 8445 6, 7): requests to the other's
 * candidates in rounds that the relay starts on both sides at once, paced and
 * counted; whoever is heard with a valid request becomes a candidate too (peer
 * reflexive).  Packets and time go in and come out; no socket, no clock.
 */
#ifndef WZP_CLIENT_DIRECT_CHECKS_H
#define WZP_CLIENT_DIRECT_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/wire/check.h"

#define CHECKS_REMOTE_MAX	16	/* candidates of the other */
#define CHECKS_PEER_MAX		4	/* besides: peer reflexive */
#define CHECKS_PER_PAIR		9	/* requests in a round */

struct checks_ops {
	void	(*send)(void *, unsigned int listener,
		    const struct addr *remote, const uint8_t *, size_t);
	/*
	 * A request of ours was answered: this path works in both directions.
	 * Once per pair and generation, ours and the other's.  local: of
	 * ours, by the kernel.
	 */
	void	(*valid)(void *, unsigned int listener,
		    const struct addr *local, const struct addr *remote,
		    uint64_t rtt_ns);
};

struct checks_stats {
	unsigned int	cs_sent;
	unsigned int	cs_received;	/* requests and responses, valid */
	unsigned int	cs_refused;	/* not of this call */
};

struct checks;

/* caller: of the call.  families: listeners there are (bit 0 IPv4, 1 IPv6). */
struct checks	*checks_new(const uint8_t key[CHECK_KEY_LEN], bool caller,
		    unsigned int families, const struct checks_ops *,
		    void *arg);
void		 checks_free(struct checks *);
/*
 * The other's candidates, best first; an older generation than the one known
 * is ignored, a newer one replaces all.  More than CHECKS_REMOTE_MAX are cut.
 */
void		 checks_remote(struct checks *, uint32_t generation,
		    const struct addr *, size_t n);
/* Ours from now on: goes into requests. */
void		 checks_local(struct checks *, uint32_t generation);
/* CallPunch: begins a round at this time; one that is under way ends. */
void		 checks_round(struct checks *, uint32_t round, uint64_t at);
/* A packet for which check_is() holds. */
void		 checks_receive(struct checks *, unsigned int listener,
		    const struct addr *local, const struct addr *remote,
		    const uint8_t *, size_t, uint64_t now);
/* Is it a candidate of the other, or was it heard with a valid check? */
bool		 checks_known(const struct checks *, const struct addr *);
void		 checks_expire(struct checks *, uint64_t now);
/* UINT64_MAX: nothing to do. */
uint64_t	 checks_expiry(const struct checks *);
void		 checks_stats(const struct checks *, struct checks_stats *);

#endif /* WZP_CLIENT_DIRECT_CHECKS_H */
