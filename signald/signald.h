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

/* What signald.c and links.c share; nobody else includes this. */
#ifndef WZP_SIGNALD_SIGNALD_H
#define WZP_SIGNALD_SIGNALD_H

#include <ev.h>

#include "common/quic/service.h"
#include "common/quic/ticket.h"
#include "common/quic/tls.h"
#include "common/worker/authcheck.h"
#include "common/worker/keys.h"
#include "common/worker/worker.h"
#include "signald/call_flow.h"
#include "signald/placing.h"
#include "signald/presence.h"
#include "signald/signal_conn.h"

struct signald {
	struct worker		*sd_worker;
	struct msg_settings	 sd_settings;
	struct keys		 sd_keys;
	struct quic_tls		*sd_tls;
	struct ticket_keys	 sd_tickets;
	struct quic_service	*sd_service;
	struct signal_server	*sd_server;
	struct flow		*sd_flow;
	struct placing		*sd_placing;
	struct presence		*sd_presence;
	uint64_t		 sd_presence_due; /* UINT64_MAX: all is said */
	struct authcheck	*sd_authcheck;
	ev_timer		 sd_timer;	/* next limit */
	ev_timer		 sd_deadline;	/* of an orderly stop */
	ev_prepare		 sd_prepare;
	bool			 sd_dirty;	/* something may be queued */
	bool			 sd_stopping;
	bool			 sd_recovered;	/* live calls were read */
	uint64_t		 sd_live_seq;
	uint64_t		 sd_live_due;	/* UINT64_MAX: not asked */
	struct signald_socket {
		int		 fd;
		bool		 receive;
		struct addr	 address;
	}			 sd_sockets[SERVICE_LISTENERS_MAX];
	/* Token keys that came before there was a service: the last two. */
	struct msg_token_key	 sd_token_keys[2];
};

/* One in a process; a call back of authcheck.h carries a connection only. */
extern struct signald	signald;

/* Every way into our modules starts here: they have no clock of their own. */
void	 signald_begin(struct signald *);
/* How much of the limits is used. */
void	 signald_count(struct signald *);
/* The answer to CTL_LIMITS. */
void	 signald_limits(struct signald *, struct channel *,
	    const struct msg_ctl_query *);

/* links.c: channels to the neighbours, and what our modules say to them. */
extern const struct flow_ops	signald_flow_ops;
extern const struct placing_ops	signald_placing_ops;
extern const struct presence_ops signald_presence_ops;
extern const struct signal_ops	signald_signal_ops;

void	 signald_channel(struct worker *, struct channel *, bool data);
void	 signald_channel_lost(struct worker *, enum proc,
	    unsigned int instance, bool data);
void	 signald_message(struct channel *, void *, enum msg_type,
	    const void *, int fd);
/* The neighbours that are there already when we begin to serve. */
void	 signald_links(struct signald *);
/* Somebody came or went (hub_watch()). */
void	 signald_present(void *, const char *fp, bool here);
/* Before the loop sleeps. */
void	 signald_links_turn(struct signald *);
/* Of what the neighbours owe or cannot take; UINT64_MAX: nothing is due. */
uint64_t signald_links_expiry(const struct signald *);
void	 signald_links_expire(struct signald *);

#endif /* WZP_SIGNALD_SIGNALD_H */
