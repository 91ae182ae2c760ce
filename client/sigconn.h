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
 * The registration (wzp-protocol 5): a `_signal` connection that is kept, and
 * made again when it is lost.
 */
#ifndef WZP_CLIENT_SIGCONN_H
#define WZP_CLIENT_SIGCONN_H

#include <stdbool.h>
#include <stdint.h>

#include "client/link.h"

struct sigconn;

struct sigconn_ops {
	/* build may be NULL. */
	void	(*registered)(void *, const char *build);
	/* Lost after it had been registered; it tries again by itself. */
	void	(*lost)(void *, const char *why);
	/* It will not be registered: refused, or replaced by another. */
	void	(*failed)(void *, const char *why);
	void	(*signal)(void *, const struct signal *);
};

struct sigconn	*sigconn_new(struct link_shared *, const struct addr *relay,
		    const struct sigconn_ops *, void *arg);
void		 sigconn_free(struct sigconn *);
void		 sigconn_start(struct sigconn *);
/* Deregisters: what was sent is delivered, then the connection is closed. */
void		 sigconn_stop(struct sigconn *);
/* -1: not registered just now. */
int		 sigconn_send(struct sigconn *, const struct signal *);
bool		 sigconn_registered(const struct sigconn *);
bool		 sigconn_delivered(const struct sigconn *);
/*
 * During a call the relay hears from us every second: one that was restarted
 * answers with a reset, and we are back within 2 s.
 */
void		 sigconn_ping(struct sigconn *, bool);
/*
 * The addresses of this host are these now: if the one that the connection
 * uses is gone, it moves to another (RFC 9000 9).  port: of our sockets.
 */
void		 sigconn_moved(struct sigconn *, const struct addr *,
		    size_t n, const uint16_t port[2]);
void		 sigconn_expire(struct sigconn *);
uint64_t	 sigconn_expiry(const struct sigconn *);

#endif /* WZP_CLIENT_SIGCONN_H */
