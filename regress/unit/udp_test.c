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
 * Real sockets on loopback: batches, addresses, ECN; and a whole connection
 * between two endpoints in event loops (service.h), also with a socket of
 * the worker's own on the relay's port.
 *
 * COVERS: design 2 - recvmmsg, sendmmsg, both address families, ECN
 * COVERS: design 3 - a worker reads its own socket, strays go to the door
 */
#include "config.h"

#include <errno.h>
#include <ev.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/quic/cid.h"
#include "common/quic/service.h"
#include "common/quic/steer.h"
#include "common/quic/udp.h"
#include "regress/unit/quic_sim.h"

#define LIMIT_MS	5000

struct heard {
	unsigned int	h_count;
	struct addr	h_local;
	struct addr	h_remote;
	uint8_t		h_ecn;
	uint8_t		h_data[2048];
	size_t		h_len;
};

static struct udp	*open_addr(const struct addr *, bool);

static struct udp *
open_udp(const char *text)
{
	struct addr	a;

	assert_int_equal(addr_parse(&a, text), 0);
	return (open_addr(&a, false));
}

static struct udp *
open_addr(const struct addr *at, bool member)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	struct addr		a = *at;
	struct udp		*u;
	int			fd;

	fd = member ? udp_bind_member(&a, 1 << 20) : udp_bind(&a, 1 << 20);
	if (fd == -1) {
		/* A machine without IPv6 has that case not. */
		assert_true(addr_family(&a) == AF_INET6 &&
		    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL));
		return (NULL);
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	assert_int_equal(addr_from_sockaddr(&a, (struct sockaddr *)&ss, len),
	    0);
	u = udp_new(fd, &a);
	assert_non_null(u);
	return (u);
}

static void
on_datagram(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct heard	*h = arg;

	h->h_count++;
	h->h_local = *local;
	h->h_remote = *remote;
	h->h_ecn = ecn;
	h->h_len = len;
	memcpy(h->h_data, data, len);
}

/* Until count datagrams were heard in all. */
static void
hear(struct udp *u, struct heard *h, unsigned int count)
{
	struct pollfd	pfd = { udp_fd(u), POLLIN, 0 };

	while (h->h_count < count) {
		assert_int_equal(poll(&pfd, 1, LIMIT_MS), 1);
		(void)udp_receive(u, on_datagram, h);
	}
	assert_int_equal(h->h_count, count);
}

static void
test_udp(void **state)
{
	static const struct {
		const char	*server, *client, *at;
	}		 t[] = {
		{ "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:1" },
		/* A wildcard socket answers from the address spoken to. */
		{ "0.0.0.0:0", "127.0.0.1:0", "127.0.0.77:1" },
		{ "[::1]:0", "[::1]:0", "[::1]:1" },
		{ "[::]:0", "[::]:0", "[::1]:1" }
	};
	struct udp	*a, *b;
	struct heard	 h;
	struct addr	 to;
	uint8_t		 p[1452];
	unsigned int	 i, n;

	(void)state;
	memset(p, 7, sizeof(p));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		a = open_udp(t[i].server);
		b = open_udp(t[i].client);
		if (a == NULL || b == NULL)
			continue;
		assert_int_equal(addr_parse(&to, t[i].at), 0);
		addr_set_port(&to, addr_port(udp_bound(a)));
		memset(&h, 0, sizeof(h));
		for (n = 0; n < 150; n++)
			udp_queue(b, NULL, &to, 2, p, 1 + n % sizeof(p));
		udp_flush(b);
		hear(a, &h, 150);
		assert_int_equal(h.h_len, 150);
		assert_int_equal(h.h_ecn, 2);
		assert_true(addr_equal(&h.h_local, &to));
		assert_int_equal(addr_port(&h.h_remote),
		    addr_port(udp_bound(b)));
		/* And back. */
		to = h.h_remote;
		memset(&h.h_remote, 0, sizeof(h.h_remote));
		udp_queue(a, &h.h_local, &to, 0, p, sizeof(p));
		udp_flush(a);
		h.h_count = 0;
		hear(b, &h, 1);
		assert_int_equal(h.h_len, sizeof(p));
		assert_int_equal(h.h_ecn, 0);
		assert_int_equal(addr_parse(&to, t[i].at), 0);
		assert_true(addr_same_host(&h.h_remote, &to));
		assert_int_equal(udp_dropped(a) + udp_dropped(b), 0);
		udp_free(a);
		udp_free(b);
	}
	/* What cannot be sent is dropped and counted, what can be is sent. */
	a = open_udp("127.0.0.1:0");
	b = open_udp("127.0.0.1:0");
	memset(&h, 0, sizeof(h));
	udp_queue(b, NULL, udp_bound(a), 0, p, 10);
	assert_int_equal(addr_parse(&to, "[::1]:9"), 0);
	udp_queue(b, NULL, &to, 0, p, 10);
	assert_int_equal(addr_parse(&to, "127.0.0.1:0"), 0);
	addr_set_port(&to, 0);
	udp_queue(b, NULL, &to, 0, p, 10);
	udp_queue(b, NULL, udp_bound(a), 0, p, 11);
	udp_flush(b);
	hear(a, &h, 2);
	assert_int_equal(h.h_len, 11);
	assert_int_equal(udp_dropped(b), 2);
	udp_flush(b);
	assert_int_equal(udp_receive(a, on_datagram, &h), 0);
	udp_free(a);
	udp_free(b);
}

/* One side of the connection over services. */
struct peer {
	struct quic_service	*p_service;
	struct quic_ops		 p_ops;
	struct udp		*p_udp;		/* its reading end */
	struct ev_io		 p_io;
	struct quic_conn	*p_conn;
	unsigned int		 p_messages;
	unsigned int		 p_datagrams;
	bool			 p_closed;
	enum quic_close_kind	 p_kind;
	struct ev_loop		*p_loop;
	const struct udp	*p_to;		/* whose socket is looked at */
	unsigned int		 p_ahead;
};

static void
peer_established(void *arg, struct quic_conn *c)
{
	struct peer	*p = arg;

	p->p_conn = c;
	assert_int_equal(quic_send_message(c, "hello", 5), 0);
}

static void
peer_message(void *arg, struct quic_conn *c, const uint8_t *data, size_t len)
{
	struct peer	*p = arg;

	assert_int_equal(len, 5);
	assert_memory_equal(data, "hello", 5);
	p->p_messages++;
	if (!quic_conn_is_server(c))
		quic_close_when_delivered(c, 0, "normal close");
}

static void
peer_closed(void *arg, struct quic_conn *c, const struct quic_close *qc)
{
	struct peer	*p = arg;

	(void)c;
	p->p_closed = true;
	p->p_kind = qc->kind;
	p->p_conn = NULL;
	if (qc->kind == QUIC_CLOSED_BY_PEER_APP)
		ev_break(p->p_loop, EVBREAK_ALL);
}

/* What doord does, without a door. */
static void
peer_datagram(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct peer			*p = arg;
	struct msg_door_datagram	 m;

	memset(&m, 0, sizeof(m));
	m.listener = 3;
	m.local = *local;
	m.remote = *remote;
	m.ecn = ecn;
	m.payload.data = data;
	m.payload.len = len;
	quic_service_input(p->p_service, &m);
}

static void
peer_readable(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct peer	*p = io->data;

	(void)loop;
	(void)revents;
	(void)udp_receive(p->p_udp, peer_datagram, p);
	quic_service_turn(p->p_service);
}

static void
too_late(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void
peer_new(struct peer *p, struct ev_loop *loop, struct quic_tls *server,
    struct quic_tls *client)
{
	struct quic_config	cf;

	memset(p, 0, sizeof(*p));
	p->p_loop = loop;
	p->p_ops.established = peer_established;
	p->p_ops.message = peer_message;
	p->p_ops.closed = peer_closed;
	memset(&cf, 0, sizeof(cf));
	quic_limits_default(&cf.limits);
	cf.ops = &p->p_ops;
	cf.arg = p;
	cf.tls_server = server;
	cf.tls_client = client;
	cf.slot = 1;
	p->p_service = quic_service_new(loop, &cf);
	assert_non_null(p->p_service);
	p->p_udp = open_udp("127.0.0.1:0");
	assert_int_equal(quic_service_add_socket(p->p_service, 3,
	    udp_bound(p->p_udp), dup(udp_fd(p->p_udp)), false), 0);
	assert_int_equal(quic_service_add_socket(p->p_service,
	    SERVICE_LISTENERS_MAX, udp_bound(p->p_udp), -1, false), -1);
	ev_io_init(&p->p_io, peer_readable, udp_fd(p->p_udp), EV_READ);
	p->p_io.data = p;
	ev_io_start(loop, &p->p_io);
}

static void
peer_free(struct peer *p)
{
	ev_io_stop(p->p_loop, &p->p_io);
	quic_service_free(p->p_service);
	udp_free(p->p_udp);
}

static bool
anything_at(const struct udp *u)
{
	char	c;

	return (recv(udp_fd(u), &c, 1, MSG_PEEK | MSG_DONTWAIT) != -1);
}

static void
peer_ahead(void *arg)
{
	struct peer	*p = arg;

	if (p->p_ahead++ == 0)
		assert_false(anything_at(p->p_to));
}

static void
test_service(void **state)
{
	static struct peer	 s, c;
	struct ev_timer		 limit;
	struct ev_loop		*loop;
	struct sim		*sm;

	(void)state;
	sm = sim_new(900);	/* for its certificate */
	loop = ev_loop_new(0);
	assert_non_null(loop);
	peer_new(&s, loop, sm->sm_server_tls, NULL);
	peer_new(&c, loop, NULL, sm->sm_client_tls);
	ev_timer_init(&limit, too_late, LIMIT_MS / 1000., 0.);
	ev_timer_start(loop, &limit);
	assert_non_null(quic_connect(quic_service_endpoint(c.p_service), 3,
	    udp_bound(c.p_udp), udp_bound(s.p_udp), "room",
	    quic_service_now(c.p_service)));
	/* Others are told before a packet leaves. */
	c.p_to = s.p_udp;
	quic_service_ahead(c.p_service, peer_ahead);
	quic_service_turn(c.p_service);
	assert_int_equal(c.p_ahead, 1);
	assert_true(anything_at(s.p_udp));
	ev_run(loop, 0);
	assert_int_equal(s.p_messages, 1);
	assert_int_equal(c.p_messages, 1);
	assert_true(s.p_closed && c.p_closed);
	assert_int_equal(s.p_kind, QUIC_CLOSED_BY_PEER_APP);
	assert_int_equal(c.p_kind, QUIC_CLOSED_LOCAL);
	assert_int_equal(quic_service_dropped(s.p_service), 0);
	ev_timer_stop(loop, &limit);
	peer_free(&s);
	peer_free(&c);
	ev_loop_destroy(loop);
	sim_free(sm);
}

/* The worker of slot 1 behind the port, and the door as far as needed. */
struct port {
	struct udp	*po_door;
	struct ev_io	 po_io;
	struct peer	*po_worker;
	unsigned int	 po_received;
	unsigned int	 po_strays;
	size_t		 po_stray_len;
	uint64_t	 po_stray_listener;
	struct addr	 po_stray_remote;
};

/* Every datagram here begins a connection: the kernel steers the rest. */
static void
port_datagram(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct port			*po = arg;
	struct msg_door_datagram	 m;

	po->po_received++;
	assert_int_equal(cid_packet_slot(data, len), -1);
	memset(&m, 0, sizeof(m));
	m.listener = 3;
	m.local = *local;
	m.remote = *remote;
	m.ecn = ecn;
	m.odcid.data = data + 6;
	m.odcid.len = data[5];
	m.payload.data = data;
	m.payload.len = len;
	quic_service_input(po->po_worker->p_service, &m);
}

static void
port_readable(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct port	*po = io->data;

	(void)loop;
	(void)revents;
	(void)udp_receive(po->po_door, port_datagram, po);
	quic_service_turn(po->po_worker->p_service);
}

static void
port_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	const struct msg_door_datagram	*m = msg;
	struct port			*po = arg;

	(void)ch;
	assert_int_equal(fd, -1);
	assert_int_equal(type, MSG_DOOR_STRAY);
	po->po_strays++;
	po->po_stray_len = m->payload.len;
	po->po_stray_listener = m->listener;
	po->po_stray_remote = m->remote;
}

static void
worker_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	(void)ch;
	(void)arg;
	(void)msg;
	(void)fd;
	fail_msg("message of type %d", type);
}

static void
port_broken(struct channel *ch, void *arg, const char *why)
{
	(void)ch;
	(void)arg;
	fail_msg("channel: %s", why == NULL ? "closed" : why);
}

static const struct channel_ops	door_end = { port_message, port_broken, NULL };
static const struct channel_ops	worker_end = { worker_message, port_broken,
	NULL };

static void
test_steered(void **state)
{
	static struct peer	 s, c;
	static struct port	 po;
	struct channel		*door, *worker;
	struct quic_config	 cf;
	struct ev_timer		 limit;
	struct ev_loop		*loop;
	struct addr		 at;
	struct udp		*u;
	struct sim		*sm;
	uint8_t			 p[1200];
	unsigned int		 i;
	int			 fds[2];

	(void)state;
	sm = sim_new(910);	/* for its certificate */
	loop = ev_loop_new(0);
	assert_non_null(loop);
	memset(&po, 0, sizeof(po));
	memset(&s, 0, sizeof(s));
	po.po_worker = &s;
	assert_int_equal(addr_parse(&at, "127.0.0.1:0"), 0);
	po.po_door = open_addr(&at, true);
	u = open_addr(udp_bound(po.po_door), true);
	assert_int_equal(steer_attach(udp_fd(u), 2), 0);

	s.p_loop = loop;
	s.p_ops.established = peer_established;
	s.p_ops.message = peer_message;
	s.p_ops.closed = peer_closed;
	memset(&cf, 0, sizeof(cf));
	quic_limits_default(&cf.limits);
	cf.ops = &s.p_ops;
	cf.arg = &s;
	cf.tls_server = sm->sm_server_tls;
	cf.slot = 1;
	cf.door = true;
	s.p_service = quic_service_new(loop, &cf);
	assert_non_null(s.p_service);
	assert_int_equal(quic_service_add_socket(s.p_service, 3, udp_bound(u),
	    dup(udp_fd(u)), true), 0);
	ev_io_init(&po.po_io, port_readable, udp_fd(po.po_door), EV_READ);
	po.po_io.data = &po;
	ev_io_start(loop, &po.po_io);

	assert_int_equal(channel_pair(fds, true), 0);
	door = channel_new(loop, fds[0], PROC_DOORD, PROC_SIGNALD, 0, true,
	    &door_end, &po);
	worker = channel_new(loop, fds[1], PROC_SIGNALD, PROC_DOORD, 0, true,
	    &worker_end, &po);
	assert_true(door != NULL && worker != NULL);
	channel_set_state(door, MSG_AT_SERVE);
	channel_set_state(worker, MSG_AT_SERVE);
	ev_timer_init(&limit, too_late, LIMIT_MS / 1000., 0.);
	ev_timer_start(loop, &limit);

	/* A whole connection, of which the door sees the first two packets. */
	peer_new(&c, loop, NULL, sm->sm_client_tls);
	assert_non_null(quic_connect(quic_service_endpoint(c.p_service), 3,
	    udp_bound(c.p_udp), udp_bound(u), "room",
	    quic_service_now(c.p_service)));
	quic_service_turn(c.p_service);
	ev_run(loop, 0);
	assert_int_equal(s.p_messages, 1);
	assert_int_equal(c.p_messages, 1);
	assert_true(s.p_closed && c.p_closed);
	assert_int_equal(po.po_received, 2);
	assert_int_equal(po.po_strays, 0);

	/*
	 * First packets with an ID of this worker's form: back to the door,
	 * not more than 200 a second.  Without a door, dropped.
	 */
	memset(p, 0x33, sizeof(p));
	memcpy(p, "\xc0\0\0\0\1\x0c\1\x5b" "0123456789\x00\x00\x44\x90",
	    22);
	udp_queue(c.p_udp, NULL, udp_bound(u), 0, p, sizeof(p));
	udp_flush(c.p_udp);
	while (quic_service_dropped(s.p_service) == 0 && po.po_strays == 0)
		ev_run(loop, EVRUN_ONCE);
	assert_int_equal(quic_service_dropped(s.p_service), 1);
	quic_service_set_door(s.p_service, worker);
	for (i = 0; i < 300; i++) {
		udp_queue(c.p_udp, NULL, udp_bound(u), 0, p, sizeof(p));
		/* Shorter than a first packet may be; of a Handshake. */
		p[0] = i & 1 ? 0xe0 : 0xc0;
		udp_queue(c.p_udp, NULL, udp_bound(u), 0, p,
		    i & 1 ? sizeof(p) : 1199);
		p[0] = 0xc0;
		/* Socket buffers may be small. */
		if (i % 10 == 9) {
			udp_flush(c.p_udp);
			(void)ev_run(loop, EVRUN_NOWAIT);
		}
	}
	while (po.po_strays + quic_service_dropped(s.p_service) < 301 &&
	    ev_is_active(&limit))
		ev_run(loop, EVRUN_ONCE);
	assert_int_equal(po.po_strays + quic_service_dropped(s.p_service),
	    301);
	/* The bucket may have got some more on a slow machine. */
	assert_true(po.po_strays >= 200 && po.po_strays < 300);
	assert_int_equal(po.po_stray_len, sizeof(p));
	assert_int_equal(po.po_stray_listener, 3);
	assert_true(addr_equal(&po.po_stray_remote, udp_bound(c.p_udp)));
	assert_int_equal(po.po_received, 2);

	ev_timer_stop(loop, &limit);
	ev_io_stop(loop, &po.po_io);
	quic_service_free(s.p_service);
	peer_free(&c);
	channel_free(door);
	channel_free(worker);
	udp_free(po.po_door);
	udp_free(u);
	ev_loop_destroy(loop);
	sim_free(sm);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_steered),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
