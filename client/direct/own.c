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
 * Our own candidates.
 */

#include "config.h"

#include <netinet/in.h>

#include <string.h>

#include "client/direct/own.h"
#include "common/wire/candidates.h"

static bool	 own_usable(const struct addr *, const uint16_t[2]);
static void	 own_add(struct direct_own *, const struct addr *, uint16_t);

/* Offered, and there is a socket where it is heard. */
static bool
own_usable(const struct addr *a, const uint16_t port[2])
{
	return (candidate_is_host(a) && port[addr_family(a) == AF_INET6] != 0);
}

/* In the text of 7.1, once. */
static void
own_add(struct direct_own *own, const struct addr *host, uint16_t port)
{
	char		text[ADDR_STRLEN];
	struct addr	a = *host;
	size_t		i;

	if (own->do_nlocal == DIRECT_CANDIDATES_MAX)
		return;
	addr_set_port(&a, port);
	addr_print(&a, text, sizeof(text));
	for (i = 0; i < own->do_nlocal; i++)
		if (strcmp(own->do_local[i], text) == 0)
			return;
	(void)strlcpy(own->do_local[own->do_nlocal++], text,
	    sizeof(own->do_local[0]));
}

void
own_candidates(struct direct_own *own, const struct addr *addrs, size_t n,
    const uint16_t port[2], const char *reflexive, const struct addr *mapped)
{
	size_t	count[2] = { 0, 0 }, quota[2], room, i;
	bool	v6;

	memset(own, 0, sizeof(*own));
	if (reflexive != NULL && strlcpy(own->do_reflexive, reflexive,
	    sizeof(own->do_reflexive)) >= sizeof(own->do_reflexive))
		own->do_reflexive[0] = '\0';
	if (mapped != NULL && addr_family(mapped) != AF_INET)
		mapped = NULL;

	/*
	 * The original has no limit; relays of ours have.  The mapped address
	 * has its place, and a host with many addresses of one family leaves
	 * the other its half.
	 */
	room = DIRECT_CANDIDATES_MAX - (mapped != NULL ? 1 : 0);
	for (i = 0; i < n; i++)
		if (own_usable(&addrs[i], port))
			count[addr_family(&addrs[i]) == AF_INET6]++;
	quota[0] = count[1] < room / 2 ? room - count[1] : room - room / 2;
	quota[1] = count[0] < room - room / 2 ? room - count[0] : room / 2;
	for (i = 0; i < n; i++) {
		if (!own_usable(&addrs[i], port))
			continue;
		v6 = addr_family(&addrs[i]) == AF_INET6;
		if (quota[v6] == 0)
			continue;
		quota[v6]--;
		own_add(own, &addrs[i], port[v6]);
	}
	if (mapped != NULL)
		own_add(own, mapped, addr_port(mapped));
}
