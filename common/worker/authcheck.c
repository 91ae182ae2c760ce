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
 * lookupd's client (see authcheck.h).  An id is the number of its entry plus
 * a count above it, so a late answer never meets the entry's next check.  All
 * checks have the same limit, so one timer for the oldest is enough.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/worker/authcheck.h"

struct check {
	uint64_t		 ch_id;		/* 0: free */
	uint64_t		 ch_due;	/* monotonic ns */
	authcheck_answer	*ch_answer;
	void			*ch_arg;
};

struct authcheck {
	struct worker	*ac_worker;
	ev_timer	 ac_timer;
	uint64_t	 ac_last;		/* counts checks */
	size_t		 ac_count;		/* under way */
	uint64_t	 ac_checked;
	uint64_t	 ac_good;
	uint64_t	 ac_refused;		/* not even begun */
	uint64_t	 ac_unanswered;
	struct check	 ac_checks[AUTHCHECK_MAX];
};

static struct check	*check_of(struct authcheck *, uint64_t);
static void		 check_end(struct authcheck *, struct check *, bool,
			    const char *, const char *);
static void		 authcheck_arm(struct authcheck *);
static void		 authcheck_timer(struct ev_loop *, ev_timer *, int);

struct authcheck *
authcheck_new(struct worker *w)
{
	struct authcheck	*ac;

	if ((ac = calloc(1, sizeof(*ac))) == NULL)
		return (NULL);
	ac->ac_worker = w;
	ev_timer_init(&ac->ac_timer, authcheck_timer, 0., 0.);
	ac->ac_timer.data = ac;
	return (ac);
}

void
authcheck_free(struct authcheck *ac)
{
	if (ac == NULL)
		return;
	ev_timer_stop(worker_loop(ac->ac_worker), &ac->ac_timer);
	free(ac);
}

uint64_t
authcheck_start(struct authcheck *ac, const void *token, size_t len,
    authcheck_answer *answer, void *arg)
{
	struct msg_auth_check	 msg;
	struct channel		*ch;
	struct check		*c;
	size_t			 i;

	if (len > AUTHCHECK_TOKEN_MAX || ac->ac_count == AUTHCHECK_MAX ||
	    (ch = worker_channel(ac->ac_worker, PROC_LOOKUPD, 0)) == NULL)
		goto refuse;
	for (i = 0; ac->ac_checks[i].ch_id != 0; i++)
		continue;
	c = &ac->ac_checks[i];
	msg.seq = ++ac->ac_last * AUTHCHECK_MAX + i;
	msg.token.data = token;
	msg.token.len = len;
	if (channel_send(ch, MSG_AUTH_CHECK, &msg) == -1)
		goto refuse;
	c->ch_id = msg.seq;
	c->ch_due = clock_mono_ns() + AUTHCHECK_LIMIT_MS * NS_PER_MS;
	c->ch_answer = answer;
	c->ch_arg = arg;
	ac->ac_count++;
	ac->ac_checked++;
	if (!ev_is_active(&ac->ac_timer))
		authcheck_arm(ac);
	return (c->ch_id);
refuse:
	ac->ac_refused++;
	return (0);
}

static struct check *
check_of(struct authcheck *ac, uint64_t id)
{
	struct check	*c = &ac->ac_checks[id % AUTHCHECK_MAX];

	return (id != 0 && c->ch_id == id ? c : NULL);
}

/* The entry is free before its owner hears of it: it may start another. */
static void
check_end(struct authcheck *ac, struct check *c, bool ok,
    const char *fingerprint, const char *error)
{
	c->ch_id = 0;
	ac->ac_count--;
	if (ok)
		ac->ac_good++;
	c->ch_answer(c->ch_arg, ok, fingerprint, error);
}

void
authcheck_cancel(struct authcheck *ac, uint64_t id)
{
	struct check	*c;

	if ((c = check_of(ac, id)) == NULL)
		return;
	c->ch_id = 0;
	ac->ac_count--;
}

void
authcheck_result(struct authcheck *ac, const struct msg_auth_result *msg)
{
	struct check	*c;

	/* Cancelled or given up since. */
	if ((c = check_of(ac, msg->seq)) == NULL)
		return;
	if (msg->ok && msg->fingerprint[0] != '\0')
		check_end(ac, c, true, msg->fingerprint, "");
	else
		check_end(ac, c, false, "", msg->error[0] != '\0' ?
		    msg->error : "refused");
}

void
authcheck_lost(struct authcheck *ac)
{
	size_t	i;

	if (ac->ac_count > 0)
		log_warnx("lookupd is gone, %zu checks of tokens failed",
		    ac->ac_count);
	/* Nobody can begin a new one meanwhile: there is no channel. */
	for (i = 0; i < AUTHCHECK_MAX; i++)
		if (ac->ac_checks[i].ch_id != 0) {
			ac->ac_unanswered++;
			check_end(ac, &ac->ac_checks[i], false, "",
			    "lookupd is gone");
		}
}

static void
authcheck_arm(struct authcheck *ac)
{
	struct ev_loop	*loop = worker_loop(ac->ac_worker);
	uint64_t	 due = UINT64_MAX, now;
	size_t		 i;

	ev_timer_stop(loop, &ac->ac_timer);
	if (ac->ac_count == 0)
		return;
	for (i = 0; i < AUTHCHECK_MAX; i++)
		if (ac->ac_checks[i].ch_id != 0 &&
		    ac->ac_checks[i].ch_due < due)
			due = ac->ac_checks[i].ch_due;
	now = clock_mono_ns();
	ev_now_update(loop);
	ev_timer_set(&ac->ac_timer, due <= now ? 0. :
	    (double)(due - now) / (double)NS_PER_S, 0.);
	ev_timer_start(loop, &ac->ac_timer);
}

static void
authcheck_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct authcheck	*ac = timer->data;
	uint64_t		 now = clock_mono_ns();
	size_t			 i;

	(void)loop;
	(void)events;
	for (i = 0; i < AUTHCHECK_MAX; i++)
		if (ac->ac_checks[i].ch_id != 0 &&
		    ac->ac_checks[i].ch_due <= now) {
			ac->ac_unanswered++;
			check_end(ac, &ac->ac_checks[i], false, "",
			    "no answer from lookupd");
		}
	authcheck_arm(ac);
}

size_t
authcheck_count(const struct authcheck *ac)
{
	return (ac->ac_count);
}

void
authcheck_stats(const struct authcheck *ac, struct row *row)
{
	row_u64(row, "auth_checks", ac->ac_checked);
	row_u64(row, "auth_good", ac->ac_good);
	row_u64(row, "auth_refused", ac->ac_refused);
	row_u64(row, "auth_unanswered", ac->ac_unanswered);
	row_u64(row, "auth_waiting", ac->ac_count);
}
