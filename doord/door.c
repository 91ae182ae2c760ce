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
 * Where a datagram goes (door.h).
 */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/table.h"
#include "common/ipc/slots.h"
#include "common/quic/cid.h"
#include "common/quic/packet.h"
#include "common/quic/params.h"
#include "doord/door.h"

#define DCID_MAX	20
#define QUIC_VERSION	1
/* Version negotiation packets a second. */
#define VERSIONS_RATE	50

/*
 * The client's first DCID of a connection that was begun: its repetitions go
 * to the same worker.
 */
struct known {
	TAILQ_ENTRY(known)	kn_entry;
	uint8_t			kn_dcid[DCID_MAX];
	size_t			kn_len;
	unsigned int		kn_slot;
	uint64_t		kn_until;
};

TAILQ_HEAD(known_list, known);

struct door {
	const struct door_ops	*do_ops;
	void			*do_arg;
	const struct slots	*do_slots;
	struct reassembly	*do_re;
	struct table		*do_known;
	struct known_list	 do_list;	/* oldest first */
	struct packet_rate	 do_version_rate;
	struct door_counters	 do_count;
};

static void	first_flight(struct door *, const struct door_datagram *,
		    const uint8_t *, size_t, uint64_t);
static void	begin(struct door *, const struct reassembly_hello *,
		    const uint8_t *, size_t, uint64_t);
static void	negotiate(struct door *, const struct door_datagram *,
		    uint64_t);
static int	forward(struct door *, unsigned int,
		    const struct door_datagram *);
static int	route(const struct door *, const char *, bool);
static void	known_add(struct door *, const uint8_t *, size_t,
		    unsigned int, uint64_t);
static void	known_remove(struct door *, struct known *);

struct door *
door_new(const struct door_ops *ops, void *arg, const struct slots *slots)
{
	struct door	*d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return (NULL);
	d->do_ops = ops;
	d->do_arg = arg;
	d->do_slots = slots;
	TAILQ_INIT(&d->do_list);
	packet_rate_init(&d->do_version_rate, VERSIONS_RATE, VERSIONS_RATE);
	d->do_re = reassembly_new();
	d->do_known = table_new(DOOR_KNOWN_MAX);
	if (d->do_re == NULL || d->do_known == NULL) {
		door_free(d);
		return (NULL);
	}
	return (d);
}

void
door_free(struct door *d)
{
	struct known	*kn;

	if (d == NULL)
		return;
	while ((kn = TAILQ_FIRST(&d->do_list)) != NULL)
		known_remove(d, kn);
	reassembly_free(d->do_re);
	table_free(d->do_known);
	free(d);
}

void
door_packet(struct door *d, const struct door_datagram *dd, uint64_t now)
{
	const struct slot	*sl;
	const uint8_t		*p = dd->dd_data, *dcid;
	uint32_t		 version;
	size_t			 len;
	int			 slot;

	d->do_count.dc_received++;
	slot = cid_packet_slot(p, dd->dd_len);
	if (slot > 0 && (sl = slots_owner(d->do_slots, (unsigned int)slot)) != NULL &&
	    sl->sl_role != PROC_DOORD) {
		if (forward(d, (unsigned int)slot, dd) == 0)
			d->do_count.dc_by_cid++;
		return;
	}
	/*
	 * An ID that looks like ours but names nobody: perhaps a client's own
	 * choice (1 in 65536), so it is looked at like any other.
	 */
	if (dd->dd_len < 7 || (p[0] & 0x80) == 0) {
		d->do_count.dc_dropped_unknown++;
		return;
	}
	version = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 8 | p[4];
	if (version != QUIC_VERSION) {
		negotiate(d, dd, now);
		return;
	}
	if (initial_dcid(p, dd->dd_len, &dcid, &len) == -1) {
		d->do_count.dc_dropped_unknown++;
		return;
	}
	first_flight(d, dd, dcid, len, now);
}

void
door_expire(struct door *d, uint64_t now)
{
	struct known	*kn;

	d->do_count.dc_dropped_expired += reassembly_expire(d->do_re, now);
	while ((kn = TAILQ_FIRST(&d->do_list)) != NULL && kn->kn_until <= now)
		known_remove(d, kn);
}

void
door_slot_lost(struct door *d, unsigned int slot)
{
	struct known	*kn, *next;

	for (kn = TAILQ_FIRST(&d->do_list); kn != NULL; kn = next) {
		next = TAILQ_NEXT(kn, kn_entry);
		if (kn->kn_slot == slot)
			known_remove(d, kn);
	}
}

const struct door_counters *
door_counters(const struct door *d)
{
	return (&d->do_count);
}

size_t
door_waiting(const struct door *d)
{
	return (reassembly_count(d->do_re));
}

size_t
door_known(const struct door *d)
{
	return (table_count(d->do_known));
}

static void
first_flight(struct door *d, const struct door_datagram *dd,
    const uint8_t *dcid, size_t len, uint64_t now)
{
	struct reassembly_hello	 rh;
	enum reassembly_verdict	 verdict;
	struct known		*kn;

	kn = table_find(d->do_known, dcid, len);
	if (kn != NULL && kn->kn_until > now) {
		if (forward(d, kn->kn_slot, dd) == 0)
			d->do_count.dc_repeated++;
		return;
	}
	rh.rh_evicted = false;
	verdict = reassembly_feed(d->do_re, dd, dcid, len, now, &rh);
	if (rh.rh_evicted)
		d->do_count.dc_dropped_full++;
	switch (verdict) {
	case REASSEMBLY_MORE:
		d->do_count.dc_waiting++;
		break;
	case REASSEMBLY_BAD:
		d->do_count.dc_dropped_bad++;
		break;
	case REASSEMBLY_FULL:
		d->do_count.dc_dropped_full++;
		break;
	case REASSEMBLY_SOURCE:
		d->do_count.dc_dropped_source++;
		break;
	case REASSEMBLY_COMPLETE:
		begin(d, &rh, dcid, len, now);
		break;
	}
}

static void
begin(struct door *d, const struct reassembly_hello *rh, const uint8_t *dcid,
    size_t len, uint64_t now)
{
	size_t	i;
	int	slot;

	if ((slot = route(d, rh->rh_name, rh->rh_alpn_ok)) == -1) {
		d->do_count.dc_dropped_unknown += rh->rh_count;
		return;
	}
	/*
	 * If the worker does not get all of it, the client's repetition shall
	 * be collected anew.
	 */
	for (i = 0; i < rh->rh_count; i++) {
		if (forward(d, (unsigned int)slot, &rh->rh_datagrams[i]) ==
		    -1)
			return;
	}
	d->do_count.dc_by_name++;
	known_add(d, dcid, len, (unsigned int)slot, now);
}

static void
negotiate(struct door *d, const struct door_datagram *dd, uint64_t now)
{
	uint8_t	out[PACKET_REPLY_MAX];
	size_t	n;

	n = packet_version_negotiation(out, sizeof(out), dd->dd_data,
	    dd->dd_len);
	if (n == 0 || !packet_rate_take(&d->do_version_rate, now)) {
		d->do_count.dc_dropped_unknown++;
		return;
	}
	d->do_ops->reply(d->do_arg, dd, out, n);
	d->do_count.dc_versions++;
}

static int
forward(struct door *d, unsigned int slot, const struct door_datagram *dd)
{
	if (d->do_ops->forward(d->do_arg, slot, dd) == -1) {
		d->do_count.dc_dropped_worker++;
		return (-1);
	}
	return (0);
}

/*
 * Names that are no rooms (wzp-protocol 1.3).  What TLS has to refuse goes
 * to signald, which sends the alert.  `_relay` and `localhost` are rooms.
 */
static int
route(const struct door *d, const char *name, bool alpn_ok)
{
	static const char *const	signal_names[] = {
		QUIC_SNI_PING, QUIC_SNI_VERSION, QUIC_SNI_PROBE,
		QUIC_SNI_FEDERATION, QUIC_SNI_SIGNAL
	};
	size_t				i;

	if (!alpn_ok || name[0] == '\0')
		return (slots_of(d->do_slots, PROC_SIGNALD, 0));
	for (i = 0; i < sizeof(signal_names) / sizeof(signal_names[0]); i++) {
		if (strcmp(name, signal_names[i]) == 0)
			return (slots_of(d->do_slots, PROC_SIGNALD, 0));
	}
	return (slots_of(d->do_slots, PROC_MEDIAD, 0));
}

/* At the limit the oldest makes room; it costs a repetition at most. */
static void
known_add(struct door *d, const uint8_t *dcid, size_t len, unsigned int slot,
    uint64_t now)
{
	struct known	*kn;

	if ((kn = table_find(d->do_known, dcid, len)) != NULL)
		known_remove(d, kn);
	if (table_count(d->do_known) >= DOOR_KNOWN_MAX)
		known_remove(d, TAILQ_FIRST(&d->do_list));
	if ((kn = calloc(1, sizeof(*kn))) == NULL)
		return;
	memcpy(kn->kn_dcid, dcid, len);
	kn->kn_len = len;
	kn->kn_slot = slot;
	kn->kn_until = now + DOOR_KNOWN_MS * NS_PER_MS;
	if (table_insert(d->do_known, dcid, len, kn) == -1) {
		free(kn);
		return;
	}
	TAILQ_INSERT_TAIL(&d->do_list, kn, kn_entry);
}

static void
known_remove(struct door *d, struct known *kn)
{
	(void)table_remove(d->do_known, kn->kn_dcid, kn->kn_len);
	TAILQ_REMOVE(&d->do_list, kn, kn_entry);
	free(kn);
}
