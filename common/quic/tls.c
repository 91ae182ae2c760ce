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
 * TLS for both roles (tls.h): contexts, and sessions made from them.
 */
#include "config.h"

#include <ngtcp2/ngtcp2_crypto_ossl.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/quic/params.h"
#include "common/quic/protect.h"
#include "common/quic/remotekey.h"
#include "common/quic/session.h"
#include "common/quic/sni.h"

/*
 * AES-128 first: half the key schedule of AES-256 on a relay's hot path and
 * nothing lost.  A client that lists ChaCha20 first gets it (it has no AES
 * instructions).
 */
#define CIPHERS		"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:" \
			"TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS_SERVER	"X25519MLKEM768:X25519:P-256:P-384"
/*
 * '*' is a group whose share goes into the first ClientHello.  Without the
 * second share each server that lacks ML-KEM, so every original, would
 * cost a HelloRetryRequest.
 */
#define GROUPS_CLIENT	"*X25519MLKEM768:*X25519:P-256:P-384"
#define GROUPS_ORIGINAL	"*X25519:P-256:P-384"

/*
 * Of clients that are asked for a certificate.  Relays have Ed25519 keys
 * (wzp-protocol 1.5); P-256 is there so that no client finds the list empty
 * of what it knows.  A certificate is a few hundred bytes.
 */
#define CLIENT_SIGALGS		"ed25519:ecdsa_secp256r1_sha256"
#define CLIENT_CERTIFICATE_MAX	8192

/* Not a mandatory clause, or keys of remotekey.c could not sign. */
#define PROPERTIES	"?provider=default"

struct quic_tls {
	SSL_CTX		*qt_ctx;
	unsigned int	 qt_handle;	/* remotekey, 0: none */
	/* Clients of this name are asked for a certificate; "": nobody. */
	char		 qt_request[QUIC_SNI_MAX];
};

static OSSL_PROVIDER	*provider;

static SSL_CTX	*context(const SSL_METHOD *, const char *);
static int	 use_certificate(struct quic_tls *, const uint8_t *, size_t,
		    quic_signer *, void *);
static int	 hello_cb(SSL *, int *, void *);
static int	 alpn_cb(SSL *, const unsigned char **, unsigned char *,
		    const unsigned char *, unsigned int, void *);
static int	 certificate_cb(X509_STORE_CTX *, void *);

/*
 * The order matters: the host's openssl.cnf must not be read (it can add
 * providers), and loading any provider switches the implicit default off.
 */
int
quic_tls_init(void)
{
	if (provider != NULL)
		return (0);
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return (-1);
	if ((provider = OSSL_PROVIDER_load(NULL, "default")) == NULL)
		return (-1);
	if (remotekey_init() == -1 || ngtcp2_crypto_ossl_init() != 0 ||
	    protect_init() == -1)
		return (-1);
	return (0);
}

void
quic_tls_fini(void)
{
	protect_fini();
	ngtcp2_crypto_ossl_free();
	remotekey_fini();
	if (provider != NULL)
		OSSL_PROVIDER_unload(provider);
	provider = NULL;
}

struct quic_tls *
quic_tls_server(const uint8_t *cert, size_t len, quic_signer *signer,
    void *arg)
{
	struct quic_tls	*qt;

	if ((qt = calloc(1, sizeof(*qt))) == NULL)
		return (NULL);
	qt->qt_ctx = context(TLS_server_method(), GROUPS_SERVER);
	if (qt->qt_ctx == NULL) {
		quic_tls_free(qt);
		ERR_clear_error();
		return (NULL);
	}
	SSL_CTX_set_options(qt->qt_ctx, SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_PRIORITIZE_CHACHA);
	/* Originals never resume (wzp-protocol 1.1); who does asks first. */
	SSL_CTX_set_num_tickets(qt->qt_ctx, 0);
	SSL_CTX_set_client_hello_cb(qt->qt_ctx, hello_cb, qt);
	SSL_CTX_set_alpn_select_cb(qt->qt_ctx, alpn_cb, NULL);

	if (use_certificate(qt, cert, len, signer, arg) == -1) {
		quic_tls_free(qt);
		ERR_clear_error();
		return (NULL);
	}
	return (qt);
}

struct quic_tls *
quic_tls_client(bool as_original)
{
	struct quic_tls	*qt;

	if ((qt = calloc(1, sizeof(*qt))) == NULL)
		return (NULL);
	qt->qt_ctx = context(TLS_client_method(),
	    as_original ? GROUPS_ORIGINAL : GROUPS_CLIENT);
	if (qt->qt_ctx == NULL) {
		quic_tls_free(qt);
		ERR_clear_error();
		return (NULL);
	}
	/*
	 * Certificates are self-signed: no chain, name or date is checked
	 * (wzp-protocol 1.5, 1.6), the key is pinned.  libssl does check
	 * CertificateVerify, which is what makes the pin worth something.
	 */
	SSL_CTX_set_verify(qt->qt_ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(qt->qt_ctx, certificate_cb, NULL);
	return (qt);
}

struct quic_tls *
quic_tls_client_certified(const uint8_t *cert, size_t len,
    quic_signer *signer, void *arg)
{
	struct quic_tls	*qt;

	if ((qt = quic_tls_client(false)) == NULL)
		return (NULL);
	if (use_certificate(qt, cert, len, signer, arg) == -1) {
		quic_tls_free(qt);
		ERR_clear_error();
		return (NULL);
	}
	return (qt);
}

void
quic_tls_request_certificate(struct quic_tls *qt, const char *sni)
{
	/* Whoever shows one was asked; hello_cb() decides who that is. */
	strlcpy(qt->qt_request, sni, sizeof(qt->qt_request));
	SSL_CTX_set_cert_verify_callback(qt->qt_ctx, certificate_cb, NULL);
	(void)SSL_CTX_set1_client_sigalgs_list(qt->qt_ctx, CLIENT_SIGALGS);
	SSL_CTX_set_max_cert_list(qt->qt_ctx, CLIENT_CERTIFICATE_MAX);
}

int
quic_tls_tickets(struct quic_tls *qt, const struct ticket_keys *keys)
{
	return (ticket_server(qt->qt_ctx, keys));
}

int
quic_tls_ask_tickets(struct quic_tls *qt)
{
	return (ticket_client(qt->qt_ctx));
}

/* The key behind it is elsewhere: the signer has it. */
static int
use_certificate(struct quic_tls *qt, const uint8_t *cert, size_t len,
    quic_signer *signer, void *arg)
{
	const uint8_t	*p = cert;
	EVP_PKEY	*pub, *key = NULL;
	X509		*x;
	uint8_t		 raw[32];
	size_t		 rawlen = sizeof(raw);
	int		 error = -1;

	if (len > LONG_MAX || (x = d2i_X509(NULL, &p, (long)len)) == NULL)
		return (-1);
	if (p == cert + len && (pub = X509_get0_pubkey(x)) != NULL &&
	    EVP_PKEY_is_a(pub, "ED25519") &&
	    EVP_PKEY_get_raw_public_key(pub, raw, &rawlen) == 1 &&
	    rawlen == sizeof(raw))
		key = remotekey_new(raw, signer, arg, &qt->qt_handle);
	/* The certificate before the key: then the two are compared. */
	if (key != NULL && SSL_CTX_use_certificate(qt->qt_ctx, x) == 1 &&
	    SSL_CTX_use_PrivateKey(qt->qt_ctx, key) == 1)
		error = 0;
	X509_free(x);
	EVP_PKEY_free(key);
	return (error);
}

void
quic_tls_free(struct quic_tls *qt)
{
	if (qt == NULL)
		return;
	SSL_CTX_free(qt->qt_ctx);
	remotekey_release(qt->qt_handle);
	free(qt);
}

SSL *
session_server(struct quic_tls *qt, ngtcp2_crypto_conn_ref *ref)
{
	SSL	*ssl;

	if ((ssl = SSL_new(qt->qt_ctx)) == NULL)
		return (NULL);
	SSL_set_app_data(ssl, ref);
	SSL_set_accept_state(ssl);
	if (session_callbacks(ssl) == -1) {
		session_free(ssl);
		return (NULL);
	}
	return (ssl);
}

SSL *
session_client(struct quic_tls *qt, ngtcp2_crypto_conn_ref *ref,
    const char *sni)
{
	static const unsigned char	alpn[] = "\003" QUIC_ALPN;
	SSL				*ssl;

	if ((ssl = SSL_new(qt->qt_ctx)) == NULL)
		return (NULL);
	SSL_set_app_data(ssl, ref);
	SSL_set_connect_state(ssl);
	/* SSL_set_alpn_protos() returns 0 on success. */
	if (SSL_set_alpn_protos(ssl, alpn, sizeof(alpn) - 1) != 0 ||
	    (sni[0] != '\0' && SSL_set_tlsext_host_name(ssl, sni) != 1) ||
	    session_callbacks(ssl) == -1) {
		session_free(ssl);
		return (NULL);
	}
	return (ssl);
}

void
session_free(SSL *ssl)
{
	if (ssl == NULL)
		return;
	SSL_set_app_data(ssl, NULL);
	SSL_free(ssl);
}

static SSL_CTX *
context(const SSL_METHOD *method, const char *groups)
{
	SSL_CTX	*ctx;

	if ((ctx = SSL_CTX_new_ex(NULL, PROPERTIES, method)) == NULL)
		return (NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* Nobody needs to inflate what a stranger sent. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_TX_CERTIFICATE_COMPRESSION |
	    SSL_OP_NO_RX_CERTIFICATE_COMPRESSION | SSL_OP_NO_TICKET);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, CIPHERS) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, groups) != 1) {
		SSL_CTX_free(ctx);
		return (NULL);
	}
	return (ctx);
}

/*
 * First thing after a ClientHello arrived.  ALPN is looked at here because
 * OpenSSL asks alpn_cb only when the client sent the extension at all.
 */
static int
hello_cb(SSL *ssl, int *alert, void *arg)
{
	ngtcp2_crypto_conn_ref	*ref = SSL_get_app_data(ssl);
	const struct quic_tls	*qt = arg;
	const unsigned char	*ext;
	char			 name[QUIC_SNI_MAX] = QUIC_SNI_DEFAULT;
	size_t			 len;

	if (SSL_client_hello_get0_ext(ssl,
	    TLSEXT_TYPE_application_layer_protocol_negotiation, &ext,
	    &len) != 1 || sni_alpn(ext, len) != 1) {
		*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
		return (SSL_CLIENT_HELLO_ERROR);
	}
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext,
	    &len) == 1 && sni_name(ext, len, name) == -1) {
		*alert = SSL_AD_ILLEGAL_PARAMETER;
		return (SSL_CLIENT_HELLO_ERROR);
	}
	switch (ref == NULL ? 0 : conn_hello(ref->user_data, name)) {
	case 1:
		if (qt->qt_request[0] != '\0' &&
		    strcmp(name, qt->qt_request) == 0)
			SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
		return (SSL_CLIENT_HELLO_SUCCESS);
	case -1:
		return (SSL_CLIENT_HELLO_RETRY);
	default:
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return (SSL_CLIENT_HELLO_ERROR);
	}
}

static int
alpn_cb(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	const unsigned char	*p;

	(void)ssl;
	(void)arg;
	for (p = in; inlen > 0 && p[0] < inlen; inlen -= 1U + p[0],
	    p += 1 + p[0]) {
		if (p[0] == sizeof(QUIC_ALPN) - 1 &&
		    memcmp(p + 1, QUIC_ALPN, sizeof(QUIC_ALPN) - 1) == 0) {
			*out = p + 1;
			*outlen = p[0];
			return (SSL_TLSEXT_ERR_OK);
		}
	}
	return (SSL_TLSEXT_ERR_ALERT_FATAL);
}

static int
certificate_cb(X509_STORE_CTX *store, void *arg)
{
	ngtcp2_crypto_conn_ref	*ref;
	X509			*x;
	SSL			*ssl;
	uint8_t			 hash[EVP_MAX_MD_SIZE];
	unsigned int		 len;

	(void)arg;
	ssl = X509_STORE_CTX_get_ex_data(store,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	x = X509_STORE_CTX_get0_cert(store);
	if (ssl == NULL || x == NULL || (ref = SSL_get_app_data(ssl)) == NULL ||
	    X509_digest(x, EVP_sha256(), hash, &len) != 1 || len != 32) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
		return (0);
	}
	conn_certificate(ref->user_data, hash);
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return (1);
}
