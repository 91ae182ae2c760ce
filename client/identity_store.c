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
 * Identity file.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/identity_store.h"

#define SEED_LEN	32
#define FILE_MAX	256	/* 64 digits and some white space */

static int	 store_read(const char *, uint8_t *, char *, size_t);
static int	 store_create(const char *, uint8_t *, char *, size_t);
static int	 make_directories(char *, char *, size_t);

int
identity_store_load(const char *path, struct identity *id, bool *created,
    char *why, size_t cap)
{
	uint8_t	seed[SEED_LEN];
	int	r;

	*created = false;
	r = store_read(path, seed, why, cap);
	if (r == 0) {
		if (store_create(path, seed, why, cap) == -1)
			return (-1);
		*created = true;
	} else if (r == -1)
		return (-1);
	r = identity_from_seed(id, seed);
	explicit_bzero(seed, sizeof(seed));
	if (r == -1)
		(void)snprintf(why, cap, "%s: no keys could be made of it",
		    path);
	return (r);
}

int
identity_store_default(char *path, size_t pathcap, char *why, size_t cap)
{
	const char	*dir, *home;
	int		 n;

	dir = getenv("XDG_DATA_HOME");
	home = getenv("HOME");
	/* A relative one is to be ignored, says the XDG specification. */
	if (dir != NULL && dir[0] == '/')
		n = snprintf(path, pathcap, "%s/wzp/identity", dir);
	else if (home != NULL && home[0] == '/')
		n = snprintf(path, pathcap, "%s/.local/share/wzp/identity",
		    home);
	else {
		(void)snprintf(why, cap, "neither XDG_DATA_HOME nor HOME is "
		    "set: name the identity file with -i");
		return (-1);
	}
	if (n < 0 || (size_t)n >= pathcap) {
		(void)snprintf(why, cap, "the name of the identity file is "
		    "too long");
		return (-1);
	}
	return (make_directories(path, why, cap));
}

/* 1: read; 0: there is none; -1: it must not be used. */
static int
store_read(const char *path, uint8_t *seed, char *why, size_t cap)
{
	struct stat	st;
	char		buf[FILE_MAX];
	ssize_t		n;
	size_t		len = 0;
	int		fd, r = -1;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1) {
		if (errno == ENOENT)
			return (0);
		(void)snprintf(why, cap, "%s: %s", path,
		    errno == ELOOP ? "is a symbolic link" : strerror(errno));
		return (-1);
	}
	if (fstat(fd, &st) == -1) {
		(void)snprintf(why, cap, "%s: %s", path, strerror(errno));
		goto done;
	}
	if (!S_ISREG(st.st_mode)) {
		(void)snprintf(why, cap, "%s: is not a file", path);
		goto done;
	}
	if (st.st_uid != geteuid()) {
		(void)snprintf(why, cap, "%s: belongs to somebody else", path);
		goto done;
	}
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		(void)snprintf(why, cap, "%s: others may read it (mode %04o); "
		    "use chmod 600, or a new identity if they did", path,
		    (unsigned int)(st.st_mode & 07777));
		goto done;
	}
	for (;;) {
		n = read(fd, buf + len, sizeof(buf) - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		if (len == sizeof(buf))
			break;
	}
	if (n == -1) {
		(void)snprintf(why, cap, "%s: %s", path, strerror(errno));
		goto done;
	}
	if (len == sizeof(buf) || identity_seed_parse(buf, len, seed) == -1) {
		(void)snprintf(why, cap, "%s: is corrupt (not 64 hex digits); "
		    "it is left as it is", path);
		goto done;
	}
	r = 1;
done:
	explicit_bzero(buf, sizeof(buf));
	(void)close(fd);
	return (r);
}

static int
store_create(const char *path, uint8_t *seed, char *why, size_t cap)
{
	char	text[2 * SEED_LEN + 1];
	size_t	i, done = 0;
	ssize_t	n;
	int	fd;

	arc4random_buf(seed, SEED_LEN);
	for (i = 0; i < SEED_LEN; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", seed[i]);
	text[2 * SEED_LEN] = '\n';

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	if (fd == -1) {
		(void)snprintf(why, cap, "%s: %s", path, strerror(errno));
		explicit_bzero(text, sizeof(text));
		return (-1);
	}
	while (done < sizeof(text)) {
		n = write(fd, text + done, sizeof(text) - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	explicit_bzero(text, sizeof(text));
	/* Half a seed would be corrupt for ever. */
	if (done < sizeof(text) || fsync(fd) == -1) {
		(void)snprintf(why, cap, "%s: %s", path, strerror(errno));
		(void)unlink(path);
		(void)close(fd);
		return (-1);
	}
	(void)close(fd);
	return (0);
}

/* All directories above the last component. */
static int
make_directories(char *path, char *why, size_t cap)
{
	char	*p;

	for (p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(path, S_IRWXU) == -1 && errno != EEXIST) {
			(void)snprintf(why, cap, "%s: %s", path,
			    strerror(errno));
			*p = '/';
			return (-1);
		}
		*p = '/';
	}
	return (0);
}
