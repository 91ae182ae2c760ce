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
 * A network in memory for tests of common/quic: endpoints with addresses, a
 * link with delay, jitter, loss and a clock of its own.  Nothing sleeps.
 */
#ifndef WZP_REGRESS_QUIC_SIM_H
#define WZP_REGRESS_QUIC_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/quic/endpoint.h"
#include "common/quic/tls.h"

#define SIM_NODES	8
#define SIM_MESSAGES	2048

struct sim;
struct sim_packet;

/* What one side of a connection has seen. */
struct sim_side {
	struct sim_node		*ss_node;
	struct quic_conn	*ss_conn;	/* NULL once closed */
	char			 ss_name[QUIC_SNI_MAX];
	bool			 ss_established;
	uint64_t		 ss_established_at;
	unsigned int		 ss_messages;
	unsigned int		 ss_next;	/* number expected next */
	bool			 ss_disorder;
	uint8_t			 ss_last[65536];	/* last message */
	size_t			 ss_last_len;
	uint8_t			 ss_uni[512];
	size_t			 ss_uni_len;
	bool			 ss_uni_fin;
	unsigned int		 ss_datagrams;
	uint8_t			 ss_datagram[2048];
	size_t			 ss_datagram_len;
	uint8_t			 ss_cert[32];
	bool			 ss_closed;
	uint64_t		 ss_closed_at;
	struct quic_close	 ss_close;	/* reason: in ss_reason */
	char			 ss_reason[256];
	struct sim_side		*ss_next_side;
};

struct sim_node {
	struct sim		*sn_sim;
	struct quic_endpoint	*sn_ep;
	struct quic_ops		 sn_ops;
	struct quic_config	 sn_config;
	struct addr		 sn_addr;
	struct addr		 sn_addr2;	/* another one, if set */
	struct sim_side		*sn_sides;	/* newest first */
	uint64_t		 sn_sent;	/* packets */
	uint64_t		 sn_received;
	uint64_t		 sn_short_sent;	/* of them, short header */
	size_t			 sn_longest;
	bool			 sn_refuse_cert;
	bool			 sn_refuse_name;
	bool			 sn_dead;	/* hears and says nothing */
	/* Gets no packets of the network: somebody hands them to it. */
	bool			 sn_behind;
	/* Hooks of a test; may be NULL. */
	void			(*sn_on_established)(struct sim_side *);
	void			(*sn_on_datagram)(struct sim_side *,
				    const uint8_t *, size_t);
	void			(*sn_on_message)(struct sim_side *);
	/* Instead of an endpoint: gets the packets as they come. */
	void			(*sn_raw)(struct sim_node *,
				    const struct sim_packet *);
};

struct sim_packet {
	uint64_t		 sp_at;
	uint64_t		 sp_order;
	struct addr		 sp_from;
	struct addr		 sp_to;
	uint8_t			 sp_ecn;
	size_t			 sp_len;
	uint8_t			 sp_data[2048];
	struct sim_packet	*sp_next;
};

struct sim {
	uint64_t		 sm_now;
	uint64_t		 sm_seed;
	uint64_t		 sm_random;
	uint64_t		 sm_order;
	uint64_t		 sm_delay;	/* ns, one way */
	uint64_t		 sm_jitter;	/* ns, so also reordering */
	unsigned int		 sm_loss;	/* per 1000 */
	struct sim_node		 sm_node[SIM_NODES];
	struct sim_packet	*sm_packets;	/* sorted */
	struct quic_tls		*sm_server_tls;
	struct quic_tls		*sm_client_tls;
	struct quic_tls		*sm_original_tls;
	bool			 sm_signer_fails;
	bool			 sm_signer_lies;
	unsigned int		 sm_signatures;
	void			*sm_key;	/* EVP_PKEY of the signer */
	uint8_t			 sm_cert_sha256[32];
	uint8_t			 sm_cert[1024];
	size_t			 sm_cert_len;
	/* Sees every packet before the link; false: it is lost. */
	bool			(*sm_filter)(struct sim *,
				    struct sim_packet *);
	uint64_t		 sm_extra;	/* set by it: delay, once */
	void			*sm_arg;
};

/* Once in a program: TLS is set up. */
int		 sim_group_setup(void **);
int		 sim_group_teardown(void **);

struct sim	*sim_new(uint64_t seed);
void		 sim_free(struct sim *);
uint64_t	 sim_random(struct sim *);
/*
 * Node i at an address text; fills sn_config with defaults, for the test to
 * change before sim_start().
 */
struct sim_node	*sim_node(struct sim *, unsigned int i, const char *addr,
		    bool server, bool as_original);
void		 sim_start(struct sim_node *);
struct sim_side	*sim_connect(struct sim_node *, const struct sim_node *to,
		    const char *sni);
/* A connection that the test dialled itself. */
struct sim_side	*sim_adopt(struct sim_node *, struct quic_conn *);
/* Runs until the clock shows until. */
void		 sim_run(struct sim *, uint64_t until);
/* Runs until done(arg), at most limit more; whether it was. */
bool		 sim_until(struct sim *, bool (*done)(void *), void *arg,
		    uint64_t limit);
void		 sim_flush(struct sim *);
/* Puts a packet on the link. */
void		 sim_send(struct sim *, const struct addr *from,
		    const struct addr *to, uint8_t ecn, const uint8_t *,
		    size_t);
/* One message with number n in it, padded to len; the receiver counts. */
int		 sim_message(struct sim_side *, unsigned int n, size_t len);
/* The other end of a connection dialled to node. */
struct sim_side	*sim_server_side(struct sim_node *);
/* A pair of nodes 0 (server) and 1 (client), connected by `name`. */
struct sim	*sim_pair(uint64_t seed, const char *name, bool as_original,
		    struct sim_side **client, struct sim_side **server);

bool		 sim_is_established(void *side);
bool		 sim_is_closed(void *side);

#endif /* WZP_REGRESS_QUIC_SIM_H */
