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
 * federd and the other processes: what they say, what our modules say to
 * them, and what the modules say to each other.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/quic/params.h"
#include "federd/federd.h"

static struct channel	*federd_to(struct federd *, enum proc,
			    unsigned int);
static int	 federd_send(struct federd *, enum proc, unsigned int,
		    enum msg_type, const void *);
static void	 federd_tell_link(struct federd *, const struct neighbour *,
		    bool);
static void	 federd_signald_up(struct federd *);
static void	 federd_signald_down(struct federd *);
static void	 federd_dial_failed(struct federd *,
		    const struct msg_dial_failed *);
static void	 federd_global(struct federd *, const char *);
static void	 federd_target(struct federd *,
		    const struct msg_probe_target *);
static void	 federd_dialled(struct federd *,
		    const struct msg_dial_socket *, int);
static void	 federd_from_signald(struct federd *, struct channel *,
		    enum msg_type, const void *);

/* Towards the other processes */

static struct channel *
federd_to(struct federd *fd, enum proc peer, unsigned int instance)
{
	return (worker_channel(fd->fd_worker, peer, instance));
}

static int
federd_send(struct federd *fd, enum proc peer, unsigned int instance,
    enum msg_type type, const void *msg)
{
	struct channel	*channel;

	if ((channel = federd_to(fd, peer, instance)) == NULL)
		return (-1);
	return (channel_send(channel, type, msg));
}

static int
federd_resolve(void *arg, const struct msg_name_query *query)
{
	return (federd_send(arg, PROC_LOOKUPD, 0, MSG_NAME_QUERY, query));
}

static int
federd_dial(void *arg, const struct msg_dial *dial)
{
	struct federd	*fd = arg;

	return (worker_relayd_send(fd->fd_worker, MSG_DIAL, dial));
}

static void
federd_drop(void *arg, struct peer *peer, const char *why)
{
	struct federd	*fd = arg;

	if (fd->fd_links != NULL)
		links_drop(fd->fd_links, peer, why);
}

static uint32_t
federd_random(void *arg)
{
	(void)arg;
	return (arc4random());
}

const struct peers_ops	federd_peers_ops = {
	.resolve = federd_resolve,
	.dial = federd_dial,
	.drop = federd_drop,
	.random = federd_random
};

static int
federd_signald(void *arg, enum msg_type type, const void *msg)
{
	return (federd_send(arg, PROC_SIGNALD, 0, type, msg));
}

static void
federd_room_signal(void *arg, struct neighbour *nb,
    const uint8_t (*path)[TLS_HASH_LEN], size_t npath,
    const struct signal *sig)
{
	struct federd	*fd = arg;

	(void)nb;
	fedrooms_call_signal(fd->fd_rooms, path, npath, sig);
}

static void
federd_transit(void *arg, const uint8_t tag[8], struct neighbour *one,
    struct neighbour *other, bool live)
{
	struct federd	*fd = arg;

	fedmedia_transit(fd->fd_media, tag, one, other, live);
}

const struct envelope_ops	federd_envelope_ops = {
	.signald = federd_signald,
	.room = federd_room_signal,
	.transit = federd_transit
};

static void
federd_found(void *arg, const struct msg_fed_found *msg)
{
	(void)federd_send(arg, PROC_SIGNALD, 0, MSG_FED_FOUND, msg);
}

const struct find_ops	federd_find_ops = {
	.found = federd_found
};

static void
federd_room(void *arg, unsigned int mediad, const struct msg_fed_room *msg)
{
	(void)federd_send(arg, PROC_MEDIAD, mediad, MSG_FED_ROOM, msg);
}

static void
federd_member(void *arg, unsigned int mediad,
    const struct msg_fed_member *msg)
{
	(void)federd_send(arg, PROC_MEDIAD, mediad, MSG_FED_MEMBER, msg);
}

static int
federd_forward(void *arg, const uint8_t (*path)[TLS_HASH_LEN], size_t npath,
    const struct signal *sig)
{
	struct federd	*fd = arg;

	return (envelope_send(fd->fd_envelope, path, npath, sig));
}

const struct fedrooms_ops	federd_rooms_ops = {
	.room = federd_room,
	.member = federd_member,
	.forward = federd_forward
};

static void
federd_media(void *arg, unsigned int mediad, const struct msg_fed_media *msg)
{
	struct federd	*fd = arg;
	struct channel	*channel;

	channel = worker_data_channel(fd->fd_worker, PROC_MEDIAD, mediad);
	if (channel != NULL)
		(void)channel_queue(channel, MSG_FED_MEDIA, msg);
}

static void
federd_media_flush(void *arg, unsigned int mediad)
{
	struct federd	*fd = arg;
	struct channel	*channel;

	channel = worker_data_channel(fd->fd_worker, PROC_MEDIAD, mediad);
	if (channel != NULL)
		channel_flush(channel);
}

const struct fedmedia_ops	federd_media_ops = {
	.media = federd_media,
	.flush = federd_media_flush
};

/* Events of the links */

static void
federd_tell_link(struct federd *fd, const struct neighbour *nb, bool up)
{
	struct msg_fed_link	msg;

	memset(&msg, 0, sizeof(msg));
	memcpy(msg.fingerprint, nb->nb_fp, sizeof(msg.fingerprint));
	msg.legacy = neighbour_original(nb);
	msg.up = up;
	(void)federd_send(fd, PROC_SIGNALD, 0, MSG_FED_LINK, &msg);
}

/* signald hears of it first, so that an offer that follows is no surprise. */
static void
federd_up(void *arg, struct neighbour *nb)
{
	struct federd	*fd = arg;

	federd_tell_link(fd, nb, true);
	envelope_up(fd->fd_envelope, nb);
	digest_up(fd->fd_digest, nb);
	find_up(fd->fd_find, nb);
	fedmedia_up(fd->fd_media, nb);
	fedrooms_up(fd->fd_rooms, nb);
}

static void
federd_down(void *arg, struct neighbour *nb)
{
	struct federd	*fd = arg;

	fedrooms_down(fd->fd_rooms, nb);
	fedmedia_down(fd->fd_media, nb);
	find_down(fd->fd_find, nb);
	digest_down(fd->fd_digest, nb);
	envelope_down(fd->fd_envelope, nb);
	federd_tell_link(fd, nb, false);
}

static void
federd_signal(void *arg, struct neighbour *nb, const struct signal *sig)
{
	struct federd	*fd = arg;

	switch (sig->type) {
	case SIGNAL_FEDERATED_SIGNAL_FORWARD:
		envelope_signal(fd->fd_envelope, nb, sig);
		break;
	case SIGNAL_PRESENCE_DIGEST:
		digest_signal(fd->fd_digest, nb, sig);
		break;
	case SIGNAL_ROUTE_QUERY:
	case SIGNAL_ROUTE_RESPONSE:
		find_signal(fd->fd_find, nb, sig);
		break;
	case SIGNAL_GLOBAL_ROOM_ACTIVE:
	case SIGNAL_GLOBAL_ROOM_INACTIVE:
		fedrooms_signal(fd->fd_rooms, nb, sig);
		break;
	default:
		/* link.c lets nothing else through. */
		break;
	}
}

static void
federd_bare(void *arg, struct neighbour *nb, const uint8_t *data, size_t len)
{
	struct federd	*fd = arg;

	fedmedia_bare(fd->fd_media, nb, data, len);
}

static void
federd_media_up(void *arg, struct neighbour *nb, struct media_conn *mc)
{
	struct federd	*fd = arg;

	fedmedia_conn_up(fd->fd_media, nb, mc);
}

static void
federd_media_down(void *arg, struct neighbour *nb, struct media_conn *mc)
{
	struct federd	*fd = arg;

	fedmedia_conn_down(fd->fd_media, nb, mc);
}

static void
federd_media_datagram(void *arg, struct neighbour *nb, struct media_conn *mc,
    const uint8_t *data, size_t len)
{
	struct federd	*fd = arg;

	(void)mc;
	fedmedia_datagram(fd->fd_media, nb, data, len);
}

static struct quic_conn *
federd_connect(void *arg, unsigned int listener, const struct addr *local,
    const struct addr *remote)
{
	struct federd	*fd = arg;

	return (quic_connect(quic_service_endpoint(fd->fd_service), listener,
	    local, remote, QUIC_SNI_FEDERATION,
	    quic_service_now(fd->fd_service)));
}

static void
federd_release(void *arg, unsigned int listener)
{
	struct federd	*fd = arg;

	quic_service_remove_socket(fd->fd_service, listener);
}

const struct links_ops	federd_links_ops = {
	.up = federd_up,
	.down = federd_down,
	.signal = federd_signal,
	.datagram = federd_bare,
	.media_up = federd_media_up,
	.media_down = federd_media_down,
	.media_datagram = federd_media_datagram,
	.connect = federd_connect,
	.release = federd_release
};

static struct quic_conn *
federd_connect_probe(void *arg, unsigned int listener,
    const struct addr *local, const struct addr *remote)
{
	struct federd	*fd = arg;

	return (quic_connect(quic_service_endpoint(fd->fd_service), listener,
	    local, remote, QUIC_SNI_PROBE,
	    quic_service_now(fd->fd_service)));
}

static bool
federd_known(void *arg, const struct addr *address)
{
	struct federd	*fd = arg;
	struct peer	*pe;
	size_t		 iter = 0;

	while ((pe = peers_next(fd->fd_peers, &iter)) != NULL) {
		if (peers_lives_at(pe, address))
			return (true);
	}
	return (false);
}

/*
 * As `advertise' says, else a socket of ours of that family: its port, and
 * its address unless it listens on all of them.
 */
static void
federd_address(void *arg, const struct addr *local, struct addr *own)
{
	struct federd			*fd = arg;
	const struct msg_settings	*settings;
	const struct addr		*listen;
	const char			*advertise;
	size_t				 i;

	settings = worker_settings(fd->fd_worker);
	advertise = addr_family(local) == AF_INET6 ? settings->advertise6 :
	    settings->advertise4;
	*own = *local;
	if (advertise[0] != '\0' && addr_parse(own, advertise) == 0)
		return;
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++) {
		listen = &fd->fd_sockets[i].fs_address;
		if (listen->addr_len == 0 ||
		    addr_family(listen) != addr_family(local))
			continue;
		if (addr_equal(listen, local))
			return;
		addr_set_port(own, addr_port(listen));
		if (addr_same_host(listen, local) || addr_is_any(listen))
			return;
	}
}

const struct probes_ops	federd_probes_ops = {
	.resolve = federd_resolve,
	.dial = federd_dial,
	.connect = federd_connect_probe,
	.release = federd_release,
	.known = federd_known,
	.address = federd_address
};

/* From relayd: the configuration, and sockets */

static void
federd_dialled(struct federd *fd, const struct msg_dial_socket *msg,
    int sock)
{
	bool		 probe = (msg->id & PROBE_SEQ) != 0;
	struct peer	*pe = NULL;
	int		 listener;

	if (fd->fd_stopping || fd->fd_service == NULL ||
	    (probe ? !probes_socket(fd->fd_probes, msg->id) :
	    (pe = peers_socket(fd->fd_peers, msg->id)) == NULL)) {
		close(sock);
		return;
	}
	listener = quic_service_add_connected(fd->fd_service, &msg->local,
	    &msg->remote, sock);
	if (listener == -1) {
		log_warn("a socket to dial with");
		close(sock);
		if (pe != NULL)
			peers_failed(fd->fd_peers, pe,
			    "no room for its socket");
		else
			probes_dial_failed(fd->fd_probes, msg->id);
	} else if (pe != NULL)
		(void)links_dial(fd->fd_links, pe, (unsigned int)listener,
		    &msg->local, &msg->remote);
	else
		probes_dial(fd->fd_probes, msg->id, (unsigned int)listener,
		    &msg->local, &msg->remote);
}

/* The names of global rooms are kept until there is somebody to take them. */
static void
federd_global(struct federd *fd, const char *room)
{
	if (fd->fd_rooms != NULL) {
		if (fedrooms_global(fd->fd_rooms, room) == -1)
			log_warnx("global room %s: not one more", room);
		return;
	}
	if (fd->fd_nglobals == FEDROOMS_GLOBALS_MAX)
		return;
	strlcpy(fd->fd_globals[fd->fd_nglobals++], room, ROOM_STRLEN);
}

static void
federd_target(struct federd *fd, const struct msg_probe_target *target)
{
	if (fd->fd_probes != NULL)
		probes_add(fd->fd_probes, target);
	else if (fd->fd_ntargets < PROBE_TARGETS_MAX)
		fd->fd_targets[fd->fd_ntargets++] = *target;
}

static void
federd_dial_failed(struct federd *fd, const struct msg_dial_failed *msg)
{
	if ((msg->id & PROBE_SEQ) == 0)
		peers_dial_failed(fd->fd_peers, msg);
	else if (fd->fd_probes != NULL)
		probes_dial_failed(fd->fd_probes, msg->id);
}

void
federd_federation(struct worker *worker, enum msg_type type, const void *msg,
    int sock)
{
	struct federd	*fd = worker_ctx(worker);

	if (fd->fd_service != NULL)
		federd_begin(fd);
	else
		peers_set_time(fd->fd_peers, clock_mono_ns());
	switch (type) {
	case MSG_PEERS_BEGIN:
		peers_begin(fd->fd_peers);
		fd->fd_nglobals = fd->fd_ntargets = 0;
		if (fd->fd_rooms != NULL)
			fedrooms_globals_begin(fd->fd_rooms);
		if (fd->fd_probes != NULL)
			probes_begin(fd->fd_probes);
		break;
	case MSG_PEER:
		peers_add(fd->fd_peers, msg);
		break;
	case MSG_GLOBAL_ROOM:
		federd_global(fd,
		    ((const struct msg_global_room *)msg)->room);
		break;
	case MSG_PROBE_TARGET:
		federd_target(fd, msg);
		break;
	case MSG_PEERS_END:
		peers_end(fd->fd_peers);
		if (fd->fd_rooms != NULL)
			fedrooms_globals_end(fd->fd_rooms);
		if (fd->fd_probes != NULL)
			probes_end(fd->fd_probes);
		break;
	case MSG_DIAL_SOCKET:
		federd_dialled(fd, msg, sock);
		sock = -1;
		break;
	case MSG_DIAL_FAILED:
		federd_dial_failed(fd, msg);
		break;
	default:
		break;
	}
	if (sock != -1)
		close(sock);
}

/* Processes that come and go */

/* A new one knows nothing, and tells us everything. */
static void
federd_signald_up(struct federd *fd)
{
	struct neighbour	*nb;
	unsigned int		 i;

	digest_begin(fd->fd_digest);
	find_forget(fd->fd_find);
	fedrooms_signald(fd->fd_rooms, true);
	for (i = 0; i < PEERS_MAX; i++) {
		if ((nb = links_neighbour(fd->fd_links, i)) != NULL)
			federd_tell_link(fd, nb, true);
	}
}

static void
federd_signald_down(struct federd *fd)
{
	find_forget(fd->fd_find);
	fedrooms_signald(fd->fd_rooms, false);
}

void
federd_neighbours(struct federd *fd)
{
	size_t	i;

	fedrooms_globals_begin(fd->fd_rooms);
	for (i = 0; i < fd->fd_nglobals; i++)
		(void)fedrooms_global(fd->fd_rooms, fd->fd_globals[i]);
	fedrooms_globals_end(fd->fd_rooms);
	for (i = 0; i < fd->fd_ntargets; i++)
		probes_add(fd->fd_probes, &fd->fd_targets[i]);
	if (federd_to(fd, PROC_SIGNALD, 0) != NULL)
		federd_signald_up(fd);
	for (i = 0; i < FEDMEDIA_MEDIADS_MAX; i++) {
		if (federd_to(fd, PROC_MEDIAD, (unsigned int)i) != NULL)
			fedrooms_mediad_up(fd->fd_rooms, (unsigned int)i);
	}
}

void
federd_channel(struct worker *worker, struct channel *channel, bool data)
{
	struct federd	*fd = worker_ctx(worker);
	unsigned int	 instance = channel_peer_instance(channel);

	/* During set-up: federd_neighbours() looks at who is there. */
	if (fd->fd_service == NULL)
		return;
	federd_begin(fd);
	switch (channel_peer(channel)) {
	case PROC_DOORD:
		if (data)
			quic_service_set_door(fd->fd_service, channel);
		break;
	case PROC_SIGNALD:
		federd_signald_up(fd);
		break;
	case PROC_MEDIAD:
		if (!data && instance < FEDMEDIA_MEDIADS_MAX)
			fedrooms_mediad_up(fd->fd_rooms, instance);
		break;
	default:
		break;
	}
}

void
federd_channel_lost(struct worker *worker, enum proc peer,
    unsigned int instance, bool data)
{
	struct federd	*fd = worker_ctx(worker);

	if (fd->fd_service == NULL)
		return;
	federd_begin(fd);
	switch (peer) {
	case PROC_DOORD:
		if (data)
			quic_service_set_door(fd->fd_service, NULL);
		break;
	case PROC_SIGNALD:
		federd_signald_down(fd);
		break;
	case PROC_MEDIAD:
		if (!data && instance < FEDMEDIA_MEDIADS_MAX)
			fedrooms_mediad_down(fd->fd_rooms, instance);
		break;
	default:
		break;
	}
}

static void
federd_from_signald(struct federd *fd, struct channel *channel,
    enum msg_type type, const void *msg)
{
	const char	*why;

	switch (type) {
	case MSG_FED_PRESENCE:
		digest_person(fd->fd_digest, msg);
		break;
	case MSG_FED_PRESENCE_END:
		digest_end(fd->fd_digest);
		break;
	case MSG_FED_FIND:
		find_person(fd->fd_find, msg);
		break;
	case MSG_FED_SIGNAL:
		if (envelope_from_signald(fd->fd_envelope, msg, &why) == -1)
			worker_blame(fd->fd_worker, channel, why);
		break;
	case MSG_FED_CALL:
		fedrooms_call(fd->fd_rooms, msg);
		break;
	default:
		/* Places of rooms: their mediads name themselves. */
		break;
	}
}

void
federd_message(struct channel *channel, void *arg, enum msg_type type,
    const void *msg, int sock)
{
	struct federd	*fd = worker_ctx(arg);
	unsigned int	 instance = channel_peer_instance(channel);

	if (sock != -1)
		close(sock);	/* no message of theirs carries one */
	federd_begin(fd);
	if (channel_peer(channel) == PROC_SIGNALD) {
		federd_from_signald(fd, channel, type, msg);
		return;
	}
	switch (type) {
	case MSG_DOOR_DATAGRAM:
		quic_service_input(fd->fd_service, msg);
		break;
	case MSG_FED_MEMBER:
		if (instance < FEDMEDIA_MEDIADS_MAX)
			fedrooms_member(fd->fd_rooms, instance, msg);
		break;
	case MSG_FED_MEDIA:
		if (instance < FEDMEDIA_MEDIADS_MAX)
			fedmedia_local(fd->fd_media, instance, msg);
		break;
	case MSG_NAME_ANSWER:
		if ((((const struct msg_name_answer *)msg)->seq &
		    PROBE_SEQ) != 0)
			probes_name_answer(fd->fd_probes, msg);
		else
			peers_name_answer(fd->fd_peers, msg);
		break;
	case MSG_CTL_QUERY:
		federd_query(fd, channel, msg);
		break;
	default:
		/* The table lets nothing else through. */
		break;
	}
}
