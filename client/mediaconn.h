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
 * The connection to a room (wzp-protocol 8.1): CallOffer, CallAnswer, then
 * datagrams; made again as long as the call lasts.
 */
#ifndef WZP_CLIENT_MEDIACONN_H
#define WZP_CLIENT_MEDIACONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/link.h"

struct mediaconn;

struct mediaconn_ops {
	/* The relay took us in; also after it was lost. */
	void	(*joined)(void *);
	/* Was lost, or could not be made; it tries again by itself. */
	void	(*lost)(void *, const char *why);
	/* It makes no sense to try again. */
	void	(*failed)(void *, const char *why);
	void	(*room)(void *, const struct sig_room_update *);
	void	(*directive)(void *, const struct sig_quality_directive *);
	void	(*datagram)(void *, const uint8_t *, size_t);
};

/*
 * room: as it goes into SNI.  relay: where it is; second: where to try when
 * nobody answers there, may be the same.
 */
struct mediaconn	*mediaconn_new(struct link_shared *, const char *room,
			    const struct addr *relay,
			    const struct addr *second,
			    const struct mediaconn_ops *, void *arg);
/* Closes with `normal close'. */
void			 mediaconn_free(struct mediaconn *);
void			 mediaconn_start(struct mediaconn *);
/* 0: sent; -1: dropped. */
int			 mediaconn_send(struct mediaconn *, const uint8_t *,
			    size_t);
/* Nobody was heard for too long although somebody is there: join anew. */
void			 mediaconn_renew(struct mediaconn *, const char *why);
/* As sigconn_moved(). */
void			 mediaconn_moved(struct mediaconn *,
			    const struct addr *, size_t n,
			    const uint16_t port[2]);
/* When the relay last sent anything at all; 0: there is no connection. */
uint64_t		 mediaconn_heard(const struct mediaconn *);
/* Of the path; false: there is none. */
bool			 mediaconn_stats(const struct mediaconn *,
			    struct quic_stats *);
void			 mediaconn_expire(struct mediaconn *);
uint64_t		 mediaconn_expiry(const struct mediaconn *);

#endif /* WZP_CLIENT_MEDIACONN_H */
