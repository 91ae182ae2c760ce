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

/* Starting workers (see spawn.h). */

#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "relayd/spawn.h"

#define WORKER_FD	3

extern char	**environ;

static void	spawn_child(const char *, enum proc, unsigned int, int, bool)
		    __attribute__((noreturn));
static void	close_from(int);

int
spawn_find(const char *libexec, const char *name, char *path, size_t cap)
{
	struct stat	st;
	int		n;

	n = snprintf(path, cap, "%s/%s", libexec, name);
	if (n > 0 && (size_t)n < cap && stat(path, &st) == 0 &&
	    S_ISDIR(st.st_mode))
		n = snprintf(path, cap, "%s/%s/%s", libexec, name, name);
	if (n <= 0 || (size_t)n >= cap) {
		log_warnx("%s/%s: path too long", libexec, name);
		return (-1);
	}
	if (access(path, X_OK) == -1) {
		log_warn("worker %s", path);
		return (-1);
	}
	return (0);
}

pid_t
spawn_worker(const char *path, enum proc role, unsigned int instance, int fd,
    bool keep_stderr)
{
	pid_t	pid;

	if ((pid = fork()) == 0)
		spawn_child(path, role, instance, fd, keep_stderr);
	return (pid);
}

static void
spawn_child(const char *path, enum proc role, unsigned int instance, int fd,
    bool keep_stderr)
{
	static char		 search[] = "PATH=/usr/bin:/bin";
	/*
	 * glibc's allocator asks for huge pages (others do not know the name).
	 * What mediad knows of a connection is some 40 KiB, touched fifty
	 * times a second: with small pages each touch misses the TLB, too.
	 */
	static char		 huge[] =
	    "GLIBC_TUNABLES=glibc.malloc.hugetlb=1";
	char			*env[] = { search, NULL, NULL };
	char			 number[16], program[64];
	char			 flag[] = "-I";
	char			*argv[4];
	sigset_t		 none;
	int			 null, sig;

	(void)snprintf(number, sizeof(number), "%u", instance);
	(void)strlcpy(program, proc_name(role), sizeof(program));
	if (role == PROC_MEDIAD)
		env[1] = huge;
	argv[0] = program;
	argv[1] = flag;
	argv[2] = number;
	argv[3] = NULL;

	/* What is ignored or blocked would stay so across execve. */
	for (sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);

	if (fd == WORKER_FD)
		(void)fcntl(fd, F_SETFD, 0);
	else if (dup2(fd, WORKER_FD) == -1)
		_exit(126);
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    (!keep_stderr && dup2(null, STDERR_FILENO) == -1))
		_exit(126);
	close_from(WORKER_FD + 1);
#ifdef WZP_SANITIZERS
	/* The sanitizers are told what to do by it. */
	(void)env;
	execve(path, argv, environ);
#else
	execve(path, argv, env);
#endif
	_exit(127);
}

static void
close_from(int low)
{
#ifdef HAVE_CLOSE_RANGE
	if (close_range((unsigned int)low, ~0u, 0) == 0)
		return;
#endif
	closefrom(low);
}
