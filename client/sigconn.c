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
 * Registration.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/sigconn.h"
#include "common/base/clock.h"
#include "common/quic/params.h"

#define ACK_LIMIT	(10 * NS_PER_S)
/*
 * In a call.  Whoever sends finds out soon that the relay's signalling was
 * started anew: the answer to the next packet is a stateless reset.
 */
#define PING_EVERY	NS_PER_S
/*
 * A registration that lasted less than this does not start the back-off
 * anew: a relay that takes us in and sends us away at once is left alone more
 * and more.  (Who is replaced by another client does not come back at all.)
 */
#define STEADY		NS_PER_S

/*
 * Before the first registration: a relay that has no room or no time for us
 * (CONNECTION_REFUSED, RFC 9000 5.2.2) is asked again and again for so long.
 */
#define BUSY_LIMIT	(8 * NS_PER_S)
#define BUSY_PAUSE	NS_PER_S

/* Seconds to wait before each attempt to register again (5.1). */
static const unsigned int	backoff[] = { 0, 1, 2, 4, 8, 15, 30 };
/*
 * Whom the relay took in and then forgot (its process died) waits no longer
 * than this entry says, however often that happens: it is the relay's own
 * pause before a start that grows.
 */
#define FORGOTTEN	2

enum sigconn_state {
	SIGCONN_OFF,
	SIGCONN_CONNECTING,
	SIGCONN_REGISTERING,
	SIGCONN_REGISTERED,
	SIGCONN_WAITING
};

struct sigconn {
	enum sigconn_state		 sc_state;
	struct link			 sc_link;
	struct addr			 sc_relay;
	const struct sigconn_ops	*sc_ops;
	void				*sc_arg;
	bool				 sc_ever;	/* registered once */
	unsigned int			 sc_attempt;
	uint64_t			 sc_since;	/* registered */
	uint64_t			 sc_started;
	uint64_t			 sc_dialled;
	uint64_t			 sc_deadline;	/* of the state */
	bool				 sc_pinging;
	uint64_t			 sc_ping_at;
};

static void	 sigconn_established(void *);
static void	 sigconn_signal(void *, const struct signal *);
static void	 sigconn_closed(void *, const struct quic_close *);
static void	 sigconn_dial(struct sigconn *);
static void	 sigconn_again(struct sigconn *, const char *, bool);
static void	 sigconn_fail(struct sigconn *, const char *);
static uint64_t	 now(const struct sigconn *);

static const struct link_ops	sigconn_link_ops = {
	.established = sigconn_established,
	.signal = sigconn_signal,
	.closed = sigconn_closed
};

struct sigconn *
sigconn_new(struct link_shared *shared, const struct addr *relay,
    const struct sigconn_ops *ops, void *arg)
{
	struct sigconn	*sc;

	if ((sc = calloc(1, sizeof(*sc))) == NULL)
		return (NULL);
	sc->sc_link.li_ops = &sigconn_link_ops;
	sc->sc_link.li_arg = sc;
	sc->sc_link.li_shared = shared;
	sc->sc_relay = *relay;
	sc->sc_ops = ops;
	sc->sc_arg = arg;
	sc->sc_deadline = UINT64_MAX;
	return (sc);
}

void
sigconn_free(struct sigconn *sc)
{
	if (sc == NULL)
		return;
	link_clear(&sc->sc_link, "");
	free(sc);
}

void
sigconn_start(struct sigconn *sc)
{
	if (sc->sc_state != SIGCONN_OFF)
		return;
	sc->sc_started = now(sc);
	sigconn_dial(sc);
}

void
sigconn_stop(struct sigconn *sc)
{
	sc->sc_state = SIGCONN_OFF;
	sc->sc_deadline = UINT64_MAX;
	sc->sc_pinging = false;
	link_close(&sc->sc_link, "normal close");
}

int
sigconn_send(struct sigconn *sc, const struct signal *s)
{
	if (sc->sc_state != SIGCONN_REGISTERED)
		return (-1);
	return (link_send(&sc->sc_link, s));
}

bool
sigconn_registered(const struct sigconn *sc)
{
	return (sc->sc_state == SIGCONN_REGISTERED);
}

bool
sigconn_delivered(const struct sigconn *sc)
{
	return (link_delivered(&sc->sc_link));
}

void
sigconn_ping(struct sigconn *sc, bool on)
{
	if (on && !sc->sc_pinging)
		sc->sc_ping_at = now(sc) + PING_EVERY;
	/* The original's command line client has no Ping. */
	sc->sc_pinging = on && !sc->sc_link.li_shared->ls_as_original;
}

void
sigconn_moved(struct sigconn *sc, const struct addr *addrs, size_t n,
    const uint16_t port[2])
{
	link_moved(&sc->sc_link, addrs, n, port);
}

void
sigconn_expire(struct sigconn *sc)
{
	struct signal	s;

	if (now(sc) >= sc->sc_deadline) {
		sc->sc_deadline = UINT64_MAX;
		switch (sc->sc_state) {
		case SIGCONN_WAITING:
			sigconn_dial(sc);
			break;
		case SIGCONN_CONNECTING:
			link_close(&sc->sc_link, "");
			sigconn_again(sc, "the relay does not answer", false);
			break;
		case SIGCONN_REGISTERING:
			link_close(&sc->sc_link, "");
			sigconn_again(sc, "the relay did not confirm the "
			    "registration in time", false);
			break;
		case SIGCONN_OFF:
		case SIGCONN_REGISTERED:
			break;
		}
	}
	if (sc->sc_pinging && sc->sc_state == SIGCONN_REGISTERED &&
	    now(sc) >= sc->sc_ping_at) {
		memset(&s, 0, sizeof(s));
		s.type = SIGNAL_PING;
		s.u.ping.timestamp_ms = clock_wall_ms();
		(void)link_send(&sc->sc_link, &s);
		sc->sc_ping_at = now(sc) + PING_EVERY;
	}
}

uint64_t
sigconn_expiry(const struct sigconn *sc)
{
	uint64_t	at = sc->sc_deadline;

	if (sc->sc_pinging && sc->sc_state == SIGCONN_REGISTERED &&
	    sc->sc_ping_at < at)
		at = sc->sc_ping_at;
	return (at);
}

static void
sigconn_dial(struct sigconn *sc)
{
	uint64_t	patience;

	sc->sc_state = SIGCONN_CONNECTING;
	sc->sc_dialled = now(sc);
	sc->sc_deadline = UINT64_MAX;	/* the handshake has its own limit */
	if (sc->sc_ever && sc->sc_attempt > 0 &&
	    (patience = link_patience(sc->sc_attempt - 1)) != UINT64_MAX)
		sc->sc_deadline = now(sc) + patience;
	if (link_dial(&sc->sc_link, &sc->sc_relay, QUIC_SNI_SIGNAL) == -1)
		sigconn_again(sc, "out of memory", false);
}

static void
sigconn_established(void *arg)
{
	struct sigconn			*sc = arg;
	static const char		*features[] = {
	    SIGNAL_FEATURE_CANDIDATES };
	struct link_shared		*ls = sc->sc_link.li_shared;
	struct sig_register_presence	*rp;
	struct signal			 s;
	uint8_t				 proof[64];

	/* 5.1: AuthToken only if there is one to show; then at once. */
	if (ls->ls_token != NULL) {
		memset(&s, 0, sizeof(s));
		s.type = SIGNAL_AUTH_TOKEN;
		s.u.auth_token.token = ls->ls_token;
		(void)link_send(&sc->sc_link, &s);
	}
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_REGISTER_PRESENCE;
	rp = &s.u.register_presence;
	memcpy(rp->identity_pub, ls->ls_identity->id_pub,
	    sizeof(rp->identity_pub));
	rp->signature.data = (const uint8_t *)"";	/* [], as everybody */
	if (!ls->ls_as_original) {
		if (link_prove(&sc->sc_link, NULL, proof) == -1) {
			link_close(&sc->sc_link, "");
			sigconn_fail(sc, "could not sign the registration");
			return;
		}
		rp->proof.data = proof;
		rp->proof.len = sizeof(proof);
		rp->features.list = features;
		rp->features.n = 1;
	}
	sc->sc_state = SIGCONN_REGISTERING;
	sc->sc_deadline = now(sc) + ACK_LIMIT;
	(void)link_send(&sc->sc_link, &s);
}

static void
sigconn_signal(void *arg, const struct signal *s)
{
	struct sigconn				*sc = arg;
	const struct sig_register_presence_ack	*ack;

	if (sc->sc_state == SIGCONN_REGISTERED) {
		if (s->type != SIGNAL_REGISTER_PRESENCE_ACK)
			sc->sc_ops->signal(sc->sc_arg, s);
		return;
	}
	if (sc->sc_state != SIGCONN_REGISTERING)
		return;
	/* 5.1: nothing may come before the ack. */
	if (s->type != SIGNAL_REGISTER_PRESENCE_ACK) {
		link_close(&sc->sc_link, "");
		sigconn_fail(sc, "the relay sent something else than a "
		    "confirmation of the registration");
		return;
	}
	ack = &s->u.register_presence_ack;
	if (!ack->success) {
		link_close(&sc->sc_link, "");
		sigconn_fail(sc, ack->error != NULL ? ack->error :
		    "the relay refused the registration");
		return;
	}
	sc->sc_state = SIGCONN_REGISTERED;
	sc->sc_ever = true;
	sc->sc_since = now(sc);
	sc->sc_deadline = UINT64_MAX;
	if (sc->sc_pinging)
		sc->sc_ping_at = now(sc) + PING_EVERY;
	sc->sc_ops->registered(sc->sc_arg, ack->relay_build);
}

static void
sigconn_closed(void *arg, const struct quic_close *qc)
{
	struct sigconn	*sc = arg;
	char		 why[128];

	(void)link_why(qc, why, sizeof(why));
	/*
	 * Another registration under this identity has taken over; taking it
	 * back would only start a fight.
	 */
	if (sc->sc_state == SIGCONN_REGISTERED &&
	    qc->kind == QUIC_CLOSED_BY_PEER_APP && qc->reason_len == 8 &&
	    memcmp(qc->reason, "replaced", 8) == 0) {
		sigconn_fail(sc, "another client has registered with this "
		    "identity");
		return;
	}
	/* Who was in once may be refused while a part of the relay is away. */
	if (sc->sc_state == SIGCONN_REGISTERING && !sc->sc_ever &&
	    qc->kind == QUIC_CLOSED_BY_PEER_APP) {
		sigconn_fail(sc, "the relay refused the registration");
		return;
	}
	if (!sc->sc_ever && qc->kind == QUIC_CLOSED_HANDSHAKE &&
	    qc->code == QUIC_CONNECTION_REFUSED &&
	    now(sc) - sc->sc_started < BUSY_LIMIT) {
		sc->sc_state = SIGCONN_WAITING;
		sc->sc_deadline = now(sc) + link_spread(BUSY_PAUSE);
		return;
	}
	sigconn_again(sc, why, qc->kind == QUIC_CLOSED_BY_PEER_APP);
}

/*
 * Lost: the first registration is not tried again but by a relay that is busy,
 * a later one for ever.
 * sent_away: the relay itself closed it.
 */
static void
sigconn_again(struct sigconn *sc, const char *why, bool sent_away)
{
	enum sigconn_state	was = sc->sc_state;
	size_t			n = sizeof(backoff) / sizeof(backoff[0]);
	uint64_t		from;

	if (!sc->sc_ever) {
		sigconn_fail(sc, why);
		return;
	}
	if (was == SIGCONN_REGISTERED && now(sc) - sc->sc_since >= STEADY)
		sc->sc_attempt = 0;
	else if (was == SIGCONN_REGISTERED && !sent_away &&
	    sc->sc_attempt > FORGOTTEN)
		sc->sc_attempt = FORGOTTEN;
	sc->sc_state = SIGCONN_WAITING;
	/*
	 * The first time at once, but not all in the same moment; then from
	 * dial to dial: what a silent one took counts.
	 */
	from = was == SIGCONN_REGISTERED ? now(sc) : sc->sc_dialled;
	sc->sc_deadline = from + link_spread(backoff[sc->sc_attempt] *
	    NS_PER_S);
	if (sc->sc_attempt + 1 < n)
		sc->sc_attempt++;
	if (was == SIGCONN_REGISTERED)
		sc->sc_ops->lost(sc->sc_arg, why);
}

static void
sigconn_fail(struct sigconn *sc, const char *why)
{
	sc->sc_state = SIGCONN_OFF;
	sc->sc_deadline = UINT64_MAX;
	sc->sc_ops->failed(sc->sc_arg, why);
}

static uint64_t
now(const struct sigconn *sc)
{
	return (sc->sc_link.li_shared->ls_now);
}
