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
 * The way of a datagram through mediad, without sockets: the endpoint and the
 * rooms as they are in the worker, clients on the other side of an array, and
 * a clock of our own.  A turn of the relay is a millisecond of what came.
 *
 * COVERS: datapath: no allocation for a forwarded datagram after warm-up, its
 * COVERS: datapath: control; every datagram to everybody else, to nobody twice
 *
 * With DATAPATH_CALLS and DATAPATH_SECONDS in the environment it is what
 * callgrind counts instructions and cache misses of (doc/PERFORMANCE.md): all
 * that happens inside counted_turn() is the relay's.  It tells the time of
 * that, too.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/quic/params.h"
#include "common/wire/identity.h"
#include "common/wire/signal.h"
#include "mediad/media.h"
#include "regress/unit/quic_sim.h"

#define CALLS_MAX	1000
#define FRAME_MS	20
#define PAYLOAD		120		/* a MediaPacket, header included */
#define PACKETS_MAX	16384
#define COUNTED		100000		/* datagrams delivered */

struct packet {
	struct addr	pk_from;
	struct addr	pk_to;
	size_t		pk_len;
	uint8_t		pk_data[1600];
};

/* One direction of the network: written by one side, read by the other. */
struct link {
	struct packet	*li_packets;
	size_t		 li_count;
};

struct client {
	struct quic_conn	*cl_conn;
	unsigned int		 cl_number;
	bool			 cl_up;
	unsigned int		 cl_messages;
	uint64_t		 cl_heard;	/* datagrams */
};

static struct {
	struct sim		*sim;		/* TLS only */
	struct quic_endpoint	*relay;
	struct quic_endpoint	*people;
	struct quic_ops		 relay_ops;
	struct quic_ops		 people_ops;
	struct media		*media;
	struct identity		 identity;
	struct addr		 address[2];	/* relay, people */
	struct link		 link[2];	/* to the relay, to people */
	struct client		*clients;
	unsigned int		 nclients;
	uint64_t		 now;
	uint64_t		 delivered;
	uint64_t		 sent;
} w;

/* Calls of the allocator while a turn of the relay is counted. */
static bool		 counting;
static unsigned int	 allocations;
static uint64_t		 spent_ns;	/* CPU time of counted turns */

void	*__real_malloc(size_t);
void	*__real_calloc(size_t, size_t);
void	*__real_realloc(void *, size_t);
void	 __real_free(void *);
void	*__wrap_malloc(size_t);
void	*__wrap_calloc(size_t, size_t);
void	*__wrap_realloc(void *, size_t);
void	 __wrap_free(void *);
void	 counted_turn(void);

void *
__wrap_malloc(size_t size)
{
	allocations += counting;
	return (__real_malloc(size));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	allocations += counting;
	return (__real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t size)
{
	allocations += counting;
	return (__real_realloc(p, size));
}

void
__wrap_free(void *p)
{
	allocations += counting && p != NULL;
	__real_free(p);
}

static void
put(struct link *li, const struct addr *from, const struct quic_packet *qp)
{
	struct packet	*pk;

	assert_true(li->li_count < PACKETS_MAX);
	assert_true(qp->len <= sizeof(pk->pk_data));
	pk = &li->li_packets[li->li_count++];
	pk->pk_from = *from;
	pk->pk_to = *qp->remote;
	pk->pk_len = qp->len;
	memcpy(pk->pk_data, qp->data, qp->len);
}

/* What mediad asks of its neighbours. */
static int
sign(void *arg, const uint8_t *ephemeral, uint8_t *sig)
{
	(void)arg;
	return (identity_sign_answer(w.identity.id_secret, ephemeral, sig));
}

static void
report(void *arg, const struct msg_call_media *msg)
{
	(void)arg;
	(void)msg;
}

static uint64_t
now(void *arg)
{
	(void)arg;
	return (w.now);
}

static int
room(void *arg, enum msg_type type, const char *name)
{
	(void)arg;
	(void)type;
	(void)name;
	return (0);
}

static void
seen(void *arg, const struct msg_offer_seen *msg)
{
	(void)arg;
	(void)msg;
}

static const struct media_ops	media_ops = {
	.sign = sign,
	.report = report,
	.now = now,
	.room = room,
	.seen = seen
};

/* The relay: as the worker has it. */
static void
relay_transmit(void *arg, const struct quic_packet *qp)
{
	(void)arg;
	put(&w.link[1], &w.address[0], qp);
}

/* All that came, then everything that is due. */
static void
relay_turn(void)
{
	struct link	*li = &w.link[0];
	struct packet	*pk;
	size_t		 i;

	for (i = 0; i < li->li_count; i++) {
		pk = &li->li_packets[i];
		quic_endpoint_receive(w.relay, 0, &w.address[0], &pk->pk_from,
		    0, pk->pk_data, pk->pk_len, w.now);
	}
	li->li_count = 0;
	(void)media_turn(w.media, w.now);
	quic_endpoint_expire(w.relay, w.now);
	quic_endpoint_flush(w.relay, w.now);
}

static uint64_t
cpu_ns(void)
{
	struct timespec	ts;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
	return ((uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec);
}

__attribute__((noinline)) void
counted_turn(void)
{
	uint64_t	before = cpu_ns();

	counting = true;
	relay_turn();
	counting = false;
	spent_ns += cpu_ns() - before;
}

/* People. */
static void
people_transmit(void *arg, const struct quic_packet *qp)
{
	(void)arg;
	put(&w.link[0], &w.address[1], qp);
}

static bool
people_verify(void *arg, struct quic_conn *c, const uint8_t *hash)
{
	(void)arg;
	(void)c;
	(void)hash;
	return (true);
}

static void
people_established(void *arg, struct quic_conn *c)
{
	struct client	*cl = quic_conn_data(c);

	(void)arg;
	cl->cl_up = true;
}

static void
people_message(void *arg, struct quic_conn *c, const uint8_t *text,
    size_t len)
{
	struct client	*cl = quic_conn_data(c);

	(void)arg;
	(void)text;
	(void)len;
	cl->cl_messages++;
}

static void
people_datagram(void *arg, struct quic_conn *c, const uint8_t *data,
    size_t len)
{
	struct client	*cl = quic_conn_data(c);
	uint32_t	 from;

	(void)arg;
	assert_int_equal(len, PAYLOAD);
	memcpy(&from, data + len - sizeof(from), sizeof(from));
	/* Of the other one in the room. */
	assert_int_equal(from, cl->cl_number ^ 1);
	cl->cl_heard++;
	w.delivered++;
}

static void
people_closed(void *arg, struct quic_conn *c, const struct quic_close *why)
{
	(void)arg;
	(void)c;
	fail_msg("a connection was closed: %s", why->text);
}

static void
people_turn(void)
{
	struct link	*li = &w.link[1];
	size_t		 i;

	for (i = 0; i < li->li_count; i++)
		quic_endpoint_receive(w.people, 0, &w.address[1],
		    &w.address[0], 0, li->li_packets[i].pk_data,
		    li->li_packets[i].pk_len, w.now);
	li->li_count = 0;
	quic_endpoint_expire(w.people, w.now);
	quic_endpoint_flush(w.people, w.now);
}

static void
offer(struct client *cl)
{
	struct identity	 id;
	struct signal	 sig;
	uint8_t		 seed[32], signature[64];
	char		 text[8192];
	int		 len;

	memset(seed, 7, sizeof(seed));
	memcpy(seed, &cl->cl_number, sizeof(cl->cl_number));
	assert_int_equal(identity_from_seed(&id, seed), 0);
	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_CALL_OFFER;
	memcpy(sig.u.call_offer.identity_pub, id.id_pub, 32);
	memcpy(sig.u.call_offer.ephemeral_pub, seed, 32);
	assert_int_equal(identity_sign_offer(id.id_secret,
	    sig.u.call_offer.ephemeral_pub, signature), 0);
	sig.u.call_offer.signature.data = signature;
	sig.u.call_offer.signature.len = sizeof(signature);
	len = signal_print(&sig, text, sizeof(text));
	assert_true(len > 0);
	assert_int_equal(quic_send_message(cl->cl_conn, text, (size_t)len),
	    0);
}

static void
speak(struct client *cl)
{
	uint8_t	data[PAYLOAD];

	memset(data, 0, sizeof(data));
	data[1] = 0x34;
	memcpy(data + sizeof(data) - 4, &cl->cl_number, 4);
	assert_int_equal(quic_send_datagram(cl->cl_conn, data, sizeof(data),
	    w.now), 0);
	w.sent++;
}

/* Milliseconds in which everybody speaks each 20 ms, one after the other. */
static void
run(unsigned int ms, bool talking, bool counted)
{
	unsigned int	i, j;

	for (i = 0; i < ms; i++) {
		w.now += NS_PER_MS;
		people_turn();
		for (j = i % FRAME_MS; talking && j < w.nclients;
		    j += FRAME_MS)
			speak(&w.clients[j]);
		quic_endpoint_flush(w.people, w.now);
		if (counted)
			counted_turn();
		else
			relay_turn();
	}
}

static void
world_begin(unsigned int calls)
{
	struct quic_config	 cf;
	struct media_config	 config;
	struct client		*cl;
	uint8_t			 seed[32];
	char			 name[32];
	unsigned int		 i;

	memset(&w, 0, sizeof(w));
	w.now = 1000 * NS_PER_S;
	w.sim = sim_new(1);
	memset(seed, 0x42, sizeof(seed));
	assert_int_equal(identity_from_seed(&w.identity, seed), 0);
	assert_int_equal(addr_parse(&w.address[0], "192.0.2.1:4433"), 0);
	assert_int_equal(addr_parse(&w.address[1], "198.51.100.7:5555"), 0);
	for (i = 0; i < 2; i++) {
		w.link[i].li_packets = calloc(PACKETS_MAX,
		    sizeof(*w.link[i].li_packets));
		assert_non_null(w.link[i].li_packets);
	}

	memset(&config, 0, sizeof(config));
	config.mc_ops = &media_ops;
	memcpy(config.mc_identity_pub, w.identity.id_pub, PUB_LEN);
	config.mc_legacy_allow = true;
	config.mc_offer_ms = 15000;
	config.mc_max_calls = CALLS_MAX;
	config.mc_limits.rl_rooms = CALLS_MAX;
	config.mc_limits.rl_participants = 16;
	assert_non_null(w.media = media_new(&config));
	media_signald(w.media, true);
	media_admit_end(w.media);

	memset(&cf, 0, sizeof(cf));
	quic_limits_default(&cf.limits);
	cf.limits.max_connections = 3 * CALLS_MAX;
	cf.limits.handshakes_per_turn = 0;
	cf.limits.congestion = QUIC_BBR;
	w.relay_ops = media_quic_ops;
	w.relay_ops.transmit = relay_transmit;
	cf.ops = &w.relay_ops;
	cf.arg = w.media;
	cf.tls_server = w.sim->sm_server_tls;
	cf.export_label = QUIC_PROOF_LABEL;
	assert_non_null(w.relay = quic_endpoint_new(&cf));

	w.people_ops.established = people_established;
	w.people_ops.message = people_message;
	w.people_ops.datagram = people_datagram;
	w.people_ops.closed = people_closed;
	w.people_ops.verify = people_verify;
	w.people_ops.transmit = people_transmit;
	cf.limits.congestion = QUIC_CUBIC;
	cf.ops = &w.people_ops;
	cf.arg = NULL;
	cf.tls_server = NULL;
	cf.export_label = NULL;
	cf.tls_client = w.sim->sm_client_tls;
	assert_non_null(w.people = quic_endpoint_new(&cf));

	w.nclients = 2 * calls;
	assert_non_null(w.clients = calloc(w.nclients, sizeof(*w.clients)));
	for (i = 0; i < w.nclients; i++) {
		cl = &w.clients[i];
		cl->cl_number = i;
		(void)snprintf(name, sizeof(name), "room%u", i / 2);
		cl->cl_conn = quic_connect(w.people, 0, &w.address[1],
		    &w.address[0], name, w.now);
		assert_non_null(cl->cl_conn);
		quic_conn_set_data(cl->cl_conn, cl);
		run(4, false, false);
		assert_true(cl->cl_up);
		offer(cl);
		run(8, false, false);
		/* CallAnswer, RoomUpdate. */
		assert_true(cl->cl_messages >= 2);
	}
}

static void
world_end(void)
{
	unsigned int	i;

	quic_endpoint_free(w.people);
	for (i = 0; i < 2; i++)
		free(w.link[i].li_packets);
	quic_endpoint_free(w.relay);
	media_free(w.media);
	sim_free(w.sim);
	free(w.clients);
}

/* As many as the environment says, else what the test needs. */
static unsigned int
wanted(const char *name, unsigned int normally, unsigned int most)
{
	const char	*value = getenv(name);
	unsigned long	 n = value == NULL ? 0 : strtoul(value, NULL, 10);

	return (n == 0 || n > most ? normally : (unsigned int)n);
}

static void
test_datapath(void **state)
{
	unsigned int	calls = wanted("DATAPATH_CALLS", 10, CALLS_MAX);
	unsigned int	seconds, i;
	uint64_t	before;

	(void)state;
	seconds = wanted("DATAPATH_SECONDS",
	    COUNTED / (2 * calls * (1000 / FRAME_MS)), 3600);
	world_begin(calls);
	/* Pools fill, keys and windows settle, the last RoomUpdate goes. */
	run(5000, true, false);
	before = w.delivered;
	allocations = 0;
	spent_ns = 0;
	for (i = 0; i < seconds; i++)
		run(1000, true, true);
	print_message("# %llu datagrams, %u calls of the allocator, "
	    "%.2f us each\n", (unsigned long long)(w.delivered - before),
	    allocations, (double)spent_ns / 1000. /
	    (double)(w.delivered - before));
	assert_true(w.delivered - before >= (uint64_t)seconds * w.nclients *
	    (1000 / FRAME_MS) - w.nclients);
	assert_int_equal(allocations, 0);
	run(50, false, false);
	assert_int_equal(w.delivered, w.sent);
	for (i = 0; i < w.nclients; i++)
		assert_true(w.clients[i].cl_heard * w.nclients <=
		    w.sent + w.nclients * w.nclients);
	world_end();
}

/* What is not a forwarded datagram is seen: a person comes. */
static void
test_control(void **state)
{
	static struct client	 somebody;
	struct quic_conn	*c;

	(void)state;
	world_begin(1);
	run(1000, true, false);
	allocations = 0;
	c = quic_connect(w.people, 0, &w.address[1], &w.address[0],
	    "elsewhere", w.now);
	assert_non_null(c);
	quic_conn_set_data(c, &somebody);
	run(20, true, true);
	assert_true(somebody.cl_up);
	assert_true(allocations > 10);
	world_end();
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_datapath),
		cmocka_unit_test(test_control)
	};

	/* What is counted for somebody is datagrams only. */
	if (getenv("DATAPATH_CALLS") != NULL)
		cmocka_set_test_filter("test_datapath");
	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
