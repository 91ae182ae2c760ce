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
 * Channels between processes (see channel.h).  What arrives is checked in
 * this order: whole packet, hello, decoding, the table's permission, the
 * descriptor that must or must not come with it.  The first fault ends the
 * channel.
 */

#include "config.h"

#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/channel.h"

#include "build_id.h"

/*
 * Asked for; the kernel may give less.  A default pair holds 278 small
 * messages or 93 Initials, less than one busy turn brings.
 */
#define CONTROL_BUFFER	(512 * 1024)
#define DATA_BUFFER	(2 * 1024 * 1024)

struct packet {
	TAILQ_ENTRY(packet)	pk_entry;
	int			pk_fd;		/* ours, or -1 */
	size_t			pk_len;
	uint8_t			pk_data[];
};

/*
 * Control messages that one recvmmsg(2) takes: each may have MSG_MAX bytes, and
 * what a turn of a neighbour brings is mostly fewer.
 */
#define CONTROL_READS	16

/* Messages waiting for one sendmmsg(2). */
struct batch {
	struct mmsghdr	ba_msg[CHANNEL_BATCH];
	struct iovec	ba_iov[CHANNEL_BATCH];
	uint8_t		ba_data[CHANNEL_BATCH][CHANNEL_DATA_MAX];
	unsigned int	ba_count;
};

struct channel {
	ev_io				 ch_read;
	ev_io				 ch_write;
	struct ev_loop			*ch_loop;
	const struct channel_ops	*ch_ops;
	void				*ch_arg;
	int				 ch_fd;
	enum proc			 ch_self;
	enum proc			 ch_peer;
	unsigned int			 ch_instance;
	pid_t				 ch_pid;
	bool				 ch_data;
	bool				 ch_gathers;
	bool				 ch_hello;	/* theirs came */
	bool				 ch_reset;	/* ECONNRESET seen */
	bool				 ch_broken;
	bool				 ch_reported;
	bool				 ch_freed;	/* in a callback */
	unsigned int			 ch_busy;	/* callbacks running */
	uint8_t				 ch_state;
	char				 ch_why[160];	/* "": closed */
	TAILQ_HEAD(, packet)		 ch_queue;
	size_t				 ch_queued;
	uint64_t			 ch_dropped;
	struct batch			*ch_batch;
};

/* A decoded message. */
union message {
	max_align_t	align;
	uint8_t		bytes[MSG_STRUCT_MAX];
};

static void	 channel_listen(struct channel *);
static void	 channel_break(struct channel *, const char *, const char *);
static void	 channel_leave(struct channel *);
static void	 channel_readable(EV_P_ ev_io *, int);
static void	 channel_writable(EV_P_ ev_io *, int);
static void	 channel_read_single(struct channel *);
static void	 channel_read_many(struct channel *);
static int	 channel_recv_many(struct channel *, struct mmsghdr *,
		    struct iovec *, uint8_t *, size_t, unsigned int);
static ssize_t	 channel_recv(struct channel *, uint8_t *, size_t, int *,
		    int *);
static int	 channel_accept(struct channel *, const uint8_t *, size_t,
		    int, int, uint64_t *, union message *);
static int	 channel_check_hello(struct channel *,
		    const struct msg_hello *);
static bool	 channel_handle(struct channel *, const uint8_t *, size_t,
		    int, int);
static struct batch
		*batch_new(void);
static int	 channel_gather_msg(struct channel *, enum msg_type,
		    const void *);
static int	 channel_send_now(struct channel *, const uint8_t *, size_t,
		    int);
static int	 channel_transmit(struct channel *, const uint8_t *, size_t,
		    int);
static int	 channel_enqueue(struct channel *, const uint8_t *, size_t,
		    int);
static void	 packet_free(struct packet *);

static unsigned int	self_instance;

/* One message on its way out, one that came in on a control channel. */
static uint8_t		send_buf[MSG_MAX];
static uint8_t		recv_buf[MSG_MAX];

void
channel_set_instance(unsigned int instance)
{
	self_instance = instance;
}

int
channel_pair(int fds[2], bool data)
{
	int	i, size = data ? DATA_BUFFER : CONTROL_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return (-1);
	for (i = 0; i < 2; i++) {
#ifdef SO_SNDBUFFORCE
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size,
		    sizeof(size)) == 0 &&
		    setsockopt(fds[i], SOL_SOCKET, SO_RCVBUFFORCE, &size,
		    sizeof(size)) == 0)
			continue;
#endif
		/* Smaller buffers only queue or drop earlier. */
		(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size));
		(void)setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	}
	return (0);
}

struct channel *
channel_new(struct ev_loop *loop, int fd, enum proc self, enum proc peer,
    unsigned int peer_instance, bool data, const struct channel_ops *ops,
    void *arg)
{
	struct msg_hello	 hello;
	struct channel		*ch;

	if ((ch = calloc(1, sizeof(*ch))) == NULL)
		return (NULL);
	ch->ch_loop = loop;
	ch->ch_ops = ops;
	ch->ch_arg = arg;
	ch->ch_fd = fd;
	ch->ch_self = self;
	ch->ch_peer = peer;
	ch->ch_instance = peer_instance;
	ch->ch_data = data;
	ch->ch_state = MSG_AT_SETUP;
	TAILQ_INIT(&ch->ch_queue);
	ev_io_init(&ch->ch_read, channel_readable, fd, EV_READ);
	ev_io_init(&ch->ch_write, channel_writable, fd, EV_WRITE);
	ev_set_priority(&ch->ch_read, data ? CHANNEL_PRIORITY_DATA :
	    CHANNEL_PRIORITY_CONTROL);
	ev_set_priority(&ch->ch_write, CHANNEL_PRIORITY_CONTROL);
	ch->ch_read.data = ch;
	ch->ch_write.data = ch;

	memset(&hello, 0, sizeof(hello));
	snprintf(hello.build, sizeof(hello.build), "%s", BUILD_ID);
	hello.version = MSG_TABLE_VERSION;
	hello.role = self;
	hello.instance = self_instance;
	hello.pid = (uint64_t)getpid();
	(void)channel_send(ch, MSG_HELLO, &hello);
	channel_listen(ch);
	return (ch);
}

void
channel_free(struct channel *ch)
{
	struct packet	*p;

	if (ch == NULL || ch->ch_freed)
		return;
	channel_flush(ch);
	ev_io_stop(ch->ch_loop, &ch->ch_read);
	ev_io_stop(ch->ch_loop, &ch->ch_write);
	ch->ch_broken = true;
	if (ch->ch_busy > 0) {
		/* channel_leave() does the rest. */
		ch->ch_freed = true;
		return;
	}
	while ((p = TAILQ_FIRST(&ch->ch_queue)) != NULL) {
		TAILQ_REMOVE(&ch->ch_queue, p, pk_entry);
		packet_free(p);
	}
	close(ch->ch_fd);
	free(ch->ch_batch);
	free(ch);
}

static void
packet_free(struct packet *p)
{
	if (p->pk_fd != -1)
		close(p->pk_fd);
	free(p);
}

static void
channel_listen(struct channel *ch)
{
	if (ch->ch_broken)
		return;
	if (ch->ch_self == PROC_RELAYD || ch->ch_peer == PROC_RELAYD ||
	    ch->ch_state == MSG_AT_SERVE)
		ev_io_start(ch->ch_loop, &ch->ch_read);
}

void
channel_set_state(struct channel *ch, uint8_t state)
{
	ch->ch_state = state;
	channel_listen(ch);
}

/*
 * Ends the channel; why NULL: the peer closed it.  The owner hears of it
 * from the event loop, never from within a call of its own.
 */
static void
channel_break(struct channel *ch, const char *what, const char *why)
{
	if (ch->ch_broken)
		return;
	ch->ch_broken = true;
	if (why != NULL)
		snprintf(ch->ch_why, sizeof(ch->ch_why), "%s%s%s",
		    what != NULL ? what : "", what != NULL ? ": " : "", why);
	ev_io_stop(ch->ch_loop, &ch->ch_read);
	ev_io_stop(ch->ch_loop, &ch->ch_write);
	ev_feed_event(ch->ch_loop, &ch->ch_read, EV_CUSTOM);
}

/* The end of an event: reports a broken channel, frees one given up. */
static void
channel_leave(struct channel *ch)
{
	if (ch->ch_busy == 1 && ch->ch_broken && !ch->ch_freed &&
	    !ch->ch_reported) {
		ch->ch_reported = true;
		ev_clear_pending(ch->ch_loop, &ch->ch_read);
		ch->ch_ops->broken(ch, ch->ch_arg,
		    ch->ch_why[0] != '\0' ? ch->ch_why : NULL);
	}
	if (--ch->ch_busy == 0 && ch->ch_freed) {
		ch->ch_freed = false;
		channel_free(ch);
	}
}

static void
channel_readable(EV_P_ ev_io *w, int events)
{
	struct channel	*ch = w->data;

	(void)loop;
	ch->ch_busy++;
	if ((events & EV_READ) != 0 && !ch->ch_broken) {
		if (ch->ch_data || ch->ch_gathers)
			channel_read_many(ch);
		else
			channel_read_single(ch);
	}
	channel_leave(ch);
}

/*
 * One packet: its length, 0 at the end, -1 for nothing there.  *fd gets the
 * one descriptor that came with it, -1 without, -2 when more came.
 */
static ssize_t
channel_recv(struct channel *ch, uint8_t *buf, size_t cap, int *flags,
    int *fd)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int) * 4)];
	} cmsg;
	struct msghdr	 msg;
	struct cmsghdr	*c;
	struct iovec	 iov = { buf, cap };
	ssize_t		 n;
	size_t		 i, nfds;
	int		 one;

	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = cmsg.buf;
	msg.msg_controllen = sizeof(cmsg.buf);
	*fd = -1;
	do {
		n = recvmsg(ch->ch_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		/*
		 * A peer that dies with packets unread leaves this once;
		 * what it wrote before is still there behind it.
		 */
		if (n == -1 && errno == ECONNRESET && !ch->ch_reset) {
			ch->ch_reset = true;
			errno = EINTR;
		}
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return (errno == EAGAIN || errno == EWOULDBLOCK ? -1 : 0);
	*flags = msg.msg_flags;
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < nfds; i++) {
			memcpy(&one, CMSG_DATA(c) + i * sizeof(int),
			    sizeof(one));
			if (*fd == -1 && nfds == 1) {
				*fd = one;
				continue;
			}
			close(one);
			if (*fd >= 0)
				close(*fd);
			*fd = -2;
		}
	}
	return (n);
}

static void
channel_read_single(struct channel *ch)
{
	ssize_t		n;
	int		i, flags, fd;
	bool		any = false;

	for (i = 0; i < CHANNEL_DRAIN && !ch->ch_broken; i++) {
		n = channel_recv(ch, recv_buf, sizeof(recv_buf), &flags,
		    &fd);
		if (n == -1)
			break;
		if (n == 0) {
			if (fd >= 0)
				close(fd);
			channel_break(ch, NULL, NULL);
			break;
		}
		any |= channel_handle(ch, recv_buf, (size_t)n, flags, fd);
	}
	if (any && !ch->ch_broken && ch->ch_ops->batch_end != NULL)
		ch->ch_ops->batch_end(ch, ch->ch_arg);
}

/* One batch of a data channel; a control channel until it is empty. */
static void
channel_read_many(struct channel *ch)
{
	static uint8_t		buf[CONTROL_READS * MSG_MAX];
	static struct mmsghdr	msg[CHANNEL_BATCH];
	static struct iovec	iov[CHANNEL_BATCH];
	const unsigned int	most = ch->ch_data ? CHANNEL_BATCH :
				    CONTROL_READS;
	const size_t		each = ch->ch_data ? CHANNEL_DATA_MAX :
				    MSG_MAX;
	unsigned int		read;
	bool			any = false;
	int			i, n;

	_Static_assert(CHANNEL_BATCH * CHANNEL_DATA_MAX <= sizeof(buf) &&
	    CONTROL_READS <= CHANNEL_BATCH, "a batch of either kind fits");
	for (read = 0; read < CHANNEL_DRAIN && !ch->ch_broken;
	    read += (unsigned int)n) {
		n = channel_recv_many(ch, msg, iov, buf, each, most);
		for (i = 0; i < n && !ch->ch_broken; i++) {
			if (msg[i].msg_len == 0) {
				channel_break(ch, NULL, NULL);
				break;
			}
			/* Of descriptors the kernel has thrown all away. */
			any |= channel_handle(ch, iov[i].iov_base,
			    msg[i].msg_len, msg[i].msg_hdr.msg_flags, -1);
		}
		if (n < (int)most || ch->ch_data)
			break;
	}
	if (any && !ch->ch_broken && ch->ch_ops->batch_end != NULL)
		ch->ch_ops->batch_end(ch, ch->ch_arg);
}

/* Packets that came, each into its part of buf; 0: none, or broken. */
static int
channel_recv_many(struct channel *ch, struct mmsghdr *msg, struct iovec *iov,
    uint8_t *buf, size_t each, unsigned int most)
{
	unsigned int	i;
	int		n;

	for (i = 0; i < most; i++) {
		iov[i].iov_base = buf + i * each;
		iov[i].iov_len = each;
		memset(&msg[i].msg_hdr, 0, sizeof(msg[i].msg_hdr));
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	do {
		n = recvmmsg(ch->ch_fd, msg, most, MSG_DONTWAIT, NULL);
		/* As in channel_recv(). */
		if (n == -1 && errno == ECONNRESET && !ch->ch_reset) {
			ch->ch_reset = true;
			errno = EINTR;
		}
	} while (n == -1 && errno == EINTR);
	if (n != -1)
		return (n);
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		channel_break(ch, NULL, NULL);
	return (0);
}

/* 0: *type and out hold a message to act on; 1: done with; -1: broken. */
static int
channel_accept(struct channel *ch, const uint8_t *buf, size_t len, int flags,
    int fd, uint64_t *type, union message *out)
{
	const struct msg_desc	*d;
	const char		*why = NULL;
	const char		*what = NULL;
	uint8_t			 state;

	if ((flags & MSG_TRUNC) != 0)
		why = "packet too long";
	else if ((flags & MSG_CTRUNC) != 0 || fd == -2)
		why = "descriptors where none belong";
	if (why == NULL && msg_decode(buf, len, type, out->bytes,
	    sizeof(out->bytes), &why) == 0) {
		state = ch->ch_hello ? ch->ch_state : MSG_AT_HELLO;
		why = msg_refuse(*type, ch->ch_peer, ch->ch_self, state,
		    ch->ch_data);
		if ((d = msg_desc(*type)) != NULL) {
			what = d->name;
			if (why == NULL && d->carries_fd != (fd != -1))
				why = fd != -1 ? "came with a descriptor" :
				    "came without its descriptor";
		}
	}
	if (why != NULL) {
		if (fd >= 0)
			close(fd);
		channel_break(ch, what, why);
		return (-1);
	}
	if (*type == MSG_HELLO)
		return (channel_check_hello(ch,
		    (const struct msg_hello *)(const void *)out->bytes));
	return (0);
}

static int
channel_check_hello(struct channel *ch, const struct msg_hello *hello)
{
	const char	*why = NULL;
	char		 build[64], text[100];

	if (strcmp(hello->build, BUILD_ID) != 0) {
		(void)snprintf(text, sizeof(text), "another build (%s)",
		    log_escape(build, sizeof(build), hello->build,
		    strlen(hello->build)));
		why = text;
	} else if (hello->version != MSG_TABLE_VERSION)
		why = "another version of the message table";
	else if (hello->role != ch->ch_peer ||
	    hello->instance != ch->ch_instance)
		why = "not the process that was expected";
	if (why != NULL) {
		channel_break(ch, "MSG_HELLO", why);
		return (-1);
	}
	ch->ch_hello = true;
	ch->ch_pid = (pid_t)hello->pid;
	return (1);
}

/* true: the owner got a message of it. */
static bool
channel_handle(struct channel *ch, const uint8_t *buf, size_t len, int flags,
    int fd)
{
	union message	out;
	uint64_t	type;

	if (channel_accept(ch, buf, len, flags, fd, &type, &out) != 0)
		return (false);
	ch->ch_ops->message(ch, ch->ch_arg, (enum msg_type)type, out.bytes,
	    fd);
	return (true);
}

int
channel_send(struct channel *ch, enum msg_type type, const void *msg)
{
	return (channel_send_fd(ch, type, msg, -1));
}

int
channel_send_fd(struct channel *ch, enum msg_type type, const void *msg,
    int fd)
{
	int	len;

	if (ch->ch_broken) {
		errno = EPIPE;
		return (-1);
	}
	if (ch->ch_gathers && fd == -1)
		return (channel_gather_msg(ch, type, msg));
	if ((len = msg_encode(send_buf, ch->ch_data ? CHANNEL_DATA_MAX :
	    sizeof(send_buf), type, msg)) == -1)
		return (-1);
	channel_flush(ch);
	return (channel_send_now(ch, send_buf, (size_t)len, fd));
}

static int
channel_send_now(struct channel *ch, const uint8_t *buf, size_t len, int fd)
{
	if (TAILQ_EMPTY(&ch->ch_queue)) {
		if (channel_transmit(ch, buf, len, fd) == 0)
			return (0);
		/* The read side hears of a peer's end, after its last words. */
		if (errno != EAGAIN && errno != EWOULDBLOCK &&
		    errno != ENOBUFS) {
			errno = EPIPE;
			return (-1);
		}
	}
	if (ch->ch_data) {
		ch->ch_dropped++;
		errno = ENOBUFS;
		return (-1);
	}
	return (channel_enqueue(ch, buf, len, fd));
}

void
channel_wipe(void)
{
	explicit_bzero(send_buf, sizeof(send_buf));
	explicit_bzero(recv_buf, sizeof(recv_buf));
}

static int
channel_enqueue(struct channel *ch, const uint8_t *buf, size_t len, int fd)
{
	struct packet	*p = NULL;

	if (ch->ch_queued + sizeof(*p) + len > CHANNEL_QUEUE_MAX) {
		ch->ch_dropped++;
		channel_break(ch, NULL, "does not read its messages");
		errno = EPIPE;
		return (-1);
	}
	if ((p = malloc(sizeof(*p) + len)) == NULL)
		return (-1);
	p->pk_fd = -1;
	if (fd != -1 && (p->pk_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1) {
		free(p);
		return (-1);
	}
	p->pk_len = len;
	memcpy(p->pk_data, buf, len);
	TAILQ_INSERT_TAIL(&ch->ch_queue, p, pk_entry);
	ch->ch_queued += sizeof(*p) + len;
	ev_io_start(ch->ch_loop, &ch->ch_write);
	return (0);
}

static int
channel_transmit(struct channel *ch, const uint8_t *buf, size_t len, int fd)
{
	union {
		struct cmsghdr	hdr;
		char		buf[CMSG_SPACE(sizeof(int))];
	} cmsg;
	struct msghdr	 msg;
	struct iovec	 iov = { (void *)(uintptr_t)buf, len };
	ssize_t		 n;

	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (fd != -1) {
		memset(&cmsg, 0, sizeof(cmsg));
		cmsg.hdr.cmsg_len = CMSG_LEN(sizeof(int));
		cmsg.hdr.cmsg_level = SOL_SOCKET;
		cmsg.hdr.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&cmsg.hdr), &fd, sizeof(fd));
		msg.msg_control = cmsg.buf;
		msg.msg_controllen = sizeof(cmsg.buf);
	}
	do {
		n = sendmsg(ch->ch_fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	return (n == -1 ? -1 : 0);
}

static void
channel_writable(EV_P_ ev_io *w, int events)
{
	struct channel	*ch = w->data;
	struct packet	*p;

	(void)events;
	while ((p = TAILQ_FIRST(&ch->ch_queue)) != NULL) {
		if (channel_transmit(ch, p->pk_data, p->pk_len,
		    p->pk_fd) == -1 && (errno == EAGAIN ||
		    errno == EWOULDBLOCK || errno == ENOBUFS))
			return;
		/* Sent, or there is nobody any more to send it to. */
		TAILQ_REMOVE(&ch->ch_queue, p, pk_entry);
		ch->ch_queued -= sizeof(*p) + p->pk_len;
		packet_free(p);
	}
	ev_io_stop(loop, &ch->ch_write);
}

int
channel_queue(struct channel *ch, enum msg_type type, const void *msg)
{
	if (!ch->ch_data)
		return (channel_send(ch, type, msg));
	if (ch->ch_broken) {
		errno = EPIPE;
		return (-1);
	}
	return (channel_gather_msg(ch, type, msg));
}

void
channel_gather(struct channel *ch)
{
	ch->ch_gathers = !ch->ch_data;
}

static struct batch *
batch_new(void)
{
	struct batch	*b;
	unsigned int	 i;

	if ((b = calloc(1, sizeof(*b))) == NULL)
		return (NULL);
	for (i = 0; i < CHANNEL_BATCH; i++) {
		b->ba_iov[i].iov_base = b->ba_data[i];
		b->ba_msg[i].msg_hdr.msg_iov = &b->ba_iov[i];
		b->ba_msg[i].msg_hdr.msg_iovlen = 1;
	}
	return (b);
}

static int
channel_gather_msg(struct channel *ch, enum msg_type type, const void *msg)
{
	struct batch	*b;
	int		 len;

	if (ch->ch_batch == NULL)
		ch->ch_batch = batch_new();
	if ((b = ch->ch_batch) == NULL && ch->ch_data) {
		ch->ch_dropped++;
		errno = ENOBUFS;
		return (-1);
	}
	if (b != NULL) {
		if (b->ba_count == CHANNEL_BATCH)
			channel_flush(ch);
		len = msg_encode(b->ba_data[b->ba_count], CHANNEL_DATA_MAX,
		    type, msg);
		if (len != -1) {
			b->ba_iov[b->ba_count++].iov_len = (size_t)len;
			return (0);
		}
	}
	/* A control message that finds no place goes by itself, in its turn. */
	if (ch->ch_data || (len = msg_encode(send_buf, sizeof(send_buf), type,
	    msg)) == -1)
		return (-1);
	channel_flush(ch);
	return (channel_send_now(ch, send_buf, (size_t)len, -1));
}

void
channel_flush(struct channel *ch)
{
	struct batch	*b = ch->ch_batch;
	unsigned int	 count, sent = 0;
	int		 n;

	if (b == NULL || b->ba_count == 0)
		return;
	count = b->ba_count;
	b->ba_count = 0;
	/* Behind what the kernel did not take before. */
	while (sent < count && !ch->ch_broken && TAILQ_EMPTY(&ch->ch_queue)) {
		n = sendmmsg(ch->ch_fd, &b->ba_msg[sent], count - sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			sent += (unsigned int)n;
		else if (errno != EINTR)
			break;
	}
	if (ch->ch_data) {
		ch->ch_dropped += count - sent;
		return;
	}
	for (; sent < count && !ch->ch_broken; sent++)
		(void)channel_send_now(ch, b->ba_data[sent],
		    b->ba_iov[sent].iov_len, -1);
}

int
channel_ask(struct channel *ch, enum msg_type type, const void *msg,
    enum msg_type want, void *out, int limit_ms)
{
	static uint8_t	 buf[MSG_MAX];
	union message	 m;
	struct pollfd	 pfd;
	uint64_t	 now, until, got;
	ssize_t		 n;
	unsigned int	 tries = 0;
	int		 error, fd, flags;

	if (msg != NULL && channel_send(ch, type, msg) == -1)
		return (-1);
	until = clock_mono_ns() + (uint64_t)limit_ms * NS_PER_MS;
	for (now = 0; !ch->ch_broken; now = clock_mono_ns()) {
		/* What is there already is looked at even without time. */
		if (now >= until && tries++ >= CHANNEL_BATCH) {
			errno = ETIMEDOUT;
			return (-1);
		}
		/* What did not fit is still queued. */
		if (!TAILQ_EMPTY(&ch->ch_queue))
			channel_writable(ch->ch_loop, &ch->ch_write, 0);
		n = channel_recv(ch, buf, sizeof(buf), &flags, &fd);
		if (n == 0) {
			/* Left for the read side, which sees it again. */
			if (fd >= 0)
				close(fd);
			errno = EPIPE;
			return (-1);
		}
		if (n > 0) {
			error = channel_accept(ch, buf, (size_t)n, flags, fd,
			    &got, &m);
			if (error == 0 && fd >= 0)
				close(fd);
			if (error == 0 && got == want) {
				memcpy(out, m.bytes, sizeof(m.bytes));
				return (0);
			}
			continue;
		}
		if ((now = clock_mono_ns()) >= until) {
			errno = ETIMEDOUT;
			return (-1);
		}
		pfd.fd = ch->ch_fd;
		pfd.events = POLLIN;
		if (!TAILQ_EMPTY(&ch->ch_queue))
			pfd.events |= POLLOUT;
		(void)poll(&pfd, 1, (int)((until - now + NS_PER_MS - 1) /
		    NS_PER_MS));
	}
	errno = EPIPE;
	return (-1);
}

enum proc
channel_peer(const struct channel *ch)
{
	return (ch->ch_peer);
}

unsigned int
channel_peer_instance(const struct channel *ch)
{
	return (ch->ch_instance);
}

int
channel_fd(const struct channel *ch)
{
	return (ch->ch_fd);
}

bool
channel_is_data(const struct channel *ch)
{
	return (ch->ch_data);
}

pid_t
channel_peer_pid(const struct channel *ch)
{
	return (ch->ch_pid);
}

uint64_t
channel_dropped(const struct channel *ch)
{
	return (ch->ch_dropped);
}

size_t
channel_queued(const struct channel *ch)
{
	return (ch->ch_queued);
}

bool
channel_slow(const struct channel *ch)
{
	return (ch->ch_queued > CHANNEL_SLOW);
}
