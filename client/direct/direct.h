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
 * The direct connection of a call: candidates of both sides, and a QUIC
 * connection between the two clients that carries media once it has proved to
 * end at the person called (doc/E2E).  With an original on the other side it is
 * the race of wzp-protocol 7.6 instead, without proof.
 */
#ifndef WZP_CLIENT_DIRECT_DIRECT_H
#define WZP_CLIENT_DIRECT_DIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/e2e/e2e.h"
#include "client/link.h"
#include "common/wire/signal.h"

#define DIRECT_CANDIDATES_MAX	8	/* of ours; what relays pass on */

struct direct_ops {
	/* To the relay: CallCandidates, MediaPathReport. */
	int	(*signal)(void *, const struct signal *);
	/* A check, beside QUIC. */
	void	(*check)(void *, unsigned int listener,
		    const struct addr *remote, const uint8_t *, size_t);
	/* May carry media; again after it was down. */
	void	(*up)(void *, const struct addr *local,
		    const struct addr *remote);
	void	(*down)(void *, const char *why);
	void	(*datagram)(void *, const uint8_t *, size_t);
	/*
	 * Race only: the relay is to be dialled now; the race is over, and
	 * media may begin (on the direct path if `up' came before).
	 */
	void	(*dial_relay)(void *);
	void	(*decided)(void *, bool direct);
	/* For people: the direct path was refused, and why. */
	void	(*refused)(void *, const char *why);
	/*
	 * Hangup of this call, said by the other on a connection that it has
	 * proved to be its own.  May be NULL.
	 */
	void	(*told)(void *, const struct signal *);
};

/* Our own addresses as they go into offers and answers. */
struct direct_own {
	char	do_reflexive[ADDR_STRLEN];		/* "": not known */
	char	do_local[DIRECT_CANDIDATES_MAX][ADDR_STRLEN];
	size_t	do_nlocal;
};

struct direct;

/*
 * One a call.  e2e NULL or not ready: an original is on the other side.
 * trickle: both sides and the relay know CallCandidates.
 */
struct direct	*direct_new(struct link_shared *, const char *call_id,
		    const struct e2e *, bool caller, bool trickle,
		    const struct direct_ops *, void *arg);
/* Closes what there is; nothing is called back. */
void		 direct_free(struct direct *);
/* CallSetup: begins. */
void		 direct_start(struct direct *, const struct direct_own *,
		    const struct sig_call_setup *);
/* Other addresses of ours, in mid-call: a new generation. */
void		 direct_own_changed(struct direct *,
		    const struct direct_own *);
/*
 * All addresses that this host has now, before anything else is sent: a
 * connection from another one is given up.
 */
void		 direct_hosts(struct direct *, const struct addr *, size_t n);
/* Look for a path again: the one in use is silent. */
void		 direct_again(struct direct *);
/* CallCandidates, CallPunch, MediaPathReport of this call. */
void		 direct_signal(struct direct *, const struct signal *);
/* Race: how the relay's dial ended. */
void		 direct_relay(struct direct *, bool ok);
void		 direct_check(struct direct *, unsigned int listener,
		    const struct addr *local, const struct addr *remote,
		    const uint8_t *, size_t);
/* ops->accept of the endpoint: is this ClientHello ours to take? */
bool		 direct_accept(struct direct *, struct quic_conn *,
		    const char *name);
/* 0: sent; -1: there is no proven connection, or it did not take it. */
int		 direct_send(struct direct *, const uint8_t *, size_t);
/*
 * Says Hangup to the other itself: the relay may be away.  -1: there is no
 * proven connection.
 */
int		 direct_tell(struct direct *, const struct signal *);
bool		 direct_stats(const struct direct *, struct quic_stats *);
/* Checks and connections that were refused: not the other's. */
uint64_t	 direct_strangers(const struct direct *);
/* When the last packet of any kind came on it; 0: never. */
uint64_t	 direct_heard(const struct direct *);
void		 direct_expire(struct direct *);
uint64_t	 direct_expiry(const struct direct *);

#endif /* WZP_CLIENT_DIRECT_DIRECT_H */
