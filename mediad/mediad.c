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
 * mediad, the process: one of N, with the rooms that placement gives it.  It
 * reads and writes the sockets of its own slot; new connections come from
 * doord.  It asks keyd for the signatures of handshakes and CallAnswers and
 * lookupd about tokens, hears from signald who may enter call rooms and tells
 * it which rooms are occupied, and registryd what went through them.  With
 * federd it exchanges the people and datagrams of rooms that reach over
 * relays.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/quic/params.h"
#include "common/quic/service.h"
#include "common/quic/ticket.h"
#include "common/quic/tls.h"
#include "common/worker/authcheck.h"
#include "common/worker/keys.h"
#include "common/worker/worker.h"
#include "mediad/ctl.h"
#include "mediad/media.h"

/* Last reports kept while registryd is away; older ones go first. */
#define REPORTS_KEPT	256

struct udp_fd {
	int		uf_fd;
	struct addr	uf_address;
	bool		uf_receive;
};

struct mediad {
	struct worker		*me_worker;
	struct keys		 me_keys;
	struct quic_tls		*me_tls;
	struct ticket_keys	 me_tickets;
	struct quic_service	*me_service;
	struct media		*me_media;
	struct authcheck	*me_auth;
	struct udp_fd		 me_udp[SERVICE_LISTENERS_MAX];
	ev_timer		 me_timer;
	uint64_t		 me_armed;	/* UINT64_MAX: it is not */
	ev_prepare		 me_prepare;
	ev_idle			 me_idle;
	struct msg_call_media	 me_reports[REPORTS_KEPT];
	size_t			 me_nreports;
	size_t			 me_first;
	uint64_t		 me_lost;	/* reports */
};

static void	 mediad_settings(struct worker *,
		    const struct msg_settings *);
static void	 mediad_ticket_key(struct worker *,
		    const struct msg_ticket_key *);
static void	 mediad_slot(struct worker *, const struct msg_slot *);
static void	 mediad_udp_socket(struct worker *,
		    const struct msg_udp_socket *, int);
static void	 mediad_channel(struct worker *, struct channel *, bool);
static void	 mediad_channel_lost(struct worker *, enum proc, unsigned int,
		    bool);
static int	 mediad_start(struct worker *);
static int	 mediad_serve(struct worker *);
static void	 mediad_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	 mediad_batch_end(struct channel *, void *);
static void	 mediad_shutdown(struct worker *, uint64_t);
static void	 mediad_stats(struct worker *, struct row *);
static void	 mediad_config(const struct msg_settings *,
		    struct media_config *);
static void	 mediad_admit(struct mediad *, struct channel *,
		    const struct msg_room_admit *);
static void	 mediad_limits(struct mediad *, struct channel *,
		    const struct msg_ctl_query *);
static void	 mediad_prepare(struct ev_loop *, ev_prepare *, int);
static void	 mediad_timer(struct ev_loop *, ev_timer *, int);
static void	 mediad_idle(struct ev_loop *, ev_idle *, int);
static int	 mediad_sign(void *, const uint8_t *, uint8_t *);
static void	 mediad_report(void *, const struct msg_call_media *);
static uint64_t	 mediad_now(void *);
static int	 mediad_room(void *, enum msg_type, const char *);
static void	 mediad_seen(void *, const struct msg_offer_seen *);
static uint64_t	 mediad_check(void *, const void *, size_t, void *);
static void	 mediad_give_up(void *, uint64_t);
static int	 mediad_drained(void *);
static int	 mediad_fed_member(void *, const struct msg_fed_member *);
static void	 mediad_fed_media(void *, const struct msg_fed_media *);
static void	 mediad_fed_flush(void *);

static const struct worker_ops	mediad_ops = {
	.role = PROC_MEDIAD,
	.settings = mediad_settings,
	.ticket_key = mediad_ticket_key,
	.slot = mediad_slot,
	.udp_socket = mediad_udp_socket,
	.channel = mediad_channel,
	.channel_lost = mediad_channel_lost,
	.start = mediad_start,
	.serve = mediad_serve,
	.message = mediad_message,
	.batch_end = mediad_batch_end,
	.shutdown = mediad_shutdown,
	.stats = mediad_stats
};

static const struct media_ops	mediad_media_ops = {
	.sign = mediad_sign,
	.report = mediad_report,
	.now = mediad_now,
	.room = mediad_room,
	.seen = mediad_seen,
	.check = mediad_check,
	.give_up = mediad_give_up,
	.drained = mediad_drained
};

static const struct federate_ops	mediad_federate_ops = {
	.member = mediad_fed_member,
	.media = mediad_fed_media,
	.flush = mediad_fed_flush
};

int
main(int argc, char **argv)
{
	static struct mediad	me;
	size_t			i;

	for (i = 0; i < SERVICE_LISTENERS_MAX; i++)
		me.me_udp[i].uf_fd = -1;
	return (worker_main(argc, argv, &mediad_ops, &me));
}

/* Read anew while we serve; before that mediad_serve() takes them. */
static void
mediad_settings(struct worker *worker, const struct msg_settings *settings)
{
	struct mediad		*me = worker_ctx(worker);
	struct media_config	 config;

	me->me_tickets.tk_on = settings->resumption;
	if (me->me_media == NULL)
		return;
	mediad_config(settings, &config);
	media_settings(me->me_media, &config);
	limiter_settings(media_limiter(me->me_media), settings);
	quic_endpoint_set_max(quic_service_endpoint(me->me_service),
	    settings->max_connections);
	quic_endpoint_set_queue(quic_service_endpoint(me->me_service),
	    settings->max_queue);
}

static void
mediad_ticket_key(struct worker *worker, const struct msg_ticket_key *key)
{
	struct mediad	*me = worker_ctx(worker);

	if (ticket_keys_set(&me->me_tickets, key->generation, key->key) == -1)
		log_warnx("a ticket key could not be taken");
}

static void
mediad_config(const struct msg_settings *settings,
    struct media_config *config)
{
	memset(config, 0, sizeof(*config));
	config->mc_legacy_allow = settings->legacy_allow;
	config->mc_auth_required = settings->auth_required;
	config->mc_offer_ms = settings->offer_ms;
	config->mc_max_calls = settings->max_calls;
	config->mc_limits.rl_rooms = settings->max_rooms;
	config->mc_limits.rl_participants = settings->max_participants;
}

static void
mediad_slot(struct worker *worker, const struct msg_slot *slot)
{
	struct mediad	*me = worker_ctx(worker);

	if (me->me_media == NULL || (int)slot->slot != worker_slot(worker))
		return;
	if (slot->retiring != media_retiring(me->me_media))
		log_info("%s", slot->retiring ?
		    "retiring: waiting for the last one to leave" :
		    "in service again");
	media_retire(me->me_media, slot->retiring);
}

static void
mediad_udp_socket(struct worker *worker, const struct msg_udp_socket *msg,
    int fd)
{
	struct mediad	*me = worker_ctx(worker);

	if (msg->listener >= SERVICE_LISTENERS_MAX ||
	    me->me_udp[msg->listener].uf_fd != -1) {
		log_warnx("listener %llu: not one more",
		    (unsigned long long)msg->listener);
		(void)close(fd);
		return;
	}
	me->me_udp[msg->listener].uf_fd = fd;
	me->me_udp[msg->listener].uf_address = msg->address;
	me->me_udp[msg->listener].uf_receive = msg->receive;
}

static void
mediad_channel(struct worker *worker, struct channel *ch, bool data)
{
	struct mediad	*me = worker_ctx(worker);

	if (me->me_media == NULL)
		return;
	if (data) {
		if (channel_peer(ch) == PROC_DOORD)
			quic_service_set_door(me->me_service, ch);
		return;
	}
	switch (channel_peer(ch)) {
	case PROC_SIGNALD:
		/* mediad_prepare() sends the list. */
		media_signald(me->me_media, true);
		break;
	case PROC_FEDERD:
		federate_federd(media_federate(me->me_media), true,
		    clock_mono_ns());
		break;
	case PROC_REGISTRYD:
		for (; me->me_nreports > 0; me->me_nreports--) {
			if (channel_send(ch, MSG_CALL_MEDIA,
			    &me->me_reports[me->me_first]) == -1)
				break;
			me->me_first = (me->me_first + 1) % REPORTS_KEPT;
		}
		break;
	default:
		break;
	}
}

static void
mediad_channel_lost(struct worker *worker, enum proc proc,
    unsigned int instance, bool data)
{
	struct mediad	*me = worker_ctx(worker);

	(void)instance;
	if (me->me_media == NULL)
		return;
	switch (proc) {
	case PROC_DOORD:
		if (data)
			quic_service_set_door(me->me_service, NULL);
		break;
	case PROC_SIGNALD:
		media_signald(me->me_media, false);
		break;
	case PROC_LOOKUPD:
		authcheck_lost(me->me_auth);
		break;
	case PROC_FEDERD:
		if (!data)
			federate_federd(media_federate(me->me_media), false,
			    clock_mono_ns());
		break;
	default:
		break;
	}
}

static int
mediad_start(struct worker *worker)
{
	(void)worker;
	return (quic_tls_init());
}

static int
mediad_serve(struct worker *worker)
{
	struct mediad			*me = worker_ctx(worker);
	const struct msg_settings	*settings = worker_settings(worker);
	const struct slot		*own;
	struct media_config		 media;
	struct quic_config		 quic;
	size_t				 i;
	int				 slot;

	me->me_worker = worker;
	if ((slot = worker_slot(worker)) == -1) {
		log_warnx("no slot for this mediad");
		return (-1);
	}
	if (keys_fetch(worker, &me->me_keys) == -1) {
		log_warnx("no keys from keyd");
		return (-1);
	}
	mediad_config(settings, &media);
	media.mc_ops = &mediad_media_ops;
	media.mc_federate = &mediad_federate_ops;
	media.mc_arg = me;
	memcpy(media.mc_identity_pub, me->me_keys.keys_identity_pub, PUB_LEN);
	if ((me->me_auth = authcheck_new(worker)) == NULL ||
	    (me->me_media = media_new(&media)) == NULL) {
		log_warn("media");
		return (-1);
	}
	limiter_settings(media_limiter(me->me_media), settings);
	if ((me->me_tls = quic_tls_server(me->me_keys.keys_certificate,
	    me->me_keys.keys_certificate_len, keys_sign_tls,
	    worker)) == NULL ||
	    quic_tls_tickets(me->me_tls, &me->me_tickets) == -1) {
		log_warnx("the certificate from keyd does not do");
		return (-1);
	}
	memset(&quic, 0, sizeof(quic));
	quic.ops = &media_quic_ops;
	quic.arg = me->me_media;
	quic_limits_default(&quic.limits);
	quic.limits.max_connections = settings->max_connections;
	quic.limits.max_send_queue = settings->max_queue;
	quic.limits.max_streams = settings->max_streams;
	/* Media does not slow down for losses that are not its own. */
	quic.limits.congestion = QUIC_BBR;
	quic.export_label = QUIC_PROOF_LABEL;
	quic.tls_server = me->me_tls;
	memcpy(quic.reset_key, me->me_keys.keys_reset_key,
	    sizeof(quic.reset_key));
	quic.slot = (uint8_t)slot;
	quic.door = true;
	if ((me->me_service = quic_service_new(worker_loop(worker),
	    &quic)) == NULL) {
		log_warn("quic");
		return (-1);
	}
	quic_service_gather(me->me_service);
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++) {
		if (me->me_udp[i].uf_fd == -1)
			continue;
		if (quic_service_add_socket(me->me_service, (unsigned int)i,
		    &me->me_udp[i].uf_address, me->me_udp[i].uf_fd,
		    me->me_udp[i].uf_receive) == -1) {
			log_warn("listener %zu", i);
			return (-1);
		}
	}
	ev_timer_init(&me->me_timer, mediad_timer, 0., 0.);
	ev_prepare_init(&me->me_prepare, mediad_prepare);
	ev_idle_init(&me->me_idle, mediad_idle);
	me->me_timer.data = me;
	me->me_armed = UINT64_MAX;
	me->me_prepare.data = me;
	ev_prepare_start(worker_loop(worker), &me->me_prepare);
	/* Channels that came before we could use them. */
	quic_service_set_door(me->me_service,
	    worker_data_channel(worker, PROC_DOORD, 0));
	media_signald(me->me_media,
	    worker_channel(worker, PROC_SIGNALD, 0) != NULL);
	federate_federd(media_federate(me->me_media),
	    worker_channel(worker, PROC_FEDERD, 0) != NULL, clock_mono_ns());
	if ((own = slots_owner(worker_slots(worker),
	    (unsigned int)slot)) != NULL)
		media_retire(me->me_media, own->sl_retiring);
	return (0);
}

static void
mediad_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	struct mediad			*me = worker_ctx(arg);
	const struct msg_room_close	*cl;

	if (fd != -1)
		(void)close(fd);
	if (me->me_service == NULL)
		return;
	switch (type) {
	case MSG_DOOR_DATAGRAM:
		quic_service_input(me->me_service, msg);
		break;
	case MSG_ROOM_ADMIT:
		mediad_admit(me, ch, msg);
		break;
	case MSG_ROOM_CLOSE:
		cl = msg;
		admission_close(media_admissions(me->me_media), cl->call_id);
		break;
	case MSG_ADMIT_END:
		media_admit_end(me->me_media);
		break;
	case MSG_OFFER_SEEN:
		media_offer_seen(me->me_media, msg);
		break;
	case MSG_AUTH_RESULT:
		authcheck_result(me->me_auth, msg);
		break;
	case MSG_FED_ROOM:
		federate_room(media_federate(me->me_media), msg,
		    clock_mono_ns());
		break;
	case MSG_FED_MEMBER:
		federate_member(media_federate(me->me_media), msg);
		break;
	case MSG_FED_MEDIA:
		federate_media(media_federate(me->me_media), msg,
		    mediad_now(me));
		break;
	case MSG_CTL_QUERY:
		if (((const struct msg_ctl_query *)msg)->what == CTL_LIMITS) {
			mediad_limits(me, ch, msg);
			break;
		}
		ctl_query(me->me_media, ch, msg, clock_mono_ns());
		break;
	default:
		/* The table lets nothing else through but late answers. */
		break;
	}
}

static void
mediad_limits(struct mediad *me, struct channel *ch,
    const struct msg_ctl_query *query)
{
	struct limiter		*lm = media_limiter(me->me_media);
	struct rooms		*rooms = media_rooms(me->me_media);
	const struct room	*room;
	size_t			 iter = 0, most = 0;

	while ((room = room_next(rooms, &iter)) != NULL)
		if (room->rm_count > most)
			most = room->rm_count;
	limiter_used(lm, LIMIT_ROOMS, rooms_count(rooms));
	limiter_used(lm, LIMIT_PARTICIPANTS, most);
	quic_service_usage(me->me_service, lm);
	worker_ctl_limits(ch, query, lm, clock_mono_ns());
}

static void
mediad_admit(struct mediad *me, struct channel *ch,
    const struct msg_room_admit *msg)
{
	struct msg_room_admitted	 answer;

	memset(&answer, 0, sizeof(answer));
	strlcpy(answer.call_id, msg->call_id, sizeof(answer.call_id));
	answer.ok = media_admit(me->me_media, msg) == 0;
	if (channel_send(ch, MSG_ROOM_ADMITTED, &answer) == -1)
		log_warnx("admission not confirmed: signald is away");
}

static void
mediad_batch_end(struct channel *ch, void *arg)
{
	struct mediad	*me = worker_ctx(arg);

	if (me->me_service != NULL && (channel_peer(ch) == PROC_DOORD ||
	    (channel_peer(ch) == PROC_FEDERD && channel_is_data(ch))))
		quic_service_turn(me->me_service);
}

/*
 * Before each wait: one CallAnswer, what is due, and the timer for the rest.
 * Here it also catches what the service's own timer brought about (a member
 * timed out: the others hear of it).
 */
static void
mediad_prepare(struct ev_loop *loop, ev_prepare *watcher, int revents)
{
	struct mediad	*me = watcher->data;
	uint64_t	 due, now;

	(void)revents;
	now = clock_mono_ns();
	if (media_turn(me->me_media, now))
		quic_service_turn(me->me_service);
	due = media_expiry(me->me_media);
	/* More offers wait: look at the sockets, then come back at once. */
	if (due <= now) {
		ev_idle_start(loop, &me->me_idle);
		return;
	}
	ev_idle_stop(loop, &me->me_idle);
	if (due == me->me_armed)
		return;
	ev_timer_stop(loop, &me->me_timer);
	if ((me->me_armed = due) == UINT64_MAX)
		return;
	ev_now_update(loop);
	ev_timer_set(&me->me_timer, (double)(due - now) / 1e9, 0.);
	ev_timer_start(loop, &me->me_timer);
}

static void
mediad_timer(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct mediad	*me = watcher->data;

	/* The wake-up is all: mediad_prepare() does the work. */
	(void)loop;
	(void)revents;
	me->me_armed = UINT64_MAX;
}

static void
mediad_idle(struct ev_loop *loop, ev_idle *watcher, int revents)
{
	/* It only keeps the loop from waiting. */
	(void)loop;
	(void)watcher;
	(void)revents;
}

static void
mediad_shutdown(struct worker *worker, uint64_t deadline_ms)
{
	struct mediad	*me = worker_ctx(worker);

	(void)deadline_ms;
	if (me->me_service != NULL) {
		media_shutdown(me->me_media);
		quic_service_turn(me->me_service);
	}
	worker_exit(worker, 0);
}

static void
mediad_stats(struct worker *worker, struct row *row)
{
	struct mediad	*me = worker_ctx(worker);

	if (me->me_service == NULL)
		return;
	row_u64(row, "connections", quic_endpoint_connections(
	    quic_service_endpoint(me->me_service)));
	ctl_stats(me->me_media, row);
	authcheck_stats(me->me_auth, row);
	row_u64(row, "socket_drops", quic_service_dropped(me->me_service));
	row_u64(row, "reports_lost", me->me_lost);
}

static int
mediad_sign(void *arg, const uint8_t *ephemeral, uint8_t *sig)
{
	struct mediad	*me = arg;

	return (keys_sign_answer(me->me_worker, ephemeral, sig));
}

/* What a departing member leaves behind is kept for registryd's return. */
static void
mediad_report(void *arg, const struct msg_call_media *msg)
{
	struct mediad	*me = arg;
	struct channel	*ch;

	ch = worker_channel(me->me_worker, PROC_REGISTRYD, 0);
	/* The next one of that member says the same and more. */
	if (ch != NULL && !msg->final && channel_slow(ch))
		return;
	if (ch != NULL && channel_send(ch, MSG_CALL_MEDIA, msg) == 0)
		return;
	if (!msg->final)
		return;
	if (me->me_nreports == REPORTS_KEPT) {
		me->me_first = (me->me_first + 1) % REPORTS_KEPT;
		me->me_nreports--;
		me->me_lost++;
	}
	me->me_reports[(me->me_first + me->me_nreports++) % REPORTS_KEPT] =
	    *msg;
}

static uint64_t
mediad_now(void *arg)
{
	struct mediad	*me = arg;

	return (me->me_service == NULL ? clock_mono_ns() :
	    quic_service_now(me->me_service));
}

static int
mediad_room(void *arg, enum msg_type type, const char *name)
{
	struct mediad	*me = arg;
	struct msg_room	 msg;
	struct channel	*ch;

	ch = worker_channel(me->me_worker, PROC_SIGNALD, 0);
	if (ch == NULL || (type != MSG_ROOM_EMPTY && channel_slow(ch)))
		return (-1);
	if (type == MSG_ROOMS_END)
		return (channel_send(ch, type, NULL));
	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.room, name, sizeof(msg.room));
	return (channel_send(ch, type, &msg));
}

static void
mediad_seen(void *arg, const struct msg_offer_seen *msg)
{
	struct mediad	*me = arg;
	struct channel	*ch;

	ch = worker_channel(me->me_worker, PROC_SIGNALD, 0);
	if (ch != NULL && !channel_slow(ch))
		(void)channel_send(ch, MSG_OFFER_SEEN, msg);
}

static uint64_t
mediad_check(void *arg, const void *token, size_t len, void *handle)
{
	struct mediad	*me = arg;

	return (authcheck_start(me->me_auth, token, len, media_checked,
	    handle));
}

static void
mediad_give_up(void *arg, uint64_t id)
{
	struct mediad	*me = arg;

	authcheck_cancel(me->me_auth, id);
}

static int
mediad_drained(void *arg)
{
	struct mediad	*me = arg;

	if (quic_endpoint_connections(quic_service_endpoint(
	    me->me_service)) > 0)
		return (-1);
	return (channel_send(worker_channel(me->me_worker, PROC_RELAYD, 0),
	    MSG_DRAINED, NULL));
}

/* As mediad_room(): coming can wait, leaving follows a coming. */
static int
mediad_fed_member(void *arg, const struct msg_fed_member *msg)
{
	struct mediad	*me = arg;
	struct channel	*ch;

	ch = worker_channel(me->me_worker, PROC_FEDERD, 0);
	if (ch == NULL || (msg->present && channel_slow(ch)))
		return (-1);
	return (channel_send(ch, MSG_FED_MEMBER, msg));
}

static void
mediad_fed_media(void *arg, const struct msg_fed_media *msg)
{
	struct mediad	*me = arg;
	struct channel	*ch;

	ch = worker_data_channel(me->me_worker, PROC_FEDERD, 0);
	if (ch != NULL)
		(void)channel_queue(ch, MSG_FED_MEDIA, msg);
}

static void
mediad_fed_flush(void *arg)
{
	struct mediad	*me = arg;
	struct channel	*ch;

	ch = worker_data_channel(me->me_worker, PROC_FEDERD, 0);
	if (ch != NULL)
		channel_flush(ch);
}
