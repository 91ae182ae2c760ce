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
 * First flights in every shape through the door, and the proof of addresses:
 * Retry, and tokens for the next time.
 *
 * COVERS: design 3 - ClientHello in one, two, three packets, in every order
 * COVERS: design 3 - Retry without state, two generations of keys
 * COVERS: design 2 - NEW_TOKEN keys of a role, never shared between roles
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/conn.h"
#include "regress/unit/door_sim.h"

/* One way is 20 ms; the client repeats its hello after a second. */
#define IN_TIME		(400 * NS_PER_MS)

/* Delays the client's Initials so that each flight comes in this order. */
struct order {
	unsigned int	od_rank[3];
	unsigned int	od_n;		/* packets of the flight */
	unsigned int	od_sent;
	uint64_t	od_at;		/* of the flight */
	unsigned int	od_flights;
	unsigned int	od_tokens;	/* flights with a token */
};

static bool
reorder(struct sim *sm, struct sim_packet *sp)
{
	struct order	*od = sm->sm_arg;
	const uint8_t	*token;
	size_t		 len;

	if (!addr_equal(&sp->sp_from, &sm->sm_node[CLIENT].sn_addr) ||
	    (sp->sp_data[0] & 0xf0) != 0xc0 ||
	    cid_packet_slot(sp->sp_data, sp->sp_len) != -1)
		return (true);
	if (od->od_at != sm->sm_now) {
		/* The one before had as many as it should. */
		assert_true(od->od_flights == 0 || od->od_sent == od->od_n);
		od->od_at = sm->sm_now;
		od->od_flights++;
		od->od_sent = 0;
		if (packet_token(sp->sp_data, sp->sp_len, &token, &len) !=
		    PACKET_TOKEN_NONE)
			od->od_tokens++;
	}
	assert_true(od->od_sent < od->od_n);
	sm->sm_extra = od->od_rank[od->od_sent++] * NS_PER_MS;
	return (true);
}

/* Offers many protocols, to be long. */
static void
long_hello(struct sim_side *c)
{
	uint8_t	list[4 + 6 * 200];
	size_t	i;

	for (i = 0; i < 200; i++) {
		memset(list + 6 * i, 'a' + (int)(i % 26), 6);
		list[6 * i] = 5;
	}
	memcpy(list + 6 * i, "\003wzp", 4);
	assert_int_equal(SSL_set_alpn_protos(c->ss_conn->qc_ssl, list,
	    sizeof(list)), 0);
}

static void
one_flight(unsigned int n, const unsigned int rank[3], size_t dcid_len,
    bool steered, bool retry)
{
	const struct door_counters	*dc;
	struct sim_side			*c, *s;
	struct door_sim			*ds;
	struct order			 od;
	struct sim			*sm;
	unsigned int			 sides;
	uint64_t			 begin;

	ds = door_sim_new(900 + n, n == 1, steered);
	sm = ds->ds_sim;
	validate_settings(&ds->ds_validate, retry, 0);
	sm->sm_node[CLIENT].sn_ep->ep_dcid_len = dcid_len;
	arc4random_buf(sm->sm_node[CLIENT].sn_ep->ep_dcid, dcid_len);
	/* Not by chance: that is another test. */
	sm->sm_node[CLIENT].sn_ep->ep_dcid[0] = 0xff;
	memset(&od, 0, sizeof(od));
	memcpy(od.od_rank, rank, sizeof(od.od_rank));
	od.od_n = n;
	sm->sm_filter = reorder;
	sm->sm_arg = &od;
	begin = sm->sm_now;
	c = door_sim_connect(ds, "room");
	if (n == 3)
		long_hello(c);
	assert_true(sim_until(sm, sim_is_established, c, IN_TIME));
	s = sim_server_side(&sm->sm_node[MEDIAD]);
	assert_non_null(s);
	assert_true(sim_until(sm, sim_is_established, s, IN_TIME));
	/* Two round trips are one and a half for us, Retry is one more. */
	assert_true(sm->sm_now - begin <
	    (retry ? 115 : 75) * NS_PER_MS);
	for (sides = 0; s != NULL; s = s->ss_next_side)
		sides++;
	assert_int_equal(sides, 1);
	assert_int_equal(sim_message(c, 0, 100), 0);
	sim_run(sm, sm->sm_now + NS_PER_S);
	assert_int_equal(sim_server_side(&sm->sm_node[MEDIAD])->ss_messages,
	    1);
	dc = door_counters(ds->ds_door);
	assert_int_equal(dc->dc_by_name, 1);
	assert_int_equal(dc->dc_waiting, n - 1);
	assert_int_equal(dc->dc_retries, retry ? 1 : 0);
	assert_int_equal(dc->dc_dropped_retried, retry ? n - 1 : 0);
	assert_int_equal(dc->dc_validated, retry ? 1 : 0);
	assert_int_equal(ds->ds_first, n);
	assert_int_equal(ds->ds_unvalidated, retry ? 0 : n);
	assert_int_equal(od.od_flights, retry ? 2 : 1);
	assert_int_equal(od.od_tokens, retry ? 1 : 0);
	assert_int_equal(dc->dc_dropped_bad + dc->dc_dropped_token +
	    dc->dc_dropped_unknown, 0);
	door_sim_free(ds);
}

static void
test_flights(void **state)
{
	static const unsigned int	ranks[][3] = {
		{ 0, 1, 2 }, { 1, 0, 2 }, { 0, 2, 1 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 }
	};
	static const size_t		dcids[] = { 8, 12, 20 };
	static const unsigned int	orders[] = { 1, 2, 6 };
	unsigned int			n, i, k, retry;

	(void)state;
	for (n = 1; n <= 3; n++) {
		for (i = 0; i < orders[n - 1]; i++) {
			for (k = 0; k < 3; k++) {
				for (retry = 0; retry < 2; retry++)
					one_flight(n, ranks[i], dcids[k],
					    (i + k) & 1, retry == 1);
			}
		}
	}
}

/*
 * A client that chooses an ID of our form, of 12 bytes: the kernel gives its
 * first packets to a worker that knows nothing of them.
 */
static void
test_stray(void **state)
{
	static const struct {
		unsigned int	slot;
		const char	*name;
		unsigned int	to;
	}		 t[] = {
		{ MEDIAD, "_signal", SIGNALD }, { SIGNALD, "room", MEDIAD },
		{ MEDIAD, "room", MEDIAD }, { SIGNALD, "_signal", SIGNALD },
		/* The door's own, and nobody's. */
		{ DOOR, "room", MEDIAD }, { 63, "room", MEDIAD }
	};
	const struct door_counters	*dc;
	struct quic_endpoint		*ep;
	struct sim_side			*c, *s;
	struct door_sim			*ds;
	struct sim			*sm;
	unsigned int			 i, o;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (o = 0; o < 4; o++) {
			ds = door_sim_new(950 + i, false, o & 1);
			sm = ds->ds_sim;
			validate_settings(&ds->ds_validate, o & 2, 0);
			ep = sm->sm_node[CLIENT].sn_ep;
			ep->ep_dcid_len = CID_LEN;
			memset(ep->ep_dcid, 0x77, CID_LEN);
			ep->ep_dcid[0] = (uint8_t)t[i].slot;
			ep->ep_dcid[1] = ep->ep_dcid[0] ^ CID_CHECK;
			c = door_sim_connect(ds, t[i].name);
			assert_true(sim_until(sm, sim_is_established, c,
			    IN_TIME));
			sim_run(sm, sm->sm_now + NS_PER_S);
			s = sim_server_side(&sm->sm_node[t[i].to]);
			assert_non_null(s);
			assert_true(s->ss_established);
			dc = door_counters(ds->ds_door);
			assert_int_equal(dc->dc_strays,
			    t[i].slot == SIGNALD || t[i].slot == MEDIAD ?
			    2 : 0);
			assert_int_equal(dc->dc_by_name, 1);
			assert_int_equal(dc->dc_retries, o & 2 ? 1 : 0);
			door_sim_free(ds);
		}
	}
}

/* A worker that gives back the same packet again and again. */
static void
test_stray_rate(void **state)
{
	struct door_datagram	 dd;
	struct door_sim		*ds;
	uint8_t			 p[1200];
	unsigned int		 i;

	(void)state;
	ds = door_sim_new(970, false, true);
	memset(p, 0, sizeof(p));
	memcpy(p, "\xc0\0\0\0\1\x08" "12345678\0\0\x44\x90", 18);
	memset(&dd, 0, sizeof(dd));
	dd.dd_local = ds->ds_sim->sm_node[DOOR].sn_addr;
	dd.dd_remote = ds->ds_sim->sm_node[CLIENT].sn_addr;
	dd.dd_data = p;
	dd.dd_len = sizeof(p);
	for (i = 0; i < 1000; i++)
		door_stray(ds->ds_door, MEDIAD, &dd, ds->ds_sim->sm_now);
	assert_int_equal(door_counters(ds->ds_door)->dc_dropped_stray, 600);
	/* Another worker is not affected. */
	door_stray(ds->ds_door, SIGNALD, &dd, ds->ds_sim->sm_now);
	assert_int_equal(door_counters(ds->ds_door)->dc_dropped_stray, 600);
	door_stray(ds->ds_door, SLOTS_MAX, &dd, ds->ds_sim->sm_now);
	assert_int_equal(door_counters(ds->ds_door)->dc_dropped_stray, 601);
	door_sim_free(ds);
}

/* Catches the packets with a Retry token; what to do with them. */
struct caught {
	struct sim_packet	 ca_packet[2];
	unsigned int		 ca_n;
};

static bool
catch_token(struct sim *sm, struct sim_packet *sp)
{
	struct caught	*ca = sm->sm_arg;
	const uint8_t	*token;
	size_t		 len;

	if (!addr_equal(&sp->sp_from, &sm->sm_node[CLIENT].sn_addr) ||
	    packet_token(sp->sp_data, sp->sp_len, &token, &len) !=
	    PACKET_TOKEN_RETRY)
		return (true);
	if (ca->ca_n < 2)
		ca->ca_packet[ca->ca_n++] = *sp;
	return (false);
}

enum spoil {
	NOTHING,
	ROTATED,
	ROTATED_TWICE,
	LATE,
	OTHER_PORT,
	OTHER_DCID,
	FLIPPED,
	SPOILS
};

static void
test_bad_retry(void **state)
{
	const struct door_counters	*dc;
	struct caught			 ca;
	struct sim_side			*c;
	struct door_sim			*ds;
	struct sim			*sm;
	unsigned int			 i, k;
	bool				 good;

	(void)state;
	for (i = 0; i < SPOILS; i++) {
		ds = door_sim_new(980 + i, false, true);
		sm = ds->ds_sim;
		dc = door_counters(ds->ds_door);
		validate_settings(&ds->ds_validate, true, 0);
		memset(&ca, 0, sizeof(ca));
		sm->sm_filter = catch_token;
		sm->sm_arg = &ca;
		c = door_sim_connect(ds, "room");
		sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
		assert_int_equal(ca.ca_n, 2);
		sm->sm_filter = NULL;
		for (k = 0; k < 2; k++) {
			switch ((enum spoil)i) {
			case ROTATED_TWICE:
				validate_expire(&ds->ds_validate, sm->sm_now +
				    2 * VALIDATE_ROTATE_S * NS_PER_S);
				/* FALLTHROUGH */
			case ROTATED:
				if (k == 0)
					validate_expire(&ds->ds_validate,
					    sm->sm_now + VALIDATE_ROTATE_S *
					    NS_PER_S);
				break;
			case LATE:
				sm->sm_now += 6 * NS_PER_S;
				break;
			case OTHER_PORT:
				addr_set_port(&ca.ca_packet[k].sp_from, 999);
				break;
			case OTHER_DCID:
				ca.ca_packet[k].sp_data[6] ^= 1;
				break;
			case FLIPPED:
				/* Behind DCID 16, SCID 12, length, magic. */
				ca.ca_packet[k].sp_data[6 + 16 + 1 + 12 + 8]
				    ^= 1;
				break;
			default:
				break;
			}
			door_sim_knock(ds, &ca.ca_packet[k]);
		}
		good = i == NOTHING || i == ROTATED;
		assert_int_equal(dc->dc_by_name, good ? 1 : 0);
		if (good) {
			assert_int_equal(dc->dc_validated, 1);
			assert_int_equal(dc->dc_dropped_token, 0);
			assert_true(sim_until(sm, sim_is_established, c,
			    IN_TIME));
		} else {
			assert_true(dc->dc_dropped_token >= 1);
			assert_int_equal(ds->ds_first, 0);
			/* Told so, if it is its own packet. */
			sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
			assert_int_equal(c->ss_closed, i == ROTATED_TWICE ||
			    i == LATE || i == FLIPPED);
			/* The late one has given up by himself. */
			if (c->ss_closed && i != LATE)
				assert_int_equal(c->ss_close.code, 0x0b);
		}
		door_sim_free(ds);
	}
}

/* The worker believes the door only as far as it goes together. */
static void
test_worker_checks(void **state)
{
	struct quic_first	 first;
	struct caught		 ca;
	struct sim_node		*sn;
	struct door_sim		*ds;
	struct sim		*sm;
	unsigned int		 i;

	(void)state;
	ds = door_sim_new(990, true, true);
	sm = ds->ds_sim;
	sn = &sm->sm_node[MEDIAD];
	validate_settings(&ds->ds_validate, true, 0);
	memset(&ca, 0, sizeof(ca));
	sm->sm_filter = catch_token;
	sm->sm_arg = &ca;
	(void)door_sim_connect(ds, "room");
	sim_run(sm, sm->sm_now + 100 * NS_PER_MS);
	assert_int_equal(ca.ca_n, 1);
	for (i = 0; i < 5; i++) {
		memset(&first, 0, sizeof(first));
		first.validated = true;
		first.odcid = (const uint8_t *)"12345678901234567890";
		first.odcid_len = 20;
		first.retry_scid = ca.ca_packet[0].sp_data + 6;
		first.retry_scid_len = 16;
		if (i == 0)
			first.retry_scid_len = 15;
		else if (i == 1)
			first.retry_scid++;
		else if (i == 2)
			first.odcid_len = 0;
		else if (i == 3)
			first.odcid_len = 21;
		quic_endpoint_first(sn->sn_ep, 0, &ca.ca_packet[0].sp_to,
		    &ca.ca_packet[0].sp_from, 0, ca.ca_packet[0].sp_data,
		    ca.ca_packet[0].sp_len, &first, sm->sm_now);
		assert_int_equal(quic_endpoint_connections(sn->sn_ep),
		    i == 4 ? 1 : 0);
	}
	door_sim_free(ds);
}

/* The Retry is lost: the client's repetition gets another. */
static bool
lose_retry(struct sim *sm, struct sim_packet *sp)
{
	unsigned int	*left = sm->sm_arg;

	if ((sp->sp_data[0] & 0xf0) != 0xf0 || *left == 0)
		return (true);
	(*left)--;
	return (false);
}

static void
test_lost_retry(void **state)
{
	struct sim_side	*c;
	struct door_sim	*ds;
	unsigned int	 left = 2;

	(void)state;
	ds = door_sim_new(995, false, true);
	validate_settings(&ds->ds_validate, true, 0);
	ds->ds_sim->sm_filter = lose_retry;
	ds->ds_sim->sm_arg = &left;
	c = door_sim_connect(ds, "room");
	assert_true(sim_until(ds->ds_sim, sim_is_established, c,
	    5 * NS_PER_S));
	assert_int_equal(left, 0);
	assert_int_equal(door_counters(ds->ds_door)->dc_retries, 3);
	door_sim_free(ds);
}

/* `retry auto`: too many in ten seconds; then it calms down. */
static void
test_auto(void **state)
{
	const struct door_counters	*dc;
	struct sim_side			*c;
	struct door_sim			*ds;
	struct sim			*sm;
	unsigned int			 i;

	(void)state;
	ds = door_sim_new(1000, true, true);
	sm = ds->ds_sim;
	dc = door_counters(ds->ds_door);
	validate_settings(&ds->ds_validate, false, 8);
	for (i = 0; i < 20; i++) {
		c = door_sim_connect(ds, "room");
		assert_true(sim_until(sm, sim_is_established, c, IN_TIME));
		assert_int_equal(dc->dc_retries, i <= 8 ? 0 : i - 8);
		assert_int_equal(dc->dc_validated, dc->dc_retries);
	}
	sim_run(sm, sm->sm_now + 11 * NS_PER_S);
	c = door_sim_connect(ds, "room");
	assert_true(sim_until(sm, sim_is_established, c, IN_TIME));
	assert_int_equal(dc->dc_retries, 11);
	/* No limit, no Retry. */
	validate_settings(&ds->ds_validate, false, 0);
	for (i = 0; i < 20; i++) {
		c = door_sim_connect(ds, "room");
		assert_true(sim_until(sm, sim_is_established, c, IN_TIME));
	}
	assert_int_equal(dc->dc_retries, 11);
	door_sim_free(ds);
}

static uint8_t	kept[QUIC_TOKEN_MAX];
static size_t	kept_len;

static void
keep_token(void *arg, struct quic_conn *c, const uint8_t *token, size_t len)
{
	(void)arg;
	(void)c;
	assert_true(len > 0 && len <= sizeof(kept));
	memcpy(kept, token, len);
	kept_len = len;
}

static void
give_key(struct door_sim *ds, unsigned int slot, enum proc role,
    uint64_t generation)
{
	struct msg_token_key	m;

	memset(&m, 0, sizeof(m));
	m.role = role;
	m.generation = generation;
	memset(m.key, (int)(role * 16 + generation), sizeof(m.key));
	validate_token_key(&ds->ds_validate, &m);
	if (slot != 0)
		quic_endpoint_token_key(ds->ds_sim->sm_node[slot].sn_ep,
		    generation, m.key);
}

/* Dials with the token that is kept; whether it spared a Retry. */
static bool
spared(struct door_sim *ds, const char *name)
{
	const struct door_counters	*dc = door_counters(ds->ds_door);
	struct sim_node			*sn = &ds->ds_sim->sm_node[CLIENT];
	uint64_t			 retries = dc->dc_retries;
	uint64_t			 good = dc->dc_validated;
	const struct quic_past		 past = {
		.token = kept,
		.token_len = kept_len
	};
	struct quic_conn		*conn;

	conn = quic_connect_again(sn->sn_ep, 0, &sn->sn_addr,
	    &ds->ds_sim->sm_node[DOOR].sn_addr, name, &past,
	    ds->ds_sim->sm_now);
	assert_non_null(conn);
	assert_true(sim_until(ds->ds_sim, sim_is_established,
	    sim_adopt(sn, conn), IN_TIME));
	sim_run(ds->ds_sim, ds->ds_sim->sm_now + 200 * NS_PER_MS);
	assert_int_equal(dc->dc_validated, good + 1);
	quic_close(conn, 0, "");
	sim_run(ds->ds_sim, ds->ds_sim->sm_now + 200 * NS_PER_MS);
	return (dc->dc_retries == retries);
}

static void
test_token(void **state)
{
	struct door_sim	*ds;
	struct sim_node	*sn;
	uint8_t		 old[QUIC_TOKEN_MAX];
	size_t		 old_len;

	(void)state;
	ds = door_sim_new(1010, false, true);
	sn = &ds->ds_sim->sm_node[CLIENT];
	sn->sn_ops.new_token = keep_token;
	validate_settings(&ds->ds_validate, true, 0);
	kept_len = 0;
	/* No key, no token. */
	assert_false(spared(ds, "_signal"));
	assert_int_equal(kept_len, 0);
	give_key(ds, SIGNALD, PROC_SIGNALD, 5);
	assert_false(spared(ds, "_signal"));
	assert_true(kept_len > 0);
	assert_true(spared(ds, "_signal"));
	/* Another port of the same host: behind a NAT that is the same. */
	addr_set_port(&sn->sn_addr, 7777);
	assert_true(spared(ds, "_signal"));
	/* Nobody else's door: mediad has no key at all. */
	assert_false(spared(ds, "room"));
	/* Two generations count. */
	memcpy(old, kept, sizeof(old));
	old_len = kept_len;
	give_key(ds, 0, PROC_SIGNALD, 6);
	assert_true(spared(ds, "_signal"));
	give_key(ds, 0, PROC_SIGNALD, 7);
	memcpy(kept, old, sizeof(old));
	kept_len = old_len;
	assert_false(spared(ds, "_signal"));
	/* An old generation that comes late changes nothing. */
	give_key(ds, 0, PROC_SIGNALD, 5);
	memcpy(kept, old, sizeof(old));
	assert_false(spared(ds, "_signal"));
	/* From another host; damaged. */
	give_key(ds, SIGNALD, PROC_SIGNALD, 8);
	assert_false(spared(ds, "_signal"));
	assert_true(spared(ds, "_signal"));
	memcpy(old, kept, sizeof(old));
	kept[kept_len - 20] ^= 1;
	assert_false(spared(ds, "_signal"));
	memcpy(kept, old, sizeof(old));
	assert_int_equal(addr_parse(&sn->sn_addr, "198.51.100.8:5555"), 0);
	assert_false(spared(ds, "_signal"));
	door_sim_free(ds);
}

/* With a key of federd nobody gets in at signald. */
static void
test_token_role(void **state)
{
	struct door_sim	*ds;

	(void)state;
	ds = door_sim_new(1020, false, false);
	door_sim_worker(ds, FEDERD, PROC_FEDERD, 0);
	ds->ds_sim->sm_node[CLIENT].sn_ops.new_token = keep_token;
	validate_settings(&ds->ds_validate, true, 0);
	kept_len = 0;
	give_key(ds, FEDERD, PROC_FEDERD, 1);
	give_key(ds, 0, PROC_SIGNALD, 1);
	assert_false(spared(ds, "_federation"));
	assert_true(kept_len > 0);
	assert_false(spared(ds, "_signal"));
	assert_true(spared(ds, "_federation"));
	door_sim_free(ds);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_flights),
		cmocka_unit_test(test_stray),
		cmocka_unit_test(test_stray_rate),
		cmocka_unit_test(test_bad_retry),
		cmocka_unit_test(test_worker_checks),
		cmocka_unit_test(test_lost_retry),
		cmocka_unit_test(test_auto),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_token_role),
	};

	return (cmocka_run_group_tests(tests, sim_group_setup,
	    sim_group_teardown));
}
