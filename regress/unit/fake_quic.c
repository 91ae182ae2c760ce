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

/* See fake_quic.h. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "regress/unit/fake_quic.h"

struct quic_conn *
fake_conn(const char *name)
{
	struct quic_conn	*conn;

	if ((conn = calloc(1, sizeof(*conn))) == NULL)
		abort();
	strlcpy(conn->qc_name, name, sizeof(conn->qc_name));
	return (conn);
}

void
fake_free(struct quic_conn *conn)
{
	size_t	i;

	for (i = 0; i < conn->qc_nmessages; i++)
		free(conn->qc_messages[i]);
	free(conn);
}

void
fake_ack(struct quic_conn *conn)
{
	conn->qc_nacked = conn->qc_nmessages;
}

const char *
fake_last(const struct quic_conn *conn)
{
	return (conn->qc_nmessages == 0 ? "" :
	    conn->qc_messages[conn->qc_nmessages - 1]);
}

int
quic_send_message(struct quic_conn *conn, const void *text, size_t len)
{
	char	*copy;

	if (conn->qc_closed) {
		errno = ENOTCONN;
		return (-1);
	}
	if (conn->qc_full || conn->qc_nmessages == FAKE_MESSAGES_MAX) {
		errno = ENOBUFS;
		return (-1);
	}
	if ((copy = calloc(1, len + 1)) == NULL)
		abort();
	memcpy(copy, text, len);
	conn->qc_messages[conn->qc_nmessages++] = copy;
	return (0);
}

size_t
quic_send_queued(const struct quic_conn *conn)
{
	size_t	i, sum = 0;

	for (i = conn->qc_nacked; i < conn->qc_nmessages; i++)
		sum += strlen(conn->qc_messages[i]) + 4;
	return (sum);
}

int
quic_send_datagram(struct quic_conn *conn, const void *data, size_t len,
    uint64_t now)
{
	(void)now;
	if (conn->qc_closed || conn->qc_blocked ||
	    len > sizeof(conn->qc_datagram))
		return (-1);
	memcpy(conn->qc_datagram, data, len);
	conn->qc_datagram_len = len;
	conn->qc_ndatagrams++;
	return (0);
}

void
quic_close(struct quic_conn *conn, uint64_t code, const char *reason)
{
	if (conn->qc_closed)
		return;
	conn->qc_closed = true;
	conn->qc_code = code;
	strlcpy(conn->qc_reason, reason, sizeof(conn->qc_reason));
}

void *
quic_conn_data(const struct quic_conn *conn)
{
	return (conn->qc_data);
}

void
quic_conn_set_data(struct quic_conn *conn, void *data)
{
	conn->qc_data = data;
}

const char *
quic_conn_name(const struct quic_conn *conn)
{
	return (conn->qc_name);
}

bool
quic_conn_resumed(const struct quic_conn *c)
{
	(void)c;
	return (false);
}

const struct addr *
quic_conn_remote(const struct quic_conn *conn)
{
	return (&conn->qc_remote);
}

/* One exporter a connection, whatever the label: the tests set it. */
int
quic_conn_export(const struct quic_conn *conn, const char *label,
    uint8_t *out, size_t len)
{
	if (len > sizeof(conn->qc_exporter) ||
	    strcmp(label, "EXPORTER-wzp-proof") != 0)
		return (-1);
	memcpy(out, conn->qc_exporter, len);
	return (0);
}
