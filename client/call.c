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
 * The state of a call.
 */

#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/call.h"
#include "client/e2e/checked.h"
#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/quic/params.h"

/* The relay's registry may take 2 s before it says anything. */
#define OFFER_LIMIT	(15 * NS_PER_S)
/* The relay rings for a minute; in case it has no such limit (gap 18). */
#define RING_LIMIT	(120 * NS_PER_S)
#define SETUP_LIMIT	(15 * NS_PER_S)

struct call {
	struct call_config	 ca_config;
	enum call_phase		 ca_phase;
	char			 ca_id[CALL_ID_MAX + 1];
	bool			 ca_outgoing;
	struct e2e		*ca_e2e;	/* NULL: as the original */
	bool			 ca_answered;
	enum accept_mode	 ca_mode;	/* of the answer */
	char			 ca_fp[IDENTITY_FP_STRLEN];	/* own */
	char			 ca_peer[IDENTITY_FP_STRLEN];
	uint64_t		 ca_deadline;
	bool			 ca_orphan;	/* the relay has given it up */
	bool			 ca_media;
	bool			 ca_self;	/* ended by us */
	bool			 ca_well;
	bool			 ca_refused;
};

static bool	 call_id_valid(const char *);
static const char
		*call_accept_name(enum accept_mode);
static void	 call_new_id(struct call *);
static void	 call_offered(struct call *,
		    const struct sig_direct_call_offer *, uint64_t);
static void	 call_accept(struct call *,
		    const struct sig_direct_call_offer *,
		    struct client_event *, uint64_t);
static void	 call_answered(struct call *,
		    const struct sig_direct_call_answer *, uint64_t);
static void	 call_setup(struct call *, const struct sig_call_setup *);
static void	 call_hung_up(struct call *, const struct sig_hangup *, bool);
static void	 call_refuse(struct call *,
		    const struct sig_direct_call_offer *, const char *);
static bool	 call_marked(struct call *);
static int	 call_send_reject(struct call *, const char *);
static int	 call_send_answer(struct call *);
static void	 call_addresses(struct call *, const char **,
		    struct sig_strings *,
		    const char *[DIRECT_CANDIDATES_MAX]);
static int	 call_send_hangup(struct call *, const char *,
		    enum hangup_reason);
static void	 call_end(struct call *, enum hangup_reason, const char *);
static void	 call_end_why(struct call *, enum hangup_reason, const char *,
		    const char *);
static void	 call_event(struct call *, enum client_event_type);
static void	 call_warn(struct call *, const char *);
static bool	 call_is(const struct call *, const char *);

struct call *
call_new(const struct call_config *config)
{
	struct call	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	c->ca_config = *config;
	c->ca_deadline = UINT64_MAX;
	identity_fingerprint(config->cf_identity->id_pub, c->ca_fp);
	return (c);
}

void
call_free(struct call *c)
{
	if (c != NULL)
		e2e_free(c->ca_e2e);
	free(c);
}

int
call_dial(struct call *c, const char *target, uint64_t now)
{
	struct client_event		 ev;
	struct sig_direct_call_offer	*offer;
	struct media_profile		 profile;
	struct signal			 s;
	const char			*local[DIRECT_CANDIDATES_MAX];

	if (c->ca_phase != PHASE_IDLE)
		return (-1);
	call_new_id(c);
	c->ca_outgoing = true;
	(void)strlcpy(c->ca_peer, target, sizeof(c->ca_peer));

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_DIRECT_CALL_OFFER;
	offer = &s.u.direct_call_offer;
	offer->caller_fingerprint = c->ca_fp;
	offer->target_fingerprint = c->ca_peer;
	offer->call_id = c->ca_id;
	memcpy(offer->identity_pub, c->ca_config.cf_identity->id_pub,
	    sizeof(offer->identity_pub));
	/* Zero and [], as the original's clients, unless there is a key. */
	offer->signature.data = (const uint8_t *)"";
	if (!c->ca_config.cf_as_original) {
		c->ca_e2e = e2e_new(c->ca_config.cf_identity, c->ca_peer,
		    c->ca_id, true);
		if (c->ca_e2e == NULL || e2e_offer(c->ca_e2e, offer) == -1) {
			call_clear(c);
			return (-1);
		}
	}
	call_addresses(c, &offer->caller_reflexive_addr,
	    &offer->caller_local_addrs, local);
	profile = c->ca_config.cf_profile;
	offer->supported_profiles.list = &profile;
	offer->supported_profiles.n = 1;
	if (c->ca_config.cf_ops->send(c->ca_config.cf_arg, &s) == -1) {
		call_clear(c);
		return (-1);
	}
	c->ca_phase = PHASE_DIALING;
	c->ca_deadline = now + OFFER_LIMIT;

	memset(&ev, 0, sizeof(ev));
	ev.ce_type = EVENT_OFFER_SENT;
	ev.ce_call_id = c->ca_id;
	ev.ce_to = c->ca_peer;
	c->ca_config.cf_ops->event(c->ca_config.cf_arg, &ev);
	return (0);
}

void
call_signal(struct call *c, const struct signal *s, uint64_t now)
{
	switch (s->type) {
	case SIGNAL_DIRECT_CALL_OFFER:
		call_offered(c, &s->u.direct_call_offer, now);
		break;
	case SIGNAL_CALL_RINGING:
		if (c->ca_phase != PHASE_DIALING ||
		    !call_is(c, s->u.call_ringing.call_id))
			break;
		c->ca_phase = PHASE_RINGING;
		c->ca_deadline = now + RING_LIMIT;
		call_event(c, EVENT_RINGING);
		break;
	case SIGNAL_DIRECT_CALL_ANSWER:
		call_answered(c, &s->u.direct_call_answer, now);
		break;
	case SIGNAL_CALL_SETUP:
		call_setup(c, &s->u.call_setup);
		break;
	case SIGNAL_HANGUP:
		call_hung_up(c, &s->u.hangup, false);
		break;
	default:
		/* Pong, what others may invent. */
		break;
	}
}

void
call_told(struct call *c, const struct signal *s)
{
	if (s->type == SIGNAL_HANGUP)
		call_hung_up(c, &s->u.hangup, true);
}

void
call_hangup(struct call *c, enum hangup_reason reason)
{
	if (c->ca_phase == PHASE_IDLE || c->ca_phase == PHASE_ENDED)
		return;
	(void)call_send_hangup(c, c->ca_id, reason);
	c->ca_self = true;
	call_end(c, reason, "self");
}

void
call_unregistered(struct call *c)
{
	if (c->ca_phase == PHASE_DIALING || c->ca_phase == PHASE_RINGING ||
	    c->ca_phase == PHASE_ANSWERED)
		call_end(c, HANGUP_ERROR, "relay");
}

void
call_media(struct call *c)
{
	if (c->ca_phase == PHASE_ACTIVE)
		c->ca_media = true;
}

void
call_parted(struct call *c)
{
	if (c->ca_phase == PHASE_ACTIVE && c->ca_orphan)
		call_end_why(c, HANGUP_NORMAL, "peer", "the direct connection "
		    "has ended, and the relay does not know the call any "
		    "more");
}

void
call_clear(struct call *c)
{
	c->ca_phase = PHASE_IDLE;
	c->ca_id[0] = '\0';
	c->ca_peer[0] = '\0';
	c->ca_deadline = UINT64_MAX;
	c->ca_outgoing = c->ca_media = c->ca_self = c->ca_well = false;
	c->ca_refused = c->ca_answered = c->ca_orphan = false;
	e2e_free(c->ca_e2e);
	c->ca_e2e = NULL;
}

void
call_expire(struct call *c, uint64_t now)
{
	if (now < c->ca_deadline)
		return;
	c->ca_deadline = UINT64_MAX;
	switch (c->ca_phase) {
	case PHASE_DIALING:
		call_warn(c, "the relay does not react to the offer");
		call_hangup(c, HANGUP_ERROR);
		break;
	case PHASE_RINGING:
		call_hangup(c, HANGUP_TIMEOUT);
		break;
	case PHASE_ANSWERED:
		call_warn(c, "answered, but the relay does not set up the "
		    "call");
		call_hangup(c, HANGUP_ERROR);
		break;
	case PHASE_IDLE:
	case PHASE_ACTIVE:
	case PHASE_ENDED:
		break;
	}
}

uint64_t
call_expiry(const struct call *c)
{
	return (c->ca_deadline);
}

enum call_phase
call_phase(const struct call *c)
{
	return (c->ca_phase);
}

const char *
call_id(const struct call *c)
{
	return (c->ca_id);
}

bool
call_outgoing(const struct call *c)
{
	return (c->ca_outgoing);
}

struct e2e *
call_e2e(const struct call *c)
{
	return (c->ca_e2e != NULL && e2e_ready(c->ca_e2e) ? c->ca_e2e : NULL);
}

bool
call_open(const struct call *c)
{
	if (c->ca_config.cf_as_original || c->ca_config.cf_relay_only)
		return (false);
	/* CallSetup without an answer: its addresses tell. */
	return (!c->ca_answered || c->ca_mode == ACCEPT_TRUSTED);
}

bool
call_by_self(const struct call *c)
{
	return (c->ca_self);
}

bool
call_went_well(const struct call *c)
{
	return (c->ca_well);
}

bool
call_refused(const struct call *c)
{
	return (c->ca_refused);
}

/* What can be a call_id that a room can be joined with (1.4). */
static bool
call_id_valid(const char *id)
{
	size_t	n = strlen(id);

	if (n < 1 || n > CALL_ID_MAX || id[n - 1] == '-')
		return (false);
	return (strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n);
}

static const char *
call_accept_name(enum accept_mode mode)
{
	switch (mode) {
	case ACCEPT_REJECT:
		return ("reject");
	case ACCEPT_TRUSTED:
		return ("trusted");
	case ACCEPT_GENERIC:
		return ("generic");
	}
	return ("unknown");
}

static void
call_new_id(struct call *c)
{
	struct timespec	ts;
	uint8_t		random[16];
	size_t		i;

	if (c->ca_config.cf_as_original) {
		/* 6.2 */
		(void)clock_gettime(CLOCK_REALTIME, &ts);
		(void)snprintf(c->ca_id, sizeof(c->ca_id), "%016" PRIx64,
		    (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec);
		return;
	}
	/* Not to be guessed: who knows it may disturb the call (gap 9). */
	arc4random_buf(random, sizeof(random));
	for (i = 0; i < sizeof(random); i++)
		(void)snprintf(c->ca_id + 2 * i, 3, "%02x", random[i]);
}

static void
call_offered(struct call *c, const struct sig_direct_call_offer *offer,
    uint64_t now)
{
	struct client_event	ev;
	char			fp[IDENTITY_FP_STRLEN];

	if (call_is(c, offer->call_id))
		return;		/* a repetition */
	/*
	 * The text is the caller's: a fingerprint that is none, or that does
	 * not belong to the key beside it (some send zero), is a lie.
	 */
	identity_fingerprint(offer->identity_pub, fp);
	if (!identity_fingerprint_valid(offer->caller_fingerprint) ||
	    !CHECKED("offer-fingerprint", bytes_zero(offer->identity_pub,
	    sizeof(offer->identity_pub)) ||
	    strcmp(fp, offer->caller_fingerprint) == 0)) {
		call_refuse(c, offer, "the caller's fingerprint does not "
		    "belong to the caller's key");
		return;
	}
	if (!call_id_valid(offer->call_id)) {
		call_refuse(c, offer, "its room has no usable name");
		return;
	}
	memset(&ev, 0, sizeof(ev));
	ev.ce_call_id = offer->call_id;
	ev.ce_from = offer->caller_fingerprint;
	ev.ce_alias = offer->caller_alias;
	if (c->ca_phase != PHASE_IDLE || !c->ca_config.cf_listen) {
		ev.ce_type = EVENT_BUSY;
		c->ca_config.cf_ops->event(c->ca_config.cf_arg, &ev);
		/* The original knows no Busy (6.7). */
		if (c->ca_config.cf_as_original)
			(void)call_send_reject(c, offer->call_id);
		else
			(void)call_send_hangup(c, offer->call_id, HANGUP_BUSY);
		return;
	}
	call_accept(c, offer, &ev, now);
}

static void
call_accept(struct call *c, const struct sig_direct_call_offer *offer,
    struct client_event *ev, uint64_t now)
{
	enum e2e_verdict	 verdict = E2E_NONE;
	struct e2e		*e = NULL;
	enum accept_mode	 mode = c->ca_config.cf_accept;

	if (!c->ca_config.cf_as_original) {
		e = e2e_new(c->ca_config.cf_identity,
		    offer->caller_fingerprint, offer->call_id, false);
		if (e == NULL) {
			call_refuse(c, offer, "out of memory");
			return;
		}
		verdict = e2e_take_offer(e, offer);
	}
	if (verdict == E2E_FORGED) {
		call_refuse(c, offer, e2e_why(e));
		e2e_free(e);
		return;
	}
	ev->ce_type = EVENT_INCOMING;
	ev->ce_e2e = verdict == E2E_OK;
	c->ca_config.cf_ops->event(c->ca_config.cf_arg, ev);
	if (mode != ACCEPT_REJECT && !CHECKED("require-e2e",
	    verdict == E2E_OK || !c->ca_config.cf_require_e2e)) {
		call_warn(c, "the call is refused: it would not be "
		    "end-to-end encrypted");
		mode = ACCEPT_REJECT;
	}
	/* Who tells nobody an address has none to be trusted with. */
	if (mode == ACCEPT_TRUSTED && c->ca_config.cf_relay_only)
		mode = ACCEPT_GENERIC;

	(void)strlcpy(c->ca_id, offer->call_id, sizeof(c->ca_id));
	(void)strlcpy(c->ca_peer, offer->caller_fingerprint,
	    sizeof(c->ca_peer));
	c->ca_outgoing = false;
	c->ca_answered = true;
	c->ca_mode = mode;
	if (verdict == E2E_OK)
		c->ca_e2e = e;
	else
		e2e_free(e);
	if (mode == ACCEPT_REJECT) {
		(void)call_send_reject(c, c->ca_id);
		c->ca_self = c->ca_refused = true;
		call_end(c, HANGUP_DECLINED, "self");
		return;
	}
	if (call_send_answer(c) == -1) {
		call_end(c, HANGUP_ERROR, "relay");
		return;
	}
	c->ca_phase = PHASE_ANSWERED;
	c->ca_deadline = now + SETUP_LIMIT;
	(void)call_marked(c);
}

/* An offer that is a lie; whatever call there is goes on. */
static void
call_refuse(struct call *c, const struct sig_direct_call_offer *offer,
    const char *why)
{
	char	text[256];

	(void)snprintf(text, sizeof(text), "a call was refused: %s", why);
	call_warn(c, text);
	(void)call_send_reject(c, offer->call_id);
}

/* Says whether the call can be listened to; false: that is not wanted. */
static bool
call_marked(struct call *c)
{
	const struct e2e	*e = call_e2e(c);
	struct client_event	 ev;

	memset(&ev, 0, sizeof(ev));
	ev.ce_call_id = c->ca_id;
	if (!CHECKED("require-e2e", e != NULL ||
	    !c->ca_config.cf_require_e2e)) {
		ev.ce_type = EVENT_ERROR;
		ev.ce_text = "the call is ended: it would not be end-to-end "
		    "encrypted";
		c->ca_config.cf_ops->event(c->ca_config.cf_arg, &ev);
		return (false);
	}
	ev.ce_type = EVENT_E2E;
	ev.ce_e2e = e != NULL;
	ev.ce_words = e != NULL ? e2e_words(e) : NULL;
	c->ca_config.cf_ops->event(c->ca_config.cf_arg, &ev);
	return (true);
}

static void
call_answered(struct call *c, const struct sig_direct_call_answer *answer,
    uint64_t now)
{
	struct client_event	ev;
	char			text[256];

	if (!c->ca_outgoing || !call_is(c, answer->call_id) ||
	    (c->ca_phase != PHASE_DIALING && c->ca_phase != PHASE_RINGING))
		return;
	if (answer->accept_mode == ACCEPT_REJECT) {
		/* Relays make Hangup of it (6.6); this one did not. */
		call_end(c, HANGUP_DECLINED, "peer");
		return;
	}
	c->ca_phase = PHASE_ANSWERED;
	c->ca_deadline = now + SETUP_LIMIT;
	c->ca_answered = true;
	c->ca_mode = answer->accept_mode;
	if (c->ca_e2e != NULL &&
	    e2e_take_answer(c->ca_e2e, answer) == E2E_FORGED) {
		(void)snprintf(text, sizeof(text), "the call is ended: %s",
		    e2e_why(c->ca_e2e));
		memset(&ev, 0, sizeof(ev));
		ev.ce_type = EVENT_ERROR;
		ev.ce_call_id = c->ca_id;
		ev.ce_text = text;
		c->ca_config.cf_ops->event(c->ca_config.cf_arg, &ev);
		call_hangup(c, HANGUP_ERROR);
		return;
	}
	memset(&ev, 0, sizeof(ev));
	ev.ce_type = EVENT_ANSWERED;
	ev.ce_call_id = c->ca_id;
	ev.ce_mode = call_accept_name(answer->accept_mode);
	c->ca_config.cf_ops->event(c->ca_config.cf_arg, &ev);
	if (!call_marked(c))
		call_hangup(c, HANGUP_ERROR);
}

static void
call_setup(struct call *c, const struct sig_call_setup *setup)
{
	struct client_event	ev;
	size_t			n = strlen(QUIC_CALL_ROOM_PREFIX);

	/*
	 * An original relay may lose the answer across federation; CallSetup
	 * says the same.  Repetitions are ignored.
	 */
	if (!call_is(c, setup->call_id) || c->ca_phase == PHASE_ACTIVE ||
	    c->ca_phase == PHASE_ENDED || c->ca_phase == PHASE_IDLE)
		return;
	/* 6.5: the room of a call is its own. */
	if (strncmp(setup->room, QUIC_CALL_ROOM_PREFIX, n) != 0 ||
	    strcmp(setup->room + n, c->ca_id) != 0) {
		call_warn(c, "the relay names a room that is not this "
		    "call's");
		return;
	}
	if (!c->ca_answered && !call_marked(c)) {
		call_hangup(c, HANGUP_ERROR);
		return;
	}
	c->ca_phase = PHASE_ACTIVE;
	c->ca_deadline = UINT64_MAX;
	memset(&ev, 0, sizeof(ev));
	ev.ce_type = EVENT_SETUP;
	ev.ce_call_id = c->ca_id;
	ev.ce_room = setup->room;
	ev.ce_relay_addr = setup->relay_addr;
	c->ca_config.cf_ops->event(c->ca_config.cf_arg, &ev);
	c->ca_config.cf_ops->setup(c->ca_config.cf_arg, setup);
}

static void
call_hung_up(struct call *c, const struct sig_hangup *h, bool told)
{
	const char	*by = "peer", *why = NULL;

	if (c->ca_phase == PHASE_IDLE || c->ca_phase == PHASE_ENDED)
		return;
	if (h->call_id != NULL && !call_is(c, h->call_id))
		return;
	/*
	 * A relay that ends ends its calls.  This one needs none: it lasts as
	 * long as the direct connection does.
	 */
	if (!told && c->ca_phase == PHASE_ACTIVE &&
	    h->reason == HANGUP_ERROR &&
	    c->ca_config.cf_ops->direct(c->ca_config.cf_arg)) {
		if (!c->ca_orphan)
			call_warn(c, "the relay has given up the call: it "
			    "goes on directly");
		c->ca_orphan = true;
		return;
	}
	/* Nobody answers an offer that was never routed but the relay (6.4). */
	if (!told && (c->ca_phase == PHASE_DIALING ||
	    h->reason == HANGUP_TIMEOUT || h->reason == HANGUP_ERROR))
		by = "relay";
	if (c->ca_phase == PHASE_DIALING && h->reason == HANGUP_NORMAL)
		why = "nobody with this fingerprint is registered";
	else if (c->ca_phase == PHASE_RINGING && h->reason == HANGUP_TIMEOUT)
		why = "no answer";
	call_end_why(c, h->reason, by, why);
}

static int
call_send_reject(struct call *c, const char *id)
{
	struct signal	s;

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_DIRECT_CALL_ANSWER;
	s.u.direct_call_answer.call_id = id;
	s.u.direct_call_answer.accept_mode = ACCEPT_REJECT;
	return (c->ca_config.cf_ops->send(c->ca_config.cf_arg, &s));
}

static int
call_send_answer(struct call *c)
{
	struct sig_direct_call_answer	*answer;
	struct signal			 s;
	const char			*local[DIRECT_CANDIDATES_MAX];

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_DIRECT_CALL_ANSWER;
	answer = &s.u.direct_call_answer;
	answer->call_id = c->ca_id;
	answer->accept_mode = c->ca_mode;
	answer->identity_pub.data = c->ca_config.cf_identity->id_pub;
	answer->identity_pub.len = sizeof(c->ca_config.cf_identity->id_pub);
	answer->has_profile = true;
	answer->chosen_profile = media_profile_good;
	if (c->ca_e2e != NULL && e2e_answer(c->ca_e2e, answer) == -1)
		return (-1);
	if (c->ca_mode == ACCEPT_TRUSTED)
		call_addresses(c, &answer->callee_reflexive_addr,
		    &answer->callee_local_addrs, local);
	return (c->ca_config.cf_ops->send(c->ca_config.cf_arg, &s));
}

/* What the other may know of where we are; local: room for the pointers. */
static void
call_addresses(struct call *c, const char **reflexive,
    struct sig_strings *list, const char *local[DIRECT_CANDIDATES_MAX])
{
	const struct direct_own	*own;
	size_t			 i;

	if (c->ca_config.cf_as_original || c->ca_config.cf_relay_only)
		return;
	own = c->ca_config.cf_ops->own(c->ca_config.cf_arg);
	if (own->do_reflexive[0] != '\0')
		*reflexive = own->do_reflexive;
	for (i = 0; i < own->do_nlocal; i++)
		local[i] = own->do_local[i];
	list->list = local;
	list->n = own->do_nlocal;
}

static int
call_send_hangup(struct call *c, const char *id, enum hangup_reason reason)
{
	struct signal	s;

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_HANGUP;
	s.u.hangup.reason = reason;
	if (c->ca_config.cf_as_original)
		s.u.hangup.reason = HANGUP_NORMAL;	/* it has no other */
	else
		s.u.hangup.call_id = id;
	return (c->ca_config.cf_ops->send(c->ca_config.cf_arg, &s));
}

static void
call_end(struct call *c, enum hangup_reason reason, const char *by)
{
	call_end_why(c, reason, by, NULL);
}

static void
call_end_why(struct call *c, enum hangup_reason reason, const char *by,
    const char *why)
{
	struct client_event	ev;

	c->ca_well = c->ca_media && reason == HANGUP_NORMAL;
	c->ca_phase = PHASE_ENDED;
	c->ca_deadline = UINT64_MAX;
	memset(&ev, 0, sizeof(ev));
	ev.ce_type = EVENT_HANGUP;
	ev.ce_call_id = c->ca_id;
	ev.ce_reason = hangup_reason_name(reason);
	ev.ce_by = by;
	ev.ce_text = why;
	c->ca_config.cf_ops->event(c->ca_config.cf_arg, &ev);
	c->ca_config.cf_ops->ended(c->ca_config.cf_arg);
}

static void
call_event(struct call *c, enum client_event_type type)
{
	struct client_event	ev;

	memset(&ev, 0, sizeof(ev));
	ev.ce_type = type;
	ev.ce_call_id = c->ca_id;
	c->ca_config.cf_ops->event(c->ca_config.cf_arg, &ev);
}

static void
call_warn(struct call *c, const char *text)
{
	struct client_event	ev;

	memset(&ev, 0, sizeof(ev));
	ev.ce_type = EVENT_WARNING;
	ev.ce_text = text;
	c->ca_config.cf_ops->event(c->ca_config.cf_arg, &ev);
}

/* Is it about the call in hand? */
static bool
call_is(const struct call *c, const char *id)
{
	return (c->ca_phase != PHASE_IDLE && strcmp(c->ca_id, id) == 0);
}
