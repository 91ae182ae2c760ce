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
 * The log of events, in the order of time.
 */

#include "config.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "regress/storm/judge.h"

#define LINE		4096
#define PEERS		100000
/*
 * What the relay said just before it was killed may have been read that much
 * later, on a busy machine.
 */
#define LATE_S		3.0
#define STALLS_S	5.0
#define SLOT_SIGNAL	(-2)

static void	 event(struct judge *, yyjson_val *);
static void	 event_stall(struct judge *, double, double);
static void	 event_call(struct judge *, const char *, yyjson_val *,
		    const struct jpeer *, double);
static void	 event_registered(struct judge *, struct jpeer *, double);
static void	 event_media(struct judge *, struct jpeer *, double, int);
static void	 event_gap(struct judge *, const struct jpeer *, double,
		    double);
static size_t	 cut_by(const struct judge *, int, double, double);
static double	 served(const struct judge *, size_t, double);
static void	 figure_add(struct figure *, double);
static bool	 cut(const struct judge *, int, double, double);
static struct jpeer
		*peer_of(struct judge *, yyjson_val *);
static double	 num(yyjson_val *, const char *);
static bool	 flag(yyjson_val *, const char *);
static const char
		*str(yyjson_val *, const char *);
static int	 call_order(const void *, const void *);

int
judge_kills(struct judge *j, const char *path)
{
	yyjson_doc	*doc;
	yyjson_val	*v;
	struct kill	*k;
	FILE		*f;
	const char	*name;
	char		 line[LINE];

	if ((f = fopen(path, "r")) == NULL) {
		warn("%s", path);
		return (-1);
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		if ((doc = yyjson_read(line, strlen(line), 0)) == NULL) {
			warnx("%s: not JSON: %s", path, line);
			fclose(f);
			return (-1);
		}
		v = yyjson_doc_get_root(doc);
		name = str(v, "worker");
		if (j->ju_nkills == JUDGE_KILLS || num(v, "t") <= 0) {
			warnx("%s: bad line: %s", path, line);
			yyjson_doc_free(doc);
			fclose(f);
			return (-1);
		}
		k = &j->ju_kills[j->ju_nkills++];
		k->ki_t = num(v, "t") / 1e6;
		k->ki_up = k->ki_t;
		if (num(v, "up") > 0)
			k->ki_up = num(v, "up") / 1e6;
		k->ki_slot = yyjson_obj_get(v, "slot") == NULL ? -1 :
		    (int)num(v, "slot");
		k->ki_media = strcmp(name, "mediad") == 0 ||
		    strcmp(name, "relayd") == 0;
		k->ki_signal = strcmp(name, "signald") == 0 ||
		    strcmp(name, "relayd") == 0;
		yyjson_doc_free(doc);
	}
	fclose(f);
	return (0);
}

int
judge_log(struct judge *j, const char *path)
{
	yyjson_doc	*doc;
	FILE		*f;
	char		 line[LINE];
	size_t		 i;

	if ((f = fopen(path, "r")) == NULL) {
		warn("%s", path);
		return (-1);
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strchr(line, '\n') == NULL)
			break;		/* still being written */
		if ((doc = yyjson_read(line, strlen(line), 0)) == NULL) {
			warnx("%s: not JSON: %s", path, line);
			fclose(f);
			return (-1);
		}
		event(j, yyjson_doc_get_root(doc));
		yyjson_doc_free(doc);
	}
	fclose(f);
	qsort(j->ju_calls, j->ju_ncalls, sizeof(*j->ju_calls), call_order);
	for (i = 1; i < j->ju_ncalls; i++)
		if (strcmp(j->ju_calls[i - 1].jc_id, j->ju_calls[i].jc_id) ==
		    0)
			judge_fault(j, "two calls have the ID %s",
			    j->ju_calls[i].jc_id);
	return (0);
}

struct jcall *
judge_call(struct judge *j, const char *id)
{
	struct jcall	key;
	union {
		const char	*c;
		char		*v;
	}		u;

	memset(&key, 0, sizeof(key));
	u.c = id;
	key.jc_id = u.v;
	return (j->ju_ncalls == 0 ? NULL : bsearch(&key, j->ju_calls,
	    j->ju_ncalls, sizeof(key), call_order));
}

static void
event(struct judge *j, yyjson_val *v)
{
	const char	*ev = str(v, "ev"), *kind;
	struct jpeer	*p;
	double		 t = num(v, "t") / 1e6;

	j->ju_last = t;
	if (strcmp(ev, "start") == 0)
		j->ju_rate = num(v, "rate");
	else if (strcmp(ev, "steady") == 0)
		j->ju_steady = t;
	else if (strcmp(ev, "settled") == 0)
		j->ju_settled = t;
	else if (strcmp(ev, "unsettled") == 0)
		j->ju_unsettled++;
	else if (strcmp(ev, "stall") == 0 && j->ju_steady != 0 &&
	    j->ju_settled == 0)
		event_stall(j, t, num(v, "ms"));
	else if (strcmp(ev, "end") == 0) {
		j->ju_end = true;
		j->ju_left_behind = (unsigned int)num(v, "left_behind");
		j->ju_passed = num(v, "passed");
		j->ju_failed = num(v, "failed");
	}
	if ((p = peer_of(j, v)) == NULL)
		return;
	if (strcmp(ev, "peer") == 0) {
		kind = str(v, "kind");
		p->jp_there = true;
		p->jp_kind = strcmp(kind, "live") == 0 ? JUDGE_LIVE :
		    strcmp(kind, "pool") == 0 ? JUDGE_POOL : JUDGE_IDLE;
		p->jp_original = flag(v, "original");
		p->jp_recorded = flag(v, "recorded");
		p->jp_slot = -1;
	} else if (strcmp(ev, "registered") == 0)
		event_registered(j, p, t);
	else if (strcmp(ev, "gone") == 0)
		j->ju_gone++;
	else if (strcmp(ev, "stuck") == 0)
		j->ju_stuck++;
	else if (strcmp(ev, "rebound") == 0)
		j->ju_rebound++;
	else if (strcmp(ev, "media") == 0)
		event_media(j, p, t, (int)num(v, "slot"));
	else if (strcmp(ev, "medialost") == 0) {
		/* It went by itself, to look for the other one. */
		if (strcmp(str(v, "text"), "alone in the room") == 0)
			j->ju_alone++;
		/* Its call has ended, and the Hangup found nobody. */
		else if (judge_may_end(j) && strncmp(str(v, "text"),
		    "closed by the relay", 19) == 0)
			j->ju_refused++;
		else if (p->jp_media_lost == 0)
			p->jp_media_lost = t;
	} else if (strcmp(ev, "gap") == 0)
		event_gap(j, p, t, num(v, "ms"));
	else if (strcmp(ev, "callend") == 0) {
		p->jp_media = p->jp_media_lost = 0;
		if (p->jp_kind == JUDGE_LIVE) {
			j->ju_sent += num(v, "sent");
			j->ju_received += num(v, "received");
			j->ju_lost += num(v, "lost");
		}
	}
	if (yyjson_obj_get(v, "call") != NULL && flag(v, "caller"))
		event_call(j, ev, v, p, t);
}

static void
event_stall(struct judge *j, double t, double ms)
{
	const unsigned int	n = sizeof(j->ju_stalls) /
				    sizeof(j->ju_stalls[0]);
	double			sum = 0;
	unsigned int		i;

	j->ju_stalls[j->ju_nstalls % n][0] = t;
	j->ju_stalls[j->ju_nstalls++ % n][1] = ms;
	for (i = 0; i < n; i++)
		if (j->ju_stalls[i][0] > t - STALLS_S)
			sum += j->ju_stalls[i][1];
	if (sum > j->ju_stall_ms)
		j->ju_stall_ms = sum;
}

/* What the caller was told of its call. */
static void
event_call(struct judge *j, const char *ev, yyjson_val *v,
    const struct jpeer *p, double t)
{
	struct jcall	*c = NULL;
	const char	*id = str(v, "call");
	size_t		 i;

	if (id[0] == '\0')
		return;
	/* The newest ones are spoken of. */
	for (i = j->ju_ncalls; i-- > 0;)
		if (strcmp(j->ju_calls[i].jc_id, id) == 0) {
			c = &j->ju_calls[i];
			break;
		}
	if (strcmp(ev, "offer") == 0) {
		if (j->ju_ncalls % 1024 == 0 &&
		    (j->ju_calls = reallocarray(j->ju_calls,
		    j->ju_ncalls + 1024, sizeof(*j->ju_calls))) == NULL)
			err(2, NULL);
		c = &j->ju_calls[j->ju_ncalls++];
		memset(c, 0, sizeof(*c));
		if ((c->jc_id = strdup(id)) == NULL)
			err(2, NULL);
		c->jc_offered = t;
		c->jc_live = p->jp_kind == JUDGE_LIVE;
		c->jc_original = p->jp_original;
		if (!c->jc_live)
			j->ju_offers++;
	} else if (c == NULL)
		return;
	else if (strcmp(ev, "renew") == 0)
		c->jc_renewed = true;
	else if (strcmp(ev, "ringing") == 0)
		c->jc_ringing = true;
	else if (strcmp(ev, "setup") == 0)
		c->jc_setup = true;
	else if (strcmp(ev, "hangup") == 0) {
		c->jc_ended = true;
		c->jc_ended_at = t;
		c->jc_normal = c->jc_setup &&
		    strcmp(str(v, "reason"), "Normal") == 0;
		if (c->jc_live && c->jc_setup && !c->jc_renewed &&
		    j->ju_settled == 0)
			j->ju_live_ended++;
	}
}

static void
event_registered(struct judge *j, struct jpeer *p, double t)
{
	struct figure	*f = &j->ju_back[p->jp_kind][p->jp_original];
	double		 since = p->jp_registered;
	size_t		 i;

	p->jp_registered = t;
	if (since == 0)
		return;
	if ((i = cut_by(j, SLOT_SIGNAL, since, t)) == j->ju_nkills)
		j->ju_lost_why++;
	else
		figure_add(f, served(j, i, t));
}

static void
event_media(struct judge *j, struct jpeer *p, double t, int slot)
{
	double	since = p->jp_media, lost = p->jp_media_lost;
	int	was = p->jp_slot;
	size_t	i;

	p->jp_media = t;
	p->jp_media_lost = 0;
	p->jp_slot = slot;
	if (p->jp_kind != JUDGE_LIVE || since == 0 || lost == 0)
		return;
	if ((i = cut_by(j, was, since, t)) == j->ju_nkills) {
		j->ju_media_why++;
		return;
	}
	p->jp_hit = true;
	figure_add(&j->ju_media, served(j, i, t));
}

/*
 * The kill from which the way back counts, of what was made at `since' and
 * was made anew at `to': the last one that cut it, since an earlier one was
 * no more than half of an absence; their number when there is none.
 */
static size_t
cut_by(const struct judge *j, int slot, double since, double to)
{
	const struct kill	*k;
	double			 late;
	size_t			 i;

	for (late = 0; late <= LATE_S; late += LATE_S)
		for (i = j->ju_nkills; i-- > 0;) {
			k = &j->ju_kills[i];
			if (k->ki_t < since - late || k->ki_t >= to)
				continue;
			if (slot == SLOT_SIGNAL ? k->ki_signal : k->ki_media &&
			    (k->ki_slot == -1 || k->ki_slot == slot))
				return (i);
		}
	return (j->ju_nkills);
}

/* Seconds from this kill to t in which there was a relay to come back to. */
static double
served(const struct judge *j, size_t i, double t)
{
	double	s = t - j->ju_kills[i].ki_up;

	while (++i < j->ju_nkills && j->ju_kills[i].ki_t < t)
		s -= j->ju_kills[i].ki_up - j->ju_kills[i].ki_t;
	return (s);
}

static void
figure_add(struct figure *f, double s)
{
	if (s < 0)
		s = 0;
	f->fi_n++;
	f->fi_sum += s;
	if (s > f->fi_max)
		f->fi_max = s;
}

/* Nothing came for ms before t. */
static void
event_gap(struct judge *j, const struct jpeer *p, double t, double ms)
{
	if (p->jp_kind != JUDGE_LIVE || j->ju_steady == 0 ||
	    t - ms / 1e3 < j->ju_steady || j->ju_settled != 0)
		return;
	/* The other party may have been cut as well: they share a slot. */
	if (cut(j, p->jp_slot, t - ms / 1e3 - 1.0, t))
		return;
	if (ms > j->ju_gap_ms)
		j->ju_gap_ms = ms;
}

/* Media of this slot was cut in this time. */
static bool
cut(const struct judge *j, int slot, double from, double to)
{
	size_t	i;

	for (i = 0; i < j->ju_nkills; i++)
		if (j->ju_kills[i].ki_media && (j->ju_kills[i].ki_slot == -1 ||
		    j->ju_kills[i].ki_slot == slot) &&
		    j->ju_kills[i].ki_t >= from && j->ju_kills[i].ki_t <= to)
			return (true);
	return (false);
}

static struct jpeer *
peer_of(struct judge *j, yyjson_val *v)
{
	size_t	i, n;

	if (yyjson_obj_get(v, "c") == NULL)
		return (NULL);
	i = (size_t)num(v, "c");
	if (i >= PEERS)
		return (NULL);
	if (i >= j->ju_npeers) {
		n = i + 256;
		j->ju_peers = reallocarray(j->ju_peers, n,
		    sizeof(*j->ju_peers));
		if (j->ju_peers == NULL)
			err(2, NULL);
		memset(j->ju_peers + j->ju_npeers, 0,
		    (n - j->ju_npeers) * sizeof(*j->ju_peers));
		j->ju_npeers = n;
	}
	return (&j->ju_peers[i]);
}

static double
num(yyjson_val *v, const char *name)
{
	return (yyjson_get_num(yyjson_obj_get(v, name)));
}

static bool
flag(yyjson_val *v, const char *name)
{
	return (yyjson_get_bool(yyjson_obj_get(v, name)));
}

static const char *
str(yyjson_val *v, const char *name)
{
	const char	*s = yyjson_get_str(yyjson_obj_get(v, name));

	return (s != NULL ? s : "");
}

static int
call_order(const void *a, const void *b)
{
	const struct jcall	*x = a, *y = b;

	return (strcmp(x->jc_id, y->jc_id));
}
