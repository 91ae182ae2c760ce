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
 * Landlock by raw system calls: the C library has no wrappers, and the
 * kernel's header may be older than the kernel.  Each ABI level adds rights
 * that can be denied; all that this kernel knows are.
 */

#include "config.h"

#include "common/sandbox/lock.h"

#ifdef __linux__

#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset	444
#define SYS_landlock_add_rule		445
#define SYS_landlock_restrict_self	446
#endif

#define CREATE_RULESET_VERSION	1u
#define RULE_PATH_BENEATH	1
#define RULE_NET_PORT		2

/* struct landlock_ruleset_attr of ABI 6 and later. */
struct ruleset {
	uint64_t	rs_fs;
	uint64_t	rs_net;
	uint64_t	rs_scoped;
};

struct path_beneath {
	uint64_t	pb_allowed;
	int32_t		pb_fd;
} __attribute__((packed));

struct net_port {
	uint64_t	np_allowed;
	uint64_t	np_port;
};

#define NET_CONNECT_TCP	(UINT64_C(1) << 1)

#define FS_WRITE_FILE	(UINT64_C(1) << 1)
#define FS_READ_FILE	(UINT64_C(1) << 2)
#define FS_READ_DIR	(UINT64_C(1) << 3)
#define FS_REMOVE_FILE	(UINT64_C(1) << 5)
#define FS_MAKE_REG	(UINT64_C(1) << 8)
#define FS_TRUNCATE	(UINT64_C(1) << 14)

/* What an ABI level can deny, and how much of the struct it knows. */
static const struct {
	unsigned int	fs_bits;	/* rights 0 .. fs_bits - 1 */
	unsigned int	net_bits;	/* bind, connect of TCP */
	unsigned int	scope_bits;	/* abstract sockets, signals */
	size_t		size;
} abi[] = {
	{ 13, 0, 0, 8 },	/* 1 */
	{ 14, 0, 0, 8 },	/* 2: refer */
	{ 15, 0, 0, 8 },	/* 3: truncate */
	{ 15, 2, 0, 16 },	/* 4: TCP */
	{ 16, 2, 0, 16 },	/* 5: ioctl of devices */
	{ 16, 2, 2, 24 }	/* 6: scopes; 7 only changed the audit log */
};

#define ABI_KNOWN	(sizeof(abi) / sizeof(abi[0]))

int
landlock_enter(const char *keep_dir, const uint16_t *ports, size_t nports)
{
	struct ruleset		rs;
	struct path_beneath	pb;
	struct net_port		np;
	size_t			i;
	long			level, fd;
	int			error;

	level = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    CREATE_RULESET_VERSION);
	if (level <= 0)
		return (level == 0 || errno == ENOSYS ||
		    errno == EOPNOTSUPP ? 0 : -1);
	i = (size_t)level > ABI_KNOWN ? ABI_KNOWN - 1 : (size_t)level - 1;
	rs.rs_fs = (UINT64_C(1) << abi[i].fs_bits) - 1;
	rs.rs_net = (UINT64_C(1) << abi[i].net_bits) - 1;
	rs.rs_scoped = (UINT64_C(1) << abi[i].scope_bits) - 1;
	if (nports == LANDLOCK_ANY_PORT) {
		rs.rs_net &= ~NET_CONNECT_TCP;
		nports = 0;
	}
	if ((fd = syscall(SYS_landlock_create_ruleset, &rs, abi[i].size,
	    0)) == -1)
		return (-1);
	error = 0;
	np.np_allowed = NET_CONNECT_TCP;
	for (; nports > 0 && (rs.rs_net & NET_CONNECT_TCP) != 0; nports--) {
		np.np_port = ports[nports - 1];
		if (syscall(SYS_landlock_add_rule, fd, RULE_NET_PORT, &np,
		    0) == -1)
			error = -1;
	}
	if (keep_dir != NULL) {
		pb.pb_allowed = (FS_WRITE_FILE | FS_READ_FILE | FS_READ_DIR |
		    FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE) & rs.rs_fs;
		pb.pb_fd = open(keep_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (pb.pb_fd == -1 || syscall(SYS_landlock_add_rule, fd,
		    RULE_PATH_BENEATH, &pb, 0) == -1)
			error = -1;
		if (pb.pb_fd != -1)
			close(pb.pb_fd);
	}
	if (error == 0 && syscall(SYS_landlock_restrict_self, fd, 0) == -1)
		error = -1;
	close((int)fd);
	return (error == -1 ? -1 : (int)level);
}

#else /* !__linux__ */

int
landlock_enter(const char *keep_dir, const uint16_t *ports, size_t nports)
{
	(void)keep_dir;
	(void)ports;
	(void)nports;
	return (0);
}

#endif
