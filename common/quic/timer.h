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
 * Connections by the time at which their timer is due: a heap.  An entry may
 * be early: when a deadline moves later it is left in place, and whoever takes
 * it off the heap looks at the real deadline again.
 *
 * The connections are cold when their timers move, each in lines of its own,
 * so the times are in the heap itself, and four children lie side by side.
 */
#ifndef WZP_QUIC_TIMER_H
#define WZP_QUIC_TIMER_H

#include <stddef.h>
#include <stdint.h>

#define TIMER_NONE	SIZE_MAX

/* Lives in the thing that is timed. */
struct timer {
	uint64_t	 tm_due;
	size_t		 tm_at;		/* place in the heap, or TIMER_NONE */
	void		*tm_owner;
};

struct timer_entry {
	uint64_t	 te_due;	/* the tm_due of: */
	struct timer	*te_timer;
};

struct timer_heap {
	struct timer_entry	*th_heap;
	size_t			 th_count;
	size_t			 th_cap;
};

void		 timer_init(struct timer *, void *owner);
void		 timer_heap_free(struct timer_heap *);
/* -1: no memory (an entry that is in the heap already always succeeds). */
int		 timer_set(struct timer_heap *, struct timer *, uint64_t due);
void		 timer_remove(struct timer_heap *, struct timer *);
/* The earliest, or NULL; stays in the heap. */
struct timer	*timer_first(const struct timer_heap *);

#endif /* WZP_QUIC_TIMER_H */
