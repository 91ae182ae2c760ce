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
 * Where this client is: the addresses of its host, what its relay sees
 * (wzp-protocol 7.1), what a router at home maps; and when the relay is to be
 * asked.
 */
#ifndef WZP_CLIENT_DIRECT_WHERE_H
#define WZP_CLIENT_DIRECT_WHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/direct/direct.h"
#include "client/net/netwatch.h"
#include "common/base/addr.h"

struct where {
	uint16_t		wh_port[2];	/* by listener; 0: none */
	struct addr		wh_addrs[NETWATCH_MAX];
	size_t			wh_naddrs;
	struct addr		wh_mapped;	/* addr_len 0: not */
	char			wh_reflexive[ADDR_STRLEN];
	bool			wh_asking;
	uint64_t		wh_asked_until;	/* while asking */
	unsigned int		wh_times;	/* asked since the host moved */
	uint64_t		wh_ask_at;	/* UINT64_MAX: not */
	struct direct_own	wh_own;		/* of all this */
};

void	 where_init(struct where *, const uint16_t port[2]);
/* These return whether wh_own is another one now. */
bool	 where_addresses(struct where *, const struct addr *, size_t n);
bool	 where_mapped(struct where *, const struct addr *);
bool	 where_answered(struct where *, const char *observed);
/*
 * The relay is to be asked: at once and, because it sees us at the new place
 * only once that is validated, some times more.
 */
void	 where_ask(struct where *, uint64_t now);
/* It is time for it.  To be called whenever where_expiry() has come. */
bool	 where_due(struct where *, uint64_t now);
/* Reflect is on its way; an answer is waited for a second. */
void	 where_asked(struct where *, uint64_t now);
/* There will be none. */
void	 where_forget(struct where *);
/* An answer is still to be waited for. */
bool	 where_asking(struct where *, uint64_t now);
uint64_t where_expiry(const struct where *);

#endif /* WZP_CLIENT_DIRECT_WHERE_H */
