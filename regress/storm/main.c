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
 * wzp-storm: options and the loop.
 *
 *	wzp-storm [-a attempts/s] [-b rebinds/s] [-c calls] [-d dir]
 *	    [-i idle] [-l log] [-p pairs] [-q setups/s] [-R recorded]
 *	    [-s seed] [-T tokens] [-w sweep] host:port [host:port]
 *	wzp-storm -k pid	SIGKILL; prints when, by the clock of the log
 *			(0: nothing is killed)
 *
 * With a second relay, those who are called are there: every other client.
 *
 * SIGUSR1: begins nothing more, says `settled' when all is quiet.
 * SIGUSR2: `sample', of each who is in a call that lasts: sent and received.
 * SIGTERM: everybody hangs up and leaves.
 */

#include "config.h"

#include <err.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client/net/net.h"
#include "client/pins.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/quic/tls.h"
#include "regress/storm/storm.h"

#define TICK_S		0.010
#define FLUSH_TICKS	10

static void	 usage(void) __attribute__((noreturn));
static unsigned int
		 number(const char *, const char *);
static void	 on_tick(struct ev_loop *, ev_timer *, int);
static void	 on_signal(struct ev_loop *, ev_signal *, int);

static void
usage(void)
{
	fprintf(stderr, "usage: wzp-storm [-a n] [-b n] [-c n] [-d dir] "
	    "[-i n] [-l log] [-p n] [-q n]\n"
	    "\t[-R n] [-s seed] [-T tokens] [-w sweep] host:port "
	    "[host:port]\n");
	exit(2);
}

static unsigned int
number(const char *what, const char *s)
{
	const char	*why;
	long long	 n;

	n = strtonum(s, 0, 10000, &why);
	if (why != NULL)
		errx(2, "-%s %s: %s", what, s, why);
	return ((unsigned int)n);
}

int
main(int argc, char *argv[])
{
	static struct storm	 st;
	struct rlimit		 rl;
	ev_timer		 tick;
	ev_signal		 usr1, usr2, term, intr;
	char			 why[512], path[PATH_MAX];
	const char		*log = "storm.log", *error;
	uint64_t		 now;
	pid_t			 pid;
	int			 ch;

	st.st_live = 50;
	st.st_pool = 40;
	st.st_idle = 10;
	st.st_rate = 20;
	st.st_dir = ".";
	st.st_signal_slot = STORM_SLOT_NONE;
	while ((ch = getopt(argc, argv, "a:b:c:d:i:k:l:p:q:R:s:T:w:")) != -1) {
		switch (ch) {
		case 'a':
			st.st_attempts = number("a", optarg);
			break;
		case 'b':
			st.st_rebind = number("b", optarg);
			break;
		case 'c':
			st.st_live = number("c", optarg);
			break;
		case 'd':
			st.st_dir = optarg;
			break;
		case 'i':
			st.st_idle = number("i", optarg);
			break;
		case 'l':
			log = optarg;
			break;
		case 'p':
			st.st_pool = number("p", optarg);
			break;
		case 'q':
			st.st_rate = number("q", optarg);
			break;
		case 'R':
			st.st_recorded = number("R", optarg);
			break;
		case 's':
			st.st_seed = strtoull(optarg, NULL, 10);
			break;
		case 'k':
			now = clock_mono_ns() / 1000;
			pid = (pid_t)strtonum(optarg, 0, INT_MAX, &error);
			if (error != NULL)
				errx(2, "-k %s: %s", optarg, error);
			if (pid != 0 && kill(pid, SIGKILL) == -1)
				err(1, "kill %s", optarg);
			printf("%llu\n", (unsigned long long)now);
			return (0);
		case 'T':
			if ((st.st_tokens = fopen(optarg, "a")) == NULL)
				err(1, "%s", optarg);
			break;
		case 'w':
			st.st_sweep = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind + 1 > argc || optind + 2 < argc || st.st_live == 0 ||
	    st.st_pool == 0)
		usage();
	st.st_random = st.st_seed;
	log_init("wzp-storm", NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &rl);
	}
	if (quic_tls_init() == -1)
		errx(1, "the TLS library cannot be used");
	if ((st.st_log = fopen(log, "w")) == NULL)
		err(1, "%s", log);
	(void)snprintf(path, sizeof(path), "%s/known_relays", st.st_dir);
	if ((st.st_pins = pins_open(path, why, sizeof(why))) == NULL ||
	    net_resolve(argv[optind], &st.st_relays[0], st.st_names[0],
	    sizeof(st.st_names[0]), why, sizeof(why)) == -1 ||
	    net_resolve(argv[argc - 1], &st.st_relays[1], st.st_names[1],
	    sizeof(st.st_names[1]), why, sizeof(why)) == -1)
		errx(1, "%s", why);
	if ((st.st_loop = ev_default_loop(EVFLAG_AUTO)) == NULL)
		errx(1, "no event loop");
	storm_log(&st, NULL, "start", ",\"seed\":%llu,\"live\":%u,"
	    "\"pool\":%u,\"idle\":%u,\"rate\":%u",
	    (unsigned long long)st.st_seed, st.st_live, st.st_pool,
	    st.st_idle, st.st_rate);
	if (!plan_open(&st))
		errx(1, "the clients could not be set up");
	if (st.st_tokens != NULL && fflush(st.st_tokens) == EOF)
		err(1, "tokens");

	ev_timer_init(&tick, on_tick, TICK_S, TICK_S);
	ev_signal_init(&usr1, on_signal, SIGUSR1);
	ev_signal_init(&usr2, on_signal, SIGUSR2);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_init(&intr, on_signal, SIGINT);
	tick.data = usr1.data = usr2.data = term.data = intr.data = &st;
	ev_timer_start(st.st_loop, &tick);
	ev_signal_start(st.st_loop, &usr1);
	ev_signal_start(st.st_loop, &usr2);
	ev_signal_start(st.st_loop, &term);
	ev_signal_start(st.st_loop, &intr);
	ev_run(st.st_loop, 0);

	plan_close(&st);
	pins_free(st.st_pins);
	if (st.st_tokens != NULL)
		fclose(st.st_tokens);
	if (fclose(st.st_log) == EOF)
		err(1, "%s", log);
	quic_tls_fini();
	return (0);
}

static void
on_tick(struct ev_loop *loop, ev_timer *w, int events)
{
	static unsigned int	 n;
	struct storm		*st = w->data;

	(void)loop;
	(void)events;
	plan_tick(st);
	if (++n % FLUSH_TICKS == 0)
		(void)fflush(st->st_log);
}

static void
on_signal(struct ev_loop *loop, ev_signal *w, int events)
{
	struct storm	*st = w->data;

	(void)loop;
	(void)events;
	st->st_now = clock_mono_ns();
	if (w->signum == SIGUSR2) {
		plan_sample(st);
		return;
	}
	st->st_phase_since = st->st_now;
	if (w->signum == SIGUSR1 && st->st_phase == STORM_STEADY)
		st->st_phase = STORM_SETTLING;
	else if (w->signum != SIGUSR1)
		st->st_phase = STORM_LEAVING;
}
