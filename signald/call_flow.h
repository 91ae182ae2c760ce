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
 * What happens when: events of clients, registryd, mediad and time drive
 * calls from offer to end (wzp-protocol 6), as messages to clients and
 * neighbours.  Everything that leaves goes through the hub and flow_ops, and
 * time is set from outside, so that a test can replay scenarios in virtual
 * time.
 *
 * What waits for what: the offer to the callee and CallRinging for the
 * durable Pending record; answer and CallSetup for the durable Active record
 * and the admission by its room's mediad; the end of a call for nothing.
 *
 * A call that was found in the registry may have ended while nobody listened:
 * its parties have the grace time to register again, and somebody has to be
 * in its room, or to come there within that time, unless both have reported
 * that they talk directly.
 *
 * A party may be at another relay: whatever it would be sent goes to federd,
 * along the path of that call, and only what comes from the end of that path
 * is the party's word.  Of a call that both relays have, each says so now and
 * then, and who is told of a call that he does not have answers that it is
 * over: so nothing that got lost on the way leaves a call alive on one side.
 */
#ifndef WZP_SIGNALD_CALL_FLOW_H
#define WZP_SIGNALD_CALL_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/limits.h"
#include "common/wire/signal.h"
#include "signald/calls.h"
#include "signald/hub.h"
#include "signald/outbox.h"

/*
 * How long an answered call waits for mediad: a restart of it with a few
 * rounds of back-off fits, a person's patience does too.
 */
#define FLOW_ADMIT_NS		(UINT64_C(5) * 1000000000)
/* Bytes of offers and answers kept for the next step, all calls together. */
#define FLOW_TEXT_MAX		(16u * 1024 * 1024)
/* Calls that no configuration can go beyond. */
#define FLOW_CALLS_HARD_MAX	(1u << 20)
/*
 * Rounds of checks of a call: the least time between two, so that candidates
 * which trickle in share one, how many there may be at once, and after which
 * time of the call there may be one more: a path is looked for as long as the
 * call lasts, by each party every 30 to 60 s.
 */
#define FLOW_ROUND_NS		(UINT64_C(300) * 1000000)
#define FLOW_ROUNDS_MAX		64
#define FLOW_MORE_NS		(UINT64_C(10) * 1000000000)
/* The longer way of one party waits for the other's, at most (5.1, DCUtR). */
#define FLOW_PUNCH_MAX_MS	500
/* CallCandidates of one party that are passed on; as with rounds. */
#define FLOW_CANDIDATES_MAX	200
/* Between two records of a call's path, which may flap. */
#define FLOW_PATH_NS		(UINT64_C(1) * 1000000000)
/*
 * How long the callee's relay may take to ring or refuse (its registry's time
 * and the way there), and any answer of federd to a question of ours.
 */
#define FLOW_AWAY_NS		(UINT64_C(10) * 1000000000)
/* Unanswered calls outlive their link for this long; it may come back. */
#define FLOW_LINK_NS		(UINT64_C(5) * 1000000000)
/* "We have this call" is said so often, and to so many at a time. */
#define FLOW_PROBE_NS		(UINT64_C(30) * 1000000000)
#define FLOW_PROBE_BATCH	64
#define FLOW_PROBE_PAUSE_NS	(UINT64_C(10) * 1000000)
/* The way to a party at another relay is not known: what it is taken for. */
#define FLOW_FAR_WAY_MS		50
/* Other relays that are told apart: those of a configuration, twice. */
#define FLOW_LINKS_MAX		(2 * PEERS_MAX)
/* Unanswered offers of one neighbour: this part of all calls. */
#define FLOW_NEIGHBOUR_PART	4
/* Addresses of ours that a configuration can name. */
#define FLOW_OWN_MAX		18

struct flow_config {
	bool		fc_best_effort;		/* registry best-effort */
	bool		fc_addresses;		/* registry addresses yes */
	uint64_t	fc_ring_ns;
	uint64_t	fc_grace_ns;
	uint64_t	fc_registry_wait_ns;
	size_t		fc_max_calls;
	size_t		fc_max_pending;		/* per fingerprint */
	size_t		fc_person_calls;	/* too */
	/* Listeners and what is advertised: nobody's candidates. */
	struct addr	fc_own[FLOW_OWN_MAX];
	size_t		fc_nown;
};

struct flow_ops {
	/* To registryd; -1: it is away. */
	int	(*record)(void *arg, const struct msg_call_put *);
	/*
	 * The room of a live call is wanted, and no more (placing.h, which
	 * sees to it that the right mediad knows, whoever dies).
	 */
	void	(*admit)(void *arg, const struct msg_room_admit *);
	void	(*close_room)(void *arg, const char *call_id);
	/* To federd; -1: it is away, or does not take more. */
	int	(*find)(void *arg, const struct msg_fed_find *);
	int	(*far_signal)(void *arg, const struct msg_fed_signal *);
	int	(*far_call)(void *arg, const struct msg_fed_call *);
	/* fp ran into a limit; NULL: nobody counts that. */
	void	(*limit)(void *arg, enum limit_id, const char *fp);
};

struct flow_stats {
	uint64_t	fs_offers;
	uint64_t	fs_offers_absent;
	uint64_t	fs_offers_refused;
	uint64_t	fs_offers_busy;
	uint64_t	fs_registry_away;	/* offers ended because of it */
	uint64_t	fs_unconfirmed;		/* best-effort let through */
	uint64_t	fs_answered;
	uint64_t	fs_rejected;
	uint64_t	fs_ended;
	uint64_t	fs_ring_timeouts;
	uint64_t	fs_lost_timeouts;
	uint64_t	fs_quiet_timeouts;	/* recovered, nobody came */
	uint64_t	fs_ignored;		/* not a member, wrong state */
	uint64_t	fs_candidates;		/* CallCandidates passed on */
	uint64_t	fs_candidates_refused;
	uint64_t	fs_addresses_filtered;	/* of candidate lists */
	uint64_t	fs_rounds;
	uint64_t	fs_path_changes;	/* relay to direct, and back */
	uint64_t	fs_far_offers;		/* of other relays */
	uint64_t	fs_far_refused;		/* of these */
	uint64_t	fs_far_ignored;		/* not of that path or state */
	uint64_t	fs_far_unknown;		/* of calls we do not have */
	uint64_t	fs_far_unsent;
	uint64_t	fs_finds;
	uint64_t	fs_found;
	uint64_t	fs_link_losses;		/* calls ended by one */
};

struct flow;

struct flow	*flow_new(const struct flow_config *, struct hub *,
		    const struct flow_ops *, void *arg);
void		 flow_free(struct flow *);
/* Other limits from now on; no call ends because of it. */
void		 flow_configure(struct flow *, const struct flow_config *);
/* Before any other call of a turn: monotonic ns and Unix ms. */
void		 flow_set_time(struct flow *, uint64_t now, uint64_t wall_ms);
uint64_t	 flow_expiry(const struct flow *);	/* UINT64_MAX: never */
void		 flow_expire(struct flow *);

/* A registration is in the hub; lost parties of calls resume. */
void		 flow_registered(struct flow *, const struct reg *);
/*
 * One is out of the hub.  clean: its application closed, so its calls end
 * now; otherwise those that are set up wait for it to register again.
 */
void		 flow_unregistered(struct flow *, const struct reg *,
		    bool clean);
/*
 * DirectCallOffer, DirectCallAnswer, Hangup, MediaPathReport,
 * CallCandidates.
 */
void		 flow_signal(struct flow *, struct reg *,
		    const struct signal *);
/* A DirectCallOffer of one who makes too many: Busy. */
void		 flow_offer_busy(struct flow *, const struct reg *,
		    const struct signal *);

void		 flow_registry_up(struct flow *);
void		 flow_registry_down(struct flow *);
void		 flow_committed(struct flow *,
		    const struct msg_call_committed *);
/* The mediad of a call's room answered; another one is asked now. */
void		 flow_admitted(struct flow *, const struct msg_room_admitted *);
void		 flow_moved(struct flow *, const char *call_id);
/* Somebody is in the room of this call, or nobody any more. */
void		 flow_occupied(struct flow *, const char *call_id, bool);
/* A call that registryd had as live when we started. */
void		 flow_live(struct flow *, const struct msg_call_put *);
/* registryd has named all live calls: what we do not know, nobody knows. */
void		 flow_recovered(struct flow *);

/* federd is there, or not; its links are told after it came. */
void		 flow_federation_up(struct flow *);
void		 flow_federation_down(struct flow *);
void		 flow_far_link(struct flow *, const struct msg_fed_link *);
void		 flow_found(struct flow *, const struct msg_fed_found *);
void		 flow_far_signal(struct flow *, const struct msg_fed_signal *);
void		 flow_unsent(struct flow *, const struct msg_fed_unsent *);

/*
 * The relay stops: ends every call, but those whose parties talk directly.
 * Their records stay, and whoever starts next finds them (flow_live()).
 */
void		 flow_stop(struct flow *);

size_t		 flow_unconfirmed(const struct flow *);
const struct calls
		*flow_calls(const struct flow *);
const struct flow_stats
		*flow_stats(const struct flow *);

#endif /* WZP_SIGNALD_CALL_FLOW_H */
