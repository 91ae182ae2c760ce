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
 * Which handshakes are answered when there are more than can be.  Who is
 * answered in time is registered in time; so the queue is short, and who finds
 * it long is told at once (RFC 9000 5.2.2), before a connection is made of his
 * packet: that costs a small part of an answer.  A long queue would serve only
 * those who have left it.
 */
#include "config.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/quic/admission.h"
#include "common/quic/conn.h"

/*
 * It is long when the first in it has waited for this part of
 * handshake_wait_ms, and there are so many behind him: a process that did not
 * run for a while has old ones too, but few.
 */
#define LONG_SHARE	12
#define LONG_LEAST	64
/*
 * Refusals a second; the others are dropped.  Each is shorter than what it
 * answers, so nobody's flood grows by them.
 */
#define BUSY_RATE	2000

/*
 * The second datagram of a flight is not refused again; nor does it begin a
 * connection that will never have the first.
 */
#define FLIGHT_NS	(20 * NS_PER_MS)

static bool	is_long(const struct quic_endpoint *);
static bool	is_stale(const struct quic_conn *);

void
admission_init(struct quic_endpoint *ep)
{
	TAILQ_INIT(&ep->ep_waiting);
	packet_rate_init(&ep->ep_busy_rate, BUSY_RATE, BUSY_RATE);
}

/*
 * A signature costs a round trip to keyd and the key exchange more than a
 * hundred datagrams of voice; whoever is in a call comes first.
 */
bool
admission_may_answer(struct quic_conn *c)
{
	struct quic_endpoint	*ep = c->qc_ep;

	if (ep->ep_config.limits.handshakes_per_turn != 0 &&
	    (ep->ep_hellos >= ep->ep_config.limits.handshakes_per_turn ||
	    (!ep->ep_flushing && !TAILQ_EMPTY(&ep->ep_waiting)))) {
		/* TLS asks again for each CRYPTO frame that comes behind. */
		if (!c->qc_waiting) {
			TAILQ_INSERT_TAIL(&ep->ep_waiting, c,
			    qc_waiting_entry);
			c->qc_waiting_since = ep->ep_now;
			ep->ep_nwaiting++;
		}
		c->qc_waiting = true;
		return (false);
	}
	admission_wait_no_more(c);
	ep->ep_hellos++;
	return (true);
}

void
admission_wait_no_more(struct quic_conn *c)
{
	if (!c->qc_waiting)
		return;
	c->qc_waiting = false;
	c->qc_ep->ep_nwaiting--;
	TAILQ_REMOVE(&c->qc_ep->ep_waiting, c, qc_waiting_entry);
}

void
admission_turn(struct quic_endpoint *ep)
{
	struct quic_conn	*c;

	ep->ep_hellos = 0;
	/* The oldest first: behind one that is answered nobody is stale. */
	while ((c = TAILQ_FIRST(&ep->ep_waiting)) != NULL &&
	    ep->ep_hellos < ep->ep_config.limits.handshakes_per_turn) {
		admission_wait_no_more(c);
		if (is_stale(c)) {
			ep->ep_busy++;
			conn_refuse(c);
		} else
			conn_continue(c);
	}
}

enum admission
admission_judge(struct quic_endpoint *ep, const uint8_t *dcid, size_t len)
{
	if (len == ep->ep_busy_dcid_len &&
	    memcmp(dcid, ep->ep_busy_dcid, len) == 0 &&
	    ep->ep_now - ep->ep_busy_at < FLIGHT_NS)
		return (ADMISSION_DROP);
	if (!is_long(ep))
		return (ADMISSION_ACCEPT);
	memcpy(ep->ep_busy_dcid, dcid, len);
	ep->ep_busy_dcid_len = len;
	ep->ep_busy_at = ep->ep_now;
	ep->ep_busy++;
	return (packet_rate_take(&ep->ep_busy_rate, ep->ep_now) ?
	    ADMISSION_REFUSE : ADMISSION_DROP);
}

static bool
is_long(const struct quic_endpoint *ep)
{
	const struct quic_conn	*c = TAILQ_FIRST(&ep->ep_waiting);
	uint64_t		 wait = ep->ep_config.limits.handshake_wait_ms *
				    NS_PER_MS;

	return (wait != 0 && ep->ep_nwaiting >= LONG_LEAST &&
	    ep->ep_now - c->qc_waiting_since >= wait / LONG_SHARE);
}

/* Its client has hardly stayed for it; who has says so again. */
static bool
is_stale(const struct quic_conn *c)
{
	uint64_t	wait = c->qc_ep->ep_config.limits.handshake_wait_ms *
			    NS_PER_MS;

	return (wait != 0 && c->qc_ep->ep_now - c->qc_waiting_since > wait);
}
