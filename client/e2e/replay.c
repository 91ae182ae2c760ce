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

/* The window of counters: see replay.h. */

#include "config.h"

#include <string.h>

#include "client/e2e/replay.h"

static void	 replay_shift(struct replay_window *, uint64_t);

void
replay_clear(struct replay_window *w)
{
	memset(w, 0, sizeof(*w));
}

bool
replay_fresh(const struct replay_window *w, uint64_t n)
{
	if (!w->rw_any || n > w->rw_top)
		return (true);
	if (w->rw_top - n >= REPLAY_WINDOW)
		return (false);
	n %= REPLAY_WINDOW;
	return ((w->rw_bits[n / 64] >> n % 64 & 1) == 0);
}

void
replay_take(struct replay_window *w, uint64_t n)
{
	if (!w->rw_any) {
		w->rw_any = true;
		w->rw_top = n;
	} else if (n > w->rw_top)
		replay_shift(w, n);
	else if (w->rw_top - n >= REPLAY_WINDOW)
		return;
	n %= REPLAY_WINDOW;
	w->rw_bits[n / 64] |= UINT64_C(1) << n % 64;
}

/* The window is a ring: what comes in at the top was used by the oldest. */
static void
replay_shift(struct replay_window *w, uint64_t top)
{
	uint64_t	 i, n = top - w->rw_top;

	if (n >= REPLAY_WINDOW)
		memset(w->rw_bits, 0, sizeof(w->rw_bits));
	else {
		for (i = 1; i <= n; i++)
			w->rw_bits[(w->rw_top + i) % REPLAY_WINDOW / 64] &=
			    ~(UINT64_C(1) << (w->rw_top + i) % 64);
	}
	w->rw_top = top;
}
