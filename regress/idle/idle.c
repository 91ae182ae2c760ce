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
 * wzp-idle: many registered people who do nothing, in one process with a few
 * sockets, each socket at a loopback address of its own.
 *
 *	wzp-idle [-I idle_ms] [-k keepalive_ms] [-n people] [-s sockets]
 *	    [-u unproven] address:port
 *
 * One command a line on standard input, one line of JSON for each when it is
 * done:
 *
 *	register	everybody registers
 *	idle N		nothing for N seconds: what was heard meanwhile
 *	ring N		the first of them calls N others, picked at random, one
 *			after the other, and hangs up when it rings there
 *	mute		what people of the last socket send and get is lost
 *	leave		everybody goes
 */
#include "config.h"

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/people.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/quic/tls.h"

/* Goodbyes between two turns. */
#define LEAVE_BURST	32
/* A minute, and twenty people a second. */
#define REGISTER_S(n)	(60 + (n) / 20)
#define IDLE_MAX_S	600
#define RING_NS		(3 * NS_PER_S)
#define LEAVE_NS	(60 * NS_PER_S)

/* The call that is being made. */
struct ring {
	char			 r_id[64];
	const struct person	*r_to;
	uint64_t		 r_since;	/* 0: there is none */
	bool			 r_ringing;	/* the caller was told */
	bool			 r_event;	/* he who is called was */
	bool			 r_hung;
};

struct idle {
	struct people		*i_people;
	struct bank		*i_bank;
	unsigned int		 i_npeople;
	unsigned int		 i_nsources;
	struct ring		 i_ring;
};

static void	usage(void) __attribute__((noreturn));
static unsigned int
		number(int, const char *, unsigned int);
static bool	next_line(struct idle *, char *, size_t);
static void	do_register(struct idle *);
static void	do_idle(struct idle *, unsigned int);
static void	do_ring(struct idle *, unsigned int);
static bool	ring_one(struct idle *, const struct person *, double *);
static void	do_leave(struct idle *);
static void	command(struct idle *, const char *);
static void	on_signal(void *, struct person *, const struct signal *);
static int	by_value(const void *, const void *);

static const struct people_ops	people_ops = {
	.signal = on_signal
};

static void
usage(void)
{
	fprintf(stderr, "usage: wzp-idle [-I idle_ms] [-k keepalive_ms] "
	    "[-n people] [-s sockets] [-u unproven]\n\taddress:port\n");
	exit(2);
}

static unsigned int
number(int ch, const char *s, unsigned int max)
{
	const char	*why;
	long long	 n;

	n = strtonum(s, 0, max, &why);
	if (why != NULL)
		errx(2, "-%c %s: %s", ch, s, why);
	return ((unsigned int)n);
}

int
main(int argc, char *argv[])
{
	static struct idle	 idle;
	struct people_config	 pc;
	struct addr		 relay;
	char			 line[64];
	int			 ch;

	memset(&pc, 0, sizeof(pc));
	pc.pc_relays = &relay;
	pc.pc_nrelays = 1;
	pc.pc_n = 1000;
	pc.pc_sockets = 20;
	pc.pc_ops = &people_ops;
	pc.pc_arg = &idle;
	quic_limits_default(&pc.pc_limits);
	while ((ch = getopt(argc, argv, "I:k:n:s:u:")) != -1) {
		switch (ch) {
		case 'I':
			pc.pc_limits.idle_ms = number(ch, optarg, 600000);
			break;
		case 'k':
			pc.pc_limits.keepalive_ms = number(ch, optarg,
			    600000);
			break;
		case 'n':
			pc.pc_n = number(ch, optarg, 100000);
			break;
		case 's':
			pc.pc_sockets = number(ch, optarg, BANK_SOCKETS_MAX);
			break;
		case 'u':
			pc.pc_unproven = number(ch, optarg, 100000);
			break;
		default:
			usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (argc != 1 || addr_parse(&relay, argv[0]) == -1 || pc.pc_n < 2 ||
	    pc.pc_sockets == 0 || pc.pc_unproven > pc.pc_n)
		usage();
	log_init("wzp-idle", NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (quic_tls_init() == -1)
		errx(1, "TLS");
	if ((idle.i_people = people_new(&pc)) == NULL)
		err(1, "people");
	idle.i_bank = people_bank(idle.i_people);
	idle.i_npeople = pc.pc_n;
	idle.i_nsources = pc.pc_sockets;

	while (next_line(&idle, line, sizeof(line)))
		command(&idle, line);

	people_free(idle.i_people);
	quic_tls_fini();
	return (0);
}

/* Nobody falls silent while there is nothing to do.  false: that was all. */
static bool
next_line(struct idle *id, char *line, size_t cap)
{
	static char	 buf[256];
	static size_t	 have;
	struct pollfd	 pfd;
	char		*end;
	ssize_t		 n;
	size_t		 len;

	while ((end = memchr(buf, '\n', have)) == NULL) {
		bank_turn(id->i_bank, 50);
		pfd.fd = STDIN_FILENO;
		pfd.events = POLLIN;
		if (poll(&pfd, 1, 0) <= 0)
			continue;
		n = read(STDIN_FILENO, buf + have, sizeof(buf) - have);
		if (n <= 0)
			return (false);
		have += (size_t)n;
	}
	len = (size_t)(end - buf);
	if (len >= cap)
		errx(2, "too long a line");
	memcpy(line, buf, len);
	line[len] = '\0';
	have -= len + 1;
	memmove(buf, end + 1, have);
	return (true);
}

static void
command(struct idle *id, const char *line)
{
	if (strcmp(line, "register") == 0)
		do_register(id);
	else if (strncmp(line, "idle ", 5) == 0)
		do_idle(id, number('n', line + 5, IDLE_MAX_S));
	else if (strncmp(line, "ring ", 5) == 0)
		do_ring(id, number('n', line + 5, id->i_npeople - 1));
	else if (strcmp(line, "leave") == 0)
		do_leave(id);
	else if (strcmp(line, "mute") == 0) {
		bank_mute(id->i_bank, id->i_nsources - 1);
		printf("{\"ev\":\"muted\"}\n");
	} else
		errx(2, "%s: no such command", line);
}

static void
do_register(struct idle *id)
{
	uint64_t	begun = bank_update(id->i_bank);

	(void)people_register(id->i_people,
	    REGISTER_S(id->i_npeople));
	printf("{\"ev\":\"registered\",\"people\":%u,\"registered\":%u,"
	    "\"seconds\":%.1f}\n", id->i_npeople,
	    people_registered(id->i_people),
	    (double)(bank_now(id->i_bank) - begun) / (double)NS_PER_S);
}

/*
 * heard: those who got something from the relay meanwhile; heard_late: in the
 * last third of the time.
 */
static void
do_idle(struct idle *id, unsigned int seconds)
{
	struct person	*p;
	uint64_t	 begun = clock_mono_ns(), heard, end, late, in, out;
	unsigned int	 i, all = 0, recent = 0;

	in = bank_in(id->i_bank);
	out = bank_out(id->i_bank);
	end = begun + seconds * NS_PER_S;
	late = end - seconds * NS_PER_S / 3;
	do {
		bank_turn(id->i_bank, 100);
	} while (bank_now(id->i_bank) < end);
	for (i = 0; i < id->i_npeople; i++) {
		p = people_get(id->i_people, i);
		heard = p->p_conn == NULL ? 0 : quic_conn_heard(p->p_conn);
		all += heard >= begun;
		recent += heard >= late;
	}
	printf("{\"ev\":\"idle\",\"seconds\":%u,\"registered\":%u,"
	    "\"lost\":%u,\"heard\":%u,\"heard_late\":%u,\"in\":%llu,"
	    "\"out\":%llu}\n", seconds, people_registered(id->i_people),
	    people_lost(id->i_people), all, recent,
	    (unsigned long long)(bank_in(id->i_bank) - in),
	    (unsigned long long)(bank_out(id->i_bank) - out));
}

static void
do_ring(struct idle *id, unsigned int n)
{
	unsigned int	*order, i, k, swap, rang = 0;
	double		*ms;

	order = calloc(id->i_npeople, sizeof(*order));
	ms = calloc(n + 1, sizeof(*ms));
	if (order == NULL || ms == NULL)
		err(1, NULL);
	for (i = 0; i < id->i_npeople; i++)
		order[i] = i;
	/* Not the first: he calls. */
	for (i = 1; i <= n; i++) {
		k = i + arc4random_uniform(id->i_npeople - i);
		swap = order[i];
		order[i] = order[k];
		order[k] = swap;
		if (ring_one(id, people_get(id->i_people, order[i]),
		    &ms[rang]))
			rang++;
	}
	qsort(ms, rang, sizeof(*ms), by_value);
	printf("{\"ev\":\"rang\",\"asked\":%u,\"rang\":%u,\"p50_ms\":%.1f,"
	    "\"max_ms\":%.1f}\n", n, rang, rang == 0 ? 0. : ms[rang / 2],
	    rang == 0 ? 0. : ms[rang - 1]);
	free(order);
	free(ms);
}

/* ms: until both knew of it. */
static bool
ring_one(struct idle *id, const struct person *to, double *ms)
{
	struct ring	*r = &id->i_ring;
	struct person	*from = people_get(id->i_people, 0);
	uint64_t	 now = bank_update(id->i_bank);
	bool		 hanging = false;

	memset(r, 0, sizeof(*r));
	people_call_id(r->r_id, sizeof(r->r_id));
	r->r_to = to;
	r->r_since = now;
	if (person_offer(from, to, r->r_id) == -1)
		return (false);
	while (!r->r_hung && now - r->r_since < RING_NS) {
		bank_turn(id->i_bank, 10);
		now = bank_now(id->i_bank);
		if (hanging || !r->r_ringing || !r->r_event)
			continue;
		*ms = (double)(now - r->r_since) / (double)NS_PER_MS;
		if (person_hang_up(from, r->r_id) == -1)
			return (false);
		hanging = true;
	}
	r->r_since = 0;
	return (r->r_hung);
}

static void
do_leave(struct idle *id)
{
	uint64_t	begun = bank_update(id->i_bank);
	unsigned int	i;
	size_t		there;

	for (i = 0; i < id->i_npeople; i++) {
		person_leave(people_get(id->i_people, i));
		/* Not all of them in one burst. */
		if (i % LEAVE_BURST == 0)
			bank_turn(id->i_bank, 1);
	}
	do {
		bank_turn(id->i_bank, 10);
		there = bank_connections(id->i_bank);
	} while (there > 0 && bank_now(id->i_bank) - begun < LEAVE_NS);
	printf("{\"ev\":\"left\",\"there\":%zu,\"seconds\":%.1f}\n", there,
	    (double)(bank_now(id->i_bank) - begun) / (double)NS_PER_S);
}

static void
on_signal(void *arg, struct person *p, const struct signal *s)
{
	struct idle	*id = arg;
	struct ring	*r = &id->i_ring;

	if (r->r_since == 0)
		return;
	switch (s->type) {
	case SIGNAL_CALL_RINGING:
		if (p->p_index == 0 &&
		    strcmp(s->u.call_ringing.call_id, r->r_id) == 0)
			r->r_ringing = true;
		break;
	case SIGNAL_DIRECT_CALL_OFFER:
		if (p == r->r_to &&
		    strcmp(s->u.direct_call_offer.call_id, r->r_id) == 0)
			r->r_event = true;
		break;
	case SIGNAL_HANGUP:
		if (p == r->r_to && s->u.hangup.call_id != NULL &&
		    strcmp(s->u.hangup.call_id, r->r_id) == 0)
			r->r_hung = true;
		break;
	default:
		break;
	}
}

static int
by_value(const void *a, const void *b)
{
	const double	*x = a, *y = b;

	return (*x < *y ? -1 : *x > *y);
}
