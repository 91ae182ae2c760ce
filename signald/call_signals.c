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
 * The signals of a call: what DirectCallOffer, DirectCallAnswer and Hangup do
 * (wzp-protocol 6.3-6.9, with the stricter rules of its section 13.2).
 */
#include "common/base/text.h"
#include "config.h"

#include <sys/queue.h>

#include <string.h>

#include "common/base/log.h"
#include "common/wire/identity.h"
#include "signald/call_flow.h"
#include "signald/call_flow_int.h"
#include "signald/offer.h"

/* Echoed call_ids of refused offers; longer ones are left out. */
#define FLOW_ECHO_MAX	255

static void	 flow_offer(struct flow *, struct reg *,
		    const struct signal *);
static void	 flow_refuse(struct flow *, const char *, const char *,
		    enum hangup_reason);
static void	 flow_limit(struct flow *, enum limit_id, const char *);
static void	 flow_answer(struct flow *, struct reg *,
		    const struct signal *);
static void	 flow_party_addresses(const struct call_party *,
		    const char **, const char *[CALL_LOCAL_MAX],
		    struct sig_strings *);
static void	 flow_send_setup(struct flow *, struct call *,
		    enum call_side);
static void	 flow_hangup(struct flow *, struct reg *,
		    const struct signal *);
static enum call_reason
		 flow_hangup_reason(const struct call *, const char *,
		    enum hangup_reason);

/* Offers */

static void
flow_refuse(struct flow *flow, const char *fp, const char *call_id,
    enum hangup_reason reason)
{
	if (call_id != NULL && strlen(call_id) > FLOW_ECHO_MAX)
		call_id = NULL;
	flow_send_hangup(flow, fp, call_id, reason);
}

static void
flow_limit(struct flow *flow, enum limit_id id, const char *fp)
{
	if (flow->fl_ops->limit != NULL)
		flow->fl_ops->limit(flow->fl_arg, id, fp);
}

void
flow_offer_busy(struct flow *flow, const struct reg *reg,
    const struct signal *sig)
{
	flow->fl_stats.fs_offers++;
	flow->fl_stats.fs_offers_busy++;
	flow_refuse(flow, reg->reg_fp, sig->u.direct_call_offer.call_id,
	    HANGUP_BUSY);
}

static void
flow_offer(struct flow *flow, struct reg *reg, const struct signal *sig)
{
	const struct sig_direct_call_offer	*offer;
	struct flow_stats			*stats = &flow->fl_stats;
	struct call_party			*caller, *callee;
	struct offer_rules			 rules;
	const struct reg			*target;
	const char				*local[CALL_LOCAL_MAX];
	struct signal				 out;
	struct call				*call;
	enum limit_id				 limit = LIMITS;
	size_t					 person;

	offer = &sig->u.direct_call_offer;
	person = calls_person_max(flow->fl_calls);
	stats->fs_offers++;
	if (!offer_call_id_valid(offer->call_id) ||
	    strcmp(offer->caller_fingerprint, reg->reg_fp) != 0 ||
	    strcmp(offer->target_fingerprint, reg->reg_fp) == 0) {
		stats->fs_offers_refused++;
		flow_refuse(flow, reg->reg_fp, offer->call_id, HANGUP_ERROR);
		return;
	}
	target = hub_find(flow->fl_hub, offer->target_fingerprint);
	/* Who is here is called here, wherever else he may be (row 4.17). */
	if (target == NULL && (!flow_can_find(flow) ||
	    !identity_fingerprint_valid(offer->target_fingerprint))) {
		/* Exactly this, without call_id (wzp-protocol 6.4). */
		stats->fs_offers_absent++;
		flow_refuse(flow, reg->reg_fp, NULL, HANGUP_NORMAL);
		return;
	}
	if (calls_find(flow->fl_calls, offer->call_id) != NULL) {
		stats->fs_offers_refused++;
		flow_refuse(flow, reg->reg_fp, offer->call_id, HANGUP_NORMAL);
		return;
	}
	if (calls_unanswered(flow->fl_calls, offer->target_fingerprint,
	    CALL_CALLEE) >= flow->fl_config.fc_max_pending ||
	    calls_unanswered(flow->fl_calls, reg->reg_fp, CALL_CALLER) >=
	    flow->fl_config.fc_max_pending)
		limit = LIMIT_PENDING;
	else if (calls_count_of(flow->fl_calls, reg->reg_fp) >= person ||
	    (target != NULL ? calls_count_of(flow->fl_calls,
	    offer->target_fingerprint) : calls_count_far(flow->fl_calls,
	    offer->target_fingerprint)) >= person)
		limit = LIMIT_PERSON_CALLS;
	if (limit != LIMITS) {
		stats->fs_offers_busy++;
		flow_limit(flow, limit, reg->reg_fp);
		flow_refuse(flow, reg->reg_fp, offer->call_id, HANGUP_BUSY);
		return;
	}
	call = NULL;
	if (calls_count(flow->fl_calls) >= flow->fl_config.fc_max_calls)
		flow_limit(flow, LIMIT_CALLS, reg->reg_fp);
	else
		call = calls_create(flow->fl_calls, offer->call_id,
		    reg->reg_fp, offer->target_fingerprint, flow->fl_now,
		    flow->fl_wall_ms);
	if (call == NULL) {
		stats->fs_offers_refused++;
		flow_refuse(flow, reg->reg_fp, offer->call_id, HANGUP_ERROR);
		return;
	}
	caller = &call->call_party[CALL_CALLER];
	callee = &call->call_party[CALL_CALLEE];
	caller->cp_proven = reg->reg_proven;
	if (target != NULL) {
		callee->cp_proven = target->reg_proven;
		callee->cp_addr = target->reg_remote;
	} else
		(void)calls_set_remote(flow->fl_calls, call, CALL_CALLEE);
	text_copy(call->call_alias, sizeof(call->call_alias),
	    offer->caller_alias != NULL ? offer->caller_alias :
	    reg->reg_alias);
	flow_rules(flow, call, reg, &rules);
	caller->cp_addr = reg->reg_remote;
	offer_take_addresses(caller, &rules, offer->caller_reflexive_addr,
	    &offer->caller_local_addrs);
	if (target != NULL)
		offer_for_callee(&out, sig, reg->reg_identity_pub);
	else
		offer_for_relay(&out, sig, reg->reg_identity_pub);
	if (target == NULL && rules.or_strict)
		flow_party_addresses(caller,
		    &out.u.direct_call_offer.caller_reflexive_addr, local,
		    &out.u.direct_call_offer.caller_local_addrs);
	if (flow_keep_text(flow, call, &out) == -1) {
		stats->fs_offers_refused++;
		flow_refuse(flow, reg->reg_fp, offer->call_id, HANGUP_ERROR);
		call_free(calls_end(flow->fl_calls, call->call_id,
		    CALL_REASON_ERROR, flow->fl_wall_ms));
		return;
	}
	log_info("call %s: pending, %s -> %s", call->call_id, caller->cp_fp,
	    callee->cp_fp);
	flow_put(flow, call);
}

/* Pending is on disk (or best-effort gave up waiting for it). */
void
flow_deliver(struct flow *flow, struct call *call)
{
	if (call->call_away)
		return;		/* that was before */
	if (call->call_party[CALL_CALLEE].cp_remote) {
		if (flow_can_find(flow))
			flow_find(flow, call);
		else
			flow_absent(flow, call);
		return;
	}
	(void)hub_send(flow->fl_hub, call->call_party[CALL_CALLEE].cp_fp,
	    call->call_text, call->call_text_len);
	flow_drop_text(flow, call);
	flow_ring(flow, call);
	if (call_far(call) != NULL)
		flow_probe(flow, call);
}

void
flow_ring(struct flow *flow, struct call *call)
{
	const struct call_party	*caller = &call->call_party[CALL_CALLER];
	struct signal		 sig;

	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_CALL_RINGING;
	sig.u.call_ringing.call_id = call->call_id;
	/* An original has told its caller already (row 4.5). */
	if (!caller->cp_remote || !caller->cp_far.far_legacy)
		(void)flow_send_party(flow, call, CALL_CALLER, &sig);
	if (!calls_ring(flow->fl_calls, call, flow->fl_now))
		return;
	log_info("call %s: ringing", call->call_id);
	flow_put(flow, call);
}

void
flow_absent(struct flow *flow, struct call *call)
{
	flow->fl_stats.fs_offers_absent++;
	flow_send_hangup(flow, call->call_party[CALL_CALLER].cp_fp, NULL,
	    HANGUP_NORMAL);
	flow_end(flow, call, CALL_REASON_NORMAL);
}

/* Answers */

void
flow_admit(struct flow *flow, const struct call *call)
{
	struct msg_room_admit	admit;

	memset(&admit, 0, sizeof(admit));
	strlcpy(admit.call_id, call->call_id, sizeof(admit.call_id));
	strlcpy(admit.caller, call->call_party[CALL_CALLER].cp_fp,
	    sizeof(admit.caller));
	strlcpy(admit.callee, call->call_party[CALL_CALLEE].cp_fp,
	    sizeof(admit.callee));
	/* Nobody joins here for a remote party, unless he has its key. */
	admit.caller_proven = call->call_party[CALL_CALLER].cp_proven ||
	    call->call_party[CALL_CALLER].cp_remote;
	admit.callee_proven = call->call_party[CALL_CALLEE].cp_proven ||
	    call->call_party[CALL_CALLEE].cp_remote;
	flow->fl_ops->admit(flow->fl_arg, &admit);
}

void
flow_reject(struct flow *flow, struct call *call)
{
	flow->fl_stats.fs_rejected++;
	call->call_mode = CALL_MODE_REJECT;
	flow_tell(flow, call, CALL_CALLER, HANGUP_NORMAL);
	flow_end(flow, call, CALL_REASON_DECLINED);
}

void
flow_accept(struct flow *flow, struct call *call, enum call_mode mode,
    const struct signal *answer)
{
	if (flow_keep_text(flow, call, answer) == -1) {
		flow_fail(flow, call);
		return;
	}
	if (!calls_activate(flow->fl_calls, call, mode, flow->fl_now,
	    flow->fl_wall_ms))
		return;
	TAILQ_INSERT_TAIL(&flow->fl_unrecorded, call, call_unrecorded_entry);
	TAILQ_INSERT_TAIL(&flow->fl_unadmitted, call, call_unadmitted_entry);
	flow->fl_stats.fs_answered++;
	log_info("call %s: active (%s)", call->call_id, call_mode_name(mode));
	if (call_far(call) != NULL) {
		flow_link_answered(flow, call);
		flow_far_say(flow, call, true);
	}
	flow_admit(flow, call);
	flow_put(flow, call);
}

static void
flow_answer(struct flow *flow, struct reg *reg, const struct signal *sig)
{
	static const char			*features[] = {
		SIGNAL_FEATURE_CANDIDATES
	};
	struct sig_direct_call_answer		*toward;
	const struct sig_direct_call_answer	*answer;
	const char				*local[CALL_LOCAL_MAX];
	struct call_party			*callee;
	struct offer_rules			 rules;
	struct signal				 out;
	struct call				*call;
	enum call_mode				 mode;

	answer = &sig->u.direct_call_answer;
	call = calls_find(flow->fl_calls, answer->call_id);
	/*
	 * Only the callee, and only once: a repeated answer has no effect.
	 * Pending means that the offer has not reached the callee yet.
	 */
	if (call == NULL || call->call_state != CALL_RINGING ||
	    (callee = call_local(call, reg->reg_fp)) !=
	    &call->call_party[CALL_CALLEE]) {
		flow_ignore(flow, reg, sig, answer->call_id);
		return;
	}
	if (answer->accept_mode == ACCEPT_REJECT) {
		flow_reject(flow, call);
		return;
	}
	mode = answer->accept_mode == ACCEPT_TRUSTED ? CALL_MODE_TRUSTED :
	    CALL_MODE_GENERIC;
	flow_rules(flow, call, reg, &rules);
	callee->cp_addr = reg->reg_remote;
	if (mode == CALL_MODE_TRUSTED)
		offer_take_addresses(callee, &rules,
		    answer->callee_reflexive_addr,
		    &answer->callee_local_addrs);
	answer_for_caller(&out, sig);
	toward = &out.u.direct_call_answer;
	if (mode == CALL_MODE_TRUSTED && rules.or_strict)
		flow_party_addresses(callee, &toward->callee_reflexive_addr,
		    local, &toward->callee_local_addrs);
	/* The other relay cannot see what this one announced. */
	if (call_far(call) != NULL && !call_far(call)->cp_far.far_legacy &&
	    reg->reg_candidates) {
		toward->callee_features.list = features;
		toward->callee_features.n = 1;
	}
	flow_accept(flow, call, mode, &out);
}

/* What is left of what a party advertised, as fields of a signal. */
static void
flow_party_addresses(const struct call_party *party, const char **reflexive,
    const char *list[CALL_LOCAL_MAX], struct sig_strings *local)
{
	size_t	i;

	*reflexive = party->cp_reflexive[0] != '\0' ? party->cp_reflexive :
	    NULL;
	for (i = 0; i < party->cp_nlocal; i++)
		list[i] = party->cp_local[i];
	local->list = list;
	local->n = party->cp_nlocal;
}

static void
flow_send_setup(struct flow *flow, struct call *call, enum call_side to)
{
	static const char	*features[] = { SIGNAL_FEATURE_CANDIDATES };
	const char		*local[CALL_LOCAL_MAX];
	struct sig_call_setup	*setup;
	struct signal		 sig;
	const struct reg	*reg;

	if (call->call_party[to].cp_remote)
		return;		/* its own relay does that */
	reg = hub_find(flow->fl_hub, call->call_party[to].cp_fp);
	if (reg == NULL)
		return;
	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_CALL_SETUP;
	setup = &sig.u.call_setup;
	setup->call_id = call->call_id;
	setup->room = call->call_room;
	setup->relay_addr = reg->reg_relay_addr;
	/* Only a trusted answer lets the parties see each other's address. */
	if (call->call_mode == CALL_MODE_TRUSTED)
		flow_party_addresses(call_peer(call,
		    call->call_party[to].cp_fp), &setup->peer_direct_addr,
		    local, &setup->peer_local_addrs);
	if (flow_trickles(flow, call)) {
		setup->peer_features.list = features;
		setup->peer_features.n = 1;
	}
	(void)flow_send(flow, call->call_party[to].cp_fp, &sig);
}

/* Answer and both CallSetups, in this order, once all is in place. */
void
flow_setup(struct flow *flow, struct call *call)
{
	if (call->call_state != CALL_ACTIVE || call->call_setup ||
	    !call->call_recorded || !call->call_admitted)
		return;
	if (flow_send_text(flow, call, CALL_CALLER, call->call_text,
	    call->call_text_len) == -1 &&
	    call->call_party[CALL_CALLER].cp_remote) {
		/* Its relay would ring on, and the callee talk to nobody. */
		flow_fail(flow, call);
		return;
	}
	flow_drop_text(flow, call);
	flow_send_setup(flow, call, CALL_CALLER);
	flow_send_setup(flow, call, CALL_CALLEE);
	call->call_setup = true;
}

void
flow_admitted(struct flow *flow, const struct msg_room_admitted *msg)
{
	struct call	*call;

	call = calls_find(flow->fl_calls, msg->call_id);
	if (call == NULL || call->call_state != CALL_ACTIVE ||
	    call->call_setup)
		return;
	if (!msg->ok) {
		log_warnx("call %s: mediad refused the room", call->call_id);
		flow_fail(flow, call);
		return;
	}
	flow_call_admitted(flow, call);
	flow_setup(flow, call);
}

/* Hangup */

static enum call_reason
flow_hangup_reason(const struct call *call, const char *fp,
    enum hangup_reason reason)
{
	if (call->call_state == CALL_ACTIVE)
		return (CALL_REASON_NORMAL);
	if (call_side(call, fp) == CALL_CALLER)
		return (CALL_REASON_CANCELLED);
	return (reason == HANGUP_BUSY ? CALL_REASON_BUSY :
	    CALL_REASON_DECLINED);
}

static void
flow_hangup(struct flow *flow, struct reg *reg, const struct signal *sig)
{
	const struct sig_hangup	*hangup = &sig->u.hangup;
	struct call_party	*party, *next;
	enum call_side		 other;
	struct signal		 out = *sig;
	struct call		*call;
	bool			 found = false;

	out.arena = NULL;

	for (party = calls_of(flow->fl_calls, reg->reg_fp, NULL);
	    party != NULL; party = next) {
		next = calls_of(flow->fl_calls, reg->reg_fp, party);
		call = party->cp_call;
		if (party->cp_remote || (hangup->call_id != NULL &&
		    strcmp(hangup->call_id, call->call_id) != 0))
			continue;
		found = true;
		other = party == &call->call_party[CALL_CALLER] ?
		    CALL_CALLEE : CALL_CALLER;
		/* Between relays it has to say which call (C6). */
		out.u.hangup.call_id = call->call_party[other].cp_remote ?
		    call->call_id : hangup->call_id;
		/* Verbatim, unless the peer has never heard of the call. */
		if (call->call_state != CALL_PENDING ||
		    (call->call_party[other].cp_remote &&
		    (other == CALL_CALLER || call->call_asked)))
			(void)flow_send_party(flow, call, other, &out);
		flow_end(flow, call, flow_hangup_reason(call, reg->reg_fp,
		    hangup->reason));
	}
	if (!found)
		flow_ignore(flow, reg, sig, hangup->call_id);
}

void
flow_signal(struct flow *flow, struct reg *reg, const struct signal *sig)
{
	switch (sig->type) {
	case SIGNAL_DIRECT_CALL_OFFER:
		flow_offer(flow, reg, sig);
		break;
	case SIGNAL_DIRECT_CALL_ANSWER:
		flow_answer(flow, reg, sig);
		break;
	case SIGNAL_HANGUP:
		flow_hangup(flow, reg, sig);
		break;
	case SIGNAL_MEDIA_PATH_REPORT:
		flow_path_report(flow, reg, sig);
		break;
	case SIGNAL_CALL_CANDIDATES:
		flow_candidates(flow, reg, sig);
		break;
	default:
		break;
	}
}
