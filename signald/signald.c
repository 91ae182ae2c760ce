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
 * signald: registrations and the signalling of calls.  This file joins the
 * parts: the QUIC service, the connections' protocol, calls, and the channels
 * to doord, keyd, registryd, mediad and controld.
 *
 * Work is done in turns of the event loop: whatever came in is handled, and
 * before the loop sleeps again everything queued is written in one go and the
 * timer is set to the next limit.
 */
#include "config.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/slots.h"
#include "common/quic/service.h"
#include "common/quic/tls.h"
#include "common/worker/keys.h"
#include "common/worker/worker.h"
#include "signald/call_flow.h"
#include "signald/control.h"
#include "signald/signal_conn.h"

/* Rounds of write-and-handle before the loop gets a chance to read again. */
#define SIGNALD_ROUNDS	4
/* Kept of the time for an orderly stop, for the last packets. */
#define SIGNALD_STOP_MARGIN_MS	200

struct signald {
	struct worker		*sd_worker;
	struct msg_settings	 sd_settings;
	struct keys		 sd_keys;
	struct quic_tls		*sd_tls;
	struct quic_service	*sd_service;
	struct signal_server	*sd_server;
	struct flow		*sd_flow;
	ev_timer		 sd_timer;	/* next limit */
	ev_timer		 sd_deadline;	/* of an orderly stop */
	ev_prepare		 sd_prepare;
	bool			 sd_dirty;	/* something may be queued */
	bool			 sd_stopping;
	bool			 sd_recovered;	/* live calls were read */
	uint64_t		 sd_live_seq;
	struct signald_socket {
		int		 fd;
		struct addr	 address;
	}			 sd_sockets[SERVICE_LISTENERS_MAX];
};

static void	 signald_settings(struct worker *,
		    const struct msg_settings *);
static void	 signald_udp_socket(struct worker *,
		    const struct msg_udp_socket *, int);
static void	 signald_channel(struct worker *, struct channel *, bool);
static void	 signald_channel_lost(struct worker *, enum proc,
		    unsigned int, bool);
static int	 signald_start(struct worker *);
static int	 signald_serve(struct worker *);
static void	 signald_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	 signald_shutdown(struct worker *, uint64_t);
static void	 signald_stats(struct worker *, struct row *);
static void	 signald_begin(struct signald *);
static void	 signald_registry_up(struct signald *);
static int	 signald_make_server(struct signald *);
static int	 signald_make_service(struct signald *);
static int	 signald_send(struct signald *, enum proc, enum msg_type,
		    const void *);
static void	 signald_prepare(struct ev_loop *, ev_prepare *, int);
static void	 signald_timer(struct ev_loop *, ev_timer *, int);
static void	 signald_deadline(struct ev_loop *, ev_timer *, int);

static const struct worker_ops	signald_worker_ops = {
	.role = PROC_SIGNALD,
	.settings = signald_settings,
	.udp_socket = signald_udp_socket,
	.channel = signald_channel,
	.channel_lost = signald_channel_lost,
	.start = signald_start,
	.serve = signald_serve,
	.message = signald_message,
	.shutdown = signald_shutdown,
	.stats = signald_stats
};

/* Towards the neighbours */

static int
signald_send(struct signald *sd, enum proc peer, enum msg_type type,
    const void *msg)
{
	struct channel	*channel;

	if ((channel = worker_channel(sd->sd_worker, peer, 0)) == NULL)
		return (-1);
	return (channel_send(channel, type, msg));
}

static int
signald_record(void *arg, const struct msg_call_put *msg)
{
	return (signald_send(arg, PROC_REGISTRYD, MSG_CALL_PUT, msg));
}

static int
signald_admit(void *arg, const struct msg_room_admit *msg)
{
	return (signald_send(arg, PROC_MEDIAD, MSG_ROOM_ADMIT, msg));
}

static int
signald_close_room(void *arg, const struct msg_room_close *msg)
{
	return (signald_send(arg, PROC_MEDIAD, MSG_ROOM_CLOSE, msg));
}

static int
signald_proven_put(void *arg, const struct msg_proven_put *msg)
{
	return (signald_send(arg, PROC_REGISTRYD, MSG_PROVEN_PUT, msg));
}

static int
signald_proven_query(void *arg, const struct msg_proven_query *msg)
{
	return (signald_send(arg, PROC_REGISTRYD, MSG_PROVEN_QUERY, msg));
}

static const struct flow_ops	signald_flow_ops = {
	signald_record,
	signald_admit,
	signald_close_room
};

static const struct signal_ops	signald_signal_ops = {
	signald_proven_put,
	signald_proven_query
};

/* Events of the QUIC endpoint */

/* Every way into our modules starts here: they have no clock of their own. */
static void
signald_begin(struct signald *sd)
{
	uint64_t	now;

	now = quic_service_now(sd->sd_service);
	flow_set_time(sd->sd_flow, now, clock_wall_ms());
	signal_set_time(sd->sd_server, now);
	sd->sd_dirty = true;
}

/*
 * Any name is let in here: what we do not serve is closed after its
 * handshake, and a wrong ALPN still gets its own alert.
 */
static enum quic_verdict
signald_quic_accept(void *arg, struct quic_conn *conn, const char *name)
{
	(void)arg;
	(void)conn;
	(void)name;
	return (QUIC_ACCEPT);
}

static void
signald_quic_established(void *arg, struct quic_conn *conn)
{
	struct signald	*sd = arg;

	signald_begin(sd);
	if (sd->sd_stopping)
		quic_close(conn, 0, "normal close");
	else
		(void)signal_established(sd->sd_server, conn);
}

static void
signald_quic_message(void *arg, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	struct signald	*sd = arg;

	signald_begin(sd);
	signal_message(sd->sd_server, conn, data, len);
}

static void
signald_quic_closed(void *arg, struct quic_conn *conn,
    const struct quic_close *close)
{
	struct signald	*sd = arg;

	signald_begin(sd);
	signal_closed(sd->sd_server, conn, close);
}

static const struct quic_ops	signald_quic_ops = {
	.accept = signald_quic_accept,
	.established = signald_quic_established,
	.message = signald_quic_message,
	.closed = signald_quic_closed
};

/* Set-up */

static void
signald_settings(struct worker *worker, const struct msg_settings *settings)
{
	struct signald	*sd = worker_ctx(worker);

	sd->sd_settings = *settings;
}

static void
signald_udp_socket(struct worker *worker, const struct msg_udp_socket *msg,
    int fd)
{
	struct signald	*sd = worker_ctx(worker);

	if (msg->listener >= SERVICE_LISTENERS_MAX) {
		close(fd);
		return;
	}
	if (sd->sd_service != NULL) {
		(void)quic_service_add_socket(sd->sd_service,
		    (unsigned int)msg->listener, &msg->address, fd);
		return;
	}
	if (sd->sd_sockets[msg->listener].fd != -1)
		close(sd->sd_sockets[msg->listener].fd);
	sd->sd_sockets[msg->listener].fd = fd;
	sd->sd_sockets[msg->listener].address = msg->address;
}

static int
signald_start(struct worker *worker)
{
	struct signald	*sd = worker_ctx(worker);

	sd->sd_worker = worker;
	return (signald_make_server(sd));
}

static int
signald_make_server(struct signald *sd)
{
	const struct msg_settings	*settings = &sd->sd_settings;
	struct signal_config		 config;
	struct flow_config		 flow;

	memset(&config, 0, sizeof(config));
	config.sg_legacy_allow = settings->legacy_allow;
	config.sg_register_ns = settings->register_ms * NS_PER_MS;
	config.sg_registry_wait_ns = settings->registry_wait_ms * NS_PER_MS;
	config.sg_max_people = settings->max_connections;
	config.sg_max_regs = settings->max_registrations;
	if (settings->advertise4[0] != '\0' &&
	    addr_parse(&config.sg_advertise4, settings->advertise4) == -1)
		log_warnx("advertise: not an address with a port");
	if (settings->advertise6[0] != '\0' &&
	    addr_parse(&config.sg_advertise6, settings->advertise6) == -1)
		log_warnx("advertise: not an address with a port");
	sd->sd_server = signal_server_new(&config, &signald_signal_ops, sd);
	if (sd->sd_server == NULL) {
		log_warn("registrations");
		return (-1);
	}
	memset(&flow, 0, sizeof(flow));
	flow.fc_best_effort = settings->registry_best_effort;
	flow.fc_addresses = settings->registry_addresses;
	flow.fc_ring_ns = settings->ring_ms * NS_PER_MS;
	flow.fc_grace_ns = settings->grace_ms * NS_PER_MS;
	flow.fc_registry_wait_ns = settings->registry_wait_ms * NS_PER_MS;
	flow.fc_max_calls = settings->max_calls;
	flow.fc_max_pending = settings->max_pending;
	sd->sd_flow = flow_new(&flow, signal_server_hub(sd->sd_server),
	    &signald_flow_ops, sd);
	if (sd->sd_flow == NULL) {
		log_warn("calls");
		return (-1);
	}
	signal_server_set_flow(sd->sd_server, sd->sd_flow);
	return (0);
}

static int
signald_make_service(struct signald *sd)
{
	struct quic_config	 config;
	unsigned int		 i;

	memset(&config, 0, sizeof(config));
	config.ops = &signald_quic_ops;
	config.arg = sd;
	quic_limits_default(&config.limits);
	config.limits.max_connections = sd->sd_settings.max_connections;
	config.limits.max_message = SIGNAL_MAX;
	config.tls_server = sd->sd_tls;
	memcpy(config.reset_key, sd->sd_keys.keys_reset_key,
	    sizeof(config.reset_key));
	config.slot = (uint8_t)worker_slot(sd->sd_worker);
	sd->sd_service = quic_service_new(worker_loop(sd->sd_worker),
	    &config);
	explicit_bzero(config.reset_key, sizeof(config.reset_key));
	if (sd->sd_service == NULL) {
		log_warn("QUIC service");
		return (-1);
	}
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++) {
		if (sd->sd_sockets[i].fd == -1)
			continue;
		if (quic_service_add_socket(sd->sd_service, i,
		    &sd->sd_sockets[i].address, sd->sd_sockets[i].fd) == -1) {
			log_warn("socket %u", i);
			return (-1);
		}
		sd->sd_sockets[i].fd = -1;
	}
	return (0);
}

static int
signald_serve(struct worker *worker)
{
	struct signald	*sd = worker_ctx(worker);
	struct ev_loop	*loop = worker_loop(worker);

	if (keys_fetch(worker, &sd->sd_keys) == -1) {
		log_warnx("no keys from keyd");
		return (-1);
	}
	sd->sd_tls = quic_tls_server(sd->sd_keys.keys_certificate,
	    sd->sd_keys.keys_certificate_len, keys_sign_tls, worker);
	if (sd->sd_tls == NULL) {
		log_warnx("TLS cannot be set up");
		return (-1);
	}
	if (signald_make_service(sd) == -1)
		return (-1);
	ev_timer_init(&sd->sd_timer, signald_timer, 0., 0.);
	sd->sd_timer.data = sd;
	ev_timer_init(&sd->sd_deadline, signald_deadline, 0., 0.);
	sd->sd_deadline.data = sd;
	ev_prepare_init(&sd->sd_prepare, signald_prepare);
	sd->sd_prepare.data = sd;
	ev_prepare_start(loop, &sd->sd_prepare);
	signald_begin(sd);
	if (worker_channel(worker, PROC_REGISTRYD, 0) != NULL)
		signald_registry_up(sd);
	if (worker_channel(worker, PROC_MEDIAD, 0) != NULL)
		flow_media_up(sd->sd_flow);
	return (0);
}

/* Neighbours that come and go */

static void
signald_registry_up(struct signald *sd)
{
	struct msg_live_request	request;

	if (!sd->sd_recovered) {
		memset(&request, 0, sizeof(request));
		request.seq = ++sd->sd_live_seq;
		(void)signald_send(sd, PROC_REGISTRYD, MSG_LIVE_REQUEST,
		    &request);
	}
	flow_registry_up(sd->sd_flow);
	signal_registry_up(sd->sd_server);
}

static void
signald_channel(struct worker *worker, struct channel *channel, bool data)
{
	struct signald	*sd = worker_ctx(worker);

	/* During set-up: signald_serve() looks at what is there. */
	if (data || sd->sd_service == NULL)
		return;
	signald_begin(sd);
	switch (channel_peer(channel)) {
	case PROC_REGISTRYD:
		signald_registry_up(sd);
		break;
	case PROC_MEDIAD:
		flow_media_up(sd->sd_flow);
		break;
	default:
		break;
	}
}

static void
signald_channel_lost(struct worker *worker, enum proc peer,
    unsigned int instance, bool data)
{
	struct signald	*sd = worker_ctx(worker);

	(void)instance;
	if (data || sd->sd_service == NULL || peer != PROC_REGISTRYD)
		return;
	signald_begin(sd);
	flow_registry_down(sd->sd_flow);
}

static void
signald_message(struct channel *channel, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	struct worker		*worker = arg;
	struct signald		*sd = worker_ctx(worker);
	const struct msg_live_end	*end;

	if (fd != -1)
		close(fd);	/* no message of ours carries one */
	signald_begin(sd);
	switch (type) {
	case MSG_DOOR_DATAGRAM:
		quic_service_input(sd->sd_service, msg);
		break;
	case MSG_CALL_COMMITTED:
		flow_committed(sd->sd_flow, msg);
		break;
	case MSG_ROOM_ADMITTED:
		flow_admitted(sd->sd_flow, msg);
		break;
	case MSG_LIVE_CALL:
		if (!sd->sd_recovered && !sd->sd_stopping)
			flow_live(sd->sd_flow, msg);
		break;
	case MSG_LIVE_END:
		end = msg;
		if (end->seq == sd->sd_live_seq)
			sd->sd_recovered = true;
		break;
	case MSG_PROVEN_ANSWER:
		signal_proven_answer(sd->sd_server, msg);
		break;
	case MSG_CTL_QUERY:
		control_query(channel, msg, sd->sd_flow,
		    signal_server_hub(sd->sd_server),
		    quic_service_now(sd->sd_service));
		break;
	default:
		/* The table lets nothing else through. */
		break;
	}
}

/* Turns */

static void
signald_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct signald	*sd = prepare->data;
	uint64_t	 due, next, now;
	unsigned int	 round;

	(void)events;
	/* Writing may report closed connections, whose peers hear of it. */
	for (round = 0; sd->sd_dirty && round < SIGNALD_ROUNDS; round++) {
		sd->sd_dirty = false;
		quic_service_turn(sd->sd_service);
	}
	if (sd->sd_stopping && !sd->sd_dirty &&
	    flow_unconfirmed(sd->sd_flow) == 0 &&
	    signal_count(sd->sd_server) == 0) {
		worker_exit(sd->sd_worker, 0);
		return;
	}
	next = flow_expiry(sd->sd_flow);
	due = signal_expiry(sd->sd_server);
	next = due < next ? due : next;
	now = clock_mono_ns();
	ev_timer_stop(loop, &sd->sd_timer);
	if (sd->sd_dirty)
		next = now;
	if (next == UINT64_MAX)
		return;
	ev_now_update(loop);
	ev_timer_set(&sd->sd_timer, next <= now ? 0. :
	    (double)(next - now) / (double)NS_PER_S, 0.);
	ev_timer_start(loop, &sd->sd_timer);
}

static void
signald_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct signald	*sd = timer->data;

	(void)loop;
	(void)events;
	signald_begin(sd);
	signal_expire(sd->sd_server);
	flow_expire(sd->sd_flow);
}

/* Stop */

static void
signald_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct signald	*sd = timer->data;

	(void)loop;
	(void)events;
	if (flow_unconfirmed(sd->sd_flow) != 0)
		log_warnx("%zu call records were not confirmed",
		    flow_unconfirmed(sd->sd_flow));
	worker_exit(sd->sd_worker, 0);
}

static void
signald_shutdown(struct worker *worker, uint64_t deadline_ms)
{
	struct signald	*sd = worker_ctx(worker);

	if (sd->sd_stopping)
		return;
	if (sd->sd_service == NULL) {
		worker_exit(worker, 0);
		return;
	}
	sd->sd_stopping = true;
	sd->sd_recovered = true;
	signald_begin(sd);
	flow_stop(sd->sd_flow);
	signal_stop(sd->sd_server);
	if (deadline_ms > SIGNALD_STOP_MARGIN_MS)
		deadline_ms -= SIGNALD_STOP_MARGIN_MS;
	ev_timer_set(&sd->sd_deadline, (double)deadline_ms / 1000., 0.);
	ev_timer_start(worker_loop(worker), &sd->sd_deadline);
}

static void
signald_stats(struct worker *worker, struct row *row)
{
	struct signald	*sd = worker_ctx(worker);

	if (sd->sd_server == NULL || sd->sd_flow == NULL)
		return;
	control_stats(row, sd->sd_flow, sd->sd_server);
	if (sd->sd_service != NULL) {
		row_u64(row, "quic_connections", quic_endpoint_connections(
		    quic_service_endpoint(sd->sd_service)));
		row_u64(row, "packets_dropped",
		    quic_service_dropped(sd->sd_service));
	}
}

int
main(int argc, char **argv)
{
	static struct signald	sd;
	unsigned int		i;

	/* Before anything else: libcrypto must not read the host's files. */
	if (quic_tls_init() == -1)
		return (1);
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++)
		sd.sd_sockets[i].fd = -1;
	return (worker_main(argc, argv, &signald_worker_ops, &sd));
}
