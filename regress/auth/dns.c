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
 * A name server for the cases of lookupd: addresses (A) of the names in a
 * file of lines "name address", which is read anew for each question, with a
 * life of one second.  UDP, 127.0.0.1, port 53: the case has a network of its
 * own.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "regress/auth/auth.h"

#define HEAD	12

static size_t	question(const uint8_t *, size_t, char *, size_t);
static bool	find(const char *, const char *, struct in_addr *);

/* Where it ends, and its name; 0: not one. */
static size_t
question(const uint8_t *buf, size_t len, char *name, size_t cap)
{
	size_t	at = HEAD, n = 0;

	while (at < len && buf[at] != 0) {
		if (buf[at] > 63 || at + 1 + buf[at] >= len ||
		    n + buf[at] + 2u > cap)
			return (0);
		if (n > 0)
			name[n++] = '.';
		memcpy(name + n, buf + at + 1, buf[at]);
		n += buf[at];
		at += buf[at] + 1u;
	}
	name[n] = '\0';
	return (at + 5 <= len ? at + 5 : 0);
}

static bool
find(const char *zone, const char *name, struct in_addr *address)
{
	char	 line[512], one[256], two[64];
	FILE	*f;
	bool	 found = false;

	if ((f = fopen(zone, "r")) == NULL)
		return (false);
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = sscanf(line, "%255s %63s", one, two) == 2 &&
		    strcasecmp(one, name) == 0 &&
		    inet_pton(AF_INET, two, address) == 1;
	fclose(f);
	return (found);
}

int
name_server(const char *zone, int log, const char *ready)
{
	struct sockaddr_storage	 from;
	struct sockaddr_in	 in;
	struct in_addr		 address;
	socklen_t		 from_len;
	uint8_t			 buf[2048];
	char			 name[256];
	size_t			 len;
	ssize_t			 n;
	FILE			*f;
	int			 fd;
	bool			 known, is_a;

	memset(&in, 0, sizeof(in));
	in.sin_family = AF_INET;
	in.sin_port = htons(53);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1) {
		warn("socket");
		return (-1);
	}
	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) == -1) {
		warn("port 53");
		close(fd);
		return (-1);
	}
	if ((f = fopen(ready, "w")) == NULL) {
		warn("%s", ready);
		close(fd);
		return (-1);
	}
	fprintf(f, "53\n");
	fclose(f);
	for (;;) {
		from_len = sizeof(from);
		n = recvfrom(fd, buf, sizeof(buf) - 16, 0,
		    (struct sockaddr *)&from, &from_len);
		if (n < HEAD || (len = question(buf, (size_t)n, name,
		    sizeof(name))) == 0)
			continue;
		is_a = buf[len - 4] == 0 && buf[len - 3] == 1;
		known = find(zone, name, &address);
		dprintf(log, "%s %s %s\n", name, is_a ? "A" : "other",
		    known ? inet_ntoa(address) : "unknown");
		buf[2] = 0x81;			/* an answer */
		buf[3] = known ? 0x80 : 0x83;	/* NXDOMAIN */
		memset(buf + 6, 0, 6);
		if (known && is_a) {
			buf[7] = 1;
			/* Its name is the question's; IN, 1 s, 4 bytes. */
			memcpy(buf + len, "\xc0\x0c\0\1\0\1\0\0\0\1\0\4", 12);
			memcpy(buf + len + 12, &address, 4);
			len += 16;
		}
		(void)sendto(fd, buf, len, 0, (struct sockaddr *)&from,
		    from_len);
	}
}
