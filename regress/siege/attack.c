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
 * Packets that no client sends, from as many addresses of 127.0.0.0/8 as
 * wanted: all of them are local, so that to forge them takes no privilege.
 *
 *	wzp-siege [-a addresses] [-b burst] [-f file] [-n packets] kind host
 *	    port
 *
 * Kinds: garbage, lengths, long, short, version, initial (a well-formed header,
 * and nothing behind it that could be deciphered), coalesced, oversize, tokens,
 * flight (first flights as wzp-peer recorded them in file, each with an ID of
 * its own, so that they cannot be deciphered), replay (those very packets),
 * corrupt (replay, with one byte changed).  After BURST packets there is a
 * pause of a millisecond: the relay's socket shall not be what drops them.
 * What comes back is counted, and said: bytes out and bytes in.  Kind record
 * is for making such a file: what so many packets to that port are.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/types.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SOCKETS_MAX	512
#define PACKET_MAX	65507		/* of UDP over IPv4 */
#define FLIGHT_MAX	8
#define INITIAL_LEN	1200		/* RFC 9000 14.1 */
#define VERSION_1	1u

struct packet {
	uint8_t	pk_data[PACKET_MAX];
	size_t	pk_len;
};

typedef void make(struct packet *, unsigned int);

struct kind {
	const char	*kd_name;
	make		*kd_make;
	bool		 kd_file;	/* needs recorded packets */
};

static make	make_garbage, make_lengths, make_long, make_short;
static make	make_version, make_initial, make_coalesced, make_oversize;
static make	make_tokens, make_flight, make_replay, make_corrupt;

static const struct kind	kinds[] = {
	{ "garbage",	make_garbage,	false },
	{ "lengths",	make_lengths,	false },
	{ "long",	make_long,	false },
	{ "short",	make_short,	false },
	{ "version",	make_version,	false },
	{ "initial",	make_initial,	false },
	{ "coalesced",	make_coalesced,	false },
	{ "oversize",	make_oversize,	false },
	{ "tokens",	make_tokens,	false },
	{ "flight",	make_flight,	true },
	{ "replay",	make_replay,	true },
	{ "corrupt",	make_corrupt,	true }
};

/* The same bytes each time: a case that fails once fails again. */
static uint64_t		 state = 0x9e3779b97f4a7c15;
static struct packet	 recorded[FLIGHT_MAX];
static unsigned int	 nrecorded;

static uint32_t
next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((uint32_t)(state >> 32));
}

static void
fill(uint8_t *p, size_t len)
{
	while (len-- > 0)
		*p++ = (uint8_t)next();
}

static void
put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/*
 * An Initial (RFC 9000 17.2.2) of LEN bytes with IDs of 8 and 4 bytes and a
 * token; what should be deciphered is noise.
 */
static void
initial(uint8_t *p, size_t len, size_t token)
{
	size_t	at, rest;

	fill(p, len);
	p[0] = (uint8_t)(0xc0 | (p[0] & 0x0f));
	put32(p + 1, VERSION_1);
	p[5] = 8;
	p[14] = 4;
	at = 19;
	p[at] = (uint8_t)(0x40 | token >> 8);
	p[at + 1] = (uint8_t)token;
	at += 2 + token;
	rest = len - at - 2;
	p[at] = (uint8_t)(0x40 | rest >> 8);
	p[at + 1] = (uint8_t)rest;
}

static void
make_garbage(struct packet *pk, unsigned int i)
{
	(void)i;
	pk->pk_len = next() % 1500;
	fill(pk->pk_data, pk->pk_len);
}

/* Every length there is from 0, twice: as a long header and as a short one. */
static void
make_lengths(struct packet *pk, unsigned int i)
{
	pk->pk_len = i / 2 % 1501;
	fill(pk->pk_data, pk->pk_len);
	if (pk->pk_len == 0)
		return;
	pk->pk_data[0] = (uint8_t)(pk->pk_data[0] & 0x3f);
	pk->pk_data[0] |= i % 2 == 0 ? 0xc0 : 0x40;
	if (i % 2 == 0 && pk->pk_len >= 5)
		put32(pk->pk_data + 1, VERSION_1);
}

/* Long headers of all types, cut anywhere, with lengths that do not fit. */
static void
make_long(struct packet *pk, unsigned int i)
{
	initial(pk->pk_data, INITIAL_LEN, next() % 64);
	pk->pk_data[0] = (uint8_t)(0xc0 | (i % 4) << 4);
	switch (i % 5) {
	case 0:
		pk->pk_data[5] = (uint8_t)next();
		break;
	case 1:
		pk->pk_data[14] = (uint8_t)next();
		break;
	case 2:
		pk->pk_data[19] = 0xff;		/* eight bytes of length */
		break;
	case 3:
		pk->pk_data[next() % 90] ^= 0xff;
		break;
	default:
		break;
	}
	pk->pk_len = i % 3 == 0 ? INITIAL_LEN : next() % INITIAL_LEN;
}

/* IDs that may well begin with the slot of a worker (design: CIDs). */
static void
make_short(struct packet *pk, unsigned int i)
{
	pk->pk_len = 1 + next() % 200;
	fill(pk->pk_data, pk->pk_len);
	pk->pk_data[0] = (uint8_t)(0x40 | (pk->pk_data[0] & 0x3f));
	if (pk->pk_len > 1)
		pk->pk_data[1] = (uint8_t)(i % 16);
}

static void
make_version(struct packet *pk, unsigned int i)
{
	pk->pk_len = INITIAL_LEN;
	initial(pk->pk_data, pk->pk_len, 0);
	put32(pk->pk_data + 1, 0x0a1a2a3a + i);
}

static void
make_initial(struct packet *pk, unsigned int i)
{
	(void)i;
	pk->pk_len = INITIAL_LEN;
	initial(pk->pk_data, pk->pk_len, 0);
}

/* Twelve in one datagram, each of its own type. */
static void
make_coalesced(struct packet *pk, unsigned int i)
{
	size_t	at;

	for (at = 0; at + 100 <= INITIAL_LEN; at += 100) {
		initial(pk->pk_data + at, 100, 0);
		pk->pk_data[at] = (uint8_t)(0xc0 | ((i + at / 100) % 4) << 4);
	}
	pk->pk_len = at;
}

static void
make_oversize(struct packet *pk, unsigned int i)
{
	static const size_t	lens[] = {
		1473, 2048, 9000, 16383, 65000, PACKET_MAX
	};

	pk->pk_len = lens[i % (sizeof(lens) / sizeof(lens[0]))];
	initial(pk->pk_data, pk->pk_len < 16384 ? pk->pk_len : 16000, 0);
}

static void
make_tokens(struct packet *pk, unsigned int i)
{
	pk->pk_len = INITIAL_LEN;
	initial(pk->pk_data, pk->pk_len, 1 + i % 200);
}

/* Its keys come from the ID (RFC 9001 5.2), so nobody can read it now. */
static void
make_flight(struct packet *pk, unsigned int i)
{
	*pk = recorded[i % nrecorded];
	if (pk->pk_len > 6 + (size_t)pk->pk_data[5])
		fill(pk->pk_data + 6, pk->pk_data[5]);
}

static void
make_replay(struct packet *pk, unsigned int i)
{
	*pk = recorded[i % nrecorded];
}

static void
make_corrupt(struct packet *pk, unsigned int i)
{
	*pk = recorded[i % nrecorded];
	pk->pk_data[next() % pk->pk_len] ^= (uint8_t)(1u << next() % 8);
}

/* Datagrams in hexadecimal, one a line. */
static void
load(const char *path)
{
	static char	 line[4 * PACKET_MAX];
	struct packet	*pk;
	unsigned int	 byte;
	size_t		 i;
	FILE		*f;

	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	while (nrecorded < FLIGHT_MAX && fgets(line, sizeof(line), f) != NULL) {
		pk = &recorded[nrecorded];
		for (i = 0; sscanf(line + 2 * i, "%2x", &byte) == 1; i++)
			pk->pk_data[i] = (uint8_t)byte;
		if ((pk->pk_len = i) > 0)
			nrecorded++;
	}
	fclose(f);
	if (nrecorded == 0)
		errx(1, "%s: no packets", path);
}

/* The Nth: 127.0.0.1 and then others, each in a network of its own. */
static int
open_socket(unsigned int n, const struct sockaddr_in *to)
{
	struct sockaddr_in	from;
	int			fd;

	memset(&from, 0, sizeof(from));
	from.sin_family = AF_INET;
	from.sin_addr.s_addr = htonl(n == 0 ? INADDR_LOOPBACK :
	    0x7f000001u + (n << 8));
	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) == -1 ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)) == -1)
		err(1, "socket %u", n);
	return (fd);
}

static unsigned int
number(const char *s, unsigned int max)
{
	unsigned long	 n;
	char		*end;

	n = strtoul(s, &end, 10);
	if (*s < '0' || *s > '9' || *end != '\0' || n == 0 || n > max)
		errx(2, "not a number up to %u: %s", max, s);
	return ((unsigned int)n);
}

/* Says in the first line that it listens. */
static void
record(const char *host, const char *port, unsigned int packets)
{
	static uint8_t		 data[PACKET_MAX];
	struct sockaddr_in	 at;
	ssize_t			 i, n;
	int			 fd;

	memset(&at, 0, sizeof(at));
	at.sin_family = AF_INET;
	at.sin_port = htons((uint16_t)number(port, 65535));
	if (inet_pton(AF_INET, host, &at.sin_addr) != 1)
		errx(2, "not an address: %s", host);
	if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1)
		err(1, "%s port %s", host, port);
	printf("\n");
	fflush(stdout);
	while (packets-- > 0) {
		if ((n = recv(fd, data, sizeof(data), 0)) == -1)
			err(1, "recv");
		for (i = 0; i < n; i++)
			printf("%02x", data[i]);
		printf("\n");
		fflush(stdout);
	}
	close(fd);
}

static void
usage(void)
{
	fprintf(stderr, "usage: wzp-siege [-a addresses] [-b burst] [-f file] "
	    "[-n packets] kind host port\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	static struct packet	 pk;
	static uint8_t		 answer[PACKET_MAX];
	static int		 fds[SOCKETS_MAX];
	const struct timespec	 pause = { 0, 1000000 };
	const struct kind	*kd = NULL;
	struct sockaddr_in	 to;
	unsigned int		 addresses = 1, burst = 20, packets = 1000, i;
	unsigned long		 out = 0, in = 0, sent = 0, came = 0;
	ssize_t			 n;
	const char		*file = NULL;
	int			 ch;

	while ((ch = getopt(argc, argv, "a:b:f:n:")) != -1) {
		switch (ch) {
		case 'a':
			addresses = number(optarg, SOCKETS_MAX);
			break;
		case 'b':
			burst = number(optarg, 1000);
			break;
		case 'f':
			file = optarg;
			break;
		case 'n':
			packets = number(optarg, 1000000);
			break;
		default:
			usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (argc != 3)
		usage();
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kd_name, argv[0]) == 0)
			kd = &kinds[i];
	if (strcmp(argv[0], "record") == 0) {
		record(argv[1], argv[2], packets);
		return (0);
	}
	if (kd == NULL || kd->kd_file != (file != NULL))
		usage();
	if (file != NULL)
		load(file);
	memset(&to, 0, sizeof(to));
	to.sin_family = AF_INET;
	to.sin_port = htons((uint16_t)number(argv[2], 65535));
	if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		usage();
	for (i = 0; i < addresses; i++)
		fds[i] = open_socket(i, &to);
	for (i = 0; i < packets; i++) {
		kd->kd_make(&pk, i);
		if (send(fds[i % addresses], pk.pk_data, pk.pk_len, 0) != -1) {
			sent++;
			out += pk.pk_len;
		} else if (errno != ECONNREFUSED && errno != EAGAIN)
			err(1, "send");
		while ((n = recv(fds[i % addresses], answer, sizeof(answer),
		    0)) != -1) {
			came++;
			in += (size_t)n;
		}
		if (i % burst == burst - 1)
			nanosleep(&pause, NULL);
	}
	/* The last answers. */
	for (i = 0; i < 50; i++)
		nanosleep(&pause, NULL);
	for (i = 0; i < addresses; i++) {
		while ((n = recv(fds[i], answer, sizeof(answer), 0)) != -1) {
			came++;
			in += (size_t)n;
		}
	}
	printf("%lu packets, %lu bytes; back %lu packets, %lu bytes\n", sent,
	    out, came, in);
	return (0);
}
