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
 * The rooms of one relay over relays, in virtual time: its neighbours, its
 * mediads and signald are texts (fedrooms_test.c).
 */
#ifndef WZP_ROOMS_WORLD_H
#define WZP_ROOMS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "federd/rooms.h"

#define RW_RELAYS	4
#define RW_OLD		3		/* an original */

struct rw {
	struct fedrooms		*fr;
	struct fedmedia		*fm;
	uint64_t		 now;
	struct neighbour	 nb[RW_RELAYS];
	/* Signals to each, one a line; only what is between the braces. */
	char			 said[RW_RELAYS][65536];
	unsigned int		 pings[RW_RELAYS];
	/* To mediad 0 and 1: *room, !room, +room/fp@label=alias, -room/fp */
	char			 told[2][65536];
	char			 forwarded[4096];
	size_t			 npath;
	unsigned int		 datagrams[RW_RELAYS];
};

extern struct rw	rw;

/* One global room, "General", and mediad 0. */
void	 rw_new(void);
void	 rw_free(void);
/* Time passes, and timers with it. */
void	 rw_tick(uint64_t ns);
/* The link with a neighbour. */
void	 rw_up(unsigned int relay);
void	 rw_down(unsigned int relay);
/* A mediad says who is, or is no longer, in a room. */
void	 rw_member(unsigned int mediad, const char *room, const char *fp,
	    const char *alias, bool present);
/* A neighbour says this signal. */
void	 rw_say(unsigned int relay, const char *text);
/*
 * It says a word of the relay whose fingerprint is all of one byte: somebody,
 * or (NULL) nobody is in the room.
 */
void	 rw_word(unsigned int relay, unsigned int origin,
	    unsigned int version, const char *fp);
/* signald: there is, or is no longer, a call over npath relays. */
void	 rw_call_is(const char *id, bool live, unsigned int first,
	    size_t npath);
/* A signal about a room that came that way. */
void	 rw_call_word(unsigned int first, size_t npath, const char *text);
/* All that was said to it since the last time. */
void	 rw_assert_said(unsigned int relay, const char *text);
void	 rw_assert_told(unsigned int mediad, const char *text);

#endif /* WZP_ROOMS_WORLD_H */
