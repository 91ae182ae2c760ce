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
 *
 * COVERS: design 5 - turns that gather datagrams while many come, and only then
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <ev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/quic/gather.h"
#include "common/quic/service.h"
#include "common/quic/udp.h"
#include "regress/unit/quic_sim.h"

/* Of a stream: turns of one datagram each, so many ns apart; the verdict. */
static bool
stream(struct gather *ga, uint64_t *now, uint64_t apart, unsigned int n)
{
	bool	on = false;

	while (n-- > 0)
		on = gather_heard(ga, *now += apart, 1);
	return (on);
}

static void
test_rates(void **state)
{
	struct gather	ga;
	uint64_t	now = 5 * NS_PER_S;

	(void)state;
	memset(&ga, 0, sizeof(ga));
	/* A call or two: each as it comes. */
	assert_false(stream(&ga, &now, 10 * NS_PER_MS, 100));
	assert_false(stream(&ga, &now, 5 * NS_PER_MS, 100));
	/* 1500 a second are too few to begin, but not to go on. */
	assert_false(stream(&ga, &now, NS_PER_MS * 2 / 3, 300));
	assert_true(stream(&ga, &now, NS_PER_MS / 20, 400));
	assert_true(stream(&ga, &now, NS_PER_MS * 2 / 3, 300));
	assert_false(stream(&ga, &now, NS_PER_MS * 2, 20));
	/* Batches count as what is in them. */
	(void)gather_heard(&ga, now += GATHER_WINDOW_NS, 1);
	assert_true(gather_heard(&ga, now += GATHER_WINDOW_NS, 16));
	/* After a silence the first one is not held up by what was before. */
	assert_false(gather_heard(&ga, now += NS_PER_S, 1));
}

/* Datagrams that are of no connection, 20 a millisecond for 200 ms. */
static void
pour(const struct addr *to)
{
	const struct timespec	nap = { 0, 40000 };
	struct timespec		begin, now;
	static const uint8_t	junk[60] = { 0x40, 1 };
	uint64_t		sent = 0, due = 0;
	int			fd;

	if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		_exit(1);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (due < 4000) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		due = ((uint64_t)(now.tv_sec - begin.tv_sec) * NS_PER_S +
		    (uint64_t)now.tv_nsec - (uint64_t)begin.tv_nsec) / 50000;
		for (; sent < due && sent < 4000; sent++)
			if (sendto(fd, junk, sizeof(junk), 0, &to->addr_u.sa,
			    to->addr_len) == -1)
				_exit(1);
		nanosleep(&nap, NULL);
	}
	_exit(0);
}

static void
ended(struct ev_loop *loop, struct ev_child *w, int revents)
{
	(void)revents;
	*(int *)w->data = w->rstatus;
	ev_break(loop, EVBREAK_ALL);
}

static void
test_loop(void **state)
{
	struct ev_loop		*loop = ev_default_loop(EVFLAG_AUTO);
	struct sim		*sim = sim_new(7);
	struct sockaddr_storage	 ss;
	struct quic_config	 cf;
	struct quic_ops		 ops;
	struct quic_service	*qs;
	struct ev_child		 child;
	struct addr		 a, any;
	socklen_t		 len = sizeof(ss);
	unsigned int		 before;
	uint64_t		 begin, ms;
	pid_t			 pid;
	int			 fd, status = -1;

	(void)state;
	memset(&ops, 0, sizeof(ops));
	memset(&cf, 0, sizeof(cf));
	quic_limits_default(&cf.limits);
	cf.ops = &ops;
	cf.tls_server = sim->sm_server_tls;
	cf.slot = 1;
	cf.door = true;
	assert_non_null(qs = quic_service_new(loop, &cf));
	assert_int_equal(addr_parse(&any, "127.0.0.1:0"), 0);
	assert_true((fd = udp_bind(&any, 1 << 20)) != -1);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	assert_int_equal(addr_from_sockaddr(&a, (struct sockaddr *)&ss, len),
	    0);
	assert_int_equal(quic_service_add_socket(qs, 0, &a, fd, true), 0);
	quic_service_gather(qs);
	assert_true((pid = fork()) != -1);
	if (pid == 0)
		pour(&a);
	ev_child_init(&child, ended, pid, 0);
	child.data = &status;
	ev_child_start(loop, &child);
	before = ev_iteration(loop);
	begin = clock_mono_ns();
	ev_run(loop, 0);
	assert_int_equal(status, 0);
	ms = (clock_mono_ns() - begin) / NS_PER_MS + 1;
	print_message("# %u turns in %ju ms\n", ev_iteration(loop) - before,
	    (uintmax_t)ms);
	/* One a datagram until it is seen that they are many, then one a ms. */
	assert_in_range(ev_iteration(loop) - before, 1,
	    20 * GATHER_WINDOW_NS / NS_PER_MS + ms + 40);
	quic_service_free(qs);
	sim_free(sim);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_loop)
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
