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
 * storm-judge: reads what wzp-storm wrote, when processes were killed and
 * what the registry says, and finds what does not fit.
 */
#ifndef WZP_REGRESS_JUDGE_H
#define WZP_REGRESS_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JUDGE_KILLS	1000

struct kill {
	double	 ki_t;		/* seconds of the monotonic clock */
	double	 ki_up;		/* when it was started again, or ki_t */
	int	 ki_slot;	/* of the mediad, -1: another process */
	bool	 ki_media;	/* media of that slot was cut */
	bool	 ki_signal;	/* registrations were */
};

enum judge_kind {
	JUDGE_LIVE,
	JUDGE_POOL,
	JUDGE_IDLE,
	JUDGE_KINDS
};

struct jpeer {
	bool		 jp_there;
	enum judge_kind	 jp_kind;
	bool		 jp_original;
	bool		 jp_recorded;
	double		 jp_registered;	/* since; 0: never yet */
	double		 jp_media;	/* joined since */
	double		 jp_media_lost;	/* not joined since, 0: is */
	int		 jp_slot;	/* of its media */
	bool		 jp_hit;	/* was ever on a killed one */
};

/* A call as its caller heard of it. */
struct jcall {
	char		*jc_id;
	bool		 jc_live;	/* meant to last */
	bool		 jc_original;	/* its caller is one */
	bool		 jc_renewed;	/* ... until it is made anew */
	bool		 jc_ringing;
	bool		 jc_setup;
	bool		 jc_ended;
	bool		 jc_normal;	/* hung up after the set-up */
	double		 jc_offered;
	double		 jc_ended_at;
	/* of the registry */
	unsigned int	 jc_rows;
	int		 jc_state;
	int		 jc_reason;
	bool		 jc_answered;
};

struct figure {
	double		 fi_max;
	double		 fi_sum;
	unsigned int	 fi_n;
};

struct judge {
	const char	*ju_process;
	struct kill	 ju_kills[JUDGE_KILLS];
	size_t		 ju_nkills;
	struct jpeer	*ju_peers;
	size_t		 ju_npeers;
	struct jcall	*ju_calls;	/* sorted by ID after reading */
	size_t		 ju_ncalls;
	double		 ju_steady;
	double		 ju_settled;
	double		 ju_last;	/* of the log */
	bool		 ju_end;
	unsigned int	 ju_unsettled;
	unsigned int	 ju_left_behind;
	unsigned int	 ju_gone;	/* clients the library gave up */
	unsigned int	 ju_stuck;
	unsigned int	 ju_alone;	/* left a room to come back */
	unsigned int	 ju_refused;	/* not let in any more */
	unsigned int	 ju_offers;
	unsigned int	 ju_rebound;
	/* The storm itself did not run: the most within STALLS_S. */
	double		 ju_stall_ms;
	double		 ju_stalls[64][2];	/* when, ms */
	unsigned int	 ju_nstalls;
	double		 ju_passed;
	double		 ju_failed;
	double		 ju_rate;
	double		 ju_sent;	/* media of live calls, of all */
	double		 ju_received;
	double		 ju_lost;
	double		 ju_gap_ms;	/* longest, where nothing was cut */

	/* Seconds until back: [kind][as the original]. */
	struct figure	 ju_back[JUDGE_KINDS][2];
	struct figure	 ju_media;
	unsigned int	 ju_lost_why;	/* lost without a reason */
	unsigned int	 ju_media_why;
	unsigned int	 ju_live_ended;	/* calls that were to last */
	unsigned int	 ju_faults;
};

/* judge_log.c: -1, and says why. */
int	 judge_kills(struct judge *, const char *path);
int	 judge_log(struct judge *, const char *path);
struct jcall
	*judge_call(struct judge *, const char *id);
/* judge_rows.c */
int	 judge_registry(struct judge *, const char *path);
/* judge.c */
/* Hangups may get lost with this process, or all calls end with it. */
bool	 judge_may_end(const struct judge *);
void	 judge_fault(struct judge *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

#endif /* WZP_REGRESS_JUDGE_H */
