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
 * What a hostile worker does, one act a life.  Most acts wrong several
 * neighbours at once, relayd last: who quarrels with everybody is the one to
 * be restarted.  The acts at the end of a role's list wrong one neighbour of
 * lower rank and nobody else; by the rule of ranks it is that neighbour who
 * is restarted then, and the case says so.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/ipc/mesh.h"
#include "regress/hostile/hostile.h"

#include "build_id.h"

#define FLOOD		4000	/* messages of a type */
#define SILENCE_MS	1500

static void	 act_every(struct hostile *, unsigned int);
static void	 act_apart(struct hostile *, unsigned int);
static void	 act_absurd(struct hostile *, unsigned int);
static void	 act_flood(struct hostile *, unsigned int);
static void	 act_silence(struct hostile *, unsigned int);
static void	 act_close(struct hostile *, unsigned int);
static void	 act_blame_all(struct hostile *, unsigned int);
static void	 act_blame_strangers(struct hostile *, unsigned int);
static void	 act_only(struct hostile *, unsigned int);
static void	 act_hello_relayd(struct hostile *, unsigned int);
static void	 act_hello_all(struct hostile *, unsigned int);
static void	 act_setup(struct hostile *, unsigned int);
static void	 act_ready_twice(struct hostile *, unsigned int);
static bool	 wrong(struct hostile *, struct link *, unsigned int type,
		    unsigned int fault);
static unsigned int
		 type_count(void);
static enum msg_type
		 type_nth(unsigned int);

static struct craft	 cr;

static unsigned int
type_count(void)
{
	unsigned int	t, n = 0;

	for (t = 0; t < MSG_TYPE_MAX; t++)
		if (msg_desc(t) != NULL)
			n++;
	return (n);
}

static enum msg_type
type_nth(unsigned int n)
{
	unsigned int	t;

	for (t = 0; t < MSG_TYPE_MAX; t++)
		if (msg_desc(t) != NULL && n-- == 0)
			return ((enum msg_type)t);
	return (MSG_HELLO);
}

/* One bad message of this type: a fault of the form, or not its business. */
static bool
wrong(struct hostile *ho, struct link *lk, unsigned int type,
    unsigned int fault)
{
	enum msg_type	t = type_nth(type % type_count());

	craft_bad(&cr, t, (enum craft_fault)(fault % CRAFT_FAULT_MAX),
	    ho->ho_role, lk->lk_role, MSG_AT_SERVE, lk->lk_data);
	return (hostile_say(ho, lk, &cr, t, cr.cr_name));
}

/*
 * Each type in one life to each neighbour, each with its own type and fault;
 * in as many lives as there are types everybody gets every type.
 */
static void
act_every(struct hostile *ho, unsigned int k)
{
	struct link	*relayd = &ho->ho_links[0];
	enum msg_type	 t = type_nth(k);
	size_t		 i;

	craft_seed(k);
	for (i = 1; i < ho->ho_nlinks; i++)
		(void)wrong(ho, &ho->ho_links[i], k + 7 * (unsigned int)i,
		    k + 5 * (unsigned int)i);
	craft_bad(&cr, t, (enum craft_fault)(k % CRAFT_FAULT_MAX),
	    ho->ho_role, PROC_RELAYD, MSG_AT_SERVE, false);
	hostile_note(ho, relayd, t, cr.cr_name);
	hostile_commit(ho);
	(void)hostile_send(ho, relayd, &cr);
}

/* The same without relayd: it has to find out by the blames. */
static void
act_apart(struct hostile *ho, unsigned int k)
{
	size_t	i;

	craft_seed(1000 + k);
	for (i = 1; i < ho->ho_nlinks; i++)
		(void)wrong(ho, &ho->ho_links[i], k + (unsigned int)i,
		    CRAFT_NOISE);
}

/*
 * Everything that this worker may send to that neighbour, right in form,
 * with values that make no sense.  MSG_BLAME has acts of its own.  Some of it
 * is complained of; relayd sees for itself whose fault that is.
 */
static void
act_absurd(struct hostile *ho, unsigned int set)
{
	struct link	*lk;
	unsigned int	 n;
	enum msg_type	 t;
	size_t		 i;

	craft_seed(2000 + set);
	for (i = 0; i < ho->ho_nlinks; i++) {
		lk = &ho->ho_links[i];
		for (n = 0; n < 4 * type_count(); n++) {
			t = type_nth(n % type_count());
			if (t == MSG_BLAME || t == MSG_READY ||
			    msg_refuse(t, ho->ho_role, lk->lk_role,
			    MSG_AT_SERVE, lk->lk_data) != NULL ||
			    !craft_good(&cr, t, (enum craft_set)set))
				continue;
			(void)hostile_say(ho, lk, &cr, t, cr.cr_name);
		}
	}
	(void)wrong(ho, &ho->ho_links[0], set, CRAFT_NOISE);
}

/*
 * As many as they take, and none of the answers is read: for all who outrank
 * this worker.  What a lower one complains of is by rank its own fault.
 */
static void
act_flood(struct hostile *ho, unsigned int set)
{
	struct link	*lk;
	unsigned int	 n, k;
	enum msg_type	 t;
	size_t		 i;

	ho->ho_deaf = true;
	craft_seed(3000 + set);
	for (i = ho->ho_nlinks; i-- > 0;) {
		lk = &ho->ho_links[i];
		if (lk->lk_role > ho->ho_role)
			continue;
		for (n = 0; n < type_count(); n++) {
			t = type_nth(n);
			if (t == MSG_BLAME || t == MSG_READY ||
			    msg_refuse(t, ho->ho_role, lk->lk_role,
			    MSG_AT_SERVE, lk->lk_data) != NULL ||
			    !craft_good(&cr, t, (enum craft_set)set))
				continue;
			for (k = 0; k < FLOOD; k++)
				if (!hostile_send(ho, lk, &cr) &&
				    (k == 0 || lk->lk_data))
					break;
			(void)hostile_say(ho, lk, &cr, t, "flood");
		}
	}
	hostile_linger(ho, SILENCE_MS);
}

static void
act_silence(struct hostile *ho, unsigned int unused)
{
	(void)unused;
	ho->ho_deaf = true;
	hostile_linger(ho, SILENCE_MS);
}

/* A packet of no bytes is the end of a channel, as closing it is. */
static void
act_close(struct hostile *ho, unsigned int how)
{
	size_t	i;

	for (i = 1; i < ho->ho_nlinks; i++) {
		if (how == 0) {
			cr.cr_len = 0;
			cr.cr_nfds = 0;
			(void)hostile_send(ho, &ho->ho_links[i], &cr);
		} else {
			(void)close(ho->ho_links[i].lk_fd);
			ho->ho_links[i].lk_fd = -1;
		}
	}
}

static void
blame(struct hostile *ho, enum proc role, unsigned int instance,
    uint64_t generation)
{
	struct msg_blame	 msg;
	int			 n;

	memset(&msg, 0, sizeof(msg));
	msg.role = role;
	msg.instance = instance;
	msg.generation = generation;
	(void)snprintf(msg.reason, sizeof(msg.reason), "a\nlie\x1b[2J");
	if ((n = msg_encode(cr.cr_buf, sizeof(cr.cr_buf), MSG_BLAME,
	    &msg)) == -1)
		return;
	cr.cr_len = (size_t)n;
	cr.cr_nfds = 0;
	(void)hostile_say(ho, &ho->ho_links[0], &cr, MSG_BLAME,
	    proc_name(role));
}

static void
act_blame_all(struct hostile *ho, unsigned int times)
{
	unsigned int	n;
	size_t		i;

	for (n = 0; n < times; n++)
		for (i = 1; i < ho->ho_nlinks; i++)
			blame(ho, ho->ho_links[i].lk_role,
			    ho->ho_links[i].lk_instance,
			    ho->ho_links[i].lk_generation);
}

/* Itself, relayd, who is no neighbour, who is not there, who is no more. */
static void
act_blame_strangers(struct hostile *ho, unsigned int unused)
{
	int	p;

	(void)unused;
	if (ho->ho_nlinks > 1)
		blame(ho, ho->ho_links[1].lk_role,
		    ho->ho_links[1].lk_instance,
		    ho->ho_links[1].lk_generation + 1000);
	blame(ho, PROC_MEDIAD, 63, 1);
	for (p = 0; p < PROC_MAX; p++)
		if (!mesh_allows(ho->ho_role, (enum proc)p, false))
			blame(ho, (enum proc)p, 0, 1);
}

/* Garbage for all channels to one role, and for nobody else. */
static void
act_only(struct hostile *ho, unsigned int role)
{
	size_t	i;

	craft_seed(4000 + role);
	for (i = 1; i < ho->ho_nlinks; i++)
		if (ho->ho_links[i].lk_role == (enum proc)role &&
		    ho->ho_links[i].lk_instance == 0 &&
		    wrong(ho, &ho->ho_links[i], role, CRAFT_NOISE))
			return;
}

static void
act_blame_one(struct hostile *ho, unsigned int role)
{
	size_t	i;

	for (i = 1; i < ho->ho_nlinks; i++) {
		if (ho->ho_links[i].lk_role != (enum proc)role)
			continue;
		blame(ho, (enum proc)role, ho->ho_links[i].lk_instance,
		    ho->ho_links[i].lk_generation);
		return;
	}
}

static void
act_hello_relayd(struct hostile *ho, unsigned int how)
{
	struct link	*lk = &ho->ho_links[0];

	craft_seed(5000 + how);
	switch (how) {
	case 0:
		(void)hostile_hello(ho, lk, "another build",
		    MSG_TABLE_VERSION, ho->ho_role, ho->ho_instance);
		break;
	case 1:
		(void)hostile_hello(ho, lk, BUILD_ID, MSG_TABLE_VERSION + 1,
		    ho->ho_role, ho->ho_instance);
		break;
	case 2:
		(void)hostile_hello(ho, lk, BUILD_ID, MSG_TABLE_VERSION,
		    ho->ho_role == PROC_KEYD ? PROC_SIGNALD : PROC_KEYD, 0);
		break;
	default:
		(void)wrong(ho, lk, how, CRAFT_NOISE);
	}
}

/* A second hello, in the middle of everything, as somebody else. */
static void
act_hello_all(struct hostile *ho, unsigned int unused)
{
	size_t	i;

	(void)unused;
	for (i = ho->ho_nlinks; i-- > 0;)
		(void)hostile_hello(ho, &ho->ho_links[i], BUILD_ID,
		    MSG_TABLE_VERSION, PROC_RELAYD, 0);
}

/* To relayd, before it said START. */
static void
act_setup(struct hostile *ho, unsigned int how)
{
	struct link	*lk = &ho->ho_links[0];

	craft_seed(6000 + how);
	switch (how) {
	case 0:
		/* Serves, says it, without having been told to. */
		if (craft_good(&cr, MSG_READY, CRAFT_DIRTY))
			(void)hostile_say(ho, lk, &cr, MSG_READY,
			    "too early");
		break;
	case 1:
		(void)wrong(ho, lk, 0, CRAFT_FDS);
		break;
	default:
		(void)wrong(ho, lk, how, CRAFT_NEST);
	}
}

static void
act_ready_twice(struct hostile *ho, unsigned int unused)
{
	(void)unused;
	if (craft_good(&cr, MSG_READY, CRAFT_LIKELY))
		(void)hostile_say(ho, &ho->ho_links[0], &cr, MSG_READY,
		    "twice");
}

static const struct {
	const char	*name;
	enum act_when	 when;
	void		(*run)(struct hostile *, unsigned int);
	unsigned int	 arg;
	enum act_end	 end;
}	others[] = {
	{ "flood", ACT_SERVE, act_flood, CRAFT_LIKELY, ACT_SPARED },
	{ "apart-1", ACT_SERVE, act_apart, 1, ACT_KILLED },
	{ "apart-2", ACT_SERVE, act_apart, 20, ACT_KILLED },
	{ "absurd-zero", ACT_SERVE, act_absurd, CRAFT_ZERO, ACT_KILLED },
	{ "absurd-full", ACT_SERVE, act_absurd, CRAFT_FULL, ACT_KILLED },
	{ "absurd-likely", ACT_SERVE, act_absurd, CRAFT_LIKELY, ACT_KILLED },
	{ "absurd-dirty", ACT_SERVE, act_absurd, CRAFT_DIRTY, ACT_KILLED },
	{ "absurd-random", ACT_SERVE, act_absurd, CRAFT_RANDOM, ACT_KILLED },
	{ "silence", ACT_SERVE, act_silence, 0, ACT_SPARED },
	{ "close-by-nothing", ACT_SERVE, act_close, 0, ACT_SPARED },
	{ "close", ACT_SERVE, act_close, 1, ACT_SPARED },
	{ "blame-all", ACT_SERVE, act_blame_all, 1, ACT_KILLED },
	{ "blame-flood", ACT_SERVE, act_blame_all, 200, ACT_KILLED },
	{ "blame-strangers", ACT_SERVE, act_blame_strangers, 0, ACT_KILLED },
	{ "hello-build", ACT_HELLO, act_hello_relayd, 0, ACT_KILLED },
	{ "hello-version", ACT_HELLO, act_hello_relayd, 1, ACT_KILLED },
	{ "hello-role", ACT_HELLO, act_hello_relayd, 2, ACT_KILLED },
	{ "hello-noise", ACT_HELLO, act_hello_relayd, 3, ACT_KILLED },
	{ "hello-again", ACT_SERVE, act_hello_all, 0, ACT_KILLED },
	{ "setup-ready", ACT_SETUP, act_setup, 0, ACT_KILLED },
	{ "setup-descriptors", ACT_SETUP, act_setup, 1, ACT_KILLED },
	{ "setup-nested", ACT_SETUP, act_setup, 2, ACT_KILLED },
	{ "ready-twice", ACT_SERVE, act_ready_twice, 0, ACT_KILLED }
};

#define OTHERS	(unsigned int)(sizeof(others) / sizeof(others[0]))

/*
 * The list: the others, all types, each neighbour that outranks this one by
 * itself; last, each that ranks below.
 */
bool
act_get(enum proc role, unsigned int n, struct act *act)
{
	unsigned int	types = type_count(), pass;
	bool		below, lies;
	int		p;

	memset(act, 0, sizeof(*act));
	act->ac_when = ACT_SERVE;
	if (n < OTHERS) {
		(void)snprintf(act->ac_name, sizeof(act->ac_name), "%s",
		    others[n].name);
		act->ac_when = others[n].when;
		act->ac_run = others[n].run;
		act->ac_arg = others[n].arg;
		act->ac_end = others[n].end;
		return (true);
	}
	n -= OTHERS;
	if (n < types) {
		(void)snprintf(act->ac_name, sizeof(act->ac_name),
		    "every-%u", n);
		act->ac_run = act_every;
		act->ac_arg = n;
		return (true);
	}
	n -= types;
	for (pass = 0; pass < 2; pass++) {
		for (p = PROC_RELAYD + 1; p < PROC_MAX; p++) {
			below = p > (int)role;
			if (!mesh_allows(role, (enum proc)p, false) ||
			    below != (pass == 1))
				continue;
			if (n-- != 0)
				continue;
			lies = !below && p % 2 == 1;
			(void)snprintf(act->ac_name, sizeof(act->ac_name),
			    "%s-%s", lies ? "blame" : "only",
			    proc_name((enum proc)p));
			act->ac_run = lies ? act_blame_one : act_only;
			act->ac_arg = (unsigned int)p;
			act->ac_end = below ? ACT_COSTS : ACT_KILLED;
			act->ac_victim = (enum proc)p;
			return (true);
		}
	}
	return (false);
}
