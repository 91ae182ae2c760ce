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
 * The client: what its connections, its call and its sound do together.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/call.h"
#include "client/client.h"
#include "client/inquiry.h"
#include "client/link.h"
#include "client/relaykey.h"
#include "client/direct/selfcert.h"
#include "client/voice.h"
#include "client/sigconn.h"
#include "client/direct/where.h"
#include "common/base/clock.h"
#include "common/quic/params.h"
#include "common/quic/tls.h"
#include "common/wire/check.h"

/*
 * Who hangs up stays until the Hangup is delivered; who is hung up on plays
 * what is still on its way.
 */
#define LINGER_SELF	NS_PER_S
#define LINGER_PEER	(200 * NS_PER_MS)
#define FINISH_LIMIT	(1500 * NS_PER_MS)
#define NEVER		UINT64_MAX
/*
 * Who only waits for calls learns of a relay that forgot it by the answer to
 * its next packet: seconds without any, at most.  Both sides keep the path
 * open every 5 s (wzp-protocol 1.1); a little earlier keeps it ours.
 */
#define IDLE_KEEPALIVE_MS	4000
/* Signals, media, and what direct connections try (client/direct/direct.c). */
#define CONNECTIONS_MAX		32
#define INCOMING_MAX		8	/* of them, by strangers */

struct client {
	struct client_config	 cl_config;
	struct link_shared	 cl_shared;
	struct quic_tls		*cl_tls;
	struct selfcert		*cl_selfcert;	/* shown to the other party */
	struct where		 cl_where;
	bool			 cl_started;
	struct sigconn		*cl_sigconn;
	struct call		*cl_call;
	struct inquiry		*cl_inquiry;	/* nothing else then */

	struct relaykey		 cl_key;
	struct voice		*cl_voice;	/* of the call or room */
	struct talk		*cl_talk;	/* in it */

	/*
	 * A Hangup that the relay has not acknowledged: it waits for us to
	 * register again, and the other party for the end.
	 */
	bool			 cl_owed;
	char			 cl_owed_id[CALL_ID_MAX + 1];
	enum hangup_reason	 cl_owed_reason;

	bool			 cl_dialled;
	bool			 cl_probed;
	bool			 cl_ended;	/* call or room, lingering */
	bool			 cl_ended_self;
	bool			 cl_ended_well;
	uint64_t		 cl_linger;
	bool			 cl_stopping;
	bool			 cl_finished;
	uint64_t		 cl_finish_limit;
	bool			 cl_ok;
};

static enum quic_verdict
		 on_accept(void *, struct quic_conn *, const char *);
static void	 on_established(void *, struct quic_conn *);
static void	 on_message(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 on_uni(void *, struct quic_conn *, const uint8_t *, size_t,
		    bool);
static void	 on_datagram(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 on_new_token(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 on_ticket(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 on_closed(void *, struct quic_conn *,
		    const struct quic_close *);
static void	 on_transmit(void *, const struct quic_packet *);
static bool	 on_verify(void *, struct quic_conn *, const uint8_t *);

static void	 signal_registered(void *, const char *);
static void	 signal_lost(void *, const char *);
static void	 signal_failed(void *, const char *);
static void	 signal_message(void *, const struct signal *);

static int	 call_op_send(void *, const struct signal *);
static void	 call_op_setup(void *, const struct sig_call_setup *);
static const struct direct_own
		*call_op_own(void *);
static bool	 call_op_direct(void *);
static void	 call_op_ended(void *);
static void	 call_op_event(void *, const struct client_event *);

static void	 voice_op_event(void *, const struct client_event *);
static void	 voice_op_begun(void *);
static void	 voice_op_enough(void *, bool);
static void	 voice_op_parted(void *);
static void	 voice_op_told(void *, const struct signal *);
static int	 voice_op_signal(void *, const struct signal *);
static void	 voice_op_check(void *, unsigned int, const struct addr *,
		    const uint8_t *, size_t);

static void	 inquiry_op_done(void *, bool, const char *);

static bool	 client_open(const struct client *);
static void	 client_ask(struct client *);
static void	 client_place(struct client *);
static void	 client_end(struct client *, enum hangup_reason);
static void	 client_over(struct client *);
static void	 client_finish(struct client *, bool);
static void	 client_text(struct client *, enum client_event_type,
		    const char *);
static void	 event_init(struct client_event *, enum client_event_type);
static void	 event_emit(struct client *, const struct client_event *);

static const struct quic_ops	quic_ops = {
	.accept = on_accept,
	.established = on_established,
	.message = on_message,
	.uni = on_uni,
	.datagram = on_datagram,
	.new_token = on_new_token,
	.ticket = on_ticket,
	.closed = on_closed,
	.transmit = on_transmit,
	.verify = on_verify
};

static const struct sigconn_ops	sigconn_ops = {
	.registered = signal_registered,
	.lost = signal_lost,
	.failed = signal_failed,
	.signal = signal_message
};

static const struct call_ops	call_ops = {
	.send = call_op_send,
	.setup = call_op_setup,
	.own = call_op_own,
	.direct = call_op_direct,
	.ended = call_op_ended,
	.event = call_op_event
};

static const struct voice_ops	voice_ops = {
	.event = voice_op_event,
	.begun = voice_op_begun,
	.enough = voice_op_enough,
	.parted = voice_op_parted,
	.told = voice_op_told,
	.signal = voice_op_signal,
	.check = voice_op_check
};

static const struct inquiry_ops	inquiry_ops = {
	.event = call_op_event,
	.done = inquiry_op_done
};

struct client *
client_new(const struct client_config *config)
{
	struct quic_config	 qc;
	struct call_config	 cf;
	struct voice_config	 sc;
	struct talk_config	*tc = &sc.vo_talk;
	struct client		*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->cl_config = *config;
	c->cl_linger = c->cl_finish_limit = NEVER;
	where_init(&c->cl_where, config->cc_port);
	c->cl_key.rk_pins = config->cc_pins;
	c->cl_key.rk_name = config->cc_relay_name;
	c->cl_key.rk_room = config->cc_mode == CLIENT_ROOM;
	c->cl_key.rk_event = config->cc_event;
	c->cl_key.rk_arg = config->cc_arg;
	if ((c->cl_tls = quic_tls_client(config->cc_as_original)) == NULL ||
	    (!config->cc_as_original &&
	    quic_tls_ask_tickets(c->cl_tls) == -1) ||
	    (client_open(c) && (c->cl_selfcert = selfcert_new()) == NULL))
		goto fail;

	memset(&qc, 0, sizeof(qc));
	qc.ops = &quic_ops;
	qc.arg = c;
	quic_limits_default(&qc.limits);
	qc.limits.max_connections = CONNECTIONS_MAX;
	qc.limits.incoming = INCOMING_MAX;
	if (!config->cc_as_original)
		qc.limits.keepalive_ms = IDLE_KEEPALIVE_MS;
	qc.tls_client = c->cl_tls;
	if (c->cl_selfcert != NULL)
		qc.tls_server = selfcert_tls(c->cl_selfcert);
	qc.as_original = config->cc_as_original;
	arc4random_buf(qc.reset_key, sizeof(qc.reset_key));
	c->cl_shared.ls_endpoint = quic_endpoint_new(&qc);
	if (c->cl_shared.ls_endpoint == NULL)
		goto fail;
	/* A stranger's first packet is dropped unread, but in a call. */
	quic_endpoint_expect(c->cl_shared.ls_endpoint, false);
	c->cl_shared.ls_listeners =
	    (config->cc_port[0] != 0 ? 1U << LINK_IPV4 : 0) |
	    (config->cc_port[1] != 0 ? 1U << LINK_IPV6 : 0);
	c->cl_shared.ls_identity = config->cc_identity;
	c->cl_shared.ls_token = config->cc_token;
	c->cl_shared.ls_as_original = config->cc_as_original;

	memset(&cf, 0, sizeof(cf));
	cf.cf_ops = &call_ops;
	cf.cf_arg = c;
	cf.cf_identity = config->cc_identity;
	cf.cf_accept = config->cc_accept;
	cf.cf_listen = config->cc_mode == CLIENT_LISTEN;
	cf.cf_as_original = config->cc_as_original;
	cf.cf_relay_only = !client_open(c);
	cf.cf_require_e2e = config->cc_require_e2e;
	cf.cf_profile = config->cc_profile;
	c->cl_call = call_new(&cf);

	memset(&sc, 0, sizeof(sc));
	tc->tc_shared = &c->cl_shared;
	tc->tc_relay = config->cc_relay;
	tc->tc_in = config->cc_in;
	tc->tc_out = config->cc_out;
	tc->tc_profile = config->cc_profile;
	tc->tc_auto = config->cc_auto;
	tc->tc_room = config->cc_mode == CLIENT_ROOM;
	tc->tc_seconds = config->cc_seconds;
	tc->tc_until_end = config->cc_until_end;
	sc.vo_any_length = config->cc_any_length;
	sc.vo_ops = &voice_ops;
	sc.vo_arg = c;
	if ((c->cl_voice = voice_new(&sc)) == NULL)
		goto fail;
	c->cl_talk = voice_talk(c->cl_voice);
	c->cl_sigconn = sigconn_new(&c->cl_shared, &config->cc_relay,
	    &sigconn_ops, c);
	if (c->cl_call == NULL || c->cl_sigconn == NULL)
		goto fail;
	switch (config->cc_mode) {
	case CLIENT_PING:
	case CLIENT_VERSION:
	case CLIENT_NAT:
		c->cl_inquiry = inquiry_new(&c->cl_config, &c->cl_shared,
		    &inquiry_ops, c);
		if (c->cl_inquiry == NULL)
			goto fail;
		break;
	case CLIENT_LISTEN:
	case CLIENT_CALL:
	case CLIENT_ROOM:
		break;
	}
	return (c);
fail:
	client_free(c);
	return (NULL);
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	inquiry_free(c->cl_inquiry);
	voice_free(c->cl_voice);
	sigconn_free(c->cl_sigconn);
	call_free(c->cl_call);
	if (c->cl_shared.ls_endpoint != NULL)
		quic_endpoint_free(c->cl_shared.ls_endpoint);
	selfcert_free(c->cl_selfcert);
	quic_tls_free(c->cl_tls);
	free(c);
}

void
client_start(struct client *c, uint64_t now)
{
	c->cl_shared.ls_now = now;
	c->cl_started = true;
	switch (c->cl_config.cc_mode) {
	case CLIENT_LISTEN:
	case CLIENT_CALL:
		sigconn_start(c->cl_sigconn);
		break;
	case CLIENT_ROOM:
		voice_room(c->cl_voice, c->cl_config.cc_target,
		    &c->cl_config.cc_relay);
		break;
	case CLIENT_PING:
	case CLIENT_VERSION:
	case CLIENT_NAT:
		inquiry_start(c->cl_inquiry);
		break;
	}
	client_turn(c, now);
}

int
client_dial(struct client *c, const char *fingerprint, uint64_t now)
{
	c->cl_shared.ls_now = now;
	if (c->cl_config.cc_mode != CLIENT_LISTEN || c->cl_stopping ||
	    c->cl_finished || call_dial(c->cl_call, fingerprint, now) == -1)
		return (-1);
	sigconn_ping(c->cl_sigconn, true);
	client_turn(c, now);
	return (0);
}

void
client_hangup(struct client *c, uint64_t now)
{
	c->cl_shared.ls_now = now;
	client_end(c, HANGUP_NORMAL);
	client_turn(c, now);
}

void
client_stop(struct client *c, uint64_t now)
{
	c->cl_shared.ls_now = now;
	if (c->cl_stopping) {
		c->cl_finished = true;
		c->cl_finish_limit = now;
		return;
	}
	c->cl_stopping = true;
	if (c->cl_finished || c->cl_ended)
		;	/* under way */
	else if (talk_on(c->cl_talk) || call_phase(c->cl_call) != PHASE_IDLE)
		client_end(c, HANGUP_NORMAL);
	else
		client_finish(c, c->cl_config.cc_mode == CLIENT_LISTEN &&
		    !c->cl_config.cc_once);
	client_turn(c, now);
}

void
client_receive(struct client *c, unsigned int listener,
    const struct addr *local, const struct addr *remote, uint8_t ecn,
    const uint8_t *data, size_t len, uint64_t now)
{
	c->cl_shared.ls_now = now;
	/* Beside QUIC on the same socket (common/wire/check.h). */
	if (check_is(data, len))
		voice_check(c->cl_voice, listener, local, remote, data,
		    len);
	else
		quic_endpoint_receive(c->cl_shared.ls_endpoint, listener,
		    local, remote, ecn, data, len, now);
}

void
client_addresses(struct client *c, const struct addr *addrs, size_t n,
    uint64_t now)
{
	struct where	*w = &c->cl_where;

	c->cl_shared.ls_now = now;
	voice_hosts(c->cl_voice, addrs, n);
	if (where_addresses(w, addrs, n))
		voice_own(c->cl_voice, &w->wh_own);
	if (!c->cl_started || c->cl_finished)
		return;
	sigconn_moved(c->cl_sigconn, w->wh_addrs, w->wh_naddrs, w->wh_port);
	talk_moved(c->cl_talk, w->wh_addrs, w->wh_naddrs, w->wh_port);
	if (sigconn_registered(c->cl_sigconn))
		where_ask(w, now);
	client_turn(c, now);
}

void
client_mapped(struct client *c, const struct addr *external, uint64_t now)
{
	c->cl_shared.ls_now = now;
	if (where_mapped(&c->cl_where, external))
		voice_own(c->cl_voice, &c->cl_where.wh_own);
	if (c->cl_started && !c->cl_finished)
		client_turn(c, now);
}

void
client_turn(struct client *c, uint64_t now)
{
	c->cl_shared.ls_now = now;
	quic_endpoint_expire(c->cl_shared.ls_endpoint, now);
	if (!c->cl_finished) {
		if (c->cl_key.rk_mismatch) {
			client_text(c, EVENT_ERROR, "the relay's certificate "
			    "is not the pinned one");
			client_finish(c, false);
			goto flush;
		}
		if (c->cl_probed)
			client_finish(c, c->cl_ok);
		sigconn_expire(c->cl_sigconn);
		if (sigconn_registered(c->cl_sigconn) &&
		    sigconn_delivered(c->cl_sigconn))
			c->cl_owed = false;
		if (c->cl_inquiry != NULL)
			inquiry_expire(c->cl_inquiry);
		if (where_due(&c->cl_where, now))
			client_ask(c);
		client_place(c);
		call_expire(c->cl_call, now);
		voice_expire(c->cl_voice);
		if (c->cl_ended && (now >= c->cl_linger || (c->cl_ended_self &&
		    sigconn_delivered(c->cl_sigconn) &&
		    !c->cl_config.cc_as_original)))
			client_over(c);
	}
flush:
	quic_endpoint_flush(c->cl_shared.ls_endpoint, now);
}

uint64_t
client_expiry(const struct client *c)
{
	uint64_t	at;

	at = quic_endpoint_expiry(c->cl_shared.ls_endpoint);
	if (c->cl_finished)
		return (clock_earlier(at, c->cl_finish_limit));
	/*
	 * A connection may end in the last step of a turn; if nothing of it
	 * lingers, no other timer would ever bring the next one.
	 */
	if (c->cl_probed || c->cl_key.rk_mismatch)
		return (c->cl_shared.ls_now);
	at = clock_earlier(at, sigconn_expiry(c->cl_sigconn));
	at = clock_earlier(at, call_expiry(c->cl_call));
	at = clock_earlier(at, where_expiry(&c->cl_where));
	if (c->cl_inquiry != NULL)
		at = clock_earlier(at, inquiry_expiry(c->cl_inquiry));
	at = clock_earlier(at, voice_expiry(c->cl_voice));
	at = clock_earlier(at, c->cl_linger);
	return (at);
}

bool
client_media_stats(const struct client *c, struct media_stats *ms)
{
	return (talk_media_stats(c->cl_talk, ms));
}

bool
client_done(const struct client *c, bool *ok)
{
	*ok = c->cl_ok;
	return (c->cl_finished && (c->cl_shared.ls_open == 0 ||
	    c->cl_shared.ls_now >= c->cl_finish_limit));
}

/* Connections. */

static enum quic_verdict
on_accept(void *arg, struct quic_conn *conn, const char *name)
{
	struct client	*c = arg;

	return (voice_accept(c->cl_voice, conn, name) ? QUIC_ACCEPT :
	    QUIC_REFUSE_NAME);
}

static void
on_established(void *arg, struct quic_conn *conn)
{
	struct client		*c = arg;
	const struct link	*li = quic_conn_data(conn);

	if (li != NULL && !li->li_direct &&
	    c->cl_config.cc_mode != CLIENT_NAT)
		relaykey_established(&c->cl_key, conn);
	link_on_established(conn);
}

static void
on_message(void *arg, struct quic_conn *conn, const uint8_t *data, size_t len)
{
	(void)arg;
	link_on_message(conn, data, len);
}

static void
on_uni(void *arg, struct quic_conn *conn, const uint8_t *data, size_t len,
    bool fin)
{
	(void)arg;
	link_on_uni(conn, data, len, fin);
}

static void
on_datagram(void *arg, struct quic_conn *conn, const uint8_t *data, size_t len)
{
	(void)arg;
	link_on_datagram(conn, data, len);
}

static void
on_new_token(void *arg, struct quic_conn *conn, const uint8_t *token,
    size_t len)
{
	(void)arg;
	link_on_new_token(conn, token, len);
}

static void
on_ticket(void *arg, struct quic_conn *conn, const uint8_t *session,
    size_t len)
{
	(void)arg;
	link_on_ticket(conn, session, len);
}

static void
on_closed(void *arg, struct quic_conn *conn, const struct quic_close *qc)
{
	struct client	*c = arg;

	c->cl_shared.ls_open--;
	link_on_closed(conn, qc);
}

static void
on_transmit(void *arg, const struct quic_packet *packet)
{
	struct client	*c = arg;

	c->cl_config.cc_transmit(c->cl_config.cc_arg, packet);
}

/*
 * Whose certificate it is: libssl has checked that the relay holds its key.
 * All connections of a client are to one relay, whatever address they have,
 * but those to the other party: who that is shows its proof (doc/E2E).
 */
static bool
on_verify(void *arg, struct quic_conn *conn, const uint8_t *sha256)
{
	struct client		*c = arg;
	const struct link	*li = quic_conn_data(conn);

	if (li == NULL)
		return (false);
	/* Relays that are asked about a NAT learn nothing (natprobe.h). */
	if (li->li_direct || c->cl_config.cc_mode == CLIENT_NAT)
		return (true);
	return (relaykey_verify(&c->cl_key, conn, sha256));
}

/* Registration. */

static void
signal_registered(void *arg, const char *build)
{
	struct client		*c = arg;
	struct client_event	 ev;
	struct signal		 s;

	event_init(&ev, EVENT_REGISTERED);
	ev.ce_build = build;
	event_emit(c, &ev);
	if (c->cl_owed) {
		memset(&s, 0, sizeof(s));
		s.type = SIGNAL_HANGUP;
		s.u.hangup.reason = c->cl_owed_reason;
		s.u.hangup.call_id = c->cl_owed_id;
		(void)sigconn_send(c->cl_sigconn, &s);
	}
	/* The relay does not keep candidates for who is away. */
	if (call_phase(c->cl_call) == PHASE_ACTIVE)
		voice_own(c->cl_voice, &c->cl_where.wh_own);
	client_ask(c);
	client_place(c);
}

static void
signal_lost(void *arg, const char *why)
{
	struct client	*c = arg;

	where_forget(&c->cl_where);
	client_text(c, EVENT_UNREGISTERED, why);
	/* Media goes on: the relay waits for us a while (doc/PROTOCOL). */
	call_unregistered(c->cl_call);
}

static void
signal_failed(void *arg, const char *why)
{
	struct client	*c = arg;

	if (c->cl_key.rk_mismatch)
		return;		/* said in the next turn */
	client_text(c, EVENT_ERROR, why);
	client_finish(c, false);
}

static void
signal_message(void *arg, const struct signal *s)
{
	struct client	*c = arg;

	if (c->cl_finished)
		return;
	switch (s->type) {
	case SIGNAL_REFLECT_RESPONSE:
		if (where_answered(&c->cl_where,
		    s->u.reflect_response.observed_addr))
			voice_own(c->cl_voice, &c->cl_where.wh_own);
		client_place(c);
		break;
	case SIGNAL_CALL_CANDIDATES:
		if (strcmp(s->u.call_candidates.call_id,
		    call_id(c->cl_call)) == 0)
			voice_signal(c->cl_voice, s);
		break;
	case SIGNAL_CALL_PUNCH:
		if (strcmp(s->u.call_punch.call_id, call_id(c->cl_call)) == 0)
			voice_signal(c->cl_voice, s);
		break;
	case SIGNAL_MEDIA_PATH_REPORT:
		/* The original does not compare the call_id (7.6). */
		voice_signal(c->cl_voice, s);
		break;
	default:
		call_signal(c->cl_call, s, c->cl_shared.ls_now);
		break;
	}
	if (call_phase(c->cl_call) != PHASE_IDLE)
		sigconn_ping(c->cl_sigconn, true);
}

/* The call. */

static int
call_op_send(void *arg, const struct signal *s)
{
	struct client	*c = arg;

	if (s->type == SIGNAL_HANGUP && s->u.hangup.call_id != NULL &&
	    s->u.hangup.reason != HANGUP_BUSY) {
		c->cl_owed = true;
		c->cl_owed_reason = s->u.hangup.reason;
		(void)strlcpy(c->cl_owed_id, s->u.hangup.call_id,
		    sizeof(c->cl_owed_id));
		/* A relay that was started anew may not know the call. */
		if (strcmp(s->u.hangup.call_id, call_id(c->cl_call)) == 0)
			voice_tell(c->cl_voice, s);
	}
	return (sigconn_send(c->cl_sigconn, s));
}

static void
call_op_setup(void *arg, const struct sig_call_setup *setup)
{
	struct client		*c = arg;
	struct voice_call	 sc;

	memset(&sc, 0, sizeof(sc));
	sc.sc_setup = setup;
	sc.sc_e2e = call_e2e(c->cl_call);
	sc.sc_caller = call_outgoing(c->cl_call);
	sc.sc_open = call_open(c->cl_call);
	sc.sc_own = &c->cl_where.wh_own;
	/*
	 * 6.9: an original behind NAT, or with an IPv6 address, says something
	 * useless.  The relay that we are registered with is the right one.
	 */
	if (addr_parse(&sc.sc_relay, setup->relay_addr) == -1 ||
	    addr_is_any(&sc.sc_relay) || addr_port(&sc.sc_relay) == 0 ||
	    addr_family(&sc.sc_relay) != addr_family(&c->cl_config.cc_relay))
		sc.sc_relay = c->cl_config.cc_relay;
	voice_call(c->cl_voice, &sc);
}

static const struct direct_own *
call_op_own(void *arg)
{
	struct client	*c = arg;

	return (&c->cl_where.wh_own);
}

static bool
call_op_direct(void *arg)
{
	struct client	*c = arg;

	return (voice_direct(c->cl_voice));
}

static void
call_op_ended(void *arg)
{
	struct client	*c = arg;

	c->cl_ended = true;
	c->cl_ended_self = call_by_self(c->cl_call);
	talk_hush(c->cl_talk);
	c->cl_ended_well = call_went_well(c->cl_call);
	if (c->cl_ended_well && c->cl_ended_self &&
	    !talk_connected(c->cl_talk)) {
		client_text(c, EVENT_ERROR, "hung up while media was lost");
		c->cl_ended_well = false;
	}
	c->cl_linger = c->cl_shared.ls_now;
	if (talk_begun(c->cl_talk))
		c->cl_linger += LINGER_PEER;
	if (c->cl_ended_self && !c->cl_config.cc_as_original)
		c->cl_linger = c->cl_shared.ls_now + LINGER_SELF;
}

static void
call_op_event(void *arg, const struct client_event *ev)
{
	event_emit(arg, ev);
}

/* The sound. */

static void
voice_op_event(void *arg, const struct client_event *said)
{
	struct client		*c = arg;
	struct client_event	 ev = *said;

	if (call_id(c->cl_call)[0] != '\0' && ev.ce_type != EVENT_ERROR)
		ev.ce_call_id = call_id(c->cl_call);
	event_emit(c, &ev);
}

static void
voice_op_begun(void *arg)
{
	struct client	*c = arg;

	if (c->cl_config.cc_mode != CLIENT_ROOM)
		call_media(c->cl_call);
}

static void
voice_op_enough(void *arg, bool error)
{
	client_end(arg, error ? HANGUP_ERROR : HANGUP_NORMAL);
}

static void
voice_op_parted(void *arg)
{
	struct client	*c = arg;

	call_parted(c->cl_call);
}

static void
voice_op_told(void *arg, const struct signal *s)
{
	struct client	*c = arg;

	call_told(c->cl_call, s);
}

static int
voice_op_signal(void *arg, const struct signal *s)
{
	struct client	*c = arg;

	return (sigconn_send(c->cl_sigconn, s));
}

static void
voice_op_check(void *arg, unsigned int listener, const struct addr *remote,
    const uint8_t *data, size_t len)
{
	struct client		*c = arg;
	struct addr		 any;
	struct quic_packet	 packet;

	memset(&any, 0, sizeof(any));
	memset(&packet, 0, sizeof(packet));
	packet.local = &any;
	packet.remote = remote;
	packet.listener = listener;
	packet.data = data;
	packet.len = len;
	c->cl_config.cc_transmit(c->cl_config.cc_arg, &packet);
}

/* Where we are, and whom we call from there. */

/*
 * May anybody learn our addresses?  Who listens and trusts nobody does not
 * trust whom he calls in between.
 */
static bool
client_open(const struct client *c)
{
	const struct client_config	*cc = &c->cl_config;

	return (!cc->cc_relay_only && !cc->cc_as_original &&
	    (cc->cc_mode == CLIENT_CALL || (cc->cc_mode == CLIENT_LISTEN &&
	    cc->cc_accept == ACCEPT_TRUSTED)));
}

static void
client_ask(struct client *c)
{
	struct signal	s;

	if (!client_open(c))
		return;
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_REFLECT;
	if (sigconn_send(c->cl_sigconn, &s) == 0)
		where_asked(&c->cl_where, c->cl_shared.ls_now);
}

/* The one call of `wzp call', once it is known where we are. */
static void
client_place(struct client *c)
{
	if (c->cl_config.cc_mode != CLIENT_CALL || c->cl_dialled ||
	    c->cl_stopping || !sigconn_registered(c->cl_sigconn) ||
	    where_asking(&c->cl_where, c->cl_shared.ls_now))
		return;
	c->cl_dialled = true;
	if (call_dial(c->cl_call, c->cl_config.cc_target,
	    c->cl_shared.ls_now) == -1) {
		client_text(c, EVENT_ERROR, "the offer could not be sent");
		client_finish(c, false);
		return;
	}
	sigconn_ping(c->cl_sigconn, true);
}

/* Ends. */

static void
client_end(struct client *c, enum hangup_reason reason)
{
	if (c->cl_ended || c->cl_finished)
		return;
	if (c->cl_config.cc_mode != CLIENT_ROOM) {
		call_hangup(c->cl_call, reason);
		return;
	}
	c->cl_ended = true;
	talk_hush(c->cl_talk);
	c->cl_ended_well = talk_begun(c->cl_talk) && reason == HANGUP_NORMAL;
	c->cl_linger = c->cl_shared.ls_now;
	if (talk_begun(c->cl_talk))
		c->cl_linger += LINGER_PEER;
}

/* The call or room that ended has lingered long enough. */
static void
client_over(struct client *c)
{
	bool	well = c->cl_ended_well, refused = call_refused(c->cl_call);

	voice_leave(c->cl_voice);
	sigconn_ping(c->cl_sigconn, false);
	call_clear(c->cl_call);
	c->cl_ended = c->cl_ended_self = c->cl_ended_well = false;
	c->cl_linger = NEVER;

	if (c->cl_config.cc_mode != CLIENT_LISTEN)
		client_finish(c, well);
	else if (c->cl_config.cc_once)
		client_finish(c, well || refused);
	else if (c->cl_stopping)
		client_finish(c, true);
}

static void
client_finish(struct client *c, bool ok)
{
	if (c->cl_finished)
		return;
	c->cl_finished = true;
	c->cl_ok = ok;
	c->cl_finish_limit = c->cl_shared.ls_now + FINISH_LIMIT;
	if (talk_on(c->cl_talk) || call_phase(c->cl_call) != PHASE_IDLE)
		voice_leave(c->cl_voice);
	sigconn_stop(c->cl_sigconn);
	inquiry_free(c->cl_inquiry);
	c->cl_inquiry = NULL;
}

static void
inquiry_op_done(void *arg, bool ok, const char *why)
{
	struct client	*c = arg;

	c->cl_probed = true;
	c->cl_ok = ok;
	if (why != NULL && !c->cl_key.rk_mismatch)
		client_text(c, EVENT_ERROR, why);
}

static void
client_text(struct client *c, enum client_event_type type, const char *text)
{
	struct client_event	ev;

	event_init(&ev, type);
	ev.ce_text = text;
	event_emit(c, &ev);
}

static void
event_init(struct client_event *ev, enum client_event_type type)
{
	memset(ev, 0, sizeof(*ev));
	ev->ce_type = type;
}

static void
event_emit(struct client *c, const struct client_event *ev)
{
	c->cl_config.cc_event(c->cl_config.cc_arg, ev);
}
