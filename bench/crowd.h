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
 * The load on media: many connections on a few sockets, in rooms of one relay
 * or of two (crowd.c); beside them the same datagrams through wzp-plain
 * (plain.c).
 */
#ifndef WZP_BENCH_CROWD_H
#define WZP_BENCH_CROWD_H

#include <stddef.h>
#include <stdint.h>

#include "bench/figures.h"
#include "common/base/addr.h"

/* A MediaPacket: 20 ms of Opus at 24 kbit/s and what is around it. */
#define CROWD_MEDIA_LEN	120
/* The same as a QUIC packet: header, frame header, tag. */
#define CROWD_PLAIN_LEN	151
/* For each relay, unless somebody wants another number. */
#define CROWD_SOCKETS	16

struct bank;
struct crowd;
struct identity;
struct plain;

/* Who talks, and to how many. */
struct speech {
	unsigned int	sp_first;	/* number of the first speaker */
	unsigned int	sp_n;
	unsigned int	sp_step;	/* from one to the next */
	unsigned int	sp_listeners;	/* of each */
	uint64_t	sp_per_s;	/* datagrams of all together */
	uint64_t	sp_ns;
};

/* As many members of each relay; the first relay's come first. */
struct crowd	*crowd_new(const struct addr *relays, unsigned int nrelays,
		    unsigned int members);
/* The same at so many sockets for each relay, BANK_SOCKETS_MAX together. */
struct crowd	*crowd_new_at(const struct addr *relays, unsigned int nrelays,
		    unsigned int members, unsigned int sockets);
/* Says goodbye. */
void		 crowd_free(struct crowd *);
/* The room of a member, and how many will be there; NULL: any identity. */
void		 crowd_place(struct crowd *, unsigned int member,
		    const char *room, unsigned int size,
		    const struct identity *);
/* Everybody in rooms of that size, one after the other. */
void		 crowd_rooms(struct crowd *, unsigned int size);
/* All are in their rooms and see the others.  -1: too late. */
int		 crowd_join(struct crowd *, unsigned int limit_s);
/* To keep what is there alive. */
struct bank	*crowd_bank(const struct crowd *);
void		 crowd_talk(struct crowd *, const struct speech *,
		    struct flow *);
/* Connections that were lost so far. */
unsigned int	 crowd_lost(const struct crowd *);

struct plain	*plain_new(const struct addr *forwarder, unsigned int calls);
void		 plain_free(struct plain *);
int		 plain_join(struct plain *, unsigned int limit_s);
/* bank: kept alive meanwhile; or NULL. */
void		 plain_talk(struct plain *, uint64_t per_s, uint64_t ns,
		    struct flow *, struct bank *);

#endif /* WZP_BENCH_CROWD_H */
