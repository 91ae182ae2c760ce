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
 * Log lines.  A process chooses one sink: stderr, syslog, or (workers) the
 * channel to relayd.  Text from outside goes through log_escape() first.
 */
#ifndef WZP_BASE_LOG_H
#define WZP_BASE_LOG_H

#include <stdarg.h>
#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

typedef void log_sink(enum log_level, const char *line);

void	 log_init(const char *procname, log_sink *);	/* NULL: stderr */
void	 log_set_verbose(int);		/* 0: info, 1+: debug */
int	 log_verbose(void);
log_sink log_to_stderr;
log_sink log_to_syslog;

void	 log_warn(const char *, ...)	/* appends strerror(errno) */
	    __attribute__((format(printf, 1, 2)));
void	 log_warnx(const char *, ...)
	    __attribute__((format(printf, 1, 2)));
void	 log_info(const char *, ...)
	    __attribute__((format(printf, 1, 2)));
void	 log_debug(const char *, ...)
	    __attribute__((format(printf, 1, 2)));
/* Only role mains may end the process; nothing a peer sent gets here. */
void	 fatal(const char *, ...)
	    __attribute__((format(printf, 1, 2), noreturn));
void	 fatalx(const char *, ...)
	    __attribute__((format(printf, 1, 2), noreturn));

/*
 * Makes hostile bytes printable (\xNN for everything outside 0x20-0x7e and
 * backslash); truncates to cap - 1. Returns dst.
 */
char	*log_escape(char *dst, size_t cap, const void *src, size_t len);

#endif /* WZP_BASE_LOG_H */
