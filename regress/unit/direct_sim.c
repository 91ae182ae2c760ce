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
 * Two clients, NATs and a relay in memory (direct_sim.h).
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/candidates.h"
#include "common/wire/check.h"
#include "regress/unit/direct_sim.h"

#define SIGNAL_NS	(25 * NS_PER_MS)	/* to the relay and on */
#define STEP_NS		(2 * NS_PER_MS)
#define COALESCE_NS	(300 * NS_PER_MS)

struct dsim_signal {
	uint64_t		 si_at;
	struct dsim_side	*si_to;
	char			 si_text[4096];
	size_t			 si_len;
	struct dsim_signal	*si_next;
};

static void	 agree(struct dsim *);
static bool	 filter(struct sim *, struct sim_packet *);
static void	 raw(struct sim_node *, const struct sim_packet *);
static void	 post(struct dsim_side *, const struct signal *, uint64_t);
static void	 relay_turn(struct dsim *);

static enum quic_verdict	on_accept(void *, struct quic_conn *,
				    const char *);
static void	 on_established(void *, struct quic_conn *);
static void	 on_message(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 on_datagram(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 on_closed(void *, struct quic_conn *,
		    const struct quic_close *);
static void	 on_transmit(void *, const struct quic_packet *);

static int	 op_signal(void *, const struct signal *);
static void	 op_check(void *, unsigned int, const struct addr *,
		    const uint8_t *, size_t);
static void	 op_up(void *, const struct addr *, const struct addr *);
static void	 op_down(void *, const char *);
static void	 op_datagram(void *, const uint8_t *, size_t);
static void	 op_dial_relay(void *);
static void	 op_decided(void *, bool);
static void	 op_refused(void *, const char *);
static void	 op_told(void *, const struct signal *);

static const struct direct_ops	direct_ops = {
	.signal = op_signal,
	.check = op_check,
	.up = op_up,
	.down = op_down,
	.datagram = op_datagram,
	.dial_relay = op_dial_relay,
	.decided = op_decided,
	.refused = op_refused,
	.told = op_told
};

struct dsim *
dsim_new(uint64_t seed, bool trickle, bool sealed)
{
	struct dsim_side	*s;
	struct dsim		*dm;
	unsigned int		 i;
	uint8_t			 secret[32];

	assert_non_null(dm = calloc(1, sizeof(*dm)));
	dm->dm_sim = sim_new(seed);
	dm->dm_sim->sm_filter = filter;
	dm->dm_sim->sm_arg = dm;
	dm->dm_trickle = trickle;
	dm->dm_punch_at = UINT64_MAX;
	for (i = 0; i < 2; i++) {
		s = &dm->dm_side[i];
		s->ds_sim = dm;
		s->ds_index = i;
		s->ds_relay_ok = true;
		memset(secret, (int)(i + 1), sizeof(secret));
		assert_int_equal(identity_from_seed(&s->ds_identity, secret),
		    0);
	}
	if (sealed)
		agree(dm);
	return (dm);
}

/* Offer and answer, as in a call. */
static void
agree(struct dsim *dm)
{
	struct sig_direct_call_offer	 offer;
	struct sig_direct_call_answer	 answer;
	char				 fp[2][IDENTITY_FP_STRLEN];
	unsigned int			 i;

	for (i = 0; i < 2; i++) {
		e2e_free(dm->dm_side[i].ds_e2e);
		identity_fingerprint(dm->dm_side[i].ds_identity.id_pub,
		    fp[i]);
	}
	for (i = 0; i < 2; i++) {
		dm->dm_side[i].ds_e2e = e2e_new(&dm->dm_side[i].ds_identity,
		    fp[1 - i], DSIM_ID, i == 0);
		assert_non_null(dm->dm_side[i].ds_e2e);
	}
	memset(&offer, 0, sizeof(offer));
	offer.caller_fingerprint = fp[0];
	offer.target_fingerprint = fp[1];
	offer.call_id = DSIM_ID;
	assert_int_equal(e2e_offer(dm->dm_side[0].ds_e2e, &offer), 0);
	assert_int_equal(e2e_take_offer(dm->dm_side[1].ds_e2e, &offer),
	    E2E_OK);
	memset(&answer, 0, sizeof(answer));
	answer.call_id = DSIM_ID;
	answer.accept_mode = ACCEPT_TRUSTED;
	assert_int_equal(e2e_answer(dm->dm_side[1].ds_e2e, &answer), 0);
	assert_int_equal(e2e_take_answer(dm->dm_side[0].ds_e2e, &answer),
	    E2E_OK);
	assert_true(e2e_ready(dm->dm_side[0].ds_e2e));
	assert_true(e2e_ready(dm->dm_side[1].ds_e2e));
}

void
dsim_other_secret(struct dsim *dm)
{
	struct e2e	*was = dm->dm_side[0].ds_e2e;

	dm->dm_side[0].ds_e2e = NULL;
	agree(dm);
	e2e_free(dm->dm_side[0].ds_e2e);
	dm->dm_side[0].ds_e2e = was;
}

void
dsim_side(struct dsim *dm, unsigned int i, const char *addr,
    const char *addr6, enum dsim_nat nat, const char *outside)
{
	struct dsim_side	*s = &dm->dm_side[i];
	struct sim_node		*sn;

	sn = s->ds_node = sim_node(dm->dm_sim, i, addr, true, false);
	sn->sn_ops.accept = on_accept;
	sn->sn_ops.established = on_established;
	sn->sn_ops.message = on_message;
	sn->sn_ops.uni = NULL;
	sn->sn_ops.datagram = on_datagram;
	sn->sn_ops.closed = on_closed;
	sn->sn_ops.transmit = on_transmit;
	sn->sn_ops.verify = NULL;
	sn->sn_raw = raw;
	sn->sn_config.arg = s;
	sn->sn_config.slot = 0;
	sn->sn_config.limits.incoming = 8;
	sn->sn_config.limits.max_connections = 32;
	if (addr6[0] != '\0')
		assert_int_equal(addr_parse(&sn->sn_addr2, addr6), 0);
	s->ds_nat = nat;
	s->ds_own.do_nlocal = 0;
	if (nat == NAT_OPEN)
		(void)strlcpy(s->ds_own.do_reflexive, addr,
		    sizeof(s->ds_own.do_reflexive));
	else {
		assert_int_equal(addr_parse(&s->ds_outside, outside), 0);
		(void)strlcpy(s->ds_own.do_reflexive, outside,
		    sizeof(s->ds_own.do_reflexive));
		(void)strlcpy(s->ds_own.do_local[s->ds_own.do_nlocal++],
		    addr, ADDR_STRLEN);
	}
	if (addr6[0] != '\0')
		(void)strlcpy(s->ds_own.do_local[s->ds_own.do_nlocal++],
		    addr6, ADDR_STRLEN);
	/* A direct path has labels of its own. */
	sn->sn_config.export_label = NULL;
	sim_start(sn);
	quic_endpoint_expect(sn->sn_ep, false);
	s->ds_shared.ls_endpoint = sn->sn_ep;
	s->ds_shared.ls_identity = &s->ds_identity;
	s->ds_shared.ls_listeners = addr6[0] == '\0' ? 1 : 3;
	s->ds_shared.ls_now = dm->dm_sim->sm_now;
}

void
dsim_start(struct dsim *dm)
{
	dsim_start_side(dm, 0);
	dsim_start_side(dm, 1);
}

void
dsim_start_side(struct dsim *dm, unsigned int i)
{
	struct dsim_side	*s = &dm->dm_side[i], *peer;
	struct sig_call_setup	 setup;
	const char		*list[DIRECT_CANDIDATES_MAX];
	size_t			 n;

	peer = &dm->dm_side[1 - i];
	s->ds_shared.ls_now = dm->dm_sim->sm_now;
	s->ds_direct = direct_new(&s->ds_shared, DSIM_ID, s->ds_e2e, i == 0,
	    dm->dm_trickle, &direct_ops, s);
	assert_non_null(s->ds_direct);
	memset(&setup, 0, sizeof(setup));
	setup.call_id = DSIM_ID;
	setup.room = "call-" DSIM_ID;
	setup.relay_addr = "192.0.2.200:4433";
	setup.peer_direct_addr = peer->ds_own.do_reflexive;
	for (n = 0; n < peer->ds_own.do_nlocal; n++)
		list[n] = peer->ds_own.do_local[n];
	setup.peer_local_addrs.list = list;
	setup.peer_local_addrs.n = n;
	if (dm->dm_instead != NULL) {
		setup.peer_direct_addr = dm->dm_instead;
		setup.peer_local_addrs.n = 0;
	}
	direct_start(s->ds_direct, &s->ds_own, &setup);
}

void
dsim_free(struct dsim *dm)
{
	struct dsim_signal	*si;
	unsigned int		 i;

	for (i = 0; i < 2; i++)
		direct_free(dm->dm_side[i].ds_direct);
	sim_free(dm->dm_sim);
	for (i = 0; i < 2; i++)
		e2e_free(dm->dm_side[i].ds_e2e);
	while ((si = dm->dm_signals) != NULL) {
		dm->dm_signals = si->si_next;
		free(si);
	}
	free(dm);
}

void
dsim_run(struct dsim *dm, unsigned int ms)
{
	uint64_t	until = dm->dm_sim->sm_now + ms * NS_PER_MS, at;
	unsigned int	i;

	while (dm->dm_sim->sm_now < until) {
		at = dm->dm_sim->sm_now + STEP_NS;
		sim_run(dm->dm_sim, at < until ? at : until);
		relay_turn(dm);
		for (i = 0; i < 2; i++) {
			dm->dm_side[i].ds_shared.ls_now = dm->dm_sim->sm_now;
			if (dm->dm_side[i].ds_direct != NULL &&
			    direct_expiry(dm->dm_side[i].ds_direct) <=
			    dm->dm_sim->sm_now)
				direct_expire(dm->dm_side[i].ds_direct);
		}
		sim_flush(dm->dm_sim);
	}
}

bool
dsim_until(struct dsim *dm, bool (*done)(struct dsim *), unsigned int ms)
{
	unsigned int	n;

	for (n = 0; n < ms && !done(dm); n += 2)
		dsim_run(dm, 2);
	return (done(dm));
}

bool
dsim_both_up(struct dsim *dm)
{
	return (dm->dm_side[0].ds_up && dm->dm_side[1].ds_up);
}

bool
dsim_same(struct dsim *dm)
{
	struct dsim_side	*a = &dm->dm_side[0], *b = &dm->dm_side[1];
	uint8_t			 x[32], y[32];

	return (a->ds_nconns == 1 && b->ds_nconns == 1 &&
	    quic_conn_export(a->ds_conn[0], "regress", x, sizeof(x)) == 0 &&
	    quic_conn_export(b->ds_conn[0], "regress", y, sizeof(y)) == 0 &&
	    memcmp(x, y, sizeof(x)) == 0);
}

unsigned int
dsim_talk(struct dsim *dm, unsigned int n)
{
	unsigned int	was[2], got[2], i, k;
	uint8_t		byte;

	for (i = 0; i < 2; i++)
		was[i] = dm->dm_side[i].ds_datagrams;
	for (k = 0; k < n; k++) {
		byte = (uint8_t)k;
		for (i = 0; i < 2; i++) {
			dm->dm_side[i].ds_shared.ls_now = dm->dm_sim->sm_now;
			(void)direct_send(dm->dm_side[i].ds_direct, &byte, 1);
		}
		dsim_run(dm, 20);
	}
	dsim_run(dm, 200);
	for (i = 0; i < 2; i++)
		got[i] = dm->dm_side[i].ds_datagrams - was[i];
	return (got[0] < got[1] ? got[0] : got[1]);
}

/* NATs rewrite; what nobody is behind stays as it is. */
static bool
filter(struct sim *sm, struct sim_packet *sp)
{
	struct dsim		*dm = sm->sm_arg;
	struct dsim_side	*s;
	unsigned int		 i;
	size_t			 k;

	if (dm->dm_cut || (dm->dm_filter != NULL && !dm->dm_filter(dm, sp)))
		return (false);
	for (i = 0; i < 2; i++) {
		s = &dm->dm_side[i];
		/* A private address leads nowhere out there. */
		if (s->ds_nat != NAT_OPEN &&
		    addr_equal(&sp->sp_to, &s->ds_node->sn_addr))
			return (dm->dm_lan);
	}
	for (i = 0; i < 2; i++) {
		s = &dm->dm_side[i];
		if (s->ds_nat == NAT_OPEN ||
		    !addr_equal(&sp->sp_from, &s->ds_node->sn_addr))
			continue;
		for (k = 0; k < s->ds_nlet; k++) {
			if (addr_equal(&s->ds_let[k], &sp->sp_to))
				break;
		}
		if (k == s->ds_nlet && k < DSIM_RULES)
			s->ds_let[s->ds_nlet++] = sp->sp_to;
		sp->sp_from = s->ds_outside;
		if (s->ds_nat == NAT_SYMMETRIC)
			addr_set_port(&sp->sp_from, (uint16_t)(addr_port(
			    &s->ds_outside) + 1 + k));
	}
	for (i = 0; i < 2; i++) {
		s = &dm->dm_side[i];
		if (s->ds_nat == NAT_OPEN ||
		    !addr_same_host(&sp->sp_to, &s->ds_outside))
			continue;
		if (s->ds_nat == NAT_SYMMETRIC) {
			k = (size_t)(addr_port(&sp->sp_to) -
			    addr_port(&s->ds_outside)) - 1;
			if (k >= s->ds_nlet ||
			    !addr_equal(&s->ds_let[k], &sp->sp_from))
				return (false);
			sp->sp_to = s->ds_node->sn_addr;
			continue;
		}
		if (!addr_equal(&sp->sp_to, &s->ds_outside))
			return (false);
		if (s->ds_nat == NAT_SHUT)
			return (false);
		for (k = 0; k < s->ds_nlet; k++) {
			if (addr_equal(&s->ds_let[k], &sp->sp_from))
				break;
		}
		if (s->ds_nat == NAT_PORT && k == s->ds_nlet)
			return (false);
		sp->sp_to = s->ds_node->sn_addr;
	}
	return (true);
}

/* Checks; the endpoint that gets them too does not know what they are. */
static void
raw(struct sim_node *sn, const struct sim_packet *sp)
{
	struct dsim_side	*s = sn->sn_config.arg;

	s->ds_shared.ls_now = sn->sn_sim->sm_now;
	if (!check_is(sp->sp_data, sp->sp_len))
		return;
	s->ds_checks++;
	if (s->ds_direct != NULL)
		direct_check(s->ds_direct, link_listener(&sp->sp_to),
		    &sp->sp_to, &sp->sp_from, sp->sp_data, sp->sp_len);
}

/* The relay. */

static void
post(struct dsim_side *to, const struct signal *signal, uint64_t at)
{
	struct dsim_signal	*si, **pp;
	struct dsim		*dm = to->ds_sim;
	int			 n;

	assert_non_null(si = calloc(1, sizeof(*si)));
	n = signal_print(signal, si->si_text, sizeof(si->si_text));
	assert_true(n > 0);
	si->si_len = (size_t)n;
	si->si_at = at;
	si->si_to = to;
	for (pp = &dm->dm_signals; *pp != NULL && (*pp)->si_at <= at;
	    pp = &(*pp)->si_next)
		continue;
	si->si_next = *pp;
	*pp = si;
}

static void
relay_turn(struct dsim *dm)
{
	struct dsim_signal	*si;
	struct signal		 s, *parsed;
	const char		*why;
	uint64_t		 now = dm->dm_sim->sm_now;
	unsigned int		 i;

	if (now >= dm->dm_punch_at) {
		dm->dm_punch_at = UINT64_MAX;
		dm->dm_last_punch = now;
		memset(&s, 0, sizeof(s));
		s.type = SIGNAL_CALL_PUNCH;
		s.u.call_punch.call_id = DSIM_ID;
		s.u.call_punch.round = ++dm->dm_round;
		for (i = 0; i < 2; i++)
			post(&dm->dm_side[i], &s, now + SIGNAL_NS);
	}
	while ((si = dm->dm_signals) != NULL && si->si_at <= now) {
		dm->dm_signals = si->si_next;
		parsed = signal_parse((const uint8_t *)si->si_text,
		    si->si_len, &why);
		assert_non_null(parsed);
		si->si_to->ds_shared.ls_now = now;
		if (si->si_to->ds_direct != NULL)
			direct_signal(si->si_to->ds_direct, parsed);
		signal_free(parsed);
		free(si);
	}
}

static int
op_signal(void *arg, const struct signal *signal)
{
	struct dsim_side	*s = arg;
	struct dsim		*dm = s->ds_sim;
	struct signal		 changed = *signal;
	uint64_t		 now = dm->dm_sim->sm_now, at;

	if (dm->dm_no_relay)
		return (-1);
	if (signal->type == SIGNAL_CALL_CANDIDATES) {
		s->ds_said++;
		if (dm->dm_instead != NULL) {
			changed.u.call_candidates.candidates.list =
			    &dm->dm_instead;
			changed.u.call_candidates.candidates.n = 1;
		}
		at = now + SIGNAL_NS;
		if (dm->dm_last_punch != 0 &&
		    at < dm->dm_last_punch + COALESCE_NS)
			at = dm->dm_last_punch + COALESCE_NS;
		if (at < dm->dm_punch_at)
			dm->dm_punch_at = at;
	} else {
		assert_int_equal(signal->type, SIGNAL_MEDIA_PATH_REPORT);
		s->ds_reported = signal->u.media_path_report.direct_ok;
	}
	post(&dm->dm_side[1 - s->ds_index], &changed, now + 2 * SIGNAL_NS);
	return (0);
}

/* What client.c does for its endpoint. */

static enum quic_verdict
on_accept(void *arg, struct quic_conn *conn, const char *name)
{
	struct dsim_side	*s = arg;

	s->ds_shared.ls_now = s->ds_sim->dm_sim->sm_now;
	if (s->ds_direct != NULL && direct_accept(s->ds_direct, conn, name)) {
		s->ds_accepted++;
		return (QUIC_ACCEPT);
	}
	s->ds_refusals++;
	return (QUIC_REFUSE_NAME);
}

static void
on_established(void *arg, struct quic_conn *conn)
{
	struct dsim_side	*s = arg;

	s->ds_shared.ls_now = s->ds_sim->dm_sim->sm_now;
	assert_true(s->ds_nconns < DSIM_CONNS);
	s->ds_conn[s->ds_nconns++] = conn;
	if (s->ds_nconns > s->ds_most)
		s->ds_most = (unsigned int)s->ds_nconns;
	link_on_established(conn);
}

static void
on_message(void *arg, struct quic_conn *conn, const uint8_t *data, size_t len)
{
	struct dsim_side	*s = arg;

	s->ds_shared.ls_now = s->ds_sim->dm_sim->sm_now;
	s->ds_messages++;
	link_on_message(conn, data, len);
}

static void
on_datagram(void *arg, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	struct dsim_side	*s = arg;

	s->ds_shared.ls_now = s->ds_sim->dm_sim->sm_now;
	link_on_datagram(conn, data, len);
}

static void
on_closed(void *arg, struct quic_conn *conn, const struct quic_close *qc)
{
	struct dsim_side	*s = arg;
	size_t			 i;

	s->ds_shared.ls_now = s->ds_sim->dm_sim->sm_now;
	assert_true(s->ds_shared.ls_open > 0);
	s->ds_shared.ls_open--;
	for (i = 0; i < s->ds_nconns; i++) {
		if (s->ds_conn[i] == conn)
			s->ds_conn[i--] = s->ds_conn[--s->ds_nconns];
	}
	link_on_closed(conn, qc);
}

static void
on_transmit(void *arg, const struct quic_packet *qp)
{
	struct dsim_side	*s = arg;

	if (qp->local != NULL && qp->local->addr_len != 0 &&
	    !addr_equal(qp->local, &s->ds_node->sn_addr) &&
	    !addr_equal(qp->local, &s->ds_node->sn_addr2)) {
		s->ds_stale++;
		return;
	}
	op_check(s, qp->listener, qp->remote, qp->data, qp->len);
}

static void
op_check(void *arg, unsigned int listener, const struct addr *remote,
    const uint8_t *data, size_t len)
{
	struct dsim_side	*s = arg;
	const struct addr	*from = &s->ds_node->sn_addr;

	(void)listener;		/* the simulator receives all on 0 */
	if (addr_family(remote) == AF_INET6)
		from = &s->ds_node->sn_addr2;
	if (from->addr_len != 0)
		sim_send(s->ds_sim->dm_sim, from, remote, 0, data, len);
}

static void
op_up(void *arg, const struct addr *local, const struct addr *remote)
{
	struct dsim_side	*s = arg;

	assert_non_null(local);
	s->ds_up = true;
	s->ds_ups++;
	s->ds_remote = *remote;
}

static void
op_down(void *arg, const char *why)
{
	struct dsim_side	*s = arg;

	assert_non_null(why);
	assert_true(s->ds_up);
	s->ds_up = false;
	s->ds_downs++;
}

static void
op_datagram(void *arg, const uint8_t *data, size_t len)
{
	struct dsim_side	*s = arg;

	assert_true(len > 0);
	s->ds_datagrams++;
	s->ds_last = data[0];
}

static void
op_dial_relay(void *arg)
{
	struct dsim_side	*s = arg;

	s->ds_dial_relay++;
	direct_relay(s->ds_direct, s->ds_relay_ok);
}

static void
op_decided(void *arg, bool direct)
{
	struct dsim_side	*s = arg;

	s->ds_decided++;
	s->ds_decided_direct = direct;
	assert_true(!direct || s->ds_up);
}

static void
op_refused(void *arg, const char *why)
{
	struct dsim_side	*s = arg;

	(void)strlcpy(s->ds_refused, why, sizeof(s->ds_refused));
}

static void
op_told(void *arg, const struct signal *signal)
{
	struct dsim_side	*s = arg;

	assert_int_equal(signal->type, SIGNAL_HANGUP);
	s->ds_hangups++;
}
