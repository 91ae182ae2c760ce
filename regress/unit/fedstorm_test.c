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
 * Who hears what about a global room in whole networks of relays, in virtual
 * time: ours (fedrooms, as federd runs it) and originals that do what
 * wzp-protocol 9.4 says they do.  Every message is bytes on its way.
 *
 * COVERS: gap 30 - no storm in a triangle, a ring of ten, a mesh of five,
 *	each with none, one and two originals in it; the storm without
 *	suppression is the control
 * COVERS: gap 31 - every join and leave is heard everywhere
 * COVERS: protocol 9.4 - announcements to and from originals
 * COVERS: protocol 9.9 - a link or a relay that is gone leaves no ghosts
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "federd/rooms.h"

#define NODES		10
#define PEOPLE		64
#define DELAY_NS	(10 * NS_PER_MS)
#define EVENTS		40000
#define ROOM		"general"

/* What an original keeps of a room, of one link or of itself. */
struct list {
	bool			 active;
	size_t			 n;
	struct {
		char		 fp[FP_STRLEN];
		char		 label[PEER_NAME_LEN];
	}			 p[PEOPLE];
};

struct node {
	bool			 original;
	bool			 dead;
	struct fedrooms		*fr;
	struct neighbour	 nb[NODES];	/* the others, seen from here */
	bool			 linked[NODES];
	struct list		 local;
	struct list		 heard[NODES];
};

struct event {
	uint64_t		 at;
	int			 from;
	int			 to;
	char			*text;
};

static struct {
	struct node		 node[NODES];
	int			 n;
	int			 links;
	uint64_t		 now;
	struct event		 queue[EVENTS];	/* in order of time */
	size_t			 head;
	size_t			 tail;
	unsigned int		 sent;
	uint64_t		 last;
	bool			 parrot;
} net;

static void
person_fp(char fp[FP_STRLEN], unsigned int i)
{
	(void)snprintf(fp, FP_STRLEN,
	    "%04x:0000:0000:0000:0000:0000:0000:0001", i & 0xffff);
}

/* All delays are equal, so the queue is in order by itself. */
static void
transmit(int from, int to, const struct signal *sig)
{
	struct event	*ev;
	char		 text[SIGNAL_MAX + 1];
	int		 len;

	if (!net.node[from].linked[to] || net.tail == EVENTS)
		return;
	assert_true((len = signal_print(sig, text, sizeof(text))) > 0);
	if (sig->type == SIGNAL_GLOBAL_ROOM_ACTIVE ||
	    sig->type == SIGNAL_GLOBAL_ROOM_INACTIVE) {
		net.sent++;
		net.last = net.now;
	}
	ev = &net.queue[net.tail++];
	ev->at = net.now + DELAY_NS;
	ev->from = from;
	ev->to = to;
	ev->text = strdup(text);
	assert_non_null(ev->text);
}

/* An original. */

static void
old_send(int i, int to, const struct list *list)
{
	struct sig_participant	 p[PEOPLE];
	struct signal		 sig;
	size_t			 k;

	memset(&sig, 0, sizeof(sig));
	sig.type = list != NULL ? SIGNAL_GLOBAL_ROOM_ACTIVE :
	    SIGNAL_GLOBAL_ROOM_INACTIVE;
	sig.u.global_room.room = ROOM;
	for (k = 0; list != NULL && k < list->n; k++) {
		p[k].fingerprint = list->p[k].fp;
		p[k].alias = NULL;
		p[k].relay_label = list->p[k].label[0] != '\0' ?
		    list->p[k].label : NULL;
	}
	sig.u.global_room.participants.list = p;
	sig.u.global_room.participants.n = k;
	transmit(i, to, &sig);
}

static void
old_send_others(int i, int but, const struct list *list)
{
	int	to;

	for (to = 0; to < net.n; to++)
		if (to != but && net.node[i].linked[to])
			old_send(i, to, list);
}

static void
list_add(struct list *list, const char *fp, const char *label)
{
	assert_true(list->n < PEOPLE);
	strlcpy(list->p[list->n].fp, fp, sizeof(list->p[0].fp));
	strlcpy(list->p[list->n].label, label, sizeof(list->p[0].label));
	list->n++;
}

static void
old_signal(int i, int from, const struct signal *sig)
{
	struct node	*no = &net.node[i];
	struct list	 rest, *list = &no->heard[from];
	size_t		 k;
	int		 j;

	if (sig->type == SIGNAL_GLOBAL_ROOM_ACTIVE) {
		assert_string_equal(sig->u.global_room.room, ROOM);
		memset(list, 0, sizeof(*list));
		list->active = true;
		for (k = 0; k < sig->u.global_room.participants.n; k++) {
			const struct sig_participant	*p;

			p = &sig->u.global_room.participants.list[k];
			list_add(list, p->fingerprint,
			    p->relay_label != NULL ? p->relay_label :
			    no->nb[from].nb_label);
		}
		old_send_others(i, from, list);
		return;
	}
	if (sig->type != SIGNAL_GLOBAL_ROOM_INACTIVE)
		return;
	memset(list, 0, sizeof(*list));
	memset(&rest, 0, sizeof(rest));
	for (j = 0; j < net.n; j++)
		for (k = 0; j != from && k < no->heard[j].n &&
		    rest.n < PEOPLE; k++)
			list_add(&rest, no->heard[j].p[k].fp,
			    no->heard[j].p[k].label);
	for (k = 0; k < no->local.n && rest.n < PEOPLE; k++)
		list_add(&rest, no->local.p[k].fp, "");
	old_send_others(i, from, rest.n > 0 ? &rest : NULL);
}

/* One of ours. */

static int
our_send(struct neighbour *nb, const struct signal *sig)
{
	struct node	*no = nb->nb_arg;

	transmit((int)(no - net.node), (int)nb->nb_index, sig);
	return (0);
}

static void
our_room(void *arg, unsigned int mediad, const struct msg_fed_room *msg)
{
	(void)arg;
	(void)mediad;
	(void)msg;
}

static void
our_member(void *arg, unsigned int mediad, const struct msg_fed_member *msg)
{
	(void)arg;
	(void)mediad;
	(void)msg;
}

static int
our_forward(void *arg, const uint8_t (*path)[TLS_HASH_LEN], size_t npath,
    const struct signal *sig)
{
	(void)arg;
	(void)path;
	(void)npath;
	(void)sig;
	fail();
	return (-1);
}

static const struct neighbour_ops	neighbour_ops = { .send = our_send };
static const struct fedrooms_ops	rooms_ops = {
	our_room, our_member, our_forward
};

static void
relay_new(int i)
{
	struct fedrooms_config	 config;
	struct node		*no = &net.node[i];

	no->dead = false;
	if (no->original)
		return;
	memset(&config, 0, sizeof(config));
	config.fc_ops = &rooms_ops;
	memset(config.fc_fp, i + 1, sizeof(config.fc_fp));
	/* The spread of waiting times is by the first byte. */
	config.fc_fp[0] = (uint8_t)(i * 7 + 3);
	config.fc_wall_ms = 1700000000000 + net.now / NS_PER_MS;
	config.fc_parrot = net.parrot;
	assert_non_null(no->fr = fedrooms_new(&config));
	fedrooms_set_time(no->fr, net.now);
	fedrooms_globals_begin(no->fr);
	assert_int_equal(fedrooms_global(no->fr, "General"), 0);
	fedrooms_globals_end(no->fr);
	fedrooms_mediad_up(no->fr, 0);
}

static void
half_link(int i, int j)
{
	struct node		*no = &net.node[i];
	struct neighbour	*nb = &no->nb[j];
	struct list		 list;
	int			 k;

	memset(nb, 0, sizeof(*nb));
	memset(nb->nb_fp, j + 1, sizeof(nb->nb_fp));
	nb->nb_fp[0] = (uint8_t)(j * 7 + 3);
	nb->nb_index = (unsigned int)j;
	(void)snprintf(nb->nb_label, sizeof(nb->nb_label), "relay%d", j);
	nb->nb_legacy = net.node[j].original;
	nb->nb_features = nb->nb_legacy ? 0 : NEIGHBOUR_ROOMS;
	nb->nb_ops = &neighbour_ops;
	nb->nb_arg = no;
	no->linked[j] = true;
	if (!no->original) {
		fedrooms_set_time(no->fr, net.now);
		fedrooms_up(no->fr, nb);
		return;
	}
	/* 9.3: what is here, and what other links said. */
	memset(&no->heard[j], 0, sizeof(no->heard[j]));
	if (no->local.n > 0)
		old_send(i, j, &no->local);
	for (k = 0; k < net.n; k++) {
		if (k == j || !no->heard[k].active)
			continue;
		list = no->heard[k];
		old_send(i, j, &list);
	}
}

static void
link_up(int i, int j)
{
	half_link(i, j);
	half_link(j, i);
	net.links++;
}

static void
half_down(int i, int j)
{
	struct node	*no = &net.node[i];

	no->linked[j] = false;
	/* 9.9: an original forgets, and tells nobody. */
	memset(&no->heard[j], 0, sizeof(no->heard[j]));
	if (!no->original && !no->dead) {
		fedrooms_set_time(no->fr, net.now);
		fedrooms_down(no->fr, &no->nb[j]);
	}
}

/* What is under way is lost with it. */
static void
link_down(int i, int j)
{
	size_t	k;

	for (k = net.head; k < net.tail; k++)
		if ((net.queue[k].from == i && net.queue[k].to == j) ||
		    (net.queue[k].from == j && net.queue[k].to == i))
			net.queue[k].to = -1;
	half_down(i, j);
	half_down(j, i);
	net.links--;
}

/* Everything that happens in this time. */
static void
run(uint64_t span)
{
	struct signal	*sig;
	struct event	*ev;
	const char	*why;
	uint64_t	 due, end = net.now + span, next;
	int		 i;

	for (;;) {
		next = net.head < net.tail ? net.queue[net.head].at :
		    UINT64_MAX;
		for (i = 0; i < net.n; i++) {
			if (net.node[i].original || net.node[i].dead)
				continue;
			due = fedrooms_expiry(net.node[i].fr);
			if (due < next)
				next = due;
		}
		if (next > end || net.tail == EVENTS)
			break;
		if (next > net.now)
			net.now = next;
		for (i = 0; i < net.n; i++) {
			if (net.node[i].original || net.node[i].dead)
				continue;
			fedrooms_set_time(net.node[i].fr, net.now);
			if (fedrooms_expiry(net.node[i].fr) <= net.now)
				fedrooms_expire(net.node[i].fr);
		}
		if (net.head == net.tail || net.queue[net.head].at > net.now)
			continue;
		ev = &net.queue[net.head++];
		if (ev->to != -1 && !net.node[ev->to].dead) {
			sig = signal_parse((const uint8_t *)ev->text,
			    strlen(ev->text), &why);
			assert_non_null(sig);
			if (net.node[ev->to].original)
				old_signal(ev->to, ev->from, sig);
			else
				fedrooms_signal(net.node[ev->to].fr,
				    &net.node[ev->to].nb[ev->from], sig);
			signal_free(sig);
		}
		free(ev->text);
		ev->text = NULL;
	}
	net.now = end;
}

static void
net_new(int n, const int *originals, int noriginals)
{
	int	i;

	memset(&net, 0, sizeof(net));
	net.now = 1000 * NS_PER_S;
	net.n = n;
	for (i = 0; i < noriginals; i++)
		net.node[originals[i]].original = true;
}

static void
net_free(void)
{
	int	i;

	for (; net.head < net.tail; net.head++)
		free(net.queue[net.head].text);
	for (i = 0; i < net.n; i++)
		if (!net.node[i].original && !net.node[i].dead)
			fedrooms_free(net.node[i].fr);
}

/* A ring, or with more links a mesh. */
static void
net_links(bool mesh)
{
	int	i, j;

	for (i = 0; i < net.n; i++)
		relay_new(i);
	for (i = 0; i < net.n; i++)
		for (j = i + 1; j < net.n; j++)
			if (mesh || j == i + 1 || (i == 0 && j == net.n - 1))
				link_up(i, j);
	run(2 * NS_PER_S);
}

static void
come(int i, unsigned int person)
{
	struct msg_fed_member	 msg;
	struct node		*no = &net.node[i];

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, ROOM, sizeof(msg.room));
	person_fp(msg.fingerprint, person);
	msg.present = true;
	net.sent = 0;
	net.last = net.now;
	if (!no->original) {
		fedrooms_set_time(no->fr, net.now);
		fedrooms_member(no->fr, 0, &msg);
		return;
	}
	list_add(&no->local, msg.fingerprint, "");
	if (no->local.n == 1)
		old_send_others(i, -1, &no->local);
}

static void
go(int i, unsigned int person)
{
	struct msg_fed_member	 msg;
	struct node		*no = &net.node[i];
	size_t			 k;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, ROOM, sizeof(msg.room));
	person_fp(msg.fingerprint, person);
	net.sent = 0;
	net.last = net.now;
	if (!no->original) {
		fedrooms_set_time(no->fr, net.now);
		fedrooms_member(no->fr, 0, &msg);
		return;
	}
	for (k = 0; k < no->local.n; k++)
		if (strcmp(no->local.p[k].fp, msg.fingerprint) == 0)
			no->local.p[k] = no->local.p[--no->local.n];
	if (no->local.n == 0)
		old_send_others(i, -1, NULL);
}

/* All that one step brought: few messages, and silence after a second. */
static void
assert_calm(void)
{
	uint64_t	began = net.now;
	unsigned int	sent;

	run(NS_PER_S);
	if (net.sent > (unsigned int)(2 * net.links))
		fail_msg("%u messages over %d links", net.sent, net.links);
	sent = net.sent;
	run(3 * NS_PER_S);
	assert_int_equal(net.sent, sent);
	assert_true(net.last <= began + NS_PER_S);
}

/* Each of ours has so many people elsewhere, of so many in all. */
static void
assert_seen(unsigned int total, const unsigned int here[NODES])
{
	int	i;

	for (i = 0; i < net.n; i++) {
		if (net.node[i].original || net.node[i].dead)
			continue;
		if (fedrooms_remote(net.node[i].fr, ROOM) != total - here[i])
			fail_msg("relay %d sees %zu of %u", i,
			    fedrooms_remote(net.node[i].fr, ROOM),
			    total - here[i]);
	}
}

static bool
old_sees(int i, unsigned int person)
{
	struct node	*no = &net.node[i];
	char		 fp[FP_STRLEN];
	size_t		 k;
	int		 j;

	person_fp(fp, person);
	for (j = 0; j < net.n; j++)
		for (k = 0; k < no->heard[j].n; k++)
			if (strcmp(no->heard[j].p[k].fp, fp) == 0)
				return (true);
	return (false);
}

/* One comes or goes, and all see that; of here the sum is *total. */
static void
step(void (*move)(int, unsigned int), int i, unsigned int person,
    unsigned int here[NODES], unsigned int *total)
{
	move(i, person);
	assert_calm();
	if (move == come) {
		here[i]++;
		(*total)++;
	} else {
		here[i]--;
		(*total)--;
	}
	assert_seen(*total, here);
}

/*
 * People come to every relay in turn and go again.  Every one of ours sees
 * them all the time; an original says no more than that somebody came first
 * and went last, so one person at each.
 */
static void
come_and_go(void)
{
	unsigned int	here[NODES] = { 0 }, total = 0;
	int		i, j;

	for (i = 0; i < net.n; i++) {
		step(come, i, (unsigned int)i + 1, here, &total);
		for (j = 0; j < net.n; j++)
			if (net.node[j].original && j != i)
				assert_true(old_sees(j, (unsigned int)i + 1));
	}
	/* A second one, not the first at that relay (gap 31). */
	for (i = 0; i < net.n; i++) {
		if (net.node[i].original)
			continue;
		step(come, i, (unsigned int)i + 101, here, &total);
	}
	for (i = 0; i < net.n; i++) {
		if (net.node[i].original)
			continue;
		step(go, i, (unsigned int)i + 1, here, &total);
	}
	/*
	 * Originals' last: whoever hears an original say Inactive without
	 * having told it of anybody cannot know if others are left there.
	 */
	for (i = 0; i < 2 * net.n; i++) {
		j = i % net.n;
		if (net.node[j].original != (i >= net.n))
			continue;
		step(go, j, (unsigned int)j + (net.node[j].original ? 1 :
		    101), here, &total);
	}
	assert_int_equal(total, 0);
}

static void
shape(int n, bool mesh, const int *originals, int noriginals)
{
	net_new(n, originals, noriginals);
	net_links(mesh);
	come_and_go();
	net_free();
}

static void
test_triangle(void **state)
{
	(void)state;
	shape(3, true, NULL, 0);
	shape(3, true, (const int[]){ 1 }, 1);
	shape(3, true, (const int[]){ 0, 2 }, 2);
}

static void
test_ring(void **state)
{
	(void)state;
	shape(10, false, NULL, 0);
	shape(10, false, (const int[]){ 4 }, 1);
	shape(10, false, (const int[]){ 2, 7 }, 2);
	shape(10, false, (const int[]){ 5, 6 }, 2);
}

static void
test_mesh(void **state)
{
	(void)state;
	shape(5, true, NULL, 0);
	shape(5, true, (const int[]){ 3 }, 1);
	shape(5, true, (const int[]){ 1, 4 }, 2);
}

/* The same without suppression: it never ends. */
static void
test_control(void **state)
{
	static const bool	meshes[] = { true, false, true };
	static const int	sizes[] = { 3, 10, 5 };
	size_t			i;

	(void)state;
	for (i = 0; i < 3; i++) {
		net_new(sizes[i], NULL, 0);
		net.parrot = true;
		net_links(meshes[i]);
		come(0, 1);
		run(4 * NS_PER_S);
		assert_true(net.sent > (unsigned int)(2 * net.links));
		/* It is still going on, or the queue is full of it. */
		assert_true(net.tail == EVENTS ||
		    net.last > net.now - NS_PER_S);
		net_free();
	}
}

/* Three originals do it by themselves; one of ours in between ends it. */
static void
test_originals(void **state)
{
	(void)state;
	net_new(3, (const int[]){ 0, 1, 2 }, 3);
	net_links(true);
	come(0, 1);
	run(4 * NS_PER_S);
	assert_true(net.last > net.now - NS_PER_S);
	net_free();
}

/* A link goes and comes back; there is another way all the time. */
static void
test_link(void **state)
{
	unsigned int	here[NODES] = { 1, 1, 1, 1, 1 }, total = 5;
	int		i;

	(void)state;
	net_new(5, NULL, 0);
	net_links(false);
	for (i = 0; i < 5; i++)
		come(i, (unsigned int)i + 1);
	run(NS_PER_S);
	assert_seen(5, here);
	net.sent = 0;
	link_down(0, 4);
	/* Nobody vanishes meanwhile. */
	for (i = 0; i < 50; i++) {
		run(DELAY_NS);
		assert_seen(5, here);
	}
	run(3 * NS_PER_S);
	assert_seen(5, here);
	link_up(0, 4);
	run(3 * NS_PER_S);
	assert_seen(5, here);
	/* And news go round as before. */
	step(come, 2, 50, here, &total);
	net_free();
}

/* A relay dies: its people go everywhere, and nothing brings them back. */
static void
death(int n, bool mesh, const int *originals, int noriginals, int dead)
{
	unsigned int	here[NODES] = { 0 }, total = 0;
	int		i;

	net_new(n, originals, noriginals);
	net_links(mesh);
	for (i = 0; i < n; i++) {
		come(i, (unsigned int)i + 1);
		run(NS_PER_S);
		here[i] = 1;
		total++;
	}
	assert_seen(total, here);
	for (i = 0; i < n; i++)
		if (net.node[dead].linked[i])
			link_down(dead, i);
	fedrooms_free(net.node[dead].fr);
	net.node[dead].dead = true;
	net.sent = 0;
	run(4 * NS_PER_S);
	total--;
	assert_seen(total, here);
	/* It starts anew, knows nothing, and gets its people back. */
	relay_new(dead);
	here[dead] = 0;
	for (i = 0; i < n; i++)
		if (i != dead && (mesh || (i + 1) % n == dead ||
		    (dead + 1) % n == i))
			link_up(dead, i);
	run(3 * NS_PER_S);
	assert_seen(total, here);
	come(dead, (unsigned int)dead + 1);
	run(2 * NS_PER_S);
	here[dead] = 1;
	assert_seen(total + 1, here);
	net_free();
}

static void
test_death(void **state)
{
	(void)state;
	death(3, true, NULL, 0, 1);
	death(10, false, NULL, 0, 3);
	death(5, true, NULL, 0, 0);
	death(5, true, (const int[]){ 3 }, 1, 0);
}

/* Two halves go on by themselves and are one again. */
static void
test_partition(void **state)
{
	unsigned int	here[NODES] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	int		i;

	(void)state;
	net_new(10, NULL, 0);
	net_links(false);
	for (i = 0; i < 10; i++)
		come(i, (unsigned int)i + 1);
	run(NS_PER_S);
	assert_seen(10, here);
	link_down(4, 5);
	link_down(0, 9);
	run(2 * NS_PER_S);
	for (i = 0; i < 10; i++)
		assert_int_equal(fedrooms_remote(net.node[i].fr, ROOM), 4);
	go(0, 1);
	come(7, 77);
	run(2 * NS_PER_S);
	assert_int_equal(fedrooms_remote(net.node[2].fr, ROOM), 3);
	assert_int_equal(fedrooms_remote(net.node[8].fr, ROOM), 5);
	here[0] = 0;
	here[7] = 2;
	net.sent = 0;
	link_up(0, 9);
	run(2 * NS_PER_S);
	assert_seen(10, here);
	link_up(4, 5);
	run(2 * NS_PER_S);
	assert_seen(10, here);
	net_free();
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_triangle),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_mesh),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_originals),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_death),
		cmocka_unit_test(test_partition)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
