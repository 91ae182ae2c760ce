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
 * The relay's port in memory (door_sim.h).
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/quic/cid.h"
#include "regress/unit/door_sim.h"

/* There is one at a time: nodes have no room for a pointer to it. */
static struct door_sim	*current;

static int	to_worker(void *, unsigned int, const struct door_datagram *,
		    const struct quic_first *);
static void	to_sender(void *, const struct door_datagram *,
		    const uint8_t *, size_t);
static bool	is_present(void *, unsigned int);
static void	at_port(struct sim_node *, const struct sim_packet *);
static void	from_worker(void *, const struct quic_packet *);
static void	flush(struct door_sim *);

static const struct door_ops	ops = {
	.forward = to_worker,
	.reply = to_sender,
	.present = is_present
};

struct door_sim *
door_sim_new(uint64_t seed, bool original, bool steered)
{
	static const uint8_t	 key[16] = { 1, 2, 3 };
	struct door_sim		*ds;

	ds = calloc(1, sizeof(*ds));
	assert_non_null(ds);
	current = ds;
	ds->ds_sim = sim_new(seed);
	ds->ds_steered = steered;
	ds->ds_placement = placement_new(key, 100);
	assert_non_null(ds->ds_placement);
	validate_start(&ds->ds_validate, ds->ds_sim->sm_now);
	ds->ds_door = door_new(&ops, ds, &ds->ds_slots, ds->ds_placement,
	    &ds->ds_validate);
	assert_non_null(ds->ds_door);
	door_sim_worker(ds, DOOR, PROC_DOORD, 0);
	door_sim_worker(ds, SIGNALD, PROC_SIGNALD, 0);
	door_sim_worker(ds, MEDIAD, PROC_MEDIAD, 0);
	sim_start(sim_node(ds->ds_sim, CLIENT, CLIENT_ADDR, false, original));
	return (ds);
}

void
door_sim_free(struct door_sim *ds)
{
	door_free(ds->ds_door);
	placement_free(ds->ds_placement);
	sim_free(ds->ds_sim);
	free(ds);
	current = NULL;
}

void
door_sim_worker(struct door_sim *ds, unsigned int slot, enum proc role,
    unsigned int instance)
{
	struct msg_slot	 row;
	struct sim_node	*sn;

	memset(&row, 0, sizeof(row));
	row.slot = slot;
	row.role = role;
	row.instance = instance;
	row.generation = 1;
	slots_set(&ds->ds_slots, &row);
	sn = sim_node(ds->ds_sim, slot, RELAY_ADDR, slot != DOOR, false);
	if (slot == DOOR) {
		sn->sn_raw = at_port;
		return;
	}
	sn->sn_behind = true;
	sn->sn_ops.stray = from_worker;
	sn->sn_config.door = true;
	sim_start(sn);
}

void
door_sim_knock(struct door_sim *ds, const struct sim_packet *sp)
{
	struct door_datagram	dd;

	memset(&dd, 0, sizeof(dd));
	dd.dd_local = sp->sp_to;
	dd.dd_remote = sp->sp_from;
	dd.dd_ecn = sp->sp_ecn;
	dd.dd_data = sp->sp_data;
	dd.dd_len = sp->sp_len;
	door_packet(ds->ds_door, &dd, ds->ds_sim->sm_now);
}

struct sim_side *
door_sim_connect(struct door_sim *ds, const char *name)
{
	return (sim_connect(&ds->ds_sim->sm_node[CLIENT],
	    &ds->ds_sim->sm_node[DOOR], name));
}

/* What the kernel does, or does not. */
static void
at_port(struct sim_node *sn, const struct sim_packet *sp)
{
	struct door_sim	*ds = current;
	int		 slot;

	assert_ptr_equal(sn->sn_sim, ds->ds_sim);
	slot = cid_packet_slot(sp->sp_data, sp->sp_len);
	if (ds->ds_steered && slot > 0 &&
	    slots_owner(&ds->ds_slots, (unsigned int)slot) != NULL)
		quic_endpoint_receive(ds->ds_sim->sm_node[slot].sn_ep, 0,
		    &sp->sp_to, &sp->sp_from, sp->sp_ecn, sp->sp_data,
		    sp->sp_len, ds->ds_sim->sm_now);
	else
		door_sim_knock(ds, sp);
	flush(ds);
}

static void
flush(struct door_sim *ds)
{
	unsigned int	i;

	for (i = 1; i < CLIENT; i++) {
		if (ds->ds_sim->sm_node[i].sn_ep != NULL)
			quic_endpoint_flush(ds->ds_sim->sm_node[i].sn_ep,
			    ds->ds_sim->sm_now);
	}
}

static void
from_worker(void *arg, const struct quic_packet *qp)
{
	struct sim_node		*sn = arg;
	struct door_datagram	 dd;

	memset(&dd, 0, sizeof(dd));
	dd.dd_local = *qp->local;
	dd.dd_remote = *qp->remote;
	dd.dd_ecn = qp->ecn;
	dd.dd_data = qp->data;
	dd.dd_len = qp->len;
	door_stray(current->ds_door, sn->sn_config.slot, &dd,
	    sn->sn_sim->sm_now);
}

static int
to_worker(void *arg, unsigned int slot, const struct door_datagram *dd,
    const struct quic_first *first)
{
	struct door_sim	*ds = arg;
	struct sim	*sm = ds->ds_sim;

	assert_true(slot > DOOR && slot < CLIENT);
	if (ds->ds_away[slot])
		return (-1);
	if (first == NULL) {
		quic_endpoint_receive(sm->sm_node[slot].sn_ep,
		    dd->dd_listener, &dd->dd_local, &dd->dd_remote,
		    dd->dd_ecn, dd->dd_data, dd->dd_len, sm->sm_now);
		return (0);
	}
	ds->ds_first++;
	if (!first->validated)
		ds->ds_unvalidated++;
	quic_endpoint_first(sm->sm_node[slot].sn_ep, dd->dd_listener,
	    &dd->dd_local, &dd->dd_remote, dd->dd_ecn, dd->dd_data,
	    dd->dd_len, first, sm->sm_now);
	return (0);
}

static void
to_sender(void *arg, const struct door_datagram *dd, const uint8_t *p,
    size_t len)
{
	struct door_sim	*ds = arg;

	assert_true(len > 0 && len < dd->dd_len && (p[0] & 0x80));
	ds->ds_replies++;
	ds->ds_reply = p[0];
	sim_send(ds->ds_sim, &dd->dd_local, &dd->dd_remote, 0, p, len);
}

static bool
is_present(void *arg, unsigned int slot)
{
	struct door_sim	*ds = arg;

	return (!ds->ds_away[slot]);
}
