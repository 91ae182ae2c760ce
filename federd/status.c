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
 * federd for the control tool: show peers, show stats, peer NAME up|down.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "federd/federd.h"

#define NO_SUCH_PEER	"no such peer; `wzpctl show peers' lists them"

static void	 status_peer(struct federd *, const struct peer *,
		    struct row *);
static void	 status_peers(struct federd *, struct channel *,
		    const struct msg_ctl_query *);
static void	 status_mesh(struct federd *, struct channel *,
		    const struct msg_ctl_query *);
static void	 status_limits(struct federd *, struct channel *,
		    const struct msg_ctl_query *);
static const char *status_order(struct federd *, const char *);

static void
status_peer(struct federd *fd, const struct peer *pe, struct row *row)
{
	const struct msg_peer	*config = &pe->pe_config;
	const struct addr	*address;
	const struct envelope_stats *es;
	struct link_info	 info;
	char			 text[HOST_STRLEN + 8], fp[TLS_FP_STRLEN];
	uint64_t		 now = quic_service_now(fd->fd_service);

	links_info(fd->fd_links, (unsigned int)config->index, &info);
	row_init(row);
	row_str(row, "name", config->name);
	row_str(row, "state", peer_state_name(pe->pe_state));
	address = &config->address;
	if (info.li_up)
		address = &info.li_remote;
	else if (pe->pe_address.addr_len != 0)
		address = &pe->pe_address;
	if (address->addr_len != 0)
		row_str(row, "address", addr_print(address, text,
		    sizeof(text)));
	else if (config->host[0] != '\0') {
		snprintf(text, sizeof(text), "%s:%llu", config->host,
		    (unsigned long long)config->port);
		row_str(row, "address", text);
	} else
		row_str(row, "address", "");
	row_str(row, "direction", !info.li_up ? "" :
	    info.li_dialled ? "out" : "in");
	row_u64(row, "since_s", pe->pe_state != PEER_UP ? 0 :
	    (now - pe->pe_since) / NS_PER_S);
	row_u64(row, "rtt_ms", info.li_rtt_us / 1000);
	links_features(info.li_features, text, sizeof(text));
	row_str(row, "features", text);
	row_str(row, "kind", config->legacy ? "legacy" : "own");
	row_bool(row, "transit", config->transit);
	row_u64(row, "connections", info.li_connections);
	row_u64(row, "signals_in", info.li_signals_in);
	row_u64(row, "signals_out", info.li_signals_out);
	row_u64(row, "datagrams_in", info.li_datagrams_in);
	row_u64(row, "datagrams_out", info.li_datagrams_out);
	row_u64(row, "packets_sent", info.li_packets_sent);
	row_u64(row, "packets_lost", info.li_packets_lost);
	row_u64(row, "bad_signals", info.li_bad);
	row_u64(row, "unexpected", info.li_unexpected);
	row_u64(row, "limited", info.li_limited);
	es = envelope_stats(fd->fd_envelope, (unsigned int)config->index);
	row_u64(row, "over_rate", es == NULL ? 0 : es->limited);
	row_u64(row, "broken", info.li_broken);
	row_u64(row, "slow", info.li_slow);
	row_u64(row, "links", pe->pe_ups);
	row_u64(row, "attempts", pe->pe_attempts);
	row_str(row, "error", pe->pe_error);
	identity_tls_fp(config->fingerprint, fp);
	row_str(row, "fingerprint", fp);
}

static void
status_peers(struct federd *fd, struct channel *channel,
    const struct msg_ctl_query *query)
{
	static struct row	 row;
	struct peer		*pe;
	size_t			 iter = 0;
	uint64_t		 n = 0;

	while (n < query->limit &&
	    (pe = peers_next(fd->fd_peers, &iter)) != NULL) {
		if (query->filter[0] != '\0' &&
		    strcmp(query->filter, pe->pe_config.name) != 0)
			continue;
		status_peer(fd, pe, &row);
		worker_ctl_row(channel, query->id, &row);
		n++;
	}
	worker_ctl_end(channel, query->id,
	    n == 0 && query->filter[0] != '\0' ? NO_SUCH_PEER : "");
}

static void
status_mesh(struct federd *fd, struct channel *channel,
    const struct msg_ctl_query *query)
{
	static struct row	row;
	struct probe_info	pi;
	size_t			iter = 0;
	uint64_t		n = 0;

	while (n < query->limit && probes_info(fd->fd_probes, &iter, &pi)) {
		if (query->filter[0] != '\0' &&
		    strcmp(query->filter, pi.pi_target) != 0 &&
		    strcmp(query->filter, pi.pi_relay) != 0)
			continue;
		row_init(&row);
		row_str(&row, "target", pi.pi_target);
		row_str(&row, "state", pi.pi_state);
		if (pi.pi_measured) {
			row_u64(&row, "rtt_ms", pi.pi_rtt_us / 1000);
			row_u64(&row, "jitter_ms", pi.pi_jitter_us / 1000);
		}
		if (pi.pi_window > 0)
			row_u64(&row, "loss_pct", pi.pi_loss_pct);
		row_str(&row, "relay", pi.pi_relay);
		row_u64(&row, "people", pi.pi_people);
		if (pi.pi_age_ns > 0)
			row_u64(&row, "told_s", pi.pi_age_ns / NS_PER_S);
		worker_ctl_row(channel, query->id, &row);
		n++;
	}
	worker_ctl_end(channel, query->id, "");
}

static void
status_limits(struct federd *fd, struct channel *channel,
    const struct msg_ctl_query *query)
{
	struct quic_endpoint	*ep = quic_service_endpoint(fd->fd_service);
	struct limiter		*lm = fd->fd_limiter;
	struct quic_usage	 usage;

	limiter_used(lm, LIMIT_CONNECTIONS, quic_endpoint_connections(ep));
	limiter_refused_all(lm, LIMIT_CONNECTIONS, quic_endpoint_refused(ep));
	quic_endpoint_usage(ep, &usage);
	limiter_reached(lm, LIMIT_PEER_QUEUE, usage.queue_highest);
	limiter_used(lm, LIMIT_PEER_QUEUE, usage.queue);
	links_usage(fd->fd_links, lm);
	digest_usage(fd->fd_digest, lm);
	find_usage(fd->fd_find, lm);
	probes_usage(fd->fd_probes, lm);
	worker_ctl_limits(channel, query, lm,
	    quic_service_now(fd->fd_service));
}

/* "NAME up" or "NAME down"; NULL, or what is wrong with it. */
static const char *
status_order(struct federd *fd, const char *text)
{
	struct peer	*pe;
	const char	*order;
	char		 name[PEER_NAME_LEN];
	size_t		 len;

	if ((order = strrchr(text, ' ')) == NULL ||
	    (len = (size_t)(order - text)) >= sizeof(name) ||
	    (strcmp(order, " up") != 0 && strcmp(order, " down") != 0))
		return ("peer NAME up|down");
	memcpy(name, text, len);
	name[len] = '\0';
	if ((pe = peers_name(fd->fd_peers, name)) == NULL)
		return (NO_SUCH_PEER);
	peers_order(fd->fd_peers, pe, strcmp(order, " up") == 0);
	return (NULL);
}

void
federd_query(struct federd *fd, struct channel *channel,
    const struct msg_ctl_query *query)
{
	switch (query->what) {
	case CTL_PEERS:
		status_peers(fd, channel, query);
		break;
	case CTL_MESH:
		status_mesh(fd, channel, query);
		break;
	case CTL_LIMITS:
		status_limits(fd, channel, query);
		break;
	case CTL_PEER:
		worker_ctl_end(channel, query->id,
		    status_order(fd, query->filter));
		break;
	default:
		worker_ctl_end(channel, query->id, "nothing of that here");
		break;
	}
}

void
federd_stats(struct worker *worker, struct row *row)
{
	struct federd			*fd = worker_ctx(worker);
	const struct links_stats	*ls;
	const struct fedmedia_counters	*dn;
	const struct fedrooms_counters	*rn;
	const struct probes_stats	*pr;
	struct peer			*pe;
	size_t				 iter = 0;
	uint64_t			 peers = 0, up = 0;

	if (fd->fd_service == NULL)
		return;
	while ((pe = peers_next(fd->fd_peers, &iter)) != NULL) {
		peers++;
		up += pe->pe_state == PEER_UP;
	}
	row_u64(row, "peers", peers);
	row_u64(row, "peers_up", up);
	row_u64(row, "quic_connections", quic_endpoint_connections(
	    quic_service_endpoint(fd->fd_service)));
	ls = links_stats(fd->fd_links);
	row_u64(row, "links_accepted", ls->ls_accepted);
	row_u64(row, "refused_links", ls->ls_refused);
	row_u64(row, "silent_links", ls->ls_silent);
	row_u64(row, "duplicate_links", ls->ls_duplicates);
	row_u64(row, "forged_links", ls->ls_forged);
	pr = probes_stats(fd->fd_probes);
	row_u64(row, "probes_accepted", pr->pr_accepted);
	row_u64(row, "probes_pings", pr->pr_pings);
	row_u64(row, "probes_queries", pr->pr_queries);
	row_u64(row, "probes_refused", pr->pr_refused);
	row_u64(row, "probes_ignored", pr->pr_ignored);
	row_u64(row, "probes_limited", pr->pr_limited);
	row_u64(row, "probes_excess", pr->pr_excess);
	row_u64(row, "refused_others", fd->fd_others);
	row_u64(row, "failed_handshakes", fd->fd_broken);
	row_u64(row, "people", digest_people(fd->fd_digest));
	rn = fedrooms_counters(fd->fd_rooms);
	row_u64(row, "global_rooms", fedrooms_globals(fd->fd_rooms));
	row_u64(row, "call_rooms", fedrooms_calls(fd->fd_rooms));
	row_u64(row, "remote_people", fedrooms_people(fd->fd_rooms));
	row_u64(row, "rooms_sent", rn->rn_sent);
	row_u64(row, "rooms_heard", rn->rn_heard);
	row_u64(row, "rooms_unknown", rn->rn_unknown);
	row_u64(row, "rooms_stale", rn->rn_stale);
	row_u64(row, "rooms_excess", rn->rn_excess);
	dn = fedmedia_counters(fd->fd_media);
	row_u64(row, "media_routes", fedmedia_routes(fd->fd_media));
	row_u64(row, "media_local", dn->dn_local);
	row_u64(row, "media_heard", dn->dn_heard);
	row_u64(row, "media_given", dn->dn_given);
	row_u64(row, "media_sent", dn->dn_sent);
	row_u64(row, "media_unsent", dn->dn_unsent);
	row_u64(row, "media_malformed", dn->dn_malformed);
	row_u64(row, "media_unknown", dn->dn_unknown);
	row_u64(row, "media_duplicate", dn->dn_duplicate);
	row_u64(row, "media_echo", dn->dn_echo);
	row_u64(row, "media_limited", dn->dn_limited);
	row_u64(row, "packets_dropped",
	    quic_service_dropped(fd->fd_service));
}
