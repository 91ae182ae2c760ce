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
 * federd: links to other relays, the QUIC names `_federation' and `_probe'.
 * This file joins the parts: the QUIC service, the links and what is said on
 * them; neighbours.c has the channels to the other processes.
 *
 * Work is done in turns of the event loop, as in signald.
 */
#include "config.h"

#include <openssl/sha.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/quic/params.h"
#include "federd/federd.h"

/* Rounds of write-and-handle before the loop gets a chance to read again. */
#define FEDERD_ROUNDS		4
/* Kept of the time for an orderly stop, for the last packets. */
#define FEDERD_STOP_MARGIN_MS	200

static void	 federd_settings(struct worker *,
		    const struct msg_settings *);
static void	 federd_udp_socket(struct worker *,
		    const struct msg_udp_socket *, int);
static void	 federd_token_key(struct worker *,
		    const struct msg_token_key *);
static int	 federd_start(struct worker *);
static int	 federd_serve(struct worker *);
static void	 federd_shutdown(struct worker *, uint64_t);
static int	 federd_make_tls(struct federd *);
static int	 federd_make_service(struct federd *);
static int	 federd_make_modules(struct federd *);
static uint64_t	 federd_expiry(const struct federd *);
static void	 federd_prepare(struct ev_loop *, ev_prepare *, int);
static void	 federd_timer(struct ev_loop *, ev_timer *, int);
static void	 federd_deadline(struct ev_loop *, ev_timer *, int);

static const struct worker_ops	federd_ops = {
	.role = PROC_FEDERD,
	.settings = federd_settings,
	.udp_socket = federd_udp_socket,
	.token_key = federd_token_key,
	.federation = federd_federation,
	.channel = federd_channel,
	.channel_lost = federd_channel_lost,
	.start = federd_start,
	.serve = federd_serve,
	.message = federd_message,
	.shutdown = federd_shutdown,
	.stats = federd_stats
};

/* Events of the QUIC endpoint */

void
federd_begin(struct federd *fd)
{
	uint64_t	now;

	fd->fd_dirty = true;
	/* One for all that a turn brings, datagram by datagram. */
	now = quic_service_now(fd->fd_service);
	if (now == fd->fd_now)
		return;
	fd->fd_now = now;
	peers_set_time(fd->fd_peers, now);
	links_set_time(fd->fd_links, now);
	envelope_set_time(fd->fd_envelope, now);
	digest_set_time(fd->fd_digest, now);
	find_set_time(fd->fd_find, now);
	fedmedia_set_time(fd->fd_media, now);
	fedrooms_set_time(fd->fd_rooms, now);
	probes_set_time(fd->fd_probes, now, clock_wall_ms());
}

static bool
federd_is_probe(const struct quic_conn *conn)
{
	return (strcmp(quic_conn_name(conn), QUIC_SNI_PROBE) == 0);
}

static bool
federd_is_link(const struct quic_conn *conn)
{
	return (strcmp(quic_conn_name(conn), QUIC_SNI_FEDERATION) == 0);
}

/* Whatever the door gave us gets its answer after the handshake. */
static enum quic_verdict
federd_quic_accept(void *arg, struct quic_conn *conn, const char *name)
{
	(void)arg;
	(void)conn;
	(void)name;
	return (QUIC_ACCEPT);
}

static bool
federd_quic_verify(void *arg, struct quic_conn *conn,
    const uint8_t hash[TLS_HASH_LEN])
{
	struct federd	*fd = arg;

	federd_begin(fd);
	/* Whom we probe is whoever lives there. */
	return (federd_is_probe(conn) || (federd_is_link(conn) &&
	    links_verify(fd->fd_links, conn, hash)));
}

static void
federd_quic_established(void *arg, struct quic_conn *conn)
{
	struct federd	*fd = arg;

	federd_begin(fd);
	if (federd_is_link(conn))
		links_established(fd->fd_links, conn);
	else if (federd_is_probe(conn))
		probes_established(fd->fd_probes, conn);
	else {
		fd->fd_others++;
		quic_close(conn, 0, "");
	}
}

static void
federd_quic_message(void *arg, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	struct federd	*fd = arg;

	federd_begin(fd);
	if (federd_is_link(conn))
		links_message(fd->fd_links, conn, data, len);
	else if (federd_is_probe(conn))
		probes_message(fd->fd_probes, conn, data, len);
}

static void
federd_quic_datagram(void *arg, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	struct federd	*fd = arg;

	federd_begin(fd);
	if (federd_is_link(conn))
		links_datagram(fd->fd_links, conn, data, len);
}

static void
federd_quic_closed(void *arg, struct quic_conn *conn,
    const struct quic_close *close)
{
	struct federd	*fd = arg;

	federd_begin(fd);
	if (close->kind == QUIC_CLOSED_HANDSHAKE)
		fd->fd_broken++;
	if (federd_is_link(conn))
		links_closed(fd->fd_links, conn, close);
	else if (federd_is_probe(conn))
		probes_closed(fd->fd_probes, conn);
}

static const struct quic_ops	federd_quic_ops = {
	.accept = federd_quic_accept,
	.established = federd_quic_established,
	.message = federd_quic_message,
	.datagram = federd_quic_datagram,
	.closed = federd_quic_closed,
	.verify = federd_quic_verify
};

/* Set-up */

static void
federd_udp_socket(struct worker *worker, const struct msg_udp_socket *msg,
    int sock)
{
	struct federd		*fd = worker_ctx(worker);
	struct federd_socket	*fs;

	if (msg->listener >= SERVICE_LISTENERS_MAX ||
	    fd->fd_sockets[msg->listener].fs_fd != -1) {
		log_warnx("listener %llu: not one more",
		    (unsigned long long)msg->listener);
		close(sock);
		return;
	}
	fs = &fd->fd_sockets[msg->listener];
	fs->fs_fd = sock;
	fs->fs_address = msg->address;
	fs->fs_receive = msg->receive;
}

/* In set-up, and again when the configuration was read anew. */
static void
federd_settings(struct worker *worker, const struct msg_settings *settings)
{
	struct federd	*fd = worker_ctx(worker);

	limiter_settings(fd->fd_limiter, settings);
	if (fd->fd_service == NULL)
		return;
	quic_endpoint_set_max(quic_service_endpoint(fd->fd_service),
	    settings->max_connections);
	quic_endpoint_set_queue(quic_service_endpoint(fd->fd_service),
	    settings->peer_queue);
}

/* The two newest are kept until there is a service to use them. */
static void
federd_token_key(struct worker *worker, const struct msg_token_key *msg)
{
	struct federd	*fd = worker_ctx(worker);

	if (msg->role != PROC_FEDERD)
		return;
	if (fd->fd_service != NULL) {
		quic_service_token_key(fd->fd_service, msg->generation,
		    msg->key);
		return;
	}
	if (fd->fd_ntokens == FEDERD_TOKEN_KEYS)
		fd->fd_token_keys[0] = fd->fd_token_keys[--fd->fd_ntokens];
	fd->fd_token_keys[fd->fd_ntokens++] = *msg;
}

static int
federd_start(struct worker *worker)
{
	struct federd	*fd = worker_ctx(worker);

	fd->fd_worker = worker;
	return (0);
}

/* The same certificate whether we accept or dial. */
static int
federd_make_tls(struct federd *fd)
{
	const struct keys	*keys = &fd->fd_keys;

	if (SHA256(keys->keys_certificate, keys->keys_certificate_len,
	    fd->fd_own) == NULL)
		return (-1);
	fd->fd_tls = quic_tls_server(keys->keys_certificate,
	    keys->keys_certificate_len, keys_sign_tls, fd->fd_worker);
	fd->fd_tls_client = quic_tls_client_certified(keys->keys_certificate,
	    keys->keys_certificate_len, keys_sign_tls, fd->fd_worker);
	if (fd->fd_tls == NULL || fd->fd_tls_client == NULL)
		return (-1);
	quic_tls_request_certificate(fd->fd_tls, QUIC_SNI_FEDERATION);
	return (0);
}

static int
federd_make_service(struct federd *fd)
{
	const struct msg_settings	*settings;
	struct federd_socket		*fs;
	struct quic_config		 config;
	unsigned int			 i;
	int				 slot;

	if ((slot = worker_slot(fd->fd_worker)) == -1) {
		log_warnx("no slot for federd");
		return (-1);
	}
	settings = worker_settings(fd->fd_worker);
	memset(&config, 0, sizeof(config));
	config.ops = &federd_quic_ops;
	config.arg = fd;
	quic_limits_default(&config.limits);
	config.limits.max_connections = settings->max_connections;
	config.limits.max_message = SIGNAL_MAX;
	/* Speech that CUBIC holds back after a loss is lost (doc/PROTOCOL). */
	config.limits.congestion = QUIC_BBR;
	config.limits.max_send_queue = settings->peer_queue;
	/* Strangers leave room for the links that we dial. */
	config.limits.incoming = (unsigned int)settings->max_connections / 2;
	config.tls_server = fd->fd_tls;
	config.tls_client = fd->fd_tls_client;
	memcpy(config.reset_key, fd->fd_keys.keys_reset_key,
	    sizeof(config.reset_key));
	config.slot = (uint8_t)slot;
	config.door = true;
	fd->fd_service = quic_service_new(worker_loop(fd->fd_worker),
	    &config);
	explicit_bzero(config.reset_key, sizeof(config.reset_key));
	if (fd->fd_service == NULL) {
		log_warn("QUIC service");
		return (-1);
	}
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++) {
		fs = &fd->fd_sockets[i];
		if (fs->fs_fd == -1)
			continue;
		if (quic_service_add_socket(fd->fd_service, i,
		    &fs->fs_address, fs->fs_fd, fs->fs_receive) == -1) {
			log_warn("listener %u", i);
			return (-1);
		}
	}
	for (i = 0; i < fd->fd_ntokens; i++)
		quic_service_token_key(fd->fd_service,
		    fd->fd_token_keys[i].generation,
		    fd->fd_token_keys[i].key);
	explicit_bzero(fd->fd_token_keys, sizeof(fd->fd_token_keys));
	/* A channel that came before we could use it. */
	quic_service_set_door(fd->fd_service,
	    worker_data_channel(fd->fd_worker, PROC_DOORD, 0));
	return (0);
}

static int
federd_make_modules(struct federd *fd)
{
	struct fedmedia_config	media;
	struct fedrooms_config	rooms;
	uint8_t			secret[16];

	fd->fd_links = links_new(fd->fd_own, fd->fd_peers, &federd_links_ops,
	    fd);
	fd->fd_envelope = envelope_new(fd->fd_own, &federd_envelope_ops, fd);
	arc4random_buf(secret, sizeof(secret));
	fd->fd_digest = digest_new(secret);
	if (fd->fd_links == NULL || fd->fd_envelope == NULL ||
	    fd->fd_digest == NULL)
		return (-1);
	links_set_limiter(fd->fd_links, fd->fd_limiter);
	envelope_set_limiter(fd->fd_envelope, fd->fd_limiter);
	digest_set_limiter(fd->fd_digest, fd->fd_limiter);
	arc4random_buf(secret, sizeof(secret));
	fd->fd_find = find_new(fd->fd_own, fd->fd_digest, secret,
	    &federd_find_ops, fd);
	explicit_bzero(secret, sizeof(secret));
	memset(&media, 0, sizeof(media));
	media.fm_ops = &federd_media_ops;
	media.fm_arg = fd;
	media.fm_limiter = fd->fd_limiter;
	memcpy(media.fm_fp, fd->fd_own, sizeof(media.fm_fp));
	fd->fd_media = fedmedia_new(&media);
	if (fd->fd_find == NULL || fd->fd_media == NULL)
		return (-1);
	find_set_limiter(fd->fd_find, fd->fd_limiter);
	memset(&rooms, 0, sizeof(rooms));
	rooms.fc_ops = &federd_rooms_ops;
	rooms.fc_arg = fd;
	rooms.fc_media = fd->fd_media;
	rooms.fc_limiter = fd->fd_limiter;
	memcpy(rooms.fc_fp, fd->fd_own, sizeof(rooms.fc_fp));
	rooms.fc_wall_ms = clock_wall_ms();
	fd->fd_rooms = fedrooms_new(&rooms);
	fd->fd_probes = probes_new(fd->fd_digest, &federd_probes_ops, fd);
	if (fd->fd_rooms == NULL || fd->fd_probes == NULL)
		return (-1);
	probes_set_limiter(fd->fd_probes, fd->fd_limiter);
	return (0);
}

static int
federd_serve(struct worker *worker)
{
	struct federd	*fd = worker_ctx(worker);

	if (keys_fetch(worker, &fd->fd_keys) == -1) {
		log_warnx("no keys from keyd");
		return (-1);
	}
	if (federd_make_tls(fd) == -1) {
		log_warnx("TLS cannot be set up");
		return (-1);
	}
	if (federd_make_modules(fd) == -1) {
		log_warn("links");
		return (-1);
	}
	if (federd_make_service(fd) == -1)
		return (-1);
	ev_timer_init(&fd->fd_timer, federd_timer, 0., 0.);
	fd->fd_timer.data = fd;
	ev_timer_init(&fd->fd_deadline, federd_deadline, 0., 0.);
	fd->fd_deadline.data = fd;
	ev_prepare_init(&fd->fd_prepare, federd_prepare);
	fd->fd_prepare.data = fd;
	ev_prepare_start(worker_loop(worker), &fd->fd_prepare);
	federd_begin(fd);
	federd_neighbours(fd);
	return (0);
}

/* Turns */

static uint64_t
federd_expiry(const struct federd *fd)
{
	uint64_t	next;

	next = links_expiry(fd->fd_links);
	if (!fd->fd_stopping)
		next = clock_earlier(next, peers_expiry(fd->fd_peers));
	next = clock_earlier(next, envelope_expiry(fd->fd_envelope));
	next = clock_earlier(next, digest_expiry(fd->fd_digest));
	next = clock_earlier(next, find_expiry(fd->fd_find));
	next = clock_earlier(next, fedmedia_expiry(fd->fd_media));
	next = clock_earlier(next, fedrooms_expiry(fd->fd_rooms));
	return (clock_earlier(next, probes_expiry(fd->fd_probes)));
}

/* Before each wait: what was queued by whatever came in. */
static void
federd_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct federd	*fd = prepare->data;
	uint64_t	 next, now;
	unsigned int	 round;

	(void)events;
	/* Writing may report closed connections, of which others hear. */
	for (round = 0; fd->fd_dirty && round < FEDERD_ROUNDS; round++) {
		fd->fd_dirty = false;
		fedmedia_flush(fd->fd_media);
		quic_service_turn(fd->fd_service);
	}
	if (fd->fd_stopping && !fd->fd_dirty &&
	    links_count(fd->fd_links) + probes_count(fd->fd_probes) == 0) {
		worker_exit(fd->fd_worker, 0);
		return;
	}
	next = federd_expiry(fd);
	now = clock_mono_ns();
	ev_timer_stop(loop, &fd->fd_timer);
	if (fd->fd_dirty)
		next = now;
	if (next == UINT64_MAX)
		return;
	ev_now_update(loop);
	ev_timer_set(&fd->fd_timer, next <= now ? 0. :
	    (double)(next - now) / (double)NS_PER_S, 0.);
	ev_timer_start(loop, &fd->fd_timer);
}

static void
federd_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct federd	*fd = timer->data;

	(void)loop;
	(void)events;
	federd_begin(fd);
	links_expire(fd->fd_links);
	if (!fd->fd_stopping)
		peers_expire(fd->fd_peers);
	envelope_expire(fd->fd_envelope);
	digest_expire(fd->fd_digest);
	find_expire(fd->fd_find);
	fedrooms_expire(fd->fd_rooms);
	fedmedia_expire(fd->fd_media);
	probes_expire(fd->fd_probes);
}

/* Stop */

static void
federd_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct federd	*fd = timer->data;

	(void)loop;
	(void)events;
	worker_exit(fd->fd_worker, 0);
}

/* Neighbours hear that we go; who dialled us tries again by himself. */
static void
federd_shutdown(struct worker *worker, uint64_t deadline_ms)
{
	struct federd	*fd = worker_ctx(worker);

	if (fd->fd_stopping)
		return;
	if (fd->fd_service == NULL) {
		worker_exit(worker, 0);
		return;
	}
	fd->fd_stopping = true;
	federd_begin(fd);
	links_stop(fd->fd_links);
	probes_stop(fd->fd_probes);
	if (deadline_ms > FEDERD_STOP_MARGIN_MS)
		deadline_ms -= FEDERD_STOP_MARGIN_MS;
	ev_timer_set(&fd->fd_deadline, (double)deadline_ms / 1000., 0.);
	ev_timer_start(worker_loop(worker), &fd->fd_deadline);
}

int
main(int argc, char **argv)
{
	static struct federd	fd;
	size_t			i;

	/* Before anything else: libcrypto must not read the host's files. */
	if (quic_tls_init() == -1)
		return (1);
	for (i = 0; i < SERVICE_LISTENERS_MAX; i++)
		fd.fd_sockets[i].fs_fd = -1;
	/* The configuration comes before anything else is there. */
	if ((fd.fd_peers = peers_new(&federd_peers_ops, &fd)) == NULL ||
	    (fd.fd_limiter = limiter_new(LIMITER_KEYS)) == NULL)
		return (1);
	return (worker_main(argc, argv, &federd_ops, &fd));
}
