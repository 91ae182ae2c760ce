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
 * signald and registryd killed at random moments while calls are made: what a
 * caller was told, the registry knows, and in the end every call has ended
 * there.  Virtual time, a disk that keeps what was committed, and clients
 * that believe only what reached them.
 *
 * COVERS: registry - acknowledged calls are recorded, whoever is killed
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "regress/unit/chaos_world.h"
#include "regress/unit/quiet.h"

#define SEEDS		60
#define TICKS		600

struct chaos {
	struct world		*w;
	struct people		 people;
	struct registry		 reg;
	struct asked		 asked;
	uint64_t		 now;
	bool			 registry;
	bool			 recovered;
	bool			 online[3];
	bool			 liar;		/* confirms, then writes */
	unsigned int		 kills[2];
	unsigned int		 acknowledged;
	unsigned int		 wrong;
};

static unsigned int
rnd(struct chaos *c, unsigned int max)
{
	return (people_random(&c->people, max));
}

/* What the clients and mediad get of what a step brought out. */
static void
deliver(struct chaos *c)
{
	size_t	i;

	for (i = 0; i < c->w->nout; i++)
		if (!asked_hear(&c->asked, c->w->out[i]))
			people_hear(&c->people, c->w->out[i]);
	c->w->nout = c->w->taken = 0;
}

static void
step(struct chaos *c, const char *line)
{
	c->w->nout = c->w->taken = 0;
	if (world_step(c->w, line) == -1)
		fail_msg("%s: %s", line, c->w->why);
}

/* One transaction; whoever confirms may be dead before it does. */
static void
commit(struct chaos *c, bool confirm)
{
	struct msg_call_committed	msg;

	if (c->reg.nqueue == 0)
		return;
	memset(&msg, 0, sizeof(msg));
	msg.ok = true;
	msg.seq = c->reg.queue[c->reg.nqueue - 1].seq;
	if (!c->liar)
		registry_write(&c->reg);
	c->reg.nqueue = 0;
	c->w->nout = c->w->taken = 0;
	if (confirm)
		flow_committed(c->w->flow, &msg);
}

static void
kill_registryd(struct chaos *c)
{
	c->kills[0]++;
	c->reg.nqueue = 0;
	c->registry = false;
	step(c, "registry down");
	deliver(c);
}

static void
start_registryd(struct chaos *c)
{
	unsigned int	i;

	c->registry = true;
	step(c, "registry up");
	deliver(c);
	if (c->recovered)
		return;
	for (i = 0; i < c->reg.ndisk; i++) {
		if (c->reg.disk[i].state == CALL_ENDED)
			continue;
		c->w->nout = 0;
		flow_live(c->w->flow, &c->reg.disk[i]);
		deliver(c);
	}
	step(c, "recovered");
	c->recovered = true;
}

static void
start_signald(struct chaos *c)
{
	struct flow_config	 config;
	struct seen		*s;
	char			 line[64];
	unsigned int		 i;

	chaos_config(&config);
	c->w = world_new_config(&config);
	world_set_time(c->w, c->now);
	c->w->recorded = registry_recorded;
	c->w->recorded_arg = &c->reg;
	c->asked.n = 0;
	c->recovered = false;
	memset(c->online, 0, sizeof(c->online));
	for (i = 0; i < c->people.ncalls; i++) {
		s = &c->people.calls[i];
		if (!s->inside)
			continue;
		(void)snprintf(line, sizeof(line), "opened 2 call-%s", s->id);
		step(c, line);
	}
	if (c->registry)
		start_registryd(c);
	else
		step(c, "registry down");
}

static void
kill_signald(struct chaos *c)
{
	unsigned int	i;

	c->kills[1]++;
	c->now = c->w->now;
	world_free(c->w);
	/* What it had sent is in registryd's channel, and is read. */
	c->w = NULL;
	if (!c->liar)
		registry_write(&c->reg);
	c->reg.nqueue = 0;
	for (i = 0; i < c->people.ncalls; i++) {
		seen_lost(&c->people.calls[i], 0);
		seen_lost(&c->people.calls[i], 1);
	}
	start_signald(c);
}

static void
come_online(struct chaos *c, unsigned int who)
{
	char	line[16];

	if (c->online[who])
		return;
	(void)snprintf(line, sizeof(line), "reg %c", 'A' + (int)who);
	step(c, line);
	c->online[who] = true;
	deliver(c);
}

static void
offer(struct chaos *c)
{
	unsigned int	from = rnd(c, 3), to = (from + 1 + rnd(c, 2)) % 3;
	char		line[1024];

	if (c->online[from] && people_offer(&c->people, from, to, line,
	    sizeof(line)) != NULL)
		step(c, line);
}

/* Something that a party of one of the newest calls does. */
static void
party(struct chaos *c)
{
	struct seen	*s;
	unsigned int	 side = rnd(c, 2);
	char		 line[1024];
	bool		 online;

	if ((s = people_recent(&c->people)) == NULL)
		return;
	online = c->online[s->who[side] - 'A'];
	if (s->over[side])
		return;
	if (side == 1 && s->offered && !s->answered && rnd(c, 4) != 0) {
		if (!online)
			return;
		seen_answer(s, line, sizeof(line));
		step(c, line);
		return;
	}
	if (!(side == 0 ? s->ringing : s->offered) || rnd(c, 3) != 0)
		return;
	/* Also to nobody. */
	seen_hangup(s, side, line, sizeof(line));
	if (online)
		step(c, line);
}

static void
admit(struct chaos *c)
{
	char	line[64];

	if (asked_answer(&c->asked, line, sizeof(line)))
		step(c, line);
}

/* Who has CallSetup is in the room, until he hangs up. */
static void
rooms(struct chaos *c)
{
	struct seen	*s;
	unsigned int	 i;
	char		 line[64];
	bool		 inside;

	for (i = 0; i < c->people.ncalls; i++) {
		s = &c->people.calls[i];
		inside = (s->setup[0] && !s->over[0]) ||
		    (s->setup[1] && !s->over[1]);
		if (inside == s->inside)
			continue;
		s->inside = inside;
		(void)snprintf(line, sizeof(line), "%s 2 call-%s", inside ?
		    "opened" : "empty", s->id);
		step(c, line);
		deliver(c);
	}
}

/* All is up, everybody is there, everything was written down. */
static void
check(struct chaos *c)
{
	const struct msg_call_put	*put;
	struct seen			*s;
	unsigned int			 i;

	for (i = 0; i < c->people.ncalls; i++) {
		s = &c->people.calls[i];
		put = registry_find(&c->reg, s->id);
		if (!s->ringing && !s->setup[0])
			continue;
		c->acknowledged++;
		if (put == NULL)
			c->wrong++;
		else if (s->setup[0] && s->setup[1] && !s->over[0] &&
		    !s->over[1] && put->state != CALL_ACTIVE)
			c->wrong++;
		else if (s->ringing && !s->answered && !s->over[0] &&
		    put->state != CALL_RINGING)
			c->wrong++;
		/* Both know of its end and could say so, or hear it. */
		else if (put->state != CALL_ENDED && s->over[0] &&
		    s->over[1])
			c->wrong++;
	}
}

static void
settle(struct chaos *c)
{
	unsigned int	i;

	if (!c->registry)
		start_registryd(c);
	for (i = 0; i < 3; i++)
		come_online(c, i);
	for (i = 0; i < 20; i++) {
		commit(c, true);
		deliver(c);
		while (c->asked.n != 0) {
			admit(c);
			deliver(c);
		}
		rooms(c);
	}
}

/* Wait until the time of grace is over for what ended unheard. */
static void
settle_and_check(struct chaos *c)
{
	settle(c);
	step(c, "after 16000");
	deliver(c);
	settle(c);
	check(c);
}

static unsigned int
chaos(uint64_t seed, bool liar, bool away, unsigned int *kills,
    unsigned int *acknowledged)
{
	static struct chaos	 c;
	const struct msg_call_put *put;
	unsigned int		 i, what;
	char			 line[32];

	memset(&c, 0, sizeof(c));
	people_begin(&c.people, seed);
	c.now = UINT64_C(1000000000);
	c.liar = liar;
	c.registry = true;
	start_signald(&c);
	for (i = 0; i < TICKS; i++) {
		what = rnd(&c, 100);
		if (what < 25)
			offer(&c);
		else if (what < 55)
			party(&c);
		else if (what < 75) {
			if (c.registry)
				commit(&c, rnd(&c, 16) != 0);
			/* Killed before it confirmed. */
			if (c.w->nout == 0 && rnd(&c, 16) == 0 && c.registry)
				kill_registryd(&c);
		} else if (what < 85)
			admit(&c);
		else if (what < 92)
			come_online(&c, rnd(&c, 3));
		else if (what < 94)
			kill_registryd(&c);
		else if (what < 97 && !c.registry)
			start_registryd(&c);
		else {
			(void)snprintf(line, sizeof(line), "after %u",
			    1 + rnd(&c, 30));
			step(&c, line);
		}
		/* Killed before it sent what it was about to. */
		if (rnd(&c, 60) == 0) {
			kill_signald(&c);
			continue;
		}
		deliver(&c);
		rooms(&c);
	}
	settle_and_check(&c);
	/* Everybody leaves: clean, or never to return. */
	if (away) {
		kill_signald(&c);
		step(&c, "after 20000");
		deliver(&c);
	} else {
		for (i = 0; i < 3; i++) {
			(void)snprintf(line, sizeof(line), "gone %c clean",
			    'A' + (int)i);
			step(&c, line);
		}
	}
	for (i = 0; i < 10; i++)
		commit(&c, true);
	for (i = 0; i < c.people.ncalls; i++) {
		put = registry_find(&c.reg, c.people.calls[i].id);
		if (put != NULL && put->state != CALL_ENDED)
			c.wrong++;
	}
	if (calls_count(flow_calls(c.w->flow)) != 0 ||
	    flow_unconfirmed(c.w->flow) != 0)
		c.wrong++;
	kills[0] += c.kills[0];
	kills[1] += c.kills[1];
	*acknowledged += c.acknowledged;
	world_free(c.w);
	return (c.wrong);
}

static void
killed(void **state)
{
	unsigned int	seed, kills[2] = { 0, 0 }, acknowledged = 0, wrong;

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++) {
		wrong = chaos(seed, false, seed % 2 == 0, kills,
		    &acknowledged);
		if (wrong != 0)
			fail_msg("seed %u: %u calls are wrong", seed, wrong);
	}
	print_message("%u seeds: registryd killed %u times, signald %u, "
	    "%u calls acknowledged\n", SEEDS, kills[0], kills[1],
	    acknowledged);
	assert_true(kills[0] > 5 * SEEDS && kills[1] > 5 * SEEDS);
	assert_true(acknowledged > 20 * SEEDS);
}

/* A registry that confirms what it has not written is noticed. */
static void
negative_control(void **state)
{
	unsigned int	kills[2] = { 0, 0 }, acknowledged = 0;

	(void)state;
	assert_true(chaos(1, true, false, kills, &acknowledged) > 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(negative_control),
		cmocka_unit_test(killed),
	};

	log_init("call_kill_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
