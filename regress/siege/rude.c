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
 * Rude control clients: many at once, that send what stands on standard input
 * and then read, or do not.
 *
 *	rude [-e] [-h file] [-n count] [-u uid] socket
 *
 * Without -h each connection is read to its end, and the answers go to
 * standard output.  With -h none is read: FILE.up is made when all have sent,
 * and all stay until FILE is there.  -e: the sending half is closed after
 * what was sent.  -u: as that user.  The last line on standard error counts
 * connections made, connections that were closed before we did, and bytes
 * that were sent.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/siege/hold.h"

#define COUNT_MAX	2000
#define WORDS_MAX	(1024 * 1024)
#define READ_MS		20000	/* for one answer */

static char	 words[WORDS_MAX];
static size_t	 words_len;

static void
usage(void)
{
	fprintf(stderr, "usage: rude [-e] [-h file] [-n count] [-u uid] "
	    "socket\n");
	exit(2);
}

static void
become(uid_t uid)
{
	if (setgroups(0, NULL) == -1 || setgid((gid_t)uid) == -1 ||
	    setuid(uid) == -1)
		err(2, "uid %u", (unsigned int)uid);
}

static int
dial(const char *path)
{
	struct sockaddr_un	 sun;
	int			 fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(sun.sun_path))
		errx(2, "%s: too long", path);
	memcpy(sun.sun_path, path, strlen(path));
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1)
		err(2, "socket");
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", path);
	return (fd);
}

/* As much as the other side has room for; it may have closed. */
static size_t
say(int fd)
{
	ssize_t	n;
	size_t	done = 0;

	while (done < words_len) {
		n = send(fd, words + done, words_len - done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1)
			break;
		done += (size_t)n;
	}
	return (done);
}

/* Whether the end came, and in time. */
static bool
hear(int fd)
{
	char		buf[8192];
	struct pollfd	pfd = { .fd = fd, .events = POLLIN };
	ssize_t		n;

	while (poll(&pfd, 1, READ_MS) == 1) {
		if ((n = read(fd, buf, sizeof(buf))) <= 0)
			return (true);
		(void)fwrite(buf, 1, (size_t)n, stdout);
	}
	return (false);
}

/* Whether the other side has closed it; what it said is not read. */
static bool
closed(int fd)
{
	struct pollfd	pfd = { .fd = fd, .events = POLLRDHUP };

	return (poll(&pfd, 1, 0) == 1);
}

int
main(int argc, char **argv)
{
	const char	*wait = NULL;
	size_t		 sent = 0;
	ssize_t		 n;
	long		 i, count = 1, over = 0;
	int		 ch, *fds;
	bool		 half = false;

	while ((ch = getopt(argc, argv, "eh:n:u:")) != -1) {
		switch (ch) {
		case 'e':
			half = true;
			break;
		case 'h':
			wait = optarg;
			break;
		case 'n':
			count = strtol(optarg, NULL, 10);
			break;
		case 'u':
			become((uid_t)strtol(optarg, NULL, 10));
			break;
		default:
			usage();
		}
	}
	if (argc != optind + 1 || count < 1 || count > COUNT_MAX)
		usage();
	while (words_len < sizeof(words) && (n = read(STDIN_FILENO,
	    words + words_len, sizeof(words) - words_len)) > 0)
		words_len += (size_t)n;
	if ((fds = calloc((size_t)count, sizeof(*fds))) == NULL)
		err(2, "memory");
	for (i = 0; i < count; i++) {
		fds[i] = dial(argv[optind]);
		sent += say(fds[i]);
		if (half)
			(void)shutdown(fds[i], SHUT_WR);
	}
	if (wait != NULL)
		hold(wait);
	for (i = 0; i < count; i++)
		over += wait != NULL ? closed(fds[i]) : hear(fds[i]);
	fprintf(stderr, "%ld made, %ld closed, %zu bytes\n", count, over, sent);
	return (0);
}
