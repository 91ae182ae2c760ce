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
 * wzp-bench: the load of `make bench', by what it does (bench/run has the
 * processes that are measured).
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "common/base/log.h"
#include "common/quic/tls.h"

struct command {
	const char	*co_name;
	int		(*co_main)(int, char **);
};

int
main(int argc, char *argv[])
{
	static const struct command	 commands[] = {
		{ "media", media_main },
		{ "calls", rates_main },
		{ "registrations", rates_main },
		{ "handshakes", rates_main },
		{ "storm", storm_main },
		{ "federated", federated_main },
		{ "allocs", allocs_main },
		{ "aead", aead_main }
	};
	size_t				 i;
	int				 status;

	log_init("wzp-bench", NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (quic_tls_init() == -1)
		errx(1, "TLS");
	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]);
	    i++) {
		if (strcmp(argv[1], commands[i].co_name) != 0)
			continue;
		status = commands[i].co_main(argc - 1, argv + 1);
		quic_tls_fini();
		return (status);
	}
	return (bench_usage());
}

int
bench_usage(void)
{
	fprintf(stderr, "usage: wzp-bench media [-Pqtx] [-b kind] "
	    "[-c command] [-k pairs]\n\t[-l listeners] [-m ms] [-n calls] "
	    "[-o sockets] [-r per_s]\n\t[-s name] [-w who] -p pid -f pid "
	    "relay plain\n"
	    "       wzp-bench calls | registrations | handshakes [-P] "
	    "[-l log] [-m ms]\n\t[-n at_once] [-w who] -p pid relay\n"
	    "       wzp-bench storm [-P] [-m ms] [-n calls] "
	    "[-r rate,...] [-w who]\n\t-p pid relay\n"
	    "       wzp-bench federated [-c calls] [-n pairs] [-s seconds]\n"
	    "\t[-p relay:worker:pid] ... a b\n"
	    "       wzp-bench allocs [-d datagrams] [-n calls] [-w who] "
	    "-a file relay\n"
	    "       wzp-bench allocs -t times -a file\n"
	    "       wzp-bench aead [-s] [-c connections] [-m ms]\n");
	return (1);
}

unsigned int
bench_number(int ch, const char *s, unsigned int min, unsigned int max)
{
	const char	*why;
	long long	 n;

	n = strtonum(s, min, max, &why);
	if (why != NULL)
		errx(1, "-%c %s: %s", ch, s, why);
	return ((unsigned int)n);
}
