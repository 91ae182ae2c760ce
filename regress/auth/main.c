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
 * An auth server for the cases of lookupd (wzp-protocol 5.2), HTTP or HTTPS.
 *
 *	wzp-auth -m directory
 *	wzp-auth -d zone -l log -o port-file
 *	wzp-auth -s script -l log -o port-file [-b address] [-p port] [-t pem]
 *	    [-T seconds]
 *
 * -m makes certificates (cert.c), -d is a name server (dns.c).  Otherwise it
 * listens on 127.0.0.1 and ::1 at the same port (-b: on this IPv4 address
 * alone), writes that to port-file once it does, and serves each connection
 * in a process of its own, so that it can be as slow and as rude as the
 * script says.  -t: TLS with this certificate and key.
 *
 * A line of the script is a token, a blank and what to do when it is asked
 * about (see answer()); of several lines for a token the last one counts, and
 * the file is read anew for each request.  Tokens without a line are not
 * valid.  The log gets one line a request, with what lookupd said.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "regress/auth/auth.h"

#define REQUEST_MAX	(256 * 1024)
/* Whatever a test forgets ends by itself; -T for longer ones. */
#define LIFE_S		120
#define LIFE_MAX_S	7200

struct peer {
	int	 pe_fd;
	SSL	*pe_ssl;
	bool	 pe_over;	/* it closed, or we shall */
};

struct request {
	char	 rq_head[16384];
	char	*rq_body;
	size_t	 rq_len;
	char	*rq_token;	/* as in the JSON, escapes and all */
};

static const char	*script;
static int		 log_fd = -1;
static unsigned int	 life = LIFE_S;
static SSL_CTX		*tls;

static void	 end_group(int);
static int	 listen_on(int, const char *, uint16_t *);
static void	 serve(int);
static bool	 get_request(struct peer *, struct request *);
static void	 note(const struct request *);
static void	 header_value(const char *, const char *, char *, size_t);
static bool	 find_token(struct request *);
static char	*lookup(const char *);
static void	 answer(struct peer *, const char *);
static void	 put(struct peer *, const char *, ...)
		    __attribute__((format(printf, 2, 3)));
static void	 put_bytes(struct peer *, const char *, size_t);
static void	 put_json(struct peer *, int, const char *);
static void	 wait_ms(long);

int
main(int argc, char **argv)
{
	const char	*pem = NULL, *port_file = NULL, *log_file = NULL;
	const char	*error, *address = NULL, *zone = NULL;
	struct pollfd	 pfds[2];
	FILE		*f;
	uint16_t	 port = 0;
	int		 c, fd, i;

	while ((c = getopt(argc, argv, "b:d:l:m:o:p:s:t:T:")) != -1)
		switch (c) {
		case 'b':
			address = optarg;
			break;
		case 'd':
			zone = optarg;
			break;
		case 'l':
			log_file = optarg;
			break;
		case 'm':
			return (cert_make_all(optarg) == 0 ? 0 : 1);
		case 'o':
			port_file = optarg;
			break;
		case 'p':
			port = (uint16_t)strtonum(optarg, 1, 65535, &error);
			if (error != NULL)
				errx(2, "port %s is %s", optarg, error);
			break;
		case 's':
			script = optarg;
			break;
		case 't':
			pem = optarg;
			break;
		case 'T':
			life = (unsigned int)strtonum(optarg, 1, LIFE_MAX_S,
			    &error);
			if (error != NULL)
				errx(2, "%s s is %s", optarg, error);
			break;
		default:
			return (2);
		}
	if ((script == NULL && zone == NULL) || log_file == NULL ||
	    port_file == NULL)
		errx(2, "wants -s or -d, -l and -o");
	if ((log_fd = open(log_file, O_WRONLY | O_CREAT | O_APPEND,
	    0644)) == -1)
		err(1, "%s", log_file);
	if (pem != NULL && ((tls = SSL_CTX_new(TLS_server_method())) == NULL ||
	    SSL_CTX_use_certificate_chain_file(tls, pem) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, pem, SSL_FILETYPE_PEM) != 1))
		errx(1, "%s: no certificate with its key", pem);
	/* A group of its own, which ends as one. */
	if (setpgid(0, 0) == -1)
		err(1, "setpgid");
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, end_group);
	signal(SIGALRM, end_group);
	alarm(life);
	if (zone != NULL)
		return (name_server(zone, log_fd, port_file) == 0 ? 0 : 1);
	pfds[0].fd = listen_on(AF_INET, address, &port);
	pfds[1].fd = address != NULL ? -1 : listen_on(AF_INET6, NULL, &port);
	pfds[0].events = pfds[1].events = POLLIN;
	if (pfds[0].fd == -1)
		err(1, "port %u", (unsigned int)port);
	if ((f = fopen(port_file, "w")) == NULL)
		err(1, "%s", port_file);
	fprintf(f, "%u\n", (unsigned int)port);
	fclose(f);
	for (;;) {
		if (poll(pfds, 2, -1) == -1 && errno != EINTR)
			err(1, "poll");
		for (i = 0; i < 2; i++) {
			if (pfds[i].fd == -1 ||
			    (pfds[i].revents & POLLIN) == 0 ||
			    (fd = accept(pfds[i].fd, NULL, NULL)) == -1)
				continue;
			switch (fork()) {
			case -1:
				err(1, "fork");
			case 0:
				signal(SIGTERM, SIG_DFL);
				alarm(life);
				close(pfds[0].fd);
				if (pfds[1].fd != -1)
					close(pfds[1].fd);
				serve(fd);
				_exit(0);
			default:
				close(fd);
				break;
			}
		}
	}
}

static void
end_group(int sig)
{
	(void)sig;
	kill(0, SIGKILL);
}

/* address NULL: loopback; port 0: any, which is then filled in. */
static int
listen_on(int family, const char *address, uint16_t *port)
{
	struct sockaddr_in6	in6;
	struct sockaddr_in	in;
	struct sockaddr		*sa;
	socklen_t		len;
	int			fd, one = 1;

	memset(&in, 0, sizeof(in));
	memset(&in6, 0, sizeof(in6));
	in.sin_family = AF_INET;
	in.sin_port = htons(*port);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (address != NULL && inet_pton(AF_INET, address, &in.sin_addr) != 1)
		errx(2, "%s: not an address", address);
	in6.sin6_family = AF_INET6;
	in6.sin6_port = htons(*port);
	in6.sin6_addr = in6addr_loopback;
	sa = family == AF_INET ? (struct sockaddr *)&in :
	    (struct sockaddr *)&in6;
	len = family == AF_INET ? sizeof(in) : sizeof(in6);
	if ((fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return (-1);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, sa, len) == -1 || listen(fd, 128) == -1) {
		close(fd);
		return (-1);
	}
	if (family == AF_INET) {
		if (getsockname(fd, sa, &len) == -1)
			err(1, "getsockname");
		*port = ntohs(in.sin_port);
	}
	return (fd);
}

static void
serve(int fd)
{
	struct peer	 pe;
	struct request	 rq;
	char		*what;

	memset(&pe, 0, sizeof(pe));
	pe.pe_fd = fd;
	if (tls != NULL) {
		if ((pe.pe_ssl = SSL_new(tls)) == NULL ||
		    SSL_set_fd(pe.pe_ssl, fd) != 1 ||
		    SSL_accept(pe.pe_ssl) != 1) {
			dprintf(log_fd, "no TLS\n");
			return;
		}
	}
	memset(&rq, 0, sizeof(rq));
	while (!pe.pe_over && get_request(&pe, &rq)) {
		note(&rq);
		what = find_token(&rq) ? lookup(rq.rq_token) : NULL;
		if (what != NULL)
			answer(&pe, what);
		else
			put_json(&pe, 200, "{\"valid\":false}");
		free(what);
		free(rq.rq_body);
		free(rq.rq_token);
		memset(&rq, 0, sizeof(rq));
	}
	if (pe.pe_ssl != NULL)
		SSL_shutdown(pe.pe_ssl);
	close(fd);
}

static ssize_t
peer_read(struct peer *pe, char *buf, size_t len)
{
	if (pe->pe_ssl != NULL)
		return (SSL_read(pe->pe_ssl, buf, (int)len));
	return (read(pe->pe_fd, buf, len));
}

static bool
get_request(struct peer *pe, struct request *rq)
{
	const char	*error;
	char		 value[32], *end;
	size_t		 at = 0, have, length;
	ssize_t		 n;

	for (;;) {
		if (at == sizeof(rq->rq_head) - 1)
			return (false);
		n = peer_read(pe, rq->rq_head + at,
		    sizeof(rq->rq_head) - 1 - at);
		if (n <= 0)
			return (false);
		at += (size_t)n;
		rq->rq_head[at] = '\0';
		/* TLS where none is spoken, or whatever. */
		if (rq->rq_head[0] != 'P')
			return (false);
		if ((end = strstr(rq->rq_head, "\r\n\r\n")) != NULL)
			break;
	}
	end += 4;
	have = at - (size_t)(end - rq->rq_head);
	header_value(rq->rq_head, "Content-Length", value, sizeof(value));
	length = (size_t)strtonum(value, 0, REQUEST_MAX, &error);
	if (error != NULL || have > length ||
	    (rq->rq_body = malloc(length + 1)) == NULL)
		return (false);
	memcpy(rq->rq_body, end, have);
	*end = '\0';
	for (; have < length; have += (size_t)n)
		if ((n = peer_read(pe, rq->rq_body + have,
		    length - have)) <= 0)
			return (false);
	rq->rq_body[length] = '\0';
	rq->rq_len = length;
	return (true);
}

/* "-" when there is no such header. */
static void
header_value(const char *head, const char *name, char *buf, size_t cap)
{
	const char	*line;
	size_t		 len = strlen(name), n;

	(void)strlcpy(buf, "-", cap);
	for (line = head; (line = strstr(line, "\r\n")) != NULL;) {
		line += 2;
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		line += strspn(line, " ");
		n = strcspn(line, "\r");
		if (n >= cap)
			n = cap - 1;
		memcpy(buf, line, n);
		buf[n] = '\0';
		return;
	}
}

/* What the protocol says about a request, in one write. */
static void
note(const struct request *rq)
{
	char	type[64], authorization[64], expect[64], host[128];
	size_t	n;

	n = strcspn(rq->rq_head, "\r");
	header_value(rq->rq_head, "Content-Type", type, sizeof(type));
	header_value(rq->rq_head, "Authorization", authorization,
	    sizeof(authorization));
	header_value(rq->rq_head, "Expect", expect, sizeof(expect));
	header_value(rq->rq_head, "Host", host, sizeof(host));
	dprintf(log_fd, "%.*s type=%s authorization=%s expect=%s host=%s "
	    "body=%s\n", (int)n, rq->rq_head, type, authorization, expect,
	    host, rq->rq_body);
}

/* Exactly {"token":"..."}: as compact as the original has it. */
static bool
find_token(struct request *rq)
{
	static const char	before[] = "{\"token\":\"", after[] = "\"}";
	size_t			len = rq->rq_len;

	if (len < sizeof(before) + sizeof(after) - 2 ||
	    memcmp(rq->rq_body, before, sizeof(before) - 1) != 0 ||
	    memcmp(rq->rq_body + len - 2, after, 2) != 0)
		return (false);
	rq->rq_token = strndup(rq->rq_body + sizeof(before) - 1,
	    len - (sizeof(before) - 1) - 2);
	return (rq->rq_token != NULL);
}

/* What the script says to do about this token, NULL: nothing. */
static char *
lookup(const char *token)
{
	char	*line = NULL, *what = NULL;
	size_t	 cap = 0, len = strlen(token);
	FILE	*f;

	if ((f = fopen(script, "r")) == NULL)
		return (NULL);
	while (getline(&line, &cap, f) != -1) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, token, len) != 0 || line[len] != ' ')
			continue;
		free(what);
		what = strdup(line + len + 1);
	}
	free(line);
	fclose(f);
	return (what);
}

/*
 *	json TEXT		200 with TEXT
 *	status N TEXT		status N with TEXT
 *	redirect N URL		status N to URL
 *	slow MS TEXT		as json, after that time
 *	huge N			200 with a good answer of N bytes
 *	endless			200, a body without end
 *	headers			a header without end
 *	drip MS TEXT		as json, a byte each MS
 *	cut TEXT		half of it, then the end
 *	close			the end
 *	never			nothing at all
 *	raw TEXT		not HTTP
 */
static void
answer(struct peer *pe, const char *what)
{
	char	*rest, *fill, verb[32];
	long	 n;

	n = (long)strcspn(what, " ");
	(void)snprintf(verb, sizeof(verb), "%.*s", (int)n, what);
	what += n + (what[n] == ' ');
	if (strcmp(verb, "json") == 0) {
		put_json(pe, 200, what);
		return;
	}
	if (strcmp(verb, "close") == 0) {
		pe->pe_over = true;
		return;
	}
	if (strcmp(verb, "raw") == 0) {
		put(pe, "%s", what);
		pe->pe_over = true;
		return;
	}
	if (strcmp(verb, "cut") == 0) {
		put(pe, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%.*s",
		    strlen(what), (int)strlen(what) / 2, what);
		pe->pe_over = true;
		return;
	}
	if (strcmp(verb, "never") == 0) {
		for (;;)
			wait_ms(1000);
	}
	if (strcmp(verb, "endless") == 0) {
		put(pe, "HTTP/1.1 200 OK\r\n\r\n{\"valid\":true,\"alias\":\"");
		while (!pe->pe_over)
			put(pe, "%01024d", 0);
		return;
	}
	if (strcmp(verb, "headers") == 0) {
		put(pe, "HTTP/1.1 200 OK\r\n");
		while (!pe->pe_over)
			put(pe, "X-Filler: %01024d\r\n", 0);
		return;
	}
	n = strtol(what, &rest, 10);
	rest += *rest == ' ';
	if (strcmp(verb, "status") == 0)
		put_json(pe, (int)n, rest);
	else if (strcmp(verb, "redirect") == 0)
		put(pe, "HTTP/1.1 %ld Found\r\nLocation: %s\r\n"
		    "Content-Length: 0\r\n\r\n", n, rest);
	else if (strcmp(verb, "slow") == 0) {
		wait_ms(n);
		put_json(pe, 200, rest);
	} else if (strcmp(verb, "huge") == 0) {
		if ((fill = malloc((size_t)n + 1)) == NULL)
			err(1, "malloc");
		memset(fill, ' ', (size_t)n);
		fill[n] = '\0';
		memcpy(fill, rest, strlen(rest));
		put_json(pe, 200, fill);
		free(fill);
	} else if (strcmp(verb, "drip") == 0) {
		put(pe, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
		    strlen(rest));
		for (; *rest != '\0' && !pe->pe_over; rest++) {
			wait_ms(n);
			put_bytes(pe, rest, 1);
		}
	} else
		put_json(pe, 500, "{}");
}

static void
put_json(struct peer *pe, int status, const char *body)
{
	put(pe, "HTTP/1.1 %d Whatever\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n", status, strlen(body));
	put_bytes(pe, body, strlen(body));
}

static void
put(struct peer *pe, const char *fmt, ...)
{
	char	buf[4096];
	va_list	ap;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n > 0)
		put_bytes(pe, buf, (size_t)n < sizeof(buf) ? (size_t)n :
		    sizeof(buf) - 1);
}

static void
put_bytes(struct peer *pe, const char *data, size_t len)
{
	ssize_t	n;

	for (; len > 0 && !pe->pe_over; data += n, len -= (size_t)n) {
		if (pe->pe_ssl != NULL)
			n = SSL_write(pe->pe_ssl, data, (int)len);
		else
			n = write(pe->pe_fd, data, len);
		if (n <= 0) {
			pe->pe_over = true;
			return;
		}
	}
}

static void
wait_ms(long ms)
{
	struct timespec	ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}
