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
 * The CPU time of relays: what some of them were given is given again to one
 * that is alone, which has to do the same.
 */

#include "config.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "regress/federation/sim.h"

static double
cpu(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static int
alone_send(struct neighbour *nb, const struct signal *s)
{
	struct end	*en = nb->nb_arg;

	if (!en->en_up)
		return (-1);
	if (signal_print(s, sim.si_text, sizeof(sim.si_text)) == -1)
		errx(2, "a signal that cannot be printed");
	en->en_relay->re_sent++;
	return (0);
}

static const struct neighbour_ops	alone_ops = {
	.send = alone_send
};

static void
alone_found(void *arg, const struct msg_fed_found *msg)
{
	(void)arg;
	(void)msg;
}

static const struct find_ops	alone_find_ops = {
	.found = alone_found
};

static void
alone_event(struct relay *re, const struct record *rc)
{
	struct end	*en;

	sim.si_now = rc->rc_at;
	set_time(re);
	switch (rc->rc_what) {
	case EV_MESSAGE:
		message(re, (uint32_t)rc->rc_arg[0], rc->rc_text, rc->rc_len);
		break;
	case EV_TIMER:
		digest_expire(re->re_digest);
		find_expire(re->re_find);
		break;
	case EV_LINK:
		en = &re->re_ends[rc->rc_arg[0]];
		en->en_up = true;
		digest_up(re->re_digest, &en->en_nb);
		find_up(re->re_find, &en->en_nb);
		break;
	case EV_CHANGE:
		change_people(re, rc->rc_arg[0], rc->rc_arg[1]);
		break;
	case EV_CALL:
		ask(re, rc->rc_arg[0], rc->rc_arg[1]);
		break;
	}
	(void)digest_expiry(re->re_digest);
	(void)find_expiry(re->re_find);
}

/* The CPU time of a relay that does what this one did; it does the same. */
static void
alone(uint32_t which, double took[2])
{
	struct relay	 copy;
	struct relay	*re = &sim.si_relays[which];
	double		 begun;
	uint64_t	 now = sim.si_now;
	uint32_t	 i;
	size_t		 k;

	copy = *re;
	copy.re_sent = 0;
	copy.re_recorded = false;
	copy.re_ends = calloc(copy.re_nends, sizeof(*copy.re_ends));
	if (copy.re_ends == NULL)
		err(2, "calloc");
	for (i = 0; i < copy.re_nends; i++) {
		copy.re_ends[i] = re->re_ends[i];
		copy.re_ends[i].en_up = false;
		copy.re_ends[i].en_relay = &copy;
		copy.re_ends[i].en_nb.nb_ops = &alone_ops;
		copy.re_ends[i].en_nb.nb_arg = &copy.re_ends[i];
	}
	begun = cpu();
	copy.re_digest = digest_new(copy.re_secret);
	copy.re_find = copy.re_digest == NULL ? NULL : find_new(copy.re_fp,
	    copy.re_digest, copy.re_secret, &alone_find_ops, NULL);
	if (copy.re_find == NULL)
		err(2, "relay");
	for (i = 0; i < sim.si_people; i++)
		presence(copy.re_digest, person_id(which, i), true);
	for (k = 0; k < copy.re_nrecords; k++) {
		if (k == copy.re_boundary) {
			took[0] = cpu() - begun;
			begun = cpu();
		}
		alone_event(&copy, &copy.re_records[k]);
	}
	took[1] = cpu() - begun;
	if (copy.re_sent != re->re_sent)
		errx(2, "relay %u does something else when it is alone",
		    which);
	find_free(copy.re_find);
	digest_free(copy.re_digest);
	free(copy.re_ends);
	sim.si_now = now;
}

/* The shortest of some times, for nobody is alone on a machine. */
void
judge_cpu(struct result *rs)
{
	double		 took[2] = { 0, 0 }, best[2] = { 0, 0 };
	double		 all;
	uint32_t	 which, turn;

	for (which = 0; which < RECORDED; which++) {
		all = 0;
		for (turn = 0; turn < REPLAYS || all < REPLAY_S; turn++) {
			alone(which, took);
			all += took[0] + took[1];
			if (turn == 0 || took[0] < best[0])
				best[0] = took[0];
			if (turn == 0 || took[1] < best[1])
				best[1] = took[1];
		}
		rs->rs_start.co_cpu += best[0] * rs->rs_n / RECORDED;
		rs->rs_run.co_cpu += best[1] * rs->rs_n / RECORDED;
	}
}
