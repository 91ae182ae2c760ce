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
 * Group commit: what arrives is queued, and one transaction takes all of it.
 * Records that fail are answered one by one, all others with one message that
 * carries the highest sequence number.  Proofs and media counters that could
 * not be written are kept and tried again.
 */
#ifndef WZP_REGISTRYD_COMMIT_H
#define WZP_REGISTRYD_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"
#include "registryd/store.h"

/* A batch is committed at the latest when it has this many parts. */
#define COMMIT_BATCH_MAX	1024
/* Proofs and counters kept over a failure; past it the oldest are lost. */
#define COMMIT_KEEP_MAX		4096

struct commit;

struct commit_ops {
	void	(*committed)(void *arg, const struct msg_call_committed *);
	void	(*proven)(void *arg, const struct msg_proven_answer *);
};

struct commit_stats {
	uint64_t	cs_batches;	/* transactions */
	uint64_t	cs_failed;	/* of these */
	uint64_t	cs_records;
	uint64_t	cs_refused;
	uint64_t	cs_lost;	/* proofs and counters */
};

struct commit	*commit_new(struct store *, const struct commit_ops *,
		    void *arg);
void		 commit_free(struct commit *);
/* -1: no memory; a record was answered as failed. */
int		 commit_put(struct commit *, const struct msg_call_put *);
int		 commit_media(struct commit *, const struct msg_call_media *);
int		 commit_prove(struct commit *, const struct msg_proven_put *);
/* Answered after everything queued before it was written. */
int		 commit_query(struct commit *,
		    const struct msg_proven_query *);
/* Something new waits, or enough of it. */
bool		 commit_wanted(const struct commit *);
bool		 commit_full(const struct commit *);
/* Something kept waits for another try. */
bool		 commit_kept(const struct commit *);
/* One transaction with all of it.  -1: it failed (all was answered). */
int		 commit_run(struct commit *, uint64_t now_ms);
const struct commit_stats
		*commit_stats(const struct commit *);

#endif /* WZP_REGISTRYD_COMMIT_H */
