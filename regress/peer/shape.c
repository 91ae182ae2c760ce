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
 * The shapes in which clients come: first flights whose datagrams are held
 * back and sent in any order, a new address in mid-connection, Retry and
 * tokens, and the count of datagrams by what they consist of.
 */
#include "config.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/peer/expect.h"

static const char *const	shapes[SHAPE_MAX] = {
	"initial", "handshake", "coalesced", "short", "retry", "version",
	"other"
};

struct count_wait {
	const struct pconn	*cw_pc;
	const uint64_t		*cw_count;
	uint64_t		 cw_min;
};

static bool	 varint(const uint8_t **, const uint8_t *, uint64_t *);
static bool	 next_packet(const uint8_t **, const uint8_t *,
		    unsigned int *);
static bool	 counted(void *);
static void	 want_count(struct ctx *, struct pconn *, const uint64_t *,
		    uint64_t, const char *);

/* RFC 9000 16. */
static bool
varint(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
	size_t	 len, i;

	if (*p == end)
		return (false);
	len = (size_t)1 << (**p >> 6);
	if ((size_t)(end - *p) < len)
		return (false);
	*v = **p & 0x3f;
	for (i = 1; i < len; i++)
		*v = *v << 8 | (*p)[i];
	*p += len;
	return (true);
}

/*
 * Steps over one packet with a long header and a length (RFC 9000 17.2);
 * its type is 0 for Initial, 1 for 0-RTT, 2 for Handshake, 3 for Retry.
 */
static bool
next_packet(const uint8_t **p, const uint8_t *end, unsigned int *type)
{
	const uint8_t	*q = *p;
	uint64_t	 len;
	unsigned int	 i;

	if (end - q < 7 || (q[0] & 0x80) == 0)
		return (false);
	*type = q[0] >> 4 & 3;
	q += 5;
	for (i = 0; i < 2; i++) {
		if (q == end || end - q < 1 + *q)
			return (false);
		q += 1 + *q;
	}
	if (*type == 3)
		return (false);
	if (*type == 0) {
		if (!varint(&q, end, &len) || len > (uint64_t)(end - q))
			return (false);
		q += len;
	}
	if (!varint(&q, end, &len) || len > (uint64_t)(end - q))
		return (false);
	*p = q + len;
	return (true);
}

enum shape
shape_of(const uint8_t *data, size_t len)
{
	const uint8_t	*p = data, *end = data + len;
	unsigned int	 type;
	bool		 initial = false, handshake = false;

	if (len < 7 || (data[0] & 0x80) == 0)
		return (len > 0 && (data[0] & 0x80) == 0 ? SHAPE_SHORT :
		    SHAPE_OTHER);
	if (data[1] == 0 && data[2] == 0 && data[3] == 0 && data[4] == 0)
		return (SHAPE_VERSION);
	if ((data[0] >> 4 & 3) == 3)
		return (SHAPE_RETRY);
	while (p < end && next_packet(&p, end, &type)) {
		initial |= type == 0;
		handshake |= type == 2;
	}
	if (initial)
		return (handshake ? SHAPE_COALESCED : SHAPE_INITIAL);
	return (handshake ? SHAPE_HANDSHAKE : SHAPE_OTHER);
}

/* 1: kept for flight_send(). */
int
flight_hold(struct pconn *pc, const uint8_t *data, size_t len)
{
	struct held	*hd;

	if (!pc->pc_holding)
		return (0);
	if (pc->pc_held == NULL)
		pc->pc_held = xcalloc(FLIGHT_MAX, sizeof(*pc->pc_held));
	if (pc->pc_nheld == FLIGHT_MAX)
		script_error("a first flight of more than %d datagrams",
		    FLIGHT_MAX);
	hd = &pc->pc_held[pc->pc_nheld++];
	if (len > sizeof(hd->hd_data))
		script_error("a datagram of %zu bytes", len);
	hd->hd_len = len;
	memcpy(hd->hd_data, data, len);
	return (1);
}

/* Numbers from 1, apart by blanks or commas; each as often as it stands. */
void
flight_send(struct pconn *pc, const char *order)
{
	char		*end;
	unsigned long	 n;

	while (*(order += strspn(order, " ,\t")) != '\0') {
		n = strtoul(order, &end, 10);
		if (end == order || n == 0)
			script_error("not the number of a datagram: %s",
			    order);
		if (n > pc->pc_nheld)
			failed("%s: its first flight has %u datagrams, there "
			    "is no %lu", pc->pc_name, pc->pc_nheld, n);
		order = end;
		trace("%s: > datagram %lu of its first flight, %zu bytes",
		    pc->pc_name, n, pc->pc_held[n - 1].hd_len);
		conn_send(pc, pc->pc_held[n - 1].hd_data,
		    pc->pc_held[n - 1].hd_len);
	}
}

/* first-flight CONN N...: datagrams that were held back. */
void
cmd_first_flight(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);

	flight_send(pc, args);
}

/* expect-flight CONN N: of so many datagrams is the first flight. */
void
cmd_expect_flight(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	uint64_t	 n = number(word(&args));

	if (pc->pc_nheld != n)
		failed("%s: its first flight has %u datagrams, want %llu",
		    pc->pc_name, pc->pc_nheld, (unsigned long long)n);
}

static bool
counted(void *arg)
{
	struct count_wait	*cw = arg;

	return (*cw->cw_count >= cw->cw_min ||
	    cw->cw_pc->pc_end != END_NONE);
}

static void
want_count(struct ctx *cx, struct pconn *pc, const uint64_t *count,
    uint64_t min, const char *what)
{
	struct count_wait	 cw = { pc, count, min };

	loop_until(cx->cx_peer, counted, &cw, now_ns() + cx->cx_limit);
	if (*count < min)
		failed("%s: %s: %llu in time, want %llu", pc->pc_name, what,
		    (unsigned long long)*count, (unsigned long long)min);
}

/*
 * expect-count CONN sent-SHAPE|got-SHAPE MIN [MAX]: datagrams so far; waits
 * until there are as many as MIN.
 */
void
cmd_expect_count(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	const uint64_t	*count;
	const char	*what = word(&args), *shape;
	uint64_t	 min = number(word(&args)), max = UINT64_MAX;
	size_t		 i;

	if (strncmp(what, "sent-", 5) == 0) {
		count = pc->pc_sent;
		shape = what + 5;
	} else if (strncmp(what, "got-", 4) == 0) {
		count = pc->pc_got;
		shape = what + 4;
	} else
		script_error("expect-count: what is %s", what);
	if (*args != '\0')
		max = number(word(&args));
	for (i = 0; i < SHAPE_MAX; i++)
		if (strcmp(shapes[i], shape) == 0)
			break;
	if (i == SHAPE_MAX)
		script_error("expect-count: no shape %s", shape);
	want_count(cx, pc, &count[i], min, what);
	trace("%s: %s %llu", pc->pc_name, what, (unsigned long long)count[i]);
	if (count[i] > max)
		failed("%s: %s: %llu, want %llu at most", pc->pc_name, what,
		    (unsigned long long)count[i], (unsigned long long)max);
}

/* expect-retry CONN: it got a Retry packet (RFC 9000 8.1.2). */
void
cmd_expect_retry(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);

	want_count(cx, pc, &pc->pc_got[SHAPE_RETRY], 1, "Retry");
}

/* expect-token CONN: it got a NEW_TOKEN frame (RFC 9000 8.1.3). */
void
cmd_expect_token(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	uint64_t	 end = now_ns() + cx->cx_limit;

	while (pc->pc_token_len == 0 && pc->pc_end == END_NONE &&
	    now_ns() < end)
		loop_until(cx->cx_peer, expect_never, NULL,
		    now_ns() + NS_PER_MS);
	if (pc->pc_token_len == 0)
		failed("%s: no token in time", pc->pc_name);
}

/* expect-validated CONN [N]: the other side has answered on N new paths. */
void
cmd_expect_validated(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);

	want_count(cx, pc, &pc->pc_validated,
	    *args == '\0' ? 1 : number(word(&args)), "validated paths");
}

/* expect-slot CONN N: byte 0 of the connection ID that the relay chose. */
void
cmd_expect_slot(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	uint64_t	 n = number(word(&args));

	alive(pc);
	if (conn_slot(pc) != n)
		failed("%s: it is in slot %u, want %llu", pc->pc_name,
		    conn_slot(pc), (unsigned long long)n);
}

/*
 * The relay's connection IDs begin with the number of the slot that serves
 * the connection (design 3).
 */
unsigned int
conn_slot(const struct pconn *pc)
{
	const ngtcp2_cid	*cid = ngtcp2_conn_get_dcid2(pc->pc_conn);

	return (cid->datalen == 0 ? 256 : cid->data[0]);
}

/* token=CONN: its newest; token=0xHEX: these bytes. */
void
shape_token(struct ctx *cx, struct conn_options *opt, const char *value)
{
	const struct pconn	*pc;
	uint8_t			*raw;

	if (strncmp(value, "0x", 2) == 0) {
		if (hex_decode(value + 2, &raw, &opt->token_len) == -1 ||
		    opt->token_len > sizeof(opt->token))
			script_error("not a token: %s", value);
		memcpy(opt->token, raw, opt->token_len);
		free(raw);
		return;
	}
	if ((pc = vars_conn(cx->cx_peer, value)) == NULL ||
	    pc->pc_token_len == 0)
		script_error("%s has no token", value);
	opt->token_len = pc->pc_token_len;
	memcpy(opt->token, pc->pc_token, opt->token_len);
}

static const char *
from_arg(char *args)
{
	char	*key, *value;

	if (!option(&args, &key, &value))
		return (NULL);
	if (strcmp(key, "from") != 0 || value == NULL)
		script_error("no option %s", key);
	return (value);
}

/*
 * rebind CONN [from=ADDRESS]: what a NAT does that forgot the mapping: the
 * client does not know, its packets come from elsewhere (RFC 9000 9.3.1).
 */
void
cmd_rebind(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	char		 text[64];

	alive(pc);
	conn_socket(pc, from_arg(args));
	addr_text(&pc->pc_local, text, sizeof(text));
	trace("%s: now behind %s", pc->pc_name, text);
}

/*
 * migrate CONN [from=ADDRESS]: the client changes its address knowingly and
 * uses another of the relay's connection IDs (RFC 9000 9.2, 9.5).
 */
void
cmd_migrate(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	ngtcp2_path	 path;
	char		 text[64];
	int		 err;

	alive(pc);
	conn_socket(pc, from_arg(args));
	pc->pc_path = pc->pc_local;
	conn_path(pc, &path);
	if ((err = ngtcp2_conn_initiate_immediate_migration(pc->pc_conn,
	    &path, now_ns())) != 0)
		failed("%s: no migration: %s", pc->pc_name,
		    ngtcp2_strerror(err));
	addr_text(&pc->pc_local, text, sizeof(text));
	trace("%s: moved to %s", pc->pc_name, text);
	conn_flush(pc);
}

/*
 * dcid=N: so many random bytes; dcid=HEX: these, and random ones up to 12
 * where HEX is shorter.
 */
void
shape_dcid(struct conn_options *opt, const char *value)
{
	uint8_t	*raw;
	size_t	 len;

	if (RAND_bytes(opt->dcid, sizeof(opt->dcid)) != 1)
		script_error("no random bytes");
	if (strncmp(value, "0x", 2) != 0) {
		opt->dcid_len = (size_t)number(value);
	} else {
		if (hex_decode(value + 2, &raw, &len) == -1 || len > 20)
			script_error("not a connection ID: %s", value);
		memcpy(opt->dcid, raw, len);
		opt->dcid_len = len < 12 ? 12 : len;
		free(raw);
	}
	/* RFC 9000 7.2 and 17.2. */
	if (opt->dcid_len < 8 || opt->dcid_len > 20)
		script_error("a first DCID has 8 to 20 bytes, not %s", value);
}
