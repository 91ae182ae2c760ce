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

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/notice.h"
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
/* Refusals of wrong tokens a second. */
#define REFUSALS_RATE	50
/* Strays of one worker a second; it sends half of that (service.c). */
#define STRAYS_RATE	400

/*
 * The client's first DCID of a connection that was begun (after a Retry, the
 * one from there): its repetitions go to the same worker.
 */
struct known {
	TAILQ_ENTRY(known)	kn_entry;
	uint8_t			kn_dcid[DCID_MAX];
	size_t			kn_len;
	unsigned int		kn_slot;
	bool			kn_validated;
	uint8_t			kn_odcid[PACKET_CID_MAX];
	size_t			kn_odcid_len;	/* 0: no Retry */
	uint64_t		kn_until;
};

TAILQ_HEAD(known_list, known);

struct door {
	const struct door_ops	*do_ops;
	void			*do_arg;
	const struct slots	*do_slots;
	struct placement	*do_placement;
	struct validate		*do_validate;
	struct reassembly	*do_re;
	struct sources		*do_sources;
	struct table		*do_known;
	struct known_list	 do_list;	/* oldest first */
	struct packet_rate	 do_version_rate;
	struct packet_rate	 do_refuse_rate;
	struct packet_rate	 do_stray_rate[SLOTS_MAX];
	struct notice		 do_misnamed;
	struct door_counters	 do_count;
};

static void	initial(struct door *, const struct door_datagram *,
		    uint64_t);
static void	first_flight(struct door *, const struct door_datagram *,
		    const uint8_t *, size_t, uint64_t);
static void	begin(struct door *, const struct reassembly_hello *,
		    const struct door_datagram *, const uint8_t *, size_t,
		    const struct validated *, uint64_t);
static void	negotiate(struct door *, const struct door_datagram *,
		    uint64_t);
static void	retry(struct door *, const struct door_datagram *,
		    const uint8_t *, size_t, uint64_t);
static void	refuse(struct door *, const struct door_datagram *, uint64_t);
static int	forward(struct door *, unsigned int,
		    const struct door_datagram *, const struct quic_first *);
static void	known_first(const struct known *, struct quic_first *);
static int	route(const struct door *, const char *, bool, uint64_t);
static int	route_room(const struct door *, const char *, uint64_t);
static void	known_add(struct door *, const struct known *);
static void	known_remove(struct door *, struct known *);

struct door *
door_new(const struct door_ops *ops, void *arg, const struct slots *slots,
    struct placement *placement, struct validate *validate)
{
	struct door	*d;
	unsigned int	 i;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return (NULL);
	d->do_ops = ops;
	d->do_arg = arg;
	d->do_slots = slots;
	d->do_placement = placement;
	d->do_validate = validate;
	TAILQ_INIT(&d->do_list);
	packet_rate_init(&d->do_version_rate, VERSIONS_RATE, VERSIONS_RATE);
	packet_rate_init(&d->do_refuse_rate, REFUSALS_RATE, REFUSALS_RATE);
	for (i = 0; i < SLOTS_MAX; i++)
		packet_rate_init(&d->do_stray_rate[i], STRAYS_RATE,
		    STRAYS_RATE);
	d->do_re = reassembly_new();
	d->do_known = table_new(DOOR_KNOWN_MAX);
	d->do_sources = sources_new();
	if (d->do_re == NULL || d->do_known == NULL ||
	    d->do_sources == NULL) {
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
	sources_free(d->do_sources);
	free(d);
}

void
door_packet(struct door *d, const struct door_datagram *dd, uint64_t now)
{
	const struct slot	*sl;
	int			 slot;

	d->do_count.dc_received++;
	slot = cid_packet_slot(dd->dd_data, dd->dd_len);
	if (slot > 0 && (sl = slots_owner(d->do_slots,
	    (unsigned int)slot)) != NULL && sl->sl_role != PROC_DOORD) {
		if (forward(d, (unsigned int)slot, dd, NULL) == 0)
			d->do_count.dc_by_cid++;
		return;
	}
	/*
	 * An ID that looks like ours but names nobody: perhaps a client's own
	 * choice (1 in 65536), so it is looked at like any other.
	 */
	initial(d, dd, now);
}

void
door_stray(struct door *d, unsigned int slot, const struct door_datagram *dd,
    uint64_t now)
{
	d->do_count.dc_strays++;
	if (slot >= SLOTS_MAX ||
	    !packet_rate_take(&d->do_stray_rate[slot], now)) {
		d->do_count.dc_dropped_stray++;
		return;
	}
	initial(d, dd, now);
}

void
door_expire(struct door *d, uint64_t now)
{
	struct known	*kn;

	d->do_count.dc_dropped_expired += reassembly_expire(d->do_re, now);
	while ((kn = TAILQ_FIRST(&d->do_list)) != NULL && kn->kn_until <= now)
		known_remove(d, kn);
	validate_expire(d->do_validate, now);
	limiter_expire(sources_limiter(d->do_sources), now);
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
	placement_slot_lost(d->do_placement, slot);
}

const struct door_counters *
door_counters(const struct door *d)
{
	return (&d->do_count);
}

struct limiter *
door_limiter(struct door *d)
{
	return (sources_limiter(d->do_sources));
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

/* Anything that is not for a connection that exists. */
static void
initial(struct door *d, const struct door_datagram *dd, uint64_t now)
{
	const uint8_t	*p = dd->dd_data, *dcid;
	uint32_t	 version;
	size_t		 len;

	if (dd->dd_len < 7 || (p[0] & 0x80) == 0) {
		d->do_count.dc_dropped_unknown++;
		return;
	}
	version = bytes_get32(p + 1);
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

static void
first_flight(struct door *d, const struct door_datagram *dd,
    const uint8_t *dcid, size_t len, uint64_t now)
{
	struct reassembly_hello	 rh;
	enum reassembly_verdict	 verdict;
	struct quic_first	 first;
	struct door_datagram	 judged = *dd;
	struct validated	 vd;
	struct known		*kn;

	kn = table_find(d->do_known, dcid, len);
	if (kn != NULL && kn->kn_until > now) {
		known_first(kn, &first);
		if (forward(d, kn->kn_slot, dd, &first) == 0)
			d->do_count.dc_repeated++;
		return;
	}
	validate_check(d->do_validate, dd, now, &vd);
	if (vd.vd_verdict == VALIDATE_BAD) {
		refuse(d, dd, now);
		return;
	}
	if (vd.vd_verdict == VALIDATE_NONE && validate_wanted(d->do_validate,
	    reassembly_count(d->do_re), now)) {
		retry(d, dd, dcid, len, now);
		return;
	}
	/* Once for each connection that begins. */
	switch (reassembly_has(d->do_re, dcid, len) ? SOURCE_PASS :
	    sources_judge(d->do_sources, &dd->dd_remote, &vd, now)) {
	case SOURCE_PASS:
		break;
	case SOURCE_RETRY:
		retry(d, dd, dcid, len, now);
		return;
	case SOURCE_DROP:
		d->do_count.dc_dropped_rate++;
		return;
	}
	judged.dd_checked = vd.vd_verdict != VALIDATE_NONE;
	rh.rh_evicted = false;
	verdict = reassembly_feed(d->do_re, &judged, dcid, len, now, &rh);
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
		/* Who has not sent those there are gets in all the same. */
		if (judged.dd_checked)
			d->do_count.dc_dropped_source++;
		else
			retry(d, dd, dcid, len, now);
		break;
	case REASSEMBLY_COMPLETE:
		begin(d, &rh, dd, dcid, len, &vd, now);
		break;
	}
}

/* dd: the last datagram of the flight. */
static void
begin(struct door *d, const struct reassembly_hello *rh,
    const struct door_datagram *dd, const uint8_t *dcid, size_t len,
    const struct validated *vd, uint64_t now)
{
	const struct slot	*sl;
	struct quic_first	 first;
	struct known		 kn;
	char			 remote[ADDR_STRLEN];
	size_t			 i;
	int			 slot;

	if (rh->rh_name[0] == '\0' || !rh->rh_alpn_ok) {
		d->do_count.dc_misnamed++;
		if (notice_due(&d->do_misnamed, now))
			notice(&d->do_misnamed, "%s: its ClientHello has %s",
			    addr_print(&dd->dd_remote, remote, sizeof(remote)),
			    rh->rh_alpn_ok ? "a name that no room can have" :
			    "no protocol of ours");
	}
	slot = route(d, rh->rh_name, rh->rh_alpn_ok, now);
	if (slot == -1 || (sl = slots_owner(d->do_slots,
	    (unsigned int)slot)) == NULL) {
		d->do_count.dc_dropped_worker += rh->rh_count;
		return;
	}
	memset(&kn, 0, sizeof(kn));
	memcpy(kn.kn_dcid, dcid, len);
	kn.kn_len = len;
	kn.kn_slot = (unsigned int)slot;
	kn.kn_until = now + DOOR_KNOWN_MS * NS_PER_MS;
	if (vd->vd_verdict == VALIDATE_RETRY) {
		kn.kn_validated = true;
		memcpy(kn.kn_odcid, vd->vd_odcid, vd->vd_odcid_len);
		kn.kn_odcid_len = vd->vd_odcid_len;
	} else if (vd->vd_verdict == VALIDATE_TOKEN) {
		/* One role's key opens that role's door, no other. */
		kn.kn_validated = vd->vd_role == sl->sl_role;
		if (!kn.kn_validated && validate_wanted(d->do_validate,
		    reassembly_count(d->do_re), now)) {
			retry(d, dd, dcid, len, now);
			return;
		}
	}
	/*
	 * If the worker does not get all of it, the client's repetition shall
	 * be collected anew.
	 */
	known_first(&kn, &first);
	for (i = 0; i < rh->rh_count; i++) {
		if (forward(d, kn.kn_slot, &rh->rh_datagrams[i], &first) ==
		    -1)
			return;
	}
	d->do_count.dc_by_name++;
	if (kn.kn_validated)
		d->do_count.dc_validated++;
	else
		validate_begun(d->do_validate, now);
	known_add(d, &kn);
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

static void
retry(struct door *d, const struct door_datagram *dd, const uint8_t *dcid,
    size_t len, uint64_t now)
{
	uint8_t	out[PACKET_REPLY_MAX];
	size_t	n;

	if ((n = validate_retry(d->do_validate, dd, dcid, len, out,
	    sizeof(out), now)) == 0) {
		d->do_count.dc_dropped_retried++;
		return;
	}
	d->do_ops->reply(d->do_arg, dd, out, n);
	d->do_count.dc_retries++;
}

static void
refuse(struct door *d, const struct door_datagram *dd, uint64_t now)
{
	uint8_t	out[PACKET_REPLY_MAX];
	size_t	n;

	d->do_count.dc_dropped_token++;
	if (!packet_rate_take(&d->do_refuse_rate, now))
		return;
	n = packet_invalid_token(out, sizeof(out), dd->dd_data, dd->dd_len);
	if (n > 0)
		d->do_ops->reply(d->do_arg, dd, out, n);
}

static int
forward(struct door *d, unsigned int slot, const struct door_datagram *dd,
    const struct quic_first *first)
{
	if (d->do_ops->forward(d->do_arg, slot, dd, first) == -1) {
		d->do_count.dc_dropped_worker++;
		return (-1);
	}
	return (0);
}

/* What the worker has to know, also of a repetition: it may have lost all. */
static void
known_first(const struct known *kn, struct quic_first *first)
{
	memset(first, 0, sizeof(*first));
	first->validated = kn->kn_validated;
	first->odcid = kn->kn_dcid;
	first->odcid_len = kn->kn_len;
	if (kn->kn_odcid_len == 0)
		return;
	first->odcid = kn->kn_odcid;
	first->odcid_len = kn->kn_odcid_len;
	first->retry_scid = kn->kn_dcid;
	first->retry_scid_len = kn->kn_len;
}

/*
 * Names that are no rooms (wzp-protocol 1.3).  What TLS has to refuse goes
 * to signald, which sends the alert, as goes what would be federd's when
 * there is none.  `_relay` and `localhost` are rooms.
 */
static int
route(const struct door *d, const char *name, bool alpn_ok, uint64_t now)
{
	static const struct {
		const char	*name;
		enum proc	 role;
	}	names[] = {
		{ QUIC_SNI_PING, PROC_SIGNALD },
		{ QUIC_SNI_VERSION, PROC_SIGNALD },
		{ QUIC_SNI_SIGNAL, PROC_SIGNALD },
		{ QUIC_SNI_PROBE, PROC_FEDERD },
		{ QUIC_SNI_FEDERATION, PROC_FEDERD }
	};
	size_t	i;
	int	slot = -1;

	for (i = 0; alpn_ok && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i].name) != 0)
			continue;
		slot = slots_of(d->do_slots, names[i].role, 0);
		break;
	}
	if (alpn_ok && name[0] != '\0' &&
	    i == sizeof(names) / sizeof(names[0]))
		return (route_room(d, name, now));
	return (slot != -1 ? slot : slots_of(d->do_slots, PROC_SIGNALD, 0));
}

/*
 * To the mediad of the room, out of those that can be reached.  While signald
 * has not said which take new rooms, those that retire do only if there is no
 * other.
 */
static int
route_room(const struct door *d, const char *room, uint64_t now)
{
	const struct slot	*sl;
	uint64_t		 present = 0, staying = 0;
	unsigned int		 i;

	for (i = 0; i < SLOTS_MAX; i++) {
		if ((sl = slots_owner(d->do_slots, i)) == NULL ||
		    sl->sl_role != PROC_MEDIAD ||
		    !d->do_ops->present(d->do_arg, i))
			continue;
		present |= PLACEMENT_BIT(i);
		if (!sl->sl_retiring)
			staying |= PLACEMENT_BIT(i);
	}
	if (!placement_known(d->do_placement) && staying != 0)
		present = staying;
	return (placement_join(d->do_placement, room, present, now));
}

/* At the limit the oldest makes room; it costs a repetition at most. */
static void
known_add(struct door *d, const struct known *of)
{
	struct known	*kn;

	kn = table_find(d->do_known, of->kn_dcid, of->kn_len);
	if (kn != NULL)
		known_remove(d, kn);
	if (table_count(d->do_known) >= DOOR_KNOWN_MAX)
		known_remove(d, TAILQ_FIRST(&d->do_list));
	if ((kn = malloc(sizeof(*kn))) == NULL)
		return;
	*kn = *of;
	if (table_insert(d->do_known, kn->kn_dcid, kn->kn_len, kn) == -1) {
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
