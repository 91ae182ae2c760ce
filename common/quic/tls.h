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
 * TLS settings of an endpoint: ALPN "wzp", TLS 1.3 only.  A server's private
 * key is elsewhere: each CertificateVerify goes to the signer, through a
 * small OpenSSL provider that holds only the public key (doc/PRIVSEP).
 */
#ifndef WZP_QUIC_TLS_H
#define WZP_QUIC_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quic_tls;
struct ticket_keys;

/*
 * Signs tbs (130 or 146 bytes, RFC 8446 4.4.3) with the Ed25519 key of the
 * certificate.  -1: refused or away; that handshake fails, nothing else.
 */
typedef int quic_signer(void *arg, const uint8_t *tbs, size_t len,
    uint8_t sig[64]);

/* First line of main: no host openssl.cnf, providers loaded.  -1: fatal. */
int		 quic_tls_init(void);
void		 quic_tls_fini(void);
/* cert: DER of an Ed25519 certificate. */
struct quic_tls	*quic_tls_server(const uint8_t *cert, size_t len,
		    quic_signer *, void *arg);
/*
 * From now on the server asks clients that name sni (lower case) for a
 * certificate.  Who has none is let in all the same; who shows one has proved
 * that he holds its key, and quic_conn_peer_certificate() says which it is.
 */
void		 quic_tls_request_certificate(struct quic_tls *,
		    const char *sni);
/*
 * Who asks for a session ticket (RFC 9149) gets one and may resume with it;
 * nobody else sees a difference.  The keys stay the caller's, may change at any
 * time and must outlive the context.  -1: no memory.
 */
int		 quic_tls_tickets(struct quic_tls *,
		    const struct ticket_keys *);
/* A client that asks for tickets: ops->ticket gets them.  -1: no memory. */
int		 quic_tls_ask_tickets(struct quic_tls *);
/* Verifies CertificateVerify always; the certificate itself by ops->verify. */
struct quic_tls	*quic_tls_client(bool as_original);
/* The same with a certificate of its own, for servers that ask for one. */
struct quic_tls	*quic_tls_client_certified(const uint8_t *cert, size_t len,
		    quic_signer *, void *arg);
void		 quic_tls_free(struct quic_tls *);

#endif /* WZP_QUIC_TLS_H */
