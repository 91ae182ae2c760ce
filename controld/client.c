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

/* Control clients: see client.h. */
#include "config.h"

#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "controld/client.h"

#define LISTENERS_MAX	4

/* An answer may always end with its last line. */
#define ANSWER_TAIL	1024

struct client {
	TAILQ_ENTRY(client)	 cl_entry;
	struct clients		*cl_clients;
	int			 cl_fd;
	char			 cl_name[64];
	bool			 cl_read_only;
	ev_io			 cl_read;
	ev_io			 cl_write;
	ev_timer		 cl_timer;
	char			 cl_request[CLIENT_REQUEST_MAX];
	size_t			 cl_len;
	char			*cl_answer;
	size_t			 cl_size;	/* allocated */
	size_t			 cl_end;	/* written by us */
	size_t			 cl_sent;	/* taken by the client */
	bool			 cl_full;	/* no room for more of it */
	bool			 cl_done;
};

TAILQ_HEAD(client_list, client);

struct listener {
	struct clients	*li_clients;
	ev_io		 li_io;
	bool		 li_read_only;
};

struct clients {
	struct ev_loop			*cs_loop;
	const struct client_ops		*cs_ops;
	void				*cs_arg;
	struct client_list		 cs_list;
	size_t				 cs_count;
	size_t				 cs_answers;	/* bytes allocated */
	struct listener			 cs_listeners[LISTENERS_MAX];
	size_t				 cs_nlisteners;
	ev_timer			 cs_pause;
	struct client_counters		 cs_counters;
};

static void	 clients_accept(struct ev_loop *, ev_io *, int);
static void	 clients_resume(struct ev_loop *, ev_timer *, int);
static void	 client_refuse(int);
static void	 client_identify(struct client *, bool);
static void	 client_free(struct client *);
static void	 client_read(struct ev_loop *, ev_io *, int);
static void	 client_write(struct ev_loop *, ev_io *, int);
static void	 client_late(struct ev_loop *, ev_timer *, int);
static int	 client_grow(struct client *, size_t);

struct clients *
clients_new(struct ev_loop *loop, const struct client_ops *ops, void *arg)
{
	struct clients	*cs;

	if ((cs = calloc(1, sizeof(*cs))) == NULL)
		return (NULL);
	cs->cs_loop = loop;
	cs->cs_ops = ops;
	cs->cs_arg = arg;
	TAILQ_INIT(&cs->cs_list);
	ev_timer_init(&cs->cs_pause, clients_resume, CLIENT_PAUSE_S, 0.);
	cs->cs_pause.data = cs;
	return (cs);
}

void
clients_free(struct clients *cs)
{
	struct client	*cl;
	size_t		 i;

	if (cs == NULL)
		return;
	while ((cl = TAILQ_FIRST(&cs->cs_list)) != NULL)
		client_free(cl);
	ev_timer_stop(cs->cs_loop, &cs->cs_pause);
	for (i = 0; i < cs->cs_nlisteners; i++) {
		ev_io_stop(cs->cs_loop, &cs->cs_listeners[i].li_io);
		(void)close(cs->cs_listeners[i].li_io.fd);
	}
	free(cs);
}

int
clients_listen(struct clients *cs, int fd, bool read_only)
{
	struct listener	*li;

	if (cs->cs_nlisteners == LISTENERS_MAX) {
		(void)close(fd);
		return (-1);
	}
	li = &cs->cs_listeners[cs->cs_nlisteners++];
	li->li_clients = cs;
	li->li_read_only = read_only;
	ev_io_init(&li->li_io, clients_accept, fd, EV_READ);
	li->li_io.data = li;
	ev_io_start(cs->cs_loop, &li->li_io);
	return (0);
}

static void
clients_accept(struct ev_loop *loop, ev_io *io, int revents)
{
	struct listener	*li = io->data;
	struct clients	*cs = li->li_clients;
	size_t		 i;
	int		 fd;

	(void)revents;
	if ((fd = accept4(io->fd, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) == -1) {
		switch (errno) {
		case EMFILE:
		case ENFILE:
		case ENOBUFS:
		case ENOMEM:
			/* Else the loop would spin on the waiting client. */
			log_warn("accept");
			for (i = 0; i < cs->cs_nlisteners; i++)
				ev_io_stop(loop, &cs->cs_listeners[i].li_io);
			ev_timer_set(&cs->cs_pause, CLIENT_PAUSE_S, 0.);
			ev_timer_start(loop, &cs->cs_pause);
			break;
		default:
			break;
		}
		return;
	}
	(void)client_new(cs, fd, li->li_read_only);
}

static void
clients_resume(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct clients	*cs = timer->data;
	size_t		 i;

	(void)revents;
	for (i = 0; i < cs->cs_nlisteners; i++)
		ev_io_start(loop, &cs->cs_listeners[i].li_io);
}

struct client *
client_new(struct clients *cs, int fd, bool read_only)
{
	struct client	*cl;

	if (cs->cs_count == CLIENTS_MAX ||
	    (cl = calloc(1, sizeof(*cl))) == NULL) {
		cs->cs_counters.cn_refused++;
		client_refuse(fd);
		return (NULL);
	}
	cl->cl_clients = cs;
	cl->cl_fd = fd;
	cl->cl_read_only = read_only;
	client_identify(cl, read_only);
	ev_io_init(&cl->cl_read, client_read, fd, EV_READ);
	ev_io_init(&cl->cl_write, client_write, fd, EV_WRITE);
	ev_timer_init(&cl->cl_timer, client_late, 0., CLIENT_REQUEST_S);
	cl->cl_read.data = cl->cl_write.data = cl->cl_timer.data = cl;
	ev_io_start(cs->cs_loop, &cl->cl_read);
	ev_timer_again(cs->cs_loop, &cl->cl_timer);
	TAILQ_INSERT_TAIL(&cs->cs_list, cl, cl_entry);
	cs->cs_count++;
	cs->cs_counters.cn_accepted++;
	return (cl);
}

static void
client_refuse(int fd)
{
	static const char	text[] =
	    "{\"error\":\"too many control clients at once\"}\n";

	(void)send(fd, text, sizeof(text) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)close(fd);
}

static void
client_identify(struct client *cl, bool read_only)
{
	const char	*suffix = read_only ? ", read-only" : "";
#ifdef SO_PEERCRED
	struct ucred	 cred;
	socklen_t	 len = sizeof(cred);

	if (getsockopt(cl->cl_fd, SOL_SOCKET, SO_PEERCRED, &cred,
	    &len) == 0) {
		(void)snprintf(cl->cl_name, sizeof(cl->cl_name),
		    "uid %u pid %d%s", (unsigned int)cred.uid, (int)cred.pid,
		    suffix);
		return;
	}
#else
	uid_t		 uid;
	gid_t		 gid;

	if (getpeereid(cl->cl_fd, &uid, &gid) == 0) {
		(void)snprintf(cl->cl_name, sizeof(cl->cl_name), "uid %u%s",
		    (unsigned int)uid, suffix);
		return;
	}
#endif
	(void)snprintf(cl->cl_name, sizeof(cl->cl_name), "unknown%s", suffix);
}

static void
client_free(struct client *cl)
{
	struct clients	*cs = cl->cl_clients;

	cs->cs_ops->gone(cs->cs_arg, cl);
	ev_io_stop(cs->cs_loop, &cl->cl_read);
	ev_io_stop(cs->cs_loop, &cl->cl_write);
	ev_timer_stop(cs->cs_loop, &cl->cl_timer);
	TAILQ_REMOVE(&cs->cs_list, cl, cl_entry);
	cs->cs_count--;
	(void)close(cl->cl_fd);
	cs->cs_answers -= cl->cl_size;
	free(cl->cl_answer);
	free(cl);
}

static void
client_read(struct ev_loop *loop, ev_io *io, int revents)
{
	struct client	*cl = io->data;
	struct clients	*cs = cl->cl_clients;
	char		*end;
	ssize_t		 n;

	(void)revents;
	n = recv(cl->cl_fd, cl->cl_request + cl->cl_len,
	    sizeof(cl->cl_request) - cl->cl_len, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		cs->cs_counters.cn_bad++;
		client_free(cl);
		return;
	}
	cl->cl_len += (size_t)n;
	end = memchr(cl->cl_request, '\n', cl->cl_len);
	if (end == NULL && cl->cl_len < sizeof(cl->cl_request))
		return;
	/*
	 * From here on it only listens.  What it says behind the line is
	 * never read, and its end is noticed when we write.
	 */
	ev_io_stop(loop, &cl->cl_read);
	cl->cl_timer.repeat = CLIENT_STALL_S;
	ev_timer_again(loop, &cl->cl_timer);
	if (end == NULL) {
		static const char	text[] =
		    "{\"error\":\"request too long\"}\n";

		cs->cs_counters.cn_bad++;
		(void)client_line(cl, text, sizeof(text) - 1);
		client_done(cl);
		return;
	}
	cs->cs_ops->request(cs->cs_arg, cl, cl->cl_request,
	    (size_t)(end - cl->cl_request));
}

static void
client_late(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct client	*cl = timer->data;

	(void)revents;
	if (ev_is_active(&cl->cl_read)) {
		cl->cl_clients->cs_counters.cn_bad++;
		log_info("control: %s: closed: no request in time",
		    cl->cl_name);
	} else if (cl->cl_sent < cl->cl_end) {
		cl->cl_clients->cs_counters.cn_unread++;
		log_info("control: %s: closed: its answer is not read, "
		    "%zu bytes of %zu", cl->cl_name, cl->cl_sent, cl->cl_end);
	} else {
		/* It waits for us, who have a time limit of our own. */
		ev_timer_again(loop, timer);
		return;
	}
	client_free(cl);
}

int
client_line(struct client *cl, const char *text, size_t len)
{
	size_t	limit = CLIENT_ANSWER_MAX;

	/* Only the last line is short enough for the tail. */
	if (len < ANSWER_TAIL)
		limit += ANSWER_TAIL;
	if (len > limit - (cl->cl_end < limit ? cl->cl_end : limit))
		return (-1);
	if (client_grow(cl, cl->cl_end + len) == -1)
		return (-1);
	memcpy(cl->cl_answer + cl->cl_end, text, len);
	cl->cl_end += len;
	ev_io_start(cl->cl_clients->cs_loop, &cl->cl_write);
	return (0);
}

static int
client_grow(struct client *cl, size_t need)
{
	struct clients	*cs = cl->cl_clients;
	char		*answer;
	size_t		 size = cl->cl_size == 0 ? 4096 : cl->cl_size;

	if (need <= cl->cl_size)
		return (0);
	while (size < need)
		size *= 2;
	/* The last line, which says that it is too long, is still taken. */
	if (!cl->cl_full &&
	    cs->cs_answers + size - cl->cl_size > CLIENTS_ANSWERS_MAX) {
		cl->cl_full = true;
		return (-1);
	}
	if ((answer = realloc(cl->cl_answer, size)) == NULL)
		return (-1);
	cs->cs_answers += size - cl->cl_size;
	cl->cl_answer = answer;
	cl->cl_size = size;
	return (0);
}

/* It is freed from the event loop, so the caller may still look at it. */
void
client_done(struct client *cl)
{
	cl->cl_done = true;
	ev_io_start(cl->cl_clients->cs_loop, &cl->cl_write);
}

static void
client_write(struct ev_loop *loop, ev_io *io, int revents)
{
	struct client	*cl = io->data;
	ssize_t		 n;

	(void)revents;
	if (cl->cl_sent < cl->cl_end) {
		n = send(cl->cl_fd, cl->cl_answer + cl->cl_sent,
		    cl->cl_end - cl->cl_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == -1) {
			client_free(cl);
			return;
		}
		cl->cl_sent += (size_t)n;
		ev_timer_again(loop, &cl->cl_timer);
	}
	if (cl->cl_sent < cl->cl_end)
		return;
	if (cl->cl_done)
		client_free(cl);
	else
		ev_io_stop(loop, &cl->cl_write);
}

const char *
client_name(const struct client *cl)
{
	return (cl->cl_name);
}

bool
client_read_only(const struct client *cl)
{
	return (cl->cl_read_only);
}

size_t
clients_count(const struct clients *cs)
{
	return (cs->cs_count);
}

const struct client_counters *
clients_counters(const struct clients *cs)
{
	return (&cs->cs_counters);
}
