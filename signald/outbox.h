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
 * Call records that registryd has not confirmed yet: one a call, the latest
 * state wins.  While registryd is away, or answers that it could not store a
 * record, records wait here and are repeated.  Only so many are on their way
 * at a time.
 */
#ifndef WZP_SIGNALD_OUTBOX_H
#define WZP_SIGNALD_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

/* Between two attempts at a record that registryd refused (full disk). */
#define OUTBOX_RETRY_NS	UINT64_C(500000000)
/*
 * Records on their way that were not answered yet: at most 0.4 MB, a tenth of
 * what a channel queues.  While registryd waits for its disk the others wait
 * here, one a call.
 */
#define OUTBOX_WINDOW	512
#define OUTBOX_HARD_MAX	(1u << 21)	/* whatever is configured */

struct outbox;

struct outbox_ops {
	/* -1: registryd is away. */
	int	(*send)(void *arg, const struct msg_call_put *);
	/* This record is on disk; it is no longer in the outbox. */
	void	(*confirmed)(void *arg, const struct msg_call_put *);
	/* registryd could not store it; it will be repeated. */
	void	(*refused)(void *arg, const struct msg_call_put *,
		    const char *error);
};

/* Records of ended calls past max are dropped, the oldest first. */
struct outbox	*outbox_new(size_t max, const struct outbox_ops *, void *arg);
void		 outbox_free(struct outbox *);
void		 outbox_set_max(struct outbox *, size_t);
/* Takes a copy and sends it if it can; seq is set here.  -1: no room. */
int		 outbox_put(struct outbox *, const struct msg_call_put *);
/*
 * Forgets the record of a call of which registryd can have nothing on disk.
 * false: it may have, so the end of the call must be recorded.
 */
bool		 outbox_forget(struct outbox *, const char *call_id,
		    uint64_t created_ms);
bool		 outbox_has(const struct outbox *, const char *call_id,
		    uint64_t created_ms);
/* MSG_CALL_COMMITTED. */
void		 outbox_committed(struct outbox *,
		    const struct msg_call_committed *, uint64_t now);
/* registryd is there (again): everything is sent. */
void		 outbox_up(struct outbox *);
void		 outbox_down(struct outbox *);
uint64_t	 outbox_expiry(const struct outbox *);	/* UINT64_MAX: none */
void		 outbox_expire(struct outbox *, uint64_t now);
size_t		 outbox_count(const struct outbox *);
uint64_t	 outbox_dropped(const struct outbox *);

#endif /* WZP_SIGNALD_OUTBOX_H */
