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
 * Direct calls between two clients of ours in virtual time: candidates, checks
 * and connections that prove to end at the right person, through NATs, loss,
 * cuts, and with somebody in between.
 *
 * COVERS: design 6 - authenticated direct path
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/check.h"
#include "regress/unit/direct_sim.h"

#define A_ADDR	"203.0.113.10:5001"
#define B_ADDR	"198.51.100.9:5002"
#define A_LAN	"192.168.7.2:5001"
#define B_LAN	"192.168.7.3:5002"
#define A_IP6	"[2001:db8:a::1]:5001"
#define B_IP6	"[2001:db8:b::1]:5002"
#define M_ADDR	"203.0.113.66:6666"

static struct dsim *
open_pair(uint64_t seed)
{
	struct dsim	*dm = dsim_new(seed, true, true);

	dsim_side(dm, 0, A_ADDR, "", NAT_OPEN, "");
	dsim_side(dm, 1, B_ADDR, "", NAT_OPEN, "");
	return (dm);
}

static unsigned int
dialer(const struct dsim *dm)
{
	return (e2e_dials(dm->dm_side[0].ds_e2e) ? 0 : 1);
}

static void
test_open(void **state)
{
	struct quic_stats	 qs;
	struct dsim		*dm;
	uint64_t		 start, took, heard;

	(void)state;
	dm = open_pair(9100);
	dsim_start(dm);
	start = dm->dm_sim->sm_now;
	assert_true(dsim_until(dm, dsim_both_up, 3000));
	/* Signals 25 ms each way, packets 20 ms. */
	took = dm->dm_sim->sm_now - start;
	print_message("# up after %.0f ms\n", (double)took / NS_PER_MS);
	assert_true(took < 600 * NS_PER_MS);
	assert_true(dsim_same(dm));
	assert_int_equal(dsim_talk(dm, 100), 100);
	assert_int_equal(dm->dm_side[0].ds_ups, 1);
	assert_int_equal(dm->dm_side[1].ds_ups, 1);
	assert_true(direct_stats(dm->dm_side[0].ds_direct, &qs));
	assert_true(qs.rtt_us >= 40000 && qs.rtt_us < 80000);
	/* Without media: heard all the same, each 100 ms. */
	dsim_run(dm, 1000);
	for (start = 0; start < 100; start++) {
		dsim_run(dm, 10);
		heard = direct_heard(dm->dm_side[0].ds_direct);
		assert_true(dm->dm_sim->sm_now - heard < 130 * NS_PER_MS);
		heard = direct_heard(dm->dm_side[1].ds_direct);
		assert_true(dm->dm_sim->sm_now - heard < 130 * NS_PER_MS);
	}
	/* It is there: nobody looks for another. */
	dsim_run(dm, 60000);
	assert_true(dm->dm_side[0].ds_said <= 2);
	assert_true(dsim_same(dm) && dm->dm_side[0].ds_downs == 0);
	/* The end of one is told to the other. */
	direct_free(dm->dm_side[0].ds_direct);
	dm->dm_side[0].ds_direct = NULL;
	dsim_run(dm, 200);
	assert_int_equal(dm->dm_side[1].ds_downs, 1);
	dsim_free(dm);

	/* What these checks are worth. */
	dm = open_pair(9101);
	dm->dm_cut = true;
	dsim_start(dm);
	assert_false(dsim_until(dm, dsim_both_up, 5000));
	assert_int_equal(dsim_talk(dm, 5), 0);
	dsim_free(dm);
}

static void
say(struct dsim_side *s, enum signal_type type, const char *call_id)
{
	struct signal	signal;

	memset(&signal, 0, sizeof(signal));
	signal.type = type;
	if (type == SIGNAL_HANGUP) {
		signal.u.hangup.reason = HANGUP_NORMAL;
		signal.u.hangup.call_id = call_id;
	}
	s->ds_shared.ls_now = s->ds_sim->dm_sim->sm_now;
	(void)direct_tell(s->ds_direct, &signal);
	dsim_run(s->ds_sim, 100);
}

/* The end of a call is said on the direct connection too, and nothing else. */
static void
test_hangup(void **state)
{
	struct dsim_side	*a, *b;
	struct dsim		*dm;

	(void)state;
	dm = open_pair(9150);
	a = &dm->dm_side[0];
	b = &dm->dm_side[1];
	dsim_start(dm);
	say(a, SIGNAL_HANGUP, DSIM_ID);
	assert_int_equal(b->ds_hangups, 0);
	assert_true(dsim_until(dm, dsim_both_up, 3000));
	dsim_run(dm, 200);
	say(a, SIGNAL_HANGUP, "other");
	say(a, SIGNAL_HANGUP, NULL);
	say(a, SIGNAL_REFLECT, NULL);
	assert_int_equal(b->ds_hangups, 0);
	say(a, SIGNAL_HANGUP, DSIM_ID);
	assert_int_equal(b->ds_hangups, 1);
	/* Even right before the end. */
	say(b, SIGNAL_HANGUP, DSIM_ID);
	direct_free(b->ds_direct);
	b->ds_direct = NULL;
	dsim_run(dm, 200);
	assert_int_equal(a->ds_hangups, 1);
	assert_int_equal(a->ds_downs, 1);
	dsim_free(dm);
}

/* Who can meet (RFC 5128): a symmetric one only those who let anybody in. */
static bool
meet(unsigned int a, unsigned int b)
{
	if (a == NAT_SHUT || b == NAT_SHUT)
		return (false);
	if (a == NAT_SYMMETRIC)
		return (b == NAT_OPEN || b == NAT_FULL);
	if (b == NAT_SYMMETRIC)
		return (a == NAT_OPEN || a == NAT_FULL);
	return (true);
}

static void
nat_pair(unsigned int a, unsigned int b, unsigned int delay,
    unsigned int loss)
{
	struct dsim	*dm = dsim_new(9200 + a * 8 + b, true, true);
	unsigned int	 i;

	dsim_side(dm, 0, a == NAT_OPEN ? A_ADDR : "192.168.1.2:5001", "", a,
	    A_ADDR);
	dsim_side(dm, 1, b == NAT_OPEN ? B_ADDR : "192.168.2.2:5002", "", b,
	    B_ADDR);
	dm->dm_sim->sm_delay = delay * NS_PER_MS;
	dm->dm_sim->sm_loss = loss;
	dsim_start(dm);
	assert_int_equal(dsim_until(dm, dsim_both_up, 12000), meet(a, b));
	if (dsim_both_up(dm)) {
		dsim_run(dm, 1000 + 10 * delay);
		assert_true(dsim_same(dm));
		assert_true(dsim_talk(dm, 100) >= (loss == 0 ? 100 : 80));
		for (i = 0; i < 2; i++) {
			assert_int_equal(dm->dm_side[i].ds_ups, 1);
			assert_int_equal(dm->dm_side[i].ds_downs, 0);
		}
	}
	dsim_free(dm);
}

static void
test_nat(void **state)
{
	unsigned int	 a, b;

	(void)state;
	for (a = NAT_OPEN; a <= NAT_SHUT; a++) {
		for (b = NAT_OPEN; b <= NAT_SHUT; b++) {
			nat_pair(a, b, 20, 0);
			nat_pair(a, b, 150, 50);
		}
	}
}

/*
 * Several ways that all work, each with its own delay: one connection at the
 * end, over the best, and the same for both.
 */
static void
better(unsigned int seed, bool lan, bool ip6, unsigned int loss)
{
	struct dsim	*dm = dsim_new(seed, true, true);
	struct addr	 want;

	dsim_side(dm, 0, A_LAN, ip6 ? A_IP6 : "", NAT_FULL, A_ADDR);
	dsim_side(dm, 1, B_LAN, ip6 ? B_IP6 : "", NAT_FULL, B_ADDR);
	dm->dm_lan = lan;
	dm->dm_sim->sm_loss = loss;
	dm->dm_sim->sm_jitter = 30 * NS_PER_MS;
	dsim_start(dm);
	assert_true(dsim_until(dm, dsim_both_up, 10000));
	dsim_run(dm, 4000);
	assert_true(dsim_same(dm));
	assert_true(dsim_both_up(dm));
	assert_int_equal(dm->dm_side[0].ds_downs, 0);
	assert_int_equal(dm->dm_side[1].ds_downs, 0);
	assert_true(dsim_talk(dm, 50) > (loss == 0 ? 49 : 20));
	if (loss == 0) {
		assert_int_equal(addr_parse(&want, lan ? B_LAN : ip6 ?
		    B_IP6 : B_ADDR), 0);
		assert_true(addr_equal(&dm->dm_side[0].ds_remote, &want));
	}
	dsim_free(dm);
}

static void
test_better(void **state)
{
	unsigned int	i;

	(void)state;
	for (i = 0; i < 4; i++)
		better(9300 + i, i & 1, i & 2, 0);
	for (i = 0; i < 4; i++)
		better(9310 + i, i & 1, i & 2, 100);
}

static void
test_loss(void **state)
{
	struct dsim	*dm;
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 16; i++) {
		dm = open_pair(9400 + i);
		dm->dm_sim->sm_loss = 200;
		dm->dm_sim->sm_jitter = 20 * NS_PER_MS;
		dsim_start(dm);
		assert_true(dsim_until(dm, dsim_both_up, 10000));
		dsim_run(dm, 4000);
		assert_true(dsim_both_up(dm) && dsim_same(dm));
		assert_true(dsim_talk(dm, 100) > 60);
		dsim_free(dm);
	}
}

static bool
up_again(struct dsim *dm)
{
	return (dm->dm_side[0].ds_ups >= 2 && dm->dm_side[1].ds_ups >= 2);
}

/* What paths.c does: silent for 400 ms, so look again. */
static void
watch(struct dsim *dm, unsigned int ms)
{
	struct dsim_side	*s;
	unsigned int		 n, i;

	for (n = 0; n < ms; n += 50) {
		dsim_run(dm, 50);
		for (i = 0; i < 2; i++) {
			s = &dm->dm_side[i];
			if (s->ds_up && direct_heard(s->ds_direct) +
			    400 * NS_PER_MS < dm->dm_sim->sm_now)
				direct_again(s->ds_direct);
		}
	}
}

/* The path is cut and comes back; or does not. */
static void
cut(unsigned int seed, unsigned int ms, bool back)
{
	struct dsim	*dm = open_pair(seed);
	unsigned int	 said, i;

	dsim_start(dm);
	assert_true(dsim_until(dm, dsim_both_up, 3000));
	watch(dm, 6000);
	said = dm->dm_side[0].ds_said + dm->dm_side[1].ds_said;
	dm->dm_cut = true;
	watch(dm, ms);
	/* It is looked for, but not like mad. */
	said = dm->dm_side[0].ds_said + dm->dm_side[1].ds_said - said;
	assert_true(said >= 2 && said <= 4 + ms / 1000);
	dm->dm_cut = !back;
	for (i = 0; i < 20 && !up_again(dm); i++)
		watch(dm, 500);
	assert_int_equal(up_again(dm), back);
	if (back) {
		watch(dm, 3000);
		assert_true(dsim_same(dm));
		assert_int_equal(dsim_talk(dm, 20), 20);
		assert_true(dsim_both_up(dm));
	} else
		assert_int_equal(dsim_talk(dm, 20), 0);
	dsim_free(dm);
}

static void
test_cut(void **state)
{
	(void)state;
	cut(9500, 700, true);
	cut(9501, 3000, true);
	cut(9502, 10000, true);
	cut(9503, 3000, false);
}

/* A path that appears minutes later is found without anybody's doing. */
static void
test_later(void **state)
{
	struct dsim	*dm;
	unsigned int	 i;

	(void)state;
	dm = open_pair(9600);
	dm->dm_cut = true;
	dsim_start(dm);
	dsim_run(dm, 300000);
	assert_int_equal(dm->dm_side[0].ds_ups, 0);
	/* Five minutes: the relay gives 64 rounds to a call. */
	assert_true(dm->dm_round >= 8 && dm->dm_round <= 24);
	print_message("# %u rounds\n", dm->dm_round);
	dm->dm_cut = false;
	assert_true(dsim_until(dm, dsim_both_up, 62000));
	assert_int_equal(dsim_talk(dm, 20), 20);
	dsim_free(dm);

	/* A change of our own addresses, or the other's: at once. */
	for (i = 0; i < 2; i++) {
		dm = open_pair(9610 + i);
		dm->dm_cut = true;
		dsim_start(dm);
		dsim_run(dm, 120000);
		dm->dm_cut = false;
		dm->dm_side[i].ds_shared.ls_now = dm->dm_sim->sm_now;
		direct_own_changed(dm->dm_side[i].ds_direct,
		    &dm->dm_side[i].ds_own);
		assert_true(dsim_until(dm, dsim_both_up, 1000));
		dsim_free(dm);
	}
}

/* The relay is away when the path breaks: it is asked as soon as it is back. */
static void
test_away(void **state)
{
	struct dsim_side	*s;
	struct dsim		*dm;
	unsigned int		 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		dm = open_pair(9650);
		dsim_start(dm);
		assert_true(dsim_until(dm, dsim_both_up, 3000));
		watch(dm, 6000);
		/* It is used as before, relay or not. */
		dm->dm_no_relay = true;
		assert_int_equal(dsim_talk(dm, 20), 20);
		/* Nothing of the old connection comes through any more. */
		s = &dm->dm_side[1 - dialer(dm)];
		assert_int_equal(addr_parse(&s->ds_node->sn_addr,
		    "100.20.30.40:7007"), 0);
		(void)strlcpy(s->ds_own.do_reflexive, "100.20.30.40:7007",
		    sizeof(s->ds_own.do_reflexive));
		s->ds_shared.ls_now = dm->dm_sim->sm_now;
		direct_own_changed(s->ds_direct, &s->ds_own);
		watch(dm, 20000);
		assert_false(up_again(dm));
		dm->dm_no_relay = i == 0;
		watch(dm, 3000);
		assert_int_equal(up_again(dm), i == 1);
		dsim_free(dm);
	}
}

/* Wi-Fi to mobile: another address, and the old one is gone. */
static void
move(unsigned int who, bool tell, bool hosts)
{
	struct dsim		*dm = open_pair(9700 + who);
	struct dsim_side	*s = &dm->dm_side[who];
	unsigned int		 i;

	dsim_start(dm);
	assert_true(dsim_until(dm, dsim_both_up, 3000));
	watch(dm, 3000);
	assert_int_equal(addr_parse(&s->ds_node->sn_addr,
	    "100.20.30.40:7007"), 0);
	(void)strlcpy(s->ds_own.do_reflexive, "100.20.30.40:7007",
	    sizeof(s->ds_own.do_reflexive));
	if (hosts) {
		s->ds_shared.ls_now = dm->dm_sim->sm_now;
		direct_hosts(s->ds_direct, &s->ds_node->sn_addr, 1);
		assert_int_equal(s->ds_downs, who != dialer(dm));
	}
	if (tell) {
		s->ds_shared.ls_now = dm->dm_sim->sm_now;
		direct_own_changed(s->ds_direct, &s->ds_own);
		for (i = 0; i < 6 && !up_again(dm); i++)
			watch(dm, 200);
		assert_true(up_again(dm));
		watch(dm, 7000);
		assert_true(dsim_same(dm));
		assert_int_equal(dsim_talk(dm, 20), 20);
	} else {
		/* The dialer moves on by itself; the acceptor cannot. */
		dsim_run(dm, 1000);
		assert_int_equal(dsim_talk(dm, 20) > 0, who == dialer(dm));
	}
	/*
	 * Accepted connections answer from the address that they came to; not
	 * one packet more is to leave from there.
	 */
	if (hosts)
		assert_int_equal(s->ds_stale, 0);
	else if (who != dialer(dm))
		assert_true(s->ds_stale > 0);
	dsim_free(dm);
}

static void
test_move(void **state)
{
	unsigned int	i;

	(void)state;
	for (i = 0; i < 2; i++) {
		move(i, true, true);
		move(i, true, false);
		move(i, false, false);
	}
}

/*
 * Somebody in between, to whose address the relay leads both.  He passes the
 * checks on, ends the QUIC connections himself, and passes on what is said on
 * them, the proofs too: they are of other connections.
 */
struct middle {
	bool		 mi_splices;	/* ends connections himself */
	struct sim_node	*mi_node;
	struct sim_side	*mi_in;		/* from the dialer */
	struct sim_side	*mi_out;	/* to the other */
	struct sim_side	*mi_held;	/* said something, not passed on yet */
	unsigned int	 mi_proofs;
	unsigned int	 mi_shook;	/* with the dialer */
};

static void
middle_passes(struct sim_node *sn, const struct sim_packet *sp)
{
	struct dsim	*dm = sn->sn_sim->sm_arg;
	struct middle	*mi = dm->dm_arg;
	unsigned int	 to;

	if (mi->mi_splices && !check_is(sp->sp_data, sp->sp_len))
		return;
	to = addr_equal(&sp->sp_from, &dm->dm_side[0].ds_node->sn_addr);
	sim_send(sn->sn_sim, &sn->sn_addr, &dm->dm_side[to].ds_node->sn_addr,
	    0, sp->sp_data, sp->sp_len);
}

static void
middle_established(struct sim_side *ss)
{
	struct dsim	*dm = ss->ss_node->sn_sim->sm_arg;
	struct middle	*mi = dm->dm_arg;

	if (!quic_conn_is_server(ss->ss_conn))
		return;
	mi->mi_in = ss;
	mi->mi_shook++;
	mi->mi_out = sim_connect(mi->mi_node,
	    dm->dm_side[1 - dialer(dm)].ds_node, DSIM_NAME);
	assert_non_null(mi->mi_out);
}

static void
middle_message(struct sim_side *ss)
{
	struct dsim	*dm = ss->ss_node->sn_sim->sm_arg;
	struct middle	*mi = dm->dm_arg;

	mi->mi_proofs++;
	mi->mi_held = ss;
}

static bool
middle_ready(struct dsim *dm)
{
	struct middle	*mi = dm->dm_arg;

	return (mi->mi_held != NULL && mi->mi_out->ss_established);
}

/* First what nobody may hear yet, then the proof of the other connection. */
static void
middle_talks(struct dsim *dm)
{
	struct middle	*mi = dm->dm_arg;
	unsigned int	 i;

	assert_true(dsim_until(dm, middle_ready, 4000));
	for (i = 0; i < 3; i++) {
		assert_int_equal(quic_send_datagram(mi->mi_out->ss_conn,
		    "hear me", 7, dm->dm_sim->sm_now), 0);
		assert_int_equal(quic_send_datagram(mi->mi_in->ss_conn,
		    "hear me", 7, dm->dm_sim->sm_now), 0);
	}
	dsim_run(dm, 100);
	assert_int_equal(mi->mi_proofs, 1);
	assert_int_equal(quic_send_message(mi->mi_out->ss_conn,
	    mi->mi_held->ss_last, mi->mi_held->ss_last_len), 0);
}

static void
test_middle(void **state)
{
	struct dsim	*dm;
	struct middle	 mi;
	unsigned int	 splices, acceptor;

	(void)state;
	for (splices = 0; splices < 2; splices++) {
		dm = open_pair(9800 + splices);
		memset(&mi, 0, sizeof(mi));
		mi.mi_splices = splices;
		mi.mi_node = sim_node(dm->dm_sim, 2, M_ADDR, true, false);
		mi.mi_node->sn_raw = middle_passes;
		if (splices) {
			mi.mi_node->sn_on_established = middle_established;
			mi.mi_node->sn_on_message = middle_message;
			sim_start(mi.mi_node);
		}
		dm->dm_arg = &mi;
		dm->dm_instead = M_ADDR;
		dsim_start(dm);
		if (splices)
			middle_talks(dm);
		dsim_run(dm, 8000);
		acceptor = 1 - dialer(dm);
		if (!splices) {
			/*
			 * One that only passes packets on is as good as a
			 * NAT, and the same proofs are true.
			 */
			assert_true(dsim_both_up(dm) && dsim_same(dm));
			assert_int_equal(dsim_talk(dm, 20), 20);
			dsim_free(dm);
			continue;
		}
		/* He got the proof, and it was worth nothing elsewhere. */
		assert_true(mi.mi_proofs > 0);
		assert_int_equal(dm->dm_side[0].ds_datagrams, 0);
		assert_int_equal(dm->dm_side[1].ds_datagrams, 0);
		assert_string_equal(dm->dm_side[acceptor].ds_refused,
		    M_ADDR " is not the person called");
		assert_int_equal(dm->dm_side[0].ds_ups, 0);
		assert_int_equal(dm->dm_side[1].ds_ups, 0);
		assert_int_equal(dm->dm_side[acceptor].ds_nconns, 0);
		/* And his address is out for the rest of the call. */
		dsim_run(dm, 60000);
		assert_int_equal(dm->dm_side[acceptor].ds_accepted, 1);
		assert_string_equal(dm->dm_side[1 - acceptor].ds_refused,
		    M_ADDR " is not the person called");
		assert_int_equal(dm->dm_side[1 - acceptor].ds_nconns, 0);
		assert_int_equal(mi.mi_shook, 2);
		dsim_free(dm);
	}
}

/* He says nothing at all: nobody waits for him longer than three seconds. */
static void
test_middle_silent(void **state)
{
	struct sim_side	*out;
	struct dsim	*dm;
	struct middle	 mi;

	(void)state;
	dm = open_pair(9810);
	memset(&mi, 0, sizeof(mi));
	mi.mi_splices = true;
	mi.mi_node = sim_node(dm->dm_sim, 2, M_ADDR, true, false);
	mi.mi_node->sn_raw = middle_passes;
	mi.mi_node->sn_on_established = middle_established;
	mi.mi_node->sn_on_message = middle_message;
	sim_start(mi.mi_node);
	dm->dm_arg = &mi;
	dm->dm_instead = M_ADDR;
	dsim_start(dm);
	assert_true(dsim_until(dm, middle_ready, 4000));
	out = mi.mi_out;
	dsim_run(dm, 2500);
	assert_false(out->ss_closed);
	assert_int_equal(dm->dm_side[1 - dialer(dm)].ds_nconns, 1);
	dsim_run(dm, 1000);
	assert_true(out->ss_closed);
	assert_string_equal(out->ss_reason, "no proof");
	assert_int_equal(dm->dm_side[0].ds_ups, 0);
	assert_int_equal(dm->dm_side[1].ds_ups, 0);
	dsim_free(dm);
}

/* A key of another call: the checks are not answered, nothing is dialled. */
static void
test_other_secret(void **state)
{
	struct dsim	*dm;

	(void)state;
	dm = dsim_new(9900, true, true);
	dsim_other_secret(dm);
	dsim_side(dm, 0, A_ADDR, "", NAT_OPEN, "");
	dsim_side(dm, 1, B_ADDR, "", NAT_OPEN, "");
	dsim_start(dm);
	dsim_run(dm, 10000);
	assert_true(dm->dm_side[0].ds_checks > 0);
	assert_true(dm->dm_side[1].ds_checks > 0);
	assert_int_equal(dm->dm_side[0].ds_accepted, 0);
	assert_int_equal(dm->dm_side[1].ds_accepted, 0);
	assert_int_equal(dm->dm_side[0].ds_nconns, 0);
	assert_int_equal(dm->dm_side[0].ds_ups, 0);
	dsim_free(dm);
}

/* Right name, wrong place: from where no check came. */
static void
test_stranger(void **state)
{
	struct sim_side	*ss[2];
	struct dsim	*dm;
	unsigned int	 i;

	(void)state;
	dm = open_pair(9950);
	sim_start(sim_node(dm->dm_sim, 2, M_ADDR, false, false));
	/* Before there is a call nobody is listened to. */
	ss[0] = sim_connect(&dm->dm_sim->sm_node[2], dm->dm_side[0].ds_node,
	    DSIM_NAME);
	dsim_run(dm, 100);
	assert_int_equal(dm->dm_side[0].ds_refusals, 0);
	assert_true(dm->dm_side[0].ds_node->sn_received > 0);
	assert_int_equal(quic_endpoint_connections(
	    dm->dm_side[0].ds_node->sn_ep), 0);
	dsim_start(dm);
	assert_true(dsim_until(dm, dsim_both_up, 3000));
	for (i = 0; i < 2; i++)
		ss[i] = sim_connect(&dm->dm_sim->sm_node[2],
		    dm->dm_side[i].ds_node, DSIM_NAME);
	dsim_run(dm, 1000);
	for (i = 0; i < 2; i++) {
		assert_false(ss[i]->ss_established);
		assert_true(ss[i]->ss_closed);
		assert_true(dm->dm_side[i].ds_refusals > 0);
	}
	assert_true(dsim_same(dm));
	/* The one who was expected was let in. */
	assert_int_equal(dm->dm_side[1 - dialer(dm)].ds_accepted, 1);
	dsim_free(dm);
}

/* Nonsense from the other, by way of the relay: left out, the rest is used. */
static void
test_nonsense(void **state)
{
	static const char *const	bad[] = { "", "x", "127.0.0.1:5000",
	    "[::1]:5000", "224.0.0.5:5000", "0.0.0.0:5000", "[::]:5000",
	    "255.255.255.255:5000", "198.51.100.9:0", "[fe80::1]:5000",
	    "[ff02::1]:5000", "169.254.3.4:5000", "host.example:5000",
	    "[::ffff:127.0.0.1]:5000" };
	const size_t			n = sizeof(bad) / sizeof(bad[0]);
	struct signal			s;
	struct dsim			*dm;
	const char			*list[32];
	size_t				 i;

	(void)state;
	dm = open_pair(9960);
	for (i = 0; i < n; i++)
		list[i] = bad[i];
	list[n] = "198.51.100.77:5000";
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_CALL_CANDIDATES;
	s.u.call_candidates.call_id = DSIM_ID;
	s.u.call_candidates.candidates.list = list;
	s.u.call_candidates.candidates.n = n + 1;
	dsim_start(dm);
	dm->dm_arg = NULL;
	direct_signal(dm->dm_side[0].ds_direct, &s);
	s.u.call_candidates.call_id = "other";
	s.u.call_candidates.generation = 9;
	direct_signal(dm->dm_side[0].ds_direct, &s);
	assert_true(dsim_until(dm, dsim_both_up, 3000));
	assert_int_equal(dsim_talk(dm, 10), 10);
	dsim_free(dm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_hangup),
		cmocka_unit_test(test_nat),
		cmocka_unit_test(test_better),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_middle),
		cmocka_unit_test(test_middle_silent),
		cmocka_unit_test(test_other_secret),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_nonsense),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
