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
 * What signald finds in the registry when it starts: calls of a predecessor
 * that died.  Answered ones go on, if somebody still has them; the others
 * ended with it.  Whoever is away when a call of his ends hears of it when
 * he registers again.
 */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "signald/call_flow.h"
#include "signald/call_flow_int.h"
#include "signald/offer.h"

/* At most so many at a time, the oldest goes: it is a courtesy. */
#define FLOW_ORPHANS_MAX	4096

struct orphan_party {
	TAILQ_ENTRY(orphan_party) op_entry;	/* of its person */
	struct orphan_person	*op_person;	/* NULL: not one of ours */
	struct flow_orphan	*op_orphan;
	char			 op_fp[FP_STRLEN];
	bool			 op_proven;
	bool			 op_told;
	bool			 op_remote;	/* told along fo_far */
};

/* Whoever may come back, and the calls that he does not know to be over. */
struct orphan_person {
	TAILQ_HEAD(, orphan_party) on_parties;	/* oldest first */
	char			 on_fp[FP_STRLEN];
};

struct flow_orphan {
	TAILQ_ENTRY(flow_orphan) fo_entry;
	uint64_t		 fo_since;
	char			 fo_call_id[CALL_ID_STRLEN];
	struct orphan_party	 fo_party[2];
	struct far		 fo_far;
	enum hangup_reason	 fo_reason;
};

static void	 flow_orphan(struct flow *, const struct msg_call_put *);
static void	 flow_orphan_far(struct flow *, struct flow_orphan *,
		    const struct msg_call_put *);
static struct flow_orphan
		*flow_orphan_new(struct flow *, const char *,
		    enum hangup_reason);
static void	 flow_orphan_await(struct flow *, struct flow_orphan *);
static void	 flow_orphan_tell(struct flow *, struct orphan_party *,
		    const struct reg *);
static void	 flow_orphan_free(struct flow *, struct flow_orphan *);

void
flow_live(struct flow *flow, const struct msg_call_put *put)
{
	const struct reg	*reg;
	struct call_party	*party;
	struct call		*call;
	size_t			 i;

	/*
	 * Somebody took the call_id of this one before we knew of it: the
	 * older call has the right to it, and to its room (6.2, gap 9).
	 */
	call = calls_find(flow->fl_calls, put->call_id);
	if (call != NULL && put->state == CALL_ACTIVE &&
	    call->call_state != CALL_ACTIVE &&
	    call->call_created_ms != put->created_ms)
		flow_fail(flow, call);
	/* Ours since the start, or ended and not yet written so. */
	if (!offer_call_id_valid(put->call_id) ||
	    put->state == CALL_ENDED ||
	    calls_find(flow->fl_calls, put->call_id) != NULL ||
	    outbox_has(flow->fl_outbox, put->call_id, put->created_ms))
		return;
	if (put->state == CALL_ACTIVE)
		call = calls_create(flow->fl_calls, put->call_id, put->caller,
		    put->callee, flow->fl_now, put->created_ms);
	else
		call = NULL;
	if (call == NULL || !calls_activate(flow->fl_calls, call,
	    put->mode == CALL_MODE_TRUSTED ? CALL_MODE_TRUSTED :
	    CALL_MODE_GENERIC, flow->fl_now, put->answered_ms)) {
		flow_orphan(flow, put);
		return;
	}
	strlcpy(call->call_alias, put->caller_alias,
	    sizeof(call->call_alias));
	call->call_unconfirmed = put->unconfirmed;
	call->call_recorded = call->call_admitted = call->call_setup = true;
	call->call_recovered = call->call_empty = true;
	if (flow_far_live(flow, call, put) == -1) {
		flow_link_remove(flow, call);
		call_free(calls_end(flow->fl_calls, put->call_id,
		    CALL_REASON_ERROR, flow->fl_wall_ms));
		flow_orphan(flow, put);
		return;
	}
	/* Relayed is what mediad says, which knows better than we do. */
	call->call_path = (enum call_path)put->path;
	if (!call_is_direct(call))
		call->call_path = CALL_PATH_NONE;
	if (call_is_direct(call)) {
		call->call_path_recorded = call->call_path;
		call->call_party[CALL_CALLER].cp_direct = true;
		call->call_party[CALL_CALLEE].cp_direct = true;
	} else
		flow_quiet(flow, call, true);
	call->call_party[CALL_CALLER].cp_proven = put->caller_proven;
	call->call_party[CALL_CALLEE].cp_proven = put->callee_proven;
	call->call_party[CALL_CALLER].cp_addr = put->caller_addr;
	call->call_party[CALL_CALLEE].cp_addr = put->callee_addr;
	for (i = 0; i < 2; i++) {
		party = &call->call_party[i];
		if (party->cp_remote)
			continue;	/* its relay would say so */
		reg = hub_find(flow->fl_hub, party->cp_fp);
		if (reg == NULL || (party->cp_proven && !reg->reg_proven))
			flow_lose(flow, party);
	}
	log_info("call %s: active again after a restart", call->call_id);
	flow_admit(flow, call);
}

/* Nobody is left who waits for an unanswered call. */
static void
flow_orphan(struct flow *flow, const struct msg_call_put *put)
{
	struct flow_orphan	*orphan;
	struct msg_call_put	 ended = *put;
	const struct reg	*reg;
	size_t			 i;

	ended.state = CALL_ENDED;
	ended.reason = CALL_REASON_ERROR;
	ended.ended_ms = flow->fl_wall_ms;
	log_info("call %s: ended (%s) with an earlier signald",
	    put->call_id, call_reason_name(CALL_REASON_ERROR));
	if (outbox_put(flow->fl_outbox, &ended) == -1)
		log_warn("call %s: record lost", put->call_id);
	if ((orphan = flow_orphan_new(flow, put->call_id,
	    HANGUP_ERROR)) == NULL)
		return;
	strlcpy(orphan->fo_party[CALL_CALLER].op_fp, put->caller, FP_STRLEN);
	strlcpy(orphan->fo_party[CALL_CALLEE].op_fp, put->callee, FP_STRLEN);
	orphan->fo_party[CALL_CALLER].op_proven = put->caller_proven;
	orphan->fo_party[CALL_CALLEE].op_proven = put->callee_proven;
	/* The offer of a pending call never reached a callee who is here. */
	orphan->fo_party[CALL_CALLEE].op_told = put->state == CALL_PENDING;
	flow_orphan_far(flow, orphan, put);
	flow_orphan_await(flow, orphan);
	for (i = 0; i < 2; i++) {
		reg = hub_find(flow->fl_hub, orphan->fo_party[i].op_fp);
		if (reg != NULL)
			flow_orphan_tell(flow, &orphan->fo_party[i], reg);
	}
}

/* One of its parties is at another relay, if the path was known by then. */
static void
flow_orphan_far(struct flow *flow, struct flow_orphan *orphan,
    const struct msg_call_put *put)
{
	struct flow_link	*link;
	size_t			 side;

	if (put->remote == CALL_REMOTE_NONE)
		return;
	side = put->remote == CALL_REMOTE_CALLER ? CALL_CALLER : CALL_CALLEE;
	orphan->fo_party[side].op_remote = true;
	orphan->fo_party[side].op_told = flow_far_parse(&orphan->fo_far,
	    put) == -1;
	if (orphan->fo_party[side].op_told)
		return;
	link = flow_link_get(flow, orphan->fo_far.far_path,
	    put->remote_legacy);
	if (link != NULL && link->fk_up)
		flow_orphans_link(flow, link);
}

static struct flow_orphan *
flow_orphan_new(struct flow *flow, const char *call_id,
    enum hangup_reason reason)
{
	struct flow_orphan	*orphan;

	if ((orphan = calloc(1, sizeof(*orphan))) == NULL)
		return (NULL);
	if (flow->fl_norphans >= FLOW_ORPHANS_MAX)
		flow_orphan_free(flow, TAILQ_FIRST(&flow->fl_orphans));
	orphan->fo_party[CALL_CALLER].op_orphan = orphan;
	orphan->fo_party[CALL_CALLEE].op_orphan = orphan;
	orphan->fo_since = flow->fl_now;
	orphan->fo_reason = reason;
	strlcpy(orphan->fo_call_id, call_id, sizeof(orphan->fo_call_id));
	TAILQ_INSERT_TAIL(&flow->fl_orphans, orphan, fo_entry);
	flow->fl_norphans++;
	return (orphan);
}

/*
 * The call has ended and those who are away could not be told.  Who was
 * waited for in vain (grace) is not waited for once more.
 */
void
flow_orphan_ended(struct flow *flow, const struct call *call)
{
	const struct call_party	*party;
	struct flow_orphan	*orphan;
	size_t			 i;

	if (call->call_reason == CALL_REASON_TIMEOUT ||
	    (!call->call_party[CALL_CALLER].cp_lost &&
	    !call->call_party[CALL_CALLEE].cp_lost))
		return;
	if ((orphan = flow_orphan_new(flow, call->call_id,
	    call->call_reason == CALL_REASON_ERROR ? HANGUP_ERROR :
	    HANGUP_NORMAL)) == NULL)
		return;
	for (i = 0; i < 2; i++) {
		party = &call->call_party[i];
		strlcpy(orphan->fo_party[i].op_fp, party->cp_fp, FP_STRLEN);
		orphan->fo_party[i].op_proven = party->cp_proven;
		orphan->fo_party[i].op_told = !party->cp_lost;
		orphan->fo_party[i].op_remote = party->cp_remote;
	}
	flow_orphan_await(flow, orphan);
}

/* Those who are to be told when they register.  Without memory, not. */
static void
flow_orphan_await(struct flow *flow, struct flow_orphan *orphan)
{
	struct orphan_person	*person;
	struct orphan_party	*party;
	size_t			 i, len;

	for (i = 0; i < 2; i++) {
		party = &orphan->fo_party[i];
		if (party->op_told || party->op_remote)
			continue;
		len = strlen(party->op_fp);
		person = table_find(flow->fl_orphaned, party->op_fp, len);
		if (person == NULL) {
			if ((person = calloc(1, sizeof(*person))) == NULL)
				continue;
			TAILQ_INIT(&person->on_parties);
			strlcpy(person->on_fp, party->op_fp,
			    sizeof(person->on_fp));
			if (table_insert(flow->fl_orphaned, person->on_fp,
			    len, person) == -1) {
				free(person);
				continue;
			}
		}
		party->op_person = person;
		TAILQ_INSERT_TAIL(&person->on_parties, party, op_entry);
	}
}

static void
flow_orphan_tell(struct flow *flow, struct orphan_party *party,
    const struct reg *reg)
{
	if (party->op_told || party->op_remote ||
	    (party->op_proven && !reg->reg_proven))
		return;
	party->op_told = true;
	flow_send_hangup(flow, reg->reg_fp, party->op_orphan->fo_call_id,
	    party->op_orphan->fo_reason);
}

void
flow_orphans_tell(struct flow *flow, const struct reg *reg)
{
	struct orphan_person	*person;
	struct orphan_party	*party;

	person = table_find(flow->fl_orphaned, reg->reg_fp,
	    strlen(reg->reg_fp));
	if (person == NULL)
		return;
	TAILQ_FOREACH(party, &person->on_parties, op_entry)
		flow_orphan_tell(flow, party, reg);
}

void
flow_orphans_link(struct flow *flow, const struct flow_link *link)
{
	struct flow_orphan	*orphan;
	size_t			 i;

	TAILQ_FOREACH(orphan, &flow->fl_orphans, fo_entry) {
		for (i = 0; i < 2; i++) {
			if (orphan->fo_party[i].op_told ||
			    !orphan->fo_party[i].op_remote ||
			    memcmp(orphan->fo_far.far_path, link->fk_fp,
			    TLS_HASH_LEN) != 0)
				continue;
			orphan->fo_party[i].op_told = true;
			flow_far_hangup(flow, &orphan->fo_far,
			    orphan->fo_call_id, orphan->fo_reason);
		}
	}
}

static void
flow_orphan_free(struct flow *flow, struct flow_orphan *orphan)
{
	struct orphan_person	*person;
	size_t			 i;

	for (i = 0; i < 2; i++) {
		if ((person = orphan->fo_party[i].op_person) == NULL)
			continue;
		TAILQ_REMOVE(&person->on_parties, &orphan->fo_party[i],
		    op_entry);
		if (!TAILQ_EMPTY(&person->on_parties))
			continue;
		(void)table_remove(flow->fl_orphaned, person->on_fp,
		    strlen(person->on_fp));
		free(person);
	}
	TAILQ_REMOVE(&flow->fl_orphans, orphan, fo_entry);
	flow->fl_norphans--;
	free(orphan);
}

uint64_t
flow_orphans_expiry(const struct flow *flow)
{
	const struct flow_orphan	*orphan;

	if ((orphan = TAILQ_FIRST(&flow->fl_orphans)) == NULL)
		return (UINT64_MAX);
	return (orphan->fo_since + flow->fl_config.fc_grace_ns);
}

void
flow_orphans_expire(struct flow *flow, uint64_t now)
{
	struct flow_orphan	*orphan;

	while ((orphan = TAILQ_FIRST(&flow->fl_orphans)) != NULL &&
	    now - orphan->fo_since >= flow->fl_config.fc_grace_ns)
		flow_orphan_free(flow, orphan);
}
