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
 * The same datagrams as those of the crowd, through wzp-plain (forward.c):
 * as many people at as many sockets, at the same pace.
 */
#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bank.h"
#include "bench/crowd.h"
#include "bench/pace.h"
#include "bench/pipe.h"
#include "common/base/clock.h"

/* forward.c has what these are. */
#define HEADER_LEN	6
#define PHASE_OFF	HEADER_LEN
#define SENT_OFF	(PHASE_OFF + 4)
#define HELLOS_MAX	64
#define SETTLE_NS	(500 * NS_PER_MS)

struct plain {
	struct pipe	*pl_pipes[CROWD_SOCKETS];
	unsigned int	 pl_n;
	unsigned int	 pl_heard;	/* hellos that came back */
	bool		*pl_known;
	uint32_t	 pl_phase;
	uint64_t	 pl_stamp;	/* what is being sent */
	struct flow	*pl_flow;
};

static struct pipe
		*pipe_of(const struct plain *, unsigned int);
static void	say(struct plain *, unsigned int, char);
static void	received(void *, const uint8_t *, size_t, uint64_t);
static void	turn(struct plain *, int);

struct plain *
plain_new(const struct addr *forwarder, unsigned int calls)
{
	struct plain	*pl;
	unsigned int	 i;

	if ((pl = calloc(1, sizeof(*pl))) == NULL)
		return (NULL);
	pl->pl_n = 2 * calls;
	if ((pl->pl_known = calloc(pl->pl_n, sizeof(*pl->pl_known))) == NULL)
		goto fail;
	for (i = 0; i < CROWD_SOCKETS; i++)
		if ((pl->pl_pipes[i] = pipe_open_at(i, forwarder)) == NULL)
			goto fail;
	return (pl);
fail:
	plain_free(pl);
	return (NULL);
}

void
plain_free(struct plain *pl)
{
	unsigned int	i;

	if (pl == NULL)
		return;
	for (i = 0; i < CROWD_SOCKETS; i++)
		pipe_free(pl->pl_pipes[i]);
	free(pl->pl_known);
	free(pl);
}

static struct pipe *
pipe_of(const struct plain *pl, unsigned int who)
{
	return (pl->pl_pipes[who * CROWD_SOCKETS / pl->pl_n]);
}

static void
say(struct plain *pl, unsigned int who, char kind)
{
	uint8_t		d[CROWD_PLAIN_LEN];
	unsigned int	whom = who ^ 1;

	memset(d, 0x5a, sizeof(d));
	d[0] = 'P';
	d[1] = (uint8_t)kind;
	d[2] = (uint8_t)(who >> 8);
	d[3] = (uint8_t)who;
	d[4] = (uint8_t)(whom >> 8);
	d[5] = (uint8_t)whom;
	memcpy(d + PHASE_OFF, &pl->pl_phase, sizeof(pl->pl_phase));
	memcpy(d + SENT_OFF, &pl->pl_stamp, sizeof(pl->pl_stamp));
	pipe_queue(pipe_of(pl, who), d, sizeof(d));
}

static void
received(void *arg, const uint8_t *data, size_t len, uint64_t at)
{
	struct plain	*pl = arg;
	unsigned int	 who;
	uint32_t	 phase;
	uint64_t	 sent;

	if (len != CROWD_PLAIN_LEN)
		return;
	who = (unsigned int)data[2] << 8 | data[3];
	memcpy(&phase, data + PHASE_OFF, sizeof(phase));
	memcpy(&sent, data + SENT_OFF, sizeof(sent));
	if (data[1] == 'h' && who < pl->pl_n && !pl->pl_known[who]) {
		pl->pl_known[who] = true;
		pl->pl_heard++;
	}
	if (data[1] != 'd' || pl->pl_flow == NULL || phase != pl->pl_phase)
		return;
	pl->pl_flow->fl_delivered++;
	delay_add(&pl->pl_flow->fl_delays, at - sent);
}

static void
turn(struct plain *pl, int wait_ms)
{
	struct pollfd	pfds[CROWD_SOCKETS];
	unsigned int	i;

	for (i = 0; i < CROWD_SOCKETS; i++) {
		pipe_flush(pl->pl_pipes[i]);
		pfds[i].fd = pipe_fd(pl->pl_pipes[i]);
		pfds[i].events = POLLIN;
		pfds[i].revents = 0;
	}
	(void)poll(pfds, CROWD_SOCKETS, wait_ms);
	for (i = 0; i < CROWD_SOCKETS; i++)
		if (pfds[i].revents != 0)
			pipe_receive(pl->pl_pipes[i], received, pl);
}

int
plain_join(struct plain *pl, unsigned int limit_s)
{
	uint64_t	until = clock_mono_ns() + limit_s * NS_PER_S;
	unsigned int	i, n;

	while (pl->pl_heard < pl->pl_n) {
		if (clock_mono_ns() > until)
			return (-1);
		for (i = n = 0; i < pl->pl_n && n < HELLOS_MAX; i++) {
			if (pl->pl_known[i])
				continue;
			say(pl, i, 'h');
			n++;
		}
		turn(pl, 5);
	}
	return (0);
}

void
plain_talk(struct plain *pl, uint64_t per_s, uint64_t ns, struct flow *fl,
    struct bank *bank)
{
	struct pace	pa;
	uint64_t	n;
	unsigned int	k = 0, who = 0;

	memset(fl, 0, sizeof(*fl));
	fl->fl_copies = 1;
	pl->pl_flow = fl;
	pl->pl_phase++;
	pace_begin(&pa, per_s, ns);
	while (pace_turn(&pa, fl, SETTLE_NS)) {
		n = pace_due(&pa);
		pl->pl_stamp = pipe_now();
		for (; n > 0; n--) {
			say(pl, who, 'd');
			fl->fl_sent++;
			who = (who + 1) % pl->pl_n;
		}
		turn(pl, 0);
		if (bank != NULL && k++ % 16 == 0)
			bank_turn(bank, 0);
		pace_sleep(&pa);
	}
	pace_end(&pa, fl);
	pl->pl_flow = NULL;
}
