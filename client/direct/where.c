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
 * Our own addresses.
 */

#include "config.h"

#include <string.h>

#include "client/direct/own.h"
#include "client/direct/where.h"
#include "common/base/clock.h"

#define REFLECT_LIMIT	NS_PER_S	/* 7.1 */

/* Milliseconds after a change; the last may follow a lost packet or two. */
static const unsigned int	ask_ms[] = { 0, 300, 1000, 3000 };

static bool	 where_changed(struct where *);

void
where_init(struct where *w, const uint16_t port[2])
{
	memset(w, 0, sizeof(*w));
	w->wh_port[0] = port[0];
	w->wh_port[1] = port[1];
	w->wh_ask_at = UINT64_MAX;
}

bool
where_addresses(struct where *w, const struct addr *addrs, size_t n)
{
	if (n > NETWATCH_MAX)
		n = NETWATCH_MAX;
	if (n > 0)
		memcpy(w->wh_addrs, addrs, n * sizeof(*addrs));
	w->wh_naddrs = n;
	return (where_changed(w));
}

bool
where_mapped(struct where *w, const struct addr *external)
{
	if (external != NULL)
		w->wh_mapped = *external;
	else
		memset(&w->wh_mapped, 0, sizeof(w->wh_mapped));
	return (where_changed(w));
}

bool
where_answered(struct where *w, const char *observed)
{
	struct addr	a;

	w->wh_asking = false;
	/* In our own print: roles hang on the text (7.5). */
	if (addr_parse(&a, observed) == 0 && !addr_is_any(&a) &&
	    addr_port(&a) != 0)
		(void)addr_print(&a, w->wh_reflexive,
		    sizeof(w->wh_reflexive));
	else
		w->wh_reflexive[0] = '\0';
	return (where_changed(w));
}

void
where_ask(struct where *w, uint64_t now)
{
	w->wh_times = 0;
	w->wh_ask_at = now;
}

bool
where_due(struct where *w, uint64_t now)
{
	/* An answer that is overdue must not keep the timer running. */
	(void)where_asking(w, now);
	if (now < w->wh_ask_at)
		return (false);
	if (++w->wh_times < sizeof(ask_ms) / sizeof(ask_ms[0]))
		w->wh_ask_at = now + (ask_ms[w->wh_times] -
		    ask_ms[w->wh_times - 1]) * NS_PER_MS;
	else
		w->wh_ask_at = UINT64_MAX;
	return (true);
}

void
where_asked(struct where *w, uint64_t now)
{
	w->wh_asking = true;
	w->wh_asked_until = now + REFLECT_LIMIT;
}

void
where_forget(struct where *w)
{
	w->wh_asking = false;
	w->wh_ask_at = UINT64_MAX;
}

bool
where_asking(struct where *w, uint64_t now)
{
	if (w->wh_asking && now >= w->wh_asked_until)
		w->wh_asking = false;
	return (w->wh_asking);
}

uint64_t
where_expiry(const struct where *w)
{
	return (w->wh_asking && w->wh_asked_until < w->wh_ask_at ?
	    w->wh_asked_until : w->wh_ask_at);
}

static bool
where_changed(struct where *w)
{
	struct direct_own	own;
	bool			changed;

	own_candidates(&own, w->wh_addrs, w->wh_naddrs, w->wh_port,
	    w->wh_reflexive, w->wh_mapped.addr_len != 0 ? &w->wh_mapped :
	    NULL);
	changed = memcmp(&own, &w->wh_own, sizeof(own)) != 0;
	w->wh_own = own;
	return (changed);
}
