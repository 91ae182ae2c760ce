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
 * Certificates of both sides, in virtual time: who is asked for one, what is
 * known of the peer, and that a client without one passes.
 *
 * COVERS: gap 26 - both relays of a link prove who they are
 * COVERS: federation - a certificate is asked of `_federation`, never required
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "common/quic/conn.h"
#include "common/wire/identity.h"
#include "regress/unit/quic_sim.h"

/* The relay that dials. */
struct dialler {
	uint8_t		 d_secret[32];
	uint8_t		 d_cert[IDENTITY_CERT_MAX];
	size_t		 d_cert_len;
	uint8_t		 d_sha256[32];
	struct quic_tls	*d_tls;
	EVP_PKEY	*d_key;		/* instead of d_secret */
	unsigned int	 d_signatures;
	bool		 d_fails;
	bool		 d_lies;
};

static bool	seen;		/* in the server's established() */
static uint8_t	seen_sha256[32];

static int
key_sign(EVP_PKEY *key, const uint8_t *tbs, size_t len, uint8_t sig[64])
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	size_t		 siglen = 64;

	assert_non_null(ctx);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &siglen, tbs, len), 1);
	EVP_MD_CTX_free(ctx);
	return (0);
}

static int
dialler_sign(void *arg, const uint8_t *tbs, size_t len, uint8_t sig[64])
{
	struct dialler	*d = arg;

	d->d_signatures++;
	assert_true(len == 130 || len == 146);
	assert_memory_equal(tbs + 64, "TLS 1.3, client CertificateVerify", 34);
	if (d->d_key != NULL)
		return (key_sign(d->d_key, tbs, len, sig));
	if (d->d_fails || identity_sign(d->d_secret, tbs, len, sig) == -1)
		return (-1);
	if (d->d_lies)
		sig[3] ^= 1;
	return (0);
}

static void
on_server_established(struct sim_side *ss)
{
	seen = quic_conn_peer_certificate(ss->ss_conn, seen_sha256);
}

/* Node 0 asks those who name `_federation`; node 1 has a certificate. */
static struct sim *
world(struct dialler *d, bool ask)
{
	struct sim_node	*sn;
	struct sim	*sm = sim_new(1);
	unsigned int	 n;
	int		 len;

	memset(d, 0, sizeof(*d));
	memset(d->d_secret, 0x5c, sizeof(d->d_secret));
	len = identity_certificate(d->d_secret, d->d_cert);
	assert_true(len > 0);
	d->d_cert_len = (size_t)len;
	assert_int_equal(EVP_Digest(d->d_cert, d->d_cert_len, d->d_sha256, &n,
	    EVP_sha256(), NULL), 1);
	d->d_tls = quic_tls_client_certified(d->d_cert, d->d_cert_len,
	    dialler_sign, d);
	assert_non_null(d->d_tls);
	if (ask)
		quic_tls_request_certificate(sm->sm_server_tls,
		    "_federation");
	sn = sim_node(sm, 0, "192.0.2.1:4433", true, false);
	sn->sn_on_established = on_server_established;
	sim_start(sn);
	sn = sim_node(sm, 1, "198.51.100.7:5555", false, false);
	sn->sn_config.tls_client = d->d_tls;
	sim_start(sn);
	/* Without a certificate: as an original does it. */
	sim_start(sim_node(sm, 2, "198.51.100.8:5555", false, true));
	seen = false;
	return (sm);
}

static void
world_free(struct sim *sm, struct dialler *d)
{
	sim_free(sm);
	quic_tls_free(d->d_tls);
}

/* Dials node 0; both sides are established. */
static struct sim_side *
dial(struct sim *sm, unsigned int from, const char *name)
{
	struct sim_side	*c;

	c = sim_connect(&sm->sm_node[from], &sm->sm_node[0], name);
	assert_non_null(c);
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_false(c->ss_closed);
	assert_true(sm->sm_node[0].sn_sides->ss_established);
	return (c);
}

static void
test_both(void **state)
{
	struct dialler	 d;
	struct sim_side	*c, *s;
	struct sim	*sm;
	uint8_t		 hash[32];

	(void)state;
	sm = world(&d, true);
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "_Federation");
	assert_non_null(c);
	assert_false(quic_conn_peer_certificate(c->ss_conn, hash));
	assert_true(sim_until(sm, sim_is_established, c, 5 * NS_PER_S));
	/* The client's flight is on its way; nobody knows it yet. */
	s = sm->sm_node[0].sn_sides;
	assert_false(s->ss_established);
	assert_false(quic_conn_peer_certificate(s->ss_conn, hash));
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_true(s->ss_established);
	assert_true(seen);
	assert_memory_equal(seen_sha256, d.d_sha256, 32);
	assert_true(quic_conn_peer_certificate(s->ss_conn, hash));
	assert_memory_equal(hash, d.d_sha256, 32);
	assert_true(quic_conn_peer_certificate(c->ss_conn, hash));
	assert_memory_equal(hash, sm->sm_cert_sha256, 32);
	assert_int_equal(d.d_signatures, 1);
	assert_int_equal(sm->sm_signatures, 1);
	world_free(sm, &d);
}

/* Only that name is asked, and only when it was told to ask. */
static void
test_not_asked(void **state)
{
	static const char	*names[] = { "_probe", "default", "" };
	struct dialler		 d;
	struct sim_side		*c;
	struct sim		*sm;
	uint8_t			 hash[32];
	size_t			 i;

	(void)state;
	sm = world(&d, true);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		c = dial(sm, 1, names[i]);
		assert_false(seen);
		assert_true(quic_conn_peer_certificate(c->ss_conn, hash));
	}
	assert_int_equal(d.d_signatures, 0);
	world_free(sm, &d);

	sm = world(&d, false);
	dial(sm, 1, "_federation");
	assert_false(seen);
	assert_int_equal(d.d_signatures, 0);
	world_free(sm, &d);
}

/* An original has nothing to show, and is let in. */
static void
test_none_to_show(void **state)
{
	struct dialler	 d;
	struct sim_side	*c;
	struct sim	*sm;
	uint8_t		 hash[32];

	(void)state;
	sm = world(&d, true);
	c = dial(sm, 2, "_federation");
	assert_false(seen);
	assert_true(quic_conn_peer_certificate(c->ss_conn, hash));
	assert_memory_equal(hash, sm->sm_cert_sha256, 32);
	world_free(sm, &d);
}

/* Somebody else's certificate, and a signer that is away. */
static void
test_wrong_key(void **state)
{
	struct dialler	 d;
	struct sim_side	*c;
	struct sim	*sm;

	(void)state;
	sm = world(&d, true);
	d.d_lies = true;
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "_federation");
	assert_non_null(c);
	assert_true(sim_until(sm, sim_is_closed, c, 5 * NS_PER_S));
	assert_int_equal(c->ss_close.code, 0x133);	/* decrypt_error */
	assert_false(sm->sm_node[0].sn_sides->ss_established);
	assert_false(seen);

	d.d_lies = false;
	d.d_fails = true;
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "_federation");
	assert_non_null(c);
	assert_true(sim_until(sm, sim_is_closed, c, 5 * NS_PER_S));
	assert_false(c->ss_established);
	assert_int_equal(c->ss_close.code, 0x150);	/* internal_error */
	assert_false(sm->sm_node[0].sn_sides->ss_established);

	d.d_fails = false;
	dial(sm, 1, "_federation");
	assert_true(seen);
	world_free(sm, &d);
}

/* A server that is not the one gets nothing of ours to show around. */
static void
test_server_refused(void **state)
{
	struct dialler	 d;
	struct sim_side	*c;
	struct sim	*sm;

	(void)state;
	sm = world(&d, true);
	sm->sm_node[1].sn_refuse_cert = true;
	c = sim_connect(&sm->sm_node[1], &sm->sm_node[0], "_federation");
	assert_non_null(c);
	assert_true(sim_until(sm, sim_is_closed, c, 5 * NS_PER_S));
	assert_false(c->ss_established);
	assert_int_equal(c->ss_close.code, 0x12a);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_false(seen);
	assert_false(sm->sm_node[0].sn_sides->ss_established);
	assert_true(sm->sm_node[0].sn_sides->ss_closed);
	world_free(sm, &d);
}

/* A certificate with a comment of so many bytes. */
static size_t
make_long(EVP_PKEY *key, size_t comment, uint8_t *der, size_t cap)
{
	X509_EXTENSION	*ext;
	X509		*x = X509_new();
	uint8_t		*p = der;
	char		*text;
	int		 len;

	assert_non_null(x);
	assert_non_null(text = calloc(1, comment + 1));
	memset(text, 'x', comment);
	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, text);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
	assert_true(X509_sign(x, key, NULL) > 0);
	len = i2d_X509(x, NULL);
	assert_true(len > 0 && (size_t)len <= cap);
	assert_int_equal(i2d_X509(x, &p), len);
	X509_EXTENSION_free(ext);
	X509_free(x);
	free(text);
	return ((size_t)len);
}

/* A few kB of certificate is read, more is not. */
static void
test_long(void **state)
{
	static uint8_t	 der[16384];
	struct dialler	 d;
	struct quic_tls	*qt;
	struct sim_side	*c;
	struct sim	*sm;
	size_t		 len, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		sm = world(&d, true);
		d.d_key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		assert_non_null(d.d_key);
		len = make_long(d.d_key, i == 0 ? 7000 : 9000, der,
		    sizeof(der));
		qt = quic_tls_client_certified(der, len, dialler_sign, &d);
		assert_non_null(qt);
		sm->sm_node[2].sn_ep->ep_config.tls_client = qt;
		c = sim_connect(&sm->sm_node[2], &sm->sm_node[0],
		    "_federation");
		assert_non_null(c);
		sim_run(sm, sm->sm_now + 3 * NS_PER_S);
		assert_int_equal(d.d_signatures, 1);
		assert_int_equal(seen, i == 0);
		assert_int_equal(c->ss_closed, i == 1);
		sim_free(sm);
		quic_tls_free(qt);
		quic_tls_free(d.d_tls);
		EVP_PKEY_free(d.d_key);
	}
}

/* What cannot be used is found out at the start. */
static void
test_certified(void **state)
{
	struct dialler	 d;
	struct quic_tls	*qt;
	struct sim	*sm;
	unsigned int	 i;

	(void)state;
	sm = world(&d, true);
	assert_null(quic_tls_client_certified(d.d_cert, d.d_cert_len - 1,
	    dialler_sign, &d));
	assert_null(quic_tls_client_certified(d.d_cert, d.d_cert_len + 1,
	    dialler_sign, &d));
	assert_null(quic_tls_client_certified(d.d_cert, 0, dialler_sign, &d));
	/* Signers are given back. */
	for (i = 0; i < 50; i++) {
		qt = quic_tls_client_certified(d.d_cert, d.d_cert_len,
		    dialler_sign, &d);
		assert_non_null(qt);
		quic_tls_free(qt);
	}
	world_free(sm, &d);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_none_to_show),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_server_refused),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_certified)
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
