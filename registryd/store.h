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
 * The call registry on disk: SQLite in WAL mode with synchronous=FULL, so
 * that what store_commit() reported is there after a power failure.  All
 * writes happen between store_begin() and store_commit(); every statement is
 * prepared once from constant text.
 */
#ifndef WZP_REGISTRYD_STORE_H
#define WZP_REGISTRYD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

/* Rows that one slice of a query or of pruning handles between commits. */
#define STORE_SLICE	64
/* Another process may hold the database this long before we give up. */
#define STORE_BUSY_MS	250

struct store;

struct store_config {
	const char	*st_path;
	uint64_t	 st_boot_id;
	uint64_t	 st_retention_s;	/* 0: no limit */
	uint64_t	 st_max_records;	/* 0: no limit */
};

enum store_result {
	STORE_OK,
	STORE_REFUSED,		/* this record only; the transaction goes on */
	STORE_FAILED		/* the transaction is lost: roll back */
};

/* A record as a reader sees it. */
struct store_call {
	int64_t			sc_id;
	struct msg_call_put	sc_put;
	uint64_t		sc_packets_in;	/* from members, all */
	uint64_t		sc_bytes_in;
	uint64_t		sc_packets_out;	/* to members */
	uint64_t		sc_bytes_out;
	uint64_t		sc_dropped_out;
	uint64_t		sc_caller_packets_in;
	uint64_t		sc_caller_packets_out;
	uint64_t		sc_callee_packets_in;
	uint64_t		sc_callee_packets_out;
	uint64_t		sc_loss_pct;	/* the worse of the parties */
	uint64_t		sc_rtt_ms;
};

typedef void store_row_fn(void *arg, const struct store_call *);

/*
 * Opens or creates, checks, migrates, and closes as lost what an earlier run
 * of the relay left live, but calls that were direct: these go on.  NULL: why
 * says what is wrong, for an operator.
 */
struct store	*store_open(const struct store_config *, char *why,
		    size_t whylen);
void		 store_close(struct store *);
/* Other limits from now on; pruning comes to it. */
void		 store_set_limits(struct store *, uint64_t retention_s,
		    uint64_t max_records);
/* Calls closed as lost by store_open(). */
uint64_t	 store_lost(const struct store *);

/* -1: store_error() says why, nothing was begun / all was rolled back. */
int		 store_begin(struct store *);
int		 store_commit(struct store *);
void		 store_rollback(struct store *);
enum store_result
		 store_put(struct store *, const struct msg_call_put *);
/* Refused when the call is unknown. */
enum store_result
		 store_media(struct store *, const struct msg_call_media *,
		    uint64_t now_ms);
enum store_result
		 store_prove(struct store *, const char *fp, uint64_t now_ms);
/* 1 proven, 0 not, -1 cannot say. */
int		 store_is_proven(struct store *, const char *fp);

/*
 * The next rows in order: live ones with id > *after, rising; or all / only
 * ended ones with id < *before, falling (start with INT64_MAX), filter NULL
 * or a call_id or fingerprint.  Number of rows, 0 at the end, -1.
 */
int		 store_live(struct store *, int64_t *after, unsigned int max,
		    store_row_fn *, void *arg);
int		 store_history(struct store *, const char *filter,
		    bool ended_only, int64_t *before, unsigned int max,
		    store_row_fn *, void *arg);
/* Removes at most STORE_SLICE ended calls past their time; how many or -1. */
int		 store_prune(struct store *, uint64_t now_ms);
/* Calls that are kept; -1: it cannot be read. */
int		 store_count(struct store *, uint64_t *);
const char	*store_error(const struct store *);

#endif /* WZP_REGISTRYD_STORE_H */
