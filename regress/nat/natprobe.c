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
 * What a NAT does, measured (RFC 5780; the words are those of RFC 4787).
 *
 *	natprobe -s port address address
 *		the server: four sockets, of both addresses with port and
 *		port + 1; until it is killed
 *	natprobe [-w ms] port address address
 *		the client behind the NAT
 *
 * A request is 12 bytes: a number that its answer repeats, and from which of
 * the server's sockets to answer.  An answer has in addition the address that
 * the request came from.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAGIC		0x4e50726fU	/* our requests begin with it */
#define REQUEST_LEN	12
#define ANSWER_LEN	(REQUEST_LEN + 18)
#define TRIES		5
#define TRY_MS		60

/* Sockets of the server: bit 0 the other port, bit 1 the other address. */
enum {
	SAME,
	OTHER_PORT,
	OTHER_HOST,
	OTHER_BOTH,
	SOCKETS
};

union address {
	struct sockaddr		sa;
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
};

static union address	servers[SOCKETS];
static uint32_t		serial;
static unsigned int	wait_ms = 400;

static socklen_t length(const union address *);
static void	 address(union address *, const char *, uint16_t);
static uint16_t	*port_of(union address *);
static bool	 equal(union address *, union address *);
static int	 open_socket(const union address *);
static int	 serve(void);
static bool	 answered(int, uint32_t, int, union address *);
static bool	 request(int, unsigned int, unsigned int, union address *);
static bool	 hairpin(union address *);
static void	 usage(void) __attribute__((noreturn));

static socklen_t
length(const union address *a)
{
	return (a->sa.sa_family == AF_INET ? (socklen_t)sizeof(a->in) :
	    (socklen_t)sizeof(a->in6));
}

static uint16_t *
port_of(union address *a)
{
	return (a->sa.sa_family == AF_INET ? &a->in.sin_port :
	    &a->in6.sin6_port);
}

static void
address(union address *a, const char *text, uint16_t port)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->in.sin_addr) == 1)
		a->sa.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &a->in6.sin6_addr) == 1)
		a->sa.sa_family = AF_INET6;
	else
		errx(2, "%s: is no address", text);
	*port_of(a) = htons(port);
}

static bool
equal(union address *a, union address *b)
{
	if (a->sa.sa_family != b->sa.sa_family || *port_of(a) != *port_of(b))
		return (false);
	return (a->sa.sa_family == AF_INET ?
	    a->in.sin_addr.s_addr == b->in.sin_addr.s_addr :
	    memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 16) == 0);
}

static int
open_socket(const union address *a)
{
	int	s;

	if ((s = socket(a->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		err(1, "socket");
	if (bind(s, &a->sa, length(a)) == -1)
		err(1, "bind");
	return (s);
}

static int
serve(void)
{
	struct pollfd	pfd[SOCKETS];
	union address	from;
	uint8_t		buf[ANSWER_LEN];
	socklen_t	len;
	unsigned int	i;

	for (i = 0; i < SOCKETS; i++)
		pfd[i] = (struct pollfd){ open_socket(&servers[i]), POLLIN, 0 };
	printf("ready\n");
	(void)fflush(stdout);
	for (;;) {
		if (poll(pfd, SOCKETS, -1) == -1)
			err(1, "poll");
		for (i = 0; i < SOCKETS; i++) {
			if (pfd[i].revents == 0)
				continue;
			memset(buf, 0, sizeof(buf));
			len = sizeof(from);
			if (recvfrom(pfd[i].fd, buf, REQUEST_LEN,
			    MSG_DONTWAIT | MSG_TRUNC, &from.sa, &len) !=
			    REQUEST_LEN || buf[8] >= SOCKETS)
				continue;
			memcpy(buf + REQUEST_LEN, port_of(&from), 2);
			if (from.sa.sa_family == AF_INET)
				memcpy(buf + REQUEST_LEN + 2,
				    &from.in.sin_addr, 4);
			else
				memcpy(buf + REQUEST_LEN + 2,
				    &from.in6.sin6_addr, 16);
			(void)sendto(pfd[buf[8]].fd, buf, sizeof(buf), 0,
			    &from.sa, len);
		}
	}
}

/* The answer to this request, within so many milliseconds. */
static bool
answered(int s, uint32_t id, int ms, union address *mapped)
{
	struct pollfd	pfd = { s, POLLIN, 0 };
	uint8_t		buf[ANSWER_LEN];
	uint32_t	got[2];

	while (poll(&pfd, 1, ms) == 1) {
		if (recv(s, buf, sizeof(buf), 0) != ANSWER_LEN)
			continue;
		memcpy(got, buf, sizeof(got));
		if (got[0] != htonl(MAGIC) || got[1] != id)
			continue;
		*mapped = servers[0];
		memcpy(port_of(mapped), buf + REQUEST_LEN, 2);
		if (mapped->sa.sa_family == AF_INET)
			memcpy(&mapped->in.sin_addr, buf + REQUEST_LEN + 2, 4);
		else
			memcpy(&mapped->in6.sin6_addr, buf + REQUEST_LEN + 2,
			    16);
		return (true);
	}
	return (false);
}

/* To one of the server's sockets, to be answered by another of them. */
static bool
request(int s, unsigned int to, unsigned int by, union address *mapped)
{
	uint8_t		buf[REQUEST_LEN] = { 0 };
	uint32_t	head[2];
	int		i;

	head[0] = htonl(MAGIC);
	head[1] = htonl(++serial);
	memcpy(buf, head, sizeof(head));
	buf[8] = (uint8_t)by;
	for (i = 0; i < TRIES; i++) {
		(void)sendto(s, buf, sizeof(buf), 0, &servers[to].sa,
		    length(&servers[to]));
		if (answered(s, head[1], to == by ? (int)wait_ms : TRY_MS,
		    mapped))
			return (true);
	}
	return (to != by && answered(s, head[1], (int)wait_ms, mapped));
}

/* From another socket of ours to the address that the world sees. */
static bool
hairpin(union address *mapped)
{
	union address	any = servers[0];
	struct pollfd	pfd;
	char		buf[16];
	bool		ok = false;
	int		s, other, i;

	address(&any, any.sa.sa_family == AF_INET ? "0.0.0.0" : "::", 0);
	s = open_socket(&any);
	other = open_socket(&any);
	pfd = (struct pollfd){ s, POLLIN, 0 };
	if (!request(s, SAME, SAME, mapped))
		errx(1, "the server does not answer");
	for (i = 0; i < TRIES && !ok; i++) {
		(void)sendto(other, "hairpin", 7, 0, &mapped->sa,
		    length(mapped));
		ok = poll(&pfd, 1, TRY_MS) == 1 &&
		    recv(s, buf, sizeof(buf), 0) == 7;
	}
	(void)close(s);
	(void)close(other);
	return (ok);
}

static void
usage(void)
{
	fprintf(stderr, "usage: natprobe -s port address address\n"
	    "       natprobe [-w ms] port address address\n");
	exit(2);
}

int
main(int argc, char *argv[])
{
	union address	any, first, second, third, mapped;
	const char	*mapping, *filtering;
	char		 text[INET6_ADDRSTRLEN];
	unsigned int	 port, i;
	int		 ch, s;
	bool		 server = false;

	while ((ch = getopt(argc, argv, "sw:")) != -1) {
		switch (ch) {
		case 's':
			server = true;
			break;
		case 'w':
			wait_ms = (unsigned int)atoi(optarg);
			break;
		default:
			usage();
		}
	}
	argv += optind;
	if (argc - optind != 3)
		usage();
	port = (unsigned int)atoi(argv[0]);
	if (port < 1 || port > 65534)
		usage();
	for (i = 0; i < SOCKETS; i++)
		address(&servers[i], argv[1 + (i >> 1)],
		    (uint16_t)(port + (i & 1)));
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (server)
		return (serve());

	/* Mapping: what different destinations see of one socket. */
	address(&any, servers[0].sa.sa_family == AF_INET ? "0.0.0.0" : "::",
	    0);
	s = open_socket(&any);
	if (!request(s, SAME, SAME, &first)) {
		printf("mapping=none filtering=none hairpin=no\n");
		return (0);
	}
	if (!request(s, OTHER_PORT, OTHER_PORT, &second) ||
	    !request(s, OTHER_HOST, OTHER_HOST, &third)) {
		/* Only some destinations are allowed. */
		mapping = "unknown";
	} else if (!equal(&first, &second))
		mapping = "address-and-port-dependent";
	else if (!equal(&first, &third))
		mapping = "address-dependent";
	else
		mapping = "endpoint-independent";
	(void)close(s);

	/* Filtering: who may answer a socket that sent to one destination. */
	s = open_socket(&any);
	if (request(s, SAME, OTHER_HOST, &mapped))
		filtering = "endpoint-independent";
	else if (request(s, SAME, OTHER_PORT, &mapped))
		filtering = "address-dependent";
	else
		filtering = "address-and-port-dependent";
	(void)close(s);

	printf("mapping=%s filtering=%s hairpin=%s", mapping, filtering,
	    hairpin(&mapped) ? "yes" : "no");
	if (inet_ntop(first.sa.sa_family, first.sa.sa_family == AF_INET ?
	    (void *)&first.in.sin_addr : (void *)&first.in6.sin6_addr, text,
	    sizeof(text)) != NULL)
		printf(" mapped=%s", text);
	printf("\n");
	return (0);
}
