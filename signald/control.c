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

/* Rows of signald. */
#include "config.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/worker/worker.h"
#include "signald/control.h"

static void	 control_far(struct row *, const char *,
		    const struct call_party *);
static void	 control_call(struct row *, const struct call *, uint64_t);
static void	 control_calls(struct channel *, const struct msg_ctl_query *,
		    const struct calls *, uint64_t);
static void	 control_clients(struct channel *,
		    const struct msg_ctl_query *, const struct flow *,
		    struct hub *, uint64_t, uint64_t);

/* The relay of a party who is not here; nothing when he is. */
static void
control_far(struct row *row, const char *name,
    const struct call_party *party)
{
	if (party->cp_remote)
		row_str(row, name, party->cp_far.far_label[0] != '\0' ?
		    party->cp_far.far_label : "?");
}

static void
control_call(struct row *row, const struct call *call, uint64_t wall_ms)
{
	const struct call_party	*caller, *callee;

	caller = &call->call_party[CALL_CALLER];
	callee = &call->call_party[CALL_CALLEE];
	row_init(row);
	row_str(row, "call_id", call->call_id);
	row_str(row, "caller", caller->cp_fp);
	row_str(row, "callee", callee->cp_fp);
	row_bool(row, "caller_proven", caller->cp_proven);
	row_bool(row, "callee_proven", callee->cp_proven);
	row_str(row, "state", call_state_name(call->call_state));
	row_str(row, "mode", call_mode_name(call->call_mode));
	control_far(row, "caller_relay", caller);
	control_far(row, "callee_relay", callee);
	row_u64(row, "age_s", wall_ms < call->call_created_ms ? 0 :
	    (wall_ms - call->call_created_ms) / 1000);
	row_bool(row, "setup", call->call_setup);
	row_bool(row, "recorded", call->call_state != CALL_ACTIVE ||
	    call->call_recorded);
	row_bool(row, "caller_lost", caller->cp_lost);
	row_bool(row, "callee_lost", callee->cp_lost);
}

static void
control_calls(struct channel *channel, const struct msg_ctl_query *query,
    const struct calls *calls, uint64_t limit)
{
	const struct call		*oldest[] = {
		calls_oldest(calls, CALL_PENDING), calls_oldest_away(calls),
		calls_oldest(calls, CALL_RINGING),
		calls_oldest(calls, CALL_ACTIVE)
	};
	const struct call		*call;
	struct row			 row;
	uint64_t			 wall_ms = clock_wall_ms();
	size_t				 i;

	for (i = 0; i < sizeof(oldest) / sizeof(oldest[0]); i++) {
		for (call = oldest[i]; call != NULL;
		    call = calls_after(call)) {
			if (query->filter[0] != '\0' &&
			    strcmp(query->filter, call->call_id) != 0 &&
			    call_side(call, query->filter) == -1)
				continue;
			if (limit-- == 0)
				return;
			control_call(&row, call, wall_ms);
			worker_ctl_row(channel, query->id, &row);
		}
	}
}

static void
control_clients(struct channel *channel, const struct msg_ctl_query *query,
    const struct flow *flow, struct hub *hub, uint64_t limit, uint64_t now)
{
	struct reg	*reg = NULL;
	struct row	 row;
	char		 text[ADDR_STRLEN];
	size_t		 iter = 0;

	while ((reg = hub_next(hub, &iter, reg)) != NULL) {
		if (query->filter[0] != '\0' &&
		    strcmp(query->filter, reg->reg_fp) != 0)
			continue;
		if (limit-- == 0)
			return;
		row_init(&row);
		row_str(&row, "fingerprint", reg->reg_fp);
		row_str(&row, "alias", reg->reg_alias);
		row_bool(&row, "proven", reg->reg_proven);
		row_str(&row, "address", addr_print(&reg->reg_remote, text,
		    sizeof(text)));
		row_u64(&row, "connected_s", (now - reg->reg_since_ns) /
		    NS_PER_S);
		row_u64(&row, "calls", calls_count_of(flow_calls(flow),
		    reg->reg_fp));
		worker_ctl_row(channel, query->id, &row);
	}
}

void
control_query(struct channel *channel, const struct msg_ctl_query *query,
    const struct flow *flow, struct hub *hub, uint64_t now)
{
	uint64_t	limit;

	limit = query->limit < CONTROL_ROWS_MAX ? query->limit :
	    CONTROL_ROWS_MAX;
	switch (query->what) {
	case CTL_CALLS:
		control_calls(channel, query, flow_calls(flow), limit);
		worker_ctl_end(channel, query->id, NULL);
		break;
	case CTL_CLIENTS:
		control_clients(channel, query, flow, hub, limit, now);
		worker_ctl_end(channel, query->id, NULL);
		break;
	default:
		worker_ctl_end(channel, query->id, "not known to signald");
		break;
	}
}

void
control_stats(struct row *row, const struct flow *flow,
    const struct signal_server *server, const struct placing *placing)
{
	const struct placing_stats	*ps = placing_stats(placing);
	const struct signal_stats	*ss = signal_stats(server);
	const struct flow_stats		*fs = flow_stats(flow);
	size_t				 proven;

	row_u64(row, "connections", signal_count(server));
	row_u64(row, "clients", signal_registered(server, &proven));
	row_u64(row, "proven", proven);
	row_u64(row, "accepted", ss->ss_accepted);
	row_u64(row, "registered", ss->ss_registered);
	row_u64(row, "refused", ss->ss_refused);
	row_u64(row, "silent", ss->ss_silent);
	row_u64(row, "broken", ss->ss_broken);
	row_u64(row, "unfinished", ss->ss_unfinished);
	row_u64(row, "resumed", ss->ss_resumed);
	row_u64(row, "replaced", ss->ss_replaced);
	row_u64(row, "slow", ss->ss_slow);
	row_u64(row, "undecodable", ss->ss_undecodable);
	row_u64(row, "unserved", ss->ss_unserved);
	row_u64(row, "crowded", ss->ss_crowded);
	row_u64(row, "calls", calls_count(flow_calls(flow)));
	row_u64(row, "offers", fs->fs_offers);
	row_u64(row, "offers_absent", fs->fs_offers_absent);
	row_u64(row, "offers_refused", fs->fs_offers_refused);
	row_u64(row, "offers_busy", fs->fs_offers_busy);
	row_u64(row, "registry_away", fs->fs_registry_away);
	row_u64(row, "unconfirmed", fs->fs_unconfirmed);
	row_u64(row, "calls_answered", fs->fs_answered);
	row_u64(row, "calls_rejected", fs->fs_rejected);
	row_u64(row, "calls_ended", fs->fs_ended);
	row_u64(row, "ring_timeouts", fs->fs_ring_timeouts);
	row_u64(row, "lost_timeouts", fs->fs_lost_timeouts);
	row_u64(row, "quiet_timeouts", fs->fs_quiet_timeouts);
	row_u64(row, "ignored", fs->fs_ignored);
	row_u64(row, "candidates", fs->fs_candidates);
	row_u64(row, "candidates_refused", fs->fs_candidates_refused);
	row_u64(row, "addresses_filtered", fs->fs_addresses_filtered);
	row_u64(row, "punch_rounds", fs->fs_rounds);
	row_u64(row, "path_changes", fs->fs_path_changes);
	row_u64(row, "far_offers", fs->fs_far_offers);
	row_u64(row, "far_refused", fs->fs_far_refused);
	row_u64(row, "far_ignored", fs->fs_far_ignored);
	row_u64(row, "far_unknown", fs->fs_far_unknown);
	row_u64(row, "far_unsent", fs->fs_far_unsent);
	row_u64(row, "finds", fs->fs_finds);
	row_u64(row, "found", fs->fs_found);
	row_u64(row, "link_losses", fs->fs_link_losses);
	row_u64(row, "records_waiting", flow_unconfirmed(flow));
	row_u64(row, "rooms", placing_rooms(placing));
	row_u64(row, "calls_moved", ps->ps_moved);
	row_u64(row, "rooms_split", ps->ps_split);
	row_u64(row, "rooms_ignored", ps->ps_ignored);
}
