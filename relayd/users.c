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

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "relayd/users.h"

/* Ids above this are taken for a mistake (-1 and its like). */
#define ID_MAX	UINT32_C(0x7fffffff)

static int	user_resolve(enum proc, const char *,
		    struct sandbox_identity *);
static int	chroot_check(const char *);
static int	seed_apart(const char *, const char *);

int
users_resolve(const struct config *cf, struct sandbox_identity ids[PROC_MAX])
{
	size_t	i;
	int	status = 0;
	bool	root = geteuid() == 0;

	memset(ids, 0, sizeof(*ids) * PROC_MAX);
	for (i = 0; i < PROC_MAX; i++) {
		if (cf->cf_users[i] == NULL ||
		    config_wants(cf, (enum proc)i) == 0)
			continue;
		if (!root) {
			ids[i].sid_uid = geteuid();
			ids[i].sid_gid = getegid();
			continue;
		}
		ids[i].sid_switch = true;
		(void)strlcpy(ids[i].sid_root, cf->cf_chroot,
		    sizeof(ids[i].sid_root));
		if (user_resolve((enum proc)i, cf->cf_users[i], &ids[i]) == -1)
			status = -1;
	}
	if (root && chroot_check(cf->cf_chroot) == -1)
		status = -1;
	return (status);
}

static int
user_resolve(enum proc worker, const char *name, struct sandbox_identity *id)
{
	struct passwd	*pw;
	unsigned long	 number;
	char		*end;

	errno = 0;
	number = strtoul(name, &end, 10);
	if (end != name && *end == '\0') {
		if (errno != 0 || number == 0 || number > ID_MAX) {
			log_warnx("user %s of %s: not an unprivileged user",
			    name, proc_name(worker));
			return (-1);
		}
		id->sid_uid = (uid_t)number;
		id->sid_gid = (gid_t)number;
		return (0);
	}
	if ((pw = getpwnam(name)) == NULL) {
		log_warnx("user %s of %s is missing; create it:", name,
		    proc_name(worker));
		log_warnx("  useradd --system --user-group --no-create-home "
		    "--home-dir /nonexistent --shell /usr/sbin/nologin %s",
		    name);
		return (-1);
	}
	if (pw->pw_uid == 0 || pw->pw_gid == 0) {
		log_warnx("user %s of %s: not an unprivileged user", name,
		    proc_name(worker));
		return (-1);
	}
	id->sid_uid = pw->pw_uid;
	id->sid_gid = pw->pw_gid;
	return (0);
}

static int
chroot_check(const char *path)
{
	struct dirent	*entry;
	struct stat	 st;
	DIR		*dir;
	int		 status = 0;

	if (lstat(path, &st) == -1) {
		log_warn("chroot %s", path);
		if (errno == ENOENT)
			log_warnx("create it: install -d -o root -m 755 %s",
			    path);
		return (-1);
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != 0 ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		log_warnx("chroot %s must be a directory of root that nobody "
		    "else can write", path);
		return (-1);
	}
	if ((dir = opendir(path)) == NULL) {
		log_warn("chroot %s", path);
		return (-1);
	}
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0) {
			log_warnx("chroot %s must be empty", path);
			status = -1;
			break;
		}
	closedir(dir);
	return (status);
}

/*
 * registryd's one directory must not hold the seed: as a plain user it could
 * read it there, and as root take it away, which makes a new identity.
 */
static int
seed_apart(const char *identity, const char *database)
{
	char	 copy[1024], *dir, *base;
	size_t	 len;
	int	 status = 0;

	(void)strlcpy(copy, identity, sizeof(copy));
	dir = realpath(dirname(copy), NULL);
	base = realpath(database, NULL);
	/* Without its directory the file is complained of elsewhere. */
	if (dir != NULL && base != NULL) {
		len = strlen(base);
		if (strncmp(dir, base, len) == 0 &&
		    (dir[len] == '\0' || dir[len] == '/')) {
			log_warnx("identity %s: not in the directory of the "
			    "database, which belongs to registryd", identity);
			status = -1;
		}
	}
	free(dir);
	free(base);
	return (status);
}

int
users_database_directory(const struct config *cf,
    const struct sandbox_identity *id)
{
	char		 copy[1024];
	const char	*path;
	struct stat	 st;

	(void)strlcpy(copy, cf->cf_database, sizeof(copy));
	path = dirname(copy);
	if (mkdir(path, 0700) == 0) {
		if (id->sid_switch &&
		    chown(path, id->sid_uid, id->sid_gid) == -1) {
			log_warn("database directory %s", path);
			return (-1);
		}
	} else if (errno != EEXIST) {
		log_warn("database directory %s cannot be made", path);
		return (-1);
	}
	if (stat(path, &st) == -1) {
		log_warn("database directory %s", path);
		return (-1);
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != id->sid_uid) {
		log_warnx("database directory %s must belong to the user of "
		    "registryd (uid %u)", path, (unsigned int)id->sid_uid);
		return (-1);
	}
	return (seed_apart(cf->cf_identity, path));
}
