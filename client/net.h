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
 * The client in the world: one UDP socket, the clock, signals of the system.
 */
#ifndef WZP_CLIENT_NET_H
#define WZP_CLIENT_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "client/client.h"
#include "common/base/addr.h"

struct net;

/*
 * "host", "host:port", "[v6]" or "[v6]:port" to an address and to the form
 * under which a relay is pinned, "host:port" in lower case.  Asks the
 * resolver: before the sandbox.  -1: why.
 */
int		 net_resolve(const char *relay, struct addr *, char *name,
		    size_t namecap, char *why, size_t cap);
/* A socket for talking to this address.  NULL: why. */
struct net	*net_new(const struct addr *, char *why, size_t cap);
void		 net_free(struct net *);
/* For client_config.cc_transmit, with the net as cc_arg's business. */
void		 net_transmit(struct net *, const struct quic_packet *);
/*
 * Runs the client until it is done; SIGINT and SIGTERM end it decently.
 * Returns what client_done() says.
 */
bool		 net_run(struct net *, struct client *);

#endif /* WZP_CLIENT_NET_H */
