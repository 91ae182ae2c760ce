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

/* Media connections: see media.h. */
#include "config.h"

#include <sys/queue.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/notice.h"
#include "common/ipc/visitor.h"
#include "common/quic/params.h"
#include "mediad/media_int.h"
#include "mediad/replay.h"
#include "mediad/roster.h"

#define CLOSE_NORMAL	"normal close"		/* 1.7 */

static enum quic_verdict	 media_accept(void *, struct quic_conn *,
				    const char *);
static void	 media_established(void *, struct quic_conn *);
static void	 media_message(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 media_datagram(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 media_unfinished(struct media *, struct quic_conn *);
static void	 media_closed(void *, struct quic_conn *,
		    const struct quic_close *);

static void	 media_opened(void *, struct room *);
static void	 media_empty(void *, struct room *);
static void	 media_joined(void *, struct member *);
static void	 media_left(void *, const struct room *,
		    const struct member *);
static void	 media_relayed(void *, const struct member *,
		    const uint8_t *, size_t, uint64_t);

static uint64_t	 conn_due(const struct conn *);
static void	 conn_notice(struct conn *, struct notice *, const char *,
		    const char *);
static void	 conn_depart(struct conn *, uint64_t);
static void	 conn_report(struct conn *, const char *, bool);
static void	 media_recheck(struct media *, uint64_t);
static void	 media_drain(struct media *);

const struct quic_ops	media_quic_ops = {
	.accept = media_accept,
	.established = media_established,
	.message = media_message,
	.datagram = media_datagram,
	.closed = media_closed
};

/* Both who tells signald and who tells federd. */
static const struct room_watch	media_watch = {
	.opened = media_opened,
	.empty = media_empty,
	.joined = media_joined,
	.left = media_left,
	.datagram = media_relayed
};

struct media *
media_new(const struct media_config *config)
{
	struct media	*md;
	size_t		 i;

	if ((md = calloc(1, sizeof(*md))) == NULL)
		return (NULL);
	md->md_config = *config;
	md->md_roster_due = UINT64_MAX;
	for (i = 0; i < CONN_STATES; i++)
		TAILQ_INIT(&md->md_lists[i]);
	md->md_rooms = rooms_new(&config->mc_limits);
	md->md_admissions = admissions_new(config->mc_max_calls);
	md->md_replay = replay_new(REPLAY_MAX);
	md->md_limiter = limiter_new(LIMITER_KEYS);
	md->md_roster = roster_new(config->mc_ops->room, config->mc_arg);
	md->md_federate = federate_new(md->md_rooms, config->mc_federate,
	    config->mc_arg);
	if (md->md_rooms == NULL || md->md_admissions == NULL ||
	    md->md_replay == NULL || md->md_roster == NULL ||
	    md->md_federate == NULL || md->md_limiter == NULL) {
		media_free(md);
		return (NULL);
	}
	rooms_watch(md->md_rooms, &media_watch, md);
	return (md);
}

void
media_settings(struct media *md, const struct media_config *config)
{
	struct media_config	*own = &md->md_config;

	own->mc_legacy_allow = config->mc_legacy_allow;
	own->mc_auth_required = config->mc_auth_required;
	own->mc_offer_ms = config->mc_offer_ms;
	own->mc_max_calls = config->mc_max_calls;
	own->mc_limits = config->mc_limits;
	rooms_limit(md->md_rooms, &own->mc_limits);
	admission_limit(md->md_admissions, own->mc_max_calls);
}

void
media_free(struct media *md)
{
	struct conn	*co;
	size_t		 i;

	if (md == NULL)
		return;
	for (i = 0; i < CONN_STATES; i++) {
		while ((co = TAILQ_FIRST(&md->md_lists[i])) != NULL) {
			TAILQ_REMOVE(&md->md_lists[i], co, co_entry);
			free(co->co_kept);
			free(co);
		}
	}
	federate_free(md->md_federate);
	rooms_free(md->md_rooms);
	admissions_free(md->md_admissions);
	replay_free(md->md_replay);
	roster_free(md->md_roster);
	limiter_free(md->md_limiter);
	free(md);
}

/*
 * doord sends us room names only; these others would be its mistake, and
 * nobody may come to meet in a room of such a name.
 */
static enum quic_verdict
media_accept(void *arg, struct quic_conn *quic, const char *name)
{
	static const char *const	 reserved[] = {
		QUIC_SNI_PING, QUIC_SNI_VERSION, QUIC_SNI_PROBE,
		QUIC_SNI_FEDERATION, QUIC_SNI_SIGNAL
	};
	size_t				 i;

	(void)arg;
	(void)quic;
	for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(name, reserved[i]) == 0)
			return (QUIC_REFUSE_NAME);
	return (QUIC_ACCEPT);
}

static void
media_established(void *arg, struct quic_conn *quic)
{
	struct media	*md = arg;
	struct conn	*co;

	if ((co = calloc(1, sizeof(*co))) == NULL) {
		log_warn("media connection");
		quic_close(quic, 0, CLOSE_NORMAL);
		return;
	}
	co->co_media = md;
	co->co_quic = quic;
	co->co_member.me_conn = quic;
	if (quic_conn_resumed(quic))
		md->md_counters.mn_resumed++;
	co->co_visitor.vi_source = *quic_conn_remote(quic);
	co->co_since = md->md_config.mc_ops->now(md->md_config.mc_arg);
	co->co_state = CONN_OFFER;
	TAILQ_INSERT_TAIL(&md->md_lists[CONN_OFFER], co, co_entry);
	md->md_counts[CONN_OFFER]++;
	quic_conn_set_data(quic, co);
}

/*
 * Where people have tokens theirs comes first; they send the CallOffer right
 * behind it, for nothing tells them that the token was good.  After CallOffer
 * signals of a client are consumed and ignored (8.6).
 */
static void
media_message(void *arg, struct quic_conn *quic, const uint8_t *text,
    size_t len)
{
	struct media	*md = arg;
	struct conn	*co;

	if ((co = quic_conn_data(quic)) == NULL)
		return;
	if (co->co_state == CONN_CHECK)
		join_keep(co, text, len);
	else if (co->co_state == CONN_OFFER && !co->co_has_token &&
	    md->md_config.mc_auth_required)
		join_token(co, text, len);
	else if (co->co_state == CONN_OFFER)
		join_offer(co, text, len);
}

static void
media_datagram(void *arg, struct quic_conn *quic, const uint8_t *data,
    size_t len)
{
	struct media	*md = arg;
	struct conn	*co;
	uint64_t	 bad, now;

	if ((co = quic_conn_data(quic)) == NULL ||
	    co->co_member.me_room == NULL)
		return;
	now = md->md_config.mc_ops->now(md->md_config.mc_arg);
	if (!limiter_take_own(md->md_limiter, LIMIT_DATAGRAM_RATE,
	    &co->co_rate, co->co_member.me_fp, now)) {
		md->md_counters.mn_crowded++;
		return;
	}
	bad = co->co_member.me_traffic.tr_malformed;
	room_datagram(&co->co_member, data, len, now);
	if (co->co_member.me_traffic.tr_malformed != bad)
		conn_notice(co, &md->md_malformed, "malformed datagram",
		    co->co_member.me_fp);
}

/* Its handshake was. */
static void
media_unfinished(struct media *md, struct quic_conn *quic)
{
	char	remote[ADDR_STRLEN];

	md->md_counters.mn_unfinished++;
	if (notice_due(&md->md_unfinished,
	    md->md_config.mc_ops->now(md->md_config.mc_arg)))
		notice(&md->md_unfinished, "%s: handshake not finished",
		    addr_print(quic_conn_remote(quic), remote,
		    sizeof(remote)));
}

static void
media_closed(void *arg, struct quic_conn *quic, const struct quic_close *why)
{
	struct media	*md = arg;
	struct conn	*co;

	if ((co = quic_conn_data(quic)) == NULL) {
		if (why->kind != QUIC_CLOSED_LOCAL)
			media_unfinished(md, quic);
		return;
	}
	if (why->kind == QUIC_CLOSED_ERROR) {
		md->md_counters.mn_broken++;
		conn_notice(co, &md->md_broken, "broken connection",
		    why->text);
	}
	quic_conn_set_data(quic, NULL);
	visitor_leave(&co->co_visitor, md->md_limiter);
	media_forget(co);
	conn_depart(co, md->md_config.mc_ops->now(md->md_config.mc_arg));
	TAILQ_REMOVE(&md->md_lists[co->co_state], co, co_entry);
	md->md_counts[co->co_state]--;
	free(co);
}

static void
media_opened(void *arg, struct room *room)
{
	struct media	*md = arg;

	roster_watch.opened(md->md_roster, room);
	federate_opened(md->md_federate, room);
}

static void
media_empty(void *arg, struct room *room)
{
	struct media	*md = arg;

	federate_empty(md->md_federate, room);
	roster_watch.empty(md->md_roster, room);
}

static void
media_joined(void *arg, struct member *member)
{
	struct media	*md = arg;

	federate_joined(md->md_federate, member);
}

static void
media_left(void *arg, const struct room *room, const struct member *member)
{
	struct media	*md = arg;

	federate_left(md->md_federate, room, member);
}

static void
media_relayed(void *arg, const struct member *member, const uint8_t *data,
    size_t len, uint64_t now)
{
	struct media	*md = arg;

	federate_datagram(md->md_federate, member, data, len, now);
}

void
media_state(struct conn *co, enum conn_state state)
{
	struct media	*md = co->co_media;

	TAILQ_REMOVE(&md->md_lists[co->co_state], co, co_entry);
	md->md_counts[co->co_state]--;
	co->co_state = state;
	TAILQ_INSERT_TAIL(&md->md_lists[state], co, co_entry);
	md->md_counts[state]++;
}

/*
 * After a path race a client is silent for about 4 s before it makes up its
 * mind (7.6): limit media-offer has to be well above that.
 */
static uint64_t
conn_due(const struct conn *co)
{
	return (co->co_since + (co->co_state == CONN_CALL ? MEDIA_REPORT_NS :
	    co->co_media->md_config.mc_offer_ms * NS_PER_MS));
}

/* The wire never says why (1.7), the log does. */
void
media_refuse(struct conn *co, const char *why)
{
	conn_notice(co, &co->co_media->md_closed, "closed", why);
	co->co_media->md_counters.mn_refused++;
	media_forget(co);
	media_state(co, CONN_CLOSING);
	quic_close(co->co_quic, 0, CLOSE_NORMAL);
}

void
media_replaced(struct conn *co)
{
	co->co_media->md_counters.mn_replaced++;
	conn_report(co, quic_conn_name(co->co_quic), true);
	media_state(co, CONN_CLOSING);
	quic_close(co->co_quic, 0, CLOSE_NORMAL);
}

/* What strangers do wrong: who and where, as often as is bearable. */
static void
conn_notice(struct conn *co, struct notice *no, const char *what,
    const char *why)
{
	const struct media_config	*config = &co->co_media->md_config;
	char				 name[ROOM_STRLEN * 4];
	char				 remote[ADDR_STRLEN];

	if (!notice_due(no, config->mc_ops->now(config->mc_arg)))
		return;
	notice(no, "room %s: %s %s: %s",
	    log_escape(name, sizeof(name), quic_conn_name(co->co_quic),
	    strlen(quic_conn_name(co->co_quic))),
	    addr_print(quic_conn_remote(co->co_quic), remote, sizeof(remote)),
	    what, why);
}

/* What only a connection on its way in has. */
void
media_forget(struct conn *co)
{
	const struct media_config	*config = &co->co_media->md_config;

	if (co->co_check != 0)
		config->mc_ops->give_up(config->mc_arg, co->co_check);
	co->co_check = 0;
	co->co_media->md_kept -= co->co_kept_len;
	free(co->co_kept);
	co->co_kept = NULL;
	co->co_kept_len = 0;
}

static void
conn_depart(struct conn *co, uint64_t now)
{
	if (co->co_member.me_room == NULL)
		return;
	room_leave(&co->co_member, now);
	if (co->co_state == CONN_CALL)
		conn_report(co, quic_conn_name(co->co_quic), true);
}

static void
conn_report(struct conn *co, const char *room, bool final)
{
	const struct media_config	*config = &co->co_media->md_config;
	const struct member		*member = &co->co_member;
	struct msg_call_media		 msg;
	struct traffic			 traffic;

	memset(&msg, 0, sizeof(msg));
	strlcpy(msg.call_id, room_call_id(room), sizeof(msg.call_id));
	strlcpy(msg.fingerprint, member->me_fp, sizeof(msg.fingerprint));
	member_traffic(member, &traffic);
	msg.packets_in = traffic.tr_packets_in;
	msg.bytes_in = traffic.tr_bytes_in;
	msg.packets_out = traffic.tr_packets_out;
	msg.bytes_out = traffic.tr_bytes_out;
	msg.dropped_out = traffic.tr_dropped;
	if (member->me_has_report) {
		msg.loss_pct = member->me_report.loss_pct * 100u / 255u;
		msg.rtt_ms = member->me_report.rtt_4ms * 4u;
	}
	msg.final = final;
	config->mc_ops->report(config->mc_arg, &msg);
}

bool
media_turn(struct media *md, uint64_t now)
{
	struct conn	*co;
	bool		 did = md->md_unsent;

	md->md_unsent = false;
	while ((co = TAILQ_FIRST(&md->md_lists[CONN_OFFER])) != NULL &&
	    conn_due(co) <= now) {
		md->md_counters.mn_silent++;
		media_refuse(co, "no CallOffer in time");
		did = true;
	}
	/*
	 * keyd is asked once a turn: the answer takes it some 30 us, up to
	 * its time limit when it is away, and media waits meanwhile.
	 */
	if ((co = TAILQ_FIRST(&md->md_lists[CONN_SIGNING])) != NULL) {
		join_answer(co, now);
		did = true;
	}
	if (md->md_recheck) {
		media_recheck(md, now);
		did = true;
	}
	while ((co = TAILQ_FIRST(&md->md_lists[CONN_HELD])) != NULL &&
	    conn_due(co) <= now) {
		media_refuse(co, "nobody announced this call");
		did = true;
	}
	while ((co = TAILQ_FIRST(&md->md_lists[CONN_CALL])) != NULL &&
	    conn_due(co) <= now) {
		conn_report(co, quic_conn_name(co->co_quic), false);
		co->co_since = now;
		media_state(co, CONN_CALL);
	}
	if (rooms_expiry(md->md_rooms) <= now) {
		rooms_expire(md->md_rooms, now);
		did = true;
	}
	if (federate_expire(md->md_federate, now))
		did = true;
	md->md_roster_due = roster_push(md->md_roster) ?
	    now + MEDIA_AGAIN_NS : UINT64_MAX;
	media_drain(md);
	return (did);
}

/* Those whose call has been announced meanwhile; in the end all of them. */
static void
media_recheck(struct media *md, uint64_t now)
{
	struct conn	*co, *next;

	md->md_recheck = false;
	for (co = TAILQ_FIRST(&md->md_lists[CONN_HELD]); co != NULL;
	    co = next) {
		next = TAILQ_NEXT(co, co_entry);
		if (md->md_admitted || admission_knows(md->md_admissions,
		    room_call_id(quic_conn_name(co->co_quic))))
			join_admit(co, now);
	}
}

static void
media_drain(struct media *md)
{
	size_t	i;

	if (!md->md_retiring || md->md_drained)
		return;
	for (i = 0; i < CONN_STATES; i++)
		if (md->md_counts[i] > 0)
			return;
	md->md_drained = md->md_config.mc_ops->drained(
	    md->md_config.mc_arg) == 0;
}

uint64_t
media_expiry(const struct media *md)
{
	static const enum conn_state	 timed[] = {
		CONN_OFFER, CONN_HELD, CONN_CALL
	};
	const struct conn		*co;
	uint64_t			 due;
	size_t				 i;

	if (md->md_counts[CONN_SIGNING] > 0 || md->md_recheck ||
	    md->md_unsent)
		return (0);
	due = clock_earlier(rooms_expiry(md->md_rooms),
	    federate_expiry(md->md_federate));
	if (md->md_roster_due < due)
		due = md->md_roster_due;
	for (i = 0; i < sizeof(timed) / sizeof(timed[0]); i++) {
		co = TAILQ_FIRST(&md->md_lists[timed[i]]);
		if (co != NULL && conn_due(co) < due)
			due = conn_due(co);
	}
	return (due);
}

void
media_shutdown(struct media *md)
{
	struct conn	*co;
	size_t		 i;

	TAILQ_FOREACH(co, &md->md_lists[CONN_CALL], co_entry)
		conn_report(co, quic_conn_name(co->co_quic), true);
	/* Nobody hears of the others' leaving: all go at once. */
	for (i = 0; i < CONN_CLOSING; i++) {
		while ((co = TAILQ_FIRST(&md->md_lists[i])) != NULL) {
			media_forget(co);
			media_state(co, CONN_CLOSING);
			quic_close(co->co_quic, 0, "shutdown");
		}
	}
}

int
media_admit(struct media *md, const struct msg_room_admit *msg)
{
	const struct room	*room;
	char			 name[ROOM_STRLEN];
	size_t			 i;

	(void)snprintf(name, sizeof(name), "%s%s", QUIC_CALL_ROOM_PREFIX,
	    msg->call_id);
	if ((room = room_find(md->md_rooms, name)) != NULL) {
		for (i = 0; i < room->rm_count; i++) {
			const char	*fp;

			fp = room->rm_seats[i].se_member->me_fp;
			if (strcmp(fp, msg->caller) != 0 &&
			    strcmp(fp, msg->callee) != 0)
				return (-1);
		}
	}
	if (admission_put(md->md_admissions, msg) == -1)
		return (-1);
	md->md_recheck = md->md_counts[CONN_HELD] > 0;
	return (0);
}

void
media_admit_end(struct media *md)
{
	admission_settle(md->md_admissions);
	md->md_admitted = true;
	md->md_recheck = md->md_counts[CONN_HELD] > 0;
}

void
media_offer_seen(struct media *md, const struct msg_offer_seen *msg)
{
	(void)replay_seen(md->md_replay, msg->identity, msg->ephemeral);
}

void
media_signald(struct media *md, bool present)
{
	if (!present) {
		roster_end(md->md_roster);
		return;
	}
	admission_renew(md->md_admissions);
	roster_begin(md->md_roster);
}

void
media_retire(struct media *md, bool retire)
{
	if (md->md_retiring == retire)
		return;
	md->md_retiring = retire;
	md->md_drained = false;
}

bool
media_retiring(const struct media *md)
{
	return (md->md_retiring);
}

struct admissions *
media_admissions(struct media *md)
{
	return (md->md_admissions);
}

struct rooms *
media_rooms(struct media *md)
{
	return (md->md_rooms);
}

struct limiter *
media_limiter(struct media *md)
{
	return (md->md_limiter);
}

struct federate *
media_federate(struct media *md)
{
	return (md->md_federate);
}

const struct media_counters *
media_counters(const struct media *md)
{
	return (&md->md_counters);
}

size_t
media_waiting(const struct media *md)
{
	return (md->md_counts[CONN_OFFER] + md->md_counts[CONN_CHECK]);
}

size_t
media_held(const struct media *md)
{
	return (md->md_counts[CONN_HELD]);
}
