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
 * The auth server as the configuration names it: its URL taken apart and the
 * certificates that may vouch for it.  All of it is read before the sandbox.
 */
#ifndef WZP_LOOKUPD_TARGET_H
#define WZP_LOOKUPD_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ipc/messages.h"

#define TARGET_HOST_LEN	254

struct target {
	char		 tg_url[AUTH_URL_LEN];
	char		 tg_host[TARGET_HOST_LEN]; /* IPv6: no brackets */
	uint16_t	 tg_port;
	bool		 tg_literal;	/* the host is an address */
	bool		 tg_tls;
	char		*tg_ca;		/* PEM; NULL without TLS */
	size_t		 tg_ca_len;
};

/* http or https with a host, no user, no fragment.  NULL, or why not. */
const char	*target_parse(struct target *, const char *url);
/* The certificates of a file, "": the system's.  -1: logged. */
int		 target_load_ca(struct target *, const char *path);

#endif /* WZP_LOOKUPD_TARGET_H */
