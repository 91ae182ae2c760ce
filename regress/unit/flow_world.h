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
 * A relay's call flow without the rest of signald, in virtual time, driven by
 * lines of text: what happens, and on lines that begin with "=" what must
 * come out.  See world_step() for what there is.
 */
#ifndef WZP_REGRESS_FLOW_WORLD_H
#define WZP_REGRESS_FLOW_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/placement.h"
#include "signald/call_flow.h"
#include "signald/placing.h"

#define WORLD_OUT_MAX	32
#define WORLD_LINE_MAX	4096

struct world {
	struct hub	*hub;
	struct flow	*flow;
	struct placing	*placing;
	struct placement *door;		/* doord's view, as it was pushed */
	bool		 verbose;	/* slots, and what is pushed */
	bool		 deaf;		/* doord does not hear of exceptions */
	/* Optional: every record that signald sends. */
	void		(*recorded)(void *, const struct msg_call_put *);
	void		*recorded_arg;
	struct reg	 regs[3];
	uint64_t	 rtt_us[3];
	struct addr	 moved[3];	/* addr_len 0: not */
	bool		 registry;
	bool		 federd;
	/* Optional: what goes to federd, instead of lines. */
	int		(*far_signal)(void *, const struct msg_fed_signal *);
	int		(*find)(void *, const struct msg_fed_find *);
	void		*far_arg;
	uint64_t	 find_seq;		/* of the last one */
	uint64_t	 media;			/* mediads that are there */
	uint64_t	 now, seq;
	struct msg_call_put	 put;		/* the last record */
	struct msg_room_admit	 admitted;	/* the last admission */
	char		 out[WORLD_OUT_MAX][WORLD_LINE_MAX];
	size_t		 nout, taken;
	char		 why[2 * WORLD_LINE_MAX + 128];
};

/* The mediad of world_new(), which is there and has told its rooms. */
#define WORLD_SLOT	2

struct world	*world_new(bool best_effort);
/* Nobody is there yet, and what is said to mediads and doord is said whole. */
struct world	*world_new_placing(void);
struct world	*world_new_config(const struct flow_config *);
/* The registry has not told yet which calls live. */
struct world	*world_new_fresh(const struct flow_config *);
/* The limits that world_new() takes: ring 60 s, grace 15 s, registry 2 s. */
void		 world_config(struct flow_config *, bool best_effort);
void		 world_free(struct world *);
/* It is later than it was, and nothing has happened meanwhile. */
void		 world_set_time(struct world *, uint64_t now);
/*
 * One thing that happens, -1: not possible or not so.
 *	reg P [proven] [candidates]	P (A, B, C) registers
 *	rtt P MS / move P ADDR	of its connection, from now on
 *	path NAME		checks the last record's
 *	gone P clean|lost	and is gone
 *	in P JSON		says something
 *	after MS		time goes by
 *	commit / refuse		registryd's answer to its last record
 *	admitted ID / not-admitted ID	by the mediad of WORLD_SLOT
 *	registry up|down
 *	media up|down [SLOT]	up: it has told all its rooms
 *	channel SLOT		it is there, and tells
 *	opened|empty SLOT ROOM, told SLOT, admits SLOT ID
 *	retire|stay SLOT
 *	doord			has a new channel
 *	recovered		registryd has named all live calls
 *	live pending|ringing|active|direct [proven]	found by registryd
 *	federd up|down
 *	link R up|down [legacy]	R, S, T: a relay; a path: as RST
 *	found PATH|maybe|nobody	to the last question
 *	far[!] PATH JSON	came back from there; !: of an original
 *	unsent ID PATH|*
 *	stop
 *	calls N / unconfirmed N	checks
 *	stat NAME N		checks a counter of flow_stats()
 */
int		 world_step(struct world *, const char *);
/* A line's $A and so on, written out. */
void		 world_text(const char *line, char *text);
/* A path as the lines have it, each relay as a letter. */
void		 world_path(const char *text, uint8_t *path, size_t *len);
/* NULL: everything came as written; else what did not. */
const char	*world_replay(struct world *, const char *const *lines);
/* It has to come as written; and, of a control, must not.  Frees the world. */
void		 world_passes(struct world *, const char *const *lines);
void		 world_objects(struct world *, const char *const *lines);

/* A test that is nothing but its lines. */
#define SCENARIO_IN(name, world, ...)					\
	static void							\
	name(void **state)						\
	{								\
		static const char *const	lines[] = {		\
			__VA_ARGS__, NULL				\
		};							\
									\
		(void)state;						\
		world_passes(world, lines);				\
	}
#define SCENARIO(name, best_effort, ...)				\
	SCENARIO_IN(name, world_new(best_effort), __VA_ARGS__)

#endif /* WZP_REGRESS_FLOW_WORLD_H */
