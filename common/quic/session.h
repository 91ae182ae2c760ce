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
 * One TLS session of a connection, as ngtcp2's OpenSSL glue wants it.  Only
 * for conn.c; everybody else needs tls.h alone.
 */
#ifndef WZP_QUIC_SESSION_H
#define WZP_QUIC_SESSION_H

#include <ngtcp2/ngtcp2_crypto.h>

#include <openssl/ssl.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/quic/tls.h"

struct quic_conn;
struct ticket_keys;

/*
 * ref is the session's way back to the connection (its user_data) and must
 * outlive it.  NULL: no memory, or a name that cannot be sent.
 */
SSL	*session_server(struct quic_tls *, ngtcp2_crypto_conn_ref *);
SSL	*session_client(struct quic_tls *, ngtcp2_crypto_conn_ref *,
	    const char *sni);
void	 session_free(SSL *);
/* crypto.c: what libssl calls back for QUIC; -1: it does not want to. */
int	 session_callbacks(SSL *);

/*
 * Called back while TLS runs, with ref->user_data.  conn_hello: whether the
 * connection with this name is wanted: 1, 0, or -1: not yet, TLS asks again
 * when the handshake is continued.  conn_certificate: SHA-256 of the
 * peer's certificate; it proves nothing before the handshake is complete.
 * conn_ticket: a session to dial with the next time (see ticket_offer()).
 */
int	 conn_hello(struct quic_conn *, const char *name);
void	 conn_certificate(struct quic_conn *, const uint8_t sha256[32]);
void	 conn_ticket(struct quic_conn *, const uint8_t *, size_t);

/*
 * ticket.c; these two for tls.c.  The keys stay the caller's, may change at any
 * time and must outlive the context.  -1: no memory.
 */
int	 ticket_server(SSL_CTX *, const struct ticket_keys *);
/* Ask for one ticket a connection; conn_ticket() gets it. */
int	 ticket_client(SSL_CTX *);
/*
 * Begins with a session that conn_ticket() gave once (hostile bytes: they may
 * come from a file).  false: a full handshake it is.
 */
bool	 ticket_offer(SSL *, const uint8_t *, size_t);
/*
 * SHA-256 of the certificate that the resumed session began with, for the
 * client's check of its pin.  false: not resumed, or the session has none.
 */
bool	 ticket_certificate(SSL *, uint8_t sha256[32]);

#endif /* WZP_QUIC_SESSION_H */
