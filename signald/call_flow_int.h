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
 * What call_flow.c, call_signals.c, call_paths.c and call_recover.c share;
 * nobody else includes this.
 */
#ifndef WZP_SIGNALD_CALL_FLOW_INT_H
#define WZP_SIGNALD_CALL_FLOW_INT_H

#include <sys/queue.h>

#include "signald/call_flow.h"
#include "signald/offer.h"

TAILQ_HEAD(flow_call_queue, call);
TAILQ_HEAD(flow_party_queue, call_party);

struct flow_orphan;
TAILQ_HEAD(flow_orphan_queue, flow_orphan);

struct flow {
	struct flow_config	 fl_config;
	struct hub		*fl_hub;
	struct calls		*fl_calls;
	struct outbox		*fl_outbox;
	/* Answered calls that wait, oldest first; a call may be in both. */
	struct flow_call_queue	 fl_unrecorded;
	struct flow_call_queue	 fl_unadmitted;
	struct flow_party_queue	 fl_lost;	/* oldest first */
	struct flow_call_queue	 fl_quiet;	/* oldest first */
	struct flow_call_queue	 fl_rounds;	/* after one, oldest first */
	struct flow_call_queue	 fl_reports;	/* after one, oldest first */
	struct flow_orphan_queue fl_orphans;	/* oldest first */
	size_t			 fl_norphans;
	size_t			 fl_text_bytes;
	bool			 fl_refusing;	/* registryd stores nothing */
	uint64_t		 fl_now;
	uint64_t		 fl_wall_ms;
	struct flow_stats	 fl_stats;
	const struct flow_ops	*fl_ops;
	void			*fl_arg;
	char			 fl_buf[SIGNAL_MAX];
};

/* To everyone registered as this fingerprint; -1: nobody got it. */
int	 flow_send(struct flow *, const char *fp, const struct signal *);
void	 flow_send_hangup(struct flow *, const char *fp, const char *call_id,
	    enum hangup_reason);
/* Our own Hangup to one side, if that side ever heard of the call. */
void	 flow_tell(struct flow *, struct call *, enum call_side,
	    enum hangup_reason);
/* Text of a signal for the next step of its call.  -1: no room for it. */
int	 flow_keep_text(struct flow *, struct call *, const struct signal *);
void	 flow_drop_text(struct flow *, struct call *);
/* The state as it is now, to the registry. */
void	 flow_put(struct flow *, const struct call *);
void	 flow_admit(struct flow *, const struct call *);
void	 flow_call_recorded(struct flow *, struct call *);
void	 flow_call_admitted(struct flow *, struct call *);
void	 flow_quiet(struct flow *, struct call *, bool);
/* This party has the grace time to register again. */
void	 flow_lose(struct flow *, struct call_party *);
/* call_recover.c: of calls that ended while a party was away. */
void	 flow_orphan_ended(struct flow *, const struct call *);
void	 flow_orphans_tell(struct flow *, const struct reg *);
uint64_t flow_orphans_expiry(const struct flow *);
void	 flow_orphans_expire(struct flow *, uint64_t now);
/* call_paths.c: addresses, rounds of checks, and the path that is in use. */
/* What the addresses of a party of a call are measured by. */
void	 flow_rules(struct flow *, const struct call *, struct reg *,
	    struct offer_rules *);
/* Both parties, as they are registered now, announced candidates. */
bool	 flow_trickles(const struct flow *, const struct call *);
void	 flow_candidates(struct flow *, struct reg *, const struct signal *);
void	 flow_path_report(struct flow *, struct reg *,
	    const struct signal *);
/*
 * Is this party, whom we have lost, still heard by the other?  One with
 * candidates would say if it were not.
 */
bool	 flow_talks(const struct flow *, struct call *,
	    const struct call_party *lost);
void	 flow_paths_ended(struct flow *, struct call *);
/* The relay stops, this call goes on: as it is now, to the registry. */
void	 flow_leave(struct flow *, struct call *);
uint64_t flow_paths_expiry(const struct flow *);
void	 flow_paths_expire(struct flow *);
/* Pending -> Ringing: offer and CallRinging go out. */
void	 flow_deliver(struct flow *, struct call *);
/* Answer and CallSetups go out, if all is in place. */
void	 flow_setup(struct flow *, struct call *);
/* Frees the call; both parties were told before. */
void	 flow_end(struct flow *, struct call *, enum call_reason);
/* Tells both an error and ends. */
void	 flow_fail(struct flow *, struct call *);

#endif /* WZP_SIGNALD_CALL_FLOW_INT_H */
