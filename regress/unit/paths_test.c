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
 * Two sides of a call with a relay and a direct path between them, in virtual
 * time: media every 20 ms, each packet acknowledged, empty packets on the
 * direct path; what arrives first counts.
 *
 * COVERS: design 6 - change of path in mid-call without a hole
 */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/direct/paths.h"
#include "common/base/clock.h"

#define T0		(50 * NS_PER_S)
#define MS(n)		(T0 + NS_PER_MS * (n))
#define SEQS		8192
#define PACKETS		1024
#define CHANGES		64
#define PING_MS		90	/* direct, beside media */

enum kind {
	MEDIA,
	OTHER		/* ACK, ping */
};

struct packet {
	unsigned int	pk_at;		/* arrives; 0: free */
	unsigned int	pk_to;		/* side */
	enum path	pk_path;
	enum kind	pk_kind;
	unsigned int	pk_seq;
};

/* One of the two ways, in the direction towards a side. */
struct way {
	bool		wy_cut;
	unsigned int	wy_delay;
	unsigned int	wy_loss;	/* per 1000 */
	unsigned int	wy_held;	/* nothing arrives before */
};

struct change {
	unsigned int	ch_at;
	enum path	ch_path;
};

struct world;

struct side {
	struct world	*sd_world;
	unsigned int	 sd_no;
	struct paths	*sd_paths;
	bool		 sd_up[PATHS];
	bool		 sd_congested[PATHS];
	bool		 sd_mute;	/* sends no media */
	bool		 sd_deaf;	/* never says what it received */
	uint64_t	 sd_heard[PATHS];
	unsigned int	 sd_seq;
	unsigned int	 sd_sent[PATHS];
	unsigned int	 sd_refused;	/* by both */
	/* When the other's packet first came, and when it was sent. */
	unsigned int	 sd_arrived[SEQS];
	unsigned int	 sd_sent_at[SEQS];
	struct change	 sd_change[CHANGES];
	unsigned int	 sd_changes;
	unsigned int	 sd_again;
	unsigned int	 sd_wakes;
};

struct world {
	unsigned int	 wo_ms;
	uint64_t	 wo_random;
	struct side	 wo_side[2];
	struct way	 wo_way[PATHS][2];	/* [path][towards] */
	struct packet	 wo_packet[PACKETS];
};

static uint64_t
draw(struct world *wo)
{
	uint64_t	z;

	z = (wo->wo_random += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31));
}

static void
put(struct world *wo, unsigned int to, enum path path, enum kind kind,
    unsigned int seq)
{
	struct way	*wy = &wo->wo_way[path][to];
	unsigned int	 i, at = wo->wo_ms + wy->wy_delay;

	if (wy->wy_cut || draw(wo) % 1000 < wy->wy_loss)
		return;
	if (at < wy->wy_held)
		at = wy->wy_held;
	for (i = 0; i < PACKETS && wo->wo_packet[i].pk_at != 0; i++)
		continue;
	assert_true(i < PACKETS);
	if (i < PACKETS)
		wo->wo_packet[i] = (struct packet){ at, to, path, kind,
		    seq };
}

static int
on_send(void *arg, enum path path, const uint8_t *data, size_t len)
{
	struct side	*sd = arg;
	unsigned int	 seq;

	assert_true(sd->sd_up[path]);
	assert_int_equal(len, sizeof(seq));
	memcpy(&seq, data, sizeof(seq));
	if (sd->sd_congested[path])
		return (-1);
	sd->sd_sent[path]++;
	put(sd->sd_world, 1 - sd->sd_no, path, MEDIA, seq);
	return (0);
}

static uint64_t
on_heard(void *arg, enum path path)
{
	struct side	*sd = arg;

	return (sd->sd_heard[path]);
}

static void
on_changed(void *arg, enum path path, const char *why)
{
	struct side	*sd = arg;
	struct change	*ch = &sd->sd_change[sd->sd_changes];

	assert_true(sd->sd_changes < CHANGES);
	assert_true(strlen(why) > 0);
	assert_int_equal(paths_used(sd->sd_paths), path);
	if (sd->sd_changes > 0) {
		assert_true(ch[-1].ch_path != path);
		assert_true(sd->sd_world->wo_ms >= ch[-1].ch_at + 500);
	}
	ch->ch_at = sd->sd_world->wo_ms;
	ch->ch_path = path;
	sd->sd_changes++;
}

static void
on_again(void *arg)
{
	struct side	*sd = arg;

	sd->sd_again++;
}

static const struct paths_ops	ops = { on_send, on_heard, on_changed,
	on_again };

static struct world *
world_new(unsigned int relay_delay, unsigned int direct_delay)
{
	struct world	*wo;
	unsigned int	 i;

	wo = calloc(1, sizeof(*wo));
	assert_non_null(wo);
	wo->wo_random = 4711;
	for (i = 0; i < 2; i++) {
		wo->wo_side[i].sd_world = wo;
		wo->wo_side[i].sd_no = i;
		wo->wo_side[i].sd_paths = paths_new(&ops, &wo->wo_side[i]);
		assert_non_null(wo->wo_side[i].sd_paths);
		wo->wo_way[PATH_RELAY][i].wy_delay = relay_delay;
		wo->wo_way[PATH_DIRECT][i].wy_delay = direct_delay;
	}
	return (wo);
}

static void
world_free(struct world *wo)
{
	paths_free(wo->wo_side[0].sd_paths);
	paths_free(wo->wo_side[1].sd_paths);
	free(wo);
}

static void
up(struct world *wo, unsigned int i, enum path path)
{
	struct side	*sd = &wo->wo_side[i];

	sd->sd_up[path] = true;
	sd->sd_heard[path] = MS(wo->wo_ms);
	paths_up(sd->sd_paths, path, MS(wo->wo_ms));
}

static void
down(struct world *wo, unsigned int i, enum path path)
{
	struct side	*sd = &wo->wo_side[i];

	sd->sd_up[path] = false;
	paths_down(sd->sd_paths, path, MS(wo->wo_ms));
}

static void
up_both(struct world *wo, enum path path)
{
	up(wo, 0, path);
	up(wo, 1, path);
}

static void
cut(struct world *wo, enum path path, bool is)
{
	wo->wo_way[path][0].wy_cut = wo->wo_way[path][1].wy_cut = is;
}

static void
arrive(struct world *wo, const struct packet *pk)
{
	struct side	*sd = &wo->wo_side[pk->pk_to];

	if (!sd->sd_up[pk->pk_path])
		return;
	sd->sd_heard[pk->pk_path] = MS(wo->wo_ms);
	if (pk->pk_kind != MEDIA)
		return;
	if (sd->sd_arrived[pk->pk_seq] == 0)
		sd->sd_arrived[pk->pk_seq] = wo->wo_ms;
	if (!sd->sd_deaf)
		paths_received(sd->sd_paths, pk->pk_path, MS(wo->wo_ms));
	put(wo, 1 - pk->pk_to, pk->pk_path, OTHER, 0);
}

/* Millisecond by millisecond; timers only when they say so. */
static void
run(struct world *wo, unsigned int until)
{
	struct packet	 pk;
	struct side	*sd;
	unsigned int	 i, n;

	for (; wo->wo_ms < until; wo->wo_ms++) {
		for (i = 0; i < PACKETS; i++) {
			if (wo->wo_packet[i].pk_at == 0 ||
			    wo->wo_packet[i].pk_at > wo->wo_ms)
				continue;
			pk = wo->wo_packet[i];
			wo->wo_packet[i].pk_at = 0;
			arrive(wo, &pk);
		}
		for (i = 0; i < 2; i++) {
			sd = &wo->wo_side[i];
			for (n = 0; paths_expiry(sd->sd_paths) <=
			    MS(wo->wo_ms); n++) {
				assert_true(n < 5);
				paths_expire(sd->sd_paths, MS(wo->wo_ms));
				sd->sd_wakes++;
			}
			if (sd->sd_up[PATH_DIRECT] &&
			    wo->wo_ms % PING_MS == 7 * i)
				put(wo, 1 - i, PATH_DIRECT, OTHER, 0);
			if (sd->sd_mute || wo->wo_ms % 20 != 3 * i)
				continue;
			assert_true(sd->sd_seq < SEQS);
			wo->wo_side[1 - i].sd_sent_at[sd->sd_seq] = wo->wo_ms;
			if (paths_send(sd->sd_paths, (uint8_t *)&sd->sd_seq,
			    sizeof(sd->sd_seq), MS(wo->wo_ms)) == -1)
				sd->sd_refused++;
			sd->sd_seq++;
		}
	}
}

/* Of what was sent to a side in this time: the longest run that never came. */
static unsigned int
hole(const struct world *wo, unsigned int i, unsigned int from,
    unsigned int to)
{
	const struct side	*sd = &wo->wo_side[i];
	unsigned int		 seq, n = 0, longest = 0;

	for (seq = 0; seq < wo->wo_side[1 - i].sd_seq; seq++) {
		if (sd->sd_sent_at[seq] < from || sd->sd_sent_at[seq] >= to)
			continue;
		n = sd->sd_arrived[seq] == 0 ? n + 20 : 0;
		if (n > longest)
			longest = n;
	}
	return (longest);
}

/* The longest time in which nothing new came to a side. */
static unsigned int
silence(const struct world *wo, unsigned int i, unsigned int from,
    unsigned int to)
{
	const struct side	*sd = &wo->wo_side[i];
	unsigned int		 seq, last = from, longest = 0, ms;
	static uint8_t		 came[200000];

	assert_true(to < sizeof(came));
	memset(came, 0, sizeof(came));
	for (seq = 0; seq < wo->wo_side[1 - i].sd_seq; seq++) {
		assert_true(sd->sd_arrived[seq] < sizeof(came));
		came[sd->sd_arrived[seq]] = 1;
	}
	for (ms = from; ms < to; ms++) {
		if (!came[ms])
			continue;
		if (ms - last > longest)
			longest = ms - last;
		last = ms;
	}
	if (to - last > longest)
		longest = to - last;
	return (longest);
}

static enum path
used(const struct world *wo, unsigned int i)
{
	return (paths_used(wo->wo_side[i].sd_paths));
}

/* Which ways took media between now and then: bit 0 relay, bit 1 direct. */
static unsigned int
ways(struct world *wo, unsigned int i, unsigned int until)
{
	struct side	*sd = &wo->wo_side[i];
	unsigned int	 before[PATHS];

	memcpy(before, sd->sd_sent, sizeof(before));
	run(wo, until);
	return ((sd->sd_sent[PATH_RELAY] != before[PATH_RELAY] ? 1u : 0u) |
	    (sd->sd_sent[PATH_DIRECT] != before[PATH_DIRECT] ? 2u : 0u));
}

/* Relay from the first moment, directly from 1 s on. */
static struct world *
direct_call(unsigned int relay_delay, unsigned int direct_delay)
{
	struct world	*wo = world_new(relay_delay, direct_delay);

	wo->wo_ms = 1;
	up_both(wo, PATH_RELAY);
	run(wo, 1000);
	up(wo, 0, PATH_DIRECT);
	run(wo, 1000 + direct_delay);
	up(wo, 1, PATH_DIRECT);
	run(wo, 4000);
	assert_int_equal(used(wo, 0), PATH_DIRECT);
	assert_int_equal(used(wo, 1), PATH_DIRECT);
	assert_int_equal(ways(wo, 0, 4500), 2);
	assert_int_equal(ways(wo, 1, 5000), 2);
	return (wo);
}

static void
test_upgrade(void **state)
{
	static const unsigned int	 delay[][2] = { { 40, 20 }, { 20, 40 },
		{ 75, 5 }, { 5, 150 }, { 1, 1 } };
	struct world			*wo;
	size_t				 k;
	unsigned int			 i;

	(void)state;
	for (k = 0; k < sizeof(delay) / sizeof(delay[0]); k++) {
		wo = world_new(delay[k][0], delay[k][1]);
		wo->wo_ms = 1;
		assert_true(paths_expiry(wo->wo_side[0].sd_paths) ==
		    UINT64_MAX);
		up_both(wo, PATH_RELAY);
		assert_int_equal(wo->wo_side[0].sd_changes, 1);
		assert_int_equal(ways(wo, 0, 1000), 1);
		up(wo, 0, PATH_DIRECT);
		run(wo, 1000 + delay[k][1]);
		up(wo, 1, PATH_DIRECT);
		run(wo, 3000);
		for (i = 0; i < 2; i++) {
			struct side	*sd = &wo->wo_side[i];

			assert_int_equal(sd->sd_changes, 2);
			assert_int_equal(sd->sd_change[0].ch_path, PATH_RELAY);
			assert_int_equal(sd->sd_change[0].ch_at, 1);
			assert_int_equal(sd->sd_change[1].ch_path,
			    PATH_DIRECT);
			/* Both for 300 ms, and until something was heard. */
			assert_in_range(sd->sd_change[1].ch_at, 1300,
			    1300 + delay[k][1] * 2);
			assert_int_equal(hole(wo, i, 1, 2800), 0);
			assert_true(silence(wo, i, 600, 3000) <= 20 +
			    (delay[k][1] > delay[k][0] ?
			    delay[k][1] - delay[k][0] : 20));
			assert_int_equal(sd->sd_again, 0);
			/* 300 ms at 50 a second, and what copies there are. */
			assert_in_range(sd->sd_sent[PATH_RELAY], 50 + 14,
			    50 + 15 + 15);
		}
		assert_int_equal(ways(wo, 0, 4000), 2);
		assert_int_equal(ways(wo, 1, 5000), 2);
		assert_int_equal(wo->wo_side[0].sd_refused, 0);
		world_free(wo);
	}
}

static void
test_overlap(void **state)
{
	struct world	*wo = world_new(20, 20);

	(void)state;
	wo->wo_ms = 1;
	up_both(wo, PATH_RELAY);
	run(wo, 1000);
	up_both(wo, PATH_DIRECT);
	assert_int_equal(ways(wo, 0, 1150), 3);
	assert_int_equal(ways(wo, 0, 1299), 3);
	run(wo, 1300);
	assert_int_equal(ways(wo, 0, 1500), 2);
	world_free(wo);

	/* Directly soon after the call began: nothing is copied later. */
	wo = world_new(20, 20);
	wo->wo_ms = 1;
	up_both(wo, PATH_RELAY);
	run(wo, 100);
	up_both(wo, PATH_DIRECT);
	run(wo, 620);
	assert_int_equal(ways(wo, 0, 1500), 2);
	world_free(wo);
}

static void
test_cut(void **state)
{
	struct world	*wo;
	unsigned int	 i, at, delay;

	(void)state;
	for (at = 5000; at < 5100; at += 7)
		for (delay = 5; delay < 80; delay += 30) {
			wo = direct_call(delay + 10, delay);
			run(wo, at);
			cut(wo, PATH_DIRECT, true);
			run(wo, 8000);
			for (i = 0; i < 2; i++) {
				assert_int_equal(used(wo, i), PATH_RELAY);
				assert_true(hole(wo, i, at, 8000) >= 380);
				assert_true(hole(wo, i, at, 8000) <= 420 +
				    delay);
				assert_true(silence(wo, i, at, 8000) <= 450 +
				    delay);
				assert_int_equal(wo->wo_side[i].sd_again, 1);
				assert_int_equal(wo->wo_side[i].sd_changes,
				    3);
				/* Told at once, with the first copy. */
				assert_true(wo->wo_side[i].sd_change[2].ch_at
				    <= at + 400 + delay);
				assert_int_equal(ways(wo, i, 8100 + 10 * i),
				    1);
			}
			/* There it is again; one second, then 300 ms both. */
			cut(wo, PATH_DIRECT, false);
			run(wo, 9000);
			assert_int_equal(ways(wo, 0, 9100), 1);
			run(wo, 9700);
			for (i = 0; i < 2; i++) {
				assert_int_equal(used(wo, i), PATH_DIRECT);
				assert_int_equal(hole(wo, i, 6000, 9500), 0);
				assert_int_equal(wo->wo_side[i].sd_again, 1);
			}
			assert_int_equal(ways(wo, 0, 11000) & 2, 2);
			assert_int_equal(ways(wo, 0, 12000), 2);
			world_free(wo);
		}
}

/* How long LEAVE lasts: at least 300 ms, and until the relay is heard. */
static void
test_leave(void **state)
{
	struct world	*wo = direct_call(100, 20);

	(void)state;
	cut(wo, PATH_DIRECT, true);
	run(wo, 5403);
	assert_int_equal(used(wo, 0), PATH_DIRECT);
	run(wo, 5404);
	assert_int_equal(used(wo, 0), PATH_RELAY);
	run(wo, 5600);
	assert_int_equal(ways(wo, 0, 5700), 3);
	run(wo, 5704);
	assert_int_equal(ways(wo, 0, 6500), 1);
	world_free(wo);

	/* A relay far away: 400 ms until the other's media comes. */
	wo = direct_call(400, 20);
	cut(wo, PATH_DIRECT, true);
	run(wo, 5725);
	assert_int_equal(ways(wo, 0, 5800), 3);
	run(wo, 5850);
	assert_int_equal(ways(wo, 0, 6500), 1);
	world_free(wo);
}

/*
 * The direct path is cut in one direction: who hears nothing takes the relay
 * and is followed, although the other hears it well.
 */
static void
one_way(bool deaf)
{
	struct world	*wo = direct_call(30, 20);

	wo->wo_side[0].sd_deaf = wo->wo_side[1].sd_deaf = deaf;
	wo->wo_way[PATH_DIRECT][0].wy_cut = true;
	run(wo, 15000);
	if (deaf) {
		assert_true(hole(wo, 0, 5000, 14900) > 2000);
		world_free(wo);
		return;
	}
	assert_true(hole(wo, 0, 5000, 14900) <= 500);
	assert_true(silence(wo, 0, 5000, 15000) <= 540);
	assert_int_equal(hole(wo, 1, 5000, 14900), 0);
	assert_int_equal(used(wo, 0), PATH_RELAY);
	/* Healed: both directly, and nothing goes over the relay. */
	wo->wo_way[PATH_DIRECT][0].wy_cut = false;
	run(wo, 18000);
	assert_int_equal(used(wo, 0), PATH_DIRECT);
	assert_int_equal(used(wo, 1), PATH_DIRECT);
	assert_int_equal(hole(wo, 0, 6000, 17900), 0);
	assert_int_equal(hole(wo, 1, 6000, 17900), 0);
	assert_int_equal(ways(wo, 0, 19000), 2);
	assert_int_equal(ways(wo, 1, 20000), 2);
	world_free(wo);
}

static void
test_one_way(void **state)
{
	(void)state;
	one_way(false);
	/* Without knowing where the other's media comes it goes on for long. */
	one_way(true);
}

/* Strays on the relay: two sides do not copy because the other does. */
static void
test_no_echo(void **state)
{
	struct world	*wo = direct_call(30, 20);
	unsigned int	 i;

	(void)state;
	for (i = 0; i < 5; i++)
		put(wo, 0, PATH_RELAY, MEDIA, i);
	assert_int_equal(ways(wo, 0, 5500), 3);
	run(wo, 7500);
	assert_int_equal(ways(wo, 0, 8000), 2);
	assert_int_equal(ways(wo, 1, 8500), 2);
	/* A single one is none. */
	put(wo, 0, PATH_RELAY, MEDIA, 1);
	assert_int_equal(ways(wo, 0, 9500), 2);
	put(wo, 0, PATH_RELAY, MEDIA, 1);
	assert_int_equal(ways(wo, 0, 10000), 2);
	assert_int_equal(wo->wo_side[0].sd_changes, 2);
	/* Nor if the other says nothing else. */
	wo->wo_side[1].sd_mute = true;
	run(wo, 10300);
	put(wo, 0, PATH_RELAY, MEDIA, 1);
	assert_int_equal(ways(wo, 0, 11000), 2);
	world_free(wo);
}

/* One second good, one and a half cut, for two minutes. */
static void
test_flapping(void **state)
{
	struct world	*wo = direct_call(30, 20);
	struct side	*sd;
	unsigned int	 i, k, n, before;

	(void)state;
	for (k = 0; k < 48; k++) {
		cut(wo, PATH_DIRECT, true);
		run(wo, wo->wo_ms + 1000);
		cut(wo, PATH_DIRECT, false);
		run(wo, wo->wo_ms + 1500);
	}
	for (i = 0; i < 2; i++) {
		sd = &wo->wo_side[i];
		for (k = 0, n = 0; k < sd->sd_changes; k++)
			n += sd->sd_change[k].ch_path == PATH_DIRECT;
		/* Not 48 times: once more, and then 1.5 s are too short. */
		assert_in_range(n, 1, 3);
		assert_true(hole(wo, i, 5000, wo->wo_ms - 100) <= 500);
	}
	/* Six seconds of it, and one cut each: it waits longer each time. */
	world_free(wo);
	wo = direct_call(30, 20);
	sd = &wo->wo_side[0];
	before = sd->sd_changes;
	for (k = 0; k < 20; k++) {
		cut(wo, PATH_DIRECT, true);
		run(wo, wo->wo_ms + 500);
		cut(wo, PATH_DIRECT, false);
		run(wo, wo->wo_ms + 5500);
	}
	/* 1, 2, 4 s; then 8 s are never heard. */
	assert_int_equal(sd->sd_changes - before, 7);
	world_free(wo);
}

static void
test_relay_lost(void **state)
{
	struct world	*wo = direct_call(30, 20);
	unsigned int	 i;

	(void)state;
	/* The relay restarts during a direct call: nobody notices. */
	down(wo, 0, PATH_RELAY);
	down(wo, 1, PATH_RELAY);
	run(wo, 8000);
	up_both(wo, PATH_RELAY);
	run(wo, 10000);
	for (i = 0; i < 2; i++) {
		assert_int_equal(hole(wo, i, 4000, 9900), 0);
		assert_int_equal(silence(wo, i, 4000, 10000), 20);
		assert_int_equal(wo->wo_side[i].sd_changes, 2);
		assert_int_equal(wo->wo_side[i].sd_again, 0);
		assert_int_equal(wo->wo_side[i].sd_refused, 0);
	}
	/* The relay is used because direct failed a while ago, and is lost. */
	cut(wo, PATH_DIRECT, true);
	run(wo, 12000);
	cut(wo, PATH_DIRECT, false);
	run(wo, 12300);
	assert_int_equal(used(wo, 0), PATH_RELAY);
	down(wo, 0, PATH_RELAY);
	down(wo, 1, PATH_RELAY);
	assert_int_equal(used(wo, 0), PATH_DIRECT);
	run(wo, 16000);
	for (i = 0; i < 2; i++) {
		/* What was on its way over the relay. */
		assert_true(hole(wo, i, 12200, 15900) <= 40);
		assert_int_equal(used(wo, i), PATH_DIRECT);
	}
	world_free(wo);
}

/* It is said to be up, but dead, when direct is silent for a moment. */
static void
test_relay_dead(void **state)
{
	struct world	*wo = direct_call(30, 20);
	unsigned int	 i;

	(void)state;
	cut(wo, PATH_RELAY, true);
	run(wo, 6000);
	cut(wo, PATH_DIRECT, true);
	run(wo, 6600);
	cut(wo, PATH_DIRECT, false);
	run(wo, 9000);
	for (i = 0; i < 2; i++) {
		assert_true(hole(wo, i, 5000, 8900) <= 600);
		assert_int_equal(used(wo, i), PATH_DIRECT);
	}
	/* Both dead, the relay is back first. */
	cut(wo, PATH_DIRECT, true);
	run(wo, 12000);
	assert_int_equal(ways(wo, 0, 12300), 3);
	cut(wo, PATH_RELAY, false);
	run(wo, 13000);
	for (i = 0; i < 2; i++)
		assert_int_equal(hole(wo, i, 12340, 12900), 0);
	assert_int_equal(ways(wo, 0, 14000), 1);
	world_free(wo);
}

static void
test_both_lost(void **state)
{
	struct world	*wo = direct_call(30, 20);
	struct side	*sd = &wo->wo_side[0];

	(void)state;
	down(wo, 0, PATH_RELAY);
	run(wo, 6000);
	assert_int_equal(sd->sd_refused, 0);
	down(wo, 0, PATH_DIRECT);
	run(wo, 7000);
	assert_int_equal(sd->sd_refused, 50);
	assert_true(paths_expiry(sd->sd_paths) == UINT64_MAX);
	/* Nothing is used, so nothing was told. */
	assert_int_equal(sd->sd_changes, 2);
	up(wo, 0, PATH_RELAY);
	assert_int_equal(used(wo, 0), PATH_RELAY);
	assert_int_equal(ways(wo, 0, 8000), 1);
	assert_int_equal(sd->sd_refused, 50);
	world_free(wo);
}

/* Down is down: at once, and it counts as a failure. */
static void
test_direct_down(void **state)
{
	struct world	*wo = direct_call(30, 20);
	unsigned int	 i;

	(void)state;
	down(wo, 0, PATH_DIRECT);
	down(wo, 1, PATH_DIRECT);
	assert_int_equal(ways(wo, 0, 5200), 1);
	for (i = 0; i < 2; i++) {
		assert_int_equal(used(wo, i), PATH_RELAY);
		assert_true(hole(wo, i, 4000, 5100) <= 20);
		assert_int_equal(wo->wo_side[i].sd_again, 0);
	}
	up_both(wo, PATH_DIRECT);
	assert_int_equal(ways(wo, 0, 6190), 1);
	run(wo, 6340);
	assert_int_equal(ways(wo, 0, 6480), 3);
	run(wo, 6650);
	assert_int_equal(ways(wo, 0, 7000), 2);
	run(wo, 7300);
	/* Down twice: once. */
	down(wo, 0, PATH_DIRECT);
	down(wo, 0, PATH_DIRECT);
	assert_int_equal(used(wo, 0), PATH_RELAY);
	/* Not in use when it went: no further failure. */
	up(wo, 0, PATH_DIRECT);
	down(wo, 0, PATH_DIRECT);
	up(wo, 0, PATH_DIRECT);
	run(wo, 9550);
	assert_int_equal(used(wo, 0), PATH_RELAY);
	run(wo, 9900);
	assert_int_equal(used(wo, 0), PATH_DIRECT);
	/* Told after half a second, done at once. */
	down(wo, 0, PATH_DIRECT);
	i = wo->wo_side[0].sd_change[wo->wo_side[0].sd_changes - 1].ch_at;
	assert_int_equal(ways(wo, 0, i + 499), 1);
	assert_int_equal(used(wo, 0), PATH_DIRECT);
	run(wo, i + 502);
	assert_int_equal(used(wo, 0), PATH_RELAY);
	world_free(wo);
}

/* Another connection while one is in use: nothing happens. */
static void
test_replaced(void **state)
{
	struct world	*wo = direct_call(30, 20);

	(void)state;
	run(wo, 5300);
	/* Nothing was heard on the old one for a while. */
	cut(wo, PATH_DIRECT, true);
	run(wo, 5600);
	up_both(wo, PATH_DIRECT);
	run(wo, 5900);
	wo->wo_side[0].sd_heard[PATH_DIRECT] = MS(5000);
	cut(wo, PATH_DIRECT, false);
	run(wo, 7000);
	assert_int_equal(wo->wo_side[0].sd_again, 0);
	assert_int_equal(wo->wo_side[0].sd_changes, 2);
	world_free(wo);
}

static void
test_jitter(void **state)
{
	struct world	*wo = direct_call(30, 20);
	unsigned int	 i, k;

	(void)state;
	for (k = 0; k < 60; k++) {
		run(wo, wo->wo_ms + 400 + (unsigned int)(draw(wo) % 600));
		wo->wo_way[PATH_DIRECT][k % 2].wy_held = wo->wo_ms + 320;
		if (k % 3 == 0)
			wo->wo_way[PATH_DIRECT][1 - k % 2].wy_held =
			    wo->wo_ms + 300;
	}
	run(wo, wo->wo_ms + 1000);
	for (i = 0; i < 2; i++) {
		assert_int_equal(wo->wo_side[i].sd_changes, 2);
		assert_int_equal(wo->wo_side[i].sd_again, 0);
		assert_int_equal(hole(wo, i, 1, wo->wo_ms - 300), 0);
	}
	world_free(wo);
}

/* Heard by its proof, and never again. */
static void
test_never_heard(void **state)
{
	struct world	*wo = world_new(30, 20);
	unsigned int	 i;

	(void)state;
	wo->wo_ms = 1;
	up_both(wo, PATH_RELAY);
	run(wo, 1000);
	cut(wo, PATH_DIRECT, true);
	up_both(wo, PATH_DIRECT);
	assert_int_equal(ways(wo, 0, 1390), 3);
	run(wo, 4000);
	for (i = 0; i < 2; i++) {
		assert_int_equal(wo->wo_side[i].sd_changes, 1);
		assert_int_equal(wo->wo_side[i].sd_again, 1);
		assert_int_equal(hole(wo, i, 1, 3900), 0);
	}
	assert_int_equal(ways(wo, 0, 5000), 1);
	world_free(wo);
}

/* Nobody speaks: timers alone do it, and do not run hot. */
static void
test_mute(void **state)
{
	struct world	*wo = world_new(30, 20);
	struct side	*sd = &wo->wo_side[0];
	unsigned int	 n;

	(void)state;
	wo->wo_side[0].sd_mute = wo->wo_side[1].sd_mute = true;
	wo->wo_ms = 1;
	up_both(wo, PATH_RELAY);
	run(wo, 1000);
	up_both(wo, PATH_DIRECT);
	run(wo, 2000);
	assert_int_equal(used(wo, 0), PATH_DIRECT);
	n = sd->sd_wakes;
	run(wo, 12000);
	assert_true(sd->sd_wakes - n <= 60);
	cut(wo, PATH_DIRECT, true);
	run(wo, 12421);
	assert_int_equal(used(wo, 0), PATH_RELAY);
	n = sd->sd_wakes;
	run(wo, 22000);
	assert_true(sd->sd_wakes - n <= 10 * 21);
	cut(wo, PATH_DIRECT, false);
	run(wo, 23600);
	assert_int_equal(used(wo, 0), PATH_DIRECT);
	world_free(wo);
}

/* What one way does not take goes the other. */
static void
test_congested(void **state)
{
	struct world	*wo = direct_call(30, 20);
	struct side	*sd = &wo->wo_side[0];

	(void)state;
	sd->sd_congested[PATH_DIRECT] = true;
	assert_int_equal(ways(wo, 0, 5300), 1);
	assert_int_equal(hole(wo, 1, 4000, 5200), 0);
	sd->sd_congested[PATH_DIRECT] = false;
	/* Each takes it for a fall of the other, for a moment. */
	assert_int_equal(ways(wo, 0, 5600), 3);
	run(wo, 7200);
	assert_int_equal(ways(wo, 0, 7500), 2);
	assert_int_equal(sd->sd_changes, 2);
	/* And from the relay, while direct is on probation. */
	cut(wo, PATH_DIRECT, true);
	run(wo, 8500);
	cut(wo, PATH_DIRECT, false);
	run(wo, 8600);
	sd->sd_congested[PATH_RELAY] = true;
	assert_int_equal(ways(wo, 0, 8900), 2);
	assert_int_equal(hole(wo, 1, 8500, 8800), 0);
	/* Neither. */
	sd->sd_congested[PATH_DIRECT] = true;
	sd->sd_refused = 0;
	run(wo, 9000);
	assert_int_equal(sd->sd_refused, 5);
	world_free(wo);
}

/* Without a relay, as after a race with an original. */
static void
test_direct_only(void **state)
{
	struct world	*wo = world_new(30, 20);

	(void)state;
	wo->wo_ms = 1;
	up_both(wo, PATH_DIRECT);
	assert_int_equal(used(wo, 0), PATH_DIRECT);
	assert_int_equal(wo->wo_side[0].sd_changes, 1);
	assert_int_equal(ways(wo, 0, 1000), 2);
	/* Silent, and nothing else there: another one is looked for. */
	cut(wo, PATH_DIRECT, true);
	run(wo, 3000);
	assert_int_equal(wo->wo_side[0].sd_again, 1);
	assert_int_equal(ways(wo, 0, 3100), 2);
	up_both(wo, PATH_RELAY);
	run(wo, 3200);
	assert_int_equal(used(wo, 0), PATH_RELAY);
	run(wo, 4000);
	assert_int_equal(hole(wo, 0, 3110, 3900), 0);
	assert_int_equal(wo->wo_side[0].sd_refused, 0);
	world_free(wo);
	/* Silent for a moment, and the relay is there only afterwards. */
	wo = world_new(30, 20);
	wo->wo_ms = 1;
	up_both(wo, PATH_DIRECT);
	run(wo, 1000);
	cut(wo, PATH_DIRECT, true);
	run(wo, 1600);
	cut(wo, PATH_DIRECT, false);
	run(wo, 2100);
	up_both(wo, PATH_RELAY);
	run(wo, 4000);
	assert_int_equal(used(wo, 0), PATH_DIRECT);
	assert_int_equal(wo->wo_side[0].sd_changes, 1);
	world_free(wo);
}

/* Loss on both ways alone changes nothing. */
static void
test_loss(void **state)
{
	struct world	*wo = direct_call(30, 20);
	unsigned int	 i, k;

	(void)state;
	for (i = 0; i < 2; i++)
		for (k = 0; k < PATHS; k++)
			wo->wo_way[k][i].wy_loss = 200;
	run(wo, 65000);
	for (i = 0; i < 2; i++) {
		assert_int_equal(wo->wo_side[i].sd_changes, 2);
		assert_int_equal(wo->wo_side[i].sd_again, 0);
	}
	world_free(wo);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_leave),
		cmocka_unit_test(test_one_way),
		cmocka_unit_test(test_no_echo),
		cmocka_unit_test(test_flapping),
		cmocka_unit_test(test_relay_lost),
		cmocka_unit_test(test_relay_dead),
		cmocka_unit_test(test_both_lost),
		cmocka_unit_test(test_direct_down),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_never_heard),
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_congested),
		cmocka_unit_test(test_direct_only),
		cmocka_unit_test(test_loss),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
