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
 * doord: reads what nobody has a connection for (or, without steering, all)
 * and hands each datagram to the worker that it is for, over the lossy data
 * channels.  It holds no private key and terminates nothing; the packets that
 * it sends itself are version negotiation, Retry, and a refusal of wrong
 * tokens.
 */
#include "config.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/notice.h"
#include "common/ipc/slots.h"
#include "common/quic/service.h"
#include "common/quic/tls.h"
#include "common/quic/udp.h"
#include "common/worker/worker.h"
#include "doord/door.h"

#define DROPPED_LEAST	100	/* a second are worth a line */
#define EXPIRE_S	1.
/* Rooms that are not where the rule would put them, at most. */
#define EXCEPTIONS_MAX	65536
/* The part of a worker's limit of connections that starts a Retry. */
#define RETRY_SHARE	8

struct doord;

struct socket_watch {
	struct doord	*sw_doord;
	unsigned int	 sw_listener;
	bool		 sw_receive;
	struct udp	*sw_udp;
	struct ev_io	 sw_io;
};

struct doord {
	struct worker		*dd_worker;
	struct door		*dd_door;
	struct placement	*dd_placement;
	struct validate		 dd_validate;
	struct socket_watch	 dd_sockets[SERVICE_LISTENERS_MAX];
	struct ev_timer		 dd_expire;
	struct notice		 dd_dropped;
	uint64_t		 dd_told;	/* of what was dropped */
	/* Channels that have something queued in this turn, by slot. */
	uint64_t		 dd_touched;
	uint64_t		 dd_now;
};

static void	settings(struct worker *, const struct msg_settings *);
static void	token_key(struct worker *, const struct msg_token_key *);
static void	udp_socket(struct worker *, const struct msg_udp_socket *,
		    int);
static void	channel_lost(struct worker *, enum proc, unsigned int, bool);
static int	start(struct worker *);
static int	serve(struct worker *);
static void	message(struct channel *, void *, enum msg_type, const void *,
		    int);
static void	batch_end(struct channel *, void *);
static void	tell(struct doord *, uint64_t);
static void	stray(struct doord *, struct channel *,
		    const struct msg_door_datagram *);
static void	query(struct doord *, struct channel *,
		    const struct msg_ctl_query *);
static void	stats(struct worker *, struct row *);
static void	readable(struct ev_loop *, struct ev_io *, int);
static void	expire(struct ev_loop *, struct ev_timer *, int);
static void	received(void *, const struct addr *, const struct addr *,
		    uint8_t, const uint8_t *, size_t);
static int	forward(void *, unsigned int, const struct door_datagram *,
		    const struct quic_first *);
static bool	present(void *, unsigned int);
static void	reply(void *, const struct door_datagram *, const uint8_t *,
		    size_t);
static struct channel *slot_channel(struct doord *, unsigned int);
static void	flush(struct doord *);

static const struct worker_ops ops = {
	.role = PROC_DOORD,
	.settings = settings,
	.token_key = token_key,
	.udp_socket = udp_socket,
	.channel_lost = channel_lost,
	.start = start,
	.serve = serve,
	.message = message,
	.batch_end = batch_end,
	.stats = stats
};

static const struct door_ops door_ops = {
	.forward = forward,
	.reply = reply,
	.present = present
};

int
main(int argc, char **argv)
{
	static struct doord	d;

	return (worker_main(argc, argv, &ops, &d));
}

static void
settings(struct worker *w, const struct msg_settings *m)
{
	struct doord	*d = worker_ctx(w);

	validate_settings(&d->dd_validate, m->retry_always,
	    m->max_connections / RETRY_SHARE);
	if (d->dd_door != NULL)
		limiter_settings(door_limiter(d->dd_door), m);
}

static void
token_key(struct worker *w, const struct msg_token_key *m)
{
	struct doord	*d = worker_ctx(w);

	validate_token_key(&d->dd_validate, m);
}

static void
udp_socket(struct worker *w, const struct msg_udp_socket *m, int fd)
{
	struct doord		*d = worker_ctx(w);
	struct socket_watch	*sw;

	if (m->listener >= SERVICE_LISTENERS_MAX ||
	    d->dd_sockets[m->listener].sw_udp != NULL) {
		log_warnx("listener %llu: not usable",
		    (unsigned long long)m->listener);
		close(fd);
		return;
	}
	sw = &d->dd_sockets[m->listener];
	sw->sw_doord = d;
	sw->sw_listener = (unsigned int)m->listener;
	sw->sw_receive = m->receive;
	if ((sw->sw_udp = udp_new(fd, &m->address)) == NULL)
		fatal("listener %u", sw->sw_listener);
}

static int
start(struct worker *w)
{
	struct doord	*d = worker_ctx(w);

	d->dd_worker = w;
	/* Initial packets are opened with OpenSSL's AES. */
	if (quic_tls_init() == -1) {
		log_warnx("no cryptography");
		return (-1);
	}
	validate_start(&d->dd_validate, clock_mono_ns());
	d->dd_placement = placement_new(worker_settings(w)->room_key,
	    EXCEPTIONS_MAX);
	if (d->dd_placement == NULL || (d->dd_door = door_new(&door_ops, d,
	    worker_slots(w), d->dd_placement, &d->dd_validate)) == NULL) {
		log_warn("door");
		return (-1);
	}
	limiter_settings(door_limiter(d->dd_door), worker_settings(w));
	return (0);
}

static int
serve(struct worker *w)
{
	struct doord		*d = worker_ctx(w);
	struct socket_watch	*sw;
	unsigned int		 i;

	for (i = 0; i < SERVICE_LISTENERS_MAX; i++) {
		sw = &d->dd_sockets[i];
		if (sw->sw_udp == NULL || !sw->sw_receive)
			continue;
		ev_io_init(&sw->sw_io, readable, udp_fd(sw->sw_udp), EV_READ);
		sw->sw_io.data = sw;
		ev_io_start(worker_loop(w), &sw->sw_io);
	}
	ev_timer_init(&d->dd_expire, expire, EXPIRE_S, EXPIRE_S);
	d->dd_expire.data = d;
	ev_timer_start(worker_loop(w), &d->dd_expire);
	return (0);
}

/* A restarted worker knows nothing of what its predecessor was given. */
static void
channel_lost(struct worker *w, enum proc role, unsigned int instance,
    bool data)
{
	struct doord	*d = worker_ctx(w);
	int		 slot = slots_of(worker_slots(w), role, instance);

	if (data && slot != -1 && d->dd_door != NULL)
		door_slot_lost(d->dd_door, (unsigned int)slot);
}

static void
message(struct channel *ch, void *arg, enum msg_type type, const void *msg,
    int fd)
{
	struct worker			*w = arg;
	struct doord			*d = worker_ctx(w);
	const struct msg_place_room	*room;
	const struct msg_place_media	*media;

	if (fd != -1)
		close(fd);	/* no message of ours carries one */
	switch (type) {
	case MSG_DOOR_STRAY:
		stray(d, ch, msg);
		break;
	case MSG_CTL_QUERY:
		query(d, ch, msg);
		break;
	case MSG_PLACE_RESET:
		placement_reset(d->dd_placement);
		break;
	case MSG_PLACE_ROOM:
		room = msg;
		if (placement_room(d->dd_placement, room->room,
		    (unsigned int)room->slot, room->present) == -1)
			log_warnx("no room for another exception");
		break;
	case MSG_PLACE_MEDIA:
		media = msg;
		placement_media(d->dd_placement, media->healthy);
		break;
	default:
		/* The table lets nothing else through. */
		break;
	}
}

/* Answers to strays, and what became of them. */
static void
batch_end(struct channel *ch, void *arg)
{
	struct doord	*d = worker_ctx(arg);
	unsigned int	 i;

	if (!channel_is_data(ch))
		return;
	d->dd_now = 0;
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++) {
		if (d->dd_sockets[i].sw_udp != NULL)
			udp_flush(d->dd_sockets[i].sw_udp);
	}
	flush(d);
}

static void
stray(struct doord *d, struct channel *ch, const struct msg_door_datagram *m)
{
	const struct socket_watch	*sw;
	struct door_datagram		 dd;
	int				 slot;

	slot = slots_of(worker_slots(d->dd_worker), channel_peer(ch),
	    channel_peer_instance(ch));
	if (slot == -1)
		return;
	/* An honest worker read it from a socket of the same listener. */
	sw = m->listener < SERVICE_LISTENERS_MAX ?
	    &d->dd_sockets[m->listener] : NULL;
	if (sw == NULL || sw->sw_udp == NULL || m->payload.len == 0 ||
	    addr_family(&m->remote) != addr_family(udp_bound(sw->sw_udp))) {
		worker_blame(d->dd_worker, ch, "stray from nowhere");
		return;
	}
	if (d->dd_now == 0)
		d->dd_now = clock_mono_ns();
	memset(&dd, 0, sizeof(dd));
	dd.dd_listener = (unsigned int)m->listener;
	dd.dd_local = m->local;
	dd.dd_remote = m->remote;
	dd.dd_ecn = (uint8_t)m->ecn;
	dd.dd_data = m->payload.data;
	dd.dd_len = m->payload.len;
	door_stray(d->dd_door, (unsigned int)slot, &dd, d->dd_now);
}

static void
readable(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct socket_watch	*sw = io->data;

	(void)loop;
	(void)revents;
	sw->sw_doord->dd_now = clock_mono_ns();
	(void)udp_receive(sw->sw_udp, received, sw);
	sw->sw_doord->dd_now = 0;
	udp_flush(sw->sw_udp);
	flush(sw->sw_doord);
}

static void
expire(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct doord	*d = w->data;

	(void)loop;
	(void)revents;
	door_expire(d->dd_door, clock_mono_ns());
	tell(d, clock_mono_ns());
}

/*
 * What nobody wanted since the last line.  A packet now and then is noise of
 * the network, or of a client that was away.
 */
static void
tell(struct doord *d, uint64_t now)
{
	const struct door_counters	*dc = door_counters(d->dd_door);
	uint64_t			 dropped;

	dropped = dc->dc_dropped_unknown + dc->dc_dropped_retried +
	    dc->dc_dropped_token + dc->dc_dropped_stray + dc->dc_dropped_bad +
	    dc->dc_dropped_full + dc->dc_dropped_source +
	    dc->dc_dropped_rate + dc->dc_dropped_expired;
	if (dropped - d->dd_told < DROPPED_LEAST ||
	    !notice_due(&d->dd_dropped, now))
		return;
	notice(&d->dd_dropped, "dropped %llu packets that begin no connection",
	    (unsigned long long)(dropped - d->dd_told));
	d->dd_told = dropped;
}

static void
received(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct socket_watch	*sw = arg;
	struct door_datagram	 dd;

	memset(&dd, 0, sizeof(dd));
	dd.dd_listener = sw->sw_listener;
	dd.dd_local = *local;
	dd.dd_remote = *remote;
	dd.dd_ecn = ecn;
	dd.dd_data = data;
	dd.dd_len = len;
	door_packet(sw->sw_doord->dd_door, &dd, sw->sw_doord->dd_now);
}

static int
forward(void *arg, unsigned int slot, const struct door_datagram *dd,
    const struct quic_first *first)
{
	struct doord			*d = arg;
	struct msg_door_datagram	 m;
	struct channel			*ch;

	if ((ch = slot_channel(d, slot)) == NULL)
		return (-1);
	memset(&m, 0, sizeof(m));
	m.listener = dd->dd_listener;
	m.local = dd->dd_local;
	m.remote = dd->dd_remote;
	m.ecn = dd->dd_ecn;
	m.payload.data = dd->dd_data;
	m.payload.len = dd->dd_len;
	if (first != NULL) {
		m.validated = first->validated;
		m.odcid.data = first->odcid;
		m.odcid.len = first->odcid_len;
		m.retry_scid.data = first->retry_scid;
		m.retry_scid.len = first->retry_scid_len;
	}
	if (channel_queue(ch, MSG_DOOR_DATAGRAM, &m) == -1)
		return (-1);
	d->dd_touched |= UINT64_C(1) << slot;
	return (0);
}

static bool
present(void *arg, unsigned int slot)
{
	return (slot_channel(arg, slot) != NULL);
}

static void
reply(void *arg, const struct door_datagram *dd, const uint8_t *data,
    size_t len)
{
	struct doord	*d = arg;

	udp_queue(d->dd_sockets[dd->dd_listener].sw_udp, &dd->dd_local,
	    &dd->dd_remote, 0, data, len);
}

static struct channel *
slot_channel(struct doord *d, unsigned int slot)
{
	const struct slot	*sl;

	if ((sl = slots_owner(worker_slots(d->dd_worker), slot)) == NULL)
		return (NULL);
	return (worker_data_channel(d->dd_worker, sl->sl_role,
	    sl->sl_instance));
}

/* One sendmmsg(2) for each worker that got something. */
static void
flush(struct doord *d)
{
	struct channel	*ch;
	unsigned int	 slot;

	for (slot = 0; d->dd_touched != 0; slot++) {
		if ((d->dd_touched & (UINT64_C(1) << slot)) == 0)
			continue;
		d->dd_touched &= ~(UINT64_C(1) << slot);
		if ((ch = slot_channel(d, slot)) != NULL)
			channel_flush(ch);
	}
}

static void
query(struct doord *d, struct channel *ch, const struct msg_ctl_query *m)
{
	if (m->what == CTL_LIMITS && d->dd_door != NULL)
		worker_ctl_limits(ch, m, door_limiter(d->dd_door),
		    clock_mono_ns());
	else
		worker_ctl_end(ch, m->id, "not known to doord");
}

static void
stats(struct worker *w, struct row *row)
{
	struct doord			*d = worker_ctx(w);
	const struct door_counters	*dc;
	uint64_t			 udp = 0;
	unsigned int			 i;

	if (d->dd_door == NULL)
		return;
	dc = door_counters(d->dd_door);
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++) {
		if (d->dd_sockets[i].sw_udp != NULL)
			udp += udp_dropped(d->dd_sockets[i].sw_udp);
	}
	row_u64(row, "received", dc->dc_received);
	row_u64(row, "strays", dc->dc_strays);
	row_u64(row, "by_cid", dc->dc_by_cid);
	row_u64(row, "begun", dc->dc_by_name);
	row_u64(row, "misnamed", dc->dc_misnamed);
	row_u64(row, "validated", dc->dc_validated);
	row_u64(row, "retries", dc->dc_retries);
	row_u64(row, "repeated", dc->dc_repeated);
	row_u64(row, "collected", dc->dc_waiting);
	row_u64(row, "versions", dc->dc_versions);
	row_u64(row, "waiting", door_waiting(d->dd_door));
	row_u64(row, "known", door_known(d->dd_door));
	row_u64(row, "exceptions", placement_exceptions(d->dd_placement));
	row_u64(row, "dropped_unknown", dc->dc_dropped_unknown);
	row_u64(row, "dropped_retried", dc->dc_dropped_retried);
	row_u64(row, "dropped_token", dc->dc_dropped_token);
	row_u64(row, "dropped_stray", dc->dc_dropped_stray);
	row_u64(row, "dropped_bad", dc->dc_dropped_bad);
	row_u64(row, "dropped_full", dc->dc_dropped_full);
	row_u64(row, "dropped_source", dc->dc_dropped_source);
	row_u64(row, "dropped_rate", dc->dc_dropped_rate);
	row_u64(row, "dropped_expired", dc->dc_dropped_expired);
	row_u64(row, "dropped_worker", dc->dc_dropped_worker);
	row_u64(row, "dropped_socket", udp);
}
