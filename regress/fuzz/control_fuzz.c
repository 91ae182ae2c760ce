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
 * Fuzz target: control clients.  One request, and what workers answer to it:
 * a request that is taken means one thing, says so again when it is written
 * anew, and ends exactly once; every line of the answer is one JSON object.
 *
 *	request '\n' { step }
 *	step: what (1), which ask (1), piece
 *
 * COVERS: fuzzing - control requests and their answers: corpus of the target
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "controld/query.h"
#include "regress/fuzz/fuzz.h"

#define ASKS_MAX	256

const char *const	fuzz_faults[] = { "plain", "again", "line", "end",
			    NULL };

static struct {
	struct queries		*qs;
	enum proc		 proc[ASKS_MAX];
	unsigned int		 instance[ASKS_MAX];
	struct msg_ctl_query	 asked[ASKS_MAX];
	size_t			 nasks;
	unsigned int		 lines;
	unsigned int		 done;
	uint8_t			 away;		/* by role */
	size_t			 room;		/* lines that it takes */
} run;

static const char *const	words[] = {
	[CTL_CALLS] = "calls",
	[CTL_CLIENTS] = "clients",
	[CTL_ROOMS] = "rooms",
	[CTL_WORKERS] = "workers",
	[CTL_STATS] = "stats",
	[CTL_HISTORY] = "history",
	[CTL_PEERS] = "peers",
	[CTL_MESH] = "mesh"
};

static int	ask(void *, enum proc, unsigned int,
		    const struct msg_ctl_query *);
static bool	present(void *, enum proc, unsigned int);
static int	line(void *, const char *, size_t);
static void	done(void *);
static bool	request(const uint8_t *, size_t, struct request *);
static void	again(const struct request *);
static void	answer(struct fuzz_input *);

static const struct query_ops	ops = {
	.ask = ask,
	.present = present,
	.line = line,
	.done = done
};

static int
ask(void *arg, enum proc proc, unsigned int instance,
    const struct msg_ctl_query *q)
{
	uint8_t	buf[512];

	FUZZ_CHECK(arg == &run && proc < PROC_MAX);
	FUZZ_CHECK(memchr(q->filter, '\0', sizeof(q->filter)) != NULL);
	FUZZ_CHECK(msg_encode(buf, sizeof(buf), MSG_CTL_QUERY, q) > 0);
	FUZZ_CHECK(run.nasks < ASKS_MAX);
	if (run.away & 1 << (proc % 8))
		return (-1);
	run.proc[run.nasks] = proc;
	run.instance[run.nasks] = instance;
	run.asked[run.nasks++] = *q;
	return (0);
}

static bool
present(void *arg, enum proc proc, unsigned int instance)
{
	(void)arg;
	return (instance < 2 && (run.away & 1 << (proc % 8)) == 0);
}

static int
line(void *client, const char *text, size_t len)
{
	yyjson_doc	*doc;

	FUZZ_CHECK(client == &run && run.done == 0);
	FUZZ_CHECK(len > 2 && text[len - 1] == '\n');
	FUZZ_CHECK(memchr(text, '\n', len - 1) == NULL);
	doc = yyjson_read(text, len - 1, YYJSON_READ_NOFLAG);
	FUZZ_CHECK(fuzz_fault("line") !=
	    yyjson_is_obj(yyjson_doc_get_root(doc)));
	yyjson_doc_free(doc);
	run.lines++;
	if (run.room == 0)
		return (-1);
	run.room--;
	return (0);
}

static void
done(void *client)
{
	FUZZ_CHECK(client == &run);
	run.done++;
}

static bool
request(const uint8_t *p, size_t len, struct request *rq)
{
	const char	*why = NULL;
	char		*text;
	size_t		 i;
	int		 n;

	text = (char *)fuzz_copy(p, len);
	n = request_parse(text, len, rq, &why);
	FUZZ_CHECK(len == 0 || memcmp(text, p, len) == 0);
	free(text);
	FUZZ_CHECK((n == -1) == (why != NULL));
	if (n == -1)
		return (false);
	FUZZ_CHECK(n == 0 && len < 256);
	for (i = 0; i < len; i++)
		FUZZ_CHECK(fuzz_fault("plain") !=
		    (p[i] == '\t' || (p[i] >= ' ' && p[i] <= '~')));
	FUZZ_CHECK(memchr(rq->rq_filter, '\0', sizeof(rq->rq_filter)) !=
	    NULL);
	FUZZ_CHECK(rq->rq_proc <= PROC_MAX && rq->rq_limit > 0 &&
	    rq->rq_wait > 0);
	FUZZ_CHECK(rq->rq_admin ==
	    (rq->rq_what == CTL_RELOAD || rq->rq_what == CTL_PEER));
	FUZZ_CHECK(rq->rq_what == CTL_PEER ||
	    strpbrk(rq->rq_filter, " \t") == NULL);
	return (true);
}

/* The same in its plainest form. */
static void
again(const struct request *rq)
{
	struct request	 second;
	const char	*why;
	char		 text[256];
	int		 n;

	switch (rq->rq_what) {
	case CTL_RELOAD:
		n = snprintf(text, sizeof(text), "reload");
		break;
	case CTL_PEER:
		n = snprintf(text, sizeof(text), "peer %s", rq->rq_filter);
		break;
	default:
		if ((size_t)rq->rq_what >= sizeof(words) / sizeof(words[0]) ||
		    words[rq->rq_what] == NULL)
			return;		/* newer than this target */
		n = snprintf(text, sizeof(text), "show %s %s",
		    words[rq->rq_what], rq->rq_what == CTL_CALLS &&
		    rq->rq_proc == PROC_SIGNALD ? "live" : rq->rq_filter);
		break;
	}
	FUZZ_CHECK(n > 0 && (size_t)n < sizeof(text));
	FUZZ_CHECK(request_parse(text, (size_t)n, &second, &why) == 0);
	if (fuzz_fault("again"))
		second.rq_limit++;
	FUZZ_CHECK(second.rq_what == rq->rq_what &&
	    second.rq_proc == rq->rq_proc &&
	    second.rq_admin == rq->rq_admin &&
	    second.rq_limit == rq->rq_limit &&
	    second.rq_wait == rq->rq_wait &&
	    strcmp(second.rq_filter, rq->rq_filter) == 0);
}

/* One step of a worker. */
static void
answer(struct fuzz_input *in)
{
	struct msg_ctl_row	 row;
	struct msg_ctl_end	 end;
	const uint8_t		*p;
	uint8_t			*copy, what = fuzz_u8(in), at = fuzz_u8(in);
	enum proc		 proc = PROC_MEDIAD;
	unsigned int		 instance = 0;
	uint64_t		 id = at;
	size_t			 len;

	p = fuzz_piece(in, &len);
	if (run.nasks > 0) {
		proc = run.proc[at % run.nasks];
		instance = run.instance[at % run.nasks];
		id = run.asked[at % run.nasks].id + (what & 0x80 ? 1 : 0);
	}
	switch (what & 0x7) {
	case 0:
	case 1:
	case 2:
	case 3:
		copy = fuzz_copy(p, len);
		row.id = id;
		row.cells.data = copy;
		row.cells.len = len;
		(void)query_row(run.qs, proc, instance, &row);
		free(copy);
		break;
	case 4:
	case 5:
		memset(&end, 0, sizeof(end));
		end.id = id;
		if (len >= sizeof(end.error))
			len = sizeof(end.error) - 1;
		if (len > 0)
			memcpy(end.error, p, len);
		(void)query_end(run.qs, proc, instance, &end);
		break;
	case 6:
		query_lost(run.qs, proc, instance);
		break;
	case 7:
		run.room = 0;
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input	 in = { data, len };
	struct request		 rq;
	const uint8_t		*end;
	size_t			 n;

	fuzz_quiet();
	end = len > 0 ? memchr(data, '\n', len) : NULL;
	n = end != NULL ? (size_t)(end - data) : len;
	if (!request(data, n, &rq))
		return (0);
	again(&rq);
	in.fi_p += n;
	in.fi_len -= n;
	(void)fuzz_u8(&in);
	memset(&run, 0, sizeof(run));
	run.room = SIZE_MAX;
	run.away = fuzz_u8(&in);
	run.qs = queries_new(&ops, &run);
	FUZZ_CHECK(run.qs != NULL);
	query_start(run.qs, &run, &rq, 0);
	while (in.fi_len > 0)
		answer(&in);
	FUZZ_CHECK(queries_count(run.qs) == (run.done == 0 ? 1 : 0));
	FUZZ_CHECK(run.done == 1 || queries_expiry(run.qs) == rq.rq_wait);
	queries_expire(run.qs, rq.rq_wait);
	FUZZ_CHECK(fuzz_fault("end") !=
	    (run.done == 1 && run.lines > 0));
	FUZZ_CHECK(queries_count(run.qs) == 0);
	queries_free(run.qs);
	return (0);
}
