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
 * TLS 1.3 session tickets (RFC 8446 4.6.1) that are sent only to who asks
 * for them (RFC 9149): the originals never do, and see no byte of it.  PSK
 * goes with (EC)DHE always, and there is no 0-RTT.
 */
#ifndef WZP_QUIC_TICKET_H
#define WZP_QUIC_TICKET_H

#include <stdbool.h>
#include <stdint.h>

/* How long a ticket is good; the key before the newest lives as long. */
#define TICKET_LIFETIME_S	86400
/*
 * Tickets got by tickets may follow the one full handshake for so long
 * (RFC 8446 4.6.1 wants some limit): then the certificate is seen anew.
 */
#define TICKET_CHAIN_S		(7 * TICKET_LIFETIME_S)
#define TICKET_KEYS		2

/* One generation, as derived from the 32 bytes that relayd drew. */
struct ticket_key {
	uint64_t	tk_generation;		/* 0: none */
	uint8_t		tk_name[16];
	uint8_t		tk_cipher[32];		/* AES-256-CBC */
	uint8_t		tk_mac[32];		/* HMAC-SHA256 */
};

/* Of one role; all zero: no tickets. */
struct ticket_keys {
	bool			tk_on;		/* resumption yes */
	struct ticket_key	tk_keys[TICKET_KEYS];	/* newest first */
};

/*
 * From now on tickets are made with this key; the one before stays good.  A
 * generation that is not newer is ignored.  -1: libcrypto failed, nothing
 * has changed.
 */
int	 ticket_keys_set(struct ticket_keys *, uint64_t generation,
	    const uint8_t key[32]);
void	 ticket_keys_wipe(struct ticket_keys *);

#endif /* WZP_QUIC_TICKET_H */
