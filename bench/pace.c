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
 * When to send how many (pace.h).
 */
#include "config.h"

#include <time.h>

#include "bench/cpu.h"
#include "bench/pace.h"
#include "common/base/clock.h"

#define LATE_NS		(10 * NS_PER_MS)

void
pace_begin(struct pace *pa, uint64_t per_s, uint64_t ns)
{
	pa->pa_per_s = per_s;
	pa->pa_begun = clock_mono_ns();
	pa->pa_ns = ns;
	pa->pa_asked = 0;
	pa->pa_self_ns = cpu_self();
}

bool
pace_turn(const struct pace *pa, const struct flow *fl, uint64_t settle_ns)
{
	uint64_t	passed = clock_mono_ns() - pa->pa_begun;

	if (passed < pa->pa_ns)
		return (true);
	return (passed < pa->pa_ns + settle_ns &&
	    fl->fl_delivered < flow_expected(fl));
}

uint64_t
pace_due(struct pace *pa)
{
	uint64_t	passed = clock_mono_ns() - pa->pa_begun, due, most;

	if (passed > pa->pa_ns)
		passed = pa->pa_ns;
	due = passed * pa->pa_per_s / NS_PER_S - pa->pa_asked;
	pa->pa_asked += due;
	most = LATE_NS * pa->pa_per_s / NS_PER_S + 1;
	return (due < most ? due : most);
}

void
pace_sleep(const struct pace *pa)
{
	struct timespec	ts;
	uint64_t	passed = clock_mono_ns() - pa->pa_begun;

	ts.tv_sec = 0;
	ts.tv_nsec = (long)(NS_PER_MS - passed % NS_PER_MS);
	/* Who is late goes on at once. */
	if (passed < pa->pa_ns && passed * pa->pa_per_s / NS_PER_S >
	    pa->pa_asked + NS_PER_MS * pa->pa_per_s / NS_PER_S)
		return;
	(void)nanosleep(&ts, NULL);
}

void
pace_end(const struct pace *pa, struct flow *fl)
{
	fl->fl_asked = pa->pa_asked;
	fl->fl_ns = pa->pa_ns;
	fl->fl_self_ns = cpu_self() - pa->pa_self_ns;
}
