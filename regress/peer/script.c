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
 * The interpreter of scenario scripts.  regress/wire/README describes the
 * language; each command is one function below.
 */
#include "config.h"

#include <sys/wait.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/peer/expect.h"
#include "regress/peer/vars.h"

#define LINES_MAX	20000
#define INCLUDE_MAX	8
#define FILES_MAX	64
#define SLOT_TRIES	64U	/* names tried by connect slot= */

struct line {
	const char	*ln_file;
	unsigned int	 ln_number;
	char		*ln_text;
};

struct script {
	struct ctx	 sc_ctx;
	struct line	*sc_lines;
	size_t		 sc_nlines;
	char		*sc_files[FILES_MAX];	/* names in use */
	size_t		 sc_nfiles;
};

struct command {
	const char	*cm_name;
	void		(*cm_run)(struct ctx *, char *);
};

static void	 load(struct script *, const char *, unsigned int);
static void	 run_lines(struct script *, size_t, size_t);
static size_t	 find_end(const struct script *, size_t);

/* Next word of the arguments; the rest begins behind it. */
char *
word(char **args)
{
	char	*w;

	*args += strspn(*args, " \t");
	w = *args;
	if (*w == '\0')
		script_error("an argument is missing");
	*args += strcspn(*args, " \t");
	if (**args != '\0')
		*(*args)++ = '\0';
	*args += strspn(*args, " \t");
	return (w);
}

uint64_t
number(const char *s)
{
	unsigned long long	 v;
	char			*end;

	errno = 0;
	v = strtoull(s, &end, 0);
	if (end == s || *end != '\0' || errno != 0)
		script_error("not a number: %s", s);
	return (v);
}

/*
 * key=value or key="value with blanks" or a bare key; false: no more.
 * The value is NULL for a bare key.
 */
bool
option(char **args, char **key, char **value)
{
	char	*p;

	*args += strspn(*args, " \t");
	if (**args == '\0')
		return (false);
	*key = *args;
	*value = NULL;
	p = *args + strcspn(*args, " \t=");
	if (*p == '=') {
		*p++ = '\0';
		if (*p == '"') {
			*value = ++p;
			if ((p = strchr(p, '"')) == NULL)
				script_error("unbalanced quotes");
		} else {
			*value = p;
			p += strcspn(p, " \t");
		}
	}
	if (*p != '\0')
		*p++ = '\0';
	*args = p;
	return (true);
}

struct pconn *
conn_arg(struct ctx *cx, char **args)
{
	struct pconn	*pc;
	char		*name = word(args);

	if ((pc = vars_conn(cx->cx_peer, name)) == NULL)
		script_error("no connection %s", name);
	return (pc);
}

const struct ident *
ident_arg(struct ctx *cx, const char *name)
{
	const struct ident	*id;

	if ((id = vars_ident(cx->cx_vars, name)) == NULL)
		script_error("no identity %s (seed)", name);
	return (id);
}

static struct pstream *
stream_arg(struct pconn *pc, char **args)
{
	struct pstream	*ps;
	char		*name = word(args);

	if ((ps = stream_find(pc, name)) == NULL)
		script_error("no stream %s of %s", name, pc->pc_name);
	return (ps);
}

/* The connection must be there to do something with it. */
void
alive(const struct pconn *pc)
{
	if (pc->pc_end != END_NONE)
		failed("%s is over: %s", pc->pc_name, conn_end_text(pc));
	if (!pc->pc_up)
		script_error("%s is not up yet (expect-up)", pc->pc_name);
}

static void
cmd_seed(struct ctx *cx, char *args)
{
	char	*name = word(&args);

	vars_seed(cx->cx_vars, name, args);
}

static void
cmd_key(struct ctx *cx, char *args)
{
	char	*name = word(&args);

	vars_key(cx->cx_vars, name, args);
}

static void
cmd_set(struct ctx *cx, char *args)
{
	char	*name = word(&args);

	vars_set(cx->cx_vars, name, args, strlen(args));
}

/* What of `connect' concerns the shape of its first packets. */
static bool
connect_shape(struct ctx *cx, struct conn_options *opt, const char *key,
    const char *value)
{
	if (strcmp(key, "dcid") == 0)
		shape_dcid(opt, value);
	else if (strcmp(key, "hello") == 0)
		opt->hello = (unsigned int)number(value);
	else if (strcmp(key, "rtt") == 0)
		opt->rtt = number(value) * NS_PER_MS;
	else if (strcmp(key, "from") == 0)
		opt->from = value;
	else if (strcmp(key, "cert") == 0)
		opt->cert = ident_arg(cx, value);
	else if (strcmp(key, "key") == 0)
		opt->key = ident_arg(cx, value);
	else if (strcmp(key, "token") == 0)
		shape_token(cx, opt, value);
	else
		return (false);
	return (true);
}

static bool
is_up_or_over(void *arg)
{
	const struct pconn	*pc = arg;

	return (pc->pc_up || pc->pc_end != END_NONE);
}

/*
 * The first of the names that the pattern makes, 1, 2, ... in the place of
 * its asterisk, that the relay keeps in this slot.
 */
static struct pconn *
dial_slot(struct ctx *cx, const char *name, struct conn_options *opt,
    unsigned int slot)
{
	struct pconn	*pc;
	const char	*pattern = opt->sni, *star;
	char		 sni[256];
	unsigned int	 i;

	if (pattern == NULL || (star = strchr(pattern, '*')) == NULL)
		script_error("connect: slot= wants an * in the name");
	for (i = 1; i <= SLOT_TRIES; i++) {
		snprintf(sni, sizeof(sni), "%.*s%u%s",
		    (int)(star - pattern), pattern, i, star + 1);
		opt->sni = sni;
		pc = conn_dial(cx->cx_peer, name, opt);
		if (!loop_until(cx->cx_peer, is_up_or_over, pc,
		    now_ns() + cx->cx_limit) || !pc->pc_up)
			failed("%s: no handshake", sni);
		if (conn_slot(pc) == slot) {
			trace("%s: %s is in slot %u", name, sni, slot);
			pc->pc_star = i;
			return (pc);
		}
		conn_close(pc, 0, "", 0);
	}
	failed("none of %u names is in slot %u", SLOT_TRIES, slot);
}

static void
cmd_connect(struct ctx *cx, char *args)
{
	struct sockaddr_storage	 to;
	struct conn_options	 opt;
	struct pconn		*pc;
	const char		*flight = NULL;
	char			*name = word(&args), *key, *value;
	unsigned int		 slot = UINT_MAX;
	bool			 no_credit = false, stop_early = false;
	bool			 no_pings = false;

	memset(&opt, 0, sizeof(opt));
	opt.alpn = "wzp";
	opt.streams = 100;
	opt.profile = cx->cx_peer->p_profile;
	while (option(&args, &key, &value)) {
		if (value == NULL)
			script_error("connect: %s needs a value", key);
		if (strcmp(key, "sni") == 0)
			opt.sni = strcmp(value, "none") == 0 ? NULL : value;
		else if (strcmp(key, "alpn") == 0)
			opt.alpn = strcmp(value, "none") == 0 ? NULL : value;
		else if (strcmp(key, "via") == 0)
			opt.v6 = number(value) == 6;
		else if (strcmp(key, "streams") == 0)
			opt.streams = number(value);
		else if (strcmp(key, "window") == 0)
			opt.window = number(value);
		else if (strcmp(key, "credit") == 0)
			no_credit = strcmp(value, "no") == 0;
		else if (strcmp(key, "pings") == 0)
			no_pings = strcmp(value, "ignore") == 0;
		else if (strcmp(key, "stop") == 0)
			stop_early = strcmp(value, "early") == 0;
		else if (strcmp(key, "socket") == 0)
			opt.shared = side_socket(cx, value);
		else if (strcmp(key, "to") == 0) {
			addr_parse(value, &to);
			opt.to = &to;
		} else if (strcmp(key, "slot") == 0)
			slot = (unsigned int)number(value);
		else if (strcmp(key, "flight") == 0) {
			flight = value;
			opt.hold = true;
		} else if (!connect_shape(cx, &opt, key, value))
			script_error("connect: no option %s", key);
	}
	trace("%s: connect sni=%s", name, opt.sni == NULL ? "-" : opt.sni);
	if (slot != UINT_MAX)
		pc = dial_slot(cx, name, &opt, slot);
	else
		pc = conn_dial(cx->cx_peer, name, &opt);
	pc->pc_scripted = opt.shared != NULL;
	pc->pc_no_credit = no_credit;
	pc->pc_no_pings = no_pings;
	pc->pc_stop_early = stop_early;
	if (flight != NULL)
		flight_send(pc, strcmp(flight, "none") == 0 ? "" : flight);
}

struct open_wait {
	struct pconn	*ow_pc;
};

static bool
may_open(void *arg)
{
	struct open_wait	*ow = arg;

	return (ow->ow_pc->pc_end != END_NONE ||
	    ngtcp2_conn_get_streams_bidi_left2(ow->ow_pc->pc_conn) > 0);
}

/* Waits until the other side has given credit for one more stream. */
static void
want_credit(struct ctx *cx, struct pconn *pc)
{
	struct open_wait	 ow = { pc };

	alive(pc);
	if (!loop_until(cx->cx_peer, may_open, &ow, now_ns() + cx->cx_limit))
		failed("%s: no credit for a stream in time", pc->pc_name);
	alive(pc);
}

static void
cmd_send(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);

	want_credit(cx, pc);
	trace("%s: > %s", pc->pc_name, args);
	stream_send_message(pc, args, strlen(args));
	conn_flush(pc);
}

/* Something to which the other side, if it forgot us, answers by a reset. */
static void
cmd_poke(struct ctx *cx, char *args)
{
	static const char	 ping[] = "{\"Ping\":{\"timestamp_ms\":1}}";
	struct pconn		*pc = conn_arg(cx, &args);

	if (pc->pc_end != END_NONE)
		return;
	stream_send_message(pc, ping, sizeof(ping) - 1);
	conn_flush(pc);
}

static void
cmd_open(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);

	want_credit(cx, pc);
	stream_open(pc, word(&args), false);
}

static void
write_bytes(struct pconn *pc, struct pstream *ps, const void *data,
    size_t len, bool fin)
{
	alive(pc);
	if (len > 0)
		stream_write(ps, data, len);
	if (fin)
		stream_fin(ps);
	trace("%s: > stream %lld: %zu bytes%s", pc->pc_name,
	    (long long)ps->ps_id, len, fin ? " and FIN" : "");
	conn_flush(pc);
}

static void
write_hex(struct ctx *cx, char *args, bool fin)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct pstream	*ps = stream_arg(pc, &args);
	uint8_t		*raw;
	size_t		 len;

	if (hex_decode(args, &raw, &len) == -1)
		script_error("not hex: %s", args);
	write_bytes(pc, ps, raw, len, fin);
	free(raw);
}

static void
cmd_write(struct ctx *cx, char *args)
{
	write_hex(cx, args, false);
}

static void
cmd_writefin(struct ctx *cx, char *args)
{
	write_hex(cx, args, true);
}

static void
cmd_text(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct pstream	*ps = stream_arg(pc, &args);

	write_bytes(pc, ps, args, strlen(args), false);
}

static void
cmd_fin(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct pstream	*ps = stream_arg(pc, &args);

	write_bytes(pc, ps, "", 0, true);
}

/* raw CONN HEX: a stream of its own with these bytes and FIN. */
static void
cmd_raw(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct pstream	*ps;
	uint8_t		*raw;
	size_t		 len;

	want_credit(cx, pc);
	if (hex_decode(args, &raw, &len) == -1)
		script_error("not hex: %s", args);
	ps = stream_open(pc, "", false);
	write_bytes(pc, ps, raw, len, true);
	free(raw);
}

static void
cmd_reset(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct pstream	*ps = stream_arg(pc, &args);

	alive(pc);
	stream_reset(pc, ps, number(word(&args)));
	conn_flush(pc);
}

static void
cmd_stop(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct pstream	*ps = stream_arg(pc, &args);

	alive(pc);
	stream_stop(pc, ps, number(word(&args)));
	conn_flush(pc);
}

static void
cmd_datagram(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	struct dgram	*dg;
	uint8_t		*raw;
	size_t		 len;

	alive(pc);
	if (hex_decode(args, &raw, &len) == -1)
		script_error("not hex: %s", args);
	dg = xcalloc(1, sizeof(*dg) + len);
	dg->dg_len = len;
	memcpy(dg->dg_data, raw, len);
	free(raw);
	STAILQ_INSERT_TAIL(&pc->pc_dgrams_out, dg, dg_entry);
	conn_flush(pc);
}

/* close CONN CODE "reason" */
static void
cmd_close(struct ctx *cx, char *args)
{
	struct pconn	*pc = conn_arg(cx, &args);
	uint64_t	 code = 0;
	size_t		 len;

	alive(pc);
	if (*args != '\0')
		code = number(word(&args));
	len = strlen(args);
	if (len >= 2 && args[0] == '"' && args[len - 1] == '"') {
		args++;
		len -= 2;
	}
	conn_close(pc, code, args, len);
}

static void
cmd_vanish(struct ctx *cx, char *args)
{
	conn_vanish(conn_arg(cx, &args));
}

static void
cmd_ignore(struct ctx *cx, char *args)
{
	conn_arg(cx, &args)->pc_ignore = true;
}

/* pause and resume: packets wait in the socket meanwhile. */
static void
cmd_pause(struct ctx *cx, char *args)
{
	conn_arg(cx, &args)->pc_no_read = true;
}

static void
cmd_resume(struct ctx *cx, char *args)
{
	conn_arg(cx, &args)->pc_no_read = false;
}

static void
cmd_limit(struct ctx *cx, char *args)
{
	cx->cx_limit = number(word(&args)) * NS_PER_MS;
}

static void
cmd_mark(struct ctx *cx, char *args)
{
	(void)args;
	cx->cx_mark = now_ns();
}

static void
cmd_note(struct ctx *cx, char *args)
{
	(void)cx;
	trace("-- %s", args);
}

struct child {
	pid_t	 ch_pid;
	int	 ch_status;
};

static bool
child_done(void *arg)
{
	struct child	*ch = arg;

	return (waitpid(ch->ch_pid, &ch->ch_status, WNOHANG) == ch->ch_pid);
}

/* Runs a shell command while the connections live on; its exit status. */
static int
run_shell(struct ctx *cx, const char *cmd, uint64_t deadline)
{
	struct child	 ch;
	bool		 done = false;

	fflush(stdout);
	if ((ch.ch_pid = fork()) == -1)
		script_error("fork: %s", strerror(errno));
	if (ch.ch_pid == 0) {
		execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
		_exit(127);
	}
	while (!done && now_ns() < deadline)
		done = loop_until(cx->cx_peer, child_done, &ch,
		    now_ns() + 5 * NS_PER_MS);
	if (!done) {
		kill(ch.ch_pid, SIGKILL);
		waitpid(ch.ch_pid, &ch.ch_status, 0);
		failed("not done in time: %s", cmd);
	}
	return (WIFEXITED(ch.ch_status) ? WEXITSTATUS(ch.ch_status) : 255);
}

static void
cmd_shell(struct ctx *cx, char *args)
{
	int	 status;

	status = run_shell(cx, args, now_ns() + cx->cx_limit);
	if (status != 0)
		failed("exit status %d: %s", status, args);
}

/* until MS COMMAND: again and again, until it succeeds. */
static void
cmd_until(struct ctx *cx, char *args)
{
	uint64_t	 deadline;
	int		 status;

	deadline = now_ns() + number(word(&args)) * NS_PER_MS;
	while ((status = run_shell(cx, args, now_ns() + cx->cx_limit)) != 0) {
		if (now_ns() >= deadline)
			failed("still exit status %d: %s", status, args);
		loop_until(cx->cx_peer, expect_never, NULL,
		    now_ns() + 20 * NS_PER_MS);
	}
}

static const struct command	 commands[] = {
	{ "accept",		cmd_accept },
	{ "accept-none",	cmd_accept_none },
	{ "barrier",		cmd_barrier },
	{ "close",		cmd_close },
	{ "connect",		cmd_connect },
	{ "datagram",		cmd_datagram },
	{ "elapsed",		cmd_elapsed },
	{ "equal",		cmd_equal },
	{ "expect",		cmd_expect },
	{ "expect-cert",	cmd_expect_cert },
	{ "expect-close",	cmd_expect_close },
	{ "expect-count",	cmd_expect_count },
	{ "expect-datagram",	cmd_expect_datagram },
	{ "expect-fin",		cmd_expect_fin },
	{ "expect-flight",	cmd_expect_flight },
	{ "expect-media",	cmd_expect_media },
	{ "expect-none",	cmd_expect_none },
	{ "expect-param",	cmd_expect_param },
	{ "expect-pulse",	cmd_expect_pulse },
	{ "expect-refused",	cmd_expect_refused },
	{ "expect-retry",	cmd_expect_retry },
	{ "expect-slot",	cmd_expect_slot },
	{ "expect-stopped",	cmd_expect_stopped },
	{ "expect-token",	cmd_expect_token },
	{ "expect-udp",		cmd_expect_udp },
	{ "expect-udp-none",	cmd_expect_udp_none },
	{ "expect-uni",		cmd_expect_uni },
	{ "expect-up",		cmd_expect_up },
	{ "expect-validated",	cmd_expect_validated },
	{ "expect~",		cmd_expect_values },
	{ "fin",		cmd_fin },
	{ "first-flight",	cmd_first_flight },
	{ "ignore",		cmd_ignore },
	{ "key",		cmd_key },
	{ "limit",		cmd_limit },
	{ "mark",		cmd_mark },
	{ "migrate",		cmd_migrate },
	{ "note",		cmd_note },
	{ "open",		cmd_open },
	{ "pause",		cmd_pause },
	{ "poke",		cmd_poke },
	{ "pulse",		cmd_pulse },
	{ "raw",		cmd_raw },
	{ "rebind",		cmd_rebind },
	{ "reset",		cmd_reset },
	{ "resume",		cmd_resume },
	{ "seed",		cmd_seed },
	{ "send",		cmd_send },
	{ "set",		cmd_set },
	{ "shell",		cmd_shell },
	{ "socket",		cmd_socket },
	{ "stop",		cmd_stop },
	{ "text",		cmd_text },
	{ "udp",		cmd_udp },
	{ "until",		cmd_until },
	{ "vanish",		cmd_vanish },
	{ "verify",		cmd_verify },
	{ "write",		cmd_write },
	{ "writefin",		cmd_writefin },
};

static void
run_command(struct script *sc, const struct line *ln)
{
	char	*text, *args, *name;
	size_t	 i;

	text = vars_expand(sc->sc_ctx.cx_vars, ln->ln_text);
	args = text;
	name = word(&args);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].cm_name, name) == 0) {
			commands[i].cm_run(&sc->sc_ctx, args);
			free(text);
			return;
		}
	}
	script_error("no command %s", name);
}

/* The line of the `end' that belongs to the `repeat' at i. */
static size_t
find_end(const struct script *sc, size_t i)
{
	unsigned int	 depth = 0;

	for (; i < sc->sc_nlines; i++) {
		if (strncmp(sc->sc_lines[i].ln_text, "repeat ", 7) == 0)
			depth++;
		else if (strcmp(sc->sc_lines[i].ln_text, "end") == 0 &&
		    --depth == 0)
			return (i);
	}
	script_error("repeat without end");
}

static void
run_lines(struct script *sc, size_t from, size_t to)
{
	const struct line	*ln;
	char			 num[24];
	uint64_t		 n, k;
	size_t			 i, end;

	for (i = from; i < to; i++) {
		ln = &sc->sc_lines[i];
		at_line(ln->ln_file, ln->ln_number);
		if (strncmp(ln->ln_text, "repeat ", 7) != 0) {
			run_command(sc, ln);
			continue;
		}
		n = number(ln->ln_text + 7);
		end = find_end(sc, i);
		for (k = 1; k <= n; k++) {
			snprintf(num, sizeof(num), "%llu",
			    (unsigned long long)k);
			vars_set(sc->sc_ctx.cx_vars, "i", num, strlen(num));
			run_lines(sc, i + 1, end);
		}
		i = end;
	}
}

static void
add_line(struct script *sc, const char *file, unsigned int number_,
    const char *text)
{
	struct line	*ln;

	if (sc->sc_nlines == LINES_MAX)
		script_error("script too long");
	sc->sc_lines = realloc(sc->sc_lines,
	    (sc->sc_nlines + 1) * sizeof(*ln));
	if (sc->sc_lines == NULL)
		script_error("no memory");
	ln = &sc->sc_lines[sc->sc_nlines++];
	ln->ln_file = file;
	ln->ln_number = number_;
	ln->ln_text = xstrdup(text);
}

/* `include FILE', relative to the file it stands in. */
static void
load_include(struct script *sc, const char *from, const char *name,
    unsigned int depth)
{
	const char	*slash;
	char		 path[1024];

	slash = name[0] == '/' ? NULL : strrchr(from, '/');
	snprintf(path, sizeof(path), "%.*s%s",
	    slash == NULL ? 0 : (int)(slash - from + 1), from, name);
	load(sc, path, depth + 1);
}

static void
load(struct script *sc, const char *name, unsigned int depth)
{
	struct line	*last;
	char		*file, *buf, *s, *joined;
	unsigned int	 n = 0;
	size_t		 first = sc->sc_nlines, len;
	FILE		*f;

	if (depth > INCLUDE_MAX)
		script_error("includes too deep");
	if (sc->sc_nfiles == FILES_MAX)
		script_error("too many files");
	sc->sc_files[sc->sc_nfiles++] = file = xstrdup(name);
	buf = xcalloc(1, PEER_LINE_MAX);
	if ((f = fopen(file, "r")) == NULL)
		script_error("%s: %s", file, strerror(errno));
	while (fgets(buf, PEER_LINE_MAX, f) != NULL) {
		at_line(file, ++n);
		len = strcspn(buf, "\r\n");
		if (buf[len] == '\0' && !feof(f))
			script_error("line too long");
		buf[len] = '\0';
		s = buf + strspn(buf, " \t");
		if (*s == '#' || *s == '\0')
			continue;
		if (buf[0] == '\t' && sc->sc_nlines > first) {
			/* A line that begins with a tab goes on. */
			s = buf + strspn(buf, "\t");
			last = &sc->sc_lines[sc->sc_nlines - 1];
			len = strlen(last->ln_text) + strlen(s) + 1;
			joined = xcalloc(1, len);
			snprintf(joined, len, "%s%s", last->ln_text, s);
			free(last->ln_text);
			last->ln_text = joined;
			continue;
		}
		if (strncmp(s, "include ", 8) == 0) {
			load_include(sc, file, s + 8, depth);
			first = sc->sc_nlines;
			continue;
		}
		add_line(sc, file, n, s);
	}
	fclose(f);
	free(buf);
}

int
script_run(struct peer *p, const char *file)
{
	struct script	 sc;
	size_t		 i;

	memset(&sc, 0, sizeof(sc));
	load(&sc, file, 0);
	sc.sc_ctx.cx_peer = p;
	sc.sc_ctx.cx_vars = vars_new(p);
	sc.sc_ctx.cx_limit = 5 * NS_PER_S;
	sc.sc_ctx.cx_mark = now_ns();
	if (sc.sc_nlines == 0)
		script_error("nothing to do");
	run_lines(&sc, 0, sc.sc_nlines);
	expect_nothing_left(&sc.sc_ctx);
	for (i = 0; i < sc.sc_nlines; i++)
		free(sc.sc_lines[i].ln_text);
	free(sc.sc_lines);
	for (i = 0; i < sc.sc_nfiles; i++)
		free(sc.sc_files[i]);
	bare_free();
	pulse_free();
	vars_free(sc.sc_ctx.cx_vars);
	return (0);
}
