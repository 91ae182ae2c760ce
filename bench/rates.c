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
 * wzp-bench calls, registrations, handshakes: how many a second a relay does,
 * and what they cost it.  As many are under way at once as -n says; a line of
 * JSON, for wzp-bench-report.  SIGTERM ends it before its time.
 *
 * calls -l FILE: what each caller hears of its calls, as the clients of
 * regress/storm (log.c there) write it down, for storm-judge.
 */
#include "config.h"

#include <err.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/cpu.h"
#include "bench/figures.h"
#include "bench/people.h"
#include "common/base/clock.h"
#include "common/quic/params.h"

#define REGISTER_S	60
#define SOCKETS		16
#define PEOPLE_MAX	20000
/* Registrations a second that there are identities for. */
#define PEOPLE_PER_S	2000
#define SETTLE_NS	NS_PER_S
#define LOST_TOLD	3

enum what {
	WHAT_CALLS,
	WHAT_REGISTRATIONS,
	WHAT_HANDSHAKES
};

/* A person's; callers are even, and who is called is the next. */
struct call {
	uint64_t		 ca_since;	/* of what is under way */
	char			 ca_id[48];
};

struct rates {
	enum what		 r_what;
	struct people		*r_people;	/* not of handshakes */
	unsigned int		 r_npeople;
	struct call		*r_calls;
	struct bank		*r_bank;
	unsigned int		 r_next;	/* socket, of handshakes */
	unsigned int		 r_under_way;
	uint64_t		 r_done;
	uint64_t		 r_failed;
	bool			 r_measures;
	bool			 r_ends;	/* nothing new is begun */
	struct delays		 r_delays;
	FILE			*r_log;		/* NULL: not wanted */
};

/* What belongs to a connection of handshakes. */
struct handshake {
	struct rates		*hs_rates;
	uint64_t		 hs_since;
};

static void	stop(int);
static void	people_open(struct rates *, const struct addr *);
static void	strangers_open(struct rates *, const struct addr *);
static void	begin(struct rates *, unsigned int);
static void	done(struct rates *, uint64_t);
static void	failed(struct rates *, const char *);
static void	note(struct rates *, const char *, const char *, ...)
		    __attribute__((format(printf, 3, 4)));
static void	note_call(struct rates *, unsigned int, const char *,
		    const char *);
static void	call(struct rates *, unsigned int);
static void	handshake(struct rates *);
static void	on_established(void *, struct quic_conn *);
static void	on_closed(void *, struct quic_conn *,
		    const struct quic_close *);
static void	on_registered(void *, struct person *);
static void	on_lost(void *, struct person *, const char *);
static void	on_signal(void *, struct person *, const struct signal *);

static const struct people_ops	people_ops = {
	.registered = on_registered,
	.lost = on_lost,
	.signal = on_signal
};

static volatile sig_atomic_t	stopped;

int
rates_main(int argc, char *argv[])
{
	static struct rates	 r;
	static struct cpu	 before, after;
	struct addr		 relay;
	const char		*name = argv[0], *who = "relay";
	unsigned int		 i, n = 32;
	uint64_t		 ns = 2 * NS_PER_S, begun, now, self, spent;
	long			 pid = 0;
	double			 seconds;
	bool			 pin = false;
	int			 ch;

	r.r_what = strcmp(name, "calls") == 0 ? WHAT_CALLS :
	    strcmp(name, "registrations") == 0 ? WHAT_REGISTRATIONS :
	    WHAT_HANDSHAKES;
	while ((ch = getopt(argc, argv, "l:m:n:Pp:w:")) != -1) {
		switch (ch) {
		case 'l':
			if ((r.r_log = fopen(optarg, "w")) == NULL)
				err(1, "%s", optarg);
			break;
		case 'm':
			ns = bench_number(ch, optarg, 100, 600000) *
			    NS_PER_MS;
			break;
		case 'n':
			n = bench_number(ch, optarg, 1, 5000);
			break;
		case 'P':
			pin = true;
			break;
		case 'p':
			pid = (long)bench_number(ch, optarg, 1, UINT32_MAX);
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
	    (r.r_log != NULL && r.r_what != WHAT_CALLS))
		return (bench_usage());
	/* We here, they there. */
	if (pin && (cpu_read(&before, pid) == -1 ||
	    cpu_pin(&before, 1) == -1 ||
	    cpu_read(&before, (long)getpid()) == -1 ||
	    cpu_pin(&before, 0) == -1))
		err(1, "cannot pin");
	r.r_npeople = r.r_what == WHAT_CALLS ? 2 * n :
	    r.r_what == WHAT_HANDSHAKES ? 0 :
	    (unsigned int)(ns * PEOPLE_PER_S / NS_PER_S) + n;
	if (r.r_npeople > PEOPLE_MAX)
		r.r_npeople = PEOPLE_MAX;
	if (r.r_what == WHAT_HANDSHAKES)
		strangers_open(&r, &relay);
	else
		people_open(&r, &relay);
	if (r.r_what == WHAT_CALLS &&
	    people_register(r.r_people, REGISTER_S) == -1)
		errx(1, "not everybody is registered");

	if (cpu_read(&before, pid) == -1)
		errx(1, "the relay is not there");
	self = cpu_self();
	r.r_measures = true;
	begun = now = bank_update(r.r_bank);
	(void)signal(SIGTERM, stop);
	note(&r, "start", ",\"rate\":%u", n);
	for (i = 0; r.r_log != NULL && i < r.r_npeople; i += 2)
		note(&r, "peer", ",\"c\":%u,\"kind\":\"pool\"", i);
	note(&r, "steady", "%s", "");
	while (!stopped && now - begun < ns &&
	    (r.r_what != WHAT_REGISTRATIONS ||
	    people_dialled(r.r_people) < r.r_npeople)) {
		begin(&r, n);
		bank_turn(r.r_bank, 1);
		now = bank_now(r.r_bank);
		/* Who looks at it finds all that was said before this turn. */
		if (r.r_log != NULL)
			(void)fflush(r.r_log);
	}
	if (cpu_read(&after, pid) == -1)
		errx(1, "the relay has ended");
	self = cpu_self() - self;
	seconds = (double)(now - begun) / (double)NS_PER_S;
	r.r_measures = false;
	r.r_ends = true;
	spent = cpu_spent(&before, &after);
	printf("{\"kind\":\"rate\",\"name\":\"%s\",\"who\":\"%s\","
	    "\"at_once\":%u,\"seconds\":%.3f,\"done\":%llu,\"failed\":%llu,"
	    "\"per_s\":%.1f,\"cpu_us\":%.1f,\"load_us\":%.1f,"
	    "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"delays\":", name, who, n,
	    seconds, (unsigned long long)r.r_done,
	    (unsigned long long)r.r_failed, (double)r.r_done / seconds,
	    r.r_done == 0 ? 0. : (double)spent / 1e3 / (double)r.r_done,
	    r.r_done == 0 ? 0. : (double)self / 1e3 / (double)r.r_done,
	    delay_part(&r.r_delays, .5), delay_part(&r.r_delays, .99));
	delay_print(&r.r_delays, stdout);
	printf(",\"workers\":");
	cpu_print(&before, &after, r.r_done);
	printf("}\n");

	/* Calls end and people leave in order. */
	for (begun = now; r.r_under_way > 0 && now - begun < SETTLE_NS;
	    now = bank_now(r.r_bank))
		bank_turn(r.r_bank, 1);
	note(&r, "settled", "%s", "");
	for (i = 0; i < r.r_npeople; i++)
		if (people_get(r.r_people, i)->p_state == PERSON_REGISTERED)
			person_leave(people_get(r.r_people, i));
	for (begun = now; now - begun < SETTLE_NS / 4;
	    now = bank_now(r.r_bank))
		bank_turn(r.r_bank, 1);
	note(&r, "end", "%s", "");
	if (r.r_log != NULL && (ferror(r.r_log) || fclose(r.r_log) != 0))
		err(1, "log");
	if (r.r_people != NULL)
		people_free(r.r_people);
	else
		bank_free(r.r_bank);
	free(r.r_calls);
	return (0);
}

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static void
people_open(struct rates *r, const struct addr *relay)
{
	struct people_config	pc;

	memset(&pc, 0, sizeof(pc));
	pc.pc_relays = relay;
	pc.pc_nrelays = 1;
	pc.pc_sockets = SOCKETS;
	pc.pc_n = r->r_npeople;
	quic_limits_default(&pc.pc_limits);
	pc.pc_ops = &people_ops;
	pc.pc_arg = r;
	if ((r->r_calls = calloc(pc.pc_n, sizeof(*r->r_calls))) == NULL ||
	    (r->r_people = people_new(&pc)) == NULL)
		err(1, "people");
	r->r_bank = people_bank(r->r_people);
}

static void
strangers_open(struct rates *r, const struct addr *relay)
{
	struct bank_config	bc;

	memset(&bc, 0, sizeof(bc));
	bc.bc_relays = relay;
	bc.bc_nrelays = 1;
	bc.bc_sockets = SOCKETS;
	quic_limits_default(&bc.bc_limits);
	bc.bc_limits.max_connections = PEOPLE_MAX;
	bc.bc_ops.established = on_established;
	bc.bc_ops.closed = on_closed;
	if ((r->r_bank = bank_new(&bc)) == NULL)
		err(1, "sockets");
}

/* As many as may be under way. */
static void
begin(struct rates *r, unsigned int most)
{
	unsigned int	i, dialled;

	switch (r->r_what) {
	case WHAT_CALLS:
		for (i = 0; i < r->r_npeople; i += 2)
			if (r->r_calls[i].ca_since == 0)
				call(r, i);
		break;
	case WHAT_REGISTRATIONS:
		dialled = people_dialled(r->r_people);
		people_dial(r->r_people, most);
		for (i = dialled; i < people_dialled(r->r_people); i++)
			r->r_calls[i].ca_since = bank_now(r->r_bank);
		r->r_under_way = people_dialling(r->r_people);
		break;
	case WHAT_HANDSHAKES:
		while (r->r_under_way < most)
			handshake(r);
		break;
	}
}

static void
done(struct rates *r, uint64_t since)
{
	if (!r->r_measures)
		return;
	r->r_done++;
	delay_add(&r->r_delays, bank_now(r->r_bank) - since);
}

static void
failed(struct rates *r, const char *why)
{
	if (r->r_ends)
		return;
	if (r->r_failed++ < LOST_TOLD)
		warnx("%s", why);
}

static void
note(struct rates *r, const char *event, const char *fmt, ...)
{
	va_list	ap;

	if (r->r_log == NULL)
		return;
	fprintf(r->r_log, "{\"t\":%llu,\"ev\":\"%s\"",
	    (unsigned long long)(bank_now(r->r_bank) / 1000), event);
	va_start(ap, fmt);
	vfprintf(r->r_log, fmt, ap);
	va_end(ap);
	fputs("}\n", r->r_log);
}

/* i: the caller; reason: NULL, or of a Hangup. */
static void
note_call(struct rates *r, unsigned int i, const char *event,
    const char *reason)
{
	note(r, event, ",\"c\":%u,\"call\":\"%s\",\"caller\":true%s%s%s", i,
	    r->r_calls[i].ca_id, reason != NULL ? ",\"reason\":\"" : "",
	    reason != NULL ? reason : "", reason != NULL ? "\"" : "");
}

static void
handshake(struct rates *r)
{
	struct handshake	*hs;
	struct quic_conn	*c;

	if ((hs = malloc(sizeof(*hs))) == NULL ||
	    (c = bank_dial(r->r_bank, r->r_next++ % SOCKETS,
	    QUIC_SNI_SIGNAL)) == NULL)
		err(1, "handshake");
	hs->hs_rates = r;
	hs->hs_since = bank_now(r->r_bank);
	quic_conn_set_data(c, hs);
	r->r_under_way++;
}

static void
call(struct rates *r, unsigned int i)
{
	struct call	*ca = &r->r_calls[i];

	people_call_id(ca->ca_id, sizeof(ca->ca_id));
	ca->ca_since = bank_now(r->r_bank);
	r->r_under_way++;
	note_call(r, i, "offer", NULL);
	if (person_offer(people_get(r->r_people, i),
	    people_get(r->r_people, i + 1), ca->ca_id) == -1)
		failed(r, "no offer");
}

static void
on_signal(void *arg, struct person *p, const struct signal *s)
{
	struct rates	*r = arg;
	bool		 calls = p->p_index % 2 == 0;
	/* Of the caller. */
	unsigned int	 i = p->p_index & ~1u;
	struct call	*ca = &r->r_calls[i];

	switch (s->type) {
	case SIGNAL_CALL_RINGING:
		if (strcmp(s->u.call_ringing.call_id, ca->ca_id) == 0)
			note_call(r, i, "ringing", NULL);
		break;
	case SIGNAL_DIRECT_CALL_OFFER:
		if (person_answer(p, s->u.direct_call_offer.call_id,
		    ACCEPT_GENERIC) == -1)
			failed(r, "no answer");
		break;
	case SIGNAL_CALL_SETUP:
		if (!calls || strcmp(s->u.call_setup.call_id, ca->ca_id) != 0)
			break;
		done(r, ca->ca_since);
		note_call(r, i, "setup", NULL);
		if (person_hang_up(p, ca->ca_id) == -1)
			failed(r, "no hang-up");
		break;
	case SIGNAL_HANGUP:
		/* The caller of a call that was refused; who was called. */
		if (s->u.hangup.call_id == NULL ||
		    strcmp(s->u.hangup.call_id, ca->ca_id) != 0 ||
		    ca->ca_since == 0)
			break;
		if (calls)
			failed(r, "a call was refused");
		note_call(r, i, "hangup",
		    hangup_reason_name(s->u.hangup.reason));
		ca->ca_since = 0;
		r->r_under_way--;
		if (!r->r_ends)
			call(r, i);
		break;
	default:
		break;
	}
}

static void
on_established(void *arg, struct quic_conn *c)
{
	struct handshake	*hs = quic_conn_data(c);

	(void)arg;
	done(hs->hs_rates, hs->hs_since);
	quic_close(c, 0, "");
}

static void
on_closed(void *arg, struct quic_conn *c, const struct quic_close *qc)
{
	struct handshake	*hs = quic_conn_data(c);
	struct rates		*r = hs->hs_rates;

	(void)arg;
	free(hs);
	r->r_under_way--;
	if (qc->kind != QUIC_CLOSED_LOCAL)
		failed(r, qc->text);
}

static void
on_registered(void *arg, struct person *p)
{
	struct rates	*r = arg;

	if (r->r_what != WHAT_REGISTRATIONS)
		return;
	done(r, r->r_calls[p->p_index].ca_since);
	r->r_under_way = people_dialling(r->r_people);
	person_leave(p);
}

static void
on_lost(void *arg, struct person *p, const char *why)
{
	struct rates	*r = arg;

	r->r_calls[p->p_index].ca_since = 0;
	if (r->r_what == WHAT_REGISTRATIONS)
		r->r_under_way = people_dialling(r->r_people);
	failed(r, why);
}
