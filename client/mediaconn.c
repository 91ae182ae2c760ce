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
 * Joining a room, and joining it again.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/mediaconn.h"
#include "common/base/clock.h"

#define ANSWER_LIMIT	(15 * NS_PER_S)
/*
 * A relay that does not want us closes after CallAnswer (6.13); one that does
 * sends RoomUpdate.  Without either for so long we are in.
 */
#define JOIN_LIMIT	(500 * NS_PER_MS)
/* Who is thrown out sooner than this comes back more and more slowly. */
#define STEADY		NS_PER_S
/*
 * Refused for so long and so often: the relay knows the call no more.  It may
 * refuse for a moment while its workers agree on who serves the room.
 */
#define REFUSED_LIMIT	(3 * NS_PER_S)
#define REFUSED_MIN	3

/* Milliseconds before each attempt to join again. */
static const unsigned int	backoff[] = { 0, 250, 500, 1000, 2000, 4000 };

enum mediaconn_state {
	MEDIACONN_OFF,
	MEDIACONN_CONNECTING,
	MEDIACONN_OFFERED,
	MEDIACONN_ANSWERED,
	MEDIACONN_JOINED,
	MEDIACONN_WAITING
};

struct mediaconn {
	enum mediaconn_state		 mc_state;
	struct link			 mc_link;
	char				 mc_room[QUIC_SNI_MAX];
	struct addr			 mc_relay[2];
	unsigned int			 mc_which;	/* address tried */
	const struct mediaconn_ops	*mc_ops;
	void				*mc_arg;
	unsigned int			 mc_attempt;
	uint64_t			 mc_deadline;
	uint64_t			 mc_dialled;
	bool				 mc_ever;	/* joined once */
	uint64_t			 mc_since;	/* joined */
	unsigned int			 mc_refusals;	/* in a row */
	uint64_t			 mc_refused;	/* the first of them */
};

static void	 mediaconn_established(void *);
static void	 mediaconn_signal(void *, const struct signal *);
static void	 mediaconn_datagram(void *, const uint8_t *, size_t);
static void	 mediaconn_closed(void *, const struct quic_close *);
static void	 mediaconn_dial(struct mediaconn *);
static void	 mediaconn_again(struct mediaconn *, const char *);
static void	 mediaconn_fail(struct mediaconn *, const char *);
static void	 mediaconn_in(struct mediaconn *);
static uint64_t	 now(const struct mediaconn *);

static const struct link_ops	mediaconn_link_ops = {
	.established = mediaconn_established,
	.signal = mediaconn_signal,
	.datagram = mediaconn_datagram,
	.closed = mediaconn_closed
};

struct mediaconn *
mediaconn_new(struct link_shared *shared, const char *room,
    const struct addr *relay, const struct addr *second,
    const struct mediaconn_ops *ops, void *arg)
{
	struct mediaconn	*mc;

	if (strlen(room) >= sizeof(mc->mc_room) ||
	    (mc = calloc(1, sizeof(*mc))) == NULL)
		return (NULL);
	mc->mc_link.li_ops = &mediaconn_link_ops;
	mc->mc_link.li_arg = mc;
	mc->mc_link.li_shared = shared;
	(void)strlcpy(mc->mc_room, room, sizeof(mc->mc_room));
	mc->mc_relay[0] = *relay;
	mc->mc_relay[1] = *second;
	mc->mc_ops = ops;
	mc->mc_arg = arg;
	mc->mc_deadline = UINT64_MAX;
	return (mc);
}

void
mediaconn_free(struct mediaconn *mc)
{
	if (mc == NULL)
		return;
	link_clear(&mc->mc_link, "normal close");
	free(mc);
}

void
mediaconn_start(struct mediaconn *mc)
{
	if (mc->mc_state == MEDIACONN_OFF)
		mediaconn_dial(mc);
}

int
mediaconn_send(struct mediaconn *mc, const uint8_t *data, size_t len)
{
	if (mc->mc_state != MEDIACONN_JOINED)
		return (-1);
	return (quic_send_datagram(mc->mc_link.li_conn, data, len, now(mc)));
}

void
mediaconn_renew(struct mediaconn *mc, const char *why)
{
	if (mc->mc_state != MEDIACONN_JOINED)
		return;
	link_close(&mc->mc_link, "normal close");
	mediaconn_again(mc, why);
}

void
mediaconn_moved(struct mediaconn *mc, const struct addr *addrs, size_t n,
    const uint16_t port[2])
{
	link_moved(&mc->mc_link, addrs, n, port);
}

uint64_t
mediaconn_heard(const struct mediaconn *mc)
{
	return (mc->mc_state == MEDIACONN_JOINED ?
	    quic_conn_heard(mc->mc_link.li_conn) : 0);
}

bool
mediaconn_stats(const struct mediaconn *mc, struct quic_stats *qs)
{
	if (mc->mc_state != MEDIACONN_JOINED)
		return (false);
	quic_conn_stats(mc->mc_link.li_conn, qs);
	return (true);
}

void
mediaconn_expire(struct mediaconn *mc)
{
	if (now(mc) < mc->mc_deadline)
		return;
	mc->mc_deadline = UINT64_MAX;
	switch (mc->mc_state) {
	case MEDIACONN_WAITING:
		mediaconn_dial(mc);
		break;
	case MEDIACONN_CONNECTING:
		link_close(&mc->mc_link, "normal close");
		mediaconn_again(mc, "the relay does not answer");
		break;
	case MEDIACONN_OFFERED:
		link_close(&mc->mc_link, "normal close");
		mediaconn_again(mc, "the relay did not answer the offer of "
		    "media");
		break;
	case MEDIACONN_ANSWERED:
		mediaconn_in(mc);
		break;
	case MEDIACONN_OFF:
	case MEDIACONN_JOINED:
		break;
	}
}

uint64_t
mediaconn_expiry(const struct mediaconn *mc)
{
	return (mc->mc_deadline);
}

static void
mediaconn_dial(struct mediaconn *mc)
{
	uint64_t	patience;

	mc->mc_state = MEDIACONN_CONNECTING;
	mc->mc_dialled = now(mc);
	mc->mc_deadline = UINT64_MAX;
	if (mc->mc_ever && mc->mc_attempt > 0 &&
	    (patience = link_patience(mc->mc_attempt - 1)) != UINT64_MAX)
		mc->mc_deadline = now(mc) + patience;
	if (link_dial(&mc->mc_link, &mc->mc_relay[mc->mc_which],
	    mc->mc_room) == -1)
		mediaconn_again(mc, "out of memory");
}

static void
mediaconn_established(void *arg)
{
	/* In the order in which the original offers them (8.1). */
	static const struct media_profile *const	offered[] = {
	    &media_profile_studio_64k, &media_profile_studio_48k,
	    &media_profile_studio_32k, &media_profile_good,
	    &media_profile_degraded, &media_profile_catastrophic };
	struct media_profile	 profiles[6];
	struct mediaconn	*mc = arg;
	struct link_shared	*ls = mc->mc_link.li_shared;
	struct sig_call_offer	*offer;
	struct signal		 s;
	uint8_t			 secret[32], signature[64], proof[64];
	size_t			 i;

	if (ls->ls_token != NULL) {
		memset(&s, 0, sizeof(s));
		s.type = SIGNAL_AUTH_TOKEN;
		s.u.auth_token.token = ls->ls_token;
		(void)link_send(&mc->mc_link, &s);
	}
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_CALL_OFFER;
	offer = &s.u.call_offer;
	memcpy(offer->identity_pub, ls->ls_identity->id_pub,
	    sizeof(offer->identity_pub));
	/* The session key agreed with the relay is used by nobody (8.2). */
	arc4random_buf(secret, sizeof(secret));
	if (identity_x25519_pub(secret, offer->ephemeral_pub) == -1 ||
	    identity_sign_offer(ls->ls_identity->id_secret,
	    offer->ephemeral_pub, signature) == -1 ||
	    (!ls->ls_as_original &&
	    link_prove(&mc->mc_link, mc->mc_room, proof) == -1)) {
		explicit_bzero(secret, sizeof(secret));
		link_close(&mc->mc_link, "normal close");
		mediaconn_fail(mc, "could not sign the offer of media");
		return;
	}
	explicit_bzero(secret, sizeof(secret));
	offer->signature.data = signature;
	offer->signature.len = sizeof(signature);
	for (i = 0; i < sizeof(offered) / sizeof(offered[0]); i++)
		profiles[i] = *offered[i];
	offer->supported_profiles.list = profiles;
	/* Codec2 is not built in. */
	offer->supported_profiles.n = ls->ls_as_original ? i : i - 1;
	if (!ls->ls_as_original) {
		offer->proof.data = proof;
		offer->proof.len = sizeof(proof);
	}
	mc->mc_state = MEDIACONN_OFFERED;
	mc->mc_deadline = now(mc) + ANSWER_LIMIT;
	(void)link_send(&mc->mc_link, &s);
}

static void
mediaconn_signal(void *arg, const struct signal *s)
{
	struct mediaconn		*mc = arg;
	const struct sig_call_answer	*answer;

	if (mc->mc_state == MEDIACONN_OFFERED) {
		answer = &s->u.call_answer;
		if (s->type != SIGNAL_CALL_ANSWER || !identity_verify_answer(
		    answer->identity_pub, answer->ephemeral_pub,
		    answer->signature.data, answer->signature.len)) {
			link_close(&mc->mc_link, "normal close");
			mediaconn_fail(mc, s->type != SIGNAL_CALL_ANSWER ?
			    "the relay sent something else than CallAnswer" :
			    "the relay's CallAnswer is not signed by its key");
			return;
		}
		mc->mc_state = MEDIACONN_ANSWERED;
		mc->mc_deadline = now(mc) + JOIN_LIMIT;
		/* The original sends at once. */
		if (mc->mc_link.li_shared->ls_as_original)
			mediaconn_in(mc);
		return;
	}
	if (mc->mc_state != MEDIACONN_ANSWERED &&
	    mc->mc_state != MEDIACONN_JOINED)
		return;
	switch (s->type) {
	case SIGNAL_ROOM_UPDATE:
		mediaconn_in(mc);
		mc->mc_ops->room(mc->mc_arg, &s->u.room_update);
		break;
	case SIGNAL_QUALITY_DIRECTIVE:
		mc->mc_ops->directive(mc->mc_arg, &s->u.quality_directive);
		break;
	default:
		break;
	}
}

static void
mediaconn_datagram(void *arg, const uint8_t *data, size_t len)
{
	struct mediaconn	*mc = arg;

	if (mc->mc_state == MEDIACONN_ANSWERED)
		mediaconn_in(mc);
	if (mc->mc_state == MEDIACONN_JOINED)
		mc->mc_ops->datagram(mc->mc_arg, data, len);
}

static void
mediaconn_closed(void *arg, const struct quic_close *qc)
{
	struct mediaconn	*mc = arg;
	char			 why[128];

	/* Nobody there: the other address, if there is one. */
	if (mc->mc_state == MEDIACONN_CONNECTING &&
	    !addr_equal(&mc->mc_relay[0], &mc->mc_relay[1]))
		mc->mc_which ^= 1;
	/*
	 * 6.13: who may not be in the room is closed after CallAnswer; as the
	 * original we believe to be in by then.
	 */
	if (mc->mc_state == MEDIACONN_JOINED &&
	    now(mc) - mc->mc_since >= STEADY)
		mc->mc_refusals = 0;
	else if (mc->mc_state != MEDIACONN_CONNECTING &&
	    qc->kind == QUIC_CLOSED_BY_PEER_APP) {
		if (mc->mc_refusals++ == 0)
			mc->mc_refused = now(mc);
		if (mc->mc_refusals >= REFUSED_MIN &&
		    now(mc) - mc->mc_refused >= REFUSED_LIMIT) {
			mediaconn_fail(mc, "the relay does not let us into "
			    "the room");
			return;
		}
	}
	mediaconn_again(mc, link_why(qc, why, sizeof(why)));
}

static void
mediaconn_again(struct mediaconn *mc, const char *why)
{
	enum mediaconn_state	was = mc->mc_state;

	if (was == MEDIACONN_JOINED && now(mc) - mc->mc_since >= STEADY)
		mc->mc_attempt = 0;
	mc->mc_state = MEDIACONN_WAITING;
	/*
	 * The first time at once: somebody is not heard; then from dial to
	 * dial.
	 */
	if (mc->mc_attempt == 0)
		mc->mc_deadline = now(mc);
	else
		mc->mc_deadline = (was == MEDIACONN_JOINED ? now(mc) :
		    mc->mc_dialled) + link_spread(backoff[mc->mc_attempt] *
		    NS_PER_MS);
	if (mc->mc_attempt + 1 < sizeof(backoff) / sizeof(backoff[0]))
		mc->mc_attempt++;
	mc->mc_ops->lost(mc->mc_arg, why);
}

static void
mediaconn_fail(struct mediaconn *mc, const char *why)
{
	mc->mc_state = MEDIACONN_OFF;
	mc->mc_deadline = UINT64_MAX;
	mc->mc_ops->failed(mc->mc_arg, why);
}

static void
mediaconn_in(struct mediaconn *mc)
{
	if (mc->mc_state != MEDIACONN_ANSWERED)
		return;
	mc->mc_state = MEDIACONN_JOINED;
	mc->mc_deadline = UINT64_MAX;
	mc->mc_ever = true;
	mc->mc_since = now(mc);
	mc->mc_ops->joined(mc->mc_arg);
}

static uint64_t
now(const struct mediaconn *mc)
{
	return (mc->mc_link.li_shared->ls_now);
}
