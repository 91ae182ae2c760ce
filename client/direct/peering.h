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
 * The QUIC connections between the two clients of a call, dialled and accepted,
 * of which one is in use.  With an end-to-end secret none is used before the
 * other has proved on it to share the secret (DirectProof, doc/E2E): the dialer
 * proves first, and on one connection at a time, so that both sides use the
 * same one.  Without a secret (an original, wzp-protocol 7.7) the first that is
 * complete is used, and of accepted ones that on which data comes.
 */
#ifndef WZP_CLIENT_DIRECT_PEERING_H
#define WZP_CLIENT_DIRECT_PEERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/e2e/e2e.h"
#include "client/link.h"

#define PEERING_MAX		16	/* connections */
#define PEERING_STRANGERS	8	/* of them: accepted, not proven */

struct peering_ops {
	/* This one is used from now on, for the first time or again. */
	void	(*usable)(void *, const struct addr *remote);
	/* There is none to be used any more. */
	void	(*lost)(void *, const char *why);
	/*
	 * A dial came to nothing; it is not tried again from here.  silent:
	 * somebody is there, but our proof was not answered.
	 */
	void	(*failed)(void *, const struct addr *remote, bool silent);
	/* An accepted one ended before it was used. */
	void	(*stale)(void *);
	/* Somebody without the secret. */
	void	(*wrong)(void *, const struct addr *remote);
	void	(*datagram)(void *, const uint8_t *, size_t);
	/* On one that is proven. */
	void	(*signal)(void *, const struct signal *);
};

struct peering;

/* e2e NULL: without proof.  It and the name must outlive the peering. */
struct peering	*peering_new(struct link_shared *, const char *sni,
		    const struct e2e *, const struct peering_ops *,
		    void *arg);
/* Closes all; nothing is called back. */
void		 peering_free(struct peering *, const char *reason);
/* The same, but goes on: it may be called from within. */
void		 peering_stop(struct peering *, const char *reason);
/*
 * limit_ns: of the handshake; rtt_ns: by which lost first packets are waited
 * for (0: not known).  -1: no room, or no memory.
 */
int		 peering_dial(struct peering *, const struct addr *,
		    uint64_t limit_ns, uint64_t rtt_ns);
/* In ops->accept of the endpoint.  -1: too many that are not proven. */
int		 peering_accept(struct peering *, struct quic_conn *);
/* Ends those that are not in use; nothing is called back for them. */
void		 peering_clear(struct peering *, const char *reason);
/* The addresses of this host: what sends from another one ends, silently. */
void		 peering_hosts(struct peering *, const struct addr *,
		    size_t n);
/* Is one dialled, or waiting for a proof? */
bool		 peering_busy(const struct peering *);
unsigned int	 peering_dials(const struct peering *);
/* Who has not answered our proof yet; NULL: nobody. */
const struct addr
		*peering_asked(const struct peering *);
/* The address of the one in use, NULL: there is none. */
const struct addr
		*peering_remote(const struct peering *);
const struct addr
		*peering_local(const struct peering *);
/* 0: sent; -1: none is in use, or it did not take it. */
int		 peering_send(struct peering *, const uint8_t *, size_t);
/* The same for a signal. */
int		 peering_tell(struct peering *, const struct signal *);
/*
 * From now on something is sent at least each 100 ms on the one in use, so that
 * its silence says that it is broken.
 */
void		 peering_keep(struct peering *);
bool		 peering_stats(const struct peering *, struct quic_stats *);
/* When the other was last heard on any that is proven; 0: never. */
uint64_t	 peering_heard(const struct peering *);
void		 peering_expire(struct peering *);
uint64_t	 peering_expiry(const struct peering *);

#endif /* WZP_CLIENT_DIRECT_PEERING_H */
