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

/* All sockets of the relay, opened before any worker exists. */
#ifndef WZP_RELAYD_SOCKETS_H
#define WZP_RELAYD_SOCKETS_H

#include "relayd/process.h"

/* Every listen address; -1: logged for each that could not be had. */
int	sockets_open(struct supervisor *);
/* The control sockets, with the directories they need; -1: logged. */
int	sockets_control(struct supervisor *);
/* The files of the control sockets disappear. */
void	sockets_unlink(const struct supervisor *);

#endif /* WZP_RELAYD_SOCKETS_H */
