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

/* Certificates for the test auth server (see auth.h), fresh for each run. */

#include "config.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "regress/auth/auth.h"

#define DAY_S	(24 * 60 * 60)

struct authority {
	X509		*au_cert;
	EVP_PKEY	*au_key;
};

static X509	*cert_new(EVP_PKEY *, const char *, int);
static bool	 cert_extend(X509 *, int, const char *);
static bool	 cert_write(const char *, const char *, X509 *, EVP_PKEY *);
static bool	 make_ca(struct authority *, const char *, const char *,
		    const char *);
static bool	 make_leaf(const struct authority *, const char *,
		    const char *, const char *, int);

/* Good from 30 days ago; days: until then. */
static X509 *
cert_new(EVP_PKEY *key, const char *name, int days)
{
	uint8_t		 random[8];
	X509_NAME	*subject;
	X509		*x;
	uint64_t	 serial;

	if ((x = X509_new()) == NULL || RAND_bytes(random, 8) != 1)
		return (NULL);
	memcpy(&serial, random, sizeof(serial));
	subject = X509_NAME_new();
	if (subject == NULL || X509_set_version(x, X509_VERSION_3) != 1 ||
	    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x),
	    serial >> 1) != 1 ||
	    X509_gmtime_adj(X509_getm_notBefore(x), -30 * DAY_S) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(x), days * DAY_S) == NULL ||
	    X509_set_pubkey(x, key) != 1 ||
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0) != 1 ||
	    X509_set_subject_name(x, subject) != 1) {
		X509_free(x);
		x = NULL;
	}
	X509_NAME_free(subject);
	return (x);
}

static bool
cert_extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION	*ext;
	bool		 ok;

	if ((ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value)) == NULL)
		return (false);
	ok = X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return (ok);
}

/* key NULL: the certificate alone. */
static bool
cert_write(const char *dir, const char *file, X509 *x, EVP_PKEY *key)
{
	char	 path[1024];
	FILE	*f;
	bool	 ok;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	if ((f = fopen(path, "w")) == NULL) {
		warn("%s", path);
		return (false);
	}
	ok = PEM_write_X509(f, x) == 1 && (key == NULL ||
	    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1);
	return (fclose(f) == 0 && ok);
}

static bool
make_ca(struct authority *au, const char *dir, const char *file,
    const char *name)
{
	au->au_key = EVP_EC_gen("P-256");
	return (au->au_key != NULL &&
	    (au->au_cert = cert_new(au->au_key, name, 30)) != NULL &&
	    X509_set_issuer_name(au->au_cert,
	    X509_get_subject_name(au->au_cert)) == 1 &&
	    cert_extend(au->au_cert, NID_basic_constraints,
	    "critical,CA:TRUE") &&
	    cert_extend(au->au_cert, NID_key_usage, "critical,keyCertSign") &&
	    X509_sign(au->au_cert, au->au_key, EVP_sha256()) > 0 &&
	    cert_write(dir, file, au->au_cert, NULL));
}

static bool
make_leaf(const struct authority *au, const char *dir, const char *file,
    const char *names, int days)
{
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	X509		*x = NULL;
	bool		 ok;

	ok = key != NULL && (x = cert_new(key, file, days)) != NULL &&
	    X509_set_issuer_name(x, X509_get_subject_name(au->au_cert)) == 1 &&
	    cert_extend(x, NID_basic_constraints, "critical,CA:FALSE") &&
	    cert_extend(x, NID_subject_alt_name, names) &&
	    X509_sign(x, au->au_key, EVP_sha256()) > 0 &&
	    cert_write(dir, file, x, key);
	X509_free(x);
	EVP_PKEY_free(key);
	return (ok);
}

int
cert_make_all(const char *dir)
{
	static const char	names[] =
	    "DNS:localhost,DNS:auth.test,IP:127.0.0.1,IP:::1";
	struct authority	au = { NULL, NULL }, another = { NULL, NULL };
	bool			ok;

	ok = make_ca(&au, dir, "ca.pem", "wzp test authority") &&
	    make_ca(&another, dir, "another.pem", "another authority") &&
	    make_leaf(&au, dir, "good.pem", names, 30) &&
	    make_leaf(&au, dir, "name.pem", "DNS:elsewhere.test", 30) &&
	    make_leaf(&au, dir, "old.pem", names, -1);
	if (!ok)
		warnx("certificates could not be made");
	X509_free(au.au_cert);
	EVP_PKEY_free(au.au_key);
	X509_free(another.au_cert);
	EVP_PKEY_free(another.au_key);
	return (ok ? 0 : -1);
}
