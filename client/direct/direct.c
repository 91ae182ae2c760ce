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
 * The direct path of a call: candidates, rounds of checks and which pair is
 * dialled, or the race of wzp-protocol 7.6.  The connections are in peering.c.
 */

#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/direct/checks.h"
#include "client/direct/direct.h"
#include "client/direct/peering.h"
#include "client/direct/race.h"
#include "client/direct/reach.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/notice.h"
#include "common/wire/candidates.h"

/* A pair that was just found to work: so long for a handshake over it. */
#define DIAL_LIMIT	(2 * NS_PER_S)
/* A handshake may be lost where checks came through. */
#define TRIES_MAX	2
/* A better pair may be found a moment later. */
#define BETTER_WAIT	(60 * NS_PER_MS)
/* 7.6: the race ends it. */
#define RACE_LIMIT	(10 * NS_PER_S)
#define RACE_STALE_MAX	3
/*
 * Without a direct path it is looked for again and again: networks change
 * without telling.  Seconds 1, 2, 4 ... and then, each time another, 30 to 60.
 */
#define AGAIN_MAX_S	32
#define AGAIN_JITTER_S	30
/* While a handshake or proof is under way the next attempt waits. */
#define AGAIN_BUSY	(500 * NS_PER_MS)
/* Without the relay nothing can be said; it comes back. */
#define AWAY		NS_PER_S
/* A path that held for so long did not fail at once. */
#define STEADY		(5 * NS_PER_S)
#define OWN_EVERY	(300 * NS_PER_MS)
#define PUNCH_MAX_MS	2000
#define PAIRS_MAX	(CHECKS_REMOTE_MAX + CHECKS_PEER_MAX)
#define OUT_MAX		8
#define NEVER		UINT64_MAX

/* An address of the other that our checks reach, and theirs us. */
struct pair {
	struct addr	pr_remote;
	struct addr	pr_local;
	uint64_t	pr_rtt;		/* ns */
	uint32_t	pr_own;		/* generations it was found with */
	uint32_t	pr_peer;
	unsigned int	pr_tries;
};

struct direct {
	struct link_shared	*dr_shared;
	char			 dr_call_id[QUIC_SNI_MAX];
	char			 dr_name[QUIC_SNI_MAX];
	const struct e2e	*dr_e2e;	/* NULL: an original */
	bool			 dr_trickle;
	bool			 dr_caller;
	bool			 dr_begun;
	const struct direct_ops	*dr_ops;
	void			*dr_arg;
	struct direct_own	 dr_own;
	bool			 dr_local;	/* the relay is on this host */
	struct peering		*dr_peering;
	/* Those that proved to be somebody else: not in this call. */
	struct addr		 dr_out[OUT_MAX];
	size_t			 dr_nout;
	/* Those who did not answer to a proof once. */
	struct addr		 dr_doubt[OUT_MAX];
	size_t			 dr_ndoubt;
	uint64_t		 dr_strangers;	/* who connected */
	struct notice		 dr_notice;

	/* Candidates. */
	struct checks		*dr_checks;
	uint32_t		 dr_generation;		/* of ours */
	uint32_t		 dr_peer_generation;
	struct addr		 dr_remote[CHECKS_REMOTE_MAX];
	size_t			 dr_nremote;
	struct pair		 dr_pair[PAIRS_MAX];
	size_t			 dr_npairs;
	uint32_t		 dr_dial_own;	/* of the pair dialled last */
	uint32_t		 dr_dial_peer;
	uint32_t		 dr_used_own;	/* of the one in use */
	uint32_t		 dr_used_peer;
	uint64_t		 dr_dial_at;
	uint64_t		 dr_again_at;
	uint64_t		 dr_tried_at;	/* the last attempt */
	uint64_t		 dr_up_at;	/* 0: is down */
	unsigned int		 dr_attempt;
	bool			 dr_mine;	/* its round is still to come */

	/* The race. */
	struct race		*dr_race;
	enum path_role		 dr_role;
	bool			 dr_decided;
	bool			 dr_told;	/* race_direct() */
	unsigned int		 dr_stale;
};

static void	 peering_usable(void *, const struct addr *);
static void	 peering_lost(void *, const char *);
static void	 peering_failed(void *, const struct addr *, bool);
static void	 peering_stale(void *);
static void	 peering_wrong(void *, const struct addr *);
static void	 peering_datagram(void *, const uint8_t *, size_t);
static void	 peering_signal(void *, const struct signal *);
static void	 check_send(void *, unsigned int, const struct addr *,
		    const uint8_t *, size_t);
static void	 check_valid(void *, unsigned int, const struct addr *,
		    const struct addr *, uint64_t);
static void	 race_dial_relay(void *);
static void	 race_give_up(void *);
static void	 race_report(void *, bool, const char *);
static void	 race_decided(void *, bool);
static void	 trickle_start(struct direct *, const struct sig_call_setup *);
static int	 trickle_say(struct direct *);
static void	 trickle_peer(struct direct *,
		    const struct sig_call_candidates *);
static void	 trickle_punch(struct direct *, const struct sig_call_punch *);
static void	 trickle_try(struct direct *);
static uint64_t	 trickle_backoff(const struct direct *);
static bool	 trickle_alive(const struct direct *);
static struct pair *trickle_best(struct direct *);
static void	 trickle_consider(struct direct *);
static void	 trickle_dial(struct direct *);
static void	 race_begin(struct direct *, const struct sig_call_setup *);
static void	 race_tell(struct direct *, bool);
static bool	 wanted(const struct direct *, const struct addr *,
		    const char *);
static void	 refuse(struct direct *, const struct addr *);
static void	 tell_up(struct direct *, const struct addr *);
static bool	 family_there(const struct direct *, const struct addr *);
static uint64_t	 now(const struct direct *);

static const struct peering_ops	peering_ops = {
	.usable = peering_usable,
	.lost = peering_lost,
	.failed = peering_failed,
	.stale = peering_stale,
	.wrong = peering_wrong,
	.datagram = peering_datagram,
	.signal = peering_signal
};

static const struct checks_ops	checks_ops = {
	.send = check_send,
	.valid = check_valid
};

static const struct race_ops	race_ops = {
	.dial_relay = race_dial_relay,
	.give_up_direct = race_give_up,
	.report = race_report,
	.decided = race_decided
};

struct direct *
direct_new(struct link_shared *shared, const char *call_id,
    const struct e2e *e2e, bool caller, bool trickle,
    const struct direct_ops *ops, void *arg)
{
	struct direct	*dr;
	char		*p;
	int		 n;

	if ((dr = calloc(1, sizeof(*dr))) == NULL)
		return (NULL);
	dr->dr_shared = shared;
	dr->dr_e2e = e2e != NULL && e2e_ready(e2e) ? e2e : NULL;
	dr->dr_trickle = trickle && dr->dr_e2e != NULL;
	dr->dr_caller = caller;
	dr->dr_ops = ops;
	dr->dr_arg = arg;
	dr->dr_dial_at = dr->dr_again_at = NEVER;
	/* The name of the room, `call-<id>', with another `call-' (7.6). */
	n = snprintf(dr->dr_name, sizeof(dr->dr_name), "call-call-%s",
	    call_id);
	if (n < 0 || (size_t)n >= sizeof(dr->dr_name) ||
	    strlcpy(dr->dr_call_id, call_id, sizeof(dr->dr_call_id)) >=
	    sizeof(dr->dr_call_id))
		goto fail;
	for (p = dr->dr_name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	dr->dr_peering = peering_new(shared, dr->dr_name, dr->dr_e2e,
	    &peering_ops, dr);
	if (dr->dr_peering == NULL)
		goto fail;
	if (dr->dr_trickle)
		dr->dr_checks = checks_new(e2e_keys(e2e)->ek_check, caller,
		    shared->ls_listeners, &checks_ops, dr);
	else
		dr->dr_race = race_new(&race_ops, dr);
	if (dr->dr_checks == NULL && dr->dr_race == NULL)
		goto fail;
	if (shared->ls_expecting++ == 0)
		quic_endpoint_expect(shared->ls_endpoint, true);
	return (dr);
fail:
	peering_free(dr->dr_peering, "normal close");
	free(dr);
	return (NULL);
}

void
direct_free(struct direct *dr)
{
	if (dr == NULL)
		return;
	if (--dr->dr_shared->ls_expecting == 0)
		quic_endpoint_expect(dr->dr_shared->ls_endpoint, false);
	peering_free(dr->dr_peering, "normal close");
	checks_free(dr->dr_checks);
	race_free(dr->dr_race);
	free(dr);
}

void
direct_start(struct direct *dr, const struct direct_own *own,
    const struct sig_call_setup *setup)
{
	struct addr	a;

	if (dr->dr_begun)
		return;
	dr->dr_begun = true;
	dr->dr_own = *own;
	dr->dr_local = addr_parse(&a, own->do_reflexive) == 0 &&
	    addr_is_loopback(&a);
	if (dr->dr_trickle)
		trickle_start(dr, setup);
	else
		race_begin(dr, setup);
}

void
direct_own_changed(struct direct *dr, const struct direct_own *own)
{
	dr->dr_own = *own;
	if (!dr->dr_trickle || !dr->dr_begun)
		return;
	dr->dr_attempt = 0;
	dr->dr_again_at = now(dr);
	/* The kernel may tell of many changes in a row. */
	if (dr->dr_again_at < dr->dr_tried_at + OWN_EVERY)
		dr->dr_again_at = dr->dr_tried_at + OWN_EVERY;
	dr->dr_up_at = 0;
}

void
direct_hosts(struct direct *dr, const struct addr *hosts, size_t n)
{
	peering_hosts(dr->dr_peering, hosts, n);
}

void
direct_again(struct direct *dr)
{
	uint64_t	at;

	if (!dr->dr_trickle || !dr->dr_begun || dr->dr_again_at != NEVER)
		return;
	if (dr->dr_up_at != 0 && now(dr) >= dr->dr_up_at + STEADY)
		dr->dr_attempt = 0;
	dr->dr_up_at = 0;
	at = dr->dr_attempt == 0 ? now(dr) :
	    dr->dr_tried_at + trickle_backoff(dr);
	dr->dr_again_at = at > now(dr) ? at : now(dr);
}

void
direct_signal(struct direct *dr, const struct signal *s)
{
	switch (s->type) {
	case SIGNAL_CALL_CANDIDATES:
		if (dr->dr_trickle && dr->dr_begun && strcmp(
		    s->u.call_candidates.call_id, dr->dr_call_id) == 0)
			trickle_peer(dr, &s->u.call_candidates);
		break;
	case SIGNAL_CALL_PUNCH:
		if (dr->dr_trickle && dr->dr_begun && strcmp(
		    s->u.call_punch.call_id, dr->dr_call_id) == 0)
			trickle_punch(dr, &s->u.call_punch);
		break;
	case SIGNAL_MEDIA_PATH_REPORT:
		/* call_id is not compared (7.6). */
		if (dr->dr_race != NULL && !dr->dr_decided)
			race_peer(dr->dr_race,
			    s->u.media_path_report.direct_ok);
		break;
	default:
		break;
	}
}

void
direct_relay(struct direct *dr, bool ok)
{
	if (dr->dr_race != NULL && dr->dr_begun && !dr->dr_decided)
		race_relay(dr->dr_race, ok, now(dr));
}

void
direct_check(struct direct *dr, unsigned int listener,
    const struct addr *local, const struct addr *remote, const uint8_t *data,
    size_t len)
{
	if (dr->dr_checks != NULL && dr->dr_begun)
		checks_receive(dr->dr_checks, listener, local, remote, data,
		    len, now(dr));
}

bool
direct_accept(struct direct *dr, struct quic_conn *conn, const char *name)
{
	const struct addr	*remote = quic_conn_remote(conn);
	char			 address[ADDR_STRLEN];

	if (wanted(dr, remote, name) &&
	    peering_accept(dr->dr_peering, conn) == 0)
		return (true);
	dr->dr_strangers++;
	if (notice_due(&dr->dr_notice, now(dr)))
		notice(&dr->dr_notice, "direct: a connection of %s is "
		    "refused", addr_print(remote, address, sizeof(address)));
	return (false);
}

int
direct_send(struct direct *dr, const uint8_t *data, size_t len)
{
	if (!dr->dr_trickle && !dr->dr_decided)
		return (-1);
	return (peering_send(dr->dr_peering, data, len));
}

int
direct_tell(struct direct *dr, const struct signal *s)
{
	/* To an original it would mean nothing (7.7). */
	if (dr->dr_e2e == NULL || (!dr->dr_trickle && !dr->dr_decided))
		return (-1);
	return (peering_tell(dr->dr_peering, s));
}

bool
direct_stats(const struct direct *dr, struct quic_stats *qs)
{
	return (peering_stats(dr->dr_peering, qs));
}

uint64_t
direct_strangers(const struct direct *dr)
{
	struct checks_stats	cs = { 0 };

	if (dr->dr_checks != NULL)
		checks_stats(dr->dr_checks, &cs);
	return (dr->dr_strangers + cs.cs_refused);
}

uint64_t
direct_heard(const struct direct *dr)
{
	return (peering_heard(dr->dr_peering));
}

void
direct_expire(struct direct *dr)
{
	peering_expire(dr->dr_peering);
	if (dr->dr_race != NULL && dr->dr_begun && !dr->dr_decided)
		race_expire(dr->dr_race, now(dr));
	if (dr->dr_checks == NULL)
		return;
	checks_expire(dr->dr_checks, now(dr));
	if (now(dr) >= dr->dr_dial_at)
		trickle_dial(dr);
	if (now(dr) >= dr->dr_again_at)
		trickle_try(dr);
}

uint64_t
direct_expiry(const struct direct *dr)
{
	uint64_t	at = peering_expiry(dr->dr_peering), other = NEVER;

	if (dr->dr_race != NULL && dr->dr_begun && !dr->dr_decided)
		other = race_expiry(dr->dr_race);
	else if (dr->dr_checks != NULL)
		other = checks_expiry(dr->dr_checks);
	if (other < at)
		at = other;
	if (dr->dr_dial_at < at)
		at = dr->dr_dial_at;
	if (dr->dr_again_at < at)
		at = dr->dr_again_at;
	return (at);
}

/* Of the connections. */

static void
peering_usable(void *arg, const struct addr *remote)
{
	struct direct	*dr = arg;

	if (dr->dr_trickle) {
		dr->dr_up_at = now(dr);
		dr->dr_used_own = dr->dr_dial_own;
		dr->dr_used_peer = dr->dr_dial_peer;
		/* Unless our addresses have just changed. */
		if (dr->dr_attempt > 0)
			dr->dr_again_at = NEVER;
		tell_up(dr, remote);
		trickle_consider(dr);
	} else if (dr->dr_decided)
		tell_up(dr, remote);
	else if (dr->dr_begun)
		race_tell(dr, true);
}

static void
peering_lost(void *arg, const char *why)
{
	struct direct	*dr = arg;

	if (!dr->dr_trickle && !dr->dr_decided)
		return;		/* the race goes on: it said that it works */
	dr->dr_ops->down(dr->dr_arg, why);
	direct_again(dr);
}

/* Silence may be that of a path that broke just then; twice it is not. */
static void
peering_failed(void *arg, const struct addr *remote, bool silent)
{
	struct direct	*dr = arg;

	if (silent && dr->dr_ndoubt < OUT_MAX &&
	    !reach_listed(dr->dr_doubt, dr->dr_ndoubt, remote))
		dr->dr_doubt[dr->dr_ndoubt++] = *remote;
	else if (silent)
		refuse(dr, remote);
	if (dr->dr_trickle)
		trickle_consider(dr);
	else if (dr->dr_role == ROLE_DIALER &&
	    peering_dials(dr->dr_peering) == 0)
		race_tell(dr, false);
}

/* 7.6: three of them are enough. */
static void
peering_stale(void *arg)
{
	struct direct	*dr = arg;

	dr->dr_strangers++;
	if (!dr->dr_trickle && dr->dr_begun &&
	    ++dr->dr_stale >= RACE_STALE_MAX)
		race_tell(dr, false);
}

static void
peering_wrong(void *arg, const struct addr *remote)
{
	struct direct	*dr = arg;

	refuse(dr, remote);
	if (!dr->dr_trickle && dr->dr_role == ROLE_ACCEPTOR)
		peering_stale(dr);
	else {
		dr->dr_strangers++;
		peering_failed(dr, remote, false);
	}
}

static bool
wanted(const struct direct *dr, const struct addr *remote, const char *name)
{
	if (strcmp(name, dr->dr_name) != 0 ||
	    reach_listed(dr->dr_out, dr->dr_nout, remote))
		return (false);
	/* The dialer never accepts, and nobody unknown is let in. */
	if (dr->dr_trickle)
		return (!e2e_dials(dr->dr_e2e) &&
		    checks_known(dr->dr_checks, remote));
	return (!dr->dr_decided && (!dr->dr_begun ||
	    dr->dr_role == ROLE_ACCEPTOR));
}

static void
refuse(struct direct *dr, const struct addr *remote)
{
	char	address[ADDR_STRLEN], why[128];

	if (dr->dr_nout < OUT_MAX &&
	    !reach_listed(dr->dr_out, dr->dr_nout, remote))
		dr->dr_out[dr->dr_nout++] = *remote;
	(void)snprintf(why, sizeof(why), "%s is not the person called",
	    addr_print(remote, address, sizeof(address)));
	dr->dr_ops->refused(dr->dr_arg, why);
}

static void
peering_datagram(void *arg, const uint8_t *data, size_t len)
{
	struct direct	*dr = arg;

	if (dr->dr_trickle || dr->dr_decided)
		dr->dr_ops->datagram(dr->dr_arg, data, len);
}

/* Nothing but this is anybody's to say there. */
static void
peering_signal(void *arg, const struct signal *s)
{
	struct direct	*dr = arg;

	if (dr->dr_e2e != NULL && dr->dr_ops->told != NULL &&
	    (dr->dr_trickle || dr->dr_decided) && s->type == SIGNAL_HANGUP &&
	    s->u.hangup.call_id != NULL &&
	    strcmp(s->u.hangup.call_id, dr->dr_call_id) == 0)
		dr->dr_ops->told(dr->dr_arg, s);
}

static void
tell_up(struct direct *dr, const struct addr *remote)
{
	const struct addr	*local = peering_local(dr->dr_peering);
	size_t			 i;

	/* The kernel chose for who dialled; the checks have seen it. */
	for (i = 0; i < dr->dr_npairs; i++) {
		if (addr_equal(&dr->dr_pair[i].pr_remote, remote) &&
		    dr->dr_pair[i].pr_local.addr_len != 0)
			local = &dr->dr_pair[i].pr_local;
	}
	peering_keep(dr->dr_peering);
	dr->dr_ops->up(dr->dr_arg, local, remote);
}

/* Both of ours: candidates and checks. */

static void
trickle_start(struct direct *dr, const struct sig_call_setup *setup)
{
	size_t	i;

	for (i = 0; i < setup->peer_local_addrs.n; i++)
		(void)reach_add(dr->dr_remote, &dr->dr_nremote,
		    CHECKS_REMOTE_MAX, setup->peer_local_addrs.list[i],
		    dr->dr_local);
	(void)reach_add(dr->dr_remote, &dr->dr_nremote, CHECKS_REMOTE_MAX,
	    setup->peer_direct_addr, dr->dr_local);
	checks_local(dr->dr_checks, dr->dr_generation);
	checks_remote(dr->dr_checks, dr->dr_peer_generation, dr->dr_remote,
	    dr->dr_nremote);
	/* The first rounds have their time: both sides say theirs. */
	dr->dr_attempt = 2;
	dr->dr_tried_at = now(dr);
	dr->dr_mine = true;
	dr->dr_again_at = now(dr) + (trickle_say(dr) == -1 ? AWAY :
	    trickle_backoff(dr));
}

/* All of ours, and that these are all.  -1: the relay is away. */
static int
trickle_say(struct direct *dr)
{
	const char	*list[1 + DIRECT_CANDIDATES_MAX];
	struct signal	 s;
	size_t		 i, n = 0;

	for (i = 0; i < dr->dr_own.do_nlocal; i++)
		list[n++] = dr->dr_own.do_local[i];
	if (dr->dr_own.do_reflexive[0] != '\0')
		list[n++] = dr->dr_own.do_reflexive;
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_CALL_CANDIDATES;
	s.u.call_candidates.call_id = dr->dr_call_id;
	s.u.call_candidates.generation = dr->dr_generation;
	s.u.call_candidates.candidates.list = list;
	s.u.call_candidates.candidates.n = n;
	s.u.call_candidates.end = true;
	return (dr->dr_ops->signal(dr->dr_arg, &s));
}

static void
trickle_peer(struct direct *dr, const struct sig_call_candidates *cc)
{
	size_t	i;

	if (cc->generation < dr->dr_peer_generation)
		return;
	if (cc->generation > dr->dr_peer_generation) {
		dr->dr_peer_generation = cc->generation;
		dr->dr_nremote = 0;
	}
	/* Of one generation more may come later. */
	for (i = 0; i < cc->candidates.n; i++)
		(void)reach_add(dr->dr_remote, &dr->dr_nremote,
		    CHECKS_REMOTE_MAX, cc->candidates.list[i], dr->dr_local);
	checks_remote(dr->dr_checks, dr->dr_peer_generation, dr->dr_remote,
	    dr->dr_nremote);
}

/* A round is an attempt, whoever asked for it. */
static void
trickle_punch(struct direct *dr, const struct sig_call_punch *cp)
{
	uint32_t	delay = cp->delay_ms;

	if (delay > PUNCH_MAX_MS)
		delay = PUNCH_MAX_MS;
	checks_round(dr->dr_checks, cp->round, now(dr) + delay * NS_PER_MS);
	if (!dr->dr_mine)
		dr->dr_attempt++;
	dr->dr_mine = false;
	dr->dr_tried_at = now(dr);
	if (dr->dr_again_at != NEVER)
		dr->dr_again_at = now(dr) + trickle_backoff(dr);
}

static void
trickle_try(struct direct *dr)
{
	dr->dr_again_at = NEVER;
	if (dr->dr_attempt > 0 && trickle_alive(dr))
		return;
	if (dr->dr_attempt > 0 && (dr->dr_dial_at != NEVER ||
	    peering_busy(dr->dr_peering))) {
		dr->dr_again_at = now(dr) + AGAIN_BUSY;
		return;
	}
	dr->dr_generation++;
	dr->dr_tried_at = now(dr);
	if (trickle_say(dr) == -1) {
		/* No attempt: nobody hears of it. */
		dr->dr_generation--;
		dr->dr_again_at = now(dr) + AWAY;
		return;
	}
	checks_local(dr->dr_checks, dr->dr_generation);
	dr->dr_attempt++;
	dr->dr_mine = true;
	dr->dr_again_at = now(dr) + trickle_backoff(dr);
}

static uint64_t
trickle_backoff(const struct direct *dr)
{
	uint64_t	s;

	if (dr->dr_attempt == 0)
		return (NS_PER_S);
	s = dr->dr_attempt > 5 ? AGAIN_MAX_S :
	    UINT64_C(1) << (dr->dr_attempt - 1);
	if (s < AGAIN_MAX_S)
		return (s * NS_PER_S);
	return ((AGAIN_JITTER_S + arc4random_uniform(AGAIN_JITTER_S + 1)) *
	    NS_PER_S);
}

/* Is the one in use heard just now, so that no other is needed? */
static bool
trickle_alive(const struct direct *dr)
{
	return (peering_remote(dr->dr_peering) != NULL &&
	    now(dr) < peering_heard(dr->dr_peering) + 400 * NS_PER_MS);
}

static struct pair *
trickle_best(struct direct *dr)
{
	const struct addr	*used = peering_remote(dr->dr_peering);
	struct pair		*pr, *best = NULL;
	size_t			 i;

	for (i = 0; i < dr->dr_npairs; i++) {
		pr = &dr->dr_pair[i];
		if (pr->pr_tries >= TRIES_MAX ||
		    pr->pr_own != dr->dr_generation ||
		    pr->pr_peer != dr->dr_peer_generation ||
		    reach_listed(dr->dr_out, dr->dr_nout, &pr->pr_remote))
			continue;
		/*
		 * A new search is made because there is a reason to; of the
		 * same one only a better class is worth another dial.
		 */
		if (used != NULL && pr->pr_own == dr->dr_used_own &&
		    pr->pr_peer == dr->dr_used_peer &&
		    reach_class(&pr->pr_remote) >= reach_class(used))
			continue;
		if (best == NULL || pr->pr_tries < best->pr_tries ||
		    (pr->pr_tries == best->pr_tries &&
		    reach_class(&pr->pr_remote) <
		    reach_class(&best->pr_remote)))
			best = pr;
	}
	return (best);
}

static void
trickle_consider(struct direct *dr)
{
	const struct pair	*best;

	if (!e2e_dials(dr->dr_e2e) || peering_busy(dr->dr_peering) ||
	    (best = trickle_best(dr)) == NULL) {
		dr->dr_dial_at = NEVER;
		return;
	}
	if (reach_class(&best->pr_remote) == REACH_LAN)
		dr->dr_dial_at = now(dr);
	else if (dr->dr_dial_at == NEVER)
		dr->dr_dial_at = now(dr) + BETTER_WAIT;
}

static void
trickle_dial(struct direct *dr)
{
	struct pair	*pr;

	dr->dr_dial_at = NEVER;
	if (peering_busy(dr->dr_peering) || (pr = trickle_best(dr)) == NULL)
		return;
	pr->pr_tries++;
	dr->dr_dial_own = pr->pr_own;
	dr->dr_dial_peer = pr->pr_peer;
	if (peering_dial(dr->dr_peering, &pr->pr_remote, DIAL_LIMIT,
	    pr->pr_rtt) == -1)
		trickle_consider(dr);
}

static void
check_send(void *arg, unsigned int listener, const struct addr *remote,
    const uint8_t *data, size_t len)
{
	struct direct	*dr = arg;

	dr->dr_ops->check(dr->dr_arg, listener, remote, data, len);
}

static void
check_valid(void *arg, unsigned int listener, const struct addr *local,
    const struct addr *remote, uint64_t rtt)
{
	struct direct	*dr = arg;
	struct pair	*pr = NULL;
	char		 address[ADDR_STRLEN];
	size_t		 i;

	(void)listener;
	for (i = 0; i < dr->dr_npairs && pr == NULL; i++) {
		if (addr_equal(&dr->dr_pair[i].pr_remote, remote))
			pr = &dr->dr_pair[i];
	}
	if (pr == NULL) {
		/* Those of former searches make room. */
		for (i = 0; i < dr->dr_npairs && pr == NULL; i++) {
			if (dr->dr_pair[i].pr_own != dr->dr_generation ||
			    dr->dr_pair[i].pr_peer != dr->dr_peer_generation)
				pr = &dr->dr_pair[i];
		}
		if (dr->dr_npairs < PAIRS_MAX)
			pr = &dr->dr_pair[dr->dr_npairs++];
		if (pr == NULL)
			return;
	}
	log_debug("%s answers after %.1f ms", addr_print(remote, address,
	    sizeof(address)), (double)rtt / 1e6);
	memset(pr, 0, sizeof(*pr));
	pr->pr_remote = *remote;
	if (local != NULL)
		pr->pr_local = *local;
	pr->pr_rtt = rtt;
	pr->pr_own = dr->dr_generation;
	pr->pr_peer = dr->dr_peer_generation;
	trickle_consider(dr);
}

/* The race. */

static void
race_begin(struct direct *dr, const struct sig_call_setup *setup)
{
	const char	*order[PEERING_MAX];
	struct addr	 list[PEERING_MAX], a;
	size_t		 i, n, count = 0;

	dr->dr_role = path_role(dr->dr_own.do_reflexive[0] == '\0' ? NULL :
	    dr->dr_own.do_reflexive, setup->peer_direct_addr);
	if (dr->dr_role == ROLE_NONE) {
		dr->dr_decided = true;
		peering_clear(dr->dr_peering, "not-selected");
		dr->dr_ops->decided(dr->dr_arg, false);
		return;
	}
	race_start(dr->dr_race, now(dr));
	if (dr->dr_role == ROLE_ACCEPTOR) {
		/* One may have come before. */
		if (peering_remote(dr->dr_peering) != NULL)
			race_tell(dr, true);
		return;
	}
	peering_clear(dr->dr_peering, "not-selected");
	n = path_dial_order(setup->peer_direct_addr,
	    setup->peer_local_addrs.list, setup->peer_local_addrs.n, order,
	    PEERING_MAX);
	for (i = 0; i < n; i++) {
		if (addr_parse(&a, order[i]) == -1 ||
		    !reach_usable(&a, dr->dr_local) ||
		    !family_there(dr, &a) ||
		    reach_listed(list, count, &a) ||
		    /* The original does not listen there (7.6). */
		    (dr->dr_e2e == NULL && addr_family(&a) == AF_INET6))
			continue;
		if (peering_dial(dr->dr_peering, &a, RACE_LIMIT, 0) == 0)
			list[count++] = a;
	}
	if (count == 0)
		race_tell(dr, false);
}

/* Once: it works, or has failed. */
static void
race_tell(struct direct *dr, bool ok)
{
	if (dr->dr_told || dr->dr_decided)
		return;
	dr->dr_told = true;
	race_direct(dr->dr_race, ok, now(dr));
}

static void
race_dial_relay(void *arg)
{
	struct direct	*dr = arg;

	dr->dr_ops->dial_relay(dr->dr_arg);
}

static void
race_give_up(void *arg)
{
	struct direct		*dr = arg;
	const struct addr	*asked = peering_asked(dr->dr_peering);

	if (dr->dr_told)
		return;
	/* Somebody was there, and had two seconds. */
	if (asked != NULL)
		refuse(dr, asked);
	peering_clear(dr->dr_peering, "not-selected");
}

static void
race_report(void *arg, bool direct_ok, const char *winner)
{
	struct direct	*dr = arg;
	struct signal	 s;

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_MEDIA_PATH_REPORT;
	s.u.media_path_report.call_id = dr->dr_call_id;
	s.u.media_path_report.direct_ok = direct_ok;
	s.u.media_path_report.race_winner = winner;
	(void)dr->dr_ops->signal(dr->dr_arg, &s);
}

static void
race_decided(void *arg, bool direct)
{
	struct direct		*dr = arg;
	const struct addr	*remote = peering_remote(dr->dr_peering);

	if (dr->dr_decided)
		return;
	dr->dr_decided = true;
	/* It may have ended while the reports were on their way. */
	if (!direct || remote == NULL) {
		peering_stop(dr->dr_peering, "not-selected");
		direct = false;
	} else
		tell_up(dr, remote);
	dr->dr_ops->decided(dr->dr_arg, direct);
}

static bool
family_there(const struct direct *dr, const struct addr *a)
{
	return ((dr->dr_shared->ls_listeners & 1U << link_listener(a)) != 0);
}

static uint64_t
now(const struct direct *dr)
{
	return (dr->dr_shared->ls_now);
}
