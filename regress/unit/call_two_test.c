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
 * Two relays with a federation in memory between them, in virtual time.  What
 * clients see of a call is the same as on one relay; and whatever dies on
 * either side (signald, registryd, federd) or between them, no call stays
 * alive on one side only.
 *
 * COVERS: row 4.20 - clients see the messages of one relay
 * COVERS: gap 24 - no party is left with a call that has ended elsewhere
 * COVERS: federation - signald, registryd, federd and links die in calls
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
#include "regress/unit/flow_lines.h"
#include "regress/unit/quiet.h"

#define INBOX_MAX	512
#define SEEDS		150
#define TICKS		2500

/* What federd says to signald. */
struct news {
	enum msg_type	type;
	char		text[WORLD_LINE_MAX];	/* inner, call_id */
	uint64_t	seq;
	bool		yes;			/* found; up */
};

struct relay {
	struct world		*w;
	struct net		*net;
	int			 side;
	bool			 federd, registry, online[3];
	struct news		 inbox[INBOX_MAX];
	unsigned int		 nin;
	struct registry		 reg;
	struct asked		 asked;
};

struct net {
	struct relay	 r[2];
	bool		 link;
	bool		 mute;		/* nobody says "we have this call" */
	uint64_t	 now;
	struct people	 people;
	unsigned int	 deaths[4], across, ended_far;
	/* Everything a client got, in order (not in chaos). */
	char		*log;
	size_t		 loglen;
};

static const char	relay_of[2] = { 'R', 'S' };
/* Alice is at R, Bob at S, Carol wherever she likes. */
static const char	home[3] = { 0, 1, 1 };

static unsigned int
rnd(struct net *n, unsigned int max)
{
	return (people_random(&n->people, max));
}

static void
tell(struct relay *r, enum msg_type type, const char *text, size_t len,
    uint64_t seq, bool yes)
{
	struct news	*news;

	assert_true(r->nin < INBOX_MAX && len < WORLD_LINE_MAX);
	news = &r->inbox[r->nin++];
	news->type = type;
	memcpy(news->text, text, len);
	news->text[len] = '\0';
	news->seq = seq;
	news->yes = yes;
}

static int
far_signal(void *arg, const struct msg_fed_signal *msg)
{
	struct relay	*r = arg, *other = &r->net->r[1 - r->side];
	char		 text[WORLD_LINE_MAX], id[32] = "";
	const char	*p;

	assert_int_equal(msg->path.len, TLS_HASH_LEN);
	assert_int_equal(msg->path.data[0], relay_of[other->side]);
	assert_false(msg->legacy);
	assert_true(msg->inner.len < sizeof(text));
	memcpy(text, msg->inner.data, msg->inner.len);
	text[msg->inner.len] = '\0';
	assert_non_null(p = strstr(text, "\"call_id\":\""));
	assert_int_equal(sscanf(p + 11, "%15[a-z0-9]", id), 1);
	if (r->net->mute && strstr(text, "CallRinging") != NULL)
		return (0);
	if (r->net->link)
		tell(other, MSG_FED_SIGNAL, text, msg->inner.len, 0, false);
	else if (strstr(text, "Hangup") == NULL)
		tell(r, MSG_FED_UNSENT, id, strlen(id), 0, false);
	return (0);
}

static int
find(void *arg, const struct msg_fed_find *msg)
{
	struct relay	*r = arg, *other = &r->net->r[1 - r->side];

	tell(r, MSG_FED_FOUND, "", 0, msg->seq, r->net->link &&
	    hub_is_online(other->w->hub, msg->fingerprint));
	return (0);
}

/* What the last step brought out of a relay. */
static void
deliver(struct relay *r)
{
	struct net	*n = r->net;
	const char	*out;
	size_t		 i;

	for (i = 0; i < r->w->nout; i++) {
		out = r->w->out[i];
		if (asked_hear(&r->asked, out) || out[1] != ' ')
			continue;
		if (n->log != NULL) {
			assert_true(n->loglen + strlen(out) + 2 < 65536);
			n->loglen += (size_t)sprintf(n->log + n->loglen,
			    "%s\n", out);
		}
		people_hear(&n->people, out);
	}
	r->w->nout = r->w->taken = 0;
}

static void
step(struct relay *r, const char *line)
{
	r->w->nout = r->w->taken = 0;
	if (world_step(r->w, line) == -1)
		fail_msg("%s: %s", line, r->w->why);
	deliver(r);
}

static void
commit(struct relay *r)
{
	struct msg_call_committed	msg;

	if (r->reg.nqueue == 0 || !r->registry)
		return;
	memset(&msg, 0, sizeof(msg));
	msg.ok = true;
	msg.seq = r->reg.queue[r->reg.nqueue - 1].seq;
	registry_write(&r->reg);
	r->w->nout = r->w->taken = 0;
	flow_committed(r->w->flow, &msg);
	deliver(r);
}

static void
admit(struct relay *r)
{
	char	line[64];

	if (asked_answer(&r->asked, line, sizeof(line)))
		step(r, line);
}

/* The oldest thing that federd has for signald. */
static void
hear(struct relay *r)
{
	struct news	news;
	char		line[2 * WORLD_LINE_MAX];
	char		other = relay_of[1 - r->side];

	if (r->nin == 0)
		return;
	news = r->inbox[0];
	r->nin--;
	memmove(&r->inbox[0], &r->inbox[1], sizeof(news) * r->nin);
	switch (news.type) {
	case MSG_FED_FOUND:
		r->w->find_seq = news.seq;
		(void)snprintf(line, sizeof(line), news.yes ? "found %c" :
		    "nobody", other);
		break;
	case MSG_FED_UNSENT:
		(void)snprintf(line, sizeof(line), "unsent %s %c", news.text,
		    other);
		break;
	case MSG_FED_LINK:
		(void)snprintf(line, sizeof(line), "link %c %s", other,
		    news.yes ? "up" : "down");
		break;
	default:
		(void)snprintf(line, sizeof(line), "far %c %s", other,
		    news.text);
		break;
	}
	step(r, line);
}

/* Deaths and returns */

static void
link_down(struct net *n)
{
	struct relay	*r;
	unsigned int	 i, k, kept;

	if (!n->link)
		return;
	n->link = false;
	n->deaths[3]++;
	for (i = 0; i < 2; i++) {
		r = &n->r[i];
		/* What was on its way may have got lost. */
		for (k = kept = 0; k < r->nin; k++)
			if (r->inbox[k].type != MSG_FED_SIGNAL ||
			    rnd(n, 2) == 0)
				r->inbox[kept++] = r->inbox[k];
		r->nin = kept;
		if (r->federd)
			tell(r, MSG_FED_LINK, "", 0, 0, false);
	}
}

static void
link_up(struct net *n)
{
	int	i;

	if (n->link || !n->r[0].federd || !n->r[1].federd)
		return;
	n->link = true;
	for (i = 0; i < 2; i++)
		tell(&n->r[i], MSG_FED_LINK, "", 0, 0, true);
}

static void
kill_federd(struct relay *r)
{
	if (!r->federd)
		return;
	link_down(r->net);
	r->net->deaths[2]++;
	r->federd = false;
	r->nin = 0;
	step(r, "federd down");
}

static void
start_federd(struct relay *r)
{
	if (r->federd)
		return;
	r->federd = true;
	step(r, "federd up");
}

static void
kill_registryd(struct relay *r)
{
	if (!r->registry)
		return;
	r->net->deaths[1]++;
	r->registry = false;
	r->reg.nqueue = 0;
	step(r, "registry down");
}

static void
start_registryd(struct relay *r)
{
	char		line[64];
	unsigned int	i;

	if (r->registry)
		return;
	r->registry = true;
	step(r, "registry up");
	for (i = 0; i < r->reg.ndisk; i++) {
		if (r->reg.disk[i].state == CALL_ENDED)
			continue;
		r->w->nout = r->w->taken = 0;
		flow_live(r->w->flow, &r->reg.disk[i]);
		deliver(r);
		if (calls_find(flow_calls(r->w->flow),
		    r->reg.disk[i].call_id) == NULL)
			continue;
		/* Its party has never left the room. */
		(void)snprintf(line, sizeof(line), "opened 2 call-%s",
		    r->reg.disk[i].call_id);
		step(r, line);
	}
	step(r, "recovered");
}

static void
start_signald(struct relay *r)
{
	struct flow_config	config;

	chaos_config(&config);
	r->w = world_new_fresh(&config);
	world_set_time(r->w, r->net->now);
	r->w->recorded = registry_recorded;
	r->w->recorded_arg = &r->reg;
	r->w->far_signal = far_signal;
	r->w->find = find;
	r->w->far_arg = r;
	r->asked.n = r->nin = 0;
	memset(r->online, 0, sizeof(r->online));
	if (r->federd) {
		step(r, "federd up");
		if (r->net->link)
			tell(r, MSG_FED_LINK, "", 0, 0, true);
	}
	if (r->registry) {
		r->registry = false;
		start_registryd(r);
	} else
		step(r, "registry down");
}

static void
kill_signald(struct relay *r)
{
	struct net	*n = r->net;
	struct seen	*s;
	unsigned int	 i, side;

	n->deaths[0]++;
	world_free(r->w);
	/* What it had sent is in registryd's channel, and is read. */
	registry_write(&r->reg);
	for (i = 0; i < n->people.ncalls; i++) {
		s = &n->people.calls[i];
		for (side = 0; side < 2; side++)
			if (home[s->who[side] - 'A'] == r->side)
				seen_lost(s, side);
	}
	start_signald(r);
}

/* People */

static void
come_online(struct net *n, unsigned int who)
{
	struct relay	*r = &n->r[(int)home[who]];
	char		 line[16];

	if (r->online[who])
		return;
	r->online[who] = true;
	(void)snprintf(line, sizeof(line), "reg %c", 'A' + (int)who);
	step(r, line);
}

static void
leave(struct net *n, unsigned int who)
{
	struct relay	*r = &n->r[(int)home[who]];
	char		 line[32];

	if (!r->online[who])
		return;
	r->online[who] = false;
	(void)snprintf(line, sizeof(line), "gone %c %s", 'A' + (int)who,
	    rnd(n, 2) == 0 ? "lost" : "clean");
	step(r, line);
}

static void
offer(struct net *n)
{
	unsigned int	 from = rnd(n, 3), to = (from + 1 + rnd(n, 2)) % 3;
	struct relay	*r = &n->r[(int)home[from]];
	char		 line[1024];

	if (!r->online[from] || people_offer(&n->people, from, to, line,
	    sizeof(line)) == NULL)
		return;
	if (home[from] != home[to])
		n->across++;
	step(r, line);
}

static void
party(struct net *n)
{
	struct seen	*s;
	struct relay	*r;
	unsigned int	 side = rnd(n, 2), who;
	char		 line[1024];

	if ((s = people_recent(&n->people)) == NULL)
		return;
	who = (unsigned int)(s->who[side] - 'A');
	r = &n->r[(int)home[who]];
	if (s->over[side] || !r->online[who])
		return;
	if (side == 1 && s->offered && !s->answered && rnd(n, 4) != 0) {
		seen_answer(s, line, sizeof(line));
		step(r, line);
		return;
	}
	if (!(side == 0 ? s->ringing : s->offered) || rnd(n, 20) != 0)
		return;
	seen_hangup(s, side, line, sizeof(line));
	step(r, line);
}

static void
pass(struct net *n, unsigned int ms)
{
	char	line[32];
	int	i;

	(void)snprintf(line, sizeof(line), "after %u", ms);
	for (i = 0; i < 2; i++)
		step(&n->r[i], line);
	n->now = n->r[0].w->now;
}

/* All that is on its way arrives. */
static void
drain(struct net *n)
{
	unsigned int	i, rounds;
	bool		more = true;

	for (rounds = 0; more && rounds < 2000; rounds++) {
		more = false;
		for (i = 0; i < 2; i++) {
			more = more || n->r[i].nin != 0 ||
			    n->r[i].asked.n != 0 || (n->r[i].registry &&
			    n->r[i].reg.nqueue != 0);
			hear(&n->r[i]);
			commit(&n->r[i]);
			admit(&n->r[i]);
		}
	}
	assert_false(more);
}

static void
settle(struct net *n, unsigned int seconds)
{
	unsigned int	i;

	for (i = 0; i < 2; i++) {
		start_registryd(&n->r[i]);
		start_federd(&n->r[i]);
	}
	link_up(n);
	for (i = 0; i < 3; i++)
		come_online(n, i);
	for (i = 0; i < 2 * seconds; i++) {
		drain(n);
		pass(n, 500);
	}
	drain(n);
}

/* Calls between the relays that one of them has, and not the other. */
static unsigned int
one_sided(struct net *n)
{
	const struct call	*call[2];
	const struct seen	*s;
	unsigned int		 i, wrong = 0;
	int			 k;

	for (i = 0; i < n->people.ncalls; i++) {
		s = &n->people.calls[i];
		if (home[s->who[0] - 'A'] == home[s->who[1] - 'A'])
			continue;
		for (k = 0; k < 2; k++)
			call[k] = calls_find(flow_calls(n->r[k].w->flow),
			    s->id);
		if ((call[0] == NULL) != (call[1] == NULL))
			wrong++;
		else if (call[0] != NULL && (call[0]->call_state !=
		    CALL_ACTIVE || call[1]->call_state != CALL_ACTIVE))
			wrong++;
	}
	return (wrong);
}

static unsigned int
left_over(struct net *n)
{
	unsigned int	i, k, wrong = 0;

	for (k = 0; k < 2; k++) {
		wrong += (unsigned int)calls_count(flow_calls(
		    n->r[k].w->flow));
		wrong += (unsigned int)flow_unconfirmed(n->r[k].w->flow);
		for (i = 0; i < n->r[k].reg.ndisk; i++)
			if (n->r[k].reg.disk[i].state != CALL_ENDED)
				wrong++;
	}
	return (wrong);
}

static struct net *
net_new(uint64_t seed)
{
	static struct net	n;
	int			i;

	memset(&n, 0, sizeof(n));
	people_begin(&n.people, seed);
	n.now = UINT64_C(1000000000);
	for (i = 0; i < 2; i++) {
		n.r[i].net = &n;
		n.r[i].side = i;
		n.r[i].federd = n.r[i].registry = true;
	}
	for (i = 0; i < 2; i++)
		start_signald(&n.r[i]);
	link_up(&n);
	drain(&n);
	return (&n);
}

static void
net_end(struct net *n)
{
	world_free(n->r[0].w);
	world_free(n->r[1].w);
	free(n->log);
	n->log = NULL;
}

static void
tick(struct net *n)
{
	struct relay	*r = &n->r[rnd(n, 2)];
	unsigned int	 what = rnd(n, 1000);

	if (what < 60)
		offer(n);
	else if (what < 160)
		party(n);
	else if (what < 460)
		hear(r);
	else if (what < 660)
		commit(r);
	else if (what < 760)
		admit(r);
	else if (what < 860)
		come_online(n, rnd(n, 3));
	else if (what < 864)
		leave(n, rnd(n, 3));
	else if (what < 871)
		kill_registryd(r);
	else if (what < 895)
		start_registryd(r);
	else if (what < 900)
		kill_federd(r);
	else if (what < 920)
		start_federd(r);
	else if (what < 925)
		link_down(n);
	else if (what < 955)
		link_up(n);
	else if (what < 959)
		kill_signald(r);
	else
		pass(n, 1 + rnd(n, 200));
}

static unsigned int
chaos(uint64_t seed, bool mute, unsigned int total[6])
{
	struct net	*n = net_new(seed);
	unsigned int	 i, wrong, k;

	n->mute = mute;
	for (i = 0; i < TICKS; i++)
		tick(n);
	/* All is well again: the ring limit, and two rounds of asking. */
	settle(n, 95);
	wrong = one_sided(n);
	for (i = 0; i < n->people.ncalls; i++)
		if (calls_find(flow_calls(n->r[0].w->flow),
		    n->people.calls[i].id) != NULL)
			total[5]++;
	if (!mute) {
		/* And once more, with everybody leaving on one side only. */
		for (i = 0; i < 40; i++)
			tick(n);
		settle(n, 95);
		wrong += one_sided(n);
		n->r[0].online[0] = false;
		step(&n->r[0], "gone A clean");
		drain(n);
		n->r[1].online[2] = n->r[1].online[1] = false;
		step(&n->r[1], "gone B lost");
		step(&n->r[1], "gone C lost");
		for (i = 0; i < 40; i++) {
			drain(n);
			pass(n, 500);
		}
		drain(n);
		wrong += left_over(n);
	}
	for (k = 0; k < 4; k++)
		total[k] += n->deaths[k];
	total[4] += n->across;
	net_end(n);
	return (wrong);
}

static void
deaths(void **state)
{
	unsigned int	seed, wrong, total[6] = { 0 };

	(void)state;
	for (seed = 1; seed <= SEEDS; seed++) {
		wrong = chaos(seed, false, total);
		if (wrong != 0)
			fail_msg("seed %u: %u calls are wrong", seed, wrong);
	}
	print_message("%u seeds: signald died %u times, registryd %u, federd "
	    "%u, the link %u; %u offers across, %u calls outlived it\n",
	    SEEDS, total[0], total[1], total[2], total[3], total[4],
	    total[5]);
	assert_true(total[0] > 2 * SEEDS && total[1] > 3 * SEEDS &&
	    total[2] > 2 * SEEDS && total[3] > 5 * SEEDS);
	assert_true(total[4] > 20 * SEEDS && total[5] > SEEDS / 4);
}

/* Control: without the asking, calls are left over on one side. */
static void
deaths_unnoticed(void **state)
{
	unsigned int	seed, wrong = 0, total[6] = { 0 };

	(void)state;
	for (seed = 1; seed <= SEEDS && wrong == 0; seed++)
		wrong += chaos(seed, true, total);
	assert_true(wrong > 0);
}

/* Row 4.20 */

/* Each client's lines of the log, in order. */
static void
view_of(const char *log, char who, char *out)
{
	const char	*end;

	*out = '\0';
	for (; *log != '\0'; log = end + 1) {
		end = strchr(log, '\n');
		if (*log == who)
			(void)strncat(out, log, (size_t)(end - log) + 1);
	}
}

/* The same things said by Alice and Bob; NULL-terminated lines "in ...". */
static void
play(char *log, bool one, const char *const *lines)
{
	struct net	*n = net_new(1);
	struct relay	*r;

	n->log = calloc(1, 65536);
	assert_non_null(n->log);
	if (one) {
		step(&n->r[0], "reg A");
		step(&n->r[0], "reg B");
	} else {
		come_online(n, 0);
		come_online(n, 1);
	}
	drain(n);
	for (; *lines != NULL; lines++) {
		r = &n->r[!one && strstr(*lines, " B") == *lines +
		    strcspn(*lines, " ") ? 1 : 0];
		if (strncmp(*lines, "after", 5) == 0)
			pass(n, (unsigned int)strtoul(*lines + 6, NULL, 10));
		else
			step(r, *lines);
		drain(n);
	}
	strlcpy(log, n->log, 65536);
	assert_int_equal(calls_count(flow_calls(n->r[0].w->flow)), 0);
	assert_int_equal(calls_count(flow_calls(n->r[1].w->flow)), 0);
	net_end(n);
}

#define ADDR_A	",\"caller_reflexive_addr\":\"203.0.113.5:4000\""
#define ADDR_B	",\"callee_reflexive_addr\":\"203.0.113.6:5000\""

static void
clients_see_the_same(void **state)
{
	static const char *const	accepted[] = {
		"in A " OFFER_X("c1", "$A", "$B", "$a", ADDR_A),
		"in B " ANSWER_X("c1", "AcceptTrusted", ADDR_B),
		"in B " REPORT("c1"), "in A " REPORT_NO("c1"),
		"in A " HANGUP_ID("Normal", "c1"), NULL
	};
	static const char *const	private[] = {
		"in A " OFFER_X("c1", "$A", "$B", "$a", ADDR_A),
		"in B " ANSWER("c1", "AcceptGeneric"),
		"in B " HANGUP_ID("Normal", "c1"), NULL
	};
	static const char *const	rejected[] = {
		"in A " OFFER("c1", "$A", "$B"),
		"in B " ANSWER("c1", "Reject"), NULL
	};
	static const char *const	cancelled[] = {
		"in A " OFFER("c1", "$A", "$B"),
		"in A " HANGUP_ID("Normal", "c1"),
		"in B " ANSWER("c1", "AcceptGeneric"), NULL
	};
	static const char *const	unanswered[] = {
		"in A " OFFER("c1", "$A", "$B"), "after 61000", NULL
	};
	static const char *const	gone[] = {
		"in A " OFFER("c1", "$A", "$B"),
		"in B " ANSWER("c1", "AcceptGeneric"),
		"gone B clean", NULL
	};
	static const char *const	lost[] = {
		"in A " OFFER("c1", "$A", "$B"),
		"in B " ANSWER("c1", "AcceptGeneric"),
		"gone B lost", "after 16000", NULL
	};
	static const char *const *const	all[] = {
		accepted, private, rejected, cancelled, unanswered, gone, lost
	};
	static char			one[65536], two[65536];
	static char			view[2][65536];
	size_t				i;
	char				who;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		play(one, true, all[i]);
		play(two, false, all[i]);
		for (who = 'A'; who <= 'B'; who++) {
			view_of(one, who, view[0]);
			view_of(two, who, view[1]);
			assert_true(view[0][0] != '\0');
			assert_string_equal(view[0], view[1]);
		}
	}
	/* Control: other things said are other views. */
	play(one, true, all[0]);
	play(two, false, all[1]);
	view_of(one, 'A', view[0]);
	view_of(two, 'A', view[1]);
	assert_string_not_equal(view[0], view[1]);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(clients_see_the_same),
		cmocka_unit_test(deaths_unnoticed),
		cmocka_unit_test(deaths),
	};

	log_init("call_two_test", quiet);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
