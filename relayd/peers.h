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
 * federd and the parent: which relays there are, and sockets to them.  federd
 * makes no socket itself; it says whom it wants to talk to, and gets one that
 * is connected to exactly that address, if the configuration has it.
 */
#ifndef WZP_RELAYD_PEERS_H
#define WZP_RELAYD_PEERS_H

#include "relayd/process.h"

/*
 * Sockets a second, and at once: each peer and each probe target with the
 * addresses that a name has.
 */
#define PEERS_DIAL_RATE		20
#define PEERS_DIAL_BURST	256

/* All that the configuration says of other relays.  -1: channel. */
int		 peers_send(struct process *);
/* Answers it, with a socket or with what is wrong. */
void		 peers_dial(struct process *, const struct msg_dial *);
/* NULL: that may be dialled; else why not. */
const char	*peers_refuse(const struct config *, const struct msg_dial *);
/* The socket, *local its own address; -1: *why. */
int		 peers_socket(const struct config *, const struct addr *,
		    struct addr *local, const char **why);

#endif /* WZP_RELAYD_PEERS_H */
