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

#include "config.h"

#include <sys/stat.h>
#include <sys/random.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "common/base/log.h"
#include "common/wire/identity.h"
#include "relayd/identity.h"

/* 64 digits and generous white space; anything longer is damaged. */
#define FILE_BYTES_MAX	256

static int	identity_create(const char *, uint8_t *);
static int	identity_check(int, const char *);
static int	sync_directory(const char *);

int
identity_load(const char *path, uint8_t seed[32])
{
	char	text[FILE_BYTES_MAX];
	ssize_t	n;
	int	fd, status = -1;

	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC)) == -1) {
		if (errno == ENOENT)
			return (identity_create(path, seed));
		log_warn("identity %s", path);
		return (-1);
	}
	if (identity_check(fd, path) == 0) {
		n = read(fd, text, sizeof(text));
		if (n == -1)
			log_warn("identity %s", path);
		else if ((size_t)n == sizeof(text) ||
		    identity_seed_parse(text, (size_t)n, seed) == -1)
			log_warnx("identity %s is damaged: it must be 64 "
			    "hexadecimal digits; restore it from a backup, or "
			    "move it away to get a new identity", path);
		else
			status = 0;
		explicit_bzero(text, sizeof(text));
	}
	close(fd);
	return (status);
}

static int
identity_check(int fd, const char *path)
{
	struct stat	st;

	if (fstat(fd, &st) == -1) {
		log_warn("identity %s", path);
		return (-1);
	}
	if (!S_ISREG(st.st_mode)) {
		log_warnx("identity %s is not a file", path);
		return (-1);
	}
	if (st.st_uid != geteuid()) {
		log_warnx("identity %s belongs to another user (uid %u)",
		    path, (unsigned int)st.st_uid);
		return (-1);
	}
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		log_warnx("identity %s is open to other users: say `chmod "
		    "600 %s'; if others may have read it, move it away to get "
		    "a new identity", path, path);
		return (-1);
	}
	return (0);
}

/* Written beside its place, synced, then linked: never half there. */
static int
identity_create(const char *path, uint8_t *seed)
{
	char	tmp[1100], text[2 * 32 + 1];
	size_t	i;
	int	fd, n;

	n = snprintf(tmp, sizeof(tmp), "%s.XXXXXXXXXX", path);
	if (n < 0 || (size_t)n >= sizeof(tmp)) {
		log_warnx("identity %s: path too long", path);
		return (-1);
	}
	if (getrandom(seed, 32, 0) != 32) {
		log_warn("getrandom");
		return (-1);
	}
	for (i = 0; i < 32; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", seed[i]);
	text[64] = '\n';
	/* mkostemp makes it 0600 */
	if ((fd = mkostemp(tmp, O_CLOEXEC)) == -1) {
		log_warn("identity %s cannot be made", path);
		goto fail;
	}
	if (write(fd, text, sizeof(text)) != (ssize_t)sizeof(text) ||
	    fsync(fd) == -1 || link(tmp, path) == -1) {
		log_warn("identity %s cannot be made", path);
		(void)unlink(tmp);
		close(fd);
		goto fail;
	}
	(void)unlink(tmp);
	close(fd);
	explicit_bzero(text, sizeof(text));
	if (sync_directory(path) == -1)
		log_warn("identity %s", path);
	log_info("made a new identity: %s", path);
	return (0);
fail:
	explicit_bzero(text, sizeof(text));
	explicit_bzero(seed, 32);
	return (-1);
}

static int
sync_directory(const char *path)
{
	char	copy[1024];
	int	fd, status;

	if (strlcpy(copy, path, sizeof(copy)) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if ((fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
	    -1)
		return (-1);
	status = fsync(fd);
	close(fd);
	return (status);
}

int
identity_hash(const uint8_t seed[32], uint8_t hash[32])
{
	struct identity	id;
	uint8_t		certificate[IDENTITY_CERT_MAX];
	int		len = -1;

	/* The host's configuration of the library is for others. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 &&
	    identity_from_seed(&id, seed) == 0) {
		len = identity_certificate(id.id_tls_secret, certificate);
		identity_wipe(&id);
	}
	if (len <= 0 || SHA256(certificate, (size_t)len, hash) == NULL) {
		log_warnx("the certificate of this relay cannot be made");
		return (-1);
	}
	return (0);
}
