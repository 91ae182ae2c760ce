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
 * Initial packets without a connection: key derivation and removal of packet
 * protection (RFC 9001 5), CRYPTO frames (RFC 9000 19.6) and the ClientHello
 * (RFC 8446 4.1.2).  Anybody can make such packets, so nothing in them is
 * trusted; the keys follow from the packet itself.
 */
#include "config.h"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <openssl/evp.h>
#include <openssl/tls1.h>

#include <stdlib.h>
#include <string.h>

#include "common/quic/initial.h"
#include "common/quic/params.h"
#include "common/quic/sni.h"

#define KEY_LEN		16	/* AEAD_AES_128_GCM */
#define IV_LEN		12
#define TAG_LEN		16
#define SECRET_LEN	32
#define PACKET_MAX	2048

#define FRAME_PADDING		0x00
#define FRAME_PING		0x01
#define FRAME_ACK		0x02
#define FRAME_ACK_ECN		0x03
#define FRAME_CRYPTO		0x06

struct initial {
	EVP_CIPHER_CTX	*in_hp;
	EVP_CIPHER_CTX	*in_aead;
	uint8_t		 in_iv[IV_LEN];
	uint8_t		 in_dcid[NGTCP2_MAX_CIDLEN];
	size_t		 in_dcid_len;
	bool		 in_start;	/* last datagram held offset 0 */
	uint8_t		 in_have[INITIAL_HELLO_MAX / 8];
	uint8_t		 in_hello[INITIAL_HELLO_MAX];
};

/* Reads a byte string from the front; everything is checked against len. */
struct cursor {
	const uint8_t	*p;
	size_t		 len;
};

/* RFC 9001 5.2 */
static const uint8_t initial_salt[20] = {
	0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a
};

static int	derive(struct initial *);
static int	expand_label(uint8_t *, size_t, const ngtcp2_crypto_md *,
		    const uint8_t *, const char *);
static int	packet_open(struct initial *, const uint8_t *, size_t, size_t,
		    size_t, uint8_t *, size_t *);
static int	frames(struct initial *, const uint8_t *, size_t);
static int	crypto(struct initial *, uint64_t, const uint8_t *, size_t);
static enum initial_verdict
		hello_complete(const struct initial *, char *, bool *);
static int	hello_parse(const uint8_t *, size_t, char *, bool *);
static int	get_varint(struct cursor *, uint64_t *);
static int	get_bytes(struct cursor *, size_t, const uint8_t **);
static int	get_vector(struct cursor *, size_t, struct cursor *);

struct initial *
initial_new(const uint8_t *dcid, size_t len)
{
	struct initial	*in;

	if (len < NGTCP2_MIN_INITIAL_DCIDLEN || len > NGTCP2_MAX_CIDLEN)
		return (NULL);
	if ((in = calloc(1, sizeof(*in))) == NULL)
		return (NULL);
	memcpy(in->in_dcid, dcid, len);
	in->in_dcid_len = len;
	if (derive(in) == -1) {
		initial_free(in);
		return (NULL);
	}
	return (in);
}

void
initial_free(struct initial *in)
{
	if (in == NULL)
		return;
	EVP_CIPHER_CTX_free(in->in_hp);
	EVP_CIPHER_CTX_free(in->in_aead);
	free(in);
}

bool
initial_has_start(const struct initial *in)
{
	return (in->in_start);
}

int
initial_dcid(const uint8_t *p, size_t len, const uint8_t **dcid,
    size_t *dcid_len)
{
	ngtcp2_pkt_hd	hd;

	if (len < NGTCP2_MAX_UDP_PAYLOAD_SIZE || (p[0] & 0x80) == 0)
		return (-1);
	if (ngtcp2_pkt_decode_hd_long(&hd, p, len) < 0 ||
	    hd.type != NGTCP2_PKT_INITIAL ||
	    hd.version != NGTCP2_PROTO_VER_V1 ||
	    hd.dcid.datalen < NGTCP2_MIN_INITIAL_DCIDLEN)
		return (-1);
	*dcid = p + 6;
	*dcid_len = hd.dcid.datalen;
	return (0);
}

/*
 * A datagram may hold several packets; those of another kind or for another
 * DCID are skipped, as their keys are not ours to have.
 */
enum initial_verdict
initial_feed(struct initial *in, const uint8_t *p, size_t len,
    char name[QUIC_SNI_MAX], bool *alpn_ok)
{
	uint8_t		 plain[PACKET_MAX];
	ngtcp2_pkt_hd	 hd;
	ngtcp2_ssize	 n;
	size_t		 plain_len;
	bool		 opened = false;

	in->in_start = false;
	while (len > 0 && (p[0] & 0x80)) {
		n = ngtcp2_pkt_decode_hd_long(&hd, p, len);
		if (n < 0 || hd.version != NGTCP2_PROTO_VER_V1 ||
		    hd.len > len - (size_t)n)
			break;
		if (hd.type == NGTCP2_PKT_INITIAL &&
		    hd.dcid.datalen == in->in_dcid_len &&
		    memcmp(hd.dcid.data, in->in_dcid, in->in_dcid_len) == 0) {
			if (packet_open(in, p, (size_t)n, hd.len,
			    sizeof(plain), plain, &plain_len) == -1)
				return (INITIAL_BAD);
			if (frames(in, plain, plain_len) == -1)
				return (INITIAL_BAD);
			opened = true;
		}
		p += (size_t)n + hd.len;
		len -= (size_t)n + hd.len;
	}
	if (!opened)
		return (INITIAL_BAD);
	return (hello_complete(in, name, alpn_ok));
}

/* Client Initial secret and its three keys (RFC 9001 5.1, 5.2). */
static int
derive(struct initial *in)
{
	uint8_t			 secret[SECRET_LEN], client[SECRET_LEN];
	uint8_t			 key[KEY_LEN], hp[KEY_LEN];
	ngtcp2_crypto_md	 md;

	ngtcp2_crypto_md_init(&md, (void *)(uintptr_t)EVP_sha256());
	if (ngtcp2_crypto_hkdf_extract(secret, &md, in->in_dcid,
	    in->in_dcid_len, initial_salt, sizeof(initial_salt)) != 0 ||
	    expand_label(client, sizeof(client), &md, secret,
	    "client in") == -1 ||
	    expand_label(key, sizeof(key), &md, client, "quic key") == -1 ||
	    expand_label(in->in_iv, IV_LEN, &md, client, "quic iv") == -1 ||
	    expand_label(hp, sizeof(hp), &md, client, "quic hp") == -1)
		return (-1);
	if ((in->in_hp = EVP_CIPHER_CTX_new()) == NULL ||
	    (in->in_aead = EVP_CIPHER_CTX_new()) == NULL)
		return (-1);
	if (EVP_EncryptInit_ex(in->in_hp, EVP_aes_128_ecb(), NULL, hp,
	    NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(in->in_hp, 0) != 1 ||
	    EVP_DecryptInit_ex(in->in_aead, EVP_aes_128_gcm(), NULL, key,
	    NULL) != 1)
		return (-1);
	return (0);
}

/* HKDF-Expand-Label with an empty context (RFC 8446 7.1). */
static int
expand_label(uint8_t *out, size_t len, const ngtcp2_crypto_md *md,
    const uint8_t *secret, const char *label)
{
	uint8_t	info[64];
	size_t	n = strlen(label);

	info[0] = (uint8_t)(len >> 8);
	info[1] = (uint8_t)len;
	info[2] = (uint8_t)(6 + n);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, n);
	info[9 + n] = 0;
	if (ngtcp2_crypto_hkdf_expand(out, len, md, secret, SECRET_LEN, info,
	    10 + n) != 0)
		return (-1);
	return (0);
}

/*
 * Removes header protection and opens the packet whose packet number is at
 * pn_off and whose number and payload are body bytes (RFC 9001 5.4.2).
 */
static int
packet_open(struct initial *in, const uint8_t *p, size_t pn_off, size_t body,
    size_t cap, uint8_t *plain, size_t *plain_len)
{
	uint8_t		 head[PACKET_MAX], mask[16], nonce[IV_LEN];
	uint8_t		 tag[TAG_LEN];
	size_t		 i, pn_len, clen;
	uint64_t	 pn = 0;
	int		 n;

	if (body < 4 + TAG_LEN || pn_off > sizeof(head) - 4)
		return (-1);
	if (EVP_EncryptUpdate(in->in_hp, mask, &n, p + pn_off + 4, 16) != 1)
		return (-1);
	memcpy(head, p, pn_off + 4);
	head[0] ^= mask[0] & 0x0f;
	pn_len = (size_t)(head[0] & 0x03) + 1;
	for (i = 0; i < pn_len; i++) {
		head[pn_off + i] ^= mask[1 + i];
		pn = pn << 8 | head[pn_off + i];
	}
	clen = body - pn_len - TAG_LEN;
	if (clen > cap)
		return (-1);
	/*
	 * The first packets of a connection: the number is so small that the
	 * truncated form is the number.
	 */
	memcpy(nonce, in->in_iv, IV_LEN);
	for (i = 0; i < 8; i++)
		nonce[IV_LEN - 1 - i] ^= (uint8_t)(pn >> (8 * i));
	memcpy(tag, p + pn_off + body - TAG_LEN, TAG_LEN);
	if (EVP_DecryptInit_ex(in->in_aead, NULL, NULL, NULL, nonce) != 1 ||
	    EVP_DecryptUpdate(in->in_aead, NULL, &n, head,
	    (int)(pn_off + pn_len)) != 1 ||
	    EVP_DecryptUpdate(in->in_aead, plain, &n, p + pn_off + pn_len,
	    (int)clen) != 1 ||
	    EVP_CIPHER_CTX_ctrl(in->in_aead, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
	    tag) != 1 ||
	    EVP_DecryptFinal_ex(in->in_aead, plain + n, &n) != 1)
		return (-1);
	*plain_len = clen;
	return (0);
}

/* Only what a client's first flight can hold (RFC 9000 12.4, table 3). */
static int
frames(struct initial *in, const uint8_t *p, size_t len)
{
	struct cursor	 c = { p, len };
	const uint8_t	*data;
	uint64_t	 type, v, count, off;
	unsigned int	 i;

	while (c.len > 0) {
		if (get_varint(&c, &type) == -1)
			return (-1);
		switch (type) {
		case FRAME_PADDING:
		case FRAME_PING:
			break;
		case FRAME_ACK:
		case FRAME_ACK_ECN:
			/* largest, delay, count, first range */
			if (get_varint(&c, &v) == -1 ||
			    get_varint(&c, &v) == -1 ||
			    get_varint(&c, &count) == -1 ||
			    get_varint(&c, &v) == -1)
				return (-1);
			while (count-- > 0) {
				if (get_varint(&c, &v) == -1 ||
				    get_varint(&c, &v) == -1)
					return (-1);
			}
			for (i = 0; type == FRAME_ACK_ECN && i < 3; i++) {
				if (get_varint(&c, &v) == -1)
					return (-1);
			}
			break;
		case FRAME_CRYPTO:
			if (get_varint(&c, &off) == -1 ||
			    get_varint(&c, &v) == -1 || v > c.len ||
			    get_bytes(&c, (size_t)v, &data) == -1 ||
			    crypto(in, off, data, (size_t)v) == -1)
				return (-1);
			break;
		default:
			/* CONNECTION_CLOSE too: there is nothing to begin */
			return (-1);
		}
	}
	return (0);
}

static int
crypto(struct initial *in, uint64_t off, const uint8_t *data, size_t len)
{
	size_t	i, at;

	if (off > INITIAL_HELLO_MAX || len > INITIAL_HELLO_MAX - off)
		return (-1);
	at = (size_t)off;
	if (at == 0 && len > 0)
		in->in_start = true;
	memcpy(in->in_hello + at, data, len);
	for (i = at; i < at + len; i++)
		in->in_have[i / 8] |= (uint8_t)(1 << (i % 8));
	return (0);
}

/* ClientHello: type (1), length (3), body. */
static enum initial_verdict
hello_complete(const struct initial *in, char *name, bool *alpn_ok)
{
	size_t	i, len;

	for (i = 0; i < 4; i++) {
		if ((in->in_have[0] & (1 << i)) == 0)
			return (INITIAL_MORE);
	}
	len = (size_t)in->in_hello[1] << 16 | (size_t)in->in_hello[2] << 8 |
	    in->in_hello[3];
	if (in->in_hello[0] != 1 || len > INITIAL_HELLO_MAX - 4)
		return (INITIAL_BAD);
	for (i = 4; i < 4 + len; i++) {
		if ((in->in_have[i / 8] & (1 << (i % 8))) == 0)
			return (INITIAL_MORE);
	}
	if (hello_parse(in->in_hello + 4, len, name, alpn_ok) == -1)
		return (INITIAL_BAD);
	return (INITIAL_NAME);
}

static int
hello_parse(const uint8_t *p, size_t len, char *name, bool *alpn_ok)
{
	struct cursor	 c = { p, len }, v, exts, ext;
	const uint8_t	*b;
	unsigned int	 type;
	bool		 seen = false;

	*alpn_ok = false;
	memcpy(name, QUIC_SNI_DEFAULT, sizeof(QUIC_SNI_DEFAULT));
	if (get_bytes(&c, 2 + 32, &b) == -1 ||	/* version, random */
	    get_vector(&c, 1, &v) == -1 ||	/* session id */
	    get_vector(&c, 2, &v) == -1 ||	/* cipher suites */
	    get_vector(&c, 1, &v) == -1 ||	/* compression */
	    get_vector(&c, 2, &exts) == -1 || c.len != 0)
		return (-1);
	while (exts.len > 0) {
		if (get_bytes(&exts, 2, &b) == -1 ||
		    get_vector(&exts, 2, &ext) == -1)
			return (-1);
		type = (unsigned int)b[0] << 8 | b[1];
		if (type == TLSEXT_TYPE_server_name) {
			if (seen)
				return (-1);
			seen = true;
			if (sni_name(ext.p, ext.len, name) == -1)
				name[0] = '\0';
		} else if (type ==
		    TLSEXT_TYPE_application_layer_protocol_negotiation)
			*alpn_ok = sni_alpn(ext.p, ext.len) == 1;
	}
	return (0);
}

static int
get_varint(struct cursor *c, uint64_t *v)
{
	size_t	i, n;

	if (c->len == 0)
		return (-1);
	n = (size_t)1 << (c->p[0] >> 6);
	if (n > c->len)
		return (-1);
	*v = c->p[0] & 0x3f;
	for (i = 1; i < n; i++)
		*v = *v << 8 | c->p[i];
	c->p += n;
	c->len -= n;
	return (0);
}

static int
get_bytes(struct cursor *c, size_t n, const uint8_t **out)
{
	if (n > c->len)
		return (-1);
	*out = c->p;
	c->p += n;
	c->len -= n;
	return (0);
}

/* A vector behind a length of lenlen bytes. */
static int
get_vector(struct cursor *c, size_t lenlen, struct cursor *out)
{
	const uint8_t	*b;
	size_t		 i, n = 0;

	if (get_bytes(c, lenlen, &b) == -1)
		return (-1);
	for (i = 0; i < lenlen; i++)
		n = n << 8 | b[i];
	if (get_bytes(c, n, &out->p) == -1)
		return (-1);
	out->len = n;
	return (0);
}
