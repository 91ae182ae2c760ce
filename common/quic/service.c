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
 * An endpoint in a worker (service.h).  A turn is: messages from doord or a
 * batch from a socket go into the endpoint, which calls the worker; then
 * everything that came of it leaves in one system call a socket.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/quic/packet.h"
#include "common/quic/gather.h"
#include "common/quic/service.h"
#include "common/quic/udp.h"

#define SOCKETS_MAX	(SERVICE_LISTENERS_MAX + SERVICE_CONNECTED_MAX)
/* Batches that one turn reads of a socket while they come full. */
#define READS_MAX	4
/*
 * Strays a second: a client's own choice of ID is taken for ours once in
 * 65536 times, so anything above a trickle is somebody's game.
 */
#define STRAYS		200

struct service_socket {
	struct quic_service	*ss_service;
	unsigned int		 ss_listener;
	struct udp		*ss_udp;	/* NULL: none */
	bool			 ss_reading;
	bool			 ss_doomed;	/* after the next turn */
	struct ev_io		 ss_io;
};

struct quic_service {
	struct ev_loop		*qs_loop;
	struct ev_timer		 qs_timer;
	uint64_t		 qs_armed;	/* for when; UINT64_MAX: not */
	struct quic_endpoint	*qs_ep;
	struct quic_ops		 qs_ops;	/* ours around the worker's */
	const struct quic_ops	*qs_user;
	void			(*qs_ahead)(void *);
	void			*qs_arg;
	struct service_socket	 qs_sockets[SOCKETS_MAX];
	unsigned int		 qs_end;	/* behind the last ever used */
	unsigned int		 qs_next;	/* connected, to be tried */
	bool			 qs_doomed;	/* some socket is */
	struct channel		*qs_door;
	bool			 qs_door_queued;
	struct packet_rate	 qs_stray_rate;
	struct gather		 qs_gather;
	bool			 qs_gathers;
	uint64_t		 qs_now;	/* 0: to be read */
	uint64_t		 qs_dropped;
};

static enum quic_verdict accept_cb(void *, struct quic_conn *, const char *);
static void	established_cb(void *, struct quic_conn *);
static void	message_cb(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	uni_cb(void *, struct quic_conn *, const uint8_t *, size_t,
		    bool);
static void	datagram_cb(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	closed_cb(void *, struct quic_conn *,
		    const struct quic_close *);
static bool	verify_cb(void *, struct quic_conn *, const uint8_t *);
static void	transmit_cb(void *, const struct quic_packet *);
static void	stray_cb(void *, const struct quic_packet *);
static void	new_token_cb(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	socket_open(struct quic_service *, unsigned int,
		    struct udp *, bool);
static void	socket_close(struct service_socket *);
static void	close_doomed(struct quic_service *);
static void	readable(struct ev_loop *, struct ev_io *, int);
static void	received(void *, const struct addr *, const struct addr *,
		    uint8_t, const uint8_t *, size_t);
static void	timer_cb(struct ev_loop *, struct ev_timer *, int);
static void	arm(struct quic_service *);

struct quic_service *
quic_service_new(struct ev_loop *loop, const struct quic_config *cf)
{
	struct quic_service	*qs;
	struct quic_config	 own = *cf;

	if ((qs = calloc(1, sizeof(*qs))) == NULL)
		return (NULL);
	qs->qs_loop = loop;
	qs->qs_user = cf->ops;
	qs->qs_arg = cf->arg;
	qs->qs_armed = UINT64_MAX;
	qs->qs_ops.accept = cf->ops->accept == NULL ? NULL : accept_cb;
	qs->qs_ops.established = established_cb;
	qs->qs_ops.message = message_cb;
	qs->qs_ops.uni = uni_cb;
	qs->qs_ops.datagram = datagram_cb;
	qs->qs_ops.closed = closed_cb;
	qs->qs_ops.verify = cf->ops->verify == NULL ? NULL : verify_cb;
	qs->qs_ops.transmit = transmit_cb;
	qs->qs_ops.stray = stray_cb;
	qs->qs_ops.new_token = cf->ops->new_token == NULL ? NULL :
	    new_token_cb;
	packet_rate_init(&qs->qs_stray_rate, STRAYS, STRAYS);
	own.ops = &qs->qs_ops;
	own.arg = qs;
	if ((qs->qs_ep = quic_endpoint_new(&own)) == NULL) {
		free(qs);
		return (NULL);
	}
	ev_timer_init(&qs->qs_timer, timer_cb, 0., 0.);
	qs->qs_timer.data = qs;
	return (qs);
}

int
quic_service_add_socket(struct quic_service *qs, unsigned int listener,
    const struct addr *bound, int fd, bool receive)
{
	struct udp	*u;

	if (listener >= SERVICE_LISTENERS_MAX) {
		errno = EINVAL;
		return (-1);
	}
	if ((u = udp_new(fd, bound)) == NULL)
		return (-1);
	socket_open(qs, listener, u, receive);
	return (0);
}

/*
 * Numbers go round: one that was just freed is the last to be taken again,
 * and udp_queue() looks at the address in any case.
 */
int
quic_service_add_connected(struct quic_service *qs, const struct addr *local,
    const struct addr *remote, int fd)
{
	struct udp	*u;
	unsigned int	 i, listener;

	for (i = 0; i < SERVICE_CONNECTED_MAX; i++) {
		listener = SERVICE_LISTENERS_MAX +
		    (qs->qs_next + i) % SERVICE_CONNECTED_MAX;
		if (qs->qs_sockets[listener].ss_udp == NULL)
			break;
	}
	if (i == SERVICE_CONNECTED_MAX) {
		errno = ENOSPC;
		return (-1);
	}
	if ((u = udp_new_connected(fd, local, remote)) == NULL)
		return (-1);
	qs->qs_next = (qs->qs_next + i + 1) % SERVICE_CONNECTED_MAX;
	socket_open(qs, listener, u, true);
	return ((int)listener);
}

void
quic_service_remove_socket(struct quic_service *qs, unsigned int listener)
{
	if (listener >= SOCKETS_MAX ||
	    qs->qs_sockets[listener].ss_udp == NULL)
		return;
	qs->qs_sockets[listener].ss_doomed = true;
	qs->qs_doomed = true;
}

void
quic_service_set_door(struct quic_service *qs, struct channel *door)
{
	qs->qs_door = door;
	qs->qs_door_queued = false;
}

void
quic_service_token_key(struct quic_service *qs, uint64_t generation,
    const uint8_t key[32])
{
	quic_endpoint_token_key(qs->qs_ep, generation, key);
}

void
quic_service_input(struct quic_service *qs, const struct msg_door_datagram *m)
{
	struct quic_first	first;

	if (m->odcid.len == 0) {
		/* By its connection ID only: as if we had read it. */
		quic_endpoint_receive(qs->qs_ep, (unsigned int)m->listener,
		    &m->local, &m->remote, (uint8_t)m->ecn, m->payload.data,
		    m->payload.len, quic_service_now(qs));
		return;
	}
	first.validated = m->validated;
	first.odcid = m->odcid.data;
	first.odcid_len = m->odcid.len;
	first.retry_scid = m->retry_scid.data;
	first.retry_scid_len = m->retry_scid.len;
	quic_endpoint_first(qs->qs_ep, (unsigned int)m->listener, &m->local,
	    &m->remote, (uint8_t)m->ecn, m->payload.data, m->payload.len,
	    &first, quic_service_now(qs));
}

void
quic_service_turn(struct quic_service *qs)
{
	unsigned int	i;

	qs->qs_now = 0;
	quic_endpoint_expire(qs->qs_ep, quic_service_now(qs));
	if (qs->qs_ahead != NULL)
		qs->qs_ahead(qs->qs_arg);
	quic_endpoint_flush(qs->qs_ep, quic_service_now(qs));
	for (i = 0; i < qs->qs_end; i++) {
		if (qs->qs_sockets[i].ss_udp != NULL)
			udp_flush(qs->qs_sockets[i].ss_udp);
	}
	if (qs->qs_doomed)
		close_doomed(qs);
	if (qs->qs_door_queued) {
		qs->qs_door_queued = false;
		channel_flush(qs->qs_door);
	}
	arm(qs);
	qs->qs_now = 0;
}

void
quic_service_gather(struct quic_service *qs)
{
	qs->qs_gathers = true;
}

void
quic_service_ahead(struct quic_service *qs, void (*ahead)(void *))
{
	qs->qs_ahead = ahead;
}

struct quic_endpoint *
quic_service_endpoint(struct quic_service *qs)
{
	return (qs->qs_ep);
}

uint64_t
quic_service_now(struct quic_service *qs)
{
	if (qs->qs_now == 0)
		qs->qs_now = clock_mono_ns();
	return (qs->qs_now);
}

uint64_t
quic_service_dropped(const struct quic_service *qs)
{
	uint64_t	n = qs->qs_dropped;
	unsigned int	i;

	for (i = 0; i < qs->qs_end; i++) {
		if (qs->qs_sockets[i].ss_udp != NULL)
			n += udp_dropped(qs->qs_sockets[i].ss_udp);
	}
	return (n);
}

void
quic_service_usage(struct quic_service *qs, struct limiter *lm)
{
	struct quic_usage	us;

	limiter_used(lm, LIMIT_CONNECTIONS,
	    quic_endpoint_connections(qs->qs_ep));
	limiter_refused_all(lm, LIMIT_CONNECTIONS,
	    quic_endpoint_refused(qs->qs_ep));
	quic_endpoint_usage(qs->qs_ep, &us);
	limiter_reached(lm, LIMIT_QUEUE, us.queue_highest);
	limiter_used(lm, LIMIT_QUEUE, us.queue);
	limiter_reached(lm, LIMIT_STREAMS, us.streams_highest);
	limiter_used(lm, LIMIT_STREAMS, us.streams);
}

void
quic_service_free(struct quic_service *qs)
{
	unsigned int	i;

	if (qs == NULL)
		return;
	ev_timer_stop(qs->qs_loop, &qs->qs_timer);
	quic_endpoint_free(qs->qs_ep);
	for (i = 0; i < qs->qs_end; i++)
		socket_close(&qs->qs_sockets[i]);
	free(qs);
}

static void
socket_open(struct quic_service *qs, unsigned int listener, struct udp *u,
    bool receive)
{
	struct service_socket	*ss = &qs->qs_sockets[listener];

	socket_close(ss);
	ss->ss_service = qs;
	ss->ss_listener = listener;
	ss->ss_udp = u;
	if (listener >= qs->qs_end)
		qs->qs_end = listener + 1;
	if (receive) {
		ev_io_init(&ss->ss_io, readable, udp_fd(u), EV_READ);
		ss->ss_io.data = ss;
		ev_io_start(qs->qs_loop, &ss->ss_io);
		ss->ss_reading = true;
	}
}

static void
close_doomed(struct quic_service *qs)
{
	struct service_socket	*ss;
	unsigned int		 i;

	qs->qs_doomed = false;
	for (i = 0; i < qs->qs_end; i++) {
		ss = &qs->qs_sockets[i];
		if (!ss->ss_doomed)
			continue;
		qs->qs_dropped += udp_dropped(ss->ss_udp);
		socket_close(ss);
	}
}

static void
socket_close(struct service_socket *ss)
{
	if (ss->ss_reading)
		ev_io_stop(ss->ss_service->qs_loop, &ss->ss_io);
	ss->ss_reading = false;
	ss->ss_doomed = false;
	udp_free(ss->ss_udp);
	ss->ss_udp = NULL;
}

/* Control channels have a higher priority in the loop and come first. */
static void
readable(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct service_socket	*ss = io->data;
	struct quic_service	*qs = ss->ss_service;
	ev_tstamp		 between;
	unsigned int		 i;
	int			 all = 0, n;
	bool			 was = qs->qs_gather.ga_on;

	(void)revents;
	qs->qs_now = 0;
	for (i = 0; i < READS_MAX; i++) {
		all += n = udp_receive(ss->ss_udp, received, ss);
		if (n < UDP_BATCH)
			break;
	}
	if (qs->qs_gathers &&
	    gather_heard(&qs->qs_gather, quic_service_now(qs),
	    (size_t)all) != was) {
		/*
		 * Timers wait for the turn, too, and do not cut it short:
		 * libev sleeps only where it has a millisecond (which is what
		 * epoll can wait) more than that before a timer.
		 */
		between = was ? 0. : (double)GATHER_NS / (double)NS_PER_S;
		ev_set_io_collect_interval(loop, between);
		ev_set_timeout_collect_interval(loop, 2. * between);
	}
	quic_service_turn(qs);
}

static void
received(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct service_socket	*ss = arg;
	struct quic_service	*qs = ss->ss_service;

	quic_endpoint_receive(qs->qs_ep, ss->ss_listener, local, remote, ecn,
	    data, len, quic_service_now(qs));
}

/* An armed timer that is early is left alone: it finds out by itself. */
static void
arm(struct quic_service *qs)
{
	uint64_t	due = quic_endpoint_expiry(qs->qs_ep), now, wait;

	if (due == UINT64_MAX || due >= qs->qs_armed)
		return;
	now = quic_service_now(qs);
	wait = due > now ? due - now : 0;
	ev_timer_stop(qs->qs_loop, &qs->qs_timer);
	ev_now_update(qs->qs_loop);
	ev_timer_set(&qs->qs_timer, (double)wait / (double)NS_PER_S, 0.);
	ev_timer_start(qs->qs_loop, &qs->qs_timer);
	qs->qs_armed = due;
}

static void
timer_cb(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct quic_service	*qs = w->data;

	(void)loop;
	(void)revents;
	qs->qs_armed = UINT64_MAX;
	quic_service_turn(qs);
}

static void
transmit_cb(void *arg, const struct quic_packet *qp)
{
	struct quic_service	*qs = arg;

	if (qp->listener >= SOCKETS_MAX ||
	    qs->qs_sockets[qp->listener].ss_udp == NULL) {
		qs->qs_dropped++;
		return;
	}
	udp_queue(qs->qs_sockets[qp->listener].ss_udp, qp->local, qp->remote,
	    qp->ecn, qp->data, qp->len);
}

static void
stray_cb(void *arg, const struct quic_packet *qp)
{
	struct quic_service		*qs = arg;
	struct msg_door_datagram	 m;

	/* Nobody begins a connection with us where we dialled. */
	if (qs->qs_door == NULL || qp->listener >= SERVICE_LISTENERS_MAX ||
	    !packet_rate_take(&qs->qs_stray_rate, quic_service_now(qs))) {
		qs->qs_dropped++;
		return;
	}
	memset(&m, 0, sizeof(m));
	m.listener = qp->listener;
	m.local = *qp->local;
	m.remote = *qp->remote;
	m.ecn = qp->ecn;
	m.payload.data = qp->data;
	m.payload.len = qp->len;
	if (channel_queue(qs->qs_door, MSG_DOOR_STRAY, &m) == -1) {
		qs->qs_dropped++;
		return;
	}
	qs->qs_door_queued = true;
}

static enum quic_verdict
accept_cb(void *arg, struct quic_conn *c, const char *name)
{
	struct quic_service	*qs = arg;

	return (qs->qs_user->accept(qs->qs_arg, c, name));
}

static void
established_cb(void *arg, struct quic_conn *c)
{
	struct quic_service	*qs = arg;

	if (qs->qs_user->established != NULL)
		qs->qs_user->established(qs->qs_arg, c);
}

static void
message_cb(void *arg, struct quic_conn *c, const uint8_t *data, size_t len)
{
	struct quic_service	*qs = arg;

	if (qs->qs_user->message != NULL)
		qs->qs_user->message(qs->qs_arg, c, data, len);
}

static void
uni_cb(void *arg, struct quic_conn *c, const uint8_t *data, size_t len,
    bool fin)
{
	struct quic_service	*qs = arg;

	if (qs->qs_user->uni != NULL)
		qs->qs_user->uni(qs->qs_arg, c, data, len, fin);
}

static void
datagram_cb(void *arg, struct quic_conn *c, const uint8_t *data, size_t len)
{
	struct quic_service	*qs = arg;

	if (qs->qs_user->datagram != NULL)
		qs->qs_user->datagram(qs->qs_arg, c, data, len);
}

static void
closed_cb(void *arg, struct quic_conn *c, const struct quic_close *qc)
{
	struct quic_service	*qs = arg;

	if (qs->qs_user->closed != NULL)
		qs->qs_user->closed(qs->qs_arg, c, qc);
}

static void
new_token_cb(void *arg, struct quic_conn *c, const uint8_t *token, size_t len)
{
	struct quic_service	*qs = arg;

	qs->qs_user->new_token(qs->qs_arg, c, token, len);
}

static bool
verify_cb(void *arg, struct quic_conn *c, const uint8_t *hash)
{
	struct quic_service	*qs = arg;

	return (qs->qs_user->verify(qs->qs_arg, c, hash));
}
