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
 * Entering a role's sandbox (see sandbox.h).  The order matters: each step
 * takes away what the next one no longer needs, and seccomp comes last.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/capability.h>
#endif

#include "common/base/log.h"
#include "common/sandbox/lock.h"
#include "common/sandbox/sandbox.h"
#include "common/sandbox/selftest.h"

static uint16_t	ports[SANDBOX_PORTS_MAX];
static size_t	nports;

static int	enter_root(unsigned int, const struct sandbox_identity *,
		    const char *);
static int	enter_user(const struct sandbox_identity *);
static void	say(char *, size_t, const char *, ...)
		    __attribute__((format(printf, 3, 4)));

int
sandbox_port(uint16_t port)
{
	if (nports == SANDBOX_PORTS_MAX) {
		errno = ENOSPC;
		return (-1);
	}
	ports[nports++] = port;
	return (0);
}

static void
say(char *text, size_t cap, const char *fmt, ...)
{
	va_list	ap;
	size_t	len = strlen(text);

	if (len > 0 && len + 1 < cap) {
		text[len++] = ' ';
		text[len] = '\0';
	}
	va_start(ap, fmt);
	(void)vsnprintf(text + len, cap - len, fmt, ap);
	va_end(ap);
}

/*
 * A root that holds nothing: for the registry's owner the directory of its
 * database, which also becomes the working directory of an owner who may not
 * change the root.
 */
static int
enter_root(unsigned int role, const struct sandbox_identity *id,
    const char *keep_dir)
{
	const char	*root = id->sid_root;
	struct stat	 st;

	if (role == PROC_REGISTRYD && keep_dir != NULL)
		root = keep_dir;
	if (!id->sid_switch) {
		if (keep_dir != NULL && chdir(keep_dir) == -1) {
			log_warn("chdir %s", keep_dir);
			return (-1);
		}
		return (0);
	}
	if (chdir(root) == -1 || stat(".", &st) == -1 ||
	    chroot(".") == -1 || chdir("/") == -1) {
		log_warn("chroot %s", root);
		return (-1);
	}
	/* Checked once more here: workers are started again for months. */
	if (root == id->sid_root && (st.st_uid != 0 ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)) {
		log_warnx("chroot %s: others than root can write it", root);
		return (-1);
	}
	return (0);
}

static int
enter_user(const struct sandbox_identity *id)
{
#ifdef __linux__
	struct __user_cap_header_struct	hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct	none[2];
	unsigned long			cap;

	/* The bounding set: no file can give anything back. */
	for (cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1 &&
		    errno != EINVAL && errno != EPERM) {
			log_warn("capability %lu", cap);
			return (-1);
		}
#endif
	if (setgroups(1, &id->sid_gid) == -1 ||
	    setresgid(id->sid_gid, id->sid_gid, id->sid_gid) == -1 ||
	    setresuid(id->sid_uid, id->sid_uid, id->sid_uid) == -1) {
		log_warn("cannot become uid %u", (unsigned int)id->sid_uid);
		return (-1);
	}
#ifdef __linux__
	memset(none, 0, sizeof(none));
	if (syscall(SYS_capset, &hdr, none) == -1) {
		log_warn("capset");
		return (-1);
	}
#endif
	if (id->sid_uid == 0 || setuid(0) != -1 || getuid() != id->sid_uid ||
	    geteuid() != id->sid_uid || getgid() != id->sid_gid) {
		log_warnx("still has the identity of root");
		return (-1);
	}
	return (0);
}

#ifdef WZP_SANITIZERS

/*
 * The one place where a sanitizer build is wider: its run-time library reads
 * /proc and traces itself at exit.
 */
int
sandbox_enter(unsigned int role, const struct sandbox_identity *id,
    const char *keep_dir, char *in_force, size_t cap)
{
	(void)role;
	(void)enter_root;
	(void)ports;
	selftest_prepare();
	if (keep_dir != NULL && chdir(keep_dir) == -1) {
		log_warn("chdir %s", keep_dir);
		return (-1);
	}
	if (id->sid_switch && enter_user(id) == -1)
		return (-1);
#ifdef __linux__
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
	in_force[0] = '\0';
	say(in_force, cap, "uid=%u sanitizer: sandbox off",
	    (unsigned int)getuid());
	return (0);
}

#else /* !WZP_SANITIZERS */

/*
 * Descriptors.  MEDIADS: as many as the configuration can ask for, now or by
 * a reload; LISTENERS: listen addresses.  OWN: standard ones, relayd, the
 * event loop's, a channel that replaces another, and some to spare.
 */
#define FILES_MEDIADS	32
#define FILES_LISTENERS	16
#define FILES_OWN	16

static const unsigned int	files[PROC_MAX] = {
	[PROC_KEYD] = FILES_OWN + 3 + FILES_MEDIADS,
	/* The database, its log, their directory. */
	[PROC_REGISTRYD] = FILES_OWN + 3 + FILES_MEDIADS + 8,
	/* Two channels of the pair with doord. */
	[PROC_SIGNALD] = FILES_OWN + 8 + FILES_MEDIADS + FILES_LISTENERS,
	/* And sockets of its own to peers and probes, old and new. */
	[PROC_FEDERD] = FILES_OWN + 8 + 2 * FILES_MEDIADS + FILES_LISTENERS +
	    4 * PEERS_MAX,
	[PROC_MEDIAD] = FILES_OWN + 9 + FILES_LISTENERS,
	[PROC_DOORD] = FILES_OWN + 5 + 2 * FILES_MEDIADS + FILES_LISTENERS,
	/* Up to 64 clients; its listening sockets. */
	[PROC_CONTROLD] = FILES_OWN + 8 + FILES_MEDIADS + 64 + 4,
	/* Connections to the auth server, and questions to resolvers. */
	[PROC_LOOKUPD] = FILES_OWN + 4 + FILES_MEDIADS + 64 + 2 * PEERS_MAX
};

static int	limit(unsigned int, rlim_t);
static int	enter_limits(unsigned int);
static const char
		*lock_memory(const struct sandbox_identity *);

/* Lowers both limits; one that is lower already stays. */
static int
limit(unsigned int resource, rlim_t max)
{
	struct rlimit	rl;

	if (getrlimit(resource, &rl) == -1)
		return (-1);
	if (rl.rlim_max != RLIM_INFINITY && rl.rlim_max < max)
		max = rl.rlim_max;
	rl.rlim_cur = rl.rlim_max = max;
	return (setrlimit(resource, &rl));
}

/*
 * Nothing of keyd goes to swap.  New pages are locked as well only if no
 * limit can then make an allocation fail; the keys themselves are on a heap
 * that is locked in any case (keyd/store.c).
 */
static const char *
lock_memory(const struct sandbox_identity *id)
{
	struct rlimit	rl = { RLIM_INFINITY, RLIM_INFINITY };

	if (id->sid_switch)
		(void)setrlimit(RLIMIT_MEMLOCK, &rl);
	if (getrlimit(RLIMIT_MEMLOCK, &rl) == 0 &&
	    rl.rlim_cur == RLIM_INFINITY &&
	    mlockall(MCL_CURRENT | MCL_FUTURE) == 0)
		return ("all");
	if (mlockall(MCL_CURRENT) == 0)
		return ("present");
	return ("keys");
}

static int
enter_limits(unsigned int role)
{
	int	error = 0;

	if (role < PROC_MAX)
		error |= limit(RLIMIT_NOFILE, files[role]);
	error |= limit(RLIMIT_CORE, 0);
	/* The limit is of all processes of a user: none, or as it is. */
	if (role != SANDBOX_PORTMAP)
		error |= limit(RLIMIT_NPROC, 0);
	/* The registry grows, a client may record; others write no file. */
	if (role != PROC_REGISTRYD && role != SANDBOX_CLIENT)
		error |= limit(RLIMIT_FSIZE, 0);
	if (error)
		log_warn("resource limits");
	return (error ? -1 : 0);
}

int
sandbox_enter(unsigned int role, const struct sandbox_identity *id,
    const char *keep_dir, char *in_force, size_t cap)
{
	const char	*where;
	int		 level;
#ifdef HAVE_PLEDGE
	const char	*promises;
#endif

	in_force[0] = '\0';
	selftest_prepare();

	if (role == PROC_KEYD)
		say(in_force, cap, "mlock=%s", lock_memory(id));
	if (enter_root(role, id, keep_dir) == -1)
		return (-1);
	if (id->sid_switch) {
		say(in_force, cap, "chroot");
		if (enter_user(id) == -1)
			return (-1);
	}
	say(in_force, cap, "uid=%u", (unsigned int)getuid());

	if (enter_limits(role) == -1)
		return (-1);
	say(in_force, cap, "rlimit");

#ifdef __linux__
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
		log_warn("prctl");
		return (-1);
	}
	say(in_force, cap, "nodump nnp");

	where = keep_dir != NULL ? "." : NULL;
	if ((level = landlock_enter(where, ports, role == SANDBOX_PORTMAP ?
	    LANDLOCK_ANY_PORT : nports)) == -1) {
		log_warn("landlock");
		return (-1);
	}
	if (level == 0)
		log_warnx("this kernel has no Landlock");
	say(in_force, cap, level > 0 ? "landlock=%d" : "landlock=no", level);

	if (seccomp_enter(role) == -1) {
		log_warn("seccomp");
		return (-1);
	}
	say(in_force, cap, "seccomp");
#elif defined(HAVE_PLEDGE)
	/* Not tried: nobody has built this on OpenBSD yet. */
	(void)level;
	where = keep_dir != NULL ? "." : NULL;
	if (where != NULL && (unveil(where, "rwc") == -1 ||
	    unveil(NULL, NULL) == -1)) {
		log_warn("unveil");
		return (-1);
	}
	switch (role) {
	case PROC_REGISTRYD:
		promises = "stdio rpath wpath cpath flock recvfd";
		break;
	case PROC_CONTROLD:
		promises = "stdio unix recvfd";
		break;
	case PROC_KEYD:
		promises = "stdio recvfd";
		break;
	case SANDBOX_CLIENT:
		promises = "stdio inet audio";
		break;
	case SANDBOX_PORTMAP:
		promises = "stdio inet mcast proc";
		break;
	default:
		promises = "stdio inet recvfd";
		break;
	}
	if (pledge(promises, NULL) == -1) {
		log_warn("pledge");
		return (-1);
	}
	say(in_force, cap, "pledge");
#else
	(void)level;
	(void)where;
	say(in_force, cap, "no kernel filter on this system");
#endif
	return (0);
}

#endif /* WZP_SANITIZERS */
