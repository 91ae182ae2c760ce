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
#include "regress/unit/channel_sim.h"

union message {
	max_align_t	align;
	uint8_t		bytes[MSG_STRUCT_MAX];
};

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
			raw_send_fds(fd, buf, len, p[0], i == 2 ? 2 :
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
	raw_send_fds(fd, (const uint8_t *)"x", 1, p[0], 1);
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
	raw_send(fd, MSG_KEY_IDENTITY, &id, 300);
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
		cmocka_unit_test(channel_ask_flooded)
	};

	return (cmocka_run_group_tests(tests, channel_setup,
	    channel_teardown));
}
