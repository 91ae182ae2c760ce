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
 * Connections and signals.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/link.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/quic/params.h"

#define SPREAD_MIN	(100 * NS_PER_MS)
#define MESSAGE_MAX	16384	/* what we send is shorter by far */

unsigned int
link_listener(const struct addr *a)
{
	return (addr_family(a) == AF_INET6 ? LINK_IPV6 : LINK_IPV4);
}

int
link_dial(struct link *li, const struct addr *to, const char *sni)
{
	struct link_shared	*ls = li->li_shared;
	struct quic_past	 past = {
		.token = li->li_token,
		.token_len = li->li_token_len,
		.rtt_us = li->li_rtt_us
	};

	/*
	 * That a token is shown twice tells the relay nothing (RFC 9000
	 * 8.1.3): on the way to media we say who we are.
	 */
	if (past.token_len == 0 && !li->li_direct && ls->ls_past_len > 0 &&
	    strcmp(sni, QUIC_SNI_SIGNAL) != 0 &&
	    addr_same_host(&ls->ls_past_host, to)) {
		past.token = ls->ls_past;
		past.token_len = ls->ls_past_len;
	}
	if (li->li_ticket_len > 0 && strcmp(sni, li->li_ticket_name) == 0 &&
	    addr_equal(to, &li->li_ticket_host)) {
		past.ticket = li->li_ticket;
		past.ticket_len = li->li_ticket_len;
	}
	li->li_conn = quic_connect_again(ls->ls_endpoint, link_listener(to),
	    NULL, to, sni, &past, ls->ls_now);
	li->li_token_len = 0;
	explicit_bzero(li->li_ticket, sizeof(li->li_ticket));
	li->li_ticket_len = 0;
	if (li->li_conn == NULL)
		return (-1);
	quic_conn_set_data(li->li_conn, li);
	ls->ls_open++;
	return (0);
}

void
link_adopt(struct link *li, struct quic_conn *conn)
{
	li->li_conn = conn;
	quic_conn_set_data(conn, li);
	li->li_shared->ls_open++;
}

int
link_send(struct link *li, const struct signal *s)
{
	char	buf[MESSAGE_MAX];
	int	n;

	if (li->li_conn == NULL)
		return (-1);
	if ((n = signal_print(s, buf, sizeof(buf))) == -1)
		return (-1);
	return (quic_send_message(li->li_conn, buf, (size_t)n));
}

int
link_datagram(struct link *li, const uint8_t *data, size_t len)
{
	if (li->li_conn == NULL)
		return (-1);
	return (quic_send_datagram(li->li_conn, data, len,
	    li->li_shared->ls_now));
}

void
link_close(struct link *li, const char *reason)
{
	if (li->li_conn == NULL)
		return;
	quic_conn_set_data(li->li_conn, NULL);
	quic_close_when_delivered(li->li_conn, 0, reason);
	li->li_conn = NULL;
}

void
link_clear(struct link *li, const char *reason)
{
	link_close(li, reason);
	explicit_bzero(li->li_ticket, sizeof(li->li_ticket));
	li->li_ticket_len = 0;
}

void
link_moved(struct link *li, const struct addr *addrs, size_t n,
    const uint16_t port[2])
{
	const struct addr	*local, *to = NULL;
	struct addr		 from;
	size_t			 i;

	if (li->li_conn == NULL)
		return;
	local = quic_conn_local(li->li_conn);
	if (local->addr_len == 0 || addr_is_any(local) ||
	    addr_is_loopback(local))
		return;
	for (i = 0; i < n; i++) {
		if (addr_family(&addrs[i]) != addr_family(local))
			continue;
		if (addr_same_host(&addrs[i], local))
			return;
		if (to == NULL)
			to = &addrs[i];
	}
	/* None at all: it waits for the next change, or its idle limit. */
	if (to == NULL)
		return;
	from = *to;
	addr_set_port(&from, port[link_listener(to)]);
	(void)quic_migrate(li->li_conn, link_listener(to), &from,
	    li->li_shared->ls_now);
}

bool
link_feature(const struct sig_strings *features, const char *name)
{
	size_t	i;

	for (i = 0; i < features->n; i++)
		if (strcmp(features->list[i], name) == 0)
			return (true);
	return (false);
}

void
link_abandon(struct link *li)
{
	if (li->li_conn == NULL)
		return;
	quic_conn_set_data(li->li_conn, NULL);
	quic_abandon(li->li_conn);
	li->li_conn = NULL;
}

bool
link_delivered(const struct link *li)
{
	return (li->li_conn == NULL || quic_send_queued(li->li_conn) == 0);
}

uint64_t
link_patience(unsigned int attempt)
{
	static const unsigned int	seconds[] = { 1, 2, 4, 8 };
	const unsigned int		n = sizeof(seconds) /
					    sizeof(seconds[0]);

	/* Behind these, the limit of the handshake itself. */
	return (attempt < n ? seconds[attempt] * NS_PER_S : UINT64_MAX);
}

uint64_t
link_spread(uint64_t ns)
{
	uint64_t	quarter = ns / 4;

	if (quarter < SPREAD_MIN)
		quarter = SPREAD_MIN;
	if (quarter > UINT32_MAX)
		quarter = UINT32_MAX;	/* 4 s */
	return (ns + arc4random_uniform((uint32_t)quarter + 1));
}

const char *
link_why(const struct quic_close *qc, char *buf, size_t cap)
{
	char	reason[64];

	switch (qc->kind) {
	case QUIC_CLOSED_BY_PEER_APP:
		if (qc->reason_len == 0) {
			(void)snprintf(buf, cap, "closed by the relay");
			break;
		}
		(void)log_escape(reason, sizeof(reason), qc->reason,
		    qc->reason_len);
		(void)snprintf(buf, cap, "closed by the relay (%s)", reason);
		break;
	case QUIC_CLOSED_LOCAL:
		(void)snprintf(buf, cap, "closed");
		break;
	case QUIC_CLOSED_IDLE:
		(void)snprintf(buf, cap, "the relay is silent");
		break;
	case QUIC_CLOSED_HANDSHAKE:
		(void)snprintf(buf, cap, "%s",
		    qc->code == QUIC_CONNECTION_REFUSED ?
		    "the relay is busy or full, try again later" :
		    "the relay does not answer");
		break;
	case QUIC_CLOSED_RESET:
		(void)snprintf(buf, cap,
		    "the relay does not know the connection any more");
		break;
	case QUIC_CLOSED_BY_PEER:
	case QUIC_CLOSED_ERROR:
		(void)snprintf(buf, cap, "%s%s%s",
		    qc->kind == QUIC_CLOSED_BY_PEER ?
		    "refused by the relay" : "protocol error",
		    qc->text != NULL ? ": " : "",
		    qc->text != NULL ? qc->text : "");
		break;
	}
	return (buf);
}

int
link_prove(const struct link *li, const char *room, uint8_t sig[64])
{
	const struct identity	*id = li->li_shared->ls_identity;
	uint8_t			 exporter[32];

	if (quic_conn_export(li->li_conn, QUIC_PROOF_LABEL, exporter,
	    sizeof(exporter)) == -1)
		return (-1);
	return (identity_prove(id->id_secret, exporter, id->id_pub, room,
	    sig));
}

void
link_on_established(struct quic_conn *conn)
{
	struct link	*li;

	if ((li = quic_conn_data(conn)) != NULL)
		li->li_ops->established(li->li_arg);
}

void
link_on_message(struct quic_conn *conn, const uint8_t *data, size_t len)
{
	struct link	*li;
	struct signal	*s;
	const char	*why;

	if ((li = quic_conn_data(conn)) == NULL || li->li_ops->signal == NULL)
		return;
	if ((s = signal_parse(data, len, &why)) == NULL) {
		log_debug("a signal of %s is left out: %s", li->li_direct ?
		    "the other party" : "the relay", why);
		return;
	}
	li->li_ops->signal(li->li_arg, s);
	signal_free(s);
}

void
link_on_uni(struct quic_conn *conn, const uint8_t *data, size_t len, bool fin)
{
	struct link	*li;

	if ((li = quic_conn_data(conn)) != NULL && li->li_ops->uni != NULL)
		li->li_ops->uni(li->li_arg, data, len, fin);
}

void
link_on_datagram(struct quic_conn *conn, const uint8_t *data, size_t len)
{
	struct link	*li;

	if ((li = quic_conn_data(conn)) != NULL &&
	    li->li_ops->datagram != NULL)
		li->li_ops->datagram(li->li_arg, data, len);
}

void
link_on_new_token(struct quic_conn *conn, const uint8_t *token, size_t len)
{
	struct link	*li;

	if ((li = quic_conn_data(conn)) == NULL || len > LINK_TOKEN_MAX)
		return;
	memcpy(li->li_token, token, len);
	li->li_token_len = len;
	if (li->li_direct)
		return;
	memcpy(li->li_shared->ls_past, token, len);
	li->li_shared->ls_past_len = len;
	li->li_shared->ls_past_host = *quic_conn_remote(conn);
}

void
link_on_ticket(struct quic_conn *conn, const uint8_t *session, size_t len)
{
	struct link	*li;

	if ((li = quic_conn_data(conn)) == NULL || li->li_direct ||
	    len > sizeof(li->li_ticket))
		return;
	memcpy(li->li_ticket, session, len);
	li->li_ticket_len = len;
	(void)strlcpy(li->li_ticket_name, quic_conn_name(conn),
	    sizeof(li->li_ticket_name));
	li->li_ticket_host = *quic_conn_remote(conn);
}

void
link_on_closed(struct quic_conn *conn, const struct quic_close *qc)
{
	struct quic_stats	 st;
	struct link		*li;

	if ((li = quic_conn_data(conn)) == NULL)
		return;
	li->li_conn = NULL;
	quic_conn_stats(conn, &st);
	li->li_rtt_us = st.rtt_us;
	li->li_ops->closed(li->li_arg, qc);
}
