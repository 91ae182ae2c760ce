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
 * The relay's port in memory: the door (doord/door.h) in front of workers
 * that are endpoints of quic_sim.h, with the kernel's steering or without.
 */
#ifndef WZP_REGRESS_DOOR_SIM_H
#define WZP_REGRESS_DOOR_SIM_H

#include "doord/door.h"
#include "regress/unit/quic_sim.h"

/* Slots, and nodes of the simulation. */
#define DOOR		0
#define SIGNALD		1
#define MEDIAD		2
#define MEDIAD1		3
#define FEDERD		4
#define CLIENT		5	/* no slot */

#define RELAY_ADDR	"192.0.2.1:4433"
#define CLIENT_ADDR	"198.51.100.7:5555"

struct door_sim {
	struct sim		*ds_sim;
	struct door		*ds_door;
	struct slots		 ds_slots;
	struct placement	*ds_placement;
	struct validate		 ds_validate;
	bool			 ds_steered;
	bool			 ds_away[SLOTS_MAX];
	unsigned int		 ds_replies;	/* of the door */
	uint8_t			 ds_reply;	/* first byte of the last */
	unsigned int		 ds_first;	/* given as first flight */
	unsigned int		 ds_unvalidated;	/* of them */
};

/* A relay with doord, signald and one mediad, and a client. */
struct door_sim	*door_sim_new(uint64_t seed, bool original, bool steered);
void		 door_sim_free(struct door_sim *);
/* One more worker; its slot is also the number of its node. */
void		 door_sim_worker(struct door_sim *, unsigned int slot,
		    enum proc, unsigned int instance);
/* A datagram for the door, past the network. */
void		 door_sim_knock(struct door_sim *, const struct sim_packet *);
struct sim_side	*door_sim_connect(struct door_sim *, const char *name);

#endif /* WZP_REGRESS_DOOR_SIM_H */
