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
 * wzp-bench media: calls through a relay and the same datagrams through
 * wzp-plain, one after the other, several times.  One line of JSON each, for
 * wzp-bench-report.
 *
 * With -t wzp-plain's place is taken by a TURN server.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bank.h"
#include "bench/bench.h"
#include "bench/coturn.h"
#include "bench/cpu.h"
#include "bench/crowd.h"
#include "common/base/clock.h"

#define JOIN_S		60
#define PLAIN_S		10
/* The climb to saturation: the first step, and how much more each next is. */
#define CLIMB_FIRST	20000
#define CLIMB_STEP(r)	((r) + (r) / 5)
#define CLIMB_LAST	2000000
#define CLIMB_NS	(700 * NS_PER_MS)
#define CLIMB_QUICK_NS	(200 * NS_PER_MS)
#define CLIMB_QUICK	3	/* steps */
/* Above these: it is full, lost too much, and the load did not keep pace. */
#define FULL		0.97
#define LOSS_MAX	0.001
#define PACE_MIN	0.98

/* What is measured. */
struct subject {
	/* "relay" or "peer"; "plain" or "coturn" */
	const char	*su_who;
	long		 su_pid;
	struct crowd	*su_crowd;	/* kept alive by both */
	struct plain	*su_plain;	/* both NULL: the crowd it is */
	struct coturn	*su_coturn;
	const char	*su_counters;	/* command that prints them, or NULL */
	unsigned int	 su_rooms;
	unsigned int	 su_listeners;	/* of each speaker */
	unsigned int	 su_speakers;	/* in each room */
};

struct result {
	struct cpu	re_before;
	struct cpu	re_after;
	int64_t		re_relay_in;	/* -1: not known */
	int64_t		re_relay_out;
	struct flow	re_flow;
};

static void	beside_open(struct subject *, const struct addr *, bool,
		    unsigned int);
static int	counters(const char *, int64_t *, int64_t *);
static void	measure(const struct subject *, uint64_t, uint64_t,
		    struct result *);
static bool	is_full(const struct result *);
static const char
		*climb(const struct subject *, bool, struct result *);
static void	print(const struct subject *, const char *, const char *,
		    unsigned int, unsigned int, const struct result *,
		    const char *);

int
media_main(int argc, char *argv[])
{
	static struct result	 re;
	struct subject		 su[2];
	struct addr		 relay, beside;
	struct cpu		 cpu;
	const char		*name = "media", *kind = NULL, *limit;
	unsigned int		 calls = 50, per_s = 50, pairs = 1, i, k;
	unsigned int		 listeners = 0;	/* 0: both talk */
	unsigned int		 sockets = CROWD_SOCKETS;
	uint64_t		 ns = 2 * NS_PER_S;
	bool			 saturate = false, quick = false, pin = false;
	bool			 turn = false;
	int			 ch;

	memset(su, 0, sizeof(su));
	su[0].su_who = "relay";
	while ((ch = getopt(argc, argv, "b:c:f:k:l:m:n:o:Pp:qr:s:tw:x")) !=
	    -1) {
		switch (ch) {
		case 'b':
			kind = optarg;
			break;
		case 'c':
			su[0].su_counters = optarg;
			break;
		case 'f':
			su[1].su_pid = (long)bench_number(ch, optarg, 1,
			    UINT32_MAX);
			break;
		case 'k':
			pairs = bench_number(ch, optarg, 1, 99);
			break;
		case 'l':
			listeners = bench_number(ch, optarg, 1, 1000);
			break;
		case 'm':
			ns = bench_number(ch, optarg, 100, 60000) * NS_PER_MS;
			break;
		case 'n':
			calls = bench_number(ch, optarg, 1, 5000);
			break;
		case 'o':
			sockets = bench_number(ch, optarg, 1,
			    BANK_SOCKETS_MAX);
			break;
		case 'P':
			pin = true;
			break;
		case 'p':
			su[0].su_pid = (long)bench_number(ch, optarg, 1,
			    UINT32_MAX);
			break;
		case 'q':
			quick = true;
			break;
		case 'r':
			per_s = bench_number(ch, optarg, 1, 10000);
			break;
		case 's':
			name = optarg;
			break;
		case 't':
			turn = true;
			break;
		case 'w':
			su[0].su_who = optarg;
			break;
		case 'x':
			saturate = true;
			break;
		default:
			return (bench_usage());
		}
	}
	argc -= optind;
	argv += optind;
	if (argc != 2 || addr_parse(&relay, argv[0]) == -1 ||
	    addr_parse(&beside, argv[1]) == -1 || su[0].su_pid == 0 ||
	    su[1].su_pid == 0 || (turn && (listeners > 0 || saturate ||
	    calls > COTURN_CALLS_MAX)))
		return (bench_usage());
	su[1].su_who = turn ? "coturn" : "plain";
	if (kind == NULL)
		kind = turn ? "turn" : "media";

	/* We here, they there. */
	for (i = 0; i < 2 && pin; i++)
		if (cpu_read(&cpu, su[i].su_pid) == -1 ||
		    cpu_pin(&cpu, 1) == -1)
			err(1, "cannot pin %s", su[i].su_who);
	if (pin && (cpu_read(&cpu, (long)getpid()) == -1 ||
	    cpu_pin(&cpu, 0) == -1))
		err(1, "cannot pin the load");

	su[0].su_rooms = calls;
	su[0].su_speakers = listeners == 0 ? 2 : 1;
	su[0].su_listeners = listeners == 0 ? 1 : listeners;
	/* As many get something, each from one. */
	i = (calls * su[0].su_speakers * su[0].su_listeners + 1) / 2;
	if ((su[0].su_crowd = crowd_new_at(&relay, 1, calls *
	    (su[0].su_listeners + 1), sockets)) == NULL)
		err(1, "sockets");
	crowd_rooms(su[0].su_crowd, su[0].su_listeners + 1);
	su[1].su_crowd = su[0].su_crowd;
	if (crowd_join(su[0].su_crowd, JOIN_S) == -1)
		errx(1, "not everybody is in a call after %d s", JOIN_S);
	beside_open(&su[1], &beside, turn, i);
	for (k = 0; k < pairs; k++) {
		for (i = 0; i < 2; i++) {
			limit = NULL;
			if (saturate)
				limit = climb(&su[i], quick, &re);
			else
				measure(&su[i], (uint64_t)per_s * calls *
				    su[0].su_speakers * su[0].su_listeners,
				    ns, &re);
			print(&su[i], kind, name, calls, k, &re, limit);
		}
	}
	i = crowd_lost(su[0].su_crowd);
	crowd_free(su[0].su_crowd);
	plain_free(su[1].su_plain);
	coturn_free(su[1].su_coturn);
	if (i > 0)
		errx(1, "%u connections were lost", i);
	return (0);
}

/* What is measured beside the relay is ready. */
static void
beside_open(struct subject *su, const struct addr *at, bool turn,
    unsigned int calls)
{
	const char	*why;

	if (turn) {
		if ((su->su_coturn = coturn_new(at, calls)) == NULL)
			err(1, "sockets");
		if (coturn_join(su->su_coturn, PLAIN_S, &why) == -1)
			errx(1, "coturn: %s", why);
		return;
	}
	if ((su->su_plain = plain_new(at, calls)) == NULL)
		err(1, "sockets");
	if (plain_join(su->su_plain, PLAIN_S) == -1)
		errx(1, "wzp-plain does not answer");
}

/* Sums over all mediad of what `wzpctl -j show stats' prints. */
static int
counters(const char *command, int64_t *in, int64_t *out)
{
	static char	 text[65536];
	const char	*p;
	FILE		*fp;
	size_t		 n;

	*in = *out = -1;
	if (command == NULL)
		return (0);
	if ((fp = popen(command, "r")) == NULL)
		return (-1);
	n = fread(text, 1, sizeof(text) - 1, fp);
	text[n] = '\0';
	if (pclose(fp) != 0)
		return (-1);
	for (p = text; (p = strstr(p, "\"datagrams_in\":")) != NULL;)
		*in = (*in < 0 ? 0 : *in) + strtoll(p += 15, NULL, 10);
	for (p = text; (p = strstr(p, "\"datagrams_out\":")) != NULL;)
		*out = (*out < 0 ? 0 : *out) + strtoll(p += 16, NULL, 10);
	return (*in < 0 || *out < 0 ? -1 : 0);
}

/* per_s: copies that are to be delivered. */
static void
measure(const struct subject *su, uint64_t per_s, uint64_t ns,
    struct result *re)
{
	struct speech	 sp;
	const char	*why;
	int64_t		 in, out;

	if (su->su_coturn != NULL &&
	    coturn_join(su->su_coturn, PLAIN_S, &why) == -1)
		errx(1, "coturn: %s", why);

	if (counters(su->su_counters, &in, &out) == -1)
		errx(1, "%s: no counters", su->su_counters);
	if (cpu_read(&re->re_before, su->su_pid) == -1)
		errx(1, "%s has ended", su->su_who);
	if (su->su_plain != NULL)
		plain_talk(su->su_plain, per_s, ns, &re->re_flow,
		    crowd_bank(su->su_crowd));
	else if (su->su_coturn != NULL)
		coturn_talk(su->su_coturn, per_s, ns, &re->re_flow,
		    crowd_bank(su->su_crowd));
	else {
		sp.sp_first = 0;
		sp.sp_n = su->su_rooms * su->su_speakers;
		sp.sp_step = su->su_speakers == 1 ? su->su_listeners + 1 : 1;
		sp.sp_listeners = su->su_listeners;
		sp.sp_per_s = per_s / su->su_listeners;
		sp.sp_ns = ns;
		crowd_talk(su->su_crowd, &sp, &re->re_flow);
	}
	if (cpu_read(&re->re_after, su->su_pid) == -1)
		errx(1, "%s has ended", su->su_who);
	if (counters(su->su_counters, &re->re_relay_in,
	    &re->re_relay_out) == -1)
		errx(1, "%s: no counters", su->su_counters);
	if (in >= 0) {
		re->re_relay_in -= in;
		re->re_relay_out -= out;
	}
}

static bool
is_full(const struct result *re)
{
	return ((double)cpu_most(&re->re_before, &re->re_after) >
	    FULL * (double)(re->re_after.cpu_at - re->re_before.cpu_at));
}

/*
 * The last step below 0.1 % of loss; why it went no further.  A step that
 * fails is tried once more: others on this machine may have caused it.
 */
static const char *
climb(const struct subject *su, bool quick, struct result *best)
{
	static struct result	 re;
	const char		*limit = "steps";
	uint64_t		 per_s = CLIMB_FIRST, ns;
	unsigned int		 steps = 0, tries;

	ns = quick ? CLIMB_QUICK_NS : CLIMB_NS;
	memset(best, 0, sizeof(*best));
	best->re_relay_in = best->re_relay_out = -1;
	for (; per_s < CLIMB_LAST; per_s = CLIMB_STEP(per_s)) {
		if (quick && steps == CLIMB_QUICK)
			break;
		for (tries = 0; tries < 2; tries++) {
			measure(su, per_s, ns, &re);
			if ((double)re.re_flow.fl_sent >=
			    PACE_MIN * (double)re.re_flow.fl_asked &&
			    flow_loss(&re.re_flow) <= LOSS_MAX)
				break;
		}
		if (flow_loss(&re.re_flow) > LOSS_MAX)
			return ("loss");
		if (steps++ == 0 ||
		    re.re_flow.fl_delivered > best->re_flow.fl_delivered)
			*best = re;
		if (is_full(&re))
			return ("core");
		if ((double)re.re_flow.fl_sent <
		    PACE_MIN * (double)re.re_flow.fl_asked)
			return ("load");
	}
	return (limit);
}

static void
print(const struct subject *su, const char *kind, const char *name,
    unsigned int calls, unsigned int pair, const struct result *re,
    const char *limit)
{
	const struct flow	*fl = &re->re_flow;
	double			 us = 0., self = 0.;

	if (fl->fl_delivered > 0) {
		us = (double)cpu_spent(&re->re_before, &re->re_after) / 1e3 /
		    (double)fl->fl_delivered;
		self = (double)fl->fl_self_ns / 1e3 /
		    (double)fl->fl_delivered;
	}
	printf("{\"kind\":\"%s\",\"name\":\"%s\",\"who\":\"%s\","
	    "\"pair\":%u,\"calls\":%u,\"copies\":%llu,"
	    "\"seconds\":%.3f,\"asked\":%llu,"
	    "\"sent\":%llu,\"refused\":%llu,\"delivered\":%llu,"
	    "\"loss\":%.6f,"
	    "\"per_s\":%.1f,\"cpu_us\":%.3f,\"load_us\":%.3f,"
	    "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"relay_in\":%lld,"
	    "\"relay_out\":%lld,", kind, name, su->su_who, pair, calls,
	    (unsigned long long)fl->fl_copies,
	    (double)fl->fl_ns / (double)NS_PER_S,
	    (unsigned long long)fl->fl_asked, (unsigned long long)fl->fl_sent,
	    (unsigned long long)fl->fl_refused,
	    (unsigned long long)fl->fl_delivered, flow_loss(fl),
	    fl->fl_ns == 0 ? 0. : (double)fl->fl_delivered *
	    (double)NS_PER_S / (double)fl->fl_ns, us, self,
	    delay_part(&fl->fl_delays, .5), delay_part(&fl->fl_delays, .99),
	    (long long)re->re_relay_in, (long long)re->re_relay_out);
	if (limit != NULL)
		printf("\"limit\":\"%s\",\"per_core\":%.0f,", limit,
		    us > 0. ? 1e6 / us : 0.);
	printf("\"delays\":");
	delay_print(&fl->fl_delays, stdout);
	printf(",\"workers\":");
	cpu_print(&re->re_before, &re->re_after, fl->fl_delivered);
	printf("}\n");
}
