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
 * Between libssl and ngtcp2: CRYPTO data, transport parameters, alerts and
 * secrets (SSL_set_quic_tls_cbs(3)).  ngtcp2_crypto_ossl has callbacks for
 * the same, but those make the contexts of 1-RTT keys, and protect.h has keys
 * that take less of all.  Its ngtcp2_crypto_ossl_ctx stays what
 * ngtcp2_crypto is asked with; what that buffers is always empty.
 */
#include "config.h"

#include <openssl/core_dispatch.h>

#include <stdlib.h>
#include <string.h>

#include "common/quic/conn.h"
#include "common/quic/protect.h"
#include "common/quic/session.h"

/*
 * Of CRYPTO data that libssl has not taken yet: a ClientHello that waits for
 * its turn, and what may come behind it.  libssl refuses larger messages.
 */
#define PENDING_MAX	65536

/* Stays where it is until libssl has released all of it. */
struct crypto_in {
	STAILQ_ENTRY(crypto_in)	 ci_entry;
	size_t			 ci_len;
	size_t			 ci_given;
	size_t			 ci_released;
	uint8_t			 ci_data[];
};

static struct quic_conn *conn_of(SSL *);
static ngtcp2_encryption_level ng_level(uint32_t);
static int	send_cb(SSL *, const unsigned char *, size_t, size_t *, void *);
static int	receive_cb(SSL *, const unsigned char **, size_t *, void *);
static int	release_cb(SSL *, size_t, void *);
static int	secret_cb(SSL *, uint32_t, int, const unsigned char *, size_t,
		    void *);
static int	params_cb(SSL *, const unsigned char *, size_t, void *);
static int	alert_cb(SSL *, unsigned char, void *);

static const OSSL_DISPATCH callbacks[] = {
	{ OSSL_FUNC_SSL_QUIC_TLS_CRYPTO_SEND, (void (*)(void))send_cb },
	{ OSSL_FUNC_SSL_QUIC_TLS_CRYPTO_RECV_RCD,
	    (void (*)(void))receive_cb },
	{ OSSL_FUNC_SSL_QUIC_TLS_CRYPTO_RELEASE_RCD,
	    (void (*)(void))release_cb },
	{ OSSL_FUNC_SSL_QUIC_TLS_YIELD_SECRET, (void (*)(void))secret_cb },
	{ OSSL_FUNC_SSL_QUIC_TLS_GOT_TRANSPORT_PARAMS,
	    (void (*)(void))params_cb },
	{ OSSL_FUNC_SSL_QUIC_TLS_ALERT, (void (*)(void))alert_cb },
	OSSL_DISPATCH_END
};

int
session_callbacks(SSL *ssl)
{
	return (SSL_set_quic_tls_cbs(ssl, callbacks, NULL) == 1 ? 0 : -1);
}

int
crypto_receive(struct quic_conn *c, const uint8_t *data, size_t len)
{
	struct crypto_in	*ci;
	size_t			 pending = len;

	if (len == 0)
		return (0);
	STAILQ_FOREACH(ci, &c->qc_crypto, ci_entry)
		pending += ci->ci_len;
	if (pending > PENDING_MAX ||
	    (ci = malloc(sizeof(*ci) + len)) == NULL)
		return (-1);
	ci->ci_len = len;
	ci->ci_given = ci->ci_released = 0;
	memcpy(ci->ci_data, data, len);
	STAILQ_INSERT_TAIL(&c->qc_crypto, ci, ci_entry);
	return (0);
}

void
crypto_clear(struct quic_conn *c)
{
	struct crypto_in	*ci;

	while ((ci = STAILQ_FIRST(&c->qc_crypto)) != NULL) {
		STAILQ_REMOVE_HEAD(&c->qc_crypto, ci_entry);
		free(ci);
	}
}

/* NULL: the session is being freed. */
static struct quic_conn *
conn_of(SSL *ssl)
{
	ngtcp2_crypto_conn_ref	*ref = SSL_get_app_data(ssl);

	return (ref == NULL ? NULL : ref->user_data);
}

static ngtcp2_encryption_level
ng_level(uint32_t level)
{
	switch (level) {
	case OSSL_RECORD_PROTECTION_LEVEL_EARLY:
		return (NGTCP2_ENCRYPTION_LEVEL_0RTT);
	case OSSL_RECORD_PROTECTION_LEVEL_HANDSHAKE:
		return (NGTCP2_ENCRYPTION_LEVEL_HANDSHAKE);
	case OSSL_RECORD_PROTECTION_LEVEL_APPLICATION:
		return (NGTCP2_ENCRYPTION_LEVEL_1RTT);
	default:
		return (NGTCP2_ENCRYPTION_LEVEL_INITIAL);
	}
}

static int
send_cb(SSL *ssl, const unsigned char *data, size_t len, size_t *taken,
    void *arg)
{
	struct quic_conn	*c = conn_of(ssl);
	int			 rv;

	(void)arg;
	if (c == NULL)
		return (1);
	if ((rv = ngtcp2_conn_submit_crypto_data(c->qc_ng, c->qc_tx_level,
	    data, len)) != 0) {
		ngtcp2_conn_set_tls_error(c->qc_ng, rv);
		return (0);
	}
	*taken = len;
	return (1);
}

static int
receive_cb(SSL *ssl, const unsigned char **data, size_t *len, void *arg)
{
	struct quic_conn	*c = conn_of(ssl);
	struct crypto_in	*ci;

	(void)arg;
	*data = NULL;
	*len = 0;
	if (c == NULL)
		return (1);
	STAILQ_FOREACH(ci, &c->qc_crypto, ci_entry) {
		if (ci->ci_given < ci->ci_len) {
			*data = ci->ci_data + ci->ci_given;
			*len = ci->ci_len - ci->ci_given;
			ci->ci_given = ci->ci_len;
			break;
		}
	}
	return (1);
}

static int
release_cb(SSL *ssl, size_t len, void *arg)
{
	struct quic_conn	*c = conn_of(ssl);
	struct crypto_in	*ci;
	size_t			 n;

	(void)arg;
	if (c == NULL)
		return (1);
	while (len > 0) {
		if ((ci = STAILQ_FIRST(&c->qc_crypto)) == NULL)
			return (0);
		n = ci->ci_given - ci->ci_released;
		if (n == 0)
			return (0);
		if (n > len)
			n = len;
		ci->ci_released += n;
		len -= n;
		if (ci->ci_released == ci->ci_len) {
			STAILQ_REMOVE_HEAD(&c->qc_crypto, ci_entry);
			free(ci);
		}
	}
	return (1);
}

/* direction: 1 sends, 0 receives. */
static int
secret_cb(SSL *ssl, uint32_t protection, int direction,
    const unsigned char *secret, size_t len, void *arg)
{
	struct quic_conn	*c = conn_of(ssl);
	ngtcp2_encryption_level	 level = ng_level(protection);
	int			 rv;

	(void)arg;
	if (c == NULL)
		return (1);
	if (level == NGTCP2_ENCRYPTION_LEVEL_1RTT)
		rv = protect_install(c->qc_ng, direction == 1,
		    c->qc_ep->ep_config.shared_ciphers, secret, len);
	else if (direction == 1)
		rv = ngtcp2_crypto_derive_and_install_tx_key(c->qc_ng, NULL,
		    NULL, NULL, level, secret, len);
	else
		rv = ngtcp2_crypto_derive_and_install_rx_key(c->qc_ng, NULL,
		    NULL, NULL, level, secret, len);
	if (rv != 0)
		return (0);
	if (direction == 1)
		c->qc_tx_level = level;
	return (1);
}

static int
params_cb(SSL *ssl, const unsigned char *params, size_t len, void *arg)
{
	struct quic_conn	*c = conn_of(ssl);
	int			 rv;

	(void)arg;
	if (c == NULL)
		return (1);
	if ((rv = ngtcp2_conn_decode_and_set_remote_transport_params(c->qc_ng,
	    params, len)) != 0) {
		ngtcp2_conn_set_tls_error(c->qc_ng, rv);
		return (0);
	}
	return (1);
}

static int
alert_cb(SSL *ssl, unsigned char alert, void *arg)
{
	struct quic_conn	*c = conn_of(ssl);

	(void)arg;
	if (c != NULL)
		ngtcp2_conn_set_tls_alert(c->qc_ng, alert);
	return (1);
}
