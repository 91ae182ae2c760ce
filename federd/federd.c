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
 * federd: the QUIC names of other relays, `_federation' and `_probe'.  doord
 * sends them here once `federation yes' is in the configuration.
 *
 * No relay can be named in the configuration yet, so everybody is a stranger:
 * the connection is dropped after its handshake, with code 0 and no reason
 * (wzp-protocol 9.1, 1.7), before anything of it is read.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/quic/service.h"
#include "common/quic/tls.h"
#include "common/worker/keys.h"
#include "common/worker/worker.h"

/* Generations of a token key that are good (messages.h). */
#define TOKEN_KEYS	2

struct federd {
	struct worker		*fd_worker;
	struct keys		 fd_keys;
	struct quic_tls		*fd_tls;
	struct quic_service	*fd_service;
	struct msg_token_key	 fd_token_keys[TOKEN_KEYS];
	size_t			 fd_ntokens;
	ev_prepare		 fd_prepare;
	bool			 fd_dirty;	/* something may be queued */
	struct federd_socket {
		int		 fs_fd;
		struct addr	 fs_address;
		bool		 fs_receive;
	}			 fd_sockets[SERVICE_LISTENERS_MAX];
	uint64_t		 fd_links;	/* refused, `_federation' */
	uint64_t		 fd_probes;	/* refused, `_probe' */
	uint64_t		 fd_others;	/* not for us at all */
	uint64_t		 fd_broken;	/* handshakes that failed */
};

static void	 federd_settings(struct worker *,
		    const struct msg_settings *);
static void	 federd_udp_socket(struct worker *,
		    const struct msg_udp_socket *, int);
static void	 federd_token_key(struct worker *,
		    const struct msg_token_key *);
static void	 federd_channel(struct worker *, struct channel *, bool);
static void	 federd_channel_lost(struct worker *, enum proc,
		    unsigned int, bool);
static int	 federd_start(struct worker *);
static int	 federd_serve(struct worker *);
static void	 federd_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	 federd_stats(struct worker *, struct row *);
static void	 federd_prepare(struct ev_loop *, ev_prepare *, int);

static const struct worker_ops	federd_ops = {
	.role = PROC_FEDERD,
	.settings = federd_settings,
	.udp_socket = federd_udp_socket,
	.token_key = federd_token_key,
	.channel = federd_channel,
	.channel_lost = federd_channel_lost,
	.start = federd_start,
	.serve = federd_serve,
	.message = federd_message,
	.stats = federd_stats
};

/* Events of the QUIC endpoint. */

/* Whatever the door gave us gets its answer after the handshake. */
static enum quic_verdict
federd_quic_accept(void *arg, struct quic_conn *conn, const char *name)
{
	(void)arg;
	(void)conn;
	(void)name;
	return (QUIC_ACCEPT);
}

static void
federd_quic_established(void *arg, struct quic_conn *conn)
{
	struct federd	*fd = arg;
	const char	*name = quic_conn_name(conn);
	char		 text[ADDR_STRLEN];

	if (strcmp(name, "_federation") == 0) {
		fd->fd_links++;
		log_debug("%s: not a relay that we know",
		    addr_print(quic_conn_remote(conn), text, sizeof(text)));
	} else if (strcmp(name, "_probe") == 0)
		fd->fd_probes++;
	else
		fd->fd_others++;
	quic_close(conn, 0, "");
	fd->fd_dirty = true;
}

static void
federd_quic_message(void *arg, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	/* It was closed above. */
	(void)arg;
	(void)conn;
	(void)data;
	(void)len;
}

static void
federd_quic_closed(void *arg, struct quic_conn *conn,
    const struct quic_close *close)
{
	struct federd	*fd = arg;

	(void)conn;
	if (close->kind == QUIC_CLOSED_HANDSHAKE)
		fd->fd_broken++;
}

static const struct quic_ops	federd_quic_ops = {
	.accept = federd_quic_accept,
	.established = federd_quic_established,
	.message = federd_quic_message,
	.closed = federd_quic_closed
};

/* Set-up. */

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

	if (fd->fd_service != NULL)
		quic_endpoint_set_max(quic_service_endpoint(fd->fd_service),
		    settings->max_connections);
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
	if (fd->fd_ntokens == TOKEN_KEYS)
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

static int
federd_serve(struct worker *worker)
{
	struct federd		*fd = worker_ctx(worker);
	struct federd_socket	*fs;
	struct quic_config	 config;
	unsigned int		 i;
	int			 slot;

	if ((slot = worker_slot(worker)) == -1) {
		log_warnx("no slot for federd");
		return (-1);
	}
	if (keys_fetch(worker, &fd->fd_keys) == -1) {
		log_warnx("no keys from keyd");
		return (-1);
	}
	fd->fd_tls = quic_tls_server(fd->fd_keys.keys_certificate,
	    fd->fd_keys.keys_certificate_len, keys_sign_tls, worker);
	if (fd->fd_tls == NULL) {
		log_warnx("TLS cannot be set up");
		return (-1);
	}
	memset(&config, 0, sizeof(config));
	config.ops = &federd_quic_ops;
	config.arg = fd;
	quic_limits_default(&config.limits);
	config.limits.max_connections =
	    worker_settings(worker)->max_connections;
	config.tls_server = fd->fd_tls;
	memcpy(config.reset_key, fd->fd_keys.keys_reset_key,
	    sizeof(config.reset_key));
	config.slot = (uint8_t)slot;
	config.door = true;
	fd->fd_service = quic_service_new(worker_loop(worker), &config);
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
	    worker_data_channel(worker, PROC_DOORD, 0));
	ev_prepare_init(&fd->fd_prepare, federd_prepare);
	fd->fd_prepare.data = fd;
	ev_prepare_start(worker_loop(worker), &fd->fd_prepare);
	return (0);
}

/* Neighbours. */

static void
federd_channel(struct worker *worker, struct channel *ch, bool data)
{
	struct federd	*fd = worker_ctx(worker);

	if (data && fd->fd_service != NULL && channel_peer(ch) == PROC_DOORD)
		quic_service_set_door(fd->fd_service, ch);
}

static void
federd_channel_lost(struct worker *worker, enum proc peer,
    unsigned int instance, bool data)
{
	struct federd	*fd = worker_ctx(worker);

	(void)instance;
	if (data && fd->fd_service != NULL && peer == PROC_DOORD)
		quic_service_set_door(fd->fd_service, NULL);
}

static void
federd_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int sock)
{
	struct federd			*fd = worker_ctx(arg);
	const struct msg_ctl_query	*query;

	if (sock != -1)
		close(sock);	/* no message of ours carries one */
	switch (type) {
	case MSG_DOOR_DATAGRAM:
		quic_service_input(fd->fd_service, msg);
		fd->fd_dirty = true;
		break;
	case MSG_CTL_QUERY:
		query = msg;
		worker_ctl_end(ch, query->id, "nothing of that here");
		break;
	default:
		/* Places of rooms: no media goes to another relay yet. */
		break;
	}
}

/* Before each wait: what was queued by whatever came in. */
static void
federd_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct federd	*fd = prepare->data;

	(void)loop;
	(void)events;
	if (!fd->fd_dirty)
		return;
	fd->fd_dirty = false;
	quic_service_turn(fd->fd_service);
}

static void
federd_stats(struct worker *worker, struct row *row)
{
	struct federd	*fd = worker_ctx(worker);

	if (fd->fd_service == NULL)
		return;
	row_u64(row, "quic_connections", quic_endpoint_connections(
	    quic_service_endpoint(fd->fd_service)));
	row_u64(row, "refused_links", fd->fd_links);
	row_u64(row, "refused_probes", fd->fd_probes);
	row_u64(row, "refused_others", fd->fd_others);
	row_u64(row, "failed_handshakes", fd->fd_broken);
	row_u64(row, "packets_dropped",
	    quic_service_dropped(fd->fd_service));
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
	return (worker_main(argc, argv, &federd_ops, &fd));
}
