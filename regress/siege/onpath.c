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
 * Somebody on the path of a direct call: sees each of its datagrams, and sends
 * in the name of both.
 *
 *	onpath watch -n packets [-x port] file
 *	onpath forge [-f address -p port] [-t port] kind file
 *
 * watch: UDP over IPv4 on the loopback interface, except from and to the
 * relay's port: a line each of source, its port, destination, its port and
 * data in hexadecimal; file.up is made when it listens.
 * forge: sends what stands in such a file, as the kind says: replay (those very
 * packets), bit (one bit is another), cut, long (followed by noise, up to the
 * longest datagram there is), check (only connectivity checks, as they are),
 * mac (those, with a bit of the last 16 bytes changed).  From where they came,
 * or with -f from there; with -t only those to that port.  The number of
 * packets goes to standard output.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/types.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DATA_MAX	65507		/* of UDP over IPv4 */
#define SEEN_MAX	2048		/* of those that are recorded */
#define CHECK_LEN	64		/* common/wire/check.c */

struct seen {
	char		se_from[INET_ADDRSTRLEN];
	unsigned int	se_from_port;
	char		se_to[INET_ADDRSTRLEN];
	unsigned int	se_to_port;
	uint8_t		se_data[SEEN_MAX];
	size_t		se_len;
};

static uint64_t	 state = 0x9e3779b97f4a7c15;

static uint32_t
next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((uint32_t)(state >> 32));
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

/* false: nothing that is written down. */
static bool
parse(const uint8_t *p, size_t len, unsigned int except, struct seen *se)
{
	struct iphdr	ip;
	struct udphdr	udp;
	size_t		head;

	if (len < sizeof(ip))
		return (false);
	memcpy(&ip, p, sizeof(ip));
	head = ip.ihl * (size_t)4;
	if (ip.version != 4 || ip.protocol != IPPROTO_UDP ||
	    head < sizeof(ip) || len < head + sizeof(udp))
		return (false);
	memcpy(&udp, p + head, sizeof(udp));
	se->se_len = ntohs(udp.len);
	if (se->se_len < sizeof(udp) || se->se_len > len - head)
		return (false);
	se->se_len -= sizeof(udp);
	se->se_from_port = ntohs(udp.source);
	se->se_to_port = ntohs(udp.dest);
	if (se->se_len == 0 || se->se_len > SEEN_MAX ||
	    se->se_from_port == except || se->se_to_port == except)
		return (false);
	(void)inet_ntop(AF_INET, &ip.saddr, se->se_from, sizeof(se->se_from));
	(void)inet_ntop(AF_INET, &ip.daddr, se->se_to, sizeof(se->se_to));
	memcpy(se->se_data, p + head + sizeof(udp), se->se_len);
	return (true);
}

static void
watch(const char *path, unsigned int packets, unsigned int except)
{
	static uint8_t		 p[65536];
	static struct seen	 se;
	struct sockaddr_ll	 ll;
	socklen_t		 size;
	ssize_t			 n;
	size_t			 i;
	char			 up[512];
	FILE			*f;
	int			 fd, mark;

	memset(&ll, 0, sizeof(ll));
	ll.sll_family = AF_PACKET;
	ll.sll_protocol = htons(ETH_P_IP);
	ll.sll_ifindex = (int)if_nametoindex("lo");
	if ((fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP))) == -1 ||
	    bind(fd, (struct sockaddr *)&ll, sizeof(ll)) == -1)
		err(1, "packet socket");
	if ((f = fopen(path, "w")) == NULL)
		err(1, "%s", path);
	(void)snprintf(up, sizeof(up), "%s.up", path);
	if ((mark = open(up, O_WRONLY | O_CREAT, 0600)) == -1)
		err(1, "%s", up);
	(void)close(mark);
	while (packets > 0) {
		size = sizeof(ll);
		if ((n = recvfrom(fd, p, sizeof(p), 0, (struct sockaddr *)&ll,
		    &size)) == -1)
			err(1, "recvfrom");
		/* There each packet goes by twice. */
		if (ll.sll_pkttype == PACKET_OUTGOING ||
		    !parse(p, (size_t)n, except, &se))
			continue;
		fprintf(f, "%s %u %s %u ", se.se_from, se.se_from_port,
		    se.se_to, se.se_to_port);
		for (i = 0; i < se.se_len; i++)
			fprintf(f, "%02x", se.se_data[i]);
		fprintf(f, "\n");
		(void)fflush(f);
		packets--;
	}
	(void)fclose(f);
	(void)close(fd);
}

/* A line of such a file; false: the end. */
static bool
load(FILE *f, struct seen *se)
{
	static char	 line[2 * SEEN_MAX + 128];
	unsigned int	 byte;
	int		 at;

	if (fgets(line, sizeof(line), f) == NULL)
		return (false);
	/* INET_ADDRSTRLEN is 16. */
	if (sscanf(line, "%15s %u %15s %u %n", se->se_from,
	    &se->se_from_port, se->se_to, &se->se_to_port, &at) != 4)
		errx(1, "not a line of ours: %.40s", line);
	for (se->se_len = 0; se->se_len < SEEN_MAX &&
	    sscanf(line + at + 2 * se->se_len, "%2x", &byte) == 1;
	    se->se_len++)
		se->se_data[se->se_len] = (uint8_t)byte;
	return (true);
}

static bool
is_check(const struct seen *se)
{
	return (se->se_len == CHECK_LEN &&
	    memcmp(se->se_data, "\001WZPchk\001", 8) == 0);
}

/* 0: this one is not for that kind. */
static size_t
make(const char *kind, const struct seen *se, uint8_t *data)
{
	static const size_t	longer[] = { 1473, 2048, 9000, DATA_MAX };
	size_t			len = se->se_len, i;

	memcpy(data, se->se_data, len);
	if (strcmp(kind, "replay") == 0)
		return (len);
	if (strcmp(kind, "bit") == 0) {
		data[next() % len] ^= (uint8_t)(1u << next() % 8);
		return (len);
	}
	if (strcmp(kind, "cut") == 0)
		return (1 + next() % len);
	if (strcmp(kind, "long") == 0) {
		i = longer[next() % (sizeof(longer) / sizeof(longer[0]))];
		while (len < i)
			data[len++] = (uint8_t)next();
		return (len);
	}
	if (strcmp(kind, "check") == 0)
		return (is_check(se) ? len : 0);
	if (strcmp(kind, "mac") == 0) {
		if (!is_check(se))
			return (0);
		data[CHECK_LEN - 1 - next() % 16] ^=
		    (uint8_t)(1u << next() % 8);
		return (len);
	}
	errx(2, "no such kind: %s", kind);
}

static void
forge_one(int fd, const struct seen *se, const uint8_t *data, size_t len)
{
	static uint8_t		 p[65536];
	struct sockaddr_in	 to;
	struct iphdr		 ip;
	struct udphdr		 udp;
	size_t			 all = sizeof(ip) + sizeof(udp) + len;

	memset(&ip, 0, sizeof(ip));
	ip.version = 4;
	ip.ihl = sizeof(ip) / 4;
	ip.ttl = 64;
	ip.protocol = IPPROTO_UDP;
	ip.tot_len = htons((uint16_t)all);
	memset(&udp, 0, sizeof(udp));	/* no checksum: RFC 768 */
	udp.source = htons((uint16_t)se->se_from_port);
	udp.dest = htons((uint16_t)se->se_to_port);
	udp.len = htons((uint16_t)(sizeof(udp) + len));
	memset(&to, 0, sizeof(to));
	to.sin_family = AF_INET;
	if (inet_pton(AF_INET, se->se_from, &ip.saddr) != 1 ||
	    inet_pton(AF_INET, se->se_to, &ip.daddr) != 1)
		errx(1, "not an address: %s, %s", se->se_from, se->se_to);
	to.sin_addr.s_addr = ip.daddr;
	memcpy(p, &ip, sizeof(ip));
	memcpy(p + sizeof(ip), &udp, sizeof(udp));
	memcpy(p + sizeof(ip) + sizeof(udp), data, len);
	if (sendto(fd, p, all, 0, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(1, "sendto");
}

static void
forge(const char *kind, const char *path, const char *from,
    unsigned int from_port, unsigned int to_port)
{
	static const struct timespec	 pause = { 0, 1000000 };
	static struct seen		 se;
	static uint8_t			 data[65536];
	unsigned int			 n = 0;
	size_t				 len;
	FILE				*f;
	int				 fd;

	if ((fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW)) == -1)
		err(1, "raw socket");
	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	while (load(f, &se)) {
		if ((to_port != 0 && se.se_to_port != to_port) ||
		    (len = make(kind, &se, data)) == 0)
			continue;
		if (from != NULL) {
			(void)snprintf(se.se_from, sizeof(se.se_from), "%s",
			    from);
			se.se_from_port = from_port;
		}
		forge_one(fd, &se, data, len);
		/* Their sockets shall not be what drops them. */
		if (++n % 20 == 0)
			(void)nanosleep(&pause, NULL);
	}
	(void)fclose(f);
	(void)close(fd);
	printf("%u\n", n);
}

static void
usage(void)
{
	fprintf(stderr, "usage: onpath watch -n packets [-x port] file\n"
	    "       onpath forge [-f address -p port] [-t port] kind file\n");
	exit(2);
}

int
main(int argc, char **argv)
{
	const char	*from = NULL;
	unsigned int	 packets = 0, except = 0, from_port = 0, to_port = 0;
	int		 ch;
	bool		 watching;

	if (argc < 2)
		usage();
	watching = strcmp(argv[1], "watch") == 0;
	if (!watching && strcmp(argv[1], "forge") != 0)
		usage();
	argc--;
	argv++;
	while ((ch = getopt(argc, argv, "f:n:p:t:x:")) != -1) {
		switch (ch) {
		case 'f':
			from = optarg;
			break;
		case 'n':
			packets = number(optarg, 1000000);
			break;
		case 'p':
			from_port = number(optarg, 65535);
			break;
		case 't':
			to_port = number(optarg, 65535);
			break;
		case 'x':
			except = number(optarg, 65535);
			break;
		default:
			usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (watching && argc == 1 && packets > 0)
		watch(argv[0], packets, except);
	else if (!watching && argc == 2 && (from != NULL) == (from_port != 0))
		forge(argv[0], argv[1], from, from_port, to_port);
	else
		usage();
	return (0);
}
