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

/* Log lines: formatted here, delivered by the sink of the process. */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/base/log.h"

/* A line is cut here; also the capacity of a log message between processes. */
#define LOG_LINE_MAX	1024

static void	log_line(enum log_level, int, const char *, va_list)
		    __attribute__((format(printf, 3, 0)));

static const char	*log_procname = "wzp";
static log_sink		*log_deliver = log_to_stderr;
static int		 log_verbosity;

void
log_init(const char *procname, log_sink *sink)
{
	log_procname = procname;
	log_deliver = sink != NULL ? sink : log_to_stderr;
	if (log_deliver == log_to_syslog)
		openlog(log_procname, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_set_verbose(int verbose)
{
	log_verbosity = verbose;
}

int
log_verbose(void)
{
	return (log_verbosity);
}

void
log_to_stderr(enum log_level level, const char *line)
{
	(void)level;
	/* One write(2) a line: several processes may share this stream. */
	fprintf(stderr, "%s: %s\n", log_procname, line);
}

void
log_to_syslog(enum log_level level, const char *line)
{
	static const int	priority[] = {
		LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG
	};

	syslog(priority[level], "%s", line);
}

static void
log_line(enum log_level level, int saved_errno, const char *fmt, va_list ap)
{
	char	line[LOG_LINE_MAX];
	size_t	len;
	int	keep_errno = errno, n;

	n = vsnprintf(line, sizeof(line), fmt, ap);
	if (n < 0)
		return;
	len = strlen(line);
	if (saved_errno != 0)
		snprintf(line + len, sizeof(line) - len, ": %s",
		    strerror(saved_errno));
	log_deliver(level, line);
	errno = keep_errno;
}

void
log_warn(const char *fmt, ...)
{
	va_list	ap;
	int	saved_errno = errno;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_WARN, saved_errno, fmt, ap);
	va_end(ap);
}

void
log_warnx(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_WARN, 0, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_INFO, 0, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list	ap;

	if (log_verbosity == 0)
		return;
	va_start(ap, fmt);
	log_line(LOG_LEVEL_DEBUG, 0, fmt, ap);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	va_list	ap;
	int	saved_errno = errno;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_ERROR, saved_errno, fmt, ap);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	log_line(LOG_LEVEL_ERROR, 0, fmt, ap);
	va_end(ap);
	exit(1);
}

char *
log_escape(char *dst, size_t cap, const void *src, size_t len)
{
	static const char	 hex[] = "0123456789abcdef";
	const unsigned char	*p = src;
	size_t			 i, n = 0;

	if (cap == 0)
		return (dst);
	for (i = 0; i < len; i++) {
		if (p[i] >= 0x20 && p[i] <= 0x7e && p[i] != '\\') {
			if (n + 1 >= cap)
				break;
			dst[n++] = (char)p[i];
			continue;
		}
		if (n + 4 >= cap)
			break;
		dst[n++] = '\\';
		dst[n++] = 'x';
		dst[n++] = hex[p[i] >> 4];
		dst[n++] = hex[p[i] & 0xf];
	}
	dst[n] = '\0';
	return (dst);
}
