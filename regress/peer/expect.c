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
 * Expectations; see expect.h.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regress/peer/expect.h"

/* Characters shown of both sides where they differ. */
#define CONTEXT		60

struct wait {
	struct pconn	*wt_pc;
	struct pstream	*wt_ps;
	const char	*wt_why;
};

static uint64_t	 deadline(const struct ctx *);
static void	 differs(const struct pconn *, const char *, const char *,
		    size_t, const char *, size_t, size_t, size_t);
static bool	 message_there(void *);
static struct pstream
		*want_message(struct ctx *, struct pconn *, const char *);
static size_t	 streams_open(const struct pconn *);

static uint64_t
deadline(const struct ctx *cx)
{
	return (now_ns() + cx->cx_limit);
}

bool
expect_never(void *arg)
{
	(void)arg;
	return (false);
}

static void
capture(void *arg, const char *name, const char *s, size_t len)
{
	struct ctx	*cx = arg;

	vars_set(cx->cx_vars, name, s, len);
}

/* Both texts around the first difference, and whole in the log. */
static void
differs(const struct pconn *pc, const char *what, const char *want,
    size_t wantlen, const char *got, size_t gotlen, size_t want_off,
    size_t got_off)
{
	size_t	 w = want_off > CONTEXT / 2 ? want_off - CONTEXT / 2 : 0;
	size_t	 g = got_off > CONTEXT / 2 ? got_off - CONTEXT / 2 : 0;

	trace("%s: want %.*s", pc->pc_name, (int)wantlen, want);
	trace("%s: got  %.*s", pc->pc_name, (int)gotlen, got);
	failed("%s: %s differs at byte %zu:\n  want ..%.*s\n  got  ..%.*s",
	    pc->pc_name, what, got_off,
	    (int)(wantlen - w > CONTEXT ? CONTEXT : wantlen - w), want + w,
	    (int)(gotlen - g > CONTEXT ? CONTEXT : gotlen - g), got + g);
}

static bool
is_up(void *arg)
{
	struct pconn	*pc = arg;

	return (pc->pc_up || pc->pc_end != END_NONE);
}

void
cmd_expect_up(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);

	if (!loop_until(cx->cx_peer, is_up, pc, deadline(cx)))
		failed("%s: no handshake in time", pc->pc_name);
	if (!pc->pc_up)
		failed("%s: no handshake: %s", pc->pc_name,
		    conn_end_text(pc));
}

static bool
message_there(void *arg)
{
	struct wait	*wt = arg;

	wt->wt_ps = stream_next_message(wt->wt_pc, &wt->wt_why);
	return (wt->wt_ps != NULL || wt->wt_pc->pc_end != END_NONE);
}

static struct pstream *
want_message(struct ctx *cx, struct pconn *pc, const char *want)
{
	struct wait	 wt = { pc, NULL, NULL };

	if (!loop_until(cx->cx_peer, message_there, &wt, deadline(cx)))
		failed("%s: no message in time (%s), want %s", pc->pc_name,
		    wt.wt_why, want);
	if (wt.wt_ps == NULL)
		failed("%s: no message (%s), it is over: %s, want %s",
		    pc->pc_name, wt.wt_why, conn_end_text(pc), want);
	if (wt.wt_why != NULL)
		failed("%s: broken message: %s", pc->pc_name, wt.wt_why);
	pc->pc_next_bidi += 4;
	trace("%s: < %.*s", pc->pc_name, (int)wt.wt_ps->ps_taken,
	    (const char *)wt.wt_ps->ps_in + 4);
	return (wt.wt_ps);
}

static void
compare_message(struct ctx *cx, struct pconn *pc, const struct pstream *ps,
    const char *want)
{
	const char	*got = (const char *)ps->ps_in + 4;
	size_t		 pat_off;
	ssize_t		 off;

	off = match_bytes(want, strlen(want), got, ps->ps_taken, &pat_off,
	    capture, cx);
	if (off != -1)
		differs(pc, "message", want, strlen(want), got, ps->ps_taken,
		    pat_off, (size_t)off);
}

void
cmd_expect(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct pstream	*ps;

	ps = want_message(cx, pc, args);
	compare_message(cx, pc, ps, args);
}

void
cmd_expect_values(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct pstream	*ps;
	char		 why[400];

	ps = want_message(cx, pc, args);
	if (match_values(args, strlen(args), (const char *)ps->ps_in + 4,
	    ps->ps_taken, why, sizeof(why), capture, cx) == -1)
		failed("%s: %s\n  want %s\n  got  %.*s", pc->pc_name, why,
		    args, (int)ps->ps_taken, (const char *)ps->ps_in + 4);
}

/*
 * Nothing was sent to this connection up to now: the answer to a Ping is the
 * next message.
 */
void
cmd_barrier(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct pstream	*ps;
	char		 buf[80];
	uint64_t	 stamp;

	alive(pc);
	stamp = 1775000000000ULL + ++pc->pc_pings;
	snprintf(buf, sizeof(buf), "{\"Ping\":{\"timestamp_ms\":%llu}}",
	    (unsigned long long)stamp);
	stream_send_message(pc, buf, strlen(buf));
	conn_flush(pc);
	snprintf(buf, sizeof(buf), "{\"Pong\":{\"timestamp_ms\":%llu}}",
	    (unsigned long long)stamp);
	ps = want_message(cx, pc, buf);
	compare_message(cx, pc, ps, buf);
}

static bool
something_there(void *arg)
{
	struct wait	*wt = arg;
	struct pconn	*pc = wt->wt_pc;

	stream_skip_pings(pc);
	return (pc->pc_end != END_NONE || !STAILQ_EMPTY(&pc->pc_dgrams) ||
	    stream_by_id(pc, pc->pc_next_bidi) != NULL ||
	    stream_by_id(pc, pc->pc_next_uni) != NULL);
}

/* What came in and nobody expected; NULL: nothing. */
static const char *
leftover(struct pconn *pc)
{
	static char	 buf[600];
	struct pstream	*ps;

	stream_skip_pings(pc);
	if ((ps = stream_by_id(pc, pc->pc_next_bidi)) != NULL) {
		snprintf(buf, sizeof(buf), "a message: %.*s",
		    ps->ps_inlen < 4 ? 0 : (int)(ps->ps_inlen - 4 > 500 ?
		    500 : ps->ps_inlen - 4), ps->ps_inlen < 4 ? "" :
		    (const char *)ps->ps_in + 4);
		return (buf);
	}
	if (!STAILQ_EMPTY(&pc->pc_dgrams)) {
		snprintf(buf, sizeof(buf), "a datagram of %zu bytes",
		    STAILQ_FIRST(&pc->pc_dgrams)->dg_len);
		return (buf);
	}
	if (stream_by_id(pc, pc->pc_next_uni) != NULL)
		return ("a unidirectional stream");
	if (pc->pc_end != END_NONE && pc->pc_end != END_LOCAL &&
	    !pc->pc_end_taken) {
		snprintf(buf, sizeof(buf), "its end: %s", conn_end_text(pc));
		return (buf);
	}
	return (NULL);
}

void
cmd_expect_none(struct ctx *cx, char *args)
{
	struct wait	 wt = { conn_arg(cx, &args), NULL, NULL };
	uint64_t	 ms = number(word(&args));

	if (loop_until(cx->cx_peer, something_there, &wt,
	    now_ns() + ms * NS_PER_MS))
		failed("%s: not expected: %s", wt.wt_pc->pc_name,
		    leftover(wt.wt_pc));
}

static bool
uni_there(void *arg)
{
	struct wait	*wt = arg;

	wt->wt_ps = stream_next_uni(wt->wt_pc);
	return (wt->wt_ps != NULL || wt->wt_pc->pc_end != END_NONE);
}

/* expect-uni CONN "bytes": a whole unidirectional stream. */
void
cmd_expect_uni(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct wait	 wt = { pc, NULL, NULL };
	struct text	 got;
	size_t		 pat_off;
	ssize_t		 off;

	if (!loop_until(cx->cx_peer, uni_there, &wt, deadline(cx)))
		failed("%s: no unidirectional stream in time", pc->pc_name);
	if (wt.wt_ps == NULL)
		failed("%s: no unidirectional stream, it is over: %s",
		    pc->pc_name, conn_end_text(pc));
	if (wt.wt_ps->ps_in_reset)
		failed("%s: the stream was reset", pc->pc_name);
	pc->pc_next_uni += 4;
	memset(&got, 0, sizeof(got));
	text_putc(&got, '"');
	text_add(&got, wt.wt_ps->ps_in, wt.wt_ps->ps_inlen);
	text_putc(&got, '"');
	trace("%s: < uni %s", pc->pc_name, got.t_buf);
	off = match_bytes(args, strlen(args), got.t_buf, got.t_len, &pat_off,
	    capture, cx);
	if (off != -1)
		differs(pc, "stream", args, strlen(args), got.t_buf,
		    got.t_len, pat_off, (size_t)off);
	text_free(&got);
}

static bool
dgram_there(void *arg)
{
	struct wait	*wt = arg;

	return (!STAILQ_EMPTY(&wt->wt_pc->pc_dgrams) ||
	    wt->wt_pc->pc_end != END_NONE);
}

void
cmd_expect_datagram(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct wait	 wt = { pc, NULL, NULL };
	struct dgram	*dg;
	struct text	 want, got;
	size_t		 i;

	memset(&want, 0, sizeof(want));
	for (; *args != '\0'; args++) {
		if (*args == ' ')
			continue;
		if (!isxdigit((unsigned char)*args) && *args != '.')
			script_error("not hex: %s", args);
		text_putc(&want, (char)tolower((unsigned char)*args));
	}
	if (!loop_until(cx->cx_peer, dgram_there, &wt, deadline(cx)))
		failed("%s: no datagram in time", pc->pc_name);
	if ((dg = STAILQ_FIRST(&pc->pc_dgrams)) == NULL)
		failed("%s: no datagram, it is over: %s", pc->pc_name,
		    conn_end_text(pc));
	memset(&got, 0, sizeof(got));
	text_hex(&got, dg->dg_data, dg->dg_len);
	trace("%s: < datagram %s", pc->pc_name, got.t_buf);
	/* A dot stands for any digit. */
	for (i = 0; i < want.t_len && i < got.t_len; i++)
		if (want.t_buf[i] != '.' && want.t_buf[i] != got.t_buf[i])
			break;
	if (i < want.t_len || i < got.t_len) {
		differs(pc, "datagram", want.t_buf, want.t_len, got.t_buf,
		    got.t_len, i, i);
	}
	text_free(&want);
	text_free(&got);
	STAILQ_REMOVE_HEAD(&pc->pc_dgrams, dg_entry);
	free(dg);
}

static bool
is_over(void *arg)
{
	struct pconn	*pc = arg;

	return (pc->pc_end != END_NONE);
}

/*
 * expect-close CONN [app | transport | idle | reset] [code=N] [reason="..."]
 * Messages that came before the end must have been expected before.
 */
void
cmd_expect_close(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	char		*key, *value;
	const char	*what;
	bool		 ok = true;

	if (!loop_until(cx->cx_peer, is_over, pc, deadline(cx)))
		failed("%s: not closed in time", pc->pc_name);
	pc->pc_end_taken = true;
	if ((what = leftover(pc)) != NULL)
		failed("%s: not expected before its end: %s", pc->pc_name,
		    what);
	if (pc->pc_end == END_LOCAL)
		script_error("%s was closed by this script", pc->pc_name);
	while (option(&args, &key, &value)) {
		if (strcmp(key, "app") == 0)
			ok &= pc->pc_end == END_APP;
		else if (strcmp(key, "transport") == 0)
			ok &= pc->pc_end == END_TRANSPORT;
		else if (strcmp(key, "idle") == 0)
			ok &= pc->pc_end == END_IDLE;
		else if (strcmp(key, "reset") == 0)
			ok &= pc->pc_end == END_RESET;
		else if (strcmp(key, "code") == 0 && value != NULL)
			ok &= pc->pc_end_code == number(value);
		else if (strcmp(key, "reason") == 0 && value != NULL)
			ok &= pc->pc_end_reason_len == strlen(value) &&
			    memcmp(pc->pc_end_reason, value,
			    strlen(value)) == 0;
		else
			script_error("expect-close: no option %s", key);
		if (!ok)
			failed("%s: another end than expected (%s): %s",
			    pc->pc_name, key, conn_end_text(pc));
	}
}

/* Streams of ours whose end the other side still owes. */
static size_t
streams_open(const struct pconn *pc)
{
	const struct pstream	*ps;
	size_t			 n = 0;

	TAILQ_FOREACH(ps, &pc->pc_streams, ps_entry) {
		if (((ps->ps_id & 1) == 1) != pc->pc_server ||
		    (ps->ps_id & 2) != 0)
			continue;
		if ((ps->ps_fin || ps->ps_reset_sent) && !ps->ps_closed)
			n++;
	}
	return (n);
}

static bool
all_closed(void *arg)
{
	const struct pconn	*pc = arg;

	return (streams_open(pc) == 0 || pc->pc_end != END_NONE);
}

/* The other half of every stream that this side has finished is over too. */
void
cmd_expect_fin(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);

	loop_until(cx->cx_peer, all_closed, pc, deadline(cx));
	alive(pc);
	if (streams_open(pc) > 0)
		failed("%s: %zu streams are still half open", pc->pc_name,
		    streams_open(pc));
}

static bool
is_stopped(void *arg)
{
	struct wait	*wt = arg;

	return (wt->wt_ps->ps_in_stopped || wt->wt_pc->pc_end != END_NONE);
}

/* expect-stopped CONN STREAM [code=N]: STOP_SENDING for a stream of ours. */
void
cmd_expect_stopped(struct ctx *cx, char *args)
{
	struct wait	 wt = { conn_arg(cx, &args), NULL, NULL };
	char		*key, *value;

	if ((wt.wt_ps = stream_find(wt.wt_pc, word(&args))) == NULL)
		script_error("no such stream");
	if (!loop_until(cx->cx_peer, is_stopped, &wt, deadline(cx)) ||
	    !wt.wt_ps->ps_in_stopped)
		failed("%s: no STOP_SENDING in time", wt.wt_pc->pc_name);
	if (option(&args, &key, &value) && value != NULL &&
	    number(value) != wt.wt_ps->ps_stop_code)
		failed("%s: STOP_SENDING code %llu", wt.wt_pc->pc_name,
		    (unsigned long long)wt.wt_ps->ps_stop_code);
}

/* expect-cert CONN tlsfp TEXT | der HEX */
void
cmd_expect_cert(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct text	 got;
	uint8_t		*der;
	char		*kind, fp[96];
	size_t		 len;

	if (!pc->pc_up)
		script_error("%s is not up yet (expect-up)", pc->pc_name);
	if (conn_cert(pc, &der, &len) == -1)
		failed("%s: no certificate", pc->pc_name);
	memset(&got, 0, sizeof(got));
	kind = word(&args);
	if (strcmp(kind, "tlsfp") == 0) {
		tlsfp_text(der, len, fp);
		text_puts(&got, fp);
	} else if (strcmp(kind, "der") == 0)
		text_hex(&got, der, len);
	else
		script_error("expect-cert: no kind %s", kind);
	if (strcmp(got.t_buf, args) != 0)
		failed("%s: another certificate:\n  want %s\n  got  %s",
		    pc->pc_name, args, got.t_buf);
	text_free(&got);
	OPENSSL_free(der);
}

/* expect-param CONN NAME VALUE: transport parameters; durations in ms. */
void
cmd_expect_param(struct ctx *cx, char *args)
{
	const ngtcp2_transport_params	*tp;
	struct pconn			*pc = conn_arg(cx, &args);
	uint64_t			 got, want;
	char				*name = word(&args);
	size_t				 i;

	alive(pc);
	tp = ngtcp2_conn_get_remote_transport_params2(pc->pc_conn);
	if (tp == NULL)
		failed("%s: no transport parameters", pc->pc_name);
	const struct {
		const char	*name;
		uint64_t	 value;
	} known[] = {
		{ "max_idle_timeout", tp->max_idle_timeout / NS_PER_MS },
		{ "max_udp_payload_size", tp->max_udp_payload_size },
		{ "initial_max_data", tp->initial_max_data },
		{ "initial_max_stream_data_bidi_local",
		    tp->initial_max_stream_data_bidi_local },
		{ "initial_max_stream_data_bidi_remote",
		    tp->initial_max_stream_data_bidi_remote },
		{ "initial_max_stream_data_uni",
		    tp->initial_max_stream_data_uni },
		{ "initial_max_streams_bidi", tp->initial_max_streams_bidi },
		{ "initial_max_streams_uni", tp->initial_max_streams_uni },
		{ "active_connection_id_limit",
		    tp->active_connection_id_limit },
		{ "max_datagram_frame_size", tp->max_datagram_frame_size },
		{ "disable_active_migration", tp->disable_active_migration },
		{ "grease_quic_bit", tp->grease_quic_bit },
		{ "ack_delay_exponent", tp->ack_delay_exponent },
		{ "retry", tp->retry_scid_present },
		{ "cid_len", tp->initial_scid.datalen },
	};
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0)
			break;
	if (i == sizeof(known) / sizeof(known[0]))
		script_error("no parameter %s", name);
	got = known[i].value;
	want = number(word(&args));
	if (got != want)
		failed("%s: %s is %llu, want %llu", pc->pc_name, name,
		    (unsigned long long)got, (unsigned long long)want);
}

/* equal A B: two words, or two texts in quotes. */
void
cmd_equal(struct ctx *cx, char *args)
{
	char	*a, *b;

	(void)cx;
	a = word(&args);
	b = word(&args);
	if (strcmp(a, b) != 0)
		failed("not equal:\n  %s\n  %s", a, b);
}

/* elapsed MIN MAX: milliseconds since mark. */
void
cmd_elapsed(struct ctx *cx, char *args)
{
	uint64_t	 low = number(word(&args));
	uint64_t	 high = number(word(&args));
	uint64_t	 ms = (now_ns() - cx->cx_mark) / NS_PER_MS;

	trace("elapsed %llu ms", (unsigned long long)ms);
	if (ms < low || ms > high)
		failed("%llu ms have passed, want %llu to %llu",
		    (unsigned long long)ms, (unsigned long long)low,
		    (unsigned long long)high);
}

/*
 * verify IDENT SIGNATURE PART...: an Ed25519 signature over the parts, each
 * an array of integers or a text in quotes.
 */
void
cmd_verify(struct ctx *cx, char *args)
{
	const struct ident	*id;
	struct text		 tbs;
	uint8_t			*sig, *raw;
	char			*name = word(&args), *w;
	size_t			 siglen, len;

	if ((id = vars_ident(cx->cx_vars, name)) == NULL)
		script_error("no identity %s", name);
	if (ints_decode(word(&args), &sig, &siglen) == -1 || siglen != 64)
		failed("the signature is not 64 bytes");
	memset(&tbs, 0, sizeof(tbs));
	while (*args != '\0') {
		w = word(&args);
		len = strlen(w);
		if (w[0] == '"' && len >= 2)
			text_add(&tbs, w + 1, len - 2);
		else if (ints_decode(w, &raw, &len) == 0) {
			text_add(&tbs, raw, len);
			free(raw);
		} else
			script_error("verify: what is %s", w);
	}
	if (!ident_verify(id->id_pub, (const uint8_t *)tbs.t_buf, tbs.t_len,
	    sig))
		failed("the signature is not of %s", name);
	text_free(&tbs);
	free(sig);
}

/* At the end of a script nothing may be left that nobody asked for. */
void
expect_nothing_left(struct ctx *cx)
{
	struct pconn	*pc;
	const char	*what;

	loop_until(cx->cx_peer, expect_never, NULL, now_ns());
	TAILQ_FOREACH(pc, &cx->cx_peer->p_conns, pc_entry) {
		if ((pc->pc_server && !pc->pc_scripted) || pc->pc_ignore)
			continue;
		if ((what = leftover(pc)) != NULL)
			failed("%s: at the end of the script there is %s",
			    pc->pc_name, what);
	}
}
