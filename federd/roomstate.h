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
 * The inside of fedrooms, for rooms.c (who calls), globals.c (the configured
 * rooms), origins.c and originals.c (relays of ours and originals in them) and
 * callrooms.c (rooms of calls).
 */
#ifndef WZP_FEDERD_ROOMSTATE_H
#define WZP_FEDERD_ROOMSTATE_H

#include <sys/queue.h>

#include "common/base/rate.h"
#include "common/wire/identity.h"
#include "federd/crowd.h"
#include "federd/rooms.h"

#define BIT(i)			(UINT64_C(1) << (i))
#define HASHED_STRLEN		33
#define VERSION_STEP		2
/*
 * A version begins at the time of its relay's start and grows more slowly: no
 * honest one is further ahead of our clock than that clock is wrong.  With a
 * limit that moves, whoever is spoken for by a liar can always outbid him.
 */
#define VERSION_AHEAD		(VERSION_STEP * UINT64_C(172800000)) /* 2 d */
/* Bytes of participants in a signal; the rest is around them. */
#define LIST_BYTES		(SIGNAL_MAX - 1024)
#define LEFT_MAX		4096

/* What a relay of ours has said about a room. */
struct origin {
	TAILQ_ENTRY(origin)	 or_entry;
	uint8_t			 or_fp[TLS_HASH_LEN];
	uint64_t		 or_version;
	bool			 or_gone;	/* by this version */
	uint64_t		 or_since;	/* it is */
	bool			 or_lingers;	/* its people still count */
	unsigned int		 or_parent;	/* who said it first */
	uint64_t		 or_said;	/* and who else; a mask */
	uint64_t		 or_skip;	/* as fedmedia knows it */
	struct crowd		 or_people;
};
TAILQ_HEAD(origin_list, origin);

enum global_name {
	NAME_RAW,
	NAME_HASHED,
	NAMES
};

struct global {
	TAILQ_ENTRY(global)	 gl_entry;
	char			 gl_name[ROOM_STRLEN];
	char			 gl_hashed[HASHED_STRLEN];
	uint8_t			 gl_tag[FEDMEDIA_TAG_LEN];
	bool			 gl_named;	/* in this configuration */
	struct crowd		 gl_locals;
	struct origin_list	 gl_origins;
	size_t			 gl_norigins;
	/* Everybody on other relays, each once, with a label. */
	struct crowd		 gl_merged;
	/* What mediads were told, name by name. */
	struct crowd		 gl_views[NAMES];
	uint64_t		 gl_show_last;
	uint64_t		 gl_show_due;
	/* Our own word among relays of ours. */
	struct crowd		 gl_own;
	uint64_t		 gl_version;	/* 0: nothing was said */
	uint64_t		 gl_own_last;
	uint64_t		 gl_own_due;
	bool			 gl_own_anew;	/* changed or not */
	/* Originals, by nb_index: what they said, what they were told. */
	struct crowd		 gl_heard[PEERS_MAX];
	struct crowd		 gl_told[PEERS_MAX];
	uint64_t		 gl_old_last;
	uint64_t		 gl_old_due;
	struct crowd		 gl_left;	/* lately, for echoes */
	uint64_t		 gl_mediads;	/* as fedmedia knows them */
	uint64_t		 gl_wants;
};
TAILQ_HEAD(global_list, global);

struct call {
	TAILQ_ENTRY(call)	 ca_entry;
	char			 ca_name[ROOM_STRLEN];
	uint8_t			 ca_tag[FEDMEDIA_TAG_LEN];
	uint8_t			 ca_path[FED_PATH_MAX][TLS_HASH_LEN];
	size_t			 ca_npath;
	bool			 ca_stale;
	struct crowd		 ca_locals;
	struct crowd		 ca_remote;
	struct crowd		 ca_told;
	uint64_t		 ca_lost;	/* link is gone; UINT64_MAX */
};
TAILQ_HEAD(call_list, call);

struct fedrooms {
	struct fedrooms_config	 fr_config;
	char			 fr_fp[TLS_FP_STRLEN];
	uint64_t		 fr_now;
	uint64_t		 fr_began;	/* at fc_wall_ms */
	uint64_t		 fr_due;	/* at or before the earliest */
	uint64_t		 fr_wait;	/* ours, FEDROOMS_WAIT_NS */
	uint64_t		 fr_version;
	uint64_t		 fr_message;	/* of originals, counted */
	struct neighbour	*fr_neighbours[PEERS_MAX];
	struct rate		 fr_rates[PEERS_MAX];	/* of originals */
	unsigned int		 fr_noriginals;	/* that are up */
	uint64_t		 fr_ping;
	uint64_t		 fr_mediads;	/* that are up */
	uint64_t		 fr_away[FEDMEDIA_MEDIADS_MAX];	/* 0: not */
	uint64_t		 fr_signald;	/* forget calls; UINT64_MAX */
	struct table		*fr_names;	/* of globals, both */
	struct global_list	 fr_globals;
	size_t			 fr_nglobals;
	struct table		*fr_calls;
	struct call_list	 fr_call_list;
	size_t			 fr_people;
	struct fedrooms_counters fr_counters;
	struct sig_participant	 fr_list[FEDROOMS_LIST_MAX];
};

/* Does it speak of origins and versions? */
static inline bool
speaks_rooms(const struct neighbour *nb)
{
	return (!nb->nb_legacy && (nb->nb_features & NEIGHBOUR_ROOMS) != 0);
}

/* Without a label an original speaks of its own people. */
static inline const char *
heard_label(const struct person *pe, const struct neighbour *nb)
{
	return (pe->pe_label[0] != '\0' ? pe->pe_label : nb->nb_label);
}

static inline void
rooms_due(struct fedrooms *fr, uint64_t due)
{
	fr->fr_due = clock_earlier(fr->fr_due, due);
}

/* rooms.c */
struct neighbour
	*rooms_neighbour(const struct fedrooms *, const uint8_t *fp);
void	 rooms_send(struct fedrooms *, struct neighbour *,
	    const struct signal *);
/* Active with these people, Inactive without. */
void	 rooms_announcement(struct fedrooms *, struct signal *,
	    const char *room, const struct crowd *);
/* To all mediads, or one (-1: all). */
void	 rooms_tell(struct fedrooms *, int mediad, const char *room,
	    const struct person *, bool present);
void	 rooms_switch(struct fedrooms *, int mediad, const char *room,
	    const uint8_t *tag, bool on);
/* Bits of a mediad that is back or gone for good; true: somebody is gone. */
bool	 locals_drop(struct crowd *, uint64_t stale);
void	 locals_doubt(struct crowd *, uint64_t mediad);

/* globals.c */
struct global	*global_new(struct fedrooms *, const char *);
void	 global_free(struct fedrooms *, struct global *);
void	 global_up(struct fedrooms *, struct global *, struct neighbour *);
void	 global_down(struct fedrooms *, struct global *, struct neighbour *);
void	 global_signal(struct fedrooms *, struct global *,
	    struct neighbour *, const struct signal *);
void	 global_member(struct fedrooms *, struct global *, unsigned int,
	    const struct msg_fed_member *);
void	 global_mediad(struct fedrooms *, struct global *, unsigned int);
void	 global_mediad_lost(struct fedrooms *, struct global *,
	    uint64_t mask);
uint64_t global_expiry(const struct global *);
void	 global_expire(struct fedrooms *, struct global *);

/* Own people or (false) others have changed. */
void	 global_changed(struct fedrooms *, struct global *, bool);
void	 global_run(struct fedrooms *, struct global *);
void	 global_route(struct fedrooms *, struct global *);
void	 crowd_empty(struct fedrooms *, struct crowd *);

/* origins.c */
void	 origin_free(struct fedrooms *, struct global *, struct origin *);
bool	 origin_counts(const struct origin *);
void	 origin_empty(struct fedrooms *, struct global *, struct origin *);
void	 origin_send(struct fedrooms *, const struct global *,
	    const struct origin *, struct neighbour *);
void	 origin_flood(struct fedrooms *, const struct global *,
	    const struct origin *, const struct neighbour *);
void	 origin_signal(struct fedrooms *, struct global *, struct neighbour *,
	    const struct sig_global_room *, bool);
void	 own_send(struct fedrooms *, const struct global *,
	    struct neighbour *);
void	 own_say(struct fedrooms *, struct global *);

/* originals.c */
void	 heard_doubt(struct global *, const char *, unsigned int);
bool	 person_known(const struct global *, const char *);
void	 person_left(struct fedrooms *, struct global *, const char *);
void	 heard_signal(struct fedrooms *, struct global *, struct neighbour *,
	    const struct sig_global_room *, bool);
void	 old_say(struct fedrooms *, struct global *, struct neighbour *);

/* callrooms.c */
struct call	*call_new(struct fedrooms *, const char *);
void	 call_free(struct fedrooms *, struct call *);
/* Where it goes, from signald. */
void	 call_path(struct fedrooms *, struct call *,
	    const struct msg_fed_call *);
void	 call_up(struct fedrooms *, struct call *, struct neighbour *);
void	 call_down(struct fedrooms *, struct call *, struct neighbour *);
void	 call_signal(struct fedrooms *, struct call *,
	    const struct signal *);
void	 call_member(struct fedrooms *, struct call *, unsigned int,
	    const struct msg_fed_member *);
void	 call_mediad(struct fedrooms *, struct call *, unsigned int);
void	 call_mediad_lost(struct fedrooms *, struct call *, uint64_t mask);
void	 call_expire(struct fedrooms *, struct call *);
struct neighbour
	*call_neighbour(const struct fedrooms *, const struct call *);

#endif /* WZP_FEDERD_ROOMSTATE_H */
