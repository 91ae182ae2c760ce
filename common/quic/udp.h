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
 * UDP sockets in batches: recvmmsg(2)/sendmmsg(2), destination address and
 * ECN by control messages, IPv4 and IPv6.
 */
#ifndef WZP_QUIC_UDP_H
#define WZP_QUIC_UDP_H

#include <stdint.h>

#include "common/base/addr.h"

#define UDP_BATCH	64
#define UDP_PAYLOAD_MAX	2048

struct udp;

/*
 * relayd and the client: a socket bound to address with everything set
 * (PKTINFO, ECN, no fragmentation, buffers).  -1 and errno.
 */
int		 udp_bind(const struct addr *, int buffer_bytes);
/*
 * The same as one more member of the SO_REUSEPORT group of the address (all
 * of one user; the index of a member is the order of binding).
 */
int		 udp_bind_member(const struct addr *, int buffer_bytes);
/* Wraps a descriptor (takes it). bound: as by getsockname. */
struct udp	*udp_new(int fd, const struct addr *bound);
/* The same for one that is connected: it sends to remote only. */
struct udp	*udp_new_connected(int fd, const struct addr *bound,
		    const struct addr *remote);
void		 udp_free(struct udp *);
int		 udp_fd(const struct udp *);
const struct addr *udp_bound(const struct udp *);

typedef void udp_received(void *arg, const struct addr *local,
    const struct addr *remote, uint8_t ecn, const uint8_t *, size_t);
/* One recvmmsg; number of datagrams handed to fn, 0: nothing there. */
int		 udp_receive(struct udp *, udp_received *, void *arg);
/*
 * Copies into the batch; flushes by itself when that is full.  Of a connected
 * socket, only what is for its remote.
 */
void		 udp_queue(struct udp *, const struct addr *local,
		    const struct addr *remote, uint8_t ecn, const uint8_t *,
		    size_t);
/* One sendmmsg; what the kernel does not take is dropped and counted. */
void		 udp_flush(struct udp *);
uint64_t	 udp_dropped(const struct udp *);

#endif /* WZP_QUIC_UDP_H */
