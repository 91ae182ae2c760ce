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
 * Time, text, hex and addresses for the test peer, and its two ways to stop.
 */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "regress/peer/peer.h"

static const char	*cur_file = "";
static unsigned int	 cur_line;
static uint64_t		 started;

uint64_t
now_ns(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec);
}

void
at_line(const char *file, unsigned int line)
{
	cur_file = file;
	cur_line = line;
}

void
trace(const char *fmt, ...)
{
	va_list	 ap;

	if (started == 0)
		started = now_ns();
	printf("%6.1f ", (double)(now_ns() - started) / (double)NS_PER_MS);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void
script_error(const char *fmt, ...)
{
	va_list	 ap;

	fflush(stdout);
	fprintf(stderr, "%s:%u: script: ", cur_file, cur_line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EX_SCRIPT);
}

void
failed(const char *fmt, ...)
{
	va_list	 ap;

	fflush(stdout);
	fprintf(stderr, "%s:%u: ", cur_file, cur_line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EX_FAILED);
}

void *
xcalloc(size_t n, size_t size)
{
	void	*p;

	if ((p = calloc(n, size)) == NULL)
		script_error("no memory");
	return (p);
}

char *
xstrdup(const char *s)
{
	char	*p;

	if ((p = strdup(s)) == NULL)
		script_error("no memory");
	return (p);
}

void
text_add(struct text *t, const void *data, size_t len)
{
	size_t	 size;

	if (t->t_len + len + 1 > t->t_size) {
		size = (t->t_len + len + 1) * 2;
		if ((t->t_buf = realloc(t->t_buf, size)) == NULL)
			script_error("no memory");
		t->t_size = size;
	}
	memcpy(t->t_buf + t->t_len, data, len);
	t->t_len += len;
	t->t_buf[t->t_len] = '\0';
}

void
text_puts(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void
text_putc(struct text *t, char c)
{
	text_add(t, &c, 1);
}

/* The form in which byte arrays travel: [1,2,3] (wzp-protocol 2.1). */
void
text_ints(struct text *t, const uint8_t *data, size_t len)
{
	char	 num[8];
	size_t	 i;

	text_putc(t, '[');
	for (i = 0; i < len; i++) {
		snprintf(num, sizeof(num), "%s%u", i == 0 ? "" : ",",
		    (unsigned int)data[i]);
		text_puts(t, num);
	}
	text_putc(t, ']');
}

void
text_hex(struct text *t, const uint8_t *data, size_t len)
{
	char	 num[4];
	size_t	 i;

	text_add(t, "", 0);
	for (i = 0; i < len; i++) {
		snprintf(num, sizeof(num), "%02x", (unsigned int)data[i]);
		text_puts(t, num);
	}
}

void
text_free(struct text *t)
{
	free(t->t_buf);
	memset(t, 0, sizeof(*t));
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (c - 'A' + 10);
	return (-1);
}

int
hex_decode(const char *s, uint8_t **out, size_t *outlen)
{
	uint8_t	*buf;
	size_t	 n = 0;
	int	 hi, lo;

	buf = xcalloc(strlen(s) / 2 + 1, 1);
	for (; *s != '\0'; s++) {
		if (isspace((unsigned char)*s) || *s == ':')
			continue;
		hi = hex_digit(s[0]);
		lo = hi == -1 ? -1 : hex_digit(s[1]);
		if (lo == -1) {
			free(buf);
			return (-1);
		}
		buf[n++] = (uint8_t)(hi * 16 + lo);
		s++;
	}
	*out = buf;
	*outlen = n;
	return (0);
}

int
ints_decode(const char *s, uint8_t **out, size_t *outlen)
{
	uint8_t	*buf;
	size_t	 n = 0;
	char	*end;
	long	 v;

	if (*s++ != '[')
		return (-1);
	buf = xcalloc(strlen(s) + 1, 1);
	while (*s != ']') {
		v = strtol(s, &end, 10);
		if (end == s || v < 0 || v > 255 ||
		    (*end != ',' && *end != ']')) {
			free(buf);
			return (-1);
		}
		buf[n++] = (uint8_t)v;
		s = *end == ',' ? end + 1 : end;
	}
	*out = buf;
	*outlen = n;
	return (0);
}

socklen_t
addr_size(const struct sockaddr_storage *ss)
{
	if (ss->ss_family == AF_INET6)
		return (sizeof(struct sockaddr_in6));
	return (sizeof(struct sockaddr_in));
}

/* a.b.c.d:port or [v6]:port, as in wzp-protocol 7.1. */
void
addr_text(const struct sockaddr_storage *ss, char *buf, size_t size)
{
	char	 host[INET6_ADDRSTRLEN];

	if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)ss;

		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(buf, size, "[%s]:%u", host,
		    (unsigned int)ntohs(in6->sin6_port));
	} else {
		const struct sockaddr_in *in = (const void *)ss;

		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(buf, size, "%s:%u", host,
		    (unsigned int)ntohs(in->sin_port));
	}
}

void
addr_parse(const char *s, struct sockaddr_storage *ss)
{
	struct sockaddr_in6	*in6 = (void *)ss;
	struct sockaddr_in	*in = (void *)ss;
	char			 host[INET6_ADDRSTRLEN];
	const char		*colon;
	size_t			 len;
	long			 port;

	memset(ss, 0, sizeof(*ss));
	if ((colon = strrchr(s, ':')) == NULL)
		script_error("%s: no port", s);
	port = strtol(colon + 1, NULL, 10);
	if (port < 1 || port > 65535)
		script_error("%s: bad port", s);
	len = (size_t)(colon - s);
	if (*s == '[' && len >= 2 && colon[-1] == ']') {
		s++;
		len -= 2;
		ss->ss_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
	} else {
		ss->ss_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
	}
	if (len >= sizeof(host))
		script_error("%s: bad address", s);
	memcpy(host, s, len);
	host[len] = '\0';
	if (inet_pton(ss->ss_family, host, ss->ss_family == AF_INET6 ?
	    (void *)&in6->sin6_addr : (void *)&in->sin_addr) != 1)
		script_error("%s: bad address", host);
}

static bool
port_is_free(long port)
{
	struct sockaddr_in6	 in6;
	struct sockaddr_in	 in;
	bool			 ok;
	int			 fd;

	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	in.sin_port = htons((uint16_t)port);
	if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		return (false);
	ok = bind(fd, (void *)&in, sizeof(in)) == 0;
	close(fd);
	if (!ok)
		return (false);
	/* No IPv6 on this machine is no reason to refuse the port. */
	memset(&in6, 0, sizeof(in6));
	in6.sin6_family = AF_INET6;
	in6.sin6_port = htons((uint16_t)port);
	if ((fd = socket(AF_INET6, SOCK_DGRAM, 0)) == -1)
		return (true);
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 1 }, sizeof(int));
	ok = bind(fd, (void *)&in6, sizeof(in6)) == 0 || errno != EADDRINUSE;
	close(fd);
	return (ok);
}

/*
 * A UDP port out of low-high that nobody has.  The range should be outside of
 * the kernel's ephemeral one, or a client of another test gets it first.
 */
int
free_port(const char *range)
{
	char	*end;
	long	 low, high, n, i, start;

	low = strtol(range, &end, 10);
	if (*end != '-' || (high = strtol(end + 1, NULL, 10)) <= low ||
	    low < 1 || high > 65535)
		script_error("%s: want low-high", range);
	n = high - low + 1;
	start = (long)((now_ns() / 1000 * 7919 +
	    (uint64_t)getpid() * 104729) % (uint64_t)n);
	for (i = 0; i < n; i++) {
		if (port_is_free(low + (start + i) % n)) {
			printf("%ld\n", low + (start + i) % n);
			return (0);
		}
	}
	return (EX_FAILED);
}
