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
 * QUIC for workers and the client: an endpoint is a set of connections that
 * share one CID space.  There is no socket and no clock in here: packets and
 * time go in, packets come out through ops->transmit, so that tests run in
 * virtual time.  An endpoint can accept and dial at the same time.
 *
 * All times are monotonic nanoseconds given by the caller.
 */
#ifndef WZP_QUIC_ENDPOINT_H
#define WZP_QUIC_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"

struct quic_conn;
struct quic_endpoint;
struct quic_tls;

#define QUIC_CID_LEN		12	/* of ours; as_original: 8 */
#define QUIC_MAX_DATAGRAM	1472	/* max_udp_payload_size (1.2) */
#define QUIC_SNI_MAX		254
#define QUIC_DELIVER_MS		1000
#define QUIC_TOKEN_MAX		256	/* of a server; ours are shorter */
/* A session as ops->ticket gives it: certificate and ticket are most of it. */
#define QUIC_TICKET_MAX		2048
#define QUIC_EXPORT_LEN		32	/* of quic_config.export_label */

/* A packet on its way out; data is valid during the call only. */
struct quic_packet {
	const struct addr	*local;		/* may have addr_len 0 */
	const struct addr	*remote;
	unsigned int		 listener;	/* as given on receive */
	uint8_t			 ecn;
	const uint8_t		*data;
	size_t			 len;
};

enum quic_close_kind {
	QUIC_CLOSED_BY_PEER_APP,	/* CONNECTION_CLOSE 0x1d: clean end */
	QUIC_CLOSED_BY_PEER,		/* CONNECTION_CLOSE 0x1c */
	QUIC_CLOSED_LOCAL,		/* quic_conn_close() */
	QUIC_CLOSED_IDLE,
	QUIC_CLOSED_HANDSHAKE,		/* never got established */
	QUIC_CLOSED_RESET,		/* stateless reset */
	QUIC_CLOSED_ERROR		/* protocol violation by the peer */
};

struct quic_close {
	enum quic_close_kind	 kind;
	uint64_t		 code;
	const uint8_t		*reason;	/* hostile bytes */
	size_t			 reason_len;
	const char		*text;		/* our words, for the log */
};

/*
 * Verdict on a ClientHello by ops->accept.  A refused one gets the TLS alert
 * and a CONNECTION_CLOSE.
 */
enum quic_verdict {
	QUIC_ACCEPT,
	QUIC_REFUSE_NAME	/* unrecognized_name */
};

struct quic_ops {
	/*
	 * Server side, inside the ClientHello.  name: lower-cased SNI, or
	 * "default" when the client sent none (wzp-protocol 1.3).  Of a
	 * connection that was not accepted nothing more is heard.
	 */
	enum quic_verdict (*accept)(void *arg, struct quic_conn *,
		    const char *name);
	/*
	 * The handshake is complete: server, after the client's Finished;
	 * client, after the server's certificate was verified.
	 */
	void	(*established)(void *arg, struct quic_conn *);
	/*
	 * One framed message (wzp-protocol 2) in stream-ID order; bytes are
	 * the JSON, without the length.
	 */
	void	(*message)(void *arg, struct quic_conn *, const uint8_t *,
		    size_t);
	/* Bytes of a unidirectional stream of the peer (`version`). */
	void	(*uni)(void *arg, struct quic_conn *, const uint8_t *, size_t,
		    bool fin);
	/* Straight from the packet; other connections may be written here. */
	void	(*datagram)(void *arg, struct quic_conn *, const uint8_t *,
		    size_t);
	/* The connection is over; conn is freed after this returns. */
	void	(*closed)(void *arg, struct quic_conn *,
		    const struct quic_close *);
	/* Give this packet to the socket (batch it, no blocking). */
	void	(*transmit)(void *arg, const struct quic_packet *);
	/*
	 * With quic_config.door: a packet (as it was received) that may begin
	 * a connection but did not come through the door.
	 */
	void	(*stray)(void *arg, const struct quic_packet *);
	/*
	 * Client side: a token to dial this server with the next time
	 * (RFC 9000 8.1.3); the newest replaces those before it.
	 */
	void	(*new_token)(void *arg, struct quic_conn *, const uint8_t *,
		    size_t);
	/*
	 * Client side, with quic_tls_ask_tickets(): a session to resume with,
	 * once (RFC 8446 C.4).  It holds a secret.
	 */
	void	(*ticket)(void *arg, struct quic_conn *, const uint8_t *,
		    size_t);
	/*
	 * Client side: SHA-256 of the server's certificate, after libssl
	 * verified CertificateVerify with it, or of the one that a resumed
	 * session began with.  false refuses (bad_certificate).  NULL: any.
	 */
	bool	(*verify)(void *arg, struct quic_conn *,
		    const uint8_t cert_sha256[32]);
};

/*
 * Voice has a rate of its own that does not grow into what is free, so all
 * that matters is what a loss does to the window (regress/unit/quic_loss_test
 * has the figures).
 */
enum quic_congestion {
	QUIC_CUBIC,	/* as the originals: each loss makes it smaller */
	QUIC_BBR	/* for many datagrams a second on a lossy path */
};

struct quic_limits {
	size_t		max_connections;
	size_t		max_message;		/* bytes of one signal: 65536 */
	size_t		max_send_queue;		/* bytes of messages per conn */
	uint64_t	max_streams;		/* of the peer at a time: 100 */
	unsigned int	ack_delay_ms;		/* Q: ACK at the latest, 30 */
	unsigned int	idle_ms;		/* 30000 */
	unsigned int	keepalive_ms;		/* 5000; 0: none */
	unsigned int	handshake_ms;		/* 10000 */
	/*
	 * A stream of the peer must be complete within this time of its first
	 * byte, or the connection is closed (0: no limit).
	 */
	unsigned int	stream_ms;
	/*
	 * Handshakes that may be answered, each with a signature, between
	 * two calls of quic_endpoint_flush(); the others wait for the next
	 * one.  0: any number.
	 */
	unsigned int	handshakes_per_turn;
	/*
	 * A handshake that has waited for its answer so long is refused
	 * instead, and new ones are before it comes to that (admission.c).
	 * 0: all wait.
	 */
	unsigned int	handshake_wait_ms;
	/*
	 * Handshakes of those who dial us that may be under way at once, so
	 * that strangers leave room for the connections that we dial.  0: any
	 * number.
	 */
	unsigned int	incoming;
	enum quic_congestion congestion;
};

struct quic_config {
	const struct quic_ops	*ops;
	void			*arg;
	struct quic_limits	 limits;	/* quic_limits_default() */
	struct quic_tls		*tls_server;	/* NULL: does not accept */
	struct quic_tls		*tls_client;	/* NULL: does not dial */
	uint8_t			 reset_key[32];	/* stateless reset tokens */
	uint8_t			 slot;		/* byte 0 of our CIDs */
	/*
	 * Server side: quic_conn_export() will be asked for QUIC_EXPORT_LEN
	 * bytes of this label only, if at all.  So all that libssl keeps of
	 * a handshake can go once it is complete, 20 kB a connection.
	 */
	const char		*export_label;	/* NULL: of any label */
	/*
	 * For many connections that say little: their keys borrow a cipher
	 * context instead of having six each, 5.6 kB less for a connection
	 * and 0.12 us more for a packet (protect.h, wzp-bench aead -s).
	 */
	bool			 shared_ciphers;
	/*
	 * Behave like an original client: 8-byte CIDs, 20-byte first DCID,
	 * STOP_SENDING 0 on every stream opened.
	 */
	bool			 as_original;
	/*
	 * New connections come through quic_endpoint_first() only: the door
	 * looks at them first.
	 */
	bool			 door;
};

/* What the door knows about a first flight (doord/door.h). */
struct quic_first {
	bool			 validated;	/* the remote address is */
	/* After a Retry: what the client chose first, and what it was told. */
	const uint8_t		*odcid;
	size_t			 odcid_len;
	const uint8_t		*retry_scid;
	size_t			 retry_scid_len;	/* 0: no Retry */
};

void	 quic_limits_default(struct quic_limits *);
struct quic_endpoint
	*quic_endpoint_new(const struct quic_config *);
/* Frees all connections without sending anything and without callbacks. */
void	 quic_endpoint_free(struct quic_endpoint *);

/*
 * A datagram from the network.  Callbacks run from within.  Writes nothing
 * by itself (acknowledgements wait for data or the ACK timer): call
 * quic_endpoint_flush() at the end of the turn.
 */
void	 quic_endpoint_receive(struct quic_endpoint *, unsigned int listener,
	    const struct addr *local, const struct addr *remote, uint8_t ecn,
	    const uint8_t *, size_t, uint64_t now);
/* The same for a datagram that the door has judged. */
void	 quic_endpoint_first(struct quic_endpoint *, unsigned int listener,
	    const struct addr *local, const struct addr *remote, uint8_t ecn,
	    const uint8_t *, size_t, const struct quic_first *, uint64_t now);
/* Runs due timers. */
void	 quic_endpoint_expire(struct quic_endpoint *, uint64_t now);
/* Writes what connections have queued (handshake, messages, closes). */
void	 quic_endpoint_flush(struct quic_endpoint *, uint64_t now);
/* Next time quic_endpoint_expire() has something to do; UINT64_MAX: never. */
uint64_t quic_endpoint_expiry(const struct quic_endpoint *);
size_t	 quic_endpoint_connections(const struct quic_endpoint *);
/* Connections refused because there were too many. */
uint64_t quic_endpoint_refused(const struct quic_endpoint *);
/* Handshakes refused or dropped because too many waited before them. */
uint64_t quic_endpoint_busy(const struct quic_endpoint *);
/* What the connection that has most of it has now, and had ever. */
struct quic_usage {
	size_t	queue, queue_highest;		/* bytes to send */
	size_t	streams, streams_highest;	/* of the peer, unfinished */
};
void	 quic_endpoint_usage(const struct quic_endpoint *,
	    struct quic_usage *);
/* A new limit for connections to come: those there are stay. */
void	 quic_endpoint_set_max(struct quic_endpoint *, size_t);
/* limits.max_send_queue of all connections. */
void	 quic_endpoint_set_queue(struct quic_endpoint *, size_t);
/*
 * false: nobody is expected; what would begin a connection is dropped before
 * it costs anything and without an answer, so that who comes a moment too
 * early tries again by himself.
 */
void	 quic_endpoint_expect(struct quic_endpoint *, bool);
/*
 * From now on the clients get tokens made with this key, once their handshake
 * is complete.  A generation older than the one in use is ignored.
 */
void	 quic_endpoint_token_key(struct quic_endpoint *, uint64_t generation,
	    const uint8_t key[32]);

/* Dials; NULL: no memory or at the limit.  local may be NULL. */
struct quic_conn
	*quic_connect(struct quic_endpoint *, unsigned int listener,
	    const struct addr *local, const struct addr *remote,
	    const char *sni, uint64_t now);
/* What is known of a peer from an earlier connection. */
struct quic_past {
	const uint8_t	*token;		/* ops->new_token gave it */
	size_t		 token_len;	/* 0: none */
	uint64_t	 rtt_us;	/* smoothed; 0: not known */
	const uint8_t	*ticket;	/* ops->ticket gave it */
	size_t		 ticket_len;	/* 0: none */
};
/*
 * The same again: shows the token (RFC 9000 8.1.3) and waits for lost first
 * packets by the round trip that was (RFC 9002 6.2.2), not by 333 ms.
 */
struct quic_conn
	*quic_connect_again(struct quic_endpoint *, unsigned int listener,
	    const struct addr *local, const struct addr *remote,
	    const char *sni, const struct quic_past *, uint64_t now);
/*
 * Client side: goes on from another local address, because the one in use is
 * gone (RFC 9000 9).  -1: not now (not confirmed yet, the same address, or
 * the server gave no spare connection ID).
 */
int	 quic_migrate(struct quic_conn *, unsigned int listener,
	    const struct addr *local, uint64_t now);

/*
 * Queues one framed message on a new bidirectional stream, written in one
 * piece, FIN behind it.  -1: the queue is full (ENOBUFS: a slow reader, the
 * caller closes it) or the connection is closing (ENOTCONN).
 */
int	 quic_send_message(struct quic_conn *, const void *, size_t);
/*
 * Bytes of messages (with their 4-byte lengths) given to quic_send_message()
 * that the peer has not yet acknowledged.
 */
size_t	 quic_send_queued(const struct quic_conn *);
/* Raw bytes and FIN on a new unidirectional stream (`version`). */
int	 quic_send_uni(struct quic_conn *, const void *, size_t);
/*
 * Writes one DATAGRAM now, through transmit, from within this call; never
 * queued.  -1: dropped (too large, congestion limited, or not established).
 * Never call it on the connection whose own datagram callback is running.
 */
int	 quic_send_datagram(struct quic_conn *, const void *, size_t,
	    uint64_t now);
/* Usable payload of a datagram now (wzp-protocol 1.2), 0: none. */
size_t	 quic_max_datagram(const struct quic_conn *);
/*
 * Application close: CONNECTION_CLOSE 0x1d with code and reason goes out at
 * the next flush, after the messages queued so far were written once.
 * closed() follows with QUIC_CLOSED_LOCAL from expire/flush, not from within.
 */
void	 quic_close(struct quic_conn *, uint64_t code, const char *reason);
/*
 * The same, but waits until the peer has acknowledged all that was queued,
 * at most QUIC_DELIVER_MS: for what must not be lost on a slow path (the
 * answer to `version`, a last Hangup).
 */
void	 quic_close_when_delivered(struct quic_conn *, uint64_t code,
	    const char *reason);
/*
 * Ends it without a packet: the address that it sends from is gone.  closed()
 * follows as after quic_close().
 */
void	 quic_abandon(struct quic_conn *);

void	*quic_conn_data(const struct quic_conn *);
void	 quic_conn_set_data(struct quic_conn *, void *);
bool	 quic_conn_is_server(const struct quic_conn *);
bool	 quic_conn_established(const struct quic_conn *);
const char
	*quic_conn_name(const struct quic_conn *);	/* SNI */
const struct addr
	*quic_conn_remote(const struct quic_conn *);
/*
 * Where the peer has shown that it receives (RFC 9000 8): by the handshake,
 * later by path validation.  Behind quic_conn_remote() for a round trip after
 * the peer has moved, and not misled by a forged sender.
 */
const struct addr
	*quic_conn_validated(const struct quic_conn *);
const struct addr
	*quic_conn_local(const struct quic_conn *);
/*
 * SHA-256 of the certificate that the peer showed and whose key it holds;
 * false: it showed none, or not established.
 */
bool	 quic_conn_peer_certificate(const struct quic_conn *,
	    uint8_t sha256[32]);
/* The handshake went without a certificate: a ticket was used. */
bool	 quic_conn_resumed(const struct quic_conn *);
/*
 * TLS exporter (RFC 8446 7.5), no context.  -1: not established, or not what
 * quic_config.export_label promised.
 */
int	 quic_conn_export(const struct quic_conn *, const char *label,
	    uint8_t *out, size_t len);
/* Counters and path statistics. */
struct quic_stats {
	uint64_t	rtt_us;			/* smoothed */
	uint64_t	packets_sent;
	uint64_t	packets_lost;
	uint64_t	datagrams_in;
	uint64_t	datagrams_out;
	uint64_t	datagrams_dropped;
	uint64_t	bytes_in;		/* of datagrams */
	uint64_t	bytes_out;
	uint64_t	messages_in;
	uint64_t	messages_out;
};
void	 quic_conn_stats(const struct quic_conn *, struct quic_stats *);
/*
 * A PING when nothing was sent or received for so long, instead of after
 * quic_limits.keepalive_ms.
 */
void	 quic_conn_keepalive(struct quic_conn *, unsigned int ms);
/*
 * When the last packet came that was really the peer's (it could be decrypted
 * and was no copy); 0: never.
 */
uint64_t quic_conn_heard(const struct quic_conn *);

#endif /* WZP_QUIC_ENDPOINT_H */
