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
 * Bare UDP: packets no QUIC library would send, and what comes back.
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
