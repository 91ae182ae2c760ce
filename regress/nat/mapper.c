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
 * mapper PORT: has this UDP port mapped as a client does (client/portmap) and
 * says on standard output what comes of it, one line each:
 *	PROTOCOL ADDRESS:PORT	the mapping now (none 0)
 *	heard TEXT		a datagram on the port
 * Ends when its standard input does, or by a signal.
 *
 * mapper -k ADDRESS:PORT TEXT: knocks there, with a datagram.
 */

#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/portmap/portmap.h"
#include "common/base/log.h"
#include "common/quic/udp.h"

static void	 heard(void *, const struct addr *, const struct addr *,
		    uint8_t, const uint8_t *, size_t);
static void	 say(const struct portmap *);
static int	 knock(const char *, const char *);

static void
heard(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	char	text[256];

	(void)arg;
	(void)local;
	(void)remote;
	(void)ecn;
	printf("heard %s\n", log_escape(text, sizeof(text), data, len));
}

static void
say(const struct portmap *pm)
{
	struct addr	external;
	char		text[ADDR_STRLEN];

	printf("%s %s\n", portmap_protocol(pm), portmap_external(pm,
	    &external) ? addr_print(&external, text, sizeof(text)) : "0");
}

static int
knock(const char *where, const char *text)
{
	struct addr	to;
	int		fd;

	if (addr_parse(&to, where) == -1)
		fatalx("%s: is no address", where);
	if ((fd = socket(addr_family(&to), SOCK_DGRAM, 0)) == -1 ||
	    sendto(fd, text, strlen(text), 0, &to.addr_u.sa, to.addr_len) ==
	    -1)
		fatal("%s", where);
	(void)close(fd);
	return (0);
}

int
main(int argc, char *argv[])
{
	struct portmap	*pm;
	struct pollfd	 pfd[3];
	struct addr	 any;
	struct udp	*u;
	const char	*why;
	char		 junk[64];
	int		 fd;

	log_init("mapper", NULL);
	if (argc == 4 && strcmp(argv[1], "-k") == 0)
		return (knock(argv[2], argv[3]));
	if (argc != 2)
		fatalx("usage: mapper port");
	(void)addr_parse(&any, "0.0.0.0:0");
	addr_set_port(&any, (uint16_t)strtonum(argv[1], 1, 65535, &why));
	if (why != NULL)
		fatalx("%s: %s", argv[1], why);
	if ((pm = portmap_new()) == NULL)
		fatalx("no port mappings in this build");
	if ((fd = udp_bind(&any, 0)) == -1 || (u = udp_new(fd, &any)) == NULL)
		fatal("port %s", argv[1]);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	portmap_want(pm, addr_port(&any));
	for (;;) {
		pfd[0].fd = STDIN_FILENO;
		pfd[1].fd = portmap_fd(pm);
		pfd[2].fd = fd;
		pfd[0].events = pfd[1].events = pfd[2].events = POLLIN;
		if (poll(pfd, 3, -1) == -1)
			continue;
		if (pfd[0].revents != 0 && read(STDIN_FILENO, junk,
		    sizeof(junk)) <= 0)
			break;
		if (pfd[1].revents != 0 && portmap_read(pm)) {
			say(pm);
			if (portmap_fd(pm) == -1)
				fatalx("the helper has ended");
		}
		if (pfd[2].revents != 0)
			(void)udp_receive(u, heard, NULL);
	}
	portmap_free(pm);
	udp_free(u);
	printf("end\n");
	return (0);
}
