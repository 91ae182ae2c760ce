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
 * The timer heap (timer.h).
 */
#include "config.h"

#include <stdlib.h>

#include "common/quic/timer.h"

static void	place(struct timer_heap *, struct timer *, size_t);
static void	up(struct timer_heap *, size_t);
static void	down(struct timer_heap *, size_t);

void
timer_init(struct timer *tm, void *owner)
{
	tm->tm_due = UINT64_MAX;
	tm->tm_at = TIMER_NONE;
	tm->tm_owner = owner;
}

void
timer_heap_free(struct timer_heap *th)
{
	free(th->th_heap);
	th->th_heap = NULL;
	th->th_count = th->th_cap = 0;
}

int
timer_set(struct timer_heap *th, struct timer *tm, uint64_t due)
{
	struct timer	**heap;
	size_t		  cap;

	if (tm->tm_at != TIMER_NONE) {
		tm->tm_due = due;
		up(th, tm->tm_at);
		down(th, tm->tm_at);
		return (0);
	}
	if (th->th_count == th->th_cap) {
		cap = th->th_cap == 0 ? 64 : th->th_cap * 2;
		heap = reallocarray(th->th_heap, cap, sizeof(*heap));
		if (heap == NULL)
			return (-1);
		th->th_heap = heap;
		th->th_cap = cap;
	}
	tm->tm_due = due;
	place(th, tm, th->th_count++);
	up(th, tm->tm_at);
	return (0);
}

void
timer_remove(struct timer_heap *th, struct timer *tm)
{
	struct timer	*last;
	size_t		 at = tm->tm_at;

	if (at == TIMER_NONE)
		return;
	tm->tm_at = TIMER_NONE;
	last = th->th_heap[--th->th_count];
	if (last == tm)
		return;
	place(th, last, at);
	up(th, last->tm_at);
	down(th, last->tm_at);
}

struct timer *
timer_first(const struct timer_heap *th)
{
	return (th->th_count > 0 ? th->th_heap[0] : NULL);
}

static void
place(struct timer_heap *th, struct timer *tm, size_t at)
{
	th->th_heap[at] = tm;
	tm->tm_at = at;
}

static void
up(struct timer_heap *th, size_t at)
{
	struct timer	*tm = th->th_heap[at];
	size_t		 parent;

	while (at > 0) {
		parent = (at - 1) / 2;
		if (th->th_heap[parent]->tm_due <= tm->tm_due)
			break;
		place(th, th->th_heap[parent], at);
		at = parent;
	}
	place(th, tm, at);
}

static void
down(struct timer_heap *th, size_t at)
{
	struct timer	*tm = th->th_heap[at];
	size_t		 child;

	for (;;) {
		child = 2 * at + 1;
		if (child >= th->th_count)
			break;
		if (child + 1 < th->th_count &&
		    th->th_heap[child + 1]->tm_due <
		    th->th_heap[child]->tm_due)
			child++;
		if (tm->tm_due <= th->th_heap[child]->tm_due)
			break;
		place(th, th->th_heap[child], at);
		at = child;
	}
	place(th, tm, at);
}
