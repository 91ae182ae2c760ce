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
 * Calls: a table by call_id, a table of the people in them, and one queue a
 * state in order of entry, so that limits look at the first entry only.
 */
#include "config.h"

#include <sys/queue.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/table.h"
#include "signald/calls.h"

TAILQ_HEAD(call_queue, call);
LIST_HEAD(party_list, call_party);

struct calls_person {
	char			cs_fp[FP_STRLEN];
	struct party_list	cs_parties;
	size_t			cs_count;
	size_t			cs_far;		/* of these, not here */
	size_t			cs_unanswered[2];	/* here, by side */
};

struct calls {
	struct table		*cs_calls;	/* call_id -> struct call */
	struct table		*cs_people;	/* fp -> struct calls_person */
	struct call_queue	 cs_queue[CALL_ENDED];	/* live states */
	struct call_queue	 cs_away;		/* of Pending */
	size_t			 cs_person;	/* calls of a person at most */
	size_t			 cs_highest;	/* ever */
};

static struct call_queue
		*calls_queue(struct calls *, const struct call *);
static int	 calls_join(struct calls *, struct call_party *, struct call *,
		    const char *);
static void	 calls_leave(struct calls *, struct call_party *);
static void	 calls_answered(struct calls *, struct call_party *);
static void	 calls_move(struct calls *, struct call *, enum call_state,
		    uint64_t);
static void	 calls_remove(struct calls *, struct call *, enum call_reason,
		    uint64_t);
static struct calls_person
		*calls_person(const struct calls *, const char *);

struct calls *
calls_new(size_t max, size_t person)
{
	struct calls	*calls;
	size_t		 i;

	if ((calls = calloc(1, sizeof(*calls))) == NULL)
		return (NULL);
	calls->cs_person = person;
	calls->cs_calls = table_new(max);
	calls->cs_people = table_new(2 * max);
	if (calls->cs_calls == NULL || calls->cs_people == NULL) {
		table_free(calls->cs_calls);
		table_free(calls->cs_people);
		free(calls);
		return (NULL);
	}
	for (i = 0; i < CALL_ENDED; i++)
		TAILQ_INIT(&calls->cs_queue[i]);
	TAILQ_INIT(&calls->cs_away);
	return (calls);
}

void
calls_free(struct calls *calls)
{
	struct call		*call;
	size_t			 i;

	if (calls == NULL)
		return;
	for (i = 0; i < CALL_ENDED; i++) {
		while ((call = TAILQ_FIRST(&calls->cs_queue[i])) != NULL) {
			calls_remove(calls, call, CALL_REASON_NONE, 0);
			call_free(call);
		}
	}
	while ((call = TAILQ_FIRST(&calls->cs_away)) != NULL) {
		calls_remove(calls, call, CALL_REASON_NONE, 0);
		call_free(call);
	}
	table_free(calls->cs_calls);
	table_free(calls->cs_people);
	free(calls);
}

void
call_free(struct call *call)
{
	if (call == NULL)
		return;
	free(call->call_text);
	free(call);
}

static struct calls_person *
calls_person(const struct calls *calls, const char *fp)
{
	return (table_find(calls->cs_people, fp, strlen(fp)));
}

static int
calls_join(struct calls *calls, struct call_party *party, struct call *call,
    const char *fp)
{
	struct calls_person	*person;

	if ((person = calls_person(calls, fp)) == NULL) {
		if ((person = calloc(1, sizeof(*person))) == NULL)
			return (-1);
		strlcpy(person->cs_fp, fp, sizeof(person->cs_fp));
		LIST_INIT(&person->cs_parties);
		if (table_insert(calls->cs_people, person->cs_fp,
		    strlen(person->cs_fp), person) == -1) {
			free(person);
			return (-1);
		}
	}
	strlcpy(party->cp_fp, fp, sizeof(party->cp_fp));
	party->cp_call = call;
	LIST_INSERT_HEAD(&person->cs_parties, party, cp_entry);
	person->cs_unanswered[party - call->call_party]++;
	person->cs_count++;
	if (person->cs_count > calls->cs_highest)
		calls->cs_highest = person->cs_count;
	return (0);
}

static void
calls_leave(struct calls *calls, struct call_party *party)
{
	struct calls_person	*person;

	if (party->cp_call == NULL)
		return;
	if (party->cp_call->call_state != CALL_ACTIVE)
		calls_answered(calls, party);
	person = calls_person(calls, party->cp_fp);
	LIST_REMOVE(party, cp_entry);
	party->cp_call = NULL;
	if (party->cp_remote)
		person->cs_far--;
	if (--person->cs_count == 0) {
		table_remove(calls->cs_people, person->cs_fp,
		    strlen(person->cs_fp));
		free(person);
	}
}

/* Or ended: the party does not count as one who waits any more. */
static void
calls_answered(struct calls *calls, struct call_party *party)
{
	if (!party->cp_remote)
		calls_person(calls, party->cp_fp)->cs_unanswered[party -
		    party->cp_call->call_party]--;
}

static struct call_queue *
calls_queue(struct calls *calls, const struct call *call)
{
	return (call->call_away ? &calls->cs_away :
	    &calls->cs_queue[call->call_state]);
}

static void
calls_move(struct calls *calls, struct call *call, enum call_state state,
    uint64_t now)
{
	TAILQ_REMOVE(calls_queue(calls, call), call, call_entry);
	call->call_away = false;
	call->call_state = state;
	call->call_since_ns = now;
	TAILQ_INSERT_TAIL(&calls->cs_queue[state], call, call_entry);
}

static void
calls_remove(struct calls *calls, struct call *call, enum call_reason reason,
    uint64_t wall_ms)
{
	TAILQ_REMOVE(calls_queue(calls, call), call, call_entry);
	call->call_away = false;
	table_remove(calls->cs_calls, call->call_id, strlen(call->call_id));
	calls_leave(calls, &call->call_party[CALL_CALLER]);
	calls_leave(calls, &call->call_party[CALL_CALLEE]);
	call->call_state = CALL_ENDED;
	call->call_reason = reason;
	call->call_ended_ms = wall_ms;
}

struct call *
calls_create(struct calls *calls, const char *call_id, const char *caller,
    const char *callee, uint64_t now, uint64_t wall_ms)
{
	struct call	*call;

	if (strlen(call_id) >= CALL_ID_STRLEN || strlen(caller) >= FP_STRLEN ||
	    strlen(callee) >= FP_STRLEN || strcmp(caller, callee) == 0) {
		errno = EINVAL;
		return (NULL);
	}
	if ((call = calloc(1, sizeof(*call))) == NULL)
		return (NULL);
	strlcpy(call->call_id, call_id, sizeof(call->call_id));
	if (table_insert(calls->cs_calls, call->call_id,
	    strlen(call->call_id), call) == -1) {
		free(call);
		return (NULL);
	}
	if (calls_join(calls, &call->call_party[CALL_CALLER], call,
	    caller) == -1 || calls_join(calls, &call->call_party[CALL_CALLEE],
	    call, callee) == -1) {
		calls_leave(calls, &call->call_party[CALL_CALLER]);
		table_remove(calls->cs_calls, call->call_id,
		    strlen(call->call_id));
		free(call);
		errno = ENOSPC;
		return (NULL);
	}
	call->call_state = CALL_PENDING;
	call->call_since_ns = now;
	call->call_created_ms = wall_ms;
	TAILQ_INSERT_TAIL(&calls->cs_queue[CALL_PENDING], call, call_entry);
	return (call);
}

int
calls_set_remote(struct calls *calls, struct call *call, enum call_side side)
{
	struct call_party	*party = &call->call_party[side];
	struct calls_person	*person;

	person = calls_person(calls, party->cp_fp);
	if (person->cs_far >= calls->cs_person) {
		errno = ENOSPC;
		return (-1);
	}
	if (call->call_state != CALL_ACTIVE)
		calls_answered(calls, party);
	person->cs_far++;
	party->cp_remote = true;
	return (0);
}

void
calls_set_away(struct calls *calls, struct call *call, uint64_t now)
{
	if (call->call_state != CALL_PENDING)
		return;
	TAILQ_REMOVE(calls_queue(calls, call), call, call_entry);
	call->call_away = true;
	call->call_since_ns = now;
	TAILQ_INSERT_TAIL(&calls->cs_away, call, call_entry);
}

bool
calls_ring(struct calls *calls, struct call *call, uint64_t now)
{
	if (call->call_state != CALL_PENDING)
		return (false);
	calls_move(calls, call, CALL_RINGING, now);
	return (true);
}

bool
calls_activate(struct calls *calls, struct call *call, enum call_mode mode,
    uint64_t now, uint64_t wall_ms)
{
	if (call->call_state != CALL_PENDING &&
	    call->call_state != CALL_RINGING)
		return (false);
	if (mode != CALL_MODE_TRUSTED && mode != CALL_MODE_GENERIC)
		return (false);
	calls_answered(calls, &call->call_party[CALL_CALLER]);
	calls_answered(calls, &call->call_party[CALL_CALLEE]);
	calls_move(calls, call, CALL_ACTIVE, now);
	call->call_mode = mode;
	call->call_answered_ms = wall_ms;
	(void)snprintf(call->call_room, sizeof(call->call_room), "call-%s",
	    call->call_id);
	return (true);
}

struct call *
calls_end(struct calls *calls, const char *call_id, enum call_reason reason,
    uint64_t wall_ms)
{
	struct call	*call;

	if ((call = calls_find(calls, call_id)) == NULL)
		return (NULL);
	calls_remove(calls, call, reason, wall_ms);
	return (call);
}

struct call *
calls_expire(struct calls *calls, uint64_t now, uint64_t timeout,
    uint64_t wall_ms)
{
	struct call	*call;

	call = TAILQ_FIRST(&calls->cs_queue[CALL_PENDING]);
	if (call == NULL || now - call->call_since_ns < timeout)
		return (NULL);
	calls_remove(calls, call, CALL_REASON_TIMEOUT, wall_ms);
	return (call);
}

struct call *
calls_find(const struct calls *calls, const char *call_id)
{
	return (table_find(calls->cs_calls, call_id, strlen(call_id)));
}

int
call_side(const struct call *call, const char *fp)
{
	if (strcmp(call->call_party[CALL_CALLER].cp_fp, fp) == 0)
		return (CALL_CALLER);
	if (strcmp(call->call_party[CALL_CALLEE].cp_fp, fp) == 0)
		return (CALL_CALLEE);
	return (-1);
}

bool
call_is_direct(const struct call *call)
{
	return (call->call_state == CALL_ACTIVE &&
	    call->call_path >= CALL_PATH_DIRECT_LAN &&
	    call->call_path <= CALL_PATH_DIRECT_REFLEXIVE);
}

struct call_party *
call_peer(struct call *call, const char *fp)
{
	int	side;

	if ((side = call_side(call, fp)) == -1)
		return (NULL);
	return (&call->call_party[side == CALL_CALLER ? CALL_CALLEE :
	    CALL_CALLER]);
}

struct call_party *
call_local(struct call *call, const char *fp)
{
	int	side;

	if ((side = call_side(call, fp)) == -1 ||
	    call->call_party[side].cp_remote)
		return (NULL);
	return (&call->call_party[side]);
}

struct call_party *
call_far(struct call *call)
{
	size_t	i;

	for (i = 0; i < 2; i++) {
		if (call->call_party[i].cp_remote)
			return (&call->call_party[i]);
	}
	return (NULL);
}

bool
far_equal(const struct far *a, const struct far *b)
{
	return (a->far_legacy == b->far_legacy && a->far_len == b->far_len &&
	    memcmp(a->far_path, b->far_path, a->far_len) == 0);
}

struct call_party *
calls_of(const struct calls *calls, const char *fp, struct call_party *party)
{
	struct calls_person	*person;

	if (party != NULL)
		return (LIST_NEXT(party, cp_entry));
	if ((person = calls_person(calls, fp)) == NULL)
		return (NULL);
	return (LIST_FIRST(&person->cs_parties));
}

size_t
calls_unanswered(const struct calls *calls, const char *fp,
    enum call_side side)
{
	const struct calls_person	*person;

	person = calls_person(calls, fp);
	return (person == NULL ? 0 : person->cs_unanswered[side]);
}

size_t
calls_count_of(const struct calls *calls, const char *fp)
{
	struct calls_person	*person;

	person = calls_person(calls, fp);
	return (person == NULL ? 0 : person->cs_count - person->cs_far);
}

size_t
calls_count_far(const struct calls *calls, const char *fp)
{
	struct calls_person	*person;

	person = calls_person(calls, fp);
	return (person == NULL ? 0 : person->cs_far);
}

void
calls_set_person(struct calls *calls, size_t person)
{
	calls->cs_person = person;
}

size_t
calls_person_max(const struct calls *calls)
{
	return (calls->cs_person);
}

size_t
calls_person_highest(const struct calls *calls)
{
	return (calls->cs_highest);
}

void
calls_most(const struct calls *calls, size_t *most, size_t *pending)
{
	const struct calls_person	*person;
	size_t				 iter = 0, n;

	*most = *pending = 0;
	while ((person = table_next(calls->cs_people, &iter)) != NULL) {
		n = person->cs_count - person->cs_far;
		if (person->cs_far > n)
			n = person->cs_far;
		if (n > *most)
			*most = n;
		n = person->cs_unanswered[CALL_CALLEE];
		if (n > *pending)
			*pending = n;
	}
}

size_t
calls_count(const struct calls *calls)
{
	return (table_count(calls->cs_calls));
}

struct call *
calls_oldest(const struct calls *calls, enum call_state state)
{
	if (state >= CALL_ENDED)
		return (NULL);
	return (TAILQ_FIRST(&calls->cs_queue[state]));
}

struct call *
calls_oldest_away(const struct calls *calls)
{
	return (TAILQ_FIRST(&calls->cs_away));
}

struct call *
calls_after(const struct call *call)
{
	return (TAILQ_NEXT(call, call_entry));
}
