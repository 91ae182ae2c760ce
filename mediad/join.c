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
 * The way into a room: AuthToken where it is wanted, CallOffer, CallAnswer,
 * the admission of a call (wzp-protocol 8.1).
 */
#include "config.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/quic/params.h"
#include "common/wire/identity.h"
#include "common/wire/signal.h"
#include "mediad/media_int.h"
#include "mediad/replay.h"

static void	 join_drop(struct conn *, const char *);
static const char
		*join_check(struct conn *, const struct sig_call_offer *);
static const char
		*join_limits(struct conn *);
static int	 join_send_answer(struct conn *);
static void	 join_room(struct conn *, uint64_t);

/* For want of a token. */
static void
join_drop(struct conn *co, const char *why)
{
	co->co_media->md_counters.mn_tokens++;
	media_refuse(co, why);
}

void
join_token(struct conn *co, const uint8_t *text, size_t len)
{
	const struct media_config	*config = &co->co_media->md_config;
	struct signal			*sig;
	const char			*token, *why;
	char				 source[LIMITER_KEY];

	if (!limiter_take(co->co_media->md_limiter, LIMIT_AUTH_RATE,
	    visitor_source(&co->co_visitor, source),
	    config->mc_ops->now(config->mc_arg))) {
		join_drop(co, "limit auth-rate");
		return;
	}
	if ((sig = signal_parse(text, len, &why)) == NULL) {
		join_drop(co, why);
		return;
	}
	if (sig->type != SIGNAL_AUTH_TOKEN)
		join_drop(co, "first signal is no AuthToken");
	else {
		token = sig->u.auth_token.token;
		co->co_check = config->mc_ops->check(config->mc_arg, token,
		    strlen(token), co);
		if (co->co_check == 0)
			join_drop(co, "the token could not be checked");
		else
			media_state(co, CONN_CHECK);
	}
	signal_free(sig);
}

void
join_keep(struct conn *co, const uint8_t *text, size_t len)
{
	struct media	*md = co->co_media;

	if (co->co_kept != NULL)
		return;
	if (len > MEDIA_KEPT_MAX - md->md_kept ||
	    (co->co_kept = malloc(len + 1)) == NULL) {
		media_refuse(co, "too many tokens to check at once");
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
		join_drop(co, ok ? "the token has no proper fingerprint" :
		    error);
		return;
	}
	co->co_has_token = true;
	co->co_since = md->md_config.mc_ops->now(md->md_config.mc_arg);
	media_state(co, CONN_OFFER);
	if (kept == NULL)
		return;
	co->co_kept = NULL;
	co->co_kept_len = 0;
	md->md_kept -= len;
	join_offer(co, kept, len);
	free(kept);
}

void
join_offer(struct conn *co, const uint8_t *text, size_t len)
{
	struct media	*md = co->co_media;
	struct member	*member = &co->co_member;
	struct signal	*sig;
	const char	*why;

	md->md_counters.mn_offers++;
	if ((sig = signal_parse(text, len, &why)) == NULL) {
		media_refuse(co, why);
		return;
	}
	if (sig->type != SIGNAL_CALL_OFFER)
		why = "first signal is no CallOffer";
	else if (md->md_counts[CONN_SIGNING] >= MEDIA_SIGNING_MAX)
		why = "too many offers at once";
	else
		why = join_check(co, &sig->u.call_offer);
	if (why == NULL)
		why = join_limits(co);
	if (why != NULL) {
		media_refuse(co, why);
	} else {
		member->me_has_alias = sig->u.call_offer.alias != NULL;
		text_copy(member->me_alias, sizeof(member->me_alias),
		    sig->u.call_offer.alias);
		media_state(co, CONN_SIGNING);
	}
	signal_free(sig);
}

/* NULL, or what is wrong with the offer.  Notes whether it was proven. */
static const char *
join_check(struct conn *co, const struct sig_call_offer *offer)
{
	struct media		*md = co->co_media;
	struct msg_offer_seen	 told;
	char			*fp = co->co_member.me_fp;
	uint8_t			 exporter[32];

	identity_fingerprint(offer->identity_pub, fp);
	/* The original takes either for the person, unseen (gap 3). */
	if (co->co_has_token && strcmp(fp, co->co_token_fp) != 0)
		return ("CallOffer with another key than the token's");
	if (!identity_verify_offer(offer->identity_pub, offer->ephemeral_pub,
	    offer->signature.data, offer->signature.len))
		return ("CallOffer with a bad signature");
	if (offer->proof.data != NULL) {
		if (quic_conn_export(co->co_quic, QUIC_PROOF_LABEL, exporter,
		    sizeof(exporter)) == -1 ||
		    !identity_proven(exporter, offer->identity_pub,
		    quic_conn_name(co->co_quic), offer->proof.data,
		    offer->proof.len))
			return ("CallOffer with a bad proof");
		co->co_member.me_proven = true;
	}
	if (!co->co_member.me_proven && !md->md_config.mc_legacy_allow)
		return ("CallOffer without proof");
	if (replay_seen(md->md_replay, offer->identity_pub,
	    offer->ephemeral_pub)) {
		/* A proof holds for this connection alone: no replay. */
		if (co->co_member.me_proven)
			return (NULL);
		md->md_counters.mn_replays++;
		return ("CallOffer seen before");
	}
	/* Its rooms may be another mediad's, which has to know it too. */
	memcpy(told.identity, offer->identity_pub, sizeof(told.identity));
	memcpy(told.ephemeral, offer->ephemeral_pub, sizeof(told.ephemeral));
	md->md_config.mc_ops->seen(md->md_config.mc_arg, &told);
	return (NULL);
}

/* NULL, or the limit that is in the way. */
static const char *
join_limits(struct conn *co)
{
	struct limiter	*lm = co->co_media->md_limiter;
	const char	*limit;
	uint64_t	 now;
	char		 key[LIMITER_KEY];

	now = co->co_media->md_config.mc_ops->now(
	    co->co_media->md_config.mc_arg);
	(void)visitor_key(&co->co_visitor, co->co_member.me_fp,
	    co->co_member.me_proven, key);
	limit = visitor_admit(&co->co_visitor, lm, LIMIT_JOIN_RATE,
	    LIMIT_JOIN_SOURCE_RATE, key, now);
	if (limit == NULL)
		limiter_visit(lm, key, now);
	return (limit);
}

/* CallAnswer first, then everything that may end in a refusal (8.1). */
void
join_answer(struct conn *co, uint64_t now)
{
	struct media	*md = co->co_media;
	const char	*call_id;

	if (join_send_answer(co) == -1) {
		media_refuse(co, "no CallAnswer could be made");
		return;
	}
	call_id = room_call_id(quic_conn_name(co->co_quic));
	if (call_id != NULL && !md->md_admitted &&
	    !admission_knows(md->md_admissions, call_id)) {
		md->md_counters.mn_held++;
		co->co_since = now;
		media_state(co, CONN_HELD);
		return;
	}
	join_admit(co, now);
}

void
join_admit(struct conn *co, uint64_t now)
{
	const char	*call_id;

	call_id = room_call_id(quic_conn_name(co->co_quic));
	if (call_id != NULL && !admission_allows(co->co_media->md_admissions,
	    call_id, co->co_member.me_fp, co->co_member.me_proven)) {
		media_refuse(co, "not a (proven) party of this call");
		return;
	}
	join_room(co, now);
}

/*
 * The session key of 8.2 is agreed and never used; our half of it is
 * forgotten at once.
 */
static int
join_send_answer(struct conn *co)
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
join_room(struct conn *co, uint64_t now)
{
	struct limiter	*lm = co->co_media->md_limiter;
	struct member	*member;

	switch (room_join(co->co_media->md_rooms, quic_conn_name(co->co_quic),
	    &co->co_member, now, &member)) {
	case ROOM_JOINED:
		break;
	case ROOM_TOO_MANY:
		limiter_refused(lm, LIMIT_ROOMS, co->co_member.me_fp, now);
		media_refuse(co, "too many rooms");
		return;
	case ROOM_FULL:
		limiter_refused(lm, LIMIT_PARTICIPANTS, co->co_member.me_fp,
		    now);
		media_refuse(co, "room is full");
		return;
	case ROOM_OUTRANKED:
		media_refuse(co, "unproven, and a proven one is inside");
		return;
	case ROOM_NO_MEMORY:
		log_warnx("no memory for a room");
		media_refuse(co, "no memory");
		return;
	}
	limiter_used(lm, LIMIT_ROOMS, rooms_count(co->co_media->md_rooms));
	limiter_used(lm, LIMIT_PARTICIPANTS,
	    co->co_member.me_room->rm_count);
	if (member != NULL)
		media_replaced((struct conn *)(void *)((char *)member -
		    offsetof(struct conn, co_member)));
	if (room_call_id(quic_conn_name(co->co_quic)) != NULL) {
		co->co_since = now;
		media_state(co, CONN_CALL);
	} else
		media_state(co, CONN_MEMBER);
}
