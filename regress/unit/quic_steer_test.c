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
 * The program that steers datagrams to workers, on real sockets of both
 * families, next to what happens without it.
 *
 * COVERS: design 3 - one port, a socket for each worker, the kernel steers
 * COVERS: design 3 - any member of the group can replace the program
 */
#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/filter.h>

#include "common/quic/cid.h"
#include "common/quic/steer.h"
#include "common/quic/udp.h"
#include "regress/unit/quic_sim.h"

#define LIMIT_MS	5000
#define MEMBERS		5
#define SENDERS		24

struct group {
	struct addr	g_addr;
	int		g_fd[MEMBERS + 1];
	unsigned int	g_members;
	int		g_sender[SENDERS];
};

static int
open_socket(struct addr *a, bool member)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	int			fd;

	fd = member ? udp_bind_member(a, 0) : udp_bind(a, 0);
	if (fd == -1)
		return (-1);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	assert_int_equal(addr_from_sockaddr(a, (struct sockaddr *)&ss, len),
	    0);
	return (fd);
}

static void
group_grow(struct group *g)
{
	g->g_fd[g->g_members] = open_socket(&g->g_addr, true);
	assert_int_not_equal(g->g_fd[g->g_members], -1);
	g->g_members++;
}

/* false: this machine has no such family. */
static bool
group_open(struct group *g, const char *text)
{
	struct addr	a, any;
	unsigned int	i;

	memset(g, 0, sizeof(*g));
	assert_int_equal(addr_parse(&any, text), 0);
	g->g_addr = any;
	if ((g->g_fd[0] = open_socket(&g->g_addr, true)) == -1) {
		assert_true(addr_family(&any) == AF_INET6 &&
		    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL));
		return (false);
	}
	g->g_members = 1;
	while (g->g_members < MEMBERS)
		group_grow(g);
	for (i = 0; i < SENDERS; i++) {
		a = any;
		g->g_sender[i] = open_socket(&a, false);
		assert_int_not_equal(g->g_sender[i], -1);
	}
	return (true);
}

static void
group_close(struct group *g)
{
	unsigned int	i;

	for (i = 0; i < g->g_members; i++)
		close(g->g_fd[i]);
	for (i = 0; i < SENDERS; i++)
		close(g->g_sender[i]);
}

/* Sends one datagram; the index of the socket that it arrives at. */
static int
arrives_at(struct group *g, unsigned int sender, const uint8_t *p, size_t len)
{
	struct pollfd	pfd[MEMBERS + 1];
	uint8_t		got[2048];
	unsigned int	i;
	ssize_t		n;
	int		at = -1;

	assert_int_equal(sendto(g->g_sender[sender], p, len, 0,
	    &g->g_addr.addr_u.sa, g->g_addr.addr_len), len);
	for (i = 0; i < g->g_members; i++) {
		pfd[i].fd = g->g_fd[i];
		pfd[i].events = POLLIN;
	}
	assert_int_equal(poll(pfd, g->g_members, LIMIT_MS), 1);
	for (i = 0; i < g->g_members; i++) {
		if ((pfd[i].revents & POLLIN) == 0)
			continue;
		n = recv(g->g_fd[i], got, sizeof(got), MSG_DONTWAIT);
		assert_int_equal(n, len);
		assert_memory_equal(got, p, len);
		at = (int)i;
	}
	return (at);
}

/* A long header of this DCID length, or (0) a short one. */
static size_t
packet(uint8_t *p, size_t dcid_len, unsigned int slot, bool check)
{
	size_t	at = 1;

	memset(p, 0x33, 1200);
	p[0] = 0x40;
	if (dcid_len > 0) {
		p[0] = 0xc3;
		memcpy(p + 1, "\0\0\0\1", 4);
		p[5] = (uint8_t)dcid_len;
		at = 6;
	}
	p[at] = (uint8_t)slot;
	p[at + 1] = (uint8_t)(slot ^ CID_CHECK);
	if (!check)
		p[at + 1] ^= 0x10;
	return (1200);
}

static const char *const	families[] = { "127.0.0.1:0", "[::1]:0" };

static void
test_rule(void **state)
{
	static const size_t	dcids[] = { 0, 8, 11, 12, 13, 16, 20 };
	struct group		g;
	uint8_t			p[1500];
	unsigned int		f, i, slot;
	size_t			len;
	int			want;

	(void)state;
	for (f = 0; f < 2; f++) {
		if (!group_open(&g, families[f]))
			continue;
		assert_int_equal(steer_attach(g.g_fd[MEMBERS - 1], MEMBERS),
		    0);
		for (i = 0; i < sizeof(dcids) / sizeof(dcids[0]); i++) {
			for (slot = 0; slot < 70; slot++) {
				want = (dcids[i] == 0 || dcids[i] == 12) &&
				    slot < MEMBERS ? (int)slot : 0;
				len = packet(p, dcids[i], slot, true);
				assert_int_equal(arrives_at(&g, slot %
				    SENDERS, p, len), want);
				/* Without the check byte it is nobody's. */
				(void)packet(p, dcids[i], slot, false);
				assert_int_equal(arrives_at(&g, slot %
				    SENDERS, p, len), 0);
			}
		}
		/* As short as can be, and shorter. */
		(void)packet(p, 12, 3, true);
		assert_int_equal(arrives_at(&g, 0, p, 18), 3);
		assert_int_equal(arrives_at(&g, 0, p, 17), 0);
		assert_int_equal(arrives_at(&g, 0, p, 6), 0);
		(void)packet(p, 0, 3, true);
		assert_int_equal(arrives_at(&g, 0, p, 13), 3);
		assert_int_equal(arrives_at(&g, 0, p, 12), 0);
		assert_int_equal(arrives_at(&g, 0, p, 1), 0);
		group_close(&g);
	}
}

/* Whatever comes: the kernel and cid_packet_slot() agree. */
static void
test_agrees(void **state)
{
	struct group	g;
	struct sim	sm;
	uint8_t		p[64];
	unsigned int	i, k, steered = 0;
	size_t		len;
	int		slot;

	(void)state;
	memset(&sm, 0, sizeof(sm));
	sm.sm_random = 77;
	assert_true(group_open(&g, families[0]));
	assert_int_equal(steer_attach(g.g_fd[0], MEMBERS), 0);
	for (i = 0; i < 4000; i++) {
		len = 1 + sim_random(&sm) % sizeof(p);
		for (k = 0; k < len; k++)
			p[k] = (uint8_t)sim_random(&sm);
		if (len > 8 && sim_random(&sm) % 4 != 0) {
			k = p[0] & 0x80 ? 6 : 1;
			p[5] = k == 6 && (i & 1) ? 12 : p[5];
			p[k] = (uint8_t)(sim_random(&sm) % (MEMBERS + 1));
			p[k + 1] = p[k] ^ CID_CHECK;
		}
		slot = cid_packet_slot(p, len);
		if (slot == -1 || slot >= MEMBERS)
			slot = 0;
		if (slot != 0)
			steered++;
		assert_int_equal(arrives_at(&g, i % SENDERS, p, len), slot);
	}
	assert_true(steered > 1000);
	group_close(&g);
}

/* How many sockets a connection's packets end at as its address changes. */
static unsigned int
spread(struct group *g)
{
	uint8_t		p[1500];
	unsigned int	i, n = 0;
	uint64_t	seen = 0;

	(void)packet(p, 0, 2, true);
	for (i = 0; i < SENDERS; i++)
		seen |= UINT64_C(1) << arrives_at(g, i, p, 100);
	for (; seen != 0; seen &= seen - 1)
		n++;
	return (n);
}

/*
 * Without the program the kernel goes by addresses; the number of sockets in
 * it must be the group's, also when that grows, and a socket whose filter is
 * locked cannot change it.
 */
static void
test_attach(void **state)
{
	struct sock_filter	own[STEER_LEN];
	struct group		g;
	uint8_t			p[1500];
	unsigned int		f, i, n = 0;
	int			on = 1;

	(void)state;
	for (f = 0; f < 2; f++) {
		if (!group_open(&g, families[f]))
			continue;
		assert_true(spread(&g) > 1);
		assert_int_equal(steer_attach(g.g_fd[MEMBERS - 1], MEMBERS),
		    0);
		assert_int_equal(spread(&g), 1);
		for (i = 0; i < MEMBERS; i++)
			assert_int_equal(setsockopt(g.g_fd[i], SOL_SOCKET,
			    SO_LOCK_FILTER, &on, sizeof(on)), 0);
		/* One more: until the program knows it, it gets nothing. */
		group_grow(&g);
		(void)packet(p, 0, MEMBERS, true);
		for (i = 0; i < SENDERS; i++)
			assert_int_equal(arrives_at(&g, i, p, 100), 0);
		assert_int_equal(steer_attach(g.g_fd[0], MEMBERS + 1), -1);
		assert_int_equal(errno, EPERM);
		assert_int_equal(arrives_at(&g, 0, p, 100), 0);
		assert_int_equal(steer_attach(g.g_fd[MEMBERS], MEMBERS + 1),
		    0);
		for (i = 0; i < SENDERS; i++)
			assert_int_equal(arrives_at(&g, i, p, 100), MEMBERS);
		/* A number that is too large: by hash again, not to a slot. */
		assert_int_equal(steer_attach(g.g_fd[MEMBERS], 64), 0);
		(void)packet(p, 0, 63, true);
		for (i = 0, n = 0; i < SENDERS; i++)
			n += arrives_at(&g, i, p, 100) != 0;
		assert_true(n > 0);
		group_close(&g);
	}
	assert_int_equal(steer_program(own, STEER_LEN, 64), STEER_LEN);
	assert_int_equal(steer_program(own, STEER_LEN, 0), -1);
	assert_int_equal(steer_program(own, STEER_LEN, 65), -1);
	assert_int_equal(steer_program(own, STEER_LEN - 1, 5), -1);
	assert_int_equal(steer_attach(-1, 5), -1);
}

/* The address of a group is not to be had by an exclusive bind. */
static void
test_exclusive(void **state)
{
	struct group	g;
	struct addr	a;

	(void)state;
	assert_true(group_open(&g, families[0]));
	a = g.g_addr;
	assert_int_equal(open_socket(&a, false), -1);
	assert_int_equal(errno, EADDRINUSE);
	group_close(&g);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_agrees),
		cmocka_unit_test(test_attach),
		cmocka_unit_test(test_exclusive),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
