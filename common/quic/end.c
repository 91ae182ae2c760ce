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
 * How a connection ends: why, what the peer is told, what the user hears,
 * and what remains of it for a while.
 */
#include "config.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

#include "common/quic/admission.h"
#include "common/quic/conn.h"

static void	write_close(struct quic_conn *);

void
conn_fail(struct quic_conn *c, const char *text)
{
	struct conn_end	*ce = &c->qc_end;

	if (ce->ce_set)
		return;
	ce->ce_set = true;
	ce->ce_keep = true;
	ce->ce_kind = QUIC_CLOSED_ERROR;
	ce->ce_text = text;
	/* Originals know no code but 0 (wzp-protocol 1.7). */
	ngtcp2_ccerr_set_application_error(&ce->ce_ccerr, 0,
	    (const uint8_t *)text, strlen(text));
	endpoint_dirty(c);
}

void
conn_refuse(struct quic_conn *c)
{
	struct conn_end	*ce = &c->qc_end;

	if (ce->ce_set)
		return;
	ce->ce_set = true;
	ce->ce_kind = QUIC_CLOSED_HANDSHAKE;
	ce->ce_code = NGTCP2_CONNECTION_REFUSED;
	ce->ce_text = "waited too long";
	ngtcp2_ccerr_set_transport_error(&ce->ce_ccerr,
	    NGTCP2_CONNECTION_REFUSED, NULL, 0);
	endpoint_dirty(c);
}

void
conn_error(struct quic_conn *c, int rv)
{
	struct conn_end		*ce = &c->qc_end;
	const ngtcp2_ccerr	*peer;
	uint8_t			 alert;

	if (ce->ce_set)
		return;
	ce->ce_set = true;
	ce->ce_silent = true;
	ce->ce_kind = QUIC_CLOSED_ERROR;
	ce->ce_text = ngtcp2_strerror(rv);
	switch (rv) {
	case NGTCP2_ERR_DRAINING:
		ce->ce_keep = true;
		if (c->qc_reset) {
			ce->ce_kind = QUIC_CLOSED_RESET;
			ce->ce_text = "stateless reset";
			break;
		}
		peer = ngtcp2_conn_get_ccerr2(c->qc_ng);
		ce->ce_code = peer->error_code;
		ce->ce_kind = QUIC_CLOSED_BY_PEER;
		ce->ce_text = "closed by the peer";
		if (peer->type == NGTCP2_CCERR_TYPE_APPLICATION)
			ce->ce_kind = QUIC_CLOSED_BY_PEER_APP;
		break;
	case NGTCP2_ERR_IDLE_CLOSE:
		ce->ce_kind = QUIC_CLOSED_IDLE;
		ce->ce_text = "idle";
		break;
	case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
		ce->ce_text = "no answer";
		break;
	case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
	case NGTCP2_ERR_DROP_CONN:
	case NGTCP2_ERR_RETRY:		/* doord's job: not the first packet */
	case NGTCP2_ERR_CLOSING:
		break;
	case NGTCP2_ERR_CRYPTO:
		alert = ngtcp2_conn_get_tls_alert2(c->qc_ng);
		ngtcp2_ccerr_set_tls_alert(&ce->ce_ccerr, alert, NULL, 0);
		ce->ce_code = ce->ce_ccerr.error_code;
		ce->ce_silent = false;
		ce->ce_keep = true;
		ERR_clear_error();
		break;
	default:
		ngtcp2_ccerr_set_liberr(&ce->ce_ccerr, rv, NULL, 0);
		ce->ce_code = ce->ce_ccerr.error_code;
		ce->ce_silent = false;
		ce->ce_keep = true;
		ERR_clear_error();
		break;
	}
	if (!c->qc_established && ce->ce_kind != QUIC_CLOSED_IDLE)
		ce->ce_kind = QUIC_CLOSED_HANDSHAKE;
	endpoint_dirty(c);
}

/* quic_close(): tell the peer our code and reason. */
void
conn_end_local(struct quic_conn *c)
{
	struct conn_end	*ce = &c->qc_end;

	ce->ce_set = true;
	ce->ce_keep = true;
	ce->ce_kind = QUIC_CLOSED_LOCAL;
	ce->ce_code = c->qc_close_code;
	ce->ce_text = "closed";
	ngtcp2_ccerr_set_application_error(&ce->ce_ccerr, c->qc_close_code,
	    (const uint8_t *)c->qc_close_reason,
	    c->qc_close_reason == NULL ? 0 : strlen(c->qc_close_reason));
}

/*
 * Tells the peer and the user, and lets go of everything but what late
 * packets need (RFC 9000 10.2: 3 PTO).
 */
void
conn_finish(struct quic_conn *c)
{
	struct quic_endpoint	*ep = c->qc_ep;
	struct conn_end		*ce = &c->qc_end;
	const ngtcp2_ccerr	*peer;
	struct quic_close	 qc;
	uint64_t		 pto;

	c->qc_ended = true;
	if (!ce->ce_silent)
		write_close(c);
	if (c->qc_announced && ep->ep_config.ops->closed != NULL) {
		memset(&qc, 0, sizeof(qc));
		qc.kind = ce->ce_kind;
		qc.code = ce->ce_code;
		qc.text = ce->ce_text;
		peer = ngtcp2_conn_get_ccerr2(c->qc_ng);
		if (ngtcp2_conn_in_draining_period2(c->qc_ng)) {
			qc.reason = peer->reason;
			qc.reason_len = peer->reasonlen;
		}
		ep->ep_config.ops->closed(ep->ep_config.arg, c, &qc);
	}
	pto = ngtcp2_conn_get_pto2(c->qc_ng);
	admission_wait_no_more(c);
	conn_clear(c);
	ep->ep_live--;
	if (!c->qc_established)
		endpoint_shook(c);
	if (ce->ce_keep && ep->ep_used - ep->ep_live <=
	    ep->ep_config.limits.max_connections)
		c->qc_linger_until = ep->ep_now + 3 * pto;
}

static void
write_close(struct quic_conn *c)
{
	struct quic_endpoint	*ep = c->qc_ep;
	ngtcp2_path_storage	 ps;
	ngtcp2_pkt_info		 pi;
	ngtcp2_ssize		 n;

	ngtcp2_path_storage_zero(&ps);
	n = ngtcp2_conn_write_connection_close(c->qc_ng, &ps.path, &pi,
	    ep->ep_packet, sizeof(ep->ep_packet), &c->qc_end.ce_ccerr,
	    ep->ep_now);
	if (n <= 0)
		return;
	endpoint_transmit(c, &ps.path, pi.ecn, ep->ep_packet, (size_t)n);
	if ((c->qc_last_packet = malloc((size_t)n)) != NULL) {
		memcpy(c->qc_last_packet, ep->ep_packet, (size_t)n);
		c->qc_last_len = (size_t)n;
	}
}

/*
 * The peer's packets after our CONNECTION_CLOSE: it did not get it.  Answered
 * less and less often (RFC 9000 10.2.1).
 */
void
conn_linger(struct quic_conn *c)
{
	ngtcp2_path	path;

	if (c->qc_last_packet == NULL)
		return;
	c->qc_last_hits++;
	if ((c->qc_last_hits & (c->qc_last_hits - 1)) != 0)
		return;
	conn_path(&path, &c->qc_local, &c->qc_remote, c->qc_listener);
	endpoint_transmit(c, &path, 0, c->qc_last_packet, c->qc_last_len);
}
