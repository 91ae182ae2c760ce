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
 * wzp-bench federated: what a signal and a datagram from one relay to another
 * cost each of their workers.  A line of JSON each, for wzp-bench-report.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/cpu.h"
#include "bench/crowd.h"
#include "bench/pace.h"
#include "bench/people.h"
#include "common/base/clock.h"

#define WORKERS_MAX	64
#define KINDS_MAX	8
#define SETUP_S		30
#define PER_S		50		/* datagrams of each */
#define CALL_LIMIT_NS	(2 * NS_PER_S)
#define SETTLE_NS	NS_PER_S

/* All processes of one relay that have one name. */
struct kind {
	char		 k_name[32];	/* "a mediad" */
	long		 k_pids[WORKERS_MAX];
	size_t		 k_npids;
	double		 k_before;
};

/* Person i of a and person n + i of b. */
struct pair {
	uint64_t	 pa_calling;	/* since; 0: not */
	char		 pa_room[128];	/* of the call; empty: none yet */
	bool		 pa_told[2];	/* of the room */
};

struct pairs {
	struct people	*ps_people;
	struct pair	*ps_pairs;
	unsigned int	 ps_n;
	bool		 ps_accept;	/* those of b: or reject */
	uint64_t	 ps_signals;	/* from one relay to the other */
	struct flow	*ps_flow;
};

static struct kind	kinds[KINDS_MAX];
static size_t		nkinds;

static int	watch(const char *);
static double	cpu_of(long);
static double	cpu_of_kind(const struct kind *);
static void	before(void);
static void	print(const char *, const char *, const char *,
		    const struct flow *, uint64_t);
static uint64_t	calls(struct pairs *, unsigned int, uint64_t, struct flow *);
static struct crowd
		*join(struct pairs *, const struct addr *);
static void	media(struct crowd *, unsigned int, unsigned int, uint64_t);
static void	on_signal(void *, struct person *, const struct signal *);

static const struct people_ops	people_ops = {
	.signal = on_signal
};

int
federated_main(int argc, char **argv)
{
	static struct flow	 fl;
	struct people_config	 pc;
	struct pairs		 ps;
	struct crowd		*crowd;
	struct addr		 relays[2];
	unsigned int		 n = 100, seconds = 5, per_s = 100;
	uint64_t		 signals;
	int			 ch;

	while ((ch = getopt(argc, argv, "c:n:p:s:")) != -1) {
		switch (ch) {
		case 'c':
			per_s = bench_number(ch, optarg, 1, 1000);
			break;
		case 'n':
			n = bench_number(ch, optarg, 1, 1000);
			break;
		case 'p':
			if (watch(optarg) == -1)
				return (bench_usage());
			break;
		case 's':
			seconds = bench_number(ch, optarg, 1, 60);
			break;
		default:
			return (bench_usage());
		}
	}
	argc -= optind;
	argv += optind;
	if (argc != 2 || addr_parse(&relays[0], argv[0]) == -1 ||
	    addr_parse(&relays[1], argv[1]) == -1)
		return (bench_usage());

	memset(&ps, 0, sizeof(ps));
	memset(&pc, 0, sizeof(pc));
	pc.pc_relays = relays;
	pc.pc_nrelays = 2;
	pc.pc_sockets = CROWD_SOCKETS;
	pc.pc_n = 2 * n;
	quic_limits_default(&pc.pc_limits);
	pc.pc_as_original = true;
	pc.pc_ops = &people_ops;
	pc.pc_arg = &ps;
	ps.ps_n = n;
	if ((ps.ps_pairs = calloc(n, sizeof(*ps.ps_pairs))) == NULL ||
	    (ps.ps_people = people_new(&pc)) == NULL)
		err(1, "people");
	if (people_register(ps.ps_people, SETUP_S) == -1)
		errx(1, "not everybody is registered after %d s", SETUP_S);
	before();
	signals = calls(&ps, per_s, seconds * NS_PER_S, &fl);
	print("federated-signal", "signald federd", "signald federd", &fl,
	    signals);
	if ((crowd = join(&ps, relays)) == NULL)
		errx(1, "not everybody is in a call after %d s", SETUP_S);
	media(crowd, 0, n, seconds * NS_PER_S);
	media(crowd, 1, n, seconds * NS_PER_S);
	crowd_free(crowd);
	people_free(ps.ps_people);
	free(ps.ps_pairs);
	return (0);
}

/* a:mediad:123 */
static int
watch(const char *text)
{
	struct kind	*k;
	char		 relay[8], worker[16], name[32];
	long		 pid;
	size_t		 i;

	if (sscanf(text, "%7[^:]:%15[^:]:%ld", relay, worker, &pid) != 3)
		return (-1);
	(void)snprintf(name, sizeof(name), "%s %s", relay, worker);
	for (i = 0; i < nkinds && strcmp(kinds[i].k_name, name) != 0; i++)
		continue;
	if (i == KINDS_MAX || kinds[i].k_npids == WORKERS_MAX)
		errx(1, "too many processes");
	k = &kinds[i];
	if (i == nkinds) {
		nkinds++;
		strlcpy(k->k_name, name, sizeof(k->k_name));
	}
	k->k_pids[k->k_npids++] = pid;
	if (cpu_of(pid) < 0.)
		errx(1, "%s: no such process", text);
	return (0);
}

/* In seconds; -1: it is not there. */
static double
cpu_of(long pid)
{
	static struct cpu	cpu;

	if (cpu_read(&cpu, pid) == -1)
		return (-1.);
	return ((double)cpu.cpu_processes[0].cp_ns / 1e9);
}

static double
cpu_of_kind(const struct kind *k)
{
	double	s, sum = 0.;
	size_t	i;

	for (i = 0; i < k->k_npids; i++) {
		if ((s = cpu_of(k->k_pids[i])) < 0.)
			errx(1, "%s has ended", k->k_name);
		sum += s;
	}
	return (sum);
}

static void
before(void)
{
	size_t	i;

	for (i = 0; i < nkinds; i++)
		kinds[i].k_before = cpu_of_kind(&kinds[i]);
}

/* us of the named workers of both relays for each of n. */
static void
print(const char *name, const char *of_a, const char *of_b,
    const struct flow *fl, uint64_t n)
{
	const char	*worker;
	double		 us, sum = 0.;
	bool		 first = true;
	size_t		 i;

	printf("{\"kind\":\"federated\",\"name\":\"%s\",\"who\":\"relay\","
	    "\"seconds\":%.3f,\"sent\":%llu,\"delivered\":%llu,"
	    "\"loss\":%.6f,\"per_s\":%.1f,\"mean_ms\":%.2f,"
	    "\"p99_ms\":%.2f,\"workers\":{", name,
	    (double)fl->fl_ns / (double)NS_PER_S,
	    (unsigned long long)fl->fl_sent,
	    (unsigned long long)fl->fl_delivered, flow_loss(fl),
	    (double)fl->fl_delivered * (double)NS_PER_S / (double)fl->fl_ns,
	    delay_mean(&fl->fl_delays), delay_part(&fl->fl_delays, .99));
	for (i = 0; i < nkinds; i++) {
		worker = strchr(kinds[i].k_name, ' ') + 1;
		if (strstr(kinds[i].k_name[0] == 'a' ? of_a : of_b, worker) ==
		    NULL)
			continue;
		us = n == 0 ? 0. : 1e6 * (cpu_of_kind(&kinds[i]) -
		    kinds[i].k_before) / (double)n;
		printf("%s\"%s\":%.3f", first ? "" : ",", kinds[i].k_name,
		    us);
		sum += us;
		first = false;
	}
	printf("},\"cpu_us\":%.3f}\n", sum);
}

/*
 * Those of a call their partners at b, who reject; sent and delivered are the
 * calls.  One that is not over after a while is given up and counts as lost.
 * How many signals went from one relay to the other.
 */
static uint64_t
calls(struct pairs *ps, unsigned int per_s, uint64_t ns, struct flow *fl)
{
	struct bank	*bank = people_bank(ps->ps_people);
	struct pace	 pa;
	struct pair	*pair;
	uint64_t	 due, now;
	unsigned int	 who = 0;
	char		 id[64];

	memset(fl, 0, sizeof(*fl));
	fl->fl_copies = 1;
	ps->ps_flow = fl;
	ps->ps_signals = 0;
	pace_begin(&pa, per_s, ns);
	while (pace_turn(&pa, fl, SETTLE_NS)) {
		now = bank_update(bank);
		for (due = pace_due(&pa); due > 0; due--) {
			pair = &ps->ps_pairs[who];
			if (pair->pa_calling == 0 ||
			    now - pair->pa_calling > CALL_LIMIT_NS) {
				people_call_id(id, sizeof(id));
				pair->pa_calling = now;
				fl->fl_sent++;
				(void)person_offer(people_get(ps->ps_people,
				    who), people_get(ps->ps_people,
				    ps->ps_n + who), id);
			}
			who = (who + 1) % ps->ps_n;
		}
		bank_turn(bank, 1);
	}
	pace_end(&pa, fl);
	ps->ps_flow = NULL;
	return (ps->ps_signals);
}

/* Everybody is in a call and sees the other.  NULL: too late. */
static struct crowd *
join(struct pairs *ps, const struct addr *relays)
{
	struct bank	*bank = people_bank(ps->ps_people);
	struct crowd	*crowd;
	uint64_t	 until = bank_update(bank) + SETUP_S * NS_PER_S;
	unsigned int	 i, told;
	char		 id[64];

	ps->ps_accept = true;
	for (i = 0; i < ps->ps_n; i++) {
		people_call_id(id, sizeof(id));
		(void)person_offer(people_get(ps->ps_people, i),
		    people_get(ps->ps_people, ps->ps_n + i), id);
		bank_turn(bank, 1);
	}
	do {
		bank_turn(bank, 5);
		for (i = told = 0; i < ps->ps_n; i++)
			told += ps->ps_pairs[i].pa_told[0] &&
			    ps->ps_pairs[i].pa_told[1];
	} while (told < ps->ps_n && bank_now(bank) < until);
	if (told < ps->ps_n)
		return (NULL);
	if ((crowd = crowd_new(relays, 2, 2 * ps->ps_n)) == NULL)
		err(1, "sockets");
	for (i = 0; i < 2 * ps->ps_n; i++)
		crowd_place(crowd, i, ps->ps_pairs[i % ps->ps_n].pa_room, 2,
		    &people_get(ps->ps_people, i)->p_identity);
	return (crowd_join(crowd, SETUP_S) == -1 ? NULL : crowd);
}

static void
on_signal(void *arg, struct person *p, const struct signal *s)
{
	struct pairs	*ps = arg;
	struct pair	*pair = &ps->ps_pairs[p->p_index % ps->ps_n];

	switch (s->type) {
	case SIGNAL_CALL_SETUP:
		strlcpy(pair->pa_room, s->u.call_setup.room,
		    sizeof(pair->pa_room));
		pair->pa_told[p->p_index / ps->ps_n] = true;
		break;
	case SIGNAL_DIRECT_CALL_OFFER:
		ps->ps_signals++;
		(void)person_answer(p, s->u.direct_call_offer.call_id,
		    ps->ps_accept ? ACCEPT_GENERIC : ACCEPT_REJECT);
		break;
	case SIGNAL_CALL_RINGING:
		ps->ps_signals++;
		break;
	case SIGNAL_HANGUP:
		if (p->p_index >= ps->ps_n || pair->pa_calling == 0)
			break;
		/* Not the word of his own relay that nobody is there. */
		if (s->u.hangup.call_id != NULL) {
			ps->ps_signals++;
			if (ps->ps_flow != NULL)
				ps->ps_flow->fl_delivered++;
		}
		pair->pa_calling = 0;
		break;
	default:
		break;
	}
}

/* side: 0, those of a talk. */
static void
media(struct crowd *crowd, unsigned int side, unsigned int n, uint64_t ns)
{
	static struct flow	fl;
	struct speech		sp;

	sp.sp_first = side * n;
	sp.sp_n = n;
	sp.sp_step = 1;
	sp.sp_listeners = 1;
	sp.sp_per_s = (uint64_t)n * PER_S;
	sp.sp_ns = ns;
	before();
	crowd_talk(crowd, &sp, &fl);
	print(side == 0 ? "federated-out" : "federated-back", "mediad federd",
	    "mediad federd", &fl, fl.fl_delivered);
	if (fl.fl_delivered == 0)
		errx(1, "nothing was delivered");
}
