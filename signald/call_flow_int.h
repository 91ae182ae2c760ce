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
 * What the files of the call flow share (call_*.c but calls.c); nobody else
 * includes this.
 */
#ifndef WZP_SIGNALD_CALL_FLOW_INT_H
#define WZP_SIGNALD_CALL_FLOW_INT_H

#include <sys/queue.h>

#include "common/base/notice.h"
#include "signald/call_flow.h"
#include "signald/offer.h"

TAILQ_HEAD(flow_call_queue, call);
TAILQ_HEAD(flow_party_queue, call_party);

/* A neighbour of this relay, or (no fingerprint) all that are originals. */
struct flow_link {
	TAILQ_ENTRY(flow_link)	 fk_entry;
	uint8_t			 fk_fp[TLS_HASH_LEN];
	bool			 fk_legacy;
	bool			 fk_up;
	uint64_t		 fk_down_ns;
	struct flow_call_queue	 fk_calls;	/* by call_link_entry */
	size_t			 fk_ncalls;
	size_t			 fk_unanswered;	/* of these */
	size_t			 fk_offers;	/* of these, from there */
};

TAILQ_HEAD(flow_link_queue, flow_link);

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
	struct table		*fl_orphaned;	/* fp -> those of a person */
	bool			 fl_federation;	/* federd is there */
	bool			 fl_recovered;
	struct flow_link_queue	 fl_links;
	size_t			 fl_nlinks;
	size_t			 fl_nup;	/* of these */
	size_t			 fl_far_offers;	/* unanswered, of all of them */
	struct flow_link	 fl_originals;	/* whoever of them answers */
	struct table		*fl_finds;	/* seq -> struct call */
	uint64_t		 fl_find_seq;
	struct flow_call_queue	 fl_probes;	/* oldest first */
	uint64_t		 fl_probe_pause_ns;	/* none before */
	size_t			 fl_text_bytes;
	bool			 fl_refusing;	/* registryd stores nothing */
	uint64_t		 fl_now;
	uint64_t		 fl_wall_ms;
	struct flow_stats	 fl_stats;
	const struct flow_ops	*fl_ops;
	void			*fl_arg;
	struct notice		 fl_ignored;
	char			 fl_buf[SIGNAL_MAX];
};

/* To a party, wherever it is; -1: nobody got it. */
int	 flow_send_party(struct flow *, struct call *, enum call_side,
	    const struct signal *);
int	 flow_send_text(struct flow *, struct call *, enum call_side,
	    const char *, size_t);
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
/* A signal about a call that is not (so) its sender's (gap 8): counted. */
void	 flow_ignore(struct flow *, const struct reg *, const struct signal *,
	    const char *call_id);
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
/* Hangups of these for other relays, once this one is reached again. */
void	 flow_orphans_link(struct flow *, const struct flow_link *);
void	 flow_orphans_tell(struct flow *, const struct reg *);
uint64_t flow_orphans_expiry(const struct flow *);
void	 flow_orphans_expire(struct flow *, uint64_t now);
/* call_paths.c: addresses, rounds of checks, and the path that is in use. */
/* What the addresses of a party of a call are measured by. */
void	 flow_rules(struct flow *, const struct call *, struct reg *,
	    struct offer_rules *);
/* Both parties, as they are registered now, announced candidates. */
bool	 flow_trickles(const struct flow *, const struct call *);
bool	 flow_has_candidates(const struct flow *, const struct call_party *);
void	 flow_candidates(struct flow *, struct reg *, const struct signal *);
void	 flow_path_report(struct flow *, struct reg *,
	    const struct signal *);
/* The same of a remote party, and its relay's round of checks. */
void	 flow_far_candidates(struct flow *, struct call *,
	    const struct signal *);
void	 flow_far_report(struct flow *, struct call *, const struct signal *);
void	 flow_far_punch(struct flow *, struct call *, const struct signal *);
/* What a remote party's addresses are measured by. */
void	 flow_far_rules(struct flow *, const struct call *,
	    struct offer_rules *);
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
/* Pending is durable: the callee is told, or looked for elsewhere. */
void	 flow_deliver(struct flow *, struct call *);
/* CallRinging, and Pending -> Ringing. */
void	 flow_ring(struct flow *, struct call *);
/* Unanswered -> Active, with what the caller is to get. */
void	 flow_accept(struct flow *, struct call *, enum call_mode,
	    const struct signal *);
/* The callee does not want: the caller is told, the call ends. */
void	 flow_reject(struct flow *, struct call *);
/* A Hangup without call_id to the caller: nobody there (6.4). */
void	 flow_absent(struct flow *, struct call *);
/* Answer and CallSetups go out, if all is in place. */
void	 flow_setup(struct flow *, struct call *);
/* Frees the call; both parties were told before. */
void	 flow_end(struct flow *, struct call *, enum call_reason);
/* Tells both an error and ends. */
void	 flow_fail(struct flow *, struct call *);

/* call_remote.c: parties at other relays. */
/* Is there anybody to ask for people who are not here? */
bool	 flow_can_find(const struct flow *);
void	 flow_find(struct flow *, struct call *);
/* One signal along a path.  -1: it does not leave. */
int	 flow_far_send(struct flow *, const struct far *,
	    const struct signal *);
int	 flow_far_text(struct flow *, const struct far *, const char *,
	    size_t);
void	 flow_far_hangup(struct flow *, const struct far *, const char *call_id,
	    enum hangup_reason);
/* The fields of a record, and back; -1: it is not sound. */
void	 flow_far_put(const struct call *, struct msg_call_put *);
int	 flow_far_live(struct flow *, struct call *,
	    const struct msg_call_put *);
int	 flow_far_parse(struct far *, const struct msg_call_put *);
/* The call has ended: nobody looks for its callee, nothing is federated. */
void	 flow_far_gone(struct flow *, struct call *);
/* federd is told whether the media of a call has a far side. */
void	 flow_far_say(struct flow *, struct call *, bool live);

/* call_links.c: which way calls go, and what becomes of them. */
void	 flow_links_init(struct flow *);
void	 flow_links_free(struct flow *);
/* NULL: there are too many. */
struct flow_link
	*flow_link_get(struct flow *, const uint8_t *fp, bool legacy);
void	 flow_link_up(struct flow *, struct flow_link *, bool up);
void	 flow_link_add(struct flow *, struct flow_link *, struct call *);
void	 flow_link_remove(struct flow *, struct call *);
/* A call of that link is Active now. */
void	 flow_link_answered(struct flow *, struct call *);
/* From now on the far relay is told that we have this call. */
void	 flow_probe(struct flow *, struct call *);
void	 flow_probe_soon(struct flow *, struct call *);
uint64_t flow_links_expiry(const struct flow *);
void	 flow_links_expire(struct flow *);

#endif /* WZP_SIGNALD_CALL_FLOW_INT_H */
