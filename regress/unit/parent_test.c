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
 * COVERS: blame: collected for 50 ms; of a former generation it counts nothing
 * COVERS: slots: in the order of first need, kept for the run, told to all
 * COVERS: tokens: keys of two generations to doord and the role that issues
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
#include "relayd/blame.h"
#include "relayd/slots.h"
#include "relayd/supervise.h"
#include "relayd/tokens.h"

#define SENT_MAX	256

/* What was sent, in order; channels are marks, not objects. */
static struct sent {
	struct channel		*channel;
	enum msg_type		 type;
	struct msg_slot		 slot;
	struct msg_token_key	 key;
} sent[SENT_MAX];
static size_t		 nsent;
static char		 marks[8];

static struct supervisor	 sv;
static struct config		 cf;
static struct process		 keyd, signald, media0, media1, doord;
static struct process		*killed[16];
static size_t			 nkilled;

static int	 set_up(void **);
static void	 add(struct process *, enum proc, unsigned int);
static void	 sink(enum log_level, const char *);
static void	 blame(struct process *, const struct process *);
static bool	 was_killed(const struct process *);
static size_t	 sent_to(const struct process *, enum msg_type);

int	__wrap_channel_send(struct channel *, enum msg_type, const void *);

int
__wrap_channel_send(struct channel *ch, enum msg_type type, const void *msg)
{
	struct sent	*s;

	assert_true(nsent < SENT_MAX);
	s = &sent[nsent++];
	s->channel = ch;
	s->type = type;
	if (type == MSG_SLOT)
		memcpy(&s->slot, msg, sizeof(s->slot));
	else if (type == MSG_TOKEN_KEY)
		memcpy(&s->key, msg, sizeof(s->key));
	return (0);
}

/* In the place of supervise.c, roster.c and report.c. */
void
process_kill(struct process *p)
{
	assert_true(nkilled < sizeof(killed) / sizeof(killed[0]));
	killed[nkilled++] = p;
	p->pr_state = PROCESS_ENDING;
}

struct process *
process_find(struct supervisor *s, enum proc role, unsigned int instance)
{
	struct process	*p;

	TAILQ_FOREACH(p, &s->sv_processes, pr_entry)
		if (p->pr_role == role && p->pr_instance == instance)
			return (p);
	return (NULL);
}

const char *
process_name(const struct process *p)
{
	return (proc_name(p->pr_role));
}

static void
sink(enum log_level level, const char *text)
{
	(void)level;
	(void)text;
}

static void
add(struct process *p, enum proc role, unsigned int instance)
{
	static size_t	n;

	memset(p, 0, sizeof(*p));
	p->pr_super = &sv;
	p->pr_role = role;
	p->pr_instance = instance;
	p->pr_generation = 3;
	p->pr_state = PROCESS_SERVING;
	p->pr_channel = (struct channel *)(void *)&marks[n++ % sizeof(marks)];
	TAILQ_INSERT_TAIL(&sv.sv_processes, p, pr_entry);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&sv, 0, sizeof(sv));
	memset(&cf, 0, sizeof(cf));
	cf.cf_media = 2;
	sv.sv_config = &cf;
	TAILQ_INIT(&sv.sv_processes);
	if ((sv.sv_loop = ev_default_loop(EVFLAG_NOENV)) == NULL)
		return (-1);
	add(&keyd, PROC_KEYD, 0);
	add(&signald, PROC_SIGNALD, 0);
	add(&media0, PROC_MEDIAD, 0);
	add(&media1, PROC_MEDIAD, 1);
	add(&doord, PROC_DOORD, 0);
	blame_init(&sv);
	nsent = nkilled = 0;
	return (0);
}

static void
blame(struct process *by, const struct process *of)
{
	struct msg_blame	msg;

	memset(&msg, 0, sizeof(msg));
	msg.role = of->pr_role;
	msg.instance = of->pr_instance;
	msg.generation = of->pr_generation;
	(void)strlcpy(msg.reason, "so", sizeof(msg.reason));
	blame_heard(by, &msg);
}

static bool
was_killed(const struct process *p)
{
	size_t	i;

	for (i = 0; i < nkilled; i++)
		if (killed[i] == p)
			return (true);
	return (false);
}

static size_t
sent_to(const struct process *p, enum msg_type type)
{
	size_t	i, n = 0;

	for (i = 0; i < nsent; i++)
		if (sent[i].channel == p->pr_channel && sent[i].type == type)
			n++;
	return (n);
}

static void
quarrels_are_collected(void **state)
{
	(void)state;
	/* By rank it would be the two mediad. */
	blame(&media0, &signald);
	assert_int_equal(nkilled, 0);
	blame(&media1, &signald);
	assert_int_equal(nkilled, 0);
	ev_run(sv.sv_loop, EVRUN_ONCE);
	assert_int_equal(nkilled, 1);
	assert_true(was_killed(&signald));
	assert_int_equal(sv.sv_disputes.ds_nopen, 0);
	assert_int_equal(sv.sv_blames, 2);
}

static void
the_lower_one_later(void **state)
{
	(void)state;
	blame(&signald, &media1);
	assert_true(ev_is_active(&sv.sv_dispute_timer));
	ev_run(sv.sv_loop, EVRUN_ONCE);
	assert_int_equal(nkilled, 1);
	assert_true(was_killed(&media1));
}

static void
a_former_generation_is_settled(void **state)
{
	struct process	before = media0;

	(void)state;
	before.pr_generation--;
	blame(&signald, &before);
	assert_false(ev_is_active(&sv.sv_dispute_timer));
	/* One that does not exist: raised and lowered since. */
	before.pr_instance = 7;
	blame(&signald, &before);
	assert_false(ev_is_active(&sv.sv_dispute_timer));
	assert_int_equal(nkilled, 0);
	/* The control: of this one it counts. */
	blame(&signald, &media0);
	assert_true(ev_is_active(&sv.sv_dispute_timer));
	/* Restarted in the meantime: its successor is not ended for it. */
	blame_forget(&media0);
	media0.pr_generation++;
	ev_run(sv.sv_loop, EVRUN_ONCE);
	assert_int_equal(nkilled, 0);
}

static void
no_neighbour_no_complaint(void **state)
{
	struct process	relayd = { .pr_role = PROC_RELAYD };

	(void)state;
	blame(&doord, &keyd);
	assert_int_equal(nkilled, 1);
	assert_true(was_killed(&doord));
	blame(&media0, &relayd);
	assert_true(was_killed(&media0));
	/* Who is ending says nothing any more. */
	blame(&doord, &signald);
	assert_false(ev_is_active(&sv.sv_dispute_timer));
}

static void
slots_in_order_of_need(void **state)
{
	const struct slot	*sl;
	int			 federd;

	(void)state;
	assert_int_equal(slots_reserve(&sv, &cf), 0);
	assert_int_equal(sv.sv_nslots, 4);
	assert_int_equal(slots_number(&doord), 0);
	assert_int_equal(slots_number(&signald), 1);
	assert_int_equal(slots_number(&media0), 2);
	assert_int_equal(slots_number(&media1), 3);
	assert_int_equal(slots_number(&keyd), -1);
	/* Not started: nobody may send anything there. */
	sl = slots_owner(&sv.sv_slots, 3);
	assert_true(sl->sl_retiring);
	assert_int_equal(sl->sl_generation, 0);
	slots_changed(&media1);
	assert_false(sl->sl_retiring);
	assert_int_equal(sl->sl_generation, 3);

	/* More at the end; what there is stays, wanted or not. */
	cf.cf_federation = true;
	cf.cf_media = 3;
	assert_int_equal(slots_reserve(&sv, &cf), 0);
	federd = slots_of(&sv.sv_slots, PROC_FEDERD, 0);
	assert_int_equal(federd, 4);
	assert_int_equal(slots_of(&sv.sv_slots, PROC_MEDIAD, 2), 5);
	cf.cf_federation = false;
	cf.cf_media = 1;
	assert_int_equal(slots_reserve(&sv, &cf), 0);
	assert_int_equal(sv.sv_nslots, 6);
	slots_retire(&sv, PROC_MEDIAD, 1);
	assert_true(sl->sl_retiring);
	assert_int_equal(sl->sl_generation, 3);
	cf.cf_media = 4;
	assert_int_equal(slots_reserve(&sv, &cf), 0);
	assert_int_equal(slots_number(&media1), 3);
	assert_int_equal(slots_of(&sv.sv_slots, PROC_MEDIAD, 3), 6);
}

static void
slots_are_told(void **state)
{
	(void)state;
	assert_int_equal(slots_reserve(&sv, &cf), 0);
	doord.pr_state = PROCESS_ENDING;
	slots_changed(&media0);
	assert_int_equal(sent_to(&signald, MSG_SLOT), 1);
	assert_int_equal(sent_to(&media0, MSG_SLOT), 1);
	assert_int_equal(sent_to(&media1, MSG_SLOT), 1);
	assert_int_equal(sent_to(&doord, MSG_SLOT), 0);
	assert_int_equal(sent[0].slot.slot, 2);
	assert_int_equal(sent[0].slot.role, PROC_MEDIAD);
	assert_int_equal(sent[0].slot.generation, 3);
	assert_false(sent[0].slot.retiring);
	/* A new worker gets all of it. */
	nsent = 0;
	assert_int_equal(slots_send(&doord), 0);
	assert_int_equal(sent_to(&doord, MSG_SLOT), 4);
	/* Nothing new is nothing to tell. */
	slots_retire(&sv, PROC_MEDIAD, 1);
	nsent = 0;
	slots_retire(&sv, PROC_MEDIAD, 1);
	assert_int_equal(nsent, 0);
}

static void
slots_run_out(void **state)
{
	unsigned int	i;

	(void)state;
	for (i = 0; i < SLOTS_MAX - 2; i++) {
		cf.cf_media = i;
		assert_int_equal(slots_reserve(&sv, &cf), 0);
	}
	cf.cf_media = SLOTS_MAX - 2;
	assert_int_equal(slots_reserve(&sv, &cf), 0);
	assert_int_equal(sv.sv_nslots, SLOTS_MAX);
	cf.cf_federation = true;
	assert_int_equal(slots_reserve(&sv, &cf), -1);
	assert_int_equal(sv.sv_nslots, SLOTS_MAX);
	assert_int_equal(slots_of(&sv.sv_slots, PROC_FEDERD, 0), -1);
}

static void
token_keys(void **state)
{
	uint8_t	first[32];

	(void)state;
	assert_int_equal(tokens_init(&sv), 0);
	assert_int_equal(tokens_send(&signald), 0);
	assert_int_equal(nsent, 1);
	assert_int_equal(sent[0].key.role, PROC_SIGNALD);
	assert_int_equal(sent[0].key.generation, 1);
	memcpy(first, sent[0].key.key, sizeof(first));
	/* doord checks those of every role; they are not the same. */
	nsent = 0;
	assert_int_equal(tokens_send(&doord), 0);
	assert_int_equal(nsent, 2);
	assert_memory_equal(sent[0].key.key, first, sizeof(first));
	assert_int_equal(sent[1].key.role, PROC_FEDERD);
	assert_memory_not_equal(sent[1].key.key, first, sizeof(first));
	nsent = 0;
	assert_int_equal(tokens_send(&media0), 0);
	assert_int_equal(tokens_send(&keyd), 0);
	assert_int_equal(nsent, 0);
	/* A day later: the old one first, and it is still the same. */
	assert_int_equal(tokens_rotate(&sv.sv_tokens[0]), 0);
	assert_int_equal(tokens_send(&signald), 0);
	assert_int_equal(nsent, 2);
	assert_int_equal(sent[0].key.generation, 1);
	assert_memory_equal(sent[0].key.key, first, sizeof(first));
	assert_int_equal(sent[1].key.generation, 2);
	assert_memory_not_equal(sent[1].key.key, first, sizeof(first));
}

static void
token_keys_change_daily(void **state)
{
	(void)state;
	assert_int_equal(tokens_init(&sv), 0);
	tokens_start(&sv);
	assert_true(ev_is_active(&sv.sv_token_timer));
	assert_true(sv.sv_token_timer.repeat == 86400.);
	ev_invoke(sv.sv_loop, &sv.sv_token_timer, EV_TIMER);
	ev_timer_stop(sv.sv_loop, &sv.sv_token_timer);
	/* The new one only, to those who know the old one. */
	assert_int_equal(sent_to(&doord, MSG_TOKEN_KEY), 2);
	assert_int_equal(sent_to(&signald, MSG_TOKEN_KEY), 1);
	assert_int_equal(nsent, 6);
	/* Session tickets: each role has its own, doord none. */
	assert_int_equal(sent_to(&doord, MSG_TICKET_KEY), 0);
	assert_int_equal(sent_to(&signald, MSG_TICKET_KEY), 1);
	assert_int_equal(sent_to(&media0, MSG_TICKET_KEY), 1);
	assert_memory_not_equal(sv.sv_tickets[0].tk_new,
	    sv.sv_tickets[1].tk_new, sizeof(sv.sv_tickets[0].tk_new));
	assert_int_equal(sent[0].key.generation, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(quarrels_are_collected, set_up),
		cmocka_unit_test_setup(the_lower_one_later, set_up),
		cmocka_unit_test_setup(a_former_generation_is_settled,
		    set_up),
		cmocka_unit_test_setup(no_neighbour_no_complaint, set_up),
		cmocka_unit_test_setup(slots_in_order_of_need, set_up),
		cmocka_unit_test_setup(slots_are_told, set_up),
		cmocka_unit_test_setup(slots_run_out, set_up),
		cmocka_unit_test_setup(token_keys, set_up),
		cmocka_unit_test_setup(token_keys_change_daily, set_up),
	};

	log_init("parent_test", sink);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
