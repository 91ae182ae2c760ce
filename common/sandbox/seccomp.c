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
 * others kill the process; relayd then reports "killed by seccomp".  Not in
 * it for anybody: fork and exec, kill and ptrace and process_vm_* (as a plain
 * user all processes share one uid), and executable memory.
 */

#include "config.h"

#include "common/sandbox/lock.h"

#ifdef __linux__

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/sandbox/sandbox.h"

#define ALL		(REGISTRYD | CONTROLD | KEYD | NETWORK | CLIENT)
#define KEYD		(1u << PROC_KEYD)
#define REGISTRYD	(1u << PROC_REGISTRYD)
#define CONTROLD	(1u << PROC_CONTROLD)
#define NETWORK		(1u << PROC_SIGNALD | 1u << PROC_FEDERD |	\
	1u << PROC_MEDIAD | 1u << PROC_DOORD)
#define CLIENT		(1u << SANDBOX_CLIENT)
/* What a role only gets because of a file it owns. */
#define FILES		(REGISTRYD | CLIENT)

#define CALL(name)	SCMP_SYS(name)

/* System calls allowed whatever their arguments. */
static const struct {
	int		call;
	unsigned int	roles;
} calls[] = {
	/* The event loop. */
	{ CALL(epoll_create1), ALL },
	{ CALL(epoll_ctl), ALL },
	{ CALL(epoll_wait), ALL },
	{ CALL(epoll_pwait), ALL },
	{ CALL(epoll_pwait2), ALL },
	{ CALL(poll), ALL },
	{ CALL(ppoll), ALL },
	{ CALL(eventfd2), ALL },
	{ CALL(pipe2), ALL },
	{ CALL(timerfd_create), ALL },
	{ CALL(timerfd_settime), ALL },
	{ CALL(clock_gettime), ALL },
	{ CALL(clock_getres), ALL },
	{ CALL(clock_nanosleep), ALL },
	{ CALL(nanosleep), ALL },
	{ CALL(gettimeofday), ALL },
	{ CALL(time), ALL },
	/* Descriptors that are there already. */
	{ CALL(read), ALL },
	{ CALL(readv), ALL },
	{ CALL(write), ALL },
	{ CALL(writev), ALL },
	{ CALL(close), ALL },
	{ CALL(recvmsg), ALL },
	{ CALL(recvmmsg), ALL },
	{ CALL(sendmsg), ALL },
	{ CALL(sendmmsg), ALL },
	{ CALL(recvfrom), NETWORK | CONTROLD | CLIENT },
	{ CALL(sendto), NETWORK | CONTROLD | CLIENT },
	{ CALL(getsockname), NETWORK | CLIENT },
	{ CALL(getsockopt), NETWORK | CONTROLD | CLIENT },
	/* Memory; PROT_EXEC is below. */
	{ CALL(brk), ALL },
	{ CALL(munmap), ALL },
	{ CALL(mremap), ALL },
	{ CALL(madvise), ALL },
	{ CALL(futex), ALL },
	{ CALL(getrandom), ALL },
	/* The C library: abort(), qsort(), arenas, exit(). */
	{ CALL(getpid), ALL },
	{ CALL(gettid), ALL },
	{ CALL(getuid), ALL },
	{ CALL(geteuid), ALL },
	{ CALL(getrusage), ALL },
	{ CALL(sysinfo), ALL },
	{ CALL(uname), ALL },
	{ CALL(sched_getaffinity), ALL },
	{ CALL(sched_yield), ALL },
	{ CALL(rt_sigaction), ALL },
	{ CALL(rt_sigprocmask), ALL },
	{ CALL(rt_sigreturn), ALL },
	{ CALL(restart_syscall), ALL },
	{ CALL(exit), ALL },
	{ CALL(exit_group), ALL },
	/* controld's own clients. */
	{ CALL(accept4), CONTROLD },
	{ CALL(accept), CONTROLD },
	{ CALL(shutdown), CONTROLD },
	{ CALL(getpeername), CONTROLD },
	/* The registry and its log, below one directory (Landlock). */
	{ CALL(open), REGISTRYD },
	{ CALL(openat), REGISTRYD },
	{ CALL(stat), REGISTRYD },
	{ CALL(lstat), REGISTRYD },
	{ CALL(access), REGISTRYD },
	{ CALL(faccessat), REGISTRYD },
	{ CALL(readlink), REGISTRYD },
	{ CALL(getcwd), REGISTRYD },
	{ CALL(unlink), REGISTRYD },
	{ CALL(unlinkat), REGISTRYD },
	{ CALL(pread64), REGISTRYD },
	{ CALL(pwrite64), REGISTRYD },
	{ CALL(fallocate), REGISTRYD },
	{ CALL(fchmod), REGISTRYD },
	{ CALL(fsync), FILES },
	{ CALL(fdatasync), FILES },
	{ CALL(ftruncate), FILES },
	{ CALL(lseek), FILES },
	{ CALL(fstat), FILES },
	{ CALL(newfstatat), FILES },
	/* A client dials and moves between networks; socket() is below. */
	{ CALL(bind), CLIENT },
	{ CALL(connect), CLIENT },
	{ CALL(setsockopt), CLIENT }
};

/* System calls allowed if an argument, masked, has this value. */
static const struct {
	int		call;
	unsigned int	roles;
	unsigned int	arg;
	uint64_t	mask;
	uint64_t	value;
} conditional[] = {
	{ CALL(mmap), ALL, 2, PROT_EXEC, 0 },
	{ CALL(mprotect), ALL, 2, PROT_EXEC, 0 },
	/* Reading limits only: the new one must be NULL. */
	{ CALL(prlimit64), ALL, 2, UINT64_MAX, 0 },
	{ CALL(fcntl), ALL, 1, UINT32_MAX, F_GETFL },
	{ CALL(fcntl), ALL, 1, UINT32_MAX, F_SETFL },
	{ CALL(fcntl), ALL, 1, UINT32_MAX, F_GETFD },
	{ CALL(fcntl), ALL, 1, UINT32_MAX, F_SETFD },
	{ CALL(fcntl), ALL, 1, UINT32_MAX, F_DUPFD_CLOEXEC },
	{ CALL(fcntl), REGISTRYD, 1, UINT32_MAX, F_GETLK },
	{ CALL(fcntl), REGISTRYD, 1, UINT32_MAX, F_SETLK },
	{ CALL(fcntl), REGISTRYD, 1, UINT32_MAX, F_SETLKW },
	/* Is standard output a terminal; the sound card's ioctls ('A'). */
	{ CALL(ioctl), CLIENT, 1, UINT32_MAX, TCGETS },
	{ CALL(ioctl), CLIENT, 1, UINT32_MAX, TIOCGWINSZ },
	{ CALL(ioctl), CLIENT, 1, UINT32_MAX, FIONREAD },
	{ CALL(ioctl), CLIENT, 1, 0xff00, 'A' << 8 }
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

static int
seccomp_socket(scmp_filter_ctx ctx)
{
	static const uint64_t	families[] = { AF_INET, AF_INET6 };
	size_t			i;
	int			error = 0;

	/* SOCK_NONBLOCK and SOCK_CLOEXEC are above the type's four bits. */
	for (i = 0; i < 2 && error == 0; i++)
		error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(socket), 2,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, families[i]),
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM));
	return (error);
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
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]) && error == 0; i++)
		/* Negative: this architecture does not have it. */
		if ((calls[i].roles & 1u << role) != 0 && calls[i].call >= 0)
			error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
			    calls[i].call, 0);
	for (i = 0; i < sizeof(conditional) / sizeof(conditional[0]) &&
	    error == 0; i++)
		if ((conditional[i].roles & 1u << role) != 0 &&
		    conditional[i].call >= 0)
			error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
			    conditional[i].call, 1,
			    SCMP_CMP(conditional[i].arg, SCMP_CMP_MASKED_EQ,
			    conditional[i].mask, conditional[i].value));
	/* abort() and raise() reach this process alone. */
	if (error == 0)
		error = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(tgkill), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX,
		    (scmp_datum_t)getpid()));
	if (error == 0 && role == SANDBOX_CLIENT)
		error = seccomp_socket(ctx);
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
