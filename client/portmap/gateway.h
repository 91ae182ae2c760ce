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
 * The IPv4 router at home: the default route of the kernel (rtnetlink(7)).
 */
#ifndef WZP_CLIENT_PORTMAP_GATEWAY_H
#define WZP_CLIENT_PORTMAP_GATEWAY_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

/* A socket for asking; -1: not on this system. */
int	 gateway_open(void);
/* -1: there is none.  port 0. */
int	 gateway_find(int fd, struct addr *);

struct gateway_best {
	struct addr	gb_addr;
	uint32_t	gb_priority;	/* less is better */
};

/* One datagram of the kernel's answer; 1: it was the last one, -1: refused. */
int	 gateway_parse(struct gateway_best *, uint32_t seq, const uint8_t *,
	    size_t);

#endif /* WZP_CLIENT_PORTMAP_GATEWAY_H */
