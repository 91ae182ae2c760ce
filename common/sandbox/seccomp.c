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
 * The system calls that each role may use once it serves: one table.  All
 * others kill the process; relayd then reports "killed by SIGSYS".  Not in
 * it for anybody: exec, kill and ptrace and process_vm_* (as a plain user all
 * processes share one uid), and executable memory; fork only for the client's
 * helper.
 *
 * What only start-up needs is done before and is not here.  The rows were
 * found by tracing each role while it serves; a row that was not seen says
 * when it is needed.  Of twins (open and openat) a machine or a C library
 * uses one or the other.
 */

#include "config.h"

#include "common/sandbox/lock.h"

#ifdef __linux__

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "common/sandbox/sandbox.h"

#define MEDIAD		(1u << PROC_MEDIAD)
#define REGISTRYD	(1u << PROC_REGISTRYD)
#define CONTROLD	(1u << PROC_CONTROLD)
#define LOOKUPD		(1u << PROC_LOOKUPD)
/* Those with a socket of the shared port, and those that ask keyd. */
#define ASKING		(1u << PROC_SIGNALD | 1u << PROC_FEDERD |	\
	1u << PROC_MEDIAD)
#define NETWORK		(ASKING | 1u << PROC_DOORD)
/* keyd has nothing but what all have: channels, memory, and an end. */
#define WORKERS		(NETWORK | REGISTRYD | CONTROLD | LOOKUPD |	\
	1u << PROC_KEYD)
#define CLIENT		(1u << SANDBOX_CLIENT)
/* The client's helper, which talks to routers (client/portmap). */
#define PORTMAP		(1u << SANDBOX_PORTMAP)
#define ALL		(WORKERS | CLIENT | PORTMAP)

#define CALL(name)	SCMP_SYS(name)
#define INT_IS(arg, n)							\
	{ arg, UINT32_MAX, (uint32_t)(n) }
#define NOT_SET(arg, b)							\
	{ arg, b, 0 }

/* Argument arg, masked, has this value.  Mask 0: no condition. */
struct condition {
	unsigned int	cd_arg;
	uint64_t	cd_mask;
	uint64_t	cd_value;
};

static const struct rule {
	int			ru_call;
	unsigned int		ru_roles;
	struct condition	ru_if[2];	/* both */
} rules[] = {
	/* The event loop. */
	{ CALL(epoll_ctl), ALL, { { 0 } } },
	{ CALL(epoll_wait), ALL, { { 0 } } },
	{ CALL(epoll_pwait), ALL, { { 0 } } },
	/* libev makes its set anew after an event of a stale descriptor. */
	{ CALL(epoll_create1), ALL, { { 0 } } },
	/* Where the kernel's page of clocks cannot tell the time. */
	{ CALL(clock_gettime), ALL, { { 0 } } },
	{ CALL(gettimeofday), ALL, { { 0 } } },
	{ CALL(time), ALL, { { 0 } } },

	/* Channels; sockets of the shared port: send and receive, no more. */
	{ CALL(recvmsg), ALL, { { 0 } } },
	{ CALL(sendmsg), ALL, { { 0 } } },
	{ CALL(close), ALL, { { 0 } } },
	{ CALL(recvmmsg), NETWORK | REGISTRYD | CLIENT, { { 0 } } },
	{ CALL(sendmmsg), NETWORK | REGISTRYD | CLIENT, { { 0 } } },
	/* Waiting for keyd's answer. */
	{ CALL(poll), ASKING | LOOKUPD | CLIENT | PORTMAP, { { 0 } } },
	{ CALL(ppoll), ASKING | LOOKUPD | CLIENT | PORTMAP, { { 0 } } },

	/* Memory: nothing executable, and files only for those who have. */
	{ CALL(brk), ALL, { { 0 } } },
	{ CALL(mmap), ALL, { NOT_SET(2, PROT_EXEC), INT_IS(4, -1) } },
	{ CALL(mmap), REGISTRYD | CLIENT, { NOT_SET(2, PROT_EXEC) } },
	{ CALL(mprotect), CLIENT, { NOT_SET(2, PROT_EXEC) } },
	{ CALL(munmap), ALL, { { 0 } } },
	{ CALL(mremap), ALL, { { 0 } } },
	/* The random generator's page; memory given back by the allocator. */
	{ CALL(madvise), ALL, { { 0 } } },
	{ CALL(futex), ALL, { { 0 } } },
	{ CALL(getrandom), ALL, { { 0 } } },
	/* The crypto library: is this still the same process. */
	{ CALL(getpid), ALL, { { 0 } } },

	/* The end, by exit() or by abort() with its message. */
	{ CALL(exit_group), ALL, { { 0 } } },
	{ CALL(gettid), ALL, { { 0 } } },
	{ CALL(rt_sigaction), ALL, { { 0 } } },
	{ CALL(rt_sigprocmask), ALL, { { 0 } } },
	{ CALL(write), ALL, { INT_IS(0, STDERR_FILENO) } },
	{ CALL(writev), ALL, { INT_IS(0, STDERR_FILENO) } },
	/* Made by the kernel after SIGSTOP and SIGCONT. */
	{ CALL(restart_syscall), ALL, { { 0 } } },

	/* controld: its clients, and who they are. */
	{ CALL(accept4), CONTROLD, { { 0 } } },
	{ CALL(recvfrom), CONTROLD | LOOKUPD | CLIENT | PORTMAP, { { 0 } } },
	{ CALL(sendto), CONTROLD | LOOKUPD | CLIENT | PORTMAP, { { 0 } } },
	{ CALL(getsockopt), CONTROLD, { INT_IS(1, SOL_SOCKET),
	    INT_IS(2, SO_PEERCRED) } },

	/*
	 * registryd: the database and its log, below one directory, which
	 * Landlock or the root sees to.
	 */
	{ CALL(open), REGISTRYD, { { 0 } } },
	{ CALL(openat), REGISTRYD, { { 0 } } },
	{ CALL(stat), REGISTRYD, { { 0 } } },
	{ CALL(lstat), REGISTRYD, { { 0 } } },
	{ CALL(fstat), REGISTRYD | CLIENT, { { 0 } } },
	{ CALL(newfstatat), REGISTRYD | CLIENT, { { 0 } } },
	{ CALL(getcwd), REGISTRYD, { { 0 } } },
	{ CALL(geteuid), REGISTRYD | CLIENT, { { 0 } } },
	{ CALL(unlink), REGISTRYD, { { 0 } } },
	{ CALL(unlinkat), REGISTRYD, { { 0 } } },
	{ CALL(pread64), REGISTRYD, { { 0 } } },
	{ CALL(pwrite64), REGISTRYD, { { 0 } } },
	{ CALL(fdatasync), REGISTRYD | CLIENT, { { 0 } } },
	{ CALL(ftruncate), REGISTRYD | CLIENT, { { 0 } } },
	{ CALL(fcntl), REGISTRYD, { INT_IS(1, F_GETLK) } },
	{ CALL(fcntl), REGISTRYD, { INT_IS(1, F_SETLK) } },
	/* A database left by a crash, or copied in by the operator. */
	{ CALL(access), REGISTRYD, { { 0 } } },
	{ CALL(faccessat), REGISTRYD, { { 0 } } },
	{ CALL(readlink), REGISTRYD, { { 0 } } },
	{ CALL(readlinkat), REGISTRYD, { { 0 } } },
	{ CALL(fchmod), REGISTRYD, { { 0 } } },
	{ CALL(fsync), REGISTRYD | CLIENT, { { 0 } } },
	/*
	 * While somebody else, a backup, holds its lock; between turns that
	 * gather datagrams.
	 */
	{ CALL(nanosleep), REGISTRYD | MEDIAD | CLIENT, { { 0 } } },
	{ CALL(clock_nanosleep), REGISTRYD | MEDIAD | CLIENT, { { 0 } } },

	/*
	 * lookupd dials the auth server (Landlock has its port) and asks
	 * resolvers; the client's helper asks routers, by IPv4.
	 */
	{ CALL(socket), LOOKUPD | PORTMAP, { INT_IS(0, AF_INET),
	    { 1, 0xf, SOCK_DGRAM } } },
	{ CALL(socket), LOOKUPD, { INT_IS(0, AF_INET6),
	    { 1, 0xf, SOCK_DGRAM } } },
	{ CALL(socket), LOOKUPD | PORTMAP, { INT_IS(0, AF_INET),
	    { 1, 0xf, SOCK_STREAM } } },
	{ CALL(socket), LOOKUPD, { INT_IS(0, AF_INET6),
	    { 1, 0xf, SOCK_STREAM } } },
	{ CALL(connect), LOOKUPD | PORTMAP, { { 0 } } },
	{ CALL(getsockname), LOOKUPD | PORTMAP, { { 0 } } },
	{ CALL(getpeername), LOOKUPD, { { 0 } } },
	{ CALL(setsockopt), LOOKUPD, { INT_IS(1, IPPROTO_TCP) } },
	{ CALL(getsockopt), LOOKUPD, { INT_IS(1, SOL_SOCKET),
	    INT_IS(2, SO_ERROR) } },
	{ CALL(bind), PORTMAP, { { 0 } } },
	{ CALL(setsockopt), PORTMAP, { { 0 } } },
	{ CALL(getsockopt), PORTMAP, { { 0 } } },
	/* The TLS library reads and writes its socket like a file. */
	{ CALL(read), LOOKUPD | CLIENT, { { 0 } } },
	{ CALL(write), LOOKUPD | CLIENT, { { 0 } } },
	{ CALL(fcntl), LOOKUPD | CLIENT | PORTMAP, { INT_IS(1, F_GETFL) } },
	{ CALL(fcntl), LOOKUPD | CLIENT | PORTMAP, { INT_IS(1, F_SETFL) } },
	{ CALL(fcntl), LOOKUPD | CLIENT, { INT_IS(1, F_GETFD) } },
	{ CALL(fcntl), LOOKUPD | CLIENT, { INT_IS(1, F_SETFD) } },

	/* One child a piece of work: a copy, with nothing shared. */
	{ CALL(clone), PORTMAP, { { 0, UINT32_MAX, CLONE_CHILD_CLEARTID |
	    CLONE_CHILD_SETTID | SIGCHLD } } },
	{ CALL(set_robust_list), PORTMAP, { { 0 } } },
	{ CALL(rseq), PORTMAP, { { 0 } } },
	{ CALL(alarm), PORTMAP, { { 0 } } },
	{ CALL(setitimer), PORTMAP, { INT_IS(0, ITIMER_REAL) } },
	{ CALL(socketpair), PORTMAP, { INT_IS(0, AF_UNIX) } },

	/* The client tells its helper that this was all. */
	{ CALL(shutdown), CLIENT, { { 0 } } },
	/* It has signals, standard output, recordings, and a sound card. */
	{ CALL(rt_sigreturn), CLIENT, { { 0 } } },
	{ CALL(eventfd2), CLIENT, { { 0 } } },
	{ CALL(pipe2), CLIENT, { { 0 } } },
	{ CALL(timerfd_create), CLIENT, { { 0 } } },
	{ CALL(timerfd_settime), CLIENT, { { 0 } } },
	{ CALL(epoll_pwait2), CLIENT, { { 0 } } },
	{ CALL(clock_getres), CLIENT, { { 0 } } },
	{ CALL(readv), CLIENT, { { 0 } } },
	{ CALL(writev), CLIENT, { { 0 } } },
	{ CALL(lseek), CLIENT, { { 0 } } },
	{ CALL(getuid), CLIENT, { { 0 } } },
	{ CALL(getrusage), CLIENT, { { 0 } } },
	{ CALL(sysinfo), CLIENT, { { 0 } } },
	{ CALL(uname), CLIENT, { { 0 } } },
	{ CALL(sched_getaffinity), CLIENT, { { 0 } } },
	{ CALL(sched_yield), CLIENT, { { 0 } } },
	{ CALL(exit), CLIENT, { { 0 } } },
	/* Reading limits only: the new one must be NULL. */
	{ CALL(prlimit64), CLIENT, { { 2, UINT64_MAX, 0 } } },
	{ CALL(fcntl), CLIENT, { INT_IS(1, F_DUPFD_CLOEXEC) } },
	/* Is standard output a terminal; the sound card's ioctls ('A'). */
	{ CALL(ioctl), CLIENT, { INT_IS(1, TCGETS) } },
	{ CALL(ioctl), CLIENT, { INT_IS(1, TIOCGWINSZ) } },
	{ CALL(ioctl), CLIENT, { INT_IS(1, FIONREAD) } },
	{ CALL(ioctl), CLIENT, { { 1, 0xff00, 'A' << 8 } } }
};

/*
 * Refused to lookupd by EACCES: not every build of libcurl can be kept from
 * looking for files.  The same for the client's helper and the C library's
 * resolver, which a router can make work by a name in a URL.
 */
static const int	refused[] = {
	CALL(open),
	CALL(openat),
	CALL(stat),
	CALL(newfstatat),
	CALL(statx),
	CALL(access),
	CALL(faccessat),
	CALL(readlink),
	CALL(readlinkat)
};

#ifdef SANDBOX_DEBUG
/*
 * For whoever changes a library: says which call is missing from the table
 * instead of only dying of it.  Never in a build that serves.
 */
static void
seccomp_trap(int sig, siginfo_t *info, void *context)
{
	char	line[80];
	int	n;

	(void)sig;
	(void)context;
	n = snprintf(line, sizeof(line), "seccomp: system call %d\n",
	    info->si_syscall);
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) == -1)
		_exit(3);
	_exit(4);
}
#define REFUSED	SCMP_ACT_TRAP
#else
#define REFUSED	SCMP_ACT_KILL_PROCESS
#endif

static int	seccomp_rule(scmp_filter_ctx, const struct rule *);

static int
seccomp_rule(scmp_filter_ctx ctx, const struct rule *ru)
{
	struct scmp_arg_cmp	cmp[2];
	const struct condition	*cd;
	unsigned int		n = 0;
	size_t			i;

	for (i = 0; i < 2; i++) {
		cd = &ru->ru_if[i];
		if (cd->cd_mask != 0)
			cmp[n++] = SCMP_CMP(cd->cd_arg, SCMP_CMP_MASKED_EQ,
			    cd->cd_mask, cd->cd_value);
	}
	return (seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, ru->ru_call, n,
	    cmp));
}

int
seccomp_enter(unsigned int role)
{
	scmp_filter_ctx	ctx;
	size_t		i;
	int		error;

	if ((ctx = seccomp_init(REFUSED)) == NULL) {
		errno = ENOMEM;
		return (-1);
	}
#ifdef SANDBOX_DEBUG
	struct sigaction	sa = { .sa_flags = SA_SIGINFO };

	sa.sa_sigaction = seccomp_trap;
	sigaction(SIGSYS, &sa, NULL);
#endif
	/* Calls by another architecture's numbers are none of ours. */
	error = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS);
	/* sandbox.c did it already and says so. */
	if (error == 0)
		error = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]) && error == 0; i++)
		/* Negative: this architecture does not have it. */
		if ((rules[i].ru_roles & 1u << role) != 0 &&
		    rules[i].ru_call >= 0)
			error = seccomp_rule(ctx, &rules[i]);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]) && error == 0;
	    i++)
		if ((role == PROC_LOOKUPD || role == SANDBOX_PORTMAP) &&
		    refused[i] >= 0)
			error = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES),
			    refused[i], 0);
	/* abort() and raise() reach this process alone. */
	if (error == 0)
		error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(tgkill), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX,
		    (scmp_datum_t)getpid()));
	if (error == 0)
		error = seccomp_load(ctx);
	seccomp_release(ctx);
	if (error != 0) {
		errno = -error;
		return (-1);
	}
	return (0);
}

#else /* !__linux__ */

int
seccomp_enter(unsigned int role)
{
	(void)role;
	return (0);
}

#endif
