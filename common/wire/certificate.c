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
 * The relay's certificate (wzp-protocol 1.5), byte for byte: peers pin the
 * SHA-256 of its DER, so it is built here and not left to a library that may
 * choose other encodings one day.
 */

#include "config.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <string.h>

#include "common/wire/identity.h"

#define DER_INTEGER		0x02
#define DER_BIT_STRING		0x03
#define DER_OCTET_STRING	0x04
#define DER_OID			0x06
#define DER_UTF8_STRING		0x0c
#define DER_UTC_TIME		0x17
#define DER_GENERALIZED_TIME	0x18
#define DER_SEQUENCE		0x30
#define DER_SET			0x31
#define DER_CONTEXT(n)		(0xa0 | (n))	/* constructed */
#define DER_DNS_NAME		0x82		/* GeneralName [2] IMPLICIT */

static const uint8_t	oid_ed25519[] = { 0x2b, 0x65, 0x70 };
static const uint8_t	oid_common_name[] = { 0x55, 0x04, 0x03 };
static const uint8_t	oid_subject_alt_name[] = { 0x55, 0x1d, 0x11 };

/*
 * DER is written from its end, so that a length is known when its turn
 * comes: at the end, buf + pos is the first byte.
 */
struct der {
	uint8_t	buf[IDENTITY_CERT_MAX];
	size_t	pos;
};

static void	 der_bytes(struct der *, const void *, size_t);
static void	 der_byte(struct der *, uint8_t);
static void	 der_head(struct der *, uint8_t, size_t);
static void	 der_value(struct der *, uint8_t, const void *, size_t);
static void	 der_text(struct der *, uint8_t, const char *);
static void	 der_bits(struct der *, const uint8_t *, size_t);
static void	 der_ed25519(struct der *);
static void	 der_name(struct der *);
static void	 der_serial(struct der *, const uint8_t[32]);
static void	 der_tbs(struct der *, const uint8_t[32]);

/* Nothing in here depends on a peer: it always fits. */
static void
der_bytes(struct der *d, const void *p, size_t len)
{
	d->pos -= len;
	memcpy(d->buf + d->pos, p, len);
}

static void
der_byte(struct der *d, uint8_t b)
{
	d->buf[--d->pos] = b;
}

/* Tag and length of what was written since `end' was the position. */
static void
der_head(struct der *d, uint8_t tag, size_t end)
{
	size_t	 len = end - d->pos;

	der_byte(d, (uint8_t)len);
	if (len > 0xff) {
		der_byte(d, (uint8_t)(len >> 8));
		der_byte(d, 0x82);
	} else if (len > 0x7f)
		der_byte(d, 0x81);
	der_byte(d, tag);
}

static void
der_value(struct der *d, uint8_t tag, const void *p, size_t len)
{
	size_t	 end = d->pos;

	der_bytes(d, p, len);
	der_head(d, tag, end);
}

static void
der_text(struct der *d, uint8_t tag, const char *s)
{
	der_value(d, tag, s, strlen(s));
}

static void
der_bits(struct der *d, const uint8_t *p, size_t len)
{
	size_t	 end = d->pos;

	der_bytes(d, p, len);
	der_byte(d, 0);		/* no unused bits */
	der_head(d, DER_BIT_STRING, end);
}

/* AlgorithmIdentifier without parameters (RFC 8410, 3) */
static void
der_ed25519(struct der *d)
{
	size_t	 end = d->pos;

	der_value(d, DER_OID, oid_ed25519, sizeof(oid_ed25519));
	der_head(d, DER_SEQUENCE, end);
}

static void
der_name(struct der *d)
{
	size_t	 end = d->pos;

	der_text(d, DER_UTF8_STRING, "rcgen self signed cert");
	der_value(d, DER_OID, oid_common_name, sizeof(oid_common_name));
	der_head(d, DER_SEQUENCE, end);
	der_head(d, DER_SET, end);
	der_head(d, DER_SEQUENCE, end);
}

static void
der_serial(struct der *d, const uint8_t pub[32])
{
	uint8_t	 hash[SHA256_DIGEST_LENGTH];
	size_t	 i = 0;

	memset(hash, 0, sizeof(hash));
	SHA256(pub, 32, hash);
	hash[0] &= 0x7f;
	/* An INTEGER has no zero bytes in front but for the sign. */
	while (i < 19 && hash[i] == 0 && (hash[i + 1] & 0x80) == 0)
		i++;
	der_value(d, DER_INTEGER, hash + i, 20 - i);
}

static void
der_tbs(struct der *d, const uint8_t pub[32])
{
	size_t	 end = d->pos, part;

	/* extensions: subjectAltName alone; critical FALSE is left out */
	der_text(d, DER_DNS_NAME, "localhost");
	der_head(d, DER_SEQUENCE, end);
	der_head(d, DER_OCTET_STRING, end);
	der_value(d, DER_OID, oid_subject_alt_name,
	    sizeof(oid_subject_alt_name));
	der_head(d, DER_SEQUENCE, end);
	der_head(d, DER_SEQUENCE, end);
	der_head(d, DER_CONTEXT(3), end);

	/* subjectPublicKeyInfo */
	part = d->pos;
	der_bits(d, pub, 32);
	der_ed25519(d);
	der_head(d, DER_SEQUENCE, part);

	der_name(d);			/* subject */

	part = d->pos;			/* validity */
	der_text(d, DER_GENERALIZED_TIME, "40960101000000Z");
	der_text(d, DER_UTC_TIME, "750101000000Z");
	der_head(d, DER_SEQUENCE, part);

	der_name(d);			/* issuer */
	der_ed25519(d);
	der_serial(d, pub);

	part = d->pos;
	der_value(d, DER_INTEGER, "\2", 1);	/* v3 */
	der_head(d, DER_CONTEXT(0), part);

	der_head(d, DER_SEQUENCE, end);
}

int
identity_certificate(const uint8_t tls_secret[32],
    uint8_t out[IDENTITY_CERT_MAX])
{
	struct der	 tbs, cert;
	uint8_t		 pub[32], sig[64];
	size_t		 end, tbs_len;

	if (identity_public(tls_secret, pub) == -1)
		return (-1);
	tbs.pos = sizeof(tbs.buf);
	der_tbs(&tbs, pub);
	tbs_len = sizeof(tbs.buf) - tbs.pos;
	if (identity_sign(tls_secret, tbs.buf + tbs.pos, tbs_len, sig) == -1)
		return (-1);

	cert.pos = end = sizeof(cert.buf);
	der_bits(&cert, sig, sizeof(sig));
	der_ed25519(&cert);
	der_bytes(&cert, tbs.buf + tbs.pos, tbs_len);
	der_head(&cert, DER_SEQUENCE, end);
	memcpy(out, cert.buf + cert.pos, end - cert.pos);
	return ((int)(end - cert.pos));
}
