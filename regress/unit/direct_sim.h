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
 * Two clients' direct paths (client/direct) over QUIC in virtual time, with
 * NATs between them and a relay for their signals, which can be told to lie.
 */
#ifndef WZP_REGRESS_DIRECT_SIM_H
#define WZP_REGRESS_DIRECT_SIM_H

#include "client/direct/direct.h"
#include "common/wire/identity.h"
#include "regress/unit/quic_sim.h"

#define DSIM_CONNS	64
#define DSIM_RULES	64
#define DSIM_ID		"3f1c"
#define DSIM_NAME	"call-call-3f1c"

enum dsim_nat {
	NAT_OPEN,	/* none */
	NAT_FULL,	/* lets everybody in */
	NAT_PORT,	/* only who was written to */
	NAT_SYMMETRIC,	/* the same, and a port of its own for each */
	NAT_SHUT	/* nothing in */
};

struct dsim;

struct dsim_side {
	struct dsim		*ds_sim;
	unsigned int		 ds_index;
	struct sim_node		*ds_node;
	struct link_shared	 ds_shared;
	struct direct		*ds_direct;
	struct identity		 ds_identity;
	struct e2e		*ds_e2e;
	struct direct_own	 ds_own;
	enum dsim_nat		 ds_nat;
	struct addr		 ds_outside;	/* behind a NAT: as seen */
	struct addr		 ds_let[DSIM_RULES];
	size_t			 ds_nlet;
	/* Connections that are complete and not over. */
	struct quic_conn	*ds_conn[DSIM_CONNS];
	size_t			 ds_nconns;
	unsigned int		 ds_most;	/* at a time */
	unsigned int		 ds_refusals;	/* by direct_accept() */
	unsigned int		 ds_accepted;
	unsigned int		 ds_messages;	/* proofs, if all is well */
	/* What direct.h called. */
	unsigned int		 ds_ups;
	unsigned int		 ds_downs;
	bool			 ds_up;
	struct addr		 ds_remote;
	unsigned int		 ds_dial_relay;
	unsigned int		 ds_decided;
	bool			 ds_decided_direct;
	unsigned int		 ds_said;	/* CallCandidates */
	bool			 ds_reported;
	char			 ds_refused[128];
	unsigned int		 ds_hangups;
	unsigned int		 ds_datagrams;
	uint8_t			 ds_last;
	unsigned int		 ds_checks;
	unsigned int		 ds_stale;	/* sent from what is gone */
	bool			 ds_relay_ok;	/* how its dial ends */
};

struct dsim_signal;

struct dsim {
	struct sim		*dm_sim;
	struct dsim_side	 dm_side[2];	/* 0: the caller */
	struct dsim_signal	*dm_signals;
	uint32_t		 dm_round;
	uint64_t		 dm_punch_at;
	uint64_t		 dm_last_punch;
	bool			 dm_trickle;
	/* Its vices, and the network's. */
	const char		*dm_instead;	/* of each address: this one */
	bool			 dm_lan;	/* both are in one */
	bool			 dm_cut;	/* nothing but the relay */
	bool			 dm_no_relay;	/* no signals any more */
	/* Sees direct packets; false: lost. */
	bool			(*dm_filter)(struct dsim *,
				    struct sim_packet *);
	void			*dm_arg;
};

/*
 * sealed: with an end-to-end secret.  Addresses: what each side's socket has;
 * outside is "" without a NAT.
 */
struct dsim	*dsim_new(uint64_t seed, bool trickle, bool sealed);
void		 dsim_side(struct dsim *, unsigned int, const char *addr,
		    const char *addr6, enum dsim_nat, const char *outside);
/* direct_new() and what CallSetup says. */
void		 dsim_start(struct dsim *);
void		 dsim_start_side(struct dsim *, unsigned int);
void		 dsim_free(struct dsim *);
void		 dsim_run(struct dsim *, unsigned int ms);
bool		 dsim_until(struct dsim *, bool (*)(struct dsim *),
		    unsigned int ms);
bool		 dsim_both_up(struct dsim *);
/* Exactly one connection on each side, and the same (by its exporter). */
bool		 dsim_same(struct dsim *);
/* n datagrams each way, 20 ms apart; how many arrived at the fewer. */
unsigned int	 dsim_talk(struct dsim *, unsigned int n);
/* The secret of the callee becomes another. */
void		 dsim_other_secret(struct dsim *);

#endif /* WZP_REGRESS_DIRECT_SIM_H */
