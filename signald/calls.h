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
 * The table of live calls and the only functions that change a call's state
 * (wzp-protocol 6.1).  No input or output and no clock in here: time comes as
 * an argument, monotonic nanoseconds for limits and Unix milliseconds for
 * records.
 */
#ifndef WZP_SIGNALD_CALLS_H
#define WZP_SIGNALD_CALLS_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/ipc/messages.h"

/* Candidates of one party that are passed on (wzp-protocol gap 11). */
#define CALL_LOCAL_MAX	8

struct call;
struct flow_link;

enum call_side {
	CALL_CALLER,
	CALL_CALLEE
};

/* Where somebody is who is registered at another relay. */
struct far {
	/* As in struct msg_fed_found; no bytes: with any original. */
	uint8_t		far_path[FED_PATH_MAX * TLS_HASH_LEN];
	size_t		far_len;
	bool		far_legacy;	/* an original's */
	bool		far_candidates;	/* announced that feature */
	char		far_label[PEER_NAME_LEN];
};

struct call_party {
	LIST_ENTRY(call_party)	 cp_entry;	/* calls of cp_fp */
	TAILQ_ENTRY(call_party)	 cp_lost_entry;	/* call_flow.c */
	struct call		*cp_call;
	char			 cp_fp[FP_STRLEN];
	bool			 cp_proven;
	bool			 cp_lost;	/* waits to register again */
	bool			 cp_direct;	/* reported a direct path */
	bool			 cp_remote;	/* not here: see cp_far */
	struct far		 cp_far;
	uint64_t		 cp_lost_ns;
	struct addr		 cp_addr;	/* observed; remote: claimed */
	char			 cp_reflexive[ADDR_STRLEN];	/* "": none */
	char			 cp_local[CALL_LOCAL_MAX][ADDR_STRLEN];
	size_t			 cp_nlocal;
	/* call_paths.c: of the latest CallCandidates, once there was one. */
	bool			 cp_advertised;
	uint32_t		 cp_generation;
	size_t			 cp_ncandidates;
	unsigned int		 cp_told;	/* messages passed on */
};

struct call {
	TAILQ_ENTRY(call)	 call_entry;	/* of its state, oldest first */
	char			 call_id[CALL_ID_STRLEN];
	char			 call_room[ROOM_STRLEN]; /* "": not yet */
	char			 call_alias[ALIAS_STRLEN];	/* caller's */
	enum call_state		 call_state;
	enum call_mode		 call_mode;
	enum call_reason	 call_reason;
	struct call_party	 call_party[2];	/* enum call_side */
	uint64_t		 call_since_ns;	/* in this state */
	uint64_t		 call_created_ms;
	uint64_t		 call_answered_ms;
	uint64_t		 call_ended_ms;

	/* The rest belongs to call_flow.c: what the next step waits for. */
	TAILQ_ENTRY(call)	 call_unrecorded_entry;
	TAILQ_ENTRY(call)	 call_unadmitted_entry;
	TAILQ_ENTRY(call)	 call_quiet_entry;
	char			*call_text;	/* offer, later answer */
	size_t			 call_text_len;
	bool			 call_unconfirmed;
	bool			 call_recorded;	/* Active is durable */
	bool			 call_admitted;	/* mediad knows the room */
	bool			 call_setup;	/* CallSetup went out */
	bool			 call_recovered; /* from the registry */
	bool			 call_quiet;	/* ... and nobody in its room */
	uint64_t		 call_quiet_ns;
	bool			 call_empty;	/* recovered: nobody is there */
	enum call_path		 call_path;	/* NONE: not known to us */

	/* To call_remote.c and call_links.c: of one with a remote party. */
	bool			 call_away;	/* Pending, with other relays */
	bool			 call_asked;	/* the offer left us */
	bool			 call_evidence;	/* CallRinging came for it */
	bool			 call_said;	/* federd has its media */
	bool			 call_probed;	/* is in that queue */
	uint64_t		 call_find_seq;	/* 0: nobody is looked for */
	uint64_t		 call_probe_ns;
	struct flow_link	*call_link;	/* its first relay */
	TAILQ_ENTRY(call)	 call_link_entry;
	TAILQ_ENTRY(call)	 call_probe_entry;

	/* And to call_paths.c. */
	TAILQ_ENTRY(call)	 call_round_entry;
	TAILQ_ENTRY(call)	 call_report_entry;
	bool			 call_resting;	/* a round was just now */
	bool			 call_round_due; /* one more after it */
	uint64_t		 call_round_ns;
	uint32_t		 call_rounds;
	bool			 call_reported;	/* a path was just recorded */
	uint64_t		 call_report_ns;
	enum call_path		 call_path_recorded;
};

struct calls;

/*
 * person: live calls that one fingerprint can be in, whatever their state
 * (limit person-calls).
 */
struct calls	*calls_new(size_t max, size_t person);
void		 calls_set_person(struct calls *, size_t person);
size_t		 calls_person_max(const struct calls *);
/* The most that anybody ever had; has, and of these not yet answered. */
size_t		 calls_person_highest(const struct calls *);
void		 calls_most(const struct calls *, size_t *person,
		    size_t *pending);
void		 calls_free(struct calls *);
/* Pending.  NULL: EEXIST (live call_id), EINVAL, ENOSPC, ENOMEM. */
struct call	*calls_create(struct calls *, const char *call_id,
		    const char *caller, const char *callee, uint64_t now,
		    uint64_t wall_ms);
/* Of a call just made: this party is at another relay.  -1: ENOSPC. */
int		 calls_set_remote(struct calls *, struct call *,
		    enum call_side);
/*
 * Pending stays Pending, but waits for other relays from now on: it is none
 * of calls_expire() and calls_oldest() any more.
 */
void		 calls_set_away(struct calls *, struct call *, uint64_t now);
/* Pending -> Ringing.  false: refused, nothing changed. */
bool		 calls_ring(struct calls *, struct call *, uint64_t now);
/* Pending, Ringing -> Active with mode, room and time of the answer. */
bool		 calls_activate(struct calls *, struct call *, enum call_mode,
		    uint64_t now, uint64_t wall_ms);
/*
 * Any -> Ended: removed from the table and returned, the caller frees it
 * with call_free().  NULL: no such call.
 */
struct call	*calls_end(struct calls *, const char *call_id,
		    enum call_reason, uint64_t wall_ms);
/*
 * One Pending call at least timeout old: ended (Timeout) and removed like
 * calls_end(); NULL when there is no more.
 */
struct call	*calls_expire(struct calls *, uint64_t now, uint64_t timeout,
		    uint64_t wall_ms);
void		 call_free(struct call *);

struct call	*calls_find(const struct calls *, const char *call_id);
/* Which side fp is; -1: not a member. */
int		 call_side(const struct call *, const char *fp);
/* Both have reported a path that is not ours. */
bool		 call_is_direct(const struct call *);
/* The other party; NULL when fp is not a member. */
struct call_party
		*call_peer(struct call *, const char *fp);
/* The party of this fingerprint, if it is here; NULL. */
struct call_party
		*call_local(struct call *, const char *fp);
/* The party at another relay; NULL: none is. */
struct call_party
		*call_far(struct call *);
/* And the way there is the same. */
bool		 far_equal(const struct far *, const struct far *);
/*
 * Calls of a fingerprint, either side: start with NULL.  Any call may be
 * ended between two steps except the one about to be passed in.
 */
struct call_party
		*calls_of(const struct calls *, const char *fp,
		    struct call_party *);
/* Not yet answered calls in which fp is this side, and here. */
size_t		 calls_unanswered(const struct calls *, const char *fp,
		    enum call_side);
/* Of those in which fp is here, and of those in which it is not. */
size_t		 calls_count_of(const struct calls *, const char *fp);
size_t		 calls_count_far(const struct calls *, const char *fp);
size_t		 calls_count(const struct calls *);
/* The one longest in this state; the next one after a call. */
struct call	*calls_oldest(const struct calls *, enum call_state);
struct call	*calls_oldest_away(const struct calls *);
struct call	*calls_after(const struct call *);

#endif /* WZP_SIGNALD_CALLS_H */
