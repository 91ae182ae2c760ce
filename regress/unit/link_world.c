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

/* See link_world.h. */

#include "config.h"

#include <openssl/sha.h>

#include "regress/unit/link_world.h"

const char	*world_addresses[RELAYS] = {
	"192.0.2.1:4433", "192.0.2.2:4433", "192.0.2.3:4433"
};

static struct world	*the_world;

static int
relay_sign(void *arg, const uint8_t *tbs, size_t len, uint8_t sig[64])
{
	struct relay	*r = arg;

	return (identity_sign(r->r_secret, tbs, len, sig));
}

/* peers_ops */

static int
no_resolve(void *arg, const struct msg_name_query *query)
{
	(void)arg;
	(void)query;
	return (-1);
}

static int
on_dial(void *arg, const struct msg_dial *dial)
{
	struct relay	*r = arg;

	assert_true(r->r_ndial < 8);
	r->r_dial[r->r_ndial++] = *dial;
	return (0);
}

static void
on_drop(void *arg, struct peer *pe, const char *why)
{
	struct relay	*r = arg;

	links_drop(r->r_links, pe, why);
}

static uint32_t
on_random(void *arg)
{
	(void)arg;
	return (512);
}

static const struct peers_ops	peers_ops = {
	no_resolve, on_dial, on_drop, on_random
};

/* links_ops */

static void
heard(struct relay *r, char c)
{
	size_t	n = strlen(r->r_log);

	assert_true(n + 1 < sizeof(r->r_log));
	r->r_log[n] = c;
}

static void
on_up(void *arg, struct neighbour *nb)
{
	struct relay	*r = arg;

	heard(r, 'U');
	r->r_ups++;
	r->r_nb = nb;
}

static void
on_down(void *arg, struct neighbour *nb)
{
	struct relay	*r = arg;

	heard(r, 'D');
	r->r_downs++;
	assert_int_equal(r->r_downs <= r->r_ups, true);
	if (r->r_nb == nb)
		r->r_nb = NULL;
	/* It takes nothing any more, and says so. */
	assert_int_equal(nb->nb_ops->datagram(nb, "x", 1), -1);
	assert_null(nb->nb_ops->media_dial(nb));
}

static void
on_signal(void *arg, struct neighbour *nb, const struct signal *sig)
{
	struct relay	*r = arg;

	assert_non_null(nb->nb_arg);
	r->r_signals++;
	if (sig->type == SIGNAL_GLOBAL_ROOM_ACTIVE)
		strlcpy(r->r_room, sig->u.global_room.room,
		    sizeof(r->r_room));
}

static void
on_bare(void *arg, struct neighbour *nb, const uint8_t *data, size_t len)
{
	struct relay	*r = arg;

	assert_true(nb->nb_legacy);
	(void)data;
	(void)len;
	r->r_bare++;
}

static void
on_media_up(void *arg, struct neighbour *nb, struct media_conn *mc)
{
	struct relay	*r = arg;

	assert_non_null(nb->nb_arg);
	heard(r, 'm');
	r->r_media = mc;
}

static void
on_media_down(void *arg, struct neighbour *nb, struct media_conn *mc)
{
	struct relay	*r = arg;

	assert_non_null(nb->nb_arg);
	heard(r, 'w');
	if (r->r_media == mc)
		r->r_media = NULL;
}

static void
on_media_datagram(void *arg, struct neighbour *nb, struct media_conn *mc,
    const uint8_t *data, size_t len)
{
	struct relay	*r = arg;

	(void)nb;
	(void)mc;
	assert_true(len <= sizeof(r->r_datagram));
	memcpy(r->r_datagram, data, len);
	r->r_datagram_len = len;
	r->r_datagrams++;
}

/* The network in memory knows one socket a node. */
static struct quic_conn *
on_connect(void *arg, unsigned int listener, const struct addr *local,
    const struct addr *remote)
{
	struct relay	*r = arg;

	assert_true(listener > 0);
	return (quic_connect(r->r_node->sn_ep, 0, local, remote,
	    "_federation", r->r_world->w_sim->sm_now));
}

static void
on_release(void *arg, unsigned int listener)
{
	struct relay	*r = arg;

	assert_true(listener > 0 && listener <= r->r_listener);
	r->r_released++;
}

static const struct links_ops	links_ops = {
	on_up, on_down, on_signal, on_bare, on_media_up, on_media_down,
	on_media_datagram, on_connect, on_release
};

/* quic_ops of relays; arg is the node of the network. */

struct relay *
relay_begin(void *arg)
{
	struct sim_node	*sn = arg;
	struct relay	*r = &the_world->w_relays[sn - sn->sn_sim->sm_node];

	links_set_time(r->r_links, sn->sn_sim->sm_now);
	peers_set_time(r->r_peers, sn->sn_sim->sm_now);
	return (r);
}

static enum quic_verdict
relay_accept(void *arg, struct quic_conn *conn, const char *name)
{
	(void)arg;
	(void)conn;
	(void)name;
	return (QUIC_ACCEPT);
}

static bool
relay_verify(void *arg, struct quic_conn *conn, const uint8_t hash[32])
{
	return (links_verify(relay_begin(arg)->r_links, conn, hash));
}

static void
relay_established(void *arg, struct quic_conn *conn)
{
	links_established(relay_begin(arg)->r_links, conn);
}

static void
relay_message(void *arg, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	struct relay	*r = relay_begin(arg);

	r->r_conn = conn;
	links_message(r->r_links, conn, data, len);
}

static void
relay_datagram(void *arg, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	links_datagram(relay_begin(arg)->r_links, conn, data, len);
}

static void
relay_closed(void *arg, struct quic_conn *conn,
    const struct quic_close *close)
{
	struct relay	*r = relay_begin(arg);
	size_t		 n = close->reason_len;

	r->r_closed = *close;
	if (n >= sizeof(r->r_reason))
		n = sizeof(r->r_reason) - 1;
	if (n > 0)
		memcpy(r->r_reason, close->reason, n);
	r->r_reason[n] = '\0';
	links_closed(r->r_links, conn, close);
}

/* The world */

static void
relay_make(struct world *w, unsigned int i, unsigned int seed)
{
	struct relay	*r = &w->w_relays[i];
	struct sim_node	*sn;
	int		 len;

	r->r_world = w;
	memset(r->r_secret, (int)seed, sizeof(r->r_secret));
	len = identity_certificate(r->r_secret, r->r_cert);
	assert_true(len > 0);
	r->r_cert_len = (size_t)len;
	assert_non_null(SHA256(r->r_cert, r->r_cert_len, r->r_hash));
	r->r_server = quic_tls_server(r->r_cert, r->r_cert_len, relay_sign,
	    r);
	r->r_client = quic_tls_client_certified(r->r_cert, r->r_cert_len,
	    relay_sign, r);
	assert_true(r->r_server != NULL && r->r_client != NULL);
	quic_tls_request_certificate(r->r_server, "_federation");
	r->r_peers = peers_new(&peers_ops, r);
	assert_non_null(r->r_peers);
	r->r_links = links_new(r->r_hash, r->r_peers, &links_ops, r);
	assert_non_null(r->r_links);
	sn = sim_node(w->w_sim, i, world_addresses[i], true, false);
	sn->sn_ops.accept = relay_accept;
	sn->sn_ops.verify = relay_verify;
	sn->sn_ops.established = relay_established;
	sn->sn_ops.message = relay_message;
	sn->sn_ops.datagram = relay_datagram;
	sn->sn_ops.closed = relay_closed;
	sn->sn_config.limits.max_send_queue = 4 * 1024 * 1024;
	sn->sn_config.tls_server = r->r_server;
	sn->sn_config.tls_client = r->r_client;
	sim_start(sn);
	r->r_node = sn;
}

struct world *
world_new(uint64_t seed)
{
	struct world	*w;
	unsigned int	 i;

	w = calloc(1, sizeof(*w));
	assert_non_null(w);
	the_world = w;
	w->w_sim = sim_new(seed);
	for (i = 0; i < RELAYS; i++)
		relay_make(w, i, 0x30 + i);
	return (w);
}

void
world_free(struct world *w)
{
	struct relay	*r;
	unsigned int	 i;

	sim_free(w->w_sim);
	for (i = 0; i < RELAYS; i++) {
		r = &w->w_relays[i];
		links_free(r->r_links);
		peers_free(r->r_peers);
		quic_tls_free(r->r_server);
		quic_tls_free(r->r_client);
	}
	free(w);
}

/* A stanza of relay i; relay_load() makes them count. */
struct msg_peer *
relay_peer(struct relay *r, const char *name, const char *address,
    const uint8_t hash[TLS_HASH_LEN])
{
	struct msg_peer	*msg = &r->r_stanzas[r->r_nstanzas];

	msg->index = r->r_nstanzas++;
	strlcpy(msg->name, name, sizeof(msg->name));
	memcpy(msg->fingerprint, hash, sizeof(msg->fingerprint));
	msg->port = 4433;
	if (address != NULL)
		assert_int_equal(addr_parse(&msg->address, address), 0);
	return (msg);
}

void
relay_load(struct relay *r)
{
	size_t	i;

	(void)relay_begin(r->r_node);
	peers_begin(r->r_peers);
	for (i = 0; i < r->r_nstanzas; i++)
		peers_add(r->r_peers, &r->r_stanzas[i]);
	peers_end(r->r_peers);
}

/* Sockets that were asked for are there at once. */
static void
relay_turn(struct relay *r)
{
	struct peer	*pe;
	size_t		 i;

	(void)relay_begin(r->r_node);
	links_expire(r->r_links);
	peers_expire(r->r_peers);
	for (i = 0; i < r->r_ndial; i++) {
		pe = peers_socket(r->r_peers, r->r_dial[i].id);
		if (pe != NULL)
			(void)links_dial(r->r_links, pe, ++r->r_listener,
			    &r->r_node->sn_addr, &r->r_dial[i].address);
	}
	r->r_ndial = 0;
}

void
world_run(struct world *w, uint64_t until)
{
	struct relay	*r;
	uint64_t	 next;
	unsigned int	 i, rounds = 0;

	for (;;) {
		next = until;
		for (i = 0; i < RELAYS; i++) {
			r = &w->w_relays[i];
			relay_turn(r);
			next = clock_earlier(next, links_expiry(r->r_links));
			next = clock_earlier(next, peers_expiry(r->r_peers));
		}
		/* What happens on the way may make something due earlier. */
		if (next > w->w_sim->sm_now + 20 * NS_PER_MS)
			next = w->w_sim->sm_now + 20 * NS_PER_MS;
		if (next > until)
			next = until;
		sim_run(w->w_sim, next);
		if (w->w_sim->sm_now >= until)
			break;
		assert_true(++rounds < 100000);
	}
	for (i = 0; i < RELAYS; i++)
		relay_turn(&w->w_relays[i]);
	sim_flush(w->w_sim);
}

void
world_wait(struct world *w, unsigned int s)
{
	world_run(w, w->w_sim->sm_now + s * NS_PER_S);
}

/* Relays 0 and 1 know each other; who dials is said by the mask. */
struct world *
world_pair(uint64_t seed, unsigned int dials)
{
	struct world	*w = world_new(seed);
	struct relay	*a = &w->w_relays[0], *b = &w->w_relays[1];

	relay_peer(a, "b", (dials & 1) != 0 ? world_addresses[1] : NULL,
	    b->r_hash);
	relay_peer(b, "a", (dials & 2) != 0 ? world_addresses[0] : NULL,
	    a->r_hash);
	relay_load(a);
	relay_load(b);
	return (w);
}

enum peer_state
relay_state(struct relay *r)
{
	return (peers_index(r->r_peers, 0)->pe_state);
}

struct signal
room_active(const char *room)
{
	struct signal	sig;

	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_GLOBAL_ROOM_ACTIVE;
	sig.u.global_room.room = room;
	return (sig);
}
