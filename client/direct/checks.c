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
 * Connectivity checks: see checks.h.
 *
 * Each remote address is a pair with the one socket of its family.  A round
 * sends up to CHECKS_PER_PAIR requests to each, further and further apart,
 * who has had the fewest first.  A request that comes in proves that the
 * other's packets reach us, now: it is answered, and one of ours goes back at
 * once (a triggered check, RFC 8445 7.3.1.4).  Where it comes from need not
 * be on the list: behind a NAT that maps by destination it cannot be.
 *
 * Nothing is ever sent to an address that is neither on the list nor had a
 * packet with a good MAC come from it, and to each only so many.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/direct/checks.h"
#include "common/base/clock.h"

/* RFC 8445 14.2: Ta.  Two at once, so that four pairs have begun at 100 ms. */
#define PACE_NS		(50 * NS_PER_MS)
#define PACE_BURST	2
/* Between two to the same address, whatever triggers them. */
#define PAIR_GAP_NS	(50 * NS_PER_MS)
#define ROUND_NS	(4 * NS_PER_S)
/* Rounds are the relay's to start, so that there is a limit to them. */
#define ROUND_GAP_NS	(250 * NS_PER_MS)
#define ROUNDS_MAX	64	/* in a generation of ours */
/* A request is forgotten after it, a stranger may give way after it. */
#define ANSWER_NS	(5 * NS_PER_S)
/* Answers: what 16 pairs of the other, paced as ours, can make of them. */
#define REPLY_NS	(20 * NS_PER_MS)
#define REPLY_BURST	32

#define LISTENERS	2
#define PAIRS_MAX	(CHECKS_REMOTE_MAX + CHECKS_PEER_MAX)

struct request {
	uint8_t		rq_id[CHECK_ID_LEN];
	uint64_t	rq_at;		/* 0: none */
};

struct pair {
	struct addr	pr_remote;	/* addr_len 0: free */
	unsigned int	pr_listener;
	/* Peer reflexive: the other's generation, and when it last asked. */
	uint32_t	pr_generation;
	uint64_t	pr_heard;
	bool		pr_valid;
	unsigned int	pr_sent;	/* requests in this round */
	uint64_t	pr_next;	/* the next one, not before */
	uint64_t	pr_last;	/* 0: none */
	struct request	pr_request[CHECKS_PER_PAIR];
};

struct pace {
	unsigned int	pc_tokens;
	uint64_t	pc_at;		/* when they were counted */
};

struct checks {
	uint8_t			 cs_key[CHECK_KEY_LEN];
	bool			 cs_caller;
	unsigned int		 cs_families;
	struct checks_ops	 cs_ops;
	void			*cs_arg;

	uint32_t		 cs_generation;	/* ours */
	uint32_t		 cs_theirs;
	bool			 cs_has_theirs;
	/* The list, and behind it the peer reflexive ones. */
	struct pair		 cs_pair[PAIRS_MAX];

	bool			 cs_running;	/* a round was begun */
	uint32_t		 cs_round;
	uint64_t		 cs_begin;
	unsigned int		 cs_rounds;
	struct pace		 cs_pace[LISTENERS];
	struct pace		 cs_replies;
	struct checks_stats	 cs_stats;
};

static int		 listener_of(const struct checks *,
			    const struct addr *);
static bool		 is_usable(const struct addr *);
static struct pair	*find(struct pair *, const struct addr *);
static struct pair	*learn(struct checks *, unsigned int,
			    const struct addr *, uint32_t, uint64_t);
static void		 take_request(struct checks *, struct pair *,
			    const struct check *, uint64_t);
static void		 take_response(struct checks *, struct pair *,
			    const struct check *, const struct addr *,
			    uint64_t);
static void		 send_request(struct checks *, struct pair *,
			    uint64_t);
static void		 emit(struct checks *, const struct pair *,
			    const struct check *);
static bool		 wants(const struct pair *);
static uint64_t		 ready_at(const struct checks *, const struct pair *);
static struct pair	*next_pair(struct checks *, unsigned int, uint64_t);
static bool		 refill(struct pace *, uint64_t, unsigned int,
			    uint64_t);

/* From one request to the next. */
static const unsigned int	interval_ms[CHECKS_PER_PAIR - 1] = { 100, 100,
	200, 300, 400, 500, 700, 900 };

struct checks *
checks_new(const uint8_t key[CHECK_KEY_LEN], bool caller,
    unsigned int families, const struct checks_ops *ops, void *arg)
{
	struct checks	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return (NULL);
	memcpy(c->cs_key, key, sizeof(c->cs_key));
	c->cs_caller = caller;
	c->cs_families = families;
	c->cs_ops = *ops;
	c->cs_arg = arg;
	return (c);
}

void
checks_free(struct checks *c)
{
	if (c == NULL)
		return;
	explicit_bzero(c->cs_key, sizeof(c->cs_key));
	free(c);
}

/*
 * What was counted of an address that was there before stays, or a relay that
 * says the same over and over would have us send without end.
 */
void
checks_remote(struct checks *c, uint32_t generation, const struct addr *addrs,
    size_t n)
{
	struct pair	 old[PAIRS_MAX], *pr, *was;
	size_t		 i, listed = 0;
	bool		 newer;
	int		 listener;

	if (c->cs_has_theirs && generation < c->cs_theirs)
		return;
	newer = !c->cs_has_theirs || generation > c->cs_theirs;
	c->cs_has_theirs = true;
	c->cs_theirs = generation;

	memcpy(old, c->cs_pair, sizeof(old));
	memset(c->cs_pair, 0, sizeof(c->cs_pair));
	for (i = 0; i < n && listed < CHECKS_REMOTE_MAX; i++) {
		listener = listener_of(c, &addrs[i]);
		if (listener == -1 || !is_usable(&addrs[i]) ||
		    find(c->cs_pair, &addrs[i]) != NULL)
			continue;
		pr = &c->cs_pair[listed++];
		if ((was = find(old, &addrs[i])) != NULL)
			*pr = *was;
		else {
			pr->pr_remote = addrs[i];
			pr->pr_listener = (unsigned int)listener;
		}
	}
	/* Who was heard before the list came belongs to it. */
	for (i = CHECKS_REMOTE_MAX; i < PAIRS_MAX; i++)
		if (old[i].pr_remote.addr_len != 0 &&
		    old[i].pr_generation >= generation &&
		    find(c->cs_pair, &old[i].pr_remote) == NULL)
			c->cs_pair[i] = old[i];
	if (!newer)
		return;
	for (i = 0; i < PAIRS_MAX; i++)
		c->cs_pair[i].pr_valid = false;
}

void
checks_local(struct checks *c, uint32_t generation)
{
	size_t	i;

	if (generation == c->cs_generation)
		return;
	c->cs_generation = generation;
	c->cs_rounds = 0;
	for (i = 0; i < PAIRS_MAX; i++)
		c->cs_pair[i].pr_valid = false;
}

void
checks_round(struct checks *c, uint32_t round, uint64_t at)
{
	size_t	i;

	if (c->cs_rounds >= ROUNDS_MAX)
		return;
	c->cs_rounds++;
	if (c->cs_running && at >= c->cs_begin &&
	    at < c->cs_begin + ROUND_GAP_NS)
		at = c->cs_begin + ROUND_GAP_NS;
	c->cs_running = true;
	c->cs_round = round;
	c->cs_begin = at;
	for (i = 0; i < PAIRS_MAX; i++) {
		c->cs_pair[i].pr_sent = 0;
		c->cs_pair[i].pr_next = at;
	}
}

void
checks_receive(struct checks *c, unsigned int listener,
    const struct addr *local, const struct addr *remote, const uint8_t *data,
    size_t len, uint64_t now)
{
	struct check	 ck;
	struct pair	*pr;

	if (listener_of(c, remote) != (int)listener || !is_usable(remote) ||
	    !check_read(&ck, data, len, c->cs_key, !c->cs_caller)) {
		c->cs_stats.cs_refused++;
		return;
	}
	pr = find(c->cs_pair, remote);
	if (pr == NULL && ck.ck_type == CHECK_REQUEST)
		pr = learn(c, listener, remote, ck.ck_generation, now);
	if (pr == NULL) {
		c->cs_stats.cs_refused++;
		return;
	}
	if (ck.ck_type == CHECK_REQUEST)
		take_request(c, pr, &ck, now);
	else
		take_response(c, pr, &ck, local, now);
}

bool
checks_known(const struct checks *c, const struct addr *remote)
{
	size_t	i;

	for (i = 0; i < PAIRS_MAX; i++)
		if (c->cs_pair[i].pr_remote.addr_len != 0 &&
		    addr_equal(&c->cs_pair[i].pr_remote, remote))
			return (true);
	return (false);
}

void
checks_expire(struct checks *c, uint64_t now)
{
	struct pair	*pr;
	unsigned int	 i;

	if (c->cs_running && now >= c->cs_begin + ROUND_NS)
		c->cs_running = false;
	for (i = 0; i < LISTENERS; i++) {
		while ((pr = next_pair(c, i, now)) != NULL &&
		    refill(&c->cs_pace[i], PACE_NS, PACE_BURST, now)) {
			c->cs_pace[i].pc_tokens--;
			send_request(c, pr, now);
		}
	}
}

uint64_t
checks_expiry(const struct checks *c)
{
	const struct pair	*pr;
	const struct pace	*pc;
	uint64_t		 at, first = UINT64_MAX;
	size_t			 i;

	for (i = 0; i < PAIRS_MAX; i++) {
		pr = &c->cs_pair[i];
		at = ready_at(c, pr);
		pc = &c->cs_pace[pr->pr_listener];
		if (at != UINT64_MAX && pc->pc_tokens == 0 &&
		    at < pc->pc_at + PACE_NS)
			at = pc->pc_at + PACE_NS;
		if (at < first)
			first = at;
	}
	return (first);
}

void
checks_stats(const struct checks *c, struct checks_stats *cs)
{
	*cs = c->cs_stats;
}

/* -1: there is no socket for it. */
static int
listener_of(const struct checks *c, const struct addr *a)
{
	switch (addr_family(a)) {
	case AF_INET:
		return (c->cs_families & 1 ? 0 : -1);
	case AF_INET6:
		return (c->cs_families & 2 ? 1 : -1);
	default:
		return (-1);
	}
}

/*
 * The relay has sorted out more than this, but it may lie.  Loopback is not
 * among it: there a relay could only have us talk to ourselves.
 */
static bool
is_usable(const struct addr *a)
{
	uint32_t	v4;

	if (addr_port(a) == 0 || addr_is_any(a))
		return (false);
	if (addr_family(a) == AF_INET6)
		return (!IN6_IS_ADDR_MULTICAST(&a->addr_u.in6.sin6_addr));
	v4 = ntohl(a->addr_u.in.sin_addr.s_addr);
	return (!IN_MULTICAST(v4) && v4 != INADDR_BROADCAST && v4 >> 24 != 0);
}

static struct pair *
find(struct pair *pairs, const struct addr *remote)
{
	size_t	i;

	for (i = 0; i < PAIRS_MAX; i++)
		if (pairs[i].pr_remote.addr_len != 0 &&
		    addr_equal(&pairs[i].pr_remote, remote))
			return (&pairs[i]);
	return (NULL);
}

/*
 * A peer reflexive candidate (RFC 8445 7.3.1.3).  The MAC says that the other
 * made the packet, not that it sent it from there; hence few of them.
 */
static struct pair *
learn(struct checks *c, unsigned int listener, const struct addr *remote,
    uint32_t generation, uint64_t now)
{
	struct pair	*pr, *slot = NULL;

	if (c->cs_has_theirs && generation < c->cs_theirs)
		return (NULL);
	for (pr = c->cs_pair + CHECKS_REMOTE_MAX; pr < c->cs_pair + PAIRS_MAX;
	    pr++) {
		if (pr->pr_remote.addr_len == 0) {
			slot = pr;
			break;
		}
		if (!pr->pr_valid && now >= pr->pr_heard + ANSWER_NS &&
		    (slot == NULL || pr->pr_heard < slot->pr_heard))
			slot = pr;
	}
	if (slot == NULL)
		return (NULL);
	memset(slot, 0, sizeof(*slot));
	slot->pr_remote = *remote;
	slot->pr_listener = listener;
	return (slot);
}

static void
take_request(struct checks *c, struct pair *pr, const struct check *ck,
    uint64_t now)
{
	struct check	answer = { 0 };

	c->cs_stats.cs_received++;
	pr->pr_heard = now;
	if (ck->ck_generation > pr->pr_generation)
		pr->pr_generation = ck->ck_generation;
	if (refill(&c->cs_replies, REPLY_NS, REPLY_BURST, now)) {
		c->cs_replies.pc_tokens--;
		answer.ck_type = CHECK_RESPONSE;
		memcpy(answer.ck_id, ck->ck_id, CHECK_ID_LEN);
		answer.ck_generation = c->cs_generation;
		answer.ck_round = c->cs_round;
		answer.ck_mapped = pr->pr_remote;
		emit(c, pr, &answer);
	}
	/* Triggered: now is when the way is open. */
	if (wants(pr) &&
	    (pr->pr_last == 0 || now >= pr->pr_last + PAIR_GAP_NS))
		send_request(c, pr, now);
}

static void
take_response(struct checks *c, struct pair *pr, const struct check *ck,
    const struct addr *local, uint64_t now)
{
	struct request	*rq;
	struct addr	 remote = pr->pr_remote;
	uint64_t	 rtt;
	size_t		 i;

	for (i = 0; i < CHECKS_PER_PAIR; i++) {
		rq = &pr->pr_request[i];
		if (rq->rq_at != 0 && now <= rq->rq_at + ANSWER_NS &&
		    memcmp(rq->rq_id, ck->ck_id, CHECK_ID_LEN) == 0)
			break;
	}
	if (i == CHECKS_PER_PAIR) {
		c->cs_stats.cs_refused++;
		return;
	}
	c->cs_stats.cs_received++;
	rtt = now - rq->rq_at;
	rq->rq_at = 0;
	if (pr->pr_valid)
		return;
	pr->pr_valid = true;
	c->cs_ops.valid(c->cs_arg, pr->pr_listener, local, &remote, rtt);
}

static void
send_request(struct checks *c, struct pair *pr, uint64_t now)
{
	struct check	 ck = { 0 };
	struct request	*rq = &pr->pr_request[pr->pr_sent];

	arc4random_buf(rq->rq_id, sizeof(rq->rq_id));
	rq->rq_at = now;
	ck.ck_type = CHECK_REQUEST;
	memcpy(ck.ck_id, rq->rq_id, sizeof(ck.ck_id));
	ck.ck_generation = c->cs_generation;
	ck.ck_round = c->cs_round;
	pr->pr_last = now;
	if (pr->pr_sent < CHECKS_PER_PAIR - 1)
		pr->pr_next = now + interval_ms[pr->pr_sent] * NS_PER_MS;
	pr->pr_sent++;
	emit(c, pr, &ck);
}

static void
emit(struct checks *c, const struct pair *pr, const struct check *ck)
{
	uint8_t	out[CHECK_LEN];

	check_write(out, ck, c->cs_key, c->cs_caller);
	c->cs_stats.cs_sent++;
	c->cs_ops.send(c->cs_arg, pr->pr_listener, &pr->pr_remote, out,
	    sizeof(out));
}

static bool
wants(const struct pair *pr)
{
	return (pr->pr_remote.addr_len != 0 && !pr->pr_valid &&
	    pr->pr_sent < CHECKS_PER_PAIR);
}

/* When the round has a request for it; UINT64_MAX: no more. */
static uint64_t
ready_at(const struct checks *c, const struct pair *pr)
{
	uint64_t	at = pr->pr_next;

	if (!c->cs_running || !wants(pr))
		return (UINT64_MAX);
	if (at < c->cs_begin)
		at = c->cs_begin;
	if (pr->pr_last != 0 && at < pr->pr_last + PAIR_GAP_NS)
		at = pr->pr_last + PAIR_GAP_NS;
	return (at);
}

/* Who has had the fewest, then as in the list. */
static struct pair *
next_pair(struct checks *c, unsigned int listener, uint64_t now)
{
	struct pair	*pr, *best = NULL;

	for (pr = c->cs_pair; pr < c->cs_pair + PAIRS_MAX; pr++) {
		if (pr->pr_listener != listener || ready_at(c, pr) > now)
			continue;
		if (best == NULL || pr->pr_sent < best->pr_sent)
			best = pr;
	}
	return (best);
}

/* Is there a token? */
static bool
refill(struct pace *pc, uint64_t period, unsigned int burst, uint64_t now)
{
	uint64_t	n;

	/* The first time there are as many as there can be. */
	n = pc->pc_at == 0 ? burst : (now - pc->pc_at) / period;
	if (pc->pc_tokens + n >= burst) {
		pc->pc_tokens = burst;
		pc->pc_at = now;
	} else {
		pc->pc_tokens += (unsigned int)n;
		pc->pc_at += n * period;
	}
	return (pc->pc_tokens > 0);
}
