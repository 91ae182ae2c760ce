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

/* What a RegisterPresence shows about its sender. */
#include "config.h"

#include <string.h>

#include "common/wire/identity.h"
#include "signald/registration.h"

#define REGISTER_LABEL	"register-presence"

static bool	 registration_signed(const struct sig_register_presence *);

static bool
registration_signed(const struct sig_register_presence *msg)
{
	uint8_t	tbs[sizeof(REGISTER_LABEL) - 1 + 32];

	memcpy(tbs, REGISTER_LABEL, sizeof(REGISTER_LABEL) - 1);
	memcpy(tbs + sizeof(REGISTER_LABEL) - 1, msg->identity_pub, 32);
	return (identity_verify(msg->identity_pub, tbs, sizeof(tbs),
	    msg->signature.data, msg->signature.len));
}

enum registration
registration_check(const struct sig_register_presence *msg,
    const uint8_t *exporter, bool legacy_allow, const char **why)
{
	static const uint8_t	zero[32];

	*why = NULL;
	/*
	 * The key of NAT probes (7.2).  Nobody can hold it, and signatures
	 * under such a key prove nothing, so they are not looked at.
	 */
	if (memcmp(msg->identity_pub, zero, sizeof(zero)) == 0)
		return (REGISTRATION_PROBE);
	if (msg->signature.len != 0 && !registration_signed(msg)) {
		*why = "wrong signature";
		return (REGISTRATION_REFUSED);
	}
	if (msg->proof.data != NULL) {
		if (exporter == NULL || !identity_proven(exporter,
		    msg->identity_pub, NULL, msg->proof.data,
		    msg->proof.len)) {
			*why = "wrong proof";
			return (REGISTRATION_REFUSED);
		}
		return (REGISTRATION_PROVEN);
	}
	/*
	 * The old signature alone is the same on every connection: whoever
	 * saw it once can repeat it, so it does not lift a client above
	 * legacy.
	 */
	if (!legacy_allow) {
		*why = "no proof, and legacy clients are denied";
		return (REGISTRATION_REFUSED);
	}
	return (REGISTRATION_LEGACY);
}
