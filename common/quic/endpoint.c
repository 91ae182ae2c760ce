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
 * An endpoint: the table of connections, found by the index in our
 * connection IDs, by the client's first choice of an ID, or by the peer's
 * stateless reset token; their timers; and answers to packets of nobody.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/quic/admission.h"
#include "common/quic/conn.h"
#include "common/quic/initial.h"
#include "common/quic/sni.h"

#define INDEX_NONE	UINT32_MAX
/* Stateless resets and refusals a second; a burst of so many at once. */
#define RESETS		100
#define REFUSALS	50
/* A timer that could not move on is tried again after this. */
#define RETRY_NS	NS_PER_MS
/*
 * Connections that have not finished their handshake may take this part of
 * the limit: those who forge addresses cannot shut others out for long.
 */
#define HANDSHAKE_SHARE	2
#define HANDSHAKE_MIN	64

static void	 receive(struct quic_endpoint *, unsigned int,
		    const struct addr *, const struct addr *, uint8_t,
		    const uint8_t *, size_t, const struct quic_first *);
static struct quic_conn *by_cid(const struct quic_endpoint *,
		    const uint8_t *, size_t);
static struct quic_conn *by_token(const struct quic_endpoint *,
		    const uint8_t *, size_t);
static struct quic_conn *accept_packet(struct quic_endpoint *,
		    const struct addr *, const struct addr *, unsigned int,
		    const uint8_t *, size_t, const struct quic_first *);
static void	 unknown(struct quic_endpoint *, unsigned int,
		    const struct addr *, const struct addr *, uint8_t,
		    const uint8_t *, size_t);
static void	 stray(struct quic_endpoint *, unsigned int,
		    const struct addr *, const struct addr *, uint8_t,
		    const uint8_t *, size_t);
static void	 reply(struct quic_endpoint *, unsigned int,
		    const struct addr *, const struct addr *,
		    const uint8_t *, size_t);
static int	 table_grow(struct quic_endpoint *);
static void	 set_timer(struct quic_conn *);

void
quic_limits_default(struct quic_limits *lim)
{
	memset(lim, 0, sizeof(*lim));
	lim->max_connections = 1024;
	lim->max_message = 65536;
	lim->max_send_queue = 262144;
	lim->max_streams = QUIC_STREAMS_BIDI;
	lim->ack_delay_ms = 30;
	lim->idle_ms = QUIC_IDLE_MS;
	lim->keepalive_ms = QUIC_KEEPALIVE_MS;
	lim->handshake_ms = 10000;
	lim->stream_ms = 10000;
	lim->handshakes_per_turn = 1;
	lim->handshake_wait_ms = 3000;
}

struct quic_endpoint *
quic_endpoint_new(const struct quic_config *cf)
{
	struct quic_endpoint	*ep;
	size_t			 max = cf->limits.max_connections;

	if (max == 0 || max > CID_INDEX_MAX / 2 ||
	    (ep = calloc(1, sizeof(*ep))) == NULL)
		return (NULL);
	ep->ep_config = *cf;
	ep->ep_cid_len = cf->as_original ? CID_LEN_SHORT : CID_LEN;
	ep->ep_rx_ring = 1;
	while (ep->ep_rx_ring < cf->limits.max_streams)
		ep->ep_rx_ring *= 2;
	arc4random_buf(&ep->ep_key, sizeof(ep->ep_key));
	TAILQ_INIT(&ep->ep_dirty);
	admission_init(ep);
	packet_rate_init(&ep->ep_reset_rate, RESETS, RESETS);
	packet_rate_init(&ep->ep_refuse_rate, REFUSALS, REFUSALS);
	/* So many for each connection; their number may change. */
	ep->ep_odcids = table_new(CID_INDEX_MAX);
	ep->ep_tokens = table_new(CONN_TOKENS_MAX * (CID_INDEX_MAX / 2));
	if (ep->ep_odcids == NULL || ep->ep_tokens == NULL) {
		quic_endpoint_free(ep);
		return (NULL);
	}
	return (ep);
}

void
quic_endpoint_free(struct quic_endpoint *ep)
{
	size_t	i;

	if (ep == NULL)
		return;
	for (i = 0; i < ep->ep_cap; i++) {
		if (ep->ep_conns[i] != NULL)
			endpoint_conn_free(ep->ep_conns[i]);
	}
	free(ep->ep_conns);
	free(ep->ep_free);
	timer_heap_free(&ep->ep_timers);
	table_free(ep->ep_odcids);
	table_free(ep->ep_tokens);
	explicit_bzero(ep->ep_token_key, sizeof(ep->ep_token_key));
	free(ep);
}

void
quic_endpoint_receive(struct quic_endpoint *ep, unsigned int listener,
    const struct addr *local, const struct addr *remote, uint8_t ecn,
    const uint8_t *data, size_t len, uint64_t now)
{
	ep->ep_now = now;
	receive(ep, listener, local, remote, ecn, data, len, NULL);
}

void
quic_endpoint_first(struct quic_endpoint *ep, unsigned int listener,
    const struct addr *local, const struct addr *remote, uint8_t ecn,
    const uint8_t *data, size_t len, const struct quic_first *first,
    uint64_t now)
{
	ep->ep_now = now;
	receive(ep, listener, local, remote, ecn, data, len, first);
}

/* first: of the door, NULL: straight from the network. */
static void
receive(struct quic_endpoint *ep, unsigned int listener,
    const struct addr *local, const struct addr *remote, uint8_t ecn,
    const uint8_t *data, size_t len, const struct quic_first *first)
{
	ngtcp2_version_cid	 vc;
	ngtcp2_path		 path;
	struct quic_conn	*c;

	if (len == 0 || len > UINT16_MAX || (addr_family(remote) != AF_INET &&
	    addr_family(remote) != AF_INET6))
		return;
	if (local != NULL && local->addr_len != 0 &&
	    addr_family(local) != addr_family(remote))
		return;
	switch (ngtcp2_pkt_decode_version_cid(&vc, data, len,
	    ep->ep_cid_len)) {
	case 0:
		break;
	case NGTCP2_ERR_VERSION_NEGOTIATION:
		/* A version that is not spoken here: the door says so. */
		if (first == NULL)
			stray(ep, listener, local, remote, ecn, data, len);
		return;
	default:
		return;
	}
	if ((data[0] & 0x80) && vc.version == 0) {
		/* Version negotiation: only who dials can want it. */
		if ((c = by_cid(ep, vc.dcid, vc.dcidlen)) == NULL)
			return;
	} else if ((c = by_cid(ep, vc.dcid, vc.dcidlen)) == NULL &&
	    (data[0] & 0x80))
		c = table_find(ep->ep_odcids, vc.dcid, vc.dcidlen);
	if (c == NULL && (data[0] & 0x80) == 0)
		c = by_token(ep, data, len);
	if (c == NULL && (data[0] & 0x80) && (first != NULL ||
	    !ep->ep_config.door))
		c = accept_packet(ep, local, remote, listener, data, len,
		    first);
	if (c == NULL) {
		if (first == NULL)
			unknown(ep, listener, local, remote, ecn, data, len);
		return;
	}
	if (c->qc_ng == NULL) {
		conn_linger(c);
		return;
	}
	if (c->qc_end.ce_set)
		return;
	conn_path(&path, local, remote, listener);
	if (!c->qc_server) {
		/* A client's path is the one it dialled on. */
		path.local = ngtcp2_conn_get_path2(c->qc_ng)->local;
		if (path.local.addr->sa_family != path.remote.addr->sa_family)
			return;
	}
	conn_read(c, &path, remote, ecn, data, len);
}

void
quic_endpoint_expire(struct quic_endpoint *ep, uint64_t now)
{
	struct quic_conn	*c;
	struct timer		*tm;
	uint64_t		 due;

	ep->ep_now = now;
	while ((tm = timer_first(&ep->ep_timers)) != NULL &&
	    tm->tm_due <= now) {
		c = tm->tm_owner;
		if ((due = conn_due(c)) > now) {
			(void)timer_set(&ep->ep_timers, tm, due);
			continue;
		}
		if (c->qc_ng == NULL) {
			endpoint_conn_free(c);
			continue;
		}
		conn_expire(c);
		if (!conn_flush(c))
			continue;
		if ((due = conn_due(c)) <= now)
			due = now + RETRY_NS;
		(void)timer_set(&ep->ep_timers, tm, due);
	}
}

void
quic_endpoint_flush(struct quic_endpoint *ep, uint64_t now)
{
	struct quic_conn	*c;

	if (ep->ep_flushing)
		return;
	ep->ep_now = now;
	ep->ep_flushing = true;
	admission_turn(ep);
	while ((c = TAILQ_FIRST(&ep->ep_dirty)) != NULL) {
		TAILQ_REMOVE(&ep->ep_dirty, c, qc_dirty_entry);
		c->qc_dirty = false;
		if (conn_flush(c))
			set_timer(c);
	}
	ep->ep_flushing = false;
}

uint64_t
quic_endpoint_expiry(const struct quic_endpoint *ep)
{
	struct timer	*tm;

	if (!TAILQ_EMPTY(&ep->ep_waiting))
		return (0);
	if ((tm = timer_first(&ep->ep_timers)) == NULL)
		return (UINT64_MAX);
	return (tm->tm_due);
}

uint64_t
quic_endpoint_refused(const struct quic_endpoint *ep)
{
	return (ep->ep_refused);
}

uint64_t
quic_endpoint_busy(const struct quic_endpoint *ep)
{
	return (ep->ep_busy);
}

size_t
quic_endpoint_connections(const struct quic_endpoint *ep)
{
	return (ep->ep_live);
}

void
quic_endpoint_token_key(struct quic_endpoint *ep, uint64_t generation,
    const uint8_t key[32])
{
	if (generation <= ep->ep_token_generation)
		return;
	ep->ep_token_generation = generation;
	memcpy(ep->ep_token_key, key, sizeof(ep->ep_token_key));
}

void
quic_endpoint_set_max(struct quic_endpoint *ep, size_t max)
{
	if (max == 0)
		max = 1;
	if (max > CID_INDEX_MAX / 2)
		max = CID_INDEX_MAX / 2;
	ep->ep_config.limits.max_connections = max;
}

void
quic_endpoint_set_queue(struct quic_endpoint *ep, size_t bytes)
{
	ep->ep_config.limits.max_send_queue = bytes;
}

void
quic_endpoint_usage(const struct quic_endpoint *ep, struct quic_usage *us)
{
	const struct quic_conn	*c;
	size_t			 i;

	memset(us, 0, sizeof(*us));
	us->queue_highest = ep->ep_queue_highest;
	us->streams_highest = ep->ep_streams_highest;
	for (i = 0; i < ep->ep_cap; i++) {
		if ((c = ep->ep_conns[i]) == NULL)
			continue;
		if (c->qc_tx_bytes > us->queue)
			us->queue = c->qc_tx_bytes;
		if (c->qc_rx_count > us->streams)
			us->streams = c->qc_rx_count;
	}
}

void
quic_endpoint_expect(struct quic_endpoint *ep, bool somebody)
{
	ep->ep_deaf = !somebody;
}

struct quic_conn *
quic_connect(struct quic_endpoint *ep, unsigned int listener,
    const struct addr *local, const struct addr *remote, const char *sni,
    uint64_t now)
{
	static const struct quic_past	nothing;

	return (quic_connect_again(ep, listener, local, remote, sni, &nothing,
	    now));
}

struct quic_conn *
quic_connect_again(struct quic_endpoint *ep, unsigned int listener,
    const struct addr *local, const struct addr *remote, const char *sni,
    const struct quic_past *past, uint64_t now)
{
	struct quic_conn	*c;
	ngtcp2_path		 path;

	ep->ep_now = now;
	if (ep->ep_config.tls_client == NULL || (addr_family(remote) !=
	    AF_INET && addr_family(remote) != AF_INET6) || (local != NULL &&
	    local->addr_len != 0 &&
	    addr_family(local) != addr_family(remote)) ||
	    (sni[0] != '\0' && !sni_valid(sni, strlen(sni)))) {
		errno = EINVAL;
		return (NULL);
	}
	if ((c = endpoint_conn_new(ep)) == NULL)
		return (NULL);
	if (local != NULL)
		c->qc_local = *local;
	c->qc_remote = *remote;
	c->qc_listener = listener;
	conn_path(&path, local, remote, listener);
	if (conn_dial(c, sni, past, &path) == -1) {
		endpoint_conn_free(c);
		errno = ENOMEM;
		return (NULL);
	}
	endpoint_dirty(c);
	return (c);
}

/* NULL: at the limit, or no memory. */
struct quic_conn *
endpoint_conn_new(struct quic_endpoint *ep)
{
	struct quic_conn	*c;

	if (ep->ep_live >= ep->ep_config.limits.max_connections) {
		errno = ENOSPC;
		return (NULL);
	}
	if ((ep->ep_nfree == 0 && table_grow(ep) == -1) ||
	    (c = calloc(1, sizeof(*c))) == NULL) {
		errno = ENOMEM;
		return (NULL);
	}
	c->qc_ep = ep;
	c->qc_index = ep->ep_free[--ep->ep_nfree];
	ep->ep_conns[c->qc_index] = c;
	ep->ep_used++;
	ep->ep_live++;
	ep->ep_handshakes++;
	timer_init(&c->qc_timer, c);
	TAILQ_INIT(&c->qc_txq);
	TAILQ_INIT(&c->qc_txwait);
	STAILQ_INIT(&c->qc_crypto);
	c->qc_unacked_since = UINT64_MAX;
	c->qc_write_by = UINT64_MAX;
	c->qc_rx_deadline = UINT64_MAX;
	c->qc_close_by = UINT64_MAX;
	return (c);
}

/* A connection that finish() has not seen is still counted. */
void
endpoint_conn_free(struct quic_conn *c)
{
	struct quic_endpoint	*ep = c->qc_ep;

	if (!c->qc_ended) {
		ep->ep_live--;
		if (!c->qc_established)
			endpoint_shook(c);
	}
	admission_wait_no_more(c);
	conn_clear(c);
	endpoint_forget_odcid(c);
	timer_remove(&ep->ep_timers, &c->qc_timer);
	if (c->qc_dirty)
		TAILQ_REMOVE(&ep->ep_dirty, c, qc_dirty_entry);
	ep->ep_conns[c->qc_index] = NULL;
	ep->ep_free[ep->ep_nfree++] = c->qc_index;
	ep->ep_used--;
	explicit_bzero(c->qc_export, sizeof(c->qc_export));
	free(c->qc_name);
	free(c->qc_close_reason);
	free(c->qc_last_packet);
	free(c->qc_cids);
	free(c);
}

void
endpoint_shook(const struct quic_conn *c)
{
	c->qc_ep->ep_handshakes--;
	if (c->qc_server)
		c->qc_ep->ep_incoming--;
}

void
endpoint_dirty(struct quic_conn *c)
{
	if (c->qc_dirty)
		return;
	c->qc_dirty = true;
	TAILQ_INSERT_TAIL(&c->qc_ep->ep_dirty, c, qc_dirty_entry);
}

void
endpoint_transmit(struct quic_conn *c, const ngtcp2_path *path, uint8_t ecn,
    const uint8_t *data, size_t len)
{
	const struct quic_config	*cf = &c->qc_ep->ep_config;
	struct quic_packet		 qp;
	struct addr			 local, remote;

	if (addr_from_sockaddr(&remote, path->remote.addr,
	    path->remote.addrlen) == -1)
		return;
	if (addr_from_sockaddr(&local, path->local.addr,
	    path->local.addrlen) == -1 || addr_is_any(&local))
		local.addr_len = 0;
	qp.local = &local;
	qp.remote = &remote;
	qp.listener = (unsigned int)(uintptr_t)path->user_data;
	qp.ecn = ecn;
	qp.data = data;
	qp.len = len;
	cf->ops->transmit(cf->arg, &qp);
}

void
endpoint_forget_odcid(struct quic_conn *c)
{
	if (c->qc_odcid_len == 0)
		return;
	(void)table_remove(c->qc_ep->ep_odcids, c->qc_odcid,
	    c->qc_odcid_len);
	c->qc_odcid_len = 0;
}

static struct quic_conn *
by_cid(const struct quic_endpoint *ep, const uint8_t *cid, size_t len)
{
	struct quic_conn	*c;
	uint32_t		 index;
	size_t			 i;

	if (len != ep->ep_cid_len)
		return (NULL);
	if (len == CID_LEN) {
		if (cid_slot(cid) != ep->ep_config.slot)
			return (NULL);
		index = cid_index(&ep->ep_key, cid);
	} else
		index = cid_index_short(&ep->ep_key, cid);
	if (index >= ep->ep_cap || (c = ep->ep_conns[index]) == NULL)
		return (NULL);
	for (i = 0; i < c->qc_ncids; i++) {
		if (memcmp(c->qc_cids[i], cid, len) == 0)
			return (c);
	}
	return (NULL);
}

/* A stateless reset ends with the token (RFC 9000 10.3). */
static struct quic_conn *
by_token(const struct quic_endpoint *ep, const uint8_t *data, size_t len)
{
	if (len < NGTCP2_MIN_STATELESS_RESET_RANDLEN +
	    NGTCP2_STATELESS_RESET_TOKENLEN)
		return (NULL);
	return (table_find(ep->ep_tokens,
	    data + len - NGTCP2_STATELESS_RESET_TOKENLEN,
	    NGTCP2_STATELESS_RESET_TOKENLEN));
}

/* The first packet of a connection, or NULL. */
static struct quic_conn *
accept_packet(struct quic_endpoint *ep, const struct addr *local,
    const struct addr *remote, unsigned int listener, const uint8_t *data,
    size_t len, const struct quic_first *first)
{
	const struct quic_limits	*lim = &ep->ep_config.limits;
	struct quic_conn		*c;
	ngtcp2_pkt_hd			 hd;
	ngtcp2_path			 path;
	uint8_t				 out[PACKET_REPLY_MAX];
	size_t				 n, share;

	/*
	 * ngtcp2_accept() lets a short DCID pass with a token (after a
	 * Retry); doord's are long, and the table needs an ID.
	 */
	if (ep->ep_config.tls_server == NULL || ep->ep_deaf ||
	    ngtcp2_accept(&hd, data, len) != 0 ||
	    hd.version != NGTCP2_PROTO_VER_V1 ||
	    hd.dcid.datalen < NGTCP2_MIN_INITIAL_DCIDLEN)
		return (NULL);
	if (first != NULL && first->retry_scid_len != 0 &&
	    (hd.tokenlen == 0 || first->odcid_len == 0 ||
	    first->odcid_len > NGTCP2_MAX_CIDLEN ||
	    first->retry_scid_len != hd.dcid.datalen ||
	    memcmp(first->retry_scid, hd.dcid.data, hd.dcid.datalen) != 0))
		return (NULL);
	share = lim->max_connections / HANDSHAKE_SHARE;
	if (share < HANDSHAKE_MIN)
		share = HANDSHAKE_MIN;
	if (ep->ep_live >= lim->max_connections || (ep->ep_handshakes >=
	    share && (first == NULL || !first->validated)) ||
	    (lim->incoming != 0 && ep->ep_incoming >= lim->incoming)) {
		ep->ep_refused++;
		if (packet_rate_take(&ep->ep_refuse_rate, ep->ep_now) &&
		    (n = packet_refuse(out, sizeof(out), data, len)) > 0)
			reply(ep, listener, local, remote, out, n);
		return (NULL);
	}
	switch (admission_judge(ep, hd.dcid.data, hd.dcid.datalen)) {
	case ADMISSION_ACCEPT:
		break;
	case ADMISSION_REFUSE:
		if ((n = packet_refuse(out, sizeof(out), data, len)) > 0)
			reply(ep, listener, local, remote, out, n);
		return (NULL);
	case ADMISSION_DROP:
		return (NULL);
	}
	if ((c = endpoint_conn_new(ep)) == NULL)
		return (NULL);
	c->qc_server = true;
	ep->ep_incoming++;
	if (local != NULL)
		c->qc_local = *local;
	c->qc_remote = *remote;
	c->qc_listener = listener;
	conn_path(&path, local, remote, listener);
	if (table_insert(ep->ep_odcids, hd.dcid.data, hd.dcid.datalen,
	    c) == -1) {
		endpoint_conn_free(c);
		return (NULL);
	}
	memcpy(c->qc_odcid, hd.dcid.data, hd.dcid.datalen);
	c->qc_odcid_len = hd.dcid.datalen;
	if (conn_accept(c, &hd, first, &path) == -1) {
		endpoint_conn_free(c);
		return (NULL);
	}
	return (c);
}

/*
 * A packet with an ID of ours behind which there is nothing: the peer talks
 * to a predecessor of ours.  The token tells it so (RFC 9000 10.3).
 */
static void
unknown(struct quic_endpoint *ep, unsigned int listener,
    const struct addr *local, const struct addr *remote, uint8_t ecn,
    const uint8_t *data, size_t len)
{
	uint8_t	out[PACKET_REPLY_MAX];
	size_t	n;

	if (data[0] & 0x80) {
		stray(ep, listener, local, remote, ecn, data, len);
		return;
	}
	if (ep->ep_cid_len != CID_LEN || len < PACKET_RESET_TRIGGER ||
	    cid_packet_slot(data, len) != ep->ep_config.slot ||
	    !packet_rate_take(&ep->ep_reset_rate, ep->ep_now))
		return;
	n = packet_reset(out, sizeof(out), data + 1, CID_LEN,
	    ep->ep_config.reset_key, len);
	if (n > 0)
		reply(ep, listener, local, remote, out, n);
}

/*
 * A long header with an ID of our form that is not ours: a client's first
 * choice was like that (1 in 65536 of 12 bytes).  Only what can begin a
 * connection is worth the way back to the door.
 */
static void
stray(struct quic_endpoint *ep, unsigned int listener,
    const struct addr *local, const struct addr *remote, uint8_t ecn,
    const uint8_t *data, size_t len)
{
	static const struct addr	none;
	const struct quic_config	*cf = &ep->ep_config;
	const uint8_t			*dcid;
	struct quic_packet		 qp;
	size_t				 dcid_len;

	if (!cf->door || cf->ops->stray == NULL ||
	    len < NGTCP2_MAX_UDP_PAYLOAD_SIZE ||
	    (memcmp(data + 1, "\0\0\0\1", 4) == 0 &&
	    initial_dcid(data, len, &dcid, &dcid_len) == -1))
		return;
	qp.local = local == NULL ? &none : local;
	qp.remote = remote;
	qp.listener = listener;
	qp.ecn = ecn;
	qp.data = data;
	qp.len = len;
	cf->ops->stray(cf->arg, &qp);
}

static void
reply(struct quic_endpoint *ep, unsigned int listener,
    const struct addr *local, const struct addr *remote, const uint8_t *data,
    size_t len)
{
	static const struct addr	none;
	struct quic_packet		qp;

	qp.local = local == NULL ? &none : local;
	qp.remote = remote;
	qp.listener = listener;
	qp.ecn = 0;
	qp.data = data;
	qp.len = len;
	ep->ep_config.ops->transmit(ep->ep_config.arg, &qp);
}

static int
table_grow(struct quic_endpoint *ep)
{
	struct quic_conn	**conns;
	uint32_t		 *freed;
	size_t			  cap, max, i;

	max = 2 * ep->ep_config.limits.max_connections;
	cap = ep->ep_cap == 0 ? 16 : ep->ep_cap * 2;
	if (cap > max)
		cap = max;
	if (cap <= ep->ep_cap)
		return (-1);
	conns = reallocarray(ep->ep_conns, cap, sizeof(*conns));
	if (conns == NULL)
		return (-1);
	ep->ep_conns = conns;
	freed = reallocarray(ep->ep_free, cap, sizeof(*freed));
	if (freed == NULL)
		return (-1);
	ep->ep_free = freed;
	for (i = cap; i > ep->ep_cap; i--) {
		conns[i - 1] = NULL;
		ep->ep_free[ep->ep_nfree++] = (uint32_t)(i - 1);
	}
	ep->ep_cap = cap;
	return (0);
}

/* Left in place when it only moved later (timer.h). */
static void
set_timer(struct quic_conn *c)
{
	uint64_t	due;

	if (c->qc_timer.tm_at != TIMER_NONE &&
	    c->qc_timer.tm_due <= conn_rest(c))
		return;
	due = conn_due(c);
	if (due == UINT64_MAX || (c->qc_timer.tm_at != TIMER_NONE &&
	    c->qc_timer.tm_due <= due))
		return;
	(void)timer_set(&c->qc_ep->ep_timers, &c->qc_timer, due);
}
