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
 * Clients and a small relay in virtual time: real QUIC in memory, a link with
 * delay and loss.  The relay is written for the tests of the client only: it
 * does what wzp-protocol 5, 6 and 8 say, keeps every message it got, and can
 * be told to misbehave.
 */
#ifndef WZP_REGRESS_CLIENT_SIM_H
#define WZP_REGRESS_CLIENT_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/client.h"
#include "client/direct/direct.h"
#include "common/base/clock.h"
#include "common/quic/ticket.h"

#define CSIM_CLIENTS	3
#define CSIM_CONNS	64
#define CSIM_LOG	512

struct csim;

struct csim_event {
	enum client_event_type	 type;
	char			 call_id[64];
	char			 text[160];	/* or reason, mode, build */
	char			 by[8];
	unsigned int		 count;
	char			 path[8];
	bool			 e2e;
	char			 words[64];
	struct path_counts	 paths;
	struct media_stats	 media;
};

struct csim_client {
	struct csim		*cl_sim;
	struct client		*cl_client;	/* NULL: not started */
	struct client_config	 cl_config;
	struct identity		 cl_identity;
	char			 cl_fp[IDENTITY_FP_STRLEN];
	struct addr		 cl_addr;
	bool			 cl_deaf;	/* to all but the relay */
	uint64_t		 cl_to_others;	/* packets, not to the relay */
	struct csim_event	 cl_events[CSIM_LOG];
	size_t			 cl_nevents;
	bool			 cl_done;
	bool			 cl_ok;
	uint64_t		 cl_done_at;
};

struct csim_conn {
	struct quic_conn	*co_conn;	/* NULL: gone */
	char			 co_name[QUIC_SNI_MAX];
	struct addr		 co_from;
	char			 co_fp[IDENTITY_FP_STRLEN];
	bool			 co_in;		/* registered, or in the room */
	bool			 co_proven;
	bool			 co_candidates;	/* the feature */
	uint64_t		 co_code;
	char			 co_reason[64];
	bool			 co_by_peer;	/* the client closed it */
	uint64_t		 co_datagrams;
	uint16_t		 co_seq;	/* of its first one */
};

struct csim_packet;

struct csim {
	uint64_t		 cs_now;
	uint64_t		 cs_delay;
	unsigned int		 cs_loss;	/* per 1000 */
	uint64_t		 cs_random;
	struct csim_packet	*cs_packets;
	uint64_t		 cs_order;
	char			 cs_dir[64];

	/* The relay. */
	struct quic_endpoint	*cs_relay;
	struct quic_tls		*cs_tls;
	struct ticket_keys	 cs_tickets;	/* of the next start */
	unsigned int		 cs_resumed;	/* handshakes */
	struct identity		 cs_identity;
	unsigned int		 cs_relays;	/* that there were before */
	struct addr		 cs_addr;
	struct csim_conn	 cs_conns[CSIM_CONNS];
	size_t			 cs_nconns;
	char			*cs_log[CSIM_LOG];	/* "FROM NAME JSON" */
	size_t			 cs_nlog;
	char			 cs_caller[IDENTITY_FP_STRLEN];
	char			 cs_callee[IDENTITY_FP_STRLEN];
	char			 cs_call_id[64];
	struct direct_own	 cs_own[2];	/* of caller and callee */
	bool			 cs_trusted;
	uint32_t		 cs_rounds;
	unsigned int		 cs_reports;	/* MediaPathReport */
	bool			 cs_direct;	/* what the last one said */

	/* Its vices. */
	bool			 cs_dead;	/* hears nothing */
	bool			 cs_deny;	/* no registration */
	bool			 cs_no_ringing;
	bool			 cs_no_setup;
	bool			 cs_bad_answer;	/* CallAnswer signed wrong */
	bool			 cs_refuse;	/* nobody gets into a room */
	bool			 cs_mute;	/* forwards no datagrams */
	bool			 cs_original;	/* knows no features */
	bool			 cs_forge_offer;	/* another key in it */
	bool			 cs_forge_answer;
	bool			 cs_strip;	/* no keys in either */
	const char		*cs_relay_addr;	/* in CallSetup */
	const char		*cs_room;	/* there, NULL: the right one */

	struct csim_client	 cs_client[CSIM_CLIENTS];
};

int		 csim_group_setup(void **);
int		 csim_group_teardown(void **);
struct csim	*csim_new(void);
void		 csim_free(struct csim *);
/* Fills cl_config for the test to change. */
struct csim_client
		*csim_client(struct csim *, unsigned int, enum client_mode,
		    const char *target);
void		 csim_start(struct csim_client *);
/* The client's process ends and another begins with the same files. */
void		 csim_end(struct csim_client *);
/* The same relay, but it has forgotten all connections. */
void		 csim_restart_relay(struct csim *);
/* Another relay with another key at the same address. */
void		 csim_new_relay(struct csim *);
void		 csim_run(struct csim *, unsigned int ms);
/* Until the client has reported the event so many times, at most ms. */
bool		 csim_until(struct csim *, struct csim_client *,
		    enum client_event_type, unsigned int times,
		    unsigned int ms);
bool		 csim_until_done(struct csim *, struct csim_client *,
		    unsigned int ms);
unsigned int	 csim_count(const struct csim_client *,
		    enum client_event_type);
/* The last one, NULL: none. */
const struct csim_event
		*csim_last(const struct csim_client *,
		    enum client_event_type);
/* n-th message (from 0) that the relay got on such a connection, or NULL. */
const char	*csim_message(const struct csim *, const struct csim_client *,
		    const char *name, unsigned int n);
/* The newest connection of a client, NULL: none. */
struct csim_conn
		*csim_conn(struct csim *, const struct csim_client *,
		    const char *name);
/* The relay closes it. */
void		 csim_close(struct csim *, struct csim_conn *,
		    const char *reason);
/* The relay sends a text on it. */
void		 csim_send(struct csim_conn *, const char *);

#endif /* WZP_REGRESS_CLIENT_SIM_H */
