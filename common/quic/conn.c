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
 * One connection: how it is set up in ngtcp2, read, written and ended.  The
 * rule for acknowledgements is in conn_due().
 */
#include "config.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/quic/admission.h"
#include "common/quic/conn.h"
#include "common/quic/protect.h"
#include "common/quic/session.h"

/*
 * What we announce as max_ack_delay: more than the ack_delay_ms (30) that
 * conn_due() waits, with room for a late timer; a peer that expects less
 * would take our silence for loss and send probes.
 */
#define ANNOUNCED_ACK_DELAY_MS	60
/* IDs that a peer may give us at a time (see allow_more_ids()). */
#define ANNOUNCED_CID_LIMIT	5
#define ENFORCED_CID_LIMIT	7
/* A turn writes at most this many packets of one connection. */
#define BURST_MAX		32
/* PMTUD sizes to try, best first: Ethernet, a tunnel, the least of IPv6. */
static const uint16_t	pmtud_probes[] = { QUIC_MTU_MAX, 1372, 1232 };

/*
 * How long the client's first DCID leads to the connection after the
 * handshake: a copy of the first Initial that arrives late must not begin
 * another one.
 */
#define ODCID_KEEP_NS		(3 * NS_PER_S)

/* What is known before the first packet. */
struct start {
	const uint8_t		*st_data;	/* token; len 0: none */
	size_t			 st_len;
	ngtcp2_token_type	 st_type;
	const struct quic_first	*st_retry;	/* NULL: no Retry */
	uint64_t		 st_rtt;	/* ns */
};

static int	setup(struct quic_conn *, SSL *, const ngtcp2_cid *dcid,
		    const ngtcp2_cid *scid, const ngtcp2_path *,
		    const ngtcp2_pkt_hd *, const struct start *);
static void	allow_more_ids(struct quic_conn *);
static void	give_token(struct quic_conn *);
static int	make_cid(struct quic_conn *, ngtcp2_cid *);
static void	refresh_path(struct quic_conn *);
static void	write_packets(struct quic_conn *);
static ngtcp2_conn *get_conn(ngtcp2_crypto_conn_ref *);
static void	settle(struct quic_conn *);
static int	crypto_data_cb(ngtcp2_conn *, ngtcp2_encryption_level,
		    uint64_t, const uint8_t *, size_t, void *);
static int	update_key_cb(ngtcp2_conn *, uint8_t *, uint8_t *,
		    ngtcp2_crypto_aead_ctx *, uint8_t *,
		    ngtcp2_crypto_aead_ctx *, uint8_t *, const uint8_t *,
		    const uint8_t *, size_t, void *);
static int	handshake_completed_cb(ngtcp2_conn *, void *);
static int	handshake_confirmed_cb(ngtcp2_conn *, void *);
static int	path_validation_cb(ngtcp2_conn *, uint32_t,
		    const ngtcp2_path *, const ngtcp2_path *,
		    ngtcp2_path_validation_result, void *);
static int	new_token_cb(ngtcp2_conn *, const uint8_t *, size_t, void *);
static int	datagram_cb(ngtcp2_conn *, uint32_t, const uint8_t *, size_t,
		    void *);
static int	new_cid_cb(ngtcp2_conn *, ngtcp2_cid *,
		    ngtcp2_stateless_reset_token *, size_t, void *);
static int	remove_cid_cb(ngtcp2_conn *, const ngtcp2_cid *, void *);
static int	dcid_status_cb(ngtcp2_conn *,
		    ngtcp2_connection_id_status_type, uint64_t,
		    const ngtcp2_cid *, const ngtcp2_stateless_reset_token *,
		    void *);
static int	reset_cb(ngtcp2_conn *, const ngtcp2_pkt_stateless_reset2 *,
		    void *);
static void	rand_cb(uint8_t *, size_t, const ngtcp2_rand_ctx *);

static const ngtcp2_callbacks callbacks = {
	.client_initial = ngtcp2_crypto_client_initial_cb,
	.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
	.recv_crypto_data = crypto_data_cb,
	.recv_retry = ngtcp2_crypto_recv_retry_cb,
	.encrypt = protect_encrypt_cb,
	.decrypt = protect_decrypt_cb,
	.hp_mask = protect_hp_mask_cb,
	.update_key = update_key_cb,
	.delete_crypto_aead_ctx = protect_delete_aead_cb,
	.delete_crypto_cipher_ctx = protect_delete_cipher_cb,
	.version_negotiation = ngtcp2_crypto_version_negotiation_cb,
	.get_path_challenge_data2 =
	    ngtcp2_crypto_get_path_challenge_data2_cb,
	.rand = rand_cb,
	.get_new_connection_id2 = new_cid_cb,
	.remove_connection_id = remove_cid_cb,
	.dcid_status2 = dcid_status_cb,
	.recv_stateless_reset2 = reset_cb,
	.handshake_completed = handshake_completed_cb,
	.handshake_confirmed = handshake_confirmed_cb,
	.path_validation = path_validation_cb,
	.recv_new_token = new_token_cb,
	.recv_datagram = datagram_cb,
	.recv_stream_data = stream_data_cb,
	.acked_stream_data_offset = stream_acked_cb,
	.stream_close = stream_close_cb,
	.stream_reset = stream_reset_cb,
	.recv_stop_sending = stream_stopped_cb
};

int
conn_accept(struct quic_conn *c, const ngtcp2_pkt_hd *hd,
    const struct quic_first *first, const ngtcp2_path *path)
{
	struct start	 start;
	ngtcp2_cid	 scid;
	SSL		*ssl;

	c->qc_ref.get_conn = get_conn;
	c->qc_ref.user_data = c;
	ssl = session_server(c->qc_ep->ep_config.tls_server, &c->qc_ref);
	if (ssl == NULL)
		return (-1);
	if (make_cid(c, &scid) == -1) {
		session_free(ssl);
		return (-1);
	}
	/* A token that nobody has checked is as good as none. */
	memset(&start, 0, sizeof(start));
	start.st_rtt = QUIC_INITIAL_RTT_MS * NS_PER_MS;
	if (first != NULL && first->validated) {
		start.st_data = hd->token;
		start.st_len = hd->tokenlen;
		start.st_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
		if (first->retry_scid_len != 0) {
			start.st_type = NGTCP2_TOKEN_TYPE_RETRY;
			start.st_retry = first;
		}
	}
	return (setup(c, ssl, &hd->scid, &scid, path, hd, &start));
}

int
conn_dial(struct quic_conn *c, const char *sni, const struct quic_past *past,
    const ngtcp2_path *path)
{
	struct start	 start;
	ngtcp2_cid	 dcid, scid;
	SSL		*ssl;

	if (past->token_len > QUIC_TOKEN_MAX || strlen(sni) >= QUIC_SNI_MAX ||
	    (c->qc_name = strdup(sni)) == NULL)
		return (-1);
	c->qc_ref.get_conn = get_conn;
	c->qc_ref.user_data = c;
	ssl = session_client(c->qc_ep->ep_config.tls_client, &c->qc_ref, sni);
	if (ssl == NULL)
		return (-1);
	(void)ticket_offer(ssl, past->ticket, past->ticket_len);
	if (c->qc_ep->ep_dcid_len != 0) {
		ngtcp2_cid_init(&dcid, c->qc_ep->ep_dcid,
		    c->qc_ep->ep_dcid_len);
	} else {
		dcid.datalen = c->qc_ep->ep_config.as_original ? 20 : 16;
		arc4random_buf(dcid.data, dcid.datalen);
	}
	if (make_cid(c, &scid) == -1) {
		session_free(ssl);
		return (-1);
	}
	c->qc_announced = true;
	memset(&start, 0, sizeof(start));
	start.st_data = past->token;
	start.st_len = past->token_len;
	start.st_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
	start.st_rtt = QUIC_INITIAL_RTT_MS * NS_PER_MS;
	if (past->rtt_us != 0 && past->rtt_us < QUIC_INITIAL_RTT_MS * 1000)
		start.st_rtt = past->rtt_us < QUIC_PAST_RTT_MIN_MS * 1000 ?
		    QUIC_PAST_RTT_MIN_MS * NS_PER_MS : past->rtt_us * 1000;
	return (setup(c, ssl, &dcid, &scid, path, NULL, &start));
}

/* Takes ssl.  hd: the client's first packet, NULL when we dial. */
static int
setup(struct quic_conn *c, SSL *ssl, const ngtcp2_cid *dcid,
    const ngtcp2_cid *scid, const ngtcp2_path *path, const ngtcp2_pkt_hd *hd,
    const struct start *start)
{
	const struct quic_limits	*lim = &c->qc_ep->ep_config.limits;
	ngtcp2_settings			 settings;
	ngtcp2_transport_params		 params;
	int				 rv;

	ngtcp2_settings_default(&settings);
	settings.cc_algo = lim->congestion == QUIC_BBR ?
	    NGTCP2_CC_ALGO_BBR : NGTCP2_CC_ALGO_CUBIC;
	settings.initial_ts = c->qc_ep->ep_now;
	settings.initial_rtt = start->st_rtt;
	settings.max_tx_udp_payload_size = QUIC_MTU_MAX;
	settings.pmtud_probes = pmtud_probes;
	settings.pmtud_probeslen =
	    sizeof(pmtud_probes) / sizeof(pmtud_probes[0]);
	settings.handshake_timeout = lim->handshake_ms * NS_PER_MS;
	/*
	 * Whatever we write carries the acknowledgement of all that was
	 * read, however short ago; when to write is for conn_due() to say.
	 */
	settings.ack_thresh = 1;
	if (start->st_len > 0) {
		settings.token = start->st_data;
		settings.tokenlen = start->st_len;
		settings.token_type = start->st_type;
	}

	ngtcp2_transport_params_default(&params);
	params.max_idle_timeout = lim->idle_ms * NS_PER_MS;
	params.max_udp_payload_size = QUIC_MAX_DATAGRAM;
	params.initial_max_data = QUIC_WINDOW;
	params.initial_max_stream_data_bidi_local = QUIC_STREAM_WINDOW;
	params.initial_max_stream_data_bidi_remote = QUIC_STREAM_WINDOW;
	params.initial_max_stream_data_uni = QUIC_STREAM_WINDOW;
	params.initial_max_streams_bidi = lim->max_streams;
	params.initial_max_streams_uni = QUIC_STREAMS_UNI;
	params.active_connection_id_limit = ANNOUNCED_CID_LIMIT;
	params.max_datagram_frame_size = QUIC_DATAGRAM_FRAME_MAX;
	params.max_ack_delay = ANNOUNCED_ACK_DELAY_MS * NS_PER_MS;
	params.grease_quic_bit = 1;

	if (hd != NULL) {
		params.original_dcid = hd->dcid;
		params.original_dcid_present = 1;
		if (start->st_retry != NULL) {
			/* RFC 9000 7.3: the client compares all three. */
			ngtcp2_cid_init(&params.original_dcid,
			    start->st_retry->odcid, start->st_retry->odcid_len);
			params.retry_scid = hd->dcid;
			params.retry_scid_present = 1;
		}
		params.stateless_reset_token_present = 1;
		if (packet_reset_token(params.stateless_reset_token,
		    c->qc_ep->ep_config.reset_key, scid->data,
		    scid->datalen) == -1) {
			session_free(ssl);
			return (-1);
		}
		rv = ngtcp2_conn_server_new(&c->qc_ng, dcid, scid, path,
		    hd->version, &callbacks, &settings, &params, NULL, c);
	} else
		rv = ngtcp2_conn_client_new(&c->qc_ng, dcid, scid, path,
		    NGTCP2_PROTO_VER_V1, &callbacks, &settings, &params, NULL,
		    c);
	if (rv != 0) {
		c->qc_ng = NULL;
		session_free(ssl);
		return (-1);
	}
	c->qc_ssl = ssl;
	if (ngtcp2_crypto_ossl_ctx_new(&c->qc_octx, ssl) != 0) {
		c->qc_octx = NULL;
		return (-1);
	}
	ngtcp2_conn_set_tls_native_handle(c->qc_ng, c->qc_octx);
	if (lim->keepalive_ms != 0)
		ngtcp2_conn_set_keep_alive_timeout(c->qc_ng,
		    lim->keepalive_ms * NS_PER_MS);
	c->qc_want_write = true;
	return (0);
}

void
conn_clear(struct quic_conn *c)
{
	/* In this order: each refers to the one after it. */
	session_free(c->qc_ssl);
	if (c->qc_octx != NULL)
		ngtcp2_crypto_ossl_ctx_del(c->qc_octx);
	ngtcp2_conn_del(c->qc_ng);
	c->qc_ssl = NULL;
	c->qc_octx = NULL;
	c->qc_ng = NULL;
	crypto_clear(c);
	while (c->qc_ntokens > 0)
		(void)table_remove(c->qc_ep->ep_tokens,
		    c->qc_tokens[--c->qc_ntokens], 16);
	free(c->qc_tokens);
	c->qc_tokens = NULL;
	stream_clear(c);
}

/*
 * Callbacks run from within.  Nothing is written: conn_flush() decides.
 */
void
conn_read(struct quic_conn *c, const ngtcp2_path *path,
    const struct addr *remote, uint8_t ecn, const uint8_t *data, size_t len)
{
	ngtcp2_pkt_info		 pi;
	ngtcp2_conn_info	 info;
	int			 rv;

	memset(&pi, 0, sizeof(pi));
	pi.ecn = ecn & NGTCP2_ECN_MASK;
	c->qc_busy = true;
	rv = ngtcp2_conn_read_pkt(c->qc_ng, path, &pi, data, len,
	    c->qc_ep->ep_now);
	c->qc_busy = false;
	if (c->qc_unacked_since == UINT64_MAX)
		c->qc_unacked_since = c->qc_ep->ep_now;
	endpoint_dirty(c);
	if (rv != 0) {
		conn_error(c, rv);
		return;
	}
	/* A new address of the peer's wants to be validated at once. */
	if (!addr_equal(remote, &c->qc_remote)) {
		c->qc_want_write = true;
		refresh_path(c);
	}
	ngtcp2_conn_get_conn_info2(c->qc_ng, &info);
	/* Discarded ones are not counted. */
	if (info.pkt_recv != c->qc_pkt_recv) {
		c->qc_pkt_recv = info.pkt_recv;
		c->qc_heard = c->qc_ep->ep_now;
	}
	/* What was just found lost is not sent again by any timer. */
	if ((c->qc_tx_open > 0 || c->qc_nfins > 0 || !c->qc_confirmed) &&
	    info.pkt_lost != c->qc_pkt_lost) {
		c->qc_pkt_lost = info.pkt_lost;
		c->qc_want_write = true;
	}
	if (!c->qc_confirmed || c->qc_ep->ep_config.limits.ack_delay_ms == 0)
		c->qc_want_write = true;
}

void
conn_continue(struct quic_conn *c)
{
	int	rv;

	if (c->qc_ng == NULL || c->qc_end.ce_set)
		return;
	c->qc_busy = true;
	rv = ngtcp2_conn_continue_handshake(c->qc_ng, c->qc_ep->ep_now);
	c->qc_busy = false;
	c->qc_want_write = true;
	endpoint_dirty(c);
	if (rv != 0)
		conn_error(c, rv);
}

/* What the path is by now; a NAT may have moved the peer. */
static void
refresh_path(struct quic_conn *c)
{
	const ngtcp2_path	*path = ngtcp2_conn_get_path2(c->qc_ng);
	struct addr		 a;

	if (addr_from_sockaddr(&a, path->remote.addr,
	    path->remote.addrlen) == 0)
		c->qc_remote = a;
	if (addr_from_sockaddr(&a, path->local.addr,
	    path->local.addrlen) == 0 && !addr_is_any(&a))
		c->qc_local = a;
	c->qc_listener = (unsigned int)(uintptr_t)path->user_data;
}

void
conn_expire(struct quic_conn *c)
{
	uint64_t	now = c->qc_ep->ep_now;
	int		rv;

	if (c->qc_end.ce_set)
		return;
	if (ngtcp2_conn_get_expiry2(c->qc_ng) <= now) {
		c->qc_busy = true;
		rv = ngtcp2_conn_handle_expiry(c->qc_ng, now);
		c->qc_busy = false;
		if (rv != 0) {
			conn_error(c, rv);
			return;
		}
	}
	if (c->qc_rx_deadline <= now) {
		conn_fail(c, "message not complete in time");
		return;
	}
	c->qc_want_write = true;
}

bool
conn_flush(struct quic_conn *c)
{
	uint64_t	now = c->qc_ep->ep_now;

	if (c->qc_ng == NULL)
		return (true);
	if (c->qc_server && c->qc_established && !c->qc_settled &&
	    !c->qc_end.ce_set && c->qc_ep->ep_config.export_label != NULL)
		settle(c);
	if (c->qc_close_wait && c->qc_close_by == UINT64_MAX)
		c->qc_close_by = now + QUIC_DELIVER_MS * NS_PER_MS;
	if (!c->qc_end.ce_set && (c->qc_want_write || c->qc_write_by <= now ||
	    c->qc_mark || !TAILQ_EMPTY(&c->qc_txq)))
		write_packets(c);
	if (!c->qc_end.ce_set && (c->qc_close || (c->qc_close_wait &&
	    (now >= c->qc_close_by || stream_delivered(c)))))
		conn_end_local(c);
	if (c->qc_odcid_len > 0 && c->qc_confirmed && now >= c->qc_odcid_until)
		endpoint_forget_odcid(c);
	if (c->qc_end.ce_set) {
		conn_finish(c);
		if (c->qc_linger_until == 0) {
			endpoint_conn_free(c);
			return (false);
		}
	}
	return (true);
}

/*
 * When the connection's timer has something to do.  ngtcp2 would send an
 * acknowledgement an eighth of the round-trip time after the packet, which
 * on a short path means a packet of its own for each datagram.  So once the
 * handshake is confirmed its acknowledgement timer counts as ack_delay_ms
 * after the first packet that nothing was written after; usually the next
 * outgoing datagram comes before that and carries the ACK.  All other timers
 * of ngtcp2 count as they are, except that one between the two moments is
 * not told apart and comes up to ack_delay_ms late.
 */
uint64_t
conn_due(struct quic_conn *c)
{
	const struct quic_limits	*lim = &c->qc_ep->ep_config.limits;
	ngtcp2_conn_info		 info;
	uint64_t			 due, ack;

	if (c->qc_ng == NULL)
		return (c->qc_linger_until);
	if (c->qc_end.ce_set || c->qc_want_write)
		return (c->qc_ep->ep_now);
	due = ngtcp2_conn_get_expiry2(c->qc_ng);
	if (c->qc_confirmed && c->qc_unacked_since != UINT64_MAX &&
	    lim->ack_delay_ms != 0) {
		ngtcp2_conn_get_conn_info2(c->qc_ng, &info);
		ack = info.smoothed_rtt / 8;
		if (ack > ANNOUNCED_ACK_DELAY_MS * NS_PER_MS)
			ack = ANNOUNCED_ACK_DELAY_MS * NS_PER_MS;
		if (due >= c->qc_unacked_since + ack)
			due = c->qc_unacked_since +
			    lim->ack_delay_ms * NS_PER_MS;
	}
	if (c->qc_write_by < due)
		due = c->qc_write_by;
	if (c->qc_close_wait && c->qc_close_by < due)
		due = c->qc_close_by;
	if (c->qc_rx_deadline < due)
		due = c->qc_rx_deadline;
	return (due);
}

/*
 * Until then the connection's timer need not be looked at for what just
 * happened; 0: it must.  Where only datagrams come and go, nothing is due
 * before an acknowledgement may be: a probe for datagrams that were lost, the
 * one thing that could be, brings nothing back.
 */
uint64_t
conn_rest(const struct quic_conn *c)
{
	const struct quic_endpoint	*ep = c->qc_ep;

	if (!c->qc_confirmed || c->qc_want_write || c->qc_end.ce_set ||
	    c->qc_close_wait || c->qc_write_by != UINT64_MAX ||
	    c->qc_rx_deadline != UINT64_MAX || c->qc_tx_open > 0 ||
	    c->qc_nfins > 0 || !TAILQ_EMPTY(&c->qc_txwait))
		return (0);
	return (ep->ep_now + ep->ep_config.limits.ack_delay_ms * NS_PER_MS);
}

/*
 * ngtcp2 insists on two addresses of one family; an unknown local one is the
 * wildcard, which endpoint_transmit() leaves out again.
 */
void
conn_path(ngtcp2_path *path, const struct addr *local,
    const struct addr *remote, unsigned int listener)
{
	static const struct sockaddr_in		any4 = {
		.sin_family = AF_INET
	};
	static const struct sockaddr_in6	any6 = {
		.sin6_family = AF_INET6
	};
	union {
		const struct sockaddr	*c;
		struct sockaddr		*v;
	}					u;

	/* ngtcp2 reads through these pointers only. */
	u.c = &remote->addr_u.sa;
	path->remote.addr = u.v;
	path->remote.addrlen = remote->addr_len;
	if (local != NULL && local->addr_len != 0) {
		u.c = &local->addr_u.sa;
		path->local.addrlen = local->addr_len;
	} else if (addr_family(remote) == AF_INET) {
		u.c = (const struct sockaddr *)&any4;
		path->local.addrlen = sizeof(any4);
	} else {
		u.c = (const struct sockaddr *)&any6;
		path->local.addrlen = sizeof(any6);
	}
	path->local.addr = u.v;
	path->user_data = (void *)(uintptr_t)listener;
}

void
conn_sent(struct quic_conn *c, const ngtcp2_path *path, uint8_t ecn,
    const uint8_t *data, size_t len)
{
	c->qc_unacked_since = UINT64_MAX;
	endpoint_transmit(c, path, ecn, data, len);
}

static void
write_packets(struct quic_conn *c)
{
	struct quic_endpoint	*ep = c->qc_ep;
	ngtcp2_path_storage	 ps;
	ngtcp2_pkt_info		 pi;
	ngtcp2_ssize		 n;
	unsigned int		 i;
	bool			 all;

	all = c->qc_want_write || c->qc_write_by <= ep->ep_now;
	/*
	 * A rate that is what we have to say is not what the path can take,
	 * but ngtcp2 tells the one from the other only by a write that finds
	 * nothing left, and after one that was a datagram it is not asked.
	 * Without this BBR shrinks its window to what was in flight when
	 * something was lost.  Not while an acknowledgement would go alone.
	 */
	if (c->qc_mark && c->qc_unacked_since == UINT64_MAX)
		all = true;
	if (all)
		c->qc_mark = false;
	c->qc_want_write = false;
	c->qc_write_by = UINT64_MAX;
	if (c->qc_established && stream_write(c) == -1)
		return;
	for (i = 0; all && i < BURST_MAX; i++) {
		ngtcp2_path_storage_zero(&ps);
		c->qc_busy = true;
		n = ngtcp2_conn_write_pkt(c->qc_ng, &ps.path, &pi,
		    ep->ep_packet, sizeof(ep->ep_packet), ep->ep_now);
		c->qc_busy = false;
		if (n < 0) {
			conn_error(c, (int)n);
			return;
		}
		if (n == 0)
			break;
		conn_sent(c, &ps.path, pi.ecn, ep->ep_packet, (size_t)n);
	}
	/* There may be more: others first, then the timer comes back. */
	if (all && i == BURST_MAX)
		c->qc_want_write = true;
	/* Even if nothing was written: then there was nothing to tell. */
	if (all)
		c->qc_unacked_since = UINT64_MAX;
}

/* -1: no memory, or the peer has enough of them. */
static int
make_cid(struct quic_conn *c, ngtcp2_cid *cid)
{
	struct quic_endpoint	*ep = c->qc_ep;
	void			*more;
	size_t			 cap;

	if (c->qc_ncids == c->qc_cids_cap) {
		cap = c->qc_cids_cap == 0 ? CONN_CIDS_MIN :
		    c->qc_cids_cap * 2;
		if (cap > CONN_CIDS_MAX || (more = reallocarray(c->qc_cids,
		    cap, sizeof(*c->qc_cids))) == NULL)
			return (-1);
		c->qc_cids = more;
		c->qc_cids_cap = cap;
	}
	cid->datalen = ep->ep_cid_len;
	if (ep->ep_cid_len == CID_LEN)
		cid_make(&ep->ep_key, ep->ep_config.slot, c->qc_index,
		    cid->data);
	else
		cid_make_short(&ep->ep_key, c->qc_index, cid->data);
	memcpy(c->qc_cids[c->qc_ncids++], cid->data, cid->datalen);
	return (0);
}

/*
 * session.h: a ClientHello names what it wants; twice after a
 * HelloRetryRequest, and again when it had to wait.
 */
int
conn_hello(struct quic_conn *c, const char *name)
{
	const struct quic_config	*cf = &c->qc_ep->ep_config;

	if (c->qc_announced && strcmp(name, c->qc_name) != 0)
		return (0);
	if (!admission_may_answer(c))
		return (-1);
	if (c->qc_announced)
		return (1);
	free(c->qc_name);
	if ((c->qc_name = strdup(name)) == NULL)
		return (0);
	if (cf->ops->accept != NULL &&
	    cf->ops->accept(cf->arg, c, c->qc_name) != QUIC_ACCEPT)
		return (0);
	c->qc_announced = true;
	return (1);
}

void
conn_certificate(struct quic_conn *c, const uint8_t sha256[32])
{
	memcpy(c->qc_cert, sha256, sizeof(c->qc_cert));
	c->qc_have_cert = true;
}

void
conn_ticket(struct quic_conn *c, const uint8_t *session, size_t len)
{
	const struct quic_config	*cf = &c->qc_ep->ep_config;

	if (cf->ops->ticket != NULL && !c->qc_ended)
		cf->ops->ticket(cf->arg, c, session, len);
}

/*
 * The keys are ngtcp2's own by now, and so is what may have to be sent once
 * more, also a ticket for one who asked; a client says nothing in CRYPTO
 * after its Finished.  What libssl still has (the client's key share, the
 * certificates, the transcript) is more than a third of what a connection
 * needs.
 */
static void
settle(struct quic_conn *c)
{
	const char	*label = c->qc_ep->ep_config.export_label;

	if (SSL_export_keying_material(c->qc_ssl, c->qc_export,
	    sizeof(c->qc_export), label, strlen(label), NULL, 0, 0) != 1) {
		conn_error(c, NGTCP2_ERR_INTERNAL);
		return;
	}
	c->qc_settled = true;
	ngtcp2_conn_set_tls_native_handle(c->qc_ng, NULL);
	session_free(c->qc_ssl);
	ngtcp2_crypto_ossl_ctx_del(c->qc_octx);
	c->qc_ssl = NULL;
	c->qc_octx = NULL;
	crypto_clear(c);
}

/* libssl would not take a message after the handshake either (RFC 9001 6). */
static int
crypto_data_cb(ngtcp2_conn *ng, ngtcp2_encryption_level level,
    uint64_t offset, const uint8_t *data, size_t len, void *arg)
{
	struct quic_conn	*c = arg;

	if (c->qc_settled) {
		ngtcp2_conn_set_tls_alert(ng, SSL_AD_UNEXPECTED_MESSAGE);
		return (NGTCP2_ERR_CRYPTO);
	}
	if (crypto_receive(c, data, len) == -1)
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	return (ngtcp2_crypto_recv_crypto_data_cb(ng, level, offset, NULL, 0,
	    arg));
}

static int
update_key_cb(ngtcp2_conn *ng, uint8_t *rx_secret, uint8_t *tx_secret,
    ngtcp2_crypto_aead_ctx *rx, uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx,
    uint8_t *tx_iv, const uint8_t *rx_current, const uint8_t *tx_current,
    size_t len, void *arg)
{
	struct quic_conn	*c = arg;

	return (protect_update(ng, c->qc_ep->ep_config.shared_ciphers,
	    rx_secret, tx_secret, rx, rx_iv, tx, tx_iv, rx_current,
	    tx_current, len) == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE);
}

static ngtcp2_conn *
get_conn(ngtcp2_crypto_conn_ref *ref)
{
	struct quic_conn	*c = ref->user_data;

	return (c->qc_ng);
}

/*
 * By now libssl has checked the peer's Finished and, when we dial, that
 * CertificateVerify was made with the certificate's key.
 */
static int
handshake_completed_cb(ngtcp2_conn *ng, void *arg)
{
	struct quic_conn		*c = arg;
	const struct quic_config	*cf = &c->qc_ep->ep_config;
	struct conn_end			*ce = &c->qc_end;

	(void)ng;
	c->qc_resumed = SSL_session_reused(c->qc_ssl) == 1;
	if (!c->qc_server && !c->qc_have_cert)
		c->qc_have_cert = ticket_certificate(c->qc_ssl, c->qc_cert);
	if (!c->qc_server && cf->ops->verify != NULL && (!c->qc_have_cert ||
	    !cf->ops->verify(cf->arg, c, c->qc_cert))) {
		ce->ce_set = true;
		ce->ce_keep = true;
		ce->ce_kind = QUIC_CLOSED_HANDSHAKE;
		ce->ce_text = "certificate refused";
		ngtcp2_ccerr_set_tls_alert(&ce->ce_ccerr,
		    SSL_AD_BAD_CERTIFICATE, NULL, 0);
		ce->ce_code = ce->ce_ccerr.error_code;
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	}
	c->qc_established = true;
	c->qc_validated = c->qc_remote;
	endpoint_shook(c);
	if (c->qc_server)
		c->qc_confirmed = true;	/* RFC 9001 4.1.2 */
	c->qc_odcid_until = c->qc_ep->ep_now + ODCID_KEEP_NS;
	c->qc_want_write = true;
	allow_more_ids(c);
	give_token(c);
	if (cf->ops->established != NULL)
		cf->ops->established(cf->arg, c);
	return (0);
}

static int
path_validation_cb(ngtcp2_conn *ng, uint32_t flags, const ngtcp2_path *path,
    const ngtcp2_path *fallback, ngtcp2_path_validation_result result,
    void *arg)
{
	const ngtcp2_path	*now = ngtcp2_conn_get_path2(ng);
	struct quic_conn	*c = arg;
	struct addr		 valid, current;

	(void)flags;
	(void)fallback;
	/* The path left behind is validated once more, too (9.3.3). */
	if (result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS &&
	    addr_from_sockaddr(&valid, path->remote.addr,
	    path->remote.addrlen) == 0 &&
	    addr_from_sockaddr(&current, now->remote.addr,
	    now->remote.addrlen) == 0 && addr_equal(&valid, &current))
		c->qc_validated = valid;
	return (0);
}

static int
handshake_confirmed_cb(ngtcp2_conn *ng, void *arg)
{
	struct quic_conn	*c = arg;

	(void)ng;
	c->qc_confirmed = true;
	c->qc_want_write = true;
	return (0);
}

/*
 * A peer whose address a NAT changes and who then moves on purpose while the
 * first change is still being validated is asked to retire an ID that ngtcp2
 * (1.24) keeps counting for the fallback path; the replacement that the peer
 * rightly sends is one too many and would end the connection with
 * CONNECTION_ID_LIMIT.  So the limit that was announced stays, and the one
 * that is enforced leaves room; ngtcp2's own pool has 8 places.
 */
static void
allow_more_ids(struct quic_conn *c)
{
	union {
		const ngtcp2_transport_params	*c;
		ngtcp2_transport_params		*v;
	}	u;

	u.c = ngtcp2_conn_get_local_transport_params2(c->qc_ng);
	u.v->active_connection_id_limit = ENFORCED_CID_LIMIT;
}

/*
 * What lets the client of a complete handshake in without a Retry the next
 * time (RFC 9000 8.1.3); doord checks it.  Not to have one is no harm.
 */
static void
give_token(struct quic_conn *c)
{
	struct quic_endpoint	*ep = c->qc_ep;
	uint8_t			 token[PACKET_TOKEN_MAX];
	size_t			 n;

	if (!c->qc_server || ep->ep_token_generation == 0)
		return;
	n = packet_token_make(token, ep->ep_token_key, &c->qc_remote,
	    ep->ep_now);
	if (n > 0)
		(void)ngtcp2_conn_submit_new_token(c->qc_ng, token, n);
}

static int
new_token_cb(ngtcp2_conn *ng, const uint8_t *token, size_t len, void *arg)
{
	struct quic_conn		*c = arg;
	const struct quic_config	*cf = &c->qc_ep->ep_config;

	(void)ng;
	if (cf->ops->new_token != NULL && !c->qc_ended &&
	    len <= QUIC_TOKEN_MAX)
		cf->ops->new_token(cf->arg, c, token, len);
	return (0);
}

static int
datagram_cb(ngtcp2_conn *ng, uint32_t flags, const uint8_t *data, size_t len,
    void *arg)
{
	struct quic_conn		*c = arg;
	const struct quic_config	*cf = &c->qc_ep->ep_config;

	(void)ng;
	(void)flags;
	c->qc_stats.datagrams_in++;
	c->qc_stats.bytes_in += len;
	if (cf->ops->datagram != NULL && !c->qc_ended && !c->qc_close)
		cf->ops->datagram(cf->arg, c,
		    len == 0 ? (const uint8_t *)"" : data, len);
	return (0);
}

static int
new_cid_cb(ngtcp2_conn *ng, ngtcp2_cid *cid,
    ngtcp2_stateless_reset_token *token, size_t cidlen, void *arg)
{
	struct quic_conn	*c = arg;

	(void)ng;
	if (cidlen != c->qc_ep->ep_cid_len || make_cid(c, cid) == -1)
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	if (packet_reset_token(token->data, c->qc_ep->ep_config.reset_key,
	    cid->data, cid->datalen) == -1)
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	return (0);
}

static int
remove_cid_cb(ngtcp2_conn *ng, const ngtcp2_cid *cid, void *arg)
{
	struct quic_conn	*c = arg;
	size_t			 i;

	(void)ng;
	for (i = 0; i < c->qc_ncids; i++) {
		if (cid->datalen == c->qc_ep->ep_cid_len &&
		    memcmp(c->qc_cids[i], cid->data, cid->datalen) == 0) {
			c->qc_ncids--;
			memmove(c->qc_cids[i], c->qc_cids[c->qc_ncids],
			    CID_LEN);
			break;
		}
	}
	return (0);
}

/*
 * The peer's stateless resets carry no ID of ours: they are found by token.
 * Two connections with one token: the first keeps it.
 */
static int
dcid_status_cb(ngtcp2_conn *ng, ngtcp2_connection_id_status_type type,
    uint64_t seq, const ngtcp2_cid *cid,
    const ngtcp2_stateless_reset_token *token, void *arg)
{
	struct quic_conn	*c = arg;
	struct table		*t = c->qc_ep->ep_tokens;
	size_t			 i;

	(void)ng;
	(void)seq;
	(void)cid;
	if (token == NULL)
		return (0);
	if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE) {
		if (c->qc_tokens == NULL)
			c->qc_tokens = calloc(CONN_TOKENS_MAX,
			    sizeof(*c->qc_tokens));
		if (c->qc_tokens != NULL && c->qc_ntokens < CONN_TOKENS_MAX &&
		    table_insert(t, token->data, 16, c) == 0)
			memcpy(c->qc_tokens[c->qc_ntokens++], token->data, 16);
		return (0);
	}
	for (i = 0; i < c->qc_ntokens; i++) {
		if (memcmp(c->qc_tokens[i], token->data, 16) == 0) {
			(void)table_remove(t, token->data, 16);
			c->qc_ntokens--;
			memmove(c->qc_tokens[i], c->qc_tokens[c->qc_ntokens],
			    16);
			break;
		}
	}
	return (0);
}

static int
reset_cb(ngtcp2_conn *ng, const ngtcp2_pkt_stateless_reset2 *sr, void *arg)
{
	struct quic_conn	*c = arg;

	(void)ng;
	(void)sr;
	c->qc_reset = true;
	return (0);
}

static void
rand_cb(uint8_t *out, size_t len, const ngtcp2_rand_ctx *ctx)
{
	(void)ctx;
	arc4random_buf(out, len);
}
