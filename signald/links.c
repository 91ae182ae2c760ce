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
 * signald and its neighbours: what our modules say to them, what they say,
 * and what is done when one of them comes or goes.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/slots.h"
#include "signald/control.h"
#include "signald/signald.h"

/*
 * Bytes of proofs and questions that wait in registryd's channel: what is
 * more waits in our own tables (records have their own window, outbox.h).
 */
#define SIGNALD_REGISTRY_QUEUE	(1024 * 1024)
/* The same of federd's: presence waits, calls go on up to the channel's end. */
#define SIGNALD_FEDERD_QUEUE	(256 * 1024)
#define SIGNALD_FEDERD_NS	(10 * NS_PER_MS)
/* Live calls are asked for again when nothing came for so long. */
#define SIGNALD_LIVE_NS		(5 * NS_PER_S)

static int	 signald_send(struct signald *, enum proc, unsigned int,
		    enum msg_type, const void *);
static int	 signald_media_slot(const struct signald *,
		    const struct channel *);
static void	 signald_media_message(struct signald *,
		    const struct channel *, enum msg_type, const void *);
static void	 signald_registry_up(struct signald *);
static void	 signald_federd_up(struct signald *);
static void	 signald_federd_message(struct signald *, enum msg_type,
		    const void *);
static void	 signald_ask_live(struct signald *);

/* Towards the neighbours */

static int
signald_send(struct signald *sd, enum proc peer, unsigned int instance,
    enum msg_type type, const void *msg)
{
	struct channel	*channel;

	channel = worker_channel(sd->sd_worker, peer, instance);
	if (channel == NULL)
		return (-1);
	return (channel_send(channel, type, msg));
}

static int
signald_record(void *arg, const struct msg_call_put *msg)
{
	return (signald_send(arg, PROC_REGISTRYD, 0, MSG_CALL_PUT, msg));
}

static void
signald_room(void *arg, const struct msg_room_admit *msg)
{
	struct signald	*sd = arg;

	/* Without it CallSetup never comes, and the call ends so. */
	if (placing_call(sd->sd_placing, msg) == -1)
		log_warn("call %s: room", msg->call_id);
}

static void
signald_room_end(void *arg, const char *call_id)
{
	struct signald	*sd = arg;

	placing_call_end(sd->sd_placing, call_id);
}

static bool
signald_registry_takes(struct signald *sd)
{
	struct channel	*channel;

	channel = worker_channel(sd->sd_worker, PROC_REGISTRYD, 0);
	return (channel != NULL &&
	    channel_queued(channel) < SIGNALD_REGISTRY_QUEUE);
}

static int
signald_proven_put(void *arg, const struct msg_proven_put *msg)
{
	if (!signald_registry_takes(arg))
		return (-1);
	return (signald_send(arg, PROC_REGISTRYD, 0, MSG_PROVEN_PUT, msg));
}

static int
signald_proven_query(void *arg, const struct msg_proven_query *msg)
{
	if (!signald_registry_takes(arg))
		return (-1);
	return (signald_send(arg, PROC_REGISTRYD, 0, MSG_PROVEN_QUERY, msg));
}

static void
signald_token_answer(void *conn, bool ok, const char *fingerprint,
    const char *error)
{
	signald_begin(&signald);
	signal_token_answer(conn, ok, fingerprint, error);
}

static uint64_t
signald_token_check(void *arg, const char *token, void *conn)
{
	struct signald	*sd = arg;

	return (authcheck_start(sd->sd_authcheck, token, strlen(token),
	    signald_token_answer, conn));
}

static void
signald_token_cancel(void *arg, uint64_t id)
{
	struct signald	*sd = arg;

	authcheck_cancel(sd->sd_authcheck, id);
}

/* To the mediad of a slot. */
static int
signald_media_send(struct signald *sd, unsigned int slot, enum msg_type type,
    const void *msg)
{
	const struct slot	*owner;

	owner = slots_owner(worker_slots(sd->sd_worker), slot);
	if (owner == NULL || owner->sl_role != PROC_MEDIAD)
		return (-1);
	return (signald_send(sd, PROC_MEDIAD, owner->sl_instance, type, msg));
}

static int
signald_admit(void *arg, unsigned int slot, const struct msg_room_admit *msg)
{
	return (signald_media_send(arg, slot, MSG_ROOM_ADMIT, msg));
}

static int
signald_close_room(void *arg, unsigned int slot,
    const struct msg_room_close *msg)
{
	return (signald_media_send(arg, slot, MSG_ROOM_CLOSE, msg));
}

static int
signald_admit_end(void *arg, unsigned int slot)
{
	struct signald	*sd = arg;

	return (signald_media_send(sd, slot, MSG_ADMIT_END, NULL));
}

/* To those who follow where rooms are; who is away gets all of it later. */
static void
signald_push(void *arg, enum proc to, enum msg_type type, const void *msg)
{
	static const enum proc	 followers[] = { PROC_DOORD, PROC_FEDERD };
	struct signald		*sd = arg;
	size_t			 i;

	for (i = 0; i < sizeof(followers) / sizeof(followers[0]); i++) {
		if (to == PROC_MAX || to == followers[i])
			(void)signald_send(sd, followers[i], 0, type, msg);
	}
}

static void
signald_admitted(void *arg, const struct msg_room_admitted *msg)
{
	struct signald	*sd = arg;

	flow_admitted(sd->sd_flow, msg);
}

static void
signald_moved(void *arg, const char *call_id)
{
	struct signald	*sd = arg;

	flow_moved(sd->sd_flow, call_id);
}

static void
signald_occupied(void *arg, const char *call_id, bool occupied)
{
	struct signald	*sd = arg;

	flow_occupied(sd->sd_flow, call_id, occupied);
}

static int
signald_find(void *arg, const struct msg_fed_find *msg)
{
	return (signald_send(arg, PROC_FEDERD, 0, MSG_FED_FIND, msg));
}

static int
signald_far_signal(void *arg, const struct msg_fed_signal *msg)
{
	return (signald_send(arg, PROC_FEDERD, 0, MSG_FED_SIGNAL, msg));
}

static int
signald_far_call(void *arg, const struct msg_fed_call *msg)
{
	return (signald_send(arg, PROC_FEDERD, 0, MSG_FED_CALL, msg));
}

static int
signald_person(void *arg, const struct msg_fed_presence *msg)
{
	struct signald	*sd = arg;
	struct channel	*channel;

	channel = worker_channel(sd->sd_worker, PROC_FEDERD, 0);
	if (channel == NULL || channel_queued(channel) >= SIGNALD_FEDERD_QUEUE)
		return (-1);
	return (channel_send(channel, MSG_FED_PRESENCE, msg));
}

static int
signald_person_end(void *arg)
{
	return (signald_send(arg, PROC_FEDERD, 0, MSG_FED_PRESENCE_END,
	    NULL));
}

static void
signald_limit(void *arg, enum limit_id id, const char *fp)
{
	struct signald	*sd = arg;

	limiter_refused(signal_server_limiter(sd->sd_server), id, fp,
	    quic_service_now(sd->sd_service));
}

const struct flow_ops	signald_flow_ops = {
	.record = signald_record,
	.admit = signald_room,
	.close_room = signald_room_end,
	.find = signald_find,
	.far_signal = signald_far_signal,
	.far_call = signald_far_call,
	.limit = signald_limit
};

const struct presence_ops	signald_presence_ops = {
	signald_person,
	signald_person_end
};

const struct placing_ops	signald_placing_ops = {
	signald_admit,
	signald_close_room,
	signald_admit_end,
	signald_push,
	signald_admitted,
	signald_moved,
	signald_occupied
};

const struct signal_ops	signald_signal_ops = {
	signald_proven_put,
	signald_proven_query,
	signald_token_check,
	signald_token_cancel
};

/* Neighbours that come and go */

static void
signald_ask_live(struct signald *sd)
{
	struct msg_live_request	request;

	memset(&request, 0, sizeof(request));
	request.seq = ++sd->sd_live_seq;
	sd->sd_live_due = UINT64_MAX;
	if (signald_send(sd, PROC_REGISTRYD, 0, MSG_LIVE_REQUEST,
	    &request) == 0)
		sd->sd_live_due = quic_service_now(sd->sd_service) +
		    SIGNALD_LIVE_NS;
}

static void
signald_registry_up(struct signald *sd)
{
	if (!sd->sd_recovered)
		signald_ask_live(sd);
	flow_registry_up(sd->sd_flow);
	signal_registry_up(sd->sd_server);
}

static void
signald_federd_up(struct signald *sd)
{
	placing_follower(sd->sd_placing, PROC_FEDERD);
	presence_up(sd->sd_presence);
	flow_federation_up(sd->sd_flow);
}

void
signald_present(void *arg, const char *fp, bool here)
{
	struct signald	*sd = arg;

	presence_set(sd->sd_presence, fp, here);
}

void
signald_links_turn(struct signald *sd)
{
	sd->sd_presence_due = UINT64_MAX;
	if (!presence_turn(sd->sd_presence))
		sd->sd_presence_due = clock_mono_ns() + SIGNALD_FEDERD_NS;
}

static int
signald_media_slot(const struct signald *sd, const struct channel *channel)
{
	return (slots_of(worker_slots(sd->sd_worker), PROC_MEDIAD,
	    channel_peer_instance(channel)));
}

void
signald_channel(struct worker *worker, struct channel *channel, bool data)
{
	struct signald	*sd = worker_ctx(worker);
	int		 slot;

	/* During set-up: signald_serve() looks at what is there. */
	if (sd->sd_service == NULL)
		return;
	signald_begin(sd);
	if (data) {
		if (channel_peer(channel) == PROC_DOORD)
			quic_service_set_door(sd->sd_service, channel);
		return;
	}
	switch (channel_peer(channel)) {
	case PROC_REGISTRYD:
		signald_registry_up(sd);
		break;
	case PROC_MEDIAD:
		/* relayd told of its slot before it made the channel. */
		if ((slot = signald_media_slot(sd, channel)) != -1)
			placing_up(sd->sd_placing, (unsigned int)slot);
		break;
	case PROC_DOORD:
		placing_follower(sd->sd_placing, PROC_DOORD);
		break;
	case PROC_FEDERD:
		signald_federd_up(sd);
		break;
	default:
		break;
	}
}

void
signald_channel_lost(struct worker *worker, enum proc peer,
    unsigned int instance, bool data)
{
	struct signald	*sd = worker_ctx(worker);
	int		 slot;

	if (sd->sd_service == NULL)
		return;
	signald_begin(sd);
	if (data) {
		if (peer == PROC_DOORD)
			quic_service_set_door(sd->sd_service, NULL);
		return;
	}
	switch (peer) {
	case PROC_REGISTRYD:
		flow_registry_down(sd->sd_flow);
		break;
	case PROC_MEDIAD:
		slot = slots_of(worker_slots(worker), PROC_MEDIAD, instance);
		if (slot != -1)
			placing_down(sd->sd_placing, (unsigned int)slot);
		break;
	case PROC_LOOKUPD:
		authcheck_lost(sd->sd_authcheck);
		break;
	case PROC_FEDERD:
		presence_down(sd->sd_presence);
		flow_federation_down(sd->sd_flow);
		break;
	default:
		break;
	}
}

/* No room is anywhere but on one mediad: what it saw, the others did not. */
static void
signald_offer_seen(struct signald *sd, const struct channel *from,
    const struct msg_offer_seen *msg)
{
	const struct slot	*owner;
	struct channel		*channel;
	unsigned int		 slot;

	for (slot = 0; slot < SLOTS_MAX; slot++) {
		owner = slots_owner(worker_slots(sd->sd_worker), slot);
		if (owner == NULL || owner->sl_role != PROC_MEDIAD)
			continue;
		channel = worker_channel(sd->sd_worker, PROC_MEDIAD,
		    owner->sl_instance);
		if (channel != NULL && channel != from &&
		    !channel_slow(channel))
			(void)channel_send(channel, MSG_OFFER_SEEN, msg);
	}
}

static void
signald_media_message(struct signald *sd, const struct channel *channel,
    enum msg_type type, const void *msg)
{
	const struct msg_room	*room = msg;
	unsigned int		 slot;
	int			 n;

	if ((n = signald_media_slot(sd, channel)) == -1)
		return;
	slot = (unsigned int)n;
	switch (type) {
	case MSG_ROOM_ADMITTED:
		placing_admitted(sd->sd_placing, slot, msg);
		break;
	case MSG_ROOM_OPENED:
		placing_opened(sd->sd_placing, slot, room->room);
		break;
	case MSG_ROOM_EMPTY:
		placing_empty(sd->sd_placing, slot, room->room);
		break;
	default:
		placing_rooms_end(sd->sd_placing, slot);
		break;
	}
}

static void
signald_federd_message(struct signald *sd, enum msg_type type,
    const void *msg)
{
	if (sd->sd_stopping)
		return;
	switch (type) {
	case MSG_FED_FOUND:
		flow_found(sd->sd_flow, msg);
		break;
	case MSG_FED_SIGNAL:
		flow_far_signal(sd->sd_flow, msg);
		break;
	case MSG_FED_UNSENT:
		flow_unsent(sd->sd_flow, msg);
		break;
	default:
		flow_far_link(sd->sd_flow, msg);
		break;
	}
}

void
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
		signal_registry_resume(sd->sd_server);
		break;
	case MSG_ROOM_ADMITTED:
	case MSG_ROOM_OPENED:
	case MSG_ROOM_EMPTY:
	case MSG_ROOMS_END:
		signald_media_message(sd, channel, type, msg);
		break;
	case MSG_OFFER_SEEN:
		signald_offer_seen(sd, channel, msg);
		break;
	case MSG_AUTH_RESULT:
		authcheck_result(sd->sd_authcheck, msg);
		break;
	case MSG_LIVE_CALL:
		if (sd->sd_recovered || sd->sd_stopping)
			break;
		flow_live(sd->sd_flow, msg);
		sd->sd_live_due = quic_service_now(sd->sd_service) +
		    SIGNALD_LIVE_NS;
		break;
	case MSG_LIVE_END:
		end = msg;
		if (end->seq != sd->sd_live_seq || sd->sd_recovered)
			break;
		sd->sd_recovered = true;
		sd->sd_live_due = UINT64_MAX;
		placing_recovered(sd->sd_placing);
		flow_recovered(sd->sd_flow);
		break;
	case MSG_FED_FOUND:
	case MSG_FED_SIGNAL:
	case MSG_FED_UNSENT:
	case MSG_FED_LINK:
		signald_federd_message(sd, type, msg);
		break;
	case MSG_PROVEN_ANSWER:
		signal_proven_answer(sd->sd_server, msg);
		signal_registry_resume(sd->sd_server);
		break;
	case MSG_CTL_QUERY:
		if (((const struct msg_ctl_query *)msg)->what == CTL_LIMITS) {
			signald_limits(sd, channel, msg);
			break;
		}
		control_query(channel, msg, sd->sd_flow,
		    signal_server_hub(sd->sd_server),
		    quic_service_now(sd->sd_service));
		break;
	default:
		/* The table lets nothing else through. */
		break;
	}
}

void
signald_links(struct signald *sd)
{
	const struct slot	*owner;
	unsigned int		 slot;

	sd->sd_live_due = UINT64_MAX;
	if (worker_channel(sd->sd_worker, PROC_REGISTRYD, 0) != NULL)
		signald_registry_up(sd);
	if (worker_channel(sd->sd_worker, PROC_FEDERD, 0) != NULL)
		signald_federd_up(sd);
	for (slot = 0; slot < SLOTS_MAX; slot++) {
		owner = slots_owner(worker_slots(sd->sd_worker), slot);
		if (owner == NULL || owner->sl_role != PROC_MEDIAD)
			continue;
		placing_retiring(sd->sd_placing, slot, owner->sl_retiring);
		if (worker_channel(sd->sd_worker, PROC_MEDIAD,
		    owner->sl_instance) != NULL)
			placing_up(sd->sd_placing, slot);
	}
}

uint64_t
signald_links_expiry(const struct signald *sd)
{
	return (sd->sd_presence_due < sd->sd_live_due ? sd->sd_presence_due :
	    sd->sd_live_due);
}

void
signald_links_expire(struct signald *sd)
{
	if (quic_service_now(sd->sd_service) >= sd->sd_live_due)
		signald_ask_live(sd);
}
