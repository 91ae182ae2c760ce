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
 * lookupd's client: is this token of a person good, and whose is it
 * (wzp-protocol 5.2)?  Many checks may be under way; each is answered by one
 * call back within AUTHCHECK_LIMIT_MS unless it is cancelled.  A check that
 * cannot be made (lookupd is away, too many under way) is refused at once.
 *
 * signald and mediad own one of these each and pass on two things that only
 * they hear: MSG_AUTH_RESULT (worker_ops.message) and the loss of the channel
 * to PROC_LOOKUPD (worker_ops.channel_lost).
 */
#ifndef WZP_WORKER_AUTHCHECK_H
#define WZP_WORKER_AUTHCHECK_H

#include "common/worker/worker.h"

/* lookupd gives up after 5 s (wzp-protocol 5.2); this is for a silent one. */
#ifndef AUTHCHECK_LIMIT_MS		/* a unit test is less patient */
#define AUTHCHECK_LIMIT_MS	6000
#endif
/* Checks of one worker under way; AUTHCHECK_TOKEN_MAX bytes each. */
#define AUTHCHECK_MAX		256
#define AUTHCHECK_TOKEN_MAX	8192

struct authcheck;

/*
 * The answer.  ok: the token is good and belongs to fingerprint (the text of
 * wzp-protocol 4.2; the caller compares it with the key that is shown).  Not
 * ok: fingerprint is "", error says why, for the log.  Comes from the event
 * loop, never from within authcheck_start(); it may start and cancel checks.
 */
typedef void authcheck_answer(void *arg, bool ok, const char *fingerprint,
    const char *error);

struct authcheck	*authcheck_new(struct worker *);
void			 authcheck_free(struct authcheck *);
/*
 * Begins a check of a token (bytes as in the JSON string, no NUL needed).
 * The id to cancel it by; 0: refused, nobody is called back.
 */
uint64_t		 authcheck_start(struct authcheck *, const void *token,
			    size_t len, authcheck_answer *, void *arg);
/* The connection went: no call back.  An id that is gone or 0 is fine. */
void			 authcheck_cancel(struct authcheck *, uint64_t id);
/* From worker_ops.message. */
void			 authcheck_result(struct authcheck *,
			    const struct msg_auth_result *);
/* From worker_ops.channel_lost of lookupd: whatever waits fails now. */
void			 authcheck_lost(struct authcheck *);
size_t			 authcheck_count(const struct authcheck *);
/* Counters: checks made, good ones, refused ones, unanswered ones. */
void			 authcheck_stats(const struct authcheck *,
			    struct row *);

#endif /* WZP_WORKER_AUTHCHECK_H */
