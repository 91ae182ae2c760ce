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
 * What several relays see of us, asked through the one socket that carries
 * everything else, and what that says of the NAT in between (wzp-protocol
 * 7.2, 7.3).  Relays are not pinned here: nothing secret is sent, the key that
 * registers is all zero, and a relay that lies could do so anyway.
 */
#ifndef WZP_CLIENT_NATPROBE_H
#define WZP_CLIENT_NATPROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/link.h"
#include "common/base/addr.h"
#include "common/wire/candidates.h"

#define NATPROBE_MAX		16	/* relays */

struct natprobe_result {
	struct addr	nr_relay;
	bool		nr_ok;
	char		nr_observed[ADDR_STRLEN];	/* ok: as it came */
	char		nr_error[128];			/* else: for people */
	double		nr_rtt_ms;			/* ok */
};

struct natprobe_ops {
	/*
	 * All have answered or their time is over; results in the order of
	 * the relays, valid until natprobe_free().  consensus: the address
	 * that all agree on (NAT_CONE), or NULL.
	 */
	void	(*done)(void *, const struct natprobe_result *, size_t n,
		    enum nat_class, const char *consensus);
};

struct natprobe;

/* NULL: none or more than NATPROBE_MAX relays (EINVAL), ENOMEM. */
struct natprobe	*natprobe_new(struct link_shared *, const struct addr *relays,
		    size_t n, const struct natprobe_ops *, void *arg);
/* Nothing is called back any more. */
void		 natprobe_free(struct natprobe *);
void		 natprobe_start(struct natprobe *);
void		 natprobe_expire(struct natprobe *);
/* UINT64_MAX: none. */
uint64_t	 natprobe_expiry(const struct natprobe *);

#endif /* WZP_CLIENT_NATPROBE_H */
