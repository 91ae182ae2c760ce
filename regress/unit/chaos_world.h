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
 * What the tests share in which people call each other at random while
 * things die: the calls as their parties see them, a registryd with a disk
 * that keeps what was committed, and a mediad that is asked for rooms.
 */
#ifndef WZP_REGRESS_CHAOS_WORLD_H
#define WZP_REGRESS_CHAOS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "regress/unit/flow_world.h"

#define CALLS_MAX	512
#define QUEUE_MAX	256
#define ASKED_MAX	32

/* A call as its parties see it. */
struct seen {
	char	id[16];
	char	who[2];		/* caller, callee */
	bool	ringing;	/* the caller was told */
	bool	offered;	/* the callee was */
	bool	answered;	/* and did */
	bool	setup[2];
	bool	over[2];
	bool	inside;		/* mediad has somebody in its room */
};

struct people {
	uint64_t	x;		/* random */
	struct seen	calls[CALLS_MAX];
	unsigned int	ncalls;
};

struct registry {
	struct msg_call_put	disk[CALLS_MAX];
	unsigned int		ndisk;
	struct msg_call_put	queue[QUEUE_MAX];	/* not yet written */
	unsigned int		nqueue;
};

struct asked {
	char		id[ASKED_MAX][16];	/* mediad, of rooms */
	unsigned int	n;
};

void		 people_begin(struct people *, uint64_t seed);
unsigned int	 people_random(struct people *, unsigned int max);
/* NULL: a call of before. */
struct seen	*people_call(struct people *, const char *id);
/*
 * The next one, and in line what the caller says; NULL: there are enough.
 * Who answers or hangs up likewise.
 */
struct seen	*people_offer(struct people *, unsigned int from,
		    unsigned int to, char *line, size_t size);
void		 seen_answer(struct seen *, char *line, size_t size);
void		 seen_hangup(struct seen *, unsigned int side, char *line,
		    size_t size);
/* One of the newest; NULL: none yet. */
struct seen	*people_recent(struct people *);
/* Of all calls of a signald that has died. */
void		 seen_lost(struct seen *, unsigned int side);
/* What came out of a relay and is for a client of a call. */
void		 people_hear(struct people *, const char *out);

/* Of a world that has room for it all. */
void		 chaos_config(struct flow_config *);

/* world's recorded(), arg is the registry. */
void		 registry_recorded(void *arg, const struct msg_call_put *);
/* What is queued gets to the disk. */
void		 registry_write(struct registry *);
const struct msg_call_put
		*registry_find(const struct registry *, const char *id);

/* false: the line is no admission. */
bool		 asked_hear(struct asked *, const char *out);
/* The next that mediad answers; false: none. */
bool		 asked_answer(struct asked *, char *line, size_t size);

#endif /* WZP_REGRESS_CHAOS_WORLD_H */
