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
 * The media side of the relay without its process: connections from
 * CallOffer to the end (wzp-protocol 8.1), one struct for all of them.  The
 * process around it (mediad.c) gives it packets, time and neighbours.
 */
#ifndef WZP_MEDIAD_MEDIA_H
#define WZP_MEDIAD_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/ipc/limiter.h"
#include "common/ipc/messages.h"
#include "common/quic/endpoint.h"
#include "mediad/admission.h"
#include "mediad/federate.h"
#include "mediad/room.h"

/* Offers that wait for their turn at keyd; one is signed in each turn. */
#define MEDIA_SIGNING_MAX	1024
/* How often registryd hears about a call that goes on. */
#define MEDIA_REPORT_NS		(10 * NS_PER_S)
/* Signals that came before the answer to the token in front of them. */
#define MEDIA_KEPT_MAX		(4 * 1024 * 1024)
/* What signald's slow channel did not take is tried again after this. */
#define MEDIA_AGAIN_NS		(10 * NS_PER_MS)

struct media;

struct media_ops {
	/* CallAnswer's signature, by keyd.  -1: refused or away. */
	int		(*sign)(void *, const uint8_t ephemeral[PUB_LEN],
			    uint8_t sig[SIG_LEN]);
	/* To registryd. */
	void		(*report)(void *, const struct msg_call_media *);
	uint64_t	(*now)(void *);		/* monotonic ns */
	/* To signald, see roster_send (roster.h). */
	int		(*room)(void *, enum msg_type, const char *);
	/* To the other mediads, through signald. */
	void		(*seen)(void *, const struct msg_offer_seen *);
	/*
	 * Is this token good?  The answer goes to media_checked() with that
	 * handle, never from within.  0: refused, there will be no answer;
	 * else an id for giving up.
	 */
	uint64_t	(*check)(void *, const void *token, size_t, void *);
	void		(*give_up)(void *, uint64_t id);
	/*
	 * Retiring, and no connection is left that we know of.  -1: others
	 * are not through their handshake yet, ask again.
	 */
	int		(*drained)(void *);
};

struct media_config {
	const struct media_ops	*mc_ops;
	/* With the same argument; NULL: no other relays. */
	const struct federate_ops *mc_federate;
	void			*mc_arg;
	uint8_t			 mc_identity_pub[PUB_LEN];
	bool			 mc_legacy_allow;
	bool			 mc_auth_required;
	uint64_t		 mc_offer_ms;
	uint64_t		 mc_max_calls;
	struct room_limits	 mc_limits;
};

struct media_counters {
	uint64_t	mn_offers;
	uint64_t	mn_refused;	/* closed before they were members */
	uint64_t	mn_silent;	/* of these: no CallOffer in time */
	uint64_t	mn_replays;	/* of these: offer seen before */
	uint64_t	mn_replaced;
	uint64_t	mn_tokens;	/* refused or missing */
	uint64_t	mn_held;	/* came before their admission */
	uint64_t	mn_broken;	/* by the peer, not by its closing */
	uint64_t	mn_unfinished;	/* handshakes */
	uint64_t	mn_resumed;	/* handshakes, by ticket */
	uint64_t	mn_crowded;	/* datagrams past datagram-rate */
};

/* What an endpoint needs; its arg is the struct media. */
extern const struct quic_ops	media_quic_ops;

struct media		*media_new(const struct media_config *);
/*
 * The configuration was read anew: everything but the first three members
 * and the key.  It holds for those who wait as well.
 */
void			 media_settings(struct media *,
			    const struct media_config *);
/* Frees what the connections hold; the endpoint must not call back again. */
void			 media_free(struct media *);
/*
 * Whatever is due, and one CallAnswer.  true: something may have to be
 * written by the endpoint.
 */
bool			 media_turn(struct media *, uint64_t now);
/* When media_turn() is due; 0: at once. */
uint64_t		 media_expiry(const struct media *);
/* Last reports, then `shutdown' to everybody. */
void			 media_shutdown(struct media *);

/*
 * signald's announcement, as admission_put().  -1 also while other people
 * are left in the room of an ended call with that call_id.
 */
int			 media_admit(struct media *,
			    const struct msg_room_admit *);
/*
 * signald has announced all that is live.  Until it has said so once, people
 * are not turned away from call rooms that we have not heard of: we were
 * started in the middle of their call, and they were faster.
 */
void			 media_admit_end(struct media *);
/* Another mediad had this CallOffer: it is good for none of our rooms. */
void			 media_offer_seen(struct media *,
			    const struct msg_offer_seen *);
/* A new signald, or (false) none. */
void			 media_signald(struct media *, bool);
/* The answer to ops->check; fingerprint as the token's issuer writes it. */
void			 media_checked(void *handle, bool ok,
			    const char *fingerprint, const char *error);
/* Gets nothing new any more, or is in service again. */
void			 media_retire(struct media *, bool);
bool			 media_retiring(const struct media *);
struct admissions	*media_admissions(struct media *);
struct rooms		*media_rooms(struct media *);
struct limiter		*media_limiter(struct media *);
struct federate		*media_federate(struct media *);
const struct media_counters
			*media_counters(const struct media *);
/* Neither members nor on their way out: a token or CallOffer is to come... */
size_t			 media_waiting(const struct media *);
/* ... or the admission of their call. */
size_t			 media_held(const struct media *);

#endif /* WZP_MEDIAD_MEDIA_H */
