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
 * Who is restarted when workers quarrel.  What a worker says of another may
 * be a lie, so a pair proves nothing but that one of the two is wrong: the
 * lower-ranking one goes, however often it quarrels, or it could have the
 * other restarted at will.  But one who has a quarrel with several neighbours
 * at once is what those have in common.
 *
 * Only the rule; no process is touched here.
 */
#ifndef WZP_RELAYD_DISPUTE_H
#define WZP_RELAYD_DISPUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

#define DISPUTES_MAX		64
/* Quarrels with others that belong to this one arrive meanwhile. */
#define DISPUTE_COLLECT_S	0.05

/* A worker, as often as it was started. */
struct party {
	enum proc	pa_role;
	unsigned int	pa_instance;
	uint64_t	pa_generation;
};

struct dispute {
	struct party	di_high;	/* ranks above the other */
	struct party	di_low;
	bool		di_by_high;	/* who said it first */
	char		di_reason[256];
	bool		di_over;	/* decided: */
	bool		di_end_high;	/* else the lower one ends */
};

struct disputes {
	struct dispute	ds_open[DISPUTES_MAX];
	size_t		ds_nopen;
};

/*
 * by blames of.  false: that pair is listed, or (ds_nopen == DISPUTES_MAX)
 * there is no room.
 */
bool	 dispute_add(struct disputes *, const struct party *by,
	    const struct party *of, const char *reason);
/* A worker is gone: what it said, and what was said of it, is over. */
void	 dispute_forget(struct disputes *, const struct party *);
/* Decides all that are open: each says who of the two is restarted. */
void	 dispute_resolve(struct disputes *);
bool	 party_equal(const struct party *, const struct party *);

#endif /* WZP_RELAYD_DISPUTE_H */
