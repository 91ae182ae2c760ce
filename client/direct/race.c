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
 * Relay or direct: see race.h.
 *
 * Two dials are under way; the first to end, well or not, has won and leaves
 * the other one second.  An event counts even if a timer ran out meanwhile
 * that nobody has looked at.  The relay's own limit of 5.5 s (wzp-protocol
 * 7.6) is never reached: the direct dial has ended after two seconds, and one
 * second later so has the race.
 *
 * Of the callbacks only decided() may free the race; it is called last.
 */

#include "config.h"

#include <stdlib.h>

#include "client/direct/race.h"
#include "common/base/clock.h"

/* From wzp-protocol 7.6 and Appendix B. */
#define RELAY_AFTER_NS	(1000 * NS_PER_MS)
#define DIRECT_LIMIT_NS	(2000 * NS_PER_MS)
#define GRACE_NS	(1000 * NS_PER_MS)
#define REPORT_NS	(3000 * NS_PER_MS)

enum result {
	PENDING,
	FAILED,
	WORKS
};

enum race_state {
	WAITS,		/* for race_start() */
	RACES,
	AGREES,		/* reported; the other's report is awaited */
	OVER
};

struct race {
	struct race_ops	 ra_ops;
	void		*ra_arg;
	enum race_state	 ra_state;
	uint64_t	 ra_start;
	enum result	 ra_direct;
	enum result	 ra_relay;
	enum result	 ra_peer;	/* what it reported */
	bool		 ra_dialled;	/* the relay */
	uint64_t	 ra_first_at;	/* of the first result; grace runs */
	bool		 ra_direct_won;
	uint64_t	 ra_reported_at;
};

static void	 result(struct race *, bool, enum result, uint64_t);
static bool	 has_first(const struct race *);
static uint64_t	 race_end(const struct race *);
static void	 finish(struct race *, uint64_t);
static void	 decide(struct race *);

struct race *
race_new(const struct race_ops *ops, void *arg)
{
	struct race	*r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return (NULL);
	r->ra_ops = *ops;
	r->ra_arg = arg;
	return (r);
}

void
race_free(struct race *r)
{
	free(r);
}

void
race_start(struct race *r, uint64_t now)
{
	if (r->ra_state != WAITS)
		return;
	r->ra_state = RACES;
	r->ra_start = now;
}

void
race_direct(struct race *r, bool ok, uint64_t now)
{
	result(r, true, ok ? WORKS : FAILED, now);
}

void
race_relay(struct race *r, bool ok, uint64_t now)
{
	result(r, false, ok ? WORKS : FAILED, now);
}

/* Accepted from the moment the race starts; the first one counts. */
void
race_peer(struct race *r, bool direct_ok)
{
	if (r->ra_state == WAITS || r->ra_peer != PENDING)
		return;
	r->ra_peer = direct_ok ? WORKS : FAILED;
	if (r->ra_state == AGREES)
		decide(r);
}

/* One thing at a time; race_expiry() says when there is more to do. */
void
race_expire(struct race *r, uint64_t now)
{
	switch (r->ra_state) {
	case RACES:
		if (!r->ra_dialled && r->ra_relay == PENDING &&
		    now >= r->ra_start + RELAY_AFTER_NS) {
			r->ra_dialled = true;
			r->ra_ops.dial_relay(r->ra_arg);
		} else if (r->ra_direct == PENDING &&
		    now >= r->ra_start + DIRECT_LIMIT_NS) {
			r->ra_ops.give_up_direct(r->ra_arg);
			result(r, true, FAILED, now);
		} else if (has_first(r) && now >= r->ra_first_at + GRACE_NS) {
			if (r->ra_direct == PENDING)
				r->ra_ops.give_up_direct(r->ra_arg);
			finish(r, now);
		}
		break;
	case AGREES:
		if (now >= r->ra_reported_at + REPORT_NS)
			decide(r);
		break;
	case WAITS:
	case OVER:
		break;
	}
}

uint64_t
race_expiry(const struct race *r)
{
	uint64_t	at;

	switch (r->ra_state) {
	case RACES:
		at = race_end(r);
		if (!r->ra_dialled && r->ra_relay == PENDING &&
		    r->ra_start + RELAY_AFTER_NS < at)
			at = r->ra_start + RELAY_AFTER_NS;
		return (at);
	case AGREES:
		return (r->ra_reported_at + REPORT_NS);
	default:
		return (UINT64_MAX);
	}
}

static void
result(struct race *r, bool direct, enum result res, uint64_t now)
{
	enum result	*mine = direct ? &r->ra_direct : &r->ra_relay;

	if (r->ra_state != RACES || *mine != PENDING)
		return;
	/*
	 * The winner is who works, or whose rival does not; of two results
	 * at the same time the direct one is looked at first.
	 */
	if (!has_first(r)) {
		r->ra_first_at = now;
		r->ra_direct_won = direct == (res == WORKS);
	} else if (direct && now == r->ra_first_at)
		r->ra_direct_won = res == WORKS;
	*mine = res;
	if (r->ra_direct != PENDING && r->ra_relay != PENDING)
		finish(r, now);
}

static bool
has_first(const struct race *r)
{
	return (r->ra_direct != PENDING || r->ra_relay != PENDING);
}

/* When the next limit of the two dials is reached. */
static uint64_t
race_end(const struct race *r)
{
	uint64_t	at = UINT64_MAX;

	if (r->ra_direct == PENDING)
		at = r->ra_start + DIRECT_LIMIT_NS;
	if (has_first(r) && r->ra_first_at + GRACE_NS < at)
		at = r->ra_first_at + GRACE_NS;
	return (at);
}

static void
finish(struct race *r, uint64_t now)
{
	bool	known = r->ra_peer != PENDING;

	if (r->ra_direct != WORKS && r->ra_relay != WORKS) {
		/* Nothing to report: a plain connection to the relay. */
		decide(r);
		return;
	}
	r->ra_state = AGREES;
	r->ra_reported_at = now;
	r->ra_ops.report(r->ra_arg, r->ra_direct == WORKS,
	    r->ra_direct_won ? "Direct" : "Relay");
	if (known)
		decide(r);
}

/* Both must have said so; silence is a no. */
static void
decide(struct race *r)
{
	r->ra_state = OVER;
	r->ra_ops.decided(r->ra_arg,
	    r->ra_direct == WORKS && r->ra_peer == WORKS);
}
