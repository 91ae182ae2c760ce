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

/* Children of a node: 64 bytes of entries. */
#define WAYS	4

static void	place(struct timer_heap *, struct timer_entry, size_t);
static void	settle(struct timer_heap *, struct timer_entry, size_t);

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
	struct timer_entry	*heap;
	size_t			 at = tm->tm_at, cap;

	if (at == TIMER_NONE) {
		if (th->th_count == th->th_cap) {
			cap = th->th_cap == 0 ? 64 : th->th_cap * 2;
			heap = reallocarray(th->th_heap, cap, sizeof(*heap));
			if (heap == NULL)
				return (-1);
			th->th_heap = heap;
			th->th_cap = cap;
		}
		at = th->th_count++;
	}
	tm->tm_due = due;
	settle(th, (struct timer_entry){ due, tm }, at);
	return (0);
}

void
timer_remove(struct timer_heap *th, struct timer *tm)
{
	size_t	at = tm->tm_at;

	if (at == TIMER_NONE)
		return;
	tm->tm_at = TIMER_NONE;
	if (at < --th->th_count)
		settle(th, th->th_heap[th->th_count], at);
}

struct timer *
timer_first(const struct timer_heap *th)
{
	return (th->th_count > 0 ? th->th_heap[0].te_timer : NULL);
}

static void
place(struct timer_heap *th, struct timer_entry te, size_t at)
{
	th->th_heap[at] = te;
	te.te_timer->tm_at = at;
}

/* The entry belongs at this place, or somewhere above or below it. */
static void
settle(struct timer_heap *th, struct timer_entry te, size_t at)
{
	const struct timer_entry	*heap = th->th_heap;
	size_t				 child, end, first;

	while (at > 0 && te.te_due < heap[(at - 1) / WAYS].te_due) {
		place(th, heap[(at - 1) / WAYS], at);
		at = (at - 1) / WAYS;
	}
	while ((child = at * WAYS + 1) < th->th_count) {
		end = child + WAYS;
		if (end > th->th_count)
			end = th->th_count;
		for (first = child++; child < end; child++) {
			if (heap[child].te_due < heap[first].te_due)
				first = child;
		}
		if (te.te_due <= heap[first].te_due)
			break;
		place(th, heap[first], at);
		at = first;
	}
	place(th, te, at);
}
