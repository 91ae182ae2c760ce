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
 * Probes.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/probe.h"
#include "common/base/clock.h"
#include "common/quic/params.h"

#define VERSION_MAX	256	/* bytes a client reads (1.3) */

struct probe {
	struct link		 pr_link;
	struct addr		 pr_relay;
	bool			 pr_version;
	bool			 pr_done;
	uint64_t		 pr_dialled;
	uint8_t			 pr_text[VERSION_MAX + 1];
	size_t			 pr_len;
	const struct probe_ops	*pr_ops;
	void			*pr_arg;
};

static void	 probe_established(void *);
static void	 probe_uni(void *, const uint8_t *, size_t, bool);
static void	 probe_closed(void *, const struct quic_close *);
static void	 probe_done(struct probe *);

static const struct link_ops	probe_link_ops = {
	.established = probe_established,
	.uni = probe_uni,
	.closed = probe_closed
};

struct probe *
probe_new(struct link_shared *shared, const struct addr *relay, bool version,
    const struct probe_ops *ops, void *arg)
{
	struct probe	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	p->pr_link.li_ops = &probe_link_ops;
	p->pr_link.li_arg = p;
	p->pr_link.li_shared = shared;
	p->pr_relay = *relay;
	p->pr_version = version;
	p->pr_ops = ops;
	p->pr_arg = arg;
	return (p);
}

void
probe_free(struct probe *p)
{
	if (p == NULL)
		return;
	link_close(&p->pr_link, p->pr_version ? "" : "ping");
	free(p);
}

void
probe_start(struct probe *p)
{
	p->pr_dialled = p->pr_link.li_shared->ls_now;
	if (link_dial(&p->pr_link, &p->pr_relay,
	    p->pr_version ? QUIC_SNI_VERSION : QUIC_SNI_PING) == -1)
		p->pr_ops->failed(p->pr_arg, "out of memory");
}

static void
probe_established(void *arg)
{
	struct probe		*p = arg;
	struct quic_stats	 qs;
	double			 rtt;

	if (p->pr_version || p->pr_done)
		return;
	/* What QUIC measured on the handshake; else how long that took. */
	quic_conn_stats(p->pr_link.li_conn, &qs);
	rtt = qs.rtt_us > 0 ? (double)qs.rtt_us / 1000.0 :
	    (double)(p->pr_link.li_shared->ls_now - p->pr_dialled) /
	    (double)NS_PER_MS;
	p->pr_done = true;
	p->pr_ops->pong(p->pr_arg, rtt);
}

static void
probe_uni(void *arg, const uint8_t *data, size_t len, bool fin)
{
	struct probe	*p = arg;

	if (!p->pr_version || p->pr_done)
		return;
	if (len > VERSION_MAX - p->pr_len)
		len = VERSION_MAX - p->pr_len;
	if (len > 0)
		memcpy(p->pr_text + p->pr_len, data, len);
	p->pr_len += len;
	if (fin || p->pr_len == VERSION_MAX)
		probe_done(p);
}

static void
probe_closed(void *arg, const struct quic_close *qc)
{
	struct probe	*p = arg;
	char		 why[128];

	if (p->pr_done)
		return;
	/* The stream's end may have got lost behind the text. */
	if (p->pr_version && p->pr_len > 0)
		probe_done(p);
	else {
		p->pr_done = true;
		p->pr_ops->failed(p->pr_arg, link_why(qc, why, sizeof(why)));
	}
}

static void
probe_done(struct probe *p)
{
	size_t	i;

	p->pr_done = true;
	/* Any bytes may come; a build is printable ASCII. */
	for (i = 0; i < p->pr_len; i++)
		if (p->pr_text[i] < 0x20 || p->pr_text[i] > 0x7e)
			p->pr_text[i] = '?';
	p->pr_text[p->pr_len] = '\0';
	p->pr_ops->version(p->pr_arg, (const char *)p->pr_text);
}
