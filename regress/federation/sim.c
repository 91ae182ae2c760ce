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
 * Networks of many relays in virtual time: the modules that federd has for
 * finding people, the same object files, and between them signals as they are
 * on links, printed, late, and parsed.  Prints what that costs each relay and
 * how it grows, and fails if it grows faster than the network.
 *
 *	sim [-q] [-c slope] [-j file] [-k neighbours] [-n sizes] [-p people]
 *	    [-s slope] [-S seed] [-t seconds]
 *
 * All links come up within a minute, each telling everybody there is.  Then,
 * for so many seconds, everybody goes for a while once in half an hour, and
 * calls somebody who is not on his relay once in four hours: 75 % are of a
 * neighbour, 17 % two relays away, 4 % anywhere, 4 % not there.  Last, single
 * searches of each kind are counted while nothing else happens.
 * -k 0 links every relay with every other: the control of the slope.  -s is
 * the limit of that, -c the limit for CPU time.
 */

#include "config.h"

#include <err.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/federation/sim.h"

static const char	*const kind_names[] = {
	"neighbour", "two away", "anywhere", "not there"
};

/* Results. */

static int
by_value(const void *a, const void *b)
{
	const double	*x = a, *y = b;

	return (*x < *y ? -1 : *x > *y);
}

static void
judge_calls(struct result *rs)
{
	struct call	*ca;
	double		*took[2];
	size_t		 n[2] = { 0, 0 }, i;
	int		 f;

	took[0] = calloc(sim.si_ncalls + 1, sizeof(double));
	took[1] = calloc(sim.si_ncalls + 1, sizeof(double));
	if (took[0] == NULL || took[1] == NULL)
		err(2, "calloc");
	for (i = 0; i < sim.si_ncalls; i++) {
		ca = &sim.si_calls[i];
		if (!ca->ca_done)
			errx(2, "a question without an answer");
		f = ca->ca_outcome == FED_FOUND;
		took[f][n[f]++] = (double)ca->ca_took / 1e6;
		rs->rs_calls++;
		rs->rs_found += (uint64_t)f;
		if (!f && ca->ca_reach && digest_local(
		    sim.si_relays[ca->ca_home].re_digest,
		    person_fp(person_id(ca->ca_home, ca->ca_person))))
			rs->rs_missed++;
	}
	for (f = 0; f < 2; f++) {
		if (n[f] == 0)
			continue;
		qsort(took[f], n[f], sizeof(double), by_value);
		rs->rs_took[f][0] = took[f][n[f] / 2];
		rs->rs_took[f][1] = took[f][n[f] * 99 / 100];
		rs->rs_took[f][2] = took[f][n[f] - 1];
	}
	free(took[0]);
	free(took[1]);
}

static void
judge_sets(struct result *rs)
{
	const struct find_stats	*fs;
	struct relay		*re;
	uint64_t		 mask, bytes;
	uint32_t		 i, k;

	for (i = 0; i < sim.si_n; i++) {
		re = &sim.si_relays[i];
		bytes = digest_bytes(re->re_digest) + find_bytes(re->re_find);
		rs->rs_memory += bytes;
		if (bytes > rs->rs_memory_max)
			rs->rs_memory_max = bytes;
		for (k = 0; k < re->re_nends; k++)
			if ((fs = find_stats(re->re_find, k)) != NULL)
				rs->rs_denied += fs->denied;
		for (k = 0; k < PROBES; k++) {
			mask = digest_claims(re->re_digest,
			    person_fp(chance() | UINT64_C(1) << 63));
			for (; mask != 0; mask &= mask - 1)
				rs->rs_false++;
			rs->rs_probes += re->re_nends;
		}
	}
}

static void
simulate(struct result *rs, uint32_t n, uint32_t k, uint32_t people,
    uint64_t seed, double seconds)
{
	uint64_t	 end;
	uint32_t	 i, j;

	memset(rs, 0, sizeof(*rs));
	now_result = rs;
	rs->rs_n = n;
	rs->rs_k = k;
	build(n, k, people, seed);
	end = LINKS_NS + REST_NS;
	run(end);
	rs->rs_start = sim.si_cost;
	for (i = 0; i < RECORDED; i++)
		sim.si_relays[i].re_boundary = sim.si_relays[i].re_nrecords;
	memset(&sim.si_cost, 0, sizeof(sim.si_cost));
	for (i = 0; i < n; i++) {
		event_add(end + waiting(AWAY_S / people), EV_CHANGE, i, 0,
		    NULL, 0);
		event_add(end + waiting(CALLS_S / people), EV_CALL, i, 0, NULL,
		    0);
	}
	end += (uint64_t)(seconds * 1e9);
	run(end);
	rs->rs_run = sim.si_cost;
	sim.si_still = true;
	run(end + REST_NS);
	judge_calls(rs);
	judge_sets(rs);
	judge_cpu(rs);

	for (i = 0; i < KINDS; i++) {
		memset(&sim.si_cost, 0, sizeof(sim.si_cost));
		for (j = 0; j < SINGLES; j++) {
			struct relay	*re = &sim.si_relays[below(n)];

			set_time(re);
			call(re, (enum kind)i);
			woken(re);
			run(0);
			run(sim.si_now + REST_NS);
		}
		rs->rs_single[i][0] = (double)sim.si_cost.co_messages / SINGLES;
		rs->rs_single[i][1] = (double)sim.si_cost.co_bytes / SINGLES;
	}
	clear();
}

/* Of the totals: 1 if each relay has the same to do in a larger network. */
static double
slope(double small, double large, const struct result *a,
    const struct result *b)
{
	return (log(large / small) / log((double)b->rs_n / a->rs_n));
}

static const char	*const slope_names[] = {
	"messages", "bytes", "cpu", "memory"
};

static double
total(const struct result *rs, int which)
{
	switch (which) {
	case 0:
		return ((double)(rs->rs_start.co_messages +
		    rs->rs_run.co_messages));
	case 1:
		return ((double)(rs->rs_start.co_bytes +
		    rs->rs_run.co_bytes));
	case 2:
		return (rs->rs_start.co_cpu + rs->rs_run.co_cpu);
	default:
		return ((double)rs->rs_memory);
	}
}

static void
print_text(const struct result *rs, double seconds)
{
	double	 n = rs->rs_n;
	int	 i;

	printf("%u relays, %u neighbours each\n", rs->rs_n, rs->rs_k);
	printf("  links come up: %.0f messages, %.0f bytes, %.4f s cpu a "
	    "relay\n", (double)rs->rs_start.co_messages / n,
	    (double)rs->rs_start.co_bytes / n, rs->rs_start.co_cpu / n);
	printf("  then a second: %.2f messages, %.0f bytes, %.6f s cpu a "
	    "relay\n", (double)rs->rs_run.co_messages / n / seconds,
	    (double)rs->rs_run.co_bytes / n / seconds,
	    rs->rs_run.co_cpu / n / seconds);
	printf("  memory: %.0f bytes a relay, %llu at most\n",
	    (double)rs->rs_memory / n, (unsigned long long)rs->rs_memory_max);
	printf("  calls: %llu, found %llu, missed %llu, wrong %llu\n",
	    (unsigned long long)rs->rs_calls,
	    (unsigned long long)rs->rs_found,
	    (unsigned long long)rs->rs_missed,
	    (unsigned long long)rs->rs_wrong);
	printf("  found after %.0f ms, %.0f (99 %%), %.0f (all); not found "
	    "after %.0f, %.0f, %.0f\n", rs->rs_took[1][0], rs->rs_took[1][1],
	    rs->rs_took[1][2], rs->rs_took[0][0], rs->rs_took[0][1],
	    rs->rs_took[0][2]);
	printf("  false positives: %llu of %llu tries, %llu asked in vain\n",
	    (unsigned long long)rs->rs_false,
	    (unsigned long long)rs->rs_probes,
	    (unsigned long long)rs->rs_denied);
	for (i = 0; i < KINDS; i++)
		printf("  a search, %s: %.1f messages, %.0f bytes in all\n",
		    kind_names[i], rs->rs_single[i][0], rs->rs_single[i][1]);
}

static void
print_json(FILE *f, const struct result *rs, size_t n, uint32_t people,
    double seconds)
{
	size_t	 i, k;

	fprintf(f, "{\"people\":%u,\"seconds\":%g,\"sizes\":[", people,
	    seconds);
	for (i = 0; i < n; i++, rs++) {
		fprintf(f, "%s{\"relays\":%u,\"neighbours\":%u",
		    i == 0 ? "" : ",", rs->rs_n, rs->rs_k);
		fprintf(f, ",\"start\":{\"messages\":%llu,\"bytes\":%llu,"
		    "\"cpu_s\":%.3f}",
		    (unsigned long long)rs->rs_start.co_messages,
		    (unsigned long long)rs->rs_start.co_bytes,
		    rs->rs_start.co_cpu);
		fprintf(f, ",\"run\":{\"messages\":%llu,\"bytes\":%llu,"
		    "\"cpu_s\":%.3f}",
		    (unsigned long long)rs->rs_run.co_messages,
		    (unsigned long long)rs->rs_run.co_bytes,
		    rs->rs_run.co_cpu);
		fprintf(f, ",\"memory\":%llu,\"calls\":%llu,\"found\":%llu,"
		    "\"missed\":%llu,\"wrong\":%llu,\"denied\":%llu,"
		    "\"tries\":%llu,\"false_positives\":%llu",
		    (unsigned long long)rs->rs_memory,
		    (unsigned long long)rs->rs_calls,
		    (unsigned long long)rs->rs_found,
		    (unsigned long long)rs->rs_missed,
		    (unsigned long long)rs->rs_wrong,
		    (unsigned long long)rs->rs_denied,
		    (unsigned long long)rs->rs_probes,
		    (unsigned long long)rs->rs_false);
		for (k = 0; k < 2; k++)
			fprintf(f, ",\"%s_ms\":[%.1f,%.1f,%.1f]",
			    k == 0 ? "not_found" : "found",
			    rs->rs_took[k][0], rs->rs_took[k][1],
			    rs->rs_took[k][2]);
		fprintf(f, ",\"searches\":{");
		for (k = 0; k < KINDS; k++)
			fprintf(f, "%s\"%s\":[%.2f,%.0f]", k == 0 ? "" : ",",
			    kind_names[k], rs->rs_single[k][0],
			    rs->rs_single[k][1]);
		fprintf(f, "}}");
	}
	fprintf(f, "]}\n");
}

static double
argument(const char *text, double max)
{
	char	*end;
	double	 x;

	x = strtod(text, &end);
	if (end == text || *end != '\0' || !(x >= 0) || x > max)
		errx(2, "%s: not a number from 0 to %g", text, max);
	return (x);
}

static void
usage(void)
{
	fprintf(stderr, "usage: sim [-q] [-c slope] [-j file] [-k neighbours] "
	    "[-n sizes]\n\t[-p people] [-s slope] [-S seed] "
	    "[-t seconds]\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	static char	 sizes[] = "10,100,1000";
	struct result	 results[SIZES_MAX];
	FILE		*f;
	const char	*json = NULL;
	char		*list = sizes, *word, *rest;
	double		 limit = 1.1, limit_cpu = 1.1, seconds = 60, x, max;
	uint64_t	 seed = 1;
	uint32_t	 degree = 6, people = 10000, size, k;
	size_t		 n = 0, i;
	int		 ch, which, rc = 0;

	while ((ch = getopt(argc, argv, "S:c:j:k:n:p:qs:t:")) != -1)
		switch (ch) {
		case 'S':
			seed = (uint64_t)argument(optarg, 1e15);
			break;
		case 'c':
			limit_cpu = argument(optarg, 100);
			break;
		case 'j':
			json = optarg;
			break;
		case 'k':
			degree = (uint32_t)argument(optarg, PEERS_MAX);
			break;
		case 'n':
			list = optarg;
			break;
		case 'p':
			people = (uint32_t)argument(optarg, 100000);
			break;
		case 'q':
			quiet = true;
			break;
		case 's':
			limit = argument(optarg, 100);
			break;
		case 't':
			seconds = argument(optarg, 1e6);
			break;
		default:
			usage();
		}
	if (argc != optind || people < 4)
		usage();
	quiet = quiet || !isatty(STDERR_FILENO);
	for (word = strtok_r(list, ",", &rest);
	    word != NULL && n < SIZES_MAX; word = strtok_r(NULL, ",", &rest)) {
		size = (uint32_t)argument(word, 100000);
		k = degree == 0 ? size - 1 : degree;
		if (size < 3 || k > PEERS_MAX || k >= size ||
		    (k % 2 != 0 && degree != 0))
			errx(2, "%s: no such network", word);
		simulate(&results[n], size, k, people, seed, seconds);
		print_text(&results[n], seconds);
		fflush(stdout);
		if (results[n].rs_missed * MISSED > results[n].rs_calls ||
		    results[n].rs_wrong != 0) {
			printf("FAIL: people are not found where they are\n");
			rc = 1;
		}
		n++;
	}
	for (i = 1; i < n; i++)
		for (which = 0; which < 4; which++) {
			x = slope(total(&results[i - 1], which),
			    total(&results[i], which), &results[i - 1],
			    &results[i]);
			max = which == 2 ? limit_cpu : limit;
			printf("%s from %u to %u relays: slope %.3f%s\n",
			    slope_names[which], results[i - 1].rs_n,
			    results[i].rs_n, x, x > max ? " FAIL" : "");
			if (x > max)
				rc = 1;
		}
	if (json != NULL) {
		if ((f = fopen(json, "w")) == NULL)
			err(2, "%s", json);
		print_json(f, results, n, people, seconds);
		if (fclose(f) != 0)
			err(2, "%s", json);
	}
	return (rc);
}
