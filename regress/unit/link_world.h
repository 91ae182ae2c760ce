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
 * Up to three relays of ours in virtual time, each with its peers and links
 * over a simulated QUIC endpoint, and room for originals beside them.
 */
#ifndef WZP_REGRESS_LINK_WORLD_H
#define WZP_REGRESS_LINK_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/identity.h"
#include "federd/link.h"
#include "regress/unit/quic_sim.h"

#define RELAYS		3
#define ORIGINAL	4	/* its node: dials, or accepts */
#define STRANGER	5
#define LOG_MAX		4096

struct relay {
	struct world		*r_world;
	struct sim_node		*r_node;
	uint8_t			 r_secret[32];
	uint8_t			 r_cert[IDENTITY_CERT_MAX];
	size_t			 r_cert_len;
	uint8_t			 r_hash[TLS_HASH_LEN];
	struct quic_tls		*r_server;
	struct quic_tls		*r_client;
	struct peers		*r_peers;
	struct links		*r_links;
	struct msg_peer		 r_stanzas[RELAYS + 1];
	size_t			 r_nstanzas;
	struct msg_dial		 r_dial[8];
	size_t			 r_ndial;
	unsigned int		 r_listener;
	unsigned int		 r_released;
	/* What was heard of the neighbours, as letters. */
	char			 r_log[LOG_MAX];
	unsigned int		 r_ups;
	unsigned int		 r_downs;
	unsigned int		 r_signals;
	char			 r_room[ROOM_STRLEN];	/* of the last one */
	struct neighbour	*r_nb;		/* the last that came up */
	struct media_conn	*r_media;
	unsigned int		 r_datagrams;
	unsigned int		 r_bare;
	uint8_t			 r_datagram[64];
	size_t			 r_datagram_len;
	struct quic_conn	*r_conn;	/* on which a signal came */
	struct quic_close	 r_closed;	/* the last one */
	char			 r_reason[64];
};

struct world {
	struct sim	*w_sim;
	struct relay	 w_relays[RELAYS];
};

extern const char	*world_addresses[RELAYS];

/* Before each call of a relay's modules: the time. */
struct relay	*relay_begin(void *arg);
/* Relays without stanzas; asserts that it could. */
struct world	*world_new(uint64_t seed);
void	 world_free(struct world *w);
/* A stanza, changed by who wants it different before relay_load(). */
struct msg_peer	*relay_peer(struct relay *r, const char *name,
	    const char *address, const uint8_t hash[TLS_HASH_LEN]);
/* All its stanzas, as relayd says them. */
void	 relay_load(struct relay *r);
void	 world_run(struct world *w, uint64_t until);
void	 world_wait(struct world *w, unsigned int s);
/* Relays 0 and 1 know each other; who dials is said by the mask. */
struct world	*world_pair(uint64_t seed, unsigned int dials);
/* Of the first stanza. */
enum peer_state	relay_state(struct relay *r);
struct signal	room_active(const char *room);

#endif /* WZP_REGRESS_LINK_WORLD_H */
