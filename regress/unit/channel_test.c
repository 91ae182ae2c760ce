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
 * common/ipc: channels between processes.
 *
 * COVERS: ipc - channel: wrong sender, build, state, descriptor: refused
 * COVERS: ipc - full data channel drops and counts, full control channel ends
 * COVERS: ipc - control channels are drained before data channels and sockets
 * COVERS: ipc - a question has its time limit, whatever else arrives
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <ev.h>

#include "build_id.h"
#include "common/base/clock.h"
#include "common/ipc/channel.h"
#include "common/ipc/cursor.h"
#include "common/ipc/mesh.h"
#include "common/ipc/row.h"
#include "common/ipc/slots.h"

union message {
	max_align_t	align;
	uint8_t		bytes[MSG_STRUCT_MAX];
};

static uint8_t	filler[8192];

/* Two ends on one loop. */
struct end {
	struct channel	*ch;
	unsigned int	 messages;
	unsigned int	 batches;
	uint64_t	 last_u64;
	int		 last_fd;
	bool		 broken;
	bool		 free_in_message;
	char		 why[200];
};

static struct ev_loop	*loop;

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

static void
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

static void
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

static void
end_close(struct end *e)
{
	channel_free(e->ch);
	e->ch = NULL;
}

/* An end that the test drives itself, byte by byte. */
static int
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

static void
channel_talk(void **state)
{
	struct msg_live_request	req = { 5 };
	struct end		a, b;
	unsigned int		i;

	(void)state;
	pair_open(&a, PROC_SIGNALD, &b, PROC_REGISTRYD, false);
	for (i = 0; i < 200; i++) {
		req.seq = i;
		assert_int_equal(channel_send(a.ch, MSG_LIVE_REQUEST, &req),
		    0);
	}
	turn();
	assert_int_equal(b.messages, 200);
	assert_int_equal(b.last_u64, 199);
	/* All that was there in one wake-up. */
	assert_int_equal(b.batches, 1);
	end_close(&a);
	turn();
	assert_true(b.broken);
	assert_string_equal(b.why, "");
}

/* The hello comes first, and must be of this build and that process. */
static void
channel_hello(void **state)
{
	struct msg_live_end	end = { 1 };
	struct msg_hello	h;
	struct end		e;
	uint8_t			buf[512];
	unsigned int		i;
	int			fd, len;

	(void)state;
	fd = raw_open(&e, PROC_SIGNALD, PROC_REGISTRYD, false, false);
	len = msg_encode(buf, sizeof(buf), MSG_LIVE_END, &end);
	assert_int_equal(send(fd, buf, (size_t)len, 0), len);
	turn();
	assert_true(e.broken);
	assert_string_equal(e.why,
	    "MSG_LIVE_END: message not allowed in this state");
	close(fd);

	for (i = 0; i < 5; i++) {
		fd = raw_open(&e, PROC_SIGNALD, PROC_REGISTRYD, false, false);
		memset(&h, 0, sizeof(h));
		(void)snprintf(h.build, sizeof(h.build), "%s%s", BUILD_ID,
		    i == 1 ? "x" : "");
		h.version = MSG_TABLE_VERSION + (i == 2);
		h.role = i == 3 ? PROC_MEDIAD : PROC_REGISTRYD;
		h.instance = i == 4;
		len = msg_encode(buf, sizeof(buf), MSG_HELLO, &h);
		assert_int_equal(send(fd, buf, (size_t)len, 0), len);
		turn();
		assert_int_equal(e.broken, i != 0);
		if (i == 0) {
			/* Once, not twice. */
			assert_int_equal(send(fd, buf, (size_t)len, 0), len);
			turn();
			assert_true(e.broken);
		}
		assert_int_equal(e.messages, 0);
		close(fd);
	}
}

/* A bad packet ends the channel, with the reason; the process goes on. */
static void
channel_refusals(void **state)
{
	struct msg_live_end	end = { 1 };
	struct msg_room_close	rc;
	struct end		e;
	static uint8_t		buf[MSG_MAX + 10];
	unsigned int		i;
	int			fd, len;

	(void)state;
	for (i = 0; i < 6; i++) {
		fd = raw_open(&e, PROC_SIGNALD, PROC_REGISTRYD, false, true);
		turn();
		assert_false(e.broken);
		len = msg_encode(buf, sizeof(buf), MSG_LIVE_END, &end);
		switch (i) {
		case 0:		/* the control */
			break;
		case 1:		/* not for this receiver, from this sender */
			memset(&rc, 0, sizeof(rc));
			len = msg_encode(buf, sizeof(buf), MSG_ROOM_CLOSE,
			    &rc);
			break;
		case 2:
			buf[len++] = 0;
			break;
		case 3:		/* longer than any packet */
			len = MSG_MAX + 10;
			break;
		case 4:
			memset(buf, 0xc1, (size_t)len);
			break;
		case 5:		/* the wrong type for a field */
			buf[len - 1] = 0xc0;
			break;
		}
		assert_int_equal(send(fd, buf, (size_t)len, 0), len);
		turn();
		assert_int_equal(e.broken, i != 0);
		assert_int_equal(e.messages, i == 0);
		if (i != 0)
			assert_true(e.why[0] != '\0');
		else
			end_close(&e);
		close(fd);
	}
	/* In set-up nothing from a neighbour is even read. */
	fd = raw_open(&e, PROC_RELAYD, PROC_SIGNALD, false, true);
	channel_set_state(e.ch, MSG_AT_SETUP);
	memset(buf, 0, sizeof(buf));
	len = msg_encode(buf, sizeof(buf), MSG_CTL_QUERY, buf + 512);
	assert_int_equal(send(fd, buf, (size_t)len, 0), len);
	turn();
	assert_true(e.broken);
	close(fd);
}

static void
send_fds(int sock, const uint8_t *buf, int len, int fd, size_t n)
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

/* Descriptors open in this process. */
static unsigned int
count_fds(void)
{
	unsigned int	n = 0;
	int		i;

	for (i = 0; i < 256; i++)
		if (fcntl(i, F_GETFD) != -1)
			n++;
	return (n);
}

static void
channel_descriptors(void **state)
{
	struct msg_channel	msg = { PROC_KEYD, 0, 0, false };
	struct msg_shutdown	bye = { 1 };
	struct end		a, b, e;
	uint8_t			buf[512];
	unsigned int		before, i;
	int			fd, len, p[2];

	(void)state;
	/* The right way, and it arrives usable and not inherited. */
	pair_open(&a, PROC_RELAYD, &b, PROC_SIGNALD, false);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(channel_send_fd(a.ch, MSG_CHANNEL, &msg, p[1]), 0);
	turn();
	assert_int_equal(b.messages, 1);
	assert_true(b.last_fd >= 0);
	assert_int_equal(fcntl(b.last_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(b.last_fd, "x", 1), 1);
	assert_int_equal(read(p[0], buf, 1), 1);
	close(b.last_fd);
	end_close(&a);
	turn();
	assert_true(b.broken);

	/* Wrong ways; none leaves a descriptor behind. */
	for (i = 0; i < 5; i++) {
		before = count_fds();
		fd = raw_open(&e, PROC_SIGNALD, PROC_RELAYD, false, true);
		turn();
		assert_false(e.broken);
		len = msg_encode(buf, sizeof(buf), MSG_CHANNEL, &msg);
		if (i == 0 || i == 4)
			len = msg_encode(buf, sizeof(buf), MSG_SHUTDOWN,
			    &bye);
		if (i == 1)
			assert_int_equal(send(fd, buf, (size_t)len, 0), len);
		else
			send_fds(fd, buf, len, p[0], i == 2 ? 2 :
			    i == 3 ? 8 : 1);
		turn();
		assert_true(e.broken);
		assert_int_equal(e.messages, 0);
		close(fd);
		assert_int_equal(count_fds(), before);
	}
	/* Data channels carry none at all. */
	before = count_fds();
	fd = raw_open(&e, PROC_SIGNALD, PROC_DOORD, true, true);
	turn();
	assert_false(e.broken);
	send_fds(fd, (const uint8_t *)"x", 1, p[0], 1);
	turn();
	assert_true(e.broken);
	close(fd);
	assert_int_equal(count_fds(), before);
	close(p[0]);
	close(p[1]);
}

static void
channel_data(void **state)
{
	struct msg_door_datagram	d;
	struct end			a, b;
	unsigned int			i;

	(void)state;
	pair_open(&a, PROC_DOORD, &b, PROC_MEDIAD, true);
	memset(&d, 0, sizeof(d));
	assert_int_equal(addr_parse(&d.local, "[::1]:4433"), 0);
	assert_int_equal(addr_parse(&d.remote, "[::1]:50000"), 0);
	d.payload.data = filler;
	d.payload.len = 2048;
	for (i = 0; i < 130; i++)
		assert_int_equal(channel_queue(a.ch, MSG_DOOR_DATAGRAM, &d),
		    0);
	channel_flush(a.ch);
	assert_int_equal(channel_dropped(a.ch), 0);
	turn();
	assert_int_equal(b.messages, 130);
	assert_true(b.batches <= 3);
	/* Full: dropped and counted, by either way of sending. */
	for (i = 0; i < 5000; i++)
		(void)channel_queue(a.ch, MSG_DOOR_DATAGRAM, &d);
	channel_flush(a.ch);
	assert_true(channel_dropped(a.ch) > 0);
	assert_int_equal(channel_send(a.ch, MSG_DOOR_DATAGRAM, &d), -1);
	assert_int_equal(errno, ENOBUFS);
	while (b.messages < 130 + 5000 - channel_dropped(a.ch) + 1)
		turn();
	assert_int_equal(b.messages + channel_dropped(a.ch), 130 + 5000 + 1);
	assert_false(a.broken);
	/* Of the wrong kind of message nothing gets through. */
	assert_int_equal(channel_send(a.ch, MSG_CTL_END,
	    &(struct msg_ctl_end){ 1, "" }), 0);
	turn();
	assert_true(b.broken);
	end_close(&a);
}

static void
channel_full(void **state)
{
	struct msg_live_request	req = { 5 };
	struct end		a, b;
	unsigned int		i, sent;
	int			fd;

	(void)state;
	/* Queued past the kernel's buffer, in order, then delivered. */
	pair_open(&a, PROC_SIGNALD, &b, PROC_REGISTRYD, false);
	for (i = 0; channel_queued(a.ch) == 0; i++) {
		req.seq = i;
		assert_int_equal(channel_send(a.ch, MSG_LIVE_REQUEST, &req),
		    0);
	}
	for (sent = i + 1000; i < sent; i++) {
		req.seq = i;
		assert_int_equal(channel_send(a.ch, MSG_LIVE_REQUEST, &req),
		    0);
	}
	while (b.messages < sent)
		turn();
	assert_int_equal(b.last_u64, sent - 1);
	assert_int_equal(channel_queued(a.ch), 0);
	end_close(&a);
	end_close(&b);

	/* A peer that never reads: in the end it is to blame. */
	fd = raw_open(&a, PROC_SIGNALD, PROC_REGISTRYD, false, true);
	turn();
	for (i = 0; i < 2000000; i++)
		if (channel_send(a.ch, MSG_LIVE_REQUEST, &req) == -1)
			break;
	assert_true(i < 2000000);
	assert_false(a.broken);		/* told from the loop, not before */
	turn();
	assert_true(a.broken);
	assert_string_equal(a.why, "does not read its messages");
	close(fd);
}

/* The last words of a peer that is gone are still heard, and then its end. */
static void
channel_last_words(void **state)
{
	struct msg_live_end	end = { 9 };
	struct msg_live_request	req = { 9 };
	struct end		a, b;

	(void)state;
	pair_open(&a, PROC_SIGNALD, &b, PROC_REGISTRYD, false);
	assert_int_equal(channel_send(a.ch, MSG_LIVE_REQUEST, &req), 0);
	assert_int_equal(channel_send(b.ch, MSG_LIVE_END, &end), 0);
	/* b closes with something unread: the kernel calls that a reset. */
	end_close(&b);
	assert_int_equal(channel_send(a.ch, MSG_LIVE_REQUEST, &req), -1);
	assert_int_equal(errno, EPIPE);
	assert_false(a.broken);
	turn();
	assert_int_equal(a.messages, 1);
	assert_int_equal(a.last_u64, 9);
	assert_true(a.broken);
	assert_string_equal(a.why, "");
}

static void
channel_freed_inside(void **state)
{
	struct msg_live_request	req = { 9 };
	struct end		a, b;

	(void)state;
	pair_open(&a, PROC_SIGNALD, &b, PROC_REGISTRYD, false);
	b.free_in_message = true;
	assert_int_equal(channel_send(a.ch, MSG_LIVE_REQUEST, &req), 0);
	assert_int_equal(channel_send(a.ch, MSG_LIVE_REQUEST, &req), 0);
	turn();
	assert_int_equal(b.messages, 1);
	assert_false(b.broken);
	assert_true(a.broken);
}

/* Questions to keyd: the answer, an old one first, none at all. */
static void
channel_asks(void **state)
{
	struct msg_key_sign_answer	ask;
	struct msg_key_signature	sig;
	union message			out;
	struct end			e;
	uint8_t				buf[512];
	int				fd, len;

	(void)state;
	memset(&ask, 0, sizeof(ask));
	memset(&sig, 0, sizeof(sig));
	fd = raw_open(&e, PROC_MEDIAD, PROC_KEYD, false, true);
	sig.seq = 1;
	sig.ok = true;
	len = msg_encode(buf, sizeof(buf), MSG_KEY_SIGNATURE, &sig);
	assert_int_equal(send(fd, buf, (size_t)len, 0), len);
	ask.seq = 2;
	assert_int_equal(channel_ask(e.ch, MSG_KEY_SIGN_ANSWER, &ask,
	    MSG_KEY_SIGNATURE, &out, 1000), 0);
	memcpy(&sig, out.bytes, sizeof(sig));
	assert_int_equal(sig.seq, 1);
	assert_int_equal(channel_ask(e.ch, MSG_KEY_SIGN_ANSWER, NULL,
	    MSG_KEY_SIGNATURE, &out, 1), -1);
	assert_int_equal(errno, ETIMEDOUT);
	sig.seq = 2;
	len = msg_encode(buf, sizeof(buf), MSG_KEY_SIGNATURE, &sig);
	assert_int_equal(send(fd, buf, (size_t)len, 0), len);
	assert_int_equal(channel_ask(e.ch, MSG_KEY_SIGN_ANSWER, NULL,
	    MSG_KEY_SIGNATURE, &out, 1000), 0);
	assert_false(e.broken);
	/* Rubbish, and the end: the asker hears -1, the owner the rest. */
	assert_int_equal(send(fd, "\xc1", 1, 0), 1);
	assert_int_equal(channel_ask(e.ch, MSG_KEY_SIGN_ANSWER, &ask,
	    MSG_KEY_SIGNATURE, &out, 1000), -1);
	assert_false(e.broken);
	turn();
	assert_true(e.broken);
	assert_true(e.why[0] != '\0');
	close(fd);

	fd = raw_open(&e, PROC_MEDIAD, PROC_KEYD, false, true);
	turn();
	close(fd);
	assert_int_equal(channel_ask(e.ch, MSG_KEY_SIGN_ANSWER, &ask,
	    MSG_KEY_SIGNATURE, &out, 1000), -1);
	turn();
	assert_true(e.broken);
	assert_string_equal(e.why, "");
}

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

static void
ran_send(int fd, enum msg_type type, const void *msg, unsigned int n)
{
	uint8_t	buf[512];
	int	len;

	len = msg_encode(buf, sizeof(buf), type, msg);
	assert_true(len > 0);
	while (n-- > 0)
		assert_int_equal(send(fd, buf, (size_t)len, MSG_DONTWAIT),
		    len);
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
		ran_send(data, MSG_DOOR_DATAGRAM, &d, 2);
		ran_send(control, MSG_ROOM_CLOSE, &rc, 300);
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
static int	endless_fd;

static void
endless_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	ran_message(ch, arg, type, msg, fd);
	ran_send(endless_fd, type, msg, 1);
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
	int				 fds[2];

	(void)state;
	memset(&rc, 0, sizeof(rc));
	memset(&h, 0, sizeof(h));
	assert_int_equal(channel_pair(fds, false), 0);
	assert_non_null(ch = channel_new(loop, fds[0], PROC_MEDIAD,
	    PROC_SIGNALD, 0, false, &endless_ops, NULL));
	(void)snprintf(h.build, sizeof(h.build), "%s", BUILD_ID);
	h.version = MSG_TABLE_VERSION;
	h.role = PROC_SIGNALD;
	endless_fd = fds[1];
	ran_send(fds[1], MSG_HELLO, &h, 1);
	channel_set_state(ch, MSG_AT_SERVE);
	turn();
	memset(&ran, 0, sizeof(ran));
	ran_send(fds[1], MSG_ROOM_CLOSE, &rc, 1);
	ev_run(loop, EVRUN_NOWAIT);
	assert_int_equal(ran.len, CHANNEL_DRAIN);
	channel_free(ch);
	close(fds[1]);
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
			send_fds(fd, buf, len, p[0], 1);
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

/* keyd says all sorts of things, n times, then the answer; or no answer. */
static pid_t
chatter(int fd, bool answer)
{
	struct msg_key_identity		id;
	struct msg_key_signature	sig;
	uint8_t				buf[512];
	pid_t				pid;
	int				i, len;

	memset(&id, 0, sizeof(id));
	memset(&sig, 0, sizeof(sig));
	id.certificate.data = filler;
	id.certificate.len = 100;
	sig.seq = 2;
	if ((pid = fork()) != 0)
		return (pid);
	len = msg_encode(buf, sizeof(buf), MSG_KEY_IDENTITY, &id);
	for (i = 0; !answer || i < 5000; i++)
		if (send(fd, buf, (size_t)len, MSG_NOSIGNAL) == -1)
			_exit(0);
	len = msg_encode(buf, sizeof(buf), MSG_KEY_SIGNATURE, &sig);
	(void)send(fd, buf, (size_t)len, MSG_NOSIGNAL);
	_exit(0);
}

static void
channel_ask_flooded(void **state)
{
	struct msg_key_sign_answer	ask;
	struct msg_key_identity		id;
	union message			out;
	struct end			e;
	uint64_t			before;
	pid_t				pid;
	int				fd;

	(void)state;
	memset(&ask, 0, sizeof(ask));
	ask.seq = 2;
	/* The control: an answer behind much else is found. */
	fd = raw_open(&e, PROC_MEDIAD, PROC_KEYD, false, true);
	turn();
	pid = chatter(fd, true);
	assert_int_equal(channel_ask(e.ch, MSG_KEY_SIGN_ANSWER, &ask,
	    MSG_KEY_SIGNATURE, &out, 20000), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	end_close(&e);
	close(fd);
	/* Without time not everything that is there is looked at. */
	fd = raw_open(&e, PROC_MEDIAD, PROC_KEYD, false, true);
	turn();
	memset(&id, 0, sizeof(id));
	id.certificate.data = filler;
	id.certificate.len = 100;
	ran_send(fd, MSG_KEY_IDENTITY, &id, 300);
	assert_int_equal(channel_ask(e.ch, MSG_KEY_SIGN_ANSWER, NULL,
	    MSG_KEY_SIGNATURE, &out, 0), -1);
	assert_int_equal(errno, ETIMEDOUT);
	turn();
	assert_in_range(e.messages, 300 - CHANNEL_BATCH - 2, 299);
	end_close(&e);
	close(fd);
	/* Nothing but chatter: the limit holds. */
	fd = raw_open(&e, PROC_MEDIAD, PROC_KEYD, false, true);
	turn();
	pid = chatter(fd, false);
	before = clock_mono_ns();
	(void)alarm(60);
	assert_int_equal(channel_ask(e.ch, MSG_KEY_SIGN_ANSWER, &ask,
	    MSG_KEY_SIGNATURE, &out, 100), -1);
	assert_int_equal(errno, ETIMEDOUT);
	(void)alarm(0);
	assert_true(clock_mono_ns() - before >= 100 * NS_PER_MS);
	assert_false(e.broken);
	end_close(&e);
	close(fd);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int
setup(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(filler); i++)
		filler[i] = (uint8_t)(i * 7);
	return ((loop = ev_loop_new(EVFLAG_NOENV)) == NULL ? -1 : 0);
}

static int
teardown(void **state)
{
	(void)state;
	ev_loop_destroy(loop);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(channel_talk),
		cmocka_unit_test(channel_hello),
		cmocka_unit_test(channel_refusals),
		cmocka_unit_test(channel_descriptors),
		cmocka_unit_test(channel_data),
		cmocka_unit_test(channel_full),
		cmocka_unit_test(channel_last_words),
		cmocka_unit_test(channel_freed_inside),
		cmocka_unit_test(channel_asks),
		cmocka_unit_test(channel_gathers),
		cmocka_unit_test(channel_gathered_refusals),
		cmocka_unit_test(channel_ask_flooded),
		cmocka_unit_test(channel_priorities),
		cmocka_unit_test(channel_endless),
		cmocka_unit_test(channel_slow_reader)
	};

	return (cmocka_run_group_tests(tests, setup, teardown));
}
