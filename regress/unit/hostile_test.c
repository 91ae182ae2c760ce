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
 * Every message that can be crafted against the table, over a real channel:
 * every pair of neighbours in both directions, every type, every fault.
 *
 * COVERS: IPC: each type of message, with each fault of form, is refused by
 * COVERS: each receiver and never handed on; each that is right arrives
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/ipc/channel.h"
#include "common/ipc/mesh.h"
#include "regress/hostile/craft.h"

#include "build_id.h"

/* Of the form; what only a relayd would say in set-up is not for here. */
struct seen {
	unsigned int	se_messages;
	unsigned int	se_broken;
	char		se_why[200];
};

static struct craft	 cr;
static struct ev_loop	*loop_;

static void
on_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	struct seen	*se = arg;

	(void)ch;
	(void)type;
	(void)msg;
	se->se_messages++;
	if (fd != -1)
		close(fd);
}

static void
on_broken(struct channel *ch, void *arg, const char *why)
{
	struct seen	*se = arg;

	(void)ch;
	se->se_broken++;
	(void)snprintf(se->se_why, sizeof(se->se_why), "%s",
	    why != NULL ? why : "");
}

static const struct channel_ops	ops = { on_message, on_broken, NULL };

static void
send_crafted(int fd)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int) * 8)];
	} cmsg;
	struct msghdr	 msg;
	struct iovec	 iov = { cr.cr_buf, cr.cr_len };
	unsigned int	 i;
	int		 fds[8];

	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (cr.cr_nfds > 0) {
		for (i = 0; i < cr.cr_nfds; i++)
			fds[i] = fd;
		memset(&cmsg, 0, sizeof(cmsg));
		cmsg.hdr.cmsg_len = CMSG_LEN(sizeof(int) * cr.cr_nfds);
		cmsg.hdr.cmsg_level = SOL_SOCKET;
		cmsg.hdr.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&cmsg.hdr), fds, sizeof(int) * cr.cr_nfds);
		msg.msg_control = cmsg.buf;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * cr.cr_nfds);
	}
	assert_int_equal(sendmsg(fd, &msg, MSG_NOSIGNAL), cr.cr_len);
}

/* What the receiver makes of what is in cr. */
static void
try_crafted(enum proc from, enum proc to, bool data, struct seen *se)
{
	struct msg_hello	 hello;
	struct channel		*ch;
	uint8_t			 buf[512];
	int			 fds[2], n;

	memset(se, 0, sizeof(*se));
	assert_int_equal(channel_pair(fds, data), 0);
	assert_non_null(ch = channel_new(loop_, fds[0], to, from, 0, data,
	    &ops, se));
	channel_set_state(ch, MSG_AT_SERVE);
	memset(&hello, 0, sizeof(hello));
	(void)snprintf(hello.build, sizeof(hello.build), "%s", BUILD_ID);
	hello.version = MSG_TABLE_VERSION;
	hello.role = from;
	assert_true((n = msg_encode(buf, sizeof(buf), MSG_HELLO, &hello)) > 0);
	assert_int_equal(send(fds[1], buf, (size_t)n, 0), n);
	send_crafted(fds[1]);
	ev_run(loop_, EVRUN_NOWAIT);
	ev_run(loop_, EVRUN_NOWAIT);
	channel_free(ch);
	close(fds[1]);
}

static void
each_pair(void (*test)(enum proc, enum proc, bool))
{
	int	from, to, data;

	for (from = 0; from < PROC_MAX; from++)
		for (to = 0; to < PROC_MAX; to++)
			for (data = 0; data < 2; data++)
				if (mesh_allows((enum proc)from,
				    (enum proc)to, data == 1))
					test((enum proc)from, (enum proc)to,
					    data == 1);
}

static unsigned int	 refused, taken;

static void
bad_to_pair(enum proc from, enum proc to, bool data)
{
	struct seen	 se;
	unsigned int	 t, f;

	for (t = 0; t < MSG_TYPE_MAX; t++) {
		if (msg_desc(t) == NULL)
			continue;
		for (f = 0; f < CRAFT_FAULT_MAX; f++) {
			craft_seed(t * 100 + f);
			craft_bad(&cr, (enum msg_type)t, (enum craft_fault)f,
			    from, to, MSG_AT_SERVE, data);
			try_crafted(from, to, data, &se);
			if (se.se_messages != 0 || se.se_broken != 1 ||
			    se.se_why[0] == '\0')
				fail_msg("%s to %s: %s, %s: %u messages, %u "
				    "ends (%s)", proc_name(from),
				    proc_name(to), msg_desc(t)->name,
				    cr.cr_name, se.se_messages, se.se_broken,
				    se.se_why);
			refused++;
		}
	}
}

static void
good_to_pair(enum proc from, enum proc to, bool data)
{
	struct seen	 se;
	unsigned int	 t, set;

	for (t = 0; t < MSG_TYPE_MAX; t++) {
		if (msg_refuse(t, from, to, MSG_AT_SERVE, data) != NULL)
			continue;
		for (set = 0; set < CRAFT_SET_MAX; set++) {
			craft_seed(t * 100 + set);
			assert_true(craft_good(&cr, (enum msg_type)t,
			    (enum craft_set)set));
			try_crafted(from, to, data, &se);
			if (se.se_messages != 1 || se.se_broken != 0)
				fail_msg("%s to %s: %s, %s: %u messages, %u "
				    "ends (%s)", proc_name(from),
				    proc_name(to), msg_desc(t)->name,
				    cr.cr_name, se.se_messages, se.se_broken,
				    se.se_why);
			taken++;
		}
	}
}

static void
test_bad(void **state)
{
	(void)state;
	each_pair(bad_to_pair);
	assert_true(refused > 10000);
	print_message("%u refused\n", refused);
}

static void
test_good(void **state)
{
	(void)state;
	each_pair(good_to_pair);
	assert_true(taken > 200);
	print_message("%u taken\n", taken);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_good)
	};

	loop_ = ev_loop_new(EVFLAG_NOENV);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
