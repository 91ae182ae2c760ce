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
 * A mapping by UPnP IGD, with libminiupnpc.  The library blocks and parses
 * what a device says: each piece of work is done by a child with an alarm
 * clock, in the helper's sandbox.  It would also follow redirections, to
 * anywhere, of a description, which is therefore fetched here.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>

#include <errno.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/portmap/portmap_helper.h"
#include "common/base/clock.h"

#define DISCOVER_MS	1000
#define TTL		2	/* of the search (UPnP Device Architecture) */
#define ALARM_MARGIN	1	/* seconds */
#define PORT_TRIES	3
#define DESCRIPTION_MAX	65536	/* bytes, with the headers */

/* Answers of AddPortMapping (WANIPConnection:1 2.4.16, :2 2.5.16). */
#define CONFLICT	718

static bool	 in_child(struct portmap_lease *, uint64_t,
		    bool (*)(struct portmap_lease *));
static bool	 make(struct portmap_lease *);
static bool	 take_back(struct portmap_lease *);
static bool	 find(struct portmap_lease *);
static const char
		*at_gateway(const struct portmap_lease *, const char *);
static size_t	 fetch(const struct portmap_lease *, const char *, char *,
		    size_t);

bool
upnp_map(struct portmap_lease *pl, uint64_t limit)
{
	return (in_child(pl, limit, make));
}

void
upnp_unmap(struct portmap_lease *pl, uint64_t limit)
{
	(void)in_child(pl, limit, take_back);
}

/*
 * The child's copy of the lease comes back over a pair of sockets and is
 * looked at again.  A child that hangs is ended by its alarm clock; nobody
 * waits for it.
 */
static bool
in_child(struct portmap_lease *pl, uint64_t limit,
    bool (*work)(struct portmap_lease *))
{
	struct portmap_lease	got;
	unsigned int		seconds;
	uint64_t		now = clock_mono_ns();
	bool			ok;
	int			pair[2];

	seconds = limit <= now ? 1 :
	    (unsigned int)((limit - now) / NS_PER_S) + 1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return (false);
	switch (fork()) {
	case -1:
		(void)close(pair[0]);
		(void)close(pair[1]);
		return (false);
	case 0:
		(void)alarm(seconds + ALARM_MARGIN);
		(void)close(pair[0]);
		if (work(pl))
			(void)send(pair[1], pl, sizeof(*pl), MSG_NOSIGNAL);
		_exit(0);
	default:
		break;
	}
	(void)close(pair[1]);
	ok = portmap_wait(pair[0], limit) && recv(pair[0], &got, sizeof(got),
	    MSG_DONTWAIT | MSG_TRUNC) == (ssize_t)sizeof(got) &&
	    memchr(got.pl_url, '\0', sizeof(got.pl_url)) != NULL &&
	    memchr(got.pl_service, '\0', sizeof(got.pl_service)) != NULL &&
	    got.pl_external.addr_len == sizeof(got.pl_external.addr_u.in);
	if (ok) {
		pl->pl_external = got.pl_external;
		pl->pl_lifetime = PORTMAP_LIFETIME;
		memcpy(pl->pl_url, got.pl_url, sizeof(pl->pl_url));
		memcpy(pl->pl_service, got.pl_service,
		    sizeof(pl->pl_service));
	}
	(void)close(pair[0]);
	return (ok);
}

/*
 * What follows the host in this URL if that is the router, by its number;
 * else NULL.  Whoever else answers a search, or is named in an answer, gets
 * nothing from us.
 */
static const char *
at_gateway(const struct portmap_lease *pl, const char *url)
{
	char	host[INET_ADDRSTRLEN], prefix[sizeof("http://") +
		    INET_ADDRSTRLEN];
	size_t	len;

	if (url == NULL || inet_ntop(AF_INET,
	    &pl->pl_gateway.addr_u.in.sin_addr, host, sizeof(host)) == NULL)
		return (NULL);
	(void)snprintf(prefix, sizeof(prefix), "http://%s", host);
	len = strlen(prefix);
	return (strncmp(url, prefix, len) == 0 &&
	    (url[len] == ':' || url[len] == '/') ? url + len : NULL);
}

/*
 * The body behind a URL of the router; 0: there is none.  HTTP/1.0: it comes
 * in one piece and ends with the connection.
 */
static size_t
fetch(const struct portmap_lease *pl, const char *url, char *buf, size_t cap)
{
	struct addr	 to = pl->pl_gateway;
	const char	*rest, *path;
	char		 request[PORTMAP_URL_MAX + 128], text[ADDR_STRLEN];
	char		*body;
	unsigned long	 port = 80;
	size_t		 i, len = 0;
	ssize_t		 n;
	int		 fd;

	if ((rest = at_gateway(pl, url)) == NULL ||
	    (path = strchr(rest, '/')) == NULL)
		return (0);
	if (rest[0] == ':') {
		i = strspn(rest + 1, "0123456789");
		port = strtoul(rest + 1, NULL, 10);
		if (i == 0 || i > 5 || rest + 1 + i != path || port == 0 ||
		    port > UINT16_MAX)
			return (0);
	}
	for (i = 0; path[i] != '\0'; i++)
		if (path[i] <= ' ' || path[i] > '~')
			return (0);
	addr_set_port(&to, (uint16_t)port);
	n = snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\n"
	    "Host: %s\r\nConnection: close\r\n\r\n", path,
	    addr_print(&to, text, sizeof(text)));
	if (n < 0 || (size_t)n >= sizeof(request) ||
	    (fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return (0);
	if (connect(fd, &to.addr_u.sa, to.addr_len) == 0 &&
	    send(fd, request, (size_t)n, MSG_NOSIGNAL) == n)
		while (len < cap - 1) {
			n = recv(fd, buf + len, cap - 1 - len, 0);
			if (n <= 0)
				break;
			len += (size_t)n;
		}
	(void)close(fd);
	/* What is longer than any description is none. */
	if (len == 0 || len == cap - 1)
		return (0);
	buf[len] = '\0';
	if (strncmp(buf, "HTTP/1.", 7) != 0 || strlen(buf) != len ||
	    strncmp(buf + 8, " 200", 4) != 0 ||
	    (body = strstr(buf, "\r\n\r\n")) == NULL)
		return (0);
	body += 4;
	len -= (size_t)(body - buf);
	memmove(buf, body, len + 1);
	return (len);
}

/* The router's control URL and service. */
static bool
find(struct portmap_lease *pl)
{
	static char	 description[DESCRIPTION_MAX];
	struct UPNPDev	*list, *dev;
	struct UPNPUrls	 urls;
	struct IGDdatas	 data;
	char		 self[INET_ADDRSTRLEN];
	size_t		 len;
	bool		 found = false;
	int		 error = 0;

	if (inet_ntop(AF_INET, &pl->pl_self.addr_u.in.sin_addr, self,
	    sizeof(self)) == NULL)
		return (false);
	/* "": no daemon of this host is asked. */
	list = upnpDiscover(DISCOVER_MS, self, "", UPNP_LOCAL_PORT_ANY, 0,
	    TTL, &error);
	for (dev = list; dev != NULL && !found; dev = dev->pNext) {
		if ((len = fetch(pl, dev->descURL, description,
		    sizeof(description))) == 0)
			continue;
		memset(&urls, 0, sizeof(urls));
		memset(&data, 0, sizeof(data));
		parserootdesc(description, (int)len, &data);
		GetUPNPUrls(&urls, &data, dev->descURL, 0);
		found = at_gateway(pl, urls.controlURL) != NULL &&
		    data.first.servicetype[0] != '\0' &&
		    strlcpy(pl->pl_url, urls.controlURL,
		    sizeof(pl->pl_url)) < sizeof(pl->pl_url) &&
		    strlcpy(pl->pl_service, data.first.servicetype,
		    sizeof(pl->pl_service)) < sizeof(pl->pl_service);
		FreeUPNPUrls(&urls);
	}
	freeUPNPDevlist(list);
	return (found);
}

static bool
make(struct portmap_lease *pl)
{
	char		self[INET_ADDRSTRLEN], external[64];
	char		inside[8], outside[8], seconds[16];
	uint16_t	port;
	int		error, i;

	if (pl->pl_url[0] == '\0' && !find(pl))
		return (false);
	memset(external, 0, sizeof(external));
	if (inet_ntop(AF_INET, &pl->pl_self.addr_u.in.sin_addr, self,
	    sizeof(self)) == NULL || UPNP_GetExternalIPAddress(pl->pl_url,
	    pl->pl_service, external) != UPNPCOMMAND_SUCCESS)
		return (false);
	(void)snprintf(inside, sizeof(inside), "%u", pl->pl_port);
	(void)snprintf(seconds, sizeof(seconds), "%d", PORTMAP_LIFETIME);
	port = addr_port(&pl->pl_external) != 0 ?
	    addr_port(&pl->pl_external) : pl->pl_port;
	for (i = 0; i < PORT_TRIES; i++) {
		(void)snprintf(outside, sizeof(outside), "%u", port);
		/*
		 * A router that has only mappings for ever (725) gets none:
		 * ours would stay when we can't take it back.
		 */
		error = UPNP_AddPortMapping(pl->pl_url, pl->pl_service,
		    outside, inside, self, "wzp", "UDP", NULL, seconds);
		if (error != CONFLICT)
			break;
		port = (uint16_t)(20000 + arc4random_uniform(40000));
	}
	if (error != UPNPCOMMAND_SUCCESS)
		return (false);
	memset(&pl->pl_external, 0, sizeof(pl->pl_external));
	pl->pl_external.addr_u.in.sin_family = AF_INET;
	pl->pl_external.addr_len = sizeof(pl->pl_external.addr_u.in);
	addr_set_port(&pl->pl_external, port);
	return (inet_pton(AF_INET, external,
	    &pl->pl_external.addr_u.in.sin_addr) == 1);
}

static bool
take_back(struct portmap_lease *pl)
{
	char	outside[8];

	(void)snprintf(outside, sizeof(outside), "%u",
	    addr_port(&pl->pl_external));
	return (UPNP_DeletePortMapping(pl->pl_url, pl->pl_service, outside,
	    "UDP", NULL) == UPNPCOMMAND_SUCCESS);
}
