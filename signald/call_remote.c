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
 * Calls with a party at another relay (wzp-protocol 6.11, with the remedies
 * of its section 13.5): looking for people, what goes along the path of a
 * call, and what may come back from there.
 *
 * The other relay vouches for its party: federd has made sure that a signal
 * came along the path it names.  An answer, a hangup, a report counts only
 * from the end of the path of that call.
 */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/log.h"
#include "common/base/table.h"
#include "common/base/text.h"
#include "common/wire/identity.h"
#include "signald/call_flow.h"
#include "signald/call_flow_int.h"
#include "signald/offer.h"

/* All call_ids, longer ones are not repeated to those who sent them. */
#define FAR_ECHO_MAX	255

static void	 far_message(const struct far *, struct msg_fed_signal *);
static bool	 far_from(struct far *, const struct msg_fed_signal *);
static bool	 far_names(const struct sig_strings *, const char *);
static void	 flow_find_end(struct flow *, struct call *);
static int	 flow_far_path(struct flow *, struct call *,
		    const struct msg_fed_found *);
static void	 flow_forward(struct flow *, struct call *);
static struct call
		*flow_far_call_of(struct flow *, const struct far *,
		    const char *);
static void	 flow_far_offer(struct flow *, const struct far *,
		    const struct signal *);
static bool	 flow_far_offer_sound(const struct sig_direct_call_offer *);
static enum hangup_reason
		 flow_far_refusal(const struct flow *, const struct flow_link *,
		    const struct sig_direct_call_offer *);
static void	 flow_far_refuse(struct flow *, const struct far *,
		    const char *, enum hangup_reason);
static void	 flow_far_unknown(struct flow *, const struct far *,
		    const char *);
static void	 flow_far_settle(struct flow *, struct call *,
		    const struct far *);
static void	 flow_far_answer(struct flow *, const struct far *,
		    const struct signal *);
static void	 flow_far_ringing(struct flow *, const struct far *,
		    const struct signal *);
static struct call
		*flow_far_only(struct flow *, const struct far *);
static void	 flow_far_ended(struct flow *, const struct far *,
		    const struct signal *);
static enum call_reason
		 flow_far_reason(const struct call *, enum hangup_reason);

/* Sending */

static void
far_message(const struct far *far, struct msg_fed_signal *msg)
{
	memset(msg, 0, sizeof(*msg));
	msg->path.data = far->far_path;
	msg->path.len = far->far_len;
	msg->legacy = far->far_legacy;
}

int
flow_far_text(struct flow *flow, const struct far *far, const char *text,
    size_t len)
{
	struct msg_fed_signal	msg;

	if (!flow->fl_federation || len > FED_SIGNAL_MAX)
		return (-1);
	far_message(far, &msg);
	msg.inner.data = (const uint8_t *)text;
	msg.inner.len = len;
	return (flow->fl_ops->far_signal(flow->fl_arg, &msg));
}

int
flow_far_send(struct flow *flow, const struct far *far,
    const struct signal *sig)
{
	int	len;

	len = signal_print(sig, flow->fl_buf, sizeof(flow->fl_buf));
	if (len == -1)
		return (-1);
	return (flow_far_text(flow, far, flow->fl_buf, (size_t)len));
}

void
flow_far_hangup(struct flow *flow, const struct far *far, const char *call_id,
    enum hangup_reason reason)
{
	struct signal	sig;

	signal_hangup(&sig, call_id, reason);
	(void)flow_far_send(flow, far, &sig);
}

void
flow_far_say(struct flow *flow, struct call *call, bool live)
{
	const struct far	*far = &call_far(call)->cp_far;
	struct msg_fed_call	 msg;

	if (call->call_said == live || !flow->fl_federation)
		return;
	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.call_id, call->call_id, sizeof(msg.call_id));
	msg.live = live;
	msg.legacy = far->far_legacy;
	msg.path.data = far->far_path;
	msg.path.len = far->far_len;
	if (flow->fl_ops->far_call(flow->fl_arg, &msg) == 0)
		call->call_said = live;
}

/* Records */

void
flow_far_put(const struct call *call, struct msg_call_put *put)
{
	const struct far	*far;
	int			 side;

	for (side = CALL_CALLER; side <= CALL_CALLEE; side++) {
		if (!call->call_party[side].cp_remote)
			continue;
		far = &call->call_party[side].cp_far;
		put->remote = side == CALL_CALLER ? CALL_REMOTE_CALLER :
		    CALL_REMOTE_CALLEE;
		put->remote_legacy = far->far_legacy;
		strlcpy(put->remote_label, far->far_label,
		    sizeof(put->remote_label));
		bytes_hex(far->far_path, far->far_len, put->remote_path);
	}
}

int
flow_far_parse(struct far *far, const struct msg_call_put *put)
{
	size_t	len;

	memset(far, 0, sizeof(*far));
	len = strlen(put->remote_path);
	if (len == 0 || len % (2 * TLS_HASH_LEN) != 0)
		return (-1);
	far->far_len = len / 2;
	if (bytes_unhex(put->remote_path, far->far_path, far->far_len) == -1)
		return (-1);
	far->far_legacy = put->remote_legacy;
	strlcpy(far->far_label, put->remote_label, sizeof(far->far_label));
	return (0);
}

int
flow_far_live(struct flow *flow, struct call *call,
    const struct msg_call_put *put)
{
	struct flow_link	*link;
	enum call_side		 side;

	if (put->remote == CALL_REMOTE_NONE)
		return (0);
	side = put->remote == CALL_REMOTE_CALLER ? CALL_CALLER : CALL_CALLEE;
	if (flow_far_parse(&call->call_party[side].cp_far, put) == -1 ||
	    calls_set_remote(flow->fl_calls, call, side) == -1 ||
	    (link = flow_link_get(flow, call->call_party[side].cp_far.far_path,
	    put->remote_legacy)) == NULL)
		return (-1);
	call->call_asked = call->call_evidence = true;
	/* Its relay knows what it can, and leaves out what it can not. */
	call->call_party[side].cp_far.far_candidates = !put->remote_legacy;
	flow_link_add(flow, link, call);
	flow_far_say(flow, call, true);
	flow_probe(flow, call);
	flow_probe_soon(flow, call);
	return (0);
}

/* Looking for people */

bool
flow_can_find(const struct flow *flow)
{
	return (flow->fl_federation && flow->fl_nup > 0);
}

static void
flow_find_end(struct flow *flow, struct call *call)
{
	if (call->call_find_seq == 0)
		return;
	(void)table_remove(flow->fl_finds, &call->call_find_seq,
	    sizeof(call->call_find_seq));
	call->call_find_seq = 0;
}

/* Again, when federd died over it: the last answer counts. */
void
flow_find(struct flow *flow, struct call *call)
{
	struct msg_fed_find	find;

	flow_find_end(flow, call);
	memset(&find, 0, sizeof(find));
	find.seq = ++flow->fl_find_seq;
	strlcpy(find.fingerprint, call->call_party[CALL_CALLEE].cp_fp,
	    sizeof(find.fingerprint));
	flow->fl_stats.fs_finds++;
	if (table_insert(flow->fl_finds, &find.seq, sizeof(find.seq),
	    call) == -1) {
		flow_absent(flow, call);
		return;
	}
	call->call_find_seq = find.seq;
	if (!call->call_away)
		calls_set_away(flow->fl_calls, call, flow->fl_now);
	if (flow->fl_ops->find(flow->fl_arg, &find) == -1)
		flow_absent(flow, call);
}

void
flow_far_gone(struct flow *flow, struct call *call)
{
	flow_find_end(flow, call);
	if (call_far(call) != NULL) {
		flow_far_say(flow, call, false);
		flow_link_remove(flow, call);
	}
}

/* What federd found, into the call.  -1: that is nowhere. */
static int
flow_far_path(struct flow *flow, struct call *call,
    const struct msg_fed_found *msg)
{
	struct far		*far = &call->call_party[CALL_CALLEE].cp_far;
	struct flow_link	*link;

	memset(far, 0, sizeof(*far));
	if (msg->outcome == FED_MAYBE) {
		far->far_legacy = true;
		flow_link_add(flow, &flow->fl_originals, call);
		return (0);
	}
	if (msg->outcome != FED_FOUND || msg->path.len == 0 ||
	    msg->path.len > sizeof(far->far_path) ||
	    msg->path.len % TLS_HASH_LEN != 0)
		return (-1);
	memcpy(far->far_path, msg->path.data, msg->path.len);
	far->far_len = msg->path.len;
	if ((link = flow_link_get(flow, far->far_path, false)) == NULL)
		return (-1);
	flow_link_add(flow, link, call);
	return (0);
}

void
flow_found(struct flow *flow, const struct msg_fed_found *msg)
{
	struct call	*call;

	call = table_find(flow->fl_finds, &msg->seq, sizeof(msg->seq));
	if (call == NULL)
		return;		/* it has ended, or was asked for again */
	flow_find_end(flow, call);
	if (flow_far_path(flow, call, msg) == -1) {
		flow_absent(flow, call);
		return;
	}
	flow->fl_stats.fs_found++;
	flow_forward(flow, call);
}

/* The offer leaves: to the relay of the callee, or to all originals. */
static void
flow_forward(struct flow *flow, struct call *call)
{
	static const char	*features[] = { SIGNAL_FEATURE_CANDIDATES };
	const struct far	*far = &call->call_party[CALL_CALLEE].cp_far;
	struct signal		*offer;
	const char		*why;
	int			 error;

	offer = signal_parse((const uint8_t *)call->call_text,
	    call->call_text_len, &why);
	if (offer == NULL) {
		flow_absent(flow, call);
		return;
	}
	/* Lists of a parsed signal belong to it as a whole. */
	if (!far->far_legacy && flow_has_candidates(flow,
	    &call->call_party[CALL_CALLER])) {
		offer->u.direct_call_offer.caller_features.list = features;
		offer->u.direct_call_offer.caller_features.n = 1;
	}
	error = flow_far_send(flow, far, offer);
	signal_free(offer);
	if (error == -1) {
		flow_absent(flow, call);
		return;
	}
	flow_drop_text(flow, call);
	call->call_asked = true;
	calls_set_away(flow->fl_calls, call, flow->fl_now);
	if (far->far_legacy) {
		/* Nobody will say that it rings (row 4.2). */
		flow_ring(flow, call);
		return;
	}
	log_info("call %s: with another relay", call->call_id);
	/* So that a successor can tell that relay. */
	flow_put(flow, call);
	flow_probe(flow, call);
}

/* Nobody has taken what we said of this call. */
void
flow_unsent(struct flow *flow, const struct msg_fed_unsent *msg)
{
	const struct call_party	*far;
	struct call		*call;

	call = calls_find(flow->fl_calls, msg->call_id);
	if (call == NULL || (far = call_far(call)) == NULL ||
	    far->cp_far.far_len != msg->path.len || (msg->path.len != 0 &&
	    memcmp(far->cp_far.far_path, msg->path.data, msg->path.len) != 0))
		return;
	flow->fl_stats.fs_far_unsent++;
	if (call->call_state == CALL_ACTIVE) {
		/* The answer, perhaps, without which there is no call. */
		if (call->call_party[CALL_CALLER].cp_remote &&
		    flow->fl_now - call->call_since_ns < FLOW_LINK_NS)
			flow_fail(flow, call);
		return;
	}
	/* The offer; a later word has time until the link is given up. */
	if (call->call_asked && !call->call_evidence) {
		call->call_asked = false;
		if (call->call_state == CALL_PENDING)
			flow_absent(flow, call);
		else
			flow_fail(flow, call);
	}
}

/* From other relays */

static bool
far_from(struct far *far, const struct msg_fed_signal *msg)
{
	memset(far, 0, sizeof(*far));
	if (msg->path.len == 0 || msg->path.len > sizeof(far->far_path) ||
	    msg->path.len % TLS_HASH_LEN != 0)
		return (false);
	memcpy(far->far_path, msg->path.data, msg->path.len);
	far->far_len = msg->path.len;
	far->far_legacy = msg->legacy;
	strlcpy(far->far_label, msg->label, sizeof(far->far_label));
	return (true);
}

static bool
far_names(const struct sig_strings *features, const char *name)
{
	size_t	i;

	for (i = 0; i < features->n; i++) {
		if (strcmp(features->list[i], name) == 0)
			return (true);
	}
	return (false);
}

/*
 * The call, if this is its other end: the path that was asked or that it came
 * by; any original while all of them are asked.
 */
static struct call *
flow_far_call_of(struct flow *flow, const struct far *from,
    const char *call_id)
{
	const struct call_party	*party;
	struct call		*call;

	call = calls_find(flow->fl_calls, call_id);
	if (call == NULL || (party = call_far(call)) == NULL)
		return (NULL);
	if (far_equal(&party->cp_far, from))
		return (call);
	if (call->call_asked && call->call_state != CALL_ACTIVE &&
	    party->cp_far.far_len == 0 && from->far_legacy)
		return (call);
	return (NULL);
}

/* Who goes on about a call that is over here is told so. */
static void
flow_far_unknown(struct flow *flow, const struct far *from,
    const char *call_id)
{
	if (calls_find(flow->fl_calls, call_id) != NULL ||
	    !offer_call_id_valid(call_id)) {
		flow->fl_stats.fs_far_ignored++;
		return;
	}
	flow->fl_stats.fs_far_unknown++;
	/* What the registry has not told yet is not unknown. */
	if (flow->fl_recovered && !from->far_legacy)
		flow_far_hangup(flow, from, call_id, HANGUP_ERROR);
}

/* One of all originals has spoken: it is the one from now on. */
static void
flow_far_settle(struct flow *flow, struct call *call, const struct far *from)
{
	struct far		*far = &call_far(call)->cp_far;
	struct flow_link	*link;

	if (far->far_label[0] == '\0')
		strlcpy(far->far_label, from->far_label,
		    sizeof(far->far_label));
	if (far->far_len != 0)
		return;
	*far = *from;
	if ((link = flow_link_get(flow, far->far_path, true)) != NULL)
		flow_link_add(flow, link, call);
}

static bool
flow_far_offer_sound(const struct sig_direct_call_offer *offer)
{
	return (offer_call_id_valid(offer->call_id) &&
	    identity_fingerprint_valid(offer->caller_fingerprint) &&
	    identity_fingerprint_valid(offer->target_fingerprint) &&
	    strcmp(offer->caller_fingerprint,
	    offer->target_fingerprint) != 0);
}

static void
flow_far_refuse(struct flow *flow, const struct far *from,
    const char *call_id, enum hangup_reason reason)
{
	flow->fl_stats.fs_far_refused++;
	/* An original would not listen (row 4.6). */
	if (!from->far_legacy && strlen(call_id) <= FAR_ECHO_MAX)
		flow_far_hangup(flow, from, call_id, reason);
}

/* HANGUP_NORMAL: nothing is in the way. */
static enum hangup_reason
flow_far_refusal(const struct flow *flow, const struct flow_link *link,
    const struct sig_direct_call_offer *offer)
{
	const struct flow_config	*config = &flow->fl_config;

	if (calls_find(flow->fl_calls, offer->call_id) != NULL)
		return (HANGUP_ERROR);
	/* Neither one neighbour nor all of them get all the room there is. */
	if (link->fk_offers > config->fc_max_calls / FLOW_NEIGHBOUR_PART ||
	    flow->fl_far_offers > config->fc_max_calls / 2 ||
	    flow->fl_text_bytes > FLOW_TEXT_MAX / 2 ||
	    calls_unanswered(flow->fl_calls, offer->target_fingerprint,
	    CALL_CALLEE) >= config->fc_max_pending ||
	    calls_count_of(flow->fl_calls, offer->target_fingerprint) >=
	    calls_person_max(flow->fl_calls) || calls_count_far(flow->fl_calls,
	    offer->caller_fingerprint) >= calls_person_max(flow->fl_calls))
		return (HANGUP_BUSY);
	if (calls_count(flow->fl_calls) >= config->fc_max_calls)
		return (HANGUP_ERROR);
	return (HANGUP_NORMAL);
}

static void
flow_far_offer(struct flow *flow, const struct far *from,
    const struct signal *sig)
{
	const struct sig_direct_call_offer	*offer;
	enum hangup_reason			 reason;
	struct call_party			*caller, *callee;
	struct offer_rules			 rules;
	const struct reg			*target;
	struct flow_link			*link;
	struct signal				 out;
	struct call				*call;
	char					 label[4 * PEER_NAME_LEN];

	offer = &sig->u.direct_call_offer;
	flow->fl_stats.fs_far_offers++;
	if (!flow_far_offer_sound(offer) ||
	    (link = flow_link_get(flow, from->far_path,
	    from->far_legacy)) == NULL) {
		flow_far_refuse(flow, from, offer->call_id, HANGUP_ERROR);
		return;
	}
	if ((reason = flow_far_refusal(flow, link, offer)) != HANGUP_NORMAL) {
		flow_far_refuse(flow, from, offer->call_id, reason);
		return;
	}
	if ((target = hub_find(flow->fl_hub,
	    offer->target_fingerprint)) == NULL) {
		flow_far_refuse(flow, from, offer->call_id, HANGUP_NORMAL);
		return;
	}
	call = calls_create(flow->fl_calls, offer->call_id,
	    offer->caller_fingerprint, offer->target_fingerprint,
	    flow->fl_now, flow->fl_wall_ms);
	if (call == NULL) {
		flow_far_refuse(flow, from, offer->call_id, HANGUP_ERROR);
		return;
	}
	(void)calls_set_remote(flow->fl_calls, call, CALL_CALLER);
	caller = &call->call_party[CALL_CALLER];
	callee = &call->call_party[CALL_CALLEE];
	caller->cp_far = *from;
	caller->cp_far.far_candidates = !from->far_legacy &&
	    far_names(&offer->caller_features, SIGNAL_FEATURE_CANDIDATES);
	callee->cp_proven = target->reg_proven;
	callee->cp_addr = target->reg_remote;
	text_copy(call->call_alias, sizeof(call->call_alias),
	    offer->caller_alias);
	flow_far_rules(flow, call, &rules);
	offer_take_addresses(caller, &rules, offer->caller_reflexive_addr,
	    &offer->caller_local_addrs);
	flow_link_add(flow, link, call);
	offer_for_callee(&out, sig, offer->identity_pub);
	if (flow_keep_text(flow, call, &out) == -1) {
		flow_far_refuse(flow, from, offer->call_id, HANGUP_ERROR);
		flow_link_remove(flow, call);
		call_free(calls_end(flow->fl_calls, call->call_id,
		    CALL_REASON_ERROR, flow->fl_wall_ms));
		return;
	}
	log_info("call %s: pending, %s -> %s, by %s", call->call_id,
	    caller->cp_fp, callee->cp_fp, log_escape(label, sizeof(label),
	    from->far_label, strlen(from->far_label)));
	flow_put(flow, call);
}

static void
flow_far_answer(struct flow *flow, const struct far *from,
    const struct signal *sig)
{
	const struct sig_direct_call_answer	*answer;
	struct call_party			*callee;
	struct offer_rules			 rules;
	struct signal				 out;
	struct call				*call;

	answer = &sig->u.direct_call_answer;
	if ((call = flow_far_call_of(flow, from, answer->call_id)) == NULL) {
		flow_far_unknown(flow, from, answer->call_id);
		return;
	}
	callee = &call->call_party[CALL_CALLEE];
	if (!callee->cp_remote || !call->call_asked ||
	    call->call_state == CALL_ACTIVE) {
		flow->fl_stats.fs_far_ignored++;
		return;
	}
	flow_far_settle(flow, call, from);
	if (answer->accept_mode == ACCEPT_REJECT) {
		flow_reject(flow, call);
		return;
	}
	callee->cp_far.far_candidates = !from->far_legacy &&
	    far_names(&answer->callee_features, SIGNAL_FEATURE_CANDIDATES);
	if (answer->accept_mode == ACCEPT_TRUSTED) {
		flow_far_rules(flow, call, &rules);
		offer_take_addresses(callee, &rules,
		    answer->callee_reflexive_addr,
		    &answer->callee_local_addrs);
	}
	answer_for_caller(&out, sig);
	flow_accept(flow, call, answer->accept_mode == ACCEPT_TRUSTED ?
	    CALL_MODE_TRUSTED : CALL_MODE_GENERIC, &out);
}

/*
 * From the callee's relay: it rings.  From either: the call is still there,
 * is it here, too?
 */
static void
flow_far_ringing(struct flow *flow, const struct far *from,
    const struct signal *sig)
{
	struct call	*call;

	call = flow_far_call_of(flow, from, sig->u.call_ringing.call_id);
	if (call == NULL) {
		flow_far_unknown(flow, from, sig->u.call_ringing.call_id);
		return;
	}
	if (!call->call_party[CALL_CALLEE].cp_remote || !call->call_asked ||
	    call->call_evidence || call->call_state == CALL_ACTIVE)
		return;
	call->call_evidence = true;
	/* Of several originals the one that answers counts. */
	if (!from->far_legacy)
		flow_far_settle(flow, call, from);
	flow_ring(flow, call);
}

/* The only call with this neighbour: originals know no call_id (6.8). */
static struct call *
flow_far_only(struct flow *flow, const struct far *from)
{
	struct flow_link	*link;
	struct call		*call;

	if (!from->far_legacy || (link = flow_link_get(flow, from->far_path,
	    true)) == NULL ||
	    link->fk_ncalls + flow->fl_originals.fk_ncalls != 1)
		return (NULL);
	call = TAILQ_FIRST(link->fk_ncalls != 0 ? &link->fk_calls :
	    &flow->fl_originals.fk_calls);
	return (call);
}

static enum call_reason
flow_far_reason(const struct call *call, enum hangup_reason reason)
{
	switch (reason) {
	case HANGUP_ERROR:
		return (CALL_REASON_ERROR);
	case HANGUP_TIMEOUT:
		return (CALL_REASON_TIMEOUT);
	default:
		break;
	}
	if (call->call_state == CALL_ACTIVE)
		return (CALL_REASON_NORMAL);
	if (call->call_party[CALL_CALLER].cp_remote)
		return (CALL_REASON_CANCELLED);
	return (reason == HANGUP_BUSY ? CALL_REASON_BUSY :
	    CALL_REASON_DECLINED);
}

static void
flow_far_ended(struct flow *flow, const struct far *from,
    const struct signal *sig)
{
	const struct sig_hangup	*hangup = &sig->u.hangup;
	const struct far	*far;
	enum call_side		 side;
	struct signal		 out = *sig;
	struct call		*call;

	if (hangup->call_id == NULL)
		call = flow_far_only(flow, from);
	else if ((call = flow_far_call_of(flow, from,
	    hangup->call_id)) == NULL &&
	    (call = calls_find(flow->fl_calls, hangup->call_id)) != NULL) {
		/* On its way to the callee the offer was refused by one. */
		far = &call->call_party[CALL_CALLEE].cp_far;
		if (!call->call_asked || call->call_evidence ||
		    call->call_state != CALL_PENDING ||
		    from->far_legacy || from->far_len >= far->far_len ||
		    memcmp(far->far_path, from->far_path,
		    from->far_len) != 0)
			call = NULL;
	}
	if (call == NULL || call_far(call) == NULL) {
		flow->fl_stats.fs_far_ignored++;
		return;
	}
	side = call->call_party[CALL_CALLER].cp_remote ? CALL_CALLEE :
	    CALL_CALLER;
	out.arena = NULL;
	out.u.hangup.call_id = call->call_id;
	/* Unless the callee has never heard of the call. */
	if (side == CALL_CALLER || call->call_state != CALL_PENDING)
		(void)flow_send_party(flow, call, side, &out);
	flow_end(flow, call, flow_far_reason(call, hangup->reason));
}

void
flow_far_signal(struct flow *flow, const struct msg_fed_signal *msg)
{
	struct flow_link	*link;
	struct signal		*sig;
	struct call		*call = NULL;
	const char		*why;
	struct far		 from;

	if (!far_from(&from, msg) ||
	    (sig = signal_parse(msg->inner.data, msg->inner.len,
	    &why)) == NULL) {
		flow->fl_stats.fs_far_ignored++;
		return;
	}
	if ((link = flow_link_get(flow, from.far_path,
	    from.far_legacy)) != NULL)
		flow_link_up(flow, link, true);
	switch (sig->type) {
	case SIGNAL_DIRECT_CALL_OFFER:
		flow_far_offer(flow, &from, sig);
		break;
	case SIGNAL_DIRECT_CALL_ANSWER:
		flow_far_answer(flow, &from, sig);
		break;
	case SIGNAL_CALL_RINGING:
		flow_far_ringing(flow, &from, sig);
		break;
	case SIGNAL_HANGUP:
		flow_far_ended(flow, &from, sig);
		break;
	case SIGNAL_MEDIA_PATH_REPORT:
		if ((call = flow_far_call_of(flow, &from,
		    sig->u.media_path_report.call_id)) != NULL)
			flow_far_report(flow, call, sig);
		else
			flow->fl_stats.fs_far_ignored++;
		break;
	case SIGNAL_CALL_CANDIDATES:
		if ((call = flow_far_call_of(flow, &from,
		    sig->u.call_candidates.call_id)) != NULL)
			flow_far_candidates(flow, call, sig);
		else
			flow->fl_stats.fs_far_ignored++;
		break;
	case SIGNAL_CALL_PUNCH:
		if ((call = flow_far_call_of(flow, &from,
		    sig->u.call_punch.call_id)) != NULL)
			flow_far_punch(flow, call, sig);
		else
			flow->fl_stats.fs_far_ignored++;
		break;
	default:
		flow->fl_stats.fs_far_ignored++;
		break;
	}
	signal_free(sig);
}
