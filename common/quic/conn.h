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
 * One connection from the inside; shared by endpoint.c (tables, timers),
 * conn.c (ngtcp2), crypto.c (libssl), stream.c (messages), end.c (the end) and
 * access.c (what users ask).  Everybody else uses endpoint.h.
 */
#ifndef WZP_QUIC_CONN_H
#define WZP_QUIC_CONN_H

#include <sys/queue.h>

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_ossl.h>

#include <openssl/ssl.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/base/table.h"
#include "common/quic/cid.h"
#include "common/quic/endpoint.h"
#include "common/quic/packet.h"
#include "common/quic/params.h"
#include "common/quic/timer.h"

/*
 * IDs of ours that a peer may use.  ngtcp2 keeps at most 8 in flight; those
 * just retired stay for a PTO.
 */
#define CONN_CIDS_MAX		32
#define CONN_CIDS_MIN		8	/* room for so many at first */
#define CONN_TOKENS_MAX		8
#define CONN_REASON_MAX		256
/* Two frames that fill an MTU of 1452, and room for what comes with them. */
#define CONN_PACKET_MAX		1500

/* A message on its way out. */
struct tx_msg {
	TAILQ_ENTRY(tx_msg)	 tx_entry;
	int64_t			 tx_id;		/* -1: stream not open yet */
	size_t			 tx_len;
	size_t			 tx_sent;	/* given to ngtcp2 */
	size_t			 tx_acked;
	bool			 tx_uni;
	bool			 tx_done;	/* all given, or stopped */
	bool			 tx_stopped;	/* the peer wants no more */
	uint8_t			 tx_data[];
};
TAILQ_HEAD(tx_queue, tx_msg);

/* A message on its way in. */
struct rx_msg {
	uint64_t		 rx_since;	/* first byte */
	size_t			 rx_len;	/* bytes in rx_buf */
	size_t			 rx_cap;
	size_t			 rx_credited;	/* of rx_len, given back */
	bool			 rx_complete;
	bool			 rx_closed;	/* by ngtcp2, credit is due */
	uint8_t			*rx_buf;
};

/* Why a connection ends; filled in once, acted upon at the next flush. */
struct conn_end {
	bool			 ce_set;
	bool			 ce_silent;	/* send nothing */
	bool			 ce_keep;	/* linger for late packets */
	enum quic_close_kind	 ce_kind;
	uint64_t		 ce_code;
	ngtcp2_ccerr		 ce_ccerr;	/* what we tell the peer */
	const char		*ce_text;
};

struct quic_conn {
	struct quic_endpoint	*qc_ep;
	TAILQ_ENTRY(quic_conn)	 qc_dirty_entry;
	bool			 qc_dirty;
	/* The ClientHello is here; its answer waits for its turn. */
	TAILQ_ENTRY(quic_conn)	 qc_waiting_entry;
	bool			 qc_waiting;
	uint64_t		 qc_waiting_since;
	struct timer		 qc_timer;
	uint32_t		 qc_index;
	void			*qc_data;

	/* NULL once the connection is over and only lingers. */
	ngtcp2_conn		*qc_ng;
	ngtcp2_crypto_ossl_ctx	*qc_octx;	/* NULL: settled */
	SSL			*qc_ssl;	/* NULL: settled */
	ngtcp2_crypto_conn_ref	 qc_ref;
	STAILQ_HEAD(, crypto_in) qc_crypto;	/* libssl has not taken */
	ngtcp2_encryption_level	 qc_tx_level;	/* libssl's */

	bool			 qc_server;
	bool			 qc_announced;	/* the user knows of it */
	bool			 qc_established;
	bool			 qc_confirmed;
	bool			 qc_settled;	/* TLS is no more needed */
	bool			 qc_ended;	/* no more sending */
	bool			 qc_busy;	/* inside ngtcp2 */
	bool			 qc_want_write;
	bool			 qc_mark;	/* BBR: that was all */
	bool			 qc_reset;	/* stateless reset came */
	bool			 qc_have_cert;
	bool			 qc_resumed;	/* once established */
	uint8_t			 qc_cert[32];
	char			*qc_name;	/* NULL: none yet */
	/* Of quic_config.export_label, when the SSL is gone. */
	uint8_t			 qc_export[QUIC_EXPORT_LEN];

	struct addr		 qc_local;	/* what the user sees */
	struct addr		 qc_remote;
	struct addr		 qc_validated;	/* it receives there */
	unsigned int		 qc_listener;

	/* IDs of ours, and the client's first choice until it is gone. */
	uint8_t			(*qc_cids)[CID_LEN];
	size_t			 qc_ncids;
	size_t			 qc_cids_cap;
	uint8_t			 qc_odcid[NGTCP2_MAX_CIDLEN];
	size_t			 qc_odcid_len;	/* 0: not in the table */
	uint64_t		 qc_odcid_until;
	/* Reset tokens of the peer that are in ep_tokens. */
	uint8_t			(*qc_tokens)[16];	/* NULL: none yet */
	size_t			 qc_ntokens;

	/* Acknowledgements (conn_due()); UINT64_MAX: nothing to write. */
	uint64_t		 qc_unacked_since;
	uint64_t		 qc_write_by;
	uint64_t		 qc_pkt_lost;
	uint64_t		 qc_pkt_recv;
	uint64_t		 qc_heard;	/* the last of them; 0: none */

	/* Sending. */
	struct tx_queue		 qc_txq;	/* not all written */
	struct tx_queue		 qc_txwait;	/* to be acknowledged */
	size_t			 qc_tx_bytes;	/* memory in both */
	size_t			 qc_tx_left;	/* not acknowledged yet */
	size_t			 qc_tx_unacked;	/* of that, written */
	size_t			 qc_tx_open;	/* streams of ours */
	int64_t			*qc_fins;	/* halves to close, or NULL */
	size_t			 qc_nfins;
	size_t			 qc_fins_cap;

	/* Receiving. */
	struct rx_msg		**qc_rx;	/* ring; NULL: nothing came */
	uint64_t		 qc_rx_next;	/* ordinal to deliver */
	size_t			 qc_rx_count;
	uint64_t		 qc_rx_deadline;	/* UINT64_MAX: none */

	/* The end. */
	bool			 qc_close;	/* asked for */
	bool			 qc_close_wait;	/* once delivered */
	uint64_t		 qc_close_by;
	uint64_t		 qc_close_code;
	char			*qc_close_reason; /* NULL: none */
	struct conn_end		 qc_end;
	uint64_t		 qc_linger_until;
	uint8_t			*qc_last_packet;	/* CONNECTION_CLOSE */
	size_t			 qc_last_len;
	unsigned int		 qc_last_hits;

	struct quic_stats	 qc_stats;
};

TAILQ_HEAD(conn_list, quic_conn);

struct quic_endpoint {
	struct quic_config	 ep_config;
	struct cid_key		 ep_key;
	size_t			 ep_cid_len;
	uint64_t		 ep_now;

	struct quic_conn	**ep_conns;	/* by index */
	uint32_t		*ep_free;	/* stack of free indexes */
	size_t			 ep_nfree;
	size_t			 ep_cap;
	size_t			 ep_used;	/* live and lingering */
	size_t			 ep_live;	/* with an ngtcp2_conn */
	size_t			 ep_handshakes;	/* of them, not established */
	size_t			 ep_incoming;	/* of these, accepted */
	bool			 ep_deaf;	/* nobody is expected */
	struct table		*ep_odcids;
	struct table		*ep_tokens;	/* stateless reset, of peers */

	/* Streams that a peer may have open at once, rounded up to 2^n. */
	size_t			 ep_rx_ring;

	struct conn_list	 ep_dirty;
	struct conn_list	 ep_waiting;	/* oldest first */
	size_t			 ep_nwaiting;
	unsigned int		 ep_hellos;	/* answered in this turn */
	uint64_t		 ep_busy;	/* refused for want of time */
	struct packet_rate	 ep_busy_rate;
	uint8_t			 ep_busy_dcid[NGTCP2_MAX_CIDLEN];
	size_t			 ep_busy_dcid_len;
	uint64_t		 ep_busy_at;	/* the last one, of that DCID */
	struct timer_heap	 ep_timers;
	struct packet_rate	 ep_reset_rate;
	struct packet_rate	 ep_refuse_rate;
	uint64_t		 ep_refused;	/* for want of room */
	size_t			 ep_queue_highest;	/* qc_tx_bytes ever */
	size_t			 ep_streams_highest;	/* qc_rx_count ever */
	uint64_t		 ep_token_generation;	/* 0: no key */
	uint8_t			 ep_token_key[32];
	/* First DCID of those who dial; length 0: random, of the usual one. */
	uint8_t			 ep_dcid[NGTCP2_MAX_CIDLEN];
	size_t			 ep_dcid_len;
	bool			 ep_flushing;
	bool			 ep_freeing;

	uint8_t			 ep_packet[CONN_PACKET_MAX];
};

/* endpoint.c */
struct quic_conn *endpoint_conn_new(struct quic_endpoint *);
void	 endpoint_conn_free(struct quic_conn *);
/* Its handshake is over, one way or the other. */
void	 endpoint_shook(const struct quic_conn *);
void	 endpoint_dirty(struct quic_conn *);
void	 endpoint_transmit(struct quic_conn *, const ngtcp2_path *,
	    uint8_t ecn, const uint8_t *, size_t);
void	 endpoint_forget_odcid(struct quic_conn *);

/* conn.c */
int	 conn_accept(struct quic_conn *, const ngtcp2_pkt_hd *,
	    const struct quic_first *, const ngtcp2_path *);
int	 conn_dial(struct quic_conn *, const char *sni,
	    const struct quic_past *, const ngtcp2_path *);
/* Its turn has come. */
void	 conn_continue(struct quic_conn *);
void	 conn_read(struct quic_conn *, const ngtcp2_path *,
	    const struct addr *remote, uint8_t ecn, const uint8_t *, size_t);
/* A packet of this connection was written: out with it. */
void	 conn_sent(struct quic_conn *, const ngtcp2_path *, uint8_t ecn,
	    const uint8_t *, size_t);
void	 conn_expire(struct quic_conn *);
/*
 * Writes what there is; runs the end of the connection if it is due.  false:
 * it is freed.
 */
bool	 conn_flush(struct quic_conn *);
/* When conn_expire() has something to do. */
uint64_t conn_due(struct quic_conn *);
/* Until when it need not be looked at for what just happened; 0: it must. */
uint64_t conn_rest(const struct quic_conn *);
/* Frees what ngtcp2 and TLS need. */
void	 conn_clear(struct quic_conn *);
void	 conn_path(ngtcp2_path *, const struct addr *local,
	    const struct addr *remote, unsigned int listener);

/* crypto.c */
/* In order, for libssl to take; -1: no memory, or it is too much. */
int	 crypto_receive(struct quic_conn *, const uint8_t *, size_t);
void	 crypto_clear(struct quic_conn *);

/* end.c */
/* The peer broke a rule of ours: application close with text as reason. */
void	 conn_fail(struct quic_conn *, const char *text);
/* It has waited for too long: CONNECTION_REFUSED (RFC 9000 5.2.2). */
void	 conn_refuse(struct quic_conn *);
/* An error of ngtcp2 on this connection. */
void	 conn_error(struct quic_conn *, int rv);
/* quic_close() is due. */
void	 conn_end_local(struct quic_conn *);
/* Acts upon qc_end; what is left is freed or lingers. */
void	 conn_finish(struct quic_conn *);
/* A packet for a connection that is over. */
void	 conn_linger(struct quic_conn *);

/* stream.c; int: 0, or NGTCP2_ERR_CALLBACK_FAILURE */
void	 stream_clear(struct quic_conn *);
/* Writes queued messages and closes halves: -1 when the connection failed. */
int	 stream_write(struct quic_conn *);
bool	 stream_delivered(const struct quic_conn *);
int	 stream_data_cb(ngtcp2_conn *, uint32_t flags, int64_t id,
	    uint64_t offset, const uint8_t *, size_t, void *, void *);
int	 stream_acked_cb(ngtcp2_conn *, int64_t id, uint64_t offset,
	    uint64_t len, void *, void *);
int	 stream_close_cb(ngtcp2_conn *, uint32_t flags, int64_t id,
	    uint64_t code, void *, void *);
int	 stream_reset_cb(ngtcp2_conn *, int64_t id, uint64_t size,
	    uint64_t code, void *, void *);
int	 stream_stopped_cb(ngtcp2_conn *, int64_t id, uint64_t code, void *,
	    void *);

#endif /* WZP_QUIC_CONN_H */
