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
 * The network in memory (quic_sim.h).
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/quic/params.h"
#include "regress/unit/quic_sim.h"

static int	signer(void *, const uint8_t *, size_t, uint8_t *);
static void	make_certificate(struct sim *);
static struct sim_side *side_new(struct sim_node *, struct quic_conn *);
static void	deliver(struct sim *, struct sim_packet *);
static bool	step(struct sim *, uint64_t);

static enum quic_verdict	on_accept(void *, struct quic_conn *,
				    const char *);
static void	on_established(void *, struct quic_conn *);
static void	on_message(void *, struct quic_conn *, const uint8_t *, size_t);
static void	on_uni(void *, struct quic_conn *, const uint8_t *, size_t,
		    bool);
static void	on_datagram(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	on_closed(void *, struct quic_conn *,
		    const struct quic_close *);
static void	on_transmit(void *, const struct quic_packet *);
static bool	on_verify(void *, struct quic_conn *, const uint8_t *);

int
sim_group_setup(void **state)
{
	(void)state;
	return (quic_tls_init());
}

int
sim_group_teardown(void **state)
{
	(void)state;
	quic_tls_fini();
	return (0);
}

struct sim *
sim_new(uint64_t seed)
{
	struct sim	*sm;

	sm = calloc(1, sizeof(*sm));
	assert_non_null(sm);
	print_message("# seed %llu\n", (unsigned long long)seed);
	sm->sm_seed = sm->sm_random = seed;
	sm->sm_now = NS_PER_S;
	sm->sm_delay = 20 * NS_PER_MS;
	make_certificate(sm);
	sm->sm_server_tls = quic_tls_server(sm->sm_cert, sm->sm_cert_len,
	    signer, sm);
	assert_non_null(sm->sm_server_tls);
	sm->sm_client_tls = quic_tls_client(false);
	assert_non_null(sm->sm_client_tls);
	sm->sm_original_tls = quic_tls_client(true);
	assert_non_null(sm->sm_original_tls);
	return (sm);
}

void
sim_free(struct sim *sm)
{
	struct sim_packet	*sp;
	struct sim_side		*ss;
	unsigned int		 i;

	for (i = 0; i < SIM_NODES; i++) {
		quic_endpoint_free(sm->sm_node[i].sn_ep);
		while ((ss = sm->sm_node[i].sn_sides) != NULL) {
			sm->sm_node[i].sn_sides = ss->ss_next_side;
			free(ss);
		}
	}
	while ((sp = sm->sm_packets) != NULL) {
		sm->sm_packets = sp->sp_next;
		free(sp);
	}
	quic_tls_free(sm->sm_server_tls);
	quic_tls_free(sm->sm_client_tls);
	quic_tls_free(sm->sm_original_tls);
	EVP_PKEY_free(sm->sm_key);
	free(sm);
}

/* splitmix64: the same network for the same seed. */
uint64_t
sim_random(struct sim *sm)
{
	uint64_t	z;

	z = (sm->sm_random += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31));
}

struct sim_node *
sim_node(struct sim *sm, unsigned int i, const char *addr, bool server,
    bool as_original)
{
	struct sim_node		*sn = &sm->sm_node[i];
	struct quic_config	*cf = &sn->sn_config;

	assert_true(i < SIM_NODES);
	sn->sn_sim = sm;
	assert_int_equal(addr_parse(&sn->sn_addr, addr), 0);
	sn->sn_ops.accept = on_accept;
	sn->sn_ops.established = on_established;
	sn->sn_ops.message = on_message;
	sn->sn_ops.uni = on_uni;
	sn->sn_ops.datagram = on_datagram;
	sn->sn_ops.closed = on_closed;
	sn->sn_ops.transmit = on_transmit;
	sn->sn_ops.verify = on_verify;
	memset(cf, 0, sizeof(*cf));
	quic_limits_default(&cf->limits);
	cf->ops = &sn->sn_ops;
	cf->arg = sn;
	if (server) {
		cf->tls_server = sm->sm_server_tls;
		cf->export_label = QUIC_PROOF_LABEL;
	}
	cf->tls_client = as_original ? sm->sm_original_tls :
	    sm->sm_client_tls;
	memset(cf->reset_key, (int)(0x40 + i), sizeof(cf->reset_key));
	cf->slot = (uint8_t)i;
	cf->as_original = as_original;
	return (sn);
}

void
sim_start(struct sim_node *sn)
{
	sn->sn_ep = quic_endpoint_new(&sn->sn_config);
	assert_non_null(sn->sn_ep);
}

struct sim_side *
sim_connect(struct sim_node *sn, const struct sim_node *to, const char *sni)
{
	struct quic_conn	*c;

	c = quic_connect(sn->sn_ep, 0, &sn->sn_addr, &to->sn_addr, sni,
	    sn->sn_sim->sm_now);
	if (c == NULL)
		return (NULL);
	return (side_new(sn, c));
}

struct sim_side *
sim_adopt(struct sim_node *sn, struct quic_conn *c)
{
	return (side_new(sn, c));
}

void
sim_run(struct sim *sm, uint64_t until)
{
	sim_flush(sm);
	while (step(sm, until))
		continue;
	sm->sm_now = until;
}

bool
sim_until(struct sim *sm, bool (*done)(void *), void *arg, uint64_t limit)
{
	uint64_t	until = sm->sm_now + limit;

	sim_flush(sm);
	while (!done(arg)) {
		if (!step(sm, until)) {
			sm->sm_now = until;
			return (done(arg));
		}
	}
	return (true);
}

void
sim_flush(struct sim *sm)
{
	unsigned int	i;

	for (i = 0; i < SIM_NODES; i++) {
		if (sm->sm_node[i].sn_ep != NULL)
			quic_endpoint_flush(sm->sm_node[i].sn_ep, sm->sm_now);
	}
}

int
sim_message(struct sim_side *ss, unsigned int n, size_t len)
{
	static uint8_t	buf[65536 * 2];

	assert_true(len >= 4 && len <= sizeof(buf));
	memset(buf, (int)(n & 0xff), len);
	buf[0] = (uint8_t)(n >> 24);
	buf[1] = (uint8_t)(n >> 16);
	buf[2] = (uint8_t)(n >> 8);
	buf[3] = (uint8_t)n;
	return (quic_send_message(ss->ss_conn, buf, len));
}

struct sim_side *
sim_server_side(struct sim_node *sn)
{
	return (sn->sn_sides);
}

struct sim *
sim_pair(uint64_t seed, const char *name, bool as_original,
    struct sim_side **client, struct sim_side **server)
{
	struct sim	*sm = sim_new(seed);

	sim_start(sim_node(sm, 0, "192.0.2.1:4433", true, false));
	sim_start(sim_node(sm, 1, "198.51.100.7:5555", false, as_original));
	*client = sim_connect(&sm->sm_node[1], &sm->sm_node[0], name);
	assert_non_null(*client);
	assert_true(sim_until(sm, sim_is_established, *client, 5 * NS_PER_S));
	sim_run(sm, sm->sm_now + NS_PER_S);
	*server = sim_server_side(&sm->sm_node[0]);
	assert_non_null(*server);
	assert_true((*server)->ss_established);
	return (sm);
}

bool
sim_is_established(void *arg)
{
	struct sim_side	*ss = arg;

	return (ss->ss_established);
}

bool
sim_is_closed(void *arg)
{
	struct sim_side	*ss = arg;

	return (ss->ss_closed);
}

/* What keyd does in the relay; or refuses, or signs with another key. */
static int
signer(void *arg, const uint8_t *tbs, size_t len, uint8_t *sig)
{
	struct sim	*sm = arg;
	EVP_MD_CTX	*ctx;
	size_t		 siglen = 64;
	int		 ok;

	sm->sm_signatures++;
	assert_true(len == 130 || len == 146);
	assert_memory_equal(tbs + 64, "TLS 1.3, server CertificateVerify", 34);
	if (sm->sm_signer_fails)
		return (-1);
	ctx = EVP_MD_CTX_new();
	assert_non_null(ctx);
	ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, sm->sm_key) == 1 &&
	    EVP_DigestSign(ctx, sig, &siglen, tbs, len) == 1;
	EVP_MD_CTX_free(ctx);
	assert_true(ok && siglen == 64);
	if (sm->sm_signer_lies)
		sig[10] ^= 1;
	return (0);
}

static void
make_certificate(struct sim *sm)
{
	EVP_PKEY	*key;
	X509_NAME	*name;
	X509		*x;
	uint8_t		*der = NULL;
	unsigned int	 n;
	int		 len;

	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	x = X509_new();
	assert_true(key != NULL && x != NULL);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	name = X509_NAME_new();
	assert_non_null(name);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)"regress", -1, -1, 0);
	X509_set_subject_name(x, name);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, NULL) > 0);
	len = i2d_X509(x, &der);
	assert_true(len > 0 && (size_t)len <= sizeof(sm->sm_cert));
	memcpy(sm->sm_cert, der, (size_t)len);
	sm->sm_cert_len = (size_t)len;
	assert_int_equal(EVP_Digest(der, (size_t)len, sm->sm_cert_sha256, &n,
	    EVP_sha256(), NULL), 1);
	OPENSSL_free(der);
	X509_NAME_free(name);
	X509_free(x);
	sm->sm_key = key;
}

static struct sim_side *
side_new(struct sim_node *sn, struct quic_conn *c)
{
	struct sim_side	*ss;

	ss = calloc(1, sizeof(*ss));
	assert_non_null(ss);
	ss->ss_node = sn;
	ss->ss_conn = c;
	ss->ss_next_side = sn->sn_sides;
	sn->sn_sides = ss;
	quic_conn_set_data(c, ss);
	return (ss);
}

static void
deliver(struct sim *sm, struct sim_packet *sp)
{
	struct sim_node	*sn;
	unsigned int	 i;

	for (i = 0; i < SIM_NODES; i++) {
		sn = &sm->sm_node[i];
		if (sn->sn_dead || sn->sn_behind ||
		    (!addr_equal(&sn->sn_addr, &sp->sp_to) &&
		    !addr_equal(&sn->sn_addr2, &sp->sp_to)))
			continue;
		if (sn->sn_raw != NULL)
			sn->sn_raw(sn, sp);
		if (sn->sn_ep == NULL)
			continue;
		sn->sn_received++;
		quic_endpoint_receive(sn->sn_ep, 0, &sp->sp_to, &sp->sp_from,
		    sp->sp_ecn, sp->sp_data, sp->sp_len, sm->sm_now);
		quic_endpoint_flush(sn->sn_ep, sm->sm_now);
	}
	free(sp);
}

/* The next event not after until; false: there is none. */
static bool
step(struct sim *sm, uint64_t until)
{
	struct sim_packet	*sp;
	struct sim_node		*first = NULL;
	uint64_t		 due, at = UINT64_MAX;
	unsigned int		 i;

	for (i = 0; i < SIM_NODES; i++) {
		if (sm->sm_node[i].sn_ep == NULL || sm->sm_node[i].sn_dead)
			continue;
		due = quic_endpoint_expiry(sm->sm_node[i].sn_ep);
		if (due < at) {
			at = due;
			first = &sm->sm_node[i];
		}
	}
	if ((sp = sm->sm_packets) != NULL && sp->sp_at <= at) {
		if (sp->sp_at > until)
			return (false);
		if (sp->sp_at > sm->sm_now)
			sm->sm_now = sp->sp_at;
		sm->sm_packets = sp->sp_next;
		deliver(sm, sp);
		return (true);
	}
	if (first == NULL || at > until)
		return (false);
	if (at > sm->sm_now)
		sm->sm_now = at;
	quic_endpoint_expire(first->sn_ep, sm->sm_now);
	quic_endpoint_flush(first->sn_ep, sm->sm_now);
	return (true);
}

static enum quic_verdict
on_accept(void *arg, struct quic_conn *c, const char *name)
{
	struct sim_node	*sn = arg;
	struct sim_side	*ss;

	if (sn->sn_refuse_name)
		return (QUIC_REFUSE_NAME);
	ss = side_new(sn, c);
	strlcpy(ss->ss_name, name, sizeof(ss->ss_name));
	return (QUIC_ACCEPT);
}

static void
on_established(void *arg, struct quic_conn *c)
{
	struct sim_node	*sn = arg;
	struct sim_side	*ss = quic_conn_data(c);

	assert_false(ss->ss_established);
	assert_true(quic_conn_established(c));
	ss->ss_established = true;
	ss->ss_established_at = sn->sn_sim->sm_now;
	if (sn->sn_on_established != NULL)
		sn->sn_on_established(ss);
}

static void
on_message(void *arg, struct quic_conn *c, const uint8_t *data, size_t len)
{
	struct sim_node	*sn = arg;
	struct sim_side	*ss = quic_conn_data(c);
	unsigned int	 n;

	assert_true(ss->ss_established && !ss->ss_closed);
	assert_true(len <= sizeof(ss->ss_last));
	memcpy(ss->ss_last, data, len);
	ss->ss_last_len = len;
	ss->ss_messages++;
	if (len >= 4) {
		n = (unsigned int)data[0] << 24 | (unsigned int)data[1] << 16 |
		    (unsigned int)data[2] << 8 | data[3];
		if (n != ss->ss_next)
			ss->ss_disorder = true;
		ss->ss_next = n + 1;
	}
	if (sn->sn_on_message != NULL)
		sn->sn_on_message(ss);
}

static void
on_uni(void *arg, struct quic_conn *c, const uint8_t *data, size_t len,
    bool fin)
{
	struct sim_side	*ss = quic_conn_data(c);

	(void)arg;
	if (len > sizeof(ss->ss_uni) - ss->ss_uni_len)
		len = sizeof(ss->ss_uni) - ss->ss_uni_len;
	if (len > 0)
		memcpy(ss->ss_uni + ss->ss_uni_len, data, len);
	ss->ss_uni_len += len;
	if (fin)
		ss->ss_uni_fin = true;
}

static void
on_datagram(void *arg, struct quic_conn *c, const uint8_t *data, size_t len)
{
	struct sim_node	*sn = arg;
	struct sim_side	*ss = quic_conn_data(c);

	assert_true(ss->ss_established && !ss->ss_closed);
	assert_true(len <= sizeof(ss->ss_datagram));
	ss->ss_datagrams++;
	ss->ss_datagram_len = len;
	memcpy(ss->ss_datagram, data, len);
	if (sn->sn_on_datagram != NULL)
		sn->sn_on_datagram(ss, data, len);
}

static void
on_closed(void *arg, struct quic_conn *c, const struct quic_close *qc)
{
	struct sim_node	*sn = arg;
	struct sim_side	*ss = quic_conn_data(c);
	size_t		 n = qc->reason_len;

	assert_false(ss->ss_closed);
	assert_non_null(qc->text);
	ss->ss_closed = true;
	ss->ss_closed_at = sn->sn_sim->sm_now;
	ss->ss_close = *qc;
	if (n >= sizeof(ss->ss_reason))
		n = sizeof(ss->ss_reason) - 1;
	if (n > 0)
		memcpy(ss->ss_reason, qc->reason, n);
	ss->ss_close.reason = NULL;
	ss->ss_conn = NULL;
	/* A closed connection takes nothing and does not crash. */
	assert_int_equal(quic_send_message(c, "x", 1), -1);
	assert_int_equal(quic_send_datagram(c, "x", 1, sn->sn_sim->sm_now),
	    -1);
	quic_close(c, 0, "");
}

static void
on_transmit(void *arg, const struct quic_packet *qp)
{
	struct sim_node		*sn = arg;
	const struct addr	*from = &sn->sn_addr;

	assert_true(qp->len > 0 && qp->len <= 1452);
	assert_int_equal(qp->listener, 0);
	if (sn->sn_dead)
		return;
	sn->sn_sent++;
	if ((qp->data[0] & 0x80) == 0)
		sn->sn_short_sent++;
	if (qp->len > sn->sn_longest)
		sn->sn_longest = qp->len;
	if (sn->sn_addr2.addr_len != 0 && qp->local != NULL &&
	    addr_equal(qp->local, &sn->sn_addr2))
		from = &sn->sn_addr2;
	sim_send(sn->sn_sim, from, qp->remote, qp->ecn, qp->data, qp->len);
}

void
sim_send(struct sim *sm, const struct addr *from, const struct addr *to,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct sim_packet	*sp, **pp;

	sp = calloc(1, sizeof(*sp));
	assert_non_null(sp);
	assert_true(len <= sizeof(sp->sp_data));
	sp->sp_from = *from;
	sp->sp_to = *to;
	sp->sp_ecn = ecn;
	sp->sp_len = len;
	memcpy(sp->sp_data, data, len);
	sm->sm_extra = 0;
	if ((sm->sm_filter != NULL && !sm->sm_filter(sm, sp)) ||
	    sim_random(sm) % 1000 < sm->sm_loss) {
		free(sp);
		return;
	}
	sp->sp_at = sm->sm_now + sm->sm_delay + sm->sm_extra;
	if (sm->sm_jitter > 0)
		sp->sp_at += sim_random(sm) % sm->sm_jitter;
	sp->sp_order = sm->sm_order++;
	for (pp = &sm->sm_packets; *pp != NULL && ((*pp)->sp_at < sp->sp_at ||
	    ((*pp)->sp_at == sp->sp_at && (*pp)->sp_order < sp->sp_order));
	    pp = &(*pp)->sp_next)
		continue;
	sp->sp_next = *pp;
	*pp = sp;
}

static bool
on_verify(void *arg, struct quic_conn *c, const uint8_t *hash)
{
	struct sim_node	*sn = arg;
	struct sim_side	*ss = quic_conn_data(c);

	memcpy(ss->ss_cert, hash, 32);
	return (!sn->sn_refuse_cert);
}
