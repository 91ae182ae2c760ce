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
 * Bare UDP: packets no QUIC library would send, and what comes back.  And
 * sockets from which QUIC connections are dialled and where they come in, as
 * clients of the original have one for everything (wzp-protocol 7.6).
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/peer/expect.h"

struct bare {
	TAILQ_ENTRY(bare)	 ba_entry;
	char			 ba_name[PEER_NAME_MAX];
	int			 ba_fd;
	uint8_t			 ba_got[65536];
	size_t			 ba_len;
};

static TAILQ_HEAD(, bare)	 bares = TAILQ_HEAD_INITIALIZER(bares);

static char			 side_name[PEER_SIDES][PEER_NAME_MAX];

static struct bare	*bare_find(struct ctx *, const char *);
static bool		 bare_there(void *);
static bool		 bare_matches(const struct bare *, const char *);

static struct bare *
bare_find(struct ctx *cx, const char *name)
{
	struct bare	*ba;

	TAILQ_FOREACH(ba, &bares, ba_entry)
		if (strcmp(ba->ba_name, name) == 0)
			return (ba);
	ba = xcalloc(1, sizeof(*ba));
	snprintf(ba->ba_name, sizeof(ba->ba_name), "%s", name);
	if (!cx->cx_peer->p_have4)
		script_error("no relay address (-r)");
	if ((ba->ba_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0)) == -1 || connect(ba->ba_fd,
	    (void *)&cx->cx_peer->p_relay4,
	    addr_size(&cx->cx_peer->p_relay4)) == -1)
		script_error("socket: %s", strerror(errno));
	TAILQ_INSERT_TAIL(&bares, ba, ba_entry);
	return (ba);
}

void
bare_free(void)
{
	struct bare	*ba;

	while ((ba = TAILQ_FIRST(&bares)) != NULL) {
		TAILQ_REMOVE(&bares, ba, ba_entry);
		close(ba->ba_fd);
		free(ba);
	}
}

/*
 * udp NAME HEX: one packet from a socket of that name.  HEX may end in
 * pad=N: zeros up to N bytes.
 */
void
cmd_udp(struct ctx *cx, char *args)
{
	struct bare	*ba = bare_find(cx, word(&args));
	uint8_t		*raw, packet[65536];
	char		*pad;
	size_t		 len, want = 0;

	if ((pad = strstr(args, "pad=")) != NULL) {
		want = (size_t)number(pad + 4);
		*pad = '\0';
	}
	if (hex_decode(args, &raw, &len) == -1 || len > 65000 || want > 65000)
		script_error("not a packet: %s", args);
	memset(packet, 0, sizeof(packet));
	memcpy(packet, raw, len);
	free(raw);
	if (len < want)
		len = want;
	trace("%s: > udp %zu bytes", ba->ba_name, len);
	if (send(ba->ba_fd, packet, len, 0) == -1 && errno != ECONNREFUSED)
		script_error("send: %s", strerror(errno));
}

static bool
bare_there(void *arg)
{
	struct bare	*ba = arg;
	ssize_t		 n;

	if ((n = recv(ba->ba_fd, ba->ba_got, sizeof(ba->ba_got), 0)) == -1)
		return (false);
	ba->ba_len = (size_t)n;
	return (true);
}

/* Hex, two dots for any byte, an asterisk for any rest. */
static bool
bare_matches(const struct bare *ba, const char *pattern)
{
	unsigned int	 byte;
	char		 two[3] = "";
	size_t		 i = 0;

	for (; *pattern != '\0'; pattern += 2) {
		while (*pattern == ' ')
			pattern++;
		if (*pattern == '\0')
			break;
		if (*pattern == '*')
			return (true);
		if (pattern[1] == '\0')
			script_error("odd pattern");
		if (i == ba->ba_len)
			return (false);
		memcpy(two, pattern, 2);
		if (strcmp(two, "..") != 0) {
			if (sscanf(two, "%2x", &byte) != 1)
				script_error("not hex: %s", two);
			if (ba->ba_got[i] != byte)
				return (false);
		}
		i++;
	}
	return (i == ba->ba_len);
}

/* expect-udp NAME [below=N] PATTERN */
void
cmd_expect_udp(struct ctx *cx, char *args)
{
	struct bare	*ba = bare_find(cx, word(&args));
	struct text	 got;
	uint64_t	 end = now_ns() + cx->cx_limit;
	size_t		 below = SIZE_MAX;
	bool		 there = false;

	if (strncmp(args, "below=", 6) == 0)
		below = (size_t)number(word(&args) + 6);
	while (!there && now_ns() < end)
		there = loop_until(cx->cx_peer, bare_there, ba,
		    now_ns() + 2 * NS_PER_MS);
	if (!there)
		failed("%s: no packet in time", ba->ba_name);
	memset(&got, 0, sizeof(got));
	text_hex(&got, ba->ba_got, ba->ba_len);
	trace("%s: < udp %s", ba->ba_name, got.t_buf);
	if (ba->ba_len >= below)
		failed("%s: a packet of %zu bytes, want less than %zu",
		    ba->ba_name, ba->ba_len, below);
	if (!bare_matches(ba, args))
		failed("%s: another packet than expected: %s", ba->ba_name,
		    got.t_buf);
	text_free(&got);
}

/* expect-udp-none NAME MS */
void
cmd_expect_udp_none(struct ctx *cx, char *args)
{
	struct bare	*ba = bare_find(cx, word(&args));
	uint64_t	 end = now_ns() + number(word(&args)) * NS_PER_MS;

	while (now_ns() < end)
		if (loop_until(cx->cx_peer, bare_there, ba,
		    now_ns() + 2 * NS_PER_MS))
			failed("%s: a packet of %zu bytes", ba->ba_name,
			    ba->ba_len);
}

bool
side_is(const struct peer *p, int fd)
{
	int	 i;

	for (i = 0; i < PEER_SIDES; i++)
		if (p->p_side_fd[i] == fd)
			return (true);
	return (false);
}

SSL_CTX *
side_ctx(const struct peer *p, int fd)
{
	int	 i;

	for (i = 0; i < PEER_SIDES; i++)
		if (p->p_side_fd[i] == fd)
			return (p->p_side_ctx[i]);
	return (NULL);
}

const int *
side_socket(struct ctx *cx, const char *name)
{
	int	 i;

	for (i = 0; i < PEER_SIDES; i++)
		if (cx->cx_peer->p_side_fd[i] != -1 &&
		    strcmp(side_name[i], name) == 0)
			return (&cx->cx_peer->p_side_fd[i]);
	script_error("no socket %s", name);
}

/*
 * socket NAME ADDRESS [port=N] [cert=IDENT] [key=IDENT] [ask=yes]: any port,
 * unless it is given; $NAME becomes address and port.
 */
void
cmd_socket(struct ctx *cx, char *args)
{
	struct sockaddr_storage	 ss;
	struct peer		*p = cx->cx_peer;
	socklen_t		 len;
	const struct ident	*cert = NULL, *key = NULL;
	char			*name = word(&args), text[64], *opt, *value;
	unsigned int		 port = 0;
	bool			 ask = false;
	int			 fd, i;

	for (i = 0; i < PEER_SIDES && p->p_side_fd[i] != -1; i++)
		continue;
	if (i == PEER_SIDES)
		script_error("too many sockets");
	/* Any port; addr_parse() wants one. */
	snprintf(text, sizeof(text), "%s:1", word(&args));
	addr_parse(text, &ss);
	if (ss.ss_family != AF_INET)
		script_error("socket: IPv4 only");
	while (option(&args, &opt, &value)) {
		if (value == NULL)
			script_error("socket: %s needs a value", opt);
		if (strcmp(opt, "port") == 0)
			port = (unsigned int)number(value);
		else if (strcmp(opt, "cert") == 0)
			cert = ident_arg(cx, value);
		else if (strcmp(opt, "key") == 0)
			key = ident_arg(cx, value);
		else if (strcmp(opt, "ask") == 0)
			ask = strcmp(value, "yes") == 0;
		else
			script_error("socket: no option %s", opt);
	}
	((struct sockaddr_in *)(void *)&ss)->sin_port = htons((uint16_t)port);
	len = addr_size(&ss);
	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0)) == -1 || bind(fd, (void *)&ss, len) == -1 ||
	    getsockname(fd, (void *)&ss, &len) == -1)
		script_error("%s: %s", text, strerror(errno));
	p->p_side_fd[i] = fd;
	snprintf(side_name[i], sizeof(side_name[i]), "%s", name);
	addr_text(&ss, text, sizeof(text));
	vars_set(cx->cx_vars, name, text, strlen(text));
	p->p_cid_len = p->p_profile == PROFILE_ORIGINAL ? 8 : 12;
	if (cert != NULL)
		p->p_side_ctx[i] = tls_relay_ctx(cert,
		    key != NULL ? key : cert, ask);
	else if (p->p_server_ctx == NULL)
		p->p_server_ctx = tls_desktop_ctx(p->p_profile);
}

struct side_wait {
	struct peer	*sw_peer;
	struct pconn	*sw_pc;
	int		 sw_fd;
	enum {
		SIDE_ANY,
		SIDE_UP,
		SIDE_REFUSED		/* did not end its handshake */
	}		 sw_what;
};

/* One that came in, and that the script has no name for yet. */
static bool
side_there(void *arg)
{
	struct side_wait	*sw = arg;
	struct pconn		*pc;

	TAILQ_FOREACH(pc, &sw->sw_peer->p_conns, pc_entry) {
		if (!pc->pc_server || pc->pc_fd != sw->sw_fd ||
		    pc->pc_name[0] != '(' ||
		    (sw->sw_what == SIDE_UP && !pc->pc_up) ||
		    (sw->sw_what == SIDE_REFUSED && (pc->pc_up ||
		    pc->pc_end == END_NONE)))
			continue;
		sw->sw_pc = pc;
		return (true);
	}
	return (false);
}

/* accept CONN SOCKET: the next one, when its handshake is complete. */
void
cmd_accept(struct ctx *cx, char *args)
{
	struct side_wait	 sw = { cx->cx_peer, NULL, -1, SIDE_UP };
	char			*name = word(&args), *side = word(&args);

	sw.sw_fd = *side_socket(cx, side);
	if (!loop_until(cx->cx_peer, side_there, &sw,
	    now_ns() + cx->cx_limit))
		failed("nobody comes to %s in time", side);
	snprintf(sw.sw_pc->pc_name, sizeof(sw.sw_pc->pc_name), "%s", name);
	trace("%s: came to %s, sni=%s", name, side, sw.sw_pc->pc_sni);
}

/* accept-none SOCKET MS */
void
cmd_accept_none(struct ctx *cx, char *args)
{
	struct side_wait	 sw = { cx->cx_peer, NULL, -1, SIDE_ANY };
	char			*side = word(&args);

	sw.sw_fd = *side_socket(cx, side);
	if (loop_until(cx->cx_peer, side_there, &sw,
	    now_ns() + number(word(&args)) * NS_PER_MS))
		failed("somebody comes to %s", side);
}

/*
 * expect-refused SOCKET [code=N]: the next one that came there ended in its
 * handshake, with that error of either side.
 */
void
cmd_expect_refused(struct ctx *cx, char *args)
{
	struct side_wait	 sw = { cx->cx_peer, NULL, -1,
				    SIDE_REFUSED };
	struct pconn		*pc;
	char			*side = word(&args), *key, *value;

	sw.sw_fd = *side_socket(cx, side);
	if (!loop_until(cx->cx_peer, side_there, &sw,
	    now_ns() + cx->cx_limit))
		failed("nobody is refused at %s in time", side);
	pc = sw.sw_pc;
	snprintf(pc->pc_name, sizeof(pc->pc_name), "%s-refused", side);
	pc->pc_end_taken = true;
	while (option(&args, &key, &value)) {
		if (strcmp(key, "code") != 0 || value == NULL)
			script_error("expect-refused: no option %s", key);
		if (pc->pc_end_code != number(value))
			failed("%s: refused in another way: %s", side,
			    conn_end_text(pc));
	}
}
