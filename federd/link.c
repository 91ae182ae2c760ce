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
 * See link.h.  A neighbour is told of as going down in the callback that ends
 * its connection, or when another link takes its place; a send that fails
 * closes the connection, and the rest happens once its end is reported.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "federd/link_int.h"

#define PURPOSE_MEDIA	"media"
/* Lines about bad signals of one peer: one a second, so many at once. */
#define LINK_BAD_LINES	4

static void	 link_free(struct link *);
static bool	 link_first(struct link *, const uint8_t *, size_t);
static void	 link_named(struct link *);
static bool	 link_judge(struct link *, const char *);
static void	 link_bad(struct link *, const uint8_t *, size_t,
		    const char *);
static bool	 link_expected(const struct link_peer *,
		    const struct signal *);
static uint32_t	 link_features(const struct sig_strings *);
static const char *link_end(const struct link *, const struct quic_close *,
		    char *, size_t);

/* What we understand beyond the original (doc/PROTOCOL). */
static const struct {
	const char	*name;
	uint32_t	 bit;
} features[] = {
	{ SIGNAL_FEATURE_PATHS,		NEIGHBOUR_PATHS },
	{ SIGNAL_FEATURE_DIGEST,	NEIGHBOUR_DIGEST },
	{ SIGNAL_FEATURE_MEDIA,		NEIGHBOUR_MEDIA },
	{ SIGNAL_FEATURE_ROOMS,		NEIGHBOUR_ROOMS }
};
#define NFEATURES	(sizeof(features) / sizeof(features[0]))

struct links *
links_new(const uint8_t own[TLS_HASH_LEN], struct peers *peers,
    const struct links_ops *ops, void *arg)
{
	struct links	*ls;

	if ((ls = calloc(1, sizeof(*ls))) == NULL)
		return (NULL);
	memcpy(ls->ls_own, own, TLS_HASH_LEN);
	identity_tls_fp(own, ls->ls_own_fp);
	ls->ls_peers = peers;
	TAILQ_INIT(&ls->ls_list);
	ls->ls_ops = ops;
	ls->ls_arg = arg;
	return (ls);
}

void
links_set_limiter(struct links *ls, struct limiter *lm)
{
	ls->ls_limiter = lm;
}

void
links_usage(const struct links *ls, struct limiter *lm)
{
	size_t	i, n, most = 0;

	for (i = 0; i < PEERS_MAX; i++) {
		n = link_count(ls, &ls->ls_peer[i], false);
		if (n > most)
			most = n;
	}
	limiter_used(lm, LIMIT_PEER_LINKS, most);
	limiter_used(lm, LIMIT_STRANGERS, ls->ls_unknown);
}

void
links_free(struct links *ls)
{
	struct link	*lk;

	if (ls == NULL)
		return;
	while ((lk = TAILQ_FIRST(&ls->ls_list)) != NULL) {
		TAILQ_REMOVE(&ls->ls_list, lk, lk_entry);
		free(lk);
	}
	free(ls);
}

void
links_set_time(struct links *ls, uint64_t now)
{
	ls->ls_now = now;
}

uint64_t
links_expiry(const struct links *ls)
{
	const struct link	*lk;
	uint64_t		 due = UINT64_MAX;

	TAILQ_FOREACH(lk, &ls->ls_list, lk_entry) {
		due = clock_earlier(due, lk->lk_due);
		if (lk->lk_held)
			due = clock_earlier(due, lk->lk_hold);
	}
	return (due);
}

void
links_expire(struct links *ls)
{
	struct link	*lk, *next;

	TAILQ_FOREACH_SAFE(lk, &ls->ls_list, lk_entry, next) {
		if (lk->lk_held && lk->lk_hold <= ls->ls_now)
			link_release(lk);
		if (lk->lk_due > ls->ls_now)
			continue;
		lk->lk_due = UINT64_MAX;
		if (lk->lk_state == LINK_HANDSHAKE)
			link_close(lk, "", "no answer");
		else if (lk->lk_state == LINK_HELLO) {
			ls->ls_stats.ls_silent++;
			link_close(lk, "", "no FederationHello");
		}
	}
}

/* Connections */

struct link *
link_new(struct links *ls, struct quic_conn *conn, enum link_state state)
{
	struct link	*lk;

	if ((lk = calloc(1, sizeof(*lk))) == NULL)
		return (NULL);
	lk->lk_links = ls;
	lk->lk_conn = conn;
	lk->lk_state = state;
	lk->lk_due = UINT64_MAX;
	lk->lk_as_media.mc_link = lk;
	TAILQ_INSERT_TAIL(&ls->ls_list, lk, lk_entry);
	ls->ls_count++;
	quic_conn_set_data(conn, lk);
	return (lk);
}

/* Its socket goes with the last connection on it. */
static void
link_free(struct link *lk)
{
	struct links	*ls = lk->lk_links;
	struct link	*other;

	TAILQ_REMOVE(&ls->ls_list, lk, lk_entry);
	ls->ls_count--;
	if (lk->lk_outbound) {
		TAILQ_FOREACH(other, &ls->ls_list, lk_entry) {
			if (other->lk_outbound &&
			    other->lk_listener == lk->lk_listener)
				break;
		}
		if (other == NULL)
			ls->ls_ops->release(ls->ls_arg, lk->lk_listener);
	}
	quic_conn_set_data(lk->lk_conn, NULL);
	free(lk);
}

/* Once: what follows is in links_closed(). */
void
link_close(struct link *lk, const char *reason, const char *why)
{
	if (lk->lk_state == LINK_CLOSING)
		return;
	lk->lk_state = LINK_CLOSING;
	lk->lk_held = false;
	lk->lk_due = UINT64_MAX;
	lk->lk_why = why;
	quic_close(lk->lk_conn, 0, reason);
}

struct link_peer *
link_peer(struct links *ls, const struct peer *pe)
{
	return (&ls->ls_peer[pe->pe_config.index]);
}

/* Links with a peer are dropped before its stanza changes. */
struct peer *
link_config(const struct link *lk)
{
	struct links	*ls = lk->lk_links;

	return (peers_index(ls->ls_peers,
	    (uint64_t)(lk->lk_peer - ls->ls_peer)));
}

bool
link_legacy(const struct link *lk)
{
	const struct peer	*pe = link_config(lk);

	return (pe != NULL && pe->pe_config.legacy);
}

size_t
link_count(const struct links *ls, const struct link_peer *lp, bool media)
{
	const struct link	*lk;
	size_t			 n = 0;

	TAILQ_FOREACH(lk, &ls->ls_list, lk_entry)
		n += lk->lk_peer == lp && lk->lk_media == media;
	return (n);
}

int
links_dial(struct links *ls, struct peer *pe, unsigned int listener,
    const struct addr *local, const struct addr *remote)
{
	struct quic_conn	*conn;
	struct link		*lk;

	if (ls->ls_stopping || (conn = ls->ls_ops->connect(ls->ls_arg,
	    listener, local, remote)) == NULL) {
		ls->ls_ops->release(ls->ls_arg, listener);
		peers_failed(ls->ls_peers, pe, "no connection to be had");
		return (-1);
	}
	if ((lk = link_new(ls, conn, LINK_HANDSHAKE)) == NULL) {
		quic_close(conn, 0, "");
		ls->ls_ops->release(ls->ls_arg, listener);
		peers_failed(ls->ls_peers, pe, "no memory");
		return (-1);
	}
	lk->lk_outbound = true;
	lk->lk_listener = listener;
	lk->lk_peer = link_peer(ls, pe);
	lk->lk_due = ls->ls_now + peers_connect_limit(pe);
	return (0);
}

/* The original looks at no certificate (gap 26); we do, also at its. */
bool
links_verify(struct links *ls, struct quic_conn *conn,
    const uint8_t hash[TLS_HASH_LEN])
{
	struct link		*lk = quic_conn_data(conn);
	const struct peer	*pe;
	char			 fp[TLS_FP_STRLEN];

	if (lk == NULL || lk->lk_peer == NULL ||
	    (pe = link_config(lk)) == NULL)
		return (false);
	if (memcmp(hash, pe->pe_config.fingerprint, TLS_HASH_LEN) == 0)
		return (true);
	ls->ls_stats.ls_forged++;
	identity_tls_fp(hash, fp);
	log_warnx("peer %s: refused, its certificate is %s",
	    pe->pe_config.name, fp);
	lk->lk_why = "its certificate is another one";
	return (false);
}

/* Who shows no certificate has no room left. */
static bool
link_crowded(struct links *ls, const struct addr *from)
{
	const struct link	*lk;
	const struct peer	*pe;
	size_t			 here = 0, iter = 0;

	if (ls->ls_unknown < quota(ls->ls_limiter, LIMIT_STRANGERS))
		return (false);
	while ((pe = peers_next(ls->ls_peers, &iter)) != NULL)
		if (pe->pe_config.legacy && peers_lives_at(pe, from))
			break;
	if (pe == NULL)
		return (true);
	TAILQ_FOREACH(lk, &ls->ls_list, lk_entry)
		if (lk->lk_unknown &&
		    addr_same_host(quic_conn_remote(lk->lk_conn), from))
			here++;
	return (here >= LINK_EXPECTED_MAX);
}

void
links_established(struct links *ls, struct quic_conn *conn)
{
	struct link		*lk = quic_conn_data(conn);
	uint8_t			 hash[TLS_HASH_LEN];
	bool			 certified;
	bool			 crowded;
	char			 source[LIMITER_KEY];

	if (!quic_conn_is_server(conn)) {
		if (lk == NULL || lk->lk_state != LINK_HANDSHAKE)
			return;
		lk->lk_certified = true;
		lk->lk_state = LINK_HELLO;
		lk->lk_due = ls->ls_now + LINK_HELLO_NS;
		link_say_hello(lk);
		if (lk->lk_state == LINK_HELLO && lk->lk_media)
			link_media_ready(lk);
		else if (lk->lk_state == LINK_HELLO && link_legacy(lk))
			link_ready(lk);
		return;
	}
	ls->ls_stats.ls_accepted++;
	certified = quic_conn_peer_certificate(conn, hash);
	crowded = !certified && link_crowded(ls, quic_conn_remote(conn));
	if (crowded)
		quota_refused(ls->ls_limiter, LIMIT_STRANGERS,
		    addr_print_source(quic_conn_remote(conn), source,
		    sizeof(source)), ls->ls_now);
	if (ls->ls_stopping || crowded ||
	    (lk = link_new(ls, conn, LINK_HELLO)) == NULL) {
		quic_close(conn, 0, "");
		return;
	}
	lk->lk_certified = certified;
	lk->lk_due = ls->ls_now + LINK_HELLO_NS;
	if (!certified) {
		lk->lk_unknown = true;
		ls->ls_unknown++;
		quota_reached(ls->ls_limiter, LIMIT_STRANGERS, ls->ls_unknown);
		return;
	}
	/* The answer to who shows a certificate does not wait for its hello. */
	if (!link_judge(lk, NULL) || link_legacy(lk))
		return;
	if (link_rival(lk)) {
		lk->lk_held = true;
		lk->lk_hold = ls->ls_now + LINK_HOLD_NS;
	} else
		link_say_hello(lk);
}

/* It has said who it is, or is over. */
static void
link_named(struct link *lk)
{
	if (lk->lk_unknown)
		lk->lk_links->ls_unknown--;
	lk->lk_unknown = false;
}

/* Sets lk_peer, or closes. */
static bool
link_judge(struct link *lk, const char *asserted)
{
	struct links		*ls = lk->lk_links;
	struct trust_claim	 tc;
	struct peer		*pe;
	enum trust_verdict	 verdict;
	char			 line[TRUST_LINE_MAX];

	memset(&tc, 0, sizeof(tc));
	tc.tc_certified = lk->lk_certified &&
	    quic_conn_peer_certificate(lk->lk_conn, tc.tc_cert);
	tc.tc_source = *quic_conn_remote(lk->lk_conn);
	tc.tc_asserted = asserted;
	verdict = trust_judge(ls->ls_peers, ls->ls_own, &tc, &pe);
	if (verdict == TRUST_PEER) {
		lk->lk_peer = link_peer(ls, pe);
		if (link_count(ls, lk->lk_peer, false) <=
		    quota(ls->ls_limiter, LIMIT_PEER_LINKS))
			return (true);
		quota_refused(ls->ls_limiter, LIMIT_PEER_LINKS,
		    pe->pe_config.name, ls->ls_now);
		lk->lk_peer = NULL;
		link_close(lk, "", "too many links");
		return (false);
	}
	ls->ls_stats.ls_refused++;
	if (trust_line(&ls->ls_log, verdict, &tc, pe, ls->ls_now, line))
		log_info("%s", line);
	link_close(lk, "", trust_text(verdict));
	return (false);
}

int
link_print(struct link *lk, const struct signal *sig)
{
	struct links	*ls = lk->lk_links;
	int		 len;

	if (lk->lk_state == LINK_CLOSING) {
		errno = ENOTCONN;
		return (-1);
	}
	len = signal_print(sig, ls->ls_buf, sizeof(ls->ls_buf));
	if (len == -1) {
		errno = EMSGSIZE;
		return (-1);
	}
	if (quic_send_message(lk->lk_conn, ls->ls_buf, (size_t)len) == 0)
		return (0);
	/* Who does not read costs itself only (gaps 14, 35). */
	if (errno == ENOBUFS) {
		if (lk->lk_peer != NULL) {
			lk->lk_peer->lp_slow++;
			quota_refused(ls->ls_limiter, LIMIT_PEER_QUEUE,
			    lk->lk_peer->lp_nb.nb_label, ls->ls_now);
		}
		link_close(lk, "", "it reads too slowly");
		errno = ENOBUFS;
	}
	return (-1);
}

void
link_say_hello(struct link *lk)
{
	const char	*names[NFEATURES];
	struct signal	 hello;
	size_t		 i;

	memset(&hello, 0, sizeof(hello));
	hello.type = SIGNAL_FEDERATION_HELLO;
	hello.u.federation_hello.tls_fingerprint = lk->lk_links->ls_own_fp;
	if (!link_legacy(lk)) {
		for (i = 0; i < NFEATURES; i++)
			names[i] = features[i].name;
		hello.u.federation_hello.features.list = names;
		hello.u.federation_hello.features.n = NFEATURES;
		if (lk->lk_media)
			hello.u.federation_hello.purpose = PURPOSE_MEDIA;
	}
	if (link_print(lk, &hello) == -1)
		link_close(lk, "", "no memory");
}

/* Unknown ones, and what is said twice, do not matter. */
static uint32_t
link_features(const struct sig_strings *names)
{
	uint32_t	mask = 0;
	size_t		i, j;

	for (i = 0; i < names->n; i++) {
		for (j = 0; j < NFEATURES; j++) {
			if (strcmp(names->list[i], features[j].name) == 0)
				mask |= features[j].bit;
		}
	}
	return (mask);
}

void
links_features(uint32_t mask, char *buf, size_t cap)
{
	size_t	i;

	buf[0] = '\0';
	for (i = 0; i < NFEATURES; i++) {
		if ((mask & features[i].bit) == 0)
			continue;
		if (buf[0] != '\0')
			strlcat(buf, ",", cap);
		strlcat(buf, features[i].name, cap);
	}
}

/* The first signal of a peer; false: it is no hello, or not a good one. */
static bool
link_first(struct link *lk, const uint8_t *data, size_t len)
{
	const struct sig_federation_hello *hello;
	const char			*why;
	struct signal			*sig;
	bool				 judged = lk->lk_peer != NULL;

	if ((sig = signal_parse(data, len, &why)) == NULL ||
	    sig->type != SIGNAL_FEDERATION_HELLO) {
		link_close(lk, "", "it begins without FederationHello");
		signal_free(sig);
		return (false);
	}
	hello = &sig->u.federation_hello;
	link_named(lk);
	if (!link_judge(lk, hello->tls_fingerprint)) {
		signal_free(sig);
		return (false);
	}
	if (link_legacy(lk)) {
		/* Its own extra fields, if any, mean nothing to us. */
		lk->lk_features = 0;
	} else {
		lk->lk_features = link_features(&hello->features);
		/* Who dials says what for, and nobody else. */
		if (hello->purpose != NULL && !lk->lk_outbound)
			lk->lk_media = true;
		if (hello->purpose != NULL && lk->lk_media &&
		    strcmp(hello->purpose, PURPOSE_MEDIA) != 0) {
			link_close(lk, "", "a purpose that we do not know");
			signal_free(sig);
			return (false);
		}
	}
	signal_free(sig);
	if (!lk->lk_outbound && (!judged || link_legacy(lk)))
		link_say_hello(lk);
	if (lk->lk_held && lk->lk_state == LINK_HELLO) {
		lk->lk_heard = true;
		return (false);
	}
	return (lk->lk_state == LINK_HELLO);
}

/* Both have said hello. */
void
link_greeted(struct link *lk)
{
	if (lk->lk_media)
		link_media_ready(lk);
	else
		link_ready(lk);
}

/* Gap 33: one bad signal is no reason to end a link. */
static void
link_bad(struct link *lk, const uint8_t *data, size_t len, const char *why)
{
	struct link_peer	*lp = lk->lk_peer;
	char			 text[97];

	lp->lp_bad++;
	if (rate_take(&lp->lp_lines, lk->lk_links->ls_now, 1, LINK_BAD_LINES))
		log_info("peer %s: signal ignored: %s: %s",
		    lp->lp_nb.nb_label, why, log_escape(text, sizeof(text),
		    data, len < 64 ? len : 64));
}

/* What a neighbour may say, by what it announced (9.3). */
static bool
link_expected(const struct link_peer *lp, const struct signal *sig)
{
	switch (sig->type) {
	case SIGNAL_GLOBAL_ROOM_ACTIVE:
	case SIGNAL_GLOBAL_ROOM_INACTIVE:
	case SIGNAL_FEDERATED_SIGNAL_FORWARD:
		return (true);
	case SIGNAL_ROUTE_QUERY:
	case SIGNAL_ROUTE_RESPONSE:
		return ((lp->lp_nb.nb_features & NEIGHBOUR_PATHS) != 0);
	case SIGNAL_PRESENCE_DIGEST:
		return ((lp->lp_nb.nb_features & NEIGHBOUR_DIGEST) != 0);
	default:
		return (false);
	}
}

void
links_message(struct links *ls, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	struct link		*lk = quic_conn_data(conn);
	struct link_peer	*lp;
	struct signal		*sig;
	const char		*why;

	if (lk == NULL || lk->lk_state == LINK_CLOSING)
		return;
	if (lk->lk_heard && lk->lk_held) {
		/* Who waits for our hello has nothing to say before it. */
		link_bad(lk, data, len, "not yet");
		return;
	}
	if (lk->lk_state == LINK_HELLO) {
		if (link_first(lk, data, len))
			link_greeted(lk);
		return;
	}
	/* Nothing is said on a media connection but our own hello. */
	if (lk->lk_media || (lp = lk->lk_peer) == NULL)
		return;
	if (!quota_take(ls->ls_limiter, LIMIT_PEER_SIGNAL_RATE, &lk->lk_rate,
	    lp->lp_nb.nb_label, ls->ls_now)) {
		lp->lp_limited++;
		if (notice_due(&lp->lp_floods, ls->ls_now))
			notice(&lp->lp_floods, "peer %s: signal dropped: "
			    "more than %llu a second", lp->lp_nb.nb_label,
			    (unsigned long long)quota(ls->ls_limiter,
			    LIMIT_PEER_SIGNAL_RATE));
		return;
	}
	if ((sig = signal_parse(data, len, &why)) == NULL) {
		link_bad(lk, data, len, why);
		return;
	}
	lp->lp_signals_in++;
	if (link_expected(lp, sig))
		ls->ls_ops->signal(ls->ls_arg, &lp->lp_nb, sig);
	else if (sig->type != SIGNAL_FEDERATION_HELLO)
		lp->lp_unexpected++;
	signal_free(sig);
}

void
links_datagram(struct links *ls, struct quic_conn *conn, const uint8_t *data,
    size_t len)
{
	struct link		*lk = quic_conn_data(conn);
	struct link_peer	*lp;

	/* One that overtakes the hello is lost, as if on its way. */
	if (lk == NULL || lk->lk_state != LINK_UP ||
	    (lp = lk->lk_peer) == NULL)
		return;
	if (lk->lk_media)
		ls->ls_ops->media_datagram(ls->ls_arg, &lp->lp_nb,
		    &lk->lk_as_media, data, len);
	else if (lp->lp_nb.nb_legacy)
		ls->ls_ops->datagram(ls->ls_arg, &lp->lp_nb, data, len);
	else
		lp->lp_unexpected++;
}

/* Why a connection ended; what the peer says is escaped into buf. */
static const char *
link_end(const struct link *lk, const struct quic_close *close, char *buf,
    size_t cap)
{
	char	said[49];

	if (lk->lk_why != NULL)
		return (lk->lk_why);
	if (close->kind == QUIC_CLOSED_BY_PEER_APP && close->reason_len > 0) {
		snprintf(buf, cap, "it says \"%s\"", log_escape(said,
		    sizeof(said), close->reason, close->reason_len));
		return (buf);
	}
	if (close->kind == QUIC_CLOSED_BY_PEER_APP)
		return (lk->lk_state == LINK_UP ? "the peer ended it" :
		    "the peer refuses us");
	return (close->text != NULL ? close->text : "it broke");
}

void
links_closed(struct links *ls, struct quic_conn *conn,
    const struct quic_close *close)
{
	struct link	*lk = quic_conn_data(conn);
	char		 buf[80];
	const char	*why;

	(void)ls;
	if (lk == NULL)
		return;
	if (close->kind == QUIC_CLOSED_ERROR && lk->lk_peer != NULL)
		lk->lk_peer->lp_broken++;
	why = link_end(lk, close, buf, sizeof(buf));
	link_named(lk);
	lk->lk_state = LINK_CLOSING;
	link_detach(lk, why);
	link_free(lk);
}

void
links_stop(struct links *ls)
{
	struct link	*lk;

	ls->ls_stopping = true;
	TAILQ_FOREACH(lk, &ls->ls_list, lk_entry)
		link_close(lk, "shutdown", "shutdown");
}

size_t
links_count(const struct links *ls)
{
	return (ls->ls_count);
}

const struct links_stats *
links_stats(const struct links *ls)
{
	return (&ls->ls_stats);
}
