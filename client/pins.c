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
 * Pinned certificates of relays.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/pins.h"

#define FILE_MAX	(256 * 1024)
#define PINS_MAX	2048

struct pin {
	char		 pi_relay[PINS_RELAY_MAX];
	char		 pi_fp[TLS_FP_STRLEN];
	unsigned int	 pi_line;
};

struct pins {
	char		 ps_path[PATH_MAX];
	int		 ps_fd;
	struct pin	*ps_list;
	size_t		 ps_n;
	unsigned int	 ps_lines;
	bool		 ps_open_line;	/* the last line has no end */
};

static int	 pins_read(struct pins *, char *, size_t);
static int	 pins_line(struct pins *, char *, char *, size_t);
static int	 pins_remember(struct pins *, const char *, const char *,
		    unsigned int);
static bool	 is_tls_fp(const char *);

struct pins *
pins_open(const char *path, char *why, size_t cap)
{
	struct pins	*ps;
	struct stat	 st;

	if ((ps = calloc(1, sizeof(*ps))) == NULL) {
		(void)snprintf(why, cap, "out of memory");
		return (NULL);
	}
	(void)strlcpy(ps->ps_path, path, sizeof(ps->ps_path));
	ps->ps_fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW |
	    O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
	if (ps->ps_fd == -1) {
		(void)snprintf(why, cap, "%s: %s", path,
		    errno == ELOOP ? "is a symbolic link" : strerror(errno));
		free(ps);
		return (NULL);
	}
	if (fstat(ps->ps_fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)snprintf(why, cap, "%s: is not a file", path);
		pins_free(ps);
		return (NULL);
	}
	if ((st.st_mode & S_IWOTH) != 0) {
		(void)snprintf(why, cap, "%s: anybody may write to it", path);
		pins_free(ps);
		return (NULL);
	}
	if (pins_read(ps, why, cap) == -1) {
		pins_free(ps);
		return (NULL);
	}
	return (ps);
}

void
pins_free(struct pins *ps)
{
	if (ps == NULL)
		return;
	(void)close(ps->ps_fd);
	free(ps->ps_list);
	free(ps);
}

enum pin_verdict
pins_check(const struct pins *ps, const char *relay, const char *tls_fp,
    const char **pinned, unsigned int *line)
{
	size_t	i;
	bool	same = false;

	for (i = 0; i < ps->ps_n; i++) {
		if (strcasecmp(ps->ps_list[i].pi_relay, relay) != 0)
			continue;
		/* Two that contradict each other trust neither. */
		if (strcmp(ps->ps_list[i].pi_fp, tls_fp) != 0) {
			*pinned = ps->ps_list[i].pi_fp;
			*line = ps->ps_list[i].pi_line;
			return (PIN_CHANGED);
		}
		same = true;
	}
	return (same ? PIN_SAME : PIN_NEW);
}

int
pins_add(struct pins *ps, const char *relay, const char *tls_fp)
{
	char	line[PINS_RELAY_MAX + TLS_FP_STRLEN + 4];
	int	n;

	n = snprintf(line, sizeof(line), "%s%s %s\n",
	    ps->ps_open_line ? "\n" : "", relay, tls_fp);
	if (n < 0 || (size_t)n >= sizeof(line)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	/*
	 * Remembered even if it cannot be written down: a relay with another
	 * certificate is not the one that we spoke to before.
	 */
	if (pins_remember(ps, relay, tls_fp, ps->ps_lines + 1) == -1)
		return (-1);
	/* In one piece: another client may add to the file at this moment. */
	errno = 0;
	if (write(ps->ps_fd, line, (size_t)n) != n) {
		if (errno == 0)
			errno = EIO;
		return (-1);
	}
	ps->ps_open_line = false;
	ps->ps_lines++;
	return (0);
}

const char *
pins_path(const struct pins *ps)
{
	return (ps->ps_path);
}

static int
pins_read(struct pins *ps, char *why, size_t cap)
{
	char	*buf, *line, *end;
	size_t	 len = 0;
	ssize_t	 n;
	int	 r = -1;

	if ((buf = malloc(FILE_MAX + 1)) == NULL) {
		(void)snprintf(why, cap, "out of memory");
		return (-1);
	}
	while ((n = read(ps->ps_fd, buf + len, FILE_MAX - len)) > 0)
		len += (size_t)n;
	if (n == -1) {
		(void)snprintf(why, cap, "%s: %s", ps->ps_path,
		    strerror(errno));
		goto done;
	}
	if (len == FILE_MAX || memchr(buf, '\0', len) != NULL) {
		(void)snprintf(why, cap, "%s: is corrupt", ps->ps_path);
		goto done;
	}
	buf[len] = '\0';
	ps->ps_open_line = len > 0 && buf[len - 1] != '\n';
	for (line = buf; *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		if (*end == '\n')
			*end++ = '\0';
		ps->ps_lines++;
		if (pins_line(ps, line, why, cap) == -1)
			goto done;
	}
	r = 0;
done:
	free(buf);
	return (r);
}

static int
pins_line(struct pins *ps, char *line, char *why, size_t cap)
{
	char	*relay, *fp, *more;

	relay = strtok_r(line, " \t\r", &more);
	if (relay == NULL || relay[0] == '#')
		return (0);
	fp = strtok_r(NULL, " \t\r", &more);
	if (fp == NULL || strtok_r(NULL, " \t\r", &more) != NULL ||
	    strlen(relay) >= PINS_RELAY_MAX || !is_tls_fp(fp)) {
		(void)snprintf(why, cap, "%s:%u: is corrupt (not `host:port "
		    "fingerprint'); mend or remove the line", ps->ps_path,
		    ps->ps_lines);
		return (-1);
	}
	if (pins_remember(ps, relay, fp, ps->ps_lines) == -1) {
		(void)snprintf(why, cap, "%s:%u: too many relays",
		    ps->ps_path, ps->ps_lines);
		return (-1);
	}
	return (0);
}

static int
pins_remember(struct pins *ps, const char *relay, const char *fp,
    unsigned int line)
{
	struct pin	*list;

	if (ps->ps_n == PINS_MAX) {
		errno = ENOSPC;
		return (-1);
	}
	list = reallocarray(ps->ps_list, ps->ps_n + 1, sizeof(*list));
	if (list == NULL)
		return (-1);
	ps->ps_list = list;
	list += ps->ps_n++;
	(void)strlcpy(list->pi_relay, relay, sizeof(list->pi_relay));
	(void)strlcpy(list->pi_fp, fp, sizeof(list->pi_fp));
	list->pi_line = line;
	return (0);
}

/* "aa:bb:...", 32 pairs of lower-case hex digits. */
static bool
is_tls_fp(const char *s)
{
	size_t	i;

	if (strlen(s) != TLS_FP_STRLEN - 1)
		return (false);
	for (i = 0; i < TLS_FP_STRLEN - 1; i++)
		if (i % 3 == 2 ? s[i] != ':' :
		    strchr("0123456789abcdef", s[i]) == NULL)
			return (false);
	return (true);
}
