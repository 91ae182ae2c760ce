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

/* A mapping by NAT-PMP (RFC 6886), with libnatpmp. */

#include "config.h"

#include <sys/types.h>
#include <sys/time.h>

#include <natpmp.h>
#include <string.h>

#include "client/portmap/portmap_helper.h"
#include "common/base/clock.h"

static bool	 answer(natpmp_t *, uint64_t, uint16_t, natpmpresp_t *);

/*
 * The library repeats its request when asked to read; the longest it would
 * go on is ours to say.
 */
static bool
answer(natpmp_t *n, uint64_t limit, uint16_t type, natpmpresp_t *resp)
{
	struct timeval	tv;
	uint64_t	until;
	int		error;

	for (;;) {
		if (getnatpmprequesttimeout(n, &tv) != 0)
			return (false);
		until = clock_mono_ns();
		if (tv.tv_sec >= 0)
			until += (uint64_t)tv.tv_sec * NS_PER_S +
			    (uint64_t)tv.tv_usec * 1000;
		if (until > limit)
			until = limit;
		(void)portmap_wait(n->s, until);
		if (clock_mono_ns() >= limit)
			return (false);
		error = readnatpmpresponseorretry(n, resp);
		if (error == NATPMP_TRYAGAIN)
			continue;
		if (error != 0)
			return (false);
		if (resp->type == type)
			return (true);
	}
}

bool
natpmp_map(struct portmap_lease *pl, uint64_t limit)
{
	struct addr	external;
	natpmpresp_t	resp;
	natpmp_t	n;
	bool		ok = false;

	memset(&n, 0, sizeof(n));
	if (initnatpmp(&n, 1, pl->pl_gateway.addr_u.in.sin_addr.s_addr) != 0)
		goto done;
	memset(&resp, 0, sizeof(resp));
	if (sendpublicaddressrequest(&n) < 0 ||
	    !answer(&n, limit, NATPMP_RESPTYPE_PUBLICADDRESS, &resp))
		goto done;
	memset(&external, 0, sizeof(external));
	external.addr_u.in.sin_family = AF_INET;
	external.addr_u.in.sin_addr = resp.pnu.publicaddress.addr;
	external.addr_len = sizeof(external.addr_u.in);

	memset(&resp, 0, sizeof(resp));
	if (sendnewportmappingrequest(&n, NATPMP_PROTOCOL_UDP, pl->pl_port,
	    addr_port(&pl->pl_external) != 0 ? addr_port(&pl->pl_external) :
	    pl->pl_port, PORTMAP_LIFETIME) < 0 ||
	    !answer(&n, limit, NATPMP_RESPTYPE_UDPPORTMAPPING, &resp) ||
	    resp.pnu.newportmapping.privateport != pl->pl_port)
		goto done;
	addr_set_port(&external, resp.pnu.newportmapping.mappedpublicport);
	pl->pl_external = external;
	pl->pl_lifetime = resp.pnu.newportmapping.lifetime;
	ok = true;
done:
	(void)closenatpmp(&n);
	return (ok);
}

void
natpmp_unmap(struct portmap_lease *pl, uint64_t limit)
{
	natpmpresp_t	resp;
	natpmp_t	n;

	memset(&n, 0, sizeof(n));
	if (initnatpmp(&n, 1,
	    pl->pl_gateway.addr_u.in.sin_addr.s_addr) == 0 &&
	    sendnewportmappingrequest(&n, NATPMP_PROTOCOL_UDP, pl->pl_port, 0,
	    0) >= 0)
		(void)answer(&n, limit, NATPMP_RESPTYPE_UDPPORTMAPPING,
		    &resp);
	(void)closenatpmp(&n);
}
