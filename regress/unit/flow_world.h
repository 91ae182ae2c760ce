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

#include "signald/call_flow.h"

#define WORLD_OUT_MAX	32
#define WORLD_LINE_MAX	4096

struct world {
	struct hub	*hub;
	struct flow	*flow;
	struct reg	 regs[3];
	bool		 registry, media;
	uint64_t	 now, seq;
	struct msg_call_put	 put;		/* the last record */
	struct msg_room_admit	 admitted;	/* the last admission */
	char		 out[WORLD_OUT_MAX][WORLD_LINE_MAX];
	size_t		 nout, taken;
	char		 why[2 * WORLD_LINE_MAX + 128];
};

struct world	*world_new(bool best_effort);
struct world	*world_new_config(const struct flow_config *);
/* The limits that world_new() takes: ring 60 s, grace 15 s, registry 2 s. */
void		 world_config(struct flow_config *, bool best_effort);
void		 world_free(struct world *);
/*
 * One thing that happens, -1: not possible or not so.
 *	reg P [proven]		P (A, B, C) registers
 *	gone P clean|lost	and is gone
 *	in P JSON		says something
 *	after MS		time goes by
 *	commit / refuse		registryd's answer to its last record
 *	admitted ID / not-admitted ID
 *	registry up|down, media up|down
 *	live active|ringing [proven]	found by registryd after a restart
 *	stop
 *	calls N / unconfirmed N	checks
 *	stat NAME N		checks a counter of flow_stats()
 */
int		 world_step(struct world *, const char *);
/* NULL: everything came as written; else what did not. */
const char	*world_replay(struct world *, const char *const *lines);

#endif /* WZP_REGRESS_FLOW_WORLD_H */
