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
 * Which socket of a SO_REUSEPORT group gets a datagram.  Every worker has a
 * socket of its own on the relay's one UDP port; the kernel runs this program
 * for each datagram and gives it to the socket whose index, which is the slot
 * (slots.h), stands in the connection ID (cid.h).  All the rest goes to index
 * 0, the door.  It says the same as cid_packet_slot().
 */
#ifndef WZP_QUIC_STEER_H
#define WZP_QUIC_STEER_H

#include <stddef.h>

#define STEER_LEN	25	/* instructions */

struct sock_filter;

/*
 * The program for nslots sockets (at most CID_SLOTS_MAX): its length, or -1.
 * The number must be exact: the kernel spreads by hash what names an index
 * that the group does not have.
 */
int	steer_program(struct sock_filter *, size_t cap, unsigned int nslots);
/*
 * Makes it the program of the group that fd is a member of, once for each
 * address and family; needs no privilege.  -1 and errno (ENOTSUP: the system
 * has no such thing, `steering none`).
 */
int	steer_attach(int fd, unsigned int nslots);

#endif /* WZP_QUIC_STEER_H */
