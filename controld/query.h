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
 * What an operator asks, and which workers have to answer it.  A request is
 * one line, `show WHAT [FILTER]', `peer NAME up' (down) or `reload'; it goes
 * to all workers concerned at once, their rows come back as JSON lines in the
 * order of arrival, and a last line says {"end":true} or {"error":"..."}.  No
 * sockets and no clock in here.
 */
#ifndef WZP_CONTROLD_QUERY_H
#define WZP_CONTROLD_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/ipc/messages.h"

#define QUERY_MAX		64	/* at a time: one a control client */
#define QUERY_INSTANCES		64	/* of one role */
#define QUERY_ASKS_MAX		(QUERY_INSTANCES + PROC_MAX)
/*
 * Questions that one worker may owe us answers to, those that we no longer
 * wait for included: with more a stopped worker's channel would fill up, and
 * their rows that of a busy one.
 */
#define QUERY_OWED_MAX		16
#define QUERY_LIMIT_NS		(2 * NS_PER_S)
#define QUERY_RELOAD_NS		(10 * NS_PER_S)
/* Rows that are asked for; calls: newest first, a screenful or two. */
#define QUERY_CALLS_LIMIT	100
#define QUERY_ROWS_LIMIT	1000

struct queries;

struct request {
	enum ctl_what	rq_what;
	enum proc	rq_proc;	/* PROC_MAX: everybody */
	bool		rq_admin;	/* not on a read-only socket */
	uint64_t	rq_limit;
	uint64_t	rq_wait;	/* ns */
	char		rq_filter[128];
};

struct query_ops {
	/*
	 * -1: that worker is away.  The answer may come from within (controld
	 * asks itself, too).
	 */
	int	(*ask)(void *arg, enum proc, unsigned int instance,
		    const struct msg_ctl_query *);
	/* Is it there? */
	bool	(*present)(void *arg, enum proc, unsigned int instance);
	/* A line for the client; -1: it takes no more. */
	int	(*line)(void *client, const char *, size_t);
	/* The last line was written. */
	void	(*done)(void *client);
};

/* -1: *why says what is wrong, in words for the operator. */
int		 request_parse(const char *, size_t, struct request *,
		    const char **why);

struct queries	*queries_new(const struct query_ops *, void *arg);
void		 queries_free(struct queries *);
/* The limits that are in force. */
void		 queries_settings(struct queries *,
		    const struct msg_settings *);
/* Ends in ops->done, perhaps from within. */
void		 query_start(struct queries *, void *client,
		    const struct request *, uint64_t now);
/* Only the error line, for a request that never became a query. */
void		 query_error(struct queries *, void *client, const char *);
/* The client is gone: no more calls for it. */
void		 query_cancel(struct queries *, const void *client);
/*
 * From a worker.  -1: it was not asked, or that is no row; nothing but its own
 * answer suffers.  What comes after the time limit is dropped silently.
 */
int		 query_row(struct queries *, enum proc, unsigned int instance,
		    const struct msg_ctl_row *);
int		 query_end(struct queries *, enum proc, unsigned int instance,
		    const struct msg_ctl_end *);
/* That worker died. */
void		 query_lost(struct queries *, enum proc,
		    unsigned int instance);
uint64_t	 queries_expiry(const struct queries *);
void		 queries_expire(struct queries *, uint64_t now);
size_t		 queries_count(const struct queries *);

#endif /* WZP_CONTROLD_QUERY_H */
