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
 * Whether a relay is the one that it was: its certificate, compared with the
 * file of known relays and with what it showed before (wzp-protocol 1.5).
 */
#ifndef WZP_CLIENT_RELAYKEY_H
#define WZP_CLIENT_RELAYKEY_H

#include <stdbool.h>
#include <stdint.h>

#include "client/event.h"
#include "client/pins.h"
#include "common/quic/endpoint.h"

struct relaykey {
	struct pins	*rk_pins;
	const char	*rk_name;		/* key of its pin */
	bool		 rk_room;		/* any relay that has the pin */
	void		 (*rk_event)(void *, const struct client_event *);
	void		*rk_arg;
	/* The certificate that this relay showed us. */
	char		 rk_tls_fp[TLS_FP_STRLEN];
	bool		 rk_new;
	bool		 rk_mismatch;		/* the end of it all */
	bool		 rk_connected;
};

/* For ops of the endpoint, connections to the relay only. */
bool	 relaykey_verify(struct relaykey *, struct quic_conn *,
	    const uint8_t *sha256);
void	 relaykey_established(struct relaykey *, struct quic_conn *);

#endif /* WZP_CLIENT_RELAYKEY_H */
