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
 * Rooms that reach over relays (wzp-protocol 9.4): the configured global
 * rooms, each under its own name and its hash (4.5), and the rooms of calls
 * whose other party is on another relay.  Knows who is in them here (from the
 * mediads) and elsewhere (from neighbours) and tells both sides what changes,
 * and only that (gaps 30 and 31).  It tells fedmedia which way their
 * datagrams go.  No sockets, no clock.
 *
 * Among relays of ours each says who is in a room with it: origin, and a
 * version that grows.  A version is stored and passed on once.  Versions of
 * the origin are even; who loses the link over which a word came takes it
 * back under the next odd one, and an origin that hears such a thing of
 * itself says its word anew.  So nothing can circle, and nobody stays behind
 * whose relay is gone.
 */
#ifndef WZP_FEDERD_ROOMS_H
#define WZP_FEDERD_ROOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/ipc/messages.h"
#include "federd/media.h"
#include "federd/neighbour.h"

/*
 * Bounds.  A signal of SIGNAL_MAX holds some 500 people; the calls are what
 * one burst on a control channel holds when a mediad is new.
 */
#define FEDROOMS_GLOBALS_MAX	256
#define FEDROOMS_CALLS_MAX	8192
#define FEDROOMS_ORIGINS_MAX	256	/* relays with people in one room */
#define FEDROOMS_LIST_MAX	500	/* people of a relay in one room */
#define FEDROOMS_PEOPLE_MAX	20000	/* of other relays, in all */

/* At most one word of ours about a room in this time; the first at once. */
#define FEDROOMS_PACE_NS	(100 * NS_PER_MS)
/*
 * What came from an original, or goes to one about people who are not here,
 * waits as long (and up to twice: so that of several relays one is first):
 * originals pass on whatever they hear, so most of it is known by then.
 */
#define FEDROOMS_WAIT_NS	(150 * NS_PER_MS)
/*
 * An original forgets everybody behind a link that was silent for 15 s (9.8):
 * it gets a Ping, which it ignores.
 */
#define FEDROOMS_PING_NS	(5 * NS_PER_S)
/* People who left may come back as an echo over originals for so long. */
#define FEDROOMS_GHOST_NS	(30 * NS_PER_S)
/* What was withdrawn is remembered as long. */
#define FEDROOMS_TOMB_NS	(60 * NS_PER_S)
/* A mediad or signald that is gone may come back with the same people. */
#define FEDROOMS_AWAY_NS	(5 * NS_PER_S)
/* A word that was taken back stays visible: mostly another way is there. */
#define FEDROOMS_LINGER_NS	(1 * NS_PER_S)

struct fedrooms;

struct fedrooms_ops {
	/* To that mediad (its instance), on the control channel. */
	void	(*room)(void *, unsigned int mediad,
		    const struct msg_fed_room *);
	void	(*member)(void *, unsigned int mediad,
		    const struct msg_fed_member *);
	/*
	 * GlobalRoomActive or Inactive of a call in an envelope to the end of
	 * this path (as MSG_FED_CALL had it).  -1: not sent.
	 */
	int	(*forward)(void *, const uint8_t (*path)[TLS_HASH_LEN],
		    size_t npath, const struct signal *);
};

struct fedrooms_config {
	const struct fedrooms_ops	*fc_ops;
	void				*fc_arg;
	struct fedmedia			*fc_media;	/* NULL: nobody */
	struct limiter			*fc_limiter;	/* or NULL */
	uint8_t				 fc_fp[TLS_HASH_LEN];	/* our own */
	/*
	 * Unix time in ms at the first fedrooms_set_time(): our versions are
	 * above those of the last run.
	 */
	uint64_t			 fc_wall_ms;
	/* Only to show what suppression is good for: pass on everything. */
	bool				 fc_parrot;
};

struct fedrooms_counters {
	uint64_t	rn_sent;	/* GlobalRoom* to neighbours */
	uint64_t	rn_heard;
	uint64_t	rn_unknown;	/* not a room of ours (gap 53) */
	uint64_t	rn_stale;	/* of these: nothing new in them */
	uint64_t	rn_excess;	/* people, origins, words: too many */
};

struct fedrooms	*fedrooms_new(const struct fedrooms_config *);
void		 fedrooms_free(struct fedrooms *);
void		 fedrooms_set_time(struct fedrooms *, uint64_t now);
uint64_t	 fedrooms_expiry(const struct fedrooms *);
void		 fedrooms_expire(struct fedrooms *);

/*
 * MSG_PEERS_BEGIN, MSG_GLOBAL_ROOM, MSG_PEERS_END.  Those not named between
 * the two are global no more.  -1: one too many, or no room's name.
 */
void		 fedrooms_globals_begin(struct fedrooms *);
int		 fedrooms_global(struct fedrooms *, const char *);
void		 fedrooms_globals_end(struct fedrooms *);

void		 fedrooms_up(struct fedrooms *, struct neighbour *);
void		 fedrooms_down(struct fedrooms *, struct neighbour *);
/* GlobalRoomActive or Inactive that came plain on the link. */
void		 fedrooms_signal(struct fedrooms *, struct neighbour *,
		    const struct signal *);
/*
 * The same for a room of a call, out of an envelope that ends here; path is
 * the way back, as in MSG_FED_SIGNAL.
 */
void		 fedrooms_call_signal(struct fedrooms *,
		    const uint8_t (*path)[TLS_HASH_LEN], size_t npath,
		    const struct signal *);

/* From signald. */
void		 fedrooms_call(struct fedrooms *, const struct msg_fed_call *);
/* A new one, which will name its calls again; or (false) none. */
void		 fedrooms_signald(struct fedrooms *, bool);

/* A mediad's control channel came or went. */
void		 fedrooms_mediad_up(struct fedrooms *, unsigned int mediad);
void		 fedrooms_mediad_down(struct fedrooms *, unsigned int mediad);
/* A member there. */
void		 fedrooms_member(struct fedrooms *, unsigned int mediad,
		    const struct msg_fed_member *);

const struct fedrooms_counters
		*fedrooms_counters(const struct fedrooms *);
size_t		 fedrooms_globals(const struct fedrooms *);
size_t		 fedrooms_calls(const struct fedrooms *);
size_t		 fedrooms_people(const struct fedrooms *);
/*
 * How many people of other relays are in the room, under any of its names;
 * 0 when it is no room of ours.
 */
size_t		 fedrooms_remote(const struct fedrooms *, const char *room);

#endif /* WZP_FEDERD_ROOMS_H */
