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
 * COVERS: shared port: one socket a slot, steered and locked; grows at the end
 * COVERS: shared port: taken by another relayd or program: refused, explained
 * COVERS: shared port: a kernel without steering is told of `steering none'
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "common/quic/cid.h"
#include "common/quic/steer.h"
#include "common/quic/udp.h"
#include "relayd/listen.h"

static char	logged[8192];
static bool	no_steering;
static int	attached;

static void	 sink(enum log_level, const char *);
static int	 set_up(void **);
static struct addr
		 address(const char *);
static struct addr
		 open_anywhere(struct port *, bool, unsigned int);
static int	 other_process(int (*)(const struct addr *),
		    const struct addr *);
static void	 says(const char *);
static bool	 arrives(const struct port *, unsigned int, unsigned int);

/* The real program through the wrapped door. */
int	__real_steer_attach(int, unsigned int);
int	__wrap_steer_attach(int, unsigned int);

int
__wrap_steer_attach(int fd, unsigned int nslots)
{
	attached++;
	if (no_steering) {
		errno = ENOPROTOOPT;
		return (-1);
	}
	return (__real_steer_attach(fd, nslots));
}

static void
sink(enum log_level level, const char *text)
{
	(void)level;
	(void)strlcat(logged, text, sizeof(logged));
	(void)strlcat(logged, "\n", sizeof(logged));
}

static int
set_up(void **state)
{
	(void)state;
	logged[0] = '\0';
	no_steering = false;
	attached = 0;
	return (0);
}

static struct addr
address(const char *text)
{
	struct addr	a;

	assert_int_equal(addr_parse(&a, text), 0);
	return (a);
}

/* On a port that was free a moment ago; listen_open() takes no port 0. */
static struct addr
open_anywhere(struct port *po, bool steered, unsigned int nslots)
{
	struct sockaddr_storage	ss;
	struct addr		any, a;
	socklen_t		len;
	int			fd, i;

	any = address("127.0.0.1:0");
	for (i = 0; i < 20; i++) {
		len = sizeof(ss);
		assert_int_not_equal(fd = udp_bind(&any, 0), -1);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&ss,
		    &len), 0);
		close(fd);
		assert_int_equal(addr_from_sockaddr(&a,
		    (struct sockaddr *)&ss, len), 0);
		if (listen_open(po, &a, steered, nslots) == 0)
			return (a);
	}
	fail_msg("no free port: %s", logged);
	return (a);
}

/* Exit status of fn(addr) in a process of its own; its log in `logged'. */
static int
other_process(int (*fn)(const struct addr *), const struct addr *addr)
{
	ssize_t	n;
	size_t	len = 0;
	pid_t	pid;
	int	fds[2], status;

	assert_int_equal(pipe(fds), 0);
	logged[0] = '\0';
	if ((pid = fork()) == 0) {
		status = fn(addr);
		if (write(fds[1], logged, strlen(logged)) == -1)
			_exit(99);
		_exit(status);
	}
	assert_int_not_equal(pid, -1);
	close(fds[1]);
	while ((n = read(fds[0], logged + len,
	    sizeof(logged) - 1 - len)) > 0)
		len += (size_t)n;
	logged[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (WEXITSTATUS(status));
}

static void
says(const char *text)
{
	if (strstr(logged, text) == NULL)
		fail_msg("not '%s' but: %s", text, logged);
}

/* A short-header packet of that slot gets to the socket of that one. */
static bool
arrives(const struct port *po, unsigned int slot, unsigned int at)
{
	struct addr	to = po->po_addr;
	uint8_t		packet[64], got[64];
	ssize_t		n;
	int		fd;

	memset(packet, 0x55, sizeof(packet));
	packet[0] = 0x40;
	packet[1] = (uint8_t)slot;
	packet[2] = (uint8_t)(slot ^ CID_CHECK);
	assert_int_not_equal(fd = socket(AF_INET, SOCK_DGRAM, 0), -1);
	assert_int_equal(sendto(fd, packet, sizeof(packet), 0,
	    &to.addr_u.sa, to.addr_len), sizeof(packet));
	close(fd);
	/* Loopback: it is there when sendto() is back. */
	n = recv(po->po_fds[at], got, sizeof(got), MSG_DONTWAIT);
	return (n == (ssize_t)sizeof(packet) && got[1] == slot);
}

static void
a_socket_for_each_slot(void **state)
{
	struct port	po;
	unsigned int	i;
	socklen_t	len = sizeof(int);
	int		locked;

	(void)state;
	(void)open_anywhere(&po, true, 4);
	assert_int_equal(po.po_nfds, 4);
	for (i = 0; i < 4; i++) {
		assert_true(arrives(&po, i, i));
		assert_int_equal(getsockopt(po.po_fds[i], SOL_SOCKET,
		    SO_LOCK_FILTER, &locked, &len), 0);
		assert_int_equal(locked, 1);
		assert_int_equal(listen_fd(&po, i), po.po_fds[i]);
		/* Nobody who has one of them gets another program in. */
		assert_int_equal(__real_steer_attach(po.po_fds[i], 1), -1);
		assert_int_equal(errno, EPERM);
	}
	/* The control: a slot that nobody has is the door's. */
	assert_false(arrives(&po, 7, 3));
	/* The door has read nothing of it yet. */
	assert_int_equal(recv(po.po_fds[0], &locked, sizeof(locked),
	    MSG_DONTWAIT | MSG_TRUNC), 64);
	listen_close(&po);
}

static void
a_port_grows_and_shrinks(void **state)
{
	struct port	po;
	unsigned int	i;

	(void)state;
	(void)open_anywhere(&po, true, 2);
	assert_int_equal(listen_grow(&po, 5), 0);
	for (i = 0; i < 5; i++)
		assert_true(arrives(&po, i, i));
	listen_shrink(&po, 3);
	assert_int_equal(listen_grow(&po, 4), 0);
	for (i = 0; i < 4; i++)
		assert_true(arrives(&po, i, i));
	/* Not enough is no reason to lose what is there. */
	no_steering = true;
	assert_int_equal(listen_grow(&po, 6), -1);
	assert_int_equal(po.po_nfds, 4);
	assert_true(arrives(&po, 3, 3));
	listen_close(&po);
}

static void
without_steering_one_socket(void **state)
{
	struct port	po;

	(void)state;
	no_steering = true;
	(void)open_anywhere(&po, false, 4);
	assert_int_equal(po.po_nfds, 1);
	assert_int_equal(attached, 0);
	assert_int_equal(listen_grow(&po, 6), 0);
	assert_int_equal(po.po_nfds, 1);
	assert_int_equal(listen_fd(&po, 5), po.po_fds[0]);
	assert_true(arrives(&po, 3, 0));
	listen_close(&po);
}

static void
a_kernel_that_cannot_steer(void **state)
{
	struct port	po;
	struct addr	a;

	(void)state;
	a = open_anywhere(&po, true, 2);
	listen_close(&po);
	logged[0] = '\0';
	no_steering = true;
	assert_int_equal(listen_open(&po, &a, true, 2), -1);
	says("steering none");
	/* Nothing is left of it: the address is free again. */
	no_steering = false;
	assert_int_equal(listen_open(&po, &a, true, 2), 0);
	listen_close(&po);
}

static int
second_steered(const struct addr *addr)
{
	struct port	po;

	return (listen_open(&po, addr, true, 2) == -1 ? 1 : 0);
}

static int
second_single(const struct addr *addr)
{
	struct port	po;

	return (listen_open(&po, addr, false, 2) == -1 ? 1 : 0);
}

static void
another_relayd_is_refused(void **state)
{
	static const char *const	hosts[] = { "127.0.0.1", "0.0.0.0" };
	struct port			po;
	struct addr			a, b;
	char				text[ADDR_STRLEN], first[ADDR_STRLEN];
	size_t				i, j;

	(void)state;
	for (i = 0; i < 2; i++) {
		a = open_anywhere(&po, true, 2);
		if (i == 1) {
			/* The wildcard first. */
			listen_close(&po);
			addr_parse(&a, "0.0.0.0:1");
			addr_set_port(&a, addr_port(&po.po_addr));
			assert_int_equal(listen_open(&po, &a, true, 2), 0);
		}
		(void)addr_print(&a, first, sizeof(first));
		for (j = 0; j < 2; j++) {
			(void)snprintf(text, sizeof(text), "%s:%u", hosts[j],
			    addr_port(&a));
			b = address(text);
			assert_int_equal(other_process(second_steered, &b), 1);
			says("another relayd serves ");
			says(first);
			says(text);
			assert_int_equal(other_process(second_single, &b), 1);
			says(first);
		}
		assert_true(arrives(&po, 1, 1));
		/* The controls: another address, another family's, later. */
		(void)snprintf(text, sizeof(text), "127.0.0.2:%u",
		    addr_port(&a));
		b = address(text);
		assert_int_equal(other_process(second_steered, &b), i);
		listen_close(&po);
		assert_int_equal(other_process(second_steered, &a), 0);
	}
}

/* A program that would share its port with us is no better. */
static void
another_program_is_respected(void **state)
{
	struct port	po;
	struct addr	a;
	int		fd;

	(void)state;
	a = open_anywhere(&po, true, 2);
	listen_close(&po);
	assert_int_not_equal(fd = udp_bind_member(&a, 0), -1);
	logged[0] = '\0';
	assert_int_equal(listen_open(&po, &a, true, 2), -1);
	says("another program");
	close(fd);
	assert_int_equal(listen_open(&po, &a, true, 2), 0);
	listen_close(&po);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_socket_for_each_slot, set_up),
		cmocka_unit_test_setup(a_port_grows_and_shrinks, set_up),
		cmocka_unit_test_setup(without_steering_one_socket, set_up),
		cmocka_unit_test_setup(a_kernel_that_cannot_steer, set_up),
		cmocka_unit_test_setup(another_relayd_is_refused, set_up),
		cmocka_unit_test_setup(another_program_is_respected, set_up),
	};

	log_init("listen_test", sink);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
