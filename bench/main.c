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
 * wzp-bench: arguments, the measured processes, what is printed (bench.h).
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "common/quic/tls.h"

#define WORKERS_MAX	64
#define KINDS_MAX	8
#define SETUP_S		30

/* All processes of one relay that have one name. */
struct kind {
	char		 k_name[32];	/* "a mediad" */
	long		 k_pids[WORKERS_MAX];
	size_t		 k_npids;
	double		 k_before;
};

static struct kind	kinds[KINDS_MAX];
static size_t		nkinds;

static void		usage(void) __attribute__((noreturn));
static void		watch(const char *);
static double		cpu_of_kind(const struct kind *);
static void		before(void);
static double		after(const char *, const char *, uint64_t);
static void		media(struct load *, unsigned int, unsigned int,
			    double *);

int
main(int argc, char **argv)
{
	struct figures	 fi;
	struct load	*load;
	struct addr	 a, b;
	const char	*error;
	unsigned int	 pairs = 100, seconds = 5, calls = 100;
	uint64_t	 signals;
	double		 relay_us[2], us, sum;
	int		 ch;

	while ((ch = getopt(argc, argv, "c:n:p:s:")) != -1) {
		switch (ch) {
		case 'c':
			calls = (unsigned int)strtonum(optarg, 1, 1000,
			    &error);
			break;
		case 'n':
			pairs = (unsigned int)strtonum(optarg, 1, 1000,
			    &error);
			break;
		case 'p':
			watch(optarg);
			error = NULL;
			break;
		case 's':
			seconds = (unsigned int)strtonum(optarg, 1, 60,
			    &error);
			break;
		default:
			usage();
		}
		if (error != NULL)
			errx(1, "-%c: %s: %s", ch, optarg, error);
	}
	argc -= optind;
	argv += optind;
	if (argc != 2 || addr_parse(&a, argv[0]) == -1 ||
	    addr_parse(&b, argv[1]) == -1)
		usage();
	if (quic_tls_init() == -1)
		errx(1, "TLS");
	setvbuf(stdout, NULL, _IOLBF, 0);

	if ((load = load_new(&a, &b, pairs)) == NULL)
		err(1, "sockets");
	if (load_register(load, SETUP_S) == -1)
		errx(1, "not everybody is registered after %d s", SETUP_S);
	before();
	load_calls(load, calls, seconds, &fi, &signals);
	printf("calls from a to b, rejected: %llu of %llu; %llu signals from "
	    "one relay to the other; us of CPU for each:\n",
	    (unsigned long long)fi.fi_delivered,
	    (unsigned long long)fi.fi_sent, (unsigned long long)signals);
	sum = after("a", "signald federd", signals);
	sum += after("b", "signald federd", signals);
	printf("  together %.1f\n", sum);

	if (load_join(load, SETUP_S) == -1)
		errx(1, "not everybody is in a call after %d s", SETUP_S);
	media(load, 0, seconds, relay_us);
	media(load, 1, seconds, relay_us);
	load_free(load);

	if (plain_run(pairs * 1000 / BENCH_FRAME_MS, seconds, &fi, &us) == -1)
		err(1, "plain UDP");
	printf("plain UDP, recvmmsg and sendmmsg at the same pace: %llu of "
	    "%llu, %.2f us a datagram\n",
	    (unsigned long long)fi.fi_delivered,
	    (unsigned long long)fi.fi_sent, us);
	printf("a relay against it: %.1f times (out), %.1f times (in)\n",
	    relay_us[0] / us, relay_us[1] / us);
	quic_tls_fini();
	return (0);
}

static void
usage(void)
{
	fprintf(stderr, "usage: wzp-bench [-c calls] [-n pairs] [-s seconds] "
	    "[-p relay:worker:pid] ... a b\n");
	exit(1);
}

/* a:mediad:123 */
static void
watch(const char *text)
{
	struct kind	*k;
	char		 relay[8], worker[16], name[32];
	long		 pid;
	size_t		 i;

	if (sscanf(text, "%7[^:]:%15[^:]:%ld", relay, worker, &pid) != 3)
		usage();
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

/* Prints the named workers of a relay; their sum, for each of n. */
static double
after(const char *relay, const char *workers, uint64_t n)
{
	const char	*worker;
	double		 us, sum = 0.;
	size_t		 i;

	printf(" ");
	for (i = 0; i < nkinds; i++) {
		worker = strchr(kinds[i].k_name, ' ') + 1;
		if (strncmp(kinds[i].k_name, relay, strlen(relay)) != 0 ||
		    strstr(workers, worker) == NULL)
			continue;
		us = n == 0 ? 0. : 1e6 * (cpu_of_kind(&kinds[i]) -
		    kinds[i].k_before) / (double)n;
		printf(" %s %.2f", kinds[i].k_name, us);
		sum += us;
	}
	printf(", both %.2f\n", sum);
	return (sum);
}

/* us: of the relay that sends (0) and the one that receives (1). */
static void
media(struct load *load, unsigned int side, unsigned int seconds, double *us)
{
	struct figures	 fi;
	double		 sum[2];
	const char	*from = side == 0 ? "a" : "b";
	const char	*to = side == 0 ? "b" : "a";

	before();
	load_media(load, side, seconds, &fi);
	printf("media from %s to %s: %llu of %llu delivered (%.2f %%; %llu not "
	    "taken by the sender), %.0f a second, delay %.1f ms, 99 %% below "
	    "%.1f; us of CPU for each:\n", from, to,
	    (unsigned long long)fi.fi_delivered,
	    (unsigned long long)fi.fi_sent, fi.fi_sent == 0 ? 0. :
	    100. * (double)fi.fi_delivered / (double)fi.fi_sent,
	    (unsigned long long)fi.fi_refused,
	    (double)fi.fi_delivered / fi.fi_seconds, fi.fi_delay_ms,
	    fi.fi_delay_99_ms);
	sum[0] = after(from, "mediad federd", fi.fi_delivered);
	sum[1] = after(to, "federd mediad", fi.fi_delivered);
	if (fi.fi_delivered == 0)
		errx(1, "nothing was delivered");
	if (side == 0 || sum[0] < us[0])
		us[0] = sum[0];
	if (side == 0 || sum[1] < us[1])
		us[1] = sum[1];
}
