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
 * What a role may do in its sandbox, and that everything else kills: each
 * attempt is made by a child of its own that has entered the sandbox.
 *
 * COVERS: sandbox - files, programs, sockets, socket options, signals, ptrace,
 * COVERS: sandbox - executable memory: denied to every worker, by SIGSYS
 * COVERS: sandbox - what a role needs goes on working (negative control)
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/log.h"
#include "common/sandbox/sandbox.h"

static char	dir[] = "/tmp/wzp-sandbox.XXXXXX";
static char	outside[64];	/* a file that everybody could read */

static const unsigned int	workers[] = {
	PROC_KEYD, PROC_REGISTRYD, PROC_SIGNALD, PROC_MEDIAD, PROC_DOORD,
	PROC_CONTROLD
};

static int	udp;		/* made before the sandbox */

static void
quiet(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

/* Attempts.  0: it worked, 1: it was refused with an error. */

static int
no_descriptor(int fd)
{
	return (fd == -1 || close(fd) == -1);
}

static int
no_memory(void *p, size_t len)
{
	return (p == MAP_FAILED || munmap(p, len) == -1);
}

static int
try_nothing(void)
{
	return (0);
}

static int
try_open(void)
{
	return (no_descriptor(open(outside, O_RDONLY | O_CLOEXEC)));
}

static int
try_exec(void)
{
	char	*argv[] = { outside, NULL };

	execve("/bin/true", argv, NULL);
	return (1);
}

static int
try_fork(void)
{
	return (fork() == -1);
}

static int
try_socket(void)
{
	return (no_descriptor(socket(AF_INET, SOCK_STREAM, 0)));
}

static int
try_unix_socket(void)
{
	return (no_descriptor(socket(AF_UNIX, SOCK_STREAM, 0)));
}

static int
try_udp_socket(void)
{
	return (no_descriptor(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
}

static int
try_setsockopt(void)
{
	int	one = 1;

	return (setsockopt(udp, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)) == -1);
}

static int
try_bind(void)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };

	return (bind(udp, (struct sockaddr *)&sin, sizeof(sin)) == -1);
}

static int
try_connect(void)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET };

	return (connect(udp, (struct sockaddr *)&sin, sizeof(sin)) == -1);
}

static int
try_shutdown(void)
{
	return (shutdown(udp, SHUT_RDWR) == -1);
}

static int
try_listen(void)
{
	return (listen(udp, 1) == -1);
}

static int
try_kill(void)
{
	return (kill(getpid(), 0) == -1);
}

static int
try_tgkill(void)
{
	return (syscall(SYS_tgkill, 1, 1, 0) == -1);
}

static int
try_ptrace(void)
{
	return (ptrace(PTRACE_ATTACH, 1, NULL, NULL) == -1);
}

static int
try_vm_readv(void)
{
	char		byte;
	struct iovec	iov = { &byte, 1 };

	return (process_vm_readv(1, &iov, 1, &iov, 1, 0) == -1);
}

static int
try_exec_memory(void)
{
	return (no_memory(mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096));
}

static int
try_make_exec(void)
{
	static char	page[8192];
	uintptr_t	at = ((uintptr_t)page + 4095) & ~(uintptr_t)4095;

	return (mprotect((void *)at, 4096, PROT_READ | PROT_EXEC) == -1);
}

static int
try_raise_limit(void)
{
	struct rlimit	rl = { 1024, 1024 };

	return (setrlimit(RLIMIT_NOFILE, &rl) == -1);
}

static int
try_setuid(void)
{
	return (setuid(0) == -1);
}

static int
try_chroot(void)
{
	return (chroot("/") == -1);
}

static int
try_dumpable(void)
{
	return (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1);
}

static int
try_ioctl(void)
{
	/* What puts characters into somebody's terminal. */
	return (syscall(SYS_ioctl, 0, 0x5412, "x") == -1);
}

/* What every worker does all the time. */
static int
try_work(void)
{
	struct sockaddr_in	sin = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr = { htonl(INADDR_LOOPBACK) }
	};
	struct msghdr		m;
	char			text[] = "x";
	struct iovec		iov = { text, 1 };
	void			*p;
	int			 fds[2];

	if ((p = malloc(1 << 20)) == NULL)
		return (1);
	memset(p, 1, 1 << 20);
	free(p);
	if (pipe2(fds, O_CLOEXEC) == -1 || write(fds[1], "x", 1) != 1 ||
	    read(fds[0], &fds[0], 1) != 1)
		return (1);
	memset(&m, 0, sizeof(m));
	m.msg_name = &sin;
	m.msg_namelen = sizeof(sin);
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	if (sendmsg(udp, &m, MSG_DONTWAIT) != 1)
		return (1);
	return (raise(0));
}

/* The registry's own directory, and what lies beside it. */
static int
try_own_file(void)
{
	struct flock	lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat	st;
	bool		bad;
	int		fd;

	if ((fd = open("calls.db", O_RDWR | O_CREAT | O_CLOEXEC, 0600)) == -1)
		return (1);
	bad = pwrite(fd, "row", 3, 4096) != 3 ||
	    fcntl(fd, F_SETLK, &lock) == -1 || ftruncate(fd, 8192) == -1 ||
	    fsync(fd) == -1 || fstat(fd, &st) == -1 || st.st_size != 8192 ||
	    no_memory(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0), 4096);
	close(fd);
	return (bad || unlink("calls.db") == -1);
}

/* Runs one attempt in a child; its wait status. */
static int
attempt(unsigned int role, int (*fn)(void))
{
	struct sandbox_identity	id;
	char			line[256];
	pid_t			pid;
	int			status;

	memset(&id, 0, sizeof(id));
	id.sid_uid = getuid();
	if ((pid = fork()) == 0) {
		(void)alarm(20);
		if (sandbox_enter(role, &id, role == PROC_REGISTRYD ? dir :
		    NULL, line, sizeof(line)) == -1)
			_exit(99);
		_exit(fn());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (status);
}

static void
assert_killed(unsigned int role, int (*fn)(void), const char *what)
{
	int	status = attempt(role, fn);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fail_msg("%s by role %u: status %#x, wanted SIGSYS", what,
		    role, (unsigned int)status);
}

static void
assert_works(unsigned int role, int (*fn)(void), const char *what)
{
	int	status = attempt(role, fn);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s by role %u: status %#x, wanted exit 0", what,
		    role, (unsigned int)status);
}

static void
assert_refused(unsigned int role, int (*fn)(void), const char *what)
{
	int	status = attempt(role, fn);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
		fail_msg("%s by role %u: status %#x, wanted exit 1", what,
		    role, (unsigned int)status);
}

#define KILLS(role, name)	assert_killed(role, try_##name, #name)
#define WORKS(role, name)	assert_works(role, try_##name, #name)
#define REFUSES(role, name)	assert_refused(role, try_##name, #name)

static void
need_sandbox(void)
{
#ifdef WZP_SANITIZERS
	skip();
#endif
}

/* Outside of any sandbox the harmless ones of these attempts do work. */
static void
control(void **state)
{
	(void)state;
	need_sandbox();
	assert_int_equal(try_open(), 0);
	assert_int_equal(try_socket(), 0);
	assert_int_equal(try_unix_socket(), 0);
	assert_int_equal(try_udp_socket(), 0);
	assert_int_equal(try_setsockopt(), 0);
	assert_int_equal(try_kill(), 0);
	assert_int_equal(try_exec_memory(), 0);
	assert_int_equal(try_work(), 0);
}

static void
every_worker(void **state)
{
	unsigned int	role;
	size_t		i;

	(void)state;
	need_sandbox();
	for (i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
		role = workers[i];
		WORKS(role, nothing);
		WORKS(role, work);
		KILLS(role, exec);
		KILLS(role, fork);
		KILLS(role, socket);
		KILLS(role, unix_socket);
		KILLS(role, udp_socket);
		KILLS(role, setsockopt);
		KILLS(role, bind);
		KILLS(role, connect);
		KILLS(role, listen);
		KILLS(role, kill);
		KILLS(role, tgkill);
		KILLS(role, ptrace);
		KILLS(role, vm_readv);
		KILLS(role, exec_memory);
		KILLS(role, make_exec);
		KILLS(role, raise_limit);
		KILLS(role, setuid);
		KILLS(role, chroot);
		KILLS(role, dumpable);
		KILLS(role, ioctl);
		if (role != PROC_REGISTRYD)
			KILLS(role, open);
		if (role != PROC_CONTROLD)
			KILLS(role, shutdown);
	}
}

/* Its one directory, by Landlock or by its root. */
static void
registry(void **state)
{
	(void)state;
	need_sandbox();
	WORKS(PROC_REGISTRYD, own_file);
	REFUSES(PROC_REGISTRYD, open);
}

static void
client(void **state)
{
	(void)state;
	need_sandbox();
	WORKS(SANDBOX_CLIENT, work);
	WORKS(SANDBOX_CLIENT, udp_socket);
	WORKS(SANDBOX_CLIENT, setsockopt);
	KILLS(SANDBOX_CLIENT, socket);
	KILLS(SANDBOX_CLIENT, unix_socket);
	KILLS(SANDBOX_CLIENT, open);
	KILLS(SANDBOX_CLIENT, exec);
	KILLS(SANDBOX_CLIENT, fork);
	KILLS(SANDBOX_CLIENT, kill);
	KILLS(SANDBOX_CLIENT, exec_memory);
	KILLS(SANDBOX_CLIENT, ioctl);
}

/* As root: another user, an empty root, no capability left. */
static int
try_identity(void)
{
	struct stat	st;

	if (getuid() != 61999 || geteuid() != 61999)
		return (1);
	if (stat("/etc/passwd", &st) != -1 || errno != ENOENT)
		return (2);
	return (0);
}

static void
root_identity(void **state)
{
	struct sandbox_identity	id;
	char			line[256], root[80];
	pid_t			pid;
	int			status;

	(void)state;
	need_sandbox();
	if (geteuid() != 0)
		skip();
	(void)snprintf(root, sizeof(root), "%s/root", dir);
	assert_int_equal(mkdir(root, 0755), 0);
	memset(&id, 0, sizeof(id));
	id.sid_switch = true;
	id.sid_uid = 61999;
	id.sid_gid = 61999;
	(void)snprintf(id.sid_root, sizeof(id.sid_root), "%s", root);
	/* registryd's filter is the one that lets it look around. */
	if ((pid = fork()) == 0)
		_exit(sandbox_enter(PROC_REGISTRYD, &id, NULL, line,
		    sizeof(line)) == -1 ? 99 : try_identity());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);

	/* A root that others can write is none. */
	assert_int_equal(chmod(root, 0777), 0);
	if ((pid = fork()) == 0)
		_exit(sandbox_enter(PROC_KEYD, &id, NULL, line,
		    sizeof(line)) == -1 ? 99 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 99);
	/* Nor is uid 0 an identity to take. */
	assert_int_equal(chmod(root, 0755), 0);
	id.sid_uid = 0;
	if ((pid = fork()) == 0)
		_exit(sandbox_enter(PROC_KEYD, &id, NULL, line,
		    sizeof(line)) == -1 ? 99 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 99);
	assert_int_equal(rmdir(root), 0);
}

/* What is said to be in force. */
static void
report(void **state)
{
	struct sandbox_identity	id;
	char			line[256], want[32];
	ssize_t			n;
	pid_t			pid;
	int			fds[2], status;

	(void)state;
	need_sandbox();
	memset(&id, 0, sizeof(id));
	id.sid_uid = getuid();
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		status = sandbox_enter(PROC_SIGNALD, &id, NULL, line,
		    sizeof(line));
		_exit(write(fds[1], line, strlen(line)) == -1 || status ?
		    1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fds[1]);
	n = read(fds[0], line, sizeof(line) - 1);
	close(fds[0]);
	assert_true(n > 0);
	line[n] = '\0';
	(void)snprintf(want, sizeof(want), "uid=%u rlimit nodump nnp",
	    (unsigned int)getuid());
	assert_non_null(strstr(line, want));
	assert_non_null(strstr(line, "landlock="));
	assert_non_null(strstr(line, "seccomp"));
	assert_null(strstr(line, "chroot"));
}

static int
setup(void **state)
{
	int	fd;

	(void)state;
	log_init("sandbox_test", quiet);
	if (mkdtemp(dir) == NULL)
		return (-1);
	(void)snprintf(outside, sizeof(outside), "%s.txt", dir);
	if ((fd = open(outside, O_WRONLY | O_CREAT, 0644)) == -1)
		return (-1);
	close(fd);
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return (udp == -1 ? -1 : 0);
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(outside);
	return (rmdir(dir));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(control),
		cmocka_unit_test(every_worker),
		cmocka_unit_test(registry),
		cmocka_unit_test(client),
		cmocka_unit_test(root_identity),
		cmocka_unit_test(report)
	};

	return (cmocka_run_group_tests(tests, setup, teardown));
}
