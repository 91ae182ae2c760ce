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

#include "common/wire/candidates.h"
#include "signald/offer.h"

static bool	 host_usable4(uint32_t);
static bool	 address_usable(const struct addr *,
		    const struct offer_rules *);

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
address_usable(const struct addr *addr, const struct offer_rules *rules)
{
	const struct addr	*observed = &rules->or_observed;
	bool			 seen;
	size_t			 i;

	if (addr_port(addr) == 0)
		return (false);
	seen = observed->addr_len != 0 && addr_same_host(addr, observed);
	if (seen && !rules->or_strict)
		return (true);
	for (i = 0; (rules->or_strict || rules->or_remote) &&
	    i < rules->or_nown; i++) {
		if (addr_equal(addr, &rules->or_own[i]))
			return (false);
	}
	if (addr_family(addr) == AF_INET6)
		return (candidate_is_host(addr));
	if (!host_usable4(ntohl(addr->addr_u.in.sin_addr.s_addr)))
		return (false);
	return (!rules->or_strict || seen || candidate_is_host(addr));
}

bool
offer_address_usable(const char *text, const struct offer_rules *rules)
{
	struct addr	addr;

	return (strlen(text) < ADDR_STRLEN && addr_parse(&addr, text) == 0 &&
	    address_usable(&addr, rules));
}

void
offer_take_addresses(struct call_party *party, const struct offer_rules *rules,
    const char *reflexive, const struct sig_strings *local)
{
	size_t	i;

	party->cp_reflexive[0] = '\0';
	party->cp_nlocal = 0;
	if (reflexive != NULL && offer_address_usable(reflexive, rules))
		strlcpy(party->cp_reflexive, reflexive,
		    sizeof(party->cp_reflexive));
	for (i = 0; i < local->n && party->cp_nlocal < CALL_LOCAL_MAX; i++) {
		if (!offer_address_usable(local->list[i], rules))
			continue;
		strlcpy(party->cp_local[party->cp_nlocal++], local->list[i],
		    sizeof(party->cp_local[0]));
	}
}

size_t
offer_take_candidates(const struct offer_rules *rules,
    const struct sig_strings *from, const char **list, size_t max,
    size_t *left)
{
	struct addr	seen[OFFER_CANDIDATES_MAX];
	size_t		i, j, n = 0;

	if (max > OFFER_CANDIDATES_MAX)
		max = OFFER_CANDIDATES_MAX;
	for (i = 0; i < from->n && n < max; i++) {
		if (strlen(from->list[i]) >= ADDR_STRLEN ||
		    addr_parse(&seen[n], from->list[i]) == -1 ||
		    !address_usable(&seen[n], rules))
			continue;
		for (j = 0; j < n; j++) {
			if (addr_equal(&seen[j], &seen[n]))
				break;
		}
		if (j == n)
			list[n++] = from->list[i];
	}
	*left = from->n - n;
	return (n);
}

void
offer_for_relay(struct signal *out, const struct signal *in,
    const uint8_t registered_pub[32])
{
	static const uint8_t		 zero[32];
	struct sig_direct_call_offer	*offer;

	*out = *in;
	out->arena = NULL;
	offer = &out->u.direct_call_offer;
	/* What relays tell each other is no client's word. */
	offer->caller_features.list = NULL;
	offer->caller_features.n = 0;
	if (memcmp(offer->identity_pub, zero, sizeof(zero)) != 0)
		memmove(offer->identity_pub, registered_pub, 32);
}

void
offer_for_callee(struct signal *out, const struct signal *in,
    const uint8_t registered_pub[32])
{
	struct sig_direct_call_offer	*offer;

	offer_for_relay(out, in, registered_pub);
	offer = &out->u.direct_call_offer;
	offer->caller_reflexive_addr = NULL;
	offer->caller_local_addrs.list = NULL;
	offer->caller_local_addrs.n = 0;
}

void
answer_for_caller(struct signal *out, const struct signal *in)
{
	struct sig_direct_call_answer	*answer;

	*out = *in;
	out->arena = NULL;
	answer = &out->u.direct_call_answer;
	answer->callee_features.list = NULL;
	answer->callee_features.n = 0;
	if (answer->accept_mode == ACCEPT_TRUSTED)
		return;
	answer->callee_reflexive_addr = NULL;
	answer->callee_local_addrs.list = NULL;
	answer->callee_local_addrs.n = 0;
}
