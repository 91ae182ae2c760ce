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
 * The commands that only ask relays something: how far away, which build, from
 * where they see us.
 */
#ifndef WZP_CLIENT_INQUIRY_H
#define WZP_CLIENT_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"
#include "client/link.h"

struct inquiry;

struct inquiry_ops {
	void	(*event)(void *, const struct client_event *);
	/* why: not ok, for people; NULL: has been said. */
	void	(*done)(void *, bool ok, const char *why);
};

/* The configuration must outlive it. */
struct inquiry	*inquiry_new(const struct client_config *,
		    struct link_shared *, const struct inquiry_ops *,
		    void *arg);
void		 inquiry_free(struct inquiry *);
void		 inquiry_start(struct inquiry *);
void		 inquiry_expire(struct inquiry *);
uint64_t	 inquiry_expiry(const struct inquiry *);

#endif /* WZP_CLIENT_INQUIRY_H */
