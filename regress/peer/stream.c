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
 * Streams of the test peer: what goes out piece by piece, what comes in as
 * framed messages in stream-ID order (wzp-protocol 2).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/peer/peer.h"

struct pstream *
stream_by_id(struct pconn *pc, int64_t id)
{
	struct pstream	*ps;

	TAILQ_FOREACH(ps, &pc->pc_streams, ps_entry)
		if (ps->ps_id == id)
			return (ps);
	return (NULL);
}

struct pstream *
stream_find(struct pconn *pc, const char *name)
{
	struct pstream	*ps;

	TAILQ_FOREACH(ps, &pc->pc_streams, ps_entry)
		if (strcmp(ps->ps_name, name) == 0)
			return (ps);
	return (NULL);
}

struct pstream *
stream_new(struct pconn *pc, int64_t id)
{
	struct pstream	*ps;

	ps = xcalloc(1, sizeof(*ps));
	ps->ps_id = id;
	TAILQ_INIT(&ps->ps_out);
	TAILQ_INSERT_TAIL(&pc->pc_streams, ps, ps_entry);
	return (ps);
}

/* NULL: the other side gives no credit for a stream now. */
struct pstream *
stream_open(struct pconn *pc, const char *name, bool uni)
{
	struct pstream	*ps;
	int64_t		 id;
	int		 err;

	err = uni ? ngtcp2_conn_open_uni_stream(pc->pc_conn, &id, NULL) :
	    ngtcp2_conn_open_bidi_stream(pc->pc_conn, &id, NULL);
	if (err == NGTCP2_ERR_STREAM_ID_BLOCKED)
		return (NULL);
	if (err != 0)
		script_error("open stream: %s", ngtcp2_strerror(err));
	ps = stream_new(pc, id);
	snprintf(ps->ps_name, sizeof(ps->ps_name), "%s", name);
	/* An original drops its receive half at once (wzp-protocol 2). */
	if (!uni && pc->pc_profile == PROFILE_ORIGINAL &&
	    (!pc->pc_server || pc->pc_relay))
		stream_stop(pc, ps, 0);
	return (ps);
}

void
stream_write(struct pstream *ps, const void *data, size_t len)
{
	struct chunk	*ck;

	if (ps->ps_fin || ps->ps_reset_sent)
		script_error("stream %lld has ended", (long long)ps->ps_id);
	ck = xcalloc(1, sizeof(*ck) + len);
	ck->ck_len = len;
	memcpy(ck->ck_data, data, len);
	TAILQ_INSERT_TAIL(&ps->ps_out, ck, ck_entry);
}

void
stream_fin(struct pstream *ps)
{
	ps->ps_fin = true;
}

void
stream_reset(struct pconn *pc, struct pstream *ps, uint64_t code)
{
	ngtcp2_conn_shutdown_stream_write(pc->pc_conn, 0, ps->ps_id, code);
	ps->ps_reset_sent = true;
}

void
stream_stop(struct pconn *pc, struct pstream *ps, uint64_t code)
{
	ngtcp2_conn_shutdown_stream_read(pc->pc_conn, 0, ps->ps_id, code);
	ps->ps_stop_sent = true;
}

/* Length, JSON and FIN in one write. */
void
stream_send_message(struct pconn *pc, const void *data, size_t len)
{
	struct pstream	*ps;
	struct text	 t;
	uint8_t		 head[4];

	if ((ps = stream_open(pc, "", false)) == NULL)
		failed("%s: no stream credit", pc->pc_name);
	head[0] = (uint8_t)(len >> 24);
	head[1] = (uint8_t)(len >> 16);
	head[2] = (uint8_t)(len >> 8);
	head[3] = (uint8_t)len;
	memset(&t, 0, sizeof(t));
	text_add(&t, head, sizeof(head));
	text_add(&t, data, len);
	stream_write(ps, t.t_buf, t.t_len);
	stream_fin(ps);
	text_free(&t);
}

/* Length of the message, once its first four bytes are there. */
static bool
announced(const struct pstream *ps, size_t *len)
{
	const uint8_t	*b = ps->ps_in;

	if (ps->ps_inlen < 4)
		return (false);
	*len = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 |
	    (size_t)b[3];
	return (true);
}

/*
 * Ends our half of a stream that the other side opened, as a receiver does
 * once the message is there; an original, which does not read up to the FIN,
 * may ask for silence besides.
 */
void
stream_answer(struct pconn *pc, struct pstream *ps)
{
	size_t	 len;

	if (ps->ps_half_closed || pc->pc_no_credit || (ps->ps_id & 2) != 0 ||
	    ((ps->ps_id & 1) == 1) == pc->pc_server)
		return;
	if (!ps->ps_in_reset && !ps->ps_stop_sent &&
	    (!announced(ps, &len) || ps->ps_inlen < 4 + len))
		return;
	ps->ps_half_closed = true;
	if (pc->pc_profile == PROFILE_ORIGINAL &&
	    (!pc->pc_server || pc->pc_relay) &&
	    !ps->ps_in_fin && !ps->ps_in_reset && !ps->ps_stop_sent)
		stream_stop(pc, ps, 0);
	stream_fin(ps);
}

/* As an original does on a link: it does not know that they may come. */
void
stream_skip_pings(struct pconn *pc)
{
	static const char	 ping[] = "{\"Ping\":";
	const struct pstream	*ps;
	size_t			 len;

	while (pc->pc_no_pings &&
	    (ps = stream_by_id(pc, pc->pc_next_bidi)) != NULL &&
	    announced(ps, &len) && ps->ps_inlen == 4 + len &&
	    len > sizeof(ping) && (ps->ps_in_fin || ps->ps_stop_sent) &&
	    memcmp(ps->ps_in + 4, ping, sizeof(ping) - 1) == 0) {
		trace("%s: < %.*s, ignored", pc->pc_name, (int)len,
		    (const char *)ps->ps_in + 4);
		pc->pc_next_bidi += 4;
	}
}

struct pstream *
stream_next_message(struct pconn *pc, const char **why)
{
	static char	 buf[160];
	struct pstream	*ps;
	size_t		 len;

	*why = NULL;
	stream_skip_pings(pc);
	if ((ps = stream_by_id(pc, pc->pc_next_bidi)) == NULL) {
		*why = "no stream";
		return (NULL);
	}
	if (pc->pc_stop_early && ps->ps_stop_sent) {
		pc->pc_next_bidi += 4;
		return (stream_next_message(pc, why));
	}
	if (!announced(ps, &len)) {
		snprintf(buf, sizeof(buf), "stream %lld has %zu bytes%s%s",
		    (long long)ps->ps_id, ps->ps_inlen,
		    ps->ps_in_fin ? " and FIN" : "",
		    ps->ps_in_reset ? " and RESET_STREAM" : "");
		*why = buf;
		return (ps->ps_in_fin || ps->ps_in_reset ? ps : NULL);
	}
	if (ps->ps_inlen > 4 + len) {
		snprintf(buf, sizeof(buf),
		    "stream %lld has %zu bytes behind its message",
		    (long long)ps->ps_id, ps->ps_inlen - 4 - len);
		*why = buf;
		return (ps);
	}
	if (ps->ps_inlen == 4 + len && (ps->ps_in_fin || ps->ps_stop_sent)) {
		ps->ps_taken = len;
		return (ps);
	}
	snprintf(buf, sizeof(buf), "stream %lld has %zu of %zu bytes, %s",
	    (long long)ps->ps_id, ps->ps_inlen, 4 + len,
	    ps->ps_in_fin ? "FIN" : ps->ps_in_reset ? "RESET_STREAM" :
	    "no FIN");
	*why = buf;
	return (ps->ps_in_fin || ps->ps_in_reset ? ps : NULL);
}

struct pstream *
stream_next_uni(struct pconn *pc)
{
	struct pstream	*ps;

	ps = stream_by_id(pc, pc->pc_next_uni);
	if (ps == NULL || (!ps->ps_in_fin && !ps->ps_in_reset))
		return (NULL);
	return (ps);
}

void
stream_free(struct pstream *ps)
{
	struct chunk	*ck;

	while ((ck = TAILQ_FIRST(&ps->ps_out)) != NULL) {
		TAILQ_REMOVE(&ps->ps_out, ck, ck_entry);
		free(ck);
	}
	free(ps->ps_in);
	free(ps);
}
