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
 * Makes a mediad that keeps what it relays, for relay/e2e-dump.sh; nothing of
 * this is in the one that is installed.  The linker puts these functions in
 * front of the real ones (--wrap).  Each datagram sent goes into a file `dump'
 * beside the program: in its sandbox a mediad opens and writes no files, so it
 * is mapped before that.
 *
 * The file: bytes used, in 8; then for each datagram the number of the
 * connection it went to and its length, 4 each, and the datagram.  Numbers as
 * the machine has them.
 */

#include "config.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/quic/conn.h"
#include "common/sandbox/sandbox.h"

#define DUMP_SIZE	((size_t)8 << 20)
#define CONNS_MAX	8

int	 __real_quic_send_datagram(struct quic_conn *, const uint8_t *, size_t,
	    uint64_t);
int	 __wrap_quic_send_datagram(struct quic_conn *, const uint8_t *, size_t,
	    uint64_t);
int	 __real_sandbox_enter(unsigned int, const struct sandbox_identity *,
	    const char *, char *, size_t);
int	 __wrap_sandbox_enter(unsigned int, const struct sandbox_identity *,
	    const char *, char *, size_t);

static uint8_t			*dump;
static size_t			 used = sizeof(uint64_t);
static const struct quic_conn	*conns[CONNS_MAX];

int
__wrap_sandbox_enter(unsigned int role, const struct sandbox_identity *id,
    const char *keep_dir, char *in_force, size_t cap)
{
	char	 exe[PATH_MAX], path[PATH_MAX + 8];
	ssize_t	 n;
	int	 fd;

	if ((n = readlink("/proc/self/exe", exe, sizeof(exe) - 1)) == -1)
		return (-1);
	exe[n] = '\0';
	(void)snprintf(path, sizeof(path), "%s/dump", dirname(exe));
	if ((fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600)) == -1 || ftruncate(fd, DUMP_SIZE) == -1 ||
	    (dump = mmap(NULL, DUMP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0)) == MAP_FAILED) {
		log_warn("%s", path);
		return (-1);
	}
	close(fd);
	return (__real_sandbox_enter(role, id, keep_dir, in_force, cap));
}

int
__wrap_quic_send_datagram(struct quic_conn *conn, const uint8_t *data,
    size_t len, uint64_t now)
{
	uint64_t	 total;
	uint32_t	 head[2];
	size_t		 i;

	for (i = 0; i < CONNS_MAX; i++) {
		if (conns[i] == NULL)
			conns[i] = conn;
		if (conns[i] == conn)
			break;
	}
	if (i < CONNS_MAX && len + sizeof(head) <= DUMP_SIZE - used) {
		head[0] = (uint32_t)i;
		head[1] = (uint32_t)len;
		memcpy(dump + used, head, sizeof(head));
		memcpy(dump + used + sizeof(head), data, len);
		used += sizeof(head) + len;
		total = used;
		memcpy(dump, &total, sizeof(total));
	}
	return (__real_quic_send_datagram(conn, data, len, now));
}
