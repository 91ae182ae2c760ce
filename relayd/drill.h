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
 * relayd -T: every real, serving worker is told to do each forbidden thing,
 * and its wait status is the verdict.
 */
#ifndef WZP_RELAYD_DRILL_H
#define WZP_RELAYD_DRILL_H

#include <stdbool.h>

struct process;
struct supervisor;

/* relayd -T list: names and what they try. */
void	drill_list(void);
/* "all", ROLE or ROLE:CASE.  -1: logged that there is no such thing. */
int	drill_init(struct supervisor *, const char *what);
/* All workers serve: the next case, or the end of the run. */
void	drill_next(struct supervisor *);
/* A worker is gone: true if it was told to do something, and is judged. */
bool	drill_gone(struct process *);

#endif /* WZP_RELAYD_DRILL_H */
