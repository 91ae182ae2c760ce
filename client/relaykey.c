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
 * Pins of certificates.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "client/relaykey.h"
#include "common/quic/params.h"
#include "common/wire/identity.h"

static void	 relaykey_init(struct client_event *, enum client_event_type);
static void	 relaykey_warn(struct relaykey *, const char *);

bool
relaykey_verify(struct relaykey *rk, struct quic_conn *conn,
    const uint8_t *sha256)
{
	struct client_event	 ev;
	const char		*pinned = NULL;
	char			 fp[TLS_FP_STRLEN], text[256];
	char			 address[ADDR_STRLEN];
	unsigned int		 line = 0;

	identity_tls_fp(sha256, fp);
	if (rk->rk_tls_fp[0] != '\0') {
		if (strcmp(fp, rk->rk_tls_fp) == 0)
			return (true);
		if (!rk->rk_room &&
		    strcmp(quic_conn_name(conn), QUIC_SNI_SIGNAL) != 0) {
			(void)snprintf(text, sizeof(text), "%s is not the "
			    "relay that we are registered with: not used for "
			    "media", addr_print(quic_conn_remote(conn),
			    address, sizeof(address)));
			relaykey_warn(rk, text);
			return (false);
		}
	}
	switch (pins_check(rk->rk_pins, rk->rk_name,
	    fp, &pinned, &line)) {
	case PIN_SAME:
		break;
	case PIN_NEW:
		rk->rk_new = true;
		break;
	case PIN_CHANGED:
		rk->rk_mismatch = true;
		relaykey_init(&ev, EVENT_PIN_MISMATCH);
		ev.ce_relay = rk->rk_name;
		ev.ce_tls_fp = fp;
		ev.ce_pinned = pinned;
		ev.ce_file = pins_path(rk->rk_pins);
		ev.ce_line = line;
		rk->rk_event(rk->rk_arg, &ev);
		return (false);
	}
	(void)strlcpy(rk->rk_tls_fp, fp, sizeof(rk->rk_tls_fp));
	return (true);
}

void
relaykey_established(struct relaykey *rk, struct quic_conn *conn)
{
	struct client_event	 ev;

	if (rk->rk_new) {
		rk->rk_new = false;
		relaykey_init(&ev, EVENT_PINNED);
		ev.ce_relay = rk->rk_name;
		ev.ce_tls_fp = rk->rk_tls_fp;
		ev.ce_file = pins_path(rk->rk_pins);
		if (pins_add(rk->rk_pins, rk->rk_name, rk->rk_tls_fp) == -1)
			relaykey_warn(rk, "the relay's certificate could not "
			    "be written down");
		else
			rk->rk_event(rk->rk_arg, &ev);
	}
	if (!rk->rk_connected ||
	    strcmp(quic_conn_name(conn), QUIC_SNI_SIGNAL) == 0) {
		rk->rk_connected = true;
		relaykey_init(&ev, EVENT_CONNECTED);
		ev.ce_relay = rk->rk_name;
		ev.ce_tls_fp = rk->rk_tls_fp;
		rk->rk_event(rk->rk_arg, &ev);
	}
}

static void
relaykey_init(struct client_event *ev, enum client_event_type type)
{
	memset(ev, 0, sizeof(*ev));
	ev->ce_type = type;
}

static void
relaykey_warn(struct relaykey *rk, const char *text)
{
	struct client_event	ev;

	relaykey_init(&ev, EVENT_WARNING);
	ev.ce_text = text;
	rk->rk_event(rk->rk_arg, &ev);
}
