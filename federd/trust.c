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
 * See trust.h.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "federd/envelope.h"
#include "federd/trust.h"

static bool	 log_known(struct trust_log *, const uint8_t[TLS_HASH_LEN]);

enum trust_verdict
trust_judge(struct peers *ps, const uint8_t own[TLS_HASH_LEN],
    const struct trust_claim *tc, struct peer **peer)
{
	uint8_t		 hash[TLS_HASH_LEN];
	struct peer	*pe;

	*peer = NULL;
	if (tc->tc_asserted == NULL) {
		if (!tc->tc_certified)
			return (TRUST_WAIT);
		memcpy(hash, tc->tc_cert, sizeof(hash));
	} else if (envelope_fp_parse(tc->tc_asserted, hash) == -1)
		return (TRUST_MALFORMED);
	else if (tc->tc_certified &&
	    memcmp(hash, tc->tc_cert, sizeof(hash)) != 0)
		return (TRUST_ANOTHER);
	if (memcmp(hash, own, sizeof(hash)) == 0)
		return (TRUST_OURSELVES);
	if ((pe = peers_fingerprint(ps, hash)) == NULL)
		return (TRUST_STRANGER);
	*peer = pe;
	if (pe->pe_down)
		return (TRUST_DOWN);
	if (tc->tc_certified)
		return (TRUST_PEER);
	if (!pe->pe_config.legacy)
		return (TRUST_NO_PROOF);
	/* Its source address is all that an original can show (gap 26). */
	if (!peers_lives_at(pe, &tc->tc_source))
		return (TRUST_ELSEWHERE);
	return (TRUST_PEER);
}

const char *
trust_text(enum trust_verdict verdict)
{
	static const char	*texts[TRUST_VERDICTS] = {
		[TRUST_PEER] = "a peer",
		[TRUST_WAIT] = "it has not said who it is",
		[TRUST_OURSELVES] = "it is this relay itself",
		[TRUST_DOWN] = "the operator wants it down",
		[TRUST_STRANGER] = "not a relay of relayd.conf",
		[TRUST_NO_PROOF] = "it shows no certificate, and its stanza "
		    "does not say legacy",
		[TRUST_ELSEWHERE] = "it shows no certificate, and comes from "
		    "another address than its stanza's",
		[TRUST_ANOTHER] = "it says that it is somebody else than its "
		    "certificate",
		[TRUST_MALFORMED] = "what it calls itself is no fingerprint"
	};

	return (texts[verdict]);
}

static bool
log_known(struct trust_log *tl, const uint8_t hash[TLS_HASH_LEN])
{
	size_t	i;

	for (i = 0; i < TRUST_LOG_LAST; i++) {
		if (memcmp(tl->tl_last[i], hash, TLS_HASH_LEN) == 0) {
			tl->tl_suppressed++;
			return (true);
		}
	}
	return (false);
}

bool
trust_line(struct trust_log *tl, enum trust_verdict verdict,
    const struct trust_claim *tc, const struct peer *pe, uint64_t now,
    char line[TRUST_LINE_MAX])
{
	char	 who[ADDR_STRLEN], host[ADDR_STRLEN], fp[TLS_FP_STRLEN];
	char	 name[16];
	uint8_t	 hash[TLS_HASH_LEN];
	bool	 stanza = verdict == TRUST_STRANGER;

	addr_print(&tc->tc_source, who, sizeof(who));
	memcpy(hash, tc->tc_cert, sizeof(hash));
	if (stanza && !tc->tc_certified &&
	    envelope_fp_parse(tc->tc_asserted, hash) == -1)
		return (false);
	if (stanza && log_known(tl, hash))
		return (false);
	if (!rate_take(&tl->tl_rate, now, 1, TRUST_LOG_BURST)) {
		tl->tl_suppressed++;
		return (false);
	}
	if (!stanza) {
		snprintf(line, TRUST_LINE_MAX, "%s refused%s%s: %s", who,
		    pe != NULL ? " as " : "",
		    pe != NULL ? pe->pe_config.name : "",
		    trust_text(verdict));
		return (true);
	}
	memcpy(tl->tl_last[tl->tl_next++ % TRUST_LOG_LAST], hash,
	    sizeof(hash));
	identity_tls_fp(hash, fp);
	snprintf(name, sizeof(name), "relay-%02x%02x%02x%02x", hash[0],
	    hash[1], hash[2], hash[3]);
	if (tc->tc_certified)
		snprintf(line, TRUST_LINE_MAX, "%s refused: %s; to have it: "
		    "peer \"%s\" { fingerprint \"%s\" }", who,
		    trust_text(verdict), name, fp);
	else
		/* An original dials from the port that it listens on (1.1). */
		snprintf(line, TRUST_LINE_MAX, "%s refused: %s; to have it, "
		    "if that is so: peer \"%s\" { address \"%s\" port %u; "
		    "fingerprint \"%s\"; legacy }", who, trust_text(verdict),
		    name, addr_print_host(&tc->tc_source, host,
		    sizeof(host)), addr_port(&tc->tc_source), fp);
	return (true);
}
