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
 * Channels in tests (channel_sim.h).
 */

#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "build_id.h"
#include "regress/unit/channel_sim.h"

uint8_t		 filler[8192];
struct ev_loop	*loop;

static void
end_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	struct end	*e = arg;

	assert_ptr_equal(ch, e->ch);
	e->messages++;
	e->last_fd = fd;
	if (type == MSG_LIVE_REQUEST || type == MSG_LIVE_END)
		memcpy(&e->last_u64, msg, sizeof(e->last_u64));
	if (e->free_in_message) {
		channel_free(ch);
		e->ch = NULL;
	}
}

static void
end_broken(struct channel *ch, void *arg, const char *why)
{
	struct end	*e = arg;

	assert_false(e->broken);
	e->broken = true;
	(void)snprintf(e->why, sizeof(e->why), "%s", why != NULL ? why : "");
	channel_free(ch);
	e->ch = NULL;
}

static void
end_batch(struct channel *ch, void *arg)
{
	struct end	*e = arg;

	(void)ch;
	e->batches++;
}

static const struct channel_ops	end_ops = {
	end_message, end_broken, end_batch
};

void
turn(void)
{
	unsigned int	i;

	for (i = 0; i < 8; i++)
		ev_run(loop, EVRUN_NOWAIT);
}

static void
end_open(struct end *e, int fd, enum proc self, enum proc peer, bool data)
{
	memset(e, 0, sizeof(*e));
	e->last_fd = -1;
	e->ch = channel_new(loop, fd, self, peer, 0, data, &end_ops, e);
	assert_non_null(e->ch);
	channel_set_state(e->ch, MSG_AT_SERVE);
}

void
pair_open(struct end *a, enum proc pa, struct end *b, enum proc pb, bool data)
{
	int	fds[2];

	assert_int_equal(channel_pair(fds, data), 0);
	end_open(a, fds[0], pa, pb, data);
	end_open(b, fds[1], pb, pa, data);
	turn();
	assert_false(a->broken);
	assert_false(b->broken);
	assert_int_equal(channel_peer_pid(a->ch), getpid());
}

void
end_close(struct end *e)
{
	channel_free(e->ch);
	e->ch = NULL;
}

/* An end that the test drives itself, byte by byte. */
int
raw_open(struct end *e, enum proc self, enum proc peer, bool data,
    bool hello)
{
	struct msg_hello	h;
	uint8_t			buf[512];
	int			fds[2], len;

	assert_int_equal(channel_pair(fds, data), 0);
	end_open(e, fds[0], self, peer, data);
	if (hello) {
		memset(&h, 0, sizeof(h));
		(void)snprintf(h.build, sizeof(h.build), "%s", BUILD_ID);
		h.version = MSG_TABLE_VERSION;
		h.role = peer;
		len = msg_encode(buf, sizeof(buf), MSG_HELLO, &h);
		assert_int_equal(send(fds[1], buf, (size_t)len, 0), len);
	}
	return (fds[1]);
}

void
raw_send(int fd, enum msg_type type, const void *msg, unsigned int n)
{
	uint8_t	buf[512];
	int	len;

	len = msg_encode(buf, sizeof(buf), type, msg);
	assert_true(len > 0);
	while (n-- > 0)
		assert_int_equal(send(fd, buf, (size_t)len, MSG_DONTWAIT),
		    len);
}

void
raw_send_fds(int sock, const uint8_t *buf, int len, int fd, size_t n)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int) * 8)];
	} c;
	struct msghdr	m;
	struct iovec	iov;
	size_t		i;

	memset(&m, 0, sizeof(m));
	memset(&c, 0, sizeof(c));
	iov.iov_base = (void *)(uintptr_t)buf;
	iov.iov_len = (size_t)len;
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	m.msg_control = c.buf;
	m.msg_controllen = CMSG_SPACE(sizeof(int) * n);
	c.hdr.cmsg_level = SOL_SOCKET;
	c.hdr.cmsg_type = SCM_RIGHTS;
	c.hdr.cmsg_len = CMSG_LEN(sizeof(int) * n);
	for (i = 0; i < n; i++)
		memcpy(CMSG_DATA(&c.hdr) + i * sizeof(int), &fd, sizeof(fd));
	assert_int_equal(sendmsg(sock, &m, 0), len);
}

int
channel_setup(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(filler); i++)
		filler[i] = (uint8_t)(i * 7);
	return ((loop = ev_loop_new(EVFLAG_NOENV)) == NULL ? -1 : 0);
}

int
channel_teardown(void **state)
{
	(void)state;
	ev_loop_destroy(loop);
	return (0);
}
