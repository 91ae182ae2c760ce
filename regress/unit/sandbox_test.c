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

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

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
#include "common/sandbox/selftest.h"
#include "regress/unit/quiet.h"

static char	dir[] = "/tmp/wzp-sandbox.XXXXXX";
static char	outside[64];	/* a file that everybody could read */

static const unsigned int	workers[] = {
	PROC_KEYD, PROC_REGISTRYD, PROC_SIGNALD, PROC_FEDERD, PROC_MEDIAD,
	PROC_DOORD, PROC_CONTROLD, PROC_LOOKUPD
};

#define NWORKERS	(sizeof(workers) / sizeof(workers[0]))

static int	bound(int);

static int	udp;		/* made before the sandbox */
static int	route;
static int	epoll;
static in_port_t udp_port;
static int	shared;		/* a member of a port's group, with program */

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

/* Asking the kernel for addresses over a socket made before. */
static int
try_netlink(void)
{
	struct {
		struct nlmsghdr		nh;
		struct rtgenmsg		gen;
	}	q;
	char	m[8192];

	memset(&q, 0, sizeof(q));
	q.nh.nlmsg_len = sizeof(q);
	q.nh.nlmsg_type = RTM_GETADDR;
	q.nh.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	return (sendto(route, &q, sizeof(q), 0, NULL, 0) == -1 ||
	    recvfrom(route, m, sizeof(m), 0, NULL, NULL) <= 0);
}

static int
try_kill(void)
{
	return (kill(getpid(), 0) == -1);
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
try_ioctl(void)
{
	/* What puts characters into somebody's terminal. */
	return (syscall(SYS_ioctl, 0, 0x5412, "x") == -1);
}

/* What every worker does all the time. */
static int
try_work(void)
{
	struct sockaddr_in	sin;
	struct epoll_event	ev;
	struct msghdr		m;
	char			text[] = "x";
	struct iovec		iov = { text, 1 };
	static void		*small, *p;

	if ((small = malloc(1 << 20)) == NULL ||
	    (p = realloc(small, 1 << 22)) == NULL)
		return (1);
	memset(p, 1, 1 << 22);
	free(p);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = udp_port;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memset(&m, 0, sizeof(m));
	m.msg_name = &sin;
	m.msg_namelen = sizeof(sin);
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	memset(&ev, 0, sizeof(ev));
	ev.events = EPOLLIN;
	if (sendmsg(udp, &m, MSG_DONTWAIT) != 1 ||
	    (epoll_ctl(epoll, EPOLL_CTL_ADD, udp, &ev) == -1 &&
	    errno != EEXIST) ||
	    epoll_wait(epoll, &ev, 1, 5000) != 1 ||
	    recvmsg(udp, &m, MSG_DONTWAIT) != 1)
		return (1);
	/* What a library that gives up says. */
	if (write(STDERR_FILENO, "", 0) == -1)
		return (1);
	return (raise(0));
}

static int
try_abort(void)
{
	abort();
}

static int
try_mmsg(void)
{
	struct mmsghdr	m;

	memset(&m, 0, sizeof(m));
	return (recvmmsg(udp, &m, 1, MSG_DONTWAIT, NULL) == -1 &&
	    errno != EAGAIN);
}

static int
try_recvfrom(void)
{
	char	byte;

	return (recvfrom(udp, &byte, 1, MSG_DONTWAIT, NULL, NULL) == -1 &&
	    errno != EAGAIN);
}

static int
try_getsockopt(void)
{
	socklen_t	len = sizeof(int);
	int		type;

	return (getsockopt(udp, SOL_SOCKET, SO_TYPE, &type, &len) == -1);
}

static int
try_peercred(void)
{
	struct ucred	cred;
	socklen_t	len = sizeof(cred);

	return (getsockopt(udp, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1);
}

static int
try_write(void)
{
	return (write(udp, "", 0) == -1 && errno == EBADF);
}

static int
try_map_file(void)
{
	return (no_memory(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0),
	    4096));
}

static int
try_dup(void)
{
	return (no_descriptor(fcntl(udp, F_DUPFD_CLOEXEC, 3)));
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
assert_signal(unsigned int role, int (*fn)(void), int sig, const char *what)
{
	int	status = attempt(role, fn);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != sig)
		fail_msg("%s by role %u: status %#x, wanted signal %d", what,
		    role, (unsigned int)status, sig);
}

static void
assert_killed(unsigned int role, int (*fn)(void), const char *what)
{
	assert_signal(role, fn, SIGSYS, what);
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

/* A case of the self-test in a child, in a sandbox or (NO_SANDBOX) none. */
#define NO_SANDBOX	(PROC_MAX + 2)

static int
selftest(unsigned int role, const char *name, int fd)
{
	struct sandbox_identity	id;
	char			line[256];
	pid_t			pid;
	int			status;

	memset(&id, 0, sizeof(id));
	id.sid_uid = getuid();
	if ((pid = fork()) == 0) {
		(void)alarm(20);
		if (role == NO_SANDBOX)
			selftest_prepare();
		else if (sandbox_enter(role, &id, role == PROC_REGISTRYD ?
		    dir : NULL, line, sizeof(line)) == -1)
			_exit(99);
		selftest_run(name, fd);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (status);
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
	assert_int_equal(try_getsockopt(), 0);
	assert_int_equal(try_write(), 0);
	assert_int_equal(try_dup(), 0);
}

/* What anybody could do who is in no sandbox: the verdict says so. */
static void
selftest_control(void **state)
{
	static const char *const	anybody[] = {
		"file", "openat2", "create", "mkdir", "exec", "fork", "clone",
		"clone3", "kill-parent", "tgkill", "sigqueue", "pidfd",
		"socket-tcp", "socket-udp", "socket-unix", "socket-netlink",
		"socketpair", "replace", "detach", "bypass", "bind", "listen",
		"accept", "shutdown", "setsockopt", "mmap-exec",
		"mprotect-exec", "memfd", "dumpable", "personality", "tty"
	};
	char				text[64];
	size_t				i;
	int				status;

	(void)state;
	for (i = 0; i < sizeof(anybody) / sizeof(anybody[0]); i++) {
		status = selftest(NO_SANDBOX, anybody[i], shared);
		selftest_print(status, text, sizeof(text));
		if (selftest_verdict(status) != SELFTEST_OPEN ||
		    strcmp(text, "ALLOWED") != 0)
			fail_msg("%s without a sandbox: %s", anybody[i], text);
	}
	/* The helper's sandbox lets it connect, a worker's does not. */
	need_sandbox();
	assert_int_equal(selftest_verdict(selftest(SANDBOX_PORTMAP, "bypass",
	    shared)), SELFTEST_OPEN);
	assert_int_equal(selftest_verdict(selftest(SANDBOX_PORTMAP,
	    "setsockopt", shared)), SELFTEST_OPEN);
}

static void
selftest_names(void **state)
{
	size_t	i, j;
	char	text[64];
	int	status;

	(void)state;
	assert_true(selftest_count() >= 40);
	for (i = 0; i < selftest_count(); i++) {
		assert_true(strlen(selftest_name(i)) < SELFTEST_NAME_MAX);
		assert_true(selftest_text(i)[0] != '\0');
		for (j = 0; j < i; j++)
			assert_string_not_equal(selftest_name(i),
			    selftest_name(j));
	}
	status = selftest(NO_SANDBOX, "nothing of that", -1);
	assert_int_equal(selftest_verdict(status), SELFTEST_FAILED);
	selftest_print(status, text, sizeof(text));
	assert_string_equal(text, "no verdict: unknown case");
	/* An ordinary end is no verdict. */
	assert_int_equal(selftest_verdict(0), SELFTEST_FAILED);
	assert_int_equal(selftest_verdict(SIGKILL), SELFTEST_FAILED);
	assert_int_equal(selftest_verdict(SIGSYS), SELFTEST_KILLED);
}

/* Every act, by every role that has it: killed, but where open() is a job. */
static void
selftest_workers(void **state)
{
	enum selftest_verdict	want;
	const char		*name;
	unsigned int		role;
	char			text[64];
	size_t			i, w;
	int			status;

	(void)state;
	need_sandbox();
	for (w = 0; w < NWORKERS; w++)
		for (i = 0; i < selftest_count(); i++) {
			role = workers[w];
			name = selftest_name(i);
			if (selftest_exempt(i, role) != NULL)
				continue;
			status = selftest(role, name, shared);
			want = (role == PROC_REGISTRYD ||
			    role == PROC_LOOKUPD) &&
			    (strcmp(name, "file") == 0 ||
			    strcmp(name, "create") == 0 ||
			    strcmp(name, "proc-mem") == 0) ? SELFTEST_DENIED :
			    SELFTEST_KILLED;
			selftest_print(status, text, sizeof(text));
			/* Many a kernel has no such calls at all. */
			if (strcmp(name, "i386") == 0 &&
			    selftest_verdict(status) == SELFTEST_DENIED)
				continue;
			if (selftest_verdict(status) != want)
				fail_msg("%s by role %u: %s", name, role,
				    text);
		}
}

static void
every_worker(void **state)
{
	unsigned int	role;
	size_t		i;

	(void)state;
	need_sandbox();
	for (i = 0; i < NWORKERS; i++) {
		role = workers[i];
		WORKS(role, nothing);
		WORKS(role, work);
		assert_signal(role, try_abort, SIGABRT, "abort");
		KILLS(role, kill);
		KILLS(role, make_exec);
		if (role != PROC_LOOKUPD)
			KILLS(role, write);
		KILLS(role, dup);
		if (role == PROC_CONTROLD)
			WORKS(role, peercred);
		if (role == PROC_CONTROLD)
			WORKS(role, recvfrom);
		else if (role != PROC_LOOKUPD)
			KILLS(role, recvfrom);
		if (role != PROC_LOOKUPD)
			KILLS(role, getsockopt);
		if (role != PROC_REGISTRYD && role != PROC_LOOKUPD)
			KILLS(role, open);
		if (role != PROC_REGISTRYD)
			KILLS(role, map_file);
	}
}

/* On their sockets the network's workers send and receive, many at once. */
static void
network(void **state)
{
	(void)state;
	need_sandbox();
	WORKS(PROC_SIGNALD, mmsg);
	WORKS(PROC_FEDERD, mmsg);
	WORKS(PROC_MEDIAD, mmsg);
	WORKS(PROC_DOORD, mmsg);
	KILLS(PROC_KEYD, mmsg);
	WORKS(PROC_REGISTRYD, mmsg);
	KILLS(PROC_CONTROLD, mmsg);
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

/* By TCP to its server's port, and to no other; where Landlock can tell. */
static int
try_dial(in_port_t port)
{
	struct sockaddr_in	sin;
	int			fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = port;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return (2);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 &&
	    errno != ECONNREFUSED)
		return (1);
	return (0);
}

static int
try_dial_known(void)
{
	return (try_dial(htons(4433)));
}

static int
try_dial_other(void)
{
	return (try_dial(htons(4434)));
}

static void
lookup(void **state)
{
	struct sandbox_identity	id;
	const char		*at;
	char			line[256];
	pid_t			pid;
	int			status;

	(void)state;
	need_sandbox();
	KILLS(PROC_LOOKUPD, unix_socket);
	KILLS(PROC_LOOKUPD, bind);
	KILLS(PROC_LOOKUPD, setsockopt);
	WORKS(PROC_LOOKUPD, udp_socket);
	WORKS(PROC_LOOKUPD, socket);
	REFUSES(PROC_LOOKUPD, open);
	assert_int_equal(sandbox_port(4433), 0);
	WORKS(PROC_LOOKUPD, dial_known);
	/* The line tells what this kernel can do. */
	memset(&id, 0, sizeof(id));
	id.sid_uid = getuid();
	if ((pid = fork()) == 0) {
		if (sandbox_enter(PROC_LOOKUPD, &id, NULL, line,
		    sizeof(line)) == -1)
			_exit(99);
		at = strstr(line, "landlock=");
		_exit(at != NULL && atoi(at + strlen("landlock=")) >= 4 ? 0 :
		    1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status == 0)
		REFUSES(PROC_LOOKUPD, dial_other);
}

static void
client(void **state)
{
	(void)state;
	need_sandbox();
	WORKS(SANDBOX_CLIENT, work);
	WORKS(SANDBOX_CLIENT, netlink);
	KILLS(SANDBOX_CLIENT, udp_socket);
	KILLS(SANDBOX_CLIENT, setsockopt);
	KILLS(SANDBOX_CLIENT, bind);
	KILLS(SANDBOX_CLIENT, socket);
	KILLS(SANDBOX_CLIENT, unix_socket);
	KILLS(SANDBOX_CLIENT, open);
	KILLS(SANDBOX_CLIENT, exec);
	KILLS(SANDBOX_CLIENT, fork);
	KILLS(SANDBOX_CLIENT, kill);
	KILLS(SANDBOX_CLIENT, exec_memory);
	KILLS(SANDBOX_CLIENT, ioctl);

	/* Sockets, and copies of itself; no more. */
	WORKS(SANDBOX_PORTMAP, work);
	WORKS(SANDBOX_PORTMAP, netlink);
	WORKS(SANDBOX_PORTMAP, udp_socket);
	WORKS(SANDBOX_PORTMAP, socket);
	WORKS(SANDBOX_PORTMAP, setsockopt);
	WORKS(SANDBOX_PORTMAP, fork);
	REFUSES(SANDBOX_PORTMAP, open);
	KILLS(SANDBOX_PORTMAP, unix_socket);
	KILLS(SANDBOX_PORTMAP, exec);
	KILLS(SANDBOX_PORTMAP, kill);
	KILLS(SANDBOX_PORTMAP, exec_memory);
	KILLS(SANDBOX_PORTMAP, ioctl);
}

/* As root: another user, an empty root, no capability left. */
static int
try_identity(void)
{
	struct stat	st;

	if (geteuid() != 61999)
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
	char			*line, want[32];
	pid_t			pid;
	int			status;

	(void)state;
	need_sandbox();
	memset(&id, 0, sizeof(id));
	id.sid_uid = getuid();
	line = mmap(NULL, 256, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(line, MAP_FAILED);
	if ((pid = fork()) == 0)
		_exit(sandbox_enter(PROC_SIGNALD, &id, NULL, line, 256) == 0 ?
		    0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)snprintf(want, sizeof(want), "uid=%u rlimit nodump nnp",
	    (unsigned int)getuid());
	assert_non_null(strstr(line, want));
	assert_non_null(strstr(line, "landlock="));
	assert_non_null(strstr(line, "seccomp"));
	assert_null(strstr(line, "chroot"));
	assert_int_equal(munmap(line, 256), 0);
}

/* A socket of loopback, the only one of its port or with a program. */
static int
bound(int reuse)
{
	static struct sock_filter	code[] = {
		BPF_STMT(BPF_RET | BPF_K, 0)
	};
	struct sock_fprog		program = { 1, code };
	struct sockaddr_in		sin = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) }
	};
	socklen_t			len = sizeof(sin);
	int				fd;

	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &reuse,
	    sizeof(reuse)) == -1 ||
	    bind(fd, (struct sockaddr *)&sin, len) == -1 ||
	    (reuse && setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF,
	    &program, sizeof(program)) == -1) ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		return (-1);
	if (!reuse)
		udp_port = sin.sin_port;
	return (fd);
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
	udp = bound(0);
	route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	shared = bound(1);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	return (udp == -1 || shared == -1 || epoll == -1 ? -1 : 0);
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
		cmocka_unit_test(selftest_names),
		cmocka_unit_test(selftest_control),
		cmocka_unit_test(selftest_workers),
		cmocka_unit_test(every_worker),
		cmocka_unit_test(network),
		cmocka_unit_test(registry),
		cmocka_unit_test(lookup),
		cmocka_unit_test(client),
		cmocka_unit_test(root_identity),
		cmocka_unit_test(report)
	};

	return (cmocka_run_group_tests(tests, setup, teardown));
}
