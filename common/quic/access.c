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
 * What users ask of a connection besides messages (endpoint.h): datagrams,
 * closing, moving, addresses, counters.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/quic/conn.h"

/*
 * Overhead of a datagram as wzp-protocol 1.2 counts it: flags, packet number
 * of 4 bytes, AEAD tag; then frame type and length.
 */
#define OVERHEAD_PACKET		(1 + 4 + 16)
#define OVERHEAD_FRAME		9

/*
 * ngtcp2 may fill a packet with something more urgent (a probe, a path
 * response) and leave the datagram for the next one.
 */
#define WRITES_MAX		4

static void	close_set(struct quic_conn *, uint64_t, const char *);

int
quic_send_datagram(struct quic_conn *c, const void *data, size_t len,
    uint64_t now)
{
	struct quic_endpoint	*ep = c->qc_ep;
	ngtcp2_path_storage	 ps;
	ngtcp2_pkt_info		 pi;
	ngtcp2_ssize		 n;
	unsigned int		 i;
	int			 accepted = 0;

	ep->ep_now = now;
	if (!c->qc_established || c->qc_ended || c->qc_end.ce_set ||
	    c->qc_busy || len > quic_max_datagram(c)) {
		c->qc_stats.datagrams_dropped++;
		return (-1);
	}
	for (i = 0; i < WRITES_MAX && !accepted; i++) {
		ngtcp2_path_storage_zero(&ps);
		c->qc_busy = true;
		n = ngtcp2_conn_write_datagram(c->qc_ng, &ps.path, &pi,
		    ep->ep_packet, sizeof(ep->ep_packet), &accepted,
		    NGTCP2_WRITE_DATAGRAM_FLAG_NONE, 0, data, len, now);
		c->qc_busy = false;
		if (n <= 0) {
			/* The peer may not take datagrams at all. */
			if (n < 0 && n != NGTCP2_ERR_INVALID_STATE &&
			    n != NGTCP2_ERR_INVALID_ARGUMENT)
				conn_error(c, (int)n);
			break;
		}
		conn_sent(c, &ps.path, pi.ecn, ep->ep_packet, (size_t)n);
	}
	endpoint_dirty(c);
	if (!accepted) {
		c->qc_stats.datagrams_dropped++;
		return (-1);
	}
	c->qc_mark = ep->ep_config.limits.congestion == QUIC_BBR;
	c->qc_stats.datagrams_out++;
	c->qc_stats.bytes_out += len;
	return (0);
}

size_t
quic_send_queued(const struct quic_conn *c)
{
	return (c->qc_tx_left);
}

size_t
quic_max_datagram(const struct quic_conn *c)
{
	const ngtcp2_transport_params	*params;
	size_t				 n;

	if (!c->qc_established || c->qc_ng == NULL)
		return (0);
	params = ngtcp2_conn_get_remote_transport_params2(c->qc_ng);
	if (params == NULL || params->max_datagram_frame_size <=
	    OVERHEAD_FRAME)
		return (0);
	n = ngtcp2_conn_get_path_max_tx_udp_payload_size2(c->qc_ng) -
	    OVERHEAD_PACKET - ngtcp2_conn_get_dcid2(c->qc_ng)->datalen;
	if (n > params->max_datagram_frame_size)
		n = (size_t)params->max_datagram_frame_size;
	return (n - OVERHEAD_FRAME);
}

void
quic_close(struct quic_conn *c, uint64_t code, const char *reason)
{
	if (c->qc_close || c->qc_ended)
		return;
	close_set(c, code, reason);
	c->qc_close = true;
}

void
quic_close_when_delivered(struct quic_conn *c, uint64_t code,
    const char *reason)
{
	if (c->qc_close || c->qc_close_wait || c->qc_ended)
		return;
	close_set(c, code, reason);
	c->qc_close_wait = true;
}

void
quic_abandon(struct quic_conn *c)
{
	struct conn_end	*ce = &c->qc_end;

	if (ce->ce_set || c->qc_ended)
		return;
	ce->ce_set = true;
	ce->ce_silent = true;
	ce->ce_kind = QUIC_CLOSED_LOCAL;
	ce->ce_text = "abandoned";
	endpoint_dirty(c);
}

static void
close_set(struct quic_conn *c, uint64_t code, const char *reason)
{
	c->qc_close_code = code;
	/* Without memory it goes without a reason. */
	free(c->qc_close_reason);
	c->qc_close_reason = NULL;
	if (reason != NULL && reason[0] != '\0')
		c->qc_close_reason = strndup(reason, CONN_REASON_MAX - 1);
	endpoint_dirty(c);
}

int
quic_migrate(struct quic_conn *c, unsigned int listener,
    const struct addr *local, uint64_t now)
{
	ngtcp2_path	path;

	c->qc_ep->ep_now = now;
	if (c->qc_server || !c->qc_confirmed || c->qc_ended ||
	    c->qc_end.ce_set || c->qc_busy ||
	    addr_family(local) != addr_family(&c->qc_remote))
		return (-1);
	conn_path(&path, local, &c->qc_remote, listener);
	/* At once: who moves has lost the address he had. */
	if (ngtcp2_conn_initiate_immediate_migration(c->qc_ng, &path,
	    now) != 0)
		return (-1);
	c->qc_local = *local;
	c->qc_listener = listener;
	c->qc_want_write = true;
	endpoint_dirty(c);
	return (0);
}

void *
quic_conn_data(const struct quic_conn *c)
{
	return (c->qc_data);
}

void
quic_conn_set_data(struct quic_conn *c, void *data)
{
	c->qc_data = data;
}

bool
quic_conn_is_server(const struct quic_conn *c)
{
	return (c->qc_server);
}

bool
quic_conn_established(const struct quic_conn *c)
{
	return (c->qc_established && !c->qc_ended);
}

const char *
quic_conn_name(const struct quic_conn *c)
{
	return (c->qc_name == NULL ? "" : c->qc_name);
}

const struct addr *
quic_conn_remote(const struct quic_conn *c)
{
	return (&c->qc_remote);
}

const struct addr *
quic_conn_validated(const struct quic_conn *c)
{
	return (&c->qc_validated);
}

const struct addr *
quic_conn_local(const struct quic_conn *c)
{
	return (&c->qc_local);
}

bool
quic_conn_peer_certificate(const struct quic_conn *c, uint8_t sha256[32])
{
	if (!c->qc_established || !c->qc_have_cert)
		return (false);
	memcpy(sha256, c->qc_cert, sizeof(c->qc_cert));
	return (true);
}

bool
quic_conn_resumed(const struct quic_conn *c)
{
	return (c->qc_resumed);
}

int
quic_conn_export(const struct quic_conn *c, const char *label, uint8_t *out,
    size_t len)
{
	const char	*only = c->qc_ep->ep_config.export_label;

	if (!c->qc_established)
		return (-1);
	if (c->qc_server && only != NULL &&
	    (len != sizeof(c->qc_export) || strcmp(label, only) != 0))
		return (-1);
	if (c->qc_settled) {
		memcpy(out, c->qc_export, len);
		return (0);
	}
	if (c->qc_ssl == NULL)
		return (-1);
	if (SSL_export_keying_material(c->qc_ssl, out, len, label,
	    strlen(label), NULL, 0, 0) != 1)
		return (-1);
	return (0);
}

void
quic_conn_keepalive(struct quic_conn *c, unsigned int ms)
{
	if (c->qc_ng == NULL)
		return;
	ngtcp2_conn_set_keep_alive_timeout(c->qc_ng, ms * NS_PER_MS);
	endpoint_dirty(c);
}

uint64_t
quic_conn_heard(const struct quic_conn *c)
{
	return (c->qc_heard);
}

void
quic_conn_stats(const struct quic_conn *c, struct quic_stats *st)
{
	ngtcp2_conn_info	info;

	*st = c->qc_stats;
	if (c->qc_ng == NULL)
		return;
	ngtcp2_conn_get_conn_info2(c->qc_ng, &info);
	st->rtt_us = info.smoothed_rtt / 1000;
	st->packets_sent = info.pkt_sent;
	st->packets_lost = info.pkt_lost;
}
