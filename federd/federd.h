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

/* What federd.c, neighbours.c and status.c share; nobody else includes it. */
#ifndef WZP_FEDERD_FEDERD_H
#define WZP_FEDERD_FEDERD_H

#include <ev.h>

#include "common/quic/service.h"
#include "common/quic/tls.h"
#include "common/worker/keys.h"
#include "common/worker/worker.h"
#include "federd/digest.h"
#include "federd/envelope.h"
#include "federd/find.h"
#include "federd/link.h"
#include "federd/media.h"
#include "federd/peers.h"
#include "federd/probe.h"
#include "federd/quota.h"
#include "federd/rooms.h"

/* Generations of a token key that are good (messages.h). */
#define FEDERD_TOKEN_KEYS	2

struct federd {
	struct worker		*fd_worker;
	struct keys		 fd_keys;
	uint8_t			 fd_own[TLS_HASH_LEN];
	struct quic_tls		*fd_tls;
	struct quic_tls		*fd_tls_client;
	struct quic_service	*fd_service;
	struct msg_token_key	 fd_token_keys[FEDERD_TOKEN_KEYS];
	size_t			 fd_ntokens;
	struct federd_socket {
		int		 fs_fd;
		struct addr	 fs_address;
		bool		 fs_receive;
	}			 fd_sockets[SERVICE_LISTENERS_MAX];
	struct limiter		*fd_limiter;
	struct peers		*fd_peers;
	struct links		*fd_links;
	struct envelope		*fd_envelope;
	struct digest		*fd_digest;
	struct find		*fd_find;
	struct fedmedia		*fd_media;
	struct fedrooms		*fd_rooms;
	struct probes		*fd_probes;
	/* What was named before there was somebody to take it. */
	char			 fd_globals[FEDROOMS_GLOBALS_MAX][ROOM_STRLEN];
	size_t			 fd_nglobals;
	struct msg_probe_target	 fd_targets[PROBE_TARGETS_MAX];
	size_t			 fd_ntargets;
	ev_timer		 fd_timer;	/* next limit */
	ev_timer		 fd_deadline;	/* of an orderly stop */
	ev_prepare		 fd_prepare;
	uint64_t		 fd_now;	/* that all modules have */
	bool			 fd_dirty;	/* something may be queued */
	bool			 fd_stopping;
	uint64_t		 fd_others;	/* not for us at all */
	uint64_t		 fd_broken;	/* handshakes that failed */
};

/* Every way into our modules starts here: they have no clock of their own. */
void	 federd_begin(struct federd *);

/* neighbours.c: other processes, and what our modules say to each other. */
extern const struct peers_ops		federd_peers_ops;
extern const struct links_ops		federd_links_ops;
extern const struct envelope_ops	federd_envelope_ops;
extern const struct find_ops		federd_find_ops;
extern const struct fedmedia_ops	federd_media_ops;
extern const struct fedrooms_ops	federd_rooms_ops;
extern const struct probes_ops		federd_probes_ops;

void	 federd_channel(struct worker *, struct channel *, bool data);
void	 federd_channel_lost(struct worker *, enum proc,
	    unsigned int instance, bool data);
void	 federd_message(struct channel *, void *, enum msg_type,
	    const void *, int fd);
void	 federd_federation(struct worker *, enum msg_type, const void *,
	    int fd);
/* The processes that are there already when we begin to serve. */
void	 federd_neighbours(struct federd *);

/* status.c: for the control tool. */
void	 federd_query(struct federd *, struct channel *,
	    const struct msg_ctl_query *);
void	 federd_stats(struct worker *, struct row *);

#endif /* WZP_FEDERD_FEDERD_H */
