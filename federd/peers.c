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
 * See peers.h.  Each peer has one state and one time at which it goes on.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "federd/peers.h"

struct peers {
	struct peer		 ps_peers[PEERS_MAX];
	uint64_t		 ps_seq;
	uint64_t		 ps_now;
	const struct peers_ops	*ps_ops;
	void			*ps_arg;
};

static void	peer_enter(struct peers *, struct peer *, enum peer_state,
		    uint64_t);
static void	peer_rest(struct peers *, struct peer *);
static void	peer_backoff(struct peers *, struct peer *);
static void	peer_attempt(struct peers *, struct peer *);
static void	peer_dial(struct peers *, struct peer *);
static void	peer_fail(struct peers *, struct peer *, const char *);
static struct peer *peer_waits(struct peers *, enum peer_state, uint64_t);
static bool	peer_dials(const struct msg_peer *);
static bool	peer_same(const struct msg_peer *, const struct msg_peer *);

struct peers *
peers_new(const struct peers_ops *ops, void *arg)
{
	struct peers	*ps;

	if ((ps = calloc(1, sizeof(*ps))) == NULL)
		return (NULL);
	ps->ps_ops = ops;
	ps->ps_arg = arg;
	return (ps);
}

void
peers_free(struct peers *ps)
{
	free(ps);
}

void
peers_set_time(struct peers *ps, uint64_t now)
{
	ps->ps_now = now;
}

uint64_t
peers_expiry(const struct peers *ps)
{
	uint64_t	due = UINT64_MAX;
	size_t		i;

	for (i = 0; i < PEERS_MAX; i++) {
		if (ps->ps_peers[i].pe_used)
			due = clock_earlier(due, ps->ps_peers[i].pe_due);
	}
	return (due);
}

void
peers_expire(struct peers *ps)
{
	struct peer	*pe;
	size_t		 i;

	for (i = 0; i < PEERS_MAX; i++) {
		pe = &ps->ps_peers[i];
		if (!pe->pe_used || pe->pe_due > ps->ps_now)
			continue;
		switch (pe->pe_state) {
		case PEER_WAITING:
			peer_attempt(ps, pe);
			break;
		case PEER_RESOLVING:
			peer_fail(ps, pe, "no answer from lookupd");
			break;
		case PEER_DIALLING:
			peer_fail(ps, pe, "no answer from relayd");
			break;
		default:
			/* link.c watches connections. */
			pe->pe_due = UINT64_MAX;
			break;
		}
	}
}

/* The configuration */

static bool
peer_dials(const struct msg_peer *config)
{
	return (config->host[0] != '\0' || config->address.addr_len != 0);
}

static bool
peer_same(const struct msg_peer *a, const struct msg_peer *b)
{
	return (strcmp(a->name, b->name) == 0 &&
	    strcmp(a->host, b->host) == 0 && a->port == b->port &&
	    a->address.addr_len == b->address.addr_len &&
	    (a->address.addr_len == 0 ||
	    addr_equal(&a->address, &b->address)) &&
	    memcmp(a->fingerprint, b->fingerprint, TLS_HASH_LEN) == 0 &&
	    a->legacy == b->legacy && a->transit == b->transit);
}

void
peers_begin(struct peers *ps)
{
	size_t	i;

	for (i = 0; i < PEERS_MAX; i++)
		ps->ps_peers[i].pe_named = false;
}

void
peers_add(struct peers *ps, const struct msg_peer *config)
{
	struct peer	*pe;
	bool		 down;

	if (config->index >= PEERS_MAX)
		return;
	pe = &ps->ps_peers[config->index];
	down = false;
	if (pe->pe_used) {
		if (peer_same(&pe->pe_config, config)) {
			pe->pe_named = true;
			return;
		}
		/* What the operator ordered holds for the name. */
		down = pe->pe_down &&
		    strcmp(pe->pe_config.name, config->name) == 0;
		ps->ps_ops->drop(ps->ps_arg, pe, "it is configured anew");
	}
	memset(pe, 0, sizeof(*pe));
	pe->pe_config = *config;
	pe->pe_used = pe->pe_named = true;
	pe->pe_down = down;
	pe->pe_since = UINT64_MAX;
	if (config->address.addr_len != 0) {
		pe->pe_addrs[0] = config->address;
		pe->pe_naddrs = 1;
	}
	peer_rest(ps, pe);
	if (pe->pe_state == PEER_WAITING)
		pe->pe_due = ps->ps_now;
}

void
peers_end(struct peers *ps)
{
	struct peer	*pe;
	size_t		 i;

	for (i = 0; i < PEERS_MAX; i++) {
		pe = &ps->ps_peers[i];
		if (!pe->pe_used || pe->pe_named)
			continue;
		ps->ps_ops->drop(ps->ps_arg, pe, "it is not configured");
		memset(pe, 0, sizeof(*pe));
	}
}

struct peer *
peers_index(struct peers *ps, uint64_t i)
{
	if (i >= PEERS_MAX || !ps->ps_peers[i].pe_used)
		return (NULL);
	return (&ps->ps_peers[i]);
}

/* relayd lets no two stanzas have the same one. */
struct peer *
peers_fingerprint(struct peers *ps, const uint8_t hash[TLS_HASH_LEN])
{
	size_t	i;

	for (i = 0; i < PEERS_MAX; i++) {
		if (ps->ps_peers[i].pe_used && memcmp(hash,
		    ps->ps_peers[i].pe_config.fingerprint, TLS_HASH_LEN) == 0)
			return (&ps->ps_peers[i]);
	}
	return (NULL);
}

struct peer *
peers_name(struct peers *ps, const char *name)
{
	size_t	i;

	for (i = 0; i < PEERS_MAX; i++) {
		if (ps->ps_peers[i].pe_used &&
		    strcmp(ps->ps_peers[i].pe_config.name, name) == 0)
			return (&ps->ps_peers[i]);
	}
	return (NULL);
}

struct peer *
peers_next(struct peers *ps, size_t *iter)
{
	while (*iter < PEERS_MAX) {
		if (ps->ps_peers[(*iter)++].pe_used)
			return (&ps->ps_peers[*iter - 1]);
	}
	return (NULL);
}

bool
peers_lives_at(const struct peer *pe, const struct addr *address)
{
	size_t	i;

	for (i = 0; i < pe->pe_naddrs; i++) {
		if (addr_same_host(&pe->pe_addrs[i], address))
			return (true);
	}
	return (false);
}

void
peers_order(struct peers *ps, struct peer *pe, bool up)
{
	if (up) {
		pe->pe_down = false;
		pe->pe_failures = 0;
		if (pe->pe_state != PEER_DOWN && pe->pe_state != PEER_WAITING)
			return;
		peer_rest(ps, pe);
		if (pe->pe_state == PEER_WAITING)
			pe->pe_due = ps->ps_now;
		return;
	}
	pe->pe_down = true;
	if (pe->pe_state == PEER_DOWN)
		return;
	ps->ps_ops->drop(ps->ps_arg, pe, "ordered down");
	pe->pe_since = UINT64_MAX;
	peer_enter(ps, pe, PEER_DOWN, UINT64_MAX);
}

/* Attempts */

static void
peer_enter(struct peers *ps, struct peer *pe, enum peer_state state,
    uint64_t limit)
{
	pe->pe_state = state;
	pe->pe_due = limit == UINT64_MAX ? UINT64_MAX : ps->ps_now + limit;
}

/* No attempt and no link; the caller sets the time of the next attempt. */
static void
peer_rest(struct peers *ps, struct peer *pe)
{
	if (pe->pe_down)
		peer_enter(ps, pe, PEER_DOWN, UINT64_MAX);
	else if (peer_dials(&pe->pe_config))
		peer_enter(ps, pe, PEER_WAITING, PEER_BACKOFF_MAX_NS);
	else
		peer_enter(ps, pe, PEER_PASSIVE, UINT64_MAX);
}

static void
peer_backoff(struct peers *ps, struct peer *pe)
{
	uint64_t	wait = PEER_BACKOFF_MIN_NS;
	unsigned int	i;

	peer_rest(ps, pe);
	if (pe->pe_state != PEER_WAITING)
		return;
	for (i = 0; i < pe->pe_failures && wait < PEER_BACKOFF_MAX_NS; i++)
		wait *= 2;
	if (wait > PEER_BACKOFF_MAX_NS)
		wait = PEER_BACKOFF_MAX_NS;
	pe->pe_failures++;
	/* So that those who lost one relay do not all come at once. */
	wait = wait / 4 * 3 + wait / 2 *
	    (ps->ps_ops->random(ps->ps_arg) % 1025) / 1024;
	pe->pe_due = ps->ps_now + wait;
}

static void
peer_attempt(struct peers *ps, struct peer *pe)
{
	struct msg_name_query	query;

	pe->pe_attempts++;
	pe->pe_next = 0;
	if (pe->pe_config.address.addr_len != 0) {
		peer_dial(ps, pe);
		return;
	}
	memset(&query, 0, sizeof(query));
	query.seq = pe->pe_seq = ++ps->ps_seq;
	strlcpy(query.host, pe->pe_config.host, sizeof(query.host));
	peer_enter(ps, pe, PEER_RESOLVING, PEER_ANSWER_NS);
	if (ps->ps_ops->resolve(ps->ps_arg, &query) == -1)
		peer_fail(ps, pe, "lookupd is away");
}

static void
peer_dial(struct peers *ps, struct peer *pe)
{
	struct msg_dial	dial;

	memset(&dial, 0, sizeof(dial));
	dial.id = pe->pe_seq = ++ps->ps_seq;
	dial.index = pe->pe_config.index;
	dial.address = pe->pe_address = pe->pe_addrs[pe->pe_next++];
	peer_enter(ps, pe, PEER_DIALLING, PEER_ANSWER_NS);
	if (ps->ps_ops->dial(ps->ps_arg, &dial) == -1)
		peer_fail(ps, pe, "relayd takes no request");
}

static void
peer_fail(struct peers *ps, struct peer *pe, const char *why)
{
	bool	asked = pe->pe_state == PEER_RESOLVING;

	strlcpy(pe->pe_error, why, sizeof(pe->pe_error));
	if (!asked && pe->pe_next < pe->pe_naddrs)
		peer_dial(ps, pe);
	else
		peer_backoff(ps, pe);
}

static struct peer *
peer_waits(struct peers *ps, enum peer_state state, uint64_t seq)
{
	size_t	i;

	for (i = 0; i < PEERS_MAX; i++) {
		if (ps->ps_peers[i].pe_used &&
		    ps->ps_peers[i].pe_state == state &&
		    ps->ps_peers[i].pe_seq == seq)
			return (&ps->ps_peers[i]);
	}
	return (NULL);
}

size_t
peer_addresses(const struct msg_name_answer *msg, uint64_t port,
    struct addr addrs[PEER_ADDRS_MAX])
{
	const struct addr	*found[PEER_ADDRS_MAX] = {
		&msg->first, &msg->second, &msg->third, &msg->fourth
	};
	size_t			 i, n = 0;

	for (i = 0; msg->ok && i < PEER_ADDRS_MAX; i++) {
		if (found[i]->addr_len == 0 || addr_is_any(found[i]))
			continue;
		addrs[n] = *found[i];
		addr_set_port(&addrs[n++], (uint16_t)port);
	}
	return (n);
}

void
peers_name_answer(struct peers *ps, const struct msg_name_answer *msg)
{
	struct peer	*pe;

	if ((pe = peer_waits(ps, PEER_RESOLVING, msg->seq)) == NULL)
		return;
	if (!msg->ok) {
		peer_fail(ps, pe, msg->error[0] != '\0' ? msg->error :
		    "its name leads nowhere");
		return;
	}
	pe->pe_naddrs = peer_addresses(msg, pe->pe_config.port,
	    pe->pe_addrs);
	if (pe->pe_naddrs == 0)
		peer_fail(ps, pe, "its name has no address");
	else
		peer_dial(ps, pe);
}

struct peer *
peers_socket(struct peers *ps, uint64_t id)
{
	struct peer	*pe;

	if ((pe = peer_waits(ps, PEER_DIALLING, id)) != NULL)
		peer_enter(ps, pe, PEER_CONNECTING, UINT64_MAX);
	return (pe);
}

void
peers_dial_failed(struct peers *ps, const struct msg_dial_failed *msg)
{
	struct peer	*pe;

	if ((pe = peer_waits(ps, PEER_DIALLING, msg->id)) != NULL)
		peer_fail(ps, pe, msg->error);
}

uint64_t
peers_connect_limit(const struct peer *pe)
{
	return (pe->pe_next < pe->pe_naddrs ? PEER_CONNECT_SHORT_NS :
	    PEER_CONNECT_NS);
}

void
peers_failed(struct peers *ps, struct peer *pe, const char *why)
{
	/* It may have come to us in the meantime, or be gone. */
	if (pe->pe_used && pe->pe_state == PEER_CONNECTING)
		peer_fail(ps, pe, why);
}

void
peers_up(struct peers *ps, struct peer *pe)
{
	if (pe->pe_down)
		return;
	if (pe->pe_state != PEER_UP)
		pe->pe_since = ps->ps_now;
	pe->pe_ups++;
	peer_enter(ps, pe, PEER_UP, UINT64_MAX);
}

void
peers_ended(struct peers *ps, struct peer *pe, const char *why)
{
	if (!pe->pe_used || pe->pe_state != PEER_UP)
		return;
	strlcpy(pe->pe_error, why, sizeof(pe->pe_error));
	if (ps->ps_now - pe->pe_since >= PEER_GOOD_NS)
		pe->pe_failures = 0;
	pe->pe_since = UINT64_MAX;
	peer_backoff(ps, pe);
}

const char *
peer_state_name(enum peer_state state)
{
	static const char	*names[] = {
		[PEER_DOWN] = "down",
		[PEER_PASSIVE] = "passive",
		[PEER_WAITING] = "waiting",
		[PEER_RESOLVING] = "resolving",
		[PEER_DIALLING] = "connecting",
		[PEER_CONNECTING] = "connecting",
		[PEER_UP] = "up"
	};

	return (names[state]);
}
