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

/* The parts of the simulation (sim.c). */
#ifndef WZP_FEDERATION_SIM_H
#define WZP_FEDERATION_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "federd/digest.h"
#include "federd/find.h"

#define SIZES_MAX	8
#define FRAME_LEN	4		/* of a signal (wzp-protocol 2) */
#define LINKS_NS	(60 * NS_PER_S)	/* all links come up within */
#define REST_NS		(10 * NS_PER_S)	/* until the sets are complete */
#define TRIP_MIN_MS	5
#define TRIP_MAX_MS	40
#define AWAY_S		1800.0		/* of one person, mean */
#define CALLS_S		14400.0
#define SINGLES		40		/* of each kind */
#define PROBES		2000		/* of sets, by strangers */
#define RECORDED	3		/* relays whose CPU time is taken */
#define REPLAYS		5		/* at least, */
#define REPLAY_S	0.2		/* and for so long */
/*
 * One of so many may be missed: a query that comes to a relay by a longer way
 * first has less far to go from there, and by the shorter it is a repeat.
 */
#define MISSED		1000

enum kind {
	KIND_NEAR,
	KIND_TWO,
	KIND_FAR,
	KIND_AWAY,
	KINDS
};

enum what {
	EV_MESSAGE,
	EV_TIMER,
	EV_LINK,
	EV_CHANGE,
	EV_CALL
};

struct event {
	uint64_t	 e_at;
	uint64_t	 e_order;	/* of two at the same time */
	enum what	 e_what;
	uint32_t	 e_relay;
	uint32_t	 e_end;		/* of that relay */
	uint32_t	 e_len;
	char		*e_text;
};

struct relay;

struct end {
	struct neighbour	 en_nb;
	struct relay		*en_relay;	/* whose it is */
	uint32_t		 en_to;
	uint32_t		 en_its;	/* our end over there */
	uint64_t		 en_trip;
	bool			 en_up;
};

struct relay {
	uint8_t			 re_fp[TLS_HASH_LEN];
	struct digest		*re_digest;
	struct find		*re_find;
	struct end		*re_ends;
	uint32_t		 re_nends;
	uint32_t		*re_pool;	/* the first of it are here */
	uint64_t		 re_timer;	/* when it is woken */
	uint8_t			 re_secret[16];
	bool			 re_recorded;
	struct record		*re_records;
	size_t			 re_nrecords;
	size_t			 re_recordsize;
	size_t			 re_boundary;	/* those of the start */
	uint64_t		 re_sent;
};

/*
 * What one relay was given, to be given again to one that is alone: here all
 * share a processor's cache, which no relay has to.
 */
struct record {
	uint64_t	 rc_at;
	enum what	 rc_what;
	uint64_t	 rc_arg[2];	/* end; person here, gone; called */
	uint32_t	 rc_len;
	char		*rc_text;
};

struct call {
	uint64_t	ca_at;
	uint64_t	ca_took;
	uint32_t	ca_relay;
	uint32_t	ca_home;	/* of whom it called */
	uint32_t	ca_person;
	enum kind	ca_kind;
	bool		ca_reach;	/* could be found */
	bool		ca_done;
	uint64_t	ca_outcome;
};

struct cost {
	uint64_t	co_messages;
	uint64_t	co_bytes;
	double		co_cpu;		/* seconds */
};

/* Of one size. */
struct result {
	uint32_t	rs_n;
	uint32_t	rs_k;
	struct cost	rs_start;
	struct cost	rs_run;
	uint64_t	rs_memory;	/* of all */
	uint64_t	rs_memory_max;
	uint64_t	rs_calls;
	uint64_t	rs_found;
	uint64_t	rs_missed;	/* was there, in reach, not found */
	uint64_t	rs_wrong;	/* found where it is not */
	uint64_t	rs_denied;	/* asked because of a set, in vain */
	uint64_t	rs_probes;
	uint64_t	rs_false;	/* of these */
	double		rs_took[2][3];	/* ms: not found, found; 50, 99, 100 */
	double		rs_single[KINDS][2];	/* messages, bytes */
};

struct sim {
	uint32_t	 si_n;
	uint32_t	 si_k;
	uint32_t	 si_people;
	uint32_t	 si_pool;
	uint64_t	 si_random;
	uint64_t	 si_now;
	uint64_t	 si_orders;
	struct relay	*si_relays;
	struct event	*si_heap;
	size_t		 si_events;
	size_t		 si_size;
	struct cost	 si_cost;
	struct call	*si_calls;
	size_t		 si_ncalls;
	size_t		 si_callsize;
	bool		 si_still;	/* nobody comes, goes or calls */
	char		 si_text[SIGNAL_MAX + 1];
};

extern struct sim	 sim;
extern struct result	*now_result;	/* of this network */
extern bool		 quiet;		/* no progress is shown */

uint64_t	 chance(void);
uint32_t	 below(uint32_t);
/* Of a network: n relays of k neighbours and people each. */
void		 build(uint32_t n, uint32_t k, uint32_t people, uint64_t seed);
void		 clear(void);
/* Up to this time, or, if that is 0, until the last call has its answer. */
void		 run(uint64_t until);
void		 call(struct relay *, enum kind);
/* What happens to one relay. */
void		 set_time(struct relay *);
void		 woken(struct relay *);
void		 message(struct relay *, uint32_t end, const char *, size_t);
void		 change_people(struct relay *, uint64_t gone, uint64_t here);
void		 ask(struct relay *, uint64_t seq, uint64_t person);
void		 presence(struct digest *, uint64_t person, bool);
/* Number p of the pool of this relay, and his fingerprint. */
uint64_t	 person_id(uint32_t relay, uint32_t p);
const char	*person_fp(uint64_t person);
/* When something is to happen the next time. */
uint64_t	 waiting(double mean_s);
void		 event_add(uint64_t at, enum what, uint32_t relay,
		    uint32_t end, char *, size_t);
/* sim_alone.c: the CPU time that relays need. */
void		 judge_cpu(struct result *);

#endif /* WZP_FEDERATION_SIM_H */
