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
 * The listen addresses: each bound once, exclusively, before any worker
 * exists (doc/PRIVSEP).
 */
#ifndef WZP_RELAYD_LISTEN_H
#define WZP_RELAYD_LISTEN_H

#include "relayd/conf.h"

/*
 * A bound UDP socket with every option set that a worker may no longer set.
 * -1: logged with the address and what to do.
 */
int	listen_bind(const struct addr *);
/*
 * A listening unix socket; a stale one is replaced, one that answers is not.
 * -1: logged.
 */
int	listen_control(const char *path, bool read_only);

#endif /* WZP_RELAYD_LISTEN_H */
