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
 * The sound of a call or room together with its connection: joins, begins
 * when the other is there, joins again when it is lost, ends by time or with
 * the file that is played.
 */
#ifndef WZP_CLIENT_TALK_H
#define WZP_CLIENT_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "client/audio/audio_in.h"
#include "client/audio/audio_out.h"
#include "client/event.h"
#include "client/link.h"
#include "client/audio/media.h"

struct talk;

struct talk_ops {
	/* The room is filled in. */
	void	(*event)(void *, const struct client_event *);
	/* Sound flows for the first time. */
	void	(*begun)(void *);
	/* It is to be ended.  Nothing may be freed from within. */
	void	(*enough)(void *, bool error);
	/* A media packet on its way; 0: sent. */
	int	(*send)(void *, const uint8_t *, size_t);
	/* A datagram of the relay; if it is one for us: talk_media(). */
	void	(*relayed)(void *, const uint8_t *, size_t);
	/* The relay took us in, or lost us. */
	void	(*relay)(void *, bool up);
	/* Of the way in use; false: there is none. */
	bool	(*stats)(void *, struct quic_stats *);
};

struct talk_config {
	struct link_shared	*tc_shared;
	struct addr		 tc_relay;	/* where to try, too */
	struct audio_in		*tc_in;
	struct audio_out	*tc_out;
	struct media_profile	 tc_profile;
	bool			 tc_auto;
	bool			 tc_room;	/* no call */
	unsigned int		 tc_seconds;
	bool			 tc_until_end;
	const struct talk_ops	*tc_ops;
	void			*tc_arg;
};

struct talk	*talk_new(const struct talk_config *);
void		 talk_free(struct talk *);
/* constant: all packets have the same length (doc/E2E). */
void		 talk_open(struct talk *, const char *room, bool constant);
/* Into the room at the relay; a second time: nothing. */
void		 talk_join(struct talk *, const struct addr *relay);
/* Out of it: it is not needed beside the other way. */
void		 talk_part(struct talk *);
/* No sound may begin while it is held. */
void		 talk_hold(struct talk *, bool held);
/* There is another way than the relay, or there is not any more. */
void		 talk_other(struct talk *, bool up);
/* The statistics of the path are another connection's from now on. */
void		 talk_rerouted(struct talk *);
/* A packet of the other party, whichever way it came. */
void		 talk_media(struct talk *, const uint8_t *, size_t);
/* 0: sent; -1: not in the room just now. */
int		 talk_relay_send(struct talk *, const uint8_t *, size_t);
bool		 talk_relay_stats(const struct talk *, struct quic_stats *);
/* When anything last came from the relay of the room; 0: never. */
uint64_t	 talk_relay_heard(const struct talk *);
/* The local address that the relay is reached from may be gone. */
void		 talk_moved(struct talk *, const struct addr *, size_t n,
		    const uint16_t port[2]);
/* Over: nothing more is sent, what still comes is played. */
void		 talk_hush(struct talk *);
/* Reports the end and leaves the room. */
void		 talk_leave(struct talk *);
/* In a room, or on the way to it. */
bool		 talk_on(const struct talk *);
/* ... but nothing more is sent. */
bool		 talk_hushed(const struct talk *);
/* Sound flows or did. */
bool		 talk_begun(const struct talk *);
/* false: no sound flows. */
bool		 talk_media_stats(const struct talk *, struct media_stats *);
/* Was connected when it was hushed. */
bool		 talk_connected(const struct talk *);
void		 talk_expire(struct talk *);
uint64_t	 talk_expiry(const struct talk *);

#endif /* WZP_CLIENT_TALK_H */
