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
 * Paths between the parties of a call (doc/PROTOCOL, "candidates"): which
 * addresses each is told of the other, when both send their checks, and what
 * they report about the path in use (wzp-protocol 6.10).
 *
 * A party that lies can make the other send to a place of its choice.  What
 * that comes to is limited here: no address that cannot be its own, so many
 * addresses a list, and so many rounds a call with a pause between them.
 */
#include "config.h"

#include <sys/queue.h>

#include <netinet/in.h>

#include <string.h>

#include "common/base/log.h"
#include "signald/call_flow.h"
#include "signald/call_flow_int.h"
#include "signald/offer.h"

#define US_PER_MS	1000

static bool	 flow_take_candidates(struct flow *, const struct call *,
		    const struct call_party *,
		    const struct sig_call_candidates *);
static void	 flow_pass_candidates(struct flow *, struct call *,
		    struct call_party *, const struct offer_rules *,
		    const struct signal *);
static enum call_side
		 flow_side(const struct call *, const struct call_party *);
static bool	 flow_leads(const struct call *);
static void	 flow_rest(struct flow *, struct call *);
static void	 flow_reported(struct flow *, struct call *,
		    struct call_party *, const struct signal *);
static struct addr
		 flow_far_addr(const struct call_party *);
static size_t	 flow_advertised(const struct call_party *);
static unsigned int
		 flow_more(const struct flow *, const struct call *);
static void	 flow_want_round(struct flow *, struct call *);
static void	 flow_round(struct flow *, struct call *);
static bool	 flow_near(const struct addr *, const struct addr *);
static enum call_path
		 flow_direct_path(struct flow *, struct call *);
static void	 flow_record_path(struct flow *, struct call *);

/* Candidates */

void
flow_rules(struct flow *flow, const struct call *call, struct reg *reg,
    struct offer_rules *rules)
{
	const struct flow_config	*config = &flow->fl_config;
	struct reg			*party;
	size_t				 i;

	hub_refresh(flow->fl_hub, reg);
	memset(rules, 0, sizeof(*rules));
	rules->or_strict = reg->reg_candidates;
	rules->or_observed = reg->reg_remote;
	for (i = 0; i < config->fc_nown; i++)
		rules->or_own[rules->or_nown++] = config->fc_own[i];
	for (i = 0; i < 2; i++) {
		party = hub_find(flow->fl_hub, call->call_party[i].cp_fp);
		if (party == NULL)
			continue;
		if (party != reg)
			hub_refresh(flow->fl_hub, party);
		if (party->reg_local.addr_len != 0)
			rules->or_own[rules->or_nown++] = party->reg_local;
	}
}

void
flow_far_rules(struct flow *flow, const struct call *call,
    struct offer_rules *rules)
{
	const struct flow_config	*config = &flow->fl_config;
	struct reg			*party;
	size_t				 i;

	memset(rules, 0, sizeof(*rules));
	rules->or_remote = true;
	for (i = 0; i < config->fc_nown; i++)
		rules->or_own[rules->or_nown++] = config->fc_own[i];
	for (i = 0; i < 2; i++) {
		if (call->call_party[i].cp_remote || (party = hub_find(
		    flow->fl_hub, call->call_party[i].cp_fp)) == NULL)
			continue;
		hub_refresh(flow->fl_hub, party);
		if (party->reg_local.addr_len != 0)
			rules->or_own[rules->or_nown++] = party->reg_local;
	}
}

bool
flow_has_candidates(const struct flow *flow, const struct call_party *party)
{
	const struct reg	*reg;

	if (party->cp_remote)
		return (party->cp_far.far_candidates);
	reg = hub_find(flow->fl_hub, party->cp_fp);
	return (reg != NULL && reg->reg_candidates);
}

bool
flow_trickles(const struct flow *flow, const struct call *call)
{
	return (flow_has_candidates(flow, &call->call_party[CALL_CALLER]) &&
	    flow_has_candidates(flow, &call->call_party[CALL_CALLEE]));
}

/* Is this the time and the place for candidates of this party? */
static bool
flow_take_candidates(struct flow *flow, const struct call *call,
    const struct call_party *self, const struct sig_call_candidates *msg)
{
	/* The callee's consent comes first: a trusted answer, and no other. */
	return (call->call_state == CALL_ACTIVE && call->call_setup &&
	    call->call_mode == CALL_MODE_TRUSTED &&
	    flow_trickles(flow, call) &&
	    (!self->cp_advertised || msg->generation >= self->cp_generation) &&
	    self->cp_told < FLOW_CANDIDATES_MAX + flow_more(flow, call));
}

/* What a call may have besides, for the time that it has lasted. */
static unsigned int
flow_more(const struct flow *flow, const struct call *call)
{
	uint64_t	more;

	more = (flow->fl_now - call->call_since_ns) / FLOW_MORE_NS;
	return (more > UINT32_MAX / 2 ? UINT32_MAX / 2 : (unsigned int)more);
}

static enum call_side
flow_side(const struct call *call, const struct call_party *party)
{
	return (party == &call->call_party[CALL_CALLER] ? CALL_CALLER :
	    CALL_CALLEE);
}

/* What is left of them goes to the other party. */
static void
flow_pass_candidates(struct flow *flow, struct call *call,
    struct call_party *self, const struct offer_rules *rules,
    const struct signal *sig)
{
	const struct sig_call_candidates	*msg;
	const char				*list[OFFER_CANDIDATES_MAX];
	struct signal				 out;
	size_t					 left;

	msg = &sig->u.call_candidates;
	out = *sig;
	out.arena = NULL;
	out.u.call_candidates.candidates.list = list;
	out.u.call_candidates.candidates.n = offer_take_candidates(rules,
	    &msg->candidates, list, OFFER_CANDIDATES_MAX, &left);
	self->cp_advertised = true;
	self->cp_generation = msg->generation;
	self->cp_ncandidates = out.u.call_candidates.candidates.n;
	self->cp_told++;
	flow->fl_stats.fs_candidates++;
	flow->fl_stats.fs_addresses_filtered += left;
	(void)flow_send_party(flow, call, flow_side(call, self) ==
	    CALL_CALLER ? CALL_CALLEE : CALL_CALLER, &out);
	flow_want_round(flow, call);
}

void
flow_candidates(struct flow *flow, struct reg *reg, const struct signal *sig)
{
	struct call_party	*self = NULL;
	struct offer_rules	 rules;
	struct call		*call;

	call = calls_find(flow->fl_calls, sig->u.call_candidates.call_id);
	if (call == NULL || (self = call_local(call, reg->reg_fp)) == NULL ||
	    !flow_take_candidates(flow, call, self,
	    &sig->u.call_candidates)) {
		flow->fl_stats.fs_candidates_refused++;
		return;
	}
	flow_rules(flow, call, reg, &rules);
	self->cp_addr = reg->reg_remote;
	flow_pass_candidates(flow, call, self, &rules, sig);
}

void
flow_far_candidates(struct flow *flow, struct call *call,
    const struct signal *sig)
{
	struct call_party	*self = call_far(call);
	struct offer_rules	 rules;

	if (!flow_take_candidates(flow, call, self,
	    &sig->u.call_candidates)) {
		flow->fl_stats.fs_candidates_refused++;
		return;
	}
	flow_far_rules(flow, call, &rules);
	flow_pass_candidates(flow, call, self, &rules, sig);
}

/* Rounds */

static size_t
flow_advertised(const struct call_party *party)
{
	if (party->cp_advertised)
		return (party->cp_ncandidates);
	return (party->cp_nlocal + (party->cp_reflexive[0] != '\0' ? 1 : 0));
}

/* Of two relays the caller's begins the rounds. */
static bool
flow_leads(const struct call *call)
{
	return (!call->call_party[CALL_CALLER].cp_remote);
}

static void
flow_rest(struct flow *flow, struct call *call)
{
	call->call_resting = true;
	call->call_round_ns = flow->fl_now;
	TAILQ_INSERT_TAIL(&flow->fl_rounds, call, call_round_entry);
}

static void
flow_want_round(struct flow *flow, struct call *call)
{
	if (!flow_leads(call))
		return;
	if (call->call_resting)
		call->call_round_due = true;
	else
		flow_round(flow, call);
}

/*
 * Both are to begin in the same moment, so that neither's packets meet a
 * closed NAT (DCUtR's idea): whom our message reaches sooner waits for the
 * other.
 */
static void
flow_round(struct flow *flow, struct call *call)
{
	struct reg	*reg;
	struct signal	 sig;
	uint64_t	 way_ms[2], longest;
	int		 i;

	call->call_round_due = false;
	/* Whoever is away says where he is when he comes back. */
	if (call->call_rounds >= FLOW_ROUNDS_MAX + flow_more(flow, call) ||
	    !flow_trickles(flow, call) ||
	    flow_advertised(&call->call_party[CALL_CALLER]) +
	    flow_advertised(&call->call_party[CALL_CALLEE]) == 0)
		return;
	for (i = CALL_CALLER; i <= CALL_CALLEE; i++) {
		if (call->call_party[i].cp_remote) {
			way_ms[i] = FLOW_FAR_WAY_MS;
			continue;
		}
		reg = hub_find(flow->fl_hub, call->call_party[i].cp_fp);
		hub_refresh(flow->fl_hub, reg);
		way_ms[i] = reg->reg_rtt_us / 2 / US_PER_MS;
	}
	longest = way_ms[0] > way_ms[1] ? way_ms[0] : way_ms[1];
	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_CALL_PUNCH;
	sig.u.call_punch.call_id = call->call_id;
	sig.u.call_punch.round = ++call->call_rounds;
	flow->fl_stats.fs_rounds++;
	for (i = CALL_CALLER; i <= CALL_CALLEE; i++) {
		sig.u.call_punch.delay_ms = longest - way_ms[i] >
		    FLOW_PUNCH_MAX_MS ? FLOW_PUNCH_MAX_MS :
		    (uint32_t)(longest - way_ms[i]);
		(void)flow_send_party(flow, call, (enum call_side)i, &sig);
	}
	flow_rest(flow, call);
}

/* The caller's relay begins a round: with the same limits as ours. */
void
flow_far_punch(struct flow *flow, struct call *call, const struct signal *sig)
{
	if (flow_leads(call) || call->call_resting ||
	    call->call_state != CALL_ACTIVE || !call->call_setup ||
	    call->call_mode != CALL_MODE_TRUSTED ||
	    call->call_rounds >= FLOW_ROUNDS_MAX + flow_more(flow, call) ||
	    !flow_trickles(flow, call) ||
	    sig->u.call_punch.delay_ms > FLOW_PUNCH_MAX_MS) {
		flow->fl_stats.fs_far_ignored++;
		return;
	}
	call->call_rounds++;
	flow->fl_stats.fs_rounds++;
	(void)flow_send_party(flow, call, CALL_CALLEE, sig);
	flow_rest(flow, call);
}

/* Reports */

/* One network, as far as addresses tell. */
static bool
flow_near(const struct addr *a, const struct addr *b)
{
	if (addr_same_host(a, b))
		return (true);		/* behind one NAT */
	return (addr_family(a) == AF_INET6 && addr_family(b) == AF_INET6 &&
	    memcmp(&a->addr_u.in6.sin6_addr, &b->addr_u.in6.sin6_addr,
	    8) == 0);			/* a /64 */
}

/* What a remote party said of its address; none if nothing. */
static struct addr
flow_far_addr(const struct call_party *party)
{
	struct addr	addr;

	if (party->cp_reflexive[0] == '\0' ||
	    addr_parse(&addr, party->cp_reflexive) == -1)
		memset(&addr, 0, sizeof(addr));
	return (addr);
}

/* As far as the addresses tell from which the parties speak to us. */
static enum call_path
flow_direct_path(struct flow *flow, struct call *call)
{
	const struct addr	*a, *b;
	struct reg		*reg;
	size_t			 i;

	for (i = 0; i < 2; i++) {
		if (call->call_party[i].cp_remote) {
			call->call_party[i].cp_addr =
			    flow_far_addr(&call->call_party[i]);
			continue;
		}
		reg = hub_find(flow->fl_hub, call->call_party[i].cp_fp);
		if (reg == NULL)
			continue;
		hub_refresh(flow->fl_hub, reg);
		call->call_party[i].cp_addr = reg->reg_remote;
	}
	a = &call->call_party[CALL_CALLER].cp_addr;
	b = &call->call_party[CALL_CALLEE].cp_addr;
	if (flow_near(a, b))
		return (CALL_PATH_DIRECT_LAN);
	if (addr_family(a) == AF_INET6 && addr_family(b) == AF_INET6)
		return (CALL_PATH_DIRECT_V6);
	return (CALL_PATH_DIRECT_REFLEXIVE);
}

static void
flow_record_path(struct flow *flow, struct call *call)
{
	call->call_path_recorded = call->call_path;
	flow_put(flow, call);
	call->call_reported = true;
	call->call_report_ns = flow->fl_now;
	TAILQ_INSERT_TAIL(&flow->fl_reports, call, call_report_entry);
}

/* A party has reported, and the other one was told. */
static void
flow_reported(struct flow *flow, struct call *call, struct call_party *self,
    const struct signal *sig)
{
	const struct call_party	*peer;
	enum call_path		 path;

	peer = &call->call_party[flow_side(call, self) == CALL_CALLER ?
	    CALL_CALLEE : CALL_CALLER];
	/* Direct is used only if both say so (7.6). */
	self->cp_direct = sig->u.media_path_report.direct_ok;
	if (self->cp_direct && peer->cp_direct)
		path = flow_direct_path(flow, call);
	else if (call_is_direct(call))
		path = call_far(call) != NULL ? CALL_PATH_FEDERATED_RELAY :
		    CALL_PATH_RELAY;
	else
		path = call->call_path;	/* mediad sees what is relayed */
	if (path == call->call_path)
		return;
	call->call_path = path;
	flow->fl_stats.fs_path_changes++;
	/* A recovered call needs somebody in its room, unless direct. */
	if (call->call_recovered)
		flow_quiet(flow, call, !call_is_direct(call) &&
		    call->call_empty);
	if (!call->call_reported)
		flow_record_path(flow, call);
}

void
flow_path_report(struct flow *flow, struct reg *reg, const struct signal *sig)
{
	struct call_party	*self;
	struct call		*call;

	call = calls_find(flow->fl_calls, sig->u.media_path_report.call_id);
	if (call == NULL || call->call_state != CALL_ACTIVE ||
	    (self = call_local(call, reg->reg_fp)) == NULL) {
		flow_ignore(flow, reg, sig,
		    sig->u.media_path_report.call_id);
		return;
	}
	(void)flow_send_party(flow, call, flow_side(call, self) ==
	    CALL_CALLER ? CALL_CALLEE : CALL_CALLER, sig);
	flow_reported(flow, call, self, sig);
}

void
flow_far_report(struct flow *flow, struct call *call,
    const struct signal *sig)
{
	struct call_party	*self = call_far(call);

	if (call->call_state != CALL_ACTIVE) {
		flow->fl_stats.fs_far_ignored++;
		return;
	}
	(void)flow_send_party(flow, call, flow_side(call, self) ==
	    CALL_CALLER ? CALL_CALLEE : CALL_CALLER, sig);
	flow_reported(flow, call, self, sig);
}

bool
flow_talks(const struct flow *flow, struct call *call,
    const struct call_party *lost)
{
	const struct call_party	*peer = call_peer(call, lost->cp_fp);

	return (call_is_direct(call) && peer->cp_direct && !peer->cp_lost &&
	    flow_has_candidates(flow, peer));
}

void
flow_leave(struct flow *flow, struct call *call)
{
	log_info("call %s: goes on without us", call->call_id);
	if (call->call_path != call->call_path_recorded)
		flow_put(flow, call);
	flow_paths_ended(flow, call);
	call->call_resting = call->call_reported = false;
}

/* Time */

void
flow_paths_ended(struct flow *flow, struct call *call)
{
	if (call->call_resting)
		TAILQ_REMOVE(&flow->fl_rounds, call, call_round_entry);
	if (call->call_reported)
		TAILQ_REMOVE(&flow->fl_reports, call, call_report_entry);
}

uint64_t
flow_paths_expiry(const struct flow *flow)
{
	const struct call	*call;
	uint64_t		 next = UINT64_MAX;

	if ((call = TAILQ_FIRST(&flow->fl_rounds)) != NULL)
		next = call->call_round_ns + FLOW_ROUND_NS;
	if ((call = TAILQ_FIRST(&flow->fl_reports)) != NULL &&
	    call->call_report_ns + FLOW_PATH_NS < next)
		next = call->call_report_ns + FLOW_PATH_NS;
	return (next);
}

void
flow_paths_expire(struct flow *flow)
{
	struct call	*call;

	while ((call = TAILQ_FIRST(&flow->fl_rounds)) != NULL &&
	    flow->fl_now - call->call_round_ns >= FLOW_ROUND_NS) {
		TAILQ_REMOVE(&flow->fl_rounds, call, call_round_entry);
		call->call_resting = false;
		if (call->call_round_due)
			flow_round(flow, call);
	}
	while ((call = TAILQ_FIRST(&flow->fl_reports)) != NULL &&
	    flow->fl_now - call->call_report_ns >= FLOW_PATH_NS) {
		TAILQ_REMOVE(&flow->fl_reports, call, call_report_entry);
		call->call_reported = false;
		if (call->call_path != call->call_path_recorded)
			flow_record_path(flow, call);
	}
}
