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
 * COVERS: row 1.2 - the POST of a token: method, headers, body byte for byte
 * COVERS: tokens: lookupd against auth servers good, bad, rude and slow
 * COVERS: tokens: TLS is verified; only the configured authority counts
 *
 * The real lookupd in its sandbox.  This process is its relayd, its signald
 * and its mediad; the auth server is regress/auth/wzp-auth.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/ipc/channel.h"

#define LOOKUPD		"lookupd/lookupd"
#define AUTH		"regress/auth/wzp-auth"
#define FP		"6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa"
#define GOOD		"{\"valid\":true,\"fingerprint\":\"" FP		\
	"\",\"alias\":null}"
#define SEQ_MAX		512
#define ASKERS		3
#define LIMIT_MS	10000
#define TEST_UID	61999

struct result {
	bool	 got;
	bool	 ok;
	char	 fp[FP_STRLEN];
	char	 error[128];
	struct addr address;	/* of a name */
	uint64_t when;		/* ms since the start of the world */
};

struct world {
	struct ev_loop	*loop;
	char		 dir[64];
	uint64_t	 start;
	pid_t		 auth;
	unsigned int	 port;
	pid_t		 lookupd;
	struct channel	*relayd;
	struct channel	*asker[ASKERS];	/* signald, mediad, federd */
	bool		 ready;
	bool		 gone;		/* lookupd closed its channel */
	char		 sandbox[256];
	char		 log[8192];
	uint64_t	 seq;
	size_t		 answers;
	size_t		 wanted;
	struct result	 results[SEQ_MAX];
};

static void
message(struct channel *ch, void *arg, enum msg_type type, const void *msg,
    int fd)
{
	struct world			*w = arg;
	const struct msg_auth_result	*r;
	const struct msg_name_answer	*name;
	const struct msg_ready		*ready;
	struct result			*to;

	(void)ch;
	assert_int_equal(fd, -1);
	switch (type) {
	case MSG_LOG:
		(void)strlcat(w->log, ((const struct msg_log *)msg)->text,
		    sizeof(w->log));
		(void)strlcat(w->log, "\n", sizeof(w->log));
		break;
	case MSG_READY:
		ready = msg;
		w->ready = true;
		(void)strlcpy(w->sandbox, ready->sandbox, sizeof(w->sandbox));
		break;
	case MSG_AUTH_RESULT:
		r = msg;
		assert_true(r->seq < SEQ_MAX);
		to = &w->results[r->seq];
		assert_false(to->got);
		to->got = true;
		to->ok = r->ok;
		to->when = (clock_mono_ns() - w->start) / NS_PER_MS;
		(void)strlcpy(to->fp, r->fingerprint, sizeof(to->fp));
		(void)strlcpy(to->error, r->error, sizeof(to->error));
		w->answers++;
		break;
	case MSG_NAME_ANSWER:
		name = msg;
		assert_true(name->seq < SEQ_MAX);
		to = &w->results[name->seq];
		assert_false(to->got);
		to->got = true;
		to->ok = name->ok;
		to->address = name->first;
		(void)strlcpy(to->error, name->error, sizeof(to->error));
		w->answers++;
		break;
	default:
		fail_msg("message %d", (int)type);
	}
}

static void
broken(struct channel *ch, void *arg, const char *why)
{
	struct world	*w = arg;
	size_t		 i;

	if (why != NULL)
		fail_msg("lookupd: %s", why);
	if (ch == w->relayd) {
		w->gone = true;
		w->relayd = NULL;
	}
	for (i = 0; i < ASKERS; i++)
		if (ch == w->asker[i])
			w->asker[i] = NULL;
	channel_free(ch);
}

static const struct channel_ops	ops = { message, broken, NULL };

static void
tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ONE);
}

typedef bool condition(const struct world *);

/* Runs the loop until this is so; the limit is a failure. */
static void
run_until(struct world *w, condition *so, const char *what)
{
	uint64_t	end = clock_mono_ns() + LIMIT_MS * NS_PER_MS;
	ev_timer	timer;

	ev_timer_init(&timer, tick, 0., 0.005);
	ev_timer_start(w->loop, &timer);
	while (!so(w)) {
		if (clock_mono_ns() >= end)
			fail_msg("not within %d ms: %s\n%s", LIMIT_MS, what,
			    w->log);
		ev_run(w->loop, EVRUN_ONCE);
	}
	ev_timer_stop(w->loop, &timer);
}

static bool
is_ready(const struct world *w)
{
	return (w->ready || w->gone);
}

static bool
is_gone(const struct world *w)
{
	return (w->gone);
}

static bool
is_answered(const struct world *w)
{
	return (w->answers >= w->wanted || w->gone);
}

static char *
path(const struct world *w, const char *name)
{
	static char	buf[128];

	(void)snprintf(buf, sizeof(buf), "%s/%s", w->dir, name);
	return (buf);
}

static void
write_file(const struct world *w, const char *name, const char *text)
{
	FILE	*f;

	assert_non_null(f = fopen(path(w, name), "w"));
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static char *
read_file(const struct world *w, const char *name)
{
	static char	buf[65536];
	ssize_t		n;
	int		fd;

	if ((fd = open(path(w, name), O_RDONLY)) == -1)
		return (NULL);
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	assert_true(n >= 0);
	buf[n] = '\0';
	return (buf);
}

/* pem: "" for plain HTTP. */
static void
start_auth(struct world *w, const char *script, const char *pem)
{
	char	 script_file[128], log_file[128], port_file[128];
	char	 pem_file[128], *text;
	int	 i;

	write_file(w, "script", script);
	(void)strlcpy(script_file, path(w, "script"), sizeof(script_file));
	(void)strlcpy(log_file, path(w, "log"), sizeof(log_file));
	(void)strlcpy(port_file, path(w, "port"), sizeof(port_file));
	(void)strlcpy(pem_file, path(w, pem), sizeof(pem_file));
	assert_true((w->auth = fork()) != -1);
	if (w->auth == 0) {
		execl(AUTH, AUTH, "-s", script_file, "-l", log_file, "-o",
		    port_file, pem[0] != '\0' ? "-t" : (char *)NULL, pem_file,
		    (char *)NULL);
		_exit(127);
	}
	for (i = 0; i < LIMIT_MS / 5; i++) {
		if ((text = read_file(w, "port")) != NULL &&
		    sscanf(text, "%u\n", &w->port) == 1)
			return;
		usleep(5000);
	}
	fail_msg("the auth server does not start");
}

static struct channel *
neighbour(struct world *w, enum proc role)
{
	struct msg_channel	 msg;
	struct channel		*ch;
	int			 fds[2];

	assert_int_equal(channel_pair(fds, false), 0);
	memset(&msg, 0, sizeof(msg));
	msg.role = role;
	assert_int_equal(channel_send_fd(w->relayd, MSG_CHANNEL, &msg,
	    fds[1]), 0);
	close(fds[1]);
	ch = channel_new(w->loop, fds[0], role, PROC_LOOKUPD, 0, false, &ops,
	    w);
	assert_non_null(ch);
	channel_set_state(ch, MSG_AT_SERVE);
	return (ch);
}

/* The set-up conversation of relayd; ends when lookupd serves, or is gone. */
static void
start_lookupd(struct world *w, const char *url, const char *ca)
{
	struct msg_auth_url	auth;
	struct msg_settings	settings;
	struct msg_start	start;
	int			fds[2];

	assert_int_equal(channel_pair(fds, false), 0);
	assert_true((w->lookupd = fork()) != -1);
	if (w->lookupd == 0) {
		if (fds[1] != 3 && dup2(fds[1], 3) == -1)
			_exit(126);
		fcntl(3, F_SETFD, 0);
		execl(LOOKUPD, LOOKUPD, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	w->relayd = channel_new(w->loop, fds[0], PROC_RELAYD, PROC_LOOKUPD,
	    0, false, &ops, w);
	assert_non_null(w->relayd);
	memset(&settings, 0, sizeof(settings));
	settings.verbose = 1;
	assert_int_equal(channel_send(w->relayd, MSG_SETTINGS, &settings), 0);
	memset(&auth, 0, sizeof(auth));
	(void)strlcpy(auth.url, url, sizeof(auth.url));
	(void)strlcpy(auth.ca, ca, sizeof(auth.ca));
	assert_int_equal(channel_send(w->relayd, MSG_AUTH_URL, &auth), 0);
	w->asker[0] = neighbour(w, PROC_SIGNALD);
	w->asker[1] = neighbour(w, PROC_MEDIAD);
	w->asker[2] = neighbour(w, PROC_FEDERD);
	memset(&start, 0, sizeof(start));
	if (getuid() == 0) {
		start.switch_ids = true;
		start.uid = start.gid = TEST_UID;
		(void)strlcpy(start.root, path(w, "empty"),
		    sizeof(start.root));
	}
	assert_int_equal(channel_send(w->relayd, MSG_START, &start), 0);
	run_until(w, is_ready, "lookupd is ready");
}

static void
start_url(struct world *w, const char *scheme, const char *host,
    const char *ca)
{
	char	url[128];

	(void)snprintf(url, sizeof(url), "%s://%s:%u/v1/check?a=b", scheme,
	    host, w->port);
	start_lookupd(w, url, ca);
	if (w->gone)
		fail_msg("lookupd does not start\n%s", w->log);
	channel_set_state(w->relayd, MSG_AT_SERVE);
}

/* Number of the question. */
static uint64_t
ask(struct world *w, size_t who, const char *token)
{
	struct msg_auth_check	msg;

	msg.seq = w->seq++;
	assert_true(msg.seq < SEQ_MAX);
	msg.token.data = (const uint8_t *)token;
	msg.token.len = strlen(token);
	assert_int_equal(channel_send(w->asker[who], MSG_AUTH_CHECK, &msg),
	    0);
	return (msg.seq);
}

/* Waits until everything that was asked has its answer. */
static void
get(struct world *w)
{
	w->wanted = w->seq;
	run_until(w, is_answered, "answers");
	if (w->gone)
		fail_msg("lookupd is gone\n%s", w->log);
}

static void
assert_good(const struct world *w, uint64_t seq)
{
	const struct result	*r = &w->results[seq];

	if (!r->got || !r->ok || strcmp(r->fp, FP) != 0 ||
	    r->error[0] != '\0')
		fail_msg("question %u: %d %d %s %s\n%s", (unsigned int)seq,
		    r->got, r->ok, r->fp, r->error, w->log);
}

static void
assert_refused(const struct world *w, uint64_t seq, const char *why)
{
	const struct result	*r = &w->results[seq];

	if (!r->got || r->ok || r->fp[0] != '\0' ||
	    strstr(r->error, why) == NULL)
		fail_msg("question %u: not \"%s\" but %d %d %s %s\n%s",
		    (unsigned int)seq, why, r->got, r->ok, r->fp, r->error,
		    w->log);
}

static int
setup(void **state)
{
	static struct world	w;

	memset(&w, 0, sizeof(w));
	(void)strlcpy(w.dir, "/tmp/wzp-lookupd.XXXXXX", sizeof(w.dir));
	if (mkdtemp(w.dir) == NULL || mkdir(path(&w, "empty"), 0755) == -1 ||
	    (w.loop = ev_loop_new(EVFLAG_NOENV)) == NULL)
		return (-1);
	w.start = clock_mono_ns();
	*state = &w;
	return (0);
}

/* An orderly end, unless the test was about another one. */
static int
teardown(void **state)
{
	static const char	*files[] = {
		"script", "log", "port", "ca.pem", "another.pem", "good.pem",
		"name.pem", "old.pem"
	};
	struct msg_shutdown	 bye = { 1000 };
	struct world		*w = *state;
	size_t			 i;
	int			 status = 0;

	if (w->relayd != NULL) {
		(void)channel_send(w->relayd, MSG_SHUTDOWN, &bye);
		run_until(w, is_gone, "lookupd ends");
	}
	for (i = 0; i < ASKERS; i++)
		channel_free(w->asker[i]);
	if (w->lookupd > 0)
		waitpid(w->lookupd, &status, 0);
	if (w->auth > 0) {
		/* With the processes of its connections. */
		kill(w->auth, SIGTERM);
		waitpid(w->auth, NULL, 0);
	}
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(path(w, files[i]));
	rmdir(path(w, "empty"));
	rmdir(w->dir);
	ev_loop_destroy(w->loop);
	if (!WIFEXITED(status) || (w->ready && WEXITSTATUS(status) != 0)) {
		fprintf(stderr, "lookupd: wait status %x\n%s",
		    (unsigned int)status, w->log);
		return (-1);
	}
	return (0);
}

static void
make_certificates(struct world *w)
{
	char	command[256];

	(void)snprintf(command, sizeof(command), AUTH " -m %s", w->dir);
	assert_int_equal(system(command), 0);
}

static void
test_request(void **state)
{
	struct world	*w = *state;
	char		 want[512];

	start_auth(w, "tok-1 json " GOOD "\n"
	    "q\\\"\\\\\\n\\u0001 json " GOOD "\n", "");
	start_url(w, "http", "127.0.0.1", "");
#ifndef WZP_SANITIZERS
	assert_non_null(strstr(w->sandbox, "seccomp"));
#endif
	(void)ask(w, 0, "tok-1");
	get(w);
	(void)ask(w, 1, "q\"\\\n\001");
	get(w);
	(void)ask(w, 0, "");
	get(w);
	assert_good(w, 0);
	assert_good(w, 1);
	assert_refused(w, 2, "not valid");
	(void)snprintf(want, sizeof(want),
	    "POST /v1/check?a=b HTTP/1.1 type=application/json "
	    "authorization=- expect=- host=127.0.0.1:%1$u "
	    "body={\"token\":\"tok-1\"}\n"
	    "POST /v1/check?a=b HTTP/1.1 type=application/json "
	    "authorization=- expect=- host=127.0.0.1:%1$u "
	    "body={\"token\":\"q\\\"\\\\\\n\\u0001\"}\n"
	    "POST /v1/check?a=b HTTP/1.1 type=application/json "
	    "authorization=- expect=- host=127.0.0.1:%1$u "
	    "body={\"token\":\"\"}\n", w->port);
	assert_string_equal(read_file(w, "log"), want);
	/* What is logged never has a token in it. */
	assert_null(strstr(w->log, "tok-1"));
}

static void
test_answers(void **state)
{
	static const struct {
		const char	*script;
		const char	*why;		/* NULL: good */
	} cases[] = {
		{ "t0 json " GOOD, NULL },
		{ "t1 json {\"valid\":false,\"fingerprint\":\"" FP "\"}",
		    "not valid" },
		{ "t2 json {\"valid\":true}", "no fingerprint" },
		{ "t3 json {\"valid\":true,\"fingerprint\":null}",
		    "no fingerprint" },
		{ "t4 json valid", "not JSON" },
		{ "t5 status 500 " GOOD, "HTTP status 500" },
		{ "t6 status 401 " GOOD, "HTTP status 401" },
		{ "t7 status 201 " GOOD, NULL },
		{ "t8 redirect 302 http://127.0.0.1:1/", "HTTP status 302" },
		{ "t9 redirect 307 file:///etc/passwd", "HTTP status 307" },
		{ "t10 huge 65536 " GOOD, NULL },
		{ "t11 huge 65537 " GOOD, "too long" },
		{ "t12 endless", "too long" },
		{ "t13 headers", "" },
		{ "t14 cut " GOOD, "" },
		{ "t15 close", "" },
		{ "t16 raw \001\002garbage", "" },
		{ "t17 raw HTTP/1.1 200 OK", "" },
		{ "t18 slow 300 " GOOD, NULL },
		{ "t19 drip 5 " GOOD, NULL },
		{ "t20 status 204 ", "not JSON" },
		{ "t21 status 100 " GOOD, "" },
		{ "t22 json " GOOD, NULL }
	};
	struct world	*w = *state;
	char		 script[8192] = "", token[16];
	size_t		 i, n = sizeof(cases) / sizeof(cases[0]);

	for (i = 0; i < n; i++) {
		(void)strlcat(script, cases[i].script, sizeof(script));
		(void)strlcat(script, "\n", sizeof(script));
	}
	start_auth(w, script, "");
	start_url(w, "http", "127.0.0.1", "");
	for (i = 0; i < n; i++) {
		(void)snprintf(token, sizeof(token), "t%zu", i);
		(void)ask(w, i % 2, token);
	}
	get(w);
	for (i = 0; i < n; i++) {
		if (cases[i].why == NULL)
			assert_good(w, i);
		else
			assert_refused(w, i, cases[i].why);
	}
	/* And after all that it still asks. */
	assert_good(w, (size_t)ask(w, 0, "t0") - n);
	get(w);
	assert_good(w, n);
}

/* Five seconds in all, however the server spends them. */
static void
test_slow(void **state)
{
	struct world	*w = *state;
	uint64_t	 i, asked;

	start_auth(w, "a never\nb drip 1000 " GOOD "\nc slow 9000 " GOOD "\n",
	    "");
	start_url(w, "http", "127.0.0.1", "");
	asked = (clock_mono_ns() - w->start) / NS_PER_MS;
	(void)ask(w, 0, "a");
	(void)ask(w, 0, "b");
	(void)ask(w, 1, "c");
	get(w);
	for (i = 0; i < 3; i++) {
		assert_refused(w, i, "");
		assert_in_range(w->results[i].when - asked, 4900, 5600);
	}
}

static void
test_tls(void **state)
{
	struct world	*w = *state;
	char		 ca[128];

	make_certificates(w);
	start_auth(w, "t json " GOOD "\n", "good.pem");
	(void)strlcpy(ca, path(w, "ca.pem"), sizeof(ca));
	start_url(w, "https", "127.0.0.1", ca);
	(void)ask(w, 0, "t");
	get(w);
	(void)ask(w, 1, "t");
	get(w);
	(void)ask(w, 1, "u");
	get(w);
	assert_good(w, 0);
	assert_good(w, 1);
	assert_refused(w, 2, "not valid");
}

/* By a name of the hosts file, which is out of reach when it is used. */
static void
test_name(void **state)
{
	struct world	*w = *state;
	char		 ca[128];

	make_certificates(w);
	start_auth(w, "t json " GOOD "\n", "good.pem");
	(void)strlcpy(ca, path(w, "ca.pem"), sizeof(ca));
	start_url(w, "https", "LocalHost", ca);
	(void)ask(w, 0, "t");
	get(w);
	assert_good(w, 0);
}

/* A certificate that does not do: nothing of the request is sent. */
static void
bad_tls(void **state, const char *pem, const char *ca, const char *why)
{
	struct world	*w = *state;
	char		 file[128] = "";

	make_certificates(w);
	start_auth(w, "t json " GOOD "\n", pem);
	if (ca[0] != '\0')
		(void)strlcpy(file, path(w, ca), sizeof(file));
	start_url(w, "https", "127.0.0.1", file);
	(void)ask(w, 0, "t");
	get(w);
	assert_refused(w, 0, why);
	assert_null(strstr(read_file(w, "log"), "POST"));
}

static void
test_tls_other(void **state)
{
	bad_tls(state, "good.pem", "another.pem", "certificate");
}

static void
test_tls_system(void **state)
{
	if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) == -1)
		skip();
	bad_tls(state, "good.pem", "", "certificate");
}

static void
test_tls_name(void **state)
{
	bad_tls(state, "name.pem", "ca.pem", "certificate");
}

static void
test_tls_old(void **state)
{
	bad_tls(state, "old.pem", "ca.pem", "expired");
}

static void
test_tls_none(void **state)
{
	bad_tls(state, "", "ca.pem", "");
}

/* More than may be under way at once: in rounds, all of them. */
static void
test_many(void **state)
{
	struct world	*w = *state;
	uint64_t	 i, asked, last = 0;

	start_auth(w, "t slow 200 " GOOD "\n", "");
	start_url(w, "http", "127.0.0.1", "");
	asked = (clock_mono_ns() - w->start) / NS_PER_MS;
	for (i = 0; i < 200; i++)
		(void)ask(w, i % 2, "t");
	get(w);
	for (i = 0; i < 200; i++) {
		assert_good(w, i);
		if (w->results[i].when > last)
			last = w->results[i].when;
	}
	/* 64 at once make four rounds. */
	assert_in_range(last - asked, 780, 4900);
}

/* A flood of one neighbour is bounded, and the other's turn comes soon. */
static void
test_fair(void **state)
{
	struct world	*w = *state;
	uint64_t	 i, last = 0, one, refused = 0;

	start_auth(w, "t slow 150 " GOOD "\nu json " GOOD "\n", "");
	start_url(w, "http", "127.0.0.1", "");
	for (i = 0; i < 300; i++)
		(void)ask(w, 1, "t");
	one = ask(w, 0, "u");
	get(w);
	for (i = 0; i < 300; i++) {
		if (w->results[i].ok) {
			assert_good(w, i);
			if (w->results[i].when > last)
				last = w->results[i].when;
		} else {
			assert_refused(w, i, "too many");
			refused++;
		}
	}
	assert_int_equal(refused, 300 - 256);
	assert_good(w, one);
	/* After the first round of four. */
	assert_true(w->results[one].when + 200 < last);
}

static bool
asked_four(const struct world *w)
{
	const char	*text = read_file(w, "log");
	size_t		 n = 0;

	while (text != NULL && (text = strchr(text, '\n')) != NULL) {
		text++;
		n++;
	}
	return (n == 4 || w->gone);
}

/* A neighbour that goes takes its questions along. */
static void
test_lost(void **state)
{
	struct world	*w = *state;
	uint64_t	 i;

	start_auth(w, "n never\nt json " GOOD "\n", "");
	start_url(w, "http", "127.0.0.1", "");
	for (i = 0; i < 4; i++)
		(void)ask(w, 1, "n");
	run_until(w, asked_four, "four requests");
	channel_free(w->asker[1]);
	w->asker[1] = NULL;
	/* One that comes back under that name gets only its own. */
	w->asker[1] = neighbour(w, PROC_MEDIAD);
	w->answers = 4;
	(void)ask(w, 0, "t");
	(void)ask(w, 1, "t");
	get(w);
	assert_good(w, 4);
	assert_good(w, 5);
	for (i = 0; i < 4; i++)
		assert_false(w->results[i].got);
}

static void
test_unreachable(void **state)
{
	struct sockaddr_in	 in;
	struct world		*w = *state;
	socklen_t		 len = sizeof(in);
	int			 fd;

	/* A port that is bound and not listened on. */
	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	w->port = ntohs(in.sin_port);
	start_url(w, "http", "127.0.0.1", "");
	(void)ask(w, 0, "t");
	(void)ask(w, 1, "t");
	get(w);
	assert_refused(w, 0, "");
	assert_refused(w, 1, "");
	close(fd);
}

/* A name that nobody has (RFC 6761): answered in time, with name servers. */
static void
test_no_name(void **state)
{
	struct world	*w = *state;
	uint64_t	 asked;

	w->port = 80;
	start_url(w, "http", "no-such-host.invalid", "");
	asked = (clock_mono_ns() - w->start) / NS_PER_MS;
	(void)ask(w, 0, "t");
	get(w);
	assert_refused(w, 0, "");
	assert_true(w->results[0].when - asked < 5500);
}

/* Without an auth server: names of relays, and no token is good. */
static void
test_names_alone(void **state)
{
	struct msg_name_query	 query;
	struct world		*w = *state;

	start_lookupd(w, "", "");
	if (w->gone)
		fail_msg("lookupd does not start\n%s", w->log);
	channel_set_state(w->relayd, MSG_AT_SERVE);
	(void)ask(w, 0, "t");
	memset(&query, 0, sizeof(query));
	query.seq = w->seq++;
	(void)strlcpy(query.host, "localhost", sizeof(query.host));
	assert_int_equal(channel_send(w->asker[2], MSG_NAME_QUERY, &query),
	    0);
	query.seq = w->seq++;
	(void)strlcpy(query.host, "no-such-host.invalid",
	    sizeof(query.host));
	assert_int_equal(channel_send(w->asker[2], MSG_NAME_QUERY, &query),
	    0);
	get(w);
	assert_refused(w, 0, "no auth server");
	/* The hosts file has it wherever there is one. */
	assert_true(w->results[1].ok);
	assert_true(addr_is_loopback(&w->results[1].address));
	assert_int_equal(addr_port(&w->results[1].address), 0);
	assert_false(w->results[2].ok);
	assert_int_not_equal(w->results[2].error[0], 0);
}

static void
assert_no_start(struct world *w, const char *url, const char *ca,
    const char *why)
{
	int	status;

	start_lookupd(w, url, ca);
	if (!w->gone || strstr(w->log, why) == NULL)
		fail_msg("%s: not \"%s\" but\n%s", url, why, w->log);
	assert_int_equal(waitpid(w->lookupd, &status, 0), w->lookupd);
	w->lookupd = 0;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	channel_free(w->asker[0]);
	channel_free(w->asker[1]);
	w->asker[0] = w->asker[1] = NULL;
	w->gone = false;
	w->log[0] = '\0';
}

static void
test_config(void **state)
{
	struct world	*w = *state;

	assert_no_start(w, "ftp://example.org/", "", "neither http");
	assert_no_start(w, "file:///etc/passwd", "", "neither http");
	assert_no_start(w, "http://ada:pw@example.org/", "", "user");
	assert_no_start(w, "http://example.org/#x", "", "fragment");
	assert_no_start(w, "http://", "", "");
	assert_no_start(w, "https://example.org/", path(w, "none.pem"),
	    "none.pem");
	write_file(w, "log", "no certificate\n");
	assert_no_start(w, "https://example.org/", path(w, "log"),
	    "no certificate");
}

#define CASE(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		CASE(test_request),
		CASE(test_answers),
		CASE(test_slow),
		CASE(test_tls),
		CASE(test_name),
		CASE(test_tls_other),
		CASE(test_tls_system),
		CASE(test_tls_name),
		CASE(test_tls_old),
		CASE(test_tls_none),
		CASE(test_many),
		CASE(test_fair),
		CASE(test_lost),
		CASE(test_unreachable),
		CASE(test_no_name),
		CASE(test_names_alone),
		CASE(test_config)
	};

	signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
