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
 * Calls as events and time drive them: records and what waits for them, the
 * end of a call, people who come and go, limits, recovery after a crash.
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

static int	 flow_send_record(void *, const struct msg_call_put *);
static void	 flow_confirmed(void *, const struct msg_call_put *);
static void	 flow_refused(void *, const struct msg_call_put *,
		    const char *);
static void	 flow_fill_put(const struct flow *, const struct call *,
		    struct msg_call_put *);
static void	 flow_ended(struct flow *, struct call *);
static void	 flow_find_again(struct flow *, struct call_party *);
static void	 flow_party_gone(struct flow *, struct call *,
		    enum call_side);
static uint64_t	 flow_due(uint64_t, uint64_t);
static void	 flow_expire_pending(struct flow *);
static void	 flow_expire_answers(struct flow *);

static const struct outbox_ops	flow_outbox_ops = {
	flow_send_record,
	flow_confirmed,
	flow_refused
};

struct flow *
flow_new(const struct flow_config *config, struct hub *hub,
    const struct flow_ops *ops, void *arg)
{
	struct flow	*flow;

	if ((flow = calloc(1, sizeof(*flow))) == NULL)
		return (NULL);
	flow->fl_config = *config;
	flow->fl_hub = hub;
	flow->fl_ops = ops;
	flow->fl_arg = arg;
	TAILQ_INIT(&flow->fl_unrecorded);
	TAILQ_INIT(&flow->fl_unadmitted);
	TAILQ_INIT(&flow->fl_lost);
	TAILQ_INIT(&flow->fl_quiet);
	TAILQ_INIT(&flow->fl_rounds);
	TAILQ_INIT(&flow->fl_reports);
	TAILQ_INIT(&flow->fl_orphans);
	flow_links_init(flow);
	flow->fl_calls = calls_new(FLOW_CALLS_HARD_MAX,
	    config->fc_person_calls);
	/* Twice: as many ended calls as live ones may wait for registryd. */
	flow->fl_outbox = outbox_new(2 * config->fc_max_calls,
	    &flow_outbox_ops, flow);
	flow->fl_finds = table_new(FLOW_CALLS_HARD_MAX);
	flow->fl_orphaned = table_new(FLOW_CALLS_HARD_MAX);
	if (flow->fl_calls == NULL || flow->fl_outbox == NULL ||
	    flow->fl_finds == NULL || flow->fl_orphaned == NULL) {
		flow_free(flow);
		return (NULL);
	}
	return (flow);
}

void
flow_free(struct flow *flow)
{
	if (flow == NULL)
		return;
	flow_orphans_expire(flow, UINT64_MAX);
	calls_free(flow->fl_calls);
	flow_links_free(flow);
	table_free(flow->fl_finds);
	table_free(flow->fl_orphaned);
	outbox_free(flow->fl_outbox);
	free(flow);
}

void
flow_configure(struct flow *flow, const struct flow_config *config)
{
	flow->fl_config = *config;
	outbox_set_max(flow->fl_outbox, 2 * config->fc_max_calls);
	calls_set_person(flow->fl_calls, config->fc_person_calls);
}

void
flow_set_time(struct flow *flow, uint64_t now, uint64_t wall_ms)
{
	flow->fl_now = now;
	flow->fl_wall_ms = wall_ms;
}

/* Sending */

int
flow_send(struct flow *flow, const char *fp, const struct signal *sig)
{
	int	len;

	len = signal_print(sig, flow->fl_buf, sizeof(flow->fl_buf));
	if (len == -1)
		return (-1);
	return (hub_send(flow->fl_hub, fp, flow->fl_buf, (size_t)len));
}

void
flow_ignore(struct flow *flow, const struct reg *reg,
    const struct signal *sig, const char *call_id)
{
	char	id[160], remote[ADDR_STRLEN];

	flow->fl_stats.fs_ignored++;
	if (!notice_due(&flow->fl_ignored, flow->fl_now))
		return;
	notice(&flow->fl_ignored, "%s %s: %s ignored: no such call of theirs"
	    ": %s", reg->reg_fp, addr_print(&reg->reg_remote, remote,
	    sizeof(remote)), signal_name(sig->type), call_id == NULL ?
	    "any" : log_escape(id, sizeof(id), call_id, strlen(call_id)));
}

void
flow_send_hangup(struct flow *flow, const char *fp, const char *call_id,
    enum hangup_reason reason)
{
	struct signal	sig;

	signal_hangup(&sig, call_id, reason);
	(void)flow_send(flow, fp, &sig);
}

int
flow_send_text(struct flow *flow, struct call *call, enum call_side side,
    const char *text, size_t len)
{
	const struct call_party	*party = &call->call_party[side];

	if (party->cp_remote)
		return (flow_far_text(flow, &party->cp_far, text, len));
	return (hub_send(flow->fl_hub, party->cp_fp, text, len));
}

int
flow_send_party(struct flow *flow, struct call *call, enum call_side side,
    const struct signal *sig)
{
	int	len;

	len = signal_print(sig, flow->fl_buf, sizeof(flow->fl_buf));
	if (len == -1)
		return (-1);
	return (flow_send_text(flow, call, side, flow->fl_buf, (size_t)len));
}

/* A Hangup of ours to one side, if that side ever heard of the call. */
void
flow_tell(struct flow *flow, struct call *call, enum call_side side,
    enum hangup_reason reason)
{
	struct signal	sig;

	if (side == CALL_CALLEE && (call->call_party[side].cp_remote ?
	    !call->call_asked : call->call_state == CALL_PENDING))
		return;
	signal_hangup(&sig, call->call_id, reason);
	(void)flow_send_party(flow, call, side, &sig);
}

/* Keeps the text of a signal for the next step of its call. */
int
flow_keep_text(struct flow *flow, struct call *call, const struct signal *sig)
{
	int	len;

	flow_drop_text(flow, call);
	len = signal_print(sig, flow->fl_buf, sizeof(flow->fl_buf));
	if (len == -1 || flow->fl_text_bytes + (size_t)len > FLOW_TEXT_MAX)
		return (-1);
	if ((call->call_text = malloc((size_t)len)) == NULL)
		return (-1);
	memcpy(call->call_text, flow->fl_buf, (size_t)len);
	call->call_text_len = (size_t)len;
	flow->fl_text_bytes += (size_t)len;
	return (0);
}

void
flow_drop_text(struct flow *flow, struct call *call)
{
	flow->fl_text_bytes -= call->call_text_len;
	free(call->call_text);
	call->call_text = NULL;
	call->call_text_len = 0;
}

/* Records */

static int
flow_send_record(void *arg, const struct msg_call_put *put)
{
	struct flow	*flow = arg;

	return (flow->fl_ops->record(flow->fl_arg, put));
}

static void
flow_fill_put(const struct flow *flow, const struct call *call,
    struct msg_call_put *put)
{
	const struct call_party	*caller, *callee;

	caller = &call->call_party[CALL_CALLER];
	callee = &call->call_party[CALL_CALLEE];
	memset(put, 0, sizeof(*put));
	strlcpy(put->call_id, call->call_id, sizeof(put->call_id));
	strlcpy(put->caller, caller->cp_fp, sizeof(put->caller));
	strlcpy(put->callee, callee->cp_fp, sizeof(put->callee));
	strlcpy(put->caller_alias, call->call_alias,
	    sizeof(put->caller_alias));
	put->state = call->call_state;
	put->mode = call->call_mode;
	put->reason = call->call_reason;
	put->path = call->call_path;
	put->caller_proven = caller->cp_proven;
	put->callee_proven = callee->cp_proven;
	put->created_ms = call->call_created_ms;
	put->answered_ms = call->call_answered_ms;
	put->ended_ms = call->call_ended_ms;
	put->unconfirmed = call->call_unconfirmed;
	/* Observed ones only: a remote party's are what its relay says. */
	if (flow->fl_config.fc_addresses && !caller->cp_remote)
		put->caller_addr = caller->cp_addr;
	if (flow->fl_config.fc_addresses && !callee->cp_remote)
		put->callee_addr = callee->cp_addr;
	flow_far_put(call, put);
}

void
flow_put(struct flow *flow, const struct call *call)
{
	struct msg_call_put	put;

	flow_fill_put(flow, call, &put);
	if (outbox_put(flow->fl_outbox, &put) == -1)
		log_warn("call %s: record lost", call->call_id);
}

static void
flow_confirmed(void *arg, const struct msg_call_put *put)
{
	struct flow	*flow = arg;
	struct call	*call;

	if (flow->fl_refusing) {
		flow->fl_refusing = false;
		log_info("the registry stores calls again");
	}
	call = calls_find(flow->fl_calls, put->call_id);
	if (call == NULL || call->call_created_ms != put->created_ms)
		return;
	if (put->state == CALL_PENDING && call->call_state == CALL_PENDING)
		flow_deliver(flow, call);
	else if (put->state == CALL_ACTIVE) {
		flow_call_recorded(flow, call);
		flow_setup(flow, call);
	}
}

static void
flow_refused(void *arg, const struct msg_call_put *put, const char *error)
{
	struct flow	*flow = arg;
	struct call	*call;
	char		 text[160];

	if (!flow->fl_refusing) {
		flow->fl_refusing = true;
		log_warnx("the registry does not store calls: %s",
		    log_escape(text, sizeof(text), error, strlen(error)));
	}
	/* A live call goes on without its record (a full disk, say). */
	call = calls_find(flow->fl_calls, put->call_id);
	if (call == NULL || call->call_created_ms != put->created_ms ||
	    put->state != CALL_ACTIVE)
		return;
	flow_call_recorded(flow, call);
	flow_setup(flow, call);
}

void
flow_committed(struct flow *flow, const struct msg_call_committed *msg)
{
	outbox_committed(flow->fl_outbox, msg, flow->fl_now);
}

void
flow_registry_up(struct flow *flow)
{
	outbox_up(flow->fl_outbox);
}

void
flow_registry_down(struct flow *flow)
{
	outbox_down(flow->fl_outbox);
}

/* What CallSetup waits for (idempotent). */
void
flow_call_recorded(struct flow *flow, struct call *call)
{
	if (call->call_recorded)
		return;
	call->call_recorded = true;
	TAILQ_REMOVE(&flow->fl_unrecorded, call, call_unrecorded_entry);
}

void
flow_call_admitted(struct flow *flow, struct call *call)
{
	if (call->call_admitted)
		return;
	call->call_admitted = true;
	TAILQ_REMOVE(&flow->fl_unadmitted, call, call_unadmitted_entry);
}

void
flow_moved(struct flow *flow, const char *call_id)
{
	struct call	*call, *other;

	call = calls_find(flow->fl_calls, call_id);
	if (call == NULL || call->call_state != CALL_ACTIVE ||
	    call->call_setup || !call->call_admitted)
		return;
	call->call_admitted = false;
	/* It goes on waiting since it was answered: the queue is by time. */
	TAILQ_FOREACH_REVERSE(other, &flow->fl_unadmitted, flow_call_queue,
	    call_unadmitted_entry) {
		if (other->call_since_ns <= call->call_since_ns)
			break;
	}
	if (other != NULL)
		TAILQ_INSERT_AFTER(&flow->fl_unadmitted, other, call,
		    call_unadmitted_entry);
	else
		TAILQ_INSERT_HEAD(&flow->fl_unadmitted, call,
		    call_unadmitted_entry);
}

/* Nobody is in the room of a recovered call, since now. */
void
flow_quiet(struct flow *flow, struct call *call, bool quiet)
{
	if (quiet == call->call_quiet)
		return;
	call->call_quiet = quiet;
	if (!quiet) {
		TAILQ_REMOVE(&flow->fl_quiet, call, call_quiet_entry);
		return;
	}
	call->call_quiet_ns = flow->fl_now;
	TAILQ_INSERT_TAIL(&flow->fl_quiet, call, call_quiet_entry);
}

void
flow_occupied(struct flow *flow, const char *call_id, bool occupied)
{
	struct call	*call;

	call = calls_find(flow->fl_calls, call_id);
	if (call == NULL || !call->call_recovered)
		return;
	call->call_empty = !occupied;
	if (!call_is_direct(call))
		flow_quiet(flow, call, !occupied);
}

/* The end of a call */

/* Called with the call still in the table; messages were sent before. */
void
flow_end(struct flow *flow, struct call *call, enum call_reason reason)
{
	(void)calls_end(flow->fl_calls, call->call_id, reason,
	    flow->fl_wall_ms);
	flow_ended(flow, call);
}

/* The call is out of the table: record, room, memory. */
static void
flow_ended(struct flow *flow, struct call *call)
{
	size_t	i;

	flow->fl_stats.fs_ended++;
	log_info("call %s: ended (%s)", call->call_id,
	    call_reason_name(call->call_reason));
	if (!outbox_forget(flow->fl_outbox, call->call_id,
	    call->call_created_ms))
		flow_put(flow, call);
	if (call->call_room[0] != '\0') {
		flow->fl_ops->close_room(flow->fl_arg, call->call_id);
		flow_call_recorded(flow, call);
		flow_call_admitted(flow, call);
	}
	flow_orphan_ended(flow, call);
	flow_far_gone(flow, call);
	for (i = 0; i < 2; i++) {
		if (call->call_party[i].cp_lost)
			TAILQ_REMOVE(&flow->fl_lost, &call->call_party[i],
			    cp_lost_entry);
	}
	flow_quiet(flow, call, false);
	flow_paths_ended(flow, call);
	flow_drop_text(flow, call);
	call_free(call);
}

/* Something of ours is missing: an error to both. */
void
flow_fail(struct flow *flow, struct call *call)
{
	flow_tell(flow, call, CALL_CALLER, HANGUP_ERROR);
	flow_tell(flow, call, CALL_CALLEE, HANGUP_ERROR);
	flow_end(flow, call, CALL_REASON_ERROR);
}

/* People who come and go */

void
flow_lose(struct flow *flow, struct call_party *party)
{
	if (party->cp_lost)
		return;
	party->cp_lost = true;
	party->cp_lost_ns = flow->fl_now;
	TAILQ_INSERT_TAIL(&flow->fl_lost, party, cp_lost_entry);
	log_debug("call %s: %s is lost", party->cp_call->call_id,
	    party->cp_fp);
}

static void
flow_find_again(struct flow *flow, struct call_party *party)
{
	if (!party->cp_lost)
		return;
	party->cp_lost = false;
	TAILQ_REMOVE(&flow->fl_lost, party, cp_lost_entry);
	log_debug("call %s: %s is back", party->cp_call->call_id,
	    party->cp_fp);
}

static void
flow_party_gone(struct flow *flow, struct call *call, enum call_side side)
{
	flow_tell(flow, call, side == CALL_CALLER ? CALL_CALLEE : CALL_CALLER,
	    HANGUP_NORMAL);
	flow_end(flow, call, CALL_REASON_DISCONNECT);
}

void
flow_registered(struct flow *flow, const struct reg *reg)
{
	struct call_party	*party = NULL;

	while ((party = calls_of(flow->fl_calls, reg->reg_fp, party)) !=
	    NULL) {
		/* Who had the key must show it again. */
		if (party->cp_remote ||
		    (party->cp_proven && !reg->reg_proven))
			continue;
		flow_find_again(flow, party);
		party->cp_addr = reg->reg_remote;
		/* A new process knows no direct path; others say it again. */
		if (reg->reg_candidates)
			party->cp_direct = false;
	}
	flow_orphans_tell(flow, reg);
}

void
flow_unregistered(struct flow *flow, const struct reg *reg, bool clean)
{
	struct call_party	*party, *next;
	struct call		*call;
	bool			 online;

	online = hub_is_online(flow->fl_hub, reg->reg_fp);
	for (party = calls_of(flow->fl_calls, reg->reg_fp, NULL);
	    party != NULL; party = next) {
		next = calls_of(flow->fl_calls, reg->reg_fp, party);
		call = party->cp_call;
		if (party->cp_remote)
			continue;	/* that one is elsewhere */
		if (call->call_setup && online)
			continue;	/* replaced by a newer one */
		if (call->call_setup && !clean) {
			flow_lose(flow, party);
			continue;
		}
		flow_party_gone(flow, call,
		    party == &call->call_party[CALL_CALLER] ? CALL_CALLER :
		    CALL_CALLEE);
	}
}

/* Time */

static uint64_t
flow_due(uint64_t since, uint64_t limit)
{
	return (since > UINT64_MAX - limit ? UINT64_MAX : since + limit);
}

uint64_t
flow_expiry(const struct flow *flow)
{
	const struct flow_config	*config = &flow->fl_config;
	const struct call_party		*party;
	const struct call		*call;
	uint64_t			 due, next;

	next = outbox_expiry(flow->fl_outbox);
	call = calls_oldest(flow->fl_calls, CALL_PENDING);
	if (call != NULL) {
		due = flow_due(call->call_since_ns,
		    config->fc_registry_wait_ns);
		next = due < next ? due : next;
	}
	call = calls_oldest(flow->fl_calls, CALL_RINGING);
	if (call != NULL) {
		due = flow_due(call->call_since_ns, config->fc_ring_ns);
		next = due < next ? due : next;
	}
	if ((call = TAILQ_FIRST(&flow->fl_unrecorded)) != NULL) {
		due = flow_due(call->call_since_ns,
		    config->fc_registry_wait_ns);
		next = due < next ? due : next;
	}
	if ((call = TAILQ_FIRST(&flow->fl_unadmitted)) != NULL) {
		due = flow_due(call->call_since_ns, FLOW_ADMIT_NS);
		next = due < next ? due : next;
	}
	if ((party = TAILQ_FIRST(&flow->fl_lost)) != NULL) {
		due = flow_due(party->cp_lost_ns, config->fc_grace_ns);
		next = due < next ? due : next;
	}
	if ((call = TAILQ_FIRST(&flow->fl_quiet)) != NULL) {
		due = flow_due(call->call_quiet_ns, config->fc_grace_ns);
		next = due < next ? due : next;
	}
	due = flow_orphans_expiry(flow);
	next = due < next ? due : next;
	due = flow_paths_expiry(flow);
	next = due < next ? due : next;
	due = flow_links_expiry(flow);
	next = due < next ? due : next;
	return (next);
}

/* New offers whose record did not become durable in time. */
static void
flow_expire_pending(struct flow *flow)
{
	uint64_t	 wait = flow->fl_config.fc_registry_wait_ns;
	struct call	*call;

	if (flow->fl_config.fc_best_effort) {
		while ((call = calls_oldest(flow->fl_calls, CALL_PENDING)) !=
		    NULL && flow->fl_now - call->call_since_ns >= wait) {
			flow->fl_stats.fs_unconfirmed++;
			call->call_unconfirmed = true;
			flow_deliver(flow, call);
		}
		return;
	}
	while ((call = calls_expire(flow->fl_calls, flow->fl_now, wait,
	    flow->fl_wall_ms)) != NULL) {
		flow->fl_stats.fs_registry_away++;
		call->call_reason = CALL_REASON_ERROR;
		flow_tell(flow, call, CALL_CALLER, HANGUP_ERROR);
		flow_ended(flow, call);
	}
}

static void
flow_expire_answers(struct flow *flow)
{
	uint64_t	 wait = flow->fl_config.fc_registry_wait_ns;
	struct call	*call;

	/* A live call goes on; its record waits. */
	while ((call = TAILQ_FIRST(&flow->fl_unrecorded)) != NULL &&
	    flow->fl_now - call->call_since_ns >= wait) {
		flow_call_recorded(flow, call);
		flow_setup(flow, call);
	}
	while ((call = TAILQ_FIRST(&flow->fl_unadmitted)) != NULL &&
	    flow->fl_now - call->call_since_ns >= FLOW_ADMIT_NS) {
		log_warnx("call %s: no room", call->call_id);
		flow_fail(flow, call);
	}
}

void
flow_expire(struct flow *flow)
{
	const struct flow_config	*config = &flow->fl_config;
	struct call_party		*party;
	struct call			*call;

	outbox_expire(flow->fl_outbox, flow->fl_now);
	flow_expire_pending(flow);
	while ((call = calls_oldest(flow->fl_calls, CALL_RINGING)) != NULL &&
	    flow->fl_now - call->call_since_ns >= config->fc_ring_ns) {
		flow->fl_stats.fs_ring_timeouts++;
		flow_tell(flow, call, CALL_CALLER, HANGUP_TIMEOUT);
		flow_tell(flow, call, CALL_CALLEE, HANGUP_TIMEOUT);
		flow_end(flow, call, CALL_REASON_TIMEOUT);
	}
	flow_expire_answers(flow);
	while ((party = TAILQ_FIRST(&flow->fl_lost)) != NULL &&
	    flow->fl_now - party->cp_lost_ns >= config->fc_grace_ns) {
		call = party->cp_call;
		if (config->fc_grace_ns > 0 && flow_talks(flow, call, party)) {
			/* Once more as long. */
			TAILQ_REMOVE(&flow->fl_lost, party, cp_lost_entry);
			party->cp_lost_ns = flow->fl_now;
			TAILQ_INSERT_TAIL(&flow->fl_lost, party,
			    cp_lost_entry);
			continue;
		}
		flow->fl_stats.fs_lost_timeouts++;
		flow_tell(flow, call, party == &call->call_party[CALL_CALLER] ?
		    CALL_CALLEE : CALL_CALLER, HANGUP_TIMEOUT);
		flow_end(flow, call, CALL_REASON_TIMEOUT);
	}
	while ((call = TAILQ_FIRST(&flow->fl_quiet)) != NULL &&
	    flow->fl_now - call->call_quiet_ns >= config->fc_grace_ns) {
		flow->fl_stats.fs_quiet_timeouts++;
		flow_tell(flow, call, CALL_CALLER, HANGUP_TIMEOUT);
		flow_tell(flow, call, CALL_CALLEE, HANGUP_TIMEOUT);
		flow_end(flow, call, CALL_REASON_TIMEOUT);
	}
	flow_orphans_expire(flow, flow->fl_now);
	flow_paths_expire(flow);
	flow_links_expire(flow);
}

/* Stop */

void
flow_stop(struct flow *flow)
{
	static const enum call_state	 states[] = {
		CALL_PENDING, CALL_RINGING, CALL_ACTIVE
	};
	struct call			*call, *next;
	size_t				 i;

	while ((call = calls_oldest_away(flow->fl_calls)) != NULL)
		flow_fail(flow, call);
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		for (call = calls_oldest(flow->fl_calls, states[i]);
		    call != NULL; call = next) {
			next = calls_after(call);
			/* It needs no relay, and may find one again. */
			if (call_is_direct(call))
				flow_leave(flow, call);
			else
				flow_fail(flow, call);
		}
	}
}

void
flow_recovered(struct flow *flow)
{
	flow->fl_recovered = true;
}

size_t
flow_unconfirmed(const struct flow *flow)
{
	return (outbox_count(flow->fl_outbox));
}

const struct calls *
flow_calls(const struct flow *flow)
{
	return (flow->fl_calls);
}

const struct flow_stats *
flow_stats(const struct flow *flow)
{
	return (&flow->fl_stats);
}
