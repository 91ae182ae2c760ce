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
 * The listen addresses: each ours alone before any worker exists, with one
 * socket for each slot (doc/PRIVSEP), and the control sockets.
 *
 * All sockets of a port belong to one user, so the kernel would let another
 * relayd of that user join the group without a word and take a share of its
 * traffic.  That is why each address is first bound exclusively and locked.
 */
#ifndef WZP_RELAYD_LISTEN_H
#define WZP_RELAYD_LISTEN_H

#include "common/ipc/slots.h"
#include "relayd/conf.h"

struct port {
	struct addr	po_addr;		/* as bound */
	bool		po_steered;
	int		po_lock;		/* held for life; -1: none */
	int		po_fds[SLOTS_MAX];	/* by slot; else [0] alone */
	unsigned int	po_nfds;
};

/*
 * Takes the address and binds a socket for each slot, or one without
 * steering; every option is set that a worker may no longer set.  -1: logged
 * with the address and what to do.
 */
int	listen_open(struct port *, const struct addr *, bool steered,
	    unsigned int nslots);
/* More slots, at the end.  -1: logged, and the port is as before. */
int	listen_grow(struct port *, unsigned int nslots);
/* Undoes the last listen_grow(), before anybody got a socket of it. */
void	listen_shrink(struct port *, unsigned int nslots);
void	listen_close(struct port *);
/* The socket of that slot; without steering all have the same. */
int	listen_fd(const struct port *, unsigned int slot);
/*
 * A listening unix socket; a stale one is replaced, one that answers is not.
 * -1: logged.
 */
int	listen_control(const char *path, bool read_only);

#endif /* WZP_RELAYD_LISTEN_H */
