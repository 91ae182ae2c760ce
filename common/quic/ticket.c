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
 * Session tickets (see ticket.h).  What libssl leaves to its user is here:
 * the keys, who gets a ticket, and for which name one may be used again.
 */
#include "config.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <limits.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/quic/endpoint.h"
#include "common/quic/params.h"
#include "common/quic/session.h"
#include "common/quic/ticket.h"

/* RFC 9149 3: a client's two counts, a server's hint. */
#define EXT_TICKET_REQUEST	58
#define REQUEST_LEN		2
#define HINT_LEN		1

/* In each ticket: when the full handshake was, and for which name. */
struct ticket_data {
	uint64_t	td_full_s;		/* wall clock */
	char		td_name[QUIC_SNI_MAX];	/* NUL filled */
};

static int	derive(const uint8_t *, const char *, uint8_t *, size_t);
static int	key_cb(SSL *, unsigned char *, unsigned char *,
		    EVP_CIPHER_CTX *, EVP_MAC_CTX *, int);
static int	key_use(const struct ticket_key *, const unsigned char *,
		    EVP_CIPHER_CTX *, EVP_MAC_CTX *, int);
static int	make_cb(SSL *, void *);
static SSL_TICKET_RETURN
		check_cb(SSL *, SSL_SESSION *, const unsigned char *, size_t,
		    SSL_TICKET_STATUS, void *);
static const char
		*name_of(SSL *);
static int	request_cb(SSL *, unsigned int, unsigned int,
		    const unsigned char *, size_t, X509 *, size_t, int *,
		    void *);
static int	hint_add_cb(SSL *, unsigned int, unsigned int,
		    const unsigned char **, size_t *, X509 *, size_t, int *,
		    void *);
static int	ask_cb(SSL *, unsigned int, unsigned int,
		    const unsigned char **, size_t *, X509 *, size_t, int *,
		    void *);
static int	hint_cb(SSL *, unsigned int, unsigned int,
		    const unsigned char *, size_t, X509 *, size_t, int *,
		    void *);
static int	session_cb(SSL *, SSL_SESSION *);

int
ticket_keys_set(struct ticket_keys *tk, uint64_t generation,
    const uint8_t key[32])
{
	struct ticket_key	fresh;

	if (generation <= tk->tk_keys[0].tk_generation)
		return (0);
	fresh.tk_generation = generation;
	if (derive(key, "wzp ticket name", fresh.tk_name,
	    sizeof(fresh.tk_name)) == -1 ||
	    derive(key, "wzp ticket cipher", fresh.tk_cipher,
	    sizeof(fresh.tk_cipher)) == -1 ||
	    derive(key, "wzp ticket mac", fresh.tk_mac,
	    sizeof(fresh.tk_mac)) == -1)
		return (-1);
	tk->tk_keys[1] = tk->tk_keys[0];
	tk->tk_keys[0] = fresh;
	OPENSSL_cleanse(&fresh, sizeof(fresh));
	return (0);
}

void
ticket_keys_wipe(struct ticket_keys *tk)
{
	OPENSSL_cleanse(tk, sizeof(*tk));
}

static int
derive(const uint8_t *key, const char *label, uint8_t *out, size_t len)
{
	uint8_t		md[EVP_MAX_MD_SIZE];
	unsigned int	n;

	if (HMAC(EVP_sha256(), key, 32, (const uint8_t *)label, strlen(label),
	    md, &n) == NULL || n < len)
		return (-1);
	memcpy(out, md, len);
	OPENSSL_cleanse(md, sizeof(md));
	return (0);
}

int
ticket_server(SSL_CTX *ctx, const struct ticket_keys *tk)
{
	union {
		const struct ticket_keys	*c;
		void				*v;
	}	u;

	u.c = tk;	/* read through this pointer only */
	if (SSL_CTX_set_app_data(ctx, u.v) != 1 ||
	    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, key_cb) != 1 ||
	    SSL_CTX_set_session_ticket_cb(ctx, make_cb, check_cb, NULL) != 1 ||
	    SSL_CTX_add_custom_ext(ctx, EXT_TICKET_REQUEST,
	    SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS,
	    hint_add_cb, NULL, NULL, request_cb, NULL) != 1)
		return (-1);
	SSL_CTX_set_timeout(ctx, TICKET_LIFETIME_S);
	/* Without it tickets would be handles of a cache that is off. */
	SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
	return (0);
}

int
ticket_client(SSL_CTX *ctx)
{
	if (SSL_CTX_add_custom_ext(ctx, EXT_TICKET_REQUEST,
	    SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS,
	    ask_cb, NULL, NULL, hint_cb, NULL) != 1)
		return (-1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, session_cb);
	return (0);
}

/* Encrypts with the newest; finds the one that a ticket names. */
static int
key_cb(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
	const struct ticket_keys	*tk;
	const struct ticket_key		*k;
	size_t				 i;

	tk = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	if (tk == NULL || !tk->tk_on || tk->tk_keys[0].tk_generation == 0)
		return (0);
	if (encrypt) {
		k = &tk->tk_keys[0];
		memcpy(name, k->tk_name, sizeof(k->tk_name));
		if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1)
			return (-1);
		return (key_use(k, iv, cipher, mac, 1));
	}
	for (i = 0; i < TICKET_KEYS; i++) {
		k = &tk->tk_keys[i];
		if (k->tk_generation != 0 && CRYPTO_memcmp(name, k->tk_name,
		    sizeof(k->tk_name)) == 0)
			return (key_use(k, iv, cipher, mac, 0));
	}
	return (0);
}

static int
key_use(const struct ticket_key *k, const unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypt)
{
	OSSL_PARAM	params[3];
	char		digest[] = "SHA256";
	uint8_t		key[sizeof(k->tk_mac)];
	int		rv = -1;

	memcpy(key, k->tk_mac, sizeof(key));
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key,
	    sizeof(key));
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
	    digest, 0);
	params[2] = OSSL_PARAM_construct_end();
	if (EVP_CipherInit_ex2(cipher, EVP_aes_256_cbc(), k->tk_cipher, iv,
	    encrypt, NULL) == 1 && EVP_MAC_CTX_set_params(mac, params) == 1)
		rv = 1;
	OPENSSL_cleanse(key, sizeof(key));
	return (rv);
}

static const char *
name_of(SSL *ssl)
{
	const ngtcp2_crypto_conn_ref	*ref = SSL_get_app_data(ssl);

	return (ref == NULL ? NULL : quic_conn_name(ref->user_data));
}

/* A ticket got by a ticket keeps the time of the full handshake. */
static int
make_cb(SSL *ssl, void *arg)
{
	struct ticket_data	 td;
	SSL_SESSION		*s = SSL_get_session(ssl);
	const char		*name = name_of(ssl);
	void			*old;
	size_t			 len;

	(void)arg;
	if (s == NULL || name == NULL)
		return (0);
	if (SSL_session_reused(ssl) &&
	    SSL_SESSION_get0_ticket_appdata(s, &old, &len) == 1 &&
	    len == sizeof(td))
		return (1);
	memset(&td, 0, sizeof(td));
	td.td_full_s = clock_wall_ms() / 1000;
	(void)strlcpy(td.td_name, name, sizeof(td.td_name));
	return (SSL_SESSION_set1_ticket_appdata(s, &td, sizeof(td)));
}

/*
 * Another name, or a full handshake too long ago: one more of these.  RFC
 * 8446 4.6.1 leaves the name to the client; here it is the room, and who is
 * let into it is decided by name.
 */
static SSL_TICKET_RETURN
check_cb(SSL *ssl, SSL_SESSION *s, const unsigned char *keyname,
    size_t keylen, SSL_TICKET_STATUS status, void *arg)
{
	struct ticket_data	 td;
	const char		*name = name_of(ssl);
	uint64_t		 now = clock_wall_ms() / 1000;
	void			*data;
	size_t			 len;

	(void)keyname;
	(void)keylen;
	(void)arg;
	if ((status != SSL_TICKET_SUCCESS &&
	    status != SSL_TICKET_SUCCESS_RENEW) || name == NULL ||
	    SSL_SESSION_get0_ticket_appdata(s, &data, &len) != 1 ||
	    len != sizeof(td))
		return (SSL_TICKET_RETURN_IGNORE_RENEW);
	memcpy(&td, data, sizeof(td));
	/* A time to come is one long ago, unsigned. */
	if (strncmp(td.td_name, name, sizeof(td.td_name)) != 0 ||
	    now - td.td_full_s >= TICKET_CHAIN_S)
		return (SSL_TICKET_RETURN_IGNORE_RENEW);
	return (SSL_TICKET_RETURN_USE_RENEW);
}

/* At most one, whatever is asked for. */
static int
request_cb(SSL *ssl, unsigned int type, unsigned int context,
    const unsigned char *in, size_t len, X509 *x, size_t chain, int *alert,
    void *arg)
{
	const struct ticket_keys	*tk;
	unsigned int			 wanted;

	(void)type;
	(void)context;
	(void)x;
	(void)chain;
	(void)arg;
	if (len != REQUEST_LEN) {
		*alert = SSL_AD_DECODE_ERROR;
		return (0);
	}
	tk = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	wanted = SSL_session_reused(ssl) ? in[1] : in[0];
	if (tk == NULL || !tk->tk_on || tk->tk_keys[0].tk_generation == 0)
		wanted = 0;
	return (SSL_set_num_tickets(ssl, wanted > 0 ? 1 : 0));
}

/* Only called when the client sent the extension. */
static int
hint_add_cb(SSL *ssl, unsigned int type, unsigned int context,
    const unsigned char **out, size_t *len, X509 *x, size_t chain, int *alert,
    void *arg)
{
	static const unsigned char	one[HINT_LEN] = { 1 };

	(void)type;
	(void)context;
	(void)x;
	(void)chain;
	(void)alert;
	(void)arg;
	if (SSL_get_num_tickets(ssl) == 0)
		return (0);
	*out = one;
	*len = sizeof(one);
	return (1);
}

/* One after a full handshake, one for the ticket that was used. */
static int
ask_cb(SSL *ssl, unsigned int type, unsigned int context,
    const unsigned char **out, size_t *len, X509 *x, size_t chain, int *alert,
    void *arg)
{
	static const unsigned char	request[REQUEST_LEN] = { 1, 1 };

	(void)ssl;
	(void)type;
	(void)context;
	(void)x;
	(void)chain;
	(void)alert;
	(void)arg;
	*out = request;
	*len = sizeof(request);
	return (1);
}

/* How many will come says nothing that has to be known. */
static int
hint_cb(SSL *ssl, unsigned int type, unsigned int context,
    const unsigned char *in, size_t len, X509 *x, size_t chain, int *alert,
    void *arg)
{
	(void)ssl;
	(void)type;
	(void)context;
	(void)in;
	(void)x;
	(void)chain;
	(void)arg;
	if (len == HINT_LEN)
		return (1);
	*alert = SSL_AD_DECODE_ERROR;
	return (0);
}

/* NewSessionTicket is here.  libssl keeps its session: 0. */
static int
session_cb(SSL *ssl, SSL_SESSION *s)
{
	const ngtcp2_crypto_conn_ref	*ref = SSL_get_app_data(ssl);
	uint8_t				 der[QUIC_TICKET_MAX], *p = der;
	int				 len;

	if (ref == NULL || SSL_SESSION_is_resumable(s) != 1 ||
	    (len = i2d_SSL_SESSION(s, NULL)) <= 0 ||
	    (size_t)len > sizeof(der) || i2d_SSL_SESSION(s, &p) != len)
		return (0);
	conn_ticket(ref->user_data, der, (size_t)len);
	OPENSSL_cleanse(der, sizeof(der));
	return (0);
}

bool
ticket_offer(SSL *ssl, const uint8_t *der, size_t len)
{
	const unsigned char	*p = der;
	SSL_SESSION		*s;
	bool			 done;

	if (len == 0 || len > QUIC_TICKET_MAX)
		return (false);
	if ((s = d2i_SSL_SESSION(NULL, &p, (long)len)) == NULL) {
		ERR_clear_error();
		return (false);
	}
	done = p == der + len && SSL_SESSION_is_resumable(s) == 1 &&
	    SSL_SESSION_get_protocol_version(s) == TLS1_3_VERSION &&
	    SSL_SESSION_get0_peer(s) != NULL && SSL_set_session(ssl, s) == 1;
	SSL_SESSION_free(s);
	ERR_clear_error();
	return (done);
}

bool
ticket_certificate(SSL *ssl, uint8_t sha256[32])
{
	uint8_t		 hash[EVP_MAX_MD_SIZE];
	unsigned int	 len;
	X509		*x;

	if (SSL_session_reused(ssl) != 1 ||
	    (x = SSL_get0_peer_certificate(ssl)) == NULL ||
	    X509_digest(x, EVP_sha256(), hash, &len) != 1 || len != 32)
		return (false);
	memcpy(sha256, hash, 32);
	return (true);
}
