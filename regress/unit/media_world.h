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
 * The world around media.c for its tests, in virtual time: a relay, people,
 * their connections without QUIC, and what keyd, registryd, signald, lookupd
 * and relayd would have been told.
 */
#ifndef WZP_REGRESS_MEDIA_WORLD_H
#define WZP_REGRESS_MEDIA_WORLD_H

#include "common/base/clock.h"
#include "common/wire/identity.h"
#include "common/wire/signal.h"
#include "mediad/media.h"
#include "regress/unit/fake_quic.h"

#define OFFER_MS	15000

struct media_world {
	uint64_t		 now;
	struct identity		 relay;
	struct media_config	 config;
	bool			 keyd_away;
	unsigned int		 nsigned;
	struct msg_call_media	 reports[16];
	size_t			 nreports;
	struct msg_offer_seen	 seen;		/* the last one told */
	unsigned int		 nseen;
	char			 rooms[4096];	/* to signald: +name -name . */
	bool			 signald_slow;
	/* To lookupd. */
	bool			 lookupd_away;
	char			 token[64];	/* the last one */
	void			*asker;
	uint64_t		 nchecks;
	uint64_t		 given_up;	/* the last one */
	/* To relayd. */
	bool			 handshakes;	/* some are still going on */
	unsigned int		 ndrained;
};

extern struct media_world	world;

struct media	*relay_of(bool legacy, size_t participants);
struct media	*relay(bool legacy);
void		 person(struct identity *, uint8_t);
struct quic_conn *dial(struct media *, const char *);
void		 hang_up(struct media *, struct quic_conn *);
void		 say(struct media *, struct quic_conn *, const char *);

/* How an offer may be wrong. */
#define OFFER_PROOF	0x1
#define OFFER_BAD_PROOF	0x2
#define OFFER_BAD_SIG	0x4

void		 offer(struct media *, struct quic_conn *,
		    const struct identity *, uint8_t ephemeral,
		    unsigned int how);
void		 offer_alias(struct media *, struct quic_conn *,
		    const struct identity *, uint8_t ephemeral,
		    const char *alias);
void		 turns(struct media *);
void		 admit(struct media *, const char *, const struct identity *,
		    const struct identity *, int expect);
void		 assert_closed(const struct quic_conn *, const char *reason,
		    size_t messages);
void		 assert_refused(const struct quic_conn *, size_t messages);
void		 assert_answer(const char *);

#endif /* WZP_REGRESS_MEDIA_WORLD_H */
