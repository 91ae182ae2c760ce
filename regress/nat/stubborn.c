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
 * paths.h without the switching: once there is a direct path, media goes that
 * way and no other.  Linked in place of client/direct/paths.c it is the control
 * of the cases that cut a path.
 */
#include "config.h"

#include <stdlib.h>

#include "client/direct/paths.h"

struct paths {
	struct paths_ops	 pt_ops;
	void			*pt_arg;
	enum path		 pt_used;
	bool			 pt_any;
};

struct paths *
paths_new(const struct paths_ops *ops, void *arg)
{
	struct paths	*pt;

	if ((pt = calloc(1, sizeof(*pt))) == NULL)
		return (NULL);
	pt->pt_ops = *ops;
	pt->pt_arg = arg;
	return (pt);
}

void
paths_free(struct paths *pt)
{
	free(pt);
}

void
paths_up(struct paths *pt, enum path path, uint64_t now)
{
	(void)now;
	if (pt->pt_any && (path == PATH_RELAY || pt->pt_used == path))
		return;
	pt->pt_any = true;
	pt->pt_used = path;
	pt->pt_ops.changed(pt->pt_arg, path, "there it is");
}

void
paths_down(struct paths *pt, enum path path, uint64_t now)
{
	(void)pt;
	(void)path;
	(void)now;
}

void
paths_received(struct paths *pt, enum path path, uint64_t now)
{
	(void)pt;
	(void)path;
	(void)now;
}

int
paths_send(struct paths *pt, const uint8_t *data, size_t len, uint64_t now)
{
	(void)now;
	return (pt->pt_ops.send(pt->pt_arg, pt->pt_used, data, len));
}

enum path
paths_used(const struct paths *pt)
{
	return (pt->pt_used);
}

void
paths_expire(struct paths *pt, uint64_t now)
{
	(void)pt;
	(void)now;
}

uint64_t
paths_expiry(const struct paths *pt)
{
	(void)pt;
	return (UINT64_MAX);
}
