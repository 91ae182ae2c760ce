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
 * A stub resolver for one name (see resolve.h).  An attempt asks one server
 * for both kinds of address from a socket of its own (a fresh port and fresh
 * numbers: RFC 5452); who is silent or has failed is followed by the next.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "lookupd/resolve.h"

#define LINE_LEN	1024
#define SPACE		" \t\r\n"
#define ROUNDS		2	/* every server is asked so often */

struct resolver {
	struct ev_loop		 *re_loop;
	struct resolve_config	  re_config;
	char			  re_host[DNS_NAME_LEN];
	bool			  re_absolute;	/* it had a dot at its end */
	resolve_done		 *re_done;
	void			 *re_arg;
	bool			  re_busy;
	uint64_t		  re_due;	/* to be given up */
	size_t			  re_candidate;	/* 0.. of the names tried */
	size_t			  re_attempt;
	char			  re_name[DNS_NAME_LEN];
	int			  re_fd;
	ev_io			  re_io;
	ev_timer		  re_timer;
	uint16_t		  re_ids[2];	/* A, AAAA */
	bool			  re_got[2];
	bool			  re_silent;	/* nobody has answered yet */
	struct dns_answer	  re_answer;
};

static const uint16_t	types[2] = { DNS_TYPE_A, DNS_TYPE_AAAA };

static void	conf_server(struct resolve_config *, const char *);
static void	conf_search(struct resolve_config *, char *);
static void	conf_options(struct resolve_config *, char *);
static bool	resolver_name(struct resolver *);
static void	resolver_candidate(struct resolver *);
static void	resolver_attempt(struct resolver *);
static int	resolver_ask(struct resolver *);
static void	resolver_stop(struct resolver *);
static void	resolver_end(struct resolver *, const char *);
static void	resolver_readable(struct ev_loop *, ev_io *, int);
static void	resolver_timeout(struct ev_loop *, ev_timer *, int);

/* Files. */

static void
conf_server(struct resolve_config *rc, const char *text)
{
	struct addrinfo	 hints, *ai;

	if (rc->rc_nservers == RESOLVE_SERVERS_MAX)
		return;
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_DGRAM;
	/* A literal, maybe with a scope: no look-up. */
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	if (getaddrinfo(text, "53", &hints, &ai) != 0)
		return;
	memcpy(&rc->rc_servers[rc->rc_nservers], ai->ai_addr, ai->ai_addrlen);
	rc->rc_lens[rc->rc_nservers++] = ai->ai_addrlen;
	freeaddrinfo(ai);
}

static void
conf_search(struct resolve_config *rc, char *line)
{
	char	*word;
	size_t	 len;

	/* The last such line counts. */
	rc->rc_nsearch = 0;
	while ((word = strsep(&line, SPACE)) != NULL) {
		len = strlen(word);
		if (len > 0 && word[len - 1] == '.')
			word[--len] = '\0';
		if (len == 0 || len >= DNS_NAME_LEN ||
		    rc->rc_nsearch == RESOLVE_SEARCH_MAX)
			continue;
		(void)strlcpy(rc->rc_search[rc->rc_nsearch++], word,
		    DNS_NAME_LEN);
	}
}

static void
conf_options(struct resolve_config *rc, char *line)
{
	const char	*error;
	char		*word;
	unsigned int	 n;

	while ((word = strsep(&line, SPACE)) != NULL) {
		if (strncmp(word, "ndots:", 6) != 0)
			continue;
		n = (unsigned int)strtonum(word + 6, 0, 15, &error);
		if (error == NULL)
			rc->rc_ndots = n;
	}
}

void
resolve_read_conf(struct resolve_config *rc, const char *path)
{
	char	 line[LINE_LEN], *p, *key;
	FILE	*f;

	memset(rc, 0, sizeof(*rc));
	rc->rc_ndots = 1;
	if ((f = fopen(path, "re")) == NULL) {
		log_warn("%s", path);
		conf_server(rc, "127.0.0.1");
		return;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "#;\n")] = '\0';
		p = line;
		key = strsep(&p, SPACE);
		if (p == NULL)
			continue;
		p += strspn(p, SPACE);
		if (strcmp(key, "nameserver") == 0) {
			p[strcspn(p, SPACE)] = '\0';
			conf_server(rc, p);
		} else if (strcmp(key, "search") == 0 ||
		    strcmp(key, "domain") == 0)
			conf_search(rc, p);
		else if (strcmp(key, "options") == 0)
			conf_options(rc, p);
	}
	fclose(f);
	if (rc->rc_nservers == 0)
		conf_server(rc, "127.0.0.1");
}

char *
resolve_read_hosts(const char *path)
{
	char	*text;
	size_t	 len = 0;
	FILE	*f;

	if ((text = calloc(1, RESOLVE_HOSTS_MAX + 1)) == NULL)
		return (NULL);
	if ((f = fopen(path, "re")) != NULL) {
		len = fread(text, 1, RESOLVE_HOSTS_MAX, f);
		if (len == RESOLVE_HOSTS_MAX)
			log_warnx("%s: only its first %d bytes count", path,
			    RESOLVE_HOSTS_MAX);
		fclose(f);
	}
	text[len] = '\0';
	return (text);
}

/* Addresses with a scope are none that others could be reached at. */
size_t
resolve_find_hosts(const char *hosts, const char *host, struct addr *addrs,
    size_t max)
{
	static const char	loopback[] = "127.0.0.1 localhost\n"
				    "::1 localhost\n";
	char			line[LINE_LEN], full[LINE_LEN];
	char			*p, *address, *word;
	size_t			len, n = 0;

	for (; n < max && *hosts != '\0'; hosts += len) {
		len = strcspn(hosts, "\n");
		(void)snprintf(line, sizeof(line), "%.*s", (int)len, hosts);
		if (hosts[len] == '\n')
			len++;
		line[strcspn(line, "#")] = '\0';
		p = line + strspn(line, SPACE);
		if ((address = strsep(&p, SPACE)) == NULL)
			continue;
		while ((word = strsep(&p, SPACE)) != NULL)
			if (strcasecmp(word, host) == 0)
				break;
		if (word == NULL || strlen(address) >= ADDR_STRLEN)
			continue;
		(void)snprintf(full, sizeof(full), strchr(address, ':') !=
		    NULL ? "[%s]:1" : "%s:1", address);
		if (addr_parse(&addrs[n], full) == -1)
			continue;
		addr_set_port(&addrs[n++], 0);
	}
	/* That name needs no file, and no server is asked (RFC 6761 6.3). */
	if (n == 0 && strcasecmp(host, "localhost") == 0 && hosts != loopback)
		return (resolve_find_hosts(loopback, host, addrs, max));
	return (n);
}

/* The resolver. */

struct resolver *
resolver_new(struct ev_loop *loop, const struct resolve_config *config,
    const char *host, resolve_done *done, void *arg)
{
	struct resolver	*re;
	size_t		 len;

	if ((re = calloc(1, sizeof(*re))) == NULL)
		return (NULL);
	re->re_loop = loop;
	re->re_config = *config;
	re->re_done = done;
	re->re_arg = arg;
	re->re_fd = -1;
	len = strlcpy(re->re_host, host, sizeof(re->re_host));
	if (len == 0 || len >= sizeof(re->re_host)) {
		free(re);
		return (NULL);
	}
	if (re->re_host[len - 1] == '.') {
		re->re_host[len - 1] = '\0';
		re->re_absolute = true;
	}
	ev_io_init(&re->re_io, resolver_readable, -1, EV_READ);
	re->re_io.data = re;
	ev_timer_init(&re->re_timer, resolver_timeout, 0., 0.);
	re->re_timer.data = re;
	return (re);
}

void
resolver_free(struct resolver *re)
{
	if (re == NULL)
		return;
	resolver_stop(re);
	free(re);
}

bool
resolver_busy(const struct resolver *re)
{
	return (re->re_busy);
}

void
resolver_start(struct resolver *re)
{
	if (re->re_busy)
		return;
	re->re_busy = true;
	re->re_due = clock_mono_ns() + RESOLVE_LIMIT_MS * NS_PER_MS;
	re->re_candidate = 0;
	re->re_silent = true;
	resolver_candidate(re);
}

/*
 * The name to try now: with enough dots as it is and then below the search
 * domains, else the other way round (resolv.conf(5), ndots).  false: no more.
 */
static bool
resolver_name(struct resolver *re)
{
	const struct resolve_config	*rc = &re->re_config;
	const char			*p;
	size_t				 i = re->re_candidate, dots = 0, n;
	bool				 first;

	n = re->re_absolute ? 0 : rc->rc_nsearch;
	if (i > n)
		return (false);
	for (p = re->re_host; *p != '\0'; p++)
		dots += *p == '.';
	first = dots >= rc->rc_ndots;
	if (i == (first ? 0 : n)) {
		(void)strlcpy(re->re_name, re->re_host, sizeof(re->re_name));
		return (true);
	}
	if ((size_t)snprintf(re->re_name, sizeof(re->re_name), "%s.%s",
	    re->re_host, rc->rc_search[first ? i - 1 : i]) >=
	    sizeof(re->re_name))
		re->re_name[0] = '\0';	/* asks nothing: the next */
	return (true);
}

static void
resolver_candidate(struct resolver *re)
{
	for (; resolver_name(re); re->re_candidate++) {
		if (re->re_name[0] == '\0')
			continue;
		re->re_attempt = 0;
		memset(&re->re_answer, 0, sizeof(re->re_answer));
		re->re_answer.da_ttl = UINT32_MAX;
		re->re_got[0] = re->re_got[1] = false;
		resolver_attempt(re);
		return;
	}
	resolver_end(re, "no such name, or it has no address");
}

static void
resolver_attempt(struct resolver *re)
{
	uint64_t	now, wait;

	for (; re->re_attempt < re->re_config.rc_nservers * ROUNDS;
	    re->re_attempt++) {
		now = clock_mono_ns();
		if (now >= re->re_due)
			break;
		if (resolver_ask(re) == -1)
			continue;
		wait = RESOLVE_TRY_MS * NS_PER_MS;
		if (wait > re->re_due - now)
			wait = re->re_due - now;
		ev_now_update(re->re_loop);
		ev_timer_set(&re->re_timer,
		    (double)wait / (double)NS_PER_S, 0.);
		ev_timer_start(re->re_loop, &re->re_timer);
		return;
	}
	resolver_end(re, re->re_silent ? "no name server answers" :
	    "the name servers cannot say");
}

/* Both questions to the server whose turn it is. */
static int
resolver_ask(struct resolver *re)
{
	uint8_t		 buf[DNS_QUERY_MAX];
	size_t		 i, server;
	int		 len;

	resolver_stop(re);
	server = re->re_attempt % re->re_config.rc_nservers;
	re->re_fd = socket(re->re_config.rc_servers[server].ss_family,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (re->re_fd == -1 || connect(re->re_fd,
	    (struct sockaddr *)&re->re_config.rc_servers[server],
	    re->re_config.rc_lens[server]) == -1)
		return (-1);
	for (i = 0; i < 2; i++) {
		if (re->re_got[i])
			continue;
		do {
			re->re_ids[i] = (uint16_t)arc4random();
		} while (i == 1 && re->re_ids[1] == re->re_ids[0]);
		if ((len = dns_query(buf, re->re_ids[i], re->re_name,
		    types[i])) == -1 ||
		    send(re->re_fd, buf, (size_t)len, 0) == -1)
			return (-1);
	}
	ev_io_set(&re->re_io, re->re_fd, EV_READ);
	ev_io_start(re->re_loop, &re->re_io);
	return (0);
}

static void
resolver_stop(struct resolver *re)
{
	ev_timer_stop(re->re_loop, &re->re_timer);
	ev_io_stop(re->re_loop, &re->re_io);
	if (re->re_fd != -1)
		close(re->re_fd);
	re->re_fd = -1;
}

static void
resolver_end(struct resolver *re, const char *why)
{
	resolver_stop(re);
	re->re_busy = false;
	if (re->re_answer.da_count > 0)
		re->re_done(re->re_arg, &re->re_answer, false, "");
	else
		re->re_done(re->re_arg, NULL, re->re_silent, why);
}

static void
resolver_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct resolver	*re = io->data;
	enum dns_result	 result;
	uint8_t		 buf[DNS_ANSWER_MAX];
	ssize_t		 n;
	size_t		 i;

	(void)loop;
	(void)events;
	while (!re->re_got[0] || !re->re_got[1]) {
		if ((n = recv(re->re_fd, buf, sizeof(buf), 0)) == -1) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				return;
			/* Nobody there (ICMP): the next server. */
			re->re_attempt++;
			resolver_attempt(re);
			return;
		}
		for (i = 0; i < 2; i++) {
			if (re->re_got[i])
				continue;
			result = dns_read(buf, (size_t)n, re->re_ids[i],
			    re->re_name, types[i], &re->re_answer);
			if (result == DNS_FORGED)
				continue;
			re->re_silent = false;
			if (result == DNS_SERVER_FAILED) {
				re->re_attempt++;
				resolver_attempt(re);
				return;
			}
			re->re_got[i] = true;
			if (result == DNS_NO_NAME)
				re->re_got[0] = re->re_got[1] = true;
			break;
		}
	}
	if (re->re_answer.da_count > 0)
		resolver_end(re, "");
	else {
		re->re_candidate++;
		resolver_candidate(re);
	}
}

static void
resolver_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct resolver	*re = timer->data;

	(void)loop;
	(void)events;
	/* One kind of address is better than another second of waiting. */
	if (re->re_answer.da_count > 0) {
		resolver_end(re, "");
		return;
	}
	re->re_attempt++;
	resolver_attempt(re);
}
