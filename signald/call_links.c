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
 * The neighbours of this relay as calls see them: which calls go over which
 * link, what becomes of them when it is lost, and the saying from time to
 * time that a call is still there.
 */
#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "signald/call_flow.h"
#include "signald/call_flow_int.h"

static void	 flow_link_lost(struct flow *, struct flow_link *);
static void	 flow_originals_up(struct flow *);
static struct flow_link
		*flow_link_unused(struct flow *);
static uint64_t	 flow_link_expiry(const struct flow_link *);
static void	 flow_probe_send(struct flow *, struct call *);

void
flow_links_init(struct flow *flow)
{
	TAILQ_INIT(&flow->fl_links);
	TAILQ_INIT(&flow->fl_probes);
	TAILQ_INIT(&flow->fl_originals.fk_calls);
	flow->fl_originals.fk_legacy = true;
}

void
flow_links_free(struct flow *flow)
{
	struct flow_link	*link;

	while ((link = TAILQ_FIRST(&flow->fl_links)) != NULL) {
		TAILQ_REMOVE(&flow->fl_links, link, fk_entry);
		free(link);
	}
}

/* Of a neighbour that is not configured any more, say. */
static struct flow_link *
flow_link_unused(struct flow *flow)
{
	struct flow_link	*link;

	TAILQ_FOREACH(link, &flow->fl_links, fk_entry) {
		if (!link->fk_up && link->fk_ncalls == 0)
			return (link);
	}
	return (NULL);
}

struct flow_link *
flow_link_get(struct flow *flow, const uint8_t *fp, bool legacy)
{
	struct flow_link	*link;

	TAILQ_FOREACH(link, &flow->fl_links, fk_entry) {
		if (memcmp(link->fk_fp, fp, TLS_HASH_LEN) == 0)
			return (link);
	}
	if (flow->fl_nlinks < FLOW_LINKS_MAX) {
		if ((link = malloc(sizeof(*link))) == NULL)
			return (NULL);
		flow->fl_nlinks++;
	} else if ((link = flow_link_unused(flow)) != NULL)
		TAILQ_REMOVE(&flow->fl_links, link, fk_entry);
	else
		return (NULL);
	memset(link, 0, sizeof(*link));
	memcpy(link->fk_fp, fp, TLS_HASH_LEN);
	link->fk_legacy = legacy;
	link->fk_down_ns = flow->fl_now;
	TAILQ_INIT(&link->fk_calls);
	TAILQ_INSERT_TAIL(&flow->fl_links, link, fk_entry);
	return (link);
}

/* Unanswered offers to all originals live while there is one. */
static void
flow_originals_up(struct flow *flow)
{
	struct flow_link	*link;
	bool			 up = false;

	TAILQ_FOREACH(link, &flow->fl_links, fk_entry)
		up = up || (link->fk_up && link->fk_legacy);
	if (flow->fl_originals.fk_up && !up)
		flow->fl_originals.fk_down_ns = flow->fl_now;
	flow->fl_originals.fk_up = up;
}

void
flow_link_up(struct flow *flow, struct flow_link *link, bool up)
{
	struct call	*call;

	if (link->fk_up == up)
		return;
	link->fk_up = up;
	flow->fl_nup += up ? 1 : (size_t)-1;
	flow_originals_up(flow);
	if (!up) {
		link->fk_down_ns = flow->fl_now;
		return;
	}
	flow_orphans_link(flow, link);
	/* Something may have been lost: is the call still there? */
	TAILQ_FOREACH(call, &link->fk_calls, call_link_entry)
		flow_probe_soon(flow, call);
}

void
flow_far_link(struct flow *flow, const struct msg_fed_link *msg)
{
	struct flow_link	*link;

	if ((link = flow_link_get(flow, msg->fingerprint,
	    msg->legacy)) == NULL) {
		log_warnx("too many neighbours");
		return;
	}
	if (msg->up)
		link->fk_legacy = msg->legacy;
	flow_link_up(flow, link, msg->up);
	flow_originals_up(flow);
}

void
flow_federation_up(struct flow *flow)
{
	struct call	*call, *next;

	flow->fl_federation = true;
	for (call = calls_oldest(flow->fl_calls, CALL_ACTIVE); call != NULL;
	    call = calls_after(call)) {
		call->call_said = false;
		if (call_far(call) != NULL)
			flow_far_say(flow, call, true);
	}
	for (call = calls_oldest_away(flow->fl_calls); call != NULL;
	    call = next) {
		next = calls_after(call);
		if (call->call_find_seq != 0)
			flow_find(flow, call);
	}
}

void
flow_federation_down(struct flow *flow)
{
	struct flow_link	*link;
	struct call		*call;

	flow->fl_federation = false;
	TAILQ_FOREACH(link, &flow->fl_links, fk_entry)
		flow_link_up(flow, link, false);
	for (call = calls_oldest(flow->fl_calls, CALL_ACTIVE); call != NULL;
	    call = calls_after(call))
		call->call_said = false;
}

/* Calls of a link */

void
flow_link_add(struct flow *flow, struct flow_link *link, struct call *call)
{
	flow_link_remove(flow, call);
	call->call_link = link;
	TAILQ_INSERT_TAIL(&link->fk_calls, call, call_link_entry);
	link->fk_ncalls++;
	if (call->call_state == CALL_ACTIVE)
		return;
	/* It waits for the link from now on, not since it went down. */
	if (link->fk_unanswered++ == 0 && !link->fk_up)
		link->fk_down_ns = flow->fl_now;
	if (call->call_party[CALL_CALLER].cp_remote) {
		link->fk_offers++;
		flow->fl_far_offers++;
	}
}

void
flow_link_answered(struct flow *flow, struct call *call)
{
	struct flow_link	*link = call->call_link;

	if (link == NULL)
		return;
	link->fk_unanswered--;
	if (call->call_party[CALL_CALLER].cp_remote) {
		link->fk_offers--;
		flow->fl_far_offers--;
	}
}

/* Also of a call that is out of the table: its room tells. */
void
flow_link_remove(struct flow *flow, struct call *call)
{
	struct flow_link	*link = call->call_link;

	if (call->call_probed) {
		TAILQ_REMOVE(&flow->fl_probes, call, call_probe_entry);
		call->call_probed = false;
	}
	if (link == NULL)
		return;
	if (call->call_room[0] == '\0')
		flow_link_answered(flow, call);
	TAILQ_REMOVE(&link->fk_calls, call, call_link_entry);
	link->fk_ncalls--;
	call->call_link = NULL;
}

static void
flow_link_lost(struct flow *flow, struct flow_link *link)
{
	struct call	*call, *next;

	for (call = TAILQ_FIRST(&link->fk_calls); call != NULL; call = next) {
		next = TAILQ_NEXT(call, call_link_entry);
		if (call->call_state == CALL_ACTIVE)
			continue;
		flow->fl_stats.fs_link_losses++;
		flow_fail(flow, call);
	}
}

/* "We have this call" */

static void
flow_probe_send(struct flow *flow, struct call *call)
{
	const struct call_party	*far = call_far(call);
	struct signal		 sig;

	memset(&sig, 0, sizeof(sig));
	sig.type = SIGNAL_CALL_RINGING;
	sig.u.call_ringing.call_id = call->call_id;
	(void)flow_far_send(flow, &far->cp_far, &sig);
}

void
flow_probe(struct flow *flow, struct call *call)
{
	/* An original would ring once more. */
	if (call->call_probed || call_far(call)->cp_far.far_legacy)
		return;
	call->call_probed = true;
	call->call_probe_ns = flow->fl_now;
	TAILQ_INSERT_TAIL(&flow->fl_probes, call, call_probe_entry);
}

void
flow_probe_soon(struct flow *flow, struct call *call)
{
	if (!call->call_probed)
		return;
	TAILQ_REMOVE(&flow->fl_probes, call, call_probe_entry);
	/* Just due: these times are only ever subtracted, modulo 2^64. */
	call->call_probe_ns = flow->fl_now - FLOW_PROBE_NS;
	TAILQ_INSERT_HEAD(&flow->fl_probes, call, call_probe_entry);
}

/* Time */

static uint64_t
flow_link_expiry(const struct flow_link *link)
{
	if (link->fk_up || link->fk_unanswered == 0)
		return (UINT64_MAX);
	return (link->fk_down_ns + FLOW_LINK_NS);
}

uint64_t
flow_links_expiry(const struct flow *flow)
{
	const struct flow_link	*link;
	const struct call	*call;
	uint64_t		 due, next;

	next = flow_link_expiry(&flow->fl_originals);
	TAILQ_FOREACH(link, &flow->fl_links, fk_entry) {
		due = flow_link_expiry(link);
		next = due < next ? due : next;
	}
	if ((call = TAILQ_FIRST(&flow->fl_probes)) != NULL) {
		due = call->call_probe_ns + FLOW_PROBE_NS;
		if (due < flow->fl_probe_pause_ns)
			due = flow->fl_probe_pause_ns;
		next = due < next ? due : next;
	}
	if ((call = calls_oldest_away(flow->fl_calls)) != NULL) {
		due = call->call_since_ns + FLOW_AWAY_NS;
		next = due < next ? due : next;
	}
	return (next);
}

void
flow_links_expire(struct flow *flow)
{
	struct flow_link	*link;
	struct call		*call;
	unsigned int		 n;

	if (flow->fl_now >= flow_link_expiry(&flow->fl_originals))
		flow_link_lost(flow, &flow->fl_originals);
	TAILQ_FOREACH(link, &flow->fl_links, fk_entry) {
		if (flow->fl_now >= flow_link_expiry(link))
			flow_link_lost(flow, link);
	}
	while ((call = calls_oldest_away(flow->fl_calls)) != NULL &&
	    flow->fl_now - call->call_since_ns >= FLOW_AWAY_NS) {
		if (call->call_asked)
			flow_fail(flow, call);
		else
			flow_absent(flow, call);
	}
	for (n = 0; n < FLOW_PROBE_BATCH &&
	    flow->fl_now >= flow->fl_probe_pause_ns &&
	    (call = TAILQ_FIRST(&flow->fl_probes)) != NULL &&
	    flow->fl_now - call->call_probe_ns >= FLOW_PROBE_NS; n++) {
		TAILQ_REMOVE(&flow->fl_probes, call, call_probe_entry);
		call->call_probe_ns = flow->fl_now;
		TAILQ_INSERT_TAIL(&flow->fl_probes, call, call_probe_entry);
		/* A link that is down has its own moment. */
		if (call->call_link == NULL || call->call_link->fk_up)
			flow_probe_send(flow, call);
	}
	if (n == FLOW_PROBE_BATCH)
		flow->fl_probe_pause_ns = flow->fl_now + FLOW_PROBE_PAUSE_NS;
}
