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
 * When the machine did not run us: a tick that comes late, or processor time
 * that a hypervisor gave to others (proc_stat(5), steal).  The judge does not
 * blame the relay for that time.
 */

#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "regress/storm/storm.h"

#define STALL_S		0.030	/* between ticks of 0.010 */
#define STOLEN_EACH_NS	(100 * NS_PER_MS)
#define STOLEN_MS	20.0	/* two ticks of the kernel's clock */

static bool	 stolen_ms(double *);

void
stall_tick(struct storm *st, double seconds)
{
	double	stolen;

	if (seconds > STALL_S)
		storm_log(st, NULL, "stall", ",\"ms\":%.0f", seconds * 1e3);
	if (st->st_now < st->st_stolen_at + STOLEN_EACH_NS ||
	    !stolen_ms(&stolen))
		return;
	if (st->st_stolen_at != 0 && stolen - st->st_stolen_ms >= STOLEN_MS)
		storm_log(st, NULL, "stall", ",\"ms\":%.0f,\"stolen\":true",
		    stolen - st->st_stolen_ms);
	st->st_stolen_at = st->st_now;
	st->st_stolen_ms = stolen;
}

/* Since the machine's start, of all processors. */
static bool
stolen_ms(double *ms)
{
	unsigned long long	 steal = 0;
	FILE			*f;
	bool			 ok;

	if ((f = fopen("/proc/stat", "r")) == NULL)
		return (false);
	ok = fscanf(f, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal) == 1;
	fclose(f);
	*ms = (double)steal * 1e3 / (double)sysconf(_SC_CLK_TCK);
	return (ok);
}
