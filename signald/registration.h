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
 * Who may register (wzp-protocol 5.3, gaps 2 and 13): what the message itself
 * shows.  A pure function; whether the fingerprint ever proved itself, which
 * only the registry knows, is asked afterwards.
 */
#ifndef WZP_SIGNALD_REGISTRATION_H
#define WZP_SIGNALD_REGISTRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/wire/signal.h"

enum registration {
	REGISTRATION_REFUSED,	/* closed without an ack */
	REGISTRATION_PROVEN,	/* holds the key, shown on this connection */
	REGISTRATION_LEGACY,	/* only if that fingerprint never proved */
	REGISTRATION_PROBE	/* all-zero key: ack, but no hub entry */
};

/* exporter: 32 bytes of this connection, or NULL.  *why: for the log. */
enum registration
	registration_check(const struct sig_register_presence *,
	    const uint8_t *exporter, bool legacy_allow, const char **why);

#endif /* WZP_SIGNALD_REGISTRATION_H */
