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
 * Who does what when.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "regress/storm/storm.h"

#define START_PER_TICK	2	/* of 10 ms: registrations at the beginning */
#define STUCK_NS	(25 * NS_PER_S)	/* the library gives up before */
#define SETTLE_NS	(40 * NS_PER_S)
#define LEAVE_NS	(5 * NS_PER_S)
#define AGAIN_NS	(300 * NS_PER_MS)
#define HEARD_NS	(500 * NS_PER_MS)
#define CATCH_UP_S	0.050
#define RENEWALS	3.0	/* per second */
#define PASSING		512	/* at the same time */
#define DRAWS		64	/* to find a free pair */

static bool	 plan_start(struct storm *);
static void	 plan_live(struct storm *);
static bool	 plan_live_flows(struct storm *, unsigned int *);
static bool	 plan_quiet(struct storm *, unsigned int *);
static void	 plan_setups(struct storm *, double);
static void	 plan_setup(struct storm *);
static void	 plan_hangups(struct storm *);
static void	 plan_attempts(struct storm *, double);
static void	 plan_rebinds(struct storm *, double);
static void	 plan_renew(struct storm *, double);
static void	 plan_leave(struct storm *);
static void	 plan_phase(struct storm *, int, const char *);
static bool	 peer_free(const struct peer *);

/* Live callers and callees in turn, then the pool in turn, then the idle. */
bool
plan_open(struct storm *st)
{
	enum peer_kind	kind;
	unsigned int	i, n;
	bool		original;

	n = 2 * (st->st_live + st->st_pool + st->st_idle);
	st->st_npeers = n + (st->st_attempts > 0 ? PASSING : 0);
	st->st_peers = calloc(st->st_npeers, sizeof(*st->st_peers));
	if (st->st_peers == NULL)
		return (false);
	for (i = 0; i < st->st_npeers; i++) {
		st->st_peers[i].pe_index = i;
		st->st_peers[i].pe_ended = i >= n;
	}
	for (i = 0; i < n; i++) {
		if (i < 2 * st->st_live) {
			kind = PEER_LIVE;
			original = i / 2 >= st->st_recorded && i % 5 == 0;
		} else if (i < 2 * (st->st_live + st->st_pool)) {
			kind = PEER_POOL;
			original = i % 7 == 0;
		} else {
			kind = PEER_IDLE;
			original = i % 2 == 0;
		}
		if (!peer_open(st, &st->st_peers[i], kind, original,
		    i / 2 < st->st_recorded))
			return (false);
		storm_log(st, &st->st_peers[i], "peer", ",\"kind\":\"%s\","
		    "\"original\":%s,\"recorded\":%s",
		    kind == PEER_LIVE ? "live" :
		    kind == PEER_POOL ? "pool" : "idle",
		    original ? "true" : "false",
		    i / 2 < st->st_recorded ? "true" : "false");
	}
	st->st_phase_since = clock_mono_ns();
	return (true);
}

void
plan_close(struct storm *st)
{
	unsigned int	i;

	for (i = 0; i < st->st_npeers; i++)
		peer_close(&st->st_peers[i]);
	free(st->st_peers);
}

void
plan_tick(struct storm *st)
{
	uint64_t	now = clock_mono_ns();
	double		seconds;
	unsigned int	bad = 0;

	/* A busy machine makes ticks longer, not fewer calls. */
	seconds = st->st_ticked == 0 ? 0.0 :
	    (double)(now - st->st_ticked) / 1e9;
	st->st_now = st->st_ticked = now;
	stall_tick(st, seconds);
	switch (st->st_phase) {
	case STORM_JOINING:
		if (!plan_start(st))
			break;
		plan_live(st);
		if (plan_live_flows(st, &bad))
			plan_phase(st, STORM_STEADY, "steady");
		break;
	case STORM_STEADY:
		plan_live(st);
		plan_setups(st, seconds);
		plan_hangups(st);
		plan_attempts(st, seconds);
		plan_rebinds(st, seconds);
		plan_renew(st, seconds);
		break;
	case STORM_SETTLING:
		plan_live(st);
		plan_hangups(st);
		if (plan_quiet(st, &bad) && plan_live_flows(st, &bad))
			plan_phase(st, STORM_SETTLED, "settled");
		else if (now - st->st_phase_since > SETTLE_NS) {
			storm_log(st, &st->st_peers[bad], "unsettled",
			    ",\"registered\":%s,\"busy\":%s,\"joined\":%s",
			    st->st_peers[bad].pe_registered ? "true" : "false",
			    st->st_peers[bad].pe_busy ? "true" : "false",
			    st->st_peers[bad].pe_joined ? "true" : "false");
			plan_phase(st, STORM_SETTLED, "settled");
		}
		break;
	case STORM_SETTLED:
		break;
	case STORM_LEAVING:
		plan_leave(st);
		break;
	}
}

void
plan_sample(struct storm *st)
{
	struct media_stats	 ms;
	struct peer		*p;
	unsigned int		 i;

	for (i = 0; i < 2 * st->st_live; i++) {
		p = &st->st_peers[i];
		if (client_media_stats(p->pe_client, &ms))
			storm_log(st, p, "sample", ",\"call\":\"%s\","
			    "\"sent\":%llu,\"received\":%llu", p->pe_call,
			    (unsigned long long)ms.ms_sent,
			    (unsigned long long)ms.ms_rx.ps_packets);
	}
	storm_say(st, NULL, "sampled");
	(void)fflush(st->st_log);
}

/* true: everybody is registered. */
static bool
plan_start(struct storm *st)
{
	unsigned int	i, n = 0;
	struct peer	*p;

	for (i = 0; i < st->st_npeers; i++) {
		p = &st->st_peers[i];
		if (p->pe_client == NULL || p->pe_registered)
			continue;
		if (!p->pe_started) {
			/* The first one writes down whom it met. */
			if (i > 0 && !st->st_peers[0].pe_registered)
				return (false);
			peer_start(p);
		}
		if (++n == START_PER_TICK)
			return (false);
	}
	return (n == 0);
}

/* One call a tick; again, if it has ended. */
static void
plan_live(struct storm *st)
{
	struct peer	*p;
	unsigned int	 i;

	/* Those that are recorded at the end, when all is calm. */
	for (i = st->st_live; i-- > 0;) {
		p = &st->st_peers[2 * i];
		if (peer_free(p) && peer_free(p + 1) &&
		    st->st_now - p->pe_dialled > AGAIN_NS) {
			(void)peer_dial(p, p + 1);
			return;
		}
	}
}

static bool
plan_live_flows(struct storm *st, unsigned int *bad)
{
	struct peer	*p;
	unsigned int	 i;

	for (i = 0; i < 2 * st->st_live; i++) {
		p = &st->st_peers[i];
		if (!p->pe_joined || p->pe_heard == 0 ||
		    st->st_now > p->pe_heard + HEARD_NS) {
			*bad = i;
			return (false);
		}
	}
	return (true);
}

/* Everybody is registered, the pool has no call. */
static bool
plan_quiet(struct storm *st, unsigned int *bad)
{
	struct peer	*p;
	unsigned int	 i;

	for (i = 0; i < 2 * (st->st_live + st->st_pool + st->st_idle); i++) {
		p = &st->st_peers[i];
		if (!p->pe_registered || (p->pe_kind == PEER_POOL &&
		    p->pe_busy)) {
			*bad = i;
			return (false);
		}
	}
	return (true);
}

static void
plan_setups(struct storm *st, double seconds)
{
	st->st_due += st->st_rate * seconds;
	if (st->st_due > st->st_rate)
		st->st_due = st->st_rate;
	for (; st->st_due >= 1.0; st->st_due -= 1.0)
		plan_setup(st);
}

static void
plan_setup(struct storm *st)
{
	struct peer	*pool = st->st_peers + 2 * st->st_live, *a, *b;
	unsigned int	 i;

	for (i = 0; i < DRAWS; i++) {
		a = &pool[2 * storm_draw(st, st->st_pool)];
		b = &pool[2 * storm_draw(st, st->st_pool) + 1];
		if (!peer_free(a) || !peer_free(b))
			continue;
		if (peer_dial(a, b))
			return;
	}
	st->st_starved++;
}

static void
plan_hangups(struct storm *st)
{
	struct peer	*pool = st->st_peers + 2 * st->st_live, *p, *by;
	unsigned int	 i;

	for (i = 0; i < 2 * st->st_pool; i += 2) {
		p = &pool[i];
		if (!p->pe_busy || p->pe_with == NULL)
			continue;
		if (p->pe_hangup_at == 0) {
			if (st->st_now < p->pe_dialled + STUCK_NS)
				continue;
			storm_log(st, p, "stuck", ",\"call\":\"%s\"",
			    p->pe_call);
			p->pe_hangup_by = p;
		} else if (st->st_now < p->pe_hangup_at)
			continue;
		/* The other may have had to end it already. */
		by = p->pe_hangup_by;
		if (by != p && strcmp(by->pe_call, p->pe_call) != 0)
			by = p;
		p->pe_hangup_at = UINT64_MAX;
		peer_hangup(by);
	}
}

static void
plan_attempts(struct storm *st, double seconds)
{
	struct peer	*p;
	unsigned int	 i, base;

	/* Who was late does not catch up: that would be another test. */
	st->st_due_attempts += st->st_attempts * seconds;
	if (st->st_due_attempts > st->st_attempts * CATCH_UP_S + 1.0)
		st->st_due_attempts = st->st_attempts * CATCH_UP_S + 1.0;
	base = 2 * (st->st_live + st->st_pool + st->st_idle);
	for (i = base; i < st->st_npeers; i++) {
		p = &st->st_peers[i];
		if (p->pe_client != NULL && p->pe_joined && !p->pe_leaving)
			peer_leave(p);
		if (p->pe_client != NULL && p->pe_ended) {
			if (p->pe_joined)
				st->st_passed++;
			else
				st->st_failed++;
			peer_close(p);
		}
		if (p->pe_client != NULL || st->st_due_attempts < 1.0)
			continue;
		st->st_due_attempts -= 1.0;
		memset(p, 0, sizeof(*p));
		p->pe_index = i;
		if (!peer_open(st, p, PEER_PASSING, false, false)) {
			peer_close(p);
			st->st_failed++;
			continue;
		}
		peer_start(p);
	}
}

static void
plan_rebinds(struct storm *st, double seconds)
{
	struct peer	*p;

	st->st_due_rebinds += st->st_rebind * seconds;
	for (; st->st_due_rebinds >= 1.0; st->st_due_rebinds -= 1.0) {
		p = &st->st_peers[storm_draw(st, 2 * st->st_live)];
		if (p->pe_joined)
			peer_rebind(p);
	}
}

/*
 * One live call after the other is made anew, so that they do not all gather
 * where nobody dies; not those that are recorded.
 */
static void
plan_renew(struct storm *st, double seconds)
{
	struct peer	*p;

	st->st_due_renewals += RENEWALS * seconds;
	for (; st->st_due_renewals >= 1.0; st->st_due_renewals -= 1.0) {
		if (st->st_recorded >= st->st_live || st->st_rate == 0)
			continue;
		st->st_renewed = (st->st_renewed + 1) %
		    (st->st_live - st->st_recorded);
		p = &st->st_peers[2 * (st->st_recorded + st->st_renewed)];
		if (!p->pe_joined || !p[1].pe_joined || p->pe_with == NULL)
			continue;
		storm_log(st, p, "renew", ",\"call\":\"%s\",\"caller\":true",
		    p->pe_call);
		peer_hangup(p);
	}
}

static void
plan_leave(struct storm *st)
{
	struct peer	*p;
	unsigned int	 i, busy = 0, there = 0;
	uint64_t	 since = st->st_now - st->st_phase_since;

	for (i = 0; i < st->st_npeers; i++) {
		p = &st->st_peers[i];
		if (p->pe_client == NULL || p->pe_ended)
			continue;
		there++;
		if (!p->pe_busy)
			continue;
		busy++;
		if (p->pe_with != NULL && p->pe_hangup_at != UINT64_MAX) {
			p->pe_hangup_at = UINT64_MAX;
			peer_hangup(p);
		}
	}
	if (busy > 0 && since < LEAVE_NS)
		return;
	if (there == 0 || since > 2 * LEAVE_NS) {
		storm_log(st, NULL, "end", ",\"offers\":%llu,"
		    "\"starved\":%llu,\"passed\":%llu,\"failed\":%llu,"
		    "\"left_behind\":%u",
		    (unsigned long long)st->st_offers,
		    (unsigned long long)st->st_starved,
		    (unsigned long long)st->st_passed,
		    (unsigned long long)st->st_failed, there);
		ev_break(st->st_loop, EVBREAK_ALL);
		return;
	}
	for (i = 0; i < st->st_npeers; i++) {
		p = &st->st_peers[i];
		if (p->pe_client != NULL && !p->pe_ended && !p->pe_leaving)
			peer_leave(p);
	}
}

static void
plan_phase(struct storm *st, int phase, const char *name)
{
	st->st_phase = phase;
	st->st_phase_since = st->st_now;
	storm_log(st, NULL, name, ",\"offers\":%llu",
	    (unsigned long long)st->st_offers);
	(void)fflush(st->st_log);
}

static bool
peer_free(const struct peer *p)
{
	return (p->pe_registered && !p->pe_busy && !p->pe_ended);
}
