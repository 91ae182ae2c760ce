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

/* The life of the workers: started in order, watched, restarted, ended. */
#ifndef WZP_RELAYD_SUPERVISE_H
#define WZP_RELAYD_SUPERVISE_H

#include "relayd/process.h"

/* Deaths within a minute that are reported as a crash loop. */
#define CRASH_LOOP	5

/*
 * Starts all workers that the configuration wants; everything else happens
 * on the loop (the default one: children are waited for).  -1: one of them
 * cannot even be run.
 */
int	supervise_start(struct supervisor *);
/* Timers of a new entry. */
void	supervise_init(struct process *);
/* The next START, to whom it is due. */
void	supervise_advance(struct supervisor *);
/* Starts a worker that is not there; tries again later when that fails. */
void	process_begin(struct process *);
void	process_kill(struct process *);
/* In good order, and what then; one that is not there is done with. */
void	process_end(struct process *, enum process_after);
/* A retiring mediad is wanted again. */
void	process_keep(struct process *);
unsigned int
	process_deaths(const struct process *);	/* in the last minute */

#endif /* WZP_RELAYD_SUPERVISE_H */
