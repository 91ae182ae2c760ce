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

/* Rows for the control tool: see ctl.h. */
#include "config.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/worker/worker.h"
#include "mediad/ctl.h"

static void	 ctl_rooms(struct media *, struct channel *,
		    const struct msg_ctl_query *);
static void	 ctl_members(const struct room *, struct channel *,
		    const struct msg_ctl_query *, uint64_t);

void
ctl_query(struct media *md, struct channel *ch,
    const struct msg_ctl_query *query, uint64_t now)
{
	const struct room	*room;

	if (query->what != CTL_ROOMS) {
		worker_ctl_end(ch, query->id, "mediad does not know that");
		return;
	}
	if (query->filter[0] == '\0')
		ctl_rooms(md, ch, query);
	else {
		/* It may be another mediad's: controld sees if it is any's. */
		room = room_find(media_rooms(md), query->filter);
		if (room != NULL)
			ctl_members(room, ch, query, now);
	}
	worker_ctl_end(ch, query->id, "");
}

static void
ctl_rooms(struct media *md, struct channel *ch,
    const struct msg_ctl_query *query)
{
	const struct room	*room;
	struct row		 row;
	uint64_t		 n = 0;
	size_t			 iter = 0;

	while (n++ < query->limit &&
	    (room = room_next(media_rooms(md), &iter)) != NULL) {
		row_init(&row);
		row_str(&row, "room", room->rm_name);
		row_u64(&row, "participants", room->rm_count);
		row_u64(&row, "packets_in", room->rm_traffic.tr_packets_in);
		row_u64(&row, "packets_out", room->rm_traffic.tr_packets_out);
		row_u64(&row, "dropped", room->rm_traffic.tr_dropped);
		row_str(&row, "tier", quality_tier_name(room->rm_tier));
		worker_ctl_row(ch, query->id, &row);
	}
}

static void
ctl_members(const struct room *room, struct channel *ch,
    const struct msg_ctl_query *query, uint64_t now)
{
	const struct member	*member;
	struct traffic		 traffic;
	struct row		 row;
	char			 address[ADDR_STRLEN];
	size_t			 i;

	for (i = 0; i < room->rm_count && i < query->limit; i++) {
		member = room->rm_seats[i].se_member;
		member_traffic(member, &traffic);
		row_init(&row);
		row_str(&row, "fingerprint", member->me_fp);
		row_str(&row, "alias", member->me_alias);
		row_bool(&row, "proven", member->me_proven);
		row_str(&row, "address", addr_print(
		    quic_conn_remote(member->me_conn), address,
		    sizeof(address)));
		row_u64(&row, "joined_s",
		    (now - member->me_joined_ns) / NS_PER_S);
		row_u64(&row, "packets_in", traffic.tr_packets_in);
		row_u64(&row, "packets_out", traffic.tr_packets_out);
		row_u64(&row, "dropped", traffic.tr_dropped);
		row_str(&row, "tier",
		    quality_tier_name(member->me_quality.q_tier));
		row_u64(&row, "loss_pct", member->me_has_report ?
		    member->me_report.loss_pct * 100u / 255u : 0);
		row_u64(&row, "rtt_ms", member->me_has_report ?
		    member->me_report.rtt_4ms * 4u : 0);
		worker_ctl_row(ch, query->id, &row);
	}
}

void
ctl_stats(struct media *md, struct row *row)
{
	const struct media_counters	*counters = media_counters(md);
	const struct federate_counters	*federated;
	const struct traffic		*traffic;

	traffic = rooms_traffic(media_rooms(md));
	row_u64(row, "rooms", rooms_count(media_rooms(md)));
	row_u64(row, "members", rooms_members(media_rooms(md)));
	row_u64(row, "waiting", media_waiting(md));
	row_u64(row, "held", media_held(md));
	row_bool(row, "retiring", media_retiring(md));
	row_u64(row, "admissions", admission_count(media_admissions(md)));
	row_u64(row, "datagrams_in", traffic->tr_packets_in);
	row_u64(row, "datagrams_out", traffic->tr_packets_out);
	row_u64(row, "datagrams_dropped", traffic->tr_dropped);
	row_u64(row, "datagrams_malformed", traffic->tr_malformed);
	row_u64(row, "bytes_in", traffic->tr_bytes_in);
	row_u64(row, "bytes_out", traffic->tr_bytes_out);
	row_u64(row, "offers", counters->mn_offers);
	row_u64(row, "refused", counters->mn_refused);
	row_u64(row, "silent", counters->mn_silent);
	row_u64(row, "broken", counters->mn_broken);
	row_u64(row, "unfinished", counters->mn_unfinished);
	row_u64(row, "resumed", counters->mn_resumed);
	row_u64(row, "replays", counters->mn_replays);
	row_u64(row, "replaced", counters->mn_replaced);
	row_u64(row, "offers_held", counters->mn_held);
	row_u64(row, "tokens_refused", counters->mn_tokens);
	row_u64(row, "datagrams_crowded", counters->mn_crowded);
	federated = federate_counters(media_federate(md));
	row_u64(row, "federated_rooms", federate_rooms(media_federate(md)));
	row_u64(row, "federated_people",
	    federate_people(media_federate(md)));
	row_u64(row, "federated_in", federated->fn_in);
	row_u64(row, "federated_out", federated->fn_out);
	row_u64(row, "federated_refused", federated->fn_malformed +
	    federated->fn_unknown + federated->fn_excess);
}
