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
 * Connected sockets that come and go while a service runs: an endpoint that
 * serves its port and dials others, over real sockets on loopback.
 *
 * COVERS: row 4.1 - a relay dials another one while it serves its own port
 * COVERS: design 3 - a socket that relayd connected, errors of the network
 */
#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/quic/service.h"
#include "common/quic/udp.h"
#include "regress/unit/quic_sim.h"

#define LIMIT_S		5.
#define PORT		3	/* number of the listener */

struct relay {
	struct ev_loop		*r_loop;
	struct quic_service	*r_service;
	struct quic_ops		 r_ops;
	struct addr		 r_addr;
	unsigned int		 r_established;
	unsigned int		 r_messages;
	unsigned int		 r_closed;
	enum quic_close_kind	 r_kind;
	struct quic_conn	*r_last;	/* established last */
};

struct world {
	struct ev_loop	*w_loop;
	struct sim	*w_sim;		/* for its certificate */
	struct ev_timer	 w_limit;
	struct relay	 w_a, w_b;
};

static unsigned int	strays;

/* As relayd does it: bound to address, then connected to remote. */
static int
connected(const char *address, const struct addr *remote, struct addr *local)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	int			fd;

	assert_int_equal(addr_parse(local, address), 0);
	assert_true((fd = udp_bind(local, 1 << 20)) != -1);
	assert_int_equal(connect(fd, &remote->addr_u.sa, remote->addr_len),
	    0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	assert_int_equal(addr_from_sockaddr(local, (struct sockaddr *)&ss,
	    len), 0);
	return (fd);
}

static int
bound(const struct addr *at, struct addr *a)
{
	struct sockaddr_storage	ss;
	socklen_t		len = sizeof(ss);
	int			fd;

	assert_true((fd = udp_bind(at, 1 << 20)) != -1);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	assert_int_equal(addr_from_sockaddr(a, (struct sockaddr *)&ss, len),
	    0);
	return (fd);
}

static void
on_established(void *arg, struct quic_conn *c)
{
	struct relay	*r = arg;

	r->r_established++;
	r->r_last = c;
	assert_int_equal(quic_send_message(c, "hello", 5), 0);
}

static void
on_message(void *arg, struct quic_conn *c, const uint8_t *data, size_t len)
{
	struct relay	*r = arg;

	(void)c;
	assert_int_equal(len, 5);
	assert_memory_equal(data, "hello", 5);
	r->r_messages++;
}

static void
on_closed(void *arg, struct quic_conn *c, const struct quic_close *qc)
{
	struct relay	*r = arg;

	(void)c;
	r->r_closed++;
	r->r_kind = qc->kind;
}

static void
relay_new(struct relay *r, struct world *w, uint8_t slot, bool door)
{
	struct quic_config	cf;
	struct addr		any;
	int			fd;

	memset(r, 0, sizeof(*r));
	r->r_loop = w->w_loop;
	r->r_ops.established = on_established;
	r->r_ops.message = on_message;
	r->r_ops.closed = on_closed;
	memset(&cf, 0, sizeof(cf));
	quic_limits_default(&cf.limits);
	cf.ops = &r->r_ops;
	cf.arg = r;
	cf.tls_server = w->w_sim->sm_server_tls;
	cf.tls_client = w->w_sim->sm_client_tls;
	cf.slot = slot;
	cf.door = door;
	r->r_service = quic_service_new(w->w_loop, &cf);
	assert_non_null(r->r_service);
	assert_int_equal(addr_parse(&any, "127.0.0.1:0"), 0);
	fd = bound(&any, &r->r_addr);
	assert_int_equal(quic_service_add_socket(r->r_service, PORT,
	    &r->r_addr, fd, true), 0);
}

static void
too_late(struct ev_loop *loop, struct ev_timer *t, int revents)
{
	(void)loop;
	(void)t;
	(void)revents;
	fail_msg("nothing happened for too long");
}

/* a: behind a door, as federd is; b: somebody who listens. */
static void
world_new(struct world *w)
{
	w->w_sim = sim_new(920);
	w->w_loop = ev_loop_new(0);
	assert_non_null(w->w_loop);
	ev_timer_init(&w->w_limit, too_late, LIMIT_S, 0.);
	ev_timer_start(w->w_loop, &w->w_limit);
	relay_new(&w->w_a, w, 1, true);
	relay_new(&w->w_b, w, 2, false);
}

static void
world_free(struct world *w)
{
	ev_timer_stop(w->w_loop, &w->w_limit);
	quic_service_free(w->w_a.r_service);
	quic_service_free(w->w_b.r_service);
	ev_loop_destroy(w->w_loop);
	sim_free(w->w_sim);
}

static struct quic_conn *
dial(struct relay *from, int listener, const struct addr *local,
    const struct addr *remote)
{
	struct quic_conn	*c;

	c = quic_connect(quic_service_endpoint(from->r_service),
	    (unsigned int)listener, local, remote, "_federation",
	    quic_service_now(from->r_service));
	assert_non_null(c);
	quic_service_turn(from->r_service);
	return (c);
}

static void
run_until(struct world *w, const unsigned int *counter, unsigned int n)
{
	while (*counter < n)
		ev_run(w->w_loop, EVRUN_ONCE);
	assert_int_equal(*counter, n);
}

static void
test_dial(void **state)
{
	struct world		 w;
	struct relay		*a = &w.w_a, *b = &w.w_b;
	struct quic_conn	*c[2];
	struct addr		 local, other;
	int			 fd, listener, second;

	(void)state;
	world_new(&w);
	fd = connected("127.0.0.1:0", &b->r_addr, &local);
	listener = quic_service_add_connected(a->r_service, &local,
	    &b->r_addr, fd);
	assert_true(listener >= SERVICE_LISTENERS_MAX);
	/* Two connections on one socket; nothing needs a door. */
	c[0] = dial(a, listener, &local, &b->r_addr);
	c[1] = dial(a, listener, &local, &b->r_addr);
	run_until(&w, &b->r_messages, 2);
	run_until(&w, &a->r_messages, 2);
	assert_int_equal(a->r_established, 2);
	assert_int_equal(b->r_established, 2);
	assert_true(addr_equal(quic_conn_remote(b->r_last), &local));
	assert_int_equal(quic_service_dropped(a->r_service), 0);

	/* Another socket beside it has another number. */
	fd = connected("127.0.0.1:0", &b->r_addr, &other);
	second = quic_service_add_connected(a->r_service, &other, &b->r_addr,
	    fd);
	assert_true(second > listener);
	dial(a, second, &other, &b->r_addr);
	run_until(&w, &b->r_messages, 3);
	assert_true(addr_equal(quic_conn_remote(b->r_last), &other));

	/* What was queued before the socket went still leaves. */
	quic_close(c[0], 0, "");
	quic_close(c[1], 0, "");
	quic_service_remove_socket(a->r_service, (unsigned int)listener);
	quic_service_remove_socket(a->r_service, (unsigned int)listener);
	quic_service_turn(a->r_service);
	assert_int_equal(a->r_closed, 2);
	run_until(&w, &b->r_closed, 2);
	assert_int_equal(b->r_kind, QUIC_CLOSED_BY_PEER_APP);
	assert_int_equal(quic_service_dropped(a->r_service), 0);

	/* Gone: nothing leaves; the other one goes on. */
	dial(a, listener, &local, &b->r_addr);
	assert_true(quic_service_dropped(a->r_service) > 0);
	dial(a, second, &other, &b->r_addr);
	run_until(&w, &b->r_messages, 4);

	/* Not one of ours, and not there. */
	quic_service_remove_socket(a->r_service, (unsigned int)listener);
	quic_service_remove_socket(a->r_service, SERVICE_LISTENERS_MAX +
	    SERVICE_CONNECTED_MAX);
	quic_service_turn(a->r_service);
	world_free(&w);
}

/* Both ways at once: each dials the other and is dialled. */
static void
test_both_ways(void **state)
{
	struct world	 w;
	struct relay	*a = &w.w_a, *b = &w.w_b;
	struct addr	 at_a, at_b;
	int		 la, lb;

	(void)state;
	world_new(&w);
	/* Without a door of its own in this case. */
	quic_service_free(a->r_service);
	relay_new(a, &w, 1, false);
	la = quic_service_add_connected(a->r_service, &at_a, &b->r_addr,
	    connected("127.0.0.1:0", &b->r_addr, &at_a));
	lb = quic_service_add_connected(b->r_service, &at_b, &a->r_addr,
	    connected("127.0.0.1:0", &a->r_addr, &at_b));
	assert_true(la != -1 && lb != -1);
	dial(a, la, &at_a, &b->r_addr);
	dial(b, lb, &at_b, &a->r_addr);
	run_until(&w, &a->r_messages, 2);
	run_until(&w, &b->r_messages, 2);
	assert_int_equal(a->r_established, 2);
	assert_int_equal(b->r_established, 2);
	world_free(&w);
}

/* The table is finite, numbers come back, and not at once. */
static void
test_numbers(void **state)
{
	static bool	 used[SERVICE_LISTENERS_MAX + SERVICE_CONNECTED_MAX];
	struct world	 w;
	struct relay	*a = &w.w_a, *b = &w.w_b;
	struct addr	 local;
	unsigned int	 i;
	int		 fd, n, freed;

	(void)state;
	world_new(&w);
	fd = connected("127.0.0.1:0", &b->r_addr, &local);
	for (i = 0; i < SERVICE_CONNECTED_MAX; i++) {
		n = quic_service_add_connected(a->r_service, &local,
		    &b->r_addr, dup(fd));
		assert_true(n >= SERVICE_LISTENERS_MAX && n <
		    SERVICE_LISTENERS_MAX + SERVICE_CONNECTED_MAX);
		assert_false(used[n]);
		used[n] = true;
	}
	assert_int_equal(quic_service_add_connected(a->r_service, &local,
	    &b->r_addr, fd), -1);
	assert_int_equal(errno, ENOSPC);
	assert_true(fcntl(fd, F_GETFD) != -1);	/* still ours */
	for (freed = 40; freed >= 30; freed -= 10) {
		quic_service_remove_socket(a->r_service, (unsigned int)freed);
		quic_service_turn(a->r_service);
	}
	n = quic_service_add_connected(a->r_service, &local, &b->r_addr,
	    dup(fd));
	assert_int_equal(n, 30);
	quic_service_remove_socket(a->r_service, (unsigned int)n);
	quic_service_turn(a->r_service);
	n = quic_service_add_connected(a->r_service, &local, &b->r_addr, fd);
	assert_int_equal(n, 40);
	world_free(&w);
}

static void
count(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	unsigned int	*n = arg;

	(void)local;
	(void)remote;
	(void)ecn;
	(void)data;
	(void)len;
	++*n;
}

static void
hear(struct udp *u, unsigned int *n, unsigned int want)
{
	struct pollfd	pfd = { udp_fd(u), POLLIN, 0 };

	while (*n < want) {
		assert_int_equal(poll(&pfd, 1, (int)(LIMIT_S * 1000)), 1);
		(void)udp_receive(u, count, n);
	}
	assert_int_equal(*n, want);
}

/* The peer's port was shut for a while: an ICMP error is not a loss. */
static void
test_refused(void **state)
{
	struct udp	*u, *peer;
	struct addr	 any, at, local, other;
	struct pollfd	 pfd;
	unsigned int	 heard = 0, i;
	int		 fd;

	(void)state;
	assert_int_equal(addr_parse(&any, "127.0.0.1:0"), 0);
	fd = bound(&any, &at);
	u = udp_new_connected(connected("127.0.0.1:0", &at, &local), &local,
	    &at);
	assert_non_null(u);
	for (i = 0; i < 2; i++) {
		close(fd);
		udp_queue(u, &local, &at, 2, (const uint8_t *)"lost", 4);
		udp_flush(u);
		pfd.fd = udp_fd(u);
		pfd.events = POLLIN;
		assert_int_equal(poll(&pfd, 1, (int)(LIMIT_S * 1000)), 1);
		assert_true(pfd.revents & POLLERR);
		fd = bound(&at, &other);
		peer = udp_new(dup(fd), &at);
		assert_non_null(peer);
		/* Once told to the reader, once to the writer. */
		if (i == 0) {
			assert_int_equal(udp_receive(u, count, &heard), 0);
			assert_int_equal(poll(&pfd, 1, 0), 0);
		}
		heard = 0;
		udp_queue(u, NULL, &at, 0, (const uint8_t *)"one", 3);
		udp_queue(u, NULL, &at, 0, (const uint8_t *)"two", 3);
		udp_flush(u);
		hear(peer, &heard, 2);
		assert_int_equal(udp_dropped(u), 0);
		/* And what the peer says is heard. */
		heard = 0;
		udp_queue(peer, NULL, &local, 0, (const uint8_t *)"back", 4);
		udp_flush(peer);
		hear(u, &heard, 1);
		udp_free(peer);
	}
	/* Not for him: a number that another socket had before. */
	assert_int_equal(addr_parse(&other, "127.0.0.1:9"), 0);
	udp_queue(u, NULL, &other, 0, (const uint8_t *)"astray", 6);
	udp_flush(u);
	assert_int_equal(udp_dropped(u), 1);
	/* What cannot be sent is dropped in the end; the rest is not. */
	peer = udp_new(fd, &at);
	assert_non_null(peer);
	heard = 0;
	assert_int_equal(shutdown(udp_fd(u), SHUT_WR), 0);
	udp_queue(u, NULL, &at, 0, (const uint8_t *)"three", 5);
	udp_flush(u);
	assert_int_equal(udp_dropped(u), 2);
	udp_free(peer);
	udp_free(u);
}

static void
on_stray(struct channel *ch, void *arg, enum msg_type type, const void *msg,
    int fd)
{
	const struct msg_door_datagram	*m = msg;

	(void)ch;
	(void)arg;
	(void)fd;
	assert_int_equal(type, MSG_DOOR_STRAY);
	assert_int_equal(m->listener, PORT);
	strays++;
}

static void
on_broken(struct channel *ch, void *arg, const char *why)
{
	(void)ch;
	(void)arg;
	fail_msg("channel: %s", why == NULL ? "closed" : why);
}

static const struct channel_ops	door_ops = { on_stray, on_broken, NULL };

/*
 * A first packet with an ID of this worker's form: from the port it goes back
 * to the door, from a connected socket nowhere.
 */
static void
test_stray(void **state)
{
	struct world	 w;
	struct relay	*a = &w.w_a;
	struct channel	*door, *worker;
	struct udp	*u;
	struct addr	 any, at, local;
	uint8_t		 p[1200];
	int		 fds[2];

	(void)state;
	world_new(&w);
	strays = 0;
	assert_int_equal(channel_pair(fds, true), 0);
	door = channel_new(w.w_loop, fds[0], PROC_DOORD, PROC_FEDERD, 0, true,
	    &door_ops, NULL);
	worker = channel_new(w.w_loop, fds[1], PROC_FEDERD, PROC_DOORD, 0,
	    true, &door_ops, NULL);
	assert_true(door != NULL && worker != NULL);
	channel_set_state(door, MSG_AT_SERVE);
	channel_set_state(worker, MSG_AT_SERVE);
	quic_service_set_door(a->r_service, worker);
	assert_int_equal(addr_parse(&any, "127.0.0.1:0"), 0);
	u = udp_new(bound(&any, &at), &at);
	assert_non_null(u);
	assert_true(quic_service_add_connected(a->r_service, &local, &at,
	    connected("127.0.0.1:0", &at, &local)) != -1);

	memset(p, 0x33, sizeof(p));
	memcpy(p, "\xc0\0\0\0\1\x0c\1\x5b" "0123456789\x00\x00\x44\x90",
	    22);
	udp_queue(u, NULL, &local, 0, p, sizeof(p));
	udp_flush(u);
	while (quic_service_dropped(a->r_service) == 0)
		ev_run(w.w_loop, EVRUN_ONCE);
	assert_int_equal(strays, 0);
	udp_queue(u, NULL, &a->r_addr, 0, p, sizeof(p));
	udp_flush(u);
	run_until(&w, &strays, 1);
	assert_int_equal(quic_service_dropped(a->r_service), 1);
	udp_free(u);
	channel_free(door);
	channel_free(worker);
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_dial),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_stray)
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
