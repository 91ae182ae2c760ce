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
 * What the kernel says about links and addresses (rtnetlink(7)): its messages
 * and the table they make.  No socket in here.
 */
#ifndef WZP_CLIENT_NET_NETLINK_H
#define WZP_CLIENT_NET_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

#define NETLINK_LINKS_MAX	256
#define NETLINK_ADDRS_MAX	256

struct netlink_link {
	uint32_t	nl_index;
	bool		nl_usable;	/* up, with a carrier, no loopback */
	uint32_t	nl_dump;	/* the last one that had it */
};

struct netlink_addr {
	uint32_t	na_index;
	struct addr	na_addr;
	bool		na_usable;	/* not tentative, not deprecated */
	uint32_t	na_dump;
};

struct netlink_table {
	struct netlink_link	nt_links[NETLINK_LINKS_MAX];
	size_t			nt_nlinks;
	struct netlink_addr	nt_addrs[NETLINK_ADDRS_MAX];
	size_t			nt_naddrs;
	uint32_t		nt_dump;	/* the one under way */
	bool			nt_torn;	/* it was not of one moment */
};

enum netlink_verdict {
	NETLINK_MORE,
	NETLINK_DONE,		/* the dump that was asked for is complete */
	NETLINK_FAILED		/* it was refused */
};

/* A new dump begins, of links; that of addresses belongs to it. */
void	 netlink_begin(struct netlink_table *);
/* What it did not have is not there any more. */
void	 netlink_end(struct netlink_table *);
/*
 * One datagram of the kernel; seq: of the dump that was asked for.  What is
 * odd in it is skipped; from a length that cannot be on, all the rest is.
 */
enum netlink_verdict
	 netlink_parse(struct netlink_table *, uint32_t seq, const uint8_t *,
	    size_t);
/* Usable addresses of usable links, in the order of the links; port 0. */
size_t	 netlink_addresses(const struct netlink_table *, struct addr *,
	    size_t max);

#endif /* WZP_CLIENT_NET_NETLINK_H */
