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
 * The Internet of the NAT laboratory: a program that holds one end of each
 * veth and carries packets between them, late and with losses, counts them by
 * flow and cuts what it is told to.
 *
 *	wire [-d ms] [-l percent] [-q packets] [-s seed] [-t seconds]
 *	    -u socket [name[@segment],interface,mac[,address/bits ...] ...]
 *	wire -c socket command [argument ...]
 *	wire -S		stamp the lines of standard input with our clock
 *
 * A port without a segment is in the Internet: frames to the router's address
 * go where the destination address is.  A segment is a LAN: frames go by MAC
 * address, at once, and those to everybody to everybody in it.
 *
 * Commands: counters, reset, take (both at once), gaps (how many milliseconds
 * nothing came from each port, at most, since steady), steady, port PORT (as
 * above), unport NAME, cut RULE, restore [RULE], delay MS, loss PERCENT, quit.
 * Rules: direct (the relay, a port of that name, at neither end), relay, checks
 * (connectivity checks), port NAME, pair NAME NAME.
 */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "regress/nat/flow.h"

#define PORTS_MAX	64	/* in a life */
#define PREFIXES_MAX	6
#define RULES_MAX	16
#define QUEUE_MAX	65536
/* The largest segmented packet a kernel hands over, and a header. */
#define FRAME_MAX	(65536 + 64)
#define HEAD		sizeof(struct virtio_net_hdr)
#define BATCH		64
#define MS		1000000ULL

/* Ours, for the hosts: where their default routes lead. */
static const uint8_t	router[6] = { 2, 0, 0, 0, 0, 1 };

struct prefix {
	int		pr_family;
	uint8_t		pr_host[16];
	unsigned int	pr_bits;
};

struct port {
	char		po_name[16];
	char		po_segment[16];
	uint8_t		po_mac[6];
	int		po_fd;
	struct prefix	po_prefix[PREFIXES_MAX];
	size_t		po_nprefix;
	uint64_t	po_last;	/* a UDP packet came from it; 0: none */
	uint64_t	po_gap;		/* the longest time without one */
};

enum rule_kind {
	RULE_DIRECT,
	RULE_RELAY,
	RULE_CHECKS,
	RULE_PORT,
	RULE_PAIR
};

struct rule {
	enum rule_kind	ru_kind;
	int		ru_a;		/* ports; -1: none */
	int		ru_b;
};

/* On its way; in the order of qu_due, for all have the same delay. */
struct queued {
	uint64_t	 qu_due;
	unsigned int	 qu_out;
	size_t		 qu_len;
	uint8_t		*qu_data;
};

static struct port	ports[PORTS_MAX];
static unsigned int	nports;
static struct rule	rules[RULES_MAX];
static size_t		nrules;
static struct queued	queue[QUEUE_MAX];
static size_t		qhead, qlen, qmax = 8192;
static uint64_t		delay_ns, draws;
static double		loss;
static bool		quitting;

static uint64_t	 now_ns(void);
static bool	 chance(double);
static double	 number(const char *, double);
static const char *port_name(unsigned int);
static int	 port_find(const char *);
static void	 port_add(char *);
static int	 port_remove(const char *);
static void	 prefix_add(struct port *, char *);
static bool	 prefix_has(const struct prefix *, int, const uint8_t *);
static int	 route(unsigned int, const struct flow_key *);
static void	 take(unsigned int);
static void	 frame(unsigned int, uint8_t *, size_t);
static void	 heard(struct port *);
static void	 gaps(FILE *);
static void	 steady(void);
static void	 flood(unsigned int, const uint8_t *, size_t);
static void	 put(unsigned int, const uint8_t *, size_t);
static bool	 enqueue(unsigned int, const uint8_t *, size_t);
static void	 deliver(void);
static bool	 ends_at(const char *, unsigned int, int);
static bool	 cut(const struct flow_key *, unsigned int, int);
static int	 rule_parse(struct rule *, char *[], int);
static const char *command(char *[], int, FILE *);
static void	 serve(int);
static int	 ask(const char *, char *[], int);
static int	 stamp(void);
static void	 loop(int, uint64_t);
static void	 usage(void) __attribute__((noreturn));

static uint64_t
now_ns(void)
{
	struct timespec	ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000 * MS + (uint64_t)ts.tv_nsec);
}

/* splitmix64: the same losses for the same seed and the same packets */
static bool
chance(double percent)
{
	uint64_t	z = (draws += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return ((double)(z >> 11) / 9007199254740992.0 * 100.0 < percent);
}

static double
number(const char *s, double max)
{
	char	*end;
	double	 x;

	x = strtod(s, &end);
	return (end == s || *end != '\0' || !(x >= 0.0 && x <= max) ? -1.0 : x);
}

/* Ports */

static const char *
port_name(unsigned int i)
{
	return (ports[i].po_name);
}

static int
port_find(const char *name)
{
	unsigned int	i;

	for (i = 0; i < nports; i++)
		if (strcmp(ports[i].po_name, name) == 0)
			return ((int)i);
	return (-1);
}

static void
prefix_add(struct port *port, char *text)
{
	struct prefix	*prefix;
	char		*slash;
	double		 bits;

	if (port->po_nprefix == PREFIXES_MAX)
		errx(1, "%s: too many prefixes", port->po_name);
	prefix = &port->po_prefix[port->po_nprefix++];
	if ((slash = strchr(text, '/')) == NULL)
		errx(1, "%s: is no prefix", text);
	*slash = '\0';
	prefix->pr_family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	bits = number(slash + 1, prefix->pr_family == AF_INET ? 32 : 128);
	if (bits < 0 ||
	    inet_pton(prefix->pr_family, text, prefix->pr_host) != 1)
		errx(1, "%s: is no prefix", text);
	prefix->pr_bits = (unsigned int)bits;
}

/* name[@segment],interface,mac[,prefix ...] */
static void
port_add(char *text)
{
	struct sockaddr_ll	 sll;
	struct port		*port = &ports[nports];
	const char		*interface;
	char			*word, *at;
	unsigned int		 m[6], i;
	int			 one = 1, size = 4 << 20;

	if (nports == PORTS_MAX)
		errx(1, "too many ports");
	if ((word = strsep(&text, ",")) == NULL)
		usage();
	if ((at = strchr(word, '@')) != NULL) {
		*at++ = '\0';
		(void)strlcpy(port->po_segment, at, sizeof(port->po_segment));
	}
	(void)strlcpy(port->po_name, word, sizeof(port->po_name));
	if ((interface = strsep(&text, ",")) == NULL ||
	    (word = strsep(&text, ",")) == NULL ||
	    sscanf(word, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3],
	    &m[4], &m[5]) != 6)
		errx(1, "port %s: name,interface,mac", port->po_name);
	for (i = 0; i < 6; i++)
		port->po_mac[i] = (uint8_t)m[i];
	while ((word = strsep(&text, ",")) != NULL)
		prefix_add(port, word);

	/* Protocol 0: nothing comes before it is bound to the interface. */
	port->po_fd = socket(AF_PACKET,
	    SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (port->po_fd == -1)
		err(1, "packet socket");
	if (setsockopt(port->po_fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
	    sizeof(one)) == -1 ||
	    setsockopt(port->po_fd, SOL_PACKET, PACKET_VNET_HDR, &one,
	    sizeof(one)) == -1)
		err(1, "packet socket");
	(void)setsockopt(port->po_fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size));
	(void)setsockopt(port->po_fd, SOL_SOCKET, SO_RCVBUF, &size,
	    sizeof(size));
	memset(&sll, 0, sizeof(sll));
	sll.sll_family = AF_PACKET;
	sll.sll_protocol = htons(ETH_P_ALL);
	sll.sll_ifindex = (int)if_nametoindex(interface);
	if (sll.sll_ifindex == 0)
		err(1, "%s", interface);
	if (bind(port->po_fd, (struct sockaddr *)&sll, sizeof(sll)) == -1)
		err(1, "%s", interface);
	nports++;
}

/* Its slot stays: what is under way may name it. */
static int
port_remove(const char *name)
{
	int	i;

	if ((i = port_find(name)) == -1)
		return (-1);
	(void)close(ports[i].po_fd);
	ports[i].po_fd = -1;
	ports[i].po_nprefix = 0;
	(void)strlcpy(ports[i].po_name, "-", sizeof(ports[i].po_name));
	(void)strlcpy(ports[i].po_segment, "-", sizeof(ports[i].po_segment));
	return (0);
}

static bool
prefix_has(const struct prefix *prefix, int family, const uint8_t *host)
{
	unsigned int	whole = prefix->pr_bits / 8, rest = prefix->pr_bits % 8;

	if (prefix->pr_family != family ||
	    memcmp(prefix->pr_host, host, whole) != 0)
		return (false);
	return (rest == 0 ||
	    ((prefix->pr_host[whole] ^ host[whole]) >> (8 - rest)) == 0);
}

/* -1: nobody has that address, and so in the real one. */
static int
route(unsigned int in, const struct flow_key *key)
{
	unsigned int	i;
	size_t		k;

	for (i = 0; i < nports; i++) {
		if (i == in || ports[i].po_segment[0] != '\0')
			continue;
		for (k = 0; k < ports[i].po_nprefix; k++)
			if (prefix_has(&ports[i].po_prefix[k], key->fk_family,
			    key->fk_dst))
				return ((int)i);
	}
	return (-1);
}

/* Packets.  All of them have struct virtio_net_hdr before the frame. */

static void
take(unsigned int in)
{
	static uint8_t	buf[FRAME_MAX];
	ssize_t		n;
	int		i;

	for (i = 0; i < BATCH; i++) {
		n = recv(ports[in].po_fd, buf, sizeof(buf), MSG_TRUNC);
		if (n == -1)
			return;
		if ((size_t)n <= sizeof(buf) &&
		    (size_t)n >= HEAD + ETHER_HDR_LEN)
			frame(in, buf, (size_t)n);
	}
}

static void
frame(unsigned int in, uint8_t *buf, size_t len)
{
	struct virtio_net_hdr	 vnet;
	struct flow_key		 key;
	struct ether_header	*eth = (struct ether_header *)(buf + HEAD);
	const char		*segment = ports[in].po_segment;
	enum flow_fate		 fate;
	unsigned int		 i;
	int			 out = -1;
	bool			 ip;

	memcpy(&vnet, buf, sizeof(vnet));
	ip = (eth->ether_type == htons(ETHERTYPE_IP) ||
	    eth->ether_type == htons(ETHERTYPE_IPV6)) &&
	    flow_read(&key, buf + HEAD + ETHER_HDR_LEN,
	    len - HEAD - ETHER_HDR_LEN) == 0;
	if ((eth->ether_dhost[0] & 1) != 0) {
		if (segment[0] != '\0')
			flood(in, buf, len);
		return;
	}
	if (segment[0] != '\0') {
		for (i = 0; i < nports; i++)
			if (strcmp(ports[i].po_segment, segment) == 0 &&
			    memcmp(ports[i].po_mac, eth->ether_dhost, 6) == 0)
				out = (int)i;
		if (!ip) {
			if (out != -1)
				put((unsigned int)out, buf, len);
			return;
		}
	} else {
		if (!ip || memcmp(eth->ether_dhost, router, 6) != 0)
			return;
		if ((out = route(in, &key)) != -1) {
			memcpy(eth->ether_dhost, ports[out].po_mac, 6);
			memcpy(eth->ether_shost, router, 6);
		}
	}
	key.fk_in = in;
	if (key.fk_proto == IPPROTO_UDP)
		heard(&ports[in]);
	if (vnet.gso_type != VIRTIO_NET_HDR_GSO_NONE && vnet.gso_size > 0)
		key.fk_packets = (unsigned int)((key.fk_bytes +
		    vnet.gso_size - 1) / vnet.gso_size);
	if (cut(&key, in, out))
		fate = FATE_CUT;
	else if (out == -1)
		fate = FATE_UNROUTED;
	else if (segment[0] != '\0') {
		put((unsigned int)out, buf, len);
		fate = FATE_SENT;
	} else if (key.fk_proto == IPPROTO_UDP && chance(loss))
		fate = FATE_LOST;
	else
		fate = enqueue((unsigned int)out, buf, len) ? FATE_SENT :
		    FATE_FULL;
	flow_count(&key, fate, now_ns() / MS);
}

/* A client in a call sends at least each 20 ms, unless its machine is busy. */
static void
heard(struct port *port)
{
	uint64_t	now = now_ns();

	if (port->po_last != 0 && now - port->po_last > port->po_gap)
		port->po_gap = now - port->po_last;
	port->po_last = now;
}

static void
gaps(FILE *f)
{
	unsigned int	i;

	for (i = 0; i < nports; i++)
		fprintf(f, "%s %llu\n", ports[i].po_name,
		    (unsigned long long)(ports[i].po_gap / MS));
}

static void
steady(void)
{
	unsigned int	i;

	for (i = 0; i < nports; i++)
		ports[i].po_last = ports[i].po_gap = 0;
}

static void
flood(unsigned int in, const uint8_t *buf, size_t len)
{
	unsigned int	i;

	for (i = 0; i < nports; i++)
		if (i != in && strcmp(ports[i].po_segment,
		    ports[in].po_segment) == 0)
			put(i, buf, len);
}

/* What an interface does not take is lost, as it would be. */
static void
put(unsigned int out, const uint8_t *buf, size_t len)
{
	(void)send(ports[out].po_fd, buf, len, 0);
}

static bool
enqueue(unsigned int out, const uint8_t *buf, size_t len)
{
	struct queued	*q, *last;

	if (qlen == qmax)
		return (false);
	q = &queue[(qhead + qlen) % QUEUE_MAX];
	if ((q->qu_data = malloc(len)) == NULL)
		return (false);
	memcpy(q->qu_data, buf, len);
	q->qu_len = len;
	q->qu_out = out;
	q->qu_due = now_ns() + delay_ns;
	if (qlen > 0) {
		last = &queue[(qhead + qlen - 1) % QUEUE_MAX];
		if (last->qu_due > q->qu_due)
			q->qu_due = last->qu_due;
	}
	qlen++;
	return (true);
}

static void
deliver(void)
{
	struct queued	*q;
	uint64_t	 now = now_ns();

	while (qlen > 0 && (q = &queue[qhead])->qu_due <= now) {
		put(q->qu_out, q->qu_data, q->qu_len);
		free(q->qu_data);
		qhead = (qhead + 1) % QUEUE_MAX;
		qlen--;
	}
}

/* Rules */

static bool
ends_at(const char *name, unsigned int in, int out)
{
	return (strcmp(ports[in].po_name, name) == 0 ||
	    (out != -1 && strcmp(ports[out].po_name, name) == 0));
}

static bool
cut(const struct flow_key *key, unsigned int in, int out)
{
	const struct rule	*rule;
	bool			 relay = ends_at("relay", in, out);
	size_t			 i;

	for (i = 0; i < nrules; i++) {
		rule = &rules[i];
		switch (rule->ru_kind) {
		case RULE_DIRECT:
			if (!relay)
				return (true);
			break;
		case RULE_RELAY:
			if (relay)
				return (true);
			break;
		case RULE_CHECKS:
			if (key->fk_class == CLASS_CHECK)
				return (true);
			break;
		case RULE_PORT:
			if (rule->ru_a == (int)in || rule->ru_a == out)
				return (true);
			break;
		case RULE_PAIR:
			if ((rule->ru_a == (int)in && rule->ru_b == out) ||
			    (rule->ru_b == (int)in && rule->ru_a == out))
				return (true);
			break;
		}
	}
	return (false);
}

static int
rule_parse(struct rule *rule, char *word[], int n)
{
	rule->ru_a = rule->ru_b = -1;
	if (n == 1 && strcmp(word[0], "direct") == 0)
		rule->ru_kind = RULE_DIRECT;
	else if (n == 1 && strcmp(word[0], "relay") == 0)
		rule->ru_kind = RULE_RELAY;
	else if (n == 1 && strcmp(word[0], "checks") == 0)
		rule->ru_kind = RULE_CHECKS;
	else if (n == 2 && strcmp(word[0], "port") == 0) {
		rule->ru_kind = RULE_PORT;
		if ((rule->ru_a = port_find(word[1])) == -1)
			return (-1);
	} else if (n == 3 && strcmp(word[0], "pair") == 0) {
		rule->ru_kind = RULE_PAIR;
		if ((rule->ru_a = port_find(word[1])) == -1 ||
		    (rule->ru_b = port_find(word[2])) == -1)
			return (-1);
	} else
		return (-1);
	return (0);
}

/* NULL: done; else what is wrong with it. */
static const char *
command(char *word[], int n, FILE *f)
{
	struct rule	rule;
	double		x;
	size_t		i;

	if (n == 1 && strcmp(word[0], "counters") == 0)
		flow_print(f, port_name);
	else if (n == 1 && strcmp(word[0], "take") == 0) {
		flow_print(f, port_name);
		flow_reset();
	} else if (n == 1 && strcmp(word[0], "reset") == 0)
		flow_reset();
	else if (n == 1 && strcmp(word[0], "gaps") == 0)
		gaps(f);
	else if (n == 1 && strcmp(word[0], "steady") == 0)
		steady();
	else if (n == 2 && strcmp(word[0], "port") == 0)
		port_add(word[1]);
	else if (n == 2 && strcmp(word[0], "unport") == 0) {
		if (port_remove(word[1]) == -1)
			return ("no such port");
	} else if (n == 1 && strcmp(word[0], "quit") == 0)
		quitting = true;
	else if (n == 2 && strcmp(word[0], "delay") == 0) {
		if ((x = number(word[1], 10000)) < 0)
			return ("is no delay");
		delay_ns = (uint64_t)(x * (double)MS);
	} else if (n == 2 && strcmp(word[0], "loss") == 0) {
		if ((x = number(word[1], 100)) < 0)
			return ("is no percentage");
		loss = x;
	} else if (n > 1 && strcmp(word[0], "cut") == 0) {
		if (rule_parse(&rule, word + 1, n - 1) == -1)
			return ("no such rule");
		if (nrules == RULES_MAX)
			return ("too many rules");
		rules[nrules++] = rule;
	} else if (n == 1 && strcmp(word[0], "restore") == 0)
		nrules = 0;
	else if (n > 1 && strcmp(word[0], "restore") == 0) {
		if (rule_parse(&rule, word + 1, n - 1) == -1)
			return ("no such rule");
		for (i = 0; i < nrules;)
			if (rules[i].ru_kind == rule.ru_kind &&
			    rules[i].ru_a == rule.ru_a &&
			    rules[i].ru_b == rule.ru_b)
				rules[i] = rules[--nrules];
			else
				i++;
	} else
		return ("no such command");
	return (NULL);
}

/* One command a connection: words apart by blanks, until its end. */
static void
serve(int listener)
{
	char		 buf[512], *p = buf, *word[8];
	const char	*why;
	FILE		*f;
	struct timeval	 limit = { .tv_sec = 1 };
	ssize_t		 n;
	size_t		 len = 0;
	int		 s, nword = 0;

	if ((s = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) == -1)
		return;
	(void)setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	while (len < sizeof(buf) - 1 &&
	    (n = read(s, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	while (nword < 8 && (word[nword] = strsep(&p, " ")) != NULL)
		nword++;
	if ((f = fdopen(s, "w")) == NULL) {
		(void)close(s);
		return;
	}
	why = command(word, nword, f);
	/* The end says how it went. */
	fprintf(f, "%s\n", why == NULL ? "." : why);
	(void)fclose(f);
}

/* The other end of serve(). */
static int
ask(const char *path, char *word[], int n)
{
	struct sockaddr_un	 sun;
	FILE			*f;
	char			 line[1024], before[1024] = "";
	int			 s, i;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path))
		errx(1, "%s: too long", path);
	if ((s = socket(AF_UNIX, SOCK_STREAM, 0)) == -1 ||
	    connect(s, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", path);
	for (i = 0; i < n; i++)
		if ((i > 0 && write(s, " ", 1) != 1) ||
		    write(s, word[i], strlen(word[i])) !=
		    (ssize_t)strlen(word[i]))
			err(1, "%s", path);
	(void)shutdown(s, SHUT_WR);
	if ((f = fdopen(s, "r")) == NULL)
		err(1, "fdopen");
	/* All but the last line are to be printed. */
	while (fgets(line, sizeof(line), f) != NULL) {
		fputs(before, stdout);
		(void)strlcpy(before, line, sizeof(before));
	}
	(void)fclose(f);
	if (strcmp(before, ".\n") == 0)
		return (fflush(stdout) == 0 ? 0 : 1);
	before[strcspn(before, "\n")] = '\0';
	errx(1, "%s: %s", word[0], before);
}

static int
stamp(void)
{
	static char	line[65536];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		printf("%llu %s", (unsigned long long)(now_ns() / MS), line);
		(void)fflush(stdout);
	}
	return (0);
}

static void
loop(int listener, uint64_t end)
{
	struct pollfd	pfd[PORTS_MAX + 1];
	struct timespec	ts;
	uint64_t	now, due;
	unsigned int	i;

	while (!quitting && (now = now_ns()) < end) {
		due = end;
		if (qlen > 0 && queue[qhead].qu_due < due)
			due = queue[qhead].qu_due;
		due = due > now ? due - now : 0;
		ts.tv_sec = (time_t)(due / (1000 * MS));
		ts.tv_nsec = (long)(due % (1000 * MS));
		for (i = 0; i < nports; i++)
			pfd[i] = (struct pollfd){ ports[i].po_fd, POLLIN, 0 };
		pfd[nports] = (struct pollfd){ listener, POLLIN, 0 };
		if (ppoll(pfd, nports + 1, &ts, NULL) == -1 && errno != EINTR)
			err(1, "ppoll");
		for (i = 0; i < nports; i++)
			if (pfd[i].revents != 0)
				take(i);
		deliver();
		if (pfd[nports].revents != 0)
			serve(listener);
	}
	if (!quitting)
		errx(1, "my time is over");
}

static void
usage(void)
{
	fprintf(stderr, "usage: wire [-d ms] [-l percent] [-q packets] "
	    "[-s seed] [-t seconds] -u socket [port ...]\n"
	    "       wire -c socket command [argument ...]\n"
	    "       wire -S\n");
	exit(2);
}

int
main(int argc, char *argv[])
{
	struct sockaddr_un	 sun;
	const char		*path = NULL;
	double			 x, seconds = 600;
	int			 ch, s, i;

	while ((ch = getopt(argc, argv, "+c:d:l:q:Ss:t:u:")) != -1) {
		x = optarg != NULL && ch != 'c' && ch != 'u' ?
		    number(optarg, 1e9) : 0;
		if (x < 0)
			usage();
		switch (ch) {
		case 'c':
			if (optind >= argc)
				usage();
			return (ask(optarg, argv + optind, argc - optind));
		case 'd':
			delay_ns = (uint64_t)(x * (double)MS);
			break;
		case 'l':
			loss = x;
			break;
		case 'q':
			if (x < 1 || x > QUEUE_MAX)
				usage();
			qmax = (size_t)x;
			break;
		case 'S':
			return (stamp());
		case 's':
			draws = (uint64_t)x;
			break;
		case 't':
			seconds = x;
			break;
		case 'u':
			path = optarg;
			break;
		default:
			usage();
		}
	}
	if (path == NULL)
		usage();
	/* Not longer than who started us. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)signal(SIGPIPE, SIG_IGN);
	/* The Internet does not wait for a busy machine. */
	(void)setpriority(PRIO_PROCESS, 0, -10);
	for (i = optind; i < argc; i++)
		port_add(argv[i]);
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path))
		errx(1, "%s: too long", path);
	if ((s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    bind(s, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(s, 16) == -1)
		err(1, "%s", path);
	loop(s, now_ns() + (uint64_t)(seconds * 1e9));
	(void)unlink(path);
	return (0);
}
