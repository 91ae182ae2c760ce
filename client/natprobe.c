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
 * NAT probes: see natprobe.h.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/natprobe.h"
#include "common/base/clock.h"
#include "common/quic/params.h"

/* Of one probe, from its first packet on (wzp-protocol 7.2). */
#define NATPROBE_LIMIT	(1500 * NS_PER_MS)

enum natprobe_state {
	NATPROBE_CONNECT,
	NATPROBE_REGISTER,	/* waits for the ack */
	NATPROBE_REFLECT,	/* waits for the very next message */
	NATPROBE_OVER
};

struct natprobe_one {
	struct link		 no_link;
	struct natprobe		*no_probe;
	struct natprobe_result	*no_result;
	enum natprobe_state	 no_state;
	uint64_t		 no_asked;
};

struct natprobe {
	struct link_shared		*np_shared;
	struct natprobe_one		 np_ones[NATPROBE_MAX];
	struct natprobe_result		 np_results[NATPROBE_MAX];
	size_t				 np_n;
	size_t				 np_waiting;
	uint64_t			 np_deadline;
	const struct natprobe_ops	*np_ops;
	void				*np_arg;
};

static void	 natprobe_established(void *);
static void	 natprobe_signal(void *, const struct signal *);
static void	 natprobe_closed(void *, const struct quic_close *);
static void	 natprobe_observed(struct natprobe_one *, const char *);
static void	 natprobe_over(struct natprobe_one *, const char *);
static void	 natprobe_check(struct natprobe *);

static const struct link_ops	natprobe_link_ops = {
	.established = natprobe_established,
	.signal = natprobe_signal,
	.closed = natprobe_closed
};

struct natprobe *
natprobe_new(struct link_shared *shared, const struct addr *relays, size_t n,
    const struct natprobe_ops *ops, void *arg)
{
	struct natprobe	*np;
	size_t		 i;

	if (n == 0 || n > NATPROBE_MAX) {
		errno = EINVAL;
		return (NULL);
	}
	if ((np = calloc(1, sizeof(*np))) == NULL)
		return (NULL);
	np->np_shared = shared;
	np->np_n = n;
	np->np_deadline = UINT64_MAX;
	np->np_ops = ops;
	np->np_arg = arg;
	for (i = 0; i < n; i++) {
		np->np_ones[i].no_link.li_ops = &natprobe_link_ops;
		np->np_ones[i].no_link.li_arg = &np->np_ones[i];
		np->np_ones[i].no_link.li_shared = shared;
		np->np_ones[i].no_probe = np;
		np->np_ones[i].no_result = &np->np_results[i];
		np->np_results[i].nr_relay = relays[i];
	}
	return (np);
}

void
natprobe_free(struct natprobe *np)
{
	size_t	i;

	if (np == NULL)
		return;
	for (i = 0; i < np->np_n; i++)
		link_close(&np->np_ones[i].no_link, "");
	free(np);
}

void
natprobe_start(struct natprobe *np)
{
	struct natprobe_one	*no;
	size_t			 i;

	np->np_waiting = np->np_n;
	np->np_deadline = np->np_shared->ls_now + NATPROBE_LIMIT;
	for (i = 0; i < np->np_n; i++) {
		no = &np->np_ones[i];
		if (link_dial(&no->no_link, &no->no_result->nr_relay,
		    QUIC_SNI_SIGNAL) == -1)
			natprobe_over(no, "it cannot be reached from here");
	}
	natprobe_check(np);
}

void
natprobe_expire(struct natprobe *np)
{
	size_t	i;

	if (np->np_shared->ls_now < np->np_deadline)
		return;
	for (i = 0; i < np->np_n; i++)
		natprobe_over(&np->np_ones[i],
		    np->np_ones[i].no_state == NATPROBE_CONNECT ?
		    "the relay does not answer" :
		    "the relay did not say what it sees in time");
	natprobe_check(np);
}

uint64_t
natprobe_expiry(const struct natprobe *np)
{
	return (np->np_deadline);
}

/* The key of nobody: a relay does not put it into its hub (gap 13). */
static void
natprobe_established(void *arg)
{
	struct natprobe_one	*no = arg;
	struct signal		 s;

	if (no->no_state != NATPROBE_CONNECT)
		return;
	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_REGISTER_PRESENCE;
	s.u.register_presence.signature.data = (const uint8_t *)"";
	no->no_state = NATPROBE_REGISTER;
	(void)link_send(&no->no_link, &s);
}

static void
natprobe_signal(void *arg, const struct signal *in)
{
	struct natprobe_one	*no = arg;
	struct signal		 s;

	switch (no->no_state) {
	case NATPROBE_REGISTER:
		if (in->type != SIGNAL_REGISTER_PRESENCE_ACK ||
		    !in->u.register_presence_ack.success) {
			natprobe_over(no, "the relay lets no probe in");
			break;
		}
		memset(&s, 0, sizeof(s));
		s.type = SIGNAL_REFLECT;
		no->no_state = NATPROBE_REFLECT;
		no->no_asked = no->no_probe->np_shared->ls_now;
		(void)link_send(&no->no_link, &s);
		break;
	case NATPROBE_REFLECT:
		if (in->type != SIGNAL_REFLECT_RESPONSE)
			natprobe_over(no, "the relay sent something else "
			    "than what it sees");
		else
			natprobe_observed(no,
			    in->u.reflect_response.observed_addr);
		break;
	default:
		break;
	}
	natprobe_check(no->no_probe);
}

static void
natprobe_observed(struct natprobe_one *no, const char *text)
{
	struct natprobe_result	*nr = no->no_result;
	struct quic_stats	 st;
	struct addr		 addr;

	if (strlen(text) >= sizeof(nr->nr_observed) ||
	    addr_parse(&addr, text) == -1) {
		natprobe_over(no, "what the relay sees is no address");
		return;
	}
	(void)strlcpy(nr->nr_observed, text, sizeof(nr->nr_observed));
	quic_conn_stats(no->no_link.li_conn, &st);
	nr->nr_rtt_ms = st.rtt_us > 0 ? (double)st.rtt_us / 1000.0 :
	    (double)(no->no_probe->np_shared->ls_now - no->no_asked) /
	    (double)NS_PER_MS;
	nr->nr_ok = true;
	natprobe_over(no, "");
}

static void
natprobe_closed(void *arg, const struct quic_close *qc)
{
	struct natprobe_one	*no = arg;
	char			 why[128];

	natprobe_over(no, link_why(qc, why, sizeof(why)));
	natprobe_check(no->no_probe);
}

/* The first word is the last: what comes after is not looked at. */
static void
natprobe_over(struct natprobe_one *no, const char *error)
{
	if (no->no_state == NATPROBE_OVER)
		return;
	no->no_state = NATPROBE_OVER;
	(void)strlcpy(no->no_result->nr_error, error,
	    sizeof(no->no_result->nr_error));
	no->no_probe->np_waiting--;
	link_close(&no->no_link, "");
}

static void
natprobe_check(struct natprobe *np)
{
	const char	*observed[NATPROBE_MAX], *consensus;
	enum nat_class	 class;
	size_t		 i;

	if (np->np_waiting > 0 || np->np_deadline == UINT64_MAX)
		return;
	np->np_deadline = UINT64_MAX;
	for (i = 0; i < np->np_n; i++)
		observed[i] = np->np_results[i].nr_ok ?
		    np->np_results[i].nr_observed : NULL;
	class = nat_classify(observed, np->np_n, &consensus);
	/* It may free us. */
	np->np_ops->done(np->np_arg, np->np_results, np->np_n, class,
	    consensus);
}
