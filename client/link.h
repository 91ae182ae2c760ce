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
 * One QUIC connection of the client as its owner (registration, media, probe)
 * sees it: signals instead of bytes.
 */
#ifndef WZP_CLIENT_LINK_H
#define WZP_CLIENT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/quic/endpoint.h"
#include "common/wire/identity.h"
#include "common/wire/signal.h"

/* A relay's tokens may be this long; longer ones are not kept. */
#define LINK_TOKEN_MAX	256

/* What all connections of a client share. */
struct link_shared {
	struct quic_endpoint	*ls_endpoint;
	const struct identity	*ls_identity;
	const char		*ls_token;	/* AuthToken, or NULL */
	bool			 ls_as_original;
	uint64_t		 ls_now;	/* of this turn */
	unsigned int		 ls_open;	/* connections */
	unsigned int		 ls_listeners;	/* bit 0 IPv4, 1 IPv6 */
	unsigned int		 ls_expecting;	/* calls that may be dialled */
	/*
	 * The newest token of all: a first connection for media shows it, so
	 * that it does not have to queue behind others of the same NAT.
	 */
	uint8_t			 ls_past[LINK_TOKEN_MAX];
	size_t			 ls_past_len;
	struct addr		 ls_past_host;	/* whose it is */
};

/* Sockets, as quic_packet.listener says it. */
#define LINK_IPV4	0
#define LINK_IPV6	1

struct link_ops {
	void	(*established)(void *);
	/* Signals that cannot be parsed are dropped before (wzp-protocol 2). */
	void	(*signal)(void *, const struct signal *);
	void	(*uni)(void *, const uint8_t *, size_t, bool fin);
	void	(*datagram)(void *, const uint8_t *, size_t);
	/* Not after link_close(). */
	void	(*closed)(void *, const struct quic_close *);
};

struct link {
	const struct link_ops	*li_ops;
	void			*li_arg;
	struct link_shared	*li_shared;
	struct quic_conn	*li_conn;	/* NULL: none */
	bool			 li_direct;	/* not to a relay: no pins */
	/*
	 * The newest token of this relay (RFC 9000 8.1.3): shows at the next
	 * dial that our address is ours.  Given once.
	 */
	uint8_t			 li_token[LINK_TOKEN_MAX];
	size_t			 li_token_len;
	/*
	 * The newest session of this relay (RFC 8446 4.6.1), for the same
	 * name.  Given once, whatever comes of it (C.4).
	 */
	uint8_t			 li_ticket[QUIC_TICKET_MAX];
	size_t			 li_ticket_len;
	char			 li_ticket_name[QUIC_SNI_MAX];
	struct addr		 li_ticket_host;
	uint64_t		 li_rtt_us;	/* of the last one; 0: none */
};

/* The socket for an address. */
unsigned int
	 link_listener(const struct addr *);
/* -1: no memory. */
int	 link_dial(struct link *, const struct addr *, const char *sni);
/* ops->accept of the endpoint: this connection is ours from now on. */
void	 link_adopt(struct link *, struct quic_conn *);
/* -1: could not be queued; the connection is as good as lost. */
int	 link_send(struct link *, const struct signal *);
/* -1: there is none, or it did not take it. */
int	 link_datagram(struct link *, const uint8_t *, size_t);
/* Ends it; what was sent before is delivered first. */
void	 link_close(struct link *, const char *reason);
/* The same, and nothing is left of what was a secret. */
void	 link_clear(struct link *, const char *reason);
/*
 * The host has these addresses now: if the one that is used is gone, the
 * connection goes on from another of the family (RFC 9000 9).  port: of our
 * sockets.
 */
void	 link_moved(struct link *, const struct addr *, size_t n,
	    const uint16_t port[2]);
/* Is it in the list of features? */
bool	 link_feature(const struct sig_strings *, const char *);
/* The same without a packet. */
void	 link_abandon(struct link *);
/* All that was sent has been acknowledged. */
bool	 link_delivered(const struct link *);
/*
 * How long a handshake may take when we come back, by the number of the
 * attempt: a relay that dies in the middle of one answers nothing any more,
 * and most often is there again by the next.
 */
uint64_t link_patience(unsigned int attempt);
/*
 * A waiting time, longer by up to a quarter, or 100 ms: not all come back in
 * the same moment.
 */
uint64_t link_spread(uint64_t ns);
/* For people: why a connection ended. */
const char
	*link_why(const struct quic_close *, char *, size_t);
/*
 * Proof of possession over this connection (doc/PROTOCOL); room NULL:
 * registration.
 */
int	 link_prove(const struct link *, const char *room, uint8_t sig[64]);

/* For ops of the endpoint. */
void	 link_on_established(struct quic_conn *);
void	 link_on_message(struct quic_conn *, const uint8_t *, size_t);
void	 link_on_uni(struct quic_conn *, const uint8_t *, size_t, bool);
void	 link_on_datagram(struct quic_conn *, const uint8_t *, size_t);
void	 link_on_new_token(struct quic_conn *, const uint8_t *, size_t);
void	 link_on_ticket(struct quic_conn *, const uint8_t *, size_t);
void	 link_on_closed(struct quic_conn *, const struct quic_close *);

#endif /* WZP_CLIENT_LINK_H */
