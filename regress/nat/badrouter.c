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
 * badrouter MODE ADDRESS OTHER: a router at ADDRESS that answers those who
 * want mappings in no good way.  Modes:
 *	good		UPnP as it should be (the control)
 *	pcp		PCP and NAT-PMP: garbage, then mappings that can't be
 *	elsewhere	UPnP: the description is at OTHER
 *	control		UPnP: the control address is at OTHER
 *	endless		UPnP: a description without end
 *	redirect	UPnP: the description has moved to OTHER
 *	silent		UPnP: a description that never comes
 *	web		no router: only listens as OTHER does
 *	get		no router: speaks to ADDRESS as a fooled helper would
 * What it was asked is on standard output, a line each.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/addr.h"
#include "common/base/log.h"

#define WEB_PORT	5000
#define PCP_PORT	5351
#define SSDP_PORT	1900
#define SEARCHED	"urn:schemas-upnp-org:device:InternetGatewayDevice:1"
#define SERVICE		"urn:schemas-upnp-org:service:WANIPConnection:1"
#define CHILD_SECONDS	20

static const char	*mode, *self, *other;

static int	 open_socket(int, const char *, uint16_t);
static void	 bad_pcp(int);
static void	 search(int);
static void	 web(int);
static int	 get(void);
static void	 reply(int, const char *, const char *, ...)
		    __attribute__((format(printf, 3, 4)));

static int
open_socket(int type, const char *host, uint16_t port)
{
	struct addr	a;
	char		text[ADDR_STRLEN];
	int		fd, on = 1;

	(void)snprintf(text, sizeof(text), "%s:%u", host, port);
	if (addr_parse(&a, text) == -1)
		fatalx("%s: is no address", text);
	if ((fd = socket(AF_INET, type, 0)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, &a.addr_u.sa, a.addr_len) == -1 ||
	    (type == SOCK_STREAM && listen(fd, 8) == -1))
		fatal("%s", text);
	return (fd);
}

/* One request, many answers; in the end one for a mapping to ourselves. */
static void
bad_pcp(int fd)
{
	static const char	*const wrong[] = { "\x7f\0\0\1", "\xe0\0\0\1",
		"\0\0\0\0", "\xff\xff\xff\xff" };
	struct sockaddr_in	 from;
	uint8_t			 q[1500], a[1500];
	socklen_t		 len = sizeof(from);
	ssize_t			 n;
	size_t			 i;

	if ((n = recvfrom(fd, q, sizeof(q), 0, (struct sockaddr *)&from,
	    &len)) < 2)
		return;
	printf("%s\n", q[0] == 2 ? "pcp" : "nat-pmp");
	if (strcmp(mode, "pcp") != 0)
		return;
	for (i = 0; i < 64; i++) {
		arc4random_buf(a, sizeof(a));
		a[0] = q[0];
		a[1] = (uint8_t)(q[1] | 0x80);
		(void)sendto(fd, a, i < 61 ? i : 1400, 0,
		    (struct sockaddr *)&from, len);
	}
	memset(a, 0, sizeof(a));
	if (n >= 60) {
		memcpy(a, q, 60);
		a[1] |= 0x80;
		a[3] = 0;
		memcpy(a + 54, "\xff\xff", 2);
		memcpy(a + 56, wrong[arc4random_uniform(4)], 4);
		(void)sendto(fd, a, 60, 0, (struct sockaddr *)&from, len);
		return;
	}
	a[1] = (uint8_t)(q[1] | 0x80);
	memcpy(a + 8, wrong[arc4random_uniform(4)], 4);
	(void)sendto(fd, a, n == 2 ? 12 : 16, 0, (struct sockaddr *)&from,
	    len);
}

static void
search(int fd)
{
	struct sockaddr_in	from;
	char			q[1500], a[1024];
	socklen_t		len = sizeof(from);
	ssize_t			n;
	int			size;

	if ((n = recvfrom(fd, q, sizeof(q) - 1, 0, (struct sockaddr *)&from,
	    &len)) <= 0)
		return;
	q[n] = '\0';
	if (strncmp(q, "M-SEARCH", 8) != 0 || strstr(q, SEARCHED) == NULL)
		return;
	printf("search\n");
	if (strcmp(mode, "pcp") == 0)
		return;
	size = snprintf(a, sizeof(a), "HTTP/1.1 200 OK\r\n"
	    "CACHE-CONTROL: max-age=120\r\nEXT:\r\nST: " SEARCHED "\r\n"
	    "USN: uuid:1::" SEARCHED "\r\nSERVER: x\r\n"
	    "LOCATION: http://%s:%d/desc\r\n\r\n",
	    strcmp(mode, "elsewhere") == 0 ? other : self, WEB_PORT);
	(void)sendto(fd, a, (size_t)size, 0, (struct sockaddr *)&from, len);
}

static void
reply(int fd, const char *type, const char *fmt, ...)
{
	char	body[2048], head[256];
	va_list	ap;
	int	n, m;

	va_start(ap, fmt);
	n = vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	m = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\n"
	    "Content-Type: %s\r\nContent-Length: %d\r\n"
	    "Connection: close\r\n\r\n", type, n);
	(void)send(fd, head, (size_t)m, MSG_NOSIGNAL);
	(void)send(fd, body, (size_t)n, MSG_NOSIGNAL);
}

/* In a child: one connection. */
static void
web(int fd)
{
	static char	much[65536];
	char		q[8192];
	ssize_t		n;

	(void)alarm(CHILD_SECONDS);
	n = recv(fd, q, sizeof(q) - 1, 0);
	q[n > 0 ? n : 0] = '\0';
	q[strcspn(q, "\r\n")] = '\0';
	printf("%.20s\n", q);
	fflush(stdout);
	if (strcmp(mode, "silent") == 0) {
		(void)pause();
	} else if (strcmp(mode, "endless") == 0) {
		(void)send(fd, "HTTP/1.1 200 OK\r\n\r\n", 19, MSG_NOSIGNAL);
		memset(much, '<', sizeof(much));
		while (send(fd, much, sizeof(much), MSG_NOSIGNAL) > 0)
			;
	} else if (strcmp(mode, "redirect") == 0) {
		n = snprintf(much, sizeof(much), "HTTP/1.1 302 Found\r\n"
		    "Location: http://%s:%d/desc\r\n"
		    "Content-Length: 0\r\n\r\n", other, WEB_PORT);
		(void)send(fd, much, (size_t)n, MSG_NOSIGNAL);
	} else if (strncmp(q, "GET", 3) == 0) {
		reply(fd, "text/xml", "<?xml version=\"1.0\"?><root><device>"
		    "<deviceType>" SEARCHED "</deviceType><serviceList>"
		    "<service><serviceType>" SERVICE "</serviceType>"
		    "<controlURL>http://%s:%d/ctl</controlURL></service>"
		    "</serviceList></device></root>",
		    strcmp(mode, "control") == 0 ? other : self, WEB_PORT);
	} else {
		/* For whatever it was; one field is looked for. */
		reply(fd, "text/xml", "<?xml version=\"1.0\"?><s:Envelope>"
		    "<s:Body><u:R xmlns:u=\"" SERVICE "\">"
		    "<NewExternalIPAddress>11.22.33.2"
		    "</NewExternalIPAddress></u:R></s:Body></s:Envelope>");
	}
	(void)shutdown(fd, SHUT_WR);
	while (recv(fd, q, sizeof(q), 0) > 0)
		;
	_exit(0);
}

static int
get(void)
{
	struct addr	a;
	char		text[ADDR_STRLEN];
	int		fd;

	(void)snprintf(text, sizeof(text), "%s:%d", self, WEB_PORT);
	if (addr_parse(&a, text) == -1 ||
	    (fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    connect(fd, &a.addr_u.sa, a.addr_len) == -1 ||
	    send(fd, "GET /get\r\n\r\n", 12, MSG_NOSIGNAL) != 12)
		fatal("%s", text);
	(void)close(fd);
	return (0);
}

int
main(int argc, char *argv[])
{
	struct pollfd	pfd[3];
	struct ip_mreq	group;
	struct addr	a;
	char		text[ADDR_STRLEN];
	int		i, fd;

	log_init("badrouter", NULL);
	if (argc != 4)
		fatalx("usage: badrouter mode address other");
	mode = argv[1];
	self = argv[2];
	other = argv[3];
	if (strcmp(mode, "get") == 0)
		return (get());
	(void)signal(SIGCHLD, SIG_IGN);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	memset(pfd, 0, sizeof(pfd));
	pfd[0].fd = open_socket(SOCK_STREAM, self, WEB_PORT);
	pfd[1].fd = pfd[2].fd = -1;
	if (strcmp(mode, "web") != 0) {
		pfd[1].fd = open_socket(SOCK_DGRAM, self, PCP_PORT);
		pfd[2].fd = open_socket(SOCK_DGRAM, "0.0.0.0", SSDP_PORT);
		(void)snprintf(text, sizeof(text), "%s:0", self);
		memset(&group, 0, sizeof(group));
		group.imr_multiaddr.s_addr = htonl(0xeffffffa);
		if (addr_parse(&a, text) == -1)
			fatalx("%s: is no address", self);
		group.imr_interface = a.addr_u.in.sin_addr;
		if (setsockopt(pfd[2].fd, IPPROTO_IP, IP_ADD_MEMBERSHIP,
		    &group, sizeof(group)) == -1)
			fatal("multicast");
	}
	printf("ready\n");
	for (;;) {
		for (i = 0; i < 3; i++)
			pfd[i].events = POLLIN;
		if (poll(pfd, 3, -1) == -1)
			continue;
		if (pfd[1].revents != 0)
			bad_pcp(pfd[1].fd);
		if (pfd[2].revents != 0)
			search(pfd[2].fd);
		if (pfd[0].revents == 0 ||
		    (fd = accept(pfd[0].fd, NULL, NULL)) == -1)
			continue;
		fflush(stdout);
		if (fork() == 0)
			web(fd);
		(void)close(fd);
	}
}
