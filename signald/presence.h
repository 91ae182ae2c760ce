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
 * What federd is told of the people who are registered here: each one when it
 * comes and when it goes, all of them on a new channel.  As much at a time as
 * the channel takes; somebody who comes and goes meanwhile costs nothing.
 */
#ifndef WZP_SIGNALD_PRESENCE_H
#define WZP_SIGNALD_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/ipc/messages.h"

struct presence;

struct presence_ops {
	/* -1: not now; presence_turn() is called again later. */
	int	(*person)(void *arg, const struct msg_fed_presence *);
	int	(*end)(void *arg);		/* all were named once */
};

struct presence	*presence_new(size_t max, const struct presence_ops *,
		    void *arg);
void		 presence_free(struct presence *);
void		 presence_set(struct presence *, const char *fp, bool here);
/* A new channel: it knows of nobody.  Or none. */
void		 presence_up(struct presence *);
void		 presence_down(struct presence *);
/* Says what there is to say.  false: more is left than was taken. */
bool		 presence_turn(struct presence *);
size_t		 presence_count(const struct presence *);

#endif /* WZP_SIGNALD_PRESENCE_H */
