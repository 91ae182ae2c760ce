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
 * The acts of the self-test (see selftest.h).  Each makes one system call,
 * raw, with nothing before it that the filter could object to, so that the
 * verdict is about this call.  Whatever is not a plain refusal counts as
 * allowed: an argument that the kernel found wrong got past the sandbox.
 */

#include "config.h"

#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/sandbox/selftest.h"

#ifdef __linux__

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <linux/filter.h>
#include <linux/sched.h>

#include <netinet/in.h>

#include <fcntl.h>
#include <sched.h>
#include <stdint.h>

/* Younger than the C library's header may be. */
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup	425
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open		434
#endif
#ifndef SYS_clone3
#define SYS_clone3		435
#endif
#ifndef SYS_openat2
#define SYS_openat2		437
#endif
#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF	51
#endif
#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF		68
#endif

#define X32_BIT			0x40000000L
#define UFFD_USER_MODE_ONLY_	1
#define KEYCTL_GET_KEYRING_ID_	0
#define READ_IMPLIES_EXEC_	0x0400000L
#define BPF_MAP_CREATE_		0

#define CHANNEL_FD	3	/* worker.c's, to relayd */
#define OUTSIDE	"/etc/passwd"
#define SCRATCH	"/tmp/wzp-selftest"

enum act {
	ACT_FILE,
	ACT_OPENAT2,
	ACT_CREATE,
	ACT_MKDIR,
	ACT_PROC_MEM,
	ACT_EXEC,
	ACT_FORK,
	ACT_CLONE,
	ACT_CLONE3,
	ACT_PTRACE,
	ACT_KILL_PARENT,
	ACT_KILL_OTHERS,
	ACT_TGKILL,
	ACT_SIGQUEUE,
	ACT_PIDFD,
	ACT_VM_READ,
	ACT_VM_WRITE,
	ACT_SOCKET_TCP,
	ACT_SOCKET_UDP,
	ACT_SOCKET_UNIX,
	ACT_SOCKET_NETLINK,
	ACT_SOCKET_PACKET,
	ACT_SOCKETPAIR,
	ACT_REPLACE,
	ACT_DETACH,
	ACT_BYPASS,
	ACT_BIND,
	ACT_LISTEN,
	ACT_ACCEPT,
	ACT_SHUTDOWN,
	ACT_SETSOCKOPT,
	ACT_MMAP_EXEC,
	ACT_MPROTECT_EXEC,
	ACT_MEMFD,
	ACT_IO_URING,
	ACT_USERFAULTFD,
	ACT_BPF,
	ACT_PERF,
	ACT_DUMPABLE,
	ACT_RLIMIT,
	ACT_SETUID,
	ACT_CHROOT,
	ACT_MOUNT,
	ACT_UNSHARE,
	ACT_KEYCTL,
	ACT_PERSONALITY,
	ACT_TTY,
	ACT_X32,
	ACT_I386
};

#define ROLE(r)		(1u << PROC_##r)
#define SHARED_PORT	(ROLE(SIGNALD) | ROLE(FEDERD) | ROLE(MEDIAD) |	\
	ROLE(DOORD))

/*
 * sc_errno: what else than EPERM, EACCES and ENOSYS is a refusal, and not a
 * mistake in the arguments (0: nothing).
 */
static const struct {
	const char	*sc_name;
	const char	*sc_text;
	enum act	 sc_act;
	int		 sc_errno;
} cases[] = {
	/* ENOENT: the root is an empty directory, or the registry's own. */
	{ "file", "open " OUTSIDE " for reading", ACT_FILE, ENOENT },
	{ "openat2", "the same by openat2", ACT_OPENAT2, ENOENT },
	{ "create", "create a file in /tmp", ACT_CREATE, ENOENT },
	{ "mkdir", "make a directory in /tmp", ACT_MKDIR, ENOENT },
	{ "proc-mem", "open the parent's memory", ACT_PROC_MEM, ENOENT },
	{ "exec", "run a program", ACT_EXEC, ENOENT },
	/* EAGAIN: the limit of processes. */
	{ "fork", "fork", ACT_FORK, EAGAIN },
	{ "clone", "clone", ACT_CLONE, EAGAIN },
	{ "clone3", "clone3", ACT_CLONE3, EAGAIN },
	{ "ptrace", "trace the parent", ACT_PTRACE, 0 },
	{ "kill-parent", "signal the parent", ACT_KILL_PARENT, 0 },
	{ "kill-others", "signal the neighbours", ACT_KILL_OTHERS, 0 },
	{ "tgkill", "signal a thread of the parent", ACT_TGKILL, 0 },
	{ "sigqueue", "queue a signal for the parent", ACT_SIGQUEUE, 0 },
	{ "pidfd", "get a handle of the parent", ACT_PIDFD, 0 },
	{ "vm-read", "read the parent's memory", ACT_VM_READ, 0 },
	{ "vm-write", "write the parent's memory", ACT_VM_WRITE, 0 },
	{ "socket-tcp", "make a TCP socket", ACT_SOCKET_TCP, 0 },
	{ "socket-udp", "make a UDP socket", ACT_SOCKET_UDP, 0 },
	{ "socket-unix", "make a unix socket", ACT_SOCKET_UNIX, 0 },
	{ "socket-netlink", "make a netlink socket", ACT_SOCKET_NETLINK, 0 },
	{ "socket-packet", "make a packet socket", ACT_SOCKET_PACKET, 0 },
	{ "socketpair", "make a pair of sockets", ACT_SOCKETPAIR, 0 },
	{ "replace", "replace the shared port's program", ACT_REPLACE, 0 },
	{ "detach", "detach the shared port's program", ACT_DETACH, 0 },
	{ "bypass", "connect() past the shared port's program", ACT_BYPASS,
	    0 },
	{ "bind", "bind the socket", ACT_BIND, 0 },
	{ "listen", "listen on the socket", ACT_LISTEN, 0 },
	{ "accept", "accept from the socket", ACT_ACCEPT, 0 },
	{ "shutdown", "shut the socket down", ACT_SHUTDOWN, 0 },
	{ "setsockopt", "set an option of the socket", ACT_SETSOCKOPT, 0 },
	{ "mmap-exec", "map executable memory", ACT_MMAP_EXEC, 0 },
	{ "mprotect-exec", "make memory executable", ACT_MPROTECT_EXEC, 0 },
	{ "memfd", "make a file in memory", ACT_MEMFD, 0 },
	{ "io-uring", "set up io_uring", ACT_IO_URING, 0 },
	{ "userfaultfd", "handle page faults", ACT_USERFAULTFD, 0 },
	{ "bpf", "make a BPF map", ACT_BPF, 0 },
	{ "perf", "open a performance counter", ACT_PERF, 0 },
	{ "dumpable", "become dumpable", ACT_DUMPABLE, 0 },
	{ "rlimit", "raise a limit", ACT_RLIMIT, 0 },
	{ "setuid", "become root", ACT_SETUID, 0 },
	{ "chroot", "change the root", ACT_CHROOT, 0 },
	{ "mount", "mount a file system", ACT_MOUNT, 0 },
	{ "unshare", "make a user namespace", ACT_UNSHARE, 0 },
	{ "keyctl", "use a key ring of the kernel", ACT_KEYCTL, 0 },
	{ "personality", "make all memory executable", ACT_PERSONALITY, 0 },
	{ "tty", "type into a terminal", ACT_TTY, 0 },
#ifdef __x86_64__
	{ "x32", "call by an x32 number", ACT_X32, 0 },
	{ "i386", "call by an i386 number", ACT_I386, 0 },
#endif
};

#define NCASES	(sizeof(cases) / sizeof(cases[0]))

/* Where a case is part of the job, or has no object. */
static const struct {
	enum act	 se_act;
	unsigned int	 se_roles;
	const char	*se_reason;
} exempt[] = {
	{ ACT_REPLACE, ~SHARED_PORT, "has no socket of the shared port" },
	{ ACT_DETACH, ~SHARED_PORT, "has no socket of the shared port" },
	{ ACT_ACCEPT, ROLE(CONTROLD), "accepts its clients" },
	{ ACT_SOCKET_TCP, ROLE(LOOKUPD), "dials the auth server" },
	{ ACT_BYPASS, ROLE(LOOKUPD), "dials the auth server" },
	{ ACT_SOCKET_UDP, ROLE(LOOKUPD), "asks resolvers" },
};

static pid_t		parent;
/* For mprotect: somewhere in it is a whole page. */
static char		page[3 * 65536];

static long	selftest_act(enum act, int);
static long	selftest_socket(enum act, int);
static long	selftest_kernel(enum act);
static void	selftest_no_door(int);

void
selftest_prepare(void)
{
	parent = getppid();
}

size_t
selftest_count(void)
{
	return (NCASES);
}

const char *
selftest_name(size_t i)
{
	return (cases[i].sc_name);
}

const char *
selftest_text(size_t i)
{
	return (cases[i].sc_text);
}

const char *
selftest_exempt(size_t i, enum proc role)
{
	size_t	n;

	for (n = 0; n < sizeof(exempt) / sizeof(exempt[0]); n++)
		if (exempt[n].se_act == cases[i].sc_act &&
		    (exempt[n].se_roles & 1u << role) != 0)
			return (exempt[n].se_reason);
	return (NULL);
}

void
selftest_run(const char *name, int udp)
{
	size_t	i;
	int	error;

	for (i = 0; i < NCASES; i++)
		if (strcmp(cases[i].sc_name, name) == 0)
			break;
	if (i == NCASES)
		_exit(SELFTEST_UNKNOWN);
	if (selftest_act(cases[i].sc_act, udp != -1 ? udp : CHANNEL_FD) != -1)
		_exit(SELFTEST_ALLOWED);
	error = errno;
	if (error == EPERM || error == EACCES || error == ENOSYS ||
	    (error != 0 && error == cases[i].sc_errno))
		_exit(SELFTEST_REFUSED);
	_exit(SELFTEST_ALLOWED);
}

/* Files and processes; the rest is in the two below. */
static long
selftest_act(enum act act, int fd)
{
	static const char	*argv[] = { "sh", "-c", "exit 41", NULL };
	static struct {
		uint64_t	flags, mode, resolve;
	}			 how = { O_RDONLY | O_CLOEXEC, 0, 0 };
	static struct clone_args clone = { .exit_signal = SIGCHLD };
	static siginfo_t	 info = { .si_code = SI_QUEUE };
	struct iovec		 local = { page, 8 }, remote = { page, 8 };
	char			 name[32];
	long			 n;

	switch (act) {
	case ACT_FILE:
		return (syscall(SYS_openat, AT_FDCWD, OUTSIDE,
		    O_RDONLY | O_CLOEXEC, 0));
	case ACT_OPENAT2:
		return (syscall(SYS_openat2, AT_FDCWD, OUTSIDE, &how,
		    sizeof(how)));
	case ACT_CREATE:
		n = syscall(SYS_openat, AT_FDCWD, SCRATCH,
		    O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (n != -1)
			(void)syscall(SYS_unlinkat, AT_FDCWD, SCRATCH, 0);
		return (n);
	case ACT_MKDIR:
		n = syscall(SYS_mkdirat, AT_FDCWD, SCRATCH, 0700);
		if (n != -1)
			(void)syscall(SYS_unlinkat, AT_FDCWD, SCRATCH,
			    AT_REMOVEDIR);
		return (n);
	case ACT_PROC_MEM:
		(void)snprintf(name, sizeof(name), "/proc/%ld/mem",
		    (long)parent);
		return (syscall(SYS_openat, AT_FDCWD, name,
		    O_RDONLY | O_CLOEXEC, 0));
	case ACT_EXEC:
		return (syscall(SYS_execve, "/bin/sh", argv, NULL));
	case ACT_FORK:
#ifdef SYS_fork
		n = syscall(SYS_fork);
#else
		n = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
		break;
	case ACT_CLONE:
		n = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		break;
	case ACT_CLONE3:
		n = syscall(SYS_clone3, &clone, sizeof(clone));
		break;
	case ACT_PTRACE:
		/* Unlike PTRACE_ATTACH it would not stop the parent. */
		return (syscall(SYS_ptrace, PTRACE_SEIZE, parent, 0, 0));
	case ACT_KILL_PARENT:
		return (syscall(SYS_kill, parent, 0));
	case ACT_KILL_OTHERS:
		/* Whoever may be signalled; in our way that is nobody. */
		n = syscall(SYS_kill, -1, 0);
		if (n == -1 && errno == ESRCH)
			errno = EPERM;
		return (n);
	case ACT_TGKILL:
		return (syscall(SYS_tgkill, parent, parent, 0));
	case ACT_SIGQUEUE:
		return (syscall(SYS_rt_sigqueueinfo, parent, 0, &info));
	case ACT_PIDFD:
		return (syscall(SYS_pidfd_open, parent, 0));
	case ACT_VM_READ:
		return (syscall(SYS_process_vm_readv, parent, &local, 1,
		    &remote, 1, 0));
	case ACT_VM_WRITE:
		/* At an address where nothing is. */
		remote.iov_base = NULL;
		return (syscall(SYS_process_vm_writev, parent, &local, 1,
		    &remote, 1, 0));
	default:
		return (selftest_socket(act, fd));
	}
	/* A child has nothing to tell. */
	if (n == 0)
		_exit(SELFTEST_ALLOWED);
	return (n);
}

static long
selftest_socket(enum act act, int fd)
{
	static struct sock_filter	 code[] = {
		BPF_STMT(BPF_RET | BPF_K, 0)
	};
	static struct sock_fprog	 program = { 1, code };
	struct sockaddr_in		 sin = {
		.sin_family = AF_INET,
		.sin_port = htons(40009),
		.sin_addr = { htonl(INADDR_LOOPBACK) }
	};
	int				 one = 1, fds[2];

	switch (act) {
	case ACT_SOCKET_TCP:
		return (syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
	case ACT_SOCKET_UDP:
		return (syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0));
	case ACT_SOCKET_UNIX:
		return (syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	case ACT_SOCKET_NETLINK:
		return (syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0));
	case ACT_SOCKET_PACKET:
		return (syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0));
	case ACT_SOCKETPAIR:
		return (syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0,
		    fds));
	case ACT_REPLACE:
		return (syscall(SYS_setsockopt, fd, SOL_SOCKET,
		    SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)));
	case ACT_DETACH:
		return (syscall(SYS_setsockopt, fd, SOL_SOCKET,
		    SO_DETACH_REUSEPORT_BPF, &one, sizeof(one)));
	case ACT_BYPASS:
		return (syscall(SYS_connect, fd, &sin, sizeof(sin)));
	case ACT_BIND:
		return (syscall(SYS_bind, fd, &sin, sizeof(sin)));
	case ACT_LISTEN:
		return (syscall(SYS_listen, fd, 1));
	case ACT_ACCEPT:
		return (syscall(SYS_accept4, fd, NULL, NULL, SOCK_NONBLOCK));
	case ACT_SHUTDOWN:
		return (syscall(SYS_shutdown, fd, SHUT_RDWR));
	case ACT_SETSOCKOPT:
		return (syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR,
		    &one, sizeof(one)));
	default:
		return (selftest_kernel(act));
	}
}

static long
selftest_kernel(enum act act)
{
	static char		 attr[128];
	static struct rlimit	 more = { 1 << 20, 1 << 20 };
	uintptr_t		 at;

	switch (act) {
	case ACT_MMAP_EXEC:
		return (syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	case ACT_MPROTECT_EXEC:
		at = ((uintptr_t)page + 65535) & ~(uintptr_t)65535;
		return (syscall(SYS_mprotect, at, 65536,
		    PROT_READ | PROT_EXEC));
	case ACT_MEMFD:
		return (syscall(SYS_memfd_create, "selftest", 0));
	case ACT_IO_URING:
		return (syscall(SYS_io_uring_setup, 1, attr));
	case ACT_USERFAULTFD:
		return (syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY_));
	case ACT_BPF:
		return (syscall(SYS_bpf, BPF_MAP_CREATE_, attr,
		    sizeof(attr)));
	case ACT_PERF:
		return (syscall(SYS_perf_event_open, attr, 0, -1, -1, 0));
	case ACT_DUMPABLE:
		return (syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0));
	case ACT_RLIMIT:
		return (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &more, NULL));
	case ACT_SETUID:
		return (syscall(SYS_setresuid, 0, 0, 0));
	case ACT_CHROOT:
		return (syscall(SYS_chroot, "/"));
	case ACT_MOUNT:
		/* There is no such type, which only root is told. */
		return (syscall(SYS_mount, "none", "/", "wzp-selftest", 0,
		    NULL));
	case ACT_UNSHARE:
		return (syscall(SYS_unshare, CLONE_NEWUSER));
	case ACT_KEYCTL:
		/* The session's own. */
		return (syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID_, -3, 0));
	case ACT_PERSONALITY:
		return (syscall(SYS_personality, READ_IMPLIES_EXEC_));
	case ACT_TTY:
		return (syscall(SYS_ioctl, STDIN_FILENO, TIOCSTI, "x"));
#ifdef __x86_64__
	case ACT_X32:
		return (syscall(X32_BIT | SYS_getpid));
	case ACT_I386: {
		long	n = 20;		/* getpid */

		/* Where there are no such calls this is a bad instruction. */
		(void)signal(SIGSEGV, selftest_no_door);
		__asm__ volatile("int $0x80" : "+a"(n) : :
		    "r8", "r9", "r10", "r11", "memory");
		return (n);
	}
#endif
	default:
		_exit(SELFTEST_UNKNOWN);
	}
}

static void
selftest_no_door(int sig)
{
	(void)sig;
	_exit(SELFTEST_REFUSED);
}

#else /* !__linux__ */

/* Not written for other systems' ways of saying no. */

void
selftest_prepare(void)
{
}

size_t
selftest_count(void)
{
	return (0);
}

const char *
selftest_name(size_t i)
{
	(void)i;
	return ("");
}

const char *
selftest_text(size_t i)
{
	(void)i;
	return ("");
}

const char *
selftest_exempt(size_t i, enum proc role)
{
	(void)i;
	(void)role;
	return (NULL);
}

void
selftest_run(const char *name, int udp)
{
	(void)name;
	(void)udp;
	_exit(SELFTEST_UNKNOWN);
}

#endif /* __linux__ */

enum selftest_verdict
selftest_verdict(int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return (SELFTEST_KILLED);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SELFTEST_REFUSED)
		return (SELFTEST_DENIED);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SELFTEST_ALLOWED)
		return (SELFTEST_OPEN);
	return (SELFTEST_FAILED);
}

void
selftest_print(int status, char *out, size_t cap)
{
	switch (selftest_verdict(status)) {
	case SELFTEST_KILLED:
		(void)snprintf(out, cap, "killed by SIGSYS");
		break;
	case SELFTEST_DENIED:
		(void)snprintf(out, cap, "refused");
		break;
	case SELFTEST_OPEN:
		(void)snprintf(out, cap, "ALLOWED");
		break;
	case SELFTEST_FAILED:
		if (WIFSIGNALED(status))
			(void)snprintf(out, cap, "no verdict: signal %d",
			    WTERMSIG(status));
		else if (WEXITSTATUS(status) == SELFTEST_UNKNOWN)
			(void)snprintf(out, cap, "no verdict: unknown case");
		else
			(void)snprintf(out, cap, "no verdict: exit status %d",
			    WEXITSTATUS(status));
		break;
	}
}
