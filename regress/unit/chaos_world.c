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

/* See chaos_world.h. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "regress/unit/chaos_world.h"
#include "regress/unit/flow_lines.h"

/* People */

void
people_begin(struct people *p, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	p->x = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

unsigned int
people_random(struct people *p, unsigned int max)
{
	p->x ^= p->x << 13;
	p->x ^= p->x >> 7;
	p->x ^= p->x << 17;
	return ((unsigned int)(p->x >> 20) % max);
}

struct seen *
people_call(struct people *p, const char *id)
{
	unsigned int	i;

	for (i = 0; i < p->ncalls; i++)
		if (strcmp(p->calls[i].id, id) == 0)
			return (&p->calls[i]);
	return (NULL);
}

struct seen *
people_offer(struct people *p, unsigned int from, unsigned int to,
    char *line, size_t size)
{
	struct seen	*s;

	if (p->ncalls == CALLS_MAX)
		return (NULL);
	s = &p->calls[p->ncalls];
	memset(s, 0, sizeof(*s));
	(void)snprintf(s->id, sizeof(s->id), "k%u", p->ncalls++);
	s->who[0] = (char)('A' + from);
	s->who[1] = (char)('A' + to);
	(void)snprintf(line, size, "in %c " OFFER("%s", "$%c", "$%c"),
	    s->who[0], s->who[0], s->who[1], s->id);
	return (s);
}

void
seen_answer(struct seen *s, char *line, size_t size)
{
	s->answered = true;
	(void)snprintf(line, size, "in %c " ANSWER("%s", "AcceptGeneric"),
	    s->who[1], s->id);
}

void
seen_hangup(struct seen *s, unsigned int side, char *line, size_t size)
{
	s->over[side] = true;
	(void)snprintf(line, size, "in %c " HANGUP_ID("Normal", "%s"),
	    s->who[side], s->id);
}

struct seen *
people_recent(struct people *p)
{
	if (p->ncalls == 0)
		return (NULL);
	return (&p->calls[p->ncalls - 1 -
	    people_random(p, p->ncalls < 8 ? p->ncalls : 8)]);
}

void
seen_lost(struct seen *s, unsigned int side)
{
	/* To a client an unanswered call is over then. */
	if (!s->setup[side])
		s->over[side] = true;
}

void
people_hear(struct people *p, const char *out)
{
	struct seen	*s;
	const char	*at;
	char		 id[16];
	int		 side;

	if (out[1] != ' ' || (at = strstr(out, "\"call_id\":\"")) == NULL ||
	    sscanf(at + 11, "%15[a-z0-9]", id) != 1 ||
	    (s = people_call(p, id)) == NULL)
		return;
	side = out[0] == s->who[0] ? 0 : 1;
	assert_true(out[0] == s->who[side]);
	if (strstr(out, "CallRinging") != NULL)
		s->ringing = true;
	else if (strstr(out, "DirectCallOffer") != NULL)
		s->offered = true;
	else if (strstr(out, "CallSetup") != NULL)
		s->setup[side] = true;
	else if (strstr(out, "Hangup") != NULL)
		s->over[side] = true;
}

/* Worlds */

void
chaos_config(struct flow_config *config)
{
	world_config(config, false);
	config->fc_max_calls = CALLS_MAX;
	config->fc_max_pending = 16;
	config->fc_person_calls = 64;
}

/* registryd */

void
registry_recorded(void *arg, const struct msg_call_put *put)
{
	struct registry	*rg = arg;

	assert_true(rg->nqueue < QUEUE_MAX);
	rg->queue[rg->nqueue++] = *put;
}

static void
write_down(struct registry *rg, const struct msg_call_put *put)
{
	unsigned int	i;

	for (i = 0; i < rg->ndisk; i++) {
		if (strcmp(rg->disk[i].call_id, put->call_id) != 0 ||
		    rg->disk[i].created_ms != put->created_ms)
			continue;
		if (put->state >= rg->disk[i].state)
			rg->disk[i] = *put;
		return;
	}
	assert_true(rg->ndisk < CALLS_MAX);
	rg->disk[rg->ndisk++] = *put;
}

void
registry_write(struct registry *rg)
{
	unsigned int	i;

	for (i = 0; i < rg->nqueue; i++)
		write_down(rg, &rg->queue[i]);
	rg->nqueue = 0;
}

const struct msg_call_put *
registry_find(const struct registry *rg, const char *id)
{
	unsigned int	i;

	for (i = 0; i < rg->ndisk; i++)
		if (strcmp(rg->disk[i].call_id, id) == 0)
			return (&rg->disk[i]);
	return (NULL);
}

/* mediad */

bool
asked_hear(struct asked *as, const char *out)
{
	char	id[16];

	if (sscanf(out, "admit %15s", id) != 1)
		return (false);
	assert_true(as->n < ASKED_MAX);
	strlcpy(as->id[as->n++], id, sizeof(as->id[0]));
	return (true);
}

bool
asked_answer(struct asked *as, char *line, size_t size)
{
	if (as->n == 0)
		return (false);
	(void)snprintf(line, size, "admitted %s", as->id[0]);
	memmove(as->id[0], as->id[1], sizeof(as->id[0]) * (ASKED_MAX - 1));
	as->n--;
	return (true);
}
