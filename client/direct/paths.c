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
 * Which way media goes: see paths.h.
 *
 *	RELAY -> JOIN -> DIRECT -> LEAVE -> RELAY
 *
 * In JOIN and LEAVE media goes both ways, so that a change is never a hole.
 * JOIN ends when something was heard directly since it began; LEAVE when the
 * relay was heard since it began, because both may be silent, and then nobody
 * knows which will be back first.
 *
 * Silence finds a path that is cut towards us.  One that is cut away from us
 * is as loud as ever: there the other falls silent on it and takes the relay,
 * so its media on the relay, with little of it directly, is the sign that it
 * does not hear us; media then goes there as well, for as long as that lasts.
 * What is heard first on the relay after a pause counts at once and for
 * COPY_NS, since the other sends both ways at first; longer it does not, or
 * two sides that copy because the other does would never end.
 *
 * Changes are told at most once per CHANGE_NS; media does not wait for that.
 */

#include "config.h"

#include <stdlib.h>

#include "client/direct/paths.h"
#include "common/base/clock.h"

#define OVERLAP_NS	(300 * NS_PER_MS)
/* Several times what the other lets pass without sending (100 ms). */
#define SILENT_NS	(400 * NS_PER_MS)
#define CHANGE_NS	(500 * NS_PER_MS)	/* between two changes */
/* A path that failed must be heard for so long, twice as long each time... */
#define HOLD_FIRST_NS	(1 * NS_PER_S)
#define HOLD_MAX_NS	(30 * NS_PER_S)
/* ... unless it was good for this long. */
#define FORGIVEN_NS	(60 * NS_PER_S)
/* How often a silent one is listened to; nobody says when it is back. */
#define LISTEN_NS	(50 * NS_PER_MS)

#define COPY_NS		(800 * NS_PER_MS)
#define PAUSE_NS	(300 * NS_PER_MS)	/* a new beginning after it */
#define WINDOW_NS	(200 * NS_PER_MS)	/* to count in */
#define WINDOW_MIN	3	/* packets in it; fewer may be stragglers */

enum mode {
	RELAY,
	JOIN,
	DIRECT,
	LEAVE
};

struct paths {
	struct paths_ops	 pa_ops;
	void			*pa_arg;
	bool			 pa_up[PATHS];
	enum mode		 pa_mode;
	uint64_t		 pa_since;	/* of the mode */
	uint64_t		 pa_alone;	/* DIRECT began, for LEAVE */
	const char		*pa_why;

	/* The direct path as it is heard. */
	uint64_t		 pa_looked;
	uint64_t		 pa_up_at;
	uint64_t		 pa_heard;	/* last */
	uint64_t		 pa_steady;	/* since; 0: it is silent */

	uint64_t		 pa_failed_at;
	uint64_t		 pa_hold;	/* 0: it never failed */

	/* The other's media. */
	uint64_t		 pa_relay_at;	/* last on the relay */
	uint64_t		 pa_window;	/* when counting began */
	unsigned int		 pa_count[PATHS];
	bool			 pa_relay_alone;	/* in the last one */
	unsigned int		 pa_burst;	/* on the relay since a pause */
	uint64_t		 pa_copy;	/* until */

	bool			 pa_told;
	enum path		 pa_used;
	uint64_t		 pa_told_at;
};

static void	 step(struct paths *, uint64_t);
static void	 listen(struct paths *, uint64_t);
static bool	 is_silent(const struct paths *);
static bool	 may_join(const struct paths *);
static uint64_t	 leave_end(const struct paths *);
static bool	 relay_answers(const struct paths *);
static bool	 send_on(struct paths *, enum path, const uint8_t *,
		    size_t);
static void	 enter(struct paths *, enum mode, const char *, uint64_t);
static void	 fail(struct paths *, uint64_t);
static bool	 copies(const struct paths *, uint64_t);
static void	 turn_window(struct paths *, uint64_t);
static bool	 untold(const struct paths *, enum path *);
static void	 tell(struct paths *, uint64_t);
static uint64_t	 after(const struct paths *, uint64_t);

struct paths *
paths_new(const struct paths_ops *ops, void *arg)
{
	struct paths	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	p->pa_ops = *ops;
	p->pa_arg = arg;
	p->pa_why = "";
	return (p);
}

void
paths_free(struct paths *p)
{
	free(p);
}

void
paths_up(struct paths *p, enum path path, uint64_t now)
{
	p->pa_up[path] = true;
	if (path == PATH_DIRECT) {
		/* Its proof has just come: that is as good as heard. */
		p->pa_up_at = p->pa_heard = p->pa_steady = now;
	} else
		p->pa_why = "relay connected";
	step(p, now);
}

void
paths_down(struct paths *p, enum path path, uint64_t now)
{
	p->pa_up[path] = false;
	if (path == PATH_RELAY)
		p->pa_why = "relay lost";
	else if (p->pa_mode != RELAY) {
		if (p->pa_mode != LEAVE)
			fail(p, now);
		enter(p, RELAY, "direct path lost", now);
	}
	step(p, now);
}

int
paths_send(struct paths *p, const uint8_t *data, size_t len, uint64_t now)
{
	bool	sent = false;

	step(p, now);
	if (p->pa_mode != RELAY)
		sent = send_on(p, PATH_DIRECT, data, len);
	/* What the wanted one does not take goes the other way. */
	if (p->pa_mode != DIRECT || copies(p, now) || !sent)
		sent |= send_on(p, PATH_RELAY, data, len);
	if (p->pa_mode == RELAY && !sent)
		sent = send_on(p, PATH_DIRECT, data, len);
	return (sent ? 0 : -1);
}

static bool
send_on(struct paths *p, enum path path, const uint8_t *data, size_t len)
{
	return (p->pa_up[path] &&
	    p->pa_ops.send(p->pa_arg, path, data, len) == 0);
}

void
paths_received(struct paths *p, enum path path, uint64_t now)
{
	p->pa_count[path]++;
	if (path != PATH_RELAY)
		return;
	if (now >= p->pa_relay_at + PAUSE_NS)
		p->pa_burst = 0;
	p->pa_relay_at = now;
	/* The second one: a single packet may have been long on its way. */
	if (++p->pa_burst == 2 && p->pa_mode == DIRECT)
		p->pa_copy = now + COPY_NS;
}

enum path
paths_used(const struct paths *p)
{
	return (p->pa_used);
}

void
paths_expire(struct paths *p, uint64_t now)
{
	step(p, now);
}

uint64_t
paths_expiry(const struct paths *p)
{
	enum path	path;
	uint64_t	at = UINT64_MAX;

	if (p->pa_up[PATH_DIRECT]) {
		at = after(p, p->pa_heard + SILENT_NS);
		if (p->pa_mode == JOIN)
			at = clock_earlier(at, after(p, p->pa_since +
			    OVERLAP_NS));
		else if (p->pa_mode == LEAVE)
			at = clock_earlier(at, after(p, leave_end(p)));
		else if (p->pa_mode == RELAY && !is_silent(p))
			at = clock_earlier(at, after(p, p->pa_steady +
			    p->pa_hold));
	}
	if (untold(p, &path))
		at = clock_earlier(at, p->pa_told_at + CHANGE_NS);
	return (at);
}

/* What was due when we looked last waits for something to be heard. */
static uint64_t
after(const struct paths *p, uint64_t at)
{
	return (at > p->pa_looked ? at : p->pa_looked + LISTEN_NS);
}

/* Time has passed, something may have been heard, a path is up or down. */
static void
step(struct paths *p, uint64_t now)
{
	listen(p, now);
	turn_window(p, now);
	if (p->pa_mode == RELAY && p->pa_up[PATH_DIRECT] && may_join(p))
		enter(p, JOIN, p->pa_why, now);
	switch (p->pa_mode) {
	case RELAY:
		break;
	case JOIN:
		if (is_silent(p)) {
			fail(p, now);
			enter(p, RELAY, p->pa_why, now);
		} else if (!p->pa_up[PATH_RELAY])
			enter(p, DIRECT, "the only path", now);
		else if (now >= p->pa_since + OVERLAP_NS &&
		    p->pa_heard > p->pa_since)
			enter(p, DIRECT, "direct path found", now);
		break;
	case DIRECT:
		if (is_silent(p)) {
			fail(p, now);
			enter(p, LEAVE, "direct path silent", now);
		}
		break;
	case LEAVE:
		if (now < leave_end(p))
			break;
		if (relay_answers(p))
			enter(p, RELAY, p->pa_why, now);
		else if (!is_silent(p))
			enter(p, DIRECT, "direct path is back", now);
		break;
	}
	tell(p, now);
}

static void
listen(struct paths *p, uint64_t now)
{
	uint64_t	heard;

	p->pa_looked = now;
	if (!p->pa_up[PATH_DIRECT])
		return;
	heard = p->pa_ops.heard(p->pa_arg, PATH_DIRECT);
	/* That of the connection before this one does not count. */
	if (heard < p->pa_up_at)
		heard = p->pa_up_at;
	if (now >= heard + SILENT_NS)
		p->pa_steady = 0;
	else if (heard >= p->pa_heard + SILENT_NS)
		p->pa_steady = heard;
	p->pa_heard = heard;
}

static bool
is_silent(const struct paths *p)
{
	return (p->pa_steady == 0);
}

/* Into use at once, but one that failed only after it was heard for long. */
static bool
may_join(const struct paths *p)
{
	return (!is_silent(p) && p->pa_heard >= p->pa_steady + p->pa_hold);
}

static uint64_t
leave_end(const struct paths *p)
{
	uint64_t	a = p->pa_since + OVERLAP_NS;
	uint64_t	b = p->pa_alone + CHANGE_NS;

	return (a > b ? a : b);
}

/* 0: whoever looks after it cannot say. */
static bool
relay_answers(const struct paths *p)
{
	uint64_t	heard;

	if (!p->pa_up[PATH_RELAY])
		return (false);
	heard = p->pa_ops.heard(p->pa_arg, PATH_RELAY);
	return (heard == 0 || heard > p->pa_since);
}

static void
enter(struct paths *p, enum mode mode, const char *why, uint64_t now)
{
	p->pa_mode = mode;
	p->pa_since = now;
	p->pa_why = why;
	if (mode == DIRECT)
		p->pa_alone = now;
}

static void
fail(struct paths *p, uint64_t now)
{
	if (p->pa_hold == 0 || now >= p->pa_failed_at + FORGIVEN_NS)
		p->pa_hold = HOLD_FIRST_NS;
	else
		p->pa_hold = clock_earlier(2 * p->pa_hold, HOLD_MAX_NS);
	p->pa_failed_at = now;
	/* One that is down has been given up by who looks after it. */
	if (p->pa_up[PATH_DIRECT])
		p->pa_ops.again(p->pa_arg);
}

/* Does media that goes directly go over the relay, too? */
static bool
copies(const struct paths *p, uint64_t now)
{
	return (now < p->pa_copy || p->pa_relay_alone);
}

static void
turn_window(struct paths *p, uint64_t now)
{
	if (now < p->pa_window + WINDOW_NS)
		return;
	p->pa_relay_alone = p->pa_count[PATH_RELAY] >= WINDOW_MIN &&
	    2 * p->pa_count[PATH_DIRECT] < p->pa_count[PATH_RELAY];
	p->pa_count[PATH_RELAY] = p->pa_count[PATH_DIRECT] = 0;
	p->pa_window = now;
}

/* Is the path in use another than was told?  *path: it. */
static bool
untold(const struct paths *p, enum path *path)
{
	if (p->pa_mode == DIRECT)
		*path = PATH_DIRECT;
	else if (p->pa_up[PATH_RELAY])
		*path = PATH_RELAY;
	else if (p->pa_up[PATH_DIRECT])
		*path = PATH_DIRECT;
	else
		return (false);
	return (!p->pa_told || p->pa_used != *path);
}

static void
tell(struct paths *p, uint64_t now)
{
	enum path	path;

	if (!untold(p, &path) || now < p->pa_told_at + CHANGE_NS)
		return;
	p->pa_told = true;
	p->pa_used = path;
	p->pa_told_at = now;
	p->pa_ops.changed(p->pa_arg, path, p->pa_why);
}
