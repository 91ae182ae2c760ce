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
 * TLS for the test peer.  libssl verifies CertificateVerify by itself, also
 * with SSL_VERIFY_NONE; whose certificate it is, scripts ask by expect-cert.
 */
#include "config.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "regress/peer/peer.h"

static int	 select_alpn(SSL *, const unsigned char **, unsigned char *,
		    const unsigned char *, unsigned int, void *);

SSL_CTX *
tls_client_ctx(enum profile profile)
{
	SSL_CTX	*ctx;

	if ((ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		script_error("SSL_CTX_new");
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	/*
	 * An original offers one key share and its ClientHello fits one
	 * packet; with the hybrid share it needs two.
	 */
	if (SSL_CTX_set1_groups_list(ctx, profile == PROFILE_ORIGINAL ?
	    "*X25519:P-256:P-384" : "*X25519MLKEM768:*X25519:P-256:P-384") != 1)
		script_error("groups");
	return (ctx);
}

/*
 * Each ML-KEM share has some 1,200 bytes, and an Initial of 1,200 bytes has
 * room for about 1,150 of CRYPTO.
 */
void
tls_hello(SSL *ssl, unsigned int n)
{
	static const char *const groups[] = {
		NULL,
		"*X25519:P-256:P-384",
		"*X25519MLKEM768:*X25519:P-256:P-384",
		"*X25519MLKEM768:*SecP256r1MLKEM768:*X25519:P-256:P-384"
	};

	if (n == 0 || n >= sizeof(groups) / sizeof(groups[0]))
		script_error("hello: no way to make it %u datagrams", n);
	if (SSL_set1_groups_list(ssl, groups[n]) != 1)
		script_error("groups %s", groups[n]);
}

static int
select_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	unsigned int	 i;

	(void)ssl;
	(void)arg;
	for (i = 0; i + 1 + in[i] <= inlen; i += 1U + in[i]) {
		if (in[i] == 3 && memcmp(in + i + 1, "wzp", 3) == 0) {
			*out = in + i + 1;
			*outlen = 3;
			return (SSL_TLSEXT_ERR_OK);
		}
		if (i + 1U + in[i] == inlen)
			break;
	}
	return (SSL_TLSEXT_ERR_ALERT_FATAL);
}

SSL_CTX *
tls_server_ctx(const struct ident *id)
{
	const unsigned char	*der = id->id_cert;
	EVP_PKEY		*pkey;
	SSL_CTX			*ctx;
	X509			*cert;

	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL ||
	    (cert = d2i_X509(NULL, &der, (long)id->id_cert_len)) == NULL ||
	    (pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    id->id_tls_secret, 32)) == NULL ||
	    SSL_CTX_use_certificate(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, pkey) != 1)
		script_error("server certificate");
	X509_free(cert);
	EVP_PKEY_free(pkey);
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
	SSL_CTX_set_num_tickets(ctx, 0);
	return (ctx);
}

/*
 * A pair of the public key that the certificate has and of a secret one that
 * may be somebody else's: what it signs is then worth nothing.
 */
static EVP_PKEY *
pair(const struct ident *cert, const struct ident *key)
{
	EVP_PKEY_CTX	*ctx;
	EVP_PKEY	*pkey = NULL;
	OSSL_PARAM	 p[3];
	uint8_t		 pub[32], secret[32];

	ident_tls_public(cert, pub);
	memcpy(secret, key->id_tls_secret, sizeof(secret));
	p[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
	    pub, sizeof(pub));
	p[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY,
	    secret, sizeof(secret));
	p[2] = OSSL_PARAM_construct_end();
	if ((ctx = EVP_PKEY_CTX_new_from_name(NULL, "ED25519", NULL)) ==
	    NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, p) != 1)
		script_error("pair of keys");
	EVP_PKEY_CTX_free(ctx);
	return (pkey);
}

static int
accept_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return (1);
}

static X509 *
certificate(const struct ident *id)
{
	const unsigned char	*der = id->id_cert;
	X509			*cert;

	if ((cert = d2i_X509(NULL, &der, (long)id->id_cert_len)) == NULL)
		script_error("certificate of %s", id->id_name);
	return (cert);
}

SSL_CTX *
tls_relay_ctx(const struct ident *id, const struct ident *key, bool ask)
{
	EVP_PKEY	*pkey = pair(id, key);
	SSL_CTX		*ctx;
	X509		*cert = certificate(id);

	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL ||
	    SSL_CTX_use_certificate(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, pkey) != 1)
		script_error("certificate of %s", id->id_name);
	X509_free(cert);
	EVP_PKEY_free(pkey);
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
	SSL_CTX_set_num_tickets(ctx, 0);
	/* Who it is the script asks; that he has its key libssl checks. */
	if (ask)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
	return (ctx);
}

void
tls_present(SSL *ssl, const struct ident *id, const struct ident *key)
{
	EVP_PKEY	*pkey = pair(id, key);
	X509		*cert = certificate(id);

	if (SSL_use_certificate(ssl, cert) != 1 ||
	    SSL_use_PrivateKey(ssl, pkey) != 1)
		script_error("certificate of %s", id->id_name);
	X509_free(cert);
	EVP_PKEY_free(pkey);
}

/* wzp-protocol 1.5: the template of relays, but ECDSA P-256 and random. */
SSL_CTX *
tls_desktop_ctx(enum profile profile)
{
	static const char	 cn[] = "rcgen self signed cert";
	X509_EXTENSION		*san;
	X509_NAME		*name;
	EVP_PKEY		*pkey;
	SSL_CTX			*ctx;
	X509			*cert;

	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL ||
	    (pkey = EVP_EC_gen("P-256")) == NULL ||
	    (cert = X509_new()) == NULL || (name = X509_NAME_new()) == NULL ||
	    X509_set_version(cert, X509_VERSION_3) != 1 ||
	    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) != 1 ||
	    ASN1_TIME_set_string(X509_getm_notBefore(cert),
	    "750101000000Z") != 1 ||
	    ASN1_TIME_set_string(X509_getm_notAfter(cert),
	    "40960101000000Z") != 1 ||
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)cn, -1, -1, 0) != 1 ||
	    X509_set_subject_name(cert, name) != 1 ||
	    X509_set_issuer_name(cert, name) != 1 ||
	    X509_set_pubkey(cert, pkey) != 1 ||
	    (san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
	    "DNS:localhost")) == NULL || X509_add_ext(cert, san, -1) != 1 ||
	    X509_sign(cert, pkey, EVP_sha256()) == 0 ||
	    SSL_CTX_use_certificate(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, pkey) != 1)
		script_error("desktop certificate");
	X509_EXTENSION_free(san);
	X509_NAME_free(name);
	X509_free(cert);
	EVP_PKEY_free(pkey);
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	if (profile == PROFILE_ORIGINAL &&
	    SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") != 1)
		script_error("groups");
	SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
	SSL_CTX_set_num_tickets(ctx, 0);
	return (ctx);
}
