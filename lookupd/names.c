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

/* Names of other relays (see names.h). */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "lookupd/names.h"

struct question {
	struct names	*qn_names;
	struct channel	*qn_channel;	/* NULL: free */
	uint64_t	 qn_seq;
	struct resolver	*qn_resolver;
	bool		 qn_over;	/* answered; to be freed */
};

struct names {
	struct ev_loop		*na_loop;
	struct resolve_config	 na_config;
	const char		*na_hosts;
	names_heard		*na_heard;
	void			*na_arg;
	struct question		 na_table[NAMES_MAX];
	uint64_t		 na_second;
	unsigned int		 na_asked;	/* in it */
	uint64_t		 na_queries;
	uint64_t		 na_found;
	uint64_t		 na_failed;
	uint64_t		 na_busy;
};

static struct question
		*question_new(struct names *);
static void	 question_free(struct question *);
static void	 answer(struct channel *, uint64_t, const struct addr *,
		    size_t, const char *);
static bool	 too_many(struct names *);
static resolve_done	 names_resolved;

struct names *
names_new(struct ev_loop *loop, const struct resolve_config *config,
    const char *hosts, names_heard *heard, void *arg)
{
	struct names	*na;

	if ((na = calloc(1, sizeof(*na))) == NULL)
		return (NULL);
	na->na_loop = loop;
	na->na_config = *config;
	na->na_hosts = hosts;
	na->na_heard = heard;
	na->na_arg = arg;
	return (na);
}

/* A resolver is freed here, never from within its own call. */
static struct question *
question_new(struct names *na)
{
	struct question	*qn, *found = NULL;
	size_t		 i;

	for (i = 0; i < NAMES_MAX; i++) {
		qn = &na->na_table[i];
		if (qn->qn_over)
			question_free(qn);
		if (qn->qn_channel == NULL && found == NULL)
			found = qn;
	}
	return (found);
}

static void
question_free(struct question *qn)
{
	resolver_free(qn->qn_resolver);
	memset(qn, 0, sizeof(*qn));
}

void
names_pick(struct msg_name_answer *msg, const struct addr *addrs, size_t n)
{
	struct addr	*to[4];
	bool		 used[DNS_ADDRS_MAX] = { false };
	size_t		 i, k;
	int		 want;

	to[0] = &msg->first;
	to[1] = &msg->second;
	to[2] = &msg->third;
	to[3] = &msg->fourth;
	if (n > DNS_ADDRS_MAX)
		n = DNS_ADDRS_MAX;
	for (k = 0; k < 4; k++) {
		want = k % 2 == 0 ? AF_INET6 : AF_INET;
		for (i = 0; i < n; i++)
			if (!used[i] && addr_family(&addrs[i]) == want)
				break;
		/* No more of that family: whatever is left. */
		if (i == n)
			for (i = 0; i < n && used[i]; i++)
				;
		if (i == n)
			return;
		used[i] = true;
		*to[k] = addrs[i];
	}
}

static void
answer(struct channel *ch, uint64_t seq, const struct addr *addrs, size_t n,
    const char *why)
{
	struct msg_name_answer	msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = seq;
	msg.ok = n > 0;
	names_pick(&msg, addrs, n);
	(void)strlcpy(msg.error, why, sizeof(msg.error));
	(void)channel_send(ch, MSG_NAME_ANSWER, &msg);
}

static bool
too_many(struct names *na)
{
	uint64_t	second = clock_mono_ns() / NS_PER_S;

	if (second != na->na_second) {
		na->na_second = second;
		na->na_asked = 0;
	}
	return (na->na_asked++ >= NAMES_RATE);
}

void
names_query(struct names *na, struct channel *ch,
    const struct msg_name_query *query)
{
	struct question	*qn;
	struct addr	 addrs[DNS_ADDRS_MAX];
	size_t		 n;

	na->na_queries++;
	if (too_many(na) || (qn = question_new(na)) == NULL) {
		na->na_busy++;
		answer(ch, query->seq, NULL, 0, "too many questions at once");
		return;
	}
	n = resolve_find_hosts(na->na_hosts, query->host, addrs,
	    DNS_ADDRS_MAX);
	if (n > 0) {
		na->na_found++;
		answer(ch, query->seq, addrs, n, "");
		return;
	}
	if ((qn->qn_resolver = resolver_new(na->na_loop, &na->na_config,
	    query->host, names_resolved, qn)) == NULL) {
		na->na_failed++;
		answer(ch, query->seq, NULL, 0, "not a host name");
		return;
	}
	qn->qn_names = na;
	qn->qn_channel = ch;
	qn->qn_seq = query->seq;
	resolver_start(qn->qn_resolver);
}

static void
names_resolved(void *arg, const struct dns_answer *found, bool silent,
    const char *why)
{
	struct question	*qn = arg;
	struct names	*na = qn->qn_names;

	if (found != NULL) {
		na->na_found++;
		answer(qn->qn_channel, qn->qn_seq, found->da_addrs,
		    found->da_count, "");
	} else {
		na->na_failed++;
		answer(qn->qn_channel, qn->qn_seq, NULL, 0, why);
	}
	qn->qn_over = true;
	na->na_heard(na->na_arg, silent);
}

void
names_lost(struct names *na, const struct channel *ch)
{
	size_t	i;

	for (i = 0; i < NAMES_MAX; i++)
		if (na->na_table[i].qn_channel == ch && ch != NULL)
			question_free(&na->na_table[i]);
}

void
names_stats(const struct names *na, struct row *row)
{
	row_u64(row, "names", na->na_queries);
	row_u64(row, "names_found", na->na_found);
	row_u64(row, "names_failed", na->na_failed);
	row_u64(row, "names_busy", na->na_busy);
}
