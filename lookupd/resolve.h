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
 * The addresses of one host name, asked of the system's name servers.  The
 * system's files are read once, before the sandbox; afterwards a resolver
 * needs UDP sockets and nothing else.
 */
#ifndef WZP_LOOKUPD_RESOLVE_H
#define WZP_LOOKUPD_RESOLVE_H

#include <sys/socket.h>

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookupd/dns.h"

#define RESOLVE_SERVERS_MAX	3	/* as resolv.conf(5) */
#define RESOLVE_SEARCH_MAX	6
/* Until the next server is asked, and until it is given up. */
#define RESOLVE_TRY_MS		1000
#define RESOLVE_LIMIT_MS	4000
#define RESOLVE_HOSTS_MAX	(256 * 1024)

struct resolve_config {
	struct sockaddr_storage	rc_servers[RESOLVE_SERVERS_MAX];
	socklen_t		rc_lens[RESOLVE_SERVERS_MAX];
	size_t			rc_nservers;
	char			rc_search[RESOLVE_SEARCH_MAX][DNS_NAME_LEN];
	size_t			rc_nsearch;
	unsigned int		rc_ndots;
};

struct resolver;

/*
 * answer NULL: nothing found, why says so.  silent: because no name server
 * answered at all.
 */
typedef void resolve_done(void *arg, const struct dns_answer *answer,
    bool silent, const char *why);

/*
 * resolv.conf(5): nameserver, search, domain, options ndots.  A file that is
 * missing or names no server means the server on this host, as in libc.
 */
void		 resolve_read_conf(struct resolve_config *, const char *path);
/* hosts(5), at most RESOLVE_HOSTS_MAX bytes; "" when there is none. */
char		*resolve_read_hosts(const char *path);
/* The addresses of a name in that text, port 0.  How many were found. */
size_t		 resolve_find_hosts(const char *hosts, const char *host,
		    struct addr *, size_t max);

struct resolver	*resolver_new(struct ev_loop *, const struct resolve_config *,
		    const char *host, resolve_done *, void *arg);
void		 resolver_free(struct resolver *);
/*
 * Asks, unless it is asking already; the answer comes from the event loop or
 * (no socket) from within.
 */
void		 resolver_start(struct resolver *);
bool		 resolver_busy(const struct resolver *);

#endif /* WZP_LOOKUPD_RESOLVE_H */
