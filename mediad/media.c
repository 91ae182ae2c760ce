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
#include "common/quic/params.h"
#include "common/wire/identity.h"
#include "common/wire/signal.h"
#include "mediad/media.h"
#include "mediad/replay.h"
#include "mediad/roster.h"

#define PROOF_LABEL	"EXPORTER-wzp-proof"
#define CLOSE_NORMAL	"normal close"		/* 1.7 */

/*
 * Each state has a list: what a connection waits for is what it waits on.
 * All times on one list have the same length, so its head is the first one
 * due.
 */
enum conn_state {
	CONN_OFFER,		/* for the client's AuthToken or CallOffer */
	CONN_CHECK,		/* for lookupd's word about the token */
	CONN_SIGNING,		/* for its turn at keyd */
	CONN_HELD,		/* for the admission of its call */
	CONN_MEMBER,		/* in a room */
	CONN_CALL,		/* in a call room: for the next report */
	CONN_CLOSING,		/* for closed() */
	CONN_STATES
};

struct conn {
	TAILQ_ENTRY(conn)	 co_entry;
	struct media		*co_media;
	struct quic_conn	*co_quic;
	enum conn_state		 co_state;
	uint64_t		 co_since;	/* in it; CONN_CALL: reported */
	uint64_t		 co_check;	/* at lookupd; 0: none */
	uint8_t			*co_kept;	/* came during the check */
	size_t			 co_kept_len;
	bool			 co_has_token;
	char			 co_token_fp[FP_STRLEN];
	struct member		 co_member;
};
TAILQ_HEAD(conn_list, conn);

struct media {
	struct media_config	 md_config;
	struct rooms		*md_rooms;
	struct admissions	*md_admissions;
	struct replay		*md_replay;
	struct roster		*md_roster;
	struct federate		*md_federate;
	uint64_t		 md_roster_due;	/* UINT64_MAX: it is told */
	struct conn_list	 md_lists[CONN_STATES];
	size_t			 md_counts[CONN_STATES];
	size_t			 md_kept;	/* bytes */
	bool			 md_admitted;	/* all there was at our start */
	bool			 md_recheck;	/* the held ones */
	bool			 md_unsent;	/* closed outside of a turn */
	bool			 md_retiring;
	bool			 md_drained;	/* and said so */
	struct media_counters	 md_counters;
};

static enum quic_verdict	 media_accept(void *, struct quic_conn *,
				    const char *);
static void	 media_established(void *, struct quic_conn *);
static void	 media_message(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 media_datagram(void *, struct quic_conn *, const uint8_t *,
		    size_t);
static void	 media_closed(void *, struct quic_conn *,
		    const struct quic_close *);

static void	 media_opened(void *, struct room *);
static void	 media_empty(void *, struct room *);
static void	 media_joined(void *, struct member *);
static void	 media_left(void *, const struct room *,
		    const struct member *);
static void	 media_relayed(void *, const struct member *,
		    const uint8_t *, size_t, uint64_t);

static void	 conn_state(struct conn *, enum conn_state);
static uint64_t	 conn_due(const struct conn *);
static void	 conn_refuse(struct conn *, const char *);
static void	 conn_drop(struct conn *, const char *);
static void	 conn_close(struct conn *, const char *, const char *);
static void	 conn_forget(struct conn *);
static void	 conn_token(struct conn *, const uint8_t *, size_t);
static void	 conn_keep(struct conn *, const uint8_t *, size_t);
static void	 conn_offer(struct conn *, const uint8_t *, size_t);
static const char
		*conn_check(struct conn *, const struct sig_call_offer *);
static void	 conn_alias(struct conn *, const char *);
static void	 conn_answer(struct conn *, uint64_t);
static int	 conn_send_answer(struct conn *);
static void	 conn_admit(struct conn *, uint64_t);
static void	 conn_join(struct conn *, uint64_t);
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
	md->md_roster = roster_new(config->mc_ops->room, config->mc_arg);
	md->md_federate = federate_new(md->md_rooms, config->mc_federate,
	    config->mc_arg);
	if (md->md_rooms == NULL || md->md_admissions == NULL ||
	    md->md_replay == NULL || md->md_roster == NULL ||
	    md->md_federate == NULL) {
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
		conn_keep(co, text, len);
	else if (co->co_state == CONN_OFFER && !co->co_has_token &&
	    md->md_config.mc_auth_required)
		conn_token(co, text, len);
	else if (co->co_state == CONN_OFFER)
		conn_offer(co, text, len);
}

static void
media_datagram(void *arg, struct quic_conn *quic, const uint8_t *data,
    size_t len)
{
	struct media	*md = arg;
	struct conn	*co;

	if ((co = quic_conn_data(quic)) != NULL)
		room_datagram(&co->co_member, data, len,
		    md->md_config.mc_ops->now(md->md_config.mc_arg));
}

static void
media_closed(void *arg, struct quic_conn *quic, const struct quic_close *why)
{
	struct media	*md = arg;
	struct conn	*co;

	(void)why;
	if ((co = quic_conn_data(quic)) == NULL)
		return;
	quic_conn_set_data(quic, NULL);
	conn_forget(co);
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

static void
conn_state(struct conn *co, enum conn_state state)
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

static void
conn_refuse(struct conn *co, const char *why)
{
	conn_close(co, CLOSE_NORMAL, why);
}

/* For want of a token. */
static void
conn_drop(struct conn *co, const char *why)
{
	co->co_media->md_counters.mn_tokens++;
	conn_close(co, CLOSE_NORMAL, why);
}

/* The wire never says why (1.7), the log does. */
static void
conn_close(struct conn *co, const char *reason, const char *why)
{
	char	name[ROOM_STRLEN * 4];
	char	remote[ADDR_STRLEN];

	if (log_verbose() > 0)
		log_debug("room %s: %s closed: %s",
		    log_escape(name, sizeof(name), quic_conn_name(co->co_quic),
		    strlen(quic_conn_name(co->co_quic))),
		    addr_print(quic_conn_remote(co->co_quic), remote,
		    sizeof(remote)), why);
	co->co_media->md_counters.mn_refused++;
	conn_forget(co);
	conn_state(co, CONN_CLOSING);
	quic_close(co->co_quic, 0, reason);
}

/* What only a connection on its way in has. */
static void
conn_forget(struct conn *co)
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
conn_token(struct conn *co, const uint8_t *text, size_t len)
{
	const struct media_config	*config = &co->co_media->md_config;
	struct signal			*sig;
	const char			*token, *why;

	if ((sig = signal_parse(text, len, &why)) == NULL) {
		conn_drop(co, why);
		return;
	}
	if (sig->type != SIGNAL_AUTH_TOKEN)
		conn_drop(co, "first signal is no AuthToken");
	else {
		token = sig->u.auth_token.token;
		co->co_check = config->mc_ops->check(config->mc_arg, token,
		    strlen(token), co);
		if (co->co_check == 0)
			conn_drop(co, "the token could not be checked");
		else
			conn_state(co, CONN_CHECK);
	}
	signal_free(sig);
}

static void
conn_keep(struct conn *co, const uint8_t *text, size_t len)
{
	struct media	*md = co->co_media;

	if (co->co_kept != NULL)
		return;
	if (len > MEDIA_KEPT_MAX - md->md_kept ||
	    (co->co_kept = malloc(len + 1)) == NULL) {
		conn_refuse(co, "too many tokens to check at once");
		return;
	}
	memcpy(co->co_kept, text, len);
	co->co_kept_len = len;
	md->md_kept += len;
}

/* The time for the CallOffer begins anew (5.1, step 4). */
void
media_checked(void *handle, bool ok, const char *fingerprint,
    const char *error)
{
	struct conn	*co = handle;
	struct media	*md = co->co_media;
	uint8_t		*kept = co->co_kept;
	size_t		 len = co->co_kept_len;

	co->co_check = 0;
	md->md_unsent = true;
	if (!ok || identity_fingerprint_parse(fingerprint,
	    co->co_token_fp) == -1) {
		conn_drop(co, ok ? "the token has no proper fingerprint" :
		    error);
		return;
	}
	co->co_has_token = true;
	co->co_since = md->md_config.mc_ops->now(md->md_config.mc_arg);
	conn_state(co, CONN_OFFER);
	if (kept == NULL)
		return;
	co->co_kept = NULL;
	co->co_kept_len = 0;
	md->md_kept -= len;
	conn_offer(co, kept, len);
	free(kept);
}

static void
conn_offer(struct conn *co, const uint8_t *text, size_t len)
{
	struct media	*md = co->co_media;
	struct signal	*sig;
	const char	*why;

	md->md_counters.mn_offers++;
	if ((sig = signal_parse(text, len, &why)) == NULL) {
		conn_refuse(co, why);
		return;
	}
	if (sig->type != SIGNAL_CALL_OFFER)
		why = "first signal is no CallOffer";
	else if (md->md_counts[CONN_SIGNING] >= MEDIA_SIGNING_MAX)
		why = "too many offers at once";
	else
		why = conn_check(co, &sig->u.call_offer);
	if (why != NULL) {
		conn_refuse(co, why);
	} else {
		conn_alias(co, sig->u.call_offer.alias);
		conn_state(co, CONN_SIGNING);
	}
	signal_free(sig);
}

/* NULL, or what is wrong with the offer.  Notes whether it was proven. */
static const char *
conn_check(struct conn *co, const struct sig_call_offer *offer)
{
	struct media	*md = co->co_media;
	char		*fp = co->co_member.me_fp;
	uint8_t		 exporter[32];
	bool		 seen;

	identity_fingerprint(offer->identity_pub, fp);
	/* The original takes either for the person, unseen (gap 3). */
	if (co->co_has_token && strcmp(fp, co->co_token_fp) != 0)
		return ("CallOffer with another key than the token's");
	if (!identity_verify_offer(offer->identity_pub, offer->ephemeral_pub,
	    offer->signature.data, offer->signature.len))
		return ("CallOffer with a bad signature");
	if (offer->proof.data != NULL) {
		if (quic_conn_export(co->co_quic, PROOF_LABEL, exporter,
		    sizeof(exporter)) == -1 ||
		    !identity_proven(exporter, offer->identity_pub,
		    quic_conn_name(co->co_quic), offer->proof.data,
		    offer->proof.len))
			return ("CallOffer with a bad proof");
		co->co_member.me_proven = true;
	}
	if (!co->co_member.me_proven && !md->md_config.mc_legacy_allow)
		return ("CallOffer without proof");
	/* A proof holds for this connection alone: that is no replay. */
	seen = replay_seen(md->md_replay, offer->identity_pub,
	    offer->ephemeral_pub);
	if (seen && !co->co_member.me_proven) {
		md->md_counters.mn_replays++;
		return ("CallOffer seen before");
	}
	return (NULL);
}

/* Longer ones are cut between characters. */
static void
conn_alias(struct conn *co, const char *alias)
{
	struct member	*member = &co->co_member;
	size_t		 len;

	if (alias == NULL)
		return;
	member->me_has_alias = true;
	len = strlcpy(member->me_alias, alias, sizeof(member->me_alias));
	if (len < sizeof(member->me_alias))
		return;
	len = sizeof(member->me_alias) - 1;
	while (len > 0 && ((unsigned char)alias[len] & 0xc0) == 0x80)
		len--;
	member->me_alias[len] = '\0';
}

/* CallAnswer first, then everything that may end in a refusal (8.1). */
static void
conn_answer(struct conn *co, uint64_t now)
{
	struct media	*md = co->co_media;
	const char	*call_id;

	if (conn_send_answer(co) == -1) {
		conn_refuse(co, "no CallAnswer could be made");
		return;
	}
	call_id = room_call_id(quic_conn_name(co->co_quic));
	if (call_id != NULL && !md->md_admitted &&
	    !admission_knows(md->md_admissions, call_id)) {
		md->md_counters.mn_held++;
		co->co_since = now;
		conn_state(co, CONN_HELD);
		return;
	}
	conn_admit(co, now);
}

static void
conn_admit(struct conn *co, uint64_t now)
{
	const char	*call_id;

	call_id = room_call_id(quic_conn_name(co->co_quic));
	if (call_id != NULL && !admission_allows(co->co_media->md_admissions,
	    call_id, co->co_member.me_fp, co->co_member.me_proven)) {
		conn_refuse(co, "not a (proven) party of this call");
		return;
	}
	conn_join(co, now);
}

/*
 * The session key of 8.2 is agreed and never used; our half of it is
 * forgotten at once.
 */
static int
conn_send_answer(struct conn *co)
{
	const struct media_config	*config = &co->co_media->md_config;
	struct signal			 sig;
	struct sig_call_answer		*answer = &sig.u.call_answer;
	uint8_t				 secret[32], signature[SIG_LEN];
	char				 text[2048];
	int				 len, ret;

	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_CALL_ANSWER;
	memcpy(answer->identity_pub, config->mc_identity_pub, PUB_LEN);
	arc4random_buf(secret, sizeof(secret));
	ret = identity_x25519_pub(secret, answer->ephemeral_pub);
	explicit_bzero(secret, sizeof(secret));
	if (ret == -1 || config->mc_ops->sign(config->mc_arg,
	    answer->ephemeral_pub, signature) == -1)
		return (-1);
	answer->signature.data = signature;
	answer->signature.len = sizeof(signature);
	answer->chosen_profile = media_profile_good;	/* always (8.1) */
	if ((len = signal_print(&sig, text, sizeof(text))) == -1)
		return (-1);
	return (member_signal(&co->co_member, text, (size_t)len));
}

static void
conn_join(struct conn *co, uint64_t now)
{
	struct member	*member;
	struct conn	*old;

	switch (room_join(co->co_media->md_rooms, quic_conn_name(co->co_quic),
	    &co->co_member, now, &member)) {
	case ROOM_JOINED:
		break;
	case ROOM_TOO_MANY:
		conn_refuse(co, "too many rooms");
		return;
	case ROOM_FULL:
		conn_refuse(co, "room is full");
		return;
	case ROOM_OUTRANKED:
		conn_refuse(co, "unproven, and a proven one is inside");
		return;
	case ROOM_NO_MEMORY:
		log_warnx("no memory for a room");
		conn_refuse(co, "no memory");
		return;
	}
	if (member != NULL) {
		old = (struct conn *)(void *)((char *)member -
		    offsetof(struct conn, co_member));
		co->co_media->md_counters.mn_replaced++;
		conn_report(old, quic_conn_name(old->co_quic), true);
		conn_state(old, CONN_CLOSING);
		quic_close(old->co_quic, 0, CLOSE_NORMAL);
	}
	if (room_call_id(quic_conn_name(co->co_quic)) != NULL) {
		co->co_since = now;
		conn_state(co, CONN_CALL);
	} else
		conn_state(co, CONN_MEMBER);
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
		conn_refuse(co, "no CallOffer in time");
		did = true;
	}
	/*
	 * keyd is asked once a turn: the answer takes it some 30 us, up to
	 * its time limit when it is away, and media waits meanwhile.
	 */
	if ((co = TAILQ_FIRST(&md->md_lists[CONN_SIGNING])) != NULL) {
		conn_answer(co, now);
		did = true;
	}
	if (md->md_recheck) {
		media_recheck(md, now);
		did = true;
	}
	while ((co = TAILQ_FIRST(&md->md_lists[CONN_HELD])) != NULL &&
	    conn_due(co) <= now) {
		conn_refuse(co, "nobody announced this call");
		did = true;
	}
	while ((co = TAILQ_FIRST(&md->md_lists[CONN_CALL])) != NULL &&
	    conn_due(co) <= now) {
		conn_report(co, quic_conn_name(co->co_quic), false);
		co->co_since = now;
		conn_state(co, CONN_CALL);
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
			conn_admit(co, now);
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
			conn_forget(co);
			conn_state(co, CONN_CLOSING);
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
