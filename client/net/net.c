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
 * Event loop of the client.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ev.h>

#include "client/net/net.h"
#include "client/net/netwatch.h"
#include "client/direct/own.h"
#include "client/pins.h"
#include "client/portmap/portmap.h"
#include "common/base/clock.h"
#include "common/quic/udp.h"
#include "common/wire/candidates.h"

#define DEFAULT_PORT	"4433"
#define BUFFER		(256 * 1024)
#define BATCHES_MAX	16	/* of datagrams before time is looked at */
#define LISTENERS	2	/* 0: IPv4, 1: IPv6 */

struct net {
	struct udp	*ne_udp[LISTENERS];	/* NULL: no such family here */
	struct netwatch	*ne_watch;	/* NULL: nobody tells of changes */
	struct portmap	*ne_portmap;	/* NULL: not wanted, not possible */
	struct ev_loop	*ne_loop;
	struct client	*ne_client;
	ev_io		 ne_io[LISTENERS];
	ev_io		 ne_watch_io;
	ev_io		 ne_portmap_io;
	ev_timer	 ne_timer;
	ev_signal	 ne_int;
	ev_signal	 ne_term;
	uint64_t	 ne_now;
	unsigned int	 ne_reading;	/* listener */
	bool		 ne_ok;
};

static struct udp
		*net_socket(int, uint16_t);
static void	 net_readable(struct ev_loop *, ev_io *, int);
static void	 net_watched(struct ev_loop *, ev_io *, int);
static void	 net_mapping(struct ev_loop *, ev_io *, int);
static void	 net_timeout(struct ev_loop *, ev_timer *, int);
static void	 net_signal(struct ev_loop *, ev_signal *, int);
static void	 net_addresses(struct net *);
static void	 net_turn(struct net *);
static void	 net_received(void *, const struct addr *,
		    const struct addr *, uint8_t, const uint8_t *, size_t);
static int	 split(const char *, char *, size_t, char *, size_t);

int
net_resolve(const char *relay, struct addr *addr, char *name, size_t namecap,
    char *why, size_t cap)
{
	struct addrinfo	 hints, *res;
	char		 host[PINS_RELAY_MAX], port[8], *p;
	int		 error;

	if (split(relay, host, sizeof(host), port, sizeof(port)) == -1) {
		(void)snprintf(why, cap, "%s: is not host:port", relay);
		return (-1);
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_DGRAM;
	hints.ai_flags = AI_NUMERICSERV;
	if ((error = getaddrinfo(host, port, &hints, &res)) != 0) {
		(void)snprintf(why, cap, "%s: %s", relay,
		    gai_strerror(error));
		return (-1);
	}
	error = addr_from_sockaddr(addr, res->ai_addr, res->ai_addrlen);
	freeaddrinfo(res);
	if (error == -1 || addr_port(addr) == 0) {
		(void)snprintf(why, cap, "%s: has no usable address", relay);
		return (-1);
	}
	error = snprintf(name, namecap, strchr(host, ':') != NULL ?
	    "[%s]:%s" : "%s:%s", host, port);
	if (error < 0 || (size_t)error >= namecap) {
		(void)snprintf(why, cap, "the relay's name is too long");
		return (-1);
	}
	for (p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return (0);
}

struct net *
net_new(const struct addr *relay, char *why, size_t cap)
{
	struct net	*ne;
	unsigned int	 i, needed = addr_family(relay) == AF_INET6;

	if ((ne = calloc(1, sizeof(*ne))) == NULL) {
		(void)snprintf(why, cap, "%s", strerror(errno));
		return (NULL);
	}
	/* One port for both, if it is free: what others learn fits both. */
	ne->ne_udp[0] = net_socket(AF_INET, 0);
	if (ne->ne_udp[0] != NULL)
		ne->ne_udp[1] = net_socket(AF_INET6,
		    addr_port(udp_bound(ne->ne_udp[0])));
	if (ne->ne_udp[1] == NULL)
		ne->ne_udp[1] = net_socket(AF_INET6, 0);
	if (ne->ne_udp[needed] == NULL) {
		(void)snprintf(why, cap, "no socket for IPv%c: %s",
		    needed == 1 ? '6' : '4', strerror(errno));
		net_free(ne);
		return (NULL);
	}
	/* Without it: the addresses are not known and not offered. */
	ne->ne_watch = netwatch_new();
	if ((ne->ne_loop = ev_loop_new(EVFLAG_AUTO)) == NULL) {
		(void)snprintf(why, cap, "no event loop");
		net_free(ne);
		return (NULL);
	}
	for (i = 0; i < LISTENERS; i++) {
		ev_init(&ne->ne_io[i], net_readable);
		ne->ne_io[i].data = ne;
		if (ne->ne_udp[i] != NULL)
			ev_io_set(&ne->ne_io[i], udp_fd(ne->ne_udp[i]),
			    EV_READ);
	}
	ev_init(&ne->ne_watch_io, net_watched);
	ev_init(&ne->ne_portmap_io, net_mapping);
	ev_init(&ne->ne_timer, net_timeout);
	ev_signal_init(&ne->ne_int, net_signal, SIGINT);
	ev_signal_init(&ne->ne_term, net_signal, SIGTERM);
	ne->ne_watch_io.data = ne->ne_portmap_io.data = ne;
	ne->ne_timer.data = ne->ne_int.data = ne->ne_term.data = ne;
	/* What libev opens for signals it opens here, before the sandbox. */
	ev_signal_start(ne->ne_loop, &ne->ne_int);
	ev_signal_start(ne->ne_loop, &ne->ne_term);
	return (ne);
}

/* On all addresses of a family.  NULL: errno. */
static struct udp *
net_socket(int family, uint16_t port)
{
	struct sockaddr_storage	 ss;
	struct addr		 any;
	struct udp		*u;
	socklen_t		 len = sizeof(ss);
	int			 fd, save;

	if (addr_parse(&any, family == AF_INET6 ? "[::]:0" : "0.0.0.0:0") ==
	    -1)
		return (NULL);
	addr_set_port(&any, port);
	if ((fd = udp_bind(&any, BUFFER)) == -1)
		return (NULL);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    addr_from_sockaddr(&any, (struct sockaddr *)&ss, len) == -1 ||
	    (u = udp_new(fd, &any)) == NULL) {
		save = errno;
		(void)close(fd);
		errno = save;
		return (NULL);
	}
	return (u);
}

void
net_free(struct net *ne)
{
	unsigned int	i;

	if (ne == NULL)
		return;
	if (ne->ne_loop != NULL) {
		for (i = 0; i < LISTENERS; i++)
			ev_io_stop(ne->ne_loop, &ne->ne_io[i]);
		ev_io_stop(ne->ne_loop, &ne->ne_watch_io);
		ev_io_stop(ne->ne_loop, &ne->ne_portmap_io);
		ev_timer_stop(ne->ne_loop, &ne->ne_timer);
		ev_signal_stop(ne->ne_loop, &ne->ne_int);
		ev_signal_stop(ne->ne_loop, &ne->ne_term);
		ev_loop_destroy(ne->ne_loop);
	}
	portmap_free(ne->ne_portmap);
	netwatch_free(ne->ne_watch);
	for (i = 0; i < LISTENERS; i++)
		udp_free(ne->ne_udp[i]);
	free(ne);
}

void
net_ports(const struct net *ne, uint16_t port[2])
{
	unsigned int	i;

	for (i = 0; i < LISTENERS; i++)
		port[i] = ne->ne_udp[i] == NULL ? 0 :
		    addr_port(udp_bound(ne->ne_udp[i]));
}

void
net_portmap(struct net *ne, struct portmap *pm)
{
	portmap_free(ne->ne_portmap);
	ne->ne_portmap = pm;
}

void
net_transmit(struct net *ne, const struct quic_packet *p)
{
	if (p->listener < LISTENERS && ne->ne_udp[p->listener] != NULL)
		udp_queue(ne->ne_udp[p->listener], p->local, p->remote,
		    p->ecn, p->data, p->len);
}

bool
net_run(struct net *ne, struct client *client)
{
	unsigned int	i;

	ne->ne_client = client;
	for (i = 0; i < LISTENERS; i++)
		if (ne->ne_udp[i] != NULL)
			ev_io_start(ne->ne_loop, &ne->ne_io[i]);
	if (ne->ne_watch != NULL) {
		if (netwatch_fd(ne->ne_watch) != -1) {
			ev_io_set(&ne->ne_watch_io,
			    netwatch_fd(ne->ne_watch), EV_READ);
			ev_io_start(ne->ne_loop, &ne->ne_watch_io);
		}
		/* Before the start: what the client says at once has them. */
		if (netwatch_read(ne->ne_watch))
			net_addresses(ne);
	}
	if (ne->ne_portmap != NULL) {
		ev_io_set(&ne->ne_portmap_io, portmap_fd(ne->ne_portmap),
		    EV_READ);
		ev_io_start(ne->ne_loop, &ne->ne_portmap_io);
	}
	client_start(client, clock_mono_ns());
	net_turn(ne);
	ev_run(ne->ne_loop, 0);
	return (ne->ne_ok);
}

static void
net_readable(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	(void)events;
	net_turn(w->data);
}

static void
net_watched(struct ev_loop *loop, ev_io *w, int events)
{
	struct net	*ne = w->data;

	(void)loop;
	(void)events;
	if (netwatch_read(ne->ne_watch)) {
		net_addresses(ne);
		net_turn(ne);
	}
}

static void
net_mapping(struct ev_loop *loop, ev_io *w, int events)
{
	struct net	*ne = w->data;
	struct addr	 external;

	(void)events;
	if (portmap_read(ne->ne_portmap)) {
		client_mapped(ne->ne_client,
		    portmap_external(ne->ne_portmap, &external) ?
		    &external : NULL, clock_mono_ns());
		net_turn(ne);
	}
	/* The helper is gone: its end of the line says so for ever. */
	if (portmap_fd(ne->ne_portmap) == -1)
		ev_io_stop(loop, w);
}

/* They are others than before, or known for the first time. */
static void
net_addresses(struct net *ne)
{
	struct addr	list[NETWATCH_MAX];
	uint16_t	port = 0;
	size_t		i, n;

	n = netwatch_addresses(ne->ne_watch, list, NETWATCH_MAX);
	client_addresses(ne->ne_client, list, n, clock_mono_ns());
	if (ne->ne_portmap == NULL || ne->ne_udp[0] == NULL)
		return;
	/* A router that maps is there only for private addresses. */
	for (i = 0; i < n && port == 0; i++)
		if (addr_family(&list[i]) == AF_INET &&
		    candidate_is_host(&list[i]))
			port = addr_port(udp_bound(ne->ne_udp[0]));
	portmap_want(ne->ne_portmap, port);
}

static void
net_timeout(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	net_turn(w->data);
}

static void
net_signal(struct ev_loop *loop, ev_signal *w, int events)
{
	struct net	*ne = w->data;

	(void)loop;
	(void)events;
	client_stop(ne->ne_client, clock_mono_ns());
	net_turn(ne);
}

/*
 * All that arrived first, then what is due: if we were late, the packets that
 * came meanwhile count as in time.
 */
static void
net_turn(struct net *ne)
{
	uint64_t	at;
	double		after;
	unsigned int	l;
	int		i;

	ne->ne_now = clock_mono_ns();
	for (l = 0; l < LISTENERS; l++) {
		ne->ne_reading = l;
		for (i = 0; i < BATCHES_MAX && ne->ne_udp[l] != NULL; i++)
			if (udp_receive(ne->ne_udp[l], net_received, ne) <= 0)
				break;
	}
	client_turn(ne->ne_client, ne->ne_now);
	for (l = 0; l < LISTENERS; l++)
		if (ne->ne_udp[l] != NULL)
			udp_flush(ne->ne_udp[l]);
	if (client_done(ne->ne_client, &ne->ne_ok)) {
		ev_break(ne->ne_loop, EVBREAK_ALL);
		return;
	}
	ev_timer_stop(ne->ne_loop, &ne->ne_timer);
	if ((at = client_expiry(ne->ne_client)) == UINT64_MAX)
		return;
	ne->ne_now = clock_mono_ns();
	after = at > ne->ne_now ? (double)(at - ne->ne_now) / 1e9 : 0.0;
	ev_now_update(ne->ne_loop);
	ev_timer_set(&ne->ne_timer, after, 0.0);
	ev_timer_start(ne->ne_loop, &ne->ne_timer);
}

static void
net_received(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct net	*ne = arg;

	client_receive(ne->ne_client, ne->ne_reading, local, remote, ecn,
	    data, len, ne->ne_now);
}

/* host and port of what a person writes. */
static int
split(const char *s, char *host, size_t hostcap, char *port, size_t portcap)
{
	const char	*colon, *end;
	size_t		 n;

	if (s[0] == '[') {
		if ((end = strchr(s, ']')) == NULL)
			return (-1);
		n = (size_t)(end - s) - 1;
		s++;
		colon = end[1] == ':' ? end + 1 : NULL;
		if (colon == NULL && end[1] != '\0')
			return (-1);
	} else if ((colon = strchr(s, ':')) != NULL &&
	    strchr(colon + 1, ':') != NULL) {
		/* A bare IPv6 address. */
		n = strlen(s);
		colon = NULL;
	} else
		n = colon != NULL ? (size_t)(colon - s) : strlen(s);
	if (n == 0 || n >= hostcap)
		return (-1);
	memcpy(host, s, n);
	host[n] = '\0';
	if (strlcpy(port, colon != NULL ? colon + 1 : DEFAULT_PORT,
	    portcap) >= portcap || port[0] == '\0' ||
	    strspn(port, "0123456789") != strlen(port))
		return (-1);
	return (0);
}
