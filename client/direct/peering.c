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
 * Connections between two clients: handshake, proof, use.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/direct/peering.h"
#include "common/base/clock.h"
#include "common/base/log.h"

#define EXPORTER	"EXPORTER-wzp-direct"
#define WRONG		"wrong proof"
/* A handshake and a proof, or an answer to ours, take no longer. */
#define PROOF_LIMIT	(3 * NS_PER_S)
/*
 * At least one packet each 100 ms on a path in use, so that its silence means
 * something; a little earlier, because timers are late.
 */
#define PING_MS		90
#define PING_EVERY	(PING_MS * NS_PER_MS)
/* What is on its way on the old path when a shorter one is used. */
#define OVERLAP		(500 * NS_PER_MS)
#define NEVER		UINT64_MAX

enum pipe_state {
	PIPE_FREE,
	PIPE_SHAKING,		/* dialled or accepted */
	/* Accepted: its proof is awaited; dialled: ours waits for its turn. */
	PIPE_OPEN,
	PIPE_PROVING,		/* dialled: our proof is sent */
	PIPE_PROVEN
};

struct pipe {
	enum pipe_state		 pi_state;
	struct peering		*pi_peering;
	struct link		 pi_link;
	struct addr		 pi_remote;	/* as dialled or accepted */
	bool			 pi_accepted;
	uint64_t		 pi_deadline;
	uint64_t		 pi_order;
};

struct peering {
	struct link_shared	*pe_shared;
	const char		*pe_sni;
	const struct e2e	*pe_e2e;
	const struct peering_ops *pe_ops;
	void			*pe_arg;
	struct pipe		 pe_pipe[PEERING_MAX];
	struct pipe		*pe_used;	/* NULL: none */
	bool			 pe_data;	/* it carried some */
	bool			 pe_ping;	/* with empty datagrams */
	uint64_t		 pe_sent;	/* last of ours on it */
	uint64_t		 pe_order;
	unsigned int		 pe_unasked;	/* datagrams before a proof */
};

static void	 pipe_established(void *);
static void	 pipe_signal(void *, const struct signal *);
static void	 pipe_datagram(void *, const uint8_t *, size_t);
static void	 pipe_closed(void *, const struct quic_close *);
static struct pipe *pipe_new(struct peering *, const struct addr *);
static void	 pipe_end(struct pipe *, const char *);
static void	 pipe_prove(struct pipe *);
static void	 pipe_proven(struct pipe *);
static void	 pipe_fail(struct pipe *, const char *);
static void	 pipe_wrong(struct pipe *);
static void	 peering_use(struct peering *, struct pipe *);
static void	 peering_next_proof(struct peering *);
static struct pipe *peering_newest(struct peering *);
static int	 send_proof(struct pipe *, const uint8_t[32]);
static const char *close_why(const struct quic_close *);
static uint64_t	 now(const struct peering *);

static const struct link_ops	pipe_ops = {
	.established = pipe_established,
	.signal = pipe_signal,
	.datagram = pipe_datagram,
	.closed = pipe_closed
};

struct peering *
peering_new(struct link_shared *shared, const char *sni,
    const struct e2e *e2e, const struct peering_ops *ops, void *arg)
{
	struct peering	*pe;

	if ((pe = calloc(1, sizeof(*pe))) == NULL)
		return (NULL);
	pe->pe_shared = shared;
	pe->pe_sni = sni;
	pe->pe_e2e = e2e;
	pe->pe_ops = ops;
	pe->pe_arg = arg;
	return (pe);
}

void
peering_free(struct peering *pe, const char *reason)
{
	if (pe == NULL)
		return;
	peering_stop(pe, reason);
	free(pe);
}

void
peering_stop(struct peering *pe, const char *reason)
{
	size_t	i;

	for (i = 0; i < PEERING_MAX; i++)
		pipe_end(&pe->pe_pipe[i], reason);
}

int
peering_dial(struct peering *pe, const struct addr *remote, uint64_t limit,
    uint64_t rtt)
{
	struct pipe	*pi;

	if ((pi = pipe_new(pe, remote)) == NULL)
		return (-1);
	pi->pi_deadline = now(pe) + limit;
	pi->pi_link.li_rtt_us = rtt / 1000;
	if (link_dial(&pi->pi_link, remote, pe->pe_sni) == -1) {
		pipe_end(pi, NULL);
		return (-1);
	}
	return (0);
}

int
peering_accept(struct peering *pe, struct quic_conn *conn)
{
	struct pipe	*pi;
	unsigned int	 strangers = 0;
	size_t		 i;

	for (i = 0; i < PEERING_MAX; i++) {
		pi = &pe->pe_pipe[i];
		if (pi->pi_state != PIPE_FREE && pi->pi_accepted &&
		    pi != pe->pe_used && (pe->pe_e2e == NULL ||
		    pi->pi_state != PIPE_PROVEN))
			strangers++;
	}
	if (strangers >= PEERING_STRANGERS ||
	    (pi = pipe_new(pe, quic_conn_remote(conn))) == NULL)
		return (-1);
	pi->pi_accepted = true;
	pi->pi_deadline = now(pe) + PROOF_LIMIT;
	link_adopt(&pi->pi_link, conn);
	return (0);
}

void
peering_clear(struct peering *pe, const char *reason)
{
	size_t	i;

	for (i = 0; i < PEERING_MAX; i++) {
		if (&pe->pe_pipe[i] != pe->pe_used)
			pipe_end(&pe->pe_pipe[i], reason);
	}
}

/*
 * Accepted connections answer from the address that they came to.  A packet
 * from there would now only give the mapping of a NAT to a stale source.
 */
void
peering_hosts(struct peering *pe, const struct addr *hosts, size_t n)
{
	struct pipe		*pi;
	const struct addr	*local;
	size_t			 i, k;

	for (i = 0; i < PEERING_MAX; i++) {
		pi = &pe->pe_pipe[i];
		if (pi->pi_state == PIPE_FREE)
			continue;
		local = quic_conn_local(pi->pi_link.li_conn);
		if (local->addr_len == 0 || addr_is_any(local) ||
		    addr_is_loopback(local))
			continue;
		for (k = 0; k < n; k++) {
			if (addr_same_host(&hosts[k], local))
				break;
		}
		if (k < n)
			continue;
		link_abandon(&pi->pi_link);
		pipe_fail(pi, "our address is gone");
	}
}

bool
peering_busy(const struct peering *pe)
{
	enum pipe_state	state;
	size_t		i;

	for (i = 0; i < PEERING_MAX; i++) {
		state = pe->pe_pipe[i].pi_state;
		if (state != PIPE_FREE && state != PIPE_PROVEN)
			return (true);
	}
	return (false);
}

unsigned int
peering_dials(const struct peering *pe)
{
	const struct pipe	*pi;
	unsigned int		 n = 0;
	size_t			 i;

	for (i = 0; i < PEERING_MAX; i++) {
		pi = &pe->pe_pipe[i];
		if (pi->pi_state != PIPE_FREE &&
		    pi->pi_state != PIPE_PROVEN && !pi->pi_accepted)
			n++;
	}
	return (n);
}

const struct addr *
peering_asked(const struct peering *pe)
{
	size_t	i;

	for (i = 0; i < PEERING_MAX; i++) {
		if (pe->pe_pipe[i].pi_state == PIPE_PROVING)
			return (&pe->pe_pipe[i].pi_remote);
	}
	return (NULL);
}

const struct addr *
peering_remote(const struct peering *pe)
{
	return (pe->pe_used == NULL ? NULL :
	    quic_conn_remote(pe->pe_used->pi_link.li_conn));
}

const struct addr *
peering_local(const struct peering *pe)
{
	return (pe->pe_used == NULL ? NULL :
	    quic_conn_local(pe->pe_used->pi_link.li_conn));
}

int
peering_send(struct peering *pe, const uint8_t *data, size_t len)
{
	if (pe->pe_used == NULL ||
	    link_datagram(&pe->pe_used->pi_link, data, len) == -1)
		return (-1);
	pe->pe_sent = now(pe);
	return (0);
}

int
peering_tell(struct peering *pe, const struct signal *s)
{
	if (pe->pe_used == NULL)
		return (-1);
	return (link_send(&pe->pe_used->pi_link, s));
}

void
peering_keep(struct peering *pe)
{
	if (pe->pe_e2e != NULL)
		pe->pe_ping = true;
	else if (pe->pe_used != NULL)
		/* Originals do not like datagrams without a header (gap 17). */
		quic_conn_keepalive(pe->pe_used->pi_link.li_conn, PING_MS);
}

bool
peering_stats(const struct peering *pe, struct quic_stats *qs)
{
	if (pe->pe_used == NULL)
		return (false);
	quic_conn_stats(pe->pe_used->pi_link.li_conn, qs);
	return (true);
}

uint64_t
peering_heard(const struct peering *pe)
{
	const struct pipe	*pi;
	uint64_t		 heard, last = 0;
	size_t			 i;

	for (i = 0; i < PEERING_MAX; i++) {
		pi = &pe->pe_pipe[i];
		if (pi->pi_state == PIPE_PROVEN && (heard =
		    quic_conn_heard(pi->pi_link.li_conn)) > last)
			last = heard;
	}
	return (last);
}

void
peering_expire(struct peering *pe)
{
	struct pipe	*pi;
	size_t		 i;

	for (i = 0; i < PEERING_MAX; i++) {
		pi = &pe->pe_pipe[i];
		if (pi->pi_state != PIPE_FREE && pi->pi_deadline <= now(pe))
			pipe_fail(pi, pi->pi_state == PIPE_PROVEN ?
			    "not-selected" : pi->pi_state == PIPE_OPEN ?
			    "no proof" : "timeout");
	}
	/* Not taken: then packets are under way that will be answered. */
	if (pe->pe_ping && pe->pe_used != NULL &&
	    now(pe) >= pe->pe_sent + PING_EVERY) {
		(void)link_datagram(&pe->pe_used->pi_link,
		    (const uint8_t *)"", 0);
		pe->pe_sent = now(pe);
	}
}

uint64_t
peering_expiry(const struct peering *pe)
{
	uint64_t	at = NEVER;
	size_t		i;

	for (i = 0; i < PEERING_MAX; i++) {
		if (pe->pe_pipe[i].pi_state != PIPE_FREE &&
		    pe->pe_pipe[i].pi_deadline < at)
			at = pe->pe_pipe[i].pi_deadline;
	}
	if (pe->pe_ping && pe->pe_used != NULL &&
	    pe->pe_sent + PING_EVERY < at)
		at = pe->pe_sent + PING_EVERY;
	return (at);
}

static void
pipe_established(void *arg)
{
	struct pipe	*pi = arg;

	pi->pi_state = PIPE_OPEN;
	pi->pi_deadline = now(pi->pi_peering) + PROOF_LIMIT;
	if (pi->pi_peering->pe_e2e == NULL)
		pipe_proven(pi);
	else if (!pi->pi_accepted)
		peering_next_proof(pi->pi_peering);
}

/*
 * The proof is the first message; whoever says something else first is not one
 * of ours.
 */
static void
pipe_signal(void *arg, const struct signal *s)
{
	struct pipe		*pi = arg;
	struct peering		*pe = pi->pi_peering;
	uint8_t			 exporter[32];
	bool			 ok;

	if (pi->pi_state == PIPE_PROVEN) {
		pe->pe_ops->signal(pe->pe_arg, s);
		return;
	}
	if (s->type != SIGNAL_DIRECT_PROOF ||
	    pi->pi_state != (pi->pi_accepted ? PIPE_OPEN : PIPE_PROVING) ||
	    quic_conn_export(pi->pi_link.li_conn, EXPORTER, exporter,
	    sizeof(exporter)) == -1) {
		pipe_fail(pi, "no proof");
		return;
	}
	ok = e2e_proven(pe->pe_e2e, exporter, pi->pi_accepted,
	    s->u.direct_proof.mac);
	if (ok && pi->pi_accepted && send_proof(pi, exporter) == -1)
		pipe_fail(pi, "out of memory");
	else if (ok)
		pipe_proven(pi);
	else
		pipe_wrong(pi);
	explicit_bzero(exporter, sizeof(exporter));
}

static void
pipe_datagram(void *arg, const uint8_t *data, size_t len)
{
	struct pipe	*pi = arg;
	struct peering	*pe = pi->pi_peering;

	if (pi->pi_state != PIPE_PROVEN) {
		if (pe->pe_unasked++ == 0)
			log_debug("a datagram before its proof is left out");
		return;
	}
	if (len == 0)
		return;		/* to be heard, no more */
	/*
	 * Without proofs the dialer alone knows which one won; it shows by
	 * what it sends (gap 39).
	 */
	if (pe->pe_e2e == NULL && pi->pi_accepted && !pe->pe_data) {
		if (pi != pe->pe_used)
			peering_use(pe, pi);
		pe->pe_data = true;
		peering_clear(pe, "not-selected");
	}
	pe->pe_ops->datagram(pe->pe_arg, data, len);
}

static void
pipe_closed(void *arg, const struct quic_close *qc)
{
	struct pipe	*pi = arg;

	/* Ours was wrong for it: then it is not whom we mean either. */
	if (pi->pi_state == PIPE_PROVING &&
	    qc->kind == QUIC_CLOSED_BY_PEER_APP &&
	    qc->reason_len == strlen(WRONG) &&
	    memcmp(qc->reason, WRONG, qc->reason_len) == 0)
		pipe_wrong(pi);
	else
		pipe_fail(pi, close_why(qc));
}

static struct pipe *
pipe_new(struct peering *pe, const struct addr *remote)
{
	struct pipe	*pi;
	size_t		 i;

	for (i = 0; i < PEERING_MAX; i++) {
		pi = &pe->pe_pipe[i];
		if (pi->pi_state != PIPE_FREE)
			continue;
		memset(pi, 0, sizeof(*pi));
		pi->pi_state = PIPE_SHAKING;
		pi->pi_peering = pe;
		pi->pi_remote = *remote;
		pi->pi_deadline = NEVER;
		pi->pi_order = ++pe->pe_order;
		pi->pi_link.li_ops = &pipe_ops;
		pi->pi_link.li_arg = pi;
		pi->pi_link.li_shared = pe->pe_shared;
		pi->pi_link.li_direct = true;
		return (pi);
	}
	return (NULL);
}

static void
pipe_end(struct pipe *pi, const char *reason)
{
	if (pi->pi_state == PIPE_FREE)
		return;
	link_close(&pi->pi_link, reason);
	pi->pi_state = PIPE_FREE;
	if (pi->pi_peering->pe_used == pi)
		pi->pi_peering->pe_used = NULL;
}

/* It came to nothing, or is over: reason says so to the other and to people. */
static void
pipe_fail(struct pipe *pi, const char *reason)
{
	struct peering	*pe = pi->pi_peering;
	enum pipe_state	 was = pi->pi_state;
	struct addr	 remote = pi->pi_remote;
	struct pipe	*other;
	bool		 accepted = pi->pi_accepted, used;

	used = pi == pe->pe_used;
	pipe_end(pi, reason);
	if (used) {
		if ((other = peering_newest(pe)) != NULL)
			peering_use(pe, other);
		else
			pe->pe_ops->lost(pe->pe_arg, reason);
	} else if (was != PIPE_PROVEN) {
		if (accepted)
			pe->pe_ops->stale(pe->pe_arg);
		else
			pe->pe_ops->failed(pe->pe_arg, &remote,
			    was == PIPE_PROVING);
		peering_next_proof(pe);
	}
}

static void
pipe_wrong(struct pipe *pi)
{
	struct peering	*pe = pi->pi_peering;
	struct addr	 remote = pi->pi_remote;

	pipe_end(pi, WRONG);
	pe->pe_ops->wrong(pe->pe_arg, &remote);
	peering_next_proof(pe);
}

/* The dialer's. */
static void
pipe_prove(struct pipe *pi)
{
	uint8_t	exporter[32];

	pi->pi_state = PIPE_PROVING;
	pi->pi_deadline = now(pi->pi_peering) + PROOF_LIMIT;
	if (quic_conn_export(pi->pi_link.li_conn, EXPORTER, exporter,
	    sizeof(exporter)) == -1 || send_proof(pi, exporter) == -1)
		pipe_fail(pi, "out of memory");
	explicit_bzero(exporter, sizeof(exporter));
}

static void
pipe_proven(struct pipe *pi)
{
	struct peering	*pe = pi->pi_peering;
	struct pipe	*was = pe->pe_used, *oldest = NULL;
	unsigned int	 n = 0;
	size_t		 i;

	pi->pi_state = PIPE_PROVEN;
	pi->pi_order = ++pe->pe_order;	/* from now on that of the proofs */
	pi->pi_deadline = NEVER;
	if (!pi->pi_accepted) {
		for (i = 0; i < PEERING_MAX; i++) {
			if (&pe->pe_pipe[i] != was && &pe->pe_pipe[i] != pi)
				pipe_end(&pe->pe_pipe[i], "not-selected");
		}
		/* The one that was is let go only now. */
		if (was != NULL)
			was->pi_deadline = now(pe) + OVERLAP;
		peering_use(pe, pi);
		return;
	}
	/* Who accepts sees in what comes which of them is meant. */
	if (pe->pe_e2e == NULL) {
		if (pe->pe_used == NULL)
			peering_use(pe, pi);
		return;
	}
	/*
	 * The dialer closes the old one when it has got our proof, or goes
	 * back to it; it must not make us keep more than that, nor for longer.
	 */
	if (was != NULL)
		was->pi_deadline = now(pe) + 2 * PROOF_LIMIT;
	for (i = 0; i < PEERING_MAX; i++) {
		if (pe->pe_pipe[i].pi_state != PIPE_PROVEN)
			continue;
		n++;
		if (oldest == NULL ||
		    pe->pe_pipe[i].pi_order < oldest->pi_order)
			oldest = &pe->pe_pipe[i];
	}
	peering_use(pe, pi);
	if (n > 2)
		pipe_end(oldest, "not-selected");
}

static void
peering_use(struct peering *pe, struct pipe *pi)
{
	struct addr	remote;

	pe->pe_used = pi;
	pi->pi_deadline = NEVER;
	pe->pe_data = false;
	/* The other hears of it at once. */
	pe->pe_sent = 0;
	remote = *quic_conn_remote(pi->pi_link.li_conn);
	pe->pe_ops->usable(pe->pe_arg, &remote);
}

/* One at a time: the other must never have two to choose from. */
static void
peering_next_proof(struct peering *pe)
{
	struct pipe	*pi, *first = NULL;
	size_t		 i;

	for (i = 0; i < PEERING_MAX; i++) {
		pi = &pe->pe_pipe[i];
		if (pi->pi_state == PIPE_PROVING)
			return;
		if (pi->pi_state == PIPE_OPEN && !pi->pi_accepted &&
		    (first == NULL || pi->pi_order < first->pi_order))
			first = pi;
	}
	if (first != NULL)
		pipe_prove(first);
}

static struct pipe *
peering_newest(struct peering *pe)
{
	struct pipe	*pi, *newest = NULL;
	size_t		 i;

	for (i = 0; i < PEERING_MAX; i++) {
		pi = &pe->pe_pipe[i];
		if (pi->pi_state == PIPE_PROVEN && (newest == NULL ||
		    pi->pi_order > newest->pi_order))
			newest = pi;
	}
	return (newest);
}

static int
send_proof(struct pipe *pi, const uint8_t exporter[32])
{
	struct signal	s;

	memset(&s, 0, sizeof(s));
	s.type = SIGNAL_DIRECT_PROOF;
	e2e_proof(pi->pi_peering->pe_e2e, exporter, !pi->pi_accepted,
	    s.u.direct_proof.mac);
	return (link_send(&pi->pi_link, &s));
}

static const char *
close_why(const struct quic_close *qc)
{
	switch (qc->kind) {
	case QUIC_CLOSED_BY_PEER_APP:
		return ("closed by the other side");
	case QUIC_CLOSED_IDLE:
		return ("the other side is silent");
	case QUIC_CLOSED_HANDSHAKE:
		return ("no answer");
	case QUIC_CLOSED_RESET:
		return ("the other side does not know the connection");
	case QUIC_CLOSED_LOCAL:
		return ("closed");
	case QUIC_CLOSED_BY_PEER:
	case QUIC_CLOSED_ERROR:
		break;
	}
	return ("protocol error");
}

static uint64_t
now(const struct peering *pe)
{
	return (pe->pe_shared->ls_now);
}
