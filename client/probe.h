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
 * `ping' and `version' (wzp-protocol 1.3): is there a relay, how far away,
 * what build.
 */
#ifndef WZP_CLIENT_PROBE_H
#define WZP_CLIENT_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/link.h"

struct probe;

struct probe_ops {
	void	(*pong)(void *, double rtt_ms);
	void	(*version)(void *, const char *build);
	void	(*failed)(void *, const char *why);
};

struct probe	*probe_new(struct link_shared *, const struct addr *,
		    bool version, const struct probe_ops *, void *arg);
void		 probe_free(struct probe *);
void		 probe_start(struct probe *);

#endif /* WZP_CLIENT_PROBE_H */
