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
 * The program that steers datagrams (steer.h).  In it offset 0 is the first
 * byte of the UDP payload.
 */
#include "config.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/quic/cid.h"
#include "common/quic/steer.h"

#ifdef SO_ATTACH_REUSEPORT_CBPF

#include <linux/filter.h>

/* Places in the program; a jump is counted from the next instruction. */
#define SHORT		14
#define DOOR		24
#define TO(at, place)	(place - at - 1)
/* Whose operand is the number of slots. */
#define LONG_LIMIT	12
#define SHORT_LIMIT	22

static const struct sock_filter	program[STEER_LEN] = {
	/* 0: the header form (RFC 8999 5.1). */
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80, 0, TO(1, SHORT)),
	/* 2: long; DCID length in byte 5, then the DCID. */
	BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 6 + CID_LEN, 0, TO(3, DOOR)),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 5),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CID_LEN, 0, TO(5, DOOR)),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
	BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, CID_CHECK),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 7),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, TO(10, DOOR)),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0, TO(LONG_LIMIT, DOOR), 0),
	BPF_STMT(BPF_RET | BPF_A, 0),
	/* 14: short; the DCID is in byte 1. */
	BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 1 + CID_LEN, 0, TO(15, DOOR)),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
	BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, CID_CHECK),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 2),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, TO(20, DOOR)),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0, TO(SHORT_LIMIT, DOOR), 0),
	BPF_STMT(BPF_RET | BPF_A, 0),
	/* 24: the door. */
	BPF_STMT(BPF_RET | BPF_K, 0)
};

int
steer_program(struct sock_filter *out, size_t cap, unsigned int nslots)
{
	if (cap < STEER_LEN || nslots == 0 || nslots > CID_SLOTS_MAX) {
		errno = EINVAL;
		return (-1);
	}
	memcpy(out, program, sizeof(program));
	out[LONG_LIMIT].k = nslots;
	out[SHORT_LIMIT].k = nslots;
	return (STEER_LEN);
}

int
steer_attach(int fd, unsigned int nslots)
{
	struct sock_filter	own[STEER_LEN];
	struct sock_fprog	fprog;

	if (steer_program(own, STEER_LEN, nslots) == -1)
		return (-1);
	memset(&fprog, 0, sizeof(fprog));
	fprog.len = STEER_LEN;
	fprog.filter = own;
	return (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &fprog,
	    sizeof(fprog)));
}

#else /* !SO_ATTACH_REUSEPORT_CBPF */

int
steer_program(struct sock_filter *out, size_t cap, unsigned int nslots)
{
	(void)out;
	(void)cap;
	(void)nslots;
	errno = ENOTSUP;
	return (-1);
}

int
steer_attach(int fd, unsigned int nslots)
{
	(void)fd;
	(void)nslots;
	errno = ENOTSUP;
	return (-1);
}

#endif /* SO_ATTACH_REUSEPORT_CBPF */
