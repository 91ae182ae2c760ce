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
 * Rooms by name, their members, and the path of a datagram from one member
 * to all others (wzp-protocol 8.6).  No sockets and no clock: connections
 * are handles for quic_send_*(), time is monotonic nanoseconds given by the
 * caller.
 */
#ifndef WZP_MEDIAD_ROOM_H
#define WZP_MEDIAD_ROOM_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"
#include "common/quic/endpoint.h"
#include "common/wire/quality.h"

/* A call has two parties (6.13), whatever `limit participants' says. */
#define ROOM_CALL_PARTIES	2

struct announcer;
struct room;
struct rooms;

struct traffic {
	uint64_t	tr_packets_in;
	uint64_t	tr_bytes_in;
	uint64_t	tr_packets_out;
	uint64_t	tr_bytes_out;
	uint64_t	tr_dropped;	/* not accepted by a receiver */
	uint64_t	tr_malformed;	/* not accepted by us */
};

/* One connection in a room.  Its owner embeds it and fills the first part. */
struct member {
	struct quic_conn	*me_conn;
	char			 me_fp[FP_STRLEN];
	char			 me_alias[ALIAS_STRLEN];
	bool			 me_has_alias;
	bool			 me_proven;	/* showed the key of me_fp */

	struct room		*me_room;	/* NULL: not in one */
	uint32_t		 me_number;	/* 24 bits, not 0: its source */
	size_t			 me_seat;
	uint64_t		 me_joined_ns;
	struct traffic		 me_traffic;	/* see member_traffic() */
	struct quality		 me_quality;
	struct media_report	 me_report;	/* the last one */
	bool			 me_has_report;

	/* announce.c */
	uint64_t		 me_handed;	/* bytes of signals so far */
	uint64_t		 me_mark;	/* where the update ends */
	uint64_t		 me_version;	/* of the room it knows */
	enum quality_tier	 me_tier;	/* last directive it knows */
};

/*
 * What the fan-out loop touches per receiver, side by side in join order:
 * 40 bytes each instead of a walk over the members.
 */
struct seat {
	struct quic_conn	*se_conn;
	struct member		*se_member;
	uint64_t		 se_packets;
	uint64_t		 se_bytes;
	uint64_t		 se_dropped;
};

/* Somebody who is in the room on another relay. */
struct remote {
	TAILQ_ENTRY(remote)	 re_entry;
	char			 re_fp[FP_STRLEN];	/* "": not known */
	char			 re_alias[ALIAS_STRLEN];
	char			 re_label[PEER_NAME_LEN];
	bool			 re_stale;	/* federate.c */
	bool			 re_hidden;	/* announce.c */
};
TAILQ_HEAD(remote_list, remote);

/*
 * A room that reaches over relays, whether anybody is in it here or not:
 * federate.c makes them.
 */
struct federated {
	char			 fd_name[ROOM_STRLEN];
	uint8_t			 fd_tag[8];
	bool			 fd_call;
	struct room		*fd_room;	/* NULL: nobody here */
	struct remote_list	 fd_remotes;	/* as they came */
	size_t			 fd_count;
	struct table		*fd_people;	/* by fingerprint */
	struct fedtag		*fd_names;	/* all that have the tag */
	bool			 fd_stale;
	bool			 fd_owed;	/* to federd */
	bool			 fd_changed;	/* for members */
	TAILQ_ENTRY(federated)	 fd_owed_entry;
	TAILQ_ENTRY(federated)	 fd_changed_entry;
};

struct room {
	char			 rm_name[ROOM_STRLEN];
	bool			 rm_call;	/* call-<id> */
	bool			 rm_open;	/* its watch knows it */
	struct federated	*rm_federated;	/* NULL: here alone */
	struct rooms		*rm_rooms;
	struct seat		*rm_seats;	/* in join order */
	size_t			 rm_count;
	size_t			 rm_capacity;
	enum quality_tier	 rm_tier;	/* last directive; Good */
	struct traffic		 rm_traffic;	/* with departed members */

	/* announce.c */
	TAILQ_ENTRY(room)	 rm_entry;
	bool			 rm_waiting;	/* on the announcer's list */
	bool			 rm_told;	/* rm_last is valid */
	uint64_t		 rm_version;	/* counts joins and leaves */
	uint64_t		 rm_due;
	uint64_t		 rm_last;
	uint64_t		 rm_retry;	/* ns, doubling */

	/* roster.c */
	TAILQ_ENTRY(room)	 rm_roster;
	bool			 rm_known;
};

/*
 * Told when a room has got its first member, and when it has lost its last
 * and is about to be freed; not while one connection replaces another.  The
 * rest may be NULL: of each member that is in now (also in another's place)
 * or has left, and of each datagram in a federated room, checked.
 */
struct room_watch {
	void	(*opened)(void *, struct room *);
	void	(*empty)(void *, struct room *);
	void	(*joined)(void *, struct member *);
	void	(*left)(void *, const struct room *, const struct member *);
	void	(*datagram)(void *, const struct member *, const uint8_t *,
		    size_t, uint64_t);
};

struct room_limits {
	size_t	rl_rooms;
	size_t	rl_participants;	/* of one room */
};

enum room_verdict {
	ROOM_JOINED,
	ROOM_TOO_MANY,		/* rooms */
	ROOM_FULL,
	ROOM_OUTRANKED,		/* a proven connection of that fp is inside */
	ROOM_NO_MEMORY
};

struct rooms	*rooms_new(const struct room_limits *);
/* All members must have left. */
void		 rooms_free(struct rooms *);
/* One watch; before the first room. */
void		 rooms_watch(struct rooms *, const struct room_watch *,
		    void *arg);
/* New limits are for those who come: nobody has to leave. */
void		 rooms_limit(struct rooms *, const struct room_limits *);
/*
 * Takes member in and tells everybody.  In call rooms the newest connection
 * of a fingerprint replaces the older one (gap 41): that one has left when
 * this returns, and *replaced is it, for its owner to close.
 */
enum room_verdict
		 room_join(struct rooms *, const char *name, struct member *,
		    uint64_t now, struct member **replaced);
/* Does nothing for a member in no room.  The room may be freed. */
void		 room_leave(struct member *, uint64_t now);
/* One datagram from member, given on before this returns. */
void		 room_datagram(struct member *, const uint8_t *, size_t,
		    uint64_t now);
/* One from elsewhere, checked, to all seats.  How many took it. */
size_t		 room_deliver(struct room *, const uint8_t *, size_t,
		    uint64_t now);
/* Its people on other relays are others now. */
void		 room_changed(struct room *, uint64_t now);
/* A signal to one member, counted for announce.c.  As quic_send_message(). */
int		 member_signal(struct member *, const void *, size_t);
void		 member_traffic(const struct member *, struct traffic *);

uint64_t	 rooms_expiry(const struct rooms *);
void		 rooms_expire(struct rooms *, uint64_t now);

struct room	*room_find(const struct rooms *, const char *name);
struct room	*room_next(const struct rooms *, size_t *iter);
size_t		 rooms_count(const struct rooms *);
size_t		 rooms_members(const struct rooms *);
const struct traffic
		*rooms_traffic(const struct rooms *);
/* The call_id in the name of a call room, else NULL. */
const char	*room_call_id(const char *name);

#endif /* WZP_MEDIAD_ROOM_H */
