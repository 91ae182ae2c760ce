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
 * wzp-bench allocs: how often a mediad that was warmed up asks for memory
 * while it forwards datagrams.  With -t it is its own subject: so often each
 * (allocs.so has to be preloaded into it).  A line of JSON.
 */
#include "config.h"

#include <sys/mman.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/allocs.h"
#include "bench/bench.h"
#include "bench/crowd.h"
#include "common/base/clock.h"

#define JOIN_S		60
#define PER_S		25000

static const struct allocs
		*allocs_map(const char *);
static void	allocate(unsigned int);
static void	print(const char *, const struct allocs *,
		    const struct allocs *, const struct flow *);

int
allocs_main(int argc, char *argv[])
{
	static struct flow	 fl;
	struct speech		 sp;
	const struct allocs	*map;
	struct allocs		 before, after;
	struct crowd		*crowd;
	struct addr		 relay;
	const char		*path = NULL, *who = "relay";
	unsigned int		 calls = 50, datagrams = 100000, times = 0;
	int			 ch;

	while ((ch = getopt(argc, argv, "a:d:n:t:w:")) != -1) {
		switch (ch) {
		case 'a':
			path = optarg;
			break;
		case 'd':
			datagrams = bench_number(ch, optarg, 1000, 10000000);
			break;
		case 'n':
			calls = bench_number(ch, optarg, 1, 1000);
			break;
		case 't':
			times = bench_number(ch, optarg, 1, 1000000);
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
	if (path == NULL || argc != (times > 0 ? 0 : 1))
		return (bench_usage());
	map = allocs_map(path);
	memset(&fl, 0, sizeof(fl));
	if (times > 0) {
		before = *map;
		allocate(times);
		after = *map;
		print(who, &before, &after, &fl);
		return (0);
	}
	if (addr_parse(&relay, argv[0]) == -1)
		return (bench_usage());
	if ((crowd = crowd_new(&relay, 1, 2 * calls)) == NULL)
		err(1, "sockets");
	crowd_rooms(crowd, 2);
	if (crowd_join(crowd, JOIN_S) == -1)
		errx(1, "not everybody is in a call after %d s", JOIN_S);
	memset(&sp, 0, sizeof(sp));
	sp.sp_n = 2 * calls;
	sp.sp_step = 1;
	sp.sp_listeners = 1;
	sp.sp_per_s = PER_S;
	sp.sp_ns = (uint64_t)datagrams * NS_PER_S / PER_S;
	/*
	 * As many to warm up: within the first three seconds each connection
	 * forgets the ID that its client began with.
	 */
	crowd_talk(crowd, &sp, &fl);
	before = *map;
	crowd_talk(crowd, &sp, &fl);
	after = *map;
	print(who, &before, &after, &fl);
	crowd_free(crowd);
	return (0);
}

/* One that counts: a worker has allocated before it was ready. */
static const struct allocs *
allocs_map(const char *path)
{
	const struct allocs	*map;
	int			 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", path);
	map = mmap(NULL, sizeof(*map), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		err(1, "%s", path);
	if (map->al_counts[ALLOCS_MALLOC] == 0)
		errx(1, "%s: nothing was counted", path);
	return (map);
}

/* The compiler would leave out what comes to nothing. */
static void
allocate(unsigned int times)
{
	void	*volatile p;
	void	*volatile q;
	void	*volatile r;

	for (; times > 0; times--) {
		p = malloc(16);
		q = calloc(1, 16);
		if ((r = realloc(p, 32)) == NULL)
			err(1, NULL);
		free(r);
		free(q);
		p = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
		(void)munmap(p, 1);
	}
}

static void
print(const char *who, const struct allocs *before,
    const struct allocs *after, const struct flow *fl)
{
	static const char *const	 names[ALLOCS_KINDS] = {
		"malloc", "calloc", "realloc", "free", "mmap"
	};
	uint64_t			 n, all = 0;
	unsigned int			 i;

	printf("{\"kind\":\"allocs\",\"name\":\"allocs\",\"who\":\"%s\","
	    "\"sent\":%llu,\"delivered\":%llu,\"loss\":%.6f,\"calls\":{", who,
	    (unsigned long long)fl->fl_sent,
	    (unsigned long long)fl->fl_delivered,
	    fl->fl_sent == 0 ? 0. : flow_loss(fl));
	for (i = 0; i < ALLOCS_KINDS; i++) {
		n = after->al_counts[i] - before->al_counts[i];
		printf("%s\"%s\":%llu", i == 0 ? "" : ",", names[i],
		    (unsigned long long)n);
		all += n;
	}
	printf("},\"all\":%llu}\n", (unsigned long long)all);
}
