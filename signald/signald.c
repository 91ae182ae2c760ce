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
 * parts: the QUIC service, the connections' protocol and calls; links.c has
 * the channels to doord, registryd, mediad, lookupd and controld.
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
#include "common/quic/params.h"
#include "signald/control.h"
#include "signald/hub.h"
#include "signald/signald.h"

/* Rounds of write-and-handle before the loop gets a chance to read again. */
#define SIGNALD_ROUNDS	4
/* Kept of the time for an orderly stop, for the last packets. */
#define SIGNALD_STOP_MARGIN_MS	200

struct signald	signald;

static void	 signald_settings(struct worker *,
		    const struct msg_settings *);
static void	 signald_slot(struct worker *, const struct msg_slot *);
static void	 signald_token_key(struct worker *,
		    const struct msg_token_key *);
static void	 signald_ticket_key(struct worker *,
		    const struct msg_ticket_key *);
static void	 signald_udp_socket(struct worker *,
		    const struct msg_udp_socket *, int);
static int	 signald_start(struct worker *);
static int	 signald_serve(struct worker *);
static void	 signald_shutdown(struct worker *, uint64_t);
static void	 signald_stats(struct worker *, struct row *);
static int	 signald_make_server(struct signald *);
static int	 signald_make_service(struct signald *);
static void	 signald_configure(const struct signald *,
		    struct signal_config *, struct flow_config *);
static void	 signald_prepare(struct ev_loop *, ev_prepare *, int);
static void	 signald_timer(struct ev_loop *, ev_timer *, int);
static void	 signald_deadline(struct ev_loop *, ev_timer *, int);

static const struct worker_ops	signald_worker_ops = {
	.role = PROC_SIGNALD,
	.gathers = true,
	.settings = signald_settings,
	.slot = signald_slot,
	.token_key = signald_token_key,
	.ticket_key = signald_ticket_key,
	.udp_socket = signald_udp_socket,
	.channel = signald_channel,
	.channel_lost = signald_channel_lost,
	.start = signald_start,
	.serve = signald_serve,
	.message = signald_message,
	.shutdown = signald_shutdown,
	.stats = signald_stats
};

/* Events of the QUIC endpoint */

void
signald_begin(struct signald *sd)
{
	uint64_t	now;

	now = quic_service_now(sd->sd_service);
	flow_set_time(sd->sd_flow, now, clock_wall_ms());
	signal_set_time(sd->sd_server, now);
	placing_set_time(sd->sd_placing, now);
	sd->sd_dirty = true;
}

void
signald_count(struct signald *sd)
{
	struct quic_endpoint	*ep = quic_service_endpoint(sd->sd_service);
	struct limiter		*lm = signal_server_limiter(sd->sd_server);

	limiter_used(lm, LIMIT_CONNECTIONS, quic_endpoint_connections(ep));
	limiter_refused_all(lm, LIMIT_CONNECTIONS, quic_endpoint_refused(ep));
	limiter_used(lm, LIMIT_CALLS,
	    calls_count(flow_calls(sd->sd_flow)));
}

/* What it takes a look at everybody to know. */
static void
signald_count_all(struct signald *sd)
{
	struct limiter		*lm = signal_server_limiter(sd->sd_server);
	const struct calls	*calls = flow_calls(sd->sd_flow);
	const struct hub	*hub = signal_server_hub(sd->sd_server);
	size_t			 pending, person;

	quic_service_usage(sd->sd_service, lm);
	calls_most(calls, &person, &pending);
	limiter_reached(lm, LIMIT_PERSON_CALLS, calls_person_highest(calls));
	limiter_used(lm, LIMIT_PERSON_CALLS, person);
	limiter_used(lm, LIMIT_PENDING, pending);
	limiter_reached(lm, LIMIT_REGISTRATIONS, hub_highest(hub));
	limiter_used(lm, LIMIT_REGISTRATIONS, hub_most(hub));
	/* Held ones are counted where they are held. */
	limiter_used(lm, LIMIT_SOURCE_CONNECTIONS, 0);
}

void
signald_limits(struct signald *sd, struct channel *channel,
    const struct msg_ctl_query *query)
{
	signald_count(sd);
	signald_count_all(sd);
	worker_ctl_limits(channel, query, signal_server_limiter(
	    sd->sd_server), quic_service_now(sd->sd_service));
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

/* Where a room is, to doord and mediad before whoever was invited there. */
static void
signald_ahead(void *arg)
{
	struct signald	*sd = arg;

	worker_flush(sd->sd_worker);
}

static const struct quic_ops	signald_quic_ops = {
	.accept = signald_quic_accept,
	.established = signald_quic_established,
	.message = signald_quic_message,
	.closed = signald_quic_closed
};

/* Set-up */

/* In set-up, and again when the configuration was read anew. */
static void
signald_settings(struct worker *worker, const struct msg_settings *settings)
{
	struct signald		*sd = worker_ctx(worker);
	struct signal_config	 config;
	struct flow_config	 flow;

	sd->sd_settings = *settings;
	sd->sd_tickets.tk_on = settings->resumption;
	if (sd->sd_service == NULL)
		return;
	signald_begin(sd);
	signald_configure(sd, &config, &flow);
	signal_configure(sd->sd_server, &config);
	limiter_settings(signal_server_limiter(sd->sd_server), settings);
	flow_configure(sd->sd_flow, &flow);
	placing_set_max_rooms(sd->sd_placing, settings->max_rooms);
	quic_endpoint_set_max(quic_service_endpoint(sd->sd_service),
	    settings->max_connections);
	quic_endpoint_set_queue(quic_service_endpoint(sd->sd_service),
	    settings->max_queue);
}

static void
signald_slot(struct worker *worker, const struct msg_slot *slot)
{
	struct signald	*sd = worker_ctx(worker);

	/* Before start: signald_serve() looks at the table. */
	if (sd->sd_service == NULL || slot->role != PROC_MEDIAD)
		return;
	signald_begin(sd);
	placing_retiring(sd->sd_placing, (unsigned int)slot->slot,
	    slot->retiring);
}

static void
signald_token_key(struct worker *worker, const struct msg_token_key *key)
{
	struct signald	*sd = worker_ctx(worker);

	if (key->role != PROC_SIGNALD)
		return;
	if (sd->sd_service != NULL) {
		quic_service_token_key(sd->sd_service, key->generation,
		    key->key);
		return;
	}
	sd->sd_token_keys[0] = sd->sd_token_keys[1];
	sd->sd_token_keys[1] = *key;
}

static void
signald_ticket_key(struct worker *worker, const struct msg_ticket_key *key)
{
	struct signald	*sd = worker_ctx(worker);

	if (ticket_keys_set(&sd->sd_tickets, key->generation, key->key) == -1)
		log_warnx("a ticket key could not be taken");
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
		if (quic_service_add_socket(sd->sd_service,
		    (unsigned int)msg->listener, &msg->address, fd,
		    msg->receive) == -1)
			close(fd);
		return;
	}
	if (sd->sd_sockets[msg->listener].fd != -1)
		close(sd->sd_sockets[msg->listener].fd);
	sd->sd_sockets[msg->listener].fd = fd;
	sd->sd_sockets[msg->listener].receive = msg->receive;
	sd->sd_sockets[msg->listener].address = msg->address;
}

static int
signald_start(struct worker *worker)
{
	struct signald	*sd = worker_ctx(worker);

	sd->sd_worker = worker;
	return (signald_make_server(sd));
}

static void
signald_configure(const struct signald *sd, struct signal_config *config,
    struct flow_config *flow)
{
	const struct msg_settings	*settings = &sd->sd_settings;
	size_t				 i;

	memset(config, 0, sizeof(*config));
	config->sg_legacy_allow = settings->legacy_allow;
	config->sg_auth = settings->auth_required;
	config->sg_register_ns = settings->register_ms * NS_PER_MS;
	config->sg_registry_wait_ns = settings->registry_wait_ms * NS_PER_MS;
	config->sg_max_people = settings->max_connections;
	config->sg_max_regs = settings->max_registrations;
	if (settings->advertise4[0] != '\0' &&
	    addr_parse(&config->sg_advertise4, settings->advertise4) == -1)
		log_warnx("advertise: not an address with a port");
	if (settings->advertise6[0] != '\0' &&
	    addr_parse(&config->sg_advertise6, settings->advertise6) == -1)
		log_warnx("advertise: not an address with a port");
	memset(flow, 0, sizeof(*flow));
	flow->fc_best_effort = settings->registry_best_effort;
	flow->fc_addresses = settings->registry_addresses;
	flow->fc_ring_ns = settings->ring_ms * NS_PER_MS;
	flow->fc_grace_ns = settings->grace_ms * NS_PER_MS;
	flow->fc_registry_wait_ns = settings->registry_wait_ms * NS_PER_MS;
	flow->fc_max_calls = settings->max_calls;
	flow->fc_max_pending = settings->max_pending;
	flow->fc_person_calls = settings->person_calls;
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++) {
		if (sd->sd_sockets[i].address.addr_len != 0)
			flow->fc_own[flow->fc_nown++] =
			    sd->sd_sockets[i].address;
	}
	if (config->sg_advertise4.addr_len != 0)
		flow->fc_own[flow->fc_nown++] = config->sg_advertise4;
	if (config->sg_advertise6.addr_len != 0)
		flow->fc_own[flow->fc_nown++] = config->sg_advertise6;
}

static int
signald_make_server(struct signald *sd)
{
	struct signal_config	config;
	struct flow_config	flow;

	signald_configure(sd, &config, &flow);
	sd->sd_server = signal_server_new(&config, &signald_signal_ops, sd);
	if (sd->sd_server == NULL) {
		log_warn("registrations");
		return (-1);
	}
	limiter_settings(signal_server_limiter(sd->sd_server),
	    &sd->sd_settings);
	sd->sd_flow = flow_new(&flow, signal_server_hub(sd->sd_server),
	    &signald_flow_ops, sd);
	if (sd->sd_flow == NULL) {
		log_warn("calls");
		return (-1);
	}
	signal_server_set_flow(sd->sd_server, sd->sd_flow);
	sd->sd_placing = placing_new(sd->sd_settings.room_key,
	    sd->sd_settings.max_rooms, &signald_placing_ops, sd);
	sd->sd_authcheck = authcheck_new(sd->sd_worker);
	sd->sd_presence = presence_new(FLOW_CALLS_HARD_MAX,
	    &signald_presence_ops, sd);
	sd->sd_presence_due = UINT64_MAX;
	if (sd->sd_placing == NULL || sd->sd_authcheck == NULL ||
	    sd->sd_presence == NULL) {
		log_warn("rooms, tokens and presence");
		return (-1);
	}
	hub_watch(signal_server_hub(sd->sd_server), signald_present, sd);
	return (0);
}

static int
signald_make_service(struct signald *sd)
{
	struct quic_config	 config;
	unsigned int		 i;
	int			 slot;

	memset(&config, 0, sizeof(config));
	config.ops = &signald_quic_ops;
	config.arg = sd;
	quic_limits_default(&config.limits);
	config.limits.max_connections = sd->sd_settings.max_connections;
	config.limits.max_message = SIGNAL_MAX;
	config.limits.max_send_queue = sd->sd_settings.max_queue;
	config.limits.max_streams = sd->sd_settings.max_streams;
	/*
	 * Clients speak every 5 s (ours, 4) and that is enough for the path.
	 * Who waits for as long as they do speaks as well, in the same moment:
	 * twice the datagrams.  So only who has missed a time is asked.
	 */
	config.limits.keepalive_ms = 2 * QUIC_KEEPALIVE_MS;
	config.tls_server = sd->sd_tls;
	memcpy(config.reset_key, sd->sd_keys.keys_reset_key,
	    sizeof(config.reset_key));
	if ((slot = worker_slot(sd->sd_worker)) == -1) {
		log_warnx("no slot");
		return (-1);
	}
	config.slot = (uint8_t)slot;
	config.door = true;
	config.export_label = QUIC_PROOF_LABEL;
	config.shared_ciphers = true;
	sd->sd_service = quic_service_new(worker_loop(sd->sd_worker),
	    &config);
	explicit_bzero(config.reset_key, sizeof(config.reset_key));
	if (sd->sd_service == NULL) {
		log_warn("QUIC service");
		return (-1);
	}
	quic_service_ahead(sd->sd_service, signald_ahead);
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++) {
		if (sd->sd_sockets[i].fd == -1)
			continue;
		if (quic_service_add_socket(sd->sd_service, i,
		    &sd->sd_sockets[i].address, sd->sd_sockets[i].fd,
		    sd->sd_sockets[i].receive) == -1) {
			log_warn("socket %u", i);
			return (-1);
		}
		sd->sd_sockets[i].fd = -1;
	}
	for (i = 0; i < 2; i++) {
		if (sd->sd_token_keys[i].role == PROC_SIGNALD)
			quic_service_token_key(sd->sd_service,
			    sd->sd_token_keys[i].generation,
			    sd->sd_token_keys[i].key);
		explicit_bzero(sd->sd_token_keys[i].key,
		    sizeof(sd->sd_token_keys[i].key));
	}
	quic_service_set_door(sd->sd_service,
	    worker_data_channel(sd->sd_worker, PROC_DOORD, 0));
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
	if (sd->sd_tls == NULL ||
	    quic_tls_tickets(sd->sd_tls, &sd->sd_tickets) == -1) {
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
	signald_links(sd);
	return (0);
}

/* Turns */

static void
signald_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct signald	*sd = prepare->data;
	uint64_t	 due, next, now;
	unsigned int	 round;

	(void)events;
	signald_links_turn(sd);
	signald_count(sd);
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
	due = placing_expiry(sd->sd_placing);
	next = due < next ? due : next;
	due = signald_links_expiry(sd);
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
	placing_expire(sd->sd_placing);
	signald_links_expire(sd);
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
	sd->sd_live_due = UINT64_MAX;
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
	control_stats(row, sd->sd_flow, sd->sd_server, sd->sd_placing);
	authcheck_stats(sd->sd_authcheck, row);
	if (sd->sd_service != NULL) {
		row_u64(row, "quic_connections", quic_endpoint_connections(
		    quic_service_endpoint(sd->sd_service)));
		row_u64(row, "handshakes_busy", quic_endpoint_busy(
		    quic_service_endpoint(sd->sd_service)));
		row_u64(row, "packets_dropped",
		    quic_service_dropped(sd->sd_service));
	}
}

int
main(int argc, char **argv)
{
	unsigned int	i;

	/* Before anything else: libcrypto must not read the host's files. */
	if (quic_tls_init() == -1)
		return (1);
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++)
		signald.sd_sockets[i].fd = -1;
	return (worker_main(argc, argv, &signald_worker_ops, &signald));
}
