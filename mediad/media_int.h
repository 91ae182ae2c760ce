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
 * Media connections from the inside; shared by media.c (who is there, and what
 * is due) and join.c (the way in).  Everybody else uses media.h.
 */
#ifndef WZP_MEDIAD_MEDIA_INT_H
#define WZP_MEDIAD_MEDIA_INT_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/notice.h"
#include "common/base/rate.h"
#include "common/ipc/visitor.h"
#include "mediad/media.h"

/*
 * Each state has a list: what a connection waits for is what it waits on.
 * All times on one list have the same length, so its head is the first one
 * due.
 */
enum conn_state {
	CONN_OFFER,		/* for the client's AuthToken or CallOffer */
	CONN_CHECK,		/* for lookupd's word about the token */
	CONN_SIGNING,		/* for its turn at keyd */
	CONN_HELD,		/* for the admission of its call */
	CONN_MEMBER,		/* in a room */
	CONN_CALL,		/* in a call room: for the next report */
	CONN_CLOSING,		/* for closed() */
	CONN_STATES
};

struct conn {
	TAILQ_ENTRY(conn)	 co_entry;
	struct media		*co_media;
	struct quic_conn	*co_quic;
	enum conn_state		 co_state;
	uint64_t		 co_since;	/* in it; CONN_CALL: reported */
	uint64_t		 co_check;	/* at lookupd; 0: none */
	uint8_t			*co_kept;	/* came during the check */
	size_t			 co_kept_len;
	bool			 co_has_token;
	char			 co_token_fp[FP_STRLEN];
	struct rate		 co_rate;	/* of datagrams */
	struct visitor		 co_visitor;
	struct member		 co_member;
};
TAILQ_HEAD(conn_list, conn);

struct media {
	struct media_config	 md_config;
	struct rooms		*md_rooms;
	struct admissions	*md_admissions;
	struct replay		*md_replay;
	struct roster		*md_roster;
	struct federate		*md_federate;
	struct limiter		*md_limiter;
	uint64_t		 md_roster_due;	/* UINT64_MAX: it is told */
	struct conn_list	 md_lists[CONN_STATES];
	size_t			 md_counts[CONN_STATES];
	size_t			 md_kept;	/* bytes */
	bool			 md_admitted;	/* all there was at our start */
	bool			 md_recheck;	/* the held ones */
	bool			 md_unsent;	/* closed outside of a turn */
	bool			 md_retiring;
	bool			 md_drained;	/* and said so */
	struct media_counters	 md_counters;
	struct notice		 md_closed;
	struct notice		 md_malformed;
	struct notice		 md_broken;
	struct notice		 md_unfinished;
};

/* media.c: it waits for something else from now on. */
void	 media_state(struct conn *, enum conn_state);
/* Closed; why is for the log. */
void	 media_refuse(struct conn *, const char *why);
/* The same person came anew. */
void	 media_replaced(struct conn *);
/* Frees what only a connection on its way in has. */
void	 media_forget(struct conn *);

/* join.c: its first signals, AuthToken and CallOffer. */
void	 join_token(struct conn *, const uint8_t *, size_t);
/* One that came before lookupd's word about the token. */
void	 join_keep(struct conn *, const uint8_t *, size_t);
void	 join_offer(struct conn *, const uint8_t *, size_t);
/* Its turn at keyd. */
void	 join_answer(struct conn *, uint64_t now);
/* Into its call's room, if it is admitted there. */
void	 join_admit(struct conn *, uint64_t now);

#endif /* WZP_MEDIAD_MEDIA_INT_H */
