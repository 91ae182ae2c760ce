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
 * wzp-liar: a relay that lies.  It serves a few clients as the protocol says
 * (wzp-protocol 5 to 8) and in one thing, told by an option, not: what people
 * are promised must hold even then.  The QUIC of the test peer, none of the
 * code of the programs that are judged.
 */
#ifndef WZP_REGRESS_LIAR_H
#define WZP_REGRESS_LIAR_H

#include <yyjson.h>

#include "regress/peer/peer.h"

#define LIAR_CALL_ID_MAX	128

enum lie {
	LIE_NONE,
	/* The offer: the liar's key for the caller's. */
	LIE_OFFER_KEY,		/* under the caller's signature */
	LIE_OFFER_KEY_SIGNED,	/* signed by the liar, as if by the caller */
	LIE_OFFER_IDENTITY,	/* signed, and the liar's identity key */
	LIE_OFFER_PERSON,	/* and its fingerprint: a call by the liar */
	LIE_OFFER_REPLAYED,	/* keys of the call before, this call's ID */
	LIE_OFFER_REPEATED,	/* the whole offer of the call before */
	LIE_OFFER_MIXED,	/* those of two calls exchanged */
	/* The answer, in the same way. */
	LIE_ANSWER_KEY,
	LIE_ANSWER_KEY_SIGNED,
	LIE_ANSWER_IDENTITY,
	LIE_ANSWER_REPLAYED,
	LIE_ANSWER_MIXED,
	LIE_ANSWER_STRIPPED,	/* as if by an original */
	LIE_STRIPPED,		/* the offer, and so the answer too */
	/* The direct path ends at an impostor. */
	LIE_ADDRESSES,		/* who lets only the checks through */
	LIE_ADDRESSES_BLIND,	/* who knows nothing of checks */
	LIE_ADDRESSES_RACE,	/* of an original relay's CallSetup */
	/* Media. */
	LIE_MEDIA_PAYLOAD,
	LIE_MEDIA_HEADER,
	LIE_MEDIA_REPLAYED,
	LIE_MEDIA_PLAIN,
	LIE_MAX
};

enum guest_kind {
	GUEST_SIGNAL,
	GUEST_MEDIA,
	GUEST_DIRECT		/* at the impostor */
};

struct guest {
	TAILQ_ENTRY(guest)	 gu_entry;
	struct pconn		*gu_conn;
	enum guest_kind		 gu_kind;
	char			 gu_fp[40];	/* "": not registered yet */
	bool			 gu_candidates;	/* the feature */
	bool			 gu_joined;	/* media: CallOffer was there */
	uint64_t		 gu_turn;	/* datagrams sent to it */
	struct dgram		*gu_old;	/* one, for a second time */
	struct guest		*gu_other;	/* direct: the other half */
	char			*gu_held;	/* direct: its proof */
	bool			 gu_passed;	/* ... was told to gu_other */
};

struct lcall {
	TAILQ_ENTRY(lcall)	 lc_entry;
	char			 lc_id[LIAR_CALL_ID_MAX];
	char			 lc_callee_id[LIAR_CALL_ID_MAX];
	char			 lc_caller[40];
	char			 lc_callee[40];
	yyjson_doc		*lc_offer;	/* as it came */
	yyjson_doc		*lc_answer;
	bool			 lc_over;
	unsigned int		 lc_round;
};

TAILQ_HEAD(guests, guest);
TAILQ_HEAD(lcalls, lcall);

struct liar {
	struct peer	 li_peer;
	enum lie	 li_lie;
	bool		 li_original;	/* no feature of ours */
	struct ident	 li_id;		/* relay, and whom it invents */
	uint8_t		 li_x25519[32];
	uint8_t		 li_ephemeral[32];
	struct guests	 li_guests;
	struct lcalls	 li_calls;
	char		 li_addr[64];
	uint64_t	 li_forwarded;
	uint64_t	 li_altered;
	uint64_t	 li_replayed;
	uint64_t	 li_injected;
	uint64_t	 li_checks;	/* that the impostor passed on */
	uint64_t	 li_direct;	/* datagrams of its connections */
};

extern struct liar	 liar;

/* relay.c */
struct guest	*guest_by_fp(const char *);
void		 guest_send(struct guest *, const char *, size_t);
void		 relay_datagrams(struct guest *);
void		 say(const char *, ...)
		    __attribute__((format(printf, 1, 2)));

/* lies.c: the body of the message is altered in place */
enum lie	 lie_by_name(const char *);
const char	*lie_name(enum lie);
void		 lie_about_offer(struct lcall *, yyjson_mut_doc *,
		    yyjson_mut_val *);
void		 lie_about_answer(struct lcall *, yyjson_mut_doc *,
		    yyjson_mut_val *);
/* The call before this one, or the other one that is under way. */
struct lcall	*call_before(const struct lcall *);
bool		 lie_is_about_media(void);
/* One datagram on its way to a member of the room. */
void		 lie_about_media(struct guest *to, const uint8_t *, size_t);
void		 send_datagram(struct guest *, const uint8_t *, size_t);

/* sign.c */
void		 sign_offer(const struct lcall *, yyjson_mut_doc *,
		    yyjson_mut_val *);
void		 sign_answer(const struct lcall *, yyjson_mut_doc *,
		    yyjson_mut_val *);

/* impostor.c */
void		 impostor_start(void);
bool		 impostor_is(void);
/* The address that leads the caller, or the callee, to the impostor. */
void		 impostor_addr(bool caller, char *, size_t);
void		 impostor_turn(struct guest *);

#endif /* WZP_REGRESS_LIAR_H */
