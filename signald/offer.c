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

/* Checks and rewriting of offers and answers. */
#include "config.h"

#include <netinet/in.h>

#include <string.h>

#include "signald/offer.h"

static bool	 host_usable4(uint32_t);
static bool	 host_usable6(const uint8_t *);

bool
offer_call_id_valid(const char *id)
{
	size_t	i, len;

	len = strlen(id);
	if (len == 0 || len > OFFER_CALL_ID_MAX)
		return (false);
	if (id[0] == '-' || id[len - 1] == '-')
		return (false);
	for (i = 0; i < len; i++) {
		if (!((id[i] >= 'a' && id[i] <= 'z') ||
		    (id[i] >= '0' && id[i] <= '9') ||
		    id[i] == '_' || id[i] == '-'))
			return (false);
	}
	return (true);
}

static bool
host_usable4(uint32_t host)
{
	if (host >> 24 == 0 || host >> 24 == 127)
		return (false);
	if (host >> 16 == 0xa9fe)	/* 169.254/16 */
		return (false);
	return (host >> 28 < 0xe);	/* multicast, 240/4, broadcast */
}

static bool
host_usable6(const uint8_t *host)
{
	/* Exactly what clients may offer: 2000::/3 and fc00::/7 (7.4). */
	return ((host[0] & 0xe0) == 0x20 || (host[0] & 0xfe) == 0xfc);
}

bool
offer_address_usable(const char *text, const struct addr *observed)
{
	struct addr	addr;

	if (strlen(text) >= ADDR_STRLEN || addr_parse(&addr, text) == -1 ||
	    addr_port(&addr) == 0)
		return (false);
	if (observed->addr_len != 0 && addr_same_host(&addr, observed))
		return (true);
	switch (addr_family(&addr)) {
	case AF_INET:
		return (host_usable4(ntohl(addr.addr_u.in.sin_addr.s_addr)));
	case AF_INET6:
		return (host_usable6(addr.addr_u.in6.sin6_addr.s6_addr));
	default:
		return (false);
	}
}

void
offer_take_addresses(struct call_party *party, const char *reflexive,
    const struct sig_strings *local)
{
	size_t	i;

	party->cp_reflexive[0] = '\0';
	party->cp_nlocal = 0;
	if (reflexive != NULL &&
	    offer_address_usable(reflexive, &party->cp_addr))
		strlcpy(party->cp_reflexive, reflexive,
		    sizeof(party->cp_reflexive));
	for (i = 0; i < local->n && party->cp_nlocal < CALL_LOCAL_MAX; i++) {
		if (!offer_address_usable(local->list[i], &party->cp_addr))
			continue;
		strlcpy(party->cp_local[party->cp_nlocal++], local->list[i],
		    sizeof(party->cp_local[0]));
	}
}

void
offer_for_callee(struct signal *out, const struct signal *in,
    const uint8_t registered_pub[32])
{
	static const uint8_t		 zero[32];
	struct sig_direct_call_offer	*offer;

	*out = *in;
	out->arena = NULL;
	offer = &out->u.direct_call_offer;
	offer->caller_reflexive_addr = NULL;
	offer->caller_local_addrs.list = NULL;
	offer->caller_local_addrs.n = 0;
	if (memcmp(offer->identity_pub, zero, sizeof(zero)) != 0)
		memcpy(offer->identity_pub, registered_pub, 32);
}

void
answer_for_caller(struct signal *out, const struct signal *in)
{
	struct sig_direct_call_answer	*answer;

	*out = *in;
	out->arena = NULL;
	answer = &out->u.direct_call_answer;
	if (answer->accept_mode == ACCEPT_TRUSTED)
		return;
	answer->callee_reflexive_addr = NULL;
	answer->callee_local_addrs.list = NULL;
	answer->callee_local_addrs.n = 0;
}

void
offer_copy_alias(char *dst, size_t cap, const char *src)
{
	size_t	len;

	if (src == NULL)
		src = "";
	len = strlen(src);
	if (len >= cap) {
		len = cap - 1;
		while (len > 0 && ((unsigned char)src[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(dst, src, len);
	dst[len] = '\0';
}
