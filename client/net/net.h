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
 * The client in the world: a UDP socket for IPv4 and one for IPv6, the host's
 * addresses, a port mapping, the clock, signals of the system.
 */
#ifndef WZP_CLIENT_NET_NET_H
#define WZP_CLIENT_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/client.h"
#include "client/portmap/portmap.h"
#include "common/base/addr.h"

struct net;

/*
 * "host", "host:port", "[v6]" or "[v6]:port" to an address and to the form
 * under which a relay is pinned, "host:port" in lower case.  Asks the
 * resolver: before the sandbox.  -1: why.
 */
int		 net_resolve(const char *relay, struct addr *, char *name,
		    size_t namecap, char *why, size_t cap);
/*
 * Sockets of the families this host has, among them that of this address;
 * both on one port if it is free.  NULL: why.
 */
struct net	*net_new(const struct addr *, char *why, size_t cap);
/* Ports of the IPv4 and the IPv6 socket; 0: there is none. */
void		 net_ports(const struct net *, uint16_t port[2]);
/*
 * Has the IPv4 port mapped by the router as long as the client runs and has
 * a private address.  Takes the helper (NULL: none), which was started before
 * there were secrets in memory.
 */
void		 net_portmap(struct net *, struct portmap *);
void		 net_free(struct net *);
/* For client_config.cc_transmit, with the net as cc_arg's business. */
void		 net_transmit(struct net *, const struct quic_packet *);
/*
 * Runs the client until it is done; SIGINT and SIGTERM end it decently.
 * Returns what client_done() says.
 */
bool		 net_run(struct net *, struct client *);

#endif /* WZP_CLIENT_NET_NET_H */
