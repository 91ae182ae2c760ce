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
 * Messages on streams (wzp-protocol 2): each alone on a bidirectional stream
 * of its sender, 4 bytes of length before it, FIN behind it, delivered
 * strictly in the order in which the sender opened the streams.
 *
 * What can pile up is bounded: on the way out by limits.max_send_queue; on
 * the way in by flow control, since window is given back only for what was
 * delivered or belongs to the message that is next.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/quic/conn.h"

#define HEADER_LEN	4
#define MESSAGE_MAX	1048576		/* wzp-protocol 2, 3. */
/*
 * Streams of ours that the peer has not closed.  It may grant more at a
 * time, but then it would decide how much memory we spend.
 */
#define OPEN_MAX	256
/* Halves to close in one go; more than that are reset instead. */
#define FINS_MAX	256
#define FINS_MIN	4

/* A packet that is being filled (NGTCP2_WRITE_STREAM_FLAG_MORE). */
struct filling {
	ngtcp2_path_storage	f_ps;
	ngtcp2_pkt_info		f_pi;
	bool			f_open;
};

static int	 queue(struct quic_conn *, const void *, size_t, bool);
static int	 write_stream(struct quic_conn *, struct filling *, int64_t,
		    const uint8_t *, size_t, bool, size_t *);
static int	 write_fins(struct quic_conn *, struct filling *);
static int	 write_messages(struct quic_conn *, struct filling *);
static int	 write_rest(struct quic_conn *, struct filling *);
static int	 message_open(struct quic_conn *, struct tx_msg *);
static void	 message_written(struct quic_conn *, struct tx_msg *);
static void	 rx_free(struct rx_msg *);
static int	 rx_append(struct quic_conn *, struct rx_msg *,
		    const uint8_t *, size_t);
static int	 rx_grow(struct rx_msg *, size_t);
static void	 rx_credit(struct quic_conn *, struct rx_msg *, int64_t);
static void	 rx_deliver(struct quic_conn *);
static int	 fins_grow(struct quic_conn *);
static struct rx_msg **rx_place(const struct quic_conn *, uint64_t);
static struct rx_msg *
		 rx_find(const struct quic_conn *, uint64_t);
static void	 rx_set_deadline(struct quic_conn *);
static int64_t	 rx_id(const struct quic_conn *, uint64_t);
static bool	 is_ours(const struct quic_conn *, int64_t);

int
quic_send_message(struct quic_conn *c, const void *data, size_t len)
{
	return (queue(c, data, len, false));
}

int
quic_send_uni(struct quic_conn *c, const void *data, size_t len)
{
	return (queue(c, data, len, true));
}

static int
queue(struct quic_conn *c, const void *data, size_t len, bool uni)
{
	const struct quic_limits	*lim = &c->qc_ep->ep_config.limits;
	struct tx_msg			*m;
	size_t				 head = uni ? 0 : HEADER_LEN;

	if (c->qc_ended || c->qc_end.ce_set || c->qc_close ||
	    c->qc_close_wait) {
		errno = ENOTCONN;
		return (-1);
	}
	if (len > MESSAGE_MAX) {
		errno = EMSGSIZE;
		return (-1);
	}
	if (c->qc_tx_bytes > lim->max_send_queue ||
	    head + len > lim->max_send_queue - c->qc_tx_bytes ||
	    (m = malloc(sizeof(*m) + head + len)) == NULL) {
		errno = ENOBUFS;
		return (-1);
	}
	memset(m, 0, sizeof(*m));
	m->tx_id = -1;
	m->tx_uni = uni;
	m->tx_len = head + len;
	if (!uni) {
		m->tx_data[0] = (uint8_t)(len >> 24);
		m->tx_data[1] = (uint8_t)(len >> 16);
		m->tx_data[2] = (uint8_t)(len >> 8);
		m->tx_data[3] = (uint8_t)len;
		c->qc_stats.messages_out++;
	}
	if (len > 0)
		memcpy(m->tx_data + head, data, len);
	TAILQ_INSERT_TAIL(&c->qc_txq, m, tx_entry);
	c->qc_tx_bytes += m->tx_len;
	if (c->qc_tx_bytes > c->qc_ep->ep_queue_highest)
		c->qc_ep->ep_queue_highest = c->qc_tx_bytes;
	c->qc_tx_left += m->tx_len;
	endpoint_dirty(c);
	return (0);
}

void
stream_clear(struct quic_conn *c)
{
	struct tx_msg	*m;
	size_t		 i;

	while ((m = TAILQ_FIRST(&c->qc_txq)) != NULL) {
		TAILQ_REMOVE(&c->qc_txq, m, tx_entry);
		free(m);
	}
	while ((m = TAILQ_FIRST(&c->qc_txwait)) != NULL) {
		TAILQ_REMOVE(&c->qc_txwait, m, tx_entry);
		free(m);
	}
	for (i = 0; c->qc_rx != NULL && i < c->qc_ep->ep_rx_ring; i++)
		rx_free(c->qc_rx[i]);
	free(c->qc_rx);
	c->qc_rx = NULL;
	free(c->qc_fins);
	c->qc_fins = NULL;
	c->qc_nfins = c->qc_fins_cap = c->qc_rx_count = 0;
	c->qc_tx_bytes = c->qc_tx_left = c->qc_tx_unacked = 0;
	c->qc_tx_open = 0;
	c->qc_rx_deadline = UINT64_MAX;
}

bool
stream_delivered(const struct quic_conn *c)
{
	return (TAILQ_EMPTY(&c->qc_txq) && c->qc_tx_unacked == 0);
}

int
stream_write(struct quic_conn *c)
{
	struct filling	f;
	int		rv;

	if (c->qc_nfins == 0 && TAILQ_EMPTY(&c->qc_txq))
		return (0);
	memset(&f.f_pi, 0, sizeof(f.f_pi));
	f.f_open = false;
	c->qc_busy = true;
	if ((rv = write_fins(c, &f)) == 0 && (rv = write_messages(c, &f)) == 0)
		rv = write_rest(c, &f);
	c->qc_busy = false;
	return (rv);
}

/*
 * Puts bytes of a stream (id -1: of none) into the packet.  1: go on, *taken
 * bytes were accepted (SIZE_MAX: not even the FIN); 0: no more of this
 * stream now; 2: nothing more of any; -1: the connection failed.
 */
static int
write_stream(struct quic_conn *c, struct filling *f, int64_t id,
    const uint8_t *data, size_t len, bool fin, size_t *taken)
{
	struct quic_endpoint	*ep = c->qc_ep;
	ngtcp2_ssize		 n, accepted = -1;
	uint32_t		 flags = NGTCP2_WRITE_STREAM_FLAG_NONE;

	if (id != -1)
		flags |= NGTCP2_WRITE_STREAM_FLAG_MORE;
	if (fin)
		flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
	if (!f->f_open)
		ngtcp2_path_storage_zero(&f->f_ps);
	n = ngtcp2_conn_write_stream(c->qc_ng, &f->f_ps.path, &f->f_pi,
	    ep->ep_packet, sizeof(ep->ep_packet), &accepted, flags, id, data,
	    len, ep->ep_now);
	*taken = accepted < 0 ? SIZE_MAX : (size_t)accepted;
	switch (n) {
	case NGTCP2_ERR_WRITE_MORE:
		f->f_open = true;
		return (1);
	case NGTCP2_ERR_STREAM_DATA_BLOCKED:
	case NGTCP2_ERR_STREAM_SHUT_WR:
	case NGTCP2_ERR_STREAM_NOT_FOUND:
		return (0);
	default:
		break;
	}
	f->f_open = false;
	if (n < 0) {
		conn_error(c, (int)n);
		return (-1);
	}
	if (n == 0)
		return (2);
	conn_sent(c, &f->f_ps.path, f->f_pi.ecn, ep->ep_packet, (size_t)n);
	return (1);
}

/*
 * Our halves of streams whose message was consumed: without this the peer's
 * stream credit would run out (wzp-protocol 2, 4.).
 */
static int
write_fins(struct quic_conn *c, struct filling *f)
{
	size_t	i, done = 0, taken;
	int	rv = 1;

	if (c->qc_nfins == 0)
		return (0);
	for (i = 0; i < c->qc_nfins; i++) {
		do {
			rv = write_stream(c, f, c->qc_fins[i], NULL, 0, true,
			    &taken);
		} while (rv == 1 && taken == SIZE_MAX);
		if (rv == -1)
			return (-1);
		if (rv == 2)
			break;
		done++;		/* rv 0: reset already, or gone */
	}
	c->qc_nfins -= done;
	memmove(c->qc_fins, c->qc_fins + done,
	    c->qc_nfins * sizeof(*c->qc_fins));
	if (c->qc_nfins == 0) {
		free(c->qc_fins);
		c->qc_fins = NULL;
		c->qc_fins_cap = 0;
	} else
		c->qc_write_by = c->qc_ep->ep_now +
		    c->qc_ep->ep_config.limits.ack_delay_ms * NS_PER_MS +
		    NS_PER_MS;
	return (0);
}

/* One stream after the other: they are opened in the order of the queue. */
static int
write_messages(struct quic_conn *c, struct filling *f)
{
	struct tx_msg	*m;
	size_t		 len, taken;
	bool		 fin;
	int		 rv;

	while ((m = TAILQ_FIRST(&c->qc_txq)) != NULL) {
		if (m->tx_id == -1 && (rv = message_open(c, m)) != 1)
			return (rv);
		len = m->tx_len - m->tx_sent;
		if (len > QUIC_SEND_WINDOW - c->qc_tx_unacked)
			len = QUIC_SEND_WINDOW - c->qc_tx_unacked;
		fin = m->tx_sent + len == m->tx_len;
		if (len == 0 && !fin)
			return (0);
		rv = write_stream(c, f, m->tx_id, m->tx_data + m->tx_sent,
		    len, fin, &taken);
		if (taken != SIZE_MAX) {
			m->tx_sent += taken;
			c->qc_tx_unacked += taken;
			if (fin && taken == len)
				message_written(c, m);
		}
		if (rv == -1)
			return (-1);
		if (rv != 1)
			return (0);
	}
	return (0);
}

/* Ends the packet that write_stream() left open. */
static int
write_rest(struct quic_conn *c, struct filling *f)
{
	size_t	taken;

	if (!f->f_open)
		return (0);
	return (write_stream(c, f, -1, NULL, 0, false, &taken) == -1 ? -1 : 0);
}

/* 1: open; 0: the peer grants no more streams now; -1: failed. */
static int
message_open(struct quic_conn *c, struct tx_msg *m)
{
	int64_t	id;
	int	rv;

	if (c->qc_tx_open >= OPEN_MAX)
		return (0);
	if (m->tx_uni)
		rv = ngtcp2_conn_open_uni_stream(c->qc_ng, &id, m);
	else
		rv = ngtcp2_conn_open_bidi_stream(c->qc_ng, &id, m);
	if (rv == NGTCP2_ERR_STREAM_ID_BLOCKED)
		return (0);
	if (rv == 0 && !m->tx_uni && c->qc_ep->ep_config.as_original)
		rv = ngtcp2_conn_shutdown_stream_read(c->qc_ng, 0, id, 0);
	if (rv != 0) {
		conn_error(c, rv);
		return (-1);
	}
	m->tx_id = id;
	c->qc_tx_open++;
	return (1);
}

static void
message_written(struct quic_conn *c, struct tx_msg *m)
{
	if (m->tx_done)
		return;
	m->tx_done = true;
	TAILQ_REMOVE(&c->qc_txq, m, tx_entry);
	TAILQ_INSERT_TAIL(&c->qc_txwait, m, tx_entry);
}

int
stream_acked_cb(ngtcp2_conn *ng, int64_t id, uint64_t offset, uint64_t len,
    void *arg, void *stream)
{
	struct quic_conn	*c = arg;
	struct tx_msg		*m = stream;

	(void)ng;
	(void)id;
	(void)offset;
	if (m == NULL || m->tx_stopped)
		return (0);
	if (len > m->tx_sent - m->tx_acked)
		len = m->tx_sent - m->tx_acked;
	m->tx_acked += (size_t)len;
	c->qc_tx_left -= (size_t)len;
	c->qc_tx_unacked -= (size_t)len;
	return (0);
}

/*
 * STOP_SENDING.  For a message of ours: the peer has what it wants of it (an
 * original sends this for what it has read, wzp-protocol 2, 4.); ngtcp2
 * answers with RESET_STREAM.  For a stream of the peer's: the half that we
 * do not use is closed by that same RESET_STREAM.
 */
int
stream_stopped_cb(ngtcp2_conn *ng, int64_t id, uint64_t code, void *arg,
    void *stream)
{
	struct quic_conn	*c = arg;
	struct tx_msg		*m = stream;

	(void)ng;
	(void)code;
	if (m == NULL || m->tx_stopped || !is_ours(c, id))
		return (0);
	m->tx_stopped = true;
	c->qc_tx_left -= m->tx_len - m->tx_acked;
	c->qc_tx_unacked -= m->tx_sent - m->tx_acked;
	message_written(c, m);
	return (0);
}

int
stream_data_cb(ngtcp2_conn *ng, uint32_t flags, int64_t id, uint64_t offset,
    const uint8_t *data, size_t len, void *arg, void *stream)
{
	struct quic_conn		*c = arg;
	const struct quic_config	*cf = &c->qc_ep->ep_config;
	struct rx_msg			*rx;
	uint64_t			 ord = (uint64_t)id >> 2;
	bool				 fin;

	(void)offset;
	(void)stream;
	fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
	if (is_ours(c, id)) {
		/* The direction that is never used (wzp-protocol 2, 4.). */
		ngtcp2_conn_extend_max_offset(ng, len);
		if (len > 0 &&
		    ngtcp2_conn_shutdown_stream_read(ng, 0, id, 0) != 0)
			return (NGTCP2_ERR_CALLBACK_FAILURE);
		return (0);
	}
	if (!ngtcp2_is_bidi_stream(id)) {
		ngtcp2_conn_extend_max_offset(ng, len);
		if (ngtcp2_conn_extend_max_stream_offset(ng, id, len) != 0)
			return (NGTCP2_ERR_CALLBACK_FAILURE);
		if (cf->ops->uni != NULL && !c->qc_close && !c->qc_end.ce_set)
			cf->ops->uni(cf->arg, c,
			    len == 0 ? (const uint8_t *)"" : data, len, fin);
		return (0);
	}
	if (ord < c->qc_rx_next) {
		/* Bytes behind the message are ignored (2, 3.). */
		ngtcp2_conn_extend_max_offset(ng, len);
		return (0);
	}
	/* Credit is given back in order of delivery, so this cannot be. */
	if (ord - c->qc_rx_next >= c->qc_ep->ep_rx_ring)
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	if ((rx = rx_find(c, ord)) == NULL) {
		if (c->qc_rx == NULL && (c->qc_rx = calloc(
		    c->qc_ep->ep_rx_ring, sizeof(*c->qc_rx))) == NULL)
			return (NGTCP2_ERR_CALLBACK_FAILURE);
		if ((rx = calloc(1, sizeof(*rx))) == NULL)
			return (NGTCP2_ERR_CALLBACK_FAILURE);
		rx->rx_since = c->qc_ep->ep_now;
		*rx_place(c, ord) = rx;
		if (++c->qc_rx_count > c->qc_ep->ep_streams_highest)
			c->qc_ep->ep_streams_highest = c->qc_rx_count;
		if (c->qc_rx_deadline == UINT64_MAX &&
		    cf->limits.stream_ms != 0)
			c->qc_rx_deadline = rx->rx_since +
			    cf->limits.stream_ms * NS_PER_MS;
	}
	if (rx_append(c, rx, data, len) == -1)
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	if (fin && !rx->rx_complete) {
		conn_fail(c, "stream ended within a message");
		return (NGTCP2_ERR_CALLBACK_FAILURE);
	}
	if (ord == c->qc_rx_next)
		rx_deliver(c);
	return (0);
}

int
stream_reset_cb(ngtcp2_conn *ng, int64_t id, uint64_t size, uint64_t code,
    void *arg, void *stream)
{
	struct quic_conn	*c = arg;
	struct rx_msg		*rx;
	uint64_t		 ord = (uint64_t)id >> 2;

	(void)ng;
	(void)size;
	(void)code;
	(void)stream;
	if (is_ours(c, id) || !ngtcp2_is_bidi_stream(id) ||
	    ord < c->qc_rx_next)
		return (0);
	if ((rx = rx_find(c, ord)) != NULL && rx->rx_complete)
		return (0);
	conn_fail(c, "stream reset within a message");
	return (NGTCP2_ERR_CALLBACK_FAILURE);
}

int
stream_close_cb(ngtcp2_conn *ng, uint32_t flags, int64_t id, uint64_t code,
    void *arg, void *stream)
{
	struct quic_conn	*c = arg;
	struct tx_msg		*m = stream;
	struct rx_msg		*rx;
	uint64_t		 ord = (uint64_t)id >> 2;

	(void)flags;
	(void)code;
	if (is_ours(c, id)) {
		if (m == NULL)
			return (0);
		if (m->tx_done)
			TAILQ_REMOVE(&c->qc_txwait, m, tx_entry);
		else
			TAILQ_REMOVE(&c->qc_txq, m, tx_entry);
		c->qc_tx_bytes -= m->tx_len;
		if (!m->tx_stopped) {
			c->qc_tx_left -= m->tx_len - m->tx_acked;
			c->qc_tx_unacked -= m->tx_sent - m->tx_acked;
		}
		c->qc_tx_open--;
		free(m);
		return (0);
	}
	if (!ngtcp2_is_bidi_stream(id)) {
		ngtcp2_conn_extend_max_streams_uni(ng, 1);
		return (0);
	}
	if (ord < c->qc_rx_next) {
		ngtcp2_conn_extend_max_streams_bidi(ng, 1);
		return (0);
	}
	if ((rx = rx_find(c, ord)) != NULL)
		rx->rx_closed = true;
	return (0);
}

/* Takes what belongs to the message; -1: the connection failed. */
static int
rx_append(struct quic_conn *c, struct rx_msg *rx, const uint8_t *data,
    size_t len)
{
	size_t	need, n;

	while (len > 0 && !rx->rx_complete) {
		need = HEADER_LEN;
		if (rx->rx_len >= HEADER_LEN)
			need += (size_t)rx->rx_buf[0] << 24 |
			    (size_t)rx->rx_buf[1] << 16 |
			    (size_t)rx->rx_buf[2] << 8 | rx->rx_buf[3];
		n = need - rx->rx_len;
		if (n > len)
			n = len;
		if (rx_grow(rx, rx->rx_len + n) == -1) {
			conn_fail(c, "no memory for a message");
			return (-1);
		}
		memcpy(rx->rx_buf + rx->rx_len, data, n);
		rx->rx_len += n;
		data += n;
		len -= n;
		if (rx->rx_len < HEADER_LEN)
			break;
		need = (size_t)rx->rx_buf[0] << 24 |
		    (size_t)rx->rx_buf[1] << 16 |
		    (size_t)rx->rx_buf[2] << 8 | rx->rx_buf[3];
		if (need > c->qc_ep->ep_config.limits.max_message) {
			conn_fail(c, "message too long");
			return (-1);
		}
		rx->rx_complete = rx->rx_len == HEADER_LEN + need;
	}
	/* The rest is ignored (wzp-protocol 2, 3.). */
	ngtcp2_conn_extend_max_offset(c->qc_ng, len);
	return (0);
}

/* By what has come, not by what was announced. */
static int
rx_grow(struct rx_msg *rx, size_t need)
{
	uint8_t	*buf;
	size_t	 cap = rx->rx_cap == 0 ? 512 : rx->rx_cap;

	if (need <= rx->rx_cap)
		return (0);
	while (cap < need)
		cap *= 2;
	if ((buf = realloc(rx->rx_buf, cap)) == NULL)
		return (-1);
	rx->rx_buf = buf;
	rx->rx_cap = cap;
	return (0);
}

/* The message that is next may use more than the initial windows. */
static void
rx_credit(struct quic_conn *c, struct rx_msg *rx, int64_t id)
{
	size_t	n = rx->rx_len - rx->rx_credited;

	ngtcp2_conn_extend_max_offset(c->qc_ng, n);
	if (!rx->rx_closed)
		(void)ngtcp2_conn_extend_max_stream_offset(c->qc_ng, id, n);
	rx->rx_credited = rx->rx_len;
}

static void
rx_deliver(struct quic_conn *c)
{
	const struct quic_config	*cf = &c->qc_ep->ep_config;
	struct rx_msg			*rx;
	int64_t				 id;

	while ((rx = rx_find(c, c->qc_rx_next)) != NULL) {
		id = rx_id(c, c->qc_rx_next);
		rx_credit(c, rx, id);
		if (!rx->rx_complete)
			break;
		*rx_place(c, c->qc_rx_next) = NULL;
		c->qc_rx_next++;
		c->qc_rx_count--;
		if (rx->rx_closed)
			ngtcp2_conn_extend_max_streams_bidi(c->qc_ng, 1);
		else if (fins_grow(c) == 0) {
			c->qc_fins[c->qc_nfins++] = id;
			if (c->qc_write_by == UINT64_MAX)
				c->qc_write_by = c->qc_ep->ep_now +
				    cf->limits.ack_delay_ms * NS_PER_MS;
		} else
			(void)ngtcp2_conn_shutdown_stream_write(c->qc_ng, 0,
			    id, 0);
		c->qc_stats.messages_in++;
		/* Nothing is delivered behind the user's quic_close(). */
		if (cf->ops->message != NULL && !c->qc_close &&
		    !c->qc_end.ce_set)
			cf->ops->message(cf->arg, c, rx->rx_buf + HEADER_LEN,
			    rx->rx_len - HEADER_LEN);
		rx_free(rx);
	}
	if (c->qc_rx_count == 0) {
		free(c->qc_rx);
		c->qc_rx = NULL;
	}
	rx_set_deadline(c);
}

/* One more half to close. */
static int
fins_grow(struct quic_conn *c)
{
	int64_t	*fins;
	size_t	 cap = c->qc_fins_cap == 0 ? FINS_MIN : c->qc_fins_cap * 2;

	if (c->qc_nfins < c->qc_fins_cap)
		return (0);
	if (cap > FINS_MAX || (fins = reallocarray(c->qc_fins, cap,
	    sizeof(*fins))) == NULL)
		return (-1);
	c->qc_fins = fins;
	c->qc_fins_cap = cap;
	return (0);
}

static struct rx_msg **
rx_place(const struct quic_conn *c, uint64_t ord)
{
	return (&c->qc_rx[ord & (c->qc_ep->ep_rx_ring - 1)]);
}

/* What has come of a stream that is not delivered yet, or NULL. */
static struct rx_msg *
rx_find(const struct quic_conn *c, uint64_t ord)
{
	if (c->qc_rx == NULL || ord - c->qc_rx_next >= c->qc_ep->ep_rx_ring)
		return (NULL);
	return (*rx_place(c, ord));
}

/* The oldest of what is incomplete, or waits behind something missing. */
static void
rx_set_deadline(struct quic_conn *c)
{
	unsigned int	ms = c->qc_ep->ep_config.limits.stream_ms;
	uint64_t	oldest = UINT64_MAX;
	size_t		i;

	for (i = 0; c->qc_rx_count > 0 && i < c->qc_ep->ep_rx_ring; i++) {
		if (c->qc_rx[i] != NULL && c->qc_rx[i]->rx_since < oldest)
			oldest = c->qc_rx[i]->rx_since;
	}
	c->qc_rx_deadline = oldest == UINT64_MAX || ms == 0 ? UINT64_MAX :
	    oldest + ms * NS_PER_MS;
}

static void
rx_free(struct rx_msg *rx)
{
	if (rx == NULL)
		return;
	free(rx->rx_buf);
	free(rx);
}

/* Bit 0: opened by the server, bit 1: unidirectional (RFC 9000 2.1). */
static int64_t
rx_id(const struct quic_conn *c, uint64_t ord)
{
	return ((int64_t)(ord << 2 | (c->qc_server ? 0 : 1)));
}

static bool
is_ours(const struct quic_conn *c, int64_t id)
{
	return (((id & 1) != 0) == c->qc_server);
}
