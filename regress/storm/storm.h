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
 * wzp-storm: many clients in one process, each with the client library as
 * wzp(1) has it and a socket of its own.  Some are in calls that last, some
 * call each other twenty times a second, some only wait.  Nobody restarts a
 * client; what they are told by the library goes into a log of events, one
 * JSON object a line, for the judge.
 */
#ifndef WZP_REGRESS_STORM_H
#define WZP_REGRESS_STORM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <ev.h>

#include "client/client.h"
#include "common/base/addr.h"
#include "common/quic/udp.h"
#include "common/wire/identity.h"

#define STORM_PATHS	8	/* connections remembered of a client */
#define STORM_CALL_ID	64
#define STORM_SLOT_NONE	(-1)

enum peer_kind {
	PEER_LIVE,	/* in a call that lasts */
	PEER_POOL,	/* calls and is called all the time */
	PEER_IDLE,	/* waits */
	PEER_PASSING	/* comes, shakes hands, leaves */
};

struct storm;

/* A connection as its packets show it: our ID, and the relay's slot. */
struct path {
	uint8_t			 pa_cid[20];
	size_t			 pa_len;
	int			 pa_slot;
};

struct peer {
	struct storm		*pe_storm;
	unsigned int		 pe_index;
	enum peer_kind		 pe_kind;
	bool			 pe_original;
	struct identity		 pe_identity;
	char			 pe_token[33];
	char			 pe_fp[IDENTITY_FP_STRLEN];
	struct client		*pe_client;
	struct audio_in		*pe_in;
	struct audio_out	*pe_out;
	struct udp		*pe_udp;
	ev_io			 pe_io;
	ev_timer		 pe_timer;

	bool			 pe_registered;
	bool			 pe_joined;	/* its media connection */
	bool			 pe_busy;	/* dialled, until CALL_END */
	bool			 pe_started;
	bool			 pe_leaving;
	bool			 pe_ended;	/* the library is through */
	char			 pe_call[STORM_CALL_ID];
	struct peer		*pe_with;	/* of the call, as caller */
	uint64_t		 pe_dialled;
	uint64_t		 pe_hangup_at;	/* 0: not yet known */
	struct peer		*pe_hangup_by;

	struct path		 pe_paths[STORM_PATHS];
	unsigned int		 pe_npaths;	/* ever */
	int			 pe_media_slot;	/* of the last handshake */

	uint64_t		 pe_packets;	/* of media, of this call */
	uint64_t		 pe_heard;	/* when the last one came */
	uint64_t		 pe_gap_ns;	/* longest time without */
	uint64_t		 pe_rebinds;
};

struct storm {
	struct ev_loop		*st_loop;
	struct addr		 st_relays[2];	/* of even, odd clients */
	char			 st_names[2][PINS_RELAY_MAX];
	struct pins		*st_pins;
	FILE			*st_log;
	uint64_t		 st_seed;
	uint64_t		 st_random;
	uint64_t		 st_now;
	uint64_t		 st_ticked;
	uint64_t		 st_stolen_at;	/* asked last, and the answer */
	double			 st_stolen_ms;

	struct peer		*st_peers;
	unsigned int		 st_npeers;
	unsigned int		 st_live;	/* calls */
	unsigned int		 st_pool;	/* pairs */
	unsigned int		 st_idle;	/* of each profile */
	unsigned int		 st_rate;	/* set-ups per second */
	unsigned int		 st_attempts;	/* of passing ones per second */
	unsigned int		 st_rebind;	/* sockets changed per second */
	unsigned int		 st_recorded;	/* live calls */
	const char		*st_sweep;	/* what they play */
	const char		*st_dir;	/* where recordings go */
	FILE			*st_tokens;	/* script of the auth server */
	int			 st_signal_slot;

	enum {
		STORM_JOINING,
		STORM_STEADY,
		STORM_SETTLING,
		STORM_SETTLED,
		STORM_LEAVING
	}			 st_phase;
	uint64_t		 st_phase_since;
	double			 st_due;	/* set-ups not yet begun */
	double			 st_due_attempts;
	double			 st_due_rebinds;
	double			 st_due_renewals;
	unsigned int		 st_renewed;	/* the last live call */
	uint64_t		 st_offers;
	uint64_t		 st_starved;	/* no free pair */
	uint64_t		 st_passed;	/* attempts that shook hands */
	uint64_t		 st_failed;	/* ... that did not */
	uint64_t		 st_lost_heard;	/* media of calls that ended */
};

/* peer.c */
bool	 peer_open(struct storm *, struct peer *, enum peer_kind,
	    bool original, bool recorded);
void	 peer_start(struct peer *);
void	 peer_close(struct peer *);
/* After anything was asked of the client. */
void	 peer_turn(struct peer *);
bool	 peer_dial(struct peer *, struct peer *to);
void	 peer_hangup(struct peer *);
void	 peer_leave(struct peer *);
/* A new port, as behind a NAT that forgot the old one. */
void	 peer_rebind(struct peer *);

/* log.c */
void	 storm_say(struct storm *, const struct peer *, const char *event);
void	 storm_log(struct storm *, const struct peer *, const char *event,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void	 storm_event(struct peer *, const struct client_event *);
/* 0 to n - 1, from the seed. */
unsigned int
	 storm_draw(struct storm *, unsigned int n);

/* stall.c: after each tick of the plan, seconds after the one before */
void	 stall_tick(struct storm *, double seconds);

/* plan.c */
bool	 plan_open(struct storm *);
void	 plan_tick(struct storm *);
void	 plan_sample(struct storm *);
void	 plan_close(struct storm *);

#endif /* WZP_REGRESS_STORM_H */
