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
 * Datagrams between relays, without QUIC and in virtual time.
 *
 * COVERS: row 4.19 - datagrams of a call's room are the tag and the packet
 * COVERS: protocol 9.5 - tags of the examples, duplicates, onward sending
 * COVERS: gap 22 - a call's media goes to and comes from its relay alone
 * COVERS: gap 32 - two senders are never one, no echo, limits for each
 * COVERS: gap 35 - a neighbour that takes nothing delays nobody
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/wire/identity.h"
#include "federd/duplicates.h"
#include "federd/media.h"

#define FEDMEDIA_SOURCE_BURST	quota_burst(NULL, LIMIT_PEER_MEMBER_RATE)
#define FEDMEDIA_BARE_BURST	quota_burst(NULL, LIMIT_ORIGINAL_ROOM_RATE)
#define FEDMEDIA_LINK_BURST	quota_burst(NULL, LIMIT_PEER_DATAGRAM_RATE)

#define T0		(1000 * NS_PER_S)
#define BIT(i)		(UINT64_C(1) << (i))
#define RELAYS		4		/* neighbours 0..3; 3 is an original */
#define ORIGINAL	3
#define CONNS		128
#define CALL		"call-18f0c2d3a4b5c6d7"

static const uint8_t	packet[] = { 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 0,
			    0xaa, 0xbb, 0xcc, 0xdd };

struct media_conn {
	unsigned int	 mc_relay;
	bool		 mc_dialled;
	bool		 mc_closed;
	unsigned int	 mc_sent;
};

static struct {
	struct fedmedia		*fm;
	uint64_t		 now;
	struct neighbour	 nb[RELAYS];
	struct media_conn	 conns[CONNS];
	unsigned int		 nconns;
	bool			 refuses;	/* to be dialled */
	bool			 blocked;	/* takes no datagrams */
	unsigned int		 sent[RELAYS];
	uint8_t			 last[RELAYS][2048];
	size_t			 len[RELAYS];
	unsigned int		 given[FEDMEDIA_MEDIADS_MAX];
	uint8_t			 frames[FED_MEDIA_MAX];	/* the last */
	size_t			 frames_len;
	unsigned int		 flushes;
	unsigned int		 allocations;
} net;

void	*__real_malloc(size_t);
void	*__real_calloc(size_t, size_t);
void	*__wrap_malloc(size_t);
void	*__wrap_calloc(size_t, size_t);

void *
__wrap_malloc(size_t size)
{
	net.allocations++;
	return (__real_malloc(size));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	net.allocations++;
	return (__real_calloc(n, size));
}

static int
nb_send(struct neighbour *nb, const struct signal *sig)
{
	(void)nb;
	(void)sig;
	fail();
	return (-1);
}

static void
keep(unsigned int relay, const void *data, size_t len)
{
	net.sent[relay]++;
	assert_true(len <= sizeof(net.last[0]));
	memcpy(net.last[relay], data, len);
	net.len[relay] = len;
}

static int
nb_datagram(struct neighbour *nb, const void *data, size_t len)
{
	assert_int_equal(nb->nb_index, ORIGINAL);
	keep(nb->nb_index, data, len);
	return (0);
}

static struct media_conn *
nb_dial(struct neighbour *nb)
{
	struct media_conn	*mc;

	assert_true(nb->nb_dialled);
	if (net.refuses)
		return (NULL);
	assert_true(net.nconns < CONNS);
	mc = &net.conns[net.nconns++];
	mc->mc_relay = nb->nb_index;
	mc->mc_dialled = true;
	return (mc);
}

static int
nb_media_send(struct media_conn *mc, const void *data, size_t len)
{
	assert_false(mc->mc_closed);
	if (net.blocked)
		return (-1);
	mc->mc_sent++;
	keep(mc->mc_relay, data, len);
	return (0);
}

static size_t
nb_room(const struct media_conn *mc)
{
	(void)mc;
	return (1200);
}

static void
nb_close(struct media_conn *mc)
{
	assert_false(mc->mc_closed);
	mc->mc_closed = true;
}

static const struct neighbour_ops	nb_ops = {
	nb_send, nb_datagram, nb_dial, nb_media_send, nb_room, nb_close
};

static void
to_mediad(void *arg, unsigned int mediad, const struct msg_fed_media *msg)
{
	size_t	left = msg->frames.len;

	(void)arg;
	assert_true(left <= FED_MEDIA_MAX);
	memcpy(net.frames, msg->frames.data, left);
	net.frames_len = left;
	for (left = 0; left < net.frames_len; left += 18u +
	    (size_t)(net.frames[left + 16] << 8) + net.frames[left + 17])
		net.given[mediad]++;
}

static void
to_flush(void *arg, unsigned int mediad)
{
	(void)arg;
	(void)mediad;
	net.flushes++;
}

static const struct fedmedia_ops	media_ops = { to_mediad, to_flush };

static void
tick(uint64_t ns)
{
	net.now += ns;
	fedmedia_set_time(net.fm, net.now);
	while (fedmedia_expiry(net.fm) <= net.now)
		fedmedia_expire(net.fm);
}

/* Relays 0 and 1 we have dialled, 2 has dialled us. */
static void
net_new(void)
{
	struct fedmedia_config	 config;
	struct neighbour	*nb;
	unsigned int		 i;

	memset(&net, 0, sizeof(net));
	net.now = T0;
	memset(&config, 0, sizeof(config));
	config.fm_ops = &media_ops;
	memset(config.fm_fp, 0xee, sizeof(config.fm_fp));
	assert_non_null(net.fm = fedmedia_new(&config));
	fedmedia_set_time(net.fm, net.now);
	for (i = 0; i < RELAYS; i++) {
		nb = &net.nb[i];
		memset(nb->nb_fp, (int)(0x10 + i), sizeof(nb->nb_fp));
		nb->nb_index = i;
		nb->nb_legacy = i == ORIGINAL;
		nb->nb_features = nb->nb_legacy ? 0 : NEIGHBOUR_MEDIA |
		    NEIGHBOUR_ROOMS | NEIGHBOUR_PATHS;
		nb->nb_dialled = i < 2;
		nb->nb_ops = &nb_ops;
		fedmedia_up(net.fm, nb);
	}
}

static void
net_free(void)
{
	fedmedia_free(net.fm);
}

/* All that were dialled are up. */
static void
all_up(void)
{
	unsigned int	i;

	tick(0);
	for (i = 0; i < net.nconns; i++)
		if (!net.conns[i].mc_closed)
			fedmedia_conn_up(net.fm,
			    &net.nb[net.conns[i].mc_relay], &net.conns[i]);
}

/* One that they dialled. */
static struct media_conn *
accepted(unsigned int relay)
{
	struct media_conn	*mc = &net.conns[net.nconns++];

	mc->mc_relay = relay;
	fedmedia_conn_up(net.fm, &net.nb[relay], mc);
	return (mc);
}

static void
route(const char *room, enum fedmedia_kind kind, uint64_t mediads,
    uint64_t neighbours)
{
	uint8_t	tag[8];

	identity_room_tag(room, tag);
	assert_int_equal(fedmedia_route(net.fm, tag, kind, mediads,
	    neighbours), 0);
}

/* From a member here; n makes the packet. */
static void
local_to(const char *room, unsigned int mediad, uint32_t member, uint16_t n)
{
	struct msg_fed_media	msg;
	uint8_t			frame[64];

	memset(frame, 0, sizeof(frame));
	identity_room_tag(room, frame);
	frame[14] = (uint8_t)(member >> 8);
	frame[15] = (uint8_t)member;
	frame[17] = sizeof(packet);
	memcpy(frame + 18, packet, sizeof(packet));
	frame[18 + 2] = (uint8_t)(n >> 8);
	frame[18 + 3] = (uint8_t)n;
	msg.frames.data = frame;
	msg.frames.len = 18 + sizeof(packet);
	fedmedia_local(net.fm, mediad, &msg);
}

/* From another relay: first 4 bytes of the source, then a number. */
static void
heard_by(unsigned int relay, const char *room, uint8_t prefix,
    uint8_t member, uint16_t n)
{
	uint8_t	data[64];

	memset(data, 0, sizeof(data));
	identity_room_tag(room, data);
	memset(data + 8, prefix, 4);
	data[15] = member;
	memcpy(data + 16, packet, sizeof(packet));
	data[16 + 2] = (uint8_t)(n >> 8);
	data[16 + 3] = (uint8_t)n;
	fedmedia_datagram(net.fm, &net.nb[relay], data, 16 + sizeof(packet));
}

static void
heard_bare(unsigned int relay, const char *room, uint16_t n)
{
	uint8_t	data[64];

	identity_room_tag(room, data);
	memcpy(data + 8, packet, sizeof(packet));
	data[8 + 2] = (uint8_t)(n >> 8);
	data[8 + 3] = (uint8_t)n;
	fedmedia_bare(net.fm, &net.nb[relay], data, 8 + sizeof(packet));
}

static unsigned int
given(unsigned int mediad)
{
	unsigned int	n;

	fedmedia_flush(net.fm);
	n = net.given[mediad];
	net.given[mediad] = 0;
	return (n);
}

static unsigned int
sent(unsigned int relay)
{
	unsigned int	n = net.sent[relay];

	net.sent[relay] = 0;
	return (n);
}

/* The values of wzp-protocol 9.5, and what stands behind them. */
static void
test_formats(void **state)
{
	static const uint8_t	general[] = { 0x0f, 0xea, 0xe1, 0x6d, 0x55,
				    0x36, 0x5a, 0xcf };
	static const uint8_t	call[] = { 0x97, 0xa5, 0x5d, 0x48, 0x14,
				    0xa6, 0x93, 0x5c };

	(void)state;
	net_new();
	route("general", FEDMEDIA_GLOBAL, BIT(5), BIT(0) | BIT(ORIGINAL));
	route(CALL, FEDMEDIA_CALL, BIT(5), BIT(ORIGINAL));
	all_up();
	local_to("general", 5, 0x123, 1);
	assert_int_equal(sent(ORIGINAL), 1);
	assert_int_equal(net.len[ORIGINAL], 8 + sizeof(packet));
	assert_memory_equal(net.last[ORIGINAL], general, 8);
	assert_memory_equal(net.last[ORIGINAL] + 8, packet, sizeof(packet));
	assert_int_equal(sent(0), 1);
	assert_int_equal(net.len[0], 16 + sizeof(packet));
	assert_memory_equal(net.last[0], general, 8);
	/* Our prefix, the mediad, the member's number. */
	assert_memory_equal(net.last[0] + 8, "\xee\xee\xee\xee\5\0\1\x23", 8);
	assert_memory_equal(net.last[0] + 16, packet, sizeof(packet));
	assert_int_equal(given(5), 0);
	local_to(CALL, 5, 1, 1);
	assert_int_equal(sent(ORIGINAL), 1);
	assert_memory_equal(net.last[ORIGINAL], call, 8);
	/* The other way: with the source to the mediad. */
	heard_bare(ORIGINAL, CALL, 7);
	assert_int_equal(given(5), 1);
	assert_int_equal(net.flushes, 1);
	assert_memory_equal(net.frames, call, 8);
	assert_memory_equal(net.frames + 8, "\x13\x13\x13\x13\0\0\0\0", 8);
	assert_int_equal(net.frames[17], sizeof(packet));
	net_free();
}

/* Only the relay of the call, both ways (gap 22). */
static void
test_call(void **state)
{
	(void)state;
	net_new();
	route(CALL, FEDMEDIA_CALL, BIT(0), BIT(1));
	all_up();
	heard_by(1, CALL, 0x11, 1, 1);
	assert_int_equal(given(0), 1);
	heard_by(0, CALL, 0x10, 1, 2);
	heard_bare(ORIGINAL, CALL, 3);
	heard_by(1, "call-other", 0x11, 1, 4);
	assert_int_equal(given(0), 0);
	assert_int_equal(fedmedia_counters(net.fm)->dn_unknown, 3);
	local_to(CALL, 0, 1, 1);
	local_to("call-other", 0, 1, 1);
	assert_int_equal(sent(1), 1);
	assert_int_equal(sent(0) + sent(2) + sent(ORIGINAL), 0);
	/* Its end. */
	fedmedia_route(net.fm, (const uint8_t *)"12345678", FEDMEDIA_CALL, 0,
	    0);
	assert_int_equal(fedmedia_routes(net.fm), 2);
	fedmedia_unroute(net.fm, (const uint8_t *)"12345678");
	fedmedia_unroute(net.fm, (const uint8_t *)"12345678");
	assert_int_equal(fedmedia_routes(net.fm), 1);
	net_free();
}

/* On to the others, not back, and not where others bring it. */
static void
test_onward(void **state)
{
	uint8_t	tag[8];

	(void)state;
	net_new();
	route("general", FEDMEDIA_GLOBAL, BIT(0) | BIT(1), BIT(0) | BIT(1) |
	    BIT(2) | BIT(ORIGINAL));
	(void)accepted(2);
	all_up();
	heard_by(0, "general", 0x10, 1, 1);
	assert_int_equal(sent(0), 0);
	assert_int_equal(sent(1) + sent(2), 2);
	assert_int_equal(sent(ORIGINAL), 1);
	fedmedia_flush(net.fm);
	assert_int_equal(net.given[0] + net.given[1], 2);
	/* Relay 0's word reached 2 without us, so its media does. */
	identity_room_tag("general", tag);
	fedmedia_skip(net.fm, tag, net.nb[0].nb_fp, BIT(2));
	heard_by(0, "general", 0x10, 1, 2);
	assert_int_equal(sent(1), 1);
	assert_int_equal(sent(2), 0);
	heard_by(1, "general", 0x11, 1, 2);
	assert_int_equal(sent(2), 1);
	fedmedia_skip(net.fm, tag, net.nb[0].nb_fp, 0);
	heard_by(0, "general", 0x10, 1, 3);
	assert_int_equal(sent(2), 1);
	/* Between two mediads here: the room under both of its names. */
	fedmedia_flush(net.fm);
	net.given[0] = net.given[1] = 0;
	local_to("general", 0, 1, 4);
	fedmedia_flush(net.fm);
	assert_int_equal(net.given[0], 0);
	assert_int_equal(net.given[1], 1);
	net_free();
}

/* Copies, by every way they can come. */
static void
test_duplicates(void **state)
{
	(void)state;
	net_new();
	fedmedia_down(net.fm, &net.nb[ORIGINAL]);
	route("general", FEDMEDIA_GLOBAL, BIT(0), BIT(0) | BIT(1));
	all_up();
	heard_by(0, "general", 0x20, 1, 1);
	heard_by(1, "general", 0x20, 1, 1);
	heard_by(0, "general", 0x20, 1, 1);
	assert_int_equal(given(0), 1);
	assert_int_equal(fedmedia_counters(net.fm)->dn_duplicate, 2);
	/* Equal frames of two people in silence: both (gap 32). */
	heard_by(0, "general", 0x20, 2, 1);
	heard_by(1, "general", 0x30, 1, 1);
	assert_int_equal(given(0), 2);
	/* Two bits that no relay keeps do not make it another one. */
	tick(DUPLICATES_NS - 1);
	heard_by(1, "general", 0x20, 1, 1);
	assert_int_equal(given(0), 0);
	tick(1);
	heard_by(1, "general", 0x20, 1, 1);
	assert_int_equal(given(0), 1);
	/* What is ours comes back from nobody. */
	heard_by(0, "general", 0xee, 1, 9);
	assert_int_equal(given(0), 0);
	assert_int_equal(fedmedia_counters(net.fm)->dn_echo, 1);
	net_free();
}

/* The same where originals lose the source. */
static void
test_bare(void **state)
{
	(void)state;
	net_new();
	/* One more original. */
	fedmedia_down(net.fm, &net.nb[2]);
	net.nb[2].nb_legacy = true;
	net.nb[2].nb_features = 0;
	net.nb[2].nb_index = 2;
	route("general", FEDMEDIA_GLOBAL, BIT(0), BIT(0) | BIT(ORIGINAL));
	fedmedia_up(net.fm, &net.nb[2]);
	all_up();
	/* Our own, over the original's other links. */
	local_to("general", 1, 1, 1);
	assert_int_equal(given(0), 1);
	heard_bare(ORIGINAL, "general", 1);
	assert_int_equal(given(0), 0);
	/* Once more over the same link: somebody else's. */
	heard_bare(ORIGINAL, "general", 1);
	assert_int_equal(given(0), 1);

	/* Two equal ones over one link are two people's ... */
	heard_bare(ORIGINAL, "general", 2);
	heard_bare(ORIGINAL, "general", 2);
	assert_int_equal(given(0), 2);
	/* ... and the copies of both over another link copies. */
	fedmedia_bare(net.fm, &net.nb[2], (const uint8_t *)"", 0);
	assert_int_equal(fedmedia_counters(net.fm)->dn_malformed, 1);
	heard_by(0, "general", 0x13, 0, 2);
	heard_by(0, "general", 0x13, 0, 2);
	assert_int_equal(given(0), 0);
	heard_by(0, "general", 0x13, 0, 2);
	assert_int_equal(given(0), 1);

	/* First with its source, then without, and the other way round. */
	heard_by(0, "general", 0x20, 1, 3);
	heard_bare(ORIGINAL, "general", 3);
	assert_int_equal(given(0), 1);
	heard_bare(ORIGINAL, "general", 4);
	heard_by(0, "general", 0x20, 1, 4);
	assert_int_equal(given(0), 1);
	/* Another sender's equal frame is no copy of it. */
	heard_by(0, "general", 0x20, 2, 4);
	assert_int_equal(given(0), 1);
	heard_by(0, "general", 0x20, 5, 5);
	heard_by(1, "general", 0x20, 6, 5);
	assert_int_equal(given(0), 2);
	/* A member here is never taken for a copy. */
	heard_bare(ORIGINAL, "general", 6);
	sent(0);
	local_to("general", 1, 1, 6);
	assert_int_equal(sent(0), 1);
	net_free();
}

/* The ring is bounded: the oldest goes, and nothing else is lost. */
static void
test_ring(void **state)
{
	struct duplicates	*ds;
	uint8_t			 head[16];
	unsigned int		 i;

	(void)state;
	memset(head, 7, sizeof(head));
	assert_non_null(ds = duplicates_new(8));
	for (i = 0; i < 100; i++) {
		head[15] = (uint8_t)i;
		assert_true(duplicates_sourced(ds, head, packet,
		    sizeof(packet), false, T0));
	}
	assert_int_equal(duplicates_count(ds, T0), 8);
	for (i = 92; i < 100; i++) {
		head[15] = (uint8_t)i;
		assert_false(duplicates_sourced(ds, head, packet,
		    sizeof(packet), false, T0));
	}
	head[15] = 91;
	assert_true(duplicates_sourced(ds, head, packet, sizeof(packet),
	    false, T0));
	/* More links than are told apart: no more is let through. */
	for (i = 0; i < DUPLICATES_LINKS; i++)
		assert_int_equal(duplicates_bare(ds, head, packet,
		    sizeof(packet), i, T0), i == 0);
	assert_false(duplicates_bare(ds, head, packet, sizeof(packet), i,
	    T0));
	assert_int_equal(duplicates_count(ds, T0 + DUPLICATES_NS), 0);
	duplicates_free(ds);
}

/* Limits of a sender, of those behind an original, of a link. */
static void
test_limits(void **state)
{
	unsigned int	i;

	(void)state;
	net_new();
	route("general", FEDMEDIA_GLOBAL, BIT(0), BIT(0) | BIT(1) |
	    BIT(ORIGINAL));
	all_up();
	for (i = 0; i < 1000; i++)
		heard_by(0, "general", 0x20, 1, (uint16_t)i);
	assert_int_equal(given(0), FEDMEDIA_SOURCE_BURST);
	/* Somebody else is not held up by that. */
	heard_by(0, "general", 0x20, 2, 1);
	assert_int_equal(given(0), 1);
	for (i = 0; i < 100; i++) {
		tick(NS_PER_S / 100);
		heard_by(0, "general", 0x20, 1, (uint16_t)(2000 + i));
	}
	assert_int_equal(given(0), 100);
	for (i = 0; i < 1000; i++)
		heard_bare(ORIGINAL, "general", (uint16_t)(4000 + i));
	assert_int_equal(given(0), FEDMEDIA_BARE_BURST);
	for (i = 0; i < 1000; i++)
		local_to("general", 1, 1, (uint16_t)(6000 + i));
	assert_int_equal(given(0), FEDMEDIA_SOURCE_BURST);
	/* With ever new sources: what a link may give at once. */
	tick(3 * NS_PER_S);
	for (i = 0; i < FEDMEDIA_LINK_BURST + 100; i++)
		heard_by(0, "general", (uint8_t)(0x40 + i / 2000),
		    (uint8_t)(1 + i % 200), (uint16_t)i);
	assert_int_equal(given(0), FEDMEDIA_LINK_BURST);
	/* And the other link is not held up by that either. */
	heard_by(1, "general", 0x21, 1, 1);
	assert_int_equal(given(0), 1);
	net_free();
}

/* Everything a neighbour or mediad can get wrong in the bytes. */
static void
test_hostile(void **state)
{
	struct msg_fed_media	msg;
	uint8_t			data[4096];
	size_t			len;

	(void)state;
	net_new();
	route("general", FEDMEDIA_GLOBAL, ~UINT64_C(0), BIT(0));
	all_up();
	memset(data, 0, sizeof(data));
	identity_room_tag("general", data);
	data[15] = 1;
	for (len = 0; len < 28; len++)
		fedmedia_datagram(net.fm, &net.nb[0], data, len);
	for (len = 0; len < 20; len++)
		fedmedia_bare(net.fm, &net.nb[ORIGINAL], data, len);
	fedmedia_datagram(net.fm, &net.nb[0], data,
	    FEDMEDIA_HEAD_LEN + FEDMEDIA_PACKET_MAX + 1);
	data[16] = 9 << 2;		/* no such codec */
	fedmedia_datagram(net.fm, &net.nb[0], data, 40);
	data[16] = 0;
	assert_int_equal(given(0), 0);
	/* The longest there can be. */
	fedmedia_datagram(net.fm, &net.nb[0], data,
	    FEDMEDIA_HEAD_LEN + FEDMEDIA_PACKET_MAX);
	assert_int_equal(given(63), 1);
	msg.frames.data = data;
	for (len = 1; len < 30; len++) {
		msg.frames.len = len;
		data[17] = 12;
		fedmedia_local(net.fm, 0, &msg);
	}
	msg.frames.len = 30;
	fedmedia_local(net.fm, FEDMEDIA_MEDIADS_MAX, &msg);
	assert_int_equal(given(1), 1);		/* from above */
	assert_int_equal(sent(0), 0);
	fedmedia_local(net.fm, 0, &msg);
	assert_int_equal(given(1), 1);
	net_free();
}

/* As many connections as streams need, while they do. */
static void
test_conns(void **state)
{
	char		room[32];
	unsigned int	i, n;

	(void)state;
	net_new();
	for (i = 0; i < 9; i++) {
		(void)snprintf(room, sizeof(room), "call-%u", i);
		route(room, FEDMEDIA_CALL, BIT(0), BIT(1));
		route(room, FEDMEDIA_CALL, BIT(0), BIT(1));
	}
	route("call-2", FEDMEDIA_CALL, BIT(0), BIT(2));
	route("call-3", FEDMEDIA_CALL, BIT(0), BIT(ORIGINAL));
	tick(0);
	assert_int_equal(net.nconns, 2);	/* 7 calls with relay 1 */
	assert_int_equal(fedmedia_conns(net.fm, &net.nb[1]), 2);
	/* Not yet up: what comes is lost and counted, not kept. */
	local_to("call-0", 0, 1, 1);
	assert_int_equal(sent(1), 0);
	assert_int_equal(fedmedia_counters(net.fm)->dn_unsent, 1);
	all_up();
	for (i = 0; i < 9; i++) {
		(void)snprintf(room, sizeof(room), "call-%u", i);
		local_to(room, 0, 1, 2);
	}
	assert_int_equal(sent(1), 7);
	assert_in_range(net.conns[0].mc_sent, 3, 4);
	assert_in_range(net.conns[1].mc_sent, 3, 4);
	assert_int_equal(sent(ORIGINAL), 1);
	/* Theirs to dial: none there, then one. */
	assert_int_equal(sent(2), 0);
	(void)accepted(2);
	local_to("call-2", 0, 1, 3);
	assert_int_equal(sent(2), 1);

	/* One ends: its calls go on over the other, another is dialled. */
	fedmedia_conn_down(net.fm, &net.nb[1], &net.conns[0]);
	net.conns[0].mc_closed = true;
	for (i = 4; i < 9; i++) {
		(void)snprintf(room, sizeof(room), "call-%u", i);
		local_to(room, 0, 1, 4);
	}
	assert_int_equal(sent(1), 5);
	n = net.nconns;
	tick(FEDMEDIA_RETRY_NS - 1);
	assert_int_equal(net.nconns, n);
	tick(1);
	assert_int_equal(net.nconns, n + 1);
	/* It fails, and is left alone for longer each time. */
	fedmedia_conn_down(net.fm, &net.nb[1], &net.conns[n]);
	net.conns[n].mc_closed = true;
	tick(2 * FEDMEDIA_RETRY_NS - 1);
	assert_int_equal(net.nconns, n + 1);
	tick(1);
	assert_int_equal(net.nconns, n + 2);
	all_up();
	/* The calls that crowded the one left are spread again. */
	net.conns[1].mc_sent = net.conns[n + 1].mc_sent = 0;
	for (i = 0; i < 9; i++) {
		(void)snprintf(room, sizeof(room), "call-%u", i);
		local_to(room, 0, 1, 5);
	}
	assert_in_range(net.conns[1].mc_sent, 3, 4);
	assert_in_range(net.conns[n + 1].mc_sent, 3, 4);

	/* Calls end: a while later connections do. */
	for (i = 0; i < 9; i++) {
		uint8_t	tag[8];

		(void)snprintf(room, sizeof(room), "call-%u", i);
		identity_room_tag(room, tag);
		fedmedia_unroute(net.fm, tag);
	}
	tick(0);
	tick(FEDMEDIA_IDLE_NS - 1);
	assert_false(net.conns[1].mc_closed);
	tick(1);
	assert_true(net.conns[1].mc_closed);
	assert_true(net.conns[n + 1].mc_closed);
	assert_int_equal(fedmedia_conns(net.fm, &net.nb[1]), 0);
	fedmedia_conn_down(net.fm, &net.nb[1], &net.conns[1]);
	fedmedia_conn_down(net.fm, &net.nb[1], &net.conns[n + 1]);
	/* That was no failure: the next is dialled at once. */
	n = net.nconns;
	route("call-1", FEDMEDIA_CALL, BIT(0), BIT(1));
	tick(0);
	assert_int_equal(net.nconns, n + 1);
	/* While none can be had it is tried now and then. */
	net.refuses = true;
	for (i = 0; i < 9; i++) {
		(void)snprintf(room, sizeof(room), "call-%u", i);
		route(room, FEDMEDIA_CALL, BIT(0), BIT(1));
	}
	tick(0);
	assert_int_equal(fedmedia_expiry(net.fm), net.now +
	    FEDMEDIA_RETRY_NS);
	net_free();
}

/* Ten who speak in one room need three connections; each stays on his. */
static void
test_speakers(void **state)
{
	unsigned int	i, j, used = 0;

	(void)state;
	net_new();
	route("general", FEDMEDIA_GLOBAL, BIT(0), BIT(1));
	all_up();
	assert_int_equal(net.nconns, 1);
	for (i = 0; i < 20; i++) {
		tick(20 * NS_PER_MS);
		for (j = 1; j <= 10; j++)
			local_to("general", 0, j, (uint16_t)i);
		all_up();
	}
	assert_in_range(net.nconns, 2, 3);
	for (i = 0; i < net.nconns; i++)
		if (net.conns[i].mc_sent > 0)
			used++;
	assert_in_range(used, 2, 3);
	/* They fall silent: one is enough again. */
	for (i = 0; i < 20; i++) {
		tick(NS_PER_S);
		local_to("general", 0, 1, (uint16_t)(100 + i));
	}
	assert_int_equal(fedmedia_conns(net.fm, &net.nb[1]), 1);
	/* Nobody here, and only they there: none at all. */
	route("general", FEDMEDIA_GLOBAL, 0, BIT(1));
	tick(0);
	tick(FEDMEDIA_IDLE_NS);
	assert_int_equal(fedmedia_conns(net.fm, &net.nb[1]), 0);
	net_free();
}

/* Calls of others through us. */
static void
test_transit(void **state)
{
	uint8_t		tag[8];
	unsigned int	i;

	(void)state;
	net_new();
	identity_room_tag(CALL, tag);
	fedmedia_transit(net.fm, tag, &net.nb[0], &net.nb[1], true);
	fedmedia_transit(net.fm, tag, &net.nb[1], &net.nb[0], true);
	assert_int_equal(fedmedia_routes(net.fm), 1);
	all_up();
	(void)accepted(2);
	heard_by(0, CALL, 0x40, 1, 1);
	assert_int_equal(sent(1), 1);
	assert_memory_equal(net.last[1] + 8, "\x40\x40\x40\x40\0\0\0\1", 8);
	heard_by(1, CALL, 0x41, 1, 1);
	assert_int_equal(sent(0), 1);
	assert_int_equal(given(0), 0);
	/* A third gives nothing, takes nothing and ends nothing. */
	heard_by(2, CALL, 0x42, 1, 1);
	fedmedia_transit(net.fm, tag, &net.nb[2], &net.nb[1], false);
	fedmedia_transit(net.fm, tag, &net.nb[2], &net.nb[1], true);
	heard_by(2, CALL, 0x42, 1, 2);
	assert_int_equal(sent(0) + sent(1) + sent(2), 0);
	assert_int_equal(fedmedia_routes(net.fm), 1);
	/* To an original, which knows no sources. */
	identity_room_tag("call-old", tag);
	fedmedia_transit(net.fm, tag, &net.nb[0], &net.nb[ORIGINAL], true);
	heard_by(0, "call-old", 0x40, 1, 1);
	assert_int_equal(sent(ORIGINAL), 1);
	assert_int_equal(net.len[ORIGINAL], 8 + sizeof(packet));
	heard_bare(ORIGINAL, "call-old", 2);
	assert_int_equal(sent(0), 1);
	/* Hung up. */
	fedmedia_transit(net.fm, tag, &net.nb[ORIGINAL], &net.nb[0], false);
	assert_int_equal(fedmedia_routes(net.fm), 1);
	/* A datagram now and then keeps the other; in the end it goes. */
	tick(FEDMEDIA_TRANSIT_NS - 1);
	heard_by(0, CALL, 0x40, 1, 9);
	tick(1);
	assert_int_equal(fedmedia_routes(net.fm), 1);
	tick(2 * FEDMEDIA_TRANSIT_NS);
	assert_int_equal(fedmedia_routes(net.fm), 0);
	/* Somebody who invents calls loses his own oldest ones. */
	identity_room_tag(CALL, tag);
	fedmedia_transit(net.fm, tag, &net.nb[1], &net.nb[2], true);
	for (i = 0; i < FEDMEDIA_TRANSITS + 100; i++) {
		memcpy(tag, &i, sizeof(i));
		fedmedia_transit(net.fm, tag, &net.nb[0], &net.nb[1], true);
	}
	assert_int_equal(fedmedia_routes(net.fm), FEDMEDIA_TRANSITS + 1);
	/* A call of our own people is not to be had that way. */
	route("call-own", FEDMEDIA_CALL, BIT(0), BIT(1));
	identity_room_tag("call-own", tag);
	fedmedia_transit(net.fm, tag, &net.nb[0], &net.nb[2], true);
	heard_by(0, "call-own", 0x40, 1, 1);
	assert_int_equal(given(0), 0);
	/* A link goes, and with it all that went over it. */
	fedmedia_down(net.fm, &net.nb[0]);
	assert_int_equal(fedmedia_routes(net.fm), 2);
	fedmedia_down(net.fm, &net.nb[1]);
	assert_int_equal(fedmedia_routes(net.fm), 1);
	net_free();
}

/* CPU time of a datagram, with so many rooms about. */
static double
cost(unsigned int rooms)
{
	clock_t		began;
	uint8_t		data[16 + sizeof(packet)];
	char		room[32];
	unsigned int	i, n = 100000;

	net_new();
	for (i = 0; i < rooms; i++) {
		(void)snprintf(room, sizeof(room), "call-%u", i);
		route(room, FEDMEDIA_CALL, BIT(0), BIT(1));
	}
	route("general", FEDMEDIA_GLOBAL, BIT(0), BIT(0) | BIT(1));
	all_up();
	memset(data, 0, sizeof(data));
	identity_room_tag("general", data);
	memcpy(data + 16, packet, sizeof(packet));
	net.allocations = 0;
	began = clock();
	for (i = 0; i < n; i++) {
		if (i % 50 == 0)
			tick(NS_PER_MS * 2);
		data[8] = (uint8_t)(0x40 + i % 100);
		data[15] = (uint8_t)(1 + i % 2);
		memcpy(data + 18, &i, 2);
		fedmedia_datagram(net.fm, &net.nb[0], data, sizeof(data));
		if (i % 50 == 49)
			fedmedia_flush(net.fm);
	}
	began = clock() - began;
	assert_int_equal(net.allocations, 0);
	assert_true(net.given[0] > n / 2);
	net_free();
	return ((double)began * 1e9 / CLOCKS_PER_SEC / n);
}

/* Nothing is allocated, and it costs the same with few rooms and many. */
static void
test_cost(void **state)
{
	double	few, many;

	(void)state;
	few = cost(1);
	many = cost(8000);
	print_message("%.0f ns a datagram with 1 room, %.0f with 8000\n", few,
	    many);
	assert_true(many < 8 * few + 1000);
}

/* Who takes nothing costs nobody anything. */
static void
test_blocked(void **state)
{
	(void)state;
	net_new();
	route("general", FEDMEDIA_GLOBAL, BIT(0), BIT(0) | BIT(ORIGINAL));
	all_up();
	net.blocked = true;
	local_to("general", 0, 1, 1);
	assert_int_equal(sent(0), 0);
	assert_int_equal(sent(ORIGINAL), 1);
	assert_int_equal(fedmedia_counters(net.fm)->dn_unsent, 1);
	assert_int_equal(fedmedia_counters(net.fm)->dn_sent, 1);
	net_free();
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_onward),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_conns),
		cmocka_unit_test(test_speakers),
		cmocka_unit_test(test_transit),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_blocked)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
