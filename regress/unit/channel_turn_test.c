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
 * common/ipc: what channels do in a turn of the loop, with much to say.
 *
 * COVERS: ipc - control channels are drained before data channels and sockets
 * COVERS: ipc - what a turn gathers comes whole, in order, and is judged
 */

#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "build_id.h"
#include "regress/unit/channel_sim.h"

/* What ran in one turn of the loop: c, d, s for control, data, socket. */
static struct {
	char		 text[4096];
	size_t		 len;
} ran;

static void
ran_add(char c)
{
	assert_true(ran.len < sizeof(ran.text) - 1);
	ran.text[ran.len++] = c;
	ran.text[ran.len] = '\0';
}

static void
ran_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	(void)arg;
	(void)type;
	(void)msg;
	(void)fd;
	ran_add(channel_is_data(ch) ? 'd' : 'c');
}

static void
ran_broken(struct channel *ch, void *arg, const char *why)
{
	(void)ch;
	(void)arg;
	fail_msg("%s", why != NULL ? why : "closed");
}

static void
ran_socket(struct ev_loop *l, ev_io *io, int revents)
{
	char	c;

	(void)l;
	(void)revents;
	assert_int_equal(recv(io->fd, &c, 1, 0), 1);
	ran_add('s');
}

static const struct channel_ops	ran_ops = { ran_message, ran_broken, NULL };

static struct channel *
ran_channel(enum proc self, enum proc peer, bool data, int *other)
{
	struct msg_hello	 h;
	struct channel		*ch;
	uint8_t			 buf[512];
	int			 fds[2], len;

	assert_int_equal(channel_pair(fds, data), 0);
	assert_non_null(ch = channel_new(loop, fds[0], self, peer, 0, data,
	    &ran_ops, NULL));
	channel_set_state(ch, MSG_AT_SERVE);
	memset(&h, 0, sizeof(h));
	(void)snprintf(h.build, sizeof(h.build), "%s", BUILD_ID);
	h.version = MSG_TABLE_VERSION;
	h.role = peer;
	len = msg_encode(buf, sizeof(buf), MSG_HELLO, &h);
	assert_int_equal(send(fds[1], buf, (size_t)len, 0), len);
	turn();
	*other = fds[1];
	return (ch);
}

/*
 * An admission (control), the datagram that needs it (data) and one that the
 * socket got are all there when the turn begins: in whatever order the three
 * watchers were made, one of which would by itself be the wrong one.
 */
static void
channel_priorities(void **state)
{
	struct msg_room_close	 rc;
	struct msg_door_datagram d;
	struct channel		*ch[2];
	ev_io			 io;
	unsigned int		 i, k;
	int			 control = 0, data = 0, sock[2];

	(void)state;
	memset(&rc, 0, sizeof(rc));
	memset(&d, 0, sizeof(d));
	assert_int_equal(addr_parse(&d.local, "[::1]:4433"), 0);
	assert_int_equal(addr_parse(&d.remote, "[::1]:50000"), 0);
	d.payload.data = filler;
	d.payload.len = 20;
	for (i = 0; i < 3; i++) {
		ch[0] = ch[1] = NULL;
		for (k = 0; k < 3; k++) {
			if ((k + i) % 3 == 0)
				ch[0] = ran_channel(PROC_MEDIAD, PROC_SIGNALD,
				    false, &control);
			else if ((k + i) % 3 == 1)
				ch[1] = ran_channel(PROC_MEDIAD, PROC_DOORD,
				    true, &data);
			else {
				assert_int_equal(socketpair(AF_UNIX,
				    SOCK_SEQPACKET, 0, sock), 0);
				ev_io_init(&io, ran_socket, sock[0], EV_READ);
				ev_set_priority(&io, CHANNEL_PRIORITY_SOCKET);
				ev_io_start(loop, &io);
			}
		}
		memset(&ran, 0, sizeof(ran));
		assert_int_equal(send(sock[1], "x", 1, 0), 1);
		raw_send(data, MSG_DOOR_DATAGRAM, &d, 2);
		raw_send(control, MSG_ROOM_CLOSE, &rc, 300);
		ev_run(loop, EVRUN_NOWAIT);
		assert_int_equal(ran.len, 303);
		assert_int_equal(strspn(ran.text, "c"), 300);
		assert_non_null(strchr(ran.text + 300, 's'));
		assert_non_null(strstr(ran.text + 300, "dd"));
		channel_free(ch[0]);
		channel_free(ch[1]);
		ev_io_stop(loop, &io);
		close(control);
		close(data);
		close(sock[0]);
		close(sock[1]);
	}
}

/* A neighbour that writes as fast as we read: the others have their turn. */
#define CONTROL_AHEAD	20	/* more than one read takes */

static int	endless_fd;

static void
endless_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	ran_message(ch, arg, type, msg, fd);
	raw_send(endless_fd, type, msg, 1);
}

static void
channel_endless(void **state)
{
	static const struct channel_ops	 endless_ops = {
		endless_message, ran_broken, NULL
	};
	struct msg_room_close		 rc;
	struct channel			*ch;
	struct msg_hello		 h;
	int				 fds[2], gathers;

	(void)state;
	memset(&rc, 0, sizeof(rc));
	memset(&h, 0, sizeof(h));
	(void)snprintf(h.build, sizeof(h.build), "%s", BUILD_ID);
	h.version = MSG_TABLE_VERSION;
	h.role = PROC_SIGNALD;
	for (gathers = 0; gathers <= 1; gathers++) {
		assert_int_equal(channel_pair(fds, false), 0);
		assert_non_null(ch = channel_new(loop, fds[0], PROC_MEDIAD,
		    PROC_SIGNALD, 0, false, &endless_ops, NULL));
		if (gathers)
			channel_gather(ch);
		endless_fd = fds[1];
		raw_send(fds[1], MSG_HELLO, &h, 1);
		channel_set_state(ch, MSG_AT_SERVE);
		turn();
		memset(&ran, 0, sizeof(ran));
		raw_send(fds[1], MSG_ROOM_CLOSE, &rc, CONTROL_AHEAD);
		ev_run(loop, EVRUN_NOWAIT);
		assert_int_equal(ran.len, CHANNEL_DRAIN);
		channel_free(ch);
		close(fds[1]);
	}
}

/* A reader that is slow is waited for and never blamed, however much comes. */
static void
channel_slow_reader(void **state)
{
	struct msg_live_request	req = { 0 };
	struct end		a, b;
	unsigned int		i;
	uint64_t		total = 0;

	(void)state;
	pair_open(&a, PROC_SIGNALD, &b, PROC_REGISTRYD, false);
	for (i = 0; i < 12; i++) {
		assert_false(channel_slow(a.ch));
		while (!channel_slow(a.ch)) {
			req.seq = ++total;
			assert_int_equal(channel_send(a.ch, MSG_LIVE_REQUEST,
			    &req), 0);
		}
		assert_true(channel_queued(a.ch) <= CHANNEL_SLOW + 100);
		while (channel_queued(a.ch) > CHANNEL_SLOW / 2)
			ev_run(loop, EVRUN_NOWAIT);
	}
	assert_true(total * 30 > CHANNEL_QUEUE_MAX);
	while (b.messages < total)
		ev_run(loop, EVRUN_NOWAIT);
	assert_int_equal(b.last_u64, total);
	assert_false(a.broken);
	assert_false(b.broken);
	assert_int_equal(channel_dropped(a.ch), 0);
	end_close(&a);
	end_close(&b);
}

/* What gathers: in order and whole, whatever is long or does not fit. */
static uint64_t	gathered_next;

static void
gathered_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	const struct msg_ctl_row	*row = msg;
	size_t				 i;

	(void)ch;
	(void)arg;
	assert_int_equal(type, MSG_CTL_ROW);
	assert_int_equal(fd, -1);
	assert_int_equal(row->id, gathered_next);
	gathered_next++;
	for (i = 0; i < row->cells.len; i += 97)
		assert_int_equal(row->cells.data[i], filler[i]);
}

static void
channel_gathers(void **state)
{
	static const struct channel_ops	 ops = {
		gathered_message, ran_broken, NULL
	};
	struct msg_live_request		 req = { 0 };
	struct msg_ctl_row		 row;
	struct channel			*from, *to;
	struct end			 a, b;
	unsigned int			 i;
	int				 fds[2];

	(void)state;
	/* Nothing leaves before it is said so; then all in one wake-up. */
	pair_open(&a, PROC_SIGNALD, &b, PROC_REGISTRYD, false);
	channel_gather(a.ch);
	channel_gather(b.ch);
	for (i = 0; i < CHANNEL_BATCH - 1; i++) {
		req.seq = i;
		assert_int_equal(channel_send(a.ch, MSG_LIVE_REQUEST, &req),
		    0);
	}
	turn();
	assert_int_equal(b.messages, 0);
	channel_flush(a.ch);
	turn();
	assert_int_equal(b.messages, CHANNEL_BATCH - 1);
	assert_int_equal(b.last_u64, CHANNEL_BATCH - 2);
	assert_int_equal(b.batches, 1);
	/* What is said last is heard: the channel ends behind it. */
	req.seq = 4711;
	assert_int_equal(channel_send(a.ch, MSG_LIVE_REQUEST, &req), 0);
	end_close(&a);
	turn();
	assert_int_equal(b.last_u64, 4711);
	assert_true(b.broken);
	assert_string_equal(b.why, "");

	/* Long ones between short ones, and more than the kernel takes. */
	assert_int_equal(channel_pair(fds, false), 0);
	from = channel_new(loop, fds[0], PROC_SIGNALD, PROC_CONTROLD, 0,
	    false, &ops, NULL);
	to = channel_new(loop, fds[1], PROC_CONTROLD, PROC_SIGNALD, 0, false,
	    &ops, NULL);
	assert_true(from != NULL && to != NULL);
	channel_gather(from);
	channel_gather(to);
	channel_set_state(from, MSG_AT_SERVE);
	channel_set_state(to, MSG_AT_SETUP);
	gathered_next = 0;
	row.cells.data = filler;
	for (i = 0; !channel_slow(from); i++) {
		row.id = i;
		row.cells.len = i % 7 == 3 ? sizeof(filler) : i % 100;
		assert_int_equal(channel_send(from, MSG_CTL_ROW, &row), 0);
		if (i % 13 == 0)
			channel_flush(from);
	}
	channel_flush(from);
	assert_true(channel_queued(from) > 0);
	assert_int_equal(gathered_next, 0);
	channel_set_state(to, MSG_AT_SERVE);
	while (gathered_next < i)
		ev_run(loop, EVRUN_NOWAIT);
	assert_int_equal(channel_queued(from), 0);
	assert_int_equal(channel_dropped(from), 0);
	channel_free(from);
	channel_free(to);
}

/* Room in the kernel is for what is queued, not for what was said later. */
static void
channel_gathers_behind(void **state)
{
	struct msg_live_request	 req = { 0 }, got;
	union {
		max_align_t	align;
		uint8_t		bytes[MSG_STRUCT_MAX];
	}			 u;
	struct end		 e;
	uint64_t		 type, next = 0;
	uint8_t			 buf[512];
	const char		*why;
	unsigned int		 i;
	ssize_t			 n;
	int			 fd;

	(void)state;
	fd = raw_open(&e, PROC_SIGNALD, PROC_REGISTRYD, false, true);
	channel_gather(e.ch);
	for (; channel_queued(e.ch) == 0; req.seq++) {
		assert_int_equal(channel_send(e.ch, MSG_LIVE_REQUEST, &req),
		    0);
	}
	/* Our hello, and some of them: the writer does not hear of it. */
	for (i = 0; i < 50; i++)
		assert_true(recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0);
	next = 49;
	for (i = 0; i < 2 * CHANNEL_BATCH; i++, req.seq++)
		assert_int_equal(channel_send(e.ch, MSG_LIVE_REQUEST, &req),
		    0);
	channel_flush(e.ch);
	while (next < req.seq) {
		ev_run(loop, EVRUN_NOWAIT);
		while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
			assert_int_equal(msg_decode(buf, (size_t)n, &type,
			    u.bytes, sizeof(u.bytes), &why), 0);
			assert_int_equal(type, MSG_LIVE_REQUEST);
			memcpy(&got, u.bytes, sizeof(got));
			assert_int_equal(got.seq, next);
			next++;
		}
	}
	assert_int_equal(channel_dropped(e.ch), 0);
	end_close(&e);
	close(fd);
}

/* What comes in batches is judged as what comes one by one. */
static void
channel_gathered_refusals(void **state)
{
	static uint8_t		buf[MSG_MAX + 10];
	struct msg_live_end	end = { 1 };
	struct end		e;
	unsigned int		i;
	int			fd, len, p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	for (i = 0; i < 4; i++) {
		fd = raw_open(&e, PROC_SIGNALD, PROC_REGISTRYD, false, true);
		channel_gather(e.ch);
		len = msg_encode(buf, sizeof(buf), MSG_LIVE_END, &end);
		assert_int_equal(send(fd, buf, (size_t)len, 0), len);
		assert_int_equal(send(fd, buf, (size_t)len, 0), len);
		switch (i) {
		case 0:		/* the control */
			break;
		case 1:
			assert_int_equal(send(fd, buf, MSG_MAX + 10, 0),
			    MSG_MAX + 10);
			break;
		case 2:
			raw_send_fds(fd, buf, len, p[0], 1);
			break;
		case 3:
			close(fd);
			break;
		}
		if (i != 3)
			(void)send(fd, buf, (size_t)len, 0);
		turn();
		assert_int_equal(e.messages, i == 0 ? 3 : 2);
		assert_int_equal(e.broken, i != 0);
		if (i == 1)
			assert_string_equal(e.why, "packet too long");
		if (i == 2)
			assert_string_equal(e.why,
			    "descriptors where none belong");
		if (i == 3)
			assert_string_equal(e.why, "");
		if (i == 0)
			end_close(&e);
		if (i != 3)
			close(fd);
	}
	close(p[0]);
	close(p[1]);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(channel_priorities),
		cmocka_unit_test(channel_endless),
		cmocka_unit_test(channel_slow_reader),
		cmocka_unit_test(channel_gathers),
		cmocka_unit_test(channel_gathers_behind),
		cmocka_unit_test(channel_gathered_refusals)
	};

	return (cmocka_run_group_tests(tests, channel_setup,
	    channel_teardown));
}
