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
 * wzp-bench storm: new clients come at a rate of their own, whether or not
 * those before them got in (an open loop), each with a key of his own.  Each
 * does a handshake, registers with proof of possession, stays a while and
 * leaves; who is not registered after his patience leaves without.  Beside
 * them people are in calls, by a process of their own, and others are
 * registered and stay.  A line of JSON, for wzp-bench-report.
 *
 * They have the key exchange of the originals, which costs both sides less than
 * that of our own clients (the row `handshakes' has that).
 *
 * What is late is measured from when a client should have come, not from when
 * the load got round to it.
 */
#include "config.h"

#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/cpu.h"
#include "bench/crowd.h"
#include "bench/figures.h"
#include "bench/people.h"
#include "common/base/clock.h"

#define STEPS_MAX	8
#define SOCKETS		16
#define COMERS_MAX	60000
#define RESIDENTS	20
#define JOIN_S		60
#define IN_TIME_NS	NS_PER_S
#define PATIENCE_NS	(5 * NS_PER_S)
#define STAY_NS		NS_PER_S
/* Between two steps, when all are gone: the relay's queues are empty. */
#define REST_NS		(500 * NS_PER_MS)
#define TALK_PER_S	50	/* datagrams of each who is in a call */

/* Of one step, from the process that has the calls. */
struct talk {
	double		ta_loss;
	double		ta_p99_ms;
	unsigned int	ta_lost;	/* connections */
};

struct calls {
	pid_t		 ca_pid;
	int		 ca_go;		/* how many ns to talk */
	int		 ca_told;	/* one byte, or a struct talk */
};

struct comer {
	uint64_t	co_since;	/* should have come then */
	uint64_t	co_until;	/* stays, registered */
};

struct step {
	unsigned int	st_rate;
	uint64_t	st_ns;
	unsigned int	st_offered;
	unsigned int	st_in_time;
	unsigned int	st_late;
	unsigned int	st_refused;
	unsigned int	st_given_up;
	unsigned int	st_dropped;	/* registered, and lost all the same */
	double		st_p50_ms;
	double		st_p99_ms;
	double		st_behind_ms;	/* of the load, at most */
	double		st_load;	/* part of a processor */
	double		st_cpu_us;	/* of the relay for each in time */
	struct talk	st_talk;
};

struct storm {
	struct people	*s_people;
	struct comer	*s_comers;
	unsigned int	 s_n;
	unsigned int	 s_first;	/* those before it are gone */
	struct step	*s_step;
	struct delays	 s_delays;
};

static unsigned int
		rates_parse(char *, struct step *);
static void	calls_open(struct calls *, const struct addr *, unsigned int);
static void	calls_run(int, int, const struct addr *, unsigned int)
		    __attribute__((noreturn));
static int	read_all(int, void *, size_t);
static int	write_all(int, const void *, size_t);
static struct people
		*people_open(const struct addr *, unsigned int, unsigned int,
		    struct storm *);
static void	step_run(const struct addr *, struct step *, struct calls *,
		    struct people *, long);
static void	come(struct storm *, uint64_t, uint64_t);
static void	leave(struct storm *, uint64_t);
static void	print(const struct step *, unsigned int, const char *,
		    unsigned int);
static void	on_registered(void *, struct person *);
static void	on_lost(void *, struct person *, const char *);

static const struct people_ops	storm_ops = {
	.registered = on_registered,
	.lost = on_lost
};
static const struct people_ops	resident_ops;

int
storm_main(int argc, char *argv[])
{
	static struct cpu	 cpu;
	static char		 usual[] = "500,1000,1500,2000,3000";
	struct step		 steps[STEPS_MAX];
	struct people		*residents;
	struct addr		 relay;
	struct calls		 ca;
	const char		*who = "relay";
	char			*rates = usual;
	unsigned int		 i, n, ncalls = 10;
	uint64_t		 ns = 3 * NS_PER_S;
	long			 pid = 0;
	bool			 pin = false;
	int			 ch;

	memset(steps, 0, sizeof(steps));
	while ((ch = getopt(argc, argv, "m:n:Pp:r:w:")) != -1) {
		switch (ch) {
		case 'm':
			ns = bench_number(ch, optarg, 100, 60000) * NS_PER_MS;
			break;
		case 'n':
			ncalls = bench_number(ch, optarg, 1, 100);
			break;
		case 'P':
			pin = true;
			break;
		case 'p':
			pid = (long)bench_number(ch, optarg, 1, UINT32_MAX);
			break;
		case 'r':
			rates = optarg;
			break;
		case 'w':
			who = optarg;
			break;
		default:
			return (bench_usage());
		}
	}
	argc -= optind;
	argv += optind;
	if (argc != 1 || addr_parse(&relay, argv[0]) == -1 || pid == 0 ||
	    (n = rates_parse(rates, steps)) == 0)
		return (bench_usage());
	/* We here, they there. */
	if (pin && (cpu_read(&cpu, pid) == -1 || cpu_pin(&cpu, 1) == -1 ||
	    cpu_read(&cpu, (long)getpid()) == -1 || cpu_pin(&cpu, 0) == -1))
		err(1, "cannot pin");
	calls_open(&ca, &relay, ncalls);
	residents = people_open(&relay, 1, RESIDENTS, NULL);
	if (people_register(residents, JOIN_S) == -1)
		errx(1, "not everybody is registered");
	for (i = 0; i < n; i++) {
		steps[i].st_ns = ns;
		step_run(&relay, &steps[i], &ca, residents, pid);
	}
	print(steps, n, who, people_lost(residents));
	for (i = 0; i < RESIDENTS; i++)
		if (people_get(residents, i)->p_state == PERSON_REGISTERED)
			person_leave(people_get(residents, i));
	bank_turn(people_bank(residents), 0);
	people_free(residents);
	(void)close(ca.ca_go);
	(void)close(ca.ca_told);
	(void)waitpid(ca.ca_pid, NULL, 0);
	return (0);
}

/* Clients a second of each step, commas between them.  0: nonsense. */
static unsigned int
rates_parse(char *s, struct step *steps)
{
	char		*word;
	unsigned int	 n = 0;

	while ((word = strsep(&s, ",")) != NULL) {
		if (n == STEPS_MAX)
			return (0);
		steps[n++].st_rate = bench_number('r', word, 1, 10000);
	}
	return (n);
}

/* A process of its own: what it says must not wait for the storm's load. */
static void
calls_open(struct calls *ca, const struct addr *relay, unsigned int n)
{
	int	go[2], told[2];
	char	ready;

	if (pipe(go) == -1 || pipe(told) == -1 ||
	    (ca->ca_pid = fork()) == -1)
		err(1, "calls");
	if (ca->ca_pid == 0) {
		(void)close(go[1]);
		(void)close(told[0]);
		calls_run(go[0], told[1], relay, n);
	}
	(void)close(go[0]);
	(void)close(told[1]);
	ca->ca_go = go[1];
	ca->ca_told = told[0];
	if (read_all(ca->ca_told, &ready, sizeof(ready)) == -1)
		errx(1, "nobody is in a call");
}

static void
calls_run(int go, int told, const struct addr *relay, unsigned int n)
{
	static struct flow	 fl;
	struct speech		 sp;
	struct crowd		*c;
	struct talk		 ta;
	uint64_t		 ns;

	if ((c = crowd_new(relay, 1, 2 * n)) == NULL)
		err(1, "crowd");
	crowd_rooms(c, 2);
	if (crowd_join(c, JOIN_S) == -1)
		errx(1, "not everybody is in a call after %d s", JOIN_S);
	if (write_all(told, "", 1) == -1)
		exit(1);
	memset(&sp, 0, sizeof(sp));
	sp.sp_n = 2 * n;
	sp.sp_step = 1;
	sp.sp_listeners = 1;
	sp.sp_per_s = (uint64_t)2 * n * TALK_PER_S;
	while (read_all(go, &ns, sizeof(ns)) == 0) {
		sp.sp_ns = ns;
		crowd_talk(c, &sp, &fl);
		memset(&ta, 0, sizeof(ta));
		ta.ta_loss = flow_loss(&fl);
		ta.ta_p99_ms = delay_part(&fl.fl_delays, .99);
		ta.ta_lost = crowd_lost(c);
		if (write_all(told, &ta, sizeof(ta)) == -1)
			break;
	}
	crowd_free(c);
	exit(0);
}

static int
read_all(int fd, void *buf, size_t len)
{
	char	*p = buf;
	ssize_t	 n;

	while (len > 0) {
		n = read(fd, p, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (-1);
		p += n;
		len -= (size_t)n;
	}
	return (0);
}

/* A few bytes fit into a pipe at once. */
static int
write_all(int fd, const void *buf, size_t len)
{
	return (write(fd, buf, len) == (ssize_t)len ? 0 : -1);
}

static struct people *
people_open(const struct addr *relay, unsigned int sockets, unsigned int n,
    struct storm *s)
{
	struct people_config	 pc;
	struct people		*pe;

	memset(&pc, 0, sizeof(pc));
	pc.pc_relays = relay;
	pc.pc_nrelays = 1;
	pc.pc_sockets = sockets;
	pc.pc_n = n;
	/* What the load need not compute it can offer. */
	pc.pc_classic = true;
	pc.pc_quiet = s != NULL;
	quic_limits_default(&pc.pc_limits);
	pc.pc_ops = s == NULL ? &resident_ops : &storm_ops;
	pc.pc_arg = s;
	if ((pe = people_new(&pc)) == NULL)
		err(1, "people");
	return (pe);
}

static void
step_run(const struct addr *relay, struct step *st, struct calls *ca,
    struct people *residents, long pid)
{
	static struct storm	 s;
	static struct cpu	 before, after;
	uint64_t		 begun, now, self, spoken;

	memset(&s, 0, sizeof(s));
	s.s_step = st;
	s.s_n = (unsigned int)(st->st_rate * st->st_ns / NS_PER_S);
	if (s.s_n > COMERS_MAX)
		s.s_n = COMERS_MAX;
	if ((s.s_comers = calloc(s.s_n, sizeof(*s.s_comers))) == NULL)
		err(1, "comers");
	s.s_people = people_open(relay, SOCKETS, s.s_n, &s);
	/* While they come, and while those who came last are patient. */
	spoken = st->st_ns + IN_TIME_NS;
	if (write_all(ca->ca_go, &spoken, sizeof(spoken)) == -1 ||
	    cpu_read(&before, pid) == -1)
		errx(1, "the relay or its calls are not there");
	self = cpu_self();
	begun = now = bank_update(people_bank(s.s_people));
	while (s.s_first < s.s_n) {
		come(&s, begun, now);
		leave(&s, now);
		bank_turn(people_bank(s.s_people), 1);
		bank_turn(people_bank(residents), 0);
		now = bank_now(people_bank(s.s_people));
		if (st->st_load == 0. && now - begun >= st->st_ns) {
			st->st_load = (double)(cpu_self() - self) /
			    (double)(now - begun);
			if (cpu_read(&after, pid) == -1)
				errx(1, "the relay has ended");
		}
	}
	st->st_offered = s.s_n;
	st->st_p50_ms = delay_part(&s.s_delays, .5);
	st->st_p99_ms = delay_part(&s.s_delays, .99);
	if (cpu_read(&after, pid) == -1)
		errx(1, "the relay has ended");
	st->st_cpu_us = st->st_in_time == 0 ? 0. :
	    (double)cpu_spent(&before, &after) / 1e3 /
	    (double)st->st_in_time;
	/* Who left says so. */
	begun = now;
	while (now - begun < REST_NS) {
		bank_turn(people_bank(s.s_people), 1);
		bank_turn(people_bank(residents), 0);
		now = bank_now(people_bank(s.s_people));
	}
	if (read_all(ca->ca_told, &st->st_talk, sizeof(st->st_talk)) == -1)
		errx(1, "the calls have ended");
	people_free(s.s_people);
	free(s.s_comers);
}

static void
come(struct storm *s, uint64_t begun, uint64_t now)
{
	unsigned int	 i, due;
	double		 behind;

	due = (unsigned int)((now - begun) * s->s_step->st_rate / NS_PER_S);
	if (due > s->s_n)
		due = s->s_n;
	i = people_dialled(s->s_people);
	if (i == due)
		return;
	behind = (double)(now - begun - i * NS_PER_S / s->s_step->st_rate) /
	    (double)NS_PER_MS;
	if (behind > s->s_step->st_behind_ms)
		s->s_step->st_behind_ms = behind;
	for (; i < due; i++)
		s->s_comers[i].co_since = begun +
		    i * NS_PER_S / s->s_step->st_rate;
	people_dial(s->s_people, people_dialling(s->s_people) + due -
	    people_dialled(s->s_people));
}

/* Who has stayed for long enough, and who has waited for too long. */
static void
leave(struct storm *s, uint64_t now)
{
	struct person	*p;
	struct comer	*co;
	unsigned int	 i, dialled = people_dialled(s->s_people);
	bool		 gone = true;

	for (i = s->s_first; i < dialled; i++) {
		p = people_get(s->s_people, i);
		co = &s->s_comers[i];
		if (p->p_state == PERSON_REGISTERED && now >= co->co_until)
			person_leave(p);
		else if (p->p_state == PERSON_DIALLED &&
		    now - co->co_since >= PATIENCE_NS) {
			s->s_step->st_given_up++;
			person_leave(p);
		}
		if (p->p_state != PERSON_LEFT && p->p_state != PERSON_LOST)
			gone = false;
		if (gone)
			s->s_first = i + 1;
	}
}

static void
print(const struct step *steps, unsigned int n, const char *who,
    unsigned int lost)
{
	const struct step	*st, *best = steps;
	double			 held = 1., good, most, p99 = 0., loss = 0.;
	unsigned int		 i;

	for (i = 1; i < n; i++)
		if ((double)steps[i].st_in_time / (double)steps[i].st_ns >
		    (double)best->st_in_time / (double)best->st_ns)
			best = &steps[i];
	most = (double)best->st_in_time * (double)NS_PER_S /
	    (double)best->st_ns;
	for (i = 0; i < n; i++) {
		st = &steps[i];
		good = (double)st->st_in_time * (double)NS_PER_S /
		    (double)st->st_ns;
		/* Of what is offered beyond that. */
		if (st->st_rate > most && most > 0. && good / most < held)
			held = good / most;
		if (st->st_talk.ta_loss > loss)
			loss = st->st_talk.ta_loss;
		if (st->st_talk.ta_p99_ms > p99)
			p99 = st->st_talk.ta_p99_ms;
		lost += st->st_dropped;
	}
	/* Of calls, all steps together. */
	lost += steps[n - 1].st_talk.ta_lost;
	printf("{\"kind\":\"storm\",\"name\":\"storm\",\"who\":\"%s\","
	    "\"per_s\":%.1f,\"held\":%.3f,\"lost\":%u,\"cpu_us\":%.1f,"
	    "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"media_loss\":%.6f,"
	    "\"media_p99_ms\":%.2f,\"steps\":[", who, most, held, lost,
	    best->st_cpu_us, best->st_p50_ms, best->st_p99_ms, loss, p99);
	for (i = 0; i < n; i++) {
		st = &steps[i];
		printf("%s{\"rate\":%u,\"seconds\":%.3f,\"offered\":%u,"
		    "\"in_time\":%u,\"late\":%u,\"refused\":%u,"
		    "\"given_up\":%u,\"dropped\":%u,\"p50_ms\":%.2f,"
		    "\"p99_ms\":%.2f,\"media_loss\":%.6f,"
		    "\"media_p99_ms\":%.2f,\"cpu_us\":%.1f,\"load\":%.3f,"
		    "\"behind_ms\":%.1f}", i == 0 ? "" : ",", st->st_rate,
		    (double)st->st_ns / (double)NS_PER_S, st->st_offered,
		    st->st_in_time, st->st_late, st->st_refused,
		    st->st_given_up, st->st_dropped, st->st_p50_ms,
		    st->st_p99_ms, st->st_talk.ta_loss,
		    st->st_talk.ta_p99_ms, st->st_cpu_us, st->st_load,
		    st->st_behind_ms);
	}
	printf("]}\n");
}

static void
on_registered(void *arg, struct person *p)
{
	struct storm	*s = arg;
	struct comer	*co = &s->s_comers[p->p_index];
	uint64_t	 now = bank_now(people_bank(s->s_people));

	delay_add(&s->s_delays, now - co->co_since);
	if (now - co->co_since <= IN_TIME_NS)
		s->s_step->st_in_time++;
	else
		s->s_step->st_late++;
	co->co_until = now + STAY_NS;
}

static void
on_lost(void *arg, struct person *p, const char *why)
{
	struct storm	*s = arg;

	(void)why;
	if (s->s_comers[p->p_index].co_until != 0)
		s->s_step->st_dropped++;
	else
		s->s_step->st_refused++;
}
