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
 * A QUIC endpoint inside a worker: first flights come in as messages from
 * doord, everything else from the worker's own sockets on the shared port (or
 * also from doord, `steering none`); one timer of the event loop drives the
 * connections.  It lives in libquicservice.a, so that the client, which
 * reads its own socket, links without the IPC library.
 */
#ifndef WZP_QUIC_SERVICE_H
#define WZP_QUIC_SERVICE_H

#include <ev.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/ipc/channel.h"
#include "common/ipc/limiter.h"
#include "common/quic/endpoint.h"

#define SERVICE_LISTENERS_MAX	16
/* Connected sockets at once; their numbers begin behind the listeners'. */
#define SERVICE_CONNECTED_MAX	192

struct quic_service;

/*
 * config is copied.  config->ops stays the caller's (it must outlive the
 * service), but its transmit member is not used: the service sends.  All
 * callbacks get config->arg.  NULL: no memory.
 */
struct quic_service
	*quic_service_new(struct ev_loop *, const struct quic_config *);
/*
 * Sends for this listener leave on fd, which the service takes (and closes
 * in quic_service_free or when the same listener is added again).  receive:
 * the socket is the worker's own, the service reads it and runs a turn by
 * itself for what came.
 */
int	 quic_service_add_socket(struct quic_service *, unsigned int listener,
	    const struct addr *, int fd, bool receive);
/*
 * A connected socket (made by relayd) to dial with: its number, for
 * quic_connect(); any number of connections to remote may use it.  Taken, and
 * read at once.  -1: errno, and fd stays the caller's.
 */
int	 quic_service_add_connected(struct quic_service *,
	    const struct addr *local, const struct addr *remote, int fd);
/*
 * Closes a socket at the end of the next turn, so that what was queued for it
 * still leaves; may be called from within callbacks.  Nothing happens to
 * connections that use it: nothing of theirs leaves any more.
 */
void	 quic_service_remove_socket(struct quic_service *,
	    unsigned int listener);
/*
 * The data channel to doord, for packets that are its to judge (strays);
 * NULL: it is away.  To be called whenever that changes.
 */
void	 quic_service_set_door(struct quic_service *, struct channel *);
/* MSG_TOKEN_KEY of the own role: clients get tokens from now on. */
void	 quic_service_token_key(struct quic_service *, uint64_t generation,
	    const uint8_t key[32]);
/* From the worker's message handler, for MSG_DOOR_DATAGRAM. */
void	 quic_service_input(struct quic_service *,
	    const struct msg_door_datagram *);
/*
 * End of a turn (the worker's batch_end, and after any other work that
 * queued something): due timers, flush, one sendmmsg(2) a socket, re-arms
 * the timer.  The service calls it by itself when its timer fires.
 */
void	 quic_service_turn(struct quic_service *);
/*
 * While many datagrams come, the loop of the service waits between its turns
 * (gather.h); all other work of that loop waits with it.
 */
void	 quic_service_gather(struct quic_service *);
/*
 * Called with config->arg in each turn before packets are written: what others
 * have to know before a client acts on what it is about to read.
 */
void	 quic_service_ahead(struct quic_service *, void (*)(void *arg));
struct quic_endpoint
	*quic_service_endpoint(struct quic_service *);
/* Monotonic ns; read once a turn, so cheap inside datagram handlers. */
uint64_t quic_service_now(struct quic_service *);
/* Datagrams that the sockets or doord did not take. */
uint64_t quic_service_dropped(const struct quic_service *);
/* How much is used of the limits connections, queue and streams. */
void	 quic_service_usage(struct quic_service *, struct limiter *);
void	 quic_service_free(struct quic_service *);

#endif /* WZP_QUIC_SERVICE_H */
