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
 * Clients and a relay in memory (client_sim.h).
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/quic/params.h"
#include "common/quic/tls.h"
#include "regress/unit/client_sim.h"

struct csim_packet {
	uint64_t		 sp_at;
	uint64_t		 sp_order;
	struct csim_client	*sp_to;		/* NULL: the relay */
	struct addr		 sp_from;
	size_t			 sp_len;
	uint8_t			 sp_data[2048];
	struct csim_packet	*sp_next;
};

static void	 send_packet(struct csim *, struct csim_client *,
		    const struct addr *, const struct quic_packet *);
static bool	 step(struct csim *, uint64_t);
static void	 relay_start(struct csim *);
static int	 relay_signer(void *, const uint8_t *, size_t, uint8_t *);
static enum quic_verdict
		 relay_accept(void *, struct quic_conn *, const char *);
static void	 relay_established(void *, struct quic_conn *);
static void	 relay_message(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 relay_uni(void *, struct quic_conn *, const uint8_t *, size_t,
		    bool);
static void	 relay_datagram(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 relay_closed(void *, struct quic_conn *,
		    const struct quic_close *);
static void	 relay_transmit(void *, const struct quic_packet *);
static void	 relay_signal(struct csim *, struct csim_conn *,
		    const struct signal *, const char *);
static void	 relay_room(struct csim *, struct csim_conn *,
		    const struct signal *);
static void	 relay_update(struct csim *, const char *);
static void	 relay_call(struct csim *, struct csim_conn *,
		    const struct signal *, const char *);
static void	 relay_pass(struct csim *, const char *,
		    const struct signal *);
static void	 relay_own(struct direct_own *, const char *,
		    const struct sig_strings *);
static void	 relay_setup(struct csim *);
static void	 relay_setup_one(struct csim *, const char *,
		    const struct direct_own *, bool);
static void	 relay_to(struct csim *, const char *, const char *);
static struct csim_conn
		*find_registered(struct csim *, const char *);
static bool	 proven(struct quic_conn *, const uint8_t *, const char *,
		    const struct sig_bytes *);
static void	 client_event_in(void *, const struct client_event *);
static void	 client_transmit(void *, const struct quic_packet *);

static const struct quic_ops	relay_ops = {
	.accept = relay_accept,
	.established = relay_established,
	.message = relay_message,
	.uni = relay_uni,
	.datagram = relay_datagram,
	.closed = relay_closed,
	.transmit = relay_transmit
};

int
csim_group_setup(void **state)
{
	(void)state;
	return (quic_tls_init());
}

int
csim_group_teardown(void **state)
{
	(void)state;
	quic_tls_fini();
	return (0);
}

struct csim *
csim_new(void)
{
	struct csim	*cs;
	char		 text[ADDR_STRLEN];
	unsigned int	 i;
	uint8_t		 seed[32];

	assert_non_null(cs = calloc(1, sizeof(*cs)));
	cs->cs_now = 1000 * NS_PER_S;
	cs->cs_delay = 10 * NS_PER_MS;
	cs->cs_random = 7;
	cs->cs_relay_addr = "192.0.2.1:4433";
	assert_int_equal(addr_parse(&cs->cs_addr, "192.0.2.1:4433"), 0);
	(void)strlcpy(cs->cs_dir, "/tmp/wzp-client.XXXXXXXXXX",
	    sizeof(cs->cs_dir));
	assert_non_null(mkdtemp(cs->cs_dir));
	memset(seed, 0x77, sizeof(seed));
	assert_int_equal(identity_from_seed(&cs->cs_identity, seed), 0);
	relay_start(cs);
	for (i = 0; i < CSIM_CLIENTS; i++) {
		(void)snprintf(text, sizeof(text), "198.51.100.%u:5%03u",
		    i + 1, i);
		assert_int_equal(addr_parse(&cs->cs_client[i].cl_addr, text),
		    0);
		memset(seed, (int)i + 1, sizeof(seed));
		assert_int_equal(identity_from_seed(
		    &cs->cs_client[i].cl_identity, seed), 0);
		identity_fingerprint(cs->cs_client[i].cl_identity.id_pub,
		    cs->cs_client[i].cl_fp);
		cs->cs_client[i].cl_sim = cs;
	}
	return (cs);
}

void
csim_free(struct csim *cs)
{
	struct csim_packet	*p;
	char			 path[128];
	unsigned int		 i;

	for (i = 0; i < CSIM_CLIENTS; i++) {
		csim_end(&cs->cs_client[i]);
		(void)snprintf(path, sizeof(path), "%s/known%u", cs->cs_dir,
		    i);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(cs->cs_dir), 0);
	quic_endpoint_free(cs->cs_relay);
	quic_tls_free(cs->cs_tls);
	while ((p = cs->cs_packets) != NULL) {
		cs->cs_packets = p->sp_next;
		free(p);
	}
	while (cs->cs_nlog > 0)
		free(cs->cs_log[--cs->cs_nlog]);
	free(cs);
}

struct csim_client *
csim_client(struct csim *cs, unsigned int i, enum client_mode mode,
    const char *target)
{
	struct csim_client	*cl = &cs->cs_client[i];
	struct client_config	*cc = &cl->cl_config;
	char			 path[128], why[256];

	memset(cc, 0, sizeof(*cc));
	cl->cl_nevents = 0;
	cl->cl_done = cl->cl_ok = false;
	cc->cc_mode = mode;
	cc->cc_target = target;
	cc->cc_identity = &cl->cl_identity;
	(void)snprintf(path, sizeof(path), "%s/known%u", cs->cs_dir, i);
	cc->cc_pins = pins_open(path, why, sizeof(why));
	assert_non_null(cc->cc_pins);
	cc->cc_relay_name = "relay.example:4433";
	cc->cc_relay = cs->cs_addr;
	cc->cc_port[0] = addr_port(&cl->cl_addr);
	cc->cc_accept = ACCEPT_GENERIC;
	cc->cc_profile = media_profile_good;
	assert_non_null(cc->cc_in = audio_in_tone(440.0));
	assert_non_null(cc->cc_out = audio_out_null());
	cc->cc_event = client_event_in;
	cc->cc_transmit = client_transmit;
	cc->cc_arg = cl;
	return (cl);
}

void
csim_start(struct csim_client *cl)
{
	cl->cl_client = client_new(&cl->cl_config);
	assert_non_null(cl->cl_client);
	client_start(cl->cl_client, cl->cl_sim->cs_now);
}

void
csim_end(struct csim_client *cl)
{
	client_free(cl->cl_client);
	cl->cl_client = NULL;
	audio_in_free(cl->cl_config.cc_in);
	audio_out_free(cl->cl_config.cc_out);
	pins_free(cl->cl_config.cc_pins);
	memset(&cl->cl_config, 0, sizeof(cl->cl_config));
}

void
csim_restart_relay(struct csim *cs)
{
	size_t	i;

	quic_endpoint_free(cs->cs_relay);
	quic_tls_free(cs->cs_tls);
	for (i = 0; i < cs->cs_nconns; i++)
		cs->cs_conns[i].co_conn = NULL;
	relay_start(cs);
}

void
csim_new_relay(struct csim *cs)
{
	uint8_t	seed[32];

	/* Each time another one. */
	memset(seed, 0x78 + (int)cs->cs_relays++, sizeof(seed));
	assert_int_equal(identity_from_seed(&cs->cs_identity, seed), 0);
	csim_restart_relay(cs);
}

void
csim_run(struct csim *cs, unsigned int ms)
{
	uint64_t	until = cs->cs_now + ms * NS_PER_MS;

	while (step(cs, until))
		continue;
	cs->cs_now = until;
}

bool
csim_until(struct csim *cs, struct csim_client *cl,
    enum client_event_type type, unsigned int times, unsigned int ms)
{
	uint64_t	until = cs->cs_now + ms * NS_PER_MS;

	while (csim_count(cl, type) < times)
		if (!step(cs, until)) {
			cs->cs_now = until;
			return (false);
		}
	return (true);
}

bool
csim_until_done(struct csim *cs, struct csim_client *cl, unsigned int ms)
{
	uint64_t	until = cs->cs_now + ms * NS_PER_MS;

	while (!cl->cl_done)
		if (!step(cs, until)) {
			cs->cs_now = until;
			return (false);
		}
	return (true);
}

unsigned int
csim_count(const struct csim_client *cl, enum client_event_type type)
{
	unsigned int	n = 0;
	size_t		i;

	for (i = 0; i < cl->cl_nevents; i++)
		if (cl->cl_events[i].type == type)
			n++;
	return (n);
}

const struct csim_event *
csim_last(const struct csim_client *cl, enum client_event_type type)
{
	size_t	i;

	for (i = cl->cl_nevents; i > 0; i--)
		if (cl->cl_events[i - 1].type == type)
			return (&cl->cl_events[i - 1]);
	return (NULL);
}

const char *
csim_message(const struct csim *cs, const struct csim_client *cl,
    const char *name, unsigned int n)
{
	char	prefix[ADDR_STRLEN + QUIC_SNI_MAX + 3], addr[ADDR_STRLEN];
	size_t	i;

	(void)snprintf(prefix, sizeof(prefix), "%s %s ",
	    addr_print(&cl->cl_addr, addr, sizeof(addr)), name);
	for (i = 0; i < cs->cs_nlog; i++)
		if (strncmp(cs->cs_log[i], prefix, strlen(prefix)) == 0 &&
		    n-- == 0)
			return (cs->cs_log[i] + strlen(prefix));
	return (NULL);
}

struct csim_conn *
csim_conn(struct csim *cs, const struct csim_client *cl, const char *name)
{
	size_t	i;

	for (i = cs->cs_nconns; i > 0; i--)
		if (strcmp(cs->cs_conns[i - 1].co_name, name) == 0 &&
		    addr_equal(&cs->cs_conns[i - 1].co_from, &cl->cl_addr))
			return (&cs->cs_conns[i - 1]);
	return (NULL);
}

void
csim_close(struct csim *cs, struct csim_conn *co, const char *reason)
{
	assert_non_null(co->co_conn);
	quic_close(co->co_conn, 0, reason);
	quic_endpoint_flush(cs->cs_relay, cs->cs_now);
}

void
csim_send(struct csim_conn *co, const char *json)
{
	if (co->co_conn != NULL)
		(void)quic_send_message(co->co_conn, json, strlen(json));
}

/* The link. */

static void
send_packet(struct csim *cs, struct csim_client *to, const struct addr *from,
    const struct quic_packet *qp)
{
	struct csim_packet	*p, **at;

	cs->cs_random = cs->cs_random * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	if ((cs->cs_random >> 33) % 1000 < cs->cs_loss)
		return;
	assert_true(qp->len <= sizeof(p->sp_data));
	assert_non_null(p = calloc(1, sizeof(*p)));
	p->sp_at = cs->cs_now + cs->cs_delay;
	p->sp_order = cs->cs_order++;
	p->sp_to = to;
	p->sp_from = *from;
	p->sp_len = qp->len;
	memcpy(p->sp_data, qp->data, qp->len);
	for (at = &cs->cs_packets; *at != NULL && (*at)->sp_at <= p->sp_at;)
		at = &(*at)->sp_next;
	p->sp_next = *at;
	*at = p;
}

/* The next thing that happens before until; false: nothing. */
static bool
step(struct csim *cs, uint64_t until)
{
	struct csim_packet	*p;
	struct csim_client	*cl;
	uint64_t		 next = until, at;
	unsigned int		 i;

	/* What the test itself has sent. */
	if (!cs->cs_dead)
		quic_endpoint_flush(cs->cs_relay, cs->cs_now);
	if ((p = cs->cs_packets) != NULL && p->sp_at < next)
		next = p->sp_at;
	if (!cs->cs_dead && (at = quic_endpoint_expiry(cs->cs_relay)) < next)
		next = at;
	for (i = 0; i < CSIM_CLIENTS; i++) {
		cl = &cs->cs_client[i];
		if (cl->cl_client != NULL && !cl->cl_done &&
		    (at = client_expiry(cl->cl_client)) < next)
			next = at;
	}
	if (next >= until)
		return (false);
	if (next > cs->cs_now)
		cs->cs_now = next;
	while ((p = cs->cs_packets) != NULL && p->sp_at <= cs->cs_now) {
		cs->cs_packets = p->sp_next;
		if (p->sp_to != NULL) {
			if (p->sp_to->cl_client != NULL && !p->sp_to->cl_done)
				client_receive(p->sp_to->cl_client, 0,
				    &p->sp_to->cl_addr, &p->sp_from, 0,
				    p->sp_data, p->sp_len, cs->cs_now);
		} else if (!cs->cs_dead)
			quic_endpoint_receive(cs->cs_relay, 0, &cs->cs_addr,
			    &p->sp_from, 0, p->sp_data, p->sp_len,
			    cs->cs_now);
		free(p);
	}
	if (!cs->cs_dead) {
		quic_endpoint_expire(cs->cs_relay, cs->cs_now);
		quic_endpoint_flush(cs->cs_relay, cs->cs_now);
	}
	for (i = 0; i < CSIM_CLIENTS; i++) {
		cl = &cs->cs_client[i];
		if (cl->cl_client == NULL || cl->cl_done)
			continue;
		client_turn(cl->cl_client, cs->cs_now);
		if (client_done(cl->cl_client, &cl->cl_ok)) {
			cl->cl_done = true;
			cl->cl_done_at = cs->cs_now;
		}
	}
	return (true);
}

/* The relay. */

static void
relay_start(struct csim *cs)
{
	struct quic_config	qc;
	uint8_t			cert[IDENTITY_CERT_MAX];
	int			len;

	len = identity_certificate(cs->cs_identity.id_tls_secret, cert);
	assert_true(len > 0);
	cs->cs_tls = quic_tls_server(cert, (size_t)len, relay_signer, cs);
	assert_non_null(cs->cs_tls);
	assert_int_equal(quic_tls_tickets(cs->cs_tls, &cs->cs_tickets), 0);
	memset(&qc, 0, sizeof(qc));
	qc.ops = &relay_ops;
	qc.arg = cs;
	quic_limits_default(&qc.limits);
	qc.tls_server = cs->cs_tls;
	memset(qc.reset_key, 0x55, sizeof(qc.reset_key));
	cs->cs_relay = quic_endpoint_new(&qc);
	assert_non_null(cs->cs_relay);
}

static int
relay_signer(void *arg, const uint8_t *tbs, size_t len, uint8_t *sig)
{
	struct csim	*cs = arg;

	return (identity_sign(cs->cs_identity.id_tls_secret, tbs, len, sig));
}

static enum quic_verdict
relay_accept(void *arg, struct quic_conn *conn, const char *name)
{
	(void)arg;
	(void)conn;
	(void)name;
	return (QUIC_ACCEPT);
}

static void
relay_established(void *arg, struct quic_conn *conn)
{
	struct csim		*cs = arg;
	struct csim_conn	*co;

	assert_true(cs->cs_nconns < CSIM_CONNS);
	cs->cs_resumed += quic_conn_resumed(conn);
	co = &cs->cs_conns[cs->cs_nconns++];
	co->co_conn = conn;
	(void)strlcpy(co->co_name, quic_conn_name(conn),
	    sizeof(co->co_name));
	co->co_from = *quic_conn_remote(conn);
	quic_conn_set_data(conn, co);
	if (strcmp(co->co_name, QUIC_SNI_PING) == 0)
		quic_close(conn, 0, "");
	else if (strcmp(co->co_name, QUIC_SNI_VERSION) == 0) {
		(void)quic_send_uni(conn, "1.2-test\033", 9);
		quic_close_when_delivered(conn, 0, "");
	}
}

static void
relay_message(void *arg, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	struct csim		*cs = arg;
	struct csim_conn	*co = quic_conn_data(conn);
	struct signal		*s;
	char			 addr[ADDR_STRLEN], *line;
	const char		*why;
	size_t			 cap;

	assert_non_null(co);
	assert_true(cs->cs_nlog < CSIM_LOG);
	(void)addr_print(&co->co_from, addr, sizeof(addr));
	cap = strlen(addr) + strlen(co->co_name) + len + 3;
	assert_non_null(line = malloc(cap));
	(void)snprintf(line, cap, "%s %s %.*s", addr, co->co_name, (int)len,
	    (const char *)data);
	cs->cs_log[cs->cs_nlog++] = line;
	s = signal_parse(data, len, &why);
	assert_non_null(s);
	line += strlen(addr) + strlen(co->co_name) + 2;
	if (strcmp(co->co_name, QUIC_SNI_SIGNAL) == 0)
		relay_signal(cs, co, s, line);
	else
		relay_room(cs, co, s);
	signal_free(s);
}

static void
relay_uni(void *arg, struct quic_conn *conn, const uint8_t *data, size_t len,
    bool fin)
{
	(void)arg;
	(void)conn;
	(void)data;
	(void)len;
	(void)fin;
}

static void
relay_datagram(void *arg, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	struct csim		*cs = arg;
	struct csim_conn	*co = quic_conn_data(conn), *to;
	struct media_packet	 packet;
	size_t			 i;

	if (co == NULL)
		return;
	if (co->co_datagrams++ == 0 && media_parse(data, len, &packet))
		co->co_seq = packet.header.seq;
	for (i = 0; i < cs->cs_nconns; i++) {
		to = &cs->cs_conns[i];
		if (to != co && to->co_conn != NULL && to->co_in &&
		    !cs->cs_mute && strcmp(to->co_name, co->co_name) == 0)
			(void)quic_send_datagram(to->co_conn, data, len,
			    cs->cs_now);
	}
}

static void
relay_closed(void *arg, struct quic_conn *conn, const struct quic_close *qc)
{
	struct csim		*cs = arg;
	struct csim_conn	*co = quic_conn_data(conn);

	if (co == NULL)
		return;
	co->co_conn = NULL;
	co->co_in = false;
	co->co_by_peer = qc->kind == QUIC_CLOSED_BY_PEER_APP;
	co->co_code = qc->code;
	(void)snprintf(co->co_reason, sizeof(co->co_reason), "%.*s",
	    (int)qc->reason_len, (const char *)qc->reason);
	relay_update(cs, co->co_name);
}

static void
relay_transmit(void *arg, const struct quic_packet *qp)
{
	struct csim	*cs = arg;
	unsigned int	 i;

	for (i = 0; i < CSIM_CLIENTS; i++)
		if (addr_equal(qp->remote, &cs->cs_client[i].cl_addr))
			send_packet(cs, &cs->cs_client[i], &cs->cs_addr, qp);
}

static void
relay_signal(struct csim *cs, struct csim_conn *co, const struct signal *s,
    const char *json)
{
	char	text[128], addr[ADDR_STRLEN];

	switch (s->type) {
	case SIGNAL_REGISTER_PRESENCE:
		if (cs->cs_deny) {
			quic_close(co->co_conn, 0, "");
			break;
		}
		identity_fingerprint(s->u.register_presence.identity_pub,
		    co->co_fp);
		co->co_proven = proven(co->co_conn,
		    s->u.register_presence.identity_pub, NULL,
		    &s->u.register_presence.proof);
		co->co_in = true;
		co->co_candidates = !cs->cs_original &&
		    s->u.register_presence.features.n > 0;
		csim_send(co, co->co_candidates ?
		    "{\"RegisterPresenceAck\":{\"success\":true,"
		    "\"relay_build\":\"sim\",\"features\":[\"proof\","
		    "\"candidates\"]}}" :
		    "{\"RegisterPresenceAck\":{\"success\":true,"
		    "\"relay_build\":\"sim\"}}");
		break;
	case SIGNAL_REFLECT:
		(void)snprintf(text, sizeof(text), "{\"ReflectResponse\":"
		    "{\"observed_addr\":\"%s\"}}", addr_print(
		    quic_conn_remote(co->co_conn), addr, sizeof(addr)));
		csim_send(co, text);
		break;
	case SIGNAL_PING:
		(void)snprintf(text, sizeof(text),
		    "{\"Pong\":{\"timestamp_ms\":%llu}}",
		    (unsigned long long)s->u.ping.timestamp_ms);
		csim_send(co, text);
		break;
	default:
		relay_call(cs, co, s, json);
		break;
	}
}

static void
relay_call(struct csim *cs, struct csim_conn *co, const struct signal *s,
    const char *json)
{
	struct signal	 out = *s;
	uint8_t		 forged[32];
	char		 text[128];
	const char	*other;

	switch (s->type) {
	case SIGNAL_DIRECT_CALL_OFFER:
		other = s->u.direct_call_offer.target_fingerprint;
		if (find_registered(cs, other) == NULL) {
			csim_send(co, "{\"Hangup\":{\"reason\":\"Normal\"}}");
			break;
		}
		if (cs->cs_call_id[0] == '\0') {
			(void)strlcpy(cs->cs_call_id,
			    s->u.direct_call_offer.call_id,
			    sizeof(cs->cs_call_id));
			(void)strlcpy(cs->cs_caller, co->co_fp,
			    sizeof(cs->cs_caller));
			(void)strlcpy(cs->cs_callee, other,
			    sizeof(cs->cs_callee));
		}
		relay_own(&cs->cs_own[0],
		    s->u.direct_call_offer.caller_reflexive_addr,
		    &s->u.direct_call_offer.caller_local_addrs);
		out.u.direct_call_offer.caller_reflexive_addr = NULL;
		out.u.direct_call_offer.caller_local_addrs.n = 0;
		if (cs->cs_forge_offer)
			out.u.direct_call_offer.ephemeral_pub[7] ^= 1;
		if (cs->cs_strip) {
			memset(out.u.direct_call_offer.ephemeral_pub, 0, 32);
			out.u.direct_call_offer.signature.len = 0;
		}
		relay_pass(cs, other, &out);
		(void)snprintf(text, sizeof(text),
		    "{\"CallRinging\":{\"call_id\":\"%s\"}}",
		    s->u.direct_call_offer.call_id);
		if (!cs->cs_no_ringing)
			csim_send(co, text);
		break;
	case SIGNAL_DIRECT_CALL_ANSWER:
		if (s->u.direct_call_answer.accept_mode == ACCEPT_REJECT) {
			(void)snprintf(text, sizeof(text), "{\"Hangup\":"
			    "{\"reason\":\"Normal\",\"call_id\":\"%s\"}}",
			    s->u.direct_call_answer.call_id);
			relay_to(cs, cs->cs_caller, text);
			cs->cs_call_id[0] = '\0';
			break;
		}
		cs->cs_trusted = s->u.direct_call_answer.accept_mode ==
		    ACCEPT_TRUSTED;
		relay_own(&cs->cs_own[1],
		    s->u.direct_call_answer.callee_reflexive_addr,
		    &s->u.direct_call_answer.callee_local_addrs);
		if (cs->cs_forge_answer) {
			memcpy(forged,
			    s->u.direct_call_answer.ephemeral_pub.data,
			    sizeof(forged));
			forged[7] ^= 1;
			out.u.direct_call_answer.ephemeral_pub.data = forged;
		}
		if (cs->cs_strip) {
			out.u.direct_call_answer.ephemeral_pub.data = NULL;
			out.u.direct_call_answer.signature.data = NULL;
		}
		relay_pass(cs, cs->cs_caller, &out);
		if (!cs->cs_no_setup)
			relay_setup(cs);
		break;
	case SIGNAL_CALL_CANDIDATES:
		assert_true(cs->cs_trusted);
		/* FALLTHROUGH */
	case SIGNAL_MEDIA_PATH_REPORT:
		relay_to(cs, strcmp(co->co_fp, cs->cs_caller) == 0 ?
		    cs->cs_callee : cs->cs_caller, json);
		if (s->type == SIGNAL_MEDIA_PATH_REPORT) {
			cs->cs_reports++;
			cs->cs_direct = s->u.media_path_report.direct_ok;
			break;
		}
		(void)snprintf(text, sizeof(text), "{\"CallPunch\":"
		    "{\"call_id\":\"%s\",\"round\":%u,\"delay_ms\":0}}",
		    cs->cs_call_id, cs->cs_rounds++);
		relay_to(cs, cs->cs_caller, text);
		relay_to(cs, cs->cs_callee, text);
		break;
	case SIGNAL_HANGUP:
		/* Busy for another call: to its caller. */
		if (s->u.hangup.call_id != NULL &&
		    strcmp(s->u.hangup.call_id, cs->cs_call_id) != 0) {
			for (size_t i = 0; i < CSIM_CLIENTS; i++)
				if (strcmp(cs->cs_client[i].cl_fp,
				    cs->cs_caller) != 0 &&
				    strcmp(cs->cs_client[i].cl_fp,
				    cs->cs_callee) != 0)
					relay_to(cs, cs->cs_client[i].cl_fp,
					    json);
			break;
		}
		other = strcmp(co->co_fp, cs->cs_caller) == 0 ?
		    cs->cs_callee : cs->cs_caller;
		relay_to(cs, other, json);
		cs->cs_call_id[0] = '\0';
		break;
	default:
		break;
	}
}

static void
relay_pass(struct csim *cs, const char *fp, const struct signal *s)
{
	char	json[16384];

	assert_true(signal_print(s, json, sizeof(json)) > 0);
	relay_to(cs, fp, json);
}

static void
relay_own(struct direct_own *own, const char *reflexive,
    const struct sig_strings *local)
{
	size_t	i;

	memset(own, 0, sizeof(*own));
	if (reflexive != NULL)
		(void)strlcpy(own->do_reflexive, reflexive,
		    sizeof(own->do_reflexive));
	for (i = 0; i < local->n && i < DIRECT_CANDIDATES_MAX; i++)
		(void)strlcpy(own->do_local[own->do_nlocal++],
		    local->list[i], sizeof(own->do_local[0]));
}

static void
relay_setup(struct csim *cs)
{
	struct csim_conn	*a = find_registered(cs, cs->cs_caller);
	struct csim_conn	*b = find_registered(cs, cs->cs_callee);
	bool			 both;

	both = a != NULL && b != NULL && a->co_candidates &&
	    b->co_candidates;
	relay_setup_one(cs, cs->cs_caller, &cs->cs_own[1], both);
	relay_setup_one(cs, cs->cs_callee, &cs->cs_own[0], both);
}

static void
relay_setup_one(struct csim *cs, const char *fp,
    const struct direct_own *peer, bool candidates)
{
	static const char	*features[] = { SIGNAL_FEATURE_CANDIDATES };
	const char		*local[DIRECT_CANDIDATES_MAX];
	struct signal		 s;
	char			 room[128];
	size_t			 i;

	(void)snprintf(room, sizeof(room), "%s%s",
	    cs->cs_room != NULL ? "" : "call-",
	    cs->cs_room != NULL ? cs->cs_room : cs->cs_call_id);
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_CALL_SETUP;
	s.u.call_setup.call_id = cs->cs_call_id;
	s.u.call_setup.room = room;
	s.u.call_setup.relay_addr = cs->cs_relay_addr;
	if (cs->cs_trusted) {
		if (peer->do_reflexive[0] != '\0')
			s.u.call_setup.peer_direct_addr = peer->do_reflexive;
		for (i = 0; i < peer->do_nlocal; i++)
			local[i] = peer->do_local[i];
		s.u.call_setup.peer_local_addrs.list = local;
		s.u.call_setup.peer_local_addrs.n = peer->do_nlocal;
	}
	if (candidates) {
		s.u.call_setup.peer_features.list = features;
		s.u.call_setup.peer_features.n = 1;
	}
	relay_pass(cs, fp, &s);
}

static void
relay_to(struct csim *cs, const char *fp, const char *json)
{
	struct csim_conn	*co;

	if ((co = find_registered(cs, fp)) != NULL)
		csim_send(co, json);
}

static struct csim_conn *
find_registered(struct csim *cs, const char *fp)
{
	struct csim_conn	*co;
	size_t			 i;

	for (i = cs->cs_nconns; i > 0; i--) {
		co = &cs->cs_conns[i - 1];
		if (co->co_conn != NULL && co->co_in &&
		    strcmp(co->co_name, QUIC_SNI_SIGNAL) == 0 &&
		    strcmp(co->co_fp, fp) == 0)
			return (co);
	}
	return (NULL);
}

static void
relay_room(struct csim *cs, struct csim_conn *co, const struct signal *s)
{
	const struct sig_call_offer	*offer = &s->u.call_offer;
	struct signal			 answer;
	uint8_t				 sig[64];
	char				 json[4096];
	int				 n;

	if (s->type != SIGNAL_CALL_OFFER || co->co_in)
		return;
	assert_true(identity_verify_offer(offer->identity_pub,
	    offer->ephemeral_pub, offer->signature.data,
	    offer->signature.len));
	identity_fingerprint(offer->identity_pub, co->co_fp);
	co->co_proven = proven(co->co_conn, offer->identity_pub, co->co_name,
	    &offer->proof);
	memset(&answer, 0, sizeof(answer));
	answer.type = SIGNAL_CALL_ANSWER;
	memcpy(answer.u.call_answer.identity_pub, cs->cs_identity.id_pub, 32);
	memset(answer.u.call_answer.ephemeral_pub, 9, 32);
	assert_int_equal(identity_sign_answer(cs->cs_identity.id_secret,
	    answer.u.call_answer.ephemeral_pub, sig), 0);
	if (cs->cs_bad_answer)
		sig[3] ^= 1;
	answer.u.call_answer.signature.data = sig;
	answer.u.call_answer.signature.len = sizeof(sig);
	answer.u.call_answer.chosen_profile = media_profile_good;
	n = signal_print(&answer, json, sizeof(json));
	assert_true(n > 0);
	(void)quic_send_message(co->co_conn, json, (size_t)n);
	if (cs->cs_refuse) {
		quic_close_when_delivered(co->co_conn, 0, "normal close");
		return;
	}
	co->co_in = true;
	relay_update(cs, co->co_name);
}

/* RoomUpdate to all members, without their names. */
static void
relay_update(struct csim *cs, const char *room)
{
	struct csim_conn	*co;
	char			 text[128];
	size_t			 i;
	unsigned int		 n = 0, pass;

	if (strcmp(room, QUIC_SNI_SIGNAL) == 0)
		return;
	for (pass = 0; pass < 2; pass++) {
		(void)snprintf(text, sizeof(text), "{\"RoomUpdate\":{\"count\":"
		    "%u,\"participants\":[]}}", n);
		for (i = 0; i < cs->cs_nconns; i++) {
			co = &cs->cs_conns[i];
			if (co->co_conn == NULL || !co->co_in ||
			    strcmp(co->co_name, room) != 0)
				continue;
			if (pass == 0)
				n++;
			else
				csim_send(co, text);
		}
	}
}

static bool
proven(struct quic_conn *conn, const uint8_t *pub, const char *room,
    const struct sig_bytes *proof)
{
	uint8_t	exporter[32];

	if (proof->data == NULL)
		return (false);
	assert_int_equal(quic_conn_export(conn, "EXPORTER-wzp-proof",
	    exporter, sizeof(exporter)), 0);
	return (identity_proven(exporter, pub, room, proof->data,
	    proof->len));
}

/* Clients. */

static void
client_event_in(void *arg, const struct client_event *ev)
{
	struct csim_client	*cl = arg;
	struct csim_event	*e;
	const char		*text;

	assert_true(cl->cl_nevents < CSIM_LOG);
	e = &cl->cl_events[cl->cl_nevents++];
	memset(e, 0, sizeof(*e));
	e->type = ev->ce_type;
	if (ev->ce_call_id != NULL)
		(void)strlcpy(e->call_id, ev->ce_call_id, sizeof(e->call_id));
	text = ev->ce_text != NULL ? ev->ce_text :
	    ev->ce_reason != NULL ? ev->ce_reason :
	    ev->ce_mode != NULL ? ev->ce_mode :
	    ev->ce_build != NULL ? ev->ce_build :
	    ev->ce_pinned != NULL ? ev->ce_pinned :
	    ev->ce_from != NULL ? ev->ce_from : "";
	(void)strlcpy(e->text, text, sizeof(e->text));
	if (ev->ce_by != NULL)
		(void)strlcpy(e->by, ev->ce_by, sizeof(e->by));
	e->count = ev->ce_count;
	if (ev->ce_media != NULL)
		e->media = *ev->ce_media;
	if (ev->ce_paths != NULL)
		e->paths = *ev->ce_paths;
	if (ev->ce_path != NULL)
		(void)strlcpy(e->path, ev->ce_path, sizeof(e->path));
	if (ev->ce_words != NULL)
		(void)strlcpy(e->words, ev->ce_words, sizeof(e->words));
	e->e2e = ev->ce_e2e;
}

static void
client_transmit(void *arg, const struct quic_packet *qp)
{
	struct csim_client	*cl = arg, *to;
	struct csim		*cs = cl->cl_sim;
	unsigned int		 i;

	if (addr_equal(qp->remote, &cs->cs_addr)) {
		send_packet(cs, NULL, &cl->cl_addr, qp);
		return;
	}
	cl->cl_to_others++;
	if (cl->cl_deaf)
		return;
	for (i = 0; i < CSIM_CLIENTS; i++) {
		to = &cs->cs_client[i];
		if (to != cl && !to->cl_deaf &&
		    addr_equal(qp->remote, &to->cl_addr))
			send_packet(cs, to, &cl->cl_addr, qp);
	}
}
