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
 * A worker in an attacker's hands, for relay/hostile-worker.sh: stands in for
 * mediad, enters its sandbox, and does once what the file `deed' beside the
 * program says.  That file is gone afterwards, so its successor behaves.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/worker/worker.h"

static int	bad_start(struct worker *);
static int	bad_serve(struct worker *);
static void	bad_deed(EV_P_ ev_timer *, int);
static void	bad_bytes(struct channel *, const void *, size_t);

static char	deed[32];
static ev_timer	timer;

static const struct worker_ops	bad_ops = {
	.role = PROC_MEDIAD,
	.start = bad_start,
	.serve = bad_serve
};

int
main(int argc, char **argv)
{
	return (worker_main(argc, argv, &bad_ops, NULL));
}

static int
bad_start(struct worker *w)
{
	char	exe[1024], path[1100];
	ssize_t	n;
	int	fd;

	(void)w;
	if ((n = readlink("/proc/self/exe", exe, sizeof(exe) - 1)) == -1)
		return (-1);
	exe[n] = '\0';
	(void)snprintf(path, sizeof(path), "%s/deed", dirname(exe));
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (0);
	n = read(fd, deed, sizeof(deed) - 1);
	close(fd);
	if (n > 0 && deed[n - 1] == '\n')
		deed[n - 1] = '\0';
	return (unlink(path));
}

static int
bad_serve(struct worker *w)
{
	/* Not before relayd was told that we serve. */
	ev_timer_init(&timer, bad_deed, 0.01, 0.);
	timer.data = w;
	ev_timer_start(worker_loop(w), &timer);
	return (0);
}

/* As channels do it: the sandbox knows no other way to send. */
static void
bad_bytes(struct channel *ch, const void *bytes, size_t len)
{
	struct msghdr	msg;
	struct iovec	iov = { (void *)(uintptr_t)bytes, len };

	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (ch == NULL || sendmsg(channel_fd(ch), &msg, 0) == -1)
		log_warn("deed");
}

static void
bad_deed(EV_P_ ev_timer *t, int events)
{
	struct worker		*w = t->data;
	struct msg_blame	 blame;
	struct msg_ready	 ready;
	struct msg_log		 line;
	struct channel		*relayd = worker_channel(w, PROC_RELAYD, 0);
	uint8_t			 buf[MSG_MAX];
	int			 i, len;

	(void)loop;
	(void)events;
	memset(buf, 0xc1, sizeof(buf));
	memset(&blame, 0, sizeof(blame));
	memset(&ready, 0, sizeof(ready));
	memset(&line, 0, sizeof(line));
	/* Its neighbours are as young as it was when it had no orders. */
	blame.generation = 1;
	if (strcmp(deed, "garbage-signald") == 0)
		bad_bytes(worker_channel(w, PROC_SIGNALD, 0), buf, 40);
	else if (strcmp(deed, "garbage-keyd") == 0)
		bad_bytes(worker_channel(w, PROC_KEYD, 0), buf, sizeof(buf));
	else if (strcmp(deed, "garbage-relayd") == 0)
		bad_bytes(relayd, buf, 40);
	else if (strcmp(deed, "garbage-doord") == 0)
		bad_bytes(worker_data_channel(w, PROC_DOORD, 0), buf, 40);
	else if (strcmp(deed, "not-its-message") == 0) {
		/* A live call, as only registryd may tell signald. */
		struct msg_call_put	put;

		memset(&put, 0, sizeof(put));
		len = msg_encode(buf, sizeof(buf), MSG_LIVE_CALL, &put);
		if (len > 0)
			bad_bytes(worker_channel(w, PROC_SIGNALD, 0), buf,
			    (size_t)len);
	} else if (strcmp(deed, "ready-twice") == 0)
		(void)channel_send(relayd, MSG_READY, &ready);
	else if (strcmp(deed, "blame-keyd") == 0) {
		blame.role = PROC_KEYD;
		(void)strlcpy(blame.reason, "a\nlie", sizeof(blame.reason));
		(void)channel_send(relayd, MSG_BLAME, &blame);
	} else if (strcmp(deed, "blame-stranger") == 0) {
		blame.role = PROC_MEDIAD;
		blame.instance = 1;
		(void)channel_send(relayd, MSG_BLAME, &blame);
	} else if (strcmp(deed, "blame-flood") == 0) {
		/* One that ranks below: it does cost doord its life. */
		blame.role = PROC_DOORD;
		for (i = 0; i < 500; i++)
			(void)channel_send(relayd, MSG_BLAME, &blame);
	} else if (strcmp(deed, "other-slot") == 0) {
		struct msg_key_identity_request	request = { 1 };

		(void)channel_send(worker_channel(w, PROC_KEYD, 0),
		    MSG_KEY_IDENTITY_REQUEST, &request);
	} else if (strcmp(deed, "log-flood") == 0) {
		line.level = LOG_LEVEL_INFO;
		(void)strlcpy(line.text, "flood\nrelayd: forged line\x1b[2J",
		    sizeof(line.text));
		for (i = 0; i < 5000; i++)
			(void)channel_send(relayd, MSG_LOG, &line);
	} else if (strcmp(deed, "log-own") == 0) {
		for (i = 0; i < 5000; i++)
			log_info("chatter");
	} else if (strcmp(deed, "system-call") == 0) {
		if (setuid(0) == -1)
			log_warn("deed");
	} else if (deed[0] != '\0')
		log_warnx("unknown deed %s", deed);
}
