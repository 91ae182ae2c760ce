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
 * Links between relays over QUIC with certificates of both sides, in virtual
 * time (federd/link.h): up to three relays of ours, and originals, which the
 * test plays itself.
 *
 * COVERS: gap 26 - a link is with whom its certificate names
 * COVERS: gap 29 - two links with one relay become one; originals keep both
 * COVERS: gap 33 - a bad signal costs a log line, not the link
 * COVERS: gap 35 - who does not read loses his link, nobody else's waits
 * COVERS: protocol 9.1 - FederationHello within 5 s, refusals say nothing
 */
#include "config.h"

#include "regress/unit/link_world.h"

/* The limits, as they are by default. */
#define LINK_UNKNOWN_MAX	32
#define LINK_SIGNALS		(quota(NULL, LIMIT_PEER_SIGNAL_RATE))
#define LINK_SIGNALS_BURST	(quota_burst(NULL, LIMIT_PEER_SIGNAL_RATE))

#define ALL	(NEIGHBOUR_PATHS | NEIGHBOUR_DIGEST | NEIGHBOUR_MEDIA | \
		    NEIGHBOUR_ROOMS)

static void
test_link(void **state)
{
	struct world		*w = world_pair(1, 1);
	struct relay		*a = &w->w_relays[0], *b = &w->w_relays[1];
	struct signal		 sig = room_active("general");
	struct link_info	 info;

	(void)state;
	world_wait(w, 2);
	assert_string_equal(a->r_log, "U");
	assert_string_equal(b->r_log, "U");
	assert_int_equal(relay_state(a), PEER_UP);
	assert_int_equal(relay_state(b), PEER_UP);
	assert_int_equal(a->r_nb->nb_features, ALL);
	assert_int_equal(b->r_nb->nb_features, ALL);
	assert_true(a->r_nb->nb_dialled);
	assert_false(b->r_nb->nb_dialled);
	assert_string_equal(a->r_nb->nb_label, "b");
	assert_memory_equal(b->r_nb->nb_fp, a->r_hash, TLS_HASH_LEN);
	assert_int_equal(neighbour_send(a->r_nb, &sig), 0);
	sig.u.global_room.room = "other";
	assert_int_equal(neighbour_send(b->r_nb, &sig), 0);
	world_wait(w, 1);
	assert_string_equal(b->r_room, "general");
	assert_string_equal(a->r_room, "other");
	/* It stays, and is kept alive. */
	world_wait(w, 120);
	assert_string_equal(a->r_log, "U");
	links_info(a->r_links, 0, &info);
	assert_true(info.li_up && info.li_dialled);
	assert_int_equal(info.li_signals_out, 1);
	assert_int_equal(info.li_signals_in, 1);
	assert_in_range(info.li_rtt_us, 40000, 80000);
	/* Ordered down at one end: both are told, and nobody dials. */
	peers_order(a->r_peers, peers_index(a->r_peers, 0), false);
	assert_string_equal(a->r_log, "UD");
	world_wait(w, 60);
	assert_string_equal(b->r_log, "UD");
	assert_int_equal(relay_state(a), PEER_DOWN);
	assert_int_equal(a->r_released, a->r_listener);
	assert_int_equal(links_count(b->r_links), 0);
	peers_order(a->r_peers, peers_index(a->r_peers, 0), true);
	world_wait(w, 2);
	assert_string_equal(a->r_log, "UDU");
	assert_string_equal(b->r_log, "UDU");
	world_free(w);
}

/* Both dial at the same time, with and without loss. */
static void
test_converge(void **state)
{
	struct world	*w;
	struct relay	*a, *b, *small;
	uint64_t	 seed;

	(void)state;
	for (seed = 10; seed < 18; seed++) {
		w = world_pair(seed, 3);
		w->w_sim->sm_loss = seed % 2 == 0 ? 0 : 150;
		w->w_sim->sm_jitter = 30 * NS_PER_MS;
		a = &w->w_relays[0];
		b = &w->w_relays[1];
		world_wait(w, 40);
		assert_int_equal(relay_state(a), PEER_UP);
		assert_int_equal(relay_state(b), PEER_UP);
		assert_int_equal(links_count(a->r_links), 1);
		assert_int_equal(links_count(b->r_links), 1);
		assert_int_equal(a->r_ups - a->r_downs, 1);
		assert_int_equal(b->r_ups - b->r_downs, 1);
		/* A change of mind each, and a lost packet's worth. */
		assert_true(a->r_ups + b->r_ups <= 6);
		if (w->w_sim->sm_loss == 0) {
			small = memcmp(a->r_hash, b->r_hash,
			    TLS_HASH_LEN) < 0 ? a : b;
			assert_true(small->r_nb->nb_dialled);
			/* Nobody saw the other one come up. */
			assert_int_equal(a->r_ups + b->r_ups, 2);
		}
		assert_true(a->r_nb->nb_dialled != b->r_nb->nb_dialled);
		w->w_sim->sm_loss = 0;
		a->r_ups = a->r_downs = b->r_ups = b->r_downs = 0;
		world_wait(w, 300);
		assert_int_equal(a->r_ups + b->r_ups, 0);
		world_free(w);
	}
}

/*
 * The attempt that would win comes to nothing: who comes in meanwhile waits
 * for it a moment, not for ever.
 */
static void
test_hold(void **state)
{
	struct world	*w;
	struct relay	*a, *b, *small, *large;

	(void)state;
	w = world_pair(19, 0);
	a = &w->w_relays[0];
	b = &w->w_relays[1];
	small = memcmp(a->r_hash, b->r_hash, TLS_HASH_LEN) < 0 ? a : b;
	large = small == a ? b : a;
	/* Nobody is there; the right one comes from elsewhere. */
	assert_int_equal(addr_parse(&small->r_stanzas[0].address,
	    "192.0.2.77:4433"), 0);
	large->r_stanzas[0].address = small->r_node->sn_addr;
	relay_load(small);
	world_wait(w, 1);
	assert_int_equal(relay_state(small), PEER_CONNECTING);
	relay_load(large);
	world_run(w, w->w_sim->sm_now + 500 * NS_PER_MS);
	assert_string_equal(small->r_log, "");
	assert_string_equal(large->r_log, "");
	world_wait(w, 1);
	assert_string_equal(small->r_log, "U");
	assert_string_equal(large->r_log, "U");
	world_wait(w, 60);
	assert_string_equal(small->r_log, "U");
	assert_int_equal(links_count(small->r_links), 1);
	world_free(w);
}

/* Somebody else lives at the address of the stanza. */
static void
test_forged(void **state)
{
	struct world	*w = world_new(20);
	struct relay	*a = &w->w_relays[0], *b = &w->w_relays[1];
	struct relay	*c = &w->w_relays[2];

	(void)state;
	relay_peer(a, "b", world_addresses[2], b->r_hash);
	relay_load(a);
	relay_peer(c, "a", NULL, a->r_hash);
	relay_load(c);
	world_wait(w, 5);
	assert_string_equal(a->r_log, "");
	assert_string_equal(c->r_log, "");
	assert_true(links_stats(a->r_links)->ls_forged >= 1);
	assert_string_equal(peers_index(a->r_peers, 0)->pe_error,
	    "its certificate is another one");
	/* The control: with the right one it is a link. */
	memcpy(a->r_stanzas[0].fingerprint, c->r_hash, TLS_HASH_LEN);
	relay_load(a);
	world_wait(w, 2);
	assert_string_equal(a->r_log, "U");
	assert_string_equal(c->r_log, "U");
	world_free(w);
}

/* A relay that is not configured here: closed, code 0, nothing said. */
static void
test_stranger(void **state)
{
	struct world	*w = world_new(21);
	struct relay	*a = &w->w_relays[0], *b = &w->w_relays[1];

	(void)state;
	relay_peer(a, "b", world_addresses[1], b->r_hash);
	relay_load(a);
	world_wait(w, 2);
	assert_string_equal(b->r_log, "");
	assert_string_equal(a->r_log, "");
	assert_true(links_stats(b->r_links)->ls_refused >= 1);
	assert_int_equal(a->r_closed.kind, QUIC_CLOSED_BY_PEER_APP);
	assert_int_equal(a->r_closed.code, 0);
	assert_string_equal(a->r_reason, "");
	assert_string_equal(peers_index(a->r_peers, 0)->pe_error,
	    "the peer refuses us");
	world_free(w);
}

/* Originals: no certificate, a hello without our fields, no answer. */

static const uint8_t	original_hash[TLS_HASH_LEN] = { 0xab, 0xcd, 1, 2, 3 };

static void
say(struct sim_side *ss, const char *text)
{
	assert_int_equal(quic_send_message(ss->ss_conn, text, strlen(text)),
	    0);
}

/* more: what stands behind its fingerprint. */
static void
say_hello(struct sim_side *ss, const uint8_t hash[TLS_HASH_LEN],
    const char *more)
{
	char	fp[TLS_FP_STRLEN], text[300];

	identity_tls_fp(hash, fp);
	snprintf(text, sizeof(text),
	    "{\"FederationHello\":{\"tls_fingerprint\":\"%s\"%s}}", fp, more);
	say(ss, text);
}

static void
say_room(struct sim_side *ss, const char *room)
{
	char	text[200];

	snprintf(text, sizeof(text),
	    "{\"GlobalRoomActive\":{\"room\":\"%s\",\"participants\":[]}}",
	    room);
	say(ss, text);
}

static struct sim_side *
dials(struct world *w, struct sim_node *sn, struct relay *r)
{
	struct sim_side	*ss;

	ss = sim_connect(sn, r->r_node, "_federation");
	assert_non_null(ss);
	assert_true(sim_until(w->w_sim, sim_is_established, ss,
	    5 * NS_PER_S));
	return (ss);
}

/* Dials, and says who it is. */
static struct sim_side *
comes(struct world *w, struct sim_node *sn, struct relay *r,
    const uint8_t hash[TLS_HASH_LEN], const char *more)
{
	struct sim_side	*ss = dials(w, sn, r);

	say_hello(ss, hash, more);
	world_wait(w, 1);
	return (ss);
}

static struct sim_side *
original_dials(struct world *w, struct relay *r)
{
	return (dials(w, &w->w_sim->sm_node[ORIGINAL], r));
}

static struct sim_side *
original_comes(struct world *w, struct relay *r)
{
	return (comes(w, &w->w_sim->sm_node[ORIGINAL], r, original_hash, ""));
}

/* The test has the key of that relay and says what it likes. */
static struct sim_node *
with_key(struct world *w, struct relay *r)
{
	struct sim_node	*sn;

	sn = sim_node(w->w_sim, STRANGER, "198.51.100.5:4433", false, false);
	sn->sn_config.tls_client = r->r_client;
	sim_start(sn);
	return (sn);
}

static struct world *
with_original(uint64_t seed, const char *name, const char *address)
{
	struct world	*w = world_new(seed);
	struct relay	*a = &w->w_relays[0];

	sim_start(sim_node(w->w_sim, ORIGINAL, "203.0.113.4:4433", true,
	    true));
	relay_peer(a, name, address, original_hash)->legacy = true;
	relay_load(a);
	return (w);
}

static void
test_legacy_in(void **state)
{
	struct world		*w;
	struct relay		*a;
	struct sim_side		*ss, *second;
	struct signal		 sig = room_active("general");
	struct link_info	 info;
	char			 fp[TLS_FP_STRLEN], expect[200];

	(void)state;
	w = with_original(30, "old", "203.0.113.4:1");
	a = &w->w_relays[0];
	ss = original_dials(w, a);
	world_wait(w, 1);
	assert_string_equal(a->r_log, "");
	say_hello(ss, original_hash, "");
	world_wait(w, 1);
	assert_string_equal(a->r_log, "U");
	assert_int_equal(a->r_nb->nb_features, 0);
	assert_true(a->r_nb->nb_legacy);
	/* Our hello has not a byte that an original's has not. */
	identity_tls_fp(a->r_hash, fp);
	snprintf(expect, sizeof(expect),
	    "{\"FederationHello\":{\"tls_fingerprint\":\"%s\"}}", fp);
	assert_int_equal(ss->ss_messages, 1);
	assert_int_equal(ss->ss_last_len, strlen(expect));
	assert_memory_equal(ss->ss_last, expect, strlen(expect));
	/* Gap 33, and things that only relays of ours may say. */
	say(ss, "{\"NoSuchVariant\":{}}");
	say(ss, "not even JSON\xff");
	say(ss, "{\"PresenceDigest\":{\"salt\":"
	    "\"00112233445566778899aabbccddeeff\",\"reset\":true,"
	    "\"add\":\"00000001\",\"remove\":\"\"}}");
	say(ss, "{\"RouteQuery\":{\"fingerprint\":\"x\",\"ttl\":1}}");
	say(ss, "\"Reflect\"");
	say_hello(ss, original_hash, "");
	say_room(ss, "after");
	world_wait(w, 1);
	assert_string_equal(a->r_room, "after");
	assert_int_equal(a->r_signals, 1);
	assert_int_equal(quic_send_datagram(ss->ss_conn, "tag....media", 12,
	    w->w_sim->sm_now), 0);
	world_wait(w, 1);
	assert_int_equal(a->r_bare, 1);
	links_info(a->r_links, 0, &info);
	assert_int_equal(info.li_bad, 2);
	assert_int_equal(info.li_unexpected, 3);
	/*
	 * Another link of the same relay, as mutual [[peers]] make them: it
	 * is written to, both are read, and it is up as long as one is.
	 */
	second = original_comes(w, a);
	assert_string_equal(a->r_log, "U");
	assert_int_equal(neighbour_send(a->r_nb, &sig), 0);
	say_room(ss, "first");
	world_wait(w, 1);
	assert_string_equal(a->r_room, "first");
	assert_int_equal(ss->ss_messages, 1);
	assert_int_equal(second->ss_messages, 2);
	quic_close(second->ss_conn, 0, "");
	world_wait(w, 1);
	assert_string_equal(a->r_log, "U");
	assert_int_equal(neighbour_send(a->r_nb, &sig), 0);
	world_wait(w, 1);
	assert_int_equal(ss->ss_messages, 2);
	quic_close(ss->ss_conn, 0, "");
	world_wait(w, 1);
	assert_string_equal(a->r_log, "UD");
	world_free(w);
}

/* What an original says of itself counts only at its address. */
static void
test_legacy_refused(void **state)
{
	struct world	*w = with_original(31, "old", "203.0.113.9:4433");
	struct relay	*a = &w->w_relays[0];
	struct sim_side	*ss;

	(void)state;
	ss = original_comes(w, a);
	assert_string_equal(a->r_log, "");
	assert_true(ss->ss_closed);
	assert_int_equal(ss->ss_close.code, 0);
	assert_string_equal(ss->ss_reason, "");
	/* Somebody at the address of a relay of ours, with its name. */
	a->r_stanzas[0].legacy = false;
	assert_int_equal(addr_parse(&a->r_stanzas[0].address,
	    "203.0.113.4:4433"), 0);
	relay_load(a);
	ss = original_comes(w, a);
	assert_string_equal(a->r_log, "");
	assert_true(ss->ss_closed);
	/* The control: the same as `legacy'. */
	a->r_stanzas[0].legacy = true;
	relay_load(a);
	(void)original_comes(w, a);
	assert_string_equal(a->r_log, "U");
	world_free(w);
}

static void
test_silent(void **state)
{
	struct world	*w = with_original(32, "old", "203.0.113.4:1");
	struct relay	*a = &w->w_relays[0];
	struct sim_node	*sn;
	struct sim_side	*ss, *many[LINK_UNKNOWN_MAX + 4];
	unsigned int	 i, open = 0;

	(void)state;
	ss = original_dials(w, a);
	world_wait(w, 4);
	assert_false(ss->ss_closed);
	world_wait(w, 2);
	assert_true(ss->ss_closed);
	assert_string_equal(ss->ss_reason, "");
	/* Something else first. */
	ss = original_dials(w, a);
	say_room(ss, "x");
	say_hello(ss, original_hash, "");
	world_wait(w, 1);
	assert_true(ss->ss_closed);
	assert_string_equal(a->r_log, "");
	/* Those who say nothing are few at a time, and leave room again. */
	sn = sim_node(w->w_sim, STRANGER, "198.51.100.5:4433", false, false);
	sim_start(sn);
	for (i = 0; i < LINK_UNKNOWN_MAX + 4; i++)
		many[i] = dials(w, sn, a);
	world_wait(w, 1);
	for (i = 0; i < LINK_UNKNOWN_MAX + 4; i++)
		open += !many[i]->ss_closed;
	assert_int_equal(open, LINK_UNKNOWN_MAX);
	/* Which does not keep out those who are expected, a few of them. */
	for (i = 0; i < LINK_EXPECTED_MAX + 2; i++)
		many[i] = original_dials(w, a);
	world_wait(w, 1);
	for (i = open = 0; i < LINK_EXPECTED_MAX + 2; i++)
		open += !many[i]->ss_closed;
	assert_int_equal(open, LINK_EXPECTED_MAX);
	world_wait(w, 10);
	/* What is left is our own attempt to dial it. */
	assert_in_range(links_count(a->r_links), 0, 1);
	(void)original_comes(w, a);
	assert_string_equal(a->r_log, "U");
	world_free(w);
}

/* An original that we dial is checked as any other, and answers nothing. */
static void
test_legacy_out(void **state)
{
	struct world	*w = world_new(33);
	struct relay	*a = &w->w_relays[0];
	struct sim_side	*ss;
	struct signal	 sig = room_active("general");

	(void)state;
	sim_start(sim_node(w->w_sim, ORIGINAL, "203.0.113.4:4433", true,
	    false));
	relay_peer(a, "old", "203.0.113.4:4433", original_hash)->legacy =
	    true;
	relay_load(a);
	world_wait(w, 2);
	assert_string_equal(a->r_log, "");
	assert_true(links_stats(a->r_links)->ls_forged > 0);
	memcpy(a->r_stanzas[0].fingerprint, w->w_sim->sm_cert_sha256,
	    TLS_HASH_LEN);
	relay_load(a);
	world_wait(w, 2);
	assert_string_equal(a->r_log, "U");
	assert_int_equal(neighbour_send(a->r_nb, &sig), 0);
	world_wait(w, 20);
	assert_string_equal(a->r_log, "U");
	ss = sim_server_side(&w->w_sim->sm_node[ORIGINAL]);
	assert_int_equal(ss->ss_messages, 2);
	assert_int_equal(a->r_nb->nb_ops->datagram(a->r_nb, "12345678media",
	    13), 0);
	world_wait(w, 1);
	assert_int_equal(ss->ss_datagrams, 1);
	assert_null(a->r_nb->nb_ops->media_dial(a->r_nb));
	world_free(w);
}

/* Who stops reading: a full queue ends his link, once. */
static void
test_slow(void **state)
{
	struct world		*w = world_pair(40, 1);
	struct relay		*a = &w->w_relays[0], *b = &w->w_relays[1];
	struct signal		 sig;
	struct link_info	 info;
	static char		 room[200];
	unsigned int		 i;

	(void)state;
	world_wait(w, 2);
	memset(room, 'x', sizeof(room) - 1);
	sig = room_active(room);
	b->r_node->sn_dead = true;
	for (i = 0; i < 100000; i++) {
		if (neighbour_send(a->r_nb, &sig) == -1)
			break;
	}
	assert_in_range(i, 100, 99999);
	/* Nobody is told from within a send. */
	assert_string_equal(a->r_log, "U");
	assert_int_equal(neighbour_send(a->r_nb, &sig), -1);
	world_wait(w, 1);
	assert_string_equal(a->r_log, "UD");
	links_info(a->r_links, 0, &info);
	assert_int_equal(info.li_slow, 1);
	world_free(w);
}

/*
 * More than a relay ever has to say.  Two of ours get no more than some 1000
 * a second through their streams; who acknowledges at once can do better.
 */
static void
test_flood(void **state)
{
	static const char	 text[] = "{\"GlobalRoomActive\":{\"room\":"
				    "\"x\",\"participants\":[]}}";
	struct world		*w = world_pair(41, 1);
	struct relay		*a = &w->w_relays[0], *b = &w->w_relays[1];
	struct signal		 sig = room_active("x");
	struct link_info	 info;
	unsigned int		 i;

	(void)state;
	world_wait(w, 2);
	for (i = 0; i < 20000; i++) {
		links_set_time(b->r_links, w->w_sim->sm_now +
		    i * 50 * (NS_PER_MS / 1000));
		links_message(b->r_links, b->r_conn,
		    (const uint8_t *)text, strlen(text));
	}
	assert_in_range(b->r_signals, LINK_SIGNALS_BURST + LINK_SIGNALS - 1,
	    LINK_SIGNALS_BURST + LINK_SIGNALS + 1);
	links_info(b->r_links, 0, &info);
	assert_int_equal(info.li_limited, 20000 - b->r_signals);
	/* And later all is as before. */
	world_wait(w, 6);
	b->r_signals = 0;
	for (i = 0; i < 1000; i++)
		assert_int_equal(neighbour_send(a->r_nb, &sig), 0);
	world_wait(w, 4);
	assert_int_equal(b->r_signals, 1000);
	assert_string_equal(b->r_log, "U");
	world_free(w);
}

static void
test_media(void **state)
{
	struct world		*w = world_pair(50, 1);
	struct relay		*a = &w->w_relays[0], *b = &w->w_relays[1];
	struct media_conn	*mc;

	(void)state;
	world_wait(w, 2);
	/* Who has accepted the link does not dial. */
	assert_null(b->r_nb->nb_ops->media_dial(b->r_nb));
	mc = a->r_nb->nb_ops->media_dial(a->r_nb);
	assert_non_null(mc);
	assert_int_equal(a->r_nb->nb_ops->media_send(mc, "early", 5), -1);
	assert_int_equal(a->r_nb->nb_ops->media_room(mc), 0);
	world_wait(w, 1);
	assert_string_equal(a->r_log, "Um");
	assert_string_equal(b->r_log, "Um");
	assert_ptr_equal(a->r_media, mc);
	assert_int_equal(a->r_nb->nb_ops->media_send(mc, "there", 5), 0);
	assert_int_equal(b->r_nb->nb_ops->media_send(b->r_media, "back", 4),
	    0);
	assert_in_range(a->r_nb->nb_ops->media_room(mc), 1100, 1472);
	world_wait(w, 1);
	assert_int_equal(b->r_datagrams, 1);
	assert_memory_equal(b->r_datagram, "there", 5);
	assert_int_equal(a->r_datagrams, 1);
	assert_memory_equal(a->r_datagram, "back", 4);
	/* One ends alone... */
	a->r_nb->nb_ops->media_close(mc);
	assert_string_equal(a->r_log, "Um");
	world_wait(w, 1);
	assert_string_equal(a->r_log, "Umw");
	assert_string_equal(b->r_log, "Umw");
	assert_int_equal(a->r_released, 0);
	/* ... or with the link, before it; the socket goes last. */
	assert_non_null(a->r_nb->nb_ops->media_dial(a->r_nb));
	world_wait(w, 1);
	peers_order(b->r_peers, peers_index(b->r_peers, 0), false);
	assert_string_equal(b->r_log, "UmwmwD");
	world_wait(w, 1);
	assert_string_equal(a->r_log, "UmwmwD");
	assert_int_equal(links_count(b->r_links), 0);
	peers_order(a->r_peers, peers_index(a->r_peers, 0), false);
	world_wait(w, 15);
	assert_int_equal(links_count(a->r_links), 0);
	assert_int_equal(a->r_released, a->r_listener);
	world_free(w);
}

/* As many as there may be, all at once. */
static void
test_media_many(void **state)
{
	struct world	*w = world_pair(52, 1);
	struct relay	*a = &w->w_relays[0], *b = &w->w_relays[1];
	unsigned int	 i;

	(void)state;
	world_wait(w, 2);
	w->w_sim->sm_loss = 20;
	for (i = 0; i < LINK_MEDIA_MAX; i++)
		assert_non_null(a->r_nb->nb_ops->media_dial(a->r_nb));
	assert_null(a->r_nb->nb_ops->media_dial(a->r_nb));
	world_wait(w, 15);
	assert_int_equal(strlen(a->r_log), 1 + LINK_MEDIA_MAX);
	assert_int_equal(strspn(a->r_log + 1, "m"), LINK_MEDIA_MAX);
	assert_string_equal(a->r_log, b->r_log);
	world_free(w);
}

/* A media connection without a link, and with an unknown purpose. */
static void
test_media_refused(void **state)
{
	struct world	*w = world_pair(51, 0);
	struct relay	*a = &w->w_relays[0], *b = &w->w_relays[1];
	struct sim_node	*sn;
	struct sim_side	*ss;
	char		 text[100];
	const char	*purposes[] = { "media", "espionage", "" };
	unsigned int	 i;

	(void)state;
	sn = with_key(w, b);
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
		    ",\"features\":[\"media\"],\"purpose\":\"%s\"",
		    purposes[i]);
		ss = comes(w, sn, a, b->r_hash, text);
		assert_true(ss->ss_closed);
	}
	assert_string_equal(a->r_log, "");
	/* A hello that names somebody else than the certificate. */
	ss = comes(w, sn, a, a->r_hash, "");
	assert_true(ss->ss_closed);
	/* The control, and unknown features do no harm. */
	(void)comes(w, sn, a, b->r_hash,
	    ",\"features\":[\"rooms\",\"zzz\",\"rooms\"]");
	assert_string_equal(a->r_log, "U");
	assert_int_equal(a->r_nb->nb_features, NEIGHBOUR_ROOMS);
	world_free(w);
}

/* Who was dialled for a link cannot make something else of it. */
static void
test_media_answered(void **state)
{
	struct world	*w = world_new(53);
	struct relay	*a = &w->w_relays[0];

	(void)state;
	sim_start(sim_node(w->w_sim, ORIGINAL, "203.0.113.4:4433", true,
	    false));
	relay_peer(a, "odd", "203.0.113.4:4433", w->w_sim->sm_cert_sha256);
	relay_load(a);
	world_wait(w, 1);
	say_hello(sim_server_side(&w->w_sim->sm_node[ORIGINAL]),
	    w->w_sim->sm_cert_sha256,
	    ",\"features\":[\"media\"],\"purpose\":\"media\"");
	world_wait(w, 1);
	assert_string_equal(a->r_log, "U");
	assert_int_equal(peers_name(a->r_peers, "odd")->pe_state, PEER_UP);
	world_free(w);
}

/*
 * One end loses the link without the other's knowing, and dials again: what
 * is new counts, in both directions.
 */
static void
test_lost(void **state)
{
	struct world	*w;
	struct relay	*a, *b;
	struct sim_node	*sn;
	struct sim_side	*first, *second;
	unsigned int	 from;

	(void)state;
	/* b restarts: the same one dials again. */
	w = world_pair(60, 0);
	a = &w->w_relays[0];
	b = &w->w_relays[1];
	sn = with_key(w, b);
	first = comes(w, sn, a, b->r_hash, "");
	assert_string_equal(a->r_log, "U");
	second = comes(w, sn, a, b->r_hash, "");
	assert_string_equal(a->r_log, "UDU");
	assert_true(first->ss_closed);
	assert_string_equal(first->ss_reason, "duplicate link");
	assert_false(second->ss_closed);
	world_free(w);
	/* The one that was dialled loses it, and now dials itself. */
	for (from = 0; from < 2; from++) {
		w = world_pair(61 + from, 1U << from);
		a = &w->w_relays[from];
		b = &w->w_relays[1 - from];
		world_wait(w, 20);
		assert_true(a->r_nb->nb_dialled);
		/* As after a restart: nothing is known of the link. */
		assert_int_equal(addr_parse(&b->r_stanzas[0].address,
		    world_addresses[from]), 0);
		b->r_node->sn_dead = true;
		relay_load(b);
		world_wait(w, 1);
		b->r_node->sn_dead = false;
		world_wait(w, 5);
		assert_int_equal(a->r_ups - a->r_downs, 1);
		assert_int_equal(relay_state(b), PEER_UP);
		assert_false(a->r_nb->nb_dialled);
		assert_true(b->r_nb->nb_dialled);
		assert_int_equal(links_count(a->r_links), 1);
		world_free(w);
	}
}

/* A partition: both sides notice, and meet again soon after its end. */
static void
test_partition(void **state)
{
	struct world	*w = world_pair(70, 3);
	struct relay	*a = &w->w_relays[0], *b = &w->w_relays[1];

	(void)state;
	world_wait(w, 30);
	assert_int_equal(a->r_ups - a->r_downs, 1);
	w->w_sim->sm_loss = 1000;
	world_wait(w, 40);
	assert_int_equal(a->r_ups, a->r_downs);
	assert_int_equal(b->r_ups, b->r_downs);
	world_wait(w, 200);
	w->w_sim->sm_loss = 0;
	/* The longest pause, its jitter, and a handshake that is under way. */
	world_wait(w, 90);
	assert_int_equal(a->r_ups - a->r_downs, 1);
	assert_int_equal(b->r_ups - b->r_downs, 1);
	assert_int_equal(links_count(a->r_links), 1);
	assert_int_equal(links_count(b->r_links), 1);
	world_free(w);
}

static void
test_stop(void **state)
{
	struct world	*w = world_pair(80, 1);
	struct relay	*a = &w->w_relays[0], *b = &w->w_relays[1];

	(void)state;
	world_wait(w, 2);
	(void)relay_begin(a->r_node);
	links_stop(a->r_links);
	sim_run(w->w_sim, w->w_sim->sm_now + 200 * NS_PER_MS);
	assert_string_equal(a->r_log, "UD");
	assert_string_equal(b->r_log, "UD");
	assert_string_equal(b->r_reason, "shutdown");
	assert_int_equal(links_count(a->r_links), 0);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_converge),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_legacy_in),
		cmocka_unit_test(test_legacy_refused),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_legacy_out),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_media),
		cmocka_unit_test(test_media_many),
		cmocka_unit_test(test_media_refused),
		cmocka_unit_test(test_media_answered),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_partition),
		cmocka_unit_test(test_stop)
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
